"""Checkouts: which purchases are possible, and the time that is held while somebody pays, and after."""

from datetime import timedelta
from typing import Any

import pytest

from .conftest import CLIENT, OTHER_CLIENT, ROW, Sandbox
from .payment_steps import SLOT, booked, deliver, lapse, messages, package, paid_by, rows_of, single, type_of


@pytest.fixture(autouse=True)
def empty_start(sandbox: Sandbox) -> None:
    """Nobody has credits, payments or messages yet."""
    sandbox.run("delete from private.outbox")
    sandbox.run("delete from public.session_payments")
    sandbox.run("delete from public.user_session_credits")


def test_the_preferred_currency_counts_where_the_caller_names_none(sandbox: Sandbox) -> None:
    """And US dollars where there is none."""
    assert package(sandbox, currency=None)["currency"] == "usd"
    sandbox.act_as("owner")
    sandbox.run("update public.user_preferences set currency = 'cad' where user_id = %s", CLIENT)

    checkout = package(sandbox, currency=None)

    assert (checkout["currency"], checkout["amount_minor"]) == ("cad", 47000)


REFUSED: dict[str, tuple[str, dict[str, Any]]] = {
    "no such type": ("session_type_not_found", {"session_type_id": OTHER_CLIENT}),
    "another length": ("duration_not_offered", {"duration_minutes": 60}),
    "a paused practitioner": ("practitioner_unavailable", {"practitioner_id": OTHER_CLIENT}),
    "yesterday": ("slot_in_past", {"scheduled_at": SLOT - timedelta(days=21)}),
    "no time": ("nothing_to_hold", {"scheduled_at": None}),
    "nobody": ("nothing_to_hold", {"practitioner_id": None}),
    "no place": ("location_missing", {"session_location": "in_person"}),
    "no studio": ("studio_not_found", {"session_location": "in_person", "physical_location": OTHER_CLIENT}),
    "no such class": ("class_not_found", {"group_class_id": OTHER_CLIENT}),
    "not agreed": ("cancellation_policy_not_agreed", {"cancellation_policy_agreed": False}),
    "agreement missing": ("cancellation_policy_not_agreed", {"cancellation_policy_agreed": None}),
    "an old policy": ("cancellation_policy_not_current", {"cancellation_policy_version": OTHER_CLIENT}),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_impossible_purchase_opens_no_checkout(sandbox: Sandbox, case: str) -> None:
    """It is refused before Stripe is asked, and nothing is held."""
    code, asked = REFUSED[case]

    with sandbox.refused(code):
        single(sandbox, **asked)

    assert rows_of(sandbox, "checkout_sessions") == rows_of(sandbox, "session_holds") == []


def test_there_is_no_package_of_twenty_minutes(sandbox: Sandbox) -> None:
    """And no other package is sold in its place."""
    with sandbox.refused("package_not_found"):
        package(sandbox, session_type_id=type_of(sandbox, 20))


def test_without_an_active_policy_no_agreement_is_required(sandbox: Sandbox) -> None:
    """The checkbox of the page is not there then."""
    sandbox.run("alter table public.cancellation_policy disable trigger user")
    sandbox.run("update public.cancellation_policy set is_active = false")

    assert single(sandbox, cancellation_policy_agreed=None)["checkout_id"]


def test_a_note_in_a_checkout_joins_no_class(sandbox: Sandbox) -> None:
    """Though the pages join one by such a note."""
    checkout = single(sandbox, notes=f"joined group class: {ROW}")

    deliver(sandbox, paid_by(checkout).completed())

    assert [row["group_class_id"] for row in booked(sandbox)] == [None]


def test_the_time_is_held_until_the_page_closes(sandbox: Sandbox) -> None:
    """At least the thirty minutes that Stripe wants, and ten more for a word that is late; nobody else gets it."""
    checkout = single(sandbox)

    (hold,) = rows_of(sandbox, "session_holds")

    assert checkout["expires_at"] >= sandbox.one("select now() + interval '31 minutes'")
    assert hold["expires_at"] == checkout["expires_at"] + timedelta(minutes=10)
    with sandbox.refused("slot_taken"):
        single(sandbox, "other")


def test_a_repeated_request_finds_the_same_checkout(sandbox: Sandbox) -> None:
    """With its page; in another currency it is another one, and the page of the first must be closed."""
    first = single(sandbox)
    again = single(sandbox)
    other = single(sandbox, currency="usd")

    assert again["checkout_id"] == first["checkout_id"]
    assert again["url"] == "https://pay.stripe.test/"
    assert (other["url"], other["supersedes"]) == (None, [f"cs_{first['checkout_id']}"])
    assert sorted(row["status"] for row in rows_of(sandbox, "session_holds")) == ["held", "released"]


def test_another_length_at_the_same_time_replaces_the_first_checkout(sandbox: Sandbox) -> None:
    """Who goes back and chooses anew is not in their own way; the end of the first page leaves the new hold alone."""
    first = single(sandbox)
    second = single(sandbox, session_type_id=type_of(sandbox, 60))

    deliver(sandbox, paid_by(first).expired())

    assert second["supersedes"] == [f"cs_{first['checkout_id']}"]
    holds = {row["duration_minutes"]: row["status"] for row in rows_of(sandbox, "session_holds")}
    assert holds == {45: "released", 60: "held"}


def test_a_time_that_was_released_is_held_again(sandbox: Sandbox) -> None:
    """And the page that was open for it is closed."""
    first = single(sandbox)
    sandbox.act_as("client")
    sandbox.run("select * from public.release_hold((select hold_id from public.checkout_sessions where id = %s))",
              first["checkout_id"])  # fmt: skip

    second = single(sandbox)

    assert second["checkout_id"] != first["checkout_id"]
    assert second["supersedes"] == [f"cs_{first['checkout_id']}"]
    assert sorted(row["status"] for row in rows_of(sandbox, "session_holds")) == ["held", "released"]


def test_a_fourth_checkout_gives_up_the_first(sandbox: Sandbox) -> None:
    """Somebody who looks around is not locked out by what they left behind."""
    sandbox.run("update public.session_holds set status = 'released'")
    made = []
    for hour in range(5):
        made.append(single(sandbox, scheduled_at=SLOT + timedelta(hours=hour)))
        sandbox.run("reset role")
        sandbox.run("update public.checkout_sessions set created_at = created_at - interval '1 minute'")

    superseded = [each["supersedes"] for each in made]

    assert superseded == [[], [], [], [f"cs_{made[0]['checkout_id']}"], [f"cs_{made[1]['checkout_id']}"]]
    assert (
        sorted(row["status"] for row in rows_of(sandbox, "session_holds")) == ["held"] * 3 + ["released"] * 2
    )
    with sandbox.undone():
        sandbox.run("update public.session_holds set checkout_session_id = null")
        with sandbox.refused("too_many_holds"):
            single(sandbox, scheduled_at=SLOT + timedelta(hours=9))


def test_an_expired_page_frees_the_time(sandbox: Sandbox) -> None:
    """At once: the next one need not wait."""
    checkout = single(sandbox)

    deliver(sandbox, paid_by(checkout).expired())

    assert rows_of(sandbox, "checkout_sessions")[0]["status"] == "expired"
    assert single(sandbox, "other")["checkout_id"]


def test_a_slow_bank_keeps_the_time_until_the_session(sandbox: Sandbox) -> None:
    """The payer has done their part; if the bank says no, the time is free."""
    checkout = single(sandbox)

    deliver(sandbox, paid_by(checkout).completed("unpaid"))

    (hold,) = rows_of(sandbox, "session_holds")
    assert (hold["status"], hold["expires_at"]) == ("held", SLOT)
    assert booked(sandbox) == []
    deliver(sandbox, paid_by(checkout).bank_failed())
    assert rows_of(sandbox, "session_holds")[0]["status"] == "released"
    assert rows_of(sandbox, "checkout_sessions")[0]["status"] == "failed"


def test_a_late_payment_gets_the_time_if_it_is_still_free(sandbox: Sandbox) -> None:
    """Nobody wanted it meanwhile."""
    checkout = single(sandbox)
    lapse(sandbox)

    deliver(sandbox, paid_by(checkout).completed())

    assert len(booked(sandbox)) == 1
    assert rows_of(sandbox, "user_session_credits") == []


def test_of_two_payments_for_one_time_the_late_one_becomes_a_credit(sandbox: Sandbox) -> None:
    """One has the session; the other a credit of the same kind, and a message that says why."""
    late = single(sandbox)
    lapse(sandbox)
    quick = single(sandbox, "other")

    deliver(sandbox, paid_by(quick).completed(), paid_by(late).completed())

    assert (booked(sandbox), len(booked(sandbox, OTHER_CLIENT))) == ([], 1)
    (lot,) = rows_of(sandbox, "user_session_credits")
    assert (lot["credits_remaining"], lot["session_type_id"]) == (1, type_of(sandbox, 45))
    (kept,) = rows_of(sandbox, "checkout_sessions")
    assert (kept["outcome"], kept["credit_lot_id"]) == ("credit_instead", lot["id"])
    because = sandbox.one(
        "select payload ->> 'because' from private.outbox where kind = 'session_not_booked'"
    )
    assert because == "slot_taken"
    assert "session_not_booked" in messages(sandbox)
