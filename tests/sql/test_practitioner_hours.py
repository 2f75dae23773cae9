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
    assert ("America/Toronto", 0, 365) == (
        calendar["time_zone"],
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
    with pytest.raises(psycopg.errors.ExclusionViolation), sandbox.undone():
        add_hours(sandbox, start, end)
    with pytest.raises(psycopg.errors.CheckViolation), sandbox.undone():
        add_hours(sandbox, end, start)


def test_without_hours_every_hour_is_open(sandbox: Sandbox) -> None:
    """As before there were hours."""
    sandbox.run("delete from public.practitioner_availability")

    assert [None, None] == [refusal(sandbox, -600), refusal(sandbox, 24 * 60 * 3)]


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
        "create or replace function private.list_outdated_time_zones() returns setof text"
        " language sql stable set search_path = '' as $$ select 'America/Toronto' $$"
    )

    assert "practitioner_unavailable" == refusal(sandbox, 0)
    assert sandbox.one("select not private.time_zone_rules_are_current()")


def test_this_server_has_the_current_rules_of_canada(sandbox: Sandbox) -> None:
    """The stack gives PostgreSQL the rules of the package tzdata."""
    sandbox.act_as("owner")
    assert sandbox.one("select private.time_zone_rules_are_current()")
