-- Sessions begin: when a token is issued or a channel event comes, at once; the driver need not be waited for.
--
--   scheduled -> in_progress      somebody is there, and the time has come
--
-- One to one, the client may begin as soon as the room is open; not the practitioner, whose early coming would take away the
-- client's right to cancel; and not a class, whose seats are on sale until its time.

create function private.begin_session(session_id uuid) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_session public.session_schedules;
begin
  select * into v_session from public.session_schedules s
   where s.id = begin_session.session_id and s.status = 'scheduled' and s.session_location = 'online'
     and now() between s.scheduled_at - interval '15 minutes'
                   and s.scheduled_at + make_interval(mins => s.duration_minutes + 60);  -- as long as its room is open
  if v_session.scheduled_at <= now()
     and (private.came(v_session, private.host_of(v_session))
          or exists (select from private.clients_of(v_session) c where private.came(v_session, c.user_id)))
     or (not private.is_class(v_session) and private.came(v_session, v_session.client_id)) then
    perform private.set_session_status(v_session.id, 'in_progress');
  end if;
end
$$;

-- Definer: the service may write neither attendance nor where sessions stand.
create function private.apply_channel_event(event private.channel_events) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.note_attendance((event).session_id);
  perform private.begin_session((event).session_id);
  -- Whoever withdrew, or came on a token from before the recording. A number that is nobody's is a machine of Agora's.
  if (event).change = 'joined' and exists (
       select from private.agora_uids u where u.uid = (event).uid
          and not exists (select from public.user_consents c
                           where c.user_id = u.user_id and c.consent_type = 'session_recording'
                             and c.consented and c.revoked_at is null)) then
    perform private.request_recording_stop((event).session_id, 'somebody_has_not_agreed');
  end if;
end
$$;

-- Definer: as above; the inbox is nobody's.
create function private.receive_channel_event(
  notice_id text, event_type integer, channel text, change text, uid bigint, is_recorder boolean, client_seq bigint,
  happened_at timestamptz, stayed_seconds integer, payload jsonb) returns private.channel_events
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_event private.channel_events;
begin
  insert into private.channel_events as e
    (notice_id, event_type, channel, change, uid, is_recorder, client_seq, happened_at, stayed_seconds, session_id, payload)
  values
    (receive_channel_event.notice_id, receive_channel_event.event_type, receive_channel_event.channel,
     receive_channel_event.change, receive_channel_event.uid, receive_channel_event.is_recorder,
     receive_channel_event.client_seq, least(receive_channel_event.happened_at, now()),
     receive_channel_event.stayed_seconds, (private.session_of_channel(receive_channel_event.channel)).id,
     receive_channel_event.payload)
  on conflict (notice_id) do update set deliveries = e.deliveries + 1
  returning e.* into v_event;
  if v_event.deliveries = 1 and v_event.session_id is not null and v_event.change is not null and not v_event.is_recorder then
    perform private.apply_channel_event(v_event);
  end if;
  return v_event;
end
$$;

create function public.receive_channel_event(
  notice_id      text,
  event_type     integer,
  channel        text,
  payload        jsonb,
  change         text        default null,
  uid            bigint      default null,
  is_recorder    boolean     default false,
  client_seq     bigint      default null,
  happened_at    timestamptz default null,
  stayed_seconds integer     default null
) returns table (is_repeated boolean, session_id uuid)
  language sql volatile security invoker set search_path = ''
as $$
  select e.deliveries > 1, e.session_id
    from private.receive_channel_event(notice_id, event_type, channel, change, uid, is_recorder, client_seq, happened_at,
                                       stayed_seconds, payload) e;
$$;

revoke execute on function private.begin_session, private.apply_channel_event, private.receive_channel_event,
  public.receive_channel_event from public, anon, authenticated, service_role;
-- Not granted to people: who was where is evidence, and only the server heard it.
grant execute on function private.receive_channel_event, public.receive_channel_event to service_role;

-- Tokens -------------------------------------------------------------------------------------------------------------

-- Definer: whoever asks for a token may write neither attendance nor where their session stands.
create function private.heed_admission() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.note_attendance(new.session_id);
  perform private.begin_session(new.session_id);
  return null;
end
$$;
revoke execute on function private.heed_admission from public, anon, authenticated, service_role;

create trigger channel_admissions_heed after insert on private.channel_admissions
  for each row when (new.session_id is not null) execute function private.heed_admission();
