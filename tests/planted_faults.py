"""Faults that an operator meets, each planted on a running stack and undone: the doctor is to name every one.

A fault is in the database, in the environment, in a function that was given something else, or in what somebody else
answers (a door before the stack says something else than the stack does).
"""

import base64
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import jwt
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from local.config import new_banking_keys
from shared import timezones
from tests.banking_scene import BankingScene
from tests.booking_scene import BookingScene
from tests.cast import Stage
from tests.payment_scene import served

Env = dict[str, str]
HOP_BY_HOP = {"connection", "content-length", "content-encoding", "transfer-encoding", "keep-alive"}


@dataclass
class Scene:
    """What a fault may touch."""

    stage: Stage
    httpserver: HTTPServer
    monkeypatch: pytest.MonkeyPatch
    undo: ExitStack
    env: Env = field(default_factory=dict)

    def behind_door(
        self, path: str, answer: Callable[[httpx.Response], Response], method: str | None = None
    ) -> Env:
        """The stack, seen through a door that changes what it answers to one path."""
        stack = self.stage.env["SUPABASE_URL"]

        def pass_on(request: Request) -> Response:
            headers = {
                name: value for name, value in request.headers if name.lower() not in {*HOP_BY_HOP, "host"}
            }
            reply = httpx.request(
                request.method,
                stack + request.full_path.rstrip("?"),
                headers=headers,
                content=request.data,
                timeout=60,
            )
            if request.path.startswith(path) and method in (None, request.method):
                return answer(reply)
            kept = {name: value for name, value in reply.headers.items() if name not in HOP_BY_HOP}
            return Response(reply.content, reply.status_code, kept)

        self.httpserver.expect_request(re.compile(".*")).respond_with_handler(pass_on)
        door = self.httpserver.url_for("").rstrip("/")
        changed = {name: value.replace(stack, door) for name, value in self.stage.env.items()}
        return {**changed, "FUNCTIONS_URL": f"{door}/functions/v1"}

    def given(self, function: str, **env: Any) -> Env:
        """The stack, on which one function was given something else than stands in the environment."""
        client = self.undo.enter_context(served(function, self.stage, **env))
        return {**self.stage.env, "FUNCTIONS_URL": str(client.base_url).rstrip("/")}


@dataclass(frozen=True)
class Fault:
    """One fault: the check that is to name it, what it says, how it is planted."""

    name: str
    check: str
    says: str
    functions: tuple[str, ...] = ("create-liability-waiver",)
    there: str = ""  # in the database, by its owner
    back: str = ""
    env: Env | None = None
    plant: Callable[[Scene], Env | None] | None = None


@contextmanager
def planted(fault: Fault, scene: Scene) -> Iterator[Env]:
    """The environment of a stack that has this fault."""
    owner = scene.stage.owner
    with scene.undo:
        for statement in filter(str.strip, fault.there.split(";;")):
            owner.execute(statement.encode())
        try:
            env = (fault.plant(scene) if fault.plant else None) or scene.stage.env
            yield {**env, **(fault.env or {})}
        finally:
            for statement in filter(str.strip, fault.back.split(";;")):
                owner.execute(statement.encode())


def in_schema(name: str, says: str, there: str, back: str) -> Fault:
    return Fault(name, "schema", says, there=there, back=back)


def definition_kept(kind: str) -> Callable[[Scene], Env | None]:
    """Drop something, and put it back by its own definition."""

    def plant(scene: Scene) -> None:
        query, drop, restore = KEPT[kind]
        rows = [next(iter(row.values())) for row in scene.stage.owner.execute(query.encode()).fetchall()]

        def put_back() -> None:
            for statement in (restore, *rows):
                if statement:
                    scene.stage.owner.execute(str(statement).encode())

        scene.undo.callback(put_back)
        scene.stage.owner.execute(drop.encode())

    return plant


KEPT = {
    "policy": (
        """select format('create policy %I on public.liability_waivers for %s to authenticated using (%s)', polname,
                         case polcmd when 'r' then 'select' end, pg_get_expr(polqual, polrelid))
             from pg_policy where polrelid = 'public.liability_waivers'::regclass and polcmd = 'r'""",
        """do $$ declare p text; begin
             select polname into p from pg_policy
              where polrelid = 'public.liability_waivers'::regclass and polcmd = 'r';
             execute format('drop policy %I on public.liability_waivers', p); end $$""",
        "",
    ),
    "constraint": (
        """select 'alter table private.rate_limits add constraint rate_limits_allow_something '
                  || pg_get_constraintdef(oid) from pg_constraint where conname = 'rate_limits_allow_something'""",
        "alter table private.rate_limits drop constraint rate_limits_allow_something",
        "",
    ),
    "not validated": (
        """select 'alter table private.rate_limits validate constraint rate_limits_allow_something'""",
        """alter table private.rate_limits drop constraint rate_limits_allow_something,
             add constraint rate_limits_allow_something check (times > 0) not valid""",
        "",
    ),
    "trigger": (
        "select pg_get_triggerdef(oid) from pg_trigger where tgname = 'audit_logs_refuse_change'",
        "drop trigger audit_logs_refuse_change on public.audit_logs",
        "",
    ),
    "index": (
        "select pg_get_indexdef('public.waiver_policy_one_is_active'::regclass)",
        "drop index public.waiver_policy_one_is_active",
        "",
    ),
    "function": (
        "select pg_get_functiondef('private.max_attempts()'::regprocedure)",
        """create or replace function private.max_attempts() returns integer language sql immutable set search_path = ''
             as 'select 1200'""",
        "",
    ),
    "extension": (
        """select format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
             from pg_constraint where contype = 'x'""",
        "drop extension btree_gist cascade",
        "create extension btree_gist with schema extensions",
    ),
    "auth trigger": (
        """select pg_get_triggerdef(oid) from pg_trigger
            where tgrelid = 'auth.users'::regclass and tgname = 'users_update_profile'""",
        "drop trigger users_update_profile on auth.users",
        "",
    ),
}

SCHEMA = (
    Fault("a policy is gone", "schema", "is missing", plant=definition_kept("policy")),
    in_schema(
        "a policy lets everybody in",
        "public.user_roles open is in no migration",
        "create policy open on public.user_roles for select to anon using (true)",
        "drop policy open on public.user_roles",
    ),
    in_schema(
        "a policy was loosened",
        "the policy public.user_roles admins grant roles is another",
        'alter policy "admins grant roles" on public.user_roles with check (true)',
        'alter policy "admins grant roles" on public.user_roles with check ((select private.is_confirmed_admin()))',
    ),
    in_schema(
        "row-level security is off",
        "row-level security of public.liability_waivers is off",
        "alter table public.liability_waivers disable row level security",
        "alter table public.liability_waivers enable row level security",
    ),
    in_schema(
        "a table is granted to everybody",
        "anon has select of table public.audit_logs, and should not",
        "grant select on public.audit_logs to anon",
        "revoke select on public.audit_logs from anon",
    ),
    in_schema(
        "a column is granted",
        "authenticated has update of column public.user_session_credits.credits_remaining",
        "grant update (credits_remaining) on public.user_session_credits to authenticated",
        "revoke update (credits_remaining) on public.user_session_credits from authenticated",
    ),
    in_schema(
        "a grant is gone",
        "authenticated lacks select of table public.retention_receipts",
        "revoke select on public.retention_receipts from authenticated",
        "grant select on public.retention_receipts to authenticated",
    ),
    in_schema(
        "a function is everybody's",
        "everybody has execute of function private.make_token()",
        "grant execute on function private.make_token to public",
        "revoke execute on function private.make_token from public",
    ),
    Fault(
        "a constraint is gone",
        "schema",
        "rate_limits_allow_something is missing",
        plant=definition_kept("constraint"),
    ),
    Fault(
        "a constraint is not validated", "schema", "is not validated", plant=definition_kept("not validated")
    ),
    Fault(
        "a trigger is gone", "schema", "audit_logs_refuse_change is missing", plant=definition_kept("trigger")
    ),
    in_schema(
        "a trigger is switched off",
        "public.audit_logs audit_logs_seal is switched off",
        "alter table public.audit_logs disable trigger audit_logs_seal",
        "alter table public.audit_logs enable trigger audit_logs_seal",
    ),
    Fault(
        "a trigger of auth is gone",
        "schema",
        "auth.users users_update_profile is missing",
        plant=definition_kept("auth trigger"),
    ),
    Fault(
        "an index is gone", "schema", "waiver_policy_one_is_active is missing", plant=definition_kept("index")
    ),
    Fault("a function has another body", "schema", "select 1200", plant=definition_kept("function")),
    Fault(
        "an extension is gone",
        "schema",
        "the extension btree_gist is missing",
        plant=definition_kept("extension"),
    ),
    in_schema(
        "a table that nobody knows",
        "the column public.left_open.x is in no migration",
        "create table public.left_open (x text)",
        "drop table public.left_open",
    ),
    in_schema(
        "a role passes row-level security",
        "the role authenticated is another: “bypasses row-level security”",
        "alter role authenticated bypassrls",
        "alter role authenticated nobypassrls",
    ),
    in_schema(
        "everybody may make tables",
        "anon has create of schema public",
        "grant create on schema public to anon",
        "revoke create on schema public from anon",
    ),
    in_schema(
        "new tables are everybody's",
        "anon has select on r of whatever is made in public",
        "alter default privileges in schema public grant select on tables to anon",
        "alter default privileges in schema public revoke select on tables from anon",
    ),
    in_schema(
        "a migration was not applied",
        "session_triggers.sql is not applied",
        "create table private.kept_ledger as select * from supabase_migrations.schema_migrations;;"
        " delete from supabase_migrations.schema_migrations where name = 'session_triggers'",
        "insert into supabase_migrations.schema_migrations select * from private.kept_ledger on conflict do nothing;;"
        " drop table private.kept_ledger",
    ),
    in_schema(
        "a migration of somebody else",
        "names a migration 20990101000000",
        "insert into supabase_migrations.schema_migrations (version, name) values ('20990101000000', 'x')",
        "delete from supabase_migrations.schema_migrations where version = '20990101000000'",
    ),
    in_schema(
        "a bucket is public",
        "the bucket session-recordings is another",
        "update storage.buckets set public = true where id = 'session-recordings'",
        "update storage.buckets set public = false where id = 'session-recordings'",
    ),
)

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


def later(scene: Scene) -> None:
    """This machine's clock is an hour ahead."""
    now = time.time
    scene.monkeypatch.setattr(time, "time", lambda: now() + 3600)


def keep(
    status: int, body: Any, media_type: str = "application/json"
) -> Callable[[httpx.Response], Response]:
    text = body if isinstance(body, str) else json.dumps(body)
    return lambda reply: Response(text, status, content_type=media_type)


def as_text(reply: httpx.Response) -> Response:
    """As a hosted project's gateway shows HTML."""
    return Response(reply.content, reply.status_code, content_type="text/plain")


def allow_anonymous(scene: Scene) -> Env:
    return scene.behind_door(
        "/auth/v1/settings", keep(200, {"external": {"anonymous_users": True, "email": True}})
    )


def takes_legacy(scene: Scene) -> Env:
    env = scene.behind_door("/rest/v1/session_types", keep(200, []))
    return {**env, "SUPABASE_JWT_SECRET": "x" * 40}


def other_keys_published(scene: Scene) -> Env:
    """Auth signs with a key that it does not publish."""
    person = scene.stage.sign_up()
    key = json.loads(scene.stage.env["JWT_SIGNING_KEY"])
    published = {name: value for name, value in key.items() if name != "d"} | {"kid": "another"}
    env = scene.behind_door("/auth/v1/.well-known/jwks.json", keep(200, {"keys": [published]}))
    return {**env, "DOCTOR_EMAIL": person.email, "DOCTOR_PASSWORD": "a password of the stage"}


def token_of(role: str) -> str:
    return jwt.encode({"role": role, "exp": 4_000_000_000}, "x" * 40, "HS256")


def endpoint(**form: str) -> Callable[[Scene], Env | None]:
    """Stripe's webhook endpoint, changed in its dashboard."""

    def plant(scene: Scene) -> None:
        env = scene.stage.env
        url = f"{env['STRIPE_API_URL']}/v1/webhook_endpoints"
        headers = {"authorization": f"Bearer {env['STRIPE_SECRET_KEY']}"}
        (was,) = httpx.get(url, headers=headers).json()["data"]
        back = {"url": was["url"], "disabled": "false", "enabled_events[0]": "*"}
        scene.undo.callback(lambda: httpx.post(f"{url}/{was['id']}", data=back, headers=headers))
        httpx.post(f"{url}/{was['id']}", data=form, headers=headers).raise_for_status()

    return plant


def given(function: str, **env: str) -> Callable[[Scene], Env]:
    return lambda scene: scene.given(function, **env)


def sealing_key_of_others(scene: Scene) -> Env:
    return {**scene.stage.env, "BANKING_SEALING_PUBLIC_KEY": new_banking_keys()["BANKING_SEALING_PUBLIC_KEY"]}


def two_secret_keys(scene: Scene) -> Env:
    key = scene.stage.env["SUPABASE_SECRET_KEY"]
    return {**scene.stage.env, "SUPABASE_SECRET_KEY": f"{key},sb_secret_that_was_deleted"}


def secret_for_publishable(scene: Scene) -> Env:
    return {**scene.stage.env, "SUPABASE_PUBLISHABLE_KEY": scene.stage.env["SUPABASE_SECRET_KEY"]}


MAILS, WAIVER = ("send-notifications",), "create-liability-waiver"
AGORA, STRIPE = ("start-agora-recording",), ("create-session-payment",)
KEYS = (
    Fault(
        "the publishable key is wrong",
        "publishable key",
        "is refused",
        env={"SUPABASE_PUBLISHABLE_KEY": "sb_publishable_x"},
    ),
    Fault(
        "the publishable key is the secret one",
        "publishable key",
        "is a secret key",
        plant=secret_for_publishable,
    ),
    Fault(
        "the publishable key is a legacy one",
        "publishable key",
        "is a legacy key",
        env={"SUPABASE_PUBLISHABLE_KEY": token_of("anon")},
    ),
    Fault(
        "the secret key is wrong",
        "database",
        "SUPABASE_SECRET_KEY is refused",
        env={"SUPABASE_SECRET_KEY": "sb_secret_x"},
    ),
    Fault(
        "a secret key has ended",
        "database",
        "the second SUPABASE_SECRET_KEY is refused",
        plant=two_secret_keys,
    ),
    Fault(
        "the project is not there", "sign-in", "does not answer", env={"SUPABASE_URL": "http://127.0.0.1:9"}
    ),
    Fault(
        "old keys are pinned",
        "sign-in",
        "SUPABASE_JWKS has other keys",
        env={"SUPABASE_JWKS": '{"keys": []}'},
    ),
    Fault(
        "no key is published",
        "sign-in",
        "the key set is empty",
        plant=lambda scene: scene.behind_door("/auth/v1/.well-known/jwks.json", keep(200, {"keys": []})),
    ),
    Fault(
        "auth signs with another key",
        "sign-in",
        "signs with a key that it does not publish",
        plant=other_keys_published,
    ),
    Fault("anonymous sign-ins are on", "sign-in", "anonymous sign-ins are on", plant=allow_anonymous),
    Fault(
        "the legacy secret still signs",
        "sign-in",
        "still takes tokens of SUPABASE_JWT_SECRET",
        plant=takes_legacy,
    ),
    Fault(
        "the API shows what is private",
        "database",
        "the API shows the schema private",
        plant=lambda scene: scene.behind_door("/rest/v1/rate_limits", keep(200, [])),
    ),
    Fault("the clock is wrong", "publishable key", "the clock of", plant=later),
    Fault(
        "storage takes nothing",
        "storage",
        "nothing can be put into",
        plant=lambda scene: scene.behind_door("/storage/v1/object/session-recordings", keep(507, {}), "POST"),
    ),
    Fault(
        "storage deletes nothing",
        "storage",
        "cannot be deleted again",
        plant=lambda scene: scene.behind_door(
            "/storage/v1/object/session-recordings", keep(403, {}), "DELETE"
        ),
    ),
    Fault(
        "Agora's secret is wrong",
        "Agora",
        "refuses AGORA_CUSTOMER_ID",
        AGORA,
        env={"AGORA_CUSTOMER_SECRET": "x"},
    ),
    Fault(
        "the bucket's key id is wrong",
        "Agora's bucket",
        "answered 403",
        AGORA,
        env={"RECORDING_S3_ACCESS_KEY": "x"},
    ),
    Fault(
        "the bucket's secret is wrong",
        "Agora's bucket",
        "answered 403",
        AGORA,
        env={"RECORDING_S3_SECRET_KEY": "x"},
    ),
    Fault(
        "the bucket has another name",
        "Agora's bucket",
        "no-such-bucket",
        AGORA,
        env={"RECORDING_S3_BUCKET": "no-such-bucket"},
    ),
    Fault(
        "Stripe's key is wrong",
        "Stripe",
        "STRIPE_SECRET_KEY is refused",
        STRIPE,
        env={"STRIPE_SECRET_KEY": "sk_test_x"},
    ),
    Fault(
        "Stripe's webhook leads elsewhere",
        "Stripe",
        "has no webhook endpoint",
        STRIPE,
        plant=endpoint(url="https://old.test/hook"),
    ),
    Fault("Stripe's webhook is disabled", "Stripe", "is disabled", STRIPE, plant=endpoint(disabled="true")),
    Fault(
        "Stripe sends too few events",
        "Stripe",
        "does not send charge.dispute.closed",
        STRIPE,
        plant=endpoint(**{"enabled_events[0]": "checkout.session.completed"}),
    ),
    Fault(
        "Postmark's token is wrong",
        "mail",
        "POSTMARK_SERVER_TOKEN is refused",
        MAILS,
        env={"POSTMARK_SERVER_TOKEN": "x"},
    ),
    Fault(
        "the mail server is not there",
        "mail",
        "SMTP_URL: 127.0.0.1:9 does not answer",
        MAILS,
        env={"POSTMARK_SERVER_TOKEN": "", "SMTP_URL": "smtp://127.0.0.1:9"},
    ),
    Fault(
        "the mail server refuses us",
        "mail",
        "SMTP_URL",
        MAILS,
        plant=lambda scene: {
            **scene.stage.env,
            "POSTMARK_SERVER_TOKEN": "",
            "SMTP_URL": scene.stage.env["SMTP_URL"].replace("//", "//me:wrong@"),
        },
    ),
    Fault(
        "bank numbers are sealed for nobody",
        "key pair of bank numbers",
        "nobody can open",
        ("get-banking-key", "encrypt-banking-data"),
        plant=sealing_key_of_others,
    ),
    Fault(
        "the monitor's key is wrong",
        "status",
        "refuses STATUS_KEY",
        ("status",),
        env={"STATUS_KEY": "x" * 40},
    ),
)
DELIVERIES = tuple(
    Fault(
        f"the secret of {function} is wrong",
        "webhooks",
        f"{function} refuses what is signed with {setting}",
        (function,),
        env={setting: "another"},
    )
    for function, setting in {
        "stripe-session-webhook": "STRIPE_WEBHOOK_SECRET",
        "agora-recording-webhook": "AGORA_WEBHOOK_SECRET",
        "agora-channel-webhook": "AGORA_CHANNEL_WEBHOOK_SECRET",
    }.items()
)
GIVEN = "what they were given"
DEPLOYED = (
    Fault(
        "a setting is missing",
        "settings",
        "AGORA_APP_ID is not set",
        ("create-agora-token",),
        env={"AGORA_APP_ID": ""},
    ),
    Fault(
        "a setting is malformed",
        "settings",
        "BANKING_KEYS must be a JSON object",
        ("encrypt-banking-data",),
        env={"BANKING_KEYS": "x"},
    ),
    Fault(
        "ffmpeg is missing",
        "ffmpeg",
        "/nowhere is not here",
        ("process-recording",),
        env={"FFMPEG_PATH": "/nowhere"},
    ),
    Fault(
        "a function is not deployed",
        "functions",
        "is it deployed?",
        plant=lambda scene: scene.behind_door("/functions/v1/create-liability-waiver", keep(404, {})),
    ),
    Fault(
        "a function was given another certificate",
        GIVEN,
        "were given another AGORA_APP_CERTIFICATE",
        ("create-agora-token",),
        plant=given("create-agora-token", AGORA_APP_CERTIFICATE="another"),
    ),
    Fault(
        "a function was not given a setting",
        GIVEN,
        "were not given SUPABASE_JWKS",
        plant=lambda scene: {**scene.stage.env, "SUPABASE_JWKS": '{"keys": []}'},
    ),
    Fault(
        "a function has what it should not have",
        GIVEN,
        "STRIPE_SECRET_KEY, which deploy.yaml does not grant",
        plant=given(WAIVER, STRIPE_SECRET_KEY="sk_test_x"),
    ),
    Fault(
        "a function trusts too many proxies",
        GIVEN,
        "set TRUSTED_PROXIES to 0",
        plant=given(WAIVER, TRUSTED_PROXIES="3"),
    ),
    Fault(
        "a function is of another project",
        GIVEN,
        "cannot say what they were given",
        plant=given(WAIVER, SUPABASE_URL="http://127.0.0.1:9"),
    ),
    Fault(
        "the website is not there",
        "pages",
        "SITE_URL: http://127.0.0.1:9 does not answer",
        ("manage-session",),
        env={"SITE_URL": "http://127.0.0.1:9"},
    ),
    Fault(
        "the pages are not there",
        "pages",
        "nobody can open a link of a mail",
        ("manage-session",),
        plant=lambda scene: {**scene.stage.env, "PAGES_URL": f"{scene.stage.env['SUPABASE_URL']}/nowhere"},
    ),
    Fault(
        "the pages are shown as text",
        "pages",
        "is shown as text/plain",
        ("manage-session",),
        plant=lambda scene: scene.behind_door("/verify-signature", as_text),
    ),
)
FAULTS = (*SCHEMA, *STATE, *KEYS, *DELIVERIES, *DEPLOYED)
