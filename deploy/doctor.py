"""What is wrong with an environment, in one line each. Exits with 1 if anything is.

It reads the variables that the functions will be given, so set them first: `set -a; . .local/env; set +a`.
"""

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping, Sequence

import httpx

from shared.agora.settings import AgoraRestSettings, RecordingBucketSettings
from shared.sealing import PublicSealingSettings, SealingSettings
from shared.settings import MissingSettings, ServiceSettings, SupabaseSettings
from shared.timezones import TEN_IN_THE_MORNING, UTC_HOURS, describe_outdated_zone, list_outdated_zones
from shared.vault import VaultSettings

from . import audit
from .functions import Function, chosen

Environment = Mapping[str, str]

# What the platform's earlier function left has no key.
SEALED_WITH = """
    select substring(account_number from '^v1\\.([^.]+)'), count(*)
      from private.list_bank_numbers_to_reseal(%(key)s) group by 1 order by 1"""


def examine(names: Sequence[str]) -> None:
    """Print a line for each check of the named functions, or of all; exit with 1 if something is wrong."""
    found = False
    for name, problems in checks(chosen(names), os.environ):
        lines = list(problems)
        found |= bool(lines)
        print(*[f"✗ {name}: {line}" for line in lines] or [f"✓ {name}"], sep="\n", flush=True)
    raise SystemExit(found)


def checks(functions: list[Function], env: Environment) -> Iterator[tuple[str, Iterator[str]]]:
    """What is checked, and what is wrong with it. Checks whose settings are missing are left out."""
    wanted = {name for function in functions for name in function.settings}
    yield "settings", _settings(functions, env)
    yield "time zones of Python", _python_time_zones()
    if env.get("DATABASE_URL"):
        yield "time zones of PostgreSQL", _postgres_time_zones(env["DATABASE_URL"])
        yield "audit log", _audit_log(env["DATABASE_URL"])
    if env.get("DATABASE_URL") and env.get("BANKING_KEYS") and "BANKING_KEYS" in wanted:
        yield "keys of bank numbers", _banking_keys(env)
    if {"BANKING_SEALING_KEY", "BANKING_SEALING_PUBLIC_KEY"} <= env.keys() & wanted:
        yield "key pair of bank numbers", _sealing_key_pair(env)
    if {"SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY"} <= env.keys():
        yield "sign-in", _safely(_sign_in, env, functions)
        yield "functions", _safely(_functions_answer, env, functions)
        if "SUPABASE_SECRET_KEY" in env.keys() & wanted:
            yield "database", _safely(_database, env)
            yield "storage", _safely(_storage, env)
            if any(function.name == "check-invariants" for function in functions):
                yield "invariants", _safely(_invariants, env)
    if {"AGORA_APP_ID", "AGORA_CUSTOMER_ID", "AGORA_CUSTOMER_SECRET"} <= env.keys() & wanted:
        yield "Agora", _safely(_agora, env)
    if set(RecordingBucketSettings.names()) <= env.keys() & wanted:
        yield "Agora's bucket", _agoras_bucket(env)
    if "FFMPEG_PATH" in wanted:
        yield "ffmpeg", _ffmpeg(env)
    if "STRIPE_SECRET_KEY" in env.keys() & wanted:
        yield "Stripe", _safely(_stripe, env)


def _settings(functions: list[Function], env: Environment) -> Iterator[str]:
    missing: dict[str, list[str]] = {}
    for function in functions:
        for name in sorted(function.required()):
            if not env.get(name, "").strip():
                missing.setdefault(name, []).append(function.name)
    for name, needed_by in missing.items():
        yield f"{name} is not set; {', '.join(needed_by)} will not start"
    for group in dict.fromkeys(group for function in functions for group in function.contract().settings):
        if not missing.keys() & group.names():
            try:
                group.from_environment(env)
            except MissingSettings as malformed:
                yield str(malformed)


def _banking_keys(env: Environment) -> Iterator[str]:
    """Only the owner of the database can say with which keys bank numbers are sealed."""
    import psycopg

    try:
        vault = VaultSettings.from_environment(env).vault
        with psycopg.connect(env["DATABASE_URL"], connect_timeout=5) as connection:
            rows = connection.execute(SEALED_WITH, {"key": vault.current}).fetchall()
    except (MissingSettings, psycopg.OperationalError):
        return  # said elsewhere
    for key, accounts in rows:
        if key in (*vault.keys, None):
            yield f"{accounts} accounts are not sealed with the current key; run python -m deploy rotate-banking-keys"
        else:
            yield f"{accounts} accounts are sealed with key {key}, which is not in BANKING_KEYS: nobody can open them"


def _sealing_key_pair(env: Environment) -> Iterator[str]:
    try:
        public = PublicSealingSettings.from_environment(env).key["kid"]
        openable = SealingSettings.from_environment(env).keys.ids
    except MissingSettings:
        return  # said elsewhere
    if public not in openable:
        yield "BANKING_SEALING_PUBLIC_KEY is of no key in BANKING_SEALING_KEY: what browsers seal, nobody can open"


def _python_time_zones() -> Iterator[str]:
    for problem in list_outdated_zones():
        yield f"{problem}; install tzdata 2026.6 or newer"


def _postgres_time_zones(database_url: str) -> Iterator[str]:
    import psycopg

    query = "select extract(hour from (%s::timestamp at time zone %s) at time zone 'UTC')::int"
    try:
        with psycopg.connect(database_url, connect_timeout=5) as connection:
            for zone, hour in UTC_HOURS.items():
                row = connection.execute(query, (TEN_IN_THE_MORNING, zone)).fetchone()
                if row and row[0] != hour:
                    yield f"{describe_outdated_zone(zone, row[0])}; PostgreSQL's machine needs tzdata 2026f or newer"
    except psycopg.OperationalError as error:
        yield f"DATABASE_URL does not answer: {error}".strip()


def _audit_log(database_url: str) -> Iterator[str]:
    import psycopg

    try:
        yield from audit.problems(database_url)
    except psycopg.OperationalError:
        return  # that nobody answers was said above
    except psycopg.Error as error:
        yield f"the audit log cannot be read: {error}".strip()


def _safely(check: Callable[..., Iterator[str]], *given: object) -> Iterator[str]:
    """A check over the network; no answer is a finding too."""
    try:
        yield from check(*given)
    except MissingSettings:
        return  # said of the settings
    except httpx.HTTPError as error:
        yield f"{error.request.url} does not answer: {error}"


def _sign_in(env: Environment, functions: list[Function]) -> Iterator[str]:
    """Without published keys only HS256 is left, where it is granted."""
    reply = _get(f"{env['SUPABASE_URL']}/auth/v1/.well-known/jwks.json", env["SUPABASE_PUBLISHABLE_KEY"])
    if reply.status_code != 200:
        yield f"the key set answers {reply.status_code}; is SUPABASE_URL right?"
    elif not reply.json().get("keys"):
        granted = "SUPABASE_JWT_SECRET" in env
        blind = [
            function.name
            for function in functions
            if "user" in function.callers and not (granted and "SUPABASE_JWT_SECRET" in function.secrets)
        ]
        if blind:
            yield f"the key set is empty, so {', '.join(blind)} can verify nobody's token; create a signing key"


def _functions_answer(env: Environment, functions: list[Function]) -> Iterator[str]:
    base = SupabaseSettings.from_environment(env).public_functions_url
    for function in functions:
        reply = httpx.options(f"{base}/{function.name}", timeout=10)
        if not reply.is_success or "access-control-allow-origin" not in reply.headers:
            yield f"{base}/{function.name} answers a preflight with {reply.status_code}; is it deployed?"


def _database(env: Environment) -> Iterator[str]:
    base = SupabaseSettings.from_environment(env).rest_url
    first, *second = ServiceSettings.from_environment(env).keys
    reply = _get(f"{base}/session_recordings?select=id&limit=0", first)
    if reply.status_code in (401, 403):
        yield "SUPABASE_SECRET_KEY is refused"
    elif reply.status_code == 404:
        yield (
            "the migrations are not applied; run supabase db push"
            " (into a platform in use: python -m deploy migrations --beside DIR)"
        )
    elif reply.status_code != 200:
        yield f"{base} answers {reply.status_code}"
    if second and _get(f"{base}/session_recordings?select=id&limit=0", *second).status_code in (401, 403):
        yield "the second SUPABASE_SECRET_KEY is refused, and functions still accept it; take it out"


def _storage(env: Environment) -> Iterator[str]:
    key = ServiceSettings.from_environment(env).key
    reply = _get(f"{env['SUPABASE_URL']}/storage/v1/bucket/session-recordings", key)
    if reply.status_code in (401, 403):
        yield "SUPABASE_SECRET_KEY is refused"
    elif reply.status_code != 200:
        yield f"the bucket session-recordings is not there ({reply.status_code}); run supabase db push"
    elif reply.json()["public"]:
        yield "the bucket session-recordings is public; everybody can watch the sessions"


def _invariants(env: Environment) -> Iterator[str]:
    """What check-invariants asks, without the function: money is looked at even while nothing is deployed."""
    base = SupabaseSettings.from_environment(env).rest_url
    headers = {"apikey": ServiceSettings.from_environment(env).key}
    reply = httpx.post(f"{base}/rpc/check_invariants", headers=headers, json={}, timeout=300)
    if reply.status_code != 200:
        yield f"check_invariants answers {reply.status_code}"
        return
    for found in reply.json():
        yield f"{found['rule']}: {found['broken']} times, as in {', '.join(found['examples'])}"


def _agora(env: Environment) -> Iterator[str]:
    """Acquiring starts nothing and costs nothing, and needs the very credentials that recording needs."""
    settings = AgoraRestSettings.from_environment(env)
    for base in settings.base_urls:
        reply = httpx.post(
            f"{base}/v1/apps/{settings.agora_app_id}/cloud_recording/acquire",
            auth=(settings.agora_customer_id, settings.agora_customer_secret),
            json={"cname": "doctor", "uid": "4294967295", "clientRequest": {}},
            timeout=10,
        )
        if reply.status_code == 401:
            yield f"{base} refuses AGORA_CUSTOMER_ID and AGORA_CUSTOMER_SECRET"
        elif reply.status_code >= 300:
            yield f"{base} answers {reply.status_code}: {reply.text[:200]}"


def _agoras_bucket(env: Environment) -> Iterator[str]:
    from shared.storage.bucket import Bucket, BucketUnavailable, SourceChanged

    settings = RecordingBucketSettings.from_environment(env)
    where = f"{settings.recording_s3_bucket} at {settings.recording_s3_endpoint}"
    try:
        asyncio.run(Bucket(settings).list("doctor/"))
    except BucketUnavailable as error:
        yield f"{where}: {error.details}"
    except SourceChanged:
        yield f"{where} is not there"


def _ffmpeg(env: Environment) -> Iterator[str]:
    """Nothing fails without it, so nobody would notice."""
    from functions.process_recording.ffmpeg import FfmpegSettings

    settings = FfmpegSettings.from_environment(env)
    if not settings.program:
        yield (
            f"{settings.ffmpeg_path or 'ffmpeg'} is not here; where process-recording finds none either, "
            "a recording of several takes stays several files to download"
        )


def _stripe(env: Environment) -> Iterator[str]:
    """Asking for a list needs the very right that selling needs, and changes nothing."""
    from shared.payments import StripeSettings

    settings = StripeSettings.from_environment(env)
    reply = httpx.get(
        f"{settings.stripe_api_url.rstrip('/')}/v1/checkout/sessions?limit=1",
        headers={"authorization": f"Bearer {settings.stripe_secret_key}"},
        timeout=10,
    )
    if reply.status_code in (401, 403):
        yield "STRIPE_SECRET_KEY is refused"
    elif reply.status_code != 200:
        yield f"{settings.stripe_api_url} answers {reply.status_code}"


def _get(url: str, key: str) -> httpx.Response:
    return httpx.get(url, headers={"apikey": key}, timeout=10)
