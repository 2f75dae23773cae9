"""Calls to the database: functions are called through the stack, and their logs say how often they asked.

One is the target; two where the world outside is asked in between. What the clock calls works off a list, and asks
again for each thing on it: for those the numbers are given, and there is no target. `start-agora-recording` asks four
times, `stop-agora-recording` three, and neither with less: what Agora needs of a take is not for its people to read, so
a second call, as the service, follows the one that decides as the person; and the resource that Agora gave is stored
before it is used, or a recording that began in a process that died could not be found again.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from deploy.functions import Function, functions
from deploy.imports import modules
from tests.booking_scene import BookingScene
from tests.cast import Stage
from tests.contract_scene import ContractScene
from tests.lifecycle_scene import LifecycleScene
from tests.mail_scene import ONE_CLICK
from tests.page_scene import PageScene
from tests.payment_scene import FakeStripe, PaymentScene
from tests.payout_file_scene import BankFileScene
from tests.recording_scene import AgoraEmulator
from tests.sharing_scene import SharingScene

from .slots import slots_of_a_month


@dataclass(frozen=True)
class FunctionCalls:
    """A function's calls to the database, a number for each request it granted, and the target if there is one."""

    calls: list[int]
    target: int | None


def measure(stage: Stage, agora: AgoraEmulator, stripe: FakeStripe, logs: Path) -> dict[str, FunctionCalls]:
    """Each function's calls. Raises if one was never called."""
    _book(BookingScene(stage))
    _pay(PaymentScene(stage), stripe)
    _record(LifecycleScene(stage, agora))
    _share(SharingScene(stage))
    _sign(ContractScene(stage))
    _bank(BankFileScene(stage))
    _answer(PageScene(stage))
    _mail(PageScene(stage))
    _call_the_rest(stage)
    calls = {
        name: FunctionCalls(list(_granted(logs / f"{name}.log")), _target(function))
        for name, function in functions().items()
    }
    if uncalled := [name for name, one in calls.items() if not one.calls]:
        raise RuntimeError(f"nobody in bench/calls.py has called {', '.join(uncalled)}")
    return calls


def _target(function: Function) -> int | None:
    """Who goes outside asks before and after: those ship the client for it. So does who numbers what it has opened."""
    if function.schedule:
        return None
    return 2 if "httpx" in modules(function) or function.name == "export-bank-file" else 1


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
    """A package that is paid for and refunded."""
    opened = paying.pay(paying.from_wallet()).raise_for_status()
    payment = paying.payment(opened)
    page = {"checkout_session_id": opened.json()["checkout_id"]}
    stripe.end(opened.json()["url"].rpartition("/")[2], payment, "complete", "paid")
    paying.receive_event(payment.completed()).raise_for_status()
    refund = {"checkout_id": opened.json()["checkout_id"], "reason": "They moved away."}
    paying.stage.invoke("refund-payment", refund, as_=paying.stage.admin()).raise_for_status()
    paying.stage.invoke("send-payment-receipt", page, as_=paying.client).raise_for_status()


def _record(scene: LifecycleScene) -> None:
    """One session from waiver to recommendation."""
    stage, client, practitioner = scene.stage, scene.client, scene.practitioner
    text = stage.value("select policy_text from public.waiver_policy where is_active")
    stage.invoke("create-liability-waiver", {"waiver_text": text}, as_=client).raise_for_status()
    stage.invoke("get-liability-waiver-status", {}, as_=client).raise_for_status()
    waiver = stage.value("select id from public.liability_waivers where user_id = %s", client.id)
    stage.invoke("get-waiver-pdf", {"waiver_id": str(waiver)}, as_=client).raise_for_status()
    stage.invoke("create-agora-room", {"channelName": scene.channel}, as_=client).raise_for_status()
    scene.enter(client, practitioner)
    scene.set_present(client, practitioner)
    scene.wait_for_events(2)
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


def _share(sharing: SharingScene) -> None:
    """A link that is made and taken back."""
    sharing.revoke(sharing.link()).raise_for_status()


def _sign(scene: ContractScene) -> None:
    """A contract from offer to copy, and a visitor who verifies the copy."""
    contract = scene.offer()
    scene.sign(contract).raise_for_status()
    scene.stage.invoke(
        "get-contract-pdf", {"contract_id": contract}, as_=scene.practitioner
    ).raise_for_status()
    (evidence,) = scene.evidence(contract)
    scene.verify(evidence["evidence_sha256"]).raise_for_status()


def _bank(scene: BankFileScene) -> None:
    """An account that is saved, verified and paid, and the page about the payout."""
    stage = scene.stage
    stage.invoke("get-banking-key", method="GET", as_=scene.practitioner).raise_for_status()
    scene.earn(100)
    scene.run()
    scene.save()
    scene.bank().raise_for_status()
    (payout,) = scene.payouts()
    PageScene(stage).look(
        PageScene(stage).make_link("show_payout", scene.practitioner, payout["id"])
    ).raise_for_status()


def _mail(mail: PageScene) -> None:
    """What pages ask to have sent, the way out of it, and the pages of our own that mails lead to."""
    stage, session = mail.stage, {"session_id": mail.book()}
    stage.invoke("get-session-calendar", session, as_=mail.client).raise_for_status()
    stage.invoke("send-booking-confirmation", session, as_=mail.client).raise_for_status()
    mail.cancel(session["session_id"])
    stage.invoke("send-cancellation-notice", session, as_=mail.client).raise_for_status()
    near = {"session_id": str(mail.tomorrow()["id"])}
    stage.invoke("send-class-reminder", near, as_=mail.practitioner).raise_for_status()
    stage.invoke("send-welcome-email", {"user_id": str(mail.client.id)}).raise_for_status()
    mail.send()
    (link,) = {mail.unsubscribe_address(each) for each in mail.mails_to(mail.client)} - {None}
    stage.http.post(link or "", headers=ONE_CLICK).raise_for_status()
    manage = mail.make_link("manage_session", mail.client, near["session_id"])
    mail.look(manage).raise_for_status()
    mail.look(f"{manage}&show=times").raise_for_status()
    mail.press(manage, act="cancel").raise_for_status()
    mail.press(mail.address("find_my_sessions"), address=mail.client.email).raise_for_status()
    calendars = mail.make_link("manage_calendars", mail.client, None)
    mail.look(calendars).raise_for_status()
    made = mail.press(calendars, press="make").raise_for_status()
    (feed,) = re.findall(r'readonly value="([^"]+)"', made.text)
    stage.http.get(feed).raise_for_status()
    form = {"token": mail.token(calendars), "back": "manage-calendars?token=x", "language": "en"}
    mail.press(mail.address("set_language"), **form)  # leads back, which is no failure
    mail.look(mail.address("find_classes")).raise_for_status()
    mail.look(mail.make_link("find_classes", mail.client, None)).raise_for_status()


def _answer(scene: PageScene) -> None:
    """The pages by mail: looked at, and pressed where that needs nothing else."""
    _rate(scene, scene.book())
    session = scene.book()  # at the same time, since that one is over
    for page, pressed in (
        ("answer_recording_consent", {"consented": "false"}),
        ("choose_place", {}),
        ("sign_waiver", {"version": "1", "signature_name": "Somebody"}),
    ):
        link = scene.make_link(page, scene.client, session)
        scene.look(link).raise_for_status()
        if pressed:  # there is no studio here to choose
            scene.press(link, **pressed).raise_for_status()
    _book_every_week(scene)
    _hand_over(scene, session)


def _rate(scene: PageScene, session: str) -> None:
    """After it was held."""
    scene.stage.execute(
        "update public.session_schedules set status = 'completed', scheduled_at = now() - interval '2 hours'"
        " where id = %s",
        session,
    )
    link = scene.make_link("rate_session", scene.client, session)
    scene.look(link).raise_for_status()
    scene.press(link, stars=5, words="Calm and clear.").raise_for_status()


def _book_every_week(scene: PageScene) -> None:
    """Two weeks in one step, and the page on which they are managed."""
    scene.stage.execute("select private.grant_credits(%s, 2)", scene.client.id)
    link = scene.make_link("book_series", scene.client, None)
    scene.look(link).raise_for_status()
    kind = scene.stage.value(
        "select id from public.session_types where duration_minutes = 45 and not is_group limit 1"
    )
    start = scene.starts_at + timedelta(days=20)
    asked = {
        "practitioner": scene.practitioner.practitioner_id,
        "kind": kind,
        "start": f"{start:%Y-%m-%dT%H:%M}",
    }
    for act in ("plan", "book"):
        scene.press(link, act=act, sessions=2, **asked).raise_for_status()
    series = scene.stage.value("select id from public.session_series where client_id = %s", scene.client.id)
    first = scene.stage.value(
        "select session_id from public.session_series_sessions where series_id = %s limit 1", series
    )
    manage = scene.make_link("manage_series", scene.client, str(series))
    scene.look(manage).raise_for_status()
    scene.look(f"{manage}&show=times&session={first}").raise_for_status()
    scene.press(manage, act="cancel", session=str(first)).raise_for_status()


def _hand_over(scene: PageScene, session: str) -> None:
    """A session that its practitioner cannot lead goes to another one, and its client says that it is fine."""
    leads = scene.make_link("manage_session", scene.practitioner, session)
    scene.look(f"{leads}&show=times").raise_for_status()
    scene.press(leads, act="substitute").raise_for_status()
    other, find = scene.stage.practitioner(), scene.make_link("find_substitute", scene.stage.admin(), session)
    scene.look(find).raise_for_status()
    scene.press(find, act="ask", practitioner=str(other.practitioner_id)).raise_for_status()
    for page, person in (("answer_offer", other), ("answer_change", scene.client)):
        link = scene.make_link(page, person, session)
        fields = re.findall(r'name="(\w+)" value="(\w+)"', scene.look(link).text.partition("</form>")[0])
        scene.press(link, **dict(fields)).raise_for_status()


def _call_the_rest(stage: Stage) -> None:
    """Functions that need nothing but a caller, and those that the scheduler calls."""
    client, practitioner, admin = stage.client(), stage.practitioner(), stage.admin()
    consent = {"consent_type": "session_recording", "consented": True}
    for function, body, person in (
        ("record-consent", consent, client),
        ("get-consent-status", {}, client),
        ("record-audit-log", {"action": "VIEW", "table_name": "profiles"}, client),
        ("export-my-data", {}, client),
        ("list-users", {}, admin),
        ("list-payments", {}, admin),
        ("export-earnings-csv", {}, practitioner),
        ("export-payout-file", {}, admin),
        ("get-earnings-statement", {"year": 2026, "currency": "cad"}, practitioner),
        ("erase-my-account", {"confirmation": "ERASE MY ACCOUNT"}, stage.sign_up()),
    ):
        stage.invoke(function, body, as_=person).raise_for_status()
    stage.http.get("/pay-session").raise_for_status()
    stage.http.get("/pay-fee").raise_for_status()
    stage.http.get("/review-fees-and-ratings").raise_for_status()
    stage.http.get("/show-refused-checkout?code=slot_taken").raise_for_status()
    stage.http.get("/status", headers={"authorization": f"Bearer {stage.env['STATUS_KEY']}"})
    for each in functions().values():
        if each.schedule:
            stage.invoke_as_service(each.name)


def _granted(log: Path) -> Iterator[int]:
    for line in log.read_text().splitlines() if log.exists() else ():
        if line.startswith("{") and (entry := json.loads(line)).get("status", 500) < 400:
            yield entry["database_calls"]
