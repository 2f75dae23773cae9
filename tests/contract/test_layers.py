"""Who may import whom, and what nobody imports at start."""

import ast
import subprocess
import sys
from pathlib import Path

from deploy.functions import ROOT, Function, functions
from deploy.imports import modules, shared_files

# Each takes longer to import than all of ours together; whoever needs one imports it where it is needed.
HEAVY = {
    "boto3",
    "botocore",
    "cryptography",
    "fpdf",
    "httpx",
    "jwt",
    "PIL",
    "postgrest",
    "requests",
    "stripe",
    "supabase",
}
PICTURE_DECODERS = {
    *("PIL", "cairosvg", "cv2", "fitz", "imageio", "matplotlib", "numpy", "png", "pyvips", "skimage", "wand"),
    "fpdf's image",
}
OURS = {"functions", "shared", "server", "deploy", "local", "sql", "tests", "bench"}


def layers(file: Path) -> set[str]:
    """The top-level folders of ours that a file imports from, by an absolute import or by dots that lead out."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        match node:
            case ast.Import(names=aliases):
                found |= {alias.name.split(".")[0] for alias in aliases}
            case ast.ImportFrom(level=0, module=str(module)):
                found.add(module.split(".")[0])
            case ast.ImportFrom(level=level) if level >= len(file.relative_to(ROOT).parts) - 1:
                found.add(file.relative_to(ROOT).parts[0])
    return found & OURS


def test_a_function_imports_its_siblings_and_shared_and_nothing_else(function: Function) -> None:
    """Siblings by one dot, `shared` by its name: the one spelling that works here and in a bundle."""
    for file in function.folder.glob("*.py"):
        assert layers(file) <= {"shared"}, file


def test_shared_imports_no_function() -> None:
    """It ships with every function, so it depends on none."""
    for file in ROOT.glob("shared/**/*.py"):
        assert layers(file) <= {"shared"}, file


def test_the_server_imports_itself_and_shared() -> None:
    """It ships with every function as well, and is told of them by a file."""
    for file in ROOT.glob("server/*.py"):
        assert layers(file) <= {"server", "shared"}, file


def test_every_module_of_shared_is_used() -> None:
    """Every module ships with some function."""
    shipped = {file for function in functions().values() for file in shared_files(function)}

    assert shipped == set(ROOT.glob("shared/**/*.py"))


def test_a_cold_start_imports_nothing_heavy() -> None:
    """Not even what verifies tokens: that waits for one. Only functions that always call out import httpx."""
    without_httpx = [each.target for each in functions().values() if "httpx" not in modules(each)]
    program = f"""
import importlib, sys
for target in {without_httpx}:
    importlib.import_module(f"functions.{{target}}.main")
    print(target, *sorted({HEAVY} & set(sys.modules)))
"""

    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert without_httpx == run.stdout.splitlines()
    assert len(without_httpx) > 6


def decoders(file: Path) -> set[str]:
    """What unfolds pictures in a file: an import, or fpdf given anything but what was `drawn` by us."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        match node:
            case ast.Import(names=aliases):
                found |= {alias.name.split(".")[0] for alias in aliases}
            case ast.ImportFrom(level=0, module=str(module)):
                found.add(module.split(".")[0])
            case ast.Call(func=ast.Attribute(attr="image"), args=[first, *_]) if "drawn" != getattr(
                first, "id", ""
            ):
                found.add("fpdf's image")  # it opens a path, an address or bytes by itself
    return found & PICTURE_DECODERS


def test_one_module_decodes_pictures() -> None:
    """Its limits are no help against a picture that another one decodes."""
    code = [file for folder in ("functions", "shared", "deploy") for file in ROOT.glob(f"{folder}/**/*.py")]

    assert [ROOT / "shared" / "pictures.py"] == [file for file in code if decoders(file)]
