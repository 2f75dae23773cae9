"""Races for seats that people wait for: never oversold, never one seat for two, and nobody overtaken."""

import os
from collections.abc import Iterator

import pytest

from sql.throwaway import Server, server
from tests.sql.waiting_load import prepare_waiting, violations_after

ATTEMPTS = int(
    os.environ.get("WAITING_ATTEMPTS", "1200")
)  # `python -m tests.sql.waiting_load 5000` makes more


@pytest.fixture
def database_server() -> Iterator[Server]:
    """Of its own, apart from the stack's: whatever goes on here slows nobody down."""
    with server() as running:
        yield running


def test_no_seat_is_kept_twice_or_sold_past_who_waits(database_server: Server) -> None:
    """Lists joined and left, seats taken, left, held, kept, lapsed and moved up, classes resized, accounts erased."""
    load = prepare_waiting(database_server, "waiting")

    load.run(ATTEMPTS)

    assert {} == load.failures
    assert {} == violations_after(load)
    # They did get in each other's way, and much came of it all the same.
    assert load.count("take", "class_full") > ATTEMPTS / 50
    assert min(load.count(each) for each in ("wait", "take", "leave", "lapse", "settle")) > ATTEMPTS / 100
    assert load.looks > 100
