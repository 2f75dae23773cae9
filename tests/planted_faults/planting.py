"""What a fault is, and how it is planted on a running stack and undone.

A fault is in the database, in the environment, in a function that was given something else, or in what somebody else
answers (a door before the stack says something else than the stack does).
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tests.cast import Stage
from tests.payment_scene import served

Env = dict[str, str]
HOP_BY_HOP = {"connection", "content-length", "content-encoding", "transfer-encoding", "keep-alive"}


@dataclass
class Scene:
    """What a fault may touch."""

    stage: Stage
    httpserver: HTTPServer
    monkeypatch: pytest.MonkeyPatch
    undo: ExitStack
    env: Env = field(default_factory=dict)

    def behind_door(
        self, path: str, answer: Callable[[httpx.Response], Response], method: str | None = None
    ) -> Env:
        """The stack, seen through a door that changes what it answers to one path."""
        stack = self.stage.env["SUPABASE_URL"]

        def pass_on(request: Request) -> Response:
            headers = {
                name: value for name, value in request.headers if name.lower() not in {*HOP_BY_HOP, "host"}
            }
            reply = httpx.request(
                request.method,
                stack + request.full_path.rstrip("?"),
                headers=headers,
                content=request.data,
                timeout=60,
            )
            if request.path.startswith(path) and method in (None, request.method):
                return answer(reply)
            kept = {name: value for name, value in reply.headers.items() if name not in HOP_BY_HOP}
            return Response(reply.content, reply.status_code, kept)

        self.httpserver.expect_request(re.compile(".*")).respond_with_handler(pass_on)
        door = self.httpserver.url_for("").rstrip("/")
        changed = {name: value.replace(stack, door) for name, value in self.stage.env.items()}
        return {**changed, "FUNCTIONS_URL": f"{door}/functions/v1"}

    def given(self, function: str, **env: Any) -> Env:
        """The stack, on which one function was given something else than stands in the environment."""
        client = self.undo.enter_context(served(function, self.stage, **env))
        return {**self.stage.env, "FUNCTIONS_URL": str(client.base_url).rstrip("/")}


@dataclass(frozen=True)
class Fault:
    """One fault: the check that is to name it, what it says, how it is planted."""

    name: str
    check: str
    says: str
    functions: tuple[str, ...] = ("create-liability-waiver",)
    there: str = ""  # in the database, by its owner
    back: str = ""
    env: Env | None = None
    plant: Callable[[Scene], Env | None] | None = None


@contextmanager
def planted(fault: Fault, scene: Scene) -> Iterator[Env]:
    """The environment of a stack that has this fault."""
    owner = scene.stage.owner
    with scene.undo:
        for statement in filter(str.strip, fault.there.split(";;")):
            owner.execute(statement.encode())
        try:
            env = (fault.plant(scene) if fault.plant else None) or scene.stage.env
            yield {**env, **(fault.env or {})}
        finally:
            for statement in filter(str.strip, fault.back.split(";;")):
                owner.execute(statement.encode())


def keep(
    status: int, body: Any, media_type: str = "application/json"
) -> Callable[[httpx.Response], Response]:
    text = body if isinstance(body, str) else json.dumps(body)
    return lambda reply: Response(text, status, content_type=media_type)
