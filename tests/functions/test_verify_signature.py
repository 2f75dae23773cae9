"""Verifying a copy: anybody can learn whether it is genuine and still holds, and nothing else."""

import io
import json
from typing import Any

import httpx
import pytest
from pypdf import PdfReader

from tests.cast import Stage
from tests.contract_scene import ContractScene
from tests.page_scene import BROWSER


@pytest.fixture
def scene(stage: Stage) -> ContractScene:
    return ContractScene(stage)


def test_a_contract_is_confirmed_with_its_present_state(scene: ContractScene) -> None:
    """Valid, then past its end though nobody has written that down, then revoked; by GET and by POST."""
    contract = scene.offer()
    evidence = scene.sign(contract).json()["evidence_sha256"]

    valid = scene.verify(evidence)
    assert 200 == valid.status_code
    assert valid.json() == scene.stage.invoke("verify-signature", {"sha256": evidence.upper()}).json()
    assert {
        "verified": True,
        "kind": "contract",
        "version": "1",
        "status": "valid",
        "expires_at": None,
        "ended_at": None,
        "text_sha256": scene.contract(contract)["text_sha256"],
    } == {name: value for name, value in valid.json().items() if name != "signed_at"}
    scene.end(contract)
    assert "expired" == scene.verify(evidence).json()["status"]
    scene.revoke(contract).raise_for_status()
    revoked = scene.verify(evidence).json()
    assert ("revoked", True) == (revoked["status"], revoked["ended_at"] is not None)


def test_a_waiver_is_confirmed_until_a_newer_version_replaces_it(scene: ContractScene) -> None:
    """Then it is genuine, and superseded."""
    stage, client = scene.stage, scene.stage.client()
    text = stage.value("select policy_text from public.waiver_policy where is_active")
    waiver = stage.invoke("create-liability-waiver", {"waiver_text": text}, as_=client).json()["waiver_id"]
    evidence = stage.value("select evidence_sha256 from public.liability_waivers where id = %s", waiver)

    found = scene.verify(evidence).json()

    assert ("waiver", "valid") == (found["kind"], found["status"])


def test_the_reply_contains_nothing_personal(scene: ContractScene) -> None:
    """No name, no address, no id, no reason."""
    contract = scene.offer()
    evidence = scene.sign(contract, signature_name="A. Practitioner").json()["evidence_sha256"]
    scene.revoke(contract)

    reply = json.dumps(scene.verify(evidence).json())

    person = scene.practitioner
    for secret in (
        contract,
        person.id,
        person.practitioner_id,
        person.email,
        "A. Pr",
        "127.0.0.1",
        "Browser",
        "moved",
    ):
        assert str(secret) not in reply


@pytest.mark.parametrize("sha256", ["", "0" * 64, "not a hash", "' or true --"])
def test_any_other_fingerprint_is_unknown(scene: ContractScene, sha256: str) -> None:
    """The hash of the text alone neither: many may have signed it."""
    reply = scene.verify(sha256)

    assert (404, "signature_not_found") == (reply.status_code, reply.json()["code"])
    assert 404 == scene.verify(scene.contract(scene.offer())["text_sha256"]).status_code


def test_a_browser_is_told_in_words(scene: ContractScene) -> None:
    """A form to begin with; what holds, what held, what is unknown; blanks of pasting do not count."""
    contract = scene.offer()
    evidence = scene.sign(contract).json()["evidence_sha256"]

    def seen(sha256: str, method: str = "GET") -> httpx.Response:
        address = f"{scene.stage.env['PAGES_URL']}/verify-signature"
        more: Any = {"data": {"sha256": sha256}} if method == "POST" else {"params": {"sha256": sha256}}
        return scene.stage.http.request(method, address, headers=BROWSER, **more)

    assert (seen("").status_code, "Is a copy genuine?" in seen("").text) == (200, True)
    pasted = f" {evidence[:32].upper()}\n{evidence[32:]} "
    for reply in (seen(evidence), seen(pasted), seen(pasted, "POST")):
        assert reply.status_code == 200
        assert "This copy is genuine" in reply.text and "<strong>holds</strong>" in reply.text
        assert scene.contract(contract)["text_sha256"] in reply.text
        assert "no-store" in reply.headers["cache-control"]
    scene.revoke(contract).raise_for_status()
    assert "holds no more" in seen(evidence).text and "was revoked" in seen(evidence).text
    unknown = seen("<script>alert(1)</script>")
    assert (unknown.status_code, "No signature has this fingerprint" in unknown.text) == (404, True)
    assert "<script>" not in unknown.text
    assert seen("0" * 201).status_code == 422


def test_the_copy_leads_to_the_page(scene: ContractScene) -> None:
    contract = scene.offer()
    evidence = scene.sign(contract).json()["evidence_sha256"]
    copy = scene.stage.invoke("get-contract-pdf", {"contract_id": contract}, as_=scene.practitioner).content

    address = f"{scene.stage.env['PAGES_URL']}/verify-signature?sha256={evidence}"
    assert address in {
        annotation["/A"]["/URI"]
        for page in PdfReader(io.BytesIO(copy)).pages
        for annotation in page.get("/Annots", [])
    }


def test_the_fingerprint_can_be_recomputed_from_the_facts(scene: ContractScene) -> None:
    """It is the SHA-256 of the facts, so that evidence and fingerprint can be held against each other for ever."""
    contract = scene.offer()
    fingerprint = scene.sign(contract).json()["evidence_sha256"]

    assert fingerprint == scene.stage.value(
        "select private.sha256_hex(private.serialize_contract_evidence(s)) from public.contract_signatures s"
        " where contract_id = %s",
        contract,
    )
