"""Opening a room: the channel of whoever has a seat, and nobody else's."""

import uuid

import pytest

from tests.cast import Stage


def test_client_and_practitioner_of_a_session_share_its_channel(stage: Stage) -> None:
    """The page joins the channel that is named in the reply."""
    client, practitioner = stage.client(), stage.practitioner()
    session = stage.session(client=client, practitioner=practitioner)
    body = {"channelName": session["room_name"], "isGroup": False, "sessionId": str(session["id"])}

    replies = [stage.invoke("create-agora-room", body, as_=person) for person in (client, practitioner)]

    assert {r.json()["channelName"] for r in replies} == {session["room_name"]}
    assert {r.json()["appId"] for r in replies} == {stage.env["AGORA_APP_ID"]}


def test_everybody_in_a_class_meets_in_its_channel(stage: Stage) -> None:
    """Each has a row and a room name of their own, too long for Agora; all are led to the class's channel."""
    practitioner = stage.practitioner()
    master = stage.group_class(practitioner=practitioner)
    channels = set()
    for _ in range(3):
        person = stage.client()
        own = stage.join(master, person)
        assert len(own["room_name"]) > 64 or own["room_name"] != master["room_name"]
        body = {"channelName": own["room_name"], "isGroup": False, "sessionId": str(own["id"])}
        channels.add(stage.invoke("create-agora-room", body, as_=person).json()["channelName"])

    assert channels == {master["room_name"]}


def test_strangers_and_wrong_ids_find_nothing(stage: Stage) -> None:
    """By id or by name; the replies do not say which of the two it was."""
    session = stage.session(client=stage.client())
    stranger = stage.client()
    asked = [
        {"channelName": session["room_name"], "sessionId": str(session["id"])},
        {"channelName": session["room_name"]},
        {"channelName": "anything", "sessionId": str(uuid.uuid4())},
    ]

    replies = [stage.invoke("create-agora-room", body, as_=stranger) for body in asked]

    assert [r.status_code for r in replies] == [404] * 3
    assert replies[0].json() == replies[1].json() == replies[2].json()


def test_the_admin_who_made_a_class_has_no_seat_in_it(stage: Stage) -> None:
    """Their id only fills the class's client column."""
    admin = stage.admin()
    master = stage.group_class(practitioner=stage.practitioner(), made_by=admin)

    reply = stage.invoke("create-agora-room", {"channelName": master["room_name"]}, as_=admin)

    assert reply.status_code == 404


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"starts_in_minutes": 16}, "too_early"),
        ({"starts_in_minutes": -200}, "session_over"),
        ({"status": "cancelled"}, "session_cancelled"),
        ({"status": "completed"}, "session_over"),
        ({"session_location": "in_person"}, "session_in_person"),
    ],
)
def test_a_closed_room_gives_its_reason(stage: Stage, change: dict[str, object], code: str) -> None:
    """Outside the join window, over, cancelled or not online."""
    client = stage.client()
    session = stage.session(client=client, **change)

    reply = stage.invoke("create-agora-room", {"channelName": session["room_name"]}, as_=client)

    assert (reply.status_code, reply.json()["code"]) == (409, code)


def test_an_unused_room_name_is_answered_with_itself(stage: Stage) -> None:
    """A practitioner about to create a session asks so, and takes the name from the reply."""
    name = f"session-{uuid.uuid4().hex[:8]}-new"

    reply = stage.invoke(
        "create-agora-room", {"channelName": name, "isGroup": False}, as_=stage.practitioner()
    )

    assert reply.json()["channelName"] == name
