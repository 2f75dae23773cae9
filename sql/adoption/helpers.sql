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
