"""`functions.json`: of deploy.yaml what a server needs to know, written by `deploy` beside this package."""

import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PLAN = "functions.json"


@dataclass(frozen=True, slots=True)
class Planned:
    """One function, as it is served."""

    name: str
    timeout: int
    concurrency: int
    is_page: bool
    schedule: str | None
    settings: tuple[str, ...]

    @property
    def target(self) -> str:
        return self.name.replace("-", "_")


@cache
def _read() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / PLAN).read_text())
    return found


def commit() -> str:
    """What all of this was built from; of a working copy nobody knows."""
    if said := os.environ.get("COMMIT"):
        return said
    return str(_read()["commit"]) if (ROOT / PLAN).exists() else "unknown"


def planned() -> dict[str, Planned]:
    """Every function that is here, by its target."""
    functions = [Planned(**{**each, "settings": tuple(each["settings"])}) for each in _read()["functions"]]
    return {function.target: function for function in functions}
