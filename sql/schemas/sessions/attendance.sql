-- Attendance: who was present, from when until when, how long, and from which source that is known.
--
--   agora    channel events say when somebody joined and left: intervals and seconds
--   token    no event of theirs arrived, but they were issued a token: they count as present, for how long is unknown
--   manual   set by the practitioner or an admin, with a reason; from then on events and tokens change nothing
--
-- A client's row belongs to their own session or seat, the practitioner's to the session or class. Events arrive
-- late, twice and in any order, so a row is never added to: it is computed anew from all events and tokens there are
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
  constraint session_attendance_left_after_joined check (left_at >= joined_at),
  constraint session_attendance_joined_at_is_in_range check (joined_at between '2000-01-01' and '2100-01-01'),
  constraint session_attendance_left_at_is_in_range check (left_at between '2000-01-01' and '2100-01-01'),
  constraint session_attendance_total_seconds_is_in_range check (total_seconds between 0 and 1000000),
  constraint session_attendance_reason_is_short check (char_length(reason) <= 1000)
);
comment on table  public.session_attendance               is 'One row for each person in each session.';
comment on column public.session_attendance.left_at is
  'Null while they are present, and where no event says when they left.';
comment on column public.session_attendance.intervals     is 'When they were present, as far as events say.';
comment on column public.session_attendance.total_seconds is 'Of the intervals; null if unknown.';
comment on column public.session_attendance.is_no_show is
  'They did not attend; the session rules say what follows.';
comment on column public.session_attendance.id is 'Of the row; made here.';
comment on column public.session_attendance.session_id is 'The session it is about: session_schedules.id.';
comment on column public.session_attendance.user_id is 'Who was there.';
comment on column public.session_attendance.source is
  'agora: observed in the channel; token: admitted to it; manual: said by the practitioner.';
comment on column public.session_attendance.joined_at is 'When they first came.';
comment on column public.session_attendance.reason is 'In words, for whoever reads it later.';
comment on column public.session_attendance.decided_by is 'Who said so.';
comment on column public.session_attendance.decided_at is 'When they said it.';
comment on column public.session_attendance.created_at is 'When the row was made.';
comment on column public.session_attendance.updated_at is 'When the row was last changed.';

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
-- Only what was set by hand, with the values before. The rest can be computed from channel events and admissions.
create trigger audit_session_attendance after insert or update on public.session_attendance
  for each row when (new.source = 'manual') execute function private.write_audit_log();

create function private.get_session_host(session public.session_schedules) returns uuid
  language sql stable set search_path = ''
as $$
  select p.user_id from public.practitioners p where p.id = (session).practitioner_id;
$$;

create function private.list_session_clients(session public.session_schedules)
  returns table (session_id uuid, user_id uuid)
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
  -- The session or seat to which somebody's row belongs; null if they have no part in this session.
  select case when private.get_session_host(session) = find_attendance_session_id.user_id then (session).id
              else (select c.session_id from private.list_session_clients(session) c
                     where c.user_id = find_attendance_session_id.user_id limit 1) end;
$$;

create function private.lock_attendance(session_id uuid) returns void
  language sql volatile set search_path = ''
as $$
  -- Two events at once are applied one after the other, so that the later one sees both. Before any row is locked.
  select pg_advisory_xact_lock(hashtextextended('attendance ' || session_id, 0));
$$;

create function private.has_attended(session public.session_schedules, user_id uuid) returns boolean
  language sql stable set search_path = ''
as $$
  -- True; false for a no-show; null if nothing is known.
  select not a.is_no_show from public.session_attendance a
   where a.session_id = private.find_attendance_session_id(session, has_attended.user_id)
     and a.user_id = has_attended.user_id;
$$;

-- Only where there is no row yet: one from events, from a token or set by hand stays.
create function private.mark_no_show(session public.session_schedules, user_id uuid) returns void
  language sql volatile set search_path = ''
as $$
  insert into public.session_attendance (session_id, user_id, source, total_seconds, is_no_show)
  values (private.find_attendance_session_id(session, mark_no_show.user_id), mark_no_show.user_id, 'agora', 0, true)
  on conflict (session_id, user_id) do nothing;
$$;

-- By hand, where no event arrived, or a wrong one.

-- Definer: nobody may write attendance. It checks its caller itself, since row-level security does not apply in it.
create function private.set_attendance(
  session_id uuid, user_id uuid, attended boolean, reason text, joined_at timestamptz, left_at timestamptz)
  returns setof public.session_attendance
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_session        public.session_schedules;
  v_rules          public.session_rules;
  v_role           text;
  v_row_session_id uuid;  -- of the session or the seat
  v_during         tstzmultirange := '{}';
begin
  perform private.refuse_long_text('reason', set_attendance.reason, 1000);
  select class.* into v_session from public.session_schedules named
    join public.session_schedules class on class.id = coalesce(named.group_class_id, named.id)
   where named.id = set_attendance.session_id;
  perform private.limit_use('attendance set', auth.uid());
  v_role := private.get_caller_role(v_session);
  if v_session.id is null or v_role is null or v_role not in ('practitioner', 'admin') then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  end if;
  v_row_session_id := private.find_attendance_session_id(v_session, set_attendance.user_id);
  if v_row_session_id is null then
    perform private.refuse(404, 'person_not_in_session', 'This person has no part in this session.');
  elsif btrim(coalesce(set_attendance.reason, '')) = '' then
    perform private.refuse(422, 'reason_missing', 'Please say why.');
  elsif set_attendance.attended and v_role = 'practitioner' and set_attendance.user_id = auth.uid() then
    -- What they earn depends on it.
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
     or set_attendance.joined_at < v_session.scheduled_at - interval '1 day'
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
      (v_row_session_id, set_attendance.user_id, 'manual',
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
  'For the session''s practitioner and admins: sets whether somebody attended, and why. Events change it no more.'
  ' A no-show set before the session is completed has the consequences that the session rules name, within a minute.';

revoke execute on function private.get_session_host, private.list_session_clients, private.find_attendance_session_id,
  private.lock_attendance, private.has_attended, private.mark_no_show, private.set_attendance, public.set_attendance
  from public, anon, authenticated, service_role;
grant execute on function private.set_attendance, public.set_attendance to authenticated;
