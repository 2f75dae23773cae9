"""Files for the bank: a number each, in a row, once; a payout in one of them, unless an admin says so twice."""

from collections import Counter
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from sql.throwaway import ROOT, Server

from .booking_load import Connection, run_at_once
from .conftest import ADMIN, Sandbox
from .payout_steps import OTHER, earn, payouts, run

ORIGINATOR = """
  insert into private.bank_file_originator
    (originator_id, short_name, long_name, data_centre, return_institution, return_transit, return_account)
  values ('OURCOMPANY', 'PRACTICE', 'PRACTICE SESSIONS', '00320', '003', '00012', '1004589')"""
NUMBER = "select * from public.number_bank_file(%s, 'payouts', %s, 1, %s, may_repeat => %s)"


@pytest.fixture
def payout(sandbox: Sandbox) -> dict[str, Any]:
    """One that is pending, of a hundred dollars."""
    sandbox.act_as("owner")
    sandbox.run(ORIGINATOR)
    earn(sandbox, 10000, practitioner=OTHER)
    run(sandbox)
    (payout,) = [each for each in payouts(sandbox, OTHER) if each["status"] == "pending"]
    return payout


def number(sandbox: Sandbox, *of: dict[str, Any], may_repeat: bool = False, **other: Any) -> int:
    """The number of a file with these payouts."""
    sandbox.act_as("service")
    total = other.get("total", sum(each["amount_minor"] for each in of))
    (row,) = sandbox.run(NUMBER, other.get("by", ADMIN), [each["id"] for each in of], total, may_repeat)
    return int(row["number"])


def test_numbers_follow_one_another_and_begin_again_after_9999(
    sandbox: Sandbox, payout: dict[str, Any]
) -> None:
    """Also where the bank had files from somewhere else before. The sequence tells one turn from another."""
    sandbox.act_as("owner")
    sandbox.run("update private.bank_file_originator set last_number_before = 9997")

    found = [number(sandbox, payout, may_repeat=True) for _ in range(4)]

    assert [9998, 9999, 1, 2] == found
    sandbox.act_as("admin")
    files = sandbox.run(
        "select bank_file_sequence, bank_file_number from public.payout_files where format = 'cpa005' order by 1"
    )
    assert [(9998, 9998), (9999, 9999), (10000, 1), (10001, 2)] == [tuple(each.values()) for each in files]


def test_a_payout_is_in_one_file_unless_it_is_wanted_again(sandbox: Sandbox, payout: dict[str, Any]) -> None:
    """What is refused takes no number."""
    first = number(sandbox, payout)
    with sandbox.refused("exported_already"):
        number(sandbox, payout)

    assert first + 1 == number(sandbox, payout, may_repeat=True)
    sandbox.act_as("owner")
    with pytest.raises(psycopg.errors.UniqueViolation), sandbox.undone():
        sandbox.run(
            """with file as (insert into public.payout_files (name, format, bank_file_sequence, available_on,
                                                              total_minor, created_by)
                             values ('x', 'cpa005', 77, current_date, 1, %s) returning id)
               insert into public.payout_file_entries (payout_file_id, payout_id, is_for_bank)
               select id, %s, true from file""",
            ADMIN,
            payout["id"],
        )


def test_a_file_is_what_is_pending_and_adds_up(sandbox: Sandbox, payout: dict[str, Any]) -> None:
    """A total that is not the payouts', one that is settled or in dollars of another country, none at all."""
    for offence in ({"total": 9999}, {"total": 10001}):
        with sandbox.refused("payouts_changed"):
            number(sandbox, payout, **offence)
    with sandbox.refused("nothing_to_export"):
        number(sandbox)
    with sandbox.refused("admins_only"):
        number(sandbox, payout, by=payout["practitioner_id"])
    earn(sandbox, 100, practitioner=OTHER, currency="usd")
    run(sandbox)
    (american,) = [each for each in payouts(sandbox, OTHER) if each["currency"] == "usd"]
    with sandbox.refused("payouts_changed"):
        number(sandbox, payout, american)
    sandbox.act_as("owner")
    sandbox.run(
        "select private.settle_payout(p, 'paid', 'x', now()) from public.payouts p where p.id = %s",
        payout["id"],
    )
    with sandbox.refused("payouts_changed"):
        number(sandbox, payout)


def test_the_list_of_files_is_kept(sandbox: Sandbox, payout: dict[str, Any]) -> None:
    """By nobody is a number given again, not even by the owner."""
    number(sandbox, payout)
    sandbox.act_as("owner")
    for statement in (
        "update public.payout_files set bank_file_sequence = 5 where format = 'cpa005'",
        "delete from public.payout_file_entries",
        "delete from public.payout_files",
        "truncate public.payout_files cascade",
    ):
        with sandbox.refused("evidence_is_kept"):
            sandbox.run(statement)


@pytest.mark.parametrize(
    "offence",
    [
        "originator_id = 'short'",
        "short_name = 'Lower'",
        "long_name = repeat('X', 31)",
        "data_centre = '320'",
        "direct_clearer = '00000'",
        "return_institution = '3'",
        "return_transit = '123456'",
        "return_account = '1234567890123'",
        "transaction_code = '46'",
        "last_number_before = 10000",
    ],
)
def test_what_does_not_fit_the_layout_is_no_originator(
    sandbox: Sandbox, payout: dict[str, Any], offence: str
) -> None:
    sandbox.act_as("owner")
    with pytest.raises(psycopg.errors.CheckViolation):
        sandbox.run(f"update private.bank_file_originator set {offence}")


def test_many_exports_at_once_get_a_number_each(postgres: Server) -> None:
    """None twice and none left out; and a payout that all of them want is in one file."""
    url = postgres.build("bank_files")
    with psycopg.connect(url, row_factory=dict_row) as owner:
        owner.execute((ROOT / "tests/sql/seed.sql").read_bytes())
        owner.execute(ORIGINATOR)
        sandbox = Sandbox(owner)
        earn(sandbox, 10000, practitioner=OTHER)
        run(sandbox)
        sandbox.act_as("owner")
        (payout,) = [each for each in payouts(sandbox, OTHER) if each["status"] == "pending"]

    def export(connection: Connection, may_repeat: bool) -> None:
        connection.execute("set role service_role")
        connection.execute(NUMBER, (ADMIN, [payout["id"]], payout["amount_minor"], may_repeat))

    once = run_at_once(url, *[lambda connection: export(connection, may_repeat=False)] * 6)
    run_at_once(url, *[lambda connection: export(connection, may_repeat=True)] * 6)

    assert {"done": 1, "exported_already": 5} == Counter(once)
    with psycopg.connect(url) as owner:
        numbers = owner.execute(
            "select bank_file_number from public.payout_files where format = 'cpa005' order by 1"
        ).fetchall()
    assert [(n,) for n in range(1, 8)] == numbers
