"""What a function calls of the database: every `.rpc(…)` and `.rows(…)` that it reaches, as it is written."""

import ast
import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from shared.database import Rpc

from .functions import ROOT, Function
from .imports import reached


@dataclass(frozen=True)
class Use:
    """One place in Python that calls an SQL function."""

    rpc: Rpc[Any]
    as_service: bool
    passes: frozenset[str]
    passes_more: bool  # a mapping whose names only the running program knows

    @property
    def name(self) -> str:
        return f"public.{self.rpc.name}"


@cache
def uses(function: Function) -> tuple[Use, ...]:
    """Every one of them."""
    return tuple(_uses(function))


def _uses(function: Function) -> Iterator[Use]:
    for file, code in reached(function):
        module = importlib.import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))
        for node in ast.walk(code):
            match node:
                case ast.Call(
                    func=ast.Attribute(attr="rpc" | "rows", value=database),
                    args=[ast.Name(id=name)],
                    keywords=keywords,
                ) if isinstance(getattr(module, name, None), Rpc):
                    whole = [
                        "call.body.model_dump()" == ast.unparse(k.value) for k in keywords if k.arg is None
                    ]
                    takes = function.contract().takes
                    passed = {k.arg for k in keywords if k.arg}
                    if any(whole) and takes:
                        passed |= set(takes.model_fields)
                    yield Use(
                        rpc=getattr(module, name),
                        as_service=ast.unparse(database) != "call.database",
                        passes=frozenset(passed),
                        passes_more=not all(whole),
                    )
