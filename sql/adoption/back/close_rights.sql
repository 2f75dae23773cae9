-- Back from close_rights: policies, grants and functions as they were before it, with those that the pages and functions of
-- before write by.
call legacy.go_back('close_rights');

do $$
begin
  if to_regclass('supabase_migrations.schema_migrations') is not null then
    delete from supabase_migrations.schema_migrations where name = 'close_rights';
  end if;
end
$$;
