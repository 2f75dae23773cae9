-- Sessions keep the wall time they were booked for: the instant is what it comes to under today's rules.
--
-- A government that changes its clocks moves the instant of "Tuesday at ten", not the appointment. So the zone and the wall
-- time are stored beside the instant, and `private.rederive_sessions` moves what is still to come once the server knows
-- the new rules. `session_type_id` says what was booked; rows that the pages insert do not know it.

alter table public.session_schedules
  add column session_type_id uuid references public.session_types (id),
  add column time_zone       text,
  add column local_start     timestamp;
comment on column public.session_schedules.time_zone is 'The practitioner''s, when the session was booked or moved.';
comment on column public.session_schedules.local_start is 'scheduled_at on the clock in time_zone.';

create index session_schedules_session_type_id_idx on public.session_schedules (session_type_id);

create function private.keep_wall_time() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  select c.time_zone, new.scheduled_at at time zone c.time_zone into new.time_zone, new.local_start
    from public.practitioner_calendars c where c.practitioner_id = new.practitioner_id;
  return new;
end
$$;

-- Filled before the triggers exist: nobody changed these sessions, so neither the audit log nor updated_at says so.
alter table public.session_schedules disable trigger user;
update public.session_schedules s
   set time_zone = c.time_zone, local_start = s.scheduled_at at time zone c.time_zone
  from public.practitioner_calendars c where c.practitioner_id = s.practitioner_id;
alter table public.session_schedules enable trigger user;

alter table public.session_schedules alter column time_zone set not null, alter column local_start set not null;

revoke execute on function private.keep_wall_time from public, anon, authenticated, service_role;
