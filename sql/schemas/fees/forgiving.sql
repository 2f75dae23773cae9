-- For admins: which fees there are, and forgiving one, with a reason that stays with it.
--
-- A practitioner neither reads nor forgives fees: they are not theirs. An admin forgives nobody's but others'. A fee
-- that is paid is not forgiven but given back, by `request_refund` as of any payment.

-- Definer: it names people whom the caller may read elsewhere, one by one. So it checks its caller itself.
create function private.list_owed_fees(state text, at_most integer)
  returns table (id uuid, user_id uuid, full_name text, session_id uuid, scheduled_at timestamptz,
                 practitioner_name text, because text, amount_minor integer, currency text, status text, paid_at timestamptz,
                 forgiven_at timestamptz, forgiven_by uuid, reason text, created_at timestamptz)
  language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_column
begin
  if not private.is_confirmed_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins list fees.');
  end if;
  return query
    select f.id, f.user_id, (select p.full_name from public.profiles p where p.id = f.user_id), f.session_id, f.scheduled_at,
           (select p.name from public.session_schedules s join public.practitioners p on p.id = s.practitioner_id
             where s.id = f.session_id),
           f.because, f.amount_minor, f.currency, f.status, f.paid_at, f.forgiven_at, f.forgiven_by, f.reason, f.created_at
      from public.owed_fees f
     where f.status = coalesce(list_owed_fees.state, 'owed')
     order by f.created_at, f.id limit least(greatest(coalesce(list_owed_fees.at_most, 200), 1), 1000);
end
$$;

create function public.list_owed_fees(state text default 'owed', at_most integer default 200)
  returns table (id uuid, user_id uuid, full_name text, session_id uuid, scheduled_at timestamptz,
                 practitioner_name text, because text, amount_minor integer, currency text, status text, paid_at timestamptz,
                 forgiven_at timestamptz, forgiven_by uuid, reason text, created_at timestamptz)
  language sql stable security invoker set search_path = ''
as $$
  select * from private.list_owed_fees(list_owed_fees.state, list_owed_fees.at_most);
$$;
comment on function public.list_owed_fees is
  'For admins: the fees that are owed, oldest first; or those that were paid, returned or forgiven.';

-- Definer: nobody writes fees. So it checks its caller itself.
create function private.forgive_fee(fee_id uuid, reason text) returns public.owed_fees
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_fee public.owed_fees;
begin
  if not private.is_confirmed_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins forgive fees.');
  end if;
  perform private.refuse_long_text('reason', forgive_fee.reason, 1000);
  if btrim(coalesce(forgive_fee.reason, '')) = '' then
    perform private.refuse(422, 'reason_missing', 'Please say why it is forgiven.');
  end if;
  -- The client first, as everywhere: their payment comes before this, or after it.
  perform private.lock_client((select f.user_id from public.owed_fees f where f.id = forgive_fee.fee_id));
  select * into v_fee from public.owed_fees f where f.id = forgive_fee.fee_id for update;
  if not found then
    perform private.refuse(404, 'fee_not_found', 'There is no such fee.');
  end if;
  perform private.refuse_own_money(v_fee.user_id);
  if v_fee.status = 'paid' then
    perform private.refuse(409, 'fee_paid', 'This fee is paid.', 'To give it back, refund its payment.');
  elsif v_fee.status <> 'owed' then
    perform private.refuse(409, 'fee_not_owed', 'This fee is not owed any more.');
  end if;
  update public.owed_fees f
     set forgiven_at = now(), forgiven_by = (select auth.uid()), reason = btrim(forgive_fee.reason)
   where f.id = v_fee.id
  returning f.* into v_fee;
  perform private.look_at_fee_checkouts(v_fee.id);
  perform private.publish_fee('fee_forgiven', v_fee);
  return v_fee;
end
$$;

create function public.forgive_fee(fee_id uuid, reason text) returns table (id uuid, status text, reason text)
  language sql volatile security invoker set search_path = ''
as $$
  select f.id, f.status, f.reason from private.forgive_fee($1, $2) f;
$$;
comment on function public.forgive_fee is
  'For admins: lets somebody off a fee, with a reason. They are told by mail, and a payment under way goes back.';

revoke execute on function private.list_owed_fees, private.forgive_fee, public.list_owed_fees, public.forgive_fee
  from public, anon, authenticated, service_role;
grant execute on function private.list_owed_fees, private.forgive_fee, public.list_owed_fees, public.forgive_fee
  to authenticated;
