-- Sessions: one client, one practitioner, one time, one room.
--
--   scheduled -> in_progress -> completed        scheduled -> cancelled
--
-- Nothing here enforces the arrows, the price of a session, or that a practitioner is in one place at a time.

create table public.session_schedules (
  id               uuid primary key default gen_random_uuid(),
  practitioner_id  uuid not null references public.practitioners (id) on delete cascade,
  client_id        uuid not null references auth.users (id) on delete cascade,
  scheduled_at     timestamptz not null,
  duration_minutes integer not null default 60,
  room_name        text not null unique,
  status           text not null default 'scheduled'
                   check (status in ('scheduled', 'in_progress', 'completed', 'cancelled')),
  notes            text,
  created_at       timestamptz not null default now(),
  updated_at       timestamptz not null default now(),
  host_room_url    text
);
comment on column public.session_schedules.notes is 'Deprecated: use session_notes.';

create trigger update_session_schedules_updated_at before update on public.session_schedules
  for each row execute function public.update_updated_at_column();

alter table public.session_schedules enable row level security;

create policy "Admins can manage all sessions" on public.session_schedules
  for all to authenticated
  using (public.has_role(auth.uid(), 'admin')) with check (public.has_role(auth.uid(), 'admin'));
create policy "Admins can delete any sessions" on public.session_schedules
  for delete using (public.has_role(auth.uid(), 'admin'));

create policy "Clients can view their own sessions" on public.session_schedules
  for select to authenticated using (auth.uid() = client_id);
create policy "Clients can book sessions" on public.session_schedules
  for insert with check (auth.uid() = client_id);
create policy "Clients can create their own sessions" on public.session_schedules
  for insert to authenticated with check (auth.uid() = client_id);
create policy "Clients can update their sessions" on public.session_schedules
  for update using (auth.uid() = client_id);
create policy "Clients can cancel their sessions" on public.session_schedules
  for delete using (auth.uid() = client_id and status = 'scheduled');

create policy "Practitioners can view assigned sessions" on public.session_schedules
  for select using (
    exists (select from public.practitioners p where p.id = practitioner_id and p.user_id = auth.uid()));
create policy "Practitioners can view their assigned sessions" on public.session_schedules
  for select to authenticated using (
    exists (select from public.practitioners p where p.id = practitioner_id and p.user_id = auth.uid()));
create policy "Practitioners can create sessions for assigned clients" on public.session_schedules
  for insert to authenticated with check (
    exists (select from public.practitioners p where p.id = practitioner_id and p.user_id = auth.uid()));
create policy "Practitioners can update their sessions" on public.session_schedules
  for update using (
    exists (select from public.practitioners p where p.id = practitioner_id and p.user_id = auth.uid()));
create policy "Practitioners can update their assigned sessions" on public.session_schedules
  for update to authenticated
  using (exists (select from public.practitioners p where p.id = practitioner_id and p.user_id = auth.uid()))
  with check (exists (select from public.practitioners p where p.id = practitioner_id and p.user_id = auth.uid()));
create policy "Practitioners can cancel their sessions" on public.session_schedules
  for delete using (
    status = 'scheduled'
    and exists (select from public.practitioners p where p.id = practitioner_id and p.user_id = auth.uid()));
