"""The one origin: Caddy, with functions and pages by path and everything else of the stack's gateway."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import httpx

from deploy.functions import Function, functions

HEAD = "{\n\tadmin 127.0.0.1:%d\n\tauto_https off\n}\nhttp://127.0.0.1:%d {\n"


class Origin:
    """Caddy on a port. Where each function is can change while it runs."""

    def __init__(self, folder: Path, port: int, stack: str) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._port, self._stack = port, stack
        self._file = folder / "Caddyfile"
        self._log = (folder / "caddy.log").open("w")
        self._caddy = str(Path(sys.executable).with_name("caddy"))
        if not Path(self._caddy).exists():
            self._caddy = shutil.which("caddy") or ""
        if not self._caddy:
            raise SystemExit("caddy is not here. Remedy: make install.")

    def start(self, *rest: int) -> None:
        """Serve all functions at the first of these ports that takes a connection."""
        self._write(rest, {})
        self._process = subprocess.Popen(
            [self._caddy, "run", "--config", str(self._file)], stdout=self._log, stderr=self._log
        )
        until = time.monotonic() + 10
        while time.monotonic() < until:
            try:
                httpx.get(f"{self.url}/", timeout=1)
                return
            except httpx.TransportError:
                time.sleep(0.05)
        raise SystemExit(f"Caddy does not answer; {self._log.name} says why.")

    def lead(self, *rest: int, own: dict[str, int] | None = None) -> None:
        """Lead elsewhere from now on: functions of `own` to their ports, the rest to these.

        Made anew, Caddy cuts off a few who are just connecting; so nothing that must not fail is under way.
        """
        self._write(rest, own or {})
        print("  $ caddy reload --config Caddyfile", flush=True)
        subprocess.run(
            [self._caddy, "reload", "--config", str(self._file)], check=True, capture_output=True, timeout=30
        )

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)

    def _write(self, rest: tuple[int, ...], own: dict[str, int]) -> None:
        handles = [_handle(name, _paths(functions()[name]), (port,)) for name, port in own.items()]
        everything = "/functions/v1/* " + " ".join(
            f"/{name}" for name, each in functions().items() if each.is_page
        )
        handles.append(_handle("rest", everything, rest))
        gateway = self._stack.removeprefix("http://")
        handles.append(f"\thandle {{\n\t\treverse_proxy {gateway}\n\t}}\n")
        self._file.write_text(HEAD % (self._port + 1, self._port) + "".join(handles) + "}\n")


def _paths(function: Function) -> str:
    own = f"/functions/v1/{function.name} /functions/v1/{function.name}/*"
    return f"{own} /{function.name}" if function.is_page else own


def _handle(name: str, paths: str, ports: tuple[int, ...]) -> str:
    """The first that takes a connection; while none does, as a container that is just being started, it waits."""
    upstreams = " ".join(f"127.0.0.1:{port}" for port in ports)
    return (
        f"\t@{name} path {paths}\n\thandle @{name} {{\n\t\treverse_proxy {upstreams} {{\n"
        "\t\t\tlb_policy first\n\t\t\tlb_try_duration 10s\n\t\t\tlb_try_interval 50ms\n\t\t\tfail_duration 1s\n"
        "\t\t}\n\t}\n"
    )
