"""Time off over what people hold: what is free is taken, holders are asked, and what they free is taken with it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from .booking_steps import (
    FREE,
    book,
    booking_violations,
    grant,
    join,
    make_class,
    session,
    sign,
    start_in,
    wallet,
)
from .conftest import Sandbox
from .series_steps import FIRST, ask, mails, wall, weeks

DAY = timedelta(days=1)


@pytest.fixture
def booked(sandbox: Sandbox) -> list[str]:
    """Four weeks of the client's, and one session of another client's in the second of them."""
    for who in ("client", "other"):
        sign(sandbox, who)
        grant(sandbox, 5, who=who)
    plan = ask(sandbox, "book_session_series")
    book(sandbox, wall(weeks(2)[1], hour=14)[0], who="other")
    sandbox.act_as("owner")
    sandbox.run("delete from private.mails")
    return [each["session_id"] for each in plan["dates"]]


def take(
    sandbox: Sandbox, since: datetime, until: datetime, who: str = "stranger", **other: Any
) -> dict[str, Any]:
    sandbox.act_as(who)
    named = "".join(f", {name} => %s" for name in other)
    (taken,) = sandbox.run(
        f"select * from public.take_time_off(%s, %s{named})", since, until, *other.values()
    )
    return taken


def time_off(sandbox: Sandbox) -> list[tuple[datetime, datetime]]:
    sandbox.act_as("owner")
    return [
        (row["starts_at"], row["ends_at"])
        for row in sandbox.run(
            "select * from public.practitioner_time_off where practitioner_id = %s order by starts_at", FREE
        )
    ]


def test_holders_are_asked_once_and_what_is_free_is_off(sandbox: Sandbox, booked: list[str]) -> None:
    """Two weeks, with two sessions of one client and one of another: one mail for each of them."""
    second, third = wall(*weeks(3)[1:])
    since, until = second - DAY, third + DAY

    taken = take(sandbox, since, until, reason="A wedding")

    assert {booked[1], booked[2]} < {str(each) for each in taken["asked_session_ids"]}
    assert (3, []) == (len(taken["asked_session_ids"]), taken["kept_class_ids"])
    long = timedelta(minutes=45)
    other = wall(weeks(2)[1], hour=14)[0]
    assert [
        (since, second),
        (second + long, other),
        (other + long, third),
        (third + long, until),
    ] == time_off(sandbox)
    assert [("time_off_wanted", "user")] * 2 == mails(sandbox)
    # Asked again, nobody is told again.
    assert [] == take(sandbox, since, until)["asked_session_ids"]
    assert 2 == len(mails(sandbox))
    assert "scheduled" == session(sandbox, booked[1])["status"]


def test_who_was_asked_leaves_freely_and_the_time_is_off_at_once(sandbox: Sandbox, booked: list[str]) -> None:
    """An hour before it begins; the one that was not asked about keeps its terms."""
    (second,) = wall(weeks(2)[1])
    take(sandbox, second, second + DAY)
    for number in (0, 1):
        start_in(sandbox, booked[number], 1 + number)
    sandbox.act_as("owner")
    sandbox.run("update private.time_off_questions set starts_at = now(), ends_at = now() + interval '1 day'")
    terms = "select cancellation_type, credit_returned from public.quote_cancellation(%s)"
    sandbox.act_as("client")
    assert [("last_minute", 0), ("standard", 1)] == [
        tuple(sandbox.run(terms, booked[number])[0].values()) for number in (0, 1)
    ]
    at = session(sandbox, booked[1])["scheduled_at"]
    had = wallet(sandbox)
    sandbox.act_as("client")
    sandbox.run("select * from public.cancel_session(%s)", booked[1])
    assert had + 1 == wallet(sandbox)
    assert (at, at + timedelta(minutes=45)) in time_off(sandbox)
    with sandbox.refused("slot_taken"):
        book(sandbox, at, who="other")
    assert not booking_violations(sandbox)


def test_a_session_that_moves_away_leaves_its_time_off(sandbox: Sandbox, booked: list[str]) -> None:
    """And is then one like any other: nobody leaves it freely for a question that is over."""
    (second,) = wall(weeks(2)[1])
    take(sandbox, second, second + timedelta(hours=1))
    sandbox.act_as("client")
    sandbox.run("select * from public.reschedule_session(%s, %s)", booked[1], second + timedelta(hours=2))
    assert (second, second + timedelta(minutes=45)) in time_off(sandbox)
    start_in(sandbox, booked[1], 1)
    sandbox.act_as("client")
    assert "last_minute" == sandbox.one(
        "select cancellation_type from public.quote_cancellation(%s)", booked[1]
    )


def test_closed_hours_ask_too(sandbox: Sandbox, booked: list[str]) -> None:
    """Added date by date in one statement: one mail for each date's holder; open ones ask nobody."""
    add = "insert into public.availability_exceptions (practitioner_id, on_date, is_open) values (%s, %s, %s)"
    sandbox.act_as("stranger")
    sandbox.run(add, FREE, weeks(1)[0], True)
    assert [] == mails(sandbox)
    sandbox.act_as("stranger")
    sandbox.run(f"{add}, (%s, %s, %s)", FREE, weeks(3)[1], False, FREE, weeks(3)[2], False)
    assert [("time_off_wanted", "user")] * 3 == mails(sandbox)
    assert "scheduled" == session(sandbox, booked[1])["status"]


def test_a_class_is_nobodys_to_ask(sandbox: Sandbox, booked: list[str]) -> None:
    (at,) = wall(FIRST, hour=18)
    group = make_class(sandbox, at)
    grant(sandbox, 1)
    join(sandbox, group)
    taken = take(sandbox, at - timedelta(hours=1), at + timedelta(hours=2))
    assert ([group], []) == ([str(each) for each in taken["kept_class_ids"]], taken["asked_session_ids"])


def test_who_takes_time_off(sandbox: Sandbox, booked: list[str]) -> None:
    (at,) = wall(FIRST, hour=12)
    hour = timedelta(hours=1)
    with sandbox.refused("not_your_calendar"):
        take(sandbox, at, at + hour, "client")
    with sandbox.refused("not_your_calendar"):
        take(sandbox, at, at + hour, "practitioner", practitioner_id=FREE)
    with sandbox.forbidden():
        take(sandbox, at, at + hour, "anon")
    for since, until in ((at, at), (at, at + 400 * DAY), (at - 400 * DAY, at - 399 * DAY), (None, at)):
        with sandbox.refused("time_not_possible"):
            take(sandbox, since, until)  # type: ignore[arg-type]
    with sandbox.refused("text_too_long"):
        take(sandbox, at, at + hour, reason="x" * 501)
    assert 1 == len(take(sandbox, at, at + hour, "admin", practitioner_id=FREE)["time_off_ids"])
    sandbox.act_as("owner")
    sandbox.run("update private.rate_limits set times = 1 where rule = 'time off taken'")
    take(sandbox, at + 2 * hour, at + 3 * hour)
    with sandbox.too_often():
        take(sandbox, at + 4 * hour, at + 5 * hour)
    # Written directly it is refused as before.
    sandbox.act_as("stranger")
    with sandbox.refused("slot_taken"):
        sandbox.run(
            "insert into public.practitioner_time_off (practitioner_id, starts_at, ends_at) values (%s, %s, %s)",
            FREE,
            at - 3 * hour,
            at,
        )
