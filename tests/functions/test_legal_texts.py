"""Legal texts in several languages: what each reader is shown is what is kept, and the copy is printed of."""

import io
import re
from typing import Any

import pytest
from pypdf import PdfReader

from tests.cast import Person, Stage
from tests.contract_scene import ContractScene, pages_of
from tests.page_scene import PageScene

SPANISH = "EXENCIÓN DE RESPONSABILIDAD\n\nAcepto los riesgos.\n\nFecha: [Date of signing]"


class Reading(PageScene):
    """People who read different languages, and an admin who translates."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.admin = stage.admin()

    def reader_of(self, language: str | None) -> Person:
        """Somebody who has chosen a language, or never said."""
        person = self.stage.client()
        if language:
            choose(self.stage, person, language)
        return person

    def sign_on_page(self, person: Person, query: str = "") -> tuple[str, str]:
        """Read the page and press its button. Gives the page before and after."""
        link = self.make_link("sign_waiver", person, None) + query
        page = self.look(link).raise_for_status().text
        return page, self.press(link, signature_name="Ana", **hidden(page)).raise_for_status().text

    def waiver_of(self, person: Person) -> dict[str, Any]:
        return self.stage.row("select * from public.liability_waivers where user_id = %s", person.id)

    def copy_of(self, person: Person) -> tuple[str, str]:
        """What is printed on the copy of somebody's waiver, and the language that it says it is in."""
        reply = self.stage.invoke(
            "get-waiver-pdf", {"waiver_id": str(self.waiver_of(person)["id"])}, as_=person
        )
        return " ".join(pages_of(reply.raise_for_status().content)), language_of(reply.content)

    def translate(self, body: str, *, as_: Person | None = None, **more: Any) -> Any:
        """An admin adds a translation of the waiver that is signed today."""
        policy = self.stage.value("select id from public.waiver_policy where is_active")
        row = {"waiver_policy_id": str(policy), "body": body, "reason": "Our translator's.", **more}
        return self.stage.rest("POST", "legal_translations", as_=as_ or self.admin, json=row)


def choose(stage: Stage, person: Person, language: str) -> None:
    stage.execute(
        "insert into private.chosen_languages (user_id, language) values (%s, %s)"
        " on conflict (user_id) do update set language = excluded.language",
        person.id,
        language,
    )


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))


def language_of(pdf: bytes) -> str:
    return str(PdfReader(io.BytesIO(pdf)).trailer["/Root"]["/Lang"])  # type: ignore[index]


@pytest.fixture
def reading(stage: Stage) -> Reading:
    return Reading(stage)


def test_a_reader_of_french_signs_the_french_and_it_is_what_is_kept(reading: Reading) -> None:
    """On the page, as evidence, on the copy; and the copy's fingerprint is confirmed."""
    person = reading.reader_of("fr-CA")
    french = reading.stage.row(
        "select * from public.legal_translations t join public.waiver_policy p on p.id = t.waiver_policy_id"
        " where p.is_active and t.language = 'fr-CA' order by t.revision desc limit 1"
    )

    page, signed = reading.sign_on_page(person, "&language=fr-CA")

    first, last = french["body"].split("[Date of signing]")[0][:500], "[Date of signing]"
    assert first.split("\n")[0] in page and last not in page and "ASSUMPTION OF RISK" not in page
    assert 'lang="fr-CA"' in page and first.split("\n")[0] in signed
    kept = reading.waiver_of(person)
    assert (kept["language"], kept["waiver_policy_version"]) == ("fr-CA", french["version"])
    assert kept["waiver_text"].startswith(french["body"].split("[")[0])
    copy, language = reading.copy_of(person)
    assert language == "fr-CA"
    for said in ("EXONÉRATION DE RESPONSABILITÉ", "Empreinte", "Signé le", kept["text_sha256"], "Page 1 de"):
        assert said in copy, said
    for unsaid in ("Signature name", "Fingerprint", "Evidence", "Liability", "Page 1 of", "Signed"):
        assert unsaid not in copy, unsaid
    confirmed = reading.stage.invoke(f"verify-signature?sha256={kept['evidence_sha256']}", method="GET")
    assert confirmed.json()["status"] == "valid"
    assert confirmed.json()["text_sha256"] == kept["text_sha256"]


def test_a_reader_of_english_signs_the_english(reading: Reading) -> None:
    person = reading.reader_of(None)

    page, _ = reading.sign_on_page(person)

    assert (
        "ASSUMPTION OF RISK" in page and "EXONÉRATION" not in page and "has not been translated" not in page
    )
    kept = reading.waiver_of(person)
    assert kept["language"] == "en" and "ASSUMPTION OF RISK" in kept["waiver_text"]
    copy, language = reading.copy_of(person)
    assert language == "en" and "The fingerprint covers every fact above." in copy


def test_what_is_not_translated_is_shown_in_english_and_says_so(stage: Stage, reading: Reading) -> None:
    """A new version has no French until somebody adds it; then it is what is shown."""
    before = stage.value("select id from public.waiver_policy where is_active")
    version = stage.value("select max(version) + 1 from public.waiver_policy")
    body = {"version": version, "policy_text": "A NEW WAIVER\n\nI agree.\n\nDate: [Date of signing]"}
    stage.rest("POST", "waiver_policy", as_=reading.admin, json=body).raise_for_status()
    try:
        first, second = reading.reader_of("fr-CA"), reading.reader_of("fr-CA")
        original, _ = reading.sign_on_page(first, "&language=fr-CA")
        french = "UNE NOUVELLE EXONÉRATION\n\nJ’accepte.\n\nDate\u00a0: [Date of signing]"
        reading.translate(french, language="fr-CA").raise_for_status()
        translated, _ = reading.sign_on_page(second, "&language=fr-CA")

        assert "A NEW WAIVER" in original and "vous lisez et signez l’original, en anglais" in original
        assert "UNE NOUVELLE EXONÉRATION" in translated and "l’original, en anglais" not in translated
        assert [reading.waiver_of(each)["language"] for each in (first, second)] == ["en", "fr-CA"]
        # Signed in one language, it is signed: the same version is good in all.
        for each in (first, second):
            status = stage.invoke("get-liability-waiver-status", {}, as_=each).json()
            assert status["has_signed"] is True
    finally:
        stage.rest(
            "PATCH", f"waiver_policy?id=eq.{before}", as_=reading.admin, json={"is_active": True}
        ).raise_for_status()


def test_a_correction_is_shown_from_then_on_and_changes_nothing_that_was_signed(reading: Reading) -> None:
    """Whoever had the page open reads the new one before they sign."""
    reading.translate(SPANISH, language="es").raise_for_status()
    signed, slow = reading.reader_of(None), reading.reader_of(None)
    text = SPANISH.replace("[Date of signing]", "2026-11-30")
    direct = reading.stage.invoke("create-liability-waiver", {"waiver_text": text}, as_=signed)
    old = reading.stage.value(
        "select body_sha256 from public.legal_translations where language = 'es' order by revision desc limit 1"
    )
    reading.translate(SPANISH.replace("riesgos", "peligros"), language="es").raise_for_status()

    link = reading.make_link("sign_waiver", slow, None)
    version = hidden(reading.look(link).text)["version"]
    late = reading.press(link, version=version, text_sha256=old, signature_name="Ana")
    corrected = text.replace("riesgos", "peligros")
    again = reading.stage.invoke("create-liability-waiver", {"waiver_text": corrected}, as_=slow)

    assert direct.status_code == 200 and late.status_code == 409 and again.status_code == 200
    assert reading.waiver_of(signed)["waiver_text"] == text
    assert reading.waiver_of(signed)["language"] == reading.waiver_of(slow)["language"] == "es"
    repeated = reading.sign_on_page(signed)[1]  # finds the first signature
    assert "riesgos" in repeated


def test_a_bad_translation_is_refused(reading: Reading) -> None:
    """By whoever is no admin, without its day, in English, of nothing, without a reason."""
    right = "Texte. [Date of signing]"
    wrong = [
        reading.translate(right, language="de", as_=reading.reader_of(None)),
        reading.translate("Texte sans date.", language="de"),
        reading.translate(right + " [Name of practitioner]", language="de"),
        reading.translate(right, language="en-CA"),
        reading.translate(right, language="German"),
        reading.translate(right, language="de", waiver_policy_id=None),
        reading.translate(right, language="de", reason=" "),
        reading.translate(right, language="de", title="Titel"),
        reading.translate("[Date of signing]" + "x" * 90000, language="de"),
    ]

    assert [reply.status_code for reply in wrong] == [403, 422, 422, *[400] * 6]
    assert wrong[1].json()["message"] == "The translation has other placeholders than the original."
    count = "select count(*) from public.legal_translations where language in ('de', 'German', 'en-CA')"
    assert reading.stage.value(count) == 0
    path = "legal_translations?language=eq.fr-CA"
    changed = [
        reading.stage.rest("PATCH", path, as_=reading.admin, json={"body": "Rien."}),
        reading.stage.rest("DELETE", path, as_=reading.admin),
    ]
    assert [reply.status_code for reply in changed] == [403, 403]


def test_the_question_about_recording_is_asked_and_answered_in_french(reading: Reading) -> None:
    """With how long it is kept said in French; the text, its language and its version stay with the answer."""
    person = reading.reader_of("fr-CA")
    link = reading.make_link("answer_recording_consent", person, None) + "&language=fr-CA"

    page = reading.look(link).raise_for_status().text
    reading.press(link, consented="true", **hidden(page)).raise_for_status()

    assert "pendant 7 ans à compter de sa fin" in page and "What is recorded" not in page
    line = reading.stage.row("select * from public.consent_history where user_id = %s", person.id)
    assert (line["consented"], line["version"], line["metadata"]["language"]) == (True, "1", "fr-CA")
    assert "pendant 7 ans à compter de sa fin" in line["metadata"]["text"]


def test_a_contract_is_offered_in_its_practitioners_language(stage: Stage) -> None:
    """An offer in another language is offered anew; what is signed is good in whatever language it was."""
    scene = ContractScene(stage)
    english = scene.offer()
    choose(stage, scene.practitioner, "fr-CA")

    french = scene.offer()

    contract = scene.contract(french)
    assert (contract["language"], contract["title"]) == ("fr-CA", "Contrat de praticien")
    assert "CONTRAT DE PRATICIEN" in contract["contract_text"] and "[" not in contract["contract_text"]
    assert scene.contract(english)["status"] == "revoked" and scene.contract(english)["language"] == "en"
    signed = scene.sign(french, text_sha256=contract["text_sha256"]).raise_for_status().json()
    copy = stage.invoke("get-contract-pdf", {"contract_id": french}, as_=scene.practitioner)
    text = " ".join(pages_of(copy.content))
    assert language_of(copy.content) == "fr-CA" and "Praticien ou praticienne" in text
    assert not re.search(r"Fingerprint|Signed|Practitioner agreement|Page 1 of", text)
    assert scene.verify(signed["evidence_sha256"]).json()["status"] == "valid"
    choose(stage, scene.practitioner, "en")
    assert scene.issue()["already_issued"] == 1


def test_every_language_has_words_for_what_stands_in_a_legal_text(stage: Stage) -> None:
    """A catalogue that is added has its months and its years here, too."""
    from shared.languages import languages

    english, *others = languages()
    for language in others:
        for call in (
            "private.describe_recording_retention(%s)",
            "private.write_legal_day('2026-11-30', %s, 'FMMonth')",
        ):
            ours, theirs = (stage.value(f"select {call}", each) for each in (english, language))
            assert ours != theirs and not re.fullmatch(r"[\d-]+", theirs), (language, call)
