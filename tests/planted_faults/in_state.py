"""Rows, roles, clocks and time zones: what the database holds, and whether it is looked at."""

import base64
import json

from shared import timezones
from tests.banking_scene import BankingScene
from tests.booking_scene import BookingScene

from .planting import Env, Fault, Scene

SLEEPING = "update private.scheduled_functions set watched_since = now() - interval '{}' where function = 'run-payouts'"
WATCH = "check-invariants"


def without_policy(table: str) -> Fault:
    """Nobody gets there through the API: triggers see to it."""

    def turn(change: str) -> str:
        triggers = "alter table public.{0} {1} trigger user"
        return f"{triggers.format(table, 'disable')};; {change};; {triggers.format(table, 'enable')}"

    kept = f"create table private.kept_active as select id from public.{table} where is_active"
    return Fault(
        f"no {table} is active",
        "database",
        f"no row of {table} is active",
        there=kept + ";;" + turn(f"update public.{table} set is_active = false where is_active"),
        back=turn(
            f"update public.{table} set is_active = true where id in (select id from private.kept_active)"
        )
        + ";; drop table private.kept_active",
    )


def break_audit_log(scene: Scene) -> None:
    scene.stage.admin()
    owner = scene.stage.owner
    change = "update public.audit_logs set table_name = table_name || '{}' where id = '{}'"
    line = scene.stage.value("select line_id from private.audit_chain order by position desc limit 1")

    def turn(statement: str) -> None:
        owner.execute(b"alter table public.audit_logs disable trigger user")
        owner.execute(statement.encode())
        owner.execute(b"alter table public.audit_logs enable trigger user")

    scene.undo.callback(
        turn, f"update public.audit_logs set table_name = left(table_name, -1) where id = '{line}'"
    )
    turn(change.format("x", line))


def break_credits(scene: Scene) -> None:
    client = BookingScene(scene.stage).client
    change = "update public.user_session_credits set credits_remaining = credits_remaining + {} where user_id = '{}'"

    def turn(by: int) -> None:
        scene.stage.owner.execute(b"alter table public.user_session_credits disable trigger user")
        scene.stage.owner.execute(change.format(by, client.id).encode())
        scene.stage.owner.execute(b"alter table public.user_session_credits enable trigger user")

    scene.undo.callback(turn, -1)
    turn(1)


def sealed_with_a_lost_key(scene: Scene) -> Env:
    BankingScene(scene.stage).save()
    keys = {"current": "k2", "keys": {"k2": base64.b64encode(bytes(range(32))).decode()}}
    return {**scene.stage.env, "BANKING_KEYS": json.dumps(keys)}


STATE = (
    without_policy("waiver_policy"),
    without_policy("cancellation_policy"),
    Fault(
        "a role without a timeout",
        "timeouts",
        "statements of authenticated have no end",
        there="alter role authenticated reset statement_timeout",
        back="alter role authenticated set statement_timeout = '8s'",
    ),
    Fault("the audit log was changed", "audit log", "a line was changed", plant=break_audit_log),
    Fault("the books do not balance", "invariants", "credits are not the sum", (WATCH,), plant=break_credits),
    Fault(
        "the scheduler sleeps",
        "scheduler and queues",
        "run-payouts has never run to its end",
        (WATCH,),
        there="delete from private.scheduled_runs where function = 'run-payouts';;"
        + SLEEPING.format("2 days"),
        back=SLEEPING.format("0"),
    ),
    Fault(
        "bank numbers that nobody can open",
        "keys of bank numbers",
        "nobody can open them",
        ("encrypt-banking-data",),
        plant=sealed_with_a_lost_key,
    ),
    Fault("DATABASE_URL is missing", "DATABASE_URL", "DATABASE_URL is not set", env={"DATABASE_URL": ""}),
    Fault(
        "DATABASE_URL leads nowhere",
        "time zones of PostgreSQL",
        "does not answer",
        env={"DATABASE_URL": "postgresql://postgres@127.0.0.1:9/postgres"},
    ),
    Fault(
        "old time zones in PostgreSQL",
        "time zones of PostgreSQL",
        "on a hosted project upgrade",
        plant=lambda scene: scene.monkeypatch.setitem(timezones.UTC_HOURS, "America/Toronto", 3),
    ),
    Fault(
        "old time zones in Python",
        "time zones of Python",
        "install tzdata",
        plant=lambda scene: scene.monkeypatch.setitem(timezones.UTC_HOURS, "America/Toronto", 3),
    ),
)
