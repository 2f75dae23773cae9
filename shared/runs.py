"""What is written down of a scheduled function's run, in one call when it has ended: `ops_status` reads it.

A run that is killed is written down by nobody; its function is late, then, and that is what is looked for.
"""

from typing import Any

from pydantic_core import from_json, to_json

from .call import Call
from .database import Rpc
from .errors import Refusal
from .wire import Output

NO_BODY = (b"", b"{}")  # as the scheduler calls; what an operator asks for by name is no run


class RecordedRun(Output):
    """Its row."""

    id: int


record_run_rpc = Rpc("record_run", gives=RecordedRun)


async def record_run(call: Call[Any], name: str, status: int, line: dict[str, Any]) -> dict[str, str]:
    """Record how a run ended. Gives what the log says if that was not possible: the run itself is done."""
    if not (call.caller and call.caller.is_service) or call.raw.strip() not in NO_BODY:
        return {}
    outcome = "failed" if status >= 400 else "partly" if line.get("failures") else "done"
    try:
        await call.service.rpc(
            record_run_rpc,
            function=name.replace("_", "-"),
            ms=round(line["ms"]),
            outcome=outcome,
            code=line.get("code"),
            facts=_as_json(call.facts),
            request_id=call.request_id,
        )
    except Refusal as refused:
        return {"run_not_recorded": refused.code}
    return {}


def _as_json(facts: dict[str, Any]) -> Any:
    """What JSON and PostgreSQL can hold of them; the log line has them all."""
    try:
        return from_json(to_json(facts, fallback=str).replace(b"\\u0000", b""))
    except ValueError:
        return None
