"""A recommendation has two hands: the practitioner's words, the client's tick. Neither writes with the other's."""

import psycopg
import pytest

from .conftest import CLIENT, OTHER_CLIENT, ROW, Stage

INSERT = """insert into public.action_recommendations (practitioner_id, client_id, session_id, title, action_type)
            values (%s, %s, %s, 'Breathe', 'mindfulness')"""
OTHER_SESSION = "20000000-0000-4000-8000-000000000002"


def test_a_practitioner_recommends_with_or_without_a_session(stage: Stage) -> None:
    """To a client of theirs, as the page inserts it."""
    stage.act_as("practitioner")
    stage.run(INSERT, ROW, CLIENT, ROW)
    stage.run(INSERT, ROW, CLIENT, None)


@pytest.mark.parametrize(
    ("practitioner", "client", "session"),
    [
        (ROW, OTHER_CLIENT, None),  # somebody else's client
        (ROW, CLIENT, OTHER_SESSION),  # a session with somebody else
        (OTHER_SESSION, CLIENT, None),  # in another practitioner's name
    ],
)
def test_nothing_is_recommended_to_strangers(
    stage: Stage, practitioner: str, client: str, session: str | None
) -> None:
    """Nor about others' sessions, nor in others' names."""
    stage.act_as("practitioner")
    with stage.forbidden():
        stage.run(INSERT, practitioner, client, session)


def test_the_client_ticks_and_the_server_dates(stage: Stage) -> None:
    """As the page updates it, with a time of its own; ticking again keeps the first time, unticking removes it."""
    stage.act_as("client")
    tick = "update public.action_recommendations set completed = %s, completed_at = %s where id = %s returning {}"

    assert stage.one(tick.format("completed_at = now()"), True, "2020-01-01", ROW)
    assert stage.one(tick.format("completed_at = now()"), True, "2021-01-01", ROW)
    assert stage.one(tick.format("completed_at is null"), False, "2020-01-01", ROW)


def test_the_client_does_not_rewrite_it(stage: Stage) -> None:
    """Not even together with the tick."""
    stage.act_as("client")
    with stage.refused("words_are_the_practitioners"):
        stage.run(
            "update public.action_recommendations set title = 'Rest', completed = true where id = %s", ROW
        )
    with stage.forbidden():
        stage.run("update public.action_recommendations set practitioner_id = %s", OTHER_SESSION)


def test_the_practitioner_does_not_tick_it(stage: Stage) -> None:
    """They may correct the words, and take it back."""
    stage.act_as("practitioner")
    with stage.refused("completion_is_the_clients"):
        stage.run("update public.action_recommendations set completed = true where id = %s", ROW)
    with stage.refused("completion_is_the_clients"):
        stage.run("update public.action_recommendations set completed_at = now() where id = %s", ROW)

    assert stage.run(
        "update public.action_recommendations set title = 'Breathe out' where id = %s returning id", ROW
    )
    assert stage.run("delete from public.action_recommendations where id = %s returning id", ROW)


def test_a_title_says_something(stage: Stage) -> None:
    """In at most 200 characters."""
    stage.act_as("practitioner")
    for title in ("  ", "x" * 201):
        with pytest.raises(psycopg.errors.CheckViolation), stage.undone():
            stage.run("update public.action_recommendations set title = %s where id = %s", title, ROW)


def test_it_outlives_its_session(stage: Stage) -> None:
    """The client's list is theirs."""
    stage.act_as("owner")
    stage.run("delete from public.session_recordings where session_id = %s", ROW)
    stage.run("delete from public.session_schedules where id = %s", ROW)

    assert [{"session_id": None}] == stage.run(
        "select session_id from public.action_recommendations where id = %s", ROW
    )
