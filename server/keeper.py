"""The first process of the one container: holds every socket, has imported every function, and forks their processes.

A function's process begins with the first connection to its socket, which is held here: nothing is refused while there
is none, and what died is back with what waits for it. It is let go when it has been idle, or longest idle when there
are too many; it is killed when its loop does not go round. Each is given the settings of its own function alone.
Forked from here it costs 20 ms and the pages that it changes.
"""

import gc
import importlib
import os
import selectors
import signal
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from mmap import mmap
from pathlib import Path
from typing import Any, NoReturn

from shared import log_lines, log_writer
from shared.settings import MissingSettings

from .door import listen
from .one import load, serve_target
from .plan import Planned, planned
from .pulse import SIZE, Pulse

IDLE_S = 300
RESTED_S = 0.25  # who has just begun, or answered, may have the next request already
BLOCKED_S = 20
ENDS_WITHIN_S = 9  # platforms kill after ten
LONGEST_PAUSE_S = 5.0
# What all of it takes of the memory that there is, and each process of a function.
OWN_MIB, EACH_MIB = 90, 22
MEMORY_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
ROUTER = "router"
# What is imported with the first request, or later still.
LATE = ("jwt", "uvicorn.lifespan.off", "uvicorn.loops.uvloop", "uvicorn.protocols.http.httptools_impl")


@dataclass
class Kept:
    """One process, or the place of one: its socket outlives it."""

    name: str
    listener: socket.socket
    pulse: Pulse | None = None
    pid: int | None = None
    began: float = 0
    pause_s: float = 0
    not_before: float = 0
    is_let_go: bool = False

    def idle_s(self) -> float:
        return self.pulse.idle_s() if self.pulse else 0


@dataclass
class Keeper:
    """All of them."""

    plans: dict[str, Planned]
    lacking: dict[str, str]
    router: Kept
    functions: list[Kept]
    most: int
    ports: dict[str, int]
    ended_at: float = 0
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)

    def run(self) -> None:
        """Keep them until told to end, and they have."""
        log_writer.hand_over()
        self._wake, self._woken = socket.socketpair()
        self._lifeline, self._our_end = os.pipe()  # closed when we are gone, however we went
        for end in (self._wake, self._woken):
            end.setblocking(False)
        signal.set_wakeup_fd(self._woken.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, self._end)
        self._selector.register(self._wake, selectors.EVENT_READ)
        self._start(self.router)
        while not self._is_over():
            self._watch()
            for key, _ in self._selector.select(timeout=self._next_look()):
                if key.fileobj is self._wake:
                    with suppress(BlockingIOError):
                        self._wake.recv(4096)
                else:
                    self._serve(key.data)
            self._bury()
            self._look()

    # Life

    def _serve(self, kept: Kept) -> None:
        """Somebody waits for it: start it, if there is room."""
        alive = [each for each in self.functions if each.pid]
        if len(alive) < self.most:
            self._start(kept)
        elif not any(each.is_let_go for each in alive):
            longest_idle = max(alive, key=Kept.idle_s)
            if longest_idle.idle_s() > RESTED_S:
                self._let_go(longest_idle)

    def _start(self, kept: Kept) -> None:
        kept.began, kept.is_let_go = time.monotonic(), False
        if kept.pulse:
            kept.pulse.start()
        kept.pid = os.fork()
        if kept.pid == 0:
            self._become(kept)

    def _become(self, kept: Kept) -> NoReturn:
        """In the new process: forget everything that belongs to the others, and serve."""
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            for name in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
                signal.signal(name, signal.SIG_DFL)
            self._selector.close()
            for each in (
                self._wake,
                self._woken,
                *(each.listener for each in self._all() if each is not kept),
            ):
                each.close()
            os.close(self._our_end)
            _end_with_it(self._lifeline)
            self._forget_settings(kept.name)
            if kept is self.router:
                from .router import route

                route(self.plans, self.ports, self.lacking, kept.listener)
            else:
                _go_first()
                os.environ["FUNCTION_TARGET"] = kept.name
                _read_settings(kept.name)
                serve_target(kept.name, kept.listener, kept.pulse)
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 1
        except BaseException as error:  # noqa: BLE001 - whatever it is, this process must not go on as the keeper
            log_lines.write("CRITICAL", f"{kept.name} does not start", function=kept.name, error=repr(error))
        finally:
            log_writer.drain()
            os._exit(status)

    def _forget_settings(self, name: str) -> None:
        own = set(self.plans[name].settings) if name in self.plans else {"SUPABASE_SECRET_KEY"}
        for setting in {each for plan in self.plans.values() for each in plan.settings} - own:
            os.environ.pop(setting, None)

    # Death

    def _bury(self) -> None:
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG)) != (0, 0):
                pid, status = ended
                for kept in self._all():
                    if kept.pid == pid:
                        self._ended(kept, os.waitstatus_to_exitcode(status))

    def _ended(self, kept: Kept, status: int) -> None:
        """What was not let go is back at once; what falls over again and again, after a pause."""
        now, kept.pid = time.monotonic(), None
        if kept.is_let_go or self.ended_at:
            return
        log_lines.write(
            "ERROR", f"{kept.name} ended with {status} and is started again", function=kept.name, code="died"
        )
        kept.pause_s = 0 if now - kept.began > 10 else min(max(kept.pause_s * 2, 0.1), LONGEST_PAUSE_S)
        kept.not_before = now + kept.pause_s
        if not kept.pause_s:
            self._start(kept)

    def _let_go(self, kept: Kept) -> None:
        kept.is_let_go = True
        self._signal(kept, signal.SIGTERM)

    def _signal(self, kept: Kept, how: signal.Signals) -> None:
        if kept.pid:
            with suppress(ProcessLookupError):
                os.kill(kept.pid, how)

    def _end(self, *_: Any) -> None:
        """Told to end: so are they, and what they have begun comes to its end."""
        if not self.ended_at:
            self.ended_at = time.monotonic()
            # Or callers could still connect, to a socket that nobody serves: refused, they go elsewhere.
            self.router.listener.close()
            for kept in self._all():
                self._let_go(kept)

    # The round

    def _watch(self) -> None:
        """Sockets are watched here while nobody serves them; while there is no room, the longest wait is a second."""
        now = time.monotonic()
        watched = {key.data.name for key in self._selector.get_map().values() if key.data}
        room = sum(1 for each in self.functions if each.pid) < self.most
        for kept in self.functions:
            wanted = kept.pid is None and kept.not_before <= now and (room or not self._is_making_room())
            if wanted and kept.name not in watched:
                self._selector.register(kept.listener, selectors.EVENT_READ, kept)
            elif not wanted and kept.name in watched:
                self._selector.unregister(kept.listener)

    def _is_making_room(self) -> bool:
        alive = [each for each in self.functions if each.pid]
        return any(each.is_let_go for each in alive) or all(each.idle_s() < RESTED_S for each in alive)

    def _next_look(self) -> float:
        now = time.monotonic()
        return min([1.0, *(kept.not_before - now for kept in self._all() if kept.not_before > now)])

    def _look(self) -> None:
        if self.router.pid is None and not self.ended_at and self.router.not_before <= time.monotonic():
            self._start(self.router)
        for kept in self.functions:
            if kept.pid is None or kept.pulse is None:
                continue
            if kept.pulse.blocked_s() > BLOCKED_S:
                log_lines.write(
                    "CRITICAL", f"{kept.name} is blocked and killed", function=kept.name, code="blocked"
                )
                self._signal(kept, signal.SIGKILL)
                kept.pulse.start()
            elif kept.idle_s() > IDLE_S and not kept.is_let_go:
                self._let_go(kept)

    def _is_over(self) -> bool:
        if not self.ended_at:
            return False
        if self.router.pid is None:  # nobody asks any more
            for kept in self.functions:
                if not kept.is_let_go:
                    self._let_go(kept)
            if not any(kept.pid for kept in self.functions):
                return True
        if time.monotonic() - self.ended_at > ENDS_WITHIN_S:
            log_lines.write("ERROR", "not everything came to its end", code="cut_off")
            for kept in self._all():
                self._signal(kept, signal.SIGKILL)
            return True
        return False

    def _all(self) -> list[Kept]:
        return [self.router, *self.functions]


def keep_all() -> None:
    """Serve all functions that are here behind the one port."""
    began = time.monotonic()
    plans = planned()
    front = listen()
    for name in LATE:
        importlib.import_module(name)
    lacking = {target: lack for target in plans if (lack := _lack(target))}
    served = [target for target in plans if target not in lacking]
    memory = mmap(-1, SIZE * len(plans))
    functions = [
        Kept(target, socket.create_server(("127.0.0.1", 0), backlog=256), Pulse(memory, place))
        for place, target in enumerate(served)
    ]
    for kept in functions:
        kept.listener.setblocking(False)
    most = _most(len(functions))
    _tell(plans, lacking, began, most)
    gc.collect()
    gc.freeze()  # or the first collection of every child would copy all those pages
    gc.enable()
    ports = {kept.name: kept.listener.getsockname()[1] for kept in functions}
    Keeper(plans, lacking, Kept(ROUTER, front), functions, most, ports).run()


def _tell(plans: dict[str, Planned], lacking: dict[str, str], began: float, most: int) -> None:
    log_lines.write(
        "NOTICE",
        f"All {len(plans)} functions are served from here: this container holds every secret of the platform.",
        functions=len(plans) - len(lacking),
        processes_at_most=most,
        keeps_schedule=bool(os.environ.get("SCHEDULER")),
        start_ms=round((time.monotonic() - began) * 1000),
    )
    for target, lack in lacking.items():
        log_lines.write("WARNING", f"{target} is not served: {lack}", function=target, code="not_configured")


def _lack(target: str) -> str | None:
    """Why a function cannot be served here."""
    try:
        for group in getattr(load(target), target).contract.settings:
            group.from_environment(os.environ)
    except MissingSettings as error:
        return str(error)
    return None


def _read_settings(target: str) -> None:
    """As a process of its own does when it starts."""
    for group in getattr(load(target), target).contract.settings:
        group.read()


def _most(functions: int) -> int:
    """How many processes of functions there may be at once, by the memory that this container is given."""
    for limit in MEMORY_LIMITS:
        with suppress(OSError, ValueError):
            mib = int(Path(limit).read_text()) // 2**20
            return max(4, min(functions, (mib - OWN_MIB) // EACH_MIB))
    return functions


def _go_first() -> None:
    """Where memory ends, it is a function that goes, and not what keeps them all."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")


def _end_with_it(lifeline: int) -> None:
    """End when the keeper is gone, even if it was killed."""

    def wait() -> None:
        os.read(lifeline, 1)
        os._exit(1)

    threading.Thread(target=wait, daemon=True, name="lifeline").start()
