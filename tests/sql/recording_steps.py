"""What tests of automatic recording do: people agree and join, takes begin and end; and what is to be asked."""

from typing import Any

from .conftest import IDENTITIES, Sandbox
from .lifecycle_steps import advance, event


def agree(sandbox: Sandbox, *people: str, agreed: bool = True) -> None:
    """Each says yes to being recorded, or no."""
    sandbox.act_as("owner")
    for who in people:
        sandbox.run(
            "insert into public.user_consents (user_id, consent_type, consented) values (%s, 'session_recording', %s)"
            " on conflict (user_id, consent_type) do update set consented = excluded.consented, revoked_at = null",
            IDENTITIES[who][1],
            agreed,
        )


def joins(*people: str, since: float = 10) -> list[dict[str, Any]]:
    return [event("joined", who, since) for who in people]


def tasks(sandbox: Sandbox, session: str) -> list[str]:
    """What Agora is to be told of a session now."""
    return [turn["task"] for turn in advance(sandbox) if str(turn["session_id"]) == session and turn["task"]]


def takes(sandbox: Sandbox, session: str) -> list[dict[str, Any]]:
    sandbox.act_as("owner")
    return sandbox.run("select * from private.recording_takes where session_id = %s order by number", session)


def shown(sandbox: Sandbox, session: str) -> str:
    """The status of the session's recording, as the pages read it; nothing if there is none."""
    sandbox.act_as("owner")
    rows = sandbox.run("select status from public.session_recordings where session_id = %s", session)
    assert len(rows) <= 1
    return str(rows[0]["status"]) if rows else ""


def change(sandbox: Sandbox, session: str, sets: str) -> None:
    sandbox.act_as("owner")
    sandbox.run(
        f"update private.recording_takes set {sets} where id = (select id from private.recording_takes"
        " where session_id = %s order by number desc limit 1)",
        session,
    )


def add_take(sandbox: Sandbox, session: str, number: int, sets: str, **row: Any) -> None:
    """A take of a session, as it stands."""
    sandbox.act_as("owner")
    sandbox.run(
        "insert into public.session_recordings (session_id, playback_url) values (%s, 'https://x.test')"
        " on conflict do nothing",
        session,
    )
    (made,) = sandbox.run(
        "insert into private.recording_takes"
        " (recording_id, session_id, number, cname, recorder_uid, prefix, record_until)"
        " select id, session_id, %s, 'c', 4000000000 + %s, 'p', now() from public.session_recordings"
        " where session_id = %s returning id",
        number,
        number,
        session,
    )
    failure = ", failure_code = 'agora_rejected'" if "'failed'" in sets and "failure_code" not in sets else ""
    sandbox.run(f"update private.recording_takes set {sets}{failure} where id = %s", made["id"])


def ago(minutes: float) -> str:
    return f"now() - interval '{minutes} minutes'"


RAN = f"started_at = {ago(9)}, ended_at = {ago(1)}"
PLAYS = "storage_path = 'x', duration_seconds = 10, file_size_bytes = 10"
