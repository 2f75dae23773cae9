"""A session that lives by itself: people join and leave its channel, and `advance-sessions` runs each minute."""

from typing import Any

from tests.cast import Person, Stage
from tests.recording_scene import AgoraEmulator, RecordingScene, until


class LifecycleScene(RecordingScene):
    """A session with its client and practitioner, who have both agreed to be recorded. Nobody presses anything."""

    def __init__(self, stage: Stage, agora: AgoraEmulator, **session: Any) -> None:
        super().__init__(stage, agora, **session)
        self.uids: dict[Person, int] = {}

    @classmethod
    def of(
        cls, stage: Stage, agora: AgoraEmulator, session: dict[str, Any], client: Person, practitioner: Person
    ) -> "LifecycleScene":
        """The scene of a session that is there already."""
        scene = cls.__new__(cls)
        scene.stage, scene.agora, scene.uids = stage, agora, {}
        scene.client, scene.practitioner = client, practitioner
        scene.session, scene.channel = session, session["room_name"]
        return scene

    # What people do

    def enter(self, *people: Person) -> None:
        """Each gets a token for the room, as their page does."""
        for person in people:
            reply = self.stage.invoke("create-agora-token", {"channelName": self.channel}, as_=person)
            self.uids[person] = reply.raise_for_status().json()["uid"]

    def set_present(self, *people: Person) -> None:
        """These and nobody else are in the channel."""
        uids = [self.uids[person] for person in people]
        self.agora.http.post(f"/_control/channels/{self.channel}", json={"uids": uids}).raise_for_status()

    def switch_device(self, person: Person, device: str, clock_ahead_ms: int) -> None:
        """They come on another device, with a clock of its own; the one they are on is put out."""
        body = {"uid": self.uids[person], "device": device, "ahead_ms": clock_ahead_ms}
        self.agora.http.post(f"/_control/channels/{self.channel}/join", json=body).raise_for_status()

    def wait_for_events(self, many: int) -> None:
        """Until so many events of the channel have come, the recorder's not counted."""
        query = "select count(*) from private.channel_events where channel = %s and not is_recorder"
        until(lambda: self.stage.value(query, self.channel) >= many, f"{many} channel events")

    # Time, and the scheduler

    def pass_minutes(self, minutes: float) -> None:
        """Everything that has happened is so much longer ago."""
        for change in (
            "public.session_schedules set scheduled_at = scheduled_at - %s * interval '1 minute' where id = %s",
            "private.channel_admissions set admitted_at = admitted_at - %s * interval '1 minute' where session_id = %s",
            "private.channel_events set happened_at = happened_at - %s * interval '1 minute' where session_id = %s",
            "private.session_reopenings set reopened_at = reopened_at - %s * interval '1 minute' where session_id = %s",
            "private.recording_takes set started_at = started_at - m, ended_at = ended_at - m"
            " from (select %s * interval '1 minute' as m) passed where session_id = %s",
        ):
            self.stage.execute(f"update {change}", minutes, self.session["id"])
        self.stage.execute("delete from private.session_agreements")  # nobody has changed it

    def advance(self) -> dict[str, Any]:
        """The scheduler calls."""
        reply = self.stage.invoke_as_service("advance-sessions").raise_for_status().json()
        assert reply["failures"] == 0, reply
        return dict(reply)

    # What is seen

    @property
    def status(self) -> str:
        return str(
            self.stage.value("select status from public.session_schedules where id = %s", self.session["id"])
        )

    def attendance(self) -> dict[Person, tuple[str, bool, bool]]:
        """Of whom it is known: how, whether they are there still, and whether they are a no-show."""
        lines = self.stage.owner.execute(
            "select * from public.session_attendance where session_id = %s", [self.session["id"]]
        )
        people = {person.id: person for person in (self.client, self.practitioner)}
        return {
            people[line["user_id"]]: (
                line["source"],
                line["joined_at"] is not None and line["left_at"] is None,
                line["is_no_show"],
            )
            for line in lines
        }

    def messages(self) -> list[str]:
        """What was put in the outbox about it, each as often as it was."""
        rows = self.stage.owner.execute(
            "select kind from private.outbox where session_id = %s order by id", [self.session["id"]]
        )
        return [row["kind"] for row in rows]

    def agora_requests(self) -> dict[str, int]:
        """How often Agora was asked for what changes something."""
        asked = [one["operation"] for one in self.agora.asked(self.channel)]
        return {what: asked.count(what) for what in ("acquire", "start", "stop") if what in asked}
