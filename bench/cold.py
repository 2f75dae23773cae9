"""First answer: from the start of a process to the whole answer to its first request, and what it weighs then.

All are started in turns, each on a port of its own, and killed; a ratio is the median of each turn's own. Ours and the
bare function run as deployed, by `functions-framework --asgi`; the bare one (`twins/bare.py`) does nothing but answer.
An answer to somebody signed in includes a call to PostgREST. Memory is that of both processes of the framework, pages
that they share counted once.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter

from local.processes import Processes

from .programs import Server, running


@dataclass
class Start:
    """One way to start: the server, what it is asked, what it has to answer."""

    server: Server
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    times_ms: list[float] = field(default_factory=list)
    memory_mb: float = 0


def measure(
    starts: dict[str, Start], processes: Processes, turns: int, on_progress: Callable[[str], None]
) -> None:
    """Start each in turn, `turns` times; one more turn before that fills the caches of files and compiled code."""
    for turn in range(turns + 1):
        for name, start in starts.items():
            on_progress(f"{turn} of {turns}: {name}")
            with running(start.server, processes) as server:
                status, said = server.post(start.headers)
                spent_ms = (perf_counter() - server.started) * 1000
                assert status == start.status, f"{name} answered {status}: {said}"
                start.memory_mb = server.memory_mb()
            if turn:
                start.times_ms.append(spent_ms)
