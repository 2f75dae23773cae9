-- Bank numbers leave the table that people read. What is left there is a mask; the ciphertext lies where the API cannot reach.
--
--   changed -> verified by an admin -> cooled down: payable        any change of the account -> changed
--
-- The page selects every column of its row, so the milestone's two columns stay, with their names and types, and hold
-- nothing worth reading: four stars and the last four digits. They are generated, so nobody writes a number there either.

create table private.bank_numbers (
  practitioner_id uuid        primary key references public.practitioner_banking (practitioner_id) on delete cascade,
  account_number  text        not null,
  routing_number  text        not null,
  fingerprint     text,
  sealed_at       timestamptz not null default now(),

  -- base64 is what the platform's earlier function left, calling it encrypted: `rotate-banking-keys` seals it.
  constraint bank_numbers_are_sealed check (
    account_number ~ '^(v1\.[\w-]{1,32}\.[\w-]+|base64:[\w+/=]+)$' and routing_number ~ '^(v1\.[\w-]{1,32}\.[\w-]+|base64:[\w+/=]+)$')
);
comment on table  private.bank_numbers             is 'Account and routing numbers, sealed by shared/vault.py; the keys are not in this database.';
comment on column private.bank_numbers.fingerprint is
  'Keyed digest of both numbers: equal numbers can be told without opening them. Null: they never passed our checks.';

alter table private.bank_numbers enable row level security;
-- No grant and no policy: functions of this schema read and write it, and the owner's rotation.

create table private.banking_settings (
  is_the_only_row boolean  primary key default true,
  cooling_period  interval not null default '3 days',

  constraint banking_settings_is_one_row check (is_the_only_row),
  constraint banking_settings_cooling_is_a_time check (cooling_period >= interval '0')
);
comment on column private.banking_settings.cooling_period is
  'For so long after a change no money goes to the account: time for its owner to notice a change that was not theirs.';

insert into private.banking_settings default values;

alter table private.banking_settings enable row level security;
-- No grant and no policy: an operator sets it, functions of this schema read it.

insert into private.bank_numbers (practitioner_id, account_number, routing_number)
select practitioner_id, account_number_encrypted, routing_number_encrypted from public.practitioner_banking;

-- squawk-ignore ban-drop-column
alter table public.practitioner_banking drop column account_number_encrypted, drop column routing_number_encrypted;

-- One row for each practitioner: written anew in no time, and no trigger that could be written past.
alter table public.practitioner_banking
  add column account_last4 text,
  add column routing_last4 text,
  add column changed_at    timestamptz not null default now(),
  add column cooling_until timestamptz not null default now(),
  add column verified_by   uuid references auth.users (id) on delete set null,
  -- squawk-ignore adding-field-with-default
  add column account_number_encrypted text not null generated always as ('****' || coalesce(account_last4, '')) stored,
  -- squawk-ignore adding-field-with-default
  add column routing_number_encrypted text not null generated always as ('****' || coalesce(routing_last4, '')) stored,
  add constraint practitioner_banking_shows_no_more_than_four check (
    account_last4 ~ '^[0-9A-Z]{4}$' and routing_last4 ~ '^[0-9A-Z]{4}$');
comment on column public.practitioner_banking.account_number_encrypted is 'A mask. The ciphertext is private.bank_numbers.account_number.';
comment on column public.practitioner_banking.routing_number_encrypted is 'A mask, as above.';
comment on column public.practitioner_banking.changed_at    is 'When this became another account. Whoever verifies it names it by this.';
comment on column public.practitioner_banking.cooling_until is 'No payout before, verified or not.';

create index practitioner_banking_verified_by_idx on public.practitioner_banking (verified_by);

-- The row is written by the functions that follow, which know who asks; the secret key alone is no reason to.
revoke insert, update on public.practitioner_banking from service_role;
