"""Issuing a token: bound to the seat's channel, the person's number and the join window."""

import pytest

from local.agora.tokens import TokenRefused, check_token
from tests.cast import Stage


def test_a_token_opens_the_channel_of_the_seat_and_no_other(stage: Stage) -> None:
    """Asked by channel name alone, as the page does; decoded and verified as Agora would."""
    client = stage.client()
    session = stage.session(client=client)

    reply = stage.invoke(
        "create-agora-token", {"channelName": session["room_name"], "role": "publisher", "uid": 1}, as_=client
    ).json()

    keys = stage.env["AGORA_APP_ID"], stage.env["AGORA_APP_CERTIFICATE"]
    check_token(reply["token"], *keys, session["room_name"], reply["uid"])
    with pytest.raises(TokenRefused):
        check_token(reply["token"], *keys, session["room_name"], reply["uid"] + 1)
    with pytest.raises(TokenRefused):
        check_token(reply["token"], *keys, "another-channel", reply["uid"])
    with pytest.raises(TokenRefused):
        check_token(reply["token"], *keys, session["room_name"], reply["uid"], later_by_seconds=91 * 60)
    assert reply["uid"] >= 1001 and reply["appId"] == keys[0]


def test_a_person_keeps_one_agora_number_that_nobody_else_has(stage: Stage) -> None:
    """The recorder works only if every number in the channel is one person."""
    client, practitioner = stage.client(), stage.practitioner()
    session = stage.session(client=client, practitioner=practitioner)

    def number(person: object) -> int:
        body = {"channelName": session["room_name"], "role": "publisher"}
        return int(stage.invoke("create-agora-token", body, as_=person).json()["uid"])

    assert number(client) == number(client) != number(practitioner)


def test_a_row_in_a_class_gets_the_channel_of_the_class(stage: Stage) -> None:
    """Whether the page asks by its own row's name or by the class's."""
    person = stage.client()
    master = stage.group_class(practitioner=stage.practitioner())
    own = stage.join(master, person)

    names = {
        stage.invoke("create-agora-token", {"channelName": name, "role": "publisher"}, as_=person).json()[
            "channelName"
        ]
        for name in (own["room_name"], master["room_name"])
    }

    assert names == {master["room_name"]}


@pytest.mark.parametrize(
    "token", ["", "garbage", "a.b.c", "eyJhbGciOiJub25lIn0.eyJyb2xlIjoiYXV0aGVudGljYXRlZCJ9."]
)
def test_a_caller_without_a_valid_sign_in_gets_no_token(stage: Stage, token: str) -> None:
    """However the page asks."""
    session = stage.session(client=stage.client())
    headers = {"authorization": f"Bearer {token}"} if token else {}

    reply = stage.invoke("create-agora-token", {"channelName": session["room_name"]}, headers=headers)

    assert reply.status_code == 401


def test_a_caller_without_a_seat_gets_no_token(stage: Stage) -> None:
    """Not for somebody else's session, an unknown channel, or a class one has left."""
    stranger, member = stage.client(), stage.client()
    session = stage.session(client=stage.client())
    master = stage.group_class(practitioner=stage.practitioner())
    own = stage.join(master, member)
    stage.execute("update public.session_schedules set status = 'cancelled' where id = %s", own["id"])

    def ask(name: str, person: object) -> int:
        return stage.invoke("create-agora-token", {"channelName": name}, as_=person).status_code

    assert ask(session["room_name"], stranger) == 404
    assert ask("no-such-channel", stranger) == 404
    assert ask(master["room_name"], stranger) == 404
    assert ask(master["room_name"], member) == 404


def test_the_test_page_gets_a_channel_of_its_own(stage: Stage) -> None:
    """It is named after the caller, and no other person gets into it."""
    client, other = stage.client(), stage.client()
    name = f"test-{str(client.id)[:8]}-1795352388836"
    other_name = "test-00000000-1795352388836"

    own = stage.invoke("create-agora-token", {"channelName": name, "role": "publisher"}, as_=client)
    refused = stage.invoke("create-agora-token", {"channelName": other_name}, as_=other)

    assert (own.status_code, refused.status_code) == (200, 404)


def test_a_person_without_consent_waits_until_the_recording_has_stopped(stage: Stage) -> None:
    """Asking for a token makes the recording stop; once it has, the person gets in."""
    practitioner, member, late = stage.practitioner(), stage.client(), stage.client()
    master = stage.group_class(practitioner=practitioner)
    stage.join(master, member)
    stage.join(master, late)
    stage.consent(practitioner, member)
    started = stage.invoke("start-agora-recording", {"session_id": str(master["id"])}, as_=practitioner)
    assert started.status_code == 200, started.text

    def enter() -> tuple[int, str | None]:
        reply = stage.invoke("create-agora-token", {"channelName": master["room_name"]}, as_=late)
        return reply.status_code, reply.json().get("code")

    assert enter() == (409, "recording_consent_missing")
    assert stage.value(
        "select stop_requested_at from private.recording_takes where session_id = %s", master["id"]
    )
    stopped = stage.invoke("stop-agora-recording", {"session_id": str(master["id"])}, as_=practitioner)
    assert stopped.status_code == 200, stopped.text
    assert enter() == (200, None)
