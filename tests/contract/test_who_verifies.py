"""Whoever decides verifies, and nobody else: the line between them, drawn from deploy.yaml and the code.

A function that serves people alone, holds no secret and asks the database before it does anything hands their token
on; the database looks at it before it answers. Everything else that people or the platform call looks itself.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.bundle import build
from deploy.functions import Function, functions
from deploy.imports import VERIFIES, shared_files
from deploy.pins import pinned

OF_VERIFYING = {"pyjwt"}
ASKS = {"call.database.rpc", "call.database.rows"}
# What a function that hands a token on must not mention: who calls, which nobody has verified, and the secret key.
DECIDES = {"call.user", "call.caller", "call.service"}


def reason(function: Function) -> str | None:
    """Why a function has to verify, if it has to."""
    if not {"user", "service"} & {*function.callers}:
        return None  # nobody signs in there; a link, a signature or nothing at all says who it is
    if "service" in function.callers:
        return "it serves the platform"
    if function.secrets:
        return "it holds a secret"
    if not asks_first(function):
        return "it does something before the database is asked"
    return None


def asks_first(function: Function) -> bool:
    """Whether the first thing that its handler waits for is the database, as the caller."""
    first = next(awaited(handler(function)), None)
    return first is not None and first in ASKS


def awaited(node: ast.AST) -> Iterator[str]:
    """What is waited for, in the order in which that happens: what an argument waits for comes first."""
    for child in ast.iter_child_nodes(node):
        yield from awaited(child)
    if isinstance(node, ast.Await):
        yield ast.unparse(node.value.func) if isinstance(node.value, ast.Call) else "something else"


def handler(function: Function) -> ast.AsyncFunctionDef:
    body = ast.parse((function.folder / "main.py").read_text()).body
    return next(
        each for each in body if isinstance(each, ast.AsyncFunctionDef) and each.name == function.target
    )


def says_so(function: Function) -> bool:
    """Whether its endpoint says `verifies=True`."""
    return any(
        keyword.arg == "verifies"
        for decorator in handler(function).decorator_list
        if isinstance(decorator, ast.Call)
        for keyword in decorator.keywords
    )


def pins(function: Function) -> set[str]:
    return set(re.findall(r"^([\w.-]+)==", pinned(function), re.MULTILINE))


def test_who_decides_verifies_and_nobody_else(function: Function) -> None:
    assert function.verifies == (reason(function) is not None), (
        f"{function.name} should verify: {reason(function)}" if reason(function) else "it need not verify"
    )


def test_it_is_said_only_where_it_does_not_follow(function: Function) -> None:
    """`verifies=True` stands where a secret or a caller does not say it already."""
    assert says_so(function) == (reason(function) == "it does something before the database is asked")


def test_both_kinds_are_there() -> None:
    """Or the tests around would hold of nothing."""
    every = functions().values()

    assert {"create-recording-share-link", "get-banking-key"} == {one.name for one in every if says_so(one)}
    assert sum(one.verifies for one in every) > 20
    assert sum("user" in one.callers and not one.verifies for one in every) > 20


@pytest.mark.which(that=lambda function: "user" in function.callers and not function.verifies)
def test_who_hands_a_token_on_decides_nothing_by_it(function: Function) -> None:
    """Neither who calls nor the secret key is mentioned in its folder. `Call.user` would refuse it as well."""
    mentioned = {
        ast.unparse(node)
        for file in function.folder.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Attribute)
    }

    assert not mentioned & DECIDES


def test_what_verifying_takes_is_in_the_bundles_of_those_who_verify(function: Function) -> None:
    """`shared/tokens.py` and its package; the key that signs HS256 tokens is granted to nobody else.

    `status` looks at a credential by itself, and has them by its own import.
    """
    has_it = VERIFIES in shared_files(function)

    assert has_it == (function.verifies or function.name == "status")
    assert has_it == (OF_VERIFYING <= pins(function))
    assert "SUPABASE_JWT_SECRET" not in function.settings or function.verifies


def test_a_bundle_has_none_of_it(tmp_path: Path) -> None:
    bundle = build(functions()["get-liability-waiver-status"], tmp_path)

    assert not (bundle / "shared" / "tokens.py").exists()
    assert not re.search("jwt|cryptography", (bundle / "requirements.txt").read_text())
