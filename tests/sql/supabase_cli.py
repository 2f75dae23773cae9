"""The Supabase CLI, as a deployment runs it."""

import subprocess
from pathlib import Path

from local.node import NODE_BINARY, environment
from sql.throwaway import ROOT

PROGRAM = ROOT / "local/node/node_modules/supabase/dist/supabase.js"


def run_cli(home: Path, *words: str) -> str:
    """Run it with a home of its own. Gives what it printed."""
    env = environment(HOME=str(home), SUPABASE_TELEMETRY_DISABLED="1", NO_COLOR="1")
    command = [NODE_BINARY, PROGRAM, *words]
    result = subprocess.run(
        command, check=False, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert not result.returncode, result.stdout + result.stderr
    return result.stdout + result.stderr
