-- The inbox of Stripe's events, which bring facts about payments (differences.sql has what a fact may be).
--
--   received -> applied
--
-- An event is stored under Stripe's own id before anything else happens, so a repeat changes nothing. One whose payment
-- is unknown yet (a dispute names only the payment intent, which its checkout may not know yet) waits for it. The
-- reconciler asks Stripe itself and brings the same facts, so that an event may be lost.

create table private.stripe_events (
  event_id          text        primary key,
  event_type        text        not null,
  happened_at       timestamptz,
  facts             jsonb,
  payment_intent_id text        generated always as (facts ->> 'payment_intent_id') stored,
  payload           jsonb       not null,
  deliveries        integer     not null default 1,
  checkout_id       uuid,
  received_at       timestamptz not null default now(),
  applied_at        timestamptz,
  attempts          integer     not null default 0,
  next_attempt_at   timestamptz not null default now(),
  failure           text,

  constraint stripe_events_texts_are_short check (
    char_length(event_id) <= 255 and char_length(event_type) <= 255 and
    char_length(failure) <= 2000),
  constraint stripe_events_payloads_are_short check (
    char_length(payload::text) <= 2000000 and char_length(facts::text) <= 10000),
  constraint stripe_events_happened_at_is_in_range check (happened_at between '2000-01-01' and '2100-01-01')
);
comment on table  private.stripe_events             is 'Events of Stripe, as it sent them.';
comment on column private.stripe_events.facts       is 'What it means (payment_facts); null if nothing.';
comment on column private.stripe_events.checkout_id is
  'The checkout it was applied to. No foreign key: old events are deleted.';

comment on column private.stripe_events.failure is 'The error of the last attempt to apply it; null if it only waits.';

create index stripe_events_due_idx on private.stripe_events (next_attempt_at) where applied_at is null;
create index stripe_events_waiting_idx on private.stripe_events (payment_intent_id, received_at)
  where applied_at is null;  -- what waits for its payment
create index stripe_events_received_at_idx on private.stripe_events (received_at);  -- deletion asks by age

alter table private.stripe_events enable row level security;
-- No policy: only the service reads and writes it.
grant select, insert, update, delete on private.stripe_events to service_role;

-- Definer: payments move what nobody may write, credits and sessions and holds.
create function private.observe_payment(checkout_id uuid, facts private.payment_facts) returns public.checkout_sessions
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_checkout   public.checkout_sessions;
  v_difference text;
  v_is_paid    boolean;
begin
  -- The client first, as everywhere. Whatever else concerns this payment queues at this lock, too.
  perform private.lock_client((select user_id from public.checkout_sessions where id = observe_payment.checkout_id));
  select * into v_checkout from public.checkout_sessions where id = observe_payment.checkout_id for update;
  if not found then
    perform private.refuse(404, 'checkout_not_found', 'There is no such checkout.');
  end if;

  v_is_paid := facts.payment_status in ('paid', 'no_payment_required');
  v_difference := coalesce(v_checkout.difference, case when v_is_paid then private.describe_difference(v_checkout, facts) end);
  if v_difference is not null and v_checkout.difference is null then
    -- Never seen, since we set the price; if it happens, a person must look before anything is given for it.
    perform private.publish_event('payment_differs', v_checkout.user_id, null,
                                  to_jsonb(facts) || jsonb_build_object('checkout_id', v_checkout.id));
  end if;
  if v_difference is not null and v_checkout.accepted_at is null then
    v_is_paid := false;
    facts.payment_failed := true;
  end if;
  perform private.record_returns(v_checkout.id, facts);
  v_checkout.processing_at := case
    when facts.session_status = 'complete' and facts.payment_status = 'unpaid'
      then least(v_checkout.processing_at, coalesce(facts.completed_at, now()))
    else v_checkout.processing_at end;
  v_checkout.intent_failed_at := greatest(v_checkout.intent_failed_at, facts.intent_failed_at);
  update public.checkout_sessions old
     set stripe_session_id        = coalesce(old.stripe_session_id, facts.stripe_session_id),
         stripe_payment_intent_id = coalesce(old.stripe_payment_intent_id, facts.payment_intent_id),
         receipt_url              = coalesce(old.receipt_url, facts.receipt_url),
         difference       = v_difference,
         stripe_amounts   = nullif(coalesce(old.stripe_amounts, '{}') || private.list_amounts(facts), '{}'),
         processing_at    = v_checkout.processing_at,
         intent_failed_at = v_checkout.intent_failed_at,
         paid_at       = coalesce(old.paid_at, case when v_is_paid then now() end),
         failed_at     = coalesce(old.failed_at, case when facts.payment_failed
           or v_checkout.intent_failed_at >= v_checkout.processing_at
           or (facts.session_status = 'unopened' and old.stripe_session_id is null) then now() end),
         expired_at    = coalesce(old.expired_at, case when facts.session_status = 'expired'
           or (facts.session_status = 'missing' and old.expires_at < now()) then now() end)
   where old.id = v_checkout.id
  returning old.* into v_checkout;
  return private.settle_checkout(v_checkout);
end
$$;

create function private.apply_stripe_event(event private.stripe_events) returns boolean
  language plpgsql volatile set search_path = ''
as $$
declare
  v_facts    private.payment_facts := jsonb_populate_record(null::private.payment_facts, event.facts);
  v_checkout public.checkout_sessions;
begin
  if event.facts is not null then
    select * into v_checkout from public.checkout_sessions c
     where c.id = v_facts.checkout_id or c.stripe_session_id = v_facts.stripe_session_id
        or c.stripe_payment_intent_id = v_facts.payment_intent_id;
    if not found then
      return false;
    end if;
    v_checkout := private.observe_payment(v_checkout.id, v_facts);
    perform private.ask_if_contradicted(v_checkout.id, v_facts);
  end if;
  update private.stripe_events e set applied_at = now(), checkout_id = v_checkout.id where e.event_id = event.event_id;
  return true;
end
$$;

-- Counts the attempt, and survives an event that cannot be applied: its neighbours are. Returns whether it was.
create function private.try_stripe_event(event private.stripe_events) returns boolean
  language plpgsql volatile set search_path = ''
as $$
declare
  v_failure text;
begin
  begin
    if private.apply_stripe_event(event) then
      return true;
    end if;
  exception when query_canceled or others then
    v_failure := sqlstate || ' ' || sqlerrm;
  end;
  update private.stripe_events e
     set attempts = e.attempts + 1, failure = v_failure, next_attempt_at = now() + private.retry_delay(e.attempts + 1)
   where e.event_id = event.event_id;
  return false;
end
$$;

create function private.apply_waiting_payment_events(payment_intent_id text) returns integer
  language plpgsql volatile set search_path = ''
as $$
#variable_conflict use_column
declare
  v_event private.stripe_events;
  v_count integer := 0;
begin
  for v_event in
    select * from private.stripe_events e
     where e.applied_at is null and e.payment_intent_id = apply_waiting_payment_events.payment_intent_id
     order by e.received_at limit 100 for update skip locked
  loop
    v_count := v_count + private.try_stripe_event(v_event)::integer;
  end loop;
  return v_count;
end
$$;

create function public.receive_stripe_event(
  event_id text, event_type text, payload jsonb, facts jsonb default null, happened_at timestamptz default null)
  returns table (is_repeated boolean, is_applied boolean)
  language plpgsql volatile security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  v_event private.stripe_events;
begin
  insert into private.stripe_events as e (event_id, event_type, payload, facts, happened_at)
  values (receive_stripe_event.event_id, receive_stripe_event.event_type, receive_stripe_event.payload,
          receive_stripe_event.facts, receive_stripe_event.happened_at)
  on conflict (event_id) do update set deliveries = e.deliveries + 1
  returning e.* into v_event;
  is_repeated := v_event.deliveries > 1;
  is_applied := v_event.applied_at is not null or private.apply_stripe_event(v_event);
  if is_applied and v_event.applied_at is null then
    -- The payment intent is known from now on, and earlier events may be waiting for it.
    perform private.apply_waiting_payment_events(v_event.payment_intent_id);
  end if;
  return next;
end
$$;

-- For the reconciler, again until none was tried: applies events that still wait for their payment, and deletes old
-- ones (`forgotten`). One that fails again and again is set aside; one that only waits is tried for three days.
create function public.apply_waiting_stripe_events(max_rows integer default 100)
  returns table (tried bigint, applied bigint, forgotten bigint)
  language plpgsql volatile security invoker set search_path = ''
as $$
declare
  v_event private.stripe_events;
begin
  tried := 0;
  applied := 0;
  for v_event in
    select * from private.stripe_events e
     where e.applied_at is null and e.next_attempt_at <= now() and e.received_at > now() - interval '3 days'
       and (e.failure is null or e.attempts < private.max_attempts())
     order by e.next_attempt_at limit apply_waiting_stripe_events.max_rows for update skip locked
  loop
    tried := tried + 1;
    applied := applied + private.try_stripe_event(v_event)::integer;
    exit when clock_timestamp() > now() + interval '3 seconds';
  end loop;

  delete from private.stripe_events e
   where e.ctid = any (array(select old.ctid from private.stripe_events old
                         where old.received_at < now() - interval '180 days'
                         order by old.received_at limit 1000 for update skip locked));
  get diagnostics forgotten = row_count;
  return next;
end
$$;

create function public.observe_checkout(checkout_id uuid, facts jsonb) returns table (id uuid, status text)
  language plpgsql volatile security invoker set search_path = ''
as $$
declare
  v_checkout public.checkout_sessions := private.observe_payment(
    observe_checkout.checkout_id, jsonb_populate_record(null::private.payment_facts, facts));
begin
  perform private.apply_waiting_payment_events(v_checkout.stripe_payment_intent_id);
  return query select v_checkout.id, v_checkout.status;
end
$$;
comment on function public.observe_checkout is
  'Applies what Stripe answered when it was asked: the same facts that events bring.';

revoke execute on function private.observe_payment,
  private.apply_stripe_event, private.try_stripe_event, private.apply_waiting_payment_events,
  public.receive_stripe_event, public.apply_waiting_stripe_events, public.observe_checkout
  from public, anon, authenticated, service_role;
grant execute on function private.observe_payment, private.apply_stripe_event, private.try_stripe_event,
  private.apply_waiting_payment_events, public.receive_stripe_event, public.apply_waiting_stripe_events,
  public.observe_checkout to service_role;
