"""When a practitioner can be booked: hours, exceptions, notice, horizon, and each reason why not."""

from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from tests.sql.conftest import CLIENT, OTHER_CLIENT, ROW, Sandbox
from tests.sql.test_practitioner_time import book, change, hold, time_off

WHY_NOT_BOOKABLE = "select private.get_unbookable_reason(%s, %s, %s, %s)"
# Mondays: the practitioner works from 09:00 to 17:00 of Toronto, which is 13:00 to 21:00 UTC in summer.
MONDAY = datetime.fromisoformat("2031-06-02T13:00Z")


@pytest.fixture(autouse=True)
def _far_ahead(sandbox: Sandbox) -> None:
    """These Mondays are years away."""
    sandbox.run("update public.practitioner_calendars set booking_horizon_days = 1830")


def refusal(sandbox: Sandbox, minutes: float, lasting: int = 60, user: str = CLIENT) -> Any:
    """Why the practitioner cannot be booked so many minutes after nine, or None."""
    sandbox.act_as("owner")
    return sandbox.one(WHY_NOT_BOOKABLE, ROW, MONDAY + timedelta(minutes=minutes), lasting, user)


def set_up(sandbox: Sandbox, **columns: Any) -> None:
    sandbox.act_as("practitioner")
    sets = ", ".join(f"{name} = %s" for name in columns)
    sandbox.run(
        f"update public.practitioner_calendars set {sets} where practitioner_id = %s", *columns.values(), ROW
    )


def add_hours(sandbox: Sandbox, start: str, end: str, day_of_week: int = 1) -> None:
    sandbox.run(
        "insert into public.practitioner_availability (practitioner_id, day_of_week, start_time, end_time)"
        " values (%s, %s, %s, %s)",
        ROW,
        day_of_week,
        start,
        end,
    )


def add_exception(sandbox: Sandbox, is_open: bool, start: str = "00:00", end: str = "24:00") -> None:
    sandbox.act_as("practitioner")
    sandbox.run(
        "insert into public.availability_exceptions (practitioner_id, on_date, is_open, start_time, end_time)"
        " values (%s, '2031-06-02', %s, %s, %s)",
        ROW,
        is_open,
        start,
        end,
    )


def test_every_practitioner_has_a_calendar(sandbox: Sandbox) -> None:
    """From the moment there is a practitioner, without anybody's right to make one."""
    sandbox.act_as("admin")
    new = sandbox.one(
        "insert into public.practitioners (user_id, name) values (%s, 'New') returning id", OTHER_CLIENT
    )

    (calendar,) = sandbox.run("select * from public.practitioner_calendars where practitioner_id = %s", new)
    assert ("America/Toronto", 15, "midnight", False, 0, 365) == (
        calendar["time_zone"],
        calendar["slot_interval_minutes"],
        calendar["slot_alignment"],
        calendar["is_always_open"],
        calendar["minimum_notice_minutes"],
        calendar["booking_horizon_days"],
    )


@pytest.mark.parametrize("zone", ["Atlantis/Here", "EST5EDT4", "Nowhere5", "UTC+5", "america/toronto", ""])
def test_a_time_zone_is_given_by_its_full_name(sandbox: Sandbox, zone: str) -> None:
    """PostgreSQL alone would take some of these for offsets."""
    with pytest.raises(psycopg.errors.CheckViolation), sandbox.undone():
        set_up(sandbox, time_zone=zone)

    set_up(sandbox, time_zone="America/St_Johns")


def test_an_unlisted_time_zone_is_looked_up_in_the_rules(sandbox: Sandbox) -> None:
    """The list of known ones only spares the reading; and no name is no time zone."""
    sandbox.act_as("owner")
    assert sandbox.one("select private.is_time_zone('Asia/Tokyo')")

    sandbox.run("delete from private.known_time_zones where name = 'Asia/Tokyo'")

    assert sandbox.one("select private.is_time_zone('Asia/Tokyo')")
    assert sandbox.one("select private.is_time_zone(null)") is False


def test_a_session_fits_into_the_hours(sandbox: Sandbox) -> None:
    """From the first minute to the last, and not a minute more."""
    assert [None, None] == [refusal(sandbox, 0), refusal(sandbox, 7 * 60)]
    assert {"outside_availability"} == {
        refusal(sandbox, -1),
        refusal(sandbox, 7 * 60 + 1),
        refusal(sandbox, 24 * 60),
    }


def test_adjacent_hours_are_one_span(sandbox: Sandbox) -> None:
    """Also across midnight."""
    add_hours(sandbox, "17:00", "24:00")
    add_hours(sandbox, "00:00", "08:00", day_of_week=2)

    assert [None, None] == [refusal(sandbox, 7 * 60 + 30), refusal(sandbox, 14 * 60 + 30)]


@pytest.mark.parametrize(
    ("start", "end"), [("16:59", "18:00"), ("08:00", "09:01"), ("10:00", "11:00"), ("08:00", "18:00")]
)
def test_hours_do_not_overlap(sandbox: Sandbox, start: str, end: str) -> None:
    """Nor end before they start."""
    sandbox.act_as("practitioner")
    with sandbox.refused("hours_overlap"):
        add_hours(sandbox, start, end)
    with pytest.raises(psycopg.errors.CheckViolation), sandbox.undone():
        add_hours(sandbox, end, start)


def test_without_hours_no_hour_is_open(sandbox: Sandbox) -> None:
    """Unless the switch says always; whoever adds hours then has those."""
    sandbox.act_as("practitioner")
    sandbox.run("delete from public.practitioner_availability where practitioner_id = %s", ROW)
    assert {"outside_availability"} == {
        refusal(sandbox, -600),
        refusal(sandbox, 0),
        refusal(sandbox, 24 * 60 * 3),
    }

    set_up(sandbox, is_always_open=True)
    assert [None, None] == [refusal(sandbox, -600), refusal(sandbox, 24 * 60 * 3)]

    sandbox.act_as("practitioner")
    add_hours(sandbox, "09:00", "17:00")
    assert ["outside_availability", None] == [refusal(sandbox, -600), refusal(sandbox, 0)]


def test_who_becomes_a_practitioner_starts_with_the_hours_of_the_booking_page(sandbox: Sandbox) -> None:
    """As rows that the page of hours lists, and removes as it does; without any there is no time."""
    sandbox.act_as("admin")
    new = sandbox.one(
        "insert into public.practitioners (user_id, name) values (%s, 'New') returning id", OTHER_CLIENT
    )
    sandbox.act_as("other")
    rows = sandbox.run(
        "select * from public.practitioner_availability where practitioner_id = %s order by day_of_week", new
    )
    assert [(day, "09:00:00", "17:00:00") for day in range(7)] == [
        (row["day_of_week"], str(row["start_time"]), str(row["end_time"])) for row in rows
    ]
    sandbox.act_as("owner")
    why = "select private.get_unbookable_reason(%s, %s, 45, %s)"
    assert sandbox.one(why, new, MONDAY, CLIENT) == "beyond_horizon"
    sandbox.run(
        "update public.practitioner_calendars set booking_horizon_days = 1830 where practitioner_id = %s", new
    )
    assert sandbox.one(why, new, MONDAY, CLIENT) is None
    assert sandbox.one(why, new, MONDAY - timedelta(minutes=15), CLIENT) == "outside_availability"

    sandbox.act_as("other")
    for row in rows:
        sandbox.run("delete from public.practitioner_availability where id = %s", row["id"])
    sandbox.act_as("owner")
    assert sandbox.one(why, new, MONDAY, CLIENT) == "outside_availability"


@pytest.mark.parametrize(("opens", "lasting"), [("09:15", 45), ("09:10", 45), ("09:01", 20), ("16:05", 60)])
def test_hours_as_long_as_a_session_offer_one(sandbox: Sandbox, opens: str, lasting: int) -> None:
    """Whenever they open, at their opening: and nothing that does not fit."""
    start = timedelta(hours=int(opens[:2]), minutes=int(opens[3:]))
    sandbox.run("delete from public.practitioner_availability")
    add_hours(sandbox, opens, str(start + timedelta(minutes=lasting)))
    for columns in (
        {"slot_interval_minutes": 15},
        {"slot_interval_minutes": 60, "slot_alignment": "opening"},
    ):
        set_up(sandbox, **columns)
        kind = sandbox.one(
            "select id from public.session_types where duration_minutes = %s and not is_group limit 1",
            lasting,
        )
        sandbox.act_as("client")
        offered = sandbox.run(
            "select slot.local_start from public.get_available_slots(%s, '2031-06-02', '2031-06-02', 'America/Toronto',"
            " practitioner_id => %s), unnest(slots) slot",
            kind,
            ROW,
        )
        assert [MONDAY.replace(hour=0, tzinfo=None) + start] == [slot["local_start"] for slot in offered]
        at_opening = start / timedelta(minutes=1) - 9 * 60
        assert [None, "outside_availability"] == [
            refusal(sandbox, at_opening, lasting),
            refusal(sandbox, at_opening + 15, lasting),
        ]


def test_sessions_start_at_the_calendars_intervals(sandbox: Sandbox) -> None:
    """From midnight they lie on the clock, whenever the hours open; from the opening they do not."""
    sandbox.run("delete from public.practitioner_availability")
    add_hours(sandbox, "09:10", "17:00")
    set_up(sandbox, slot_interval_minutes=30)
    assert [None, "not_a_start", None, "not_a_start"] == [refusal(sandbox, n) for n in (10, 20, 30, 40)]
    set_up(sandbox, slot_alignment="opening")
    assert [None, "not_a_start", "not_a_start", None] == [refusal(sandbox, n) for n in (10, 20, 30, 40)]
    for beyond in (0, 241):
        with pytest.raises(psycopg.errors.CheckViolation), sandbox.undone():
            set_up(sandbox, slot_interval_minutes=beyond)


def test_empty_hours_open_nothing(sandbox: Sandbox) -> None:
    """A row of the baseline that ends before it starts is not the same as no row."""
    sandbox.run("update public.practitioner_availability set day_of_week = 2")

    assert "outside_availability" == refusal(sandbox, 0)


def test_an_open_exception_replaces_the_hours_of_its_date(sandbox: Sandbox) -> None:
    """And of no other."""
    add_exception(sandbox, True, "18:00", "20:00")

    assert ["outside_availability", None] == [refusal(sandbox, 0), refusal(sandbox, 9 * 60)]
    assert [None, "outside_availability"] == [
        refusal(sandbox, 7 * 24 * 60),
        refusal(sandbox, 7 * 24 * 60 + 9 * 60),
    ]


def test_a_closed_exception_is_taken_away(sandbox: Sandbox) -> None:
    """From the hours, or from what is open instead."""
    add_exception(sandbox, False, "12:00", "13:00")
    assert [None, "outside_availability", None] == [
        refusal(sandbox, 120),
        refusal(sandbox, 150),
        refusal(sandbox, 240),
    ]

    add_exception(sandbox, True, "11:00", "14:00")
    assert ["outside_availability", None, "outside_availability", None] == [
        refusal(sandbox, minutes) for minutes in (0, 120, 180, 240)
    ]


def test_an_exception_may_close_a_whole_date(sandbox: Sandbox) -> None:
    """That is what an exception is if nothing else is said."""
    sandbox.act_as("practitioner")
    sandbox.run(
        "insert into public.availability_exceptions (practitioner_id, on_date) values (%s, '2031-06-02')", ROW
    )

    assert {"outside_availability"} == {refusal(sandbox, minutes) for minutes in range(0, 480, 60)}
    assert refusal(sandbox, 7 * 24 * 60) is None


def test_each_reason_has_its_code(sandbox: Sandbox) -> None:
    """And is refused with a sentence to show."""

    def refused(code: str, **asked: Any) -> None:
        given = {"practitioner": ROW, "at": MONDAY, "lasting": 60} | asked
        sandbox.act_as("owner")
        assert code == sandbox.one(
            WHY_NOT_BOOKABLE, given["practitioner"], given["at"], given["lasting"], CLIENT
        )
        with sandbox.refused(code):
            sandbox.run(
                "select private.refuse_unbookable(%s, %s, %s, %s)",
                given["practitioner"],
                given["at"],
                given["lasting"],
                CLIENT,
            )

    now = sandbox.one("select now()")
    sandbox.run("select private.refuse_unbookable(%s, %s, 60, %s)", ROW, MONDAY, CLIENT)
    refused("practitioner_unavailable", practitioner=CLIENT)
    refused("slot_in_past", at=now)
    refused("slot_in_past", at=now - timedelta(days=7))
    refused("outside_availability", at=MONDAY - timedelta(minutes=1))
    set_up(sandbox, slot_interval_minutes=20)
    refused("not_a_start", at=MONDAY + timedelta(minutes=15))
    set_up(sandbox, slot_interval_minutes=1)
    set_up(sandbox, minimum_notice_minutes=120, booking_horizon_days=3)
    refused("too_short_notice", at=now + timedelta(minutes=119))
    refused("beyond_horizon", at=now + timedelta(days=3, minutes=1))
    set_up(sandbox, minimum_notice_minutes=0, booking_horizon_days=1830)
    book(sandbox, 120)  # at noon UTC plus two hours, an hour after nine
    refused("slot_taken", at=MONDAY + timedelta(minutes=30))
    sandbox.run("update public.practitioners set available = false")
    refused("practitioner_unavailable")


def test_the_callers_own_hold_and_session_are_not_in_the_way(sandbox: Sandbox) -> None:
    """One's hold, and the session that is to be moved; a lapsed hold is in nobody's way."""
    hold(sandbox, 60, user=CLIENT)
    assert [None, "slot_taken"] == [refusal(sandbox, 0), refusal(sandbox, 0, user=OTHER_CLIENT)]
    hold(sandbox, 120, lapsed=True)
    assert refusal(sandbox, 60) is None

    session = book(sandbox, 180)
    sandbox.act_as("owner")
    at = MONDAY + timedelta(minutes=150)
    assert "slot_taken" == sandbox.one(WHY_NOT_BOOKABLE, ROW, at, 60, CLIENT)
    assert (
        sandbox.one(
            "select private.get_unbookable_reason(%s, %s, 60, %s, ignore_session => %s)",
            ROW,
            at,
            CLIENT,
            session,
        )
        is None
    )
    change(sandbox, session, status="cancelled")
    assert refusal(sandbox, 150) is None


def test_time_off_keeps_everybody_out_whatever_the_hours(sandbox: Sandbox) -> None:
    """A buffer reaches into it as well."""
    time_off(sandbox, 60 + 120, 60 + 180)
    assert [None, "slot_taken", None] == [
        refusal(sandbox, 60),
        refusal(sandbox, 61),
        refusal(sandbox, 180),
    ]

    set_up(sandbox, buffer_after_minutes=15)
    assert ["slot_taken", None] == [refusal(sandbox, 60), refusal(sandbox, 45)]


def test_nobody_is_booked_in_a_time_zone_with_outdated_rules(sandbox: Sandbox) -> None:
    """An hour off is worse than not at all."""
    sandbox.run(
        "create or replace function private.has_outdated_rules(time_zone text) returns boolean"
        " language sql stable set search_path = '' as $$ select time_zone = 'America/Toronto' $$"
    )

    assert "practitioner_unavailable" == refusal(sandbox, 0)


def test_this_server_has_the_current_rules_of_canada(sandbox: Sandbox) -> None:
    """The stack gives PostgreSQL the rules of the package tzdata."""
    sandbox.act_as("owner")
    for city in ("Vancouver", "Edmonton", "Inuvik", "Winnipeg", "Toronto"):
        assert not sandbox.one("select private.has_outdated_rules(%s)", f"America/{city}"), city
