-- Checkouts: what somebody set out to pay for, what Stripe has reported since, and what followed from it.
--
--   opening -> open -> paid                  opening -> failed      Stripe did not open it, or its answer was lost
--              open -> processing -> paid    processing -> failed   a bank that takes days; its payer is told
--              open -> failed                paid otherwise than we asked (`difference`): a person looks at it
--              open -> expired
--
-- The state is never set: it follows from facts (paid_at, expired_at, …) that are only ever added, so it is the same in
-- whatever order they arrive. A row is one attempt, and its id is the attempt's key at Stripe. It says itself what was
-- bought at which price: a hold may be gone and a price changed by the time the money arrives.

create table public.checkout_sessions (
  id                           uuid        primary key default gen_random_uuid(),
  user_id                      uuid        not null,
  payment_type                 text        not null check (payment_type in ('single', 'package_5', 'package_10', 'fee')),
  status                       text        not null generated always as (case
    when paid_at           is not null then 'paid'
    when failed_at         is not null then 'failed'
    when processing_at     is not null then 'processing'
    when expired_at        is not null then 'expired'
    when stripe_session_id is not null then 'open'
    else 'opening' end) stored,

  -- What is bought
  description                  text        not null,
  amount_minor                 integer     not null check (amount_minor >= 0),
  currency                     text        not null check (currency in ('cad', 'usd')),
  credits                      integer     not null check ((credits = 0) = (payment_type = 'fee') and credits >= 0),
  session_type_id              uuid        references public.session_types (id),
  is_for_any_type              boolean     not null default false,
  package_id                   uuid        references public.session_packages (id) on delete set null,
  practitioner_id              uuid        references public.practitioners (id) on delete set null,
  scheduled_at                 timestamptz,
  session_location             text        check (session_location in ('online', 'in_person')),
  physical_location            text,
  group_class_id               uuid        references public.session_schedules (id) on delete set null,
  hold_id                      uuid        references public.session_holds (id) on delete set null,
  fee_id                       uuid        references public.owed_fees (id),
  notes                        text,
  cancellation_policy_version  uuid        references public.cancellation_policy (id),

  -- What Stripe reports
  stripe_session_id            text        unique,
  stripe_payment_intent_id     text        unique,
  url                          text,
  expires_at                   timestamptz not null,
  processing_at                timestamptz,
  paid_at                      timestamptz,
  failed_at                    timestamptz,
  expired_at                   timestamptz,
  intent_failed_at             timestamptz,
  stripe_amounts               jsonb,
  difference                   text,
  receipt_url                  text,
  refunded_minor               integer     not null default 0,

  -- What followed from it
  accepted_at                  timestamptz,
  failure_told_at              timestamptz,
  outcome                      text        check (outcome in (
                                             'session_booked', 'credits_granted', 'credit_instead', 'nobody_there',
                                             'fee_paid', 'fee_not_owed')),
  session_id                   uuid        references public.session_schedules (id) on delete set null,
  credit_lot_id                uuid        references public.user_session_credits (id) on delete set null,
  returned_minor               integer     not null default 0,
  credits_taken_back           integer     not null default 0,

  next_check_at                timestamptz,
  claim_count                  integer     not null default 0,
  created_at                   timestamptz not null default now(),
  updated_at                   timestamptz not null default now(),

  constraint checkout_sessions_fit_payment_type check (
    case payment_type when 'single' then scheduled_at is not null and (session_location is not null or group_class_id is null)
                      else scheduled_at is null end
    and (payment_type = 'fee') = (session_type_id is null) and (payment_type = 'fee') = (fee_id is not null)),
  constraint checkout_sessions_texts_are_short check (
    char_length(notes) <= 2000 and char_length(physical_location) <= 500),
  constraint checkout_sessions_ids_are_short check (
    char_length(stripe_session_id) <= 255 and char_length(stripe_payment_intent_id) <= 255),
  constraint checkout_sessions_description_is_short check (char_length(description) <= 1000),
  constraint checkout_sessions_links_are_short check (char_length(url) <= 5000 and char_length(receipt_url) <= 5000),
  constraint checkout_sessions_amounts_are_in_range check (
    amount_minor between 0 and 100000000 and credits between 0 and 1000),
  constraint checkout_sessions_what_stripe_says_is_short check (
    char_length(stripe_amounts::text) <= 10000 and char_length(difference) <= 2000),
  constraint checkout_sessions_times_are_in_range check (
    scheduled_at between '2000-01-01' and '2100-01-01' and processing_at between '2000-01-01' and '2100-01-01'
    and intent_failed_at between '2000-01-01' and '2100-01-01')
);
comment on table  public.checkout_sessions                is
  'Attempts to pay: evidence, so a paid one outlives all that it is about.';
comment on column public.checkout_sessions.user_id        is
  'Who pays. No foreign key: their account may have been erased since.';
comment on column public.checkout_sessions.amount_minor   is 'In cents, by our own prices when it was begun.';
comment on column public.checkout_sessions.processing_at is
  'When the payer had done their part, and the bank had not paid yet.';
comment on column public.checkout_sessions.intent_failed_at is
  'When Stripe last could not charge. Before processing_at it was a card, and its payer went on to pay otherwise.';
comment on column public.checkout_sessions.stripe_amounts is
  'What Stripe charged for, line by line: subtotal, discount, tax, shipping, total, and its lines once we have asked.';
comment on column public.checkout_sessions.difference     is
  'What Stripe charged otherwise than we asked, in words. Nothing is given for it until somebody accepts it.';
comment on column public.checkout_sessions.refunded_minor is 'All refunds that have not failed or been cancelled.';
comment on column public.checkout_sessions.returned_minor is 'Refunds and lost disputes: what the payer got back.';
comment on column public.checkout_sessions.outcome        is
  'credit_instead: the time was taken when the money arrived. nobody_there: the account had been erased. fee_not_owed: it'
  ' was paid or forgiven, so this payment goes back.';

comment on column public.checkout_sessions.claim_count is
  'Claims to ask Stripe about it, since somebody last reported on it.';
comment on column public.checkout_sessions.id is 'Of the row; made here.';
comment on column public.checkout_sessions.payment_type is 'single, package_5, package_10 or fee.';
comment on column public.checkout_sessions.status is 'Where it stands.';
comment on column public.checkout_sessions.description is 'What stands on Stripe''s page.';
comment on column public.checkout_sessions.currency is 'By its three letters, in lower case.';
comment on column public.checkout_sessions.credits is 'How many are bought; 0 for a fee.';
comment on column public.checkout_sessions.session_type_id is 'The kind of session: session_types.id.';
comment on column public.checkout_sessions.is_for_any_type is 'Whether those credits are good for any kind of session.';
comment on column public.checkout_sessions.package_id is 'The package it came with: session_packages.id.';
comment on column public.checkout_sessions.practitioner_id is 'With whom; null for a package.';
comment on column public.checkout_sessions.scheduled_at is 'When the session begins.';
comment on column public.checkout_sessions.session_location is 'Where it is held: online or in_person.';
comment on column public.checkout_sessions.physical_location is
  'The studio''s name and address, where it is held in person.';
comment on column public.checkout_sessions.group_class_id is 'The class, where this is a seat in one.';
comment on column public.checkout_sessions.hold_id is 'The hold on that time: session_holds.id.';
comment on column public.checkout_sessions.fee_id is 'The fee that it pays: owed_fees.id.';
comment on column public.checkout_sessions.notes is 'What they wrote for the practitioner.';
comment on column public.checkout_sessions.cancellation_policy_version is
  'The text that was agreed to: cancellation_policy.id.';
comment on column public.checkout_sessions.stripe_session_id is 'Stripe''s own id of the checkout.';
comment on column public.checkout_sessions.stripe_payment_intent_id is 'Stripe''s own id of the payment.';
comment on column public.checkout_sessions.url is 'Of Stripe''s page.';
comment on column public.checkout_sessions.expires_at is 'Until when it can be paid.';
comment on column public.checkout_sessions.processing_at is 'When a bank debit began that has not come through.';
comment on column public.checkout_sessions.paid_at is 'When Stripe had the money.';
comment on column public.checkout_sessions.failed_at is 'When the bank debit failed.';
comment on column public.checkout_sessions.expired_at is 'When its time was over.';
comment on column public.checkout_sessions.receipt_url is 'Stripe''s receipt.';
comment on column public.checkout_sessions.session_id is 'The session that came of it.';
comment on column public.checkout_sessions.credit_lot_id is 'The credits that came of it.';
comment on column public.checkout_sessions.credits_taken_back is 'Of those credits, how many went with a refund.';
comment on column public.checkout_sessions.next_check_at is 'When Stripe is asked again.';
comment on column public.checkout_sessions.created_at is 'When the row was made.';
comment on column public.checkout_sessions.updated_at is 'When the row was last changed.';
comment on column public.checkout_sessions.accepted_at is 'When an admin accepted what differs.';
comment on column public.checkout_sessions.failure_told_at is 'When its payer was told that their bank did not pay.';

create index checkout_sessions_paid_at_idx on public.checkout_sessions (paid_at);
create index checkout_sessions_user_id_idx on public.checkout_sessions (user_id, created_at);
create index checkout_sessions_session_type_id_idx on public.checkout_sessions (session_type_id);
create index checkout_sessions_package_id_idx on public.checkout_sessions (package_id);
create index checkout_sessions_practitioner_id_idx on public.checkout_sessions (practitioner_id);
create index checkout_sessions_group_class_id_idx on public.checkout_sessions (group_class_id);
create index checkout_sessions_hold_id_idx on public.checkout_sessions (hold_id);
create index checkout_sessions_fee_id_idx on public.checkout_sessions (fee_id) where fee_id is not null;
create index checkout_sessions_policy_version_idx on public.checkout_sessions (cancellation_policy_version);
create index checkout_sessions_session_id_idx on public.checkout_sessions (session_id);
create index checkout_sessions_credit_lot_id_idx on public.checkout_sessions (credit_lot_id);
create index checkout_sessions_next_check_at_idx on public.checkout_sessions (next_check_at)
  where next_check_at is not null;  -- the reconciler asks what is due

alter table public.checkout_sessions enable row level security;

create policy "payers read their checkouts, admins all"
  on public.checkout_sessions for select to authenticated
  using (user_id = (select auth.uid()) or (select private.is_confirmed_admin()));

revoke all on public.checkout_sessions from anon, authenticated, service_role;
grant select on public.checkout_sessions to authenticated, service_role;
-- No insert, update or delete for anybody: a checkout moves only through the functions of schema private.

create trigger update_checkout_sessions_updated_at before update on public.checkout_sessions
  for each row execute function public.update_updated_at_column();

-- Which checkout Stripe must be asked about now, and how. The reconciler asks until none is due.
--
--   look     how is it doing?
--   close    it should be over, or its fee is not owed any more: let nobody pay, and report how it ended
--   refund   it was paid for a fee that is not owed: give it back
--   give_up  Stripe's answer never arrived; the payer got no page to pay on, so nobody can have paid
--
-- A claim moves `next_check_at` ahead, so two reconcilers never claim the same row, and after a crash it is due again,
-- ever later (foundation/queues.sql). Set aside, it is not due any more; an event of Stripe's still moves it.

create type private.checkout_check as (
  task text, checkout_id uuid, stripe_session_id text, refund_id uuid, payment_intent_id text, amount_minor integer
);

-- Definer: nobody writes checkouts.
create function private.claim_checkout() returns private.checkout_check
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_checkout public.checkout_sessions;
  v_refund   private.payment_refunds;
  v_check    private.checkout_check;
begin
  update public.checkout_sessions c
     set claim_count = c.claim_count + 1,
         next_check_at = case when c.claim_count + 1 < private.max_attempts()
           then now() + greatest(interval '4 minutes', private.retry_delay(c.claim_count + 1)) end
   where c.id = (select due.id from public.checkout_sessions due where due.next_check_at <= now()
                  order by due.next_check_at limit 1 for update skip locked)
  returning c.* into v_checkout;
  if v_checkout.fee_id is not null then
    v_refund := private.find_refund_to_make(v_checkout.id);
  end if;
  v_check.checkout_id := v_checkout.id;
  v_check.stripe_session_id := v_checkout.stripe_session_id;
  v_check.refund_id := v_refund.id;
  v_check.payment_intent_id := v_checkout.stripe_payment_intent_id;
  v_check.amount_minor := v_refund.amount_minor;
  v_check.task := case
    when v_checkout.id is null then null
    when v_refund.id is not null then 'refund'
    when v_checkout.stripe_session_id is null then 'give_up'
    when v_checkout.status = 'open' and (
           v_checkout.expires_at < now() - interval '1 minute'
           or exists (select from public.owed_fees f
                       where f.id = v_checkout.fee_id
                         and (f.status, f.amount_minor, f.currency)
                             is distinct from ('owed', v_checkout.amount_minor, v_checkout.currency))) then 'close'
    else 'look' end;
  return v_check;
end
$$;

create function public.claim_checkout_check()
  returns table (task text, checkout_id uuid, stripe_session_id text, refund_id uuid, payment_intent_id text,
                 amount_minor integer)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.claim_checkout();  -- one row always: nothing is due if it names no checkout
$$;

revoke execute on function private.claim_checkout, public.claim_checkout_check
  from public, anon, authenticated, service_role;
grant execute on function private.claim_checkout, public.claim_checkout_check to service_role;
