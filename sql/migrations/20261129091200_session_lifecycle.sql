-- From sql/schemas: sessions/agora_rooms, sessions/session_states, sessions/attendance, sessions/channel_events, sessions/advancing, sessions/reminders.

-- Functions name what later chapters make.
set check_function_bodies = off;


-- sessions/agora_rooms.sql

-- Rooms on Agora: who has a seat in which channel, under which number, until when.
--
-- A channel belongs to a session. Everybody in a group class has a row of their own with a room name of its own, so
-- such a row is led to the channel of its class. The frontend asks for a token by channel name alone: the name finds
-- the session, the session knows who has a seat.
--
-- Agora's recorder works only with integer users, unique in the channel: one number per person, in a table. People are
-- numbered below 4 000 000 000, recorders from there on.

create type private.channel_access as (session public.session_schedules, is_host boolean);

create table private.agora_uids (
  user_id uuid   primary key references auth.users on delete cascade,
  uid     bigint not null generated always as identity (start with 1001 maxvalue 3999999999),

  constraint agora_uids_uid_is_unique unique (uid)
);
comment on table private.agora_uids is 'The number under which a person joins any channel.';

alter table private.agora_uids enable row level security;
-- No grant and no policy: only the functions below touch it.

create table private.channel_admissions (
  id           uuid        primary key default gen_random_uuid(),
  session_id   uuid        references public.session_schedules on delete cascade,
  user_id      uuid        not null references auth.users on delete cascade,
  channel_name text        not null,
  uid          bigint      not null,
  admitted_at  timestamptz not null default now(),
  expires_at   timestamptz not null,

  constraint channel_admissions_expire_later check (expires_at > admitted_at)
);
comment on table private.channel_admissions is 'Every token issued. Who holds a live one counts as present.';
comment on column private.channel_admissions.session_id is 'The class''s session for a group; null for a test channel.';

-- Who is present: whoever holds a live token.
create index channel_admissions_session_id_idx on private.channel_admissions (session_id, expires_at);
create index channel_admissions_user_id_idx on private.channel_admissions (user_id);

alter table private.channel_admissions enable row level security;
-- No grant and no policy: only the functions below touch it.

create function private.get_channel_name(session public.session_schedules) returns text
  language sql immutable set search_path = ''
as $$
  -- A room name that Agora would refuse (64 bytes or more, or a strange character) gives way to one made of the id.
  select case when octet_length((session).room_name) < 64 and (session).room_name ~ '^[A-Za-z0-9 !#$%&()+:;<=.>?@\[\]^_{}|~,-]+$'
              then (session).room_name
              else 'session-' || replace((session).id::text, '-', '') end;
$$;

-- The caller's seat, in the class's own session for a class; null if they have none.
--
-- A room is found by its name, or by the id in it, whatever plan the server chooses. The id is read in a `case`,
-- because an `and` does not keep its second half from being computed: once a generic plan looks in both indexes at
-- once, every name is read as if it ended in an id, and the answer is `invalid input syntax for type uuid`.
--
-- Definer: the class's row is not the participant's own, and the seat must not depend on who may read it.
create function private.get_channel_access(channel_name text, session_id uuid) returns private.channel_access
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_caller uuid := (select auth.uid());
  v_named  public.session_schedules;
  v_class  public.session_schedules;
  v_host   boolean;
begin
  if session_id is not null then
    select * into v_named from public.session_schedules s where s.id = get_channel_access.session_id;
  else
    select * into v_named from public.session_schedules s
     where s.room_name = get_channel_access.channel_name
        or s.id = case when get_channel_access.channel_name ~ '^session-[0-9a-f]{32}$' then right(get_channel_access.channel_name, 32)::uuid end;
  end if;
  if v_named.id is null then
    return null;
  end if;

  v_class := v_named;
  if v_named.group_class_id is not null then
    select * into v_class from public.session_schedules s where s.id = v_named.group_class_id;
  end if;
  v_host := exists (select from public.practitioners p where p.id = v_class.practitioner_id and p.user_id = v_caller);
  if v_host
     -- One to one: the client's own row. A class's own row names an administrator there, who has no seat by that.
     or (v_class.group_class_id is null and coalesce(v_class.max_participants, 1) <= 1 and v_class.client_id = v_caller)
     or exists (select from public.session_schedules mine
                 where mine.group_class_id = v_class.id and mine.client_id = v_caller and mine.status <> 'cancelled') then
    return row (v_class, v_host)::private.channel_access;
  end if;
  return null;
end;
$$;

-- A room is open from 15 minutes before the start until an hour after the end.
create function private.refuse_closed_room(session public.session_schedules) returns void
  language plpgsql stable set search_path = ''
as $$
declare
  v_opens  timestamptz := (session).scheduled_at - interval '15 minutes';
  v_closes timestamptz := (session).scheduled_at + make_interval(mins => (session).duration_minutes + 60);
begin
  if (session).status = 'cancelled' then
    perform private.refuse(409, 'session_cancelled', 'This session was cancelled.');
  elsif (session).status = 'completed' or now() >= v_closes then
    perform private.refuse(409, 'session_over', 'This session is over.');
  elsif (session).session_location = 'in_person' then
    perform private.refuse(409, 'session_in_person', 'This session takes place in person, not online.');
  elsif now() < v_opens then
    perform private.refuse(409, 'too_early', 'The room opens 15 minutes before the session starts.',
                           'It opens at ' || to_char(v_opens at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z".'));
  end if;
end;
$$;

create function private.is_test_channel_of_caller(channel_name text) returns boolean
  language sql stable set search_path = ''
as $$
  -- The frontend's test page names its channel after the first eight characters of the user's id.
  select channel_name ~ ('^test-' || left((select auth.uid())::text, 8) || '-[0-9]{1,20}$');
$$;

-- Definer: whether a name is taken must not depend on who asks; only yes or no leaves.
create function private.is_session_channel(channel_name text) returns boolean
  language sql stable security definer set search_path = ''
as $$
  select exists (select from public.session_schedules s where s.room_name = is_session_channel.channel_name);
$$;

create function public.create_agora_room(channel_name text, session_id uuid default null)
  returns table (channel text)
  language plpgsql stable security invoker set search_path = ''
as $$
declare
  v_seat private.channel_access := private.get_channel_access(create_agora_room.channel_name, create_agora_room.session_id);
begin
  if (v_seat.session).id is not null then
    perform private.refuse_closed_room(v_seat.session);
    return query select private.get_channel_name(v_seat.session);
  elsif create_agora_room.session_id is not null or private.is_session_channel(create_agora_room.channel_name) then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  else
    -- A name no session has yet: a practitioner about to create one, or the test page. A name opens nothing.
    return query select create_agora_room.channel_name;
  end if;
end;
$$;

-- Definer: writes the caller's number and admission, which nobody may write directly.
create function private.issue_channel_admission(session_id uuid, channel_name text, expires_at timestamptz) returns bigint
  language plpgsql security definer set search_path = ''
as $$
declare
  v_caller uuid := (select auth.uid());
  v_uid    bigint;
begin
  insert into private.agora_uids (user_id) values (v_caller) on conflict (user_id) do nothing;
  select a.uid into v_uid from private.agora_uids a where a.user_id = v_caller;
  insert into private.channel_admissions (session_id, user_id, channel_name, uid, expires_at)
  values (issue_channel_admission.session_id, v_caller, issue_channel_admission.channel_name, v_uid, issue_channel_admission.expires_at);
  return v_uid;
end;
$$;

-- A token is issued until its room closes. Who has not agreed to be recorded waits for the recording to stop.
create function public.create_agora_token(channel_name text, session_id uuid default null)
  returns table (channel text, uid bigint, expires_at timestamptz, recording_without_consent boolean)
  language plpgsql security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  v_seat    private.channel_access := private.get_channel_access(create_agora_token.channel_name, create_agora_token.session_id);
  v_session public.session_schedules := v_seat.session;
  v_channel text;
  v_expires timestamptz;
begin
  if v_session.id is not null then
    perform private.refuse_closed_room(v_session);
    -- Asked only for the row's own room name, a seat in a class still gets the class's channel.
    v_channel := private.get_channel_name(v_session);
    v_expires := v_session.scheduled_at + make_interval(mins => v_session.duration_minutes + 60);
    if private.stop_recording_before_admission(v_session.id, (select auth.uid())) then
      -- Returned, not raised: the request to stop the recording must be kept.
      return query select v_channel, null::bigint, v_expires, true;
      return;
    end if;
  elsif private.is_test_channel_of_caller(create_agora_token.channel_name) then
    v_channel := create_agora_token.channel_name;
    v_expires := now() + interval '1 hour';
  else
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  end if;
  return query select v_channel, private.issue_channel_admission(v_session.id, v_channel, v_expires), v_expires, false;
end;
$$;

revoke execute on function private.get_channel_name, private.get_channel_access, private.refuse_closed_room, private.is_test_channel_of_caller,
  private.is_session_channel, private.issue_channel_admission, public.create_agora_room, public.create_agora_token
  from public, anon, authenticated, service_role;
grant execute on function private.get_channel_name, private.get_channel_access, private.refuse_closed_room, private.is_test_channel_of_caller,
  private.is_session_channel, private.issue_channel_admission, public.create_agora_room, public.create_agora_token to authenticated;


-- sessions/session_states.sql

-- Session states: only forward, a class with all its seats, with the same consequences whoever writes the status.
--
--   scheduled ----> in_progress ----> completed
--       |               |
--       +---------------+---------> cancelled        scheduled -> completed: its time passed and nobody was heard of
--
-- Nothing in the pages begins or completes a session. `advance-sessions` does, every minute, and a token or a channel
-- event may be quicker. `private.set_session_status` is the one place that does it; what an admin or the service writes
-- by hand has the same consequences, because those are triggers.

create function private.refuse_backward_status() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  perform private.refuse(409, 'status_moves_forward', format('A session that is %s cannot become %s.', old.status, new.status));
end
$$;

create function private.set_status_times() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if new.status = 'in_progress' then
    new.started_at := now();
  else
    new.completed_at := now();
  end if;
  return new;
end
$$;

-- Definer: whoever moves a class need not see its seats. Cancelling has its own way to them.
create function private.copy_class_status_to_seats() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  update public.session_schedules seat set status = new.status
   where seat.group_class_id = new.id and seat.status in ('scheduled', 'in_progress') and seat.status <> new.status;
  return null;
end
$$;

-- Whoever was quicker is right: a session that has ended, or is there already, stays as it is.
create function private.set_session_status(session_id uuid, status text, note text default null) returns void
  language sql set search_path = ''
as $$
  update public.session_schedules s set status = set_session_status.status, notes = coalesce(note, s.notes)
   where s.id = set_session_status.session_id and s.status in ('scheduled', 'in_progress')
     and s.status <> set_session_status.status;
$$;

-- Definer: nobody reads or writes the outbox.
create function private.publish_session_completed() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.publish_event('session_completed', new.client_id, new.id, jsonb_build_object(
    'practitioner_id', new.practitioner_id, 'scheduled_at', new.scheduled_at, 'group_class_id', new.group_class_id,
    'is_no_show', exists (select from public.session_attendance a
                           where a.session_id = new.id and a.user_id = new.client_id and a.is_no_show)));
  return null;
end
$$;

-- A session begins once somebody is there and the time has come: at once when a token is issued or a channel event
-- comes, without waiting for the driver. One to one, the client may begin as soon as the room is open; not the
-- practitioner, whose early coming would take away the client's right to cancel; and not a class, whose seats are on
-- sale until its time.
create function private.begin_session(session_id uuid) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_session public.session_schedules;
begin
  select * into v_session from public.session_schedules s
   where s.id = begin_session.session_id and s.status = 'scheduled' and s.session_location = 'online'
     and now() between s.scheduled_at - interval '15 minutes'
                   and s.scheduled_at + make_interval(mins => s.duration_minutes + 60);  -- as long as its room is open
  if v_session.scheduled_at <= now()
     and (private.has_attended(v_session, private.get_session_host(v_session))
          or exists (select from private.list_session_clients(v_session) c where private.has_attended(v_session, c.user_id)))
     or (not private.is_class(v_session) and private.has_attended(v_session, v_session.client_id)) then
    perform private.set_session_status(v_session.id, 'in_progress');
  end if;
end
$$;

-- Definer: whoever asks for a token may write neither attendance nor where their session stands.
create function private.apply_channel_admission() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.update_attendance(new.session_id);
  perform private.begin_session(new.session_id);
  return null;
end
$$;

revoke execute on function private.refuse_backward_status, private.set_status_times, private.copy_class_status_to_seats,
  private.set_session_status, private.publish_session_completed, private.begin_session, private.apply_channel_admission
  from public, anon, authenticated, service_role;

create trigger channel_admissions_apply after insert on private.channel_admissions
  for each row when (new.session_id is not null) execute function private.apply_channel_admission();


-- sessions/attendance.sql

-- Attendance: who was there, from when until when, how long, and how we know.
--
--   agora    somebody was seen to join and leave the channel: intervals and seconds
--   token    nothing was heard of them, but they were issued a token: they count as present, nobody knows for how long
--   manual   the practitioner or an admin said so, with a reason; from then on facts change nothing
--
-- A client's row belongs to their own session or seat, the practitioner's to the session or class. Facts arrive late,
-- twice and in any order, so a row is never added to: it is worked out anew from all the facts there are
-- (channel_events.sql). What follows from a no-show, the session rules say. user_id has no foreign key: the account may
-- have been erased since.

create table public.session_attendance (
  id            uuid primary key default gen_random_uuid(),
  session_id    uuid           not null references public.session_schedules on delete cascade,
  user_id       uuid           not null,
  source        text           not null,
  joined_at     timestamptz,
  left_at       timestamptz,
  intervals     tstzmultirange not null default '{}',
  total_seconds integer,
  is_no_show    boolean        not null default false,
  reason        text,
  decided_by    uuid           references auth.users on delete set null,
  decided_at    timestamptz,
  created_at    timestamptz    not null default now(),
  updated_at    timestamptz    not null default now(),

  constraint session_attendance_one_row_per_person unique (session_id, user_id),
  constraint session_attendance_source_is_known check (source in ('agora', 'token', 'manual')),
  constraint session_attendance_manual_has_a_reason check ((source = 'manual') = (reason is not null)),
  constraint session_attendance_no_show_never_joined check (not is_no_show or joined_at is null),
  constraint session_attendance_left_after_joined check (left_at >= joined_at)
);
comment on table  public.session_attendance               is 'One line for each person in each session.';
comment on column public.session_attendance.left_at is
  'Null while they are there, and where nobody saw them leave.';
comment on column public.session_attendance.intervals     is 'When they were there, as far as it was seen.';
comment on column public.session_attendance.total_seconds is 'Of the intervals; null if nobody knows.';
comment on column public.session_attendance.is_no_show is
  'They did not come, and the session rules say what follows.';

create index session_attendance_user_id_idx on public.session_attendance (user_id);
create index session_attendance_decided_by_idx on public.session_attendance (decided_by);

alter table public.session_attendance enable row level security;

create policy "people, their practitioner and admins read attendance"
  on public.session_attendance for select to authenticated
  using (
    user_id = (select auth.uid())
    or session_id in (select private.my_led_session_ids())
    or (select private.is_admin()));

revoke all on public.session_attendance from anon, authenticated, service_role;
grant select on public.session_attendance to authenticated, service_role;
-- No insert, update or delete, not even for the service: the functions below are the only way.

create trigger update_session_attendance_updated_at before update on public.session_attendance
  for each row execute function public.update_updated_at_column();
-- Only what somebody said, with what stood there before. Facts are kept as channel events and admissions.
create trigger audit_session_attendance after insert or update on public.session_attendance
  for each row when (new.source = 'manual') execute function private.write_audit_log();

create function private.get_session_host(session public.session_schedules) returns uuid
  language sql stable set search_path = ''
as $$
  select p.user_id from public.practitioners p where p.id = (session).practitioner_id;
$$;

create function private.list_session_clients(session public.session_schedules) returns table (session_id uuid, user_id uuid)
  language sql stable set search_path = ''
as $$
  select (session).id, (session).client_id where not private.is_class(session)
  union all
  select seat.id, seat.client_id from public.session_schedules seat
   where seat.group_class_id = (session).id and seat.status <> 'cancelled';
$$;

create function private.find_attendance_session_id(session public.session_schedules, user_id uuid) returns uuid
  language sql stable set search_path = ''
as $$
  -- The session or seat to which somebody's row belongs; null if they have no part in this one.
  select case when private.get_session_host(session) = find_attendance_session_id.user_id then (session).id
              else (select c.session_id from private.list_session_clients(session) c where c.user_id = find_attendance_session_id.user_id limit 1) end;
$$;

create function private.lock_attendance(session_id uuid) returns void
  language sql volatile set search_path = ''
as $$
  -- Two facts at once are worked out one after the other, so that the later one sees both. Before any row is locked.
  select pg_advisory_xact_lock(hashtextextended('attendance ' || session_id, 0));
$$;

create function private.has_attended(session public.session_schedules, user_id uuid) returns boolean
  language sql stable set search_path = ''
as $$
  -- True, false if they are known not to have come, null if nothing is known.
  select not a.is_no_show from public.session_attendance a
   where a.session_id = private.find_attendance_session_id(session, has_attended.user_id) and a.user_id = has_attended.user_id;
$$;

-- Only of whom nothing is known: a fact, or a word by hand, stays.
create function private.mark_no_show(session public.session_schedules, user_id uuid) returns void
  language sql volatile set search_path = ''
as $$
  insert into public.session_attendance (session_id, user_id, source, total_seconds, is_no_show)
  values (private.find_attendance_session_id(session, mark_no_show.user_id), mark_no_show.user_id, 'agora', 0, true)
  on conflict (session_id, user_id) do nothing;
$$;

-- By hand, where nothing was heard or what was heard is wrong.

-- Definer: nobody writes attendance. It checks its caller, since it answers from past that door.
create function private.set_attendance(
  session_id uuid, user_id uuid, attended boolean, reason text, joined_at timestamptz, left_at timestamptz)
  returns setof public.session_attendance
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_session public.session_schedules;
  v_rules   public.session_rules;
  v_part    text;
  v_line    uuid;
  v_during  tstzmultirange := '{}';
begin
  select class.* into v_session from public.session_schedules named
    join public.session_schedules class on class.id = coalesce(named.group_class_id, named.id)
   where named.id = set_attendance.session_id;
  v_part := private.get_caller_role(v_session);
  if v_session.id is null or v_part is null or v_part not in ('practitioner', 'admin') then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  end if;
  v_line := private.find_attendance_session_id(v_session, set_attendance.user_id);
  if v_line is null then
    perform private.refuse(404, 'person_not_in_session', 'This person has no part in this session.');
  elsif btrim(coalesce(set_attendance.reason, '')) = '' then
    perform private.refuse(422, 'reason_missing', 'Please say why.');
  elsif set_attendance.attended and v_part = 'practitioner' and set_attendance.user_id = auth.uid() then
    -- What they earn hangs on it.
    perform private.refuse(403, 'not_about_oneself', 'Only an admin can say that you were there.');
  elsif v_session.status = 'cancelled' then
    perform private.refuse(409, 'session_cancelled', 'This session was cancelled.');
  elsif now() < v_session.scheduled_at then
    perform private.refuse(409, 'session_not_begun', 'This session has not begun.');
  end if;
  select * into v_rules from public.session_rules;
  if not set_attendance.attended and now() < v_session.scheduled_at + make_interval(mins =>
       case when set_attendance.user_id = private.get_session_host(v_session) then v_rules.practitioner_grace_minutes
            else v_rules.client_grace_minutes end) then
    perform private.refuse(409, 'grace_not_over', 'It is too early to say that they did not come.', 'They may still come.');
  elsif set_attendance.left_at < set_attendance.joined_at or greatest(set_attendance.joined_at, set_attendance.left_at) > now()
     or (set_attendance.joined_at is null and set_attendance.left_at is not null) then
    perform private.refuse(422, 'times_not_possible', 'Nobody was there from then until then.');
  end if;

  perform private.lock_attendance(v_session.id);
  if set_attendance.attended and set_attendance.left_at is not null then
    v_during := tstzmultirange(tstzrange(set_attendance.joined_at, set_attendance.left_at));
  end if;
  return query
    insert into public.session_attendance as a
      (session_id, user_id, source, joined_at, left_at, intervals, total_seconds, is_no_show, reason, decided_by, decided_at)
    values
      (v_line, set_attendance.user_id, 'manual',
       case when set_attendance.attended then set_attendance.joined_at end,
       case when set_attendance.attended then set_attendance.left_at end, v_during,
       case when not set_attendance.attended then 0
            else extract(epoch from set_attendance.left_at - set_attendance.joined_at)::integer end,
       not set_attendance.attended, btrim(set_attendance.reason), auth.uid(), now())
    on conflict (session_id, user_id) do update
      set source = excluded.source, joined_at = excluded.joined_at, left_at = excluded.left_at,
          intervals = excluded.intervals, total_seconds = excluded.total_seconds, is_no_show = excluded.is_no_show,
          reason = excluded.reason, decided_by = excluded.decided_by, decided_at = excluded.decided_at
    returning a.*;
end
$$;

create function public.set_attendance(
  session_id uuid, user_id uuid, attended boolean, reason text,
  joined_at timestamptz default null, left_at timestamptz default null) returns setof public.session_attendance
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.set_attendance(session_id, user_id, attended, reason, joined_at, left_at);
$$;
comment on function public.set_attendance is
  'For the session''s practitioner and admins: somebody came, or did not, and why that is said. Facts change it no more.'
  ' A no-show said before the session is completed has the consequences that the session rules name, within a minute.';

revoke execute on function private.get_session_host, private.list_session_clients, private.find_attendance_session_id, private.lock_attendance, private.has_attended,
  private.mark_no_show, private.set_attendance, public.set_attendance from public, anon, authenticated, service_role;
grant execute on function private.set_attendance, public.set_attendance to authenticated;


-- sessions/channel_events.sql

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


-- sessions/advancing.sql

-- Advancing: every minute each session that is going on gets its turn, and time, tokens and events say where it stands.
--
--   in_progress   in person, at its start; online, when somebody has come (begin_session)
--   cancelled     the practitioner did not come: after their grace, everything comes back, as when they cancel
--                 the client did not come, and the rules let them keep their credit
--   completed     its scheduled end and the grace have passed
--                 its channel is empty: at the scheduled end at once, before it after a while, and not before the grace
--                 the client did not come: like any other, only that it says so
--
-- Nobody is called absent by silence: only where channel events were heard, and of somebody to whom no token was
-- issued. In person there are no events: somebody says it by hand (set_attendance). With every event lost, sessions
-- begin by their tokens and end by their time.
--
-- Any number of drivers share the turns. A turn is one transaction for one session, in the order of locks: the client,
-- the recording, the attendance, then rows. What fails stays with its session, and is tried again a minute later.

create table private.session_checks (
  session_id uuid        primary key references public.session_schedules on delete cascade,
  looked_at  timestamptz not null default '-infinity',
  failure    text
);
comment on table private.session_checks is
  'The sessions that are going on, and when somebody last looked at them.';
comment on column private.session_checks.failure is 'What kept the last turn from doing its work.';

alter table private.session_checks enable row level security;
-- No grant and no policy: only the functions below touch it.

-- Before a session is completed: whose absence is known is called a no-show.
create function private.settle_no_shows(session public.session_schedules) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_client record;
begin
  if not private.has_channel_events(session.id) then
    return;
  end if;
  for v_client in select c.* from private.list_session_clients(session) c where private.has_attended(session, c.user_id) is null loop
    perform private.mark_no_show(session, v_client.user_id);
  end loop;
end
$$;

-- Where a no-show does not forfeit, the seat of whoever did not come is cancelled instead of completed.
create function private.return_credits_to_absent_clients(session public.session_schedules) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_client record;
begin
  if (select r.client_no_show_forfeits from public.session_rules r) then
    return;
  end if;
  for v_client in select c.* from private.list_session_clients(session) c where not private.has_attended(session, c.user_id) loop
    perform private.set_session_status(v_client.session_id, 'cancelled', 'Cancelled: the client did not come');
  end loop;
end
$$;

-- Says where the session has moved to; null if it stays.
create function private.advance_session(session_id uuid) returns text
  language plpgsql volatile set search_path = ''
as $$
declare
  r         public.session_rules;
  s         public.session_schedules;
  v_host    uuid;
  v_online  boolean;
  v_heard   boolean;  -- events of its channel
  v_ends_at timestamptz;
  v_empty   timestamptz;  -- since when; null if somebody is there, or nobody ever was
begin
  select * into r from public.session_rules;
  select * into s from public.session_schedules x where x.id = advance_session.session_id;
  if not private.is_class(s) then
    perform private.lock_client(s.client_id);
  end if;
  perform pg_advisory_xact_lock(private.recording_lock_key(s.id));
  perform private.update_attendance(s.id);
  select * into s from public.session_schedules x where x.id = s.id for update;
  if s.status not in ('scheduled', 'in_progress') then
    return null;
  end if;

  v_host := private.get_session_host(s);
  v_online := s.session_location = 'online';
  v_heard := v_online and private.has_channel_events(s.id);
  v_ends_at := s.scheduled_at + make_interval(mins => s.duration_minutes);
  if v_heard then
    select max(h.last_sign_at) into v_empty from private.list_presence(s.id) h having not bool_or(h.is_there);
  end if;

  if v_heard and v_host is not null and private.has_attended(s, v_host) is null
     and now() >= s.scheduled_at + make_interval(mins => r.practitioner_grace_minutes) then
    perform private.mark_no_show(s, v_host);
  end if;
  if not private.has_attended(s, v_host) then
    perform private.set_session_status(s.id, 'cancelled', 'Cancelled by practitioner: the practitioner did not come');
  elsif now() >= v_ends_at + make_interval(mins => r.completion_grace_minutes)
     or (now() >= v_ends_at and v_empty is not null)
     or (now() >= s.scheduled_at + make_interval(mins => r.client_grace_minutes)
         and (v_empty <= now() - make_interval(mins => r.empty_minutes)
              -- Somebody said so; there is nothing to wait for.
              or (not private.is_class(s) and not private.has_attended(s, s.client_id)))) then
    perform private.settle_no_shows(s);
    perform private.return_credits_to_absent_clients(s);
    perform private.set_session_status(s.id, 'completed');
    perform private.update_attendance(s.id);  -- whoever is still there was there until now
  elsif v_online then
    perform private.begin_session(s.id);
  elsif now() >= s.scheduled_at then
    perform private.set_session_status(s.id, 'in_progress');
  end if;
  return (select x.status from public.session_schedules x where x.id = s.id and x.status <> s.status);
end
$$;

-- One turn, of the session that waits for one and is the newest; `since` is when this round began.
-- Definer: the driver is the service, which may write none of this by itself.
create function private.advance_next_session(
  since timestamptz, out asked_at timestamptz, out session_id uuid, out moved_to text, out task text,
  out recording public.session_recordings, out failure text)
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_variable
declare
  v_due record;
begin
  asked_at := since;
  if asked_at is null then
    asked_at := clock_timestamp();
    insert into private.session_checks (session_id)
    select s.id from public.session_schedules s
     where s.status in ('scheduled', 'in_progress') and s.group_class_id is null
       and s.scheduled_at <= now() + interval '15 minutes'
       and not exists (select from private.session_checks t where t.session_id = s.id)
    on conflict do nothing;
  end if;

  -- The newest first: what has lain for months waits for what is happening now.
  select t.session_id into session_id
    from private.session_checks t join public.session_schedules s on s.id = t.session_id
   where t.looked_at < asked_at
   order by s.scheduled_at desc limit 1
     for no key update of t skip locked;
  if session_id is null then
    delete from private.channel_events e
     where e.notice_id in (select old.notice_id from private.channel_events old
                            where old.received_at < now() - interval '90 days' limit 1000 for update skip locked);
    return;
  end if;

  begin
    moved_to := private.advance_session(session_id);
    v_due := private.claim_session_recording_task(session_id);
    task := v_due.task;
    recording := v_due.recording;
  exception when others then
    failure := sqlstate || ' ' || sqlerrm;
  end;
  update private.session_checks t set looked_at = clock_timestamp(), failure = advance_next_session.failure where t.session_id = session_id;
  delete from private.session_checks t using public.session_schedules s
   where t.session_id = session_id and s.id = t.session_id and s.status in ('completed', 'cancelled');
end
$$;

create function public.advance_next_session(since timestamptz default null)
  returns table (asked_at timestamptz, session_id uuid, moved_to text, task text, recording public.session_recordings,
                 failure text)
  language sql volatile security invoker set search_path = ''
as $$
  select t.asked_at, t.session_id, t.moved_to, t.task, t.recording, t.failure from private.advance_next_session(since) t;
$$;
comment on function public.advance_next_session is
  'One session''s turn; none if it names no session. Ask again with the first answer''s asked_at until there is none.';

revoke execute on function private.settle_no_shows, private.return_credits_to_absent_clients, private.advance_session,
  private.advance_next_session, public.advance_next_session from public, anon, authenticated, service_role;
grant execute on function private.advance_next_session, public.advance_next_session to service_role;


-- sessions/reminders.sql

-- Reminders: one message for each session a day before it, written once, whoever asks and how often.
--
-- `reminder_sent` is the mark, and is taken off when the session moves. Whoever booked or moved it less than 26 hours
-- before the start has just had a message with the time, and gets no reminder. A class's own row is nobody's booking.

-- Definer: it writes messages and marks sessions, for whoever may ask.
create function private.remind_sessions(session_id uuid default null) returns integer
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_session public.session_schedules;
  v_count   integer := 0;
begin
  for v_session in
    update public.session_schedules s set reminder_sent = now()
     where s.id in (
       select due.id from public.session_schedules due
        where due.status = 'scheduled' and due.reminder_sent is null
          and due.scheduled_at > now() and due.scheduled_at <= now() + interval '24 hours'
          and (due.max_participants = 1 or due.group_class_id is not null)
          and due.id = coalesce(remind_sessions.session_id, due.id)
          and not exists (select from private.outbox o
                           where o.session_id = due.id and o.kind in ('session_booked', 'session_rescheduled')
                             and o.created_at > due.scheduled_at - interval '26 hours')
        order by due.scheduled_at limit 200 for no key update skip locked)
    returning s.*
  loop
    perform private.publish_event('session_reminder', v_session.client_id, v_session.id, jsonb_build_object(
      'practitioner_id', v_session.practitioner_id, 'scheduled_at', v_session.scheduled_at,
      'group_class_id', v_session.group_class_id));
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$$;

create function public.prepare_mails() returns table (reminders integer, lost integer)
  language sql volatile security invoker set search_path = ''
as $$
  select private.remind_sessions(), private.mark_lost_mails_unknown();
$$;
comment on function public.prepare_mails is
  'For the scheduler: writes due reminders and marks mails whose sender died, before mails are claimed.';

revoke execute on function private.remind_sessions, public.prepare_mails from public, anon, authenticated, service_role;
grant execute on function private.remind_sessions, public.prepare_mails to service_role;
