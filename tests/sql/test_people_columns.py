"""Every column that names a person has a foreign key to the account or the trigger that asks for it."""

import psycopg
import pytest

from .conftest import ADMIN, CLIENT, ROW, STRANGER, Sandbox

# Names of people in evidence about them, each written with or after a row that has the key or the trigger. They are
# written while an account is erased or later, when a refund, a webhook or an attendance arrives late.
FOLLOWS = {
    "private.legacy_rows.row_id": "the old row's own id; of a profile that is its account, which account_id names too",
    "private.outbox.caused_by": "for a minute, until the event is addressed; erasing clears it before",
    "private.outbox.user_id": "an event about a row; whoever is gone gets no mail of it",
    "private.recording_erasure_queue.user_id": "whose recordings are erased, also after they are gone",
    "public.credit_ledger.user_id": "the owner of the lot, whose user_id has the trigger",
    "public.erasure_receipts.pseudonym": "who was erased",
    "public.session_attendance.user_id": "whoever has the session or seat, whose client_id has the trigger",
    "public.session_cancellations.user_id": "the client of the session, whose client_id has the trigger",
    "public.session_payments.client_id": "the client of the session, whose client_id has the trigger",
}
# What else a uuid without a foreign key is the id of.
OTHER_THINGS = {
    *("id", "lease_id", "line_id", "link_id", "lot_id", "occasion", "record_id", "related_id", "resource_id"),
    *("checkout_id", "contract_id", "credit_lot_id", "funds_id", "hold_id", "payment_id", "payout_id"),
    *("after", "key"),  # where a round of the invariants is
    *("mail_id", "practitioner_id", "recording_id", "request_id", "session_id", "take_id", "text_id"),
}
KEY = """exists (select from pg_constraint k
                  where k.contype = 'f' and k.conrelid = c.oid and a.attnum = any (k.conkey))"""
# Not called for whoever calls, whose account the transaction has locked already.
NOT_FOR_THE_CALLER = (
    "(((new.%1$s)::text IS DISTINCT FROM current_setting('private.known_caller'::text, true)))"
)
TRIGGER = f"""exists (select from pg_trigger t
                      where t.tgrelid = c.oid and t.tgfoid = 'private.refuse_unknown_account'::regproc
                        and t.tgenabled = 'O' and t.tgtype & 4 = 4
                        and (t.tgqual is null or position(format($w$ WHEN {NOT_FOR_THE_CALLER} $w$, a.attname)
                                                          in pg_get_triggerdef(t.oid)) > 0)
                        and t.tgargs = convert_to(a.attname::text, 'UTF8') || '\\x00'::bytea
                        and (a.attnum = any (t.tgattr) or t.tgattr = ''))"""
COLUMNS = f"""
  select format('%s.%s.%s', c.relnamespace::regnamespace, c.relname, a.attname) as name, a.attname::text as column
    from pg_class c join pg_attribute a on a.attrelid = c.oid
   where c.relkind in ('r', 'p') and c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
     and a.attnum > 0 and not a.attisdropped and a.atttypid in ('uuid'::regtype, 'uuid[]'::regtype)
     and not {KEY} and not {TRIGGER}
"""


def unguarded(sandbox: Sandbox) -> set[str]:
    """Columns with an id that may be a person's, without key or trigger."""
    return {row["name"] for row in sandbox.run(COLUMNS) if row["column"] not in OTHER_THINGS}


def test_a_column_that_names_a_person_has_a_key_or_the_trigger(sandbox: Sandbox) -> None:
    """A new one with neither is found here; so is an exception that is none any more."""
    assert set(FOLLOWS) == unguarded(sandbox)


@pytest.mark.parametrize(
    "offence",
    [
        "alter table public.journal_entries add column read_by uuid",
        "create table private.diaries (id uuid primary key, owner_id uuid)",
        "drop trigger liability_waivers_99_refuse_unknown_account on public.liability_waivers",
        "alter table public.session_notes disable trigger session_notes_99_refuse_unknown_account",
        "alter table public.user_roles drop constraint user_roles_user_id_fkey",
    ],
)
def test_that_finds_what_is_planted(sandbox: Sandbox, offence: str) -> None:
    sandbox.act_as("owner")
    sandbox.run(offence)

    assert set(FOLLOWS) != unguarded(sandbox)


# Asked once for the claims of a transaction.
NOT_FOR_THE_KNOWN = (
    "((current_setting('request.jwt.claims'::text, true) = current_setting('private.known_claims'::text, true))"
    " IS NOT TRUE)"
)
OPEN_TABLES = f"""
  select c.oid::regclass::text as name from pg_class c
   where c.relkind in ('r', 'p') and c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
     and not exists (select from pg_trigger t
                      where t.tgrelid = c.oid and t.tgfoid = 'private.refuse_gone_caller'::regproc
                        and t.tgenabled = 'O' and t.tgtype = 2 | 4 | 8 | 16
                        and position($w$ WHEN ({NOT_FOR_THE_KNOWN}) $w$ in pg_get_triggerdef(t.oid)) > 0)
"""


def test_every_table_refuses_a_caller_who_is_gone(sandbox: Sandbox) -> None:
    """Before any row is written, changed or deleted."""
    assert [] == sandbox.run(OPEN_TABLES)

    sandbox.act_as("owner")
    sandbox.run("create table private.diaries (id uuid primary key)")
    sandbox.run("drop trigger refuse_gone_caller on public.session_rules")
    assert ["private.diaries", "session_rules"] == sorted(row["name"] for row in sandbox.run(OPEN_TABLES))


def test_who_is_known_is_asked_again_when_an_account_goes(sandbox: Sandbox) -> None:
    """In the same transaction: neither do they write, nor does anybody about them."""
    tick = "insert into public.getting_started_ticks (user_id, step) values (%s, %s)"
    line = "insert into public.audit_logs (user_id, action, table_name) values (%s, 'VIEW', 'profiles')"
    sandbox.act_as("stranger")
    sandbox.run(tick, STRANGER, "intro_video")
    sandbox.act_as("owner")
    sandbox.run(line, STRANGER)
    sandbox.run("delete from auth.users where id = %s", STRANGER)

    with pytest.raises(psycopg.errors.ForeignKeyViolation), sandbox.undone():
        sandbox.run(line, STRANGER)
    sandbox.act_as("stranger")
    with sandbox.refused("account_gone"):
        sandbox.run(tick, STRANGER, "profile")


def test_nobody_writes_about_an_account_that_is_not_there(sandbox: Sandbox) -> None:
    """Not the service either; and whoever may not write the row does not learn which accounts there are."""
    sandbox.act_as("service")
    note = "insert into public.session_notes (session_id, author_id, content) values (%s, %s, 'x')"
    with pytest.raises(psycopg.errors.ForeignKeyViolation), sandbox.undone():
        sandbox.run(note, ROW, "5a1e0000-0000-4000-8000-00000000dead")

    sandbox.act_as("client")
    for somebody in (ADMIN, "5a1e0000-0000-4000-8000-00000000dead"):
        with sandbox.forbidden():
            sandbox.run(note, ROW, somebody)


def test_the_look_up_is_a_probe_of_an_index(sandbox: Sandbox) -> None:
    """However many accounts there are."""
    sandbox.act_as("owner")
    sandbox.run("set local enable_seqscan = off")
    plan = sandbox.run("explain select from auth.users u where u.id = %s for key share", CLIENT)

    assert any("Index" in row["QUERY PLAN"] for row in plan)
