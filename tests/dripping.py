"""A server that answers a byte now and then, for ever: every read of its client succeeds, and the call never ends."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

EVERY_S = 0.2
HEAD = b"HTTP/1.1 200 OK\r\nx-slow: "
BODY = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000000\r\n\r\n"
SMTP = b"220-"


@contextmanager
def dripping(first: bytes) -> Iterator[str]:
    """Its host and port. `first` is what comes at once: where in an answer it begins to drip."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:

        def drip(connection: socket.socket) -> None:
            with connection:
                try:
                    connection.sendall(first)
                    while not ended.wait(EVERY_S):
                        connection.sendall(b"x")
                except OSError:
                    pass  # the client has had enough

        def listen() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=drip, args=(connection,), daemon=True).start()

        threading.Thread(target=listen, daemon=True).start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            ended.set()
            listener.shutdown(socket.SHUT_RDWR)
