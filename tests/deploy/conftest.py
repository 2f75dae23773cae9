"""Ports of this process alone: services listen where their names say, in every process that runs tests."""

import random

import pytest

from deploy import services


@pytest.fixture
def own_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somewhere below those that the kernel gives away, and not where a stack of this machine would be deployed."""
    first = random.randrange(10_000, 18_000)
    monkeypatch.setattr(services, "PORTS", range(first, first + 1_999))
