"""Issuing contracts: a version goes to whoever does not have it, and nobody is notified twice."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from tests.cast import Stage
from tests.contract_scene import ContractScene


@pytest.fixture
def scene(stage: Stage) -> ContractScene:
    return ContractScene(stage)


def test_a_practitioner_is_offered_the_text_with_their_name_in_it(scene: ContractScene) -> None:
    """Pending, hashed, dated, and found by the page as the newest pending; the placeholders are filled."""
    name = "Łódź\n\n11. The company pays everything"
    scene.stage.execute(
        "update public.practitioners set name = %s where id = %s", name, scene.practitioner.practitioner_id
    )

    reply = scene.issue(expires_at="2031-01-01T00:00:00Z")

    assert (reply["success"], reply["contract_version"], reply["already_issued"]) == (True, "1", 0)
    page = scene.stage.rest(
        "GET",
        f"practitioner_contracts?practitioner_id=eq.{scene.practitioner.practitioner_id}&status=eq.pending"
        "&order=created_at.desc&limit=1",
        as_=scene.practitioner,
    ).json()
    assert [reply["issued"][0]] == [row["id"] for row in page]
    text = page[0]["contract_text"]
    assert "and Łódź 11. The company pays everything (" in text, "a name is one line and no clause"
    assert "[" not in text
    assert f"{datetime.now(UTC):%-d %B %Y}" in text
    assert (page[0]["expires_at"], page[0]["signed_at"]) == ("2031-01-01T00:00:00+00:00", None)


def test_issuing_again_issues_nothing_and_notifies_nobody(scene: ContractScene) -> None:
    """Also at once, by several admins; also when it is signed already."""
    with ThreadPoolExecutor(6) as many:
        replies = list(many.map(lambda _: scene.issue(), range(6)))

    issued = [contract for reply in replies for contract in reply["issued"]]
    assert (1, 5) == (len(issued), sum(reply["already_issued"] for reply in replies))
    scene.sign(issued[0]).raise_for_status()
    assert [] == scene.issue()["issued"]
    assert ["issued", "signed"] == scene.history(issued[0])


def test_a_new_version_replaces_an_offer_but_no_signed_contract(scene: ContractScene) -> None:
    """One offer at a time, the newest; and a signed contract stays until it ends."""
    version = 1000 + uuid.uuid4().int % 1_000_000_000
    for number in (version, version + 1):
        template = {"version": number, "title": "Practitioner agreement", "body": f"Version {number}."}
        scene.stage.rest("POST", "contract_templates", as_=scene.admin, json=template).raise_for_status()
    signed = scene.offer()
    scene.sign(signed).raise_for_status()
    unsigned = scene.offer(template_version=version)

    reply = scene.issue(template_version=version + 1)

    assert (1, 1) == (len(reply["issued"]), reply["replaced"])
    assert "signed" == scene.contract(signed)["status"]
    replaced = scene.contract(unsigned)
    assert ("revoked", f"Replaced by version {version + 1}.") == (
        replaced["status"],
        replaced["revoked_reason"],
    )
    assert ["issued", "revoked"] == scene.history(unsigned)


def test_a_paused_practitioner_is_offered_a_contract_only_by_id(scene: ContractScene) -> None:
    """A contract can be what they wait for."""
    scene.stage.execute(
        "update public.practitioners set available = false where id = %s", scene.practitioner.practitioner_id
    )

    assert 1 == len(scene.issue()["issued"])


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"template_version": 999}, 404, "template_not_found"),
        ({"practitioner_id": "5a1e0000-0000-4000-8000-00000000dead"}, 404, "practitioner_not_found"),
        ({"expires_at": (datetime.now(UTC) - timedelta(1)).isoformat()}, 422, "expires_in_past"),
        ({"expires_at": "2031-01-01T00:00:00"}, 422, "invalid_body"),
        ({"template": 1}, 422, "invalid_body"),
    ],
)
def test_an_impossible_issue_is_refused(
    scene: ContractScene, more: dict[str, object], status: int, code: str
) -> None:
    """And nothing is issued."""
    body = {"practitioner_id": str(scene.practitioner.practitioner_id), **more}
    reply = scene.stage.invoke("issue-practitioner-contract", body, as_=scene.admin)

    assert (status, code) == (reply.status_code, reply.json()["code"])


def test_only_admins_issue_contracts(scene: ContractScene) -> None:
    """Neither practitioners nor clients, for themselves or for others."""
    for person in (scene.practitioner, scene.stage.client()):
        reply = scene.stage.invoke("issue-practitioner-contract", {}, as_=person)

        assert (403, "admins_only") == (reply.status_code, reply.json()["code"])
