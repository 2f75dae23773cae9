"""One machine, through podman. PODMAN may name another program, or options that go before every command.

The container before stays, stopped, as `<name>-before`. While one follows the other the gateway holds requests back;
one that comes in the tenth of a second in which podman holds the port, and forwards nothing yet, is answered with 502.
"""

import time
import urllib.error
import urllib.request
from itertools import pairwise
from typing import Any

from deploy import names
from deploy.environment import Environment
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
        """Make the container, stop the one before, start it; one that does not answer is taken back at once."""
        new, before = f"{service.name}-next", f"{service.name}-before"
        self._remove(new)
        self._shell.run(
            "podman", "create", "--name", new, *_flags(service, self._environment.name), service.image
        )
        if running:
            self._remove(before)
            self._shell.run("podman", "stop", service.name)
            self._shell.run("podman", "rename", service.name, before)
        self._shell.run("podman", "rename", new, service.name)
        if self._starts(service):
            return
        self._shell.run("podman", "logs", "--tail", "20", service.name)
        if running:
            self._remove(service.name)
            self._shell.run("podman", "rename", before, service.name)
            self._shell.run("podman", "start", service.name)
        raise Failed(
            f"{service.name} did not answer /healthz within {self._starts_within_s:g} s"
            + " and the one before runs again." * bool(running)
        )

    def _starts(self, service: Service) -> bool:
        try:
            self._shell.run("podman", "start", service.name)
        except Failed as error:
            print(f"✗ {error}", flush=True)
            return False
        return self._answers(service.port)

    def finish(self, applied: list[Service], different: set[str]) -> None:
        """Routes are a step of their own, docs/switching.md: the gateway reads its Caddyfile when it is started."""

    def rollback(self, name: str, running: Running) -> None:
        """The two change places, so that going back twice is going forward."""
        before, aside = f"{name}-before", f"{name}-next"
        if not self._is_there(before):
            raise Failed(f"{name} has no container before it.")
        self._remove(aside)
        self._shell.run("podman", "stop", name)
        self._shell.run("podman", "rename", name, aside)
        self._shell.run("podman", "rename", before, name)
        self._shell.run("podman", "rename", aside, before)
        self._shell.run("podman", "start", name)

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


def _flags(service: Service, environment: str) -> list[str]:
    return [
        *("--label", f"environment={environment}", "--label", f"settings={service.fingerprint}"),
        *("--restart", "unless-stopped", "--stop-timeout", str(ENDS_WITHIN_S)),
        *("--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL"),  # noqa: S108 - the container's own
        *("--security-opt", "no-new-privileges", "--pids-limit", "512"),
        *("--memory", service.memory.removesuffix("Mi") + "m", "--cpus", f"{service.cpu:g}"),
        *("--publish", f"127.0.0.1:{service.port}:{PORT}"),
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
