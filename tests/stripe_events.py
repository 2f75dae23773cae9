"""Stripe's own words, as its webhooks send them: a payment's events, and the header that proves them."""

import hashlib
import hmac
import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from shared.payment_facts import Event, read_event


def signed(body: bytes, secret: str, at: float | None = None) -> str:
    """The Stripe-Signature of a body."""
    moment = int(time.time() if at is None else at)
    proof = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={proof}"


@dataclass
class Payment:
    """One checkout at Stripe, and everything Stripe may come to say about it."""

    checkout_id: str
    amount: int
    currency: str = "cad"
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:16])

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

    def charge(self, refunded: int = 0, **more: Any) -> dict[str, Any]:
        return {
            "id": f"ch_{self.id}",
            "object": "charge",
            "amount": self.amount,
            "amount_refunded": refunded,
            "refunded": refunded == self.amount,
            "currency": self.currency,
            "payment_intent": self.intent,
            "receipt_url": self.receipt_url,
            "metadata": {"checkout_id": self.checkout_id},
            **more,
        }

    def dispute(self, status: str, number: int = 1) -> dict[str, Any]:
        return {
            "id": f"dp_{self.id}_{number}",
            "object": "dispute",
            "amount": self.amount,
            "currency": self.currency,
            "charge": f"ch_{self.id}",
            "payment_intent": self.intent,
            "status": status,
            "metadata": {},
        }

    # The events

    def completed(self, payment_status: str = "paid", days_ago: float = 0) -> bytes:
        return event(
            "checkout.session.completed", self.session(payment_status=payment_status), days_ago=days_ago
        )

    def bank_paid(self) -> bytes:
        return event("checkout.session.async_payment_succeeded", self.session())

    def bank_failed(self) -> bytes:
        return event("checkout.session.async_payment_failed", self.session(payment_status="unpaid"))

    def intent_failed(self, days_ago: float = 0) -> bytes:
        intent = {
            "id": self.intent,
            "object": "payment_intent",
            "amount": self.amount,
            "currency": self.currency,
            "status": "requires_payment_method",
            "metadata": {"checkout_id": self.checkout_id},
        }
        return event("payment_intent.payment_failed", intent, days_ago=days_ago)

    def expired(self) -> bytes:
        return event("checkout.session.expired", self.session("expired", "unpaid"))

    def charged(self, kind: str = "succeeded") -> bytes:
        return event(f"charge.{kind}", self.charge())

    def refunded(self, so_far: int) -> bytes:
        return event("charge.refunded", self.charge(so_far))

    def disputed(self, kind: str, status: str, number: int = 1) -> bytes:
        return event(f"charge.dispute.{kind}", self.dispute(status, number))


def event(kind: str, thing: dict[str, Any], *, days_ago: float = 0) -> bytes:
    """An event about a thing, as it stands in a request."""
    envelope = {
        "id": f"evt_{uuid.uuid4().hex}",
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": int(time.time() - days_ago * 24 * 60 * 60),
        "type": kind,
        "livemode": False,
        "data": {"object": thing},
    }
    return json.dumps(envelope).encode()


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
