-- Saving a bank account: a function has checked and sealed the numbers; here they find their row, and trust starts anew.
--
-- Another account is unverified, cools down, and its practitioner is told, so that somebody who got into their account does not
-- move their earnings unseen. The same account again is no change: a second click takes no trust away.

-- Definer: nobody writes these two tables by themselves, the service neither.
create function private.save_practitioner_banking(
  user_id uuid, practitioner_id uuid, bank_name text, account_holder_name text, account_type text, country text,
  account_last4 text, routing_last4 text, fingerprint text, sealed jsonb) returns public.practitioner_banking
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

  -- Order matters: the row is locked before its numbers are looked at, so that two saves come one after the other.
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

  perform private.put_in_outbox('banking_changed', save_practitioner_banking.user_id,
    payload => jsonb_build_object('account_last4', v_saved.account_last4));
  return v_saved;
end
$$;

create function public.save_practitioner_banking(
  user_id uuid, practitioner_id uuid, bank_name text, account_holder_name text, account_type text, country text,
  account_last4 text, routing_last4 text, fingerprint text, sealed jsonb)
  returns table (id uuid, verified boolean)
  language sql volatile security invoker set search_path = ''
as $$
  select b.id, b.verified
    from private.save_practitioner_banking(
      user_id, practitioner_id, bank_name, account_holder_name, account_type, country,
      account_last4, routing_last4, fingerprint, sealed) b;
$$;
comment on function public.save_practitioner_banking is
  'Stores a bank account whose numbers are sealed: {account_number, routing_number}. The service has verified user_id.';

revoke execute on function private.save_practitioner_banking, public.save_practitioner_banking
  from public, anon, authenticated, service_role;
-- The service alone: whoever could pass ciphertext of their own choice would pass the checks by.
grant execute on function private.save_practitioner_banking, public.save_practitioner_banking to service_role;
