-- From sql/schemas: sessions/agora_rooms, sessions/session_states, sessions/attendance, sessions/channel_events, sessions/advancing, sessions/reopening, fees/no_shows, sessions/reminders, ratings/session_ratings.

-- Functions name what later chapters make.
set check_function_bodies = off;

set lock_timeout = '5s';
set statement_timeout = 0;
do $$ begin lock table public.session_schedules, public.practitioners in share row exclusive mode; end $$;


-- sessions/agora_rooms.sql

-- Rooms on Agora: who has access to which channel, under which number (uid), until when.
--
-- A channel belongs to a session. Everybody in a group class has a row of their own with a room name of its own, so
-- such a row leads to the channel of its class. The frontend asks for a token by channel name alone: the name finds the
-- session, and the session's rows say who has access.
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

  constraint channel_admissions_expire_later check (expires_at > admitted_at),
  constraint channel_admissions_channel_name_is_short check (char_length(channel_name) <= 255)
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
  -- A room name that Agora would refuse (64 bytes or more, or a strange character) is replaced by one made of the id.
  select case when octet_length((session).room_name) < 64 and (session).room_name ~ '^[A-Za-z0-9 !#$%&()+:;<=.>?@\[\]^_{}|~,-]+$'
              then (session).room_name
              else 'session-' || replace((session).id::text, '-', '') end;
$$;

-- The caller's access to a channel, for a seat in a class to that of the class; null if they have none.
--
-- A room is found by its name, or by the id in it, whatever plan the server chooses. The id is read in a `case`,
-- because an `and` does not keep its second half from being computed: once a generic plan looks in both indexes at
-- once, every name is read as if it ended in an id, and the answer is `invalid input syntax for type uuid`.
--
-- Definer: the class's row is not the participant's own, and access must not depend on who may read it.
create function private.get_channel_access(channel_name text, session_id uuid) returns private.channel_access
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_caller  uuid := (select auth.uid());
  v_named   public.session_schedules;
  v_class   public.session_schedules;
  v_is_host boolean;
begin
  if session_id is not null then
    select * into v_named from public.session_schedules s where s.id = get_channel_access.session_id;
  else
    select * into v_named from public.session_schedules s
     where s.room_name = get_channel_access.channel_name
        or s.id = case when get_channel_access.channel_name ~ '^session-[0-9a-f]{32}$'
                       then right(get_channel_access.channel_name, 32)::uuid end;
  end if;
  if v_named.id is null then
    return null;
  end if;

  v_class := v_named;
  if v_named.group_class_id is not null then
    select * into v_class from public.session_schedules s where s.id = v_named.group_class_id;
  end if;
  v_is_host := exists (select from public.practitioners p where p.id = v_class.practitioner_id and p.user_id = v_caller);
  if v_is_host
     -- One to one: the client's own row. A class's own row names whoever led it when it was made or given away.
     or (v_class.group_class_id is null and coalesce(v_class.max_participants, 1) <= 1 and v_class.client_id = v_caller)
     or exists (select from public.session_schedules mine
                 where mine.group_class_id = v_class.id and mine.client_id = v_caller and mine.status <> 'cancelled') then
    return row (v_class, v_is_host)::private.channel_access;
  end if;
  return null;
end;
$$;

-- A room is open from 15 minutes before the start until an hour after the end.
create function private.refuse_closed_room(session public.session_schedules) returns void
  language plpgsql stable set search_path = ''
as $$
declare
  v_opens_at  timestamptz := (session).scheduled_at - interval '15 minutes';
  v_closes_at timestamptz := (session).scheduled_at + make_interval(mins => (session).duration_minutes + 60);
begin
  if (session).status = 'cancelled' then
    perform private.refuse(409, 'session_cancelled', 'This session was cancelled.');
  elsif (session).status = 'completed' or now() >= v_closes_at then
    perform private.refuse(409, 'session_over', 'This session is over.');
  elsif (session).session_location = 'in_person' then
    perform private.refuse(409, 'session_in_person', 'This session takes place in person, not online.');
  elsif now() < v_opens_at then
    perform private.refuse(409, 'too_early', 'The room opens 15 minutes before the session starts.',
                           format('It opens at %s.', to_char(v_opens_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')));
  end if;
end;
$$;

-- Where the rule says so, whoever takes part signs first. Not by a trigger on payments: who paid has a right to the
-- session, and signs until it begins.
create function private.refuse_entry_without_waiver(access private.channel_access) returns void
  language plpgsql stable set search_path = ''
as $$
begin
  if not access.is_host and (select r.waiver_required_to_enter from public.session_rules r)
     and not private.has_signed_waiver((select auth.uid()), coalesce(
           (select seat.id from public.session_schedules seat
             where seat.group_class_id = (access.session).id and seat.client_id = (select auth.uid())
               and seat.status <> 'cancelled'),
           (access.session).id)) then
    perform private.refuse(409, 'waiver_required', 'Please sign the liability waiver before you enter.',
      case when private.pages_origin() is null then 'Use the link in the mail about this session.'
           else format('Use the link in the mail about this session. You get it again at %s/find-my-sessions.', private.pages_origin()) end);
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
  v_access private.channel_access :=
    private.get_channel_access(create_agora_room.channel_name, create_agora_room.session_id);
begin
  if (v_access.session).id is not null then
    perform private.refuse_closed_room(v_access.session);
    perform private.refuse_entry_without_waiver(v_access);
    return query select private.get_channel_name(v_access.session);
  elsif create_agora_room.session_id is not null or private.is_session_channel(create_agora_room.channel_name) then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  else
    -- A name that no session has yet: a practitioner about to create one, or the test page. A name without a token
    -- opens nothing.
    return query select create_agora_room.channel_name;
  end if;
end;
$$;

comment on function public.create_agora_room is 'The name of a session''s channel, for those who may enter it.';

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
  values (issue_channel_admission.session_id, v_caller, issue_channel_admission.channel_name, v_uid,
          issue_channel_admission.expires_at);
  return v_uid;
end;
$$;

-- A token is valid until its room closes. Whoever has not agreed to be recorded waits for the recording to stop.
create function public.create_agora_token(channel_name text, session_id uuid default null)
  returns table (channel text, uid bigint, expires_at timestamptz, recording_without_consent boolean)
  language plpgsql security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  v_access     private.channel_access :=
    private.get_channel_access(create_agora_token.channel_name, create_agora_token.session_id);
  v_session    public.session_schedules := v_access.session;
  v_channel    text;
  v_expires_at timestamptz;
begin
  -- Minutes of video are paid for, also those of a test.
  perform private.limit_use('video tokens', (select auth.uid()));
  if v_session.id is not null then
    perform private.refuse_closed_room(v_session);
    perform private.refuse_entry_without_waiver(v_access);
    -- Asked for the room name of a seat, the answer is still the channel of its class.
    v_channel := private.get_channel_name(v_session);
    v_expires_at := v_session.scheduled_at + make_interval(mins => v_session.duration_minutes + 60);
    if private.stop_recording_before_admission(v_session.id, (select auth.uid())) then
      -- Returned, not raised: raising would roll back the request to stop the recording.
      return query select v_channel, null::bigint, v_expires_at, true;
      return;
    end if;
  elsif private.is_test_channel_of_caller(create_agora_token.channel_name) then
    v_channel := create_agora_token.channel_name;
    v_expires_at := now() + interval '1 hour';
  else
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  end if;
  return query select v_channel, private.issue_channel_admission(v_session.id, v_channel, v_expires_at), v_expires_at, false;
end;
$$;

comment on function public.create_agora_token is
  'Admits the caller to a session''s channel, if it is time and they may.';

revoke execute on function private.get_channel_name, private.get_channel_access, private.refuse_closed_room,
  private.refuse_entry_without_waiver, private.is_test_channel_of_caller, private.is_session_channel,
  private.issue_channel_admission,
  public.create_agora_room, public.create_agora_token from public, anon, authenticated, service_role;

grant execute on function private.get_channel_name, private.get_channel_access, private.refuse_closed_room,
  private.refuse_entry_without_waiver, private.is_test_channel_of_caller, private.is_session_channel,
  private.issue_channel_admission,
  public.create_agora_room, public.create_agora_token to authenticated;


-- sessions/session_states.sql

-- Session states: forward, a class with all its seats, with the same consequences whoever writes the status.
--
--   scheduled ----> in_progress ----> completed
--       |               |
--       +---------------+---------> cancelled        scheduled -> completed: its time passed without any event
--
-- A completed session is taken back to scheduled or in_progress by `reopen_session` alone (reopening.sql).
--
-- Nothing in the pages begins or completes a session. `advance-sessions` does, every minute, and a token or a channel
-- event may be quicker. They write the status through `private.set_session_status`; written directly, by an admin or
-- the service, it has the same consequences, because those are triggers.

-- Definer: nobody reads reopenings.
create function private.refuse_backward_status() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  if old.status = 'completed' and new.status in ('scheduled', 'in_progress') and private.get_reopened_at(new) = now() then
    return new;  -- in this transaction
  end if;
  perform private.refuse(409, 'status_moves_forward', format('A session that is %s cannot become %s.', old.status, new.status));
end
$$;

create function private.set_status_times() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if new.status = 'in_progress' then
    new.started_at := coalesce(new.started_at, now());
  else
    new.completed_at := now();
  end if;
  return new;
end
$$;

-- Definer: whoever advances a class need not have the right to read its seats. (Cancelling: cancelling.sql.)
create function private.copy_class_status_to_seats() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  update public.session_schedules seat set status = new.status
   where seat.group_class_id = new.id and seat.status in ('scheduled', 'in_progress') and seat.status <> new.status;
  return null;
end
$$;

-- The first to write wins: a session that has ended, or has this status already, stays as it is.
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
  if private.get_reopened_at(new) is not null or private.ended_before_adoption(new) then
    return null;  -- it was announced when it was completed before; or ended before anybody was watching
  end if;
  perform private.publish_event('session_completed', new.client_id, new.id, jsonb_build_object(
    'practitioner_id', new.practitioner_id, 'scheduled_at', new.scheduled_at, 'group_class_id', new.group_class_id,
    'is_no_show', exists (select from public.session_attendance a
                           where a.session_id = new.id and a.user_id = new.client_id and a.is_no_show)));
  return null;
end
$$;

-- A session begins once somebody is present and its time has come: at once when a token is issued or a channel event
-- arrives, without waiting for `advance-sessions`. One to one, the client may begin as soon as the room is open; not
-- the practitioner, since joining early would take away the client's right to cancel; and not a class, whose seats are
-- on sale until its time.
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

-- Definer: whoever is issued a token may write neither attendance nor the status of their session.
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

-- Attendance: who was present, from when until when, how long, and from which source that is known.
--
--   agora    channel events say when somebody joined and left: intervals and seconds
--   token    no event of theirs arrived, but they were issued a token: they count as present, for how long is unknown
--   manual   set by the practitioner or an admin, with a reason; from then on events and tokens change nothing
--
-- A client's row belongs to their own session or seat, the practitioner's to the session or class. Events arrive
-- late, twice and in any order, so a row is never added to: it is computed anew from all events and tokens there are
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
  constraint session_attendance_left_after_joined check (left_at >= joined_at),
  constraint session_attendance_joined_at_is_in_range check (joined_at between '2000-01-01' and '2100-01-01'),
  constraint session_attendance_left_at_is_in_range check (left_at between '2000-01-01' and '2100-01-01'),
  constraint session_attendance_total_seconds_is_in_range check (total_seconds between 0 and 1000000),
  constraint session_attendance_reason_is_short check (char_length(reason) <= 1000)
);

comment on table  public.session_attendance               is 'One row for each person in each session.';

comment on column public.session_attendance.left_at is
  'Null while they are present, and where no event says when they left.';

comment on column public.session_attendance.intervals     is 'When they were present, as far as events say.';

comment on column public.session_attendance.total_seconds is 'Of the intervals; null if unknown.';

comment on column public.session_attendance.is_no_show is
  'They did not attend; the session rules say what follows.';

comment on column public.session_attendance.id is 'Of the row; made here.';

comment on column public.session_attendance.session_id is 'The session it is about: session_schedules.id.';

comment on column public.session_attendance.user_id is 'Who was there.';

comment on column public.session_attendance.source is
  'agora: observed in the channel; token: admitted to it; manual: said by the practitioner.';

comment on column public.session_attendance.joined_at is 'When they first came.';

comment on column public.session_attendance.reason is 'In words, for whoever reads it later.';

comment on column public.session_attendance.decided_by is 'Who said so.';

comment on column public.session_attendance.decided_at is 'When they said it.';

comment on column public.session_attendance.created_at is 'When the row was made.';

comment on column public.session_attendance.updated_at is 'When the row was last changed.';

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

-- Only what was set by hand, with the values before. The rest can be computed from channel events and admissions.
create trigger audit_session_attendance after insert or update on public.session_attendance
  for each row when (new.source = 'manual') execute function private.write_audit_log();

create function private.get_session_host(session public.session_schedules) returns uuid
  language sql stable set search_path = ''
as $$
  select p.user_id from public.practitioners p where p.id = (session).practitioner_id;
$$;

create function private.list_session_clients(session public.session_schedules)
  returns table (session_id uuid, user_id uuid)
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
  -- The session or seat to which somebody's row belongs; null if they have no part in this session.
  select case when private.get_session_host(session) = find_attendance_session_id.user_id then (session).id
              else (select c.session_id from private.list_session_clients(session) c
                     where c.user_id = find_attendance_session_id.user_id limit 1) end;
$$;

create function private.lock_attendance(session_id uuid) returns void
  language sql volatile set search_path = ''
as $$
  -- Two events at once are applied one after the other, so that the later one sees both. Before any row is locked.
  select pg_advisory_xact_lock(hashtextextended('attendance ' || session_id, 0));
$$;

create function private.has_attended(session public.session_schedules, user_id uuid) returns boolean
  language sql stable set search_path = ''
as $$
  -- True; false for a no-show; null if nothing is known.
  select not a.is_no_show from public.session_attendance a
   where a.session_id = private.find_attendance_session_id(session, has_attended.user_id)
     and a.user_id = has_attended.user_id;
$$;

-- Only where there is no row yet: one from events, from a token or set by hand stays.
create function private.mark_no_show(session public.session_schedules, user_id uuid) returns void
  language sql volatile set search_path = ''
as $$
  insert into public.session_attendance (session_id, user_id, source, total_seconds, is_no_show)
  values (private.find_attendance_session_id(session, mark_no_show.user_id), mark_no_show.user_id, 'agora', 0, true)
  on conflict (session_id, user_id) do nothing;
$$;

-- By hand, where no event arrived, or a wrong one.

-- Definer: nobody may write attendance. It checks its caller itself, since row-level security does not apply in it.
create function private.set_attendance(
  session_id uuid, user_id uuid, attended boolean, reason text, joined_at timestamptz, left_at timestamptz)
  returns setof public.session_attendance
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_session        public.session_schedules;
  v_rules          public.session_rules;
  v_role           text;
  v_row_session_id uuid;  -- of the session or the seat
  v_during         tstzmultirange := '{}';
begin
  perform private.refuse_long_text('reason', set_attendance.reason, 1000);
  select class.* into v_session from public.session_schedules named
    join public.session_schedules class on class.id = coalesce(named.group_class_id, named.id)
   where named.id = set_attendance.session_id;
  perform private.limit_use('attendance set', auth.uid());
  v_role := private.get_caller_role(v_session);
  if v_session.id is null or v_role is null or v_role not in ('practitioner', 'admin') then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  end if;
  v_row_session_id := private.find_attendance_session_id(v_session, set_attendance.user_id);
  if v_row_session_id is null then
    perform private.refuse(404, 'person_not_in_session', 'This person has no part in this session.');
  elsif btrim(coalesce(set_attendance.reason, '')) = '' then
    perform private.refuse(422, 'reason_missing', 'Please say why.');
  elsif set_attendance.attended and v_role = 'practitioner' and set_attendance.user_id = auth.uid() then
    -- What they earn depends on it.
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
     or set_attendance.joined_at < v_session.scheduled_at - interval '1 day'
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
      (v_row_session_id, set_attendance.user_id, 'manual',
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
  'For the session''s practitioner and admins: sets whether somebody attended, and why. Events change it no more.'
  ' A no-show set before the session is completed has the consequences that the session rules name, within a minute.';

revoke execute on function private.get_session_host, private.list_session_clients, private.find_attendance_session_id,
  private.lock_attendance, private.has_attended, private.mark_no_show, private.set_attendance, public.set_attendance
  from public, anon, authenticated, service_role;

grant execute on function private.set_attendance, public.set_attendance to authenticated;


-- sessions/channel_events.sql

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


-- sessions/advancing.sql

-- Advancing: every minute each session under way is checked, and time, tokens and channel events decide its status.
--
--   in_progress   in person, at its start; online, when somebody is present (begin_session)
--   cancelled     the practitioner is a no-show: after their grace, and credits are returned as when they cancel
--                 the client is a no-show, and the rules let them keep their credit
--   completed     its scheduled end and the grace have passed
--                 the client is a no-show: as any other session, and its event says so; at once if set by hand
--
-- Whoever reopens a session has a quarter of an hour to put right what ended it, before it ends by itself again.
-- An empty channel ends nothing: whoever comes back within the time goes on. Attendance says who was there and when.
--
-- Missing events alone make nobody a no-show: only where channel events arrived for the session, and only of somebody
-- to whom no token was issued. In person there are no events: attendance is set by hand (set_attendance). With every
-- event lost, sessions begin by their tokens and end by their time.
--
-- Any number of `advance-sessions` share the checks. A check is one transaction for one session, in the order of locks:
-- the client, the recording, the attendance, then rows. A failure is stored with its session, which is checked again
-- later and later, and after `private.max_attempts()` failures is set aside.

create table private.session_checks (
  session_id      uuid        primary key references public.session_schedules on delete cascade,
  starts_at       timestamptz not null,
  checked_at      timestamptz not null default '-infinity',
  next_attempt_at timestamptz not null default now(),
  attempts        integer     not null default 0,
  failure         text,

  constraint session_checks_failure_is_short check (char_length(failure) <= 10000)
);

comment on table private.session_checks is
  'The sessions under way, and when each was last checked.';

comment on column private.session_checks.starts_at is 'When it came here: the nearest are checked first.';

comment on column private.session_checks.attempts is 'Checks that failed since one succeeded.';

comment on column private.session_checks.failure is 'The error of the last check; null if it succeeded.';

create index session_checks_order_idx on private.session_checks (checked_at, starts_at desc);

alter table private.session_checks enable row level security;

-- No grant and no policy: only the functions below touch it.

-- Before a session is completed: a client without a token and without an event is a no-show.
create function private.settle_no_shows(session public.session_schedules) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_client record;
begin
  if not private.has_channel_events(session.id) then
    return;
  end if;
  for v_client in
    select c.* from private.list_session_clients(session) c where private.has_attended(session, c.user_id) is null
  loop
    perform private.mark_no_show(session, v_client.user_id);
  end loop;
end
$$;

-- Where a no-show does not forfeit, the client's session or seat is cancelled instead of completed.
create function private.return_credits_to_absent_clients(session public.session_schedules) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_client record;
begin
  if (select r.client_no_show_forfeits from public.session_rules r) then
    return;
  end if;
  for v_client in
    select c.* from private.list_session_clients(session) c where not private.has_attended(session, c.user_id)
  loop
    perform private.set_session_status(v_client.session_id, 'cancelled', 'Cancelled: the client did not come');
  end loop;
end
$$;

-- Returns the session's new status; null if it stays.
create function private.advance_session(session_id uuid) returns text
  language plpgsql volatile set search_path = ''
as $$
declare
  v_rules       public.session_rules;
  v_session     public.session_schedules;
  v_host        uuid;
  v_online      boolean;
  v_has_events  boolean;
  v_may_end     boolean;
begin
  select * into v_rules from public.session_rules;
  select * into v_session from public.session_schedules s where s.id = advance_session.session_id;
  if not private.is_class(v_session) then
    perform private.lock_client(v_session.client_id);
  end if;
  perform pg_advisory_xact_lock(private.recording_lock_key(v_session.id));
  perform private.update_attendance(v_session.id);
  select * into v_session from public.session_schedules s where s.id = v_session.id for update;
  if v_session.status not in ('scheduled', 'in_progress') then
    return null;
  end if;
  if private.ended_before_adoption(v_session) then
    -- Nobody was watching: nobody is a no-show, and nothing follows from it.
    perform private.set_session_status(v_session.id, 'completed');
    return 'completed';
  end if;

  v_host := private.get_session_host(v_session);
  v_online := v_session.session_location = 'online';
  v_has_events := v_online and private.has_channel_events(v_session.id);
  v_may_end := coalesce(now() >= private.get_reopened_at(v_session) + interval '15 minutes', true);

  if v_may_end and v_has_events and v_host is not null and private.has_attended(v_session, v_host) is null
     and now() >= v_session.scheduled_at + make_interval(mins => v_rules.practitioner_grace_minutes) then
    perform private.mark_no_show(v_session, v_host);
  end if;
  if v_may_end and not private.has_attended(v_session, v_host) then
    perform private.set_session_status(v_session.id, 'cancelled', 'Cancelled by practitioner: the practitioner did not come');
  elsif v_may_end and (
          now() >= v_session.scheduled_at
                   + make_interval(mins => v_session.duration_minutes + v_rules.completion_grace_minutes)
          -- Set by hand: there is nothing to wait for.
          or (now() >= v_session.scheduled_at + make_interval(mins => v_rules.client_grace_minutes)
              and not private.is_class(v_session) and not private.has_attended(v_session, v_session.client_id))) then
    perform private.settle_no_shows(v_session);
    perform private.return_credits_to_absent_clients(v_session);
    perform private.set_session_status(v_session.id, 'completed');
    perform private.update_attendance(v_session.id);  -- whoever is still present was there until now
  elsif v_online then
    perform private.begin_session(v_session.id);
  elsif now() >= v_session.scheduled_at then
    perform private.set_session_status(v_session.id, 'in_progress');
  end if;
  return (select s.status from public.session_schedules s where s.id = v_session.id and s.status <> v_session.status);
end
$$;

-- Checks one session that has not been checked since `since`, when this round of checks began.
-- Definer: the service calls it, and may write none of this by itself.
create function private.advance_next_session(
  since timestamptz, out asked_at timestamptz, out session_id uuid, out moved_to text, out task text,
  out take private.recording_takes, out failure text)
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_variable
declare
  v_task record;
begin
  asked_at := since;
  if asked_at is null then
    asked_at := clock_timestamp();
    -- Not all at once: whatever was left over for months waits for the sessions of now, which have been checked before.
    insert into private.session_checks (session_id, starts_at)
    select s.id, s.scheduled_at from public.session_schedules s
     where s.status in ('scheduled', 'in_progress') and s.group_class_id is null
       and s.scheduled_at <= now() + interval '15 minutes'
       and not exists (select from private.session_checks t where t.session_id = s.id)
     order by s.scheduled_at desc limit 2000
    on conflict do nothing;
  end if;

  -- Whoever has waited longest; of those that are new, the nearest.
  select t.session_id into session_id from private.session_checks t
   where t.checked_at < asked_at and t.next_attempt_at <= now() and t.attempts < private.max_attempts()
   order by t.checked_at, t.starts_at desc limit 1
     for no key update skip locked;
  if session_id is null then
    return;
  end if;

  begin
    moved_to := private.advance_session(session_id);
    v_task := private.claim_session_recording_task(session_id);
    task := v_task.task;
    take := v_task.take;
    failure := private.find_reason_unreadable(to_jsonb(take));
  exception when query_canceled or others then
    failure := left(sqlstate || ' ' || sqlerrm, 2000);
  end;
  if failure is not null then
    task := null;
    take := null;
  end if;
  update private.session_checks t
     set checked_at = clock_timestamp(), failure = advance_next_session.failure,
         attempts = case when advance_next_session.failure is null then 0 else t.attempts + 1 end,
         next_attempt_at = case when advance_next_session.failure is null then now()
                                else now() + private.retry_delay(t.attempts + 1) end
   where t.session_id = session_id;
  delete from private.session_checks t using public.session_schedules s
   where t.session_id = session_id and s.id = t.session_id and s.status in ('completed', 'cancelled');
end
$$;

create function public.advance_next_session(since timestamptz default null)
  returns table (asked_at timestamptz, session_id uuid, moved_to text, task text, take private.recording_takes,
                 failure text)
  language sql volatile security invoker set search_path = ''
as $$
  select t.asked_at, t.session_id, t.moved_to, t.task, t.take, t.failure from private.advance_next_session(since) t;
$$;

comment on function public.advance_next_session is
  'Checks one session. Call it again with the first answer''s asked_at until an answer names no session.';

revoke execute on function private.settle_no_shows, private.return_credits_to_absent_clients, private.advance_session,
  private.advance_next_session, public.advance_next_session from public, anon, authenticated, service_role;

grant execute on function private.advance_next_session, public.advance_next_session to service_role;


-- sessions/reopening.sql

-- Reopening: an admin takes a completion back, with a reason, as long as nobody was paid for it.
--
--   completed ----> in_progress, or scheduled if its time has not come
--
-- What followed from the completion is taken back with it, by counter-entries: earnings are posted back, no-shows that
-- nobody set by hand are undone and attendance computed anew. Its credit was spent when it was booked; if it is
-- cancelled now, it is returned as of any session. Seats that were cancelled stay so. Then it goes on by the rules:
-- people may join, another take may begin, and at its end, or a quarter of an hour later, it is completed again, earned
-- again, and announced to nobody a second time.

create table private.session_reopenings (
  id           uuid        primary key default gen_random_uuid(),
  session_id   uuid        not null references public.session_schedules on delete cascade,
  completed_at timestamptz,
  reason       text        not null,
  reopened_by  uuid        references auth.users on delete set null,
  reopened_at  timestamptz not null default now(),

  constraint session_reopenings_have_a_reason check (btrim(reason) <> '' and char_length(reason) <= 1000)
);

comment on column private.session_reopenings.completed_at is 'When it had been completed.';

create index session_reopenings_session_id_idx on private.session_reopenings (session_id, reopened_at);

create index session_reopenings_reopened_by_idx on private.session_reopenings (reopened_by);

alter table private.session_reopenings enable row level security;

-- No grant and no policy: only the functions below touch it. Admins read the audit log.

create trigger audit_session_reopenings after insert on private.session_reopenings
  for each row execute function private.write_audit_log();

-- When it was last reopened; a seat with its class.
create function private.get_reopened_at(session public.session_schedules) returns timestamptz
  language sql stable set search_path = ''
as $$
  select max(r.reopened_at) from private.session_reopenings r
   where r.session_id = coalesce((session).group_class_id, (session).id);
$$;

-- Definer: nobody takes a status back in any other way. It checks its caller itself.
create function private.reopen_session(session_id uuid, reason text) returns public.session_schedules
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_session public.session_schedules;
  v_seat    public.session_schedules;
  v_status  text;
  v_id      uuid;
begin
  if not private.is_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins reopen sessions.');
  end if;
  perform private.refuse_long_text('reason', reopen_session.reason, 1000);
  if btrim(coalesce(reopen_session.reason, '')) = '' then
    perform private.refuse(422, 'reason_missing', 'Please say why.');
  end if;
  -- Order matters: before any row is locked. A seat is reopened with its class.
  perform private.lock_payouts();
  select class.* into v_session from public.session_schedules named
    join public.session_schedules class on class.id = coalesce(named.group_class_id, named.id)
   where named.id = reopen_session.session_id;
  if v_session.id is null then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  elsif not private.is_class(v_session) then
    perform private.lock_client(v_session.client_id);
  end if;
  perform pg_advisory_xact_lock(private.recording_lock_key(v_session.id));
  perform private.lock_attendance(v_session.id);
  select * into v_session from public.session_schedules s where s.id = v_session.id for update;
  if v_session.status <> 'completed' then
    perform private.refuse(409, 'session_not_completed', 'Only a completed session can be reopened.');
  end if;

  insert into private.session_reopenings (session_id, completed_at, reason, reopened_by)
  values (v_session.id, v_session.completed_at, btrim(reopen_session.reason), auth.uid())
  returning id into v_id;
  delete from public.session_attendance a using public.session_schedules s
   where s.id = a.session_id and v_session.id in (s.id, s.group_class_id) and a.is_no_show and a.source <> 'manual';
  v_status := case when now() < v_session.scheduled_at then 'scheduled' else 'in_progress' end;
  for v_seat in
    update public.session_schedules s
       set status = v_status, completed_at = null, started_at = case when v_status = 'in_progress' then s.started_at end
     where v_session.id in (s.id, s.group_class_id) and s.status = 'completed'
    returning s.*
  loop
    perform private.take_back_earned_seat(v_seat.id, v_id, reopen_session.reason);
  end loop;
  perform private.update_attendance(v_session.id);
  select * into v_session from public.session_schedules s where s.id = v_session.id;
  return v_session;
end
$$;

create function public.reopen_session(session_id uuid, reason text)
  returns table (session_id uuid, status text)
  language sql volatile security invoker set search_path = ''
as $$
  select s.id, s.status from private.reopen_session($1, $2) s;
$$;

comment on function public.reopen_session is
  'For admins: takes back the completion of a session or class, and what followed from it, unless it was paid out.';

revoke execute on function private.get_reopened_at, private.reopen_session, public.reopen_session
  from public, anon, authenticated, service_role;

grant execute on function private.reopen_session, public.reopen_session to authenticated;


-- fees/no_shows.sql

-- Fees for not coming: owed once the session is completed and its client is a no-show, and as long as both hold.
--
-- Both are asked, whichever is written last: the session by advancing.sql, who came by channel events, by a token or by
-- hand. So a no-show that was a mistake ends the fee, and so does reopening. The amount is that of the policy that was
-- agreed to. Nothing is owed for a session that nobody paid for, nor for one that somebody else has changed since the
-- client agreed to it; nor where the rules let an absent client keep the credit, since that session is cancelled.

-- What not coming to it costs beside the credit, in the currency of its terms; 0: nothing.
create function private.get_no_show_fee(session public.session_schedules) returns numeric
  language plpgsql stable set search_path = ''
as $$
declare
  v_policy public.cancellation_policy := private.get_cancellation_policy(session);
begin
  return case
    when private.is_class(session) or private.may_leave_freely(session)
      or not (select r.client_no_show_forfeits from public.session_rules r)
      or session.credit_lot_id is null and (private.get_session_payment(session.id)).id is null then 0
    when private.get_session_currency(session) = 'cad' then v_policy.no_show_fee_cad
    else v_policy.no_show_fee_usd end;
end
$$;

create function private.settle_no_show_fee(session_id uuid, user_id uuid) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_session public.session_schedules;
begin
  select * into v_session from public.session_schedules s where s.id = settle_no_show_fee.session_id;
  if v_session.id is null or private.is_class(v_session)
     or v_session.client_id is distinct from settle_no_show_fee.user_id then
    return;  -- whoever leads it
  elsif v_session.status <> 'completed' or not exists (
      select from public.session_attendance a
       where a.session_id = v_session.id and a.user_id = v_session.client_id and a.is_no_show) then
    perform private.end_fee(v_session.id, v_session.client_id, 'It is not noted any more that they did not come.');
  elsif private.owe_fee(v_session, 'no_show', private.get_no_show_fee(v_session), private.get_session_currency(v_session)) then
    perform private.publish_fee('fee_owed', f) from public.owed_fees f
      where f.session_id = v_session.id and f.user_id = v_session.client_id;
  end if;
end
$$;

-- Definer: whoever completes or reopens a session may write no fees.
create function private.settle_no_show_fee_of_session() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.settle_no_show_fee(new.id, new.client_id);
  return null;
end
$$;

-- Definer: whoever says who came may write no fees.
create function private.settle_no_show_fee_of_attendance() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.settle_no_show_fee(new.session_id, new.user_id);
  return null;
end
$$;

revoke execute on function private.get_no_show_fee, private.settle_no_show_fee, private.settle_no_show_fee_of_session,
  private.settle_no_show_fee_of_attendance from public, anon, authenticated, service_role;

create trigger session_attendance_50_settle_fee after insert on public.session_attendance
  for each row when (new.is_no_show) execute function private.settle_no_show_fee_of_attendance();

create trigger session_attendance_50_settle_fee_again after update of is_no_show on public.session_attendance
  for each row when (new.is_no_show <> old.is_no_show) execute function private.settle_no_show_fee_of_attendance();


-- sessions/reminders.sql

-- Reminders: one event for each session a day before it, written once, however often the function is called.
--
-- `reminder_sent` says that it was written, and is cleared when the session is rescheduled. A session booked or
-- rescheduled less than 26 hours before its start gets none: a mail with the time has just been sent. A class's own row
-- is nobody's booking.

-- Definer: it writes events and marks sessions, which its callers may not.
create function private.remind_sessions(session_id uuid default null) returns integer
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_session public.session_schedules;
  v_count   integer := 0;
begin
  for v_session in
    select due.* from public.session_schedules due
     where due.status = 'scheduled' and due.reminder_sent is null
       and due.scheduled_at > now() and due.scheduled_at <= now() + interval '24 hours'
       and (due.max_participants = 1 or due.group_class_id is not null)
       and due.id = coalesce(remind_sessions.session_id, due.id)
       and not exists (select from private.outbox o
                        where o.session_id = due.id and o.kind in ('session_booked', 'session_rescheduled', 'session_changed')
                          and o.created_at > due.scheduled_at - interval '26 hours')
     order by due.scheduled_at limit 200 for no key update skip locked
  loop
    begin
      update public.session_schedules s set reminder_sent = now() where s.id = v_session.id;
      perform private.publish_event('session_reminder', v_session.client_id, v_session.id, jsonb_build_object(
        'practitioner_id', v_session.practitioner_id, 'scheduled_at', v_session.scheduled_at,
        'group_class_id', v_session.group_class_id));
      v_count := v_count + 1;
    exception when others then
      raise warning 'reminder of session %: %', v_session.id, sqlerrm;  -- the others are reminded
    end;
  end loop;
  return v_count;
end
$$;

create function public.prepare_mails(pages_origin text, translations_version text default null)
  returns table (reminders integer, lost integer, unanswered integer, waiting integer, lacks_translations boolean)
  language sql volatile security invoker set search_path = ''
as $$
  select private.keep_pages_origin(prepare_mails.pages_origin);
  select private.answer_session_link_requests();
  select private.note_matters();
  select private.remind_sessions(), private.mark_lost_mails_unknown(), private.expire_questions(),
         private.settle_waiting_lists(), private.lacks_translations(prepare_mails.translations_version);
$$;

comment on function public.prepare_mails is
  'For the scheduler, again until all are nought: due reminders, mails whose sender died, what nobody answered in time,'
  ' waiting lists.'
  ' Keeps where the pages of our own are, answers who asked for their links, and notes what waits for a person. Says'
  ' whether it has the translations of another version.';

revoke execute on function private.remind_sessions, public.prepare_mails from public, anon, authenticated, service_role;

grant execute on function private.remind_sessions, public.prepare_mails to service_role;


-- ratings/session_ratings.sql

-- Ratings: one to five stars and a few words, by whoever had a session, about whoever led it. One for each session or
-- seat, so two posts at once leave one.
--
-- A rating counts while its session was held (`is_held`) and no admin hides it. Held is what is completed, and to which
-- both came: after a no-show there was nothing to rate. A session that is reopened is not held until it is completed
-- again; one that is refunded was, or a refund would be the price of a bad rating. It counts for whoever leads the
-- session at its end, so a session that is given to another takes its rating along.
--
-- Averages are read with practitioners, by any page: `select=*,rating_average,rating_count`. They are kept as sums,
-- added to by trigger, so that a list of practitioners reads a row for each and not all their ratings.
--
-- The order of locks: attendance, the session, its rating, the sums.

create table private.rating_rules (
  is_the_only_row boolean  primary key default true,
  least           integer  not null default 5,
  open_for        interval not null default '30 days',

  constraint rating_rules_is_one_row check (is_the_only_row),
  constraint rating_rules_are_in_range check (
    least between 5 and 1000 and open_for between interval '1 day' and interval '1 year')
);

comment on table private.rating_rules is
  'From how many ratings on an average is shown, and how long after a session it can be rated. An operator changes it.';

insert into private.rating_rules default values;

create table public.session_ratings (
  id              uuid        primary key default gen_random_uuid(),
  session_id      uuid        not null unique references public.session_schedules (id) on delete cascade,
  practitioner_id uuid        not null,
  stars           integer     not null,
  words           text,
  is_held         boolean     not null,
  hidden_at       timestamptz,
  decided_by      uuid        references auth.users (id) on delete set null,
  decision_reason text,
  is_counted      boolean     not null generated always as (is_held and hidden_at is null) stored,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now(),

  constraint session_ratings_stars_are_one_to_five check (stars between 1 and 5),
  constraint session_ratings_texts_are_short check (
    char_length(words) <= 500 and char_length(decision_reason) <= 500),
  constraint session_ratings_words_say_something check (btrim(words) <> ''),
  constraint session_ratings_hidden_at_is_in_range check (hidden_at between '2000-01-01' and '2100-01-01')
);

comment on table  public.session_ratings                 is 'What clients think of sessions that they had.';

comment on column public.session_ratings.id              is 'Of the row; made here.';

comment on column public.session_ratings.session_id      is 'The session or seat, whose client rated it: session_schedules.id.';

-- No foreign key: tables that lead to both would offer the pages a second way from one to the other.
comment on column public.session_ratings.practitioner_id is 'Who led it; as the session has it.';

comment on column public.session_ratings.stars           is 'One to five.';

comment on column public.session_ratings.words           is 'What they wrote; null: nothing, or erased.';

comment on column public.session_ratings.is_held         is 'Whether the session took place, with both.';

comment on column public.session_ratings.hidden_at       is 'When an admin hid it; null: it is not hidden.';

comment on column public.session_ratings.decided_by      is 'The admin who last hid it or showed it again.';

comment on column public.session_ratings.decision_reason is 'Why.';

comment on column public.session_ratings.is_counted      is 'Whether it is in the average.';

comment on column public.session_ratings.created_at      is 'When it was given.';

comment on column public.session_ratings.updated_at      is 'When it was last changed.';

create index session_ratings_practitioner_id_idx on public.session_ratings (practitioner_id, created_at);

create index session_ratings_created_at_idx on public.session_ratings (created_at);  -- the newest, for admins

create index session_ratings_decided_by_idx on public.session_ratings (decided_by);

create table private.rating_sums (
  practitioner_id uuid    primary key references public.practitioners (id) on delete cascade,
  ratings         integer not null,
  stars           integer not null,

  constraint rating_sums_are_possible check (ratings >= 0 and stars between ratings and 5 * ratings)
);

comment on table private.rating_sums is 'How many ratings of a practitioner count, and their stars together.';

alter table public.session_ratings enable row level security;

alter table private.rating_sums enable row level security;

alter table private.rating_rules enable row level security;

-- Definer: the policy asks about sessions, whose own policies would be asked for each.
create function private.my_rated_session_ids() returns setof uuid
  language sql stable security definer rows 100 set search_path = ''
as $$
  select s.id from public.session_schedules s where s.client_id = (select auth.uid()) and not private.is_class(s);
$$;

-- Not whoever is rated: a session leads to its client. They read them without (ratings/reading_ratings.sql).
create policy "clients read the ratings they gave, admins all"
  on public.session_ratings for select to authenticated
  using (session_id in (select private.my_rated_session_ids()) or (select private.is_admin()));

revoke all on public.session_ratings from anon, authenticated, service_role;

grant select on public.session_ratings to authenticated, service_role;

-- No insert, update or delete, not even for the service: the functions are the only way.

create trigger update_session_ratings_updated_at before update of stars, words on public.session_ratings
  for each row execute function public.update_updated_at_column();

-- What admins decide, and what is lost with a session. What clients write is in the row.
create trigger audit_session_ratings after update on public.session_ratings
  for each row when ((old.hidden_at, old.decision_reason) is distinct from (new.hidden_at, new.decision_reason))
  execute function private.write_audit_log();

-- Whether it took place, with its client and whoever led it. One's session with oneself is nobody's to rate.
create function private.is_held(session public.session_schedules) returns boolean
  language plpgsql stable set search_path = ''
as $$
declare
  c_host constant uuid := private.get_session_host(session);
begin
  return session.status = 'completed' and not private.is_class(session) and session.client_id is distinct from c_host
     and not exists (select from public.session_attendance a
                      where a.is_no_show
                        and (a.session_id = session.id and a.user_id = session.client_id
                             or a.session_id = coalesce(session.group_class_id, session.id) and a.user_id = c_host));
end
$$;

create function private.get_rating_end(session public.session_schedules) returns timestamptz
  language sql stable set search_path = ''
as $$
  select (session).scheduled_at + make_interval(mins => (session).duration_minutes) + r.open_for from private.rating_rules r;
$$;

-- Definer: whoever rates, or deletes a session, may not write the sums.
create function private.sum_ratings() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  if old.is_counted then
    update private.rating_sums t set ratings = t.ratings - 1, stars = t.stars - old.stars
     where t.practitioner_id = old.practitioner_id;
  end if;
  if new.is_counted then
    insert into private.rating_sums as t (practitioner_id, ratings, stars) values (new.practitioner_id, 1, new.stars)
    on conflict (practitioner_id) do update set ratings = t.ratings + 1, stars = t.stars + excluded.stars;
  end if;
  return null;
end
$$;

create trigger session_ratings_sum_written after insert or delete on public.session_ratings
  for each row execute function private.sum_ratings();

create trigger session_ratings_sum_changed after update on public.session_ratings
  for each row when ((old.is_counted, old.stars, old.practitioner_id) is distinct from (new.is_counted, new.stars, new.practitioner_id))
  execute function private.sum_ratings();

-- After a session changed, or who came to it. Definer: whoever changes it may not write ratings.
create function private.update_rating_of_session() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  update public.session_ratings r set is_held = private.is_held(new), practitioner_id = new.practitioner_id
   where r.session_id = new.id
     and (r.is_held, r.practitioner_id) is distinct from (private.is_held(new), new.practitioner_id);
  return null;
end
$$;

-- Definer: as above. A class's row of whoever leads it is about all its seats.
create function private.update_rating_of_attendance() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  c_session_id constant uuid := coalesce(new.session_id, old.session_id);
begin
  update public.session_ratings r set is_held = private.is_held(s)
    from public.session_schedules s
   where c_session_id in (s.id, s.group_class_id) and r.session_id = s.id and r.is_held <> private.is_held(s);
  return null;
end
$$;

create trigger session_attendance_update_rating_when_made after insert on public.session_attendance
  for each row when (new.is_no_show) execute function private.update_rating_of_attendance();

create trigger session_attendance_update_rating_when_changed after update of is_no_show on public.session_attendance
  for each row when (new.is_no_show <> old.is_no_show) execute function private.update_rating_of_attendance();

create trigger session_attendance_update_rating_when_deleted after delete on public.session_attendance
  for each row when (old.is_no_show) execute function private.update_rating_of_attendance();

-- Read with practitioners: a page names them among the columns. Null: too few to say.

-- Definer: nobody reads sums. Whose average it is, whoever has the practitioner's row may know.
create function private.get_rating_sums(practitioner_id uuid) returns private.rating_sums
  language sql stable security definer set search_path = ''
as $$
  select t from private.rating_sums t, private.rating_rules r
   where t.practitioner_id = get_rating_sums.practitioner_id and t.ratings >= r.least;
$$;

create function private.get_rating_average(practitioner_id uuid) returns numeric
  language sql stable set search_path = ''
as $$
  select round(t.stars::numeric / t.ratings, 1) from private.get_rating_sums(get_rating_average.practitioner_id) t;
$$;

create function public.rating_average(practitioner public.practitioners) returns numeric
  language sql stable security invoker set search_path = ''
as $$
  select private.get_rating_average((practitioner).id);
$$;

comment on function public.rating_average is
  'A column to select with practitioners: the average of their ratings, to a tenth; null while there are too few.';

create function public.rating_count(practitioner public.practitioners) returns integer
  language sql stable security invoker set search_path = ''
as $$
  select t.ratings from private.get_rating_sums((practitioner).id) t;
$$;

comment on function public.rating_count is
  'A column to select with practitioners: of how many ratings the average is; null while there are too few.';

revoke execute on function private.my_rated_session_ids, private.is_held, private.get_rating_end, private.sum_ratings,
  private.update_rating_of_session, private.update_rating_of_attendance, private.get_rating_sums,
  private.get_rating_average, public.rating_average, public.rating_count from public, anon, authenticated, service_role;

grant execute on function private.my_rated_session_ids to authenticated;

grant execute on function private.get_rating_sums, private.get_rating_average, public.rating_average, public.rating_count
  to authenticated, service_role;
