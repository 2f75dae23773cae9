"""Tests of what holds for every function: a test that takes `function` runs once for each."""

import pytest

from deploy.functions import functions
from deploy.imports import modules

# Fixtures that take long to make. `make check` runs the tests that use neither and do not wait (`pytest.mark.slow`).
SLOW_FIXTURES = {"stack", "environment"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Deploy.yaml is the list; `@pytest.mark.which(that=…)` chooses those that a test is about."""
    if "function" in metafunc.fixturenames:
        which = metafunc.definition.get_closest_marker("which")
        chosen = [each for each in functions().values() if which is None or which.kwargs["that"](each)]
        # Those with equal imports stand together: an environment that holds their pins is changed as seldom as can be.
        chosen.sort(key=lambda each: sorted(modules(each)))
        metafunc.parametrize("function", chosen, ids=[each.name for each in chosen])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of missing pieces come first. What is slow by its fixtures needs no mark of its own."""
    items.sort(key=lambda item: item.path.name != "test_deploy_matches_code.py")
    for item in items:
        if SLOW_FIXTURES & {*getattr(item, "fixturenames", ())}:
            item.add_marker("slow")
