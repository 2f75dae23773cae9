"""What Stripe reports about a payment, as facts: verifying that an event is Stripe's, and reading facts from it.

A fact once true stays true (paid, expired), so facts may arrive twice, late and in any order; SQL gathers them and
decides what follows. Refunds and disputes change their state, also back: theirs is what Stripe said last (`as_of`).
An answer of Stripe's API is read into the same facts.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from .settings import Settings
from .signed_json import LONGEST_TEXT, id_in, read_signed, sane, text_in
from .wire import Output

LONGEST_URL = 2048


class StripeWebhookSettings(Settings):
    """The secret that events are signed with. Two with a comma between, while a secret is being rotated."""

    stripe_webhook_secret: str

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(secret.strip() for secret in self.stripe_webhook_secret.split(",") if secret.strip())


# What keeps a paid session from being booked is caught in SQL, which grants a credit instead: no caller sees it.
OBSERVING_REFUSES = (
    "checkout_not_found",
    "already_joined",
    "beyond_horizon",
    "class_full",
    "class_not_found",
    "class_not_open",
    "class_over",
    "no_usable_credit",
    "credits_owed",
    "outside_availability",
    "practitioner_unavailable",
    "slot_in_past",
    "slot_taken",
    "too_short_notice",
    "not_a_start",
    "double_booked",
)


class Line(Output):
    """A line of what was sold."""

    description: str | None
    amount_minor: int | None
    currency: str | None
    quantity: int | None


class RefundFact(Output):
    """One refund, as Stripe sees it. `request_id` is our own row, if it was made by us."""

    id: str
    status: str | None  # pending, requires_action, succeeded, failed, canceled
    amount_minor: int
    request_id: UUID | None = None
    failure_reason: str | None = None


class DisputeFact(Output):
    """One dispute, as Stripe sees it."""

    id: str
    status: str | None  # warning_…, needs_response, under_review, won, lost, prevented
    amount_minor: int


class PaymentFacts(Output):
    """What one event or answer of Stripe's says about a payment. SQL has the same names: private.payment_facts."""

    checkout_id: UUID | None = None
    stripe_session_id: str | None = None
    payment_intent_id: str | None = None
    session_status: str | None = (
        None  # open, complete, expired; missing: Stripe knows none; unopened: it made none
    )
    payment_status: str | None = None  # paid, unpaid, no_payment_required
    payment_failed: bool | None = None
    completed_at: datetime | None = None  # when the payer was done, by an event that says so
    intent_failed_at: datetime | None = None  # of a card, the payer may go on and pay otherwise
    amount_minor: int | None = None  # in all: the lines, less a discount, with tax and shipping
    subtotal_minor: int | None = None
    discount_minor: int | None = None
    tax_minor: int | None = None
    shipping_minor: int | None = None
    lines: list[Line] | None = None  # of an answer that was asked for them
    currency: str | None = None
    receipt_url: str | None = None
    refunded_minor: int | None = None  # the charge's sum of its refunds, which names none of them
    as_of: datetime | None = None  # when Stripe said so, by its own clock
    refunds: list[RefundFact] = Field(default_factory=list)
    disputes: list[DisputeFact] = Field(default_factory=list)


class Event(Output):
    """A genuine event. `facts` is None if it is not about a payment of ours."""

    id: str
    type: str
    happened_at: datetime | None
    facts: PaymentFacts | None
    payload: dict[str, Any]


def is_genuine(secrets: Iterable[str], body: bytes, signature: str | None) -> bool:
    """Whether Stripe signed these exact bytes with one of the secrets, within the last five minutes."""
    from stripe import SignatureVerificationError, Webhook, WebhookSignature

    for secret in secrets:
        try:
            WebhookSignature.verify_header(body, signature, secret, Webhook.DEFAULT_TOLERANCE)
        except (SignatureVerificationError, TypeError, UnicodeDecodeError):
            continue  # the last two: the library takes neither a signature that is no ASCII nor a body that is no UTF-8
        return True
    return False


def read_event(body: bytes) -> Event:
    """Read a body that `is_genuine`. Without an id, as a stand-in may send it, its bytes are its id."""
    event = read_signed(body)
    event_type = text_in(event.get("type"))
    happened_at = _moment(event.get("created"))
    facts = _facts_of(event_type, _object(_object(event.get("data")).get("object")), happened_at)
    return Event(
        id=id_in(event.get("id"), body),
        type=event_type,
        happened_at=happened_at,
        facts=facts and facts.model_copy(update={"as_of": happened_at}),
        payload=event,
    )


def facts_of_session(session: Mapping[str, Any]) -> PaymentFacts:
    """The facts of a checkout session; of its payment and charge too, where the answer contains them."""
    charge, added = charge_of(session), _object(session.get("total_details"))
    return PaymentFacts(
        checkout_id=_checkout_id(session),
        stripe_session_id=_text(session.get("id")),
        payment_intent_id=_id(session.get("payment_intent")),
        session_status=_text(session.get("status")),
        payment_status=_text(session.get("payment_status")),
        payment_failed=_has_failed(session) or None,
        amount_minor=_number(session.get("amount_total")),
        subtotal_minor=_number(session.get("amount_subtotal")),
        discount_minor=_number(added.get("amount_discount")),
        tax_minor=_number(added.get("amount_tax")),
        shipping_minor=_number(added.get("amount_shipping")),
        lines=_lines(session.get("line_items")),
        currency=_text(session.get("currency")),
        receipt_url=_text(charge.get("receipt_url"), LONGEST_URL),
        refunded_minor=_number(charge.get("amount_refunded")),
        refunds=refunds_in(_object(charge.get("refunds"))),
    )


def refunds_in(page: Mapping[str, Any]) -> list[RefundFact]:
    """The refunds of a list of Stripe's; of a charge, where the answer contains it."""
    return [fact for each in _list(page.get("data")) if (fact := refund_fact(_object(each)))]


def disputes_in(page: Mapping[str, Any]) -> list[DisputeFact]:
    """The disputes of a list of Stripe's."""
    return [fact for each in _list(page.get("data")) if (fact := _dispute_fact(_object(each)))]


def refund_fact(refund: Mapping[str, Any]) -> RefundFact | None:
    """What a refund says of itself."""
    refund_id, amount = _text(refund.get("id")), _number(refund.get("amount"))
    if refund_id is None or amount is None:
        return None
    return RefundFact(
        id=refund_id,
        status=_text(refund.get("status")),
        amount_minor=amount,
        request_id=_uuid(_object(refund.get("metadata")).get("refund_id")),
        failure_reason=_text(refund.get("failure_reason")),
    )


def _dispute_fact(dispute: Mapping[str, Any]) -> DisputeFact | None:
    dispute_id, amount = _text(dispute.get("id")), _number(dispute.get("amount"))
    if dispute_id is None or amount is None:
        return None
    return DisputeFact(id=dispute_id, status=_text(dispute.get("status")), amount_minor=amount)


def charge_of(session: Mapping[str, Any]) -> dict[str, Any]:
    """The charge of a checkout session, where the answer contains it."""
    return _object(_object(session.get("payment_intent")).get("latest_charge"))


def _has_failed(session: Mapping[str, Any]) -> bool:
    """Whether a bank has not paid what its payer had set out to pay: Stripe asks for another way to pay, or gave up."""
    intent = _object(session.get("payment_intent"))
    is_unpaid = (session.get("status"), session.get("payment_status")) == ("complete", "unpaid")
    return is_unpaid and intent.get("status") in ("requires_payment_method", "canceled")


def _lines(line_items: Any) -> list[Line] | None:
    """The first of them; we ask for one."""
    lines = _object(line_items).get("data")
    if not isinstance(lines, list):
        return None
    return [
        Line(
            description=(_text(line.get("description"), 2000) or "")[:200] or None,
            amount_minor=_number(line.get("amount_total")),
            currency=_text(line.get("currency")),
            quantity=_number(line.get("quantity")),
        )
        for line in map(_object, lines[:10])
    ]


def _facts_of(
    event_type: str, stripe_object: dict[str, Any], happened_at: datetime | None
) -> PaymentFacts | None:
    match event_type.split("."):
        case ["checkout", "session", change] if _checkout_id(stripe_object):
            facts = facts_of_session(stripe_object)
            if change == "async_payment_failed":
                return facts.model_copy(update={"payment_failed": True})
            return facts.model_copy(update={"completed_at": happened_at if change == "completed" else None})
        case ["payment_intent", "payment_failed"] if _checkout_id(stripe_object):
            return PaymentFacts(
                checkout_id=_checkout_id(stripe_object),
                payment_intent_id=_id(stripe_object),
                intent_failed_at=happened_at,
            )
        case ["charge", "succeeded" | "updated" | "refunded"] if _checkout_id(stripe_object):
            return PaymentFacts(
                checkout_id=_checkout_id(stripe_object),
                payment_intent_id=_id(stripe_object.get("payment_intent")),
                receipt_url=_text(stripe_object.get("receipt_url"), LONGEST_URL),
                refunded_minor=_number(stripe_object.get("amount_refunded")),
                refunds=refunds_in(_object(stripe_object.get("refunds"))),
            )
        # Both name the payment intent, and not our checkout.
        case ["refund", _] | ["charge", "refund", _] if refund := refund_fact(stripe_object):
            return PaymentFacts(payment_intent_id=_id(stripe_object.get("payment_intent")), refunds=[refund])
        case ["charge", "dispute", _] if dispute := _dispute_fact(stripe_object):
            return PaymentFacts(
                payment_intent_id=_id(stripe_object.get("payment_intent")), disputes=[dispute]
            )
    return None


def _checkout_id(stripe_object: Mapping[str, Any]) -> UUID | None:
    """Our checkout that an object of Stripe's belongs to, if it is one of ours."""
    return _uuid(_object(stripe_object.get("metadata")).get("checkout_id"))


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None


def _id(value: Any) -> str | None:
    """A reference is an id, or the whole object where that was asked for."""
    return _text(value.get("id") if isinstance(value, dict) else value)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any, longest: int = LONGEST_TEXT) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= longest else None


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31 else None


def _moment(value: Any) -> datetime | None:
    try:
        return sane(datetime.fromtimestamp(value, UTC))
    except (TypeError, ValueError, OverflowError, OSError):
        return None
