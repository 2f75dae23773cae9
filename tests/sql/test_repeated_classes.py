"""An admin repeats a class every week, without some dates: each is a class like any other, at the same wall time."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from .booking_steps import book, booking_violations, grant, in_hours, join, make_class, session, sign, wallet
from .conftest import Sandbox
from .series_steps import mails

AT = in_hours(24 * 9)


def repeat(
    sandbox: Sandbox, class_id: str, times: int | None, who: str = "admin", **other: Any
) -> list[dict[str, Any]]:
    sandbox.act_as(who)
    named = "".join(f", {name} => %s" for name in other)
    return sandbox.run(f"select * from public.repeat_class(%s, %s{named})", class_id, times, *other.values())


def on(row: dict[str, Any], week: int) -> date:
    day: date = row["local_start"].date()
    return day + timedelta(weeks=week)


def test_every_week_but_the_dates_left_out(sandbox: Sandbox) -> None:
    """As the first: its name, length, seats and place; joined as any other; told to whoever leads in one mail."""
    group = make_class(sandbox, AT, class_name="Morning practice", max_participants=5)
    row = session(sandbox, group)
    sandbox.run("delete from private.mails")

    made = repeat(sandbox, group, 4, left_out=[on(row, 2)])

    assert [on(row, n) for n in (1, 3, 4)] == [each["on_date"] for each in made]
    for each in made:
        copy = session(sandbox, each["session_id"])
        for name in (
            "practitioner_id",
            "duration_minutes",
            "max_participants",
            "class_name",
            "session_location",
            "notes",
        ):
            assert row[name] == copy[name] or name == "notes"
        assert row["local_start"].time() == copy["local_start"].time()
        assert "Pre-scheduled group class created by admin" == copy["notes"]
    assert [("series_booked", "practitioner")] == mails(sandbox)
    sign(sandbox)
    grant(sandbox, 1)
    had = wallet(sandbox)
    join(sandbox, str(made[0]["session_id"]))
    assert had - 1 == wallet(sandbox) and 1 == session(sandbox, made[0]["session_id"])["current_participants"]

    # Again finds them; further weeks are added; the one left out can be made later.
    again = repeat(sandbox, group, 4)
    assert [on(row, n) for n in (1, 2, 3, 4)] == [each["on_date"] for each in again]
    assert {each["session_id"] for each in made} < {each["session_id"] for each in again}
    assert not booking_violations(sandbox)


def test_ten_stays_ten_and_a_taken_week_is_named(sandbox: Sandbox) -> None:
    sandbox.act_as("owner")
    sandbox.run("update public.practitioner_calendars set booking_horizon_days = 1830")
    at = datetime(2027, 10, 26, 10, tzinfo=ZoneInfo("America/Toronto"))
    group = make_class(sandbox, at)
    with sandbox.undone():
        (_, after) = repeat(sandbox, group, 2)
        assert after["starts_at"] - at == timedelta(weeks=2, hours=1)
    sign(sandbox)
    grant(sandbox, 1)
    book(sandbox, at + timedelta(weeks=1))
    with sandbox.refused("series_not_possible"):
        repeat(sandbox, group, 2)
    assert ["slot_taken", None] == [each["reason"] for each in repeat(sandbox, group, 2, only_possible=True)]


def test_both_forms_of_a_class_are_repeated_and_linked(sandbox: Sandbox) -> None:
    online = make_class(sandbox, AT)
    here = make_class(sandbox, AT, session_location="in_person", physical_location="1 Front Street")
    sandbox.act_as("admin")
    sandbox.run("select * from public.link_group_sessions(%s, %s)", online, here)

    (made, _) = repeat(sandbox, online, 2)

    copy = session(sandbox, made["session_id"])
    other = session(sandbox, copy["correlated_session_id"])
    assert (other["correlated_session_id"], other["session_location"]) == (copy["id"], "in_person")
    assert other["scheduled_at"] == copy["scheduled_at"]


def test_all_that_follow_are_cancelled_with_their_seats(sandbox: Sandbox) -> None:
    """Whoever has a seat hears of that class; the first class stays."""
    group = make_class(sandbox, AT)
    made = repeat(sandbox, group, 2)
    sign(sandbox)
    grant(sandbox, 1)
    had = wallet(sandbox)
    join(sandbox, str(made[1]["session_id"]))
    sandbox.act_as("owner")
    sandbox.run("delete from private.mails")
    sandbox.act_as("admin")
    done = sandbox.run("select * from public.cancel_session_series(%s)", made[0]["session_id"])
    assert 2 == len([each for each in done if each["user_id"] is None])
    assert "scheduled" == session(sandbox, group)["status"] and had == wallet(sandbox)
    assert ("session_cancelled", "user") in mails(sandbox)


def test_who_repeats_a_class_and_how_often(sandbox: Sandbox) -> None:
    group = make_class(sandbox, AT)
    for who in ("client", "stranger"):
        with sandbox.refused("admins_only"):
            repeat(sandbox, group, 1, who)
    with sandbox.forbidden():
        repeat(sandbox, group, 1, "anon")
    for times in (0, 52, None):
        with sandbox.refused("times_not_possible"):
            repeat(sandbox, group, times)
    with sandbox.refused("dates_not_possible"):
        repeat(sandbox, group, 1, left_out=[date(2030, 1, 1)] * 53)
    sign(sandbox)
    grant(sandbox, 1)
    alone = book(sandbox, in_hours(24 * 20))["session_id"]
    with sandbox.refused("class_not_found"):
        repeat(sandbox, alone, 1)
