"""Where processes of functions are ordered: from the fork server, which the first order starts."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from .config import ROOT

Spawn = Callable[..., "subprocess.Popen[bytes]"]
PATIENCE = 30  # its first answer comes after all its imports


class ForkFailed(Exception):
    """No process came of an order; the fork server's log may say why."""


class ForkServerClient:
    """A fork server for the functions of one folder. `spawn` starts it: `subprocess.Popen`, or something alike."""

    def __init__(self, spawn: Spawn = subprocess.Popen, root: Path = ROOT) -> None:
        self._spawn = spawn
        self._root = root
        self._server: subprocess.Popen[bytes] | None = None
        self._orders: socket.socket | None = None

    def fork(self, target: str, env: dict[str, str], listener: socket.socket, log: BinaryIO) -> int:
        """Serve a function on a socket that listens already. Gives the process id; the process leads its own group."""
        known = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "FUNCTION_TARGET": target,  # by which it knows to read its settings at start
        }
        order = json.dumps({"target": target, "env": {**known, **env}}).encode() + b"\n"
        for _ in range(2):  # it may have been killed just now
            desk = self._connect()
            try:
                socket.send_fds(desk, [order], [listener.fileno(), log.fileno()])
                if pid := desk.recv(20):
                    return int(pid)
            except OSError:
                pass
            self.close(patience=0)
        raise ForkFailed

    def close(self, patience: float = 5) -> None:
        """Let the fork server go, soon; what it forked goes on. The next order starts another one."""
        if self._orders and self._server:
            self._orders.close()
            self._orders = None
            try:
                self._server.wait(patience)
            except subprocess.TimeoutExpired:
                self._server.kill()

    def _connect(self) -> socket.socket:
        if self._orders is None or self._server is None or self._server.poll() is not None:
            self.close()
            self._orders, theirs = socket.socketpair()
            self._orders.settimeout(PATIENCE)
            with theirs:
                fd = theirs.fileno()
                # -P: our own folder stays off its path, where local/stripe.py would be taken for Stripe's package.
                command = [sys.executable, "-P", "-m", "local.forkserver", str(fd)]
                env = {
                    "PATH": os.environ["PATH"],
                    "LANG": "C.UTF-8",
                    "PYTHONPATH": f"{self._root}{os.pathsep}{ROOT}",
                    "PYTHONUNBUFFERED": "1",
                    "FUNCTION_TARGET": "any",  # `shared/` is imported in order to be served
                }
                self._server = self._spawn(command, env=env, cwd=self._root, pass_fds=(fd,))
        return self._orders
