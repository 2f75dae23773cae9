"""Who is not calling: every forgery we could think of."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pytest_httpserver import HTTPServer

from shared.auth import BadToken, claimed
from shared.tokens import identify

from .conftest import JWT_SECRET, Environment
from .token_steps import RSA_KEY, SOMEBODY, bearer, claims, publish, published, token


def as_hmac(secret: bytes, kid: str = "first") -> str:
    """An HS256 token under any bytes; PyJWT itself refuses to sign with a public key."""
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT", "kid": kid}, claims())]
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    signature = base64.urlsafe_b64encode(hmac.digest(secret, signed, hashlib.sha256)).rstrip(b"=")
    return (signed + b"." + signature).decode()


def unsigned(algorithm: str) -> str:
    header = base64.urlsafe_b64encode(json.dumps({"alg": algorithm}).encode()).rstrip(b"=").decode()
    return f"{header}.{token().split('.')[1]}."


def tampered() -> str:
    """Somebody else's id under the signature of one's own token."""
    header, _, signature = token().split(".")
    other = json.dumps(claims(sub="5a1e0000-0000-4000-8000-000000000002")).encode()
    return f"{header}.{base64.urlsafe_b64encode(other).rstrip(b'=').decode()}.{signature}"


PEM = RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
FORGERIES: dict[str, Callable[[], str]] = {
    "not a token": lambda: "made-up",
    "not even text": lambda: "\xff\xfe",
    "three empty parts": lambda: "..",
    "a good one with a letter too many": lambda: f"{token()}ä",
    "a good one and a second word": lambda: f"{token()} admin",
    "signed with another secret": lambda: token(key="another made-up secret of more than 32 bytes"),
    "signed with another key under a known id": lambda: token(
        "ES256", "first", key=ec.generate_private_key(ec.SECP256R1())
    ),
    "somebody else's id": tampered,
    "expired": lambda: token(exp=int(time.time()) - 60),
    "never expiring": lambda: token(exp=None),
    "not yet valid": lambda: token(nbf=int(time.time()) + 3600),
    "no algorithm": lambda: unsigned("none"),
    "no algorithm, oddly spelt": lambda: unsigned("NonE"),
    "a public key as an HMAC secret": lambda: as_hmac(PEM),
    "a public key without its last line end": lambda: as_hmac(PEM.strip()),
    "an empty HMAC secret": lambda: as_hmac(b""),
    "another HMAC under the right secret": lambda: jwt.encode(claims(), JWT_SECRET, "HS512"),
    "an asymmetric key without an id": lambda: token("ES256"),
    "the other key's id": lambda: token("ES256", "second"),
    "no role": lambda: token(role=None),
    "a role of the database": lambda: token(role="postgres"),
    "for another audience": lambda: token(aud="somebody else"),
    "for no audience": lambda: token(aud=None),
    "of nobody": lambda: token(sub=None),
    "of nobody with a number": lambda: token(sub="42"),
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
async def test_a_bad_token_is_refused_and_never_anonymous(
    project: HTTPServer, forge: Callable[[], str]
) -> None:
    """Raising is the point: None would mean that nobody is signed in, and some functions serve nobody."""
    publish(project, published("ES256", "first"), published("RS256", "second"))

    with pytest.raises(BadToken) as refused:
        await identify(bearer(forge()))

    assert (401, "invalid_token") == (refused.value.status, refused.value.code)


# What nobody but the holder of a key can find out; the rest is refused before anybody is asked.
FOR_THE_DATABASE = {
    "signed with another secret",
    "signed with another key under a known id",
    "somebody else's id",
    "expired",
    "not yet valid",
    "a public key as an HMAC secret",
    "a public key without its last line end",
    "an empty HMAC secret",
    "another HMAC under the right secret",
    "an asymmetric key without an id",
    "the other key's id",
}


@pytest.mark.parametrize("what", FORGERIES)
@pytest.mark.usefixtures("project")
def test_what_is_handed_on_names_somebody_who_is_claimed(what: str) -> None:
    """A token that would be somebody's, if it is good, or refused here; never anonymous, and never verified."""
    if what not in FOR_THE_DATABASE:
        with pytest.raises(BadToken):
            claimed(bearer(FORGERIES[what]()))
        return
    caller = claimed(bearer(FORGERIES[what]()))
    assert caller is not None and caller.is_claimed and not caller.is_service


ODD_CLAIMS: dict[str, Any] = {
    "no object": ["authenticated"],
    "no text": b"\xff\xfe",
    "no JSON": b"{",
    "too deep": b"[" * 10_000,
    "an end that is no number": claims(exp="tomorrow"),
    "an end that is no number at all": json.dumps(claims(exp=float("inf"))).encode(),
    "several roles": claims(role=["authenticated", "service_role"]),
    "several audiences": claims(aud=["authenticated", "others"]),
    "another's letters": claims(role="Authenticated"),
    "a person who is a list": claims(sub=[str(SOMEBODY)]),
}


@pytest.mark.parametrize("said", ODD_CLAIMS.values(), ids=ODD_CLAIMS.keys())
@pytest.mark.usefixtures("project")
async def test_odd_claims_name_nobody(said: Any) -> None:
    """Before anybody is asked, and the same for who verifies."""
    payload = said if isinstance(said, bytes) else json.dumps(said).encode()
    made_up = f"eyJhbGciOiJIUzI1NiJ9.{base64.urlsafe_b64encode(payload).rstrip(b'=').decode()}.c2ln"

    with pytest.raises(BadToken):
        claimed(bearer(made_up))
    with pytest.raises(BadToken):
        await identify(bearer(made_up))


@pytest.mark.usefixtures("project")
async def test_a_token_has_an_end_in_length_too() -> None:
    """Or the database would be handed more than it reads, and say something else."""
    long = token(email="x" * 40_000)

    with pytest.raises(BadToken):
        claimed(bearer(long))
    with pytest.raises(BadToken):
        await identify(bearer(long))


async def test_a_symmetric_key_in_the_key_set_verifies_nothing(project: HTTPServer) -> None:
    """Whoever publishes a shared secret by mistake does not let everybody in."""
    secret = b"a shared secret that was published by mistake"
    key = {"kty": "oct", "k": base64.urlsafe_b64encode(secret).decode(), "kid": "first", "alg": "HS256"}
    publish(project, key)

    with pytest.raises(BadToken):
        await identify(bearer(as_hmac(secret)))


async def test_a_public_key_verifies_no_hs256_token(project: HTTPServer, environment: Environment) -> None:
    """A project on signing keys alone accepts no HS256 token at all."""
    environment(SUPABASE_JWT_SECRET=None)
    publish(project, published("RS256", "first"))

    for forged in (as_hmac(PEM), as_hmac(b""), token("HS256")):
        with pytest.raises(BadToken):
            await identify(bearer(forged))
