-- Channel events: the inbox of Agora's notifications about channels, and who was present from when until when by them.
--
-- Each is stored under Agora's own id (noticeId), so a repeat changes nothing. Attendance is computed from all that are
-- stored, so it is the same in whatever order they arrive. Where the event of a leave is lost, the interval ends with
-- the channel or the session; where that of a join is lost, the leave says how long somebody had stayed.
--
-- Events are ordered by Agora's clock, in seconds, and within one by the client's own numbers: those order one client
-- (a device), not the events of a person with two, one of which has a wrong clock. At most one client of a person is in
-- a channel, the one that joined last; a leave of an earlier one is no leave of theirs. Nor is every other:
--
--   4, 9, 10, 99           Agora's own fault, another address, the network: the SDK reconnects. A leave only if nothing
--                          is heard of them for five minutes
--   5                      put out by another device of theirs: never
--   any other, or none     they have left: by themselves, not heard of any more (2), kicked (3), token expired (12)

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
  reason         integer,
  session_id     uuid,
  payload        jsonb       not null,
  delivery_count integer     not null default 1,
  received_at    timestamptz not null default now(),

  constraint channel_events_change_is_known check (change in ('opened', 'closed', 'joined', 'left')),
  constraint channel_events_texts_are_short check (char_length(notice_id) <= 255 and char_length(channel) <= 255),
  constraint channel_events_payload_is_short check (char_length(payload::text) <= 2000000),
  constraint channel_events_happened_at_is_in_range check (happened_at between '2000-01-01' and '2100-01-01'),
  constraint channel_events_stayed_seconds_is_in_range check (stayed_seconds between 0 and 10000000),
  constraint channel_events_reason_is_in_range check (reason between 0 and 1000000)
);
comment on table  private.channel_events                is 'Agora''s notifications about channels, unchanged.';
comment on column private.channel_events.change         is 'What it means; null for kinds of events that we do not use.';
comment on column private.channel_events.client_seq is
  'Agora''s clientSeq, counted by the sender: the order of the events of one client, which is a device.';
comment on column private.channel_events.stayed_seconds is 'Of a leave: how long they had been present.';
comment on column private.channel_events.reason is 'Of a leave: Agora''s reason.';
comment on column private.channel_events.session_id is
  'Whose channel it is. No foreign key: the inbox outlives the session.';

create index channel_events_session_id_idx on private.channel_events (session_id, uid);
create index channel_events_received_at_idx on private.channel_events (received_at);  -- retention asks by age

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
  -- Its room opens 15 minutes before. Earlier events belong to the time at which it was before it was rescheduled.
  select s.scheduled_at - interval '16 minutes' from public.session_schedules s
   where s.id = get_presence_window_start.session_id;
$$;

create function private.has_channel_events(session_id uuid) returns boolean
  language sql stable set search_path = ''
as $$
  -- Whether Agora's events arrive at all. If none do, the lack of one says nothing about anybody.
  select exists (select from private.channel_events e
                  where e.session_id = has_channel_events.session_id and e.change is not null and not e.is_recorder
                    and e.happened_at >= private.get_presence_window_start(has_channel_events.session_id));
$$;

-- When one person was present, by all their events.
create function private.compute_presence(
  session_id uuid, uid bigint, out has_events boolean, out intervals tstzmultirange, out present_since timestamptz,
  out last_event_at timestamptz)
  language plpgsql stable set search_path = ''
as $$
declare
  v_from    timestamptz := private.get_presence_window_start(compute_presence.session_id);
  v_event   private.channel_events;
  v_closed  timestamptz;
  v_joined  timestamptz;  -- when the client joined that is there now
  v_other   timestamptz;  -- when the client joined that was there before, if its leave is still to come
  v_dropped timestamptz;  -- when it was lost, if it is to reconnect
begin
  has_events := false;
  intervals := '{}';
  for v_event in
    select * from private.channel_events e
     where e.session_id = compute_presence.session_id and e.uid = compute_presence.uid and e.change in ('joined', 'left')
       and not e.is_recorder and e.happened_at >= v_from
     order by date_trunc('second', e.happened_at), e.client_seq nulls last, e.happened_at, e.change
  loop
    has_events := true;
    last_event_at := greatest(last_event_at, v_event.happened_at);
    v_closed := least(private.find_channel_closed_at(compute_presence.session_id, present_since),
                      case when v_event.happened_at > v_dropped + interval '5 minutes' then v_dropped end);
    if v_closed <= v_event.happened_at then
      -- They left before, and that event is lost: they were gone when the channel closed, or did not reconnect.
      intervals := intervals + tstzmultirange(tstzrange(present_since, v_closed));
      present_since := null;
    end if;
    v_dropped := null;
    if v_event.change = 'joined' then
      present_since := coalesce(present_since, v_event.happened_at);
      v_other := v_joined;
      v_joined := v_event.happened_at;
      continue;
    end if;
    present_since := coalesce(present_since, v_event.happened_at - make_interval(secs => v_event.stayed_seconds));
    if v_event.reason = 5
       -- Another device joined a moment ago, and this one had been there since the join before.
       or (v_event.happened_at <= v_joined + interval '5 seconds' and v_other < v_joined - interval '5 seconds'
           and v_event.happened_at - make_interval(secs => v_event.stayed_seconds)
               between v_other - interval '5 seconds' and v_other + interval '5 seconds') then
      v_other := null;
      continue;
    elsif v_event.reason in (4, 9, 10, 99) and present_since is not null then
      v_dropped := v_event.happened_at;
      continue;
    end if;
    if present_since < v_event.happened_at then
      intervals := intervals + tstzmultirange(tstzrange(present_since, v_event.happened_at));
    end if;
    present_since := null;
    v_joined := null;
    v_other := null;
  end loop;

  v_closed := least(private.find_channel_closed_at(compute_presence.session_id, present_since),
                    case when now() > v_dropped + interval '5 minutes' then v_dropped end);
  if v_closed is not null and present_since is not null then
    intervals := intervals + tstzmultirange(tstzrange(present_since, v_closed));
    present_since := null;
    last_event_at := greatest(last_event_at, v_closed);
  end if;
end
$$;

-- When the channel next closed after that moment.
create function private.find_channel_closed_at(session_id uuid, since timestamptz) returns timestamptz
  language sql stable set search_path = ''
as $$
  select min(e.happened_at) from private.channel_events e
   where e.session_id = find_channel_closed_at.session_id and e.change = 'closed' and e.happened_at > since;
$$;

-- Everybody with an event or a token. The newest decides: whoever left and then got another token is coming back.
create function private.list_presence(session_id uuid)
  returns table (user_id uuid, source text, intervals tstzmultirange, present_since timestamptz, joined_at timestamptz,
                 left_at timestamptz, is_present boolean, last_activity_at timestamptz)
  language sql stable set search_path = ''
as $$
  select u.user_id, case when p.has_events then 'agora' else 'token' end, p.intervals, p.present_since,
         -- Whoever joined and left within a second was present at that second.
         coalesce(least(lower(p.intervals), p.present_since), p.last_event_at, t.first_at),
         case when p.present_since is null then coalesce(upper(p.intervals), p.last_event_at) end,
         p.present_since is not null
           -- A token that is a minute old, and no event since: their events are lost, so they count as present. Agora's
           -- times are whole seconds: what happened at :07 may have happened until :08.
           or coalesce(t.live_until > now() and t.last_at < now() - interval '1 minute'
                       and t.last_at >= coalesce(p.last_event_at + interval '1 second', '-infinity'), false),
         greatest(p.last_event_at, t.last_at)
    from private.agora_uids u
   cross join lateral private.compute_presence(list_presence.session_id, u.uid) p
    left join lateral (select min(a.admitted_at) as first_at, max(a.admitted_at) as last_at, max(a.expires_at) as live_until
                         from private.channel_admissions a
                        where a.session_id = list_presence.session_id and a.user_id = u.user_id
                          and a.admitted_at >= private.get_presence_window_start(list_presence.session_id)) t on true
   where u.uid in (select e.uid from private.channel_events e where e.session_id = list_presence.session_id
                    union select a.uid from private.channel_admissions a where a.session_id = list_presence.session_id)
     and (p.has_events or t.first_at is not null);
$$;

-- Computes attendance anew from all events and tokens; a row set by hand stays as it is.
create function private.update_attendance(session_id uuid) returns void
  language plpgsql volatile set search_path = ''
as $$
#variable_conflict use_column
declare
  v_session public.session_schedules;
  v_end     timestamptz;  -- nobody is present for longer: it has ended, or its room has closed
begin
  perform private.lock_attendance(update_attendance.session_id);
  select * into v_session from public.session_schedules s where s.id = update_attendance.session_id;
  v_end := least(v_session.completed_at, v_session.cancelled_at,
                 v_session.scheduled_at + make_interval(mins => v_session.duration_minutes + 60));
  insert into public.session_attendance as a (session_id, user_id, source, joined_at, left_at, intervals, total_seconds)
  select private.find_attendance_session_id(v_session, p.user_id), p.user_id, p.source, p.joined_at,
         coalesce(p.left_at, case when v_end <= now() then upper(during.intervals) end), during.intervals,
         case when p.source = 'agora'
              then (select coalesce(sum(extract(epoch from upper(stay) - lower(stay))), 0)
                      from unnest(during.intervals) stay)::integer end
    from private.list_presence(v_session.id) p
   cross join lateral (select case when p.present_since < v_end and v_end <= now()
                                   then p.intervals + tstzmultirange(tstzrange(p.present_since, v_end))
                                   else p.intervals end as intervals) during
   where private.find_attendance_session_id(v_session, p.user_id) is not null
  on conflict (session_id, user_id) do update
    set source = excluded.source, joined_at = excluded.joined_at, intervals = excluded.intervals,
        left_at = excluded.left_at, total_seconds = excluded.total_seconds, is_no_show = false
  where a.source <> 'manual'
    and (a.source, a.joined_at, a.intervals, a.left_at, a.total_seconds, a.is_no_show)
        is distinct from
        (excluded.source, excluded.joined_at, excluded.intervals, excluded.left_at, excluded.total_seconds, false);
end
$$;

-- Definer: whoever reschedules a session may not write attendance.
create function private.delete_observed_attendance() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  delete from public.session_attendance a where a.session_id = new.id and a.source <> 'manual';
  return null;
end
$$;

-- An event takes effect at once, and only when it arrives for the first time.

-- Definer: the service may write neither attendance nor the status of sessions.
create function private.apply_channel_event(event private.channel_events) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.update_attendance((event).session_id);
  perform private.begin_session((event).session_id);
  -- They withdrew consent, or joined with a token from before the recording. A uid that no person has is a machine of
  -- Agora's.
  if (event).change = 'joined' and exists (
       select from private.agora_uids u where u.uid = (event).uid
          and not exists (select from public.user_consents c
                           where c.user_id = u.user_id and c.consent_type = 'session_recording'
                             and c.consented and c.revoked_at is null)) then
    perform private.request_recording_stop((event).session_id, 'somebody_has_not_agreed');
  end if;
end
$$;

-- Definer: as above; nobody may write the inbox.
create function private.receive_channel_event(
  notice_id text, event_type integer, channel text, change text, uid bigint, is_recorder boolean, client_seq bigint,
  happened_at timestamptz, stayed_seconds integer, reason integer, payload jsonb) returns private.channel_events
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_event private.channel_events;
begin
  insert into private.channel_events as e
    (notice_id, event_type, channel, change, uid, is_recorder, client_seq, happened_at, stayed_seconds, reason, session_id,
     payload)
  values
    (receive_channel_event.notice_id, receive_channel_event.event_type, receive_channel_event.channel,
     receive_channel_event.change, receive_channel_event.uid, receive_channel_event.is_recorder,
     receive_channel_event.client_seq, least(receive_channel_event.happened_at, now()),
     receive_channel_event.stayed_seconds, receive_channel_event.reason, (private.find_session_of_channel(receive_channel_event.channel)).id,
     receive_channel_event.payload)
  on conflict (notice_id) do update set delivery_count = e.delivery_count + 1
  returning e.* into v_event;
  if v_event.delivery_count = 1 and v_event.session_id is not null and v_event.change is not null
     and not v_event.is_recorder then
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
  stayed_seconds integer     default null,
  reason         integer     default null
) returns table (is_repeated boolean, session_id uuid)
  language sql volatile security invoker set search_path = ''
as $$
  select e.delivery_count > 1, e.session_id
    from private.receive_channel_event(notice_id, event_type, channel, change, uid, is_recorder, client_seq, happened_at,
                                       stayed_seconds, reason, payload) e;
$$;

revoke execute on function private.find_session_of_channel, private.get_presence_window_start,
  private.has_channel_events, private.compute_presence, private.find_channel_closed_at, private.list_presence,
  private.update_attendance, private.delete_observed_attendance, private.apply_channel_event,
  private.receive_channel_event, public.receive_channel_event from public, anon, authenticated, service_role;
-- Not granted to people: presence is evidence, and only the server hears from Agora.
grant execute on function private.receive_channel_event, public.receive_channel_event to service_role;
