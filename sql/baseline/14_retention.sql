-- How long each kind of row is kept. Nothing acts on it yet.

create table public.data_retention_policies (
  id             uuid primary key default gen_random_uuid(),
  table_name     text not null unique,
  retention_days integer not null,
  auto_delete    boolean not null default false,
  description    text,
  created_at     timestamptz not null default now(),
  updated_at     timestamptz not null default now()
);

create index idx_data_retention_policies_table on public.data_retention_policies (table_name);

create trigger update_data_retention_policies_updated_at before update on public.data_retention_policies
  for each row execute function public.update_updated_at_column();

alter table public.data_retention_policies enable row level security;

create policy "Only admins can manage retention policies" on public.data_retention_policies
  for all to authenticated
  using (public.has_role(auth.uid(), 'admin')) with check (public.has_role(auth.uid(), 'admin'));

insert into public.data_retention_policies (table_name, retention_days, description) values
  ('session_schedules',   2555, 'Sessions, seven years'),
  ('meditation_memories', 2555, 'Memories, seven years'),
  ('session_payments',    2555, 'Payments, seven years'),
  ('session_notes',       2555, 'Notes, seven years'),
  ('audit_logs',          2555, 'Audit lines, seven years'),
  ('user_consents',       2555, 'Consents, seven years');

create function public.get_retention_policy(p_table_name text)
  returns table (retention_days integer, auto_delete boolean)
  language sql stable security definer set search_path = public
as $$
  select p.retention_days, p.auto_delete from data_retention_policies p where p.table_name = p_table_name;
$$;

-- Raises "created_at is ambiguous" as soon as a table has auto_delete: its own result column has that name.
create function public.get_expired_records(p_table_name text)
  returns table (record_id uuid, created_at timestamptz)
  language plpgsql security definer set search_path = public
as $$
declare
  v_days integer;
  v_auto boolean;
begin
  select p.retention_days, p.auto_delete into v_days, v_auto
  from data_retention_policies p where p.table_name = p_table_name;
  if not coalesce(v_auto, false) then
    return;
  end if;

  return query
    select e.id, created_at
    from (
      select id, created_at from session_schedules where p_table_name = 'session_schedules'
      union all
      select id, created_at from audit_logs where p_table_name = 'audit_logs'
    ) e
    where created_at < now() - make_interval(days => v_days);
end
$$;
