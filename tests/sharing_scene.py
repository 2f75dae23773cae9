"""A finished recording that is shared, as rows: what happens to links needs no video. And somebody's browser."""

import json
import re
import uuid
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import httpx

from tests.cast import Person, Stage
from tests.recording_scene import RecordingScene

BROWSER = {"accept": "text/html,application/xhtml+xml", "user-agent": "Mozilla/5.0 (a browser)"}


class SharingScene:
    """A session with its client and practitioner, whose recording is finished."""

    def __init__(self, stage: Stage, session: dict[str, Any] | None = None, **columns: Any) -> None:
        self.stage = stage
        self.client, self.practitioner = stage.client(), stage.practitioner()
        self.session = session or stage.session(client=self.client, practitioner=self.practitioner)
        self.id = finished_recording(stage, self.session["id"], **columns)

    # What people do

    def share(self, as_: Person | None = None, **body: Any) -> httpx.Response:
        body = {"recording_id": str(self.id), **body}
        return self.stage.invoke("create-recording-share-link", body, as_=as_ or self.client)

    def link(self, as_: Person | None = None, **body: Any) -> "Link":
        """A link, made and sent to somebody."""
        made = self.share(as_, **body).raise_for_status().json()
        return Link(self.stage, made["share_link_id"], made["url"])

    def revoke(self, link: "Link", as_: Person | None = None) -> httpx.Response:
        return self.stage.invoke(
            "revoke-recording-share-link", {"share_link_id": link.id}, as_=as_ or self.client
        )

    # What is seen

    def listed(self, as_: Person) -> list[dict[str, Any]]:
        """The links to this recording, as somebody reads them."""
        reply = self.stage.rest("GET", f"my_share_links?recording_id=eq.{self.id}&order=created_at", as_=as_)
        return list(reply.raise_for_status().json())

    def views(self, as_: Person) -> list[dict[str, Any]]:
        """Who watched, as somebody reads it."""
        named = "link_id,link_kind,viewed_at,masked_address"
        path = f"recording_views?recording_id=eq.{self.id}&select={named}&order=viewed_at"
        return list(self.stage.rest("GET", path, as_=as_).raise_for_status().json())


class Browser:
    """Somebody's own: it keeps the cookies that it is given, and sends them where they belong."""

    def __init__(self) -> None:
        self.cookies = httpx.Cookies()

    def get(self, url: str) -> httpx.Response:
        """As a page."""
        return self._ask("GET", url)

    def play(self, url: str) -> httpx.Response:
        """As the player on a page asks."""
        return self._ask("GET", url, headers={"accept": "*/*"})

    def post(self, url: str, form: dict[str, str]) -> httpx.Response:
        return self._ask("POST", url, data=form)

    def _ask(self, method: str, url: str, **more: Any) -> httpx.Response:
        with httpx.Client(headers=BROWSER, cookies=self.cookies) as client:
            reply = client.request(method, url, **more)
            self.cookies = client.cookies
        return reply


def addresses(page: httpx.Response) -> list[str]:
    """What the player on a page asks for."""
    found = re.search(r'id="film">(.+?)</script>', page.text)
    film = json.loads(found[1]) if found else {"parts": []}
    return [f"{film['address']}&part={number}" for number in range(1, len(film["parts"]) + 1)]


class Link:
    """A share link in the hands of somebody without an account."""

    def __init__(self, stage: Stage, link_id: str, url: str) -> None:
        self.stage, self.id, self.url = stage, link_id, url

    @cached_property
    def token(self) -> str:
        return self.url.partition("share=")[2]

    def get(self, more: str = "", **headers: str) -> httpx.Response:
        """Look at it, as a browser does that was never here."""
        return httpx.get(self.url + more, headers={**BROWSER, **headers})

    def open(self, password: str | None = None, browser: Browser | None = None) -> httpx.Response:
        """Press the button on its page."""
        form = {"share": self.token, **({"password": password} if password else {})}
        return (browser or Browser()).post(self.url.partition("?")[0], form)

    def change(self, **columns: str) -> None:
        """Set columns to SQL expressions: how time passes here."""
        sets = ", ".join(f"{name} = {value}" for name, value in columns.items())
        self.stage.execute(f"update public.recording_share_links set {sets} where id = %s", self.id)

    @property
    def row(self) -> dict[str, Any]:
        return self.stage.row("select * from public.recording_share_links where id = %s", self.id)

    @property
    def views(self) -> list[dict[str, Any]]:
        query = "select * from public.recording_views where link_id = %s"
        return self.stage.owner.execute(query, [self.id]).fetchall()


def shared(scene: RecordingScene, **body: Any) -> Link:
    """A link to a recording, made by its client."""
    body = {"recording_id": str(scene.recording["id"]), **body}
    made = scene.stage.invoke("create-recording-share-link", body, as_=scene.client).raise_for_status().json()
    return Link(scene.stage, made["share_link_id"], made["url"])


def finished_recording(
    stage: Stage, session_id: uuid.UUID, *, of_class: uuid.UUID | None = None, **columns: Any
) -> uuid.UUID:
    """A recording of one take with one file, completed or in another state; or a participant's own row for their
    class's."""
    recording = uuid.uuid4()
    ended = datetime.now(UTC) - timedelta(hours=1)
    facts = {
        "status": "completed",
        "storage_path": f"{session_id}/{of_class or recording}/1.mp4",
        "duration_seconds": 60,
        "file_size_bytes": 1000,
        "ended_at": ended,
        "failure_code": None,
        **{name: value for name, value in columns.items() if name != "completed_at"},
    }
    row = {
        "id": recording,
        "session_id": session_id,
        "class_recording_id": of_class,
        "recording_url": "https://functions.test/open-recording?token=x",
        "playback_url": "https://functions.test/open-recording",
        "completed_at": columns.get("completed_at", ended if facts["status"] == "completed" else None),
        **facts,
    }
    _insert(stage, "public.session_recordings", row)
    if of_class is None:
        take = {"id": uuid.uuid4(), "recording_id": recording, "session_id": session_id, **facts}
        made_by = {"cname": "c", "recorder_uid": 4_000_000_001, "prefix": "p", "record_until": ended}
        _insert(stage, "private.recording_takes", {**take, **made_by})
        # As it is to stand, whatever followed from the take: its session may be in any state.
        sets = ", ".join(f"{name} = %s" for name in row)
        stage.execute(f"update public.session_recordings set {sets} where id = %s", *row.values(), recording)
        if facts["status"] == "completed":
            stage.execute(
                "insert into private.recording_files"
                " (take_id, position, kind, source_key, source_etag, size_bytes, storage_path)"
                " values (%s, 1, 'mp4', 'k', 'e', 1000, %s)",
                take["id"],
                facts["storage_path"],
            )
    return recording


def _insert(stage: Stage, table: str, row: dict[str, Any]) -> None:
    values = ", ".join(["%s"] * len(row))
    stage.execute(f"insert into {table} ({', '.join(row)}) values ({values})", *row.values())
