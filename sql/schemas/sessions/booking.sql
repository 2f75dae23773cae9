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
