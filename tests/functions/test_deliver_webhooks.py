"""Telling other systems: signed, once for each endpoint, until it has been heard; and nothing of anybody's."""

import json
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from standardwebhooks import Webhook
from werkzeug import Request, Response

from functions.deliver_webhooks.main import PATIENCE_S
from tests.cast import Person, Stage
from tests.dripping import HEAD, dripping


class Receiver:
    """An endpoint of some other system, which answers as it is told."""

    def __init__(self, stage: Stage, server: HTTPServer, admin: Person) -> None:
        self.stage, self.admin = stage, admin
        self.answers: list[int] = []
        self.heard: list[Request] = []
        server.expect_request("/hook").respond_with_handler(self._answer)
        made = stage.rest(
            "POST",
            "rpc/create_webhook_endpoint",
            as_=admin,
            json={"url": server.url_for("/hook"), "events": ["session.booked", "session.completed"]},
        )
        (endpoint,) = made.raise_for_status().json()
        self.id, self.secret = endpoint["id"], endpoint["secret"]

    def _answer(self, request: Request) -> Response:
        request.get_data()
        self.heard.append(request)
        return Response(status=self.answers.pop(0) if self.answers else 204)

    def emit(self, kind: str = "session_booked", **payload: Any) -> None:
        """Something became true."""
        self.stage.execute(
            "select private.publish_event(%s, %s, gen_random_uuid(), %s)",
            kind,
            self.admin.id,
            json.dumps({"scheduled_at": "2031-01-01T10:00:00Z", "notes": "Private words", **payload}),
        )

    def move_to(self, url: str) -> None:
        self.stage.execute("update public.webhook_endpoints set url = %s where id = %s", url, self.id)

    def deliver(self) -> dict[str, int]:
        reply = self.stage.invoke_as_service("deliver-webhooks")
        assert reply.status_code == 200, reply.text
        deliveries: dict[str, int] = reply.json()["deliveries"]
        return deliveries

    def deliveries(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.stage.rest(
            "GET", f"webhook_deliveries?endpoint_id=eq.{self.id}&order=created_at", as_=self.admin
        ).json()
        return found

    def become_due(self) -> None:
        """As if the wait before the next attempt were over."""
        self.stage.execute(
            "update public.webhook_deliveries set next_attempt_at = now() where endpoint_id = %s", self.id
        )


@pytest.fixture
def receiver(stage: Stage, httpserver: HTTPServer) -> Iterator[Receiver]:
    receiver = Receiver(stage, httpserver, stage.admin())
    yield receiver
    stage.execute("delete from public.webhook_endpoints where id = %s", receiver.id)


def test_a_delivery_is_signed_and_describes_the_event(receiver: Receiver) -> None:
    """Verified by the specification's own library; only ids and times leave the house."""
    receiver.emit("session_booked", practitioner_id=str(receiver.admin.id), name="Somebody")
    receiver.emit("session_cancelled")  # not asked for
    assert receiver.deliver() == {"delivered": 1}

    (request,) = receiver.heard
    event = Webhook(receiver.secret).verify(request.get_data(), dict(request.headers))
    assert event["type"] == "session.booked"
    assert datetime.fromisoformat(event["timestamp"]) > datetime.now(UTC) - timedelta(minutes=5)
    assert {"session_id", "user_id", "practitioner_id", "scheduled_at"} == set(event["data"])
    assert receiver.deliver() == {}


@pytest.mark.parametrize(
    ("kind", "payload", "sent"),
    [
        (
            "session_rescheduled",
            {"by": "admin", "previous": {"scheduled_at": "x", "physical_location": "Private Street 1"}},
            {"changed_by": "admin", "changed": ["physical_location", "scheduled_at"]},
        ),
        (
            "session_changed",
            {"by": "practitioner", "previous": {"practitioner_id": "x"}},
            {"changed_by": "practitioner", "changed": ["practitioner_id"]},
        ),
        (
            "payment_received",
            {"checkout_id": "c", "amount_minor": 5, "currency": "cad"},
            {"checkout_id": "c", "amount_minor": 5, "currency": "cad"},
        ),
        ("payment_returned", {"amount_minor": 5, "currency": "cad"}, {"amount_minor": 5, "currency": "cad"}),
        (
            "recording_failed",
            {"recording_id": "r", "failure_code": "no_files"},
            {"recording_id": "r", "failure_code": "no_files"},
        ),
    ],
)
def test_a_change_and_money_are_told_in_ids_times_and_amounts(
    receiver: Receiver, kind: str, payload: dict[str, Any], sent: dict[str, Any]
) -> None:
    """Never the place or the name before."""
    event = kind.replace("_", ".")
    receiver.stage.rest(
        "PATCH", f"webhook_endpoints?id=eq.{receiver.id}", as_=receiver.admin, json={"events": [event]}
    ).raise_for_status()
    receiver.emit(kind, **payload)
    assert receiver.deliver() == {"delivered": 1}

    told = json.loads(receiver.heard[0].get_data())
    assert event == told["type"]
    assert sent == {
        name: value
        for name, value in told["data"].items()
        if name not in ("session_id", "user_id", "scheduled_at")
    }


def test_every_event_that_an_endpoint_may_ask_for_is_sent_to_it(receiver: Receiver) -> None:
    """The list of what it may ask for holds nothing that nobody publishes."""
    may_ask = receiver.stage.value(
        "select pg_get_constraintdef(oid) from pg_constraint where conname = 'webhook_endpoints_events_are_known'"
    )
    names = sorted(set(re.findall(r"'(\w+\.\w+)'", may_ask)))
    assert {"session.rescheduled", "session.changed", "recording.failed"} < set(names)
    receiver.stage.execute(
        "update public.webhook_endpoints set events = %s where id = %s", names, receiver.id
    )
    published = receiver.stage.value(
        "select string_agg(prosrc, ' ') from pg_proc where pronamespace = 'private'::regnamespace"
        " and prosrc ~ 'publish_event|insert into private.outbox'"
    )
    assert [] == [name for name in names if f"'{name.replace('.', '_')}'" not in published]
    for name in names:
        receiver.emit(name.replace(".", "_"))

    assert receiver.deliver() == {"delivered": len(names)}
    assert names == sorted(json.loads(request.get_data())["type"] for request in receiver.heard)


def test_a_failed_delivery_is_retried_under_the_same_id(receiver: Receiver) -> None:
    """With growing delays; a redirect is not followed, and nothing of the answer is kept but its status."""
    receiver.answers = [500, 302]
    receiver.emit()
    assert receiver.deliver() == {"pending": 1}
    assert receiver.deliver() == {}  # not due yet
    for outcome in ("pending", "delivered"):
        receiver.become_due()
        assert receiver.deliver() == {outcome: 1}

    assert 1 == len({request.headers["webhook-id"] for request in receiver.heard})
    (delivery,) = receiver.deliveries()
    assert ("delivered", 3, 204) == (delivery["status"], delivery["attempts"], delivery["last_status"])


def test_after_ten_attempts_a_delivery_fails_and_an_admin_may_resend_it(receiver: Receiver) -> None:
    """One delivery by its id, or all that failed since a time."""
    receiver.emit()
    receiver.stage.execute(
        "update public.webhook_deliveries set attempts = 9 where endpoint_id = %s", receiver.id
    )
    receiver.answers = [503]
    assert receiver.deliver() == {"failed": 1}
    receiver.become_due()
    assert receiver.deliver() == {}

    again = {"endpoint_id": receiver.id, "since": (datetime.now(UTC) - timedelta(hours=1)).isoformat()}
    for count in (1, 0):
        told = receiver.stage.rest("POST", "rpc/redeliver_webhooks", as_=receiver.admin, json=again).json()
        assert told == [{"redelivered": count}]
    assert receiver.deliver() == {"delivered": 1}

    by_name = {"delivery_id": receiver.deliveries()[0]["id"]}
    receiver.stage.rest("POST", "rpc/redeliver_webhooks", as_=receiver.admin, json=by_name).raise_for_status()
    assert receiver.deliver() == {"delivered": 1}
    refused = receiver.stage.rest("POST", "rpc/redeliver_webhooks", as_=receiver.admin, json={})
    assert (422, "nothing_to_redeliver") == (refused.status_code, refused.json()["details"])


def test_an_endpoint_that_answers_410_is_switched_off(receiver: Receiver) -> None:
    """Events that happen afterwards are not written for it."""
    receiver.answers = [410]
    receiver.emit()
    assert receiver.deliver() == {"failed": 1}
    receiver.emit()
    assert 1 == len(receiver.deliveries())


def test_ten_workers_send_each_delivery_once(receiver: Receiver) -> None:
    """The one that claims a delivery sends it."""
    for _ in range(20):
        receiver.emit("session_completed", is_no_show=False)
    with ThreadPoolExecutor(10) as pool:
        replies = list(pool.map(lambda _: receiver.deliver(), range(10)))

    assert 20 == sum(reply.get("delivered", 0) for reply in replies)
    ids = [request.headers["webhook-id"] for request in receiver.heard]
    assert 20 == len(ids) == len(set(ids))


def test_a_delivery_whose_worker_died_is_claimed_by_another(receiver: Receiver) -> None:
    """Once its claim has lapsed."""
    receiver.emit()
    service = {"apikey": receiver.stage.env["SUPABASE_SECRET_KEY"]}
    claimed = receiver.stage.http.post("/rest/v1/rpc/claim_webhook_delivery", json={}, headers=service).json()
    assert claimed[0]["delivery_id"] and receiver.deliver() == {}
    receiver.stage.execute(
        "update public.webhook_deliveries set lease_until = now(), next_attempt_at = now() where endpoint_id = %s",
        receiver.id,
    )
    assert receiver.deliver() == {"delivered": 1}

    late = {"delivery_id": claimed[0]["delivery_id"], "lease_id": claimed[0]["lease_id"], "status": 500}
    refused = receiver.stage.http.post("/rest/v1/rpc/finish_webhook_delivery", json=late, headers=service)
    assert (409, "lease_lost") == (refused.status_code, refused.json()["details"])


def test_two_secrets_sign_while_one_replaces_the_other(receiver: Receiver) -> None:
    """For a day; then the new one alone."""
    (new,) = receiver.stage.rest(
        "POST", "rpc/rotate_webhook_secret", as_=receiver.admin, json={"endpoint_id": receiver.id}
    ).json()
    receiver.emit()
    receiver.deliver()
    receiver.stage.execute(
        "update private.webhook_secrets set retires_at = now() where endpoint_id = %s and retires_at is not null",
        receiver.id,
    )
    receiver.emit()
    receiver.deliver()

    both, alone = receiver.heard
    for secret in (receiver.secret, new["secret"]):
        Webhook(secret).verify(both.get_data(), dict(both.headers))
    Webhook(new["secret"]).verify(alone.get_data(), dict(alone.headers))
    assert 1 == len(alone.headers["webhook-signature"].split())


def test_a_receiver_that_drips_is_a_failed_delivery(receiver: Receiver) -> None:
    """Given up after the time that a whole delivery has, recorded with its reason, and tried again later."""
    with dripping(HEAD) as address:
        receiver.move_to(f"http://{address}/hook")
        receiver.emit()
        began = time.monotonic()
        outcome = receiver.deliver()
        took = time.monotonic() - began

    (delivery,) = receiver.deliveries()
    assert outcome == {"pending": 1}
    assert took < PATIENCE_S + 3
    assert ("ReadTimeout", None, None) == tuple(
        delivery[each] for each in ("last_error", "last_status", "lease_id")
    )
    assert receiver.deliver() == {}  # not due yet


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://10.0.0.1/hook", "address_not_public"),
        ("https://169.254.169.254/latest/meta-data/", "address_not_public"),
        ("https://[::ffff:10.0.0.1]/", "address_not_public"),
        ("https://nowhere.invalid/hook", "name_not_found"),
    ],
)
def test_an_inner_receiver_is_a_failed_delivery(receiver: Receiver, url: str, reason: str) -> None:
    """Recorded with its reason; nothing is sent."""
    receiver.move_to(url)
    receiver.emit()

    assert receiver.deliver() == {"pending": 1}
    assert [reason] == [delivery["last_error"] for delivery in receiver.deliveries()]


def test_only_admins_manage_webhooks(stage: Stage, receiver: Receiver) -> None:
    """Nobody else sees that there are any; and a secret is shown once."""
    client = stage.client()
    for rpc, body in {
        "create_webhook_endpoint": {"url": "https://example.com", "events": ["payout.paid"]},
        "rotate_webhook_secret": {"endpoint_id": receiver.id},
        "redeliver_webhooks": {"since": "2020-01-01"},
    }.items():
        refused = stage.rest("POST", f"rpc/{rpc}", as_=client, json=body)
        assert (403, "admins_only") == (refused.status_code, refused.json()["details"])
    assert stage.rest("GET", "webhook_endpoints", as_=client).json() == []
    assert receiver.secret not in stage.rest("GET", "webhook_endpoints", as_=receiver.admin).text
    missing = stage.rest(
        "POST",
        "rpc/rotate_webhook_secret",
        as_=receiver.admin,
        json={"endpoint_id": "00000000-0000-4000-8000-000000000000"},
    )
    assert (404, "webhook_endpoint_not_found") == (missing.status_code, missing.json()["details"])
    assert stage.invoke("deliver-webhooks", {}, as_=receiver.admin).status_code == 403


@pytest.mark.parametrize(
    "url", ["http://example.com/hook", "https://user@example.com/", "ftp://example.com", "https://"]
)
def test_webhooks_are_sent_over_https_only(stage: Stage, url: str) -> None:
    """And not to an address with a name and a password in it."""
    body = {"url": url, "events": ["payout.paid"]}
    assert stage.rest("POST", "rpc/create_webhook_endpoint", as_=stage.admin(), json=body).status_code == 400
