"""Who is calling. A credential is absent, good or bad; a bad one is refused, never downgraded to anonymous.

Supabase sends a user's access token as `Authorization: Bearer <jwt>`, and the project key as `apikey`. Without a
session the bearer is absent, or the publishable key itself: both mean "not signed in". A bearer decides wherever there
is one: a person's is that person, also beside the secret key.

Whoever decides verifies. A function that only hands the caller's token on to the database reads here whom it names;
whether it is good is said by the database, before it answers anything. Who holds a secret, or does something first,
verifies with `tokens.py`. Either asks the same of what a token says.
"""

import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic_core import from_json

from .errors import NotSignedIn
from .settings import SupabaseSettings

COMPACT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
LONGEST_TOKEN = 32 * 1024  # PostgREST reads no more than 50 KiB of headers


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: a signed-in user, or the platform itself (`is_service`). Verified, unless `is_claimed`.

    `aal` is how sure auth was of them, aal2 with a second factor; who signed in without an account is anonymous.
    """

    id: UUID | None
    email: str | None
    token: str | None
    is_service: bool = False
    aal: str | None = None
    is_anonymous: bool = False
    is_claimed: bool = False

    def __str__(self) -> str:
        return "service" if self.is_service else str(self.id)


class BadToken(NotSignedIn):
    """A token was sent and is not good."""

    code = "invalid_token"
    sentence = "Your session is not valid any more. Please sign in again."


def claimed(headers: Mapping[str, str]) -> Caller | None:
    """The caller whom a request's token names, for a function that shows it to the database before it does anything.

    Raises BadToken for a token that names nobody. None: nobody is signed in.
    """
    token = read_bearer(headers)
    return None if is_nobodys(token) else named_in(_read_claims(token), token, is_claimed=True)


def read_bearer(headers: Mapping[str, str]) -> str:
    """The bearer, or nothing. Raises BadToken for a credential of any other kind."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme and scheme.lower() != "bearer":
        raise BadToken("invalid_token", "Only bearer tokens are accepted.")
    return token.strip()


def is_nobodys(token: str) -> bool:
    """Whether it says that nobody is signed in; a legacy anon key is a token itself."""
    public = SupabaseSettings.read().supabase_publishable_key
    return not token or token.startswith("sb_publishable_") or token == public


def refuse_odd(token: str) -> None:
    """Raises BadToken for what is no token: base64 decoders skip what does not belong, and it goes on as it came."""
    if len(token) > LONGEST_TOKEN or not COMPACT.fullmatch(token):
        raise BadToken()


def named_in(claims: dict[str, Any], token: str, *, is_claimed: bool = False) -> Caller | None:
    """Whom the claims of a token name. Raises BadToken if that is nobody, or if they never end."""
    if not isinstance(claims.get("exp"), int | float):
        raise BadToken()  # the database would take it, for ever
    match claims.get("role"):
        case "authenticated" if claims.get("aud") == "authenticated":
            try:
                return Caller(
                    UUID(claims["sub"]),
                    claims.get("email"),
                    token,
                    aal=claims.get("aal"),
                    is_anonymous=claims.get("is_anonymous") is True,
                    is_claimed=is_claimed,
                )
            except (KeyError, TypeError, ValueError, AttributeError):
                raise BadToken() from None
        case "service_role":
            return Caller(None, None, token, is_service=True, is_claimed=is_claimed)
        case "anon":
            return None
    raise BadToken()


def _read_claims(token: str) -> dict[str, Any]:
    """What a token says, unverified."""
    refuse_odd(token)
    payload = token.split(".")[1]
    try:
        claims = from_json(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)), allow_inf_nan=False)
    except ValueError:
        raise BadToken() from None
    if not isinstance(claims, dict):
        raise BadToken()
    return claims
