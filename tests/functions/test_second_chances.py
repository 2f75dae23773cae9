"""Second chances: an hour in which something goes wrong: its takes, what Agora was asked, and what people were told.

Nobody presses anything unless the story says so.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.cast import Stage
from tests.lifecycle_scene import LifecycleScene
from tests.recording_scene import AgoraEmulator, until
from tests.sharing_scene import addresses

TOLD = ["session_booked", "session_completed", "recording_ready"]


def meet(scene: LifecycleScene) -> None:
    """Both are in the room."""
    events = channel_events(scene)
    scene.enter(scene.client, scene.practitioner)
    scene.set_present(scene.client, scene.practitioner)
    until(lambda: channel_events(scene) >= events + 2, "their joins")


def part(scene: LifecycleScene) -> None:
    """Both leave it."""
    events = channel_events(scene)
    scene.set_present()
    until(lambda: channel_events(scene) >= events + 2, "their leaves")


def switch(scene: LifecycleScene, device: str, clock_ahead_ms: int) -> None:
    """The client goes on from another device."""
    events = channel_events(scene)
    scene.switch_device(scene.client, device, clock_ahead_ms)
    until(lambda: channel_events(scene) >= events + 2, "its join, and the other's leave")


def channel_events(scene: LifecycleScene) -> int:
    """How many joins and leaves of people have been heard of; the recorder comes and goes as well."""
    query = (
        "select count(*) from private.channel_events"
        " where channel = %s and change in ('joined', 'left') and not is_recorder"
    )
    return int(scene.stage.value(query, scene.channel))


def told(scene: LifecycleScene) -> list[str]:
    """What people were told; not that the clock was turned, which is how time passes here."""
    return [kind for kind in scene.messages() if kind != "session_rescheduled"]


def begin_take(scene: LifecycleScene) -> None:
    """The minute comes in which it begins by itself, and something is recorded."""
    before = len(scene.takes)
    scene.advance()
    assert len(scene.takes) == before + 1
    scene.wait_for("recording")
    scene.await_media()


def end(scene: LifecycleScene, minutes: float = 61) -> None:
    """Its time and the grace are over; what is on is stopped, everything is uploaded and copied."""
    scene.pass_minutes(minutes)
    scene.advance()
    assert scene.status == "completed"
    finish(scene)


def finish(scene: LifecycleScene) -> None:
    """Every take comes to its end."""

    def all_ended() -> bool:
        for take in scene.takes:
            if take["status"] == "processing" and take["upload_complete"]:
                scene.process()
        scene.reconcile()
        return all(take["status"] in ("completed", "failed") for take in scene.takes)

    until(all_ended, "the end of every take")


def films(scene: LifecycleScene) -> int:
    """How many parts its one link plays, as the client's page finds it."""
    path = f"session_recordings?select=id,recording_url,status&session_id=eq.{scene.session['id']}&status=eq.completed"
    (row,) = scene.stage.rest("GET", path, as_=scene.client).json()
    page = scene.stage.http.get(row["recording_url"], headers={"accept": "text/html"})
    return len(addresses(page))


def test_an_early_check_does_not_cost_the_hour(stage: Stage, agora: AgoraEmulator) -> None:
    """They try their microphones twelve minutes early and leave: that is not recorded, and the hour is."""
    scene = LifecycleScene(stage, agora, starts_in_minutes=12)
    meet(scene)
    scene.advance()
    early = (scene.status, scene.takes, scene.agora_requests())
    part(scene)
    scene.pass_minutes(12.1)
    scene.advance()
    alone = scene.takes
    meet(scene)
    begin_take(scene)
    end(scene, 60)

    assert early == ("in_progress", [], {})
    assert alone == []
    assert scene.agora_requests() == {"acquire": 1, "start": 1, "stop": 1}
    assert (scene.recording["status"], films(scene)) == ("completed", 1)
    assert told(scene) == TOLD


def test_a_break_of_six_minutes_is_no_end(lifecycle: LifecycleScene) -> None:
    """The recorder stops in the empty room, the session does not; they come back, and both halves are one film."""
    scene = lifecycle
    meet(scene)
    begin_take(scene)
    scene.pass_minutes(14)
    with scene.agora.slowly():  # or the recorder goes by itself, five of its minutes later
        part(scene)
        scene.pass_minutes(6)
        scene.advance()
    scene.wait_for("processing")
    on_break = (scene.status, scene.recording["status"], scene.takes[0]["stop_reason"])
    meet(scene)
    begin_take(scene)
    end(scene, 41)

    assert on_break == ("in_progress", "recording", "channel_empty")
    assert scene.agora_requests() == {"acquire": 2, "start": 2, "stop": 2}
    assert [take["status"] for take in scene.takes] == ["completed", "completed"]
    assert (scene.recording["status"], films(scene)) == ("completed", 2)
    assert scene.recording["duration_seconds"] == sum(take["duration_seconds"] for take in scene.takes)
    assert told(scene) == TOLD


@pytest.mark.parametrize("happening", ["crash", "idle"])
def test_a_recorder_that_goes_is_followed_by_another(lifecycle: LifecycleScene, happening: str) -> None:
    """In minute fourteen it crashes, or finds nobody: the next begins within a minute, and both are one film."""
    scene = lifecycle
    meet(scene)
    begin_take(scene)
    scene.pass_minutes(14)
    scene.agora.happen(scene.channel, happening)
    scene.reconcile_to("processing")
    between = scene.recording["status"]
    begin_take(scene)
    scene.stage.execute(
        "update private.recording_takes set deadline_at = now() where id = %s", scene.takes[0]["id"]
    )  # the minutes pass in which what a crash left is waited for
    end(scene, 47)

    assert between == "recording"
    assert scene.agora_requests() == {"acquire": 2, "start": 2, "stop": 1}
    assert len({take["recorder_uid"] for take in scene.takes}) == 2
    assert scene.recording["status"] == "completed"
    assert films(scene) == 2
    assert told(scene) == TOLD


def test_a_deliberate_stop_is_final_until_somebody_starts_again(lifecycle: LifecycleScene) -> None:
    """Nobody is shown as recorded who is not; started by hand it goes on, and a crash is then no end again."""
    scene = lifecycle
    meet(scene)
    begin_take(scene)
    scene.pass_minutes(5)
    stopped = scene.stop().raise_for_status().json()
    scene.pass_minutes(5)
    scene.advance()
    quiet = (len(scene.takes), scene.recording["status"])
    scene.start().raise_for_status()
    scene.wait_for("recording")
    scene.await_media()
    scene.pass_minutes(5)
    scene.agora.happen(scene.channel, "idle")
    scene.reconcile_to("processing")
    begin_take(scene)
    end(scene, 46)

    assert stopped["status"] == "processing"
    assert quiet == (1, "processing")
    assert scene.agora_requests() == {"acquire": 3, "start": 3, "stop": 2}
    assert [take["requested_by"] for take in scene.takes] == [None, scene.practitioner.id, None]
    assert (scene.recording["status"], films(scene)) == ("completed", 3)
    assert told(scene) == TOLD


def test_another_device_with_a_wrong_clock_does_not_throw_its_owner_out(lifecycle: LifecycleScene) -> None:
    """From the computer to a phone an hour slow, to a tablet an hour fast, and back to the phone: they were there."""
    scene = lifecycle
    an_hour_ms = 3_600_000
    meet(scene)
    begin_take(scene)
    for device, ahead_ms in (("phone", -an_hour_ms), ("tablet", an_hour_ms), ("phone", -an_hour_ms)):
        scene.pass_minutes(8)
        switch(scene, device, ahead_ms)
        scene.advance()
        assert scene.attendance()[scene.client] == ("agora", True, False), device
    scene.pass_minutes(8)
    scene.advance()
    recorded = (scene.status, len(scene.takes), scene.take["status"])
    events = channel_events(scene)
    scene.set_present(scene.practitioner)
    until(lambda: channel_events(scene) > events, "their leave")
    line = scene.stage.row(
        "select round(total_seconds / 60) as minutes, (select count(*) from unnest(intervals)) as stays, left_at"
        " from public.session_attendance where session_id = %s and user_id = %s",
        scene.session["id"],
        scene.client.id,
    )
    end(scene, 44)

    assert recorded == ("in_progress", 1, "recording")
    assert (line["minutes"], line["stays"], line["left_at"] is None) == (32, 1, False)
    assert scene.agora_requests() == {"acquire": 1, "start": 1, "stop": 1}
    assert (scene.recording["status"], films(scene)) == ("completed", 1)
    assert told(scene) == TOLD


def test_a_session_that_an_admin_reopens_goes_on(lifecycle: LifecycleScene) -> None:
    """Completed by a slip in minute twenty: reopened, people come back in, and it is announced once."""
    scene, stage = lifecycle, lifecycle.stage
    admin = stage.admin()
    meet(scene)
    begin_take(scene)
    scene.pass_minutes(20)
    path = f"session_schedules?id=eq.{scene.session['id']}"
    stage.rest("PATCH", path, as_=admin, json={"status": "completed"}).raise_for_status()
    finish(scene)
    first = scene.recording
    body = {"session_id": str(scene.session["id"]), "reason": "Completed the wrong one"}
    refused = stage.rest("POST", "rpc/reopen_session", as_=scene.practitioner, json=body)
    reopened = stage.rest("POST", "rpc/reopen_session", as_=admin, json=body).raise_for_status().json()
    meanwhile = scene.recording
    begin_take(scene)  # they are in the room still
    played = stage.http.get(first["recording_url"], headers={"accept": "text/html"})
    end(scene, 41)

    assert refused.status_code == 403
    assert reopened == [{"session_id": str(scene.session["id"]), "status": "in_progress"}]
    assert (first["status"], meanwhile["status"], meanwhile["recording_url"]) == (
        "completed",
        "recording",
        first["recording_url"],
    )
    assert (played.status_code, len(addresses(played))) == (200, 1)
    assert scene.agora_requests() == {"acquire": 2, "start": 2, "stop": 2}
    assert (scene.recording["recording_url"], films(scene)) == (first["recording_url"], 2)
    assert told(scene) == TOLD


def test_with_every_notification_lost_it_is_the_same_film(lifecycle: LifecycleScene) -> None:
    """Neither joins nor leaves nor what the recorder says arrive: tokens, queries and the bucket tell as much."""
    scene = lifecycle
    scene.lose_notifications()
    scene.enter(scene.client, scene.practitioner)
    scene.set_present(scene.client, scene.practitioner)
    scene.pass_minutes(2)
    scene.advance()
    scene.reconcile_to("recording")
    scene.await_media()
    scene.pass_minutes(12)
    scene.agora.happen(scene.channel, "idle")

    def has_ended() -> bool:
        if scene.takes[0]["missing_since"]:  # the 90 seconds in which it might be changing machines
            scene.change(missing_since="missing_since - interval '15 seconds'")
        scene.reconcile()
        return bool(scene.takes[0]["status"] == "processing")

    until(has_ended, "the end of the first take")
    scene.advance()
    assert len(scene.takes) == 2
    scene.reconcile_to("recording")
    scene.await_media()
    end(scene, 47)

    assert channel_events(scene) == 0
    assert scene.agora_requests() == {"acquire": 2, "start": 2, "stop": 1}
    assert (scene.recording["status"], films(scene)) == ("completed", 2)
    assert told(scene) == TOLD


def test_two_starters_at_once_begin_one_take(lifecycle: LifecycleScene) -> None:
    """By hand and by the clock, in the minute after a crash: Agora is asked once more, not twice."""
    scene = lifecycle
    meet(scene)
    begin_take(scene)
    scene.pass_minutes(14)
    scene.agora.happen(scene.channel, "idle")
    scene.reconcile_to("processing")

    with ThreadPoolExecutor(10) as crowd:
        replies = [
            *(crowd.submit(scene.start) for _ in range(5)),
            *(crowd.submit(scene.stage.invoke_as_service, "advance-sessions") for _ in range(5)),
        ]

    assert {reply.result().status_code for reply in replies} == {200}
    assert len(scene.takes) == 2
    assert scene.agora_requests() == {"acquire": 2, "start": 2}
