"""Automatic recording: what `advance-sessions` is to ask of Agora, and when nothing."""

from typing import Any

import pytest

from .booking_steps import messages
from .conftest import CLIENT, IDENTITIES, PRACTITIONER, Sandbox
from .lifecycle_steps import advance, begin, begin_class, deliver_events, enter, event, status


def agree(sandbox: Sandbox, *people: str, agreed: bool = True) -> None:
    """Each says yes to being recorded, or no."""
    sandbox.act_as("owner")
    for who in people:
        sandbox.run(
            "insert into public.user_consents (user_id, consent_type, consented) values (%s, 'session_recording', %s)"
            " on conflict (user_id, consent_type) do update set consented = excluded.consented, revoked_at = null",
            IDENTITIES[who][1],
            agreed,
        )


def joins(*people: str, since: float = 10) -> list[dict[str, Any]]:
    return [event("joined", who, since) for who in people]


def tasks(sandbox: Sandbox, session: str) -> list[str]:
    """What Agora is to be told of a session now."""
    return [turn["task"] for turn in advance(sandbox) if str(turn["session_id"]) == session and turn["task"]]


def takes(sandbox: Sandbox, session: str) -> list[dict[str, Any]]:
    sandbox.act_as("owner")
    return sandbox.run("select * from private.recording_takes where session_id = %s order by number", session)


def shown(sandbox: Sandbox, session: str) -> str:
    """The status of the session's recording, as the pages read it; nothing if there is none."""
    sandbox.act_as("owner")
    rows = sandbox.run("select status from public.session_recordings where session_id = %s", session)
    assert len(rows) <= 1
    return str(rows[0]["status"]) if rows else ""


def change(sandbox: Sandbox, session: str, sets: str) -> None:
    sandbox.act_as("owner")
    sandbox.run(
        f"update private.recording_takes set {sets} where id = (select id from private.recording_takes"
        " where session_id = %s order by number desc limit 1)",
        session,
    )


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


def test_a_start_is_claimed_once(sandbox: Sandbox, attended_session: str) -> None:
    """The next turn finds it."""
    assert [tasks(sandbox, attended_session), tasks(sandbox, attended_session)] == [["start"], []]
    assert len(takes(sandbox, attended_session)) == 1


@pytest.mark.parametrize(
    ("since", "people", "agreed", "other"),
    [
        (10, "client", "client practitioner", {}),
        (10, "practitioner", "client practitioner", {}),
        (10, "client practitioner", "client", {}),
        (10, "client practitioner", "practitioner", {}),
        (-5, "practitioner", "client practitioner", {}),
        (
            62,
            "client practitioner",
            "client practitioner",
            {},
        ),  # its hour is over: nothing worth recording follows
        (10, "", "client practitioner", {"session_location": "in_person"}),
    ],
)
def test_a_session_that_is_not_ready_is_not_recorded(
    sandbox: Sandbox, since: float, people: str, agreed: str, other: dict[str, Any]
) -> None:
    """Somebody alone, without everybody's consent, too early, too late, or where there is no channel."""
    agree(sandbox, "client", "practitioner", agreed=False)
    agree(sandbox, *agreed.split())
    session = begin(sandbox, since=since, **other)
    deliver_events(sandbox, session, *joins(*people.split(), since=5))

    assert tasks(sandbox, session) == []


def test_a_token_counts_as_presence_once_it_is_a_minute_old(sandbox: Sandbox) -> None:
    """Until then a join may still be on its way."""
    agree(sandbox, "client", "practitioner")
    session = begin(sandbox, since=10)
    for who in ("client", "practitioner"):
        enter(sandbox, session, who)
    young = tasks(sandbox, session)
    sandbox.act_as("owner")
    sandbox.run("update private.channel_admissions set admitted_at = admitted_at - interval '61 seconds'")

    assert (young, tasks(sandbox, session)) == ([], ["start"])


def test_a_class_needs_its_practitioner_one_participant_and_their_consent(
    sandbox: Sandbox,
) -> None:
    """Who booked and did not come does not count."""
    agree(sandbox, "client", "practitioner")
    agree(sandbox, "other", agreed=False)
    group, *_ = begin_class(sandbox, since=10)
    deliver_events(sandbox, group, *joins("practitioner"))
    alone = tasks(sandbox, group)
    deliver_events(sandbox, group, *joins("client"))

    assert (alone, tasks(sandbox, group)) == ([], ["start"])


def test_a_participant_without_consent_ends_the_recording(sandbox: Sandbox) -> None:
    """However they got in: a token of before, a consent that ended."""
    agree(sandbox, "client", "practitioner")
    agree(sandbox, "other", agreed=False)
    group, *_ = begin_class(sandbox, since=10)
    deliver_events(sandbox, group, *joins("practitioner", "client"))
    assert tasks(sandbox, group) == ["start"]

    deliver_events(sandbox, group, event("joined", "other"))

    assert takes(sandbox, group)[0]["stop_reason"] == "somebody_has_not_agreed"


@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        ("withdraws", "consent_withdrawn"),
        ("leaves", "channel_empty"),
        ("completes", "session_completed"),
        ("cancels", "session_cancelled"),
    ],
)
def test_a_stop_is_claimed_once(sandbox: Sandbox, recorded: str, happens: str, reason: str) -> None:
    """Withdrawn, left empty, over, or called off: one turn stops it, once, and none begins at once."""
    if happens == "withdraws":
        agree(sandbox, "client", agreed=False)
        agree(sandbox, "client")
    elif happens == "leaves":
        deliver_events(sandbox, recorded, event("left", "client", 6), event("left", "practitioner", 7))
    elif happens == "completes":
        sandbox.act_as("owner")
        sandbox.run(
            "update public.session_schedules set scheduled_at = now() - interval '76 minutes' where id = %s",
            recorded,
        )
    else:
        sandbox.act_as("owner")
        sandbox.run("update public.session_rules set practitioner_grace_minutes = 5")
        sandbox.act_as("practitioner")
        sandbox.run(
            "select * from public.set_attendance(%s, %s, false, 'I had to leave.')", recorded, PRACTITIONER
        )

    told = tasks(sandbox, recorded)
    again = tasks(sandbox, recorded)

    assert (told, again) == (["stop"], [])
    assert takes(sandbox, recorded)[0]["stop_reason"] == reason
    change(sandbox, recorded, "status = 'processing', ended_at = now()")
    assert tasks(sandbox, recorded) == []


@pytest.mark.parametrize(("failures", "minutes"), [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (9, 16)])
def test_a_failed_start_is_retried_with_growing_delays(
    sandbox: Sandbox, attended_session: str, failures: int, minutes: int
) -> None:
    """1, 2, 4, 8, 16 minutes after the last failure."""
    for number in range(1, failures + 1):
        add_take(sandbox, attended_session, number, f"status = 'failed', ended_at = {ago(minutes - 0.1)}")

    too_early = tasks(sandbox, attended_session)
    sandbox.run("update private.recording_takes set ended_at = ended_at - interval '6 seconds'")

    assert (too_early, tasks(sandbox, attended_session)) == ([], ["start"])


def add_take(sandbox: Sandbox, session: str, number: int, sets: str, **row: Any) -> None:
    """A take of a session, as it stands."""
    sandbox.act_as("owner")
    sandbox.run(
        "insert into public.session_recordings (session_id, playback_url) values (%s, 'https://x.test')"
        " on conflict do nothing",
        session,
    )
    (made,) = sandbox.run(
        "insert into private.recording_takes"
        " (recording_id, session_id, number, cname, recorder_uid, prefix, record_until)"
        " select id, session_id, %s, 'c', 4000000000 + %s, 'p', now() from public.session_recordings"
        " where session_id = %s returning id",
        number,
        number,
        session,
    )
    failure = ", failure_code = 'agora_rejected'" if "'failed'" in sets and "failure_code" not in sets else ""
    sandbox.run(f"update private.recording_takes set {sets}{failure} where id = %s", made["id"])


def ago(minutes: float) -> str:
    return f"now() - interval '{minutes} minutes'"


RAN = f"started_at = {ago(9)}, ended_at = {ago(1)}"
PLAYS = "storage_path = 'x', duration_seconds = 10, file_size_bytes = 10"


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
