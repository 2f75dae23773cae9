"""Paying for what no credit is good for: refused on the website, mailed, shown by us, and paid on the website."""

import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from tests.cast import Stage
from tests.page_scene import PageScene
from tests.payment_scene import PaymentScene


@pytest.fixture
def scene(stage: Stage) -> PageScene:
    """Somebody whose wallet has credits of 45 minutes, and who picks a session of 60."""
    scene = PageScene(stage)
    stage.execute("delete from public.user_session_credits where user_id = %s", scene.client.id)
    stage.execute(
        "insert into public.user_session_credits (user_id, credits_remaining, duration_minutes, is_group)"
        " values (%s, 5, 45, false)",
        scene.client.id,
    )
    return scene


def pick(scene: PageScene, **other: Any) -> httpx.Response:
    """As the page books: a lot without a type is good for anything, it thinks."""
    kind = scene.stage.row(
        "select id, session_type from public.session_types"
        " where duration_minutes = 60 and is_active and not is_group limit 1"
    )
    body = scene.from_booking_page(
        duration_minutes=60, session_type_id=str(kind["id"]), session_type=kind["session_type"], **other
    )
    return scene.stage.invoke("book-session-with-credit", body, as_=scene.client)


def checkout(page: httpx.Response) -> dict[str, str]:
    """Where the page leads: the website's checkout, as its own pages lead there."""
    (address,) = [
        part.split('"')[0] for part in page.text.split('href="')[1:] if "/sessions/payment?" in part
    ]
    return dict(parse_qsl(urlsplit(address.replace("&amp;", "&")).query))


def test_a_refused_pick_can_be_paid_for(scene: PageScene) -> None:
    """From the refusal's sentence to Stripe's page, with what the mail's link leads to."""
    refused = pick(scene).json()
    assert refused["code"] == "no_usable_credit"
    scene.send()

    link = scene.link_to("pay_session")
    page = scene.look(link)
    assert page.status_code == 200 and "nothing is booked before you have paid" in page.text
    assert scene.stage.http.head(link).status_code == 200
    leads = checkout(page)
    assert leads["practitioner_id"] == str(scene.practitioner.practitioner_id)
    assert (leads["duration_minutes"], leads["is_group"]) == ("60", "false")
    assert leads["scheduled_at"] == scene.starts_at.strftime("%Y-%m-%dT%H:%M:%S.000Z")

    # What the checkout page then sends.
    policy = scene.stage.value("select id from public.cancellation_policy where is_active")
    body = {
        **{name: leads[name] for name in ("practitioner_id", "scheduled_at", "session_type_id")},
        "duration_minutes": 60,
        "payment_type": "single",
        "currency": "cad",
        "notes": None,
        "cancellation_policy_agreed": True,
        "cancellation_policy_version": str(policy),
    }
    paid = scene.stage.invoke("create-session-payment", body, as_=scene.client).json()
    assert "/checkout/" in paid["url"], paid


def test_the_short_address_says_where_the_link_is(scene: PageScene) -> None:
    """It stands in the refusal's sentence, and needs no link. It knows nothing of anybody."""
    scene.run()  # which tells the database where the pages are

    refused = pick(scene).json()
    short = f"{scene.stage.env['PAGES_URL']}/pay-session"

    assert short in refused["error"]
    page = scene.look(short)
    assert page.status_code == 200 and "Look into your mail" in page.text


def test_many_picks_are_one_mail_whose_link_leads_to_the_last(scene: PageScene) -> None:
    """Whoever tries times is not buried in mail."""
    for _ in range(3):
        pick(scene)
    scene.send()
    pick(scene, scheduled_at=scene.starts_at.replace(hour=(scene.starts_at.hour + 2) % 24).isoformat())
    scene.send()

    assert [mail["Subject"] for mail in scene.mails_to(scene.client)].count("Pay for your session") == 1
    leads = checkout(scene.look(scene.link_to("pay_session")))
    assert leads["scheduled_at"] != scene.starts_at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def test_what_is_gone_is_not_sold(scene: PageScene) -> None:
    """Taken meanwhile: the page says so, and has no way to the payment."""
    pick(scene)
    scene.send()
    link = scene.link_to("pay_session")
    scene.stage.execute(
        "update public.refused_picks set scheduled_at = now() - interval '1 hour' where user_id = %s",
        scene.client.id,
    )

    page = scene.look(link)

    assert page.status_code == 200 and "/sessions/payment" not in page.text
    assert "This time has passed" in page.text
    scene.stage.execute("delete from public.refused_picks where user_id = %s", scene.client.id)
    assert scene.look(link).status_code == 404


def test_what_a_bank_did_not_pay_can_be_paid_again(scene: PageScene, paying: PaymentScene) -> None:
    """By the link in the mail, to that one session, whatever else they pick meanwhile."""
    paying.client = scene.client
    payment = paying.payment(paying.pay(paying.from_checkout_page()))
    paying.receive_event(payment.completed("unpaid", days_ago=2)).raise_for_status()
    paying.receive_event(payment.intent_failed()).raise_for_status()
    pick(scene)
    scene.send()

    (mail,) = [
        each for each in scene.mails_to(scene.client) if each["Subject"].startswith("Your bank did not pay")
    ]
    link = re.search(r"https?://\S+/pay-session\?token=\w+", mail["TextBody"])
    assert link
    page = scene.look(link[0])
    assert page.status_code == 200 and "Your bank did not pay for it" in page.text
    leads = checkout(page)
    assert leads["scheduled_at"] == paying.starts_at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    assert (leads["practitioner_id"], leads["duration_minutes"]) == (
        str(paying.practitioner.practitioner_id),
        "45",
    )
    told = scene.stage.value(
        "select message from public.user_notifications where user_id = %s and kind = 'payment_failed'",
        scene.client.id,
    )
    assert told.startswith("Your bank did not pay ")

    again = paying.pay(paying.from_checkout_page())
    assert "/checkout/" in again.json()["url"], again.json()
    assert again.json()["checkout_id"] != payment.checkout_id


def test_a_package_that_a_bank_did_not_pay_is_bought_again_in_the_wallet(
    scene: PageScene, paying: PaymentScene
) -> None:
    paying.client = scene.client
    payment = paying.payment(paying.pay(paying.from_wallet()))
    paying.receive_event(payment.bank_failed()).raise_for_status()
    scene.send()

    (mail,) = [
        each for each in scene.mails_to(scene.client) if each["Subject"].startswith("Your bank did not pay")
    ]
    assert f"{scene.stage.env['SITE_URL']}/wallet" in mail["TextBody"]
