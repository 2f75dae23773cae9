"""The history of one's own sessions, as a list that can be filtered."""

from typing import Any

import pytest

from .booking_scene import book, in_hours, join, make_class, sign
from .conftest import ROW, Stage


def history(stage: Stage, who: str, where: str = "true", *values: Any) -> list[dict[str, Any]]:
    stage.act_as(who)
    return stage.run(f"select * from public.session_history where {where} order by scheduled_at", *values)


@pytest.fixture(autouse=True)
def signed(stage: Stage) -> None:
    sign(stage)


def test_everybody_finds_their_own(stage: Stage) -> None:
    """A client their sessions and seats, a practitioner a class once, an admin all; open classes are nobody's."""
    booked, evening = book(stage, in_hours(30))["session_id"], make_class(stage, in_hours(50))
    other = make_class(stage, in_hours(60))
    seat = join(stage, evening)

    mine = {str(row["id"]) for row in history(stage, "client")}
    led = {str(row["id"]) for row in history(stage, "stranger")}
    assert {ROW, str(booked), seat} == mine
    assert {str(booked), evening, other} <= led
    assert seat not in led
    assert mine | led <= {str(row["id"]) for row in history(stage, "admin")}
    assert [] == [row for row in history(stage, "other") if row["practitioner_name"] is None]


def test_it_is_filtered_by_kind_time_and_practitioner(stage: Stage) -> None:
    """And says what each was paid with."""
    book(stage, in_hours(30))
    join(stage, make_class(stage, in_hours(50)))

    (single,) = history(
        stage, "client", "session_type = 'standing' and not is_group and scheduled_at < %s", in_hours(40)
    )
    (seat,) = history(stage, "client", "is_group and practitioner_id = %s", single["practitioner_id"])

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


def test_a_cancellation_says_what_came_back(stage: Stage) -> None:
    """In the list itself."""
    booked = book(stage, in_hours(30))["session_id"]
    stage.run("select public.cancel_session(%s)", booked)

    (row,) = history(stage, "client", "id = %s", booked)
    assert ("cancelled", "standard", 1) == (row["status"], row["cancellation_type"], row["credit_returned"])


def test_a_completed_session_leads_to_recording_and_journal(stage: Stage) -> None:
    """Its recording only for those who may have it."""
    stage.act_as("owner")
    stage.run("update public.session_schedules set status = 'completed' where id = %s", ROW)
    stage.run(
        "update public.session_recordings set recording_url = 'https://play' where session_id = %s", ROW
    )

    for who in ("client", "practitioner"):
        (row,) = history(stage, who, "id = %s", ROW)
        assert ("https://play", f"/journal?session_id={ROW}", "payment") == (
            row["recording_url"],
            row["journal_path"],
            row["paid_with"],
        )
    assert [] == history(stage, "other", "id = %s", ROW)


def test_visitors_have_no_history(stage: Stage) -> None:
    stage.act_as("anon")
    with stage.forbidden():
        stage.run("select * from public.session_history")
