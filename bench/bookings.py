"""Bookings: sessions booked a second from 16 connections for ten practitioners, and what is wrong afterwards.

On a platform of 30,000 sessions with all that belongs to them (`tests/sql/growth.sql`), in turns with one function as
somebody writes it who knows PostgreSQL: an exclusion constraint, a credit, its line in the ledger, an outbox row and a
line of the audit log, in tables with the same indexes and as many rows. Both run as one transaction of one signed-in
person, by PostgreSQL's own pgbench, in a database of their own each; a time that is taken is asked for again and again,
which both refuse: the same attempts of both, so that their calendars fill alike. An attempt is booked or refused;
processor time is all that the server takes.

Ours asks more: the hours, buffers and places of calendars, holds, the waiver, limits, the kinds of credits and their
ends; and its audit log is a chain. Of its processor time the audit line and its chain are a fifth, hours, holds and
overlaps an eighth, the ledger an eighth, the practitioner's time with its buffers a ninth (decision 94). The first
booking of a connection is timed in new ones, the later ones after ten. With `--before` a commit, that commit's
migrations are a third, in the same turns.

Then 10,000 attempts of `tests/sql/booking_load.py`: bookings, holds, moves, cancellations and seats of all lengths;
afterwards no credit, seat or time may be amiss.
"""

import re
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import psutil
import psycopg

from local.config import ROOT
from sql.throwaway import Server, server
from tests.growth import FILL
from tests.sql.booking_load import PRACTITIONERS, BookingLoad, prepare_load, violations_after

CONNECTIONS, ATTEMPTS = 16, 10_000
SESSIONS = 30_000
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
    exception when sqlstate 'PT409' or exclusion_violation then
      return sqlerrm;
    end $$;"""

# One function, and tables with the rows and indexes of ours. Definer, or there would be policies to pass.
PEER = """
    create schema peer;
    create table peer.session_schedules (like public.session_schedules including defaults including indexes);
    create table peer.user_session_credits (like public.user_session_credits including defaults including indexes);
    create table peer.credit_ledger (like public.credit_ledger including defaults including indexes);
    create table peer.outbox (like private.outbox including defaults including indexes including identity);
    create table peer.audit_logs (like public.audit_logs including defaults including indexes);
    insert into peer.session_schedules select * from public.session_schedules;
    insert into peer.user_session_credits select * from public.user_session_credits;
    insert into peer.credit_ledger select * from public.credit_ledger;
    insert into peer.outbox overriding system value select * from private.outbox;
    insert into peer.audit_logs select * from public.audit_logs;
    select setval(pg_get_serial_sequence('peer.outbox', 'id'), (select max(id) from peer.outbox));
    alter table peer.session_schedules add during tstzrange;
    update peer.session_schedules
       set during = tstzrange(scheduled_at, scheduled_at + make_interval(mins => duration_minutes));
    alter table peer.session_schedules add constraint never_twice exclude using gist
      (practitioner_id extensions.gist_uuid_ops with =, during with &&)
      where (group_class_id is null and status <> 'cancelled');
    create function peer.book_session_with_credit(
      practitioner_id uuid, scheduled_at timestamptz, duration_minutes integer)
      returns table (session_id uuid, credits_remaining integer) language plpgsql security definer
      set search_path = '' as $$
    #variable_conflict use_variable
    declare
      v_lot uuid;
    begin
      update peer.user_session_credits c set credits_remaining = c.credits_remaining - 1
       where c.id = (select l.id from peer.user_session_credits l
                      where l.user_id = auth.uid() and l.credits_remaining > 0
                      order by l.expires_at, l.purchased_at limit 1 for update)
       returning c.id, c.credits_remaining into v_lot, credits_remaining;
      if not found then
        raise sqlstate 'PT402';
      end if;
      insert into peer.session_schedules as s
        (practitioner_id, client_id, scheduled_at, duration_minutes, during, room_name, credit_lot_id, time_zone,
         local_start)
        values (practitioner_id, auth.uid(), scheduled_at, duration_minutes,
                tstzrange(scheduled_at, scheduled_at + make_interval(mins => duration_minutes)), gen_random_uuid(),
                v_lot, 'UTC', scheduled_at)
        returning s.id into session_id;
      insert into peer.credit_ledger (lot_id, user_id, change, kind, session_id)
        values (v_lot, auth.uid(), -1, 'spend', session_id);
      insert into peer.outbox (kind, user_id, session_id) values ('session_booked', auth.uid(), session_id);
      insert into peer.audit_logs (user_id, action, table_name, record_id, metadata, personal_sha256)
        values (auth.uid(), 'INSERT', 'session_schedules', session_id,
                jsonb_build_object('operation', 'INSERT', 'scheduled_at', scheduled_at), sha256(''));
      return next;
    end $$;
    grant usage on schema peer to authenticated;
    grant execute on function peer.book_session_with_credit to authenticated;"""

OURS, BESIDE, BEFORE = "ours", "one function", "before"


@dataclass
class Speed:
    """What one of them did, a value a turn; and how long a booking took, first in a connection and later."""

    booked: list[float] = field(default_factory=list)
    attempts_per_cpu: list[float] = field(default_factory=list)
    first_ms: list[float] = field(default_factory=list)
    later_ms: list[float] = field(default_factory=list)


@dataclass
class Measured:
    """All of them by name, and what was wrong in the end."""

    speeds: dict[str, Speed]
    wrong: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Contender:
    """A database in which bookings are made, and where they are then."""

    load: BookingLoad
    sessions: str


def measure(
    turns: int,
    each: int,
    attempts: int,
    before: str | None,
    scratch: Path,
    on_progress: Callable[[str], None],
) -> Measured:
    """Book in turns, then all at once."""
    with server() as postgres:
        on_progress(f"{SESSIONS:,} sessions")
        contenders = _contenders(postgres, before, scratch)
        seen = Measured({name: Speed() for name in contenders})
        for turn in range(turns + 1):
            for name, contender in contenders.items():
                on_progress(f"{turn} of {turns}: {name}")
                booked, per_cpu = _book(postgres, contender, each, turn, scratch)
                first, later = _first_and_later(contender)
                if turn:  # the one before warms up
                    speed = seen.speeds[name]
                    speed.booked.append(booked)
                    speed.attempts_per_cpu.append(per_cpu)
                    speed.first_ms.append(first)
                    speed.later_ms.append(later)
        on_progress(f"{attempts} attempts of every kind")
        load = prepare_load(postgres, "load")
        load.run(attempts)
        seen.wrong = {**load.failures, **violations_after(load)}
    return seen


def _contenders(postgres: Server, before: str | None, scratch: Path) -> dict[str, Contender]:
    postgres.build("filled")
    _fill(postgres, "filled", FILL)
    ours = "public.book_session_with_credit"
    contenders = {
        OURS: Contender(_ready(postgres, "ours", "filled", ours), "public.session_schedules"),
        BESIDE: Contender(
            _ready(postgres, "peer", "filled", "peer.book_session_with_credit", PEER),
            "peer.session_schedules",
        ),
    }
    if before:
        archive = subprocess.run(
            [shutil.which("git") or "git", "archive", before, "sql/migrations", "tests/sql/growth.sql"],
            cwd=ROOT, check=True, capture_output=True,
        ).stdout  # fmt: skip
        old = scratch / "before"
        old.mkdir()
        subprocess.run([shutil.which("tar") or "tar", "-x", "-C", old], input=archive, check=True)
        postgres.build("filled_before", sorted(old.glob("sql/migrations/*.sql")))
        _fill(postgres, "filled_before", (old / "tests/sql/growth.sql").read_text())
        load = _ready(postgres, "before", "filled_before", ours)
        contenders[BEFORE] = Contender(load, "public.session_schedules")
    return contenders


def _fill(postgres: Server, database: str, rows: str) -> None:
    with psycopg.connect(postgres.url(database, "supabase_admin"), autocommit=True) as connection:
        connection.execute(rows.replace("{sessions}", str(SESSIONS)).encode())


def _ready(postgres: Server, name: str, template: str, book: str, more: str = "") -> BookingLoad:
    """A database with people in it who have credits for years, beside all others."""
    load = prepare_load(postgres, name, template=template)
    with psycopg.connect(load.url, autocommit=True) as connection:
        connection.execute(
            "delete from public.session_schedules where practitioner_id = any (%s::uuid[])",
            [load.practitioners],
        )
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


def _book(postgres: Server, contender: Contender, each: int, turn: int, scratch: Path) -> tuple[float, float]:
    """Sessions booked a second, and attempts for each second of processor time of the server.

    So many attempts a connection, the same for all: in a calendar that is full already, each would take less.
    """
    script = scratch / "book.sql"
    clients = len(contender.load.clients)
    script.write_text(ASK.format(clients=clients, practitioners=PRACTITIONERS, quarters=DAYS * 96))
    count = f"select count(*) from {contender.sessions}".encode()  # noqa: S608 (our own words)
    with psycopg.connect(contender.load.url, autocommit=True) as connection:
        postmaster = psutil.Process(psutil.Process(connection.info.backend_pid).ppid())
        before, *_ = connection.execute(count).fetchone() or (0,)
        options = (
            *("--no-vacuum", f"--client={CONNECTIONS}", "--jobs=2"),
            *(f"--transactions={each}", f"--random-seed={turn}", f"--file={script}"),
        )
        spent = _processor_s(postmaster)
        run = subprocess.run(  # noqa: PLW1510 (checked below, with its words)
            [postgres.binaries / "pgbench", *options, contender.load.url], capture_output=True, text=True
        )
        assert run.returncode == 0, run.stderr
        spent = _processor_s(postmaster) - spent
        after, *_ = connection.execute(count).fetchone() or (0,)
    per_second = re.search(r"tps = ([\d.]+)", run.stdout)
    assert per_second, run.stdout
    attempts = each * CONNECTIONS
    return (after - before) / attempts * float(per_second[1]), attempts / spent


def _processor_s(postmaster: psutil.Process) -> float:
    """What a server has taken of the processors: itself, who is there, and who was."""
    time.sleep(0.2)  # whoever has gone is counted when its parent has heard of it
    own = postmaster.cpu_times()
    living = [process.cpu_times() for process in postmaster.children()]
    return float(
        sum(times.user + times.system for times in (own, *living)) + own.children_user + own.children_system
    )


def _first_and_later(contender: Contender) -> tuple[float, float]:
    """Milliseconds of the first booking in a connection, and of those after the tenth."""
    times = []
    with psycopg.connect(contender.load.url, autocommit=True) as connection:
        connection.execute("select 1")
        for _ in range(20):
            began = time.perf_counter()
            connection.execute(
                "select attempt.book(1 + (random() * %s)::int, 1 + (random() * %s)::int, (random() * %s)::int, 1)",
                [len(contender.load.clients) - 1, PRACTITIONERS - 1, DAYS * 96],
            )
            times.append((time.perf_counter() - began) * 1000)
    return times[0], median(times[10:])
