-- The time of sessions booked earlier. The one booked first gets it; sessions that are over reserve none, and one that
-- overlaps an earlier one gets none: `private.practitioner_time_conflicts` lists those.
--
-- Order matters: it stands before whatever changes old sessions. A change reserves time through the trigger, in the
-- order of the changes, and is refused where two overlap.

-- Nothing, unless the rules did not hold for a while since they first did.
delete from private.practitioner_time t where t.session_id is not null;
insert into private.practitioner_time (practitioner_id, during, session_id, occasion, location_kind)
select s.practitioner_id, private.add_buffers(s.scheduled_at, s.duration_minutes, c), s.id,
       private.get_occasion(s), s.session_location
  from public.session_schedules s join public.practitioner_calendars c on c.practitioner_id = s.practitioner_id
 where private.occupies_time(s) and s.duration_minutes > 0
   and s.scheduled_at + make_interval(mins => s.duration_minutes) > now()
 order by s.created_at, s.id
on conflict do nothing;
