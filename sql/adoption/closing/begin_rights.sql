-- What went on until now ends: the policies of pages and functions that have been switched, and what received their rows.
do $$
declare
  v_thing record;
begin
  for v_thing in select p.* from legacy.policies p where p.until_closing and to_regclass(p.table_name) is not null loop
    execute format('drop policy if exists %I on %s', v_thing.name, v_thing.table_name);
  end loop;
  for v_thing in select t.tgrelid::regclass::text as table_name from pg_catalog.pg_trigger t where t.tgname = 'legacy_receive' loop
    execute format('drop trigger legacy_receive on %s', v_thing.table_name);
  end loop;
end
$$;
drop function if exists public.increment_group_class_participants(uuid, integer);
revoke execute on function private.is_drawing from authenticated;
