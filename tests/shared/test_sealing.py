"""Sealing for the way: what a browser seals with our public key, we open, and nobody else."""

import json
from functools import cache
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from joserfc import jwe
from joserfc.jwk import RSAKey

from shared.sealing import CannotOpen, PublicSealingSettings, SealingKeys, SealingSettings
from shared.settings import MissingSettings

WORDS = b'{"account_number": "000123456789"}'


def pem(key: Any, password: bytes | None = None) -> str:
    lock = BestAvailableEncryption(password) if password else NoEncryption()
    return str(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock).decode())


@cache
def rsa_pem(number: int, bits: int = 2048) -> str:
    return pem(rsa.generate_private_key(65537, bits))


def public_pem(private: str) -> str:
    key = load_pem_private_key(private.encode(), None).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def public_half(private: str) -> PublicSealingSettings:
    return PublicSealingSettings.from_environment({"BANKING_SEALING_PUBLIC_KEY": public_pem(private)})


@pytest.fixture(scope="module")
def keys() -> SealingKeys:
    """Two: the first is for sealing, the second is on its way out."""
    return SealingKeys.of(rsa_pem(1) + rsa_pem(2))


def seal(words: bytes, key: Any, **header: str) -> str:
    head = {"alg": "RSA-OAEP-256", "enc": "A256GCM", **header}
    algorithms = [*head.values(), "DEF"]
    return jwe.encrypt_compact(head, words, key, algorithms=algorithms)


def test_a_value_sealed_by_a_browser_is_opened(keys: SealingKeys) -> None:
    """With the public key as it is served, which has nothing private in it."""
    public = public_half(rsa_pem(1)).key

    assert {"kty", "n", "e", "kid", "use", "alg"} == public.keys()
    assert public["kid"] == keys.ids[0]
    assert ("RSA", "enc", "RSA-OAEP-256") == (public["kty"], public["use"], public["alg"])
    assert WORDS == keys.open(seal(WORDS, RSAKey.import_key(json.loads(json.dumps(public)))))


def test_a_value_under_the_previous_key_is_opened(keys: SealingKeys) -> None:
    """A page that was loaded before the keys were changed goes on working."""
    assert WORDS == keys.open(seal(WORDS, RSAKey.import_key(rsa_pem(2))))


def altered(part: str) -> str:
    """The same but for its first letter; the last ones may hold bits that nobody reads."""
    return ("B" if part[0] == "A" else "A") + part[1:]


def test_any_other_value_is_refused_with_the_same_words(keys: SealingKeys) -> None:
    """Another key, other algorithms, compression, any altered part, and what is no JWE at all."""
    key = RSAKey.import_key(rsa_pem(1))
    good = seal(WORDS, key)
    parts = good.split(".")
    wrong = [
        seal(WORDS, RSAKey.import_key(rsa_pem(3))),
        seal(WORDS, key, alg="RSA-OAEP"),
        seal(WORDS, key, enc="A128CBC-HS256"),
        seal(WORDS, key, zip="DEF"),
        *[".".join([*parts[:at], altered(part), *parts[at + 1 :]]) for at, part in enumerate(parts)],
        *[
            "",
            ".",
            "....",
            "a.b.c.d.e",
            "é.é.é.é.é",
            good + ".x",
            good[:-30],
            "eyJhbGciOiJub25lIn0....",
            "{}",
            "e30.e30.e30.e30.e30",
        ],
    ]

    for sealed in wrong:
        with pytest.raises(CannotOpen, match="not sealed with a key of ours"):
            keys.open(sealed)


def test_a_function_does_not_start_without_a_valid_key() -> None:
    """None, half of one, under a password, too short, of another kind: the setting is named, not its value."""
    good = rsa_pem(1)
    bad = [
        "",
        "secret-words",
        good[: len(good) // 2],
        good.replace(good[100:140], "A" * 40),
        pem(rsa.generate_private_key(65537, 2048), b"password"),
        rsa_pem(4, 1024),
        pem(ec.generate_private_key(ec.SECP256R1())),
        good + rsa_pem(4, 1024),
    ]

    for text in bad:
        with pytest.raises(MissingSettings, match="BANKING_SEALING_KEY") as refused:
            SealingSettings.from_environment({"BANKING_SEALING_KEY": text})
        assert refused.value.__cause__ is None
        assert "secret" not in str(refused.value) and good[40:60] not in str(refused.value)


def test_a_private_key_is_never_served() -> None:
    """Not even beside a public one; nor a short key, nor one of another kind."""
    bad = [
        "",
        rsa_pem(1),
        public_pem(rsa_pem(1)) + rsa_pem(1),
        public_pem(rsa_pem(4, 1024)),
        public_pem(pem(ec.generate_private_key(ec.SECP256R1()))),
    ]

    for text in bad:
        with pytest.raises(MissingSettings, match="BANKING_SEALING_PUBLIC_KEY"):
            PublicSealingSettings.from_environment({"BANKING_SEALING_PUBLIC_KEY": text})


def test_line_ends_of_the_key_may_be_escaped() -> None:
    """As many a dashboard keeps them; and nothing of the key is printed."""
    one_line = rsa_pem(1).replace("\n", "\\n")
    settings = SealingSettings.from_environment({"BANKING_SEALING_KEY": one_line})

    assert SealingKeys.of(rsa_pem(1)).ids == settings.keys.ids
    public = public_pem(rsa_pem(1))
    one_line = public.replace("\n", "\\n")
    escaped = PublicSealingSettings.from_environment({"BANKING_SEALING_PUBLIC_KEY": one_line})
    assert public_half(rsa_pem(1)).key == escaped.key
    assert "PRIVATE" not in f"{settings!r} {settings.keys!r}"
