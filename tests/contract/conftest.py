"""What holds for every function is asked of every function: a test that takes `function` runs once for each."""

import pytest

from deploy.functions import functions


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Deploy.yaml is the list."""
    if "function" in metafunc.fixturenames:
        metafunc.parametrize("function", functions().values(), ids=functions())
