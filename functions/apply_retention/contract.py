"""What a batch comes to, and what a run replies."""

from shared.database import Rpc
from shared.wire import Output


class RetiredRows(Output):
    """One batch of one table."""

    table_name: str
    rows: int


class RetentionApplied(Output):
    """The reply: how many rows went or were blanked, by table."""

    success: bool = True
    rows: dict[str, int]
    is_finished: bool


apply_retention_rpc = Rpc("apply_retention", gives=RetiredRows)
