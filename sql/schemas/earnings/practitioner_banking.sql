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
create trigger audit_practitioner_banking after insert or update or delete on public.practitioner_banking
  for each row execute function private.write_audit_log();
