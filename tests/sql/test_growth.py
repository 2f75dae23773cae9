"""Growth: on a platform of 5,000 sessions nothing that somebody asks reads far more rows than it gives.

Counted by the server, for every shape in which the pages read, every view and every function, as its people: what reads
a thousand rows more than it gives here reads all there are, and is slow when there are a hundred times as many.
"""

from collections.abc import Iterator

import psycopg
import pytest

from sql.throwaway import Server
from tests.growth import AT_MOST, EXCEPTIONS, Answer, Ask, Platform, fill

SESSIONS = 5_000


@pytest.fixture(scope="module")
def platform(postgres: Server) -> Iterator[Platform]:
    postgres.build("growth")
    fill(postgres.url("growth", "supabase_admin"), SESSIONS)
    with psycopg.connect(postgres.url("growth", "supabase_admin")) as connection:
        yield Platform(connection)


@pytest.fixture(scope="module")
def answers(platform: Platform) -> dict[Ask, Answer]:
    return {ask: platform.ask(ask) for ask in platform.asks()}


def test_nothing_reads_far_more_than_it_gives(answers: dict[Ask, Answer]) -> None:
    """Another index, or a lookup in place of a join: EXPLAIN says what reads so much."""
    too_many = {
        str(ask): answer.unused
        for ask, answer in answers.items()
        if answer.unused > EXCEPTIONS.get(str(ask), (AT_MOST, ""))[0]
    }
    assert {} == too_many


def test_exceptions_are_needed(answers: dict[Ask, Answer]) -> None:
    """Each of them reads more than others may."""
    unused = {str(ask): answer.unused for ask, answer in answers.items()}
    assert [] == [name for name in EXCEPTIONS if unused.get(name, 0) <= AT_MOST]


def test_most_is_answered(answers: dict[Ask, Answer]) -> None:
    """All reads and views are, and what a person asks for themself: what is refused at the door reads nothing."""
    refused = {str(ask): answer.refusal for ask, answer in answers.items() if answer.refusal}
    assert {} == {name: why for name, why in refused.items() if "()" not in name}
    answered = {ask.name for ask, answer in answers.items() if not answer.refusal and answer.given}
    assert set() == {
        "client_dashboard()", "practitioner_dashboard()", "admin_dashboard()", "list_users()", "list_payments()",
        "get_available_slots()", "match_memories()", "export_my_data()", "earnings_overview()", "get_year_statement()",
        "claim_recording_erasure()", "prepare_recording_erasures()", "advance_next_session()", "cancel_session()",
        "apply_waiting_agora_notifications()", "apply_retention()", "check_session_credits()", "reschedule_session()",
    } - answered  # fmt: skip


def test_a_join_over_everybody_is_seen(platform: Platform) -> None:
    """The kind of fault that this is about: planted, it is counted."""
    planted = Ask("planted", "admin", "select count(*) from public.session_schedules where notes = 'Nothing'")
    assert platform.ask(planted).unused > AT_MOST
