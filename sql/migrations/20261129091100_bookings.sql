-- From sql/schemas: sessions/session_rules, sessions/booking, sessions/group_classes, sessions/correlated_session, series/time_off_questions, sessions/agreements, sessions/cancellation_terms, fees/owed_fees, sessions/cancelling, sessions/rescheduling, sessions/changes, sessions/proposals, sessions/substitutes.

-- Functions name what later chapters make.
set check_function_bodies = off;

set lock_timeout = '5s';
set statement_timeout = 0;
do $$ begin lock table public.session_schedules, public.practitioners in share row exclusive mode; end $$;


-- sessions/session_rules.sql

-- Session rules: how long a session waits for people, and what follows from a no-show.
--
-- One row, which an admin changes. It applies from the next minute on, also to sessions that were booked before.

create table public.session_rules (
  id                         uuid primary key default gen_random_uuid(),
  practitioner_grace_minutes integer     not null default 15,
  client_grace_minutes       integer     not null default 15,
  client_no_show_forfeits    boolean     not null default true,
  completion_grace_minutes   integer     not null default 15,
  empty_minutes              integer     not null default 5,
  client_days                integer     not null default 90,
  waiver_required_to_enter   boolean     not null default false,
  delay_notice_minutes       integer     not null default 60,
  answer_hours               integer     not null default 48,
  credit_notice_days         integer     not null default 7,
  updated_at                 timestamptz not null default now(),

  constraint session_rules_minutes_are_in_range check (
    practitioner_grace_minutes between 1 and 60 and client_grace_minutes between 1 and 60
    and completion_grace_minutes between 0 and 60 and empty_minutes between 1 and 60),
  constraint session_rules_client_days_are_in_range check (client_days between 1 and 3650),
  constraint session_rules_answer_hours_are_in_range check (answer_hours between 1 and 336),
  constraint session_rules_credit_notice_days_are_in_range check (credit_notice_days between 0 and 365),
  constraint session_rules_delay_notice_is_in_range check (delay_notice_minutes between 0 and 1440)
);

comment on column public.session_rules.practitioner_grace_minutes is
  'So long after the start an absent practitioner is a no-show: the session is cancelled and credits are returned.';

comment on column public.session_rules.client_grace_minutes is
  'So long after the start an absent client may be marked as a no-show.';

comment on column public.session_rules.client_no_show_forfeits is
  'True: a session is completed although its client is a no-show, and the credit is used.'
  ' False: it is cancelled and the credit is returned.';

comment on column public.session_rules.completion_grace_minutes is
  'So long after its scheduled end a session is completed, whoever is still present.';

comment on column public.session_rules.empty_minutes is
  'A channel that has been empty for so long is recorded no more, until people meet in it again. The session goes on.';

comment on column public.session_rules.client_days is
  'So long after their last session somebody is still a client, for whom the practitioner books and writes.';

comment on column public.session_rules.waiver_required_to_enter is
  'True: no room and no token for whoever has not signed the current waiver. Who leads a session is not asked.';

comment on column public.session_rules.delay_notice_minutes is
  'From so long before the start a practitioner can tell that they are late.';

comment on column public.session_rules.answer_hours is
  'So long a client may answer a proposed time, and a practitioner an offer; never longer than until the session.';

comment on column public.session_rules.credit_notice_days is
  'So many days before credits end, their owner is told. 0: not at all.';

comment on table public.session_rules is 'How sessions are booked, held and ended, for all of them. One row.';

comment on column public.session_rules.id is 'Of the row; made here.';

comment on column public.session_rules.updated_at is 'When the row was last changed.';

create unique index session_rules_are_one_row on public.session_rules ((true));

alter table public.session_rules enable row level security;

create policy "people who are signed in read the session rules"
  on public.session_rules for select to authenticated using (true);

create policy "admins change the session rules"
  on public.session_rules for update to authenticated using ((select private.is_admin()));

revoke all on public.session_rules from anon, authenticated, service_role;

grant select on public.session_rules to authenticated, service_role;

grant update (practitioner_grace_minutes, client_grace_minutes, client_no_show_forfeits, completion_grace_minutes,
              empty_minutes, client_days, waiver_required_to_enter, delay_notice_minutes, answer_hours,
              credit_notice_days)
  on public.session_rules to authenticated;

-- No insert and no delete: there is always one row.

create trigger update_session_rules_updated_at before update on public.session_rules
  for each row execute function public.update_updated_at_column();

create trigger audit_session_rules after update on public.session_rules
  for each row execute function private.write_audit_log();

insert into public.session_rules default values;


-- sessions/booking.sql

-- Booking: one transaction that checks a booking, pays for it with a credit, and makes the session.
--
--   the waiver is signed -> the time is free -> a credit is there -> session, ledger line, practitioner's time, event
--
-- A row of session_schedules with a `credit_lot_id` has spent a credit of that lot: a trigger writes the line of the
-- ledger, whoever inserts the row. Locks are taken in one order everywhere, so that nobody waits for each other: the
-- client, the class, the practitioner's calendar, then credits.

-- What follows from a new row, by trigger.

-- Definer: whoever books may not write the ledger.
create function private.spend_credit() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  insert into public.credit_ledger (lot_id, user_id, change, kind, session_id)
  values (new.credit_lot_id, new.client_id, -1, 'spend', new.id);
  return null;
end
$$;

create function private.refuse_credit_lot_change() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  perform private.refuse(409, 'credit_is_spent', 'Which credit a session was booked with does not change.');
end
$$;

-- Definer: nobody reads or writes the outbox.
create function private.publish_session_booked() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  -- By a class's own row nobody is booked; whoever leads it has something in their calendar.
  perform private.publish_event(
    case when private.is_class(new) then 'class_scheduled' else 'session_booked' end, new.client_id, new.id, jsonb_build_object(
    'practitioner_id', new.practitioner_id, 'scheduled_at', new.scheduled_at, 'group_class_id', new.group_class_id));
  return null;
end
$$;

-- What a booking requires.

create function private.refuse_without_waiver(user_id uuid) returns void
  language plpgsql stable set search_path = ''
as $$
begin
  if not private.has_signed_waiver(refuse_without_waiver.user_id) then
    perform private.refuse(409, 'waiver_required', 'Please sign the current liability waiver first.');
  end if;
end
$$;

create function private.refuse_unknown_place(session_location text, physical_location text, location_coordinates point)
  returns void
  language plpgsql stable set search_path = ''
as $$
begin
  if session_location = 'online' then
    return;
  elsif btrim(coalesce(physical_location, '')) = '' then
    perform private.refuse(409, 'location_missing', 'Please say where the session takes place.',
                           'Choose a studio or give an address.');
  elsif private.is_studio_id(physical_location) and not exists (
        select from public.studio_locations l where l.id = physical_location::uuid and l.is_active) then
    perform private.refuse(404, 'studio_not_found', 'There is no such studio.', 'Choose a studio or give an address.');
  elsif abs(location_coordinates[0]) > 180 or abs(location_coordinates[1]) > 90 then
    perform private.refuse(409, 'coordinates_off_the_map', 'These coordinates are not on the map.',
                           'Give longitude and latitude in degrees.');
  end if;
end
$$;

create function private.build_room_name(kind text, practitioner_id uuid, client_id uuid) returns text
  language plpgsql volatile set search_path = ''
as $$
begin
  -- As the pages name rooms, only with microseconds: two bookings may share a millisecond, and names are unique.
  return format('%s-%s-%s-%s', kind, left(practitioner_id::text, 8), left(client_id::text, 8),
                floor(extract(epoch from clock_timestamp()) * 1000000)::bigint);
end
$$;

-- Whether the user has a live hold on exactly this time.
create function private.has_slot_hold(
  user_id uuid, practitioner_id uuid, scheduled_at timestamptz, duration_minutes integer)
  returns boolean
  language plpgsql stable set search_path = ''
as $$
#variable_conflict use_column
begin
  return (
    select exists (
      select from public.session_holds h
       where h.user_id = has_slot_hold.user_id and h.practitioner_id = has_slot_hold.practitioner_id
         and h.scheduled_at = has_slot_hold.scheduled_at and h.duration_minutes >= has_slot_hold.duration_minutes
         and h.group_class_id is null and h.status = 'held' and h.expires_at > now() and has_slot_hold.scheduled_at > now()));
end
$$;

-- A one-to-one session, paid with a credit or paid elsewhere; online where nobody said a place. What cannot be booked
-- is refused, and then nothing has happened. The caller holds the client's lock.
create function private.insert_session(
  client_id                   uuid,
  practitioner_id             uuid,
  scheduled_at                timestamptz,
  session_type_id             uuid,
  session_location            text,
  physical_location           text,
  location_coordinates        point,
  notes                       text,
  cancellation_policy_version uuid,
  with_credit                 boolean
) returns uuid
  language plpgsql volatile set search_path = ''
as $$
#variable_conflict use_column
declare
  v_minutes   integer := (select t.duration_minutes from public.session_types t where t.id = insert_session.session_type_id);
  v_in_person boolean := insert_session.session_location = 'in_person';
  v_room      text := private.build_room_name('session', insert_session.practitioner_id, insert_session.client_id);
  v_lot       uuid;
  v_session   uuid;
begin
  perform private.lock_calendars(insert_session.practitioner_id, insert_session.client_id);
  -- A time that was free when it was held is theirs, even if the required notice has passed meanwhile.
  if not private.has_slot_hold(insert_session.client_id, insert_session.practitioner_id, insert_session.scheduled_at,
                               v_minutes) then
    -- The setting: so that the trigger that refuses overlaps need not ask again.
    perform private.refuse_unbookable(insert_session.practitioner_id, insert_session.scheduled_at, v_minutes,
                                      insert_session.client_id),
            set_config('private.checked_room', v_room, true);
  end if;
  if with_credit then
    v_lot := private.choose_credit_lot(insert_session.client_id, array[insert_session.session_type_id], v_minutes, false);
  end if;
  insert into public.session_schedules
    (practitioner_id, client_id, scheduled_at, duration_minutes, room_name, session_type_id, notes, credit_lot_id,
     session_location, place_said_at, physical_location, location_coordinates, cancellation_policy_version,
     cancellation_policy_agreed_at)
  values
    (insert_session.practitioner_id, insert_session.client_id, insert_session.scheduled_at, v_minutes,
     v_room, insert_session.session_type_id, insert_session.notes, v_lot, coalesce(insert_session.session_location, 'online'),
     case when insert_session.session_location is not null then now() end,
     case when v_in_person then insert_session.physical_location end,
     case when v_in_person then insert_session.location_coordinates end,
     coalesce(insert_session.cancellation_policy_version, (select p.id from public.cancellation_policy p where p.is_active)), now())
  returning id into v_session;
  return v_session;
end
$$;

-- A seat in a class, paid for elsewhere.
create function private.insert_paid_seat(
  client_id uuid, group_class_id uuid, session_type_id uuid, cancellation_policy_version uuid)
  returns uuid
  language plpgsql volatile set search_path = ''
as $$
#variable_conflict use_column
declare
  v_class   public.session_schedules := private.lock_class(insert_paid_seat.group_class_id);
  v_session uuid;
begin
  perform private.refuse_unjoinable_class(v_class, insert_paid_seat.client_id);
  -- A trigger copies the rest from the class.
  insert into public.session_schedules
    (practitioner_id, client_id, scheduled_at, room_name, session_type_id, notes,
     cancellation_policy_version, cancellation_policy_agreed_at)
  values
    (v_class.practitioner_id, insert_paid_seat.client_id, v_class.scheduled_at,
     private.build_room_name('group', v_class.id, insert_paid_seat.client_id), insert_paid_seat.session_type_id,
     'Joined group class: ' || v_class.id,
     coalesce(insert_paid_seat.cancellation_policy_version, (select p.id from public.cancellation_policy p where p.is_active)), now())
  returning id into v_session;
  return v_session;
end
$$;

-- What was paid for elsewhere: a seat where a class is named, else a session.
create function private.insert_booked_session(
  client_id                   uuid,
  practitioner_id             uuid,
  scheduled_at                timestamptz,
  session_type_id             uuid,
  session_location            text  default 'online',
  physical_location           text  default null,
  location_coordinates        point default null,
  notes                       text  default null,
  group_class_id              uuid  default null,
  cancellation_policy_version uuid  default null
) returns uuid
  language sql volatile set search_path = ''
as $$
  select case when insert_booked_session.group_class_id is not null
    then private.insert_paid_seat(client_id, group_class_id, session_type_id, cancellation_policy_version)
    else private.insert_session(client_id, practitioner_id, scheduled_at, session_type_id, session_location, physical_location,
                                location_coordinates, notes, cancellation_policy_version, with_credit => false) end;
$$;

-- With a generic plan: planning took longer than executing, and the values make no difference to the plan. And by
-- indexes, as on a hosted project: what a booking looks up is in memory, and reading small tables through took a
-- twentieth of it. The settings hold for all that it calls.
-- Definer: it writes sessions and credits for the caller, who may write neither.
create function private.book_session_with_credit(
  practitioner_id uuid, scheduled_at timestamptz, duration_minutes integer, session_type_id uuid, session_type text,
  is_group boolean, session_location text, physical_location text, notes text, location_coordinates point)
  returns uuid
  language plpgsql volatile security definer set search_path = '' set plan_cache_mode = force_generic_plan
  set random_page_cost = 1.1
as $$
#variable_conflict use_column
declare
  v_client  uuid := auth.uid();
  v_type    public.session_types;
  v_session uuid;
begin
  perform private.refuse_anonymous_caller(), private.lock_client(v_client);
  select t.* into v_type from public.session_types t
   where t.is_active and case when book_session_with_credit.session_type_id is not null
     then t.id = book_session_with_credit.session_type_id
     else (t.duration_minutes, t.session_type, t.is_group)
          = (book_session_with_credit.duration_minutes, book_session_with_credit.session_type, book_session_with_credit.is_group) end;
  if not found then
    perform private.refuse(404, 'session_type_not_found', 'There is no such kind of session.');
  elsif v_type.is_group or book_session_with_credit.is_group then
    perform private.refuse(409, 'class_needed', 'A group session is joined, not booked.', 'Choose a class and join it.');
  elsif v_type.duration_minutes <> book_session_with_credit.duration_minutes then
    perform private.refuse(409, 'duration_not_offered', format('This kind of session lasts %s minutes.', v_type.duration_minutes));
  end if;

  -- A second click finds what the first one booked.
  select s.id into v_session from public.session_schedules s
   where s.client_id = v_client and s.practitioner_id = book_session_with_credit.practitioner_id
     and s.scheduled_at = book_session_with_credit.scheduled_at and s.session_type_id = v_type.id
     and s.status = 'scheduled' and s.group_class_id is null and s.credit_lot_id is not null;
  if found then
    return v_session;
  end if;

  perform private.limit_use('bookings', v_client), private.refuse_without_waiver(v_client),
          private.refuse_unknown_place(session_location, physical_location, location_coordinates);
  return private.insert_session(
    v_client, book_session_with_credit.practitioner_id, book_session_with_credit.scheduled_at, v_type.id,
    session_location, physical_location, location_coordinates, notes, null, with_credit => true);
end
$$;

create function public.book_session_with_credit(
  practitioner_id      uuid,
  scheduled_at         timestamptz,
  duration_minutes     integer,
  session_type_id      uuid    default null,
  session_type         text    default 'standing',
  is_group             boolean default false,
  session_location     text    default 'online',
  physical_location    text    default null,
  notes                text    default null,
  location_coordinates point   default null
) returns table (session_id uuid, credits_remaining integer)
  language plpgsql volatile security invoker set search_path = ''
as $$
#variable_conflict use_variable
begin
  session_id := private.book_session_with_credit(practitioner_id, scheduled_at, duration_minutes, session_type_id, session_type,
    is_group, session_location, physical_location, notes, location_coordinates);
  credits_remaining := private.count_usable_credits(auth.uid());
  return next;
end
$$;

comment on function public.book_session_with_credit is
  'Books a one-to-one session with a credit. The same booking again finds the first one. Returns the credits that are left.';

revoke execute on function private.spend_credit, private.refuse_credit_lot_change, private.refuse_without_waiver,
  private.refuse_unknown_place, private.build_room_name, private.has_slot_hold, private.insert_session,
  private.insert_paid_seat, private.insert_booked_session, private.publish_session_booked,
  private.book_session_with_credit, public.book_session_with_credit from public, anon, authenticated, service_role;

-- build_room_name: join_group_class calls it as the client who joins.
grant execute on function private.build_room_name, private.book_session_with_credit, public.book_session_with_credit
  to authenticated;


-- sessions/group_classes.sql

-- Group classes: each seat is a row, counted under the lock on its class, and paid for by the row's own insertion.
--
-- The pages insert the row of whoever joins, with the note "Joined group class: <id>"; `join_group_class` does the
-- same. A client who joins takes a seat and spends a credit, or neither. `current_participants` is the number of seats:
-- a trigger overwrites whatever else is written there.
--
-- A class's own row is nobody's booking, but its client_id cannot be null: the admin page writes the first admin it
-- finds. It is made the account of whoever leads the class: their page joins the clients of their sessions with
-- profiles, and dies on the first that they may not read.

-- The session types of a class, and so which credits can pay for it.
create function private.list_class_session_type_ids(class public.session_schedules) returns uuid[]
  language sql stable set search_path = ''
as $$
  -- The admin page makes a class with a duration, and does not say whether it is standing or laying.
  select coalesce(array[(class).session_type_id], '{}') || coalesce(array_agg(t.id), '{}')
    from public.session_types t
   where (class).session_type_id is null and t.is_group and t.duration_minutes = (class).duration_minutes;
$$;

-- The note of a seat, as pages print it: they write the class's id in it.
create function private.describe_joining(class public.session_schedules) returns text
  language sql immutable set search_path = ''
as $$
  select 'Joined group class' || coalesce(': ' || nullif(btrim((class).class_name), ''), '');
$$;

-- Turns a row that joins a class into a seat.
-- Definer: it counts the seats of others and spends the joining client's credit.
create function private.make_class_seat() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  v_class public.session_schedules;
begin
  perform private.lock_client(new.client_id);
  if new.client_id = auth.uid() then
    perform private.limit_use('bookings', new.client_id);
  end if;
  v_class := private.lock_class(
    substring(new.notes from '(?i)^Joined group class: ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$')::uuid);
  -- A person must meet all the rules of joining; the platform itself only that a seat is left.
  if auth.uid() is not null then
    perform private.refuse_unjoinable_class(v_class, new.client_id);
  elsif private.count_taken_seats(v_class.id) + private.count_held_seats(v_class.id, new.client_id)
        >= v_class.max_participants then
    perform private.refuse_full_class(v_class);
  end if;

  -- Copied from the class, whatever the request says.
  new.group_class_id    := v_class.id;
  new.practitioner_id   := v_class.practitioner_id;
  new.scheduled_at      := v_class.scheduled_at;
  new.duration_minutes  := v_class.duration_minutes;
  new.session_location  := v_class.session_location;
  new.physical_location := v_class.physical_location;
  new.studio_id         := v_class.studio_id;
  new.max_participants  := 1;
  new.current_participants := 1;
  new.class_name        := v_class.class_name;
  new.session_type_id   := coalesce(new.session_type_id, v_class.session_type_id);
  new.notes             := private.describe_joining(v_class);

  -- Inserted for the client by somebody else, an admin or the payment, a seat costs no credit.
  if new.client_id = auth.uid() then
    perform private.refuse_without_waiver(new.client_id);
    new.credit_lot_id := private.choose_credit_lot(
      new.client_id, private.list_class_session_type_ids(v_class), v_class.duration_minutes, true);
    new.cancellation_policy_version := (select p.id from public.cancellation_policy p where p.is_active);
    new.cancellation_policy_agreed_at := now();
  end if;
  return new;
end
$$;

-- Definer: whoever gives a class to somebody else need not be able to read them.
create function private.set_class_placeholder() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  v_leader uuid := (select p.user_id from public.practitioners p where p.id = new.practitioner_id);
begin
  if v_leader is not null and not exists (select from auth.users u where u.id = v_leader) then
    perform private.refuse(409, 'practitioner_unavailable', 'This practitioner has left, and leads no class any more.',
                           'Please choose another practitioner.');
  end if;
  new.client_id := coalesce(v_leader, new.client_id);  -- without a practitioner the foreign key refuses the row
  return new;
end
$$;

create function private.refuse_class_of_session() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  perform private.refuse(409, 'session_is_booked', 'This session is one person''s, and does not become a class.',
                         'Make a class of its own.');
end
$$;

-- Agora's recorder mixes 17 people: in the recording of a larger class somebody would be missing. So much is known when
-- the class is made. In person nobody is recorded.
create function private.refuse_large_online_class() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if new.max_participants > 16 then
    perform private.refuse(
      422, 'class_too_large', 'An online class has 16 places at most: its recording shows 17 people, one of them leads it.',
      'Make two classes of it, or one that meets in person.');
  end if;
  return new;
end
$$;

revoke execute on function private.set_class_placeholder, private.refuse_class_of_session,
  private.refuse_large_online_class
  from public, anon, authenticated, service_role;

-- Definer: it counts rows that the class's reader may not read.
create function private.set_participant_count() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  v_taken integer := private.count_taken_seats(new.id);
  v_kept  integer := private.count_kept_seats(new.id);
begin
  if new.max_participants < v_taken or (new.max_participants = 1 and v_taken > 0) then
    perform private.refuse(409, 'seats_are_taken', format('%s people have a seat in this class.', v_taken),
                           'Cancel their seats first, or leave room for all of them.');
  elsif tg_op = 'UPDATE' and new.max_participants < old.max_participants
        and v_kept > 0 and (new.max_participants = 1 or new.max_participants < v_taken + (
          select count(*) from private.list_seat_keepers(new.id))) then
    perform private.refuse(409, 'seats_are_kept', format('%s seats are kept for people from the waiting list.', v_kept),
                           'Leave room for them too, or try again when they have answered.');
  end if;
  new.current_participants := v_taken;
  return new;
end
$$;

-- Definer: whoever takes or leaves a seat may not write the class.
create function private.update_class_participant_count() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  update public.session_schedules class set current_participants = private.count_taken_seats(class.id)
   where class.id = coalesce(new.group_class_id, old.group_class_id);
  update public.session_holds h set status = 'consumed'
   where tg_op = 'INSERT' and h.user_id = new.client_id and h.group_class_id = new.group_class_id and h.status = 'held';
  if tg_op = 'INSERT' then
    perform private.seat_from_waiting_list(new.group_class_id, new.client_id);
  end if;
  return null;
end
$$;

create function public.join_group_class(class_id uuid) returns table (session_id uuid, credits_remaining integer)
  language plpgsql volatile security invoker set search_path = ''
as $$
#variable_conflict use_variable
begin
  insert into public.session_schedules (practitioner_id, client_id, scheduled_at, room_name, status, notes)
  select s.practitioner_id, (select auth.uid()), s.scheduled_at,
         private.build_room_name('group', s.id, (select auth.uid())), 'scheduled', 'Joined group class: ' || s.id
    from public.session_schedules s where s.id = class_id
  returning id into session_id;
  if not found then
    perform private.refuse(404, 'class_not_found', 'There is no such class.');
  end if;
  credits_remaining := private.count_usable_credits((select auth.uid()));
  return next;
end
$$;

comment on function public.join_group_class is
  'Takes a seat and spends a credit, as the pages do by inserting the row.';

revoke execute on function private.list_class_session_type_ids, private.describe_joining, private.make_class_seat,
  private.set_participant_count, private.update_class_participant_count, public.join_group_class
  from public, anon, authenticated, service_role;

grant execute on function public.join_group_class to authenticated;

-- A class online and the same class in person: an admin links the two. Each has seats of its own, and a client takes
-- one in either or in both.

create view public.group_session_correlations with (security_invoker = true) as
  select s.id as session_id, s.class_name, s.practitioner_id, s.scheduled_at, s.duration_minutes, s.session_location,
         s.status, s.max_participants, s.current_participants, s.correlated_session_id,
         other.class_name as correlated_class_name, other.session_location as correlated_location,
         other.scheduled_at as correlated_scheduled_at, other.status as correlated_status,
         other.max_participants as correlated_max_participants, other.current_participants as correlated_participants,
         case when other.id is null then 'alone'
              when other.correlated_session_id is distinct from s.id then 'one_sided'
              when (other.scheduled_at, other.duration_minutes) <> (s.scheduled_at, s.duration_minutes) then 'times_differ'
              when other.status <> s.status then 'states_differ'
              else 'linked' end as correlation
    from public.session_schedules s
    left join public.session_schedules other on other.id = s.correlated_session_id
   where s.max_participants > 1 and s.group_class_id is null and (select private.is_admin());

comment on view public.group_session_correlations is
  'For admins: every class, what it is linked to, and what is wrong with that.';

comment on column public.group_session_correlations.session_id is 'The session it is about: session_schedules.id.';

comment on column public.group_session_correlations.class_name is 'What the class is called; null for one to one.';

comment on column public.group_session_correlations.practitioner_id is 'The practitioner it belongs to.';

comment on column public.group_session_correlations.scheduled_at is 'When the session begins.';

comment on column public.group_session_correlations.duration_minutes is 'How long the session lasts.';

comment on column public.group_session_correlations.session_location is 'Where it is held: online or in_person.';

comment on column public.group_session_correlations.status is 'Of the session.';

comment on column public.group_session_correlations.max_participants is 'How many seats it has.';

comment on column public.group_session_correlations.current_participants is
  'How many seats are taken; counted here, never by a page.';

comment on column public.group_session_correlations.correlated_session_id is 'The class it is linked to.';

comment on column public.group_session_correlations.correlated_class_name is 'What the linked one is called.';

comment on column public.group_session_correlations.correlated_location is 'Where the linked one is held.';

comment on column public.group_session_correlations.correlated_scheduled_at is 'When the linked one begins.';

comment on column public.group_session_correlations.correlated_status is 'Where the linked one stands.';

comment on column public.group_session_correlations.correlated_max_participants is 'How many seats the linked one has.';

comment on column public.group_session_correlations.correlated_participants is 'How many of those are taken.';

comment on column public.group_session_correlations.correlation is
  'linked, or what is wrong: alone, one_sided, times_differ, states_differ.';

revoke all on public.group_session_correlations from anon, authenticated, service_role;

grant select on public.group_session_correlations to authenticated;

create function public.link_group_sessions(session_id uuid, correlated_session_id uuid)
  returns setof public.group_session_correlations
  language plpgsql volatile security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  v_class public.session_schedules;
  v_other public.session_schedules;
begin
  if not private.is_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins link classes.');
  end if;
  -- In the order of their ids: two admins who link the same two the other way round do not deadlock.
  perform from public.session_schedules s
    where s.id in (link_group_sessions.session_id, link_group_sessions.correlated_session_id) order by s.id for update;
  select * into v_class from public.session_schedules s
   where s.id = link_group_sessions.session_id and private.is_class(s) and s.status <> 'cancelled';
  select * into v_other from public.session_schedules s
   where s.id = link_group_sessions.correlated_session_id and private.is_class(s) and s.status <> 'cancelled';
  if v_class.id is null or v_other.id is null then
    perform private.refuse(404, 'class_not_found', 'There is no such class.');
  elsif v_class.session_location = v_other.session_location then
    perform private.refuse(409, 'classes_are_alike', 'One of the two must be online and the other in person.');
  elsif v_class.correlated_session_id <> v_other.id or v_other.correlated_session_id <> v_class.id then
    perform private.refuse(409, 'class_is_linked', 'One of the two is linked to another class.', 'Unlink it first.');
  end if;

  update public.session_schedules s
     set correlated_session_id = case s.id when v_class.id then v_other.id else v_class.id end
   where s.id in (v_class.id, v_other.id);
  return query select * from public.group_session_correlations c where c.session_id = v_class.id;
end
$$;

comment on function public.link_group_sessions is 'For admins: links a class online with one in the studio.';

create function public.unlink_group_sessions(session_id uuid)
  returns setof public.group_session_correlations
  language plpgsql volatile security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  v_class public.session_schedules;
begin
  if not private.is_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins link classes.');
  end if;
  select * into v_class from public.session_schedules s
   where s.id = unlink_group_sessions.session_id and private.is_class(s);
  if not found then
    perform private.refuse(404, 'class_not_found', 'There is no such class.');
  end if;
  -- Both rows, also where only one names the other.
  update public.session_schedules s set correlated_session_id = null
   where s.correlated_session_id is not null
     and (s.id in (v_class.id, v_class.correlated_session_id) or s.correlated_session_id = v_class.id);
  return query select * from public.group_session_correlations c where c.session_id = v_class.id;
end
$$;

comment on function public.unlink_group_sessions is 'For admins: undoes link_group_sessions.';

revoke execute on function public.link_group_sessions, public.unlink_group_sessions from public, anon, authenticated,
  service_role;

-- Both run as the admin who calls them, and private.is_class is granted to people.
grant execute on function public.link_group_sessions, public.unlink_group_sessions to authenticated;


-- sessions/correlated_session.sql

-- The other form of a class, as the pages embed it.
--
-- The admin page asks for `correlated_session:session_schedules!correlated_session_id(...)` and expects the one session
-- that the column names. Of a table with itself PostgREST knows two ways by that hint, and follows the one back: the
-- rows that name this one, as an array. A function with the name of the embedded table takes the place of both.
--
-- So every embed of session_schedules in itself is this one, whatever its hint: a seat's class is read by
-- `group_class_id`, in a request of its own.

-- As the caller: whoever may not read the other class is told that there is none.
create function public.session_schedules(public.session_schedules) returns setof public.session_schedules
  language sql stable rows 1 security invoker set search_path = ''
as $$
  select s.* from public.session_schedules s where s.id = $1.correlated_session_id;
$$;

comment on function public.session_schedules is
  'A computed relationship: the session that correlated_session_id names, as one object. Null: none, or not readable.';

revoke execute on function public.session_schedules from public, anon, authenticated, service_role;

grant execute on function public.session_schedules to authenticated, service_role;


-- series/time_off_questions.sql

-- Sessions whose practitioner wants to be away then, and has asked their client. Until it is answered the session
-- stands; whoever leaves because they were asked leaves freely (sessions/agreements.sql). About a class nobody is
-- asked: whoever can move it or give it away is told (collisions.sql). Written by time_off.sql.

create table private.time_off_questions (
  session_id      uuid        primary key references public.session_schedules (id) on delete cascade,
  practitioner_id uuid        not null references public.practitioners (id) on delete cascade,
  starts_at       timestamptz not null,
  ends_at         timestamptz not null,
  asked_at        timestamptz not null default now(),

  constraint time_off_questions_start_before_they_end check (starts_at < ends_at),
  constraint time_off_questions_times_are_in_range check (
    starts_at between '2000-01-01' and '2100-01-01' and ends_at between '2000-01-01' and '2100-01-01')
);

comment on table private.time_off_questions is
  'Which sessions stand in the way of time off, and what of it is taken once they are moved or cancelled.';

comment on column private.time_off_questions.practitioner_id is
  'Who wants to be away. Once somebody else leads the session, the question is over.';

create index time_off_questions_practitioner_id_idx on private.time_off_questions (practitioner_id);

alter table private.time_off_questions enable row level security;

-- No grant and no policy: the functions of time_off.sql are the only way.

-- Whether it was asked about the time and the practitioner that the session has now. Once they are others, it is over.
create function private.is_asked_about(session public.session_schedules) returns boolean
  language sql stable set search_path = ''
as $$
  select exists (
    select from private.time_off_questions q
     where q.session_id = (session).id and q.practitioner_id = (session).practitioner_id
       and tstzrange(q.starts_at, q.ends_at)
           && tstzrange((session).scheduled_at, (session).scheduled_at + make_interval(mins => (session).duration_minutes)));
$$;

revoke execute on function private.is_asked_about from public, anon, authenticated, service_role;


-- sessions/agreements.sql

-- Agreements: what the client agreed to, kept once somebody changes it, and who changed the session last.
--
--   no row                          nobody has changed it: what stands is what was agreed
--   a row that says what stands     the client made the change, said yes to it, or it was changed back
--   a row that says something else  somebody but the client changed it: until the start they may leave freely
--
-- So they may of what their practitioner has asked about (series/time_off_questions.sql).
--
-- Terms, mails and calendar files ask `get_free_until`, so none of them knows who may change what. A session's name is
-- no part of what is agreed. Time, length, place, form and practitioner are.

create table private.session_agreements (
  session_id        uuid        primary key references public.session_schedules on delete cascade,
  scheduled_at      timestamptz not null,
  duration_minutes  integer     not null,
  practitioner_id   uuid        not null,
  session_location  text        not null,
  physical_location text,
  agreed_at         timestamptz not null default now(),
  changed_by        text        not null check (changed_by in ('client', 'practitioner', 'admin', 'platform')),
  changed_at        timestamptz not null default now(),

  constraint session_agreements_scheduled_at_is_in_range check (scheduled_at between '2000-01-01' and '2100-01-01'),
  constraint session_agreements_duration_minutes_is_in_range check (duration_minutes between 1 and 1440),
  constraint session_agreements_texts_are_short check (
    char_length(session_location) <= 50 and char_length(physical_location) <= 500)
);

comment on table private.session_agreements is 'Sessions that were changed: what their client agreed to, and who changed them.';

comment on column private.session_agreements.practitioner_id is
  'No foreign key: what was agreed stays agreed when that practitioner is gone.';

comment on column private.session_agreements.changed_by is 'Whose change was the last. The audit log has the person.';

alter table private.session_agreements enable row level security;

-- No grant and no policy: a page could otherwise write itself better terms.

-- Whether somebody but the client changed the session since they agreed to it.
create function private.has_unagreed_change(session public.session_schedules) returns boolean
  language sql stable set search_path = ''
as $$
  select exists (
    select from private.session_agreements a
     where a.session_id = (session).id
       and (a.scheduled_at, a.duration_minutes, a.practitioner_id, a.session_location, a.physical_location)
           is distinct from ((session).scheduled_at, (session).duration_minutes, (session).practitioner_id,
                             (session).session_location, (session).physical_location));
$$;

-- Or wishes to change it, and has asked.
create function private.may_leave_freely(session public.session_schedules) returns boolean
  language sql stable set search_path = ''
as $$
  select private.has_unagreed_change(session) or private.is_asked_about(session);
$$;

-- Until when the client leaves or moves the session without losing anything.
create function private.get_free_until(session public.session_schedules) returns timestamptz
  language sql stable set search_path = ''
as $$
  select case when private.may_leave_freely(session) then (session).scheduled_at
    else (session).scheduled_at
         - make_interval(hours => (private.get_cancellation_policy(session)).standard_cancellation_hours) end;
$$;

-- The session as it stands is what the client agreed to.
create function private.agree_to_session(session public.session_schedules) returns void
  language sql volatile set search_path = ''
as $$
  update private.session_agreements a
     set scheduled_at = (session).scheduled_at, duration_minutes = (session).duration_minutes,
         practitioner_id = (session).practitioner_id, session_location = (session).session_location,
         physical_location = (session).physical_location, agreed_at = now()
   where a.session_id = (session).id;
$$;

-- Definer: nobody may write what was agreed.
create function private.record_session_change() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  -- Whoever takes a session over had no part in it before.
  v_by text := coalesce(private.get_caller_role(old), private.get_caller_role(new), 'platform');
begin
  insert into private.session_agreements as a (
    session_id, scheduled_at, duration_minutes, practitioner_id, session_location, physical_location, agreed_at, changed_by)
  values (old.id, old.scheduled_at, old.duration_minutes, old.practitioner_id, old.session_location,
          old.physical_location, coalesce(old.cancellation_policy_agreed_at, old.created_at, now()), v_by)
  on conflict (session_id) do update set changed_by = excluded.changed_by, changed_at = now();
  if v_by = 'client' then
    perform private.agree_to_session(new);
  end if;
  return null;
end
$$;

revoke execute on function private.has_unagreed_change, private.may_leave_freely, private.get_free_until,
  private.agree_to_session, private.record_session_change from public, anon, authenticated, service_role;


-- sessions/cancellation_terms.sql

-- Cancellation terms: what cancelling now costs and returns. The quote and the cancellation call one function.
--
--   standard     until the standard hours before the start, whoever cancels: the credit is returned. By the client, of
--                a session that somebody else has changed since they agreed to it: until the start (agreements.sql)
--   grace        later, by the client, who asks for a grace cancellation and has one left: the credit is returned
--   late         later, by the client, but until the late hours before: the credit is returned, and a fee is due
--   last_minute  later than that, by the client: nothing is returned
--   emergency    later than the standard hours, by the practitioner, an admin or the platform: the credit is returned
--
-- The hours are those of the version agreed at booking, else of the active one; where both are equal there is no
-- `late`. What was paid singly is returned as a credit for its session type. Nothing is returned for a credit whose
-- price was refunded, nor where there was neither a credit nor a payment (a practitioner's own booking). A fee is
-- owed from then on, and asked for by mail (fees/owed_fees.sql); no card is charged for it.
--
-- A credit that has ended is not promised: it comes back with the days that the policy grants, and without any it does
-- not. `no_credit_because` says why none comes back, and `credit_expires_at` until when one that does can be used.
--
-- Of a class, the credits are those of all its seats together, also once it has begun.

create type private.cancellation_terms as (
  cancellation_type           text,
  credit_returned             integer,
  fee_charged                 numeric,
  currency                    text,
  hours_before_session        numeric,
  free_until                  timestamptz,
  grace_available             boolean,
  cancellation_policy_version uuid,
  no_credit_because           text,
  credit_expires_at           timestamptz
);

-- The caller's role in a session; null if they have none. An admin who is also the client may do what an admin may.
-- Definer: a role must not depend on which rows the caller may read.
create function private.get_caller_role(session public.session_schedules) returns text
  language sql stable security definer set search_path = ''
as $$
  select case
    when auth.uid() is null then 'platform'
    when private.is_admin() then 'admin'
    when exists (select from public.practitioners p
                  where p.id = (session).practitioner_id and p.user_id = auth.uid()) then 'practitioner'
    when (session).client_id = auth.uid() and not private.is_class(session) then 'client'
  end;
$$;

-- In PL/pgSQL, because a plan is cached there on every version of PostgreSQL; as two queries, because for one with `or`
-- the planner does not cache it: planning anew took longer than executing.
create function private.get_cancellation_policy(session public.session_schedules) returns public.cancellation_policy
  language plpgsql stable set search_path = ''
as $$
declare
  v_policy public.cancellation_policy;
begin
  if (session).cancellation_policy_version is null then
    select p.* into v_policy from public.cancellation_policy p where p.is_active;
  else
    select p.* into v_policy from public.cancellation_policy p where p.id = (session).cancellation_policy_version;
  end if;
  return v_policy;
end
$$;

create function private.get_session_payment(session_id uuid) returns public.session_payments
  language sql stable set search_path = ''
as $$
  -- `paid_out` speaks of the practitioner's share; the client has paid all the same.
  select p from public.session_payments p
   where p.session_id = get_session_payment.session_id and p.status in ('completed', 'paid_out')
   order by p.created_at limit 1;
$$;

create function private.get_session_currency(session public.session_schedules) returns text
  language sql stable set search_path = ''
as $$
  -- One of the two that we sell in: what older rows name otherwise counts as the other.
  select case when lower(coalesce(
    (private.get_session_payment((session).id)).currency,
    (select c.metadata ->> 'currency' from public.user_session_credits c where c.id = (session).credit_lot_id),
    (select p.currency from public.user_preferences p where p.user_id = (session).client_id))) = 'cad'
    then 'cad' else 'usd' end;
$$;

create function private.count_graces_used(user_id uuid) returns integer
  language sql stable set search_path = ''
as $$
  select count(*)::integer from public.session_cancellations c
   where c.user_id = count_graces_used.user_id and c.cancellation_type = 'grace';
$$;

-- Until when the credit of a session could be used if it came back now. Null: it never ends.
create function private.get_returned_credit_end(
  session public.session_schedules, policy public.cancellation_policy, is_ours boolean) returns timestamptz
  language sql stable set search_path = ''
as $$
  select case
    when is_ours
      then greatest(c.expires_at, now() + make_interval(days => coalesce((policy).ended_credit_days_by_us, 0)))
    when c.expires_at <= now() and (policy).ended_credit_days > 0
      then now() + make_interval(days => (policy).ended_credit_days)
    else c.expires_at end
    from public.user_session_credits c where c.id = (session).credit_lot_id and c.expires_at is not null;
$$;

create function private.compute_cancellation_terms(session public.session_schedules, use_grace boolean)
  returns private.cancellation_terms
  language plpgsql stable set search_path = ''
as $$
declare
  v_policy    public.cancellation_policy := private.get_cancellation_policy(session);
  v_terms     private.cancellation_terms;
  v_is_client boolean := private.get_caller_role(session) = 'client';
begin
  v_terms.cancellation_policy_version := v_policy.id;
  v_terms.free_until := case
    when v_is_client and private.may_leave_freely(session) then session.scheduled_at
    else session.scheduled_at - make_interval(hours => v_policy.standard_cancellation_hours) end;
  v_terms.hours_before_session := round(extract(epoch from session.scheduled_at - now()) / 3600, 2);
  v_terms.currency := private.get_session_currency(session);
  v_terms.credit_expires_at := private.get_returned_credit_end(
    session, v_policy, not v_is_client or private.may_leave_freely(session));  -- who leaves for a change did not cause it
  v_terms.grace_available := v_is_client and now() > v_terms.free_until
    and private.count_graces_used(session.client_id) < v_policy.grace_cancellations_allowed;
  if use_grace and v_is_client and now() > v_terms.free_until and not v_terms.grace_available then
    perform private.refuse(409, 'grace_used', 'You have used your grace cancellation already.',
                           'You can still cancel, and the credit is then used.');
  end if;
  -- A grace saves no credit that has ended, so it is kept for another time.
  v_terms.grace_available := v_terms.grace_available and coalesce(v_terms.credit_expires_at > now(), true);

  v_terms.cancellation_type := case
    when now() <= v_terms.free_until then 'standard'
    when not v_is_client then 'emergency'
    when use_grace and v_terms.grace_available then 'grace'
    when now() <= session.scheduled_at - make_interval(hours => v_policy.late_cancellation_hours) then 'late'
    else 'last_minute' end;
  v_terms.no_credit_because := case
    when v_terms.cancellation_type = 'last_minute' then 'last_minute'
    -- Its price was refunded already.
    when exists (select from public.user_session_credits c
                  where c.id = session.credit_lot_id and c.credits_owed > 0) then 'price_returned'
    when session.credit_lot_id is null and (private.get_session_payment(session.id)).id is null then 'nothing_paid'
    when v_terms.credit_expires_at <= now() then 'credit_ended' end;
  v_terms.credit_returned := case when v_terms.no_credit_because is null then 1 else 0 end;
  v_terms.credit_expires_at := case when v_terms.credit_returned = 1 then v_terms.credit_expires_at end;
  v_terms.fee_charged := case
    when v_terms.cancellation_type <> 'late' or v_terms.credit_returned = 0 or private.is_fee_settled(session) then 0
    when v_terms.currency = 'cad' then v_policy.late_cancellation_fee_cad
    else v_policy.late_cancellation_fee_usd end;

  if private.is_class(session) then
    -- The class's own row is nobody's booking; what is returned is the credits of its seats.
    select coalesce(sum((private.compute_cancellation_terms(seat, false)).credit_returned), 0) into v_terms.credit_returned
      from public.session_schedules seat
     where seat.group_class_id = session.id and seat.status in ('scheduled', 'in_progress');
    v_terms.no_credit_because := null;
    v_terms.credit_expires_at := null;
  end if;
  return v_terms;
end
$$;

create function private.refuse_uncancellable(session public.session_schedules) returns void
  language plpgsql stable set search_path = ''
as $$
begin
  if session.status <> 'scheduled' and (session.status <> 'in_progress' or private.get_caller_role(session) = 'client') then
    perform private.refuse(409, 'session_not_cancellable', 'Only a scheduled session can be cancelled.');
  elsif private.get_caller_role(session) = 'client' and session.scheduled_at <= now() then
    perform private.refuse(409, 'session_started', 'This session has started and can no longer be cancelled.');
  end if;
end
$$;

-- Definer: it reads policies, payments and cancellations that the caller may not.
create function private.quote_cancellation(session_id uuid, use_grace boolean) returns private.cancellation_terms
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_session public.session_schedules;
begin
  select * into v_session from public.session_schedules s where s.id = quote_cancellation.session_id;
  if v_session.id is null or private.get_caller_role(v_session) is null then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  end if;
  perform private.refuse_uncancellable(v_session);
  return private.compute_cancellation_terms(v_session, use_grace);
end
$$;

create function public.quote_cancellation(session_id uuid, use_grace boolean default false)
  returns table (session_id uuid, cancellation_type text, credit_returned integer, fee_charged numeric, currency text,
                 hours_before_session numeric, free_until timestamptz, grace_available boolean,
                 cancellation_policy_version uuid, no_credit_because text, credit_expires_at timestamptz)
  language sql stable security invoker set search_path = ''
as $$
  select quote_cancellation.session_id, t.cancellation_type, t.credit_returned, t.fee_charged, t.currency,
         t.hours_before_session, t.free_until, t.grace_available, t.cancellation_policy_version, t.no_credit_because,
         t.credit_expires_at
    from private.quote_cancellation(quote_cancellation.session_id, quote_cancellation.use_grace) t;
$$;

comment on function public.quote_cancellation is
  'What cancelling would return and cost right now. It changes nothing.';

revoke execute on function private.get_caller_role, private.get_cancellation_policy, private.get_session_payment,
  private.get_session_currency, private.count_graces_used, private.get_returned_credit_end,
  private.compute_cancellation_terms,
  private.refuse_uncancellable, private.quote_cancellation, public.quote_cancellation from public, anon, authenticated,
  service_role;

-- get_caller_role: cancel_session and reschedule_session call it as their own caller.
grant execute on function private.get_caller_role, private.quote_cancellation, public.quote_cancellation to
  authenticated;


-- fees/owed_fees.sql

-- Owed fees: what somebody owes for a late cancellation, or for not coming, and what became of it.
--
--   owed -> paid -> returned         its payment went back to them, all of it: nothing is asked again
--                   returned -> paid the refund failed, or the dispute was won
--   owed -> forgiven                 by an admin, with a reason; or by the rules: they had come after all
--   forgiven -> owed                 by the rules alone: they had not. What an admin forgave stays forgiven
--
-- A row is written in the transaction that causes it, once for each session and person, whoever causes it and in
-- whatever way. It charges nobody: it is told by mail, and paid by a checkout that its debtor opens (paying.sql). The
-- state is never set: it follows from facts. What a paid fee was forgiven for is money that goes back (paying.sql).
--
-- Fees that were stated before there were rows of them are nobody's debt: nobody had a way to pay them.

create table public.owed_fees (
  id           uuid        primary key default gen_random_uuid(),
  user_id      uuid        not null,
  session_id   uuid        references public.session_schedules (id) on delete set null,
  because      text        not null check (because in ('late_cancellation', 'no_show')),
  amount_minor integer     not null,
  currency     text        not null check (currency in ('cad', 'usd')),
  status       text        not null generated always as (case
    when returned_at is not null then 'returned'
    when paid_at     is not null then 'paid'
    when forgiven_at is not null then 'forgiven'
    else 'owed' end) stored,
  scheduled_at timestamptz not null,
  paid_at      timestamptz,
  returned_at  timestamptz,
  forgiven_at  timestamptz,
  forgiven_by  uuid,
  reason       text,
  created_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now(),

  constraint owed_fees_one_per_session_and_person unique (session_id, user_id),
  constraint owed_fees_amount_minor_is_in_range check (amount_minor between 1 and 1000000),
  constraint owed_fees_reason_is_short check (char_length(reason) <= 1000),
  constraint owed_fees_are_forgiven_with_a_reason check ((forgiven_at is null) = (reason is null)),
  constraint owed_fees_times_are_in_range check (
    scheduled_at between '2000-01-01' and '2100-01-01' and paid_at between '2000-01-01' and '2100-01-01'
    and returned_at between '2000-01-01' and '2100-01-01' and forgiven_at between '2000-01-01' and '2100-01-01')
);

comment on table public.owed_fees is
  'Fees for late cancellations and for not coming: evidence, so each outlives its session and its debtor''s account.';

comment on column public.owed_fees.id is 'Of the row; made here.';

comment on column public.owed_fees.user_id is 'Who owes it. No foreign key: their account may have been erased since.';

comment on column public.owed_fees.session_id is 'The session or seat it is about: session_schedules.id.';

comment on column public.owed_fees.because is 'late_cancellation or no_show.';

comment on column public.owed_fees.amount_minor is 'In cents, by the policy that was agreed to.';

comment on column public.owed_fees.currency is 'By its three letters, in lower case.';

comment on column public.owed_fees.status is 'Where it stands: owed, paid, returned or forgiven.';

comment on column public.owed_fees.scheduled_at is 'When that session was to begin.';

comment on column public.owed_fees.paid_at is 'When its payment came.';

comment on column public.owed_fees.returned_at is 'When all of that payment had gone back, or was on its way.';

comment on column public.owed_fees.forgiven_at is 'When it was forgiven. Its payment, if there is one, goes back.';

comment on column public.owed_fees.forgiven_by is 'The admin who forgave it; null: it followed from the rules.';

comment on column public.owed_fees.reason is 'Why it was forgiven.';

comment on column public.owed_fees.created_at is 'When it came to be owed.';

comment on column public.owed_fees.updated_at is 'When the row was last changed.';

create index owed_fees_user_id_idx on public.owed_fees (user_id, created_at);

create index owed_fees_list_idx on public.owed_fees (status, created_at, id);  -- what is still owed, oldest first

alter table public.owed_fees enable row level security;

create policy "people read the fees that they owe, admins all"
  on public.owed_fees for select to authenticated
  using (user_id = (select auth.uid()) or (select private.is_confirmed_admin()));

revoke all on public.owed_fees from anon, authenticated, service_role;

grant select on public.owed_fees to authenticated, service_role;

-- No insert, update or delete for anybody: a fee moves only through the functions of schema private.

create trigger update_owed_fees_updated_at before update on public.owed_fees
  for each row execute function public.update_updated_at_column();

create trigger audit_owed_fees after insert or update on public.owed_fees
  for each row execute function private.write_audit_log();

-- Writes what is owed from now on, and says whether that is new. One that the rules had ended is owed again, for what
-- it is about now: a session that was reopened may be another day's, and left late. What was paid for something else
-- goes back, and is not asked for again.
-- Nothing is owed by whoever is gone, nor for what was over before anybody was watching.
create function private.owe_fee(session public.session_schedules, because text, amount numeric, currency text)
  returns boolean
  language plpgsql volatile set search_path = ''
as $$
declare
  v_status text;
begin
  if amount <= 0 or private.ended_before_adoption(session)
     or not exists (select from auth.users u where u.id = session.client_id) then
    return false;
  end if;
  insert into public.owed_fees as f (user_id, session_id, because, amount_minor, currency, scheduled_at)
  values (session.client_id, session.id, owe_fee.because, round(100 * amount)::integer, owe_fee.currency,
          session.scheduled_at)
  on conflict on constraint owed_fees_one_per_session_and_person do update
    set forgiven_at = null, reason = null, because = excluded.because, amount_minor = excluded.amount_minor,
        currency = excluded.currency, scheduled_at = excluded.scheduled_at
   where f.forgiven_at is not null and f.forgiven_by is null
     and (f.paid_at is null or (f.because, f.amount_minor, f.currency, f.scheduled_at)
                             = (excluded.because, excluded.amount_minor, excluded.currency, excluded.scheduled_at))
  returning f.status into v_status;
  return coalesce(v_status = 'owed', false);
end
$$;

-- Whether nothing more can be owed for a session: an admin let its client off, or they paid. So nothing more is quoted.
create function private.is_fee_settled(session public.session_schedules) returns boolean
  language plpgsql stable set search_path = ''
as $$
begin
  return exists (select from public.owed_fees f
                  where f.session_id = session.id and f.user_id = session.client_id
                    and num_nonnulls(f.forgiven_by, f.paid_at) > 0);
end
$$;

-- Its open checkout is closed, and its payment goes back: both by the reconciler, which is told to look now. A checkout
-- that somebody else is at is left to them: whoever settles it looks at its fee again (paying.sql).
create function private.look_at_fee_checkouts(fee_id uuid) returns void
  language sql volatile set search_path = ''
as $$
  update public.checkout_sessions c set next_check_at = now()
   where c.id in (select open.id from public.checkout_sessions open
                   where open.fee_id = look_at_fee_checkouts.fee_id
                     and open.status in ('opening', 'open', 'processing', 'paid') for update skip locked);
$$;

create function private.publish_fee(kind text, fee public.owed_fees) returns void
  language plpgsql volatile set search_path = ''
as $$
begin
  perform private.publish_event(publish_fee.kind, fee.user_id, fee.session_id, jsonb_build_object(
    'fee_id', fee.id, 'amount_minor', fee.amount_minor, 'currency', fee.currency, 'because', fee.because,
    'scheduled_at', fee.scheduled_at, 'was_paid', fee.paid_at is not null,
    'is_decided', fee.forgiven_by is not null));
end
$$;

-- What the rules take back, if anything is owed or was paid.
create function private.end_fee(session_id uuid, user_id uuid, reason text) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_fee public.owed_fees;
begin
  update public.owed_fees f set forgiven_at = now(), reason = end_fee.reason
   where f.session_id = end_fee.session_id and f.user_id = end_fee.user_id
     and f.status in ('owed', 'paid') and f.forgiven_at is null
  returning f.* into v_fee;
  if found then
    perform private.look_at_fee_checkouts(v_fee.id);
    perform private.publish_fee('fee_forgiven', v_fee);
  end if;
end
$$;

revoke execute on function private.owe_fee, private.is_fee_settled, private.look_at_fee_checkouts, private.publish_fee, private.end_fee
  from public, anon, authenticated, service_role;


-- sessions/cancelling.sql

-- Cancelling: whoever cancels and in whatever way, the consequences are the same.
--
--   scheduled -> cancelled      in_progress -> cancelled, not by the client      cancelled -> nothing
--
-- The pages update the row; `cancel_session` does the same update. A trigger decides by the terms what is returned,
-- writes the ledger, the cancellation, the fee and the event, and frees the seat. A cancelled class cancels its seats;
-- a deleted session that was still to come is settled first, so that no credit is lost with it.

-- Before a person's update touches any row, it takes the locks that come before rows: the client's own, and those of
-- the classes they have a seat in. Leaving a seat and cancelling its class would otherwise deadlock.
-- Definer: a lock needs the right to update, and nobody may update a class they have a seat in.
create function private.lock_own_sessions() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.lock_client(auth.uid());
  perform from public.session_schedules class
    where class.id in (select seat.group_class_id from public.session_schedules seat
                        where seat.client_id = auth.uid() and seat.status = 'scheduled')
    order by class.id for update;
  return null;
end
$$;

-- Returned to the lot it came from, until when the terms say: its own end, or later. What was paid singly becomes a
-- credit for its session type, or, where a session has none, for its length and form if anything of that kind is sold.
create function private.return_credit(session public.session_schedules, expires_at timestamptz) returns void
  language plpgsql set search_path = ''
as $$
declare
  v_lot     public.user_session_credits;
  v_payment public.session_payments := private.get_session_payment(session.id);
  v_type    public.session_types;
begin
  if session.credit_lot_id is null then
    select t.* into v_type from public.session_types t
     where t.is_active and (t.duration_minutes, t.is_group) = (session.duration_minutes, session.group_class_id is not null)
     limit 1;
    perform private.grant_credits(
      session.client_id, 1, session_type_id => session.session_type_id, kind => 'return', session_id => session.id,
      duration_minutes => v_type.duration_minutes, is_group => v_type.is_group,
      metadata => jsonb_build_object('source', 'cancellation_refund', 'currency', v_payment.currency,
                                     'total_amount', v_payment.total_amount));
    return;
  end if;

  select * into v_lot from public.user_session_credits c where c.id = session.credit_lot_id for no key update;
  if v_lot.expires_at <= now() then
    -- Credits left in the lot have expired, and stay expired.
    insert into public.credit_ledger (lot_id, user_id, change, kind)
    select v_lot.id, v_lot.user_id, -v_lot.credits_remaining, 'expiry' where v_lot.credits_remaining > 0;
  end if;
  update public.user_session_credits c set expires_at = return_credit.expires_at
   where c.id = v_lot.id and c.expires_at < return_credit.expires_at;
  insert into public.credit_ledger (lot_id, user_id, change, kind, session_id)
  values (v_lot.id, v_lot.user_id, 1, 'return', session.id);
end
$$;

create function private.settle_cancellation(session public.session_schedules, is_grace boolean, reason text)
  returns void
  language plpgsql set search_path = ''
as $$
declare
  v_terms private.cancellation_terms := private.compute_cancellation_terms(session, is_grace);
  v_role  text := private.get_caller_role(session);
begin
  if private.is_class(session) then
    update public.session_schedules seat set status = 'cancelled', notes = 'Cancelled: the class was cancelled'
     where seat.group_class_id = session.id and seat.status in ('scheduled', 'in_progress');
  elsif v_terms.credit_returned = 1 then
    perform private.return_credit(session, v_terms.credit_expires_at);
  elsif v_terms.no_credit_because = 'price_returned' then
    -- It would have been returned, but its price was refunded: one credit fewer is owed.
    update public.user_session_credits c set credits_owed = c.credits_owed - 1
     where c.id = session.credit_lot_id and c.credits_owed > 0;
  end if;
  if is_grace then
    -- The pages read it to see whether the grace is used.
    update public.user_session_credits c set grace_cancellation_used = true
     where c.id = coalesce(session.credit_lot_id, (
       select lot.id from public.user_session_credits lot
        where lot.user_id = session.client_id order by lot.created_at limit 1));
  end if;

  insert into public.session_cancellations
    (session_id, user_id, cancellation_type, hours_before_session, fee_charged, fee_currency, credit_returned,
     credit_currency, reason, approved_by, cancellation_policy_version)
  values
    (session.id, case when not private.is_class(session) then session.client_id end, v_terms.cancellation_type,
     v_terms.hours_before_session, v_terms.fee_charged, v_terms.currency, v_terms.credit_returned, v_terms.currency,
     settle_cancellation.reason, case when v_role <> 'client' then auth.uid() end, v_terms.cancellation_policy_version);
  if not private.is_class(session) then
    perform private.owe_fee(session, 'late_cancellation', v_terms.fee_charged, v_terms.currency);
  end if;
  perform private.publish_event('session_cancelled', session.client_id, session.id, jsonb_build_object(
    'by', v_role, 'practitioner_id', session.practitioner_id, 'scheduled_at', session.scheduled_at,
    'group_class_id', session.group_class_id, 'cancellation_type', v_terms.cancellation_type,
    'credit_returned', v_terms.credit_returned, 'no_credit_because', v_terms.no_credit_because,
    'expires_at', v_terms.credit_expires_at, 'fee_charged', v_terms.fee_charged, 'currency', v_terms.currency)
     || case when settle_cancellation.reason = private.why_unpaid_sessions_end() then '{"because": "payment_returned"}'::jsonb
             else '{}' end);
end
$$;

-- Cancelled by an update: the terms are checked before the row is written, and settled after.

create function private.set_cancelled_at() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  new.cancelled_at := now();
  return new;
end
$$;

-- Definer: the terms depend on rows that whoever cancels may not read.
create function private.authorize_cancellation() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.refuse_uncancellable(old);
  new.grace_cancellation_used := (private.compute_cancellation_terms(old,
    new.notes is distinct from old.notes and new.notes like '%(Grace cancellation used)')).cancellation_type = 'grace';
  return new;
end
$$;

-- Definer: whoever cancels may write neither credits nor cancellations.
create function private.settle_cancelled_session() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.settle_cancellation(old, new.grace_cancellation_used,
    substring(new.notes from '^Cancelled(?: by practitioner)?: (.*?)(?: ?\(Grace cancellation used\))?$'));
  return null;
end
$$;

-- Cancelled by being deleted.

-- Deleting a class in which somebody has or had a seat, or for which somebody waits, cancels it: the row stays as
-- evidence, and they are told. Without its note, the admin page, which lists classes by their notes, shows it no more.
-- Definer: whoever deletes may write neither credits nor cancellations.
create function private.cancel_class_instead_of_deleting() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  if not exists (select from public.session_schedules seat where seat.group_class_id = old.id)
     and not exists (select from public.waiting_list_entries e
                      where e.class_id = old.id and e.status in ('waiting', 'kept')) then
    return old;
  elsif old.status = 'completed' then
    perform private.refuse(409, 'class_is_kept', 'People had a seat in this class, so it is kept.');
  end if;
  update public.session_schedules class set status = 'cancelled', notes = null where class.id = old.id;
  return null;
end
$$;

-- Definer: as above.
create function private.settle_deleted_session() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  -- Where the account was erased, nobody is left to return a credit to.
  if exists (select from auth.users u where u.id = old.client_id) then
    perform private.settle_cancellation(old, false, 'The session was deleted');
  end if;
  return old;
end
$$;

-- Cancelled by name.

create function public.cancel_session(session_id uuid, reason text default null, use_grace boolean default false)
  returns setof public.session_cancellations
  language plpgsql volatile security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  c_grace   constant text := '(Grace cancellation used)';
  v_session public.session_schedules;
begin
  select * into v_session from public.session_schedules s where s.id = cancel_session.session_id;
  if v_session.id is null or private.get_caller_role(v_session) is null then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  end if;
  -- In the words in which the pages write the note, so that there is one form to read.
  update public.session_schedules s
     set status = 'cancelled',
         notes = 'Cancelled' || case when private.get_caller_role(v_session) = 'practitioner' then ' by practitioner' else '' end
              || coalesce(': ' || nullif(btrim(replace(cancel_session.reason, c_grace, '')), ''), '')
              || case when use_grace then ' ' || c_grace else '' end
   where s.id = v_session.id and s.status <> 'cancelled';

  -- Cancelling again returns the first cancellation.
  return query select * from public.session_cancellations c where c.session_id = v_session.id order by c.cancelled_at limit 1;
  if not found then
    perform private.refuse(409, 'session_not_cancellable', 'Only a scheduled session can be cancelled.');
  end if;
end
$$;

comment on function public.cancel_session is
  'Cancels a session, a seat or a class, as the pages do by updating the row.';

revoke execute on function private.lock_own_sessions, private.set_cancelled_at, private.return_credit,
  private.settle_cancellation, private.authorize_cancellation, private.settle_cancelled_session,
  private.cancel_class_instead_of_deleting, private.settle_deleted_session, public.cancel_session from public, anon,
  authenticated, service_role;

grant execute on function public.cancel_session to authenticated;


-- sessions/rescheduling.sql

-- Rescheduling: the same rules as for booking, and for a client the same hours as for cancelling free of charge.
--
-- The pages update `scheduled_at`; `reschedule_session` does the same update. Credit, price and everything else stay
-- with the row. A class moves with all its seats, a seat never alone. A practitioner moves a session within their own
-- hours and with the notice of the policy; else the client is asked (proposals.sql), and their yes is their own move.
-- An admin may move it to any time that is not taken. The platform is not checked: `private.recompute_session_starts`
-- moves sessions when clock rules change.

-- Whether a practitioner's move needs the client's yes: outside their hours, beyond the time they offer, or so late
-- that the client, by the policy, could not leave any more: before the time that was agreed, or before the new one.
create function private.move_needs_yes(session public.session_schedules, scheduled_at timestamptz) returns boolean
  language sql stable set search_path = ''
as $$
  select least((session).scheduled_at, move_needs_yes.scheduled_at)
           - make_interval(hours => (private.get_cancellation_policy(session)).standard_cancellation_hours) < now()
      or move_needs_yes.scheduled_at > now() + make_interval(days => c.booking_horizon_days)
      or not private.is_in_hours((session).practitioner_id, move_needs_yes.scheduled_at, (session).duration_minutes)
    from public.practitioner_calendars c where c.practitioner_id = (session).practitioner_id;
$$;

-- Definer: it depends on other bookings of the practitioner, which the caller may not read.
create function private.authorize_reschedule() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  v_role text := private.get_caller_role(old);
begin
  -- Each move is told to everybody in it.
  if v_role in ('client', 'practitioner') and old.group_class_id is null then
    perform private.limit_use('times moved', auth.uid());
  end if;
  if old.group_class_id is not null then
    if new.scheduled_at <> (select class.scheduled_at from public.session_schedules class
                             where class.id = old.group_class_id) then
      perform private.refuse(409, 'seat_moves_with_its_class', 'A seat is when its class is.', 'Leave the class and join another.');
    end if;
  elsif v_role = 'platform' then
    null;
  elsif old.status <> 'scheduled' then
    perform private.refuse(409, 'session_not_movable', 'Only a scheduled session can be moved.');
  elsif private.is_accepted_time(old.id, new.scheduled_at) then
    null;  -- both want it
  elsif v_role = 'client' then
    if now() > private.get_free_until(old) then
      perform private.refuse(409, 'too_late_to_move', 'It is too late to move this session.', 'You can still cancel it.');
    end if;
    perform private.lock_calendars(old.practitioner_id, old.client_id);
    perform private.refuse_unbookable(old.practitioner_id, new.scheduled_at, old.duration_minutes, old.client_id, old.id);
  elsif new.scheduled_at <= now() then
    perform private.refuse(409, 'slot_in_past', 'This time has passed.', 'Please choose another time.');
  elsif v_role = 'practitioner' and private.move_needs_yes(old, new.scheduled_at) then
    perform private.refuse(409, 'change_needs_a_yes',
      'This time is outside your hours, or too close to the session: your client must agree to it.',
      'Propose it with propose_session_time. Your client is asked, and a yes moves the session.');
  end if;
  new.reminder_sent := null;
  return new;
end
$$;

-- Definer: whoever reschedules a class need not have the right to read its seats.
create function private.copy_class_schedule_to_seats() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  update public.session_schedules seat
     set practitioner_id = new.practitioner_id, scheduled_at = new.scheduled_at, duration_minutes = new.duration_minutes,
         session_location = new.session_location, physical_location = new.physical_location,
         studio_id = new.studio_id, class_name = new.class_name,
         notes = case seat.notes when private.describe_joining(old) then private.describe_joining(new) else seat.notes end
   where seat.group_class_id = new.id and seat.status in ('scheduled', 'in_progress');
  return null;
end
$$;

-- In people's calendars a session is one entry for good: its id is the entry's, and each change raises the sequence. It
-- is raised in the transaction of the change, and never counted from mails, which arrive in any order.
create function private.raise_calendar_sequence() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  new.calendar_sequence := old.calendar_sequence + 1;
  return new;
end
$$;

create function public.reschedule_session(session_id uuid, scheduled_at timestamptz)
  returns setof public.session_schedules
  language plpgsql volatile security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  v_session public.session_schedules;
begin
  select * into v_session from public.session_schedules s where s.id = reschedule_session.session_id;
  if v_session.id is null or private.get_caller_role(v_session) is null then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  end if;
  -- To the time it has already, nothing changes, so a second click is fine.
  return query
    update public.session_schedules s
       set scheduled_at = reschedule_session.scheduled_at,
           notes = case when s.scheduled_at = reschedule_session.scheduled_at then s.notes
                        -- A full note must not keep anybody from rescheduling.
                        else coalesce(left(s.notes, 9900) || E'\n\n', '') || 'Rescheduled on ' || current_date end
     where s.id = v_session.id
    returning s.*;
end
$$;

comment on function public.reschedule_session is 'Reschedules a session or a class, as the pages do by updating the row.';

revoke execute on function private.move_needs_yes, private.authorize_reschedule, private.copy_class_schedule_to_seats,
  private.raise_calendar_sequence, public.reschedule_session from public, anon, authenticated, service_role;

grant execute on function public.reschedule_session to authenticated;


-- sessions/changes.sql

-- Changes: one event for each change that calendars show, whatever changed and however many columns at once.
--
--   session_rescheduled   the time, and whatever else was changed with it
--   session_changed       length, place, online or in person, name or practitioner, but not the time
--   session_given_away    for the practitioner who led it until then
--
-- An event keeps the values before it, by column. A mail states the session as it is when the mail leaves, and all that
-- is different from what its reader was told last (messages/change_summaries.sql): of two changes in a minute one mail
-- is sent, and neither is lost. A session that was to be by now is changed by nobody's notice any more.

-- The values before the change, by column; null if none of those that calendars show is another.
create function private.list_previous_values(before public.session_schedules, after public.session_schedules)
  returns jsonb
  language sql stable set search_path = ''
as $$
  select jsonb_object_agg(was.key, was.value)
    from jsonb_each(to_jsonb(before)) was
   where was.key in ('scheduled_at', 'duration_minutes', 'practitioner_id', 'session_location', 'physical_location', 'class_name')
     and was.value is distinct from to_jsonb(after) -> was.key;
$$;

create function private.publish_change(session public.session_schedules, previous jsonb, by text) returns void
  language sql volatile set search_path = ''
as $$
  select private.publish_event(
    case when previous ? 'scheduled_at' then 'session_rescheduled' else 'session_changed' end,
    (session).client_id, (session).id, jsonb_strip_nulls(jsonb_build_object(
      'by', by, 'practitioner_id', (session).practitioner_id, 'group_class_id', (session).group_class_id,
      'previous_scheduled_at', previous -> 'scheduled_at', 'scheduled_at', (session).scheduled_at,
      'accepted', private.is_accepted_time((session).id, (session).scheduled_at)))
    || jsonb_build_object('previous', previous));
$$;

-- Definer: nobody reads or writes the outbox.
create function private.publish_session_change() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  v_previous jsonb := private.list_previous_values(old, new);
  v_by       text := coalesce(private.get_caller_role(old), private.get_caller_role(new), 'platform');
begin
  perform private.publish_change(new, v_previous, v_by);
  -- Whoever leads a class hears of it once, not of each seat.
  if v_previous ? 'practitioner_id' and new.group_class_id is null then
    perform private.publish_event('session_given_away', null, new.id, jsonb_build_object(
      'by', v_by, 'practitioner_id', old.practitioner_id, 'scheduled_at', old.scheduled_at));
  end if;
  return null;
end
$$;

revoke execute on function private.list_previous_values, private.publish_change, private.publish_session_change
  from public, anon, authenticated, service_role;


-- sessions/proposals.sql

-- Proposals: another time for a session that the practitioner asks the client for, and the client's answer.
--
--   open -> accepted    the client's yes: the session moves, and the new time is the agreed one
--   open -> declined    their no: all stays as it was, and the practitioner is told
--   open -> expired     no answer until the deadline: the same
--   open -> withdrawn   another proposal took its place, or the session was moved or cancelled meanwhile
--
-- A time that is proposed is not kept: a yes to a time that was taken meanwhile is refused, and the session stays. The
-- client answers in the same way to a change that was made already (agreements.sql): yes is agreeing to it, no is
-- leaving, free of charge.

create table private.session_proposals (
  id           bigint      primary key generated always as identity,
  session_id   uuid        not null references public.session_schedules on delete cascade,
  scheduled_at timestamptz not null,
  answer_until timestamptz not null,
  status       text        not null default 'open' check (status in ('open', 'accepted', 'declined', 'expired', 'withdrawn')),
  created_at   timestamptz not null default now(),
  ended_at     timestamptz,

  constraint session_proposals_scheduled_at_is_in_range check (scheduled_at between '2000-01-01' and '2100-01-01')
);

comment on table private.session_proposals is 'Times that a practitioner asked their client for.';

create index session_proposals_session_id_idx on private.session_proposals (session_id);

create unique index session_proposals_one_is_open on private.session_proposals (session_id) where status = 'open';

create index session_proposals_due_idx on private.session_proposals (answer_until) where status = 'open';

alter table private.session_proposals enable row level security;

-- No grant and no policy: only the functions below touch it.

-- Whether the client said yes to this time in this very transaction: that is what lets the session move to it.
-- Definer: whoever moves a session may not read proposals.
create function private.is_accepted_time(session_id uuid, scheduled_at timestamptz) returns boolean
  language sql stable security definer set search_path = ''
as $$
  select exists (select from private.session_proposals p
                  where p.session_id = is_accepted_time.session_id and p.scheduled_at = is_accepted_time.scheduled_at
                    and p.status = 'accepted' and p.ended_at = now());
$$;

create function private.get_answer_deadline(session public.session_schedules, scheduled_at timestamptz default null)
  returns timestamptz
  language sql stable set search_path = ''
as $$
  select least(now() + make_interval(hours => r.answer_hours), (session).scheduled_at, get_answer_deadline.scheduled_at)
    from public.session_rules r;
$$;

-- Definer: it writes proposals, and reads others' bookings to know what is taken.
create function private.propose_session_time(session_id uuid, scheduled_at timestamptz)
  returns private.session_proposals
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_session  public.session_schedules;
  v_proposal private.session_proposals;
begin
  select * into v_session from public.session_schedules s where s.id = propose_session_time.session_id for update;
  if v_session.id is null or coalesce(private.get_caller_role(v_session), 'none') not in ('practitioner', 'admin') then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  elsif v_session.max_participants > 1 or v_session.group_class_id is not null then
    perform private.refuse(409, 'class_asks_nobody', 'A time is proposed to one client, not to a class.',
                           'An admin moves a class. Whoever has a seat in it may then leave freely.');
  elsif v_session.status <> 'scheduled' or v_session.scheduled_at <= now() then
    perform private.refuse(409, 'session_not_movable', 'Only a scheduled session can be moved.');
  elsif propose_session_time.scheduled_at is null or propose_session_time.scheduled_at = v_session.scheduled_at then
    perform private.refuse(409, 'nothing_to_change', 'The session is at this time already.', 'Propose another time.');
  elsif propose_session_time.scheduled_at <= now() then
    perform private.refuse(409, 'slot_in_past', 'This time has passed.', 'Please choose another time.');
  elsif propose_session_time.scheduled_at > now() + interval '2 years' then
    perform private.refuse(409, 'beyond_horizon', 'A session is moved by two years at most.', 'Please choose an earlier time.');
  elsif not private.is_free_time(v_session.practitioner_id, propose_session_time.scheduled_at, v_session.duration_minutes,
                                 v_session.id) then
    perform private.refuse(409, 'slot_taken', 'This time is taken.', 'Please choose another time.');
  end if;

  -- A second click finds the first proposal.
  select * into v_proposal from private.session_proposals p
   where p.session_id = v_session.id and p.status = 'open' and p.scheduled_at = propose_session_time.scheduled_at
     and p.answer_until > now();
  if found then
    return v_proposal;
  end if;
  perform private.limit_use('times moved', auth.uid());
  update private.session_proposals p set status = 'withdrawn', ended_at = now()
   where p.session_id = v_session.id and p.status = 'open';
  insert into private.session_proposals as p (session_id, scheduled_at, answer_until)
  values (v_session.id, propose_session_time.scheduled_at,
          private.get_answer_deadline(v_session, propose_session_time.scheduled_at))
  returning p.* into v_proposal;
  perform private.publish_event('change_proposed', v_session.client_id, v_session.id, jsonb_build_object(
    'proposal_id', v_proposal.id, 'practitioner_id', v_session.practitioner_id, 'scheduled_at', v_session.scheduled_at,
    'proposed_scheduled_at', v_proposal.scheduled_at, 'answer_until', v_proposal.answer_until));
  return v_proposal;
end
$$;

create function public.propose_session_time(session_id uuid, scheduled_at timestamptz)
  returns table (session_id uuid, proposed_scheduled_at timestamptz, answer_until timestamptz)
  language sql volatile security invoker set search_path = ''
as $$
  select p.session_id, p.scheduled_at, p.answer_until
    from private.propose_session_time(propose_session_time.session_id, propose_session_time.scheduled_at) p;
$$;

comment on function public.propose_session_time is
  'For practitioners: asks the client of a session for another time. Their yes moves it; else all stays as it is.';

-- Ends an open proposal that got no yes, and tells the practitioner.
create function private.end_proposal(proposal private.session_proposals, status text) returns void
  language plpgsql volatile set search_path = ''
as $$
begin
  update private.session_proposals p set status = end_proposal.status, ended_at = now() where p.id = (proposal).id;
  perform private.publish_event('change_declined', null, s.id, jsonb_build_object(
            'practitioner_id', s.practitioner_id, 'scheduled_at', s.scheduled_at, 'answer', end_proposal.status,
            'proposed_scheduled_at', (proposal).scheduled_at))
     from public.session_schedules s where s.id = (proposal).session_id;
end
$$;

-- The client's answer. `proposal_id` and `sequence` say what they were looking at: an answer to what has changed since
-- is none. Without them it is to whatever is asked now.
-- Definer: it writes proposals, agreements and, for a seat, locks its class.
create function private.answer_session_change(
  session_id uuid, accepts boolean, proposal_id bigint default null, sequence integer default null)
  returns table (outcome text, scheduled_at timestamptz)
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_session  public.session_schedules;
  v_proposal private.session_proposals;
  v_asks     text;
begin
  -- In the order of locks: the client, the class, the session.
  perform private.lock_client(auth.uid());
  perform from public.session_schedules class
    where class.id = (select s.group_class_id from public.session_schedules s where s.id = answer_session_change.session_id)
      for update;
  select * into v_session from public.session_schedules s
   where s.id = answer_session_change.session_id and s.client_id = auth.uid() and not private.is_class(s) for update;
  if not found then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  end if;
  select * into v_proposal from private.session_proposals p
   where p.session_id = v_session.id order by p.id desc limit 1 for update;
  v_asks := case
    when v_proposal.status = 'open' and v_proposal.answer_until > now() then 'proposal'
    when v_session.status = 'scheduled' and v_session.scheduled_at > now() and private.has_unagreed_change(v_session)
      then 'change' end;

  -- A second click gets the answer of the first, also where something else is asked by now.
  if not accepts and v_proposal.status = 'declined' and (v_asks is null or answer_session_change.proposal_id = v_proposal.id)
     and v_session.status = 'scheduled' then
    outcome := 'kept';
  elsif v_asks is not null and answer_session_change.sequence is not null
        and (answer_session_change.proposal_id, answer_session_change.sequence) is distinct from (
      case v_asks when 'proposal' then v_proposal.id end, v_session.calendar_sequence) then
    perform private.refuse(409, 'question_changed', 'Something has changed since you opened this page.',
                           'Please look again, and then answer.');
  elsif v_asks = 'proposal' then
    if accepts then
      update private.session_proposals p set status = 'accepted', ended_at = now() where p.id = v_proposal.id;
      update public.session_schedules s set scheduled_at = v_proposal.scheduled_at where s.id = v_session.id;
      outcome := 'moved';
    else
      perform private.end_proposal(v_proposal, 'declined');
      outcome := 'kept';
    end if;
  elsif v_asks = 'change' then
    if accepts then
      perform private.agree_to_session(v_session);
      outcome := 'agreed';
    else
      update public.session_schedules s set status = 'cancelled', notes = 'Cancelled: the change did not suit the client'
       where s.id = v_session.id;
      outcome := 'cancelled';
    end if;
  elsif v_session.status = 'scheduled' and accepts and v_proposal.status = 'accepted'
        and v_proposal.scheduled_at = v_session.scheduled_at then
    outcome := 'moved';
  elsif v_session.status = 'scheduled' and accepts and answer_session_change.proposal_id is null
        and exists (select from private.session_agreements a where a.session_id = v_session.id) then
    outcome := 'agreed';
  elsif v_session.status = 'cancelled' and not accepts then
    outcome := 'cancelled';
  elsif v_session.status = 'scheduled' and v_proposal.status in ('open', 'expired') then
    perform private.refuse(409, 'answer_too_late', 'The time to answer is over: your session stays as it is.');
  else
    perform private.refuse(409, 'nothing_to_answer', 'There is nothing to answer any more: this session is as it was agreed.');
  end if;
  select s.scheduled_at into scheduled_at from public.session_schedules s where s.id = v_session.id;
  return next;
end
$$;

create function public.answer_session_change(session_id uuid, accepts boolean)
  returns table (outcome text, scheduled_at timestamptz)
  language sql volatile security invoker set search_path = ''
as $$
  select a.outcome, a.scheduled_at from private.answer_session_change(answer_session_change.session_id, accepts) a;
$$;

comment on function public.answer_session_change is
  'For clients. To a proposed time: moved or kept. To a change that was made: agreed, or cancelled with full credit.';

revoke execute on function private.is_accepted_time, private.get_answer_deadline, private.propose_session_time,
  public.propose_session_time, private.end_proposal, private.answer_session_change, public.answer_session_change
  from public, anon, authenticated, service_role;

grant execute on function private.propose_session_time, public.propose_session_time, private.answer_session_change,
  public.answer_session_change to authenticated;


-- sessions/substitutes.sql

-- Substitutes: an admin gives a session or a class to another practitioner, at once or to whoever says yes first.
--
--   open -> accepted    the first yes: the session is theirs
--   open -> taken       somebody else was quicker, or an admin gave it away
--   open -> declined    their no
--   open -> expired     no answer until the deadline
--   open -> withdrawn   the session was moved or cancelled meanwhile
--
-- What follows from the practitioner follows by itself: the time that is taken, seats, who may read, join and
-- recommend, and who earns it. Hours are an admin's to overrule, or the practitioner's own by their yes; what overlaps
-- never is. Two forms of one class at one time are one occasion, and given away together.

create table private.session_offers (
  id              bigint      primary key generated always as identity,
  session_id      uuid        not null references public.session_schedules on delete cascade,
  practitioner_id uuid        not null references public.practitioners on delete cascade,
  offered_by      uuid        references auth.users on delete set null,
  answer_until    timestamptz not null,
  status          text        not null default 'open' check (status in (
                                'open', 'accepted', 'taken', 'declined', 'expired', 'withdrawn')),
  created_at      timestamptz not null default now(),
  ended_at        timestamptz
);

comment on table private.session_offers is 'Sessions that practitioners were asked to take over.';

create index session_offers_session_id_idx on private.session_offers (session_id);

create index session_offers_practitioner_id_idx on private.session_offers (practitioner_id);

create index session_offers_offered_by_idx on private.session_offers (offered_by);

create unique index session_offers_one_is_open on private.session_offers (session_id, practitioner_id) where status = 'open';

create index session_offers_due_idx on private.session_offers (answer_until) where status = 'open';

alter table private.session_offers enable row level security;

-- No grant and no policy: only the functions below touch it.

-- Why a practitioner cannot take a session over; null: they can.
create function private.find_reason_not_to_lead(session public.session_schedules, practitioner_id uuid) returns text
  language sql stable set search_path = ''
as $$
  select case
    when (session).practitioner_id = p.id then 'practitioner_leads_it'
    when not p.available
      or (session).scheduled_at + make_interval(mins => (session).duration_minutes) > private.get_bookable_until(p.id)
      then 'practitioner_unavailable'
    when p.user_id in (select seat.client_id from public.session_schedules seat
                        where (seat.id = (session).id and not private.is_class(seat)
                               or seat.group_class_id = (session).id) and seat.status <> 'cancelled')
      then 'practitioner_takes_part'
    when not private.is_free_time(p.id, (session).scheduled_at, (session).duration_minutes, (session).id) then 'slot_taken'
    when not private.is_in_hours(p.id, (session).scheduled_at, (session).duration_minutes) then 'outside_availability' end
    from public.practitioners p where p.id = find_reason_not_to_lead.practitioner_id;
$$;

create function private.refuse_substitute(
  session public.session_schedules, practitioner_id uuid, outside_hours boolean) returns void
  language plpgsql stable set search_path = ''
as $$
declare
  v_name text;
begin
  select p.name into v_name from public.practitioners p where p.id = refuse_substitute.practitioner_id;
  if not found then
    perform private.refuse(404, 'practitioner_not_found', 'There is no such practitioner.');
  end if;
  case private.find_reason_not_to_lead(session, refuse_substitute.practitioner_id)
    when 'practitioner_leads_it' then
      perform private.refuse(409, 'practitioner_leads_it', 'This practitioner leads the session already.');
    when 'practitioner_unavailable' then
      perform private.refuse(409, 'practitioner_unavailable', 'This practitioner is paused, or has no contract for that time.',
                             'Please choose another practitioner.');
    when 'practitioner_takes_part' then
      perform private.refuse(409, 'practitioner_takes_part', 'This practitioner is a client in this session.',
                             'Please choose another practitioner.');
    when 'slot_taken' then
      perform private.refuse(409, 'slot_taken', 'This practitioner''s time is taken.', 'Please choose another practitioner.');
    when 'outside_availability' then
      if not outside_hours then
        perform private.refuse(409, 'outside_availability', 'This practitioner does not work at this time.',
                               'Give it with outside_hours if they agreed, or offer it to them.');
      end if;
    else null;
  end case;
end
$$;

-- The session, locked, for whoever gives it away or takes it.
create function private.lock_session_to_give(session_id uuid) returns public.session_schedules
  language plpgsql volatile set search_path = ''
as $$
declare
  v_session public.session_schedules;
begin
  -- In the order of locks: the client, then rows.
  select * into v_session from public.session_schedules s where s.id = lock_session_to_give.session_id;
  if not private.is_class(v_session) then
    perform private.lock_client(v_session.client_id);
  end if;
  -- The other form of a class as well: both go together.
  perform from public.session_schedules s where s.id in (v_session.id, v_session.correlated_session_id) order by s.id for update;
  select * into v_session from public.session_schedules s where s.id = lock_session_to_give.session_id;
  if v_session.id is null then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  elsif v_session.group_class_id is not null then
    perform private.refuse(409, 'seat_follows_its_class', 'A seat has the practitioner of its class.', 'Give the class away.');
  elsif v_session.status <> 'scheduled' or v_session.scheduled_at <= now() then
    perform private.refuse(409, 'session_started', 'This session has begun, or was cancelled.');
  end if;
  return v_session;
end
$$;

create function private.hand_over(session public.session_schedules, practitioner_id uuid) returns void
  language sql volatile set search_path = ''
as $$
  update public.session_schedules s set practitioner_id = hand_over.practitioner_id
   where s.id = (session).id
      or (private.is_class(session) and s.id = (session).correlated_session_id and s.status = 'scheduled'
          and (s.practitioner_id, s.scheduled_at) = ((session).practitioner_id, (session).scheduled_at));
$$;

-- Returns who led it until now. Definer: nobody may write the practitioner of a session.
create function private.give_session_to(session_id uuid, practitioner_id uuid, outside_hours boolean) returns uuid
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_session public.session_schedules;
begin
  if not private.is_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins give a session to another practitioner.');
  end if;
  v_session := private.lock_session_to_give(give_session_to.session_id);
  perform private.refuse_substitute(v_session, give_session_to.practitioner_id, coalesce(outside_hours, false));
  perform private.hand_over(v_session, give_session_to.practitioner_id);
  return v_session.practitioner_id;
end
$$;

create function public.give_session_to(session_id uuid, practitioner_id uuid, outside_hours boolean default false)
  returns table (session_id uuid, practitioner_id uuid, previous_practitioner_id uuid)
  language sql volatile security invoker set search_path = ''
as $$
  select give_session_to.session_id, give_session_to.practitioner_id,
         private.give_session_to(give_session_to.session_id, give_session_to.practitioner_id, outside_hours);
$$;

comment on function public.give_session_to is
  'For admins: another practitioner leads a session or class from now on. Outside their hours only if you say so.';

-- Definer: it writes offers, and reads everybody's time.
create function private.offer_session_to(session_id uuid, practitioner_ids uuid[], until timestamptz)
  returns table (practitioner_id uuid, answer_until timestamptz)
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_session      public.session_schedules;
  v_practitioner uuid;
  v_offer        private.session_offers;
  v_until        timestamptz;
begin
  if not private.is_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins offer a session to practitioners.');
  elsif coalesce(cardinality(practitioner_ids), 0) not between 1 and 50 then
    perform private.refuse(422, 'practitioners_missing', 'Name the practitioners to ask: between 1 and 50.');
  end if;
  v_session := private.lock_session_to_give(offer_session_to.session_id);
  v_until := least(offer_session_to.until, private.get_answer_deadline(v_session));
  if v_until <= now() then
    perform private.refuse(422, 'deadline_past', 'This moment has passed.', 'Give them until a later one.');
  end if;
  for v_practitioner in select distinct id from unnest(practitioner_ids) id order by id loop
    -- Their yes overrules their hours.
    perform private.refuse_substitute(v_session, v_practitioner, outside_hours => true);
    insert into private.session_offers as o (session_id, practitioner_id, offered_by, answer_until)
    values (v_session.id, v_practitioner, auth.uid(), v_until)
    on conflict (session_id, practitioner_id) where status = 'open' do nothing
    returning o.* into v_offer;
    if found then
      perform private.publish_event('session_offered', null, v_session.id, jsonb_build_object(
        'offer_id', v_offer.id, 'practitioner_id', v_practitioner, 'scheduled_at', v_session.scheduled_at,
        'answer_until', v_offer.answer_until));
    end if;
  end loop;
  return query select o.practitioner_id, o.answer_until from private.session_offers o
    where o.session_id = v_session.id and o.status = 'open' order by o.id;
end
$$;

create function public.offer_session_to(session_id uuid, practitioner_ids uuid[], until timestamptz default null)
  returns table (practitioner_id uuid, answer_until timestamptz)
  language sql volatile security invoker set search_path = ''
as $$
  select o.practitioner_id, o.answer_until
    from private.offer_session_to(offer_session_to.session_id, practitioner_ids, offer_session_to.until) o;
$$;

comment on function public.offer_session_to is
  'For admins: asks practitioners to take a session or class over. The first yes wins. Returns what is open.';

-- Ends an open offer without a yes. Who was too late, or whose offer was withdrawn, is told; and when nobody is left to
-- say yes, whoever offered it.
create function private.end_offer(offer private.session_offers, status text) returns void
  language plpgsql volatile set search_path = ''
as $$
begin
  update private.session_offers o set status = end_offer.status, ended_at = now() where o.id = (offer).id;
  if end_offer.status in ('taken', 'withdrawn') then
    perform private.publish_event('session_offer_closed', null, s.id, jsonb_build_object(
              'practitioner_id', (offer).practitioner_id, 'scheduled_at', s.scheduled_at, 'because', end_offer.status))
       from public.session_schedules s where s.id = (offer).session_id;
  elsif not exists (select from private.session_offers o where o.session_id = (offer).session_id and o.status = 'open') then
    perform private.publish_event('session_not_taken', (offer).offered_by, s.id, jsonb_build_object(
              'practitioner_id', s.practitioner_id, 'scheduled_at', s.scheduled_at))
       from public.session_schedules s where s.id = (offer).session_id and (offer).offered_by is not null;
  end if;
end
$$;

-- The practitioner's answer. Definer: it writes offers, and the practitioner of the session.
create function private.answer_session_offer(session_id uuid, accepts boolean) returns text
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_session public.session_schedules;
  v_offer   private.session_offers;
begin
  -- Who answers first has the session; everybody else waits for its row, and then finds their offer ended.
  perform from private.session_offers o
    where o.session_id = answer_session_offer.session_id and o.practitioner_id = any (array(select private.my_practitioner_ids()));
  if not found then
    perform private.refuse(404, 'offer_not_found', 'There is no such offer.');
  end if;
  v_session := private.lock_session_to_give(answer_session_offer.session_id);
  select * into v_offer from private.session_offers o
   where o.session_id = v_session.id and o.practitioner_id = any (array(select private.my_practitioner_ids()))
   order by o.id desc limit 1 for update;
  case
    when v_offer.status = 'accepted' and accepts or v_offer.status = 'declined' and not accepts then
      return v_offer.status;  -- a second click
    when v_offer.status in ('accepted', 'declined') then
      perform private.refuse(409, 'offer_answered', 'You have answered this already.', 'Write to us if you have changed your mind.');
    when v_offer.status = 'taken' then
      perform private.refuse(409, 'offer_taken', 'Somebody else has taken this session. Thank you all the same.');
    when v_offer.status = 'withdrawn' then
      perform private.refuse(409, 'offer_withdrawn', 'This offer was withdrawn: the session has changed.');
    when v_offer.status = 'expired' or v_offer.answer_until <= now() then
      perform private.refuse(409, 'offer_expired', 'This offer has ended.', 'Write to us if you can still take the session.');
    when not accepts then
      perform private.end_offer(v_offer, 'declined');
      return 'declined';
    else
      perform private.refuse_substitute(v_session, v_offer.practitioner_id, outside_hours => true);
      update private.session_offers o set status = 'accepted', ended_at = now() where o.id = v_offer.id;
      perform private.hand_over(v_session, v_offer.practitioner_id);
      return 'accepted';
  end case;
end
$$;

create function public.answer_session_offer(session_id uuid, accepts boolean) returns table (outcome text)
  language sql volatile security invoker set search_path = ''
as $$
  select private.answer_session_offer(answer_session_offer.session_id, accepts);
$$;

comment on function public.answer_session_offer is
  'For practitioners who were asked to take a session over: accepted, if nobody was quicker, or declined.';

-- A session that has another time or practitioner, or is cancelled: what was asked about it is no question any more.
-- Definer: whoever changes a session may write neither proposals nor offers.
create function private.close_questions() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  update private.session_proposals p set status = 'withdrawn', ended_at = now()
   where p.session_id = new.id and p.status = 'open';
  perform private.end_offer(o, case when new.practitioner_id <> old.practitioner_id then 'taken' else 'withdrawn' end)
     from private.session_offers o where o.session_id = new.id and o.status = 'open';
  return null;
end
$$;

-- Ends what nobody answered in time, and tells whoever asked. Returns how many.
-- Definer: the service may write neither proposals nor offers.
create function private.expire_questions() returns integer
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_proposal private.session_proposals;
  v_offer    private.session_offers;
  v_count    integer := 0;
begin
  for v_proposal in
    select p.* from private.session_proposals p where p.status = 'open' and p.answer_until <= now()
     order by p.answer_until limit 200 for update skip locked
  loop
    perform private.end_proposal(v_proposal, 'expired');
    v_count := v_count + 1;
  end loop;
  for v_offer in
    select o.* from private.session_offers o where o.status = 'open' and o.answer_until <= now()
     order by o.answer_until limit 200 for update skip locked
  loop
    perform private.end_offer(v_offer, 'expired');
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$$;

revoke execute on function private.find_reason_not_to_lead, private.refuse_substitute, private.lock_session_to_give,
  private.hand_over, private.give_session_to, public.give_session_to, private.offer_session_to, public.offer_session_to,
  private.end_offer, private.answer_session_offer, public.answer_session_offer, private.close_questions,
  private.expire_questions from public, anon, authenticated, service_role;

grant execute on function private.give_session_to, public.give_session_to, private.offer_session_to,
  public.offer_session_to, private.answer_session_offer, public.answer_session_offer to authenticated;

grant execute on function private.expire_questions to service_role;
