"""Before a recording is erased because its time is over: its people are told, once, while they can download it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.cast import Person, Stage
from tests.functions.test_purge_recordings import (
    WEEK_PASSES,
    ClassRecording,
    ErasableRecording,
    purge,
    queued,
)
from tests.mail_scene import MailScene


def keep_for(erasable: ErasableRecording, days: int, *, ended_days_ago: float) -> None:
    """A rule of its session, as an admin makes it; and when it ended."""
    stage = erasable.stage
    stage.execute("delete from public.recording_rules where session_id = %s", erasable.session["id"])
    rule = {"session_id": str(erasable.session["id"]), "retention_days": days}
    stage.rest("POST", "recording_rules", as_=stage.admin(), json=rule).raise_for_status()
    stage.execute(
        "update public.session_recordings set ended_at = now() - %s * interval '1 day' where id = %s",
        ended_days_ago,
        erasable.id,
    )


def told(stage: Stage, person: Person) -> list[dict[str, Any]]:
    """What a person's page shows of recordings that end."""
    stage.address_events()
    path = "user_notifications?kind=eq.recording_ending"
    return list(stage.rest("GET", path, as_=person).raise_for_status().json())


@pytest.fixture
def expiring(stage: Stage) -> ErasableRecording:
    """Six days before its retention is over."""
    erasable = ErasableRecording(stage)
    keep_for(erasable, 30, ended_days_ago=24.1)
    return erasable


def test_a_recordings_people_are_told_and_then_it_is_erased(expiring: ErasableRecording) -> None:
    """Client and practitioner, once, however often it is looked at; and not a day earlier than they were told."""
    stage = expiring.stage
    for _ in range(2):
        assert purge(stage, expiring.id) == {"erased": 0, "failed": 0}

    for person in (expiring.client, expiring.practitioner):
        (note,) = told(stage, person)
        assert note["title"] == "Recording ends soon"
        day = datetime.now(UTC) + timedelta(days=7)
        assert any(
            f"{each:%A, %B} {each.day}" in note["message"] for each in (day, day - timedelta(days=1))
        ), note["message"]
        assert expiring.seen_by(person) == 1

    stage.execute(
        "update public.session_recordings set ended_at = now() - interval '40 days' where id = %s",
        expiring.id,
    )
    assert purge(stage, expiring.id) == {"erased": 0, "failed": 0}  # its time is over, their week is not
    stage.execute(WEEK_PASSES)
    assert purge(stage, expiring.id) == {"erased": 1, "failed": 0}
    assert len(told(stage, expiring.client)) == 1


def test_the_mail_leads_to_the_recording(mail: MailScene, expiring: ErasableRecording) -> None:
    """With the day of its end, and no link that would open it for whoever reads the mail."""
    stage = expiring.stage
    purge(stage, expiring.id)
    mail.send()

    for person, page in (
        (expiring.client, f"/sessions/{expiring.session['id']}"),
        (expiring.practitioner, "/practitioner"),
    ):
        (sent,) = [each for each in mail.mails_to(person) if "ends soon" in each["Subject"]]
        assert page in sent["TextBody"]
        assert "is deleted on" in " ".join(sent["TextBody"].split())
        assert "token=" not in sent["TextBody"]


def test_a_recording_that_is_gone_meanwhile_is_not_mailed(
    mail: MailScene, expiring: ErasableRecording
) -> None:
    """The mail is dropped, not sent."""
    purge(expiring.stage, expiring.id)
    expiring.withdraw(expiring.client)
    assert expiring.purge()["erased"] == 1

    mail.send()

    assert not [each for each in mail.mails_to(expiring.client) if "ends soon" in each["Subject"]]


def test_everybody_in_a_class_is_told_of_their_own(stage: Stage, mail: MailScene) -> None:
    """Each under their own seat, and the practitioner once; not whoever has withdrawn."""
    group = ClassRecording(stage)
    group.survives()
    stage.execute(
        "update public.recording_rules set retention_days = 30 where session_id = %s", group.session["id"]
    )
    stage.execute(
        "update public.session_recordings set ended_at = now() - interval '25 days' where id = %s", group.id
    )
    group.withdraw(group.people[0])

    purge(stage, group.id)

    assert [len(told(stage, person)) for person in (*group.people, group.practitioner)] == [0, 1, 1]
    (note,) = told(stage, group.people[1])
    seat = stage.value("select session_id from public.session_recordings where id = %s", group.own[1])
    assert note["related_id"] == str(seat)


def test_nobody_is_told_of_what_was_withdrawn(expiring: ErasableRecording) -> None:
    """It is closed, and goes for another reason."""
    expiring.withdraw(expiring.client)

    purge(expiring.stage, expiring.id)

    assert queued(expiring.stage, expiring.id) == ["consent_withdrawn"]
    assert not told(expiring.stage, expiring.practitioner)


def test_what_is_under_a_legal_hold_is_told_once_it_is_released(expiring: ErasableRecording) -> None:
    """It does not end meanwhile, and stays open; afterwards there is a week."""
    stage, admin = expiring.stage, expiring.stage.admin()
    keep_for(expiring, 30, ended_days_ago=31)
    hold = {"session_id": str(expiring.session["id"]), "reason": "A claim"}
    made = stage.rest("POST", "legal_holds", as_=admin, json=hold).raise_for_status().json()[0]
    purge(stage, expiring.id)
    assert not told(stage, expiring.client)
    assert (queued(stage, expiring.id), expiring.seen_by(expiring.client)) == ([], 1)

    released = {"released_at": datetime.now(UTC).isoformat()}
    stage.rest("PATCH", f"legal_holds?id=eq.{made['id']}", as_=admin, json=released).raise_for_status()
    assert purge(stage, expiring.id)["erased"] == 0
    assert len(told(stage, expiring.client)) == 1
    stage.execute(WEEK_PASSES)
    assert purge(stage, expiring.id)["erased"] == 1


def test_a_hold_after_the_notice_keeps_it(expiring: ErasableRecording) -> None:
    """What is on hold on the day is not erased, whatever people were told."""
    stage = expiring.stage
    keep_for(expiring, 30, ended_days_ago=31)
    purge(stage, expiring.id)
    hold = {"session_id": str(expiring.session["id"]), "reason": "A claim"}
    stage.rest("POST", "legal_holds", as_=stage.admin(), json=hold).raise_for_status()
    stage.execute(WEEK_PASSES)

    assert purge(stage, expiring.id)["erased"] == 0


def test_an_end_that_is_moved_to_later_is_told_again(expiring: ErasableRecording) -> None:
    """A year later, before that end; the old notice erases nothing."""
    stage = expiring.stage
    purge(stage, expiring.id)
    keep_for(expiring, 395, ended_days_ago=24.1)
    stage.execute(WEEK_PASSES)
    assert purge(stage, expiring.id)["erased"] == 0
    assert len(told(stage, expiring.client)) == 1

    keep_for(expiring, 395, ended_days_ago=396)
    stage.execute(WEEK_PASSES.replace("8 days", "364 days"))
    assert purge(stage, expiring.id)["erased"] == 0
    assert len(told(stage, expiring.client)) == 2


def test_what_is_kept_for_days_is_erased_when_that_says(stage: Stage) -> None:
    """A rule of its session that leaves no week to tell anybody."""
    erasable = ErasableRecording(stage)
    keep_for(erasable, 3, ended_days_ago=4)

    assert purge(stage, erasable.id) == {"erased": 1, "failed": 0}
    assert not told(stage, erasable.client)
