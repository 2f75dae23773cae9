"""What the database says in the language of whoever reads it: notifications, and what mails state."""

import json
import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from deploy import languages
from deploy.functions import ROOT
from functions.send_notifications.translations import translations, version

from .booking_steps import book, in_hours, sign
from .conftest import CLIENT, ROW, STRANGER, Sandbox
from .language_steps import choose

SAID = sorted(
    message for message, context in languages.said() if context == "database" and isinstance(message, str)
)
A_SENTENCE = re.compile(r"[A-Za-z]{2,}[,;:]? [A-Za-z]{2,}")


def keep(sandbox: Sandbox, said: dict[str, dict[str, str]], version: str = "0" * 64) -> int:
    sandbox.act_as("service")
    kept: int = sandbox.one("select kept from public.keep_translations(%s, %s)", version, json.dumps(said))
    sandbox.act_as("owner")
    return kept


# What the database says


def pseudo(message: str) -> str:
    """A language that anybody can tell from English: what comes through untranslated has letters."""
    if message.startswith("FM"):
        return "DD/MM HH24:MI"
    return re.sub(r"(?<!%)[A-Za-z]", "ж", message)


@pytest.fixture
def pseudo_reader(sandbox: Sandbox) -> str:
    """Somebody who reads it; nobody's name has a Latin letter."""
    sandbox.act_as("owner")
    keep(sandbox, {"zz": {message: pseudo(message) for message in SAID}})
    choose(sandbox, CLIENT, "zz")
    sandbox.run("update public.profiles set full_name = 'Ωλ'")
    sandbox.run("update public.practitioners set name = 'Ψ'")
    sandbox.run("select private.keep_pages_origin('https://1.2')")
    return CLIENT


def payloads() -> Iterator[dict[str, Any]]:
    at = "2031-05-05T10:00:00Z"
    for many, because in product((False, True), ("dispute", "taken", None)):
        yield {
            "scheduled_at": at,
            "proposed_scheduled_at": at,
            "answer_until": at,
            "expires_at": at,
            "answer": because and "declined",
            "because": because,
            "minutes": 10,
            "credits": 3 if many else 1,
            "amount_minor": 123456 if because else None,
            "currency": "usd" if many else "cad",
            "host": "1.2",
            "is_no_show": False,
            "session_ids": [ROW],
            "previous": {
                "scheduled_at": at,
                "duration_minutes": 5,
                "physical_location": "9",
                "practitioner_id": None,
            }
            if many
            else {"class_name": "Ξ"},
        }


def composed(sandbox: Sandbox, reader: str, *, forms: int = 5) -> Iterator[dict[str, Any]]:
    """Every kind of mail to everybody it goes to, in each of its variants, about sessions of so many forms."""
    kinds = sandbox.run("select kind, audience from private.mail_kinds where audience <> 'support'")
    known: list[tuple[int, str | None, str | None]] = [
        (1, None, ROW), (1, "Ξ", ROW), (5, None, ROW), (5, "Ξ", ROW), (1, None, None)
    ]  # fmt: skip
    for seats, class_name, session in known[:forms]:
        sandbox.run(
            "update public.session_schedules set max_participants = %s, class_name = %s where id = %s",
            seats,
            class_name,
            ROW,
        )
        for kind, payload in product(kinds, payloads()):
            yield kind | {"user_id": reader, "session_id": session, "payload": payload, "status": "queued"}


def test_every_notification_is_in_its_readers_language(sandbox: Sandbox, pseudo_reader: str) -> None:
    """Of each kind and each variant of it; a sentence composed past private.say has Latin letters."""
    sandbox.run("alter table public.session_schedules disable trigger user")
    heard = set()
    for mail in composed(sandbox, pseudo_reader):
        told = sandbox.run(
            "select * from private.compose_notification(jsonb_populate_record(null::private.mails, %s))",
            json.dumps(mail),
        )
        for each in told:
            heard.add(mail["kind"])
            for said in (each["title"], re.sub(r"https://1\.2\S*", "", each["message"])):
                assert not re.search(r"[A-Za-z]", said), (mail["kind"], said)
    untold = {
        row["kind"] for row in sandbox.run("select kind from private.mail_kinds where audience <> 'support'")
    } - heard
    assert untold == {"welcome", "my_sessions", "class_links"} & untold, "these were not composed"


def test_every_mail_states_what_the_database_says_in_its_readers_language(
    sandbox: Sandbox, pseudo_reader: str
) -> None:
    """A payload has values that templates compare, but no sentence."""
    sandbox.run("alter table public.session_schedules disable trigger user")
    sandbox.run("update public.session_schedules set physical_location = 'Ξ'")
    for mail in composed(sandbox, pseudo_reader, forms=1):
        with sandbox.undone():
            claimed = sandbox.one(
                "select to_jsonb(private.compose_claimed_mail(jsonb_populate_record(null::private.mails, %s)))",
                json.dumps(mail),
            )
            assert "zz" == claimed["language"]
            stated = [*_texts(claimed["payload"]), *_texts(claimed["credits"])]
            assert not [text for text in stated if A_SENTENCE.search(text)], mail["kind"]


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for name, each in value.items():
                if (
                    name != "recordings_are_kept"
                ):  # as a legal text has it: tests/functions/test_legal_texts.py
                    yield from _texts(each)
        case list():
            for each in value:
                yield from _texts(each)


def test_the_words_of_credits_are_said_too(sandbox: Sandbox, pseudo_reader: str) -> None:
    for call in (
        "describe_length_and_form(50, true, 'zz')",
        "describe_length_and_form(50, false, 'zz')",
        "name_changes('{\"scheduled_at\": 1, \"class_name\": 1}', 'zz')",
    ):
        assert not re.search("[A-Za-z]", sandbox.one(f"select private.{call}")), call


def test_french_is_written_as_in_quebec(sandbox: Sandbox) -> None:
    """By the catalogue that is deployed; the names of days and months are Babel's."""
    keep(sandbox, translations(), version())
    at = "'2031-05-05T14:30:00Z', 'America/Toronto'"
    assert "lundi 5 mai à 10\u00a0h\u00a030" == sandbox.one(
        f"select private.write_local_start({at}, 'fr-CA')"
    )
    assert "Monday, May 5 at 10:30 AM" == sandbox.one(f"select private.write_local_start({at}, null)")
    assert "lundi 5 mai" == sandbox.one(f"select private.write_local_day({at}, 'fr-CA')")
    assert "1234,50\u00a0$ CA" == sandbox.one("select private.write_amount(123450, 'cad', 'fr-CA')")
    assert "1234.50 CAD" == sandbox.one("select private.write_amount(123450, 'cad', 'en')")
    assert "1234,50 EUR" == sandbox.one("select private.write_amount(123450, 'eur', 'fr-CA')")
    for count, said in (("{}", None), ('{"class_name": 1}', "le nom a changé")):
        assert said == sandbox.one("select private.name_changes(%s, 'fr-CA')", count)


def test_whoever_chose_french_is_notified_in_it_and_nobody_else(sandbox: Sandbox) -> None:
    sign(sandbox)
    sandbox.act_as("owner")
    keep(sandbox, translations(), version())
    choose(sandbox, CLIENT, "fr-CA")
    sandbox.run("update private.outbox set addressed_at = now() where addressed_at is null")
    book(sandbox, in_hours(30))
    sandbox.act_as("owner")
    told = {
        str(row["user_id"]): row["title"]
        for row in sandbox.run(
            "select user_id, title from public.user_notifications where kind = 'session_booked'"
        )
    }
    assert {CLIENT: "Séance réservée", STRANGER: "Session booked"} == told
    sandbox.run(
        "update private.mails set status = 'dropped', next_attempt_at = null where kind <> 'session_booked'"
    )
    sandbox.act_as("service")
    claimed = [sandbox.run("select language from public.claim_mail()")[0]["language"] for _ in range(2)]
    assert {"fr-CA", None} == set(claimed)


# Whose words they are


def test_the_catalogue_is_handed_over_when_it_is_of_another_version(sandbox: Sandbox) -> None:
    """What is not in it any more is gone; one that could not be said is left out."""
    lacks = "select lacks_translations from public.prepare_mails('https://1.2', %s)"
    sandbox.act_as("service")
    assert sandbox.one(lacks, "1" * 64)
    assert not sandbox.one("select lacks_translations from public.prepare_mails('https://1.2')")
    assert 1 == keep(sandbox, {"fr-CA": {"Gone.": "Parti."}}, "2" * 64)
    misfits = {"A %s": "Un", "B": "Bé %s", "C": "100 %", "D %s": "%d", "E %s": "%2$s"}
    assert 2 == keep(sandbox, {"fr-CA": misfits | {"F %s": "Eff %s", "G": "Gé"}}, "1" * 64)
    sandbox.act_as("service")
    assert not sandbox.one(lacks, "1" * 64)
    assert sandbox.one(lacks, "2" * 64)
    sandbox.act_as("owner")
    said = [sandbox.one("select private.say(%s, 'fr-CA')", each) for each in ("F %s", "G", "Gone.", "A %s")]
    assert ["Eff %s", "Gé", "Gone.", "A %s"] == said
    assert "G" == sandbox.one("select private.say('G', 'en')") == sandbox.one("select private.say('G', null)")
    assert ["Gé", "G"] == [sandbox.one("select private.say('G', %s)", kin) for kin in ("fr", "en-CA")]
    sandbox.act_as("service")
    with sandbox.refused("text_too_long"):
        sandbox.run(
            "select public.keep_translations(%s, %s)", "3" * 64, json.dumps({"fr-CA": {"x": "y" * 1_000_001}})
        )


def test_the_catalogue_has_all_that_the_database_says() -> None:
    """And each puts in as much as its message does, or it would be left out."""
    assert SAID
    for tag, said in translations().items():
        assert set(SAID) <= said.keys(), tag
        for message in SAID:
            assert message.count("%s") == said[message].count("%s") == said[message].count("%"), message


def test_sentences_of_say_are_literals_so_that_the_catalogue_has_them() -> None:
    """Of a variable, the catalogue could not know; two are names that come with it."""
    for chapter in sorted((ROOT / "sql/schemas").rglob("*.sql")):
        text = chapter.read_text()
        others = [
            called
            for called in re.findall(r"private\.say\(\s*([^'\s][^,)]*)", text)
            if called not in ("v_day", "v_month")
        ]
        assert others in ([], ["message text"]), (chapter.name, others)
