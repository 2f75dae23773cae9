-- Preflight: changes nothing. It lists all at once what of this database the files after it cannot take, and stops the push
-- there; it is silent where they will apply. What stands in double braces is written in from the baseline and the chapters.

set lock_timeout = '5s';
set statement_timeout = 0;

do $preflight$
declare
  v_found   text[] := '{}';
  v_thing   record;
  v_number  bigint;
  v_example text;
  -- The platform's own, beside the baseline's: what is set aside, taken over or left alone.
  c_anew    constant text[] := {{made_anew}};
  c_kept_policies constant text[] := array['Anyone can view group classes', 'Users can update group classes to join'];
  c_kept_routines constant text[] := array['sync_user_profile', 'send_welcome_email', 'notify_users_session_type_change'];
  c_roles   constant text[] := array['anon', 'authenticated', 'service_role', 'postgres', 'authenticator', 'dashboard_user'];
begin
  if current_setting('server_version_num')::integer < 150000 then
    v_found := v_found || format('PostgreSQL is %s: 15 or later is needed', current_setting('server_version'));
  end if;

  -- Names that are ours.
  for v_thing in select nspname from pg_catalog.pg_namespace where nspname in ('private', 'legacy') loop
    v_found := v_found || format('schema %I is there already', v_thing.nspname);
  end loop;
  for v_thing in
    select c.relname, c.relkind from pg_catalog.pg_class c
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f', 'c')
       and c.relname = any ({{relations}}) and (c.relname <> all (c_anew) or c.relkind <> 'r')
  loop
    v_found := v_found || format('public.%I is there already, and is not the platform''s', v_thing.relname);
  end loop;
  for v_thing in
    select p.oid::regprocedure::text as routine, p.proname from pg_catalog.pg_proc p
     where p.pronamespace = 'public'::regnamespace
       and p.proname = any ({{routines}}) and p.proname <> all (c_kept_routines)
  loop
    v_found := v_found || format('function %s is in the way of one of that name', v_thing.routine);
  end loop;
  for v_thing in
    select p.proname, string_agg(p.oid::regprocedure::text, ' and ' order by p.oid) as forms from pg_catalog.pg_proc p
     where p.pronamespace = 'public'::regnamespace and p.proname = any ({{known_routines}})
     group by p.proname having count(*) > 1
  loop
    v_found := v_found || format('there are %s, of which only one can be meant', v_thing.forms);
  end loop;
  for v_thing in
    select t.typname from pg_catalog.pg_type t left join pg_catalog.pg_class c on c.oid = t.typrelid
     where t.typnamespace = 'public'::regnamespace and t.typname = any ({{types}}) and coalesce(c.relkind, 'c') = 'c'
  loop
    v_found := v_found || format('type public.%I is there already', v_thing.typname);
  end loop;

  -- Tables and columns: those of the baseline, and of what is set aside the columns that come home.
  for v_thing in
    select distinct case
      when c.oid is null then format('table public.%I is not there', e.table_name)
      when a.attnum is null then format('public.%I has no column %I', e.table_name, e.column_name)
      else format('public.%I.%I is %s and should be %s', e.table_name, e.column_name, a.atttypid::regtype, e.type_name)
      end as said
      from (values {{columns}}) e (table_name, column_name, type_name, is_optional)
      left join pg_catalog.pg_class c on c.relnamespace = 'public'::regnamespace and c.relname = e.table_name and c.relkind = 'r'
      left join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = e.column_name and not a.attisdropped
     where not (e.is_optional and (c.oid is null or a.attnum is null and e.table_name <> all (c_anew)))
       and a.atttypid is distinct from to_regtype(e.type_name)
  loop
    v_found := v_found || v_thing.said;
  end loop;
  for v_thing in
    select c.relname, pg_get_userbyid(c.relowner) as owner from pg_catalog.pg_class c
     where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname = any ({{tables}} || c_anew)
       and not pg_has_role(current_user, c.relowner, 'usage')
  loop
    v_found := v_found || format('public.%I belongs to %I, whose rights %I does not have', v_thing.relname, v_thing.owner, current_user);
  end loop;

  -- What would go on beside our rules.
  for v_thing in
    select p.tablename, p.policyname from pg_catalog.pg_policies p
     where p.schemaname = 'public' and p.tablename = any ({{tables}})
       and (p.tablename, p.policyname) not in (values {{policies}})
       and p.policyname <> all (c_kept_policies)
  loop
    v_found := v_found || format('policy "%s" on public.%I is not known', v_thing.policyname, v_thing.tablename);
  end loop;
  for v_thing in
    select t.tgname, t.tgrelid::regclass::text as table_name, p.proname
      from pg_catalog.pg_trigger t join pg_catalog.pg_class c on c.oid = t.tgrelid join pg_catalog.pg_proc p on p.oid = t.tgfoid
     where not t.tgisinternal
       and (c.relnamespace = 'public'::regnamespace and c.relname = any ({{tables}}) and t.tgname <> all ({{triggers}})
            or t.tgrelid = 'auth.users'::regclass)
       and p.proname <> all (c_kept_routines)
  loop
    v_found := v_found || format('trigger %I on %s, which calls %I, is not known', v_thing.tgname, v_thing.table_name, v_thing.proname);
  end loop;
  for v_thing in
    select distinct c.relname, pg_get_userbyid(g.grantee) as grantee
      from pg_catalog.pg_class c cross join lateral aclexplode(c.relacl) g
     where c.relnamespace = 'public'::regnamespace and c.relname = any ({{tables}} || c_anew) and g.grantee not in (0, c.relowner)
       and pg_get_userbyid(g.grantee) <> all (c_roles) and pg_get_userbyid(g.grantee) not like 'supabase\_%'
  loop
    v_found := v_found || format('role %I has rights on public.%I, which nothing here takes or keeps', v_thing.grantee, v_thing.relname);
  end loop;
  for v_thing in
    select distinct v.oid::regclass::text as view, c.relname
      from pg_catalog.pg_depend d join pg_catalog.pg_rewrite r on d.classid = 'pg_rewrite'::regclass and r.oid = d.objid
      join pg_catalog.pg_class v on v.oid = r.ev_class join pg_catalog.pg_class c on c.oid = d.refobjid
      left join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = d.refobjsubid and d.refobjsubid > 0
     where c.relnamespace = 'public'::regnamespace and v.oid <> c.oid
       and (c.relname = any (c_anew) or (c.relname, a.attname) in (
             select e.table_name, e.column_name::name from (values {{columns}}) e (table_name, column_name, type_name, is_optional)
              where e.is_optional))
  loop
    v_found := v_found || format('view %s reads public.%I, which is made anew', v_thing.view, v_thing.relname);
  end loop;

  -- Extensions.
  if not exists (select from pg_catalog.pg_extension where extname = 'btree_gist')
     and not exists (select from pg_catalog.pg_available_extensions where name = 'btree_gist') then
    v_found := v_found || 'the extension btree_gist is not available'::text;
  end if;
  if exists (select from pg_catalog.pg_extension e where e.extname = 'btree_gist' and e.extnamespace <> 'extensions'::regnamespace) then
    v_found := v_found || 'the extension btree_gist is installed in another schema than extensions'::text;
  end if;

  -- Rows: what the bounds would not let anybody change, and what no rule takes. Only where the table is as it should be.
  if v_found = '{}' then
    for v_thing in
      select * from (values {{bounds}}) b (table_name, what, broken)
    loop
      execute format('select count(*), min(t.id::text) from public.%I t where %s', v_thing.table_name, v_thing.broken)
        into v_number, v_example;
      if v_number > 0 then
        v_found := v_found || format('%s rows of public.%I break %s, such as %s', v_number, v_thing.table_name, v_thing.what, v_example);
      end if;
    end loop;
  end if;

  if v_found <> '{}' then
    raise exception using
      message = format(E'%s things here do not fit; nothing was changed. Mend them and push again:\n- %s',
                       cardinality(v_found), array_to_string(v_found, E'\n- '));
  end if;
end
$preflight$;
