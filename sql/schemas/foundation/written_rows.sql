-- Rows that people write through the API itself: each counts as one, however many come in one request.
--
-- Every table that others than admins insert into is limited, unless its key says how many rows a person can have; of
-- those that people update, the ones that keep a line of every change. Inside a definer function the limit is that
-- function's own. The triggers of session_schedules stand with its others. Admins are not limited: a change of theirs
-- may be about everybody.

create function private.limit_written_rows() returns trigger
  language plpgsql set search_path = ''
as $$
declare
  v_rows integer;
begin
  select count(*) into v_rows from new_rows;
  if v_rows > 0 and not private.is_admin() then
    perform private.limit_use('rows written', (select auth.uid()), v_rows);
  end if;
  return null;
end
$$;
revoke execute on function private.limit_written_rows from public, anon, authenticated, service_role;

create trigger limit_inserted_rows after insert on public.access_grants
  referencing new table as new_rows
  for each statement when (private.is_api_caller()) execute function private.limit_written_rows();
create trigger limit_inserted_rows after insert on public.action_checklist
  referencing new table as new_rows
  for each statement when (private.is_api_caller()) execute function private.limit_written_rows();
create trigger limit_inserted_rows after insert on public.action_recommendations
  referencing new table as new_rows
  for each statement when (private.is_api_caller()) execute function private.limit_written_rows();
create trigger limit_inserted_rows after insert on public.action_templates
  referencing new table as new_rows
  for each statement when (private.is_api_caller()) execute function private.limit_written_rows();
create trigger limit_inserted_rows after insert on public.availability_exceptions
  referencing new table as new_rows
  for each statement when (private.is_api_caller()) execute function private.limit_written_rows();
create trigger limit_inserted_rows after insert on public.journal_entries
  referencing new table as new_rows
  for each statement when (private.is_api_caller()) execute function private.limit_written_rows();
create trigger limit_inserted_rows after insert on public.meditation_memories
  referencing new table as new_rows
  for each statement when (private.is_api_caller()) execute function private.limit_written_rows();
create trigger limit_inserted_rows after insert on public.practitioner_availability
  referencing new table as new_rows
  for each statement when (private.is_api_caller()) execute function private.limit_written_rows();
create trigger limit_inserted_rows after insert on public.practitioner_time_off
  referencing new table as new_rows
  for each statement when (private.is_api_caller()) execute function private.limit_written_rows();
create trigger limit_inserted_rows after insert on public.session_notes
  referencing new table as new_rows
  for each statement when (private.is_api_caller()) execute function private.limit_written_rows();
create trigger limit_inserted_rows after insert on public.user_consents
  referencing new table as new_rows
  for each statement when (private.is_api_caller()) execute function private.limit_written_rows();

create trigger limit_updated_rows after update on public.session_notes
  referencing new table as new_rows
  for each statement when (private.is_api_caller()) execute function private.limit_written_rows();
create trigger limit_updated_rows after update on public.user_consents
  referencing new table as new_rows
  for each statement when (private.is_api_caller()) execute function private.limit_written_rows();
