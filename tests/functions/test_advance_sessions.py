"""Advancing: with nobody pressing anything a session begins, is recorded and completed; each effect happens once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg

from tests.booking_scene import BookingScene
from tests.cast import Person, Stage
from tests.lifecycle_scene import LifecycleScene
from tests.recording_scene import AgoraEmulator, until


def withdraw(stage: Stage, person: Person) -> None:
    """As the page does: the row says no from now on."""
    stage.rest(
        "PATCH",
        f"user_consents?user_id=eq.{person.id}&consent_type=eq.session_recording",
        as_=person,
        json={"consented": False},
    ).raise_for_status()


def booked(stage: Stage, agora: AgoraEmulator, booking: BookingScene) -> LifecycleScene:
    """A session booked with a credit, whose time has come."""
    its = booking.book()
    stage.consent(booking.client, booking.practitioner)
    row = stage.row("update public.session_schedules set scheduled_at = now() where id = %s returning *", its)
    return LifecycleScene.of(stage, agora, row, booking.client, booking.practitioner)


def test_ten_runs_at_once_have_each_effect_once(stage: Stage, agora: AgoraEmulator) -> None:
    """Completed, cancelled with the credit back, started, stopped: counted in the database and at Agora's."""
    over, deserted, meeting, recorded = (LifecycleScene(stage, agora) for _ in range(4))
    for scene in (meeting, recorded):
        scene.enter(scene.client, scene.practitioner)
        scene.set_present(scene.client, scene.practitioner)
        scene.wait_for_events(3)
    recorded.advance()
    until(lambda: len(recorded.takes) == 1, "a recording")
    recorded.wait_for("recording")
    recorded.pass_minutes(46)
    over.pass_minutes(46)
    meeting.stage.execute(
        "delete from public.session_recordings where session_id = %s", meeting.session["id"]
    )
    already = meeting.agora_requests()
    no_show_with_credit(stage, deserted)
    deserted.enter(deserted.client)
    deserted.set_present(deserted.client)
    deserted.wait_for_events(2)
    deserted.pass_minutes(16)

    with ThreadPoolExecutor(10) as crowd:
        replies = list(crowd.map(lambda _: stage.invoke_as_service("advance-sessions"), range(10)))

    assert {reply.status_code for reply in replies} == {200}
    assert sum(reply.json()["failures"] for reply in replies) == 0
    scenes = over, deserted, meeting, recorded
    assert [one.status for one in scenes] == ["completed", "cancelled", "in_progress", "completed"]
    assert [
        [kind for kind in one.messages() if kind in ("session_completed", "session_cancelled")]
        for one in scenes
    ] == [["session_completed"], ["session_cancelled"], [], ["session_completed"]]
    assert count(stage, "public.credit_ledger", deserted, "and kind = 'return'") == 1
    assert count(stage, "public.session_cancellations", deserted) == 1
    assert {each: meeting.agora_requests()[each] - already.get(each, 0) for each in ("acquire", "start")} == {
        "acquire": 1,
        "start": 1,
    }
    assert recorded.agora_requests() == {"acquire": 1, "start": 1, "stop": 1}


def no_show_with_credit(stage: Stage, scene: LifecycleScene) -> None:
    """The client booked it with a credit."""
    lot = stage.value("select private.grant_credits(%s, 1)", scene.client.id)
    stage.execute("delete from public.session_schedules where id = %s", scene.session["id"])
    scene.session = stage.session(client=scene.client, practitioner=scene.practitioner, credit_lot_id=lot)
    scene.channel = scene.session["room_name"]


def count(stage: Stage, table: str, scene: LifecycleScene, more: str = "") -> int:
    return int(stage.value(f"select count(*) from {table} where session_id = %s {more}", scene.session["id"]))


def test_withdrawing_consent_stops_the_recording_until_everybody_agrees_again(
    lifecycle: LifecycleScene,
) -> None:
    """The stop reaches Agora within a minute; the next take begins with the consent."""
    scene = recording(lifecycle)

    withdraw(scene.stage, scene.client)
    scene.advance()
    scene.wait_for("processing")
    scene.pass_minutes(2)
    scene.advance()
    without = (len(scene.takes), scene.recording["status"])
    scene.stage.rest(
        "PATCH",
        f"user_consents?user_id=eq.{scene.client.id}",
        as_=scene.client,
        json={"consented": True},
    ).raise_for_status()
    scene.advance()

    assert without == (1, "processing")
    assert scene.takes[0]["stop_reason"] == "consent_withdrawn"
    assert (len(scene.takes), scene.recording["status"]) == (2, "recording")
    assert scene.agora_requests() == {"acquire": 2, "start": 2, "stop": 1}


def test_a_report_of_agora_and_a_withdrawal_at_once_do_not_wait_for_each_other(
    lifecycle: LifecycleScene,
) -> None:
    """A withdrawal closes the recording first, and then stops its take, which a report holds: a report that waited for
    the first would be waited for by the second."""
    scene = recording(lifecycle)
    take, url = scene.take, scene.stage.env["DATABASE_URL"]
    with psycopg.connect(url) as withdrawing, psycopg.connect(url, autocommit=True) as reporting:
        withdrawing.execute(
            "insert into private.recording_erasure_queue (recording_id, reason, user_id, due_at)"
            " values (%s, 'consent_withdrawn', %s, now())",
            (take["recording_id"], scene.client.id),
        )
        reporting.execute("set lock_timeout = '3s'")

        reporting.execute("select private.observe_take(%s, %s, 'ended')", (take["id"], take["attempt"]))

        withdrawing.execute(
            "update private.recording_takes set stop_requested_at = now() where id = %s", (take["id"],)
        )
    assert "processing" == scene.take["status"]


def recording(scene: LifecycleScene) -> LifecycleScene:
    """Both are there, and it records."""
    scene.enter(scene.client, scene.practitioner)
    scene.set_present(scene.client, scene.practitioner)
    scene.wait_for_events(3)
    scene.advance()
    scene.wait_for("recording")
    return scene


def test_a_session_is_recorded_only_once_both_are_present_and_both_consent(lifecycle: LifecycleScene) -> None:
    """Both must be there, and both must agree; then it begins in the minute in which both is true."""
    scene = lifecycle
    withdraw(scene.stage, scene.practitioner)
    scene.enter(scene.practitioner)
    scene.set_present(scene.practitioner)
    scene.wait_for_events(2)
    scene.advance()
    alone = scene.agora_requests()
    scene.enter(scene.client)
    scene.set_present(scene.client, scene.practitioner)
    scene.wait_for_events(3)
    scene.advance()
    without_consent = scene.agora_requests()
    scene.stage.rest(
        "PATCH",
        f"user_consents?user_id=eq.{scene.practitioner.id}",
        as_=scene.practitioner,
        json={"consented": True},
    ).raise_for_status()
    scene.advance()

    assert (alone, without_consent) == ({}, {})
    assert scene.wait_for("recording")
    assert scene.messages() == ["session_booked"]


def test_a_failed_start_is_retried_with_growing_delays_and_reported_once(lifecycle: LifecycleScene) -> None:
    """While the session lasts; the practitioner is notified while they can still do something."""
    scene = lifecycle
    scene.fault("acquire", status=400, code=2, reason="bad", times=2)
    scene.enter(scene.client, scene.practitioner)
    scene.set_present(scene.client, scene.practitioner)
    scene.wait_for_events(3)

    def attempts_after(minutes: int) -> int:
        scene.stage.execute(
            "update private.recording_takes set ended_at = ended_at - %s * interval '1 minute' where session_id = %s",
            minutes,
            scene.session["id"],
        )
        scene.advance()
        return len(scene.takes)

    assert [attempts_after(minutes) for minutes in (0, 0, 1, 1, 1)] == [1, 1, 2, 2, 3]
    scene.wait_for("recording")
    told = scene.stage.row(
        "select * from private.outbox where kind = 'recording_failed' and session_id = %s",
        scene.session["id"],
    )
    assert told["user_id"] == scene.practitioner.id
    assert told["payload"]["failure_code"] == "agora_rejected"
    assert scene.messages().count("recording_failed") == 1


def test_a_class_is_recorded_from_its_first_participant_and_completed_for_all(
    stage: Stage, agora: AgoraEmulator
) -> None:
    """Everybody's own row moves along; a no-show is a line of their own."""
    practitioner, present, absent = stage.practitioner(), stage.client(), stage.client()
    stage.consent(practitioner, present)
    group = stage.group_class(practitioner=practitioner)
    seats = [stage.join(group, person) for person in (present, absent)]
    scene = recording(LifecycleScene.of(stage, agora, group, present, practitioner))

    scene.pass_minutes(46)
    scene.advance()

    rows = stage.owner.execute(
        "select status from public.session_schedules where group_class_id = %s", [group["id"]]
    ).fetchall()
    assert [scene.status, *(row["status"] for row in rows)] == ["completed"] * 3
    lines: dict[Any, Any] = {
        row["session_id"]: row["is_no_show"]
        for row in stage.owner.execute(
            "select session_id, is_no_show from public.session_attendance where session_id = any (%s)",
            [[group["id"], *(seat["id"] for seat in seats)]],
        )
    }
    assert lines == {group["id"]: False, seats[0]["id"]: False, seats[1]["id"]: True}
    scene.wait_for("processing")
    assert scene.agora_requests() == {"acquire": 1, "start": 1, "stop": 1}


def test_only_the_service_may_advance_sessions(lifecycle: LifecycleScene) -> None:
    """A signed-in user and an anonymous caller are refused."""
    stage = lifecycle.stage
    assert stage.invoke("advance-sessions", {}, as_=lifecycle.practitioner).status_code == 403
    assert stage.invoke("advance-sessions", {}).status_code == 401
