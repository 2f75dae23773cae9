"""First answer: from the start of a process to the whole answer to its first request, and what it weighs then.

All are started in turns, each on a port of its own, and killed; a ratio is the median of each turn's own. Ours runs as
the image does (`image.py`): its folder, compiled, on a Python with its packages alone, by `server/`. The bare function
(`twins/bare.py`) does nothing but answer, by `functions-framework --asgi`, from a Python of its own, compiled as well.
The twin (`twins/*.ts`) has Deno's cache of compiled code. An answer to somebody signed in includes a call to PostgREST.
All functions in one container are the process that holds them, the router, and that of the function that is asked.
Memory is what would be free without the processes, pages that they share counted once.
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
    memory_mb: list[float] = field(default_factory=list)


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
                memory_mb = server.memory_mb()
            if turn:
                start.times_ms.append(spent_ms)
                start.memory_mb.append(memory_mb)
