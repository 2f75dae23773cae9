-- The end of a copy: every file is verified, or it is tried again, ever more rarely, until its deadline.
--
--   processing -> completed        processing -> processing (later) -> failed        failed -> processing (operator)

create function public.complete_recording(recording_id uuid, lease_id uuid, playback_url text)
  returns setof public.session_recordings
  language plpgsql security invoker set search_path = ''
as $$
declare
  v_recording  public.session_recordings :=
    private.renew_recording_lease(complete_recording.recording_id, complete_recording.lease_id);
  v_first_path text;
  v_bytes      bigint;
  v_unverified bigint;
begin
  select min(f.storage_path) filter (where f.position = 1), sum(f.size_bytes),
         count(*) filter (where f.verified_at is null)
    into v_first_path, v_bytes, v_unverified
    from private.recording_files f where f.recording_id = v_recording.id;
  if v_first_path is null or v_unverified > 0 then
    perform private.refuse(409, 'recording_files_not_verified', 'Not every part of this recording has been verified.');
  end if;

  update public.session_recordings r
     set status = 'completed', completed_at = now(), storage_path = v_first_path, file_size_bytes = v_bytes,
         recording_url = private.replace_recording_link(r.id, playback_url),
         lease_id = null, lease_until = null, next_check_at = null
   where r.id = v_recording.id;
  perform private.add_participant_recordings(v_recording.id, playback_url);
  return query select r.* from public.session_recordings r where r.id = v_recording.id;
end;
$$;

create function private.add_participant_recordings(recording_id uuid, playback_url text) returns void
  language plpgsql set search_path = ''
as $$
begin
  -- Participants' pages look for a recording under their own seat: each who was admitted to the channel gets a row and
  -- a link of their own.
  insert into public.session_recordings
    (session_id, class_recording_id, status, mode, storage_path, duration_seconds, file_size_bytes, started_at,
     completed_at, recording_url)
  select mine.id, r.id, 'completed', r.mode, r.storage_path, r.duration_seconds, r.file_size_bytes, r.started_at,
         r.completed_at, add_participant_recordings.playback_url
    from public.session_recordings r
    join public.session_schedules mine on mine.group_class_id = r.session_id and mine.status <> 'cancelled'
   where r.id = add_participant_recordings.recording_id
     and private.was_admitted(r.session_id, mine.client_id)
     -- Whoever has withdrawn consent meanwhile gets none, even where the recording is kept for the others.
     and exists (select from public.user_consents c
                  where c.user_id = mine.client_id and c.consent_type = 'session_recording'
                    and c.consented and c.revoked_at is null);
  update public.session_recordings r
     set recording_url = private.replace_recording_link(r.id, add_participant_recordings.playback_url)
   where r.class_recording_id = add_participant_recordings.recording_id;
end;
$$;

-- Definer: nobody may read admissions.
create function private.was_admitted(session_id uuid, user_id uuid) returns boolean
  language sql stable security definer set search_path = ''
as $$
  select exists (select from private.channel_admissions a
                  where a.session_id = was_admitted.session_id and a.user_id = was_admitted.user_id);
$$;

create function public.postpone_recording_copy(recording_id uuid, lease_id uuid, code text, reason text)
  returns setof public.session_recordings
  language plpgsql security invoker set search_path = ''
as $$
declare
  v_recording public.session_recordings :=
    private.renew_recording_lease(postpone_recording_copy.recording_id, postpone_recording_copy.lease_id);
  v_is_final  boolean := now() > v_recording.deadline_at;
begin
  if postpone_recording_copy.code = 'source_changed' then
    delete from private.recording_files f where f.recording_id = v_recording.id;  -- what was copied is outdated
  end if;
  return query
    update public.session_recordings r
       set status = case when v_is_final then 'failed' else 'processing' end,
           failure_code = case when v_is_final then postpone_recording_copy.code end,
           failure_reason = left(postpone_recording_copy.reason, 2000),
           copy_failures = r.copy_failures + 1, claim_count = 0,
           next_check_at = case when not v_is_final
                                then now() + least(interval '1 hour', interval '30 seconds' * 2 ^ least(r.copy_failures, 10)) end,
           lease_id = null, lease_until = null
     where r.id = v_recording.id
    returning r.*;
end;
$$;

create function public.retry_recording(recording_id uuid) returns setof public.session_recordings
  language plpgsql security invoker set search_path = ''
as $$
begin
  -- The one way back, for an operator who has removed the cause: the files are looked for in the bucket anew.
  return query
    update public.session_recordings r
       set status = 'processing', failure_code = null, failure_reason = null, crashed_at = null, copy_failures = 0,
           claim_count = 0, upload_complete = false, next_check_at = now(), deadline_at = now() + interval '20 minutes'
     where r.id = retry_recording.recording_id and r.status = 'failed' and r.agora_sid is not null
    returning r.*;
  if not found then
    perform private.refuse(409, 'recording_not_failed', 'Only a failed recording that Agora knew can be tried again.');
  end if;
end;
$$;

revoke execute on function public.complete_recording, private.add_participant_recordings, private.was_admitted,
  public.postpone_recording_copy, public.retry_recording from public, anon, authenticated, service_role;
grant execute on function public.complete_recording, private.add_participant_recordings, private.was_admitted,
  public.postpone_recording_copy, public.retry_recording to service_role;
