-- A class every week: an admin repeats one that there is, without the dates that are left out.
--
-- Each is a class like any other, at the same time by its practitioner's clock. Repeating again finds those that there
-- are: a series has one class on a date. Where the class is held online and in person at once, both are repeated, and
-- each two are linked like the first.

-- Definer of neither: the caller below is. Copied as the admin page writes a class, whose lists go by the note.
create function private.insert_class_copy(class public.session_schedules, scheduled_at timestamptz) returns uuid
  language sql volatile set search_path = ''
as $$
  insert into public.session_schedules
    (practitioner_id, client_id, scheduled_at, duration_minutes, max_participants, current_participants, session_type_id,
     session_location, physical_location, location_coordinates, class_name, status, notes, room_name)
  values
    ((class).practitioner_id, (class).client_id, insert_class_copy.scheduled_at, (class).duration_minutes,
     (class).max_participants, 0, (class).session_type_id, (class).session_location, (class).physical_location,
     (class).location_coordinates, (class).class_name, 'scheduled', 'Pre-scheduled group class created by admin',
     private.build_room_name('group', (class).practitioner_id, (class).client_id))
  returning id;
$$;

-- The series of a class; the first time, a new one with the class as its first.
create function private.get_class_series(class public.session_schedules, times integer) returns uuid
  language plpgsql volatile set search_path = ''
as $$
declare
  v_series uuid := (select l.series_id from public.session_series_sessions l where l.session_id = class.id);
begin
  if v_series is null then
    insert into public.session_series (client_id, practitioner_id, session_type_id, first_date, at_time, time_zone,
                                       sessions, session_location, physical_location)
    values (null, class.practitioner_id, class.session_type_id, class.local_start::date, class.local_start::time,
            class.time_zone, get_class_series.times + 1, class.session_location, class.physical_location)
    returning id into v_series;
    insert into public.session_series_sessions (session_id, series_id, on_date)
    values (class.id, v_series, class.local_start::date);
  end if;
  return v_series;
end
$$;

-- Definer: people may not write a series.
create function private.repeat_class(class_id uuid, times integer, left_out date[], only_possible boolean)
  returns setof private.series_date
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_class  public.session_schedules;
  v_other  public.session_schedules;
  v_series uuid;
  v_copy   uuid;
  v_date   private.series_date;
  v_dates  private.series_date[] := '{}';
  v_new    uuid[] := '{}';
begin
  if not private.is_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins repeat classes.');
  elsif repeat_class.times is null or repeat_class.times not between 1 and 51 then
    perform private.refuse(422, 'times_not_possible', 'times: should be at least 1, and at most 51.');
  elsif coalesce(cardinality(left_out), 0) > 52 then
    perform private.refuse(422, 'dates_not_possible', 'left_out: should name at most 52 dates.');
  end if;
  select * into v_class from public.session_schedules s
   where s.id = repeat_class.class_id and private.is_class(s) and s.status <> 'cancelled' for update;
  if not found then
    perform private.refuse(404, 'class_not_found', 'There is no such class.');
  end if;
  select * into v_other from public.session_schedules s
   where s.id = v_class.correlated_session_id and s.correlated_session_id = v_class.id and s.status <> 'cancelled'
     and s.scheduled_at = v_class.scheduled_at;
  perform private.lock_calendars(v_class.practitioner_id, null);
  perform private.tell_together(true);
  v_series := private.get_class_series(v_class, repeat_class.times);

  for n in 1 .. repeat_class.times loop
    v_date := null;
    v_date.alternatives := '{}';
    v_date.on_date := v_class.local_start::date + 7 * n;
    continue when v_date.on_date = any (coalesce(left_out, '{}'));
    v_date.starts_at := (v_class.local_start + make_interval(weeks => n)) at time zone v_class.time_zone;
    v_date.ends_at := v_date.starts_at + make_interval(mins => v_class.duration_minutes);
    select l.session_id into v_date.session_id from public.session_series_sessions l
     where l.series_id = v_series and l.on_date = v_date.on_date;
    if v_date.session_id is null and v_date.starts_at <= now() then
      v_date.reason := 'slot_in_past';
      v_date.sentence := 'This time has passed.';
    elsif v_date.session_id is null then
      begin
        v_date.session_id := private.insert_class_copy(v_class, v_date.starts_at);
        insert into public.session_series_sessions (session_id, series_id, on_date)
        values (v_date.session_id, v_series, v_date.on_date);
        if v_other.id is not null then
          v_copy := private.insert_class_copy(v_other, v_date.starts_at);
          update public.session_schedules s
             set correlated_session_id = case s.id when v_copy then v_date.session_id else v_copy end
           where s.id in (v_copy, v_date.session_id);
        end if;
        v_new := v_new || v_date.session_id;
      exception when sqlstate 'PT409' then
        get stacked diagnostics v_date.reason = pg_exception_detail, v_date.sentence = message_text;
        v_date.session_id := null;
      end;
    end if;
    v_dates := v_dates || v_date;
  end loop;
  perform private.tell_together(false);

  perform private.refuse_incomplete_series(v_dates, case when only_possible then 'possible' else 'all' end, 'made');
  if cardinality(v_new) > 0 then
    perform private.publish_event('series_booked', null, v_new[1], jsonb_build_object(
      'series_id', v_series, 'practitioner_id', v_class.practitioner_id, 'session_ids', to_jsonb(v_new)));
  end if;
  return query select * from unnest(v_dates) d order by d.on_date;
end
$$;

create function public.repeat_class(
  class_id uuid, times integer, left_out date[] default '{}', only_possible boolean default false)
  returns setof private.series_date
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.repeat_class(repeat_class.class_id, repeat_class.times, repeat_class.left_out,
                                     repeat_class.only_possible);
$$;
comment on function public.repeat_class is
  'For admins: makes a class again in each of the following weeks, without the dates left out: all of them or none; with only_possible, those that can be.';

revoke execute on function private.insert_class_copy, private.get_class_series, private.repeat_class, public.repeat_class
  from public, anon, authenticated, service_role;
grant execute on function private.repeat_class, public.repeat_class to authenticated;
