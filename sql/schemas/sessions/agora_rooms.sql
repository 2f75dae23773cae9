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
