"""A bundle's pins: from the imports, with what no import shows, and a sentence where the lock lacks something."""

import re
from pathlib import Path

import pytest

from deploy import functions as deployed
from deploy import imports, pins
from deploy.functions import Function, functions


@pytest.fixture
def made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Function:
    """A function of a test's own, `greet`, in a repository with nothing else in it."""
    some = functions()["list-users"]
    (tmp_path / "functions" / "greet").mkdir(parents=True)
    for module in (deployed, imports):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    imports.reached.cache_clear()  # the one before it had the same name
    return some.model_copy(update={"name": "greet", "packages": ()})


def names(text: str) -> set[str]:
    return set(re.findall(r"^([\w.-]+)==", text, re.MULTILINE))


def imports_of(function: Function, code: str) -> None:
    (function.folder / "main.py").write_text(code)


def test_an_import_brings_its_package_and_all_that_this_needs(made_up: Function) -> None:
    """By the package's own name, whatever the module is called; a lazy import too, Python's own modules not."""
    imports_of(
        made_up, "import json\n\n\ndef greet():\n    from stdnum import iban\n    import jinja2.sandbox\n"
    )

    assert {"python-stdnum", "jinja2", "markupsafe"} == names(pins.pinned(made_up))


def test_an_extra_is_what_requirements_in_says(made_up: Function) -> None:
    """PyJWT imports cryptography only when a key needs it."""
    imports_of(made_up, "import jwt\n")

    assert {"pyjwt", "cryptography"} <= names(pins.pinned(made_up))


def test_a_package_that_nobody_imports_is_listed_in_deploy_yaml(made_up: Function) -> None:
    """For all functions under `defaults`, for one under its name."""
    imports_of(made_up, "")
    listed = made_up.model_copy(update={"packages": ("uvloop",)})

    assert {"uvloop"} == names(pins.pinned(listed))


def test_who_does_not_go_outside_ships_no_client_for_it() -> None:
    """What nothing mentions in `shared/` counts for nothing."""
    at_home, outside = (
        names(pins.pinned(functions()[name])) for name in ("list-users", "start-agora-recording")
    )

    assert "httpx" not in at_home
    assert "httpx" in outside
    assert {"functions-framework", "uvloop", "httptools"} <= at_home


def test_a_module_that_nobody_brings_is_named(made_up: Function) -> None:
    """With the function, and with what to do."""
    imports_of(made_up, "import no_such_module\n")

    with pytest.raises(SystemExit, match=r"^greet imports no_such_module, which no installed .* `make lock`"):
        pins.pinned(made_up)


def test_a_package_that_the_lock_lacks_is_named(made_up: Function, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the function and its import, though it is only what the imported package needs."""
    lock = {name: entry for name, entry in pins._lock().items() if name != "markupsafe"}
    monkeypatch.setattr(pins, "_lock", lambda: lock)
    imports_of(made_up, "import jinja2\n")

    with pytest.raises(
        SystemExit, match=r"^greet imports jinja2 from the package jinja2, but .* has no markupsafe\."
    ):
        pins.pinned(made_up)


def test_a_listed_package_that_does_not_exist_is_named(made_up: Function) -> None:
    """A slip of the pen in deploy.yaml."""
    imports_of(made_up, "")
    misspelt = made_up.model_copy(update={"packages": ("uvlop",)})

    with pytest.raises(
        SystemExit, match=r"^greet lists the package uvlop in deploy\.yaml, but .* no uvlop\."
    ):
        pins.pinned(misspelt)
