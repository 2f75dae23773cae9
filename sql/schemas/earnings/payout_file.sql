-- The payment file: which payouts are pending, and to which accounts they go.
--
-- This is the file for people; the one for the bank is in bank_file.sql. The numbers come sealed, and each access is
-- logged in the transaction that reads them (see banking_accesses.sql). A payout whose account may not be paid now is
-- in the file all the same, without numbers and with the reason, so that nobody is forgotten.

create function private.require_paying_admin(user_id uuid, user_aal text) returns void
  language plpgsql volatile set search_path = ''
as $$
begin
  if not exists (select from public.user_roles r where r.user_id = require_paying_admin.user_id and r.role = 'admin') then
    perform private.refuse(403, 'admins_only', 'Only admins export payment files.');
  end if;
  perform private.require_second_factor(require_paying_admin.user_id, require_paying_admin.user_aal);
end
$$;

create function private.begin_payout_export(user_id uuid, user_aal text) returns void
  language plpgsql volatile set search_path = ''
as $$
begin
  perform private.require_paying_admin(begin_payout_export.user_id, begin_payout_export.user_aal),
          private.limit_use('payout files', begin_payout_export.user_id);
end
$$;

-- Definer: neither an admin nor the service reads sealed numbers. So it checks for whom it is called.
create function private.export_payout_file(
  user_id uuid, reference text, in_currency text, format text, user_aal text)
  returns table (
    payout_id uuid, practitioner_id uuid, practitioner_name text, withheld text, bank_name text,
    account_holder_name text, account_type text, country text, account_number text, routing_number text,
    amount_minor bigint, currency text, period_start date, period_end date, exported_before text)
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_pending uuid[] := array(select p.id from public.payouts p
                             where p.status = 'pending' and p.currency = coalesce(export_payout_file.in_currency, p.currency));
  v_earlier jsonb;
begin
  perform private.begin_payout_export(export_payout_file.user_id, export_payout_file.user_aal);
  -- Of each what there was before this file, which is recorded now.
  select coalesce(jsonb_object_agg(payout.id, private.find_earlier_payout_file(payout.id)), '{}')
    into v_earlier from unnest(v_pending) payout (id);
  perform private.record_payout_file(export_payout_file.reference, export_payout_file.format, export_payout_file.user_id,
                                     array(select p.id from public.payouts p where p.id = any (v_pending)
                                              and private.get_banking_obstacle(p.practitioner_id) = ''));
  return query
    select p.id, p.practitioner_id, who.name, a.withheld, a.bank_name, a.account_holder_name, a.account_type, a.country,
           a.account_number, a.routing_number, p.amount_minor, p.currency, p.period_start, p.period_end,
           v_earlier ->> p.id::text
      from public.payouts p
      join private.read_bank_accounts(array(select p.practitioner_id from public.payouts p where p.id = any (v_pending)),
                                      export_payout_file.reference, export_payout_file.user_id) a on a.practitioner_id = p.practitioner_id
      left join public.practitioners who on who.id = p.practitioner_id
     where p.id = any (v_pending)
     order by p.currency, who.name, p.id;
end
$$;

create function public.export_payout_file(
  user_id uuid, reference text, in_currency text default null, format text default 'csv', user_aal text default null)
  returns table (
    payout_id uuid, practitioner_id uuid, practitioner_name text, withheld text, bank_name text,
    account_holder_name text, account_type text, country text, account_number text, routing_number text,
    amount_minor bigint, currency text, period_start date, period_end date, exported_before text)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.export_payout_file(user_id, reference, in_currency, format, user_aal);
$$;
comment on function public.export_payout_file is
  'For export-payout-file, which has verified user_id and user_aal, and opens the sealed numbers.';

revoke execute on function private.require_paying_admin, private.begin_payout_export, private.export_payout_file, public.export_payout_file
  from public, anon, authenticated, service_role;
grant execute on function private.export_payout_file, public.export_payout_file to service_role;
