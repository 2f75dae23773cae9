"""Stories of fees whose session is moved, reopened, cancelled, refunded or erased before, while or after it is paid."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.cast import Stage
from tests.fee_scene import (
    book_with_fees,
    checkouts,
    fees,
    listed,
    open_payment,
    pay,
    reconcile,
    stand_in_refunds,
    statuses,
)
from tests.payment_scene import pay_on
from tests.recording_scene import until
from tests.story_scene import StoryScene, words

EIGHT_HOURS = (
    8 * 60.0
)  # before the start: too late to cancel free of charge, and too early to lose the credit


@pytest.fixture
def story(stage: Stage) -> Iterator[StoryScene]:
    """Somebody who has booked, three days from now."""
    with book_with_fees(stage) as scene:
        yield scene


def cancel_late(story: StoryScene, button: str = "Cancel this session") -> None:
    """By the newest mail, without the grace."""
    story.submit(story.link_to("manage_session"), button)
    assert story.hear(story.client) == ["session_cancelled"]
    story.hear(story.practitioner)


def miss(story: StoryScene) -> None:
    """They do not come, and their practitioner says so while it is not over."""
    story.wait_until(-30, story.session)
    story.submit(story.link_to("manage_session", story.practitioner), "Did not come")
    story.stage.invoke_as_service("advance-sessions").raise_for_status()
    assert story.hear(story.client) == ["fee_owed"]


def owed(story: StoryScene) -> tuple[str, int, bool]:
    """The one fee that is owed, as an admin reads it: why, how much, and whether it is of the day of the session."""
    (fee,) = listed(story)
    of = story.row(story.session)["scheduled_at"]
    return fee["because"], fee["amount_minor"], datetime.fromisoformat(fee["scheduled_at"]) == of


def page(story: StoryScene, link: str) -> str:
    return words(story.look(link).raise_for_status().text)


# Moved


def test_what_was_left_late_is_not_moved_by_anybody(story: StoryScene) -> None:
    """Who tries reads why; the fee stays as it is, and nobody is told of anything."""
    story.wait_until(EIGHT_HOURS, story.session)
    cancel_late(story)
    before = fees(story)
    later = (datetime.now(UTC) + timedelta(days=5)).replace(microsecond=0).isoformat()
    for person in (story.practitioner, story.admin):
        refused = story.patch(story.session, person, scheduled_at=later)
        assert (refused.status_code, refused.json()["message"]) == (
            409,
            "Only a scheduled session can be moved.",
        )
    body = {"session_id": story.session, "scheduled_at": later}
    assert story.stage.invoke("reschedule-session", body, as_=story.client).status_code == 409
    assert fees(story) == before
    for person in (story.client, story.practitioner, story.admin):
        assert story.hear(person) == []
    assert owed(story) == ("late_cancellation", 2500, True)


def test_moved_by_its_client_and_then_left_late(story: StoryScene) -> None:
    """By the hours and the day of the new time, everywhere that it is read."""
    story.move(story.session, by=timedelta(days=1))
    assert story.hear(story.client) == ["session_rescheduled"]
    story.wait_until(EIGHT_HOURS, story.session)
    assert "a fee of US$25.00 is due" in page(story, story.link_to("manage_session"))
    cancel_late(story)
    assert owed(story) == ("late_cancellation", 2500, True)
    new = story.row(story.session)["scheduled_at"].astimezone(ZoneInfo("America/Toronto"))
    assert f"{new:%A, %B} {new.day}" in page(story, story.link_to("pay_fee"))


def test_moved_by_its_practitioner_it_costs_nothing_to_leave_or_to_miss(story: StoryScene) -> None:
    """The page says so before, nobody owes, and nothing leads to a payment."""
    later = story.starts_at + timedelta(days=1)
    moved = story.patch(story.session, story.practitioner, scheduled_at=later.isoformat())
    assert moved.is_success, moved.text
    assert story.hear(story.client) == ["session_rescheduled"]
    story.wait_until(EIGHT_HOURS, story.session)
    shown = page(story, story.link_to("manage_session"))
    assert "your credit comes back" in shown and "a fee of" not in shown
    story.wait_until(-30, story.session)
    story.hear(story.practitioner)
    told = story.submit(story.link_to("manage_session", story.practitioner), "Did not come")
    assert "It is noted that they did not come." in told
    story.stage.invoke_as_service("advance-sessions").raise_for_status()
    assert story.hear(story.client) == []
    assert fees(story) == listed(story) == []


def test_asked_for_another_time_and_left_late_instead(story: StoryScene) -> None:
    """Nothing had changed yet: it is as agreed, and the question is over."""
    story.wait_until(EIGHT_HOURS, story.session)
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=9)
    link = story.link_to("manage_session", story.practitioner)
    story.press(f"{link}&show=times", act="propose", starts_at=at.isoformat()).raise_for_status()
    assert story.hear(story.client) == ["change_proposed"]
    answer = story.link_to("answer_change")
    cancel_late(story)
    assert owed(story) == ("late_cancellation", 2500, True)
    assert "This session is cancelled" in page(story, answer)
    assert owed(story) == ("late_cancellation", 2500, True)


def test_whoever_left_a_class_late_owes_and_hears_no_more_of_it(story: StoryScene) -> None:
    """It is moved, and then cancelled with everybody in it: that is theirs who stayed."""
    story.cancel(story.session)
    story.hear(story.client)
    group, stays = story.make_class_on_page(), story.join_in()
    for person in (story.client, stays):
        story.take_seat(group, person)
        assert story.hear(person) == ["session_booked"]
    story.wait_until(EIGHT_HOURS, group["id"])
    cancel_late(story, "Leave this class")
    (fee,) = fees(story)
    later = (datetime.now(UTC) + timedelta(hours=30)).isoformat()
    assert story.patch(group["id"], story.admin, scheduled_at=later).is_success
    assert (story.hear(story.client), story.hear(stays)) == ([], ["session_rescheduled"])
    assert story.patch(group["id"], story.admin, status="cancelled").is_success
    assert (story.hear(story.client), story.hear(stays)) == ([], ["session_cancelled"])
    assert fees(story) == [fee] and fee["status"] == "owed"
    assert fees(story, stays) == []


# In the middle of paying


def test_left_at_stripe_and_paid_another_day(story: StoryScene) -> None:
    """The page there ends by itself; it is owed as before, and the same mail leads to a new one."""
    story.wait_until(EIGHT_HOURS, story.session)
    cancel_late(story)
    first = open_payment(story)
    assert "Nothing was paid" in story.look(story.address("pay_fee") + "?back=left").text
    story.stage.execute(
        "update public.checkout_sessions set expires_at = now() - interval '1 hour'"
        " where user_id = %s and status = 'open'",
        story.client.id,
    )
    reconcile(story)
    assert checkouts(story) == [("expired", None)]
    assert statuses(story) == ["owed"] and story.hear(story.client) == []
    assert open_payment(story) != first
    pay(story)
    assert checkouts(story) == [("expired", None), ("paid", "fee_paid")]


def test_reopened_while_it_is_paid_and_missed_after_all(story: StoryScene) -> None:
    """What was being paid goes back, once; the mail says that it is off, and the next one that it is due."""
    miss(story)
    payment = open_payment(story)
    link = story.link_to("pay_fee")
    story.rpc("reopen_session", story.admin, session_id=story.session, reason="It goes on")
    assert story.hear(story.client) == ["fee_forgiven"]
    assert listed(story) == [] and statuses(story) == ["forgiven"]
    shown = page(story, link)
    assert "There is no fee for you to pay." in shown and "Not owed any more" in shown
    pay_on(payment)
    until(lambda: checkouts(story) == [("paid", "fee_not_owed")], "the payment")
    reconcile(story)
    assert stand_in_refunds(story) == ["succeeded"]
    assert sorted(story.hear(story.client)) == ["payment_received", "payment_returned"]

    story.wait_until(-120, story.session)
    story.stage.execute(  # whoever reopens one has a quarter of an hour
        "update private.session_reopenings set reopened_at = now() - interval '1 hour' where session_id = %s",
        story.session,
    )
    story.stage.invoke_as_service("advance-sessions").raise_for_status()
    assert story.row(story.session)["status"] == "completed"
    assert story.hear(story.client) == ["fee_owed"]
    assert owed(story) == ("no_show", 1500, True)
    pay(story)
    reconcile(story)
    assert stand_in_refunds(story) == ["succeeded"], "only what was not owed"


def test_cancelled_by_an_admin_while_it_is_paid(story: StoryScene) -> None:
    """It took place for nobody: no fee, the credit back, and the open page at Stripe is closed."""
    miss(story)
    open_payment(story)
    link = story.link_to("pay_fee")
    story.rpc("reopen_session", story.admin, session_id=story.session, reason="Their train stood still")
    story.rpc("cancel_session", story.admin, session_id=story.session, reason="Their train stood still")
    assert sorted(story.hear(story.client)) == ["fee_forgiven", "session_cancelled"]
    assert story.credits_of(story.client) == story.credits_each
    reconcile(story)
    assert checkouts(story) == [("expired", None)]
    assert listed(story) == [] and "There is no fee for you to pay." in page(story, link)


# Refunded


def test_a_refund_of_the_price_is_not_one_of_the_fee(story: StoryScene) -> None:
    """Each is given back by itself, and a part of the fee leaves it paid."""
    story.wait_until(-500_000, story.session)  # the one that was booked with a credit is no part of it
    payer = story.client = story.join_in()
    story.session = story.pay_singly(payer)
    assert sorted(story.hear(payer)) == ["payment_received", "session_booked"]
    story.wait_until(EIGHT_HOURS, story.session)
    cancel_late(story)
    price = story.stage.value(
        "select id from public.checkout_sessions where user_id = %s and fee_id is null", payer.id
    )
    give_back(story, price)
    assert story.hear(payer) == ["payment_returned"]
    assert statuses(story) == ["owed"]
    shown = page(story, story.link_to("pay_fee"))
    amount = re.search(r"Pay (CA\$[0-9.]+)", shown)
    assert amount, shown
    pay(story)
    (fee,) = fees(story)
    paid = story.stage.value("select id from public.checkout_sessions where fee_id = %s", fee["id"])
    give_back(story, paid, amount_minor=500)
    assert story.hear(payer) == ["payment_returned"]
    assert statuses(story) == ["paid"]
    body = {"fee_id": fee["id"], "reason": "Kindness"}
    refused = story.stage.rest("POST", "rpc/forgive_fee", as_=story.admin, json=body)
    assert (refused.status_code, refused.json()["message"]) == (409, "This fee is paid.")
    give_back(story, paid)
    until(lambda: statuses(story) == ["returned"], "the rest")
    assert "Paid, and given back" in page(story, story.link_to("pay_fee"))


def give_back(story: StoryScene, checkout: object, **more: Any) -> None:
    body = {"checkout_id": str(checkout), "reason": "Kindness", **more}
    story.stage.invoke("refund-payment", body, as_=story.admin).raise_for_status()
    reconcile(story)


# Erased


def test_an_open_fee_of_whoever_is_erased_waits_for_nobody(story: StoryScene) -> None:
    """Off every list, at once and after two weeks; its mails lead nowhere, and no admin can do anything with it."""
    story.wait_until(EIGHT_HOURS, story.session)
    cancel_late(story)
    (fee,), link = fees(story), story.link_to("pay_fee")
    assert len(listed(story)) == 1
    body = {"confirmation": "ERASE MY ACCOUNT"}
    story.stage.invoke("erase-my-account", body, as_=story.client).raise_for_status()
    assert listed(story) == []
    story.stage.execute(
        "update public.owed_fees set created_at = now() - interval '20 days' where id = %s", fee["id"]
    )
    waits = "select count(*) from private.waiting_states where kind = 'late_fee_due' and subject = %s"
    assert story.stage.value(waits, str(fee["id"])) == 0
    body = {"fee_id": fee["id"], "reason": "Kindness"}
    refused = story.stage.rest("POST", "rpc/forgive_fee", as_=story.admin, json=body)
    assert (refused.status_code, refused.json()["message"]) == (409, "This fee is not owed any more.")
    assert story.look(link).status_code == 404


def test_the_fee_outlives_the_practitioner(story: StoryScene) -> None:
    """It is the platform's: found and paid as before, without the name of whoever is gone."""
    story.stage.execute(
        "update public.practitioners set name = 'Zebulon Grey' where id = %s",
        story.practitioner.practitioner_id,
    )
    story.wait_until(EIGHT_HOURS, story.session)
    cancel_late(story)
    link = story.link_to("pay_fee")
    assert "Zebulon Grey" in page(story, link)
    body = {"confirmation": "ERASE MY ACCOUNT"}
    story.stage.invoke("erase-my-account", body, as_=story.practitioner).raise_for_status()
    assert "Zebulon" not in page(story, link) and "Zebulon" not in str(listed(story))
    pay(story)
    assert statuses(story) == ["paid"]
