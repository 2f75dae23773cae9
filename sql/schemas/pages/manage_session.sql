-- The page on which somebody manages a session of theirs, by the link in its mails: what cancelling returns right now,
-- and cancelling. Each function sees the link's person as its caller, and goes through the function that the API has.

-- The link, and its session. Definer: its callers are not signed in.
create function private.open_session_link(token text, page text) returns public.session_schedules
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_link    private.page_links := private.open_page_link(open_session_link.token, open_session_link.page);
  v_session public.session_schedules;
begin
  select * into v_session from public.session_schedules s where s.id::text = v_link.subject;
  if v_session.id is null or private.get_caller_role(v_session) is null then
    perform private.refuse(410, 'link_ended', 'This link has ended.', 'Its session is not yours any more.');
  end if;
  return v_session;
end
$$;

-- Definer: as above.
create function private.read_managed_session(token text)
  returns table (session private.session_summary, time_zone text, caller_role text, quote private.cancellation_terms)
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_session public.session_schedules := private.open_session_link(read_managed_session.token, 'manage_session');
begin
  session := private.summarize_session(v_session);
  time_zone := coalesce(private.find_user_time_zone(auth.uid()), (session).time_zone);
  caller_role := private.get_caller_role(v_session);
  if v_session.status = 'scheduled' and v_session.scheduled_at > now() then
    quote := private.compute_cancellation_terms(v_session, false);
  end if;
  return next;
end
$$;

-- Definer: as above.
create function private.cancel_managed_session(token text, reason text, use_grace boolean)
  returns table (cancellation_type text, credit_returned integer, fee_charged numeric, currency text)
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_session public.session_schedules := private.open_session_link(cancel_managed_session.token, 'manage_session');
begin
  return query
    select c.cancellation_type, c.credit_returned::integer, c.fee_charged, c.fee_currency
      from public.cancel_session(v_session.id, cancel_managed_session.reason, cancel_managed_session.use_grace) c;
end
$$;

-- The same, exposed: the API calls functions of schema public.

create function public.read_managed_session(token text)
  returns table (session private.session_summary, time_zone text, caller_role text, quote private.cancellation_terms)
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_managed_session(read_managed_session.token);
$$;

create function public.cancel_managed_session(token text, reason text default null, use_grace boolean default false)
  returns table (cancellation_type text, credit_returned integer, fee_charged numeric, currency text)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.cancel_managed_session(cancel_managed_session.token, cancel_managed_session.reason,
                                               cancel_managed_session.use_grace);
$$;

revoke execute on function private.open_session_link, private.read_managed_session, private.cancel_managed_session,
  public.read_managed_session, public.cancel_managed_session from public, anon, authenticated, service_role;
grant execute on function private.read_managed_session, private.cancel_managed_session, public.read_managed_session,
  public.cancel_managed_session to anon;
