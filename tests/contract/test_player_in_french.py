"""What the player says comes from the catalogue: a script has no words of its own."""

import re
from pathlib import Path

import pytest

from deploy import errors
from deploy.functions import functions
from functions.open_recording.film_page import _told_to_player, _words_of_player
from shared.languages import spoken

SCRIPT = Path(__file__).parents[2] / "functions" / "open_recording" / "player.js"
COMMENT = re.compile(r"//.*")
LITERAL = re.compile(r'"([^"\n]*)"|`([^`]*)`')
SPEECH = re.compile(r"[A-Za-z]{2,} [a-z]{2,}|^[A-Z][a-z]+$")
# Names that browsers know.
NAMES = {"Escape", "ArrowLeft", "ArrowRight", "Error"}


def unsaid(script: str) -> list[str]:
    literals = ("".join(found) for found in LITERAL.findall(COMMENT.sub("", script)))
    said = (re.sub(r"\$\{[^}]*\}", "", each) for each in literals)
    return [each for each in said if SPEECH.search(each) and each not in NAMES]


def test_the_script_has_no_words_of_its_own() -> None:
    assert [] == unsaid(SCRIPT.read_text())
    assert ["Please wait"] == unsaid('say("Please wait"); play("video"); // "Not said here"')


def test_the_page_gives_it_every_word_that_it_says() -> None:
    words = _words_of_player()
    used = set(re.findall(r"\bwords\.(\w+)", SCRIPT.read_text())) | {"mp4", "webm", "playlist"}
    assert used == words.keys()


def test_it_can_be_told_every_refusal_of_its_own_function() -> None:
    """By a link that ends while it plays, or by too many looks."""
    for rpc in functions()["open-recording"].rpcs():
        for code in (errors.codes()[name] for name in rpc.refuses):
            others = {"There is no such recording.", "There is no such take."}  # said by other functions
            assert {*code.sentences, *code.hints} - others <= _told_to_player().keys()


@pytest.mark.parametrize("told", [_words_of_player, _told_to_player])
def test_all_of_it_is_in_french(told) -> None:  # type: ignore[no-untyped-def]
    with spoken("fr-CA"):
        french = told()
    same = {key for key, said in told().items() if said == french[key]}
    assert same <= {"pause"}  # is the same word
