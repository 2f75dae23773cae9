"""The rules of form that every chapter of `sql/schemas` keeps."""

import re
from collections import Counter
from pathlib import Path

import pytest

from sql.chapters import SCHEMAS, by_migration, chapters
from sql.throwaway import BASELINE, ROOT

CHAPTERS = [pytest.param(chapter.path, id=chapter.name) for chapter in chapters()]
LINES = 400
MILESTONE = {
    "create_liability_waivers",
    "create_session_recordings",
    "create_action_recommendations",
    "add_in_person_sessions",
    "create_practitioner_banking",
    "create_practitioner_contracts",
}

KINDS = r"table|view|function|type|domain|sequence|policy|trigger|index"
CREATE = re.compile(
    rf"""^create (?:or replace |unique |constraint )*({KINDS}) (?:"([^"]+)"|([\w.]+))(?:[^;$]*?\bon ([\w.]+))?""",
    re.MULTILINE,
)
ALTER = re.compile(
    rf"""^(?:alter|drop) ({KINDS}) (?:"([^"]+)"|([\w.]+))(?: on ([\w.]+))?(.*)""", re.MULTILINE
)
BELONG_TO_A_TABLE = {"policy", "trigger"}


def made(text: str) -> list[tuple[str, str]]:
    """What a file creates: kind and name, with the table where a name is only one of its table's."""
    return [_thing(*found.groups()) for found in CREATE.finditer(text)]


def changed(text: str) -> list[tuple[str, str]]:
    """What a file alters or drops. Row-level security and triggers are switched apart from their create."""
    return [
        _thing(*found.groups()[:4])
        for found in ALTER.finditer(text)
        if not re.fullmatch(r"(enable row level security|(en|dis)able trigger \w+);", found[5].strip())
    ]


def _thing(kind: str, quoted: str | None, plain: str | None, table: str | None) -> tuple[str, str]:
    name = quoted or plain or ""
    return (kind, f"{table}: {name}" if kind in BELONG_TO_A_TABLE else name)


@pytest.fixture(scope="module")
def baseline() -> set[tuple[str, str]]:
    """What was there before us."""
    return set(made(BASELINE.read_text()))


def test_the_order_names_every_chapter_and_keeps_each_migration_together() -> None:
    """Both are checked as they are read; the milestone's six files can be recognised by their names."""
    assert {name for name, _ in by_migration()} >= MILESTONE


@pytest.mark.parametrize("path", CHAPTERS)
def test_a_chapter_is_short_and_opens_with_its_reason(path: Path) -> None:
    """Nobody scrolls for the story."""
    text = path.read_text()

    assert text.count("\n") <= LINES
    assert re.match(r"-- \S.{15,}", text)
    assert all(len(line) <= 120 for line in text.splitlines() if line.lstrip().startswith("--"))


def test_each_thing_is_created_once(baseline: set[tuple[str, str]]) -> None:
    """In its final form: what a later chapter would replace is written where it stands."""
    things = Counter(thing for chapter in chapters() for thing in made(chapter.path.read_text()))
    policies = {thing for thing in baseline if thing[0] in BELONG_TO_A_TABLE}

    assert not {thing for thing, times in things.items() if times > 1}
    assert {kind for kind, _ in things.keys() & (baseline - policies)} <= {"function"}


def test_what_a_chapter_creates_no_chapter_changes(baseline: set[tuple[str, str]]) -> None:
    """Only what the platform had before is altered or dropped."""
    ours = {thing for chapter in chapters() for thing in made(chapter.path.read_text())} - baseline
    late = {
        f"{chapter.name}: {' '.join(thing)}"
        for chapter in chapters()
        for thing in changed(chapter.path.read_text())
        if thing in ours
    }

    assert not late


@pytest.mark.parametrize("path", CHAPTERS)
def test_only_what_the_baseline_made_is_replaced(path: Path, baseline: set[tuple[str, str]]) -> None:
    """Everything else is created."""
    replaced = re.findall(r"^create or replace (\w+) ([\w.]+)", path.read_text(), re.MULTILINE)

    assert set(replaced) <= baseline


@pytest.mark.parametrize("path", CHAPTERS)
def test_definer_functions_say_why(path: Path) -> None:
    """Above each stands the reason it may pass row-level security."""
    text = path.read_text()
    for found in re.finditer(
        r"create (?:or replace )?function (\S+?)\((?:(?!\$\$).)*security definer", text, re.DOTALL
    ):
        above = text[: found.start()].rstrip("\n").rsplit("\n\n", 1)[-1]
        assert "Definer:" in above, found[1]


@pytest.mark.parametrize("path", CHAPTERS)
def test_refusals_fit_into_a_reply(path: Path) -> None:
    """PostgREST puts the sentence into the reason phrase of the reply, and retries 40001 for ever."""
    text = path.read_text()

    assert not re.search(r"\b40001\b", text)
    assert not re.search(r"\bserializable\b", text, re.IGNORECASE)
    for call in re.findall(r"private\.refuse\((.+?)\);", text, re.DOTALL):
        sentences = re.findall(r"'((?:[^']|'')*)'", call)
        assert all(sentence.isascii() and "\n" not in sentence for sentence in sentences), call


def test_no_row_is_written_by_position() -> None:
    """Where a column stands depends on which way its table was made; only a row of the table's own type fits."""
    for chapter in chapters():
        for found in re.findall(
            r"\binsert into [\w.]+ +(?:values|select)\b[^;]{0,20}", chapter.path.read_text()
        ):
            assert re.search(r"select v_\w+\.\*", found), f"{chapter.name}: {found}"


def test_the_folder_is_where_the_supabase_cli_looks() -> None:
    """For its declarative commands; they read the same files."""
    assert SCHEMAS.samefile(ROOT / "supabase/schemas")
