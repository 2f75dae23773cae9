-- Settling a payout: an admin or a provider says whether the money was sent, and the practitioner is notified of it.
--
--   pending -> paid     its payments are marked as paid out, where the payments page looks for that
--   pending -> failed   its lines are released and the ledger is posted back; the next run pays them again

create function private.get_payout_payment_ids(payout_id uuid) returns setof uuid
  language sql stable set search_path = ''
as $$
  -- A payment that was refunded entirely has two lines that add up to zero, and is not paid out by it.
  select t.payment_id from public.payout_lines l join public.ledger_transactions t on t.id = l.ledger_transaction_id
   where l.payout_id = get_payout_payment_ids.payout_id and t.payment_id is not null
   group by t.payment_id having sum(l.amount_minor) > 0;
$$;

create function private.settle_payout(
  payout public.payouts, status text, transaction_reference text default null, paid_at timestamptz default null,
  failed_reason text default null) returns public.payouts
  language plpgsql volatile set search_path = ''
as $$
begin
  update public.payouts p
     set status = settle_payout.status, transaction_reference = settle_payout.transaction_reference,
         paid_at = settle_payout.paid_at, failed_reason = settle_payout.failed_reason, settled_by = auth.uid()
   where p.id = payout.id
  returning p.* into payout;
  if payout.status = 'failed' then
    update public.payout_lines l set released_at = now() where l.payout_id = payout.id;
    perform private.post_transaction('payout_failed', payout.practitioner_id, payout.currency,
      jsonb_build_object('practitioner_payable', payout.amount_minor, 'payouts_sent', -payout.amount_minor),
      payout_id => payout.id, reason => payout.failed_reason);
  else
    -- A payment under dispute keeps that status; its date says that it was paid out.
    update public.session_payments p
       set paid_out_at = payout.paid_at, status = case p.status when 'completed' then 'paid_out' else p.status end
     where p.paid_out_at is null and p.id in (select private.get_payout_payment_ids(payout.id));
  end if;
  return payout;
end
$$;

-- Definer: nobody writes payouts directly. So it checks its caller itself.
create function private.mark_payout(
  payout_id uuid, status text, transaction_reference text, paid_at timestamptz, failed_reason text)
  returns public.payouts
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_payout public.payouts;
begin
  if not (private.is_confirmed_admin() or coalesce(auth.role(), '') = 'service_role') then
    perform private.refuse(403, 'admins_only', 'Only admins say what became of a payout.');
  end if;
  perform private.refuse_long_text('transaction_reference', mark_payout.transaction_reference, 255);
  perform private.refuse_long_text('reason', mark_payout.failed_reason, 1000);
  if coalesce(btrim(coalesce(mark_payout.transaction_reference, mark_payout.failed_reason)), '') = '' then
    perform private.refuse(422, 'reference_missing', 'Please give the transaction reference, or the reason why it failed.');
  elsif mark_payout.paid_at not between '2000-01-01' and now() + interval '1 day' then
    perform private.refuse(422, 'paid_at_not_possible', 'paid_at: should be a time that has been.');
  end if;
  perform private.lock_payouts();
  select * into v_payout from public.payouts p where p.id = mark_payout.payout_id;
  if not found then
    perform private.refuse(404, 'payout_not_found', 'There is no such payout.');
  end if;
  -- A payout that failed is paid again.
  perform private.refuse_own_money(p.user_id) from public.practitioners p
    where p.id = v_payout.practitioner_id and mark_payout.status = 'failed';
  -- The same again changes nothing: providers repeat themselves.
  if v_payout.status = mark_payout.status
     and coalesce(v_payout.transaction_reference, v_payout.failed_reason)
         = coalesce(mark_payout.transaction_reference, mark_payout.failed_reason) then
    return v_payout;
  elsif v_payout.status <> 'pending' then
    perform private.refuse(
      409, 'payout_is_settled',
      case v_payout.status when 'paid' then 'This payout is paid already.' else 'This payout is failed already.' end);
  end if;
  return private.settle_payout(v_payout, mark_payout.status, mark_payout.transaction_reference,
                               mark_payout.paid_at, mark_payout.failed_reason);
end
$$;

create function public.mark_payout_paid(payout_id uuid, transaction_reference text, paid_at timestamptz default now())
  returns setof public.payouts
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.mark_payout(mark_payout_paid.payout_id, 'paid', mark_payout_paid.transaction_reference,
                                    coalesce(mark_payout_paid.paid_at, now()), null);
$$;
comment on function public.mark_payout_paid is 'For admins and providers: the money has left, under this reference.';

create function public.mark_payout_failed(payout_id uuid, reason text) returns setof public.payouts
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.mark_payout(mark_payout_failed.payout_id, 'failed', null, null, mark_payout_failed.reason);
$$;
comment on function public.mark_payout_failed is
  'For admins and providers: the money did not leave. The next run pays it again.';

-- The practitioner by mail, other systems by webhook.
-- Definer: nobody writes the outbox.
create function private.publish_payout_paid() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.publish_event('payout_paid', p.user_id, null, jsonb_build_object(
            'payout_id', new.id, 'practitioner_id', new.practitioner_id, 'amount_minor', new.amount_minor,
            'currency', new.currency))
     from public.practitioners p where p.id = new.practitioner_id;
  return null;
end
$$;

revoke execute on function private.get_payout_payment_ids, private.settle_payout, private.mark_payout, public.mark_payout_paid,
  public.mark_payout_failed, private.publish_payout_paid from public, anon, authenticated, service_role;
grant execute on function private.mark_payout, public.mark_payout_paid, public.mark_payout_failed
  to authenticated, service_role;

create trigger payouts_70_publish after update of status on public.payouts
  for each row when (new.status = 'paid' and old.status <> 'paid') execute function private.publish_payout_paid();
