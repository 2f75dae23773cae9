-- Lists for admins: everybody who signed up, everything that was paid. Newest first; all of it, or page by page.
--
-- Each list is one value of one row, because PostgREST cuts a result of many rows off at a number of its own and does not
-- say so. A page names where the next one starts: what comes in meanwhile shifts nothing.

create index session_payments_created_at_idx on public.session_payments (created_at, id);  -- the list of admins

-- Definer: nobody but the auth service reads auth.users. It checks its caller, since it answers from past that door.
create function private.list_users(page_size integer, cursor text) returns table (users jsonb, next_cursor text)
  language plpgsql stable security definer set search_path = ''
as $$
begin
  if not private.is_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins list users.');
  end if;
  return query
    with ahead as (
      select u.id, u.email::text as email, coalesce(u.created_at, '-infinity') as created_at, u.email_confirmed_at
        from auth.users u
       where list_users.cursor is null
          or (coalesce(u.created_at, '-infinity'), u.id)
             < (split_part(list_users.cursor, '/', 1)::timestamptz, split_part(list_users.cursor, '/', 2)::uuid)
       order by 3 desc, 1 desc limit list_users.page_size + 1
    ),
    page as (select a.* from ahead a order by a.created_at desc, a.id desc limit list_users.page_size)
    select coalesce(jsonb_agg(jsonb_build_object(
             'id', p.id, 'email', p.email, 'created_at', nullif(p.created_at, '-infinity'),
             'email_confirmed_at', p.email_confirmed_at,
             'roles', coalesce((select jsonb_agg(jsonb_build_object('role', r.role) order by r.role)
                                  from public.user_roles r where r.user_id = p.id), '[]'),
             'practitioner', (select jsonb_build_object('id', x.id, 'name', x.name, 'available', x.available)
                                from public.practitioners x where x.user_id = p.id))
             order by p.created_at desc, p.id desc), '[]'),
           case when (select count(*) from ahead) > count(*)
                then (array_agg(p.created_at || '/' || p.id order by p.created_at, p.id))[1] end
      from page p;
end
$$;

create function public.list_users(page_size integer default null, cursor text default null)
  returns table (users jsonb, next_cursor text)
  language sql stable security invoker set search_path = ''
as $$
  select l.users, l.next_cursor from private.list_users(list_users.page_size, list_users.cursor) l;
$$;

create function public.list_payments(
  status text default 'all', currency text default 'all', page_size integer default null, cursor text default null)
  returns table (payments jsonb, next_cursor text)
  language plpgsql stable security invoker set search_path = ''
as $$
#variable_conflict use_column
begin
  if not private.is_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins list payments.');
  end if;
  return query
    with ahead as (
      select p.* from public.session_payments p
       where list_payments.status in ('all', p.status) and lower(list_payments.currency) in ('all', lower(p.currency))
         and (list_payments.cursor is null
              or (p.created_at, p.id)
                 < (split_part(list_payments.cursor, '/', 1)::timestamptz, split_part(list_payments.cursor, '/', 2)::uuid))
       order by p.created_at desc, p.id desc limit list_payments.page_size + 1
    ),
    page as (select a.* from ahead a order by a.created_at desc, a.id desc limit list_payments.page_size)
    select coalesce(jsonb_agg(to_jsonb(p) || jsonb_build_object(
             'session', (select jsonb_build_object('id', s.id, 'scheduled_at', s.scheduled_at,
                                                   'duration_minutes', s.duration_minutes, 'status', s.status)
                           from public.session_schedules s where s.id = p.session_id),
             -- Neither is a foreign key: whom it names may be gone, and the page reads on.
             'practitioner', jsonb_build_object('name', (select x.name from public.practitioners x where x.id = p.practitioner_id)),
             'client', jsonb_build_object('email', (select c.email from public.profiles c where c.id = p.client_id)))
             order by p.created_at desc, p.id desc), '[]'),
           case when (select count(*) from ahead) > count(*)
                then (array_agg(p.created_at || '/' || p.id order by p.created_at, p.id))[1] end
      from page p;
end
$$;

revoke execute on function private.list_users, public.list_users, public.list_payments
  from public, anon, authenticated, service_role;
grant execute on function private.list_users, public.list_users, public.list_payments to authenticated;
