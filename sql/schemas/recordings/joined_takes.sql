-- Joined takes: a session's recording follows its takes. Whatever moves a take, the session, a consent or the clock,
-- the row is derived anew from all of them; the states and when each holds stand in session_recordings.sql.

-- Whether another take may begin by itself as long as the session lasts: nobody stopped it on purpose, everybody there
-- agrees, and there have not been too many. Each is paid for, and a recorder that fails for an hour fails for another.
-- When it does begin is decided in automatic_start.sql.
create function private.may_next_take_begin(session public.session_schedules) returns boolean
  language sql stable set search_path = ''
as $$
  select (session).status in ('scheduled', 'in_progress') and (session).session_location = 'online'
         and now() < (session).scheduled_at + make_interval(mins => (session).duration_minutes)
         and not exists (select from public.session_recordings r
                          where r.session_id = (session).id
                            and (r.stopped_at is not null or private.is_being_erased(r.id)))
         and (select count(*) from private.recording_takes t where t.session_id = (session).id) < private.max_takes()
         and private.has_everybodys_consent(session);
$$;

-- As many takes of a session begin by themselves; by hand there may be twice as many (recording_takes_are_few).
create function private.max_takes() returns integer
  language sql immutable set search_path = ''
as $$
  select 12;
$$;

-- Definer: whoever moves a take, a session or a consent may not write its recording.
create function private.update_recording(recording_id uuid) returns void
  language plpgsql security definer set search_path = ''
as $$
declare
  v_old     public.session_recordings;
  v_new     public.session_recordings;
  v_session public.session_schedules;
  v_newest  private.recording_takes;
  v_takes   record;
  v_is_over boolean;
begin
  -- Locked before its takes are read: of two takes that move at once, the second sees what became of the first.
  select * into v_old from public.session_recordings r where r.id = update_recording.recording_id for no key update;
  select * into v_newest from private.recording_takes t where t.recording_id = v_old.id order by t.number desc limit 1;
  if v_newest.id is null then
    return;  -- it was erased, or has no take yet
  end if;
  select * into v_session from public.session_schedules s where s.id = v_old.session_id;
  select bool_or(t.status in ('pending', 'recording')) as is_on, bool_or(t.started_at is not null) as has_recorded,
         bool_or(t.status = 'processing') as is_processed, bool_or(t.status = 'completed') as plays,
         min(t.started_at) as started_at, max(t.ended_at) as ended_at,
         sum(t.duration_seconds) filter (where t.status = 'completed') as seconds,
         sum(t.file_size_bytes) filter (where t.status = 'completed') as bytes
    into v_takes
    from private.recording_takes t where t.recording_id = v_old.id;
  v_is_over := v_session.status in ('completed', 'cancelled');

  v_new := v_old;
  v_new.status := case
    when v_takes.is_on or private.may_next_take_begin(v_session)
      then case when v_takes.has_recorded then 'recording' else 'pending' end
    when v_takes.is_processed or (v_takes.plays and not v_is_over) then 'processing'
    when v_takes.plays then 'completed'
    else 'failed'
  end;
  v_new.agora_resource_id := v_newest.agora_resource_id;
  v_new.agora_sid := v_newest.agora_sid;
  v_new.started_at := v_takes.started_at;
  v_new.ended_at := v_takes.ended_at;
  v_new.duration_seconds := v_takes.seconds;
  v_new.file_size_bytes := v_takes.bytes;
  v_new.storage_path := (select t.storage_path from private.recording_takes t
                          where t.recording_id = v_old.id and t.status = 'completed' order by t.number limit 1);
  -- Where none plays, the newest take says why.
  v_new.failure_code := case when v_new.status = 'failed' then v_newest.failure_code end;
  v_new.failure_reason := case when v_new.status = 'failed' then v_newest.failure_reason end;
  if v_new.status = 'completed' then
    v_new.recording_url := coalesce(v_old.recording_url, private.replace_recording_link(v_old.id, v_old.playback_url));
    v_new.completed_at := case when v_old.status = 'completed' then v_old.completed_at else now() end;
  end if;
  if v_new is not distinct from v_old then
    return;
  end if;
  update public.session_recordings r
     set status = v_new.status, agora_resource_id = v_new.agora_resource_id, agora_sid = v_new.agora_sid,
         started_at = v_new.started_at, ended_at = v_new.ended_at, duration_seconds = v_new.duration_seconds,
         file_size_bytes = v_new.file_size_bytes, storage_path = v_new.storage_path,
         failure_code = v_new.failure_code, failure_reason = v_new.failure_reason,
         recording_url = v_new.recording_url, completed_at = v_new.completed_at
   where r.id = v_old.id;
  if v_new.status = 'completed' then
    perform private.add_participant_recordings(v_old.id);
  end if;
end;
$$;

-- Definer: as above.
create function private.update_recording_of_take() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.update_recording(new.recording_id);
  return null;
end;
$$;

create trigger recording_takes_10_update_recording
  after insert or update of status, agora_resource_id, agora_sid, started_at, ended_at on private.recording_takes
  for each row execute function private.update_recording_of_take();

-- Tells the practitioner, once for each session, that what should have been recorded was not: while they can still do
-- something about it, if it is noticed in time.
create function private.tell_not_recorded(session public.session_schedules, failure_code text) returns void
  language sql volatile set search_path = ''
as $$
  insert into private.outbox (kind, user_id, session_id, payload)
  select 'recording_failed', p.user_id, (session).id, jsonb_build_object(
           'recording_id', (select r.id from public.session_recordings r where r.session_id = (session).id),
           'failure_code', tell_not_recorded.failure_code, 'client_id', (session).client_id,
           'scheduled_at', (session).scheduled_at)
    from public.practitioners p
   where p.id = (session).practitioner_id and p.user_id is not null
     and not exists (select from private.outbox o where o.session_id = (session).id and o.kind = 'recording_failed');
$$;

-- Definer: nobody reads or writes the outbox.
create function private.publish_failed_take() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  -- A take of a room in which nobody was any more is no loss, if there is another.
  if new.failure_code = 'no_media' and exists (
       select from private.recording_takes t
        where t.recording_id = new.recording_id and t.id <> new.id and t.status in ('recording', 'processing', 'completed')) then
    return null;
  end if;
  perform private.tell_not_recorded(s, new.failure_code) from public.session_schedules s where s.id = new.session_id;
  return null;
end
$$;

-- Not if it was stopped before it began: that was requested.
create trigger recording_takes_70_publish_failed after update of status on private.recording_takes
  for each row when (new.status = 'failed' and old.status <> 'failed' and new.failure_code <> 'stopped_before_start')
  execute function private.publish_failed_take();

revoke execute on function private.may_next_take_begin, private.max_takes, private.update_recording,
  private.update_recording_of_take, private.tell_not_recorded, private.publish_failed_take
  from public, anon, authenticated, service_role;
