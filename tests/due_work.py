"""Due rows by the thousand for each scheduled function: set-wise, good and stale mixed. For a test and for bench.due.

A `Due` names the statements that make `n` rows (`%(n)s`), and the query that lists them in the order in which they are
to be done: whether each is done.
"""

from dataclasses import dataclass

import psycopg

# A crowd of n, each a practitioner and a client; crowd.number tells them apart. Past the triggers, which would write
# a profile, a welcome, an audit line for each of them.
CROWD = """
    create unlogged table private.crowd as
      select number, gen_random_uuid() as id, gen_random_uuid() as practitioner_id, gen_random_uuid() as session_id
        from generate_series(1, %(n)s) number;
    alter table private.crowd add primary key (number);
    insert into auth.users (id, aud, role, email, raw_app_meta_data, raw_user_meta_data, created_at)
      select id, 'authenticated', 'authenticated', number || '@crowd.test', '{}', '{}', now() from private.crowd;
    insert into public.practitioners (id, user_id, name) select practitioner_id, id, 'P' from private.crowd;
    insert into public.practitioner_calendars (practitioner_id, time_zone)
      select practitioner_id, 'America/Toronto' from private.crowd on conflict do nothing;
    analyze auth.users, public.practitioners;
"""

SESSION = """
    insert into public.session_schedules
      (id, practitioner_id, client_id, scheduled_at, duration_minutes, room_name, status, time_zone, local_start,
       session_location, max_participants)
    select {id}, c.practitioner_id, c.id, at.at, 30, 'room ' || gen_random_uuid(), '{status}', 'America/Toronto',
           at.at at time zone 'America/Toronto' {moved}, 'online', 1
      from private.crowd c cross join lateral (select {at} as at) at;
    analyze public.session_schedules;
"""


def sessions(at: str, status: str = "scheduled", moved: str = "", id_: str = "gen_random_uuid()") -> str:
    return SESSION.format(at=at, status=status, moved=moved, id=id_)


@dataclass(frozen=True)
class Due:
    """What is due for one function."""

    function: str
    make: str  # the rows
    done: str  # one boolean for each row, in the order in which they are done
    tables: tuple[str, ...] = ()  # whose triggers are off meanwhile
    stamps: str = ""  # when each row was changed, by now(): the same for all that one statement did
    runs_side_by_side: int = 8  # so many may be done out of turn


DUE = (
    Due(
        "send-notifications",
        # Nine of ten state what is not true any more, one after the other.
        """
        with events as (
          insert into private.outbox (kind, user_id, created_at, addressed_at)
          select case when number > 0.9 * %(n)s then 'banking_changed' else 'session_booked' end, id, at, at
            from (select *, now() - interval '1 second' * (%(n)s - number) as at from private.crowd) crowd
          returning id, kind, user_id, created_at)
        insert into private.mails (outbox_id, kind, audience, user_id, payload, next_attempt_at)
        select id, kind, 'user', user_id, '{}', created_at from events;
        """,
        "select status <> 'queued' from private.mails where kind <> 'welcome' order by outbox_id",
        tables=("private.outbox",),
        stamps="""
        select ended_at as stamp from private.mails where ended_at is not null
        """,
    ),
    Due(
        "send-notifications",
        # Events that nobody has been told of; nine of ten cannot be told.
        """
        insert into private.outbox (kind, user_id, payload, created_at)
        select 'session_booked', id,
               case when number > 0.9 * %(n)s then '{}' else '{"practitioner_id": "no uuid"}' end::jsonb,
               now() - interval '1 second' * (%(n)s - number)
          from private.crowd;
        """,
        """
        select addressed_at is not null or attempts > 0 from private.outbox
         where kind = 'session_booked' and (addressed_at is null or addressed_at > created_at) order by id
        """,
        tables=("private.outbox",),
        stamps="""
        select addressed_at as stamp from private.outbox where addressed_at > created_at
        """,
    ),
    Due(
        "advance-sessions",
        # Half have not begun, and nine of ten of the others not ended; months old are those that nobody needs now.
        sessions(
            "now() - interval '1 millisecond' * number + case when number %% 2 = 0 then interval '5 minutes'"
            " when number %% 20 = 1 then -interval '90 days' else -interval '5 minutes' end"
        ),
        """
        select s.status in ('completed', 'cancelled') or t.checked_at > '-infinity' from public.session_schedules s
          left join private.session_checks t on t.session_id = s.id
         where s.scheduled_at < now() + interval '1 hour' order by s.scheduled_at desc
        """,
        tables=("public.session_schedules",),
        stamps="""
        select completed_at as stamp from public.session_schedules where completed_at is not null
        """,
    ),
    Due(
        "reconcile-bookings",
        # Clock rules have changed by an hour for half of those to come; half of the lapsed credits were spent.
        sessions(
            "now() + interval '1 day' + interval '1 minute' * number",
            moved="+ interval '1 hour' * (number %% 2)",
        )
        + """
        insert into public.user_session_credits (user_id, credits_remaining, expires_at)
        select id, number %% 2, now() - interval '1 second' * (%(n)s - number) from private.crowd;
        insert into public.credit_ledger (lot_id, user_id, change, kind, reason)
        select id, user_id, credits_remaining, 'adjustment', 'x' from public.user_session_credits
         where credits_remaining > 0;
        """,
        """
        select done from (
          select s.scheduled_at at time zone s.time_zone = s.local_start as done, c.number as at
            from private.crowd c join public.session_schedules s using (practitioner_id)
           where s.scheduled_at > now() and number %% 2 = 1
        ) moving order by at
        """,
        tables=("public.session_schedules", "public.user_session_credits", "public.credit_ledger"),
        stamps="""
        select 'sessions ' || updated_at as stamp from public.session_schedules where updated_at > created_at
        union all select 'credits ' || created_at from public.credit_ledger where kind = 'expiry'
        """,
    ),
    Due(
        "reconcile-payments",
        # Of which Stripe knows nothing; and events of payments that are not ours.
        """
        insert into public.checkout_sessions
          (user_id, payment_type, description, amount_minor, currency, credits, session_type_id, expires_at,
           next_check_at)
        select c.id, 'package_5', 'x', 1000, 'cad', 5, t.id, now() - interval '1 second' * (%(n)s - number),
               now() - interval '1 second' * (%(n)s - number)
               + case when number %% 4 = 0 then '0' else interval '1 day' end
          from private.crowd c, (select id from public.session_types limit 1) t;
        insert into private.stripe_events (event_id, event_type, payload, facts)
        select 'evt ' || number, 'charge.updated', '{}', jsonb_build_object('payment_intent_id', 'pi ' || number)
          from private.crowd;
        """,
        """
        select done from (
          select failed_at is not null as done, expires_at as at from public.checkout_sessions
           where next_check_at is null or next_check_at < now()
          union all select attempts > 0, received_at from private.stripe_events) all_of_them order by done desc, at
        """,
        stamps="""
        select 'checkouts ' || updated_at as stamp from public.checkout_sessions where updated_at > created_at
        union all select 'events ' || next_attempt_at from private.stripe_events where attempts > 0
        """,
    ),
    Due(
        "reconcile-recordings",
        # Nine of ten were stopped before Agora was asked; and notifications about recordings nobody knows.
        sessions("now() - interval '10 days'", status="completed", id_="c.session_id")
        + """
        insert into public.session_recordings (id, session_id) select session_id, session_id from private.crowd;
        insert into private.recording_takes
          (recording_id, session_id, cname, recorder_uid, prefix, record_until, next_check_at, deadline_at,
           stop_requested_at, agora_sid)
        select session_id, session_id, 'room', 4000000000 + number, 'recordings/' || number, now(),
               now() - interval '1 second' * (%(n)s - number), now(), now(),
               case when number %% 10 = 0 then 'sid' || number end
          from private.crowd;
        insert into private.agora_notifications (notice_id, product, event_type, channel, sid, payload, observation)
        select 'notice ' || number, 3, 40, 'nowhere', 'nobody', '{}', 'running' from private.crowd;
        """,
        "select claim_count > 0 or status <> 'pending' from private.recording_takes order by recorder_uid",
        tables=("public.session_schedules", "public.session_recordings", "private.recording_takes"),
        stamps="""
        select 'takes ' || updated_at as stamp from private.recording_takes where updated_at > created_at
        union all select 'notifications ' || next_attempt_at from private.agora_notifications where attempts > 0
        """,
    ),
    Due(
        "process-recording",
        # Finished ones without a file to copy.
        """
        update private.recording_takes
           set status = 'processing', failure_code = null, upload_complete = true, ended_at = now(), claim_count = 0,
               deadline_at = now() + interval '72 hours', next_check_at = now() - interval '1 hour';
        """,
        "select claim_count > 0 or copy_failures > 0 from private.recording_takes order by id",
        tables=("public.session_recordings", "private.recording_takes"),
        runs_side_by_side=10**9,
    ),
    Due(
        "purge-recordings",
        # All but a few are under a legal hold.
        """
        update private.recording_takes
           set status = 'failed', failure_code = 'no_media', upload_complete = false, next_check_at = null;
        insert into public.legal_holds (user_id, reason)
        select id, 'A court' from private.crowd where number %% 100 <> 0;
        analyze public.legal_holds, public.session_recordings;
        insert into private.recording_erasure_queue (recording_id, reason)
        select id, 'asked' from public.session_recordings;
        """,
        """
        select r.id is null or q.next_attempt_at > now() from private.crowd c
          left join public.session_recordings r using (session_id)
          left join private.recording_erasure_queue q on q.recording_id = r.id order by number
        """,
        tables=("public.session_recordings", "public.legal_holds"),
        runs_side_by_side=10**9,
    ),
    Due(
        "apply-retention",
        # Half are old enough.
        """
        update public.legal_holds set released_at = now();
        delete from public.user_notifications;
        insert into public.user_notifications (user_id, kind, title, message, created_at)
        select id, 'x', 'x', 'x', now() - interval '1 day' * (case when number %% 2 = 0 then 1 else 400 end)
          from private.crowd;
        """,
        "select created_at > now() - interval '300 days' from public.user_notifications order by created_at",
        tables=("public.user_notifications", "public.legal_holds"),
    ),
    Due(
        "reconcile-contracts",
        # Half of them live on.
        """
        insert into public.practitioner_contracts
          (practitioner_id, contract_version, contract_text, title, status, signed_at, expires_at)
        select practitioner_id, 'v', 'Words.', 'Contract', 'signed', now() - interval '1 year',
               case when number %% 2 = 0 then now() - interval '1 second' * (%(n)s - number)
                    else now() + interval '1 year' end
          from private.crowd;
        """,
        "select status = 'expired' from public.practitioner_contracts where expires_at < now() order by expires_at",
        tables=("public.practitioner_contracts",),
        runs_side_by_side=10**9,
        stamps="""
        select updated_at as stamp from public.practitioner_contracts where status = 'expired'
        """,
    ),
    Due(
        "run-payouts",
        # One of ten owes as much as they are owed.
        """
        with posted as (
          insert into public.ledger_transactions (kind, currency, practitioner_id, cause, reason, occurred_at)
          select 'adjustment', 'cad', practitioner_id, 'due ' || number, 'x', '2026-01-06' from private.crowd
          returning id, cause),
        unpaid as (insert into private.unpaid_transactions (transaction_id) select id from posted)
        insert into public.ledger_postings (transaction_id, account, amount_minor)
        select id, account, case when split_part(cause, ' ', 2)::integer %% 10 = 0 then -sign else sign end * 100
          from posted cross join (values ('practitioner_payable', 1), ('platform_revenue', -1)) line (account, sign);
        """,
        """
        select p.id is not null from private.crowd c left join public.payouts p using (practitioner_id)
         where number %% 10 <> 0 order by practitioner_id
        """,
        tables=("public.ledger_transactions", "public.ledger_postings"),
        runs_side_by_side=10**9,
        stamps="""
        select created_at as stamp from public.payouts
        """,
    ),
    Due(
        "deliver-webhooks",
        # To nobody; nine of ten have been attempted as often as they may be.
        """
        insert into public.webhook_endpoints (id, url, events)
        select session_id, 'http://127.0.0.1:9/' || number, '{session.booked}' from private.crowd where number <= 5;
        insert into public.webhook_deliveries (endpoint_id, outbox_id, event, body, attempts, next_attempt_at)
        select e.session_id, c.number, 'session.booked', '{}', case when c.number <= 0.9 * %(n)s then 10 else 0 end,
               now() - interval '1 second' * (%(n)s - c.number)
          from private.crowd c join private.crowd e on e.number = 1 + c.number %% 5;
        """,
        """
        select status <> 'pending' or attempts > 0 and attempts < 10 from public.webhook_deliveries order by outbox_id
        """,
        tables=("public.webhook_endpoints",),
        runs_side_by_side=100,
        stamps="""
        select ended_at as stamp from public.webhook_deliveries where status = 'failed'
        """,
    ),
    Due(
        "read-busy-calendars",
        # From nobody: none of them answers.
        """
        insert into private.busy_calendars (practitioner_id, position, address, next_attempt_at)
        select practitioner_id, 1, 'http://127.0.0.1:9/' || number, now() - interval '1 second' * (%(n)s - number)
          from private.crowd;
        """,
        "select attempts > 0 from private.busy_calendars order by substring(address from '[0-9]+$')::integer",
        runs_side_by_side=100,
        stamps="""
        select failing_since as stamp from private.busy_calendars where failing_since is not null
        """,
    ),
    Due(
        "check-invariants",
        # Nothing is due: it looks at all there is.
        sessions("now() + interval '2000 days' + interval '1 hour' * (number %% 26)"),
        "select false where false",
        tables=("public.session_schedules",),
    ),
)


class DueWork:
    """A crowd in a database, and what becomes due for it."""

    def __init__(self, owner: psycopg.Connection[dict[str, object]], n: int) -> None:
        self._owner, self._n = owner, n
        self._run(CROWD, ("auth.users", "public.practitioners", "public.practitioner_calendars"))

    def make(self, due: Due) -> None:
        """The rows of one function; those of an earlier one, which would be due as well, end with it."""
        self._run(
            "delete from public.session_schedules s where not exists"
            " (select from public.session_recordings r where r.session_id = s.id);"
            " update private.outbox set addressed_at = created_at where addressed_at is null;"
            " update private.mails set status = 'dropped' where status = 'queued';",
            ("public.session_schedules", "public.session_recordings"),
        )
        self._run(due.make, due.tables)

    def done(self, due: Due) -> list[bool]:
        """Of each row, in their order, whether it is done."""
        rows = self._owner.execute(due.done.replace("%%", "%").encode()).fetchall()
        return [bool(next(iter(row.values()))) for row in rows]

    def most_in_one_statement(self, due: Due) -> int:
        """How many rows share the moment at which they were changed."""
        if not due.stamps:
            return 0
        alike = f"select count(*) as n from ({due.stamps}) of_each group by stamp"
        query = f"select coalesce(max(n), 0) as most from ({alike}) alike"
        (row,) = self._owner.execute(query.encode()).fetchall()
        return int(str(row["most"]))

    def _run(self, statements: str, tables: tuple[str, ...]) -> None:
        for table in tables:
            self._owner.execute(f"alter table {table} disable trigger user")
        for statement in statements.split(";\n"):
            if statement.strip():
                filled = statement.replace("%(n)s", str(self._n)).replace("%%", "%")
                self._owner.execute(filled.encode())
        for table in tables:
            self._owner.execute(f"alter table {table} enable trigger user")


def out_of_turn(done: list[bool]) -> int:
    """How many were done although a nearer one is not."""
    first = done.index(False) if False in done else len(done)
    return sum(done[first:])
