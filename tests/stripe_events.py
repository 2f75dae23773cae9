"""Stripe's own words, as its webhooks send them: a payment's events, and the header that proves them."""

import hashlib
import hmac
import json
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from shared.payment_facts import Event, PaymentFacts, disputes_in, facts_of_session, read_event


def signed(body: bytes, secret: str, at: float | None = None) -> str:
    """The Stripe-Signature of a body."""
    moment = int(time.time() if at is None else at)
    proof = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={proof}"


@dataclass
class Payment:
    """One checkout at Stripe, and everything Stripe may come to say about it.

    Each event is dated a second after the one that was made before it, all of them in the past: so a list of them is in
    the order in which they happened, however they are delivered.
    """

    checkout_id: str
    amount: int
    currency: str = "cad"
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:16])
    refunds: list[dict[str, Any]] = field(default_factory=list)
    disputes: dict[int, dict[str, Any]] = field(default_factory=dict)
    moment: int = field(default_factory=lambda: int(time.time()) - 3600)

    def event(self, kind: str, thing: dict[str, Any]) -> bytes:
        self.moment += 1
        return event(kind, thing, self.moment)

    @property
    def session_id(self) -> str:
        return f"cs_{self.id}"

    @property
    def intent(self) -> str:
        return f"pi_{self.id}"

    @property
    def receipt_url(self) -> str:
        return f"https://pay.stripe.test/receipts/{self.id}"

    def session(self, status: str = "complete", payment_status: str = "paid", **more: Any) -> dict[str, Any]:
        return {
            "id": self.session_id,
            "object": "checkout.session",
            "mode": "payment",
            "status": status,
            "payment_status": payment_status,
            "payment_intent": self.intent if status == "complete" else None,
            "amount_subtotal": self.amount,
            "amount_total": self.amount,
            "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
            "currency": self.currency,
            "metadata": {"checkout_id": self.checkout_id},
            **more,
        }

    @property
    def refunded_so_far(self) -> int:
        """As the charge counts them: without those that failed or were cancelled."""
        return sum(each["amount"] for each in self.refunds if each["status"] not in ("failed", "canceled"))

    def charge(self, refunded: int | None = None, **more: Any) -> dict[str, Any]:
        """Without its refunds: the API names them only to who asks, and events never."""
        refunded = self.refunded_so_far if refunded is None else refunded
        return {
            "id": f"ch_{self.id}",
            "object": "charge",
            "amount": self.amount,
            "amount_refunded": refunded,
            "refunded": refunded == self.amount,
            "currency": self.currency,
            "payment_intent": self.intent,
            "receipt_url": self.receipt_url,
            "disputed": bool(self.disputes),
            "metadata": {"checkout_id": self.checkout_id},
            **more,
        }

    def refund(self, amount: int, status: str = "succeeded", request_id: str | None = None) -> dict[str, Any]:
        """One more refund of it."""
        refund = {
            "id": f"re_{self.id}_{len(self.refunds) + 1}",
            "object": "refund",
            "amount": amount,
            "charge": f"ch_{self.id}",
            "created": self.moment,
            "currency": self.currency,
            "metadata": {"refund_id": request_id} if request_id else {},
            "payment_intent": self.intent,
            "status": status,
        }
        self.refunds.append(refund)
        return refund

    def turn(self, status: str, number: int = -1) -> dict[str, Any]:
        """A refund's new state, as the object then is: another, which nothing that is said later changes."""
        more = {"failure_reason": "expired_or_canceled_card"} if status == "failed" else {}
        self.refunds[number] = {**self.refunds[number], "status": status, **more}
        return self.refunds[number]

    def dispute(self, status: str, number: int = 1, amount: int | None = None) -> dict[str, Any]:
        """One of its disputes as it is now."""
        self.disputes[number] = {
            "id": f"dp_{self.id}_{number}",
            "object": "dispute",
            "amount": self.amount if amount is None else amount,
            "currency": self.currency,
            "charge": f"ch_{self.id}",
            "payment_intent": self.intent,
            "status": status,
            "metadata": {},
        }
        return self.disputes[number]

    def read(self) -> PaymentFacts:
        """What the API answers now: the payment with each of its refunds and disputes."""
        charge = self.charge(refunds={"object": "list", "data": list(reversed(self.refunds))})
        session = self.session(payment_intent={"id": self.intent, "latest_charge": charge})
        disputes = disputes_in({"data": list(self.disputes.values())})
        as_of = datetime.fromtimestamp(self.moment, UTC)
        return facts_of_session(session).model_copy(update={"as_of": as_of, "disputes": disputes})

    # The events

    def completed(self, payment_status: str = "paid", days_ago: float | None = None) -> bytes:
        kind, session = "checkout.session.completed", self.session(payment_status=payment_status)
        return self.event(kind, session) if days_ago is None else event(kind, session, _moment(days_ago))

    def bank_paid(self) -> bytes:
        return self.event("checkout.session.async_payment_succeeded", self.session())

    def bank_failed(self) -> bytes:
        return self.event("checkout.session.async_payment_failed", self.session(payment_status="unpaid"))

    def intent_failed(self, days_ago: float = 0) -> bytes:
        intent = {
            "id": self.intent,
            "object": "payment_intent",
            "amount": self.amount,
            "currency": self.currency,
            "status": "requires_payment_method",
            "metadata": {"checkout_id": self.checkout_id},
        }
        return event("payment_intent.payment_failed", intent, _moment(days_ago))

    def expired(self) -> bytes:
        return self.event("checkout.session.expired", self.session("expired", "unpaid"))

    def charged(self, kind: str = "succeeded") -> bytes:
        return self.event(f"charge.{kind}", self.charge())

    def refunded(self, so_far: int, status: str = "succeeded", request_id: str | None = None) -> bytes:
        """A refund of what is missing to so much."""
        missing = so_far - self.refunded_so_far
        if missing <= 0 and self.refunds:
            return self.event("refund.updated", self.refunds[-1])
        return self.event("refund.created", self.refund(missing, status, request_id))

    def refund_turned(self, status: str, kind: str = "refund.updated", number: int = -1) -> bytes:
        """Stripe says a refund's new state: by refund.updated, refund.failed or charge.refund.updated."""
        return self.event(kind, self.turn(status, number))

    def disputed(self, kind: str, status: str, number: int = 1, amount: int | None = None) -> bytes:
        return self.event(f"charge.dispute.{kind}", self.dispute(status, number, amount))


def event(kind: str, thing: dict[str, Any], at: int | None = None) -> bytes:
    """An event about a thing, as it stands in a request."""
    envelope = {
        "id": f"evt_{uuid.uuid4().hex}",
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": _moment(0) if at is None else at,
        "type": kind,
        "livemode": False,
        "data": {"object": thing},
    }
    return json.dumps(envelope).encode()


def _moment(days_ago: float) -> int:
    return int(time.time() - days_ago * 24 * 60 * 60)


def arguments(body: bytes) -> dict[str, Any]:
    """What the webhook's function makes of it, as the arguments of its RPC."""
    read: Event = read_event(body)
    return {
        "event_id": read.id,
        "event_type": read.type,
        "payload": json.dumps(read.payload),
        "facts": read.facts.model_dump_json() if read.facts else None,
        "happened_at": read.happened_at,
    }
