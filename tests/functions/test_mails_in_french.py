"""Every mail in the language of its reader: whoever reads French is told no English sentence."""

import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from pathlib import Path

import pytest
import vobject
from jinja2 import UndefinedError

from deploy import languages
from functions.send_notifications.contract import ClaimedMail
from functions.send_notifications.message import Message, write
from shared.languages import spoken
from shared.settings import Settings
from tests.written_mails import SESSION, TEMPLATES, kinds, mails_of

ENVIRONMENT = {
    "SMTP_URL": "smtp://mail.test",
    "PAGES_URL": "https://pages.test",
    "SITE_URL": "https://site.test",
    "SUPPORT_EMAIL": "help@mail.test",
}
FRENCH = "fr-CA"
GAP = re.compile(r"%\(\w+\)s|</?\w[^>]*>|…")
WORDS = 3  # of a sentence; fewer may be the same in both languages, or stand in a name


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Settings, "_read", {})
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("kind", kinds())
def test_no_mail_in_french_has_an_english_sentence(kind: str) -> None:
    """In subject, preheader, text, HTML, calendar file, and what a template of Postmark's is filled with."""
    said = "\n".join(_all_words(each) for each in _written(kind, FRENCH))

    assert said and not [sentence for sentence in _sentences() if sentence in said]


def test_every_sentence_of_mails_is_said_in_some_case() -> None:
    """Or the test above would not see that it is English still."""
    said = "\n".join(_all_words(each) for kind in kinds() for each in _written(kind, "en"))

    files = [each for each in languages.templates() if each.is_relative_to(TEMPLATES)]
    messages = {message for file in files for message in _messages(file)}
    assert len(messages) > 300
    assert not [message for message in messages if not all(part in said for part in _parts(message))]


def test_a_booking_is_confirmed_in_french() -> None:
    """Days, clocks and titles as people write them in Quebec, and no line ends within a time."""
    french = _written("session_booked", FRENCH)[0]
    english = _written("session_booked", "en")[0]

    time = "10\u00a0h\u00a000"
    assert f"Réservation\u00a0: Séance debout avec Noor, ven. 14 mars à {time}" == french.subject
    assert "Booked: Standing session with Noor, Fri, Mar 14 at 10:00 AM" == english.subject
    assert f"{time} – 10\u00a0h\u00a045 (HAE" in french.text and "vendredi 14 mars 2031" in french.text
    assert '<html lang="fr-CA">' in french.html and '<html lang="en">' in english.html
    assert ">mars</td>" in french.html and ">Mar</td>" in english.html
    assert all(len(line) <= 72 for line in french.text.splitlines() if "://" not in line)
    assert "vendredi 14 mars 2031" == french.model["session_date"] and "En ligne" == french.model["location"]


def test_a_time_is_not_broken_over_two_lines() -> None:
    """Wherever in a paragraph it stands: a space that ties holds at the end of a line, too."""
    for letters in range(40, 80):
        mail = next(mails_of("practitioner_late")).model_copy(update={"recipient_name": "A" * letters})
        with spoken(FRENCH):
            text = write(mail).text
        assert "10\u00a0h\u00a010 (" in text.replace(")\n", ") "), letters


def test_the_event_in_a_mail_is_called_as_the_mail_calls_it() -> None:
    french, english = _written("session_booked", FRENCH)[0], _written("session_booked", "en")[0]

    assert french.invitation and english.invitation
    ours, theirs = (vobject.readOne(each.content) for each in (french.invitation, english.invitation))
    assert "Séance debout avec Noor" == ours.vevent.summary.value
    assert "Standing session with Noor" == theirs.vevent.summary.value
    assert ("En ligne", "Online") == (ours.vevent.location.value, theirs.vevent.location.value)
    assert ours.vevent.uid.value == theirs.vevent.uid.value == SESSION["id"], "one event in any language"


@pytest.mark.parametrize("kind", kinds())
def test_a_subject_is_one_line_of_150_signs_at_most(kind: str) -> None:
    for each in _written(kind, FRENCH):
        assert 0 < len(each.subject) <= 150 and len(each.subject.splitlines()) == 1


@cache
def _written(kind: str, language: str) -> list[Message]:
    written = [_if_stated(mail, language) for mail in mails_of(kind)]
    return [message for message in written if message]


def _if_stated(mail: ClaimedMail, language: str) -> Message | None:
    """None: there is no such mail, since what its template states is not there in this case."""
    try:
        with spoken(language):
            return write(mail)
    except (UndefinedError, AttributeError, TypeError):
        return None


def _all_words(message: Message) -> str:
    html = unescape(re.sub(r"<[^<>]*>", " ", message.html.partition("</style>")[2]))
    model = [str(value) for value in message.model.values()]
    calendar = message.invitation.content.replace("\r\n ", "") if message.invitation else ""
    return " ".join("\n".join([message.subject, message.text, html, *model, calendar]).split())


def _parts(message: str) -> list[str]:
    """What of a message stands between its gaps, where that is as long as a sentence."""
    parts = (" ".join(part.split()) for part in GAP.split(message))
    return [part for part in parts if len(re.findall(r"[^\W\d_]{2,}", part)) >= WORDS]


@cache
def _sentences() -> frozenset[str]:
    """In English, of the whole catalogue."""
    messages = (form for message, _ in languages.said() for form in _forms(message))
    return frozenset(part for message in messages for part in _parts(message))


def _messages(file: Path) -> Iterator[str]:
    with file.open("rb") as opened:
        for message, _ in languages._messages("jinja2.ext:babel_extract", opened, languages.TEMPLATES):
            yield from _forms(message)


def _forms(message: str | tuple[str, ...]) -> tuple[str, ...]:
    return (message,) if isinstance(message, str) else message
