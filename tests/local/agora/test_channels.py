"""The emulator's channels: who comes and goes, on which device, and in which order it is told."""

import re

import httpx
import pytest

from shared.agora.notifications import ChannelChanged, RecorderLeft, Uploaded

from .conftest import Emulator, Receiver


async def test_a_leave_has_its_reason(emulator: Emulator, receiver: Receiver):
    """Every documented one; nobody leaves for another, or without having come."""
    await emulator.in_order()
    reasons = [0, 1, 2, 3, 4, 5, 9, 10, 12, 99, 999]
    for reason in reasons:
        await emulator.join(7)
        await emulator.leave(7, reason)
    await receiver.hears(lambda: receiver.types.count(108) == len(reasons))

    assert reasons == [one.payload["reason"] for one in receiver.notifications if one.type == 108]
    await emulator.join(7)
    for uid, reason in ((7, 6), (8, 1)):
        with pytest.raises(httpx.HTTPStatusError):
            await emulator.leave(uid, reason)


async def test_a_second_device_puts_the_first_one_out(emulator: Emulator, receiver: Receiver):
    """Join and leave of one uid, in either order; each device counts by its own clock, here an hour apart."""
    orders = set()
    for seed in range(1, 9):
        await emulator.control("reset")
        await emulator.control("order", seed=seed)
        receiver.requests.clear()
        await emulator.join(7, device="laptop", ahead_ms=3_600_000)
        await receiver.hears(lambda: 107 in receiver.types)
        await emulator.join(7, device="phone")
        await receiver.hears(lambda: 108 in receiver.types and receiver.types.count(107) == 2)
        left = next(one for one in receiver.notifications if one.type == 108)
        phone = [one for one in receiver.notifications if one.type == 107][-1]
        orders.add(receiver.types.index(108) == len(receiver.types) - 1)
        assert left.payload["reason"] == 5
        assert left.payload["clientSeq"] > phone.payload["clientSeq"] + 3_000_000

    assert orders == {True, False}


async def test_a_device_counts_its_events(emulator: Emulator, receiver: Receiver):
    """Upwards, whether a leave follows its join by a few dozen or by the time in between."""
    for _ in range(8):
        await emulator.join(7)
        await emulator.leave(7, 1)
    await receiver.hears(lambda: receiver.types.count(108) == 8)

    # In the order in which they happened, which is not the order in which they came.
    events = sorted(receiver.notifications, key=lambda one: int(one.notice_id.split(":")[1]))
    counted = [one.payload["clientSeq"] for one in events if one.type in (107, 108)]
    assert counted == sorted(set(counted))


async def test_channel_events_look_as_documented(emulator: Emulator, receiver: Receiver):
    """Ids of three numbers; an account beside the uid; a client type with platform 6 alone."""
    await emulator.join(7, account="somebody")
    await emulator.start()
    await receiver.hears(lambda: receiver.types.count(107) == 2)

    joins = {one.payload["uid"]: one for one in receiver.notifications if one.type == 107}
    person, recorder = joins[7].payload, joins[4_000_000_001].payload
    assert all(re.fullmatch(r"\d+:\d+:\d+", one.notice_id) for one in joins.values())
    assert (person["platform"], person["account"], "clientType" in person) == (7, "somebody", False)
    assert (recorder["platform"], recorder["clientType"]) == (6, 10)


async def test_the_recorder_is_a_member_of_its_channel(emulator: Emulator, receiver: Receiver):
    """It comes and goes, and the channel closes only after it has left."""
    await emulator.in_order()
    await emulator.join(7)
    recorder = await emulator.start()
    await emulator.reaches(lambda seen: seen["slices"] >= 1)
    await emulator.leave(7, 1)
    await emulator.agora().stop(recorder)
    await receiver.hears(lambda: 102 in receiver.types)

    assert receiver.changes == [
        ("opened", 0, False),
        ("joined", 7, False),
        ("joined", recorder.uid, True),
        ("left", 7, False),
        ("left", recorder.uid, True),
        ("closed", recorder.uid, False),
    ]


@pytest.mark.parametrize(
    ("happening", "code", "reason"), [("idle", 12, 1), ("token_expired", 8, 12), ("crash", None, 2)]
)
async def test_a_recorder_says_why_it_leaves(happening, code, reason, emulator: Emulator, receiver: Receiver):
    """By a mask in the recording's events, by a reason in the channel's; a crash says nothing in the former."""
    await emulator.join(7)
    recorder = await emulator.start()
    await emulator.reaches(lambda seen: seen["slices"] >= 1)
    await emulator.control(f"recordings/{recorder.sid}/{happening}")
    await receiver.hears(lambda: {11, 108} <= set(receiver.types))
    await receiver.hears(lambda: code is None or 41 in receiver.types)

    leave = next(one for one in receiver.notifications if one.type == 108)
    assert (leave.payload["uid"], leave.payload["reason"]) == (recorder.uid, reason)
    codes = [one.event for one in receiver.notifications if one.type == 41]
    assert codes == ([RecorderLeft(code)] if code else [])


async def test_an_expired_token_ends_a_recording_abnormally(emulator: Emulator, receiver: Receiver):
    """Error 109, and what was recorded until then is uploaded."""
    await emulator.fault("recording", token_expires_after=20)
    recorder = await emulator.start()
    await receiver.hears(lambda: {1, 11, 31} <= set(receiver.types))

    seen = await emulator.seen()
    assert (seen["ended_by"], seen["upload"], seen["status"]) == ("token_expired", "uploaded", 20)
    error = next(one for one in receiver.notifications if one.type == 1)
    assert error.payload["details"]["errorCode"] == 109
    assert emulator.parts(recorder.sid)


async def test_uploaded_is_told_before_or_after_the_leave(emulator: Emulator, receiver: Receiver):
    """By the seed, and the same for the same seed."""
    orders: dict[int, list[bool]] = {}
    for seed in (1, 2, 3, 4, 1, 2, 3, 4):
        await emulator.control("reset")
        await emulator.control("order", seed=seed)
        receiver.requests.clear()
        recorder = await emulator.start()
        await emulator.agora().stop(recorder)
        await receiver.hears(lambda: {11, 31, 41} <= set(receiver.types))
        events = sorted(receiver.of_recordings, key=lambda one: one.sequence or 0)
        told = [one.type for one in events if isinstance(one.event, Uploaded | RecorderLeft)]
        orders.setdefault(seed, []).append(told == [31, 41])

    assert all(first == second for first, second in orders.values())
    assert {first for first, _ in orders.values()} == {True, False}


async def test_events_overtake_each_other(emulator: Emulator, receiver: Receiver):
    """Now and then the next one comes first, and none is lost."""
    await emulator.control("order", seed=3)
    for uid in range(1, 21):
        await emulator.join(uid)
    await receiver.hears(lambda: receiver.types.count(107) == 20)

    came = [one.event.uid for one in receiver.notifications if isinstance(one.event, ChannelChanged)]
    assert came != sorted(came)
    assert sorted(came) == list(range(21))


async def test_an_order_can_be_asked_for(emulator: Emulator):
    """Its seed is told, so that a run can be repeated."""
    told = await emulator.control("order", seed=42, shuffled=False)

    assert (told["seed"], told["shuffled"]) == (42, False)


async def test_coming_back_in_time_keeps_a_recorder(emulator: Emulator):
    """Only maxIdleTime without anybody, in one piece, ends it."""
    await emulator.control("clock", speed=1)
    await emulator.join(7)
    await emulator.start()
    await emulator.leave(7, 1)
    await emulator.join(7)
    await emulator.control("clock", speed=20_000)  # more than maxIdleTime passes, with somebody there
    await emulator.reaches(lambda seen: seen["slices"] == 4)
    assert (await emulator.seen())["state"] == "recording"

    await emulator.leave(7, 10)

    seen = await emulator.reaches(lambda seen: seen["state"] == "exited")
    assert seen["ended_by"] == "idle"
