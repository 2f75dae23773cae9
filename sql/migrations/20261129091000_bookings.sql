-- From sql/schemas: sessions/session_rules, sessions/booking, sessions/group_classes, sessions/cancellation_terms, sessions/cancelling, sessions/rescheduling.

-- Functions name what later chapters make.
set check_function_bodies = off;


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
  updated_at                 timestamptz not null default now(),

  constraint session_rules_minutes_are_in_range check (
    practitioner_grace_minutes between 1 and 60 and client_grace_minutes between 1 and 60
    and completion_grace_minutes between 0 and 60 and empty_minutes between 1 and 60),
  constraint session_rules_client_days_are_in_range check (client_days between 1 and 3650)
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
  'A session whose channel has been empty for so long is completed, even before its scheduled end.'
  ' Agora''s recorder, alone in its channel, leaves after as long.';
comment on column public.session_rules.client_days is
  'So long after their last session somebody is still a client, for whom the practitioner books and writes.';

create unique index session_rules_are_one_row on public.session_rules ((true));

alter table public.session_rules enable row level security;

create policy "people who are signed in read the session rules"
  on public.session_rules for select to authenticated using (true);
create policy "admins change the session rules"
  on public.session_rules for update to authenticated using ((select private.is_admin()));

revoke all on public.session_rules from anon, authenticated, service_role;
grant select on public.session_rules to authenticated, service_role;
grant update (practitioner_grace_minutes, client_grace_minutes, client_no_show_forfeits, completion_grace_minutes,
              empty_minutes, client_days)
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
  perform private.publish_event('session_booked', new.client_id, new.id, jsonb_build_object(
    'practitioner_id', new.practitioner_id, 'scheduled_at', new.scheduled_at, 'group_class_id', new.group_class_id));
  return null;
end
$$;

-- What a booking requires.

create function private.refuse_without_waiver(user_id uuid) returns void
  language plpgsql stable set search_path = ''
as $$
begin
  if not exists (select from public.liability_waivers w join public.waiver_policy p on p.version = w.waiver_policy_version
                  where w.user_id = refuse_without_waiver.user_id and w.session_id is null and p.is_active) then
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
  elsif physical_location ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' and not exists (
        select from public.studio_locations l where l.id = physical_location::uuid and l.is_active) then
    perform private.refuse(404, 'studio_not_found', 'There is no such studio.', 'Choose a studio or give an address.');
  elsif abs(location_coordinates[0]) > 180 or abs(location_coordinates[1]) > 90 then
    perform private.refuse(409, 'coordinates_off_the_map', 'These coordinates are not on the map.',
                           'Give longitude and latitude in degrees.');
  end if;
end
$$;

create function private.build_room_name(kind text, practitioner_id uuid, client_id uuid) returns text
  language sql volatile set search_path = ''
as $$
  -- As the pages name rooms, only with microseconds: two bookings may share a millisecond, and names are unique.
  select format('%s-%s-%s-%s', kind, left(practitioner_id::text, 8), left(client_id::text, 8),
                floor(extract(epoch from clock_timestamp()) * 1000000)::bigint);
$$;

-- Whether the user has a live hold on exactly this time.
create function private.has_slot_hold(
  user_id uuid, practitioner_id uuid, scheduled_at timestamptz, duration_minutes integer)
  returns boolean
  language sql stable set search_path = ''
as $$
  select exists (
    select from public.session_holds h
     where h.user_id = has_slot_hold.user_id and h.practitioner_id = has_slot_hold.practitioner_id
       and h.scheduled_at = has_slot_hold.scheduled_at and h.duration_minutes >= has_slot_hold.duration_minutes
       and h.group_class_id is null and h.status = 'held' and h.expires_at > now() and has_slot_hold.scheduled_at > now());
$$;

-- A one-to-one session, paid with a credit or paid elsewhere. What cannot be booked is refused, and then nothing has
-- happened. The caller holds the client's lock.
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
  v_lot       uuid;
  v_session   uuid;
begin
  perform private.lock_calendar(insert_session.practitioner_id);
  -- A time that was free when it was held is theirs, even if the required notice has passed meanwhile.
  if not private.has_slot_hold(insert_session.client_id, insert_session.practitioner_id, insert_session.scheduled_at,
                               v_minutes) then
    perform private.refuse_unbookable(insert_session.practitioner_id, insert_session.scheduled_at, v_minutes,
                                      insert_session.client_id);
  end if;
  if with_credit then
    v_lot := private.choose_credit_lot(insert_session.client_id, array[insert_session.session_type_id]);
  end if;
  insert into public.session_schedules
    (practitioner_id, client_id, scheduled_at, duration_minutes, room_name, session_type_id, notes, credit_lot_id,
     session_location, physical_location, location_coordinates, cancellation_policy_version, cancellation_policy_agreed_at)
  values
    (insert_session.practitioner_id, insert_session.client_id, insert_session.scheduled_at, v_minutes,
     private.build_room_name('session', insert_session.practitioner_id, insert_session.client_id),
     insert_session.session_type_id, insert_session.notes, v_lot, insert_session.session_location,
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

-- With a generic plan: planning took longer than executing, and the values make no difference to the plan. The setting
-- holds for all that it calls.
-- Definer: it writes sessions and credits for the caller, who may write neither.
create function private.book_session_with_credit(
  practitioner_id uuid, scheduled_at timestamptz, duration_minutes integer, session_type_id uuid, session_type text,
  is_group boolean, session_location text, physical_location text, notes text, location_coordinates point)
  returns uuid
  language plpgsql volatile security definer set search_path = '' set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  v_client  uuid := (select auth.uid());
  v_type    public.session_types;
  v_session uuid;
begin
  perform private.lock_client(v_client);
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

  perform private.limit_use('bookings', v_client);
  perform private.refuse_without_waiver(v_client);
  perform private.refuse_unknown_place(session_location, physical_location, location_coordinates);
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
  credits_remaining := (select c.total_credits from public.check_session_credits() c);
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

-- The session types of a class, and so which credits can pay for it.
create function private.list_class_session_type_ids(class public.session_schedules) returns uuid[]
  language sql stable set search_path = ''
as $$
  -- The admin page makes a class with a duration, and does not say whether it is standing or laying.
  select coalesce(array[(class).session_type_id], '{}') || coalesce(array_agg(t.id), '{}')
    from public.session_types t
   where (class).session_type_id is null and t.is_group and t.duration_minutes = (class).duration_minutes;
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
    perform private.refuse(409, 'class_full', 'This class is full.', 'Please choose another class.');
  end if;

  -- Copied from the class, whatever the request says.
  new.group_class_id    := v_class.id;
  new.practitioner_id   := v_class.practitioner_id;
  new.scheduled_at      := v_class.scheduled_at;
  new.duration_minutes  := v_class.duration_minutes;
  new.session_location  := v_class.session_location;
  new.physical_location := v_class.physical_location;
  new.max_participants  := v_class.max_participants;
  new.current_participants := 1;
  new.class_name        := v_class.class_name;
  new.session_type_id   := coalesce(new.session_type_id, v_class.session_type_id);

  -- Inserted for the client by somebody else, an admin or the payment, a seat costs no credit.
  if new.client_id = auth.uid() then
    perform private.refuse_without_waiver(new.client_id);
    new.credit_lot_id := private.choose_credit_lot(new.client_id, private.list_class_session_type_ids(v_class));
    new.cancellation_policy_version := (select p.id from public.cancellation_policy p where p.is_active);
    new.cancellation_policy_agreed_at := now();
  end if;
  return new;
end
$$;

-- Definer: it counts rows that the class's reader may not read.
create function private.set_participant_count() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  v_taken integer := private.count_taken_seats(new.id);
begin
  if new.max_participants < v_taken or (new.max_participants = 1 and v_taken > 0) then
    perform private.refuse(409, 'seats_are_taken', format('%s people have a seat in this class.', v_taken),
                           'Cancel their seats first, or leave room for all of them.');
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
  credits_remaining := (select c.total_credits from public.check_session_credits() c);
  return next;
end
$$;
comment on function public.join_group_class is
  'Takes a seat and spends a credit, as the pages do by inserting the row.';

create function public.increment_group_class_participants(group_class_id uuid, increment_by integer default 1)
  returns table (id uuid, current_participants integer, max_participants integer)
  language sql stable security invoker set search_path = ''
as $$
  select s.id, s.current_participants, s.max_participants from public.session_schedules s
   where s.id = increment_group_class_participants.group_class_id and s.max_participants > 1 and s.group_class_id is null;
$$;
comment on function public.increment_group_class_participants is
  'Returns how full a class is, and changes nothing: the pages call it before they insert a seat, and the seat is counted.';

revoke execute on function private.list_class_session_type_ids, private.make_class_seat, private.set_participant_count,
  private.update_class_participant_count, public.join_group_class, public.increment_group_class_participants
  from public, anon, authenticated, service_role;
grant execute on function public.join_group_class, public.increment_group_class_participants to authenticated;

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

revoke execute on function public.link_group_sessions, public.unlink_group_sessions from public, anon, authenticated,
  service_role;
-- Both run as the admin who calls them, and private.is_class is granted to people.
grant execute on function public.link_group_sessions, public.unlink_group_sessions to authenticated;


-- sessions/cancellation_terms.sql

-- Cancellation terms: what cancelling now costs and returns. The quote and the cancellation call one function.
--
--   standard     until the standard hours before the start, whoever cancels: the credit is returned
--   grace        later, by the client, who asks for a grace cancellation and has one left: the credit is returned
--   late         later, by the client, but until the late hours before: the credit is returned, and a fee is due
--   last_minute  later than that, by the client: nothing is returned
--   emergency    later than the standard hours, by the practitioner, an admin or the platform: the credit is returned
--
-- The hours are those of the version agreed at booking, else of the active one; where both are equal there is no
-- `late`. What was paid singly is returned as a credit for its session type. Nothing is returned for a credit whose
-- price was refunded, nor where there was neither a credit nor a payment (a practitioner's own booking). A fee is
-- recorded and stated in the event; no card is charged.
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
  cancellation_policy_version uuid
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
  select lower(coalesce(
    (private.get_session_payment((session).id)).currency,
    (select c.metadata ->> 'currency' from public.user_session_credits c where c.id = (session).credit_lot_id),
    (select p.currency from public.user_preferences p where p.user_id = (session).client_id),
    'usd'));
$$;

create function private.count_graces_used(user_id uuid) returns integer
  language sql stable set search_path = ''
as $$
  select count(*)::integer from public.session_cancellations c
   where c.user_id = count_graces_used.user_id and c.cancellation_type = 'grace';
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
  v_terms.free_until := session.scheduled_at - make_interval(hours => v_policy.standard_cancellation_hours);
  v_terms.hours_before_session := round(extract(epoch from session.scheduled_at - now()) / 3600, 2);
  v_terms.currency := private.get_session_currency(session);
  v_terms.grace_available := v_is_client and now() > v_terms.free_until
    and private.count_graces_used(session.client_id) < v_policy.grace_cancellations_allowed;
  if use_grace and v_is_client and now() > v_terms.free_until and not v_terms.grace_available then
    perform private.refuse(409, 'grace_used', 'You have used your grace cancellation already.',
                           'You can still cancel, and the credit is then used.');
  end if;

  v_terms.cancellation_type := case
    when now() <= v_terms.free_until then 'standard'
    when not v_is_client then 'emergency'
    when use_grace then 'grace'
    when now() <= session.scheduled_at - make_interval(hours => v_policy.late_cancellation_hours) then 'late'
    else 'last_minute' end;
  v_terms.credit_returned := case
    when v_terms.cancellation_type = 'last_minute' then 0
    -- Its price was refunded already.
    when exists (select from public.user_session_credits c
                  where c.id = session.credit_lot_id and c.credits_owed > 0) then 0
    when session.credit_lot_id is not null or (private.get_session_payment(session.id)).id is not null then 1
    else 0 end;
  v_terms.fee_charged := case
    when v_terms.cancellation_type <> 'late' or v_terms.credit_returned = 0 then 0
    when v_terms.currency = 'cad' then v_policy.late_cancellation_fee_cad
    else v_policy.late_cancellation_fee_usd end;

  if private.is_class(session) then
    -- The class's own row is nobody's booking; what is returned is the credits of its seats.
    select coalesce(sum((private.compute_cancellation_terms(seat, false)).credit_returned), 0) into v_terms.credit_returned
      from public.session_schedules seat
     where seat.group_class_id = session.id and seat.status in ('scheduled', 'in_progress');
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
                 cancellation_policy_version uuid)
  language sql stable security invoker set search_path = ''
as $$
  select quote_cancellation.session_id, t.cancellation_type, t.credit_returned, t.fee_charged, t.currency,
         t.hours_before_session, t.free_until, t.grace_available, t.cancellation_policy_version
    from private.quote_cancellation(quote_cancellation.session_id, quote_cancellation.use_grace) t;
$$;
comment on function public.quote_cancellation is
  'What cancelling would return and cost right now. It changes nothing.';

revoke execute on function private.get_caller_role, private.get_cancellation_policy, private.get_session_payment,
  private.get_session_currency, private.count_graces_used, private.compute_cancellation_terms,
  private.refuse_uncancellable, private.quote_cancellation, public.quote_cancellation from public, anon, authenticated,
  service_role;
-- get_caller_role: cancel_session and reschedule_session call it as their own caller.
grant execute on function private.get_caller_role, private.quote_cancellation, public.quote_cancellation to
  authenticated;


-- sessions/cancelling.sql

-- Cancelling: whoever cancels and in whatever way, the consequences are the same.
--
--   scheduled -> cancelled      in_progress -> cancelled, not by the client      cancelled -> nothing
--
-- The pages update the row; `cancel_session` does the same update. A trigger decides by the terms what is returned,
-- writes the ledger, the cancellation and the event, and frees the seat. A cancelled class cancels its seats; a
-- deleted session that was still to come is settled first, so that no credit is lost with it.

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

-- Returned to the lot it came from, which expires when it did before; what was paid singly becomes a credit for its
-- session type.
create function private.return_credit(session public.session_schedules) returns void
  language plpgsql set search_path = ''
as $$
declare
  v_lot     public.user_session_credits;
  v_payment public.session_payments := private.get_session_payment(session.id);
begin
  if session.credit_lot_id is null then
    perform private.grant_credits(
      session.client_id, 1, session_type_id => session.session_type_id, kind => 'return', session_id => session.id,
      metadata => jsonb_build_object('source', 'cancellation_refund', 'currency', v_payment.currency,
                                     'total_amount', v_payment.total_amount));
    return;
  end if;

  select * into v_lot from public.user_session_credits c where c.id = session.credit_lot_id for no key update;
  if v_lot.expires_at <= now() and private.get_caller_role(session) <> 'client' then
    -- The client did not cancel: they have a month to use it. Credits left in the lot have expired, and stay expired.
    insert into public.credit_ledger (lot_id, user_id, change, kind)
    select v_lot.id, v_lot.user_id, -v_lot.credits_remaining, 'expiry' where v_lot.credits_remaining > 0;
    update public.user_session_credits c set expires_at = now() + interval '30 days' where c.id = v_lot.id;
  end if;
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
    perform private.return_credit(session);
  elsif v_terms.cancellation_type <> 'last_minute' then
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
  perform private.publish_event('session_cancelled', session.client_id, session.id, jsonb_build_object(
    'by', v_role, 'practitioner_id', session.practitioner_id, 'scheduled_at', session.scheduled_at,
    'group_class_id', session.group_class_id, 'cancellation_type', v_terms.cancellation_type,
    'credit_returned', v_terms.credit_returned, 'fee_charged', v_terms.fee_charged, 'currency', v_terms.currency));
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

-- Deleting a class in which somebody has a seat cancels it, and the row stays as evidence.
-- Definer: whoever deletes may write neither credits nor cancellations.
create function private.cancel_class_instead_of_deleting() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  if not exists (select from public.session_schedules seat where seat.group_class_id = old.id) then
    return old;
  elsif old.status not in ('scheduled', 'in_progress') then
    perform private.refuse(409, 'class_is_kept', 'People had a seat in this class, so it is kept.');
  end if;
  update public.session_schedules class set status = 'cancelled' where class.id = old.id;
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
-- with the row. A class moves with all its seats, a seat never alone. Practitioners and admins may reschedule to a time
-- outside the hours, not to one that is taken. The platform is not checked: `private.recompute_session_starts` moves
-- sessions when clock rules change.

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
  elsif v_role = 'client' then
    if now() > old.scheduled_at - make_interval(hours => (private.get_cancellation_policy(old)).standard_cancellation_hours) then
      perform private.refuse(409, 'too_late_to_move', 'It is too late to move this session.', 'You can still cancel it.');
    end if;
    perform private.refuse_unbookable(old.practitioner_id, new.scheduled_at, old.duration_minutes, old.client_id, old.id);
  elsif new.scheduled_at <= now() then
    perform private.refuse(409, 'slot_in_past', 'This time has passed.', 'Please choose another time.');
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
         class_name = new.class_name, max_participants = new.max_participants
   where seat.group_class_id = new.id and seat.status in ('scheduled', 'in_progress');
  return null;
end
$$;

-- Definer: nobody reads or writes the outbox.
create function private.publish_session_rescheduled() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.publish_event('session_rescheduled', new.client_id, new.id, jsonb_build_object(
    'by', private.get_caller_role(old), 'practitioner_id', new.practitioner_id, 'group_class_id', new.group_class_id,
    'previous_scheduled_at', old.scheduled_at, 'scheduled_at', new.scheduled_at));
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

revoke execute on function private.authorize_reschedule, private.copy_class_schedule_to_seats,
  private.publish_session_rescheduled, private.raise_calendar_sequence, public.reschedule_session from public, anon,
  authenticated, service_role;
grant execute on function public.reschedule_session to authenticated;
