"""Claimed mails of every kind that has a template, each in all the cases that it tells apart; without a database."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from functions.send_notifications import message
from functions.send_notifications.contract import ClaimedMail

TEMPLATES = Path(message.__file__).parent / "templates"
PARTS = {"asks", "series", "session"}  # of mails, and none by themselves
PAGES = (
    "answer_change",
    "answer_offer",
    "answer_recording_consent",
    "book_series",
    "choose_place",
    "find_classes",
    "find_substitute",
    "manage_calendars",
    "manage_series",
    "manage_session",
    "pay_fee",
    "pay_session",
    "rate_session",
    "review_fees_and_ratings",
    "show_payout",
    "sign_waiver",
)
ALWAYS = ("answer_change", "answer_offer", "find_classes", "find_substitute", "manage_series")
SESSION = {
    "id": str(UUID(int=1)),
    "status": "scheduled",
    "scheduled_at": "2031-03-14T14:00:00Z",
    "duration_minutes": 45,
    "time_zone": "America/Toronto",
    "sequence": 1,
    "session_type": "standing",
    "is_group": False,
    "class_name": None,
    "is_online": True,
    "place": None,
    "practitioner_name": "Noor",
    "client_name": "Zed",
    "free_cancellation_until": "2031-03-13T14:00:00Z",
}
CLASS = SESSION | {"is_group": True, "is_online": False, "session_type": None, "client_name": None}
TO_COME = {"session": SESSION, "is_led": False, "token": "t", "answer_token": "t"}
MOVED = TO_COME | {
    "previous_scheduled_at": "2031-03-13T14:00:00Z",
    "credit_returned": 1,
    "fee_charged": 12.5,
    "currency": "cad",
}
FACTS = {
    "account_last4": "4242",
    "amount": 3,
    "amount_minor": 2500,
    "average": 4.5,
    "answer_until": "2031-03-12T14:00:00Z",
    "before_day": "2031-03-13",
    "before_position": 7,
    "before_sha256": "0f0f",
    "command": "verify",
    "count": 3,
    "credits": 2,
    "credits_given_back": 2,
    "credits_owed": 2,
    "credits_restored": 2,
    "credits_settled": 1,
    "credits_taken_back": 3,
    "currency": "cad",
    "expected_at": "2031-03-14T14:10:00Z",
    "expires_at": "2031-03-20T14:00:00Z",
    "fees": [{"amount_minor": 2500, "currency": "cad"}, {"amount_minor": 1500, "currency": "usd"}],
    "finding": None,
    "host": "calendar.example.org",
    "is_leading": True,
    "line_id": str(UUID(int=2)),
    "matters": [
        {
            "what": "x",
            "subject": "x",
            "detail": "x",
            "since": "2031-03-13T14:00",
            "remedy": "x",
            "page": "x",
            "id": "x",
        }
    ],
    "minutes": 10,
    "position": 8,
    "payment_type": None,
    "proposed_scheduled_at": "2031-03-15T15:30:00Z",
    "ratings": [{"stars": stars, "words": "Zzz" if stars % 2 else None} for stars in range(1, 6)],
    "read_at": "2031-03-13T14:00:00Z",
    "reason": "Zzz",
    "recording_consent": "unanswered",
    "recordings_are_kept": "7",
    "request_id": str(UUID(int=3)),
    "sealed_at": "2031-03-13",
    "series": [{"session": SESSION, "is_led": False, "to_come": 3, "token": "t"}],
    "sessions": [MOVED, MOVED],
    "sha256": "0f" * 32,
    "sha256_to_type": "0f0f",
    "what": "a payout run",
}
WAS = {
    "scheduled_at": "2031-03-13T14:00:00Z",
    "duration_minutes": 60,
    "place": "Hall",
    "practitioner": "Kim",
    "class_name": "Zen",
}
PAYMENT = {
    "id": str(UUID(int=4)),
    "description": "Zzz",
    "amount_minor": 2500,
    "currency": "cad",
    "paid_at": "2031-03-13T14:00:00Z",
    "receipt_url": None,
    "payment_intent_id": "pi",
    "outcome": "credits_granted",
    "credits": 2,
    "credits_expire_at": "2032-03-13T14:00:00Z",
}
CREDITS = {"remaining": 2, "expires_at": "2031-03-20T14:00:00Z", "session_type_name": None}
DOCUMENT = {
    "version": "2",
    "signed_at": "2031-03-13T14:00:00Z",
    "signature_name": "Zed",
    "body": "Zzz",
    "sha256": "0f" * 32,
}
# What templates call it, where it is not called so.
CALLED = {"amount_minor": "amount", "expires_at": "ends_at", "Links": "pages"}
# What is different in a case: of the payload, or, with a capital, of the mail.
CASES: tuple[dict[str, Any], ...] = (
    {},
    {"Name": None},
    {"Links": ALWAYS},
    {"Session": CLASS},
    {"Session": CLASS, "by": "client", "sessions": [MOVED | {"session": CLASS, "is_led": True}]},
    {"Session": SESSION | {"practitioner_name": None, "client_name": None, "session_type": "laying"}},
    {"Session": SESSION | {"is_online": False, "session_type": None, "place": "Hall"}},
    {"Session": SESSION | {"free_cancellation_until": None}},
    {"Session": None, "Payment": None, "Credits": None, "Document": None},
    {"by": "client"},
    {"by": "client", "accepted": True},
    {"by": "client", "because": "payment_returned"},
    {"by": "practitioner"},
    {"by": "practitioner", "sessions": [MOVED]},
    {"by": "client", "sessions": [TO_COME | {"is_led": True}]},
    {"by": "platform", "sessions": [MOVED]},
    {"because": "dispute"},
    {"because": "taken"},
    {"because": "payment_returned"},
    {"answer": "declined", "recording_consent": "given", "amount_minor": None, "expires_at": None},
    {"was": WAS, "by_others": True, "recording_consent": "refused"},
    {"was": WAS, "Links": tuple(set(PAGES) - {"answer_change"})},
    {"was": {"place": "Online", "practitioner": "Kim"}, "Session": CLASS, "by_others": True},
    {"was": {"place": "Hall"}, "by_others": True},
    {"cancellation_type": "grace", "credit_returned": True, "fee_charged": 12.5},
    {"cancellation_type": "late", "no_credit_because": "credit_ended"},
    {"cancellation_type": "last_minute", "account_last4": None, "read_at": None},
    {"cancellation_type": "late", "Name": "Ann & <b>"},
    {"finding": "Zzz", "what": "an adjustment of credits"},
    {"before_day": None, "what": "an adjustment of earnings"},
    {
        "count": 1,
        "credits": 1,
        "credits_owed": 1,
        "credits_given_back": 1,
        "Payment": PAYMENT | {"credits": 1},
    },
    {"Credits": CREDITS | {"remaining": 1}, "Payment": PAYMENT | {"receipt_url": "https://receipt.test"}},
    {"Credits": CREDITS | {"remaining": 1, "expires_at": None}},
    {"Credits": CREDITS | {"expires_at": None, "session_type_name": "Zzz"}},
    {"fees": [{"amount_minor": 2500, "currency": "cad"}], "sessions": []},
    {"fees": [], "sessions": [], "Links": ("review_fees_and_ratings",)},
    {"payment_type": "fee", "Links": ("pay_fee",)},
    {"payment_type": "fee", "Links": ()},
    {"Payment": PAYMENT | {"outcome": "fee_paid"}},
    {"Payment": PAYMENT | {"outcome": "fee_not_owed"}},
    {"is_decided": True, "was_paid": True},
    {"count": 9, "average": None},
    {"is_leading": False, "because": "time_off"},
    {"is_leading": False, "because": "time_off", "count": 1},
    {"is_leading": False, "because": "other_calendar", "Session": SESSION | {"practitioner_name": None}},
    {"is_leading": False, "because": "other_calendar", "count": 1},
    {"because": "other_calendar", "Links": ()},
    {"because": "other_calendar", "count": 1},
)


def kinds() -> list[str]:
    """All that there is a template for."""
    return sorted({each.stem for each in TEMPLATES.glob("*.mail")} - PARTS)


def mails_of(kind: str) -> Iterator[ClaimedMail]:
    """Mails of a kind, to clients and to practitioners, in each case that its template knows of."""
    nothing = dict.fromkeys(ClaimedMail.model_fields)
    source = _source(kind)
    for number, case in enumerate(CASES):
        if case and not any(CALLED.get(name, name.lower()) in source for name in case):
            continue
        facts = FACTS | {name: value for name, value in case.items() if name[0].islower()}
        links = case.get("Links", PAGES)
        for audience in ("user", "practitioner"):
            yield ClaimedMail.model_validate(
                nothing
                | {
                    "task": "send",
                    "mail_id": str(UUID(int=number)),
                    "kind": kind,
                    "audience": audience,
                    "recipient_email": "zed@mail.test",
                    "recipient_name": case.get("Name", "Zed"),
                    "time_zone": "America/Toronto",
                    "unsubscribe_token": "t",
                    "links": dict.fromkeys(links, "t"),
                    "payload": facts,
                    "session": case.get("Session", SESSION),
                    "payment": case.get("Payment", PAYMENT),
                    "credits": case.get("Credits", CREDITS),
                    "document": case.get("Document", DOCUMENT),
                }
            )


def _source(kind: str) -> str:
    """Of its template, and of the parts that it takes."""
    source = (TEMPLATES / f"{kind}.mail").read_text()
    return source + "".join(
        (TEMPLATES / f"{part}.mail").read_text() for part in PARTS if f'from "{part}.mail"' in source
    )
