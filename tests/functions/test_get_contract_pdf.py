"""The copy of a contract: a PDF that an independent reader opens, with the text, the signature and what proves it."""

import hashlib
import io
import uuid

import pytest
from pypdf import PdfReader

from tests.cast import Stage
from tests.contract_scene import ContractScene, drawing, pages_of


@pytest.fixture(scope="module")
def scene(stage: Stage) -> ContractScene:
    """A practitioner with a name that needs an accent, and a contract signed with a drawing."""
    scene = ContractScene(stage)
    stage.execute(
        "update public.practitioners set name = 'Łódź 北京' where id = %s",
        scene.practitioner.practitioner_id,
    )
    scene.signed = scene.offer()  # type: ignore[attr-defined]
    scene.sign(scene.signed, signature_image=drawing()).raise_for_status()  # type: ignore[attr-defined]
    return scene


@pytest.fixture(scope="module")
def signed(scene: ContractScene) -> str:
    return str(scene.signed)  # type: ignore[attr-defined]


def test_the_copy_shows_what_was_signed_by_whom_and_when(scene: ContractScene, signed: str) -> None:
    """Text, name, time with its zone, address, agent, hashes, the document's id, where to confirm it; page by page."""
    reply = scene.stage.invoke("get-contract-pdf", {"contract_id": signed}, as_=scene.practitioner)

    assert (200, "application/pdf") == (reply.status_code, reply.headers["content-type"])
    assert f'attachment; filename="contract-1-{signed}.pdf"' == reply.headers["content-disposition"]
    pages = pages_of(reply.content)
    text, (evidence,) = " ".join(pages), scene.evidence(signed)
    assert scene.contract(signed)["contract_text"].split("\n\n")[0] in pages[0]
    assert "10. General This document is the whole agreement" in text
    for fact in (
        "Łódź 北京",
        f"{evidence['signed_at']:%Y-%m-%d %H:%M:%S.%f} UTC",
        "127.0.0.1",
        "Browser/1.0",
        scene.practitioner.email,
        signed,
        hashlib.sha256(scene.contract(signed)["contract_text"].encode()).hexdigest(),
        evidence["signature_image_sha256"],
        evidence["evidence_sha256"],
        "verify-signature?sha256=",
    ):
        assert fact in text, fact
    for number, page in enumerate(pages, 1):
        assert f"Page {number} of {len(pages)}" in page
        assert signed in page


def test_the_copy_embeds_its_fonts_and_the_drawing(scene: ContractScene, signed: str) -> None:
    """It looks the same everywhere; the letters of every script used come along."""
    reply = scene.stage.invoke(f"get-contract-pdf?contract_id={signed}", as_=scene.practitioner, method="GET")

    reader = PdfReader(io.BytesIO(reply.content))
    names = set()
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].get_object().values():  # type: ignore[index]
            descriptor = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
            assert {"/FontFile2", "/FontFile3"} & descriptor.keys()
            names.add(descriptor["/FontName"].split("+")[1])
    assert 4 == len(names), names
    assert 1 == sum(len(page.images) for page in reader.pages)
    assert (reader.metadata and reader.metadata.subject) == f"contract {signed}"


def test_the_same_evidence_gives_the_same_bytes(scene: ContractScene, signed: str) -> None:
    """Whoever may have it has the same; what happens afterwards is on the next copy."""
    copies = [
        scene.stage.invoke("get-contract-pdf", {"contract_id": signed}, as_=person).content
        for person in (scene.practitioner, scene.admin, scene.practitioner)
    ]
    assert 1 == len(set(copies))

    other = ContractScene(scene.stage)
    contract = other.offer()
    other.sign_on_page(contract)
    other.revoke(contract)
    pages = pages_of(
        other.stage.invoke("get-contract-pdf", {"contract_id": contract}, as_=other.admin).content
    )
    assert ": They moved away." in pages[0]
    assert "203.0.113.9 (as the browser said; no server saw it)" in " ".join(pages)


def test_an_unsigned_contract_can_be_read_too(scene: ContractScene) -> None:
    """With its hash, and without evidence of anything."""
    other = ContractScene(scene.stage)
    contract = other.offer()

    text = " ".join(
        pages_of(
            other.stage.invoke("get-contract-pdf", {"contract_id": contract}, as_=other.practitioner).content
        )
    )

    assert "not signed" in text and "Not signed yet" in text
    assert "Fingerprint" not in text
    assert other.contract(contract)["text_sha256"] in text


def test_other_people_get_not_found(scene: ContractScene, signed: str) -> None:
    """For others it is as if it were not there."""
    unknown = {"contract_id": str(uuid.uuid4())}
    for person in (scene.stage.practitioner(), scene.stage.client()):
        reply = scene.stage.invoke("get-contract-pdf", {"contract_id": signed}, as_=person)

        assert (404, "contract_not_found") == (reply.status_code, reply.json()["code"])
        assert scene.stage.invoke("get-contract-pdf", unknown, as_=person).json() == reply.json()
