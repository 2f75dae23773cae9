"""Automatic recording: what `advance-sessions` is to ask of Agora, and when nothing."""

from typing import Any

import pytest

from .conftest import PRACTITIONER, Sandbox
from .lifecycle_steps import begin, begin_class, deliver_events, enter, event
from .recording_steps import add_take, ago, agree, change, joins, takes, tasks


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
