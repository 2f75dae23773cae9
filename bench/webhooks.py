"""Webhooks: signed channel events of several sessions, each another one, taken in a second over 16 connections.

Somebody joins, and leaves. `agora-channel-webhook` verifies the signature, reads the event and stores it, and the
session's attendance follows; PostgREST itself is asked the same of other events, with the arguments all done. In turns,
both through the gateway, which alone knows the secret key.
"""

import hmac
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

from shared.agora.notifications import ChannelChanged, read_notification
from tests.cast import Stage
from tests.lifecycle_scene import LifecycleScene
from tests.recording_scene import AgoraEmulator

from .programs import Server, running
from .warm import LoadSamples, load

SESSIONS = 8
FUNCTION = "agora-channel-webhook"


def measure(
    stage: Stage,
    agora: AgoraEmulator,
    function: Server,
    processes: Any,
    rounds: int,
    each: int,
    scratch: Path,
    on_progress: Callable[[str], None],
) -> dict[str, LoadSamples]:
    """So many events to each in every round; a short round before is not counted."""
    on_progress(f"{SESSIONS} sessions")
    channels = [LifecycleScene(stage, agora).channel for _ in range(SESSIONS)]
    secret = stage.env["SUPABASE_SECRET_KEY"]
    direct = {"apikey": secret}
    samples = {"ours": LoadSamples(), "PostgREST itself": LoadSamples()}
    with running(function, processes) as server:
        server.post({})  # refused: it is up
        ways: dict[str, tuple[str, Callable[[bytes], dict[str, Any]], dict[str, str]]] = {
            "ours": (server.url, lambda raw: _signed(stage, raw), {}),
            "PostgREST itself": (
                f"{stage.env['SUPABASE_URL']}/rest/v1/rpc/receive_channel_event",
                _arguments,
                direct,
            ),
        }
        for turn in range(rounds + 1):
            for name, (url, word, headers) in ways.items():
                on_progress(f"{turn} of {rounds}: {name}")
                file = scratch / "events.json"
                file.write_text(json.dumps([word(raw) for raw in _events(channels, each if turn else 50)]))
                order = {
                    "url": url,
                    "file": str(file),
                    "headers": {"content-type": "application/json", **headers},
                }
                seen = load(order, 120)
                if turn:
                    for what, value in seen.items():
                        getattr(samples[name], what).append(value)
    return samples


def _events(channels: list[str], many: int) -> Iterator[bytes]:
    now = int(time.time())
    for number in range(many):
        payload = {
            "channelName": channels[number % len(channels)],
            "uid": 1000 + number // len(channels) // 2,
            "ts": now,
            "clientSeq": time.time_ns() // 1000,
            "platform": 7,
            "duration": 1,
        }
        kind = 108 if number // len(channels) % 2 else 107
        yield json.dumps(
            {
                "noticeId": str(uuid4()),
                "productId": 1,
                "eventType": kind,
                "notifyMs": now * 1000,
                "payload": payload,
            }
        ).encode()


def _signed(stage: Stage, raw: bytes) -> dict[str, Any]:
    key = stage.env["AGORA_CHANNEL_WEBHOOK_SECRET"].encode()
    return {"body": raw.decode(), "headers": {"Agora-Signature-V2": hmac.digest(key, raw, "sha256").hex()}}


def _arguments(raw: bytes) -> dict[str, Any]:
    notification = read_notification(raw)
    change = notification.event
    assert isinstance(change, ChannelChanged)
    arguments = {
        "notice_id": notification.notice_id,
        "event_type": notification.type,
        "channel": notification.channel,
        "payload": notification.envelope,
        "change": change.change,
        "uid": change.uid,
        "is_recorder": change.is_recorder,
        "client_seq": change.client_seq,
        "happened_at": notification.happened_at,
        "stayed_seconds": change.stayed_seconds,
        "reason": change.reason,
    }
    return {"body": json.dumps(arguments, default=str), "headers": {}}
