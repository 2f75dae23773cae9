"""Practitioner time: sessions, holds, time off and buffers never overlap, whoever writes them in whatever order."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from sql.throwaway import MIGRATIONS, Server
from tests.sql.conftest import CLIENT, OTHER_CLIENT, ROW, Stage

NOON = datetime(2031, 6, 2, 12, tzinfo=UTC)
OTHERS_ROW = "20000000-0000-4000-8000-000000000002"  # the other practitioner's, who works at any time
SESSION = "insert into public.session_schedules ({}) values ({}) returning id"


def at(minutes: float) -> datetime:
    """So many minutes after noon."""
    return NOON + timedelta(minutes=minutes)


def book(stage: Stage, minutes: float, lasting: int = 60, **other: Any) -> str:
    """A session as it comes to the table, by whatever way."""
    stage.act_as("owner")
    number = stage.one("select count(*) from public.session_schedules")
    row = {
        "practitioner_id": ROW,
        "client_id": CLIENT,
        "scheduled_at": at(minutes),
        "duration_minutes": lasting,
        "room_name": f"room-{number}",
        **other,
    }
    statement = SESSION.format(", ".join(row), ", ".join(["%s"] * len(row)))
    return str(stage.one(statement, *row.values()))


def teach(stage: Stage, minutes: float, lasting: int = 60, **other: Any) -> str:
    """A class."""
    return book(stage, minutes, lasting, **{"max_participants": 8, "current_participants": 0, **other})


def change(stage: Stage, session: str, **columns: Any) -> None:
    """Change a session, as an operator."""
    stage.act_as("owner")
    sets = ", ".join(f"{name} = %s" for name in columns)
    stage.run(f"update public.session_schedules set {sets} where id = %s", *columns.values(), session)


def time_off(stage: Stage, start: float, end: float) -> None:
    stage.act_as("practitioner")
    stage.run(
        "insert into public.practitioner_time_off (practitioner_id, starts_at, ends_at) values (%s, %s, %s)",
        ROW,
        at(start),
        at(end),
    )


def hold(
    stage: Stage, minutes: float, lasting: int = 60, user: str = OTHER_CLIENT, lapsed: bool = False
) -> str:
    stage.act_as("owner")
    return str(
        stage.one(
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
def test_sessions_of_any_length_never_overlap(stage: Stage, lasting: int) -> None:
    """One ends when the next one starts; a minute more is refused."""
    book(stage, 0, 60)

    for refused in (1 - lasting, 0, 20, 59):
        with stage.refused("slot_taken"):
            book(stage, refused, lasting)
    assert book(stage, -lasting, lasting)
    assert book(stage, 60, lasting)


def test_another_practitioner_is_another_calendar(stage: Stage) -> None:
    """At the same moment, with the same client even."""
    book(stage, 0)
    assert book(stage, 0, practitioner_id=OTHERS_ROW)


def test_a_practitioner_cannot_book_over_a_session(stage: Stage) -> None:
    """The page's own insert is refused in the same words."""
    book(stage, 0)
    stage.act_as("practitioner")
    with stage.refused("slot_taken"):
        stage.run(
            "insert into public.session_schedules"
            " (practitioner_id, client_id, scheduled_at, duration_minutes, room_name, status)"
            " values (%s, %s, %s, 30, 'r', 'scheduled')",
            ROW,
            CLIENT,
            at(30),
        )


@pytest.mark.parametrize("status", ["cancelled", "completed"])
def test_what_is_over_frees_its_time(stage: Stage, status: str) -> None:
    """Cancelled, or completed before its end."""
    change(stage, book(stage, 0), status=status)

    assert book(stage, 30)


def test_a_deleted_session_frees_its_time(stage: Stage) -> None:
    """By an admin, with the row."""
    stage.run("delete from public.session_schedules where id = %s", book(stage, 0))

    assert book(stage, 0)


def test_starting_changes_nothing(stage: Stage) -> None:
    """A session in progress takes the time it took."""
    change(stage, book(stage, 0), status="in_progress")

    with stage.refused("slot_taken"):
        book(stage, 0)


@pytest.mark.parametrize(
    "moved", [{"scheduled_at": at(90)}, {"duration_minutes": 150}, {"practitioner_id": OTHERS_ROW}]
)
def test_a_moved_session_takes_other_time_or_stays(stage: Stage, moved: dict[str, Any]) -> None:
    """Later, longer, or with somebody else: only where there is room."""
    session = book(stage, 0)
    in_the_way = book(stage, 120)
    elsewhere = book(stage, 0, practitioner_id=OTHERS_ROW)

    with stage.refused("slot_taken"):
        change(stage, session, **moved)
    change(stage, in_the_way, status="cancelled")
    change(stage, elsewhere, status="cancelled")
    change(stage, session, **moved)
    if "duration_minutes" not in moved:
        assert book(stage, 0)


def test_buffers_are_kept_free_around_a_session(stage: Stage) -> None:
    """Before and after, of each; a session keeps those it was booked with."""
    stage.run(
        "update public.practitioner_calendars set buffer_before_minutes = 10, buffer_after_minutes = 5"
        " where practitioner_id = %s",
        ROW,
    )
    book(stage, 0)

    for refused in (-60, -75 + 1, 60, 75 - 1):
        with stage.refused("slot_taken"):
            book(stage, refused)
    assert book(stage, -75)
    assert book(stage, 75)

    stage.act_as("practitioner")
    stage.run(
        "update public.practitioner_calendars set buffer_before_minutes = 0, buffer_after_minutes = 0"
        " where practitioner_id = %s",
        ROW,
    )
    with stage.refused("slot_taken"):
        book(stage, 75 + 60)
    assert book(stage, 75 + 60 + 5)


# Classes


def test_a_class_is_one_block_and_its_seats_are_none(stage: Stage) -> None:
    """However many join; leaving frees nothing."""
    evening = teach(stage, 0)
    seats = [
        book(stage, 0, client_id=client, max_participants=8, notes=f"Joined group class: {evening}")
        for client in (CLIENT, OTHER_CLIENT)
    ]
    change(stage, seats[0], status="cancelled")

    with stage.refused("slot_taken"):
        book(stage, 30)
    assert 1 == stage.one("select count(*) from private.practitioner_time where during @> %s", at(30))


def test_a_class_in_two_forms_is_one_occasion(stage: Stage) -> None:
    """Taught online and in the studio at once: the page makes the two one after the other, and links them later."""
    online = teach(stage, 0)
    studio = teach(stage, 0, session_location="in_person")

    with stage.refused("slot_taken"):
        teach(stage, 0, session_location="in_person")
    with stage.refused("slot_taken"):
        teach(stage, 15, session_location="in_person")
    with stage.refused("slot_taken"):
        book(stage, 0)
    change(stage, online, status="cancelled")
    with stage.refused("slot_taken"):
        book(stage, 0)
    change(stage, studio, status="cancelled")
    assert book(stage, 0)


def test_the_two_forms_of_a_class_move_as_one(stage: Stage) -> None:
    """Once they are linked, also by less than they last."""
    online, studio = teach(stage, 0), teach(stage, 0, session_location="in_person")
    with stage.refused("slot_taken"):
        change(stage, studio, scheduled_at=at(30))
    change(stage, online, correlated_session_id=studio)
    change(stage, studio, correlated_session_id=online)

    change(stage, studio, scheduled_at=at(30))

    times = stage.run(
        "select scheduled_at from public.session_schedules where id in (%s, %s)", online, studio
    )
    assert [at(30), at(30)] == [row["scheduled_at"] for row in times]
    assert book(stage, -30)
    with stage.refused("slot_taken"):
        book(stage, 89)
    assert book(stage, 90)


# Time off


def test_time_off_keeps_everybody_out(stage: Stage) -> None:
    """Until it is given back."""
    time_off(stage, 0, 120)

    with stage.refused("slot_taken"):
        book(stage, 60)
    stage.act_as("practitioner")
    stage.run("update public.practitioner_time_off set ends_at = %s where starts_at = %s", at(60), at(0))
    assert book(stage, 60)
    stage.act_as("practitioner")
    stage.run("delete from public.practitioner_time_off where starts_at = %s", at(0))
    assert book(stage, 0)


def test_time_off_waits_for_the_sessions_in_it(stage: Stage) -> None:
    """Nobody loses a session that way."""
    session = book(stage, 0)
    with stage.refused("slot_taken"):
        time_off(stage, -600, 600)

    change(stage, session, status="cancelled")
    time_off(stage, -600, 600)


# Holds


def test_a_hold_keeps_others_out_until_it_lapses(stage: Stage) -> None:
    """By the clock: nobody has to sweep."""
    held, lapsed = hold(stage, 0), hold(stage, 120, lapsed=True)

    with stage.refused("slot_taken"):
        book(stage, 30)
    assert book(stage, 120)
    status = "select status from public.session_holds where id = %s"
    assert ("held", "released") == (stage.one(status, held), stage.one(status, lapsed))


def test_a_session_takes_the_place_of_its_clients_hold(stage: Stage) -> None:
    """Booking consumes it, by whatever way the session comes."""
    held = hold(stage, 0, user=CLIENT)
    book(stage, 0)

    assert "consumed" == stage.one("select status from public.session_holds where id = %s", held)


# Whoever was there before


@pytest.fixture
def before(postgres: Server) -> str:
    """The platform as it stood, where a practitioner could be booked twice."""
    return postgres.build("booked_twice", migrations=[])


def test_sessions_booked_twice_do_not_stop_the_migration(before: str) -> None:
    """The first who booked has the time, the other is reported; what is over is let be."""
    with psycopg.connect(before) as connection:
        connection.execute(
            f"""
            insert into auth.users (id, email) values ('{CLIENT}', 'client@demo.test');
            insert into public.practitioners (id, user_id, name) values ('{ROW}', '{CLIENT}', 'Practitioner');
            insert into public.session_schedules
              (practitioner_id, client_id, scheduled_at, duration_minutes, room_name, status, created_at)
            values
              ('{ROW}', '{CLIENT}', now() + interval '1 day', 60, 'second', 'scheduled', '2026-02-02'),
              ('{ROW}', '{CLIENT}', now() + interval '1 day 30 minutes', 60, 'first', 'scheduled', '2026-01-01'),
              ('{ROW}', '{CLIENT}', now() + interval '1 day', 60, 'cancelled', 'cancelled', '2026-01-01'),
              ('{ROW}', '{CLIENT}', now() - interval '1 day', 60, 'past', 'scheduled', '2026-01-01'),
              ('{ROW}', '{CLIENT}', now() - interval '1 day', 60, 'past too', 'completed', '2026-01-01');
            insert into public.practitioner_availability (practitioner_id, day_of_week, start_time, end_time) values
              ('{ROW}', 1, '09:00', '12:00'), ('{ROW}', 1, '11:00', '24:00'), ('{ROW}', 1, '17:00', '09:00'),
              ('{ROW}', 2, '09:00', '12:00'), ('{ROW}', 2, '12:00', '13:00');
            """
        )
    for path in MIGRATIONS:
        with psycopg.connect(before, autocommit=True) as connection:
            connection.execute(path.read_bytes())

    with psycopg.connect(before) as connection:
        rooms = (
            "select s.room_name from public.session_schedules s join {} on {}.session_id = s.id order by 1"
        )
        taken = connection.execute(rooms.format("private.practitioner_time t", "t").encode()).fetchall()
        reported = connection.execute(
            rooms.format("private.practitioner_time_conflicts c", "c").encode()
        ).fetchall()
        hours = connection.execute(
            "select day_of_week, start_time::text, end_time::text from public.practitioner_availability order by 1, 2"
        ).fetchall()
        audited = connection.execute(
            "select count(*) from public.audit_logs where action = 'UPDATE'"
        ).fetchone()

    assert ([("first",)], [("second",)]) == (taken, reported)
    assert hours == [
        (1, "09:00:00", "24:00:00"),
        (1, "17:00:00", "09:00:00"),
        (2, "09:00:00", "12:00:00"),
        (2, "12:00:00", "13:00:00"),
    ]
    assert audited == (0,)


# Wall time


def test_a_session_keeps_the_wall_time_it_was_booked_for(stage: Stage) -> None:
    """In the practitioner's zone, when it was booked; moving it asks anew."""
    session = book(stage, 0)
    kept = "select time_zone || ' ' || local_start from public.session_schedules where id = %s"

    assert "America/Toronto 2031-06-02 08:00:00" == stage.one(kept, session)
    stage.run("update public.practitioner_calendars set time_zone = 'America/Vancouver'")
    assert "America/Toronto 2031-06-02 08:00:00" == stage.one(kept, session)
    change(stage, session, scheduled_at=at(60))
    assert "America/Vancouver 2031-06-02 06:00:00" == stage.one(kept, session)
    stage.run(
        "update public.session_schedules set time_zone = 'x', local_start = now() where id = %s", session
    )
    assert "America/Vancouver 2031-06-02 06:00:00" == stage.one(kept, session)


def under_old_rules(stage: Stage, hours_off: int, *sessions: str) -> None:
    """As if each had been booked while the server's clock rules were wrong by some hours."""
    stage.act_as("owner")
    trigger = "session_schedules_40_keep_wall_time"
    stage.run(f"alter table public.session_schedules disable trigger {trigger}")
    for session in sessions:
        stage.run(
            "update public.session_schedules set scheduled_at = scheduled_at + %s where id = %s",
            timedelta(hours=hours_off),
            session,
        )
    stage.run(f"alter table public.session_schedules enable trigger {trigger}")


@pytest.mark.parametrize("hours_off", [-1, 1])
def test_after_a_change_of_the_law_sessions_keep_their_appointments(stage: Stage, hours_off: int) -> None:
    """Back to back as they are, each makes room for the next; running it again finds nothing."""
    day = [book(stage, minutes) for minutes in (0, 60, 120)]
    under_old_rules(stage, hours_off, *(day if hours_off < 0 else reversed(day)))

    assert {(session, True) for session in day} == {
        (str(row["session_id"]), row["moved"])
        for row in stage.run("select * from private.rederive_sessions()")
    }
    times = stage.run("select scheduled_at from public.session_schedules where id = any (%s) order by 1", day)
    assert [at(0), at(60), at(120)] == [row["scheduled_at"] for row in times]
    assert [] == stage.run("select * from private.rederive_sessions()")


def test_a_session_whose_time_is_taken_stays_where_it_is(stage: Stage) -> None:
    """And is told about, for somebody to decide."""
    session = book(stage, 0)
    under_old_rules(stage, 2, session)
    in_the_way = book(stage, 0)

    (told,) = stage.run("select * from private.rederive_sessions()")
    assert (session, at(120), at(0), False) == (
        str(told["session_id"]),
        told["was_at"],
        told["is_at"],
        told["moved"],
    )
    change(stage, in_the_way, status="cancelled")
    assert [True] == [row["moved"] for row in stage.run("select moved from private.rederive_sessions()")]


def test_whoever_was_booked_twice_gets_the_time_once_it_is_free(stage: Stage) -> None:
    """The job looks after them as well."""
    first = book(stage, 0)
    stage.run("alter table public.session_schedules disable trigger session_schedules_50_take_time")
    second = book(stage, 30)
    stage.run("alter table public.session_schedules enable trigger session_schedules_50_take_time")
    conflicts = "select session_id, taken_by_session_id from private.practitioner_time_conflicts"
    stage.run("select * from private.rederive_sessions()")
    assert [(second, first)] == [tuple(map(str, row.values())) for row in stage.run(conflicts)]

    change(stage, first, status="cancelled")
    stage.run("select * from private.rederive_sessions()")

    assert [] == stage.run(conflicts)
    with stage.refused("slot_taken"):
        book(stage, 0)
