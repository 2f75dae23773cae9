"""How long a booking waits while a platform in use takes the migrations.

    python -m bench.adoption [sessions]      (200,000 by default; a third of them completed and paid)

A server with 60 connections, the platform as it is in use with so many sessions, their payments and their lines of the
audit log; one client after the other books, from the first file to the last, and the longest wait of each file is said
beside the longest without any.
"""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from sql.throwaway import BASELINE, MIGRATIONS, ROOT, Server, server

STATE_B = ROOT / "tests/adoption/state_b.sql"
CONNECTIONS = "-c max_connections=60"
PEOPLE, PRACTITIONERS = 2000, 40

ROWS = """
    insert into auth.users (id, email, raw_user_meta_data)
    select md5('u' || n)::uuid, n || '@demo.test', jsonb_build_object('full_name', 'Person ' || n)
      from generate_series(1, {people}) n;
    insert into public.practitioners (id, user_id, name)
    select md5('p' || n)::uuid, md5('u' || n)::uuid, 'Practitioner ' || n from generate_series(1, {practitioners}) n;
    insert into public.session_schedules
      (id, practitioner_id, client_id, scheduled_at, duration_minutes, room_name, status, session_location,
       physical_location, class_name)
    select md5('s' || n)::uuid, md5('p' || 1 + n % {practitioners})::uuid, md5('u' || 1 + n % {people})::uuid,
           date_trunc('hour', now()) - n / {practitioners} * interval '1 hour' + interval '5 days', 45, 'room ' || n,
           case when n % 3 = 0 then 'completed' else 'scheduled' end,
           case when n % 4 = 0 then 'in_person' else 'online' end, case when n % 4 = 0 then 'Here' end,
           case when n % 50 = 0 then 'Class' end
      from generate_series(1, {sessions}) n;
    insert into public.session_payments
      (session_id, practitioner_id, client_id, total_amount, practitioner_share, platform_share, currency, status,
       paid_out_at)
    select s.id, s.practitioner_id, s.client_id, 100, 75, 25, 'cad',
           case when hashtext(s.id::text) % 2 = 0 then 'completed' else 'paid_out' end,
           case when hashtext(s.id::text) % 2 <> 0 then now() end
      from public.session_schedules s where s.status = 'completed';
    insert into public.user_session_credits (user_id, credits_remaining) select id, 3 from auth.users;
    insert into public.liability_waivers (user_id, waiver_text) select id, 'At my own risk.' from auth.users;
    analyze;
"""


@dataclass
class Waits:
    """The longest wait since it was last asked, in seconds."""

    longest: float = 0.0
    started: float | None = None
    refused: list[str] = field(default_factory=list)

    def take(self) -> float:
        """Of a booking that still waits, how long it has waited up to now."""
        longest = max(self.longest, time.perf_counter() - self.started if self.started else 0.0)
        self.longest = 0.0
        return longest


@contextmanager
def booking(url: str) -> Iterator[Waits]:
    """Somebody books, again and again."""
    waits, stop = Waits(), threading.Event()

    def book() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            number = 0
            while not stop.is_set():
                number += 1
                waits.started = time.perf_counter()
                try:
                    connection.execute(
                        "insert into public.session_schedules"
                        " (practitioner_id, client_id, scheduled_at, duration_minutes, room_name)"
                        " values (md5('p1')::uuid, md5('u9')::uuid,"
                        " now() + interval '300 days' + %s * interval '1 hour', 45, %s)",
                        (number, f"booked {number}"),
                    )
                except psycopg.Error as refusal:
                    waits.refused.append(str(refusal))
                waits.longest = max(waits.longest, time.perf_counter() - waits.started)
                waits.started = None
                time.sleep(0.005)

    thread = threading.Thread(target=book)
    thread.start()
    try:
        yield waits
    finally:
        stop.set()
        thread.join()


@dataclass(frozen=True)
class Measured:
    """Longest waits: of no file, and of each."""

    without: float
    files: dict[str, float]
    seconds: dict[str, float]
    refused: list[str]


def measure(postgres: Server, sessions: int) -> Measured:
    """Build the platform, and take it over while somebody books."""
    url = postgres.build("size", [BASELINE, STATE_B])
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            ROWS.format(sessions=sessions, people=PEOPLE, practitioners=PRACTITIONERS).encode()
        )
    waited: dict[str, float] = {}
    took: dict[str, float] = {}
    with booking(url) as waits:
        time.sleep(2)
        without = waits.take()
        for path in MIGRATIONS:
            if path != BASELINE:
                begun = time.perf_counter()
                _apply(postgres, path)
                took[path.name] = time.perf_counter() - begun
                waited[path.name] = waits.take()
    return Measured(without, waited, took, waits.refused)


def _apply(postgres: Server, path: Path) -> None:
    """As whoever pushes does: a file that waited too long for its lock is pushed again."""
    for _ in range(5):
        try:
            postgres.apply("size", [path])
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            continue
        return
    raise TimeoutError(path.name)


def main() -> None:
    sessions = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    with server(more_settings=CONNECTIONS) as postgres:
        measured = measure(postgres, sessions)
    print(f"{sessions:,} sessions, 60 connections. The longest wait of a booking:")
    print(f"  {1000 * measured.without:8.0f} ms   without any file")
    for name, seconds in sorted(measured.files.items(), key=lambda item: -item[1]):
        if seconds > 0.1 or measured.seconds[name] > 1:
            print(f"  {1000 * seconds:8.0f} ms   {name} ({measured.seconds[name]:.1f} s)")
    if measured.refused:
        print(f"  {len(measured.refused)} bookings were refused, the first: {measured.refused[0]}")


if __name__ == "__main__":
    main()
