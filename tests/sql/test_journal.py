"""A journal is its writer's alone; a session that took place gives it a beginning."""

import pytest

from .booking_steps import book, grant, in_hours, sign
from .conftest import ADMIN, OTHER_CLIENT, ROW, Sandbox


def hold(sandbox: Sandbox, session: str = ROW, *, hours_ago: float = 1) -> None:
    """The seeded session has taken place."""
    sandbox.act_as("owner")
    sandbox.run(
        "update public.session_schedules set scheduled_at = now() - make_interval(mins => %s) where id = %s",
        int(hours_ago * 60),
        session,
    )


def write(sandbox: Sandbox, mood: str | None, *, session: str | None = None, on: str = "2031-05-01") -> None:
    sandbox.run(
        "insert into public.journal_entries (session_id, entry_date, mood, content) values (%s, %s, %s, 'Warm feet.')",
        session,
        on,
        mood,
    )


def test_a_journal_entry_begins_with_the_facts_of_its_session(sandbox: Sandbox) -> None:
    """In the practitioner's own day, and with the mood of the window that was left."""
    sandbox.act_as("owner")
    sandbox.run("delete from public.journal_entries")
    hold(sandbox)
    sandbox.act_as("client")

    (begun,) = sandbox.run("select * from public.journal_prefill(%s, 'energized')", ROW)
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
    assert begun["entry_date"] == sandbox.one(
        "select (scheduled_at at time zone time_zone)::date from public.session_schedules where id = %s", ROW
    )


def test_the_mood_is_the_last_one_written_unless_another_is_given(sandbox: Sandbox) -> None:
    """Neutral where nothing is known."""
    sandbox.act_as("owner")
    sandbox.run("delete from public.journal_entries")
    hold(sandbox)
    sandbox.act_as("client")
    mood = "select suggested_mood from public.journal_prefill(%s{})"
    assert "neutral" == sandbox.one(mood.format(""), ROW)
    assert "neutral" == sandbox.one(mood.format(", 'furious'"), ROW)

    write(sandbox, "challenged")
    assert "challenged" == sandbox.one(mood.format(""), ROW)
    assert "peaceful" == sandbox.one(mood.format(", 'calm'"), ROW)

    write(sandbox, "strong", session=ROW, on="2030-01-01")
    assert ("peaceful", True) == tuple(
        sandbox.run(
            "select suggested_mood, journal_entry_id is not null from public.journal_prefill(%s)", ROW
        )[0].values()
    )


def test_a_session_that_did_not_take_place_has_no_journal_entry(sandbox: Sandbox) -> None:
    """Neither what is to come, nor what was cancelled, nor what is somebody else's."""
    sign(sandbox)
    grant(sandbox, 1)
    coming = book(sandbox, in_hours(30))["session_id"]
    with sandbox.refused("session_not_held"):
        sandbox.run("select * from public.journal_prefill(%s)", coming)
    sandbox.run("select * from public.cancel_session(%s)", coming)
    with sandbox.refused("session_not_held"):
        sandbox.run("select * from public.journal_prefill(%s)", coming)
    hold(sandbox)
    for who in ("other", "practitioner", "admin"):
        sandbox.act_as(who)
        with sandbox.refused("session_not_found"):
            sandbox.run("select * from public.journal_prefill(%s)", ROW)


def test_nobody_reads_or_writes_the_journal_of_another(sandbox: Sandbox) -> None:
    """Not the practitioner of the session, not an admin; and nobody writes about a session of others."""
    sandbox.act_as("client")
    write(sandbox, None, session=ROW)
    for who in ("other", "practitioner", "admin"):
        sandbox.act_as(who)
        assert [] == sandbox.run("select * from public.journal_entries")
    sandbox.act_as("other")
    with sandbox.forbidden():
        write(sandbox, None, session=ROW)
    sandbox.act_as("client")
    for somebody in (OTHER_CLIENT, ADMIN):
        with sandbox.forbidden():
            sandbox.run(
                "insert into public.journal_entries (user_id, content) values (%s, 'Theirs')", somebody
            )


@pytest.mark.parametrize("mood", ["peaceful", "neutral", "challenged", "energized", "calm", "strong"])
def test_moods_of_both_vocabularies_are_accepted(sandbox: Sandbox, mood: str) -> None:
    """As they were written, so they are read."""
    sandbox.act_as("client")
    write(sandbox, mood, on="2032-01-01")
    assert mood == sandbox.one("select mood from public.journal_entries where entry_date = '2032-01-01'")
