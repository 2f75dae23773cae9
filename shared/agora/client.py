"""Agora's Cloud Recording service: four calls, each answered with a small result that needs no knowledge of HTTP.

    agora = Agora(settings, outside())
    match await agora.acquire(recorder):
        case Acquired(resource_id):
            recorder = replace(recorder, resource_id=resource_id)
            match await agora.start(recorder, request):
                case Started(sid): ...

Nothing here raises for anything that Agora or the network does. `answers.py` says what each answer means.
"""

import asyncio
import base64
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, cast

import httpx

from .answers import (
    AcquireResult,
    Operation,
    QueryResult,
    Result,
    StartResult,
    StopResult,
    TryLater,
    judge,
    parse_answer,
)
from .recorder import Recorder
from .settings import AgoraRestSettings

# The same domain once more, then the other ones in order; Agora's numbers.
DOMAIN_WAITS = (1, 3, 6)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait for an answer. A stop that waits for the upload takes up to 20 s by itself."""

    connect: float = 5
    read: float = 15
    read_stop: float = 35

    def of(self, operation: Operation) -> httpx.Timeout:
        read = self.read_stop if operation == "stop" else self.read
        return httpx.Timeout(read, connect=self.connect)


class Agora:
    """Cloud recording, as one project sees it.

    It asks again by itself where Agora's table says that this helps, over the base URLs of the settings, and gives
    up once waiting would pass `patience` seconds; 0 asks once. Every call is safe to repeat.
    `log` is told one fact per call, such as agora_stop={"status": 200, "agora_request_id": …}, and never a body:
    a start carries the bucket's keys.
    """

    def __init__(
        self,
        settings: AgoraRestSettings,
        http: httpx.AsyncClient,
        *,
        patience: float = 35,
        timeouts: Timeouts | None = None,
        log: Callable[..., None] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._settings = settings
        self._http = http
        self._patience = patience
        self._timeouts = timeouts or Timeouts()
        self._log = log or (lambda **facts: None)
        self._sleep = sleep
        self._urls = list(settings.base_urls)
        self._failures = 0
        login = f"{settings.agora_customer_id}:{settings.agora_customer_secret}"
        self._authorization = "Basic " + base64.b64encode(login.encode()).decode()

    async def acquire(self, recorder: Recorder) -> AcquireResult:
        """Ask for a resource. Start with it at once: it is meant for the next 2 seconds."""
        return cast(AcquireResult, await self._ask("acquire", "acquire", recorder, {}))

    async def start(self, recorder: Recorder, request: dict[str, Any]) -> StartResult:
        """Start recording, with the `clientRequest` of `recording.start_request`."""
        path = f"resourceid/{recorder.resource_id}/mode/{recorder.mode_sent}/start"
        return cast(StartResult, await self._ask("start", path, recorder, request))

    async def query(self, recorder: Recorder) -> QueryResult:
        """How the recording is doing."""
        return cast(QueryResult, await self._ask("query", _running(recorder, "query"), recorder, None))

    async def stop(self, recorder: Recorder, *, wait_for_upload: bool = True) -> StopResult:
        """Stop recording. Without waiting, the answer comes at once and knows nothing of the files."""
        request = {"async_stop": not wait_for_upload}
        return cast(StopResult, await self._ask("stop", _running(recorder, "stop"), recorder, request))

    async def _ask(
        self, operation: Operation, path: str, recorder: Recorder, client_request: dict[str, Any] | None
    ) -> Result:
        """Ask until there is a result, or no wait is left, or patience is at an end."""
        path = f"/v1/apps/{self._settings.agora_app_id}/cloud_recording/{path}"
        body = (
            {"cname": recorder.channel, "uid": str(recorder.uid), "clientRequest": client_request}
            if client_request is not None
            else None
        )
        spent, tries, may_have_happened = 0.0, 0, False
        waited: dict[tuple[float, ...], int] = {}
        while True:
            began = time.monotonic()
            tries += 1
            result, waits, facts = await self._try(operation, path, body)
            spent += time.monotonic() - began
            if isinstance(result, TryLater):
                # An earlier attempt may have arrived even if this one did not.
                may_have_happened |= result.may_have_happened
                result = replace(result, may_have_happened=may_have_happened)
            turn = waited.get(waits, 0)
            wait = waits[turn] if turn < len(waits) else None
            if wait is not None and facts["status"] == 429:
                wait *= 1 + secrets.randbelow(100) / 100  # spread, or everybody comes back in the same second
            if wait is None or spent + wait > self._patience:
                self._log(**{f"agora_{operation}": facts | {"tries": tries, "result": type(result).__name__}})
                return result
            waited[waits] = turn + 1
            await self._sleep(wait)
            spent += wait

    async def _try(
        self, operation: Operation, path: str, body: dict[str, Any] | None
    ) -> tuple[Result, tuple[float, ...], dict[str, Any]]:
        """One request to the domain whose turn it is: its result, the waits it allows, and what to log."""
        url = self._urls[0]
        try:
            response = await self._http.request(
                "GET" if body is None else "POST",
                url + path,
                json=body,
                headers={"Authorization": self._authorization},
                timeout=self._timeouts.of(operation),
                follow_redirects=False,
            )
        except httpx.RequestError as error:
            self._next_domain()
            arrived = not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
            reason = type(error).__name__
            silence = TryLater(
                0, None, reason, may_have_happened=arrived, wants_fresh_start=operation == "start"
            )
            return silence, DOMAIN_WAITS, {"status": 0, "error": reason, "host": url}
        self._failures = 0
        answer = parse_answer(operation, response.status_code, response.content)
        verdict = judge(answer)
        support_id = response.headers.get("X-Request-Id")
        facts = {"status": answer.status, "code": answer.code, "agora_request_id": support_id, "host": url}
        return verdict.result, verdict.waits, facts

    def _next_domain(self) -> None:
        """The same domain gets a second chance, then the next one takes over, for this client's later calls too."""
        self._failures += 1
        if self._failures > 1:
            self._urls.append(self._urls.pop(0))


def _running(recorder: Recorder, verb: str) -> str:
    return f"resourceid/{recorder.resource_id}/sid/{recorder.sid}/mode/{recorder.mode_sent}/{verb}"
