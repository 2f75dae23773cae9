-- Collisions: what somebody is to lead at a time at which they are away, and which nobody who booked it is asked about.
--
--   time_off        a class in time off that its practitioner took later (time_off.sql)
--   closed_hours    a class in hours that were closed later
--   other_calendar  a class or a session in a time that another calendar of theirs has (calendars/busy_times.sql)
--
-- Nobody in a class chose its time, and an entry of another calendar may be anything, so neither is a question to
-- clients. Whoever leads it is told once, with a link to each, by which they move it, ask for a substitute, or say that
-- they lead it after all; of classes the admins as well, with a link to who else could. Of a class it is a matter too
-- (foundation/matters.sql). Whoever booked hears of it when it is decided: then it was moved, given away or cancelled.
--
-- Here stands only what was told. Whether it is so still is looked up: it is over when the class or the time off is
-- another, or its practitioner has said that they lead it.

create table private.session_collisions (
  session_id      uuid        not null references public.session_schedules (id) on delete cascade,
  because         text        not null check (because in ('time_off', 'closed_hours', 'other_calendar')),
  practitioner_id uuid        not null references public.practitioners (id) on delete cascade,
  scheduled_at    timestamptz not null,
  noticed_at      timestamptz not null default now(),
  led_anyway_at   timestamptz,

  constraint session_collisions_pkey primary key (session_id, because),
  constraint session_collisions_scheduled_at_is_in_range check (scheduled_at between '2000-01-01' and '2100-01-01')
);
comment on table private.session_collisions is
  'Sessions and classes whose practitioner is away then, as they were told of it.';
comment on column private.session_collisions.practitioner_id is 'Who led it then: given to somebody else, it is over.';
comment on column private.session_collisions.scheduled_at is 'When it was to begin. Moved to where it collides again, it is told again.';
comment on column private.session_collisions.led_anyway_at is 'When its practitioner said that they lead it after all.';

create index session_collisions_practitioner_id_idx on private.session_collisions (practitioner_id);

alter table private.session_collisions enable row level security;
-- No grant and no policy: the functions below are the only way.

-- What somebody is to lead within a time: classes, and of another calendar's time one-to-one sessions as well.
create function private.list_sessions_in_the_way(practitioner_id uuid, because text, during tstzmultirange)
  returns setof public.session_schedules
  language sql stable set search_path = ''
as $$
  select s.* from public.session_schedules s
   where s.practitioner_id = list_sessions_in_the_way.practitioner_id and s.status = 'scheduled'
     and s.group_class_id is null and (private.is_class(s) or list_sessions_in_the_way.because = 'other_calendar')
     and s.scheduled_at > greatest(now(), lower(during) - interval '1 day') and s.scheduled_at < upper(during)
     and private.get_time_range(s) && during;
$$;

-- Whether it is so still.
create function private.is_colliding(collision private.session_collisions) returns boolean
  language sql stable set search_path = ''
as $$
  select collision.led_anyway_at is null and exists (
    select from public.session_schedules s
     where s.id = collision.session_id and s.status = 'scheduled' and s.scheduled_at > now()
       and s.practitioner_id = collision.practitioner_id
       and case collision.because
         when 'time_off' then private.is_asked_about(s)
         when 'closed_hours' then exists (
           select from public.availability_exceptions e
            cross join lateral (values ((e.on_date + e.start_time) at time zone s.time_zone,
                                        (e.on_date + e.end_time) at time zone s.time_zone)) wall (starts_at, ends_at)
            where e.practitioner_id = s.practitioner_id and not e.is_open
              and e.on_date between (s.local_start - interval '1 day')::date and (s.local_start + interval '1 day')::date
              -- Hours that begin in the hour the clocks skip can end before they begin: then there are none.
              and tstzrange(least(wall.starts_at, wall.ends_at), wall.ends_at) && private.get_time_range(s))
         else private.get_busy_times(s.practitioner_id, private.get_time_range(s)) && private.get_time_range(s) end);
$$;

-- Tells it of what it was not told of yet: one mail to whoever leads them, and one to each admin about the classes.
create function private.note_collisions(practitioner_id uuid, because text, during tstzmultirange) returns void
  language plpgsql volatile set search_path = ''
as $$
#variable_conflict use_column
declare
  v_new     uuid[];
  v_classes uuid[];
begin
  delete from private.session_collisions c
   where c.practitioner_id = note_collisions.practitioner_id and c.because = note_collisions.because
     and c.led_anyway_at is null and not private.is_colliding(c);
  with noted as (
    insert into private.session_collisions as c (session_id, because, practitioner_id, scheduled_at)
    select s.id, note_collisions.because, s.practitioner_id, s.scheduled_at
      from private.list_sessions_in_the_way(note_collisions.practitioner_id, note_collisions.because, during) s
     order by s.id
    on conflict (session_id, because) do update
      set practitioner_id = excluded.practitioner_id, scheduled_at = excluded.scheduled_at, noticed_at = now(),
          led_anyway_at = null
      where (c.practitioner_id, c.scheduled_at) <> (excluded.practitioner_id, excluded.scheduled_at)
         -- They wish it anew. Another calendar says the same each time it is read.
         or c.led_anyway_at is not null and c.because <> 'other_calendar'
    returning c.session_id, c.scheduled_at
  )
  select array_agg(n.session_id order by n.scheduled_at, n.session_id),
         array_agg(n.session_id order by n.scheduled_at, n.session_id) filter (where private.is_class(s))
    into v_new, v_classes
    from noted n join public.session_schedules s on s.id = n.session_id;
  if v_new is null then
    return;
  end if;
  perform private.publish_event('sessions_collide', told.user_id, told.session_ids[1], jsonb_build_object(
            'practitioner_id', note_collisions.practitioner_id, 'because', note_collisions.because,
            'is_leading', told.is_leading, 'session_ids', to_jsonb(told.session_ids[1:200])))
     from (select p.user_id, true as is_leading, v_new as session_ids from public.practitioners p
            where p.id = note_collisions.practitioner_id
           union all
           select a.user_id, false, v_classes from private.list_told_admins() a
            where v_classes is not null
              and a.user_id not in (select p.user_id from public.practitioners p
                                     where p.id = note_collisions.practitioner_id)) told;
end
$$;

-- Those of a mail that are so still, each with a link: to its page for whoever leads it, to who else could for admins.
create function private.list_told_collisions(mail private.mails) returns setof public.session_schedules
  language sql stable set search_path = ''
as $$
  select s.* from private.list_told_sessions(mail) s
   where exists (select from private.session_collisions c
                  where c.session_id = s.id and c.because = (mail).payload ->> 'because' and private.is_colliding(c));
$$;

create function private.link_told_collisions(mail private.mails) returns jsonb
  language sql volatile set search_path = ''
as $$
  select jsonb_build_object(
           'count', count(*),
           'sessions', coalesce(jsonb_agg(jsonb_build_object(
             'session', private.summarize_session(s.session), 'is_led', true, 'answer_token', null,
             'page', s.page, 'token', private.make_page_link(s.page, (mail).user_id, (s.session).id::text,
                                                             private.get_session_link_end(s.session)))
             order by s.number) filter (where s.number <= 30), '[]'))
    from (select c as session, row_number() over (order by c.scheduled_at, c.id) as number,
                 case when ((mail).payload ->> 'is_leading')::boolean then 'manage_session' else 'find_substitute' end as page
            from private.list_told_collisions(mail) c) s;
$$;

revoke execute on function private.list_sessions_in_the_way, private.is_colliding, private.note_collisions,
  private.list_told_collisions, private.link_told_collisions from public, anon, authenticated, service_role;
