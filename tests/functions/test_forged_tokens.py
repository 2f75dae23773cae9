"""Forged, odd and foreign tokens where the database finds out: refused as where the function verifies itself."""

import base64
import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from deploy.functions import functions
from local.config import sign
from tests.cast import Stage

from .test_gone_accounts import BODIES, NOBODY

FORWARDS = sorted(n for n, f in functions().items() if "user" in f.callers and not f.verifies)
HANDS_ON, VERIFIES = "get-liability-waiver-status", "get-banking-key"
BAD = (401, "invalid_token", "Your session is not valid any more. Please sign in again.")
NOBODY_IS_IN = (401, "not_signed_in", "Please sign in first.")
NOT_ALLOWED = (403, "not_allowed", "You are not allowed to do this.")


class Forger:
    """Somebody with a good token of their own, and, for what auth itself could issue, the project's key."""

    def __init__(self, stage: Stage) -> None:
        self.person = stage.client()
        self.header, self.payload, self.signature = self.person.token.split(".")
        self.claims = jwt.decode(self.person.token, options={"verify_signature": False})
        self.key = jwt.PyJWK(json.loads(stage.env["JWT_SIGNING_KEY"]))
        self.victim = str(stage.admin().id)
        self.publishable = stage.env["SUPABASE_PUBLISHABLE_KEY"]

    def issued(self, *without: str, **claims: Any) -> str:
        """By the project's own key, however odd."""
        said = {name: value for name, value in (self.claims | claims).items() if name not in without}
        return sign(said, self.key)

    def signed_by(self, key: Any, algorithm: str, **headers: Any) -> str:
        """As the victim, by a key that is not the project's."""
        return jwt.encode(self.claims | {"sub": self.victim}, key, algorithm, headers)

    def hmac_of(self, secret: bytes) -> str:
        """HS256 under a public key, which PyJWT itself refuses to use."""
        signed = (
            f"{part({'alg': 'HS256', 'kid': self.key.key_id})}.{part(self.claims | {'sub': self.victim})}"
        )
        signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(
            signed.encode(), secret
        )
        return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"

    def public(self, encoding: Encoding) -> bytes:
        public: bytes = self.key.key.public_key().public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)
        return public


def part(said: Any) -> str:
    raw = said if isinstance(said, bytes) else json.dumps(said).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def now() -> int:
    return int(time.time())


# Each is refused with the same words by both kinds of function.
FORGERIES: dict[str, Callable[[Forger], str]] = {
    "not a token": lambda who: "made-up",
    "a token and another word": lambda who: f"{who.person.token} admin",
    "a letter too many": lambda who: f"{who.person.token}=",
    "a part too many": lambda who: f"{who.person.token}.e30",
    "a part too few": lambda who: f"{who.header}.{who.payload}",
    "no signature": lambda who: f"{who.header}.{who.payload}.",
    "no algorithm": lambda who: f"{part({'alg': 'none'})}.{who.payload}.",
    "no algorithm, and a signature": lambda who: f"{part({'alg': 'none'})}.{who.payload}.{who.signature}",
    "no algorithm, oddly spelt": lambda who: f"{part({'alg': 'nOnE'})}.{who.payload}.{who.signature}",
    "a header that is no object": lambda who: f"{part([])}.{who.payload}.{who.signature}",
    "a header that is no JSON": lambda who: f"{part(b'{')}.{who.payload}.{who.signature}",
    "a header that asks for more": lambda who: who.signed_by(who.key.key, "ES256", crit=["x"], x=1),
    "somebody else's id": lambda who: (
        f"{who.header}.{part(who.claims | {'sub': who.victim})}.{who.signature}"
    ),
    "a turned signature": lambda who: f"{who.header}.{who.payload}.{who.signature[::-1]}",
    "another key under the known id": lambda who: who.signed_by(
        ec.generate_private_key(ec.SECP256R1()), "ES256", kid=who.key.key_id
    ),
    "another key under another id": lambda who: who.signed_by(
        ec.generate_private_key(ec.SECP256R1()), "ES256", kid="other"
    ),
    "another key that it brings along": lambda who: (
        (key := ec.generate_private_key(ec.SECP256R1()))
        and who.signed_by(key, "ES256", jwk=jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True))
    ),
    "HS256 under a guess": lambda who: who.signed_by("a made-up secret of more than 32 bytes", "HS256"),
    "HS256 under the public key": lambda who: who.hmac_of(who.public(Encoding.PEM)),
    "HS256 under the public key's bytes": lambda who: who.hmac_of(who.public(Encoding.DER)),
    "HS256 under nothing": lambda who: who.hmac_of(b""),
    "HS256 under the publishable key": lambda who: who.hmac_of(who.publishable.encode()),
    # Signed by the project's own key: auth does not issue them, and both refuse them all the same.
    "expired": lambda who: who.issued(exp=now() - 60),
    "expired long ago": lambda who: who.issued(exp=1),
    "never ending": lambda who: who.issued("exp"),
    "an end that is a word": lambda who: who.issued(exp="never"),
    "an end that is null": lambda who: who.issued(exp=None),
    "not yet valid": lambda who: who.issued(nbf=now() + 3600),
    "issued tomorrow": lambda who: who.issued(iat=now() + 86400),
    "a beginning that is a word": lambda who: who.issued(nbf="soon"),
    "no role": lambda who: who.issued("role"),
    "a role that is null": lambda who: who.issued(role=None),
    "the database's own role": lambda who: who.issued(role="postgres"),
    "the role that takes others on": lambda who: who.issued(role="authenticator"),
    "several roles": lambda who: who.issued(role=["authenticated"]),
    "for another audience": lambda who: who.issued(aud="somebody else"),
    "for several audiences": lambda who: who.issued(aud=["authenticated", "somebody else"]),
    "for no audience": lambda who: who.issued("aud"),
    "of nobody": lambda who: who.issued("sub"),
    "of a number": lambda who: who.issued(sub=42),
    "of a name": lambda who: who.issued(sub="admin"),
}


@pytest.fixture(scope="module")
def forger(stage: Stage) -> Forger:
    return Forger(stage)


def ask(stage: Stage, name: str, bearer: str, body: Any = None) -> httpx.Response:
    return stage.invoke(name, body, headers={"authorization": f"Bearer {bearer}"})


def told(reply: httpx.Response) -> tuple[int, str, str]:
    """What a refusal says, which has the one shape and can be read by a browser."""
    said = reply.json()
    assert {"error", "code", "message", "details", "hint"} == said.keys()
    assert "*" == reply.headers["access-control-allow-origin"]
    return reply.status_code, said["code"], said["error"]


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_bad_token_is_refused_alike_by_the_database_and_by_a_function(
    stage: Stage, forger: Forger, forge: Callable[[Forger], str]
) -> None:
    bearer = forge(forger)

    assert {BAD} == {told(ask(stage, name, bearer)) for name in (HANDS_ON, VERIFIES)}


def test_a_good_token_is_taken_by_both(stage: Stage, forger: Forger) -> None:
    """Or everything above would be refused for another reason."""
    for bearer in (forger.person.token, forger.issued()):
        assert [200, 200] == [ask(stage, name, bearer).status_code for name in (HANDS_ON, VERIFIES)]


@pytest.mark.parametrize("name", FORWARDS)
def test_every_function_that_hands_a_token_on_refuses_what_is_not_good(
    stage: Stage, forger: Forger, name: str
) -> None:
    """With a body that is good: nothing else is there to refuse. Nobody is nobody, and the platform no person."""
    body = {
        key: NOBODY if str(value).startswith("$") else value for key, value in BODIES.get(name, {}).items()
    }
    for bad in ("somebody else's id", "another key under the known id", "HS256 under a guess", "expired"):
        assert BAD == told(ask(stage, name, FORGERIES[bad](forger), body)), bad
    for nobody in (
        forger.publishable,
        "sb_publishable_another",
        forger.issued("sub", "aud", role="anon"),
    ):
        assert NOBODY_IS_IN == told(ask(stage, name, nobody, body)), nobody
    assert NOBODY_IS_IN == told(stage.invoke(name, body))
    # The database would serve this one as the platform: it is not handed on. The gateway makes it of the secret key.
    assert NOT_ALLOWED == told(stage.invoke(name, body, headers={"apikey": stage.env["SUPABASE_SECRET_KEY"]}))
    assert NOT_ALLOWED == told(ask(stage, name, forger.issued("sub", "aud", role="service_role"), body))


def test_a_person_beside_the_secret_key_is_that_person(stage: Stage) -> None:
    """A proxy that lends its own key lends no rights with it."""
    headers = {"apikey": stage.env["SUPABASE_SECRET_KEY"]}
    reply = stage.invoke("list-users", {}, as_=stage.client(), headers=headers)

    assert 403 == reply.status_code, reply.text


def test_a_token_of_somebody_gone_is_still_only_theirs(stage: Stage) -> None:
    """A good token of an id that was never anybody's: it reads nothing of others."""
    nobody = stage.with_claims(stage.client(), sub=str(uuid.uuid4()))
    reply = stage.invoke("check-session-credits", {}, as_=nobody)

    assert reply.status_code == 200, reply.text
    assert not [lot for lots in reply.json().values() if isinstance(lots, list) for lot in lots]


def test_a_bad_body_is_told_before_the_token_is_looked_at(stage: Stage, forger: Forger) -> None:
    """As decided: the database is asked last. It says nothing of anybody."""
    reply = ask(stage, "cancel-session", FORGERIES["somebody else's id"](forger), {"session_id": "x"})

    assert 422 == reply.status_code
