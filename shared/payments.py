"""Stripe, as far as selling a session goes: open a checkout page, fetch what is known of it, close it, refund it.

    payments = Payments(StripeSettings.read(), outside(), log=call.log)
    page = await payments.open(order)

The official library, on our own HTTP client and without its globals. It takes long to import, so it is imported when
Stripe is called. A repeat is safe: what creates something carries a key that names the attempt.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

import httpx

from .errors import Broken, Conflict, Unavailable
from .payment_facts import (
    PaymentFacts,
    charge_of,
    disputes_in,
    facts_of_session,
    refund_fact,
    refunds_in,
)
from .settings import Settings

if TYPE_CHECKING:
    import stripe

Answer = TypeVar("Answer")
CHECKOUT_ID = "checkout_id"  # in the metadata of every object we create at Stripe, to find our row again
MOST = 100  # in one list: Stripe's own bound
TIMEOUT = httpx.Timeout(8, connect=3)  # with one retry it still fits into a request


class StripeSettings(Settings):
    """What opens Stripe's API. The URL is for a stand-in."""

    stripe_secret_key: str
    stripe_api_url: str = "https://api.stripe.com"


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be paid: everything from our own database, nothing from the request."""

    checkout_id: UUID
    description: str
    amount_minor: int
    currency: str
    expires_at: datetime
    email: str | None
    success_url: str
    cancel_url: str


@dataclass(frozen=True, slots=True)
class Page:
    """Stripe's page to pay on."""

    stripe_session_id: str
    url: str


class Payments:
    """Stripe as one account sees it. Raises Unavailable if it does not answer, Broken if it rejects our request.

    `log` is called for a request that failed, with Stripe's id of the request and its error code.
    """

    def __init__(
        self, settings: StripeSettings, http: httpx.AsyncClient, log: Callable[..., None] = lambda **_: None
    ) -> None:
        self._settings = settings
        self._http = http
        self._log = log

    async def open(self, order: Order) -> Page:
        """Make a checkout page; the same order again gets the same page."""
        import stripe

        metadata = {CHECKOUT_ID: str(order.checkout_id)}
        price: stripe.params.checkout.SessionCreateParamsLineItemPriceData = {
            "currency": order.currency,
            "unit_amount": order.amount_minor,
            "product_data": {"name": order.description},
        }
        params: stripe.params.checkout.SessionCreateParams = {
            "mode": "payment",
            "line_items": [{"price_data": price, "quantity": 1}],
            "client_reference_id": str(order.checkout_id),
            "metadata": metadata,
            "payment_intent_data": {"metadata": metadata},  # Stripe copies it to the charge
            "adaptive_pricing": {"enabled": False},  # what is charged is what our database says
            "expires_at": int(order.expires_at.timestamp()),
            "success_url": order.success_url,
            "cancel_url": order.cancel_url,
        }
        if order.email:
            params["customer_email"] = order.email
        attempt: stripe.RequestOptions = {"idempotency_key": f"checkout-{order.checkout_id}"}
        try:
            session = await self._ask(self._client.v1.checkout.sessions.create_async(params, attempt))
        except stripe.InvalidRequestError as error:
            raise _rejected_by_stripe(error) from error
        return Page(session.id, session.url or "")

    async def refund(self, refund_id: UUID, payment_intent_id: str, amount_minor: int) -> PaymentFacts:
        """Refund so much of a payment; a repeat is the same refund. Gives what Stripe said when it was made.

        A repeat gets the first answer again, so it is as old as the refund; `fetch` says how it is now.

        Raises Conflict `refund_refused` with Stripe's own reason, if it will never refund this.
        """
        import stripe

        params: stripe.params.RefundCreateParams = {
            "payment_intent": payment_intent_id,
            "amount": amount_minor,
            "metadata": {"refund_id": str(refund_id)},
        }
        attempt: stripe.RequestOptions = {"idempotency_key": f"refund-{refund_id}"}
        try:
            refund = await self._ask(self._client.v1.refunds.create_async(params, attempt))
        except stripe.InvalidRequestError as error:
            raise Conflict(
                "refund_refused", "Stripe does not refund this payment.", hint=error.user_message
            ) from error
        fact = refund_fact(refund.to_dict())
        if fact is None:
            raise Broken(details="Stripe answered a refund without id or amount")
        as_of = datetime.fromtimestamp(refund.created, UTC)
        return PaymentFacts(payment_intent_id=payment_intent_id, as_of=as_of, refunds=[fact])

    async def fetch(self, stripe_session_id: str) -> PaymentFacts:
        """What Stripe knows of a checkout now, with its receipt and the state of each refund and dispute.

        `missing` if it has none of that id.
        """
        import stripe

        expand: stripe.params.checkout.SessionRetrieveParams = {
            "expand": ["payment_intent.latest_charge.refunds", "line_items"]
        }
        request = self._client.v1.checkout.sessions.retrieve_async(stripe_session_id, expand)
        try:
            session = await self._ask(request)
        except stripe.InvalidRequestError as error:
            if error.code != "resource_missing":
                raise _rejected_by_stripe(error) from error
            return PaymentFacts(stripe_session_id=stripe_session_id, session_status="missing")
        answer = session.to_dict()
        facts = facts_of_session(answer).model_copy(update={"as_of": _answered_at(session)})
        charge, intent = charge_of(answer), facts.payment_intent_id
        if intent and (charge.get("refunds") or {}).get("has_more"):  # a charge lists its ten newest
            refunds = self._client.v1.refunds.list_async({"payment_intent": intent, "limit": MOST})
            facts = facts.model_copy(update={"refunds": refunds_in((await self._ask(refunds)).to_dict())})
        if intent and charge.get("disputed"):  # it stays so once a dispute is won
            disputes = self._client.v1.disputes.list_async({"payment_intent": intent, "limit": MOST})
            facts = facts.model_copy(update={"disputes": disputes_in((await self._ask(disputes)).to_dict())})
        return facts

    async def close(self, stripe_session_id: str) -> PaymentFacts:
        """Let nobody pay by this checkout any more. If somebody has paid, or it has ended, the facts say so."""
        import stripe

        try:
            session = await self._ask(self._client.v1.checkout.sessions.expire_async(stripe_session_id))
        except stripe.InvalidRequestError:
            return await self.fetch(stripe_session_id)  # it is not open: how did it end?
        return facts_of_session(session.to_dict())

    @cached_property
    def _client(self) -> "stripe.StripeClient":
        import stripe

        return stripe.StripeClient(
            self._settings.stripe_secret_key,
            base_addresses={"api": self._settings.stripe_api_url.rstrip("/")},
            max_network_retries=1,
            http_client=_transport(self._http),
        )

    async def _ask(self, request: Awaitable[Answer]) -> Answer:
        import stripe

        try:
            return await request
        except stripe.InvalidRequestError as error:
            self._log(stripe_request_id=error.request_id, stripe_error=error.code)
            raise
        except (stripe.AuthenticationError, stripe.PermissionError, stripe.IdempotencyError) as error:
            raise _rejected_by_stripe(error) from error
        except stripe.StripeError as error:
            self._log(stripe_request_id=error.request_id, stripe_error=error.code or type(error).__name__)
            if error.http_status == 409:
                raise Conflict(
                    "request_in_progress", "The same request is still running.", hint="Ask again in a moment."
                ) from error
            raise Unavailable(
                "payments_unavailable", "The payment service does not answer. Please try again in a moment."
            ) from error


def _transport(http: httpx.AsyncClient) -> "stripe.HTTPClient":
    """The library's requests over our own connections: with our timeouts, and through no proxy."""
    import stripe

    class Transport(stripe.HTTPClient):
        name = "httpx"

        async def request_async(
            self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
        ) -> tuple[bytes, int, Mapping[str, str]]:
            try:
                reply = await http.request(method, url, headers=headers, content=post_data, timeout=TIMEOUT)
            except httpx.HTTPError as error:
                raise stripe.APIConnectionError(repr(error), should_retry=True) from error  # type: ignore[no-untyped-call]
            return reply.content, reply.status_code, reply.headers

        def sleep_async(self, secs: float) -> Awaitable[None]:
            return asyncio.sleep(secs)

    return Transport()


def _answered_at(answer: "stripe.StripeObject") -> datetime:
    """When Stripe answered, by its own clock, which its events are dated by too."""
    try:
        return parsedate_to_datetime(answer.last_response.headers["date"]).astimezone(UTC)  # type: ignore[union-attr]
    except (AttributeError, KeyError, TypeError, ValueError):
        return datetime.now(UTC)


def _rejected_by_stripe(error: "stripe.StripeError") -> Broken:
    answer = f"{error.http_status} {error.code}: {error.user_message}"
    return Broken(details=f"Stripe answered {answer} ({error.request_id})")
