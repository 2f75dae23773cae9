"""Processor time of the database's process behind a connection: what else the machine does is not in it."""

from pathlib import Path
from typing import Any

import psutil
import psycopg


def processor_ms(connection: psycopg.Connection[Any]) -> float:
    """What the process has used so far, in milliseconds, to be taken before and after."""
    pid = connection.info.backend_pid
    exact = Path(f"/proc/{pid}/schedstat")  # Linux: nanoseconds, where psutil's are hundredths of a second
    if exact.exists():
        return int(exact.read_text().split()[0]) / 1e6
    used = psutil.Process(pid).cpu_times()
    return float(used.user + used.system) * 1000
