"""How the platform is, as whoever watches it is told."""

from datetime import datetime
from typing import Any

from pydantic import Field

from shared.database import Rpc
from shared.wire import Output


class Problem(Output):
    """Something that is late or broken."""

    code: str = Field(description="function_late, queue_late, invariant_broken or webhooks_silent.")
    subject: str
    what: str


class FunctionState(Output):
    """The last run of a scheduled function."""

    function: str
    ended_at: datetime | None
    ms: int | None
    outcome: str | None = Field(description="done, partly or failed.")
    code: str | None = Field(description="Why it failed.")
    request_id: str | None = Field(description="Of its log lines.")
    good_at: datetime | None = Field(description="When a run last ended well.")
    is_late: bool


class QueueState(Output):
    """What waits for a worker."""

    queue: str
    depth: int
    due: int
    oldest_due: datetime | None
    is_late: bool


class Invariants(Output):
    """The last check of what must be true of money, credits, seats and time."""

    checked_at: datetime | None
    holds: bool | None
    broken: list[dict[str, Any]] | None


class Sender(Output):
    """Whose webhooks we verify."""

    sender: str
    delivered_at: datetime | None = Field(description="The last genuine one.")


class Waiting(Output):
    """What waits for a person: `list_matters` has each of it."""

    what: str
    count: int
    since: datetime | None


class Status(Output):
    """The reply: 200 while there is no problem, else 503."""

    at: datetime
    problems: list[Problem]
    functions: list[FunctionState]
    queues: list[QueueState]
    invariants: Invariants
    webhooks: list[Sender]
    waiting: list[Waiting]
    audit_head: str | None = Field(description="position:hash, for `python -m deploy verify-audit-log`.")
    schema_version: str | None = Field(description="The newest migration.")


ops_status_rpc = Rpc("ops_status", gives=Status, refuses=("admins_only",))
