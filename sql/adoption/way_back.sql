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
