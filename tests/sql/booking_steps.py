"""What the tests of credits, bookings, classes and cancellations share."""

from datetime import UTC, datetime, timedelta
from typing import Any

from .conftest import ADMIN, IDENTITIES, Sandbox

FREE = "20000000-0000-4000-8000-000000000002"  # a practitioner without weekly hours: bookable at any time

ANY_TIME = """
    update public.practitioner_calendars set is_always_open = true, slot_interval_minutes = 1 where practitioner_id = %s
"""

# Everything that must be true of credits, seats and time whatever happened; a row is what is not.
BOOKING_VIOLATIONS = """
    select 'credits are not the sum of the ledger' as violation, c.id as of from public.user_session_credits c
     where c.credits_remaining <> (select coalesce(sum(l.change), 0) from public.credit_ledger l where l.lot_id = c.id)
    union all
    select 'credits are negative', c.id from public.user_session_credits c where c.credits_remaining < 0
    union all
    select 'a session did not spend its one credit', s.id from public.session_schedules s
     where s.credit_lot_id is not null
       and 1 <> (select count(*) from public.credit_ledger l
                  where l.session_id = s.id and l.lot_id = s.credit_lot_id and l.kind = 'spend')
    union all
    select 'a credit was spent on nothing', l.session_id from public.credit_ledger l
     where l.kind = 'spend' and not exists (select from public.session_schedules s where s.id = l.session_id)
    union all
    select 'a credit came back from a session that stands', l.session_id from public.credit_ledger l
      join public.session_schedules s on s.id = l.session_id where l.kind = 'return' and s.status <> 'cancelled'
    union all
    select 'a class is oversold', k.id from public.session_schedules k
     where k.max_participants > 1 and k.group_class_id is null
       and k.max_participants < (select count(*) from public.session_schedules s
                                  where s.group_class_id = k.id and s.status <> 'cancelled')
    union all
    select 'a class is miscounted', k.id from public.session_schedules k
     where k.max_participants > 1 and k.group_class_id is null
       and k.current_participants <> (select count(*) from public.session_schedules s
                                       where s.group_class_id = k.id and s.status <> 'cancelled')
    union all
    select 'two sessions overlap', a.id from public.session_schedules a
      join public.session_schedules b on b.practitioner_id = a.practitioner_id and b.id <> a.id
     where a.group_class_id is null and b.group_class_id is null
       and a.status in ('scheduled', 'in_progress') and b.status in ('scheduled', 'in_progress')
       and tstzrange(a.scheduled_at, a.scheduled_at + make_interval(mins => a.duration_minutes))
           && tstzrange(b.scheduled_at, b.scheduled_at + make_interval(mins => b.duration_minutes))
       -- A class online and in person at once is one occasion.
       and not (a.max_participants > 1 and b.max_participants > 1 and a.scheduled_at = b.scheduled_at
                and a.session_location <> b.session_location)
    union all
    select 'a session has no time of its own', s.id from public.session_schedules s
     where s.group_class_id is null and s.status = 'scheduled' and s.scheduled_at > now()
       and not exists (select from private.practitioner_time t where t.session_id = s.id)
"""


def in_hours(hours: float) -> datetime:
    """So many hours from now, on a full minute."""
    return (datetime.now(UTC) + timedelta(hours=hours)).replace(second=0, microsecond=0)


def type_id(
    sandbox: Sandbox, minutes: int = 45, practice: str = "standing", *, is_group: bool = False
) -> str:
    """A kind of session that is on sale."""
    sandbox.act_as("owner")
    return str(
        sandbox.one(
            "select id from public.session_types"
            " where (duration_minutes, session_type, is_group) = (%s, %s, %s) and is_active",
            minutes,
            practice,
            is_group,
        )
    )


def sign(sandbox: Sandbox, who: str = "client") -> None:
    """Somebody signs the current waiver, if they have not."""
    sandbox.act_as("owner")
    sandbox.run(
        """insert into public.liability_waivers (user_id, waiver_text, waiver_policy_id, waiver_policy_version)
           select %s, policy_text, id, version from public.waiver_policy where is_active on conflict do nothing""",
        IDENTITIES[who][1],
    )


def grant(sandbox: Sandbox, many: int, *, who: str = "client", **other: Any) -> str:
    """Somebody gets so many credits. Gives the lot."""
    sandbox.act_as("owner")
    names = "".join(f", {name} => %s" for name in other)
    return str(
        sandbox.one(f"select private.grant_credits(%s, %s{names})", IDENTITIES[who][1], many, *other.values())
    )


def empty_wallet(sandbox: Sandbox) -> None:
    """The seeded client has credits for any kind of session; not here."""
    sandbox.act_as("owner")
    sandbox.run(
        "insert into public.credit_ledger (lot_id, user_id, change, kind, reason)"
        " select id, user_id, -credits_remaining, 'adjustment', 'Not in this scene' from public.user_session_credits"
    )


def book(sandbox: Sandbox, at: datetime, *, who: str = "client", **other: Any) -> dict[str, Any]:
    """Somebody books as the page does."""
    asked = {
        "practitioner_id": FREE,
        "scheduled_at": at,
        "duration_minutes": 45,
        "session_type_id": None,
        "session_type": "standing",
        "is_group": False,
        "session_location": "online",
        "physical_location": None,
        "notes": None,
        **other,
    }
    sandbox.act_as(who)
    named = ", ".join(f"{name} => %s" for name in asked)
    (booked,) = sandbox.run(f"select * from public.book_session_with_credit({named})", *asked.values())
    return booked


def make_class(sandbox: Sandbox, at: datetime, **other: Any) -> str:
    """An admin makes a class as the admin page does."""
    row = {
        "practitioner_id": FREE,
        "client_id": ADMIN,
        "scheduled_at": at,
        "duration_minutes": 60,
        "max_participants": 3,
        "current_participants": 0,
        "session_location": "online",
        "room_name": f"group-{at.timestamp()}-{other.get('session_location', 'online')}",
        "class_name": "Evening class",
        "status": "scheduled",
        "notes": "Pre-scheduled group class created by admin",
        **other,
    }
    sandbox.act_as("admin")
    return insert(sandbox, row)


def join(sandbox: Sandbox, class_id: str, *, who: str = "client", **other: Any) -> str:
    """Somebody joins as the booking page does. Gives the id of their seat."""
    row = {
        "practitioner_id": FREE,
        "client_id": IDENTITIES[who][1],
        "scheduled_at": in_hours(1),
        "duration_minutes": 60,
        "room_name": f"group-{class_id}-{who}-{datetime.now(UTC).timestamp()}",
        "max_participants": 3,
        "current_participants": 1,
        "session_location": "online",
        "status": "scheduled",
        "notes": f"Joined group class: {class_id}",
        **other,
    }
    sandbox.act_as(who)
    return insert(sandbox, row)


def insert(sandbox: Sandbox, row: dict[str, Any]) -> str:
    names, marks = ", ".join(row), ", ".join(["%s"] * len(row))
    return str(
        sandbox.one(
            f"insert into public.session_schedules ({names}) values ({marks}) returning id", *row.values()
        )
    )


def session(sandbox: Sandbox, session_id: object) -> dict[str, Any]:
    """The row as it is."""
    sandbox.act_as("owner")
    (row,) = sandbox.run("select * from public.session_schedules where id = %s", session_id)
    return row


def start_in(sandbox: Sandbox, session_id: object, hours: float) -> None:
    """Time has passed: the session starts so many hours from now, and nobody has changed it."""
    sandbox.act_as("owner")
    sandbox.run(
        "update public.session_schedules set scheduled_at = %s where id = %s", in_hours(hours), session_id
    )
    sandbox.run("delete from private.session_agreements where session_id = %s", session_id)
    sandbox.run(
        "delete from private.outbox where session_id = %s and kind = 'session_rescheduled'", session_id
    )


def wallet(sandbox: Sandbox, who: str = "client") -> int:
    """What somebody could spend today."""
    sandbox.act_as(who)
    return int(sandbox.one("select total_credits from public.check_session_credits()"))


def lines(sandbox: Sandbox, lot: object) -> list[tuple[str, int]]:
    """A lot's ledger."""
    sandbox.act_as("owner")
    return [
        (row["kind"], row["change"])
        for row in sandbox.run(
            "select * from public.credit_ledger where lot_id = %s order by created_at", lot
        )
    ]


def messages(sandbox: Sandbox, about: object) -> list[str]:
    """What was put in the outbox about a session."""
    sandbox.act_as("owner")
    return [
        row["kind"]
        for row in sandbox.run("select kind from private.outbox where session_id = %s order by id", about)
    ]


def booking_violations(sandbox: Sandbox) -> list[dict[str, Any]]:
    sandbox.act_as("owner")
    return sandbox.run(BOOKING_VIOLATIONS)


def taken(sandbox: Sandbox, class_id: str) -> int:
    """How many places of a class."""
    return int(session(sandbox, class_id)["current_participants"])
