"""What is wrong with an environment, in one line each. Exits with 1 if anything is.

It reads the variables that the functions will be given, so set them first: `set -a; . .local/env; set +a`. What it
could not look at it says too, and what would have to be set for it.
"""

import os
from collections.abc import Callable, Iterator, Sequence

import httpx

from deploy.functions import Function, chosen
from shared.agora.settings import RecordingBucketSettings
from shared.sealing import PublicSealingSettings, SealingSettings
from shared.settings import MissingSettings
from shared.timezones import list_outdated_zones

from . import database, deployed, others, project, schema
from .findings import Environment, NotLookedAt

__all__ = ["NotLookedAt", "checks", "examine"]


def examine(names: Sequence[str]) -> None:
    """Print a line for each check of the named functions, or of all; exit with 1 if something is wrong."""
    found = False
    for name, problems in checks(chosen(names), os.environ):
        lines = list(problems)
        unseen = [line for line in lines if isinstance(line, NotLookedAt)]
        wrong = [line for line in lines if not isinstance(line, NotLookedAt)]
        found |= bool(wrong)
        print(*[f"✗ {name}: {line}" for line in wrong], sep="\n", end="\n" if wrong else "")
        print(*[f"– {name}: not looked at: {line}" for line in unseen], sep="\n", end="\n" if unseen else "")
        if not lines:
            print(f"✓ {name}")
    raise SystemExit(found)


def checks(functions: list[Function], env: Environment) -> Iterator[tuple[str, Iterator[str]]]:
    """What is checked, and what is wrong with it. Checks of what the chosen functions do not use are left out."""
    wanted = {name for function in functions for name in function.settings}
    names = {function.name for function in functions}
    yield "settings", _settings(functions, env)
    yield "time zones of Python", _python_time_zones()
    yield from _of_the_owner(wanted, env)
    if {"BANKING_SEALING_KEY", "BANKING_SEALING_PUBLIC_KEY"} <= env.keys() & wanted:
        yield "key pair of bank numbers", _sealing_key_pair(env)
    if {"SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY"} <= env.keys():
        yield "publishable key", _safely(project.keys, env)
        yield "sign-in", _safely(project.sign_in, env, functions)
        yield "functions", _safely(deployed.answer, env, functions)
        if "SUPABASE_SECRET_KEY" not in env:
            yield "what they were given", deployed.not_asked()
        else:
            yield "what they were given", _safely(deployed.inspected, env, functions)
        if "SUPABASE_SECRET_KEY" in env.keys() & wanted:
            yield "database", _safely(project.database, env)
            yield "storage", _safely(project.storage, env)
            if "check-invariants" in names:
                yield "invariants", _safely(project.invariants, env)
                yield "scheduler and queues", _safely(project.running, env)
        if names & {"stripe-session-webhook", "agora-recording-webhook", "agora-channel-webhook"}:
            yield "webhooks", _safely(deployed.webhooks, env, functions)
        if "status" in names and env.get("STATUS_KEY"):
            yield "status", _safely(deployed.status_key, env)
    if {"SITE_URL", "PAGES_URL"} & env.keys() & wanted:
        yield "pages", deployed.pages(env)
    if {"AGORA_APP_ID", "AGORA_CUSTOMER_ID", "AGORA_CUSTOMER_SECRET"} <= env.keys() & wanted:
        yield "Agora", _safely(others.agora, env)
    if set(RecordingBucketSettings.names()) <= env.keys() & wanted:
        yield "Agora's bucket", others.agoras_bucket(env)
    if "FFMPEG_PATH" in wanted:
        yield "ffmpeg", others.ffmpeg(env)
    if "STRIPE_SECRET_KEY" in env.keys() & wanted:
        yield "Stripe", _safely(others.stripe, env)
    if {"POSTMARK_SERVER_TOKEN", "POSTMARK_API_KEY", "SMTP_URL"} & env.keys() & wanted:
        yield "mail", _safely(others.mail, env)


def _of_the_owner(wanted: set[str], env: Environment) -> Iterator[tuple[str, Iterator[str]]]:
    url = env.get("DATABASE_URL", "").strip()
    if not url:
        yield (
            "DATABASE_URL",
            iter(
                [
                    NotLookedAt(
                        "schema, time zones, timeouts, audit log, bank numbers: DATABASE_URL is not set"
                    )
                ]
            ),
        )
        return
    yield "time zones of PostgreSQL", database.time_zones(url)
    yield "timeouts", database.statement_timeouts(url)
    yield "schema", schema.differences(url)
    yield "audit log", database.audit_log(url)
    if env.get("BANKING_KEYS") and "BANKING_KEYS" in wanted:
        yield "keys of bank numbers", database.banking_keys(env)


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


def _safely(check: Callable[..., Iterator[str]], *given: object) -> Iterator[str]:
    """A check over the network; no answer is a finding too."""
    try:
        yield from check(*given)
    except MissingSettings:
        return  # said of the settings
    except httpx.HTTPError as error:
        yield f"{error.request.url} does not answer: {error}"
