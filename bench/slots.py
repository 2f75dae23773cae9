"""Slot search: when can one book a session of 45 minutes in the next thirty days, with any of fifty practitioners.

Each works nine to five on weekdays in one of six time zones and has five sessions a day. Asked one after the other over
HTTP: `get-available-slots` in a process of its own, and the same SQL function at PostgREST directly.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

from local.processes import Processes
from tests.cast import Stage

from .programs import Server, running

DAYS, PRACTITIONERS = 30, 50
WORK = """
    insert into auth.users (id) select unnest({crowd});
    insert into public.practitioners (id, user_id, name) select p, p, 'In the crowd' from unnest({crowd}) p;
    update public.practitioner_calendars c
       set time_zone = (array['America/Toronto', 'America/Vancouver', 'America/Edmonton', 'America/Winnipeg',
                              'America/New_York', 'America/St_Johns'])[1 + n % 6]
      from unnest({crowd}) with ordinality p (id, n) where c.practitioner_id = p.id;
    delete from public.practitioner_availability where practitioner_id = any ({crowd}) and day_of_week in (0, 6);
    insert into public.session_schedules (practitioner_id, client_id, scheduled_at, duration_minutes, room_name)
    select p, p, date_trunc('day', now()) + make_interval(days => day, hours => 13 + 2 * place), 45,
           gen_random_uuid()::text
      from unnest({crowd}) p, generate_series(1, {days}) day, generate_series(0, 4) place;
    update public.practitioners set available = id = any ({crowd});
    analyze"""


@dataclass
class Search:
    """Milliseconds of each answer, ours and PostgREST's; what was found, and how often ours asked the database."""

    ours: list[float] = field(default_factory=list)
    direct: list[float] = field(default_factory=list)
    starts: int = 0
    calls: int = 0


def slots_of_a_month(stage: Stage) -> dict[str, Any]:
    """The question."""
    kind = "select id from public.session_types where not is_group and duration_minutes = 45 limit 1"
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    return {
        "session_type_id": str(stage.value(kind)),
        "from_date": tomorrow.isoformat(),
        "until_date": (tomorrow + timedelta(days=DAYS - 1)).isoformat(),
        "time_zone": "America/Toronto",
    }


def measure(
    stage: Stage,
    function: Server,
    processes: Processes,
    signed: dict[str, str],
    turns: int,
    on_progress: Callable[[str], None],
) -> Search:
    """Put fifty practitioners to work, then ask in turns."""
    on_progress(f"{PRACTITIONERS} practitioners")
    crowd = [str(uuid4()) for _ in range(PRACTITIONERS)]
    work = WORK.format(crowd=f"'{{{','.join(crowd)}}}'::uuid[]", days=DAYS)
    stage.owner.execute(work.encode())
    asked, search = slots_of_a_month(stage), Search()
    direct = f"{function.env['SUPABASE_REST_URL']}/rpc/get_available_slots"
    with running(function, processes) as server, httpx.Client(headers=signed, timeout=60) as http:
        server.post(signed)  # it is up
        for turn in range(turns + 1):
            on_progress(f"{turn} of {turns}")
            for url, times in ((server.url, search.ours), (direct, search.direct)):
                began = time.perf_counter()
                answer = http.post(url, json=asked).raise_for_status().json()
                if turn:
                    times.append((time.perf_counter() - began) * 1000)
                days = answer["days"] if isinstance(answer, dict) else answer
                search.starts = sum(len(slot["practitioner_ids"]) for day in days for slot in day["slots"])
        log = (processes.logs / f"{function.name}.log").read_text().splitlines()
    search.calls = max(json.loads(line).get("database_calls", 0) for line in log if line.startswith("{"))
    return search
