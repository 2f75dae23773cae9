-- Sessions, in person or online, for one client or a class: what is added to the baseline's table, who reads and writes
-- it.
--
--   scheduled -> in_progress -> completed        scheduled -> cancelled        in_progress -> cancelled
--
-- A class is one row with max_participants > 1. Everybody who joins has a row of their own beside it, their seat, with
-- `group_class_id`: the frontend inserts it, with the note "Joined group class: <id>", and copies max_participants into
-- it. It is for one, whatever is sent, because the pages list as a class whatever is for more.
--
-- The frontend writes this table directly. People create a session as scheduled and may then only annotate, reschedule
-- or cancel it; admins change what they need to. What follows from a write (credits, seats, the practitioner's time)
-- follows by trigger, whoever writes: session_schedules_triggers.sql lists them in their order.

alter table public.session_schedules
  -- An erased account keeps its sessions: they are about money and about other people.
  drop constraint session_schedules_client_id_fkey,

  -- What the client agreed to when they booked. A newer version of the policy changes nothing for this session.
  add column cancellation_policy_agreed_at timestamptz,
  add column cancellation_policy_version   uuid references public.cancellation_policy (id),
  -- Decided when the session is cancelled, and read by the trigger that then settles the cancellation.
  add column grace_cancellation_used       boolean not null default false,
  -- The pages send their own clock's time; what counts is the server's.
  add column cancelled_at                  timestamptz,
  -- The title of a class; a seat has a copy, as it has of the class's place and time.
  add column class_name                    text,
  -- When the reminder was written: each session has one. Cleared when the session is rescheduled.
  add column reminder_sent                 timestamptz,

  -- In-person sessions and group classes. Against the milestone's columns: place and seats are never null, so that no
  -- rule has to guess; deleting one of two correlated classes does not fail on the other; and POINT, (longitude,
  -- latitude), is PostgreSQL's own type: no PostGIS.
  add column session_location      text not null default 'online' check (session_location in ('online', 'in_person')),
  add column physical_location     text,
  add column studio_id             uuid references public.studio_locations (id) on delete set null,
  add column place_said_at         timestamptz,
  add column location_coordinates  point
                                   check (location_coordinates <@ box '((-180, -90), (180, 90))'),
  add column max_participants      integer not null default 1,
  -- Of a class: the number of its seats. A trigger counts them, so whatever else is written here is overwritten.
  add column current_participants  integer not null default 1,
  add column correlated_session_id uuid references public.session_schedules (id) on delete set null,
  -- Without an "on delete": a class in which somebody has or had a seat cannot be deleted from under them.
  add column group_class_id        uuid references public.session_schedules (id),
  add constraint session_schedules_have_seats check (
    max_participants between 1 and 1000 and current_participants between 0 and 1000),
  add constraint session_schedules_class_is_not_in_itself check (group_class_id <> id),
  add constraint session_schedules_seat_is_for_one check (group_class_id is null or max_participants = 1),

  -- What was booked. Null in rows that the pages insert: they do not know it.
  add column session_type_id uuid references public.session_types (id),
  -- The appointment as it was made, of which scheduled_at is the instant under today's rules. wall_time.sql fills them
  -- in for older sessions, and makes them not null.
  add column time_zone       text,
  add column local_start     timestamp,

  -- What it was booked with. Only the foreign key changes it later, to null, should the lot be deleted.
  add column credit_lot_id uuid references public.user_session_credits (id) on delete set null,

  -- Written by a trigger with the status, so that whoever writes the status need not.
  add column started_at   timestamptz,
  add column completed_at timestamptz,

  -- A calendar keeps the version with the highest number, in whatever order invitations arrive.
  add column calendar_sequence integer not null default 0;

comment on column public.session_schedules.client_id is
  'Of a class''s own row: its practitioner''s account. No foreign key: the account may have been erased since.';
comment on column public.session_schedules.cancelled_at is 'By the server''s clock.';
comment on column public.session_schedules.physical_location is '"Name - Address" of a studio, or an address.';
comment on column public.session_schedules.studio_id is 'The studio that physical_location names, if it is one.';
comment on column public.session_schedules.place_said_at is
  'When somebody said where. Null: nobody did, and it is online by that; its client is asked by mail (pages/choose_place).';
comment on column public.session_schedules.location_coordinates is '(longitude, latitude)';
comment on column public.session_schedules.correlated_session_id is
  'The same class in the other form: online or in person.';
comment on column public.session_schedules.group_class_id is
  'On a participant''s row: the class they joined. A class somebody joined is cancelled, not deleted.';
comment on column public.session_schedules.time_zone is 'The practitioner''s, when the session was booked or moved.';
comment on column public.session_schedules.local_start is 'scheduled_at on the clock in time_zone.';
comment on column public.session_schedules.credit_lot_id is
  'The credits this session was booked from, and to which a cancellation returns it. Null: paid singly, or not at all.';
comment on column public.session_schedules.started_at is 'When its status became in_progress; null if it never did.';
comment on column public.session_schedules.completed_at is 'By the server''s clock.';
comment on column public.session_schedules.calendar_sequence is
  'How often it has changed in a way that calendars show.';

-- Whose sessions, in the order of time, as every list asks.
create index session_schedules_client_id_idx on public.session_schedules (client_id, scheduled_at);
create index session_schedules_practitioner_id_idx on public.session_schedules (practitioner_id, scheduled_at);
-- Everybody's, the newest first, as admins ask.
create index session_schedules_scheduled_at_idx on public.session_schedules (scheduled_at);
-- The list of open classes.
create index session_schedules_classes_idx on public.session_schedules (scheduled_at)
  where max_participants > 1;
-- Those that can still be joined, in the order that they are listed: only as many are looked at as are shown.
create index session_schedules_coming_classes_idx on public.session_schedules (scheduled_at, id)
  where max_participants > 1 and group_class_id is null and status = 'scheduled';
-- advance_next_session asks which are under way.
create index session_schedules_unfinished_idx on public.session_schedules (scheduled_at)
  where status in ('scheduled', 'in_progress') and group_class_id is null;
create index session_schedules_in_progress_idx on public.session_schedules (scheduled_at) where status = 'in_progress';
create index idx_session_schedules_reminder on public.session_schedules (status, scheduled_at, reminder_sent)
  where status = 'scheduled';
create index idx_session_schedules_cancelled_at on public.session_schedules (cancelled_at)
  where cancelled_at is not null;
create index idx_session_schedules_class_name on public.session_schedules (class_name) where class_name is not null;
create index idx_session_schedules_location on public.session_schedules (session_location);
-- The foreign keys: without them, deleting what they point to reads every session.
create index session_schedules_cancellation_policy_version_idx
  on public.session_schedules (cancellation_policy_version);
create index idx_session_schedules_correlated on public.session_schedules (correlated_session_id);
create index session_schedules_group_class_id_idx on public.session_schedules (group_class_id);
create index session_schedules_studio_id_idx on public.session_schedules (studio_id);
create index session_schedules_session_type_id_idx on public.session_schedules (session_type_id);
create index session_schedules_credit_lot_id_idx on public.session_schedules (credit_lot_id);
-- The proof behind `already_joined`, whatever code comes later.
create unique index session_schedules_one_seat_per_person on public.session_schedules (group_class_id, client_id)
  where group_class_id is not null and status <> 'cancelled';

-- The baseline's policies overlap, call auth.uid() again for every row, and let clients make free sessions and delete
-- what they booked. Here: one per command.
drop policy "Admins can manage all sessions" on public.session_schedules;
drop policy "Admins can delete any sessions" on public.session_schedules;
drop policy "Clients can view their own sessions" on public.session_schedules;
drop policy "Clients can book sessions" on public.session_schedules;
drop policy "Clients can create their own sessions" on public.session_schedules;
drop policy "Clients can update their sessions" on public.session_schedules;
drop policy "Clients can cancel their sessions" on public.session_schedules;
drop policy "Practitioners can view assigned sessions" on public.session_schedules;
drop policy "Practitioners can view their assigned sessions" on public.session_schedules;
drop policy "Practitioners can create sessions for assigned clients" on public.session_schedules;
drop policy "Practitioners can update their sessions" on public.session_schedules;
drop policy "Practitioners can update their assigned sessions" on public.session_schedules;
drop policy "Practitioners can cancel their sessions" on public.session_schedules;

-- A person's own row for a class is theirs alone; the class itself is for everybody to see, or, once its practitioner
-- has paused, for whoever has a seat in it. What comes first is asked first: a list of classes asks for nobody's
-- practitioners.
create policy "clients, practitioners and admins read sessions"
  on public.session_schedules for select to authenticated
  using (
    client_id = (select auth.uid())
    or (max_participants > 1 and group_class_id is null and status <> 'cancelled'
        and (practitioner_id <> all (array(select private.paused_practitioner_ids()))
             or id = any (array(select private.my_class_ids()))))
    or practitioner_id = any (array(select private.my_practitioner_ids()))
    or (select private.is_admin()));
-- A client joins a class; a session of their own needs a credit, which only the booking function can take.
-- "Their clients" of today. Otherwise any id, given a session, would open a stranger's profile.
-- A class is made by admins: a practitioner's row for more than one would show their client's id to everybody. And a
-- seat in it is taken by whoever joins, or given by an admin.
create policy "clients book, practitioners book their clients, admins anyone"
  on public.session_schedules for insert to authenticated
  with check (
    (client_id = (select auth.uid()) and group_class_id is not null)
    or (practitioner_id = any (array(select private.my_practitioner_ids()))
        and client_id in (select private.my_client_ids())
        and max_participants = 1 and group_class_id is null)
    or (select private.is_admin()));
create policy "clients, practitioners and admins change sessions"
  on public.session_schedules for update to authenticated
  using (
    client_id = (select auth.uid())
    or practitioner_id = any (array(select private.my_practitioner_ids()))
    or (select private.is_admin()));
-- Clients and practitioners cancel instead: a deleted session takes its notes and payments with it.
create policy "admins delete sessions"
  on public.session_schedules for delete to authenticated using ((select private.is_admin()));

revoke all on public.session_schedules from anon, authenticated, service_role;
grant select, delete on public.session_schedules to authenticated;
-- Not group_class_id: it follows from the note; nor studio_id: it follows from the place. current_participants is
-- granted because the frontend sends it for a class while joining; no policy lets a client update a class, so it
-- changes nothing. A trigger sets cancelled_at.
grant insert (practitioner_id, client_id, scheduled_at, duration_minutes, room_name, host_room_url, status, notes,
              class_name, session_location, physical_location, max_participants, current_participants),
      update (scheduled_at, status, notes, cancelled_at,
              class_name, session_location, physical_location, max_participants, current_participants,
              correlated_session_id)
  on public.session_schedules to authenticated;
grant select, insert, update, delete on public.session_schedules to service_role;

-- Column grants cannot tell an admin from a client, so this refuses what people may not change. Definer functions, such
-- as those that book, check for themselves what they write and pass here.
create function private.guard_session_schedules() returns trigger
  language plpgsql set search_path = ''
as $$
declare
  -- Every other column is fixed, also one added later. The triggers that fill in columns fire after this one.
  c_open constant text[] := array['status', 'notes', 'scheduled_at', 'cancelled_at', 'updated_at'];
begin
  if tg_op = 'INSERT' and now() >= new.scheduled_at
        -- A practitioner and a client may begin at once, and the page's clock gives full minutes.
        + make_interval(mins => case when private.is_class(new) then 0 else new.duration_minutes end) then
    perform private.refuse(409, 'slot_in_past', 'This time has passed.', 'Please choose another time.');
  elsif private.is_admin() then
    return new;
  end if;
  if tg_op = 'INSERT' then
    if new.status <> 'scheduled' then
      perform private.refuse(403, 'session_not_scheduled', 'A new session starts as scheduled.');
    end if;
    return new;
  end if;

  if to_jsonb(new) - c_open <> to_jsonb(old) - c_open
     or (new.scheduled_at <> old.scheduled_at
         and (new.status <> old.status or new.max_participants > 1 or new.group_class_id is not null)) then
    perform private.refuse(403, 'session_is_fixed', 'A booked session cannot be changed here.',
                           'Cancel it and book another one.');
  end if;
  if new.status <> old.status and (old.status, new.status) <> ('scheduled', 'cancelled') then
    perform private.refuse(409, 'session_not_cancellable', 'Only a scheduled session can be cancelled.');
  end if;
  return new;
end
$$;

-- The place in words, as the pages print it, and which studio that is.
-- Definer: only admins read a studio that is closed.
create function private.set_place() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  v_studio public.studio_locations;
begin
  if new.session_location = 'in_person' then
    v_studio := private.find_studio(new.physical_location);
    if private.is_studio_id(new.physical_location) then
      if v_studio.id is null then
        perform private.refuse(404, 'studio_not_found', 'There is no such studio.', 'Choose a studio or give an address.');
      end if;
      new.physical_location := private.describe_studio(v_studio);
    end if;
  end if;
  new.studio_id := v_studio.id;
  return new;
end
$$;
revoke execute on function private.guard_session_schedules, private.set_place
  from public, anon, authenticated, service_role;
