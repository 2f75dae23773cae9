"""Reconciling: whatever was lost on the way, each recording comes to its end."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.cast import Stage
from tests.recording_scene import AgoraEmulator, RecordingScene, until


def test_with_every_notification_lost_the_recording_comes_to_the_same_end(scene: RecordingScene) -> None:
    """Started, recording, stopped, uploaded, copied, completed: all of it found out by asking."""
    scene.lose_notifications()
    scene.start().raise_for_status()
    scene.reconcile_to("recording")
    scene.await_media()
    scene.stop().raise_for_status()
    scene.reconcile_to("processing", upload_complete=True)

    done = scene.process()

    assert done["status"] == "completed"
    assert (
        scene.stage.value(
            "select count(*) from private.agora_notifications where channel = %s", scene.channel
        )
        == 0
    )


ENDINGS: dict[str, tuple[dict[str, Any], str]] = {
    "nobody is there": ({"slices": 2, "idle_after": 60}, "completed"),
    "it crashes with files": ({"slices": 2, "crash_after": 45}, "completed"),
    "it crashes without files": ({"slices": 0, "crash_after": 5}, "failed"),
    "nobody sends anything": ({"slices": 0, "idle_after": 30}, "failed"),
    "its files come late": ({"slices": 2, "idle_after": 45, "late_files_after": 400}, "completed"),
    "its playlist comes from the backup": (
        {"slices": 2, "idle_after": 45, "late_files_after": 100, "playlist_from_backup": True},
        "completed",
    ),
    "another machine goes on": ({"failover_after": 8, "idle_after": 150}, "completed"),
    "another machine goes on and the first MP4 is lost": (
        {"failover_after": 8, "lost_mp4": True, "idle_after": 150},
        "completed",
    ),
    "its MP4 comes in three parts": ({"slices": 3, "idle_after": 60, "mp4_parts": 3}, "completed"),
}


@pytest.mark.parametrize("notified", [True, False], ids=["notified", "not notified"])
def test_every_kind_of_end_is_the_same_with_and_without_notifications(
    stage: Stage, agora: AgoraEmulator, notified: bool
) -> None:
    """And nothing waits for ever."""

    def play(name: str) -> str:
        plan, _ = ENDINGS[name]
        scene = scenes[name]
        if not notified:
            scene.lose_notifications()
        scene.fault("recording", times=3, **plan)  # a recorder nobody saw is sent again
        scene.start().raise_for_status()

        def has_ended() -> bool:
            row = scene.take
            if row["upload_complete"]:
                scene.process()
            elif row["status"] in ("pending", "recording", "processing"):
                if row["missing_since"]:  # the 90 s in which it might be changing machines
                    scene.change(missing_since="missing_since - interval '15 seconds'")
                if row["status"] == "processing":  # and the minutes an upload takes
                    scene.change(deadline_at="deadline_at - interval '1 minute'")
                scene.reconcile()
            return scene.take["status"] in ("completed", "failed")

        until(has_ended, f"an end of {name}", patience_s=60)
        return str(scene.take["status"])

    scenes = {name: RecordingScene(stage, agora) for name in ENDINGS}
    with ThreadPoolExecutor(3) as crowd:
        ends = dict(zip(ENDINGS, crowd.map(play, ENDINGS), strict=True))

    assert ends == {name: expected for name, (_, expected) in ENDINGS.items()}


def test_a_recording_is_stopped_when_its_room_closes(scene: RecordingScene) -> None:
    """If nobody does: the last token for the room has expired."""
    scene.start().raise_for_status()
    scene.wait_for("recording")

    scene.change(record_until="now() - interval '1 second'")
    recording = scene.reconcile_to("processing")

    assert recording["stop_reason"] == "session_over"


def test_a_stop_that_agora_did_not_receive_is_repeated(scene: RecordingScene) -> None:
    """Until Agora confirms it."""
    scene.start().raise_for_status()
    scene.wait_for("recording")
    scene.fault("stop", status=504, code=62, times=4)
    scene.stop().raise_for_status()

    scene.reconcile_to("processing")

    assert {asked["status"] for asked in scene.agora.asked(scene.channel, "stop")} == {504, 200}


def test_a_404_is_not_the_end_while_a_machine_is_replaced(scene: RecordingScene) -> None:
    """Agora finds no worker for a while, and then it records on: nothing has ended."""
    scene.lose_notifications()
    scene.start().raise_for_status()
    scene.reconcile_to("recording")
    scene.fault("query", status=404, code=404, times=2)

    scene.reconcile()
    missing = scene.take["missing_since"]
    scene.reconcile()
    scene.reconcile()

    assert missing
    assert (scene.take["status"], scene.take["missing_since"]) == ("recording", None)


def test_an_unavailable_bucket_is_asked_again(scene: RecordingScene) -> None:
    """It is not the recording's fault, and nothing follows from it."""
    scene.record()
    scene.change(upload_complete="false", prefix="'recordings/nowhere'")

    scene.reconcile()

    assert scene.take["status"] == "processing"
    assert scene.take["next_check_at"]


def test_ten_reconcilers_at_once_do_each_step_once(stage: Stage, agora: AgoraEmulator) -> None:
    """A claim is one caller's: ten reconcilers over six recordings query each once."""
    scenes = [RecordingScene(stage, agora) for _ in range(6)]
    for scene in scenes:
        scene.lose_notifications()
        scene.start().raise_for_status()
        scene.change(next_check_at="now()")

    with ThreadPoolExecutor(10) as crowd:
        replies = list(crowd.map(lambda _: stage.invoke_as_service("reconcile-recordings"), range(10)))

    assert {reply.status_code for reply in replies} == {200}
    assert [len(agora.asked(scene.channel, "query")) for scene in scenes] == [1] * 6


def test_only_the_service_reconciles(scene: RecordingScene) -> None:
    """A signed-in user and an anonymous caller are refused."""
    assert scene.stage.invoke("reconcile-recordings", {}, as_=scene.practitioner).status_code == 403
    assert scene.stage.invoke("reconcile-recordings", {}).status_code == 401
