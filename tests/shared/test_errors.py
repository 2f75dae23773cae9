"""Refusals: one shape, whatever was refused."""

import pytest

from shared import errors
from shared.errors import Conflict, Refusal


def every_refusal() -> list[type[Refusal]]:
    """The tree that the module's docstring draws."""
    return [
        found for found in vars(errors).values() if isinstance(found, type) and issubclass(found, Refusal)
    ]


@pytest.mark.parametrize("kind", every_refusal())
def test_every_refusal_has_the_five_keys(kind: type[Refusal]) -> None:
    """`error` is what the platform's callers read, the rest is PostgREST's shape."""
    body = kind().body()

    assert ["error", "code", "message", "details", "hint"] == list(body)
    assert body["error"] == body["message"] != ""
    assert body["code"].replace("_", "").isalpha()


@pytest.mark.parametrize("kind", [kind for kind in every_refusal() if kind is not Refusal])
def test_the_tree_in_the_docstring_is_the_tree_of_classes(kind: type[Refusal]) -> None:
    """The first lines of the module list every status."""
    assert any(
        line.split()[1:3] == [kind.__name__, str(kind.status)]
        for line in (errors.__doc__ or "").splitlines()
        if line
    )


def test_given_details_replace_the_defaults() -> None:
    """Code, sentence, details and hint are those that were raised, where given."""
    refused = Conflict("workshop_full", "No seat is left.", details=[1], hint="Ask for the next one.")

    assert 409 == refused.status
    assert {
        "error": "No seat is left.",
        "code": "workshop_full",
        "message": "No seat is left.",
        "details": [1],
        "hint": "Ask for the next one.",
    } == refused.body()
