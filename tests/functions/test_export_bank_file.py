"""The file for the bank: CPA 005 to the last position, each payout in one, each with a number of its own.

Positions are those of the published layout (Payments Canada, Standard 005), counted from 1 as there.
"""

import re
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest

from functions.export_bank_file.contract import BankFile
from functions.export_bank_file.cpa005 import Payment, ascii_capitals, check, write
from local.stack import Stack
from tests.cast import Stage
from tests.payout_file_scene import ORIGINATOR, BankFileScene, FileScene

FILE = BankFile(
    name="x.txt",
    number=42,
    created_on=date(2026, 11, 29),
    available_on=date(2026, 12, 1),
    transaction_code="460",
    **ORIGINATOR,  # type: ignore[arg-type]
)
PAYMENTS = [
    Payment(10050 + n, "0003", "12345", "0001234567", "PRACTITIONER", f"REF{n:016}") for n in range(7)
]


def at(record: str, first: int, last: int) -> str:
    """What stands in the positions of a record."""
    return record[first - 1 : last]


def records(content: bytes) -> list[str]:
    """The records of a file, each ended by CRLF."""
    *found, rest = content.decode("ascii").split("\r\n")
    assert rest == ""
    return found


@pytest.fixture
def scene(stage: Stage) -> BankFileScene:
    """A practitioner with an account, who is owed a hundred dollars and fifty cents."""
    scene = BankFileScene(stage)
    scene.earn(10050)
    scene.run()
    scene.save()
    return scene


# The layout


def test_the_header_says_who_hands_in_which_file() -> None:
    header = records(write(FILE, PAYMENTS))[0]

    assert ("A", "000000001", "OURCOMPANY", "0042") == (
        at(header, 1, 1),
        at(header, 2, 10),
        at(header, 11, 20),
        at(header, 21, 24),
    )
    assert ("026333", "00320", " " * 20, "CAD") == (
        at(header, 25, 30),
        at(header, 31, 35),
        at(header, 36, 55),
        at(header, 56, 58),
    )
    assert at(header, 59, 1464) == " " * 1406


def test_a_payment_is_a_segment_of_240_characters() -> None:
    """All eighteen elements, with nothing between and nothing after."""
    record = records(write(FILE, PAYMENTS))[1]
    segment = at(record, 25, 264)

    assert at(record, 1, 24) == "C000000002OURCOMPANY0042"
    for first, last, value in (
        (1, 3, "460"),
        (4, 13, "0000010050"),
        (14, 19, "026335"),
        (20, 28, "000312345"),
        (29, 40, "0001234567  "),
        (41, 62, "0032003100042000000001"),
        (63, 65, "000"),
        (66, 80, "PRACTICE       "),
        (81, 110, "PRACTITIONER".ljust(30)),
        (111, 140, "PRACTICE SESSIONS INC.".ljust(30)),
        (141, 150, "OURCOMPANY"),
        (151, 169, "REF0000000000000000"),
        (170, 178, "000300012"),
        (179, 190, "1004589     "),
        (191, 205, " " * 15),
        (206, 227, " " * 22),
        (228, 229, "  "),
        (230, 240, "0" * 11),
    ):
        assert at(segment, first, last) == value, (first, last)


@pytest.mark.parametrize("many", [1, 5, 6, 7, 12, 13, 1000])
def test_six_payments_are_a_record_and_the_trailer_adds_up(many: int) -> None:
    """What is not used of the last record is blank; every record has 1464 characters and its number."""
    payments = (PAYMENTS * 143)[:many]

    header, *details, trailer = records(write(FILE, payments))

    assert -(-many // 6) == len(details)
    assert {1464} == {len(record) for record in (header, *details, trailer)}
    assert [f"{n:09}" for n in range(1, len(details) + 3)] == [
        at(record, 2, 10) for record in (header, *details, trailer)
    ]
    segments = [record[24 + 240 * n :][:240] for record in details for n in range(6)]
    assert all(segment.strip() for segment in segments[:many]) and not "".join(segments[many:]).strip()
    assert [f"{n:09}" for n in range(1, many + 1)] == [at(segment, 54, 62) for segment in segments[:many]]
    total = sum(payment.amount_minor for payment in payments)
    assert at(trailer, 1, 24) == f"Z{len(details) + 2:09}OURCOMPANY0042"
    assert at(trailer, 25, 46) == "0" * 22  # debits
    assert at(trailer, 47, 68) == f"{total:014}{many:08}"
    assert at(trailer, 69, 112) == "0" * 44  # corrections
    assert at(trailer, 113, 1464) == " " * 1352


def test_without_a_direct_clearer_the_bank_writes_the_trace_numbers() -> None:
    file = FILE.model_copy(update={"direct_clearer": None})

    assert at(records(write(file, PAYMENTS))[1], 65, 86) == "0" * 22


@pytest.mark.parametrize(
    "payment",
    [
        {"amount_minor": 10**10},
        {"amount_minor": -1},
        {"account": "1" * 13},
        {"payee": "É"},
        {"payee": "X" * 31},
        {"transit": "1234567"},
        {"institution": "abc"},
    ],
)
def test_what_does_not_fit_is_never_written(payment: dict[str, object]) -> None:
    """It would move all that follows, and money with it."""
    with pytest.raises(ValueError, match="was expected"):
        write(FILE, [Payment(**{**PAYMENTS[0].__dict__, **payment})])  # type: ignore[arg-type]


def test_a_file_that_does_not_add_up_is_never_handed_out() -> None:
    """It is read again before it goes: lengths, order, count and total."""
    good = write(FILE, PAYMENTS)
    total = sum(payment.amount_minor for payment in PAYMENTS)
    check(good, 7, total)

    for bad, match in (
        (good.replace(b"0000010050", b"0000010051"), "add up"),
        (good.replace(b"REF0000000000000000", b"REF000000000000000"), "1464"),
        (good.replace(b"C000000002", b"C000000007"), "one by one"),
        (good.replace(b"C000000002OURCOMPANY0042", b"C000000002OURCOMPANY0043"), "of one file"),
        (good[1466:], "header"),
        (good[:-2], "1464"),
    ):
        with pytest.raises(ValueError, match=match):
            check(bad, 7, total)
    with pytest.raises(ValueError, match="count"):
        check(good, 6, total)
    with pytest.raises(ValueError, match="add up"):
        check(good, 7, total + 1)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Élodie Brâché-Côté", "ELODIE BRACHE-COTE"),
        ("Łukasz Øre Straße", "LUKASZ ORE STRASSE"),
        ("O’Neil, A/B & Sons", "O'NEIL A B & SONS"),
        ("Ann\n\tLee", "ANN LEE"),
        ("北京", ""),
        ("x" * 40, "X" * 30),
    ],
)
def test_a_name_is_in_letters_that_banks_have(written: str, said: str) -> None:
    assert said == ascii_capitals(written, 30)


# The function


def test_a_bank_reads_whom_to_pay_and_how_much(scene: BankFileScene) -> None:
    """As bytes, under a name that says the number and of how many; it is in the list of files."""
    reply = scene.bank()

    assert (200, "application/octet-stream") == (reply.status_code, reply.headers["content-type"]), reply.text
    header, record, trailer = records(reply.content)
    assert ("0000010050", "000312345", "0001234567  ") == (
        at(record, 28, 37),
        at(record, 44, 52),
        at(record, 53, 64),
    )
    assert at(record, 105, 134).rstrip() == "PRACTITIONER"
    assert at(trailer, 47, 68) == f"{10050:014}{1:08}"
    name = re.fullmatch(r'attachment; filename="(.*)"', reply.headers["content-disposition"])
    assert name and re.fullmatch(r"payouts-cpa005-\d{8}T\d{6}Z-\d{4}-1-of-\d+\.txt", name[1])
    assert name[1].split("-")[3] == at(header, 21, 24)
    assert [name[1]] == scene.files()
    today = datetime.now(ZoneInfo("America/Toronto")).date()
    assert at(header, 25, 30) == f"0{today:%y%j}"
    next_weekday = min(day for n in (1, 2, 3) if (day := today + timedelta(days=n)).isoweekday() < 6)
    assert at(record, 38, 43) == f"0{next_weekday:%y%j}"


def test_each_use_of_an_account_number_is_on_record_and_in_no_log(
    scene: BankFileScene, stack: Stack, stage: Stage
) -> None:
    scene.save(account_number="739184625013")
    reply = scene.bank()

    assert "739184625013" in reply.text
    (use,) = stage.rest("GET", "banking_accesses?select=purpose,reference", as_=scene.practitioner).json()
    assert "payout_file" == use["purpose"] and use["reference"] in reply.headers["content-disposition"]
    logs = [path for path in Path(stack.state).rglob("*.log") if path.is_file()]
    assert not [path for path in logs if "739184625013" in path.read_text(errors="replace")]


def test_a_payout_is_in_one_file_unless_an_admin_wants_it_again(scene: BankFileScene) -> None:
    """Handed in twice it is paid twice; so the second export says where it was, and gives nothing."""
    first = scene.bank().raise_for_status()
    again = scene.bank()
    others = scene.bank(already_exported="leave_out")
    scene.earn(700)
    scene.run()
    new = scene.bank(already_exported="leave_out").raise_for_status()
    both = scene.bank(already_exported="include").raise_for_status()

    assert (409, "exported_already") == (again.status_code, again.json()["code"])
    assert name_of(first) in again.json()["error"] and "paid twice" in again.json()["hint"]
    assert (409, "nothing_to_export") == (others.status_code, others.json()["code"])
    assert [10050, 700, 10750] == [total_of(each) for each in (first, new, both)]
    assert scene.lines()[0]["exported_before"].endswith(name_of(both))
    numbers = [int(at(records(each.content)[0], 21, 24)) for each in (first, new, both)]
    assert [numbers[0], numbers[0] + 1, numbers[0] + 2] == numbers  # what was refused took no number


def test_who_cannot_be_in_the_file_does_not_stop_the_others(scene: BankFileScene, stage: Stage) -> None:
    """No account, one elsewhere, one that cools, a number that does not open, a name without a Latin letter."""
    elsewhere, none, cooling, broken, unwritten = (FileScene(stage, str(n)) for n in range(5))
    for each in (elsewhere, none, cooling, broken, unwritten):
        each.earn(100)
        each.run()
    elsewhere.save(country="US", account_number="12345678", routing_number="021000021")
    assert cooling.banking.save().json()["success"]
    cooling.banking.verify().raise_for_status()
    broken.save()
    unwritten.save(account_holder_name="北京")
    stage.execute(
        """update private.bank_numbers n set account_number = o.account_number
             from private.bank_numbers o where n.practitioner_id = %s and o.practitioner_id = %s""",
        broken.practitioner_id,
        scene.practitioner_id,
    )

    reply = scene.bank()

    assert 10050 == total_of(reply)
    assert re.search(r"-1-of-([6-9]|\d\d)\.txt", name_of(reply))
    assert [] == [file for each in (elsewhere, none, cooling, broken, unwritten) for file in each.files()]


def test_nothing_is_guessed_about_who_pays(scene: BankFileScene, stage: Stage) -> None:
    """And no day on which money cannot be sent; nothing of this takes a number or marks a payout."""
    for day in ("2020-01-01", "2199-01-01"):
        refused = scene.bank(available_on=day)
        assert (422, "available_on_not_possible") == (refused.status_code, refused.json()["code"])
    stage.execute("delete from private.bank_file_originator")

    refused = scene.bank()

    assert (409, "originator_missing") == (refused.status_code, refused.json()["code"])
    assert [] == scene.files()


def test_only_admins_get_the_file(scene: BankFileScene, stage: Stage) -> None:
    """Nobody else gets the numbers behind it either, sealed or not."""
    refused = scene.bank(as_=scene.practitioner)

    assert (403, "admins_only") == (refused.status_code, refused.json()["code"])
    for who in (scene.practitioner, scene.admin):
        for rpc in ("read_bank_file_payouts", "number_bank_file"):
            body = {"user_id": str(scene.admin.id), "reference": "x"}
            body |= {"payout_ids": [], "pending": 0, "total_minor": 0} if rpc == "number_bank_file" else {}
            assert 403 == stage.rest("POST", f"rpc/{rpc}", as_=who, json=body).status_code
    assert [] == stage.rest("GET", "payout_files", as_=scene.practitioner).json()


def name_of(reply: httpx.Response) -> str:
    return reply.headers["content-disposition"].split('"')[1]


def total_of(reply: httpx.Response) -> int:
    """What the trailer says."""
    assert 200 == reply.status_code, reply.text
    return int(at(records(reply.content)[-1], 47, 60))
