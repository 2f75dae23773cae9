"""Every column has an end: no text of two megabytes, no date that never comes, no number nobody meant.

Each table is made again, empty, with its CHECKs and without anything else, and every column is tried with values that
must not fit: so what is proven is the column's own bound, whatever triggers, policies and other columns say.
"""

from collections.abc import Iterator
from itertools import cycle

import psycopg
import pytest

from .conftest import CLIENT, ROW, Sandbox

# Longer than any bound: two megabytes, as letters and as the blanks that `btrim` would not count.
LONG = ["repeat('x', 2097152)", "repeat(' ', 2097152)"]
AGES = ["'infinity'", "'-infinity'", "'99999-01-01'", "'0001-01-01'", "'1899-12-31'", "'2101-01-01'"]
# For each type, values that no column of it may take. Booleans, ids, enums, times of day and vectors end by themselves.
ABSURD = {
    "text": LONG,
    "jsonb": ["jsonb_build_object('x', repeat('x', 2097152))"],
    "bytea": ["convert_to(repeat('x', 2097152), 'UTF8')"],
    "text[]": [f"array[{LONG[0]}]", "array_fill({sample}::text, array[100000])"],
    "date": AGES,
    "timestamp with time zone": AGES,
    "timestamp without time zone": AGES,
    "interval": ["'100000 years'", "'-100000 years'"],
    "integer": ["-2147483648", "2147483647"],
    "bigint": ["-9223372036854775808", "9223372036854775807"],
    "numeric": ["'NaN'", "-99999999", "99999999"],
    "double precision": ["'NaN'", "'Infinity'", "'-Infinity'", "1e300"],
    "point": ["'(NaN,NaN)'", "'(Infinity,Infinity)'", "'(1e300,1e300)'"],
}
ENDLESS = {"boolean", "uuid", "app_role", "time without time zone", "extensions.vector"}
# What only the database's own clock, counters and sums write, and no argument of a function reaches. Texts never are.
OURS = {
    "date", "timestamp with time zone", "timestamp without time zone", "integer", "bigint", "numeric",
    "tstzrange", "tstzmultirange",
}  # fmt: skip
# Where a date, time or number goes that people pass to a function; of what is only compared, how.
ARGUMENTS = {
    "adjust_credits.change": "public.credit_ledger.change",
    "adjust_earnings.amount_minor": "public.ledger_postings.amount_minor",
    "adjust_credits.duration_minutes": "compared with session_types.duration_minutes",
    "begin_checkout.duration_minutes": "compared with the kind of session",
    "begin_checkout.scheduled_at": "public.checkout_sessions.scheduled_at",
    "begin_earnings_export.from_date": "read",
    "begin_earnings_export.page_size": "read",
    "begin_earnings_export.until_date": "read",
    "book_session_with_credit.duration_minutes": "public.session_schedules.duration_minutes",
    "book_session_with_credit.location_coordinates": "public.session_schedules.location_coordinates",
    "book_session_with_credit.scheduled_at": "public.session_schedules.scheduled_at",
    "book_session_series.first_date": "public.session_series.first_date",
    "book_session_series.sessions": "public.session_series.sessions",
    "move_session_series.starts_at": "public.session_schedules.scheduled_at",
    "quote_series_move.starts_at": "undone",
    "quote_session_series.first_date": "undone",
    "quote_session_series.sessions": "undone",
    "repeat_class.times": "public.session_series.sessions",
    "take_time_off.ends_at": "public.practitioner_time_off.ends_at",
    "take_time_off.starts_at": "public.practitioner_time_off.starts_at",
    "client_dashboard.at_most": "read",
    "create_action_recommendation.due_date": "public.action_recommendations.due_date",
    "create_recording_share_link.expires_in_days": "public.recording_share_links.expires_at",
    "create_recording_share_link.view_limit": "public.recording_share_links.view_limit",
    "earnings_series.from_date": "read",
    "earnings_series.until_date": "read",
    "earnings_sessions.from_date": "read",
    "earnings_sessions.page_size": "read",
    "earnings_sessions.until_date": "read",
    "extend_credits.expires_at": "public.credit_ledger.expires_at",
    "get_available_slots.from_date": "read",
    "get_available_slots.until_date": "read",
    "get_year_statement.year": "compared with the years that have been",
    "hold_slot.scheduled_at": "public.session_holds.scheduled_at",
    "keep_refused_pick.scheduled_at": "public.refused_picks.scheduled_at",
    "keep_refused_pick.duration_minutes": "compared with session_types.duration_minutes",
    "increment_group_class_participants.increment_by": "compared: a class counts its own seats",
    "issue_practitioner_contract.expires_at": "public.practitioner_contracts.expires_at",
    "issue_practitioner_contract.template_version": "compared with the templates",
    "list_coming_classes.at_most": "read",
    "list_matters.at_most": "read",
    "list_my_ratings.at_most": "read",
    "rate_session.stars": "public.session_ratings.stars",
    "list_owed_fees.at_most": "read",
    "list_payments.page_size": "read",
    "list_users.page_size": "read",
    "mark_payout_paid.paid_at": "public.payouts.paid_at",
    "match_memories.match_count": "read",
    "match_memories.match_threshold": "read",
    "offer_session_to.until": "never later than the session",
    "practitioner_dashboard.at_most": "read",
    "propose_session_time.scheduled_at": "private.session_proposals.scheduled_at",
    "redeliver_webhooks.since": "compared with the deliveries",
    "request_refund.amount_minor": "private.payment_refunds.amount_minor",
    "reschedule_session.scheduled_at": "public.session_schedules.scheduled_at",
    "set_attendance.joined_at": "public.session_attendance.joined_at",
    "set_attendance.left_at": "public.session_attendance.left_at",
    "studio_availability.from_date": "read",
    "studio_availability.until_date": "read",
    "verify_practitioner_banking.changed_at": "compared with the account",
}
# What follows from those, and what other systems pass to a webhook.
REACHED = {
    *ARGUMENTS.values(),
    "public.checkout_sessions.amount_minor", "public.checkout_sessions.credits",
    "public.session_attendance.total_seconds", "public.session_holds.duration_minutes",
    "public.session_schedules.local_start", "private.agora_notifications.happened_at",
    "private.channel_events.happened_at", "private.channel_events.stayed_seconds",
    "private.stripe_events.happened_at", "public.checkout_sessions.intent_failed_at",
    "public.checkout_sessions.processing_at",
}  # fmt: skip
# An element that the column takes, of which it must not take a hundred thousand.
SAMPLES = {"events": "'session.booked'", "reasons": "'retention'"}

COLUMNS = """
    select c.relnamespace::regnamespace || '.' || c.relname as "table", a.attname as name,
           format_type(a.atttypid, null) as type,
           has_column_privilege('anon', c.oid, a.attnum, 'insert, update')
             or has_column_privilege('authenticated', c.oid, a.attnum, 'insert, update') as is_written_by_people
      from pg_class c join pg_attribute a on a.attrelid = c.oid
     where c.relkind in ('r', 'p') and c.relnamespace::regnamespace::text in ('public', 'private')
       and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and a.attidentity = ''
       -- A foreign key takes no more than what it points to.
       and not exists (select from pg_constraint f
                        where f.conrelid = c.oid and f.contype = 'f' and a.attnum = any (f.conkey))
     order by 1, a.attnum
"""
# The first value that gets past the CHECKs, in a row that has only this column.
TRY = """
    create function pg_temp.find_what_fits(column_name text, expressions text[]) returns text language plpgsql as $$
    declare
      v_expression text;
    begin
      foreach v_expression in array expressions loop
        begin
          execute format('insert into probe (%I) values (%s)', column_name, v_expression);
          return v_expression;
        exception when check_violation or data_exception then
          null;
        end;
      end loop;
      return null;
    end $$
"""
# A CHECK that an empty row fails says what belongs together, and would refuse everything.
DROP_WHAT_REFUSES_AN_EMPTY_ROW = """
    do $$
    declare
      v_name text;
    begin
      loop
        begin
          insert into probe default values;
          return;
        exception when check_violation then
          get stacked diagnostics v_name = constraint_name;
          execute format('alter table probe drop constraint %I', v_name);
        end;
      end loop;
    end $$
"""


def unbounded(sandbox: Sandbox, only: str | None = None) -> Iterator[str]:
    """Every column, of all tables or of one, that takes what it must not; with the first such value."""
    sandbox.act_as("owner")
    sandbox.run(TRY)
    probed = None
    for column in sandbox.run(COLUMNS):
        table, name, kind = column["table"], column["name"], column["type"]
        is_ours = not column["is_written_by_people"] and f"{table}.{name}" not in REACHED
        if table != (only or table) or kind in ENDLESS or (kind in OURS and is_ours):
            continue
        if table != probed:
            _probe(sandbox, table)
            probed = table
        # A kind of value that nobody has thought about yet counts as having no bound.
        values = [value.replace("{sample}", SAMPLES.get(name, "'x'")) for value in ABSURD.get(kind, ["null"])]
        if kind == "text":
            values += _longer(sandbox, table, name)
        if fits := sandbox.one("select pg_temp.find_what_fits(%s, %s)", name, values):
            yield f"{table}.{name} takes {fits[:40]}"


def _probe(sandbox: Sandbox, table: str) -> None:
    """The table again, empty: its types and CHECKs, and none of its columns required."""
    sandbox.run("drop table if exists probe")
    sandbox.run(f"create temporary table probe (like {table} including constraints)")
    for column in sandbox.run(
        "select attname from pg_attribute where attrelid = 'probe'::regclass and attnum > 0 and attnotnull"
    ):
        sandbox.run(f'alter table probe alter "{column["attname"]}" drop not null')
    sandbox.run(DROP_WHAT_REFUSES_AN_EMPTY_ROW)


def _longer(sandbox: Sandbox, table: str, name: str) -> list[str]:
    """What the column has in it, with a tail: a pattern may say how a value begins and not how it ends."""
    values = sandbox.run(f'select "{name}" as value from {table} where "{name}" <> \'\' limit 1')
    quoted = [sandbox.one("select quote_literal(%s::text)", row["value"]) for row in values]
    return [f"{value} || {tail}" for value in quoted for tail in LONG]


def test_every_column_has_a_bound(sandbox: Sandbox) -> None:
    """Texts, documents, bytes and lists whoever writes them; dates and numbers where people do."""
    found = list(unbounded(sandbox))

    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "column",
    [
        "motto text",
        "motto text check (motto <> '' and btrim(motto) <> 'x')",
        "motto text check (motto ~ '^x')",
        "motto text check (char_length(btrim(motto)) <= 10)",
        "motto jsonb",
        "motto date",
        "motto date check (motto > '2000-01-01')",
        "motto timestamptz check (motto < '2100-01-01')",
        "motto numeric check (motto >= 0)",
        "motto xml",
    ],
)
def test_a_column_without_one_is_found(sandbox: Sandbox, column: str) -> None:
    """Also one that says something, but not where it ends."""
    sandbox.act_as("owner")
    sandbox.run(f"alter table public.profiles add column {column}")
    sandbox.run("grant insert (motto) on public.profiles to authenticated")

    assert ["public.profiles.motto"] == [found.split()[0] for found in unbounded(sandbox, "public.profiles")]


def test_where_an_argument_goes_is_known(sandbox: Sandbox) -> None:
    """Every date, time and number that people can pass to a function: a new one says here where it ends up."""
    arguments = sandbox.run(
        """select p.proname || '.' || a.name as argument
             from pg_proc p, unnest(p.proargnames[1:p.pronargs], p.proargtypes::oid[]) as a (name, type)
            where p.pronamespace = 'public'::regnamespace and has_function_privilege('authenticated', p.oid, 'execute')
              and format_type(a.type, null) = any (%s)""",
        [kind for kind in ABSURD if kind not in ("text", "text[]", "jsonb", "bytea")],
    )

    assert set(ARGUMENTS) == {row["argument"] for row in arguments}


@pytest.mark.parametrize(
    ("call", "field"),
    [
        ("adjust_credits(change => 1, reason => {long})", "reason"),
        (f"adjust_earnings('{ROW}', 'cad', 1, {{long}})", "reason"),
        (f"set_attendance('{ROW}', '{CLIENT}', true, {{long}})", "reason"),
        (f"mark_payout_paid('{ROW}', {{long}})", "transaction_reference"),
        (f"mark_payout_failed('{ROW}', {{long}})", "reason"),
        ("create_webhook_endpoint('https://example.org/' || {long}, '{{payout.paid}}')", "url"),
        ("create_webhook_endpoint('https://example.org/', '{{payout.paid}}', {long})", "description"),
    ],
)
def test_a_function_that_pages_call_names_the_text_that_is_too_long(
    sandbox: Sandbox, call: str, field: str
) -> None:
    """In a sentence, where a CHECK would speak of itself."""
    sandbox.act_as("admin")

    with pytest.raises(psycopg.Error, match=rf"^{field}: should have at most \d+ characters") as refusal:
        sandbox.run(f"select public.{call.format(long=LONG[0])}")

    assert ("PT422", "text_too_long") == (refusal.value.sqlstate, refusal.value.diag.message_detail)


@pytest.mark.parametrize(
    ("code", "call"),
    [
        ("change_too_large", "adjust_credits(change => 2147483647, reason => 'A gift')"),
        ("amount_too_large", f"adjust_earnings('{ROW}', 'cad', 9223372036854775807, 'A gift')"),
        ("times_not_possible", f"set_attendance('{ROW}', '{CLIENT}', true, 'Seen', '-infinity')"),
        ("paid_at_not_possible", f"mark_payout_paid('{ROW}', 'A reference', 'infinity')"),
    ],
)
def test_a_function_that_pages_call_names_what_is_out_of_range(
    sandbox: Sandbox, code: str, call: str
) -> None:
    """As with texts."""
    sandbox.run(
        "update public.session_schedules set scheduled_at = now() - interval '30 minutes' where id = %s", ROW
    )
    sandbox.act_as("admin")

    with sandbox.refused(code):
        sandbox.run(f"select public.{call}")


# What an argument is given that is not being tried: a row of the seed, and something that is of the type.
GIVEN = {
    "uuid": f"'{ROW}'",
    "uuid[]": f"array['{ROW}'::uuid]",
    "text": "'America/Toronto'",
    "app_role": "'admin'",
    "boolean": "true",
    "point": "'(1,1)'",
}
GIVEN |= {"time without time zone": "'10:00'", "jsonb": "'{}'", "date[]": "'{2030-01-01}'"}
GIVEN |= {"text[]": "'{payout.paid}'", "integer": "1", "bigint": "1", "double precision": "1"}
GIVEN |= {"date": "'2030-01-01'", "timestamp with time zone": "'2030-01-01'"}
DATES, NUMBERS = ("date", "timestamp with time zone"), ("integer", "bigint", "double precision")
ENDS = [
    *(
        (DATES, pair)
        for pair in (("-infinity", "infinity"), ("0001-01-01", "99999-01-01"), ("infinity", "-infinity"))
    ),
    *((NUMBERS, pair) for pair in (("-2147483648", "2147483647"), ("2147483647", "-2147483648"))),
]
# Vectors and the whole of auth.users are not in this database; an embed and a computed column take a row.
NOT_HERE = (
    "match_memories",
    "list_users",
    "call_once",
    "session_schedules",
    "rating_average",
    "rating_count",
)


@pytest.mark.parametrize("who", ["client", "practitioner", "admin"])
def test_no_argument_makes_a_function_run_for_ever_or_break(sandbox: Sandbox, who: str) -> None:
    """Every function of the API, with the first and last dates and the smallest and largest numbers there are."""
    functions = sandbox.run(
        """select p.proname as name, p.proargnames[1:p.pronargs] as names,
                  array(select format_type(t, null) from unnest(p.proargtypes::oid[]) t) as types
             from pg_proc p where p.pronamespace = 'public'::regnamespace and p.prorettype <> 'trigger'::regtype
              and has_function_privilege('authenticated', p.oid, 'execute') and p.proname <> all (%s)""",
        list(NOT_HERE),
    )
    sandbox.act_as(who)
    sandbox.run("set local statement_timeout = '20s'")
    broken = []
    for function in functions:
        for tried, (first, second) in ENDS:
            ends = cycle([f"'{first}'", f"'{second}'"])
            values = [next(ends) if kind in tried else GIVEN[kind] for kind in function["types"]]
            if not set(tried) & set(function["types"]):
                continue
            named = ", ".join(f"{n} => {v}" for n, v in zip(function["names"], values, strict=True))
            try:
                with sandbox.undone():
                    sandbox.run(f"select * from public.{function['name']}({named})")
            except psycopg.Error as error:
                # A refusal of ours, a value that does not fit, or one that a constraint refuses.
                if not (error.sqlstate or "").startswith(("PT4", "22", "23")):
                    broken.append(f"{function['name']}({named}): {error}")

    assert not broken, "\n".join(broken)
