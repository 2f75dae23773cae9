"""The stand-ins for the outside world, each spoken to by the client that the functions use."""

import json
import smtplib
import time
from email.message import EmailMessage
from typing import Any
from uuid import uuid4

import boto3
import httpx
import pytest
import stripe
from botocore.exceptions import ClientError

from local.config import NODE
from local.stack import Stack


def only_mail_to(stack: Stack, to: str) -> dict:
    """The one mail that somebody got."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        mails = httpx.get(f"{stack.env['MAIL_URL']}/messages").json()
        if mine := [mail for mail in mails if mail["To"] == to]:
            return mine[0]
        time.sleep(0.05)
    pytest.fail(f"no mail to {to}")


def test_mail_by_smtp_is_caught(stack: Stack) -> None:
    """What a program sends by SMTP can be read in a browser, and goes nowhere."""
    to = f"{uuid4().hex}@demo.test"
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "us@demo.test", to, "Séance à 10 h"
    mail.set_content("See you soon.")
    host, port = stack.env["SMTP_URL"].removeprefix("smtp://").split(":")
    with smtplib.SMTP(host, int(port)) as server:
        server.send_message(mail)

    kept = only_mail_to(stack, to)

    assert (kept["Subject"], kept["TextBody"].strip()) == ("Séance à 10 h", "See you soon.")
    assert "Séance à 10 h" in httpx.get(stack.env["MAIL_URL"]).text
    assert "See you soon." in httpx.get(f"{stack.env['MAIL_URL']}/messages/{kept['id']}").text


def test_mail_by_postmark_is_caught(stack: Stack) -> None:
    """Postmark's API answers as Postmark does, templates included; without a token it refuses."""
    to = f"{uuid4().hex}@demo.test"
    url = f"{stack.env['POSTMARK_API_URL']}/email/withTemplate"
    body = {
        "From": "us@demo.test",
        "To": to,
        "TemplateAlias": "welcome",
        "TemplateModel": {"name": "Somebody"},
    }
    headers = {"X-Postmark-Server-Token": stack.env["POSTMARK_SERVER_TOKEN"]}

    assert httpx.post(url, json=body).status_code == 401
    receipt = httpx.post(url, json=body, headers=headers).json()

    assert (receipt["ErrorCode"], receipt["To"]) == (0, to)
    assert only_mail_to(stack, to)["TemplateModel"] == {"name": "Somebody"}


def test_the_mail_of_auth_is_caught_too(stack: Stack) -> None:
    """A forgotten password leads to a mail with a link."""
    to = f"{uuid4().hex}@demo.test"
    headers = {"apikey": stack.env["SUPABASE_PUBLISHABLE_KEY"]}
    auth = f"{stack.env['SUPABASE_URL']}/auth/v1"
    httpx.post(
        f"{auth}/signup", json={"email": to, "password": "long enough"}, headers=headers
    ).raise_for_status()

    httpx.post(f"{auth}/recover", json={"email": to}, headers=headers).raise_for_status()

    assert f"{stack.env['SUPABASE_URL']}/auth/v1/verify" in only_mail_to(stack, to)["HtmlBody"]


def test_the_bucket_of_recordings_exists(stack: Stack) -> None:
    """Agora's side can write to it in parts, and ours read a range of it."""
    env = stack.env
    s3 = boto3.client(
        "s3",
        endpoint_url=env["RECORDING_S3_ENDPOINT"],
        region_name=env["RECORDING_S3_REGION"],
        aws_access_key_id=env["RECORDING_S3_ACCESS_KEY"],
        aws_secret_access_key=env["RECORDING_S3_SECRET_KEY"],
    )
    bucket, key = env["RECORDING_S3_BUCKET"], f"{uuid4().hex}.mp4"
    s3.put_object(Bucket=bucket, Key=key, Body=bytes(range(256)))

    part = s3.get_object(Bucket=bucket, Key=key, Range="bytes=10-19")
    assert part["Body"].read() == bytes(range(10, 20))
    with pytest.raises(ClientError):
        s3.head_object(Bucket=bucket, Key="not there")
    s3.close()


def test_emulate_is_the_one_that_stands_in_for_stripe() -> None:
    """npm's `latest` of that name is an older package of somebody else's, with a higher number."""
    package = json.loads((NODE / "node_modules" / "emulate" / "package.json").read_text())

    assert package["repository"]["url"].endswith("/vercel-labs/emulate.git")


def test_stripe_opens_a_checkout(stack: Stack) -> None:
    """Stripe's own client gets a page to send the payer to."""
    client = stripe.StripeClient(
        stack.env["STRIPE_SECRET_KEY"], base_addresses={"api": stack.env["STRIPE_API_URL"]}
    )
    product = client.v1.products.create({"name": "20 minutes"})
    price = client.v1.prices.create({"product": product.id, "currency": "cad", "unit_amount": 5500})
    items = [{"price": price.id, "quantity": 1}]
    session = client.v1.checkout.sessions.create(
        {"mode": "payment", "success_url": "http://127.0.0.1/done", "line_items": items}
    )

    assert session.url
    assert session.url.startswith(stack.env["STRIPE_API_URL"])
    assert httpx.get(session.url).status_code == 200


def test_the_checkout_page_has_the_price_of_its_checkout(stack: Stack) -> None:
    """Its page shows it, and a form without any price passes as it is."""
    client = stripe.StripeClient(
        stack.env["STRIPE_SECRET_KEY"], base_addresses={"api": stack.env["STRIPE_API_URL"]}
    )
    price = {"currency": "cad", "unit_amount": 5512, "product_data": {"name": "20 minutes & a half"}}
    session = client.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "success_url": "http://127.0.0.1/done?a=b&c=d",
            "line_items": [{"price_data": price, "quantity": 1}],
            "metadata": {"checkout_id": "one"},
        }
    )

    page = httpx.get(session.url or "").text
    assert ("$55.12 CAD" in page, "20 minutes &amp; a half" in page) == (True, True)
    assert session.metadata
    assert session.metadata.to_dict() == {"checkout_id": "one"}
    assert session.success_url == "http://127.0.0.1/done?a=b&c=d"
    assert client.v1.checkout.sessions.expire(session.id).status == "expired"
    assert client.v1.checkout.sessions.create({"mode": "setup"}).status == "open"


def test_stripe_refunds_what_was_paid(stack: Stack) -> None:
    """By Stripe's own client, once for each key; a refund that fails later no longer counts, as at Stripe."""
    client = stripe.StripeClient(
        stack.env["STRIPE_SECRET_KEY"], base_addresses={"api": stack.env["STRIPE_API_URL"]}
    )
    price = {"currency": "cad", "unit_amount": 5500, "product_data": {"name": "20 minutes"}}
    session = client.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "success_url": "http://127.0.0.1/done",
            "line_items": [{"price_data": price, "quantity": 1}],
        }
    )
    assert (session.payment_status, session.payment_intent) == ("unpaid", None)
    html = httpx.get(session.url or "").text
    form = html.partition('<form method="post" action="')[2].partition('"')[0]
    httpx.post(httpx.URL(session.url or "").join(form), data={"email": "payer@stage.test"})

    def charge() -> dict[str, Any]:
        expand = {"expand": ["payment_intent.latest_charge.refunds"]}
        paid = client.v1.checkout.sessions.retrieve(session.id, expand).to_dict()
        assert paid["amount_total"] == 5500
        return dict(paid["payment_intent"]["latest_charge"])

    intent = charge()["payment_intent"]
    key: stripe.RequestOptions = {"idempotency_key": uuid4().hex}
    made = [client.v1.refunds.create({"payment_intent": intent, "amount": 5000}, key).id for _ in range(2)]
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.refunds.create({"payment_intent": intent, "amount": 501})
    counted = charge()
    httpx.post(f"{stack.env['STRIPE_API_URL']}/_refunds/{made[0]}", data={"status": "failed"})
    failed = charge()
    httpx.post(f"{stack.env['STRIPE_API_URL']}/_disputes", data={"payment_intent": intent, "status": "lost"})

    assert made[0] == made[1]
    assert (counted["amount_refunded"], failed["amount_refunded"], charge()["disputed"]) == (5000, 0, True)
    assert [each["status"] for each in failed["refunds"]["data"]] == ["failed"]
    (dispute,) = client.v1.disputes.list({"payment_intent": intent}).data
    assert (dispute.status, dispute.amount) == ("lost", 5500)
