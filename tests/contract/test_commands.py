"""What documents and comments name can be typed and opened: make's targets, our modules with their options, files."""

import argparse
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec

from deploy.__main__ import commands
from deploy.functions import ROOT

# What was: it is not always still there. And what is written by commands.
PAST = ("CHANGELOG.md", "docs/decisions/0", "docs/api/", "releases/", "sql/migrations/", "bench/results")
MAKE = re.compile(r"(?:^|`)make ((?:[a-z-]+\b(?! *=) ?)+)", re.MULTILINE)
MODULE = re.compile(r"python3? -m ((?:deploy|server|local|sql|tests|bench)\b[\w.]*)(?: ([^\n`#;|'\"]*))?")
FOLDERS = "functions|shared|server|sql|tests|deploy|local|bench|docs"
SUFFIXES = "py|sql|md|yaml|json|mjs|ts|tsv|html|mail|txt|png"
PATH = re.compile(rf"(?<![\w./<>{{}}-])((?:{FOLDERS})/[\w./-]*\w\.(?:{SUFFIXES}))\b(?![\w{{<])")
DOCS = re.compile(
    r"[\w-]+\.md|docs/(?!tutorial)[\w-]+\.md|docs/decisions/README\.md"
)  # a test types the tutorial
# Tables, functions, fields, codes, settings; between backticks also with hyphens, as functions are called.
NAME = re.compile(r"(?<![\w-])(?:[A-Za-z]+(?:_[A-Za-z0-9]+)+|(?<=`)[a-z]+(?:-[a-z0-9]+)+(?=`))(?![\w-])")
OF_OTHERS = re.compile(r"db-pool|PGRST_")  # PostgREST's
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@cache
def texts() -> dict[str, str]:
    """Every file of ours that people read."""
    git = ["git", "-C", str(ROOT), "ls-files"]
    listed = subprocess.run(git, capture_output=True, text=True, check=True).stdout
    ours = (
        ".md",
        ".py",
        ".sql",
        ".yaml",
        ".yml",
        ".toml",
        ".mjs",
        ".html",
        "Makefile",
        "Containerfile",
        "example",
    )
    return {
        path: (ROOT / path).read_text()
        for path in listed.splitlines()
        if path.endswith(ours) and not path.startswith(PAST)
    }


def named(pattern: re.Pattern[str]) -> Iterator[tuple[str, str, str]]:
    for path, text in texts().items():
        for found in pattern.finditer(text):
            yield path, found[1], found[2] if pattern.groups > 1 else ""


def test_every_target_is_one_of_makes() -> None:
    said = [(path, target) for path, targets, _ in named(MAKE) for target in targets.split()]

    assert len(said) > 100
    assert [each for each in said if each[1] not in TARGETS] == []


def test_every_module_is_there() -> None:
    said = list(named(MODULE))

    assert len(said) > 50
    assert [each for each in said if not find_spec(each[1].rstrip("."))] == []


def test_every_command_of_deploy_has_the_options_that_it_is_given() -> None:
    """By the parser that reads them."""
    for path, module, words in named(MODULE):
        command, *rest = (words or "").split() or [""]
        if module == "deploy" and re.fullmatch(r"[a-z-]+", command):
            known = subcommands(commands())
            assert command in known, path
            options = {each for action in known[command]._actions for each in action.option_strings}
            assert {each for each in rest if re.match(r"--\w", each)} <= options, (path, command)


def subcommands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    (choices,) = (each.choices for each in parser._actions if isinstance(each, argparse._SubParsersAction))
    return dict(choices)


def test_every_file_is_there() -> None:
    """One that moves takes along what is said of it."""
    assert [(path, file) for path, file, _ in named(PATH) if not (ROOT / file).exists()] == []


def test_every_name_is_one_of_ours() -> None:
    """Of a table, a function, a field, a code or a setting: what the documents call it, it is called."""
    code = "\n".join(text for path, text in texts().items() if not path.endswith(".md")) + "\n".join(texts())
    ours = set(re.findall(r"\w+", code))
    said = [
        (path, name)
        for path, text in texts().items()
        if DOCS.fullmatch(path)
        for name in NAME.findall(text)
        if not OF_OTHERS.match(name)
    ]

    assert len(said) > 500
    assert [
        each for each in said if not {each[1], each[1].replace("-", "_")} & ours and each[1] not in code
    ] == []
