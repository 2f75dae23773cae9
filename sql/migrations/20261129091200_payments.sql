-- From sql/schemas: payments/checkouts, payments/begin_checkout, payments/refused_picks, payments/session_payments, payments/returned_money, payments/returns, payments/fulfilment, payments/differences, payments/stripe_events, payments/refunds, fees/paying, fees/forgiving.

-- Functions name what later chapters make.
set check_function_bodies = off;

set lock_timeout = '5s';
set statement_timeout = 0;
do $$ begin lock table public.session_payments in access exclusive mode; end $$;
do $$ begin lock table public.session_schedules, public.practitioners, public.session_packages, public.session_types, public.user_session_credits in share row exclusive mode; end $$;


-- payments/checkouts.sql

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


-- payments/begin_checkout.sql

-- Beginning a checkout: what is bought, at which price, and is it still available? Then it is held for the payer.
--
-- The time, or the seat, is held until Stripe's page closes (32 minutes: Stripe wants at least 30) and ten minutes
-- more, in which a late event can still arrive. Asking again for the same gets the same checkout. Asking for something
-- else at the same time, or for more times than may be held at once, gives up an earlier one, whose page must be closed
-- at Stripe (`supersedes`).

create function private.find_type_to_pay(
  session_type_id uuid, duration_minutes integer, session_type text, is_group boolean) returns public.session_types
  language plpgsql stable set search_path = ''
as $$
#variable_conflict use_column
declare
  v_type public.session_types;
begin
  select * into v_type from public.session_types t
   where t.is_active
     and case when find_type_to_pay.session_type_id is not null then t.id = find_type_to_pay.session_type_id
              else (t.duration_minutes, t.session_type, t.is_group)
                   = (find_type_to_pay.duration_minutes, coalesce(find_type_to_pay.session_type, 'standing'),
                      coalesce(find_type_to_pay.is_group, false)) end;
  if not found then
    perform private.refuse(404, 'session_type_not_found', 'There is no such kind of session.');
  elsif v_type.duration_minutes <> find_type_to_pay.duration_minutes then
    perform private.refuse(409, 'duration_not_offered', format('This kind of session lasts %s minutes.', v_type.duration_minutes));
  end if;
  return v_type;
end
$$;

create function private.find_class_to_pay(
  group_class_id uuid, practitioner_id uuid, scheduled_at timestamptz, session_location text, type public.session_types)
  returns uuid
  language plpgsql stable set search_path = ''
as $$
declare
  v_class public.session_schedules;
begin
  -- The checkout page names a class by its time only; a practitioner gives one at a time.
  select * into v_class from public.session_schedules s
   where s.max_participants > 1 and s.group_class_id is null and s.status <> 'cancelled'
     and case when find_class_to_pay.group_class_id is not null then s.id = find_class_to_pay.group_class_id
              else (s.practitioner_id, s.scheduled_at) = (find_class_to_pay.practitioner_id, find_class_to_pay.scheduled_at) end
   order by s.session_location = coalesce(find_class_to_pay.session_location, 'online') desc limit 1;  -- it may have two forms
  if not found then
    perform private.refuse(404, 'class_not_found', 'There is no such class.');
  elsif not type.is_group or v_class.duration_minutes <> type.duration_minutes then
    perform private.refuse(409, 'type_not_of_class', 'This is not the price of that class.',
                           'Reload the page and choose again.');
  end if;
  return v_class.id;
end
$$;

create function private.check_policy_agreement(agreed boolean, version uuid) returns uuid
  language plpgsql stable set search_path = ''
as $$
declare
  v_policy uuid := (select p.id from public.cancellation_policy p where p.is_active);
begin
  if v_policy is not null and not coalesce(agreed, false) then
    perform private.refuse(409, 'cancellation_policy_not_agreed', 'Please agree to the cancellation policy first.');
  elsif v_policy <> version then
    perform private.refuse(409, 'cancellation_policy_not_current',
                           'The cancellation policy has changed since this page was opened.',
                           'Reload the page, read the current policy and agree to it.');
  end if;
  return v_policy;
end
$$;

create type private.begun_checkout as (
  checkout_id uuid, description text, amount_minor integer, currency text, expires_at timestamptz, url text,
  supersedes text[]
);

-- Definer: people write neither checkouts nor holds.
create function private.begin_checkout(
  user_id uuid, payment_type text, currency text, session_type_id uuid, duration_minutes integer, session_type text,
  is_group boolean, practitioner_id uuid, scheduled_at timestamptz, session_location text, physical_location text,
  group_class_id uuid, notes text, cancellation_policy_agreed boolean, cancellation_policy_version uuid)
  returns private.begun_checkout
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_type       public.session_types;
  v_package    public.session_packages;
  v_new        public.checkout_sessions;  -- as it is about to be written
  v_existing   public.checkout_sessions;
  v_supersedes text[];
  v_holds      integer;
begin
  -- Two clicks at once queue here, and the second finds what the first made.
  perform private.refuse_anonymous_caller(), private.lock_client(begin_checkout.user_id);
  v_type := private.find_type_to_pay(begin_checkout.session_type_id, begin_checkout.duration_minutes,
                                begin_checkout.session_type, begin_checkout.is_group);
  v_new.session_type_id := v_type.id;
  v_new.is_for_any_type := false;
  v_new.currency := coalesce(begin_checkout.currency,
                             (select p.currency from public.user_preferences p where p.user_id = begin_checkout.user_id), 'usd');

  if begin_checkout.payment_type = 'single' then
    perform private.refuse_owing(begin_checkout.user_id);
    v_new.credits := 1;
    v_new.description := v_type.name;
    v_new.amount_minor := round(100 * case v_new.currency when 'cad' then v_type.price_cad else v_type.price_usd end);
    v_new.cancellation_policy_version := private.check_policy_agreement(begin_checkout.cancellation_policy_agreed,
                                                               begin_checkout.cancellation_policy_version);
    if begin_checkout.group_class_id is not null or v_type.is_group then
      v_new.group_class_id := private.find_class_to_pay(
        begin_checkout.group_class_id, begin_checkout.practitioner_id, begin_checkout.scheduled_at,
        begin_checkout.session_location, v_type);
      select s.practitioner_id, s.scheduled_at, s.session_location, s.physical_location
        into v_new.practitioner_id, v_new.scheduled_at, v_new.session_location, v_new.physical_location
        from public.session_schedules s where s.id = v_new.group_class_id;
    else
      v_new.practitioner_id   := begin_checkout.practitioner_id;
      v_new.scheduled_at      := begin_checkout.scheduled_at;
      v_new.session_location  := begin_checkout.session_location;
      v_new.physical_location := begin_checkout.physical_location;
      if v_new.session_location is not null then
        perform private.refuse_unknown_place(v_new.session_location, v_new.physical_location, null);
      end if;
      -- In words at once: by the time it is paid, the studio may be gone.
      v_new.physical_location := private.describe_place(v_new.physical_location);
      -- That beginning is how the pages join a class.
      v_new.notes := nullif(btrim(regexp_replace(begin_checkout.notes, '^\s*Joined group class:', '', 'i')), '');
    end if;
  else
    select * into v_package from public.session_packages p
     where p.is_active and p.session_type_id = v_type.id
       and p.session_count = case begin_checkout.payment_type when 'package_5' then 5 else 10 end;
    if not found then
      perform private.refuse(404, 'package_not_found', 'There is no such package for this kind of session.',
                             'Choose another kind of session.');
    end if;
    v_new.package_id := v_package.id;
    v_new.credits := v_package.session_count;
    -- The wallet sells a length, and sends the first type of it that it finds. Who picked a practice has chosen.
    v_new.is_for_any_type := begin_checkout.practitioner_id is null and begin_checkout.session_type is null;
    v_new.description := v_package.name;
    v_new.amount_minor := round(100 * case v_new.currency when 'cad' then v_package.price_cad else v_package.price_usd end);
    -- The wallet asks nobody to agree; who did on the checkout page has.
    if begin_checkout.cancellation_policy_agreed then
      v_new.cancellation_policy_version := private.check_policy_agreement(true, begin_checkout.cancellation_policy_version);
    end if;
  end if;

  select * into v_existing from public.checkout_sessions c
   where c.user_id = begin_checkout.user_id
     -- One that is still being opened must last for as long as Stripe demands of a new page.
     and c.expires_at > now() + case c.status when 'open' then interval '10 minutes' when 'opening' then interval '30.5 minutes' end
     and (c.payment_type, c.session_type_id, c.is_for_any_type, c.amount_minor, c.currency)
         = (begin_checkout.payment_type, v_new.session_type_id, v_new.is_for_any_type, v_new.amount_minor, v_new.currency)
     and (c.package_id, c.practitioner_id, c.scheduled_at, c.session_location, c.physical_location, c.group_class_id, c.notes)
         is not distinct from (v_new.package_id, v_new.practitioner_id, v_new.scheduled_at, v_new.session_location,
                               v_new.physical_location, v_new.group_class_id, v_new.notes)
     and (c.hold_id is null or exists (select from public.session_holds h where h.id = c.hold_id and h.status = 'held'))
   order by c.created_at desc limit 1;
  if v_existing.status = 'opening' and v_existing.created_at > now() - interval '20 seconds' then
    perform private.refuse(409, 'request_in_progress', 'The page to pay on is being opened.', 'Ask again in a moment.');
  elsif found then
    return (v_existing.id, v_existing.description, v_existing.amount_minor, v_existing.currency, v_existing.expires_at,
            v_existing.url, array[]::text[]);
  end if;
  perform private.limit_use('checkouts', begin_checkout.user_id);

  if begin_checkout.payment_type = 'single' then
    -- Released are holds that the new one overlaps, and the oldest if no more are allowed: pages have no button for it.
    select count(*) into v_holds from public.session_holds h
     where h.user_id = begin_checkout.user_id and h.status = 'held' and h.expires_at > now();
    with earlier as (
      select c.stripe_session_id, h.id as hold_id, row_number() over (partition by h.status order by c.created_at, c.id) as age,
             h.practitioner_id = v_new.practitioner_id
               and tstzrange(h.scheduled_at, h.scheduled_at + make_interval(mins => h.duration_minutes))
                   && tstzrange(v_new.scheduled_at, v_new.scheduled_at + make_interval(mins => v_type.duration_minutes))
               as is_overlapping
        from public.checkout_sessions c join public.session_holds h on h.id = c.hold_id
       where c.user_id = begin_checkout.user_id and c.status in ('opening', 'open')
         and h.status <> 'consumed' and h.checkout_session_id = c.id::text
    ),
    released as (
      update public.session_holds h set status = 'released'
        from earlier
       where h.id = earlier.hold_id
         and (earlier.is_overlapping or (h.status = 'held' and earlier.age <= v_holds + 1 - (private.get_hold_rules(begin_checkout.user_id)).at_once))
      returning earlier.stripe_session_id
    )
    select array_agg(r.stripe_session_id) filter (where r.stripe_session_id is not null) into v_supersedes from released r;
    select h.id into v_new.hold_id
      from private.hold_slot(begin_checkout.user_id, v_new.practitioner_id, v_new.scheduled_at, v_type.id,
                             coalesce(v_new.session_location, 'online'), v_new.physical_location,
                             v_new.group_class_id) h;
  end if;

  insert into public.checkout_sessions as c
    (user_id, payment_type, description, amount_minor, currency, credits, session_type_id, is_for_any_type, package_id,
     practitioner_id,
     scheduled_at, session_location, physical_location, group_class_id, hold_id, notes, cancellation_policy_version,
     expires_at, next_check_at)
  values
    (begin_checkout.user_id, begin_checkout.payment_type, v_new.description, v_new.amount_minor, v_new.currency,
     v_new.credits, v_new.session_type_id, v_new.is_for_any_type, v_new.package_id, v_new.practitioner_id, v_new.scheduled_at,
     v_new.session_location, v_new.physical_location, v_new.group_class_id, v_new.hold_id, v_new.notes,
     v_new.cancellation_policy_version, date_trunc('second', now()) + interval '32 minutes', now() + interval '5 minutes')
  returning c.* into v_new;
  if v_new.hold_id is not null then
    perform private.extend_hold(v_new.hold_id, v_new.expires_at + interval '10 minutes', v_new.id::text);
  end if;
  return (v_new.id, v_new.description, v_new.amount_minor, v_new.currency, v_new.expires_at, v_new.url,
          coalesce(v_supersedes, array[]::text[]));
end
$$;

create function public.begin_checkout(
  payment_type text, currency text default null, session_type_id uuid default null,
  duration_minutes integer default null, session_type text default null, is_group boolean default null,
  practitioner_id uuid default null, scheduled_at timestamptz default null, session_location text default null,
  physical_location text default null, group_class_id uuid default null, notes text default null,
  cancellation_policy_agreed boolean default null, cancellation_policy_version uuid default null)
  returns table (checkout_id uuid, description text, amount_minor integer, currency text, expires_at timestamptz,
                 url text, supersedes text[])
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.begin_checkout((select auth.uid()), payment_type, begin_checkout.currency, session_type_id,
    duration_minutes, session_type, is_group, practitioner_id, scheduled_at, session_location, physical_location,
    group_class_id, notes, cancellation_policy_agreed, cancellation_policy_version);
$$;

comment on function public.begin_checkout is
  'Decides and records what is to be paid; create-session-payment then opens it at Stripe.';

-- Definer: nobody writes checkouts.
create function private.open_checkout(checkout_id uuid, stripe_session_id text, url text)
  returns public.checkout_sessions
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_checkout public.checkout_sessions;
begin
  update public.checkout_sessions c
     set stripe_session_id = open_checkout.stripe_session_id, url = open_checkout.url
   where c.id = open_checkout.checkout_id
  returning c.* into v_checkout;
  if not found then
    perform private.refuse(404, 'checkout_not_found', 'There is no such checkout.');
  elsif v_checkout.status <> 'open' then
    perform private.refuse(409, 'checkout_lapsed', 'This took too long.', 'Please try again.');
  end if;
  return v_checkout;
end
$$;

create function public.open_checkout(checkout_id uuid, stripe_session_id text, url text)
  returns table (checkout_id uuid, url text, expires_at timestamptz)
  language sql volatile security invoker set search_path = ''
as $$
  select c.id, c.url, c.expires_at
    from private.open_checkout(open_checkout.checkout_id, open_checkout.stripe_session_id, open_checkout.url) c;
$$;

revoke execute on function private.find_type_to_pay, private.find_class_to_pay, private.check_policy_agreement, private.begin_checkout,
  private.open_checkout, public.begin_checkout, public.open_checkout from public, anon, authenticated, service_role;

grant execute on function private.begin_checkout, public.begin_checkout to authenticated;

-- Only the server knows what Stripe answered.
grant execute on function private.open_checkout, public.open_checkout to service_role;


-- payments/refused_picks.sql

-- Refused picks: what somebody wanted to book and had no credit for, so that they can still pay for it.
--
-- The pages take a lot without a type for good for anything and offer no payment; the refusal names the page to pay at
-- (credits/credit_lots.sql), and that page finds here what was picked, the last for each person. A refusal leaves
-- nothing behind, so it is kept beside it: by book-session-with-credit after the refusal, and of a class by
-- `increment_group_class_participants`, which the pages call just before they insert the seat.

create table public.refused_picks (
  user_id           uuid primary key references auth.users (id) on delete cascade,
  practitioner_id   uuid        not null references public.practitioners (id) on delete cascade,
  scheduled_at      timestamptz not null,
  session_type_id   uuid        not null references public.session_types (id) on delete cascade,
  session_location  text        not null,
  physical_location text,
  group_class_id    uuid references public.session_schedules (id) on delete cascade,
  notes             text,
  picked_at         timestamptz not null default now(),

  constraint refused_picks_location_is_known check (session_location in ('online', 'in_person')),
  constraint refused_picks_texts_are_short check (char_length(physical_location) <= 500 and char_length(notes) <= 2000),
  constraint refused_picks_times_are_in_range check (
    scheduled_at between '2000-01-01' and '2100-01-01' and picked_at between '2000-01-01' and '2100-01-01')
);

comment on table public.refused_picks is 'What somebody last wanted to book without a credit that was good for it.';

comment on column public.refused_picks.user_id is 'Who picked it.';

comment on column public.refused_picks.practitioner_id is 'The practitioner it belongs to.';

comment on column public.refused_picks.scheduled_at is 'When the session begins.';

comment on column public.refused_picks.session_type_id is 'The kind of session: session_types.id.';

comment on column public.refused_picks.session_location is 'Where it is held: online or in_person.';

comment on column public.refused_picks.physical_location is
  'The studio''s name and address, where it is held in person.';

comment on column public.refused_picks.group_class_id is 'The class, where this is a seat in one.';

comment on column public.refused_picks.notes is 'What they wrote for the practitioner.';

comment on column public.refused_picks.picked_at is 'When it was picked.';

create index refused_picks_practitioner_id_idx on public.refused_picks (practitioner_id);

create index refused_picks_session_type_id_idx on public.refused_picks (session_type_id);

create index refused_picks_group_class_id_idx on public.refused_picks (group_class_id);

alter table public.refused_picks enable row level security;

create policy "people read their own pick, admins all"
  on public.refused_picks for select to authenticated
  using (user_id = (select auth.uid()) or (select private.is_admin()));

revoke all on public.refused_picks from anon, authenticated, service_role;

grant select on public.refused_picks to authenticated, service_role;

-- No insert, update or delete for people: the functions below keep one.

-- Definer: people may not write picks. It keeps nothing that cannot be sold.
create function private.keep_refused_pick(
  practitioner_id uuid, scheduled_at timestamptz, session_type_id uuid, duration_minutes integer, session_type text,
  session_location text, physical_location text, group_class_id uuid, notes text) returns void
  language sql volatile security definer set search_path = ''
as $$
  insert into public.refused_picks as k (
    user_id, practitioner_id, scheduled_at, session_type_id, session_location, physical_location, group_class_id, notes)
  select auth.uid(), p.id, keep_refused_pick.scheduled_at, t.id, keep_refused_pick.session_location,
         keep_refused_pick.physical_location, keep_refused_pick.group_class_id, left(keep_refused_pick.notes, 2000)
    from public.practitioners p
    join public.session_types t
      on t.is_active and t.is_group = (keep_refused_pick.group_class_id is not null)
     and t.duration_minutes = keep_refused_pick.duration_minutes
     and case when keep_refused_pick.session_type_id is not null then t.id = keep_refused_pick.session_type_id
              else t.session_type = coalesce(keep_refused_pick.session_type, t.session_type) end
   where p.id = keep_refused_pick.practitioner_id and auth.uid() is not null
   order by t.session_type = 'standing' desc, t.id limit 1
  on conflict (user_id) do update
    set practitioner_id = excluded.practitioner_id, scheduled_at = excluded.scheduled_at,
        session_type_id = excluded.session_type_id, session_location = excluded.session_location,
        physical_location = excluded.physical_location, group_class_id = excluded.group_class_id, notes = excluded.notes,
        picked_at = now();
$$;

create function public.keep_refused_pick(
  practitioner_id uuid, scheduled_at timestamptz, duration_minutes integer, session_type_id uuid default null,
  session_type text default 'standing', session_location text default 'online', physical_location text default null,
  notes text default null) returns table (pay_at text)
  language plpgsql volatile security invoker set search_path = ''
as $$
begin
  perform private.limit_use('picks kept', (select auth.uid()));
  perform private.keep_refused_pick(
    keep_refused_pick.practitioner_id, keep_refused_pick.scheduled_at, keep_refused_pick.session_type_id,
    keep_refused_pick.duration_minutes, keep_refused_pick.session_type, keep_refused_pick.session_location,
    keep_refused_pick.physical_location, null, keep_refused_pick.notes);
  pay_at := private.pages_origin() || '/pay-session';
  return next;
end
$$;

comment on function public.keep_refused_pick is
  'Keeps what was picked, for the page to pay at: the last pick of each person. Gives that page''s address, if it has one.';

-- A class that the caller has credits for, though none that is good for it; or that is full: by the mail they can wait
-- for a seat, since the pages have no button for it.
-- Definer: it reads credits and others' seats, and writes the pick.
create function private.keep_refused_class(group_class_id uuid) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_class public.session_schedules;
begin
  select * into v_class from public.session_schedules s
   where s.id = keep_refused_class.group_class_id and private.is_class(s) and s.status = 'scheduled' and s.scheduled_at > now();
  if found and auth.uid() is not null and private.count_taken_seats(v_class.id)
     + private.count_held_seats(v_class.id, auth.uid()) >= v_class.max_participants then
    perform private.publish_full_class(v_class);
  elsif found and exists (select from public.user_session_credits c where c.user_id = auth.uid() and c.credits_remaining > 0)
     and not exists (select from private.list_good_lots(
                       auth.uid(), private.list_class_session_type_ids(v_class), v_class.duration_minutes, true)) then
    perform private.limit_use('picks kept', auth.uid());
    perform private.keep_refused_pick(
      v_class.practitioner_id, v_class.scheduled_at, v_class.session_type_id, v_class.duration_minutes, null,
      v_class.session_location, v_class.physical_location, v_class.id, null);
  end if;
end
$$;

revoke execute on function private.keep_refused_pick, public.keep_refused_pick, private.keep_refused_class from public, anon, authenticated, service_role;

grant execute on function private.keep_refused_pick, public.keep_refused_pick, private.keep_refused_class to authenticated;


-- payments/session_payments.sql

-- Session payments: a row for each seat that was held, also for one that a credit was spent on, with both shares of it.
--
--   paid singly      the row is written when the money comes, and is what the client reads under their purchases
--   with a credit    the row is written when the seat is earned; the client paid for the package, and does not read it
--
-- So nobody reads a package as five more payments, and a practitioner reads one row per seat.
--
-- The pages of practitioner and admin add up or pay out what they read, without asking whether the session was held.
-- So both read a row once it is earned; the payer reads it from the start, and admins in `list_payments`.

alter table public.session_payments
  add column checkout_id uuid unique references public.checkout_sessions (id),
  add column revenue_share_id uuid references public.revenue_shares (id),
  add column refunded_amount numeric not null default 0,
  add column credit_lot_id uuid,
  add column earned_at timestamptz;

comment on column public.session_payments.refunded_amount is
  'What was returned to the payer; the shares are of the rest.';

comment on column public.session_payments.credit_lot_id is
  'The credits a seat was taken with. No foreign key: money outlives them. A total of 0: they were given, not bought.';

comment on column public.session_payments.earned_at is
  'When its session was held or forfeited. Null: paid for, and not owed to the practitioner.';

create index session_payments_session_id_idx on public.session_payments (session_id);

create index session_payments_client_id_idx on public.session_payments (client_id, created_at);

create index session_payments_practitioner_id_idx on public.session_payments (practitioner_id, created_at);

create index session_payments_revenue_share_id_idx on public.session_payments (revenue_share_id);

-- Whether somebody paid for this session by itself.
-- Definer: whoever reads a session reads how it was paid, before the payment is earned as well.
create function private.is_paid_singly(session_id uuid) returns boolean
  language sql stable security definer set search_path = ''
as $$
  select exists (select from public.session_payments p
                  where p.session_id = is_paid_singly.session_id and p.credit_lot_id is null);
$$;

revoke execute on function private.is_paid_singly from public, anon, authenticated, service_role;

grant execute on function private.is_paid_singly to authenticated;

-- A session that another practitioner leads from now on is theirs to earn. What is earned already stays.
-- Definer: whoever gives a session away may not write payments.
create function private.move_unearned_payments() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  update public.session_payments p set practitioner_id = new.practitioner_id
   where p.session_id = new.id and p.practitioner_id = old.practitioner_id
     and not exists (select from private.earned_seats e where e.payment_id = p.id);
  return null;
end
$$;

revoke execute on function private.move_unearned_payments from public, anon, authenticated, service_role;


-- payments/returned_money.sql

-- Money that goes back: refunds and disputes as facts by Stripe's id of each, and what they come to.
--
--   refund    pending, requires_action -> succeeded -> failed      also a succeeded one may fail, days later
--             requires_action -> canceled
--   dispute   inquiry -> open -> won, lost                         lost -> won, when the bank thinks again
--
-- No order is enforced: the state is what Stripe said last, by its own clock (`as_of`). Of two words of one second the
-- one that is further on in that order counts. So facts may come twice, late and in any order.
--
--   returned   refunds that have not failed or been cancelled, and lost disputes: shares and credits follow at once
--   settled    of that, what has arrived: succeeded, or lost. Sessions to come follow only now (returns.sql)
--   disputed   open disputes: credits are taken back, and the payment is not paid out

create table private.stripe_refunds (
  id             text        primary key,
  checkout_id    uuid        not null references public.checkout_sessions (id),
  request_id     uuid,
  status         text        not null check (status in ('pending', 'requires_action', 'succeeded', 'failed', 'canceled')),
  amount_minor   integer     not null,
  failure_reason text,
  as_of          timestamptz not null,
  changed_at     timestamptz not null,
  created_at     timestamptz not null default now(),

  constraint stripe_refunds_id_is_short check (char_length(id) <= 255),
  constraint stripe_refunds_failure_reason_is_short check (char_length(failure_reason) <= 255),
  constraint stripe_refunds_amount_minor_is_in_range check (amount_minor between 0 and 100000000),
  constraint stripe_refunds_times_are_in_range check (
    as_of between '2000-01-01' and '2100-01-01' and changed_at between '2000-01-01' and '2100-01-01')
);

comment on table  private.stripe_refunds            is 'Refunds by Stripe''s id, ours and those made in its dashboard.';

comment on column private.stripe_refunds.request_id is
  'The row of payment_refunds that it carries, if we made it. No foreign key: Stripe says so, and anybody may write there.';

comment on column private.stripe_refunds.as_of      is 'When Stripe last said so.';

comment on column private.stripe_refunds.changed_at is 'When Stripe first said this status.';

create table private.payment_disputes (
  id           text        primary key,
  checkout_id  uuid        not null references public.checkout_sessions (id),
  state        text        not null check (state in ('inquiry', 'open', 'won', 'lost')),
  amount_minor integer     not null,
  as_of        timestamptz not null default now(),
  changed_at   timestamptz not null default now(),

  constraint payment_disputes_id_is_short check (char_length(id) <= 255),
  constraint payment_disputes_amount_minor_is_in_range check (amount_minor between 0 and 100000000),
  constraint payment_disputes_times_are_in_range check (
    as_of between '2000-01-01' and '2100-01-01' and changed_at between '2000-01-01' and '2100-01-01')
);

comment on table  private.payment_disputes       is 'What payers claimed back through their bank, by Stripe''s id.';

comment on column private.payment_disputes.state is
  'inquiry: the bank asks, and no money has moved. won: also where the bank let go before it was a dispute.';

create index stripe_refunds_checkout_id_idx on private.stripe_refunds (checkout_id);

create index payment_disputes_checkout_id_idx on private.payment_disputes (checkout_id);

-- What admins are to look at.
create index stripe_refunds_not_arrived_idx on private.stripe_refunds (changed_at) where status <> 'succeeded';

create index payment_disputes_undecided_idx on private.payment_disputes (changed_at) where state in ('inquiry', 'open');

alter table private.stripe_refunds enable row level security;

alter table private.payment_disputes enable row level security;

-- No grant and no policy: only the functions of this schema read and write them.

create type private.refund_fact as (
  id text, status text, amount_minor integer, request_id uuid, failure_reason text
);

create type private.dispute_fact as (id text, status text, amount_minor integer);

create type private.payment_facts as (
  checkout_id       uuid,
  stripe_session_id text,
  payment_intent_id text,
  session_status    text,     -- open, complete, expired; missing: Stripe knows no such checkout; unopened: it made none
  payment_status    text,     -- paid, unpaid, no_payment_required
  payment_failed    boolean,
  completed_at      timestamptz, -- when the payer was done, by an event that says so
  intent_failed_at  timestamptz, -- when a charge failed: of a card, the payer may go on and pay otherwise
  amount_minor      integer,     -- what was charged in all, which is
  subtotal_minor    integer,     -- the sum of the lines,
  discount_minor    integer,     -- less what Stripe took off,
  tax_minor         integer,     -- and what it added
  shipping_minor    integer,
  lines             jsonb,       -- [{description, amount_minor, currency, quantity}], of an answer that has them
  currency          text,
  receipt_url       text,
  refunded_minor    integer,     -- as the charge counts its refunds, without naming them
  as_of             timestamptz, -- when Stripe said so
  refunds           private.refund_fact[],
  disputes          private.dispute_fact[]
);

-- How far on a state is, among words of one second.
create function private.rank_return(state text) returns integer
  language sql immutable set search_path = ''
as $$
  select case state when 'pending' then 1 when 'requires_action' then 2 when 'succeeded' then 3 when 'canceled' then 4
                    when 'failed' then 5
                    when 'inquiry' then 1 when 'open' then 2 when 'lost' then 3 when 'won' then 4 end;
$$;

-- A status that Stripe has only since counts as one on its way: nothing is paid out of it, and nothing is cancelled.
create function private.read_refund_status(status text) returns text
  language sql immutable set search_path = ''
as $$
  select case when status in ('requires_action', 'succeeded', 'failed', 'canceled') then status else 'pending' end;
$$;

create function private.read_dispute_status(status text) returns text
  language sql immutable set search_path = ''
as $$
  select case when status in ('won', 'prevented') then 'won' when status = 'lost' then 'lost'
              when status like 'warning%' then 'inquiry' else 'open' end;
$$;

-- The caller has locked the checkout.
create function private.record_returns(checkout_id uuid, facts private.payment_facts) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_as_of timestamptz := coalesce(facts.as_of, '2000-01-01');  -- undated: whatever is dated counts more
begin
  insert into private.stripe_refunds as r (id, checkout_id, request_id, status, amount_minor, failure_reason, as_of, changed_at)
  select distinct on (f.id) f.id, record_returns.checkout_id, f.request_id, private.read_refund_status(f.status),
         f.amount_minor, left(f.failure_reason, 255), v_as_of, v_as_of
    from unnest(facts.refunds) f where f.id is not null and f.amount_minor is not null order by f.id
  on conflict (id) do update
     set status = excluded.status, amount_minor = excluded.amount_minor, as_of = excluded.as_of,
         request_id = coalesce(excluded.request_id, r.request_id), failure_reason = excluded.failure_reason,
         changed_at = case when r.status = excluded.status then r.changed_at else excluded.changed_at end
   where r.checkout_id = excluded.checkout_id
     and (excluded.as_of, private.rank_return(excluded.status)) > (r.as_of, private.rank_return(r.status));

  insert into private.payment_disputes as d (id, checkout_id, state, amount_minor, as_of, changed_at)
  select distinct on (f.id) f.id, record_returns.checkout_id, private.read_dispute_status(f.status), f.amount_minor,
         v_as_of, v_as_of
    from unnest(facts.disputes) f where f.id is not null and f.amount_minor is not null order by f.id
  on conflict (id) do update
     set state = excluded.state, amount_minor = excluded.amount_minor, as_of = excluded.as_of,
         changed_at = case when d.state = excluded.state then d.changed_at else excluded.changed_at end
   where d.checkout_id = excluded.checkout_id
     and (excluded.as_of, private.rank_return(excluded.state)) > (d.as_of, private.rank_return(d.state));
end
$$;

-- An event may say something else than what is known: an older word of Stripe's, or refunds that nobody has named. Then
-- Stripe is asked at once, and its answer is the newest.
-- Definer: nobody writes checkouts.
create function private.ask_if_contradicted(checkout_id uuid, facts private.payment_facts) returns void
  language sql volatile security definer set search_path = ''
as $$
  update public.checkout_sessions c set next_check_at = least(c.next_check_at, now())
   where c.id = ask_if_contradicted.checkout_id
     and (exists (select from unnest(facts.refunds) f join private.stripe_refunds r on r.id = f.id
                   where r.status <> private.read_refund_status(f.status))
          or exists (select from unnest(facts.disputes) f join private.payment_disputes d on d.id = f.id
                      where d.state <> private.read_dispute_status(f.status))
          or facts.refunded_minor <> (
            select coalesce(sum(r.amount_minor), 0) from private.stripe_refunds r
             where r.checkout_id = c.id and r.status not in ('failed', 'canceled')));
$$;

create type private.returned_money as (
  refunded_minor bigint, lost_minor bigint, settled_minor bigint, forgone_minor bigint, disputed_minor bigint,
  is_undecided boolean, changed_at timestamptz
);

-- `forgone`: of what is settled, refunds whose admin chose to keep the sessions that were booked with the money.
create function private.sum_returns(checkout_id uuid) returns private.returned_money
  language plpgsql stable set search_path = ''
as $$
declare
  v_sums    private.returned_money;
  v_changed timestamptz;
begin
  select coalesce(sum(r.amount_minor) filter (where r.status not in ('failed', 'canceled')), 0),
         coalesce(sum(r.amount_minor) filter (where r.status = 'succeeded'), 0),
         coalesce(sum(r.amount_minor) filter (where r.status = 'succeeded' and exists (
           select from private.payment_refunds q
            where q.checkout_id = r.checkout_id and q.keeps_sessions and (q.id = r.request_id or q.stripe_refund_id = r.id))), 0),
         bool_or(r.status in ('pending', 'requires_action')), max(r.changed_at)
    into v_sums.refunded_minor, v_sums.settled_minor, v_sums.forgone_minor, v_sums.is_undecided, v_sums.changed_at
    from private.stripe_refunds r where r.checkout_id = sum_returns.checkout_id;
  select coalesce(sum(d.amount_minor) filter (where d.state = 'lost'), 0),
         coalesce(sum(d.amount_minor) filter (where d.state = 'open'), 0),
         coalesce(v_sums.is_undecided, false) or coalesce(bool_or(d.state in ('inquiry', 'open')), false), max(d.changed_at)
    into v_sums.lost_minor, v_sums.disputed_minor, v_sums.is_undecided, v_changed
    from private.payment_disputes d where d.checkout_id = sum_returns.checkout_id;
  v_sums.settled_minor := v_sums.settled_minor + v_sums.lost_minor;
  v_sums.changed_at := greatest(v_sums.changed_at, v_changed);
  return v_sums;
end
$$;

revoke execute on function private.rank_return, private.read_refund_status, private.read_dispute_status,
  private.record_returns, private.ask_if_contradicted, private.sum_returns from public, anon, authenticated, service_role;

grant execute on function private.ask_if_contradicted to service_role;  -- as it applies events


-- payments/returns.sql

-- What follows when a payment goes back, in part or all of it, and when it comes back to us after all.
--
--   returned in part  -> of a package, as many credits as that part is worth, rounded down; shares are of the rest
--   returned in full  -> all of them
--   settled           -> what was booked with the money and is to come is cancelled: a session paid singly when all of
--                        it is settled; of credits, as many sessions as are owed, the one booked last first.
--                        Unless the admin who made the refund chose to keep them
--   disputed          -> credits are taken back and the payment is not paid out, until it is decided
--   failed, cancelled, won
--                     -> credits come back, the payment counts again, by counter-entries. What was cancelled stays
--                        cancelled: of a session paid singly, the credit that cancelling withheld is given now
--
-- Credits that were spent and can be taken back from nowhere are owed (`credits_owed`). `apply_returns` compares what
-- is with what should be, so it can be called any number of times and after any fact (returned_money.sql).

-- Shares are of the money that stays with us: recalculated after every fact about a payment. The caller holds the
-- client's lock and the checkout's row.
create function private.recalculate_payment_shares(
  checkout public.checkout_sessions, returned_minor integer, is_disputed boolean) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_kept_minor bigint := checkout.amount_minor - returned_minor;
  v_seat       private.earned_seats;
begin
  perform private.lock_funds(checkout.id);
  for v_seat in select * from private.earned_seats e where e.funds_id = checkout.id order by e.seat_number loop
    perform private.post_seat_difference(v_seat, v_kept_minor, is_disputed);
  end loop;

  -- What was paid for a seat that is not earned: not yet, or not at all.
  perform private.update_payment_amounts(
            p.id, v_kept_minor,
            case when s.status = 'cancelled' then 0
                 else (100 * private.compute_practitioner_share(v_kept_minor / 100.0, share))::bigint end,
            is_disputed)
     from public.session_payments p
     join public.session_schedules s on s.id = p.session_id
     join public.revenue_shares share on share.id = p.revenue_share_id
    where p.checkout_id = checkout.id and not exists (select from private.earned_seats e where e.payment_id = p.id);
end
$$;

-- The credits that a payment bought, or the one that its cancelled session returned.
create function private.find_paid_lot(checkout public.checkout_sessions) returns uuid
  language sql stable set search_path = ''
as $$
  select c.id from public.user_session_credits c  -- an erasure may have deleted them
   where c.id = coalesce(checkout.credit_lot_id, (select l.lot_id from public.credit_ledger l
                                                   where l.session_id = checkout.session_id and l.kind = 'return'));
$$;

-- Brings the number of a payment's credits that are taken back to `credits`: takes more, or gives some back when the
-- money stays with us after all. Those spent already count as taken, and are owed (`credits_owed`). Returns the number
-- then.
create function private.set_credits_taken_back(checkout public.checkout_sessions, credits integer) returns integer
  language plpgsql volatile set search_path = ''
as $$
declare
  v_change   integer := set_credits_taken_back.credits - checkout.credits_taken_back;
  v_debt_cut integer;
  v_lot      uuid := private.find_paid_lot(checkout);
begin
  if v_lot is null or v_change = 0 then
    return checkout.credits_taken_back;
  elsif v_change > 0 then
    perform private.revoke_credits(v_lot, v_change, 'The payment was refunded or disputed');
  else
    -- First less is owed, of what had been spent already; the rest is given back, for a month at least: nobody could
    -- use it meanwhile.
    update public.user_session_credits l
       set credits_owed = greatest(0, l.credits_owed + v_change),
           expires_at = case when l.credits_owed < -v_change then greatest(l.expires_at, now() + interval '30 days')
                             else l.expires_at end
      from public.user_session_credits old
     where l.id = v_lot and old.id = l.id
    returning least(old.credits_owed, -v_change) into v_debt_cut;
    insert into public.credit_ledger (lot_id, user_id, change, kind, reason)
    select v_lot, checkout.user_id, -v_change - v_debt_cut, 'adjustment', 'The payment stands: its money did not go back'
     where -v_change > v_debt_cut;
  end if;
  return set_credits_taken_back.credits;
end
$$;

-- The session that was paid for, or those booked with its credits, and their classes: locked before the money, as when
-- one is cancelled or completed.
create function private.lock_paid_sessions(checkout public.checkout_sessions, with_credits boolean) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  c_sessions constant uuid[] := array(
    select s.id from public.session_schedules s
     where lock_paid_sessions.with_credits and s.status = 'scheduled' and s.credit_lot_id = private.find_paid_lot(checkout));
begin
  perform from public.session_schedules class
    where class.id = any (array(select checkout.group_class_id union
                                select s.group_class_id from public.session_schedules s where s.id = any (c_sessions)))
    order by class.id for update;
  perform from public.session_schedules s where s.id = checkout.session_id or s.id = any (c_sessions) order by s.id for update;
end
$$;

-- Cancels what is to come of a payment and was booked last, at most so many; nothing is returned for it, because
-- credits are owed or the price was returned. Both sides are told, as of every cancellation.
create function private.cancel_unpaid_sessions(checkout public.checkout_sessions, at_most integer) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_session uuid;
begin
  for v_session in
    select s.id from public.session_schedules s
     where s.status = 'scheduled' and s.scheduled_at > now()
       and (s.id = checkout.session_id or s.credit_lot_id = private.find_paid_lot(checkout))
     order by s.created_at desc, s.scheduled_at desc, s.id limit greatest(at_most, 0)
  loop
    update public.session_schedules s set status = 'cancelled', notes = 'Cancelled: ' || private.why_unpaid_sessions_end()
     where s.id = v_session;
  end loop;
end
$$;

-- The reason that such a cancellation records, and by which its mail knows it.
create function private.why_unpaid_sessions_end() returns text
  language sql immutable set search_path = ''
as $$
  select 'the payment was returned';
$$;

-- A session paid singly that was cancelled while its money was away gave no credit. The money is here again, so it does
-- now; not for one that was forfeited.
create function private.return_withheld_credit(checkout public.checkout_sessions) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_session public.session_schedules;
begin
  select * into v_session from public.session_schedules s
   where s.id = checkout.session_id and s.status = 'cancelled'
     and exists (select from auth.users u where u.id = s.client_id)
     and exists (select from public.session_cancellations c where c.session_id = s.id and c.cancellation_type <> 'last_minute')
     and not exists (select from public.credit_ledger l where l.session_id = s.id and l.kind = 'return');
  if found then
    perform private.return_credit(v_session, null);  -- it was paid singly: there is no lot whose end would count
  end if;
end
$$;

-- Says what changed about the money to whoever paid. What went back and came back within one answer of Stripe's is
-- nothing.
create function private.publish_returns(
  checkout public.checkout_sessions, before public.checkout_sessions, returns private.returned_money, credits_given integer)
  returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_change integer := checkout.returned_minor - before.returned_minor;
begin
  if v_change > 0 then
    perform private.publish_event('payment_returned', checkout.user_id, checkout.session_id, jsonb_build_object(
      'checkout_id', checkout.id, 'amount_minor', v_change, 'currency', checkout.currency,
      'credits_taken_back', checkout.credits_taken_back,
      -- As credits_owed.sql counts them: not those whose money is only on its way.
      'credits_owed', coalesce((select greatest(0, l.credits_owed - (checkout.credits_taken_back
                                         - private.count_settled_credits(checkout, returns.settled_minor)))
                                  from public.user_session_credits l where l.id = private.find_paid_lot(checkout)), 0),
      'because', case when returns.lost_minor > before.returned_minor - before.refunded_minor then 'dispute' else 'refund' end));
  elsif v_change < 0 then
    perform private.publish_event('payment_restored', checkout.user_id, checkout.session_id, jsonb_build_object(
      'checkout_id', checkout.id, 'amount_minor', -v_change, 'currency', checkout.currency,
      'credits_given_back', greatest(credits_given, 0),
      'because', case when returns.refunded_minor < before.refunded_minor then 'refund' else 'dispute' end));
  end if;
end
$$;

create function private.apply_returns(checkout public.checkout_sessions, returns private.returned_money)
  returns public.checkout_sessions
  language plpgsql volatile set search_path = ''
as $$
declare
  v_before  public.checkout_sessions := checkout;
  v_left    integer := private.count_credits_left(checkout);
  v_settled bigint := returns.settled_minor - returns.forgone_minor;
  v_away    bigint;
  v_unpaid  integer;
begin
  checkout.refunded_minor := least(checkout.amount_minor, returns.refunded_minor);
  checkout.returned_minor := least(checkout.amount_minor, returns.refunded_minor + returns.lost_minor);
  v_away := least(checkout.amount_minor, checkout.returned_minor + returns.disputed_minor);

  perform private.lock_paid_sessions(checkout, v_settled > 0);
  perform private.recalculate_payment_shares(checkout, checkout.returned_minor, returns.disputed_minor > 0);
  -- Order matters: a session whose payment is returned gives no credit when it is cancelled.
  if checkout.session_id is not null and v_settled >= checkout.amount_minor and checkout.amount_minor > 0 then
    perform private.cancel_unpaid_sessions(checkout, 1) from public.session_schedules s
      where s.id = checkout.session_id and s.status = 'scheduled';
  elsif v_away < checkout.amount_minor then
    perform private.return_withheld_credit(checkout);
  end if;

  checkout.credits_taken_back := private.set_credits_taken_back(
    checkout, (checkout.credits * v_away / greatest(checkout.amount_minor, 1))::integer);
  select private.count_credits_unpaid(checkout, l.credits_owed, returns) into v_unpaid
    from public.user_session_credits l where l.id = private.find_paid_lot(checkout);
  perform private.cancel_unpaid_sessions(checkout, v_unpaid) where v_unpaid > 0;

  perform private.publish_returns(checkout, v_before, returns, private.count_credits_left(checkout) - v_left);
  return checkout;
end
$$;

create function private.count_credits_left(checkout public.checkout_sessions) returns integer
  language sql stable set search_path = ''
as $$
  select coalesce((select l.credits_remaining from public.user_session_credits l where l.id = private.find_paid_lot(checkout)), 0);
$$;

-- Of the credits owed, those whose sessions are cancelled: not those whose money is only on its way, or whose sessions
-- an admin keeps.
create function private.count_credits_unpaid(
  checkout public.checkout_sessions, credits_owed integer, returns private.returned_money) returns integer
  language sql immutable set search_path = ''
as $$
  select credits_owed - (checkout.credits_taken_back
                         - private.count_settled_credits(checkout, returns.settled_minor - returns.forgone_minor));
$$;

-- How many of a payment's credits so much of its money is.
create function private.count_settled_credits(checkout public.checkout_sessions, settled_minor bigint) returns integer
  language sql immutable set search_path = ''
as $$
  select (checkout.credits * least(checkout.amount_minor, settled_minor) / greatest(checkout.amount_minor, 1))::integer;
$$;

revoke execute on function private.recalculate_payment_shares, private.find_paid_lot, private.set_credits_taken_back,
  private.lock_paid_sessions, private.cancel_unpaid_sessions, private.why_unpaid_sessions_end,
  private.return_withheld_credit, private.publish_returns, private.apply_returns, private.count_settled_credits,
  private.count_credits_left, private.count_credits_unpaid from public, anon, authenticated, service_role;


-- payments/fulfilment.sql

-- What follows from a payment: the session, or credits.
--
--   paid, a package        -> its credits
--   paid, a fee            -> it is paid, or the payment goes back (fees/paying.sql)
--   paid, a single session -> the session, with its payment and shares
--                             or, if the time was taken when the money arrived, a credit of its kind and a mail
--
-- What follows when it goes back stands in returns.sql.
-- `settle_checkout` compares what is with what should be, so it can be called any number of times and after any fact.

create function private.grant_paid_credits(checkout public.checkout_sessions) returns uuid
  language plpgsql volatile set search_path = ''
as $$
declare
  -- The wallet reads price and currency from the metadata.
  v_lot uuid := private.grant_credits(
    checkout.user_id, checkout.credits, package_id => checkout.package_id,
    session_type_id => case when not checkout.is_for_any_type then checkout.session_type_id end,
    duration_minutes => (select t.duration_minutes from public.session_types t where t.id = checkout.session_type_id),
    is_group => (select t.is_group from public.session_types t where t.id = checkout.session_type_id),
    order_id => checkout.id::text,
    metadata => jsonb_build_object(
      'purchased_via', 'stripe_checkout', 'currency', checkout.currency,
      'total_amount', round(checkout.amount_minor / 100.0, 2), 'payment_type', checkout.payment_type));
begin
  update public.user_session_credits l
     set cancellation_policy_version = checkout.cancellation_policy_version,
         cancellation_policy_agreed_at = checkout.created_at
   where l.id = v_lot and checkout.cancellation_policy_version is not null;
  -- A package pays what its owner owes. What was paid for one session is for that, and whoever owes cannot pay for one.
  if checkout.payment_type <> 'single' then
    perform private.settle_credits_owed(v_lot);
  end if;
  return v_lot;
end
$$;

-- A lot that a checkout paid for names it in its order_id. So does one that a cancelled session returned: it names that
-- session's checkout, because the session may be deleted later, and a refund must still find what became of its money.
create function private.set_lot_order_id() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  update public.user_session_credits l set order_id = c.id::text
    from public.checkout_sessions c
   where l.id = new.lot_id and l.order_id is null and c.session_id = new.session_id;
  return null;
end
$$;

revoke execute on function private.set_lot_order_id from public, anon, authenticated, service_role;

create trigger credit_ledger_10_set_lot_order_id after insert on public.credit_ledger
  for each row when (new.kind = 'return') execute function private.set_lot_order_id();

create function private.record_payment(checkout public.checkout_sessions) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_share  public.revenue_shares := private.get_revenue_share(checkout.paid_at);
  v_amount numeric := round(checkout.amount_minor / 100.0, 2);
begin
  insert into public.session_payments
    (session_id, practitioner_id, client_id, total_amount, practitioner_share, platform_share, currency, status,
     stripe_payment_intent_id, checkout_id, revenue_share_id)
  select s.id, s.practitioner_id, s.client_id, v_amount, private.compute_practitioner_share(v_amount, v_share),
         v_amount - private.compute_practitioner_share(v_amount, v_share), checkout.currency, 'completed',
         checkout.stripe_payment_intent_id, checkout.id, v_share.id
    from public.session_schedules s where s.id = checkout.session_id;
end
$$;

-- A class may change while somebody is paying for a seat in it. The seat is theirs; what they agreed to is what they
-- paid for, so they are told what is different, and may leave freely.
create function private.keep_what_was_paid_for(checkout public.checkout_sessions) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_seat     public.session_schedules;
  v_paid     public.session_schedules;
  v_previous jsonb;
  v_by       text;
begin
  select * into v_seat from public.session_schedules s
   where s.id = checkout.session_id and s.group_class_id = checkout.group_class_id;
  v_paid := v_seat;
  v_paid.scheduled_at := checkout.scheduled_at;
  v_paid.practitioner_id := coalesce(checkout.practitioner_id, v_seat.practitioner_id);
  v_paid.session_location := checkout.session_location;
  v_paid.physical_location := checkout.physical_location;
  v_paid.duration_minutes := coalesce(
    (select h.duration_minutes from public.session_holds h where h.id = checkout.hold_id), v_seat.duration_minutes);
  v_previous := private.list_previous_values(v_paid, v_seat);
  if v_seat.id is null or v_previous is null then
    return;
  end if;
  select a.changed_by into v_by from private.session_agreements a where a.session_id = v_seat.group_class_id;
  v_by := coalesce(v_by, 'admin');
  insert into private.session_agreements (
    session_id, scheduled_at, duration_minutes, practitioner_id, session_location, physical_location, agreed_at, changed_by)
  values (v_seat.id, v_paid.scheduled_at, v_paid.duration_minutes, v_paid.practitioner_id, v_paid.session_location,
          v_paid.physical_location, checkout.created_at, v_by);
  perform private.publish_change(v_seat, v_previous, v_by);
end
$$;

create function private.fulfil_checkout(checkout public.checkout_sessions) returns public.checkout_sessions
  language plpgsql volatile set search_path = ''
as $$
declare
  v_problem text;
begin
  if checkout.payment_type = 'fee' then
    return private.fulfil_fee_checkout(checkout);
  end if;
  begin
    if checkout.payment_type = 'single' then
      begin
        checkout.session_id := private.insert_booked_session(
          checkout.user_id, checkout.practitioner_id, checkout.scheduled_at, checkout.session_type_id,
          checkout.session_location, checkout.physical_location, notes => checkout.notes,
          group_class_id => checkout.group_class_id,
          cancellation_policy_version => checkout.cancellation_policy_version);
        checkout.outcome := 'session_booked';
      exception when others then
        -- Whatever the refusal, the client has paid.
        if sqlstate not like 'PT4%' then
          raise;
        end if;
        get stacked diagnostics v_problem = pg_exception_detail;
        checkout.outcome := 'credit_instead';
      end;
    else
      checkout.outcome := 'credits_granted';
    end if;
    if checkout.outcome = 'session_booked' then
      perform private.record_payment(checkout);
    else
      checkout.credit_lot_id := private.grant_paid_credits(checkout);
    end if;
  exception when foreign_key_violation then
    -- The account was erased between paying and now. Somebody has to give the money back.
    checkout.outcome := 'nobody_there';
    checkout.session_id := null;
  end;

  if checkout.outcome = 'session_booked' and checkout.group_class_id is not null then
    perform private.keep_what_was_paid_for(checkout);
  end if;
  if checkout.outcome in ('credit_instead', 'nobody_there') then
    perform private.publish_event('session_not_booked', checkout.user_id, null, jsonb_build_object(
      'checkout_id', checkout.id, 'outcome', checkout.outcome, 'because', v_problem,
      'practitioner_id', checkout.practitioner_id, 'scheduled_at', checkout.scheduled_at,
      'group_class_id', checkout.group_class_id));
  end if;
  perform private.publish_event('payment_received', checkout.user_id, checkout.session_id, jsonb_strip_nulls(jsonb_build_object(
    'checkout_id', checkout.id, 'amount_minor', checkout.amount_minor, 'currency', checkout.currency,
    -- What was owed and is paid from them: nothing else has been taken yet.
    'credits_settled', (select -sum(l.change) from public.credit_ledger l
                         where l.lot_id = checkout.credit_lot_id and l.kind = 'refund'))));
  return checkout;
end
$$;

-- The caller has locked the client and then the row, and has written the facts.
create function private.settle_checkout(checkout public.checkout_sessions) returns public.checkout_sessions
  language plpgsql volatile set search_path = ''
as $$
declare
  v_returns private.returned_money := private.sum_returns(checkout.id);
begin
  if checkout.status = 'paid' and checkout.outcome is null then
    checkout := private.fulfil_checkout(checkout);
  elsif checkout.status = 'processing' then
    -- The payer has done their part; the bank takes days.
    update public.session_holds h set expires_at = greatest(h.expires_at, checkout.scheduled_at)
     where h.id = checkout.hold_id and h.status = 'held' and h.checkout_session_id = checkout.id::text;
  elsif checkout.status in ('failed', 'expired') then
    update public.session_holds h set status = 'released'
     where h.id = checkout.hold_id and h.status = 'held' and h.checkout_session_id = checkout.id::text;
  end if;
  if checkout.status = 'failed' and checkout.processing_at is not null and checkout.difference is null
     and checkout.failure_told_at is null then
    -- They left Stripe's page in the belief that they had paid, days ago: nobody else tells them.
    perform private.publish_event('payment_failed', checkout.user_id, null, jsonb_build_object(
      'checkout_id', checkout.id, 'amount_minor', checkout.amount_minor, 'currency', checkout.currency,
      'payment_type', checkout.payment_type));
    checkout.failure_told_at := now();
  end if;
  if checkout.outcome is not null then
    checkout := private.apply_returns(checkout, v_returns);
    update public.user_session_credits l set stripe_payment_intent_id = checkout.stripe_payment_intent_id
     where l.id = checkout.credit_lot_id
       and l.stripe_payment_intent_id is distinct from checkout.stripe_payment_intent_id;
    if checkout.fee_id is not null then
      perform private.settle_fee_payment(checkout, v_returns);
    end if;
  end if;

  update public.checkout_sessions old
     set failure_told_at = checkout.failure_told_at, outcome = checkout.outcome, session_id = checkout.session_id,
         credit_lot_id = checkout.credit_lot_id, refunded_minor = checkout.refunded_minor,
         returned_minor = checkout.returned_minor, credits_taken_back = checkout.credits_taken_back, claim_count = 0,
         next_check_at = case checkout.status
           when 'open' then now() + interval '4 minutes'
           when 'processing' then now() + interval '1 hour'
           -- Receipts come a moment later, refunds and disputes within months: ask ever more rarely, but daily while
           -- one of them is undecided. One that was decided may turn: asked about as long as a payment.
           when 'paid' then case
             when checkout.fee_id is not null and (private.find_refund_to_make(checkout.id)).id is not null
               then now() + interval '1 minute'
             when greatest(checkout.paid_at, v_returns.changed_at) > now() - interval '180 days'
             then now() + least(case when v_returns.is_undecided then interval '1 day' else interval '7 days' end,
                                greatest(interval '10 minutes', now() - checkout.paid_at)) end
         end
   where old.id = checkout.id
  returning old.* into checkout;
  return checkout;
end
$$;

revoke execute on function private.grant_paid_credits, private.record_payment, private.keep_what_was_paid_for, private.fulfil_checkout,
  private.settle_checkout from public, anon, authenticated, service_role;


-- payments/differences.sql

-- What Stripe charged otherwise than we asked, which waits for a person.
--
-- We ask for one line at our price, with no tax, discount or shipping. What Stripe added or took off all the same is
-- kept (`stripe_amounts`) and named (`difference`), and nothing is given for such a payment until an admin accepts it.

create function private.write_minor(amount_minor integer) returns text
  language sql stable set search_path = ''
as $$
  select to_char(write_minor.amount_minor / 100.0, 'FM99999999990.00');
$$;

create function private.list_amounts(facts private.payment_facts) returns jsonb
  language sql stable set search_path = ''
as $$
  select jsonb_strip_nulls(jsonb_build_object(
    'currency', lower(facts.currency), 'subtotal_minor', facts.subtotal_minor, 'discount_minor', facts.discount_minor,
    'tax_minor', facts.tax_minor, 'shipping_minor', facts.shipping_minor, 'total_minor', facts.amount_minor,
    'lines', facts.lines));
$$;

-- What is charged otherwise than we asked: one line, our price, nothing added or taken off. In words; null: nothing.
-- The total alone would not do: what is taken off here may be added there.
create function private.describe_difference(checkout public.checkout_sessions, facts private.payment_facts) returns text
  language sql stable set search_path = ''
as $$
  select left(string_agg(format('%s: %s instead of %s', d.what, coalesce(d.told, 'none'), d.asked), '; ' order by d.number), 2000)
    from (
      select * from (values
        (1, 'currency', lower(facts.currency), checkout.currency),
        (2, 'lines',    private.write_minor(facts.subtotal_minor), private.write_minor(checkout.amount_minor)),
        (3, 'discount', private.write_minor(facts.discount_minor), '0.00'),
        (4, 'tax',      private.write_minor(facts.tax_minor), '0.00'),
        (5, 'shipping', private.write_minor(facts.shipping_minor), '0.00'),
        (6, 'total',    private.write_minor(facts.amount_minor), private.write_minor(checkout.amount_minor))
      ) amount (number, what, told, asked)
       where amount.told is not null
      union all
      select 10 + coalesce(l.number, 1), format('line %s', coalesce(l.number, 1)),
             case when l.line is not null then
               format('%s × %s %s', l.line ->> 'quantity', private.write_minor((l.line ->> 'amount_minor')::integer),
                      lower(l.line ->> 'currency')) end,
             case when coalesce(l.number, 1) = 1
                  then format('1 × %s %s', private.write_minor(checkout.amount_minor), checkout.currency) else 'none' end
        from (select 1) single_row
        left join jsonb_array_elements(facts.lines) with ordinality l (line, number) on true
       where facts.lines is not null
    ) d
   where d.told is distinct from d.asked;
$$;

-- Lets a payment that differs count as the price: what was bought is given, as if it had been what we asked for.
-- Definer: nobody writes checkouts. So it checks its caller itself.
create function private.accept_payment(checkout_id uuid, reason text) returns public.checkout_sessions
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_checkout public.checkout_sessions;
begin
  if not private.is_confirmed_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins accept payments.');
  end if;
  perform private.refuse_long_text('reason', accept_payment.reason, 1000);
  if btrim(coalesce(accept_payment.reason, '')) = '' then
    perform private.refuse(422, 'reason_missing', 'Please say why it is accepted.');
  end if;
  perform private.lock_client((select c.user_id from public.checkout_sessions c where c.id = accept_payment.checkout_id));
  select * into v_checkout from public.checkout_sessions c where c.id = accept_payment.checkout_id for update;
  if not found then
    perform private.refuse(404, 'checkout_not_found', 'There is no such checkout.');
  elsif v_checkout.difference is null then
    perform private.refuse(409, 'payment_does_not_differ', 'This payment is not different from what we asked for.');
  elsif v_checkout.accepted_at is not null then
    perform private.refuse(409, 'payment_accepted', 'This payment was accepted already.');
  end if;
  perform private.refuse_own_money(v_checkout.user_id);
  update public.checkout_sessions c set accepted_at = now(), paid_at = coalesce(c.paid_at, now())
   where c.id = v_checkout.id returning c.* into v_checkout;
  insert into private.matters (kind, subject, detail, since)
  values ('payment_differs', v_checkout.id, left(v_checkout.difference, 500), v_checkout.created_at)
  on conflict (kind, subject) where settled_at is null do nothing;  -- it may not have been noted yet
  perform private.settle_matter(m.id, 'Accepted: ' || left(btrim(accept_payment.reason), 980)) from private.matters m
    where m.kind = 'payment_differs' and m.subject = v_checkout.id::text and m.settled_at is null;
  return private.settle_checkout(v_checkout);
end
$$;

create function public.accept_payment(checkout_id uuid, reason text) returns table (id uuid, outcome text)
  language sql volatile security invoker set search_path = ''
as $$
  select c.id, c.outcome from private.accept_payment(accept_payment.checkout_id, accept_payment.reason) c;
$$;

comment on function public.accept_payment is
  'For admins: gives what was bought with a payment that is not what we asked for.';

revoke execute on function private.write_minor, private.list_amounts, private.describe_difference, private.accept_payment,
  public.accept_payment from public, anon, authenticated, service_role;

grant execute on function private.accept_payment, public.accept_payment to authenticated;


-- payments/stripe_events.sql

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


-- payments/refunds.sql

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


-- fees/paying.sql

-- Paying a fee: by a checkout that its debtor opens from a mail, for exactly what is owed.
--
--   paid while it is owed               -> the fee is paid
--   paid when it was paid or forgiven   -> `fee_not_owed`: the payment goes back, all of it
--   paid what it was before             -> the same: it was forgiven meanwhile, and is owed for something else now
--   forgiven after it was paid          -> the payment goes back, too
--
-- A fee has one checkout at a time that can be paid. What goes back is a refund that nobody asked for (`requested_by`
-- is null): recorded here, made at Stripe by the reconciler, under its own id, so that it is made once.
--
-- A fee is the platform's: no practitioner has a share of it. Its books are the fee and its checkout.

create function private.describe_fee(fee public.owed_fees) returns text
  language plpgsql stable set search_path = ''
as $$
declare
  v_zone text := coalesce((select s.time_zone from public.session_schedules s where s.id = (fee).session_id),
                          private.find_user_time_zone((fee).user_id), 'UTC');
begin
  return case (fee).because when 'no_show' then 'Fee for a missed session, ' else 'Fee for a late cancellation, ' end
    || to_char((fee).scheduled_at at time zone v_zone, 'FMMonth FMDD, YYYY');
end
$$;

-- The caller has locked the client.
create function private.begin_fee_checkout(user_id uuid, fee_id uuid) returns private.begun_checkout
  language plpgsql volatile set search_path = ''
as $$
#variable_conflict use_column
declare
  v_fee        public.owed_fees;
  v_checkout   public.checkout_sessions;
  v_supersedes text[];
begin
  perform private.lock_client(begin_fee_checkout.user_id);
  select * into v_fee from public.owed_fees f
   where f.id = begin_fee_checkout.fee_id and f.user_id = begin_fee_checkout.user_id for update;
  if not found then
    perform private.refuse(404, 'fee_not_found', 'There is no such fee.');
  elsif v_fee.status in ('paid', 'returned') then
    perform private.refuse(409, 'fee_paid', 'This fee is paid.', 'The receipt is in your mail.');
  elsif v_fee.status = 'forgiven' then
    perform private.refuse(409, 'fee_forgiven', 'You do not owe this fee any more.');
  elsif exists (select from public.checkout_sessions c where c.fee_id = v_fee.id and c.status = 'processing') then
    perform private.refuse(409, 'payment_on_its_way', 'Your payment for this fee is on its way.',
                           'A bank takes a few days. You get a mail when it is here.');
  end if;

  select * into v_checkout from public.checkout_sessions c
   where c.fee_id = v_fee.id and (c.amount_minor, c.currency) = (v_fee.amount_minor, v_fee.currency)
     -- One that is still being opened must last for as long as Stripe demands of a new page.
     and c.expires_at > now() + case c.status when 'open' then interval '10 minutes' when 'opening' then interval '30.5 minutes' end
   order by c.created_at desc limit 1;
  if v_checkout.status = 'opening' and v_checkout.created_at > now() - interval '20 seconds' then
    perform private.refuse(409, 'request_in_progress', 'The page to pay on is being opened.', 'Ask again in a moment.');
  elsif found then
    return (v_checkout.id, v_checkout.description, v_checkout.amount_minor, v_checkout.currency, v_checkout.expires_at,
            v_checkout.url, array[]::text[]);
  end if;
  perform private.limit_use('checkouts', begin_fee_checkout.user_id);
  v_supersedes := array(select c.stripe_session_id from public.checkout_sessions c
                         where c.fee_id = v_fee.id and c.status = 'open');
  insert into public.checkout_sessions as c
    (user_id, payment_type, description, amount_minor, currency, credits, fee_id, expires_at, next_check_at)
  values
    (v_fee.user_id, 'fee', private.describe_fee(v_fee), v_fee.amount_minor, v_fee.currency, 0, v_fee.id,
     date_trunc('second', now()) + interval '32 minutes', now() + interval '5 minutes')
  returning c.* into v_checkout;
  return (v_checkout.id, v_checkout.description, v_checkout.amount_minor, v_checkout.currency, v_checkout.expires_at,
          v_checkout.url, v_supersedes);
end
$$;

-- The money is here. The caller has locked the client and the checkout.
create function private.fulfil_fee_checkout(checkout public.checkout_sessions) returns public.checkout_sessions
  language plpgsql volatile set search_path = ''
as $$
declare
  v_fee public.owed_fees;
begin
  select * into v_fee from public.owed_fees f where f.id = checkout.fee_id for update;
  checkout.outcome := case
    when v_fee.status = 'owed' and (checkout.amount_minor, checkout.currency) = (v_fee.amount_minor, v_fee.currency)
      then 'fee_paid' else 'fee_not_owed' end;
  update public.owed_fees f set paid_at = checkout.paid_at where f.id = v_fee.id and checkout.outcome = 'fee_paid';
  perform private.publish_event('payment_received', checkout.user_id, null, jsonb_build_object(
    'checkout_id', checkout.id, 'amount_minor', checkout.amount_minor, 'currency', checkout.currency));
  return checkout;
end
$$;

-- Brings a fee and its payment to what follows from the facts: after any fact, and any number of times. The caller has
-- locked the checkout; the fee is locked here, so that whoever forgives it comes before or after, and is seen.
create function private.settle_fee_payment(checkout public.checkout_sessions, returns private.returned_money) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_fee public.owed_fees;
begin
  select * into v_fee from public.owed_fees f where f.id = checkout.fee_id for update;
  if checkout.outcome = 'fee_paid' then
    update public.owed_fees f
       set returned_at = case when checkout.returned_minor >= checkout.amount_minor then coalesce(f.returned_at, now()) end
     where f.id = v_fee.id and (f.returned_at is null) = (checkout.returned_minor >= checkout.amount_minor);
  end if;
  -- A dispute is decided first, and what an admin gives back is theirs to give.
  if (checkout.outcome = 'fee_not_owed' or v_fee.forgiven_at is not null)
     and returns.disputed_minor = 0 and checkout.returned_minor < checkout.amount_minor
     and not exists (select from private.payment_refunds r
                      where r.checkout_id = checkout.id and (r.requested_by is null or r.status = 'requested')) then
    insert into private.payment_refunds (checkout_id, amount_minor, reason, requested_by)
    values (checkout.id, checkout.amount_minor - checkout.returned_minor,
            'The fee was not owed when it was paid, or is not owed any more', null);
  end if;
end
$$;

-- What the reconciler is to give back now; null: nothing. Stripe forgets after a day under which key it was asked, so
-- then it is an admin's (foundation/matters.sql).
-- Definer: nobody reads refunds.
create function private.find_refund_to_make(checkout_id uuid) returns private.payment_refunds
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_refund private.payment_refunds;
begin
  select r.* into v_refund from private.payment_refunds r
    join public.checkout_sessions c on c.id = r.checkout_id and c.stripe_payment_intent_id is not null
   where r.checkout_id = find_refund_to_make.checkout_id and r.requested_by is null and r.status = 'requested'
     and r.created_at > now() - interval '23 hours' limit 1;
  return v_refund;
end
$$;

revoke execute on function private.describe_fee, private.begin_fee_checkout, private.fulfil_fee_checkout,
  private.settle_fee_payment, private.find_refund_to_make from public, anon, authenticated, service_role;


-- fees/forgiving.sql

-- For admins: which fees there are, and forgiving one, with a reason that stays with it.
--
-- A practitioner neither reads nor forgives fees: they are not theirs. An admin forgives nobody's but others'. A fee
-- that is paid is not forgiven but given back, by `request_refund` as of any payment.

-- Definer: it names people whom the caller may read elsewhere, one by one. So it checks its caller itself.
create function private.list_owed_fees(state text, at_most integer)
  returns table (id uuid, user_id uuid, full_name text, session_id uuid, scheduled_at timestamptz,
                 practitioner_name text, because text, amount_minor integer, currency text, status text, paid_at timestamptz,
                 forgiven_at timestamptz, forgiven_by uuid, reason text, created_at timestamptz)
  language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_column
begin
  if not private.is_confirmed_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins list fees.');
  end if;
  return query
    select f.id, f.user_id, (select p.full_name from public.profiles p where p.id = f.user_id), f.session_id, f.scheduled_at,
           (select p.name from public.session_schedules s join public.practitioners p on p.id = s.practitioner_id
             where s.id = f.session_id),
           f.because, f.amount_minor, f.currency, f.status, f.paid_at, f.forgiven_at, f.forgiven_by, f.reason, f.created_at
      from public.owed_fees f
     where f.status = coalesce(list_owed_fees.state, 'owed')
     order by f.created_at, f.id limit least(greatest(coalesce(list_owed_fees.at_most, 200), 1), 1000);
end
$$;

create function public.list_owed_fees(state text default 'owed', at_most integer default 200)
  returns table (id uuid, user_id uuid, full_name text, session_id uuid, scheduled_at timestamptz,
                 practitioner_name text, because text, amount_minor integer, currency text, status text, paid_at timestamptz,
                 forgiven_at timestamptz, forgiven_by uuid, reason text, created_at timestamptz)
  language sql stable security invoker set search_path = ''
as $$
  select * from private.list_owed_fees(list_owed_fees.state, list_owed_fees.at_most);
$$;

comment on function public.list_owed_fees is
  'For admins: the fees that are owed, oldest first; or those that were paid, returned or forgiven.';

-- Definer: nobody writes fees. So it checks its caller itself.
create function private.forgive_fee(fee_id uuid, reason text) returns public.owed_fees
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_fee public.owed_fees;
begin
  if not private.is_confirmed_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins forgive fees.');
  end if;
  perform private.refuse_long_text('reason', forgive_fee.reason, 1000);
  if btrim(coalesce(forgive_fee.reason, '')) = '' then
    perform private.refuse(422, 'reason_missing', 'Please say why it is forgiven.');
  end if;
  -- The client first, as everywhere: their payment comes before this, or after it.
  perform private.lock_client((select f.user_id from public.owed_fees f where f.id = forgive_fee.fee_id));
  select * into v_fee from public.owed_fees f where f.id = forgive_fee.fee_id for update;
  if not found then
    perform private.refuse(404, 'fee_not_found', 'There is no such fee.');
  end if;
  perform private.refuse_own_money(v_fee.user_id);
  if v_fee.status = 'paid' then
    perform private.refuse(409, 'fee_paid', 'This fee is paid.', 'To give it back, refund its payment.');
  elsif v_fee.status <> 'owed' then
    perform private.refuse(409, 'fee_not_owed', 'This fee is not owed any more.');
  end if;
  update public.owed_fees f
     set forgiven_at = now(), forgiven_by = (select auth.uid()), reason = btrim(forgive_fee.reason)
   where f.id = v_fee.id
  returning f.* into v_fee;
  perform private.look_at_fee_checkouts(v_fee.id);
  perform private.publish_fee('fee_forgiven', v_fee);
  return v_fee;
end
$$;

create function public.forgive_fee(fee_id uuid, reason text) returns table (id uuid, status text, reason text)
  language sql volatile security invoker set search_path = ''
as $$
  select f.id, f.status, f.reason from private.forgive_fee($1, $2) f;
$$;

comment on function public.forgive_fee is
  'For admins: lets somebody off a fee, with a reason. They are told by mail, and a payment under way goes back.';

revoke execute on function private.list_owed_fees, private.forgive_fee, public.list_owed_fees, public.forgive_fee
  from public, anon, authenticated, service_role;

grant execute on function private.list_owed_fees, private.forgive_fee, public.list_owed_fees, public.forgive_fee
  to authenticated;
