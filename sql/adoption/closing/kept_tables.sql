-- What the platform has beside ours goes on working, and is no hole. From here on has_role reads as its caller, whom a
-- visitor is not: policies that ask it of everybody ask private.is_admin instead. A definer function finds what it names.
-- An account that reviewed or changed something can be erased.
do $$
declare
  v_thing   record;
  c_asks    constant text := '(public\.)?has_role\(\(? ?(SELECT )?auth\.uid\(\)( AS uid)?\)?, ''admin''::(public\.)?app_role\)';
  v_using   text;
  v_check   text;
begin
  for v_thing in
    select p.polname, p.polrelid, p.polrelid::regclass::text as table_name,
           pg_get_expr(p.polqual, p.polrelid) as qual, pg_get_expr(p.polwithcheck, p.polrelid) as with_check
      from pg_catalog.pg_policy p join pg_catalog.pg_class c on c.oid = p.polrelid
     where c.relnamespace = 'public'::regnamespace
       and concat(pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) ~ 'has_role\('
  loop
    v_using := regexp_replace(v_thing.qual, c_asks, '(select private.is_admin())', 'g');
    v_check := regexp_replace(v_thing.with_check, c_asks, '(select private.is_admin())', 'g');
    execute format('alter policy %I on %s', v_thing.polname, v_thing.table_name)
            || coalesce(' using (' || v_using || ')', '') || coalesce(' with check (' || v_check || ')', '');
  end loop;

  for v_thing in
    select p.oid::regprocedure::text as routine from legacy.routines r join pg_catalog.pg_proc p on p.oid = r.oid
     where p.pronamespace = 'public'::regnamespace and p.prosecdef
       and not exists (select from unnest(p.proconfig) s where s like 'search_path=%')
  loop
    execute format('alter routine %s set search_path = public, extensions', v_thing.routine);
  end loop;

  for v_thing in
    select c.conname, c.conrelid::regclass::text as table_name, a.attname
      from pg_catalog.pg_constraint c
      join pg_catalog.pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1] and not a.attnotnull
     where c.contype = 'f' and c.confrelid = 'auth.users'::regclass and c.confdeltype = 'a' and cardinality(c.conkey) = 1
       and c.connamespace = 'public'::regnamespace
  loop
    execute format('alter table %s drop constraint %I, add constraint %I foreign key (%I) references auth.users (id)'
                   ' on delete set null', v_thing.table_name, v_thing.conname, v_thing.conname, v_thing.attname);
  end loop;
end
$$;

-- For the way back.
call legacy.keep_state('close_rights', true);
