-- Starting a recording, stopping it, and its status: who may, and which of several callers calls Agora.
--
-- A start inserts the row before Agora is called, so twenty callers make one recording. A stop is a request that is
-- stored: whoever passes it on to Agora may crash, and the reconciler passes it on again.

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

-- `is_new` is true for the one caller who inserted the recording and is to call Agora.
-- Definer: nobody may write recordings in any other way.
create function private.start_agora_recording(
  session_id uuid, mode text, out is_new boolean, out recording public.session_recordings)
  language plpgsql security definer set search_path = ''
as $$
declare
  v_access  private.recording_access := private.my_recording_access(session_id);
  v_session public.session_schedules := v_access.session;
  v_missing bigint;
  v_id      uuid := gen_random_uuid();
begin
  if v_session.id is null then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  elsif not v_access.is_staff then
    perform private.refuse(403, 'not_allowed', 'Only the practitioner can record a session.');
  end if;

  -- From here on nobody is admitted: an admission at the same time has been committed, or waits.
  perform pg_advisory_xact_lock(private.recording_lock_key(v_session.id));
  select * into recording from public.session_recordings r where r.session_id = v_session.id and r.status <> 'failed';
  if found then
    if recording.status not in ('pending', 'recording') then
      perform private.refuse(409, 'session_already_recorded', 'This session has been recorded already.');
    end if;
    is_new := false;
    return;
  end if;

  -- Locked as well: a cancellation at the same time is committed first, or finds this recording and stops it.
  select * into v_session from public.session_schedules s where s.id = v_session.id for share;
  perform private.refuse_closed_room(v_session);
  v_missing := private.count_without_consent(v_session);
  if v_missing > 0 then
    perform private.refuse(409, 'recording_consent_missing', 'Not everybody in this session has agreed to be recorded.',
                           v_missing || ' of the people present have not agreed.');
  end if;

  insert into public.session_recordings as r
    (id, session_id, mode, requested_by, cname, recorder_uid, prefix, record_until, next_check_at, deadline_at)
  values
    (v_id, v_session.id, start_agora_recording.mode, (select auth.uid()), private.get_channel_name(v_session),
     nextval('private.recorder_uids'), private.recording_prefix(v_id, 1),
     v_session.scheduled_at + make_interval(mins => v_session.duration_minutes + 60),
     now() + interval '45 seconds', now() + private.recording_start_timeout())
  returning r.* into recording;
  is_new := true;
end;
$$;

create function private.recording_prefix(recording_id uuid, attempt integer) returns text
  language sql immutable set search_path = ''
as $$
  select 'recordings/' || replace(recording_id::text, '-', '') || '/' || attempt;  -- Agora accepts letters and digits only
$$;

create function private.recording_start_timeout() returns interval
  language sql immutable set search_path = ''
as $$
  -- A resource is valid for 5 minutes, and a recorder alone in its channel leaves after 5. With no file and no sid
  -- after 6, nothing is recording, so a second attempt cannot become a second recording.
  select interval '6 minutes';
$$;

-- Definer: nobody may write recordings in any other way.
create function private.stop_agora_recording(session_id uuid, recording_id uuid) returns public.session_recordings
  language plpgsql security definer set search_path = ''
as $$
declare
  v_recording public.session_recordings;
  v_access    private.recording_access;
begin
  select * into v_recording from public.session_recordings r where r.id = stop_agora_recording.recording_id;
  v_access := private.my_recording_access(coalesce(v_recording.session_id, stop_agora_recording.session_id));
  if (v_access.session).id is not null and not v_access.is_staff then
    perform private.refuse(403, 'not_allowed', 'Only the practitioner can stop a recording.');
  elsif stop_agora_recording.recording_id is null then
    select * into v_recording from public.session_recordings r
     where r.session_id = (v_access.session).id
     order by r.status = 'failed', r.created_at desc limit 1;
  end if;
  if v_recording.id is null or (v_access.session).id is null then
    perform private.refuse(404, 'recording_not_found', 'There is no such recording.');
  end if;

  perform private.request_recording_stop(v_recording.session_id, 'asked');
  select * into v_recording from public.session_recordings r where r.id = v_recording.id;
  return v_recording;
end;
$$;

create function public.start_agora_recording(session_id uuid, mode text default 'mix')
  returns table (is_new boolean, id uuid, status text, agora_resource_id text, agora_sid text)
  language sql security invoker set search_path = ''
as $$
  select private.limit_use('recording commands', (select auth.uid()));
  select s.is_new, (s.recording).id, (s.recording).status, (s.recording).agora_resource_id, (s.recording).agora_sid
    from private.start_agora_recording(session_id, mode) s;
$$;

create function public.stop_agora_recording(session_id uuid default null, recording_id uuid default null)
  returns table (id uuid, status text)
  language sql security invoker set search_path = ''
as $$
  select private.limit_use('recording commands', (select auth.uid()));
  select r.id, r.status from private.stop_agora_recording(session_id, stop_agora_recording.recording_id) r;
$$;

-- The rest of the row, which whoever carries a start or a stop to Agora needs and people may not read.
create function public.find_recording(recording_id uuid) returns setof public.session_recordings
  language sql stable security invoker set search_path = ''
as $$
  select * from public.session_recordings r where r.id = find_recording.recording_id;
$$;

-- Definer: Agora's ids are for admins alone, and an admin too is `authenticated`, which has no right to these columns.
create function private.get_recording_status(session_id uuid, recording_id uuid) returns public.session_recordings
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
     order by r.status = 'failed', r.session_id <> get_recording_status.session_id, r.created_at desc limit 1;
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
  return v_recording;
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
  select r.id, r.session_id, r.status, r.agora_resource_id, r.agora_sid, r.recording_url, r.storage_path,
         r.duration_seconds, r.file_size_bytes, r.started_at, r.completed_at, r.created_at, r.updated_at,
         r.agora_status, r.agora_seen_at, r.failure_code, r.failure_reason
    from private.get_recording_status(get_recording_status.session_id, get_recording_status.recording_id) r;
$$;

revoke execute on function private.my_recording_access, private.start_agora_recording, private.recording_prefix,
  private.recording_start_timeout, private.stop_agora_recording, public.start_agora_recording,
  public.stop_agora_recording, private.get_recording_status, public.get_recording_status, public.find_recording
  from public, anon, authenticated, service_role;
grant execute on function private.start_agora_recording, private.stop_agora_recording, public.start_agora_recording,
  public.stop_agora_recording, private.get_recording_status, public.get_recording_status to authenticated, service_role;
grant execute on function private.recording_prefix, private.recording_start_timeout, public.find_recording
  to service_role;
-- Not granted to anybody: private.my_recording_access, which only definer functions call, here and in links.sql.
