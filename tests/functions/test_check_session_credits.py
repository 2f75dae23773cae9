"""Asking for one's credits: the sums and the list the sidebar shows."""

from tests.booking_scene import BookingScene
from tests.cast import Stage


def test_sums_and_lots_come_in_one_reply(stage: Stage, booking: BookingScene) -> None:
    """Without a body, as the page asks; a lot is the whole row."""
    package = stage.value("select id from public.session_packages where is_active limit 1")
    stage.execute(
        "select private.grant_credits(%s, 5, package_id => %s, expires_at => '2031-01-01')",
        booking.client.id,
        package,
    )

    body = stage.invoke("check-session-credits", as_=booking.client).json()

    assert (body["user_id"], body["total_credits"], body["package_credits"], body["single_credits"]) == (
        str(booking.client.id),
        7,
        5,
        2,
    )
    assert body["has_credits"] is True
    ending, lasting = body["credits"]
    assert (ending["credits_remaining"], ending["package_id"], ending["expires_at"]) == (
        5,
        str(package),
        "2031-01-01T00:00:00Z",
    )
    assert lasting.keys() == ending.keys() >= {"session_type_id", "purchased_at", "metadata", "created_at"}


def test_a_client_without_credits_gets_an_empty_list(stage: Stage) -> None:
    """The page breaks on anything that is no list."""
    body = stage.invoke("check-session-credits", as_=stage.client()).json()

    assert (body["total_credits"], body["credits"], body["has_credits"]) == (0, [], False)


def test_an_anonymous_caller_gets_401(stage: Stage) -> None:
    """401, and nothing about anybody."""
    assert stage.invoke("check-session-credits").status_code == 401
