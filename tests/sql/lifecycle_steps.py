"""What the tests of the lifecycle share: sessions under way, events of their channels, `advance_next_session`."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from .booking_steps import grant
from .conftest import ADMIN, CLIENT, IDENTITIES, ROW, Sandbox

UIDS = {"client": 1, "practitioner": 2, "other": 3}
CHANGES = {"opened": 101, "closed": 102, "joined": 107, "left": 108}


def minutes_ago(minutes: float) -> datetime:
    return datetime.now(UTC) - timedelta(minutes=minutes)


def begin(sandbox: Sandbox, *, since: float, lasts: int = 60, with_credit: bool = False, **other: Any) -> str:
    """A session of the client's, that began so many minutes ago by the clock. Gives its id."""
    sandbox.act_as("owner")
    sandbox.run(
        "insert into private.agora_uids (user_id, uid) overriding system value"
        " select * from unnest(%s::uuid[], %s::bigint[]) on conflict do nothing",
        [IDENTITIES[who][1] for who in UIDS],
        list(UIDS.values()),
    )
    row = {
        "practitioner_id": ROW,
        "client_id": CLIENT,
        "scheduled_at": minutes_ago(since),
        "duration_minutes": lasts,
        "room_name": f"session-{uuid4()}",
        "credit_lot_id": grant(sandbox, 1) if with_credit else None,
        **other,
    }
    names, marks = ", ".join(row), ", ".join(["%s"] * len(row))
    sandbox.act_as("owner")
    return str(
        sandbox.one(
            f"insert into public.session_schedules ({names}) values ({marks}) returning id", *row.values()
        )
    )


def begin_class(
    sandbox: Sandbox, *, since: float, members: tuple[str, ...] = ("client", "other")
) -> list[str]:
    """A class that began so long ago, and a seat for each member. Gives the class's id and the seats'."""
    group = begin(sandbox, since=since, client_id=ADMIN, max_participants=5, current_participants=0)
    seats = [
        begin(
            sandbox,
            since=since,
            client_id=IDENTITIES[who][1],
            notes=f"Joined group class: {group}",
            credit_lot_id=grant(sandbox, 1, who=who),
        )
        for who in members
    ]
    return [group, *seats]


def event(
    change: str,
    who: str = "",
    ago: float = 0,
    *,
    seq: int | None = None,
    stayed: float | None = None,
    reason: int | None = None,
) -> dict[str, Any]:
    """A channel event, so many minutes ago: from when it is heard of, since a table of cases is made long before."""
    return {
        "notice_id": str(uuid4()),
        "change": change,
        "uid": UIDS.get(who, 0),
        "ago": ago,
        "client_seq": seq,
        "stayed_seconds": None if stayed is None else round(stayed * 60),
        "reason": reason,
    }


def deliver_events(sandbox: Sandbox, session: str, *events: dict[str, Any], **more: Any) -> None:
    """Agora tells of a session's channel, in the words of the webhook."""
    sandbox.act_as("owner")
    channel = sandbox.one("select room_name from public.session_schedules where id = %s", session)
    sandbox.act_as("service")
    now = datetime.now(UTC)
    for one in events:
        at = now - timedelta(minutes=one["ago"])
        told = {
            **{name: value for name, value in one.items() if name != "ago"},
            "channel": channel,
            "event_type": CHANGES[one["change"]],
            "payload": "{}",
            "happened_at": at,
            "client_seq": one["client_seq"] or int(at.timestamp() * 1000),
            **more,
        }
        named = ", ".join(f"{name} => %s" for name in told)
        sandbox.run(f"select * from public.receive_channel_event({named})", *told.values())


def enter(sandbox: Sandbox, session: str, who: str) -> None:
    """Somebody gets a token for their session."""
    sandbox.act_as("owner")
    channel = sandbox.one("select room_name from public.session_schedules where id = %s", session)
    sandbox.act_as(who)
    sandbox.run("select * from public.create_agora_token(%s, %s)", channel, session)


def advance(sandbox: Sandbox) -> list[dict[str, Any]]:
    """Check every session, as `advance-sessions` does. Returns the checks."""
    sandbox.act_as("service")
    checks: list[dict[str, Any]] = []
    since = None
    while (
        check := sandbox.run(
            "select asked_at, session_id, moved_to, task, failure, (take).id as take_id"
            " from public.advance_next_session(%s)",
            since,
        )[0]
    )["session_id"]:
        since = check["asked_at"]
        checks.append(check)
    assert not [check["failure"] for check in checks if check["failure"]], checks
    return checks


def status(sandbox: Sandbox, session: str) -> str:
    sandbox.act_as("owner")
    return str(sandbox.one("select status from public.session_schedules where id = %s", session))


def attendance(sandbox: Sandbox, session: str) -> dict[str, tuple[Any, ...]]:
    """Who was there, as anybody would tell it: source, minutes, still there, no-show."""
    sandbox.act_as("owner")
    who_is = {person: who for who, (_, person) in IDENTITIES.items()}
    return {
        who_is[str(row["user_id"])]: (
            row["source"],
            None if row["total_seconds"] is None else round(row["total_seconds"] / 60),
            row["joined_at"] is not None and row["left_at"] is None,
            row["is_no_show"],
        )
        for row in sandbox.run(
            "select a.* from public.session_attendance a join public.session_schedules s on s.id = a.session_id"
            " where coalesce(s.group_class_id, s.id) = %s",
            session,
        )
    }
