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
