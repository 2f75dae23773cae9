"""Agora as a real HTTP server, and asking it."""

import json
import re
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from shared.agora.recorder import Recorder
from shared.agora.settings import AgoraRestSettings

APP_ID = "970CA35de60c44645bbae8a215061b33"
RECORDER = Recorder(channel="session-1", uid=4_000_000_001, mode="mix", resource_id="R", sid="S")
NAMES = {"cname": "session-1", "uid": "4000000001", "resourceId": "R", "sid": "S"}
NO_WORKER = {"code": 404, "reason": "failed to find worker"}


class RecordedSleep(list[float]):
    """A sleep that takes no time and remembers how long it should have."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)


def settings(*urls: str) -> AgoraRestSettings:
    return AgoraRestSettings(
        agora_app_id=APP_ID,
        agora_customer_id="id",
        agora_customer_secret="secret",
        agora_api_urls=",".join(urls),
    )


def respond_with(server: HTTPServer, *answers: tuple[int, Any]) -> list[Request]:
    """Answer with these, one after the other, the last one for ever; gives the requests that came."""
    asked: list[Request] = []

    def answer(request: Request) -> Response:
        status, body = answers[min(len(asked), len(answers) - 1)]
        asked.append(request)
        text = body if isinstance(body, str) else json.dumps(body)
        return Response(text, status, {"X-Request-Id": f"request-{len(asked)}"})

    server.expect_request(re.compile(".*")).respond_with_handler(answer)
    return asked
