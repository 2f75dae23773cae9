"""What the pages show of a recording, and who is told that it failed."""

import pytest

from .booking_steps import messages
from .conftest import CLIENT, PRACTITIONER, Sandbox
from .lifecycle_steps import advance, begin, deliver_events
from .recording_steps import PLAYS, RAN, add_take, ago, agree, change, joins, shown, tasks


@pytest.fixture
def attended_session(sandbox: Sandbox) -> str:
    """Both have been there for ten minutes, and have agreed."""
    agree(sandbox, "client", "practitioner")
    session = begin(sandbox, since=10)
    deliver_events(sandbox, session, *joins("client", "practitioner"))
    return session


SHOWN = [
    ("in_progress", [], ""),
    ("in_progress", ["pending"], "pending"),
    ("in_progress", ["recording"], "recording"),
    ("in_progress", ["processing"], "recording"),
    ("in_progress", ["failed"], "pending"),
    ("in_progress", ["processing", "pending"], "recording"),
    ("stopped", ["processing"], "processing"),
    ("stopped", ["completed"], "processing"),
    ("stopped", ["failed"], "failed"),
    ("past its end", ["processing"], "processing"),
    ("past its end", ["completed"], "processing"),
    ("without consent", ["processing"], "processing"),
    ("completed", ["recording"], "recording"),
    ("completed", ["processing"], "processing"),
    ("completed", ["completed", "processing"], "processing"),
    ("completed", ["completed", "failed"], "completed"),
    ("completed", ["failed", "completed", "completed"], "completed"),
    ("completed", ["failed", "failed"], "failed"),
    ("cancelled", ["completed"], "completed"),
]


@pytest.mark.parametrize(("state", "takes_", "expected"), SHOWN)
def test_what_is_shown_follows_from_the_takes_and_the_session(
    sandbox: Sandbox, attended_session: str, state: str, takes_: list[str], expected: str
) -> None:
    """Nobody is shown as recorded who is not, and nothing is final before the session is."""
    for number, each in enumerate(takes_, start=1):
        facts = {"completed": f", {PLAYS}", "failed": ", ended_at = now()"}.get(each, "")
        ran = f", {RAN}" if each in ("processing", "completed") else ""
        began = f", started_at = {ago(9)}" if each == "recording" else ""
        add_take(sandbox, attended_session, number, f"status = '{each}'{facts}{ran}{began}")
    if state in ("completed", "cancelled"):
        sandbox.act_as("owner")
        sandbox.run("update public.session_schedules set status = %s where id = %s", state, attended_session)
    elif state == "stopped":
        sandbox.act_as("practitioner")
        sandbox.run("select * from public.stop_agora_recording(%s)", attended_session)
    elif state == "past its end":
        sandbox.act_as("owner")
        sandbox.run(
            "update public.session_schedules set scheduled_at = scheduled_at - interval '55 minutes' where id = %s",
            attended_session,
        )
        advance(sandbox)
    elif state == "without consent":
        agree(sandbox, "client", agreed=False)

    assert shown(sandbox, attended_session) == expected


def test_a_finished_recording_keeps_its_link_when_a_take_is_added(
    sandbox: Sandbox, attended_session: str
) -> None:
    """What was finished can be played meanwhile, by the same link, and nobody is told twice that it can."""
    add_take(sandbox, attended_session, 1, f"status = 'completed', {RAN}, {PLAYS}")
    sandbox.act_as("owner")
    sandbox.run("update public.session_schedules set status = 'completed' where id = %s", attended_session)
    (first,) = sandbox.run("select * from public.session_recordings where session_id = %s", attended_session)

    add_take(sandbox, attended_session, 2, f"status = 'recording', started_at = {ago(2)}")
    meanwhile = sandbox.run(
        "select * from public.session_recordings where session_id = %s", attended_session
    )[0]
    change(sandbox, attended_session, f"status = 'completed', ended_at = {ago(0)}, {PLAYS}")
    last = sandbox.run("select * from public.session_recordings where session_id = %s", attended_session)[0]

    assert [each["status"] for each in (first, meanwhile, last)] == ["completed", "recording", "completed"]
    assert len({each["recording_url"] for each in (first, meanwhile, last)}) == 1
    assert [each["duration_seconds"] for each in (first, meanwhile, last)] == [10, 10, 20]
    assert messages(sandbox, attended_session).count("recording_ready") == 1


def test_a_failure_is_reported_to_the_practitioner_once(sandbox: Sandbox, attended_session: str) -> None:
    """While they can still do something about it."""
    for _ in range(2):
        assert tasks(sandbox, attended_session) == ["start"]
        change(
            sandbox,
            attended_session,
            "status = 'failed', failure_code = 'agora_rejected', ended_at = now() - interval '1 hour'",
        )

    sandbox.act_as("owner")
    (told,) = sandbox.run(
        "select * from private.outbox where kind = 'recording_failed' and session_id = %s", attended_session
    )
    assert str(told["user_id"]) == PRACTITIONER
    assert (told["payload"]["failure_code"], told["payload"]["client_id"]) == ("agora_rejected", CLIENT)


@pytest.mark.parametrize(
    ("people", "stopped", "expected"),
    [("client practitioner", False, 1), ("client", False, 0), ("client practitioner", True, 0)],
)
def test_a_session_that_should_have_been_recorded_and_was_not_is_told(
    sandbox: Sandbox, people: str, stopped: bool, expected: int
) -> None:
    """They met, they had agreed, nobody stopped it: whoever leads it learns that there is nothing."""
    agree(sandbox, "client", "practitioner")
    session = begin(sandbox, since=10, status="in_progress")
    deliver_events(sandbox, session, *joins(*people.split()))
    sandbox.act_as("owner")
    if stopped:
        sandbox.run(
            "insert into public.session_recordings (session_id, stopped_at) values (%s, now())", session
        )
    sandbox.run("update public.session_schedules set status = 'completed' where id = %s", session)

    assert messages(sandbox, session).count("recording_failed") == expected
