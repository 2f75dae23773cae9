"""Classes and sessions at a time at which their practitioner is away: told once, a matter until it is decided."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from .booking_steps import FREE, book, booking_violations, grant, join, make_class, session, sign
from .conftest import IDENTITIES, Sandbox
from .test_series import FIRST, mails, wall
from .test_time_off_asked import DAY, booked, take, time_off  # noqa: F401 - the fixture is used by its name

HOUR = timedelta(hours=1)
LONG = timedelta(minutes=60)


@pytest.fixture
def at(sandbox: Sandbox, booked: list[str]) -> datetime:  # noqa: F811
    """An evening on which nothing is booked yet."""
    return wall(FIRST, hour=18)[0]


def told(sandbox: Sandbox) -> list[tuple[str, bool, list[str]]]:
    """Who was told of collisions, whether as whoever leads it, and of which."""
    sandbox.act_as("owner")
    names = {identity[1]: who for who, identity in IDENTITIES.items() if identity[1]}
    return [
        (names[str(row["user_id"])], row["payload"]["is_leading"], row["payload"]["session_ids"])
        for row in sandbox.run(
            "select user_id, payload from private.mails where kind = 'sessions_collide' order by position"
        )
    ]


def matters(sandbox: Sandbox) -> list[tuple[str, str]]:
    sandbox.act_as("owner")
    return [
        (row["subject"], row["detail"])
        for row in sandbox.run(
            "select subject, detail from private.waiting_states where kind = 'class_in_time_off'"
            " order by since, subject"
        )
    ]


def read_calendar(sandbox: Sandbox, *busy: tuple[datetime, datetime]) -> None:
    """Another calendar of theirs has these times, as it was just read."""
    sandbox.act_as("owner")
    sandbox.run(
        "insert into private.busy_calendars (practitioner_id, position, address)"
        " values (%s, 1, 'https://calendar.test/x.ics') on conflict do nothing",
        FREE,
    )
    sandbox.run("update private.busy_calendars set next_attempt_at = now(), lease_until = null")
    sandbox.act_as("service")
    (claimed,) = sandbox.run("select * from public.claim_busy_calendar()")
    entries = [{"uid": "x", "starts_at": str(since), "ends_at": str(until)} for since, until in busy]
    sandbox.run(
        "select public.keep_busy_times(%s, %s, %s)",
        claimed["calendar_id"],
        claimed["lease_id"],
        json.dumps(entries),
    )


def link(sandbox: Sandbox, who: str, session_id: str) -> str:
    sandbox.act_as("owner")
    return str(
        sandbox.one(
            "select private.make_page_link('manage_session', %s, %s, now() + interval '1 day')",
            IDENTITIES[who][1],
            session_id,
        )
    )


def lead_anyway(sandbox: Sandbox, token: str) -> dict[str, Any]:
    sandbox.act_as("anon")
    (shown,) = sandbox.run("select * from public.lead_anyway(%s)", token)
    return shown


def test_a_class_in_time_off_is_told_once_and_to_nobody_in_it(sandbox: Sandbox, at: datetime) -> None:
    """To whoever leads it and to the admins; who has a seat hears of what is decided, and only of that."""
    group = make_class(sandbox, at)
    join(sandbox, group)
    for _ in range(2):
        take(sandbox, at - HOUR, at + 2 * HOUR)
    assert [("stranger", True, [group]), ("admin", False, [group])] == told(sandbox)
    assert [(group, "time_off")] == matters(sandbox)
    assert "client" not in {who for who, _, _ in told(sandbox)}
    assert "scheduled" == session(sandbox, group)["status"]


@pytest.mark.parametrize("decided", ["cancelled", "moved", "moved by half of it", "given away", "deleted"])
def test_it_is_over_when_it_is_decided_and_its_time_is_off_then(
    sandbox: Sandbox, at: datetime, decided: str
) -> None:
    group = make_class(sandbox, at)
    take(sandbox, at, at + 2 * HOUR)
    sandbox.act_as("admin")
    match decided:
        case "cancelled":
            sandbox.run("select * from public.cancel_session(%s)", group)
        case "moved":
            sandbox.run(
                "update public.session_schedules set scheduled_at = %s where id = %s", at + DAY, group
            )
        case "moved by half of it":
            # It stands in the way still, for half an hour: only what it left is off.
            sandbox.run(
                "update public.session_schedules set scheduled_at = %s where id = %s", at - HOUR / 2, group
            )
            assert [(group, "time_off")] == matters(sandbox)
            assert at + HOUR / 2 == min(since for since, _ in time_off(sandbox))
            assert not booking_violations(sandbox)
            return
        case "given away":
            other = sandbox.one(
                "select id from public.practitioners where id <> %s and available limit 1", FREE
            )
            sandbox.run("select * from public.give_session_to(%s, %s, true)", group, other)
        case _:
            sandbox.run("delete from public.session_schedules where id = %s", group)
    assert [] == matters(sandbox)
    assert (at, at + LONG) in time_off(sandbox)
    assert not booking_violations(sandbox)


def test_whoever_leads_it_says_that_they_do(sandbox: Sandbox, at: datetime) -> None:
    """Nobody looks for somebody else then; when they wish to be away once more, it is told once more."""
    group = make_class(sandbox, at)
    take(sandbox, at, at + 2 * HOUR)
    token = link(sandbox, "stranger", group)
    sandbox.act_as("anon")
    assert "time_off" == sandbox.one("select away_because from public.read_managed_session(%s)", token)
    assert lead_anyway(sandbox, token)["away_because"] is None
    assert [] == matters(sandbox)
    lead_anyway(sandbox, token)
    take(sandbox, at, at + 2 * HOUR)
    assert [(group, "time_off")] == matters(sandbox)
    assert 4 == len(told(sandbox))
    other = link(sandbox, "admin", group)
    with sandbox.refused("practitioners_only"):
        lead_anyway(sandbox, other)


def test_closed_hours_collide_until_they_are_open_again(sandbox: Sandbox, at: datetime) -> None:
    """Also hours that are moved over it; and a class that is made in closed hours is nobody's mistake."""
    group = make_class(sandbox, at)
    sandbox.act_as("stranger")
    close = (
        "insert into public.availability_exceptions (practitioner_id, on_date) values (%s, %s) returning id"
    )
    closed = sandbox.one(close, FREE, FIRST + DAY)
    assert [] == matters(sandbox) == told(sandbox)
    sandbox.act_as("stranger")
    sandbox.run("update public.availability_exceptions set on_date = %s where id = %s", FIRST, closed)
    assert [(group, "closed_hours")] == matters(sandbox)
    second = make_class(sandbox, at + 2 * HOUR)
    assert [("stranger", True, [group]), ("admin", False, [group])] == told(sandbox)
    lead_anyway(sandbox, link(sandbox, "stranger", group))
    sandbox.act_as("stranger")
    sandbox.run("update public.availability_exceptions set reason = 'A wedding' where id = %s", closed)
    assert [] == matters(sandbox)
    sandbox.act_as("stranger")
    sandbox.run("update public.availability_exceptions set start_time = '17:00' where id = %s", closed)
    assert {group, second} == {subject for subject, _ in matters(sandbox)}
    sandbox.act_as("stranger")
    sandbox.run("delete from public.availability_exceptions where id = %s", closed)
    assert [] == matters(sandbox)


def test_another_calendar_collides_with_sessions_too(sandbox: Sandbox, at: datetime) -> None:
    """Admins are told of classes alone, clients of nothing; read again it is no news; gone from there, it is over."""
    group = make_class(sandbox, at)
    alone = str(book(sandbox, at + 2 * HOUR)["session_id"])
    sandbox.act_as("owner")
    sandbox.run("delete from private.mails")
    busy = (at + HOUR / 2, at + 3 * HOUR)
    for _ in range(2):
        read_calendar(sandbox, busy)
    assert [("stranger", True, [group, alone]), ("admin", False, [group])] == told(sandbox)
    assert [(group, "other_calendar")] == matters(sandbox)
    assert [("sessions_collide", "user")] * 2 == mails(sandbox)
    assert [] == time_off(sandbox)

    read_calendar(sandbox)
    assert [] == matters(sandbox)
    read_calendar(sandbox, busy)
    assert [(group, "other_calendar")] == matters(sandbox)
    assert 4 == len(told(sandbox))

    lead_anyway(sandbox, link(sandbox, "stranger", group))
    lead_anyway(sandbox, link(sandbox, "stranger", alone))
    read_calendar(sandbox, busy)
    assert [] == matters(sandbox)
    assert 4 == len(told(sandbox))


def test_both_forms_of_a_class_collide_and_are_moved_as_one(sandbox: Sandbox, at: datetime) -> None:
    online = make_class(sandbox, at)
    place = make_class(sandbox, at, session_location="in_person", physical_location="The hall")
    sandbox.act_as("admin")
    for one, other in ((online, place), (place, online)):
        sandbox.run(
            "update public.session_schedules set correlated_session_id = %s where id = %s", other, one
        )
    take(sandbox, at, at + 2 * HOUR)
    assert {online, place} == {subject for subject, _ in matters(sandbox)}
    sandbox.act_as("admin")
    half = at - HOUR / 2
    sandbox.run("update public.session_schedules set scheduled_at = %s where id = %s", half, online)
    assert (half, half) == tuple(session(sandbox, each)["scheduled_at"] for each in (online, place))
    assert (at + HOUR / 2, at + LONG) in time_off(sandbox)
    sandbox.act_as("admin")
    sandbox.run("update public.session_schedules set scheduled_at = %s where id = %s", at + DAY, online)
    assert [] == matters(sandbox)
    # All of what they wished is off now.
    assert at == min(since for since, _ in time_off(sandbox))
    assert sum((until - since for since, until in time_off(sandbox)), timedelta()) == 2 * HOUR
    assert not booking_violations(sandbox)


def test_a_session_that_was_given_away_is_no_time_off_of_the_other(
    sandbox: Sandbox,
    booked: list[str],  # noqa: F811
) -> None:
    """Who takes it over was not asked whether they would be away."""
    moment = session(sandbox, booked[1])["scheduled_at"]
    take(sandbox, moment, moment + HOUR)
    count = "select count(*) from public.practitioner_time_off where practitioner_id = %s"
    sandbox.act_as("admin")
    other = sandbox.one("select id from public.practitioners where id <> %s and available limit 1", FREE)
    had = sandbox.one(count, other)
    sandbox.run("select * from public.give_session_to(%s, %s, true)", booked[1], other)
    sandbox.act_as("client")
    sandbox.run("select * from public.cancel_session(%s)", booked[1])
    sandbox.act_as("owner")
    assert had == sandbox.one(count, other)
    assert (moment, moment + timedelta(minutes=45)) in time_off(sandbox)


def test_what_is_told_is_what_is_so_when_the_mail_is_written(sandbox: Sandbox, at: datetime) -> None:
    """Each with a link: to its page for who leads it, to who else could for admins. What is over is not in it."""
    sign(sandbox)
    grant(sandbox, 1)
    classes = [make_class(sandbox, at + n * DAY) for n in range(2)]
    take(sandbox, at, at + 2 * DAY)
    sandbox.act_as("admin")
    sandbox.run("select * from public.cancel_session(%s)", classes[0])
    sandbox.act_as("owner")
    said = [
        row["said"]
        for row in sandbox.run(
            "select private.link_told_collisions(m) as said from private.mails m"
            " where m.kind = 'sessions_collide' order by m.position"
        )
    ]
    assert [(1, "manage_session"), (1, "find_substitute")] == [
        (each["count"], each["sessions"][0]["page"]) for each in said
    ]
    assert {classes[1]} == {each["sessions"][0]["session"]["id"] for each in said}
    drop = (
        "select array_agg(private.find_reason_to_drop_mail(m)) from private.mails m"
        " where m.kind = 'sessions_collide'"
    )
    assert [None, None] == sandbox.one(drop)
    sandbox.act_as("admin")
    sandbox.run("select * from public.cancel_session(%s)", classes[1])
    sandbox.act_as("owner")
    assert ["settled", "settled"] == sandbox.one(drop)
