-- Rederiving: after a change of the clock rules, sessions to come go back to the wall time they were booked for.
--
-- A job calls it. It finds nothing to do until the server's rules change, and then moves each session to the instant at
-- which the clock on the wall shows what it showed to whoever booked it. A session whose time is taken there stays where it
-- is, and is told about; private.practitioner_time_conflicts has those that have no time at all.

-- Definer: the service may neither lock calendars nor write practitioner time.
create function private.rederive_sessions()
  returns table (session_id uuid, was_at timestamptz, is_at timestamptz, moved boolean)
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_session record;
begin
  for v_session in
    select s.id, s.scheduled_at, s.local_start at time zone s.time_zone as meant_at
      from public.session_schedules s
     -- A seat moves with its class.
     where s.status = 'scheduled' and s.scheduled_at > now() and s.group_class_id is null
       and s.local_start at time zone s.time_zone <> s.scheduled_at
       -- The hour that comes twice has one wall time and two instants: there the instant decides.
       and s.scheduled_at at time zone s.time_zone <> s.local_start
     -- Whoever moves later makes room first from the far end, whoever moves earlier from the near one.
     order by s.practitioner_id,
              case when s.local_start at time zone s.time_zone > s.scheduled_at then -extract(epoch from s.scheduled_at)
                   else extract(epoch from s.scheduled_at) end
  loop
    session_id := v_session.id;
    was_at := v_session.scheduled_at;
    is_at := v_session.meant_at;
    begin
      update public.session_schedules s set scheduled_at = v_session.meant_at where s.id = v_session.id;
      moved := true;
    exception when sqlstate 'PT409' then
      moved := false;
    end;
    return next;
  end loop;

  -- Whoever was booked twice gets the time once the other has left it.
  insert into private.practitioner_time (practitioner_id, during, session_id, occasion, form)
  select s.practitioner_id,
         private.buffered(s.scheduled_at, s.duration_minutes, private.lock_calendar(s.practitioner_id)),
         s.id, private.occasion_of(s), s.session_location
    from public.session_schedules s
   where s.id in (select c.session_id from private.practitioner_time_conflicts c)
   order by s.created_at, s.id
  on conflict do nothing;
end
$$;
revoke execute on function private.rederive_sessions from public, anon, authenticated, service_role;
grant execute on function private.rederive_sessions to service_role;
