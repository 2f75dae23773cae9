"""`deploy.yaml`, as far as the local stack obeys it: which functions there are, and what each may know."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

DEPLOY_YAML = "deploy.yaml"


@dataclass(frozen=True)
class Function:
    """One entry."""

    root: Path
    name: str
    granted: tuple[str, ...]
    timeout: float
    schedule: str | None
    is_page: bool = False

    @property
    def target(self) -> str:
        return self.name.replace("-", "_")

    @property
    def folder(self) -> Path:
        return self.root / "functions" / self.target


def functions(root: Path) -> dict[str, Function]:
    """Every function that is both declared and there, by the name it has on the wire."""
    document: dict[str, Any] = yaml.safe_load((root / DEPLOY_YAML).read_text())
    defaults = document.get("defaults") or {}
    found = {}
    for name, entry in (document.get("functions") or {}).items():
        settings = {**defaults, **(entry or {})}
        granted = [
            name
            for part in (defaults, entry or {})
            for key in ("env", "secrets")
            for name in part.get(key, [])
        ]
        timeout = float(str(settings.get("timeout", 60)).removesuffix("s"))
        function = Function(
            root, name, tuple(granted), timeout, settings.get("schedule"), settings.get("page", False)
        )
        if (function.folder / "main.py").exists():
            found[name] = function
    return found
