"""Writes the preflight: what the baseline has and the chapters ask, into `sql/adoption/preflight.sql`."""

import re
from collections.abc import Iterable
from pathlib import Path

from .chapters import chapters
from .closing import FUNCTIONS, MADE_ANEW, TABLES
from .statements import bare, parts, statements
from .throwaway import BASELINE

TEMPLATE = Path(__file__).with_name("adoption") / "preflight.sql"
CREATED = re.compile(
    r"^create (?:or replace )?(table|view|function|type|sequence) public\.(\w+)", re.MULTILINE
)
ALTERED = re.compile(r"alter table public\.(\w+) (.*);", re.IGNORECASE | re.DOTALL)
# A constraint that keeps a value within a size or a range; other rules are left to `not valid`.
BOUND = re.compile(
    r"add constraint (\w+_(?:is|are)_(?:short|in_range)) check \((.*)\)(?: not valid)?", re.IGNORECASE
)
COLUMN = re.compile(r"([a-z_0-9]+) +([a-z][\w.]*(?: ?\([\d, ]+\))?(?:\[\])?)")
CONSTRAINT = {"primary", "unique", "constraint", "check", "foreign", "exclude"}

# Of what is set aside: the columns that come home, as the platform in use has them (§3 of the fact sheet).
LATER_COLUMNS = """
    session_schedules: session_location text, physical_location text, location_coordinates point,
        max_participants integer, current_participants integer, correlated_session_id uuid,
        cancellation_policy_agreed_at timestamptz, cancellation_policy_version uuid, grace_cancellation_used boolean,
        cancelled_at timestamptz, class_name text, reminder_sent timestamptz
    user_session_credits: cancellation_policy_agreed_at timestamptz, cancellation_policy_version uuid,
        grace_cancellation_used boolean
    session_packages: session_type_id uuid, is_group boolean, session_type text
    action_recommendations: id uuid, session_id uuid, practitioner_id uuid, client_id uuid, title text,
        description text, action_type text, frequency text, due_date date, completed boolean, completed_at timestamptz,
        created_at timestamptz, updated_at timestamptz
    cancellation_policy: id uuid, policy_text text, standard_cancellation_hours integer,
        late_cancellation_hours integer, late_cancellation_fee_usd numeric, late_cancellation_fee_cad numeric,
        grace_cancellations_allowed integer, is_active boolean, created_at timestamptz, updated_at timestamptz,
        updated_by uuid
    email_logs: id uuid, user_id uuid, email_type text, recipient_email text, session_id uuid, template_id text,
        message_id text, status text, error_message text, metadata jsonb, created_at timestamptz
    liability_waivers: id uuid, user_id uuid, session_id uuid, waiver_text text, signed_at timestamptz,
        ip_address text, user_agent text, created_at timestamptz, waiver_policy_id uuid, waiver_policy_version integer
    practitioner_banking: id uuid, practitioner_id uuid, bank_name text, account_holder_name text,
        account_number_encrypted text, routing_number_encrypted text, account_type text, country text,
        created_at timestamptz, updated_at timestamptz
    practitioner_contracts: id uuid, practitioner_id uuid, contract_version text, contract_text text,
        signed_at timestamptz, ip_address text, user_agent text, status text, expires_at timestamptz,
        created_at timestamptz, updated_at timestamptz
    profiles: id uuid, full_name text, email text, avatar_url text, created_at timestamptz, updated_at timestamptz,
        phone_number text, date_of_birth date, address text
    session_cancellations: id uuid, session_id uuid, user_id uuid, cancelled_at timestamptz, cancellation_type text,
        hours_before_session numeric, fee_charged numeric, fee_currency text, credit_returned numeric,
        credit_currency text, reason text, approved_by uuid, cancellation_policy_version uuid, created_at timestamptz
    session_recordings: id uuid, session_id uuid, agora_resource_id text, agora_sid text, recording_url text,
        storage_path text, duration_seconds integer, file_size_bytes bigint, status text, started_at timestamptz,
        completed_at timestamptz, created_at timestamptz, updated_at timestamptz
    studio_locations: id uuid, name text, address text, city text, province_state text, country text,
        postal_code text, is_active boolean, created_at timestamptz, updated_at timestamptz
    user_notifications: id uuid, user_id uuid, notification_type text, title text, message text, related_id uuid,
        read_at timestamptz, created_at timestamptz
    waiver_policy: id uuid, version integer, policy_text text, is_active boolean, created_at timestamptz,
        updated_at timestamptz, updated_by uuid
"""
# What the ledgers cannot open with, and what an index would refuse.
OTHER_ROWS = [
    ("session_payments", "the currencies that are paid in, cad and usd", "lower(currency) not in ('cad', 'usd')"),
    (
        "session_payments",
        "that shares are parts of what was paid",
        "not coalesce(total_amount between 0 and 1000000 and practitioner_share between 0 and total_amount, false)",
    ),
    ("session_packages", "one package for each type and size", """is_active and exists (
        select from public.session_packages o where o.is_active and o.id <> t.id
           and o.session_count = t.session_count
           and to_jsonb(o) ->> 'session_type_id' = to_jsonb(t) ->> 'session_type_id')"""),
]  # fmt: skip


def preflight() -> str:
    """The text of the first migration."""
    baseline = BASELINE.read_text()
    ours = [thing for chapter in chapters() for thing in CREATED.findall(chapter.path.read_text())]
    tables = {table.removeprefix("public.") for table in TABLES if table.startswith("public.")}
    functions = {function.removeprefix("public.") for function in FUNCTIONS}
    anew = {table.removeprefix("public.") for table in MADE_ANEW}
    policies = re.findall(r'^create policy "([^"]+)" on public\.(\w+)', baseline, re.MULTILINE)
    written = {
        "made_anew": _array(anew),
        "tables": _array(tables),
        "relations": _array(name for kind, name in ours if kind in ("table", "view", "sequence")),
        "routines": _array(name for kind, name in ours if kind == "function" and name not in functions),
        "known_routines": _array(functions),
        "types": _array(name for kind, name in ours if kind == "type"),
        "triggers": _array(re.findall(r"^create trigger (\w+)", baseline, re.MULTILINE)),
        "policies": _rows((table, name) for name, table in policies),
        "columns": ",\n    ".join(_columns(baseline)),
        "bounds": ",\n    ".join(_bounds()),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda found: written[found[1]], TEMPLATE.read_text())


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _array(names: Iterable[str]) -> str:
    return "array[" + ", ".join(_quote(name) for name in sorted(set(names))) + "]::text[]"


def _rows(rows: Iterable[tuple[str, ...]]) -> str:
    return ", ".join(f"({', '.join(map(_quote, row))})" for row in sorted(set(rows)))


def _columns(baseline: str) -> Iterable[str]:
    for statement in statements(baseline):
        found = re.match(r"create table public\.(\w+) \((.*)\);", bare(statement))
        for line in parts(found[2]) if found else []:
            column = COLUMN.match(line)
            # The vector type may be a domain, where pgvector is not installed.
            if found and column and column[1] not in CONSTRAINT and "vector" not in column[2]:
                kind = re.sub(r" ?\(.*", "", column[2])
                yield f"({_quote(found[1])}, {_quote(column[1])}, {_quote(kind)}, false)"
    table = ""
    for line in LATER_COLUMNS.split("\n"):
        columns = line
        if ":" in line:
            table, columns = (part.strip() for part in line.split(":"))
        for column_name, kind in re.findall(r"(\w+) (\w+)", columns):
            yield f"({_quote(table)}, {_quote(column_name)}, {_quote(kind)}, true)"


def _bounds() -> Iterable[str]:
    """Those of the baseline's tables that can be asked before anything of ours is there."""
    baseline = BASELINE.read_text()
    for chapter in chapters():
        for statement in statements(chapter.path.read_text()):
            altered = ALTERED.fullmatch(bare(statement))
            if not altered or f"public.{altered[1]}" not in TABLES:
                continue
            columns = _columns_of(baseline, altered[1])
            for action in parts(altered[2]):
                bound = BOUND.fullmatch(action)
                if bound and "private." not in bound[2]:
                    broken = f"not ({_without(_names(bound[2]) - columns, bound[2])})"
                    yield f"({_quote(altered[1])}, {_quote(bound[1])}, {_quote(broken)})"
    for table, what, broken in OTHER_ROWS:
        yield f"({_quote(table)}, {_quote(what)}, {_quote(broken)})"


def _columns_of(baseline: str, table: str) -> set[str]:
    found = re.search(rf"^create table public\.{table} \((.*?)^\);", baseline, re.MULTILINE | re.DOTALL)
    assert found, table
    return {column[1] for line in parts(found[1]) if (column := COLUMN.match(line))}


def _without(missing: set[str], expression: str) -> str:
    """Where a column is not there yet, its part of the rule is unknown: what is left decides."""
    for name in missing:
        expression = re.sub(rf"\b{name}\b", "null", expression)
    return expression


def _names(expression: str) -> set[str]:
    """The columns that it names: words outside of texts that are no function and no operator."""
    words = re.sub(r"'[^']*'", "", expression)
    words = re.sub(r"::\w+", "", words)
    return set(re.findall(r"\b[a-z_][a-z_0-9]*\b(?!\s*\()", words)) - {
        "and",
        "or",
        "between",
        "is",
        "null",
        "not",
        "in",
    }
