"""Asking for a receipt: to who paid and nobody else, once."""

from tests.mail_scene import MailScene
from tests.payment_scene import PaymentScene

NAME = "send-payment-receipt"


def test_the_request_finds_the_receipt_that_the_payment_wrote(mail: MailScene, paying: PaymentScene) -> None:
    """By any name of the payment, by the payer, staff and the platform; whatever address they ask for."""
    payment = paying.payment(paying.pay(paying.from_wallet()))
    paying.receive_event(payment.completed()).raise_for_status()
    at_stripe = paying.checkouts()[0]["stripe_session_id"]
    elsewhere = {"user_id": str(mail.client.id), "email": mail.client.email}

    replies = [
        mail.stage.invoke(NAME, {"checkout_session_id": at_stripe, **elsewhere}, as_=paying.client),
        mail.stage.invoke(NAME, {"payment_intent_id": payment.intent}, as_=mail.stage.admin()),
        mail.stage.invoke_as_service(NAME, {"checkout_session_id": payment.checkout_id}),
    ]
    mail.send()

    assert len({reply.raise_for_status().json()["messageId"] for reply in replies}) == 1
    assert (
        len([each for each in mail.mails_to(paying.client) if each["Subject"].startswith("Receipt: ")]) == 1
    )
    assert mail.mails_to(mail.client) == []


def test_a_payment_older_than_the_outbox_gets_one_receipt_too(mail: MailScene, paying: PaymentScene) -> None:
    payment = paying.payment(paying.pay(paying.from_wallet()))
    paying.receive_event(payment.completed()).raise_for_status()
    mail.stage.execute("delete from private.outbox where user_id = %s", paying.client.id)
    body = {"payment_intent_id": payment.intent}

    replies = [mail.stage.invoke(NAME, body, as_=paying.client).json() for _ in range(2)]

    assert replies[0] == replies[1]
    assert replies[0]["success"]


def test_unpaid_payments_and_those_of_other_people_have_no_receipt(
    mail: MailScene, paying: PaymentScene
) -> None:
    """Nor does a payment that does not exist."""
    payment = paying.payment(paying.pay(paying.from_wallet()))
    unpaid = mail.stage.invoke(NAME, {"checkout_session_id": payment.checkout_id}, as_=paying.client)
    paying.receive_event(payment.completed()).raise_for_status()
    strangers = mail.stage.invoke(NAME, {"payment_intent_id": payment.intent}, as_=mail.client)
    nothing = mail.stage.invoke(NAME, as_=mail.client)

    for refused in (unpaid, strangers, nothing):
        assert (404, "payment_not_found") == (refused.status_code, refused.json()["code"])
