-- Starting a recording, stopping it, and its status: who may, and which of several callers calls Agora.
--
-- A start inserts the take before Agora is called, so twenty callers make one. A stop is a request that is stored:
-- whoever passes it on to Agora may crash, and the reconciler passes it on again. It is also final for the automatic
-- start, until somebody starts a take by hand.

-- The caller's access to a session's recording: `is_staff` is its practitioner, an admin or the service. The session is
-- null for strangers.
create type private.recording_access as (session public.session_schedules, is_staff boolean);

-- Definer: whether the caller belongs to a session must not depend on which of its rows they may read.
create function private.my_recording_access(session_id uuid) returns private.recording_access
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_channel  private.channel_access := private.get_channel_access(null, session_id);
  v_session  public.session_schedules := v_channel.session;
  v_is_staff boolean := coalesce((select auth.role()), '') = 'service_role' or (select private.is_admin());
begin
  if v_session.id is null and v_is_staff then
    -- A participant's row leads to that of the class.
    select class.* into v_session from public.session_schedules named
      join public.session_schedules class on class.id = coalesce(named.group_class_id, named.id)
     where named.id = my_recording_access.session_id;
  end if;
  return row (v_session, v_is_staff or coalesce(v_channel.is_host, false))::private.recording_access;
end;
$$;

-- `is_new` is true for the one caller who inserted the take and is to call Agora.
-- Definer: nobody may write takes in any other way.
create function private.start_agora_recording(
  session_id uuid, mode text, by_hand boolean, out is_new boolean, out take private.recording_takes)
  language plpgsql security definer set search_path = ''
as $$
declare
  v_access    private.recording_access := private.my_recording_access(session_id);
  v_session   public.session_schedules := v_access.session;
  v_recording public.session_recordings;
  v_missing   bigint;
  v_number    integer;
begin
  if v_session.id is null then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  elsif not v_access.is_staff then
    perform private.refuse(403, 'not_allowed', 'Only the practitioner can record a session.');
  end if;

  -- From here on nobody is admitted: an admission at the same time has been committed, or waits.
  perform pg_advisory_xact_lock(private.recording_lock_key(v_session.id));
  select * into take from private.recording_takes t where t.session_id = v_session.id and t.status in ('pending', 'recording');
  is_new := take.id is null;
  if not is_new then
    if take.stop_requested_at is not null then
      perform private.refuse(409, 'recording_stopping', 'The recording of this session is just being stopped.',
                             'Please try again in a minute.');
    end if;
    return;
  end if;

  -- Locked as well: a cancellation at the same time is committed first, or finds this take and stops it.
  select * into v_session from public.session_schedules s where s.id = v_session.id for share;
  perform private.refuse_closed_room(v_session);
  v_missing := private.count_without_consent(v_session);
  if v_missing > 0 then
    perform private.refuse(409, 'recording_consent_missing', 'Not everybody in this session has agreed to be recorded.',
                           format('%s of the people present have not agreed.', v_missing));
  end if;

  insert into public.session_recordings (session_id) values (v_session.id) on conflict do nothing;
  update public.session_recordings r
     set stopped_at = case when not start_agora_recording.by_hand then r.stopped_at end
   where r.session_id = v_session.id
  returning r.* into v_recording;
  select coalesce(max(t.number), 0) + 1 into v_number from private.recording_takes t where t.recording_id = v_recording.id;
  if private.is_being_erased(v_recording.id) then
    perform private.refuse(409, 'recording_being_erased', 'What was recorded of this session is being erased.');
  elsif v_number > 2 * private.max_takes() then
    perform private.refuse(409, 'too_many_takes', 'This session has been recorded too often already.');
  end if;

  insert into private.recording_takes as t
    (recording_id, session_id, number, mode, requested_by, cname, recorder_uid, prefix, record_until, next_check_at,
     deadline_at)
  values
    (v_recording.id, v_session.id, v_number, start_agora_recording.mode,
     case when start_agora_recording.by_hand then (select auth.uid()) end, private.get_channel_name(v_session),
     nextval('private.recorder_uids'), private.take_prefix(v_recording.id, v_number, 1),
     v_session.scheduled_at + make_interval(mins => v_session.duration_minutes + 60),
     now() + interval '45 seconds', now() + private.take_start_timeout())
  returning t.* into take;
end;
$$;

-- Gives the newest take, which is stopped if it is on.
-- Definer: nobody may write recordings in any other way.
create function private.stop_agora_recording(session_id uuid, recording_id uuid) returns private.recording_takes
  language plpgsql security definer set search_path = ''
as $$
declare
  v_recording public.session_recordings;
  v_access    private.recording_access;
  v_take      private.recording_takes;
begin
  select * into v_recording from public.session_recordings r where r.id = stop_agora_recording.recording_id;
  v_access := private.my_recording_access(coalesce(v_recording.session_id, stop_agora_recording.session_id));
  if (v_access.session).id is not null and not v_access.is_staff then
    perform private.refuse(403, 'not_allowed', 'Only the practitioner can stop a recording.');
  end if;
  -- In a class, a participant's row leads to that of the class.
  if (v_access.session).id is not null and (v_recording.id is not null or stop_agora_recording.recording_id is null) then
    perform pg_advisory_xact_lock(private.recording_lock_key((v_access.session).id));
    perform private.request_recording_stop((v_access.session).id, 'asked');
    update public.session_recordings r set stopped_at = coalesce(r.stopped_at, now())
     where r.session_id = (v_access.session).id
    returning r.* into v_recording;
    perform private.update_recording(v_recording.id);
    select * into v_take from private.recording_takes t where t.recording_id = v_recording.id order by t.number desc limit 1;
  end if;
  if v_take.id is null then
    perform private.refuse(404, 'recording_not_found', 'There is no such recording.');
  end if;
  return v_take;
end;
$$;

create function public.start_agora_recording(session_id uuid, mode text default 'mix')
  returns table (is_new boolean, take_id uuid, recording_id uuid, status text, agora_resource_id text, agora_sid text)
  language sql security invoker set search_path = ''
as $$
  select private.limit_use('recording commands', (select auth.uid()));
  select s.is_new, (s.take).id, (s.take).recording_id, (s.take).status, (s.take).agora_resource_id, (s.take).agora_sid
    from private.start_agora_recording(session_id, mode, true) s;
$$;
comment on function public.start_agora_recording is 'Starts a take of a session, if everybody there has agreed.';

create function public.stop_agora_recording(session_id uuid default null, recording_id uuid default null)
  returns table (take_id uuid, recording_id uuid, status text)
  language sql security invoker set search_path = ''
as $$
  select private.limit_use('recording commands', (select auth.uid()));
  select t.id, t.recording_id, t.status from private.stop_agora_recording($1, $2) t;
$$;
comment on function public.stop_agora_recording is 'Stops the take that is on.';

-- The rest of the row, which whoever carries a start or a stop to Agora needs and people may not read.
create function public.find_take(take_id uuid) returns setof private.recording_takes
  language sql stable security invoker set search_path = ''
as $$
  select * from private.recording_takes t where t.id = find_take.take_id;
$$;

-- Definer: Agora's ids are for admins alone, and an admin too is `authenticated`, which has no right to these columns.
create function private.get_recording_status(
  session_id uuid, recording_id uuid, out recording public.session_recordings, out newest_take private.recording_takes)
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_recording public.session_recordings;
  v_access    private.recording_access;
begin
  if recording_id is not null then
    select * into v_recording from public.session_recordings r where r.id = get_recording_status.recording_id;
  end if;
  v_access := private.my_recording_access(coalesce(v_recording.session_id, get_recording_status.session_id));
  if recording_id is null and (v_access.session).id is not null then
    -- A participant's own row, once there is one, rather than the class's.
    select * into v_recording from public.session_recordings r
     where r.session_id in (get_recording_status.session_id, (v_access.session).id)
     order by r.session_id <> get_recording_status.session_id limit 1;
  end if;
  -- A closed recording is not found, except by admins and the service.
  if v_recording.id is null or (v_access.session).id is null
     or v_recording.id in (select private.closed_recording_ids())
        and not (coalesce((select auth.role()), '') = 'service_role' or private.is_admin())
     or not v_access.is_staff and v_recording.class_recording_id is not null
        and v_recording.session_id not in (
          select s.id from public.session_schedules s where s.client_id = (select auth.uid())) then
    perform private.refuse(404, 'recording_not_found', 'There is no such recording.');
  end if;

  if not (coalesce((select auth.role()), '') = 'service_role' or private.is_admin()) then
    v_recording.agora_resource_id := null;
    v_recording.agora_sid := null;
    v_recording.storage_path := null;
    v_recording.failure_reason := null;
  end if;
  if not v_access.is_staff and v_recording.class_recording_id is null
     and coalesce((v_access.session).max_participants, 1) > 1 then
    v_recording.recording_url := null;  -- that is the practitioner's link; a participant has one of their own
  end if;
  recording := v_recording;
  select * into newest_take from private.recording_takes t
   where t.recording_id = v_recording.id order by t.number desc limit 1;
end;
$$;

create function public.get_recording_status(session_id uuid default null, recording_id uuid default null)
  returns table (
    id uuid, session_id uuid, status text, agora_resource_id text, agora_sid text, recording_url text,
    storage_path text, duration_seconds integer, file_size_bytes bigint, started_at timestamptz,
    completed_at timestamptz, created_at timestamptz, updated_at timestamptz, agora_status integer,
    agora_seen_at timestamptz, failure_code text, failure_reason text)
  language sql stable security invoker set search_path = ''
as $$
  select (f.recording).id, (f.recording).session_id, (f.recording).status, (f.recording).agora_resource_id,
         (f.recording).agora_sid, (f.recording).recording_url, (f.recording).storage_path,
         (f.recording).duration_seconds, (f.recording).file_size_bytes, (f.recording).started_at,
         (f.recording).completed_at, (f.recording).created_at, (f.recording).updated_at,
         (f.newest_take).agora_status, (f.newest_take).agora_seen_at, (f.recording).failure_code,
         (f.recording).failure_reason
    from private.get_recording_status(get_recording_status.session_id, get_recording_status.recording_id) f;
$$;
comment on function public.get_recording_status is 'How a session''s recording stands.';

revoke execute on function private.my_recording_access, private.start_agora_recording, private.stop_agora_recording,
  public.start_agora_recording, public.stop_agora_recording, private.get_recording_status, public.get_recording_status,
  public.find_take from public, anon, authenticated, service_role;
grant execute on function private.start_agora_recording, private.stop_agora_recording, public.start_agora_recording,
  public.stop_agora_recording, private.get_recording_status, public.get_recording_status to authenticated, service_role;
grant execute on function public.find_take to service_role;
-- Not granted to anybody: private.my_recording_access, which only definer functions call, here and in links.sql.
