"""A session every week in one step: all of it or what is possible, by the rules of one, through clock changes."""

from datetime import date, timedelta
from typing import Any

import pytest

from .booking_steps import (
    book,
    booking_violations,
    empty_wallet,
    grant,
    lines,
    messages,
    session,
    sign,
    type_id,
    wallet,
)
from .conftest import CLIENT, Sandbox
from .series_steps import FIRST, TORONTO, ask, held, reasons, starts, wall, weeks

NAMES = ("practitioner_id", "session_type_id", "first_date", "at_time", "sessions")
NOWHERE = "5a1e0000-0000-4000-8000-00000000dead"


@pytest.fixture(autouse=True)
def signed(sandbox: Sandbox) -> None:
    sign(sandbox)
    sign(sandbox, "other")
    empty_wallet(sandbox)
    sandbox.run("delete from public.session_series")  # the seeded one


# Booking


def test_every_week_at_ten_is_a_session_and_a_credit_each(sandbox: Sandbox) -> None:
    """As if each had been booked alone, and told in one mail to each of the two."""
    lot = grant(sandbox, 5, session_type_id=type_id(sandbox))
    grant_mails = sandbox.one("select count(*) from private.mails")

    plan = ask(sandbox, "book_session_series")

    assert wall(*weeks(4)) == starts(plan) == held(sandbox)
    assert (True, 4, 1, 1) == (plan["is_done"], plan["possible"], plan["credits"], wallet(sandbox))
    assert [("purchase", 5), *[("spend", -1)] * 4] == lines(sandbox, lot)
    for each in plan["dates"]:
        row = session(sandbox, each["session_id"])
        assert (45, "scheduled", "online", CLIENT) == (
            row["duration_minutes"],
            row["status"],
            row["session_location"],
            str(row["client_id"]),
        )
        assert row["cancellation_policy_version"] and "10:00:00" == str(row["local_start"].time())
        assert "session_booked" in messages(sandbox, row["id"])
    assert ["session_booked", "series_booked"] == messages(sandbox, plan["dates"][0]["session_id"])
    mails = sandbox.run("select kind, audience from private.mails order by position offset %s", grant_mails)
    assert [("series_booked", "practitioner"), ("series_booked", "user")] == sorted(
        (mail["kind"], mail["audience"]) for mail in mails
    )
    notes = sandbox.run(
        "select message from public.user_notifications where kind = 'series_booked' order by 1"
    )
    assert 2 == len(notes) and all("4 sessions" in note["message"] for note in notes)
    assert not booking_violations(sandbox)


def test_ten_stays_ten_when_the_clocks_change(sandbox: Sandbox) -> None:
    """In spring and in autumn; the day on which the clocks skip the time is named, and booked at another."""
    sandbox.act_as("owner")
    sandbox.run("update public.practitioner_calendars set booking_horizon_days = 1830")
    grant(sandbox, 60)
    for first, changed in ((date(2027, 3, 9), -1), (date(2027, 11, 2), 1)):
        plan = ask(sandbox, "book_session_series", first_date=first, sessions=2)
        before, after = starts(plan)
        assert after - before == timedelta(weeks=1, hours=changed)
        assert {10} == {at.astimezone(TORONTO).hour for at in starts(plan)}

    # Sunday 2027-03-14 has no half past two.
    asked: dict[str, Any] = {"first_date": date(2027, 3, 7), "at_time": "02:30", "sessions": 3}
    plan = ask(sandbox, "quote_session_series", **asked)
    assert [None, "time_skipped", None] == reasons(plan)
    near = plan["dates"][1]["alternatives"]
    assert near and all(
        at.astimezone(TORONTO).date() in (date(2027, 3, 14), date(2027, 3, 13)) for at in near
    )
    with sandbox.refused("series_not_possible"):
        ask(sandbox, "book_session_series", **asked)
    chosen = {"2027-03-14": near[0].isoformat()}
    assert [None] * 3 == reasons(ask(sandbox, "book_session_series", replacements=chosen, **asked))
    # The hour that comes twice is held once.
    asked = {"first_date": date(2027, 11, 7), "at_time": "01:30", "sessions": 2}
    assert [None] * 2 == reasons(ask(sandbox, "book_session_series", **asked))
    assert not booking_violations(sandbox)


def test_a_quote_changes_nothing_and_is_what_then_happens(sandbox: Sandbox) -> None:
    """What is in the way is named, with the nearest free times of that week."""
    grant(sandbox, 6)
    grant(sandbox, 1, who="other")
    (taken,) = wall(FIRST + timedelta(weeks=2))
    book(sandbox, taken, who="other")

    sandbox.act_as("owner")
    tables = ("public.session_schedules", "private.outbox", "public.credit_ledger", "public.session_series")
    counts = "select " + ", ".join(f"(select count(*) from {table}) as {table[-6:]}" for table in tables)
    before = sandbox.run(counts)
    plan = ask(sandbox, "quote_session_series")
    sandbox.act_as("owner")
    assert before == sandbox.run(counts)

    assert [None, None, "slot_taken", None] == reasons(plan)
    assert (False, None, 3, 6) == (plan["is_done"], plan["series_id"], plan["possible"], plan["credits"])
    conflict = plan["dates"][2]
    assert "This time is taken." == conflict["sentence"]
    assert 4 == len(conflict["alternatives"])
    for at in conflict["alternatives"]:
        assert timedelta() < abs(at - taken) <= timedelta(minutes=50)

    with sandbox.refused("series_not_possible"):
        ask(sandbox, "book_session_series")
    assert [] == held(sandbox) and 6 == wallet(sandbox)

    with sandbox.undone():
        booked = ask(sandbox, "book_session_series", only_possible=True)
        assert starts(plan) == starts(booked) == held(sandbox)
        assert 3 == wallet(sandbox)

    # Another time for that one, and one left out.
    chosen = {
        str(conflict["on_date"]): conflict["alternatives"][0].isoformat(),
        str(FIRST + timedelta(weeks=3)): None,
    }
    booked = ask(sandbox, "book_session_series", replacements=chosen)
    assert [*starts(plan)[:2], conflict["alternatives"][0]] == starts(booked) == held(sandbox)
    assert 3 == wallet(sandbox) and not booking_violations(sandbox)


def test_credits_are_the_limit(sandbox: Sandbox) -> None:
    """Those that are good for this kind of session; how many is said, and what is possible is booked with them."""
    grant(sandbox, 9, session_type_id=type_id(sandbox, 60))
    kind = type_id(sandbox)
    with sandbox.refused("no_usable_credit"):
        ask(sandbox, "book_session_series")
    grant(sandbox, 2, session_type_id=kind)

    plan = ask(sandbox, "quote_session_series")
    assert [None, None, "no_usable_credit", "no_usable_credit"] == reasons(plan)
    assert (2, 2) == (plan["credits"], plan["possible"])
    with sandbox.refused("no_usable_credit"):
        ask(sandbox, "book_session_series")
    assert 2 == len(starts(ask(sandbox, "book_session_series", only_possible=True)))
    assert 9 == wallet(sandbox) and not booking_violations(sandbox)


def test_the_same_request_again_finds_the_first_series(sandbox: Sandbox) -> None:
    """And the same key for another is refused; a key is its owner's alone."""
    grant(sandbox, 9)
    grant(sandbox, 9, who="other")
    first = ask(sandbox, "book_session_series", sessions=2, idempotency_key="k")
    again = ask(sandbox, "book_session_series", sessions=2, idempotency_key="k")

    assert (first["series_id"], starts(first)) == (again["series_id"], starts(again))
    assert 7 == wallet(sandbox)
    with sandbox.refused("idempotency_key_reused"):
        ask(sandbox, "book_session_series", sessions=3, idempotency_key="k")
    other = ask(sandbox, "book_session_series", who="other", at_time="12:00", idempotency_key="k")
    assert other["series_id"] != first["series_id"] and 5 == wallet(sandbox, "other")


@pytest.mark.parametrize(
    ("code", "asked"),
    [
        ("sessions_not_possible", {"sessions": 0}),
        ("sessions_not_possible", {"sessions": 53}),
        ("sessions_not_possible", {"sessions": None}),
        ("time_missing", {"first_date": None}),
        ("time_missing", {"at_time": None}),
        ("time_not_possible", {"at_time": "24:00"}),
        ("date_not_possible", {"first_date": date(2019, 1, 1)}),
        ("date_not_possible", {"first_date": date(2099, 12, 31)}),
        ("location_not_possible", {"session_location": "moon"}),
        ("location_missing", {"session_location": "in_person"}),
        ("text_too_long", {"physical_location": "x" * 501}),
        ("session_type_not_found", {"session_type_id": NOWHERE}),
        ("practitioner_unavailable", {"practitioner_id": NOWHERE}),
        ("replacement_not_possible", {"replacements": {"2020-01-01": None}}),
        ("replacement_not_possible", {"replacements": {str(FIRST): "soon"}}),
        ("replacement_not_possible", {"replacements": {str(FIRST): "2020-01-01T10:00Z"}}),
        ("replacement_not_possible", {"replacements": {str(FIRST): "infinity"}}),
        ("replacement_not_possible", {"replacements": {str(FIRST): 7}}),
    ],
)
@pytest.mark.parametrize("rpc", ["quote_session_series", "book_session_series"])
def test_what_makes_no_sense_is_refused_by_name(
    sandbox: Sandbox, rpc: str, code: str, asked: dict[str, Any]
) -> None:
    grant(sandbox, 9)
    with sandbox.refused(code):
        ask(sandbox, rpc, **asked)
    assert [] == held(sandbox) and 9 == wallet(sandbox)


def test_it_asks_for_what_a_booking_asks(sandbox: Sandbox) -> None:
    """The waiver; a kind that is booked alone; an account. A quote says that the waiver is missing."""
    grant(sandbox, 9)
    with sandbox.refused("class_needed"):
        ask(sandbox, "book_session_series", session_type_id=type_id(sandbox, is_group=True))
    grant(sandbox, 9, who="admin")
    assert ask(sandbox, "quote_session_series", who="admin")["needs_waiver"]
    with sandbox.refused("waiver_required"):
        ask(sandbox, "book_session_series", who="admin")
    with sandbox.forbidden():
        ask(sandbox, "book_session_series", who="anon")


def test_who_asks_too_often_waits(sandbox: Sandbox) -> None:
    sandbox.act_as("owner")
    sandbox.run("update private.rate_limits set times = 1 where rule in ('series', 'series quoted')")
    grant(sandbox, 9)
    ask(sandbox, "quote_session_series")
    with sandbox.too_often():
        ask(sandbox, "quote_session_series")
    ask(sandbox, "book_session_series", sessions=1)
    with sandbox.too_often():
        ask(sandbox, "book_session_series", sessions=1, at_time="15:00")


def test_a_series_is_read_by_whoever_is_in_it(sandbox: Sandbox) -> None:
    grant(sandbox, 9)
    ask(sandbox, "book_session_series")
    seen = {}
    for who in ("client", "stranger", "admin", "practitioner", "other"):
        sandbox.act_as(who)
        seen[who] = (
            sandbox.one("select count(*) from public.session_series"),
            sandbox.one("select count(*) from public.session_series_sessions"),
        )
    # FREE is the stranger's calendar.
    assert {
        "client": (1, 4),
        "stranger": (1, 4),
        "admin": (1, 4),
        "practitioner": (0, 0),
        "other": (0, 0),
    } == seen
    sandbox.act_as("client")
    for statement in (
        "delete from public.session_series",
        "update public.session_series set sessions = 1",
        "insert into public.session_series_sessions select * from public.session_series_sessions",
    ):
        with sandbox.forbidden():
            sandbox.run(statement)


@pytest.fixture
def booked(sandbox: Sandbox) -> list[str]:
    """Five sessions of the client's, by their ids. The cancellation policy is the platform's."""
    grant(sandbox, 5)
    plan = ask(sandbox, "book_session_series", sessions=5)
    sandbox.act_as("owner")
    sandbox.run("delete from private.mails")
    return [each["session_id"] for each in plan["dates"]]
