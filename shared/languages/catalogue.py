"""What is said, in the language that is spoken: gettext's calls, on the catalogue beside this file.

A catalogue is read as its translators wrote it, when somebody first reads that language: there is no compiled copy
that could be older. `python -m deploy languages` brings it up to date with what the code says.
"""

import re
from datetime import datetime
from functools import cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path

from babel.core import Locale
from babel.dates import format_date
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from jinja2 import Environment

from . import ENGLISH, language, languages

GAP = "…"  # in the sentence of a refusal, for what only the database knows
LONGEST = 5000  # characters of a sentence, in which an address may be 2000
DEEPEST = 3  # sentences in the gaps of sentences, as what is wrong with the first of several times
DAY = re.compile(r"(\w+day), (\w+) (\d{1,2})")  # to_char(…, 'FMDay, FMMonth FMDD')


def gettext(message: str) -> str:
    """The message in the language spoken; as it is where nobody has translated it."""
    return _translations(language()).gettext(message)


def ngettext(one: str, many: str, number: int) -> str:
    """The form that the language has for this number."""
    return _translations(language()).ngettext(one, many, number)


def pgettext(context: str, message: str) -> str:
    """A message that means several things; the context says which."""
    return _translations(language()).pgettext(context, message)


def npgettext(context: str, one: str, many: str, number: int) -> str:
    """Both of them."""
    return _translations(language()).npgettext(context, one, many, number)


def of_context(tag: str, context: str) -> dict[str, str]:
    """What a language has for all messages of a context, where somebody has translated them."""
    return {
        str(each.id): str(each.string) for each in _messages(tag) if each.context == context and each.string
    }


def sentence(said: str | None, *, depth: int = 0) -> str | None:
    """What a refusal says, whose words may come from the database with names and times put in.

    Whoever refuses may have put anything in, at any length, so the work is bounded: what is longer or deeper than we
    say things stays as it is.
    """
    if not said or language() == ENGLISH or len(said) > LONGEST or depth > DEEPEST:
        return said
    if (plain := gettext(said)) != said:
        return plain
    for words, translated in _with_gaps(language()):
        if values := _put_in(words, said):
            before, *rest = translated.split(GAP)
            return before + "".join(
                _value(value, depth) + after for value, after in zip(values, rest, strict=True)
            )
    return said


def _put_in(words: tuple[str, ...], said: str) -> list[str]:
    """What stands in the gaps between these words, if they are what was said; there is something in each gap.

    Each piece is looked for once, and taken where it comes first: what is not found after that place is not found after
    a later one either. A regular expression would go back and try, once more for each gap.
    """
    first, *between, last = words
    if not (said.startswith(first) and said.endswith(last)):
        return []
    values, here, end = [], len(first), len(said) - len(last)
    for piece in between:
        found = said.find(piece, here + 1, end)
        if found < 0:
            return []
        values.append(said[here:found])
        here = found + len(piece)
    return [*values, said[here:end]] if here < end else []


def _value(put_in: str, depth: int) -> str:
    """What stands in a gap: a day, something that is said itself, several of them, or a name as it is."""
    if day := DAY.fullmatch(put_in):
        return _in_words(*day.groups())
    for glue, ours in ((" and ", gettext(" and ")), (" or ", gettext(" or "))):
        if glue in put_in:
            return ours.join(str(sentence(each, depth=depth + 1)) for each in put_in.split(glue))
    return str(sentence(put_in, depth=depth + 1))


def _in_words(weekday: str, month: str, number: str) -> str:
    """A day as the database writes it without its year: by any year in which it falls on that weekday."""
    for year in range(2000, 2028):
        try:
            day = datetime.strptime(f"{month} {number} {year}", "%B %d %Y").date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
        if f"{day:%A}" == weekday:
            pattern = pgettext("pattern of a day without its year", "EEEE, MMMM d")
            return format_date(day, pattern, Locale.parse(language(), sep="-"))
    return f"{weekday}, {month} {number}"


def teach(environment: Environment) -> None:
    """Let templates say things: `{% trans %}`, `_()`, and in which language they are."""
    environment.add_extension("jinja2.ext.i18n")
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        gettext, ngettext, newstyle=True, pgettext=pgettext, npgettext=npgettext
    )
    environment.filters["sentence"] = sentence
    environment.globals["language"] = language


def _messages(tag: str) -> Catalog:
    with (Path(__file__).parent / f"{tag}.po").open("rb") as file:
        return read_po(file)


@cache
def _translations(tag: str) -> NullTranslations:
    if tag not in languages() or tag == ENGLISH:
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, _messages(tag))
    compiled.seek(0)
    return Translations(compiled)


@cache
def _with_gaps(tag: str) -> list[tuple[tuple[str, ...], str]]:
    """Sentences that have gaps, the most definite first, each as the words around them and what is said instead."""
    said = {each.id: str(each.string) for each in _messages(tag) if isinstance(each.id, str) and each.string}
    return [
        (tuple(message.split(GAP)), said[message])
        for message in sorted(said, key=lambda each: len(each.replace(GAP, "")), reverse=True)
        if GAP in message
    ]
