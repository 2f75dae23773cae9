-- Closing: rows from before are checked against the rules, and what helped with the adoption goes.
--
-- To be pushed when the functions have been switched (docs/runbook.md). The way back: sql/adoption/back/close_old_rows.sql.

-- Functions name what later chapters make.
set check_function_bodies = off;

set lock_timeout = '5s';
set statement_timeout = 0;


-- backfill/validate_constraints.sql

-- Rules added to tables that had rows already: each is checked against them now, so that what is listed as valid is.
--
-- Older rows that break one stay as they are, because only their owners know what was meant, and stop no migration: the
-- rule then stays `not valid` (docs/runbook.md lists those). Such a row can be read and deleted, and is changed only by
-- a change that mends it.

do $$
declare
  v_rule record;
begin
  for v_rule in select conrelid::regclass as table_name, conname as name from pg_catalog.pg_constraint
                 where contype = 'c' and not convalidated and connamespace = 'public'::regnamespace
                 order by 1, 2
  loop
    begin
      execute format('alter table %s validate constraint %I', v_rule.table_name, v_rule.name);
    exception when check_violation then
      raise warning 'older rows of % break %: it holds for new ones', v_rule.table_name, v_rule.name;
    end;
  end loop;
end
$$;


-- adoption/closing/end_old_rows.sql

-- What helped to come here is no longer needed. What helps to go back stays in schema legacy.
do $$
declare
  v_routine text;
begin
  for v_routine in select p.oid::regprocedure::text from pg_catalog.pg_proc p
                    where p.pronamespace = 'legacy'::regnamespace and p.proname in (
                      'keep_policies_that_read', 'set_aside', 'bring_home', 'make_policies_again', 'set_columns_aside',
                      'drop_columns', 'has_columns', 'read_bank_number') loop
    execute 'drop routine if exists ' || v_routine;
  end loop;
end
$$;
