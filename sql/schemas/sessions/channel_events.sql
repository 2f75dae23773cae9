-- Channel events: the inbox of what Agora reports, and what follows: who was in which channel, from when until when.
--
-- Each is kept under Agora's own id, so a repeat changes nothing. Attendance is worked out from all that are kept, in
-- the order of the sender's own numbers, so it is the same in whatever order they arrive. A lost leave ends with the
-- channel or the session; a lost join is found in the leave, which says how long somebody stayed.

create table private.channel_events (
  notice_id      text        primary key,
  event_type     integer     not null,
  channel        text        not null,
  change         text,
  uid            bigint,
  is_recorder    boolean     not null default false,
  client_seq     bigint,
  happened_at    timestamptz not null,
  stayed_seconds integer,
  session_id     uuid,
  payload        jsonb       not null,
  deliveries     integer     not null default 1,
  received_at    timestamptz not null default now(),

  constraint channel_events_change_is_known check (change in ('opened', 'closed', 'joined', 'left'))
);
comment on table  private.channel_events                is 'What Agora told us of channels, as it told it.';
comment on column private.channel_events.change         is 'What it says of the channel; null if nothing we know.';
comment on column private.channel_events.client_seq is
  'The sender''s own count: the order of one person''s events.';
comment on column private.channel_events.stayed_seconds is 'In a leave: how long they had been there.';
comment on column private.channel_events.session_id is
  'Whose channel it is. No foreign key: the inbox outlives the session.';

create index channel_events_session_id_idx on private.channel_events (session_id, uid);
create index channel_events_received_at_idx on private.channel_events (received_at);  -- the driver deletes by age

alter table private.channel_events enable row level security;
-- No grant and no policy: only the functions below touch it.

-- The session whose channel it is. A class's seats have room names of their own, but no channel.
create function private.find_session_of_channel(channel text) returns public.session_schedules
  language sql stable set search_path = ''
as $$
  select s from public.session_schedules s
   where s.group_class_id is null and private.get_channel_name(s) = find_session_of_channel.channel
     and (s.room_name = find_session_of_channel.channel
       or s.id = case when find_session_of_channel.channel ~ '^session-[0-9a-f]{32}$'
                      then right(find_session_of_channel.channel, 32)::uuid end);
$$;

create function private.get_presence_window_start(session_id uuid) returns timestamptz
  language sql stable set search_path = ''
as $$
  -- Its room opens 15 minutes before. What was heard earlier belongs to the time from which it was moved away.
  select s.scheduled_at - interval '16 minutes' from public.session_schedules s where s.id = get_presence_window_start.session_id;
$$;

create function private.has_channel_events(session_id uuid) returns boolean
  language sql stable set search_path = ''
as $$
  -- Whether Agora's events reach us at all. Without that, silence says nothing about anybody.
  select exists (select from private.channel_events e
                  where e.session_id = has_channel_events.session_id and e.change is not null and not e.is_recorder
                    and e.happened_at >= private.get_presence_window_start(has_channel_events.session_id));
$$;

-- When one person was there, from all that was heard of them.
create function private.compute_presence(
  session_id uuid, uid bigint, out was_heard boolean, out intervals tstzmultirange, out there_since timestamptz,
  out last_heard_at timestamptz)
  language plpgsql stable set search_path = ''
as $$
declare
  v_from   timestamptz := private.get_presence_window_start(compute_presence.session_id);
  v_event  private.channel_events;
  v_closed timestamptz;
begin
  was_heard := false;
  intervals := '{}';
  for v_event in
    select * from private.channel_events e
     where e.session_id = compute_presence.session_id and e.uid = compute_presence.uid and e.change in ('joined', 'left') and not e.is_recorder
       and e.happened_at >= v_from
     order by e.client_seq nulls last, e.happened_at, e.change
  loop
    was_heard := true;
    last_heard_at := greatest(last_heard_at, v_event.happened_at);
    v_closed := private.find_channel_closed_at(compute_presence.session_id, there_since);
    if v_closed <= v_event.happened_at then
      -- They left before, unheard, and the channel closed behind the last of them.
      intervals := intervals + tstzmultirange(tstzrange(there_since, v_closed));
      there_since := null;
    end if;
    if v_event.change = 'joined' then
      there_since := coalesce(there_since, v_event.happened_at);
    else
      there_since := coalesce(there_since, v_event.happened_at - make_interval(secs => v_event.stayed_seconds));
      if there_since < v_event.happened_at then
        intervals := intervals + tstzmultirange(tstzrange(there_since, v_event.happened_at));
      end if;
      there_since := null;
    end if;
  end loop;

  v_closed := private.find_channel_closed_at(compute_presence.session_id, there_since);
  if v_closed is not null then
    intervals := intervals + tstzmultirange(tstzrange(there_since, v_closed));
    there_since := null;
    last_heard_at := greatest(last_heard_at, v_closed);
  end if;
end
$$;

-- When the channel closed behind whoever was there since then.
create function private.find_channel_closed_at(session_id uuid, since timestamptz) returns timestamptz
  language sql stable set search_path = ''
as $$
  select min(e.happened_at) from private.channel_events e
   where e.session_id = find_channel_closed_at.session_id and e.change = 'closed' and e.happened_at > since;
$$;

-- Everybody of whom there is a fact. The newest fact speaks: who left and then asked for another token is coming back.
create function private.list_presence(session_id uuid)
  returns table (user_id uuid, source text, intervals tstzmultirange, there_since timestamptz, joined_at timestamptz,
                 left_at timestamptz, is_there boolean, last_sign_at timestamptz)
  language sql stable set search_path = ''
as $$
  select u.user_id, case when p.was_heard then 'agora' else 'token' end, p.intervals, p.there_since,
         -- Who came and went within a second was there at that second.
         coalesce(least(lower(p.intervals), p.there_since), p.last_heard_at, t.first_at),
         case when p.there_since is null then coalesce(upper(p.intervals), p.last_heard_at) end,
         p.there_since is not null
           -- A token that is a minute old, and nothing since: what they did was not heard, so they count as there.
           or coalesce(t.live_until > now() and t.last_at < now() - interval '1 minute'
                       and t.last_at > coalesce(p.last_heard_at, '-infinity'), false),
         greatest(p.last_heard_at, t.last_at)
    from private.agora_uids u
   cross join lateral private.compute_presence(list_presence.session_id, u.uid) p
    left join lateral (select min(a.admitted_at) as first_at, max(a.admitted_at) as last_at, max(a.expires_at) as live_until
                         from private.channel_admissions a
                        where a.session_id = list_presence.session_id and a.user_id = u.user_id
                          and a.admitted_at >= private.get_presence_window_start(list_presence.session_id)) t on true
   where u.uid in (select e.uid from private.channel_events e where e.session_id = list_presence.session_id
                    union select a.uid from private.channel_admissions a where a.session_id = list_presence.session_id)
     and (p.was_heard or t.first_at is not null);
$$;

-- Works attendance out anew from all the facts; a row made by hand stays as it is.
create function private.update_attendance(session_id uuid) returns void
  language plpgsql volatile set search_path = ''
as $$
#variable_conflict use_column
declare
  v_session public.session_schedules;
  v_end     timestamptz;  -- nobody is there for longer: it was completed, or its room has closed
begin
  perform private.lock_attendance(update_attendance.session_id);
  select * into v_session from public.session_schedules s where s.id = update_attendance.session_id;
  v_end := least(v_session.completed_at, v_session.cancelled_at,
                 v_session.scheduled_at + make_interval(mins => v_session.duration_minutes + 60));
  insert into public.session_attendance as a (session_id, user_id, source, joined_at, left_at, intervals, total_seconds)
  select private.find_attendance_session_id(v_session, h.user_id), h.user_id, h.source, h.joined_at,
         coalesce(h.left_at, case when v_end <= now() then upper(during.seen) end), during.seen,
         case when h.source = 'agora'
              then (select coalesce(sum(extract(epoch from upper(one) - lower(one))), 0) from unnest(during.seen) one)::integer end
    from private.list_presence(v_session.id) h
   cross join lateral (select case when h.there_since < v_end and v_end <= now()
                                   then h.intervals + tstzmultirange(tstzrange(h.there_since, v_end))
                                   else h.intervals end as seen) during
   where private.find_attendance_session_id(v_session, h.user_id) is not null
  on conflict (session_id, user_id) do update
    set source = excluded.source, joined_at = excluded.joined_at, intervals = excluded.intervals,
        left_at = excluded.left_at, total_seconds = excluded.total_seconds, is_no_show = false
  where a.source <> 'manual'
    and (a.source, a.joined_at, a.intervals, a.left_at, a.total_seconds, a.is_no_show)
        is distinct from (excluded.source, excluded.joined_at, excluded.intervals, excluded.left_at, excluded.total_seconds, false);
end
$$;

-- Definer: whoever moves a session may not write attendance.
create function private.delete_observed_attendance() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  delete from public.session_attendance a where a.session_id = new.id and a.source <> 'manual';
  return null;
end
$$;

-- An event takes effect at once, and only when it is heard for the first time.

-- Definer: the service may write neither attendance nor where sessions stand.
create function private.apply_channel_event(event private.channel_events) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.update_attendance((event).session_id);
  perform private.begin_session((event).session_id);
  -- Whoever withdrew, or came on a token from before the recording. A number that is nobody's is a machine of Agora's.
  if (event).change = 'joined' and exists (
       select from private.agora_uids u where u.uid = (event).uid
          and not exists (select from public.user_consents c
                           where c.user_id = u.user_id and c.consent_type = 'session_recording'
                             and c.consented and c.revoked_at is null)) then
    perform private.request_recording_stop((event).session_id, 'somebody_has_not_agreed');
  end if;
end
$$;

-- Definer: as above; the inbox is nobody's.
create function private.receive_channel_event(
  notice_id text, event_type integer, channel text, change text, uid bigint, is_recorder boolean, client_seq bigint,
  happened_at timestamptz, stayed_seconds integer, payload jsonb) returns private.channel_events
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_event private.channel_events;
begin
  insert into private.channel_events as e
    (notice_id, event_type, channel, change, uid, is_recorder, client_seq, happened_at, stayed_seconds, session_id, payload)
  values
    (receive_channel_event.notice_id, receive_channel_event.event_type, receive_channel_event.channel,
     receive_channel_event.change, receive_channel_event.uid, receive_channel_event.is_recorder,
     receive_channel_event.client_seq, least(receive_channel_event.happened_at, now()),
     receive_channel_event.stayed_seconds, (private.find_session_of_channel(receive_channel_event.channel)).id,
     receive_channel_event.payload)
  on conflict (notice_id) do update set deliveries = e.deliveries + 1
  returning e.* into v_event;
  if v_event.deliveries = 1 and v_event.session_id is not null and v_event.change is not null and not v_event.is_recorder then
    perform private.apply_channel_event(v_event);
  end if;
  return v_event;
end
$$;

create function public.receive_channel_event(
  notice_id      text,
  event_type     integer,
  channel        text,
  payload        jsonb,
  change         text        default null,
  uid            bigint      default null,
  is_recorder    boolean     default false,
  client_seq     bigint      default null,
  happened_at    timestamptz default null,
  stayed_seconds integer     default null
) returns table (is_repeated boolean, session_id uuid)
  language sql volatile security invoker set search_path = ''
as $$
  select e.deliveries > 1, e.session_id
    from private.receive_channel_event(notice_id, event_type, channel, change, uid, is_recorder, client_seq, happened_at,
                                       stayed_seconds, payload) e;
$$;

revoke execute on function private.find_session_of_channel, private.get_presence_window_start, private.has_channel_events,
  private.compute_presence, private.find_channel_closed_at, private.list_presence, private.update_attendance, private.delete_observed_attendance,
  private.apply_channel_event, private.receive_channel_event, public.receive_channel_event from public, anon,
  authenticated, service_role;
-- Not granted to people: who was where is evidence, and only the server heard it.
grant execute on function private.receive_channel_event, public.receive_channel_event to service_role;
