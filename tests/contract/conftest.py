"""What holds for every function is asked of every function: a test that takes `function` runs once for each."""

import pytest

from deploy.functions import functions
from deploy.imports import modules

# What takes long to make. A test that asks for neither is one of those that `make check` runs.
SLOW = {"stack", "environment"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Deploy.yaml is the list; `@pytest.mark.which(that=…)` chooses those that a test is about."""
    if "function" in metafunc.fixturenames:
        which = metafunc.definition.get_closest_marker("which")
        chosen = [each for each in functions().values() if which is None or which.kwargs["that"](each)]
        # Those with equal imports stand together: an environment that holds their pins is changed as seldom as can be.
        chosen.sort(key=lambda each: sorted(modules(each)))
        metafunc.parametrize("function", chosen, ids=[each.name for each in chosen])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What a function lacks comes first. Nobody has to say of a test whether it is slow: what it asks for says so."""
    items.sort(key=lambda item: item.path.name != "test_deploy_matches_code.py")
    for item in items:
        if SLOW & {*getattr(item, "fixturenames", ())}:
            item.add_marker("slow")
