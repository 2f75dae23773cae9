"""What the image and every bundle start."""

import gc
import os
import signal
import sys


def main() -> None:
    # The first process of a container is not ended by a signal that it does not handle; until something is served,
    # there is nothing to wait for.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    gc.disable()  # until it serves: nothing that a start makes is garbage
    if target := os.environ.get("FUNCTION_TARGET"):
        from shared import log_writer

        from .one import serve_target

        serve_target(target)
        # Here and now: Python's own end would come upon a thread of the HTTP client that still lets go of an answer,
        # and such a thread then aborts the process (PyO3/pyo3-async-runtimes, issue 40).
        log_writer.drain()
        os._exit(0)
    else:
        from .keeper import keep_all

        keep_all()


if __name__ == "__main__":
    main()
