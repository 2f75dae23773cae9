-- Back from close_rules, once close_rights is taken back: triggers, constraints and indexes as they were before it. Rows stay
-- as they became: the ledgers are opened, seats are linked. Closing again adds what came since.
call legacy.go_back('close_rules');

do $$
begin
  if to_regclass('supabase_migrations.schema_migrations') is not null then
    delete from supabase_migrations.schema_migrations where name = 'close_rules';
  end if;
end
$$;
