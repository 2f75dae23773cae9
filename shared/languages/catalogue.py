"""What is said, in the language that is spoken: gettext's calls, on the catalogue beside this file.

A catalogue is read as its translators wrote it, when somebody first reads that language: there is no compiled copy
that could be older. `python -m deploy languages` brings it up to date with what the code says.
"""

import re
from functools import cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from jinja2 import Environment

from . import ENGLISH, language, languages

GAP = "…"  # in the sentence of a refusal, for what only the database knows


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


def sentence(said: str | None) -> str | None:
    """What a refusal says, whose words may come from the database with names and times put in."""
    if not said or language() == ENGLISH:
        return said
    if (plain := gettext(said)) != said:
        return plain
    for pattern, translated in _with_gaps(language()):
        if found := pattern.fullmatch(said):
            words, *rest = translated.split(GAP)
            filled = zip(map(_within, found.groups()), rest, strict=True)
            return words + "".join(value + after for value, after in filled)
    return said


def _within(value: str) -> str:
    """What is put in: a name, a number, or a sentence of its own, as the reason why the first one was refused."""
    return (sentence(value) or value) if value.endswith((".", "?", "!")) else value


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
def _with_gaps(tag: str) -> list[tuple[re.Pattern[str], str]]:
    """Sentences that have gaps, the most definite first, each as the pattern of what it may have become."""
    messages = [each for each in _messages(tag) if isinstance(each.id, str) and GAP in each.id]
    messages.sort(key=lambda each: -len(each.id))
    return [
        (re.compile("(.+?)".join(map(re.escape, str(each.id).split(GAP))), re.DOTALL), str(each.string))
        for each in messages
        if each.string
    ]
