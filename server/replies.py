"""What a server answers by itself, when no function does: refusals in the one shape."""

import json
from typing import Any

from shared.errors import Refusal
from shared.serving import CORS_RAW

Message = dict[str, Any]


def refusal(
    status: int, code: str, sentence: str, headers: list[tuple[bytes, bytes]] | None = None
) -> list[Message]:
    """A refusal as the messages of ASGI."""
    return json_reply(status, Refusal(code, sentence, status=status).body(), headers)


def json_reply(status: int, body: Any, headers: list[tuple[bytes, bytes]] | None = None) -> list[Message]:
    """Any JSON, with the headers without which a browser hides it."""
    text = json.dumps(body).encode()
    own = [(b"content-type", b"application/json"), (b"content-length", str(len(text)).encode())]
    start = {"type": "http.response.start", "status": status, "headers": own + CORS_RAW + (headers or [])}
    return [start, {"type": "http.response.body", "body": text}]
