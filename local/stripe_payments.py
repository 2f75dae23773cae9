"""What emulate's Stripe lacks: the payment of a checkout and its charge, refunds and disputes, with the events of each.

Objects, states and events are those of Stripe's API reference. Its test mode has cards whose refund fails later and
whose payment is disputed; here whoever plays says so:

    POST /_refunds/<id>   status=failed              a refund's new state
    POST /_disputes       payment_intent, status     a dispute of all of it, or the new state of the one there is
"""

import json
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Say = Callable[[str, dict[str, Any]], Awaitable[None]]
REFUND_STATES = {"pending", "requires_action", "succeeded", "failed", "canceled"}
RETURNS_NOTHING = {"failed", "canceled"}


@dataclass
class Paid:
    """What a checkout is about, and what became of its money."""

    session_id: str
    amount: int
    currency: str
    metadata: dict[str, str]
    refunds: list[dict[str, Any]] = field(default_factory=list)
    disputes: list[dict[str, Any]] = field(default_factory=list)

    @property
    def intent(self) -> str:
        return self.session_id.replace("cs_", "pi_", 1)

    @property
    def charge_id(self) -> str:
        return self.session_id.replace("cs_", "ch_", 1)

    @property
    def refunded(self) -> int:
        return sum(each["amount"] for each in self.refunds if each["status"] not in RETURNS_NOTHING)

    def charge(self) -> dict[str, Any]:
        return {
            "id": self.charge_id,
            "object": "charge",
            "amount": self.amount,
            "amount_refunded": self.refunded,
            "refunded": self.refunded == self.amount,
            "disputed": bool(self.disputes),
            "currency": self.currency,
            "payment_intent": self.intent,
            "metadata": self.metadata,
            "status": "succeeded",
        }

    def totals(self) -> dict[str, Any]:
        return {"amount_subtotal": self.amount, "amount_total": self.amount, "currency": self.currency}

    def payment_intent(self, expand: str = "") -> Any:
        """Its id; or the payment, its charge and the refunds to who asks for them."""
        if not expand.startswith("payment_intent"):
            return self.intent
        charge = self.charge() | (
            {"refunds": page(self.refunds[-10:])} if expand.endswith(".refunds") else {}
        )
        latest = charge if "latest_charge" in expand else self.charge_id
        return {"id": self.intent, "object": "payment_intent", "latest_charge": latest}


def page(newest_last: list[dict[str, Any]]) -> dict[str, Any]:
    return {"object": "list", "data": newest_last[::-1], "has_more": False}


class Returns:
    """Refunds and disputes of the payments that it knows."""

    def __init__(self, say: Say) -> None:
        self.payments: dict[str, Paid] = {}  # by payment intent
        self._say = say
        self._by_key: dict[str, dict[str, Any]] = {}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v1/refunds", self.refund),
            web.get("/v1/refunds", self.list_refunds),
            web.get("/v1/disputes", self.list_disputes),
            web.post("/_refunds/{id}", self.turn_refund),
            web.post("/_disputes", self.dispute),
        ]

    async def refund(self, request: web.Request) -> web.Response:
        form, key = await request.post(), request.headers.get("idempotency-key", "")
        if key in self._by_key:
            return web.json_response(self._by_key[key])
        paid = self.payments.get(str(form.get("payment_intent")))
        if paid is None:
            return refusal(404, "resource_missing", "No such payment_intent")
        left = paid.amount - paid.refunded
        amount = int(str(form.get("amount", left)))
        if left == 0:
            return refusal(
                400, "charge_already_refunded", f"Charge {paid.charge_id} has already been refunded."
            )
        if not 0 < amount <= left:
            return refusal(400, None, f"Refund amount ({amount}) is greater than unrefunded amount ({left})")
        refund = {
            "id": f"re_{uuid.uuid4().hex}",
            "object": "refund",
            "amount": amount,
            "charge": paid.charge_id,
            "created": int(time.time()),
            "currency": paid.currency,
            "metadata": metadata_in(form, "metadata"),
            "payment_intent": paid.intent,
            "status": "succeeded",
        }
        paid.refunds.append(refund)
        if key:
            self._by_key[key] = dict(refund)  # a repeat gets the first answer again
        await self._say("refund.created", dict(refund))
        await self._say("charge.refunded", paid.charge())
        return web.json_response(refund)

    async def turn_refund(self, request: web.Request) -> web.Response:
        status = str((await request.post()).get("status"))
        for paid in self.payments.values():
            for refund in paid.refunds:
                if refund["id"] == request.match_info["id"] and status in REFUND_STATES:
                    refund["status"] = status
                    if status == "failed":
                        refund["failure_reason"] = "expired_or_canceled_card"
                        await self._say("refund.failed", dict(refund))
                    await self._say("refund.updated", dict(refund))
                    await self._say("charge.refund.updated", dict(refund))
                    return web.json_response(refund)
        return refusal(404, "resource_missing", "No such refund, or no such status")

    async def dispute(self, request: web.Request) -> web.Response:
        form = await request.post()
        paid, status = self.payments.get(str(form.get("payment_intent"))), str(form.get("status"))
        if paid is None:
            return refusal(404, "resource_missing", "No such payment_intent")
        if is_new := not paid.disputes:
            paid.disputes.append(
                {
                    "id": f"du_{uuid.uuid4().hex}",
                    "object": "dispute",
                    "amount": paid.amount,
                    "charge": paid.charge_id,
                    "currency": paid.currency,
                    "metadata": {},
                    "payment_intent": paid.intent,
                }
            )
        dispute = paid.disputes[-1]
        dispute["status"] = status
        is_over = status in ("won", "lost", "warning_closed")
        await self._say(
            f"charge.dispute.{'created' if is_new else 'closed' if is_over else 'updated'}", dict(dispute)
        )
        if status in ("needs_response", "won"):
            money = "reinstated" if status == "won" else "withdrawn"
            await self._say(f"charge.dispute.funds_{money}", dict(dispute))
        return web.json_response(dispute)

    async def list_refunds(self, request: web.Request) -> web.Response:
        paid = self.payments.get(request.query.get("payment_intent", ""))
        return web.json_response(page(paid.refunds if paid else []))

    async def list_disputes(self, request: web.Request) -> web.Response:
        paid = self.payments.get(request.query.get("payment_intent", ""))
        return web.json_response(page(paid.disputes if paid else []))


def metadata_in(form: Mapping[str, Any], name: str) -> dict[str, str]:
    """`metadata[a]=1` as {"a": "1"}."""
    return {key[len(name) + 1 : -1]: str(value) for key, value in form.items() if key.startswith(f"{name}[")}


def refusal(status: int, code: str | None, message: str) -> web.Response:
    error = {"type": "invalid_request_error", "code": code, "message": message}
    return web.Response(status=status, text=json.dumps({"error": error}), content_type="application/json")
