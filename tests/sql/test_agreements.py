"""Agreements: what somebody else did is not the client's to pay. Until the start they leave freely, or agree to it."""

from typing import Any

import pytest

from .booking_steps import (
    FREE,
    book,
    booking_violations,
    in_hours,
    join,
    make_class,
    sign,
    start_in,
    wallet,
)
from .conftest import CLIENT, ROW, Sandbox

# By whom a session is changed, and how.
BY_OTHERS = {
    "an admin moves it": ("admin", {"scheduled_at": "now() + interval '30 minutes'"}),
    "an admin moves it into a hall": (
        "admin",
        {"session_location": "'in_person'", "physical_location": "'Studio Two - 2 Main Street'"},
    ),
    "the service makes it longer": ("service", {"duration_minutes": "duration_minutes + 30"}),
    "the service gives it to somebody else": ("service", {"practitioner_id": f"'{ROW}'"}),
    "an operator moves it": ("owner", {"scheduled_at": "now() + interval '30 minutes'"}),
}


@pytest.fixture(autouse=True)
def signed(sandbox: Sandbox) -> None:
    sign(sandbox)


def change(sandbox: Sandbox, who: str, session_id: object, **columns: str) -> None:
    sandbox.act_as(who)
    sets = ", ".join(f"{name} = {value}" for name, value in columns.items())
    sandbox.run(f"update public.session_schedules set {sets} where id = %s", session_id)


def quote(sandbox: Sandbox, session_id: object, who: str = "client") -> dict[str, Any]:
    sandbox.act_as(who)
    (row,) = sandbox.run("select * from public.quote_cancellation(%s)", session_id)
    return row


def answer(sandbox: Sandbox, session_id: object, accepts: bool, who: str = "client") -> str:
    sandbox.act_as(who)
    return str(sandbox.one("select outcome from public.answer_session_change(%s, %s)", session_id, accepts))


def booked(sandbox: Sandbox, form: str) -> tuple[str, str]:
    """A session or a seat that starts in an hour, too late to leave by the policy; and the row that others change."""
    if form == "seat":
        whole = make_class(sandbox, in_hours(30))
        mine = join(sandbox, whole)
        start_in(sandbox, whole, 1)
        sandbox.run("delete from private.session_agreements")
        return mine, whole
    if form == "paid singly":
        mine = book(sandbox, in_hours(30))["session_id"]
        sandbox.act_as("owner")
        sandbox.run("alter table public.session_schedules disable trigger user")
        sandbox.run("update public.session_schedules set credit_lot_id = null where id = %s", mine)
        sandbox.run("alter table public.session_schedules enable trigger user")
        sandbox.run(
            "insert into public.session_payments (session_id, practitioner_id, client_id, total_amount,"
            " practitioner_share, platform_share, currency, status)"
            " values (%s, %s, %s, 60, 45, 15, 'cad', 'completed')",
            mine,
            FREE,
            CLIENT,
        )
    else:
        mine = book(sandbox, in_hours(30))["session_id"]
    start_in(sandbox, mine, 1)
    return mine, mine


@pytest.mark.parametrize("form", ["one to one", "paid singly", "seat"])
@pytest.mark.parametrize("how", BY_OTHERS)
def test_after_a_change_by_somebody_else_leaving_is_free_until_the_start(
    sandbox: Sandbox, form: str, how: str
) -> None:
    """The quote says so, cancelling does so, and moving it is allowed as well; without the change it would cost."""
    mine, whole = booked(sandbox, form)
    before = wallet(sandbox)
    assert ("last_minute", 0) == (
        quote(sandbox, mine)["cancellation_type"],
        quote(sandbox, mine)["credit_returned"],
    )

    who, columns = BY_OTHERS[how]
    change(sandbox, who, whole, **columns)

    quoted = quote(sandbox, mine)
    starts_at = sandbox.one("select scheduled_at from public.session_schedules where id = %s", mine)
    assert ("standard", 1, 0, starts_at) == (
        quoted["cancellation_type"],
        quoted["credit_returned"],
        quoted["fee_charged"],
        quoted["free_until"],
    )
    if form != "seat" and "practitioner_id" not in columns:
        with sandbox.undone():
            change(sandbox, "client", mine, scheduled_at="date_trunc('minute', now()) + interval '50 hours'")
    sandbox.act_as("client")
    sandbox.run("select public.cancel_session(%s)", mine)
    assert before + 1 == wallet(sandbox)
    sandbox.act_as("owner")
    assert "standard" == sandbox.one(
        "select cancellation_type from public.session_cancellations where session_id = %s", mine
    )
    assert not booking_violations(sandbox)


def test_nobody_but_the_client_gets_other_terms_by_it(sandbox: Sandbox) -> None:
    """Staff that cancels late has cancelled late."""
    mine, _ = booked(sandbox, "one to one")
    change(sandbox, "admin", mine, scheduled_at="now() + interval '30 minutes'")
    assert {"emergency"} == {quote(sandbox, mine, who)["cancellation_type"] for who in ("admin", "stranger")}


def test_what_is_changed_back_is_as_agreed(sandbox: Sandbox) -> None:
    mine, _ = booked(sandbox, "one to one")
    for change_by in ("+", "-"):
        change(sandbox, "admin", mine, scheduled_at=f"scheduled_at {change_by} interval '20 minutes'")
    assert "last_minute" == quote(sandbox, mine)["cancellation_type"]


def test_a_name_is_nothing_that_is_agreed(sandbox: Sandbox) -> None:
    mine, _ = booked(sandbox, "one to one")
    change(sandbox, "admin", mine, class_name="'Another name'")
    assert "last_minute" == quote(sandbox, mine)["cancellation_type"]


@pytest.mark.parametrize("form", ["one to one", "seat"])
def test_who_agrees_to_a_change_has_ordinary_terms_again(sandbox: Sandbox, form: str) -> None:
    """A second yes is the same yes; the next change may be left again."""
    mine, whole = booked(sandbox, form)
    change(sandbox, "admin", whole, scheduled_at="now() + interval '30 minutes'")

    assert ["agreed", "agreed"] == [answer(sandbox, mine, accepts=True) for _ in range(2)]
    assert "last_minute" == quote(sandbox, mine)["cancellation_type"]
    change(sandbox, "admin", whole, scheduled_at="now() + interval '40 minutes'")
    assert "standard" == quote(sandbox, mine)["cancellation_type"]


@pytest.mark.parametrize("form", ["one to one", "paid singly", "seat"])
def test_who_says_no_to_a_change_has_left_and_their_credit(sandbox: Sandbox, form: str) -> None:
    mine, whole = booked(sandbox, form)
    before = wallet(sandbox)
    change(sandbox, "admin", whole, scheduled_at="now() + interval '30 minutes'")

    assert ["cancelled", "cancelled"] == [answer(sandbox, mine, accepts=False) for _ in range(2)]
    assert before + 1 == wallet(sandbox)
    assert not booking_violations(sandbox)


def test_a_change_is_answered_by_its_client_alone(sandbox: Sandbox) -> None:
    """And where there is none, there is nothing to answer."""
    mine, whole = booked(sandbox, "seat")
    with sandbox.refused("nothing_to_answer"):
        answer(sandbox, mine, accepts=True)
    change(sandbox, "admin", whole, scheduled_at="now() + interval '30 minutes'")
    for who in ("other", "stranger", "admin"):
        with sandbox.refused("session_not_found"):
            answer(sandbox, mine, accepts=True, who=who)
    with sandbox.refused("session_not_found"):
        answer(sandbox, whole, accepts=True, who="admin")  # a class is nobody's booking
    start_in(sandbox, whole, -0.1)
    with sandbox.refused("nothing_to_answer"):
        answer(sandbox, mine, accepts=False)


def test_the_clients_own_move_is_what_they_agreed_to(sandbox: Sandbox) -> None:
    """Also from where somebody else had put it."""
    mine, _ = booked(sandbox, "one to one")
    change(sandbox, "admin", mine, scheduled_at="now() + interval '30 hours'")
    change(sandbox, "client", mine, scheduled_at="date_trunc('minute', now()) + interval '90 minutes'")
    assert "last_minute" == quote(sandbox, mine)["cancellation_type"]
    sandbox.act_as("owner")
    assert "client" == sandbox.one(
        "select changed_by from private.session_agreements where session_id = %s", mine
    )


def test_what_was_agreed_is_shown_beside_what_is(sandbox: Sandbox) -> None:
    """To client, practitioner and admin; to nobody else, and written by nobody."""
    mine, _ = booked(sandbox, "one to one")
    change(sandbox, "admin", mine, session_location="'in_person'", physical_location="'Studio Two - 2 St'")
    for who in ("client", "stranger", "admin"):
        sandbox.act_as(who)
        (shown,) = sandbox.run("select * from public.get_session_change(%s)", mine)
        assert (True, "admin", {"place": "Online"}, None) == (
            shown["is_changed"],
            shown["changed_by"],
            shown["agreed"],
            shown["answer_until"],
        )
    sandbox.act_as("other")
    with sandbox.refused("session_not_found"):
        sandbox.run("select * from public.get_session_change(%s)", mine)
    for who in ("client", "stranger", "admin"):
        sandbox.act_as(who)
        with sandbox.forbidden():
            sandbox.run("update private.session_agreements set changed_by = 'client'")


def test_a_client_moves_what_was_changed_until_the_start(sandbox: Sandbox) -> None:
    """As they may leave it; to a time that can be booked."""
    mine, _ = booked(sandbox, "one to one")
    with sandbox.refused("too_late_to_move"):
        change(sandbox, "client", mine, scheduled_at="date_trunc('minute', now()) + interval '30 hours'")
    change(sandbox, "admin", mine, scheduled_at="now() + interval '30 minutes'")
    with sandbox.refused("beyond_horizon"):
        change(sandbox, "client", mine, scheduled_at="date_trunc('minute', now()) + interval '9000 hours'")
    change(sandbox, "client", mine, scheduled_at="date_trunc('minute', now()) + interval '30 hours'")
