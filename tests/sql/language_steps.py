"""Choosing a language, by the database alone."""

from .conftest import Sandbox


def choose(sandbox: Sandbox, person: str, language: str) -> None:
    sandbox.act_as("owner")
    sandbox.run("select private.choose_language(%s, %s)", person, language)
