"""Verified callers: for a function that decides something itself, since nobody behind it will look again.

Tokens are ES256/RS256 under a key of the project's key set; a function that was granted the legacy secret takes HS256
too. The key decides the algorithm, never the token: a public key can not be used as an HMAC secret.
Only bundles of such functions have this file, and the packages that it imports.
"""

import asyncio
import hmac
import time
from collections.abc import Mapping
from typing import Any

from .auth import BadToken, Caller, is_nobodys, named_in, read_bearer, refuse_odd
from .errors import Unavailable
from .http import send
from .settings import LegacyTokenSettings, MissingSettings, ServiceSettings, SupabaseSettings

ASYMMETRIC = ("ES256", "RS256")
KEY_SET_LIFETIME_S = 600  # as long as the auth server and its edge cache theirs
KEY_SET_COOLDOWN_S = 30  # an unknown key id asks again, but not for every forged token
VERIFIED_FOR_S = 60  # a page asks several times with one token; PostgREST verifies it each time anyway
VERIFIED_TOKENS_LIMIT = 1000


async def identify(headers: Mapping[str, str]) -> Caller | None:
    """The caller named by the request's headers, or None if there is no credential of a person or the platform.

    Raises BadToken for a token that is malformed, forged, expired or of an unknown key.
    """
    token = read_bearer(headers)
    # Order matters: whoever lends a person the secret key, as a careless proxy does, must not make them the service.
    if _is_secret_key(token or headers.get("apikey", "")):
        return Caller(None, None, None, is_service=True)
    return None if is_nobodys(token) else await _caller_of(token)


def _is_secret_key(key: str) -> bool:
    """Only a function that holds the secret key can recognise it, or both of them during a rotation."""
    if not key.startswith("sb_secret_"):
        return False
    try:
        expected = ServiceSettings.read().keys
    except MissingSettings:  # this function was not granted the key: for it, there is no such caller
        return False
    return any(hmac.compare_digest(key.encode(), each.encode()) for each in expected)


async def _caller_of(token: str) -> Caller | None:
    """Who a token names; remembered for a moment, by the whole token, and never past its end."""
    caller, until = _verified.get(token, (None, 0.0))
    now = time.time()
    if now < until:
        return caller
    refuse_odd(token)
    claims = await verify(token)
    caller = named_in(claims, token)
    if len(_verified) >= VERIFIED_TOKENS_LIMIT:
        del _verified[next(iter(_verified))]  # the oldest; forged ones never got in
    _verified[token] = caller, min(now + VERIFIED_FOR_S, float(claims["exp"]))
    return caller


async def verify(token: str) -> dict[str, Any]:
    """The claims of a token whose signature and times are good. Raises BadToken."""
    import jwt  # 100 ms to import: only requests that bring a token pay for it

    try:
        header = jwt.get_unverified_header(token)
        key, algorithms = await _key_for(header)
        return jwt.decode(
            token,
            key,
            algorithms=algorithms,
            options={"require": ["exp", "role"], "verify_aud": False},
            leeway=10,
        )
    except jwt.PyJWTError as error:
        raise BadToken() from error


async def _key_for(header: dict[str, Any]) -> tuple[Any, list[str]]:
    """The verification key for a token's header, with the one family of algorithms that this key is for."""
    settings = SupabaseSettings.read()
    if header.get("alg") == "HS256":
        if secret := LegacyTokenSettings.read().supabase_jwt_secret:
            return secret, ["HS256"]
    elif header.get("alg") in ASYMMETRIC and isinstance(header.get("kid"), str):
        key = await _key_set.find(header["kid"], settings)
        if key is not None and key.algorithm_name in ASYMMETRIC:
            return key.key, [key.algorithm_name]
    raise BadToken()


class _KeySet:
    """The project's public signing keys, fetched when first needed and again when an unknown key id appears."""

    def __init__(self) -> None:
        self._keys: dict[str, Any] = {}
        self._fetched_at = self._asked_at = float("-inf")
        self._asking = asyncio.Lock()

    async def find(self, key_id: str, settings: SupabaseSettings) -> Any:
        if self._is_due(key_id):
            async with self._asking:  # requests that arrive together ask once
                if self._is_due(key_id):
                    await self._fetch(settings)
        return self._keys.get(key_id)

    def _is_due(self, key_id: str) -> bool:
        now = time.monotonic()
        if now - self._fetched_at < KEY_SET_LIFETIME_S and key_id in self._keys:
            return False
        never_fetched = self._fetched_at == float("-inf")
        return never_fetched or now - self._asked_at > KEY_SET_COOLDOWN_S

    async def _fetch(self, settings: SupabaseSettings) -> None:
        self._asked_at = time.monotonic()
        try:
            document = settings.supabase_jwks.encode() or await _download(settings)
            self._keys = {key.key_id: key for key in read_keys(document) if key.key_id}
        except Unavailable:
            if not self._keys:
                raise
            return  # the keys we know are still good; the auth server is having a moment
        self._fetched_at = time.monotonic()


async def _download(settings: SupabaseSettings) -> bytes:
    url = f"{settings.supabase_url.rstrip('/')}/auth/v1/.well-known/jwks.json"
    reply = await send("GET", url, {"apikey": settings.supabase_publishable_key})
    if reply.status != 200:
        raise Unavailable("key_set_unavailable")
    return bytes(reply.body)


def read_keys(document: bytes) -> list[Any]:
    """The keys of a published set."""
    import jwt

    try:
        return list(jwt.PyJWKSet.from_json(document.decode()).keys)
    except jwt.PyJWKSetError:
        return []  # an HS256 project publishes an empty set
    except ValueError as error:
        raise Unavailable("key_set_unavailable") from error


_key_set = _KeySet()
_verified: dict[str, tuple[Caller | None, float]] = {}
