"""Pausing: no new bookings, and nothing else lost: not by the practitioner, not by their clients."""

from .booking_scene import FREE, grant, in_hours, join, make_class, sign, type_id
from .conftest import OTHER_CLIENT, ROW, Stage

HOLD = "select id from public.hold_slot(null, null, %s, group_class_id => %s)"


def pause(stage: Stage, practitioner: str = "stranger") -> None:
    """By the practitioner, as their page does it."""
    stage.act_as(practitioner)
    stage.one("update public.practitioners set available = false where user_id = auth.uid() returning id")


def test_a_class_stays_with_those_who_have_a_seat(stage: Stage) -> None:
    """They read it and the name beside it; nobody else finds it."""
    group_class = make_class(stage, in_hours(50))
    sign(stage)
    join(stage, group_class)
    pause(stage)

    found = """select p.name from public.session_schedules s
                 left join public.practitioners p on p.id = s.practitioner_id where s.id = %s"""
    for who in ("client", "stranger", "admin"):
        stage.act_as(who)
        assert [{"name": "Other practitioner"}] == stage.run(found, group_class), who
    for who in ("other", "practitioner"):
        stage.act_as(who)
        assert [] == stage.run(found, group_class), who


def test_a_class_is_not_offered_and_not_joined(stage: Stage) -> None:
    """Neither held nor joined, with the reason; an admin still gives a seat."""
    kind, at = type_id(stage, 60, is_group=True), in_hours(50)
    group_class = make_class(stage, at)
    sign(stage, "other")
    grant(stage, 1, who="other")
    pause(stage)

    stage.act_as("other")
    slots = (
        """select (unnest({})).reason from public.get_available_slots(%s, %s, %s, 'UTC', explain => true)"""
    )
    asked = (kind, at.date(), at.date())
    assert [] == stage.run(slots.format("slots"), *asked)
    assert [{"reason": "practitioner_unavailable"}] == stage.run(slots.format("refused"), *asked)
    with stage.refused("practitioner_unavailable"):
        stage.run(HOLD, kind, group_class)
    with stage.refused("practitioner_unavailable"):
        join(stage, group_class, who="other")

    stage.act_as("admin")
    stage.one(
        """insert into public.session_schedules (practitioner_id, client_id, scheduled_at, room_name, notes)
           values (%s, %s, %s, 'group-seat', %s) returning id""",
        FREE,
        OTHER_CLIENT,
        at,
        f"Joined group class: {group_class}",
    )


def test_a_seat_that_was_held_is_theirs(stage: Stage) -> None:
    """It may be paid for already."""
    group_class = make_class(stage, in_hours(50))
    sign(stage, "other")
    grant(stage, 1, who="other")
    kind = type_id(stage, 60, is_group=True)
    stage.act_as("other")
    stage.run(HOLD, kind, group_class)
    pause(stage)

    assert join(stage, group_class, who="other")


def test_a_name_stays_beside_what_is_a_clients(stage: Stage) -> None:
    """Beside a recommendation and an assignment as well as beside a session."""
    stage.act_as("owner")
    stage.run("update public.practitioners set available = false")
    name = "select name from public.practitioners where id = %s"
    stage.act_as("client")
    assert stage.run(name, ROW)
    assert [] == stage.run(name, FREE)

    stage.act_as("owner")
    stage.run(
        """insert into public.action_recommendations (practitioner_id, client_id, title, action_type)
           select %s, user_id, 'Rest', 'other' from public.user_roles where role = 'user'""",
        FREE,
    )
    stage.act_as("client")
    assert stage.run(name, FREE)

    stage.act_as("owner")
    stage.run("delete from public.session_schedules where client_id = %s", OTHER_CLIENT)
    stage.act_as("other")
    assert stage.run(name, FREE)  # by assignment
    assert [] == stage.run(name, ROW)
