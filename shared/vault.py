"""The vault: seals bank numbers, that is, encrypts them with AES-256-GCM under a key of a ring.

    vault = VaultSettings.read().vault
    sealed = vault.seal_numbers(practitioner_id, account_number="0001234567", routing_number="000312345")
    account_number, routing_number = vault.open_numbers(practitioner_id, sealed.account_number, sealed.routing_number)

A sealed value is `v1.<key id>.<nonce, ciphertext and tag in base64url>`. Version, key id, practitioner and field are
authenticated with it, so a value that was altered, or moved to another row or column, does not open. The key id makes
rotation possible: new values are sealed with the ring's current key, old ones open as long as theirs is in the ring.
"""

import base64
import binascii
import hmac
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Self
from uuid import UUID

from .settings import MissingSettings, Settings

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = "v1"
NONCE_BYTES = 12
KEY_BYTES = 32
KEY_ID = re.compile(r"[\w-]{1,32}", re.ASCII)


class CannotOpen(Exception):
    """A sealed value that does not open: malformed, altered, moved, or sealed with a key that is not in the ring.

    The message names the key, the practitioner and the field, never the value. The caller is not at fault.
    """


class Context(NamedTuple):
    """Where a value belongs: it opens nowhere else."""

    practitioner_id: UUID
    field: str  # account_number, routing_number; numbers for the fingerprint of both

    def __str__(self) -> str:
        return f"{self.field} of practitioner {self.practitioner_id}"


class SealedNumbers(NamedTuple):
    """A bank account's two numbers as they are stored, and the fingerprint of both."""

    account_number: str
    routing_number: str
    fingerprint: str


@dataclass(frozen=True, repr=False)
class Vault:
    """A ring of keys: any of them opens, the current one seals. Prints none of them."""

    current: str
    keys: Mapping[str, bytes]

    @classmethod
    def of(cls, ring: str) -> Self:
        """The vault of a ring as `{"current": "k2", "keys": {"k1": "<base64 of 32 bytes>", "k2": …}}`.

        Raises ValueError, whose message quotes nothing of the ring.
        """
        match _parsed(ring):
            case {"current": str(current), "keys": dict(keys)} if keys:
                pass
            case _:
                raise ValueError(
                    'a JSON object like {"current": "k1", "keys": {"k1": "<base64 of 32 bytes>"}}'
                )
        if any(not KEY_ID.fullmatch(key_id) for key_id in keys):
            raise ValueError("a ring whose key ids are 1 to 32 letters, digits, hyphens or underscores")
        if current not in keys:
            raise ValueError("a ring that has the key it names as current")
        return cls(current, {key_id: _key(text) for key_id, text in keys.items()})

    def seal(self, plain: str, context: Context) -> str:
        """Seal a value with the current key. The same value twice gives two different results."""
        nonce = os.urandom(NONCE_BYTES)
        bound = _bound(self.current, context)
        body = nonce + self._cipher(self.current).encrypt(nonce, plain.encode(), bound)
        return f"{VERSION}.{self.current}.{_text(body)}"

    def open(self, value: str, context: Context) -> str:
        """The plain value. Raises CannotOpen."""
        from cryptography.exceptions import InvalidTag

        match value.split("."):
            case [version, key_id, text] if version == VERSION and KEY_ID.fullmatch(key_id):
                pass
            case _:
                raise CannotOpen(f"The {context} is not sealed.")
        if key_id not in self.keys:
            raise CannotOpen(f"The {context} is sealed with key {key_id}, which is not in the ring.")
        try:
            body = _body(text)
            bound = _bound(key_id, context)
            plain = self._cipher(key_id).decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], bound)
        except (InvalidTag, ValueError):
            raise CannotOpen(f"The {context}, sealed with key {key_id}, was altered or moved.") from None
        return plain.decode()

    def seal_numbers(self, practitioner_id: UUID, account_number: str, routing_number: str) -> SealedNumbers:
        """Seal both numbers of a practitioner's account, each for its own column."""
        return SealedNumbers(
            self.seal(account_number, Context(practitioner_id, "account_number")),
            self.seal(routing_number, Context(practitioner_id, "routing_number")),
            self.fingerprint(f"{routing_number} {account_number}", Context(practitioner_id, "numbers")),
        )

    def open_numbers(
        self, practitioner_id: UUID, account_number: str, routing_number: str
    ) -> tuple[str, str]:
        """Account and routing number in the clear. Raises CannotOpen."""
        return (
            self.open(account_number, Context(practitioner_id, "account_number")),
            self.open(routing_number, Context(practitioner_id, "routing_number")),
        )

    def fingerprint(self, plain: str, context: Context) -> str:
        """A keyed digest: equal for equal values of one context, so that a repeat is recognized without opening it.

        It reveals nothing without the key, and changes when the current key does.
        """
        key = hmac.digest(self.keys[self.current], b"fingerprint", "sha256")
        digest = hmac.digest(key, _bound(self.current, context) + b"\n" + plain.encode(), "sha256")
        return f"{self.current}.{_text(digest)}"

    def _cipher(self, key_id: str) -> "AESGCM":
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(self.keys[key_id])


class VaultSettings(Settings):
    """The ring of keys. There is no default: without a valid ring, nothing starts that needs one."""

    banking_keys: str

    def __post_init__(self) -> None:
        try:
            Vault.of(self.banking_keys)
        except ValueError as error:
            raise MissingSettings(f"BANKING_KEYS must be {error}.") from None

    @cached_property
    def vault(self) -> Vault:
        return Vault.of(self.banking_keys)


def _parsed(ring: str) -> Any:
    try:
        return json.loads(ring)
    except ValueError:  # its message quotes what it read
        return None


def _key(text: Any) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (TypeError, ValueError, binascii.Error):
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError(f"a ring whose keys are {KEY_BYTES} bytes each, in base64")
    return key


def _text(body: bytes) -> str:
    return base64.urlsafe_b64encode(body).rstrip(b"=").decode()


def _body(text: str) -> bytes:
    """What `_text` wrote, in the one spelling that it writes."""
    body = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if _text(body) != text:
        raise ValueError
    return body


def _bound(key_id: str, context: Context) -> bytes:
    """What is authenticated along with the value."""
    return "\n".join((VERSION, key_id, str(context.practitioner_id), context.field)).encode()
