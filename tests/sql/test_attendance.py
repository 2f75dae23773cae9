"""Attendance: worked out from facts, the same in whatever order they come, and from what is left when some are lost."""

from itertools import permutations
from typing import Any

import pytest

from .conftest import CLIENT, OTHER_CLIENT, PRACTITIONER, Stage
from .lifecycle_scene import advance, attendance, begin, begin_class, enter, event, hear, minutes_ago, status

# The client comes, the practitioner comes, the client's line drops for two minutes, and they leave early.
STORY = [
    event("joined", "client", 28),
    event("joined", "practitioner", 27),
    event("left", "client", 20, stayed=8),
    event("joined", "client", 18),
    event("left", "client", 3, stayed=15),
]


def test_any_order_of_five_events_gives_the_same_attendance(stage: Stage) -> None:
    """All hundred and twenty of them."""
    session = begin(stage, since=30)
    told = set()
    for story in permutations(STORY):
        with stage.undone():
            hear(stage, session, *story)
            told.add(tuple(sorted(attendance(stage, session).items())))
            intervals = stage.one(
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
def test_what_is_lost_is_made_up_for_as_far_as_it_goes(stage: Stage, lost: str) -> None:
    """And the session's end ends what nobody ended."""
    events, expected = LOST[lost]
    session = begin(stage, since=30)

    hear(stage, session, *events)

    assert expected == attendance(stage, session)["client"]


def test_twice_is_once_and_machines_are_nobody(stage: Stage) -> None:
    """A repeat, a recorder, and a number that was never given to anybody."""
    session = begin(stage, since=30)

    hear(stage, session, STORY[0], STORY[0], STORY[2])
    hear(stage, session, event("joined", "practitioner", 5), is_recorder=True)
    hear(stage, session, {**event("joined", ago=5), "uid": 999})
    hear(stage, session, event("joined", "client", 5), channel="nobodys-channel")

    assert attendance(stage, session) == {"client": ("agora", 8, False, False)}
    stage.act_as("owner")
    assert stage.one("select count(*) from private.channel_events where session_id is null") == 1
    assert stage.one("select max(deliveries) from private.channel_events") == 2


def test_the_numbers_of_a_persons_events_order_them_not_their_times(stage: Stage) -> None:
    """A second is a long time: who joins and leaves within one has two events of the same time."""
    session = begin(stage, since=30)

    hear(
        stage,
        session,
        event("joined", "client", 10, seq=3),
        event("left", "client", 10, seq=2),
        event("joined", "client", 12, seq=1),
    )

    assert attendance(stage, session) == {"client": ("agora", 2, True, False)}


def test_a_token_counts_as_presence_until_something_is_heard(stage: Stage) -> None:
    """Nobody knows for how long; a fact that comes later does."""
    session = begin(stage, since=10)

    enter(stage, session, "client")
    by_token = attendance(stage, session)
    hear(stage, session, event("joined", "client", 4), event("left", "client", 1, stayed=3))

    assert by_token == {"client": ("token", None, True, False)}
    assert attendance(stage, session) == {"client": ("agora", 3, False, False)}


def test_whoever_is_still_there_was_there_until_the_end(stage: Stage) -> None:
    """A leave that comes after the completion still says when."""
    session = begin(stage, since=76)  # sixty minutes, and the grace
    hear(stage, session, event("joined", "client", 70), event("joined", "practitioner", 70))
    advance(stage)
    at_the_end = attendance(stage, session)

    hear(stage, session, event("left", "client", 10, stayed=60))

    assert status(stage, session) == "completed"
    assert at_the_end == {
        "client": ("agora", 70, False, False),
        "practitioner": ("agora", 70, False, False),
    }
    assert attendance(stage, session)["client"] == ("agora", 60, False, False)


def test_in_a_class_each_seat_has_its_own_line(stage: Stage) -> None:
    """The practitioner's hangs on the class."""
    group, mine, others = begin_class(stage, since=20)

    hear(
        stage,
        group,
        event("joined", "practitioner", 19),
        event("joined", "client", 18),
        event("left", "client", 8, stayed=10),
    )
    enter(stage, group, "other")

    stage.act_as("owner")
    lines = {
        (str(row["session_id"]), str(row["user_id"]), row["source"])
        for row in stage.run("select * from public.session_attendance")
    }
    assert lines >= {
        (group, PRACTITIONER, "agora"),
        (mine, CLIENT, "agora"),
        (others, OTHER_CLIENT, "token"),
    }


def test_who_was_early_for_a_session_that_was_moved_is_not_there_at_its_new_time(stage: Stage) -> None:
    """Nothing that was heard before counts for another day."""
    session = begin(stage, since=-10)
    enter(stage, session, "practitioner")
    hear(stage, session, event("joined", "practitioner", 0.1))
    before = attendance(stage, session)

    stage.act_as("practitioner")
    stage.run("select * from public.reschedule_session(%s, now() + interval '1 day')", session)
    stage.act_as("owner")
    stage.run("select private.note_attendance(%s)", session)

    assert before == {"practitioner": ("agora", 0, True, False)}
    assert attendance(stage, session) == {}


# By hand ----------------------------------------------------------------------------------------------------------


def say(stage: Stage, who: str, session: str, about: str = CLIENT, attended: bool = True, **more: Any) -> Any:
    """Somebody says by hand who was there."""
    stage.act_as(who)
    told = {"session_id": session, "user_id": about, "attended": attended, "reason": "I saw them.", **more}
    named = ", ".join(f"{name} => %s" for name in told)
    (row,) = stage.run(f"select * from public.set_attendance({named})", *told.values())
    return row


def test_what_is_said_by_hand_stays_said(stage: Stage) -> None:
    """Whatever is heard later; and it is known who said it, and why."""
    session = begin(stage, since=30)
    hear(stage, session, *STORY)

    row = say(stage, "practitioner", session, joined_at=minutes_ago(28), left_at=minutes_ago(8))
    hear(stage, session, event("joined", "client", 1))

    assert attendance(stage, session)["client"] == ("manual", 20, False, False)
    assert (str(row["decided_by"]), row["reason"]) == (PRACTITIONER, "I saw them.")
    stage.act_as("owner")
    assert stage.one("select count(*) from public.audit_logs where table_name = 'session_attendance'") == 1


def test_a_seat_is_meant_whether_the_class_is_named_or_the_seat(stage: Stage) -> None:
    """And admins may say it, too."""
    group, mine, _ = begin_class(stage, since=30)

    by_class = say(stage, "practitioner", group)
    by_seat = say(stage, "admin", mine, attended=False)

    assert str(by_class["session_id"]) == str(by_seat["session_id"]) == mine
    assert by_class["id"] == by_seat["id"]


def test_not_everybody_may_say_everything(stage: Stage) -> None:
    """Each refusal by its code."""
    session = begin(stage, since=10)
    coming = begin(stage, since=-100)
    cancelled = begin(stage, since=3000, status="cancelled")

    for who in ("client", "other", "stranger"):
        with stage.refused("session_not_found"):
            say(stage, who, session)
    with stage.refused("person_not_in_session"):
        say(stage, "practitioner", session, about=OTHER_CLIENT)
    with stage.refused("reason_missing"):
        say(stage, "practitioner", session, reason=" ")
    with stage.refused("not_about_oneself"):
        say(stage, "practitioner", session, about=PRACTITIONER)
    with stage.refused("session_cancelled"):
        say(stage, "practitioner", cancelled)
    with stage.refused("session_not_begun"):
        say(stage, "practitioner", coming)
    with stage.refused("grace_not_over"):
        say(stage, "practitioner", session, attended=False)
    for joined, left in ((minutes_ago(1), minutes_ago(5)), (None, minutes_ago(5)), (minutes_ago(-5), None)):
        with stage.refused("times_not_possible"):
            say(stage, "practitioner", session, joined_at=joined, left_at=left)
    say(stage, "admin", session, about=PRACTITIONER)


def test_nobody_writes_attendance_past_the_function(stage: Stage) -> None:
    """Nor reads what is another's."""
    session = begin(stage, since=30)
    hear(stage, session, *STORY)

    for who in ("client", "practitioner", "admin", "service"):
        stage.act_as(who)
        with stage.forbidden():
            stage.run("update public.session_attendance set total_seconds = 1")
        with stage.forbidden():
            stage.run(
                "insert into public.session_attendance (session_id, user_id, source) values (%s, %s, 'token')",
                session,
                CLIENT,
            )
    query = "select user_id from public.session_attendance where session_id = %s"
    for who, many in (("client", 1), ("other", 0), ("practitioner", 2), ("stranger", 0), ("admin", 2)):
        stage.act_as(who)
        assert len(stage.run(query, session)) == many, who
