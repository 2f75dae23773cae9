"""How often: never more than the rule says, however many ask at once, and counts that do not pile up."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import psycopg
import pytest

from .conftest import CLIENT, OTHER_CLIENT, Sandbox

COUNT = "select private.count_use('holds', %s)"
# Of the tables that people insert into: those whose key bounds the rows of one person, those that only admins fill.
BOUNDED_BY_KEY = {"getting_started_ticks", "notification_preferences", "profiles", "user_preferences"}
FOR_ADMINS = {
    *("cancellation_policy", "contract_templates", "data_retention_policies", "legal_holds", "payout_terms"),
    *("practitioner_assignments", "practitioner_contracts", "practitioners", "products", "recording_rules"),
    *("revenue_shares", "session_packages", "session_types", "studio_locations", "user_notifications"),
    *("legal_translations", "recording_consent_texts", "user_roles", "waiver_policy"),
}
# Tables that people may write, by what they may do; `lines` if each change of theirs leaves a line elsewhere.
WRITABLE = """
  select c.relname as table,
         has_any_column_privilege('authenticated', c.oid, 'insert')
           and exists (select from pg_policy p where p.polrelid = c.oid and p.polcmd = 'a') as inserts,
         has_any_column_privilege('authenticated', c.oid, 'update')
           and exists (select from pg_policy p where p.polrelid = c.oid and p.polcmd = 'w') as updates,
         exists (select from pg_trigger t join pg_proc f on f.oid = t.tgfoid
                  where t.tgrelid = c.oid and t.tgtype & 16 > 0
                    and f.proname in ('write_audit_log', 'record_consent_history')) as lines,
         exists (select from pg_trigger t join pg_proc f on f.oid = t.tgfoid
                  where t.tgrelid = c.oid and t.tgtype & 4 > 0 and f.proname = 'limit_written_rows') as inserts_limited,
         exists (select from pg_trigger t join pg_proc f on f.oid = t.tgfoid
                  where t.tgrelid = c.oid and t.tgtype & 16 > 0 and f.proname = 'limit_written_rows') as updates_limited
    from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
"""
# And those in which only admins change what is written; a practitioner signs a contract once.
CHANGED_BY_ADMINS = {
    *("contract_rules", "legal_holds", "practitioner_contracts", "recording_rules", "session_payments"),
    *("session_rules", "user_roles"),
}


def limit(sandbox: Sandbox, rule: str, times: int) -> None:
    sandbox.run("update private.rate_limits set times = %s, per = '1 day' where rule = %s", times, rule)


def test_a_use_beyond_the_limit_says_how_long_to_wait(sandbox: Sandbox) -> None:
    """Counted by subject; what is refused is not counted."""
    limit(sandbox, "holds", 2)

    waits = [sandbox.one(COUNT, "somebody") for _ in range(4)]

    assert waits[:2] == [None, None]
    assert 0 < waits[2] <= 24 * 60 * 60
    assert sandbox.one("select used from private.rate_uses where subject = 'somebody'") == 2
    assert sandbox.one(COUNT, "somebody else") is None


def test_many_at_once_never_use_more_than_the_limit(database: str) -> None:
    """Forty callers, seven uses."""
    barrier = Barrier(40)

    def use(_: int) -> object:
        with psycopg.connect(database) as connection:
            barrier.wait()
            return connection.execute(COUNT, ["many at once"]).fetchone()

    with psycopg.connect(database, autocommit=True) as owner:
        before = owner.execute("select times, per from private.rate_limits where rule = 'holds'").fetchone()
        owner.execute("update private.rate_limits set times = 7, per = '1 day' where rule = 'holds'")
        try:
            with ThreadPoolExecutor(40) as callers:
                waits = list(callers.map(use, range(40)))
        finally:
            owner.execute("update private.rate_limits set times = %s, per = %s where rule = 'holds'", before)
            owner.execute("delete from private.rate_uses")

    assert waits.count((None,)) == 7


def test_rows_of_past_windows_are_deleted_a_few_at_a_time(sandbox: Sandbox) -> None:
    """Whenever another window begins, twenty of them: more than are ever added."""
    sandbox.run(
        "insert into private.rate_uses select 'holds', n::text, now() - interval '1 second', 1"
        " from generate_series(1, 50) n"
    )

    left = []
    for caller in ("a", "b", "b", "c"):
        sandbox.one(COUNT, caller)
        left.append(sandbox.one("select count(*) from private.rate_uses where ends_at < now()"))

    assert left == [30, 10, 10, 0]


def test_an_address_counts_as_its_household_and_is_kept_as_a_hash(sandbox: Sandbox) -> None:
    masked = "select private.mask_address(%s)"
    one, same, other = (
        sandbox.one(masked, address) for address in ("2001:db8:1:2::3", "2001:db8:1:2:4::", "2001:db8:1:3::3")
    )

    assert one == same != other
    assert sandbox.one(masked, "203.0.113.4") != sandbox.one(masked, "203.0.113.5")
    assert sandbox.one(masked, None) == sandbox.one(masked, "no address")
    assert "203.0.113" not in sandbox.one(masked, "203.0.113.4") and len(one) == 64


def test_a_newcomer_holds_less_for_shorter_and_less_often(sandbox: Sandbox) -> None:
    """Who has signed the waiver, or paid, or been given a credit, is none any more."""
    rules = "select row_to_json(private.get_hold_rules(%s))"
    newcomer = "c0000000-0000-4000-8000-0000000000ff"
    first = sandbox.one(rules, newcomer)
    sandbox.run("insert into auth.users (id, email) values (%s, 'n@x.test')", newcomer)
    sandbox.run("select private.grant_credits(%s, 1)", newcomer)

    assert (first["at_once"], first["lasts"]) == (2, "00:05:00")
    known = sandbox.one(rules, newcomer)
    assert (known["at_once"], known["lasts"]) == (3, "00:15:00")


def test_rows_count_however_many_come_in_one_statement(sandbox: Sandbox) -> None:
    """By the person who writes them; not for admins, and not for the service."""
    limit(sandbox, "rows written", 5)
    write = (
        "insert into public.journal_entries (user_id, entry_date, content)"
        " select %s, current_date - n, 'x' from generate_series(1, %s) n"
    )
    sandbox.act_as("client")
    sandbox.run(write, CLIENT, 3)
    with sandbox.too_often():
        sandbox.run(write, CLIENT, 3)
    sandbox.run(write, CLIENT, 2)
    with sandbox.too_often():
        sandbox.run(write, CLIENT, 1)
    sandbox.act_as("other")
    sandbox.run(write, OTHER_CLIENT, 5)
    sandbox.act_as("owner")
    sandbox.run(write, CLIENT, 9)


def test_the_refusal_of_a_rate_has_the_shape_of_every_refusal(sandbox: Sandbox) -> None:
    """And a header beside it, as PostgREST sends it."""
    with pytest.raises(psycopg.Error) as refusal, sandbox.undone():
        sandbox.run("select private.refuse(429, 'too_many_requests', 'Too often.', 'Wait.', 60)")

    assert json.loads(refusal.value.diag.message_primary or "") == {
        "code": "PT429",
        "message": "Too often.",
        "details": "too_many_requests",
        "hint": "Wait.",
    }
    assert json.loads(refusal.value.diag.message_detail or "") == {
        "status": 429,
        "headers": {"Retry-After": "60"},
    }


def test_an_answered_refusal_is_not_remembered(sandbox: Sandbox) -> None:
    """It is no outcome: under the same key the function is called again, and its attempt counted."""
    ask = """select public.call_once('verify_signature', 'a-key', '{"sha256": "0", "ip_address": "203.0.113.4"}')"""
    sandbox.act_as("service")

    for _ in range(2):
        sandbox.run(ask)

    assert sandbox.one("select current_setting('response.status')") == "404"
    sandbox.act_as("owner")
    assert sandbox.one("select used from private.rate_uses where rule = 'signature checks'") == 2
    assert sandbox.one("select count(*) from private.idempotency_keys where idempotency_key = 'a-key'") == 0


def test_every_table_that_people_insert_into_is_limited(sandbox: Sandbox) -> None:
    """Or its key says how many rows one person can have, or it is the admins'."""
    unlimited = {
        row["table"] for row in sandbox.run(WRITABLE) if row["inserts"] and not row["inserts_limited"]
    }

    assert unlimited == BOUNDED_BY_KEY | FOR_ADMINS


def test_every_change_that_leaves_a_line_is_limited(sandbox: Sandbox) -> None:
    """A row that is changed back and forth would fill the audit log for ever."""
    unlimited = {
        row["table"]
        for row in sandbox.run(WRITABLE)
        if row["updates"] and row["lines"] and not row["updates_limited"]
    }

    assert unlimited == CHANGED_BY_ADMINS
