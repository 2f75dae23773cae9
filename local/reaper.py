"""Ends every process of a stack once its supervisor is gone, however it went.

The supervisor holds the other end of our standard input, so even `kill -9` is heard, on any system: the pipe closes.
"""

import signal
import sys

import psutil


def main() -> None:
    # A Ctrl-C meant for the supervisor reaches us too; we are the one who must outlive it.
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)

    living: dict[int, psutil.Process] = {}
    for line in sys.stdin:
        verb, pid = line.split()
        if verb == "born":
            try:
                living[int(pid)] = psutil.Process(int(pid))
            except psutil.NoSuchProcess:
                pass
        else:
            living.pop(int(pid), None)

    # Order matters: the first to be born is the database, which the others still write to as they go.
    first, *others = living.values() or [None]
    _end(others, signal.SIGTERM, patience=5)
    if first:
        _end([first], signal.SIGINT, patience=20)  # to PostgreSQL: do not wait for clients, but write everything down


def _end(processes: list[psutil.Process], how: signal.Signals, patience: float) -> None:
    for process in processes:
        _tell(process, how)
    _, stubborn = psutil.wait_procs([p for p in processes if not _is_dead(p)], timeout=patience)
    for process in stubborn:
        _tell(process, signal.SIGKILL)


def _tell(process: psutil.Process, how: signal.Signals) -> None:
    try:
        process.send_signal(how)
    except psutil.NoSuchProcess:
        pass


def _is_dead(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


if __name__ == "__main__":
    main()
