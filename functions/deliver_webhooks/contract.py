"""What a sender claims, what it reports of each delivery, and what a run replies."""

from typing import Literal
from uuid import UUID

from shared.database import Rpc
from shared.wire import Output

Outcome = Literal["delivered", "pending", "failed"]


class ClaimedDelivery(Output):
    """A delivery to make now, with the secrets that sign it; no id when none is due."""

    delivery_id: UUID | None
    lease_id: UUID | None
    url: str | None
    body: str | None
    secrets: list[str]


class FinishedDelivery(Output):
    """The delivery's status after what the endpoint answered."""

    outcome: Outcome


class DeliveredWebhooks(Output):
    """The reply: how many deliveries were attempted, by how they stand now."""

    success: bool = True
    deliveries: dict[Outcome, int]


claim_webhook_delivery_rpc = Rpc("claim_webhook_delivery", gives=ClaimedDelivery)
finish_webhook_delivery_rpc = Rpc("finish_webhook_delivery", gives=FinishedDelivery, refuses=("lease_lost",))
