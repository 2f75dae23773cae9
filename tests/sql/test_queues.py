"""Each queue: a row whose worker dies after each claim is set aside in the end, and its neighbours never wait."""

from dataclasses import dataclass
from typing import Any

import pytest

from .conftest import CLIENT, ROW, Sandbox

DEADLY, GOOD, POISON = (f"{digit}0000000-0000-4000-8000-00000000000d" for digit in "456")
MAX_ATTEMPTS = "select private.max_attempts()"


@dataclass(frozen=True)
class Queue:
    """How rows come into a queue, how a worker claims the next one and reports on it, and how time passes for it."""

    name: str
    functions: tuple[str, ...]  # that claim, lock or try what is due
    plant: str  # puts the row %(id)s into it, due
    claim: str  # gives what was claimed: `id`, and what finish needs
    later: str  # as if it were due again
    poisons: tuple[str, ...]  # what makes the row %(id)s one that nobody can read, or apply
    finish: str = ""  # the good end; without it the claim does the work itself
    is_done: str = ""  # whether %(id)s is
    key: str = "%(id)s"  # by which what is set aside is listed


SESSION = f"""
    insert into public.session_schedules
      (id, practitioner_id, client_id, scheduled_at, room_name, status, time_zone, local_start)
    values (%(id)s, '{ROW}', '{CLIENT}', now() - interval '3 days', %(id)s, '{{status}}', 'UTC', now());"""
TAKE = (
    SESSION.format(status="completed")
    + """
    insert into public.session_recordings (id, session_id, status) values (%(id)s, %(id)s, 'processing');
    insert into private.recording_takes
      (id, recording_id, session_id, cname, recorder_uid, prefix, record_until, next_check_at, deadline_at, agora_sid,
       agora_resource_id, status, upload_complete, created_at, ended_at)
    values (%(id)s, %(id)s, %(id)s, 'room', 4000000001, 'x', now() + interval '1 hour', now() - interval '1 s',
            now() + interval '72 hours', %(id)s, 'x', {columns});"""
)
CHECKED = TAKE.format(columns="'recording', false, now(), null")
COPIED = TAKE.format(columns="'processing', true, now(), now()")
ENDED = TAKE.format(columns="'processing', true, now(), now()")
UNREADABLE_TAKE = (
    "update private.recording_takes set record_until = 'infinity' where id = %(id)s",
    "update private.recording_takes set record_until = '10000-01-01' where id = %(id)s",
    "update private.recording_takes set failure_reason = repeat('x', 2000000) where id = %(id)s",
)
TAKE_DUE = "update private.recording_takes set next_check_at = now() - interval '1 s', lease_until = null"
MAIL = """
    insert into private.outbox (id, kind, user_id) overriding system value
    values (10000000 + ascii(%(id)s), 'nothing', '{client}');
    insert into private.mails (id, outbox_id, kind, audience, user_id, payload, status, started_at, lease_until)
    values (%(id)s, 10000000 + ascii(%(id)s), 'banking_changed', 'user', '{client}', '{{}}', '{status}', now(),
            now() - interval '1 s');"""
CHECKOUT = f"""
    insert into public.checkout_sessions
      (id, user_id, payment_type, description, amount_minor, currency, credits, session_type_id, expires_at,
       next_check_at)
    select %(id)s, '{CLIENT}', 'package_5', 'x', 1000, 'cad', 5, t.id, now(), now() - interval '1 s'
      from public.session_types t limit 1;"""

QUEUES = (
    Queue(
        "events to address",
        (),  # every claim of a mail or a delivery begins with it
        plant=f"""
            insert into private.outbox (id, kind, user_id) overriding system value
            values (10000000 + ascii(%(id)s), 'session_booked', '{CLIENT}');""",
        claim="select delivery_id as id from public.claim_webhook_delivery() where delivery_id is not null",
        is_done="select addressed_at is not null from private.outbox where id = 10000000 + ascii(%(id)s)",
        later="update private.outbox set next_attempt_at = now() - interval '1 s' where addressed_at is null",
        poisons=(
            """update private.outbox set payload = '{"practitioner_id": "no uuid"}'
                where id = 10000000 + ascii(%(id)s)""",
            """update private.outbox set payload = '{"previous": "no object", "scheduled_at": "no time"}'
                where id = 10000000 + ascii(%(id)s)""",
        ),
        key="(10000000 + ascii(%(id)s))::text",
    ),
    Queue(
        "mails to send",
        ("private.lock_due_mail",),
        plant=MAIL.format(client=CLIENT, status="queued"),
        claim="select mail_id as id, lease_id from public.claim_mail() where mail_id is not null",
        finish="select public.start_mail(%(id)s, %(lease_id)s, 'x@x.test', 'x', 0);"
        " select public.finish_mail(%(id)s, %(lease_id)s, 'sent')",
        is_done="select status = 'sent' from private.mails where id = %(id)s",
        later="update private.mails set next_attempt_at = now() - interval '1 s', lease_until = now() - interval '1 s'"
        " where next_attempt_at is not null",
        poisons=(
            "update private.mails set payload = jsonb_build_object('x', repeat('x', 2000000)) where id = %(id)s",
            """update private.mails set payload = '{"begun_at": "infinity"}' where id = %(id)s""",
            """update private.mails set payload = '{"of": {"begun_at": "12026-01-01T00:00:00Z"}}' where id = %(id)s""",
            """update private.mails set payload = '{"lot_id": "no uuid"}' where id = %(id)s""",
        ),
    ),
    Queue(
        "mails to look for",
        ("private.lock_due_mail", "private.mark_lost_mails_unknown"),
        plant=MAIL.format(client=CLIENT, status="unknown"),
        claim="select mail_id as id, lease_id from public.claim_mail() where mail_id is not null",
        finish="select public.finish_mail(%(id)s, %(lease_id)s, 'sent')",
        is_done="select status = 'sent' from private.mails where id = %(id)s",
        later="update private.mails set next_attempt_at = now() - interval '1 s', lease_until = now() - interval '1 s',"
        " started_at = started_at - interval '10 minutes' where next_attempt_at is not null",
        poisons=(),  # only its id is claimed
    ),
    Queue(
        "webhook deliveries",
        ("private.lock_due_webhook_delivery",),
        plant="""
            insert into public.webhook_endpoints (id, url, events)
            values (%(id)s, 'https://x.test', '{session.booked}');
            insert into public.webhook_deliveries (id, endpoint_id, outbox_id, event, body)
            values (%(id)s, %(id)s, 1, 'session.booked', '{}');""",
        claim="select delivery_id as id, lease_id from public.claim_webhook_delivery() where delivery_id is not null",
        finish="select public.finish_webhook_delivery(%(id)s, %(lease_id)s, 200)",
        is_done="select status = 'delivered' from public.webhook_deliveries where id = %(id)s",
        later="update public.webhook_deliveries set next_attempt_at = now() - interval '1 s',"
        " lease_until = now() - interval '1 s'",
        poisons=("update public.webhook_deliveries set body = repeat('x', 2000000) where id = %(id)s",),
    ),
    Queue(
        "takes to check",
        ("public.claim_take_check",),
        plant=CHECKED,
        claim="select (take).id from public.claim_take_check() where task is not null",
        finish="select public.observe_take(%(id)s, 1, 'running')",
        is_done="select claim_count = 0 and next_check_at > now() from private.recording_takes where id = %(id)s",
        later=TAKE_DUE + " where status = 'recording'",
        poisons=UNREADABLE_TAKE,
    ),
    Queue(
        "takes to copy",
        ("private.lock_take_to_copy",),
        plant=COPIED,
        claim="select (take).id, (take).lease_id from public.claim_take_copy() where is_claimed",
        finish="select public.postpone_take_copy(%(id)s, %(lease_id)s, 'storage_full', 'x')",
        is_done="select copy_failures > 0 and claim_count = 0 from private.recording_takes where id = %(id)s",
        later=TAKE_DUE + " where status = 'processing'",
        poisons=UNREADABLE_TAKE,
    ),
    Queue(
        "recordings to erase",
        ("public.claim_recording_erasure", "public.prepare_recording_erasures"),
        plant=ENDED
        + "insert into private.recording_erasure_queue (recording_id, reason) values (%(id)s, 'asked');",
        claim="select (recording).id, (recording).lease_id from public.claim_recording_erasure()",
        finish="select public.finish_recording_erasure(%(id)s, %(lease_id)s)",
        is_done="select count(*) = 0 from public.session_recordings where id = %(id)s",
        later="update private.recording_erasure_queue set next_attempt_at = now() - interval '1 s';"
        " update public.session_recordings set lease_until = now() - interval '1 s'",
        poisons=(),  # what is claimed is two ids and two paths made of ids
    ),
    Queue(
        "recordings to join",
        ("private.lock_due_join",),
        plant=SESSION.format(status="completed")
        + """
            insert into public.session_recordings
              (id, session_id, status, recording_url, storage_path, completed_at, duration_seconds, file_size_bytes)
            values (%(id)s, %(id)s, 'completed', 'x', 'x', now(), 1, 1);
            insert into private.joined_files (recording_id, parts, next_attempt_at)
            values (%(id)s, 2, now() - interval '1 s');""",
        claim="select id, lease_id from public.claim_join()",
        finish="select public.record_join(%(id)s, %(lease_id)s, 'mp4', 'x/' || %(id)s, 1, repeat('00', 32), 1, 'x');"
        " select public.finish_join(%(id)s, %(lease_id)s, repeat('00', 32))",
        is_done="select status = 'joined' from private.joined_files where recording_id = %(id)s",
        later="update private.joined_files set next_attempt_at = now() - interval '1 s',"
        " lease_until = now() - interval '1 s' where status = 'waiting'",
        poisons=(
            "update private.joined_files set upload_url = repeat('x', 2000000) where recording_id = %(id)s",
        ),
    ),
    Queue(
        "checkouts to ask Stripe about",
        ("private.claim_checkout",),
        plant=CHECKOUT,
        claim="select checkout_id as id from public.claim_checkout_check() where task is not null",
        finish="""select public.observe_checkout(%(id)s, '{"session_status": "unopened"}')""",
        is_done="select status = 'failed' from public.checkout_sessions where id = %(id)s",
        later="update public.checkout_sessions set next_check_at = now() - interval '1 s'"
        " where next_check_at is not null",
        poisons=(),  # what is claimed is two ids
    ),
    Queue(
        "sessions to advance",
        ("private.advance_next_session",),
        plant=SESSION.format(status="scheduled"),
        claim="select session_id as id from public.advance_next_session() where session_id is not null",
        is_done="select status = 'completed' from public.session_schedules where id = %(id)s",
        later="update private.session_checks set next_attempt_at = now() - interval '1 s', checked_at = '-infinity'",
        poisons=("public.session_schedules",),
    ),
    Queue(
        "Stripe's events",
        ("public.apply_waiting_stripe_events", "private.apply_waiting_payment_events"),
        plant=CHECKOUT
        + """
            insert into private.stripe_events (event_id, event_type, payload, facts)
            values (%(id)s, 'x', '{}', jsonb_build_object('checkout_id', %(id)s, 'session_status', 'expired'));""",
        claim="select null as id from public.apply_waiting_stripe_events() where tried > 0",
        is_done="select applied_at is not null from private.stripe_events where event_id = %(id)s",
        later="update private.stripe_events set next_attempt_at = now() - interval '1 s'",
        poisons=(
            "checkout_sessions",
            "update private.stripe_events set facts = facts || jsonb_build_object('amount_minor', 'x')"
            " where event_id = %(id)s",
        ),
    ),
    Queue(
        "Agora's notifications",
        ("public.apply_waiting_agora_notifications",),
        plant=CHECKED
        + """
            insert into private.agora_notifications (notice_id, product, event_type, channel, sid, payload, observation)
            values (%(id)s, 3, 40, 'room', %(id)s, '{}', 'running');""",
        claim="select null as id from public.apply_waiting_agora_notifications() where tried > 0",
        is_done="select applied_at is not null from private.agora_notifications where notice_id = %(id)s",
        later="update private.agora_notifications set next_attempt_at = now() - interval '1 s'",
        poisons=("private.recording_takes",),
    ),
)

# They skip what is locked and are no queue: a row's own state says that it is due, and each is done in the statement
# that finds it, or left with a warning.
NO_QUEUES = {
    "private.claim_busy_calendar",  # never given up: a calendar that fails is told to whoever gave it
    "private.claim_audit_head",  # a row a day: what fails is a line of check-invariants
    "private.count_use",
    "private.make_page_link",
    "private.apply_retention_policy",
    "private.expire_credits",
    "private.expire_questions",
    "private.note_matters",
    "private.remind_of_expiring_contracts",
    "private.answer_session_link_requests",
    "private.look_at_fee_checkouts",  # a checkout that somebody is at is settled by them
    "private.remind_sessions",
    "private.tell_ending_credits",
    "private.save_idempotent_answer",
    "private.settle_waiting_lists",  # a class that is locked, or fails, has its turn a minute later
    "public.reconcile_contracts",
}

by_name = pytest.mark.parametrize("queue", QUEUES, ids=lambda queue: queue.name)


@pytest.fixture
def calm(sandbox: Sandbox) -> Sandbox:
    """Nothing is due; what a test plants comes past the triggers, which would refuse some of it."""
    sandbox.act_as("owner")
    for statement in (
        "update private.outbox set addressed_at = now() where addressed_at is null",
        "update private.mails set status = 'dropped'",
        "delete from public.webhook_deliveries",
        "delete from private.recording_erasure_queue",
        "update public.legal_holds set released_at = now() where released_at is null",
        "update private.recording_takes set next_check_at = null",
        "delete from private.joined_files",
        "update public.checkout_sessions set next_check_at = null",
        "update private.stripe_events set applied_at = now()",
        "update private.agora_notifications set applied_at = now()",
    ):
        sandbox.run(statement)
    return sandbox


def plant(sandbox: Sandbox, queue: Queue, row_id: str) -> None:
    sandbox.act_as("owner")
    tables = (
        "public.session_schedules",
        "public.session_recordings",
        "private.recording_takes",
        "public.checkout_sessions",
    )
    for state in ("disable", "enable"):
        for table in tables:
            sandbox.run(f"alter table {table} {state} trigger user")
        if state == "disable":
            for statement in filter(str.strip, queue.plant.split(";\n")):
                run(sandbox, statement, {"id": row_id})


def run(sandbox: Sandbox, statements: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    filled = statements
    for name, value in values.items():
        filled = filled.replace(f"%({name})s", f"'{value}'")
    return sandbox.run(filled)


def work(sandbox: Sandbox, queue: Queue, *, dies_of: str) -> None:
    """A worker claims until nothing is due; with one row in its hands it dies."""
    sandbox.act_as("service")
    for _ in range(20):
        sandbox.run("set local statement_timeout = '8s'")
        claimed = sandbox.run(queue.claim)
        if not claimed:
            return
        if queue.finish and str(claimed[0]["id"]) not in (dies_of, "None"):
            for statement in queue.finish.split("; "):
                run(sandbox, statement, claimed[0])
    if queue.finish:
        raise AssertionError("There is always something due")


def spoil(sandbox: Sandbox, poison: str, row_id: str) -> None:
    """Make a row one that cannot be read, or that no statement can apply."""
    sandbox.act_as("owner")
    if " " in poison:
        # No such row can be written any more: what is tried is that it would stop nobody.
        table = poison.split()[1]
        for row in sandbox.run(
            "select conname from pg_constraint where contype = 'c' and conrelid = %s::regclass", table
        ):
            sandbox.run(f"alter table {table} drop constraint {row['conname']}")
        run(sandbox, poison, {"id": row_id})
        return
    sandbox.run(
        f"""create or replace function pg_temp.spoil() returns trigger language plpgsql as
            $$ begin raise exception 'Not this one.'; end $$;
            create trigger spoilt before update on {poison}
              for each row when (old.id = '{row_id}') execute function pg_temp.spoil()"""
    )


def set_aside(sandbox: Sandbox, queue: Queue, row_id: str) -> int:
    sandbox.act_as("owner")
    query = f"select count(*) as rows from private.set_aside_work where id = {queue.key}"
    return int(run(sandbox, query, {"id": row_id})[0]["rows"])


def is_done(sandbox: Sandbox, queue: Queue, row_id: str) -> bool:
    sandbox.act_as("owner")
    ((done,),) = (row.values() for row in run(sandbox, queue.is_done, {"id": row_id}))
    return bool(done)


def test_every_function_that_claims_is_of_a_queue_here(sandbox: Sandbox) -> None:
    """By its name, or because it skips what others have locked."""
    found = {
        row["name"]
        for row in sandbox.run(
            """select pronamespace::regnamespace || '.' || proname as name from pg_proc
                where pronamespace in ('public'::regnamespace, 'private'::regnamespace)
                  and (prosrc ~* 'skip\\s+locked'
                       or proname ~ '^(claim|advance_next|lock_due)_'
                          and prosrc !~ 'private\\.(claim|advance_next)_')"""
        )
    }

    of_session = {
        "private.claim_session_recording_task"
    }  # under the session's own check, and counted as a recording's
    known = {name for queue in QUEUES for name in queue.functions} | NO_QUEUES | of_session
    lockers = {
        "private.claim_mail",
        "private.claim_webhook_delivery",
        "public.claim_take_copy",
        "public.claim_join",
    }  # by their lock_…
    assert found - lockers == known


@by_name
def test_a_row_whose_worker_dies_is_set_aside_and_its_neighbours_are_done(
    calm: Sandbox, queue: Queue
) -> None:
    """After as many claims as there may be, each later than the one before."""
    plant(calm, queue, DEADLY)
    plant(calm, queue, GOOD)
    if not queue.finish:
        spoil(calm, queue.poisons[0], DEADLY)
    calm.act_as("owner")
    rounds, most = 0, calm.one(MAX_ATTEMPTS)
    while not set_aside(calm, queue, DEADLY):
        assert rounds <= most
        work(calm, queue, dies_of=DEADLY)
        assert is_done(calm, queue, GOOD)
        rounds += 1
        calm.act_as("owner")
        for statement in queue.later.split("; "):
            calm.run(statement)

    assert rounds > 3
    assert 0 == set_aside(calm, queue, GOOD)
    calm.act_as("service")
    assert DEADLY not in {str(row["id"]) for row in calm.run(queue.claim)}


@pytest.mark.parametrize(
    ("queue", "poison"),
    [(queue, poison) for queue in QUEUES for poison in queue.poisons],
    ids=lambda each: each.name if isinstance(each, Queue) else "",
)
def test_a_row_that_nobody_can_read_stops_none_of_its_neighbours(
    calm: Sandbox, queue: Queue, poison: str
) -> None:
    """Though it is the first in the queue. No worker is given it."""
    plant(calm, queue, POISON)
    plant(calm, queue, GOOD)
    spoil(calm, poison, POISON)

    work(calm, queue, dies_of="nothing")

    assert is_done(calm, queue, GOOD)
    assert not is_done(calm, queue, POISON)
    if queue.finish:
        assert 1 == set_aside(calm, queue, POISON)
