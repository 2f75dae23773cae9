"""The payment file: what an accountant needs to pay, for admins, with each use of a number on record."""

from pathlib import Path

import pytest

from local.stack import Stack
from tests.cast import Stage
from tests.payout_file_scene import FileScene
from tests.spreadsheets import rows_by_gnumeric, rows_of


@pytest.fixture
def scene(stage: Stage) -> FileScene:
    """A practitioner who is owed a hundred dollars and fifty cents."""
    scene = FileScene(stage)
    scene.earn(10050)
    scene.run()
    return scene


def test_an_accountant_reads_whom_to_pay_how_much_and_where(scene: FileScene) -> None:
    """A Canadian account, with its two numbers apart; a spreadsheet opens it, and no cache keeps it."""
    scene.save()

    reply = scene.export()
    (line,) = scene.lines()

    assert "application/octet-stream" == reply.headers["content-type"]
    assert reply.headers["content-disposition"].startswith('attachment; filename="payouts-all-')
    assert "no-store" == reply.headers["cache-control"]
    wanted = "practitioner amount currency account_holder country"
    wanted += " institution transit routing_number account_number withheld"
    assert [
        "Practitioner",
        "100.50",
        "CAD",
        "Practitioner",
        "CA",
        "003",
        "12345",
        "000312345",
        "0001234567",
        "",
    ] == [line[name] for name in wanted.split()]
    assert line["period_from"] < line["period_to"]


def test_a_file_can_be_limited_to_one_currency(scene: FileScene) -> None:
    """An American account, which has no institution and no transit."""
    scene.earn(7300, "usd")
    scene.run()
    scene.save(country="US", account_number="1234 5678", routing_number="021000021")

    (line,) = scene.lines(currency="usd")

    assert ("73.00", "USD", "", "021000021", "12345678") == (
        line["amount"],
        line["currency"],
        line["institution"],
        line["routing_number"],
        line["account_number"],
    )


def test_a_practitioner_who_cannot_be_paid_has_a_line_with_the_reason(scene: FileScene, stage: Stage) -> None:
    """It has no numbers, and no use of them is logged."""
    (without,) = scene.lines()
    scene.banking.save()
    (unverified,) = scene.lines()
    scene.banking.verify()
    (cooling,) = scene.lines()

    assert ["no_account", "not_verified", "cooling"] == [
        line["withheld"] for line in (without, unverified, cooling)
    ]
    assert {"", "100.50"} == {
        line[name] for line in (unverified, cooling) for name in ("account_number", "amount")
    }
    used = "select count(*) from public.banking_accesses where practitioner_id = %s"
    assert 0 == stage.value(used, scene.practitioner_id)


def test_each_use_of_an_account_number_is_on_record_and_in_no_log(
    scene: FileScene, stack: Stack, stage: Stage
) -> None:
    """For the practitioner to read: who, when, for which file. The function's own log has no number."""
    scene.save(account_number="7391846250")
    reply = scene.export()

    assert "7391846250" in reply.text
    path = "banking_accesses?select=purpose,reference,requested_by"
    (use,) = stage.rest("GET", path, as_=scene.practitioner).json()
    assert ("payout_file", str(scene.admin.id)) == (use["purpose"], use["requested_by"])
    assert use["reference"] in reply.headers["content-disposition"]
    logs = [path for path in Path(stack.state).rglob("*.log") if path.is_file()]
    assert any(use["reference"] in path.read_text(errors="replace") for path in logs)
    assert not [path for path in logs if "7391846250" in path.read_text(errors="replace")]


def test_a_number_that_cannot_be_decrypted_does_not_stop_the_others(scene: FileScene, stage: Stage) -> None:
    """Somebody put another's ciphertext into the row: it is withheld, and distinguished from a mask."""
    scene.save()
    other = FileScene(stage)
    other.earn(100)
    other.run()
    other.save()
    stage.execute(
        """update private.bank_numbers n set account_number = o.account_number
             from private.bank_numbers o where n.practitioner_id = %s and o.practitioner_id = %s""",
        other.practitioner_id,
        scene.practitioner_id,
    )

    assert ["cannot_be_opened", ""] == [each.lines()[0]["withheld"] for each in (other, scene)]
    assert "" == other.lines()[0]["account_number"]


def test_a_name_is_never_a_formula(stage: Stage) -> None:
    """Whatever a practitioner calls themself, the accountant's spreadsheet does not calculate it."""
    scene = FileScene(stage, name='=HYPERLINK("https://x.test")')
    scene.earn(100)
    scene.run()

    assert "'=HYPERLINK" in scene.export().text


def test_only_admins_get_the_file(scene: FileScene, stage: Stage) -> None:
    """Nobody else gets the numbers behind it either, sealed or not."""
    refused = scene.export(as_=scene.practitioner)

    assert (403, "admins_only") == (refused.status_code, refused.json()["code"])
    for who in (scene.practitioner, scene.admin):
        body = {"user_id": str(scene.admin.id), "reference": "x"}
        assert 403 == stage.rest("POST", "rpc/export_payout_file", as_=who, json=body).status_code


def test_a_workbook_keeps_the_numbers_of_accounts_as_they_are(stage: Stage) -> None:
    """What another reader and a spreadsheet program find: text with its zeros, amounts that are numbers, no formula."""
    scene = FileScene(stage, name='=HYPERLINK("https://x.test")')
    scene.earn(10050)
    scene.run()
    scene.save(account_number="0001234567")
    mine = {each["id"] for each in scene.payouts()}

    reply = scene.export(format="xlsx")

    assert reply.headers["content-disposition"].endswith('Z.xlsx"')
    (row,) = [each for each in rows_of(reply.content) if each["payout_id"] in mine]
    numbers = ("institution", "transit", "routing_number", "account_number")
    assert ["003", "12345", "000312345", "0001234567"] == [row[name] for name in numbers]
    assert (100.5, '=HYPERLINK("https://x.test")') == (row["amount"], row["practitioner"])
    assert row["period_from"] < row["period_to"]
    for shown in rows_by_gnumeric(reply.content) or []:
        if shown["payout_id"] in mine:
            assert {name: str(row[name]) for name in numbers} == {name: shown[name] for name in numbers}
            assert (100.5, row["practitioner"]) == (float(shown["amount"]), shown["practitioner"])


def test_a_second_file_says_that_there_was_one_before(scene: FileScene) -> None:
    """When, and under which name: whoever pays by it asks whether the first one was paid."""
    scene.save()

    first, second = scene.lines(), scene.lines()

    assert "" == first[0]["exported_before"]
    (name, *_) = scene.files()
    assert second[0]["exported_before"].endswith(f"UTC in {name}")


def test_what_was_withheld_was_in_no_file(scene: FileScene) -> None:
    """It had a line and no number, so nobody paid it by that file."""
    scene.lines()
    scene.save()

    assert "" == scene.lines()[0]["exported_before"]
