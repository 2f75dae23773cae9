-- The audit log tells which columns changed, not what people wrote in them.
--
-- The baseline's triggers kept whole rows: notes, memories and bank names stood a second time where nobody may delete them.
-- Now a line names the columns, and gives a value only where it is of a kind that says nothing about a person: an id, a
-- time, a state, a number of minutes or cents.

create or replace function private.auditable(whole_row jsonb) returns jsonb
  language sql immutable set search_path = ''
as $$
  -- Named by what may be kept. A column of a later migration is left out until somebody has thought about it.
  select coalesce(jsonb_object_agg(each.key, each.value), '{}')
    from jsonb_each(whole_row) each
   where each.key ~ ('^(id|.*_id|.*_at|is_.*|.*_minutes|.*_minor|.*_amount|.*_share|.*_participants|total_seconds|role|status'
                  || '|source|visibility|memory_type|currency|verified|session_location|live_contract_needed)$');
$$;

create function private.audited_change(old_row jsonb, new_row jsonb) returns jsonb
  language sql immutable set search_path = ''
as $$
  with changed as (
    select coalesce(o.key, n.key) as key, o.value as old_value, n.value as new_value
      from jsonb_each(old_row) o full join jsonb_each(new_row) n on n.key = o.key
     where old_row is null or new_row is null or o.value is distinct from n.value
  ), kept as (
    select jsonb_agg(key order by key) as columns,
           private.auditable(jsonb_object_agg(key, old_value)) as old_values,
           private.auditable(jsonb_object_agg(key, new_value)) as new_values
      from changed
  )
  select jsonb_build_object('columns', coalesce(columns, '[]'))
      || case when old_row is null then jsonb_build_object('data', new_values)
              when new_row is null then jsonb_build_object('deleted_data', old_values)
              else jsonb_build_object('old_data', coalesce(old_values, '{}'), 'new_data', coalesce(new_values, '{}')) end
    from kept;
$$;

-- Definer: nobody who changes a row may write, or keep from being written, the line that says so.
create or replace function private.write_audit_log() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  v_old constant jsonb := to_jsonb(old);
  v_new constant jsonb := to_jsonb(new);
begin
  insert into public.audit_logs (user_id, action, table_name, record_id, metadata)
  values (
    (select auth.uid()), tg_op, tg_table_name, (coalesce(v_new, v_old) ->> 'id')::uuid,
    jsonb_build_object('operation', tg_op, 'table', tg_table_name) || private.audited_change(v_old, v_new));
  return null;
end
$$;

-- Who did it stays, also when their account is gone: an id that then leads to nobody.
alter table public.audit_logs drop constraint audit_logs_user_id_fkey;
comment on column public.audit_logs.user_id is 'Who did it. No foreign key: the account may have been erased since.';
comment on column public.audit_logs.metadata is 'Of a row that was changed: the names of the columns, and the values that say nothing about a person.';

-- What was copied before.
update public.audit_logs l
   set metadata = (l.metadata - array['data', 'old_data', 'new_data', 'deleted_data'])
               || private.audited_change(coalesce(l.metadata -> 'old_data', l.metadata -> 'deleted_data'),
                                         coalesce(l.metadata -> 'new_data', l.metadata -> 'data'))
 where l.metadata ?| array['data', 'old_data', 'new_data', 'deleted_data']
   and l.action in ('INSERT', 'UPDATE', 'DELETE');

revoke execute on function private.audited_change from public, anon, authenticated, service_role;
