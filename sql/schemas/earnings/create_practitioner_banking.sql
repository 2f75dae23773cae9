-- Practitioner banking: where earnings go. The numbers are ciphertext before they get here.
--
--   unverified -> verified -> unverified (by any change of the account)
--
-- Against the milestone's table: its one policy, `for all`, lets practitioners store plain numbers and verify themselves.
-- Here they read their row and write nothing; a function seals the numbers and writes with the service key. pgcrypto is
-- not used: its key would travel in every statement, and into the logs.

create table public.practitioner_banking (
  id                       uuid primary key default gen_random_uuid(),
  practitioner_id          uuid not null unique references public.practitioners (id) on delete cascade,
  bank_name                text not null,
  account_holder_name      text not null,
  account_number_encrypted text not null,
  routing_number_encrypted text not null,
  account_type             text not null check (account_type in ('checking', 'savings')),
  country                  text not null default 'CA',
  verified                 boolean not null default false,
  verified_at              timestamptz,
  created_at               timestamptz not null default now(),
  updated_at               timestamptz not null default now(),

  -- The existing function stored base64 where it meant to encrypt; neither that nor a number may come in again.
  constraint practitioner_banking_numbers_are_sealed check (
    account_number_encrypted !~ '^[0-9\s-]*$' and account_number_encrypted not like 'base64:%'
    and routing_number_encrypted !~ '^[0-9\s-]*$' and routing_number_encrypted not like 'base64:%'),
  constraint practitioner_banking_is_dated_when_verified check (verified = (verified_at is not null))
);

create index idx_practitioner_banking_verified on public.practitioner_banking (verified) where verified = true;

create function private.verify_banking() returns trigger
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
revoke execute on function private.verify_banking from public, anon, authenticated, service_role;

create trigger practitioner_banking_verify before insert or update on public.practitioner_banking
  for each row execute function private.verify_banking();
create trigger update_practitioner_banking_updated_at before update on public.practitioner_banking
  for each row execute function public.update_updated_at_column();
create trigger audit_practitioner_banking after insert or update or delete on public.practitioner_banking
  for each row execute function private.write_audit_log();

alter table public.practitioner_banking enable row level security;

create policy "practitioners read their own banking, admins all"
  on public.practitioner_banking for select to authenticated
  using (practitioner_id = any (array(select private.my_practitioner_ids())) or (select private.is_admin()));

revoke all on public.practitioner_banking from anon, authenticated, service_role;
-- The frontend selects every column of its own row, so the ciphertext goes along; the key does not.
grant select on public.practitioner_banking to authenticated;
grant select, insert, update, delete on public.practitioner_banking to service_role;
