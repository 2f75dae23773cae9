"""Who is calling: real tokens under real keys, a key set on a real server, and every forgery we could think of."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pytest_httpserver import HTTPServer

from shared import tokens
from shared.auth import BadToken, Caller, claimed
from shared.errors import Unavailable
from shared.settings import MissingSettings, ServiceSettings
from shared.tokens import identify

from .conftest import JWT_SECRET, PUBLISHABLE_KEY, SECRET_KEY, Environment

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


def asked_for_keys(project: HTTPServer) -> int:
    return sum(request.path == KEY_SET for request, _ in project.log)


@pytest.fixture
def no_cooldown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests do not wait half a minute between two questions."""
    monkeypatch.setattr(tokens, "KEY_SET_COOLDOWN_S", 0)


async def test_a_token_under_the_legacy_secret_identifies_its_person_where_that_is_granted(
    project: HTTPServer,
) -> None:
    """Without asking any server."""
    credential = token("HS256")

    caller = await identify(bearer(credential))

    assert Caller(SOMEBODY, "client@demo.test", credential) == caller
    assert 0 == len(project.log)


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
async def test_a_token_under_a_published_key_identifies_its_person(
    project: HTTPServer, algorithm: str
) -> None:
    """The key set is fetched once and kept."""
    publish(project, published(algorithm, "first"))

    callers = [await identify(bearer(token(algorithm, "first"))) for _ in range(3)]

    assert [SOMEBODY] * 3 == [caller.id for caller in callers if caller]
    assert 1 == asked_for_keys(project)


async def test_a_published_key_may_omit_its_algorithm(project: HTTPServer) -> None:
    """The kind of key decides then."""
    key = published("ES256", "first")
    del key["alg"]
    publish(project, key)

    caller = await identify(bearer(token("ES256", "first")))

    assert caller is not None


async def test_keys_given_as_a_setting_need_no_server(environment: Environment) -> None:
    """SUPABASE_JWKS holds the document itself."""
    document = json.dumps({"keys": [published("ES256", "first")]})
    environment(SUPABASE_URL="http://nowhere.test", SUPABASE_PUBLISHABLE_KEY="k", SUPABASE_JWKS=document)

    caller = await identify(bearer(token("ES256", "first")))

    assert caller is not None


@pytest.mark.usefixtures("no_cooldown")
async def test_a_new_key_is_found_when_the_project_rotates_keys(project: HTTPServer) -> None:
    """An unknown key id is a reason to ask again; the old key goes as soon as it is gone from the set."""
    publish(project, published("ES256", "first"))
    await identify(bearer(token("ES256", "first")))
    publish(project, published("RS256", "second"))

    caller = await identify(bearer(token("RS256", "second")))

    assert caller is not None
    with pytest.raises(BadToken):
        await identify(bearer(token("ES256", "first")))


async def test_forged_key_ids_do_not_make_us_ask_each_time(project: HTTPServer) -> None:
    """Anybody can make up key ids; the auth server must not feel it."""
    publish(project, published("ES256", "first"))

    for forged in range(20):
        with pytest.raises(BadToken):
            await identify(bearer(token("ES256", f"made-up-{forged}")))

    assert 1 == asked_for_keys(project)


async def test_requests_that_arrive_together_fetch_the_keys_once(project: HTTPServer) -> None:
    """A cold start under load fetches one key set."""
    publish(project, published("ES256", "first"))

    callers = await asyncio.gather(*[identify(bearer(token("ES256", "first"))) for _ in range(20)])

    assert all(callers)
    assert 1 == asked_for_keys(project)


@pytest.mark.usefixtures("no_cooldown")
async def test_known_keys_outlive_an_unreachable_auth_server(project: HTTPServer) -> None:
    """People stay signed in while it is down; keys that are not known are then nobody's."""
    publish(project, published("ES256", "first"))
    await identify(bearer(token("ES256", "first")))
    project.clear()

    with pytest.raises(BadToken):
        await identify(bearer(token("RS256", "second")))
    caller = await identify(bearer(token("ES256", "first")))

    assert caller is not None


async def test_without_any_key_the_answer_is_503_and_not_that_the_token_is_bad(project: HTTPServer) -> None:
    """Telling people to sign in again would be wrong: 503, every time, until the key set answers."""
    for _ in range(2):
        with pytest.raises(Unavailable):
            await identify(bearer(token("ES256", "first")))

    publish(project, published("ES256", "first"))
    assert await identify(bearer(token("ES256", "first"))) is not None


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


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"apikey": PUBLISHABLE_KEY},
        {"apikey": PUBLISHABLE_KEY, "authorization": f"Bearer {PUBLISHABLE_KEY}"},
        {"authorization": "Bearer "},
        {"authorization": ""},
        {"authorization": f"Bearer {token(role='anon', sub=None, aud=None)}"},
    ],
    ids=["nothing", "key alone", "key as bearer", "empty bearer", "empty header", "legacy anon key"],
)
@pytest.mark.usefixtures("project")
async def test_the_publishable_key_is_an_anonymous_caller(headers: dict[str, str]) -> None:
    """Older and newer clients send a missing session in different ways; all mean: not signed in."""
    assert await identify(headers) is None
    assert claimed(headers) is None


@pytest.mark.parametrize("scheme", ["Basic", "Token"])
@pytest.mark.usefixtures("project")
async def test_only_bearer_tokens_are_read(scheme: str) -> None:
    """A good token under another scheme is refused rather than overlooked."""
    with pytest.raises(BadToken):
        await identify({"authorization": f"{scheme} {token()}"})
    with pytest.raises(BadToken):
        claimed({"authorization": f"{scheme} {token()}"})


@pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
@pytest.mark.usefixtures("project")
async def test_the_scheme_may_be_written_in_any_case(scheme: str) -> None:
    """RFC 9110 allows it, and some clients do it."""
    assert await identify({"authorization": f"{scheme} {token()}"}) is not None


@pytest.mark.parametrize("headers", [{"apikey": SECRET_KEY}, {"authorization": f"Bearer {SECRET_KEY}"}])
async def test_the_secret_key_is_the_service_where_it_is_granted(
    project: HTTPServer, environment: Environment, headers: dict[str, str]
) -> None:
    """Either header will do; no token goes on to the database."""
    environment(SUPABASE_SECRET_KEY=SECRET_KEY)

    caller = await identify(headers)

    assert Caller(None, None, None, is_service=True) == caller


@pytest.mark.usefixtures("project")
async def test_the_secret_key_is_refused_where_it_is_not_granted() -> None:
    """A function that does not hold the key cannot distinguish it from a made-up one."""
    assert await identify({"apikey": SECRET_KEY}) is None
    assert claimed({"apikey": SECRET_KEY}) is None
    with pytest.raises(BadToken):
        await identify({"authorization": f"Bearer {SECRET_KEY}"})
    with pytest.raises(BadToken):
        claimed({"authorization": f"Bearer {SECRET_KEY}"})


@pytest.mark.usefixtures("project")
async def test_either_key_is_the_service_during_a_rotation(environment: Environment) -> None:
    """Callers change one after the other; both keys at once are neither."""
    old, new = f"{SECRET_KEY}-old", f"{SECRET_KEY}-new"
    environment(SUPABASE_SECRET_KEY=f"{new}, {old}")

    for key in (old, new):
        for headers in ({"apikey": key}, {"authorization": f"Bearer {key}"}):
            caller = await identify(headers)
            assert caller is not None and caller.is_service
    assert new == ServiceSettings.read().key
    for made_up in (f"{new}, {old}", f"{new},{old}", SECRET_KEY):
        assert await identify({"apikey": made_up}) is None


@pytest.mark.parametrize(
    "keys", [",", f"{SECRET_KEY},", f",{SECRET_KEY}", "sb_secret_1,sb_secret_2,sb_secret_3"]
)
def test_keys_are_one_or_two(environment: Environment, keys: str) -> None:
    """A third is one that somebody forgot."""
    environment(SUPABASE_SECRET_KEY=keys)

    with pytest.raises(MissingSettings, match="SUPABASE_SECRET_KEY must be one key, or two"):
        ServiceSettings.read()


@pytest.mark.parametrize("made_up", [SECRET_KEY + "x", SECRET_KEY[:-1], "sb_secret_", "sb_secret_ä"])
@pytest.mark.usefixtures("project")
async def test_a_made_up_secret_key_is_refused(environment: Environment, made_up: str) -> None:
    """As a bearer it is a bad token; as an apikey alone it names nobody."""
    environment(SUPABASE_SECRET_KEY=SECRET_KEY)

    with pytest.raises(BadToken):
        await identify({"authorization": f"Bearer {made_up}"})
    assert await identify({"apikey": made_up}) is None


@pytest.mark.usefixtures("project")
async def test_a_person_with_a_made_up_secret_key_is_still_only_that_person() -> None:
    """The token decides who it is."""
    caller = await identify({"apikey": "sb_secret_made", "authorization": f"Bearer {token()}"})

    assert caller is not None
    assert not caller.is_service


BEARERS = {
    "a person's token": (token, SOMEBODY),
    "the publishable key": (lambda: PUBLISHABLE_KEY, None),
    "a legacy anon key": (lambda: token(role="anon", sub=None, aud=None), None),
    "a forged token": (lambda: token(key="another made-up secret of more than 32 bytes"), BadToken),
    "an expired token": (lambda: token(exp=int(time.time()) - 60), BadToken),
    "a token that claims to be the service": (
        lambda: token(key="another made-up secret of more than 32 bytes", role="service_role"),
        BadToken,
    ),
}


@pytest.mark.parametrize(("made", "who"), BEARERS.values(), ids=BEARERS.keys())
@pytest.mark.usefixtures("project")
async def test_a_bearer_beside_the_secret_key_is_never_the_service(
    environment: Environment, made: Callable[[], str], who: Any
) -> None:
    """Whatever lends somebody the key, they are who their token says: a person, nobody, or refused."""
    environment(SUPABASE_SECRET_KEY=SECRET_KEY)
    headers = {"apikey": SECRET_KEY, "authorization": f"Bearer {made()}"}

    if who is BadToken:
        with pytest.raises(BadToken):
            await identify(headers)
    else:
        caller = await identify(headers)
        assert who == (caller and caller.id)
        assert caller is None or not caller.is_service


async def test_a_legacy_anon_key_is_known_without_any_secret(
    project: HTTPServer, environment: Environment
) -> None:
    """supabase-js sends the key as a bearer, too; where it is still a token, it is the same as what we have."""
    key = token(role="anon", sub=None, aud=None)
    environment(SUPABASE_JWT_SECRET=None, SUPABASE_PUBLISHABLE_KEY=key)

    assert await identify(bearer(key)) is None
    assert 0 == len(project.log)


@pytest.mark.usefixtures("project")
async def test_the_legacy_service_key_is_the_service() -> None:
    """It is a token of the project's own making; which functions serve it is said by their contract."""
    caller = await identify(bearer(token(role="service_role", sub=None, aud=None)))

    assert caller is not None
    assert caller.is_service


class CountedVerify:
    """`verify`, and how often it was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.times = 0
        self._verify = tokens.verify
        monkeypatch.setattr(tokens, "verify", self)

    async def __call__(self, credential: str) -> dict[str, Any]:
        self.times += 1
        return await self._verify(credential)


@pytest.mark.usefixtures("project")
async def test_a_token_is_verified_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """Signatures are the dearest part of a request; the same token a moment later is the same person."""
    verified, credential = CountedVerify(monkeypatch), token()

    callers = [await identify(bearer(credential)) for _ in range(3)]
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + tokens.VERIFIED_FOR_S + 1)
    callers.append(await identify(bearer(credential)))

    assert [Caller(SOMEBODY, "client@demo.test", credential)] * 4 == callers
    assert 2 == verified.times


@pytest.mark.usefixtures("project")
async def test_a_cached_token_expires_on_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Caching adds nothing to its life; the leeway for clocks is the verifier's."""
    verified, credential = CountedVerify(monkeypatch), token(exp=int(time.time()) - 5)

    for _ in range(2):
        await identify(bearer(credential))

    assert 2 == verified.times


@pytest.mark.usefixtures("project")
async def test_the_cache_holds_whole_tokens_and_only_valid_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A token that differs in its signature alone is another token; a bad one is bad each time."""
    credential = token()
    await identify(bearer(credential))
    header, payload, signature = credential.split(".")
    verified = CountedVerify(monkeypatch)

    for _ in range(2):
        with pytest.raises(BadToken):
            await identify(bearer(f"{header}.{payload}.{signature[::-1]}"))

    assert 2 == verified.times


@pytest.mark.usefixtures("project")
async def test_the_cache_of_tokens_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "VERIFIED_TOKENS_LIMIT", 2)

    for person in range(5):
        await identify(bearer(token(session_id=str(person))))

    assert 2 == len(tokens._verified)
