"""Cancelling: by whoever may and by whatever way, what was quoted is what happens."""

from typing import Any

import pytest

from .booking_steps import (
    ANY_TIME,
    FREE,
    book,
    booking_violations,
    grant,
    in_hours,
    insert,
    join,
    lines,
    make_class,
    messages,
    session,
    sign,
    type_id,
    wallet,
)
from .cancellation_steps import LED_BY, booked, cancel, quote
from .conftest import ADMIN, CLIENT, OTHER_CLIENT, Sandbox


@pytest.fixture(autouse=True)
def signed(sandbox: Sandbox) -> None:
    sign(sandbox)
    sign(sandbox, "other")


def outcome(sandbox: Sandbox, session_id: str) -> dict[str, Any]:
    sandbox.act_as("owner")
    (row,) = sandbox.run("select * from public.session_cancellations where session_id = %s", session_id)
    return row


def with_policy(sandbox: Sandbox, standard: int, late: int) -> None:
    sandbox.act_as("owner")
    sandbox.run(
        "insert into public.cancellation_policy (policy_text, standard_cancellation_hours, late_cancellation_hours)"
        " values ('Another', %s, %s)",
        standard,
        late,
    )


# What comes back


@pytest.mark.parametrize("way", ["update", "function"])
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
    sandbox: Sandbox, way: str, who: str, hours: float, use_grace: bool, kind: str, returned: int
) -> None:
    """The credit goes back to its own lot; cancellation, message and the practitioner's time follow."""
    lot = grant(sandbox, 1, session_type_id=type_id(sandbox))
    made = booked(sandbox, hours)

    sandbox.act_as(LED_BY[who])
    quoted = quote(sandbox, made, use_grace=use_grace)
    cancel(sandbox, made, way, use_grace=use_grace)

    assert (kind, returned, 0) == (
        quoted["cancellation_type"],
        quoted["credit_returned"],
        quoted["fee_charged"],
    )
    row = outcome(sandbox, made)
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
    assert [("purchase", 1), ("spend", -1), ("return", 1)][: 2 + returned] == lines(sandbox, lot)
    assert ["session_booked", "session_cancelled"] == messages(sandbox, made)
    done = session(sandbox, made)
    assert ("cancelled", True, kind == "grace") == (
        done["status"],
        done["cancelled_at"] is not None,
        done["grace_cancellation_used"],
    )
    assert not booking_violations(sandbox)


@pytest.mark.parametrize("way", ["update", "function"])
def test_the_grace_is_given_once(sandbox: Sandbox, way: str) -> None:
    """The wallet shows that it is used up, where the page looks; asking for it again is refused and does not cancel."""
    first, second = booked(sandbox, 1), None
    sandbox.act_as("client")
    assert quote(sandbox, first)["grace_available"]
    cancel(sandbox, first, way, use_grace=True)
    assert sandbox.run("select id from public.user_session_credits where grace_cancellation_used")

    second = booked(sandbox, 1.5)
    sandbox.act_as("client")
    assert not quote(sandbox, second)["grace_available"]
    with sandbox.refused("grace_used"):
        quote(sandbox, second, use_grace=True)
    with sandbox.refused("grace_used"):
        cancel(sandbox, second, way, use_grace=True)
    cancel(sandbox, second, way)
    assert "last_minute" == outcome(sandbox, second)["cancellation_type"]
    assert 2 == wallet(sandbox)


def test_a_reason_does_not_use_the_grace(sandbox: Sandbox) -> None:
    """Whatever words are in it."""
    made = booked(sandbox, 1)
    sandbox.act_as("client")
    cancel(sandbox, made, "function", reason="I typed (Grace cancellation used)")
    assert ("last_minute", "I typed") == (
        outcome(sandbox, made)["cancellation_type"],
        outcome(sandbox, made)["reason"],
    )


def test_the_policy_agreed_at_booking_applies(sandbox: Sandbox) -> None:
    """A stricter one, made later, is for later bookings."""
    made = booked(sandbox, 10)
    with_policy(sandbox, standard=24, late=12)
    strict = booked(sandbox, 10.9)

    sandbox.act_as("client")
    assert ("standard", "last_minute") == (
        quote(sandbox, made)["cancellation_type"],
        quote(sandbox, strict)["cancellation_type"],
    )


def test_a_late_cancellation_gives_the_credit_back_and_a_fee_is_due(sandbox: Sandbox) -> None:
    """In the currency of the client; the fee stands in the cancellation and in the message."""
    with_policy(sandbox, standard=12, late=5)
    made = booked(sandbox, 8)
    sandbox.act_as("client")
    assert ("late", 1, 25, "usd") == tuple(
        quote(sandbox, made)[name]
        for name in ("cancellation_type", "credit_returned", "fee_charged", "currency")
    )
    sandbox.run("update public.user_preferences set currency = 'cad'")
    cancel(sandbox, made, "update")

    assert (34.25, "cad") == (
        float(outcome(sandbox, made)["fee_charged"]),
        outcome(sandbox, made)["fee_currency"],
    )


def test_a_single_payment_comes_back_as_a_credit_of_its_kind(sandbox: Sandbox) -> None:
    """Unless the money went back already."""
    kind = type_id(sandbox)

    def paid(hours: float, status: str) -> str:
        sandbox.act_as("owner")
        made = sandbox.one(
            "select private.insert_booked_session(%s, %s, %s, %s)", CLIENT, FREE, in_hours(hours), kind
        )
        sandbox.run(
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
        made, before = paid(hours, status), wallet(sandbox)
        sandbox.act_as("client")
        assert returned == quote(sandbox, made)["credit_returned"]
        cancel(sandbox, made, "update")
        assert before + returned == wallet(sandbox)
    sandbox.act_as("owner")
    lots = sandbox.run(
        "select * from public.user_session_credits where metadata ->> 'source' = 'cancellation_refund'"
    )
    assert [(kind, 1, "cad")] * 2 == [
        (str(lot["session_type_id"]), lot["credits_remaining"], lot["metadata"]["currency"]) for lot in lots
    ]


def test_a_booking_by_the_practitioner_gives_nothing_back(sandbox: Sandbox) -> None:
    """Nothing was paid for it."""
    row = {"practitioner_id": FREE, "client_id": OTHER_CLIENT, "scheduled_at": in_hours(30), "room_name": "r"}
    sandbox.act_as("stranger")
    made = insert(sandbox, row)
    cancel(sandbox, made, "update")

    assert 0 == outcome(sandbox, made)["credit_returned"]


def test_a_credit_comes_back_with_its_old_expiry(sandbox: Sandbox) -> None:
    """One that has ended does not, except where it is not the client's doing: then there is a month to use it, and
    only that one.
    """
    kind = type_id(sandbox)

    def lapsed(who_cancels: str, hours: float) -> str:
        lot = grant(sandbox, 2, session_type_id=kind)
        made = book(sandbox, in_hours(hours))["session_id"]
        sandbox.act_as("owner")
        sandbox.run("update public.user_session_credits set expires_at = now() where id = %s", lot)
        sandbox.act_as(LED_BY[who_cancels])
        cancel(sandbox, made, "function")
        return lot

    assert [("purchase", 2), ("spend", -1)] == lines(sandbox, lapsed("client", 30))
    before = wallet(sandbox)
    assert [("expiry", -1), ("purchase", 2), ("return", 1), ("spend", -1)] == sorted(
        lines(sandbox, lapsed("practitioner", 40))
    )
    assert before + 1 == wallet(sandbox)


def test_a_credit_whose_price_was_refunded_does_not_come_back(sandbox: Sandbox) -> None:
    """Two of five were spent when the package was refunded: cancelling those gives nothing, a third would."""
    lot = grant(sandbox, 5, session_type_id=type_id(sandbox))
    made = [book(sandbox, in_hours(hours))["session_id"] for hours in (30, 40)]
    sandbox.act_as("owner")
    sandbox.run("select private.revoke_credits(%s, 4, 'Refunded')", lot)
    before = wallet(sandbox)

    sandbox.act_as("client")
    for each, returned in zip(made, (0, 1), strict=True):
        assert returned == quote(sandbox, each)["credit_returned"]
        cancel(sandbox, each, "update")
    assert before + 1 == wallet(sandbox)
    assert not booking_violations(sandbox)


# Who, and how often


def test_cancelling_twice_is_cancelling_once(sandbox: Sandbox) -> None:
    """The function answers again what the first call came to; an update of the row changes nothing."""
    made = booked(sandbox, 30)
    sandbox.act_as("client")
    cancel(sandbox, made, "update")
    cancel(sandbox, made, "update")
    (again,) = sandbox.run("select * from public.cancel_session(%s, 'Twice')", made)

    assert ("standard", "Ill") == (again["cancellation_type"], again["reason"])
    assert 3 == wallet(sandbox)


@pytest.mark.parametrize("who", ["other", "practitioner"])
def test_a_stranger_neither_quotes_nor_cancels(sandbox: Sandbox, who: str) -> None:
    """The reply does not say whether there is such a session; an update finds no row. Nor do they cancel a class."""
    made, evening = booked(sandbox, 30), make_class(sandbox, in_hours(50))
    sandbox.act_as(who)
    for each in (made, evening):
        with sandbox.refused("session_not_found"):
            quote(sandbox, each)
        with sandbox.refused("session_not_found"):
            cancel(sandbox, each, "function")
        with sandbox.refused("session_not_found"):
            sandbox.run("select public.reschedule_session(%s, %s)", each, in_hours(60))
        assert [] == sandbox.run(
            "update public.session_schedules set status = 'cancelled' where id = %s returning id", each
        )


def test_the_client_does_not_cancel_a_session_that_has_begun(sandbox: Sandbox) -> None:
    """And nobody one that is over."""
    made = booked(sandbox, -0.2)
    sandbox.act_as("client")
    for way in ("update", "function"):
        with sandbox.refused("session_started"):
            cancel(sandbox, made, way)
    sandbox.act_as("owner")
    sandbox.run("update public.session_schedules set status = 'completed' where id = %s", made)
    for who in ("client", "stranger"):
        sandbox.act_as(who)
        with sandbox.refused("session_not_cancellable"):
            cancel(sandbox, made, "function")
        with sandbox.refused("session_not_cancellable"):
            quote(sandbox, made)


@pytest.mark.parametrize("who", ["admin", "service", "owner"])
def test_a_cancelled_session_cannot_be_reopened(sandbox: Sandbox, who: str) -> None:
    """It would be one whose credit was given back."""
    made = booked(sandbox, 30)
    sandbox.act_as("client")
    cancel(sandbox, made, "update")
    sandbox.act_as(who)
    with sandbox.refused("status_moves_forward"):
        sandbox.run("update public.session_schedules set status = 'scheduled' where id = %s", made)


def test_a_deleted_session_gives_its_credit_back(sandbox: Sandbox) -> None:
    """If it was still to come; the cancellation stays, the session it names does not."""
    ahead, past = booked(sandbox, 1), booked(sandbox, -1)
    sandbox.act_as("admin")
    sandbox.run("delete from public.session_schedules where id in (%s, %s)", ahead, past)

    assert 2 == wallet(sandbox)
    sandbox.act_as("owner")
    (row,) = sandbox.run(
        "select * from public.session_cancellations where reason = 'The session was deleted'"
    )
    assert ("emergency", 1, ADMIN) == (
        row["cancellation_type"],
        row["credit_returned"],
        str(row["approved_by"]),
    )


def test_removing_a_practitioner_gives_their_clients_their_credits_back(sandbox: Sandbox) -> None:
    """Sessions and seats go with them, and the offer they never answered. Who has a contract is kept."""
    sandbox.act_as("owner")
    mistake = str(
        sandbox.one(
            "insert into public.practitioners (user_id, name) values (%s, 'Mistake') returning id",
            OTHER_CLIENT,
        )
    )
    sandbox.run(ANY_TIME, mistake)
    booked(sandbox, 30, practitioner_id=mistake)
    join(sandbox, make_class(sandbox, in_hours(50), practitioner_id=mistake), practitioner_id=mistake)
    assert 1 == wallet(sandbox)
    sandbox.act_as("admin")
    sandbox.run("delete from public.practitioners where id = %s", mistake)

    assert 3 == wallet(sandbox)
    sandbox.act_as("admin")
    with sandbox.refused("practitioner_is_kept"):
        sandbox.run("delete from public.practitioners where id = %s", FREE)
