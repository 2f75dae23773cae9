"""Every kind of recording is one film in a browser; and what does not play says why."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tests.browser_scene import in_a_browser, play
from tests.cast import Stage
from tests.recording_scene import SPEED, AgoraEmulator, RecordingScene
from tests.sharing_scene import shared

pytestmark = in_a_browser
NAME = 'Evening <b>class</b> "7/8"'


@pytest.fixture(scope="module")
def emulator(stage: Stage) -> Iterator[AgoraEmulator]:
    """The emulator of the stack, at a test's pace."""
    agora = AgoraEmulator(stage.env)
    agora.set_speed(SPEED)
    yield agora
    agora.set_speed(1)
    agora.http.close()


def recorded(
    stage: Stage, emulator: AgoraEmulator, *takes: str, codec: str = "h264", **body: Any
) -> RecordingScene:
    """A session of that many takes; the client comes back in the middle of the last."""
    scene = RecordingScene(stage, emulator, class_name=NAME)
    stage.execute("update public.profiles set full_name = 'Mara Test' where id = %s", scene.client.id)
    for mode in takes:
        scene.fault("recording", codec=codec)
        scene.record_take(recording_mode=mode)
    scene.complete()
    for _ in takes:
        scene.process()
    assert {take["status"] for take in scene.takes} == {"completed"}
    stage.execute(
        "insert into public.session_attendance (session_id, user_id, source, joined_at, left_at, intervals)"
        " select session_id, %s, 'agora', began - interval '1 hour', began + interval '1 hour', tstzmultirange("
        "   tstzrange(began - interval '1 hour', began + make_interval(secs => duration_seconds * 0.4)),"
        "   tstzrange(began + make_interval(secs => duration_seconds * 0.5), began + interval '1 hour'))"
        " from (select *, coalesce(media_started_at, started_at) as began from private.recording_takes where id = %s) t"
        " on conflict (session_id, user_id) do update set intervals = excluded.intervals, source = excluded.source",
        scene.client.id,
        scene.take["id"],
    )
    return scene


def parts(scene: RecordingScene) -> list[dict[str, Any]]:
    """The first part and the one after it, if there is one: of the same lane where that has another."""
    rows = scene.stage.owner.execute(
        "select number, lane, starts_at::float, seconds::float from private.list_film_parts(%s)",
        [scene.recording["id"]],
    ).fetchall()
    first, *others = (dict(row) for row in rows)
    later = [row for row in others if row["starts_at"] > first["starts_at"]]
    return [first, *sorted(later, key=lambda row: row["lane"] != first["lane"])[:1]]


@pytest.fixture(scope="module")
def scenes(stage: Stage, emulator: AgoraEmulator) -> dict[str, RecordingScene]:
    return {
        "whole": recorded(stage, emulator, "composite"),
        "takes": recorded(stage, emulator, "composite", "composite"),
        "streams": recorded(stage, emulator, "individual", "individual"),
        "webm": recorded(stage, emulator, "individual", "individual", codec="vp8"),
        "mixed": recorded(stage, emulator, "composite", "individual"),
    }


@pytest.fixture(scope="module")
def facts(stage: Stage, scenes: dict[str, RecordingScene]) -> Iterator[dict[str, Any]]:
    """All of them are watched, streams by the browser and by hls.js, and one by whom it was shown to."""
    films = [
        {"name": name, "link": scene.recording["recording_url"], "parts": parts(scene), "ownStreams": True}
        for name, scene in scenes.items()
    ]
    for name in ("streams", "mixed"):
        again = next(film for film in films if film["name"] == name)
        films.append({**again, "name": f"{name} by hls.js", "ownStreams": False})
    films.append(
        {
            "name": "shared",
            "link": shared(scenes["takes"]).url,
            "parts": parts(scenes["takes"]),
            "ownStreams": True,
        }
    )
    failing = scenes["takes"]
    second = parts(failing)[1]

    class HangUp(BaseHTTPRequestHandler):
        """What happens between two steps of the browser's."""

        def do_GET(self) -> None:
            if self.path == "/missing":
                path = failing.files()[1]["storage_path"]
                key = stage.env["SUPABASE_SECRET_KEY"]
                stage.http.request(
                    "DELETE",
                    "/storage/v1/object/session-recordings",
                    json={"prefixes": [path]},
                    headers={"apikey": key, "authorization": f"Bearer {key}"},
                ).raise_for_status()
            else:
                stage.execute(
                    "update private.recording_links set revoked_at = now() where recording_id = %s",
                    failing.recording["id"],
                )
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), HangUp) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield play(
            "film.mjs",
            {
                "films": films,
                "failing": {
                    "link": failing.recording["recording_url"],
                    "second": second["starts_at"] + second["seconds"] / 2,
                    "expired": f"{stage.env['SUPABASE_URL']}/storage/v1/object/sign/session-recordings"
                    f"/{failing.files()[1]['storage_path']}?token=of.before.now",
                },
                "hangUp": f"http://127.0.0.1:{server.server_port}",
            },
            seconds=300,
        )
        server.shutdown()


KINDS = ("whole", "takes", "streams", "webm", "mixed", "streams by hls.js", "mixed by hls.js", "shared")
SEVERAL = tuple(name for name in KINDS if name != "whole")


@pytest.mark.parametrize("name", KINDS)
def test_it_plays(facts: dict[str, Any], name: str) -> None:
    """With a picture, or sound alone where that is what was kept, and nothing that the page's policy refuses."""
    begun = facts[f"{name}: begun"]

    assert begun["error"] is None and begun["note"] in ("", f"Part 1 of {begun['note'].rpartition(' ')[2]}")
    assert begun["source"] == ("blob:" if name == "streams by hls.js" else "http:")
    assert facts[f"{name}: refused"] == []


@pytest.mark.parametrize("name", SEVERAL)
def test_parts_are_one_film(facts: dict[str, Any], name: str) -> None:
    """One timeline instead of the part's own; the next one starts by itself, and one goes back by keyboard."""
    begun, following, back = (facts[f"{name}: {which}"] for which in ("begun", "next", "back"))

    assert begun["bar"] and not begun["controls"]
    assert following["position"] > begun["position"] and not following["paused"]
    assert following["clock"].endswith(facts[f"{name}: facts"].split()[-1])
    assert following["spoken"] == following["clock"].replace("/", "of")
    assert 0 < back["position"] < following["position"] and back["error"] is None
    assert facts[f"{name}: space"] is True


def test_one_part_has_the_browsers_own_controls(facts: dict[str, Any]) -> None:
    playing = facts["whole: playing"]

    assert playing["controls"] and not playing["bar"] and playing["width"] > 0


@pytest.mark.parametrize("name", KINDS)
def test_the_player_of_streams_is_loaded_only_where_it_is_needed(facts: dict[str, Any], name: str) -> None:
    assert len(facts[f"{name}: scripts"]) == (1 if name.endswith("hls.js") else 0)


def test_people_recorded_alone_are_shown_one_at_a_time(facts: dict[str, Any]) -> None:
    assert facts["streams: lanes"] == ["Person 1", "Person 2"]
    assert facts["mixed: lanes"] == ["Everybody", "Person 1", "Person 2"]
    assert set(facts["webm: lanes"]) == {
        f"Person {number}, {only} only" for number in (1, 2) for only in ("sound", "picture")
    }
    assert facts["streams by hls.js: lane"]["error"] is None


def test_it_says_what_it_is(facts: dict[str, Any], scenes: dict[str, RecordingScene]) -> None:
    """Whoever was shown a link does not learn the client's name, and is offered no files."""
    practitioner = scenes["takes"].stage.value(
        "select name from public.practitioners where user_id = %s", scenes["takes"].practitioner.id
    )

    assert f"{practitioner} and Mara Test" in facts["takes: facts"]
    assert practitioner in facts["shared: facts"] and "Mara" not in str(facts["shared: facts"])
    assert "Mara" not in str(facts["shared: chapters"])
    assert "shared: saved" not in facts
    assert facts["whole: saved"].endswith(".mp4") and facts["whole: saved"].startswith(
        "Evening b class b 7 8 20"
    )
    assert ", part 1.mp4" in facts["takes: saved"]


def test_chapters_lead_to_takes_and_to_who_came_and_left(facts: dict[str, Any]) -> None:
    chapter, chapters = facts["takes: chapter"], facts["takes: chapters"]

    assert chapters[0].split("\n") == ["0:00", "Beginning"]
    assert any(words.endswith("goes on after a break") for words in chapters)
    assert chapter["position"] == pytest.approx(chapter["at"], abs=1.5)
    assert chapter["error"] is None


@pytest.mark.parametrize("name", KINDS)
def test_without_scripts_every_part_is_a_link(facts: dict[str, Any], name: str) -> None:
    """And the video has its own controls; what only a script can do is not shown."""
    bare = facts[f"{name}: without scripts"]

    assert bare["controls"] == 1 and bare["buttons"] == 0
    assert (bare["links"] == 0) == (name == "whole")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("offline", "Part 2 of 2: this device is not connected"),
        ("unreachable", "the server cannot be reached"),
        ("no film", "this browser cannot play it. It is an MP4 video with H.264, or damaged"),
        ("too late", "the storage does not give its file out now"),
        ("missing", "The file is missing from our storage"),
        ("ended", "This link leads to no recording, or not any more. Please ask for a new one."),
        ("no streams", "This browser does not play a stream with H.264"),
        ("no script", "the server cannot be reached"),
    ],
)
def test_what_does_not_play_says_why(facts: dict[str, Any], name: str, words: str) -> None:
    assert words in facts[f"{name}: told"]
