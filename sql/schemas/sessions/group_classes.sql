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
