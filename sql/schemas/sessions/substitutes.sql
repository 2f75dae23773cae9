-- Substitutes: an admin gives a session or a class to another practitioner, at once or to whoever says yes first.
--
--   open -> accepted    the first yes: the session is theirs
--   open -> taken       somebody else was quicker, or an admin gave it away
--   open -> declined    their no
--   open -> expired     no answer until the deadline
--   open -> withdrawn   the session was moved or cancelled meanwhile
--
-- What follows from the practitioner follows by itself: the time that is taken, seats, who may read, join and
-- recommend, and who earns it. Hours are an admin's to overrule, or the practitioner's own by their yes; what overlaps
-- never is. Two forms of one class at one time are one occasion, and given away together.

create table private.session_offers (
  id              bigint      primary key generated always as identity,
  session_id      uuid        not null references public.session_schedules on delete cascade,
  practitioner_id uuid        not null references public.practitioners on delete cascade,
  offered_by      uuid        references auth.users on delete set null,
  answer_until    timestamptz not null,
  status          text        not null default 'open' check (status in (
                                'open', 'accepted', 'taken', 'declined', 'expired', 'withdrawn')),
  created_at      timestamptz not null default now(),
  ended_at        timestamptz
);
comment on table private.session_offers is 'Sessions that practitioners were asked to take over.';

create index session_offers_session_id_idx on private.session_offers (session_id);
create index session_offers_practitioner_id_idx on private.session_offers (practitioner_id);
create index session_offers_offered_by_idx on private.session_offers (offered_by);
create unique index session_offers_one_is_open on private.session_offers (session_id, practitioner_id) where status = 'open';
create index session_offers_due_idx on private.session_offers (answer_until) where status = 'open';

alter table private.session_offers enable row level security;
-- No grant and no policy: only the functions below touch it.

-- Why a practitioner cannot take a session over; null: they can.
create function private.find_reason_not_to_lead(session public.session_schedules, practitioner_id uuid) returns text
  language sql stable set search_path = ''
as $$
  select case
    when (session).practitioner_id = p.id then 'practitioner_leads_it'
    when not p.available
      or (session).scheduled_at + make_interval(mins => (session).duration_minutes) > private.get_bookable_until(p.id)
      then 'practitioner_unavailable'
    when p.user_id in (select seat.client_id from public.session_schedules seat
                        where (seat.id = (session).id and not private.is_class(seat)
                               or seat.group_class_id = (session).id) and seat.status <> 'cancelled')
      then 'practitioner_takes_part'
    when not private.is_free_time(p.id, (session).scheduled_at, (session).duration_minutes, (session).id) then 'slot_taken'
    when not private.is_in_hours(p.id, (session).scheduled_at, (session).duration_minutes) then 'outside_availability' end
    from public.practitioners p where p.id = find_reason_not_to_lead.practitioner_id;
$$;

create function private.refuse_substitute(
  session public.session_schedules, practitioner_id uuid, outside_hours boolean) returns void
  language plpgsql stable set search_path = ''
as $$
declare
  v_name text;
begin
  select p.name into v_name from public.practitioners p where p.id = refuse_substitute.practitioner_id;
  if not found then
    perform private.refuse(404, 'practitioner_not_found', 'There is no such practitioner.');
  end if;
  case private.find_reason_not_to_lead(session, refuse_substitute.practitioner_id)
    when 'practitioner_leads_it' then
      perform private.refuse(409, 'practitioner_leads_it', 'This practitioner leads the session already.');
    when 'practitioner_unavailable' then
      perform private.refuse(409, 'practitioner_unavailable', 'This practitioner is paused, or has no contract for that time.',
                             'Please choose another practitioner.');
    when 'practitioner_takes_part' then
      perform private.refuse(409, 'practitioner_takes_part', 'This practitioner is a client in this session.',
                             'Please choose another practitioner.');
    when 'slot_taken' then
      perform private.refuse(409, 'slot_taken', 'This practitioner''s time is taken.', 'Please choose another practitioner.');
    when 'outside_availability' then
      if not outside_hours then
        perform private.refuse(409, 'outside_availability', 'This practitioner does not work at this time.',
                               'Give it with outside_hours if they agreed, or offer it to them.');
      end if;
    else null;
  end case;
end
$$;

-- The session, locked, for whoever gives it away or takes it.
create function private.lock_session_to_give(session_id uuid) returns public.session_schedules
  language plpgsql volatile set search_path = ''
as $$
declare
  v_session public.session_schedules;
begin
  -- In the order of locks: the client, then rows.
  select * into v_session from public.session_schedules s where s.id = lock_session_to_give.session_id;
  if not private.is_class(v_session) then
    perform private.lock_client(v_session.client_id);
  end if;
  -- The other form of a class as well: both go together.
  perform from public.session_schedules s where s.id in (v_session.id, v_session.correlated_session_id) order by s.id for update;
  select * into v_session from public.session_schedules s where s.id = lock_session_to_give.session_id;
  if v_session.id is null then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  elsif v_session.group_class_id is not null then
    perform private.refuse(409, 'seat_follows_its_class', 'A seat has the practitioner of its class.', 'Give the class away.');
  elsif v_session.status <> 'scheduled' or v_session.scheduled_at <= now() then
    perform private.refuse(409, 'session_started', 'This session has begun, or was cancelled.');
  end if;
  return v_session;
end
$$;

create function private.hand_over(session public.session_schedules, practitioner_id uuid) returns void
  language sql volatile set search_path = ''
as $$
  update public.session_schedules s set practitioner_id = hand_over.practitioner_id
   where s.id = (session).id
      or (private.is_class(session) and s.id = (session).correlated_session_id and s.status = 'scheduled'
          and (s.practitioner_id, s.scheduled_at) = ((session).practitioner_id, (session).scheduled_at));
$$;

-- Returns who led it until now. Definer: nobody may write the practitioner of a session.
create function private.give_session_to(session_id uuid, practitioner_id uuid, outside_hours boolean) returns uuid
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_session public.session_schedules;
begin
  if not private.is_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins give a session to another practitioner.');
  end if;
  v_session := private.lock_session_to_give(give_session_to.session_id);
  perform private.refuse_substitute(v_session, give_session_to.practitioner_id, coalesce(outside_hours, false));
  perform private.hand_over(v_session, give_session_to.practitioner_id);
  return v_session.practitioner_id;
end
$$;

create function public.give_session_to(session_id uuid, practitioner_id uuid, outside_hours boolean default false)
  returns table (session_id uuid, practitioner_id uuid, previous_practitioner_id uuid)
  language sql volatile security invoker set search_path = ''
as $$
  select give_session_to.session_id, give_session_to.practitioner_id,
         private.give_session_to(give_session_to.session_id, give_session_to.practitioner_id, outside_hours);
$$;
comment on function public.give_session_to is
  'For admins: another practitioner leads a session or class from now on. Outside their hours only if you say so.';

-- Definer: it writes offers, and reads everybody's time.
create function private.offer_session_to(session_id uuid, practitioner_ids uuid[], until timestamptz)
  returns table (practitioner_id uuid, answer_until timestamptz)
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_session      public.session_schedules;
  v_practitioner uuid;
  v_offer        private.session_offers;
  v_until        timestamptz;
begin
  if not private.is_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins offer a session to practitioners.');
  elsif coalesce(cardinality(practitioner_ids), 0) not between 1 and 50 then
    perform private.refuse(422, 'practitioners_missing', 'Name the practitioners to ask: between 1 and 50.');
  end if;
  v_session := private.lock_session_to_give(offer_session_to.session_id);
  v_until := least(offer_session_to.until, private.get_answer_deadline(v_session));
  if v_until <= now() then
    perform private.refuse(422, 'deadline_past', 'This moment has passed.', 'Give them until a later one.');
  end if;
  for v_practitioner in select distinct id from unnest(practitioner_ids) id order by id loop
    -- Their yes overrules their hours.
    perform private.refuse_substitute(v_session, v_practitioner, outside_hours => true);
    insert into private.session_offers as o (session_id, practitioner_id, offered_by, answer_until)
    values (v_session.id, v_practitioner, auth.uid(), v_until)
    on conflict (session_id, practitioner_id) where status = 'open' do nothing
    returning o.* into v_offer;
    if found then
      perform private.publish_event('session_offered', null, v_session.id, jsonb_build_object(
        'offer_id', v_offer.id, 'practitioner_id', v_practitioner, 'scheduled_at', v_session.scheduled_at,
        'answer_until', v_offer.answer_until));
    end if;
  end loop;
  return query select o.practitioner_id, o.answer_until from private.session_offers o
    where o.session_id = v_session.id and o.status = 'open' order by o.id;
end
$$;

create function public.offer_session_to(session_id uuid, practitioner_ids uuid[], until timestamptz default null)
  returns table (practitioner_id uuid, answer_until timestamptz)
  language sql volatile security invoker set search_path = ''
as $$
  select o.practitioner_id, o.answer_until
    from private.offer_session_to(offer_session_to.session_id, practitioner_ids, offer_session_to.until) o;
$$;
comment on function public.offer_session_to is
  'For admins: asks practitioners to take a session or class over. The first yes wins. Returns what is open.';

-- Ends an open offer without a yes. Who was too late, or whose offer was withdrawn, is told; and when nobody is left to
-- say yes, whoever offered it.
create function private.end_offer(offer private.session_offers, status text) returns void
  language plpgsql volatile set search_path = ''
as $$
begin
  update private.session_offers o set status = end_offer.status, ended_at = now() where o.id = (offer).id;
  if end_offer.status in ('taken', 'withdrawn') then
    perform private.publish_event('session_offer_closed', null, s.id, jsonb_build_object(
              'practitioner_id', (offer).practitioner_id, 'scheduled_at', s.scheduled_at, 'because', end_offer.status))
       from public.session_schedules s where s.id = (offer).session_id;
  elsif not exists (select from private.session_offers o where o.session_id = (offer).session_id and o.status = 'open') then
    perform private.publish_event('session_not_taken', (offer).offered_by, s.id, jsonb_build_object(
              'practitioner_id', s.practitioner_id, 'scheduled_at', s.scheduled_at))
       from public.session_schedules s where s.id = (offer).session_id and (offer).offered_by is not null;
  end if;
end
$$;

-- The practitioner's answer. Definer: it writes offers, and the practitioner of the session.
create function private.answer_session_offer(session_id uuid, accepts boolean) returns text
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_session public.session_schedules;
  v_offer   private.session_offers;
begin
  -- Who answers first has the session; everybody else waits for its row, and then finds their offer ended.
  perform from private.session_offers o
    where o.session_id = answer_session_offer.session_id and o.practitioner_id = any (array(select private.my_practitioner_ids()));
  if not found then
    perform private.refuse(404, 'offer_not_found', 'There is no such offer.');
  end if;
  v_session := private.lock_session_to_give(answer_session_offer.session_id);
  select * into v_offer from private.session_offers o
   where o.session_id = v_session.id and o.practitioner_id = any (array(select private.my_practitioner_ids()))
   order by o.id desc limit 1 for update;
  case
    when v_offer.status = 'accepted' and accepts or v_offer.status = 'declined' and not accepts then
      return v_offer.status;  -- a second click
    when v_offer.status in ('accepted', 'declined') then
      perform private.refuse(409, 'offer_answered', 'You have answered this already.', 'Write to us if you have changed your mind.');
    when v_offer.status = 'taken' then
      perform private.refuse(409, 'offer_taken', 'Somebody else has taken this session. Thank you all the same.');
    when v_offer.status = 'withdrawn' then
      perform private.refuse(409, 'offer_withdrawn', 'This offer was withdrawn: the session has changed.');
    when v_offer.status = 'expired' or v_offer.answer_until <= now() then
      perform private.refuse(409, 'offer_expired', 'This offer has ended.', 'Write to us if you can still take the session.');
    when not accepts then
      perform private.end_offer(v_offer, 'declined');
      return 'declined';
    else
      perform private.refuse_substitute(v_session, v_offer.practitioner_id, outside_hours => true);
      update private.session_offers o set status = 'accepted', ended_at = now() where o.id = v_offer.id;
      perform private.hand_over(v_session, v_offer.practitioner_id);
      return 'accepted';
  end case;
end
$$;

create function public.answer_session_offer(session_id uuid, accepts boolean) returns table (outcome text)
  language sql volatile security invoker set search_path = ''
as $$
  select private.answer_session_offer(answer_session_offer.session_id, accepts);
$$;
comment on function public.answer_session_offer is
  'For practitioners who were asked to take a session over: accepted, if nobody was quicker, or declined.';

-- A session that has another time or practitioner, or is cancelled: what was asked about it is no question any more.
-- Definer: whoever changes a session may write neither proposals nor offers.
create function private.close_questions() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  update private.session_proposals p set status = 'withdrawn', ended_at = now()
   where p.session_id = new.id and p.status = 'open';
  perform private.end_offer(o, case when new.practitioner_id <> old.practitioner_id then 'taken' else 'withdrawn' end)
     from private.session_offers o where o.session_id = new.id and o.status = 'open';
  return null;
end
$$;

-- Ends what nobody answered in time, and tells whoever asked. Returns how many.
-- Definer: the service may write neither proposals nor offers.
create function private.expire_questions() returns integer
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_proposal private.session_proposals;
  v_offer    private.session_offers;
  v_count    integer := 0;
begin
  for v_proposal in
    select p.* from private.session_proposals p where p.status = 'open' and p.answer_until <= now()
     order by p.answer_until limit 200 for update skip locked
  loop
    perform private.end_proposal(v_proposal, 'expired');
    v_count := v_count + 1;
  end loop;
  for v_offer in
    select o.* from private.session_offers o where o.status = 'open' and o.answer_until <= now()
     order by o.answer_until limit 200 for update skip locked
  loop
    perform private.end_offer(v_offer, 'expired');
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$$;

revoke execute on function private.find_reason_not_to_lead, private.refuse_substitute, private.lock_session_to_give,
  private.hand_over, private.give_session_to, public.give_session_to, private.offer_session_to, public.offer_session_to,
  private.end_offer, private.answer_session_offer, public.answer_session_offer, private.close_questions,
  private.expire_questions from public, anon, authenticated, service_role;
grant execute on function private.give_session_to, public.give_session_to, private.offer_session_to,
  public.offer_session_to, private.answer_session_offer, public.answer_session_offer to authenticated;
grant execute on function private.expire_questions to service_role;
