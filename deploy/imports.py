"""What a function needs: the files of `shared/` it reaches, and the modules of others that all of these import.

Read from the source, so that nothing has to be imported to find out. Imports inside a function count too, since
lazy imports are how cold starts are kept short; but not when nothing in the bundle mentions that function. What
verifies tokens is opened at the door, and only where the contract says so.
"""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from .functions import ROOT, Function

DOOR, VERIFIES = ROOT / "shared" / "admission.py", ROOT / "shared" / "tokens.py"
_Definition = ast.FunctionDef | ast.AsyncFunctionDef


def shared_files(function: Function) -> set[Path]:
    """The files of `shared/` that a function reaches, itself and through each other."""
    found: set[Path] = set()
    waiting = set(function.folder.glob("*.py"))
    while waiting:
        file = waiting.pop()
        for code in _tree(file).body:
            for name in _imported(file, code):
                reached = _files_of(name) - found
                if file == DOOR and not function.verifies:
                    reached -= {VERIFIES}
                found |= reached
                waiting |= reached
    return found


def modules(function: Function) -> set[str]:
    """The top-level names of everything that is neither ours nor Python's own."""
    names = {name.partition(".")[0] for file, code in reached(function) for name in _imported(file, code)}
    return names - sys.stdlib_module_names - {"shared", "functions"}


def server_modules() -> set[str]:
    """The same for the server of all functions."""
    names = {
        name.partition(".")[0]
        for file in ROOT.glob("server/*.py")
        for code in _tree(file).body
        for name in _imported(file, code)
    }
    return names - sys.stdlib_module_names - {"shared", "server"}


@cache
def reached(function: Function) -> list[tuple[Path, ast.stmt]]:
    """Every statement that a function reaches: its own, and of `shared/` all but definitions that nothing mentions."""
    own = set(function.folder.glob("*.py"))
    found, waiting = [], {}
    for file in own | shared_files(function):
        for code in _tree(file).body:
            if file in own or not isinstance(code, _Definition):
                found.append((file, code))
            else:
                waiting[file, code] = {f"{file.stem}.{code.name}", code.name}
    for home, user in found:  # grows while it is gone through
        used = [each for each, names in waiting.items() if names & _mentions(home, user)]
        found += used
        for each in used:
            del waiting[each]
    return found


@cache
def _imported(file: Path, code: ast.stmt) -> frozenset[str]:
    """The dotted names that a statement imports; what is only there for the type checker is left out."""
    return frozenset(_names(code, file))


def _names(node: ast.AST, file: Path) -> Iterator[str]:
    match node:
        case ast.Import(names=aliases):
            yield from (alias.name for alias in aliases)
        case ast.ImportFrom(module=module, names=aliases, level=level):
            base = ".".join([*_package(file, level), *([module] if module else [])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in aliases)
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return
        case _:
            for child in ast.iter_child_nodes(node):
                yield from _names(child, file)


def _package(file: Path, level: int) -> list[str]:
    """The package that a relative import of this level starts from; none for an absolute one."""
    parts = list(file.parent.relative_to(ROOT).parts)
    return parts[: len(parts) - level + 1] if level else []


@cache
def _files_of(name: str) -> frozenset[Path]:
    """The files behind a dotted name in `shared/`: the packages on the way, and the module."""
    parts = name.split(".")
    if parts[0] != "shared":
        return frozenset()
    paths = [ROOT.joinpath(*parts[:depth]) for depth in range(1, len(parts) + 1)]
    files = [path / "__init__.py" if path.is_dir() else path.with_suffix(".py") for path in paths]
    return frozenset(file for file in files if file.is_file())


@cache
def _mentions(home: Path, code: ast.stmt) -> frozenset[str]:
    """What a statement uses: `module.name` of its own module or of another one, and the bare names that it imports."""
    return frozenset(_mentioned(home, code))


def _mentioned(home: Path, code: ast.stmt) -> Iterator[str]:
    for node in ast.walk(code):
        match node:
            case ast.Name(id=name):
                yield f"{home.stem}.{name}"
            case ast.Attribute(value=ast.Name(id=module), attr=name):
                yield f"{module}.{name}"
            case ast.alias(name=name):
                yield name


@cache
def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(), str(file))
