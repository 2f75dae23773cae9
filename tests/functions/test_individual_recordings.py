"""Everybody recorded separately: room for a whole class, and nobody without files."""

import re
from typing import Any

import pytest

from tests.cast import Person, Stage
from tests.recording_scene import AgoraEmulator, RecordingScene, until


class ClassScene(RecordingScene):
    """A class whose people have all agreed, and are in its channel."""

    def __init__(self, stage: Stage, agora: AgoraEmulator, *, people: int, **columns: Any) -> None:
        self.stage, self.agora = stage, agora
        self.practitioner = stage.practitioner()
        self.session = stage.group_class(practitioner=self.practitioner, **columns)
        self.channel = self.session["room_name"]
        members = [stage.client() for _ in range(people - 1)]
        self.people: list[Person] = [*members, self.practitioner]
        stage.consent(*self.people)
        for person in members:
            stage.join(self.session, person)
        self.uids = [self.enter(person) for person in self.people]

    def enter(self, person: Person) -> int:
        reply = self.stage.invoke("create-agora-token", {"channelName": self.channel}, as_=person)
        return int(reply.raise_for_status().json()["uid"])

    def come(self, *uids: int) -> None:
        for uid in uids:
            self.agora.http.post(
                f"/_control/channels/{self.channel}/join", json={"uid": uid}
            ).raise_for_status()

    def recorded_uids(self) -> set[int]:
        return {int(found[1]) for key in self.source_keys() if (found := re.search(r"__uid_s_(\d+)__", key))}


def test_an_individual_class_of_seven_has_everybody(stage: Stage, agora: AgoraEmulator) -> None:
    """Two are there when it starts and five come later: each has sound and picture that play."""
    scene = ClassScene(stage, agora, people=7, max_participants=6)
    with agora.slowly():  # or the clip is over before they come
        scene.come(*scene.uids[-2:])
        scene.start(recording_mode="individual").raise_for_status()
        scene.wait_for("recording")
        scene.come(*scene.uids[:-2])
    until(lambda: scene.recorded_uids() == set(scene.uids), "files of everybody")
    scene.stop().raise_for_status()
    scene.wait_for("processing", upload_complete=True)
    scene.complete()

    scene.process()

    kept = " ".join(file["source_key"] for file in scene.files())
    tracks = [f"__uid_s_{uid}__uid_e_{track}_" for uid in scene.uids for track in ("audio", "video")]
    assert [track for track in tracks if track not in kept] == []
    assert (scene.recording["status"], len(agora.asked(scene.channel, "start"))) == ("completed", 1)


@pytest.mark.parametrize(
    ("places", "taken", "expected"), [(1, 1, 2), (6, 2, 7), (16, 1, 17)], ids=["a pair", "seven", "seventeen"]
)
def test_room_is_made_for_whoever_may_come(stage: Stage, places: int, taken: int, expected: int) -> None:
    """The practitioner and every place, taken or not."""
    practitioner = stage.practitioner()
    if places == 1:
        session = stage.session(client=stage.client(), practitioner=practitioner)
    else:
        session = stage.group_class(practitioner=practitioner, max_participants=places)
        for _ in range(taken):
            stage.join(session, stage.client())

    assert stage.value("select people from public.count_expected_people(%s)", session["id"]) == expected


def test_more_people_than_agora_takes_are_refused_with_a_reason(stage: Stage, agora: AgoraEmulator) -> None:
    """A class from before the limit: Agora is not asked, and the take says why."""
    scene = ClassScene(stage, agora, people=2, max_participants=16)
    stage.execute("alter table public.session_schedules disable trigger user")
    stage.execute(
        "update public.session_schedules set max_participants = 60 where id = %s", scene.session["id"]
    )
    stage.execute("alter table public.session_schedules enable trigger user")

    refused = scene.start(recording_mode="individual")

    assert refused.status_code == 502
    assert scene.take["status"] == "failed"
    assert "49 people separately at most, and 61" in scene.take["failure_reason"]
    assert not agora.asked(scene.channel)
