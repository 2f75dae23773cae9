-- What whoever leads a session or class does by its link around the start: say that they are late, and that somebody
-- did not come; and before it, that they lead it though they are away then.
--
-- A delay is told while the start is near, and only as long as it may be: after the practitioner's grace a session
-- online is cancelled by itself, so more than that is no delay.

create function private.list_possible_delays(session public.session_schedules, rules public.session_rules)
  returns integer[]
  language sql stable set search_path = ''
as $$
  select coalesce(array_agg(m), '{}') from generate_series(5, (rules).practitioner_grace_minutes, 5) m
   where (session).status in ('scheduled', 'in_progress')
     and now() >= (session).scheduled_at - make_interval(mins => (rules).delay_notice_minutes)
     and now() < (session).scheduled_at + make_interval(mins => m);
$$;

create function private.refuse_unless_led(session public.session_schedules) returns void
  language plpgsql stable set search_path = ''
as $$
begin
  if private.get_part_in_session(session) <> 'practitioner' then
    perform private.refuse(403, 'practitioners_only', 'Only the practitioner of this session can do that.');
  elsif session.status not in ('scheduled', 'in_progress') then
    perform private.refuse(409, 'session_over', 'This session is over.');
  end if;
end
$$;

-- Tells everybody who booked. Definer: its callers are not signed in.
create function private.announce_delay(token text, minutes integer) returns private.managed_session
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_session public.session_schedules := private.open_session_link(announce_delay.token, 'manage_session');
  v_rules   public.session_rules;
begin
  perform private.refuse_unless_led(v_session);
  select * into strict v_rules from public.session_rules;
  if announce_delay.minutes is null then
    perform private.refuse(422, 'minutes_missing', 'Please say how many minutes.');
  elsif not announce_delay.minutes = any (private.list_possible_delays(v_session, v_rules)) then
    perform private.refuse(409, 'delay_not_possible', format(
      'A delay is told from %s minutes before the start on, and is %s minutes at most.',
      v_rules.delay_notice_minutes, v_rules.practitioner_grace_minutes), 'If you cannot come, please cancel.');
  end if;
  perform private.limit_use('delays of a session', v_session.id);
  perform private.publish_event('practitioner_late', c.user_id, c.session_id, jsonb_build_object(
            'practitioner_id', v_session.practitioner_id, 'scheduled_at', v_session.scheduled_at,
            'group_class_id', nullif(v_session.id, c.session_id), 'minutes', announce_delay.minutes,
            'expected_at', v_session.scheduled_at + make_interval(mins => announce_delay.minutes)))
     from private.list_session_clients(v_session) c where c.user_id <> auth.uid();
  return private.compose_managed_session(v_session.id);
end
$$;

-- Somebody who booked did not come. What follows, the session rules say. Definer: as above.
create function private.report_absence(token text, person uuid) returns private.managed_session
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_session public.session_schedules := private.open_session_link(report_absence.token, 'manage_session');
begin
  perform private.refuse_unless_led(v_session);
  if not exists (select from private.list_session_clients(v_session) c where c.user_id = report_absence.person) then
    perform private.refuse(404, 'person_not_in_session', 'This person has no part in this session.');
  end if;
  perform public.set_attendance(v_session.id, report_absence.person, false,
                                'The practitioner says that they did not come');
  return private.compose_managed_session(v_session.id);
end
$$;

-- Whoever leads it says that they do, though they are away then (series/collisions.sql): what they wished is over.
-- Definer: as above.
create function private.lead_anyway(token text) returns private.managed_session
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_session public.session_schedules := private.open_session_link(lead_anyway.token, 'manage_session');
begin
  perform private.refuse_unless_led(v_session);
  update private.session_collisions c set led_anyway_at = coalesce(c.led_anyway_at, now()) where c.session_id = v_session.id;
  if private.is_class(v_session) then
    delete from private.time_off_questions q where q.session_id = v_session.id;
  end if;
  return private.compose_managed_session(v_session.id);
end
$$;

create function public.announce_delay(token text, minutes integer default null) returns setof private.managed_session
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.announce_delay(announce_delay.token, announce_delay.minutes);
$$;
comment on function public.announce_delay is
  'By a link in a mail: tells the other side that one is late, by so many minutes.';

create function public.report_absence(token text, person uuid default null) returns setof private.managed_session
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.report_absence(report_absence.token, report_absence.person);
$$;
comment on function public.report_absence is 'By a link in a mail: the practitioner says that somebody did not come.';

create function public.lead_anyway(token text) returns setof private.managed_session
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.lead_anyway(lead_anyway.token);
$$;
comment on function public.lead_anyway is
  'By a link in a mail: whoever leads a session says that they do, though they are away then.';

revoke execute on function private.list_possible_delays, private.refuse_unless_led, private.announce_delay,
  private.report_absence, private.lead_anyway, public.announce_delay, public.report_absence, public.lead_anyway
  from public, anon, authenticated, service_role;
grant execute on function private.announce_delay, private.report_absence, private.lead_anyway, public.announce_delay,
  public.report_absence, public.lead_anyway to anon;
