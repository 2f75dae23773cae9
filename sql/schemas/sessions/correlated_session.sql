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
