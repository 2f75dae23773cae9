"""What only the owner of the database can say: time zones, the audit log, keys of bank numbers, timeouts of roles."""

import time
from collections.abc import Iterator

import psycopg

from deploy import audit
from shared.settings import MissingSettings
from shared.timezones import TEN_IN_THE_MORNING, UTC_HOURS, describe_outdated_zone
from shared.vault import VaultSettings

from .findings import Environment

# What the platform's earlier function left has no key.
SEALED_WITH = """
    select substring(account_number from '^v1\\.([^.]+)'), count(*)
      from private.list_bank_numbers_to_reseal(%(key)s) group by 1 order by 1"""
TIMEOUTS = """
    select r.rolname, (select substring(each from '=(.*)') from unnest(coalesce(s.setconfig, '{}')) each
                        where each like 'statement_timeout=%')
      from pg_roles r left join pg_db_role_setting s on s.setrole = r.oid and s.setdatabase = 0
     where r.rolname in ('anon', 'authenticated', 'authenticator') order by 1"""
SKEW_S = 30
NEWER = (
    "PostgreSQL's machine needs tzdata 2026f or newer; on a hosted project upgrade the project (Settings, "
    "Infrastructure), which brings a newer image, and call reconcile-bookings afterwards: it moves what is booked"
)


def time_zones(database_url: str) -> Iterator[str]:
    """Whether PostgreSQL's rules are those of this year."""
    query = "select extract(hour from (%s::timestamp at time zone %s) at time zone 'UTC')::int"
    try:
        with psycopg.connect(database_url, connect_timeout=5) as connection:
            for zone, hour in UTC_HOURS.items():
                row = connection.execute(query, (TEN_IN_THE_MORNING, zone)).fetchone()
                if row and row[0] != hour:
                    yield f"{describe_outdated_zone(zone, row[0])}; {NEWER}"
            row = connection.execute("select extract(epoch from clock_timestamp())::float8").fetchone()
            if row and abs(row[0] - time.time()) > SKEW_S:
                yield f"the clock of the database is {row[0] - time.time():+.0f} s from this one's"
    except psycopg.OperationalError as error:
        yield f"DATABASE_URL does not answer: {error}".strip()


def statement_timeouts(database_url: str) -> Iterator[str]:
    """Without one a slow statement of anybody holds its connection for as long as it likes."""
    try:
        with psycopg.connect(database_url, connect_timeout=5) as connection:
            for role, timeout in connection.execute(TIMEOUTS).fetchall():
                if timeout in (None, "0"):
                    yield f"statements of {role} have no end; alter role {role} set statement_timeout = '8s'"
    except psycopg.OperationalError:
        return  # said of the time zones


def audit_log(database_url: str) -> Iterator[str]:
    """Whether the audit log is whole."""
    try:
        yield from audit.problems(database_url)
    except psycopg.OperationalError:
        return  # that nobody answers was said above
    except psycopg.Error as error:
        yield f"the audit log cannot be read: {error}".strip()


def banking_keys(env: Environment) -> Iterator[str]:
    """Only the owner of the database can say with which keys bank numbers are sealed."""
    try:
        vault = VaultSettings.from_environment(env).vault
        with psycopg.connect(env["DATABASE_URL"], connect_timeout=5) as connection:
            rows = connection.execute(SEALED_WITH, {"key": vault.current}).fetchall()
    except (MissingSettings, psycopg.OperationalError):
        return  # said elsewhere
    for key, accounts in rows:
        if key in (*vault.keys, None):
            yield f"{accounts} accounts are not sealed with the current key; run python -m deploy rotate-banking-keys"
        else:
            yield f"{accounts} accounts are sealed with key {key}, which is not in BANKING_KEYS: nobody can open them"
