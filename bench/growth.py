"""Growth: every read of the pages, every view and every function, on a platform and on one ten times as large.

Both are filled set-wise (`tests/sql/growth.sql`): a person has the same on both. Each is asked as its people, and
undone; the server counts the rows that are read. What is timed is the median of a few turns, in which both platforms
take turns. What is refused is not timed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter

import psycopg

from sql.throwaway import server
from tests.growth import AT_MOST, EXCEPTIONS, Answer, Platform, fill

SIZES = (30_000, 300_000)

# What follows something smaller than all there is, and what that is; within the bound at 5,000 sessions.
FOLLOWS = {
    "admin_sessions_without_waiver as admin": "sessions to come",
    "admin_dashboard() as admin": "classes to come, and the sessions of today",
    "admin_returns as admin": "refunds and disputes",
    "slots with anybody as client": "practitioners, up to the hundred of an answer",
    "apply_waiting_stripe_events() as service": "what is due, a thousand at a time",
}


@dataclass(frozen=True)
class Grown:
    """One question on the smaller and on the larger platform."""

    name: str
    small: Answer
    large: Answer
    small_ms: float
    large_ms: float

    @property
    def is_excepted(self) -> bool:
        return self.name in EXCEPTIONS or self.name in FOLLOWS

    @property
    def reads_much(self) -> bool:
        """More than a thousand rows that it does not give."""
        return self.large.unused > AT_MOST

    @property
    def grows(self) -> bool:
        """By more than 1.3, and by more than what a small table is read through for."""
        return self.large.unused > 1.3 * max(0, self.small.unused) + 250


def measure(sizes: tuple[int, int], turns: int, on_progress: Callable[[str], None]) -> list[Grown]:
    """Fill both, then ask every question of both."""
    with server() as postgres:
        for sessions in sizes:
            on_progress(f"{sessions:,} sessions")
            postgres.build(f"grown{sessions}")
            fill(postgres.url(f"grown{sessions}", "supabase_admin"), sessions)
        urls = [postgres.url(f"grown{sessions}", "supabase_admin") for sessions in sizes]
        with psycopg.connect(urls[0]) as small, psycopg.connect(urls[1]) as large:
            return _ask(Platform(small), Platform(large), turns, on_progress)


def _ask(small: Platform, large: Platform, turns: int, on_progress: Callable[[str], None]) -> list[Grown]:
    grown = []
    for asks in zip(small.asks(), large.asks(), strict=True):
        on_progress(str(asks[0]))
        answers = small.ask(asks[0]), large.ask(asks[1])  # the first also plans
        times: tuple[list[float], list[float]] = ([], [])
        for turn in range(0 if answers[1].refusal else turns):
            for place in (0, 1) if turn % 2 else (1, 0):
                began = perf_counter()
                (small, large)[place].ask(asks[place])
                times[place].append((perf_counter() - began) * 1000)
        grown.append(Grown(str(asks[0]), *answers, *(median(t) if t else 0.0 for t in times)))
    return grown
