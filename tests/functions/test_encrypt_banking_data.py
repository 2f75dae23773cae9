"""Saving a bank account: as the page does it, with reasons that it can show, and numbers that nobody reads again."""

import base64
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.stack import Stack
from tests.banking_scene import SAVE, BankingScene
from tests.cast import Stage


@pytest.fixture(scope="module")
def banking(stage: Stage) -> BankingScene:
    """A practitioner, who saves one account after the other."""
    return BankingScene(stage)


def test_the_page_saves_an_account(stage: Stage, banking: BankingScene) -> None:
    """It reads back a mask; the stored values open to the typed numbers, in their normal form."""
    reply = banking.save()

    row = banking.row()
    assert 200 == reply.status_code
    assert {
        "success": True,
        "id": row["id"],
        "verified": False,
        "message": reply.json()["message"],
    } == reply.json()
    assert ("****4567", "****2345") == (
        row["account_number_encrypted"],
        row["routing_number_encrypted"],
    )
    assert ("Bank", "Practitioner", "checking", "CA", False) == tuple(
        row[name] for name in ("bank_name", "account_holder_name", "account_type", "country", "verified")
    )
    assert ("0001234567", "000312345") == banking.kept()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (
            {"country": "ca ", "account_number": " 123-4567 ", "routing_number": "000312345"},
            ("1234567", "000312345"),
        ),
        ({"country": "CA", "account_number": "12345", "routing_number": "12345003"}, ("12345", "000312345")),
        (
            {"country": "US", "account_number": "1234 5678", "routing_number": "021000021"},
            ("12345678", "021000021"),
        ),
        ({"country": "US", "account_number": "1234", "routing_number": "1110-0002-5"}, ("1234", "111000025")),
        (
            {
                "country": "DE",
                "account_number": "de89 3704 0044 0532 0130 00",
                "routing_number": "cobadeff xxx",
            },
            ("DE89370400440532013000", "COBADEFFXXX"),
        ),
        (
            {"country": "GB", "account_number": "GB82WEST12345698765432", "routing_number": "WESTGB22"},
            ("GB82WEST12345698765432", "WESTGB22"),
        ),
    ],
)
def test_each_country_has_its_own_numbers(
    banking: BankingScene, typed: dict[str, str], kept: tuple[str, str]
) -> None:
    """Whatever blanks and hyphens; a Canadian routing number as on a cheque or as in a file."""
    reply = banking.save(**typed)

    assert reply.json()["success"], reply.text
    assert kept == banking.kept()


US = {"country": "US", "account_number": "12345678", "routing_number": "021000021"}
IBAN = {"country": "DE", "account_number": "DE89370400440532013000", "routing_number": "COBADEFFXXX"}
INVALID: list[tuple[str, dict[str, Any]]] = [
    ("routing_number", {"routing_number": "123456"}),
    ("routing_number", {"routing_number": "100312345"}),
    ("routing_number", {"routing_number": "12345-000"}),
    ("routing_number", {"routing_number": "١٢٣٤٥-٠٠٣"}),
    ("account_number", {"account_number": "1234"}),
    ("account_number", {"account_number": "1234567890123"}),
    ("account_number", {"account_number": "12345678x"}),
    ("account_number", {"account_number": None}),
    ("routing_number", {"routing_number": "  "}),
    ("bank_name", {"bank_name": " "}),
    ("account_holder_name", {"account_holder_name": "Account 000 123-4567"}),
    ("routing_number", {**US, "routing_number": "123456789"}),
    ("routing_number", {**US, "routing_number": "000000000"}),
    ("routing_number", {**US, "routing_number": "02100002"}),
    ("account_number", {**US, "account_number": "1" * 18}),
    ("account_number", {**IBAN, "account_number": "DE89370400440532013001"}),
    ("account_number", {**IBAN, "account_number": "FR1420041010050500013M02606"}),
    ("account_number", {**IBAN, "account_number": "DE8937040044053201300"}),
    ("routing_number", {**IBAN, "routing_number": "COBADEF"}),
    ("country", {"country": "AU"}),
    ("country", {"country": "Canada"}),
    ("country", {"country": ""}),
]


@pytest.mark.parametrize(("field", "typed"), INVALID)
def test_an_invalid_account_is_refused_with_status_200_and_its_field(
    banking: BankingScene, field: str, typed: dict[str, Any]
) -> None:
    """In a sentence that the page can show, without repeating the number."""
    reply = banking.save(**typed)

    body = reply.json()
    assert (200, False, "invalid_bank_details") == (reply.status_code, body["success"], body["code"])
    assert [field] == [problem["field"] for problem in body["details"]]
    assert body["error"].endswith(f"{body['details'][0]['problem']}.")
    numbers = {"0001234567", *(value for name, value in typed.items() if "number" in name and value)}
    assert not [number for number in numbers if number.strip() and number in reply.text]


def test_all_invalid_fields_are_named_at_once(banking: BankingScene) -> None:
    """So that nobody has to try field by field."""
    body = banking.save(account_number="1", routing_number="2").json()

    assert ["account_number", "routing_number"] == [problem["field"] for problem in body["details"]]


def test_a_practitioner_saves_only_their_own_account(stage: Stage, banking: BankingScene) -> None:
    """Not for another practitioner, not for one who is not there, and not as an admin; nobody is 401."""
    other = stage.practitioner()
    for person, practitioner in (
        (other, banking.practitioner_id),
        (banking.admin, banking.practitioner_id),
        (other, uuid.uuid4()),
    ):
        reply = banking.save(as_=person, practitioner_id=str(practitioner))
        assert (200, False, "not_your_account") == (
            reply.status_code,
            *map(reply.json().get, ("success", "code")),
        )

    assert 401 == stage.invoke(SAVE, banking.on_page()).status_code
    assert 422 == banking.save(account_type="credit card").status_code


def test_extra_fields_are_not_stored(stage: Stage, banking: BankingScene) -> None:
    """The function before this one stored whatever the body held."""
    assert banking.save(verified=True, cooling_until="2020-01-01T00:00Z", id=str(uuid.uuid4())).json()[
        "success"
    ]

    row = banking.row()
    assert not row["verified"]
    assert row["cooling_until"] > row["changed_at"]


def test_saving_the_same_account_again_keeps_its_verification(banking: BankingScene) -> None:
    """Another one loses it, although its last digits are the same."""
    banking.save()
    assert banking.verify().json()["verified"]

    again = banking.save(routing_number="000312345", account_number="000-123-4567")
    assert again.json()["verified"]

    other = banking.save(account_number="0991234567")
    assert not other.json()["verified"]
    assert "****4567" == banking.row()["account_number_encrypted"]


def test_an_idempotency_key_has_one_answer(banking: BankingScene) -> None:
    """However often the numbers are sealed; other numbers under the same key are refused in readable words."""
    key = {"idempotency-key": str(uuid.uuid4())}
    first = banking.save(headers=key, account_number="7654321")
    banking.save(account_number="1112223")
    again = banking.save(headers=key, account_number="7654321")
    other = banking.save(headers=key, account_number="7654322")

    assert first.json() == again.json()
    assert "1112223" == banking.kept()[0]  # what was answered before is not done once more
    assert (200, "idempotency_key_reused") == (other.status_code, other.json()["code"])


# Sealed by the browser


def test_a_browser_may_encrypt_the_numbers(stage: Stage, banking: BankingScene) -> None:
    """With the public key it gets here; the numbers are checked as any others."""
    good = stage.invoke(SAVE, banking.sealed(account_number="7777777"), as_=banking.practitioner).json()
    wrong = stage.invoke(SAVE, banking.sealed(routing_number="1"), as_=banking.practitioner).json()

    assert good["success"]
    assert "7777777" == banking.kept()[0]
    assert (False, "routing_number") == (wrong["success"], wrong["details"][0]["field"])


def test_badly_encrypted_numbers_are_refused(stage: Stage, banking: BankingScene) -> None:
    """Altered, for another practitioner, with other fields, or beside plain numbers: nothing is saved."""
    good = banking.sealed()
    before = banking.kept()
    bodies = [
        {**good, "sealed": good["sealed"][:-20] + "A" * 20},
        {**good, "sealed": "not sealed at all"},
        {**good, "account_number": "0001234567"},
        banking.sealed(practitioner_id=str(uuid.uuid4())),
        banking.sealed(more="x"),
        banking.sealed(account_number=7),
    ]

    for body in bodies:
        reply = stage.invoke(SAVE, body, as_=banking.practitioner).json()
        assert (False, ["sealed"]) == (reply["success"], [problem["field"] for problem in reply["details"]])
    assert before == banking.kept()


# Nobody reads it


PLAIN = {"account_number": "918273645546", "routing_number": "97531-246", "country": "CA"}


def spellings(number: str) -> set[bytes]:
    """A number as it is, as it is kept, and encoded in ways that hide it from nobody."""
    words = number.encode()
    return {words, words.hex().encode(), base64.b64encode(words)[:-4]}


SPELLINGS = set().union(
    *(spellings(number) for number in (PLAIN["account_number"], "97531246", "97531-246", "024697531"))
)


def places_with(text: bytes) -> list[bytes]:
    return [number for number in SPELLINGS if number in text]


@pytest.fixture
def recorded_replies(stage: Stage) -> Iterator[list[bytes]]:
    """Every reply that the stage is given meanwhile, headers too."""
    replies: list[bytes] = []

    def listen(reply: Any) -> None:
        reply.read()
        replies.append(reply.content + repr(reply.headers.raw).encode() + reply.reason_phrase.encode())

    stage.http.event_hooks["response"].append(listen)
    yield replies
    stage.http.event_hooks["response"].remove(listen)


def everything_stored(stage: Stage) -> Iterator[tuple[str, bytes]]:
    """Each table of each schema, row by row as text: every column of every type."""
    tables = stage.owner.execute(
        """select format('%I.%I', n.nspname, c.relname) as name
             from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where c.relkind in ('r', 'm', 'p') and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
              and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')"""
    ).fetchall()
    for table in tables:
        for row in stage.owner.execute(f"select t::text as line from {table['name']} t"):
            yield table["name"], row["line"].encode()


def test_a_saved_number_appears_nowhere_in_the_clear(
    stack: Stack, stage: Stage, recorded_replies: list[bytes]
) -> None:
    """Saved, saved encrypted, refused, repeated, verified, read: no reply, log line or column holds it."""
    banking = BankingScene(stage)
    key = {"idempotency-key": str(uuid.uuid4())}
    banking.save(**PLAIN, headers=key)
    banking.save(**PLAIN, headers=key)
    banking.save(**PLAIN, bank_name="Another bank")
    stage.invoke(
        SAVE, banking.sealed(**{k: v for k, v in PLAIN.items() if k != "country"}), as_=banking.practitioner
    )
    for wrong in (
        {"country": "US"},
        {"country": "DE"},
        {"country": "ZZ"},
        {"account_type": "x"},
        {"practitioner_id": str(uuid.uuid4())},
        {"bank_name": PLAIN["account_number"]},
        {"bank_name": 7},
        {"account_number": [PLAIN["account_number"]]},
        {"sealed": PLAIN["account_number"]},
    ):
        banking.save(**{**PLAIN, **wrong})
    stage.invoke(SAVE, content=b'{"account_number": "918273645546', as_=banking.practitioner)
    banking.verify()
    for who in (banking.practitioner, banking.admin):
        for path in ("practitioner_banking?select=*", "banking_accesses?select=*", "audit_logs?select=*"):
            stage.rest("GET", path, as_=who)

    assert (PLAIN["account_number"], "024697531") == banking.kept()
    assert len(recorded_replies) > 20
    assert not [reply for reply in recorded_replies if places_with(reply)]

    logs = [path for path in Path(stack.state).rglob("*.log") if path.is_file()]
    assert {"encrypt-banking-data.log", "postgrest.log", "supervisor.log"} <= {path.name for path in logs}
    assert not [path for path in logs if places_with(path.read_bytes())]
    log = next(path for path in logs if path.name == "encrypt-banking-data.log").read_bytes()
    assert str(banking.practitioner.id).encode() in log

    stored = list(everything_stored(stage))
    assert [line for table, line in stored if table == "public.practitioner_banking" and b"****5546" in line]
    assert {
        "public.practitioner_banking",
        "private.bank_numbers",
        "public.audit_logs",
        "private.idempotency_keys",
    } <= {table for table, _ in stored}
    assert not [table for table, line in stored if places_with(line)]
