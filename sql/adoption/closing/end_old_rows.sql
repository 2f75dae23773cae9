-- What helped is no longer needed. What the tables were and allowed stays in schema legacy, for the way back.
do $$
declare
  v_routine text;
begin
  for v_routine in select p.oid::regprocedure::text from pg_catalog.pg_proc p
                    where p.pronamespace = 'legacy'::regnamespace and p.proname <> 'send_welcome_email'
                      and not exists (select from pg_catalog.pg_trigger t where t.tgfoid = p.oid) loop
    execute 'drop routine ' || v_routine;
  end loop;
end
$$;
