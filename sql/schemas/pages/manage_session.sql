-- The page on which somebody manages a session of theirs, by the link in its mails: what cancelling returns right now,
-- and cancelling. Each function sees the link's person as its caller, and goes through the function that the API has.
-- Moving is in move_session.sql; what only whoever leads the session does, in lead_session.sql.

create type private.session_participant as (user_id uuid, name text, attended boolean);

-- What the page shows. From participants on, for whoever leads the session, and empty for everybody else.
create type private.managed_session as (
  session                private.session_summary,
  time_zone              text,
  caller_role            text,
  quote                  private.cancellation_terms,
  no_show_fee            numeric,
  can_move               boolean,
  is_seat                boolean,
  proposed_scheduled_at  timestamptz,
  answer_until           timestamptz,
  participants           private.session_participant[],
  seats                  integer,
  delays                 integer[],
  no_shows_from          timestamptz,
  no_show_pays           boolean,
  can_ask_for_substitute boolean,
  substitute_wanted_at   timestamptz,
  away_because           text
);

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

-- Whose session the page shows. Unlike get_caller_role: an admin who books or leads a session is shown it as such.
create function private.get_part_in_session(session public.session_schedules) returns text
  language sql stable set search_path = ''
as $$
  select case when private.get_session_host(session) = auth.uid() then 'practitioner'
              when (session).client_id = auth.uid() and not private.is_class(session) then 'client'
              else 'admin' end;
$$;

create function private.compose_managed_session(session_id uuid) returns private.managed_session
  language plpgsql stable set search_path = ''
as $$
declare
  v_session public.session_schedules;
  v_shown   private.managed_session;
  v_rules   public.session_rules;
begin
  select * into strict v_session from public.session_schedules s where s.id = compose_managed_session.session_id;
  v_shown.session := private.summarize_session(v_session);
  v_shown.time_zone := coalesce(private.find_user_time_zone(auth.uid()), (v_shown.session).time_zone);
  v_shown.caller_role := private.get_part_in_session(v_session);
  v_shown.is_seat := v_session.group_class_id is not null;
  v_shown.can_move := false;
  if v_session.status = 'scheduled' and v_session.scheduled_at > now()
     or v_session.status in ('scheduled', 'in_progress') and v_shown.caller_role <> 'client' then
    v_shown.quote := private.compute_cancellation_terms(v_session, false);
    v_shown.can_move := private.can_move_session(v_session, v_shown.quote);
    if v_shown.caller_role = 'client' then
      v_shown.no_show_fee := case when private.is_fee_settled(v_session) then 0 else private.get_no_show_fee(v_session) end;
    end if;
    select p.scheduled_at, p.answer_until into v_shown.proposed_scheduled_at, v_shown.answer_until
      from private.session_proposals p
     where p.session_id = v_session.id and p.status = 'open' and p.answer_until > now();
  end if;

  if v_shown.caller_role = 'practitioner' then
    select * into strict v_rules from public.session_rules;
    select coalesce(array_agg(row(c.user_id, f.full_name, private.has_attended(v_session, c.user_id))
                              ::private.session_participant order by f.full_name, c.user_id), '{}')
      into v_shown.participants
      from private.list_session_clients(v_session) c left join public.profiles f on f.id = c.user_id;
    v_shown.seats := coalesce(v_session.max_participants, 1);
    v_shown.delays := private.list_possible_delays(v_session, v_rules);
    if v_session.status in ('scheduled', 'in_progress') then
      v_shown.no_shows_from := v_session.scheduled_at + make_interval(mins => v_rules.client_grace_minutes);
    end if;
    v_shown.no_show_pays := v_rules.client_no_show_forfeits;
    v_shown.can_ask_for_substitute := v_session.status = 'scheduled' and v_session.scheduled_at > now() and not v_shown.is_seat;
    v_shown.substitute_wanted_at := private.get_substitute_wanted_at(v_session);
    select min(c.because) into v_shown.away_because
      from private.session_collisions c where c.session_id = v_session.id and private.is_colliding(c);
  end if;
  return v_shown;
end
$$;

-- Definer: as above.
create function private.read_managed_session(token text) returns private.managed_session
  language plpgsql stable security definer set search_path = ''
as $$
begin
  return private.compose_managed_session((private.open_session_link(read_managed_session.token, 'manage_session')).id);
end
$$;

-- Whoever pressed had read what it costs. Where it costs something else by now, nothing is cancelled.
create function private.refuse_other_terms(session_id uuid, shown_credit integer, shown_fee numeric) returns void
  language plpgsql stable set search_path = ''
as $$
declare
  v_session public.session_schedules;
  v_terms   private.cancellation_terms;
begin
  select * into v_session from public.session_schedules s where s.id = refuse_other_terms.session_id;
  if num_nonnulls(shown_credit, shown_fee) < 2 or v_session.status <> 'scheduled' or v_session.scheduled_at <= now() then
    return;  -- nothing was shown, or there is nothing to cancel any more
  end if;
  v_terms := private.compute_cancellation_terms(v_session, false);
  if (v_terms.credit_returned, v_terms.fee_charged) is distinct from (shown_credit, shown_fee) then
    perform private.refuse(409, 'terms_have_changed', 'What cancelling costs has changed since you opened this page.',
                           'Nothing was cancelled. Please read what it costs now.');
  end if;
end
$$;

-- Gives what came of it beside the session: one request, one call. Definer: as above.
create function private.cancel_managed_session(
  token text, reason text, use_grace boolean, shown_credit integer, shown_fee numeric,
  out cancellation_type text, out credit_returned integer, out fee_charged numeric, out currency text,
  out shown private.managed_session)
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_session public.session_schedules := private.open_session_link(cancel_managed_session.token, 'manage_session');
begin
  perform private.refuse_other_terms(v_session.id, cancel_managed_session.shown_credit, cancel_managed_session.shown_fee);
  select c.cancellation_type, c.credit_returned, c.fee_charged, c.fee_currency
    into cancellation_type, credit_returned, fee_charged, currency
    from public.cancel_session(v_session.id, cancel_managed_session.reason, cancel_managed_session.use_grace) c;
  shown := private.compose_managed_session(v_session.id);
end
$$;

-- A link to this page for whoever asks with their own token, as for their calendar file.
-- Definer: nobody makes links by themselves.
create function private.make_own_session_link(session_id uuid) returns text
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_session public.session_schedules := private.get_session_of_caller(make_own_session_link.session_id);
begin
  perform private.limit_use('calendar files', auth.uid());
  perform private.tell_language(auth.uid());
  return private.make_session_link(v_session, auth.uid());
end
$$;

-- The same, exposed: the API calls functions of schema public.

create function public.read_managed_session(token text) returns setof private.managed_session
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_managed_session(read_managed_session.token);
$$;
comment on function public.read_managed_session is 'By a link in a mail: a session, and what may be done with it.';

create function public.cancel_managed_session(
  token text, reason text default null, use_grace boolean default false, shown_credit integer default null,
  shown_fee numeric default null)
  returns table (cancellation_type text, credit_returned integer, fee_charged numeric, currency text,
                 shown private.managed_session)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.cancel_managed_session(cancel_managed_session.token, cancel_managed_session.reason,
                                               cancel_managed_session.use_grace, cancel_managed_session.shown_credit,
                                               cancel_managed_session.shown_fee);
$$;
comment on function public.cancel_managed_session is 'By a link in a mail: cancels a session, or a seat.';

revoke execute on function private.open_session_link, private.refuse_other_terms, private.get_part_in_session, private.compose_managed_session,
  private.read_managed_session, private.cancel_managed_session, private.make_own_session_link,
  public.read_managed_session, public.cancel_managed_session from public, anon, authenticated, service_role;
grant execute on function private.read_managed_session, private.cancel_managed_session, public.read_managed_session,
  public.cancel_managed_session to anon;
-- get_session_calendar calls it as the caller.
grant execute on function private.make_own_session_link to authenticated;
