-- What a hosted Supabase database has before its first table, in the measure this platform uses it.
--
-- Run once by the superuser `supabase_admin` on an empty cluster. `postgres` is, as on the hosted platform, not a
-- superuser: what a migration may not do there it may not do here.

create role postgres login createdb createrole replication bypassrls;
create role anon nologin;
create role authenticated nologin;
create role service_role nologin bypassrls;
create role authenticator login noinherit;
-- Owns the auth and storage schemas. One role, since one program (@supabase/lite) plays both services.
create role supabase_lite login createrole;

grant anon, authenticated, service_role to authenticator, supabase_lite;
grant anon, authenticated, service_role, authenticator to postgres with admin option;
grant supabase_lite to postgres;  -- policies on storage.objects and triggers on auth.users belong to migrations

alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role authenticator set statement_timeout = '8s';
alter role authenticator set lock_timeout = '8s';

alter database postgres owner to postgres;
alter database postgres set search_path to "$user", public, extensions;

alter schema public owner to postgres;
create schema extensions authorization postgres;
create schema auth authorization supabase_lite;
create schema storage authorization supabase_lite;
grant usage on schema public, extensions, auth, storage to anon, authenticated, service_role;

-- A hosted `postgres` may create this one, by a rule that PostgreSQL itself does not have.
do $$
begin
  if exists (select from pg_available_extensions where name = 'vector') then
    create extension vector with schema extensions;
  end if;
end
$$;

-- The platform's project is older than the rule of 2026 that tables are no longer exposed by themselves.
alter default privileges for role postgres in schema public grant all on tables to anon, authenticated, service_role;
alter default privileges for role postgres in schema public grant all on sequences to anon, authenticated, service_role;
alter default privileges for role postgres in schema public grant all on functions to anon, authenticated, service_role;
-- Row-level security guards the storage tables, as on the hosted platform.
alter default privileges for role supabase_lite in schema storage
  grant all on tables to anon, authenticated, service_role;

-- These belong to postgres, so that @supabase/lite cannot replace them by its own, which read settings that
-- PostgREST 12 no longer makes.
create function auth.jwt() returns jsonb
  language sql stable
as $$
  select coalesce(nullif(current_setting('request.jwt.claims', true), ''), '{}')::jsonb;
$$;

create function auth.uid() returns uuid
  language sql stable
as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.sub', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'
  )::uuid;
$$;

create function auth.role() returns text
  language sql stable
as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.role', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role'
  );
$$;

create function auth.email() returns text
  language sql stable
as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.email', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'email'
  );
$$;

alter function auth.jwt() owner to postgres;
alter function auth.uid() owner to postgres;
alter function auth.role() owner to postgres;
alter function auth.email() owner to postgres;

-- Second factors. @supabase/lite does not know them; a hosted project's auth service writes them, and so do tests.
create type auth.factor_type as enum ('totp', 'webauthn', 'phone');
create type auth.factor_status as enum ('unverified', 'verified');
create table auth.mfa_factors (
  id            uuid               primary key,
  user_id       uuid               not null,
  friendly_name text,
  factor_type   auth.factor_type   not null,
  status        auth.factor_status not null,
  created_at    timestamptz        not null,
  updated_at    timestamptz        not null,
  secret        text
);
create index mfa_factors_user_id_idx on auth.mfa_factors (user_id);
alter table auth.mfa_factors owner to supabase_lite;
alter table auth.mfa_factors enable row level security;
grant all on auth.mfa_factors to postgres;

-- PostgREST learns of a new table or function by itself, as it does there.
create function extensions.pgrst_watch() returns event_trigger
  language plpgsql
as $$
begin
  notify pgrst, 'reload schema';
end
$$;
create event trigger pgrst_ddl_watch on ddl_command_end execute function extensions.pgrst_watch();
create event trigger pgrst_drop_watch on sql_drop execute function extensions.pgrst_watch();
