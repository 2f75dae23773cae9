-- Refunds by an admin, or of a fee that was not owed: decided and recorded here, made at Stripe; what follows is as
-- after any refund (returns.sql).
--
--   requested -> made       Stripe has it: how it is there stands in stripe_refunds
--   requested -> refused    Stripe does not take it
--
-- The row's id is the refund's key at Stripe. So a request whose answer was lost is repeated under the same key, for as
-- long as Stripe remembers keys; after that, the payment itself says what was refunded.

create table private.payment_refunds (
  id               uuid        primary key default gen_random_uuid(),
  checkout_id      uuid        not null references public.checkout_sessions (id),
  amount_minor     integer     not null check (amount_minor > 0),
  reason           text        not null check (btrim(reason) <> '' and char_length(reason) <= 500),
  requested_by     uuid,
  status           text        not null default 'requested' check (status in ('requested', 'made', 'refused')),
  keeps_sessions   boolean     not null default false,
  stripe_refund_id text,
  created_at       timestamptz not null default now(),

  constraint payment_refunds_amount_minor_is_in_range check (amount_minor between 1 and 100000000),
  constraint payment_refunds_stripe_refund_id_is_short check (char_length(stripe_refund_id) <= 255)
);
comment on table  private.payment_refunds              is 'Refunds that were decided here, and why: evidence.';
comment on column private.payment_refunds.requested_by is
  'No foreign key: who decided it stays, also when they have left. Null: it followed from the rules (fees/paying.sql).';
comment on column private.payment_refunds.keeps_sessions is
  'The admin''s choice: what was booked with the money takes place all the same, and what was spent stays owed.';

create index payment_refunds_checkout_id_idx on private.payment_refunds (checkout_id);

alter table private.payment_refunds enable row level security;
-- No grant and no policy: only the functions below touch it.

create type private.requested_refund as (
  refund_id uuid, checkout_id uuid, amount_minor integer, currency text, payment_intent_id text, stripe_session_id text
);

-- Definer: nobody writes refunds. So it checks its caller itself.
create function private.request_refund(
  checkout_id uuid, session_id uuid, amount_minor integer, reason text, keeps_sessions boolean)
  returns private.requested_refund
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_checkout   public.checkout_sessions;
  v_refund     private.payment_refunds;
  v_refundable integer;
begin
  if not private.is_confirmed_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins refund payments.');
  end if;
  select * into v_checkout from public.checkout_sessions c
   where c.outcome is not null and (c.id = request_refund.checkout_id or c.session_id = request_refund.session_id)
   order by c.paid_at desc limit 1;
  if not found then
    perform private.refuse(404, 'payment_not_found', 'There is no such payment.');
  elsif v_checkout.stripe_payment_intent_id is null then
    perform private.refuse(409, 'payment_not_refundable', 'This payment cannot be refunded here.', 'Refund it in Stripe.');
  end if;
  perform private.refuse_own_money(v_checkout.user_id), private.lock_client(v_checkout.user_id);
  select * into v_checkout from public.checkout_sessions c where c.id = v_checkout.id for update;

  select * into v_refund from private.payment_refunds r
   where r.checkout_id = v_checkout.id and r.status = 'requested' and r.created_at > now() - interval '23 hours'
   order by r.created_at desc limit 1;
  v_refundable := v_checkout.amount_minor - greatest(v_checkout.refunded_minor, v_checkout.returned_minor);
  if v_refundable = 0 then
    perform private.refuse(409, 'already_refunded', 'This payment was given back already.');
  elsif (v_refund.amount_minor, v_refund.keeps_sessions)
        <> (coalesce(request_refund.amount_minor, v_refundable), request_refund.keeps_sessions) then
    perform private.refuse(409, 'request_in_progress', 'Another refund of this payment is on its way.', 'Ask again in a moment.');
  elsif coalesce(request_refund.amount_minor, v_refundable) > v_refundable then
    perform private.refuse(409, 'refund_too_large', format('At most %s %s can be given back.',
                                                           round(v_refundable / 100.0, 2), upper(v_checkout.currency)));
  end if;

  if v_refund.id is null then
    insert into private.payment_refunds as r (checkout_id, amount_minor, reason, requested_by, keeps_sessions)
    values (v_checkout.id, coalesce(request_refund.amount_minor, v_refundable), request_refund.reason, (select auth.uid()),
            request_refund.keeps_sessions)
    returning r.* into v_refund;
  end if;
  return (v_refund.id, v_checkout.id, v_refund.amount_minor, v_checkout.currency, v_checkout.stripe_payment_intent_id,
          v_checkout.stripe_session_id);
end
$$;

create function public.request_refund(
  reason text, checkout_id uuid default null, session_id uuid default null, amount_minor integer default null,
  keeps_sessions boolean default false)
  returns table (refund_id uuid, checkout_id uuid, amount_minor integer, currency text, payment_intent_id text,
                 stripe_session_id text)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.request_refund(request_refund.checkout_id, request_refund.session_id, request_refund.amount_minor,
                                       reason, coalesce(request_refund.keeps_sessions, false));
$$;
comment on function public.request_refund is
  'For admins: decides and records a refund; refund-payment then makes it at Stripe.';

-- Definer: nobody writes refunds.
create function private.record_refund(refund_id uuid, stripe_refund_id text) returns uuid
  language sql volatile security definer set search_path = ''
as $$
  update private.payment_refunds r
     set status = case when record_refund.stripe_refund_id is null then 'refused' else 'made' end,
         stripe_refund_id = record_refund.stripe_refund_id
   where r.id = record_refund.refund_id
  returning r.checkout_id;
$$;

-- Definer: nobody reads refunds.
create function private.get_refund_status(stripe_refund_id text) returns text
  language sql stable security definer set search_path = ''
as $$
  select r.status from private.stripe_refunds r where r.id = get_refund_status.stripe_refund_id;
$$;

-- The status is Stripe's own, null if it refused the refund.
create function public.record_refund(refund_id uuid, facts jsonb, stripe_refund_id text default null)
  returns table (status text, refunded_minor integer)
  language plpgsql volatile security invoker set search_path = ''
as $$
declare
  v_checkout public.checkout_sessions := private.observe_payment(
    private.record_refund(record_refund.refund_id, record_refund.stripe_refund_id),
    jsonb_populate_record(null::private.payment_facts, facts));
begin
  return query select private.get_refund_status(record_refund.stripe_refund_id), v_checkout.returned_minor;
end
$$;

revoke execute on function private.request_refund, private.record_refund, private.get_refund_status,
  public.request_refund, public.record_refund from public, anon, authenticated, service_role;
grant execute on function private.request_refund, public.request_refund to authenticated;
grant execute on function private.record_refund, private.get_refund_status, public.record_refund to service_role;
