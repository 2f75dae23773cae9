"""A series that is changed: one or all that follow are cancelled or moved, each by its own terms."""

from datetime import timedelta
from typing import Any

import pytest

from .booking_steps import book, booking_violations, empty_wallet, grant, session, sign, start_in, wallet
from .conftest import CLIENT, OTHER_CLIENT, Sandbox
from .series_steps import FIRST, ask, call, held, mails, reasons, starts, wall, weeks


@pytest.fixture(autouse=True)
def signed(sandbox: Sandbox) -> None:
    sign(sandbox)
    sign(sandbox, "other")
    empty_wallet(sandbox)
    sandbox.run("delete from public.session_series")  # the seeded one


def change(
    sandbox: Sandbox, rpc: str, session_id: object, who: str = "client", **other: Any
) -> dict[str, Any]:
    return call(sandbox, rpc, who, {"session_id": session_id, **other})


def cancel(sandbox: Sandbox, session_id: object, who: str = "client") -> list[dict[str, Any]]:
    sandbox.act_as(who)
    return sandbox.run("select * from public.cancel_session_series(%s)", session_id)


@pytest.fixture
def booked(sandbox: Sandbox) -> list[str]:
    """Five sessions of the client's, by their ids. The cancellation policy is the platform's."""
    grant(sandbox, 5)
    plan = ask(sandbox, "book_session_series", sessions=5)
    sandbox.act_as("owner")
    sandbox.run("delete from private.mails")
    return [each["session_id"] for each in plan["dates"]]


def test_all_that_follow_are_cancelled_each_by_its_own_terms(sandbox: Sandbox, booked: list[str]) -> None:
    """The one that is close costs what it costs alone; the first is left, and what was cancelled before."""
    start_in(sandbox, booked[1], 1)
    sandbox.act_as("client")
    sandbox.run("select * from public.cancel_session(%s)", booked[3])
    sandbox.act_as("owner")
    sandbox.run("delete from private.mails")
    sandbox.act_as("client")
    quoted = sandbox.run(
        "select session_id, (terms).credit_returned, (terms).cancellation_type"
        " from public.quote_series_cancellation(%s)",
        booked[1],
    )

    done = cancel(sandbox, booked[1])

    assert [booked[1], booked[2], booked[4]] == [str(each["session_id"]) for each in done]
    assert [(0, "last_minute"), (1, "standard"), (1, "standard")] == [
        (each["credit_returned"], each["cancellation_type"]) for each in done
    ]
    assert [(each["credit_returned"], each["cancellation_type"]) for each in quoted] == [
        (each["credit_returned"], each["cancellation_type"]) for each in done
    ]
    assert 3 == wallet(sandbox)
    assert ["scheduled"] == [session(sandbox, booked[0])["status"]]
    assert [("series_cancelled", "practitioner"), ("series_cancelled", "user")] == mails(sandbox)
    with sandbox.refused("nothing_to_come"):
        cancel(sandbox, booked[1])
    assert not booking_violations(sandbox)


def test_whoever_leads_them_cancels_them_and_every_credit_comes_back(
    sandbox: Sandbox, booked: list[str]
) -> None:
    start_in(sandbox, booked[0], 1)
    done = cancel(sandbox, booked[0], "stranger")
    assert ["emergency", *["standard"] * 4] == [each["cancellation_type"] for each in done]
    assert 5 == wallet(sandbox) and [("series_cancelled", "user")] == mails(sandbox)


def test_all_that_follow_move_to_another_time_of_the_week(sandbox: Sandbox, booked: list[str]) -> None:
    """Each keeps its credit; half an hour later is no conflict with itself."""
    (to,) = wall(FIRST + timedelta(days=9), hour=11)
    quoted = change(sandbox, "quote_series_move", booked[1], starts_at=to)
    assert [None] * 4 == reasons(quoted) and wall(*weeks(5)) == held(sandbox)

    moved = change(sandbox, "move_session_series", booked[1], starts_at=to)

    later = [FIRST + timedelta(days=2 + 7 * n) for n in range(1, 5)]
    assert [*wall(FIRST), *wall(*later, hour=11)] == held(sandbox)
    assert starts(quoted) == starts(moved) and wall(*weeks(5))[1:] == [
        each["previous_starts_at"] for each in moved["dates"]
    ]
    assert 0 == wallet(sandbox)
    assert [("series_moved", "practitioner"), ("series_moved", "user")] == mails(sandbox)
    # From there, by half an hour, and back again.
    for minutes in (30, -30):
        to += timedelta(minutes=minutes)
        assert [None] * 4 == reasons(change(sandbox, "move_session_series", booked[1], starts_at=to))
    assert not booking_violations(sandbox)


def test_what_cannot_be_moved_is_named_and_stays(sandbox: Sandbox, booked: list[str]) -> None:
    """One is too close, one time is taken: all or none, or what is possible, or another time for the one."""
    start_in(sandbox, booked[0], 1)
    grant(sandbox, 1, who="other")
    to, *_ = wall(FIRST, hour=13)
    taken = wall(FIRST + timedelta(weeks=2), hour=13)[0]
    book(sandbox, taken, who="other")
    before = held(sandbox)

    quoted = change(sandbox, "quote_series_move", booked[0], starts_at=to)

    assert ["too_late_to_move", None, "slot_taken", None, None] == reasons(quoted)
    assert [0, 4] == [len(quoted["dates"][n]["alternatives"]) for n in (0, 2)]
    with sandbox.refused("series_not_possible"):
        change(sandbox, "move_session_series", booked[0], starts_at=to)
    assert before == held(sandbox)
    with sandbox.undone():
        change(sandbox, "move_session_series", booked[0], starts_at=to, only_possible=True)
        assert [before[0], *sorted([before[2], *wall(*[weeks(5)[n] for n in (1, 3, 4)], hour=13)])] == held(
            sandbox
        )
    chosen = {
        str(FIRST): None,
        quoted["dates"][2]["on_date"]: quoted["dates"][2]["alternatives"][0].isoformat(),
    }
    moved = change(sandbox, "move_session_series", booked[0], starts_at=to, replacements=chosen)
    assert [None] * 4 == reasons(moved) and quoted["dates"][2]["alternatives"][0] in held(sandbox)
    assert not booking_violations(sandbox)


def test_who_may_change_what_follows(sandbox: Sandbox, booked: list[str]) -> None:
    to = wall(FIRST, hour=12)[0]
    for who in ("other", "practitioner"):
        with sandbox.refused("session_not_found"):
            cancel(sandbox, booked[0], who)
        with sandbox.refused("session_not_found"):
            change(sandbox, "move_session_series", booked[0], who, starts_at=to)
    alone = book_alone(sandbox)
    with sandbox.refused("series_not_found"):
        cancel(sandbox, alone)
    with sandbox.refused("shift_too_long"):
        change(sandbox, "move_session_series", booked[0], starts_at=to + timedelta(days=7))
    with sandbox.refused("time_missing"):
        change(sandbox, "move_session_series", booked[0], starts_at="infinity")
    # What somebody else leads by now is not the practitioner's to change.
    sandbox.act_as("owner")
    sandbox.run(
        "update public.session_schedules set practitioner_id = %s where id = %s",
        "10000000-0000-4000-8000-000000000001",
        booked[2],
    )
    assert 4 == len(cancel(sandbox, booked[0], "stranger"))
    assert "scheduled" == session(sandbox, booked[2])["status"]


def book_alone(sandbox: Sandbox) -> object:
    grant(sandbox, 1)
    return book(sandbox, wall(FIRST, hour=18)[0])["session_id"]


def test_a_series_ends_with_its_client(sandbox: Sandbox, booked: list[str]) -> None:
    """Erased in the middle, nothing of it is left, and another person's is."""
    grant(sandbox, 1, who="other")
    ask(sandbox, "book_session_series", who="other", at_time="18:00", sessions=1)
    sandbox.act_as("owner")
    sandbox.run("delete from public.legal_holds")
    sandbox.run("delete from auth.users where id = %s", CLIENT)
    assert [OTHER_CLIENT] == [
        str(row["client_id"]) for row in sandbox.run("select client_id from public.session_series")
    ]
