-- Consent to be recorded: nobody is recorded who has not agreed.
--
--   start        everybody must have agreed: practitioner, client, and whoever holds a live token for the channel
--   admission    of somebody who has not agreed: stops the recording, and they get a token once it has stopped
--   withdrawal   stops every recording of a session in which the person takes part
--
-- What is stopped is the take that is on. Another begins by itself once everybody there agrees (automatic_start.sql).
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

-- The same as a question, which holds nobody up: a withdrawal at the same time may make the answer wrong.
create function private.has_everybodys_consent(session public.session_schedules) returns boolean
  language sql stable set search_path = ''
as $$
  select not exists (
    select from private.list_session_participants(session) person
     where not exists (select from public.user_consents c
                        where c.user_id = person and c.consent_type = 'session_recording'
                          and c.consented and c.revoked_at is null));
$$;

create function private.request_recording_stop(session_id uuid, reason text) returns void
  language sql set search_path = ''
as $$
  -- Agora is told by the caller itself, or by the reconciler within a minute.
  update private.recording_takes t
     set stop_requested_at = now(), stop_reason = request_recording_stop.reason, next_check_at = now()
   where t.session_id = request_recording_stop.session_id and t.status in ('pending', 'recording')
     and t.stop_requested_at is null;
$$;

-- For somebody who wants a token: true if they have to wait, since a recording is on to which they have not agreed. It
-- is requested to stop.
-- Definer: they may neither read recordings nor stop one in any other way.
create function private.stop_recording_before_admission(session_id uuid, user_id uuid) returns boolean
  language plpgsql security definer set search_path = ''
as $$
begin
  perform pg_advisory_xact_lock_shared(private.recording_lock_key(stop_recording_before_admission.session_id));
  if not exists (select from private.recording_takes t
                  where t.session_id = stop_recording_before_admission.session_id
                    and t.status in ('pending', 'recording')) then
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
declare
  v_recording public.session_recordings;
begin
  for v_recording in
    select r.* from public.session_recordings r join public.session_schedules s on s.id = r.session_id
     where r.status in ('pending', 'recording') and old.user_id in (select private.list_session_participants(s))
     order by r.id
  loop
    perform private.request_recording_stop(v_recording.session_id, 'consent_withdrawn');
    perform private.update_recording(v_recording.id);  -- between two takes there is nothing to stop
  end loop;
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

-- When a session begins, ends or is reopened; its trigger is among those of session_schedules.
-- Definer: whoever changes a session's status may not write its recording.
create function private.update_recording_of_session() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  if new.status in ('cancelled', 'completed') then
    perform private.request_recording_stop(new.id, 'session_' || new.status);
  end if;
  perform private.update_recording(r.id) from public.session_recordings r where r.session_id = new.id;
  if new.status = 'completed' then
    perform private.tell_missing_recording(new);
  end if;
  return null;
end;
$$;

revoke execute on function private.recording_lock_key, private.list_session_participants, private.count_without_consent,
  private.has_everybodys_consent, private.request_recording_stop, private.stop_recording_before_admission,
  private.stop_recordings_without_consent, private.update_recording_of_session
  from public, anon, authenticated, service_role;
grant execute on function private.stop_recording_before_admission to authenticated;
