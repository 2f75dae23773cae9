-- Advancing: every minute each session under way is checked, and time, tokens and channel events decide its status.
--
--   in_progress   in person, at its start; online, when somebody is present (begin_session)
--   cancelled     the practitioner is a no-show: after their grace, and credits are returned as when they cancel
--                 the client is a no-show, and the rules let them keep their credit
--   completed     its scheduled end and the grace have passed
--                 the client is a no-show: as any other session, and its event says so; at once if set by hand
--
-- Whoever reopens a session has a quarter of an hour to put right what ended it, before it ends by itself again.
-- An empty channel ends nothing: whoever comes back within the time goes on. Attendance says who was there and when.
--
-- Missing events alone make nobody a no-show: only where channel events arrived for the session, and only of somebody
-- to whom no token was issued. In person there are no events: attendance is set by hand (set_attendance). With every
-- event lost, sessions begin by their tokens and end by their time.
--
-- Any number of `advance-sessions` share the checks. A check is one transaction for one session, in the order of locks:
-- the client, the recording, the attendance, then rows. A failure is stored with its session, which is checked again
-- later and later, and after `private.max_attempts()` failures is set aside.

create table private.session_checks (
  session_id      uuid        primary key references public.session_schedules on delete cascade,
  starts_at       timestamptz not null,
  checked_at      timestamptz not null default '-infinity',
  next_attempt_at timestamptz not null default now(),
  attempts        integer     not null default 0,
  failure         text,

  constraint session_checks_failure_is_short check (char_length(failure) <= 10000)
);
comment on table private.session_checks is
  'The sessions under way, and when each was last checked.';
comment on column private.session_checks.starts_at is 'When it came here: the nearest are checked first.';
comment on column private.session_checks.attempts is 'Checks that failed since one succeeded.';
comment on column private.session_checks.failure is 'The error of the last check; null if it succeeded.';

create index session_checks_order_idx on private.session_checks (checked_at, starts_at desc);

alter table private.session_checks enable row level security;
-- No grant and no policy: only the functions below touch it.

-- Before a session is completed: a client without a token and without an event is a no-show.
create function private.settle_no_shows(session public.session_schedules) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_client record;
begin
  if not private.has_channel_events(session.id) then
    return;
  end if;
  for v_client in
    select c.* from private.list_session_clients(session) c where private.has_attended(session, c.user_id) is null
  loop
    perform private.mark_no_show(session, v_client.user_id);
  end loop;
end
$$;

-- Where a no-show does not forfeit, the client's session or seat is cancelled instead of completed.
create function private.return_credits_to_absent_clients(session public.session_schedules) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_client record;
begin
  if (select r.client_no_show_forfeits from public.session_rules r) then
    return;
  end if;
  for v_client in
    select c.* from private.list_session_clients(session) c where not private.has_attended(session, c.user_id)
  loop
    perform private.set_session_status(v_client.session_id, 'cancelled', 'Cancelled: the client did not come');
  end loop;
end
$$;

-- Returns the session's new status; null if it stays.
create function private.advance_session(session_id uuid) returns text
  language plpgsql volatile set search_path = ''
as $$
declare
  v_rules       public.session_rules;
  v_session     public.session_schedules;
  v_host        uuid;
  v_online      boolean;
  v_has_events  boolean;
  v_may_end     boolean;
begin
  select * into v_rules from public.session_rules;
  select * into v_session from public.session_schedules s where s.id = advance_session.session_id;
  if not private.is_class(v_session) then
    perform private.lock_client(v_session.client_id);
  end if;
  perform pg_advisory_xact_lock(private.recording_lock_key(v_session.id));
  perform private.update_attendance(v_session.id);
  select * into v_session from public.session_schedules s where s.id = v_session.id for update;
  if v_session.status not in ('scheduled', 'in_progress') then
    return null;
  end if;
  if private.ended_before_adoption(v_session) then
    -- Nobody was watching: nobody is a no-show, and nothing follows from it.
    perform private.set_session_status(v_session.id, 'completed');
    return 'completed';
  end if;

  v_host := private.get_session_host(v_session);
  v_online := v_session.session_location = 'online';
  v_has_events := v_online and private.has_channel_events(v_session.id);
  v_may_end := coalesce(now() >= private.get_reopened_at(v_session) + interval '15 minutes', true);

  if v_may_end and v_has_events and v_host is not null and private.has_attended(v_session, v_host) is null
     and now() >= v_session.scheduled_at + make_interval(mins => v_rules.practitioner_grace_minutes) then
    perform private.mark_no_show(v_session, v_host);
  end if;
  if v_may_end and not private.has_attended(v_session, v_host) then
    perform private.set_session_status(v_session.id, 'cancelled', 'Cancelled by practitioner: the practitioner did not come');
  elsif v_may_end and (
          now() >= v_session.scheduled_at
                   + make_interval(mins => v_session.duration_minutes + v_rules.completion_grace_minutes)
          -- Set by hand: there is nothing to wait for.
          or (now() >= v_session.scheduled_at + make_interval(mins => v_rules.client_grace_minutes)
              and not private.is_class(v_session) and not private.has_attended(v_session, v_session.client_id))) then
    perform private.settle_no_shows(v_session);
    perform private.return_credits_to_absent_clients(v_session);
    perform private.set_session_status(v_session.id, 'completed');
    perform private.update_attendance(v_session.id);  -- whoever is still present was there until now
  elsif v_online then
    perform private.begin_session(v_session.id);
  elsif now() >= v_session.scheduled_at then
    perform private.set_session_status(v_session.id, 'in_progress');
  end if;
  return (select s.status from public.session_schedules s where s.id = v_session.id and s.status <> v_session.status);
end
$$;

-- Checks one session that has not been checked since `since`, when this round of checks began.
-- Definer: the service calls it, and may write none of this by itself.
create function private.advance_next_session(
  since timestamptz, out asked_at timestamptz, out session_id uuid, out moved_to text, out task text,
  out take private.recording_takes, out failure text)
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_variable
declare
  v_task record;
begin
  asked_at := since;
  if asked_at is null then
    asked_at := clock_timestamp();
    -- Not all at once: whatever was left over for months waits for the sessions of now, which have been checked before.
    insert into private.session_checks (session_id, starts_at)
    select s.id, s.scheduled_at from public.session_schedules s
     where s.status in ('scheduled', 'in_progress') and s.group_class_id is null
       and s.scheduled_at <= now() + interval '15 minutes'
       and not exists (select from private.session_checks t where t.session_id = s.id)
     order by s.scheduled_at desc limit 2000
    on conflict do nothing;
  end if;

  -- Whoever has waited longest; of those that are new, the nearest.
  select t.session_id into session_id from private.session_checks t
   where t.checked_at < asked_at and t.next_attempt_at <= now() and t.attempts < private.max_attempts()
   order by t.checked_at, t.starts_at desc limit 1
     for no key update skip locked;
  if session_id is null then
    return;
  end if;

  begin
    moved_to := private.advance_session(session_id);
    v_task := private.claim_session_recording_task(session_id);
    task := v_task.task;
    take := v_task.take;
    failure := private.find_reason_unreadable(to_jsonb(take));
  exception when query_canceled or others then
    failure := left(sqlstate || ' ' || sqlerrm, 2000);
  end;
  if failure is not null then
    task := null;
    take := null;
  end if;
  update private.session_checks t
     set checked_at = clock_timestamp(), failure = advance_next_session.failure,
         attempts = case when advance_next_session.failure is null then 0 else t.attempts + 1 end,
         next_attempt_at = case when advance_next_session.failure is null then now()
                                else now() + private.retry_delay(t.attempts + 1) end
   where t.session_id = session_id;
  delete from private.session_checks t using public.session_schedules s
   where t.session_id = session_id and s.id = t.session_id and s.status in ('completed', 'cancelled');
end
$$;

create function public.advance_next_session(since timestamptz default null)
  returns table (asked_at timestamptz, session_id uuid, moved_to text, task text, take private.recording_takes,
                 failure text)
  language sql volatile security invoker set search_path = ''
as $$
  select t.asked_at, t.session_id, t.moved_to, t.task, t.take, t.failure from private.advance_next_session(since) t;
$$;
comment on function public.advance_next_session is
  'Checks one session. Call it again with the first answer''s asked_at until an answer names no session.';

revoke execute on function private.settle_no_shows, private.return_credits_to_absent_clients, private.advance_session,
  private.advance_next_session, public.advance_next_session from public, anon, authenticated, service_role;
grant execute on function private.advance_next_session, public.advance_next_session to service_role;
