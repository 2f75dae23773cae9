"""Erasing recordings: unseen at once; files, source and rows gone when it is due; a receipt that names nobody."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.cast import Person, Stage
from tests.recording_scene import AgoraEmulator, RecordingScene
from tests.sharing_scene import SharingScene, finished_recording

DUE = "update private.recording_erasure_queue set due_at = now() where recording_id = %s"
WEEK_PASSES = (
    "update private.recording_erasure_notices"
    " set told_at = told_at - interval '8 days', ends_at = ends_at - interval '8 days'"
)
LATER = "update public.session_recordings set lease_until = now() - interval '1 second' where id = %s"


class ErasableRecording(SharingScene):
    """A finished recording with a file in storage and sources of two attempts in Agora's bucket."""

    def __init__(self, stage: Stage, **columns: Any) -> None:
        super().__init__(stage, **columns)
        stage.consent(self.client, self.practitioner)
        self.put_files(self.session["id"], self.id)

    def put_files(self, session_id: UUID, recording_id: UUID) -> None:
        self.folder, self.source = f"{session_id}/{recording_id}", f"recordings/{recording_id.hex}/"
        key = self.stage.env["SUPABASE_SECRET_KEY"]
        for name in ("1.mp4", "left-behind.ts"):
            self.stage.http.post(
                f"/storage/v1/object/session-recordings/{self.folder}/{name}",
                content=b"video",
                headers={"apikey": key, "authorization": f"Bearer {key}", "content-type": "video/mp4"},
            ).raise_for_status()
        for attempt in (1, 2):
            self.bucket.put_object(
                Bucket=self.stage.env["RECORDING_S3_BUCKET"],
                Key=f"{self.source}{attempt}/x.ts",
                Body=b"video",
            )

    @property
    def bucket(self) -> Any:
        scene = RecordingScene.__new__(RecordingScene)
        scene.stage = self.stage
        return scene.bucket()

    def withdraw(self, person: Person) -> None:
        decide(self.stage, person, consented=False)

    def purge(self) -> dict[str, int]:
        """The day after, the scheduler calls."""
        self.stage.execute(DUE, self.id)
        return purge(self.stage, self.id)

    def count_everything(self) -> tuple[int, int, int]:
        """How many files storage has, how many sources the bucket, how many rows the database."""
        stored = self.stage.value(
            "select count(*) from storage.objects where bucket_id = 'session-recordings' and name like %s",
            f"{self.folder}/%",
        )
        listed = self.bucket.list_objects_v2(Bucket=self.stage.env["RECORDING_S3_BUCKET"], Prefix=self.source)
        rows = self.stage.value("select count(*) from public.session_recordings where id = %s", self.id)
        return stored, listed["KeyCount"], rows

    @property
    def receipts(self) -> list[dict[str, Any]]:
        query = "select * from public.recording_erasures where recording_id = %s"
        return self.stage.owner.execute(query, [self.id]).fetchall()

    def seen_by(self, person: Person) -> int:
        reply = self.stage.rest("GET", f"session_recordings?select=id&id=eq.{self.id}", as_=person)
        return len(reply.raise_for_status().json())


def decide(stage: Stage, person: Person, *, consented: bool) -> None:
    body = {"consent_type": "session_recording", "consented": consented}
    stage.invoke("record-consent", body, as_=person).raise_for_status()


def purge(stage: Stage, recording_id: object) -> dict[str, int]:
    body = {"recording_id": str(recording_id)}
    return dict(stage.invoke_as_service("purge-recordings", body).raise_for_status().json())


def queued(stage: Stage, recording_id: object) -> list[str]:
    """Why a recording is to go."""
    query = "select reason from private.recording_erasure_queue where recording_id = %s order by reason"
    return [row["reason"] for row in stage.owner.execute(query, [recording_id]).fetchall()]


@pytest.fixture
def erasable(stage: Stage) -> ErasableRecording:
    """Something to erase."""
    return ErasableRecording(stage)


def test_a_withdrawn_recording_is_closed_at_once_and_erased_a_day_later(erasable: ErasableRecording) -> None:
    """Unseen and unopened from that moment, erased the day after with everything that was stored."""
    link = erasable.link()
    link.get()
    erasable.withdraw(erasable.client)

    assert (erasable.seen_by(erasable.client), erasable.seen_by(erasable.practitioner)) == (0, 0)
    assert link.get().status_code == 404
    assert erasable.share().status_code == 404
    asked = {"recording_id": str(erasable.id)}
    assert erasable.stage.invoke("get-recording-status", asked, as_=erasable.client).status_code == 404
    assert purge(erasable.stage, erasable.id) == {"erased": 0, "failed": 0}  # it is not due yet
    assert erasable.count_everything() == (2, 2, 1)

    assert erasable.purge() == {"erased": 1, "failed": 0}

    assert erasable.count_everything() == (0, 0, 0)
    (receipt,) = erasable.receipts
    assert (receipt["reasons"], receipt["files"], receipt["bytes"]) == (["consent_withdrawn"], 1, 1000)
    for mark in (erasable.client, erasable.practitioner):
        assert str(mark.id) not in str(receipt) and str(erasable.session["id"]) not in str(receipt)
    views = "select * from public.recording_views where recording_id = %s"
    (view,) = erasable.stage.owner.execute(views, [erasable.id]).fetchall()
    assert (view["ip_address"], view["user_agent"], view["masked_address"]) == (None, None, None)
    links = "select count(*) from public.recording_share_links where recording_id = %s"
    assert erasable.stage.value(links, erasable.id) == 0
    assert purge(erasable.stage, erasable.id) == {"erased": 0, "failed": 0}


def test_consenting_again_in_time_keeps_the_recording(erasable: ErasableRecording) -> None:
    """If two withdrew, both must; an erasure that has begun goes on."""
    for person in (erasable.client, erasable.practitioner):
        erasable.withdraw(person)
    decide(erasable.stage, erasable.client, consented=True)
    assert erasable.seen_by(erasable.client) == 0
    decide(erasable.stage, erasable.practitioner, consented=True)
    assert erasable.seen_by(erasable.client) == 1
    assert erasable.purge() == {"erased": 0, "failed": 0}

    erasable.withdraw(erasable.client)
    erasable.stage.execute(
        "update private.recording_erasure_queue set begun_at = now() where recording_id = %s", erasable.id
    )
    decide(erasable.stage, erasable.client, consented=True)
    assert queued(erasable.stage, erasable.id) == ["consent_withdrawn"]


@pytest.mark.parametrize("on", ["user_id", "session_id"])
def test_a_recording_under_a_legal_hold_is_not_erased(
    stage: Stage, erasable: ErasableRecording, on: str
) -> None:
    """It stays closed meanwhile, and goes when the hold is released; a hold is released once."""
    admin = stage.admin()
    held = erasable.client.id if on == "user_id" else erasable.session["id"]
    hold = stage.rest("POST", "legal_holds", as_=admin, json={on: str(held), "reason": "A claim"})
    path = f"legal_holds?id=eq.{hold.raise_for_status().json()[0]['id']}"
    erasable.withdraw(erasable.practitioner)

    assert erasable.purge() == {"erased": 0, "failed": 0}
    assert (erasable.count_everything(), erasable.seen_by(erasable.client)) == ((2, 2, 1), 0)

    released = {"released_at": "2020-01-01T00:00:00Z"}
    row = stage.rest("PATCH", path, as_=admin, json=released).raise_for_status().json()[0]
    assert row["released_at"] > row["placed_at"]  # by the server's clock
    again = stage.rest("PATCH", path, as_=admin, json=released)
    assert (again.status_code, again.json()["details"]) == (409, "hold_released")
    assert erasable.purge() == {"erased": 1, "failed": 0}


class ClassRecording(ErasableRecording):
    """The recording of a class, with rows for two who were in it."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.practitioner = stage, stage.practitioner()
        self.session = stage.group_class(practitioner=self.practitioner)
        self.id = finished_recording(stage, self.session["id"])
        self.people = [stage.client(), stage.client()]
        self.own = []
        stage.consent(self.practitioner, *self.people)
        for person in self.people:
            seat = stage.join(self.session, person)
            self.own.append(finished_recording(stage, seat["id"], of_class=self.id))
            stage.execute(
                "insert into private.channel_admissions (session_id, user_id, channel_name, uid, expires_at)"
                " values (%s, %s, 'c', 1, now() + interval '1 minute')",
                self.session["id"],
                person.id,
            )
        self.put_files(self.session["id"], self.id)

    def survives(self) -> None:
        """An admin says that it stays for the others."""
        rule = {"session_id": str(self.session["id"]), "survives_withdrawal": True}
        self.stage.rest("POST", "recording_rules", as_=self.stage.admin(), json=rule).raise_for_status()

    def seen(self) -> list[int]:
        """For each participant, how many recordings they see."""
        return [
            len(self.stage.rest("GET", "session_recordings?select=id", as_=person).json())
            for person in self.people
        ]


def test_the_recording_of_a_class_is_erased_for_all_when_one_withdraws(stage: Stage) -> None:
    """Their picture is in it. Who only had a seat and never came is not."""
    group = ClassRecording(stage)
    absent = stage.client()
    stage.consent(absent)
    stage.join(group.session, absent)
    group.withdraw(absent)
    assert group.seen() == [1, 1]

    group.withdraw(group.people[0])

    assert group.seen() == [0, 0]
    assert group.purge() == {"erased": 1, "failed": 0}
    assert group.count_everything() == (0, 0, 0)
    assert stage.value("select count(*) from public.session_recordings where id = any (%s)", group.own) == 0


def test_a_rule_may_keep_the_recording_of_a_class_for_the_others(stage: Stage) -> None:
    """Only the own row and link are erased. When its practitioner withdraws, all of it is."""
    group = ClassRecording(stage)
    group.survives()
    group.withdraw(group.people[0])

    assert group.seen() == [0, 1]
    stage.execute(DUE, group.own[0])
    assert purge(stage, group.own[0]) == {"erased": 1, "failed": 0}
    assert (group.count_everything(), group.seen()) == ((2, 2, 1), [0, 1])

    group.withdraw(group.practitioner)
    assert group.purge() == {"erased": 1, "failed": 0}
    assert (group.count_everything(), group.seen()) == ((0, 0, 0), [0, 0])


def test_a_person_who_withdrew_before_the_end_gets_no_recording(stage: Stage) -> None:
    """Where it stays for the others, those get their rows."""
    group = ClassRecording(stage)
    group.survives()
    stage.execute("delete from public.session_recordings where id = any (%s)", group.own)
    group.withdraw(group.people[0])

    stage.execute("select private.add_participant_recordings(%s)", group.id)

    assert group.seen() == [0, 1]


def test_recordings_are_erased_after_their_retention(stage: Stage) -> None:
    """Seven years after their end, or as a rule for the class or session says; never while that is switched off."""
    old, kept, short, off = (ErasableRecording(stage) for _ in range(4))
    for each, days in ((old, 2556), (kept, 2556), (short, 31), (off, 30)):
        stage.execute(
            "update public.session_recordings set ended_at = now() - %s * interval '1 day' where id = %s",
            days,
            each.id,
        )
    admin = stage.admin()
    for each, days in ((kept, 3650), (short, 30)):
        rule = {"session_id": str(each.session["id"]), "retention_days": days}
        stage.rest("POST", "recording_rules", as_=admin, json=rule).raise_for_status()
    policy = "data_retention_policies?table_name=eq.session_recordings"

    stage.rest("PATCH", policy, as_=admin, json={"auto_delete": False}).raise_for_status()
    assert purge(stage, old.id) == {"erased": 0, "failed": 0}
    stage.rest("PATCH", policy, as_=admin, json={"auto_delete": True}).raise_for_status()

    assert [purge(stage, each.id)["erased"] for each in (old, kept, short, off)] == [
        0,
        0,
        0,
        0,
    ]  # a week's notice
    stage.execute(WEEK_PASSES)
    assert [purge(stage, each.id)["erased"] for each in (old, kept, short, off)] == [1, 0, 1, 0]
    assert [receipt["reasons"] for receipt in old.receipts] == [["retention"]]


CLAIM = "select recording, storage_folder from public.claim_recording_erasure(%s)"


@pytest.mark.parametrize(
    "killed_after", ["claiming", "deleting one file", "deleting the files", "deleting the source"]
)
def test_an_erasure_may_be_killed_at_each_step(erasable: ErasableRecording, killed_after: str) -> None:
    """Nobody takes over while the lease lasts; the next one then deletes what is left, and there is one receipt."""
    stage = erasable.stage
    erasable.withdraw(erasable.client)
    stage.execute(DUE, erasable.id)
    stage.row(CLAIM, erasable.id)
    steps = {"claiming": [], "deleting one file": ["1.mp4"]}.get(killed_after, ["1.mp4", "left-behind.ts"])
    key = stage.env["SUPABASE_SECRET_KEY"]
    if steps:
        stage.http.request(
            "DELETE",
            "/storage/v1/object/session-recordings",
            json={"prefixes": [f"{erasable.folder}/{name}" for name in steps]},
            headers={"apikey": key, "authorization": f"Bearer {key}"},
        ).raise_for_status()
    if killed_after == "deleting the source":
        for attempt in (1, 2):
            erasable.bucket.delete_object(
                Bucket=stage.env["RECORDING_S3_BUCKET"], Key=f"{erasable.source}{attempt}/x.ts"
            )
    left = erasable.count_everything()

    assert purge(stage, erasable.id) == {"erased": 0, "failed": 0}
    assert erasable.count_everything() == left
    stage.execute(LATER, erasable.id)
    assert purge(stage, erasable.id) == {"erased": 1, "failed": 0}

    assert erasable.count_everything() == (0, 0, 0)
    assert [(one["files"], one["bytes"]) for one in erasable.receipts] == [(1, 1000)]


def test_an_erasure_that_lost_its_lease_finishes_nothing(erasable: ErasableRecording) -> None:
    """It slept too long; another one has it now."""
    stage = erasable.stage
    erasable.withdraw(erasable.client)
    stage.execute(DUE, erasable.id)
    first, second = "00000000-0000-4000-8000-000000000000", stage.row(CLAIM, erasable.id)["recording"]
    reply = stage.http.post(
        "/rest/v1/rpc/finish_recording_erasure",
        json={"recording_id": str(erasable.id), "lease_id": first},
        headers={"apikey": stage.env["SUPABASE_SECRET_KEY"]},
    )

    assert second is not None
    assert (reply.status_code, reply.json()["details"]) == (409, "lease_lost")
    assert erasable.count_everything() == (2, 2, 1)


def test_ten_runs_at_once_erase_a_recording_once(erasable: ErasableRecording) -> None:
    """One receipt, and nobody fails over the others."""
    erasable.withdraw(erasable.client)
    erasable.stage.execute(DUE, erasable.id)

    with ThreadPoolExecutor(10) as many:
        replies = list(many.map(lambda _: purge(erasable.stage, erasable.id), range(10)))

    assert (sum(each["erased"] for each in replies), sum(each["failed"] for each in replies)) == (1, 0)
    assert (erasable.count_everything(), len(erasable.receipts)) == ((0, 0, 0), 1)


def test_a_row_is_not_deleted_before_its_files(erasable: ErasableRecording) -> None:
    """An attempt to delete it directly is refused with the way to do it: nothing else knows of the files."""
    stage = erasable.stage
    reply = stage.http.delete(
        f"/rest/v1/session_recordings?id=eq.{erasable.id}",
        headers={"apikey": stage.env["SUPABASE_SECRET_KEY"]},
    )

    assert (reply.status_code, reply.json()["details"]) == (409, "recording_has_files")


def test_withdrawing_consent_stops_a_running_recording_and_erases_it(
    stage: Stage, agora: AgoraEmulator
) -> None:
    """It is not copied any more, and waited for until Agora has brought its files; then they go."""
    scene = RecordingScene(stage, agora)
    scene.start().raise_for_status()
    scene.wait_for("recording")
    scene.await_media()

    decide(stage, scene.client, consented=False)

    assert scene.take["stop_reason"] == "consent_withdrawn"
    stage.execute(DUE, scene.recording["id"])
    assert purge(stage, scene.recording["id"]) == {"erased": 0, "failed": 0}
    scene.reconcile_to("processing", upload_complete=True)
    assert scene.process()["processed"] is False
    recording = scene.recording["id"]
    assert len(scene.source_keys()) > 0

    assert purge(stage, recording) == {"erased": 1, "failed": 0}

    listed = scene.bucket().list_objects_v2(
        Bucket=stage.env["RECORDING_S3_BUCKET"], Prefix=f"recordings/{recording.hex}/"
    )
    assert (listed["KeyCount"], scene.stored_paths()) == (0, [])
    assert stage.value("select count(*) from public.session_recordings where id = %s", recording) == 0


def test_a_link_in_use_ends_with_the_withdrawal(erasable: ErasableRecording) -> None:
    """The participant's own link as well as a shared one."""
    token = "t" * 64
    erasable.stage.execute(
        "insert into private.recording_links (recording_id, token_sha256)"
        " values (%s, sha256(convert_to(%s, 'UTF8')))",
        erasable.id,
        token,
    )
    address = f"{erasable.stage.env['FUNCTIONS_URL']}/open-recording?token={token}"
    assert httpx.get(address).status_code == 302

    erasable.withdraw(erasable.practitioner)

    assert httpx.get(address).status_code == 404
