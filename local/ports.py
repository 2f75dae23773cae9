"""Which block of ports a stack takes: the one that is said, or 54321 on; where somebody has that, the next free one.

What was taken instead is remembered in the stack's folder, so that its addresses stay.
"""

from pathlib import Path

from .config import DEFAULT_PORT, taken_ports

REMEMBERED = "port"
BLOCK = 100
LOWEST, HIGHEST = 1024, 65_536 - BLOCK
# Below those that systems lend to outgoing connections.
INSTEAD = range(25_000, 32_000, BLOCK)


class NoSuchPort(ValueError):
    """No stack can begin there."""

    def __init__(self, word: str) -> None:
        super().__init__(
            f"PORT={word} will not do. A stack takes a hundred ports: begin at {LOWEST} or above, since those below are"
            f" the system's, and at {HIGHEST} or below. PORT=25000 is a good one; without PORT it finds one by itself."
        )


def read_port(word: str) -> int:
    """What somebody said."""
    if not (word.isascii() and word.isdecimal() and LOWEST <= int(word) <= HIGHEST):
        raise NoSuchPort(word)
    return int(word)


def kept_port(state: Path) -> int:
    """Where the stack of this folder is, as long as nobody says otherwise."""
    path = state / REMEMBERED
    return int(path.read_text()) if path.exists() else DEFAULT_PORT


def keep_port(state: Path, base: int) -> None:
    """From now on it is there."""
    path = state / REMEMBERED
    if base == DEFAULT_PORT:
        path.unlink(missing_ok=True)
    else:
        path.write_text(f"{base}\n")


def next_block(state: Path) -> int | None:
    """The first that nobody listens in, and that was not said for another stack beside this one."""
    free = (base for base in INSTEAD if not (state / str(base)).exists() and not taken_ports(base))
    return next(free, None)
