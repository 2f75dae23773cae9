"""Classes that are moved, cancelled, deleted or left: every seat goes along."""

import pytest

from .booking_steps import (
    booking_violations,
    grant,
    in_hours,
    join,
    make_class,
    messages,
    session,
    sign,
    taken,
    wallet,
)
from .conftest import CLIENT, ROW, Sandbox


@pytest.fixture(autouse=True)
def signed(sandbox: Sandbox) -> None:
    """Both clients may join, where a test does not say otherwise."""
    sign(sandbox)
    sign(sandbox, "other")
    grant(sandbox, 2, who="other")


def test_no_class_is_made_or_moved_into_the_past(sandbox: Sandbox) -> None:
    """Nor is a session of two people that would be over: whoever is in it would be told of an hour that has gone."""
    with sandbox.refused("slot_in_past"):
        make_class(sandbox, in_hours(-1))
    for who in ("practitioner", "admin"):
        sandbox.act_as(who)
        with sandbox.refused("slot_in_past"):
            sandbox.run(
                "insert into public.session_schedules (practitioner_id, client_id, scheduled_at, room_name)"
                " values (%s, %s, now() - interval '1 hour', 'session-past')",
                ROW,
                CLIENT,
            )
    evening = make_class(sandbox, in_hours(30))
    sandbox.act_as("admin")
    with sandbox.refused("slot_in_past"):
        sandbox.run(
            "update public.session_schedules set scheduled_at = now() - interval '1 minute' where id = %s",
            evening,
        )


def test_a_class_moves_with_all_its_seats(sandbox: Sandbox) -> None:
    """Time, place and name; and each seat gets a message."""
    evening = make_class(sandbox, in_hours(30))
    seat = join(sandbox, evening)
    sandbox.act_as("admin")
    sandbox.run(
        "update public.session_schedules set scheduled_at = %s, class_name = 'Night', max_participants = 9,"
        " session_location = 'in_person', physical_location = 'Studio' where id = %s",
        in_hours(40),
        evening,
    )

    row = session(sandbox, seat)
    assert (in_hours(40), "Night", "Joined group class: Night", 1, "in_person", "Studio", 1) == (
        row["scheduled_at"],
        row["class_name"],
        row["notes"],
        row["max_participants"],
        row["session_location"],
        row["physical_location"],
        row["current_participants"],
    )
    assert ["session_booked", "session_rescheduled"] == messages(sandbox, seat)
    for who in ("client", "admin"):
        sandbox.act_as(who)
        with sandbox.refused("session_is_fixed" if who == "client" else "seat_moves_with_its_class"):
            sandbox.run(
                "update public.session_schedules set scheduled_at = %s where id = %s", in_hours(50), seat
            )


# Ending


@pytest.mark.parametrize("way", ["update", "delete", "function"])
@pytest.mark.parametrize("hours", [30, 1])
def test_cancelling_a_class_gives_every_seat_its_credit_back(sandbox: Sandbox, way: str, hours: int) -> None:
    """However late; deleting is the only way the admin page has, so it cancels where somebody has a seat."""
    evening = make_class(sandbox, in_hours(hours))
    seats = [join(sandbox, evening), join(sandbox, evening, who="other")]
    sandbox.act_as("admin")
    match way:
        case "update":
            sandbox.run("update public.session_schedules set status = 'cancelled' where id = %s", evening)
        case "delete":
            assert [] == sandbox.run(
                "delete from public.session_schedules where id = %s returning id", evening
            )
        case _:
            quote = sandbox.one("select credit_returned from public.quote_cancellation(%s)", evening)
            assert 2 == quote == sandbox.one("select credit_returned from public.cancel_session(%s)", evening)

    assert (3, 2) == (wallet(sandbox), wallet(sandbox, "other"))
    assert ["cancelled"] * 3 == [session(sandbox, each)["status"] for each in (evening, *seats)]
    assert ["session_booked", "session_cancelled"] == messages(sandbox, seats[0])
    assert 0 == taken(sandbox, evening)
    assert not booking_violations(sandbox)
    # Deleted, or deleted once it is cancelled, it leaves the admin's list and stays as evidence.
    sandbox.act_as("admin")
    listed = "select id from public.session_schedules where id = %s and notes not like 'Joined group class%%'"
    assert (way != "delete") == bool(sandbox.run(listed, evening))
    sandbox.run("delete from public.session_schedules where id = %s", evening)
    assert [] == sandbox.run(listed, evening)
    assert "cancelled" == session(sandbox, evening)["status"]


def test_a_class_that_was_held_is_kept(sandbox: Sandbox) -> None:
    """With its note, and the admin is told why."""
    evening = make_class(sandbox, in_hours(30))
    join(sandbox, evening)
    sandbox.act_as("owner")
    sandbox.run("update public.session_schedules set status = 'completed' where id = %s", evening)
    sandbox.act_as("admin")
    with sandbox.refused("class_is_kept"):
        sandbox.run("delete from public.session_schedules where id = %s", evening)


def test_a_class_without_seats_is_deleted(sandbox: Sandbox) -> None:
    """As the admin page asks."""
    evening = make_class(sandbox, in_hours(30))

    assert sandbox.run("delete from public.session_schedules where id = %s returning id", evening)


def test_leaving_a_class_gives_seat_and_credit_back(sandbox: Sandbox) -> None:
    """By the policy, as for any session; the class goes on."""
    evening = make_class(sandbox, in_hours(30))
    seat = join(sandbox, evening)
    sandbox.act_as("client")
    assert sandbox.one("select credit_returned from public.cancel_session(%s, 'Ill')", seat)

    assert (3, 0, "scheduled") == (
        wallet(sandbox),
        taken(sandbox, evening),
        session(sandbox, evening)["status"],
    )
    assert not booking_violations(sandbox)
