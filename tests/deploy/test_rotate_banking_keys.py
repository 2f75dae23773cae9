"""Turning the keys of bank numbers: while everybody saves, however often stopped, nothing is lost."""

import base64
import json
import os
import random
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest

from deploy import rotate_banking_keys
from deploy.rotate_banking_keys import Rotation
from shared.vault import SealedNumbers, Vault
from sql.throwaway import server

KEYS = {name: base64.b64encode(random.Random(name).randbytes(32)).decode() for name in ("k1", "k_2", "k3")}
SAVE = """select * from public.save_practitioner_banking(
            %s, %s, 'Bank', 'Practitioner', 'checking', 'CA', %s, '2345', %s, %s::jsonb)"""
ROUTING = "000312345"
ACCOUNTS = 40


def ring(current: str, *names: str) -> Vault:
    return Vault.of(
        json.dumps({"current": current, "keys": {name: KEYS[name] for name in (current, *names)}})
    )


@dataclass
class BankAccounts:
    """A database with practitioners, and the account that each saved last."""

    url: str
    practitioners: list[uuid.UUID]
    saved: dict[uuid.UUID, str] = field(default_factory=dict)

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.url, autocommit=True)

    def save(
        self, connection: psycopg.Connection[Any], vault: Vault, practitioner: uuid.UUID, account: str
    ) -> None:
        """As the function does it, with the secret key."""
        sealed: SealedNumbers = vault.seal_numbers(practitioner, account, ROUTING)
        numbers = json.dumps(
            {"account_number": sealed.account_number, "routing_number": sealed.routing_number}
        )
        with connection.transaction():
            connection.execute("set local role service_role")
            connection.execute(SAVE, (practitioner, practitioner, account[-4:], sealed.fingerprint, numbers))
        self.saved[practitioner] = account

    def kept(self, vault: Vault) -> dict[uuid.UUID, str]:
        """Every account, opened."""
        query = (
            "select practitioner_id, account_number, routing_number, fingerprint from private.bank_numbers"
        )
        with self.connect() as connection:
            rows = connection.execute(query).fetchall()
        opened = {
            practitioner: vault.open_numbers(practitioner, *numbers) for practitioner, *numbers, _ in rows
        }
        assert {ROUTING} == {routing for _, routing in opened.values()}
        return {practitioner: account for practitioner, (account, _) in opened.items()}


@pytest.fixture(scope="module")
def made() -> Iterator[BankAccounts]:
    """One database of its own: a rotation goes through all there is. One account was brought in by its owner."""
    with server() as postgres:
        bank = BankAccounts(postgres.url("banks"), [uuid.uuid4() for _ in range(ACCOUNTS)])
        postgres.build("banks")
        with bank.connect() as connection, connection.cursor() as run:
            run.execute("update private.rate_limits set times = 1000000")
            run.executemany(
                "insert into auth.users (id) values (%s)", [(each,) for each in bank.practitioners]
            )
            run.executemany(
                "insert into public.practitioners (id, user_id, name) values (%s, %s, 'P')",
                [(each, each) for each in bank.practitioners],
            )
            first = bank.practitioners[0]
            run.execute(
                "insert into public.practitioner_banking (practitioner_id, bank_name, account_holder_name,"
                " account_type) values (%s, 'B', 'P', 'checking')",
                (first,),
            )
            sealed = ring("k1").seal_numbers(first, "7654321", ROUTING)
            run.execute(
                "insert into private.bank_numbers (practitioner_id, account_number, routing_number)"
                " values (%s, %s, %s)",
                (first, sealed.account_number, sealed.routing_number),
            )
        yield bank


def test_an_account_that_was_brought_in_is_masked(made: BankAccounts) -> None:
    """As the runbook says; what is shown of it is a mask, and nothing is paid before it is checked."""
    with made.connect() as connection:
        shown = connection.execute(
            "select account_number_encrypted, private.get_banking_obstacle(practitioner_id)"
            "  from public.practitioner_banking"
        ).fetchall()

    assert [("****", "not_checked")] == shown
    assert {made.practitioners[0]: "7654321"} == made.kept(ring("k1"))


@pytest.fixture
def bank(made: BankAccounts) -> BankAccounts:
    """Each has an account under the first key."""
    with made.connect() as connection:
        connection.execute("delete from public.practitioner_banking")
        for number, practitioner in enumerate(made.practitioners):
            made.save(connection, ring("k1"), practitioner, f"{number:07}")
    return made


def test_every_account_is_encrypted_with_the_current_key(bank: BankAccounts) -> None:
    """The old key is not needed afterwards; each use is in the log; what was verified stays so."""
    with bank.connect() as connection:
        connection.execute("update public.practitioner_banking set verified = true")
        log = "select count(*) from public.banking_accesses where purpose = 'key_rotation' and reference = 'k_2'"
        before = connection.execute(log).fetchone()
        rotation = Rotation(connection, ring("k_2", "k1"))
        rotation.run()
        after = connection.execute(log).fetchone()
        trusted = connection.execute("select bool_and(verified) from public.practitioner_banking").fetchone()

    assert ACCOUNTS == rotation.sealed
    assert bank.saved == bank.kept(ring("k_2"))
    assert before and after and ACCOUNTS == after[0] - before[0]
    assert (True,) == trusted


def test_nothing_is_lost_while_everybody_saves(bank: BankAccounts) -> None:
    """Two rotations, and writers with the old ring and the new one, all at once; then one more rotation."""
    old, new = ring("k1", "k_2"), ring("k_2", "k1")
    done = threading.Event()

    def write(seed: int) -> int:
        chance, mine = random.Random(seed), bank.practitioners[seed::4]
        with bank.connect() as connection:
            count = 0
            while not done.is_set() or count < 50:
                account = f"{chance.randrange(10**9):09}"
                bank.save(connection, chance.choice([old, new]), chance.choice(mine), account)
                count += 1
        return count

    def turn() -> int:
        with bank.connect() as connection:
            rotation = Rotation(connection, new)
            rotation.run()
        return rotation.sealed

    with ThreadPoolExecutor(6) as many:
        writers = [many.submit(write, seed) for seed in range(4)]
        turns = [many.submit(turn) for _ in range(2)]
        sealed = [each.result() for each in turns]
        done.set()
        written = [each.result() for each in writers]
    turn()

    assert all(written) and sum(sealed) >= ACCOUNTS / 2
    assert bank.saved == bank.kept(ring("k_2"))


def command(bank: BankAccounts) -> subprocess.Popen[str]:
    """The command in a process of its own, with the new ring."""
    ring = json.dumps({"current": "k_2", "keys": KEYS})
    return subprocess.Popen(
        [sys.executable, "-m", "deploy", "rotate-banking-keys"],
        env={"BANKING_KEYS": ring, "DATABASE_URL": bank.url, "PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_a_rotation_that_was_killed_continues(bank: BankAccounts) -> None:
    """What it had done is not done again, what it was about to do is not half done, and no number is printed."""
    halfway = sorted(bank.practitioners)[ACCOUNTS // 2]
    hold = "select from public.practitioner_banking where practitioner_id = %s for update"
    count = "select count(*) from private.list_bank_numbers_to_reseal('k_2')"
    with bank.connect() as connection, bank.connect() as watcher:
        with connection.transaction():
            connection.execute(hold, (halfway,))
            process = command(bank)
            deadline = time.monotonic() + 20
            while watcher.execute(count).fetchone() != (ACCOUNTS // 2,) and time.monotonic() < deadline:
                time.sleep(0.02)
            process.kill()
            first, _ = process.communicate()
        assert (ACCOUNTS // 2,) == watcher.execute(count).fetchone()

    process = command(bank)
    second, _ = process.communicate(timeout=30)

    assert 0 == process.returncode
    assert f"{ACCOUNTS} accounts to seal with key k_2" in first
    assert f"{ACCOUNTS // 2} accounts to seal with key k_2" in second
    assert f"{ACCOUNTS // 2} sealed, 0 left" in second
    assert bank.saved == bank.kept(ring("k_2"))
    assert not [account for account in bank.saved.values() if account in first + second]


def test_values_of_the_earlier_function_are_encrypted(bank: BankAccounts) -> None:
    """It called base64 encrypted. Masked now, and still not checked, so nothing is paid to it."""
    practitioner = bank.practitioners[0]
    account, routing = (
        f"base64:{base64.b64encode(text).decode()}" for text in (b"000-765 4321", ROUTING.encode())
    )
    with bank.connect() as connection:
        connection.execute(
            "update private.bank_numbers set (account_number, routing_number, fingerprint) = (%s, %s, null)"
            " where practitioner_id = %s",
            (account, routing, practitioner),
        )
        Rotation(connection, ring("k_2", "k1")).run()
        found = connection.execute(
            "select account_number_encrypted, private.get_banking_obstacle(practitioner_id)"
            "  from public.practitioner_banking where practitioner_id = %s",
            (practitioner,),
        ).fetchone()

    assert ("****4321", "not_checked") == found
    assert "000-765 4321" == bank.kept(ring("k_2"))[practitioner]


def test_a_value_that_cannot_be_decrypted_is_named_and_left(bank: BankAccounts) -> None:
    """Moved from another row, or under a key that is gone: the rest is turned, and the command fails."""
    first, second, third = bank.practitioners[:3]
    with bank.connect() as connection:
        connection.execute(
            """update private.bank_numbers n set account_number = o.account_number from private.bank_numbers o
                where n.practitioner_id = %s and o.practitioner_id = %s""",
            (first, second),
        )
        bank.save(connection, ring("k3"), third, "1234567")
        rotation = Rotation(connection, ring("k_2", "k1"))
        rotation.run()
        problems = rotation.problems

    assert ACCOUNTS - 2 == rotation.sealed
    assert {first, third} == rotation.unopened.keys()
    assert 2 == len(problems)
    assert f"account_number of practitioner {first}, sealed with key k1, was altered or moved" in " ".join(
        problems
    )
    assert "key k3, which is not in the ring" in " ".join(problems)


@pytest.mark.parametrize("missing", ["BANKING_KEYS", "DATABASE_URL"])
def test_a_missing_setting_is_named(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is touched."""
    monkeypatch.setenv("BANKING_KEYS", json.dumps({"current": "k1", "keys": KEYS}))
    monkeypatch.setenv("DATABASE_URL", "postgresql://nowhere")
    monkeypatch.delenv(missing)

    with pytest.raises(SystemExit, match=missing):
        rotate_banking_keys.rotate()
