"""What the project answers with our keys: the Data API, auth, storage, and how everything is going."""

import json
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from uuid import uuid4

import httpx
import jwt

from deploy.functions import Function
from shared import auth
from shared.settings import ServiceSettings, SupabaseSettings

from .database import SKEW_S
from .findings import Environment, NotLookedAt, get

ROUND_S = 300  # of the invariants

# Without an active row of each nobody can book.
ACTIVE = {
    "waiver_policy": "nobody can sign a waiver",
    "cancellation_policy": "nobody can book",
}


def keys(env: Environment) -> Iterator[str]:
    """Each key of the project, tried, and that neither is what the other should be."""
    base = SupabaseSettings.from_environment(env).rest_url
    public = env["SUPABASE_PUBLISHABLE_KEY"]
    reply = get(f"{base}/session_types?select=id&limit=0", public)
    if _role_of(public) == "service_role" or public.startswith("sb_secret_"):
        yield "SUPABASE_PUBLISHABLE_KEY is a secret key: whoever is given it may do anything"
    elif reply.status_code in (401, 403):
        yield "SUPABASE_PUBLISHABLE_KEY is refused"
    elif reply.status_code >= 500:
        yield f"{base} answers {reply.status_code}"
    if _algorithm_of(public) == "HS256":
        yield (
            "SUPABASE_PUBLISHABLE_KEY is a legacy key, signed with the JWT secret, which then still holds: whoever "
            "knows it can sign for anybody; make a publishable key, then revoke the secret"
        )
    yield from _clock(reply)


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
    base = SupabaseSettings.from_environment(env).rest_url
    first, *second = ServiceSettings.from_environment(env).keys
    reply = get(f"{base}/session_recordings?select=id&limit=0", first)
    if reply.status_code in (401, 403):
        yield "SUPABASE_SECRET_KEY is refused"
    elif reply.status_code == 404:
        yield (
            "the migrations are not applied; run supabase db push"
            " (into a platform in use: python -m deploy migrations --beside DIR)"
        )
    elif reply.status_code != 200:
        yield f"{base} answers {reply.status_code}"
    else:
        yield from _policies(base, first)
        yield from _exposed(base, first)
    if second and get(f"{base}/session_recordings?select=id&limit=0", *second).status_code in (401, 403):
        yield "the second SUPABASE_SECRET_KEY is refused, and functions still accept it; take it out"


def _policies(base: str, key: str) -> Iterator[str]:
    for table, means in ACTIVE.items():
        reply = get(f"{base}/{table}?select=id&is_active=is.true&limit=1", key)
        if reply.status_code == 200 and not reply.json():
            yield f"no row of {table} is active: {means}; insert one, or make one active"


def _exposed(base: str, key: str) -> Iterator[str]:
    """The API's own setting: which schemas it shows."""
    headers = {"apikey": key, "accept-profile": "private"}
    reply = httpx.get(f"{base}/rate_limits?limit=0", headers=headers, timeout=10)
    if reply.status_code != 406:
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
            if "user" in function.callers and not (granted and "SUPABASE_JWT_SECRET" in function.secrets)
        ]
        if blind:
            yield f"the key set is empty, so {', '.join(blind)} can verify nobody's token; create a signing key"
    if (
        env.get("SUPABASE_JWKS")
        and {key.key_id for key in auth.read_keys(env["SUPABASE_JWKS"].encode())} != published
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
    url = f"{SupabaseSettings.from_environment(env).rest_url}/session_types?select=id&limit=0"
    headers = {"apikey": env["SUPABASE_PUBLISHABLE_KEY"], "authorization": f"Bearer {token}"}
    if httpx.get(url, headers=headers, timeout=10).status_code == 200:
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
    url = f"{env['SUPABASE_URL']}/auth/v1/token?grant_type=password"
    body = {"email": email, "password": password}
    reply = httpx.post(url, headers={"apikey": public}, json=body, timeout=10)
    if reply.status_code != 200:
        yield f"DOCTOR_EMAIL cannot sign in: auth answers {reply.status_code}"
        return
    token = reply.json()["access_token"]
    published = get(f"{env['SUPABASE_URL']}/auth/v1/.well-known/jwks.json", public).json()
    known = {key.key_id: key.key for key in auth.read_keys(json.dumps(published).encode())}
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
    key = ServiceSettings.from_environment(env).key
    base = f"{env['SUPABASE_URL']}/storage/v1"
    reply = get(f"{base}/bucket/session-recordings", key)
    if reply.status_code in (401, 403):
        yield "SUPABASE_SECRET_KEY is refused"
        return
    if reply.status_code != 200:
        yield f"the bucket session-recordings is not there ({reply.status_code}); run supabase db push"
        return
    if reply.json()["public"]:
        yield "the bucket session-recordings is public; everybody can watch the sessions"
    path = f"session-recordings/doctor/{uuid4()}.mp4"
    headers = {"apikey": key, "authorization": f"Bearer {key}"}
    put = httpx.post(
        f"{base}/object/{path}",
        content=b"doctor",
        headers={**headers, "content-type": "video/mp4"},
        timeout=20,
    )
    if not put.is_success:
        yield f"nothing can be put into the bucket session-recordings: {put.status_code} {put.text[:200]}"
        return
    got = httpx.get(f"{base}/object/{path}", headers=headers, timeout=20)
    if got.content != b"doctor":
        yield f"what is put into the bucket session-recordings does not come back: {got.status_code}"
    bucket, _, name = path.partition("/")
    gone = httpx.request(
        "DELETE", f"{base}/object/{bucket}", json={"prefixes": [name]}, headers=headers, timeout=20
    )
    if not gone.is_success:
        yield f"{path} cannot be deleted again: {gone.status_code} {gone.text[:200]}"


def invariants(env: Environment) -> Iterator[str]:
    """What check-invariants asks, without the function: money is looked at even while nothing is deployed."""
    base = SupabaseSettings.from_environment(env).rest_url
    headers = {"apikey": ServiceSettings.from_environment(env).key}
    began, until = False, time.monotonic() + ROUND_S
    while time.monotonic() < until:
        reply = httpx.post(f"{base}/rpc/advance_invariant_round", headers=headers, json={}, timeout=60)
        if reply.status_code != 200:
            yield f"advance_invariant_round answers {reply.status_code}"
            return
        (pieces,) = reply.json()
        began = began or pieces["begins"]
        if began and pieces["is_complete"]:
            break
    else:
        yield f"the invariants take more than {ROUND_S} s; what is said of them may be of an earlier round"
    reply = httpx.post(f"{base}/rpc/check_invariants", headers=headers, json={}, timeout=60)
    if reply.status_code != 200:
        yield f"check_invariants answers {reply.status_code}"
        return
    for found in reply.json():
        if found.get("waits"):
            continue  # a person's work, which `status` tells of
        yield f"{found['rule']}: {found['broken']} times, as in {', '.join(found['examples'])}"


def running(env: Environment) -> Iterator[str]:
    """What `status` tells a monitor: a scheduler that does not call, a queue that nobody works off."""
    base = SupabaseSettings.from_environment(env).rest_url
    headers = {"apikey": ServiceSettings.from_environment(env).key}
    reply = httpx.post(f"{base}/rpc/ops_status", headers=headers, json={}, timeout=30)
    if reply.status_code != 200:
        yield f"ops_status answers {reply.status_code}"
        return
    for problem in reply.json()[0]["problems"]:
        if problem["code"] != "invariant_broken":  # said anew above
            yield problem["what"]
