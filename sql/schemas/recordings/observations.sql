-- Observations: what is seen of a recording, and what follows. Python says what it saw; this says what it means.
--
--   observation      who says so                      pending                recording        processing
--   acquired         acquire 200                      keeps the resource
--   started          start 200                        keeps the sid
--   already_running  start 201, 400/53                asks for its sid; after 6 min without: next attempt
--   unclear          start 206/65, 5xx, silence       asks again; after 6 min: next attempt
--   busy             429, 406, no connection          later
--   no_worker        start 500/502                    next attempt
--   rejected         acquire or start 4xx             failed
--   found            a sid in the bucket              keeps the sid
--   starting         query 0 to 3                     later                  later
--   running          query 4, 5; event 40, 70         recording              later
--   media_started    event 42                         recording
--   failed_over      event 12                         a 404 counts anew      the same
--   troubled         event 1, grave                   queries now            the same
--   missing          query or stop 404                after 90 s the bucket  the same
--   crashed          query 20; event 11, not normal   now the bucket         the same         the same
--   ended            query 6 to 8; stop; event 41, 71 processing             processing
--   exited           event 11, normal                 processing             processing
--   no_data          stop 206/435                     failed                 failed
--   uploaded         event 31, stop "uploaded"        processing, complete   the same         complete
--   backed_up        event 32, stop "backuped"        processing, 72 h       the same         72 h
--   absent           bucket: nothing                  next attempt; failed   failed           failed when overdue,
--                                                     if it crashed                           or if it crashed
--   partial          bucket: slices missing           processing             processing       failed after 72 h
--   playable         bucket: no end or MP4 yet        processing             processing       complete when overdue
--   complete         bucket: everything               processing, complete   the same         complete
--   unanswered       query or stop without an answer  later                  later            later
--
-- Where nothing stands, nothing moves. Nor does anything observed of an earlier attempt, or after the end.

create function private.next_recording_state(
  r public.session_recordings, observation text, out status text, out failure_code text)
  language plpgsql stable set search_path = ''
as $$
begin
  status := case
    when observation in ('ended', 'exited', 'uploaded', 'backed_up', 'playable', 'complete') then 'processing'
    when observation = 'partial' and now() > greatest(r.deadline_at, r.ended_at + interval '72 hours') then 'failed'
    when observation = 'partial' then 'processing'
    when observation in ('running', 'media_started') and r.status = 'pending' then 'recording'
    when observation = 'rejected' and r.status = 'pending' then 'failed'
    when observation = 'no_data' and r.status <> 'processing' then 'failed'
    when observation = 'absent' and (r.crashed_at is not null or r.status = 'recording') then 'failed'
    when observation = 'absent' and r.status = 'processing' and now() > r.deadline_at then 'failed'
    when observation in ('absent', 'no_worker') and r.status = 'pending' then 'next attempt'
    when observation in ('unclear', 'already_running') and r.status = 'pending' and r.agora_sid is null
         and now() > r.deadline_at then 'next attempt'
    else r.status
  end;
  failure_code := case
    when status = 'next attempt' and r.stop_requested_at is not null then 'stopped_before_start'
    when status = 'next attempt' and (r.attempt >= 3 or now() > r.record_until) then 'not_started'
    when status <> 'failed' then null
    when observation = 'rejected' then 'agora_rejected'
    when observation = 'partial' then 'upload_incomplete'
    when observation = 'absent' and r.crashed_at is not null then 'agora_crashed'
    else 'no_media'
  end;
  if failure_code is not null then
    status := 'failed';
  end if;
end;
$$;

create function private.next_recording_check_at(r public.session_recordings, observation text) returns timestamptz
  language sql stable set search_path = ''
as $$
  select case
    when observation in ('found', 'troubled', 'crashed', 'uploaded', 'complete') then now()
    when observation in ('started', 'unclear', 'starting') then now() + interval '5 seconds'
    when observation in ('ended', 'exited') then now() + interval '10 seconds'
    when observation in ('already_running', 'busy', 'missing', 'unanswered') then now() + interval '15 seconds'
    when observation = 'running' then now() + interval '2 minutes'
    -- Files come within minutes or, from a backup, within days: ask ever more rarely.
    when observation in ('absent', 'partial', 'playable')
      then now() + least(interval '10 minutes', greatest(interval '15 seconds', (now() - r.ended_at) / 4))
    else r.next_check_at
  end;
$$;

create function private.observe_recording(
  recording_id uuid,
  attempt      integer,
  observation  text,
  resource_id  text        default null,
  sid          text        default null,
  agora_status integer     default null,
  happened_at  timestamptz default null,
  failover_uid bigint      default null,
  reason       text        default null
) returns public.session_recordings
  language plpgsql set search_path = ''
as $$
declare
  v_at  timestamptz := least(coalesce(happened_at, now()), now());
  v_old public.session_recordings;
  r     public.session_recordings;  -- the next row
  v_new record;
begin
  -- The lock makes reading and writing one step: of two observations at once, one comes after the other.
  select * into v_old from public.session_recordings s where s.id = observe_recording.recording_id for update;
  if v_old.id is null then
    perform private.refuse(404, 'recording_not_found', 'There is no such recording.');
  elsif v_old.status in ('completed', 'failed') or v_old.upload_complete or v_old.attempt <> observe_recording.attempt then
    return v_old;
  end if;

  r := v_old;
  r.agora_resource_id := coalesce(r.agora_resource_id, observe_recording.resource_id);
  r.agora_sid := coalesce(r.agora_sid, observe_recording.sid);
  r.agora_status := coalesce(observe_recording.agora_status, r.agora_status);
  r.agora_seen_at := case when observe_recording.agora_status is null then r.agora_seen_at else now() end;
  r.failover_uid := coalesce(observe_recording.failover_uid, r.failover_uid);
  r.missing_since := case when observation = 'missing' then coalesce(r.missing_since, now())
                          when observation not in ('starting', 'running', 'failed_over') then r.missing_since end;
  r.crashed_at := case when observation = 'crashed' then coalesce(r.crashed_at, v_at) else r.crashed_at end;
  r.media_started_at := case when observation = 'media_started' then least(r.media_started_at, v_at) else r.media_started_at end;
  r.next_check_at := private.next_recording_check_at(r, observation);

  v_new := private.next_recording_state(r, observation);
  if v_new.status = 'next attempt' then
    r.attempt := r.attempt + 1;
    r.recorder_uid := nextval('private.recorder_uids');
    r.prefix := private.recording_prefix(r.id, r.attempt);
    r.agora_resource_id := null;
    r.agora_sid := null;
    r.missing_since := null;
    r.next_check_at := now();
    r.deadline_at := now() + private.recording_start_timeout();
  elsif v_new.status = 'recording' and r.status = 'pending' then
    r.status := 'recording';
    r.started_at := v_at;
  elsif v_new.status = 'processing' then
    if r.status <> 'processing' then
      r.status := 'processing';
      r.started_at := coalesce(r.started_at, r.media_started_at);
      r.ended_at := coalesce(r.ended_at, v_at);
      r.deadline_at := now() + interval '20 minutes';  -- as long as an upload usually takes
    end if;
    if observation = 'backed_up' then
      r.deadline_at := r.ended_at + interval '72 hours';  -- as long as Agora keeps a backup
    elsif observation in ('uploaded', 'complete') or (observation = 'playable' and now() > r.deadline_at) then
      r.upload_complete := true;
      r.next_check_at := now();
      r.deadline_at := now() + interval '72 hours';  -- for the copy
    end if;
  elsif v_new.status = 'failed' then
    r.status := 'failed';
    r.failure_code := v_new.failure_code;
    r.failure_reason := observe_recording.reason;
    r.ended_at := coalesce(r.ended_at, v_at);
    r.next_check_at := null;
  end if;

  update public.session_recordings s
     set status = r.status, attempt = r.attempt, recorder_uid = r.recorder_uid, failover_uid = r.failover_uid,
         prefix = r.prefix, agora_resource_id = r.agora_resource_id, agora_sid = r.agora_sid,
         agora_status = r.agora_status, agora_seen_at = r.agora_seen_at, started_at = r.started_at,
         media_started_at = r.media_started_at, ended_at = r.ended_at, missing_since = r.missing_since,
         crashed_at = r.crashed_at, upload_complete = r.upload_complete, next_check_at = r.next_check_at,
         deadline_at = r.deadline_at, failure_code = r.failure_code, failure_reason = r.failure_reason
   where s.id = r.id
  returning s.* into r;
  return r;
end;
$$;

create function public.observe_recording(
  recording_id uuid, attempt integer, observation text, resource_id text default null, sid text default null,
  agora_status integer default null, reason text default null
) returns setof public.session_recordings
  language sql security invoker set search_path = ''
as $$
  select * from private.observe_recording(recording_id, attempt, observation, resource_id, sid, agora_status,
                                          reason => reason);
$$;

revoke execute on function private.next_recording_state, private.next_recording_check_at, private.observe_recording, public.observe_recording
  from public, anon, authenticated, service_role;
-- Not granted to authenticated: what Agora said is evidence, and only the server heard it.
grant execute on function private.next_recording_state, private.next_recording_check_at, private.observe_recording, public.observe_recording
  to service_role;
