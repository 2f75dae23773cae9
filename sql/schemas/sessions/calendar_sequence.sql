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
