"""Steps of tests of fees: owed by leaving late or not coming, forgiven, paid and given back."""

from typing import Any

import pytest

from tests.stripe_events import Payment

from .booking_steps import grant, sign, type_id
from .conftest import CLIENT, Sandbox
from .lifecycle_steps import advance, begin
from .test_cancellations import booked, cancel

POLICY = """insert into public.cancellation_policy
  (policy_text, standard_cancellation_hours, late_cancellation_hours, no_show_fee_usd, no_show_fee_cad)
  values ('With fees', 12, 5, 15, 20)"""


@pytest.fixture(autouse=True)
def with_fees(sandbox: Sandbox) -> None:
    """Late from twelve hours before the start until five; whoever does not come owes, too. Nobody owes anything yet."""
    sign(sandbox)
    sign(sandbox, "other")
    sandbox.act_as("owner")
    sandbox.run("delete from public.owed_fees")
    sandbox.run(POLICY)


def fees(sandbox: Sandbox, who: str = CLIENT) -> list[tuple[str, int, str, str]]:
    sandbox.act_as("owner")
    rows = sandbox.run("select * from public.owed_fees where user_id = %s order by created_at, id", who)
    return [(row["because"], row["amount_minor"], row["currency"], row["status"]) for row in rows]


def fee_of(sandbox: Sandbox, session: str) -> str:
    sandbox.act_as("owner")
    return str(sandbox.one("select id from public.owed_fees where session_id = %s", session))


def told(sandbox: Sandbox) -> list[str]:
    sandbox.act_as("owner")
    kinds = "select kind from private.outbox where kind in ('fee_owed', 'fee_forgiven') order by id"
    return [row["kind"] for row in sandbox.run(kinds)]


def late(sandbox: Sandbox, **bought: Any) -> str:
    """A session that was cancelled late by its client."""
    grant(sandbox, 1, session_type_id=type_id(sandbox), **bought)
    made = booked(sandbox, 8)
    sandbox.act_as("client")
    cancel(sandbox, made, "function")
    return made


def absent(sandbox: Sandbox) -> str:
    """A session that was completed without its client."""
    its = begin(sandbox, since=30, with_credit=True)
    say(sandbox, its, attended=False)
    advance(sandbox)
    return its


def say(sandbox: Sandbox, its: str, *, attended: bool, who: str = CLIENT, by: str = "admin") -> None:
    sandbox.act_as(by)
    sandbox.run("select * from public.set_attendance(%s, %s, %s, 'As I saw it')", its, who, attended)


def link(sandbox: Sandbox, who: str = CLIENT) -> str:
    sandbox.act_as("owner")
    token = "select private.make_page_link('pay_fee', %s, null, now() + interval '1 year')"
    return str(sandbox.one(token, who))


def begin_payment(sandbox: Sandbox, fee: str, who: str = CLIENT) -> Payment:
    token = link(sandbox, who)
    sandbox.act_as("anon")
    (row,) = sandbox.run("select * from public.pay_fee(%s, %s)", token, fee)
    checkout = str(row["checkout_id"])
    sandbox.act_as("service")
    sandbox.run("select * from public.open_checkout(%s, %s, 'https://pay.test/')", checkout, f"cs_{checkout}")
    return Payment(checkout, row["amount_minor"], row["currency"], id=checkout)


def forgive(sandbox: Sandbox, fee: str, reason: str = "A hard week", who: str = "admin") -> None:
    sandbox.act_as(who)
    sandbox.run("select * from public.forgive_fee(%s, %s)", fee, reason)


def outcome(sandbox: Sandbox, payment: Payment) -> str | None:
    sandbox.act_as("owner")
    return sandbox.one("select outcome from public.checkout_sessions where id = %s", payment.checkout_id)


def claims(sandbox: Sandbox) -> list[dict[str, Any]]:
    """What the reconciler is to do about fees, when all of it is due."""
    sandbox.act_as("owner")
    sandbox.run("update public.checkout_sessions set next_check_at = null where fee_id is null")
    sandbox.run("update public.checkout_sessions set next_check_at = now() where next_check_at is not null")
    sandbox.act_as("service")
    claimed = []
    while (row := sandbox.run("select * from public.claim_checkout_check()")[0])["task"]:
        claimed.append(row)
    return claimed


def give_back(sandbox: Sandbox, payment: Payment) -> None:
    """The reconciler is told to, does it, and says so."""
    (due,) = [row for row in claims(sandbox) if str(row["checkout_id"]) == payment.checkout_id]
    assert (due["task"], due["amount_minor"], due["payment_intent_id"]) == (
        "refund",
        payment.amount,
        payment.intent,
    )
    refund = payment.refund(payment.amount, "succeeded", str(due["refund_id"]))
    sandbox.run(
        "select * from public.record_refund(%s, %s, %s)",
        due["refund_id"],
        payment.read().model_dump_json(),
        refund["id"],
    )
    assert "refund" not in [row["task"] for row in claims(sandbox)], "once"
