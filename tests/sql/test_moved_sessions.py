"""Moving: by whoever may and by whatever way, with everything that the session has."""

from datetime import timedelta

import pytest

from .booking_steps import FREE, book, booking_violations, grant, in_hours, messages, session, sign, wallet
from .cancellation_steps import LED_BY, booked
from .conftest import Sandbox


@pytest.fixture(autouse=True)
def signed(sandbox: Sandbox) -> None:
    sign(sandbox)
    sign(sandbox, "other")


# Moving


@pytest.mark.parametrize("way", ["update", "function"])
@pytest.mark.parametrize("who", ["client", "practitioner", "admin"])
def test_a_session_moves_with_everything_it_has(sandbox: Sandbox, way: str, who: str) -> None:
    """Its credit stays spent, the old time is free, the new one taken, and people are notified."""
    made, to = booked(sandbox, 30), in_hours(40)
    sandbox.act_as(LED_BY[who])
    if way == "update":
        note = "Rescheduled on 1/1/2027"
        sandbox.run(
            "update public.session_schedules set scheduled_at = %s, notes = %s where id = %s", to, note, made
        )
    else:
        (moved,) = sandbox.run("select * from public.reschedule_session(%s, %s)", made, to)
        assert to == moved["scheduled_at"]

    row = session(sandbox, made)
    assert (to, "scheduled") == (row["scheduled_at"], row["status"])
    assert "Rescheduled on" in row["notes"]
    assert "session_rescheduled" == messages(sandbox, made)[-1]
    assert 2 == wallet(sandbox)
    assert not booking_violations(sandbox)
    grant(sandbox, 1, who="other")
    assert book(sandbox, in_hours(30), who="other")


@pytest.mark.parametrize("way", ["update", "function"])
def test_a_client_moves_by_the_rules_of_booking_and_cancelling(sandbox: Sandbox, way: str) -> None:
    """Not too late, not onto other time, not into the past, not outside the hours."""
    late, made = booked(sandbox, 1), booked(sandbox, 40)
    grant(sandbox, 1, who="other")
    book(sandbox, in_hours(50), who="other")

    def move(session_id: str, hours: float) -> None:
        sandbox.act_as("client")
        if way == "update":
            sandbox.run(
                "update public.session_schedules set scheduled_at = %s where id = %s",
                in_hours(hours),
                session_id,
            )
        else:
            sandbox.run("select public.reschedule_session(%s, %s)", session_id, in_hours(hours))

    with sandbox.refused("too_late_to_move"):
        move(late, 60)
    for code, hours in (("slot_taken", 50.5), ("slot_in_past", -1), ("beyond_horizon", 24 * 400)):
        with sandbox.refused(code):
            move(made, hours)
    sandbox.act_as("owner")
    sandbox.run(
        "update public.practitioner_calendars set minimum_notice_minutes = 600 where practitioner_id = %s",
        FREE,
    )
    with sandbox.refused("too_short_notice"):
        move(made, 5)
    assert in_hours(40) == session(sandbox, made)["scheduled_at"]
    move(made, 40.5)  # onto a part of its own time
    assert not booking_violations(sandbox)


def test_staff_moves_outside_the_hours_but_not_onto_taken_time(sandbox: Sandbox) -> None:
    """An admin at any time before it begins, a practitioner in good time; nobody moves what is over."""
    made = booked(sandbox, 30)
    grant(sandbox, 1, who="other")
    book(sandbox, in_hours(50), who="other")
    sandbox.act_as("owner")
    sandbox.run(
        "update public.practitioner_calendars set minimum_notice_minutes = 600 where practitioner_id = %s",
        FREE,
    )
    move = "select public.reschedule_session(%s, %s)"
    for who in ("stranger", "admin"):
        sandbox.act_as(who)
        with sandbox.refused("slot_taken"):
            sandbox.run(move, made, in_hours(50) + timedelta(minutes=20))
        with sandbox.refused("slot_in_past"):
            sandbox.run(move, made, in_hours(-1))
        sandbox.run(move, made, in_hours(5))
    sandbox.run(move, made, in_hours(1))
    sandbox.act_as("stranger")
    with sandbox.refused("change_needs_a_yes"):
        sandbox.run(move, made, in_hours(5))
    sandbox.act_as("owner")
    sandbox.run("update public.session_schedules set status = 'completed' where id = %s", made)
    sandbox.act_as("admin")
    with sandbox.refused("session_not_movable"):
        sandbox.run(move, made, in_hours(50))


def test_moving_and_cancelling_in_one_update_is_refused(sandbox: Sandbox) -> None:
    """A time far ahead would make a late cancellation an early one."""
    made = booked(sandbox, 1)
    sandbox.act_as("client")
    with sandbox.refused("session_is_fixed"):
        sandbox.run(
            "update public.session_schedules set status = 'cancelled', scheduled_at = %s where id = %s",
            in_hours(90),
            made,
        )
