"""The French of Canada is set as it is set there, with spaces that no line ends at."""

import re
from io import BytesIO

from babel.messages.pofile import read_po

from deploy.languages import FOLDER

WRONG = {
    "a space before ? ! or ;": re.compile(r"[ \u00a0\u202f][?!;]"),
    "a colon at which a line could break": re.compile(r"[^\W\d] :|(?<!Content-Type):(?=\s|$)(?<=\w:)"),
    "guillemets at which a line could break": re.compile(r"«[^\u00a0\u202f]|[^\u00a0\u202f]»"),
    "quotation marks of English": re.compile(r"[“”]"),
}
ELEMENT = re.compile(r"<[^<>]*>")


def mistakes(said: str) -> list[str]:
    words = ELEMENT.sub("", said)
    return [name for name, pattern in WRONG.items() if pattern.search(words)]


def test_french_is_set_as_french_is() -> None:
    found = {}
    for message in read_po(BytesIO((FOLDER / "fr-CA.po").read_bytes())):
        if not message.id or (message.context or "").startswith("pattern"):
            continue
        for said in (message.string,) if isinstance(message.string, str) else message.string:
            if wrong := mistakes(said):
                found[said] = wrong
    assert found == {}


def test_what_is_set_otherwise_is_found() -> None:
    wrong = ("Pourquoi ?", "Bon ; mais", "Place : 1", "Place: 1", "Place:", "« Oui »", "“Oui”")
    assert [] == [each for each in wrong if not mistakes(each)]
    right = "L’heure\u00a0: 10\u00a0h\u00a030; «\u00a0%(name)s\u00a0»? <a href=\"https://a.example/?b='c'\">Oui!</a>"
    assert [] == mistakes(right)
