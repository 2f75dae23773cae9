"""Bookings: sessions booked a second from 16 connections for ten practitioners, and what is wrong afterwards.

In turns with the same without rules, as a platform without them has it: take a credit off, insert the session. Both run
as one transaction of one signed-in person, by PostgreSQL's own pgbench, in a database of their own each; a time that is
taken is asked for again and again, which only ours refuses. Then 10,000 attempts of `tests/sql/booking_load.py`:
bookings, holds, moves, cancellations and seats of all lengths; afterwards no credit, seat or time may be amiss.
"""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from sql.throwaway import Server, server
from tests.sql.booking_load import PRACTITIONERS, BookingLoad, prepare_load, violations_after

CONNECTIONS, ATTEMPTS = 16, 10_000
DAYS = 100  # fewer, and soon nothing is free; more, and nobody wants the same

ASK = """
\\set client random(1, {clients})
\\set practitioner random(1, {practitioners})
\\set quarter random(1, {quarters})
\\set length random(1, 3)
select attempt.book(:client, :practitioner, :quarter, :length);
"""

# What a person asks for, whoever answers; a refusal is an answer, and only pgbench would stop at it.
ATTEMPT = """
    create schema attempt;
    create table attempt.people (number integer, kind text, id uuid, primary key (kind, number));
    grant usage on schema attempt to authenticated;
    create function attempt.book(client integer, practitioner integer, quarter integer, length integer) returns text
      language plpgsql as $$
    declare
      v_client uuid := (select p.id from attempt.people p where (p.kind, p.number) = ('client', client));
      v_leader uuid := (select p.id from attempt.people p where (p.kind, p.number) = ('practitioner', practitioner));
      v_at     timestamptz := date_trunc('day', now()) + interval '2 days' + quarter * interval '15 minutes';
    begin
      perform set_config('request.jwt.claims', json_build_object('role', 'authenticated', 'sub', v_client)::text, true),
              set_config('role', 'authenticated', true);
      perform {book}(v_leader, v_at, (array[20, 45, 60])[length]);
      return 'booked';
    exception when sqlstate 'PT409' then
      return sqlerrm;
    end $$;"""

# The same tables with the same indexes, and nothing that asks. Definer, or there would be policies to pass.
BARE = """
    create schema bare;
    create table bare.session_schedules (like public.session_schedules including defaults including indexes);
    create table bare.user_session_credits (like public.user_session_credits including defaults including indexes);
    insert into bare.user_session_credits select * from public.user_session_credits;
    create function bare.book_session_with_credit(
      practitioner_id uuid, scheduled_at timestamptz, duration_minutes integer)
      returns table (session_id uuid, credits_remaining integer) language plpgsql security definer as $$
    #variable_conflict use_variable
    begin
      update bare.user_session_credits c set credits_remaining = c.credits_remaining - 1
       where c.id = (select l.id from bare.user_session_credits l where l.user_id = auth.uid() limit 1)
       returning c.credits_remaining into credits_remaining;
      insert into bare.session_schedules as s
        (practitioner_id, client_id, scheduled_at, duration_minutes, room_name, time_zone, local_start)
        values (practitioner_id, auth.uid(), scheduled_at, duration_minutes, gen_random_uuid(), 'UTC', scheduled_at)
        returning s.id into session_id;
      return next;
    end $$;
    grant usage on schema bare to authenticated;
    grant execute on function bare.book_session_with_credit to authenticated;"""

DOUBLE = """
    select count(*) from (
      select scheduled_at < max(scheduled_at + make_interval(mins => duration_minutes)) over (
               partition by practitioner_id order by scheduled_at, id rows between unbounded preceding and 1 preceding
             ) as is_double
        from bare.session_schedules) s
     where is_double"""


@dataclass
class Measured:
    """Sessions booked a second, a value a turn; and what was wrong in the end."""

    ours: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    wrong: dict[str, int] = field(default_factory=dict)
    bare_double: int = 0


def measure(
    turns: int, seconds: int, attempts: int, scratch: Path, on_progress: Callable[[str], None]
) -> Measured:
    """Book in turns, then all at once."""
    seen = Measured()
    with server() as postgres:
        ours = _ready(postgres, "ours", "public.book_session_with_credit")
        bare = _ready(postgres, "bare", "bare.book_session_with_credit", BARE)
        for turn in range(1, turns + 1):
            on_progress(f"{turn} of {turns}: ours")
            seen.ours.append(_booked(postgres, ours, "public.session_schedules", seconds, scratch))
            on_progress(f"{turn} of {turns}: without rules")
            seen.bare.append(_booked(postgres, bare, "bare.session_schedules", seconds, scratch))
        with psycopg.connect(bare.url) as connection:
            (seen.bare_double,) = connection.execute(DOUBLE).fetchone() or (0,)
        on_progress(f"{attempts} attempts of every kind")
        load = prepare_load(postgres, "load")
        load.run(attempts)
        seen.wrong = {**load.failures, **violations_after(load)}
    return seen


def _ready(postgres: Server, name: str, book: str, more: str = "") -> BookingLoad:
    """A database with people in it who have credits for years."""
    load = prepare_load(postgres, name)
    with psycopg.connect(load.url, autocommit=True) as connection:
        connection.execute("delete from public.session_schedules")
        connection.execute(
            "select private.grant_credits(person, 10000) from unnest(%s::uuid[]) person, generate_series(1, 10)",
            [load.clients],
        )
        connection.execute((more + ATTEMPT.replace("{book}", book)).encode())
        for kind, people in (("client", load.clients), ("practitioner", load.practitioners)):
            connection.execute(
                "insert into attempt.people (number, kind, id)"
                " select n, %s, id from unnest(%s::uuid[]) with ordinality p (id, n)",
                [kind, people],
            )
        connection.execute("vacuum analyze")
    return load


def _booked(postgres: Server, load: BookingLoad, sessions: str, seconds: int, scratch: Path) -> float:
    """How many sessions there are more after so many seconds, for each second."""
    script = scratch / "book.sql"
    script.write_text(ASK.format(clients=len(load.clients), practitioners=PRACTITIONERS, quarters=DAYS * 96))
    count = f"select count(*) from {sessions}".encode()  # noqa: S608 (our own words)
    with psycopg.connect(load.url, autocommit=True) as connection:
        before, *_ = connection.execute(count).fetchone() or (0,)
        options = (
            "--no-vacuum",
            f"--client={CONNECTIONS}",
            "--jobs=2",
            f"--time={seconds}",
            f"--file={script}",
        )
        run = subprocess.run(  # noqa: PLW1510 (checked below, with its words)
            [postgres.binaries / "pgbench", *options, load.url], capture_output=True, text=True
        )
        assert run.returncode == 0, run.stderr
        after, *_ = connection.execute(count).fetchone() or (0,)
    return float(after - before) / seconds
