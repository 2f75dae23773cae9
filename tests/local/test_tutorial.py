"""docs/tutorial.md, typed into a Python block by block against a stack of its own, as its reader does."""

import os
import re
import subprocess
import sys
from pathlib import Path

from deploy.functions import ROOT
from local.config import DEFAULT_PORT
from local.stack import Stack

TUTORIAL = ROOT / "docs" / "tutorial.md"
BLOCK = re.compile(r"^```(python|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DEFAULT_ORIGIN = f"http://127.0.0.1:{DEFAULT_PORT}"
NEXT = "-- the next block --"


def test_each_block_prints_what_stands_below_it(states: Path) -> None:
    blocks = BLOCK.findall(TUTORIAL.read_text())
    typed = [content for kind, content in blocks if kind == "python"]
    with Stack(states / "tutorial", seed=True) as stack:
        # Each ends with an empty line, as one does to end what is indented.
        script = "".join(f"{block}\nprint('{NEXT}')\n" for block in typed)
        # -i: as for a person, who sees a value without printing it.
        origin = stack.env["SUPABASE_URL"]
        said = subprocess.run(
            [sys.executable, "-i", "-q", "-u"],
            input=script,
            cwd=ROOT,
            env={**os.environ, **stack.env},
            capture_output=True,
            text=True,
            check=True,
            timeout=400,
        )

    printed = said.stdout.replace(origin, DEFAULT_ORIGIN).split(f"{NEXT}\n")[:-1]
    assert "Traceback" not in said.stderr and "Error" not in said.stderr, said.stdout + said.stderr
    assert len(printed) == len(typed), said.stderr
    for block, output, expected in zip(typed, printed, _expected(blocks), strict=True):
        assert _is_as_shown(output, expected), (
            f"{block}\nprinted\n\n{output}\nand docs/tutorial.md shows\n\n{expected}"
        )


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
