"""Each function whose use is limited, used as people use it: by which rule, and whose uses are counted."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

from tests.banking_scene import BankingScene
from tests.booking_scene import BookingScene
from tests.cast import Person, Stage
from tests.contract_scene import ContractScene
from tests.page_scene import PageScene
from tests.payment_scene import PaymentScene
from tests.payout_file_scene import BankFileScene
from tests.payout_scene import PayoutScene
from tests.sharing_scene import Browser, SharingScene
from tests.story_scene import hold

from .test_rpcs_match_sql import CALL, Functions, sql, uses  # noqa: F401 - sql is a fixture


@dataclass
class Use:
    """Something that is limited: by which rule, whose uses are counted, and how often it is done is up to `act`."""

    rule: str
    subject: object
    act: Callable[[int], httpx.Response]
    answers: int = 200


def of_address(rule: str, act: Callable[[int], httpx.Response], answers: int = 200) -> Use:
    """Counted by where it comes from."""
    return Use(rule, hashlib.sha256(b"127.0.0.1").hexdigest(), act, answers)


def of_caller(stage: Stage, name: str, rule: str, who: Person, *bodies: Any) -> Use:
    """Counted by who calls; bodies in turn."""
    return Use(rule, who.id, lambda n: stage.invoke(name, bodies[n % len(bodies)], as_=who))


def use_create_session_payment(stage: Stage) -> Iterator[Use]:
    paying = PaymentScene(stage)
    bodies = [paying.from_wallet(), paying.from_wallet(payment_type="package_10")]
    yield of_caller(stage, "create-session-payment", "checkouts", paying.client, *bodies)
    for rule in ("holds", "holds of newcomers"):
        paying = PaymentScene(stage)
        body = paying.from_checkout_page()
        yield of_caller(stage, "create-session-payment", rule, paying.client, body, later(body))


def later(body: dict[str, Any]) -> dict[str, Any]:
    """The same, at another time."""
    at = datetime.fromisoformat(body["scheduled_at"]) + timedelta(hours=3)
    return {**body, "scheduled_at": at.isoformat()}


def use_book_session_with_credit(stage: Stage) -> Iterator[Use]:
    booking = BookingScene(stage)
    body = booking.from_booking_page()
    yield of_caller(stage, "book-session-with-credit", "bookings", booking.client, body, later(body))


def use_reschedule_session(stage: Stage) -> Iterator[Use]:
    booking = BookingScene(stage)
    body = {"session_id": booking.book(), "scheduled_at": booking.starts_at.isoformat()}
    yield of_caller(
        stage, "reschedule-session", "times moved", booking.client, later(body), later(later(body))
    )


def use_record_audit_log(stage: Stage) -> Iterator[Use]:
    body = {"action": "VIEW", "table_name": "session_notes"}
    yield of_caller(stage, "record-audit-log", "audit lines", stage.client(), body)


def use_record_consent(stage: Stage) -> Iterator[Use]:
    body = {"consent_type": "session_recording", "consented": True}
    yield of_caller(stage, "record-consent", "consents", stage.client(), body)


def use_export_my_data(stage: Stage) -> Iterator[Use]:
    yield of_caller(stage, "export-my-data", "data exports", stage.client(), None)


def use_erase_my_account(stage: Stage) -> Iterator[Use]:
    """An attempt that is refused is counted as well."""
    admin, body = stage.admin(), {"user_id": str(uuid4())}
    act = of_caller(stage, "erase-my-account", "erasures", admin, body).act
    yield Use("erasures", admin.id, act, answers=404)


def use_export_earnings_csv(stage: Stage) -> Iterator[Use]:
    yield of_caller(stage, "export-earnings-csv", "earnings exports", stage.practitioner(), {})


def use_export_payout_file(stage: Stage) -> Iterator[Use]:
    PayoutScene(stage)
    yield of_caller(stage, "export-payout-file", "payout files", stage.admin(), {})


def use_export_bank_file(stage: Stage) -> Iterator[Use]:
    scene = BankFileScene(stage)
    scene.earn(100)
    scene.run()
    scene.save()
    yield of_caller(stage, "export-bank-file", "payout files", scene.admin, {"already_exported": "include"})


def use_get_earnings_statement(stage: Stage) -> Iterator[Use]:
    body = {"year": 2026, "currency": "cad"}
    yield of_caller(stage, "get-earnings-statement", "copies of documents", stage.practitioner(), body)


def use_get_contract_pdf(stage: Stage) -> Iterator[Use]:
    scene = ContractScene(stage)
    body = {"contract_id": scene.offer()}
    yield of_caller(stage, "get-contract-pdf", "copies of documents", scene.practitioner, body)


def use_get_waiver_pdf(stage: Stage) -> Iterator[Use]:
    client = BookingScene(stage).client
    waiver = stage.value("select id from public.liability_waivers where user_id = %s", client.id)
    yield of_caller(stage, "get-waiver-pdf", "copies of documents", client, {"waiver_id": str(waiver)})


def use_create_agora_token(stage: Stage) -> Iterator[Use]:
    """A test channel is anybody's, and its minutes are paid for as well."""
    who = stage.client()
    body = {"channelName": f"test-{str(who.id)[:8]}-1795352388836", "role": "publisher"}
    yield of_caller(stage, "create-agora-token", "video tokens", who, body)


def use_start_agora_recording(stage: Stage) -> Iterator[Use]:
    scene = SharingScene(stage, status="recording", completed_at=None, ended_at=None)
    yield of_caller(
        stage,
        "start-agora-recording",
        "recording commands",
        scene.practitioner,
        {"session_id": str(scene.session["id"])},
    )


def use_stop_agora_recording(stage: Stage) -> Iterator[Use]:
    scene = SharingScene(stage)
    body = {"recording_id": str(scene.id)}
    yield of_caller(stage, "stop-agora-recording", "recording commands", scene.practitioner, body)


def use_create_recording_share_link(stage: Stage) -> Iterator[Use]:
    scene = SharingScene(stage)
    yield Use("share links", scene.client.id, lambda _: scene.share())
    scene = SharingScene(stage)
    yield Use("share links of a recording", scene.id, lambda _: scene.share())


def use_open_recording(stage: Stage) -> Iterator[Use]:
    """A link that nobody was given, a password that is not the right one, and a link that is opened too often."""
    address = SharingScene(stage).link().url.partition("?")[0]
    for kind in ("token", "share"):
        yield of_address("unknown links", lambda n, kind=kind: httpx.get(f"{address}?{kind}=x{n}"), 404)  # type: ignore[misc]
    link = SharingScene(stage).link(password="correct horse")
    yield Use("password guesses", link.id, lambda n: link.open(f"guess {n}"), 403)
    shared = SharingScene(stage).link()
    yield Use("views of a link", shared.id, lambda _: shared.get())
    watched, browser = SharingScene(stage).link(), Browser()
    browser.get(watched.url)
    (view,) = watched.views
    yield Use("requests of a view", str(view["id"]), lambda _: browser.get(watched.url))


def use_encrypt_banking_data(stage: Stage) -> Iterator[Use]:
    banking = BankingScene(stage)
    numbers = ("0001234567", "0007654321")
    yield Use(
        "bank account changes",
        banking.practitioner.id,
        lambda n: banking.save(account_number=numbers[n % 2]),
    )


def use_create_action_recommendation(stage: Stage) -> Iterator[Use]:
    client, practitioner = stage.client(), stage.practitioner()
    stage.session(client=client, practitioner=practitioner)
    body = {"client_id": str(client.id), "title": "Breathe", "action_type": "mindfulness"}
    yield of_caller(stage, "create-action-recommendation", "rows written", practitioner, body)


def use_send_booking_confirmation(stage: Stage) -> Iterator[Use]:
    booking = BookingScene(stage)
    body = {"session_id": booking.book()}
    yield of_caller(stage, "send-booking-confirmation", "mail requests", booking.client, body)


def use_send_class_reminder(stage: Stage) -> Iterator[Use]:
    booking = BookingScene(stage)
    body = {"session_id": booking.book()}
    yield of_caller(stage, "send-class-reminder", "mail requests", booking.client, body)


def use_send_cancellation_notice(stage: Stage) -> Iterator[Use]:
    booking = BookingScene(stage)
    body = {"session_id": booking.book()}
    stage.invoke("cancel-session", body, as_=booking.client).raise_for_status()
    yield of_caller(stage, "send-cancellation-notice", "mail requests", booking.client, body)


def use_send_payment_receipt(stage: Stage) -> Iterator[Use]:
    paying = PaymentScene(stage)
    checkout = paying.pay(paying.from_wallet()).raise_for_status().json()["checkout_id"]
    stage.execute("update public.checkout_sessions set paid_at = now() where id = %s", checkout)
    body = {"checkout_session_id": checkout}
    yield of_caller(stage, "send-payment-receipt", "mail requests", paying.client, body)


def use_send_welcome_email(stage: Stage) -> Iterator[Use]:
    body = {"user_id": str(uuid4())}
    yield of_address("welcome requests", lambda _: stage.invoke("send-welcome-email", body))


def use_verify_signature(stage: Stage) -> Iterator[Use]:
    yield of_address(
        "signature checks", lambda n: stage.invoke("verify-signature", {"sha256": f"{n:064}"}), 404
    )


def use_answer_recording_consent(stage: Stage) -> Iterator[Use]:
    scene = PageScene(stage)
    link = scene.make_link("answer_recording_consent", scene.client, None)
    shown = stage.value("select sha256 from private.write_recording_consent_texts() where language = 'en'")

    def act(n: int) -> httpx.Response:
        return scene.press(link, consented=n % 2 == 0, text_sha256=shown)

    yield Use("consents", scene.client.id, act)


def use_choose_place(stage: Stage) -> Iterator[Use]:
    scene = PageScene(stage)
    studios = "insert into public.studio_locations (name, address) values ('Room', 'Street') returning id"
    places = [stage.value(studios), "online"]
    link = scene.make_link("choose_place", scene.client, scene.book())
    yield Use("places chosen", scene.client.id, lambda n: scene.press(link, place=places[n % 2]))


def use_rate_session(stage: Stage) -> Iterator[Use]:
    scene = PageScene(stage)
    session = scene.book()
    hold(stage, session)
    link = scene.make_link("rate_session", scene.client, session)
    yield Use("sessions rated", scene.client.id, lambda n: scene.press(link, stars=1 + n % 5))


def use_get_session_calendar(stage: Stage) -> Iterator[Use]:
    """Each file has a link of its own."""
    booking = BookingScene(stage)
    body = {"session_id": booking.book()}
    yield of_caller(stage, "get-session-calendar", "calendar files", booking.client, body)


def use_manage_calendars(stage: Stage) -> Iterator[Use]:
    scene = PageScene(stage)
    link = scene.make_link("manage_calendars", scene.client, None)

    def make(n: int) -> httpx.Response:
        stage.execute("delete from private.calendar_feeds where user_id = %s", scene.client.id)
        return scene.press(link, press="make")

    yield Use("calendars changed", scene.client.id, make)


def use_get_calendar_feed(stage: Stage) -> Iterator[Use]:
    """By the address, however many programs have it."""
    scene = PageScene(stage)
    body = {"token": None}
    made = stage.rest("POST", "rpc/make_calendar_feed", as_=scene.client, json=body).json()[0]
    address = f"{scene.address('get_calendar_feed')}?token={made['made_token']}"
    yield Use("calendar fetches", made["feeds"][0]["id"], lambda n: stage.http.get(address))


def use_manage_session(stage: Stage) -> Iterator[Use]:
    """Cancelling happens once. What is told to others is limited by whom or what it is about."""
    scene = PageScene(stage)
    link = scene.make_link("manage_session", scene.client, scene.book())
    moved = [(scene.starts_at + timedelta(hours=hours)).isoformat() for hours in (2, 4)]
    yield Use("times moved", scene.client.id, lambda n: scene.press(link, act="move", starts_at=moved[n % 2]))
    near = scene.stage.session(client=scene.client, practitioner=scene.practitioner, starts_in_minutes=5)
    leads = scene.make_link("manage_session", scene.practitioner, str(near["id"]))
    yield Use("delays of a session", near["id"], lambda _: scene.press(leads, act="delay", minutes=5))

    def ask(n: int) -> httpx.Response:
        """About another session each time: the same one is asked about once."""
        session = scene.stage.session(
            client=scene.client, practitioner=scene.practitioner, starts_in_minutes=10000 + 60 * n
        )
        return scene.press(
            scene.make_link("manage_session", scene.practitioner, str(session["id"])), act="substitute"
        )

    yield Use("substitutes wanted", scene.practitioner.id, ask)


def use_book_series(stage: Stage) -> Iterator[Use]:
    """What is looked at, and what is booked; the second time as often as one likes, by its key."""
    scene = PageScene(stage)
    stage.execute("select private.grant_credits(%s, 50)", scene.client.id)
    link = scene.make_link("book_series", scene.client, None)
    kind = stage.value(
        "select id from public.session_types where duration_minutes = 45 and not is_group limit 1"
    )

    def press(act: str, n: int) -> httpx.Response:
        at = scene.starts_at + timedelta(days=n // 16, minutes=60 * (n % 16))
        asked = {
            "practitioner": scene.practitioner.practitioner_id,
            "kind": kind,
            "start": f"{at:%Y-%m-%dT%H:%M}",
        }
        return scene.press(link, act=act, sessions=1, **asked)

    yield Use("series quoted", scene.client.id, lambda n: press("plan", n))
    yield Use("series", scene.client.id, lambda n: press("book", n))


def use_manage_series(stage: Stage) -> Iterator[Use]:
    """Moved there and back."""
    scene = PageScene(stage)
    kind = stage.value(
        "select id from public.session_types where duration_minutes = 45 and not is_group limit 1"
    )
    body = {
        "practitioner_id": str(scene.practitioner.practitioner_id),
        "session_type_id": str(kind),
        "first_date": f"{scene.starts_at:%Y-%m-%d}",
        "at_time": "10:00",
        "sessions": 1,
    }
    (plan,) = (
        stage.rest("POST", "rpc/book_session_series", as_=scene.client, json=body).raise_for_status().json()
    )
    (date,) = plan["dates"]
    link = scene.make_link("manage_series", scene.client, plan["series_id"])
    moved = [datetime.fromisoformat(date["starts_at"]) + timedelta(hours=hours) for hours in (2, 4)]

    def press(act: str, n: int) -> httpx.Response:
        return scene.press(link, act=act, session=date["session_id"], starts_at=moved[n % 2].isoformat())

    yield Use("series quoted", scene.client.id, lambda n: press("plan", n))
    yield Use("series changed", scene.client.id, lambda n: press("move", n))


def use_find_my_sessions(stage: Stage) -> Iterator[Use]:
    """By who asks, by the address that they type, and all of them together; of known and unknown ones alike."""
    scene = PageScene(stage)
    page = scene.address("find_my_sessions")
    yield of_address("session link requests", lambda n: scene.press(page, address=f"{n}@nobody.test"))
    stage.execute("delete from private.rate_uses where rule = 'session link requests'")
    for typed in (scene.client.email, "nobody@nobody.test"):
        counted = hashlib.sha256(typed.encode()).hexdigest()
        yield Use(
            "session links to an address",
            counted,
            lambda n, typed=typed: scene.press(page, address=f" {typed.upper()}" if n else typed),  # type: ignore[misc]
        )
    yield Use("session links in all", "all", lambda n: scene.press(page, address=f"all{n}@nobody.test"))


def use_find_classes(stage: Stage) -> Iterator[Use]:
    """Without a link as above; by a link, lists joined and left, and seats taken."""
    scene = PageScene(stage)
    page = scene.address("find_classes")
    yield of_address("session link requests", lambda n: scene.press(page, address=f"c{n}@nobody.test"))
    group = stage.group_class(practitioner=scene.practitioner, starts_in_minutes=6000)
    link = f"{scene.make_link('find_classes', scene.client, None)}&class_id={group['id']}"
    yield Use("waiting lists", scene.client.id, lambda _: scene.press(link, act="leave"))
    yield Use("seats by link", scene.client.id, lambda _: scene.press(link, act="take"))


def use_set_language(stage: Stage) -> Iterator[Use]:
    scene = PageScene(stage)
    link = scene.make_link("manage_calendars", scene.client, None)
    form = {"token": scene.token(link), "back": "manage-calendars?token=x", "language": "fr-CA"}
    yield Use(
        "languages chosen", scene.client.id, lambda _: scene.press(scene.address("set_language"), **form), 303
    )


def use_pay_fee(stage: Stage) -> Iterator[Use]:
    """Each press for another fee: a second one for the same finds the page that is open."""
    scene = PageScene(stage)
    link = scene.make_link("pay_fee", scene.client, None)

    def press(_: int) -> httpx.Response:
        fee = stage.value(
            "insert into public.owed_fees (user_id, because, amount_minor, currency, scheduled_at)"
            " values (%s, 'no_show', 1500, 'cad', now()) returning id",
            scene.client.id,
        )
        return scene.press(link, fee=str(fee))

    yield Use("checkouts", scene.client.id, press)


def use_unsubscribe(stage: Stage) -> Iterator[Use]:
    yield of_address("unknown links", lambda n: stage.invoke(f"unsubscribe?token=x{n}"), 404)


LIMITED = {name[4:].replace("_", "-"): made for name, made in globals().items() if name.startswith("use_")}
