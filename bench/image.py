"""The image's folder and its packages, built here as the Containerfile does, without a container around them.

The functions and what they share, compiled and never looked at again, and a Python that has what is pinned for them and
nothing else. The bare function has functions-framework in the same way.
"""

import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from deploy.image import assemble, python
from deploy.pins import FRAMEWORK, pinned_alone
from local.install import install_locked

COMPILED = ("-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash")


@dataclass(frozen=True)
class Image:
    """Where things are in it."""

    python: Path
    app: Path
    framework: Path


def build(folder: Path) -> Image:
    """Make it in an empty folder."""
    assembled = assemble(folder / "image")
    ours, framework = folder / "python", folder / "framework"
    pins = folder / "framework.txt"
    pins.write_text(pinned_alone(FRAMEWORK, python()))
    _install(ours, assembled / "requirements.txt")
    _install(framework, pins)
    subprocess.run([ours / "bin/python", *COMPILED, assembled / "app"], check=True)
    return Image(ours / "bin/python", assembled / "app", framework / "bin/python")


def describe_python() -> str:
    """Its version; how it was built, where that is not as the official image's is.

    Debian builds it so too, and strikes that from what Python says of itself (changelog of python3.8, 3.8.0~b3-1).
    """
    version = f"Python {sys.version.split()[0]}"
    if "deb_system" in sysconfig.get_scheme_names():
        return f"{version} of Debian"
    options = sysconfig.get_config_var("CONFIG_ARGS") or ""
    lacks = [
        what
        for what, option in (("profile-guided", "--enable-optimizations"), ("link-time", "--with-lto"))
        if option not in options
    ]
    return version + (
        f", built without {' and '.join(lacks)} optimisation, which the image's has" if lacks else ""
    )


def _install(home: Path, pins: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    install_locked(pins, home / "bin/python", Path(sys.prefix))
    # Some packages bring files that no Python of this version compiles; pip passes over them, too.
    subprocess.run([home / "bin/python", *COMPILED, home / "lib"], check=False, capture_output=True)
