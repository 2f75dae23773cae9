"""The live database is not what the migrations come to."""

from collections.abc import Callable

from .planting import Env, Fault, Scene


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
             from pg_constraint where contype = 'x'
           union all
           select indexdef from pg_indexes
            where indexdef like '%USING gist%' and indexname not in (select conname from pg_constraint)
              and schemaname in ('public', 'private')""",
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
