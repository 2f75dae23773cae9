"""What one batch gives, and what a run replies."""

from shared.database import Rpc
from shared.wire import Output


class RetentionBatch(Output):
    """The rows of one table that one batch deleted or blanked."""

    table_name: str
    rows: int


class RetentionApplied(Output):
    """The reply: how many rows went or were blanked, by table."""

    success: bool = True
    rows: dict[str, int]
    is_finished: bool


apply_retention_rpc = Rpc("apply_retention", gives=RetentionBatch)
