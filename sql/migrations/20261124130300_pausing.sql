-- Pausing: who is paused takes no new bookings, and loses nothing else.
--
--   available -> paused -> available        by the practitioner or an admin
--
-- Their own pages never ask whether they are available. Their clients keep the name beside what is theirs. New are the
-- classes: those of a paused practitioner stay with whoever has a seat in them, and are offered to nobody else.

-- Definer: the policy on sessions asks this for every open class, whoever may see the practitioner.
create function private.paused_practitioner_ids() returns setof uuid
  language sql stable security definer set search_path = ''
as $$
  select p.id from public.practitioners p where not p.available;
$$;

-- Definer: the policy on sessions asks this question.
create function private.my_class_ids() returns setof uuid
  language sql stable security definer set search_path = ''
as $$
  select s.group_class_id from public.session_schedules s
   where s.client_id = (select auth.uid()) and s.group_class_id is not null and s.status <> 'cancelled';
$$;

-- Paused or not, whose name stands beside something of mine. An open class needs no exception any more: whoever sees it
-- sees its practitioner.
create or replace function private.visible_practitioner_ids() returns setof uuid
  language sql stable security definer set search_path = ''
as $$
  select s.practitioner_id from public.session_schedules s where s.client_id = (select auth.uid())
  union
  select a.practitioner_id from public.practitioner_assignments a where a.client_id = (select auth.uid())
  union
  select r.practitioner_id from public.action_recommendations r where r.client_id = (select auth.uid());
$$;

alter policy "clients, practitioners and admins read sessions" on public.session_schedules
  using (
    client_id = (select auth.uid())
    or practitioner_id = any (array(select private.my_practitioner_ids()))
    or (max_participants > 1 and group_class_id is null and status <> 'cancelled'
        and (practitioner_id <> all (array(select private.paused_practitioner_ids()))
             or id = any (array(select private.my_class_ids()))))
    or (select private.is_admin()));

create or replace function private.refuse_full_class(class public.session_schedules, for_user uuid) returns void
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
  elsif private.taken_seats(class.id) + private.held_seats(class.id, for_user) >= class.max_participants then
    perform private.refuse(409, 'class_full', 'This class is full.', 'Please choose another class.');
  elsif class.practitioner_id in (select private.paused_practitioner_ids())
        and not private.is_admin()
        -- What was open when it was held is theirs: it may be paid for already.
        and not exists (select from public.session_holds h
                         where h.group_class_id = class.id and h.user_id = for_user and h.status = 'held' and h.expires_at > now()) then
    perform private.refuse(409, 'practitioner_unavailable', 'This practitioner takes no bookings at the moment.',
                           'Please choose another practitioner.');
  end if;
end
$$;

create or replace function private.judged_classes(
  kind public.session_types, first timestamptz, until timestamptz, time_zone text, practitioner_id uuid,
  session_location text)
  returns setof public.available_slot
  language sql stable security definer set search_path = ''
as $$
  select s.scheduled_at, s.scheduled_at + make_interval(mins => s.duration_minutes),
         s.scheduled_at at time zone judged_classes.time_zone,
         array[s.practitioner_id], s.id, s.max_participants - seats.taken,
         case when s.scheduled_at <= now() then 'slot_in_past'
              when s.practitioner_id in (select private.paused_practitioner_ids()) then 'practitioner_unavailable'
              when s.max_participants <= seats.taken then 'class_full' end
    from public.session_schedules s
   cross join lateral (select private.taken_seats(s.id) + private.held_seats(s.id, auth.uid()) as taken) seats
   where s.max_participants > 1 and s.group_class_id is null and s.status = 'scheduled'
     and s.scheduled_at >= first and s.scheduled_at < until
     -- The admin page makes a class of so many minutes, and does not say whether people stand or lie.
     and s.duration_minutes = (kind).duration_minutes and coalesce(s.session_type_id, (kind).id) = (kind).id
     and s.session_location = judged_classes.session_location
     and (judged_classes.practitioner_id is null or s.practitioner_id = judged_classes.practitioner_id);
$$;

revoke execute on function private.paused_practitioner_ids, private.my_class_ids from public, anon, authenticated, service_role;
grant execute on function private.paused_practitioner_ids, private.my_class_ids to authenticated;
