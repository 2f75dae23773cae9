"""The one image: all functions, what they share, the pins of all of them, and the server; `FUNCTION_TARGET` chooses.

    python -m deploy image [--base BASE] [--recording] [--engine podman]

Its folder is put together under `build/image/`, and the Containerfile builds it, with docker, podman or buildah; PODMAN
says how podman is called where that takes more words. The base is any image with the Python of deploy.yaml: the
official one by its digest, unless another is named.
"""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

from .bundle import BUILD, NOT_BUNDLED, browser_files, plan, server_files
from .commit import commit
from .functions import ROOT, functions
from .pins import pinned_alone, pinned_for_image

CONTAINERFILE = ROOT / "Containerfile"
IMAGE = BUILD / "image"
NAME = "practice-functions"
ENGINES = ("podman", "docker", "buildah")


def write(*, base: str | None, recording: bool, engine: str | None, options: list[str]) -> None:
    """Put the image's folder together and build it; prints the command before, and the image's names after."""
    wanted, (official,) = (
        python(),
        re.findall(r"^ARG BASE=python:(3\.\d+)-", CONTAINERFILE.read_text(), re.MULTILINE),
    )
    if base is None and wanted != official:
        raise SystemExit(
            f"The Containerfile names an image of Python {official}, and deploy.yaml says {wanted}."
            " Name another digest there, or another image here: make image FROM=…"
        )
    folder = assemble(IMAGE)
    found = engine or os.environ.get("PODMAN") or next(filter(shutil.which, ENGINES), None)
    if found is None:
        raise SystemExit(
            f"None of {', '.join(ENGINES)} is here. {folder.relative_to(ROOT)} is what they would build."
        )
    name = f"{NAME}{'-recording' if recording else ''}:{commit()[:12]}"
    program = shlex.split(found)
    target = "recording" if recording else "functions"
    command = [
        *(*program, "bud" if program[0] == "buildah" else "build"),
        *("--file", str(CONTAINERFILE.relative_to(ROOT)), "--target", target),
        *("--build-arg", f"PYTHON={wanted}"),
        *(("--build-arg", f"BASE={base}") if base else ()),
        *("--tag", name),
        *options,
        str(folder.relative_to(ROOT)),
    ]
    print("$", " ".join(command), flush=True)
    if subprocess.run(command, cwd=ROOT, check=False).returncode:
        raise SystemExit(
            "It was not built; the last lines say why. Where no registry can be reached, make image FROM=… names"
            " another base, any image with Python 3.11."
        )
    print(name)


def assemble(into: Path, of_commit: str | None = None) -> Path:
    """The image's folder, in place of what was there: two of the same commit are alike."""
    shutil.rmtree(into, ignore_errors=True)
    app = into / "app"
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc", *NOT_BUNDLED)
    for part in ("functions", "shared"):
        shutil.copytree(ROOT / part, app / part, ignore=ignored)
    for file in server_files():
        _copy(file, app / file.relative_to(ROOT))
    for function in functions().values():
        for file in browser_files(function.folder):
            _copy(file, app / file.relative_to(ROOT))
    (app / "functions.json").write_text(plan(list(functions().values()), of_commit or commit()))
    (into / "requirements.txt").write_text(pinned_for_image(python()))
    (into / "recording.txt").write_text(pinned_alone("imageio-ffmpeg", python()))
    return into


def python() -> str:
    """The one of all functions: an image has no second."""
    versions = {each.python for each in functions().values()}
    if len(versions) > 1:
        raise SystemExit(f"deploy.yaml says {' and '.join(sorted(versions))}; one image has one Python.")
    return versions.pop()


def _copy(file: Path, copy: Path) -> None:
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, copy)
