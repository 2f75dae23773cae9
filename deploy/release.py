"""What a release calls: `python -m deploy release`, when it is released, writes releases/<day>-<commit>.json.

An RPC with the arguments that are passed and the fields that are read of its reply, and who calls it; of tables the
columns that the existing pages read. A migration may add to these as it likes. It may not take away from them before
the release that needs them is gone: tests/sql/test_last_release.py holds today's schema against the newest file.
"""

import json
import re
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from .calls import uses
from .functions import ROOT, functions

FOLDER = ROOT / "releases"
REQUIRED = """
  select p.proname, to_json(coalesce(p.proargnames[1:p.pronargs - p.pronargdefaults], '{}'))
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'public'
"""
EMBED_OR_COLUMN = re.compile(
    r"(?:\w+:)?(?P<name>[\w*]+)(?:!\w+)*(?P<embedded>\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))?(?:,|$)"
)


def write() -> None:
    """Write the file of this state."""
    FOLDER.mkdir(exist_ok=True)
    commit = _commit()
    path = FOLDER / f"{datetime.now(UTC):%Y%m%d%H%M}-{commit[:8]}.json"
    path.write_text(text(commit))
    print(path.relative_to(ROOT))


def newest() -> Path:
    """The file of the last release."""
    return max(FOLDER.glob("*.json"))


def text(commit: str) -> str:
    """As it is checked in: a line for each call, so that a change of one is a change of one line."""
    return (
        f'{{"commit": {json.dumps(commit)},\n "rpcs": {{\n{_lines(calls())}\n }},\n'
        f' "tables": {{\n{_lines(tables())}\n }}}}\n'
    )


def _lines(found: Mapping[str, object]) -> str:
    return ",\n".join(f"  {json.dumps(name)}: {json.dumps(each)}" for name, each in found.items())


def calls() -> dict[str, dict[str, Any]]:
    """Every RPC that a function calls: what all calls together pass and read.

    What is passed as a mapping is not seen in the source; so what the schema of the release demands is passed as well.
    """
    demanded = _demanded()
    found: dict[str, dict[str, Any]] = {}
    for function in functions().values():
        for use in uses(function):
            call = found.setdefault(
                use.rpc.name, {"passes": [], "always": None, "reads": [], "as": [], "by": []}
            )
            call["passes"] = sorted({*call["passes"], *use.passes, *demanded[use.rpc.name]})
            call["reads"] = sorted({*call["reads"], *_fields(use.rpc.gives)})
            call["as"] = sorted({*call["as"], _caller(function.is_page, use.as_service)})
            call["by"] = sorted({*call["by"], function.name})
    return dict(sorted(found.items()))


def _demanded() -> dict[str, list[str]]:
    """The arguments without which each RPC of this state's schema is not called."""
    import psycopg

    from sql.throwaway import server

    with server() as postgres, psycopg.connect(postgres.build("release")) as connection:
        return dict(connection.execute(REQUIRED).fetchall())


def tables() -> dict[str, list[str]]:
    """The columns that the existing pages read, by table: the functions themselves read none but by an RPC."""
    from tests.page_reads import READS

    found: dict[str, set[str]] = {}
    for read in READS:
        _columns(read.table, read.select, found)
    return {table: sorted(columns) for table, columns in sorted(found.items())}


def _columns(table: str, select: str, found: dict[str, set[str]]) -> None:
    """Of one select in PostgREST's words: `alias:table!key(columns)` is another table, `alias:column` a column."""
    columns = found.setdefault(table, set())
    for each in EMBED_OR_COLUMN.finditer(select):
        if each["embedded"]:
            _columns(each["name"], each["embedded"][1:-1], found)
        elif each["name"] != "*":
            columns.add(each["name"])


def _caller(is_page: bool, as_service: bool) -> str:
    return "service_role" if as_service else "anon" if is_page else "authenticated"


def _fields(gives: type[BaseModel]) -> list[str]:
    return list(gives.model_fields)


def _commit() -> str:
    asked = ["git", "rev-parse", "HEAD"]
    return subprocess.run(asked, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()
