"""podman, driven by the commands that it prints; its images and containers stay in a folder of their own."""

import json
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from deploy.functions import ROOT

# The limits are for where this machine is a container itself, which may not have podman's own.
SETTINGS = """\
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
events_logger = "file"
cgroup_manager = "cgroupfs"
{runtime}
[network]
network_backend = "netavark"
"""
STORAGE = '[storage]\ndriver = "overlay"\ngraphroot = "{folder}/images"\nrunroot = "{folder}/run"\n'
# As an image should be run anywhere: nothing can be written, no right is left, none can be gained.
LOCKED = ("--read-only", "--cap-drop", "all", "--security-opt", "no-new-privileges")
PATIENCE_S = 30


def podman_variables(folder: Path) -> dict[str, str]:
    """By which podman, whoever calls it, has its storage in a folder."""
    runc = shutil.which("runc", path=f"{os.environ['PATH']}:/usr/sbin")
    files = {
        "CONTAINERS_CONF": folder / "containers.conf",
        "CONTAINERS_STORAGE_CONF": folder / "storage.conf",
    }
    files["CONTAINERS_CONF"].write_text(SETTINGS.format(runtime='runtime = "runc"' if runc else ""))
    files["CONTAINERS_STORAGE_CONF"].write_text(STORAGE.format(folder=folder))
    return {name: str(file) for name, file in files.items()}


@dataclass
class Engine:
    """podman, and where what is kept of it lies."""

    folder: Path

    def run(self, *words: str, env: dict[str, str] | None = None, shown: bool = True) -> str:
        """A command of podman's. Exits with its words if it fails. `env` goes by name, so that no value shows."""
        command = ["podman", *words]
        if shown:
            print(f"  $ podman {' '.join(words)}"[:400], flush=True)
        done = subprocess.run(
            command, cwd=ROOT, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(
                f"podman {words[0]} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
            )
        return done.stdout.strip()

    def base(self) -> str:
        """An image with Python 3.11 and nothing else: named by BASE, or Debian's, put together by mmdebstrap."""
        if named := os.environ.get("BASE"):
            return named
        name = "localhost/python-base"
        if name not in self.run("images", "--format", "{{.Repository}}", shown=False).split():
            archive = self.folder / "base.tar"
            if not archive.exists():
                include = "--include=python3,python3-venv,python3-pip,ca-certificates"
                print("  $ mmdebstrap --variant=minbase", include, "bookworm", archive.name, flush=True)
                command = ["mmdebstrap", "--quiet", "--variant=minbase", include, "bookworm", str(archive)]
                subprocess.run(command, check=True)
            self.run("import", str(archive), name)
        return name

    def build(self, target: str, commit: str, folder: Path) -> str:
        """The image of that commit; with the machine's certificates and package settings while it is built."""
        settings = ("/etc/ssl/certs", "/etc/pip.conf", str(Path("~/.config/pip").expanduser()))
        mounts = [f"--volume={path}:{path}:ro" for path in settings if Path(path).exists()]
        name = f"localhost/practice-{target}:{commit[:12]}"
        self.run(
            *("build", "--quiet", "--isolation", "chroot", "--network", "host", *mounts),
            *("--file", "Containerfile", "--target", target),
            *("--build-arg", f"BASE={self.base()}", "--tag", name),
            str(folder),
        )
        return name

    def bridge(self) -> str:
        """The address of this machine on the bridge of its containers."""
        return self.run(
            "network", "inspect", "podman", "--format", "{{(index .Subnets 0).Gateway}}", shown=False
        )

    def remove_all(self) -> None:
        """Whatever is left of the rehearsal."""
        for name in self.run("ps", "--all", "--format", "{{.Names}}", shown=False).split():
            self.remove(name)

    def remove(self, name: str) -> None:
        """Let go of a container. On a busy machine podman does not always manage to kill one at once."""
        for again in (True, True, False):
            try:
                self.run("rm", "--force", "--ignore", "--time", "5", name, shown=False)
                return
            except SystemExit:
                if not again:
                    raise
                time.sleep(2)

    def start(self, name: str, image: str, port: int, env: dict[str, str], *options: str) -> "Container":
        """A container that answers on that port of 127.0.0.1."""
        given = {**env, "HOST": "127.0.0.1", "PORT": str(port)}
        passed = [word for each in sorted(given) for word in ("--env", each)]
        began = time.monotonic()
        self.remove(name)
        print(f"  $ podman run --detach --name {name} {' '.join((*LOCKED, *options))} … {image}", flush=True)
        self.run(
            *(
                "run",
                "--detach",
                "--name",
                name,
                "--network",
                "host",
                *LOCKED,
                *options,
                *passed,
                image,
            ),
            env=given,
            shown=False,
        )
        container = Container(self, name, port)
        container.await_health()
        container.started_s = time.monotonic() - began
        return container


@dataclass
class Container:
    """One that was started."""

    engine: Engine
    name: str
    port: int
    started_s: float = 0

    def await_health(self) -> dict[str, Any]:
        """What it says of itself, as soon as it does."""
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                found: dict[str, Any] = httpx.get(f"http://127.0.0.1:{self.port}/healthz", timeout=5).json()
                return found
            except (httpx.TransportError, ValueError):
                if time.monotonic() > until:
                    raise SystemExit(f"{self.name} does not answer:\n{self.logs()[-3000:]}") from None
                time.sleep(0.05)

    def logs(self) -> str:
        return self.engine.run("logs", self.name, shown=False)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.logs().splitlines() if line.startswith("{")]

    def state(self, what: str) -> str:
        return self.engine.run("inspect", "--format", f"{{{{{what}}}}}", self.name, shown=False)

    def processes(self) -> dict[int, int]:
        """Every process of it by its number here, with its parent's."""
        first = int(self.state(".State.Pid"))
        table = {}
        for status in Path("/proc").glob("[0-9]*/stat"):
            try:
                number, parent = (
                    int(status.parent.name),
                    int(status.read_text().rpartition(")")[2].split()[1]),
                )
            except (OSError, ValueError):
                continue
            table[number] = parent
        found = {first: table.get(first, 0)}
        while more := {one: parent for one, parent in table.items() if parent in found and one not in found}:
            found |= more
        return found

    def pss_mb(self) -> float:
        """What would be free without it."""
        total = 0
        for pid in self.processes():
            try:
                words = Path(f"/proc/{pid}/smaps_rollup").read_text().split()
                total += int(words[words.index("Pss:") + 1])
            except (OSError, ValueError):
                continue
        return total / 1024

    def stop(self) -> tuple[float, int]:
        """As a platform ends it; after how long, and with which status."""
        began = time.monotonic()
        self.engine.run("stop", "--time", "10", self.name)
        return time.monotonic() - began, int(self.state(".State.ExitCode"))

    def remove(self) -> None:
        self.engine.remove(self.name)
