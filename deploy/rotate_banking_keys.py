"""Seals anew every bank number that is not under the current key of BANKING_KEYS, while everything else runs.

Row by row, each in its own transaction and only if it is still what was read: whatever somebody saves meanwhile stays
as they saved it, and is looked at again. The rows themselves say what is left, so a rotation that was stopped goes on
where it was. What the platform's earlier function left (`base64:…`) is sealed too; it stays unpaid until its
practitioner saves it again.
"""

import base64
import binascii
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from shared.settings import MissingSettings
from shared.vault import CannotOpen, Vault, VaultSettings

if TYPE_CHECKING:
    import psycopg

BATCH = 200
PASSES = 5  # what is found after so many, somebody keeps sealing with another key
LEGACY = "base64:"

COUNT = "select count(*) from private.list_bank_numbers_to_reseal(%(key)s)"
NEXT = """
    select practitioner_id, account_number, routing_number, fingerprint
      from private.list_bank_numbers_to_reseal(%(key)s)
     where practitioner_id > %(after)s order by practitioner_id limit %(batch)s"""
LOCK = "select from public.practitioner_banking where practitioner_id = %(practitioner_id)s for update"
LOG = """
    insert into public.banking_accesses (practitioner_id, purpose, reference)
    values (%(practitioner_id)s, 'key_rotation', %(key)s)"""
SEAL = """
    update private.bank_numbers
       set account_number = %(account)s, routing_number = %(routing)s, fingerprint = %(fingerprint)s, sealed_at = now()
     where practitioner_id = %(practitioner_id)s
       and (account_number, routing_number) = (%(old_account)s, %(old_routing)s)"""
MASK = """
    update public.practitioner_banking set account_last4 = %(account_last4)s, routing_last4 = %(routing_last4)s
     where practitioner_id = %(practitioner_id)s"""


def rotate() -> None:
    """Carry it out, and say how it goes; exit with 1 if something is left."""
    import psycopg

    try:
        vault = VaultSettings.from_environment(os.environ).vault
    except MissingSettings as error:
        raise SystemExit(str(error)) from None
    if not os.environ.get("DATABASE_URL"):
        raise SystemExit("DATABASE_URL is not set: where the bank numbers are, as their owner.")
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        rotation = Rotation(connection, vault, say=lambda line: print(line, flush=True))
        rotation.run()
        problems = rotation.problems
    for problem in problems:
        print(f"✗ {problem}")
    raise SystemExit(bool(problems))


@dataclass
class Rotation:
    """One turn of the keys. Any number may run at once."""

    connection: "psycopg.Connection[Any]"
    vault: Vault
    say: Callable[[str], None] = lambda line: None
    sealed: int = 0
    unopened: dict[UUID, str] = field(default_factory=dict)

    def run(self) -> None:
        """Go through what is left until nothing is."""
        self.say(f"{self.left()} accounts to seal with key {self.vault.current}")
        for _ in range(PASSES):
            for row in self._rows():
                self._turn(*row)
            if self.left() <= len(self.unopened):
                break
        self.say(f"{self.sealed} sealed, {self.left()} left")

    def left(self) -> int:
        """How many accounts are not under the current key."""
        row = self.connection.execute(COUNT, {"key": self.vault.current}).fetchone()
        return int(row[0]) if row else 0

    @property
    def problems(self) -> list[str]:
        """What keeps accounts from being sealed anew, a line for each reason."""
        found = list(self.unopened.values())
        if (others := self.left() - len(self.unopened)) > 0:
            found.append(
                f"{others} accounts were sealed with another key meanwhile; is the ring deployed everywhere?"
            )
        return found

    def _rows(self) -> Iterator[tuple[UUID, str, str, str | None]]:
        after = UUID(int=0)
        facts = {"key": self.vault.current, "batch": BATCH}
        while rows := self.connection.execute(NEXT, facts | {"after": after}).fetchall():
            yield from rows
            after = rows[-1][0]
            self.say(f"{self.sealed} sealed, {self.left()} left")

    def _turn(self, practitioner_id: UUID, account: str, routing: str, fingerprint: str | None) -> None:
        """Seal one account anew, unless it is another one by now."""
        try:
            opened = self._open(practitioner_id, account, routing)
        except CannotOpen as error:
            self.unopened[practitioner_id] = str(error)
            return
        self.unopened.pop(practitioner_id, None)
        seals = self.vault.seal_numbers(practitioner_id, *opened)
        facts = {
            "practitioner_id": practitioner_id,
            "key": self.vault.current,
            "account": seals.account_number,
            "routing": seals.routing_number,
            "fingerprint": seals.fingerprint
            if fingerprint
            else None,  # none: never checked, and it shall show
            "old_account": account,
            "old_routing": routing,
        }
        with self.connection.transaction():
            # Order matters: whoever saves locks this row first, too.
            self.connection.execute(LOCK, facts)
            self.connection.execute(LOG, facts)
            turned = self.connection.execute(SEAL, facts).rowcount
            if turned and account.startswith(LEGACY):
                last4 = zip(("account_last4", "routing_last4"), map(_last4, opened), strict=True)
                self.connection.execute(MASK, facts | dict(last4))
        self.sealed += turned

    def _open(self, practitioner_id: UUID, account: str, routing: str) -> tuple[str, str]:
        if not account.startswith(LEGACY):
            return self.vault.open_numbers(practitioner_id, account, routing)
        try:
            account, routing = (
                base64.b64decode(text.removeprefix(LEGACY), validate=True).decode()
                for text in (account, routing)
            )
        except (binascii.Error, UnicodeDecodeError):
            raise CannotOpen(f"The numbers of practitioner {practitioner_id} are no base64.") from None
        return account, routing


def _last4(number: str) -> str | None:
    found = re.sub(r"[^0-9A-Z]", "", number.upper())[-4:]
    return found if len(found) == 4 else None
