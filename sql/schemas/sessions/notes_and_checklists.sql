-- Session notes, and the action checklists that practitioners write for clients.
--
-- A note belongs to its author; the author and admins edit it. Everybody in the session reads a shared one.

-- The baseline's policies overlap and call auth.uid() again for every row. Here, one per table and command.
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

alter table public.session_notes
  add constraint session_notes_content_is_short check (char_length(content) <= 10000) not valid;

revoke all on public.session_notes from anon, authenticated, service_role;
grant select, delete, insert (session_id, author_id, content, visibility), update (content, visibility)
  on public.session_notes to authenticated;
grant select, insert, update, delete on public.session_notes to service_role;

-- The checklist, likewise.
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

alter table public.action_checklist
  add constraint action_checklist_title_is_short check (char_length(title) <= 500) not valid,
  add constraint action_checklist_description_is_short check (char_length(description) <= 10000) not valid,
  add constraint action_checklist_due_date_is_in_range check (due_date between '2000-01-01' and '2100-01-01') not valid,
  add constraint action_checklist_priority_is_in_range check (priority between -1000 and 1000) not valid;

revoke all on public.action_checklist from anon, authenticated, service_role;
grant select, delete on public.action_checklist to authenticated;
grant insert (client_id, practitioner_id, title, description, due_date, priority),
      update (title, description, completed, due_date, priority)
  on public.action_checklist to authenticated;
grant select, insert, update, delete on public.action_checklist to service_role;

-- Clients tick off, practitioners write: a policy cannot tell one column from another.
create function private.guard_action_checklist() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if private.is_api_caller() and old.client_id = (select auth.uid())
     and to_jsonb(new) - array['completed', 'updated_at'] <> to_jsonb(old) - array['completed', 'updated_at'] then
    perform private.refuse(403, 'only_completion_is_yours', 'You can tick this off, but not rewrite it.');
  end if;
  return new;
end
$$;

create trigger action_checklist_guard before update on public.action_checklist
  for each row execute function private.guard_action_checklist();
