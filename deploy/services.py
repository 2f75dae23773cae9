"""What runs: a service for each function, or one for all. Every platform is rendered from this and compared with it."""

import hashlib
import json
import os
import re
import shlex
import subprocess
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from .environment import Environment, Target, missing
from .functions import ROOT, Function
from .functions import functions as known

LOCAL_IMAGE = "practice-functions"  # as `make image` calls it, with the commit as its tag
PINNED = re.compile(r"[\w.:/-]+@sha256:[0-9a-f]{64}")
PORT = 8080
ALL = "functions"
ALL_PORT = 8100  # on one machine, where each service has two ports of its own
CLOCK = "clock"  # by whose port the clock of one machine reaches what is closed to others
ALL_CPU, ALL_MEMORY = 1.0, "1024Mi"
PORTS = range(20000, 32000)  # below those that the kernel gives away
Shape = Literal["each", "one"]


@dataclass(frozen=True)
class Service:
    """One service, as every platform is told of it. It holds the names of secrets and never what they are."""

    name: str
    summary: str
    image: str
    env: dict[str, str]
    secrets: tuple[str, ...]
    cpu: float
    memory: str
    concurrency: int
    timeout: int
    instances: int
    schedule: str | None
    reached: tuple[str, ...]  # the functions that are called from outside
    functions: tuple[Function, ...]
    port: int

    @property
    def ports(self) -> tuple[int, int]:
        """Where it is on one machine: at one of the two, and while one copy follows another, at both."""
        return self.port, self.port + 1

    @property
    def fingerprint(self) -> str:
        """Of all it is given: two of the same run the same way."""
        facts = asdict(self) | {"functions": [each.name for each in self.functions]}
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:12]

    @property
    def is_open(self) -> bool:
        """Whether anybody outside calls it."""
        return bool(self.reached)

    def paths(self) -> list[str]:
        """Where people and other systems reach it."""
        return [f"/functions/v1/{name}" for name in self.reached]

    def pages(self) -> list[str]:
        """Where pages of our own are, under their bare names."""
        return [f"/{each.name}" for each in self.functions if each.is_page]


def services(
    functions: Sequence[Function], environment: Environment, target: Target, image: str, shape: Shape
) -> list[Service]:
    """The services of these functions. Exits naming what the environment does not have.

    The one container says itself which functions are not set up, and serves the others.
    """
    lines = lacking(functions, environment, target)
    if lines and shape == "each":
        raise SystemExit(f"The environment {environment.name} lacks settings:\n" + "\n".join(lines.values()))
    each = [_service(function, environment, target, image) for function in functions]
    return each if shape == "each" else [_together(each, environment, image)]


def lacking(functions: Sequence[Function], environment: Environment, target: Target) -> dict[str, str]:
    """A line for each of these functions that would not start."""
    found = {function.name: missing(function, environment, target) for function in functions}
    return {name: f"{name}: {', '.join(settings)}" for name, settings in found.items() if settings}


def startable(environment: Environment, target: Target) -> list[Function]:
    """The functions for which an environment has everything."""
    every = list(known().values())
    left_out = lacking(every, environment, target)
    return [function for function in every if function.name not in left_out]


def port_of(name: str) -> int:
    """The first of a service's two on one machine: by its name alone, so that another function moves nobody."""
    return PORTS[2 * (zlib.crc32(name.encode()) % (len(PORTS) // 2))]


def _service(function: Function, environment: Environment, target: Target, image: str) -> Service:
    values = {name: environment.value(name, target) for name in function.env}
    # The database's scheduler calls from outside, behind the key.
    is_reached = function.is_open or (environment.scheduler == "database" and bool(function.schedule))
    return Service(
        name=function.name,
        summary=function.summary,
        image=(environment.recording_image or image) if "FFMPEG_PATH" in function.env else image,
        env={"FUNCTION_TARGET": function.target} | {name: value for name, value in values.items() if value},
        secrets=tuple(name for name in function.secrets if name in environment.secrets),
        cpu=function.cpu,
        memory=function.memory,
        concurrency=function.concurrency,
        timeout=function.timeout,
        instances=function.instances,
        schedule=function.schedule,
        reached=(function.name,) if is_reached else (),
        functions=(function,),
        port=port_of(function.name),
    )


def _together(each: list[Service], environment: Environment, image: str) -> Service:
    """One container for all: it holds every secret, and its scheduler calls what is due."""
    env = {
        name: value for service in each for name, value in service.env.items() if name != "FUNCTION_TARGET"
    }
    if environment.scheduler == "platform":
        env["SCHEDULER"] = "1"
    return Service(
        name=ALL,
        summary="Every function, by its path.",
        image=environment.recording_image or image,
        env=env,
        secrets=tuple(dict.fromkeys(name for service in each for name in service.secrets)),
        cpu=ALL_CPU,
        memory=ALL_MEMORY,
        concurrency=80,
        timeout=max(service.timeout for service in each),
        instances=1,
        schedule=None,
        reached=tuple(name for service in each for name in service.reached),
        functions=tuple(function for service in each for function in service.functions),
        port=ALL_PORT,
    )


def pinned_image(given: str | None, *, is_read_only: bool = False) -> str:
    """The image to run, by its digest: what was reviewed is what runs. One without is looked up on this machine.

    Exits with the remedy; where nothing runs yet, files that are only read get a digest of noughts.
    """
    if given and PINNED.fullmatch(given):
        return given
    name = given or f"{LOCAL_IMAGE}:{_git('rev-parse', 'HEAD')[:12]}"
    podman = shlex.split(os.environ.get("PODMAN", "podman"))
    digest = _said(*podman, "image", "inspect", "--format", "{{.Digest}}", name)
    if not digest and is_read_only and not given:
        return f"{LOCAL_IMAGE}@sha256:{'0' * 64}"
    if not digest:
        raise SystemExit(
            f"{name} is not on this machine: `make image` builds it. A pushed one is named by its digest,"
            " --image REPOSITORY@sha256:…."
        )
    return f"localhost/{name.rpartition(':')[0].removeprefix('localhost/')}@{digest}"


def is_here_alone(image: str) -> bool:
    """Whether no other machine can have it: it was built here and pushed nowhere."""
    return image.startswith(("localhost/", f"{LOCAL_IMAGE}@"))


def how_to_push(image: str) -> str:
    """What is to be done about that."""
    name = image.removeprefix("localhost/").partition("@")[0]
    return (
        f"The image is on this machine alone. `podman push {name}:COMMIT REGISTRY/{name} --digestfile digest`,"
        f" then name it by what `digest` says: --image REGISTRY/{name}@sha256:…"
    )


def _git(*words: str) -> str:
    return _said("git", "-C", str(ROOT), *words)


def _said(*command: str) -> str:
    """What a program answers; nothing if it does not, or is not here."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
