"""Hearing from Agora: only what it signed, once, in whatever order, and always with a 200."""

import hmac
import json
import time
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.recording_scene import RecordingScene


def notify(
    scene: RecordingScene, event: int, *, notice_id: str | None = None, **details: Any
) -> dict[str, Any]:
    """A notification about the scene's recording, as Agora words it."""
    recording = scene.take
    return {
        "noticeId": notice_id or str(uuid4()),
        "productId": 3,
        "eventType": event,
        "notifyMs": int(time.time() * 1000),
        "payload": {
            "cname": recording["cname"],
            "uid": str(recording["recorder_uid"]),
            "sid": recording["agora_sid"] or "a" * 32,
            "sequence": 0,
            "sendts": int(time.time() * 1000),
            "serviceType": 2,
            "details": details,
        },
    }


def deliver(
    scene: RecordingScene, body: Any, *, versions: tuple[int, ...] = (1, 2), key: str | None = None
) -> httpx.Response:
    """Post a body, signed as Agora signs."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    secret = (key if key is not None else scene.stage.env["AGORA_WEBHOOK_SECRET"]).encode()
    signatures = {
        1: ("Agora-Signature", hmac.digest(secret, raw, "sha1").hex()),
        2: ("Agora-Signature-V2", hmac.digest(secret, raw, "sha256").hex()),
    }
    headers = {"content-type": "application/json", **dict(signatures[version] for version in versions)}
    return scene.stage.invoke("agora-recording-webhook", content=raw, headers=headers)


def stored_events(scene: RecordingScene, body: dict[str, Any]) -> dict[str, Any] | None:
    query = "select * from private.agora_notifications where notice_id = %s"
    return scene.stage.owner.execute(query, [body["noticeId"]]).fetchone()  # type: ignore[return-value]


@pytest.fixture
def quiet(scene: RecordingScene) -> RecordingScene:
    """A recording whose start was accepted and of which Agora itself says nothing."""
    scene.lose_notifications()
    scene.start().raise_for_status()
    return scene


@pytest.mark.parametrize("versions", [(1, 2), (2,), (1,)])
def test_a_signed_notification_moves_the_recording(quiet: RecordingScene, versions: tuple[int, ...]) -> None:
    """With both signatures, the newer, or the older one alone."""
    body = notify(quiet, 40, status=0)

    reply = deliver(quiet, body, versions=versions)

    assert (reply.status_code, reply.json()) == (200, {"success": True})
    assert quiet.take["status"] == "recording"
    inbox = stored_events(quiet, body)
    assert inbox
    assert (inbox["payload"], inbox["take_id"]) == (body, quiet.take["id"])


@pytest.mark.parametrize(
    ("versions", "key"), [((), None), ((1, 2), "another secret"), ((2,), ""), ((1,), "another secret")]
)
def test_a_notification_without_a_valid_signature_is_not_stored(
    quiet: RecordingScene, versions: tuple[int, ...], key: str | None
) -> None:
    """Not even that somebody tried."""
    body = notify(quiet, 31, status=0)

    reply = deliver(quiet, body, versions=versions, key=key)

    assert (reply.status_code, reply.json()["code"]) == (401, "signature_not_valid")
    assert stored_events(quiet, body) is None
    assert quiet.take["status"] == "pending"


def test_a_valid_old_signature_does_not_excuse_an_invalid_new_one(quiet: RecordingScene) -> None:
    """Or a forger could choose the weaker lock."""
    body = notify(quiet, 31, status=0)
    raw = json.dumps(body).encode()
    good_v1 = hmac.digest(quiet.stage.env["AGORA_WEBHOOK_SECRET"].encode(), raw, "sha1").hex()

    reply = quiet.stage.invoke(
        "agora-recording-webhook",
        content=raw,
        headers={"Agora-Signature": good_v1, "Agora-Signature-V2": "0" * 64},
    )

    assert reply.status_code == 401


def test_health_checks_and_unknown_events_are_answered_and_stored(quiet: RecordingScene) -> None:
    """Agora's console saves the address only if every test event gets a 200."""
    check = notify(quiet, 40, status=0)
    check["payload"] |= {"cname": "test_webhook", "uid": "12121212", "sid": "test"}
    strange = [
        check,
        notify(quiet, 4711),
        notify(quiet, 1, module="x", errorLevel=None),
        {
            "noticeId": str(uuid4()),
            "productId": 1,
            "eventType": 103,
            "payload": {"channelName": "c", "uid": 5},
        },
        {"noticeId": str(uuid4()), "payload": "none"},
        {"noticeId": str(uuid4()), "eventType": "31", "payload": {"sid": ["x"], "cname": "NUL \x00"}},
    ]

    replies = [deliver(quiet, body) for body in strange]

    assert {reply.status_code for reply in replies} == {200}
    assert all(stored_events(quiet, body) for body in strange)
    assert quiet.take["status"] == "pending"
    assert deliver(quiet, b"not JSON").status_code == 200


def test_a_notification_that_is_delivered_twice_counts_once(quiet: RecordingScene) -> None:
    """A repeat is counted and changes nothing."""
    body = notify(quiet, 40, status=0)
    deliver(quiet, body)
    before = quiet.take

    assert deliver(quiet, {**body, "notifyMs": 1}).status_code == 200

    inbox = stored_events(quiet, body)
    assert inbox
    assert inbox["delivery_count"] == 2
    assert quiet.take == before


def test_notifications_in_the_wrong_order_never_move_a_recording_back(quiet: RecordingScene) -> None:
    """Uploaded before started: what is over stays over."""
    for event in (31, 41, 42, 40, 30):
        assert deliver(quiet, notify(quiet, event, status=0, startUtcMs=1)).status_code == 200

    assert (quiet.take["status"], quiet.take["upload_complete"]) == ("processing", True)


def test_a_notification_supplies_the_sid_that_the_start_never_received(scene: RecordingScene) -> None:
    """Found by channel and number, as the start's answer never came."""
    scene.lose_notifications()
    scene.fault("start", reset=True, perform=True, times=None)
    scene.start().raise_for_status()

    deliver(scene, notify(scene, 40, status=0))

    assert (scene.take["status"], scene.take["agora_sid"]) == ("recording", "a" * 32)


def test_a_notification_without_a_known_recording_is_applied_later(quiet: RecordingScene) -> None:
    """A notification that overtakes the database waits in the inbox for the reconciler."""
    sid = quiet.take["agora_sid"]
    quiet.change(agora_sid="'of another attempt'")
    body = notify(quiet, 40, status=0)
    body["payload"] |= {"sid": sid, "uid": "1"}

    deliver(quiet, body)
    waiting = stored_events(quiet, body)
    quiet.change(agora_sid=f"'{sid}'")
    quiet.reconcile()

    assert waiting
    assert waiting["applied_at"] is None
    inbox = stored_events(quiet, body)
    assert inbox
    assert inbox["applied_at"]
    assert quiet.take["status"] == "recording"


def test_a_notification_after_the_end_is_stored_and_changes_nothing(quiet: RecordingScene) -> None:
    """Even an upload that arrives after we gave up: an operator decides, not a webhook."""
    quiet.change(status="'failed'", failure_code="'test'")
    body = notify(quiet, 31, status=0)

    assert deliver(quiet, body).status_code == 200
    assert quiet.take["status"] == "failed"
    assert stored_events(quiet, body)


def test_duplicated_forged_and_reordered_notifications_come_to_the_same_end(scene: RecordingScene) -> None:
    """All notifications of a recording twice, in reverse order, with forged ones in between."""
    scene.fault("notification", effect="duplicate", event=40)
    scene.fault("notification", effect="forge", event=33, times=None)
    scene.fault("notification", effect="reorder", event=42)
    scene.fault("notification", effect="late", event=41, seconds=60)

    scene.record()

    assert scene.process()["status"] == "completed"


def test_the_webhook_answers_only_post(scene: RecordingScene) -> None:
    """A browser that strays here gets a 405."""
    assert scene.stage.invoke("agora-recording-webhook", method="GET").status_code == 405
