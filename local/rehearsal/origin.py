"""The one origin: the gateway as it is rendered for one machine, started anew where it is to lead elsewhere."""

import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import httpx

from deploy.environment import Environment
from deploy.render.routes import caddyfile
from deploy.services import Service

INSIDE = "\nhttp://{address}:{port} {{\n\tbind {address}\n\treverse_proxy {project}\n}}\n"


class Origin:
    """Caddy, from a file of `deploy/render/`."""

    def __init__(self, folder: Path, environment: Environment) -> None:
        self._environment = environment
        self._file = folder / "Caddyfile"
        self._log = (folder / "caddy.log").open("w")
        self._caddy = str(Path(sys.executable).with_name("caddy"))
        if not Path(self._caddy).exists():
            self._caddy = shutil.which("caddy") or ""
        if not self._caddy:
            raise SystemExit("caddy is not here. Remedy: make install.")
        self._process: subprocess.Popen[bytes] | None = None

    def lead(self, services: Sequence[Service], inside: tuple[str, int] | None = None) -> None:
        """Lead to these from now on; nobody may be asking meanwhile.

        `inside` is an address of a bridge, by which what runs behind it reaches the project on this machine.
        """
        self.stop()
        text = caddyfile([*services], self._environment)
        if inside:
            text += INSIDE.format(address=inside[0], port=inside[1], project=self._environment.supabase)
        self._file.write_text(text)
        print("  $ caddy run --config Caddyfile", flush=True)
        self._process = subprocess.Popen(
            [self._caddy, "run", "--config", str(self._file)], stdout=self._log, stderr=self._log
        )
        until = time.monotonic() + 10
        while time.monotonic() < until and self._process.poll() is None:
            with suppress(httpx.TransportError):
                httpx.get(f"{self._environment.origin}/", timeout=1)
                return
            time.sleep(0.05)
        raise SystemExit(f"Caddy does not answer; {self._log.name} says why.")

    def stop(self) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait(10)
