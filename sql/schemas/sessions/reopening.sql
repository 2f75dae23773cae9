-- Reopening: an admin takes a completion back, with a reason, as long as nobody was paid for it.
--
--   completed ----> in_progress, or scheduled if its time has not come
--
-- What followed from the completion is taken back with it, by counter-entries: earnings are posted back, no-shows that
-- nobody set by hand are undone and attendance computed anew. Its credit was spent when it was booked; if it is
-- cancelled now, it is returned as of any session. Seats that were cancelled stay so. Then it goes on by the rules:
-- people may join, another take may begin, and at its end, or a quarter of an hour later, it is completed again, earned
-- again, and announced to nobody a second time.

create table private.session_reopenings (
  id           uuid        primary key default gen_random_uuid(),
  session_id   uuid        not null references public.session_schedules on delete cascade,
  completed_at timestamptz,
  reason       text        not null,
  reopened_by  uuid        references auth.users on delete set null,
  reopened_at  timestamptz not null default now(),

  constraint session_reopenings_have_a_reason check (btrim(reason) <> '' and char_length(reason) <= 1000)
);
comment on column private.session_reopenings.completed_at is 'When it had been completed.';

create index session_reopenings_session_id_idx on private.session_reopenings (session_id, reopened_at);
create index session_reopenings_reopened_by_idx on private.session_reopenings (reopened_by);

alter table private.session_reopenings enable row level security;
-- No grant and no policy: only the functions below touch it. Admins read the audit log.

create trigger audit_session_reopenings after insert on private.session_reopenings
  for each row execute function private.write_audit_log();

-- When it was last reopened; a seat with its class.
create function private.get_reopened_at(session public.session_schedules) returns timestamptz
  language sql stable set search_path = ''
as $$
  select max(r.reopened_at) from private.session_reopenings r
   where r.session_id = coalesce((session).group_class_id, (session).id);
$$;

-- Definer: nobody takes a status back in any other way. It checks its caller itself.
create function private.reopen_session(session_id uuid, reason text) returns public.session_schedules
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_session public.session_schedules;
  v_seat    public.session_schedules;
  v_status  text;
  v_id      uuid;
begin
  if not private.is_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins reopen sessions.');
  end if;
  perform private.refuse_long_text('reason', reopen_session.reason, 1000);
  if btrim(coalesce(reopen_session.reason, '')) = '' then
    perform private.refuse(422, 'reason_missing', 'Please say why.');
  end if;
  -- Order matters: before any row is locked. A seat is reopened with its class.
  perform private.lock_payouts();
  select class.* into v_session from public.session_schedules named
    join public.session_schedules class on class.id = coalesce(named.group_class_id, named.id)
   where named.id = reopen_session.session_id;
  if v_session.id is null then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  elsif not private.is_class(v_session) then
    perform private.lock_client(v_session.client_id);
  end if;
  perform pg_advisory_xact_lock(private.recording_lock_key(v_session.id));
  perform private.lock_attendance(v_session.id);
  select * into v_session from public.session_schedules s where s.id = v_session.id for update;
  if v_session.status <> 'completed' then
    perform private.refuse(409, 'session_not_completed', 'Only a completed session can be reopened.');
  end if;

  insert into private.session_reopenings (session_id, completed_at, reason, reopened_by)
  values (v_session.id, v_session.completed_at, btrim(reopen_session.reason), auth.uid())
  returning id into v_id;
  delete from public.session_attendance a using public.session_schedules s
   where s.id = a.session_id and v_session.id in (s.id, s.group_class_id) and a.is_no_show and a.source <> 'manual';
  v_status := case when now() < v_session.scheduled_at then 'scheduled' else 'in_progress' end;
  for v_seat in
    update public.session_schedules s
       set status = v_status, completed_at = null, started_at = case when v_status = 'in_progress' then s.started_at end
     where v_session.id in (s.id, s.group_class_id) and s.status = 'completed'
    returning s.*
  loop
    perform private.take_back_earned_seat(v_seat.id, v_id, reopen_session.reason);
  end loop;
  perform private.update_attendance(v_session.id);
  select * into v_session from public.session_schedules s where s.id = v_session.id;
  return v_session;
end
$$;

create function public.reopen_session(session_id uuid, reason text)
  returns table (session_id uuid, status text)
  language sql volatile security invoker set search_path = ''
as $$
  select s.id, s.status from private.reopen_session($1, $2) s;
$$;
comment on function public.reopen_session is
  'For admins: takes back the completion of a session or class, and what followed from it, unless it was paid out.';

revoke execute on function private.get_reopened_at, private.reopen_session, public.reopen_session
  from public, anon, authenticated, service_role;
grant execute on function private.reopen_session, public.reopen_session to authenticated;
