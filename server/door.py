"""The socket that callers come to: opened where the platform asks, and closed without cutting off who waits there.

Closed, the kernel resets whoever it has connected and nobody has taken yet: a request is lost in a moment in which the
machine was busy. So nobody new is connected first, then all who are there are taken, and then it is closed.
"""

import array
import os
import socket
import struct
from contextlib import suppress

ATTACH_FILTER, DETACH_FILTER, TCP_INFO = 26, 27, 11  # of Linux; Python has no names for all of them
# Of each packet the flags of TCP; whoever begins to connect (SYN) is not heard, all others are.
NOBODY_NEW = struct.pack("HBBI" * 4, 0x30, 0, 0, 13, 0x45, 0, 1, 2, 0x06, 0, 0, 0, 0x06, 0, 0, 0xFFFF)


def listen() -> socket.socket:
    """The port that the platform asks for."""
    address = (os.environ.get("HOST", "0.0.0.0"), int(os.environ.get("PORT", "8080")))  # noqa: S104
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    return socket.create_server(address, family=family, backlog=1024)


def let_nobody_new_in(listener: socket.socket) -> None:
    """Who is just connecting tries again, and is refused then; where this is not Linux, it is left as it is."""
    code = array.array("B", NOBODY_NEW)
    with suppress(OSError):
        listener.setsockopt(socket.SOL_SOCKET, ATTACH_FILTER, struct.pack("HP", 4, code.buffer_info()[0]))


def count_waiting(listener: socket.socket) -> int:
    """How many are connected and not taken yet: of a socket that listens, Linux counts them as `tcpi_unacked`."""
    try:
        return int(struct.unpack_from("I", listener.getsockopt(socket.IPPROTO_TCP, TCP_INFO, 28), 24)[0])
    except (OSError, struct.error):
        return 0


def let_in(listener: socket.socket) -> None:
    """Again, where somebody else has been told to end on the same socket."""
    with suppress(OSError):
        listener.setsockopt(socket.SOL_SOCKET, DETACH_FILTER, 0)
