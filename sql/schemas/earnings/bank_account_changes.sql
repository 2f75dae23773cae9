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
