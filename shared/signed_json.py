"""What somebody signed, read: whatever its JSON says, it can be kept, and nothing about it is an error.

A webhook that answers a genuine body with anything but 200 gets it again for days, and then nothing any more. So what
PostgreSQL cannot store (NaN, 1e400, half a letter, a NUL) is read as text or as a replacement, and a body that is no
object, or too deeply nested to be one, is kept as it was written.
"""

import hashlib
import json
import math
from datetime import datetime
from typing import Any

from pydantic_core import to_json

LONGEST_NUMBER = 40  # digits; PostgreSQL and Python could store more, but no sender means that
LONGEST_TEXT = 255
UNREAD = "unread"


def read_signed(body: bytes) -> dict[str, Any]:
    """The object in a body; of anything else, its text under `unread`."""
    try:
        read = _storable(json.loads(body, parse_constant=str, parse_float=_float, parse_int=_int))
        to_json([[read]])  # goes less deep than Python reads; and what asks the database wraps it
    except (ValueError, RecursionError):
        read = None
    return read if isinstance(read, dict) else {UNREAD: _clean(body.decode(errors="replace"))}


def text_in(value: Any, longest: int = LONGEST_TEXT) -> str:
    """A text or a whole number, as a text that columns and their indexes can hold; empty for anything else."""
    return str(value)[:longest] if isinstance(value, str | int) and not isinstance(value, bool) else ""


def id_in(value: Any, body: bytes) -> str:
    """The sender's name for a body. Without a usable one its bytes are its name, so that a repeat is still one."""
    text = text_in(value, LONGEST_TEXT + 1)
    return text if 0 < len(text) <= LONGEST_TEXT else hashlib.sha256(body).hexdigest()


def sane(moment: datetime) -> datetime | None:
    """A time that columns take; from 2000 to 2100, nothing that is signed today has happened at another."""
    return moment if 2000 <= moment.year < 2100 else None


def _storable(value: Any) -> Any:
    match value:
        case str():
            return _clean(value)
        case list():
            return [_storable(each) for each in value]
        case dict():
            return {_clean(key): _storable(each) for key, each in value.items()}
    return value


def _clean(text: str) -> str:
    return text.replace("\x00", "").encode(errors="replace").decode()


def _float(written: str) -> float | str:
    number = float(written)
    return number if math.isfinite(number) else written


def _int(written: str) -> int | str:
    return int(written) if len(written) <= LONGEST_NUMBER else written
