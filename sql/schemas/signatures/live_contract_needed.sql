-- A live contract as a condition for being bookable: a setting, off to begin with.
--
-- Live is what is signed, not revoked, and not past its end when the session ends. Clients are told what they are told of somebody
-- who is paused: why somebody takes no bookings is between them and the platform.
--
-- This stands after the migration on pausing, whose answer about classes it extends.

create table public.contract_rules (
  id                   uuid        primary key default gen_random_uuid(),
  live_contract_needed boolean     not null default false,
  updated_at           timestamptz not null default now()
);
create unique index contract_rules_are_one on public.contract_rules ((true));
comment on table  public.contract_rules                      is 'One row: what contracts decide.';
comment on column public.contract_rules.live_contract_needed is 'Whether a practitioner without a live contract takes no bookings.';

insert into public.contract_rules default values;

alter table public.contract_rules enable row level security;

create trigger update_contract_rules_updated_at before update on public.contract_rules
  for each row execute function public.update_updated_at_column();
create trigger audit_contract_rules after insert or update or delete on public.contract_rules
  for each row execute function private.write_audit_log();

create policy "practitioners and admins read contract rules"
  on public.contract_rules for select to authenticated
  using (exists (select from private.my_practitioner_ids()) or (select private.is_admin()));
create policy "admins set contract rules"
  on public.contract_rules for update to authenticated using ((select private.is_admin()));

revoke all on public.contract_rules from anon, authenticated, service_role;
-- One row, made above: no insert and no delete for anybody.
grant select, update (live_contract_needed) on public.contract_rules to authenticated;
grant select, update (live_contract_needed) on public.contract_rules to service_role;

-- Definer: contracts are their practitioner's; everybody may know until when somebody can be booked.
create function private.bookable_until(practitioner_id uuid) returns timestamptz
  language sql stable security definer set search_path = ''
as $$
  select case when r.live_contract_needed then (
           select coalesce(max(coalesce(c.expires_at, 'infinity')), '-infinity') from public.practitioner_contracts c
            where c.practitioner_id = bookable_until.practitioner_id and c.status = 'signed')
         else 'infinity' end
    from public.contract_rules r;
$$;

revoke execute on function private.bookable_until from public, anon, authenticated, service_role;
