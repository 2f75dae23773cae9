-- Time passes: every moment in our tables is `skip.hours` longer ago, ranges of time too; of whole days also each date.
--
-- No trigger fires: nobody changes anything, it only was earlier. Left whole is what a hash or a chain of hashes vouches
-- for, with its moments in it, and what machines wrote down of their own runs.
select set_config('session_replication_role', 'replica', true);

do $$
declare
  c_whole constant text[] := array[
    'public.audit_logs', 'private.audit_chain', 'private.audit_redactions', 'public.liability_waivers',
    'public.practitioner_contracts', 'public.contract_signatures', 'public.contract_events',
    'private.scheduled_runs', 'private.scheduled_functions', 'private.matter_settings', 'private.audit_heads'];
  -- Nobody is younger for it, and opening hours are no moments.
  c_stay  constant text[] := array['date_of_birth'];
  c_far   constant interval := interval '262800 hours';  -- thirty years, within the bounds of every column
  v_by    constant interval := make_interval(hours => current_setting('skip.hours')::int);
  v_table record;
  v_moved int := 0;
begin
  for v_table in
    select c.oid::regclass as name,
           string_agg(format('%1$I = %2$s', a.attname, case
             when a.attname = any (c_stay) or t.typname = 'date' and v_by <> date_trunc('day', justify_hours(v_by)) then format('%I', a.attname)
             when t.typname = 'date' then format('(%I - $1)::date', a.attname)
             when t.typname = 'tstzrange' then format('tstzrange(lower(%1$I) - $1, upper(%1$I) - $1)', a.attname)
             when t.typname = 'tstzmultirange' then format(
               '(select coalesce(range_agg(tstzrange(lower(r) - $1, upper(r) - $1)), ''{}'') from unnest(%I) r)', a.attname)
             else format('%I - $1', a.attname) end), ', ') as moving,
           -- Row by row they would be in each other's way: first all of them go far away, and then to their place.
           exists (select from pg_index i where i.indrelid = c.oid and (i.indisunique or i.indisexclusion)
                      and i.indkey::int2[] && array_agg(a.attnum)) as is_crowded
      from pg_class c
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
      join pg_type t on t.oid = a.atttypid
     where c.relkind = 'r' and c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
       and t.typname in ('timestamptz', 'timestamp', 'date', 'tstzrange', 'tstzmultirange')
       and c.relnamespace::regnamespace || '.' || c.relname <> all (c_whole)
     group by c.oid
  loop
    if v_table.is_crowded then
      execute format('update %s set %s', v_table.name, v_table.moving) using v_by - c_far;
      execute format('update %s set %s', v_table.name, v_table.moving) using c_far;
    else
      execute format('update %s set %s', v_table.name, v_table.moving) using v_by;
    end if;
    v_moved := v_moved + 1;
  end loop;
  perform set_config('skip.moved', v_moved::text, true);
end
$$;
