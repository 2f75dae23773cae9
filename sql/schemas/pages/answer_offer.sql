-- The page on which a practitioner says whether they take a session over that they were offered
-- (sessions/substitutes.sql).
--
-- Until then it is somebody else's session: what, when and where is shown, and not who its client is. What they would
-- earn is said as their part of what was paid, not as a sum: the price is its payer's business.

-- States: those of the offer. `reason`: why they could not take it now, of an open one.
create type private.offered_session as (
  session      private.session_summary,
  time_zone    text,
  state        text,
  reason       text,
  offer_id     bigint,
  answer_until timestamptz,
  seats_taken  integer,
  pay_percent  numeric
);

-- The practitioner's part of what was paid for it, as far as one version of the share decides; null where nobody paid.
create function private.get_pay_percent(session public.session_schedules) returns numeric
  language sql stable set search_path = ''
as $$
  select case when private.is_class(session) then (private.get_revenue_share(now())).practitioner_percent
    else (select r.practitioner_percent from public.revenue_shares r where r.id = coalesce(
            ((private.get_payment_funds(private.get_session_payment((session).id)))).revenue_share_id,
            (select (private.get_credit_lot_funds(l)).revenue_share_id from public.user_session_credits l
              where l.id = (session).credit_lot_id))) end;
$$;

-- The newest offer of this session to whom the link is. Definer: its callers are not signed in.
create function private.open_offer_link(token text, page text) returns private.session_offers
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_link  private.page_links := private.open_page_link(open_offer_link.token, open_offer_link.page);
  v_offer private.session_offers;
begin
  select * into v_offer from private.session_offers o
   where o.session_id::text = v_link.subject and o.practitioner_id = any (array(select private.my_practitioner_ids()))
   order by o.id desc limit 1;
  if not found then
    perform private.refuse(410, 'link_ended', 'This link has ended.', 'Its session is gone, or was not offered to you.');
  end if;
  return v_offer;
end
$$;

create function private.compose_offered_session(offer private.session_offers) returns private.offered_session
  language plpgsql stable set search_path = ''
as $$
declare
  v_session public.session_schedules;
  v_shown   private.offered_session;
begin
  select * into strict v_session from public.session_schedules s where s.id = offer.session_id;
  v_shown.session := private.summarize_session(v_session);
  v_shown.session.client_name := null;
  v_shown.time_zone := coalesce(private.find_user_time_zone(auth.uid()), (v_shown.session).time_zone);
  v_shown.offer_id := offer.id;
  v_shown.answer_until := offer.answer_until;
  v_shown.state := case
    when offer.status = 'open' and offer.answer_until <= now() then 'expired'
    when offer.status = 'accepted' and v_session.practitioner_id <> offer.practitioner_id then 'taken'
    else offer.status end;
  if v_shown.state = 'open' then
    v_shown.reason := private.find_reason_not_to_lead(v_session, offer.practitioner_id);
    v_shown.pay_percent := private.get_pay_percent(v_session);
    if private.is_class(v_session) then
      v_shown.seats_taken := (select count(*) from private.list_session_clients(v_session));
    end if;
  end if;
  return v_shown;
end
$$;

-- Definer: as above.
create function private.read_offer(token text) returns private.offered_session
  language plpgsql stable security definer set search_path = ''
as $$
begin
  return private.compose_offered_session(private.open_offer_link(read_offer.token, 'answer_offer'));
end
$$;

-- `offer_id` and `sequence` say what they were looking at: a yes to what has changed since is none.
-- Definer: as above.
create function private.answer_offer(token text, accepts boolean, offer_id bigint, sequence integer)
  returns private.offered_session
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_offer   private.session_offers := private.open_offer_link(answer_offer.token, 'answer_offer');
  v_session public.session_schedules;
begin
  if answer_offer.accepts is null or answer_offer.sequence is null then
    perform private.refuse(422, 'answer_missing', 'Please say yes or no.');
  end if;
  if v_offer.status = 'open' then
    v_session := private.lock_session_to_give(v_offer.session_id);
    v_offer := private.open_offer_link(answer_offer.token, 'answer_offer');
    if v_offer.status = 'open' and (v_offer.id, v_session.calendar_sequence) is distinct from (
        answer_offer.offer_id, answer_offer.sequence) then
      perform private.refuse(409, 'question_changed', 'Something has changed since you opened this page.',
                             'Please look again, and then answer.');
    end if;
  end if;
  perform private.answer_session_offer(v_offer.session_id, answer_offer.accepts);
  return private.compose_offered_session(private.open_offer_link(answer_offer.token, 'answer_offer'));
end
$$;

create function public.read_offer(token text) returns setof private.offered_session
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_offer(read_offer.token);
$$;
comment on function public.read_offer is 'By a link in a mail: a session that wants somebody to lead it.';

create function public.answer_offer(
  token text, accepts boolean default null, offer_id bigint default null, sequence integer default null)
  returns setof private.offered_session
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.answer_offer(answer_offer.token, answer_offer.accepts, answer_offer.offer_id,
                                     answer_offer.sequence);
$$;
comment on function public.answer_offer is 'By a link in a mail: says yes or no to leading a session.';

revoke execute on function private.get_pay_percent, private.open_offer_link, private.compose_offered_session,
  private.read_offer, private.answer_offer, public.read_offer, public.answer_offer
  from public, anon, authenticated, service_role;
grant execute on function private.read_offer, private.answer_offer, public.read_offer, public.answer_offer to anon;
