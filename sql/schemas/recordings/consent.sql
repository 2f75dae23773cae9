-- Consent to be recorded: nobody is recorded who has not agreed.
--
--   start        everybody must have agreed: practitioner, client, and whoever holds a live token for the channel
--   admission    of somebody who has not agreed: stops the recording, and they get a token once it has stopped
--   withdrawal   stops every recording of a session in which the person takes part
--
-- Transactions about the same session wait for each other here: a start takes the session's lock alone, admissions
-- share it, and both lock the consent rows they relied on, so that a withdrawal waits and then sees what they did.

create function private.recording_lock_key(session_id uuid) returns bigint
  language sql immutable set search_path = ''
as $$
  select hashtextextended('recording ' || session_id, 0);
$$;

create function private.list_session_participants(session public.session_schedules) returns setof uuid
  language sql stable set search_path = ''
as $$
  select p.user_id from public.practitioners p where p.id = (session).practitioner_id and p.user_id is not null
  union
  -- One to one. A class's own row has its practitioner as its client.
  select (session).client_id
   where (session).group_class_id is null and coalesce((session).max_participants, 1) <= 1
  union
  select a.user_id from private.channel_admissions a where a.session_id = (session).id and a.expires_at > now();
$$;

create function private.count_without_consent(session public.session_schedules) returns bigint
  language plpgsql set search_path = ''
as $$
begin
  -- Locked until the end of the transaction: a consent that is relied on cannot be withdrawn meanwhile.
  perform from public.user_consents c
    where c.consent_type = 'session_recording' and c.user_id in (select private.list_session_participants(session))
    order by c.user_id for share;
  return (select count(*) from private.list_session_participants(session) person
           where not exists (select from public.user_consents c
                              where c.user_id = person and c.consent_type = 'session_recording'
                                and c.consented and c.revoked_at is null));
end;
$$;

create function private.request_recording_stop(session_id uuid, reason text) returns void
  language sql set search_path = ''
as $$
  -- Agora is told by the caller itself, or by the reconciler within a minute.
  update public.session_recordings r
     set stop_requested_at = now(), stop_reason = request_recording_stop.reason, next_check_at = now()
   where r.session_id = request_recording_stop.session_id and r.status in ('pending', 'recording')
     and r.stop_requested_at is null;
$$;

-- For somebody who wants a token: true if they have to wait, since a recording is on to which they have not agreed. It
-- is requested to stop.
-- Definer: they may neither read recordings nor stop one in any other way.
create function private.stop_recording_before_admission(session_id uuid, user_id uuid) returns boolean
  language plpgsql security definer set search_path = ''
as $$
begin
  perform pg_advisory_xact_lock_shared(private.recording_lock_key(stop_recording_before_admission.session_id));
  if not exists (select from public.session_recordings r
                  where r.session_id = stop_recording_before_admission.session_id
                    and r.status in ('pending', 'recording')) then
    return false;
  end if;
  perform from public.user_consents c
    where c.user_id = stop_recording_before_admission.user_id and c.consent_type = 'session_recording'
      and c.consented and c.revoked_at is null
    for share;
  if found then
    return false;
  end if;
  -- Taking part comes before the recording: it stops, and then they are admitted.
  perform private.request_recording_stop(stop_recording_before_admission.session_id, 'somebody_has_not_agreed');
  return true;
end;
$$;

-- Definer: whoever withdraws may not write the recording.
create function private.stop_recordings_without_consent() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.request_recording_stop(s.id, 'consent_withdrawn')
    from public.session_recordings r
    join public.session_schedules s on s.id = r.session_id
   where r.status in ('pending', 'recording') and old.user_id in (select private.list_session_participants(s));
  return null;
end;
$$;

create trigger user_consents_40_stop_recordings after update on public.user_consents for each row
  when (old.consent_type = 'session_recording' and old.consented and old.revoked_at is null
        and (not new.consented or new.revoked_at is not null))
  execute function private.stop_recordings_without_consent();

create trigger user_consents_10_stop_recordings_on_delete after delete on public.user_consents for each row
  when (old.consent_type = 'session_recording' and old.consented and old.revoked_at is null)
  execute function private.stop_recordings_without_consent();

-- When a session is cancelled or completed; its trigger is among those of session_schedules.
-- Definer: whoever cancels or completes a session may not write its recording.
create function private.stop_recording_of_ended_session() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.request_recording_stop(new.id, 'session_' || new.status);
  return null;
end;
$$;

revoke execute on function private.recording_lock_key, private.list_session_participants, private.count_without_consent,
  private.request_recording_stop, private.stop_recording_before_admission, private.stop_recordings_without_consent,
  private.stop_recording_of_ended_session from public, anon, authenticated, service_role;
grant execute on function private.stop_recording_before_admission to authenticated;
