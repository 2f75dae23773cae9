"""Contracts that are required: who may be booked without one, in slots, classes and bookings alike."""

from typing import Any

import pytest

from .conftest import ADMIN, CLIENT, ROW, Sandbox
from .contract_steps import sign

# A live contract as a condition


@pytest.fixture
def booking_refusals(sandbox: Sandbox) -> Any:
    """Why each of the two practitioners cannot be booked in twenty days, as the client reads it, or None."""
    sandbox.act_as("owner")
    at = "date_trunc('day', now()) + interval '20 days 12 hours'"
    sandbox.run("delete from public.availability_exceptions")
    sandbox.run("update public.practitioner_calendars set booking_horizon_days = 60, time_zone = 'UTC'")
    sandbox.run("update public.practitioner_calendars set is_always_open = true")

    def ask() -> list[str | None]:
        sandbox.act_as("owner")
        return [
            row["reason"]
            for row in sandbox.run(
                f"""select private.get_unbookable_reason(p.id, {at}, 60, %s) as reason
                      from public.practitioners p order by p.id""",
                CLIENT,
            )
        ]

    return ask


def need_contracts(sandbox: Sandbox) -> None:
    sandbox.act_as("admin")
    sandbox.run("update public.contract_rules set live_contract_needed = true")


def test_nobody_needs_a_contract_until_an_admin_requires_one(sandbox: Sandbox, booking_refusals: Any) -> None:
    """The second practitioner has signed, the first has not."""
    assert [None, None] == booking_refusals()

    need_contracts(sandbox)
    assert ["practitioner_unavailable", None] == booking_refusals()
    sign(sandbox)
    assert [None, None] == booking_refusals()
    sandbox.act_as("admin")
    sandbox.run(
        "update public.practitioner_contracts set status = 'revoked', revoked_reason = 'Over.' where id = %s",
        ROW,
    )
    assert ["practitioner_unavailable", None] == booking_refusals()


@pytest.mark.parametrize(("ends_in", "reason"), [("19 days", "practitioner_unavailable"), ("30 days", None)])
def test_the_contract_must_still_be_valid_when_the_session_ends(
    sandbox: Sandbox, booking_refusals: Any, ends_in: str, reason: str | None
) -> None:
    """A contract that ends before the session is none for it."""
    sandbox.act_as("admin")
    sandbox.run(
        f"update public.practitioner_contracts set expires_at = now() + interval '{ends_in}' where id = %s",
        ROW,
    )
    sign(sandbox)
    need_contracts(sandbox)

    assert [reason, None] == booking_refusals()


def test_slots_classes_and_bookings_apply_the_same_rule(sandbox: Sandbox, booking_refusals: Any) -> None:
    """A practitioner without a contract is not offered, held or joined; a client who has a seat keeps it."""
    kind = "select id from public.session_types where {} is_group and is_active order by duration_minutes limit 1"
    one, group = sandbox.one(kind.format("not")), sandbox.one(kind.format(""))
    starts = "date_trunc('day', now()) + interval '20 days 15 hours'"
    group_class = sandbox.one(
        f"""insert into public.session_schedules
              (practitioner_id, client_id, scheduled_at, duration_minutes, room_name, max_participants)
            select %s, %s, {starts}, duration_minutes, 'a-class', 5 from public.session_types where id = %s
            returning id""",
        *(ROW, ADMIN, group),
    )

    def offered() -> list[int]:
        sandbox.act_as("client")
        slots = """select coalesce(sum(cardinality(s.slots)), 0)::integer from public.get_available_slots(
                     %s, (now() + interval '20 days')::date, (now() + interval '20 days')::date, 'UTC', %s) s"""
        return [min(1, sandbox.one(slots, each, ROW)) for each in (one, group)]

    assert [1, 1] == offered()
    need_contracts(sandbox)
    assert [0, 0] == offered()
    hold = "select public.hold_slot(%s, {}, %s{})"
    with sandbox.refused("practitioner_unavailable"):
        sandbox.run(hold.format(starts, ""), ROW, one)
    with sandbox.refused("practitioner_unavailable"):
        sandbox.run(hold.format(starts, f", group_class_id => '{group_class}'"), ROW, group)

    sign(sandbox)
    assert [1, 1] == offered()
