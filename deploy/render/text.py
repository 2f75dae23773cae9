"""How rendered files are written: YAML as people read it, and tables."""

from collections.abc import Iterable, Sequence
from typing import Any

import yaml


def dump(*documents: Any) -> str:
    """One or several YAML documents, in the order in which they were made."""
    return yaml.dump_all(documents, Dumper=_Dumper, sort_keys=False, width=120, allow_unicode=True)


class _Dumper(yaml.SafeDumper):
    """Nothing by reference, and texts of several lines as such."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _block(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _block)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(str(cell) for cell in row) + " |\n" for row in lines)


def count(things: Sequence[object], what: str) -> str:
    """How many there are, as one says it."""
    return f"{len(things)} {what}{'s' * (len(things) != 1)}"
