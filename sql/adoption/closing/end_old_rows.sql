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
