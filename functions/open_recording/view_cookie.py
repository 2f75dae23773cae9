"""The cookie in which a browser keeps the key of its view: what a password or a limit has opened is in no address.

There is one for each link, for as long as a view lasts, and only this function is sent it. Its path is the one that a
browser sees: behind a gateway that is not the path that arrives here.
"""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.responses import Response

from shared.settings import PagesSettings
from shared.share_links import sha256_of

from .contract import OpenRecording

A_DAY_S = 24 * 60 * 60


def view_key(headers: Mapping[str, str], asked: OpenRecording) -> str | None:
    """The key that this browser has of a view by this link."""
    pairs = (pair.partition("=") for pair in re.split(r"[;,] *", headers.get("cookie", "")))
    return next((key for name, _, key in pairs if name == _name(asked)), None)


def keep_view_key(response: Response, asked: OpenRecording, key: str) -> None:
    """Give the browser the key of a new view, out of reach of scripts and of other sites."""
    address = urlsplit(PagesSettings.read().address("open_recording"))
    response.set_cookie(
        _name(asked),
        key,
        max_age=A_DAY_S,
        path=address.path,
        secure=address.scheme == "https",
        httponly=True,
        samesite="lax",
    )


def _name(asked: OpenRecording) -> str:
    return f"view-{sha256_of(asked.share or asked.token)[:16]}"
