-- Attendance: who was there, from when until when, how long, and how we know.
--
--   agora    somebody was seen to join and leave the channel: intervals and seconds
--   token    nothing was heard of them, but they were issued a token: they count as present, nobody knows for how long
--   manual   the practitioner or an admin said so, with a reason; from then on facts change nothing
--
-- A client's row belongs to their own session or seat, the practitioner's to the session or class. Facts arrive late,
-- twice and in any order, so a row is never added to: it is worked out anew from all the facts there are
-- (channel_events.sql). What follows from a no-show, the session rules say. user_id has no foreign key: the account may
-- have been erased since.

create table public.session_attendance (
  id            uuid primary key default gen_random_uuid(),
  session_id    uuid           not null references public.session_schedules on delete cascade,
  user_id       uuid           not null,
  source        text           not null,
  joined_at     timestamptz,
  left_at       timestamptz,
  intervals     tstzmultirange not null default '{}',
  total_seconds integer,
  is_no_show    boolean        not null default false,
  reason        text,
  decided_by    uuid           references auth.users on delete set null,
  decided_at    timestamptz,
  created_at    timestamptz    not null default now(),
  updated_at    timestamptz    not null default now(),

  constraint session_attendance_one_row_per_person unique (session_id, user_id),
  constraint session_attendance_source_is_known check (source in ('agora', 'token', 'manual')),
  constraint session_attendance_manual_has_a_reason check ((source = 'manual') = (reason is not null)),
  constraint session_attendance_no_show_never_joined check (not is_no_show or joined_at is null),
  constraint session_attendance_left_after_joined check (left_at >= joined_at)
);
comment on table  public.session_attendance               is 'One line for each person in each session.';
comment on column public.session_attendance.left_at is
  'Null while they are there, and where nobody saw them leave.';
comment on column public.session_attendance.intervals     is 'When they were there, as far as it was seen.';
comment on column public.session_attendance.total_seconds is 'Of the intervals; null if nobody knows.';
comment on column public.session_attendance.is_no_show is
  'They did not come, and the session rules say what follows.';

create index session_attendance_user_id_idx on public.session_attendance (user_id);
create index session_attendance_decided_by_idx on public.session_attendance (decided_by);

alter table public.session_attendance enable row level security;

create policy "people, their practitioner and admins read attendance"
  on public.session_attendance for select to authenticated
  using (
    user_id = (select auth.uid())
    or session_id in (select private.my_led_session_ids())
    or (select private.is_admin()));

revoke all on public.session_attendance from anon, authenticated, service_role;
grant select on public.session_attendance to authenticated, service_role;
-- No insert, update or delete, not even for the service: the functions below are the only way.

create trigger update_session_attendance_updated_at before update on public.session_attendance
  for each row execute function public.update_updated_at_column();
-- Only what somebody said, with what stood there before. Facts are kept as channel events and admissions.
create trigger audit_session_attendance after insert or update on public.session_attendance
  for each row when (new.source = 'manual') execute function private.write_audit_log();

create function private.get_session_host(session public.session_schedules) returns uuid
  language sql stable set search_path = ''
as $$
  select p.user_id from public.practitioners p where p.id = (session).practitioner_id;
$$;

create function private.list_session_clients(session public.session_schedules) returns table (session_id uuid, user_id uuid)
  language sql stable set search_path = ''
as $$
  select (session).id, (session).client_id where not private.is_class(session)
  union all
  select seat.id, seat.client_id from public.session_schedules seat
   where seat.group_class_id = (session).id and seat.status <> 'cancelled';
$$;

create function private.find_attendance_session_id(session public.session_schedules, user_id uuid) returns uuid
  language sql stable set search_path = ''
as $$
  -- The session or seat to which somebody's row belongs; null if they have no part in this one.
  select case when private.get_session_host(session) = find_attendance_session_id.user_id then (session).id
              else (select c.session_id from private.list_session_clients(session) c where c.user_id = find_attendance_session_id.user_id limit 1) end;
$$;

create function private.lock_attendance(session_id uuid) returns void
  language sql volatile set search_path = ''
as $$
  -- Two facts at once are worked out one after the other, so that the later one sees both. Before any row is locked.
  select pg_advisory_xact_lock(hashtextextended('attendance ' || session_id, 0));
$$;

create function private.has_attended(session public.session_schedules, user_id uuid) returns boolean
  language sql stable set search_path = ''
as $$
  -- True, false if they are known not to have come, null if nothing is known.
  select not a.is_no_show from public.session_attendance a
   where a.session_id = private.find_attendance_session_id(session, has_attended.user_id) and a.user_id = has_attended.user_id;
$$;

-- Only of whom nothing is known: a fact, or a word by hand, stays.
create function private.mark_no_show(session public.session_schedules, user_id uuid) returns void
  language sql volatile set search_path = ''
as $$
  insert into public.session_attendance (session_id, user_id, source, total_seconds, is_no_show)
  values (private.find_attendance_session_id(session, mark_no_show.user_id), mark_no_show.user_id, 'agora', 0, true)
  on conflict (session_id, user_id) do nothing;
$$;

-- By hand, where nothing was heard or what was heard is wrong.

-- Definer: nobody writes attendance. It checks its caller, since it answers from past that door.
create function private.set_attendance(
  session_id uuid, user_id uuid, attended boolean, reason text, joined_at timestamptz, left_at timestamptz)
  returns setof public.session_attendance
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_session public.session_schedules;
  v_rules   public.session_rules;
  v_part    text;
  v_line    uuid;
  v_during  tstzmultirange := '{}';
begin
  select class.* into v_session from public.session_schedules named
    join public.session_schedules class on class.id = coalesce(named.group_class_id, named.id)
   where named.id = set_attendance.session_id;
  v_part := private.get_caller_role(v_session);
  if v_session.id is null or v_part is null or v_part not in ('practitioner', 'admin') then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  end if;
  v_line := private.find_attendance_session_id(v_session, set_attendance.user_id);
  if v_line is null then
    perform private.refuse(404, 'person_not_in_session', 'This person has no part in this session.');
  elsif btrim(coalesce(set_attendance.reason, '')) = '' then
    perform private.refuse(422, 'reason_missing', 'Please say why.');
  elsif set_attendance.attended and v_part = 'practitioner' and set_attendance.user_id = auth.uid() then
    -- What they earn hangs on it.
    perform private.refuse(403, 'not_about_oneself', 'Only an admin can say that you were there.');
  elsif v_session.status = 'cancelled' then
    perform private.refuse(409, 'session_cancelled', 'This session was cancelled.');
  elsif now() < v_session.scheduled_at then
    perform private.refuse(409, 'session_not_begun', 'This session has not begun.');
  end if;
  select * into v_rules from public.session_rules;
  if not set_attendance.attended and now() < v_session.scheduled_at + make_interval(mins =>
       case when set_attendance.user_id = private.get_session_host(v_session) then v_rules.practitioner_grace_minutes
            else v_rules.client_grace_minutes end) then
    perform private.refuse(409, 'grace_not_over', 'It is too early to say that they did not come.', 'They may still come.');
  elsif set_attendance.left_at < set_attendance.joined_at or greatest(set_attendance.joined_at, set_attendance.left_at) > now()
     or (set_attendance.joined_at is null and set_attendance.left_at is not null) then
    perform private.refuse(422, 'times_not_possible', 'Nobody was there from then until then.');
  end if;

  perform private.lock_attendance(v_session.id);
  if set_attendance.attended and set_attendance.left_at is not null then
    v_during := tstzmultirange(tstzrange(set_attendance.joined_at, set_attendance.left_at));
  end if;
  return query
    insert into public.session_attendance as a
      (session_id, user_id, source, joined_at, left_at, intervals, total_seconds, is_no_show, reason, decided_by, decided_at)
    values
      (v_line, set_attendance.user_id, 'manual',
       case when set_attendance.attended then set_attendance.joined_at end,
       case when set_attendance.attended then set_attendance.left_at end, v_during,
       case when not set_attendance.attended then 0
            else extract(epoch from set_attendance.left_at - set_attendance.joined_at)::integer end,
       not set_attendance.attended, btrim(set_attendance.reason), auth.uid(), now())
    on conflict (session_id, user_id) do update
      set source = excluded.source, joined_at = excluded.joined_at, left_at = excluded.left_at,
          intervals = excluded.intervals, total_seconds = excluded.total_seconds, is_no_show = excluded.is_no_show,
          reason = excluded.reason, decided_by = excluded.decided_by, decided_at = excluded.decided_at
    returning a.*;
end
$$;

create function public.set_attendance(
  session_id uuid, user_id uuid, attended boolean, reason text,
  joined_at timestamptz default null, left_at timestamptz default null) returns setof public.session_attendance
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.set_attendance(session_id, user_id, attended, reason, joined_at, left_at);
$$;
comment on function public.set_attendance is
  'For the session''s practitioner and admins: somebody came, or did not, and why that is said. Facts change it no more.'
  ' A no-show said before the session is completed has the consequences that the session rules name, within a minute.';

revoke execute on function private.get_session_host, private.list_session_clients, private.find_attendance_session_id, private.lock_attendance, private.has_attended,
  private.mark_no_show, private.set_attendance, public.set_attendance from public, anon, authenticated, service_role;
grant execute on function private.set_attendance, public.set_attendance to authenticated;
