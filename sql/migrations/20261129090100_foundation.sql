-- From sql/schemas: foundation/foundation, foundation/names, foundation/close_what_is_open, foundation/idempotency_keys, foundation/rate_limits, foundation/second_factor, foundation/queues, foundation/adoption.

-- Functions name what later chapters make.
set check_function_bodies = off;

set lock_timeout = '5s';
set statement_timeout = 0;


-- adoption/helpers.sql

-- What the files of the adoption call: to set aside what the platform has under a name of ours, and to bring its rows
-- home. Nothing here knows a table by its name: what hangs on one is read off the catalogue. The last closing file removes what
-- only helped to come here.
--
-- On a database that has no such table every one of these does nothing.

create schema legacy;
comment on schema legacy is 'What the platform had before it took these migrations, until its rows are home.';

-- What public had before us: the closing files take the rights of these, and of no other.
create table legacy.routines as
  select p.oid from pg_catalog.pg_proc p where p.pronamespace = 'public'::regnamespace;

-- Policies of tables that were there, kept under their sentence: made again on the new table, and dropped at the end.
create table legacy.policies (
  table_name text, name text, statement text, until_closing boolean, is_made boolean not null default false);
-- The tables that were set aside, once their rows are home.
create table legacy.homes (name text primary key);
create table legacy.foreign_keys (table_name text, name text, points_to text, statement text);

create function legacy.write_policy(policy oid, name text) returns text
  language sql stable set search_path = ''
as $$
  select format('create policy %I on %s as %s for %s to %s', write_policy.name, (select format('%I.%I', n.nspname, c.relname) from pg_catalog.pg_class c
                   join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.oid = p.polrelid),
                case when p.polpermissive then 'permissive' else 'restrictive' end,
                case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update'
                              when 'd' then 'delete' else 'all' end,
                (select string_agg(case when r = 0 then 'public' else quote_ident(pg_get_userbyid(r)) end, ', ')
                   from unnest(p.polroles) r))
         || coalesce(' using (' || pg_get_expr(p.polqual, p.polrelid) || ')', '')
         || coalesce(' with check (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', '')
    from pg_catalog.pg_policy p where p.oid = policy;
$$;

-- Keeps the policies of other tables that read this table, or one of these columns of it, and drops them.
create procedure legacy.keep_policies_that_read(table_name text, columns text[] default null)
  language plpgsql set search_path = ''
as $$
declare
  v_policy record;
begin
  for v_policy in
    select distinct p.oid, p.polname, p.polrelid::regclass::text as of_table
      from pg_catalog.pg_policy p
      join pg_catalog.pg_depend d on d.classid = 'pg_policy'::regclass and d.objid = p.oid
                                 and d.refclassid = 'pg_class'::regclass
                                 and d.refobjid = to_regclass(keep_policies_that_read.table_name)
      left join pg_catalog.pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
     where case when columns is null then p.polrelid <> d.refobjid else a.attname = any (columns) end
  loop
    insert into legacy.policies (table_name, name, statement, until_closing)
    values (v_policy.of_table, v_policy.polname, legacy.write_policy(v_policy.oid, v_policy.polname), false);
    execute format('drop policy %I on %s', v_policy.polname, v_policy.of_table);
  end loop;
end
$$;

-- A table of that name, with all that hangs on it, out of the way.
create procedure legacy.set_aside(name text)
  language plpgsql set search_path = ''
as $$
declare
  c_table constant regclass := to_regclass('public.' || quote_ident(name));
  v_row   record;
begin
  if c_table is null then
    return;
  end if;
  insert into legacy.policies (table_name, name, statement, until_closing)
  select c_table::text, 'until closing: ' || left(p.polname, 48),
         legacy.write_policy(p.oid, 'until closing: ' || left(p.polname, 48)), true
    from pg_catalog.pg_policy p where p.polrelid = c_table;
  for v_row in select p.polname from pg_catalog.pg_policy p where p.polrelid = c_table loop
    execute format('drop policy %I on %s', v_row.polname, c_table);
  end loop;
  call legacy.keep_policies_that_read(c_table::text);

  for v_row in
    select c.conname, c.conrelid::regclass::text as of_table,
           format('alter table %s add constraint %I %s', c.conrelid::regclass, c.conname, pg_get_constraintdef(c.oid)) as statement
      from pg_catalog.pg_constraint c
     where c.contype = 'f' and c.confrelid = c_table and c.conrelid <> c_table
  loop
    insert into legacy.foreign_keys values (v_row.of_table, v_row.conname, set_aside.name, v_row.statement);
    execute format('alter table %s drop constraint %I', v_row.of_table, v_row.conname);
  end loop;

  execute format('alter table %s set schema legacy', c_table);
  execute format('revoke all on legacy.%I from public, anon, authenticated, service_role', set_aside.name);
end
$$;

-- A row as it is kept: somebody may have written a book into it.
create function legacy.shorten(kept jsonb) returns jsonb
  language sql immutable set search_path = ''
as $$
  select case when char_length(kept::text) <= 1000000 then kept
              else jsonb_build_object('shortened', left(kept::text, 300000)) end;
$$;

-- Rows of a table that was set aside, into the table that has its name now: all at once, or, where one of them does not
-- fit, as many at once as do. What is left is kept in private.legacy_rows under its reason. `home` is what
-- becomes of a row r, column by column, with the help of `tables`; `unfit` says of a row why it is not taken, and `mended`
-- of one that is taken what of it was lost, or null; `account` is whose row it is, `kept` what is kept of it.
create procedure legacy.bring_home(
  name text, columns text, home text, account text, unfit text default 'null', mended text default 'null',
  tables text default '', kept text default 'to_jsonb(r)')
  language plpgsql set search_path = ''
as $$
declare
  c_insert constant text := format(
    'insert into public.%I (%s) select %s from legacy.%I r %s where r.id = any ($1)', name, columns, home, name, tables);
  c_keep constant text := format(
    'insert into private.legacy_rows (table_name, row_id, reason, row_data, account_id)
     select %L, r.id, %%s, legacy.shorten(%s), u.id from legacy.%I r left join auth.users u on u.id = (%s) where %%s',
    name, kept, name, account);
  v_ids    uuid[];
  v_id     uuid;
  v_row    record;
  v_reason text;
begin
  if to_regclass('legacy.' || quote_ident(name)) is null then
    return;
  end if;
  -- Nothing has happened to these rows: no event, no line of the audit log, no new time.
  execute format('alter table public.%I disable trigger user', name);
  execute format(c_keep, unfit, format('(%s) is not null', unfit));
  execute format(c_keep, mended, format('(%s) is not null and (%s) is null', mended, unfit));
  for v_ids in
    execute format('select array_agg(n.id) from (
                      select r.id, row_number() over (order by r.created_at, r.id) / 1000 as chunk
                        from legacy.%I r where (%s) is null) n group by n.chunk order by n.chunk', name, unfit)
  loop
    begin
      execute c_insert using v_ids;
    exception when others then
      foreach v_id in array v_ids loop
        begin
          execute c_insert using array[v_id];
        exception when others then
          get stacked diagnostics v_reason = message_text;
          execute format(c_keep, quote_literal(left(v_reason, 500)), format('r.id = %L', v_id));
        end;
      end loop;
    end;
  end loop;
  execute format('alter table public.%I enable trigger user', name);

  -- Whoever reads it, and writes it, goes on until the closing files.
  execute format('grant all on public.%I to anon, authenticated, service_role', name);
  for v_row in select k.* from legacy.foreign_keys k where k.points_to = bring_home.name loop
    begin
      execute v_row.statement;
    exception
      when undefined_table or undefined_column then null;
      -- What it points to could not be taken: it is kept from pointing to nothing from now on.
      when foreign_key_violation then execute v_row.statement || ' not valid';
    end;
  end loop;
  delete from legacy.foreign_keys k where k.points_to = bring_home.name;

  -- Its own foreign keys are checked at once, so that nothing keeps it from being dropped.
  set constraints all immediate;
  execute format('drop table legacy.%I', name);
  insert into legacy.homes values (bring_home.name);
  call legacy.make_policies_again();
end
$$;

create procedure legacy.make_policies_again()
  language plpgsql set search_path = ''
as $$
declare
  v_row record;
begin
  -- Those of a table whose rows are not home yet come with it.
  for v_row in
    select p.* from legacy.policies p
     where not p.is_made and to_regclass(p.table_name) is not null
       and to_regclass('legacy.' || split_part(p.table_name, '.', -1)) is null
  loop
    execute v_row.statement;
    update legacy.policies p set is_made = true where (p.table_name, p.name) = (v_row.table_name, v_row.name);
  end loop;
end
$$;

-- Columns of a table that goes on: out of the way under another name, with the constraints, indexes and policies on them.
create procedure legacy.set_columns_aside(name text, columns text[])
  language plpgsql set search_path = ''
as $$
declare
  c_table constant regclass := to_regclass('public.' || quote_ident(name));
  v_thing record;
begin
  if not exists (select from pg_catalog.pg_attribute a
                  where a.attrelid = c_table and a.attname = any (columns) and not a.attisdropped) then
    return;
  end if;
  call legacy.keep_policies_that_read(c_table::text, columns);
  update legacy.policies p set until_closing = true where p.table_name = c_table::text and not p.is_made;

  for v_thing in
    select distinct c.conname from pg_catalog.pg_constraint c
      join pg_catalog.pg_attribute a on a.attrelid = c.conrelid and a.attnum = any (c.conkey)
     where c.conrelid = c_table and a.attname = any (columns) and c.contype in ('c', 'f', 'u', 'x')
  loop
    execute format('alter table %s drop constraint %I', c_table, v_thing.conname);
  end loop;
  for v_thing in
    select distinct i.indexrelid::regclass::text as index
      from pg_catalog.pg_index i
      join pg_catalog.pg_depend d on d.classid = 'pg_class'::regclass and d.objid = i.indexrelid and d.refobjid = c_table
      join pg_catalog.pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
     where i.indrelid = c_table and a.attname = any (columns)
  loop
    execute 'drop index ' || v_thing.index;
  end loop;
  for v_thing in
    select a.attname from pg_catalog.pg_attribute a
     where a.attrelid = c_table and a.attname = any (columns) and not a.attisdropped
  loop
    execute format('alter table %s alter column %I drop not null', c_table, v_thing.attname);
    execute format('alter table %s rename column %I to %I', c_table, v_thing.attname, 'legacy_' || v_thing.attname);
  end loop;
end
$$;

-- Once their values are home.
create procedure legacy.drop_columns(name text)
  language plpgsql set search_path = ''
as $$
declare
  c_table constant regclass := to_regclass('public.' || quote_ident(name));
  v_column name;
begin
  for v_column in
    select a.attname from pg_catalog.pg_attribute a
     where a.attrelid = c_table and a.attname like 'legacy\_%' and not a.attisdropped
  loop
    execute format('alter table %s drop column %I', c_table, v_column);
  end loop;
  call legacy.make_policies_again();
end
$$;

create function legacy.came_home(name text) returns boolean
  language sql stable set search_path = ''
as $$
  select exists (select from legacy.homes h where h.name = came_home.name);
$$;

create function legacy.has_columns(name text) returns boolean
  language sql stable set search_path = ''
as $$
  select exists (select from pg_catalog.pg_attribute a
                  where a.attrelid = to_regclass('public.' || quote_ident(name)) and a.attname like 'legacy\_%'
                    and not a.attisdropped);
$$;

-- The rights of every routine that was there before these files; what is still called is granted again, by name.
create procedure legacy.close_routines()
  language plpgsql set search_path = ''
as $$
declare
  v_routine text;
begin
  for v_routine in select p.oid::regprocedure::text from legacy.routines r join pg_catalog.pg_proc p on p.oid = r.oid loop
    execute format('revoke execute on routine %s from public, anon, authenticated, service_role', v_routine);
  end loop;
end
$$;


-- adoption/way_back.sql

-- The way back from a closing file: what it took and made is read off the catalogue before and after it, so that going back
-- takes away exactly what that file made, and makes again what it took, whatever came since. Rows stay as they are.

create table legacy.states (closing text, is_after boolean, kind text, owner text, name text, statement text);
-- Functions whose triggers on accounts went with them: a migration may not drop those by themselves.
create table legacy.parked_functions (statement text);

create function legacy.read_state() returns table (kind text, owner text, name text, statement text)
  language sql stable set search_path = ''
as $$
  select 'trigger', t.tgrelid::regclass::text, t.tgname::text, pg_get_triggerdef(t.oid)
    from pg_catalog.pg_trigger t join pg_catalog.pg_class c on c.oid = t.tgrelid
   where not t.tgisinternal and (c.relnamespace::regnamespace::text in ('public', 'private') or c.oid = 'auth.users'::regclass)
  union all
  select 'policy', p.polrelid::regclass::text, p.polname::text, legacy.write_policy(p.oid, p.polname)
    from pg_catalog.pg_policy p join pg_catalog.pg_class c on c.oid = p.polrelid
   where c.relnamespace = 'public'::regnamespace
  union all
  select 'constraint', c.conrelid::regclass::text, c.conname::text, pg_get_constraintdef(c.oid)
    from pg_catalog.pg_constraint c
   where c.connamespace = 'public'::regnamespace and c.conrelid <> 0 and c.contype in ('c', 'f', 'u', 'x')
  union all
  select 'index', i.indrelid::regclass::text, i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
    from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indrelid
   where c.relnamespace = 'public'::regnamespace and i.indisunique
     and not exists (select from pg_catalog.pg_constraint o where o.conindid = i.indexrelid)
  union all
  select 'not null', a.attrelid::regclass::text, a.attname::text, ''
    from pg_catalog.pg_attribute a join pg_catalog.pg_class c on c.oid = a.attrelid
   where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and a.attnotnull and not a.attisdropped
  union all
  select 'grant', c.oid::regclass::text, g.privilege_type || ' to ' || pg_get_userbyid(g.grantee), ''
    from pg_catalog.pg_class c cross join lateral aclexplode(c.relacl) g
   where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and g.grantee <> c.relowner and g.grantee <> 0
  union all
  select 'execute', p.oid::regprocedure::text, case g.grantee when 0 then 'public' else pg_get_userbyid(g.grantee) end, ''
    from pg_catalog.pg_proc p cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) g
   where p.pronamespace::regnamespace::text in ('public', 'private') and g.grantee <> p.proowner
  union all
  select 'routine', '', p.oid::regprocedure::text, pg_get_functiondef(p.oid)
    from pg_catalog.pg_proc p where p.pronamespace = 'public'::regnamespace and p.prokind = 'f';
$$;

create procedure legacy.keep_state(closing text, is_after boolean)
  language sql set search_path = ''
as $$
  delete from legacy.states s where (s.closing, s.is_after) = (keep_state.closing, keep_state.is_after);
  insert into legacy.states select keep_state.closing, keep_state.is_after, r.* from legacy.read_state() r;
$$;

create procedure legacy.go_back(closing text)
  language plpgsql set search_path = ''
as $$
declare
  v_thing record;
begin
  -- What the file made.
  for v_thing in
    select s.kind, s.owner, s.name, s.statement from legacy.states s where s.closing = go_back.closing and s.is_after
    except all
    select s.kind, s.owner, s.name, s.statement from legacy.states s where s.closing = go_back.closing and not s.is_after
    order by 1 desc
  loop
    case v_thing.kind
      when 'trigger' then
        if v_thing.owner = 'auth.users' then
          continue when not exists (  -- it went with another trigger of the same function
            select from pg_catalog.pg_trigger t where t.tgrelid = 'auth.users'::regclass and t.tgname = v_thing.name);
          insert into legacy.parked_functions
          select pg_get_functiondef(t.tgfoid) from pg_catalog.pg_trigger t
           where t.tgrelid = 'auth.users'::regclass and t.tgname = v_thing.name;
          execute (select format('drop function %s cascade', t.tgfoid::regprocedure) from pg_catalog.pg_trigger t
                    where t.tgrelid = 'auth.users'::regclass and t.tgname = v_thing.name);
        else
          execute format('drop trigger if exists %I on %s', v_thing.name, v_thing.owner);
        end if;
      when 'policy' then execute format('drop policy if exists %I on %s', v_thing.name, v_thing.owner);
      when 'constraint' then execute format('alter table %s drop constraint if exists %I', v_thing.owner, v_thing.name);
      when 'index' then execute format('drop index if exists %s', v_thing.name);
      when 'not null' then execute format('alter table %s alter column %I drop not null', v_thing.owner, v_thing.name);
      when 'routine' then
        if to_regprocedure(v_thing.name) is not null and not exists (
             select from legacy.states s where s.closing = go_back.closing and not s.is_after and s.kind = 'routine' and s.name = v_thing.name) then
          execute format('drop function %s', v_thing.name);
        end if;
      else null;  -- rights that it gave
    end case;
  end loop;

  -- What it took. Functions first: triggers call them.
  for v_thing in
    select s.kind, s.owner, s.name, s.statement from legacy.states s where s.closing = go_back.closing and not s.is_after
    except all
    select s.kind, s.owner, s.name, s.statement from legacy.states s where s.closing = go_back.closing and s.is_after
    order by 1 desc, 3
  loop
    case v_thing.kind
      when 'routine' then
        begin
          execute v_thing.statement;
        exception when invalid_function_definition then
          execute format('drop function %s', v_thing.name);
          execute v_thing.statement;
        end;
      when 'constraint' then
        execute format('alter table %s add constraint %I %s', v_thing.owner, v_thing.name,
          replace(v_thing.statement, ' NOT VALID', '') || case when v_thing.statement ~ '^(CHECK|FOREIGN)' then ' not valid' else '' end);
      when 'grant' then execute format('grant %s', replace(v_thing.name, ' to ', format(' on %s to ', v_thing.owner)));
      when 'execute' then null;
      when 'not null' then execute format('alter table %s alter column %I set not null', v_thing.owner, v_thing.name);
      else execute v_thing.statement;
    end case;
  end loop;
  for v_thing in
    select s.owner, s.name from legacy.states s where s.closing = go_back.closing and not s.is_after and s.kind = 'execute'
       and to_regprocedure(s.owner) is not null
  loop
    execute format('grant execute on function %s to %s', v_thing.owner, v_thing.name);
  end loop;
end
$$;

-- Closing once more finds what went with its trigger.
create procedure legacy.take_up_parked_functions()
  language plpgsql set search_path = ''
as $$
declare
  v_statement text;
begin
  for v_statement in select f.statement from legacy.parked_functions f loop
    execute v_statement;
  end loop;
  delete from legacy.parked_functions;
end
$$;

-- Nobody but the owner goes back.
revoke all on all routines in schema legacy from public, anon, authenticated, service_role;


-- foundation/foundation.sql

-- Foundation: a schema the API cannot reach, nothing granted by itself, one way to refuse, and who is asking.
--
-- The role that applies these files owns what they make and, on a hosted project, bypasses row-level security
-- without being a superuser. So a definer function may read every row, and nothing here needs more than that role has.
--
-- Policies compare a column with the sets of ids that the my_… functions give. Each is computed once per query, where a
-- helper that takes the row's column would run for every row. Few ids are compared as `= any (array(…))`, which leads
-- into an index; many as `in (…)`, which hashes them. `rows` says how many to expect where one is joined: by itself the
-- planner takes a function for a thousand rows, and reads a table from end to end for them.

create schema private;

comment on schema private is 'What policies, triggers and public functions call. Not exposed by the API.';

-- Whoever is not signed in, too: the functions of our own pages are called so. What is not granted stays closed.
grant usage on schema private to anon, authenticated, service_role;

-- PostgreSQL lets everybody execute a new function, and older projects grant every new table to the API roles.
-- From here on a grant stands beside the thing it opens, or it does not exist.
alter default privileges revoke execute on routines from public;

alter default privileges in schema public revoke all on tables    from anon, authenticated, service_role;

alter default privileges in schema public revoke all on sequences from anon, authenticated, service_role;

alter default privileges in schema public revoke all on routines  from anon, authenticated, service_role;

create function private.refuse(
  status integer, code text, message text, hint text default null, retry_after integer default null) returns void
  language plpgsql set search_path = ''
as $$
begin
  -- PostgREST turns PTnnn into HTTP nnn and shows the message to people: one line, ASCII. Only in its form for custom
  -- errors does it send a header; what it then answers has the same keys and code.
  if retry_after is not null then
    raise exception using errcode = 'PGRST',
      message = json_build_object('code', 'PT' || status, 'message', refuse.message, 'details', code, 'hint', refuse.hint),
      detail = json_build_object('status', status, 'headers', json_build_object('Retry-After', retry_after::text));
  elsif refuse.hint is null then
    raise exception using errcode = 'PT' || status, message = refuse.message, detail = code;
  end if;
  raise exception using errcode = 'PT' || status, message = refuse.message, detail = code, hint = refuse.hint;
end
$$;

-- A header of PostgREST's answer, beside those that are said already. Setting the GUC as a whole would lose them.
create function private.add_response_header(name text, value text) returns void
  language plpgsql stable set search_path = ''
as $$
begin
  perform set_config('response.headers', (
    select jsonb_agg(h.header) from (
      select said.header
        from jsonb_array_elements(nullif(current_setting('response.headers', true), '')::jsonb) said (header)
       where not said.header ? add_response_header.name
      union all
      select jsonb_build_object(add_response_header.name, add_response_header.value)) h)::text, true);
end
$$;

-- Refuses, and keeps what was written: PostgREST answers with this status and commits. The function then returns a row
-- without values; what would be its body stands in the header `refusal`.
create function private.answer_refusal(
  status integer, code text, message text, hint text default null, retry_after integer default null) returns void
  language plpgsql set search_path = ''
as $$
declare
  v_refusal constant json := json_build_object('code', 'PT' || status, 'message', answer_refusal.message, 'details', code,
                                               'hint', answer_refusal.hint);
begin
  perform set_config('response.status', status::text, true), private.add_response_header('refusal', v_refusal::text);
  if retry_after is not null then
    perform private.add_response_header('retry-after', retry_after::text);
  end if;
end
$$;

-- For functions that pages call directly: what is too long is refused by its name, before anything is looked up. The
-- CHECKs of the tables hold against everybody, and speak of themselves.
create function private.refuse_long_text(name text, value text, at_most integer) returns void
  language plpgsql immutable set search_path = ''
as $$
begin
  if char_length(value) > at_most then
    perform private.refuse(422, 'text_too_long', format('%s: should have at most %s characters.', name, at_most));
  end if;
end
$$;

create function private.sha256_hex(text_value text) returns text
  language sql immutable set search_path = ''
as $$
  -- Immutable although convert_to is only stable: the target encoding is a constant.
  select encode(sha256(convert_to(text_value, 'UTF8')), 'hex');
$$;

create function private.make_token() returns text
  language sql volatile set search_path = ''
as $$
  -- Two random uuids: 244 bits from the server's strong source. Kept as a hash, and never chosen by a caller.
  select replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');
$$;

create function private.is_api_caller() returns boolean
  language plpgsql stable set search_path = ''
as $$
begin
  -- False for the service, for an operator, and inside a definer function: those are trusted with what they write.
  return current_user in ('anon', 'authenticated');
end
$$;

-- Definer: the policies on user_roles ask this very question.
create function private.is_admin() returns boolean
  language sql stable security definer set search_path = ''
as $$
  select exists (select from public.user_roles r where r.user_id = (select auth.uid()) and r.role = 'admin');
$$;

-- A token is good for an hour, also when its account is deleted in that hour: the row then leads nobody to clients.
-- Definer: a paused practitioner is still the practitioner, whoever else may see them.
create function private.my_practitioner_ids() returns setof uuid
  language sql stable security definer rows 1 set search_path = ''
as $$
  select p.id from public.practitioners p
   where p.user_id = (select auth.uid()) and exists (select from auth.users u where u.id = p.user_id);
$$;

-- Practitioners of my sessions, assignments and recommendations, paused or not: my pages show their names. An open
-- class needs no exception: it is shown while its practitioner is available, and afterwards to whoever has a seat.
-- Definer: the policies on practitioners ask this question.
create function private.related_practitioner_ids() returns setof uuid
  language sql stable security definer set search_path = ''
as $$
  select s.practitioner_id from public.session_schedules s where s.client_id = (select auth.uid())
  union
  select a.practitioner_id from public.practitioner_assignments a where a.client_id = (select auth.uid())
  union
  select r.practitioner_id from public.action_recommendations r where r.client_id = (select auth.uid());
$$;

-- Whoever is in my lists of sessions, assignments or recommendations: their names are shown there, also of those who
-- are gone. The client named in a class's own row is myself; its seats name the participants.
-- Definer: policies on other tables ask this question for every row they guard.
create function private.my_listed_client_ids() returns setof uuid
  language sql stable security definer set search_path = ''
as $$
  select a.client_id from private.my_practitioner_ids() me (id)
    join public.practitioner_assignments a on a.practitioner_id = me.id
  union
  select s.client_id from private.my_practitioner_ids() me (id)
    join public.session_schedules s on s.practitioner_id = me.id
   where (s.max_participants = 1 or s.group_class_id is not null)
  union
  select r.client_id from private.my_practitioner_ids() me (id)
    join public.action_recommendations r on r.practitioner_id = me.id;
$$;

-- Who is a client now: assigned, or with a session to come or not long over, and not erased. Who was one once is none.
-- Definer: policies on other tables ask this question for every row they guard.
create function private.my_client_ids() returns setof uuid
  language sql stable security definer set search_path = ''
as $$
  select a.client_id from private.my_practitioner_ids() me (id)
    join public.practitioner_assignments a on a.practitioner_id = me.id
  union
  select s.client_id from private.my_practitioner_ids() me (id)
    join public.session_schedules s on s.practitioner_id = me.id
   where (s.max_participants = 1 or s.group_class_id is not null) and s.status <> 'cancelled'
     and s.scheduled_at > now() - (select make_interval(days => r.client_days) from public.session_rules r)
     -- As a value, which is looked up; an exists is joined, and may read every account there is.
     and (select true from auth.users u where u.id = s.client_id);
$$;

-- Definer: policies on other tables ask this question for every row they guard.
create function private.my_led_session_ids() returns setof uuid
  language sql stable security definer set search_path = ''
as $$
  select s.id from private.my_practitioner_ids() me (id) join public.session_schedules s on s.practitioner_id = me.id;
$$;

-- Whoever has a seat in a class takes part in the class's own session, to which its notes and recordings belong.
-- Definer: policies on other tables ask this question for every row they guard.
create function private.my_session_ids() returns setof uuid
  language sql stable security definer set search_path = ''
as $$
  select s.id from public.session_schedules s where s.client_id = (select auth.uid())
  union
  select s.group_class_id from public.session_schedules s
   where s.client_id = (select auth.uid()) and s.group_class_id is not null and s.status <> 'cancelled'
  union
  select private.my_led_session_ids();
$$;

revoke execute on all routines in schema private from public, anon, authenticated, service_role;

-- Whoever is not signed in reads what is for sale, under policies that ask this.
grant execute on function private.is_admin to anon;

grant execute on function
  private.refuse, private.add_response_header, private.answer_refusal, private.refuse_long_text, private.sha256_hex, private.is_api_caller,
  private.is_admin, private.my_practitioner_ids, private.related_practitioner_ids, private.my_listed_client_ids,
  private.my_client_ids, private.my_session_ids, private.my_led_session_ids
  to authenticated, service_role;

grant execute on function private.make_token to service_role;


-- foundation/names.sql

-- Names: whether there is anything to see in one, and how it stands in a sentence.
--
-- A signature of spaces is none, and neither is one of no-break spaces, joiners, Hangul fillers, the Braille blank or
-- accents on nothing. PostgreSQL's own classes of letters follow the database's locale, so the signs are listed.

-- Blank are: White_Space, Default_Ignorable_Code_Point, marks (M), controls, formats and private use (Cc, Cf, Co), and
-- U+2800. Not the formats that enclose numbers and can be seen. Made from Unicode 16; what it leaves unassigned between
-- two of them counts with them. tests/sql/test_blanks.py tries every sign there is.
create function private.is_blank(value text) returns boolean
  language sql immutable parallel safe set search_path = ''
as $$
  select value !~ ('[^'
    || '\u0001-\u0020\u007F-\u00A0\u00AD\u0300-\u036F\u0483-\u0489\u0591-\u05BD\u05BF\u05C1-\u05C2\u05C4-\u05C5'
    || '\u05C7-\u05C9\u0610-\u061A\u061C\u064B-\u065F\u0670\u06D6-\u06DC\u06DF-\u06E4\u06E7-\u06E8\u06EA-\u06ED'
    || '\u0711\u0730-\u074A\u07A6-\u07B0\u07EB-\u07F3\u07FD\u0816-\u0819\u081B-\u0823\u0825-\u0827\u0829-\u082D'
    || '\u0859-\u085B\u0897-\u089F\u08CA-\u08E1\u08E3-\u0903\u093A-\u093C\u093E-\u094F\u0951-\u0957\u0962-\u0963'
    || '\u0981-\u0983\u09BC\u09BE-\u09CD\u09D7\u09E2-\u09E3\u09FE-\u0A03\u0A3C-\u0A51\u0A70-\u0A71\u0A75'
    || '\u0A81-\u0A83\u0ABC\u0ABE-\u0ACD\u0AE2-\u0AE3\u0AFA-\u0B03\u0B3C\u0B3E-\u0B57\u0B62-\u0B63\u0B82'
    || '\u0BBE-\u0BCD\u0BD7\u0C00-\u0C04\u0C3C\u0C3E-\u0C56\u0C62-\u0C63\u0C81-\u0C83\u0CBC\u0CBE-\u0CD6'
    || '\u0CE2-\u0CE3\u0CF3-\u0D03\u0D3B-\u0D3C\u0D3E-\u0D4D\u0D57\u0D62-\u0D63\u0D81-\u0D83\u0DCA-\u0DDF'
    || '\u0DF2-\u0DF3\u0E31\u0E34-\u0E3A\u0E47-\u0E4E\u0EB1\u0EB4-\u0EBC\u0EC8-\u0ECE\u0F18-\u0F19\u0F35\u0F37'
    || '\u0F39\u0F3E-\u0F3F\u0F71-\u0F84\u0F86-\u0F87\u0F8D-\u0FBC\u0FC6\u102B-\u103E\u1056-\u1059\u105E-\u1060'
    || '\u1062-\u1064\u1067-\u106D\u1071-\u1074\u1082-\u108D\u108F\u109A-\u109D\u115F-\u1160\u135D-\u135F\u1680'
    || '\u1712-\u1715\u1732-\u1734\u1752-\u1753\u1772-\u1773\u17B4-\u17D3\u17DD\u180B-\u180F\u1885-\u1886\u18A9'
    || '\u1920-\u193B\u1A17-\u1A1B\u1A55-\u1A7F\u1AB0-\u1B04\u1B34-\u1B44\u1B6B-\u1B73\u1B80-\u1B82\u1BA1-\u1BAD'
    || '\u1BE6-\u1BF3\u1C24-\u1C37\u1CD0-\u1CD2\u1CD4-\u1CE8\u1CED\u1CF4\u1CF7-\u1CF9\u1DC0-\u1DFF\u2000-\u200F'
    || '\u2028-\u202F\u205F-\u206F\u20D0-\u20F0\u2800\u2CEF-\u2CF1\u2D7F\u2DE0-\u2DFF\u3000\u302A-\u302F'
    || '\u3099-\u309A\u3164\uA66F-\uA672\uA674-\uA67D\uA69E-\uA69F\uA6F0-\uA6F1\uA802\uA806\uA80B\uA823-\uA827'
    || '\uA82C\uA880-\uA881\uA8B4-\uA8C5\uA8E0-\uA8F1\uA8FF\uA926-\uA92D\uA947-\uA953\uA980-\uA983\uA9B3-\uA9C0'
    || '\uA9E5\uAA29-\uAA36\uAA43\uAA4C-\uAA4D\uAA7B-\uAA7D\uAAB0\uAAB2-\uAAB4\uAAB7-\uAAB8\uAABE-\uAABF\uAAC1'
    || '\uAAEB-\uAAEF\uAAF5-\uAAF6\uABE3-\uABEA\uABEC-\uABED\uE000-\uF8FF\uFB1E\uFE00-\uFE0F\uFE20-\uFE2F\uFEFF'
    || '\uFFA0\uFFF0-\uFFFB\U000101FD\U000102E0\U00010376-\U0001037A\U00010A01-\U00010A0F\U00010A38-\U00010A3F'
    || '\U00010AE5-\U00010AE6\U00010D24-\U00010D27\U00010D69-\U00010D6D\U00010EAB-\U00010EAC'
    || '\U00010ECB-\U00010ECF\U00010EF0-\U00010EFF\U00010F46-\U00010F50\U00010F82-\U00010F85'
    || '\U00011000-\U00011002\U00011038-\U00011046\U00011070\U00011073-\U00011074\U0001107F-\U00011082'
    || '\U000110B0-\U000110BA\U000110C2\U00011100-\U00011102\U00011127-\U00011134\U00011145-\U00011146\U00011173'
    || '\U00011180-\U00011182\U000111B3-\U000111C0\U000111C9-\U000111CC\U000111CE-\U000111CF'
    || '\U0001122C-\U00011237\U0001123E\U00011241\U000112DF-\U000112EA\U00011300-\U00011303\U0001133B-\U0001133C'
    || '\U0001133E-\U0001134D\U00011357\U00011362-\U00011374\U000113B8-\U000113D0\U000113D2\U000113E1-\U000113E2'
    || '\U00011435-\U00011446\U0001145E\U000114B0-\U000114C3\U000115AF-\U000115C0\U000115DC-\U000115DD'
    || '\U00011630-\U00011640\U000116AB-\U000116B7\U0001171D-\U0001172B\U0001182C-\U0001183A'
    || '\U00011930-\U0001193E\U00011940\U00011942-\U00011943\U000119D1-\U000119E0\U000119E4\U00011A01-\U00011A0A'
    || '\U00011A33-\U00011A39\U00011A3B-\U00011A3E\U00011A47\U00011A51-\U00011A5B\U00011A8A-\U00011A99'
    || '\U00011B60-\U00011B67\U00011C2F-\U00011C3F\U00011C92-\U00011CB6\U00011D31-\U00011D45\U00011D47'
    || '\U00011D8A-\U00011D97\U00011DF0\U00011EF3-\U00011EF6\U00011F00-\U00011F01\U00011F03\U00011F34-\U00011F42'
    || '\U00011F5A\U00013430-\U00013440\U00013447-\U00013455\U0001611E-\U0001612F\U00016AF0-\U00016AF4'
    || '\U00016B30-\U00016B36\U00016F4F\U00016F51-\U00016F92\U00016FE4-\U00016FF1\U0001BC9D-\U0001BC9E'
    || '\U0001BCA0-\U0001BCA3\U0001CF00-\U0001CF46\U0001D127-\U0001D128\U0001D165-\U0001D169'
    || '\U0001D16D-\U0001D182\U0001D185-\U0001D18B\U0001D1AA-\U0001D1AD\U0001D242-\U0001D244'
    || '\U0001D250-\U0001D252\U0001D25B-\U0001D25C\U0001D25F\U0001D280-\U0001D281\U0001DA00-\U0001DA36'
    || '\U0001DA3B-\U0001DA6C\U0001DA75\U0001DA84\U0001DA9B-\U0001DAAF\U0001E000-\U0001E02A\U0001E08F'
    || '\U0001E130-\U0001E136\U0001E2AE\U0001E2EC-\U0001E2EF\U0001E4EC-\U0001E4EF\U0001E5EE-\U0001E5EF\U0001E6E3'
    || '\U0001E6E6\U0001E6EE-\U0001E6EF\U0001E6F5\U0001E8D0-\U0001E8D6\U0001E944-\U0001E94A\U000E0000-\U000E0FFF'
    || '\U000F0000-\U0010FFFD'
    || ']');
$$;

-- For what is required: null is refused by the column, if it is.
create function private.refuse_blank(name text, value text) returns void
  language plpgsql immutable set search_path = ''
as $$
begin
  if private.is_blank(value) then
    perform private.refuse(422, 'text_is_blank', format('%s: should have something to read.', name));
  end if;
end
$$;

-- On one line, and without signs that turn the direction of what follows them.
create function private.plain_name(value text) returns text
  language sql immutable set search_path = ''
as $$
  select regexp_replace(regexp_replace(value, '[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]', '', 'g'), '\s+', ' ', 'g');
$$;

-- A name in a sentence: set apart if any of it is written from right to left, as `shared/names.py` does it in mails.
create function private.isolate_name(value text) returns text
  language sql immutable set search_path = ''
as $$
  select case when name ~ '[\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFC\U00010800-\U00010FFF\U0001E800-\U0001EFFF]'
              then U&'\2068' || name || U&'\2069' else name end
    from (values (private.plain_name(value))) as plain (name);
$$;

revoke execute on function private.is_blank, private.refuse_blank, private.plain_name, private.isolate_name
  from public, anon, authenticated, service_role;

grant execute on function private.is_blank, private.refuse_blank to authenticated, service_role;


-- foundation/close_what_is_open.sql

-- Definer: nobody but the auth service reads auth.users. So it checks who is calling.
create function private.user_id_by_email(email text) returns uuid
  language plpgsql stable security definer set search_path = ''
as $$
begin
  if not (private.is_admin() or coalesce(auth.role(), '') = 'service_role') then
    perform private.refuse(403, 'admins_only', 'Only admins look people up by e-mail.');
  end if;
  return (select u.id from auth.users u where lower(u.email) = lower(user_id_by_email.email) limit 1);
end
$$;

revoke execute on function private.user_id_by_email from public, anon, authenticated, service_role;

grant execute on function private.user_id_by_email to authenticated, service_role;


-- foundation/idempotency_keys.sql

-- Idempotency keys: the same Idempotency-Key gets the same answer, saved in the transaction that does the work.
--
--   new key                          -> call the function, save its answer
--   known key, same arguments        -> the saved answer
--   known key, other arguments       -> 409 idempotency_key_reused
--   key whose first call still runs  -> 409 request_in_progress
--
-- A refusal rolls everything back, the saved answer included: a repeat calls the function again.

create table private.idempotency_keys (
  caller          text        not null,
  rpc             text        not null,
  idempotency_key text        not null,
  arguments       jsonb       not null,
  answer          jsonb       not null,
  answered_at     timestamptz not null default now(),

  constraint idempotency_keys_pkey primary key (caller, rpc, idempotency_key),
  constraint idempotency_keys_key_is_short check (char_length(idempotency_key) <= 255),
  constraint idempotency_keys_texts_are_short check (char_length(caller) <= 255 and char_length(rpc) <= 63),
  constraint idempotency_keys_calls_are_short check (
    char_length(arguments::text) <= 1000000 and char_length(answer::text) <= 1000000)
);

comment on table private.idempotency_keys is
  'What each caller was answered under each Idempotency-Key, for 24 hours.';

-- Deleting old ones asks by age.
create index idempotency_keys_answered_at_idx on private.idempotency_keys (answered_at);

alter table private.idempotency_keys enable row level security;

-- No grant and no policy: only find_idempotent_answer and save_idempotent_answer touch it.

create function private.get_idempotency_caller(arguments jsonb) returns text
  language sql stable set search_path = ''
as $$
  -- The service speaks for a user when it passes one, so two users never share a key.
  select coalesce((select auth.uid())::text, arguments ->> 'user_id', 'service');
$$;

-- Definer: callers must not read or write each other's answers directly.
create function private.find_idempotent_answer(rpc text, idempotency_key text, arguments jsonb) returns jsonb
  language plpgsql security definer set search_path = ''
as $$
declare
  v_caller text := private.get_idempotency_caller(arguments);
  v_known  private.idempotency_keys;
begin
  -- The lock lives as long as the transaction, that is, exactly as long as the first call runs.
  if not pg_try_advisory_xact_lock(hashtextextended(
           v_caller || ' ' || find_idempotent_answer.rpc || ' ' || find_idempotent_answer.idempotency_key, 0)) then
    perform private.refuse(409, 'request_in_progress', 'The same request is still running.', 'Ask again in a moment.');
  end if;

  select * into v_known from private.idempotency_keys k
   where k.caller = v_caller and k.rpc = find_idempotent_answer.rpc
     and k.idempotency_key = find_idempotent_answer.idempotency_key and k.answered_at > now() - interval '24 hours';
  if found and v_known.arguments <> find_idempotent_answer.arguments then
    perform private.refuse(409, 'idempotency_key_reused', 'This Idempotency-Key was used for another request.',
                           'Use a new key for a new request.');
  end if;
  return v_known.answer;
end;
$$;

-- Also deletes a few answers that are older than 24 hours, so that no job is needed.
-- Definer: callers must not read or write each other's answers directly.
create function private.save_idempotent_answer(rpc text, idempotency_key text, arguments jsonb, answer jsonb) returns void
  language plpgsql security definer set search_path = ''
as $$
begin
  insert into private.idempotency_keys (caller, rpc, idempotency_key, arguments, answer)
  values (private.get_idempotency_caller(arguments), save_idempotent_answer.rpc, save_idempotent_answer.idempotency_key,
          save_idempotent_answer.arguments, save_idempotent_answer.answer)
  on conflict on constraint idempotency_keys_pkey
  do update set arguments = excluded.arguments, answer = excluded.answer, answered_at = now();

  delete from private.idempotency_keys k
   where k.ctid = any (array(select old.ctid from private.idempotency_keys old
                     where old.answered_at < now() - interval '24 hours' limit 20 for update skip locked));
end;
$$;

-- An argument named `sealed` (encrypted bank numbers) is neither saved nor compared. Encrypting the same number twice
-- gives two different values, so a repeat under the same Idempotency-Key would look like another request; and a copy of
-- ciphertext here would escape the rotation of keys. Callers pass a fingerprint beside it, which is the same whenever
-- the numbers are.
create function public.call_once(rpc text, idempotency_key text, arguments jsonb) returns jsonb
  language plpgsql security invoker set search_path = ''
as $$
declare
  v_compared jsonb := arguments - 'sealed';
  v_answer   jsonb := private.find_idempotent_answer(rpc, idempotency_key, v_compared);
  v_columns  text;
  v_passed   text;
begin
  if v_answer is not null then
    return v_answer;
  end if;

  -- Types come from the function's own signature; an argument it does not have is an error of the caller's code.
  select string_agg(format('%I %s', a.name, format_type(a.type, null)), ', '),
         string_agg(format('%I => passed.%I', a.name, a.name), ', ')
    into v_columns, v_passed
    from pg_catalog.pg_proc p,
         unnest(p.proargnames[1:p.pronargs], p.proargtypes::oid[]) as a (name, type)
   where p.pronamespace = 'public'::regnamespace and p.proname = call_once.rpc and p.proname <> 'call_once'
     and arguments ? a.name
     -- Its answer is a token of which only the hash is kept.
     and p.proname <> 'create_recording_share_link';
  if v_columns is null then
    perform private.refuse(404, 'not_found', 'There is no such function.');
  end if;

  execute format('select to_jsonb(result) from jsonb_to_record($1) as passed(%s), lateral public.%I(%s) as result',
                 v_columns, call_once.rpc, v_passed)
    into v_answer using arguments;
  -- Refused by an answer (private.answer_refusal): a repeat calls the function again.
  if coalesce(current_setting('response.status', true), '') = '' then
    perform private.save_idempotent_answer(rpc, idempotency_key, v_compared, v_answer);
  end if;
  return v_answer;
end;
$$;

comment on function public.call_once is
  'Calls another function of the API with named arguments; a repeat under the same key gets the first answer.';

revoke execute on function private.get_idempotency_caller, private.find_idempotent_answer,
  private.save_idempotent_answer, public.call_once from public, anon, authenticated, service_role;

grant execute on function private.get_idempotency_caller, private.find_idempotent_answer,
  private.save_idempotent_answer, public.call_once to authenticated, service_role;


-- foundation/rate_limits.sql

-- Rate limits: how often somebody may do what costs others. A rule's numbers are its row.
--
-- Who is counted is the subject: a person, a link or, on pages that need no sign-in, an address. Within a window there
-- are never more than `times` uses, however many ask at once; whoever asks beyond that is told when to ask again.
--
-- What is counted commits. A use that succeeds is counted in its own transaction (limit_use). An attempt that fails, as
-- by a wrong password, is counted and then answered, not raised (limit_attempt, private.answer_refusal): raising would
-- roll back the count that limits guessing.

create table private.rate_limits (
  rule  text     primary key,
  times integer  not null,
  per   interval not null,

  constraint rate_limits_rule_is_short check (char_length(rule) <= 100),
  constraint rate_limits_allow_something check (times > 0),
  constraint rate_limits_windows_are_short check (per between interval '1 second' and interval '1 day')
);

comment on table private.rate_limits is 'How often a subject may do something. An operator changes a row; it holds at once.';

create table private.rate_uses (
  rule    text        not null,
  subject text        not null,
  ends_at timestamptz not null,
  used    integer     not null,

  constraint rate_uses_pkey primary key (rule, subject, ends_at),
  constraint rate_uses_subject_is_short check (char_length(rule) <= 100 and char_length(subject) <= 100)
);

comment on table private.rate_uses is
  'What was used in each window. Rows of windows that are over are deleted, a few whenever another one begins.';

-- Deleting asks by it.
create index rate_uses_ends_at_idx on private.rate_uses (ends_at);

alter table private.rate_limits enable row level security;

alter table private.rate_uses enable row level security;

-- No grant and no policy: only the functions below touch them.

insert into private.rate_limits (rule, times, per) values
  -- By a person
  ('audit lines',              300, '1 hour'),
  ('rows written',           1000, '1 hour'),
  ('holds',                     60, '1 hour'),
  ('holds of newcomers',        10, '1 day'),
  ('checkouts',                 30, '1 hour'),
  ('bookings',                  60, '1 day'),
  ('picks kept',               120, '1 day'),
  ('waiting lists',             60, '1 day'),
  ('seats by link',             60, '1 day'),
  ('series',                    20, '1 day'),
  ('series quoted',            120, '1 hour'),
  ('series changed',            60, '1 day'),
  ('time off taken',            30, '1 day'),
  ('times moved',              100, '1 day'),
  ('substitutes wanted',        20, '1 day'),
  ('places chosen',             20, '1 day'),
  ('sessions rated',            60, '1 day'),
  ('consents',                 100, '1 hour'),
  ('bank account changes',      20, '1 day'),
  ('share links',               30, '1 hour'),
  ('data exports',               1, '1 hour'),
  ('earnings exports',          30, '1 hour'),
  ('payout files',              30, '1 hour'),
  ('copies of documents',       60, '1 hour'),
  ('erasures',                  10, '1 hour'),
  ('mail requests',            120, '1 hour'),
  ('recording commands',        60, '1 hour'),
  ('video tokens',             120, '1 hour'),
  ('attendance set',           300, '1 hour'),
  ('calendar files',           120, '1 hour'),
  ('calendars changed',         30, '1 hour'),
  ('languages chosen',          60, '1 hour'),
  -- Of a session, of a recording, of a link, in a view
  ('delays of a session',        3, '1 day'),
  ('share links of a recording', 100, '1 day'),
  ('password guesses',           5, '15 minutes'),
  ('views of a link',          200, '1 hour'),
  ('requests of a view',     5000, '1 hour'),
  ('calendar fetches',         120, '1 hour'),
  -- From an address, on pages that need no sign-in. Many people may share one.
  ('unknown links',             60, '10 minutes'),
  ('signature checks',         120, '10 minutes'),
  ('welcome requests',          60, '10 minutes'),
  ('session link requests',     10, '10 minutes'),
  -- To an address that somebody types, and to all of them together
  ('session links to an address', 3, '1 day'),
  ('session links in all',    1000, '1 hour');

-- Counts a use, or gives the seconds after which there will be one again. Windows lie side by side in time, so that the
-- rows of a past one are nobody's any more, and deleting them makes nobody wait.
-- Definer: nobody may read or write the counts directly.
create function private.count_use(rule text, subject text, uses integer default 1) returns integer
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_limit private.rate_limits;
  v_ends  timestamptz;
  v_used  integer;
begin
  select * into strict v_limit from private.rate_limits l where l.rule = count_use.rule;
  v_ends := date_bin(v_limit.per, now(), 'epoch') + v_limit.per;
  insert into private.rate_uses as u (rule, subject, ends_at, used)
  select v_limit.rule, count_use.subject, v_ends, count_use.uses where count_use.uses <= v_limit.times
  on conflict on constraint rate_uses_pkey do update set used = u.used + excluded.used
   where u.used + excluded.used <= v_limit.times
  returning u.used into v_used;
  if v_used is null then
    return greatest(1, ceil(extract(epoch from v_ends - now())));
  elsif v_used = count_use.uses then
    delete from private.rate_uses u
     where u.ctid = any (array(select past.ctid from private.rate_uses past
                       where past.ends_at < now() limit 20 for update skip locked));
  end if;
  return null;
end
$$;

-- Definer: as above.
create function private.forget_uses(rule text, subject text) returns void
  language sql volatile security definer set search_path = ''
as $$
  delete from private.rate_uses u where u.rule = forget_uses.rule and u.subject = forget_uses.subject;
$$;

create function private.describe_wait(seconds integer) returns text
  language sql immutable set search_path = ''
as $$
  select case
    when seconds <= 90 then format('This was asked too often. Please try again in %s seconds.', seconds)
    when seconds <= 5400 then format('This was asked too often. Please try again in %s minutes.', ceil(seconds / 60.0))
    else format('This was asked too often. Please try again in %s hours.', ceil(seconds / 3600.0)) end;
$$;

-- Counts a use or refuses. The service and operators, who have no id, are not limited.
create function private.limit_use(rule text, subject uuid, uses integer default 1) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_wait integer;
begin
  if limit_use.subject is null then
    return;
  end if;
  v_wait := private.count_use(limit_use.rule, limit_use.subject::text, limit_use.uses);
  if v_wait is not null then
    perform private.refuse(429, 'too_many_requests', private.describe_wait(v_wait), retry_after => v_wait);
  end if;
end
$$;

-- True: counted. False: answered with 429, and the caller returns a row without values.
create function private.limit_attempt(rule text, subject text) returns boolean
  language plpgsql volatile set search_path = ''
as $$
declare
  v_wait integer;
begin
  if limit_attempt.subject is null then
    return true;
  end if;
  v_wait := private.count_use(limit_attempt.rule, limit_attempt.subject);
  if v_wait is not null then
    perform private.answer_refusal(429, 'too_many_requests', private.describe_wait(v_wait), retry_after => v_wait);
  end if;
  return v_wait is null;
end
$$;

-- Whose attempts are counted together on pages that need no sign-in: an IPv4 address, or the 64 bits of IPv6 that a
-- household is given. Only a hash is kept, and that until the window is over.
create function private.mask_address(ip_address text) returns text
  language plpgsql immutable set search_path = ''
as $$
declare
  v_address inet;
begin
  v_address := mask_address.ip_address::inet;
  return private.sha256_hex(coalesce(case family(v_address) when 6 then network(set_masklen(v_address, 64))::text
                                                            else host(v_address) end, 'unknown'));
exception when invalid_text_representation then
  return private.sha256_hex('unknown');
end
$$;

revoke execute on function private.count_use, private.forget_uses, private.describe_wait, private.limit_use, private.limit_attempt,
  private.mask_address from public, anon, authenticated, service_role;

-- Functions that run as their caller count as well. Nobody calls these directly: schema private is not exposed.
grant execute on function private.count_use, private.forget_uses, private.describe_wait, private.limit_use,
  private.limit_attempt, private.mask_address to authenticated, service_role;


-- foundation/second_factor.sql

-- Who may move what: a second factor for money of others, and an account for whatever is written.
--
-- Whoever has a verified factor shows it in the session that touches other people's money, bank numbers, payouts,
-- accounts or roles, and before their own bank account changes: their token says `aal2` then. Whoever has none is asked
-- for none. A link of a mail is no second factor. Service keys are no person and have none.
--
-- One check for each call. What admins do by functions asks private.is_confirmed_admin in place of private.is_admin,
-- and so do policies on tables of money, after the row's own people: their own rows are read without. It refuses in
-- words and does not answer false, or a payments page would be empty and look paid.

-- Definer: nobody but the auth service reads factors.
create function private.lacks_second_factor(user_id uuid, aal text) returns boolean
  language plpgsql stable security definer set search_path = ''
as $$
begin
  if lacks_second_factor.aal = 'aal2' or to_regclass('auth.mfa_factors') is null then
    return false;
  end if;
  -- A statement of its own, planned when it is reached: an auth service without factors has no such table.
  return exists (select from auth.mfa_factors f where f.user_id = lacks_second_factor.user_id and f.status = 'verified');
end
$$;

-- Without arguments: whoever calls. A function that the service calls for somebody passes whose token it has verified,
-- and what that token says.
create function private.require_second_factor(
  user_id uuid default auth.uid(), aal text default auth.jwt() ->> 'aal') returns void
  language plpgsql stable set search_path = ''
as $$
begin
  if private.lacks_second_factor(require_second_factor.user_id, require_second_factor.aal) then
    perform private.refuse(403, 'second_factor_needed', 'Please confirm with your second factor first.',
                           'Sign in with your authenticator code, and try again.');
  end if;
end
$$;

-- Definer: the policies on user_roles ask this very question.
create function private.is_confirmed_admin() returns boolean
  language plpgsql stable security definer set search_path = ''
as $$
begin
  if not private.is_admin() then
    return false;
  end if;
  perform private.require_second_factor();
  return true;
end
$$;

-- An anonymous sign-in has no address: nobody could be told of a booking, paid back, or held to a signature. It reads
-- what everybody may, and writes nothing (privacy/refuse_gone_callers.sql).
create function private.refuse_anonymous_caller() returns void
  language plpgsql stable set search_path = ''
as $$
begin
  if auth.jwt() ->> 'is_anonymous' = 'true' then
    perform private.refuse(403, 'account_needed', 'Please create an account first.',
                           'Add your e-mail address to go on with what you have begun.');
  end if;
end
$$;

revoke execute on function private.lacks_second_factor, private.require_second_factor, private.is_confirmed_admin,
  private.refuse_anonymous_caller from public, anon, authenticated, service_role;

grant execute on function private.is_confirmed_admin, private.refuse_anonymous_caller to authenticated, service_role;


-- foundation/queues.sql

-- Queues: what holds for every queue that a worker claims from, in `claim_…` and its like.
--
-- The attempt is counted by the claim, which also moves the row's next time ahead: past its lease, then ever further.
-- So a worker that dies with a row in its hands needs nobody to notice: the row comes again later, behind its
-- neighbours. After `private.max_attempts()` of them it is set aside, with a reason, in `private.set_aside_work`.
-- A row that no worker can read (a text of megabytes, a time beyond the year 9999) is set aside by the claim itself.

create function private.max_attempts() returns integer
  language sql immutable set search_path = ''
as $$
  select 12;  -- the last of them an hour apart: about five hours
$$;

-- How long after its n-th attempt a row comes again.
create function private.retry_delay(attempts integer) returns interval
  language sql immutable set search_path = ''
as $$
  select least(interval '1 hour', interval '15 seconds' * 2 ^ least(attempts, 10));
$$;

-- Why no worker can read what a claim would give it; null: it can. Times are known by their names.
create function private.find_reason_unreadable(claimed jsonb) returns text
  language sql immutable set search_path = ''
as $$
  select case
    when octet_length(claimed::text) > 1000000 then 'too_large'
    when exists (
      select from jsonb_path_query(claimed, 'strict $.** ? (@.type() == "object")') part,
                  jsonb_each_text(part) as field (name, value)
       where field.name ~ '(_at|_until|_since|_start)$' and field.value ~ '^-?infinity$|^[0-9]{5,}-| BC$') then 'bad_time' end;
$$;

revoke execute on function private.max_attempts, private.retry_delay, private.find_reason_unreadable
  from public, anon, authenticated, service_role;

grant execute on function private.max_attempts, private.retry_delay, private.find_reason_unreadable to service_role;


-- foundation/adoption.sql

-- The adoption: when this took over a platform that was in use, and what of its rows could not be taken.
--
-- What ended before that moment was held under other rules and with nobody watching: it is completed in silence, and
-- earns nothing, mails nobody and makes nobody a no-show. Rows that fit no table of ours stay here under their reason,
-- are erased with the account they are of, and end with the retention policy `legacy_rows`.

create table private.adoption (
  is_the_only_row boolean     primary key default true,
  adopted_at      timestamptz not null default '-infinity',

  constraint adoption_is_one_row check (is_the_only_row),
  constraint adoption_adopted_at_is_in_range check (
    adopted_at = '-infinity' or adopted_at between '2000-01-01' and '2100-01-01')
);

comment on column private.adoption.adopted_at is
  'When the closing files were applied to a platform with sessions in it; -infinity where there were none.';

insert into private.adoption default values;

create table private.legacy_rows (
  id         uuid        primary key default gen_random_uuid(),
  table_name text        not null,
  row_id     uuid        not null,
  reason     text        not null,
  row_data   jsonb       not null,
  account_id uuid        references auth.users (id) on delete cascade,
  created_at timestamptz not null default now(),

  constraint legacy_rows_texts_are_short check (char_length(table_name) <= 63 and char_length(reason) <= 500),
  constraint legacy_rows_row_data_is_short check (char_length(row_data::text) <= 1000000)
);

comment on table  private.legacy_rows            is 'Rows from before the adoption that could not be taken, or not as they were.';

comment on column private.legacy_rows.account_id is 'Whose row it is; null where that account was gone already.';

create index legacy_rows_account_id_idx on private.legacy_rows (account_id);

create index legacy_rows_created_at_idx on private.legacy_rows (created_at);

create view private.legacy_row_counts with (security_invoker = true) as
  select r.table_name, r.reason, count(*) as rows, min(r.created_at) as since
    from private.legacy_rows r group by r.table_name, r.reason;

comment on view private.legacy_row_counts is 'How many rows from before the adoption were not taken, and why.';

alter table private.adoption enable row level security;

alter table private.legacy_rows enable row level security;

-- No grant and no policy: an operator reads them, and the functions of this schema.
revoke all on private.legacy_row_counts from public, anon, authenticated, service_role;

-- Definer: nobody reads the row, and triggers ask it for whoever writes.
create function private.ended_before_adoption(session public.session_schedules) returns boolean
  language sql stable security definer set search_path = ''
as $$
  select (session).scheduled_at + make_interval(mins => (session).duration_minutes) <= a.adopted_at
    from private.adoption a;
$$;

revoke execute on function private.ended_before_adoption from public, anon, authenticated, service_role;
