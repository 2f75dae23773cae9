"""The whole story of a session: booked, and from then on nobody presses anything."""

import json

import pytest

from tests.cast import Stage
from tests.lifecycle_scene import LifecycleScene
from tests.mail_scene import MailScene, event_in
from tests.recording_scene import AgoraEmulator


def booked(stage: Stage, agora: AgoraEmulator, mailing: MailScene) -> LifecycleScene:
    """A session booked with a credit that cost 100 dollars, whose time has come."""
    paid = json.dumps({"total_amount": "100.00", "currency": "cad"})
    stage.execute(
        "update public.user_session_credits set metadata = %s where user_id = %s", paid, mailing.client.id
    )
    its = mailing.book()
    stage.consent(mailing.client, mailing.practitioner)
    mailing.send()
    row = stage.row("update public.session_schedules set scheduled_at = now() where id = %s returning *", its)
    return LifecycleScene.of(stage, agora, row, mailing.client, mailing.practitioner)


@pytest.mark.parametrize("heard", [True, False], ids=["notified", "every notification lost"])
def test_a_booked_session_runs_to_its_end_without_any_further_request(
    stage: Stage, agora: AgoraEmulator, heard: bool
) -> None:
    """It begins, is recorded, stops, is completed, announced and earned. Also with every notification lost."""
    mailing = MailScene(stage)
    scene = booked(stage, agora, mailing)
    client, practitioner = both = scene.client, scene.practitioner
    if not heard:
        scene.lose_notifications()

    scene.enter(*both)
    assert scene.status == "in_progress"
    scene.set_present(*both)
    if heard:
        scene.wait_for_events(3)
    else:
        scene.pass_minutes(2)  # by then a join would have been heard of
    scene.advance()
    (scene.wait_for if heard else scene.reconcile_to)("recording")
    scene.await_media()
    assert {line[:2] for line in scene.attendance().values()} == {("agora" if heard else "token", True)}

    scene.pass_minutes(46)
    with agora.slowly():  # or the recorder goes by itself, five of its minutes later
        scene.set_present()
        if heard:
            scene.wait_for_events(5)  # the channel is closed by its recorder, later
        scene.advance()
        assert scene.status == "in_progress"  # they may come back
        scene.pass_minutes(15)  # the grace
        scene.advance()

    assert scene.status == "completed"
    if heard:
        scene.wait_for("processing", upload_complete=True)
    else:
        scene.reconcile_to("processing", upload_complete=True)
    assert scene.process()["status"] == "completed"
    assert scene.agora_requests() == {"acquire": 1, "start": 1, "stop": 1}
    assert scene.take["stop_reason"] == "session_completed"
    assert scene.take["requested_by"] is None
    assert scene.messages().count("session_completed") == 1
    assert set(scene.attendance()) == set(both)
    events = "select count(*) from private.channel_events where channel = %s"
    assert bool(stage.value(events, scene.channel)) is heard

    # What each finds afterwards, on pages and in the mail
    mailing.send()
    subjects = [mail["Subject"].lower() for mail in mailing.mails_to(client)]
    assert any("recording" in subject for subject in subjects), subjects
    invitation = next(event_in(mail) for mail in mailing.mails_to(client) if mail["Attachments"])
    assert invitation.vevent.uid.value.startswith(str(scene.session["id"]))

    (page,) = stage.rest("POST", "rpc/client_dashboard", as_=client, json={}).json()
    assert [found["session_id"] for found in page["recent_recordings"]] == [str(scene.session["id"])]
    link = page["recent_recordings"][0]["recording_url"]
    assert stage.http.get(link, headers={"accept": "text/html"}).status_code == 200

    prefill = {"session_id": str(scene.session["id"]), "mood": "calm"}
    (begun,) = stage.rest("POST", "rpc/journal_prefill", as_=client, json=prefill).json()
    assert (begun["practitioner_name"], begun["suggested_mood"]) == ("Practitioner", "peaceful")

    (cad, usd) = stage.rest("POST", "rpc/earnings_overview", as_=practitioner, json={}).json()
    assert (cad["pending_payout_minor"], cad["period_sessions"], usd["pending_payout_minor"]) == (7500, 1, 0)
