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

-- Who has a seat for a while: by a hold, or because one is kept for them (waiting_lists/waiting_list_entries.sql).
create function private.list_seat_keepers(group_class_id uuid) returns setof uuid
  language sql stable set search_path = ''
as $$
  select h.user_id from public.session_holds h
   where h.group_class_id = list_seat_keepers.group_class_id and h.status = 'held' and h.expires_at > now()
  union
  select e.user_id from public.waiting_list_entries e
   where e.class_id = list_seat_keepers.group_class_id and e.status = 'kept' and e.kept_until > now();
$$;

-- Seats that somebody cannot have because others hold them, or wait for them. Whoever has one for a while lets nobody
-- pass any more; close to the start nobody waits, and what is free is free.
create function private.count_held_seats(group_class_id uuid, except_user uuid) returns integer
  language sql stable set search_path = ''
as $$
  select (select count(*) from private.list_seat_keepers(count_held_seats.group_class_id) k (user_id)
           where k.user_id is distinct from count_held_seats.except_user)::integer
         + case when exists (select from private.list_seat_keepers(count_held_seats.group_class_id) k (user_id)
                              where k.user_id = count_held_seats.except_user)
                  or private.get_keeping_end((select s.scheduled_at from public.session_schedules s
                                               where s.id = count_held_seats.group_class_id), false) is null then 0
                else private.count_waiting_before(count_held_seats.group_class_id, count_held_seats.except_user) end;
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

create function private.refuse_full_class(class public.session_schedules) returns void
  language plpgsql stable set search_path = ''
as $$
declare
  v_address text := private.pages_origin() || '/find-classes';
begin
  if v_address is null or private.get_keeping_end(class.scheduled_at, false) is null then
    perform private.refuse(409, 'class_full', 'This class is full.', 'Please choose another class.');
  end if;
  -- The pages show the sentence, and no hint.
  perform private.refuse(409, 'class_full', format('This class is full. You can join its waiting list at %s.', v_address),
                         'Please choose another class, or wait for a seat.');
end
$$;

-- Whether somebody who has no seat yet may have one, as far as that does not depend on the others.
create function private.refuse_unfit_class(class public.session_schedules, for_user uuid) returns void
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
  end if;
end
$$;

-- Whether new people may join, as far as that depends on whoever leads it.
create function private.takes_bookings(class public.session_schedules) returns boolean
  language plpgsql stable set search_path = ''
as $$
begin
  return class.practitioner_id not in (select private.paused_practitioner_ids())
     and class.scheduled_at + make_interval(mins => class.duration_minutes)
         <= private.get_bookable_until(class.practitioner_id);
end
$$;

create function private.refuse_unjoinable_class(class public.session_schedules, for_user uuid) returns void
  language plpgsql stable set search_path = ''
as $$
begin
  perform private.refuse_unfit_class(class, for_user);
  if private.count_taken_seats(class.id) + private.count_held_seats(class.id, for_user) >= class.max_participants then
    perform private.refuse_full_class(class);
  elsif not private.takes_bookings(class) and not private.is_admin()
        -- A seat that was open when it was held is theirs: it may be paid for already.
        and for_user not in (select private.list_seat_keepers(class.id)) then
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

revoke execute on function private.get_hold_rules, private.list_seat_keepers, private.count_held_seats,
  private.count_taken_seats, private.lock_class, private.refuse_full_class, private.refuse_unfit_class,
  private.takes_bookings, private.refuse_unjoinable_class, private.hold_slot, private.release_hold, private.extend_hold, public.hold_slot,
  public.release_hold from public, anon, authenticated, service_role;
grant execute on function private.hold_slot, private.release_hold, public.hold_slot, public.release_hold
  to authenticated;
