-- The end of a take's copy: every file is verified, or it is tried again, ever more rarely, until its deadline.
--
--   processing -> completed        processing -> processing (later) -> failed        failed -> processing (operator)

create function public.complete_take(take_id uuid, lease_id uuid, playback_url text)
  returns setof private.recording_takes
  language plpgsql security invoker set search_path = ''
as $$
declare
  v_take       private.recording_takes := private.renew_take_lease(complete_take.take_id, complete_take.lease_id);
  v_first_path text;
  v_bytes      bigint;
  v_unverified bigint;
begin
  select min(f.storage_path) filter (where f.position = 1), sum(f.size_bytes),
         count(*) filter (where f.verified_at is null)
    into v_first_path, v_bytes, v_unverified
    from private.recording_files f where f.take_id = v_take.id;
  if v_first_path is null or v_unverified > 0 then
    perform private.refuse(409, 'recording_files_not_verified', 'Not every part of this recording has been verified.');
  end if;

  -- First where its links lead: with this take the recording may be complete.
  update public.session_recordings r set playback_url = complete_take.playback_url where r.id = v_take.recording_id;
  return query
    update private.recording_takes t
       set status = 'completed', storage_path = v_first_path, file_size_bytes = v_bytes,
           lease_id = null, lease_until = null, next_check_at = null
     where t.id = v_take.id
    returning t.*;
end;
$$;

-- Participants' pages look for a recording under their own seat: each who was admitted to the channel gets a row and a
-- link of their own, and keeps it when a take is added.
create function private.add_participant_recordings(recording_id uuid) returns void
  language plpgsql set search_path = ''
as $$
begin
  update public.session_recordings mine
     set storage_path = r.storage_path, duration_seconds = r.duration_seconds, file_size_bytes = r.file_size_bytes,
         started_at = r.started_at, ended_at = r.ended_at, completed_at = r.completed_at
    from public.session_recordings r
   where r.id = add_participant_recordings.recording_id and mine.class_recording_id = r.id;
  insert into public.session_recordings
    (session_id, class_recording_id, status, storage_path, duration_seconds, file_size_bytes, started_at, ended_at,
     completed_at, playback_url, recording_url)
  select mine.id, r.id, 'completed', r.storage_path, r.duration_seconds, r.file_size_bytes, r.started_at, r.ended_at,
         r.completed_at, r.playback_url, r.playback_url
    from public.session_recordings r
    join public.session_schedules mine on mine.group_class_id = r.session_id and mine.status <> 'cancelled'
   where r.id = add_participant_recordings.recording_id
     and private.was_admitted(r.session_id, mine.client_id)
     -- Whoever has withdrawn consent meanwhile gets none, even where the recording is kept for the others.
     and exists (select from public.user_consents c
                  where c.user_id = mine.client_id and c.consent_type = 'session_recording'
                    and c.consented and c.revoked_at is null)
  on conflict (session_id) do nothing;
  update public.session_recordings r
     set recording_url = private.replace_recording_link(r.id, r.playback_url)
   where r.class_recording_id = add_participant_recordings.recording_id
     and not exists (select from private.recording_links l where l.recording_id = r.id);
end;
$$;

-- Definer: nobody may read admissions.
create function private.was_admitted(session_id uuid, user_id uuid) returns boolean
  language sql stable security definer set search_path = ''
as $$
  select exists (select from private.channel_admissions a
                  where a.session_id = was_admitted.session_id and a.user_id = was_admitted.user_id);
$$;

create function public.postpone_take_copy(take_id uuid, lease_id uuid, code text, reason text)
  returns setof private.recording_takes
  language plpgsql security invoker set search_path = ''
as $$
declare
  v_take     private.recording_takes := private.renew_take_lease(postpone_take_copy.take_id, postpone_take_copy.lease_id);
  v_is_final boolean := now() > v_take.deadline_at;
begin
  if postpone_take_copy.code = 'source_changed' then
    delete from private.recording_files f where f.take_id = v_take.id;  -- what was copied is outdated
  end if;
  return query
    update private.recording_takes t
       set status = case when v_is_final then 'failed' else 'processing' end,
           failure_code = case when v_is_final then postpone_take_copy.code end,
           failure_reason = left(postpone_take_copy.reason, 2000),
           copy_failures = t.copy_failures + 1, claim_count = 0,
           next_check_at = case when not v_is_final
                                then now() + least(interval '1 hour', interval '30 seconds' * 2 ^ least(t.copy_failures, 10)) end,
           lease_id = null, lease_until = null
     where t.id = v_take.id
    returning t.*;
end;
$$;

create function public.retry_take(take_id uuid) returns setof private.recording_takes
  language plpgsql security invoker set search_path = ''
as $$
begin
  -- The one way back, for an operator who has removed the cause: the files are looked for in the bucket anew.
  return query
    update private.recording_takes t
       set status = 'processing', failure_code = null, failure_reason = null, crashed_at = null, copy_failures = 0,
           claim_count = 0, upload_complete = false, next_check_at = now(), deadline_at = now() + interval '20 minutes'
     where t.id = retry_take.take_id and t.status = 'failed' and t.agora_sid is not null
    returning t.*;
  if not found then
    perform private.refuse(409, 'recording_not_failed', 'Only a failed take that Agora knew can be tried again.');
  end if;
end;
$$;

revoke execute on function public.complete_take, private.add_participant_recordings, private.was_admitted,
  public.postpone_take_copy, public.retry_take from public, anon, authenticated, service_role;
grant execute on function public.complete_take, private.add_participant_recordings, private.was_admitted,
  public.postpone_take_copy, public.retry_take to service_role;
