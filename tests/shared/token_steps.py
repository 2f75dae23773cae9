"""Tokens of a person under real keys, and a key set on a real server."""

import time
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pytest_httpserver import HTTPServer

from .conftest import JWT_SECRET, PUBLISHABLE_KEY

SOMEBODY = UUID("5a1e0000-0000-4000-8000-000000000001")
KEY_SET = "/auth/v1/.well-known/jwks.json"
EC_KEY, RSA_KEY = ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 2048)
PRIVATE = {"ES256": EC_KEY, "RS256": RSA_KEY, "HS256": JWT_SECRET}


def claims(**other: Any) -> dict[str, Any]:
    """What the auth server writes into a person's token."""
    now = int(time.time())
    usual = {
        "sub": str(SOMEBODY),
        "role": "authenticated",
        "aud": "authenticated",
        "email": "client@demo.test",
    }
    return usual | {"iat": now, "exp": now + 3600} | other


def token(algorithm: str = "HS256", kid: str | None = None, key: Any = None, **other: Any) -> str:
    """A token signed with the project's key for this algorithm, or with another one."""
    given = {name: value for name, value in claims(**other).items() if value is not None}
    return jwt.encode(given, key or PRIVATE[algorithm], algorithm, {"kid": kid} if kid else None)


def bearer(credential: str) -> dict[str, str]:
    return {"apikey": PUBLISHABLE_KEY, "authorization": f"Bearer {credential}"}


def published(algorithm: str, kid: str, **other: Any) -> dict[str, Any]:
    """A public key as the auth server publishes it."""
    public = PRIVATE[algorithm].public_key()  # type: ignore[attr-defined]
    return {
        **jwt.get_algorithm_by_name(algorithm).to_jwk(public, as_dict=True),
        "kid": kid,
        "alg": algorithm,
        **other,
    }


def publish(project: HTTPServer, *keys: dict[str, Any]) -> None:
    """From now on this is the project's key set."""
    project.clear()
    project.expect_request(KEY_SET).respond_with_json({"keys": keys})
