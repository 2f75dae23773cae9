"""Forks a process for each function, from one that has imported what functions are built on.

A function's own start takes a third of a second, nearly all of it spent in the same modules; forked, a twentieth of
that. Whoever changes `shared/` starts another fork server.

The client sends an order, one line of JSON with two file descriptors: the socket to listen on, and the log. It hears
back the process id.
"""

import gc
import importlib
import json
import os
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from .serve_function import serve

# What is imported with the first request, or later still.
LATE = ("httpx", "jwt", "uvicorn.lifespan.off", "uvicorn.loops.auto", "uvicorn.protocols.http.auto")


def main() -> None:
    for name in LATE:
        importlib.import_module(name)
    _import_shared()
    gc.freeze()  # or the first collection of every child would copy all those pages
    runner = socket.socket(fileno=int(sys.argv[1]))
    while order := _next(runner):
        what, fds = order
        _reap_children()
        pid = os.fork()
        if pid == 0:
            runner.close()
            _run_function(what, *fds)
            return
        for fd in fds:
            os.close(fd)
        runner.sendall(f"{pid}\n".encode())


def _import_shared() -> None:
    for file in sorted(Path("shared").rglob("*.py")):
        name = ".".join(file.with_suffix("").parts).removesuffix(".__init__")
        with suppress(Exception):  # a function that needs it will fail by the same, and say so in its own log
            importlib.import_module(name)


def _next(runner: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """The next order and what came with it; none when the runner is gone."""
    line, fds, _, _ = socket.recv_fds(runner, 1 << 16, 2)
    while line and not line.endswith(b"\n"):
        line += runner.recv(1 << 16)
    return (json.loads(line), fds) if line else None


def _reap_children() -> None:
    """Until now a function that ended kept its process id, so that nobody takes another process for it."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass  # none are left


def _run_function(what: dict[str, Any], listener: int, log: int) -> None:
    """The function's process from here on: a group, an environment and an output of its own."""
    os.setsid()
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    os.environ.clear()
    os.environ.update(what["env"])
    serve(what["target"], listener)


if __name__ == "__main__":
    main()
