"""A bundle: a function's folder, the part of `shared/` that it reaches, fonts included, its pins, how to start it.

The start command stands in a Procfile, which Google's and other buildpacks, Heroku and honcho read alike.
FUNCTION_TARGET is a variable and no option, because a function that finds its own name there reads its settings
when it starts and not at its first request.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

from .functions import ROOT, Function, chosen
from .imports import shared_files
from .pins import pinned

BUILD = ROOT / "build"


def write(names: Sequence[str]) -> None:
    """Build the named functions, or all of them, under `build/`."""
    for function in chosen(names):
        print(build(function, BUILD).relative_to(ROOT))


def build(function: Function, into: Path) -> Path:
    """Build one function as `into/<name>/`, in place of what was there."""
    bundle = into / function.name
    shutil.rmtree(bundle, ignore_errors=True)
    shutil.copytree(function.folder, bundle, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    code = shared_files(function)
    for file in sorted(code | data_beside(code)):
        copy = bundle / file.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
    (bundle / "requirements.txt").write_text(pinned(function))
    (bundle / "Procfile").write_text(f"web: FUNCTION_TARGET={function.target} functions-framework --asgi\n")
    (bundle / ".python-version").write_text("3.11\n")
    return bundle


def data_beside(code: set[Path]) -> set[Path]:
    """What lies in the same folders and is no code: fonts, and their licence."""
    folders = {file.parent for file in code}
    return {
        file for folder in folders for file in folder.iterdir() if file.is_file() and file.suffix != ".py"
    }
