-- Nothing to take back: the file checked rows and changed none. It is forgotten, so that it is pushed again.

do $$
begin
  if to_regclass('supabase_migrations.schema_migrations') is not null then
    delete from supabase_migrations.schema_migrations where name = 'close_old_rows';
  end if;
end
$$;
