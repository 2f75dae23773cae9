"""Delete or blank what has been kept long enough, table by table, as the retention policies say."""

import time
from collections import Counter

from shared.call import Call
from shared.serving import endpoint
from shared.settings import ServiceSettings

from .contract import RetentionApplied, apply_retention_rpc

WORK_FOR_S = 40  # begin no batch after this; the rest is tomorrow's, or the next call's


@endpoint(caller="service", settings=(ServiceSettings,), is_scheduled=True)
async def apply_retention(call: Call[None]) -> RetentionApplied:
    """Batch after batch, each a transaction with its receipt: it may be killed anywhere, and run twice at once."""
    rows: Counter[str] = Counter()
    until = time.monotonic() + WORK_FOR_S
    while due := await call.service.rows(apply_retention_rpc):
        rows[due[0].table_name] += due[0].rows
        if time.monotonic() > until:
            break
    call.log(retired=dict(rows))
    return RetentionApplied(rows=dict(rows), is_finished=not due)
