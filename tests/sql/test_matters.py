"""What waits for a person: every state that does is known, noted once, mailed once, and stands until it is settled."""

import re
from typing import Any

import pytest

from .conftest import ADMIN, ROW, Sandbox
from .matter_examples import EXAMPLES, GONE, THING

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
