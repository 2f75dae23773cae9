"""What the project answers with our keys: the Data API, auth, storage, and how everything is going."""

import json
import time
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from uuid import uuid4

import httpx
import jwt

from deploy.api import Api, refusals
from deploy.functions import Function
from shared import tokens
from shared.settings import ServiceSettings

from .database import SKEW_S
from .findings import Environment, NotLookedAt, get

BUCKET = "session-recordings"
ROUND_S = 300  # of the invariants

# Without an active row of each nobody can book.
ACTIVE = {
    "waiver_policy": "nobody can sign a waiver",
    "cancellation_policy": "nobody can book",
}


def keys(env: Environment) -> Iterator[str]:
    """Each key of the project, tried, and that neither is what the other should be."""
    public = env["SUPABASE_PUBLISHABLE_KEY"]
    with Api(env, public) as api:
        status = api.status_of(_nothing_of(api, "session_types"))
    if _role_of(public) == "service_role" or public.startswith("sb_secret_"):
        yield "SUPABASE_PUBLISHABLE_KEY is a secret key: whoever is given it may do anything"
    elif status in (401, 403):
        yield "SUPABASE_PUBLISHABLE_KEY is refused"
    elif status >= 500:
        yield f"{api.client.rest_url} answers {status}"
    if _algorithm_of(public) == "HS256":
        yield (
            "SUPABASE_PUBLISHABLE_KEY is a legacy key, signed with the JWT secret, which then still holds: whoever "
            "knows it can sign for anybody; make a publishable key, then revoke the secret"
        )
    yield from _clock(api.answer)


def _nothing_of(api: Api, table: str) -> Callable[[], object]:
    """Whether it may be asked, without a row of it."""
    return api.client.from_(table).select("id").limit(0).execute


def _algorithm_of(key: str) -> str | None:
    try:
        return str(jwt.get_unverified_header(key).get("alg"))
    except jwt.PyJWTError:
        return None


def _role_of(key: str) -> str | None:
    try:
        return str(jwt.decode(key, options={"verify_signature": False}).get("role"))
    except jwt.PyJWTError:
        return None


def _clock(reply: httpx.Response) -> Iterator[str]:
    """Tokens, signatures and links end by the clock."""
    if "date" in reply.headers:
        skew = parsedate_to_datetime(reply.headers["date"]).timestamp() - time.time()
        if abs(skew) > SKEW_S:
            yield f"the clock of {reply.url.host} is {skew:+.0f} s from this one's; one of them is wrong"


def database(env: Environment) -> Iterator[str]:
    """Whether the Data API takes our secret keys, and has our tables."""
    first, *second = ServiceSettings.from_environment(env).keys
    with Api(env, first) as api:
        status = api.status_of(_nothing_of(api, "session_recordings"))
        if status in (401, 403):
            yield "SUPABASE_SECRET_KEY is refused"
        elif status == 404:
            yield (
                "the migrations are not applied; run supabase db push"
                " (into a platform in use: python -m deploy migrations --beside DIR)"
            )
        elif status != 200:
            yield f"{api.client.rest_url} answers {status}"
        else:
            yield from _policies(api)
            yield from _exposed(api)
    if second:
        with Api(env, *second) as api:
            if api.status_of(_nothing_of(api, "session_recordings")) in (401, 403):
                yield "the second SUPABASE_SECRET_KEY is refused, and functions still accept it; take it out"


def _policies(api: Api) -> Iterator[str]:
    for table, means in ACTIVE.items():
        active = api.client.from_(table).select("id").is_("is_active", "true").limit(1)
        if api.status_of(active.execute) == 200 and not api.answer.json():
            yield f"no row of {table} is active: {means}; insert one, or make one active"


def _exposed(api: Api) -> Iterator[str]:
    """The API's own setting: which schemas it shows."""
    if api.status_of(api.client.schema("private").from_("rate_limits").select("*").limit(0).execute) != 406:
        yield "the API shows the schema private; take it out of the exposed schemas"


def sign_in(env: Environment, functions: list[Function]) -> Iterator[str]:
    """Without published keys only HS256 is left, where it is granted."""
    public = env["SUPABASE_PUBLISHABLE_KEY"]
    reply = get(f"{env['SUPABASE_URL']}/auth/v1/.well-known/jwks.json", public)
    if reply.status_code != 200:
        yield f"the key set answers {reply.status_code}; is SUPABASE_URL right?"
        return
    published = {key.get("kid") for key in reply.json().get("keys") or ()}
    if not published:
        granted = "SUPABASE_JWT_SECRET" in env
        blind = [
            function.name
            for function in functions
            if function.verifies
            and "user" in function.callers
            and not (granted and "SUPABASE_JWT_SECRET" in function.secrets)
        ]
        if blind:
            yield f"the key set is empty, so {', '.join(blind)} can verify nobody's token; create a signing key"
    if (
        env.get("SUPABASE_JWKS")
        and {key.key_id for key in tokens.read_keys(env["SUPABASE_JWKS"].encode())} != published
    ):
        yield "SUPABASE_JWKS has other keys than the project publishes: newer tokens are refused; take it out"
    settings = get(f"{env['SUPABASE_URL']}/auth/v1/settings", public)
    if settings.status_code == 200 and settings.json().get("external", {}).get("anonymous_users"):
        yield "anonymous sign-ins are on: whoever asks is given a person's rights; switch them off in auth"
    yield from _legacy_secret(env)
    yield from _issued_token(env, public)


def _legacy_secret(env: Environment) -> Iterator[str]:
    """Whether the project takes what is signed with the old secret."""
    secret = env.get("SUPABASE_JWT_SECRET", "").strip()
    if not secret:
        return
    claims = {"role": "anon", "iss": "supabase", "iat": int(time.time()), "exp": int(time.time()) + 60}
    token = jwt.encode(claims, secret, "HS256")
    with Api(env, env["SUPABASE_PUBLISHABLE_KEY"]) as api:
        api.client.postgrest.auth(token)
        status = api.status_of(_nothing_of(api, "session_types"))
    if status == 200:
        yield "the project still takes tokens of SUPABASE_JWT_SECRET: whoever has it can sign for anybody; revoke it"
    else:
        yield "SUPABASE_JWT_SECRET is set and signs nothing that the project takes; take it out everywhere"


def _issued_token(env: Environment, public: str) -> Iterator[str]:
    """Whether the published keys verify what auth issues."""
    email, password = env.get("DOCTOR_EMAIL"), env.get("DOCTOR_PASSWORD")
    if not (email and password):
        yield NotLookedAt(
            "whether tokens that auth issues verify: set DOCTOR_EMAIL and DOCTOR_PASSWORD, of an account without a role"
        )
        return
    with Api(env, public) as api:
        try:
            token = api.sign_in(email, password).access_token
        except refusals():
            yield f"DOCTOR_EMAIL cannot sign in: auth answers {api.answer.status_code}"
            return
    published = get(f"{env['SUPABASE_URL']}/auth/v1/.well-known/jwks.json", public).json()
    known = {key.key_id: key.key for key in tokens.read_keys(json.dumps(published).encode())}
    header = jwt.get_unverified_header(token)
    if header.get("alg") == "HS256":
        yield "auth signs with the legacy secret; rotate to a signing key"
    elif header.get("kid") not in known:
        yield "auth signs with a key that it does not publish: nobody can verify a token"
    else:
        try:
            jwt.decode(token, known[header["kid"]], [header["alg"]], options={"verify_aud": False})
        except jwt.PyJWTError as error:
            yield f"a token that auth has just issued does not verify: {error}"


def storage(env: Environment) -> Iterator[str]:
    """The bucket, and that a file can be put into it and taken out of it again."""
    path = f"doctor/{uuid4()}.mp4"
    with Api(env, ServiceSettings.from_environment(env).key, seconds=20) as api:
        storage = api.client.storage
        status = api.status_of(lambda: storage.get_bucket(BUCKET))
        if status in (401, 403):
            yield "SUPABASE_SECRET_KEY is refused"
            return
        if status != 200:
            yield f"the bucket {BUCKET} is not there ({status}); run supabase db push"
            return
        if api.answer.json()["public"]:
            yield f"the bucket {BUCKET} is public; everybody can watch the sessions"
        files = storage.from_(BUCKET)
        status = api.status_of(lambda: files.upload(path, b"doctor", {"content-type": "video/mp4"}))
        if not api.answer.is_success:
            yield f"nothing can be put into the bucket {BUCKET}: {status} {api.answer.text[:200]}"
            return
        status = api.status_of(lambda: files.download(path))
        if api.answer.content != b"doctor":
            yield f"what is put into the bucket {BUCKET} does not come back: {status}"
        status = api.status_of(lambda: files.remove([path]))
        if not api.answer.is_success:
            yield f"{BUCKET}/{path} cannot be deleted again: {status} {api.answer.text[:200]}"


def invariants(env: Environment) -> Iterator[str]:
    """What check-invariants asks, without the function: money is looked at even while nothing is deployed."""
    began, until = False, time.monotonic() + ROUND_S
    with Api(env, ServiceSettings.from_environment(env).key, seconds=60) as api:
        while time.monotonic() < until:
            status = api.status_of(api.client.rpc("advance_invariant_round").execute)
            if status != 200:
                yield f"advance_invariant_round answers {status}"
                return
            (pieces,) = api.answer.json()
            began = began or pieces["begins"]
            if began and pieces["is_complete"]:
                break
        else:
            yield f"the invariants take more than {ROUND_S} s; what is said of them may be of an earlier round"
        status = api.status_of(api.client.rpc("check_invariants").execute)
    if status != 200:
        yield f"check_invariants answers {status}"
        return
    for found in api.answer.json():
        if found.get("waits"):
            continue  # a person's work, which `status` tells of
        yield f"{found['rule']}: {found['broken']} times, as in {', '.join(found['examples'])}"


def running(env: Environment) -> Iterator[str]:
    """What `status` tells a monitor: a scheduler that does not call, a queue that nobody works off."""
    with Api(env, ServiceSettings.from_environment(env).key, seconds=30) as api:
        status = api.status_of(api.client.rpc("ops_status").execute)
    if status != 200:
        yield f"ops_status answers {status}"
        return
    for problem in api.answer.json()[0]["problems"]:
        if problem["code"] != "invariant_broken":  # said anew above
            yield problem["what"]
