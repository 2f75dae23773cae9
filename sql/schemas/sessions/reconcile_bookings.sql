-- What the clock alone changes: credits that lapse, and the instant of a wall time when a government changes the rules.

create function public.reconcile_bookings() returns table (lots_expired integer, sessions_moved integer, sessions_stuck integer)
  language plpgsql volatile security invoker set search_path = ''
as $$
begin
  lots_expired := private.expire_credits(1000);
  select count(*) filter (where r.moved), count(*) filter (where not r.moved) into sessions_moved, sessions_stuck
    from private.rederive_sessions() r;
  return next;
end
$$;
comment on function public.reconcile_bookings is
  'For the scheduler. Stuck is a session whose new time is taken: somebody has to move it.';

-- Definer from here on: the service may neither lock calendars nor write practitioner time.
alter function private.rederive_sessions security definer;

revoke execute on function public.reconcile_bookings from public, anon, authenticated, service_role;
grant execute on function public.reconcile_bookings, private.rederive_sessions to service_role;
