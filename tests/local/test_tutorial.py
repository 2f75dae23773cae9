"""docs/tutorial.md, typed into a Python block by block, as its reader does; and the demo after somebody was there."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from deploy.functions import ROOT
from local.config import DEFAULT_PORT
from local.demo import set_up
from local.demo_cast import Person, sign_in
from local.stack import Stack
from tests.cast import Person as Actor
from tests.cast import Stage

TUTORIAL = ROOT / "docs" / "tutorial.md"
BLOCK = re.compile(r"^```(python|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DEFAULT_ORIGIN = f"http://127.0.0.1:{DEFAULT_PORT}"
NEXT = "-- the next block --"


@pytest.fixture(scope="module")
def seeded(states: Path) -> Iterator[Stack]:
    """As `make up` starts it, with its demo."""
    with Stack(states / "tutorial", seed=True) as running:
        yield running


def test_each_block_prints_what_stands_below_it(seeded: Stack) -> None:
    blocks = BLOCK.findall(TUTORIAL.read_text())
    typed = [content for kind, content in blocks if kind == "python"]
    # Each ends with an empty line, as one does to end what is indented.
    script = "".join(f"{block}\nprint('{NEXT}')\n" for block in typed)
    origin = seeded.env["SUPABASE_URL"]

    said = subprocess.run(
        [sys.executable, "-i", "-q", "-u"],  # -i: as for a person, who sees a value without printing it
        input=script,
        cwd=ROOT,
        env={**os.environ, **seeded.env},
        capture_output=True,
        text=True,
        check=True,
        timeout=500,
    )

    printed = said.stdout.replace(origin, DEFAULT_ORIGIN).split(f"{NEXT}\n")[:-1]
    assert "Traceback" not in said.stderr and "Error" not in said.stderr, said.stdout + said.stderr
    assert len(printed) == len(typed), said.stderr
    for block, output, expected in zip(typed, printed, _expected(blocks), strict=True):
        assert _is_as_shown(output, expected), (
            f"{block}\nprinted\n\n{output}\nand docs/tutorial.md shows\n\n{expected}"
        )


@pytest.fixture
def people(seeded: Stack) -> Iterator[tuple[Person, ...]]:
    """The demo's three, signed in."""
    signed_in = tuple(sign_in(seeded.env, role) for role in ("CLIENT", "PRACTITIONER", "ADMIN"))
    yield signed_in
    for person in signed_in:
        person.api.close()


@pytest.mark.parametrize("status", ["scheduled", "in_progress"])
def test_the_demo_finds_its_hour_free_whoever_was_there(
    seeded: Stack, people: tuple[Person, ...], status: str
) -> None:
    """The client elsewhere, the practitioner with another client, and what an earlier demo left."""
    client, practitioner, admin = people
    earlier = set_up(client, practitioner, admin)
    stage = Stage(seeded.env)
    stage.execute("delete from public.session_schedules where id = %s", earlier["id"])
    other = replace(stage.practitioner(), practitioner_id=earlier["practitioner_id"])
    somewhere = [
        stage.session(client=cast(client), starts_in_minutes=-3, status="scheduled"),
        stage.session(client=stage.client(), practitioner=other, starts_in_minutes=-3, status="scheduled"),
    ]
    for each in somewhere:
        stage.execute("update public.session_schedules set status = %s where id = %s", status, each["id"])
    stage.close()

    session = set_up(client, practitioner, admin)

    assert session["status"] == "scheduled"
    assert set_up(client, practitioner, admin)["id"] != session["id"]


def cast(person: Person) -> Actor:
    """One of the demo's people, on the stage."""
    headers = {name.lower(): value for name, value in person.api.client.options.headers.items()}
    return Actor(UUID(person.id), person.email, headers["authorization"].removeprefix("Bearer "))


def test_what_is_typed_into_a_shell_is_a_command_of_make() -> None:
    typed = re.findall(r"^make ([a-z-]+)", TUTORIAL.read_text(), re.MULTILINE)
    known = re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)

    assert typed and set(typed) <= set(known)


def _expected(blocks: list[tuple[str, str]]) -> list[str]:
    """What stands below each block that is typed; nothing where another one follows."""
    after = [*blocks[1:], ("", "")]
    return [
        shown if kind == "text" else ""
        for (typed, _), (kind, shown) in zip(blocks, after, strict=True)
        if typed == "python"
    ]


def _is_as_shown(output: str, shown: str) -> bool:
    """Word for word, but for `…`, which is another word each time, of one line."""
    pattern = ".+".join(re.escape(part) for part in shown.split("…"))
    return re.fullmatch(pattern, output) is not None
