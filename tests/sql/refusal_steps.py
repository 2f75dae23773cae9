"""By which code the database refuses."""

import re
from typing import Any

import psycopg

from .conftest import Sandbox


def refusal_of(sandbox: Sandbox, query: str, *values: Any) -> str | None:
    """The code by which a statement is refused, or answered with a refusal; what it did is undone."""
    with sandbox.undone():
        sandbox.run("select set_config('response.headers', '', true)")
        try:
            with sandbox.undone():
                sandbox.run(query, *values)
                answered: str = sandbox.one("select current_setting('response.headers', true)")
        except psycopg.Error as refusal:
            return refusal.diag.message_detail or str(refusal)
    found = re.search(r'details\\+" : \\+"(\w+)', answered or "")
    return found[1] if found else None
