"""After every file that adds, the pages and functions of today are answered as before."""

from pathlib import Path

import pytest

from sql.throwaway import BASELINE, Server

from .conftest import ADDING, CLOSING, ROWS_OF_A
from .live_statements import STATEMENTS, ask

# What the closing files take away, on purpose, from those who send it.
CLOSED = {
    "a client books by a direct insert": "refused: 42501",
    "a client books a time that is taken": "refused: 42501",
    "the counter of a class, by hand": [],
    "a credit, taken": "refused: 42501",
    "a waiver without a version": "refused: 23514",
    "a waiver of a session": "refused: 23514",
    "a client's own waiver": "refused: 42501",
}


def test_the_statements_are_answered_today(postgres: Server, in_use: str) -> None:
    """But for the two that the platform cannot do: its counter of classes, and credits that a client sets."""
    answers = ask(postgres.copy(in_use, "today"))

    refused = {name for name, answer in answers.items() if isinstance(answer, str) or answer == []}
    assert refused == {"the counter of a class, by its function", "a client sets credits"}


def test_pages_and_functions_go_on_after_every_adding_file(postgres: Server, in_use: str) -> None:
    """Old pages and old functions work as they did, whichever file the push stopped after."""
    url = postgres.copy(in_use, "file_by_file")
    before = ask(url)

    for path in ADDING:
        postgres.apply("file_by_file", [path])
        assert before == ask(url), path.name


def test_nothing_is_taken_from_the_earlier_platform_either(postgres: Server) -> None:
    """On state A what is answered stays answered; what it lacks is answered bit by bit."""
    url = postgres.build("earlier", [BASELINE, ROWS_OF_A])
    before = {name: answer for name, answer in ask(url).items() if not str(answer).startswith("refused: 42")}

    for path in ADDING:
        postgres.apply("earlier", [path])
        now = ask(url)
        assert before == {name: now[name] for name in before}, path.name


def test_the_closing_files_take_what_they_say(adopted: str) -> None:
    """From then on rules hold, whoever writes."""
    answers = ask(adopted)

    assert CLOSED == {name: answers[name] for name in CLOSED}
    # What the platform has beside ours goes on, for visitors too.
    kept = [name for name, who, statement in STATEMENTS if who == "visitor"]
    assert not [name for name in kept if str(answers[name]).startswith("refused")]


@pytest.mark.parametrize("path", [*ADDING, *CLOSING], ids=lambda path: path.name)
def test_a_file_waits_for_nobody_for_long(path: Path) -> None:
    """A file that cannot have its lock gives up, has changed nothing, and can be pushed again."""
    assert "set lock_timeout = '5s';" in path.read_text()
