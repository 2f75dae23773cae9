"""Tell other systems what happened here: signed deliveries, each until its endpoint has accepted it.

At least once: a sender that dies after the endpoint has answered sends again, under the same `webhook-id`.
"""

from collections import Counter
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from functools import partial

import httpx
from standardwebhooks import Webhook  # the specification's own library

from shared.call import Call
from shared.errors import Refusal
from shared.receivers import EgressSettings, ReceiverRefused, receivers
from shared.serving import endpoint
from shared.settings import ServiceSettings
from shared.workers import run_workers

from .contract import (
    ClaimedDelivery,
    DeliveredWebhooks,
    Outcome,
    claim_webhook_delivery_rpc,
    finish_webhook_delivery_rpc,
)

WORKERS = 8
TIME_S = 30  # begin nothing after this, so that the last delivery ends before the function's own time does
PATIENCE_S = 15  # what the specification recommends for an endpoint


@endpoint(caller="service", settings=(ServiceSettings, EgressSettings), is_scheduled=True)
async def deliver_webhooks(call: Call[None]) -> DeliveredWebhooks:
    """Deliver until nothing is due. Any number may run at once: a claim is one sender's for a minute."""
    done: Counter[Outcome] = Counter()
    failures: list[str] = []
    try:
        failures = await run_workers(partial(_work, call, done), workers=WORKERS, seconds=TIME_S)
    finally:
        call.log(deliveries=dict(done), failures=failures)
    return DeliveredWebhooks(deliveries=dict(done))


async def _work(call: Call[None], done: Counter[Outcome]) -> AsyncGenerator[None]:
    while True:
        delivery = await call.service.rpc(claim_webhook_delivery_rpc)
        if delivery.delivery_id is None:
            return
        status, error = await _deliver(delivery)
        try:
            finished = await call.service.rpc(
                finish_webhook_delivery_rpc,
                delivery_id=delivery.delivery_id,
                lease_id=delivery.lease_id,
                status=status,
                error=error,
            )
        except Refusal as refused:
            if refused.code != "lease_lost":  # then somebody else has it
                raise
        else:
            done[finished.outcome] += 1
        yield


async def _deliver(delivery: ClaimedDelivery) -> tuple[int | None, str | None]:
    """The endpoint's status, or the reason why there is none. Its answer is not read, and a redirect not followed."""
    assert delivery.url and delivery.body
    try:
        async with receivers().stream(
            "POST", delivery.url, content=delivery.body, headers=_headers(delivery), timeout=PATIENCE_S
        ) as reply:
            return reply.status_code, None
    except ReceiverRefused as refused:
        return None, str(refused)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return None, type(error).__name__


def _headers(delivery: ClaimedDelivery) -> dict[str, str]:
    """Signed by each secret that is good: while one is being replaced, the receiver may know either."""
    assert delivery.delivery_id and delivery.body
    message_id, now = f"msg_{delivery.delivery_id.hex}", datetime.now(UTC)
    signatures = (Webhook(secret).sign(message_id, now, delivery.body) for secret in delivery.secrets)
    return {
        "content-type": "application/json",
        "user-agent": "practice-sessions-webhooks/1",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
