"""Pages of our own, which people reach by a link in a mail: one look, and the same rules for all of them.

    pages = Pages(__file__)  # templates beside the function, on the layout beside this file

    @endpoint(caller="public", methods=PAGE_METHODS, page=refusal_page)
    async def manage_session(call: Call[ManageSession]) -> HTMLResponse:
        return pages.show("session.html", session=...)

A GET shows and changes nothing, because mail scanners follow every link; a POST does. A page works without scripts,
is never stored, framed, indexed, or named to another site.
"""

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from shared import words
from shared.call import Call
from shared.errors import Refusal
from shared.names import one_line

PAGE_METHODS = ("GET", "HEAD", "POST")
TITLES = {
    403: "That did not work",
    404: "This link is not known",
    409: "That is not possible now",
    410: "This link has ended",
    422: "Please check that again",
    429: "Please wait a moment",
}


class Pages:
    """The templates of one function."""

    def __init__(self, main: str) -> None:
        """`main` is the function's `__file__`: its templates are the .html files beside it."""
        self._environment = Environment(
            loader=ChoiceLoader(
                [FileSystemLoader(Path(main).parent), FileSystemLoader(Path(__file__).parent)]
            ),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {
            "day": words.day,
            "short_day": words.short_day,
            "clock": words.clock,
            "one_line": one_line,
        }
        self._environment.globals |= {
            "hours": words.hours,
            "zone_name": words.zone_name,
            "money": words.money,
            "by_day": words.by_day,
        }

    def show(
        self,
        template: str,
        *,
        status: int = 200,
        form_targets: Sequence[str] = (),
        runs_script: bool = False,
        media_from: Sequence[str] = (),
        **variables: Any,
    ) -> HTMLResponse:
        """A filled-in page.

        `form_targets` are other origins to which its form leads, as to a payment. A page that cannot do without runs a
        script of its own, marked with the nonce. `media_from` are other origins whose video it plays: in an element, or
        fetched by a script that puts it together.
        """
        nonce = secrets.token_urlsafe(16)
        html = self._environment.get_template(template).render(nonce=nonce, **variables)
        allowed = "; ".join(
            [
                "default-src 'none'",
                f"style-src 'nonce-{nonce}'",
                "img-src data:",
                *([f"script-src 'nonce-{nonce}'"] if runs_script else []),
                *([" ".join(["media-src 'self' blob:", *media_from])] if media_from else []),
                *([" ".join(["connect-src 'self'", *media_from])] if media_from else []),
                " ".join(["form-action 'self'", *form_targets]),
                "base-uri 'none'",
                "frame-ancestors 'none'",
            ]
        )
        return HTMLResponse(html, status, {"content-security-policy": allowed, **PRIVATE})


PRIVATE = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex, nofollow, noarchive",
    "x-content-type-options": "nosniff",
}
# Refusals that leave something to choose: whoever chose a time that is gone is told so beside those that are free.
TOLD_ON_THE_PAGE = (409, 422, 429)
_shared = Pages(__file__)


def tells_on_page(call: Call[Any], refused: Refusal) -> bool:
    """Whether the function's own page says it, and not the page of refusals or, to a program, JSON."""
    return refused.status in TOLD_ON_THE_PAGE and "text/html" in call.headers.get("accept", "")


def refusal_page(refused: Refusal) -> HTMLResponse:
    """What a browser is shown where a program would get the refusal's JSON."""
    page = _shared.show(
        "refused.html",
        status=refused.status,
        title=TITLES.get(refused.status, "That did not work"),
        sentence=refused.sentence,
        hint=refused.hint,
        is_lost_link=refused.code in ("link_not_found", "link_ended"),
    )
    page.headers.update(refused.headers)
    return page
