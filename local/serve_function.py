"""One function in a process of its own, served as `functions-framework --asgi` serves it, on a socket handed in."""

import socket
import sys

import uvicorn
from functions_framework.aio import create_asgi_app


def serve(target: str, listener: int) -> None:
    """Serve the function of that target on the socket with that file descriptor, until told to end."""
    app = create_asgi_app(target, f"functions/{target}/main.py", "http")  # type: ignore[no-untyped-call]
    # The gateway keeps connections open; whoever closes an idle one first must be the gateway.
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_keep_alive=75))
    server.run(sockets=[socket.socket(fileno=listener)])


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
