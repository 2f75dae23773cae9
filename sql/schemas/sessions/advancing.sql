-- Advancing: every minute each session that is going on gets its turn, and time, tokens and events say where it stands.
--
--   in_progress   in person, at its start; online, when somebody has come (begin_session)
--   cancelled     the practitioner did not come: after their grace, everything comes back, as when they cancel
--                 the client did not come, and the rules let them keep their credit
--   completed     its scheduled end and the grace have passed
--                 its channel is empty: at the scheduled end at once, before it after a while, and not before the grace
--                 the client did not come: like any other, only that it says so
--
-- Nobody is called absent by silence: only where channel events were heard, and of somebody to whom no token was
-- issued. In person there are no events: somebody says it by hand (set_attendance). With every event lost, sessions
-- begin by their tokens and end by their time.
--
-- Any number of drivers share the turns. A turn is one transaction for one session, in the order of locks: the client,
-- the recording, the attendance, then rows. What fails stays with its session, and is tried again a minute later.

create table private.session_checks (
  session_id uuid        primary key references public.session_schedules on delete cascade,
  looked_at  timestamptz not null default '-infinity',
  failure    text
);
comment on table private.session_checks is
  'The sessions that are going on, and when somebody last looked at them.';
comment on column private.session_checks.failure is 'What kept the last turn from doing its work.';

alter table private.session_checks enable row level security;
-- No grant and no policy: only the functions below touch it.

-- Before a session is completed: whose absence is known is called a no-show.
create function private.settle_no_shows(session public.session_schedules) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_client record;
begin
  if not private.has_channel_events(session.id) then
    return;
  end if;
  for v_client in select c.* from private.list_session_clients(session) c where private.has_attended(session, c.user_id) is null loop
    perform private.mark_no_show(session, v_client.user_id);
  end loop;
end
$$;

-- Where a no-show does not forfeit, the seat of whoever did not come is cancelled instead of completed.
create function private.return_credits_to_absent_clients(session public.session_schedules) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_client record;
begin
  if (select r.client_no_show_forfeits from public.session_rules r) then
    return;
  end if;
  for v_client in select c.* from private.list_session_clients(session) c where not private.has_attended(session, c.user_id) loop
    perform private.set_session_status(v_client.session_id, 'cancelled', 'Cancelled: the client did not come');
  end loop;
end
$$;

-- Says where the session has moved to; null if it stays.
create function private.advance_session(session_id uuid) returns text
  language plpgsql volatile set search_path = ''
as $$
declare
  r         public.session_rules;
  s         public.session_schedules;
  v_host    uuid;
  v_online  boolean;
  v_heard   boolean;  -- events of its channel
  v_ends_at timestamptz;
  v_empty   timestamptz;  -- since when; null if somebody is there, or nobody ever was
begin
  select * into r from public.session_rules;
  select * into s from public.session_schedules x where x.id = advance_session.session_id;
  if not private.is_class(s) then
    perform private.lock_client(s.client_id);
  end if;
  perform pg_advisory_xact_lock(private.recording_lock_key(s.id));
  perform private.update_attendance(s.id);
  select * into s from public.session_schedules x where x.id = s.id for update;
  if s.status not in ('scheduled', 'in_progress') then
    return null;
  end if;

  v_host := private.get_session_host(s);
  v_online := s.session_location = 'online';
  v_heard := v_online and private.has_channel_events(s.id);
  v_ends_at := s.scheduled_at + make_interval(mins => s.duration_minutes);
  if v_heard then
    select max(h.last_sign_at) into v_empty from private.list_presence(s.id) h having not bool_or(h.is_there);
  end if;

  if v_heard and v_host is not null and private.has_attended(s, v_host) is null
     and now() >= s.scheduled_at + make_interval(mins => r.practitioner_grace_minutes) then
    perform private.mark_no_show(s, v_host);
  end if;
  if not private.has_attended(s, v_host) then
    perform private.set_session_status(s.id, 'cancelled', 'Cancelled by practitioner: the practitioner did not come');
  elsif now() >= v_ends_at + make_interval(mins => r.completion_grace_minutes)
     or (now() >= v_ends_at and v_empty is not null)
     or (now() >= s.scheduled_at + make_interval(mins => r.client_grace_minutes)
         and (v_empty <= now() - make_interval(mins => r.empty_minutes)
              -- Somebody said so; there is nothing to wait for.
              or (not private.is_class(s) and not private.has_attended(s, s.client_id)))) then
    perform private.settle_no_shows(s);
    perform private.return_credits_to_absent_clients(s);
    perform private.set_session_status(s.id, 'completed');
    perform private.update_attendance(s.id);  -- whoever is still there was there until now
  elsif v_online then
    perform private.begin_session(s.id);
  elsif now() >= s.scheduled_at then
    perform private.set_session_status(s.id, 'in_progress');
  end if;
  return (select x.status from public.session_schedules x where x.id = s.id and x.status <> s.status);
end
$$;

-- One turn, of the session that waits for one and is the newest; `since` is when this round began.
-- Definer: the driver is the service, which may write none of this by itself.
create function private.advance_next_session(
  since timestamptz, out asked_at timestamptz, out session_id uuid, out moved_to text, out task text,
  out recording public.session_recordings, out failure text)
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_variable
declare
  v_due record;
begin
  asked_at := since;
  if asked_at is null then
    asked_at := clock_timestamp();
    insert into private.session_checks (session_id)
    select s.id from public.session_schedules s
     where s.status in ('scheduled', 'in_progress') and s.group_class_id is null
       and s.scheduled_at <= now() + interval '15 minutes'
       and not exists (select from private.session_checks t where t.session_id = s.id)
    on conflict do nothing;
  end if;

  -- The newest first: what has lain for months waits for what is happening now.
  select t.session_id into session_id
    from private.session_checks t join public.session_schedules s on s.id = t.session_id
   where t.looked_at < asked_at
   order by s.scheduled_at desc limit 1
     for no key update of t skip locked;
  if session_id is null then
    delete from private.channel_events e
     where e.notice_id in (select old.notice_id from private.channel_events old
                            where old.received_at < now() - interval '90 days' limit 1000 for update skip locked);
    return;
  end if;

  begin
    moved_to := private.advance_session(session_id);
    v_due := private.claim_session_recording_task(session_id);
    task := v_due.task;
    recording := v_due.recording;
  exception when others then
    failure := sqlstate || ' ' || sqlerrm;
  end;
  update private.session_checks t set looked_at = clock_timestamp(), failure = advance_next_session.failure where t.session_id = session_id;
  delete from private.session_checks t using public.session_schedules s
   where t.session_id = session_id and s.id = t.session_id and s.status in ('completed', 'cancelled');
end
$$;

create function public.advance_next_session(since timestamptz default null)
  returns table (asked_at timestamptz, session_id uuid, moved_to text, task text, recording public.session_recordings,
                 failure text)
  language sql volatile security invoker set search_path = ''
as $$
  select t.asked_at, t.session_id, t.moved_to, t.task, t.recording, t.failure from private.advance_next_session(since) t;
$$;
comment on function public.advance_next_session is
  'One session''s turn; none if it names no session. Ask again with the first answer''s asked_at until there is none.';

revoke execute on function private.settle_no_shows, private.return_credits_to_absent_clients, private.advance_session,
  private.advance_next_session, public.advance_next_session from public, anon, authenticated, service_role;
grant execute on function private.advance_next_session, public.advance_next_session to service_role;
