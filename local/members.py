"""Who belongs to a stack: every process with the stack's folder in its environment, which those it starts inherit.

Nobody keeps a list, which would be wrong as soon as its keeper was killed. Two are no parts: the supervisor, and the
reaper, which ends the parts once the supervisor is gone.
"""

import json
import os
import shlex
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import psutil

TAG = "LOCAL_STACK"
STEWARDS = ("local.supervisor", "local.reaper")
DATABASE_PATIENCE = 20
PATIENCE = 5


def tag(state: Path) -> dict[str, str]:
    """What a process of this stack has in its environment."""
    return {TAG: str(state.resolve())}


def members(state: Path) -> list[psutil.Process]:
    """Every living process of the stack in this folder, but for ourselves."""
    stack = str(state.resolve())
    return [one for one in psutil.process_iter() if one.pid != os.getpid() and stack_of(one) == stack]


def parts(state: Path) -> list[psutil.Process]:
    """Its members without supervisor and reaper."""
    return [one for one in members(state) if not is_steward(one)]


def stack_of(process: psutil.Process) -> str | None:
    """The folder of the stack that a process belongs to."""
    with suppress(psutil.Error):
        if stack := process.environ().get(TAG):
            return stack
    with suppress(psutil.Error, ValueError):
        command = process.cmdline()
        if "local.supervisor" in command:  # of a stack that was started before there were tags
            return str(json.loads(command[-2])["state"])
        # Run by root as another user it does not show its environment.
        if command and Path(command[0]).name in ("postgres", "initdb"):
            folders = (Path(to) for flag, to in pairwise(command) if flag in ("-D", "--pgdata"))
            return next((str(folder.parent) for folder in folders), None)
    return None


def is_steward(process: psutil.Process, *modules: str) -> bool:
    """Whether it is the supervisor or the reaper of a stack."""
    with suppress(psutil.Error):
        return any(module in process.cmdline() for module in modules or STEWARDS)
    return False


def is_dead(process: psutil.Process) -> bool:
    """Whether it ended; one that only waits to be buried has."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def end_parts(state: Path) -> None:
    """End all parts of a stack within half a minute, and what they start meanwhile."""
    found = parts(state)
    # Order matters: the database goes last, since the others still write to it as they go.
    end_within([part for part in found if not _is_database(part)], PATIENCE)
    end_within([part for part in found if _is_database(part)], DATABASE_PATIENCE)
    deadline = time.monotonic() + PATIENCE
    while (late := parts(state)) and time.monotonic() < deadline:
        end_within(late, patience=0)


def end_within(processes: Sequence[psutil.Process], patience: float) -> None:
    """End all of them at once, kindly; after so many seconds of patience, not."""
    backends = [child for process in processes if _is_database(process) for child in _children(process)]
    for process in processes:
        # SIGINT to a database: do not wait for clients to leave, but write everything down.
        _send(process, signal.SIGINT if _is_database(process) else signal.SIGTERM)
    _wait(processes, patience)
    for process in (*processes, *backends):
        _send(process, signal.SIGKILL)
    _wait((*processes, *backends), patience=1)


def describe(process: psutil.Process) -> str:
    """A process as a person looks for it: its number and its command line."""
    command = ""
    with suppress(psutil.Error):
        command = shlex.join(process.cmdline()) or process.name()
    return f"{process.pid} ({command[:120]})"


def port_holder(port: int) -> psutil.Process | None:
    """Who has a port; none if the system does not say, as of another user's processes."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if any(one.laddr and one.laddr.port == port for one in process.net_connections("tcp")):
                return process
    return None


def _is_database(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return process.name() == "postgres"
    return False


def _children(process: psutil.Process) -> list[psutil.Process]:
    with suppress(psutil.Error):
        return process.children()
    return []


def _send(process: psutil.Process, how: signal.Signals) -> None:
    """To PostgreSQL alone: it tells its children itself. To any other with all that it started."""
    with suppress(psutil.Error, ProcessLookupError):
        if is_dead(process):
            return
        if os.getpgid(process.pid) == process.pid and not _is_database(process):
            os.killpg(process.pid, how)
        else:
            process.send_signal(how)


def _wait(processes: Sequence[psutil.Process], patience: float) -> None:
    deadline = time.monotonic() + patience
    while not all(map(is_dead, processes)) and time.monotonic() < deadline:
        time.sleep(0.02)
