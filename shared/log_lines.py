"""What is written to the log: a line of JSON each, in the words that clouds look for.

    write("ERROR", "send-notifications 503 mail_not_sent", function="send_notifications", ms=12.1)

`severity`, `time` and `message` are read by Cloud Logging and by most others as they are; `trace` and `span` lead to
the request that caused this one. A line holds ids and codes, never a secret or what a person wrote.
"""

import json
import os
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic_core import to_json

from . import log_writer

# By which people look for what happened.
IDS = ("session_id", "practitioner_id", "recording_id", "payment_id")
TRACEPARENT = re.compile(r"[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-[\da-f]{2}(-.*)?")
ID = re.compile(r"[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}", re.IGNORECASE)
# Cloud Logging links a line to its trace only by this name, and only with the project's.
PROJECT = os.environ.get("GOOGLE_CLOUD_PROJECT", "")
COMMIT = os.environ.get("COMMIT", "")[:40]  # which the image says of itself
# Addresses of people, tokens, keys of the platform and of others, wherever an error quotes them. What it quotes may be
# long, so nothing is looked for again from within itself: with an address goes the word that it is in.
PRIVATE = re.compile(
    r"(?<![^\s<>\"'])[^\s@<>\"']*@[^\s<>\"']+\.\w[^\s<>\"']*"
    r"|eyJ(?:(?!eyJ)[\w-])*\.[\w-]+\.[\w-]*"
    r"|\b(?:sb_secret|sk_live|sk_test|rk_live|rk_test|whsec)_\w+"
    r"|(?<=[?&])(?:token|key|signature|share|X-Amz-[\w-]+)=[^&\s'\"]+"
)

# How pydantic quotes what did not fit: from the first of it up to the last type at the end of a line.
QUOTED = re.compile(r"\A((?>.*?(?=input_value=))).*, input_type=\w+\]", re.DOTALL)


def write(severity: str, message: str, **facts: Any) -> None:
    """Write one line."""
    # Written out, since isoformat takes three times as long with milliseconds alone.
    now = datetime.now(UTC)
    line: dict[str, Any] = {
        "severity": severity,
        "time": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03}Z",
        "message": message,
        **facts,
    }
    if COMMIT:
        line["commit"] = COMMIT
    try:
        text = to_json(line, fallback=str).decode()
    except ValueError:  # half a letter (a lone surrogate) in a fact: slower, but it can write that
        text = json.dumps(line, default=str)
    log_writer.put(text)


def trace_of(traceparent: str | None) -> dict[str, str]:
    """The trace and the span that a request came with, if it came with any."""
    found = traceparent and TRACEPARENT.fullmatch(traceparent)
    if not found:
        return {}
    trace, span = found[1], found[2]
    if not PROJECT:
        return {"trace": trace, "span": span}
    return {
        "trace": trace,
        "span": span,
        "logging.googleapis.com/trace": f"projects/{PROJECT}/traces/{trace}",
        "logging.googleapis.com/spanId": span,
    }


def ids_in(*models: Any) -> dict[str, str]:
    """The ids in a request and its reply; nothing else of them, and no text that somebody put in an id's place."""
    found = {}
    for model in models:
        for name in IDS:
            value = getattr(model, name, None)
            if isinstance(value, UUID) or (isinstance(value, str) and ID.fullmatch(value)):
                found[name] = str(value)
    return found


def without_secrets(text: str, secrets: Iterable[str] = ()) -> str:
    """An error's text without what it may quote: our settings, tokens, addresses of people."""
    for secret in secrets:
        text = text.replace(secret, "[secret]")
    return PRIVATE.sub("[private]", QUOTED.sub(r"\1…]", text))
