"""deploy.yaml and the code say the same: who may call, how, and what a function is trusted with."""

import ast
import re
from datetime import UTC, datetime

import pytest
from cronsim import CronSim

from deploy.functions import ROOT, Function, functions
from deploy.imports import reached
from shared.settings import ServiceSettings


def test_every_folder_is_listed_and_nothing_else() -> None:
    """A function that is not in deploy.yaml does not exist."""
    folders = {path.parent.name for path in ROOT.glob("functions/*/main.py")}

    assert folders == {function.target for function in functions().values()}


def test_callers_and_verbs_are_the_handlers(function: Function) -> None:
    """The list is the security review, so it must be true."""
    contract = function.contract()

    assert set(function.callers) == set(contract.callers)
    assert set(function.methods) == set(contract.methods)


def test_it_is_handed_what_it_reads_and_no_more(function: Function) -> None:
    """Every setting of its groups, required or not, and no other: a secret that is not read is not given."""
    read = {name for group in function.contract().settings for name in group.names()}

    assert set(function.settings) == read


def test_it_reads_no_settings_that_it_does_not_declare(function: Function) -> None:
    """Only declared groups are checked at start; any other would be missing in the middle of a request."""
    declared = {ancestor.__name__ for group in function.contract().settings for ancestor in group.__mro__}
    # auth and database ask for the service key in every bundle, and get it only where it is granted.
    declared.add(ServiceSettings.__name__)

    read = {
        node.value.id
        for _, code in reached(function)
        for node in ast.walk(code)
        if isinstance(node, ast.Attribute) and node.attr == "read" and isinstance(node.value, ast.Name)
    }

    assert {name for name in read if name.endswith("Settings")} <= declared


def test_the_database_is_passed_by_only_where_that_is_granted(function: Function) -> None:
    """`call.service` needs the secret key; row-level security is off there."""
    mentions = {
        node.attr
        for file in function.folder.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Attribute)
    }

    assert "service" not in mentions or "SUPABASE_SECRET_KEY" in function.secrets


def test_a_secret_is_a_secret_everywhere() -> None:
    """No name stands under `env` in one place and under `secrets` in another."""
    env = {name for function in functions().values() for name in function.env}
    secrets = {name for function in functions().values() for name in function.secrets}

    assert not env & secrets
    assert all(re.search("SECRET|CERTIFICATE|KEY|CUSTOMER|TOKEN|SMTP_URL", name) for name in secrets)
    assert not [name for name in env if re.search("SECRET|CERTIFICATE", name)]


@pytest.mark.which(that=lambda function: function.schedule)
def test_the_scheduler_may_call_what_is_scheduled(function: Function) -> None:
    """It comes with the secret key, by POST, with an empty body, at a time that can be read."""
    contract = function.contract()

    assert "service" in function.callers
    assert "POST" in function.methods
    assert contract.takes is None or contract.takes.model_validate({})
    assert CronSim(str(function.schedule), datetime(2026, 1, 1, tzinfo=UTC))


def test_every_function_is_tested(function: Function) -> None:
    """One word finds the whole feature, its tests included."""
    assert (ROOT / "tests" / "functions" / f"test_{function.target}.py").exists()
