-- Wall time: a session stays at the local time it was booked for; its instant follows from today's clock rules.
--
-- A government that changes its clock rules moves the instant of "Tuesday at ten", not the appointment. So the zone and
-- the local time are stored beside the instant, and `private.recompute_session_starts` moves what is still to come once
-- the server knows the new rules.

create function private.set_wall_time() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  select c.time_zone, new.scheduled_at at time zone c.time_zone into new.time_zone, new.local_start
    from public.practitioner_calendars c where c.practitioner_id = new.practitioner_id;
  return new;
end
$$;

-- Older sessions, here and not in the backfill, because the columns are not null from here on. Nobody changed these
-- sessions, so no trigger fires: neither the audit log nor updated_at is to show a change.
alter table public.session_schedules disable trigger user;
update public.session_schedules s
   set time_zone = c.time_zone, local_start = s.scheduled_at at time zone c.time_zone
  from public.practitioner_calendars c
 where c.practitioner_id = s.practitioner_id
   and (s.time_zone, s.local_start) is distinct from (c.time_zone, s.scheduled_at at time zone c.time_zone);
alter table public.session_schedules enable trigger user;

alter table public.session_schedules alter column time_zone set not null, alter column local_start set not null;

-- Here and not beside the columns: an older row beyond them would have stopped the update above.
alter table public.session_schedules
  add constraint session_schedules_scheduled_at_is_in_range check (
    scheduled_at between '2000-01-01' and '2100-01-01') not valid,
  add constraint session_schedules_duration_minutes_is_in_range check (duration_minutes between 1 and 1440) not valid,
  add constraint session_schedules_room_name_is_short check (char_length(room_name) <= 255) not valid,
  add constraint session_schedules_notes_is_short check (char_length(notes) <= 10000) not valid,
  add constraint session_schedules_host_room_url_is_short check (char_length(host_room_url) <= 2000) not valid,
  add constraint session_schedules_class_name_is_short check (char_length(class_name) <= 200) not valid,
  add constraint session_schedules_physical_location_is_short check (char_length(physical_location) <= 500) not valid,
  add constraint session_schedules_cancelled_at_is_in_range check (
    cancelled_at between '2000-01-01' and '2100-01-01') not valid,
  add constraint session_schedules_time_zone_is_short check (char_length(time_zone) <= 100) not valid,
  add constraint session_schedules_local_start_is_in_range check (
    local_start between '2000-01-01' and '2100-01-01') not valid;

-- What changes by time alone: credits that expire, or are about to, and the instants of sessions when clock rules have
-- changed. A batch of each, after the session that the last batch ended with.
create function public.reconcile_bookings(
  after_start timestamptz default null, after_id uuid default null, max_rows integer default 200)
  returns table (lots_expired integer, lots_ending integer, sessions_moved integer, sessions_stuck integer, next_start timestamptz,
                 next_id uuid, is_done boolean)
  language plpgsql volatile security invoker set search_path = ''
as $$
declare
  v_rows    integer;
  v_untried integer;
begin
  lots_expired := private.expire_credits(reconcile_bookings.max_rows);
  lots_ending := private.tell_ending_credits(reconcile_bookings.max_rows);
  with batch as materialized (
    select * from private.recompute_session_starts(
      reconcile_bookings.after_start, reconcile_bookings.after_id, reconcile_bookings.max_rows))
  select count(*), count(*) filter (where b.moved is null), count(*) filter (where b.moved),
         count(*) filter (where not b.moved),
         (array_agg(b.previous_start order by b.previous_start desc, b.session_id desc))[1],
         (array_agg(b.session_id order by b.previous_start desc, b.session_id desc))[1]
    into v_rows, v_untried, sessions_moved, sessions_stuck, next_start, next_id from batch b;
  if v_untried > 0 or v_rows = 0 then  -- there was no time: the same again; or the end, while credits still expire
    next_start := reconcile_bookings.after_start;
    next_id := reconcile_bookings.after_id;
  end if;
  is_done := v_rows < reconcile_bookings.max_rows and v_untried = 0 and lots_expired + lots_ending = 0;
  return next;
end
$$;
comment on function public.reconcile_bookings is
  'For the scheduler, batch by batch. Stuck is a session whose new time is taken: somebody has to reschedule it.';

revoke execute on function private.set_wall_time, public.reconcile_bookings from public, anon, authenticated,
  service_role;
grant execute on function public.reconcile_bookings to service_role;
