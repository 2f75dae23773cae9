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
from typing import Any, NamedTuple
from urllib.parse import urlencode

from babel.core import Locale
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from shared import words
from shared.call import Call
from shared.errors import Refusal
from shared.languages import language, languages, visit
from shared.languages.catalogue import gettext, teach
from shared.names import one_line

PAGE_METHODS = ("GET", "HEAD", "POST")


def _titles() -> dict[int, str]:
    return {
        404: gettext("This link is not known"),
        409: gettext("That is not possible now"),
        410: gettext("This link has ended"),
        422: gettext("Please check that again"),
        429: gettext("Please wait a moment"),
    }


class Choice(NamedTuple):
    """Another language, and how a page leads to it: a form for whoever has a token, a link for everybody else."""

    tag: str
    name: str
    token: str | None
    back: str
    link: str


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
        teach(self._environment)
        self._environment.filters |= {
            "day": words.day,
            "short_day": words.short_day,
            "plain_day": words.plain_day,
            "clock": words.clock,
            "moment": words.moment,
            "short_moment": words.short_moment,
            "one_line": one_line,
        }
        self._environment.globals |= {
            "hours": words.hours,
            "zone_name": words.zone_name,
            "money": words.money,
            "by_day": words.by_day,
            "city": words.city,
            "other_languages": _other_languages,
            "stay": _stay,
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
        headers = {"content-security-policy": allowed, "content-language": language(), **PRIVATE}
        return HTMLResponse(html, status, headers)


def _other_languages() -> list[Choice]:
    """What else the page can be read in. Whoever came by a link of theirs is remembered; others by the address."""
    here = visit()
    if here is None:
        return []
    token = here.query.get("token") if here.knows_reader else None
    rest = {name: value for name, value in here.query.items() if name != "language"}
    return [
        Choice(
            tag,
            name=(Locale.parse(tag, sep="-").get_language_name() or tag).capitalize(),
            token=token,
            back=f"{here.page}?{urlencode(rest)}",
            link=f"?{urlencode(rest | {'language': tag})}",
        )
        for tag in languages()
        if tag != language()
    ]


def _stay() -> str:
    """`?`, and the language if it stands in the page's address: where a form or a link leads that has no token."""
    here = visit()
    return "?" + urlencode({"language": language()} if here and "language" in here.query else {})


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
    if here := visit():  # nothing of an address that was refused is on it but the link
        here.query = {name: value for name, value in here.query.items() if name in ("token", "language")}
    page = _shared.show(
        "refused.html",
        status=refused.status,
        title=_titles().get(refused.status, gettext("That did not work")),
        said=refused.sentence,
        hint=refused.hint,
        is_lost_link=refused.code in ("link_not_found", "link_ended"),
    )
    page.headers.update(refused.headers)
    return page
