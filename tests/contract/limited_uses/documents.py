"""Documents: signed, copied, looked at; and consent."""

from collections.abc import Iterator

import httpx

from tests.booking_scene import BookingScene
from tests.cast import Stage
from tests.contract_scene import ContractScene
from tests.page_scene import PageScene

from .use import Use, of_address, of_caller


def use_record_consent(stage: Stage) -> Iterator[Use]:
    body = {"consent_type": "session_recording", "consented": True}
    yield of_caller(stage, "record-consent", "consents", stage.client(), body)


def use_get_earnings_statement(stage: Stage) -> Iterator[Use]:
    body = {"year": 2026, "currency": "cad"}
    yield of_caller(stage, "get-earnings-statement", "copies of documents", stage.practitioner(), body)


def use_get_contract_pdf(stage: Stage) -> Iterator[Use]:
    scene = ContractScene(stage)
    body = {"contract_id": scene.offer()}
    yield of_caller(stage, "get-contract-pdf", "copies of documents", scene.practitioner, body)


def use_get_waiver_pdf(stage: Stage) -> Iterator[Use]:
    client = BookingScene(stage).client
    waiver = stage.value("select id from public.liability_waivers where user_id = %s", client.id)
    yield of_caller(stage, "get-waiver-pdf", "copies of documents", client, {"waiver_id": str(waiver)})


def use_verify_signature(stage: Stage) -> Iterator[Use]:
    yield of_address(
        "signature checks", lambda n: stage.invoke("verify-signature", {"sha256": f"{n:064}"}), 404
    )


def use_answer_recording_consent(stage: Stage) -> Iterator[Use]:
    scene = PageScene(stage)
    link = scene.make_link("answer_recording_consent", scene.client, None)
    shown = stage.value("select sha256 from private.write_recording_consent_texts() where language = 'en'")

    def act(n: int) -> httpx.Response:
        return scene.press(link, consented=n % 2 == 0, text_sha256=shown)

    yield Use("consents", scene.client.id, act)
