"""What a function needs: the modules of `shared/` it reaches, and the packages all of these import.

Read from the source, so that nothing has to be imported to find out. Imports inside a function count too, since
lazy imports are how cold starts are kept short; but not when nothing in the bundle mentions that function: who
never calls `shared.http.outside` does not ship httpx.
"""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from .functions import ROOT, Function

_Definition = ast.FunctionDef | ast.AsyncFunctionDef


def shared_files(function: Function) -> set[Path]:
    """The files of `shared/` that a function reaches, itself and through each other."""
    found: set[Path] = set()
    waiting = set(function.folder.glob("*.py"))
    while waiting:
        file = waiting.pop()
        for name in imported(file):
            reached = set(_files_of(name)) - found
            found |= reached
            waiting |= reached
    return found


def packages(function: Function) -> set[str]:
    """The top-level names of everything that is neither ours nor Python's own."""
    files = {*function.folder.glob("*.py"), *shared_files(function)}
    names = {name.partition(".")[0] for file in files for name in _reachable(file, files)}
    return names - sys.stdlib_module_names - {"shared", "functions"}


def imported(file: Path, *, at_start_only: bool = False) -> set[str]:
    """The dotted names that a file imports; what is only there for the type checker is left out."""
    return set(_names(_tree(file), file, at_start_only))


def _names(node: ast.AST, file: Path, at_start_only: bool = False) -> Iterator[str]:
    match node:
        case ast.Import(names=aliases):
            yield from (alias.name for alias in aliases)
        case ast.ImportFrom(module=module, names=aliases, level=level):
            base = ".".join([*_package(file, level), *([module] if module else [])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in aliases)
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return
        case ast.FunctionDef() | ast.AsyncFunctionDef() if at_start_only:
            return
        case _:
            for child in ast.iter_child_nodes(node):
                yield from _names(child, file, at_start_only)


def _package(file: Path, level: int) -> list[str]:
    """The package that a relative import of this level starts from; none for an absolute one."""
    parts = list(file.parent.relative_to(ROOT).parts)
    return parts[: len(parts) - level + 1] if level else []


def _files_of(name: str) -> Iterator[Path]:
    """The files behind a dotted name in `shared/`: the packages on the way, then the module."""
    parts = name.split(".")
    if parts[0] != "shared":
        return
    for depth in range(1, len(parts) + 1):
        path = ROOT.joinpath(*parts[:depth])
        if path.is_dir():
            yield path / "__init__.py"
        elif path.with_suffix(".py").is_file():
            yield path.with_suffix(".py")


def _reachable(file: Path, bundle: set[Path]) -> Iterator[str]:
    """What a file imports, without what only stands in functions that nothing in the bundle mentions."""
    for node in _tree(file).body:
        if not isinstance(node, _Definition) or _is_mentioned(node, bundle):
            yield from _names(node, file)


def _is_mentioned(definition: _Definition, bundle: set[Path]) -> bool:
    return any(definition.name in _mentions(_tree(file), definition) for file in bundle)


def _mentions(tree: ast.Module, besides: _Definition) -> Iterator[str]:
    for statement in tree.body:
        if statement is besides:
            continue
        for node in ast.walk(statement):
            match node:
                case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name):
                    yield name


@cache
def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(), str(file))
