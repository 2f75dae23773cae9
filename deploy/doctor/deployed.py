"""What the deployed functions say of themselves, and what they do with a delivery of ours."""

import hmac
import json
import secrets
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from deploy.api import Api, answer_of, refusals
from deploy.functions import Function
from deploy.functions import functions as every_function
from shared.inspection import QUESTION, hash_setting
from shared.settings import ServiceSettings, SupabaseSettings

from .database import SKEW_S
from .findings import Environment, NotLookedAt

AT_ONCE = 8
FORGED = "203.0.113.77"  # an address that nobody has
HTML = {"accept": "text/html"}
Told = dict[Function, dict[str, Any]]


def answer(env: Environment, functions: list[Function]) -> Iterator[str]:
    """Whether each is there."""
    base = SupabaseSettings.from_environment(env).public_functions_url

    def ask(function: Function) -> int:
        reply = httpx.options(f"{base}/{function.name}", timeout=10)
        return 0 if reply.is_success and "access-control-allow-origin" in reply.headers else reply.status_code

    with ThreadPoolExecutor(AT_ONCE) as pool:
        statuses = dict(zip(functions, pool.map(ask, functions), strict=True))
    hidden = [function.name for function, status in statuses.items() if status and _may_be_hidden(function)]
    for function, status in statuses.items():
        if status and function.name not in hidden:
            yield f"{base}/{function.name} answers a preflight with {status}; is it deployed?"
    if hidden:
        yield NotLookedAt(
            f"{_listed(hidden)}: they answer nobody out here, as is right where only the scheduler calls"
        )


def _may_be_hidden(function: Function) -> bool:
    """Whether only the platform's own network need reach it; that it runs, `status` says."""
    return function.callers == ("service",)


def inspected(env: Environment, functions: list[Function]) -> Iterator[str]:
    """What each was given, compared by hashes; its clock; whose address it sees."""
    salt = secrets.token_hex(16)
    names = sorted({name for each in every_function().values() for name in each.settings})
    question = {"salt": salt, "names": names}
    headers = {QUESTION: "1", "x-forwarded-for": FORGED}
    told: Told = {}
    silent: dict[str, list[str]] = defaultdict(list)
    with (
        Api(env, ServiceSettings.from_environment(env).key, seconds=30) as api,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):

        def ask(function: Function) -> dict[str, Any] | httpx.Response:
            try:
                answer: dict[str, Any] = api.invoke(function.name, question, **headers)
                return answer
            except refusals() as refusal:
                return answer_of(refusal)

        for function, answer in zip(functions, pool.map(ask, functions), strict=True):
            if isinstance(answer, dict):
                told[function] = answer
            elif not (
                _may_be_hidden(function)
                and answer.status_code in (403, 404)
                and "x-request-id" not in answer.headers
            ):
                silent[_why(answer)].append(function.name)
    for why, who in silent.items():
        yield f"{_listed(who)} cannot say what they were given: {why}"
    yield from _differences(env, told, salt, names)
    yield from _clocks(told)
    yield from _proxies(told)


def _why(reply: httpx.Response) -> str:
    try:
        code = reply.json().get("code")
    except ValueError:
        code = None
    if reply.status_code == 404:
        return "they are not deployed"
    if reply.status_code in (401, 403):
        return f"{reply.status_code} {code}; SUPABASE_URL or a key that they were given is of another project"
    return f"{reply.status_code} {code}"


def _differences(env: Environment, told: Told, salt: str, names: list[str]) -> Iterator[str]:
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for function, said in told.items():
        for name in names:
            here, there = env.get(name, "").strip(), said["settings"].get(name)
            if name not in function.settings:
                # A process that serves several functions has what any of them needs.
                if there and said["target"]:
                    found[name, "were given {name}, which deploy.yaml does not grant them"].append(
                        function.name
                    )
            elif here and not there:
                found[name, "were not given {name}"].append(function.name)
            elif there and not here:
                found[name, "were given {name}, which is not set here"].append(function.name)
            elif there and not hmac.compare_digest(there, hash_setting(salt, name, here)):
                found[name, "were given another {name} than stands here"].append(function.name)
    for (name, what), who in found.items():
        yield f"{_listed(who)} {what.format(name=name)}"


def _clocks(told: Told) -> Iterator[str]:
    now = time.time()
    for function, said in told.items():
        if abs(said["time"] - now) > SKEW_S:
            yield f"the clock of {function.name} is {said['time'] - now:+.0f} s from this one's"


def _proxies(told: Told) -> Iterator[str]:
    """Each proxy of ours adds one address behind what the client wrote, or puts its own in its place."""
    right: dict[int, list[str]] = defaultdict(list)
    for function, said in told.items():
        proxies = len(said["hops"]) - (FORGED in said["hops"])
        if said["trusted_proxies"] != proxies:
            right[proxies].append(function.name)
    for proxies, who in right.items():
        yield (
            f"{_listed(who)} count people by an address that is not theirs: {proxies} proxies stand in front of them, "
            f"set TRUSTED_PROXIES to {proxies}"
        )


def _listed(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= 5 else f"{', '.join(names[:4])} and {len(names) - 4} others"


def webhooks(env: Environment, functions: list[Function]) -> Iterator[str]:
    """A genuine delivery of our own to each receiver: its secret is the one that stands here."""
    base = SupabaseSettings.from_environment(env).public_functions_url
    deliveries = {
        "stripe-session-webhook": ("STRIPE_WEBHOOK_SECRET", _stripe_event),
        "agora-recording-webhook": ("AGORA_WEBHOOK_SECRET", _recording_notice),
        "agora-channel-webhook": ("AGORA_CHANNEL_WEBHOOK_SECRET", _channel_notice),
    }
    for name in [function.name for function in functions if function.name in deliveries]:
        setting, make = deliveries[name]
        for number, secret in enumerate(filter(None, map(str.strip, env.get(setting, "").split(",")))):
            body, headers = make(secret)
            reply = httpx.post(f"{base}/{name}", content=body, headers=headers, timeout=20)
            which = f"{setting}, the {number + 1}. of it," if "," in env[setting] else setting
            if reply.status_code == 401:
                yield f"{name} refuses what is signed with {which} of here: it was given another"
            elif reply.status_code not in (200, 404):
                yield f"{name} answers a genuine delivery with {reply.status_code}"


# Always the same: the inbox keeps one of each, and counts the others. `ops_status` knows them by their ids.


def _stripe_event(secret: str) -> tuple[bytes, dict[str, str]]:
    body = json.dumps(
        {"id": "doctor_stripe", "object": "event", "type": "doctor.asked", "data": {"object": {}}}
    )
    now = int(time.time())
    signature = hmac.new(secret.encode(), f"{now}.{body}".encode(), "sha256").hexdigest()
    return body.encode(), {"stripe-signature": f"t={now},v1={signature}", "content-type": "application/json"}


def _recording_notice(secret: str) -> tuple[bytes, dict[str, str]]:
    payload = {"cname": "test_webhook", "sid": "doctor", "uid": "0", "sequence": 0}
    return _notice(
        secret, {"noticeId": "doctor_recording", "productId": 3, "eventType": 0, "payload": payload}
    )


def _channel_notice(secret: str) -> tuple[bytes, dict[str, str]]:
    payload = {"channelName": "test_webhook", "ts": int(time.time())}
    return _notice(secret, {"noticeId": "doctor_channel", "productId": 1, "eventType": 0, "payload": payload})


def _notice(secret: str, envelope: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
    body = json.dumps({**envelope, "notifyMs": int(time.time() * 1000)}).encode()
    signature = hmac.new(secret.encode(), body, "sha256").hexdigest()
    return body, {"agora-signature-v2": signature, "content-type": "application/json"}


def pages(env: Environment) -> Iterator[str]:
    """Whether the website and our own pages can be opened."""
    site, pages_url = (
        env.get("SITE_URL", "").strip().rstrip("/"),
        env.get("PAGES_URL", "").strip().rstrip("/"),
    )
    if site:
        yield from _opens("SITE_URL", site)
    if pages_url:
        address = f"{pages_url}/verify-signature"
        try:
            reply = httpx.get(address, headers=HTML, timeout=15)
        except httpx.HTTPError as error:
            yield f"PAGES_URL: {address} does not answer: {error}"
            return
        if reply.status_code != 200:
            yield f"PAGES_URL: {address} answers {reply.status_code}; nobody can open a link of a mail"
        elif not reply.headers.get("content-type", "").startswith("text/html"):
            yield f"PAGES_URL: {address} is shown as {reply.headers.get('content-type')}, and not as a page"


def _opens(name: str, address: str) -> Iterator[str]:
    try:
        reply = httpx.get(address, headers=HTML, timeout=15, follow_redirects=True)
    except httpx.HTTPError as error:
        yield f"{name}: {address} does not answer: {error}"
        return
    if reply.status_code >= 400:
        yield f"{name}: {address} answers {reply.status_code}"


def status_key(env: Environment) -> Iterator[str]:
    """Whether a monitor gets in."""
    base = SupabaseSettings.from_environment(env).public_functions_url
    headers = {"authorization": f"Bearer {env['STATUS_KEY'].strip()}"}
    reply = httpx.get(f"{base}/status", headers=headers, timeout=20)
    if reply.status_code == 401:
        yield "status refuses STATUS_KEY: a monitor would hear nothing else"
    elif reply.status_code not in (200, 503, 404):
        yield f"status answers {reply.status_code}"


def not_asked() -> Iterator[str]:
    """Only the service may ask a function what it was given."""
    yield NotLookedAt("what the functions were given: SUPABASE_SECRET_KEY is not set")
