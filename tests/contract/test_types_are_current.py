"""docs/api/*.types.ts are what the migrations and the contracts say, and a frontend compiles with them."""

import json
import subprocess
from pathlib import Path

import pytest

from deploy import types
from local.config import NODE, ROOT
from local.node import NODE_BINARY, environment

pytestmark = pytest.mark.slow


def test_the_checked_in_types_are_current() -> None:
    """`make types` would change nothing."""
    assert types.functions_types() == types.FUNCTIONS.read_text(), "The contracts have changed: `make types`"
    assert types.database_types() == types.DATABASE.read_text(), "The migrations have changed: `make types`"


def test_a_strict_frontend_compiles_with_them(tmp_path: Path) -> None:
    """With supabase-js; and what a frontend gets wrong does not compile."""
    modules = NODE / "node_modules"
    options = {
        "strict": True,
        "noEmit": True,
        "target": "es2022",
        "module": "nodenext",
        "skipLibCheck": True,  # of supabase-js, which wants the types of Node
        "types": [],
        "paths": {"@supabase/supabase-js": [str(modules / "@supabase/supabase-js/dist/index.d.mts")]},
    }
    config = tmp_path / "tsconfig.json"
    config.write_text(
        json.dumps({"compilerOptions": options, "files": [str(ROOT / "tests/contract/typed_client.ts")]})
    )

    done = subprocess.run(
        [NODE_BINARY, modules / "typescript/bin/tsc", "--project", config],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (0, "")
