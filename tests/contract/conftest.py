"""What holds for every function is asked of every function: a test that takes `function` runs once for each."""

import pytest

from deploy.functions import functions
from deploy.imports import modules


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Deploy.yaml is the list; `@pytest.mark.which(that=…)` chooses those that a test is about."""
    if "function" in metafunc.fixturenames:
        which = metafunc.definition.get_closest_marker("which")
        chosen = [each for each in functions().values() if which is None or which.kwargs["that"](each)]
        # Those with equal imports stand together: an environment that holds their pins is changed as seldom as can be.
        chosen.sort(key=lambda each: sorted(modules(each)))
        metafunc.parametrize("function", chosen, ids=[each.name for each in chosen])
