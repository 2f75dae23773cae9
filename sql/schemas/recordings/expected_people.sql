-- Expected people: how many a recorder must have room for. Agora wants to know before it starts a recording of each
-- person separately, and leaves out whoever is one too many.

create function public.count_expected_people(session_id uuid) returns table (people integer)
  language sql stable security invoker set search_path = ''
as $$
  -- The practitioner, and whoever has a seat or may still take one while it is recorded.
  select 1 + case when private.is_class(s)
                  then greatest(s.max_participants, (select count(*) from public.session_schedules seat
                                                       where seat.group_class_id = s.id and seat.status <> 'cancelled')::integer)
                  else 1 end
    from public.session_schedules s where s.id = count_expected_people.session_id;
$$;

revoke execute on function public.count_expected_people from public, anon, authenticated, service_role;
-- For whoever carries a start to Agora.
grant execute on function public.count_expected_people to service_role;
