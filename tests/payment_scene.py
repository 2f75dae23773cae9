"""A scene in which somebody pays: who, for what; and Stripe, played by a real HTTP server that can fail on demand."""

import json
import os
import re
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl

import httpx
import psutil
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from deploy.functions import functions
from local.members import end_within

from .cast import Person, Stage
from .stripe_events import Payment, signed

SITE = "https://our-site.test"


class PaymentScene:
    """A client, a practitioner whose time is free, and one kind of session."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.client = stage.client()
        self.practitioner = stage.practitioner()
        self.type = self.type_of(45)
        self.starts_at = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=3)

    def type_of(self, minutes: int, *, is_group: bool = False) -> dict[str, Any]:
        return self.stage.row(
            "select * from public.session_types"
            " where duration_minutes = %s and session_type = 'standing' and is_group = %s",
            minutes,
            is_group,
        )

    def from_checkout_page(self, **more: Any) -> dict[str, Any]:
        """What the checkout page sends."""
        return {
            "practitioner_id": str(self.practitioner.practitioner_id),
            "scheduled_at": self.starts_at.isoformat().replace("+00:00", ".000Z"),
            "duration_minutes": self.type["duration_minutes"],
            "notes": None,
            "payment_type": "single",
            "session_type_id": str(self.type["id"]),
            "currency": "cad",
            "cancellation_policy_agreed": True,
            "cancellation_policy_version": str(
                self.stage.value("select id from public.cancellation_policy where is_active")
            ),
            **more,
        }

    def from_wallet(self, **more: Any) -> dict[str, Any]:
        """What the wallet sends."""
        own = {"payment_type": "package_5", "session_type_id": str(self.type["id"]), "duration_minutes": 45}
        return {**own, "currency": "usd", **more}

    def pay(self, body: dict[str, Any], *, as_: Person | None = None, **more: Any) -> httpx.Response:
        """Ask for a page to pay on."""
        return self.stage.invoke("create-session-payment", body, as_=as_ or self.client, **more)

    def receive_event(self, body: bytes, signature: str | None = None) -> httpx.Response:
        """Deliver an event of Stripe."""
        signature = signature or signed(body, self.stage.env["STRIPE_WEBHOOK_SECRET"])
        return self.stage.invoke(
            "stripe-session-webhook",
            content=body,
            headers={"stripe-signature": signature, "content-type": "application/json"},
        )

    def payment(self, opened: httpx.Response) -> Payment:
        """The payment of a page, as Stripe will report it."""
        checkout = self.stage.row(
            "select * from public.checkout_sessions where id = %s", opened.json()["checkout_id"]
        )
        return Payment(str(checkout["id"]), checkout["amount_minor"], checkout["currency"])

    def rows(self, table: str, person: Person | None = None, column: str = "user_id") -> list[dict[str, Any]]:
        """What somebody has, oldest first."""
        query = f"select * from {table} where {column} = %s order by created_at"
        return self.stage.owner.execute(query, ((person or self.client).id,)).fetchall()

    def checkouts(self, person: Person | None = None) -> list[dict[str, Any]]:
        return self.rows("public.checkout_sessions", person)

    def holds(self, person: Person | None = None) -> list[str]:
        return [row["status"] for row in self.rows("public.session_holds", person)]

    def sessions(self, person: Person | None = None) -> list[dict[str, Any]]:
        return self.rows("public.session_schedules", person, "client_id")

    def credits(self, person: Person | None = None) -> list[int]:
        return [row["credits_remaining"] for row in self.rows("public.user_session_credits", person)]

    def events(self, person: Person | None = None) -> list[str]:
        """The kinds of a person's events in their order, but for the welcome that everybody gets."""
        query = "select kind from private.outbox where user_id = %s and kind <> 'welcome' order by id"
        return [row["kind"] for row in self.stage.owner.execute(query, ((person or self.client).id,))]


def pay_on(page: str) -> httpx.Response:
    """What a browser does: read the page, send its form. Gives where it is sent next."""
    html = httpx.get(page).raise_for_status().text
    action = html.partition('<form method="post" action="')[2].partition('"')[0]
    return httpx.post(httpx.URL(page).join(action), data={"email": "payer@stage.test"})


class FakeStripe:
    """The part of Stripe's API that we use, with amounts, receipts, refunds and disputes; and what it was asked."""

    def __init__(self, server: HTTPServer) -> None:
        self.url = server.url_for("").rstrip("/")
        self.sessions: dict[str, dict[str, Any]] = {}
        self.refunds: dict[
            str, dict[str, Any]
        ] = {}  # by idempotency key: the first answer, which a repeat gets
        self.refund_status = "succeeded"  # of the next one that is made
        self.fail_reading = False
        self.payments: dict[str, Payment] = {}  # by payment intent
        self.asked: list[tuple[str, dict[str, str], str | None]] = []  # path, form, idempotency key
        self.answers_instead: list[Response] = []
        server.expect_request("/v1/checkout/sessions", method="POST").respond_with_handler(self._create)
        server.expect_request(re.compile(r"^/v1/checkout/sessions/\w+(/expire)?$")).respond_with_handler(
            self._session
        )
        server.expect_request("/v1/refunds", method="POST").respond_with_handler(self._refund)
        server.expect_request("/v1/refunds", method="GET").respond_with_handler(self._list_refunds)
        server.expect_request("/v1/disputes").respond_with_handler(self._disputes)

    def fail(self, *answers: tuple[int, dict[str, Any]]) -> None:
        """Answer the next requests so, and do nothing."""
        self.answers_instead += [Response(json.dumps({"error": body}), status) for status, body in answers]

    def end(self, session_id: str, payment: Payment, status: str, payment_status: str, **charge: Any) -> None:
        """Somebody paid, or nobody did: no webhook reports it."""
        self.sessions[session_id] |= payment.session(status, payment_status, id=session_id)
        if charge or payment_status == "paid":
            self.payments[payment.intent] = payment
            self.sessions[session_id]["payment_intent"] = {"id": payment.intent, "latest_charge": charge}

    def _create(self, request: Request) -> Response:
        form = dict(parse_qsl(request.get_data(as_text=True)))
        self.asked.append((request.path, form, request.headers.get("idempotency-key")))
        if self.answers_instead:
            return self.answers_instead.pop(0)
        known = [each for each in self.sessions.values() if each["key"] == request.headers["idempotency-key"]]
        session = known[0] if known else self._new(form, request.headers["idempotency-key"])
        return Response(json.dumps(session))

    def _new(self, form: dict[str, str], key: str) -> dict[str, Any]:
        session_id = f"cs_{uuid.uuid4().hex}"
        self.sessions[session_id] = {
            "id": session_id,
            "object": "checkout.session",
            "status": "open",
            "payment_status": "unpaid",
            "amount_total": int(form["line_items[0][price_data][unit_amount]"]),
            "currency": form["line_items[0][price_data][currency]"],
            "metadata": {"checkout_id": form["metadata[checkout_id]"]},
            "url": f"https://pay.stripe.test/{session_id}",
            "key": key,
        }
        return self.sessions[session_id]

    def _session(self, request: Request) -> Response:
        self.asked.append((request.path, dict(request.args), None))
        if self.answers_instead:
            return self.answers_instead.pop(0)
        if self.fail_reading:
            return Response(json.dumps({"error": {"type": "api_error"}}), 500)
        session = self.sessions.get(request.path.split("/")[4])
        if session is None:
            error = {
                "type": "invalid_request_error",
                "code": "resource_missing",
                "message": "No such checkout",
            }
            return Response(json.dumps({"error": error}), 404)
        if request.path.endswith("/expire"):
            if session["status"] != "open":
                error = {"type": "invalid_request_error", "message": "Only open sessions can be expired."}
                return Response(json.dumps({"error": error}), 400)
            session["status"] = "expired"
        return Response(json.dumps({**session, **self._expanded(session, request)}))

    def _expanded(self, session: dict[str, Any], request: Request) -> dict[str, Any]:
        """The payment and its charge as they are now; a charge lists its ten newest refunds to who asks for them."""
        intent = session.get("payment_intent")
        if not isinstance(intent, dict) or "latest_charge" not in intent:
            return {}
        payment = self.payments[intent["id"]]
        charge = payment.charge(**intent["latest_charge"])
        if request.args.get("expand[0]", "").endswith(".refunds"):
            newest = list(reversed(payment.refunds))
            charge["refunds"] = {"object": "list", "data": newest[:10], "has_more": len(newest) > 10}
        return {"payment_intent": {"id": intent["id"], "latest_charge": charge}}

    def _refund(self, request: Request) -> Response:
        form, key = dict(parse_qsl(request.get_data(as_text=True))), request.headers["idempotency-key"]
        self.asked.append((request.path, form, key))
        if self.answers_instead:
            return self.answers_instead.pop(0)
        if key not in self.refunds:
            payment = self.payments[form["payment_intent"]]
            self.refunds[key] = payment.refund(
                int(form["amount"]), self.refund_status, form["metadata[refund_id]"]
            )
        return Response(json.dumps(self.refunds[key]))

    def _list_refunds(self, request: Request) -> Response:
        self.asked.append((request.path, dict(request.args), None))
        newest = list(reversed(self.payments[request.args["payment_intent"]].refunds))
        page = {"object": "list", "data": newest[: int(request.args["limit"])], "has_more": False}
        return Response(json.dumps(page))

    def _disputes(self, request: Request) -> Response:
        intent = parse_qs(request.query_string.decode()).get("payment_intent", [""])[0]
        found = list(self.payments[intent].disputes.values())
        return Response(json.dumps({"object": "list", "data": found, "has_more": False}))


@contextmanager
def served(
    name: str, stage: Stage, *, prints: bool = False, is_killed: bool = False, **env: str
) -> Iterator[httpx.Client]:
    """A function in a process of its own, beside those of the stack, with some of its settings otherwise."""
    function = functions()[name]
    granted = {each: stage.env[each] for each in function.settings if each in stage.env}
    with (
        socket.create_server(("127.0.0.1", 0), backlog=128) as listener,
        os.fdopen(os.dup(1), "wb") if prints else Path(os.devnull).open("wb") as log,
    ):
        port = listener.getsockname()[1]
        pid = stage.forkserver.fork(function.target, {**granted, **env}, listener, log)
    process = psutil.Process(pid)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            yield client
    finally:
        if is_killed:
            process.kill()
        end_within([process], patience=20)
