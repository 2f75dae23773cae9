"""What a browser seals for us on its way: JWE (RSA-OAEP-256 and A256GCM), so that nothing between us can read it.

    PublicSealingSettings.read().key          the JWK to seal with, as `get-banking-key` serves it
    SealingSettings.read().keys.open(sealed)  what was sealed

The halves of a key pair are two settings: whoever serves the one never has the other. It is for the way only: what is
kept is sealed anew, by `vault.py`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from .settings import MissingSettings, Settings

if TYPE_CHECKING:
    from joserfc.jwk import RSAKey

KEY_ALGORITHM, CONTENT_ALGORITHM = "RSA-OAEP-256", "A256GCM"
KEY_BITS = 2048  # at least
PEM = re.compile(r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.+?-----END \1-----", re.DOTALL)


class CannotOpen(Exception):
    """Not a JWE of ours: malformed, altered, of other algorithms, or sealed with a key we do not have."""


@dataclass(frozen=True, repr=False)
class SealingKeys:
    """Private RSA keys: any of them opens. Prints none of them."""

    pems: Sequence[str]

    @classmethod
    def of(cls, text: str) -> Self:
        """The keys in one or more PEM blocks; line ends may be written `\\n`, as dashboards keep them.

        Raises ValueError, in words that have nothing of the keys in them.
        """
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        pems = [found.group() for found in PEM.finditer(text.replace("\\n", "\n"))]
        for pem in pems:
            try:
                key = load_pem_private_key(pem.encode(), password=None)
            except (ValueError, TypeError):  # malformed, or under a password
                key = None
            if not isinstance(key, RSAPrivateKey) or key.key_size < KEY_BITS:
                pems = []
                break
        if not pems:
            raise ValueError(
                f"one or more private RSA keys of {KEY_BITS} bits or more, in PEM, without a password"
            )
        return cls(pems)

    @property
    def ids(self) -> list[str]:
        """Of each key pair, the `kid` that its public half is served with."""
        return [key.thumbprint() for key in self._keys]

    def open(self, sealed: str) -> bytes:
        """What was sealed. Raises CannotOpen, always with the same words."""
        from cryptography.exceptions import InvalidTag
        from joserfc import jwe
        from joserfc.errors import JoseError

        for key in self._keys:
            try:
                opened = jwe.decrypt_compact(sealed, key, algorithms=[KEY_ALGORITHM, CONTENT_ALGORITHM])
            except (JoseError, InvalidTag, ValueError, TypeError, KeyError):
                continue
            return opened.plaintext or b""
        raise CannotOpen("It is not sealed with a key of ours.")

    @cached_property
    def _keys(self) -> "list[RSAKey]":
        from joserfc.jwk import RSAKey

        return [RSAKey.import_key(pem) for pem in self.pems]


class SealingSettings(Settings):
    """The private keys. There is no default: without a good one, nothing starts that needs it."""

    banking_sealing_key: str

    def __post_init__(self) -> None:
        try:
            SealingKeys.of(self.banking_sealing_key)
        except ValueError as error:
            raise MissingSettings(f"BANKING_SEALING_KEY must be {error}.") from None

    @cached_property
    def keys(self) -> SealingKeys:
        return SealingKeys.of(self.banking_sealing_key)


class PublicSealingSettings(Settings):
    """The public half of the key to seal with. A private one is refused: nothing that serves it may hold it."""

    banking_sealing_public_key: str

    def __post_init__(self) -> None:
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
        from cryptography.hazmat.primitives.serialization import load_pem_public_key

        try:
            key = load_pem_public_key(self._pem)
        except ValueError:
            key = None
        if not isinstance(key, RSAPublicKey) or key.key_size < KEY_BITS or b"PRIVATE" in self._pem:
            raise MissingSettings(
                f"BANKING_SEALING_PUBLIC_KEY must be one public RSA key of {KEY_BITS} bits or more, in PEM."
            ) from None

    @cached_property
    def key(self) -> dict[str, Any]:
        """As a JWK for RSA-OAEP-256."""
        from joserfc.jwk import RSAKey

        key = RSAKey.import_key(self._pem)
        return {**key.as_dict(private=False), "kid": key.thumbprint(), "use": "enc", "alg": KEY_ALGORITHM}

    @property
    def _pem(self) -> bytes:
        return self.banking_sealing_public_key.replace("\\n", "\n").encode()
