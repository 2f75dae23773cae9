"""Taking a share link back: it ends at the next request, whoever is watching."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.cast import Stage
from tests.recording_scene import unknown_id
from tests.sharing_scene import SharingScene, addresses


@pytest.fixture(scope="module")
def sharing(stage: Stage) -> SharingScene:
    """A recording that can be shared."""
    return SharingScene(stage)


def test_a_revoked_link_ends_at_the_next_request(sharing: SharingScene) -> None:
    """The page, the player's requests, and a view that was open; it then looks like a link that never was."""
    link = sharing.link()
    page = link.get()
    (address,) = addresses(page)

    reply = sharing.revoke(link)

    assert reply.status_code == 200 and reply.json()["revoked_at"]
    assert (link.get().status_code, link.open().status_code) == (404, 404)
    assert "ask for a new one" in link.get().text
    assert sharing.stage.http.get(address).json()["code"] == "recording_not_found"


def test_two_revocations_at_once_revoke_once(sharing: SharingScene) -> None:
    """And a third later: all replies have the same time."""
    link = sharing.link()

    with ThreadPoolExecutor(2) as two:
        replies = list(two.map(lambda _: sharing.revoke(link), range(2)))

    ended = {reply.raise_for_status().json()["revoked_at"] for reply in [*replies, sharing.revoke(link)]}
    assert len(ended) == 1


def test_people_who_are_in_a_recording_revoke_its_links(stage: Stage, sharing: SharingScene) -> None:
    """As do their maker and an admin; nobody else, who learns nothing."""
    by_practitioner, by_client = sharing.link(sharing.practitioner), sharing.link()

    assert sharing.revoke(by_practitioner, stage.client()).json()["code"] == "share_link_not_found"
    assert sharing.revoke(by_practitioner, stage.practitioner()).status_code == 404
    assert sharing.revoke(by_practitioner, sharing.client).status_code == 200
    assert sharing.revoke(by_client, stage.admin()).status_code == 200
    missing = stage.invoke("revoke-recording-share-link", {"share_link_id": unknown_id()}, as_=sharing.client)
    assert (missing.status_code, missing.json()["code"]) == (404, "share_link_not_found")
    assert stage.invoke("revoke-recording-share-link", {"share_link_id": by_client.id}).status_code == 401
