"""The end of a process: SIGTERM ends it in time, whatever a client or somebody outside does.

The server lets requests in progress come to their end, and waits for them without a limit: for a client that takes
its answer byte by byte, for a thread that reads from somebody outside. Platforms wait ten seconds, then kill. What is
cut off here is what a crash would cut off, and everything here can be repeated after one; but here it is logged.
"""

import os
import signal
import threading
from functools import cache
from types import FrameType

from . import log_lines, log_writer

ENDS_WITHIN_S = 8  # Cloud Run kills after 10

_told = threading.Event()


def is_ending() -> bool:
    """Whether this process has been told to end, so that a loop begins nothing more."""
    return _told.is_set()


@cache
def end_in_time() -> None:
    """From now on SIGTERM ends this process in time. Called in a request: only requests hold a process up.

    Not when it starts, because the server takes over the signals after the function was imported; the server's own
    handler still comes first.
    """
    of_server = signal.getsignal(signal.SIGTERM)
    if not callable(of_server) or threading.current_thread() is not threading.main_thread():
        return  # no server's process: the signal ends it at once

    def end(number: int, frame: FrameType | None) -> None:
        _told.set()
        timer = threading.Timer(ENDS_WITHIN_S, _cut_off)
        timer.daemon = True
        timer.start()
        of_server(number, frame)

    signal.signal(signal.SIGTERM, end)


def _cut_off() -> None:
    function = os.environ.get("FUNCTION_TARGET")
    log_lines.write("ERROR", f"{function} cut_off", function=function, code="cut_off", after_s=ENDS_WITHIN_S)
    log_writer.drain()
    os._exit(0)
