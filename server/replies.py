"""What a server says by itself, when no function does: refusals in the one shape, and lines in the log."""

import json
from datetime import UTC, datetime
from typing import Any

from shared import log_writer
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


def say(severity: str, message: str, **facts: Any) -> None:
    """A line of our own in the log."""
    time = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    log_writer.put(json.dumps({"severity": severity, "time": time, "message": message, **facts}))
