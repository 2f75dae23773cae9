-- In-person sessions and group classes on session_schedules.
--
-- A class is one row with max_participants > 1. Everybody who joins has a row of their own beside it: the frontend inserts
-- it, with the note "Joined group class: <id>", and copies max_participants into it. So `group_class_id` tells the two
-- apart, and stays when a cancellation overwrites the note.
--
-- Against the milestone's columns: place and seats are never null, so that no rule has to guess; deleting one of two
-- correlated classes does not fail on the other; and POINT, (longitude, latitude), is PostgreSQL's own type: no PostGIS.

alter table public.session_schedules
  add column session_location      text not null default 'online' check (session_location in ('online', 'in_person')),
  add column physical_location     text,
  add column location_coordinates  point,
  add column max_participants      integer not null default 1,
  add column current_participants  integer not null default 1,
  add column correlated_session_id uuid references public.session_schedules (id) on delete set null,
  add column group_class_id        uuid references public.session_schedules (id),
  add constraint session_schedules_have_seats check (max_participants >= 1 and current_participants >= 0),
  add constraint session_schedules_class_is_not_in_itself check (group_class_id <> id);
comment on column public.session_schedules.physical_location is 'A studio''s id, "Name - Address", or an address.';
comment on column public.session_schedules.location_coordinates is '(longitude, latitude)';
comment on column public.session_schedules.correlated_session_id is 'The same class in the other form: online or in person.';
comment on column public.session_schedules.group_class_id is
  'On a participant''s row: the class they joined. A class somebody joined is cancelled, not deleted.';

create index idx_session_schedules_location on public.session_schedules (session_location);
create index idx_session_schedules_correlated on public.session_schedules (correlated_session_id);
create index session_schedules_group_class_id_idx on public.session_schedules (group_class_id);
create index session_schedules_classes_idx on public.session_schedules (scheduled_at)  -- the list of open classes
  where max_participants > 1;

-- Definer: it counts the seats of others and spends the joining client's credit.
create function private.link_group_class() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  v_class public.session_schedules;
begin
  perform private.lock_client(new.client_id);
  v_class := private.lock_class(
    substring(new.notes from '(?i)^Joined group class: ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$')::uuid);
  if auth.uid() is not null then
    perform private.refuse_full_class(v_class, new.client_id);
  elsif private.taken_seats(v_class.id) + private.held_seats(v_class.id, new.client_id) >= v_class.max_participants then
    perform private.refuse(409, 'class_full', 'This class is full.', 'Please choose another class.');
  end if;

  -- What the class is follows from the class, whatever the request says.
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

  -- Somebody else's hand, an admin's or the payment's, gives a seat without a credit.
  if new.client_id = auth.uid() then
    perform private.refuse_without_waiver(new.client_id);
    new.credit_lot_id := private.choose_credit(new.client_id, private.session_types_of(v_class));
    new.cancellation_policy_version := (select p.id from public.cancellation_policy p where p.is_active);
    new.cancellation_policy_agreed_at := now();
  end if;
  return new;
end
$$;
revoke execute on function private.link_group_class from public, anon, authenticated, service_role;

-- A person's own row for a class is theirs alone; the class itself is for everybody to see.
alter policy "clients, practitioners and admins read sessions" on public.session_schedules
  using (
    client_id = (select auth.uid())
    or practitioner_id = any (array(select private.my_practitioner_ids()))
    or (max_participants > 1 and group_class_id is null and status <> 'cancelled')
    or (select private.is_admin()));

-- A client joins a class; a session of their own needs a credit, which only the booking function can take.
-- A class is made by admins: a practitioner's row for more than one would show their client's id to everybody.
alter policy "clients book, practitioners book their clients, admins anyone" on public.session_schedules
  with check (
    (client_id = (select auth.uid()) and group_class_id is not null)
    or (practitioner_id = any (array(select private.my_practitioner_ids()))
        and client_id in (select private.my_client_ids())
        and max_participants = 1)
    or (select private.is_admin()));

grant insert (session_location, physical_location, max_participants, current_participants),
      update (session_location, physical_location, max_participants, current_participants, correlated_session_id)
  on public.session_schedules to authenticated;
