-- Practitioner time: all that is booked, held or off, in one table in which nothing overlaps.
--
--   session_schedules   one to one, and a class once for all its seats   while scheduled or in progress, with buffers
--   session_holds       a time kept for somebody who is about to book    while held, with buffers
--   time off            what the practitioner keeps free                 always
--
-- Written by triggers only. Whoever reserves time locks the practitioner's calendar first, because two inserts that
-- each wait for the other's range would end in a deadlock; the exclusion constraint is the guarantee, whatever code
-- comes later. A hold that has lapsed still has its row: from that time on it is ignored, and whoever reserves the time
-- removes it. The trigger that reserves the time of sessions stands among that table's others, in their firing order
-- (sessions/session_schedules_triggers.sql).

create table public.practitioner_time_off (
  id              uuid primary key default gen_random_uuid(),
  practitioner_id uuid        not null references public.practitioners (id) on delete cascade,
  starts_at       timestamptz not null,
  ends_at         timestamptz not null,
  reason          text,
  created_at      timestamptz not null default now(),

  constraint practitioner_time_off_starts_before_it_ends check (starts_at < ends_at),
  constraint practitioner_time_off_starts_at_is_in_range check (starts_at between '2000-01-01' and '2100-01-01'),
  constraint practitioner_time_off_ends_at_is_in_range check (ends_at between '2000-01-01' and '2100-01-01'),
  constraint practitioner_time_off_reason_is_short check (char_length(reason) <= 500)
);
comment on table public.practitioner_time_off is 'When a practitioner is away.';
comment on column public.practitioner_time_off.id is 'Of the row; made here.';
comment on column public.practitioner_time_off.practitioner_id is 'The practitioner it belongs to.';
comment on column public.practitioner_time_off.starts_at is 'From.';
comment on column public.practitioner_time_off.ends_at is 'Until.';
comment on column public.practitioner_time_off.reason is 'In words, for whoever reads it later.';
comment on column public.practitioner_time_off.created_at is 'When the row was made.';

create index practitioner_time_off_practitioner_id_idx on public.practitioner_time_off (practitioner_id, starts_at);

alter table public.practitioner_time_off enable row level security;

create policy "practitioners read their own time off, admins all"
  on public.practitioner_time_off for select to authenticated
  using (practitioner_id = any (array(select private.my_practitioner_ids())) or (select private.is_admin()));
create policy "practitioners add their own time off, admins any"
  on public.practitioner_time_off for insert to authenticated
  with check (practitioner_id = any (array(select private.my_practitioner_ids())) or (select private.is_admin()));
create policy "practitioners change their own time off, admins any"
  on public.practitioner_time_off for update to authenticated
  using (practitioner_id = any (array(select private.my_practitioner_ids())) or (select private.is_admin()));
create policy "practitioners remove their own time off, admins any"
  on public.practitioner_time_off for delete to authenticated
  using (practitioner_id = any (array(select private.my_practitioner_ids())) or (select private.is_admin()));

revoke all on public.practitioner_time_off from anon, authenticated, service_role;
grant select, delete, insert (practitioner_id, starts_at, ends_at, reason), update (starts_at, ends_at, reason)
  on public.practitioner_time_off to authenticated;
grant select, insert, update, delete on public.practitioner_time_off to service_role;

create table private.practitioner_time (
  id              bigint    not null generated always as identity,
  practitioner_id uuid      not null references public.practitioners (id) on delete cascade,
  during          tstzrange not null,
  kind            text      not null generated always as (
    case when session_id is not null then 'session' when hold_id is not null then 'hold' else 'time_off' end) stored,
  session_id      uuid references public.session_schedules (id) on delete cascade,
  hold_id         uuid references public.session_holds (id) on delete cascade,
  time_off_id     uuid references public.practitioner_time_off (id) on delete cascade,
  occasion        uuid      not null default gen_random_uuid(),
  location_kind   text      not null,
  lapses_at       timestamptz,

  constraint practitioner_time_pkey primary key (id),
  constraint practitioner_time_session_id_is_unique unique (session_id),
  constraint practitioner_time_hold_id_is_unique unique (hold_id),
  constraint practitioner_time_time_off_id_is_unique unique (time_off_id),
  constraint practitioner_time_is_taken_by_one_thing check (num_nonnulls(session_id, hold_id, time_off_id) = 1),
  constraint practitioner_time_is_not_empty check (not isempty(during)),
  constraint practitioner_time_never_overlaps
    exclude using gist (practitioner_id with =, during with &&, occasion with <>),
  constraint practitioner_time_has_one_row_for_each_location_kind unique (occasion, location_kind),
  constraint practitioner_time_location_kind_is_short check (char_length(location_kind) <= 50)
);
comment on table private.practitioner_time is
  'What takes a practitioner''s time. Two rows that overlap are one occasion.';
comment on column private.practitioner_time.occasion is
  'Each row has its own, but a class online and in person at once is one occasion with two rows.';
comment on column private.practitioner_time.location_kind is 'Where: online, in_person; of time off: none.';
comment on column private.practitioner_time.lapses_at is 'Of a hold: from then on the row is ignored.';

alter table private.practitioner_time enable row level security;
-- No grant and no policy: only the triggers below write it, and only definer functions read it.

-- Definer: clients lock the calendar they book in, and may not write it.
create function private.lock_calendar(practitioner_id uuid) returns public.practitioner_calendars
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_calendar public.practitioner_calendars;
begin
  select c.* into v_calendar from public.practitioner_calendars c
   where c.practitioner_id = lock_calendar.practitioner_id for update;
  return v_calendar;
end
$$;

-- Bookings and payments of one client queue here. An advisory lock: a client has no row of ours to lock.
create function private.lock_client(user_id uuid) returns void
  language plpgsql volatile set search_path = ''
as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('client ' || lock_client.user_id, 0));
end
$$;

-- Definer: the caller may not write the holds of others.
create function private.release_lapsed_holds(practitioner_id uuid, during tstzrange) returns void
  language sql volatile security definer set search_path = ''
as $$
  update public.session_holds h set status = 'released'
   where h.id in (select t.hold_id from private.practitioner_time t
                   where t.practitioner_id = release_lapsed_holds.practitioner_id
                     and t.during && release_lapsed_holds.during and t.lapses_at <= now())
     -- Checked on the hold itself as well: its owner may be extending it at this very moment.
     and h.status = 'held' and h.expires_at <= now();
$$;

create function private.add_buffers(
  scheduled_at timestamptz, duration_minutes integer, calendar public.practitioner_calendars)
  returns tstzrange
  language plpgsql immutable set search_path = ''
as $$
begin
  return tstzrange(scheduled_at - make_interval(mins => (calendar).buffer_before_minutes),
                   scheduled_at + make_interval(mins => duration_minutes + (calendar).buffer_after_minutes));
end
$$;

create function private.occupies_time(session public.session_schedules) returns boolean
  language plpgsql immutable set search_path = ''
as $$
begin
  -- A seat occupies none: its class does.
  return (session).status in ('scheduled', 'in_progress') and (session).group_class_id is null;
end
$$;

create function private.is_class(session public.session_schedules) returns boolean
  language plpgsql immutable set search_path = ''
as $$
begin
  return (session).max_participants > 1 and (session).group_class_id is null;
end
$$;

create function private.get_occasion(session public.session_schedules) returns uuid
  language plpgsql volatile set search_path = ''
as $$
begin
  -- The admin page makes the online and the in-person row of a class one after the other and links them afterwards, so
  -- they are known to be one occasion by their equal local start.
  return case when private.is_class(session)
              then left(private.sha256_hex((session).practitioner_id || ' ' || (session).local_start), 32)::uuid
              else gen_random_uuid() end;
end
$$;

-- Definer: whoever writes the session may not write practitioner_time.
create function private.reserve_session_time() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  v_during tstzrange;
begin
  if not private.occupies_time(new) then
    delete from private.practitioner_time t where t.session_id = new.id;
    return null;
  end if;

  v_during := private.add_buffers(new.scheduled_at, new.duration_minutes, private.lock_calendar(new.practitioner_id));
  if tg_op = 'UPDATE' and private.is_class(new) and new.scheduled_at <> old.scheduled_at then
    -- The online and the in-person class are rescheduled together, and neither blocks the other.
    delete from private.practitioner_time t where t.session_id = new.id;
    update public.session_schedules other set scheduled_at = new.scheduled_at
     where other.id = new.correlated_session_id and other.practitioner_id = new.practitioner_id
       and other.scheduled_at = old.scheduled_at and other.status = 'scheduled';
  end if;
  if exists (select from private.practitioner_time t
              where t.practitioner_id = new.practitioner_id and t.during && v_during and t.hold_id is not null) then
    perform private.release_lapsed_holds(new.practitioner_id, v_during);
    -- The client's own hold on this time is consumed by the booking.
    update public.session_holds h set status = 'consumed'
     where h.id in (select t.hold_id from private.practitioner_time t
                     where t.practitioner_id = new.practitioner_id and t.during && v_during)
       and h.user_id = new.client_id and h.status = 'held';
  end if;

  insert into private.practitioner_time as t (practitioner_id, during, session_id, occasion, location_kind)
  values (new.practitioner_id, v_during, new.id, private.get_occasion(new), new.session_location)
  on conflict (session_id) do update
    set practitioner_id = excluded.practitioner_id, during = excluded.during,
        occasion = excluded.occasion, location_kind = excluded.location_kind;
  return null;
exception when exclusion_violation or unique_violation then
  perform private.refuse(409, 'slot_taken', 'This time is taken.', 'Please choose another time.');
end
$$;

-- Definer: whoever writes a hold may not write practitioner_time.
create function private.reserve_held_time() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  v_during tstzrange;
begin
  if new.status <> 'held' or new.group_class_id is not null then
    delete from private.practitioner_time t where t.hold_id = new.id;
    return null;
  elsif tg_op = 'UPDATE' then
    -- Without locking the calendar: whoever has locked it may be waiting for this row.
    update private.practitioner_time t set lapses_at = new.expires_at where t.hold_id = new.id;
    return null;
  end if;

  v_during := private.add_buffers(new.scheduled_at, new.duration_minutes, private.lock_calendar(new.practitioner_id));
  perform private.release_lapsed_holds(new.practitioner_id, v_during);
  insert into private.practitioner_time (practitioner_id, during, hold_id, location_kind, lapses_at)
  values (new.practitioner_id, v_during, new.id, new.session_location, new.expires_at);
  return null;
exception when exclusion_violation then
  perform private.refuse(409, 'slot_taken', 'This time is taken.', 'Please choose another time.');
end
$$;

create trigger session_holds_reserve_time after insert or update of status, expires_at on public.session_holds
  for each row execute function private.reserve_held_time();

-- Definer: as above.
create function private.reserve_time_off() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  v_during tstzrange := tstzrange(new.starts_at, new.ends_at);
begin
  perform private.lock_calendar(new.practitioner_id);
  perform private.release_lapsed_holds(new.practitioner_id, v_during);
  insert into private.practitioner_time as t (practitioner_id, during, time_off_id, location_kind)
  values (new.practitioner_id, v_during, new.id, 'none')
  on conflict (time_off_id) do update set practitioner_id = excluded.practitioner_id, during = excluded.during;
  return null;
exception when exclusion_violation then
  perform private.refuse(409, 'slot_taken', 'There is a session or other time off in this time.',
                         'Move or cancel the sessions first, or ask their clients: take_time_off.');
end
$$;

create trigger practitioner_time_off_reserve_time
  after insert or update of practitioner_id, starts_at, ends_at on public.practitioner_time_off
  for each row execute function private.reserve_time_off();

-- Sessions of an existing installation may overlap; whatever is booked from now on cannot.
create view private.practitioner_time_conflicts with (security_invoker = true) as
  select s.id as session_id, s.practitioner_id, s.client_id, s.scheduled_at, s.duration_minutes,
         t.session_id as taken_by_session_id
    from public.session_schedules s
    join public.practitioner_calendars c on c.practitioner_id = s.practitioner_id
    left join private.practitioner_time t
      on t.practitioner_id = s.practitioner_id and t.during && private.add_buffers(s.scheduled_at, s.duration_minutes, c)
   where private.occupies_time(s) and s.scheduled_at > now()
     and not exists (select from private.practitioner_time own where own.session_id = s.id);
comment on view private.practitioner_time_conflicts is
  'Sessions to come that have no time reserved: double bookings from before the rule. Somebody has to reschedule them.';

revoke execute on function private.lock_calendar, private.lock_client, private.release_lapsed_holds,
  private.add_buffers, private.occupies_time, private.is_class, private.get_occasion, private.reserve_session_time,
  private.reserve_held_time, private.reserve_time_off from public, anon, authenticated, service_role;
-- The condition of a trigger is evaluated as whoever writes the row.
grant execute on function private.occupies_time to authenticated, service_role;
-- Functions that run as their caller call these two.
grant execute on function private.is_class to authenticated, service_role;
grant execute on function private.lock_client to service_role;
