-- Verifying a bank account: an admin says that they have looked at this very account. Never one's own.
--
-- An account is payable when its numbers passed our checks and are sealed, an admin has verified it, and it has cooled down since
-- its last change. What is in the way has one name, the same for whoever asks.

-- Null: nothing. Otherwise no_account, not_checked, not_sealed, not_verified or cooling.
create function private.banking_obstacle(practitioner_id uuid) returns text
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
      where b.practitioner_id = banking_obstacle.practitioner_id),
    'no_account');
$$;

-- Definer: no person writes the row.
create function private.verify_practitioner_banking(practitioner_id uuid, changed_at timestamptz, verified boolean)
  returns public.practitioner_banking
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_account public.practitioner_banking;
begin
  if not private.is_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins verify bank accounts.');
  elsif verify_practitioner_banking.practitioner_id in (select private.my_practitioner_ids()) then
    perform private.refuse(403, 'own_account', 'Nobody verifies their own bank account.', 'Ask another admin.');
  end if;

  select b.* into v_account from public.practitioner_banking b
   where b.practitioner_id = verify_practitioner_banking.practitioner_id for update;
  if not found then
    perform private.refuse(404, 'banking_not_found', 'This practitioner has no bank account here.');
  elsif v_account.changed_at <> verify_practitioner_banking.changed_at then
    perform private.refuse(409, 'banking_changed', 'The bank account has changed since you looked at it.', 'Look again.');
  elsif verify_practitioner_banking.verified
        and private.banking_obstacle(verify_practitioner_banking.practitioner_id) in ('no_account', 'not_checked', 'not_sealed') then
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

create function public.verify_practitioner_banking(practitioner_id uuid, changed_at timestamptz, verified boolean default true)
  returns setof public.practitioner_banking
  language sql volatile security invoker rows 1 set search_path = ''
as $$
  select * from private.verify_practitioner_banking(practitioner_id, changed_at, verified);
$$;
comment on function public.verify_practitioner_banking is
  'Verifies the account as it was at changed_at, or takes that back. For admins, and never for their own.';

revoke execute on function private.banking_obstacle, private.verify_practitioner_banking, public.verify_practitioner_banking
  from public, anon, authenticated, service_role;
grant execute on function private.verify_practitioner_banking, public.verify_practitioner_banking to authenticated;
