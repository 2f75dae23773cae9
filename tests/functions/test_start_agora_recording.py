"""Starting a recording: one caller wins, Agora is asked once, and nobody is recorded who has not agreed."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.cast import Stage
from tests.recording_scene import AgoraEmulator, RecordingScene, unknown_id, until
from tests.sharing_scene import addresses


def test_the_practitioner_starts_a_recording(scene: RecordingScene) -> None:
    """The reply names it, and soon Agora says that it records: the session's own channel, under a recorder's number."""
    reply = scene.start()

    body = reply.json()
    assert (reply.status_code, body["success"], body["status"]) == (200, True, "pending")
    recording = scene.wait_for("recording")
    assert body["recording_id"] == str(recording["recording_id"])
    assert (body["resource_id"], body["sid"]) == (recording["agora_resource_id"], recording["agora_sid"])
    assert recording["cname"] == scene.channel
    assert recording["recorder_uid"] >= 4_000_000_000
    assert recording["requested_by"] == scene.practitioner.id
    assert recording["started_at"]


def test_starting_twice_returns_the_running_recording(scene: RecordingScene) -> None:
    """Agora is asked once."""
    first = scene.start().json()
    scene.wait_for("recording")

    again = scene.start(channel_name="somebody-elses").json()

    assert again == {**first, "status": "recording"}
    assert len(scene.agora.asked(scene.channel, "acquire")) == 1


def test_twenty_starts_at_once_make_one_recording(scene: RecordingScene) -> None:
    """The row is won before Agora is asked, so nineteen callers find it won."""
    with ThreadPoolExecutor(20) as crowd:
        replies = list(crowd.map(lambda _: scene.start(), range(20)))

    assert {reply.status_code for reply in replies} == {200}
    assert len({reply.json()["recording_id"] for reply in replies}) == 1
    assert len(scene.agora.recordings(scene.channel)) == 1
    assert len(scene.agora.asked(scene.channel)) == 2  # one acquire, one start


def test_an_admin_and_the_service_may_start_a_recording_too(scene: RecordingScene) -> None:
    """Whoever starts it, it is the same recording."""
    by_admin = scene.start(as_=scene.stage.admin()).json()
    body = {"session_id": str(scene.session["id"])}
    by_service = scene.stage.invoke_as_service("start-agora-recording", body).json()

    assert by_admin["recording_id"] == by_service["recording_id"]


def test_individual_mode_reaches_agora(scene: RecordingScene) -> None:
    """`composite` is Agora's mix, `individual` a file per person."""
    scene.start(recording_mode="individual").raise_for_status()

    assert scene.wait_for("recording")["mode"] == "individual"
    assert scene.agora.recordings(scene.channel)[0]["mode"] == "individual"


def test_a_client_may_not_start_and_a_stranger_learns_nothing(scene: RecordingScene) -> None:
    """403 for somebody of the session; 404 for anybody else, as for a session that does not exist."""
    refusals = [
        scene.start(as_=scene.client),
        scene.start(as_=scene.stage.client()),
        scene.start(as_=scene.stage.practitioner()),
        scene.start(session_id=unknown_id()),
    ]

    assert [(one.status_code, one.json()["code"]) for one in refusals] == [
        (403, "not_allowed"),
        (404, "session_not_found"),
        (404, "session_not_found"),
        (404, "session_not_found"),
    ]
    assert refusals[1].json() == refusals[3].json()
    assert scene.stage.invoke("start-agora-recording", {"session_id": unknown_id()}).status_code == 401


@pytest.mark.parametrize(
    ("minutes", "columns", "code"),
    [
        (60, {}, "too_early"),
        (-200, {}, "session_over"),
        (0, {"status": "cancelled"}, "session_cancelled"),
        (0, {"status": "completed"}, "session_over"),
        (0, {"session_location": "in_person"}, "session_in_person"),
    ],
)
def test_only_an_open_room_is_recorded(
    stage: Stage, agora: AgoraEmulator, minutes: float, columns: dict[str, Any], code: str
) -> None:
    """Not before, not after, not a cancelled session and not one in a studio."""
    scene = RecordingScene(stage, agora, starts_in_minutes=minutes, **columns)

    reply = scene.start()

    assert (reply.status_code, reply.json()["code"]) == (409, code)
    assert agora.asked(scene.channel) == []


@pytest.mark.parametrize("who", ["client", "practitioner"])
def test_nothing_is_recorded_without_the_consent_of_everybody(scene: RecordingScene, who: str) -> None:
    """One missing consent is enough, and Agora is not asked."""
    person = getattr(scene, who)
    withdraw(scene, person)

    reply = scene.start()

    assert (reply.status_code, reply.json()["code"]) == (409, "recording_consent_missing")
    assert scene.agora.asked(scene.channel) == []
    agree(scene, person)
    assert scene.start().status_code == 200


def test_a_class_needs_the_consent_of_everybody_who_is_in_it(stage: Stage, agora: AgoraEmulator) -> None:
    """Who holds a token for the room counts; who booked and did not come does not; nor does the admin who made it."""
    scene = RecordingScene(stage, agora)
    stage.execute("delete from public.session_schedules where id = %s", scene.session["id"])
    master = stage.group_class(practitioner=scene.practitioner)
    scene.session, scene.channel = master, master["room_name"]
    present, absent = stage.client(), stage.client()
    for person in (present, absent):
        stage.join(master, person)
    enter(stage, scene.channel, present)

    refused = scene.start()
    stage.consent(present)
    started = scene.start()

    assert (refused.status_code, refused.json()["code"]) == (409, "recording_consent_missing")
    assert started.status_code == 200
    assert scene.start(as_=present).status_code == 403


def test_a_latecomer_without_consent_ends_the_recording_and_then_gets_in(scene: RecordingScene) -> None:
    """Their seat weighs more than the recording."""
    scene.start().raise_for_status()
    scene.wait_for("recording")
    master = scene.stage.row(
        "update public.session_schedules set max_participants = 5 where id = %s returning *",
        scene.session["id"],
    )
    late = scene.stage.client()
    scene.stage.join(master, late)

    outside = enter(scene.stage, scene.channel, late)
    scene.reconcile_to("processing")
    inside = enter(scene.stage, scene.channel, late)

    assert (outside.status_code, outside.json()["code"]) == (409, "recording_consent_missing")
    assert scene.take["stop_reason"] == "somebody_has_not_agreed"
    assert inside.status_code == 200
    assert scene.agora.asked(scene.channel, "stop")


@pytest.mark.parametrize("who", ["client", "practitioner"])
def test_withdrawing_consent_stops_the_recording(scene: RecordingScene, who: str) -> None:
    """As easily as it was given: the reconciler carries it to Agora within a minute."""
    scene.start().raise_for_status()
    scene.wait_for("recording")

    withdraw(scene, getattr(scene, who))
    scene.reconcile_to("processing")

    assert scene.take["stop_reason"] == "consent_withdrawn"
    assert scene.agora.asked(scene.channel, "stop")


def test_cancelling_the_session_stops_its_recording(scene: RecordingScene) -> None:
    """Whoever cancels need not know that it is being recorded."""
    scene.start().raise_for_status()
    scene.wait_for("recording")

    scene.stage.execute(
        "update public.session_schedules set status = 'cancelled' where id = %s", scene.session["id"]
    )
    scene.reconcile_to("processing")

    assert scene.take["stop_reason"] == "session_cancelled"


def test_consents_and_starts_at_once_never_record_without_consent(scene: RecordingScene) -> None:
    """Withdrawn before: refused. Withdrawn after: stopped. There is nothing in between, however they meet."""
    for _ in range(8):
        with ThreadPoolExecutor(2) as pair:
            started = pair.submit(scene.start)
            pair.submit(withdraw, scene, scene.client).result()
        if started.result().status_code == 409:
            assert started.result().json()["code"] == "recording_consent_missing"
        else:
            assert scene.take["stop_reason"] == "consent_withdrawn"
            scene.stage.execute(
                "update private.recording_takes set status = 'failed', failure_code = 'test' where session_id = %s",
                scene.session["id"],
            )
        agree(scene, scene.client)


def test_a_person_without_consent_is_never_let_in_while_a_recording_starts(
    stage: Stage, agora: AgoraEmulator
) -> None:
    """Somebody who has not agreed comes in as the recording is started: one of the two waits outside."""
    for _ in range(6):
        scene = RecordingScene(stage, agora)
        stage.execute("delete from public.session_schedules where id = %s", scene.session["id"])
        master = stage.group_class(practitioner=scene.practitioner)
        scene.session, scene.channel = master, master["room_name"]
        late = stage.client()
        stage.join(master, late)

        with ThreadPoolExecutor(2) as pair:
            started, entered = pair.submit(scene.start), pair.submit(enter, stage, scene.channel, late)

        both = (started.result().status_code, entered.result().status_code)
        assert both in {(200, 409), (409, 200)}
        if both[0] == 200:
            assert scene.take["stop_reason"] == "somebody_has_not_agreed"


def test_a_finished_session_is_not_recorded_again(scene: RecordingScene) -> None:
    """Its room is closed; and the pages go on showing the link of its one recording."""
    scene.record()

    reply = scene.start()

    assert (reply.status_code, reply.json()["code"]) == (409, "session_over")


def test_whoever_stopped_by_mistake_starts_again_and_it_is_one_recording(scene: RecordingScene) -> None:
    """Two takes with a recorder and a folder each; one row, whose link plays both, one after the other."""
    scene.record_take()
    stopped = scene.recording["status"]
    again = scene.start().raise_for_status().json()
    scene.wait_for("recording")
    scene.await_media()
    started = scene.recording["status"]
    scene.stop().raise_for_status()
    scene.wait_for("processing", upload_complete=True)
    scene.process(), scene.process()
    before = scene.recording["status"]
    scene.complete()

    recording = scene.recording
    assert (stopped, started, before, recording["status"]) == (
        "processing",
        "recording",
        "processing",
        "completed",
    )
    assert again["recording_id"] == str(recording["id"])
    assert [len(scene.agora.asked(scene.channel, each)) for each in ("acquire", "start", "stop")] == [2, 2, 2]
    first, second = scene.takes
    assert recording["duration_seconds"] == first["duration_seconds"] + second["duration_seconds"]
    assert [file["take_id"] for file in scene.files()] == [first["id"], second["id"]]
    assert recording["storage_path"] == scene.files()[0]["storage_path"]
    played = scene.stage.http.get(recording["recording_url"], headers={"accept": "text/html"})
    assert (played.status_code, len(addresses(played))) == (200, 2)


FAULTS: dict[str, dict[str, Any]] = {
    "201 already started": {"on": "start", "status": 201, "code": 7, "perform": True},
    "206 not completed": {"on": "start", "status": 206, "code": 65, "times": None},
    "500 timed out": {"on": "start", "status": 500, "code": 62, "times": None},
    "500 and yet it runs": {"on": "start", "status": 500, "code": 62, "perform": True, "times": None},
    "the connection breaks": {"on": "start", "reset": True, "perform": True, "times": None},
    "too many requests": {"on": "acquire", "status": 429, "times": None},
    "no capacity": {"on": "acquire", "status": 400, "code": 406, "times": None},
    "no worker": {"on": "start", "status": 500, "code": 502},
    "a task conflict": {"on": "start", "status": 400, "code": 53, "times": None},
    "bad parameters": {"on": "acquire", "status": 400, "code": 2},
    "wrong credentials": {"on": "start", "status": 401, "body": {"message": "Unauthorized"}},
}


def test_each_answer_of_agora_to_a_start_has_its_effect(stage: Stage, agora: AgoraEmulator) -> None:
    """What may still succeed stays pending, for the reconciler; what never can has failed, and may be started anew."""

    def play(fault: dict[str, Any]) -> tuple[int, str, str | None]:
        scene = scenes[id(fault)]
        scene.lose_notifications()
        scene.fault(**fault)
        reply = scene.start()
        return reply.status_code, scene.take["status"], reply.json().get("code")

    scenes = {id(fault): RecordingScene(stage, agora) for fault in FAULTS.values()}
    with ThreadPoolExecutor(len(FAULTS)) as crowd:
        ends = dict(zip(FAULTS, crowd.map(play, FAULTS.values()), strict=True))

    hopeless = {"bad parameters", "wrong credentials"}
    assert ends == {
        name: (502, "failed", "agora_rejected") if name in hopeless else (200, "pending", None)
        for name in FAULTS
    }
    for name in hopeless:
        assert scenes[id(FAULTS[name])].start().status_code == 200


def test_a_start_whose_answer_was_lost_is_found_again(scene: RecordingScene) -> None:
    """With every notification lost as well: the sid is in its files, and there is still only one recording."""
    scene.lose_notifications()
    scene.fault("start", reset=True, perform=True, times=None)

    assert scene.start().json()["sid"] is None
    until(lambda: bool(scene.source_keys()), "a file in the bucket")
    recording = scene.reconcile_to("recording")

    (running,) = scene.agora.recordings(scene.channel)
    assert (recording["agora_sid"], recording["attempt"]) == (running["sid"], 1)


def test_a_recorder_that_never_comes_is_replaced_under_another_number(scene: RecordingScene) -> None:
    """Accepted, and then 404 for ever: after 90 s the bucket is asked, and the second attempt runs."""
    scene.lose_notifications()
    scene.fault("recording", never_runs=True, silent=True)
    scene.start().raise_for_status()
    first = scene.take

    scene.reconcile()
    scene.change(missing_since="now() - interval '91 seconds'")
    recording = scene.reconcile_to("recording")

    assert recording["attempt"] == 2
    assert recording["recorder_uid"] != first["recorder_uid"]


def test_a_recording_fails_after_three_recorders_that_never_came(scene: RecordingScene) -> None:
    """The status shows the failure, and it may be started anew."""
    scene.lose_notifications()
    scene.fault("start", status=500, code=502, times=None)

    scene.start()
    recording = scene.reconcile_to("failed")

    assert (recording["failure_code"], recording["attempt"]) == ("not_started", 3)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"session_id": "x"},
        {"session_id": 5},
        {"session_id": None},
        {"session_id": unknown_id(), "recording_mode": "web"},
    ],
)
def test_an_invalid_field_is_named(scene: RecordingScene, body: dict[str, Any]) -> None:
    reply = scene.stage.invoke("start-agora-recording", body, as_=scene.practitioner)

    assert reply.status_code == 422
    assert reply.json()["details"][0]["field"] == (
        "recording_mode" if "recording_mode" in body else "session_id"
    )


def enter(stage: Stage, channel: str, person: Any) -> Any:
    """Ask for a token, as the page does."""
    return stage.invoke("create-agora-token", {"channelName": channel, "role": "publisher"}, as_=person)


def withdraw(scene: RecordingScene, person: Any) -> None:
    path = f"user_consents?user_id=eq.{person.id}&consent_type=eq.session_recording"
    scene.stage.rest("PATCH", path, as_=person, json={"consented": False}).raise_for_status()


def agree(scene: RecordingScene, person: Any) -> None:
    path = f"user_consents?user_id=eq.{person.id}&consent_type=eq.session_recording"
    scene.stage.rest("PATCH", path, as_=person, json={"consented": True}).raise_for_status()
