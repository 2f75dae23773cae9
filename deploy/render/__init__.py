"""`python -m deploy render`: a folder that can be read and reviewed, for one platform and one environment.

Every file in it is made from deploy.yaml and deploy/environments/<name>.yaml; nothing in it is written by hand, and no
secret stands in it. Names of things are in deploy/names.py.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from deploy import environment as environments
from deploy.bundle import BUILD
from deploy.environment import Environment, Target
from deploy.functions import ROOT, Function, chosen
from deploy.functions import functions as known
from deploy.services import (
    Service,
    Shape,
    how_to_push,
    is_here_alone,
    lacking,
    pinned_image,
    services,
    startable,
)

from . import alerts, cloud_run, compose, cost, forwarders, kubernetes, routes, scheduler, secrets
from .text import count

MARK = ".rendered"
TARGETS: tuple[Target, ...] = get_args(Target)


def write(
    names: Sequence[str], target: Target, name: str, image: str | None, shape: Shape | None, into: str | None
) -> None:
    """Render the named functions, or all, in place of what was rendered before."""
    environment = environments.read(name)
    folder = Path(into) if into else BUILD / "render" / environment.name / target
    functions = chosen(names) if names else startable(environment, target)
    digest = pinned_image(image, is_read_only=True)
    rendered = render(functions, environment, target, digest, shape or usual_shape(target))
    write_files(folder, rendered)
    shown = folder.relative_to(ROOT) if folder.is_relative_to(ROOT) else folder
    for line in [] if names else lacking(list(known().values()), environment, target).values():
        print(f"Left out, for want of settings: {line}")
    if digest.endswith("0" * 64):
        print("There is no image of this commit here (`make image`, or --image): its digest is noughts.")
    elif target != "compose" and is_here_alone(digest):
        print(how_to_push(digest))
    print(f"{shown}: {len(rendered)} files, for {count(functions, 'function')}. Begin with its README.md.")


def write_files(folder: Path, rendered: dict[str, str]) -> None:
    """In place of what was rendered before, so that what is gone leaves no file behind. Exits at anything else."""
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise SystemExit(f"{folder} has something else in it. Name a folder that is not there yet.")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARK).touch()
    for path, text in rendered.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


def usual_shape(target: Target) -> Shape:
    """One machine is for a small installation: one container."""
    return "one" if target == "compose" else "each"


def render(
    functions: Sequence[Function], environment: Environment, target: Target, image: str, shape: Shape
) -> dict[str, str]:
    """Every file by its path."""
    wanted = services(functions, environment, target, image, shape)
    found = {
        "cloud-run": lambda: cloud_run.files(wanted, environment) | routes.google_files(wanted, environment),
        "kubernetes": lambda: kubernetes.files(wanted, environment),
        "compose": lambda: compose.files(wanted, environment),
    }[target]()
    found |= scheduler.files(target, wanted, environment)
    found |= secrets.files(target, wanted, environment)
    found |= alerts.files(target, environment)
    found |= forwarders.files(wanted, environment)
    found["cost.md"] = cost.markdown(functions, environment)
    part = functions if len(functions) < len(startable(environment, target)) else []
    options = "" if shape == usual_shape(target) else f" --shape {shape}"
    found["README.md"] = _order(target, environment, wanted, found, part, options)
    return dict(sorted(found.items()))


def _order(
    target: Target,
    environment: Environment,
    wanted: list[Service],
    found: dict[str, str],
    part: Sequence[Function],
    options: str,
) -> str:
    """Where to begin, and what follows; each command as it can be typed."""
    where = f"--to {target} --env {environment.name}"
    named = "".join(f" {each.name}" for each in part)
    apply = f"`python -m deploy apply {where}{options}{named}`"
    namespace = environment.kubernetes.namespace if environment.kubernetes else ""
    steps = {
        "namespace.yaml": "`kubectl apply -f namespace.yaml`",
        "secrets.sh": "`sh secrets.sh`; `secrets.md` says what each secret is, how it is made, who holds it",
        "accounts.sh": "a service account for each service, which reads its own secrets alone",
        "services/": f"{apply} prints each command and carries it out",
        "compose.yaml": f"{apply} prints each command and carries it out; or `podman compose up -d`",
        "Caddyfile": "the gateway: `caddy run --config Caddyfile`, or the service `gateway` of compose.yaml",
        "ingress.yaml": f"`kubectl apply -f ingress.yaml -n {namespace}`; its certificate is a secret of type TLS,"
        " `origin-certificate`, from cert-manager or by hand",
        "routes/": "`sh routes/load-balancer.sh` once; then `url-map.yaml` alone, as its last line does",
        "scheduler.sh": "Cloud Scheduler's jobs; `apply` runs it where a schedule differs",
        "scheduler.sql": "the database's own clock, through `psql`",
        "crontab": "the clock of this machine: `crontab crontab`",
        "supabase/": "forwarders for a hosted origin",
        "alerts/": "who is told, and of what",
        "cost.md": "what it costs",
    }
    there = [
        f"`{path}`: {what}.\n"
        for path, what in steps.items()
        if any(each == path or (path.endswith("/") and each.startswith(path)) for each in found)
    ]
    image = wanted[0].image
    if target != "compose" and is_here_alone(image):
        there.insert(0, f"{how_to_push(image)}.\n")
    there.append(
        f"Back: `python -m deploy rollback {where} {wanted[0].name}`, the revision before, in a minute.\n"
    )
    alone = (
        f"It leads to {', '.join(each.name for each in part)} and to nothing else: where others run already, `apply`"
        " with names changes these alone, and routes and the clock are rendered without"
        " names.\n\n"
    )
    return (
        f"# {environment.name} on {target}: {count(wanted, 'service')} of {image}\n\nMade by"
        " `python -m deploy render`; a change is made in deploy.yaml or in the environment, and rendered again."
        " docs/switching.md has the order of a switch, with the way back of each step.\n\n"
        + alone * bool(part)
        + "".join(f"{number}. {step}" for number, step in enumerate(there, 1))
    )
