"""Nobody decides about their own money; and above an amount two admins decide about somebody else's."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from .conftest import ADMIN, CLIENT, IDENTITIES, OTHER_CLIENT, PRACTITIONER, ROW, STRANGER, Sandbox
from .payout_steps import OTHER, amounts, earn, run

SECOND = "a0000000-0000-4000-8000-000000000002"
THIRD = "a0000000-0000-4000-8000-000000000003"
EARNINGS = "select * from public.adjust_earnings(%s, 'CAD', %s, 'A reason')"
CREDITS = "select * from public.adjust_credits(%s, 'A reason', user_id => %s)"
DECIDE = "select * from public.decide_approval(%s, %s)"


@pytest.fixture(autouse=True)
def admins(sandbox: Sandbox) -> Iterator[None]:
    """Two more admins."""
    sandbox.act_as("owner")
    for each, name in ((SECOND, "second"), (THIRD, "third")):
        sandbox.run("insert into auth.users (id, email) values (%s, %s)", each, f"{name}@demo.test")
        sandbox.run("insert into public.user_roles (user_id, role) values (%s, 'admin')", each)
        IDENTITIES[name] = ("authenticated", each)
    yield
    del IDENTITIES["second"], IDENTITIES["third"]


def limit(sandbox: Sandbox, **amounts: int) -> None:
    sandbox.act_as("owner")
    for name, amount in amounts.items():
        sandbox.run(f"update private.second_admin_rules set {name} = %s", amount)


def make_admin(sandbox: Sandbox, who: str) -> None:
    sandbox.act_as("owner")
    sandbox.run("insert into public.user_roles (user_id, role) values (%s, 'admin')", who)


def requests(sandbox: Sandbox) -> list[dict[str, Any]]:
    sandbox.act_as("admin")
    return sandbox.run("select * from public.approval_requests where id <> %s order by amount", ROW)


def waiting(sandbox: Sandbox) -> Any:
    """The id of the only request that waits."""
    (request,) = [each for each in requests(sandbox) if each["status"] == "waiting"]
    return request["id"]


def answer(sandbox: Sandbox) -> tuple[str, bool]:
    """With which status PostgREST answers, and whether in the words of a request that waits."""
    status = sandbox.one("select current_setting('response.status', true)")
    return status, "second_admin_needed" in sandbox.one("select current_setting('response.headers', true)")


def adjusted(sandbox: Sandbox, practitioner: str = ROW) -> int:
    sandbox.act_as("owner")
    return int(
        sandbox.one(
            "select coalesce(sum(p.amount_minor), 0) from public.ledger_transactions t"
            " join public.ledger_postings p on p.transaction_id = t.id and p.account = 'practitioner_payable'"
            " where t.kind = 'adjustment' and t.practitioner_id = %s",
            practitioner,
        )
    )


def given(sandbox: Sandbox, user: str = CLIENT) -> int:
    sandbox.act_as("owner")
    query = (
        "select coalesce(sum(change), 0) from public.credit_ledger where kind = 'adjustment' and user_id = %s"
    )
    return int(sandbox.one(query, user))


def told(sandbox: Sandbox) -> set[str]:
    """To whom a mail is queued."""
    sandbox.act_as("owner")
    rows = sandbox.run("select user_id::text as who from private.mails where kind = 'second_admin_wanted'")
    return {row["who"] for row in rows}


# One's own


def test_nobody_adjusts_their_own(sandbox: Sandbox) -> None:
    """Neither earnings nor credits, up or down, in a new lot or an old one; others' as before."""
    make_admin(sandbox, PRACTITIONER)
    make_admin(sandbox, CLIENT)
    sandbox.act_as("practitioner")
    for amount in (1, -1):
        with sandbox.refused("own_money"):
            sandbox.run(EARNINGS, ROW, amount)
    assert sandbox.run(EARNINGS, OTHER, 1)

    lot = sandbox.one("select id from public.user_session_credits where user_id = %s limit 1", CLIENT)
    sandbox.act_as("client")
    with sandbox.refused("own_money"):
        sandbox.run(CREDITS, 1, CLIENT)
    for change in (1, -1):
        with sandbox.refused("own_money"):
            sandbox.run("select * from public.adjust_credits(%s, 'For me', lot_id => %s)", change, lot)
    assert sandbox.run(CREDITS, 1, OTHER_CLIENT)
    assert (0, 0) == (adjusted(sandbox), given(sandbox))


def test_nobody_refunds_their_own_payment_or_has_their_payout_paid_again(sandbox: Sandbox) -> None:
    """The other two ways by which an admin would send money to themself."""
    make_admin(sandbox, PRACTITIONER)
    make_admin(sandbox, CLIENT)
    sandbox.run(
        """update public.checkout_sessions set stripe_payment_intent_id = 'pi_1', paid_at = now(),
             outcome = 'credits_granted' where user_id = %s""",
        CLIENT,
    )
    checkout = sandbox.one("select id from public.checkout_sessions where user_id = %s limit 1", CLIENT)
    sandbox.act_as("client")
    with sandbox.refused("own_money"):
        sandbox.run("select * from public.request_refund('For me', %s)", checkout)

    earn(sandbox, 7500)
    run(sandbox)
    sandbox.act_as("practitioner")
    payout = sandbox.one(
        "select id from public.payouts where status = 'pending' and practitioner_id = %s", ROW
    )
    with sandbox.refused("own_money"):
        sandbox.run("select * from public.mark_payout_failed(%s, 'It never came')", payout)
    sandbox.act_as("admin")
    sandbox.run("select * from public.mark_payout_failed(%s, 'It never came')", payout)


# What asks for a confirmed admin and changes something, and asks nothing about whose money it is.
NOT_ONES_OWN = {
    "authorize_erasure": "oneself may be erased",
    "decide_approval": "asks in its own words too",
    "hide_session_rating": "moves none, and refuses what is said of oneself",
    "settle_matter": "says that something needs nobody any more, and changes nothing else",
}


def test_what_moves_money_of_others_asks_whether_it_is_ones_own(sandbox: Sandbox) -> None:
    """Each definer function that an admin moves money by; a new one is found here."""
    moving = sandbox.run(
        r"""select proname::text as name, prosrc as body from pg_proc
             where pronamespace = 'private'::regnamespace and provolatile = 'v'
               and prosrc ~ 'is_confirmed_admin\('"""
    )
    asking = {row["name"] for row in moving if re.search(r"refuse_own_money\(|'own_account'", row["body"])}

    assert {"adjust_credits", "adjust_earnings", "mark_payout", "request_refund"} <= asking
    assert {row["name"] for row in moving} - asking <= NOT_ONES_OWN.keys()


# Off at first


def test_one_admin_is_enough_until_an_operator_sets_an_amount(sandbox: Sandbox) -> None:
    sandbox.act_as("admin")
    assert sandbox.run(EARNINGS, ROW, 90_000_000)
    assert sandbox.run(CREDITS, 9000, CLIENT)
    earn(sandbox, 90_000_000, practitioner=OTHER)
    assert not run(sandbox)["waits_for_admins"]
    assert [] == requests(sandbox)
    for statement in ("select * from private.second_admin_rules", "delete from public.approval_requests"):
        with sandbox.forbidden():
            sandbox.run(statement)


# Adjustments


def test_above_the_amount_earnings_wait_for_a_second_admin(sandbox: Sandbox) -> None:
    """Who is told by mail. The answer says so and gives no row; the ledger is posted when they approve, once."""
    limit(sandbox, earnings_above_minor=10_000)
    sandbox.act_as("admin")
    assert sandbox.run(EARNINGS, ROW, 10_000)
    assert [] == sandbox.run(EARNINGS, OTHER, -10_001)
    assert ("202", True) == answer(sandbox)
    assert [] == sandbox.run(EARNINGS, OTHER, -10_001)  # a second click

    assert (10_000, 0) == (adjusted(sandbox), adjusted(sandbox, OTHER))
    assert {SECOND, THIRD} == told(sandbox)
    request = waiting(sandbox)
    with sandbox.refused("own_request"):
        sandbox.run(DECIDE, request, True)
    sandbox.act_as("practitioner")
    assert [] == sandbox.run("select * from public.approval_requests")
    with sandbox.refused("admins_only"):
        sandbox.run(DECIDE, request, True)
    sandbox.act_as("second")
    (decided,) = sandbox.run(DECIDE, request, True)
    assert ("approved", SECOND, ADMIN) == (
        decided["status"],
        str(decided["decided_by"]),
        str(decided["requested_by"]),
    )
    for who in ("second", "third"):
        sandbox.act_as(who)
        with sandbox.refused("request_decided"):
            sandbox.run(DECIDE, request, True)

    assert -10_001 == adjusted(sandbox, OTHER)
    assert [] == sandbox.run("select * from private.broken_invariants")


def test_above_the_number_credits_wait_for_a_second_admin(sandbox: Sandbox) -> None:
    """In a new lot as in one that is there; declined, nothing is given."""
    limit(sandbox, credits_above=3)
    sandbox.act_as("admin")
    assert [] == sandbox.run(CREDITS, 4, CLIENT)
    first = waiting(sandbox)
    sandbox.act_as("second")
    sandbox.run(DECIDE, first, True)
    assert 4 == given(sandbox)

    lot = sandbox.one("select id from public.user_session_credits where user_id = %s limit 1", CLIENT)
    sandbox.act_as("admin")
    assert [] == sandbox.run("select * from public.adjust_credits(1, 'More', lot_id => %s)", lot)
    declined = waiting(sandbox)
    sandbox.act_as("third")
    sandbox.run(DECIDE, declined, False)
    assert 4 == given(sandbox)
    with sandbox.refused("request_decided"):
        sandbox.act_as("second")
        sandbox.run(DECIDE, declined, True)


def test_small_sums_add_up(sandbox: Sandbox) -> None:
    """Of one day, by whichever admin, up and down."""
    limit(sandbox, earnings_above_minor=10_000, credits_above=3)
    sandbox.act_as("admin")
    assert sandbox.run(EARNINGS, ROW, 6000)
    assert sandbox.run(CREDITS, 2, CLIENT)
    sandbox.act_as("second")
    assert [] == sandbox.run(EARNINGS, ROW, -4001)
    assert [] == sandbox.run(CREDITS, 2, CLIENT)
    assert sandbox.run(EARNINGS, OTHER, 6000)

    assert (6000, 2) == (adjusted(sandbox), given(sandbox))
    assert 2 == len(requests(sandbox))


def test_whose_money_it_is_is_no_second_admin(sandbox: Sandbox) -> None:
    """Nor are they told."""
    make_admin(sandbox, STRANGER)
    limit(sandbox, earnings_above_minor=100)
    sandbox.act_as("admin")
    sandbox.run(EARNINGS, OTHER, 101)
    request = waiting(sandbox)

    assert {SECOND, THIRD} == told(sandbox)
    sandbox.act_as("stranger")
    with sandbox.refused("own_money"):
        sandbox.run(DECIDE, request, True)
    sandbox.run(DECIDE, request, False)  # but they may say no
    assert 0 == adjusted(sandbox, OTHER)


def test_a_second_admin_shows_their_factor(sandbox: Sandbox) -> None:
    limit(sandbox, earnings_above_minor=100)
    sandbox.act_as("admin")
    sandbox.run(EARNINGS, OTHER, 101)
    request = waiting(sandbox)
    sandbox.act_as("owner")
    sandbox.run(
        "insert into auth.mfa_factors (user_id, factor_type, status) values (%s, 'totp', 'verified')", SECOND
    )
    sandbox.act_as("second", aal="aal1")
    with sandbox.refused("second_factor_needed"):
        sandbox.run(DECIDE, request, True)


def test_a_request_ends_and_there_are_only_so_many(sandbox: Sandbox) -> None:
    """What was not answered is asked for again; too many that wait are refused, and nothing moves."""
    limit(sandbox, earnings_above_minor=100, waiting_at_most=2)
    sandbox.act_as("admin")
    sandbox.run(EARNINGS, OTHER, 101)
    sandbox.run(EARNINGS, OTHER, 102)
    with sandbox.refused("too_many_requests_wait"):
        sandbox.run(EARNINGS, OTHER, 103)

    sandbox.act_as("owner")
    sandbox.run("update public.approval_requests set expires_at = now()")
    old = sandbox.one("select id from public.approval_requests where amount = 101")
    sandbox.act_as("second")
    with sandbox.refused("request_expired"):
        sandbox.run(DECIDE, old, True)
    sandbox.act_as("admin")
    sandbox.run(EARNINGS, OTHER, 101)
    assert 3 == len(requests(sandbox))
    with sandbox.refused("request_not_found"):
        sandbox.run(DECIDE, SECOND, True)
    with sandbox.refused("answer_missing"):
        sandbox.run(DECIDE, old, None)


def test_what_cannot_be_done_any_more_is_not_approved(sandbox: Sandbox) -> None:
    """The request waits on: credits that were spent meanwhile cannot be taken."""
    limit(sandbox, credits_above=0)
    lot = sandbox.one("select id from public.user_session_credits where user_id = %s limit 1", CLIENT)
    left = sandbox.one("select credits_remaining from public.user_session_credits where id = %s", lot)
    sandbox.act_as("admin")
    sandbox.run("select * from public.adjust_credits(%s, 'Too many', lot_id => %s)", -left - 1, lot)
    request = waiting(sandbox)
    sandbox.act_as("second")
    with sandbox.refused("no_usable_credit"):
        sandbox.run(DECIDE, request, True)
    assert request == waiting(sandbox)


# Payout runs


def test_a_large_run_waits_for_two_admins(sandbox: Sandbox) -> None:
    """The clock asks; the first who approves has asked, the second decides, and the next run pays."""
    limit(sandbox, payout_run_above_minor=10_000)
    earn(sandbox, 10_001, practitioner=OTHER)
    first, again = run(sandbox), run(sandbox)
    assert [(0, True, True)] * 2 == [
        (each["payouts_made"], each["is_done"], each["waits_for_admins"]) for each in (first, again)
    ]
    request = waiting(sandbox)
    assert {ADMIN, SECOND, THIRD} == told(sandbox)

    sandbox.act_as("admin")
    (taken,) = sandbox.run(DECIDE, request, True)
    assert ("waiting", ADMIN) == (taken["status"], str(taken["requested_by"]))
    with sandbox.refused("own_request"):
        sandbox.run(DECIDE, request, True)
    assert run(sandbox)["waits_for_admins"]
    sandbox.act_as("second")
    sandbox.run(DECIDE, request, True)

    assert 1 == run(sandbox)["payouts_made"]
    assert [("cad", 10_001)] == amounts(sandbox, OTHER)


def test_an_approved_run_pays_no_more_than_was_approved(sandbox: Sandbox) -> None:
    """What was added since is asked about again; what was taken off is not. Each currency for itself."""
    limit(sandbox, payout_run_above_minor=10_000)
    earn(sandbox, 10_001, practitioner=OTHER)
    run(sandbox)
    request = waiting(sandbox)
    for who in ("admin", "second"):
        sandbox.act_as(who)
        sandbox.run(DECIDE, request, True)
    earn(sandbox, 500, practitioner=OTHER)

    assert run(sandbox)["waits_for_admins"]
    assert 10_501 == next(each["amount"] for each in requests(sandbox) if each["status"] == "waiting")
    earn(sandbox, -600, practitioner=OTHER)
    assert 1 == run(sandbox)["payouts_made"]
    assert [("cad", 9901)] == amounts(sandbox, OTHER)


def test_an_approval_is_used_once(sandbox: Sandbox) -> None:
    """Or one admin, who says that a payout failed, would have it paid again without the second."""
    limit(sandbox, payout_run_above_minor=10_000)
    earn(sandbox, 10_001, practitioner=OTHER)
    earn(sandbox, 20_000)
    run(sandbox)
    request = waiting(sandbox)
    for who in ("admin", "second"):
        sandbox.act_as(who)
        sandbox.run(DECIDE, request, True)
    assert 2 == run(sandbox)["payouts_made"]

    sandbox.act_as("admin")
    payout = sandbox.one(
        "select id from public.payouts where status = 'pending' and practitioner_id = %s", OTHER
    )
    sandbox.run("select * from public.mark_payout_failed(%s, 'So they say')", payout)
    assert run(sandbox)["waits_for_admins"]
    assert 10_001 == next(each["amount"] for each in requests(sandbox) if each["status"] == "waiting")


def test_a_batch_of_an_approved_run_does_not_ask_again(sandbox: Sandbox) -> None:
    """What the batches before it have paid is part of what was approved."""
    limit(sandbox, payout_run_above_minor=10_000)
    earn(sandbox, 10_001, practitioner=OTHER)
    earn(sandbox, 20_000)
    run(sandbox)
    request = waiting(sandbox)
    for who in ("admin", "second"):
        sandbox.act_as(who)
        sandbox.run(DECIDE, request, True)
    sandbox.act_as("owner")
    batches = [sandbox.run("select * from private.run_payouts(1)")[0] for _ in range(3)]
    assert [(1, False), (1, False), (0, False)] == [
        (batch["payouts_made"], batch["waits_for_admins"]) for batch in batches
    ]


def test_a_small_run_waits_for_nobody(sandbox: Sandbox) -> None:
    limit(sandbox, payout_run_above_minor=10_000)
    earn(sandbox, 10_000, practitioner=OTHER)
    assert (1, False) == tuple(run(sandbox)[key] for key in ("payouts_made", "waits_for_admins"))
