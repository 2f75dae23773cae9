-- What the clock does to contracts: a month before the end the practitioner is told, once; at the end it is over.

create index practitioner_contracts_expires_at_idx on public.practitioner_contracts (expires_at)
  where status in ('pending', 'signed');  -- the reconciler asks for those that end

-- Definer: the service may neither write history nor change a contract but to sign it.
create function private.remind_of_ending_contracts() returns integer
  language sql volatile security definer set search_path = ''
as $$
  with ending as (
    select c as contract from public.practitioner_contracts c
     where c.status = 'signed' and c.expires_at > now() and c.expires_at <= now() + interval '30 days'
       and not exists (select from public.contract_events e where e.contract_id = c.id and e.event = 'expiring')
  )
  select count(private.note_contract_event(contract, 'expiring'))::integer from ending;
$$;

create function public.reconcile_contracts() returns table (contracts_expiring integer, contracts_expired integer)
  language plpgsql volatile security invoker set search_path = ''
as $$
begin
  contracts_expiring := private.remind_of_ending_contracts();
  -- Whoever is signing or revoking one of them comes first; the next run finds what is left.
  update public.practitioner_contracts c set status = 'expired'
   where c.id in (select due.id from public.practitioner_contracts due
                   where due.status in ('pending', 'signed') and due.expires_at <= now()
                     for update skip locked);
  get diagnostics contracts_expired = row_count;
  return next;
end
$$;
comment on function public.reconcile_contracts is
  'For the scheduler. Late is harmless: a contract past its end is neither signed nor counted as live.';

revoke execute on function private.remind_of_ending_contracts, public.reconcile_contracts
  from public, anon, authenticated, service_role;
grant execute on function private.remind_of_ending_contracts, public.reconcile_contracts to service_role;
