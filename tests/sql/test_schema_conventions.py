"""The rules of shape that every migration keeps."""

import pytest

from .conftest import Sandbox

OURS = "('public'::regnamespace, 'private'::regnamespace)"
# The pages embed the second table in the first; a second way between them, and PostgREST would refuse to choose.
EMBEDDED = [
    ("session_schedules", "practitioners"),
    ("session_payments", "session_schedules"),
    ("session_payments", "practitioners"),
    ("action_recommendations", "session_schedules"),
    ("user_session_credits", "session_types"),
    ("user_session_credits", "session_packages"),
]


def names(sandbox: Sandbox, query: str) -> list[str]:
    return [str(next(iter(row.values()))) for row in sandbox.run(query)]


def test_every_function_has_an_empty_search_path(sandbox: Sandbox) -> None:
    """A function finds what it names, whoever calls it with whatever search path."""
    assert not names(
        sandbox,
        f"""select oid::regprocedure from pg_proc
             where pronamespace in {OURS} and not coalesce('search_path=""' = any (proconfig), false)""",
    )


def test_definer_functions_are_in_schema_private(sandbox: Sandbox) -> None:
    """What passes row-level security cannot be called through the API."""
    assert not names(
        sandbox,
        "select oid::regprocedure from pg_proc where pronamespace = 'public'::regnamespace and prosecdef",
    )


def test_functions_are_executed_by_the_roles_named(sandbox: Sandbox) -> None:
    """Nobody executes a function by default. Whoever is not signed in executes what policies ask for them, and what
    takes the token of a link: each of these opens it, for its own page, before anything else.
    """
    assert names(
        sandbox,
        f"""select distinct p.proname from pg_proc p
             where p.pronamespace in {OURS} and has_function_privilege('anon', p.oid, 'execute')
               and 'token' is distinct from p.proargnames[1] order by 1""",
    ) == ["is_admin"]
    assert not names(
        sandbox,
        f"""select p.oid::regprocedure from pg_proc p
             where p.pronamespace in {OURS} and has_function_privilege('anon', p.oid, 'execute')
               and p.proargnames[1] = 'token'
               and p.prosrc !~ case p.pronamespace when 'private'::regnamespace
                     then 'private.open_((page|session|offer|calendars|series|rating)_link\\([a-z_]+.token, '
                       || '''[a-z_]+''(, [a-z_]+.session_id)?|(feed|any_page)_link\\([a-z_]+.token)\\)'
                     else '^\\s+select \\* from private.' || p.proname || '\\(' || p.proname || '.token' end""",
    )


def test_a_policy_is_for_one_command_and_named_roles(sandbox: Sandbox) -> None:
    """Each is for API roles by name and, if it permits, for one command; its name is a sentence."""
    assert not names(
        sandbox,
        """select tablename || ': ' || policyname from pg_policies
            where 'public' = any (roles)
               or (cmd = 'ALL' and permissive = 'PERMISSIVE')
               or policyname <> lower(policyname)""",
    )


def test_a_role_has_one_policy_per_command(sandbox: Sandbox) -> None:
    """Nobody has to join policies in their head."""
    assert not names(
        sandbox,
        """select tablename || ' ' || cmd || ' ' || role from pg_policies, unnest(roles) role
            where schemaname = 'public' and permissive = 'PERMISSIVE'
            group by tablename, cmd, role having count(*) > 1""",
    )


def test_every_table_has_row_level_security(sandbox: Sandbox) -> None:
    """In schema private as well."""
    assert not names(
        sandbox,
        f"""select oid::regclass from pg_class
             where relnamespace in {OURS} and relkind in ('r', 'p') and not relrowsecurity""",
    )


@pytest.mark.parametrize(("table", "embedded"), EMBEDDED)
def test_tables_that_pages_embed_have_one_foreign_key_between_them(
    sandbox: Sandbox, table: str, embedded: str
) -> None:
    """No second foreign key, and none back."""
    ways = names(
        sandbox,
        f"""select conname from pg_constraint where contype = 'f'
               and ((conrelid, confrelid) = ('public.{table}'::regclass, 'public.{embedded}'::regclass)
                 or (confrelid, conrelid) = ('public.{table}'::regclass, 'public.{embedded}'::regclass))""",
    )

    assert len(ways) <= 1


def test_no_table_joins_two_others_by_its_primary_key(sandbox: Sandbox) -> None:
    """PostgREST would take it for a way between the two."""
    assert not names(
        sandbox,
        """select conrelid::regclass from pg_constraint
            where contype = 'p' and connamespace = 'public'::regnamespace and cardinality(conkey) > 1""",
    )


HIDDEN_IN_RESULTS = """
  with recursive results as (
    select p.oid as function, role, returned.type
      from pg_proc p
     cross join unnest(array['anon', 'authenticated', 'service_role']) as role
     cross join lateral (select p.prorettype union all select type from unnest(p.proallargtypes, p.proargmodes)
                           as argument (type, mode) where mode in ('o', 't', 'b')) as returned (type)
     where p.pronamespace = 'public'::regnamespace and has_function_privilege(role, p.oid, 'execute')
    union
    -- What is in a row, and in an array of rows.
    select r.function, r.role, coalesce(a.atttypid, nullif(t.typelem, 0))
      from results r join pg_type t on t.oid = r.type
      left join pg_attribute a on a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
     where coalesce(a.atttypid, nullif(t.typelem, 0)) is not null
  )
  select distinct format('%s gives %s %s.%s', r.function::regproc, r.role, c.oid::regclass, a.attname)
    from results r join pg_type t on t.oid = r.type join pg_class c on c.oid = t.typrelid and c.relkind <> 'c'
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
   where not has_column_privilege(r.role, c.oid, a.attnum, 'select') order by 1"""


def test_a_row_is_returned_whole_only_to_who_may_read_it_whole(sandbox: Sandbox) -> None:
    """Else it gives away what column grants hide, and each new column with it: a function names its columns instead."""
    assert not names(sandbox, HIDDEN_IN_RESULTS)

    # A function that gives rows inside rows would be found.
    sandbox.act_as("owner")
    sandbox.run(
        """create function public.planted() returns table (rows public.session_recordings[])
             language sql set search_path = '' as 'select array(select r from public.session_recordings r)'"""
    )
    sandbox.run("grant execute on function public.planted to authenticated")
    found = names(sandbox, HIDDEN_IN_RESULTS)
    assert "planted gives authenticated session_recordings.storage_path" in found
    assert all(line.startswith("planted gives authenticated session_recordings.") for line in found)


# Passwords are chosen; a hash of one is taken as it is.
CHOSEN_TOKENS = """
  select p.oid::regprocedure || ' takes ' || argument from pg_proc p, unnest(p.proargnames[1:p.pronargs]) as argument
   where p.pronamespace = 'public'::regnamespace and argument ~ 'token|sha256|secret'
   and argument <> 'token'  -- that of a link, shown to be looked up
     and (has_function_privilege('anon', p.oid, 'execute') or has_function_privilege('authenticated', p.oid, 'execute'))
  union all
  select format('%s.%s can be %s', c.oid::regclass, a.attname, lower(wish) || 'ed')
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped,
         unnest(array['INSERT', 'UPDATE']) wish
   where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v') and a.attname ~ 'token|sha256|secret'
     and (has_column_privilege('anon', c.oid, a.attnum, wish)
          or has_column_privilege('authenticated', c.oid, a.attnum, wish))
  order by 1"""


def test_nobody_chooses_a_token(sandbox: Sandbox) -> None:
    """It is made here, at random: one that somebody chose, somebody else can know."""
    assert not names(sandbox, CHOSEN_TOKENS)


def test_every_stored_picture_is_held_to_its_form(sandbox: Sandbox) -> None:
    """A column of bytes that is named like a picture has a constraint that says which pictures; so has its size."""
    assert not names(
        sandbox,
        f"""select format('%s.%s', c.oid::regclass, a.attname)
              from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
             where c.relnamespace in {OURS} and c.relkind in ('r', 'p') and a.atttypid = 'bytea'::regtype
               and a.attname ~ '(image|picture|photo|drawing|avatar|png)' and a.attname !~ 'sha256'
               and not exists (
                 select from pg_constraint k
                  where k.conrelid = c.oid and k.contype = 'c' and a.attnum = any (k.conkey)
                    and pg_get_constraintdef(k.oid) like '%is_drawing(' || a.attname || ')%')""",
    )


def test_whatever_people_may_use_is_described(sandbox: Sandbox) -> None:
    """Types and reference carry it: what a table is, what stands in a column, what a function does."""
    assert not names(
        sandbox,
        """select c.oid::regclass || coalesce('.' || a.attname, '')
             from pg_class c
             left join lateral (select attname, attnum from pg_attribute
                                 where attrelid = c.oid and attnum > 0 and not attisdropped
                                union all select null, 0) a on true
            where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v')
              and case when a.attnum = 0 then obj_description(c.oid, 'pg_class')
                       else col_description(c.oid, a.attnum) end is null
              and exists (select from unnest(array['anon', 'authenticated']) role,
                                      unnest(array['select', 'insert', 'update']) use
                           where case when a.attnum = 0 then has_any_column_privilege(role, c.oid, use)
                                      else has_column_privilege(role, c.oid, a.attnum::smallint, use) end)
            order by 1""",
    )
    assert not names(
        sandbox,
        """select p.oid::regprocedure from pg_proc p
            where p.pronamespace = 'public'::regnamespace and obj_description(p.oid, 'pg_proc') is null
              and exists (select from unnest(array['anon', 'authenticated']) role
                           where has_function_privilege(role, p.oid, 'execute'))""",
    )
