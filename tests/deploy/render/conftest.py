"""An environment as an operator writes one, and everything rendered from it."""

from collections.abc import Callable

import pytest

from deploy import environment as environments
from deploy.environment import Environment, Target
from deploy.functions import functions
from deploy.render import render
from deploy.services import Shape

IMAGE = f"registry.test/functions@sha256:{'a' * 64}"
Render = Callable[..., dict[str, str]]


@pytest.fixture
def environment() -> Environment:
    """The one that is checked in."""
    return environments.read("staging")


@pytest.fixture
def rendered(environment: Environment) -> Render:
    """Every function on a platform, or those that are named."""

    def all_of_it(target: Target, shape: Shape = "each", *names: str, **changes: object) -> dict[str, str]:
        chosen = [each for each in functions().values() if not names or each.name in names]
        return render(chosen, environment.model_copy(update=changes), target, IMAGE, shape)

    return all_of_it
