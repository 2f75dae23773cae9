"""One installation: deploy/environments/<name>.yaml, read. What is wrong in it is said with its key.

A staging copy is the same commands with another of these: other names, other keys, Stripe's test mode.
"""

import re
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from .functions import ROOT, Function, functions

FOLDER = ROOT / "deploy" / "environments"
Target = Literal["cloud-run", "kubernetes", "compose"]
# How many proxies of our own append to X-Forwarded-For: Google's load balancer writes the caller and itself.
PROXIES: dict[Target, int] = {"cloud-run": 2, "kubernetes": 1, "compose": 1}


def _origin(address: str) -> str:
    if not re.fullmatch(r"https?://[a-z0-9.-]+(:\d+)?", address):
        raise ValueError("must be an origin: https://, a host, and nothing after it")
    return address


Origin = Annotated[str, AfterValidator(_origin)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Google(_Part):
    """Where on Google Cloud."""

    project: str = Field(pattern="^[a-z][-a-z0-9]{4,28}[a-z0-9]$")
    number: int = Field(gt=0)
    region: str


class Kubernetes(_Part):
    """Where in a cluster."""

    namespace: str = Field(pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
    ingress_class: str


class Environment(_Part):
    """One installation."""

    name: str
    origin: Origin = Field(description="What browsers are given as the address of Supabase.")
    supabase: Origin = Field(description="The project behind it.")
    site: Origin = Field(description="The pages.")
    scheduler: Literal["platform", "database"] = "platform"
    hosted_origin: bool = Field(
        False, description="Browsers keep the project's own address: forwarders are rendered."
    )
    recording_image: str | None = Field(
        None,
        pattern=r"^.+@sha256:[0-9a-f]{64}$",
        description="With ffmpeg; without it recordings stay in parts.",
    )
    google: Google | None = None
    kubernetes: Kubernetes | None = None
    settings: dict[str, str] = {}
    secrets: tuple[str, ...] = ()

    def value(self, setting: str, target: Target) -> str | None:
        """What a setting is here: as it is written, or as it follows from where things are."""
        follows = {
            "SUPABASE_URL": self.supabase,
            "FUNCTIONS_URL": f"{self.origin}/functions/v1",
            "PAGES_URL": self.origin,
            "SITE_URL": self.site,
            "TRUSTED_PROXIES": str(PROXIES[target] + self.hosted_origin),
        }
        return self.settings.get(setting) or follows.get(setting)

    def examples(self) -> list[str]:
        """Where it still has what the example has, which nobody may deploy."""
        return sorted(_examples(self.model_dump(exclude={"name"}), ""))

    def part(self, target: Target) -> Any:
        """What is said of a platform. Exits if nothing is."""
        part = {"cloud-run": self.google, "kubernetes": self.kubernetes, "compose": True}[target]
        if part is None:
            key = {"cloud-run": "google", "kubernetes": "kubernetes"}[target]
            raise SystemExit(f"The environment {self.name} says nothing of `{key}`.")
        return part


def _examples(value: Any, path: str) -> list[str]:
    if isinstance(value, dict):
        return [
            found for key, each in value.items() for found in _examples(each, f"{path}.{key}".lstrip("."))
        ]
    return [path] if isinstance(value, str) and "example" in value else []


def read(name: str) -> Environment:
    """An environment by its name, or by the path of its file. Exits with a sentence if it is not there or not right."""
    path = Path(name) if name.endswith(".yaml") else FOLDER / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(each.stem for each in FOLDER.glob("*.yaml")))
        raise SystemExit(f"There is no environment {name}; there are {known}.")
    try:
        found = Environment.model_validate({**yaml.safe_load(path.read_text()), "name": path.stem})
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise SystemExit(f"{path.name}: {wrong}") from None
    _refuse_unknown(found, path.name)
    return found


def _refuse_unknown(environment: Environment, file: str) -> None:
    """A misspelt setting would be missing in silence; a secret among the settings would be in every rendered file."""
    every = functions().values()
    settings = {name for function in every for name in function.env}
    secrets = {name for function in every for name in function.secrets} | {"SUPABASE_JWT_SECRET"}
    for name in sorted(environment.settings.keys() & secrets):
        raise SystemExit(f"{file}: {name} is a secret. Only its name is said, under `secrets`.")
    unknown = sorted((environment.settings.keys() - settings) | ({*environment.secrets} - secrets))
    if unknown:
        raise SystemExit(f"{file}: no function has {', '.join(unknown)}.")


def missing(function: Function, environment: Environment, target: Target) -> list[str]:
    """What a function does not start without and this environment does not have."""
    return sorted(
        name
        for name in function.required()
        if name not in environment.secrets and not environment.value(name, target)
    )
