-- Nothing is taken back: lines of the ledger stay, and closing again adds to them what came since.

do $$
begin
  if to_regclass('supabase_migrations.schema_migrations') is not null then
    delete from supabase_migrations.schema_migrations where name = 'close_earnings';
  end if;
end
$$;
