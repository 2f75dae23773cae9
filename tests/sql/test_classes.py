"""Classes: a seat is a row and a credit, and there are no more of them than there are places."""

import psycopg
import pytest

from .booking_steps import (
    FREE,
    booking_violations,
    empty_wallet,
    grant,
    in_hours,
    join,
    make_class,
    messages,
    session,
    sign,
    taken,
    type_id,
    wallet,
)
from .conftest import CLIENT, ROW, Sandbox


@pytest.fixture(autouse=True)
def signed(sandbox: Sandbox) -> None:
    """Both clients may join, where a test does not say otherwise."""
    sign(sandbox)
    sign(sandbox, "other")
    grant(sandbox, 2, who="other")


def hold_seat(sandbox: Sandbox, class_id: str, who: str) -> str:
    kind = type_id(sandbox, 60, is_group=True)
    sandbox.act_as(who)
    hold = "select id from public.hold_slot(%s, now(), %s, group_class_id => %s)"
    return str(sandbox.one(hold, FREE, kind, class_id))


# Joining


def test_joining_takes_a_seat_and_a_credit(sandbox: Sandbox) -> None:
    """By the page's own insert, whatever it says about the class; and by the function."""
    evening = make_class(sandbox, in_hours(30))

    seat = session(sandbox, join(sandbox, evening, duration_minutes=5, practitioner_id=ROW))
    sandbox.act_as("other")
    (other,) = sandbox.run("select * from public.join_group_class(%s)", evening)

    assert (2, 1) == (wallet(sandbox), wallet(sandbox, "other"))
    assert 1 == other["credits_remaining"]
    assert (FREE, 60, evening) == (
        str(seat["practitioner_id"]),
        seat["duration_minutes"],
        str(seat["group_class_id"]),
    )
    assert seat["credit_lot_id"]
    assert seat["cancellation_policy_version"]
    assert 2 == taken(sandbox, evening)
    assert ["session_booked"] == messages(sandbox, seat["id"])
    assert not booking_violations(sandbox)


def test_a_class_takes_credits_of_its_kind(sandbox: Sandbox) -> None:
    """An hour's class takes an hour's group credits before generic ones, and none of another kind."""
    empty_wallet(sandbox)
    evening = make_class(sandbox, in_hours(30))
    grant(sandbox, 1, session_type_id=type_id(sandbox, 60))
    with sandbox.refused("no_usable_credit"):
        join(sandbox, evening)

    grant(sandbox, 1)
    fitting = grant(sandbox, 1, session_type_id=type_id(sandbox, 60, is_group=True))
    assert fitting == str(session(sandbox, join(sandbox, evening))["credit_lot_id"])


def test_nobody_joins_a_full_class(sandbox: Sandbox) -> None:
    """A seat somebody holds counts too; one that is left is free again."""
    evening = make_class(sandbox, in_hours(30), max_participants=2)
    seat = join(sandbox, evening, who="other")
    hold_seat(sandbox, evening, "practitioner")
    with sandbox.refused("class_full"):
        join(sandbox, evening)
    assert 3 == wallet(sandbox)

    sandbox.act_as("other")
    sandbox.run("update public.session_schedules set status = 'cancelled' where id = %s", seat)
    assert join(sandbox, evening)
    assert not booking_violations(sandbox)


def test_a_held_seat_is_consumed_by_joining(sandbox: Sandbox) -> None:
    """Otherwise it would keep a place from somebody else."""
    evening = make_class(sandbox, in_hours(30), max_participants=2)
    hold = hold_seat(sandbox, evening, "client")
    join(sandbox, evening)

    sandbox.act_as("owner")
    assert "consumed" == sandbox.one("select status from public.session_holds where id = %s", hold)
    assert join(sandbox, evening, who="other")


def test_nobody_has_two_seats(sandbox: Sandbox) -> None:
    """A second click is one seat and one credit; who has left may come back."""
    evening = make_class(sandbox, in_hours(30))
    seat = join(sandbox, evening)
    with sandbox.refused("already_joined"):
        join(sandbox, evening)
    sandbox.act_as("client")
    with sandbox.refused("already_joined"):
        sandbox.run("select public.join_group_class(%s)", evening)
    assert 2 == wallet(sandbox)

    sandbox.act_as("client")
    sandbox.run("select public.cancel_session(%s)", seat)
    assert join(sandbox, evening)
    assert 2 == wallet(sandbox)
    assert not booking_violations(sandbox)


def test_nobody_joins_a_class_that_has_begun(sandbox: Sandbox) -> None:
    """And one that is cancelled cannot be seen any more."""
    begun = make_class(sandbox, in_hours(30))
    sandbox.act_as("owner")
    sandbox.run(
        "update public.session_schedules set scheduled_at = now() - interval '1 minute' where id = %s", begun
    )
    with sandbox.refused("class_over"):
        join(sandbox, begun)

    cancelled = make_class(sandbox, in_hours(40))
    sandbox.run("update public.session_schedules set status = 'cancelled' where id = %s", cancelled)
    with sandbox.refused("class_not_open"):
        join(sandbox, cancelled)
    sandbox.act_as("client")
    with sandbox.refused("class_not_found"):
        sandbox.run("select public.join_group_class(%s)", cancelled)


def test_nobody_joins_without_a_waiver_or_a_credit(sandbox: Sandbox) -> None:
    """And no seat is counted."""
    evening = make_class(sandbox, in_hours(30))
    with sandbox.refused("waiver_required"):
        join(sandbox, evening, who="stranger")
    empty_wallet(sandbox)
    with sandbox.refused("no_usable_credit"):
        join(sandbox, evening)
    assert 0 == taken(sandbox, evening)


def test_an_admin_gives_a_seat_without_a_credit(sandbox: Sandbox) -> None:
    """The places are counted all the same."""
    evening = make_class(sandbox, in_hours(30), max_participants=2)
    sandbox.act_as("admin")
    seat = sandbox.one(
        "insert into public.session_schedules (practitioner_id, client_id, scheduled_at, room_name, notes)"
        " values (%s, %s, now(), 'given', %s) returning id",
        FREE,
        CLIENT,
        f"Joined group class: {evening}",
    )

    assert session(sandbox, seat)["credit_lot_id"] is None
    assert (1, 3) == (taken(sandbox, evening), wallet(sandbox))


# The number of participants


def test_the_participant_count_of_the_page_is_ignored(sandbox: Sandbox) -> None:
    """It is answered with the class as it is; a client's update finds no row, an admin's the true number."""
    evening = make_class(sandbox, in_hours(30), current_participants=2)
    sandbox.act_as("client")
    for by in (1, -5):
        (row,) = sandbox.run("select * from public.increment_group_class_participants(%s, %s)", evening, by)
        assert (evening, 0, 3) == (str(row["id"]), row["current_participants"], row["max_participants"])
    change = "update public.session_schedules set current_participants = 2 where id = %s returning current_participants"
    assert [] == sandbox.run(change, evening)
    sandbox.act_as("admin")
    assert 0 == sandbox.one(change, evening)


def test_a_class_has_no_fewer_places_than_seats(sandbox: Sandbox) -> None:
    """The refusal says how many have one."""
    evening = make_class(sandbox, in_hours(30))
    join(sandbox, evening)
    join(sandbox, evening, who="other")
    sandbox.act_as("admin")
    change = (
        "update public.session_schedules set max_participants = %s where id = %s returning max_participants"
    )
    for places in (1, 0):
        with pytest.raises(Exception, match=r"2 people have a seat|have_seats"), sandbox.undone():
            sandbox.run(change, places, evening)

    assert 2 == sandbox.one(change, 2, evening)
    assert 5 == sandbox.one(change, 5, evening)


def test_a_class_is_listed_once(sandbox: Sandbox) -> None:
    """A seat is for one, whatever the page sends for it and whoever looks, and its note names no id."""
    evening = make_class(sandbox, in_hours(30))
    seats = [join(sandbox, evening), join(sandbox, evening, who="other", max_participants=500)]
    listed = (
        "select id from public.session_schedules"
        " where max_participants > 1 and scheduled_at >= now() and status <> 'cancelled' order by scheduled_at"
    )
    for who in ("client", "other", "practitioner", "admin"):
        sandbox.act_as(who)
        assert [evening] == [str(row["id"]) for row in sandbox.run(listed)], who

    assert [(1, 1, "Joined group class: Evening class")] * 2 == [
        (row["max_participants"], row["current_participants"], row["notes"])
        for row in (session(sandbox, seat) for seat in seats)
    ]
    for who in ("admin", "service"):
        sandbox.act_as(who)
        with pytest.raises(psycopg.errors.CheckViolation), sandbox.undone():
            sandbox.run("update public.session_schedules set max_participants = 2 where id = %s", seats[0])


def test_a_practitioner_gives_no_seat_away(sandbox: Sandbox) -> None:
    """Not to a client of theirs either, although a seat is for one: it costs whoever joins a credit."""
    evening = make_class(sandbox, in_hours(30), practitioner_id=ROW)
    with sandbox.forbidden():
        join(sandbox, evening, who="practitioner", practitioner_id=ROW, client_id=CLIENT)
