-- Cancellation policy: what a cancellation costs, by version; what was agreed at booking; the cancellations there were.
--
-- The active row applies, unless a session names the version agreed when it was booked. The product's documents
-- contradict each other; the newest says: free until 2 hours before, forfeited after, one grace per client.

create table public.cancellation_policy (
  id                          uuid primary key default gen_random_uuid(),
  policy_text                 text not null,
  standard_cancellation_hours integer not null default 2,
  late_cancellation_hours     integer not null default 2,
  late_cancellation_fee_usd   numeric(10, 2) not null default 25.00,
  late_cancellation_fee_cad   numeric(10, 2) not null default 34.25,
  no_show_fee_usd             numeric(10, 2) not null default 0,
  no_show_fee_cad             numeric(10, 2) not null default 0,
  grace_cancellations_allowed integer not null default 1,
  ended_credit_days           integer not null default 0,
  ended_credit_days_by_us     integer not null default 30,
  is_active                   boolean not null default true,
  created_at                  timestamptz not null default now(),
  updated_at                  timestamptz not null default now(),
  updated_by                  uuid references auth.users (id) on delete set null,

  constraint cancellation_policy_hours_are_ordered check (
    late_cancellation_hours >= 0 and standard_cancellation_hours >= late_cancellation_hours),
  constraint cancellation_policy_late_cancellation_hours_is_in_range check (late_cancellation_hours between 0 and 8760),
  constraint cancellation_policy_standard_cancellation_hours_is_in_range check (
    standard_cancellation_hours between 0 and 8760),
  -- Between, because NaN is greater than every number.
  constraint cancellation_policy_fees_are_in_range check (
    late_cancellation_fee_usd between 0 and 10000 and late_cancellation_fee_cad between 0 and 10000
    and no_show_fee_usd between 0 and 10000 and no_show_fee_cad between 0 and 10000
    and grace_cancellations_allowed between 0 and 100),
  constraint cancellation_policy_ended_credit_days_are_in_range check (
    ended_credit_days between 0 and 3650 and ended_credit_days_by_us between 0 and 3650),
  constraint cancellation_policy_policy_text_is_short check (char_length(policy_text) <= 100000),
  constraint cancellation_policy_updated_at_is_in_range check (updated_at between '2000-01-01' and '2100-01-01')
);
comment on column public.cancellation_policy.standard_cancellation_hours is
  'At least so long before: the credit is returned.';
comment on column public.cancellation_policy.late_cancellation_hours is
  'At least so long before: the credit is returned, and a fee is due. Equal to the standard hours, nothing is late.';
comment on column public.cancellation_policy.ended_credit_days is
  'A credit that has ended by the time its client cancels can be used for so many days more. 0: it is not returned.';
comment on column public.cancellation_policy.ended_credit_days_by_us is
  'So long at least can a credit be used that comes back because the practitioner or the platform cancelled.';
comment on table public.cancellation_policy is
  'The texts of the cancellation policy and the numbers it is applied with. One is active.';
comment on column public.cancellation_policy.id is 'Of the row; made here.';
comment on column public.cancellation_policy.policy_text is 'As people agree to it.';
comment on column public.cancellation_policy.late_cancellation_fee_usd is
  'For a late cancellation of what was paid in US dollars.';
comment on column public.cancellation_policy.late_cancellation_fee_cad is
  'For a late cancellation of what was paid in Canadian dollars.';
comment on column public.cancellation_policy.no_show_fee_usd is
  'Of whoever does not come to what was paid in US dollars, beside the credit. 0: none.';
comment on column public.cancellation_policy.no_show_fee_cad is
  'Of whoever does not come to what was paid in Canadian dollars, beside the credit. 0: none.';
comment on column public.cancellation_policy.grace_cancellations_allowed is 'How many late cancellations cost nothing.';
comment on column public.cancellation_policy.is_active is 'Whether it is the one in force.';
comment on column public.cancellation_policy.created_at is 'When the row was made.';
comment on column public.cancellation_policy.updated_at is 'When the row was last changed.';
comment on column public.cancellation_policy.updated_by is 'The admin who changed it last.';

create unique index cancellation_policy_one_is_active on public.cancellation_policy (is_active) where is_active;
create index cancellation_policy_updated_by_idx on public.cancellation_policy (updated_by);

alter table public.cancellation_policy enable row level security;

create policy "anyone reads the active cancellation policy, admins all"
  on public.cancellation_policy for select to anon, authenticated using (is_active or (select private.is_admin()));
create policy "admins add cancellation policies"
  on public.cancellation_policy for insert to authenticated with check ((select private.is_admin()));
create policy "admins activate cancellation policies"
  on public.cancellation_policy for update to authenticated using ((select private.is_admin()));

revoke all on public.cancellation_policy from anon, authenticated, service_role;
grant select on public.cancellation_policy to anon;
grant select, update (is_active, updated_at, updated_by) on public.cancellation_policy to authenticated;
grant insert (policy_text, standard_cancellation_hours, late_cancellation_hours, late_cancellation_fee_usd,
              late_cancellation_fee_cad, no_show_fee_usd, no_show_fee_cad, grace_cancellations_allowed, ended_credit_days,
              ended_credit_days_by_us, is_active, updated_by)
  on public.cancellation_policy to authenticated;
grant select, insert, update on public.cancellation_policy to service_role;

-- As for waiver_policy: a version is never rewritten, since people agreed to it, and one is always active.
create trigger cancellation_policy_activate_version before insert or update on public.cancellation_policy
  for each row execute function private.activate_policy_version();
create trigger cancellation_policy_refuse_active_deletion before delete on public.cancellation_policy
  for each row when (old.is_active) execute function private.refuse_deleting_active_policy();
create trigger update_cancellation_policy_updated_at before update on public.cancellation_policy
  for each row execute function public.update_updated_at_column();

insert into public.cancellation_policy (policy_text) values ($policy$CANCELLATION POLICY

You can cancel or move a session free of charge until 2 hours before it starts; your credit comes back to you at once. After that, or if you do not come, the credit is used.

Once, you may cancel later than that and still keep your credit: every client has one grace cancellation.

If your practitioner or we cancel, your credit always comes back.

Please cancel on the website. A cancellation by e-mail or telephone does not count.$policy$);

-- Bought credits name the policy under which they were bought. `grace_cancellation_used` is for the pages, which read
-- it to see whether a client has a grace left; what decides is how many rows of session_cancellations are a grace.
alter table public.user_session_credits
  add column cancellation_policy_agreed_at timestamptz,
  add column cancellation_policy_version   uuid references public.cancellation_policy (id),
  add column grace_cancellation_used       boolean not null default false;

create index user_session_credits_cancellation_policy_version_idx
  on public.user_session_credits (cancellation_policy_version);
create index user_session_credits_grace_used_idx on public.user_session_credits (user_id)
  where grace_cancellation_used;

-- The cancellations themselves. approved_by is null where the client cancelled. user_id has no foreign key: the account
-- may have been erased since.
create table public.session_cancellations (
  id                          uuid primary key default gen_random_uuid(),
  session_id                  uuid references public.session_schedules (id) on delete set null,
  user_id                     uuid,
  cancelled_at                timestamptz not null default now(),
  cancellation_type           text not null
                              check (cancellation_type in ('standard', 'late', 'last_minute', 'grace', 'emergency')),
  hours_before_session        numeric(10, 2),
  fee_charged                 numeric(10, 2),
  fee_currency                text not null default 'usd',
  credit_returned             numeric(10, 2),
  credit_currency             text not null default 'usd',
  reason                      text,
  approved_by                 uuid references auth.users (id) on delete set null,
  cancellation_policy_version uuid references public.cancellation_policy (id),
  created_at                  timestamptz not null default now(),

  -- As long as the note of the session that it is read from.
  constraint session_cancellations_reason_is_short check (char_length(reason) <= 10000),
  constraint session_cancellations_texts_are_short check (
    char_length(fee_currency) <= 10 and char_length(credit_currency) <= 10)
);
comment on table public.session_cancellations is
  'One row per cancellation: evidence, so it outlives the session and the people.';
comment on column public.session_cancellations.id is 'Of the row; made here.';
comment on column public.session_cancellations.session_id is 'The session it is about: session_schedules.id.';
comment on column public.session_cancellations.user_id is 'Who cancelled.';
comment on column public.session_cancellations.cancelled_at is 'When it was cancelled.';
comment on column public.session_cancellations.cancellation_type is
  'standard, late, last_minute, grace or emergency: what the policy made of it.';
comment on column public.session_cancellations.hours_before_session is 'How long before the start, in hours.';
comment on column public.session_cancellations.fee_charged is
  'The fee that was due for it. What became of it stands in owed_fees.';
comment on column public.session_cancellations.fee_currency is 'Of fee_charged.';
comment on column public.session_cancellations.credit_returned is 'Credits or money given back by a cancellation.';
comment on column public.session_cancellations.credit_currency is 'Of credit_returned; credit for credits.';
comment on column public.session_cancellations.reason is 'What they said.';
comment on column public.session_cancellations.approved_by is 'The admin who allowed it; null where none had to.';
comment on column public.session_cancellations.cancellation_policy_version is
  'The text that was agreed to: cancellation_policy.id.';
comment on column public.session_cancellations.created_at is 'When the row was made.';

create index session_cancellations_session_id_idx on public.session_cancellations (session_id);
create index session_cancellations_user_id_idx on public.session_cancellations (user_id);
create index session_cancellations_approved_by_idx on public.session_cancellations (approved_by);
create index session_cancellations_policy_version_idx on public.session_cancellations (cancellation_policy_version);

alter table public.session_cancellations enable row level security;

create policy "people, their practitioner and admins read cancellations"
  on public.session_cancellations for select to authenticated
  using (
    user_id = (select auth.uid())
    or session_id in (select private.my_led_session_ids())
    or (select private.is_admin()));

revoke all on public.session_cancellations from anon, authenticated, service_role;
grant select on public.session_cancellations to authenticated;
-- Written when a session is cancelled (cancelling.sql); changed by nobody.
grant select, insert on public.session_cancellations to service_role;
