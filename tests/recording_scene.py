"""A session that is recorded: its people, the emulator behind it, and time that passes when a test says so."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from uuid import uuid4

import boto3
import httpx
from botocore.config import Config

from tests.cast import Person, Stage

SPEED = 200  # a minute of Agora's takes 0.3 s
PATIENCE_S = 60


class AgoraEmulator:
    """The emulator's back door."""

    def __init__(self, env: dict[str, str]) -> None:
        self.http = httpx.Client(base_url=env["AGORA_API_URLS"], timeout=20)

    @property
    def seed(self) -> int:
        """By which it orders what Agora promises no order for."""
        return int(self.http.get("/_control/health").json()["seed"])

    def set_speed(self, speed: int) -> None:
        self.http.post("/_control/clock", json={"speed": speed}).raise_for_status()

    @contextmanager
    def slowly(self) -> Iterator[None]:
        """Meanwhile a minute is a minute, so that a busy machine does not miss what is to happen in it."""
        self.set_speed(1)
        try:
            yield
        finally:
            self.set_speed(SPEED)

    def recordings(self, channel: str) -> list[dict[str, Any]]:
        """Every recording of a channel, as the emulator knows it."""
        found = self.http.get("/_control/recordings", params={"channel": channel}).json()["recordings"]
        return list(found)

    def happen(self, channel: str, happening: str) -> None:
        """Let something happen to the channel's last recording: failover, idle or crash."""
        sid = self.recordings(channel)[-1]["sid"]
        self.http.post(f"/_control/recordings/{sid}/{happening}").raise_for_status()

    def asked(self, channel: str, operation: str | None = None) -> list[dict[str, Any]]:
        """What was asked of it about a channel, in order."""
        requests = self.http.get("/_control/requests").json()["requests"]
        return [
            one for one in requests if one["channel"] == channel and operation in (None, one["operation"])
        ]


class RecordingScene:
    """One session with its client and practitioner, who have both agreed to be recorded."""

    def __init__(self, stage: Stage, agora: AgoraEmulator, **session: Any) -> None:
        self.stage = stage
        self.agora = agora
        self.client, self.practitioner = stage.client(), stage.practitioner()
        stage.consent(self.client, self.practitioner)
        self.session = stage.session(client=self.client, practitioner=self.practitioner, **session)
        self.channel: str = self.session["room_name"]

    # What goes wrong

    def fault(self, on: str, **details: Any) -> None:
        """Order a fault of the emulator for this session's channel."""
        self.agora.http.post(
            "/_control/faults", json={"on": on, "channel": self.channel, **details}
        ).raise_for_status()

    def lose_notifications(self) -> None:
        """Every one of them, for ever."""
        self.fault("notification", effect="lose", times=None)

    # What people and the scheduler do

    def start(self, as_: Person | None = None, **body: Any) -> httpx.Response:
        return self.stage.invoke(
            "start-agora-recording",
            {"session_id": str(self.session["id"]), **body},
            as_=as_ or self.practitioner,
        )

    def stop(self, as_: Person | None = None, **body: Any) -> httpx.Response:
        return self.stage.invoke(
            "stop-agora-recording",
            {"session_id": str(self.session["id"]), **body},
            as_=as_ or self.practitioner,
        )

    def reconcile(self) -> dict[str, Any]:
        """Let a minute pass, and the reconciler come by."""
        self.stage.execute(
            "update private.recording_takes set next_check_at = now() "
            "where session_id = %s and status in ('pending', 'recording', 'processing') and not upload_complete",
            self.session["id"],
        )
        return dict(self.stage.invoke_as_service("reconcile-recordings").raise_for_status().json())

    def process(self) -> dict[str, Any]:
        """Let the copy's turn come, and the scheduler call."""
        self.stage.execute(
            "update private.recording_takes set lease_until = null, next_check_at = now() where session_id = %s",
            self.session["id"],
        )
        body = {"recording_id": str(self.recording["id"])}
        return dict(self.stage.invoke_as_service("process-recording", body).raise_for_status().json())

    def change(self, **columns: str) -> None:
        """Set columns of the newest take to SQL expressions: how time passes here."""
        sets = ", ".join(f"{name} = {value}" for name, value in columns.items())
        self.stage.execute(f"update private.recording_takes set {sets} where id = %s", self.take["id"])

    def complete(self) -> None:
        """The session is over."""
        self.stage.execute(
            "update public.session_schedules set status = 'completed' where id = %s and status <> 'completed'",
            self.session["id"],
        )

    # What is seen

    @property
    def recording(self) -> dict[str, Any]:
        """The session's recording, as the pages read it."""
        return self.stage.row(
            "select * from public.session_recordings where session_id = %s", self.session["id"]
        )

    @property
    def takes(self) -> list[dict[str, Any]]:
        """Every take of it, the oldest first."""
        rows = self.stage.owner.execute(
            "select * from private.recording_takes where session_id = %s order by number",
            [self.session["id"]],
        )
        return [dict(row) for row in rows]

    @property
    def take(self) -> dict[str, Any]:
        """The newest one."""
        return self.takes[-1]

    def wait_for(self, status: str, *, upload_complete: bool | None = None) -> dict[str, Any]:
        """The newest take, once it has come so far by notifications alone."""

        def has_come() -> bool:
            row = self.take
            return row["status"] == status and upload_complete in (None, row["upload_complete"])

        until(has_come, f"{status}; it is {self.take['status']}, {self.take['failure_code']}")
        return self.take

    def reconcile_to(self, status: str, *, upload_complete: bool | None = None) -> dict[str, Any]:
        """The newest take, once the reconciler has brought it so far."""

        def has_come() -> bool:
            row = self.take
            if row["status"] == status and upload_complete in (None, row["upload_complete"]):
                return True
            self.reconcile()
            return False

        until(has_come, f"{status}; it is {self.take['status']}, {self.take['failure_code']}")
        return self.take

    def record(self, **body: Any) -> dict[str, Any]:
        """A take; then the session is over."""
        take = self.record_take(**body)
        self.complete()
        return take

    def record_take(self, **body: Any) -> dict[str, Any]:
        """Start, let some media come, stop, and wait until every file is in the bucket."""
        self.start(**body).raise_for_status()
        self.wait_for("recording")
        self.await_media()
        self.stop().raise_for_status()
        return self.wait_for("processing", upload_complete=True)

    def await_media(self) -> None:
        """Until a slice or two have been written."""
        until(lambda: len(self.source_keys()) >= 2, "media in the bucket")

    # Files

    def source_keys(self) -> list[str]:
        """What is in the newest take's folder of Agora's bucket."""
        reply = self.bucket().list_objects_v2(
            Bucket=self.stage.env["RECORDING_S3_BUCKET"], Prefix=f"{self.take['prefix']}/"
        )
        return [entry["Key"] for entry in reply.get("Contents", ())]

    def source(self, key: str) -> bytes:
        """An object of Agora's bucket."""
        reply = self.bucket().get_object(Bucket=self.stage.env["RECORDING_S3_BUCKET"], Key=key)
        return bytes(reply["Body"].read())

    def bucket(self) -> Any:
        """A client of Agora's bucket."""
        env = self.stage.env
        return _s3(
            env["RECORDING_S3_ENDPOINT"],
            env["RECORDING_S3_REGION"],
            env["RECORDING_S3_ACCESS_KEY"],
            env["RECORDING_S3_SECRET_KEY"],
        )

    def files(self) -> list[dict[str, Any]]:
        """The parts of the recording, in order, as the database knows them."""
        rows = self.stage.owner.execute(
            "select f.* from private.recording_files f join private.recording_takes t on t.id = f.take_id"
            " where t.session_id = %s order by t.number, f.position",
            [self.session["id"]],
        ).fetchall()
        return [dict(row) for row in rows]

    def stored(self, path: str) -> bytes:
        """An object of the private bucket, read with the secret key."""
        key = self.stage.env["SUPABASE_SECRET_KEY"]
        reply = self.stage.http.get(
            f"/storage/v1/object/session-recordings/{path}",
            headers={"apikey": key, "authorization": f"Bearer {key}"},
        )
        return reply.raise_for_status().content

    def stored_paths(self) -> list[str]:
        """What is stored under the session's folder."""
        rows = self.stage.owner.execute(
            "select name from storage.objects where bucket_id = 'session-recordings' and name like %s order by name",
            [f"{self.session['id']}/%"],
        ).fetchall()
        return [row["name"] for row in rows]


@cache  # making one takes longer than most of what it is asked
def _s3(endpoint: str, region: str, access_key: str, secret_key: str) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=Config(s3={"addressing_style": "path"}),
    )


def until(is_so: Callable[[], bool], what: str, patience_s: float = PATIENCE_S) -> None:
    """Wait for something; fail by name if it does not come."""
    deadline = time.monotonic() + patience_s
    while not is_so():
        assert time.monotonic() < deadline, f"It never came to {what}"
        time.sleep(0.05)


def unknown_id() -> str:
    """An id of nothing."""
    return str(uuid4())
