"""Sharing a recording: who may, for how long, and what is kept of the link."""

import hashlib
import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.cast import Stage
from tests.recording_scene import unknown_id
from tests.sharing_scene import BROWSER, SharingScene, finished_recording


@pytest.fixture(scope="module")
def sharing(stage: Stage) -> SharingScene:
    """A recording that can be shared."""
    return SharingScene(stage)


def test_participants_and_admins_share_a_recording(stage: Stage, sharing: SharingScene) -> None:
    """For seven days, unless they say otherwise; the link opens the player."""
    for person in (sharing.client, sharing.practitioner, stage.admin()):
        reply = sharing.share(person).json()

        link = sharing.stage.row(
            "select * from public.recording_share_links where id = %s", reply["share_link_id"]
        )
        assert (reply["success"], reply["has_password"], reply["view_limit"]) == (True, False, None)
        assert link["expires_at"] - link["created_at"] == timedelta(days=7)
        assert datetime.fromisoformat(reply["expires_at"]) == link["expires_at"]
        assert link["created_by"] == person.id
        page = stage.http.get(reply["url"], headers=BROWSER)
        assert page.status_code == 200 and "<video" in page.text


def test_only_hashes_of_token_and_password_are_stored(stage: Stage, sharing: SharingScene) -> None:
    """Nobody reads even those, and the log has neither."""
    link = sharing.link(password="a long password", expires_in_days=90, view_limit=3)

    row = link.row
    token, salt = link.token.split(".")
    assert bytes(row["token_sha256"]) == hashlib.sha256(token.encode()).digest()
    made = hashlib.scrypt(b"a long password", salt=salt.encode(), n=2**14, r=8, p=1, dklen=32)
    assert bytes(row["password_scrypt"]) == made
    assert not [each for each in (token, salt, "a long password") if each in str(row)]
    for column in ("token_sha256", "password_scrypt"):
        read = stage.rest("GET", f"recording_share_links?select={column}", as_=sharing.client)
        assert read.status_code == 403


def test_a_token_is_made_by_the_database_alone(stage: Stage, sharing: SharingScene) -> None:
    """Asked past our function, too: no argument takes one, each is another, and none is kept for a repeat."""
    body = {"recording_id": str(sharing.id)}

    chosen = stage.rest(
        "POST", "rpc/create_recording_share_link", as_=sharing.client, json=body | {"token_sha256": "ab" * 32}
    )
    made = [
        stage.rest("POST", "rpc/create_recording_share_link", as_=sharing.client, json=body).json()[0][
            "token"
        ]
        for _ in range(20)
    ]
    once = {"rpc": "create_recording_share_link", "idempotency_key": "k", "arguments": body}
    remembered = stage.rest("POST", "rpc/call_once", as_=sharing.client, json=once)

    assert (chosen.status_code, chosen.json()["code"]) == (404, "PGRST202")
    assert len(set(made)) == 20 and all(re.fullmatch("[0-9a-f]{64}", token) for token in made)
    assert remembered.status_code == 404
    assert stage.http.get(f"/functions/v1/open-recording?share={made[0]}", headers=BROWSER).status_code == 200


def test_strangers_learn_nothing_about_a_recording(stage: Stage, sharing: SharingScene) -> None:
    """Another client, another practitioner and an anonymous caller get the reply for a missing one."""
    for person in (stage.client(), stage.practitioner()):
        reply = sharing.share(person)
        assert (reply.status_code, reply.json()["code"]) == (404, "recording_not_found")
    missing = sharing.share(recording_id=unknown_id())
    assert (missing.status_code, missing.json()["code"]) == (404, "recording_not_found")
    assert stage.invoke("create-recording-share-link", {"recording_id": str(sharing.id)}).status_code == 401


def test_only_the_practitioner_shares_the_recording_of_a_class(stage: Stage) -> None:
    """A participant's own row leads to the same pictures, in which others are."""
    practitioner, participant = stage.practitioner(), stage.client()
    group = stage.group_class(practitioner=practitioner)
    seat = stage.join(group, participant)
    whole = finished_recording(stage, group["id"])
    own = finished_recording(stage, seat["id"], of_class=whole)

    def share(recording: object, person: Any) -> tuple[int, str | None]:
        body = {"recording_id": str(recording)}
        reply = stage.invoke("create-recording-share-link", body, as_=person)
        return reply.status_code, reply.json().get("code")

    assert share(own, participant) == (403, "class_recording_not_shareable")
    assert share(whole, participant) == (404, "recording_not_found")
    assert share(whole, practitioner) == (200, None)


def test_an_unfinished_recording_is_not_shared(stage: Stage) -> None:
    """There is nothing to see yet."""
    reply = SharingScene(stage, status="recording").share()

    assert (reply.status_code, reply.json()["code"]) == (409, "recording_not_completed")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"expires_in_days": 0}, "expires_in_days"),
        ({"expires_in_days": 91}, "expires_in_days"),
        ({"view_limit": 0}, "view_limit"),
        ({"password": "short"}, "password"),
        ({"expires": 3}, "expires"),
    ],
)
def test_an_invalid_field_is_named(sharing: SharingScene, body: dict[str, Any], field: str) -> None:
    """A misspelt field too."""
    reply = sharing.share(**body)

    assert (reply.status_code, reply.json()["details"][0]["field"]) == (422, field)


def test_links_are_listed_with_their_view_counts(stage: Stage) -> None:
    """The caller's own links, and others' links to recordings the caller is in; not to strangers."""
    sharing = SharingScene(stage)
    first, second = sharing.link(), sharing.link(sharing.practitioner, view_limit=1)
    first.get()
    first.get()
    second.open()

    by_client = sharing.listed(sharing.client)
    assert [(row["is_mine"], row["view_count"], row["is_open"]) for row in by_client] == [
        (True, 2, True),
        (False, 1, False),
    ]
    assert all(row["last_viewed_at"] and row["session_id"] == str(sharing.session["id"]) for row in by_client)
    assert [row["is_mine"] for row in sharing.listed(sharing.practitioner)] == [False, True]
    assert sharing.listed(stage.client()) == []


def test_participants_see_who_watched_their_recording(stage: Stage) -> None:
    """When, by which link, and roughly from where; neither addresses nor browsers, and strangers see nothing."""
    sharing = SharingScene(stage)
    link = sharing.link()
    link.get()

    for person in (sharing.client, sharing.practitioner):
        (view,) = sharing.views(person)
        assert (view["link_id"], view["link_kind"], view["masked_address"]) == (link.id, "share", "127.0.0.x")
    assert sharing.views(stage.client()) == []
    for column in ("ip_address", "user_agent"):
        assert stage.rest("GET", f"recording_views?select={column}", as_=sharing.client).status_code == 403
    assert {"2001:db8:x", "192.0.2.x", None} == {
        row["masked_address"]
        for row in stage.owner.execute(
            "insert into public.recording_views (recording_id, link_id, ip_address) values"
            " (%(id)s, %(id)s, '2001:db8::8a2e:370:7334'), (%(id)s, %(id)s, '192.0.2.41'), (%(id)s, %(id)s, 'unknown')"
            " returning masked_address",
            {"id": unknown_id()},
        ).fetchall()
    }
