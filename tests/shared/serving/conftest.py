"""A client for each of the made-up functions."""

from collections.abc import AsyncIterator

import pytest
from httpx import AsyncClient
from pytest_httpserver import HTTPServer

from tests.shared.conftest import SECRET_KEY, Environment

from .made_up import close_workshop, hold_seat, open_ticket, serve


@pytest.fixture
async def seats(project: HTTPServer) -> AsyncIterator[AsyncClient]:
    project.expect_request("/rest/v1/rpc/hold_seat").respond_with_json({"seat_id": 7})
    async with serve(hold_seat) as client:
        yield client


@pytest.fixture
async def workshops(project: HTTPServer, environment: Environment) -> AsyncIterator[AsyncClient]:
    environment(SUPABASE_SECRET_KEY=SECRET_KEY)
    async with serve(close_workshop) as client:
        yield client


@pytest.fixture
async def tickets(project: HTTPServer) -> AsyncIterator[AsyncClient]:
    async with serve(open_ticket) as client:
        yield client
