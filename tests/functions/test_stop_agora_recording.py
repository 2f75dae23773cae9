"""Stopping a recording: whoever may start it may stop it, and a stop is never lost."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.cast import Stage
from tests.recording_scene import AgoraEmulator, RecordingScene, unknown_id


def test_the_practitioner_stops_the_recording(scene: RecordingScene) -> None:
    """Agora is asked with the recorder's own values, and the files follow."""
    scene.start().raise_for_status()
    scene.wait_for("recording")

    reply = scene.stop()

    assert (reply.status_code, reply.json()["status"]) == (200, "processing")
    assert reply.json()["recording_id"] == str(scene.recording["id"])
    assert reply.json()["message"] == "The recording has stopped and is being processed."
    assert scene.take["ended_at"]
    assert [asked["status"] for asked in scene.agora.asked(scene.channel, "stop")] == [200]


def test_stopping_again_changes_nothing(scene: RecordingScene) -> None:
    """By the session or by the recording, during the upload or after it."""
    scene.record()

    again = scene.stop()
    by_id = scene.stage.invoke(
        "stop-agora-recording", {"recording_id": str(scene.recording["id"])}, as_=scene.practitioner
    )

    assert again.json() == by_id.json()
    assert again.json()["status"] == "processing"
    assert len(scene.agora.asked(scene.channel, "stop")) == 1


def test_only_staff_stops_a_recording_and_a_stranger_learns_nothing(scene: RecordingScene) -> None:
    """403 for the client, 404 for anybody else, and the recording goes on."""
    scene.start().raise_for_status()
    recording = str(scene.wait_for("recording")["id"])
    stranger = scene.stage.client()

    refusals = [
        scene.stop(as_=scene.client),
        scene.stop(as_=stranger),
        scene.stage.invoke("stop-agora-recording", {"recording_id": recording}, as_=stranger),
        scene.stage.invoke("stop-agora-recording", {"recording_id": unknown_id()}, as_=stranger),
    ]

    assert [(one.status_code, one.json()["code"]) for one in refusals] == [
        (403, "not_allowed"),
        *[(404, "recording_not_found")] * 3,
    ]
    assert scene.take["stop_requested_at"] is None


def test_a_stop_without_a_recording_is_refused(scene: RecordingScene) -> None:
    """A session that was never recorded, and a body that names nothing."""
    assert (scene.stop().status_code, scene.stop().json()["code"]) == (404, "recording_not_found")
    assert scene.stage.invoke("stop-agora-recording", {}, as_=scene.practitioner).status_code == 422


def test_a_recording_without_a_sid_is_stopped_as_soon_as_it_has_one(scene: RecordingScene) -> None:
    """The start's answer was lost; the wish is written down, and the reconciler carries it."""
    scene.lose_notifications()
    scene.fault("start", reset=True, perform=True, times=None)
    scene.start().raise_for_status()

    reply = scene.stop()
    scene.await_media()
    scene.reconcile_to("processing")

    assert reply.json()["status"] == "pending"
    assert scene.agora.recordings(scene.channel)[0]["state"] in ("stopping", "exited")


def test_a_recording_that_agora_never_accepted_ends_at_once(scene: RecordingScene) -> None:
    """Stopped while Agora refused to be asked: there is nothing to stop."""
    scene.fault("acquire", status=429, times=None)
    scene.start().raise_for_status()

    scene.stop().raise_for_status()
    recording = scene.reconcile_to("failed")

    assert recording["failure_code"] == "stopped_before_start"


ANSWERS: dict[str, tuple[dict[str, Any], str]] = {
    "206 no data": ({"status": 206, "code": 435, "perform": True}, "failed no_media"),
    "206 not completed": ({"status": 206, "code": 65, "times": None}, "recording"),
    "206 upload goes on": ({"status": 206, "code": 50, "perform": True}, "processing"),
    "400 already stopping": ({"status": 400, "code": 49, "perform": True}, "processing"),
    "404 failing over": ({"status": 404, "code": 404, "times": None}, "recording"),
    "504 timed out": ({"status": 504, "code": 62, "times": None}, "recording"),
    "401 wrong credentials": ({"status": 401, "body": {"message": "Unauthorized"}}, "recording"),
    "no answer": ({"reset": True, "times": None}, "recording"),
}


def test_each_answer_of_agora_to_a_stop_has_its_effect(stage: Stage, agora: AgoraEmulator) -> None:
    """Over, over without a file, or not known yet: then it is asked again, and the wish stands."""

    def play(name: str) -> str:
        fault, _ = ANSWERS[name]
        scene = scenes[name]
        scene.start().raise_for_status()
        scene.wait_for("recording")
        scene.lose_notifications()
        scene.fault("stop", **fault)
        assert scene.stop().status_code == 200
        row = scene.take
        assert row["stop_requested_at"]
        return " ".join(filter(None, (row["status"], row["failure_code"])))

    scenes = {name: RecordingScene(stage, agora) for name in ANSWERS}
    with ThreadPoolExecutor(len(ANSWERS)) as crowd:
        ends = dict(zip(ANSWERS, crowd.map(play, ANSWERS), strict=True))

    assert ends == {name: expected for name, (_, expected) in ANSWERS.items()}
