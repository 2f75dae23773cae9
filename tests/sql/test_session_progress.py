"""Sessions move: by tokens, events and time; only forward; a class with its seats; each no-show as the rules say."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from .booking_steps import booking_violations, lines, messages, session, wallet
from .conftest import ADMIN, CLIENT, PRACTITIONER, Sandbox
from .lifecycle_steps import (
    advance,
    attendance,
    begin,
    begin_class,
    deliver_events,
    enter,
    event,
    status,
)

BOTH = [event("joined", "client", 70), event("joined", "practitioner", 70)]


def joined(who: str, *, ago: float, left: float | None = None) -> list[dict[str, Any]]:
    """Somebody joined so many minutes ago, and has left again or has not."""
    return [event("joined", who, ago)] + ([event("left", who, left)] if left is not None else [])


@dataclass(frozen=True)
class Case:
    """A session of sixty minutes that began so long ago, the events of it, and what its turn makes of it."""

    since: float
    events: list[dict[str, Any]] = field(default_factory=list)
    tokens: str = ""
    ends: str = "scheduled"
    absent: str = ""
    in_person: bool = False


CASES = {
    # Time alone
    "online, nobody joined": Case(30),
    "online, nobody joined, its hour is over": Case(74),
    "online, nobody joined, its hour and the grace are over": Case(76, ends="completed"),
    "in person, not yet": Case(-1, in_person=True),
    "in person, going on": Case(1, in_person=True, ends="in_progress"),
    "in person, over": Case(76, in_person=True, ends="completed"),
    "years ago": Case(1_000_000, ends="completed"),
    # Tokens alone: every event was lost
    "the client has a token": Case(20, tokens="client", ends="in_progress"),
    "the practitioner has a token": Case(20, tokens="practitioner", ends="in_progress"),
    "the client is early": Case(-10, tokens="client", ends="in_progress"),
    "the practitioner is early": Case(-10, tokens="practitioner"),
    "only the client had a token, and the session is over": Case(76, tokens="client", ends="completed"),
    "only the practitioner had a token, and the session is over": Case(
        76, tokens="practitioner", ends="completed"
    ),
    # Events
    "both are there": Case(30, joined("client", ago=29) + joined("practitioner", ago=28), ends="in_progress"),
    "both have left a moment ago": Case(
        30, joined("client", ago=29, left=3) + joined("practitioner", ago=29, left=3), ends="in_progress"
    ),
    "both have been gone for a while": Case(
        30, joined("client", ago=29, left=6) + joined("practitioner", ago=29, left=7), ends="in_progress"
    ),
    "both were early, and left until it begins": Case(
        10, joined("client", ago=29, left=25) + joined("practitioner", ago=29, left=25), ends="in_progress"
    ),
    "the client has come back with a new token": Case(
        30, joined("client", ago=29, left=6) + joined("practitioner", ago=29, left=7), "client", "in_progress"
    ),
    "the session is over and both have left": Case(
        61, joined("client", ago=60, left=0.2) + joined("practitioner", ago=60, left=0.1), ends="in_progress"
    ),
    "the session is over and both are still there": Case(
        74, joined("client", ago=60) + joined("practitioner", ago=60), ends="in_progress"
    ),
    "the session and the grace are over and both are still there": Case(
        76, joined("client", ago=60) + joined("practitioner", ago=60), ends="completed"
    ),
    # No-shows
    "the practitioner is late": Case(14, joined("client", ago=14), ends="in_progress"),
    "the practitioner does not come": Case(
        16, joined("client", ago=15), ends="cancelled", absent="practitioner"
    ),
    "the practitioner has a token, and no join event": Case(
        40, joined("client", ago=39), "practitioner", "in_progress"
    ),
    "the client is late": Case(16, joined("practitioner", ago=15), ends="in_progress"),
    "the client does not come, the practitioner gives up": Case(
        30, joined("practitioner", ago=29, left=6), ends="in_progress"
    ),
    "the client does not come, the practitioner waits": Case(
        76, joined("practitioner", ago=75), ends="completed", absent="client"
    ),
    "the client has a token, and no join event": Case(
        76, joined("practitioner", ago=75), "client", "completed"
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_status_follows_from_events_and_time(sandbox: Sandbox, name: str) -> None:
    """By what is known of it; a second look changes nothing, and the credit is where it belongs."""
    case = CASES[name]
    before = wallet(sandbox)
    place = {"session_location": "in_person", "physical_location": "A studio"} if case.in_person else {}
    its = begin(sandbox, since=case.since, with_credit=True, **place)
    for who in case.tokens.split():
        enter(sandbox, its, who)
    deliver_events(sandbox, its, *case.events)

    advance(sandbox)
    once = session(sandbox, its)
    advance(sandbox)

    assert once["status"] == case.ends
    assert once == session(sandbox, its)
    absent = [who for who, line in attendance(sandbox, its).items() if line[3]]
    assert " ".join(absent) == case.absent
    assert wallet(sandbox) == before + (case.ends == "cancelled")
    told = [kind for kind in messages(sandbox, its) if kind.startswith("session_")]
    followed = {"completed": ["session_completed"], "cancelled": ["session_cancelled"]}.get(case.ends, [])
    assert told == ["session_booked", *(followed if case.since < 10_000 else [])]
    assert not booking_violations(sandbox)


def test_start_and_end_are_recorded_and_the_time_is_freed(sandbox: Sandbox) -> None:
    """When it began, when it was over; and its time is nobody's any more."""
    its = begin(sandbox, since=76)
    deliver_events(sandbox, its, *joined("client", ago=75, left=16), *joined("practitioner", ago=75, left=16))

    advance(sandbox)

    row = session(sandbox, its)
    assert row["started_at"] and row["completed_at"]
    assert not sandbox.run("select 1 from private.practitioner_time where session_id = %s", its)
    assert not sandbox.run("select 1 from private.session_checks where session_id = %s", its)


def test_an_early_practitioner_does_not_end_the_clients_right_to_cancel(sandbox: Sandbox) -> None:
    """An early client gives it up themself."""
    its = begin(sandbox, since=-10)
    enter(sandbox, its, "practitioner")
    deliver_events(sandbox, its, event("joined", "practitioner", 1))

    sandbox.act_as("client")
    sandbox.run("select * from public.cancel_session(%s)", its)

    assert status(sandbox, its) == "cancelled"


def test_a_room_is_found_by_its_name_under_any_query_plan(sandbox: Sandbox) -> None:
    """With many sessions the server looks in two indexes at once: a name that holds no id must not be read as one."""
    its = begin(sandbox, since=5, room_name="group-1-2-3")
    sandbox.act_as("owner")
    sandbox.run("set local enable_seqscan = off")
    sandbox.run("set local plan_cache_mode = force_generic_plan")

    sandbox.act_as("client")
    (token,) = sandbox.run("select * from public.create_agora_token('group-1-2-3')")
    deliver_events(sandbox, its, event("joined", "client"))

    assert token["channel"] == "group-1-2-3"
    assert attendance(sandbox, its) == {"client": ("agora", 0, True, False)}


# Classes ------------------------------------------------------------------------------------------------------------


def test_a_class_moves_with_its_seats(sandbox: Sandbox) -> None:
    """Begun by the first who comes, once its time has come; completed for everybody, with a line for who did not."""
    group, mine, others = begin_class(sandbox, since=5)
    sandbox.act_as("owner")
    sandbox.run(
        "update public.session_schedules set scheduled_at = now() + interval '5 minutes' where id = %s", group
    )
    enter(sandbox, group, "client")
    early = [status(sandbox, each) for each in (group, mine, others)]
    sandbox.run(
        "update public.session_schedules set scheduled_at = now() - interval '5 minutes' where id = %s", group
    )
    deliver_events(sandbox, group, event("joined", "client", 1))
    begun = [status(sandbox, each) for each in (group, mine, others)]
    deliver_events(sandbox, group, event("joined", "practitioner", 1))

    sandbox.act_as("owner")
    sandbox.run(
        "update public.session_schedules set scheduled_at = now() - interval '76 minutes' where id = %s",
        group,
    )
    advance(sandbox)

    assert (early, begun) == (["scheduled"] * 3, ["in_progress"] * 3)
    assert [status(sandbox, each) for each in (group, mine, others)] == ["completed"] * 3
    assert {who: line[3] for who, line in attendance(sandbox, group).items()} == {
        "client": False,
        "practitioner": False,
        "other": True,
    }
    sandbox.act_as("owner")
    told = sandbox.run("select session_id, payload from private.outbox where kind = 'session_completed'")
    assert {(str(row["session_id"]), row["payload"]["is_no_show"]) for row in told} == {
        (mine, False),
        (others, True),
    }


def test_a_class_whose_practitioner_does_not_come_gives_every_credit_back(sandbox: Sandbox) -> None:
    """And the count of those credits is recorded."""
    before = wallet(sandbox), wallet(sandbox, "other")
    group, mine, others = begin_class(sandbox, since=16)
    deliver_events(sandbox, group, event("joined", "client", 15))

    advance(sandbox)

    assert [status(sandbox, each) for each in (group, mine, others)] == ["cancelled"] * 3
    assert (wallet(sandbox), wallet(sandbox, "other")) == (before[0] + 1, before[1] + 1)
    sandbox.act_as("owner")
    (cancelled,) = sandbox.run("select * from public.session_cancellations where session_id = %s", group)
    assert (cancelled["cancellation_type"], cancelled["credit_returned"]) == ("emergency", 2)
    assert cancelled["reason"] == "the practitioner did not come"
    assert not booking_violations(sandbox)


# What rules say ---------------------------------------------------------------------------------------------------


def rule(sandbox: Sandbox, column: str, value: object) -> None:
    """An admin changes a rule."""
    sandbox.act_as("admin")
    sandbox.run(f"update public.session_rules set {column} = %s", value)


def test_a_rule_may_let_a_no_show_keep_the_credit(sandbox: Sandbox) -> None:
    """Then it is cancelled as by the platform; in a class, the one seat."""
    rule(sandbox, "client_no_show_forfeits", False)
    before = wallet(sandbox), wallet(sandbox, "other")
    its = begin(sandbox, since=76, with_credit=True)
    group, mine, others = begin_class(sandbox, since=300)
    deliver_events(sandbox, its, event("joined", "practitioner", 75))
    deliver_events(sandbox, group, event("joined", "practitioner", 290), event("joined", "client", 290))

    advance(sandbox)

    assert status(sandbox, its) == "cancelled"
    assert [status(sandbox, each) for each in (group, mine, others)] == [
        "completed",
        "completed",
        "cancelled",
    ]
    assert (wallet(sandbox), wallet(sandbox, "other")) == (before[0] + 1, before[1] + 1)
    assert not booking_violations(sandbox)


@pytest.mark.parametrize(
    ("column", "since", "events", "ends"),
    [
        ("practitioner_grace_minutes", 16, joined("client", ago=15), "in_progress"),
        ("completion_grace_minutes", 76, BOTH, "in_progress"),
    ],
)
def test_every_rule_can_be_changed(
    sandbox: Sandbox, column: str, since: float, events: list[dict[str, Any]], ends: str
) -> None:
    """With an hour of patience, nothing of what happens otherwise has happened yet."""
    rule(sandbox, column, 60)
    its = begin(sandbox, since=since)
    deliver_events(sandbox, its, *events)

    advance(sandbox)

    assert status(sandbox, its) == ends


def mark_attendance(sandbox: Sandbox, who: str, its: str, about: str, attended: bool) -> None:
    sandbox.act_as(who)
    sandbox.run("select * from public.set_attendance(%s, %s, %s, 'So it was.')", its, about, attended)


@pytest.mark.parametrize(
    ("who", "about", "attended", "events", "ends"),
    [
        ("practitioner", CLIENT, False, [], "completed"),
        ("practitioner", PRACTITIONER, False, [], "cancelled"),
        ("admin", PRACTITIONER, True, joined("client", ago=19), "in_progress"),
        ("admin", CLIENT, False, joined("client", ago=19) + joined("practitioner", ago=19), "completed"),
    ],
)
def test_attendance_set_by_hand_outweighs_events(
    sandbox: Sandbox, who: str, about: str, attended: bool, events: list[dict[str, Any]], ends: str
) -> None:
    """Also where no channel sends any."""
    its = begin(sandbox, since=20, session_location="online" if events else "in_person", with_credit=True)
    deliver_events(sandbox, its, *events)

    mark_attendance(sandbox, who, its, about, attended)
    advance(sandbox)

    assert status(sandbox, its) == ends


# What cannot happen -------------------------------------------------------------------------------------------------


def test_a_session_never_moves_back(sandbox: Sandbox) -> None:
    """Not by a token, an event, `advance_next_session`, or by hand."""
    done = begin(sandbox, since=76)
    advance(sandbox)
    cancelled = begin(sandbox, since=10, status="cancelled")

    for its, now in ((done, "completed"), (cancelled, "cancelled")):
        deliver_events(sandbox, its, event("joined", "client", 5), event("joined", "practitioner", 5))
        advance(sandbox)
        assert status(sandbox, its) == now
        sandbox.act_as("admin")
        with sandbox.refused("status_moves_forward"):
            sandbox.run("update public.session_schedules set status = 'in_progress' where id = %s", its)


def test_people_do_not_set_the_status_beyond_cancelling(sandbox: Sandbox) -> None:
    """Clients and practitioners cancel; what completes a session pays somebody."""
    its = begin(sandbox, since=10)

    for who in ("client", "practitioner"):
        for to in ("in_progress", "completed"):
            sandbox.act_as(who)
            with sandbox.refused("session_not_cancellable"):
                sandbox.run("update public.session_schedules set status = %s where id = %s", to, its)
        with sandbox.forbidden():
            sandbox.run("update public.session_schedules set completed_at = now() where id = %s", its)
    calls: list[Callable[[], Any]] = [
        lambda: sandbox.run("select * from public.advance_next_session()"),
        lambda: deliver_event_as("client", sandbox),
    ]
    for call in calls:
        sandbox.act_as("client")
        with sandbox.forbidden():
            call()


def deliver_event_as(who: str, sandbox: Sandbox) -> None:
    sandbox.act_as(who)
    sandbox.run("select * from public.receive_channel_event('n', 107, 'c', '{}')")


def test_a_failure_stays_with_its_session(sandbox: Sandbox) -> None:
    """The others have their turn, and later it is tried again."""
    sandbox.act_as("owner")
    broken, sound = begin(sandbox, since=80), begin(sandbox, since=300)
    sandbox.act_as("owner")
    sandbox.run(
        f"""create function pg_temp.break() returns trigger language plpgsql as
            $$ begin raise exception 'Not today.'; end $$;
            create trigger breaks before update on public.session_schedules
              for each row when (old.id = '{broken}') execute function pg_temp.break()"""
    )

    sandbox.act_as("service")
    turns, since = [], None
    while (turn := sandbox.run("select * from public.advance_next_session(%s)", since)[0])["session_id"]:
        since = turn["asked_at"]
        turns.append((str(turn["session_id"]), turn["failure"]))

    assert dict(turns)[broken].endswith("Not today.")
    assert (status(sandbox, broken), status(sandbox, sound)) == ("scheduled", "completed")
    sandbox.act_as("owner")
    sandbox.run("drop trigger breaks on public.session_schedules")
    sandbox.run("update private.session_checks set next_attempt_at = now()")
    advance(sandbox)
    assert status(sandbox, broken) == "completed"


def test_a_status_set_by_an_admin_or_the_service_has_the_same_consequences(sandbox: Sandbox) -> None:
    """A class completed by hand is completed for its seats, and everybody is notified."""
    group, mine, others = begin_class(sandbox, since=20)

    sandbox.act_as("admin")
    sandbox.run("update public.session_schedules set status = 'completed' where id = %s", group)

    assert [status(sandbox, each) for each in (mine, others)] == ["completed"] * 2
    assert "session_completed" in messages(sandbox, mine)
    assert ADMIN not in attendance(sandbox, group)
    assert lines(sandbox, session(sandbox, mine)["credit_lot_id"]) == [("purchase", 1), ("spend", -1)]
