"""`make demo`: one session, told from waiver to recording, against the running stack.

Everything goes over HTTP as the frontend does it: sign in, write tables, call functions. Each run makes a new session.
"""

import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from .envfile import read_env

RECORD_S = 12
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

    session = book(client, practitioner)
    say("The practitioner sets up a session that starts now.", session["room_name"])

    room = client.call("create-agora-room", {"channelName": session["room_name"], "sessionId": session["id"]})
    for person in (client, practitioner):
        token = person.call("create-agora-token", {"channelName": room["channelName"], "role": "publisher"})
    say("Both get a room and a token.", f"uid {token['uid']}, token {token['token'][:12]}…")

    recording = practitioner.call("start-agora-recording", {"session_id": session["id"]})
    say("The practitioner starts the recording.", recording["recording_id"])
    watch(practitioner, session["id"], until=("recording",))
    count_down(RECORD_S)
    practitioner.call("stop-agora-recording", {"session_id": session["id"]})
    say("…and stops it. The files are copied into private storage and verified.")
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


def book(client: Person, practitioner: Person) -> Any:
    """The practitioner's own direct writes, as the frontend does them."""
    own = practitioner.read("practitioners", user_id=f"eq.{practitioner.id}")[0]

    def stamp(minutes: int) -> str:
        return f"{datetime.now(UTC) + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}"

    # Whatever is planned for this very hour, by an earlier demo for one, would be in the way.
    practitioner.change(
        "session_schedules",
        {"status": "cancelled", "notes": "Cancelled by practitioner: the demo needs this hour"},
        practitioner_id=f"eq.{own['id']}",
        status="eq.scheduled",
        **{"and": f"(scheduled_at.gte.{stamp(-120)},scheduled_at.lt.{stamp(60)})"},
    )
    row = {
        "practitioner_id": own["id"],
        "client_id": client.id,
        "scheduled_at": datetime.now(UTC).isoformat(),
        "duration_minutes": 30,
        "room_name": f"session-{own['id'][:8]}-{client.id[:8]}-{time.time_ns() // 1_000_000}",
        "status": "scheduled",
    }
    return practitioner.write("session_schedules", row)[0]


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


def count_down(seconds: int) -> None:
    """Show that the session is on."""
    for left in range(seconds, 0, -1):
        if sys.stdout.isatty():
            print(f"\r    in session, {left:2} s left ", end="", flush=True)
        time.sleep(1)
    if sys.stdout.isatty():
        print("\r" + " " * 40 + "\r", end="", flush=True)


def say(sentence: str, detail: object = "") -> None:
    """One line of the story."""
    print(
        f"• {sentence}" + (f"  \033[2m{detail}\033[0m" if detail and sys.stdout.isatty() else ""), flush=True
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
