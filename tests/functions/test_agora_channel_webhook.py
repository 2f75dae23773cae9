"""Hearing who came and went: only what Agora signed for channels, once, in any order, and always with a 200."""

import hmac
import json
import time
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.lifecycle_scene import LifecycleScene
from tests.recording_scene import until


def event(scene: LifecycleScene, kind: int, uid: int, **more: Any) -> dict[str, Any]:
    """A channel event, as Agora words it."""
    return {
        "noticeId": str(uuid4()),
        "productId": 1,
        "eventType": kind,
        "notifyMs": int(time.time() * 1000),
        "payload": {
            "channelName": scene.channel,
            "uid": uid,
            "ts": int(time.time()),
            "clientSeq": time.time_ns() // 1000,
            "platform": 7,
            **more,
        },
    }


def deliver(
    scene: LifecycleScene, body: Any, *, key_of: str = "AGORA_CHANNEL_WEBHOOK_SECRET"
) -> httpx.Response:
    """Post a body, signed as Agora signs."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    key = scene.stage.env.get(key_of, key_of).encode()
    headers = {
        "content-type": "application/json",
        "Agora-Signature-V2": hmac.digest(key, raw, "sha256").hex(),
    }
    return scene.stage.invoke("agora-channel-webhook", content=raw, headers=headers)


def stored_events(scene: LifecycleScene, body: dict[str, Any]) -> dict[str, Any] | None:
    query = "select * from private.channel_events where notice_id = %s"
    return scene.stage.owner.execute(query, [body["noticeId"]]).fetchone()  # type: ignore[return-value]


@pytest.fixture
def entered(lifecycle: LifecycleScene) -> LifecycleScene:
    """The practitioner holds a token; the session has begun by that."""
    lifecycle.enter(lifecycle.practitioner)
    return lifecycle


def test_a_join_event_records_attendance_and_begins_the_session(lifecycle: LifecycleScene) -> None:
    """At once, without waiting for the scheduler's next run."""
    scene = lifecycle
    scene.stage.execute(
        "insert into private.agora_uids (user_id) values (%s) on conflict do nothing", scene.client.id
    )
    uid = scene.stage.value("select uid from private.agora_uids where user_id = %s", scene.client.id)
    body = event(scene, 107, uid)

    reply = deliver(scene, body)

    assert (reply.status_code, reply.json()) == (200, {"success": True})
    assert scene.status == "in_progress"
    assert scene.attendance() == {scene.client: ("agora", True, False)}
    inbox = stored_events(scene, body)
    assert inbox
    assert (inbox["payload"], inbox["session_id"]) == (body, scene.session["id"])


@pytest.mark.parametrize("key_of", ["AGORA_WEBHOOK_SECRET", "another secret", " "])
def test_an_event_without_a_valid_signature_is_not_stored(entered: LifecycleScene, key_of: str) -> None:
    """The secret of the recording webhook is not accepted either."""
    body = event(entered, 107, entered.uids[entered.practitioner])

    reply = deliver(entered, body, key_of=key_of)

    assert (reply.status_code, reply.json()["code"]) == (401, "signature_not_valid")
    assert stored_events(entered, body) is None


def test_health_checks_recorders_and_unknown_events_are_stored_and_change_nothing(
    entered: LifecycleScene,
) -> None:
    """Agora's console saves the address only if every test event gets a 200."""
    uid = entered.uids[entered.practitioner]
    before = entered.attendance()
    strange = [
        event(entered, 101, 0, channelName="test_webhook"),
        event(entered, 107, uid, platform=6, clientType=10),
        event(entered, 111, uid),
        event(entered, 108, 12121212, duration=60),
        event(entered, 4711, uid),
        {"noticeId": str(uuid4()), "productId": 3, "eventType": 40, "payload": {"cname": entered.channel}},
        {"noticeId": str(uuid4()), "payload": "none"},
    ]

    replies = [deliver(entered, body) for body in strange]

    assert {reply.status_code for reply in replies} == {200}
    assert all(stored_events(entered, body) for body in strange)
    assert entered.attendance() == before
    assert deliver(entered, b"not JSON").status_code == 200
    assert deliver(entered, event(entered, 107, 10**30)).status_code == 200


def test_an_event_that_is_delivered_twice_counts_once(entered: LifecycleScene) -> None:
    """A repeat is counted and changes nothing."""
    body = event(entered, 107, entered.uids[entered.practitioner])
    deliver(entered, body)
    before = entered.attendance()

    assert deliver(entered, {**body, "notifyMs": 1}).status_code == 200

    inbox = stored_events(entered, body)
    assert inbox and inbox["delivery_count"] == 2
    assert entered.attendance() == before


@pytest.mark.parametrize("effect", ["lose", "late", "duplicate", "reorder", "forge"])
def test_attendance_is_the_same_whatever_events_are_lost_forged_late_or_reordered(
    entered: LifecycleScene, effect: str
) -> None:
    """A leave event makes up for a join that was lost or forged; late and reordered events are put in order."""
    scene = entered
    event_of = {"reorder": {}, "duplicate": {}}.get(effect, {"event": 107})
    scene.fault("notification", effect=effect, times=None if not event_of else 1, **event_of)
    scene.set_present(scene.practitioner)
    time.sleep(0.01)
    scene.set_present()

    def has_left() -> bool:
        lines = scene.attendance()
        return lines.get(scene.practitioner, ("",))[0] == "agora" and not lines[scene.practitioner][1]

    until(has_left, f"the attendance of a story told with {effect}")
    scene.wait_for_events({"lose": 3, "forge": 3}.get(effect, 4))

    assert scene.attendance() == {scene.practitioner: ("agora", False, False)}


def test_the_webhook_answers_only_post(lifecycle: LifecycleScene) -> None:
    """A browser that strays here gets a 405."""
    assert lifecycle.stage.invoke("agora-channel-webhook", method="GET").status_code == 405
