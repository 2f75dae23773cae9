"""A bundle: a function's folder, the part of `shared/` that it reaches, fonts included, its pins, how to start it.

It starts by the server of the image. Whoever deploys its source by functions-framework sets FUNCTION_USE_ASGI=1.

What a page runs of others in the browser is named in package.json beside it: packages, and their files to `bundle`.

The start command stands in a Procfile, which Google's and other buildpacks, Heroku and honcho read alike.
FUNCTION_TARGET is a variable and no option, because a function that finds its own name there reads its settings
when it starts and not at its first request.
"""

import compileall
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from py_compile import PycInvalidationMode

from .commit import commit
from .functions import ROOT, Function, chosen
from .imports import shared_files
from .pins import pinned

BUILD = ROOT / "build"
NOT_BUNDLED = ("node_modules", ".new-*", ".npmrc")
# What serves one function; the rest of `server/` serves all of them from the image.
SERVES_ONE = ("__init__", "__main__", "door", "later", "one", "plan", "pulse", "replies", "uvicorn_alone")
# `exec`: a shell that stays passes no signal on. FUNCTION_USE_ASGI is for functions-framework, in place of ours.
PROCFILE = "web: exec env FUNCTION_TARGET={target} FUNCTION_USE_ASGI=1 python -m server\n"


def write(names: Sequence[str]) -> None:
    """Build the named functions, or all of them, under `build/`."""
    for function in chosen(names):
        print(build(function, BUILD).relative_to(ROOT))


def build(function: Function, into: Path) -> Path:
    """Build one function as `into/<name>/`, in place of what was there."""
    bundle = into / function.name
    shutil.rmtree(bundle, ignore_errors=True)
    shutil.copytree(
        function.folder, bundle, ignore=shutil.ignore_patterns("__pycache__", "*.pyc", *NOT_BUNDLED)
    )
    code = shared_files(function)
    copies = {file: bundle / file.relative_to(ROOT) for file in sorted(code | data_beside(code))}
    copies |= {file: bundle / file.relative_to(ROOT) for file in server_files(SERVES_ONE)}
    copies |= {file: bundle / file.relative_to(function.folder) for file in browser_files(function.folder)}
    for file, copy in copies.items():
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
    (bundle / "requirements.txt").write_text(pinned(function))
    (bundle / "functions.json").write_text(plan([function], commit()))
    (bundle / "Procfile").write_text(PROCFILE.format(target=function.target))
    (bundle / ".python-version").write_text(f"{function.python}\n")
    compile_all(bundle, function.python)
    return bundle


def plan(served: Sequence[Function], of_commit: str) -> str:
    """`functions.json`, which the server reads: of deploy.yaml what it needs, and what all of it was built from."""
    entries = [
        {
            "name": each.name,
            "timeout": each.timeout,
            "concurrency": each.concurrency,
            "is_page": each.is_page,
            "schedule": each.schedule,
            "settings": each.settings,
        }
        for each in served
    ]
    return json.dumps({"commit": of_commit, "functions": entries}, indent=1) + "\n"


def server_files(names: Sequence[str] = ("*",)) -> list[Path]:
    """The files of the server: all, or those named."""
    return [file for name in names for file in sorted(ROOT.glob(f"server/{name}.py"))]


def compile_all(folder: Path, python: str) -> None:
    """Beside each source its compiled code, which holds as long as the source is the same, whatever its date says."""
    if python == f"{sys.version_info.major}.{sys.version_info.minor}":  # of another it would be of no use
        mode = PycInvalidationMode.CHECKED_HASH
        compileall.compile_dir(folder, quiet=1, stripdir=str(folder), invalidation_mode=mode)


def data_beside(code: set[Path]) -> set[Path]:
    """What lies in the same folders and is no code: fonts, and their licence."""
    folders = {file.parent for file in code}
    return {
        file for folder in folders for file in folder.iterdir() if file.is_file() and file.suffix != ".py"
    }


def browser_files(folder: Path) -> list[Path]:
    """What package.json says is served from its packages. Exits if one is not here, or not as the lock has it."""
    if not (folder / "package.json").exists():
        return []
    wanted = json.loads((folder / "package.json").read_text())
    locked = json.loads((folder / "package-lock.json").read_text())["packages"]
    modules = folder / "node_modules"
    for name in wanted["dependencies"]:
        described = modules / name / "package.json"
        installed = json.loads(described.read_text())["version"] if described.exists() else "nothing"
        if installed != (version := locked[f"node_modules/{name}"]["version"]):
            raise SystemExit(
                f"{folder.name} serves {name} {version}; installed is {installed}. Remedy: make install."
            )
    files = [modules / name for name in wanted["bundle"]]
    if missing := [file.relative_to(folder) for file in files if not file.is_file()]:
        raise SystemExit(
            f"{folder.name} serves {', '.join(map(str, missing))}, which its packages do not have."
        )
    return files
