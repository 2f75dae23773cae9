"""What tests of series do: ask for one, book or quote it, and look at its times."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from .booking_steps import FREE, type_id
from .conftest import Sandbox

TORONTO = ZoneInfo("America/Toronto")
FIRST = datetime.now(TORONTO).date() + timedelta(days=10)


def ask(sandbox: Sandbox, rpc: str, *, who: str = "client", **other: Any) -> dict[str, Any]:
    """Somebody asks for a session every week at ten. Gives the plan, with its dates read."""
    asked: dict[str, Any] = {
        "practitioner_id": FREE,
        "session_type_id": type_id(sandbox),
        "first_date": FIRST,
        "at_time": "10:00",
        "sessions": 4,
        **other,
    }
    return call(sandbox, rpc, who, asked)


def call(sandbox: Sandbox, rpc: str, who: str, asked: dict[str, Any]) -> dict[str, Any]:
    sandbox.act_as(who)
    values = [json.dumps(each) if isinstance(each, dict) else each for each in asked.values()]
    named = ", ".join(f"{name} => %s" for name in asked)
    plan: dict[str, Any] = sandbox.one(f"select to_jsonb(p) from public.{rpc}({named}) p", *values)
    for each in plan["dates"]:
        for name in ("starts_at", "previous_starts_at"):
            each[name] = each[name] and datetime.fromisoformat(each[name])
        each["alternatives"] = [datetime.fromisoformat(at) for at in each["alternatives"] or []]
    return plan


def starts(plan: dict[str, Any]) -> list[datetime]:
    return [each["starts_at"] for each in plan["dates"] if not each["reason"]]


def reasons(plan: dict[str, Any]) -> list[str | None]:
    return [each["reason"] for each in plan["dates"]]


def wall(*days: date, hour: int = 10) -> list[datetime]:
    """The instants of these dates at ten by the practitioner's clock."""
    return [datetime(day.year, day.month, day.day, hour, tzinfo=TORONTO).astimezone(UTC) for day in days]


def weeks(many: int, first: date = FIRST) -> list[date]:
    return [first + timedelta(weeks=n) for n in range(many)]


def held(sandbox: Sandbox) -> list[datetime]:
    """When the client has sessions of a series."""
    sandbox.act_as("client")
    return [
        row["scheduled_at"]
        for row in sandbox.run(
            "select s.scheduled_at from public.session_series_sessions l"
            " join public.session_schedules s on s.id = l.session_id where s.status = 'scheduled' order by 1"
        )
    ]


def mails(sandbox: Sandbox) -> list[tuple[str, str]]:
    sandbox.act_as("owner")
    return sorted(
        (row["kind"], row["audience"]) for row in sandbox.run("select kind, audience from private.mails")
    )
