-- Recording what no trigger can see: that somebody looked at something, took it away, came or went.
--
-- A person speaks for themself and of these four things only; the service may name whom it speaks for. What triggers see is
-- written by triggers. Who, from where and with what comes from the server, never from the body.

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
  insert into public.audit_logs (user_id, action, table_name, record_id, ip_address, user_agent, metadata)
  values (coalesce(recorder, record_audit_log.user_id), record_audit_log.action, record_audit_log.table_name,
          record_audit_log.record_id, record_audit_log.ip_address, record_audit_log.user_agent,
          coalesce(record_audit_log.metadata, '{}'));
  return query select true, 'Audit log recorded';
end
$$;
comment on function public.record_audit_log is 'Adds a line to the audit log. `recorder` is the verified caller; null is the service.';

revoke execute on function public.record_audit_log from public, anon, authenticated, service_role;
-- Not granted to authenticated: address and agent are what the server saw.
grant execute on function public.record_audit_log to service_role;
