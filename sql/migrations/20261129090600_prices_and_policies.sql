-- From sql/schemas: payments/catalogue, payments/revenue_shares, signatures/waiver_policy, sessions/cancellation_policy.

-- Functions name what later chapters make.
set check_function_bodies = off;

set lock_timeout = '5s';
set statement_timeout = 0;
do $$ begin lock table public.session_schedules, public.session_packages, public.user_session_credits in access exclusive mode; end $$;
do $$ begin lock table public.session_types in share row exclusive mode; end $$;


-- adoption/packages_aside.sql

-- What kind a package is for: the platform in use says it in the same three columns.
call legacy.set_columns_aside('session_packages', array['session_type_id', 'is_group', 'session_type']);


-- payments/catalogue.sql

-- The types of one's credits, and of the packages that they came from.
-- Definer: the policies on both of these ask for session types.
create function private.my_session_type_ids() returns setof uuid
  language sql stable security definer set search_path = ''
as $$
  select c.session_type_id from public.user_session_credits c where c.user_id = (select auth.uid())
  union
  select p.session_type_id from public.user_session_credits c join public.session_packages p on p.id = c.package_id
   where c.user_id = (select auth.uid());
$$;

revoke execute on function private.my_session_type_ids from public, anon, authenticated, service_role;

grant execute on function private.my_session_type_ids to authenticated;

-- The two packages of the baseline were good for any kind, at one price for all: 5 credits for 450 dollars bought five
-- sessions of 130. So they are withdrawn, and each kind has its own. What was bought stays good for any kind.
alter table public.session_packages
  add column session_type_id uuid references public.session_types (id),
  add column is_group boolean default false,
  add column session_type text check (session_type in ('standing', 'laying'));

comment on column public.session_packages.session_type_id is 'The one kind the credits are good for; null: any.';

create index session_packages_session_type_id_idx on public.session_packages (session_type_id);

-- Definer: the policy on packages asks for the caller's credits, whose embeds ask the policy on packages.
create function private.my_package_ids() returns setof uuid
  language sql stable security definer set search_path = ''
as $$
  select c.package_id from public.user_session_credits c where c.user_id = (select auth.uid());
$$;

revoke execute on function private.my_package_ids from public, anon, authenticated, service_role;

grant execute on function private.my_package_ids to authenticated;


-- adoption/packages.sql

-- Home, as they were.
do $$
begin
  if legacy.has_columns('session_packages') then
    alter table public.session_packages disable trigger user;
    update public.session_packages p
       set session_type_id = p.legacy_session_type_id, is_group = p.legacy_is_group, session_type = p.legacy_session_type;
    alter table public.session_packages enable trigger user;
    call legacy.drop_columns('session_packages');
  end if;
end
$$;


-- payments/revenue_shares.sql

-- Revenue shares: which part of a payment is the practitioner's, by version.
--
-- A payment is shared by the version in force when it was paid, and remembers it; a new version changes no old payment.
-- Shares are whole cents: the practitioner's is rounded, the platform's is the rest, so that they always add up.

create table public.revenue_shares (
  id                   uuid          primary key default gen_random_uuid(),
  practitioner_percent numeric(5, 2) not null,
  valid_from           timestamptz   not null default now(),
  created_by           uuid          default auth.uid(),

  constraint revenue_shares_percent_is_0_to_100 check (practitioner_percent between 0 and 100),
  constraint revenue_shares_one_at_a_time unique (valid_from),
  constraint revenue_shares_valid_from_is_in_range check (valid_from between '2000-01-01' and '2100-01-01')
);

comment on table  public.revenue_shares            is
  'The practitioner''s part of what clients pay. Append-only: payments refer to it.';

comment on column public.revenue_shares.created_by is 'No foreign key: who decided it stays, also when they have left.';

comment on column public.revenue_shares.id is 'Of the row; made here.';

comment on column public.revenue_shares.practitioner_percent is 'Of what is paid, theirs.';

comment on column public.revenue_shares.valid_from is 'From when on it holds.';

-- From before the first payment.
insert into public.revenue_shares (practitioner_percent, valid_from) values (75, '2020-01-01T00:00Z');

alter table public.revenue_shares enable row level security;

create policy "practitioners and admins read revenue shares"
  on public.revenue_shares for select to authenticated
  using (exists (select from private.my_practitioner_ids()) or (select private.is_admin()));

create policy "admins add revenue shares valid from now or later"
  on public.revenue_shares for insert to authenticated
  with check ((select private.is_confirmed_admin()) and valid_from >= now());

revoke all on public.revenue_shares from anon, authenticated, service_role;

grant select, insert (practitioner_percent, valid_from) on public.revenue_shares to authenticated;

grant select, insert (practitioner_percent, valid_from) on public.revenue_shares to service_role;

-- No update and no delete for anybody: money was shared by it.

create function private.get_revenue_share(moment timestamptz) returns public.revenue_shares
  language sql stable set search_path = ''
as $$
  select s from public.revenue_shares s where s.valid_from <= moment order by s.valid_from desc limit 1;
$$;

create function private.compute_practitioner_share(amount numeric, share public.revenue_shares) returns numeric
  language sql immutable set search_path = ''
as $$
  select round(amount * (share).practitioner_percent / 100, 2);
$$;

revoke execute on function private.get_revenue_share, private.compute_practitioner_share
  from public, anon, authenticated, service_role;


-- adoption/waiver_policy_aside.sql

-- The waiver policies that people have signed.
call legacy.set_aside('waiver_policy');


-- signatures/waiver_policy.sql

-- Waiver policy: the text people sign, by version. Exactly one version is active at any time.
--
--   (inserted) -> active -> replaced        replaced -> active (an older version is taken up again)
--
-- The admin screen switches versions in two requests: it makes the old one inactive, then inserts the new one. Between
-- the two nobody could book, and if the second failed, nobody could ever again. So the first request is accepted and
-- changes nothing; an active successor is what replaces a version. The screen needs no change and there is no gap.

create table public.waiver_policy (
  id                 uuid primary key default gen_random_uuid(),
  version            integer not null default 1,
  policy_text        text not null,
  is_active          boolean not null default true,
  created_at         timestamptz not null default now(),
  updated_at         timestamptz not null default now(),
  updated_by         uuid references auth.users (id) on delete set null,
  policy_text_sha256 text not null generated always as (private.sha256_hex(policy_text)) stored,

  constraint waiver_policy_version_key unique (version),
  constraint waiver_policy_text_is_not_empty check (btrim(policy_text) <> ''),
  constraint waiver_policy_version_is_in_range check (version between 1 and 2000000000),
  constraint waiver_policy_policy_text_is_short check (char_length(policy_text) <= 90000),
  constraint waiver_policy_updated_at_is_in_range check (updated_at between '2000-01-01' and '2100-01-01')
);

comment on column public.waiver_policy.policy_text is
  'Shown with the placeholder [Date of signing] replaced by the day. Never changes: a correction is a new version.';

comment on column public.waiver_policy.policy_text_sha256 is 'SHA-256 of policy_text, hexadecimal.';

comment on table public.waiver_policy is 'The texts of the liability waiver. One is active.';

comment on column public.waiver_policy.id is 'Of the row; made here.';

comment on column public.waiver_policy.version is 'Counted up.';

comment on column public.waiver_policy.is_active is 'Whether it is the one that is signed.';

comment on column public.waiver_policy.created_at is 'When the row was made.';

comment on column public.waiver_policy.updated_at is 'When the row was last changed.';

comment on column public.waiver_policy.updated_by is 'The admin who changed it last.';

create unique index waiver_policy_one_is_active on public.waiver_policy (is_active) where is_active;

create index waiver_policy_updated_by_idx on public.waiver_policy (updated_by);

alter table public.waiver_policy enable row level security;

create policy "anyone reads the active waiver policy, admins all"
  on public.waiver_policy for select to anon, authenticated using (is_active or (select private.is_admin()));

create policy "admins add waiver policies"
  on public.waiver_policy for insert to authenticated with check ((select private.is_admin()));

create policy "admins activate waiver policies"
  on public.waiver_policy for update to authenticated using ((select private.is_admin()));

revoke all on public.waiver_policy from anon, authenticated, service_role;

grant select on public.waiver_policy to anon;

-- No delete for anybody: a version may have been signed.
grant select, insert (version, policy_text, is_active, updated_by), update (is_active, updated_at, updated_by)
  on public.waiver_policy to authenticated;

grant select, insert, update on public.waiver_policy to service_role;

-- Shared with cancellation_policy: both tables hold versions of a text, one of which is active.
create function private.activate_policy_version() returns trigger
  language plpgsql set search_path = ''
as $$
declare
  -- The hash is a generated column: before the row is written it has no value yet.
  c_changeable constant text[] := array['is_active', 'updated_at', 'updated_by', 'policy_text_sha256'];
begin
  if tg_op = 'UPDATE' and to_jsonb(new) - c_changeable <> to_jsonb(old) - c_changeable then
    perform private.refuse(409, 'policy_version_is_fixed', 'A policy version cannot be rewritten.',
                           'Add a new version instead.');
  end if;

  if new.is_active and (tg_op = 'INSERT' or not old.is_active) then
    execute format('update %I.%I set is_active = false where is_active and id <> $1', tg_table_schema, tg_table_name)
      using new.id;
  elsif tg_op = 'UPDATE' and old.is_active and not new.is_active and pg_trigger_depth() = 1 then
    -- Depth 1: a direct update. Depth 2 is the update above, on behalf of the successor.
    new.is_active := true;
  end if;
  return new;
end
$$;

-- Without an active version nobody could book.
create function private.refuse_deleting_active_policy() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  perform private.refuse(409, 'policy_version_is_active', 'The active version cannot be deleted.',
                         'Add its successor first.');
end
$$;

revoke execute on function private.activate_policy_version, private.refuse_deleting_active_policy
  from public, anon, authenticated, service_role;

create trigger waiver_policy_activate_version before insert or update on public.waiver_policy
  for each row execute function private.activate_policy_version();

create trigger waiver_policy_refuse_active_deletion before delete on public.waiver_policy
  for each row when (old.is_active) execute function private.refuse_deleting_active_policy();

create trigger update_waiver_policy_updated_at before update on public.waiver_policy
  for each row execute function public.update_updated_at_column();

-- A text to begin with. Whoever runs the platform has their lawyer read it, and adds their own as version 2.
insert into public.waiver_policy (version, policy_text) values (1, $waiver$LIABILITY WAIVER AND ASSUMPTION OF RISK

Please read this page carefully. By signing it you give up certain legal rights.

1. The practice
A session is guided standing, sitting or laying on a board of nails ("the board"), alone or in a group, online or in person. The practitioner guides breath, posture and pace. The practice is not medical care, psychotherapy or a substitute for either, and nobody promises a particular result.

2. The risks
I understand that the practice carries risks. They include pain, skin marks, punctures, bruises, bleeding and infection; dizziness, fainting and falls; sore muscles and joints; strong emotions; and the making worse of a condition I have, known or unknown. In an online session nobody is beside me to help, and I am responsible for the room, the floor, the board and the help at hand where I am.

3. My health
I am at least 18 years old, or my parent or guardian signs for me. I have told, or will tell, my practitioner before the session about anything that matters, such as pregnancy, diabetes or other loss of feeling in the feet or skin, a bleeding disorder or blood-thinning medicine, open wounds or skin disease, heart trouble, very high or low blood pressure, epilepsy, recent surgery or injury, and mental illness. Where I am in doubt I will ask a physician first. I will not practise under the influence of alcohol or drugs.

4. My own pace
Taking part is my choice. I may pause, step off the board or end the session at any time, and I will do so at once if I feel sharp pain, numbness, faintness or fear. I will follow the safety instructions I am given.

5. Assumption of risk and release
I accept these risks as my own. As far as the law allows, I release the company, its practitioners, employees, studios and partners from every claim for injury, loss or damage that arises from my taking part, and I will not sue them for it. This release does not cover gross negligence, wilful harm, or anything the law does not allow to be released.

6. Emergency
If I cannot decide for myself, the practitioner may call emergency services to the place I gave. I bear the cost of care.

7. Recording
No session is recorded because of this page. Recording needs my separate consent, which I may withdraw.

8. General
This waiver holds for all my sessions until a newer version replaces it. It binds my heirs and representatives. If a part of it is not valid, the rest remains. It is governed by the law of the place where the session is given, and for online sessions by the law of the Province of Ontario, Canada.

I have read and understood this page, I had the chance to ask questions, and I sign it of my own free will.

Date: [Date of signing]$waiver$);


-- adoption/waiver_policy.sql

-- Waiver policies home: the platform's own become the first versions, and exactly one is active. The text that the chapter
-- begins with gives way to them.
do $$
begin
  if to_regclass('legacy.waiver_policy') is not null then
    alter table public.waiver_policy disable trigger user;
    update public.waiver_policy p set is_active = false, version = 2000000000;
    alter table public.waiver_policy enable trigger user;
  end if;
end
$$;
call legacy.bring_home('waiver_policy',
  columns => 'id, version, policy_text, is_active, created_at, updated_at, updated_by',
  home => $$r.id, r.version, r.policy_text,
            r.id = (select a.id from legacy.waiver_policy a
                     where btrim(a.policy_text) <> '' and char_length(a.policy_text) <= 90000 and a.version between 1 and 1999999999
                     order by a.is_active desc, a.version desc limit 1),
            r.created_at, r.updated_at, r.updated_by$$,
  account => 'r.updated_by');
do $$
begin
  if exists (select from public.waiver_policy p where p.version = 2000000000) then
    alter table public.waiver_policy disable trigger user;
    if exists (select from public.waiver_policy p where p.is_active) then
      delete from public.waiver_policy p where p.version = 2000000000;
    else
      update public.waiver_policy p set is_active = true,
             version = 1 + (select coalesce(max(o.version), 0) from public.waiver_policy o where o.id <> p.id)
       where p.version = 2000000000;
    end if;
    alter table public.waiver_policy enable trigger user;
  end if;
end
$$;


-- adoption/cancellation_policy_aside.sql

-- The cancellation policies that people have agreed to, what they have bought under them, and the cancellations there were.
call legacy.set_columns_aside('user_session_credits',
  array['cancellation_policy_agreed_at', 'cancellation_policy_version', 'grace_cancellation_used']);
call legacy.set_aside('session_cancellations');
call legacy.set_aside('cancellation_policy');


-- sessions/cancellation_policy.sql

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
  add column cancellation_policy_version uuid references public.cancellation_policy (id),
  add column grace_cancellation_used boolean not null default false;

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


-- adoption/cancellation_policy.sql

-- Cancellation policies home: the platform's own become the first, and exactly one is active. Hours that contradict each
-- other are put in order, as they were applied: what is late is no earlier than what is free.
do $$
begin
  if to_regclass('legacy.cancellation_policy') is not null then
    alter table public.cancellation_policy disable trigger user;
    update public.cancellation_policy p set is_active = false, updated_at = '2100-01-01';  -- a mark, until the others are here
    alter table public.cancellation_policy enable trigger user;
  end if;
end
$$;
call legacy.bring_home('cancellation_policy',
  columns => 'id, policy_text, standard_cancellation_hours, late_cancellation_hours, late_cancellation_fee_usd,
              late_cancellation_fee_cad, grace_cancellations_allowed, is_active, created_at, updated_at, updated_by',
  home => $$r.id, r.policy_text, r.standard_cancellation_hours, least(r.late_cancellation_hours, r.standard_cancellation_hours),
            r.late_cancellation_fee_usd, r.late_cancellation_fee_cad, r.grace_cancellations_allowed,
            r.id = (select a.id from legacy.cancellation_policy a where char_length(a.policy_text) <= 100000
                     order by a.is_active desc, a.created_at desc, a.id limit 1),
            r.created_at, r.updated_at, r.updated_by$$,
  account => 'r.updated_by',
  mended => $$case when r.late_cancellation_hours > r.standard_cancellation_hours
                   then 'late cancellations began before the free ones ended' end$$);
do $$
begin
  if exists (select from public.cancellation_policy p where p.updated_at = '2100-01-01') then
    alter table public.cancellation_policy disable trigger user;
    if exists (select from public.cancellation_policy p where p.is_active) then
      delete from public.cancellation_policy p where p.updated_at = '2100-01-01';
    else
      update public.cancellation_policy p set is_active = true, updated_at = now() where p.updated_at = '2100-01-01';
    end if;
    alter table public.cancellation_policy enable trigger user;
  end if;
end
$$;

-- Cancellations home: what they cost and returned is told as it was; nothing follows from it now.
call legacy.bring_home('session_cancellations',
  columns => 'id, session_id, user_id, cancelled_at, cancellation_type, hours_before_session, fee_charged, fee_currency,
              credit_returned, credit_currency, reason, approved_by, cancellation_policy_version, created_at',
  home => $$r.id, (select s.id from public.session_schedules s where s.id = r.session_id), r.user_id, r.cancelled_at,
            r.cancellation_type, r.hours_before_session, r.fee_charged, lower(r.fee_currency), r.credit_returned,
            lower(r.credit_currency), left(r.reason, 10000), r.approved_by,
            (select p.id from public.cancellation_policy p where p.id = r.cancellation_policy_version), r.created_at$$,
  account => 'r.user_id');

do $$
begin
  if legacy.has_columns('user_session_credits') then
    alter table public.user_session_credits disable trigger user;
    update public.user_session_credits c
       set cancellation_policy_agreed_at = c.legacy_cancellation_policy_agreed_at,
           cancellation_policy_version = (select p.id from public.cancellation_policy p where p.id = c.legacy_cancellation_policy_version),
           grace_cancellation_used = coalesce(c.legacy_grace_cancellation_used, false)
     where c.legacy_cancellation_policy_agreed_at is not null or c.legacy_cancellation_policy_version is not null
        or c.legacy_grace_cancellation_used;
    alter table public.user_session_credits enable trigger user;
    call legacy.drop_columns('user_session_credits');
  end if;
end
$$;
