"""Pausing: no new bookings, and nothing else lost: not by the practitioner, not by their clients."""

from .booking_steps import FREE, grant, in_hours, join, make_class, sign, type_id
from .conftest import OTHER_CLIENT, ROW, Sandbox

HOLD = "select id from public.hold_slot(null, null, %s, group_class_id => %s)"


def pause(sandbox: Sandbox, practitioner: str = "stranger") -> None:
    """By the practitioner, as their page does it."""
    sandbox.act_as(practitioner)
    sandbox.one("update public.practitioners set available = false where user_id = auth.uid() returning id")


def test_a_class_of_a_paused_practitioner_stays_visible_to_its_seats(sandbox: Sandbox) -> None:
    """They read it and the name beside it; nobody else finds it."""
    group_class = make_class(sandbox, in_hours(50))
    sign(sandbox)
    join(sandbox, group_class)
    pause(sandbox)

    found = """select p.name from public.session_schedules s
                 left join public.practitioners p on p.id = s.practitioner_id where s.id = %s"""
    for who in ("client", "stranger", "admin"):
        sandbox.act_as(who)
        assert [{"name": "Other practitioner"}] == sandbox.run(found, group_class), who
    for who in ("other", "practitioner"):
        sandbox.act_as(who)
        assert [] == sandbox.run(found, group_class), who


def test_a_class_of_a_paused_practitioner_is_neither_offered_nor_joined(sandbox: Sandbox) -> None:
    """Neither held nor joined, with the reason; an admin still gives a seat."""
    kind, at = type_id(sandbox, 60, is_group=True), in_hours(50)
    group_class = make_class(sandbox, at)
    sign(sandbox, "other")
    grant(sandbox, 1, who="other")
    pause(sandbox)

    sandbox.act_as("other")
    slots = (
        """select (unnest({})).reason from public.get_available_slots(%s, %s, %s, 'UTC', explain => true)"""
    )
    asked = (kind, at.date(), at.date())
    assert [] == sandbox.run(slots.format("slots"), *asked)
    assert [{"reason": "practitioner_unavailable"}] == sandbox.run(slots.format("refused"), *asked)
    with sandbox.refused("practitioner_unavailable"):
        sandbox.run(HOLD, kind, group_class)
    with sandbox.refused("practitioner_unavailable"):
        join(sandbox, group_class, who="other")

    sandbox.act_as("admin")
    sandbox.one(
        """insert into public.session_schedules (practitioner_id, client_id, scheduled_at, room_name, notes)
           values (%s, %s, %s, 'group-seat', %s) returning id""",
        FREE,
        OTHER_CLIENT,
        at,
        f"Joined group class: {group_class}",
    )


def test_a_held_seat_with_a_paused_practitioner_may_still_be_taken(sandbox: Sandbox) -> None:
    """It may be paid for already."""
    group_class = make_class(sandbox, in_hours(50))
    sign(sandbox, "other")
    grant(sandbox, 1, who="other")
    kind = type_id(sandbox, 60, is_group=True)
    sandbox.act_as("other")
    sandbox.run(HOLD, kind, group_class)
    pause(sandbox)

    assert join(sandbox, group_class, who="other")


def test_the_name_of_a_paused_practitioner_stays_readable_to_their_clients(sandbox: Sandbox) -> None:
    """Beside a recommendation and an assignment as well as beside a session."""
    sandbox.act_as("owner")
    sandbox.run("update public.practitioners set available = false")
    name = "select name from public.practitioners where id = %s"
    sandbox.act_as("client")
    assert sandbox.run(name, ROW)
    assert [] == sandbox.run(name, FREE)

    sandbox.act_as("owner")
    sandbox.run(
        """insert into public.action_recommendations (practitioner_id, client_id, title, action_type)
           select %s, user_id, 'Rest', 'other' from public.user_roles where role = 'user'""",
        FREE,
    )
    sandbox.act_as("client")
    assert sandbox.run(name, FREE)

    sandbox.act_as("owner")
    sandbox.run("delete from public.session_schedules where client_id = %s", OTHER_CLIENT)
    sandbox.act_as("other")
    assert sandbox.run(name, FREE)  # by assignment
    assert [] == sandbox.run(name, ROW)
