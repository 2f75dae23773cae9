"""supabase/seed.sql and the demo after it, in one connection, as the Supabase CLI runs them; a second time as well."""

import tomllib

import psycopg

from sql.throwaway import ROOT, Server

# What the hosted auth service has and its stand-in here has not.
AUTH = """
  alter table auth.users add instance_id uuid, add aud text, add role text, add email_confirmed_at timestamptz,
    add confirmation_token text, add recovery_token text, add email_change text, add email_change_token_new text;
  create table auth.identities (
    id uuid primary key default gen_random_uuid(), provider_id text not null,
    user_id uuid not null references auth.users,
    identity_data jsonb not null, provider text not null, created_at timestamptz, updated_at timestamptz,
    unique (provider_id, provider));
  grant all on auth.identities to postgres;
"""


def test_the_seed_makes_three_people_and_what_lies_between_them(postgres: Server) -> None:
    settings = tomllib.loads((ROOT / "supabase/config.toml").read_text())["db"]["seed"]
    files = [(ROOT / "supabase" / path).resolve() for path in settings["sql_paths"]]
    url = postgres.build("with_the_seed")
    with psycopg.connect(postgres.url("with_the_seed", "supabase_admin"), autocommit=True) as owner:
        owner.execute(AUTH)

    with psycopg.connect(url, autocommit=True) as connection:
        for path in files * 2:
            connection.execute(path.read_bytes())
        people = connection.execute("select email, role from auth.users order by 1").fetchall()
        roles = connection.execute("select role::text from public.user_roles order by 1").fetchall()
        sessions = connection.execute("select count(*) from public.session_schedules").fetchone()

    assert people == [(f"{who}@demo.test", "authenticated") for who in ("admin", "client", "practitioner")]
    assert roles == [("admin",), ("practitioner",), ("user",)]
    assert sessions == (4,)
