-- Starting and stopping, as far as the database goes: who may, and who is first.
--
-- A start wins the row before Agora is called, so twenty callers make one recording. A stop is a wish written down:
-- whoever carries it to Agora may crash, and the reconciler carries it again.

create type private.recording_standing as (session public.session_schedules, is_staff boolean);

-- Definer: whether the caller belongs to a session must not depend on which of its rows they may read.
create function private.my_recording_standing(session_id uuid) returns private.recording_standing
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_seat    private.seat := private.my_seat(null, session_id);
  v_session public.session_schedules := v_seat.session;
  v_staff   boolean := coalesce((select auth.role()), '') = 'service_role' or (select private.is_admin());
begin
  if v_session.id is null and v_staff then
    -- A participant's row stands for the class.
    select class.* into v_session from public.session_schedules named
      join public.session_schedules class on class.id = coalesce(named.group_class_id, named.id)
     where named.id = my_recording_standing.session_id;
  end if;
  return row (v_session, v_staff or coalesce(v_seat.is_host, false))::private.recording_standing;
end;
$$;

-- Definer: nobody writes recordings but through here. `won` tells the one caller who is to call Agora.
create function private.start_recording(session_id uuid, mode text, out won boolean, out recording public.session_recordings)
  language plpgsql security definer set search_path = ''
as $$
declare
  v_standing private.recording_standing := private.my_recording_standing(session_id);
  v_session  public.session_schedules := v_standing.session;
  v_missing  bigint;
  v_id       uuid := gen_random_uuid();
begin
  if v_session.id is null then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  elsif not v_standing.is_staff then
    perform private.refuse(403, 'not_allowed', 'Only the practitioner can record a session.');
  end if;

  -- From here on the people present are as they are: whoever is being admitted has been, or waits.
  perform pg_advisory_xact_lock(private.recording_lock(v_session.id));
  select * into recording from public.session_recordings r where r.session_id = v_session.id and r.status <> 'failed';
  if found then
    if recording.status not in ('pending', 'recording') then
      perform private.refuse(409, 'session_already_recorded', 'This session has been recorded already.');
    end if;
    won := false;
    return;
  end if;

  -- Held as well: a session that is being cancelled is cancelled first, or finds this recording and stops it.
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
    (v_id, v_session.id, start_recording.mode, (select auth.uid()), private.channel_of(v_session),
     nextval('private.recorder_uids'), private.recording_prefix(v_id, 1),
     v_session.scheduled_at + make_interval(mins => v_session.duration_minutes + 60),
     now() + interval '45 seconds', now() + private.patience_to_start())
  returning r.* into recording;
  won := true;
end;
$$;

create function private.recording_prefix(recording_id uuid, attempt integer) returns text
  language sql immutable set search_path = ''
as $$
  select 'recordings/' || replace(recording_id::text, '-', '') || '/' || attempt;  -- Agora takes letters and digits only
$$;

create function private.patience_to_start() returns interval
  language sql immutable set search_path = ''
as $$
  -- A resource is good for 5 minutes, and a recorder alone in its channel leaves after 5. Whoever shows no file and no
  -- sid after 6 is not recording, so a second attempt cannot become a second recording.
  select interval '6 minutes';
$$;

-- Definer: as for starting.
create function private.stop_recording(session_id uuid, recording_id uuid) returns public.session_recordings
  language plpgsql security definer set search_path = ''
as $$
declare
  v_recording public.session_recordings;
  v_standing  private.recording_standing;
begin
  select * into v_recording from public.session_recordings r where r.id = stop_recording.recording_id;
  v_standing := private.my_recording_standing(coalesce(v_recording.session_id, stop_recording.session_id));
  if (v_standing.session).id is not null and not v_standing.is_staff then
    perform private.refuse(403, 'not_allowed', 'Only the practitioner can stop a recording.');
  elsif stop_recording.recording_id is null then
    select * into v_recording from public.session_recordings r
     where r.session_id = (v_standing.session).id
     order by r.status = 'failed', r.created_at desc limit 1;
  end if;
  if v_recording.id is null or (v_standing.session).id is null then
    perform private.refuse(404, 'recording_not_found', 'There is no such recording.');
  end if;

  perform private.request_recording_stop(v_recording.session_id, 'asked');
  select * into v_recording from public.session_recordings r where r.id = v_recording.id;
  return v_recording;
end;
$$;

create function public.start_recording(session_id uuid, mode text default 'mix')
  returns table (won boolean, recording public.session_recordings)
  language sql security invoker set search_path = ''
as $$
  select s.won, s.recording from private.start_recording(session_id, mode) s;
$$;

create function public.stop_recording(session_id uuid default null, recording_id uuid default null)
  returns setof public.session_recordings
  language sql security invoker set search_path = ''
as $$
  select * from private.stop_recording(session_id, recording_id);
$$;

revoke execute on function private.my_recording_standing, private.start_recording, private.recording_prefix,
  private.patience_to_start, private.stop_recording, public.start_recording, public.stop_recording
  from public, anon, authenticated, service_role;
grant execute on function private.start_recording, private.stop_recording, public.start_recording, public.stop_recording
  to authenticated, service_role;
