"""Proposals: a practitioner moves a session in good time and within their hours, or with the client's yes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from .booking_steps import FREE, book, booking_violations, grant, in_hours, join, make_class, sign, start_in
from .conftest import CLIENT, STRANGER, Sandbox


@pytest.fixture(autouse=True)
def signed(sandbox: Sandbox) -> None:
    sign(sandbox)
    sign(sandbox, "other")
    grant(sandbox, 2, who="other")


def move(sandbox: Sandbox, session_id: object, to: datetime, who: str = "stranger") -> None:
    """As the page does, by updating the row."""
    sandbox.act_as(who)
    sandbox.run("update public.session_schedules set scheduled_at = %s where id = %s", to, session_id)


def propose(sandbox: Sandbox, session_id: object, to: datetime, who: str = "stranger") -> dict[str, Any]:
    sandbox.act_as(who)
    (row,) = sandbox.run("select * from public.propose_session_time(%s, %s)", session_id, to)
    return row


def answer(sandbox: Sandbox, session_id: object, accepts: bool, who: str = "client") -> str:
    sandbox.act_as(who)
    return str(sandbox.one("select outcome from public.answer_session_change(%s, %s)", session_id, accepts))


def starts_at(sandbox: Sandbox, session_id: object) -> datetime:
    sandbox.act_as("owner")
    found: datetime = sandbox.one(
        "select scheduled_at from public.session_schedules where id = %s", session_id
    )
    return found


def told(sandbox: Sandbox, kind: str) -> list[str]:
    sandbox.act_as("owner")
    return [
        str(row["user_id"])
        for row in sandbox.run("select user_id from private.mails where kind = %s order by position", kind)
    ]


def work_in_the_mornings(sandbox: Sandbox) -> datetime:
    """The practitioner works from seven to twelve. Gives ten o'clock of the day after the day after tomorrow."""
    sandbox.act_as("owner")
    sandbox.run(
        "insert into public.practitioner_availability (practitioner_id, day_of_week, start_time, end_time)"
        " select %s, n, '07:00', '12:00' from generate_series(0, 6) n",
        FREE,
    )
    sandbox.run("update public.practitioner_calendars set time_zone = 'UTC' where practitioner_id = %s", FREE)
    return (datetime.now(UTC) + timedelta(days=3)).replace(hour=10, minute=0, second=0, microsecond=0)


def test_a_practitioner_moves_a_session_within_their_hours_and_in_good_time(sandbox: Sandbox) -> None:
    """Anything else needs a yes, and says how to ask for it; an admin needs none."""
    ten = work_in_the_mornings(sandbox)
    made = book(sandbox, ten)["session_id"]

    move(sandbox, made, ten - timedelta(hours=2))
    for refused in (
        ten + timedelta(hours=5),  # in the afternoon
        ten + timedelta(hours=1, minutes=30),  # until after noon
        ten + timedelta(days=800),  # beyond what they offer
        datetime.now(UTC) + timedelta(minutes=30),
    ):
        with sandbox.refused("change_needs_a_yes"):
            move(sandbox, made, refused)
    assert ten - timedelta(hours=2) == starts_at(sandbox, made)
    move(sandbox, made, ten + timedelta(hours=5), who="admin")
    start_in(sandbox, made, 1)
    with sandbox.refused("change_needs_a_yes"):
        move(sandbox, made, ten)  # its client may be on the way
    sandbox.act_as("stranger")
    with sandbox.refused("change_needs_a_yes"):
        sandbox.run("select public.reschedule_session(%s, %s)", made, ten)


def test_a_yes_makes_the_new_time_the_agreed_one(sandbox: Sandbox) -> None:
    """However late it is, wherever outside the hours; asked twice and answered twice it is one move."""
    ten = work_in_the_mornings(sandbox)
    made = book(sandbox, ten)["session_id"]
    start_in(sandbox, made, 1)
    to = in_hours(1.5)

    first, again = propose(sandbox, made, to), propose(sandbox, made, to)
    assert first == again
    assert starts_at(sandbox, made) == first["answer_until"] < to
    assert [CLIENT] == told(sandbox, "change_proposed")
    sandbox.act_as("client")
    (shown,) = sandbox.run("select * from public.get_session_change(%s)", made)
    assert (to, False) == (shown["proposed_scheduled_at"], shown["is_changed"])
    assert ["moved", "moved"] == [answer(sandbox, made, accepts=True) for _ in range(2)]

    assert to == starts_at(sandbox, made)
    (quoted,) = quoted_for(sandbox, made)
    assert "last_minute" == quoted["cancellation_type"]
    assert {CLIENT, STRANGER} == set(told(sandbox, "session_rescheduled"))
    assert [] == told(sandbox, "change_declined")
    assert not booking_violations(sandbox)


def quoted_for(sandbox: Sandbox, session_id: object) -> list[dict[str, Any]]:
    sandbox.act_as("client")
    return sandbox.run("select * from public.quote_cancellation(%s)", session_id)


@pytest.mark.parametrize("way", ["no", "silence"])
def test_a_no_and_no_answer_leave_all_as_it_was(sandbox: Sandbox, way: str) -> None:
    """The practitioner is told, once; a yes that comes later changes nothing any more."""
    made = book(sandbox, in_hours(40))["session_id"]
    at = starts_at(sandbox, made)
    propose(sandbox, made, in_hours(60))
    if way == "no":
        assert ["kept", "kept"] == [answer(sandbox, made, accepts=False) for _ in range(2)]
    else:
        sandbox.act_as("owner")
        sandbox.run("update private.session_proposals set answer_until = now() - interval '1 second'")
        with sandbox.refused("answer_too_late"):
            answer(sandbox, made, accepts=True)
        sandbox.act_as("service")
        ended = "select unanswered from public.prepare_mails('http://pages.test')"
        assert [1, 0] == [sandbox.one(ended) for _ in range(2)]

    with sandbox.refused("nothing_to_answer" if way == "no" else "answer_too_late"):
        answer(sandbox, made, accepts=True)
    assert at == starts_at(sandbox, made)
    assert [STRANGER] == told(sandbox, "change_declined")
    assert [] == told(sandbox, "session_rescheduled")


def test_a_yes_to_a_time_that_was_taken_meanwhile_moves_nothing(sandbox: Sandbox) -> None:
    """And so does one to a session that was moved or cancelled since."""
    made = book(sandbox, in_hours(40))["session_id"]
    propose(sandbox, made, in_hours(60))
    book(sandbox, in_hours(60), who="other")
    with sandbox.refused("slot_taken"):
        answer(sandbox, made, accepts=True)

    move(sandbox, made, in_hours(80))
    sandbox.act_as("owner")
    assert "withdrawn" == sandbox.one("select status from private.session_proposals")
    propose(sandbox, made, in_hours(90))
    sandbox.act_as("client")
    sandbox.run("select public.cancel_session(%s)", made)
    with sandbox.refused("nothing_to_answer"):
        answer(sandbox, made, accepts=True)
    assert not booking_violations(sandbox)


def test_what_cannot_be_proposed_is_refused(sandbox: Sandbox) -> None:
    """By whom, what, and when; another proposal takes the place of the first."""
    made = book(sandbox, in_hours(40))["session_id"]
    book(sandbox, in_hours(50), who="other")
    whole = make_class(sandbox, in_hours(70))
    seat = join(sandbox, whole)
    for who in ("client", "other", "practitioner"):
        with sandbox.refused("session_not_found"):
            propose(sandbox, made, in_hours(60), who=who)
    for session_id, hours, code in (
        (made, -1, "slot_in_past"),
        (made, 40, "nothing_to_change"),
        (made, 50.5, "slot_taken"),
        (made, 24 * 800, "beyond_horizon"),
        (whole, 60, "class_asks_nobody"),
        (seat, 60, "class_asks_nobody"),
    ):
        with sandbox.refused(code):
            propose(sandbox, session_id, in_hours(hours))
    propose(sandbox, made, in_hours(60))
    propose(sandbox, made, in_hours(62))
    sandbox.act_as("owner")
    assert ["withdrawn", "open"] == [
        row["status"] for row in sandbox.run("select status from private.session_proposals order by id")
    ]
    for who in ("client", "stranger", "admin"):
        sandbox.act_as(who)
        with sandbox.forbidden():
            sandbox.run("select * from private.session_proposals")


def test_a_proposal_is_answered_by_its_client_alone(sandbox: Sandbox) -> None:
    made = book(sandbox, in_hours(40))["session_id"]
    propose(sandbox, made, in_hours(60))
    for who in ("other", "stranger", "admin"):
        with sandbox.refused("session_not_found"):
            answer(sandbox, made, accepts=True, who=who)
