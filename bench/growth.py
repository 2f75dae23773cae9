"""Growth: every read of the pages, every view and every function, on a platform and on one ten times as large.

Both are filled set-wise (`tests/sql/growth.sql`): a person has the same on both. Each is asked as its people, and
undone; the server counts the rows that are read. Both platforms take turns; what is told is the processor time of the
server's own process, in the least of the turns, since what else the machine does only ever adds. What is refused is not
timed. It grows if it takes more than 1.3 times as long and a millisecond longer for as much as it gives, or reads more
rows that it does not give. What the clock calls is no request.
"""

from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from sql.throwaway import server
from tests.growth import AT_MOST, EXCEPTIONS, Answer, Ask, Connection, Platform, fill

from .backend import processor_ms
from .report import Row

SIZES = (30_000, 300_000)
AT_MOST_RATIO = 1.3
MOST_TURNS = 3  # times as many, where it seems to grow
NAMED = 5  # of those that do what they should not
# What people look at first.
SHOWN = {
    "client_dashboard() as client": "client's dashboard",
    "practitioner_dashboard() as practitioner": "practitioner's dashboard",
    "admin_dashboard() as admin": "admin's dashboard",
    "session_history as client": "client's sessions",
    "session_history as practitioner": "practitioner's sessions",
    "session_history as admin": "admin's newest 50 sessions",
    "list_users() as admin": "admin's list of people",
    "list_payments() as admin": "admin's list of payments",
    "slots with anybody as client": "slots of 30 days with anybody",
}

# What follows something smaller than all there is, and what that is; within the bound at 5,000 sessions.
FOLLOWS = {
    "admin_sessions_without_waiver as admin": "sessions to come",
    "admin_dashboard() as admin": "classes to come, and the sessions of today",
    "admin_returns as admin": "refunds and disputes",
    "admin_banking as admin": "practitioners",
    "issue_practitioner_contract() as admin": "practitioners, each of whom gets one",
    "send_class_reminder() as admin": "sessions of the next day, each of which is reminded of",
    "slots with anybody as client": "practitioners, up to the hundred of an answer",
    "apply_waiting_stripe_events() as service": "what is due, a thousand at a time",
    "advance_next_session() as service": "sessions under way, of which it looks for the one that waits longest",
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
    def reads_more(self) -> bool:
        """By more than 1.3, and by as many as a request may read beside what it gives."""
        return self.large.unused > 1.3 * max(0, self.small.unused) + AT_MOST

    @property
    def ratio(self) -> float:
        """How much longer it takes; below a millisecond nobody can tell."""
        return max(1.0, self.large_ms) / max(1.0, self.small_ms)

    @property
    def grows(self) -> bool:
        more = max(1.0, self.large.given / max(1, self.small.given))
        return self.reads_more or _is_longer(self.small_ms * more, self.large_ms)

    @property
    def is_request(self) -> bool:
        return not self.name.endswith(" as service")


def measure(sizes: tuple[int, int], turns: int, on_progress: Callable[[str], None]) -> list[Grown]:
    """Fill both, then ask every question of both."""
    with server() as postgres:
        for sessions in sizes:
            on_progress(f"{sessions:,} sessions")
            postgres.build(f"grown{sessions}")
            fill(postgres.url(f"grown{sessions}", "supabase_admin"), sessions)
        urls = [postgres.url(f"grown{sessions}", "supabase_admin") for sessions in sizes]
        with psycopg.connect(urls[0]) as small, psycopg.connect(urls[1]) as large:
            return _ask((small, large), turns, on_progress)


def _is_longer(small_ms: float, large_ms: float) -> bool:
    return large_ms > AT_MOST_RATIO * small_ms and large_ms > small_ms + 1


def _ask(
    connections: tuple[Connection, Connection], turns: int, on_progress: Callable[[str], None]
) -> list[Grown]:
    platforms = [Platform(connection) for connection in connections]
    grown = []
    for asks in zip(platforms[0].asks(), platforms[1].asks(), strict=True):
        on_progress(str(asks[0]))
        small, large = (platform.ask(ask) for platform, ask in zip(platforms, asks, strict=True))
        is_refused = small.refusal or large.refusal
        least = [float("inf"), float("inf")]
        for turn in range(0 if is_refused else MOST_TURNS * turns):
            if turn >= turns and not _is_longer(*least):
                break
            for place in (0, 1) if turn % 2 else (1, 0):
                took = _processor_ms(platforms[place], connections[place], asks[place])
                least[place] = min(least[place], took)
        times = (0.0, 0.0) if is_refused else least
        grown.append(Grown(str(asks[0]), small, large, *times))
    return grown


def _processor_ms(platform: Platform, connection: Connection, ask: Ask) -> float:
    with platform.acting_as(ask.who):
        before = processor_ms(connection)
        platform.execute(ask)
        return processor_ms(connection) - before


def rows(grown: list[Grown], sizes: tuple[int, int]) -> list[Row]:
    """What the report has of it."""
    requests = [one for one in grown if one.is_request and not one.is_excepted]
    excepted = [one.name for one in grown if one.is_excepted]
    jobs = [one for one in grown if not one.is_request and not one.is_excepted]
    worst = max((one for one in requests if one.large_ms), key=lambda one: one.ratio)
    what = f"{len(requests)} requests, {sizes[0]:,} and {sizes[1]:,} sessions"

    def count(says: str, those: list[Grown], is_so: Callable[[Grown], bool], among: str) -> Row:
        names = [one.name for one in those if is_so(one)]
        told = ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")
        return Row(says, "", len(names), told or among, at_most=0)

    ten = f"ten times as many: {worst.name}"
    by_name = {one.name: one for one in grown}
    smaller = f"with {sizes[0]:,} sessions"
    return [
        count("requests that grow by more than 1.3", requests, lambda one: one.grows, what),
        count("that read over 1,000 rows they do not give", requests, lambda one: one.reads_much, what),
        count(
            "jobs that grow by more than 1.3",
            jobs,
            lambda one: one.grows,
            f"{len(jobs)} that the clock calls",
        ),
        Row(
            "that follow something smaller, or are sums",
            "",
            len(excepted),
            "named in growth.py and tests/growth.py",
        ),
        Row("the request that grows most, ×", "", worst.ratio, ten),
        *(
            Row(
                f"{says}, {sizes[1]:,} sessions",
                "ms",
                by_name[name].large_ms,
                smaller,
                by_name[name].small_ms,
            )
            for name, says in SHOWN.items()
        ),
    ]
