"""The history of one's own sessions, as a list that can be filtered."""

from typing import Any

import pytest

from .booking_steps import book, in_hours, join, make_class, sign
from .conftest import ROW, Sandbox


def history(sandbox: Sandbox, who: str, where: str = "true", *values: Any) -> list[dict[str, Any]]:
    sandbox.act_as(who)
    return sandbox.run(f"select * from public.session_history where {where} order by scheduled_at", *values)


@pytest.fixture(autouse=True)
def signed(sandbox: Sandbox) -> None:
    sign(sandbox)


def test_people_find_their_own_sessions(sandbox: Sandbox) -> None:
    """A client their sessions and seats, a practitioner a class once, an admin all; open classes are in no history."""
    booked, evening = book(sandbox, in_hours(30))["session_id"], make_class(sandbox, in_hours(50))
    other = make_class(sandbox, in_hours(60))
    seat = join(sandbox, evening)

    mine = {str(row["id"]) for row in history(sandbox, "client")}
    led = {str(row["id"]) for row in history(sandbox, "stranger")}
    assert {ROW, str(booked), seat} == mine
    assert {str(booked), evening, other} <= led
    assert seat not in led
    assert mine | led <= {str(row["id"]) for row in history(sandbox, "admin")}
    assert [] == [row for row in history(sandbox, "other") if row["practitioner_name"] is None]


def test_the_history_is_filtered_by_kind_time_and_practitioner(sandbox: Sandbox) -> None:
    """And says what each was paid with."""
    book(sandbox, in_hours(30))
    join(sandbox, make_class(sandbox, in_hours(50)))

    (single,) = history(
        sandbox, "client", "session_type = 'standing' and not is_group and scheduled_at < %s", in_hours(40)
    )
    (seat,) = history(sandbox, "client", "is_group and practitioner_id = %s", single["practitioner_id"])

    assert ("45min Standard", "credit", "Other practitioner") == (
        single["session_type_name"],
        single["paid_with"],
        single["practitioner_name"],
    )
    assert ("Evening class", 60, "credit") == (
        seat["class_name"],
        seat["duration_minutes"],
        seat["paid_with"],
    )


def test_a_cancellation_shows_what_came_back(sandbox: Sandbox) -> None:
    """In the list itself."""
    booked = book(sandbox, in_hours(30))["session_id"]
    sandbox.run("select public.cancel_session(%s)", booked)

    (row,) = history(sandbox, "client", "id = %s", booked)
    assert ("cancelled", "standard", 1) == (row["status"], row["cancellation_type"], row["credit_returned"])


def test_a_completed_session_leads_to_recording_and_journal(sandbox: Sandbox) -> None:
    """Its recording only for those who may have it."""
    sandbox.act_as("owner")
    sandbox.run("update public.session_schedules set status = 'completed' where id = %s", ROW)
    sandbox.run(
        "update public.session_recordings set recording_url = 'https://play' where session_id = %s", ROW
    )

    for who in ("client", "practitioner"):
        (row,) = history(sandbox, who, "id = %s", ROW)
        assert ("https://play", f"/journal?session_id={ROW}", "payment") == (
            row["recording_url"],
            row["journal_path"],
            row["paid_with"],
        )
    assert [] == history(sandbox, "other", "id = %s", ROW)


def test_anonymous_callers_have_no_history(sandbox: Sandbox) -> None:
    sandbox.act_as("anon")
    with sandbox.forbidden():
        sandbox.run("select * from public.session_history")
