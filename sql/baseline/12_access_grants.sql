-- Access that one person gives another to a session, memory, note or profile.

create table public.access_grants (
  id            uuid primary key default gen_random_uuid(),
  grantor_id    uuid not null references auth.users (id) on delete cascade,
  grantee_id    uuid not null references auth.users (id) on delete cascade,
  resource_type text not null check (resource_type in ('session', 'memory', 'note', 'profile')),
  resource_id   uuid not null,
  permission    text not null check (permission in ('read', 'write', 'delete')),
  expires_at    timestamptz,
  revoked_at    timestamptz,
  reason        text,
  metadata      jsonb default '{}',
  created_at    timestamptz not null default now(),
  updated_at    timestamptz not null default now(),
  unique (grantor_id, grantee_id, resource_type, resource_id, permission)
);

create index idx_access_grants_grantor on public.access_grants (grantor_id);
create index idx_access_grants_grantee on public.access_grants (grantee_id);
create index idx_access_grants_resource on public.access_grants (resource_type, resource_id);
create index idx_access_grants_active on public.access_grants (grantee_id, resource_type, resource_id)
  where revoked_at is null;

create trigger update_access_grants_updated_at before update on public.access_grants
  for each row execute function public.update_updated_at_column();

alter table public.access_grants enable row level security;

create policy "Grantors can view their grants" on public.access_grants
  for select using (auth.uid() = grantor_id);
create policy "Grantees can view their grants" on public.access_grants
  for select using (auth.uid() = grantee_id);
create policy "Grantors can create grants" on public.access_grants
  for insert with check (auth.uid() = grantor_id);
create policy "Grantors can revoke their grants" on public.access_grants
  for update using (auth.uid() = grantor_id) with check (auth.uid() = grantor_id);
create policy "Admins can view all grants" on public.access_grants
  for select to authenticated using (public.has_role(auth.uid(), 'admin'));

create function public.has_access(
  p_user_id uuid, p_resource_type text, p_resource_id uuid, p_permission text) returns boolean
  language sql stable security definer set search_path = public
as $$
  select exists (
    select from access_grants
    where grantee_id = p_user_id and resource_type = p_resource_type and resource_id = p_resource_id
      and permission = p_permission and revoked_at is null and (expires_at is null or expires_at > now()));
$$;

create function public.can_access_session(p_user_id uuid, p_session_id uuid) returns boolean
  language sql stable security definer set search_path = public
as $$
  select
    exists (
      select from session_schedules s left join practitioners p on p.id = s.practitioner_id
      where s.id = p_session_id and p_user_id in (s.client_id, p.user_id))
    or has_role(p_user_id, 'admin')
    or has_access(p_user_id, 'session', p_session_id, 'read');
$$;
