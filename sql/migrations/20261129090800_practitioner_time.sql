-- From sql/schemas: calendars/session_holds, calendars/practitioner_time, calendars/people_time, calendars/busy_times, calendars/bookable_times, calendars/available_slots.

-- Functions name what later chapters make.
set check_function_bodies = off;

set lock_timeout = '5s';
set statement_timeout = 0;
do $$ begin lock table public.session_schedules, public.practitioners, public.session_types in share row exclusive mode; end $$;


-- calendars/session_holds.sql

-- Holds: the time of a session, or a seat in a class, kept for a while for whoever is about to book it.
--
--   held -> consumed    by the booking
--   held -> released    by its owner, or lapsed and replaced by somebody else's booking
--
-- A held row past `expires_at` is ignored, but not yet released: until somebody else reserves the time, whoever held it
-- may extend it again. A hold of a time reserves practitioner time (practitioner_time.sql); a class's seats are
-- counted, not excluded, so a held seat reserves none.

create table public.session_holds (
  id                  uuid primary key default gen_random_uuid(),
  user_id             uuid        not null references auth.users (id) on delete cascade,
  practitioner_id     uuid        not null references public.practitioners (id) on delete cascade,
  scheduled_at        timestamptz not null,
  duration_minutes    integer     not null,
  session_type_id     uuid        not null references public.session_types (id) on delete cascade,
  session_location    text        not null default 'online',
  physical_location   text,
  group_class_id      uuid references public.session_schedules (id) on delete cascade,
  status              text        not null default 'held',
  expires_at          timestamptz not null,
  checkout_session_id text,
  created_at          timestamptz not null default now(),

  constraint session_holds_status_is_known check (status in ('held', 'consumed', 'released')),
  constraint session_holds_location_is_known check (session_location in ('online', 'in_person')),
  constraint session_holds_have_a_duration check (duration_minutes between 1 and 1440),
  constraint session_holds_scheduled_at_is_in_range check (scheduled_at between '2000-01-01' and '2100-01-01'),
  constraint session_holds_physical_location_is_short check (char_length(physical_location) <= 500),
  constraint session_holds_checkout_session_id_is_short check (char_length(checkout_session_id) <= 255)
);

comment on table public.session_holds is 'A time, or a seat in a class, kept for one person for a while.';

comment on column public.session_holds.checkout_session_id is 'The checkout that pays for it, once there is one.';

comment on column public.session_holds.id is 'Of the row; made here.';

comment on column public.session_holds.user_id is 'Whose it is.';

comment on column public.session_holds.practitioner_id is 'The practitioner it belongs to.';

comment on column public.session_holds.scheduled_at is 'When the session begins.';

comment on column public.session_holds.duration_minutes is 'How long the session lasts.';

comment on column public.session_holds.session_type_id is 'The kind of session: session_types.id.';

comment on column public.session_holds.session_location is 'Where it is held: online or in_person.';

comment on column public.session_holds.physical_location is
  'The studio''s name and address, where it is held in person.';

comment on column public.session_holds.group_class_id is 'The class, where this is a seat in one.';

comment on column public.session_holds.status is 'held, consumed or released.';

comment on column public.session_holds.expires_at is 'Until when the time is kept.';

comment on column public.session_holds.created_at is 'When the row was made.';

create index session_holds_user_id_idx on public.session_holds (user_id) where status = 'held';

create index session_holds_practitioner_id_idx on public.session_holds (practitioner_id);

create index session_holds_session_type_id_idx on public.session_holds (session_type_id);

create index session_holds_group_class_id_idx on public.session_holds (group_class_id);

create index session_holds_checkout_session_id_idx on public.session_holds (checkout_session_id);

alter table public.session_holds enable row level security;

create policy "people read their own holds, admins all"
  on public.session_holds for select to authenticated
  using (user_id = (select auth.uid()) or (select private.is_admin()));

revoke all on public.session_holds from anon, authenticated, service_role;

grant select on public.session_holds to authenticated;

-- No insert, update or delete for people: a hold changes only through the functions below.
grant select, insert, update, delete on public.session_holds to service_role;

-- An account costs nothing, and a hold keeps others out. So a newcomer, who has neither signed the waiver nor paid nor
-- been given a credit, holds less, for shorter, and less often (the rule `holds of newcomers`).
create table private.hold_rules (
  is_newcomer boolean  primary key,
  at_once     integer  not null check (at_once > 0),
  lasts       interval not null check (lasts > interval '0' and lasts <= interval '1 day')
);

comment on table private.hold_rules is 'How many times somebody may hold at once, and how long. An operator changes a row.';

alter table private.hold_rules enable row level security;

insert into private.hold_rules (is_newcomer, at_once, lasts) values (false, 3, '15 minutes'), (true, 2, '5 minutes');

create function private.get_hold_rules(user_id uuid) returns private.hold_rules
  language sql stable set search_path = ''
as $$
  select r from private.hold_rules r
   where r.is_newcomer = not (
           exists (select from public.liability_waivers w where w.user_id = get_hold_rules.user_id)
           or exists (select from public.user_session_credits c where c.user_id = get_hold_rules.user_id)
           or exists (select from public.checkout_sessions c where c.user_id = get_hold_rules.user_id and c.paid_at is not null));
$$;

create function private.count_held_seats(group_class_id uuid, except_user uuid) returns integer
  language sql stable set search_path = ''
as $$
  select count(*)::integer from public.session_holds h
   where h.group_class_id = count_held_seats.group_class_id and h.status = 'held' and h.expires_at > now()
     and h.user_id is distinct from count_held_seats.except_user;
$$;

create function private.count_taken_seats(group_class_id uuid) returns integer
  language sql stable set search_path = ''
as $$
  select count(*)::integer from public.session_schedules s
   where s.group_class_id = count_taken_seats.group_class_id and s.status <> 'cancelled';
$$;

create function private.lock_class(group_class_id uuid) returns public.session_schedules
  language plpgsql volatile set search_path = ''
as $$
declare
  v_class public.session_schedules;
begin
  -- Two who want the last seat queue here.
  select s.* into v_class from public.session_schedules s
   where s.id = lock_class.group_class_id and s.max_participants > 1 and s.group_class_id is null for update;
  if not found then
    perform private.refuse(404, 'class_not_found', 'There is no such class.');
  end if;
  return v_class;
end
$$;

create function private.refuse_unjoinable_class(class public.session_schedules, for_user uuid) returns void
  language plpgsql stable set search_path = ''
as $$
begin
  if class.status <> 'scheduled' then
    perform private.refuse(409, 'class_not_open', 'This class can no longer be joined.');
  elsif class.scheduled_at <= now() then
    perform private.refuse(409, 'class_over', 'This class has begun.');
  elsif exists (select from public.session_schedules s
                 where s.group_class_id = class.id and s.client_id = for_user and s.status <> 'cancelled') then
    perform private.refuse(409, 'already_joined', 'You have a seat in this class already.');
  elsif private.get_time_of(for_user, class.practitioner_id, private.get_time_range(class)) && private.get_time_range(class) then
    perform private.refuse_double_booking(for_user);
  elsif private.count_taken_seats(class.id) + private.count_held_seats(class.id, for_user) >= class.max_participants then
    perform private.refuse(409, 'class_full', 'This class is full.', 'Please choose another class.');
  elsif (class.practitioner_id in (select private.paused_practitioner_ids())
         or class.scheduled_at + make_interval(mins => class.duration_minutes)
            > private.get_bookable_until(class.practitioner_id))
        and not private.is_admin()
        -- A seat that was open when it was held is theirs: it may be paid for already.
        and not exists (select from public.session_holds h
                         where h.group_class_id = class.id and h.user_id = for_user and h.status = 'held'
                           and h.expires_at > now()) then
    perform private.refuse(409, 'practitioner_unavailable', 'This practitioner takes no bookings at the moment.',
                           'Please choose another practitioner.');
  end if;
end
$$;

-- Definer: people may not write holds, nor read those of others.
create function private.hold_slot(
  user_id uuid, practitioner_id uuid, scheduled_at timestamptz, session_type_id uuid, session_location text,
  physical_location text, group_class_id uuid) returns setof public.session_holds
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_type  public.session_types;
  v_class public.session_schedules;
  v_hold  public.session_holds;
  v_rules private.hold_rules := private.get_hold_rules(hold_slot.user_id);
begin
  perform private.lock_client(hold_slot.user_id);
  select t.* into v_type from public.session_types t where t.id = hold_slot.session_type_id and t.is_active;
  if not found then
    perform private.refuse(404, 'session_type_not_found', 'There is no such kind of session.');
  end if;
  if hold_slot.group_class_id is not null then
    -- Copied from the class, whatever the request says.
    v_class := private.lock_class(hold_slot.group_class_id);
    hold_slot.practitioner_id   := v_class.practitioner_id;
    hold_slot.scheduled_at      := v_class.scheduled_at;
    hold_slot.session_location  := v_class.session_location;
    hold_slot.physical_location := v_class.physical_location;
    v_type.duration_minutes     := v_class.duration_minutes;
  elsif v_type.is_group then
    perform private.refuse(409, 'class_needed', 'A group session is joined, not booked.', 'Choose a class and join it.');
  elsif hold_slot.practitioner_id is null or hold_slot.scheduled_at is null then
    perform private.refuse(422, 'nothing_to_hold', 'Please say with whom and when, or which class.');
  end if;
  hold_slot.physical_location := private.describe_place(hold_slot.physical_location);

  select h.* into v_hold from public.session_holds h
   where h.user_id = hold_slot.user_id and h.status = 'held' and h.expires_at > now()
     and h.practitioner_id = hold_slot.practitioner_id and h.scheduled_at = hold_slot.scheduled_at
     and h.session_type_id = hold_slot.session_type_id and h.session_location = hold_slot.session_location
     and h.physical_location is not distinct from hold_slot.physical_location
     and h.group_class_id is not distinct from hold_slot.group_class_id;
  if found then
    return next v_hold;
    return;
  end if;

  perform private.limit_use('holds', hold_slot.user_id);
  if v_rules.is_newcomer then
    perform private.limit_use('holds of newcomers', hold_slot.user_id);
  end if;
  perform private.lock_calendars(hold_slot.practitioner_id, hold_slot.user_id);
  -- Another choice of the same person replaces the one it overlaps, unless that one is being paid for.
  update public.session_holds h set status = 'released'
   where h.user_id = hold_slot.user_id and h.status = 'held' and h.checkout_session_id is null
     and h.practitioner_id = hold_slot.practitioner_id
     and tstzrange(h.scheduled_at, h.scheduled_at + make_interval(mins => h.duration_minutes))
         && tstzrange(hold_slot.scheduled_at, hold_slot.scheduled_at + make_interval(mins => v_type.duration_minutes));
  if v_rules.at_once <= (select count(*) from public.session_holds h
                           where h.user_id = hold_slot.user_id and h.status = 'held' and h.expires_at > now()) then
    perform private.refuse(409, 'too_many_holds', format('You are keeping %s times already.', v_rules.at_once),
                           'Book or give back one of them first.');
  end if;

  if v_class.id is not null then
    perform private.refuse_unjoinable_class(v_class, hold_slot.user_id);
  else
    perform private.refuse_unbookable(hold_slot.practitioner_id, hold_slot.scheduled_at, v_type.duration_minutes,
                                      hold_slot.user_id);
  end if;
  return query
    insert into public.session_holds as h (
      user_id, practitioner_id, scheduled_at, duration_minutes, session_type_id, session_location, physical_location,
      group_class_id, expires_at)
    values (
      hold_slot.user_id, hold_slot.practitioner_id, hold_slot.scheduled_at, v_type.duration_minutes, v_type.id,
      hold_slot.session_location, hold_slot.physical_location, hold_slot.group_class_id, now() + v_rules.lasts)
    returning h.*;
end
$$;

create function public.hold_slot(
  practitioner_id uuid, scheduled_at timestamptz, session_type_id uuid, session_location text default 'online',
  physical_location text default null, group_class_id uuid default null)
  returns setof public.session_holds
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.hold_slot(
    (select auth.uid()), hold_slot.practitioner_id, hold_slot.scheduled_at, hold_slot.session_type_id,
    hold_slot.session_location, hold_slot.physical_location, hold_slot.group_class_id);
$$;

comment on function public.hold_slot is
  'Holds a time, or a seat in a class, for a few minutes. Calling it again returns the same hold.';

-- Definer: people may not write holds. The row must be the caller's own.
create function private.release_hold(hold_id uuid) returns setof public.session_holds
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_hold public.session_holds;
begin
  update public.session_holds h set status = 'released'
   where h.id = release_hold.hold_id and h.user_id = (select auth.uid()) and h.status = 'held';
  select * into v_hold from public.session_holds h where h.id = release_hold.hold_id and h.user_id = (select auth.uid());
  if not found then
    perform private.refuse(404, 'hold_not_found', 'There is no such hold.');
  elsif v_hold.status = 'consumed' then
    perform private.refuse(409, 'hold_consumed', 'This time is booked already.', 'Cancel the session instead.');
  end if;
  return next v_hold;
end
$$;

create function public.release_hold(hold_id uuid) returns setof public.session_holds
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.release_hold(release_hold.hold_id);
$$;

comment on function public.release_hold is 'Releases a hold. Releasing it twice is fine.';

create function private.extend_hold(hold_id uuid, until_time timestamptz, checkout_session_id text)
  returns public.session_holds
  language plpgsql volatile set search_path = ''
as $$
declare
  v_hold public.session_holds;
begin
  -- A lapsed hold that nobody has released is still its owner's; the row lock decides between them and whoever reserves
  -- the time.
  update public.session_holds h
     set expires_at = greatest(h.expires_at, extend_hold.until_time),
         checkout_session_id = extend_hold.checkout_session_id
   where h.id = extend_hold.hold_id and h.status = 'held'
  returning h.* into v_hold;
  if not found then
    perform private.refuse(409, 'hold_lapsed', 'This time is no longer kept for you.', 'Please choose a time again.');
  end if;
  return v_hold;
end
$$;

revoke execute on function private.get_hold_rules, private.count_held_seats, private.count_taken_seats, private.lock_class,
  private.refuse_unjoinable_class, private.hold_slot, private.release_hold, private.extend_hold, public.hold_slot,
  public.release_hold from public, anon, authenticated, service_role;

grant execute on function private.hold_slot, private.release_hold, public.hold_slot, public.release_hold
  to authenticated;


-- calendars/practitioner_time.sql

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
                         'Move or cancel the sessions first.');
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


-- calendars/people_time.sql

-- People's time: nobody is booked twice for one hour, as a client, as a practitioner, or as one and the other.
--
-- With one practitioner only the two forms of a class overlap, online and in person, which are one occasion
-- (practitioner_time.sql): whoever wants both may have both, so sessions with the same practitioner never stand in each
-- other's way here. A seat that moves with its class is told and not refused: one person does not hold up a class. The
-- trigger stands among that table's others (sessions/session_schedules_triggers.sql).

create function private.get_time_range(session public.session_schedules) returns tstzrange
  language plpgsql immutable set search_path = ''
as $$
begin
  return tstzrange((session).scheduled_at, (session).scheduled_at + make_interval(mins => (session).duration_minutes));
end
$$;

-- Definer: sessions with other practitioners, which the caller may not read; only the time is returned.
create function private.get_time_as_client(
  user_id uuid, except_practitioner uuid, during tstzrange, ignore_session uuid default null) returns tstzmultirange
  language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_column
begin
  return (
    select coalesce(range_agg(private.get_time_range(s)), '{}')
      from public.session_schedules s
     where s.client_id = get_time_as_client.user_id and s.status in ('scheduled', 'in_progress')
       -- The client of a class's own row is whoever made it.
       and not private.is_class(s)
       and s.practitioner_id <> except_practitioner and s.id is distinct from ignore_session
       -- No session lasts longer than a day.
       and s.scheduled_at > lower(during) - interval '1 day' and s.scheduled_at < upper(during));
end
$$;

-- Definer: as above. Of their own practice also what others are about to book; time off is theirs to spend.
create function private.get_time_of(
  user_id uuid, except_practitioner uuid, during tstzrange, ignore_session uuid default null) returns tstzmultirange
  language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_time tstzmultirange := private.get_time_as_client(get_time_of.user_id, except_practitioner, during, ignore_session);
begin
  if not exists (select from public.practitioners p where p.user_id = get_time_of.user_id and p.id <> except_practitioner) then
    return v_time;
  end if;
  return v_time
       + coalesce((
           select range_agg(private.get_time_range(s))
             from public.practitioners p join public.session_schedules s on s.practitioner_id = p.id
            where p.user_id = get_time_of.user_id and p.id <> except_practitioner and private.occupies_time(s)
              and s.id is distinct from ignore_session
              and s.scheduled_at > lower(during) - interval '1 day' and s.scheduled_at < upper(during)), '{}')
       + coalesce((
           select range_agg(tstzrange(h.scheduled_at, h.scheduled_at + make_interval(mins => h.duration_minutes)))
             from public.practitioners p join public.session_holds h on h.practitioner_id = p.id
            where p.user_id = get_time_of.user_id and p.id <> except_practitioner and h.group_class_id is null
              and h.status = 'held' and h.expires_at > now() and h.user_id <> get_time_of.user_id
              and h.scheduled_at > lower(during) - interval '1 day' and h.scheduled_at < upper(during)), '{}');
end
$$;

-- Whoever books with somebody, and has a practice of their own, needs both calendars: in the order of their ids,
-- because two practitioners who book each other at once would otherwise wait for each other.
-- Definer: clients lock the calendar they book in, and may not write it.
create function private.lock_calendars(practitioner_id uuid, user_id uuid) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
begin
  perform from public.practitioner_calendars c
    where c.practitioner_id = lock_calendars.practitioner_id
       or c.practitioner_id in (select p.id from public.practitioners p where p.user_id = lock_calendars.user_id)
    order by c.practitioner_id for update;
end
$$;

create function private.refuse_double_booking(client_id uuid) returns void
  language plpgsql stable set search_path = ''
as $$
begin
  perform private.refuse(
    409, 'double_booked',
    case when client_id = auth.uid() then 'You have another session at this time.'
         else 'This client has another session at this time.' end,
    'Cancel or move that one first, or choose another time.');
end
$$;

-- Definer: it reads other sessions of both, and locks calendars.
create function private.refuse_overlap() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  v_during tstzrange := private.get_time_range(new);
  v_host   uuid := (select p.user_id from public.practitioners p where p.id = new.practitioner_id);
begin
  if upper(v_during) <= now() then
    return null;
  end if;
  if tg_op = 'UPDATE' then
    if new.group_class_id is not null or private.get_caller_role(old) = 'platform' then
      return null;
    end if;
  elsif not private.is_class(new) then
    -- Two sessions of one client, with two practitioners at once, queue here.
    perform private.lock_client(new.client_id);
  end if;
  if not private.is_class(new) then
    perform private.lock_calendars(new.practitioner_id, new.client_id);
    if private.get_time_of(new.client_id, new.practitioner_id, v_during, new.id) && v_during then
      perform private.refuse_double_booking(new.client_id);
    end if;
  end if;
  if new.group_class_id is null and private.get_time_as_client(v_host, new.practitioner_id, v_during, new.id) && v_during then
    perform private.refuse(
      409, 'slot_taken',
      case when v_host = auth.uid() then 'You take part in another session at this time.'
           else 'The practitioner takes part in another session at this time.' end,
      'Please choose another time.');
  end if;
  return null;
end
$$;

revoke execute on function private.get_time_range, private.get_time_as_client, private.get_time_of,
  private.lock_calendars, private.refuse_double_booking, private.refuse_overlap
  from public, anon, authenticated, service_role;


-- calendars/busy_times.sql

-- Busy times: what a practitioner's other calendars say, read in on schedule, and kept free here.
--
--   added -> read -> read ...            every half hour; what is kept is what was last read whole
--             read -> failing -> read    tried again, at growing intervals, and never given up
--
-- A time off of its own kind, in a table of its own: other calendars overlap each other, and hold copies of what was
-- booked here, so none of it can stand in private.practitioner_time. Nobody books such a time; its practitioner and
-- admins may, since what they lead is theirs to say. An address that fails keeps what was last read: failing opens no
-- time. Whoever gave it is told once, after a day.
--
-- An address of such a calendar is a secret: whoever has it reads all of it. No reply, log line or export holds it.

create table private.busy_calendars (
  id              uuid        primary key default gen_random_uuid(),
  practitioner_id uuid        not null references public.practitioners (id) on delete cascade,
  position        integer     not null,
  address         text        not null,
  read_at         timestamptz,
  entries         integer     not null default 0,
  failing_since   timestamptz,
  failure         text,
  told_at         timestamptz,
  attempts        integer     not null default 0,
  next_attempt_at timestamptz not null default now(),
  lease_id        uuid,
  lease_until     timestamptz,
  created_at      timestamptz not null default now(),

  constraint busy_calendars_are_three_at_most check (position between 1 and 3),
  constraint busy_calendars_one_for_each_position unique (practitioner_id, position),
  constraint busy_calendars_one_for_each_address unique (practitioner_id, address),
  constraint busy_calendars_address_is_one check (address ~ '^https?://' and char_length(address) <= 2000),
  constraint busy_calendars_failure_is_short check (char_length(failure) <= 100),
  constraint busy_calendars_entries_are_in_range check (entries between 0 and 5000)
);

comment on table  private.busy_calendars         is 'Addresses of practitioners'' other calendars.';

comment on column private.busy_calendars.read_at is 'When it was last read whole; null: not yet.';

comment on column private.busy_calendars.failure is 'Why the last try did not succeed, as a code.';

comment on column private.busy_calendars.told_at is 'When its practitioner was told that it fails; null again once it is read.';

create index busy_calendars_due_idx on private.busy_calendars (next_attempt_at);

create table private.busy_times (
  id               bigint    primary key generated always as identity,
  busy_calendar_id uuid      not null references private.busy_calendars (id) on delete cascade,
  practitioner_id  uuid      not null references public.practitioners (id) on delete cascade,
  during           tstzrange not null,

  constraint busy_times_are_not_empty check (not isempty(during) and not lower_inf(during) and not upper_inf(during))
);

comment on table private.busy_times is 'What was last read from them, without words: only when.';

create index busy_times_during_idx on private.busy_times using gist (practitioner_id, during);

create index busy_times_calendar_idx on private.busy_times (busy_calendar_id);

alter table private.busy_calendars enable row level security;

alter table private.busy_times enable row level security;

-- No grant and no policy: the functions below are the only way.

-- Definer: only the time is returned.
create function private.get_busy_times(practitioner_id uuid, during tstzrange) returns tstzmultirange
  language sql stable security definer set search_path = ''
as $$
  select coalesce(range_agg(b.during), '{}') from private.busy_times b
   where b.practitioner_id = get_busy_times.practitioner_id and b.during && get_busy_times.during;
$$;

-- The next address that is due; a lease of two minutes keeps other readers off. Without one, a row of nulls.
-- Definer: nobody has the right to read addresses.
create function private.claim_busy_calendar()
  returns table (calendar_id uuid, lease_id uuid, address text, time_zone text, from_time timestamptz, until_time timestamptz)
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_calendar private.busy_calendars;
begin
  update private.busy_calendars b
     set lease_id = gen_random_uuid(), lease_until = now() + interval '2 minutes', attempts = least(b.attempts + 1, 100),
         next_attempt_at = now() + greatest(interval '2 minutes', private.retry_delay(b.attempts + 1))
   where b.id = (select due.id from private.busy_calendars due
                  where due.next_attempt_at <= now() and coalesce(due.lease_until, '-infinity') < now()
                  order by due.next_attempt_at limit 1 for update skip locked)
  returning b.* into v_calendar;
  return query
    select v_calendar.id, v_calendar.lease_id, v_calendar.address, c.time_zone, now() - interval '1 day',
           now() + make_interval(days => least(coalesce(c.booking_horizon_days, 0) + 2, 400))
      from (select 1) single_row
      left join public.practitioner_calendars c on c.practitioner_id = v_calendar.practitioner_id;
end
$$;

create function private.find_leased_busy_calendar(calendar_id uuid, lease_id uuid) returns private.busy_calendars
  language plpgsql volatile set search_path = ''
as $$
declare
  v_calendar private.busy_calendars;
begin
  select * into v_calendar from private.busy_calendars b
   where b.id = find_leased_busy_calendar.calendar_id and b.lease_id = find_leased_busy_calendar.lease_id for update;
  if not found then
    perform private.refuse(409, 'lease_lost', 'Somebody else reads this calendar now, or it was removed.');
  end if;
  return v_calendar;
end
$$;

-- What was read takes the place of what was read before. Entries are {uid, starts_at, ends_at}; those that are sessions
-- of ours, as invitations to them come back, take no time a second time.
-- Definer: nobody has the right to write them.
create function private.keep_busy_times(calendar_id uuid, lease_id uuid, entries jsonb) returns integer
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_calendar private.busy_calendars;
  v_kept     integer;
begin
  if jsonb_array_length(entries) > 5000 then
    perform private.refuse(422, 'too_many_entries', 'There are more than 5,000 times in this calendar.');
  end if;
  v_calendar := private.find_leased_busy_calendar(keep_busy_times.calendar_id, keep_busy_times.lease_id);
  delete from private.busy_times b where b.busy_calendar_id = v_calendar.id;
  insert into private.busy_times (busy_calendar_id, practitioner_id, during)
  select v_calendar.id, v_calendar.practitioner_id, unnest(range_agg(tstzrange(e.starts_at, e.ends_at)))
    from jsonb_to_recordset(entries) e (uid text, starts_at timestamptz, ends_at timestamptz)
   where e.starts_at < e.ends_at
     and not exists (select from public.session_schedules s
                      where s.id::text = e.uid and s.practitioner_id = v_calendar.practitioner_id);
  get diagnostics v_kept = row_count;
  update private.busy_calendars b
     set read_at = now(), entries = v_kept, failing_since = null, failure = null, told_at = null, attempts = 0,
         next_attempt_at = now() + interval '30 minutes', lease_id = null, lease_until = null
   where b.id = v_calendar.id;
  return v_kept;
end
$$;

-- What was last read stays. Definer: as above.
create function private.note_busy_failure(calendar_id uuid, lease_id uuid, failure text) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_calendar private.busy_calendars;
begin
  v_calendar := private.find_leased_busy_calendar(note_busy_failure.calendar_id, note_busy_failure.lease_id);
  update private.busy_calendars b
     set failing_since = coalesce(b.failing_since, now()), failure = left(note_busy_failure.failure, 100),
         lease_id = null, lease_until = null,
         told_at = case when b.failing_since < now() - interval '1 day' then coalesce(b.told_at, now()) else b.told_at end
   where b.id = v_calendar.id
  returning b.* into v_calendar;
  if v_calendar.told_at = now() then
    perform private.publish_event('calendar_unreadable', p.user_id, null, jsonb_build_object(
              'calendar_id', v_calendar.id, 'host', private.get_host(v_calendar.address),
              'failing_since', v_calendar.failing_since, 'read_at', v_calendar.read_at))
       from public.practitioners p where p.id = v_calendar.practitioner_id and p.user_id is not null;
  end if;
end
$$;

-- All of an address that is shown.
create function private.get_host(address text) returns text
  language sql immutable set search_path = ''
as $$
  select left(substring(get_host.address from '^https?://([^/?#]+)'), 255);
$$;

-- The same for the reader, exposed: the API calls functions of schema public.

create function public.claim_busy_calendar()
  returns table (calendar_id uuid, lease_id uuid, address text, time_zone text, from_time timestamptz, until_time timestamptz)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.claim_busy_calendar();
$$;

comment on function public.claim_busy_calendar is 'For the reader: the next calendar that is due.';

create function public.keep_busy_times(calendar_id uuid, lease_id uuid, entries jsonb) returns table (kept integer)
  language sql volatile security invoker set search_path = ''
as $$
  select private.keep_busy_times(keep_busy_times.calendar_id, keep_busy_times.lease_id, keep_busy_times.entries);
$$;

comment on function public.keep_busy_times is 'For the reader: the times that a calendar holds now.';

create function public.note_busy_failure(calendar_id uuid, lease_id uuid, failure text) returns table (success boolean)
  language sql volatile security invoker set search_path = ''
as $$
  select private.note_busy_failure(note_busy_failure.calendar_id, note_busy_failure.lease_id, note_busy_failure.failure);
  select true;
$$;

comment on function public.note_busy_failure is 'For the reader: why a calendar could not be read.';

revoke execute on function private.get_busy_times, private.claim_busy_calendar, private.find_leased_busy_calendar,
  private.keep_busy_times, private.note_busy_failure, private.get_host, public.claim_busy_calendar,
  public.keep_busy_times, public.note_busy_failure from public, anon, authenticated, service_role;

grant execute on function private.claim_busy_calendar, private.keep_busy_times, private.note_busy_failure,
  public.claim_busy_calendar, public.keep_busy_times, public.note_busy_failure to service_role;


-- calendars/bookable_times.sql

-- Bookable times, and why others are not: the one check of hours, notice, horizon and the time already taken.
--
--   practitioner_unavailable   paused, unknown, or in a time zone whose rules this server does not know
--   slot_in_past, too_short_notice, beyond_horizon, outside_availability
--   not_a_start                within the hours, but not at one of the calendar's intervals
--   slot_taken                 the practitioner's time, also as somebody's client or by their other calendars
--   double_booked              the client's own time, also as a practitioner
--
-- A hold excludes everybody but its owner.

-- Who leads a session and moves it needs no notice from themself.
-- Definer: others' bookings and holds, and time off, may not be read by the caller; only the reason is returned.
create function private.check_starts(
  practitioner_id uuid, starts timestamptz[], duration_minutes integer, for_user uuid, ignore_session uuid default null,
  ignore_notice boolean default false)
  returns table (starts_at timestamptz, reason text)
  language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_calendar public.practitioner_calendars;
  v_length   interval := make_interval(mins => check_starts.duration_minutes);
  v_before   interval;
  v_after    interval;
  v_first    timestamptz := (select min(s) from unnest(starts) s);
  v_last     timestamptz := (select max(s) from unnest(starts) s) + v_length;
  v_opened   tstzmultirange;
  v_starts   timestamptz[];
  v_busy     tstzmultirange;
  v_own      tstzmultirange;
  v_until    timestamptz := private.get_bookable_until(check_starts.practitioner_id);
begin
  select c.* into v_calendar
    from public.practitioner_calendars c join public.practitioners p on p.id = c.practitioner_id
   where c.practitioner_id = check_starts.practitioner_id and p.available;
  if not found or private.has_outdated_rules(v_calendar.time_zone) then
    return query select s, 'practitioner_unavailable' from unnest(starts) s;
    return;
  end if;

  v_before := make_interval(mins => v_calendar.buffer_before_minutes);
  v_after  := make_interval(mins => v_calendar.buffer_after_minutes);
  select h.opened, h.starts into v_opened, v_starts from private.read_hours(v_calendar.practitioner_id, v_first, v_last) h;
  select coalesce(range_agg(t.during), '{}') into v_busy
    from private.practitioner_time t left join public.session_holds h on h.id = t.hold_id
   where t.practitioner_id = check_starts.practitioner_id
     and t.during && tstzrange(v_first - v_before, v_last + v_after)
     and (t.hold_id is null or (t.lapses_at > now() and h.user_id is distinct from check_starts.for_user))
     and (t.session_id is null or t.session_id is distinct from check_starts.ignore_session);
  v_busy := v_busy + private.get_time_as_client(
    (select p.user_id from public.practitioners p where p.id = v_calendar.practitioner_id), v_calendar.practitioner_id,
    tstzrange(v_first - v_before, v_last + v_after), ignore_session);
  v_busy := v_busy + private.get_busy_times(v_calendar.practitioner_id, tstzrange(v_first - v_before, v_last + v_after));
  v_own := private.get_time_of(for_user, v_calendar.practitioner_id, tstzrange(v_first, v_last), ignore_session);

  return query
    select s, case
        when s <= now() then 'slot_in_past'
        when not ignore_notice and s < now() + make_interval(mins => v_calendar.minimum_notice_minutes) then 'too_short_notice'
        when s > now() + make_interval(days => v_calendar.booking_horizon_days) then 'beyond_horizon'
        when s + v_length > v_until then 'practitioner_unavailable'
        when not v_opened @> tstzrange(s, s + v_length) then 'outside_availability'
        when allowed is null then 'not_a_start'
        when v_busy && tstzrange(s - v_before, s + v_length + v_after) then 'slot_taken'
        when v_own && tstzrange(s, s + v_length) then 'double_booked'
      end
      from unnest(starts) s
      left join (select unnest(v_starts)
                 union  -- a session may stay where it is
                 select own.scheduled_at from public.session_schedules own where own.id = ignore_session) starts (allowed)
        on allowed = s;
end
$$;

create function private.get_unbookable_reason(
  practitioner_id uuid, scheduled_at timestamptz, duration_minutes integer, for_user uuid,
  ignore_session uuid default null)
  returns text
  language plpgsql stable set search_path = ''
as $$
#variable_conflict use_column
begin
  return (
    select c.reason from private.check_starts(get_unbookable_reason.practitioner_id, array[get_unbookable_reason.scheduled_at],
      get_unbookable_reason.duration_minutes, get_unbookable_reason.for_user, get_unbookable_reason.ignore_session) c);
end
$$;

create function private.refuse_unbookable(
  practitioner_id uuid, scheduled_at timestamptz, duration_minutes integer, for_user uuid,
  ignore_session uuid default null)
  returns void
  language plpgsql volatile set search_path = ''
as $$
begin
  -- Checked under the lock: what is free now stays free until this transaction has reserved it.
  perform private.lock_calendars(refuse_unbookable.practitioner_id, for_user);
  case private.get_unbookable_reason(
      refuse_unbookable.practitioner_id, refuse_unbookable.scheduled_at, refuse_unbookable.duration_minutes,
      refuse_unbookable.for_user, refuse_unbookable.ignore_session)
    when 'practitioner_unavailable' then
      perform private.refuse(409, 'practitioner_unavailable', 'This practitioner takes no bookings at the moment.',
                             'Please choose another practitioner.');
    when 'slot_in_past' then
      perform private.refuse(409, 'slot_in_past', 'This time has passed.', 'Please choose another time.');
    when 'too_short_notice' then
      perform private.refuse(409, 'too_short_notice', 'This practitioner needs more notice than that.',
                             'Please choose a later time.');
    when 'beyond_horizon' then
      perform private.refuse(409, 'beyond_horizon', 'This practitioner does not take bookings that far ahead.',
                             'Please choose an earlier time.');
    when 'outside_availability' then
      perform private.refuse(409, 'outside_availability', 'The practitioner does not work at this time.',
                             'Please choose another time.');
    when 'not_a_start' then
      perform private.refuse(409, 'not_a_start', 'The practitioner starts no session at this minute.',
                             'Please choose another time.');
    when 'double_booked' then
      perform private.refuse_double_booking(for_user);
    when 'slot_taken' then
      perform private.refuse(409, 'slot_taken', 'This time is taken.', 'Please choose another time.');
    else null;
  end case;
end
$$;

-- Of a time that a session is to move to, or that another practitioner is to take over: whether it is within the hours,
-- and whether nothing else takes it. Neither asks for notice or horizon, which are about new bookings.

create function private.is_in_hours(practitioner_id uuid, scheduled_at timestamptz, duration_minutes integer)
  returns boolean
  language sql stable set search_path = ''
as $$
  select private.get_open_hours(c.practitioner_id, (is_in_hours.scheduled_at at time zone c.time_zone)::date,
                                ((is_in_hours.scheduled_at + make_interval(mins => duration_minutes)) at time zone c.time_zone)::date)
         @> tstzrange(is_in_hours.scheduled_at, is_in_hours.scheduled_at + make_interval(mins => duration_minutes))
    from public.practitioner_calendars c where c.practitioner_id = is_in_hours.practitioner_id;
$$;

create function private.is_free_time(
  practitioner_id uuid, scheduled_at timestamptz, duration_minutes integer, ignore_session uuid) returns boolean
  language sql stable set search_path = ''
as $$
  select not exists (
    select from private.practitioner_time t
     where t.practitioner_id = c.practitioner_id
       and t.during && private.add_buffers(is_free_time.scheduled_at, duration_minutes, c)
       and t.session_id is distinct from ignore_session and coalesce(t.lapses_at > now(), true))
     -- Nor are they somebody's client then.
     and not private.get_time_as_client(p.user_id, p.id, asked.during, ignore_session) && asked.during
     and not private.get_busy_times(p.id, asked.during) && asked.during
    from public.practitioner_calendars c join public.practitioners p on p.id = c.practitioner_id
   cross join tstzrange(scheduled_at, scheduled_at + make_interval(mins => duration_minutes)) asked (during)
   where c.practitioner_id = is_free_time.practitioner_id;
$$;

revoke execute on function private.check_starts, private.get_unbookable_reason, private.refuse_unbookable,
  private.is_in_hours, private.is_free_time
  from public, anon, authenticated, service_role;


-- calendars/available_slots.sql

-- Slots: when sessions of a type can be booked, with whom, and on request why not.
--
-- One to one, a slot is a start of the practitioner's calendar (`private.read_hours`) against which
-- `private.check_starts` gives no reason: what is offered is what can be booked. For a type of group session, the slots
-- are its classes with seats.
--
-- A row is a day in the caller's time zone, and practitioners who are free at the same instant share a slot: a month of
-- fifty calendars is one small answer, far below the thousand rows to which the API limits one. With anybody, a hundred
-- calendars are looked at, in the order of their practitioners' ids; the answer says where the next hundred begin.

create type public.available_slot as (
  starts_at        timestamptz,
  ends_at          timestamptz,
  local_start      timestamp,
  practitioner_ids uuid[],
  group_class_id   uuid,
  seats_left       integer,
  reason           text
);

comment on type public.available_slot is 'A start, with whom, and the reason why it cannot be booked, if there is one.';

comment on column public.available_slot.local_start is 'In the time zone the caller asked for.';

-- Definer: it depends on others' seats and holds, which the caller may not read.
create function private.list_class_slots(
  session_type public.session_types, from_time timestamptz, until_time timestamptz, time_zone text,
  practitioner_id uuid, session_location text)
  returns setof public.available_slot
  language sql stable security definer set search_path = ''
as $$
  select s.scheduled_at, s.scheduled_at + make_interval(mins => s.duration_minutes),
         s.scheduled_at at time zone list_class_slots.time_zone,
         array[s.practitioner_id], s.id, s.max_participants - seats.taken,
         case when s.scheduled_at <= now() then 'slot_in_past'
              when s.practitioner_id in (select private.paused_practitioner_ids())
                or s.scheduled_at + make_interval(mins => s.duration_minutes) > private.get_bookable_until(s.practitioner_id)
              then 'practitioner_unavailable'
              when s.id in (select private.my_class_ids()) then 'already_joined'
              when s.max_participants <= seats.taken then 'class_full'
              when private.get_time_of(auth.uid(), s.practitioner_id, private.get_time_range(s)) && private.get_time_range(s)
              then 'double_booked' end
    from public.session_schedules s
   cross join lateral (select private.count_taken_seats(s.id) + private.count_held_seats(s.id, auth.uid()) as taken) seats
   where s.max_participants > 1 and s.group_class_id is null and s.status = 'scheduled'
     and s.scheduled_at >= from_time and s.scheduled_at < until_time
     -- The admin page makes a class with a duration, and does not say whether it is standing or laying.
     and s.duration_minutes = (session_type).duration_minutes
     and coalesce(s.session_type_id, (session_type).id) = (session_type).id
     and s.session_location = list_class_slots.session_location
     and (list_class_slots.practitioner_id is null or s.practitioner_id = list_class_slots.practitioner_id);
$$;

-- Whose calendars one answer looks at, and from whom on the next one does.
-- Definer: as above.
create function private.page_practitioners(after_id uuid, out page uuid[], out next_after uuid)
  language plpgsql stable security definer set search_path = ''
as $$
declare
  c_at_most constant integer := 100;
begin
  page := array(select c.practitioner_id from public.practitioner_calendars c
                 where c.practitioner_id > coalesce(after_id, '00000000-0000-0000-0000-000000000000')
                 order by c.practitioner_id limit c_at_most + 1);
  if cardinality(page) > c_at_most then
    page := page[1:c_at_most];
    next_after := page[c_at_most];
  end if;
end
$$;

-- Definer: as above.
create function private.list_start_slots(
  session_type public.session_types, from_time timestamptz, until_time timestamptz, time_zone text,
  practitioner_ids uuid[], explain boolean default false)
  returns setof public.available_slot
  language sql stable security definer set search_path = ''
as $$
  with calendars as (
    select c.practitioner_id, c.time_zone, c.slot_interval_minutes from public.practitioner_calendars c
     where c.practitioner_id = any (list_start_slots.practitioner_ids)
  ),
  -- To explain, also the intervals of the clock at which nothing is open.
  clocks as (
    select rhythm.time_zone, rhythm.slot_interval_minutes, start
      from (select distinct time_zone, slot_interval_minutes from calendars) rhythm,
           generate_series((from_time at time zone rhythm.time_zone)::date::timestamp,
                           until_time at time zone rhythm.time_zone,
                           '1 day') midnight,
           generate_series(midnight at time zone rhythm.time_zone,
                           (midnight + interval '1 day') at time zone rhythm.time_zone - interval '1 second',
                           make_interval(mins => rhythm.slot_interval_minutes)) start
     where list_start_slots.explain and start >= from_time and start < until_time
  )
  select s.starts_at, s.starts_at + make_interval(mins => (session_type).duration_minutes),
         s.starts_at at time zone list_start_slots.time_zone,
         array_agg(c.practitioner_id order by c.practitioner_id), null::uuid, null::integer, s.reason
    from calendars c
   cross join lateral private.check_starts(
           c.practitioner_id,
           array(select unnest((private.read_hours(c.practitioner_id, from_time, until_time)).starts)
                 union
                 select k.start from clocks k
                  where (k.time_zone, k.slot_interval_minutes) = (c.time_zone, c.slot_interval_minutes)),
           (session_type).duration_minutes, auth.uid()) s
   group by s.starts_at, s.reason;
$$;

create function public.get_available_slots(
  session_type_id uuid, from_date date, until_date date, time_zone text, practitioner_id uuid default null,
  session_location text default 'online', explain boolean default false, after_practitioner_id uuid default null)
  returns table (on_date date, slots public.available_slot[], refused public.available_slot[],
                 next_after_practitioner_id uuid)
  language plpgsql stable security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  v_type       public.session_types;
  v_from_time  timestamptz;
  v_until_time timestamptz;
  v_who        record;
begin
  select t.* into v_type from public.session_types t where t.id = get_available_slots.session_type_id and t.is_active;
  if not found then
    perform private.refuse(404, 'session_type_not_found', 'There is no such kind of session.');
  elsif until_date < from_date or until_date - from_date > 61 then
    perform private.refuse(422, 'range_not_possible', 'Please ask for one day to two months.');
  elsif private.has_outdated_rules(get_available_slots.time_zone) then
    perform private.refuse(503, 'time_zone_rules_outdated', 'We cannot tell the time in your time zone at the moment.');
  end if;
  v_from_time := from_date::timestamp at time zone get_available_slots.time_zone;
  v_until_time := (until_date + 1)::timestamp at time zone get_available_slots.time_zone;

  select coalesce(p.page, array[get_available_slots.practitioner_id]) as page, p.next_after into v_who
    from (select 1) one
    left join lateral private.page_practitioners(after_practitioner_id) p
      on get_available_slots.practitioner_id is null and not v_type.is_group;

  return query
    with checked as (
      select s.* from private.list_class_slots(v_type, v_from_time, v_until_time, get_available_slots.time_zone,
                                             get_available_slots.practitioner_id, get_available_slots.session_location) s
       where v_type.is_group
      union all
      select s.* from private.list_start_slots(v_type, v_from_time, v_until_time, get_available_slots.time_zone,
                                            v_who.page, get_available_slots.explain) s
       where not v_type.is_group
    )
    select c.local_start::date,
           coalesce(array_agg(c::public.available_slot order by c.starts_at, c.group_class_id)
                    filter (where c.reason is null), '{}'),
           coalesce(array_agg(c::public.available_slot order by c.starts_at, c.reason)
                    filter (where c.reason is not null), '{}'), v_who.next_after
      from checked c
     where get_available_slots.explain or c.reason is null
     group by 1
     order by 1;
  if not found and v_who.next_after is not null then  -- among these there is nothing: go on
    return query select from_date, '{}'::public.available_slot[], '{}'::public.available_slot[], v_who.next_after;
  end if;
end
$$;

comment on function public.get_available_slots is
  'Day by day, the starts at which sessions of a type can be booked; with explain also the others, each with its reason.';

revoke execute on function private.list_class_slots, private.page_practitioners, private.list_start_slots,
  public.get_available_slots
  from public, anon, authenticated, service_role;

grant execute on function private.list_class_slots, private.page_practitioners, private.list_start_slots,
  public.get_available_slots
  to authenticated, service_role;
