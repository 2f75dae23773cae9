"""Databases as the platforms have them on the day: in use today (state B), as it was before (state A), and none."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sql.throwaway import BASELINE, MIGRATIONS, ROOT, Server, server

HERE = Path(__file__).parent
STATE_B, ROWS_OF_B = HERE / "state_b.sql", HERE / "rows_of_b.sql"
ROWS_OF_A = ROOT / "tests/sql/old_installation.sql"
ADDING = [path for path in MIGRATIONS if path != BASELINE and "_close_" not in path.name]
CLOSING = [path for path in MIGRATIONS if "_close_" in path.name]

# What the platform in use has beside ours (§3.3 and §3.4 of the fact sheet).
KEPT = """
    drop table settings, session_type_changes, videos, practitioner_applications, newsletter_subscriptions,
               faq_sections, faq_questions, readiness_test_questions, readiness_test_options, readiness_test_results;
    drop function encrypt_banking_info, decrypt_banking_info, create_practitioner_from_email,
                  notify_users_session_type_change;
"""


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """The server of these tests."""
    with server() as running:
        yield running


@pytest.fixture(scope="session")
def in_use(postgres: Server) -> str:
    """The name of a database as the platform has it today, to be copied."""
    postgres.build("in_use", [BASELINE, STATE_B, ROWS_OF_B])
    return "in_use"


@pytest.fixture(scope="session")
def adopted(postgres: Server, in_use: str) -> str:
    """The address of the same after every file."""
    postgres.copy(in_use, "adopted")
    return postgres.apply("adopted", [*ADDING, *CLOSING])
