-- The page on which an admin finds somebody else to lead a session or class: who is free then, giving it to one of them
-- at once, or asking several (sessions/substitutes.sql); what was asked and answered. And what leads there: a
-- practitioner who says, by the link to their session, that they cannot lead it.
--
-- Whoever is not an admin any more opens nothing with an old link.

create type private.substitute_candidate as (practitioner_id uuid, name text, is_in_hours boolean, is_asked boolean);
create type private.asked_practitioner as (name text, status text, answer_until timestamptz, ended_at timestamptz);

create type private.substitution as (
  session      private.session_summary,
  time_zone    text,
  is_open      boolean,
  is_seat      boolean,
  seats_taken  integer,
  candidates   private.substitute_candidate[],
  unable       integer,
  asked        private.asked_practitioner[],
  answer_until timestamptz
);

create function private.compose_substitution(session_id uuid) returns private.substitution
  language plpgsql stable set search_path = ''
as $$
declare
  v_session public.session_schedules;
  v_shown   private.substitution;
begin
  select * into strict v_session from public.session_schedules s where s.id = compose_substitution.session_id;
  v_shown.session := private.summarize_session(v_session);
  v_shown.time_zone := coalesce(private.find_user_time_zone(auth.uid()), (v_shown.session).time_zone);
  v_shown.is_seat := v_session.group_class_id is not null;
  v_shown.is_open := v_session.status = 'scheduled' and v_session.scheduled_at > now() and not v_shown.is_seat;
  if private.is_class(v_session) then
    v_shown.seats_taken := (select count(*) from private.list_session_clients(v_session));
  end if;
  select coalesce(array_agg(row (p.name, o.status, o.answer_until, o.ended_at)::private.asked_practitioner order by o.id), '{}')
    into v_shown.asked
    from (select * from private.session_offers newest where newest.session_id = v_session.id
           order by newest.id desc limit 100) o
    join public.practitioners p on p.id = o.practitioner_id;
  if v_shown.is_open then
    v_shown.answer_until := private.get_answer_deadline(v_session);
    with checked as (
      select p.id, p.name, private.find_reason_not_to_lead(v_session, p.id) as reason
        from public.practitioners p where p.id <> v_session.practitioner_id
    ), able as (
      select c.id, c.name, c.reason is null as is_in_hours,
             exists (select from private.session_offers o
                      where o.session_id = v_session.id and o.practitioner_id = c.id and o.status = 'open') as is_asked
        from checked c where coalesce(c.reason, 'outside_availability') = 'outside_availability'
       order by c.reason is not null, c.name, c.id limit 200
    )
    select (select coalesce(array_agg(row (a.id, a.name, a.is_in_hours, a.is_asked)::private.substitute_candidate
                                      order by not a.is_in_hours, a.name, a.id), '{}') from able a),
           (select count(*) from checked c where c.reason <> 'outside_availability')
      into v_shown.candidates, v_shown.unable;
  end if;
  return v_shown;
end
$$;

create function private.refuse_unless_admin() returns void
  language plpgsql stable set search_path = ''
as $$
begin
  if not private.is_admin() then
    perform private.refuse(410, 'link_ended', 'This link has ended.', 'It was for administrators.');
  end if;
end
$$;

-- Definer: its callers are not signed in.
create function private.read_substitution(token text) returns private.substitution
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_session public.session_schedules := private.open_session_link(read_substitution.token, 'find_substitute');
begin
  perform private.refuse_unless_admin();
  return private.compose_substitution(v_session.id);
end
$$;

-- Definer: as above.
create function private.give_to_substitute(token text, practitioner_id uuid, outside_hours boolean)
  returns private.substitution
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_session public.session_schedules := private.open_session_link(give_to_substitute.token, 'find_substitute');
begin
  perform private.refuse_unless_admin();
  if give_to_substitute.practitioner_id is null then
    perform private.refuse(422, 'practitioners_missing', 'Please choose a practitioner.');
  -- A second click finds the first.
  elsif v_session.practitioner_id <> give_to_substitute.practitioner_id then
    perform private.give_session_to(v_session.id, give_to_substitute.practitioner_id, give_to_substitute.outside_hours);
  end if;
  return private.compose_substitution(v_session.id);
end
$$;

-- They have so many hours to answer; without a number, as long as the session rules say. Definer: as above.
create function private.ask_substitutes(token text, practitioner_ids uuid[], hours integer) returns private.substitution
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_session public.session_schedules := private.open_session_link(ask_substitutes.token, 'find_substitute');
begin
  perform private.refuse_unless_admin();
  perform private.offer_session_to(v_session.id, ask_substitutes.practitioner_ids,
                                   now() + make_interval(hours => ask_substitutes.hours));
  return private.compose_substitution(v_session.id);
end
$$;

-- When whoever leads it asked for a substitute; null: they have not.
create function private.get_substitute_wanted_at(session public.session_schedules) returns timestamptz
  language sql stable set search_path = ''
as $$
  select max(o.created_at) from private.outbox o
   where o.session_id = (session).id and o.kind = 'substitute_wanted'
     and o.payload ->> 'practitioner_id' = (session).practitioner_id::text;
$$;

-- Tells the admins, at most once a day: a second click finds the first. Definer: as above.
create function private.ask_for_substitute(token text) returns private.managed_session
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_session public.session_schedules := private.open_session_link(ask_for_substitute.token, 'manage_session');
begin
  perform private.refuse_unless_led(v_session);
  if v_session.status <> 'scheduled' or v_session.scheduled_at <= now() then
    perform private.refuse(409, 'session_started', 'This session has begun.');
  elsif v_session.group_class_id is not null then
    perform private.refuse(409, 'seat_follows_its_class', 'A seat has the practitioner of its class.',
                           'Ask for a substitute for the class.');
  end if;
  perform from public.session_schedules s where s.id = v_session.id for update;
  if coalesce(private.get_substitute_wanted_at(v_session) < now() - interval '1 day', true) then
    perform private.limit_use('substitutes wanted', auth.uid());
    perform private.publish_event('substitute_wanted', a.user_id, v_session.id, jsonb_build_object(
              'practitioner_id', v_session.practitioner_id, 'scheduled_at', v_session.scheduled_at))
       from private.list_told_admins() a;
  end if;
  return private.compose_managed_session(v_session.id);
end
$$;

create function public.read_substitution(token text) returns setof private.substitution
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_substitution(read_substitution.token);
$$;
comment on function public.read_substitution is 'By a link in a mail: who could lead a session.';

create function public.give_to_substitute(
  token text, practitioner_id uuid default null, outside_hours boolean default false) returns setof private.substitution
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.give_to_substitute(give_to_substitute.token, give_to_substitute.practitioner_id,
                                           give_to_substitute.outside_hours);
$$;
comment on function public.give_to_substitute is 'By a link in a mail: gives a session to another practitioner.';

create function public.ask_substitutes(token text, practitioner_ids uuid[] default '{}', hours integer default null)
  returns setof private.substitution
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.ask_substitutes(ask_substitutes.token, ask_substitutes.practitioner_ids, ask_substitutes.hours);
$$;
comment on function public.ask_substitutes is 'By a link in a mail: asks practitioners whether they lead it.';

create function public.ask_for_substitute(token text) returns setof private.managed_session
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.ask_for_substitute(ask_for_substitute.token);
$$;
comment on function public.ask_for_substitute is 'By a link in a mail: asks the admins for somebody else to lead it.';

revoke execute on function private.compose_substitution, private.refuse_unless_admin, private.read_substitution,
  private.give_to_substitute, private.ask_substitutes, private.get_substitute_wanted_at, private.ask_for_substitute,
  public.read_substitution, public.give_to_substitute, public.ask_substitutes, public.ask_for_substitute
  from public, anon, authenticated, service_role;
grant execute on function private.read_substitution, private.give_to_substitute, private.ask_substitutes,
  private.ask_for_substitute, public.read_substitution, public.give_to_substitute, public.ask_substitutes,
  public.ask_for_substitute to anon;
