-- Time off over sessions that people hold: what is free is taken at once, and whoever holds the rest is asked.
--
-- Nobody's session is moved or cancelled by their practitioner's wish to be away. Each client gets one mail with all of
-- their sessions in that time, and a way to move or cancel each, free of charge; who does nothing keeps them. Whatever
-- time is freed so becomes time off in the same moment, before anybody else can book it. About a class no client is
-- asked: who has a seat in it did not choose its time. Its practitioner and the admins are told (collisions.sql), and
-- its time is off too once it is moved, given away or cancelled.

-- Asks the clients of one-to-one sessions within a time, those that were not asked about it already; tells of classes.
create function private.ask_about_time_off(
  practitioner_id uuid, starts_at timestamptz, ends_at timestamptz, because text)
  returns uuid[]
  language plpgsql volatile set search_path = ''
as $$
#variable_conflict use_column
declare
  v_asked uuid[];
begin
  with asked as (
    insert into private.time_off_questions as q (session_id, practitioner_id, starts_at, ends_at)
    select s.id, s.practitioner_id, ask_about_time_off.starts_at, ask_about_time_off.ends_at
      from public.session_schedules s
     where s.practitioner_id = ask_about_time_off.practitioner_id and s.status = 'scheduled' and s.scheduled_at > now()
       and s.group_class_id is null
       and s.scheduled_at > ask_about_time_off.starts_at - interval '1 day' and s.scheduled_at < ask_about_time_off.ends_at
       and tstzrange(ask_about_time_off.starts_at, ask_about_time_off.ends_at) && private.get_time_range(s)
    on conflict (session_id) do update
      set practitioner_id = excluded.practitioner_id, asked_at = now(),
          starts_at = case when q.practitioner_id = excluded.practitioner_id then least(q.starts_at, excluded.starts_at)
                           else excluded.starts_at end,
          ends_at = case when q.practitioner_id = excluded.practitioner_id then greatest(q.ends_at, excluded.ends_at)
                         else excluded.ends_at end
      where q.practitioner_id <> excluded.practitioner_id
         or not tstzrange(q.starts_at, q.ends_at) @> tstzrange(excluded.starts_at, excluded.ends_at)
    returning q.session_id
  )
  select array_agg(a.session_id) into v_asked
    from asked a join public.session_schedules s on s.id = a.session_id where not private.is_class(s);

  perform private.publish_event('time_off_wanted', s.client_id, min(s.id::text)::uuid, jsonb_build_object(
            'practitioner_id', s.practitioner_id, 'session_ids', jsonb_agg(s.id order by s.scheduled_at)))
     from public.session_schedules s where s.id = any (v_asked) group by s.client_id, s.practitioner_id;
  perform private.note_collisions(ask_about_time_off.practitioner_id, ask_about_time_off.because,
                                  tstzmultirange(tstzrange(ask_about_time_off.starts_at, ask_about_time_off.ends_at)));
  return coalesce(v_asked, '{}');
end
$$;

-- Definer: it reads what clients hold, and writes practitioner time.
create function private.take_time_off(practitioner_id uuid, starts_at timestamptz, ends_at timestamptz, reason text)
  returns table (time_off_ids uuid[], asked_session_ids uuid[], kept_class_ids uuid[])
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_wanted tstzrange;
  v_taken  tstzmultirange;
begin
  if take_time_off.practitioner_id is null then
    take_time_off.practitioner_id := (select min(p::text)::uuid from private.my_practitioner_ids() p);
  end if;
  if take_time_off.practitioner_id is null
     or not (take_time_off.practitioner_id in (select private.my_practitioner_ids()) or private.is_admin()) then
    perform private.refuse(403, 'not_your_calendar', 'Only practitioners take time off, each their own.');
  elsif take_time_off.starts_at is null or take_time_off.ends_at is null
        or take_time_off.ends_at <= greatest(take_time_off.starts_at, now())
        or take_time_off.ends_at > take_time_off.starts_at + interval '366 days'
        or take_time_off.ends_at > now() + interval '1830 days' then
    perform private.refuse(422, 'time_not_possible', 'ends_at: should be after starts_at, still to come, and at most a year later.');
  end if;
  perform private.refuse_long_text('reason', take_time_off.reason, 500);
  perform private.limit_use('time off taken', auth.uid());
  v_wanted := tstzrange(greatest(take_time_off.starts_at, now()), take_time_off.ends_at);
  perform private.lock_calendar(take_time_off.practitioner_id);
  perform private.release_lapsed_holds(take_time_off.practitioner_id, v_wanted);
  select coalesce(range_agg(t.during), '{}') into v_taken
    from private.practitioner_time t where t.practitioner_id = take_time_off.practitioner_id and t.during && v_wanted;
  with added as (
    insert into public.practitioner_time_off (practitioner_id, starts_at, ends_at, reason)
    select take_time_off.practitioner_id, lower(free), upper(free), take_time_off.reason
      from unnest(tstzmultirange(v_wanted) - v_taken) free
    returning id
  )
  select coalesce(array_agg(a.id), '{}') into time_off_ids from added a;
  asked_session_ids := private.ask_about_time_off(take_time_off.practitioner_id, lower(v_wanted), upper(v_wanted),
                                                  'time_off');
  kept_class_ids := array(
    select t.session_id from private.practitioner_time t join public.session_schedules s on s.id = t.session_id
     where t.practitioner_id = take_time_off.practitioner_id and t.during && v_wanted and private.is_class(s)
     order by s.scheduled_at);
  return next;
end
$$;

create function public.take_time_off(
  starts_at timestamptz, ends_at timestamptz, reason text default null, practitioner_id uuid default null)
  returns table (time_off_ids uuid[], asked_session_ids uuid[], kept_class_ids uuid[])
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.take_time_off(take_time_off.practitioner_id, take_time_off.starts_at, take_time_off.ends_at,
                                      take_time_off.reason);
$$;
comment on function public.take_time_off is
  'For practitioners: what is free becomes time off; the clients of sessions in it are asked by mail to move, cancel or keep them.';

-- The time that a session frees, about which was asked, is time off from then on: without what it takes itself.
create function private.take_wished_time(
  session_id uuid, practitioner_id uuid, freed tstzrange, still_taken tstzmultirange) returns void
  language plpgsql volatile set search_path = ''
as $$
begin
  insert into public.practitioner_time_off (practitioner_id, starts_at, ends_at)
  select q.practitioner_id, lower(piece), upper(piece)
    from private.time_off_questions q
    join public.practitioners p on p.id = q.practitioner_id  -- not where they are being deleted themselves
   cross join lateral unnest(
     tstzmultirange(freed * tstzrange(greatest(q.starts_at, now()), greatest(q.ends_at, now()))) - still_taken) piece
   where q.session_id = take_wished_time.session_id and q.practitioner_id = take_wished_time.practitioner_id;
exception when sqlstate 'PT409' then
  return;  -- somebody else has it already: that is no reason to keep a client from leaving
end
$$;

-- A class that moves gives all of its time back before it takes the new one: what that will be is read of its row.
-- Definer: whoever moves or cancels the session may not write its practitioner's time off.
create function private.take_freed_time_off() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.take_wished_time(old.session_id, old.practitioner_id, old.during, coalesce((
    select tstzmultirange(private.add_buffers(s.scheduled_at, s.duration_minutes, c))
      from public.session_schedules s join public.practitioner_calendars c on c.practitioner_id = s.practitioner_id
     where s.id = old.session_id and s.practitioner_id = old.practitioner_id and private.occupies_time(s)), '{}'));
  return null;
end
$$;

create trigger practitioner_time_take_freed_time_off after delete or update of during, practitioner_id
  on private.practitioner_time
  for each row when (old.session_id is not null) execute function private.take_freed_time_off();

-- Of one that is deleted the question goes with it, and its time may go after that: so before. Definer: as above.
create function private.take_time_off_of_deleted() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  v_freed tstzrange;
begin
  delete from private.practitioner_time t where t.session_id = old.id returning t.during into v_freed;
  perform private.take_wished_time(old.id, old.practitioner_id, v_freed, '{}');
  return old;
end
$$;

-- Closed hours are time off too: they leave the sessions within them as they are, so their clients are asked.
create function private.ask_about_exceptions(exception_ids uuid[]) returns void
  language plpgsql volatile set search_path = ''
as $$
begin
  perform private.ask_about_time_off(closed.practitioner_id, closed.starts_at, closed.ends_at, 'closed_hours')
     from (select e.practitioner_id, (e.on_date + e.start_time) at time zone c.time_zone as starts_at,
                  (e.on_date + e.end_time) at time zone c.time_zone as ends_at
             from public.availability_exceptions e
             join public.practitioner_calendars c on c.practitioner_id = e.practitioner_id
            where e.id = any (exception_ids) and not e.is_open and e.on_date between current_date - 1 and current_date + 1830) closed
    where closed.starts_at < closed.ends_at;
end
$$;

-- Also when others are closed than before; another reason for the same asks nobody again.
-- Definer: whoever closes their hours may not read what clients hold.
create function private.ask_about_closed_hours() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  if tg_op = 'INSERT' then
    perform private.ask_about_exceptions(array(select e.id from new_rows e));
  else
    perform private.ask_about_exceptions(array(
      select e.id from new_rows e join old_rows o on o.id = e.id
       where (o.on_date, o.start_time, o.end_time, o.is_open) <> (e.on_date, e.start_time, e.end_time, e.is_open)));
  end if;
  return null;
end
$$;

create trigger availability_exceptions_ask_about_closed_hours after insert on public.availability_exceptions
  referencing new table as new_rows
  for each statement execute function private.ask_about_closed_hours();
create trigger availability_exceptions_ask_about_changed_hours after update on public.availability_exceptions
  referencing old table as old_rows new table as new_rows
  for each statement execute function private.ask_about_closed_hours();

revoke execute on function private.ask_about_time_off, private.take_time_off, public.take_time_off,
  private.take_wished_time, private.take_freed_time_off, private.take_time_off_of_deleted,
  private.ask_about_exceptions, private.ask_about_closed_hours from public, anon, authenticated, service_role;
grant execute on function private.take_time_off, public.take_time_off to authenticated;
