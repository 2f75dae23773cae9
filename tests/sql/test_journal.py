"""A journal is its writer's alone; a session that took place gives it a beginning."""

import pytest

from .booking_scene import book, grant, in_hours, sign
from .conftest import ADMIN, OTHER_CLIENT, ROW, Stage


def hold(stage: Stage, session: str = ROW, *, hours_ago: float = 1) -> None:
    """A session of the story has taken place."""
    stage.act_as("owner")
    stage.run(
        "update public.session_schedules set scheduled_at = now() - make_interval(mins => %s) where id = %s",
        int(hours_ago * 60),
        session,
    )


def write(stage: Stage, mood: str | None, *, session: str | None = None, on: str = "2031-05-01") -> None:
    stage.run(
        "insert into public.journal_entries (session_id, entry_date, mood, content) values (%s, %s, %s, 'Warm feet.')",
        session,
        on,
        mood,
    )


def test_it_begins_with_what_the_session_was(stage: Stage) -> None:
    """In the practitioner's own day, and with the mood of the window that was left."""
    stage.act_as("owner")
    stage.run("delete from public.journal_entries")
    hold(stage)
    stage.act_as("client")

    (begun,) = stage.run("select * from public.journal_prefill(%s, 'energized')", ROW)
    assert ("Practitioner", 45, "online", "peaceful", None) == tuple(
        begun[name]
        for name in (
            "practitioner_name",
            "duration_minutes",
            "session_location",
            "suggested_mood",
            "journal_entry_id",
        )
    )
    assert begun["entry_date"] == stage.one(
        "select (scheduled_at at time zone time_zone)::date from public.session_schedules where id = %s", ROW
    )


def test_the_mood_is_the_last_one_written_unless_another_is_told(stage: Stage) -> None:
    """Neutral where nothing is known."""
    stage.act_as("owner")
    stage.run("delete from public.journal_entries")
    hold(stage)
    stage.act_as("client")
    mood = "select suggested_mood from public.journal_prefill(%s{})"
    assert "neutral" == stage.one(mood.format(""), ROW)
    assert "neutral" == stage.one(mood.format(", 'furious'"), ROW)

    write(stage, "challenged")
    assert "challenged" == stage.one(mood.format(""), ROW)
    assert "peaceful" == stage.one(mood.format(", 'calm'"), ROW)

    write(stage, "strong", session=ROW, on="2030-01-01")
    assert ("peaceful", True) == tuple(
        stage.run("select suggested_mood, journal_entry_id is not null from public.journal_prefill(%s)", ROW)[
            0
        ].values()
    )


def test_what_did_not_take_place_has_no_journal(stage: Stage) -> None:
    """Neither what is to come, nor what was cancelled, nor what is somebody else's."""
    sign(stage)
    grant(stage, 1)
    coming = book(stage, in_hours(30))["session_id"]
    with stage.refused("session_not_held"):
        stage.run("select * from public.journal_prefill(%s)", coming)
    stage.run("select * from public.cancel_session(%s)", coming)
    with stage.refused("session_not_held"):
        stage.run("select * from public.journal_prefill(%s)", coming)
    hold(stage)
    for who in ("other", "practitioner", "admin"):
        stage.act_as(who)
        with stage.refused("session_not_found"):
            stage.run("select * from public.journal_prefill(%s)", ROW)


def test_nobody_reads_or_writes_anothers(stage: Stage) -> None:
    """Not the practitioner of the session, not an admin; and nobody writes about a session of others."""
    stage.act_as("client")
    write(stage, None, session=ROW)
    for who in ("other", "practitioner", "admin"):
        stage.act_as(who)
        assert [] == stage.run("select * from public.journal_entries")
    stage.act_as("other")
    with stage.forbidden():
        write(stage, None, session=ROW)
    stage.act_as("client")
    for somebody in (OTHER_CLIENT, ADMIN):
        with stage.forbidden():
            stage.run("insert into public.journal_entries (user_id, content) values (%s, 'Theirs')", somebody)


@pytest.mark.parametrize("mood", ["peaceful", "neutral", "challenged", "energized", "calm", "strong"])
def test_both_vocabularies_are_moods(stage: Stage, mood: str) -> None:
    """As they were written, so they are read."""
    stage.act_as("client")
    write(stage, mood, on="2032-01-01")
    assert mood == stage.one("select mood from public.journal_entries where entry_date = '2032-01-01'")
