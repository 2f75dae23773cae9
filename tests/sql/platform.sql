-- The least of a hosted project that sql/ needs, for tests on a bare PostgreSQL: roles, auth, storage.
-- Run by a superuser who is not `postgres`: on a hosted project `postgres` owns what migrations make, may bypass
-- row-level security and create roles, and is no superuser. What applies here as `postgres` applies there.

do $$
begin
  if not exists (select from pg_roles where rolname = 'anon') then
    create role anon nologin;
    create role authenticated nologin;
    create role service_role nologin bypassrls;
    create role authenticator login noinherit;
    create role supabase_auth_admin login noinherit createrole;
    create role postgres login createdb createrole replication bypassrls;
    grant anon, authenticated, service_role to authenticator;
    grant anon, authenticated, service_role to postgres with admin option;
  end if;
end
$$;

do $$ begin execute format('grant create on database %I to postgres', current_database()); end $$;
alter schema public owner to postgres;
grant usage on schema public to anon, authenticated, service_role;

create schema extensions authorization postgres;
grant usage on schema extensions to anon, authenticated, service_role;

-- Only a superuser may install pgvector; a hosted project does it for `postgres`.
do $$
begin
  if exists (select from pg_available_extensions where name = 'vector') then
    create extension vector with schema extensions;
  end if;
end
$$;


create schema auth authorization supabase_auth_admin;
grant usage on schema auth to postgres, anon, authenticated, service_role;

create table auth.users (
  id                 uuid primary key default gen_random_uuid(),
  email              text unique,
  raw_app_meta_data  jsonb,
  raw_user_meta_data jsonb,
  last_sign_in_at    timestamptz,
  created_at         timestamptz default now(),
  updated_at         timestamptz default now()
);
alter table auth.users owner to supabase_auth_admin;
grant all on auth.users to postgres;

create type auth.factor_type as enum ('totp', 'webauthn', 'phone');
create type auth.factor_status as enum ('unverified', 'verified');
create table auth.mfa_factors (
  id            uuid               primary key default gen_random_uuid(),
  user_id       uuid               not null references auth.users (id) on delete cascade,
  friendly_name text,
  factor_type   auth.factor_type   not null,
  status        auth.factor_status not null,
  created_at    timestamptz        not null default now(),
  updated_at    timestamptz        not null default now(),
  secret        text
);
create index on auth.mfa_factors (user_id);
alter table auth.mfa_factors owner to supabase_auth_admin;
grant all on auth.mfa_factors to postgres;

create function auth.jwt() returns jsonb
  language sql stable
as $$ select nullif(current_setting('request.jwt.claims', true), '')::jsonb; $$;

create function auth.uid() returns uuid
  language sql stable
as $$ select (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid; $$;

create function auth.role() returns text
  language sql stable
as $$ select nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role'; $$;


create schema storage;
grant usage on schema storage to postgres, anon, authenticated, service_role;

create table storage.buckets (
  id                 text primary key,
  name               text not null unique,
  owner              uuid,
  public             boolean default false,
  file_size_limit    bigint,
  allowed_mime_types text[],
  created_at         timestamptz default now(),
  updated_at         timestamptz default now()
);

create table storage.objects (
  id         uuid primary key default gen_random_uuid(),
  bucket_id  text references storage.buckets (id),
  name       text,
  owner      uuid,
  owner_id   text,
  metadata   jsonb,
  created_at timestamptz default now(),
  updated_at timestamptz default now(),
  unique (bucket_id, name)
);
alter table storage.buckets enable row level security;
alter table storage.objects enable row level security;

create function storage.foldername(name text) returns text[]
  language sql immutable
as $$ select (string_to_array(name, '/'))[1:array_length(string_to_array(name, '/'), 1) - 1]; $$;

-- A migration may add policies and rows here, as on a hosted project, so `postgres` has to own the two tables.
alter table storage.buckets owner to postgres;
alter table storage.objects owner to postgres;
grant select, insert, update, delete on storage.buckets, storage.objects to anon, authenticated, service_role;
