"""One person is not booked twice for one hour: as a client, as a practitioner, and as one and the other."""

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .booking_steps import ANY_TIME, FREE, book, grant, in_hours, join, make_class, sign, type_id
from .conftest import CLIENT, ROW, STRANGER, Sandbox

HOLD = """insert into public.session_holds
            (user_id, practitioner_id, scheduled_at, duration_minutes, session_type_id, expires_at)
          values (%s, %s, %s, 45, %s, now() + interval '10 minutes')"""
ADD = """insert into public.session_schedules (practitioner_id, client_id, scheduled_at, duration_minutes, room_name)
         values (%s, %s, %s, 30, 'r')"""


@pytest.fixture(autouse=True)
def _ready(sandbox: Sandbox) -> None:
    """Both practitioners can be booked at any time, and everybody can book."""
    sandbox.act_as("owner")
    sandbox.run(ANY_TIME, ROW)
    for who in ("client", "practitioner", "stranger"):
        sign(sandbox, who)
        grant(sandbox, 9, who=who)


def offers(sandbox: Sandbox, who: str, practitioner: str, at: datetime) -> bool:
    """Whether somebody is offered this start for 45 minutes."""
    sandbox.act_as(who)
    return bool(
        sandbox.run(
            "select 1 from public.get_available_slots((select id from public.session_types where duration_minutes = 45"
            " and session_type = 'standing' and not is_group), (%s at time zone 'UTC')::date,"
            " (%s at time zone 'UTC')::date, 'UTC', practitioner_id => %s), unnest(slots) slot"
            " where slot.starts_at = %s",
            at,
            at,
            practitioner,
            at,
        )
    )


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(shift=st.integers(-100, 100), as_practitioner=st.booleans(), ended=st.booleans())
def test_what_overlaps_is_refused_and_not_offered(
    sandbox: Sandbox, shift: int, as_practitioner: bool, ended: bool
) -> None:
    """Exactly when the two overlap, whoever the person is in the first of them; a cancelled one is in nobody's way."""
    at = in_hours(48)
    with sandbox.undone():
        # The stranger, who is the practitioner FREE, gives a session or attends one.
        if as_practitioner:
            first = book(sandbox, at)["session_id"]
            asker, other = "stranger", ROW
        else:
            first = book(sandbox, at, practitioner_id=ROW)["session_id"]
            asker, other = "client", FREE
        if ended:
            sandbox.act_as("client")
            sandbox.run("update public.session_schedules set status = 'cancelled' where id = %s", first)
        second = at + timedelta(minutes=shift)
        clash = abs(shift) < 45 and not ended

        assert clash is not offers(sandbox, asker, other, second)
        if clash:
            with sandbox.refused("double_booked"):
                book(sandbox, second, practitioner_id=other, who=asker)
        else:
            assert book(sandbox, second, practitioner_id=other, who=asker)


def test_a_practitioner_who_attends_a_session_is_not_free(sandbox: Sandbox) -> None:
    """For nobody, and not for themself either when they add a session or an admin a class."""
    at = in_hours(48)
    book(sandbox, at + timedelta(hours=5))  # so that they are their client
    book(sandbox, at, who="stranger", practitioner_id=ROW)

    assert not offers(sandbox, "client", FREE, at)
    with sandbox.refused("slot_taken"):
        book(sandbox, at)
    with sandbox.refused("slot_taken"):
        make_class(sandbox, at)
    sandbox.act_as("stranger")
    with sandbox.refused("slot_taken"):
        sandbox.run(
            ADD,
            FREE,
            CLIENT,
            at,
        )


def test_a_practitioner_adds_no_session_over_another_of_their_client(sandbox: Sandbox) -> None:
    """Nor moves one there. Whose row the policies refuse learns nothing."""
    at = in_hours(48)
    book(sandbox, at)
    own = book(sandbox, at + timedelta(hours=3), practitioner_id=ROW)["session_id"]
    sandbox.act_as("practitioner")
    with sandbox.refused("double_booked"):
        sandbox.run(ADD, ROW, CLIENT, at)
    with sandbox.forbidden():
        sandbox.run(ADD, FREE, CLIENT, at)
    sandbox.act_as("client")
    with sandbox.refused("double_booked"):
        sandbox.run("update public.session_schedules set scheduled_at = %s where id = %s", at, own)


def test_a_class_over_another_session_is_refused_and_both_forms_of_one_are_not(sandbox: Sandbox) -> None:
    """Online and in person at once, linked or not yet: "book either or both"."""
    at = in_hours(48)
    online = make_class(sandbox, at)
    studio = make_class(sandbox, at, session_location="in_person", physical_location="Hall - Street 1")
    elsewhere = make_class(sandbox, at + timedelta(minutes=30), practitioner_id=ROW)

    assert join(sandbox, online)
    assert join(sandbox, studio)
    with sandbox.refused("double_booked"):
        join(sandbox, elsewhere)
    with sandbox.refused("double_booked"):
        sandbox.run("select public.join_group_class(%s)", elsewhere)
    sandbox.act_as("client")
    (kind,) = sandbox.run(
        "select id, duration_minutes from public.session_types where is_group and duration_minutes = 60 limit 1"
    )
    reasons = sandbox.run(
        "select slot.group_class_id::text as id, slot.reason"
        " from public.get_available_slots(%s, (%s at time zone 'UTC')::date,"
        " (%s at time zone 'UTC')::date, 'UTC', explain => true), unnest(slots || refused) slot",
        kind["id"],
        at,
        at + timedelta(hours=1),
    )
    assert {online: "already_joined", elsewhere: "double_booked"} == {
        row["id"]: row["reason"] for row in reasons if row["id"] in (online, elsewhere)
    }


def test_a_seat_that_moves_with_its_class_is_not_refused(sandbox: Sandbox) -> None:
    """One person does not hold up a class: whoever has a seat is told."""
    at = in_hours(48)
    moved = make_class(sandbox, at)
    join(sandbox, moved)
    book(sandbox, at + timedelta(hours=5), practitioner_id=ROW)

    sandbox.act_as("admin")
    assert sandbox.run(
        "update public.session_schedules set scheduled_at = %s where id = %s returning id",
        at + timedelta(hours=5),
        moved,
    )


def test_what_a_booking_has_checked_is_checked_again_when_it_changes(sandbox: Sandbox) -> None:
    """A booking checks before it writes the row, and the trigger lets that one row pass: not once it moves, and not
    where a hold kept the time and nothing was checked.
    """
    first, second = in_hours(48), in_hours(72)
    book(sandbox, first, practitioner_id=ROW)
    moved = book(sandbox, second)["session_id"]
    sandbox.act_as("admin")
    with sandbox.refused("double_booked"):
        sandbox.run("update public.session_schedules set scheduled_at = %s where id = %s", first, moved)

    third = in_hours(96)
    kind = type_id(sandbox)
    sandbox.run(HOLD, CLIENT, FREE, third, kind)
    book(sandbox, third, practitioner_id=ROW)
    with sandbox.refused("double_booked"):
        book(sandbox, third)


def test_who_made_a_class_has_no_seat_in_it(sandbox: Sandbox) -> None:
    """The page writes an admin, or the practitioner, as the client of a class's own row."""
    at = in_hours(48)
    for maker in (STRANGER, CLIENT):
        make_class(sandbox, at, client_id=maker)
        at += timedelta(hours=3)

    assert book(sandbox, at - timedelta(hours=3), practitioner_id=ROW)
