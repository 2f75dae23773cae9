"""A scene in which a practitioner saves a bank account, as the page does it, or sealed by the browser."""

import json
from typing import Any
from uuid import UUID

import httpx
from joserfc import jwe
from joserfc.jwk import RSAKey

from shared.vault import Vault

from .cast import Person, Stage

SAVE, VERIFY = "encrypt-banking-data", "verify-practitioner-banking"
CANADIAN = {"country": "CA", "account_number": "0001234567", "routing_number": "12345-003"}


class BankingScene:
    """One practitioner without an account, and an admin."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.practitioner = stage.practitioner()
        self.admin = stage.admin()
        self.vault = Vault.of(stage.env["BANKING_KEYS"])

    @property
    def practitioner_id(self) -> UUID:
        assert self.practitioner.practitioner_id
        return self.practitioner.practitioner_id

    def on_page(self, **other: Any) -> dict[str, Any]:
        """What the page sends."""
        return {
            "practitioner_id": str(self.practitioner_id),
            "bank_name": "Bank",
            "account_holder_name": "Practitioner",
            "account_type": "checking",
            **CANADIAN,
            **other,
        }

    def sealed(self, **other: Any) -> dict[str, Any]:
        """What a page sends that fetches the key and seals the numbers."""
        body = self.on_page()
        names = ("practitioner_id", "account_number", "routing_number")
        words = {name: body.pop(name) if name != "practitioner_id" else body[name] for name in names} | other
        reply = self.stage.invoke("get-banking-key", method="GET", as_=self.practitioner).json()
        header = {"alg": reply["key"]["alg"], "enc": reply["enc"], "kid": reply["key"]["kid"]}
        key = RSAKey.import_key(reply["key"])
        sealed = jwe.encrypt_compact(header, json.dumps(words), key, algorithms=["RSA-OAEP-256", "A256GCM"])
        return {**body, "sealed": sealed}

    def save(self, *, as_: Person | None = None, headers: Any = None, **other: Any) -> httpx.Response:
        return self.stage.invoke(SAVE, self.on_page(**other), as_=as_ or self.practitioner, headers=headers)

    def row(self) -> dict[str, Any]:
        """The account as the page reads it."""
        path = f"practitioner_banking?select=*&practitioner_id=eq.{self.practitioner_id}"
        (row,) = self.stage.rest("GET", path, as_=self.practitioner).json()
        return dict(row)

    def verify(self, **other: Any) -> httpx.Response:
        body = {"practitioner_id": str(self.practitioner_id), "changed_at": self.row()["changed_at"], **other}
        return self.stage.invoke(VERIFY, body, as_=self.admin)

    def kept(self) -> tuple[str, str]:
        """Account and routing number as they are kept, opened with the stack's own keys."""
        row = self.stage.row(
            "select * from private.bank_numbers where practitioner_id = %s", self.practitioner_id
        )
        return self.vault.open_numbers(self.practitioner_id, row["account_number"], row["routing_number"])
