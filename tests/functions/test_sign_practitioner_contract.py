"""Signing a contract, through the function and as the page does it: once, with evidence that stays."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from tests.cast import Stage
from tests.contract_scene import ContractScene, drawing


@pytest.fixture
def scene(stage: Stage) -> ContractScene:
    return ContractScene(stage)


def test_the_server_records_who_signed_what_when_and_where(scene: ContractScene) -> None:
    """The text's hash, the clock, the request's address and agent, whose account it is, the drawing and its hash."""
    contract = scene.offer()
    text = scene.contract(contract)["contract_text"]
    shown = hashlib.sha256(text.encode()).hexdigest()

    reply = scene.sign(
        contract, text_sha256=shown, signature_name="A. Practitioner", signature_image=drawing()
    ).json()

    assert (reply["success"], reply["contract_id"], reply["text_sha256"]) == (True, contract, shown)
    (evidence,) = scene.evidence(contract)
    assert (evidence["is_observed"], evidence["ip_address"], evidence["user_agent"]) == (
        True,
        "127.0.0.1",
        "Browser/1.0",
    )
    assert (evidence["user_id"], evidence["signer_name"], evidence["signer_email"]) == (
        scene.practitioner.id,
        "Practitioner",
        scene.practitioner.email,
    )
    assert (
        evidence["signature_image_sha256"] == hashlib.sha256(bytes(evidence["signature_image"])).hexdigest()
    )
    assert abs(evidence["signed_at"] - datetime.now(UTC)) < timedelta(minutes=1)
    signed = scene.contract(contract)
    assert ("signed", evidence["signed_at"]) == (signed["status"], signed["signed_at"])
    assert ["issued", "signed"] == scene.history(contract)


def test_the_page_signs_too_and_its_claims_are_no_evidence(scene: ContractScene) -> None:
    """Its date is ignored; its address and agent are stored as what a browser claimed."""
    contract = scene.offer()

    (row,) = scene.sign_on_page(contract).raise_for_status().json()

    assert "signed" == row["status"]
    assert abs(datetime.fromisoformat(row["signed_at"]) - datetime.now(UTC)) < timedelta(minutes=1)
    (evidence,) = scene.evidence(contract)
    assert (False, "203.0.113.9", "claimed") == (
        evidence["is_observed"],
        evidence["ip_address"],
        evidence["user_agent"],
    )
    assert scene.practitioner.id == evidence["user_id"]


def test_signing_again_gives_the_first_signature(scene: ContractScene) -> None:
    """Whichever way it was signed, whichever way it is signed again, and with no contract named."""
    contract = scene.offer()
    first = scene.sign().json()

    again = scene.sign(contract, signature_name="Somebody else").json()
    on_page = scene.sign_on_page(contract).json()

    assert (contract, first) == (first["contract_id"], again)
    assert [] == on_page, "the page finds nothing pending"
    assert 1 == len(scene.evidence(contract))


def test_many_signatures_at_once_are_one(scene: ContractScene) -> None:
    """Through the function and as the page does it, all at the same time."""
    contract = scene.offer()

    with ThreadPoolExecutor(12) as many:
        replies = list(
            many.map(
                lambda turn: scene.sign(contract) if turn % 2 else scene.sign_on_page(contract), range(12)
            )
        )

    assert {200} == {reply.status_code for reply in replies}
    (evidence,) = scene.evidence(contract)
    fingerprints = {reply.json()["evidence_sha256"] for reply in replies[1::2]}
    assert {evidence["evidence_sha256"]} == fingerprints
    assert ["issued", "signed"] == scene.history(contract)


def test_signing_and_revoking_at_once_leave_a_consistent_contract(stage: Stage) -> None:
    """Signed and then revoked, or revoked and never signed: there is evidence exactly if there was a signature."""
    for turn in range(6):
        scene = ContractScene(stage)
        contract = scene.offer()
        sign = scene.sign if turn % 2 else scene.sign_on_page
        with ThreadPoolExecutor(2) as two:
            signing, revoking = two.submit(sign, contract), two.submit(scene.revoke, contract)
            signed, revoked = signing.result(), revoking.result()

        assert 200 == revoked.status_code
        assert "revoked" == scene.contract(contract)["status"]
        did_sign = signed.status_code == 200 and signed.json() != []
        assert did_sign == (scene.evidence(contract) != []), signed.text
        expected = ["issued", "signed", "revoked"] if did_sign else ["issued", "revoked"]
        assert expected == scene.history(contract)
        assert did_sign or signed.json() == [] or "contract_not_pending" == signed.json()["code"]


def test_another_text_is_not_signed(scene: ContractScene) -> None:
    """The page was opened before the contract changed."""
    contract = scene.offer()

    reply = scene.sign(contract, text_sha256="0" * 64)

    assert (409, "contract_text_not_current") == (reply.status_code, reply.json()["code"])
    assert [] == scene.evidence(contract)


def test_an_expired_or_revoked_contract_is_not_signed(scene: ContractScene) -> None:
    """And nobody revokes without a reason."""
    contract = scene.offer()
    scene.end(contract)
    over = scene.sign(contract)
    assert (409, "contract_expired") == (over.status_code, over.json()["code"])

    assert 422 == scene.revoke(contract, reason=None).status_code
    scene.revoke(contract).raise_for_status()
    revoked = scene.sign(contract)
    assert (409, "contract_not_pending") == (revoked.status_code, revoked.json()["code"])
    assert [] == scene.sign_on_page(contract).json()
    assert (404, "contract_not_found") == (scene.sign().status_code, scene.sign().json()["code"])


def test_nobody_signs_for_another(scene: ContractScene) -> None:
    """For another practitioner, a client and an admin it is not there, by either way."""
    contract = scene.offer()

    for person in (scene.stage.practitioner(), scene.stage.client(), scene.admin):
        assert 404 == scene.sign(contract, as_=person).status_code
        assert scene.sign_on_page(contract, as_=person).status_code in (200, 403)
    assert ("pending", []) == (scene.contract(contract)["status"], scene.evidence(contract))


def test_nobody_changes_a_signed_contract(scene: ContractScene) -> None:
    """Not the practitioner, not an admin: no text, no date, no way back, and no evidence of their own."""
    contract = scene.offer()
    scene.sign(contract).raise_for_status()
    before = scene.contract(contract), scene.evidence(contract)
    path = f"practitioner_contracts?id=eq.{contract}"

    for person in (scene.practitioner, scene.admin):
        for change in (
            {"contract_text": "We practise, you pay."},
            {"status": "pending"},
            {"signed_at": "2020-01-01"},
            {"expires_at": "2040-01-01"},
            {"title": "Another"},
        ):
            scene.stage.rest("PATCH", path, as_=person, json=change)
        own = {"user_id": str(person.id), "contract_id": contract}
        attempts = [
            scene.stage.rest("POST", "contract_signatures", as_=person, json=own),
            scene.stage.rest("POST", "rpc/sign_practitioner_contract", as_=person, json=own),
            scene.stage.rest("DELETE", f"contract_signatures?contract_id=eq.{contract}", as_=person),
            scene.stage.rest("DELETE", f"contract_events?contract_id=eq.{contract}", as_=person),
        ]
        assert {403} == {reply.status_code for reply in attempts}
    after = scene.contract(contract)
    assert before == (after | {"updated_at": before[0]["updated_at"]}, scene.evidence(contract))


@pytest.mark.parametrize("image", ["data:image/svg+xml;base64,PHN2Zy8+", "data:image/png;base64,***"])
def test_a_drawing_that_is_no_png_is_refused_with_its_field(scene: ContractScene, image: str) -> None:
    """As with waivers."""
    reply = scene.sign(scene.offer(), signature_image=image)

    assert (422, "signature_image") == (reply.status_code, reply.json()["details"][0]["field"])


@pytest.mark.parametrize("name", ["  ", "\u3164", "\u2800\u200d", "\u0301"])
def test_a_name_that_nobody_can_read_signs_nothing(scene: ContractScene, name: str) -> None:
    """A blank of any kind is refused with its field, and the contract waits on."""
    contract = scene.offer()
    reply = scene.sign(contract, signature_name=name)

    assert (422, "text_is_blank") == (reply.status_code, reply.json()["code"])
    assert "signature_name" in reply.json()["message"]
    assert "pending" == scene.contract(contract)["status"]
