-- Who did what to which row. Triggers copy whole rows; anyone may also write a line through log_audit_event.

create table public.audit_logs (
  id         uuid primary key default gen_random_uuid(),
  user_id    uuid references auth.users (id) on delete set null,
  action     text not null check (action in (
               'SELECT', 'INSERT', 'UPDATE', 'DELETE', 'VIEW', 'EXPORT', 'LOGIN', 'LOGOUT', 'ACCESS_DENIED')),
  table_name text not null,
  record_id  uuid,
  ip_address text,
  user_agent text,
  metadata   jsonb default '{}',
  created_at timestamptz not null default now()
);

create index idx_audit_logs_user_id on public.audit_logs (user_id);
create index idx_audit_logs_table_name on public.audit_logs (table_name);
create index idx_audit_logs_record_id on public.audit_logs (record_id) where record_id is not null;
create index idx_audit_logs_action on public.audit_logs (action);
create index idx_audit_logs_created_at on public.audit_logs (created_at desc);

alter table public.audit_logs enable row level security;

create policy "Only admins can view audit logs" on public.audit_logs
  for select to authenticated using (public.has_role(auth.uid(), 'admin'));

create function public.get_current_user_id() returns uuid
  language sql stable set search_path = public
as $$ select auth.uid(); $$;

create function public.get_client_ip() returns text
  language sql stable set search_path = public
as $$ select null::text; $$;

create function public.log_audit_event(
  p_user_id uuid, p_action text, p_table_name text, p_record_id uuid default null,
  p_ip_address text default null, p_user_agent text default null, p_metadata jsonb default '{}') returns void
  language plpgsql security definer set search_path = public
as $$
begin
  insert into audit_logs (user_id, action, table_name, record_id, ip_address, user_agent, metadata)
  values (p_user_id, p_action, p_table_name, p_record_id, p_ip_address, p_user_agent, p_metadata);
exception when others then
  raise warning 'audit line lost: %', sqlerrm;
end
$$;

create function public.audit_insert_trigger() returns trigger
  language plpgsql security definer set search_path = public
as $$
begin
  perform log_audit_event(
    get_current_user_id(), 'INSERT', tg_table_name, new.id, get_client_ip(), null,
    jsonb_build_object('operation', 'INSERT', 'table', tg_table_name, 'data', to_jsonb(new) - 'embedding'));
  return new;
end
$$;

create function public.audit_update_trigger() returns trigger
  language plpgsql security definer set search_path = public
as $$
begin
  perform log_audit_event(
    get_current_user_id(), 'UPDATE', tg_table_name, new.id, get_client_ip(), null,
    jsonb_build_object('operation', 'UPDATE', 'table', tg_table_name,
      'old_data', to_jsonb(old) - 'embedding', 'new_data', to_jsonb(new) - 'embedding'));
  return new;
end
$$;

create function public.audit_delete_trigger() returns trigger
  language plpgsql security definer set search_path = public
as $$
begin
  perform log_audit_event(
    get_current_user_id(), 'DELETE', tg_table_name, old.id, get_client_ip(), null,
    jsonb_build_object('operation', 'DELETE', 'table', tg_table_name, 'deleted_data', to_jsonb(old) - 'embedding'));
  return old;
end
$$;

-- Never fires: PostgreSQL has no select triggers.
create function public.audit_select_trigger() returns trigger
  language plpgsql security definer set search_path = public
as $$
begin
  return null;
end
$$;

create trigger audit_session_schedules_insert after insert on public.session_schedules
  for each row execute function public.audit_insert_trigger();
create trigger audit_session_schedules_update after update on public.session_schedules
  for each row execute function public.audit_update_trigger();
create trigger audit_session_schedules_delete after delete on public.session_schedules
  for each row execute function public.audit_delete_trigger();

create trigger audit_session_notes_insert after insert on public.session_notes
  for each row execute function public.audit_insert_trigger();
create trigger audit_session_notes_update after update on public.session_notes
  for each row execute function public.audit_update_trigger();
create trigger audit_session_notes_delete after delete on public.session_notes
  for each row execute function public.audit_delete_trigger();

create trigger audit_meditation_memories_insert after insert on public.meditation_memories
  for each row execute function public.audit_insert_trigger();
create trigger audit_meditation_memories_update after update on public.meditation_memories
  for each row execute function public.audit_update_trigger();
create trigger audit_meditation_memories_delete after delete on public.meditation_memories
  for each row execute function public.audit_delete_trigger();

create trigger audit_session_payments_insert after insert on public.session_payments
  for each row execute function public.audit_insert_trigger();
create trigger audit_session_payments_update after update on public.session_payments
  for each row execute function public.audit_update_trigger();
