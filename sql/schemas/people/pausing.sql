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

revoke execute on function private.paused_practitioner_ids, private.my_class_ids from public, anon, authenticated, service_role;
grant execute on function private.paused_practitioner_ids, private.my_class_ids to authenticated;
