"""What runs, as a platform says it, and how it differs from what is wanted, in words."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from deploy.services import Service


@dataclass(frozen=True)
class Running:
    """One service as it runs. None is what its platform does not know; a schedule is "" where there is none."""

    name: str
    image: str
    env: dict[str, str]
    secrets: frozenset[str]
    memory: str
    cpu: float
    revision: str
    is_ready: bool
    since: str = ""
    concurrency: int | None = None
    timeout: int | None = None
    instances: int | None = None
    schedule: str | None = None
    goes_back: bool = False  # it serves an older revision than the one described here


class Platform(Protocol):
    """What each platform can do."""

    def running(self) -> dict[str, Running]:
        """Everything that runs in this environment."""

    def apply(self, service: Service, running: Running | None) -> None:
        """Make one service run as it is wanted."""

    def finish(self, applied: list[Service], different: set[str]) -> None:
        """What is done once, after all services."""

    def prepare(self, applied: list[Service], different: set[str]) -> None:
        """What is done once, before all services."""

    def rollback(self, name: str, running: Running) -> None:
        """Make the revision before it run again."""


@dataclass
class Difference:
    """How one service differs; nothing if it does not."""

    name: str
    lines: list[str] = field(default_factory=list)
    is_new: bool = False
    changes_access: bool = False
    changes_schedule: bool = False


def compare(service: Service, running: Running | None) -> Difference:
    """A line for each thing that applying it would change."""
    if running is None:
        return Difference(
            service.name,
            ["is not there yet"],
            is_new=True,
            changes_access=True,
            changes_schedule=bool(service.schedule),
        )
    secrets = list(_sets("secret", {*service.secrets}, running.secrets))
    schedule = list(_one("schedule", service.schedule or "", running.schedule))
    lines = [
        *_one("image", _short(service.image), _short(running.image)),
        *_values(service.env, running.env),
        *secrets,
        *_one("memory", service.memory, running.memory),
        *_one("cpu", service.cpu, running.cpu),
        *_one("timeout", service.timeout, running.timeout),
        *_one("requests at once", service.concurrency, running.concurrency),
        *_one("instances at most", service.instances, running.instances),
        *schedule,
        *([f"{running.revision} serves, which is not the newest"] if running.goes_back else []),
    ]
    return Difference(service.name, lines, changes_access=bool(secrets), changes_schedule=bool(schedule))


def _one(what: str, wanted: object, found: object) -> Iterator[str]:
    if found is not None and wanted != found:
        yield f"{what}: {found or 'none'} → {wanted or 'none'}"


def _values(wanted: dict[str, str], found: dict[str, str]) -> Iterator[str]:
    for name in sorted(wanted.keys() | found.keys()):
        yield from _one(name, wanted.get(name, ""), found.get(name, ""))


def _sets(what: str, wanted: set[str], found: frozenset[str]) -> Iterator[str]:
    yield from (f"{what}: + {name}" for name in sorted(wanted - found))
    yield from (f"{what}: - {name}" for name in sorted(found - wanted))


def _short(image: str) -> str:
    repository, _, digest = image.partition("@sha256:")
    return f"{repository}@{digest[:12]}" if digest else image
