"""deploy.yaml and the code say the same: who may call, how, and what a function is trusted with."""

import ast
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from cronsim import CronSim

from deploy import openapi
from deploy.functions import ROOT, Function, functions
from deploy.imports import reached
from shared.settings import LegacyTokenSettings, ServiceSettings

# How long a scheduled function begins new things; PATIENCE_S is how long it waits for one.
BUDGET = re.compile(r"^(?!PATIENCE)[A-Z_]+_S = (\d+)", re.MULTILINE)


def test_a_function_has_all_its_pieces() -> None:
    """One word finds the whole feature. What a copied folder lacks is listed in the order in which it is added."""
    folders = {path.name for path in ROOT.glob("functions/*") if path.is_dir() and any(path.glob("*.py"))}
    listed = {function.target for function in functions().values()}

    lacks = [
        f"functions/{name} lacks {piece}" for name in sorted(folders | listed) for piece in lacking(name)
    ]

    if lacks:
        pytest.fail("\n".join(lacks), pytrace=False)


def lacking(name: str) -> Iterator[str]:
    """The missing pieces of one function, by its name in snake case."""
    main = ROOT / "functions" / name / "main.py"
    path = name.replace("_", "-")
    if not main.exists():
        yield "main.py"
    elif name not in handlers(main):
        yield f"the handler: in main.py, `@endpoint(…) async def {name}`"
    if not main.with_name("contract.py").exists():
        yield "contract.py"
    if path not in functions():
        yield f"its entry in deploy.yaml: `{path}`"
    if not (ROOT / "tests" / "functions" / f"test_{name}.py").exists():
        yield f"its tests: tests/functions/test_{name}.py"
    if f"/{path}" not in json.loads(openapi.DOCUMENT.read_text())["paths"]:
        yield "its place in docs/api/openapi.json: once the rest is there, `make api`"


def handlers(main: Path) -> set[str]:
    """The handlers in a file, which is read and not imported: a fresh copy may not be importable yet."""
    body = ast.parse(main.read_text()).body
    return {each.name for each in body if isinstance(each, ast.AsyncFunctionDef) and each.decorator_list}


def test_callers_and_methods_are_those_of_the_handler(function: Function) -> None:
    """deploy.yaml is what a security review reads, so it must be true."""
    contract = function.contract()

    for what, listed, handled in (
        ("caller", set(function.callers), set(contract.callers)),
        ("methods", set(function.methods), set(contract.methods)),
    ):
        assert listed == handled, f"{function.name}: {what} is {listed} in deploy.yaml, {handled} in main.py"


def test_a_function_is_given_exactly_the_settings_it_reads(function: Function) -> None:
    """Every setting of its groups, required or not, and no other: a secret that is not read is not given."""
    read = {name for group in function.contract().settings for name in group.names()}
    given = set(function.settings)

    assert read <= given, f"{function.name} is not given {read - given} in deploy.yaml"
    # Who verifies can take HS256 tokens as well, where the secret is named.
    legacy = {*LegacyTokenSettings.names()} if function.verifies else set()
    assert given <= read | legacy, f"{function.name} does not read {given - read}, which deploy.yaml gives it"


def test_a_function_reads_no_undeclared_settings(function: Function) -> None:
    """Only declared groups are checked at start; any other would be missing in the middle of a request."""
    declared = {ancestor.__name__ for group in function.contract().settings for ancestor in group.__mro__}
    # Asked for by tokens and database, and got only where they are granted.
    declared |= {ServiceSettings.__name__, LegacyTokenSettings.__name__}

    read = {
        node.value.id
        for _, code in reached(function)
        for node in ast.walk(code)
        if isinstance(node, ast.Attribute) and node.attr == "read" and isinstance(node.value, ast.Name)
    }

    undeclared = {name for name in read if name.endswith("Settings")} - declared
    assert not undeclared, f"{function.name} reads {undeclared}, which its endpoint does not declare"


def test_only_granted_functions_bypass_row_level_security(function: Function) -> None:
    """`call.service` needs the secret key; row-level security is off there."""
    mentions = {
        node.attr
        for file in function.folder.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Attribute)
    }

    assert "service" not in mentions or "SUPABASE_SECRET_KEY" in function.secrets, (
        f"{function.name} bypasses row-level security without SUPABASE_SECRET_KEY in deploy.yaml"
    )


def test_no_secret_is_everybodys() -> None:
    """A default would hand it to all functions: whoever breaks into the least of them would have it."""
    defaults = yaml.safe_load((ROOT / "deploy.yaml").read_text())["defaults"]
    holders = Counter(name for function in functions().values() for name in function.secrets)

    assert "secrets" not in defaults
    assert all(count < len(functions()) for count in holders.values())
    assert "SUPABASE_JWT_SECRET" not in holders, "people's tokens are verified by the key set here"


def test_the_secret_key_may_be_two_wherever_it_is_used() -> None:
    """The setting itself has a comma in it during a rotation; `key` and `keys` know."""
    files = [path for part in ("functions", "shared", "deploy") for path in (ROOT / part).rglob("*.py")]
    raw = [path.name for path in files if "supabase_secret_key" in path.read_text()]

    assert raw == ["settings.py"]
    assert not [path for path in files if 'env["SUPABASE_SECRET_KEY"]' in path.read_text()]


def test_a_name_is_a_secret_everywhere_or_nowhere() -> None:
    """No name stands under `env` in one place and under `secrets` in another."""
    env = {name for function in functions().values() for name in function.env}
    secrets = {name for function in functions().values() for name in function.secrets}

    assert not env & secrets
    assert all(re.search("SECRET|CERTIFICATE|KEY|CUSTOMER|TOKEN|SMTP_URL", name) for name in secrets)
    assert not [name for name in env if re.search("SECRET|CERTIFICATE", name)]


@pytest.mark.which(that=lambda function: function.schedule)
def test_the_scheduler_may_call_a_scheduled_function(function: Function) -> None:
    """It calls with the secret key, by POST, with an empty body, at times that CronSim can parse."""
    contract = function.contract()

    assert "service" in function.callers
    assert "POST" in function.methods
    assert contract.takes is None or contract.takes.model_validate({})
    assert CronSim(str(function.schedule), datetime(2026, 1, 1, tzinfo=UTC))


def test_the_runs_of_what_is_scheduled_are_written_down(function: Function) -> None:
    """Of nothing else: `is_scheduled` stands where deploy.yaml has a schedule."""
    assert function.contract().is_scheduled == bool(function.schedule)


@pytest.mark.which(that=lambda function: function.schedule)
def test_a_scheduled_function_ends_before_its_timeout(function: Function) -> None:
    """It stops beginning anything while there is time left for the longest thing that one statement may do."""
    main = (ROOT / "functions" / function.target / "main.py").read_text()
    budgets = [int(seconds) for seconds in BUDGET.findall(main)]

    loops = "run_workers(" in main or "while " in main
    assert bool(budgets) == loops, "a loop without a budget"
    assert sum(budgets) + 10 <= function.timeout
