"""The emulator notifies: signed, in order, retried; and spoilt in every way that a receiver must survive."""

import asyncio
import json
from typing import Any

import pytest

from shared.agora.notifications import (
    BackedUp,
    ChannelChanged,
    FailedOver,
    RecorderLeft,
    SessionEnded,
    SliceStarted,
    Uploaded,
    is_genuine,
    read_notification,
)

from .conftest import PROJECT, Emulator, Receiver

SECRETS = [PROJECT["AGORA_WEBHOOK_SECRET"]]


async def record(emulator: Emulator, **change: Any) -> str:
    """A whole recording; gives its sid."""
    recorder = await emulator.start(**change)
    await emulator.reaches(lambda seen: seen["slices"] >= 1)
    await emulator.agora().stop(recorder)
    return recorder.sid


async def test_a_recording_sends_all_its_notifications_in_order(emulator: Emulator, receiver: Receiver):
    """In order, genuine by both signatures, with integer types, the sid inside, and numbers from 0."""
    await emulator.in_order()
    sid = await record(emulator)
    await receiver.hears(lambda: 11 in receiver.types)

    told = [one for one in receiver.of_recordings if one.type not in (33, 43, 44)]
    assert [one.type for one in told] == [40, 13, 30, 42, 4, 31, 41, 11]
    assert all(is_genuine(SECRETS, body, headers) for body, headers in receiver.requests)
    v1_only = [
        (body, {k: v for k, v in headers.items() if not k.endswith("V2")})
        for body, headers in receiver.requests
    ]
    assert all(is_genuine(SECRETS, body, headers) for body, headers in v1_only)
    heard = receiver.of_recordings
    assert {(sid, emulator.channel, "4000000001")} == {
        (one.sid, one.channel, one.recorder_uid) for one in heard
    }
    assert list(range(len(heard))) == [one.sequence for one in heard]
    assert len(heard) == len({one.notice_id for one in heard})
    by_type = {one.type: one.event for one in heard}
    assert isinstance(by_type[42], SliceStarted)
    assert by_type[42].started_at
    assert isinstance(by_type[31], Uploaded)
    assert {one.key for one in emulator.objects() if not one.key.endswith(".ts")} == {
        file.key(emulator.prefix) for file in by_type[31].files
    }
    assert by_type[41] == RecorderLeft(16)
    assert by_type[11] == SessionEnded(normally=True)


async def test_the_slices_of_each_person_begin_with_a_notification(emulator: Emulator, receiver: Receiver):
    """In individual mode each track of each person has its own beginning."""
    await emulator.control(f"channels/{emulator.channel}", uids=[7, 8])
    recorder = await emulator.start("individual")
    await emulator.agora().stop(recorder)
    await receiver.hears(lambda: 11 in receiver.types)

    begun = [one.event.uid for one in receiver.notifications if isinstance(one.event, SliceStarted)]

    assert sorted(begun) == ["7", "7", "8", "8"]


async def test_a_failed_notification_is_sent_again(emulator: Emulator, receiver: Receiver):
    """At most four times in all; the same notice, signed anew because its time differs."""
    receiver.answers = [500] * 9
    await emulator.control("notify", eventType=40, payload={"cname": "c", "sid": "S"})
    await receiver.hears(lambda: len(receiver.requests) == 4)
    await asyncio.sleep(0.1)

    assert len(receiver.requests) == 4
    assert len({one.notice_id for one in receiver.notifications}) == 1
    assert len({body for body, _ in receiver.requests}) > 1
    assert all(is_genuine(SECRETS, body, headers) for body, headers in receiver.requests)


async def test_a_notification_is_not_sent_again_after_a_200(emulator: Emulator, receiver: Receiver):
    """One 200 is enough."""
    receiver.answers = [503]
    await emulator.control("notify", eventType=40, payload={"cname": "c"})
    await receiver.hears(lambda: len(receiver.requests) == 2)
    await asyncio.sleep(0.1)

    assert len(receiver.requests) == 2


async def test_a_notification_can_be_lost(emulator: Emulator, receiver: Receiver):
    """The rest of the story does, and the emulator knows what it kept to itself."""
    await emulator.fault("notification", event=31, effect="lose")
    await record(emulator)
    await receiver.hears(lambda: 11 in receiver.types)

    assert 31 not in receiver.types
    sent = (await emulator.http.get("/_control/notifications")).json()["notifications"]
    assert [one["envelope"]["eventType"] for one in sent if one["status"] == "lost"] == [31]


async def test_all_notifications_can_be_lost(emulator: Emulator, receiver: Receiver):
    """`times: null` is for ever, here on this channel only."""
    await emulator.fault("notification", channel=emulator.channel, effect="lose", times=None)
    await record(emulator)
    await emulator.control("notify", eventType=40, payload={"cname": "elsewhere"})
    await receiver.hears(lambda: receiver.types)

    assert [one.channel for one in receiver.notifications] == ["elsewhere"]


async def test_a_duplicate_is_the_same_notification_twice(emulator: Emulator, receiver: Receiver):
    """They differ in nothing but the time of sending."""
    await emulator.fault("notification", event=31, effect="duplicate")
    await record(emulator)
    await receiver.hears(lambda: 11 in receiver.types)

    twins = [one for one in receiver.notifications if one.type == 31]
    assert len(twins) == 2
    assert twins[0].notice_id == twins[1].notice_id


async def test_a_late_notification_comes_after_the_end(emulator: Emulator, receiver: Receiver):
    """Beginning, when everything is over."""
    await emulator.fault("notification", event=40, effect="late", seconds=20_000)
    await record(emulator)
    await receiver.hears(lambda: 11 in receiver.types)
    assert 40 not in receiver.types

    await emulator.control("clock", speed=100_000)

    await receiver.hears(lambda: 40 in receiver.types)


async def test_notifications_can_come_in_reverse_order(emulator: Emulator, receiver: Receiver):
    """Kept back until the recording is over, then the last first."""
    await emulator.in_order()
    await emulator.fault("notification", effect="reorder", times=None, channel=emulator.channel)
    await record(emulator)
    await receiver.hears(lambda: 40 in receiver.types)

    told = [one.type for one in receiver.of_recordings if one.type not in (33, 43, 44)]
    assert told == [11, 41, 31, 4, 42, 30, 13, 40]


@pytest.mark.parametrize(("effect", "genuine"), [("forge", False), ("unsign", False), ("sha1_only", True)])
async def test_signatures_can_be_spoilt(effect, genuine, emulator: Emulator, receiver: Receiver):
    """Wrong, missing, or only the older kind."""
    await emulator.fault("notification", effect=effect)
    await emulator.control("notify", eventType=31, payload={"cname": "c"})
    await receiver.hears(lambda: receiver.requests)

    assert genuine is is_genuine(SECRETS, *receiver.requests[0])


async def test_a_fail_over_is_announced_with_the_new_uid(emulator: Emulator, receiver: Receiver):
    """And the end of it twice: by the machine that failed and by the one that went on."""
    await emulator.in_order()
    await emulator.fault("recording", failover_after=8, gone_for=1, slices=3)
    await record(emulator)
    await receiver.hears(lambda: 11 in receiver.types)

    failover = next(one for one in receiver.notifications if one.type == 12)
    assert isinstance(failover.event, FailedOver)
    ends = [one.recorder_uid for one in receiver.notifications if one.type == 31]
    assert ends == ["4000000001", str(failover.event.new_uid)]


async def test_late_files_are_announced_as_such(emulator: Emulator, receiver: Receiver):
    """32 instead of 31, and silence when they arrive."""
    await emulator.fault("recording", late_files_after=1)
    await record(emulator)
    await emulator.reaches(lambda seen: not seen["files_still_to_come"])
    await receiver.hears(lambda: 11 in receiver.types)

    assert 31 not in receiver.types
    assert isinstance(next(one.event for one in receiver.notifications if one.type == 32), BackedUp)


async def test_joins_and_leaves_are_announced(emulator: Emulator, receiver: Receiver):
    """The channel's own events, product 1."""
    await emulator.in_order()
    await emulator.control(f"channels/{emulator.channel}", uids=[7])
    await emulator.control(f"channels/{emulator.channel}", uids=[])
    await receiver.hears(lambda: len(receiver.requests) == 4)

    events = [one.event for one in receiver.notifications if isinstance(one.event, ChannelChanged)]
    assert [(one.change, one.uid) for one in events] == [
        ("opened", 0),
        ("joined", 7),
        ("left", 7),
        ("closed", 7),  # who was the last to leave
    ]
    assert (events[1].client_seq or 0) <= (events[2].client_seq or 0)
    assert (events[1].stayed_seconds, events[2].stayed_seconds) == (None, 0)


async def test_channel_events_can_come_in_reverse_order(emulator: Emulator, receiver: Receiver):
    """Kept back until the channel closes, then the last first."""
    await emulator.in_order()
    await emulator.fault("notification", effect="reorder", times=None, channel=emulator.channel)
    await emulator.control(f"channels/{emulator.channel}", uids=[7])
    await emulator.control(f"channels/{emulator.channel}", uids=[])
    await receiver.hears(lambda: len(receiver.requests) == 4)

    assert receiver.types == [102, 108, 107, 101]


async def test_without_a_receiver_a_recording_works(emulator: Emulator):
    """A project that has not set up notifications records all the same."""
    await emulator.control("webhook", url="http://127.0.0.1:9/nobody")
    await record(emulator)

    assert (await emulator.seen())["upload"] == "uploaded"


def test_the_receiver_reads_json_that_it_could_store():
    """A payload goes into the inbox as it is."""
    body = json.dumps({"productId": 3, "eventType": 31, "payload": {"cname": "c", "new": [1]}}).encode()

    assert read_notification(body).payload == {"cname": "c", "new": [1]}
