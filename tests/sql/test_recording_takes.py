"""Takes of a recording: which follows which, which somebody must begin, and how many there are."""

import pytest

from .booking_steps import messages
from .conftest import Sandbox
from .lifecycle_steps import begin, deliver_events, status
from .recording_steps import PLAYS, RAN, add_take, ago, agree, change, joins, shown, takes, tasks


@pytest.fixture
def attended_session(sandbox: Sandbox) -> str:
    """Both have been there for ten minutes, and have agreed."""
    agree(sandbox, "client", "practitioner")
    session = begin(sandbox, since=10)
    deliver_events(sandbox, session, *joins("client", "practitioner"))
    return session


@pytest.fixture
def recorded(sandbox: Sandbox, attended_session: str) -> str:
    """And it records."""
    assert tasks(sandbox, attended_session) == ["start"]
    change(
        sandbox,
        attended_session,
        "status = 'recording', agora_sid = 'S', started_at = now(), next_check_at = now()",
    )
    return attended_session


@pytest.mark.parametrize(
    "how",
    [
        "status = 'processing'",
        "status = 'processing', crashed_at = now()",
        "status = 'processing', missing_since = now() - interval '2 minutes'",
        "status = 'processing', stop_reason = 'channel_empty', stop_requested_at = now()",
        "status = 'processing', stop_reason = 'consent_withdrawn', stop_requested_at = now()",
        f"status = 'completed', {PLAYS}",
        "status = 'failed', failure_code = 'agora_crashed'",
    ],
)
def test_a_take_that_ended_before_its_session_is_followed_by_the_next(
    sandbox: Sandbox, recorded: str, how: str
) -> None:
    """A crash, an idle exit, a 404, an empty room, a consent that is given again: another recorder, another folder."""
    change(sandbox, recorded, f"{how}, {RAN}")

    assert (shown(sandbox, recorded), tasks(sandbox, recorded)) == ("recording", ["start"])
    first, second = takes(sandbox, recorded)
    assert (second["number"], second["recorder_uid"] != first["recorder_uid"]) == (2, True)
    assert (first["prefix"].split("/")[2:], second["prefix"].split("/")[2:]) == (["1", "1"], ["2", "1"])
    assert shown(sandbox, recorded) == "recording"


def test_nothing_begins_by_itself_after_a_deliberate_stop_until_somebody_starts_it(
    sandbox: Sandbox, recorded: str
) -> None:
    """The stop is heeded also between two takes; a start by hand takes it back, and then a crash is no end again."""
    change(sandbox, recorded, f"status = 'processing', {RAN}")
    sandbox.act_as("practitioner")
    sandbox.run("select * from public.stop_agora_recording(%s)", recorded)

    stopped = (tasks(sandbox, recorded), shown(sandbox, recorded))
    sandbox.act_as("practitioner")
    (again,) = sandbox.run("select * from public.start_agora_recording(%s)", recorded)
    started = shown(sandbox, recorded)
    change(sandbox, recorded, f"status = 'processing', {RAN}")

    assert stopped == ([], "processing")
    assert (again["is_new"], started) == (True, "recording")
    assert tasks(sandbox, recorded) == ["start"]


def test_stopping_before_it_began_is_heeded_and_is_no_failure(
    sandbox: Sandbox, attended_session: str
) -> None:
    """Agora was never asked: it did not fail, and it does not begin again."""
    assert tasks(sandbox, attended_session) == ["start"]
    sandbox.act_as("practitioner")
    (stopped,) = sandbox.run("select * from public.stop_agora_recording(%s)", attended_session)
    change(
        sandbox,
        attended_session,
        "status = 'failed', failure_code = 'stopped_before_start', ended_at = now()",
    )
    change(sandbox, attended_session, f"ended_at = {ago(60)}")

    assert stopped["status"] == "pending"
    assert (tasks(sandbox, attended_session), shown(sandbox, attended_session)) == ([], "failed")
    assert "recording_failed" not in messages(sandbox, attended_session)


def test_a_start_while_the_last_take_is_being_stopped_is_refused(sandbox: Sandbox, recorded: str) -> None:
    """Two recorders would record the same; in a minute it has stopped."""
    sandbox.act_as("practitioner")
    sandbox.run("select * from public.stop_agora_recording(%s)", recorded)

    with sandbox.refused("recording_stopping"):
        sandbox.run("select * from public.start_agora_recording(%s)", recorded)


def test_no_take_begins_by_itself_before_its_time(sandbox: Sandbox) -> None:
    """Whoever tries their microphone early is not recorded; by hand they may be, and the hour has a take of its own."""
    agree(sandbox, "client", "practitioner")
    session = begin(sandbox, since=-12)
    deliver_events(sandbox, session, *joins("client", "practitioner", since=1))
    early = (tasks(sandbox, session), status(sandbox, session))
    sandbox.act_as("practitioner")
    sandbox.run("select * from public.start_agora_recording(%s)", session)
    change(sandbox, session, f"status = 'processing', started_at = {ago(2)}, ended_at = {ago(0)}")
    still_early = tasks(sandbox, session)
    sandbox.act_as("owner")
    sandbox.run("update public.session_schedules set scheduled_at = now() where id = %s", session)

    assert early == ([], "in_progress")
    assert (still_early, tasks(sandbox, session)) == ([], ["start"])


def test_takes_are_few_and_whoever_leads_it_is_told(sandbox: Sandbox, attended_session: str) -> None:
    """A recorder that crashes all the time is not paid for all the time: twelve by themselves, and as many by hand."""
    for number in range(1, 13):
        add_take(sandbox, attended_session, number, f"status = 'processing', {RAN}")

    assert (tasks(sandbox, attended_session), shown(sandbox, attended_session)) == ([], "processing")
    assert messages(sandbox, attended_session).count("recording_failed") == 1
    for number in range(13, 25):
        add_take(sandbox, attended_session, number, f"status = 'processing', {RAN}")
    sandbox.act_as("practitioner")
    with sandbox.refused("too_many_takes"):
        sandbox.run("select * from public.start_agora_recording(%s)", attended_session)
