"""One machine, through podman. PODMAN may name another program, or options that go before every command.

A service has two ports. Another copy is started at the one that is free, beside the copy that runs, which ends when the
other answers and the gateway knows it: no request meets a gap. The copy before stays, stopped, as `<name>-before`.
"""

import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from deploy import names
from deploy.environment import Environment
from deploy.render.routes import FAILS, LOOKS_EVERY_S
from deploy.services import PORT, Service

from .running import Running
from .shell import Failed, Shell

STARTS_WITHIN_S = 60
ENDS_WITHIN_S = 15


class Machine:
    """The containers of one environment."""

    def __init__(
        self, environment: Environment, shell: Shell, starts_within_s: float = STARTS_WITHIN_S
    ) -> None:
        self._environment = environment
        self._starts_within_s = starts_within_s
        self._shell = shell

    def running(self) -> dict[str, Running]:
        """The containers with the label of this environment, but for those that are kept to go back to."""
        label = f"label=environment={self._environment.name}"
        listed = self._shell.read("podman", "ps", "--all", "--filter", label, "--format", "json")
        wanted = [each["Names"][0] for each in listed if not each["Names"][0].endswith(("-before", "-next"))]
        found = self._shell.read("podman", "inspect", *wanted) if wanted else []
        return {each["Name"]: _running(each) for each in found}

    def prepare(self, applied: list[Service], different: set[str]) -> None:
        """Secrets are brought by secrets.sh; without one of them no container is made."""

    def apply(self, service: Service, running: Running | None) -> None:
        """Start it beside the one that runs, which is only stopped when this one answers."""
        new, before = f"{service.name}-next", f"{service.name}-before"
        first, second = service.ports
        port = second if running and self._port(service.name) == first else first
        self._remove(new)
        flags = _flags(service, self._environment.name, port)
        self._shell.run("podman", "create", "--name", new, *flags, service.image)
        self._await_forgotten(before)
        if not self._starts(new, port):
            self._shell.run("podman", "logs", "--tail", "20", new)
            self._remove(new)
            raise Failed(
                f"{service.name} did not answer /healthz within {self._starts_within_s:g} s"
                + "; the one before still runs." * bool(running)
            )
        self._remove(before)
        if running:
            self._shell.run("podman", "rename", service.name, before)
        self._shell.run("podman", "rename", new, service.name)
        if running:
            self._end(before)

    def finish(self, applied: list[Service], different: set[str]) -> None:
        """Routes are a step of their own, docs/switching.md: the gateway reads its Caddyfile when it is started."""

    def rollback(self, name: str, running: Running) -> None:
        """The two change places, so that going back twice is going forward."""
        before, aside = f"{name}-before", f"{name}-next"
        if not self._is_there(before):
            raise Failed(f"{name} has no container before it.")
        self._remove(aside)
        self._await_forgotten(before)
        if not self._starts(before, self._port(before)):
            self._shell.run("podman", "stop", before)
            raise Failed(f"{before} did not answer /healthz; {name} still runs as it did.")
        self._shell.run("podman", "rename", name, aside)
        self._shell.run("podman", "rename", before, name)
        self._shell.run("podman", "rename", aside, before)
        self._end(before)

    def _starts(self, container: str, port: int) -> bool:
        try:
            self._shell.run("podman", "start", container)
        except Failed as error:
            print(f"✗ {error}", flush=True)
            return False
        return self._answers(port)

    def _await_forgotten(self, container: str) -> None:
        """Until the gateway knows that nobody is at the port where this one has just ended and another is to start.

        Podman opens a port before it leads anywhere, and whoever is sent there meanwhile is cut off.
        """
        if self._is_there(container) and not self._shell.only_print:
            (found,) = self._shell.read("podman", "inspect", container)
            ended = datetime.fromisoformat(found["State"]["FinishedAt"])
            forgotten = ended + timedelta(seconds=(FAILS + 1) * LOOKS_EVERY_S)
            time.sleep(max(0.0, (forgotten - datetime.now(UTC)).total_seconds()))

    def _end(self, container: str) -> None:
        """As soon as the gateway has seen the other one."""
        if not self._shell.only_print:
            time.sleep(LOOKS_EVERY_S + 1)
        self._shell.run("podman", "stop", container)

    def _port(self, container: str) -> int:
        """Where it was made to be reached on this machine."""
        (found,) = self._shell.read("podman", "inspect", container)
        (published,) = _said(found["Config"]["CreateCommand"], "--publish")
        return int(published.split(":")[1])

    def _is_there(self, container: str) -> bool:
        return self._shell.is_there("podman", "container", "exists", container)

    def _remove(self, container: str) -> None:
        if self._is_there(container):
            self._shell.run("podman", "rm", "--force", container)

    def _answers(self, port: int) -> bool:
        url = f"http://127.0.0.1:{port}/healthz"
        print(f"… {url}", flush=True)
        deadline = time.monotonic() + self._starts_within_s
        while not self._shell.only_print and time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(url, timeout=2) as reply:
                    if reply.status == 200:
                        return True
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        return self._shell.only_print


def _flags(service: Service, environment: str, port: int) -> list[str]:
    return [
        *("--label", f"environment={environment}", "--label", f"settings={service.fingerprint}"),
        *("--restart", "unless-stopped", "--stop-timeout", str(ENDS_WITHIN_S)),
        *("--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL"),  # noqa: S108 - the container's own
        *("--security-opt", "no-new-privileges", "--pids-limit", "512"),
        *("--memory", service.memory.removesuffix("Mi") + "m", "--cpus", f"{service.cpu:g}"),
        *("--publish", f"127.0.0.1:{port}:{PORT}"),
        *(word for name, value in service.env.items() for word in ("--env", f"{name}={value}")),
        *(
            word
            for name in service.secrets
            for word in ("--secret", f"{names.secret(name)},type=env,target={name}")
        ),
    ]


def _running(container: dict[str, Any]) -> Running:
    config, host, state = container["Config"], container["HostConfig"], container["State"]
    given = dict(word.split("=", 1) for word in _said(config["CreateCommand"], "--env"))
    secrets = [word.rpartition("target=")[2] for word in _said(config["CreateCommand"], "--secret")]
    return Running(
        name=container["Name"],
        image=config["CreateCommand"][-1],
        env=given,
        secrets=frozenset(secrets),
        memory=f"{host['Memory'] // 2**20}Mi",
        cpu=host["NanoCpus"] / 1e9,
        revision=container["Id"][:12],
        is_ready=state["Running"],
        since=state["StartedAt"][:19],
    )


def _said(command: list[str], option: str) -> list[str]:
    """What an option was given, each time, when the container was made."""
    return [value for word, value in pairwise(command) if word == option]
