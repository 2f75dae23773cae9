-- From sql/schemas: people/roles, people/practitioners, people/profiles, people/second_admin, people/languages, backfill/people.

-- Functions name what later chapters make.
set check_function_bodies = off;

set lock_timeout = '5s';
set statement_timeout = 0;
do $$ begin lock table public.session_schedules in access exclusive mode; end $$;
do $$ begin lock table public.practitioner_assignments, public.practitioners, public.user_roles in share row exclusive mode; end $$;


-- people/roles.sql

-- Whether there is another admin is asked among everybody's roles.
create index user_roles_admins_idx on public.user_roles (user_id) where role = 'admin';

-- The admins who are told of something that waits for them: enough to be read by somebody.
create function private.list_told_admins() returns table (user_id uuid)
  language sql stable set search_path = ''
as $$
  select r.user_id from public.user_roles r join auth.users u on u.id = r.user_id
   where r.role = 'admin' order by u.created_at, u.id limit 20;
$$;

revoke execute on function private.list_told_admins from public, anon, authenticated, service_role;


-- people/practitioners.sql

-- Few are, and all are asked for with each list of sessions.
create index practitioners_paused_idx on public.practitioners (id) where not available;

-- Definer: the policy on sessions asks this for every open class, whoever may see the practitioner.
create function private.paused_practitioner_ids() returns setof uuid
  language sql stable security definer rows 10 set search_path = ''
as $$
  select p.id from public.practitioners p where not p.available;
$$;

-- Definer: the policy on sessions asks this question.
create function private.my_class_ids() returns setof uuid
  language sql stable security definer rows 10 set search_path = ''
as $$
  select s.group_class_id from public.session_schedules s
   where s.client_id = (select auth.uid()) and s.group_class_id is not null and s.status <> 'cancelled';
$$;

revoke execute on function private.paused_practitioner_ids, private.my_class_ids
  from public, anon, authenticated, service_role;

grant execute on function private.paused_practitioner_ids, private.my_class_ids to authenticated;

create function private.refuse_nameless_practitioner() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  perform private.refuse_blank('name', new.name);
  return new;
end
$$;

revoke execute on function private.refuse_nameless_practitioner from public, anon, authenticated, service_role;

-- Definer: it reads contracts and the ledger, whoever removes.
create function private.refuse_practitioner_removal() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  if exists (select from public.practitioner_contracts c where c.practitioner_id = old.id and c.status <> 'pending')
     or exists (select from public.ledger_transactions t where t.practitioner_id = old.id) then
    perform private.refuse(409, 'practitioner_is_kept', 'This practitioner has a contract or earnings, so they are kept.',
                           'Pause them instead.');
  end if;
  return old;
end
$$;

revoke execute on function private.refuse_practitioner_removal from public, anon, authenticated, service_role;

create index practitioner_assignments_client_id_idx on public.practitioner_assignments (client_id);


-- adoption/profiles_aside.sql

-- Profiles of the platform in use: out of the way, with the trigger on auth.users that writes them and stops the sign-up
-- of whoever enters a birthday that is none. By its function, since a migration may not touch the triggers of that table.
call legacy.set_aside('profiles');
drop function if exists public.sync_user_profile() cascade;


-- people/profiles.sql

-- Profiles and preferences: what a person entered at sign-up, in a table that others may read, and the currency,
-- language and time zone in which they want the pages.
--
-- A profile follows the row in auth.users, and never stops a sign-up. Of an erased account that is the client of a
-- session a row without a name stays: the pages join all of them, and die on the first missing one.

create table public.profiles (
  id            uuid primary key,
  full_name     text,
  email         text,
  avatar_url    text,
  created_at    timestamptz not null default now(),
  updated_at    timestamptz not null default now(),
  phone_number  text,
  date_of_birth date,
  address       text,

  constraint profiles_full_name_is_short check (char_length(full_name) <= 200),
  constraint profiles_email_is_short check (char_length(email) <= 320),
  constraint profiles_avatar_url_is_short check (char_length(avatar_url) <= 2000),
  constraint profiles_phone_number_is_short check (char_length(phone_number) <= 50),
  constraint profiles_date_of_birth_is_in_range check (date_of_birth between '1900-01-01' and current_date),
  constraint profiles_address_is_short check (char_length(address) <= 1000)
);

comment on column public.profiles.id is 'No foreign key: the account may have been erased since.';

comment on column public.profiles.email is 'A copy of auth.users.email, kept by trigger.';

comment on table public.profiles is 'A person''s own particulars.';

comment on column public.profiles.full_name is 'As they write it.';

comment on column public.profiles.avatar_url is 'Of their picture.';

comment on column public.profiles.created_at is 'When the row was made.';

comment on column public.profiles.updated_at is 'When the row was last changed.';

comment on column public.profiles.phone_number is 'As they write it.';

comment on column public.profiles.date_of_birth is 'As they gave it.';

comment on column public.profiles.address is 'As it is written on a letter.';

create trigger update_profiles_updated_at before update on public.profiles
  for each row execute function public.update_updated_at_column();

alter table public.profiles enable row level security;

-- Clients by assignment count as well as clients by session: a list with one hidden name breaks the page that asks.
create policy "people, their practitioners and admins read profiles"
  on public.profiles for select to authenticated
  using (
    id = (select auth.uid())
    or id in (select private.my_listed_client_ids())
    or (select private.is_admin()));

create policy "people add their own profile"
  on public.profiles for insert to authenticated with check (id = (select auth.uid()));

create policy "people edit their own profile"
  on public.profiles for update to authenticated using (id = (select auth.uid()));

revoke all on public.profiles from anon, authenticated, service_role;

-- Not date_of_birth and address: a practitioner sees the row, and needs neither. Their owner has them in the account.
grant select (id, full_name, email, avatar_url, phone_number, created_at, updated_at),
      insert (id, full_name, avatar_url, phone_number, date_of_birth, address),
      update (id, full_name, avatar_url, phone_number, date_of_birth, address)
  on public.profiles to authenticated;

grant select, insert, update, delete on public.profiles to service_role;

-- What somebody entered under a key: whatever a browser sent. Too long is cut; what is no text is null.
create function private.read_metadata(metadata jsonb, key text, at_most integer) returns text
  language sql immutable set search_path = ''
as $$
  select nullif(left(metadata ->> key, at_most), '') where jsonb_typeof(metadata -> key) in ('string', 'number');
$$;

create function private.parse_birthday_or_null(text_value text) returns date
  language plpgsql stable set search_path = ''
as $$
begin
  return case when text_value::date between '1900-01-01' and current_date then text_value::date end;
exception when data_exception then
  return null;
end
$$;

-- One row, as its columns can hold it. An address that is cut leads somewhere else: it is whole or null.
create function private.read_profile(account auth.users) returns public.profiles
  language sql stable set search_path = ''
as $$
  select jsonb_populate_record(null::public.profiles, jsonb_build_object(
    'id', (account).id,
    'email', case when char_length((account).email) <= 320 then (account).email end,
    'full_name', private.read_metadata(metadata, 'full_name', 200),
    'avatar_url', case when char_length(metadata ->> 'avatar_url') <= 2000
                       then private.read_metadata(metadata, 'avatar_url', 2000) end,
    'phone_number', private.read_metadata(metadata, 'phone_number', 50),
    'date_of_birth', private.parse_birthday_or_null(private.read_metadata(metadata, 'date_of_birth', 50)),
    'address', private.read_metadata(metadata, 'address', 1000),
    -- The list of people is in the order of their profiles.
    'created_at', coalesce((account).created_at, now())))
    from (values ((account).raw_user_meta_data)) as given (metadata);
$$;

-- Definer: the auth service makes users and has no right on profiles.
create function private.sync_profile() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  insert into public.profiles as p
    (id, email, full_name, avatar_url, phone_number, date_of_birth, address, created_at)
  select r.id, r.email, r.full_name, r.avatar_url, r.phone_number, r.date_of_birth, r.address, r.created_at
    from private.read_profile(new) r
  on conflict (id) do update set
    email         = excluded.email,
    full_name     = coalesce(excluded.full_name, p.full_name),
    avatar_url    = coalesce(excluded.avatar_url, p.avatar_url),
    phone_number  = coalesce(excluded.phone_number, p.phone_number),
    date_of_birth = coalesce(excluded.date_of_birth, p.date_of_birth),
    address       = coalesce(excluded.address, p.address);
  return null;
exception when others then
  -- A profile without a name is a nuisance; an account that cannot be created is a lost person, and one without a
  -- profile is in no list.
  raise warning 'profile of % not synced: %', new.id, sqlerrm;
  begin
    insert into public.profiles (id) values (new.id) on conflict do nothing;
  exception when others then
    raise warning 'profile of % not made: %', new.id, sqlerrm;
  end;
  return null;
end
$$;

revoke execute on function private.read_metadata, private.parse_birthday_or_null, private.read_profile, private.sync_profile
  from public, anon, authenticated, service_role;

create trigger users_create_profile after insert on auth.users
  for each row execute function private.sync_profile();

-- The auth service updates the row at every sign-in: only a change of what a profile copies counts.
create trigger users_update_profile after update of email, raw_user_meta_data on auth.users
  for each row
  when ((old.email, old.raw_user_meta_data) is distinct from (new.email, new.raw_user_meta_data))
  execute function private.sync_profile();


-- adoption/profiles.sql

-- Profiles home: of each person. What is longer than a profile holds is cut, and kept as it was in private.legacy_rows.
call legacy.bring_home('profiles',
  columns => 'id, full_name, email, avatar_url, created_at, updated_at, phone_number, date_of_birth, address',
  home => $$r.id, left(r.full_name, 200), case when char_length(r.email) <= 320 then r.email end,
            case when char_length(r.avatar_url) <= 2000 then r.avatar_url end, r.created_at, r.updated_at,
            left(r.phone_number, 50),
            case when r.date_of_birth between '1900-01-01' and current_date then r.date_of_birth end,
            left(r.address, 1000)$$,
  account => 'r.id',
  mended => $$case when char_length(r.full_name) > 200 or char_length(r.email) > 320 or char_length(r.avatar_url) > 2000
                     or char_length(r.phone_number) > 50 or char_length(r.address) > 1000
                     or r.date_of_birth not between '1900-01-01' and current_date
                   then 'came home without what a profile cannot hold' end$$);


-- people/second_admin.sql

-- A second admin: above an amount, money moves when two admins say so.
--
--   (asked) -> waiting -> approved     by another admin than who asked; in that moment the adjustment is made, and the
--                                      next run pays the period
--              waiting -> declined     by any admin: whoever asked takes it back so
--              waiting -> (expired)    unanswered for as long as the rules say; asked again, it is another request
--
-- The amounts are one row, all of them null at first: then one admin is enough. Whoever could set it could do without
-- the second one, so an operator sets it. Small sums add up: what somebody was given by adjustments in the last day
-- counts with the next one.
--
-- A payout run is asked for by the clock, which is nobody: the first admin who approves it has asked for it, and the
-- second one decides. There is no page for it by mail: a link that moves money would be a way past the second factor.

create table private.second_admin_rules (
  is_the_only_row         boolean  primary key default true,
  earnings_above_minor    bigint,
  credits_above           integer,
  payout_run_above_minor  bigint,
  answer_within           interval not null default '7 days',
  waiting_at_most         integer  not null default 100,

  constraint second_admin_rules_is_one_row check (is_the_only_row),
  constraint second_admin_rules_amounts_are_in_range check (
    earnings_above_minor between 0 and 100000000000 and credits_above between 0 and 10000
    and payout_run_above_minor between 0 and 100000000000),
  constraint second_admin_rules_answers_come_in_time check (
    answer_within between interval '1 hour' and interval '60 days'),
  constraint second_admin_rules_waiting_is_bounded check (waiting_at_most between 1 and 1000)
);

comment on table private.second_admin_rules is
  'Above which amounts a second admin is asked: cents, in each currency alike, or credits. Null: never.';

insert into private.second_admin_rules default values;

create table public.approval_requests (
  id           uuid        primary key default gen_random_uuid(),
  kind         text        not null,
  details      jsonb       not null,
  user_id      uuid        references auth.users (id) on delete cascade,
  amount       bigint      not null,
  currency     text,
  requested_by uuid,
  requested_at timestamptz not null default now(),
  expires_at   timestamptz not null,
  status       text        not null default 'waiting',
  decided_by   uuid,
  decided_at   timestamptz,

  constraint approval_requests_kind_is_known check (kind in ('earnings', 'credits', 'payout_run')),
  constraint approval_requests_status_is_known check (status in ('waiting', 'approved', 'declined')),
  constraint approval_requests_are_dated_when_decided check (
    (status = 'waiting') = (decided_at is null) and (decided_by is null or decided_at is not null)),
  constraint approval_requests_are_decided_by_another check (status <> 'approved' or decided_by <> requested_by),
  constraint approval_requests_currency_is_known check (currency in ('cad', 'usd')),
  constraint approval_requests_amount_is_in_range check (amount between -100000000000 and 100000000000),
  constraint approval_requests_details_is_short check (char_length(details::text) <= 10000)
);

comment on table public.approval_requests is
  'What one admin wants and another has to approve, with decide_approval: adjustments and payout runs.';

comment on column public.approval_requests.details is 'The arguments of the adjustment; of a run its period.';

comment on column public.approval_requests.user_id is
  'Whose earnings or credits. The request goes with their account; what was posted stays in its ledger.';

comment on column public.approval_requests.amount is
  'Cents, or credits where there is no currency. Of a run, the most that it may pay in this currency.';

comment on column public.approval_requests.requested_by is
  'No foreign key, like decided_by: who decided stays. Null: the clock, until a first admin has approved.';

comment on column public.approval_requests.id is 'Of the row; made here.';

comment on column public.approval_requests.kind is 'earnings, credits or payout_run.';

comment on column public.approval_requests.currency is 'By its three letters, in lower case.';

comment on column public.approval_requests.requested_at is 'When it was asked.';

comment on column public.approval_requests.expires_at is 'Until when it can be decided.';

comment on column public.approval_requests.status is 'waiting, approved or declined.';

comment on column public.approval_requests.decided_by is 'The admin who decided.';

comment on column public.approval_requests.decided_at is 'When they did.';

create index approval_requests_waiting_idx on public.approval_requests (expires_at) where status = 'waiting';

create index approval_requests_user_id_idx on public.approval_requests (user_id);

create index approval_requests_requested_at_idx on public.approval_requests (requested_at);  -- newest first

alter table public.approval_requests enable row level security;

create policy "admins read approval requests"
  on public.approval_requests for select to authenticated using ((select private.is_confirmed_admin()));

revoke all on public.approval_requests from anon, authenticated, service_role;

grant select on public.approval_requests to authenticated, service_role;

-- No insert, update or delete for anybody: the functions below write them.
alter table private.second_admin_rules enable row level security;

-- No grant and no policy: an operator sets it, functions of this schema read it.

create trigger audit_approval_requests after insert or update or delete on public.approval_requests
  for each row execute function private.write_audit_log();

-- Nobody gives themself money, alone or as the second one.
create function private.refuse_own_money(user_id uuid) returns void
  language plpgsql stable set search_path = ''
as $$
begin
  if refuse_own_money.user_id = (select auth.uid()) then
    perform private.refuse(403, 'own_money', 'Nobody decides about their own earnings, credits or payments.',
                           'Ask another admin.');
  end if;
end
$$;

-- By mail to all admins who may decide: not who asked, nor whose money it is.
create function private.tell_second_admins(request public.approval_requests) returns void
  language sql volatile set search_path = ''
as $$
  select private.publish_event('second_admin_wanted', a.user_id, payload => jsonb_build_object(
           'request_id', (request).id, 'amount', (request).amount,
           'what', case (request).kind when 'earnings' then 'an adjustment of earnings'
                                       when 'credits' then 'an adjustment of credits' else 'a payout run' end,
           'amount_minor', case when (request).currency is not null then (request).amount end,
           'currency', (request).currency, 'expires_at', (request).expires_at))
    -- Enough to be read by somebody.
    from (select r.user_id from public.user_roles r join auth.users u on u.id = r.user_id
           where r.role = 'admin' and r.user_id is distinct from (request).requested_by
             and r.user_id is distinct from (request).user_id
           order by u.created_at, u.id limit 20) a;
$$;

-- The same again while it waits is the same request.
create function private.request_approval(
  kind text, details jsonb, user_id uuid, amount bigint, currency text default null)
  returns public.approval_requests
  language plpgsql volatile set search_path = ''
as $$
#variable_conflict use_column
declare
  v_rules   private.second_admin_rules;
  v_request public.approval_requests;
begin
  select * into v_rules from private.second_admin_rules;
  -- Order matters: locked before it is looked for, so that two clicks do not ask twice.
  perform pg_advisory_xact_lock(hashtextextended('approval_requests', 0));
  select * into v_request from public.approval_requests r
   where r.status = 'waiting' and r.expires_at > now() and r.kind = request_approval.kind
     and r.details = request_approval.details and r.currency is not distinct from request_approval.currency
     and case r.kind when 'payout_run' then r.amount >= request_approval.amount
                     else r.amount = request_approval.amount and r.requested_by = (select auth.uid()) end
   limit 1;
  if found then
    return v_request;
  elsif v_rules.waiting_at_most <= (select count(*) from public.approval_requests r
                                     where r.status = 'waiting' and r.expires_at > now()) then
    perform private.refuse(409, 'too_many_requests_wait', 'Too many requests wait for a second admin.',
                           'Decide about those first.');
  end if;
  insert into public.approval_requests as r (kind, details, user_id, amount, currency, requested_by, expires_at)
  values (request_approval.kind, request_approval.details, request_approval.user_id, request_approval.amount,
          request_approval.currency, (select auth.uid()), now() + v_rules.answer_within)
  returning r.* into v_request;
  perform private.tell_second_admins(v_request);
  return v_request;
end
$$;

-- For an adjustment: asks, and answers its caller that nothing has moved yet. Kept, and so not raised.
create function private.leave_to_second_admin(
  kind text, details jsonb, user_id uuid, amount bigint, currency text default null) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_request public.approval_requests := private.request_approval(
    leave_to_second_admin.kind, leave_to_second_admin.details, leave_to_second_admin.user_id,
    leave_to_second_admin.amount, leave_to_second_admin.currency);
begin
  perform private.answer_refusal(202, 'second_admin_needed', 'Another admin has to approve this. They have been told.',
                                 format('It is request %s.', v_request.id));
end
$$;

-- Definer: nobody writes requests. So it checks its caller itself.
create function private.decide_approval(request_id uuid, approve boolean) returns public.approval_requests
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  c_admin   constant uuid := (select auth.uid());
  v_request public.approval_requests;
begin
  if not private.is_confirmed_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins decide about requests.');
  elsif decide_approval.approve is null then
    perform private.refuse(422, 'answer_missing', 'approve: should be true or false.');
  end if;
  select * into v_request from public.approval_requests r where r.id = decide_approval.request_id for update;
  if not found then
    perform private.refuse(404, 'request_not_found', 'There is no such request.');
  elsif v_request.status <> 'waiting' then
    perform private.refuse(
      409, 'request_decided',
      case v_request.status when 'approved' then 'This request is approved already.'
                            else 'This request is declined already.' end);
  elsif v_request.expires_at <= now() then
    perform private.refuse(409, 'request_expired', 'This request was not answered in time.', 'Ask for it again.');
  elsif decide_approval.approve and v_request.requested_by = c_admin then
    perform private.refuse(403, 'own_request', 'A second admin has to approve this, and you are the first.');
  elsif decide_approval.approve then
    perform private.refuse_own_money(v_request.user_id);
  end if;

  if decide_approval.approve and v_request.requested_by is null then
    update public.approval_requests r set requested_by = c_admin where r.id = v_request.id returning r.* into v_request;
    perform private.tell_second_admins(v_request);
    return v_request;
  end if;
  update public.approval_requests r
     set status = case when decide_approval.approve then 'approved' else 'declined' end, decided_by = c_admin,
         decided_at = now()
   where r.id = v_request.id returning r.* into v_request;
  -- A run finds its approval itself.
  case when v_request.status <> 'approved' then null;
       when v_request.kind = 'earnings' then
         perform private.post_adjustment(
           (v_request.details ->> 'practitioner_id')::uuid, v_request.currency, v_request.amount,
           v_request.details ->> 'reason', (v_request.details ->> 'session_id')::uuid, v_request.id);
       when v_request.kind = 'credits' then
         perform private.post_credit_adjustment(
           (v_request.details ->> 'lot_id')::uuid, v_request.user_id, v_request.amount::integer,
           v_request.details ->> 'reason', (v_request.details ->> 'session_type_id')::uuid,
          (v_request.details ->> 'duration_minutes')::integer, (v_request.details ->> 'is_group')::boolean);
       else null;
  end case;
  return v_request;
end
$$;

create function public.decide_approval(request_id uuid, approve boolean) returns setof public.approval_requests
  language sql volatile security invoker rows 1 set search_path = ''
as $$
  select * from private.decide_approval(decide_approval.request_id, decide_approval.approve);
$$;

comment on function public.decide_approval is
  'For admins: approves what another admin asked for, which is then done, or declines it.';

revoke execute on function private.refuse_own_money, private.tell_second_admins, private.request_approval,
  private.leave_to_second_admin, private.decide_approval, public.decide_approval from public, anon, authenticated, service_role;

grant execute on function private.decide_approval, public.decide_approval to authenticated;


-- people/languages.sql

-- Languages: in which one a person reads pages, mails and notifications.
--
-- A language is known by its tag, such as fr-CA. Which ones there are is the catalogue's to say (shared/languages): a
-- new one is a file there and nothing here. Whoever never chose reads pages as their browser asks, and all else in
-- English. Not a column of user_preferences: that one says `en` of everybody who never chose.

create table private.chosen_languages (
  user_id   uuid        primary key references auth.users on delete cascade,
  language  text        not null,
  chosen_at timestamptz not null default now(),

  constraint chosen_languages_language_is_a_tag check (language ~ '^[a-z]{2}(-[A-Z]{2})?$')
);

comment on table  private.chosen_languages           is 'In which language people read, of those who have said so.';

comment on column private.chosen_languages.language  is 'By its tag, as in fr-CA.';

comment on column private.chosen_languages.chosen_at is 'When they last said so.';

alter table private.chosen_languages enable row level security;

-- No policy and no grant: the functions below are the only way.

-- Null: they never chose.
create function private.find_language(user_id uuid) returns text
  language sql stable set search_path = ''
as $$
  select c.language from private.chosen_languages c where c.user_id = find_language.user_id;
$$;

-- Tells our pages, in the answer's header, how the reader of a link wants them. `und`: they never chose (BCP 47).
create function private.tell_language(user_id uuid) returns void
  language plpgsql stable set search_path = ''
as $$
begin
  perform private.add_response_header('content-language', coalesce(private.find_language(tell_language.user_id), 'und'));
end
$$;

-- Definer: nobody writes the table themselves.
create function private.choose_language(user_id uuid, language text) returns text
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  if choose_language.language is null or choose_language.language !~ '^[a-z]{2}(-[A-Z]{2})?$' then
    perform private.refuse(422, 'language_not_possible', 'Please name a language by its tag, such as fr-CA.');
  end if;
  perform private.limit_use('languages chosen', choose_language.user_id);
  insert into private.chosen_languages as c (user_id, language)
  values (choose_language.user_id, choose_language.language)
  on conflict on constraint chosen_languages_pkey do update set language = excluded.language, chosen_at = now()
   where c.language <> excluded.language;
  return choose_language.language;
end
$$;

-- Definer: as above.
create function private.set_language(language text) returns text
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  return private.choose_language(auth.uid(), set_language.language);
end
$$;

-- By any link of theirs, whichever page it opens: each of them shows the choice at its foot.
-- Definer: its callers are not signed in.
create function private.set_language_by_link(token text, language text) returns text
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user uuid := (private.open_any_page_link(set_language_by_link.token)).user_id;
begin
  return private.choose_language(v_user, set_language_by_link.language);
end
$$;

create function public.set_language(language text) returns table (language text)
  language sql volatile security invoker set search_path = ''
as $$
  select private.set_language(set_language.language);
$$;

comment on function public.set_language is 'In which language the caller reads mails, notifications and pages by mail.';

create function public.set_language_by_link(token text, language text) returns table (language text)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.set_language_by_link(set_language_by_link.token, set_language_by_link.language);
$$;

comment on function public.set_language_by_link is 'By any link in a mail: in which language its person reads.';

revoke execute on function private.find_language, private.tell_language, private.choose_language, private.set_language,
  private.set_language_by_link, public.set_language, public.set_language_by_link
  from public, anon, authenticated, service_role;

grant execute on function private.set_language, public.set_language to authenticated;

grant execute on function private.set_language_by_link, public.set_language_by_link to anon;


-- backfill/people.sql

-- Everybody who signed up before there were profiles has one, from what they said at sign-up. From then on the triggers
-- on auth.users keep it.

insert into public.profiles (id, email, full_name, avatar_url, phone_number, date_of_birth, address, created_at)
select p.id, p.email, p.full_name, p.avatar_url, p.phone_number, p.date_of_birth, p.address, p.created_at
  from auth.users u cross join private.read_profile(u) p
on conflict (id) do nothing;  -- who signed up since has one by now
