"""One function in a process of its own, served as `functions-framework --asgi` serves it, on a socket handed in."""

import socket
import sys

import uvicorn
from functions_framework.aio import create_asgi_app


def main() -> None:
    fd, target = int(sys.argv[1]), sys.argv[2]
    app = create_asgi_app(target, f"functions/{target}/main.py", "http")  # type: ignore[no-untyped-call]
    # The gateway keeps connections open; whoever closes an idle one first must be the gateway.
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_keep_alive=75))
    server.run(sockets=[socket.socket(fileno=fd)])


if __name__ == "__main__":
    main()
