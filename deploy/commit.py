"""What this is a copy of, as the image and the bundles say it."""

import os
import subprocess

from .functions import ROOT


def commit() -> str:
    """The commit, marked if it is not quite that; COMMIT says it where there is no repository."""
    if said := os.environ.get("COMMIT"):
        return said
    said = _git("rev-parse", "HEAD")
    if not said:
        return "unknown"
    return f"{said}-changed" if _git("status", "--porcelain", "--untracked-files=no") else said


def _git(*words: str) -> str:
    try:
        return subprocess.run(
            ["git", *words],  # noqa: S607
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
