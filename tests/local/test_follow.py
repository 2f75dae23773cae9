"""What `make logs` prints: all logs in one order, each line with its time; or those of one function."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from deploy.functions import ROOT
from local.follow import SHOWN_LINES, Log, said_at

FUNCTION = '{"severity":"INFO","time":"2026-11-30T03:05:00.250Z","message":"status 200"}'
POSTGRES = "2026-11-30 03:05:00.125 UTC [12] ERROR:  division by zero"
POSTGREST = '127.0.0.1 - anon [30/Nov/2026:03:05:01 +0000] "GET / HTTP/1.1" 200'


@pytest.mark.parametrize(
    ("line", "seconds"),
    [
        (FUNCTION, 0.25),
        (POSTGRES, 0.125),
        (POSTGREST, 1),
        ('"time":"2026-13-30T03:05:00.250Z"', None),
        ("", None),
    ],
)
def test_a_line_says_its_time_in_the_words_of_its_part(line: str, seconds: float | None) -> None:
    said = said_at(line)

    assert (said and said.second + said.microsecond / 1e6) == seconds


def test_a_line_that_says_none_is_of_the_time_of_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "postgres.log"
    path.write_text(f"{POSTGRES}\n\tCONTEXT:  a function\n")

    first, second = Log(path).earlier()

    assert first[0] == second[0]


def test_a_line_is_printed_when_it_is_whole_and_once(tmp_path: Path) -> None:
    path = tmp_path / "status.log"
    path.write_text("".join(f"{number}\n" for number in range(SHOWN_LINES + 5)))
    log = Log(path)
    assert [text for _, _, text in log.earlier()] == [str(number) for number in range(5, SHOWN_LINES + 5)]

    with path.open("a") as file:
        file.write("half")
        file.flush()
        assert log.later() == []
        file.write(" and whole\n")
    assert [text for _, _, text in log.later()] == ["half and whole"]
    path.write_text("anew\n")  # by `make reset`
    assert [text for _, _, text in log.later()] == ["anew"]


def follow(state: Path, *words: str) -> list[str]:
    """The first second of it."""
    command = [sys.executable, "-u", "-m", "local", "logs", "--state", str(state), *words]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        first = process.stdout.readline()
        time.sleep(1)
        process.terminate()
        return [first, *process.stdout]


def test_logs_are_one_story_and_a_function_has_its_own(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    for name, line in (("status", FUNCTION), ("postgrest", POSTGREST), ("postgres", POSTGRES)):
        (tmp_path / "log" / f"{name}.log").write_text(f"{line}\n")

    told = follow(tmp_path)

    assert [line.split()[:2] for line in told] == [
        ["03:05:00.125", "postgres"],
        ["03:05:00.250", "status"],
        ["03:05:01.000", "postgrest"],
    ]
    assert follow(tmp_path, "--function", "status") == [told[1]]


def test_a_function_that_there_is_not_is_named(tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "local", "logs", "--state", str(tmp_path), "--function", "no_such"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (said.returncode, said.stderr) == (1, "There is no function and no part no-such.\n")
