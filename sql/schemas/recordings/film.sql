-- The film of a recording: the files of its takes as one timeline, what is known of the session, and chapters.
--
-- Takes follow each other on the timeline, as long as each plays. What plays at the same time, the people of an
-- individual recording, are lanes of it: each the same length, one shown at a time. How long the parts of a lane are
-- within a take is in no index; where there are several, they share the take's length by their size.

-- The parts in playing order: what the number in an address counts. A slice is no part: its playlist is.
create function private.list_film_parts(recording_id uuid)
  returns table (number bigint, file_id uuid, kind text, lane text, take integer, starts_at numeric, seconds numeric)
  language sql stable set search_path = ''
as $$
  with takes as (
    select t.id, t.number, t.duration_seconds,
           sum(t.duration_seconds) over (order by t.number) - t.duration_seconds as starts_at
      from private.recording_takes t
     where t.recording_id = list_film_parts.recording_id and t.status = 'completed'
  ), parts as (
    select row_number() over (order by t.number, f.position) as number, f.id, f.kind, t.number as take, f.position,
           coalesce(substring(f.storage_path from '__uid_s_(.+?)__uid_e(?:_(?:audio|video))?'), '') as person,
           substring(f.storage_path from '__uid_e_(audio|video)') as track,
           t.starts_at, t.duration_seconds, greatest(f.size_bytes, 1)::numeric as size
      from takes t join private.recording_files f on f.take_id = t.id
     where f.kind in ('mp4', 'playlist', 'webm')
  ), shares as (
    select p.*, p.duration_seconds * p.size / sum(p.size) over lane as seconds,
           p.duration_seconds * (sum(p.size) over (lane order by p.position) - p.size) / sum(p.size) over lane as into_take
      from parts p
    window lane as (partition by p.take, p.person, p.track)
  )
  select s.number, s.id, s.kind, concat_ws(' ', nullif(s.person, ''), s.track), s.take,
         round(s.starts_at + s.into_take, 3), round(s.seconds, 3)
    from shares s order by s.number;
$$;

-- Where takes begin, and who came and left during them. Of the first and last seconds of a take nothing is said: all
-- come and go then. In individual recordings everybody's picture begins when they do, so a time of the session is
-- another one in each.
create function private.list_film_chapters(recording public.session_recordings, names_client boolean)
  returns table (at numeric, kind text, who text)
  language sql stable set search_path = ''
as $$
  with session as (
    select s as own, coalesce(class, s) as led
      from public.session_schedules s left join public.session_schedules class on class.id = s.group_class_id
     where s.id = (recording).session_id
  ), takes as (
    select t.mode, t.duration_seconds, coalesce(t.media_started_at, t.started_at) as began,
           sum(t.duration_seconds) over (order by t.number) - t.duration_seconds as starts_at,
           row_number() over (order by t.number) as place
      from private.recording_takes t
     where t.recording_id = coalesce((recording).class_recording_id, (recording).id) and t.status = 'completed'
  ), moments as (
    select a.user_id, e.kind, e.moment
      from session s
      join public.session_attendance a on a.source = 'agora'
       and a.session_id in (select (s.led).id union all
                            select seat.id from public.session_schedules seat where seat.group_class_id = (s.led).id)
     cross join lateral unnest(a.intervals) i
     cross join lateral (values ('joined', lower(i)), ('left', upper(i))) e (kind, moment)
  )
  select t.starts_at::numeric, case t.place when 1 then 'begins' else 'goes_on' end, null
    from takes t
  union all
  (select round(t.starts_at + extract(epoch from m.moment - t.began), 1) as at, m.kind,
          case when m.user_id = private.get_session_host(s.led)
                 then (select p.name from public.practitioners p where p.id = (s.led).practitioner_id)
               when names_client and m.user_id = (s.own).client_id
                 then (select f.full_name from public.profiles f where f.id = m.user_id) end
     from session s cross join moments m
     join takes t on t.mode = 'mix'
      and m.moment between t.began + interval '5 seconds' and t.began + make_interval(secs => t.duration_seconds - 5)
    order by 1 limit 200)
   order by 1;
$$;

-- Definer: names the practitioner and, to those who were there, the client, whose rows the service may not read.
create function private.describe_film(recording public.session_recordings, names_client boolean) returns jsonb
  language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object(
    'name', coalesce(s.class_name, t.name),
    'held_at', s.scheduled_at,
    'time_zone', coalesce(s.time_zone, c.time_zone, 'America/Toronto'),
    'practitioner_name', p.name,
    'client_name', case when names_client then f.full_name end,
    'is_class', private.is_class(s) or s.group_class_id is not null,
    'seconds', (recording).duration_seconds,
    'parts', (select coalesce(jsonb_agg(jsonb_build_object('kind', x.kind, 'lane', x.lane, 'starts_at', x.starts_at,
                                                           'seconds', x.seconds) order by x.number), '[]')
                from private.list_film_parts(coalesce((recording).class_recording_id, (recording).id)) x),
    'chapters', (select coalesce(jsonb_agg(x order by x.at), '[]')
                   from private.list_film_chapters(recording, names_client) x),
    -- All of it in one, to download, once it is joined.
    'joined_bytes', (select j.size_bytes
                       from private.find_joined_file(coalesce((recording).class_recording_id, (recording).id)) j))
    from public.session_schedules s
    left join public.session_types t on t.id = s.session_type_id
    left join public.practitioners p on p.id = s.practitioner_id
    left join public.practitioner_calendars c on c.practitioner_id = p.id
    left join public.profiles f on f.id = s.client_id and not private.is_class(s)
   where s.id = (recording).session_id;
$$;

revoke execute on function private.list_film_parts, private.list_film_chapters, private.describe_film
  from public, anon, authenticated, service_role;
grant execute on function private.list_film_parts, private.describe_film to service_role;
