"""Supabase's advisors report nothing that `sql/advisors.yaml` does not explain."""

import json
import re
from pathlib import Path

import yaml

from sql.throwaway import ROOT, Server

from .supabase_cli import run_cli

ALLOWED = yaml.safe_load((ROOT / "sql/advisors.yaml").read_text())


def test_every_finding_is_fixed_or_explained(postgres: Server, tmp_path: Path) -> None:
    """What they report on a fresh database is on the list, and the list holds nothing more."""
    url = postgres.build("advised")

    printed = run_cli(
        tmp_path, "db", "advisors", f"--remote={url}", "--type", "all", "--level", "info", "--fail-on", "none",
        "--output-format", "json",
    )  # fmt: skip
    advice = json.loads(printed[printed.index("{") : printed.rindex("}") + 1])["results"]

    answered = set()
    for piece in advice:
        thing = f"{piece['metadata'].get('schema')}.{piece['metadata'].get('name')}"
        answers = [
            number
            for number, entry in enumerate(ALLOWED)
            if entry["lint"] == piece["name"] and re.fullmatch(entry.get("on", ".*"), thing)
        ]
        assert answers, f"{piece['level']} {piece['name']}: {piece['detail']}"
        answered.update(answers)
    assert answered == set(range(len(ALLOWED)))
