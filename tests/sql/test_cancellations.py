"""Cancelling and moving: by whoever may and by whatever way, what was quoted is what happens."""

from datetime import timedelta
from typing import Any

import pytest

from .booking_scene import (
    FREE,
    book,
    grant,
    in_hours,
    insert,
    join,
    lines,
    make_class,
    messages,
    session,
    sign,
    start_in,
    type_id,
    wallet,
    wrongs,
)
from .conftest import ADMIN, CLIENT, OTHER_CLIENT, Stage

LED_BY = {
    "client": "client",
    "practitioner": "stranger",
    "admin": "admin",
}  # FREE is the story's other practitioner


@pytest.fixture(autouse=True)
def signed(stage: Stage) -> None:
    sign(stage)
    sign(stage, "other")


def booked(stage: Stage, hours: float, **other: Any) -> str:
    """A session that was booked in good time and now starts in so many hours."""
    made = book(stage, in_hours(30), **other)["session_id"]
    start_in(stage, made, hours)
    return str(made)


def quote(stage: Stage, session_id: str, *, use_grace: bool = False) -> dict[str, Any]:
    (row,) = stage.run("select * from public.quote_cancellation(%s, %s)", session_id, use_grace)
    return row


def cancel(stage: Stage, session_id: str, way: str, *, use_grace: bool = False, reason: str = "Ill") -> None:
    """As the pages do by updating the row, or by name."""
    if way == "by name":
        stage.run("select public.cancel_session(%s, %s, %s)", session_id, reason, use_grace)
        return
    note = f"Cancelled: {reason}" + (" (Grace cancellation used)" if use_grace else "")
    update = "update public.session_schedules set status = 'cancelled', notes = %s, cancelled_at = now() where id = %s"
    stage.run(update, note, session_id)


def outcome(stage: Stage, session_id: str) -> dict[str, Any]:
    stage.act_as("owner")
    (row,) = stage.run("select * from public.session_cancellations where session_id = %s", session_id)
    return row


def with_policy(stage: Stage, standard: int, late: int) -> None:
    stage.act_as("owner")
    stage.run(
        "insert into public.cancellation_policy (policy_text, standard_cancellation_hours, late_cancellation_hours)"
        " values ('Another', %s, %s)",
        standard,
        late,
    )


# What comes back


@pytest.mark.parametrize("way", ["update", "by name"])
@pytest.mark.parametrize(
    ("who", "hours", "use_grace", "kind", "returned"),
    [
        ("client", 3, False, "standard", 1),
        ("client", 1, False, "last_minute", 0),
        ("client", 1, True, "grace", 1),
        ("client", 3, True, "standard", 1),
        ("practitioner", 3, False, "standard", 1),
        ("practitioner", 1, False, "emergency", 1),
        ("practitioner", -1, False, "emergency", 1),
        ("admin", 1, False, "emergency", 1),
    ],
)
def test_a_cancellation_is_what_was_quoted(
    stage: Stage, way: str, who: str, hours: float, use_grace: bool, kind: str, returned: int
) -> None:
    """The credit goes back to its own lot; cancellation, message and the practitioner's time follow."""
    lot = grant(stage, 1, session_type_id=type_id(stage))
    made = booked(stage, hours)

    stage.act_as(LED_BY[who])
    quoted = quote(stage, made, use_grace=use_grace)
    cancel(stage, made, way, use_grace=use_grace)

    assert (kind, returned, 0) == (
        quoted["cancellation_type"],
        quoted["credit_returned"],
        quoted["fee_charged"],
    )
    row = outcome(stage, made)
    same = (
        "cancellation_type",
        "credit_returned",
        "fee_charged",
        "hours_before_session",
        "cancellation_policy_version",
    )
    assert {name: quoted[name] for name in same} == {name: row[name] for name in same}
    assert ("Ill", CLIENT, who == "client") == (
        row["reason"],
        str(row["user_id"]),
        row["approved_by"] is None,
    )
    assert [("purchase", 1), ("spend", -1), ("return", 1)][: 2 + returned] == lines(stage, lot)
    assert ["session_booked", "session_rescheduled", "session_cancelled"] == messages(stage, made)
    done = session(stage, made)
    assert ("cancelled", True, kind == "grace") == (
        done["status"],
        done["cancelled_at"] is not None,
        done["grace_cancellation_used"],
    )
    assert not wrongs(stage)


@pytest.mark.parametrize("way", ["update", "by name"])
def test_grace_is_given_once(stage: Stage, way: str) -> None:
    """The wallet says that it is used up, where the page looks; asking for it again is refused, not taken for no."""
    first, second = booked(stage, 1), None
    stage.act_as("client")
    assert quote(stage, first)["grace_available"]
    cancel(stage, first, way, use_grace=True)
    assert stage.run("select id from public.user_session_credits where grace_cancellation_used")

    second = booked(stage, 1.5)
    stage.act_as("client")
    assert not quote(stage, second)["grace_available"]
    with stage.refused("grace_used"):
        quote(stage, second, use_grace=True)
    with stage.refused("grace_used"):
        cancel(stage, second, way, use_grace=True)
    cancel(stage, second, way)
    assert "last_minute" == outcome(stage, second)["cancellation_type"]
    assert 2 == wallet(stage)


def test_a_reason_does_not_use_the_grace(stage: Stage) -> None:
    """Whatever words are in it."""
    made = booked(stage, 1)
    stage.act_as("client")
    cancel(stage, made, "by name", reason="I typed (Grace cancellation used)")
    assert ("last_minute", "I typed") == (
        outcome(stage, made)["cancellation_type"],
        outcome(stage, made)["reason"],
    )


def test_the_policy_agreed_at_booking_rules(stage: Stage) -> None:
    """A stricter one, made later, is for later bookings."""
    made = booked(stage, 10)
    with_policy(stage, standard=24, late=12)
    strict = booked(stage, 10.9)

    stage.act_as("client")
    assert ("standard", "last_minute") == (
        quote(stage, made)["cancellation_type"],
        quote(stage, strict)["cancellation_type"],
    )


def test_a_late_cancellation_gives_the_credit_back_and_a_fee_is_due(stage: Stage) -> None:
    """In the currency of the client; the fee stands in the cancellation and in the message."""
    with_policy(stage, standard=12, late=5)
    made = booked(stage, 8)
    stage.act_as("client")
    assert ("late", 1, 25, "usd") == tuple(
        quote(stage, made)[name]
        for name in ("cancellation_type", "credit_returned", "fee_charged", "currency")
    )
    stage.run("update public.user_preferences set currency = 'cad'")
    cancel(stage, made, "update")

    assert (34.25, "cad") == (
        float(outcome(stage, made)["fee_charged"]),
        outcome(stage, made)["fee_currency"],
    )


def test_what_was_paid_singly_comes_back_as_a_credit_of_its_kind(stage: Stage) -> None:
    """Unless the money went back already."""
    kind = type_id(stage)

    def paid(hours: float, status: str) -> str:
        stage.act_as("owner")
        made = stage.one(
            "select private.insert_booked_session(%s, %s, %s, %s)", CLIENT, FREE, in_hours(hours), kind
        )
        stage.run(
            "insert into public.session_payments (session_id, practitioner_id, client_id, total_amount,"
            " practitioner_share, platform_share, currency, status) values (%s, %s, %s, 100, 75, 25, 'cad', %s)",
            made,
            FREE,
            CLIENT,
            status,
        )
        return str(made)

    for hours, status, returned in (
        (30, "completed", 1),
        (40, "paid_out", 1),
        (50, "refunded", 0),
        (60, "pending", 0),
    ):
        made, before = paid(hours, status), wallet(stage)
        stage.act_as("client")
        assert returned == quote(stage, made)["credit_returned"]
        cancel(stage, made, "update")
        assert before + returned == wallet(stage)
    stage.act_as("owner")
    lots = stage.run(
        "select * from public.user_session_credits where metadata ->> 'source' = 'cancellation_refund'"
    )
    assert [(kind, 1, "cad")] * 2 == [
        (str(lot["session_type_id"]), lot["credits_remaining"], lot["metadata"]["currency"]) for lot in lots
    ]


def test_a_practitioners_own_booking_gives_nothing_back(stage: Stage) -> None:
    """Nothing was paid for it."""
    row = {"practitioner_id": FREE, "client_id": OTHER_CLIENT, "scheduled_at": in_hours(30), "room_name": "r"}
    stage.act_as("stranger")
    made = insert(stage, row)
    cancel(stage, made, "update")

    assert 0 == outcome(stage, made)["credit_returned"]


def test_a_credit_comes_back_with_the_end_it_had(stage: Stage) -> None:
    """Except where it is not the client's doing: then there is a month to use it, and only that one."""
    kind = type_id(stage)

    def lapsed(who_cancels: str, hours: float) -> str:
        lot = grant(stage, 2, session_type_id=kind)
        made = book(stage, in_hours(hours))["session_id"]
        stage.act_as("owner")
        stage.run("update public.user_session_credits set expires_at = now() where id = %s", lot)
        stage.act_as(LED_BY[who_cancels])
        cancel(stage, made, "by name")
        return lot

    assert [("purchase", 2), ("spend", -1), ("return", 1)] == lines(stage, lapsed("client", 30))
    before = wallet(stage)
    assert [("expiry", -1), ("purchase", 2), ("return", 1), ("spend", -1)] == sorted(
        lines(stage, lapsed("practitioner", 40))
    )
    assert before + 1 == wallet(stage)


def test_a_credit_whose_price_went_back_does_not(stage: Stage) -> None:
    """Two of five were spent when the package was refunded: cancelling those gives nothing, a third would."""
    lot = grant(stage, 5, session_type_id=type_id(stage))
    made = [book(stage, in_hours(hours))["session_id"] for hours in (30, 40)]
    stage.act_as("owner")
    stage.run("select private.take_back_credits(%s, 4, 'Refunded')", lot)
    before = wallet(stage)

    stage.act_as("client")
    for each, returned in zip(made, (0, 1), strict=True):
        assert returned == quote(stage, each)["credit_returned"]
        cancel(stage, each, "update")
    assert before + 1 == wallet(stage)
    assert not wrongs(stage)


# Who, and how often


def test_cancelling_twice_is_cancelling_once(stage: Stage) -> None:
    """By name the second call tells what the first came to; an update of the row changes nothing."""
    made = booked(stage, 30)
    stage.act_as("client")
    cancel(stage, made, "update")
    cancel(stage, made, "update")
    (again,) = stage.run("select * from public.cancel_session(%s, 'Twice')", made)

    assert ("standard", "Ill") == (again["cancellation_type"], again["reason"])
    assert 3 == wallet(stage)


@pytest.mark.parametrize("who", ["other", "practitioner"])
def test_a_stranger_neither_asks_nor_cancels(stage: Stage, who: str) -> None:
    """Not even whether there is such a session; an update finds no row. A class, though seen, is not theirs either."""
    made, evening = booked(stage, 30), make_class(stage, in_hours(50))
    stage.act_as(who)
    for each in (made, evening):
        with stage.refused("session_not_found"):
            quote(stage, each)
        with stage.refused("session_not_found"):
            cancel(stage, each, "by name")
        with stage.refused("session_not_found"):
            stage.run("select public.reschedule_session(%s, %s)", each, in_hours(60))
        assert [] == stage.run(
            "update public.session_schedules set status = 'cancelled' where id = %s returning id", each
        )


def test_what_has_begun_is_not_cancelled_by_the_client(stage: Stage) -> None:
    """Nor what is over by anybody."""
    made = booked(stage, -0.2)
    stage.act_as("client")
    for way in ("update", "by name"):
        with stage.refused("session_started"):
            cancel(stage, made, way)
    stage.act_as("owner")
    stage.run("update public.session_schedules set status = 'completed' where id = %s", made)
    for who in ("client", "stranger"):
        stage.act_as(who)
        with stage.refused("session_not_cancellable"):
            cancel(stage, made, "by name")
        with stage.refused("session_not_cancellable"):
            quote(stage, made)


@pytest.mark.parametrize("who", ["admin", "service", "owner"])
def test_nothing_becomes_what_it_was(stage: Stage, who: str) -> None:
    """Taken up again, a cancelled session would be one whose credit was given back."""
    made = booked(stage, 30)
    stage.act_as("client")
    cancel(stage, made, "update")
    stage.act_as(who)
    with stage.refused("status_moves_forward"):
        stage.run("update public.session_schedules set status = 'scheduled' where id = %s", made)


def test_a_deleted_session_gives_its_credit_back(stage: Stage) -> None:
    """If it was still to come; the cancellation stays, the session it names does not."""
    ahead, past = booked(stage, 1), booked(stage, -1)
    stage.act_as("admin")
    stage.run("delete from public.session_schedules where id in (%s, %s)", ahead, past)

    assert 2 == wallet(stage)
    stage.act_as("owner")
    (row,) = stage.run("select * from public.session_cancellations where reason = 'The session was deleted'")
    assert ("emergency", 1, ADMIN) == (
        row["cancellation_type"],
        row["credit_returned"],
        str(row["approved_by"]),
    )


def test_removing_a_practitioner_gives_their_clients_their_credits_back(stage: Stage) -> None:
    """Sessions and seats go with them. Who has a contract is kept."""
    stage.act_as("owner")
    mistake = str(
        stage.one(
            "insert into public.practitioners (user_id, name) values (%s, 'Mistake') returning id",
            OTHER_CLIENT,
        )
    )
    booked(stage, 30, practitioner_id=mistake)
    join(stage, make_class(stage, in_hours(50), practitioner_id=mistake), practitioner_id=mistake)
    assert 1 == wallet(stage)
    stage.act_as("admin")
    stage.run("delete from public.practitioners where id = %s", mistake)

    assert 3 == wallet(stage)
    stage.act_as("admin")
    with stage.refused("practitioner_is_kept"):
        stage.run("delete from public.practitioners where id = %s", FREE)


# Moving


@pytest.mark.parametrize("way", ["update", "by name"])
@pytest.mark.parametrize("who", ["client", "practitioner", "admin"])
def test_a_session_moves_with_everything_it_has(stage: Stage, way: str, who: str) -> None:
    """Its credit stays spent, the old time is free, the new one taken, and people are told."""
    made, to = booked(stage, 30), in_hours(40)
    stage.act_as(LED_BY[who])
    if way == "update":
        note = "Rescheduled on 1/1/2027"
        stage.run(
            "update public.session_schedules set scheduled_at = %s, notes = %s where id = %s", to, note, made
        )
    else:
        (moved,) = stage.run("select * from public.reschedule_session(%s, %s)", made, to)
        assert to == moved["scheduled_at"]

    row = session(stage, made)
    assert (to, "scheduled") == (row["scheduled_at"], row["status"])
    assert "Rescheduled on" in row["notes"]
    assert "session_rescheduled" == messages(stage, made)[-1]
    assert 2 == wallet(stage)
    assert not wrongs(stage)
    grant(stage, 1, who="other")
    assert book(stage, in_hours(30), who="other")


@pytest.mark.parametrize("way", ["update", "by name"])
def test_a_client_moves_by_the_rules_of_booking_and_cancelling(stage: Stage, way: str) -> None:
    """Not too late, not onto other time, not into the past, not outside the hours."""
    late, made = booked(stage, 1), booked(stage, 40)
    grant(stage, 1, who="other")
    book(stage, in_hours(50), who="other")

    def move(session_id: str, hours: float) -> None:
        stage.act_as("client")
        if way == "update":
            stage.run(
                "update public.session_schedules set scheduled_at = %s where id = %s",
                in_hours(hours),
                session_id,
            )
        else:
            stage.run("select public.reschedule_session(%s, %s)", session_id, in_hours(hours))

    with stage.refused("too_late_to_move"):
        move(late, 60)
    for code, hours in (("slot_taken", 50.5), ("slot_in_past", -1), ("beyond_horizon", 24 * 400)):
        with stage.refused(code):
            move(made, hours)
    stage.act_as("owner")
    stage.run(
        "update public.practitioner_calendars set minimum_notice_minutes = 600 where practitioner_id = %s",
        FREE,
    )
    with stage.refused("too_short_notice"):
        move(made, 5)
    assert in_hours(40) == session(stage, made)["scheduled_at"]
    move(made, 40.5)  # onto a part of its own time
    assert not wrongs(stage)


def test_staff_move_outside_the_hours_and_not_onto_other_time(stage: Stage) -> None:
    """At any time before it begins; nobody moves what is over."""
    made = booked(stage, 1)
    grant(stage, 1, who="other")
    book(stage, in_hours(50), who="other")
    stage.act_as("owner")
    stage.run(
        "update public.practitioner_calendars set minimum_notice_minutes = 600 where practitioner_id = %s",
        FREE,
    )
    move = "select public.reschedule_session(%s, %s)"
    for who in ("stranger", "admin"):
        stage.act_as(who)
        with stage.refused("slot_taken"):
            stage.run(move, made, in_hours(50) + timedelta(minutes=20))
        with stage.refused("slot_in_past"):
            stage.run(move, made, in_hours(-1))
        stage.run(move, made, in_hours(5))
    stage.act_as("owner")
    stage.run("update public.session_schedules set status = 'completed' where id = %s", made)
    stage.act_as("admin")
    with stage.refused("session_not_movable"):
        stage.run(move, made, in_hours(50))


def test_moving_and_cancelling_at_once_is_neither(stage: Stage) -> None:
    """A time far ahead would make a late cancellation an early one."""
    made = booked(stage, 1)
    stage.act_as("client")
    with stage.refused("session_is_fixed"):
        stage.run(
            "update public.session_schedules set status = 'cancelled', scheduled_at = %s where id = %s",
            in_hours(90),
            made,
        )
