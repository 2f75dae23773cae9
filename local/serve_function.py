"""One function in a process of its own, served as `functions-framework --asgi` serves it, on a socket handed in."""

import asyncio
import signal
import socket
import sys

import uvicorn
from functions_framework.aio import create_asgi_app


class Server(uvicorn.Server):
    """Woken by the signal to end; uvicorn's own looks for it ten times a second, and there are many of us."""

    async def main_loop(self) -> None:
        ended = asyncio.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(name, ended.set)
        if not self.should_exit:
            await ended.wait()


def serve(target: str, listener: int) -> None:
    """Serve the function of that target on the socket with that file descriptor, until told to end."""
    app = create_asgi_app(target, f"functions/{target}/main.py", "http")  # type: ignore[no-untyped-call]
    # The gateway keeps connections open; whoever closes an idle one first must be the gateway. It also says the date.
    config = uvicorn.Config(app, log_level="error", timeout_keep_alive=75, date_header=False, ws="none")
    Server(config).run(sockets=[socket.socket(fileno=listener)])


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
