-- The page on which a client says where their one-to-one session is: the checkout page of the frontend does not ask,
-- and what nobody said is online.
--
-- Offered are the studios that the booking page offers. Choosing one asks what booking there asks, without the time
-- that the session has already. It is the client's to choose until the practitioner's notice for bookings; to choose
-- anew, until free cancelling ends, since from then on the practitioner may be on their way.

create type private.place_offer as (
  id uuid, name text, address text, city text, is_chosen boolean);

create function private.get_place_deadline(session public.session_schedules) returns timestamptz
  language sql stable set search_path = ''
as $$
  select (session).scheduled_at - case
    when (session).place_said_at is null and (session).session_location = 'online'
    then make_interval(mins => coalesce((select c.minimum_notice_minutes from public.practitioner_calendars c
                                          where c.practitioner_id = (session).practitioner_id), 0))
    else make_interval(hours => (private.get_cancellation_policy(session)).standard_cancellation_hours) end;
$$;

-- Where this practitioner may be met: at any studio (calendars/studios.sql).
create function private.list_studios_to_choose(session public.session_schedules) returns setof public.studio_locations
  language sql stable set search_path = ''
as $$
  select l.* from public.studio_locations l where l.is_active order by l.city, l.name, l.id limit 200;
$$;

-- Whether the client can choose now, and has something to choose from.
create function private.can_choose_place(session public.session_schedules) returns boolean
  language sql stable set search_path = ''
as $$
  select (session).status = 'scheduled' and (session).max_participants = 1 and (session).group_class_id is null
     and now() < private.get_place_deadline(session)
     and exists (select from private.list_studios_to_choose(session));
$$;

-- Definer: its callers are not signed in.
create function private.read_place(token text)
  returns table (session private.session_summary, time_zone text, can_choose boolean, choose_until timestamptz,
                 studios private.place_offer[])
  language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_session public.session_schedules := private.open_session_link(read_place.token, 'choose_place');
begin
  return query
    select private.summarize_session(v_session),
           coalesce(private.find_user_time_zone(auth.uid()), v_session.time_zone),
           private.can_choose_place(v_session), private.get_place_deadline(v_session),
           array(select row (l.id, l.name, l.address, l.city, l.id is not distinct from v_session.studio_id)::private.place_offer
                   from private.list_studios_to_choose(v_session) l);
end
$$;

-- Definer: as above. What follows from the change follows by trigger, as from any other.
create function private.choose_place(token text, studio_id uuid)
  returns table (session private.session_summary, time_zone text, can_choose boolean, choose_until timestamptz,
                 studios private.place_offer[])
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_session public.session_schedules := private.open_session_link(choose_place.token, 'choose_place');
  v_studio  public.studio_locations;
begin
  select l.* into v_studio from private.list_studios_to_choose(v_session) l where l.id = choose_place.studio_id;
  if v_session.place_said_at is not null
     and (choose_place.studio_id is null and v_session.session_location = 'online'
          or v_session.studio_id = v_studio.id) then
    return query select * from private.read_place(choose_place.token);  -- a second press
    return;
  end if;
  perform private.limit_use('places chosen', auth.uid());
  if private.get_caller_role(v_session) <> 'client' or not private.can_choose_place(v_session) then
    perform private.refuse(409, 'too_late_to_choose', 'The place of this session can no longer be chosen here.',
                           'Please write to your practitioner, or cancel it.');
  elsif choose_place.studio_id is not null then
    if v_studio.id is null then
      perform private.refuse(404, 'studio_not_found', 'There is no such studio.', 'Please choose another one.');
    end if;
    perform private.lock_calendars(v_session.practitioner_id, v_session.client_id);
    perform private.refuse_unbookable(v_session.practitioner_id, v_session.scheduled_at, v_session.duration_minutes,
                                      v_session.client_id, v_session.id);
  end if;
  update public.session_schedules s
     set session_location = case when v_studio.id is null then 'online' else 'in_person' end,
         physical_location = v_studio.id::text,
         location_coordinates = point(v_studio.longitude, v_studio.latitude),
         place_said_at = now()
   where s.id = v_session.id and s.status = 'scheduled';
  return query select * from private.read_place(choose_place.token);
end
$$;

-- The same, exposed: the API calls functions of schema public.

create function public.read_place(token text)
  returns table (session private.session_summary, time_zone text, can_choose boolean, choose_until timestamptz,
                 studios private.place_offer[])
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_place(read_place.token);
$$;
comment on function public.read_place is 'By a link in a mail: where a session may be held.';

create function public.choose_place(token text, studio_id uuid default null)
  returns table (session private.session_summary, time_zone text, can_choose boolean, choose_until timestamptz,
                 studios private.place_offer[])
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.choose_place(choose_place.token, choose_place.studio_id);
$$;
comment on function public.choose_place is 'By a link in a mail: says where a paid session is held.';

revoke execute on function private.get_place_deadline, private.list_studios_to_choose, private.can_choose_place,
  private.read_place, private.choose_place, public.read_place, public.choose_place
  from public, anon, authenticated, service_role;
grant execute on function private.read_place, private.choose_place, public.read_place, public.choose_place to anon;
