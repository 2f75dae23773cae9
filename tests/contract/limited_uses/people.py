"""People: mails to them, their calendars, their language and their data."""

from collections.abc import Iterator
from uuid import uuid4

import httpx

from tests.booking_scene import BookingScene
from tests.cast import Stage
from tests.page_scene import PageScene
from tests.payment_scene import PaymentScene

from .use import Use, of_address, of_caller


def use_record_audit_log(stage: Stage) -> Iterator[Use]:
    body = {"action": "VIEW", "table_name": "session_notes"}
    yield of_caller(stage, "record-audit-log", "audit lines", stage.client(), body)


def use_export_my_data(stage: Stage) -> Iterator[Use]:
    yield of_caller(stage, "export-my-data", "data exports", stage.client(), None)


def use_erase_my_account(stage: Stage) -> Iterator[Use]:
    """An attempt that is refused is counted as well."""
    admin, body = stage.admin(), {"user_id": str(uuid4())}
    act = of_caller(stage, "erase-my-account", "erasures", admin, body).act
    yield Use("erasures", admin.id, act, answers=404)


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


def use_set_language(stage: Stage) -> Iterator[Use]:
    scene = PageScene(stage)
    link = scene.make_link("manage_calendars", scene.client, None)
    form = {"token": scene.token(link), "back": "manage-calendars?token=x", "language": "fr-CA"}
    yield Use(
        "languages chosen", scene.client.id, lambda _: scene.press(scene.address("set_language"), **form), 303
    )


def use_unsubscribe(stage: Stage) -> Iterator[Use]:
    yield of_address("unknown links", lambda n: stage.invoke(f"unsubscribe?token=x{n}"), 404)
