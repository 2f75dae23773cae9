-- From sql/schemas: earnings/practitioner_banking, earnings/bank_account_changes, earnings/banking_accesses.

-- Functions name what later chapters make.
set check_function_bodies = off;

set lock_timeout = '5s';
set statement_timeout = 0;
do $$ begin lock table public.session_schedules in access exclusive mode; end $$;
do $$ begin lock table public.practitioners in share row exclusive mode; end $$;


-- adoption/banking_aside.sql

-- Bank accounts of the platform in use.
call legacy.set_aside('practitioner_banking');


-- earnings/practitioner_banking.sql

-- Practitioner banking: where earnings go. People read a mask; the numbers are ciphertext, where the API cannot reach.
--
--   changed -> verified by an admin -> cooled down: payable        any change of the account -> changed
--
-- Against the milestone's table:
-- * its one policy, `for all`, lets practitioners store plain numbers and verify themselves. Here they read their row
--   and write nothing; a function seals the numbers, and the chapter on changes writes them.
-- * the page selects every column of its row, so the milestone's two columns for numbers stay, with their names and
--   types, and hold nothing worth reading: four stars and the last four digits. They are generated, so nobody writes a
--   number there either. The ciphertext lies in a table of its own, in schema private.
-- * pgcrypto is not used: its key would travel in every statement, and into the logs.

create table public.practitioner_banking (
  id                       uuid primary key default gen_random_uuid(),
  practitioner_id          uuid not null unique references public.practitioners (id) on delete cascade,
  bank_name                text not null,
  account_holder_name      text not null,
  account_type             text not null check (account_type in ('checking', 'savings')),
  country                  text not null default 'CA',
  verified                 boolean not null default false,
  verified_at              timestamptz,
  created_at               timestamptz not null default now(),
  updated_at               timestamptz not null default now(),
  account_last4            text,
  routing_last4            text,
  changed_at               timestamptz not null default now(),
  cooling_until            timestamptz not null default now(),
  verified_by              uuid references auth.users (id) on delete set null,
  account_number_encrypted text not null generated always as ('****' || coalesce(account_last4, '')) stored,
  routing_number_encrypted text not null generated always as ('****' || coalesce(routing_last4, '')) stored,

  constraint practitioner_banking_is_dated_when_verified check (verified = (verified_at is not null)),
  constraint practitioner_banking_shows_no_more_than_four check (
    account_last4 ~ '^[0-9A-Z]{4}$' and routing_last4 ~ '^[0-9A-Z]{4}$'),
  constraint practitioner_banking_bank_name_is_short check (char_length(bank_name) <= 200),
  constraint practitioner_banking_account_holder_name_is_short check (char_length(account_holder_name) <= 200),
  constraint practitioner_banking_country_is_short check (char_length(country) <= 40)
);

comment on column public.practitioner_banking.changed_at    is
  'When this became another account. Whoever verifies it names it by this.';

comment on column public.practitioner_banking.cooling_until is 'No payout before, verified or not.';

comment on column public.practitioner_banking.account_number_encrypted is
  'A mask. The ciphertext is private.bank_numbers.account_number.';

comment on column public.practitioner_banking.routing_number_encrypted is 'A mask, as above.';

comment on table public.practitioner_banking is
  'Where a practitioner is paid: sealed numbers of which nobody reads more than the last four.';

comment on column public.practitioner_banking.id is 'Of the row; made here.';

comment on column public.practitioner_banking.practitioner_id is 'The practitioner it belongs to.';

comment on column public.practitioner_banking.bank_name is 'As its holder gave it.';

comment on column public.practitioner_banking.account_holder_name is 'As the bank knows them.';

comment on column public.practitioner_banking.account_type is 'checking or savings.';

comment on column public.practitioner_banking.country is 'By its two letters.';

comment on column public.practitioner_banking.verified is 'Whether an admin checked it.';

comment on column public.practitioner_banking.verified_at is 'When an admin checked it.';

comment on column public.practitioner_banking.created_at is 'When the row was made.';

comment on column public.practitioner_banking.updated_at is 'When the row was last changed.';

comment on column public.practitioner_banking.account_last4 is 'The last four digits, all that is ever shown.';

comment on column public.practitioner_banking.routing_last4 is 'The last four digits, all that is ever shown.';

comment on column public.practitioner_banking.verified_by is 'The admin who said so.';

create table private.bank_numbers (
  practitioner_id uuid        primary key references public.practitioner_banking (practitioner_id) on delete cascade,
  account_number  text        not null,
  routing_number  text        not null,
  fingerprint     text,
  sealed_at       timestamptz not null default now(),

  -- base64 is what the platform's earlier function left, calling it encrypted: `rotate-banking-keys` seals it.
  constraint bank_numbers_are_sealed check (
    account_number ~ '^(v1\.[\w-]{1,32}\.[\w-]+|base64:[\w+/=]+)$'
    and routing_number ~ '^(v1\.[\w-]{1,32}\.[\w-]+|base64:[\w+/=]+)$'),

  constraint bank_numbers_texts_are_short check (
    char_length(account_number) <= 1000 and char_length(routing_number) <= 1000 and char_length(fingerprint) <= 255)
);

comment on table  private.bank_numbers is
  'Account and routing numbers, sealed by shared/vault.py; the keys are not in this database.';

comment on column private.bank_numbers.fingerprint is
  'Keyed digest of both numbers: equal numbers are recognized without opening them. Null: they never passed our checks.';

create table private.banking_settings (
  is_the_only_row boolean  primary key default true,
  cooling_period  interval not null default '3 days',

  constraint banking_settings_is_one_row check (is_the_only_row),
  constraint banking_settings_cooling_is_at_most_90_days check (
    cooling_period between interval '0' and interval '90 days')
);

comment on column private.banking_settings.cooling_period is
  'For so long after a change no money goes to the account: time for its owner to notice a change that was not theirs.';

insert into private.banking_settings default values;

create index idx_practitioner_banking_verified on public.practitioner_banking (verified) where verified = true;

create index practitioner_banking_verified_by_idx on public.practitioner_banking (verified_by);

alter table public.practitioner_banking enable row level security;

alter table private.bank_numbers enable row level security;

-- No grant and no policy: functions of this schema read and write it, and the owner's rotation.
alter table private.banking_settings enable row level security;

-- No grant and no policy: an operator sets it, functions of this schema read it.

create policy "practitioners read their own banking, admins all"
  on public.practitioner_banking for select to authenticated
  using (practitioner_id = any (array(select private.my_practitioner_ids())) or (select private.is_confirmed_admin()));

revoke all on public.practitioner_banking from anon, authenticated, service_role;

grant select on public.practitioner_banking to authenticated;

-- No insert and no update for the service: the row is written by functions that know who asks; the secret key alone is
-- no reason to.
grant select, delete on public.practitioner_banking to service_role;

-- Another account is unverified and cools down, whoever writes it.
create function private.reset_banking_verification() returns trigger
  language plpgsql set search_path = ''
as $$
declare
  v_changes boolean := tg_op = 'INSERT';
begin
  if tg_op = 'UPDATE' then
    v_changes := (new.bank_name, new.account_holder_name, new.account_last4, new.routing_last4, new.account_type, new.country, new.changed_at)
                 is distinct from
                 (old.bank_name, old.account_holder_name, old.account_last4, old.routing_last4, old.account_type, old.country, old.changed_at);
  end if;
  if v_changes then
    perform private.refuse_blank('bank_name', new.bank_name),
            private.refuse_blank('account_holder_name', new.account_holder_name);
    new.verified := false;  -- another account, which nobody has looked at
    new.changed_at := now();
    new.cooling_until := now() + (select s.cooling_period from private.banking_settings s);
  end if;

  if not new.verified then
    new.verified_at := null;
    new.verified_by := null;
  elsif not old.verified then
    new.verified_at := now();
  end if;
  return new;
end
$$;

revoke execute on function private.reset_banking_verification from public, anon, authenticated, service_role;

create trigger practitioner_banking_reset_verification before insert or update on public.practitioner_banking
  for each row execute function private.reset_banking_verification();

create trigger update_practitioner_banking_updated_at before update on public.practitioner_banking
  for each row execute function public.update_updated_at_column();


-- adoption/banking.sql

-- Bank accounts home, unverified: none of their numbers passed our checks. The numbers, base64 or as somebody typed them,
-- go where `rotate-banking-keys` seals them, and nowhere else; what is no number at all its practitioner enters again.

create function legacy.read_bank_number(stored text) returns text
  language sql immutable set search_path = ''
as $$
  select case when stored ~ '^base64:[\w+/=]+$' and char_length(stored) <= 1000 then stored
              when stored ~ '^[0-9 -]{1,40}$' then 'base64:' || encode(convert_to(translate(stored, ' -', ''), 'UTF8'), 'base64') end;
$$;

create temporary table legacy_numbers on commit drop as
  select null::uuid as practitioner_id, null::text as account_number, null::text as routing_number where false;
do $$
begin
  if to_regclass('legacy.practitioner_banking') is not null then
    insert into legacy_numbers (practitioner_id, account_number, routing_number)
    select b.practitioner_id, legacy.read_bank_number(b.account_number_encrypted),
           legacy.read_bank_number(b.routing_number_encrypted) from legacy.practitioner_banking b;
    update legacy.practitioner_banking b set account_number_encrypted = '', routing_number_encrypted = ''
      from legacy_numbers n where n.practitioner_id = b.practitioner_id and n.account_number is not null and n.routing_number is not null;
    update legacy.practitioner_banking b set account_number_encrypted = '-', routing_number_encrypted = '-'
     where b.account_number_encrypted <> '';
  end if;
end
$$;

call legacy.bring_home('practitioner_banking',
  columns => 'id, practitioner_id, bank_name, account_holder_name, account_type, country, created_at, updated_at',
  home => $$r.id, r.practitioner_id, left(r.bank_name, 200), left(r.account_holder_name, 200), r.account_type,
            left(r.country, 40), r.created_at, r.updated_at$$,
  account => '(select p.user_id from public.practitioners p where p.id = r.practitioner_id)',
  mended => $$case when r.account_number_encrypted = '-' then 'numbers that are none: to be entered again' end$$,
  kept => $$to_jsonb(r) - array['account_number_encrypted', 'routing_number_encrypted']$$);

insert into private.bank_numbers (practitioner_id, account_number, routing_number)
select n.practitioner_id, n.account_number, n.routing_number
  from legacy_numbers n join public.practitioner_banking b using (practitioner_id)
 where n.account_number is not null and n.routing_number is not null;


-- earnings/bank_account_changes.sql

-- Changes of a bank account: its practitioner saves it, an admin verifies it, and only then is it paid.
--
--   saved -> verified -> cooled down: payable        another account is saved -> saved
--
-- Saving: a function has checked and sealed the numbers; here they find their row. Another account is unverified, cools
-- down, and its practitioner is notified, so that somebody who got into their account does not move their earnings
-- unseen. The same account again is no change: a second click does not undo its
-- verification.
--
-- Verifying: an admin says that they have looked at this very account. Nobody verifies their own.

-- Definer: no role writes these two tables directly, not even the service.
create function private.save_practitioner_banking(
  user_id uuid, practitioner_id uuid, bank_name text, account_holder_name text, account_type text, country text,
  account_last4 text, routing_last4 text, fingerprint text, sealed jsonb, user_aal text)
  returns public.practitioner_banking
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_saved       public.practitioner_banking;
  v_fingerprint text;
begin
  if not exists (select from public.practitioners p
                  where p.id = save_practitioner_banking.practitioner_id and p.user_id = save_practitioner_banking.user_id) then
    perform private.refuse(403, 'not_your_account', 'You can only save a bank account for yourself.');
  end if;
  perform private.require_second_factor(save_practitioner_banking.user_id, save_practitioner_banking.user_aal);

  -- Order matters: the row is locked before its numbers are read, so that two saves come one after the other.
  select b.* into v_saved from public.practitioner_banking b
   where b.practitioner_id = save_practitioner_banking.practitioner_id for update;
  select n.fingerprint into v_fingerprint from private.bank_numbers n
   where n.practitioner_id = save_practitioner_banking.practitioner_id;
  if v_fingerprint = save_practitioner_banking.fingerprint
     and (v_saved.bank_name, v_saved.account_holder_name, v_saved.account_type, v_saved.country)
       = (save_practitioner_banking.bank_name, save_practitioner_banking.account_holder_name,
          save_practitioner_banking.account_type, save_practitioner_banking.country) then
    return v_saved;
  end if;
  perform private.limit_use('bank account changes', save_practitioner_banking.user_id);

  insert into public.practitioner_banking as b
    (practitioner_id, bank_name, account_holder_name, account_type, country, account_last4, routing_last4)
  values (
    save_practitioner_banking.practitioner_id, save_practitioner_banking.bank_name, save_practitioner_banking.account_holder_name,
    save_practitioner_banking.account_type, save_practitioner_banking.country,
    save_practitioner_banking.account_last4, save_practitioner_banking.routing_last4)
  on conflict (practitioner_id) do update
     set bank_name = excluded.bank_name, account_holder_name = excluded.account_holder_name,
         account_type = excluded.account_type, country = excluded.country, account_last4 = excluded.account_last4,
         routing_last4 = excluded.routing_last4, changed_at = clock_timestamp()
  returning b.* into v_saved;

  insert into private.bank_numbers as n (practitioner_id, account_number, routing_number, fingerprint)
  values (
    save_practitioner_banking.practitioner_id, sealed ->> 'account_number', sealed ->> 'routing_number',
    save_practitioner_banking.fingerprint)
  on conflict (practitioner_id) do update
     set account_number = excluded.account_number, routing_number = excluded.routing_number,
         fingerprint = excluded.fingerprint, sealed_at = now();

  perform private.publish_event('banking_changed', save_practitioner_banking.user_id,
    payload => jsonb_build_object('account_last4', v_saved.account_last4));
  return v_saved;
end
$$;

create function public.save_practitioner_banking(
  user_id uuid, practitioner_id uuid, bank_name text, account_holder_name text, account_type text, country text,
  account_last4 text, routing_last4 text, fingerprint text, sealed jsonb, user_aal text default null)
  returns table (id uuid, verified boolean)
  language sql volatile security invoker set search_path = ''
as $$
  select b.id, b.verified
    from private.save_practitioner_banking(
      user_id, practitioner_id, bank_name, account_holder_name, account_type, country,
      account_last4, routing_last4, fingerprint, sealed, user_aal) b;
$$;

comment on function public.save_practitioner_banking is
  'Stores a bank account whose numbers are sealed: {account_number, routing_number}. The service has verified who asks.';

-- What keeps an account from being paid: no_account, not_checked, not_sealed, not_verified or cooling; an empty text if
-- nothing does. An account is payable when its numbers passed our checks and are sealed, an admin has verified it, and
-- it has cooled down since its last change.
create function private.get_banking_obstacle(practitioner_id uuid) returns text
  language sql stable set search_path = ''
as $$
  select coalesce(
    (select case when n.fingerprint is null                  then 'not_checked'
                 when n.account_number  not like 'v1.%'
                   or n.routing_number  not like 'v1.%'      then 'not_sealed'
                 when not b.verified                         then 'not_verified'
                 when b.cooling_until > now()                then 'cooling'
                 else '' end
       from public.practitioner_banking b join private.bank_numbers n using (practitioner_id)
      where b.practitioner_id = get_banking_obstacle.practitioner_id),
    'no_account');
$$;

-- Definer: no role writes the row directly.
create function private.verify_practitioner_banking(practitioner_id uuid, changed_at timestamptz, verified boolean)
  returns public.practitioner_banking
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_account public.practitioner_banking;
begin
  if not private.is_confirmed_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins verify bank accounts.');
  elsif verify_practitioner_banking.practitioner_id = any (array(select private.my_practitioner_ids())) then
    perform private.refuse(403, 'own_account', 'Nobody verifies their own bank account.', 'Ask another admin.');
  end if;

  select b.* into v_account from public.practitioner_banking b
   where b.practitioner_id = verify_practitioner_banking.practitioner_id for update;
  if not found then
    perform private.refuse(404, 'banking_not_found', 'This practitioner has no bank account here.');
  elsif v_account.changed_at <> verify_practitioner_banking.changed_at then
    perform private.refuse(409, 'banking_changed', 'The bank account has changed since you looked at it.', 'Look again.');
  elsif verify_practitioner_banking.verified
        and private.get_banking_obstacle(verify_practitioner_banking.practitioner_id) in ('no_account', 'not_checked', 'not_sealed') then
    perform private.refuse(409, 'banking_not_checked', 'These bank details were never checked.',
                           'Ask the practitioner to save them again.');
  end if;

  update public.practitioner_banking b
     set verified = verify_practitioner_banking.verified,
         verified_by = case when b.verified then b.verified_by else (select auth.uid()) end
   where b.id = v_account.id
  returning b.* into v_account;
  return v_account;
end
$$;

create function public.verify_practitioner_banking(
  practitioner_id uuid, changed_at timestamptz, verified boolean default true)
  returns setof public.practitioner_banking
  language sql volatile security invoker rows 1 set search_path = ''
as $$
  select * from private.verify_practitioner_banking(practitioner_id, changed_at, verified);
$$;

comment on function public.verify_practitioner_banking is
  'Verifies the account as it was at changed_at, or takes that back. For admins, and never for their own.';

revoke execute on function
  private.save_practitioner_banking, public.save_practitioner_banking, private.get_banking_obstacle,
  private.verify_practitioner_banking, public.verify_practitioner_banking
  from public, anon, authenticated, service_role;

-- The service alone: whoever could pass ciphertext of their own choice would bypass the checks.
grant execute on function private.save_practitioner_banking, public.save_practitioner_banking to service_role;

grant execute on function private.verify_practitioner_banking, public.verify_practitioner_banking to authenticated;


-- earnings/banking_accesses.sql

-- Accesses to bank numbers: whose numbers were read, when, by whom and what for. Evidence.
--
-- The sealed numbers leave the database in two ways, a payment file and a rotation of keys. Both write a row for each
-- account in the transaction that reads it. Opening the numbers takes a key besides, which is not in this database.

create table public.banking_accesses (
  id              bigint      generated always as identity primary key,
  practitioner_id uuid        not null,
  purpose         text        not null check (purpose in ('payout_file', 'key_rotation')),
  reference       text        not null,
  requested_by    uuid,
  accessed_at     timestamptz not null default now(),

  constraint banking_accesses_reference_is_short check (char_length(reference) <= 255)
);

comment on table public.banking_accesses is
  'Every read of somebody''s sealed bank numbers: append-only.';

comment on column public.banking_accesses.practitioner_id is
  'Whose. No foreign key, like requested_by: the log outlives both.';

comment on column public.banking_accesses.reference is
  'The payment file, or the key that the numbers are sealed with from then on.';

comment on column public.banking_accesses.requested_by    is 'The admin who asked; null: the platform itself.';

comment on column public.banking_accesses.id is 'Of the row; made here.';

comment on column public.banking_accesses.purpose is 'payout_file or key_rotation.';

comment on column public.banking_accesses.accessed_at is 'When.';

create index banking_accesses_practitioner_id_idx on public.banking_accesses (practitioner_id, accessed_at);

alter table public.banking_accesses enable row level security;

create policy "practitioners read accesses to their account, admins all"
  on public.banking_accesses for select to authenticated
  using (practitioner_id = any (array(select private.my_practitioner_ids())) or (select private.is_confirmed_admin()));

revoke all on public.banking_accesses from anon, authenticated, service_role;

grant select on public.banking_accesses to authenticated, service_role;

-- No insert, update or delete for anybody: the function below and the rotation write it, as the owner.

create function private.refuse_banking_access_changes() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  perform private.refuse(403, 'evidence_is_kept', 'The log of accesses can be neither changed nor deleted.');
  return null;
end
$$;

-- For the payment file alone: one row for each practitioner asked about. An account that may be paid comes with its
-- sealed numbers, which Vault.open_numbers opens, and its access is logged under `reference`, the file, and
-- `requested_by`, the admin or null. Any other comes without, and `withheld` says why (private.get_banking_obstacle).
create function private.read_bank_accounts(practitioner_ids uuid[], reference text, requested_by uuid)
  returns table (
    practitioner_id uuid, withheld text, bank_name text, account_holder_name text, account_type text, country text,
    account_number text, routing_number text)
  language plpgsql volatile set search_path = ''
as $$
#variable_conflict use_column
begin
  -- Order matters: locked first, so that an account that is just being changed is read as it is afterwards.
  perform from public.practitioner_banking b
    where b.practitioner_id = any (read_bank_accounts.practitioner_ids) order by b.practitioner_id for share;

  insert into public.banking_accesses (practitioner_id, purpose, reference, requested_by)
  select distinct requested.id, 'payout_file', read_bank_accounts.reference, read_bank_accounts.requested_by
    from unnest(read_bank_accounts.practitioner_ids) requested (id) where private.get_banking_obstacle(requested.id) = '';

  return query
    select requested.id, obstacle.name, b.bank_name, b.account_holder_name, b.account_type, b.country,
           n.account_number, n.routing_number
      from (select distinct unnest(read_bank_accounts.practitioner_ids)) requested (id)
      cross join lateral (select nullif(private.get_banking_obstacle(requested.id), '')) obstacle (name)
      left join public.practitioner_banking b on b.practitioner_id = requested.id and obstacle.name is null
      left join private.bank_numbers n on n.practitioner_id = b.practitioner_id
     order by requested.id;
end
$$;

-- What a rotation of keys has left to do. It runs as the owner, because nobody else may.
create function private.list_bank_numbers_to_reseal(key_id text) returns setof private.bank_numbers
  language sql stable set search_path = ''
as $$
  select * from private.bank_numbers n
   where not (starts_with(n.account_number, 'v1.' || key_id || '.') and starts_with(n.routing_number, 'v1.' || key_id || '.')
              and coalesce(starts_with(n.fingerprint, key_id || '.'), true));
$$;

revoke execute on function private.refuse_banking_access_changes, private.read_bank_accounts, private.list_bank_numbers_to_reseal
  from public, anon, authenticated, service_role;

-- No grant on private.read_bank_accounts: only a function that has made sure of who asks, and what for, calls it.

create trigger banking_accesses_refuse_changes before update or delete on public.banking_accesses
  for each row execute function private.refuse_banking_access_changes();

create trigger banking_accesses_refuse_truncate before truncate on public.banking_accesses
  for each statement execute function private.refuse_banking_access_changes();
