"""Bring payments to their end, whatever was lost: every few minutes, ask Stripe about each that is open.

Webhooks make payments quick, this makes them certain: with every webhook lost, the end is the same.
"""

from collections import Counter
from collections.abc import AsyncGenerator
from functools import partial

from shared.call import Call
from shared.errors import Broken, Conflict, Unavailable
from shared.outside import outside
from shared.payment_facts import PaymentFacts
from shared.payments import Payments, StripeSettings
from shared.refunds import make_refund
from shared.serving import endpoint
from shared.settings import ServiceSettings
from shared.workers import run_workers

from .contract import (
    DueCheckout,
    ReconciledPayments,
    apply_waiting_events_rpc,
    claim_checkout_check_rpc,
    observe_checkout_rpc,
)

WORKERS = 4
EVENTS_S = 10
TIME_S = 25  # begin nothing after this, so that the last request ends before the function's own timeout


@endpoint(caller="service", settings=(ServiceSettings, StripeSettings), is_scheduled=True)
async def reconcile_payments(call: Call[None]) -> ReconciledPayments:
    """Apply events that waited for their payment, then ask about checkouts until none is due.

    Any number may run at once: a claim is one caller's until the row is due again. A crash only delays it until then.
    """
    ends: Counter[str] = Counter()
    failures: list[str] = []
    try:
        failures += await run_workers(partial(_apply_events, call, ends), workers=1, seconds=EVENTS_S)
        failures += await run_workers(partial(_work, call, ends), workers=WORKERS, seconds=TIME_S)
    finally:
        events = ends.pop("event", 0)
        call.log(events=events, checkouts=dict(ends), failures=failures)
    return ReconciledPayments(events=events, checkouts=dict(ends))


async def _apply_events(call: Call[None], ends: Counter[str]) -> AsyncGenerator[None]:
    while (waiting := await call.service.rpc(apply_waiting_events_rpc)).tried:
        ends["event"] += waiting.applied
        yield


async def _work(call: Call[None], ends: Counter[str]) -> AsyncGenerator[None]:
    stripe = Payments(StripeSettings.read(), outside(), log=call.log)
    while True:
        due = await call.service.rpc(claim_checkout_check_rpc)
        if due.task is None:
            return
        try:
            if due.task == "refund":
                ends[await _refund(call, stripe, due)] += 1
                yield
                continue
            facts = await _ask(stripe, due)
        except Unavailable:  # it is due again later; the others go on
            ends["unanswered"] += 1
            await call.service.rpc(observe_checkout_rpc, checkout_id=due.checkout_id, facts=PaymentFacts())
        else:
            observed = await call.service.rpc(observe_checkout_rpc, checkout_id=due.checkout_id, facts=facts)
            ends[observed.status] += 1
        yield


async def _refund(call: Call[None], stripe: Payments, due: DueCheckout) -> str:
    """A fee was paid that is not owed. Its refund has an id of its own: asked again, it is the same one."""
    if not (due.refund_id and due.payment_intent_id and due.stripe_session_id and due.amount_minor):
        raise Broken(details=f"Checkout {due.checkout_id} is to be refunded, and says not what")
    try:
        await make_refund(
            call,
            stripe,
            refund_id=due.refund_id,
            payment_intent_id=due.payment_intent_id,
            amount_minor=due.amount_minor,
            stripe_session_id=due.stripe_session_id,
        )
    except Conflict as refused:  # an admin is told (matters); or it is being made, and is due again
        return "refund_refused" if refused.code == "refund_refused" else "unanswered"
    return "refunded"


async def _ask(stripe: Payments, due: DueCheckout) -> PaymentFacts:
    if due.stripe_session_id is None:
        return PaymentFacts(session_status="unopened")
    if due.task == "close":
        return await stripe.close(due.stripe_session_id)
    return await stripe.fetch(due.stripe_session_id)
