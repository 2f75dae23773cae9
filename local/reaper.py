"""Ends every part of a stack once its supervisor is gone, however it went.

The supervisor holds the other end of our standard input, so even `kill -9` is heard, on any system: the pipe closes.
"""

import signal
import sys
from pathlib import Path

from .members import end_parts


def main() -> None:
    # A Ctrl-C meant for the supervisor reaches us too; we are the one who must outlive it.
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)
    sys.stdin.read()
    end_parts(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
