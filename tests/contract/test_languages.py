"""What people read can be read in every language that has a file, and nothing is said past the catalogue."""

import re
from collections.abc import Iterator
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from jinja2 import Environment

from deploy import errors, languages
from deploy.functions import ROOT

FILES = sorted(languages.FOLDER.glob("*.po"))
SAID = {"_", "gettext", "ngettext", "pgettext", "npgettext"}
UNSEEN = re.compile(r"<(style|script)\b.*?</\1>|<!--.*?-->", re.DOTALL)
READ_ALOUD = re.compile(r"""\b(?:aria-label|title|alt|placeholder|content|label)="([^"]*)\"""")
TAG = re.compile(r"<[^<>]*>")
WIDTH = re.compile(r"{% block width %}\w*{% endblock %}")  # a class
GAPS = re.compile(r"%\(\w+\)[sd]|</?\w+|…")
# What is the same in every language, or read by programs.
NAMES = {
    "width=device-width, initial-scale=1",
    "light dark",
    "noindex",
    "telephone=no, date=no, address=no, email=no",
    "Sadhu",
}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_everything_that_is_said_is_translated(file: Path) -> None:
    catalogue = read_po(BytesIO(file.read_bytes()))
    assert not [each.id for each in catalogue if each.id and not _is_translated(each)]
    assert file.read_bytes() == languages.text(file), "run `python -m deploy languages`, then translate"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_translations_put_in_what_the_message_does(file: Path) -> None:
    """What is put in, and the elements around it: a name that is lost in translation is lost to its reader."""
    catalogue = read_po(BytesIO(file.read_bytes()))
    for message in (each for each in catalogue if each.id):
        ours = [sorted(GAPS.findall(form)) for form in _forms(message.id)]
        *few, many = (sorted(GAPS.findall(form)) for form in _forms(message.string))
        assert many == ours[-1] and all(form in ours for form in few), message.id
        assert not list(message.check(catalogue)), message.id


@pytest.mark.parametrize("template", languages.templates(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_words_stand_outside_of_the_catalogue(template: Path) -> None:
    assert not list(_words_past_it(template.read_text()))


def test_a_template_with_words_past_the_catalogue_is_found() -> None:
    for wrong in (
        "<p>Hello</p>",
        '<button aria-label="End it">{{ name }}</button>',
        '{{ "Make another" if made else _("Make one") }}',
        "{% trans %}Said.{% endtrans %} Not said.",
        '{{ pgettext("an address", made or "Make one") }}',
    ):
        assert list(_words_past_it(wrong)), wrong
    right = (
        '<p class="done">{% trans name %}Hello {{ name }}{% endtrans %} {{ _("Yes") }} {{ x.get("by") }}</p>'
        '{{ pgettext("an answer", "Yes, it was") }}'
    )
    assert not list(_words_past_it(right))


def test_a_refusal_says_a_whole_sentence_in_each_of_its_variants() -> None:
    """One that is glued together matches nothing in the catalogue when it has been said."""
    said = [each for code in errors.codes().values() for each in (*code.sentences, *code.hints)]
    assert said and not [each for each in said if not re.search(r"([.?!]|: …|at …)$", each) or "  " in each]
    for chapter in (ROOT / "sql/schemas").rglob("*.sql"):
        text = chapter.read_text()
        for call in errors.REFUSED.finditer(text):
            arguments = errors._arguments(text, call.end())
            glued = [each for each in arguments[2:4] if re.search(r"\w* [^']*'\s*\|\||\|\|\s*'[^']* ", each)]
            assert not glued, chapter.name


def _is_translated(message: Message) -> bool:
    return all(_forms(message.string)) and not message.fuzzy


def _forms(said: Any) -> tuple[str, ...]:
    """One, or those for few and for many."""
    return (said,) if isinstance(said, str) else tuple(said)


def _is_said(before: list[str]) -> bool:
    """Whether a literal behind these is a message: a call's first argument, or its second behind a context."""
    call, opened = before[-4:-2] if before[-1] == "," else before[-2:]
    return opened == "(" and call in SAID


def _words_past_it(source: str) -> Iterator[str]:
    """Words of the markup, and literals that are words, which no call of the catalogue surrounds."""
    markup, inside = [], False
    block: list[str] = []
    before = [""] * 4
    for _, kind, value in Environment().lex(WIDTH.sub("", source)):  # noqa: S701 - nothing is rendered
        if kind == "block_begin":
            block = []
        elif kind == "block_end":
            inside = {"trans": True, "endtrans": False}.get(block[0] if block else "", inside)
        elif kind == "name":
            block.append(value)
        elif kind == "data" and not inside:
            markup.append(value)
        elif kind == "variable_begin" and not inside:
            markup.append("\0")
        elif kind == "string" and not _is_said(before):
            said = value[1:-1]
            if re.search(r"[A-Za-z]{2,} |^[A-Z][a-z]+$", said):
                yield said
        if kind not in ("whitespace", "comment"):
            before = [*before[1:], value]
    shown = UNSEEN.sub("", "".join(markup))
    words = [
        *(said for said in READ_ALOUD.findall(shown) if said not in NAMES),
        unescape(TAG.sub(" ", shown)),
    ]
    for said in words:
        yield from (word for word in re.findall(r"[^\W\d_]{2,}", said) if word not in NAMES)
