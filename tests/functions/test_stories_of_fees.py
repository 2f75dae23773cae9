"""Stories of fees: late or absent, told by mail, paid on Stripe's page, forgiven, given back; refunded and erased."""

from collections.abc import Iterator

import pytest

from tests.cast import Stage
from tests.fee_scene import (
    book_with_fees,
    fees,
    open_payment,
    reconcile,
    stand_in_refunds,
    statuses,
)
from tests.payment_scene import pay_on
from tests.recording_scene import until
from tests.story_scene import StoryScene, words


@pytest.fixture
def story(stage: Stage) -> Iterator[StoryScene]:
    """Somebody who has booked, in eight hours from now: too late to cancel free of charge."""
    with book_with_fees(stage) as scene:
        scene.wait_until(8 * 60, scene.session)
        yield scene


def test_from_the_late_cancellation_to_the_receipt(story: StoryScene) -> None:
    """Read before it is pressed, told by mail, paid for exactly that, and given back by an admin."""
    page = story.link_to("manage_session")
    shown = words(story.look(page).text)
    assert "a fee of US$25.00 is due" in shown
    assert (
        "If you do not come and have not cancelled, your credit is used, and a fee of US$15.00 is due."
        in shown
    )
    assert "A fee of US$25.00 is due." in story.submit(page, "Cancel this session")
    assert story.hear(story.client) == ["session_cancelled"]
    assert "a fee of US$25.00 is due" in story.newest_text(story.client)
    assert statuses(story) == ["owed"]
    assert fees(story, story.practitioner) == []

    (listed,) = [
        fee for fee in story.rpc("list_owed_fees", story.admin) if fee["user_id"] == str(story.client.id)
    ]
    assert (listed["amount_minor"], listed["currency"], listed["because"]) == (
        2500,
        "usd",
        "late_cancellation",
    )

    back = pay_on(open_payment(story))
    assert "back=paid" in back.headers.get("location", str(back.url))
    until(lambda: statuses(story) == ["paid"], "the payment")
    story.stage.execute("update private.mails set next_attempt_at = now() where status = 'queued'")
    assert story.hear(story.client) == ["payment_received"]
    assert "Fee for a late cancellation" in story.newest_text(story.client)
    again = words(story.look(story.link_to("pay_fee")).text)
    assert "There is no fee for you to pay." in again and "Paid" in again

    checkout = story.stage.value(
        "select id from public.checkout_sessions where fee_id = %s", fees(story)[0]["id"]
    )
    body = {"checkout_id": str(checkout), "reason": "Kindness"}
    story.stage.invoke("refund-payment", body, as_=story.admin).raise_for_status()
    until(lambda: statuses(story) == ["returned"], "the refund")
    assert story.hear(story.client) == ["payment_returned"]


def test_forgiven_and_paid_all_the_same(story: StoryScene) -> None:
    """An open page is closed; who was on it and pays gets it back, by the reconciler and once."""
    story.cancel_by_link(story.client)
    story.hear(story.client)
    payment = open_payment(story)
    (fee,) = fees(story)
    forgiven = story.rpc("forgive_fee", story.admin, fee_id=fee["id"], reason="A hard week")
    assert forgiven[0]["status"] == "forgiven"
    assert story.hear(story.client) == ["fee_forgiven"]
    assert "we have let you off the fee of US$25.00" in story.newest_text(story.client)
    pay_on(payment)
    until(
        lambda: (
            story.stage.value("select outcome from public.checkout_sessions where fee_id = %s", fee["id"])
            == "fee_not_owed"
        ),
        "the payment",
    )
    reconcile(story)
    assert stand_in_refunds(story) == ["succeeded"]
    assert statuses(story) == ["forgiven"]
    story.stage.execute("update private.mails set next_attempt_at = now() where status = 'queued'")
    assert sorted(story.hear(story.client)) == ["payment_received", "payment_returned"]


def test_forgiven_closes_the_page(story: StoryScene) -> None:
    """Whoever comes to it later cannot pay any more."""
    story.cancel_by_link(story.client)
    story.hear(story.client)
    open_payment(story)
    (fee,) = fees(story)
    story.rpc("forgive_fee", story.admin, fee_id=fee["id"], reason="A hard week")
    reconcile(story)
    status = "select status from public.checkout_sessions where fee_id = %s"
    assert story.stage.value(status, fee["id"]) == "expired"
    refused = story.press(story.link_to("pay_fee"), fee=fee["id"])
    assert refused.status_code == 409 and "You do not owe this fee any more." in words(refused.text)


def test_absent_by_a_mistake(story: StoryScene) -> None:
    """The practitioner says so on their page, and an admin puts it right; what was paid comes back."""
    story.wait_until(-30, story.session)
    said = story.submit(story.link_to("manage_session", story.practitioner), "Did not come")
    assert "It is noted that they did not come." in said
    story.stage.invoke_as_service("advance-sessions").raise_for_status()
    assert story.hear(story.client) == ["fee_owed"]
    assert "a fee of US$15.00 is due" in story.newest_text(story.client)
    pay_on(open_payment(story))
    until(lambda: statuses(story) == ["paid"], "the payment")
    person = str(story.client.id)
    story.rpc(
        "set_attendance",
        story.admin,
        session_id=story.session,
        user_id=person,
        attended=True,
        reason="They were",
    )
    reconcile(story)
    until(lambda: statuses(story) == ["returned"], "what comes back")
    story.stage.execute("update private.mails set next_attempt_at = now() where status = 'queued'")
    assert sorted(story.hear(story.client)) == ["fee_forgiven", "payment_received", "payment_returned"]


def test_the_links_again_name_what_is_owed(story: StoryScene) -> None:
    """Also to whom nothing else is to come."""
    story.cancel_by_link(story.client)
    story.hear(story.client)
    story.submit(story.address("find_my_sessions"), "Send me my links", address=story.client.email)
    assert story.hear(story.client) == ["my_sessions"]
    assert "You owe a fee of US$25.00." in story.newest_text(story.client)
    assert "A late cancellation" in words(story.look(story.link_to("pay_fee")).text)


def test_whoever_is_erased_owes_nothing(story: StoryScene) -> None:
    """What they were paying goes back, and their links end."""
    story.cancel_by_link(story.client)
    story.hear(story.client)
    link, payment = story.link_to("pay_fee"), open_payment(story)
    (fee,) = fees(story)
    body = {"confirmation": "ERASE MY ACCOUNT"}
    story.stage.invoke("erase-my-account", body, as_=story.client).raise_for_status()
    assert story.look(link).status_code == 404
    pay_on(payment)
    query = "select outcome from public.checkout_sessions where fee_id = %s"
    until(lambda: story.stage.value(query, fee["id"]) == "fee_not_owed", "the payment")
    reconcile(story)
    assert stand_in_refunds(story) == ["succeeded"]
    assert (
        story.stage.value("select reason from public.owed_fees where id = %s", fee["id"])
        == "The account was erased"
    )
