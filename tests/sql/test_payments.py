"""Payments: facts come twice, late and in any order, and what they leave behind is always the same."""

import itertools
import random
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.stripe_events import Payment, arguments, event

from .conftest import ADMIN, CLIENT, OTHER_CLIENT, PRACTITIONER, ROW, Sandbox

# Somebody without weekly hours, at a time when nothing else is.
PRACTITIONER_ROW = "20000000-0000-4000-8000-000000000002"
SLOT = datetime.now(UTC).replace(hour=15, minute=0, second=0, microsecond=0) + timedelta(days=14)
AGREED = {"cancellation_policy_agreed": True}
Story = Callable[[Payment], list[bytes]]


@pytest.fixture(autouse=True)
def empty_start(sandbox: Sandbox) -> None:
    """Nobody has credits, payments or messages yet."""
    sandbox.run("delete from private.outbox")
    sandbox.run("delete from public.session_payments")
    sandbox.run("delete from public.user_session_credits")


def begin(sandbox: Sandbox, who: str = "client", **asked: Any) -> dict[str, Any]:
    """Begin a checkout as a client does, and open it as Stripe would."""
    sandbox.act_as(who)
    named = ", ".join(f"{name} => %s" for name in asked)
    (checkout,) = sandbox.run(f"select * from public.begin_checkout({named})", *asked.values())
    sandbox.act_as("service")
    sandbox.run(
        "select * from public.open_checkout(%s, %s, 'https://pay.stripe.test/')",
        checkout["checkout_id"],
        f"cs_{checkout['checkout_id']}",
    )
    return checkout


def single(sandbox: Sandbox, who: str = "client", **more: Any) -> dict[str, Any]:
    asked = {
        "practitioner_id": PRACTITIONER_ROW,
        "scheduled_at": SLOT,
        "session_type_id": type_of(sandbox, 45),
        "currency": "cad",
    }
    return begin(sandbox, who, payment_type="single", **{**asked, **AGREED, **more})


def package(sandbox: Sandbox, who: str = "client", **more: Any) -> dict[str, Any]:
    asked = {"payment_type": "package_5", "session_type_id": type_of(sandbox, 45), "currency": "usd"}
    return begin(sandbox, who, **{**asked, **more})


def type_of(sandbox: Sandbox, minutes: int, *, is_group: bool = False) -> Any:
    return sandbox.one(
        "select id from public.session_types"
        " where duration_minutes = %s and session_type = 'standing' and is_group = %s",
        minutes,
        is_group,
    )


def paid_by(checkout: dict[str, Any]) -> Payment:
    payment = Payment(str(checkout["checkout_id"]), checkout["amount_minor"], checkout["currency"])
    payment.id = str(checkout["checkout_id"])
    return payment


def deliver(sandbox: Sandbox, *bodies: bytes) -> list[dict[str, Any]]:
    sandbox.act_as("service")
    return [
        sandbox.run(
            "select * from public.receive_stripe_event(event_id => %s, event_type => %s, payload => %s, facts => %s,"
            " happened_at => %s)",
            *arguments(body).values(),
        )[0]
        for body in bodies
    ]


def rows(sandbox: Sandbox) -> dict[str, list[Any]]:
    """Everything that payments leave behind, without ids and moments."""
    sandbox.act_as("owner")
    queries = {
        "checkouts": "select status, outcome, stripe_payment_intent_id, receipt_url, refunded_minor, returned_minor,"
        " credits_taken_back, session_id is null as no_session, credit_lot_id is null as no_lot"
        " from public.checkout_sessions",
        "sessions": "select client_id, scheduled_at, duration_minutes, status, notes, group_class_id, session_type_id"
        " from public.session_schedules where room_name not in ('session-one', 'session-two')",
        "payments": "select client_id, total_amount, practitioner_share, platform_share, refunded_amount, currency,"
        " status, stripe_payment_intent_id from public.session_payments",
        "credits": "select user_id, package_id, session_type_id, credits_remaining, credits_owed,"
        " stripe_payment_intent_id, metadata from public.user_session_credits",
        "ledger": "select user_id, change, kind, reason from public.credit_ledger",
        "holds": "select user_id, status from public.session_holds",
        "cancellations": "select cancellation_type, credit_returned from public.session_cancellations",
        "refunds": "select id, status, amount_minor, as_of from private.stripe_refunds",
        "disputes": "select id, state, amount_minor, as_of from private.payment_disputes",
        "outbox": "select kind, user_id, payload - array['checkout_id', 'lot_id'] as payload from private.outbox",
        "inbox": "select event_type, deliveries, applied_at is null as waits, checkout_id is null as lost"
        " from private.stripe_events",
    }
    return {
        name: sorted(map(str, (tuple(row.values()) for row in sandbox.run(query))))
        for name, query in queries.items()
    }


STORIES: dict[str, tuple[Callable[[Sandbox], dict[str, Any]], Story]] = {
    "a session, paid at once and then lost to a dispute": (
        single,
        lambda p: [
            p.charged(),
            p.completed(),
            p.charged("updated"),
            p.disputed("created", "needs_response"),
            p.disputed("closed", "lost"),
        ],
    ),
    "a package, paid by a slow bank, a fifth of it refunded": (
        package,
        lambda p: [
            p.completed("unpaid"),
            p.bank_paid(),
            p.charged(),
            p.refunded(p.amount // 5),
            p.charged("updated"),
        ],
    ),
    "a session, whose bank does not pay it days later": (
        single,
        lambda p: [
            p.completed("unpaid", days_ago=4),
            p.intent_failed(),
            p.bank_failed(),
            event("charge.failed", p.charge(status="failed")),
        ],
    ),
    "a session, by a card that is declined, and then by a bank": (
        single,
        lambda p: [
            p.intent_failed(days_ago=4.01),
            p.completed("unpaid", days_ago=4),
            p.bank_paid(),
            p.charged(),
        ],
    ),
    "a session, refunded in full": (
        single,
        lambda p: [
            p.charged(),
            p.completed(),
            p.refunded(p.amount),
            p.charged("refunded"),
            p.charged("updated"),
        ],
    ),
}


@pytest.mark.parametrize("name", STORIES)
def test_every_order_of_the_events_leaves_the_same_rows(sandbox: Sandbox, name: str) -> None:
    """All 120 orders of five events; each event twice, the second time anywhere later."""
    start, story = STORIES[name]
    payment = paid_by(start(sandbox))
    events = story(payment)
    chance = random.Random(name)
    with sandbox.undone():
        deliver(sandbox, *events, *events)
        expected = rows(sandbox)

    for order in itertools.permutations(events):
        with sandbox.undone():
            deliver(sandbox, *repeat_later(order, chance))
            assert expected == rows(sandbox), [arguments(body)["event_type"] for body in order]


def repeat_later(order: Iterable[bytes], chance: random.Random) -> list[bytes]:
    """Each once more, somewhere after the first time."""
    deliveries = list(order)
    for body in order:
        deliveries.insert(chance.randint(deliveries.index(body) + 1, len(deliveries)), body)
    return deliveries


# What is sold, and for how much -------------------------------------------------------------------


def test_a_package_becomes_credits_of_its_kind(sandbox: Sandbox) -> None:
    """Five for the length and form the wallet sold; the wallet reads the price from the metadata."""
    checkout = package(sandbox)

    deliver(sandbox, paid_by(checkout).completed())

    (lot,) = rows_of(sandbox, "user_session_credits")
    assert (checkout["amount_minor"], checkout["currency"]) == (34310, "usd")
    assert (lot["credits_remaining"], lot["session_type_id"]) == (5, None)
    assert (lot["duration_minutes"], lot["is_group"]) == (45, False)
    assert lot["package_id"]
    assert lot["metadata"] == {
        "purchased_via": "stripe_checkout",
        "payment_type": "package_5",
        "total_amount": 343.1,
        "currency": "usd",
    }
    assert lot["stripe_payment_intent_id"] == paid_by(checkout).intent
    assert ["credits_granted", "payment_received"] == messages(sandbox)


def test_a_single_payment_becomes_its_session(sandbox: Sandbox) -> None:
    """As it was chosen, notes and place included, shared between practitioner and platform to the cent."""
    checkout = single(
        sandbox,
        session_location="in_person",
        physical_location="Home - Street 1",
        notes="My knee.",
        currency="usd",
    )

    deliver(sandbox, paid_by(checkout).completed(), paid_by(checkout).charged())

    (session,), (payment,) = booked(sandbox), rows_of(sandbox, "session_payments", "client_id")
    assert (session["scheduled_at"], session["duration_minutes"], session["status"]) == (
        SLOT,
        45,
        "scheduled",
    )
    assert (session["session_location"], session["physical_location"]) == ("in_person", "Home - Street 1")
    assert (session["notes"], session["credit_lot_id"]) == ("My knee.", None)
    assert session["cancellation_policy_version"]
    assert payment["session_id"] == session["id"]
    assert shares(payment) == ["73.00", "54.75", "18.25", "0.00"]
    assert (payment["currency"], payment["status"]) == ("usd", "completed")
    (kept,) = rows_of(sandbox, "checkout_sessions")
    assert (kept["status"], kept["outcome"], kept["receipt_url"]) == (
        "paid",
        "session_booked",
        paid_by(checkout).receipt_url,
    )


def test_the_shares_add_up_to_the_payment(sandbox: Sandbox) -> None:
    """Three quarters of 40.15 are 30.1125: the practitioner gets 30.11, the platform the rest, refunds included."""
    checkout = single(sandbox, session_type_id=type_of(sandbox, 20), currency="usd")
    deliver(sandbox, paid_by(checkout).completed())
    (whole,) = rows_of(sandbox, "session_payments", "client_id")

    deliver(sandbox, paid_by(checkout).refunded(1001))
    (part,) = rows_of(sandbox, "session_payments", "client_id")

    assert shares(whole) == ["40.15", "30.11", "10.04", "0.00"]
    assert shares(part) == ["40.15", "22.61", "7.53", "10.01"]


def test_a_new_share_applies_to_later_payments_only(sandbox: Sandbox) -> None:
    """An old payment keeps its own, also when a part of it is refunded later."""
    old = single(sandbox)
    deliver(sandbox, paid_by(old).completed())
    sandbox.act_as("admin")
    sandbox.run("insert into public.revenue_shares (practitioner_percent) values (80)")

    new = single(sandbox, scheduled_at=SLOT + timedelta(hours=2))
    deliver(sandbox, paid_by(new).completed(), paid_by(old).refunded(5000))

    shares = {
        str(row["checkout_id"]): str(row["practitioner_share"])
        for row in rows_of(sandbox, "session_payments", "client_id")
    }
    assert shares == {str(old["checkout_id"]): "37.50", str(new["checkout_id"]): "80.00"}
    with sandbox.forbidden():
        sandbox.act_as("admin")
        sandbox.run(
            "insert into public.revenue_shares (practitioner_percent, valid_from) values (90, '2026-01-01')"
        )


def test_the_preferred_currency_counts_where_the_caller_names_none(sandbox: Sandbox) -> None:
    """And US dollars where there is none."""
    assert package(sandbox, currency=None)["currency"] == "usd"
    sandbox.act_as("owner")
    sandbox.run("update public.user_preferences set currency = 'cad' where user_id = %s", CLIENT)

    checkout = package(sandbox, currency=None)

    assert (checkout["currency"], checkout["amount_minor"]) == ("cad", 47000)


REFUSED: dict[str, tuple[str, dict[str, Any]]] = {
    "no such type": ("session_type_not_found", {"session_type_id": OTHER_CLIENT}),
    "another length": ("duration_not_offered", {"duration_minutes": 60}),
    "a paused practitioner": ("practitioner_unavailable", {"practitioner_id": OTHER_CLIENT}),
    "yesterday": ("slot_in_past", {"scheduled_at": SLOT - timedelta(days=21)}),
    "no time": ("nothing_to_hold", {"scheduled_at": None}),
    "nobody": ("nothing_to_hold", {"practitioner_id": None}),
    "no place": ("location_missing", {"session_location": "in_person"}),
    "no studio": ("studio_not_found", {"session_location": "in_person", "physical_location": OTHER_CLIENT}),
    "no such class": ("class_not_found", {"group_class_id": OTHER_CLIENT}),
    "not agreed": ("cancellation_policy_not_agreed", {"cancellation_policy_agreed": False}),
    "agreement missing": ("cancellation_policy_not_agreed", {"cancellation_policy_agreed": None}),
    "an old policy": ("cancellation_policy_not_current", {"cancellation_policy_version": OTHER_CLIENT}),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_impossible_purchase_opens_no_checkout(sandbox: Sandbox, case: str) -> None:
    """It is refused before Stripe is asked, and nothing is held."""
    code, asked = REFUSED[case]

    with sandbox.refused(code):
        single(sandbox, **asked)

    assert rows_of(sandbox, "checkout_sessions") == rows_of(sandbox, "session_holds") == []


def test_there_is_no_package_of_twenty_minutes(sandbox: Sandbox) -> None:
    """And no other package is sold in its place."""
    with sandbox.refused("package_not_found"):
        package(sandbox, session_type_id=type_of(sandbox, 20))


def test_without_an_active_policy_no_agreement_is_required(sandbox: Sandbox) -> None:
    """The checkbox of the page is not there then."""
    sandbox.run("alter table public.cancellation_policy disable trigger user")
    sandbox.run("update public.cancellation_policy set is_active = false")

    assert single(sandbox, cancellation_policy_agreed=None)["checkout_id"]


def test_a_note_in_a_checkout_joins_no_class(sandbox: Sandbox) -> None:
    """Though the pages join one by such a note."""
    checkout = single(sandbox, notes=f"joined group class: {ROW}")

    deliver(sandbox, paid_by(checkout).completed())

    assert [row["group_class_id"] for row in booked(sandbox)] == [None]


# Keeping the time ---------------------------------------------------------------------------------


def test_the_time_is_held_until_the_page_closes(sandbox: Sandbox) -> None:
    """At least the thirty minutes that Stripe wants, and ten more for a word that is late; nobody else gets it."""
    checkout = single(sandbox)

    (hold,) = rows_of(sandbox, "session_holds")

    assert checkout["expires_at"] >= sandbox.one("select now() + interval '31 minutes'")
    assert hold["expires_at"] == checkout["expires_at"] + timedelta(minutes=10)
    with sandbox.refused("slot_taken"):
        single(sandbox, "other")


def test_a_repeated_request_finds_the_same_checkout(sandbox: Sandbox) -> None:
    """With its page; in another currency it is another one, and the page of the first must be closed."""
    first = single(sandbox)
    again = single(sandbox)
    other = single(sandbox, currency="usd")

    assert again["checkout_id"] == first["checkout_id"]
    assert again["url"] == "https://pay.stripe.test/"
    assert (other["url"], other["supersedes"]) == (None, [f"cs_{first['checkout_id']}"])
    assert sorted(row["status"] for row in rows_of(sandbox, "session_holds")) == ["held", "released"]


def test_another_length_at_the_same_time_replaces_the_first_checkout(sandbox: Sandbox) -> None:
    """Who goes back and chooses anew is not in their own way; the end of the first page leaves the new hold alone."""
    first = single(sandbox)
    second = single(sandbox, session_type_id=type_of(sandbox, 60))

    deliver(sandbox, paid_by(first).expired())

    assert second["supersedes"] == [f"cs_{first['checkout_id']}"]
    holds = {row["duration_minutes"]: row["status"] for row in rows_of(sandbox, "session_holds")}
    assert holds == {45: "released", 60: "held"}


def test_a_time_that_was_released_is_held_again(sandbox: Sandbox) -> None:
    """And the page that was open for it is closed."""
    first = single(sandbox)
    sandbox.act_as("client")
    sandbox.run("select * from public.release_hold((select hold_id from public.checkout_sessions where id = %s))",
              first["checkout_id"])  # fmt: skip

    second = single(sandbox)

    assert second["checkout_id"] != first["checkout_id"]
    assert second["supersedes"] == [f"cs_{first['checkout_id']}"]
    assert sorted(row["status"] for row in rows_of(sandbox, "session_holds")) == ["held", "released"]


def test_a_fourth_checkout_gives_up_the_first(sandbox: Sandbox) -> None:
    """Somebody who looks around is not locked out by what they left behind."""
    sandbox.run("update public.session_holds set status = 'released'")
    made = []
    for hour in range(5):
        made.append(single(sandbox, scheduled_at=SLOT + timedelta(hours=hour)))
        sandbox.run("reset role")
        sandbox.run("update public.checkout_sessions set created_at = created_at - interval '1 minute'")

    superseded = [each["supersedes"] for each in made]

    assert superseded == [[], [], [], [f"cs_{made[0]['checkout_id']}"], [f"cs_{made[1]['checkout_id']}"]]
    assert (
        sorted(row["status"] for row in rows_of(sandbox, "session_holds")) == ["held"] * 3 + ["released"] * 2
    )
    with sandbox.undone():
        sandbox.run("update public.session_holds set checkout_session_id = null")
        with sandbox.refused("too_many_holds"):
            single(sandbox, scheduled_at=SLOT + timedelta(hours=9))


def test_an_expired_page_frees_the_time(sandbox: Sandbox) -> None:
    """At once: the next one need not wait."""
    checkout = single(sandbox)

    deliver(sandbox, paid_by(checkout).expired())

    assert rows_of(sandbox, "checkout_sessions")[0]["status"] == "expired"
    assert single(sandbox, "other")["checkout_id"]


def test_a_slow_bank_keeps_the_time_until_the_session(sandbox: Sandbox) -> None:
    """The payer has done their part; if the bank says no, the time is free."""
    checkout = single(sandbox)

    deliver(sandbox, paid_by(checkout).completed("unpaid"))

    (hold,) = rows_of(sandbox, "session_holds")
    assert (hold["status"], hold["expires_at"]) == ("held", SLOT)
    assert booked(sandbox) == []
    deliver(sandbox, paid_by(checkout).bank_failed())
    assert rows_of(sandbox, "session_holds")[0]["status"] == "released"
    assert rows_of(sandbox, "checkout_sessions")[0]["status"] == "failed"


# Late ---------------------------------------------------------------------------------------------


def lapse(sandbox: Sandbox) -> None:
    """Everything that was held is past its time."""
    sandbox.act_as("owner")
    sandbox.run(
        "update public.session_holds set expires_at = now() - interval '1 minute' where status = 'held'"
    )
    sandbox.run("update public.checkout_sessions set expires_at = now() - interval '11 minutes'")


def test_a_late_payment_gets_the_time_if_it_is_still_free(sandbox: Sandbox) -> None:
    """Nobody wanted it meanwhile."""
    checkout = single(sandbox)
    lapse(sandbox)

    deliver(sandbox, paid_by(checkout).completed())

    assert len(booked(sandbox)) == 1
    assert rows_of(sandbox, "user_session_credits") == []


def test_of_two_payments_for_one_time_the_late_one_becomes_a_credit(sandbox: Sandbox) -> None:
    """One has the session; the other a credit of the same kind, and a message that says why."""
    late = single(sandbox)
    lapse(sandbox)
    quick = single(sandbox, "other")

    deliver(sandbox, paid_by(quick).completed(), paid_by(late).completed())

    assert (booked(sandbox), len(booked(sandbox, OTHER_CLIENT))) == ([], 1)
    (lot,) = rows_of(sandbox, "user_session_credits")
    assert (lot["credits_remaining"], lot["session_type_id"]) == (1, type_of(sandbox, 45))
    (kept,) = rows_of(sandbox, "checkout_sessions")
    assert (kept["outcome"], kept["credit_lot_id"]) == ("credit_instead", lot["id"])
    because = sandbox.one(
        "select payload ->> 'because' from private.outbox where kind = 'session_not_booked'"
    )
    assert because == "slot_taken"
    assert "session_not_booked" in messages(sandbox)


def test_the_last_seat_is_paid_for_by_one_client(sandbox: Sandbox) -> None:
    """While somebody pays, the seat is theirs; a payment that comes after the class is full becomes a credit."""
    group = {
        "session_type_id": type_of(sandbox, 45, is_group=True),
        "group_class_id": class_with_one_seat(sandbox),
    }
    first = single(sandbox, **group)
    with sandbox.refused("class_full"):
        single(sandbox, "other", **group)
    lapse(sandbox)
    second = single(sandbox, "other", **group)

    deliver(sandbox, paid_by(second).completed(), paid_by(first).completed())

    assert [row["group_class_id"] for row in booked(sandbox, OTHER_CLIENT)] == [group["group_class_id"]]
    assert booked(sandbox) == []
    assert rows_of(sandbox, "checkout_sessions")[0]["outcome"] == "credit_instead"
    assert (first["amount_minor"], first["description"]) == (9000, "45min Standard")


def test_a_checkout_for_a_class_may_omit_the_class(sandbox: Sandbox) -> None:
    """It sends type, practitioner and time: at that time there is one class."""
    group_class = class_with_one_seat(sandbox)
    checkout = single(sandbox, session_type_id=type_of(sandbox, 45, is_group=True))

    deliver(sandbox, paid_by(checkout).completed())

    assert [row["group_class_id"] for row in booked(sandbox)] == [group_class]
    with sandbox.refused("type_not_of_class"):
        single(sandbox, "other", group_class_id=group_class)


@pytest.mark.parametrize(
    ("change", "was"),
    [
        ("scheduled_at = scheduled_at + interval '1 day'", {"scheduled_at"}),
        ("session_location = 'in_person', physical_location = 'Studio Two - 2 St'", {"place"}),
        (f"practitioner_id = '{ROW}'", {"practitioner"}),
        ("duration_minutes = 50", {"duration_minutes"}),
        ("class_name = 'Another name'", set()),
    ],
)
def test_a_class_that_changes_while_it_is_paid_for_may_be_left_freely(
    sandbox: Sandbox, change: str, was: set[str]
) -> None:
    """The seat is theirs, and what they agreed to is what they paid for; the confirmation says what is different."""
    checkout = single(
        sandbox,
        session_type_id=type_of(sandbox, 45, is_group=True),
        group_class_id=class_with_one_seat(sandbox),
    )
    sandbox.act_as("service")
    sandbox.run(f"update public.session_schedules set {change} where id = %s", group_class_of(sandbox))
    deliver(sandbox, paid_by(checkout).completed())

    (seat,) = booked(sandbox)
    sandbox.act_as("owner")
    sandbox.run(
        "update private.mails set status = 'dropped' where user_id <> %s"
        " or kind not in ('session_booked', 'session_rescheduled', 'session_changed')",
        CLIENT,
    )
    sandbox.act_as("service")
    (mail,) = sandbox.run("select kind, payload from public.claim_mail()")
    assert ("session_booked", was) == (mail["kind"], (mail["payload"]["was"] or {}).keys())
    sandbox.act_as("client")
    (quoted,) = sandbox.run("select * from public.quote_cancellation(%s)", seat["id"])
    assert bool(was) == (quoted["free_until"] == seat["scheduled_at"])
    if was:
        sandbox.run("select * from public.answer_session_change(%s, false)", seat["id"])
        assert 1 == sandbox.one("select total_credits from public.check_session_credits()")


def group_class_of(sandbox: Sandbox) -> Any:
    return sandbox.one("select id from public.session_schedules where room_name = 'a-class'")


def class_with_one_seat(sandbox: Sandbox) -> Any:
    """A class for two, in which somebody sits already."""
    sandbox.act_as("owner")
    make = "insert into public.session_schedules (duration_minutes, practitioner_id, client_id, scheduled_at, room_name"
    group_class = sandbox.one(
        f"{make}, max_participants) values (45, %s, %s, %s, 'a-class', 2) returning id",
        PRACTITIONER_ROW,
        ADMIN,
        SLOT,
    )
    sandbox.run(
        f"{make}, notes) values (45, %s, %s, %s, 'a-seat', %s)",
        PRACTITIONER_ROW,
        PRACTITIONER,
        SLOT,
        f"Joined group class: {group_class}",
    )
    return group_class


def test_a_payment_of_an_erased_person_is_kept_for_a_refund(sandbox: Sandbox) -> None:
    """There is nobody to book for or to credit; the payment stays, and a message that somebody must refund it."""
    checkout = single(sandbox, "other")
    sandbox.act_as("owner")
    sandbox.run("delete from public.session_schedules where client_id = %s", OTHER_CLIENT)
    sandbox.run("delete from auth.users where id = %s", OTHER_CLIENT)

    (received,) = deliver(sandbox, paid_by(checkout).completed())

    assert received["is_applied"]
    assert rows_of(sandbox, "checkout_sessions", of=OTHER_CLIENT)[0]["outcome"] == "nobody_there"
    assert "session_not_booked" in messages(sandbox, OTHER_CLIENT)


def test_a_payment_of_another_amount_buys_nothing(sandbox: Sandbox) -> None:
    """Stripe would have to have misunderstood us: a person must look."""
    checkout = package(sandbox)
    payment = paid_by(checkout)

    deliver(sandbox, event("checkout.session.completed", payment.session(amount_total=1)))

    assert rows_of(sandbox, "checkout_sessions")[0]["status"] == "failed"
    assert ["payment_differs"] == messages(sandbox)


DIFFERENT = {
    "a discount": (
        {"amount_total": 300, "total_details": {"amount_discount": 700}},
        "discount: 7.00 instead of 0.00",
    ),
    "a tax": ({"amount_total": 1130, "total_details": {"amount_tax": 130}}, "tax: 1.30 instead of 0.00"),
    "shipping": (
        {"amount_total": 1200, "total_details": {"amount_shipping": 200}},
        "shipping: 2.00 instead of 0.00",
    ),
    "a discount as large as the tax": (
        {"total_details": {"amount_discount": 130, "amount_tax": 130}},
        "discount: 1.30 instead of 0.00; tax: 1.30 instead of 0.00",
    ),
    "another currency": ({"currency": "eur"}, "currency: eur instead of usd"),
    "another price": (
        {"amount_subtotal": 1, "amount_total": 1},
        "lines: 0.01 instead of 343.10; total: 0.01 instead of 343.10",
    ),
    "a line more": (
        {
            "line_items": {
                "data": [
                    {"description": "Ours", "amount_total": 34310, "currency": "usd", "quantity": 1},
                    {"description": "A donation", "amount_total": 0, "currency": "usd", "quantity": 1},
                ]
            }
        },
        "line 2: 1 × 0.00 usd instead of none",
    ),
    "two of it": (
        {"line_items": {"data": [{"amount_total": 34310, "currency": "usd", "quantity": 2}]}},
        "line 1: 2 × 343.10 usd instead of 1 × 343.10 usd",
    ),
    "no line": ({"line_items": {"data": []}}, "line 1: none instead of 1 × 343.10 usd"),
}


@pytest.mark.parametrize("case", DIFFERENT)
def test_what_stripe_adds_or_takes_off_is_named_and_waits_for_a_person(sandbox: Sandbox, case: str) -> None:
    """However often it is told, once; the payer gets what they paid for when an admin accepts it, and not before."""
    more, named = DIFFERENT[case]
    payment = paid_by(package(sandbox))
    different = event("checkout.session.completed", payment.session(**more))

    deliver(sandbox, different, payment.charged(), different, event("x", payment.session(**more)))

    (kept,) = rows_of(sandbox, "checkout_sessions")
    assert (kept["status"], kept["outcome"]) == ("failed", None) and named in kept["difference"]
    assert kept["stripe_amounts"]["currency"] == more.get("currency", "usd")
    assert ["payment_differs"] == messages(sandbox)
    assert rows_of(sandbox, "user_session_credits") == []
    sandbox.act_as("client")
    with sandbox.refused("admins_only"):
        sandbox.run("select * from public.accept_payment(%s, 'Mine')", kept["id"])
    sandbox.act_as("admin")
    for reason in (" ", None):
        with sandbox.refused("reason_missing"):
            sandbox.run("select * from public.accept_payment(%s, %s)", kept["id"], reason)
    (accepted,) = sandbox.run("select * from public.accept_payment(%s, 'A campaign')", kept["id"])
    assert accepted["outcome"] == "credits_granted"
    assert [row["credits_remaining"] for row in rows_of(sandbox, "user_session_credits")] == [5]
    sandbox.act_as("admin")
    with sandbox.refused("payment_accepted"):
        sandbox.run("select * from public.accept_payment(%s, 'Again')", kept["id"])
    deliver(sandbox, different)
    assert ["payment_differs", "credits_granted", "payment_received"] == messages(sandbox)
    sandbox.act_as("owner")
    assert sandbox.one("select settlement from private.matters where subject = %s", str(kept["id"])) == (
        "Accepted: A campaign"
    )


def test_a_line_that_is_seen_later_takes_nothing_back_and_waits_for_a_person(sandbox: Sandbox) -> None:
    """Events have no lines; the reconciler asks for them."""
    payment = paid_by(package(sandbox))
    deliver(sandbox, payment.completed())

    deliver(sandbox, event("checkout.session.x", payment.session(**DIFFERENT["two of it"][0])))

    (kept,) = rows_of(sandbox, "checkout_sessions")
    assert (kept["status"], kept["outcome"]) == ("paid", "credits_granted") and kept["difference"]
    assert [row["credits_remaining"] for row in rows_of(sandbox, "user_session_credits")] == [5]


# A bank that does not pay -------------------------------------------------------------------------


@pytest.mark.parametrize("lost", [(), (0,), (1,), (2,), (0, 1), (0, 2)])
def test_a_debit_that_fails_days_later_is_told_once(sandbox: Sandbox, lost: tuple[int, ...]) -> None:
    """Whichever events are lost, in every order, each twice: by what is left of them."""
    payment = paid_by(single(sandbox))
    events = [payment.completed("unpaid", days_ago=4), payment.intent_failed(), payment.bank_failed()]
    left = [body for number, body in enumerate(events) if number not in lost]
    for order in itertools.permutations([*left, *left]):
        with sandbox.undone():
            deliver(sandbox, *order)
            (checkout,) = rows_of(sandbox, "checkout_sessions")
            if 0 in lost and 2 in lost:  # a card may have been declined: its payer is still at the page
                assert (checkout["status"], messages(sandbox)) == ("open", [])
                sandbox.act_as("service")
                facts = '{"session_status": "complete", "payment_status": "unpaid", "payment_failed": true}'
                sandbox.run("select * from public.observe_checkout(%s, %s)", checkout["id"], facts)
                (checkout,) = rows_of(sandbox, "checkout_sessions")
            assert checkout["status"] == "failed"
            assert ["payment_failed"] == messages(sandbox)
            assert [row["status"] for row in rows_of(sandbox, "session_holds")] == ["released"]
            assert booked(sandbox) == []


def test_a_declined_card_is_told_nobody(sandbox: Sandbox) -> None:
    """Its payer sees it at Stripe, and pays otherwise, or goes."""
    payment = paid_by(single(sandbox))

    deliver(sandbox, payment.intent_failed(), payment.expired())

    assert [row["status"] for row in rows_of(sandbox, "checkout_sessions")] == ["expired"]
    assert messages(sandbox) == []


def test_who_cancels_the_failed_debit_by_paying_is_not_told_that_it_failed(sandbox: Sandbox) -> None:
    """The mail is dropped when it is not true any more."""
    payment = paid_by(single(sandbox))
    deliver(sandbox, payment.bank_failed(), payment.bank_paid())

    sandbox.act_as("owner")
    mails = sandbox.run("select kind, private.find_reason_to_drop_mail(m) as because from private.mails m")
    because = {row["kind"]: row["because"] for row in mails if row["kind"].startswith("payment_")}
    assert because == {"payment_failed": "paid", "payment_received": None}


# When the money goes back -------------------------------------------------------------------------


def test_a_partial_refund_of_a_package_takes_its_part_of_the_credits(sandbox: Sandbox) -> None:
    """Rounded in the client's favour; twice is once; all of it takes the rest."""
    payment = paid_by(package(sandbox))
    deliver(sandbox, payment.completed())
    left = []
    for so_far in (
        payment.amount // 5 - 1,
        payment.amount // 5,
        payment.amount // 5,
        payment.amount // 2,
        payment.amount,
    ):
        deliver(sandbox, payment.refunded(so_far))
        left.append(rows_of(sandbox, "user_session_credits")[0]["credits_remaining"])

    assert left == [5, 4, 4, 3, 0]
    assert rows_of(sandbox, "checkout_sessions")[0]["returned_minor"] == payment.amount


def test_refunded_credits_that_were_spent_are_owed(sandbox: Sandbox) -> None:
    """They are not below zero: of what comes back later, so many are not given back."""
    payment = paid_by(package(sandbox))
    deliver(sandbox, payment.completed())
    sandbox.act_as("owner")
    lot = rows_of(sandbox, "user_session_credits")[0]["id"]
    spent = "insert into public.credit_ledger (lot_id, user_id, change, kind, reason)"
    sandbox.run(f"{spent} values (%s, %s, -3, 'adjustment', 'Spent')", lot, CLIENT)

    deliver(sandbox, payment.refunded(payment.amount))

    (after,) = rows_of(sandbox, "user_session_credits")
    assert (after["credits_remaining"], after["credits_owed"]) == (0, 3)


def test_a_session_whose_payment_was_refunded_is_cancelled(sandbox: Sandbox) -> None:
    """Its time is free, no credit comes back with it, and the practitioner earns nothing."""
    payment = paid_by(single(sandbox))
    deliver(sandbox, payment.completed(), payment.refunded(payment.amount))

    (session,), (paid,) = booked(sandbox), rows_of(sandbox, "session_payments", "client_id")
    assert session["status"] == "cancelled"
    assert rows_of(sandbox, "user_session_credits") == []
    assert paid["status"] == "refunded"
    assert shares(paid) == ["100.00", "0.00", "0.00", "100.00"]
    assert single(sandbox, "other")["checkout_id"]


def test_a_refund_takes_the_credit_that_a_cancellation_gave(sandbox: Sandbox) -> None:
    """Cancelled in time, the payment became a credit; refunded, it is not both."""
    payment = paid_by(single(sandbox))
    deliver(sandbox, payment.completed())
    sandbox.act_as("client")
    sandbox.run(
        "update public.session_schedules set status = 'cancelled' where id = %s", booked(sandbox)[0]["id"]
    )
    assert [row["credits_remaining"] for row in rows_of(sandbox, "user_session_credits")] == [1]

    deliver(sandbox, payment.refunded(payment.amount))

    assert [row["credits_remaining"] for row in rows_of(sandbox, "user_session_credits")] == [0]


def test_a_refund_after_the_payout_is_owed_back(sandbox: Sandbox) -> None:
    """The row says what was sent and still adds up; the next payout is so much less."""
    payment = paid_by(single(sandbox))
    deliver(sandbox, payment.completed())
    sandbox.act_as("service")
    sandbox.run(
        "update public.session_schedules set status = 'completed' where id = %s", booked(sandbox)[0]["id"]
    )
    sandbox.act_as("admin")
    sandbox.run(
        "update public.session_payments set status = 'paid_out', paid_out_at = now() where client_id = %s",
        CLIENT,
    )

    deliver(sandbox, payment.refunded(payment.amount))

    (paid,) = rows_of(sandbox, "session_payments", "client_id")
    assert shares(paid) == ["100.00", "75.00", "-75.00", "100.00"]
    owed = (
        "select sum(p.amount_minor) from public.ledger_postings p"
        " join public.ledger_transactions t on t.id = p.transaction_id"
        " where t.practitioner_id = %s and p.account = 'practitioner_payable'"
    )
    assert -7500 == sandbox.one(owed, PRACTITIONER_ROW)


def test_a_won_dispute_gives_everything_back(sandbox: Sandbox) -> None:
    """While it is open the credits are gone; then the lot is as before. A late word of before changes nothing."""
    payment = paid_by(package(sandbox))
    deliver(sandbox, payment.completed(), payment.disputed("created", "needs_response"))
    late = payment.disputed("updated", "under_review")
    during = rows_of(sandbox, "user_session_credits")[0]["credits_remaining"]

    deliver(sandbox, payment.disputed("closed", "won"), late)

    assert (during, rows_of(sandbox, "user_session_credits")[0]["credits_remaining"]) == (0, 5)
    assert rows_of(sandbox, "checkout_sessions")[0]["returned_minor"] == 0


def test_an_inquiry_of_the_bank_is_no_dispute(sandbox: Sandbox) -> None:
    """No money has moved, so nothing else does; it may still become one."""
    payment = paid_by(package(sandbox))
    deliver(
        sandbox,
        payment.completed(),
        payment.disputed("created", "warning_needs_response"),
        payment.disputed("closed", "warning_closed"),
    )
    asked = rows_of(sandbox, "user_session_credits")[0]["credits_remaining"]

    deliver(sandbox, payment.disputed("updated", "under_review"))

    assert (asked, rows_of(sandbox, "user_session_credits")[0]["credits_remaining"]) == (5, 0)


def test_a_disputed_session_takes_place_and_is_not_paid_out(sandbox: Sandbox) -> None:
    """Until it is decided: won, it counts again; lost, it is as if it had been refunded."""
    payment = paid_by(single(sandbox))
    deliver(sandbox, payment.completed(), payment.disputed("created", "needs_response"))
    seen = [(booked(sandbox)[0]["status"], rows_of(sandbox, "session_payments", "client_id")[0]["status"])]
    deliver(sandbox, payment.disputed("closed", "won"))
    seen.append(
        (booked(sandbox)[0]["status"], rows_of(sandbox, "session_payments", "client_id")[0]["status"])
    )
    deliver(sandbox, payment.disputed("created", "needs_response", 2), payment.disputed("closed", "lost", 2))
    seen.append(
        (booked(sandbox)[0]["status"], rows_of(sandbox, "session_payments", "client_id")[0]["status"])
    )

    assert seen == [("scheduled", "disputed"), ("scheduled", "completed"), ("cancelled", "refunded")]


# The inbox ----------------------------------------------------------------------------------------


def test_a_dispute_waits_for_its_payment(sandbox: Sandbox) -> None:
    """It names only the payment; as soon as the checkout names it too, the dispute is applied with it."""
    payment = paid_by(package(sandbox))

    (early,) = deliver(sandbox, payment.disputed("created", "needs_response"))
    (late,) = deliver(sandbox, payment.completed())

    assert (early["is_applied"], late["is_applied"]) == (False, True)
    assert rows_of(sandbox, "user_session_credits")[0]["credits_remaining"] == 0
    assert sandbox.one("select count(*) from private.stripe_events where applied_at is null") == 0


def test_an_event_of_another_application_is_stored_and_changes_nothing(sandbox: Sandbox) -> None:
    """Other things are sold through the same account."""
    before = rows(sandbox)
    stranger = Payment(str(ROW), 1).session(metadata={"kind": "board"})

    answers = deliver(
        sandbox, event("checkout.session.completed", stranger), event("invoice.paid", {"object": "invoice"})
    )

    assert [answer["is_repeated"] for answer in answers] == [False, False]
    assert {**rows(sandbox), "inbox": []} == {**before, "inbox": []}


# Who sees what ------------------------------------------------------------------------------------


def test_a_client_reads_their_own_purchases(sandbox: Sandbox) -> None:
    """With the receipt, what came back and what is left; nobody else's, and no price that was only asked for."""
    bought, booked_one = paid_by(package(sandbox)), paid_by(single(sandbox))
    package(sandbox, payment_type="package_10")
    deliver(
        sandbox,
        bought.completed(),
        bought.charged(),
        bought.refunded(bought.amount // 5),
        booked_one.completed(),
    )
    query = "select * from public.past_purchases where user_id = %s order by payment_type"

    seen = {}
    for who in ("client", "other", "practitioner", "admin"):
        sandbox.act_as(who)
        seen[who] = [row["id"] for row in sandbox.run(query, CLIENT)]
    sandbox.act_as("client")
    of_package, of_session = sandbox.run(query, CLIENT)

    assert (len(seen["client"]), seen["other"], seen["practitioner"]) == (2, [], [])
    assert set(seen["client"]) <= set(seen["admin"])
    assert (of_package["amount_minor"], of_package["refunded_minor"]) == (34310, 6862)
    assert (of_package["status"], of_package["receipt_url"]) == ("partly_refunded", bought.receipt_url)
    assert (of_package["credits"], of_package["credits_remaining"]) == (5, 4)
    assert (of_session["status"], of_session["session_scheduled_at"]) == ("paid", SLOT)


def test_a_payment_from_before_checkouts_is_a_purchase_too(sandbox: Sandbox) -> None:
    """As far as its row says what was paid."""
    lot = sandbox.one(
        "insert into public.user_session_credits (user_id, package_id, credits_remaining, metadata)"
        """ values (%s, %s, 3, '{"total_amount": 450, "currency": "CAD"}') returning id""",
        CLIENT,
        ROW,
    )
    sandbox.act_as("client")

    (found,) = sandbox.run("select * from public.past_purchases where id = %s", lot)

    assert (found["amount_minor"], found["currency"], found["credits_remaining"]) == (45000, "cad", 3)


def shares(payment: dict[str, Any]) -> list[str]:
    """What was paid; of that the practitioner's, the platform's, and what went back."""
    names = ("total_amount", "practitioner_share", "platform_share", "refunded_amount")
    return [f"{payment[name]:.2f}" for name in names]


def rows_of(sandbox: Sandbox, table: str, column: str = "user_id", of: str = CLIENT) -> list[dict[str, Any]]:
    """A person's rows, without the seeded ones."""
    sandbox.act_as("owner")
    query = f"select * from public.{table} where {column} = %s and id <> %s"
    return sandbox.run(query, of, ROW)


def booked(sandbox: Sandbox, of: str = CLIENT) -> list[dict[str, Any]]:
    return [
        row
        for row in rows_of(sandbox, "session_schedules", "client_id", of)
        if not row["room_name"].endswith(("-one", "-two"))
    ]


def messages(sandbox: Sandbox, to: str = CLIENT) -> list[str]:
    sandbox.act_as("owner")
    return [
        row["kind"]
        for row in sandbox.run("select kind from private.outbox where user_id = %s order by id", to)
    ]
