"""Attendance: worked out from facts, the same in whatever order they come, and from what is left when some are lost."""

from itertools import permutations
from typing import Any

import pytest

from .conftest import CLIENT, OTHER_CLIENT, PRACTITIONER, Sandbox
from .lifecycle_steps import (
    advance,
    attendance,
    begin,
    begin_class,
    deliver_events,
    enter,
    event,
    minutes_ago,
    status,
)

# The client comes, the practitioner comes, the client's line drops for two minutes, and they leave early.
STORY = [
    event("joined", "client", 28),
    event("joined", "practitioner", 27),
    event("left", "client", 20, stayed=8),
    event("joined", "client", 18),
    event("left", "client", 3, stayed=15),
]


def test_any_order_of_five_events_gives_the_same_attendance(sandbox: Sandbox) -> None:
    """All hundred and twenty of them."""
    session = begin(sandbox, since=30)
    told = set()
    for story in permutations(STORY):
        with sandbox.undone():
            deliver_events(sandbox, session, *story)
            told.add(tuple(sorted(attendance(sandbox, session).items())))
            intervals = sandbox.one(
                "select count(*) from public.session_attendance a, unnest(a.intervals) where a.user_id = %s",
                CLIENT,
            )
            assert intervals == 2

    assert told == {
        (("client", ("agora", 23, False, False)), ("practitioner", ("agora", 0, True, False))),
    }


LOST: dict[str, tuple[list[dict[str, Any]], tuple[Any, ...]]] = {
    "nothing": (STORY, ("agora", 23, False, False)),
    "the first join": (STORY[1:], ("agora", 23, False, False)),  # the leave says how long they stayed
    "the first leave": (STORY[:2] + STORY[3:], ("agora", 25, False, False)),
    "the second join": (STORY[:3] + STORY[4:], ("agora", 23, False, False)),
    "the last leave": (STORY[:4], ("agora", 8, True, False)),
    "both leaves": ([STORY[0], STORY[3]], ("agora", 0, True, False)),
    "the last leave, but the channel closed": (
        [*STORY[:4], event("closed", ago=2)],
        ("agora", 24, False, False),
    ),
    "a leave before the channel closed and opened again": (
        [STORY[0], event("closed", ago=20), STORY[3]],
        ("agora", 8, True, False),
    ),
    "all but a leave": ([STORY[4]], ("agora", 15, False, False)),
}


@pytest.mark.parametrize("lost", LOST)
def test_lost_events_are_made_up_for_as_far_as_possible(sandbox: Sandbox, lost: str) -> None:
    """And the session's end ends every open attendance."""
    events, expected = LOST[lost]
    session = begin(sandbox, since=30)

    deliver_events(sandbox, session, *events)

    assert expected == attendance(sandbox, session)["client"]


def test_a_repeated_event_counts_once_and_a_machine_never(sandbox: Sandbox) -> None:
    """A repeat, a recorder, and a number that was never given to anybody."""
    session = begin(sandbox, since=30)

    deliver_events(sandbox, session, STORY[0], STORY[0], STORY[2])
    deliver_events(sandbox, session, event("joined", "practitioner", 5), is_recorder=True)
    deliver_events(sandbox, session, {**event("joined", ago=5), "uid": 999})
    deliver_events(sandbox, session, event("joined", "client", 5), channel="nobodys-channel")

    assert attendance(sandbox, session) == {"client": ("agora", 8, False, False)}
    sandbox.act_as("owner")
    assert sandbox.one("select count(*) from private.channel_events where session_id is null") == 1
    assert sandbox.one("select max(delivery_count) from private.channel_events") == 2


def test_the_events_of_a_person_are_ordered_by_number_and_not_by_time(sandbox: Sandbox) -> None:
    """A second is a long time: who joins and leaves within one has two events of the same time."""
    session = begin(sandbox, since=30)

    deliver_events(
        sandbox,
        session,
        event("joined", "client", 10, seq=3),
        event("left", "client", 10, seq=2),
        event("joined", "client", 12, seq=1),
    )

    assert attendance(sandbox, session) == {"client": ("agora", 2, True, False)}


DEVICES: dict[str, tuple[list[dict[str, Any]], tuple[Any, ...]]] = {
    # A phone whose clock is an hour slow joins, and the computer is put out.
    "a second device with a wrong clock": (
        [
            event("joined", "client", 20, seq=7_200_000),
            event("joined", "client", 10, seq=5),
            event("left", "client", 10, seq=7_800_000, stayed=10, reason=5),
        ],
        ("agora", 0, True, False),
    ),
    "the first device is put out before the second is heard of": (
        [event("joined", "client", 20), event("left", "client", 10, stayed=10, reason=5)],
        ("agora", 0, True, False),
    ),
    "the second device leaves": (
        [
            event("joined", "client", 20, seq=7_200_000),
            event("joined", "client", 10, seq=5),
            event("left", "client", 10, seq=7_800_000, stayed=10, reason=5),
            event("left", "client", 2, seq=6, stayed=8, reason=1),
        ],
        ("agora", 18, False, False),
    ),
    "the first device leaves as the second joins": (
        [
            event("joined", "client", 20, seq=7_200_000),
            event("left", "client", 10, seq=7_800_000, stayed=10, reason=1),
            event("joined", "client", 10, seq=5),
        ],
        ("agora", 0, True, False),
    ),
}


@pytest.mark.parametrize("name", DEVICES)
def test_a_second_device_does_not_put_its_owner_out(sandbox: Sandbox, name: str) -> None:
    """One of the two leaves the channel; the person does not. In whatever order it is told."""
    events, expected = DEVICES[name]
    session = begin(sandbox, since=30)

    for story in permutations(events):
        with sandbox.undone():
            deliver_events(sandbox, session, *story)
            assert attendance(sandbox, session)["client"] == expected


@pytest.mark.parametrize(
    ("reason", "ago", "expected"),
    [
        *((reason, 3, ("agora", 0, True, False)) for reason in (4, 9, 10, 99)),
        *((reason, 6, ("agora", 14, False, False)) for reason in (4, 9, 10, 99)),
        *((reason, 3, ("agora", 17, False, False)) for reason in (None, 0, 1, 2, 3, 12, 999, 4711)),
    ],
)
def test_a_lost_connection_is_a_leave_only_if_it_does_not_come_back(
    sandbox: Sandbox, reason: int | None, ago: float, expected: tuple[Any, ...]
) -> None:
    """Agora moves people between machines, and networks break: five minutes long it is no leave."""
    session = begin(sandbox, since=30)

    deliver_events(
        sandbox,
        session,
        event("joined", "client", 20),
        event("left", "client", ago, stayed=20 - ago, reason=reason),
    )

    assert attendance(sandbox, session)["client"] == expected


@pytest.mark.parametrize(("gap", "minutes"), [(2, 17), (7, 10)])
def test_whoever_reconnects_was_there_all_the_time(sandbox: Sandbox, gap: float, minutes: int) -> None:
    """A short interruption is none; a long one is a leave when it began."""
    session = begin(sandbox, since=30)

    deliver_events(
        sandbox,
        session,
        event("joined", "client", 20),
        event("left", "client", 12, stayed=8, reason=10),
        event("joined", "client", 12 - gap),
        event("left", "client", 3, stayed=9 - gap, reason=1),
    )

    assert attendance(sandbox, session)["client"] == ("agora", minutes, False, False)


def test_a_token_counts_as_presence_until_an_event_arrives(sandbox: Sandbox) -> None:
    """Nobody knows for how long; a fact that comes later does."""
    session = begin(sandbox, since=10)

    enter(sandbox, session, "client")
    by_token = attendance(sandbox, session)
    deliver_events(sandbox, session, event("joined", "client", 4), event("left", "client", 1, stayed=3))

    assert by_token == {"client": ("token", None, True, False)}
    assert attendance(sandbox, session) == {"client": ("agora", 3, False, False)}


@pytest.mark.parametrize(("later_s", "comes_back"), [(-5, False), (0.0, False), (0.9, False), (1.0, True)])
def test_only_a_token_from_after_the_second_of_a_leave_is_a_way_back(
    sandbox: Sandbox, later_s: float, comes_back: bool
) -> None:
    """Agora tells whole seconds: whoever leaves at :07 may have got their token at :07.3 and left at :07.8."""
    session = begin(sandbox, since=10)
    enter(sandbox, session, "client")
    deliver_events(sandbox, session, event("left", "client", 3, stayed=1))
    sandbox.act_as("owner")
    sandbox.run(
        "update private.channel_admissions a set admitted_at = e.happened_at + %s * interval '1 second'"
        " from private.channel_events e where a.session_id = %s and e.session_id = a.session_id",
        later_s,
        session,
    )

    assert comes_back == sandbox.one("select is_present from private.list_presence(%s)", session)


def test_a_person_who_never_left_was_there_until_the_end(sandbox: Sandbox) -> None:
    """A leave that comes after the completion still says when."""
    session = begin(sandbox, since=76)  # sixty minutes, and the grace
    deliver_events(sandbox, session, event("joined", "client", 70), event("joined", "practitioner", 70))
    advance(sandbox)
    at_the_end = attendance(sandbox, session)

    deliver_events(sandbox, session, event("left", "client", 10, stayed=60))

    assert status(sandbox, session) == "completed"
    assert at_the_end == {
        "client": ("agora", 70, False, False),
        "practitioner": ("agora", 70, False, False),
    }
    assert attendance(sandbox, session)["client"] == ("agora", 60, False, False)


def test_in_a_class_each_seat_has_its_own_line(sandbox: Sandbox) -> None:
    """The practitioner's hangs on the class."""
    group, mine, others = begin_class(sandbox, since=20)

    deliver_events(
        sandbox,
        group,
        event("joined", "practitioner", 19),
        event("joined", "client", 18),
        event("left", "client", 8, stayed=10),
    )
    enter(sandbox, group, "other")

    sandbox.act_as("owner")
    lines = {
        (str(row["session_id"]), str(row["user_id"]), row["source"])
        for row in sandbox.run("select * from public.session_attendance")
    }
    assert lines >= {
        (group, PRACTITIONER, "agora"),
        (mine, CLIENT, "agora"),
        (others, OTHER_CLIENT, "token"),
    }


def test_attendance_before_a_move_does_not_count_at_the_new_time(sandbox: Sandbox) -> None:
    """Nothing that was recorded before counts for another day."""
    session = begin(sandbox, since=-10)
    enter(sandbox, session, "practitioner")
    deliver_events(sandbox, session, event("joined", "practitioner", 0.1))
    before = attendance(sandbox, session)

    sandbox.act_as("admin")
    sandbox.run("select * from public.reschedule_session(%s, now() + interval '1 day')", session)
    sandbox.act_as("owner")
    sandbox.run("select private.update_attendance(%s)", session)

    assert before == {"practitioner": ("agora", 0, True, False)}
    assert attendance(sandbox, session) == {}


# By hand ----------------------------------------------------------------------------------------------------------


def mark_attendance(
    sandbox: Sandbox, who: str, session: str, about: str = CLIENT, attended: bool = True, **more: Any
) -> Any:
    """Somebody says by hand who was there."""
    sandbox.act_as(who)
    told = {"session_id": session, "user_id": about, "attended": attended, "reason": "I saw them.", **more}
    named = ", ".join(f"{name} => %s" for name in told)
    (row,) = sandbox.run(f"select * from public.set_attendance({named})", *told.values())
    return row


def test_attendance_set_by_hand_outweighs_events(sandbox: Sandbox) -> None:
    """Whatever arrives later; who set it, and why, is on record."""
    session = begin(sandbox, since=30)
    deliver_events(sandbox, session, *STORY)

    row = mark_attendance(sandbox, "practitioner", session, joined_at=minutes_ago(28), left_at=minutes_ago(8))
    deliver_events(sandbox, session, event("joined", "client", 1))

    assert attendance(sandbox, session)["client"] == ("manual", 20, False, False)
    assert (str(row["decided_by"]), row["reason"]) == (PRACTITIONER, "I saw them.")
    sandbox.act_as("owner")
    assert sandbox.one("select count(*) from public.audit_logs where table_name = 'session_attendance'") == 1


def test_attendance_may_be_set_by_class_or_by_seat(sandbox: Sandbox) -> None:
    """By admins, too."""
    group, mine, _ = begin_class(sandbox, since=30)

    by_class = mark_attendance(sandbox, "practitioner", group)
    by_seat = mark_attendance(sandbox, "admin", mine, attended=False)

    assert str(by_class["session_id"]) == str(by_seat["session_id"]) == mine
    assert by_class["id"] == by_seat["id"]


def test_each_forbidden_mark_has_its_own_code(sandbox: Sandbox) -> None:
    """Each refusal by its code."""
    session = begin(sandbox, since=10)
    coming = begin(sandbox, since=-100)
    cancelled = begin(sandbox, since=3000, status="cancelled")

    for who in ("client", "other", "stranger"):
        with sandbox.refused("session_not_found"):
            mark_attendance(sandbox, who, session)
    with sandbox.refused("person_not_in_session"):
        mark_attendance(sandbox, "practitioner", session, about=OTHER_CLIENT)
    with sandbox.refused("reason_missing"):
        mark_attendance(sandbox, "practitioner", session, reason=" ")
    with sandbox.refused("not_about_oneself"):
        mark_attendance(sandbox, "practitioner", session, about=PRACTITIONER)
    with sandbox.refused("session_cancelled"):
        mark_attendance(sandbox, "practitioner", cancelled)
    with sandbox.refused("session_not_begun"):
        mark_attendance(sandbox, "practitioner", coming)
    with sandbox.refused("grace_not_over"):
        mark_attendance(sandbox, "practitioner", session, attended=False)
    for joined, left in ((minutes_ago(1), minutes_ago(5)), (None, minutes_ago(5)), (minutes_ago(-5), None)):
        with sandbox.refused("times_not_possible"):
            mark_attendance(sandbox, "practitioner", session, joined_at=joined, left_at=left)
    mark_attendance(sandbox, "admin", session, about=PRACTITIONER)


def test_attendance_is_written_only_through_its_function(sandbox: Sandbox) -> None:
    """Nor reads what is another's."""
    session = begin(sandbox, since=30)
    deliver_events(sandbox, session, *STORY)

    for who in ("client", "practitioner", "admin", "service"):
        sandbox.act_as(who)
        with sandbox.forbidden():
            sandbox.run("update public.session_attendance set total_seconds = 1")
        with sandbox.forbidden():
            sandbox.run(
                "insert into public.session_attendance (session_id, user_id, source) values (%s, %s, 'token')",
                session,
                CLIENT,
            )
    query = "select user_id from public.session_attendance where session_id = %s"
    for who, many in (("client", 1), ("other", 0), ("practitioner", 2), ("stranger", 0), ("admin", 2)):
        sandbox.act_as(who)
        assert len(sandbox.run(query, session)) == many, who
