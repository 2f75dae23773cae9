"""A connection to Agora, and waits that are only written down."""

from collections.abc import AsyncIterator

import httpx
import pytest

from .client_steps import RecordedSleep


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as client:
        yield client


@pytest.fixture
def waits() -> RecordedSleep:
    return RecordedSleep()
