"""`plan`, `apply`, `rollback` and `status`: what differs from what runs, carried out, taken back, and how it is.

Rendered anew each time, so that what is applied is what deploy.yaml and the environment say now. Every command of
gcloud, kubectl or podman is printed before it is run. docs/switching.md has the order of a switch.
"""

import os
from collections.abc import Callable, Sequence

from deploy import environment as environments
from deploy.bundle import BUILD
from deploy.environment import Environment, Target
from deploy.functions import ROOT, Function, chosen
from deploy.render import render, usual_shape, write_files
from deploy.services import (
    ALL,
    Service,
    Shape,
    how_to_push,
    is_here_alone,
    pinned_image,
    services,
    startable,
)

from .google import CloudRun
from .kubernetes import Cluster
from .podman import Machine
from .running import Difference, Platform, Running, compare
from .shell import Failed, Shell

PLATFORMS: dict[Target, Callable[[Environment, Shell], Platform]] = {
    "cloud-run": CloudRun,
    "kubernetes": Cluster,
    "compose": Machine,
}
LEDGER = "select version from supabase_migrations.schema_migrations"


class Rollout:
    """One environment on one platform."""

    def __init__(
        self,
        target: Target,
        name: str,
        image: str | None,
        shape: Shape | None,
        only_print: bool = False,
        *,
        needs_image: bool = True,
    ) -> None:
        self.environment = environments.read(name)
        self.target: Target = target
        self.shape = shape or usual_shape(target)
        self.image = pinned_image(image, is_read_only=only_print) if needs_image else ""
        if target != "compose" and is_here_alone(self.image) and not only_print:
            raise SystemExit(how_to_push(self.image))
        self.folder = BUILD / "render" / self.environment.name / target
        self.folder.mkdir(parents=True, exist_ok=True)
        self.only_print = only_print
        self.platform: Platform = PLATFORMS[target](self.environment, Shell(self.folder, only_print))

    def wanted(self, names: Sequence[str]) -> list[Service]:
        """The services of the named functions, or of all that can start; the one container is all of them."""
        every = startable(self.environment, self.target)
        named = [] if {*names} <= {ALL} else chosen(names)
        found = services(self._with(every, named), self.environment, self.target, self.image, self.shape)
        return [each for each in found if not named or {*each.functions} & {*named}]

    def render(self) -> None:
        """All of it, also where little is applied: a secret's policy names all who read it."""
        every = startable(self.environment, self.target)
        write_files(self.folder, render(every, self.environment, self.target, self.image, self.shape))

    def _with(self, every: list[Function], named: list[Function]) -> list[Function]:
        """A named one that lacks something is refused by its name, and not left out."""
        return [*every, *(each for each in named if each not in every)]


def plan(rollout: Rollout, names: Sequence[str]) -> None:
    """Print what applying would change, a line for each thing; exit with 1 if anything would."""
    with _orderly():
        running = rollout.platform.running()
    wanted = rollout.wanted(names)
    found = [compare(each, running.get(each.name)) for each in wanted]
    for each in found:
        print(*[f"~ {each.name}: {line}" for line in each.lines], sep="\n", end="\n" if each.lines else "")
    for name in sorted(running.keys() - {each.name for each in rollout.wanted([])}) if not names else []:
        print(f"- {name}: runs, and is not in deploy.yaml; it is left alone")
    migrations = list(_migrations())
    print(*migrations, sep="\n")
    different = sum(bool(each.lines) for each in found)
    print(f"{different} of {len(found)} services differ.")
    raise SystemExit(bool(different))


def apply(rollout: Rollout, names: Sequence[str]) -> None:
    """Make the named services, or all that differ, run as they are wanted."""
    if (examples := rollout.environment.examples()) and not rollout.only_print:
        raise SystemExit(f"{rollout.environment.name} still has the example's values: {', '.join(examples)}.")
    wanted = rollout.wanted(names)
    rollout.render()
    with _orderly():
        running = rollout.platform.running()
        pairs = [(each, compare(each, running.get(each.name))) for each in wanted]
        todo = [(service, difference) for service, difference in pairs if difference.lines]
        applied = [service for service, _ in todo]
        if todo:
            rollout.platform.prepare(applied, _which(todo, "changes_access"))
        for service, difference in todo:
            print(*[f"~ {service.name}: {line}" for line in difference.lines], sep="\n", flush=True)
            rollout.platform.apply(service, running.get(service.name))
        if todo:
            rollout.platform.finish(applied, _which(todo, "changes_schedule"))
    done = (
        "would be changed" if rollout.only_print else "were changed. `rollback` brings back what ran before"
    )
    print(f"{len(todo)} of {len(wanted)} services {done}.")


def _which(todo: list[tuple[Service, Difference]], what: str) -> set[str]:
    return {service.name for service, difference in todo if getattr(difference, what)}


def rollback(rollout: Rollout, names: Sequence[str]) -> None:
    """Make the revision before run again, of each named service."""
    if not names:
        raise SystemExit("Which? python -m deploy rollback --to … NAME …")
    with _orderly():
        running = rollout.platform.running()
        for name in [each.replace("_", "-") for each in names]:
            if name not in running:
                raise Failed(f"{name} does not run here.")
            rollout.platform.rollback(name, running[name])
            print(f"{name} runs as it did before. `apply` brings it forward again.")


def status(rollout: Rollout, names: Sequence[str]) -> None:
    """Print a line for each service that runs; exit with 1 if one is not ready."""
    with _orderly():
        running = rollout.platform.running()
    shown = [each for name, each in sorted(running.items()) if not names or name in names]
    for each in shown:
        print(_line(each))
    if not shown:
        print("Nothing runs here.")
    raise SystemExit(not shown or not all(each.is_ready for each in shown))


def _line(each: Running) -> str:
    digest = "(an older one)" if each.goes_back else each.image.rpartition(":")[2][:12]
    return f"{'✓' if each.is_ready else '✗'} {each.name:<32} {digest} {each.revision} {each.since}".rstrip()


def _migrations() -> list[str]:
    """Those that the database has not had yet."""
    url = os.environ.get("DATABASE_URL")
    if not url:
        return ["migrations: not looked at, DATABASE_URL is not set"]
    import psycopg

    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            applied = {str(version) for (version,) in connection.execute(LEDGER)}
    except psycopg.Error as error:
        return [f"migrations: not looked at, {error}".strip()]
    files = sorted((ROOT / "sql" / "migrations").glob("*.sql"))
    return [f"~ migration {file.name} is to come" for file in files if file.name.split("_")[0] not in applied]


class _orderly:  # noqa: N801 - reads as a statement
    """A platform's refusal ends with its own words and ours, and not with a traceback."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        if isinstance(error, Failed):
            raise SystemExit(f"✗ {error}") from error
