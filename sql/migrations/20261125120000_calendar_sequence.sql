-- A session is one event in people's calendars for life: its id is the event's, and each change of it counts.
--
-- A calendar keeps the version with the highest number, in whatever order invitations arrive. So the number is raised in
-- the transaction of the change, and never counted from messages.

alter table public.session_schedules add column calendar_sequence integer not null default 0;
comment on column public.session_schedules.calendar_sequence is 'How often it has changed in a way that calendars show.';

create function private.raise_calendar_sequence() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  new.calendar_sequence := old.calendar_sequence + 1;
  return new;
end
$$;
revoke execute on function private.raise_calendar_sequence from public, anon, authenticated, service_role;

create trigger session_schedules_44_raise_calendar_sequence before update on public.session_schedules
  for each row when (
    (new.scheduled_at, new.duration_minutes, new.practitioner_id, new.session_location, new.physical_location, new.class_name,
     new.status = 'cancelled')
    is distinct from
    (old.scheduled_at, old.duration_minutes, old.practitioner_id, old.session_location, old.physical_location, old.class_name,
     old.status = 'cancelled'))
  execute function private.raise_calendar_sequence();
