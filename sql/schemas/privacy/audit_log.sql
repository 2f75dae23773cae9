-- The audit log: who did what to which row. Triggers write what changes, record_audit_log what no trigger can see.
--
-- A line names the columns that changed, and gives a value only where it is of a kind that says nothing about a person:
-- an id, a time, a state, a number of minutes or cents. The log outlives the rows it is about: whole rows, as the
-- baseline's triggers kept them, would store notes, memories and bank names a second time where nobody may delete them.
--
-- Lines are only added; privacy/audit_chain.sql enforces that and makes it visible if one was changed or removed.

-- The id of who did it stays when their account is deleted; it then leads to nobody.
alter table public.audit_logs drop constraint audit_logs_user_id_fkey;
comment on column public.audit_logs.user_id is 'Who did it. No foreign key: the account may have been erased since.';
comment on column public.audit_logs.metadata is
  'Of a row that was changed: the names of the changed columns, and those values that say nothing about a person.';

-- The baseline's asks who is calling again for every row.
drop policy "Only admins can view audit logs" on public.audit_logs;

create policy "admins read the audit log"
  on public.audit_logs for select to authenticated using ((select private.is_admin()));

revoke all on public.audit_logs from anon, authenticated, service_role;
grant select on public.audit_logs to authenticated, service_role;
-- The service adds lines and changes none. Not id, created_at or the hashes: the database sets those.
grant insert (user_id, action, table_name, record_id, ip_address, user_agent, metadata)
  on public.audit_logs to service_role;

-- With LIKE: a regular expression of all alternatives takes five times as long, and every change pays for it.
create function private.build_audit_change(old_row jsonb, new_row jsonb) returns jsonb
  language plpgsql immutable set search_path = ''
as $$
#variable_conflict use_column
begin
  return (
    with selected as (
      -- A list of what may be kept. The value of a column that is added later is left out until it is listed here.
      select c.key, old_row -> c.key as old_value, new_row -> c.key as new_value,
             c.key in ('id', 'total_seconds', 'role', 'status', 'source', 'visibility', 'memory_type', 'currency', 'verified',
                       'session_location', 'live_contract_needed')
             or c.key like any (array['is\_%', '%\_id', '%\_at', '%\_minor', '%\_share', '%\_amount', '%\_minutes',
                                      '%\_participants']) as may_be_kept
        from jsonb_each(coalesce(new_row, old_row)) c
       where old_row is null or new_row is null or c.value is distinct from old_row -> c.key
    ), kept as (
      select coalesce(jsonb_agg(key order by key), '[]') as columns,
             jsonb_object_agg(key, old_value) filter (where old_row is not null and may_be_kept) as old_values,
             jsonb_object_agg(key, new_value) filter (where new_row is not null and may_be_kept) as new_values
        from selected
    )
    select jsonb_build_object('columns', columns)
        || case when old_row is null then jsonb_build_object('data', coalesce(new_values, '{}'))
                when new_row is null then jsonb_build_object('deleted_data', coalesce(old_values, '{}'))
                else jsonb_build_object('old_data', coalesce(old_values, '{}'), 'new_data', coalesce(new_values, '{}')) end
      from kept);
end
$$;

-- Definer: whoever changes a row may neither write nor suppress the line that says so.
create function private.write_audit_log() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  v_old constant jsonb := to_jsonb(old);
  v_new constant jsonb := to_jsonb(new);
begin
  insert into public.audit_logs (user_id, action, table_name, record_id, metadata)
  values (
    auth.uid(), tg_op, tg_table_name, (coalesce(v_new, v_old) ->> 'id')::uuid,
    jsonb_build_object('operation', tg_op, 'table', tg_table_name) || private.build_audit_change(v_old, v_new));
  return null;
end
$$;

-- For what no trigger can see: that somebody looked at something, exported it, signed in or out. A person records these
-- four actions only, and only their own; the service may name whose action it was. Who, from where and with what agent
-- comes from the server, never from the body.
create function public.record_audit_log(
  recorder   uuid,
  action     text,
  table_name text,
  user_id    uuid  default null,
  record_id  uuid  default null,
  ip_address text  default null,
  user_agent text  default null,
  metadata   jsonb default null
) returns table (success boolean, message text)
  language plpgsql volatile security invoker set search_path = ''
as $$
#variable_conflict use_column
begin
  if recorder is not null and coalesce(record_audit_log.user_id, recorder) <> recorder then
    perform private.refuse(403, 'audit_of_another_person', 'You can only record what you did yourself.');
  elsif recorder is not null and record_audit_log.action not in ('VIEW', 'EXPORT', 'LOGIN', 'LOGOUT') then
    perform private.refuse(403, 'audit_action_reserved', 'Changes are recorded by the database itself.',
                           'Record VIEW, EXPORT, LOGIN or LOGOUT.');
  end if;
  perform private.limit_use('audit lines', recorder);
  insert into public.audit_logs (user_id, action, table_name, record_id, ip_address, user_agent, metadata)
  values (coalesce(recorder, record_audit_log.user_id), record_audit_log.action, record_audit_log.table_name,
          record_audit_log.record_id, record_audit_log.ip_address, record_audit_log.user_agent,
          coalesce(record_audit_log.metadata, '{}'));
  return query select true, 'Audit log recorded';
end
$$;
comment on function public.record_audit_log is
  'Adds a line to the audit log. `recorder` is the verified caller; null is the service.';

revoke execute on function private.build_audit_change, private.write_audit_log, public.record_audit_log
  from public, anon, authenticated, service_role;
-- Not granted to authenticated: address and agent are what the server saw.
grant execute on function public.record_audit_log to service_role;

-- The baseline's triggers kept whole rows, and went on without a line when it could not be written.
drop trigger audit_session_schedules_insert on public.session_schedules;
drop trigger audit_session_schedules_update on public.session_schedules;
drop trigger audit_session_schedules_delete on public.session_schedules;
drop trigger audit_session_notes_insert on public.session_notes;
drop trigger audit_session_notes_update on public.session_notes;
drop trigger audit_session_notes_delete on public.session_notes;
drop trigger audit_meditation_memories_insert on public.meditation_memories;
drop trigger audit_meditation_memories_update on public.meditation_memories;
drop trigger audit_meditation_memories_delete on public.meditation_memories;
drop trigger audit_session_payments_insert on public.session_payments;
drop trigger audit_session_payments_update on public.session_payments;
drop function public.audit_insert_trigger();
drop function public.audit_update_trigger();
drop function public.audit_delete_trigger();
drop function public.audit_select_trigger();
-- Only those four called them.
drop function public.get_current_user_id();
drop function public.get_client_ip();

-- Of the baseline's tables these and session_schedules are audited; tables of ours have their trigger in their own
-- chapter.
create trigger audit_session_notes after insert or update or delete on public.session_notes
  for each row execute function private.write_audit_log();
create trigger audit_meditation_memories after insert or update or delete on public.meditation_memories
  for each row execute function private.write_audit_log();
create trigger audit_session_payments after insert or update or delete on public.session_payments
  for each row execute function private.write_audit_log();
create trigger audit_user_roles after insert or update or delete on public.user_roles
  for each row execute function private.write_audit_log();
