-- Sessions and what is written about them.
--
--   scheduled -> in_progress -> completed        scheduled -> cancelled
--
-- People create a session as scheduled, and may then only annotate or cancel it; admins move it as they need. Credits,
-- seats and the practitioner's calendar come with the booking engine, which writes as the service and is not held here.

-- Sessions -----------------------------------------------------------------------------------------------------

drop policy "Admins can manage all sessions" on public.session_schedules;
drop policy "Admins can delete any sessions" on public.session_schedules;
drop policy "Clients can view their own sessions" on public.session_schedules;
drop policy "Clients can book sessions" on public.session_schedules;
drop policy "Clients can create their own sessions" on public.session_schedules;
drop policy "Clients can update their sessions" on public.session_schedules;
drop policy "Clients can cancel their sessions" on public.session_schedules;
drop policy "Practitioners can view assigned sessions" on public.session_schedules;
drop policy "Practitioners can view their assigned sessions" on public.session_schedules;
drop policy "Practitioners can create sessions for assigned clients" on public.session_schedules;
drop policy "Practitioners can update their sessions" on public.session_schedules;
drop policy "Practitioners can update their assigned sessions" on public.session_schedules;
drop policy "Practitioners can cancel their sessions" on public.session_schedules;

create index session_schedules_client_id_idx on public.session_schedules (client_id, scheduled_at);
create index session_schedules_practitioner_id_idx on public.session_schedules (practitioner_id, scheduled_at);

create policy "clients, practitioners and admins read sessions"
  on public.session_schedules for select to authenticated
  using (
    client_id = (select auth.uid())
    or practitioner_id = any (array(select private.my_practitioner_ids()))
    or (select private.is_admin()));
-- "Their clients": assigned or met before. Otherwise any id, given a session, would open a stranger's profile.
create policy "clients book, practitioners book their clients, admins anyone"
  on public.session_schedules for insert to authenticated
  with check (
    client_id = (select auth.uid())
    or (practitioner_id = any (array(select private.my_practitioner_ids()))
        and client_id in (select private.my_client_ids()))
    or (select private.is_admin()));
create policy "clients, practitioners and admins change sessions"
  on public.session_schedules for update to authenticated
  using (
    client_id = (select auth.uid())
    or practitioner_id = any (array(select private.my_practitioner_ids()))
    or (select private.is_admin()));
-- Clients and practitioners cancel instead: a deleted session takes its notes and payments with it.
create policy "admins delete sessions"
  on public.session_schedules for delete to authenticated using ((select private.is_admin()));

create function private.guard_session_schedules() returns trigger
  language plpgsql set search_path = ''
as $$
declare
  -- Everything else is closed, columns of later migrations included. What triggers fill in is not filled in yet.
  c_open constant text[] := array['status', 'notes', 'scheduled_at', 'cancelled_at', 'updated_at'];
begin
  if not private.is_person() or private.is_admin() then
    return new;
  end if;
  if tg_op = 'INSERT' then
    if new.status <> 'scheduled' then
      perform private.refuse(403, 'session_not_scheduled', 'A new session starts as scheduled.');
    end if;
    return new;
  end if;

  if to_jsonb(new) - c_open <> to_jsonb(old) - c_open
     or (new.scheduled_at <> old.scheduled_at and (new.status <> old.status or new.max_participants > 1)) then
    perform private.refuse(403, 'session_is_fixed', 'A booked session cannot be changed here.',
                           'Cancel it and book another one.');
  end if;
  if new.status <> old.status and (old.status, new.status) <> ('scheduled', 'cancelled') then
    perform private.refuse(409, 'session_not_cancellable', 'Only a scheduled session can be cancelled.');
  end if;
  return new;
end
$$;

revoke all on public.session_schedules from anon, authenticated, service_role;
grant select, delete on public.session_schedules to authenticated;
grant insert (practitioner_id, client_id, scheduled_at, duration_minutes, room_name, host_room_url, status, notes),
      update (scheduled_at, status, notes)
  on public.session_schedules to authenticated;
grant select, insert, update, delete on public.session_schedules to service_role;

-- Notes --------------------------------------------------------------------------------------------------------

drop policy "Admins can manage all notes" on public.session_notes;
drop policy "Authors can view their own notes" on public.session_notes;
drop policy "Authors can update their own notes" on public.session_notes;
drop policy "Authors can delete their own notes" on public.session_notes;
drop policy "Participants can create notes" on public.session_notes;
drop policy "Participants can view shared notes" on public.session_notes;

create index session_notes_session_id_idx on public.session_notes (session_id);
create index session_notes_author_id_idx on public.session_notes (author_id);

create policy "authors read their notes, participants shared ones, admins all"
  on public.session_notes for select to authenticated
  using (
    author_id = (select auth.uid())
    or (visibility = 'shared' and session_id in (select private.my_session_ids()))
    or (select private.is_admin()));
create policy "participants write notes under their own name"
  on public.session_notes for insert to authenticated
  with check (
    author_id = (select auth.uid())
    and (session_id in (select private.my_session_ids()) or (select private.is_admin())));
create policy "authors and admins edit notes"
  on public.session_notes for update to authenticated
  using (author_id = (select auth.uid()) or (select private.is_admin()));
create policy "authors and admins delete notes"
  on public.session_notes for delete to authenticated
  using (author_id = (select auth.uid()) or (select private.is_admin()));

revoke all on public.session_notes from anon, authenticated, service_role;
grant select, delete, insert (session_id, author_id, content, visibility), update (content, visibility)
  on public.session_notes to authenticated;
grant select, insert, update, delete on public.session_notes to service_role;

-- Checklist ----------------------------------------------------------------------------------------------------

drop policy "Clients can view their own checklist" on public.action_checklist;
drop policy "Clients can update completion status only" on public.action_checklist;
drop policy "Assigned practitioners can manage client checklists" on public.action_checklist;

create index action_checklist_client_id_idx on public.action_checklist (client_id);
create index action_checklist_practitioner_id_idx on public.action_checklist (practitioner_id);

create policy "clients, their practitioners and admins read checklists"
  on public.action_checklist for select to authenticated
  using (
    client_id = (select auth.uid())
    or client_id in (select private.my_client_ids())
    or (select private.is_admin()));
create policy "practitioners write checklists for their clients"
  on public.action_checklist for insert to authenticated
  with check (
    (practitioner_id = (select auth.uid()) and client_id in (select private.my_client_ids()))
    or (select private.is_admin()));
create policy "clients, their practitioners and admins change checklists"
  on public.action_checklist for update to authenticated
  using (
    client_id = (select auth.uid())
    or client_id in (select private.my_client_ids())
    or (select private.is_admin()));
create policy "practitioners and admins delete checklist lines"
  on public.action_checklist for delete to authenticated
  using (client_id in (select private.my_client_ids()) or (select private.is_admin()));

create function private.guard_action_checklist() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if private.is_person() and old.client_id = (select auth.uid())
     and to_jsonb(new) - array['completed', 'updated_at'] <> to_jsonb(old) - array['completed', 'updated_at'] then
    perform private.refuse(403, 'only_completion_is_yours', 'You can tick this off, but not rewrite it.');
  end if;
  return new;
end
$$;

create trigger action_checklist_guard before update on public.action_checklist
  for each row execute function private.guard_action_checklist();

revoke all on public.action_checklist from anon, authenticated, service_role;
grant select, delete on public.action_checklist to authenticated;
grant insert (client_id, practitioner_id, title, description, due_date, priority),
      update (title, description, completed, due_date, priority)
  on public.action_checklist to authenticated;
grant select, insert, update, delete on public.action_checklist to service_role;
