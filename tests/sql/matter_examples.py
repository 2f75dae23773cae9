"""One of each kind of matter: how it comes about, and how it is over."""

from dataclasses import dataclass

from .conftest import ADMIN, CLIENT, ROW

THING = "70000000-0000-4000-8000-00000000000d"
GONE = "80000000-0000-4000-8000-00000000000d"


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
