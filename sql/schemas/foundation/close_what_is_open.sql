-- Close what is open: in the baseline anybody could become admin, read anybody's id by e-mail, add up anybody's credits
-- and forge audit lines, each through a definer function that everybody could execute.
--
-- Names, arguments and results stay, for those who call them. Each function runs as its caller, so row-level security
-- narrows the answer to what the caller may see anyway; what needs more sits in schema private with its reason. The
-- tables that these functions read have chapters of their own, in which the baseline's policies are replaced.

-- Order matters: this closes what the baseline made, and must not reach what the chapters after it grant.
revoke execute on all routines in schema public from public, anon, authenticated, service_role;

-- Roles

create or replace function public.has_role(_user_id uuid, _role public.app_role) returns boolean
  language sql stable security invoker set search_path = ''
as $$
  select exists (select from public.user_roles r where r.user_id = _user_id and r.role = _role);
$$;
comment on function public.has_role is 'Whether somebody has a role.';
grant execute on function public.has_role to authenticated, service_role;

-- Definer: nobody but the auth service reads auth.users. So it checks who is calling.
create function private.user_id_by_email(email text) returns uuid
  language plpgsql stable security definer set search_path = ''
as $$
begin
  if not (private.is_admin() or coalesce(auth.role(), '') = 'service_role') then
    perform private.refuse(403, 'admins_only', 'Only admins look people up by e-mail.');
  end if;
  return (select u.id from auth.users u where lower(u.email) = lower(user_id_by_email.email) limit 1);
end
$$;
revoke execute on function private.user_id_by_email from public, anon, authenticated, service_role;
grant execute on function private.user_id_by_email to authenticated, service_role;

create or replace function public.get_user_id_by_email(email_input text) returns uuid
  language sql stable security invoker set search_path = ''
as $$
  select private.user_id_by_email(email_input);
$$;
comment on function public.get_user_id_by_email is 'For admins: whose account an address is.';
grant execute on function public.get_user_id_by_email to authenticated, service_role;

create or replace function public.assign_admin_role_by_id(p_user_id uuid) returns jsonb
  language plpgsql security invoker set search_path = ''
as $$
begin
  insert into public.user_roles (user_id, role) values (p_user_id, 'admin') on conflict do nothing;
  return jsonb_build_object('success', true, 'user_id', p_user_id, 'message', 'Admin role assigned');
exception when foreign_key_violation then
  return jsonb_build_object('success', false, 'error', 'User not found');
end
$$;

create or replace function public.assign_admin_role(p_user_email text) returns jsonb
  language plpgsql security invoker set search_path = ''
as $$
declare
  v_user_id uuid := private.user_id_by_email(p_user_email);
begin
  if v_user_id is null then
    return jsonb_build_object('success', false, 'error', 'User not found');
  end if;
  return public.assign_admin_role_by_id(v_user_id) || jsonb_build_object('email', p_user_email);
end
$$;
-- The operator's way to the first admin, with the secret key. Admins make further ones through user_roles.
grant execute on function public.assign_admin_role, public.assign_admin_role_by_id to service_role;

-- Questions about others, answered as far as the caller may see

-- Callers pass the practitioner's user id, the baseline compared it with practitioners.id: both are accepted.
create or replace function public.is_practitioner_of(_practitioner_id uuid, _client_id uuid) returns boolean
  language sql stable security invoker set search_path = ''
as $$
  select exists (
    select from public.practitioner_assignments a join public.practitioners p on p.id = a.practitioner_id
    where _practitioner_id in (p.id, p.user_id) and a.client_id = _client_id);
$$;
comment on function public.is_practitioner_of is 'Whether somebody leads sessions of a client.';

create or replace function public.get_user_credits(p_user_id uuid)
  returns table (total_credits integer, package_credits integer, single_credits integer)
  language sql stable security invoker set search_path = ''
as $$
  select
    coalesce(sum(c.credits_remaining), 0)::integer,
    coalesce(sum(c.credits_remaining) filter (where c.package_id is not null), 0)::integer,
    coalesce(sum(c.credits_remaining) filter (where c.package_id is null), 0)::integer
  from public.user_session_credits c
  where c.user_id = p_user_id and c.credits_remaining > 0 and (c.expires_at is null or c.expires_at > now());
$$;
comment on function public.get_user_credits is 'How many credits somebody has: their own, or for an admin anybody''s.';

create or replace function public.has_consent(p_user_id uuid, p_consent_type text) returns boolean
  language sql stable security invoker set search_path = ''
as $$
  select exists (
    select from public.user_consents c
    where c.user_id = p_user_id and c.consent_type = p_consent_type and c.consented and c.revoked_at is null);
$$;
comment on function public.has_consent is 'Whether somebody has agreed to something, and not taken it back.';

create or replace function public.has_access(
  p_user_id uuid, p_resource_type text, p_resource_id uuid, p_permission text) returns boolean
  language sql stable security invoker set search_path = ''
as $$
  select exists (
    select from public.access_grants g
    where g.grantee_id = p_user_id and g.resource_type = p_resource_type and g.resource_id = p_resource_id
      and g.permission = p_permission and g.revoked_at is null and (g.expires_at is null or g.expires_at > now()));
$$;
comment on function public.has_access is 'Whether somebody was granted something on a resource.';

create or replace function public.can_access_session(p_user_id uuid, p_session_id uuid) returns boolean
  language sql stable security invoker set search_path = ''
as $$
  select
    exists (
      select from public.session_schedules s left join public.practitioners p on p.id = s.practitioner_id
      where s.id = p_session_id and p_user_id in (s.client_id, p.user_id))
    or public.has_role(p_user_id, 'admin')
    or public.has_access(p_user_id, 'session', p_session_id, 'read');
$$;
comment on function public.can_access_session is 'Whether somebody takes part in a session or leads it.';

grant execute on function public.is_practitioner_of, public.get_user_credits, public.has_consent, public.has_access,
  public.can_access_session to authenticated, service_role;

-- Retention

create or replace function public.get_retention_policy(p_table_name text)
  returns table (retention_days integer, auto_delete boolean)
  language sql stable security invoker set search_path = ''
as $$
  select p.retention_days, p.auto_delete from public.data_retention_policies p where p.table_name = p_table_name;
$$;

-- Only tables with a policy can be named, so the name that reaches the query is one that an admin wrote down.
create or replace function public.get_expired_records(p_table_name text)
  returns table (record_id uuid, created_at timestamptz)
  language plpgsql stable security invoker set search_path = ''
as $$
declare
  v_policy public.data_retention_policies;
begin
  select * into v_policy from public.data_retention_policies p where p.table_name = p_table_name and p.auto_delete;
  if found then
    return query execute format('select id, created_at from public.%I where created_at < $1', v_policy.table_name)
      using now() - make_interval(days => v_policy.retention_days);
  end if;
end
$$;
grant execute on function public.get_retention_policy, public.get_expired_records to service_role;

-- The audit log

-- A line that cannot be written is an error: the baseline hid it and reported success.
create or replace function public.log_audit_event(
  p_user_id uuid, p_action text, p_table_name text, p_record_id uuid default null,
  p_ip_address text default null, p_user_agent text default null, p_metadata jsonb default '{}') returns void
  language sql security invoker set search_path = ''
as $$
  insert into public.audit_logs (user_id, action, table_name, record_id, ip_address, user_agent, metadata)
  values (p_user_id, p_action, p_table_name, p_record_id, p_ip_address, p_user_agent, p_metadata);
$$;
grant execute on function public.log_audit_event to service_role;

-- The trigger function behind every updated_at names nothing outside pg_catalog.
alter function public.update_updated_at_column() set search_path = '';
