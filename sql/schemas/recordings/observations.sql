-- Observations: what is observed of a take, and its next state. Python reports the observation; SQL decides.
--
--   observation      source                           pending                recording        processing
--   acquired         acquire 200                      stores the resource
--   started          start 200                        stores the sid
--   already_running  start 201, 400/53                queries for its sid; after 6 min without: next attempt
--   unclear          start 206/65, 5xx, silence       asks again; after 6 min: next attempt
--   busy             429, 406, no connection          later
--   no_worker        start 500/502                    next attempt
--   rejected         acquire or start 4xx             failed
--   found            a sid in the bucket              stores the sid
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
-- Where a cell is empty, nothing changes. Nor does it by an observation of an earlier attempt, or after the end.

create function private.next_take_state(
  take private.recording_takes, observation text, out status text, out failure_code text)
  language plpgsql stable set search_path = ''
as $$
begin
  status := case
    when observation in ('ended', 'exited', 'uploaded', 'backed_up', 'playable', 'complete') then 'processing'
    when observation = 'partial' and now() > greatest(take.deadline_at, take.ended_at + interval '72 hours') then 'failed'
    when observation = 'partial' then 'processing'
    when observation in ('running', 'media_started') and take.status = 'pending' then 'recording'
    when observation = 'rejected' and take.status = 'pending' then 'failed'
    when observation = 'no_data' and take.status <> 'processing' then 'failed'
    when observation = 'absent' and (take.crashed_at is not null or take.status = 'recording') then 'failed'
    when observation = 'absent' and take.status = 'processing' and now() > take.deadline_at then 'failed'
    when observation in ('absent', 'no_worker') and take.status = 'pending' then 'next attempt'
    when observation in ('unclear', 'already_running') and take.status = 'pending' and take.agora_sid is null
         and now() > take.deadline_at then 'next attempt'
    else take.status
  end;
  failure_code := case
    when status = 'next attempt' and take.stop_requested_at is not null then 'stopped_before_start'
    when status = 'next attempt' and (take.attempt >= 3 or now() > take.record_until) then 'not_started'
    when status <> 'failed' then null
    when observation = 'rejected' then 'agora_rejected'
    when observation = 'partial' then 'upload_incomplete'
    when observation = 'absent' and take.crashed_at is not null then 'agora_crashed'
    else 'no_media'
  end;
  if failure_code is not null then
    status := 'failed';
  end if;
end;
$$;

create function private.next_take_check_at(take private.recording_takes, observation text) returns timestamptz
  language sql stable set search_path = ''
as $$
  select case
    when observation in ('found', 'troubled', 'crashed', 'uploaded', 'complete') then now()
    when observation in ('started', 'unclear', 'starting') then now() + interval '5 seconds'
    when observation in ('ended', 'exited') then now() + interval '10 seconds'
    when observation in ('already_running', 'busy', 'missing', 'unanswered') then now() + interval '15 seconds'
    when observation = 'running' then now() + interval '2 minutes'
    -- Files arrive within minutes or, from a backup, within days: checked ever more rarely.
    when observation in ('absent', 'partial', 'playable')
      then now() + least(interval '10 minutes', greatest(interval '15 seconds', (now() - (take).ended_at) / 4))
    else (take).next_check_at
  end;
$$;

create function private.observe_take(
  take_id      uuid,
  attempt      integer,
  observation  text,
  resource_id  text        default null,
  sid          text        default null,
  agora_status integer     default null,
  happened_at  timestamptz default null,
  failover_uid bigint      default null,
  reason       text        default null
) returns private.recording_takes
  language plpgsql set search_path = ''
as $$
declare
  v_happened_at timestamptz := least(coalesce(happened_at, now()), now());
  v_old         private.recording_takes;
  v_new         private.recording_takes;
  v_state       record;
begin
  -- Locked, so that of two observations at once one is applied after the other.
  select * into v_old from private.recording_takes s where s.id = observe_take.take_id for update;
  if v_old.id is null then
    perform private.refuse(404, 'recording_not_found', 'There is no such take.');
  elsif v_old.status in ('completed', 'failed') or v_old.upload_complete or v_old.attempt <> observe_take.attempt then
    return v_old;
  end if;

  v_new := v_old;
  v_new.agora_resource_id := coalesce(v_new.agora_resource_id, observe_take.resource_id);
  v_new.agora_sid := coalesce(v_new.agora_sid, observe_take.sid);
  v_new.agora_status := coalesce(observe_take.agora_status, v_new.agora_status);
  v_new.agora_seen_at := case when observe_take.agora_status is null then v_new.agora_seen_at else now() end;
  v_new.failover_uid := coalesce(observe_take.failover_uid, v_new.failover_uid);
  v_new.missing_since := case when observation = 'missing' then coalesce(v_new.missing_since, now())
                              when observation not in ('starting', 'running', 'failed_over') then v_new.missing_since end;
  v_new.crashed_at := case when observation = 'crashed' then coalesce(v_new.crashed_at, v_happened_at) else v_new.crashed_at end;
  v_new.media_started_at := case when observation = 'media_started' then least(v_new.media_started_at, v_happened_at)
                                 else v_new.media_started_at end;
  v_new.next_check_at := private.next_take_check_at(v_new, observation);

  v_state := private.next_take_state(v_new, observation);
  if v_state.status = 'next attempt' then
    v_new.attempt := v_new.attempt + 1;
    v_new.recorder_uid := nextval('private.recorder_uids');
    v_new.prefix := private.take_prefix(v_new.recording_id, v_new.number, v_new.attempt);
    v_new.agora_resource_id := null;
    v_new.agora_sid := null;
    v_new.missing_since := null;
    v_new.next_check_at := now();
    v_new.deadline_at := now() + private.take_start_timeout();
  elsif v_state.status = 'recording' and v_new.status = 'pending' then
    v_new.status := 'recording';
    v_new.started_at := v_happened_at;
  elsif v_state.status = 'processing' then
    if v_new.status <> 'processing' then
      v_new.status := 'processing';
      v_new.started_at := coalesce(v_new.started_at, v_new.media_started_at);
      v_new.ended_at := coalesce(v_new.ended_at, v_happened_at);
      v_new.deadline_at := now() + interval '20 minutes';  -- as long as an upload usually takes
    end if;
    if observation = 'backed_up' then
      v_new.deadline_at := v_new.ended_at + interval '72 hours';  -- as long as Agora keeps a backup
    elsif observation in ('uploaded', 'complete') or (observation = 'playable' and now() > v_new.deadline_at) then
      v_new.upload_complete := true;
      v_new.next_check_at := now();
      v_new.deadline_at := now() + interval '72 hours';  -- for the copy
    end if;
  elsif v_state.status = 'failed' then
    v_new.status := 'failed';
    v_new.failure_code := v_state.failure_code;
    v_new.failure_reason := left(observe_take.reason, 2000);
    v_new.ended_at := coalesce(v_new.ended_at, v_happened_at);
    v_new.next_check_at := null;
  end if;

  update private.recording_takes s
     set status = v_new.status, attempt = v_new.attempt, recorder_uid = v_new.recorder_uid,
         failover_uid = v_new.failover_uid, prefix = v_new.prefix, agora_resource_id = v_new.agora_resource_id,
         agora_sid = v_new.agora_sid, agora_status = v_new.agora_status, agora_seen_at = v_new.agora_seen_at,
         started_at = v_new.started_at, media_started_at = v_new.media_started_at, ended_at = v_new.ended_at,
         missing_since = v_new.missing_since, crashed_at = v_new.crashed_at, upload_complete = v_new.upload_complete,
         next_check_at = v_new.next_check_at, deadline_at = v_new.deadline_at, failure_code = v_new.failure_code,
         failure_reason = v_new.failure_reason, claim_count = 0
   where s.id = v_new.id
  returning s.* into v_new;
  return v_new;
end;
$$;

create function public.observe_take(
  take_id uuid, attempt integer, observation text, resource_id text default null, sid text default null,
  agora_status integer default null, reason text default null
) returns setof private.recording_takes
  language sql security invoker set search_path = ''
as $$
  select * from private.observe_take(take_id, attempt, observation, resource_id, sid, agora_status,
                                          reason => reason);
$$;

revoke execute on function private.next_take_state, private.next_take_check_at, private.observe_take,
  public.observe_take from public, anon, authenticated, service_role;
-- Not granted to authenticated: Agora's answers are evidence, and only the server gets them.
grant execute on function private.next_take_state, private.next_take_check_at, private.observe_take,
  public.observe_take to service_role;
