"""What Stripe and Agora would tell: sample events in their words."""

import hmac
import time
from typing import Any
from uuid import uuid4

STRIPE_EVENTS = ("checkout.session.completed", "checkout.session.expired", "charge.refunded")
# What happened, Agora's product, its number for it.
AGORA_EVENTS = {
    "somebody joins": (1, 103),
    "somebody leaves": (1, 104),
    "the recorder has uploaded": (3, 31),
}
CHANNELS = 1


def agora_event(kind: str, room: str) -> dict[str, Any]:
    """What the stand-in for Agora is asked to notify, about a room."""
    product, number = AGORA_EVENTS[kind]
    now = int(time.time())
    payload: dict[str, Any] = {
        "cname": room,
        "sid": uuid4().hex,
        "uid": "1",
        "sequence": 1,
        "sendts": now * 1000,
    }
    if product == CHANNELS:
        payload = {
            "channelName": room,
            "uid": 4711,
            "clientSeq": now,
            "platform": 7,
            "ts": now,
            "duration": 60,
        }
    return {"productId": product, "eventType": number, "payload": payload}


def stripe_signature(body: str, secrets: str) -> str:
    """The header that proves a body, by the first secret of a list."""
    moment = int(time.time())
    proof = hmac.new(secrets.partition(",")[0].encode(), f"{moment}.{body}".encode(), "sha256").hexdigest()
    return f"t={moment},v1={proof}"


def stripe_event(kind: str, checkout: dict[str, Any] | None) -> dict[str, Any]:
    """About a checkout of ours; without one about one that nobody opened."""
    sample = uuid4().hex[:16]
    unknown = {
        "id": str(uuid4()),
        "stripe_session_id": f"cs_{sample}",
        "amount_minor": 9000,
        "currency": "cad",
    }
    about = checkout or unknown
    thing: dict[str, Any] = {
        "id": about["stripe_session_id"],
        "object": "checkout.session",
        "mode": "payment",
        "status": "complete" if kind.endswith("completed") else "expired",
        "payment_status": "paid" if kind.endswith("completed") else "unpaid",
        "payment_intent": f"pi_{sample}" if kind.endswith("completed") else None,
        "amount_total": about["amount_minor"],
        "currency": about["currency"],
        "metadata": {"checkout_id": about["id"]},
    }
    if kind == "charge.refunded":
        amount = about["amount_minor"]
        money = {"amount": amount, "amount_refunded": amount, "currency": about["currency"]}
        thing = {
            "id": f"ch_{sample}",
            "object": "charge",
            "payment_intent": f"pi_{sample}",
            "refunded": True,
            **money,
        }
    head = {"id": f"evt_{sample}", "object": "event", "created": int(time.time()), "livemode": False}
    return {**head, "type": kind, "data": {"object": thing}}
