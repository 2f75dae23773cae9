"""Calls to the database: functions are called through the stack, and their logs say how often they asked.

One is the target; two where the world outside is asked in between. Who works off a list, as the reconciler does and the
copier of a recording, asks once more for each thing on it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from deploy.functions import functions
from deploy.imports import packages
from tests.booking_scene import BookingScene
from tests.cast import Stage
from tests.payment_scene import FakeStripe, PaymentScene
from tests.recording_scene import Agora, Scene

from .slots import slots_of_a_month


@dataclass(frozen=True)
class Asked:
    """A function's calls to the database, a number for each request it granted, and the target. None: not called."""

    calls: list[int]
    target: int


def measure(stage: Stage, agora: Agora, stripe: FakeStripe, logs: Path) -> dict[str, Asked]:
    """Each function's calls. Who goes outside asks before and after: those ship the client for it."""
    _book(BookingScene(stage))
    _pay(PaymentScene(stage), stripe)
    _record(Scene(stage, agora))
    _look(stage)
    return {
        name: Asked(list(_granted(logs / f"{name}.log")), 2 if "httpx" in packages(function) else 1)
        for name, function in functions().items()
    }


def _book(booking: BookingScene) -> None:
    """From a free slot to a session that was moved and cancelled; two forms of a class, linked and parted."""
    stage, client, admin = booking.stage, booking.client, booking.stage.admin()
    stage.invoke("get-available-slots", slots_of_a_month(stage), as_=client).raise_for_status()
    stage.invoke("check-session-credits", as_=client).raise_for_status()
    session = {"session_id": booking.book()}
    stage.invoke("quote-cancellation", session, as_=client).raise_for_status()
    later = {"scheduled_at": (booking.starts_at + timedelta(hours=5)).isoformat()}
    stage.invoke("reschedule-session", {**session, **later}, as_=client).raise_for_status()
    stage.invoke("cancel-session", session, as_=client).raise_for_status()
    online, studio = booking.make_class(), booking.make_class(session_location="in_person")
    both = {"session_id": str(online["id"]), "correlated_session_id": str(studio["id"])}
    stage.invoke("link-group-sessions", both, as_=admin).raise_for_status()
    stage.invoke("unlink-group-sessions", {"session_id": str(online["id"])}, as_=admin).raise_for_status()
    stage.invoke_as_service("reconcile-bookings").raise_for_status()


def _pay(paying: PaymentScene, stripe: FakeStripe) -> None:
    """A package that is paid for and given back."""
    opened = paying.pay(paying.in_wallet()).raise_for_status()
    payment = paying.payment(opened)
    stripe.end(opened.json()["url"].rpartition("/")[2], payment, "complete", "paid")
    paying.hear(payment.completed()).raise_for_status()
    refund = {"checkout_id": opened.json()["checkout_id"], "reason": "They moved away."}
    paying.stage.invoke("refund-payment", refund, as_=paying.stage.admin()).raise_for_status()
    paying.stage.invoke_as_service("reconcile-payments").raise_for_status()


def _record(scene: Scene) -> None:
    """One session from waiver to recommendation."""
    stage, client, practitioner = scene.stage, scene.client, scene.practitioner
    text = stage.value("select policy_text from public.waiver_policy where is_active")
    stage.invoke("create-liability-waiver", {"waiver_text": text}, as_=client).raise_for_status()
    stage.invoke("get-liability-waiver-status", {}, as_=client).raise_for_status()
    for function in ("create-agora-room", "create-agora-token"):
        stage.invoke(function, {"channelName": scene.channel}, as_=client).raise_for_status()
    scene.record()
    status = {"session_id": str(scene.session["id"])}
    stage.invoke("get-recording-status", status, as_=client).raise_for_status()
    scene.reconcile()
    scene.process()
    link = urlsplit(scene.recording["recording_url"])
    stage.http.get(f"{link.path}?{link.query}")  # redirects to storage
    action = {"client_id": str(client.id), "title": "Breathe", "action_type": "mindfulness"}
    made = stage.invoke("create-action-recommendation", action, as_=practitioner).raise_for_status().json()
    done = {"action_id": made["recommendation"]["id"], "completed": True}
    stage.invoke("update-action-status", done, as_=client).raise_for_status()


def _look(stage: Stage) -> None:
    """What needs nothing but somebody who asks, and what only the clock calls."""
    client, practitioner, admin = stage.client(), stage.practitioner(), stage.admin()
    consent = {"consent_type": "session_recording", "consented": True}
    for function, body, person in (
        ("record-consent", consent, client),
        ("get-consent-status", {}, client),
        ("record-audit-log", {"action": "VIEW", "table_name": "profiles"}, client),
        ("export-my-data", {}, client),
        ("list-users", {}, admin),
        ("list-payments", {}, admin),
        ("get-banking-key", {}, practitioner),
        ("export-earnings-csv", {}, practitioner),
        ("issue-practitioner-contract", {"practitioner_id": str(practitioner.practitioner_id)}, admin),
        ("sign-practitioner-contract", {"signature_name": "Practitioner"}, practitioner),
        ("export-payout-file", {}, admin),
    ):
        stage.invoke(function, body, as_=person)
    for name, function in functions().items():
        if function.schedule:
            stage.invoke_as_service(name)


def _granted(log: Path) -> Iterator[int]:
    for line in log.read_text().splitlines() if log.exists() else ():
        if line.startswith("{") and (said := json.loads(line)).get("status", 500) < 400:
            yield said["database_calls"]
