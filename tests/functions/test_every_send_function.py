"""Whatever a function that sends mail is asked for: a class, somebody else's session, a cancelled one, nobody's.

Each answer is a mail, or a refusal in words that wrote nothing.
"""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from deploy.functions import Function, functions
from tests.cast import Person
from tests.mail_scene import MailScene
from tests.payment_scene import PaymentScene

SENDING = [each for each in functions().values() if each.name.startswith("send-") and not each.schedule]


def asked_for(mail: MailScene, paying: PaymentScene) -> dict[str, tuple[str, Person]]:
    """What somebody may name, and who asks."""
    admin = mail.stage.admin()
    made = mail.make_class(scheduled_at=mail.starts_at + timedelta(days=2))
    booked = mail.book()
    cancelled = mail.book(scheduled_at=mail.starts_at.replace(hour=18).isoformat())
    mail.cancel(cancelled)
    gone = PaymentScene(mail.stage)
    seat = mail.stage.session(
        client=gone.client, practitioner=mail.practitioner, starts_in_minutes=60 * 24 * 9
    )
    paid = gone.payment(gone.pay(gone.from_wallet()))
    gone.receive_event(paid.completed()).raise_for_status()
    erased = {"user_id": str(gone.client.id)}
    mail.stage.invoke_as_service("erase-my-account", erased).raise_for_status()
    mail.stage.execute(
        "delete from private.outbox where session_id = any (%s) or payload ->> 'checkout_id' = %s",
        [seat["id"], made["id"]],
        paid.checkout_id,
    )
    unpaid = paying.payment(paying.pay(paying.from_wallet()))
    return {
        "a class": (str(made["id"]), admin),
        "a class, by its practitioner": (str(made["id"]), mail.practitioner),
        "somebody else's": (booked, mail.stage.client()),
        "cancelled": (cancelled, mail.client),
        "of an account that is gone": (str(seat["id"]), admin),
        "nothing": (str(uuid4()), admin),
        "paid by an account that is gone": (paid.checkout_id, admin),
        "an unpaid payment": (unpaid.checkout_id, paying.client),
    }


def bodies(function: Function, named: str) -> list[dict[str, Any]]:
    """Each way in which a function can be asked for something by its id."""
    takes = function.contract().takes
    names = [name for name in takes.model_fields if name.endswith("_id")] if takes else []
    assert names, f"{function.name} takes no id: say here how it is asked"
    flags = [name for name in takes.model_fields if name.startswith("is_")] if takes else []
    return [
        {name: named, **dict.fromkeys(flags, value)}
        for name in names
        for value in (False, True)[: 1 + len(flags)]
    ]


@pytest.mark.parametrize("function", SENDING, ids=lambda each: each.name)
def test_a_refusal_has_words_and_writes_nothing(
    function: Function, mail: MailScene, paying: PaymentScene
) -> None:
    written = "select count(*) + (select count(*) from private.mails) from private.outbox"
    for what, (named, asking) in asked_for(mail, paying).items():
        for body in bodies(function, named):
            before = mail.stage.value(written)
            reply = mail.stage.invoke(function.name, body, as_=asking)
            story = f"{function.name}, {what}: {reply.status_code} {reply.text}"

            assert reply.status_code == 200 or 400 <= reply.status_code < 500, story
            if reply.status_code != 200:
                assert reply.json()["code"] != "internal_error" and reply.json()["message"], story
                assert mail.stage.value(written) == before, story
            elif reply.json().get("messageId"):
                assert mail.stage.value(
                    "select count(*) from private.mails where id = %s", reply.json()["messageId"]
                ), story
            if "session_id" in body and what.startswith("a class"):
                assert reply.json()["code"] == "session_is_class", story
