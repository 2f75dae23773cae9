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
        from .one import serve_target

        serve_target(target)
    else:
        from .keeper import keep_all

        keep_all()


if __name__ == "__main__":
    main()
