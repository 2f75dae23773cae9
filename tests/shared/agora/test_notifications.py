"""Notifications: genuine or not, over the very bytes; and what each one says."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.agora.files import RecordedFile
from shared.agora.notifications import (
    BackedUp,
    ChannelChanged,
    FailedOver,
    MediaExists,
    Other,
    RecorderLeft,
    RecorderStarted,
    SessionEnded,
    SliceStarted,
    Trouble,
    Uploaded,
    is_genuine,
    read_notification,
)

# Agora's own sample, with both signatures computed anew: its English page prints another body beside them.
BODY = (
    b'{"eventMs":1560408533119,"eventType":10,"noticeId":"4eb720f0-8da7-11e9-a43e-53f411c2761f",'
    b'"notifyMs":1560408533119,"payload":{"a":"1","b":2},"productId":1}'
)
SHA1 = "033c62f40f687675f17f0f41f91a40c71c0f134c"
SHA256 = "6d3320c60b11101395b7fc8f9068748808a0aa1bfa064438e39d1bc2c7d74d99"


@pytest.mark.parametrize(
    ("headers", "genuine"),
    [
        ({"Agora-Signature-V2": SHA256, "Agora-Signature": SHA1}, True),
        ({"Agora-Signature-V2": SHA256}, True),
        ({"agora-signature-v2": SHA256.upper()}, True),
        ({"Agora-Signature": SHA1}, True),
        ({"Agora-Signature-V2": SHA256, "Agora-Signature": "0" * 40}, True),
        ({"Agora-Signature-V2": "0" * 64, "Agora-Signature": SHA1}, False),  # the forger chooses nothing
        ({"Agora-Signature-V2": "", "Agora-Signature": SHA1}, False),
        ({"Agora-Signature-V2": SHA1}, False),
        ({"Agora-Signature": SHA256}, False),
        ({"Agora-Signature": "é" * 40}, False),
        ({"Agora-Signature": ""}, False),
        ({"X-Signature": SHA1}, False),
        ({}, False),
    ],
)
def test_the_published_example_is_verified(headers, genuine):
    """The stronger signature decides where it is there; without any, nothing is believed."""
    assert genuine is is_genuine(["secret"], BODY, headers)


@pytest.mark.parametrize("body", [BODY + b"\n", BODY.replace(b'"a":"1"', b'"a":"2"'), b""])
def test_a_signature_is_over_the_bytes_and_not_their_meaning(body):
    """One byte more or other, and the signature is wrong."""
    assert not is_genuine(["secret"], body, {"Agora-Signature-V2": SHA256})


def test_an_empty_secret_verifies_nothing():
    """Everybody can sign with nothing."""
    forged = {"Agora-Signature-V2": hmac.digest(b"", BODY, "sha256").hex()}

    assert not is_genuine([""], BODY, forged)
    assert not is_genuine([], BODY, forged)


def test_one_of_several_secrets_is_enough():
    """Each product has its own, and a new one is valid beside the old for a while."""
    assert is_genuine(["other", "", "secret"], BODY, {"Agora-Signature-V2": SHA256})


FILE = {
    "fileName": "recordings/ab/s_c.m3u8",
    "trackType": "audio_and_video",
    "uid": "0",
    "mixedAllUser": True,
    "isPlayable": True,
    "sliceStartTime": 1700000000123,
}
AT = datetime(2023, 11, 14, 22, 13, 20, 123000, UTC)
AS_ANNOUNCED = (RecordedFile("recordings/ab/s_c.m3u8", started_at=AT),)


@pytest.mark.parametrize(
    ("event", "details", "meaning"),
    [
        (40, {"status": 0}, RecorderStarted()),
        (40, {"status": 1}, Other()),
        (42, {"startUtcMs": 1700000000123, "streamUid": "7"}, SliceStarted(AT, "7")),
        (4, {"fileList": "recordings/ab/s_c.m3u8"}, MediaExists((RecordedFile("recordings/ab/s_c.m3u8"),))),
        (31, {"status": 0, "fileList": [FILE]}, Uploaded(AS_ANNOUNCED)),
        (31, {"status": 0}, Uploaded(())),
        (31, {"status": 1}, Other()),
        (32, {"status": 0, "fileList": [FILE]}, BackedUp(AS_ANNOUNCED)),
        (41, {"leaveCode": 4}, RecorderLeft(4)),
        (11, {"exitStatus": 0}, SessionEnded(normally=True)),
        (11, {"exitStatus": 1}, SessionEnded(normally=False)),
        (12, {"newUid": 77}, FailedOver(77)),
        (1, {"module": 1, "errorLevel": 3, "errorCode": 47, "errorMsg": "up"}, Trouble(1, 3, 47, "up")),
        (2, {"module": 1, "warnCode": 31}, Other()),
        (33, {"progress": 5000}, Other()),
        (34, {}, Other()),
        (999, {"anything": ["at", "all"]}, Other()),
    ],
)
def test_a_recording_event_is_read_as_agora_documents_it(event, details, meaning):
    """Integer types; channel, recorder and sid from the payload, where they really are."""
    notification = read_notification(recording_event(event, details))

    assert meaning == notification.event
    assert ("n1", 3, event) == (notification.notice_id, notification.product, notification.type)
    assert ("session-1", "4000000001", "S") == (
        notification.channel,
        notification.recorder_uid,
        notification.sid,
    )
    assert (9, AT) == (notification.sequence, notification.happened_at)


@pytest.mark.parametrize(
    ("trouble", "grave"),
    [
        (Trouble(0, 5, 3, ""), True),
        (Trouble(1, 4, 32, ""), True),
        (Trouble(1, 2, 51, ""), True),
        (Trouble(2, 1, 52, ""), True),
        (Trouble(2, 4, 50, ""), False),
        (Trouble(0, 4, 32, ""), False),
    ],
)
def test_only_grave_errors_are_a_reason_to_ask_agora(trouble, grave):
    """Fatal ones, failed uploads, failed starts. None of them ends a recording by itself."""
    assert grave is trouble.is_grave


@pytest.mark.parametrize(
    ("event", "payload", "meaning"),
    [
        (101, {}, ChannelChanged("opened", 0, False)),
        (102, {"lastUid": 7}, ChannelChanged("closed", 7, False)),
        (107, {"uid": 7, "platform": 7}, ChannelChanged("joined", 7, False)),
        (108, {"uid": 7, "platform": 7}, ChannelChanged("left", 7, False)),
        (108, {"uid": 7, "platform": 7, "reason": 10}, ChannelChanged("left", 7, False, reason=10)),
        (108, {"uid": 7, "platform": 7, "reason": "kicked"}, ChannelChanged("left", 7, False, reason=0)),
        (
            103,
            {"uid": 4000000001, "platform": 6, "clientType": 10},
            ChannelChanged("joined", 4000000001, True),
        ),
        (111, {"uid": 7}, Other()),
    ],
)
def test_a_channel_event_contains_who_joined_and_left(event, payload, meaning):
    """Product 1 has its own field names, numbers for uids and seconds for times."""
    body = {
        "noticeId": "n",
        "productId": 1,
        "eventType": event,
        "payload": {"channelName": "c", "ts": 1700000000, **payload},
    }

    notification = read_notification(json.dumps(body).encode())

    assert meaning == notification.event
    assert ("c", "", "") == (notification.channel, notification.recorder_uid, notification.sid)
    assert notification.happened_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


def test_the_sample_event_is_read_although_it_means_nothing():
    """Unknown product and type, unknown fields: stored, and without consequence."""
    notification = read_notification(BODY)

    assert notification.event == Other()
    assert notification.payload == {"a": "1", "b": 2}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"31", b"null", b"\xff\xfe", b'{"a":' * 10_000])
def test_a_body_that_is_no_object_is_kept_as_its_text(body):
    """Under its bytes' hash, and without consequence."""
    notification = read_notification(body)

    assert notification.event == Other()
    assert notification.envelope == {"unread": body.decode(errors="replace")}
    assert notification.notice_id == hashlib.sha256(body).hexdigest()


@pytest.mark.parametrize(
    "odd", ["NaN", "1e400", "-Infinity", "1.5", "true", '"7.5"', str(10**30), "9" * 5000]
)
def test_a_number_that_is_no_integer_of_sane_size_is_none(odd):
    """Whatever it stands for."""
    body = f'{{"productId": 1, "eventType": 107, "payload": {{"uid": {odd}, "clientSeq": {odd}}}}}'

    event = read_notification(body.encode()).event

    assert isinstance(event, ChannelChanged)
    assert (event.uid, event.client_seq) == (0, None)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(product=st.sampled_from([1, 3, "3", None]), event=st.integers(0, 120) | ANYTHING, data=st.data())
def test_no_signed_body_breaks_the_reader(product, event, data):
    """Whatever Agora changes, a notification is read; a crash would have it resent and lost."""
    names = ("fileList", "status", "startUtcMs", "newUid", "leaveCode", "errorCode", "exitStatus")
    details = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(names, ANYTHING)) | ANYTHING)
    payload = {"cname": data.draw(ANYTHING), "sequence": data.draw(ANYTHING), "sendts": data.draw(ANYTHING)}
    body = {"productId": product, "eventType": event, "payload": {**payload, "details": details}}

    read_notification(json.dumps(body).encode())


def recording_event(event: int, details: dict[str, Any]) -> bytes:
    payload = {
        "cname": "session-1",
        "uid": "4000000001",
        "sid": "S",
        "sequence": 9,
        "sendts": 1700000000123,
        "serviceType": 2,
        "details": {"msgName": "something", **details},
    }
    envelope = {
        "noticeId": "n1",
        "productId": 3,
        "eventType": event,
        "notifyMs": 1700000600500,
        "payload": payload,
    }
    return json.dumps(envelope).encode()
