"""In which language somebody reads: by the address, their browser, or the database; and what is said in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared import languages
from shared.languages import catalogue, language, receive, recognise, spoken
from shared.languages.catalogue import gettext, ngettext, npgettext, pgettext, sentence

# A language that nobody has, as somebody would add it: its file, and nothing else.
ESPERANTO = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "Yes"
msgstr "Jes"

msgid "No"
msgstr ""

msgctxt "an answer"
msgid "No"
msgstr "Ne"

msgid "%(count)s session"
msgid_plural "%(count)s sessions"
msgstr[0] "%(count)s kunveno"
msgstr[1] "%(count)s kunvenoj"

msgctxt "of a car"
msgid "%(count)s seat"
msgid_plural "%(count)s seats"
msgstr[0] "%(count)s sidloko"
msgstr[1] "%(count)s sidlokoj"

msgid "%(count)s day"
msgid_plural "%(count)s days"
msgstr[0] ""
msgstr[1] ""

msgid "A session that is … cannot become …."
msgstr "Kunveno, kiu estas …, ne povas iĝi …."

msgid "A session that is over cannot become …."
msgstr "Finita kunveno ne povas iĝi …."

msgid "… is taken."
msgstr "Prenita: …."

msgid "… is not known."
msgstr ""

#, fuzzy
msgid "Maybe"
msgstr "Eble"
"""


@pytest.fixture
def esperanto(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """It is there, beside French."""
    (tmp_path / "eo.po").write_text(ESPERANTO)
    (tmp_path / "fr-CA.po").write_bytes(Path(languages.__file__).with_name("fr-CA.po").read_bytes())
    caches = (languages.languages, catalogue._translations, catalogue._with_gaps)
    for module in (languages, catalogue):
        monkeypatch.setattr(module, "__file__", str(tmp_path / "module.py"))
    for cached in caches:
        cached.cache_clear()
    with spoken("eo"):
        yield
    for cached in caches:
        cached.cache_clear()


@pytest.fixture(autouse=True)
def nothing_is_looked_at() -> Iterator[None]:
    """A page that a test opens is closed after it."""
    visit = languages._visit.set(None)
    with spoken(None):
        yield
    languages._visit.reset(visit)


def asked(header: str) -> str:
    receive("a-page", {}, {"accept-language": header})
    return language()


def test_there_are_english_and_what_has_a_file(esperanto: None) -> None:
    assert ("en", "eo", "fr-CA") == languages.languages()
    assert "eo" == asked("eo;q=0.9, fr;q=0.8")


def test_a_language_is_spoken_as_long_as_it_is_said_to_be() -> None:
    with spoken("fr-CA"):
        with spoken("en"):
            assert "en" == language()
        with spoken(None):
            assert "en" == language()
        with pytest.raises(ZeroDivisionError), spoken("en"):
            raise ZeroDivisionError
        assert "fr-CA" == language()
    assert "en" == language()


@pytest.mark.parametrize(
    ("tag", "ours"),
    [
        *((same, "fr-CA") for same in ("fr-CA", "fr-ca", "FR-CA", "fr", "fr-FR", "fr-Latn-CA")),
        *(
            (same, "en")
            for same in ("en", "en-CA", "EN-gb", None, "", "und", "de", "frr", "e", "-", "../fr-CA")
        ),
    ],
)
def test_a_tag_is_ours_or_its_language_is(tag: str | None, ours: str) -> None:
    """Whoever reads French of elsewhere reads that of Canada before English."""
    with spoken(tag):
        assert ours == language()


@pytest.mark.parametrize(
    ("header", "ours"),
    [
        ("fr-CA,fr;q=0.9,en;q=0.8", "fr-CA"),
        ("en-CA,en;q=0.9,fr-CA;q=0.8", "en"),
        ("en;q=0.1, fr;q=0.2", "fr-CA"),
        ("de-CH, de;q=0.9, fr;q=0.3, en;q=0.2", "fr-CA"),
        ("  fr ;q=1.0", "fr-CA"),
        ("fr, en", "fr-CA"),  # of equal weight, the first
        ("en, fr", "en"),
        ("", "en"),
        ("*", "en"),
        ("de", "en"),
        ("fr;q=0", "en"),  # what somebody does not want
        ("fr;q=0, en;q=0", "en"),
        *(
            (f"fr;q={nonsense}, de", "en")
            for nonsense in ("nan", "inf", "-1", "2", "1e9", "much", "0,5", "١٢")
        ),
        ("fr;level=x;q=1, en;q=0.1", "en"),
        (";;;,,,===;q", "en"),
        ("\0", "en"),
        ("x" * 100_000 + ",fr", "en"),
        ("a," * 400 + "fr", "en"),  # it is read to a bound
    ],
)
def test_a_browser_is_spoken_to_as_it_asks(header: str, ours: str) -> None:
    assert ours == asked(header)


def test_the_address_goes_before_the_browser_and_before_what_is_remembered() -> None:
    receive("a-page", {"language": "fr"}, {"accept-language": "en"})
    assert "fr-CA" == language()
    recognise("en")
    assert "fr-CA" == language()
    receive("a-page", {"language": "tlh"}, {"accept-language": "fr"})
    assert "fr-CA" == language()


def test_who_is_known_by_a_link_reads_as_they_wish() -> None:
    receive("a-page", {"token": "t"}, {"accept-language": "en"})
    recognise("fr-CA")
    here = languages.visit()
    assert ("fr-CA", True) == (language(), here and here.knows_reader)


@pytest.mark.parametrize(("tag", "is_known"), [("und", True), (None, False), ("", False)])
def test_who_never_said_reads_as_their_browser(tag: str | None, is_known: bool) -> None:
    receive("a-page", {"token": "t"}, {"accept-language": "fr"})
    recognise(tag)
    here = languages.visit()
    assert ("fr-CA", is_known) == (language(), here and here.knows_reader)


def test_a_reply_about_somebody_makes_no_page_of_a_function() -> None:
    recognise("fr-CA")
    assert languages.visit() is None


def test_a_message_is_said_in_the_language_spoken(esperanto: None) -> None:
    assert ("Jes", "Ne") == (gettext("Yes"), pgettext("an answer", "No"))
    with spoken("en"):
        assert ("Yes", "No") == (gettext("Yes"), pgettext("an answer", "No"))


def test_what_nobody_has_translated_is_said_in_english(esperanto: None) -> None:
    """Nor is what a translator was not sure of."""
    assert ["No", "Maybe", "Never"] == [gettext(each) for each in ("No", "Maybe", "Never")]
    assert ["%(count)s day", "%(count)s days"] == [
        ngettext("%(count)s day", "%(count)s days", count) for count in (1, 2)
    ]


def test_a_number_has_the_form_that_its_language_gives_it(esperanto: None) -> None:
    one, many = "%(count)s session", "%(count)s sessions"
    assert ["kunvenoj", "kunveno", "kunvenoj"] == [ngettext(one, many, n).split()[1] for n in (0, 1, 2)]
    seats = [npgettext("of a car", "%(count)s seat", "%(count)s seats", n).split()[1] for n in (1, 2)]
    assert ["sidloko", "sidlokoj"] == seats
    with spoken("fr-CA"):  # nought is one of a kind in French
        one, many = "%(count)s session is booked", "%(count)s sessions are booked"
        said = [ngettext(one, many, n).partition(" ")[2] for n in (0, 1, 2)]
        assert ["séance est réservée", "séance est réservée", "séances sont réservées"] == said


def test_a_refusal_keeps_what_the_database_put_into_it(esperanto: None) -> None:
    said = {
        "A session that is held cannot become cancelled.": "Kunveno, kiu estas held, ne povas iĝi cancelled.",
        "A session that is over cannot become open.": "Finita kunveno ne povas iĝi open.",  # the more definite
        "Tuesday, 10:00\nat …\\1 %s is taken.": "Prenita: Tuesday, 10:00\nat …\\1 %s.",
        "Yes": "Jes",
    }
    assert said == {each: sentence(each) for each in said}
    with spoken("en"):
        assert [*said] == [sentence(each) for each in said]


@pytest.mark.parametrize(
    "said", ["", None, "This is new.", "Somebody is not known.", " is taken.", "é" * 5000]
)
def test_a_refusal_that_nobody_has_translated_is_shown_as_it_is(esperanto: None, said: str | None) -> None:
    assert said == sentence(said)
