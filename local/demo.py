"""`make demo`: one session, told from waiver to recording, against the running stack.

Everything goes over HTTP as the frontend does it: sign in, write tables, call functions. Each run makes a new session
and shows its last half minute; nobody presses start or stop. That people join and leave is told to Agora's emulator,
and the scheduler is called when something is due instead of on the next minute.
"""

import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from .envfile import read_env

LASTS_MINUTES = 30
SHOWN_S = 40  # of the session
PATIENCE_S = 180


@dataclass(frozen=True)
class Person:
    """Somebody signed in."""

    id: str
    api: httpx.Client

    def call(self, function: str, body: dict[str, Any] | None = None) -> Any:
        """What supabase-js does on `functions.invoke`."""
        return self._read(self.api.post(f"/functions/v1/{function}", json=body or {}))

    def read(self, table: str, **filters: str) -> Any:
        """What supabase-js does on `from(table).select()`."""
        return self._read(self.api.get(f"/rest/v1/{table}", params=filters))

    def write(self, table: str, row: dict[str, Any], conflict: str | None = None) -> Any:
        """What supabase-js does on `insert`, or on `upsert` where a conflict is named."""
        prefer = "return=representation" + (",resolution=merge-duplicates" if conflict else "")
        params = {"on_conflict": conflict} if conflict else {}
        return self._read(
            self.api.post(f"/rest/v1/{table}", json=row, params=params, headers={"prefer": prefer})
        )

    def change(self, table: str, row: dict[str, Any], **filters: str) -> Any:
        """What supabase-js does on `update`."""
        return self._read(
            self.api.patch(
                f"/rest/v1/{table}", json=row, params=filters, headers={"prefer": "return=representation"}
            )
        )

    @staticmethod
    def _read(reply: httpx.Response) -> Any:
        if reply.status_code >= 300:
            raise SystemExit(
                f"\n{reply.request.method} {reply.request.url.path}: {reply.status_code} {reply.text}"
            )
        return reply.json()


def sign_in(env: dict[str, str], role: str) -> Person:
    """Sign in with the log-in that the first start made up."""
    api = httpx.Client(
        base_url=env["SUPABASE_URL"], headers={"apikey": env["SUPABASE_PUBLISHABLE_KEY"]}, timeout=60
    )
    reply = api.post(
        "/auth/v1/token",
        params={"grant_type": "password"},
        json={"email": env[f"DEMO_{role}_EMAIL"], "password": env[f"DEMO_{role}_PASSWORD"]},
    ).raise_for_status()
    session = reply.json()
    api.headers["authorization"] = f"Bearer {session['access_token']}"
    return Person(session["user"]["id"], api)


def main(state: Path) -> None:
    """Tell the story."""
    try:
        env = read_env(state)
    except FileNotFoundError:
        raise SystemExit("There is no stack here yet. Start one: make up") from None
    client, practitioner = sign_in(env, "CLIENT"), sign_in(env, "PRACTITIONER")
    say("The client and the practitioner sign in.")

    policy = client.read("waiver_policy", is_active="eq.true")[0]
    text = policy["policy_text"].replace("[Date of signing]", f"{datetime.now().astimezone():%x}")
    signed = client.call("create-liability-waiver", {"waiver_text": text, "signature_name": "Demo client"})
    say(f"The client signs waiver version {policy['version']}.", signed["waiver_id"])

    for person in (client, practitioner):
        consent = {"user_id": person.id, "consent_type": "session_recording", "consented": True}
        person.write("user_consents", consent, conflict="user_id,consent_type")
    say("Both agree to be recorded.")

    stand_ins = StandIns(env)
    session = book(client, practitioner, stand_ins)
    say("The practitioner sets up a session; its last half minute has come.", session["room_name"])

    room = client.call("create-agora-room", {"channelName": session["room_name"], "sessionId": session["id"]})
    channel = room["channelName"]
    asked = {"channelName": channel, "role": "publisher"}
    uids = [person.call("create-agora-token", asked)["uid"] for person in (client, practitioner)]
    stand_ins.set_present(channel, uids)
    say("Both get a token and join. The session begins by itself.", f"uids {uids}")
    await_status(client, session["id"], "in_progress")
    await_both(practitioner, session["id"])

    stand_ins.advance()
    say("Both are there and have agreed, so the recording starts by itself.")
    watch(practitioner, session["id"], until=("recording",))
    count_down(until=ends_at(session))
    stand_ins.set_present(channel, [])
    say("Its time is over, and both leave.")
    await_status(client, session["id"], "completed", stand_ins)
    say("The session is completed, and the recording stops by itself. Its files are copied and verified.")
    for line in practitioner.read("session_attendance", session_id=f"eq.{session['id']}"):
        who = "client" if line["user_id"] == client.id else "practitioner"
        print(f"    {who} was there for {line['total_seconds']} s", flush=True)
    finished = watch(client, session["id"], until=("completed", "failed"))
    if finished["status"] == "failed":
        raise SystemExit("The recording failed; `make logs` says why.")

    action = practitioner.call(
        "create-action-recommendation",
        {
            "client_id": client.id,
            "session_id": session["id"],
            "title": "Ten slow breaths",
            "action_type": "mindfulness",
        },
    )["recommendation"]
    client.call("update-action-status", {"action_id": action["id"], "completed": True})
    say("The practitioner recommends an action; the client completes it.")

    seconds, size = finished["duration_seconds"], finished["file_size_bytes"]
    say(f"The recording is ready: {seconds} s, {size / 1e6:.1f} MB. Open it in a browser:")
    print(f"\n    {finished['recording_url']}\n")


class StandIns:
    """What the world does in the real one: people who join and leave, and the scheduler's minute."""

    def __init__(self, env: dict[str, str]) -> None:
        self._agora = httpx.Client(base_url=env["AGORA_API_URLS"], timeout=20)
        key = env["SUPABASE_SECRET_KEY"]
        self._service = httpx.Client(base_url=env["FUNCTIONS_URL"], headers={"apikey": key}, timeout=60)

    def set_present(self, channel: str, uids: list[int]) -> None:
        """These people, and nobody else, are in the channel."""
        self._agora.post(f"/_control/channels/{channel}", json={"uids": uids}).raise_for_status()

    def advance(self) -> None:
        """The scheduler calls, as it does each minute."""
        self._service.post("/advance-sessions", json={}).raise_for_status()


def book(client: Person, practitioner: Person, stand_ins: StandIns) -> Any:
    """The practitioner's own direct writes, as the frontend does them."""
    own = practitioner.read("practitioners", user_id=f"eq.{practitioner.id}")[0]
    now = datetime.now(UTC)

    def stamp(minutes: int) -> str:
        return f"{now + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}"

    # Whatever is planned for this very hour, by an earlier demo for one, would be in the way.
    at_this_hour = {
        "practitioner_id": f"eq.{own['id']}",
        "and": f"(scheduled_at.gte.{stamp(-120)},scheduled_at.lt.{stamp(60)})",
    }
    practitioner.change(
        "session_schedules",
        {"status": "cancelled", "notes": "Cancelled by practitioner: the demo needs this hour"},
        status="eq.scheduled",
        **at_this_hour,
    )
    for left_over in practitioner.read("session_schedules", status="eq.in_progress", **at_this_hour):
        stand_ins.set_present(left_over["room_name"], [])
        await_status(practitioner, left_over["id"], "completed", stand_ins)
    row = {
        "practitioner_id": own["id"],
        "client_id": client.id,
        "scheduled_at": (now - timedelta(minutes=LASTS_MINUTES, seconds=-SHOWN_S)).isoformat(),
        "duration_minutes": LASTS_MINUTES,
        "room_name": f"session-{own['id'][:8]}-{client.id[:8]}-{time.time_ns() // 1_000_000}",
        "status": "scheduled",
    }
    return practitioner.write("session_schedules", row)[0]


def ends_at(session: dict[str, Any]) -> datetime:
    """When its time is over."""
    return datetime.fromisoformat(session["scheduled_at"]) + timedelta(minutes=session["duration_minutes"])


def await_status(person: Person, session_id: str, status: str, stand_ins: StandIns | None = None) -> None:
    """Until the session stands there; if told so, with the scheduler calling meanwhile."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if stand_ins:
            stand_ins.advance()
        if person.read("session_schedules", id=f"eq.{session_id}")[0]["status"] == status:
            return
        time.sleep(0.5)
    raise SystemExit(f"The session did not become {status}; `make logs` says why.")


def await_both(practitioner: Person, session_id: str) -> None:
    """Until Agora has told of both."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if (
            len(practitioner.read("session_attendance", session_id=f"eq.{session_id}", source="eq.agora"))
            == 2
        ):
            return
        time.sleep(0.2)
    raise SystemExit("Nobody told that they joined; `make logs` says why.")


def watch(person: Person, session_id: str, until: tuple[str, ...]) -> Any:
    """Follow a recording's status, showing each change."""
    deadline, shown = time.monotonic() + PATIENCE_S, None
    while time.monotonic() < deadline:
        recording = person.call("get-recording-status", {"session_id": session_id})["recording"]
        if recording["status"] != shown:
            shown = recording["status"]
            print(f"    recording is {shown}", flush=True)
        if shown in (*until, "failed"):
            return recording
        time.sleep(0.5)
    raise SystemExit("The recording did not get on; `make logs` says why.")


def count_down(until: datetime) -> None:
    """Show that the session is on."""
    while (left := (until - datetime.now(UTC)).total_seconds()) > 0:
        if sys.stdout.isatty():
            print(f"\r    in session, {left:2.0f} s left ", end="", flush=True)
        time.sleep(min(1, left))
    if sys.stdout.isatty():
        print("\r" + " " * 40 + "\r", end="", flush=True)


def say(sentence: str, detail: object = "") -> None:
    """One line of the story."""
    print(
        f"• {sentence}" + (f"  \033[2m{detail}\033[0m" if detail and sys.stdout.isatty() else ""), flush=True
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
