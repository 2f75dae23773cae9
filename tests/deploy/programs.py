"""Programs that stand in for gcloud and kubectl: they answer from recorded files, and write down what they were told.

What they answer is written after the documentation of the two; neither platform can be reached from here.
"""

import os
from pathlib import Path

import pytest

RECORDED = Path(__file__).parent / "recorded"
PROGRAM = """\
#!/bin/sh
printf '%s\\n' "{name} $*" >> {log}
case " $* " in
{cases}
esac
"""


class Programs:
    """The programs on the path, and what they were told."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._log = folder / "told"
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def add(self, name: str, **answers: str) -> None:
        """A program that answers a recorded file wherever its words have the given ones."""
        cases = "\n".join(
            f"  *' {words.replace('_', ' ')} '*) cat {RECORDED / file};;" for words, file in answers.items()
        )
        program = self._folder / name
        program.write_text(PROGRAM.format(name=name, log=self._log, cases=cases))
        program.chmod(0o755)

    def told(self, *words: str) -> list[str]:
        """The commands so far that have all of these words."""
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        return [line for line in lines if all(word in line.split() for word in words)]
