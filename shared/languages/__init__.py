"""In which language something is written just now: that of who reads the page, the mail or the document.

    with spoken("fr-CA"):
        write(mail)

English is what the code says; every other language is one file beside this one, `fr-CA.po`. A request and each task
have a language of their own, since it is a context variable.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ENGLISH = "en"


@dataclass(slots=True)
class Visit:
    """A page that somebody looks at: where it is, and whether the database knows whose link it was opened by."""

    page: str
    query: dict[str, str]
    knows_reader: bool = False


_visit: ContextVar[Visit | None] = ContextVar("visit", default=None)
_spoken: ContextVar[str] = ContextVar("spoken", default=ENGLISH)


@cache
def languages() -> tuple[str, ...]:
    """All that can be read, English first; tags as in `lang="fr-CA"`."""
    return ENGLISH, *sorted(file.stem for file in Path(__file__).parent.glob("*.po"))


def language() -> str:
    """The one that is spoken now."""
    return _spoken.get()


@contextmanager
def spoken(tag: str | None) -> Iterator[None]:
    """In here; English where it is not known."""
    before = _spoken.set(_known(tag or "") or ENGLISH)
    try:
        yield
    finally:
        _spoken.reset(before)


def receive(page: str, query: Mapping[str, str], headers: Mapping[str, str]) -> None:
    """Somebody opens a page: it speaks as its address says, or as their browser asks, until their link is known."""
    _visit.set(Visit(page, dict(query)))
    _spoken.set(_known(query.get("language", "")) or _asked_for(headers))


def visit() -> Visit | None:
    """The page that is looked at, if one is."""
    return _visit.get()


def recognise(tag: str | None) -> None:
    """The database says how the reader of this answer wants it, whom it knew by their link: `und` if they never said.

    What stands in a page's address goes first.
    """
    here = _visit.get()
    if tag and here:
        here.knows_reader = True
    if (known := _known(tag or "")) and not (here and "language" in here.query):
        _spoken.set(known)


def _asked_for(headers: Mapping[str, str]) -> str:
    """What a browser asks for (Accept-Language, RFC 9110 §12.5.4): the best of ours, or English."""
    weighed = []
    for position, part in enumerate(headers.get("accept-language", "")[:500].split(",")):
        tag, _, weight = part.partition(";")
        try:
            wanted = float(weight.partition("=")[2] or 1)
        except ValueError:
            continue
        if 0 < wanted <= 1:  # 0 is what is not wanted; nothing else is a weight
            weighed.append((-wanted, position, tag.strip()))
    return next((known for _, _, tag in sorted(weighed) if (known := _known(tag))), ENGLISH)


def _known(tag: str) -> str | None:
    """Ours by that tag, or by its language alone: who reads fr-FR reads fr-CA before English."""
    tag = tag.lower()
    same = [ours for ours in languages() if ours.lower() == tag]
    kin = [ours for ours in languages() if ours.partition("-")[0] == tag.partition("-")[0]]
    return next(iter(same + kin), None)
