"""Documents lead to what is there, and the lists of docs/how-to.md are as short and as long as their examples say."""

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from deploy.functions import ROOT

DOCS = ROOT / "docs"
INDEX = DOCS / "README.md"
DECISIONS = DOCS / "decisions"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md"), DECISIONS / "README.md"])
LINK = re.compile(r"\]\(([^)\s]+)\)")
PATH = re.compile(
    r"`((?:functions|shared|server|sql|tests|deploy|local|bench|docs)/[\w./-]+|deploy\.yaml|\.env\.example)`"
)
SECTION = re.compile(r"^##+ ([^\n]+)\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
# Where a word stands in passing: written by commands, or told of afterwards; and whatever else a test tells.
PASSING = ("docs/", "releases/", "bench/", "sql/migrations/", "tests/", "CHANGELOG.md")


def examples() -> Iterator[tuple[str, str, str]]:
    """Each section of docs/how-to.md that has one: its title, the example's word, and the section."""
    for title, section in SECTION.findall((DOCS / "how-to.md").read_text()):
        if found := re.search(r"^Example: `([\w.]+)`", section, re.MULTILINE):
            yield title, found[1], section


EXAMPLES = list(examples())
assert len(EXAMPLES) > 5, "docs/how-to.md shows no examples any more"


def paths_of_list(section: str) -> list[str]:
    """The files and folders of its list: what a line names before it says what is there."""
    lists = re.findall(r"^- (?:.+\n)(?:  .+\n)*", section, re.MULTILINE)
    return [path for line in lists for path in PATH.findall(line.partition(": ")[0])]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text()):
        if link.startswith("http"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name} leads to {link}"
        assert not anchor or anchor in _anchors(target), f"{page.name} leads to {link}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_path_that_is_named_is_there(page: Path) -> None:
    if page.name != "CHANGELOG.md":  # what was is not always still there
        assert not [path for path in PATH.findall(page.read_text()) if not (ROOT / path).exists()]


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_the_index_leads_to_every_page(page: Path) -> None:
    assert page == INDEX or page.name in LINK.findall(INDEX.read_text())


def test_the_readme_leads_to_the_index() -> None:
    assert "docs/README.md" in LINK.findall((ROOT / "README.md").read_text())


def test_the_index_of_decisions_has_each_once_by_its_title() -> None:
    wanted = []
    for page in sorted(DECISIONS.glob("0*.md")):
        title = re.sub(r"^# \d+[.:] ", "", page.read_text().splitlines()[0])
        wanted.append(f"- [{page.name[:4]}]({page.name}): {title}")

    assert wanted == sorted(re.findall(r"^- .+", (DECISIONS / "README.md").read_text(), re.MULTILINE))


@pytest.mark.parametrize(("title", "word", "section"), EXAMPLES, ids=lambda each: each.splitlines()[0][:40])
def test_an_example_is_in_every_file_of_its_list(title: str, word: str, section: str) -> None:
    listed = paths_of_list(section)

    assert len(listed) >= 3
    assert [path for path in listed if not any(file.startswith(path) for file in _files_with(word))] == []


@pytest.mark.parametrize(("title", "word", "section"), EXAMPLES, ids=lambda each: each.splitlines()[0][:40])
def test_no_file_of_an_example_is_missing_from_its_list(title: str, word: str, section: str) -> None:
    """Files that only mention it have a word of it in passing; else the list is too short for whoever follows it."""
    named = [*paths_of_list(section), *MENTIONED.get(word, ())]

    assert [path for path in _files_with(word) if not path.startswith((*PASSING, *named))] == []


# Where an example is named without being at work: a stand-in of the same word, a comment.
MENTIONED = {
    "already_refunded": ("local/stripe_payments.py",),
    "payment.restored": (  # they are of the mail of that name
        "functions/send_notifications/templates/payment_restored.mail",
        "sql/schemas/messages/mails.sql",
        "sql/schemas/messages/user_notifications.sql",
    ),
    "choose_place": ("sql/schemas/sessions/session_schedules.sql",),
}


@cache
def _files_with(word: str) -> list[str]:
    """Every file in which it stands, or in whose path: as it is, with hyphens, as an event or in capitals."""
    spellings = {
        word,
        word.replace("_", "-"),
        word.replace(".", "_"),
        f"{word}_secret",
        f"{word.upper()}_SECRET",
    }
    pattern = "|".join(re.escape(each) for each in spellings)
    git = ["git", "-C", str(ROOT)]
    found = subprocess.run([*git, "grep", "-lwE", pattern], capture_output=True, text=True, check=True).stdout
    files = subprocess.run([*git, "ls-files"], capture_output=True, text=True, check=True).stdout
    by_path = [path for path in files.splitlines() if re.search(rf"\b(?:{pattern})\b", path)]
    return sorted({*found.splitlines(), *by_path})


def _anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
