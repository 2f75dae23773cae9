"""Practitioner time: sessions, holds, time off and buffers never overlap, whoever writes them in whatever order."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.sql.conftest import CLIENT, OTHER_CLIENT, ROW, Sandbox

NOON = datetime(2031, 6, 2, 12, tzinfo=UTC)
OTHERS_ROW = "20000000-0000-4000-8000-000000000002"  # the other practitioner's, who works at any time
SESSION = "insert into public.session_schedules ({}) values ({}) returning id"


def at(minutes: float) -> datetime:
    """So many minutes after noon."""
    return NOON + timedelta(minutes=minutes)


def book(sandbox: Sandbox, minutes: float, lasting: int = 60, **other: Any) -> str:
    """A session as it comes to the table, by whatever way."""
    sandbox.act_as("owner")
    number = sandbox.one("select count(*) from public.session_schedules")
    row = {
        "practitioner_id": ROW,
        "client_id": CLIENT,
        "scheduled_at": at(minutes),
        "duration_minutes": lasting,
        "room_name": f"room-{number}",
        **other,
    }
    statement = SESSION.format(", ".join(row), ", ".join(["%s"] * len(row)))
    return str(sandbox.one(statement, *row.values()))


def teach(sandbox: Sandbox, minutes: float, lasting: int = 60, **other: Any) -> str:
    """A class."""
    return book(sandbox, minutes, lasting, **{"max_participants": 8, "current_participants": 0, **other})


def change(sandbox: Sandbox, session: str, **columns: Any) -> None:
    """Change a session, as an operator."""
    sandbox.act_as("owner")
    sets = ", ".join(f"{name} = %s" for name in columns)
    sandbox.run(f"update public.session_schedules set {sets} where id = %s", *columns.values(), session)


def time_off(sandbox: Sandbox, start: float, end: float) -> None:
    sandbox.act_as("practitioner")
    sandbox.run(
        "insert into public.practitioner_time_off (practitioner_id, starts_at, ends_at) values (%s, %s, %s)",
        ROW,
        at(start),
        at(end),
    )


def hold(
    sandbox: Sandbox, minutes: float, lasting: int = 60, user: str = OTHER_CLIENT, lapsed: bool = False
) -> str:
    sandbox.act_as("owner")
    return str(
        sandbox.one(
            """insert into public.session_holds
                 (user_id, practitioner_id, scheduled_at, duration_minutes, session_type_id, expires_at)
               values (%s, %s, %s, %s, %s, now() + %s) returning id""",
            user,
            ROW,
            at(minutes),
            lasting,
            ROW,
            timedelta(minutes=-1 if lapsed else 15),
        )
    )


# Sessions


@pytest.mark.parametrize("lasting", [20, 45, 60])
def test_sessions_of_any_length_never_overlap(sandbox: Sandbox, lasting: int) -> None:
    """One ends when the next one starts; a minute more is refused."""
    book(sandbox, 0, 60)

    for refused in (1 - lasting, 0, 20, 59):
        with sandbox.refused("slot_taken"):
            book(sandbox, refused, lasting)
    assert book(sandbox, -lasting, lasting)
    assert book(sandbox, 60, lasting)


def test_another_practitioner_has_another_calendar(sandbox: Sandbox) -> None:
    """At the same moment, with another client."""
    book(sandbox, 0)
    assert book(sandbox, 0, practitioner_id=OTHERS_ROW, client_id=OTHER_CLIENT)


def test_a_practitioner_cannot_book_over_a_session(sandbox: Sandbox) -> None:
    """The page's own insert is refused in the same words."""
    book(sandbox, 0)
    sandbox.act_as("practitioner")
    with sandbox.refused("slot_taken"):
        sandbox.run(
            "insert into public.session_schedules"
            " (practitioner_id, client_id, scheduled_at, duration_minutes, room_name, status)"
            " values (%s, %s, %s, 30, 'r', 'scheduled')",
            ROW,
            CLIENT,
            at(30),
        )


@pytest.mark.parametrize("status", ["cancelled", "completed"])
def test_a_session_that_is_over_frees_its_time(sandbox: Sandbox, status: str) -> None:
    """Cancelled, or completed before its end."""
    change(sandbox, book(sandbox, 0), status=status)

    assert book(sandbox, 30)


def test_a_deleted_session_frees_its_time(sandbox: Sandbox) -> None:
    """By an admin, with the row."""
    sandbox.run("delete from public.session_schedules where id = %s", book(sandbox, 0))

    assert book(sandbox, 0)


def test_starting_a_session_changes_no_time(sandbox: Sandbox) -> None:
    """A session in progress takes the time it took."""
    change(sandbox, book(sandbox, 0), status="in_progress")

    with sandbox.refused("slot_taken"):
        book(sandbox, 0)


@pytest.mark.parametrize(
    "moved", [{"scheduled_at": at(90)}, {"duration_minutes": 150}, {"practitioner_id": OTHERS_ROW}]
)
def test_a_moved_session_takes_free_time_or_stays(sandbox: Sandbox, moved: dict[str, Any]) -> None:
    """Later, longer, or with somebody else: only where there is room."""
    session = book(sandbox, 0)
    in_the_way = book(sandbox, 120)
    elsewhere = book(sandbox, 0, practitioner_id=OTHERS_ROW, client_id=OTHER_CLIENT)

    with sandbox.refused("slot_taken"):
        change(sandbox, session, **moved)
    change(sandbox, in_the_way, status="cancelled")
    change(sandbox, elsewhere, status="cancelled")
    change(sandbox, session, **moved)
    if "duration_minutes" not in moved:
        assert book(sandbox, 0, client_id=OTHER_CLIENT)


def test_buffers_are_kept_free_around_a_session(sandbox: Sandbox) -> None:
    """Before and after, of each; a session keeps those it was booked with."""
    sandbox.run(
        "update public.practitioner_calendars set buffer_before_minutes = 10, buffer_after_minutes = 5"
        " where practitioner_id = %s",
        ROW,
    )
    book(sandbox, 0)

    for refused in (-60, -75 + 1, 60, 75 - 1):
        with sandbox.refused("slot_taken"):
            book(sandbox, refused)
    assert book(sandbox, -75)
    assert book(sandbox, 75)

    sandbox.act_as("practitioner")
    sandbox.run(
        "update public.practitioner_calendars set buffer_before_minutes = 0, buffer_after_minutes = 0"
        " where practitioner_id = %s",
        ROW,
    )
    with sandbox.refused("slot_taken"):
        book(sandbox, 75 + 60)
    assert book(sandbox, 75 + 60 + 5)


# Classes


def test_a_class_takes_time_and_its_seats_take_none(sandbox: Sandbox) -> None:
    """However many join; leaving frees nothing."""
    evening = teach(sandbox, 0)
    seats = [
        book(sandbox, 0, client_id=client, max_participants=8, notes=f"Joined group class: {evening}")
        for client in (CLIENT, OTHER_CLIENT)
    ]
    change(sandbox, seats[0], status="cancelled")

    with sandbox.refused("slot_taken"):
        book(sandbox, 30)
    assert 1 == sandbox.one("select count(*) from private.practitioner_time where during @> %s", at(30))


def test_a_class_in_two_forms_is_one_occasion(sandbox: Sandbox) -> None:
    """Taught online and in the studio at once: the page makes the two one after the other, and links them later."""
    online = teach(sandbox, 0)
    studio = teach(sandbox, 0, session_location="in_person")

    with sandbox.refused("slot_taken"):
        teach(sandbox, 0, session_location="in_person")
    with sandbox.refused("slot_taken"):
        teach(sandbox, 15, session_location="in_person")
    with sandbox.refused("slot_taken"):
        book(sandbox, 0)
    change(sandbox, online, status="cancelled")
    with sandbox.refused("slot_taken"):
        book(sandbox, 0)
    change(sandbox, studio, status="cancelled")
    assert book(sandbox, 0)


def test_the_two_forms_of_a_class_move_as_one(sandbox: Sandbox) -> None:
    """Once they are linked, also by less than they last."""
    online, studio = teach(sandbox, 0), teach(sandbox, 0, session_location="in_person")
    with sandbox.refused("slot_taken"):
        change(sandbox, studio, scheduled_at=at(30))
    change(sandbox, online, correlated_session_id=studio)
    change(sandbox, studio, correlated_session_id=online)

    change(sandbox, studio, scheduled_at=at(30))

    times = sandbox.run(
        "select scheduled_at from public.session_schedules where id in (%s, %s)", online, studio
    )
    assert [at(30), at(30)] == [row["scheduled_at"] for row in times]
    assert book(sandbox, -30)
    with sandbox.refused("slot_taken"):
        book(sandbox, 89)
    assert book(sandbox, 90)


# Time off


def test_time_off_keeps_everybody_out(sandbox: Sandbox) -> None:
    """Until it is given back."""
    time_off(sandbox, 0, 120)

    with sandbox.refused("slot_taken"):
        book(sandbox, 60)
    sandbox.act_as("practitioner")
    sandbox.run("update public.practitioner_time_off set ends_at = %s where starts_at = %s", at(60), at(0))
    assert book(sandbox, 60)
    sandbox.act_as("practitioner")
    sandbox.run("delete from public.practitioner_time_off where starts_at = %s", at(0))
    assert book(sandbox, 0)


def test_time_off_is_refused_while_sessions_are_in_it(sandbox: Sandbox) -> None:
    """Nobody loses a session that way."""
    session = book(sandbox, 0)
    with sandbox.refused("slot_taken"):
        time_off(sandbox, -600, 600)

    change(sandbox, session, status="cancelled")
    time_off(sandbox, -600, 600)


# Holds


def test_a_hold_keeps_others_out_until_it_lapses(sandbox: Sandbox) -> None:
    """By the clock: nobody has to sweep."""
    held, lapsed = hold(sandbox, 0), hold(sandbox, 120, lapsed=True)

    with sandbox.refused("slot_taken"):
        book(sandbox, 30)
    assert book(sandbox, 120)
    status = "select status from public.session_holds where id = %s"
    assert ("held", "released") == (sandbox.one(status, held), sandbox.one(status, lapsed))


def test_a_session_takes_the_place_of_its_clients_hold(sandbox: Sandbox) -> None:
    """Booking consumes it, by whatever way the session comes."""
    held = hold(sandbox, 0, user=CLIENT)
    book(sandbox, 0)

    assert "consumed" == sandbox.one("select status from public.session_holds where id = %s", held)


# Wall time


def test_a_session_keeps_the_wall_time_it_was_booked_for(sandbox: Sandbox) -> None:
    """In the practitioner's zone, when it was booked; moving it asks anew."""
    session = book(sandbox, 0)
    kept = "select time_zone || ' ' || local_start from public.session_schedules where id = %s"

    assert "America/Toronto 2031-06-02 08:00:00" == sandbox.one(kept, session)
    sandbox.run("update public.practitioner_calendars set time_zone = 'America/Vancouver'")
    assert "America/Toronto 2031-06-02 08:00:00" == sandbox.one(kept, session)
    change(sandbox, session, scheduled_at=at(60))
    assert "America/Vancouver 2031-06-02 06:00:00" == sandbox.one(kept, session)
    sandbox.run(
        "update public.session_schedules set time_zone = 'x', local_start = now() where id = %s", session
    )
    assert "America/Vancouver 2031-06-02 06:00:00" == sandbox.one(kept, session)


def under_old_rules(sandbox: Sandbox, hours_off: int, *sessions: str) -> None:
    """As if each had been booked while the server's clock rules were wrong by some hours."""
    sandbox.act_as("owner")
    trigger = "session_schedules_40_set_wall_time"
    sandbox.run(f"alter table public.session_schedules disable trigger {trigger}")
    for session in sessions:
        sandbox.run(
            "update public.session_schedules set scheduled_at = scheduled_at + %s where id = %s",
            timedelta(hours=hours_off),
            session,
        )
    sandbox.run(f"alter table public.session_schedules enable trigger {trigger}")


@pytest.mark.parametrize("hours_off", [-1, 1])
def test_after_a_change_of_the_law_sessions_keep_their_wall_time(sandbox: Sandbox, hours_off: int) -> None:
    """Back to back as they are, each makes room for the next; running it again finds nothing."""
    day = [book(sandbox, minutes) for minutes in (0, 60, 120)]
    under_old_rules(sandbox, hours_off, *(day if hours_off < 0 else reversed(day)))

    assert {(session, True) for session in day} == {
        (str(row["session_id"]), row["moved"])
        for row in sandbox.run("select * from private.recompute_session_starts()")
    }
    times = sandbox.run(
        "select scheduled_at from public.session_schedules where id = any (%s) order by 1", day
    )
    assert [at(0), at(60), at(120)] == [row["scheduled_at"] for row in times]
    assert [] == sandbox.run("select * from private.recompute_session_starts()")


def test_a_session_whose_new_time_is_taken_stays_and_is_reported(sandbox: Sandbox) -> None:
    session = book(sandbox, 0)
    under_old_rules(sandbox, 2, session)
    in_the_way = book(sandbox, 0)

    (moved,) = sandbox.run("select * from private.recompute_session_starts()")
    assert (session, at(120), at(0), False) == (
        str(moved["session_id"]),
        moved["previous_start"],
        moved["new_start"],
        moved["moved"],
    )
    change(sandbox, in_the_way, status="cancelled")
    assert [True] == [
        row["moved"] for row in sandbox.run("select moved from private.recompute_session_starts()")
    ]


def test_a_double_booked_session_gets_its_time_once_it_is_free(sandbox: Sandbox) -> None:
    """The job looks after them as well."""
    first = book(sandbox, 0)
    sandbox.run("alter table public.session_schedules disable trigger session_schedules_50_take_time")
    second = book(sandbox, 30)
    sandbox.run("alter table public.session_schedules enable trigger session_schedules_50_take_time")
    conflicts = "select session_id, taken_by_session_id from private.practitioner_time_conflicts"
    sandbox.run("select * from private.recompute_session_starts()")
    assert [(second, first)] == [tuple(map(str, row.values())) for row in sandbox.run(conflicts)]

    change(sandbox, first, status="cancelled")
    sandbox.run("select * from private.recompute_session_starts()")

    assert [] == sandbox.run(conflicts)
    with sandbox.refused("slot_taken"):
        book(sandbox, 0)
