"""What the database says to people, in other languages: handed over when it has the catalogue of another version."""

import hashlib
from functools import cache

from babel.core import Locale
from babel.dates import get_day_names, get_month_names
from pydantic_core import to_json

from shared.languages import ENGLISH, languages
from shared.languages.catalogue import of_context

CONTEXT = "database"


@cache
def translations() -> dict[str, dict[str, str]]:
    """By language and English message; with the names of days and months, which are Babel's."""
    return {tag: _names(tag) | of_context(tag, CONTEXT) for tag in languages() if tag != ENGLISH}


@cache
def version() -> str:
    """Other words are another version."""
    return hashlib.sha256(to_json(translations())).hexdigest()


def _names(tag: str) -> dict[str, str]:
    ours, english = Locale.parse(tag, sep="-"), Locale.parse(ENGLISH)
    return {
        names(locale=english)[at]: names(locale=ours)[at]
        for names in (get_day_names, get_month_names)
        for at in names(locale=english)
    }
