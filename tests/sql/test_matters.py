"""What waits for a person: every state that does is known, noted once, mailed once, and stands until it is settled."""

import re
from dataclasses import dataclass
from typing import Any

import pytest

from .conftest import ADMIN, CLIENT, ROW, Sandbox

THING = "70000000-0000-4000-8000-00000000000d"
GONE = "80000000-0000-4000-8000-00000000000d"

# Each value of each column that says where a row stands: the kind of matter where it waits for a person, or why it does
# not. What is waited for by a time of its own ("too long") is in the view as well.
NEVER = "it goes on, or has ended, by itself"
ASKED = "somebody was asked by mail, and it ends by itself"
STATES: dict[str, dict[str, str]] = {
    "public.approval_requests.status": {**dict.fromkeys(("approved", "declined"), NEVER), "waiting": ASKED},
    "private.joined_files.status": {"waiting": NEVER, "joined": NEVER, "given_up": "recording_set_aside"},
    "private.mails.status": {
        **dict.fromkeys(("queued", "sending", "sent", "dropped"), NEVER),
        **dict.fromkeys(("unknown", "failed"), "mail_not_sent"),
    },
    "private.payment_disputes.state": {
        **dict.fromkeys(("inquiry", "open"), "dispute_open"),
        **dict.fromkeys(("won", "lost"), NEVER),
    },
    "private.payment_refunds.status": {
        "requested": "refund_unanswered",
        "made": NEVER,
        "refused": "the admin who asked for it was told; without one, refund_refused",
    },
    "private.stripe_refunds.status": {
        **dict.fromkeys(("pending", "requires_action", "succeeded"), NEVER),
        **dict.fromkeys(("failed", "canceled"), "refund_failed"),
    },
    "private.scheduled_runs.outcome": dict.fromkeys(
        ("done", "partly", "failed"), "the next run is due by itself"
    ),
    "private.recording_takes.status": {
        **dict.fromkeys(("pending", "recording", "processing", "completed"), NEVER),
        "failed": "recording_failed",
    },
    "private.session_offers.status": dict.fromkeys(
        ("open", "accepted", "taken", "declined", "expired", "withdrawn"), ASKED
    ),
    "private.session_proposals.status": dict.fromkeys(
        ("open", "accepted", "declined", "expired", "withdrawn"), ASKED
    ),
    "public.checkout_sessions.outcome": {
        **dict.fromkeys(("session_booked", "credits_granted", "credit_instead", "fee_paid"), NEVER),
        "fee_not_owed": "refund_refused",
        "nobody_there": "nobody_there",
    },
    "public.checkout_sessions.status": {
        **dict.fromkeys(("paid", "expired"), NEVER),
        "failed": "payment_differs",
        **dict.fromkeys(("processing", "open", "opening"), "checkout_stuck"),
    },
    "public.email_logs.status": dict.fromkeys(
        ("sent", "failed", "unknown"), "a copy of private.mails.status"
    ),
    "public.owed_fees.status": {
        "owed": "late_fee_due",
        **dict.fromkeys(("paid", "returned", "forgiven"), NEVER),
    },
    "public.payouts.status": {
        "pending": "payout_unsettled",
        "paid": NEVER,
        "failed": "payout_failed",
    },
    "public.practitioner_contracts.status": dict.fromkeys(("pending", "signed", "expired", "revoked"), ASKED),
    "public.session_holds.status": dict.fromkeys(("held", "consumed", "released"), NEVER),
    "public.session_recordings.status": {
        **dict.fromkeys(("pending", "recording", "processing", "completed"), NEVER),
        "failed": "recording_failed",
    },
    "public.session_schedules.status": {
        **dict.fromkeys(("in_progress", "completed", "cancelled"), NEVER),
        "scheduled": "double_booked",
    },
    "public.waiting_list_entries.status": dict.fromkeys(
        ("waiting", "kept", "seated", "lapsed", "left", "closed"), NEVER
    ),
    "public.webhook_deliveries.status": {
        **dict.fromkeys(("pending", "delivered"), NEVER),
        "failed": "webhooks_not_received",
    },
}
# Any text: what others call it, or what older rows have.
FREE = {
    "private.recording_takes.agora_status",
    "public.session_payments.status",
    "public.webhook_deliveries.last_status",
}
STATE_COLUMNS = r"""
  select format('%I.%I.%I', c.relnamespace::regnamespace, c.relname, a.attname) as name,
         array(select distinct m[1] from (
                 select pg_get_constraintdef(k.oid) as text from pg_constraint k
                  where k.conrelid = c.oid and k.contype = 'c' and k.conkey @> array[a.attnum]
                    and pg_get_constraintdef(k.oid) ~ '= ANY \(ARRAY'
                 union all
                 select pg_get_expr(d.adbin, d.adrelid) from pg_attrdef d
                  where d.adrelid = c.oid and d.adnum = a.attnum and a.attgenerated <> '') source,
               regexp_matches(source.text, '''([a-z_]+)''::text', 'g') m) as states
    from pg_class c join pg_attribute a on a.attrelid = c.oid
   where c.relkind = 'r' and c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
     and a.attnum > 0 and not a.attisdropped and a.attname ~ '(^|_)(status|state|outcome)$'
     and a.attname <> 'province_state'
"""
# Events that nobody is mailed about, since they stand as a matter.
ARE_MATTERS = {"payment_differs": "payment_differs"}


@dataclass(frozen=True)
class Example:
    """Makes the row that waits, and what ends its state; of money, somebody has to say so all the same."""

    plant: str
    end: str
    is_money: bool = False
    subject: str = THING


CHECKOUT = f"""
    insert into public.checkout_sessions
      (id, user_id, payment_type, description, amount_minor, currency, credits, session_type_id, expires_at {{columns}})
    select '{THING}', '{CLIENT}', 'package_5', 'x', 1000, 'cad', 5, t.id, now() {{values}}
      from public.session_types t limit 1;"""
SESSION = f"""
    insert into public.session_schedules (id, practitioner_id, client_id, scheduled_at, duration_minutes, room_name)
    values ('{THING}', '{ROW}', '{CLIENT}', now() + interval '40 days', 45, 'x');"""
TAKE = (
    SESSION
    + f"""
    insert into public.session_recordings (id, session_id, status, failure_code)
    values ('{THING}', '{THING}', 'failed', '{{code}}');
    insert into private.recording_takes
      (id, recording_id, session_id, cname, recorder_uid, prefix, record_until, status, failure_code, ended_at)
    values ('{THING}', '{THING}', '{THING}', 'room', 4000000001, 'x', now(), 'failed', '{{code}}', now());"""
)
RETRIED = (
    "update public.session_recordings set status = 'pending', failure_code = null;"
    " update private.recording_takes set status = 'pending', failure_code = null, ended_at = null"
)
PAYOUT = f"""
    insert into public.payouts (id, practitioner_id, currency, amount_minor, period_start, period_end, status,
                                failed_reason, created_at)
    select '{THING}', '{ROW}', 'cad', 5, p.period_start, p.period_end, {{}} from public.payout_periods p limit 1;"""

EXAMPLES: dict[str, Example] = {
    "payment_differs": Example(
        CHECKOUT.format(columns=", difference", values=", 'tax: 1.00 instead of 0.00'"),
        end="update public.checkout_sessions set difference = null",
        is_money=True,
    ),
    "nobody_there": Example(
        CHECKOUT.format(columns=", paid_at, outcome", values=", now(), 'nobody_there'"),
        end="update public.checkout_sessions set outcome = 'credits_granted'",
        is_money=True,
    ),
    "checkout_stuck": Example(
        CHECKOUT.format(columns=", claim_count", values=", 12"),
        end="update public.checkout_sessions set failed_at = now(), claim_count = 0",
        is_money=True,
    ),
    "refund_unanswered": Example(
        CHECKOUT.format(columns="", values="")
        + "insert into private.payment_refunds (id, checkout_id, amount_minor, reason, requested_by, created_at)"
        f" values ('{THING}', '{THING}', 5, 'x', '{ADMIN}', now() - interval '2 days')",
        end="update private.payment_refunds set status = 'made'",
        is_money=True,
    ),
    "refund_failed": Example(
        CHECKOUT.format(columns="", values="")
        + "insert into private.stripe_refunds (id, checkout_id, status, amount_minor, as_of, changed_at)"
        f" values ('{THING}', '{THING}', 'failed', 5, now(), now())",
        end="update private.stripe_refunds set status = 'succeeded'",
        is_money=True,
    ),
    "credits_owed": Example(
        "insert into public.user_session_credits (id, user_id, credits_remaining, credits_owed)"
        f" values ('{THING}', '{CLIENT}', 0, 1)",
        end="update public.user_session_credits set credits_owed = 0",
    ),
    "dispute_open": Example(
        CHECKOUT.format(columns="", values="")
        + "insert into private.payment_disputes (id, checkout_id, state, amount_minor)"
        f" values ('{THING}', '{THING}', 'open', 5)",
        end="update private.payment_disputes set state = 'won'",
    ),
    "late_fee_due": Example(
        "insert into public.owed_fees (id, user_id, because, amount_minor, currency, scheduled_at, created_at)"
        f" values ('{THING}', '{CLIENT}', 'late_cancellation', 2500, 'cad', now() - interval '15 days',"
        " now() - interval '15 days')",
        end="update public.owed_fees set paid_at = now()",
    ),
    "refund_refused": Example(
        CHECKOUT.format(columns="", values="")
        + "insert into private.payment_refunds (id, checkout_id, amount_minor, reason, status)"
        f" values ('{THING}', '{THING}', 5, 'Not owed', 'refused')",
        end="update private.payment_refunds set status = 'made'",
        is_money=True,
    ),
    "payout_failed": Example(PAYOUT.format("'failed', 'x', now()"), end="select 1", is_money=True),
    "payout_unsettled": Example(
        PAYOUT.format("'pending', null, now() - interval '15 days'"),
        end="update public.payouts set status = 'paid', paid_at = now() where status = 'pending'",
    ),
    "payout_withheld": Example(
        PAYOUT.format("'pending', null, now()"),
        end="update public.practitioner_banking set verified = true, verified_at = now(), cooling_until = now()",
    ),
    "banking_unverified": Example(
        "select 1",
        end="update public.practitioner_banking set verified = true, verified_at = now()",
        subject=ROW,
    ),
    "double_booked": Example(
        SESSION + f"delete from private.practitioner_time where session_id = '{THING}'",
        end=f"update public.session_schedules set status = 'cancelled' where id = '{THING}'",
    ),
    "class_in_time_off": Example(
        SESSION
        + f"""
        update public.session_schedules set max_participants = 5 where id = '{THING}';
        insert into private.busy_calendars (id, practitioner_id, position, address)
        values ('{THING}', '{ROW}', 1, 'https://x.test');
        insert into private.busy_times (busy_calendar_id, practitioner_id, during)
        select '{THING}', '{ROW}', tstzrange(s.scheduled_at, s.scheduled_at + interval '1 hour')
          from public.session_schedules s where s.id = '{THING}';
        select private.note_collisions('{ROW}', 'other_calendar', private.get_busy_times('{ROW}', '[now,)'))""",
        end="delete from private.busy_calendars",
    ),
    "session_set_aside": Example(
        SESSION + "insert into private.session_checks (session_id, starts_at, attempts, checked_at)"
        f" values ('{THING}', now(), private.max_attempts(), now())",
        end="update private.session_checks set attempts = 0",
    ),
    "recording_failed": Example(TAKE.format(code="upload_incomplete"), end=RETRIED),
    "recording_set_aside": Example(TAKE.format(code="set_aside"), end=RETRIED),
    "event_set_aside": Example(
        "insert into private.stripe_events (event_id, event_type, payload, attempts, failure)"
        f" values ('{THING}', 'x', '{{}}', private.max_attempts(), 'x')",
        end="update private.stripe_events set applied_at = now()",
    ),
    "event_not_told": Example(
        f"""insert into private.outbox (id, kind, user_id, attempts) overriding system value
            values (9000001, 'nothing', '{CLIENT}', private.max_attempts())""",
        end="update private.outbox set addressed_at = now() where id = 9000001",
        subject="9000001",
    ),
    "mail_not_sent": Example(
        f"""insert into private.outbox (id, kind, user_id) overriding system value
            values (9000000, 'nothing', '{CLIENT}');
            insert into private.mails
              (id, outbox_id, kind, audience, user_id, payload, status, next_attempt_at, recipient_email)
            values ('{THING}', 9000000, 'banking_changed', 'user', '{CLIENT}', '{{}}', 'unknown', null, 'x@x.test')""",
        end=f"select public.resolve_mail('{THING}', 'sent')",
    ),
    "webhooks_not_received": Example(
        "insert into public.webhook_deliveries (endpoint_id, outbox_id, event, body, status, ended_at)"
        f" values ('{ROW}', 9, 'payout.paid', '{{}}', 'failed', now())",
        end="update public.webhook_deliveries set status = 'pending'",
        subject=ROW,
    ),
    "account_not_deleted": Example(
        "insert into public.erasure_receipts (pseudonym, asked_by, asked_at, rows_erased_at)"
        f" values ('{GONE}', 'self', now() - interval '2 days', now())",
        end="update public.erasure_receipts set account_deleted_at = now()",
        subject=GONE,
    ),
}


@pytest.fixture(autouse=True)
def noted_at_once(sandbox: Sandbox) -> None:
    """And what waits for a person among the seeded rows is settled."""
    sandbox.run(
        "update private.matter_settings set note_every = '0', mail_every = '0', noted_at = '2000-01-01'"
    )


def note(sandbox: Sandbox) -> None:
    """As send-notifications does every minute."""
    sandbox.act_as("owner")
    # Within a test it is always the same moment.
    sandbox.run("update private.matter_settings set noted_at = now() - interval '1 hour'")
    sandbox.act_as("service")
    sandbox.run("select * from public.prepare_mails('http://pages.test')")
    sandbox.act_as("owner")


def matters(sandbox: Sandbox, kind: str, subject: str = THING) -> list[dict[str, Any]]:
    sandbox.act_as("owner")
    return sandbox.run(
        "select * from private.matters where kind = %s and subject = %s order by noted_at", kind, subject
    )


def broken(sandbox: Sandbox) -> set[str]:
    sandbox.act_as("service")
    return {
        example
        for row in sandbox.run("select * from public.check_invariants()")
        if row["waits"]
        for example in row["examples"]
    }


# Which there are


def test_every_state_is_known_to_wait_or_not(sandbox: Sandbox) -> None:
    """The next one that is added is asked about here: does it wait for a person?"""
    found = {row["name"]: set(row["states"]) for row in sandbox.run(STATE_COLUMNS)}

    assert found == {
        **{name: set(states) for name, states in STATES.items()},
        **{name: set() for name in FREE},
    }
    waiting = {
        value for states in STATES.values() for value in states.values() if re.fullmatch("[a-z_]+", value)
    }
    assert waiting <= set(EXAMPLES)


def test_every_kind_has_an_example_and_every_queue_a_kind(sandbox: Sandbox) -> None:
    kinds = {row["kind"] for row in sandbox.run("select kind from private.matter_kinds")}
    aside = sandbox.one("select pg_get_viewdef('private.set_aside_work')")
    waiting = sandbox.one("select pg_get_viewdef('private.waiting_states')")

    assert kinds == set(EXAMPLES)
    queues = set(
        re.findall(r"'((?:private|public)\.\w+)'::text AS queue|SELECT '((?:private|public)\.\w+)'", aside)
    )
    names = {one or other for one, other in queues}
    assert len(names) >= 9 and all(f"'{name}'" in waiting for name in names)


def test_every_event_is_mailed_or_is_a_matter(sandbox: Sandbox) -> None:
    """An event that nobody reads is a fact that nobody knows."""
    sources = sandbox.run(
        "select prosrc from pg_proc where pronamespace in ('public'::regnamespace, 'private'::regnamespace)"
    )
    published = {
        kind
        for row in sources
        for kind in re.findall(r"publish_event\(\s*'([a-z_]+)'(?! \|\|)", row["prosrc"])
    }
    mailed = {row["kind"] for row in sandbox.run("select kind from private.mail_kinds")}

    assert published - mailed == set(ARE_MATTERS)
    assert "credit_expiring" in published and "payment_failed" in published
    # And what is mailed is published: by name, or by a kind that is passed on.
    text = " ".join(row["prosrc"] for row in sources)
    assert [kind for kind in mailed if f"'{kind}'" not in text and not kind.startswith("contract_")] == []


@pytest.mark.parametrize("kind", EXAMPLES)
def test_what_waits_is_noted_and_mailed_once_and_stands_until_it_is_settled(
    sandbox: Sandbox, kind: str
) -> None:
    example = EXAMPLES[kind]
    sandbox.run(example.plant)

    for _ in range(3):
        note(sandbox)

    (matter,) = matters(sandbox, kind, example.subject)
    assert matter["told_at"] and not matter["settled_at"]
    mails = sandbox.run("select * from private.mails where kind = 'matters_waiting'")
    assert [(mail["audience"], mail["user_id"], mail["status"]) for mail in mails] == [
        ("support", None, "queued")
    ]
    assert example.subject in broken(sandbox)

    sandbox.act_as("admin")
    (settled,) = sandbox.run("select * from public.settle_matter(%s, ' I called them. ')", matter["id"])
    assert settled["settlement"] == "I called them."
    note(sandbox)
    (kept,) = matters(sandbox, kind, example.subject)
    assert (str(kept["settled_by"]), kept["settlement"]) == (ADMIN, "I called them.")
    open_ones = sandbox.run("select kind, subject from private.matters where settled_at is null")
    assert (kind, example.subject) not in {(row["kind"], row["subject"]) for row in open_ones}


@pytest.mark.parametrize("kind", EXAMPLES)
def test_what_is_over_is_settled_by_itself_but_for_money(sandbox: Sandbox, kind: str) -> None:
    example = EXAMPLES[kind]
    ends_itself = sandbox.one("select ends_itself from private.matter_kinds where kind = %s", kind)
    assert ends_itself != example.is_money
    sandbox.run(example.plant)
    note(sandbox)

    sandbox.run(example.end)
    note(sandbox)

    (matter,) = matters(sandbox, kind, example.subject)
    assert bool(matter["settled_at"]) == ends_itself
    assert matter["settlement"] is None


# How they are told and settled


def test_one_mail_has_all_that_is_new(sandbox: Sandbox) -> None:
    """With what to do about each; none about what is settled by the time it leaves."""
    for kind in ("nobody_there", "late_fee_due"):
        sandbox.run(EXAMPLES[kind].plant)
    note(sandbox)

    sandbox.act_as("service")
    claimed = [sandbox.run("select * from public.claim_mail()")[0] for _ in range(20)]
    (mail,) = [row for row in claimed if row["kind"] == "matters_waiting"]

    assert (mail["audience"], mail["recipient_email"]) == ("support", None)
    told = {(each["subject"], each["remedy"]) for each in mail["payload"]["matters"]}
    assert (THING, "Refund it in Stripe.") in told and any(
        each.startswith("Ask them, or call forgive_fee") for _, each in told
    )
    assert mail["payload"]["count"] == len(mail["payload"]["matters"])

    sandbox.act_as("owner")
    sandbox.run("update private.matters set settled_at = now()")
    because = "select private.find_reason_to_drop_mail(m) from private.mails m where kind = 'matters_waiting'"
    assert sandbox.one(because) == "settled"


def test_what_comes_soon_after_waits_for_the_next_mail(sandbox: Sandbox) -> None:
    """However much happens, it is a few mails an hour."""
    sandbox.run("update private.matter_settings set mail_every = '15 minutes'")
    sandbox.run(EXAMPLES["nobody_there"].plant)
    note(sandbox)
    sandbox.run(EXAMPLES["late_fee_due"].plant)
    note(sandbox)

    assert [row["told_at"] for row in matters(sandbox, "late_fee_due")] == [None]
    assert THING in broken(sandbox)
    sandbox.act_as("owner")
    sandbox.run("update private.matters set told_at = told_at - interval '16 minutes'")
    note(sandbox)
    assert [row["told_at"] is None for row in matters(sandbox, "late_fee_due")] == [False]
    assert sandbox.one("select count(*) from private.mails where kind = 'matters_waiting'") == 2


def test_a_mail_to_support_that_fails_asks_for_no_other(sandbox: Sandbox) -> None:
    """It stands in check-invariants; mailed about, it would make the next one."""
    sandbox.run(EXAMPLES["nobody_there"].plant)
    note(sandbox)
    sandbox.run(
        "update private.mails set status = 'failed', status_reason = 'inactive_recipient', ended_at = now()"
    )
    for _ in range(3):
        note(sandbox)

    assert sandbox.one("select count(*) from private.mails where kind = 'matters_waiting'") == 1
    failed = str(sandbox.one("select id from private.mails where kind = 'matters_waiting'"))
    assert [row["told_at"] for row in matters(sandbox, "mail_not_sent", failed)] == [None]
    assert failed in broken(sandbox)


def test_a_dead_address_of_somebody_is_no_matter(sandbox: Sandbox) -> None:
    """Whom mails do not reach is in a list of its own."""
    sandbox.run(EXAMPLES["mail_not_sent"].plant)
    sandbox.run(
        "update private.mails set status = 'failed', status_reason = 'inactive_recipient', ended_at = now()"
    )
    note(sandbox)

    assert matters(sandbox, "mail_not_sent") == []


def test_what_comes_about_anew_is_a_matter_again(sandbox: Sandbox) -> None:
    """Settled by a person, it is not noted again, until it happens once more."""
    sandbox.run(EXAMPLES["webhooks_not_received"].plant)
    note(sandbox)
    (matter,) = matters(sandbox, "webhooks_not_received", ROW)
    sandbox.act_as("admin")
    sandbox.run("select public.settle_matter(%s, 'They know')", matter["id"])
    note(sandbox)
    assert len(matters(sandbox, "webhooks_not_received", ROW)) == 1

    sandbox.run(
        "update public.webhook_deliveries set ended_at = now() + interval '1 second' where status = 'failed'"
    )
    note(sandbox)
    assert len(matters(sandbox, "webhooks_not_received", ROW)) == 2


def test_only_admins_read_and_settle(sandbox: Sandbox) -> None:
    sandbox.run(EXAMPLES["nobody_there"].plant)
    note(sandbox)
    (matter,) = matters(sandbox, "nobody_there")
    for who in ("client", "practitioner"):
        sandbox.act_as(who)
        for query in (
            "select * from public.list_matters()",
            "select * from public.settle_matter(%(id)s, 'x')",
        ):
            with sandbox.refused("admins_only"):
                sandbox.run(query.replace("%(id)s", f"'{matter['id']}'"))
    for who in ("anon", "service"):
        sandbox.act_as(who)
        with sandbox.forbidden():
            sandbox.run("select * from public.list_matters()")

    sandbox.act_as("admin")
    (listed,) = [
        row for row in sandbox.run("select * from public.list_matters()") if row["id"] == matter["id"]
    ]
    assert (listed["what"], listed["detail"]) == ("somebody paid whose account is gone", "10.00 cad")
    for reason, code in ((" ", "reason_missing"), (None, "reason_missing"), ("x" * 1001, "text_too_long")):
        with sandbox.refused(code):
            sandbox.run("select * from public.settle_matter(%s, %s)", matter["id"], reason)
    with sandbox.refused("matter_not_found"):
        sandbox.run("select * from public.settle_matter(%s, 'x')", GONE)
    sandbox.run("select * from public.settle_matter(%s, 'Refunded')", matter["id"])
    with sandbox.refused("matter_settled"):
        sandbox.run("select * from public.settle_matter(%s, 'Refunded')", matter["id"])
    (listed,) = sandbox.run("select * from public.list_matters(is_settled => true, at_most => 1)")
    assert (listed["id"], listed["settlement"]) == (matter["id"], "Refunded")
