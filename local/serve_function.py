"""One function in a process of its own, served as the image and the bundles serve it, on a socket handed in.

Timeouts are the gateway's here. Places are as many as ask: production runs several of a process that has one.
"""

import socket
import sys
from pathlib import Path

from server.one import App, Server, configured, load_source
from server.plan import Planned


def serve(target: str, listener: int) -> None:
    """Serve the function of that target on the socket with that file descriptor, until told to end."""
    function = getattr(load_source(Path("functions", target, "main.py").absolute()), target)
    plan = Planned(target, timeout=3600, concurrency=1000, is_page=False, schedule=None, settings=())
    Server(configured(App(function, plan), [])).run(sockets=[socket.socket(fileno=listener)])


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
