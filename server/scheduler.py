"""The clock of the one container: calls what is scheduled when it is due, with the secret key, as any scheduler does.

A call never overtakes itself. Two containers with a clock do no harm: what is due is claimed in the database.
"""

import asyncio
from datetime import UTC, datetime, timedelta

from cronsim import CronSim
from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import PyreqwestError

from shared import log_lines

from .plan import Planned

PATIENCE_S = 15


def is_due(schedule: str, minute: datetime) -> bool:
    """Whether a cron line names this minute."""
    return next(CronSim(schedule, minute - timedelta(minutes=1))) == minute


def to_next_minute() -> float:
    """How many seconds are left of this one."""
    return 60 - datetime.now(UTC).timestamp() % 60


async def keep_schedule(functions: dict[int, Planned], key: str) -> None:
    """Minute after minute. The functions are named by the port that they listen on."""
    client = ClientBuilder().http1_only().no_proxy().pool_max_idle_per_host(0).build()
    calls: dict[str, asyncio.Task[None]] = {}
    while True:
        await asyncio.sleep(to_next_minute())
        minute = datetime.now(UTC).replace(second=0, microsecond=0)
        for port, plan in functions.items():
            still_busy = plan.name in calls and not calls[plan.name].done()
            if plan.schedule and is_due(plan.schedule, minute) and not still_busy:
                calls[plan.name] = asyncio.create_task(_call(client, port, plan, key))


async def _call(client: Client, port: int, plan: Planned, key: str) -> None:
    request = (
        client.post(f"http://127.0.0.1:{port}/functions/v1/{plan.name}")
        .headers({"apikey": key, "authorization": f"Bearer {key}", "content-type": "application/json"})
        .timeout(timedelta(seconds=plan.timeout + PATIENCE_S))
        .body_bytes(b"{}")
    )
    try:
        reply = await request.build().send()
    except PyreqwestError as error:
        log_lines.write(
            "ERROR", f"scheduled {plan.name} did not answer", function=plan.target, error=str(error)
        )
        return
    if reply.status >= 400:
        log_lines.write("ERROR", f"scheduled {plan.name} answered {reply.status}", function=plan.target)
