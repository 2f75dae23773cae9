"""Reconciling contracts: one notification a month before the end, expired after it, however often it runs."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.cast import Stage
from tests.contract_scene import ContractScene


@pytest.fixture
def scene(stage: Stage) -> ContractScene:
    return ContractScene(stage)


def run(scene: ContractScene) -> dict[str, int]:
    reply = scene.stage.invoke_as_service("reconcile-contracts")
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


def test_an_ending_contract_is_announced_once_and_then_expires(scene: ContractScene) -> None:
    """Signed ones and offers; an expired one stays expired."""
    soon = (datetime.now(UTC) + timedelta(days=20)).isoformat()
    signed, other = scene.offer(expires_at=soon), ContractScene(scene.stage)
    offered = other.offer(expires_at=soon)
    scene.sign(signed).raise_for_status()

    assert run(scene)["contracts_expiring"] >= 1
    run(scene)
    assert ["issued", "signed", "expiring"] == scene.history(signed)
    assert ["issued"] == other.history(offered), "there is nothing of theirs that ends"

    scene.end(signed)
    other.end(offered)
    assert run(scene)["contracts_expired"] >= 2
    run(scene)
    assert ("expired", "expired") == (scene.contract(signed)["status"], other.contract(offered)["status"])
    assert ["issued", "signed", "expiring", "expired"] == scene.history(signed)
    assert 1 == len(scene.evidence(signed)), "it was signed nevertheless"


def test_a_practitioner_without_a_valid_contract_can_be_issued_one_again(scene: ContractScene) -> None:
    """The same version, before and after the end is written down."""
    first = scene.offer()
    scene.end(first)
    second = scene.offer()
    assert "revoked" == scene.contract(first)["status"]

    scene.sign(second).raise_for_status()
    scene.end(second)
    run(scene)

    assert 1 == len(scene.issue()["issued"])
