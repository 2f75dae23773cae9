"""Sessions move: by tokens, events and time; only forward; a class with its seats; each no-show as the rules say."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from .booking_scene import lines, messages, session, wallet, wrongs
from .conftest import ADMIN, CLIENT, PRACTITIONER, Stage
from .lifecycle_scene import (
    advance,
    attendance,
    begin,
    begin_class,
    enter,
    event,
    hear,
    status,
)

BOTH = [event("joined", "client", 70), event("joined", "practitioner", 70)]


def came(who: str, *, ago: float, left: float | None = None) -> list[dict[str, Any]]:
    """Somebody joined so many minutes ago, and has left again or has not."""
    return [event("joined", who, ago)] + ([event("left", who, left)] if left is not None else [])


@dataclass(frozen=True)
class Case:
    """A session of sixty minutes that began so long ago, what was heard of it, and what its turn makes of it."""

    since: float
    heard: list[dict[str, Any]] = field(default_factory=list)
    tokens: str = ""
    ends: str = "scheduled"
    absent: str = ""
    in_person: bool = False


CASES = {
    # Time alone
    "online, nobody was heard of": Case(30),
    "and its hour has passed": Case(74),
    "and the grace": Case(76, ends="completed"),
    "in person, not yet": Case(-1, in_person=True),
    "in person, going on": Case(1, in_person=True, ends="in_progress"),
    "in person, over": Case(76, in_person=True, ends="completed"),
    "years ago": Case(1_000_000, ends="completed"),
    # Tokens alone: every event was lost
    "the client has a token": Case(20, tokens="client", ends="in_progress"),
    "the practitioner has one": Case(20, tokens="practitioner", ends="in_progress"),
    "the client is early": Case(-10, tokens="client", ends="in_progress"),
    "the practitioner is early": Case(-10, tokens="practitioner"),
    "only the client had one, and it is over": Case(76, tokens="client", ends="completed"),
    "only the practitioner had one, and it is over": Case(76, tokens="practitioner", ends="completed"),
    # Events
    "both are there": Case(30, came("client", ago=29) + came("practitioner", ago=28), ends="in_progress"),
    "both have left a moment ago": Case(
        30, came("client", ago=29, left=3) + came("practitioner", ago=29, left=3), ends="in_progress"
    ),
    "both have left for good": Case(
        30, came("client", ago=29, left=6) + came("practitioner", ago=29, left=7), ends="completed"
    ),
    "both were early, and left until it begins": Case(
        10, came("client", ago=29, left=25) + came("practitioner", ago=29, left=25), ends="in_progress"
    ),
    "the client has come back with a new token": Case(
        30, came("client", ago=29, left=6) + came("practitioner", ago=29, left=7), "client", "in_progress"
    ),
    "it is over and both have left": Case(
        61, came("client", ago=60, left=0.2) + came("practitioner", ago=60, left=0.1), ends="completed"
    ),
    "it is over and they are still there": Case(
        74, came("client", ago=60) + came("practitioner", ago=60), ends="in_progress"
    ),
    "however long": Case(76, came("client", ago=60) + came("practitioner", ago=60), ends="completed"),
    # No-shows
    "the practitioner is late": Case(14, came("client", ago=14), ends="in_progress"),
    "the practitioner does not come": Case(
        16, came("client", ago=15), ends="cancelled", absent="practitioner"
    ),
    "the practitioner has a token, and was not heard": Case(
        40, came("client", ago=39), "practitioner", "in_progress"
    ),
    "the client is late": Case(16, came("practitioner", ago=15), ends="in_progress"),
    "the client does not come, the practitioner gives up": Case(
        30, came("practitioner", ago=29, left=6), ends="completed", absent="client"
    ),
    "the client does not come, the practitioner waits": Case(
        76, came("practitioner", ago=75), ends="completed", absent="client"
    ),
    "the client has a token, and was not heard": Case(
        76, came("practitioner", ago=75), "client", "completed"
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_where_a_session_stands(stage: Stage, name: str) -> None:
    """By what is known of it; a second look changes nothing, and the credit is where it belongs."""
    case = CASES[name]
    before = wallet(stage)
    place = {"session_location": "in_person", "physical_location": "A studio"} if case.in_person else {}
    its = begin(stage, since=case.since, with_credit=True, **place)
    for who in case.tokens.split():
        enter(stage, its, who)
    hear(stage, its, *case.heard)

    advance(stage)
    once = session(stage, its)
    advance(stage)

    assert once["status"] == case.ends
    assert once == session(stage, its)
    absent = [who for who, line in attendance(stage, its).items() if line[3]]
    assert " ".join(absent) == case.absent
    assert wallet(stage) == before + (case.ends == "cancelled")
    told = [kind for kind in messages(stage, its) if kind.startswith("session_")]
    followed = {"completed": ["session_completed"], "cancelled": ["session_cancelled"]}.get(case.ends, [])
    assert told == ["session_booked", *(followed if case.since < 10_000 else [])]
    assert not wrongs(stage)


def test_times_are_kept_and_practitioners_are_free_again(stage: Stage) -> None:
    """When it began, when it was over; and its time is nobody's any more."""
    its = begin(stage, since=30)
    hear(stage, its, *came("client", ago=29, left=6), *came("practitioner", ago=29, left=6))

    advance(stage)

    row = session(stage, its)
    assert row["started_at"] and row["completed_at"]
    assert not stage.run("select 1 from private.practitioner_time where session_id = %s", its)
    assert not stage.run("select 1 from private.session_turns where session_id = %s", its)


def test_an_early_practitioner_does_not_take_the_clients_right_to_cancel(stage: Stage) -> None:
    """An early client gives it up themself."""
    its = begin(stage, since=-10)
    enter(stage, its, "practitioner")
    hear(stage, its, event("joined", "practitioner", 1))

    stage.act_as("client")
    stage.run("select * from public.cancel_session(%s)", its)

    assert status(stage, its) == "cancelled"


def test_a_room_is_found_by_its_name_by_any_plan(stage: Stage) -> None:
    """With many sessions the server looks in two indexes at once: a name that holds no id must not be read as one."""
    its = begin(stage, since=5, room_name="group-1-2-3")
    stage.act_as("owner")
    stage.run("set local enable_seqscan = off")
    stage.run("set local plan_cache_mode = force_generic_plan")

    stage.act_as("client")
    (token,) = stage.run("select * from public.create_agora_token('group-1-2-3')")
    hear(stage, its, event("joined", "client"))

    assert token["channel"] == "group-1-2-3"
    assert attendance(stage, its) == {"client": ("agora", 0, True, False)}


# Classes ------------------------------------------------------------------------------------------------------------


def test_a_class_moves_with_its_seats(stage: Stage) -> None:
    """Begun by the first who comes, once its time has come; completed for everybody, with a line for who did not."""
    group, mine, others = begin_class(stage, since=5)
    stage.act_as("owner")
    stage.run(
        "update public.session_schedules set scheduled_at = now() + interval '5 minutes' where id = %s", group
    )
    enter(stage, group, "client")
    early = [status(stage, each) for each in (group, mine, others)]
    stage.run(
        "update public.session_schedules set scheduled_at = now() - interval '5 minutes' where id = %s", group
    )
    hear(stage, group, event("joined", "client", 1))
    begun = [status(stage, each) for each in (group, mine, others)]
    hear(stage, group, event("joined", "practitioner", 1))

    stage.act_as("owner")
    stage.run(
        "update public.session_schedules set scheduled_at = now() - interval '76 minutes' where id = %s",
        group,
    )
    advance(stage)

    assert (early, begun) == (["scheduled"] * 3, ["in_progress"] * 3)
    assert [status(stage, each) for each in (group, mine, others)] == ["completed"] * 3
    assert {who: line[3] for who, line in attendance(stage, group).items()} == {
        "client": False,
        "practitioner": False,
        "other": True,
    }
    stage.act_as("owner")
    told = stage.run("select session_id, payload from private.outbox where kind = 'session_completed'")
    assert {(str(row["session_id"]), row["payload"]["is_no_show"]) for row in told} == {
        (mine, False),
        (others, True),
    }


def test_a_class_whose_practitioner_does_not_come_gives_every_seat_back(stage: Stage) -> None:
    """And says how many credits that were."""
    before = wallet(stage), wallet(stage, "other")
    group, mine, others = begin_class(stage, since=16)
    hear(stage, group, event("joined", "client", 15))

    advance(stage)

    assert [status(stage, each) for each in (group, mine, others)] == ["cancelled"] * 3
    assert (wallet(stage), wallet(stage, "other")) == (before[0] + 1, before[1] + 1)
    stage.act_as("owner")
    (cancelled,) = stage.run("select * from public.session_cancellations where session_id = %s", group)
    assert (cancelled["cancellation_type"], cancelled["credit_returned"]) == ("emergency", 2)
    assert cancelled["reason"] == "the practitioner did not come"
    assert not wrongs(stage)


# What rules say ---------------------------------------------------------------------------------------------------


def rule(stage: Stage, column: str, value: object) -> None:
    """An admin changes a rule."""
    stage.act_as("admin")
    stage.run(f"update public.session_rules set {column} = %s", value)


def test_the_rules_may_let_a_client_keep_the_credit(stage: Stage) -> None:
    """Then it is cancelled as by the platform; in a class, the one seat."""
    rule(stage, "client_no_show_forfeits", False)
    before = wallet(stage), wallet(stage, "other")
    its = begin(stage, since=76, with_credit=True)
    group, mine, others = begin_class(stage, since=300)
    hear(stage, its, event("joined", "practitioner", 75))
    hear(stage, group, event("joined", "practitioner", 290), event("joined", "client", 290))

    advance(stage)

    assert status(stage, its) == "cancelled"
    assert [status(stage, each) for each in (group, mine, others)] == ["completed", "completed", "cancelled"]
    assert (wallet(stage), wallet(stage, "other")) == (before[0] + 1, before[1] + 1)
    assert not wrongs(stage)


@pytest.mark.parametrize(
    ("column", "since", "heard", "ends"),
    [
        ("practitioner_grace_minutes", 16, came("client", ago=15), "in_progress"),
        ("client_grace_minutes", 30, came("practitioner", ago=29, left=6), "in_progress"),
        (
            "empty_minutes",
            30,
            came("client", ago=29, left=6) + came("practitioner", ago=29, left=6),
            "in_progress",
        ),
        ("completion_grace_minutes", 76, BOTH, "in_progress"),
    ],
)
def test_every_rule_can_be_changed(
    stage: Stage, column: str, since: float, heard: list[dict[str, Any]], ends: str
) -> None:
    """With an hour of patience, nothing of what happens otherwise has happened yet."""
    rule(stage, column, 60)
    its = begin(stage, since=since)
    hear(stage, its, *heard)

    advance(stage)

    assert status(stage, its) == ends


def by_hand(stage: Stage, who: str, its: str, about: str, attended: bool) -> None:
    stage.act_as(who)
    stage.run("select * from public.set_attendance(%s, %s, %s, 'So it was.')", its, about, attended)


@pytest.mark.parametrize(
    ("who", "about", "attended", "heard", "ends"),
    [
        ("practitioner", CLIENT, False, [], "completed"),
        ("practitioner", PRACTITIONER, False, [], "cancelled"),
        ("admin", PRACTITIONER, True, came("client", ago=19), "in_progress"),
        ("admin", CLIENT, False, came("client", ago=19) + came("practitioner", ago=19), "completed"),
    ],
)
def test_what_is_said_by_hand_weighs_more_than_what_was_heard(
    stage: Stage, who: str, about: str, attended: bool, heard: list[dict[str, Any]], ends: str
) -> None:
    """Also where there is no channel to hear."""
    its = begin(stage, since=20, session_location="online" if heard else "in_person", with_credit=True)
    hear(stage, its, *heard)

    by_hand(stage, who, its, about, attended)
    advance(stage)

    assert status(stage, its) == ends


# What cannot happen -------------------------------------------------------------------------------------------------


def test_nothing_moves_back(stage: Stage) -> None:
    """Not by a token, an event, the driver, or anybody's hand."""
    done = begin(stage, since=76)
    advance(stage)
    cancelled = begin(stage, since=10, status="cancelled")

    for its, now in ((done, "completed"), (cancelled, "cancelled")):
        hear(stage, its, event("joined", "client", 5), event("joined", "practitioner", 5))
        advance(stage)
        assert status(stage, its) == now
        stage.act_as("admin")
        with stage.refused("status_moves_forward"):
            stage.run("update public.session_schedules set status = 'in_progress' where id = %s", its)


def test_people_do_not_move_sessions(stage: Stage) -> None:
    """Clients and practitioners cancel; what completes a session pays somebody."""
    its = begin(stage, since=10)

    for who in ("client", "practitioner"):
        for to in ("in_progress", "completed"):
            stage.act_as(who)
            with stage.refused("session_not_cancellable"):
                stage.run("update public.session_schedules set status = %s where id = %s", to, its)
        with stage.forbidden():
            stage.run("update public.session_schedules set completed_at = now() where id = %s", its)
    calls: list[Callable[[], Any]] = [
        lambda: stage.run("select * from public.advance_next_session()"),
        lambda: hear_as("client", stage),
    ]
    for call in calls:
        stage.act_as("client")
        with stage.forbidden():
            call()


def hear_as(who: str, stage: Stage) -> None:
    stage.act_as(who)
    stage.run("select * from public.receive_channel_event('n', 107, 'c', '{}')")


def test_what_fails_stays_with_its_session(stage: Stage) -> None:
    """The others have their turn, and the next minute it is tried again."""
    stage.act_as("owner")
    broken, sound = begin(stage, since=80), begin(stage, since=300)
    stage.act_as("owner")
    stage.run(
        f"""create function pg_temp.break() returns trigger language plpgsql as
            $$ begin raise exception 'Not today.'; end $$;
            create trigger breaks before update on public.session_schedules
              for each row when (old.id = '{broken}') execute function pg_temp.break()"""
    )

    stage.act_as("service")
    turns, since = [], None
    while (turn := stage.run("select * from public.advance_next_session(%s)", since)[0])["session_id"]:
        since = turn["asked_at"]
        turns.append((str(turn["session_id"]), turn["failure"]))

    assert dict(turns)[broken].endswith("Not today.")
    assert (status(stage, broken), status(stage, sound)) == ("scheduled", "completed")
    stage.act_as("owner")
    stage.run("drop trigger breaks on public.session_schedules")
    advance(stage)
    assert status(stage, broken) == "completed"


def test_an_admins_or_the_services_own_hand_has_the_same_consequences(stage: Stage) -> None:
    """A class completed by hand is completed for its seats, and everybody is told."""
    group, mine, others = begin_class(stage, since=20)

    stage.act_as("admin")
    stage.run("update public.session_schedules set status = 'completed' where id = %s", group)

    assert [status(stage, each) for each in (mine, others)] == ["completed"] * 2
    assert "session_completed" in messages(stage, mine)
    assert ADMIN not in attendance(stage, group)
    assert lines(stage, session(stage, mine)["credit_lot_id"]) == [("purchase", 1), ("spend", -1)]
