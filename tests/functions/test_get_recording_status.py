"""Asking after a recording: those who belong to the session learn how it is doing, nobody else that it is."""

from tests.cast import Stage
from tests.recording_scene import AgoraEmulator, RecordingScene, unknown_id


def status(scene: RecordingScene, person: object, **body: str) -> object:
    body = body or {"session_id": str(scene.session["id"])}
    return scene.stage.invoke("get-recording-status", body, as_=person)  # type: ignore[arg-type]


def test_both_participants_follow_the_recording(scene: RecordingScene) -> None:
    """From the database alone: no question costs a call to Agora. Agora's identifiers stay with the admins."""
    scene.start().raise_for_status()
    recording = scene.wait_for("recording")
    asked = len(scene.agora.asked(scene.channel))

    replies = {
        who: status(scene, person).json()
        for who, person in {
            "client": scene.client,
            "practitioner": scene.practitioner,
            "admin": scene.stage.admin(),
        }.items()
    }

    for who, reply in replies.items():
        found = reply["recording"]
        assert (found["id"], found["status"]) == (str(recording["recording_id"]), "recording"), who
        expected = (
            (recording["agora_resource_id"], recording["agora_sid"]) if who == "admin" else (None, None)
        )
        assert (found["agora_resource_id"], found["agora_sid"]) == expected, who
    assert len(scene.agora.asked(scene.channel)) == asked


def test_the_status_contains_the_last_answer_of_agora(scene: RecordingScene) -> None:
    """As the reconciler received it; null before that and once the recording is over."""
    scene.start().raise_for_status()
    scene.wait_for("recording")
    before = status(scene, scene.client).json()["agora_status"]

    scene.reconcile()
    during = status(scene, scene.client).json()["agora_status"]
    scene.stop().raise_for_status()
    after = status(scene, scene.client).json()["agora_status"]

    assert (before, during["status"] in (4, 5), after) == (None, True, None)
    assert during["seen_at"]


def test_a_stranger_learns_nothing(scene: RecordingScene) -> None:
    """Neither by session nor by recording; as if there were none."""
    scene.start().raise_for_status()
    recording = str(scene.recording["id"])

    replies = [
        status(scene, person, **body)
        for person in (scene.stage.client(), scene.stage.practitioner())
        for body in (
            {"session_id": str(scene.session["id"])},
            {"recording_id": recording},
            {"session_id": unknown_id()},
        )
    ]

    assert {(reply.status_code, reply.json()["code"]) for reply in replies} == {(404, "recording_not_found")}
    assert status(scene, None).status_code == 401


def test_get_is_answered_and_one_id_is_required(scene: RecordingScene) -> None:
    """Query parameters as well as a body; one of the two ids."""
    scene.start().raise_for_status()
    path = f"get-recording-status?recording_id={scene.recording['id']}"

    assert scene.stage.invoke(path, as_=scene.client, method="GET").json()["recording"]["status"]
    assert scene.stage.invoke("get-recording-status", {}, as_=scene.client).status_code == 422
    assert (
        scene.stage.invoke("get-recording-status", {"session_id": "x"}, as_=scene.client).status_code == 422
    )


def test_participants_of_a_class_get_a_row_and_a_link_of_their_own(
    stage: Stage, agora: AgoraEmulator
) -> None:
    """Who came finds the class's recording under their own session; absent people and others' links do not show."""
    scene = RecordingScene(stage, agora)
    stage.execute("delete from public.session_schedules where id = %s", scene.session["id"])
    master = stage.group_class(practitioner=scene.practitioner)
    scene.session, scene.channel = master, master["room_name"]
    came, also_came, absent = stage.client(), stage.client(), stage.client()
    stage.consent(came, also_came)
    own = {person.id: stage.join(master, person) for person in (came, also_came, absent)}
    for person in (came, also_came):
        token = stage.invoke(
            "create-agora-token", {"channelName": scene.channel, "role": "publisher"}, as_=person
        )
        token.raise_for_status()
    scene.record()
    during = status(scene, came, session_id=str(own[came.id]["id"])).json()["recording"]
    scene.process()

    def page(person: object, row: str) -> list[dict[str, str]]:
        path = f"session_recordings?select=id,recording_url,status&session_id=eq.{row}&status=eq.completed"
        return list(stage.rest("GET", path, as_=person).json())  # type: ignore[arg-type]

    assert (during["id"], during["status"], during["recording_url"]) == (
        str(scene.recording["id"]),
        "processing",
        None,
    )
    (mine,) = page(came, own[came.id]["id"])
    (theirs,) = page(also_came, own[also_came.id]["id"])
    (practitioners,) = page(scene.practitioner, str(master["id"]))
    assert len({mine["recording_url"], theirs["recording_url"], practitioners["recording_url"]}) == 3
    assert (
        page(absent, own[absent.id]["id"])
        == page(came, str(master["id"]))
        == page(came, own[also_came.id]["id"])
        == []
    )
    assert status(scene, came, recording_id=theirs["id"]).status_code == 404
    assert status(scene, came, recording_id=practitioners["id"]).json()["recording"]["recording_url"] is None
    assert stage.http.get(mine["recording_url"]).status_code == 302
