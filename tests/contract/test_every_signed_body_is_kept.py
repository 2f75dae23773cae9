"""Whatever a sender of webhooks signs is kept and answered with 200, however odd its JSON: by all of the functions."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

import pytest

from deploy.functions import Function
from tests.cast import Stage
from tests.stripe_events import signed


@dataclass(frozen=True)
class Sender:
    """How it signs, where its bodies are kept, and a body with a place for what is odd wherever one may stand."""

    headers: Callable[[bytes, str], dict[str, str]]
    secret: str
    kept_in: str
    body: str


def agora(body: bytes, secret: str) -> dict[str, str]:
    return {"agora-signature-v2": hmac.digest(secret.split(",")[0].encode(), body, "sha256").hex()}


def stripe(body: bytes, secret: str) -> dict[str, str]:
    return {"stripe-signature": signed(body, secret)}


# A webhook function that is not in here fails the test.
SENDERS = {
    "agora-recording-webhook": Sender(
        agora,
        "AGORA_WEBHOOK_SECRET",
        "delivery_count as deliveries from private.agora_notifications where notice_id",
        '{"noticeId": ID, "productId": 3, "eventType": 12, "notifyMs": ODD, "payload": {"cname": ODD, "uid": ODD,'
        ' "sid": ODD, "sequence": ODD, "sendts": ODD, "details": {"newUid": ODD, "status": ODD, "fileList": ODD}}}',
    ),
    "agora-channel-webhook": Sender(
        agora,
        "AGORA_CHANNEL_WEBHOOK_SECRET",
        "delivery_count as deliveries from private.channel_events where notice_id",
        '{"noticeId": ID, "productId": 1, "eventType": 108, "notifyMs": ODD, "payload": {"channelName": ODD,'
        ' "uid": ODD, "ts": ODD, "clientSeq": ODD, "duration": ODD, "platform": ODD, "clientType": ODD}}',
    ),
    "stripe-session-webhook": Sender(
        stripe,
        "STRIPE_WEBHOOK_SECRET",
        "deliveries from private.stripe_events where event_id",
        '{"id": ID, "type": "checkout.session.completed", "created": ODD, "data": {"object": {"id": ODD,'
        ' "metadata": {"checkout_id": "00000000-0000-4000-8000-000000000000"}, "amount_total": ODD, "currency": ODD,'
        ' "payment_intent": {"id": ODD, "latest_charge": {"receipt_url": ODD, "amount_refunded": ODD}}}}}',
    ),
}
ODD_VALUES = {
    "NaN": "NaN",
    "infinite": "-Infinity",
    "1e400": "1e400",
    "10**30": str(10**30),
    "a number of 5000 digits": "9" * 5000,
    "one more than a column holds": str(2**63),
    "a year that is none": str(10**17),
    "negative": str(-(2**40)),
    "a fraction": "1.5",
    "true": "true",
    "a number as a string": '"1000"',
    "half a letter": '"\\ud800"',
    "a NUL": '"\\u0000"',
    "a backslash before u0000": '"\\\\u0000"',
    "10,000 letters": f'"{"x" * 10_000}"',
    "a list": "[1, [2]]",
    "an object": '{"id": {"id": null}}',
    "null": "null",
    **{f"{depth:,} deep": "[" * depth + "]" * depth for depth in (*range(240, 260, 2), 900, 10_000)},
}
ODD_BODIES = {
    "twice the same key": '{"id": ID, "id": ID, "noticeId": ID, "noticeId": ID, "type": 1, "type": 2}',
    "an odd key": '{"id": ID, "noticeId": ID, "\\ud800\\u0000": NaN}',
    "no object": "[NaN]",
    "a number": "1e400",
    "cut off": '{"id": ID, "a": ',
    "nothing": "",
    "an id of half a letter": '{"id": "\\ud800", "noticeId": "\\ud800"}',
    "an id of 3000 letters": f'{{"id": "{"x" * 3000}", "noticeId": "{"x" * 3000}"}}',
    "no id": "{}",
    "an id that is none": '{"id": NaN, "noticeId": 1e400}',
}


@pytest.mark.which(that=lambda function: "webhook" in function.callers)
def test_every_signed_body_is_kept_and_answered_with_200(function: Function, stage: Stage) -> None:
    """Anything else would be sent again for days, and a 500 says that somebody must look."""
    assert function.name in SENDERS, f"say in SENDERS how a body for {function.name} is signed"
    sender, run = SENDERS[function.name], uuid4().hex
    bodies = {name: sender.body.replace("ODD", odd) for name, odd in ODD_VALUES.items()} | ODD_BODIES

    wrong = {}
    for number, (name, template) in enumerate(bodies.items()):
        body = template.replace("ID", f'"{run}-{number}"').encode()
        headers = sender.headers(body, stage.env[sender.secret]) | {"content-type": "application/json"}
        replies = [stage.invoke(function.name, content=body, headers=headers).status_code for _ in range(2)]
        kept = stage.owner.execute(
            f"select {sender.kept_in} = any (%s)",  # type: ignore[arg-type]
            ([f"{run}-{number}", hashlib.sha256(body).hexdigest(), "?"],),
        ).fetchall()
        if replies != [200, 200] or not kept or min(row["deliveries"] for row in kept) < 2:
            wrong[name] = (replies, kept)

    assert not wrong
