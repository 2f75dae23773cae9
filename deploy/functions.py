"""deploy.yaml, read: every function with the defaults filled in. What is wrong in an entry is said with its name."""

import importlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from shared.call import Contract
from shared.database import Rpc

ROOT = Path(__file__).resolve().parent.parent


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _seconds(value: Any) -> Any:
    return value.removesuffix("s") if isinstance(value, str) else value


def _unique(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) < len(names):
        raise ValueError("names something twice")
    return names


Names = Annotated[tuple[str, ...], AfterValidator(_unique)]


class Function(BaseModel):
    """One function, as it is deployed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern="^[a-z]+(-[a-z]+)*$")
    summary: str
    noun: str
    callers: Annotated[
        tuple[Literal["user", "service", "webhook", "public"], ...], BeforeValidator(_listed)
    ] = Field(alias="caller", min_length=1)
    methods: tuple[Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"], ...]
    env: Names
    secrets: Names
    packages: Names
    runtime: Literal["python311", "python312", "python313"]
    cpu: float = Field(gt=0, le=8)
    memory: str = Field(pattern="^[0-9]+Mi$")
    timeout: Annotated[int, BeforeValidator(_seconds)] = Field(gt=0, le=3600, description="Seconds.")
    concurrency: int = Field(gt=0)
    instances: int = Field(gt=0, description="At most.")
    schedule: str | None = None
    is_page: bool = Field(False, alias="page")

    @property
    def target(self) -> str:
        """The folder and the handler: the wire name in snake case."""
        return self.name.replace("-", "_")

    @property
    def python(self) -> str:
        """The runtime's version, as Python says it: 3.11."""
        return f"3.{self.runtime.removeprefix('python3')}"

    @property
    def folder(self) -> Path:
        return ROOT / "functions" / self.target

    @property
    def is_open(self) -> bool:
        """Whether anybody but the platform itself calls it: a browser, a person with a link, somebody's webhook."""
        return self.callers != ("service",)

    @property
    def settings(self) -> tuple[str, ...]:
        """Every variable that is handed to it."""
        return (*self.env, *self.secrets)

    def contract(self) -> Contract:
        """What the code promises; deploy.yaml is held against it."""
        module = importlib.import_module(f"functions.{self.target}.main")
        contract: Contract = getattr(module, self.target).contract
        return contract

    @property
    def verifies(self) -> bool:
        """Whether it says itself who calls; or else the database does."""
        return self.contract().verifies

    def rpcs(self) -> list[Rpc[Any]]:
        """Every SQL function that its contract names."""
        module = importlib.import_module(f"functions.{self.target}.contract")
        return [value for value in vars(module).values() if isinstance(value, Rpc)]

    def required(self) -> set[str]:
        """The variables without which it does not start."""
        groups = self.contract().settings
        return {name for group in groups for name, is_required in group.names().items() if is_required}


@cache
def functions() -> dict[str, Function]:
    """Every function of deploy.yaml by its wire name, in its order."""
    document = yaml.safe_load((ROOT / "deploy.yaml").read_text())
    defaults: dict[str, Any] = document["defaults"]
    return {name: _function(name, own, defaults) for name, own in document["functions"].items()}


def _function(name: str, own: dict[str, Any], defaults: dict[str, Any]) -> Function:
    both = {key: [*defaults.get(key, []), *own.get(key, [])] for key in ("env", "secrets", "packages")}
    try:
        return Function.model_validate({**defaults, **own, **both, "name": name})
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise ValueError(f"deploy.yaml, {name}: {wrong}") from None


def chosen(names: Sequence[str]) -> list[Function]:
    """The named functions, in either spelling; all of them if none is named."""
    known = functions()
    wanted = [name.replace("_", "-") for name in names] or list(known)
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise SystemExit(f"deploy.yaml has no {', '.join(unknown)}.")
    return [known[name] for name in wanted]
