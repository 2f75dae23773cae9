-- What people write down about a session, and what a practitioner gives a client to do.

create table public.session_notes (
  id         uuid primary key default gen_random_uuid(),
  session_id uuid not null references public.session_schedules (id) on delete cascade,
  author_id  uuid not null,
  content    text not null,
  visibility text not null default 'private' check (visibility in ('private', 'shared')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create trigger update_session_notes_updated_at before update on public.session_notes
  for each row execute function public.update_updated_at_column();

alter table public.session_notes enable row level security;

create policy "Admins can manage all notes" on public.session_notes
  for all using (public.has_role(auth.uid(), 'admin'));
create policy "Authors can view their own notes" on public.session_notes
  for select using (auth.uid() = author_id);
create policy "Authors can update their own notes" on public.session_notes
  for update using (auth.uid() = author_id) with check (auth.uid() = author_id);
create policy "Authors can delete their own notes" on public.session_notes
  for delete using (auth.uid() = author_id);
create policy "Participants can create notes" on public.session_notes
  for insert with check (
    auth.uid() = author_id
    and exists (
      select from public.session_schedules s join public.practitioners p on p.id = s.practitioner_id
      where s.id = session_id and auth.uid() in (s.client_id, p.user_id)));
create policy "Participants can view shared notes" on public.session_notes
  for select using (
    visibility = 'shared'
    and exists (
      select from public.session_schedules s join public.practitioners p on p.id = s.practitioner_id
      where s.id = session_id and auth.uid() in (s.client_id, p.user_id)));


create table public.action_checklist (
  id              uuid primary key default gen_random_uuid(),
  client_id       uuid not null references auth.users (id) on delete cascade,
  practitioner_id uuid not null references auth.users (id) on delete cascade,
  title           text not null,
  description     text,
  completed       boolean not null default false,
  due_date        date,
  priority        integer not null default 0,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now()
);

create trigger update_action_checklist_updated_at before update on public.action_checklist
  for each row execute function public.update_updated_at_column();

alter table public.action_checklist enable row level security;

create policy "Clients can view their own checklist" on public.action_checklist
  for select using (auth.uid() = client_id);
create policy "Clients can update completion status only" on public.action_checklist
  for update using (auth.uid() = client_id) with check (auth.uid() = client_id);
create policy "Assigned practitioners can manage client checklists" on public.action_checklist
  for all to authenticated using (
    public.is_practitioner_of(auth.uid(), client_id) or public.has_role(auth.uid(), 'admin'));
