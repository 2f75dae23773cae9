-- Cancelling: whoever cancels and in whatever way, the consequences are the same.
--
--   scheduled -> cancelled      in_progress -> cancelled, not by the client      cancelled -> nothing
--
-- The pages update the row; `cancel_session` does the same update. A trigger decides by the terms what is returned,
-- writes the ledger, the cancellation, the fee and the event, and frees the seat. A cancelled class cancels its seats;
-- a deleted session that was still to come is settled first, so that no credit is lost with it.

-- Before a person's update touches any row, it takes the locks that come before rows: the client's own, and those of
-- the classes they have a seat in. Leaving a seat and cancelling its class would otherwise deadlock.
-- Definer: a lock needs the right to update, and nobody may update a class they have a seat in.
create function private.lock_own_sessions() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.lock_client(auth.uid());
  perform from public.session_schedules class
    where class.id in (select seat.group_class_id from public.session_schedules seat
                        where seat.client_id = auth.uid() and seat.status = 'scheduled')
    order by class.id for update;
  return null;
end
$$;

-- Returned to the lot it came from, until when the terms say: its own end, or later. What was paid singly becomes a
-- credit for its session type, or, where a session has none, for its length and form if anything of that kind is sold.
create function private.return_credit(session public.session_schedules, expires_at timestamptz) returns void
  language plpgsql set search_path = ''
as $$
declare
  v_lot     public.user_session_credits;
  v_payment public.session_payments := private.get_session_payment(session.id);
  v_type    public.session_types;
begin
  if session.credit_lot_id is null then
    select t.* into v_type from public.session_types t
     where t.is_active and (t.duration_minutes, t.is_group) = (session.duration_minutes, session.group_class_id is not null)
     limit 1;
    perform private.grant_credits(
      session.client_id, 1, session_type_id => session.session_type_id, kind => 'return', session_id => session.id,
      duration_minutes => v_type.duration_minutes, is_group => v_type.is_group,
      metadata => jsonb_build_object('source', 'cancellation_refund', 'currency', v_payment.currency,
                                     'total_amount', v_payment.total_amount));
    return;
  end if;

  select * into v_lot from public.user_session_credits c where c.id = session.credit_lot_id for no key update;
  if v_lot.expires_at <= now() then
    -- Credits left in the lot have expired, and stay expired.
    insert into public.credit_ledger (lot_id, user_id, change, kind)
    select v_lot.id, v_lot.user_id, -v_lot.credits_remaining, 'expiry' where v_lot.credits_remaining > 0;
  end if;
  update public.user_session_credits c set expires_at = return_credit.expires_at
   where c.id = v_lot.id and c.expires_at < return_credit.expires_at;
  insert into public.credit_ledger (lot_id, user_id, change, kind, session_id)
  values (v_lot.id, v_lot.user_id, 1, 'return', session.id);
end
$$;

create function private.settle_cancellation(session public.session_schedules, is_grace boolean, reason text)
  returns void
  language plpgsql set search_path = ''
as $$
declare
  v_terms private.cancellation_terms := private.compute_cancellation_terms(session, is_grace);
  v_role  text := private.get_caller_role(session);
begin
  if private.is_class(session) then
    update public.session_schedules seat set status = 'cancelled', notes = 'Cancelled: the class was cancelled'
     where seat.group_class_id = session.id and seat.status in ('scheduled', 'in_progress');
  elsif v_terms.credit_returned = 1 then
    perform private.return_credit(session, v_terms.credit_expires_at);
  elsif v_terms.no_credit_because = 'price_returned' then
    -- It would have been returned, but its price was refunded: one credit fewer is owed.
    update public.user_session_credits c set credits_owed = c.credits_owed - 1
     where c.id = session.credit_lot_id and c.credits_owed > 0;
  end if;
  if is_grace then
    -- The pages read it to see whether the grace is used.
    update public.user_session_credits c set grace_cancellation_used = true
     where c.id = coalesce(session.credit_lot_id, (
       select lot.id from public.user_session_credits lot
        where lot.user_id = session.client_id order by lot.created_at limit 1));
  end if;

  insert into public.session_cancellations
    (session_id, user_id, cancellation_type, hours_before_session, fee_charged, fee_currency, credit_returned,
     credit_currency, reason, approved_by, cancellation_policy_version)
  values
    (session.id, case when not private.is_class(session) then session.client_id end, v_terms.cancellation_type,
     v_terms.hours_before_session, v_terms.fee_charged, v_terms.currency, v_terms.credit_returned, v_terms.currency,
     settle_cancellation.reason, case when v_role <> 'client' then auth.uid() end, v_terms.cancellation_policy_version);
  if not private.is_class(session) then
    perform private.owe_fee(session, 'late_cancellation', v_terms.fee_charged, v_terms.currency);
  end if;
  perform private.publish_event('session_cancelled', session.client_id, session.id, jsonb_build_object(
    'by', v_role, 'practitioner_id', session.practitioner_id, 'scheduled_at', session.scheduled_at,
    'group_class_id', session.group_class_id, 'cancellation_type', v_terms.cancellation_type,
    'credit_returned', v_terms.credit_returned, 'no_credit_because', v_terms.no_credit_because,
    'expires_at', v_terms.credit_expires_at, 'fee_charged', v_terms.fee_charged, 'currency', v_terms.currency)
     || case when settle_cancellation.reason = private.why_unpaid_sessions_end() then '{"because": "payment_returned"}'::jsonb
             else '{}' end);
end
$$;

-- Cancelled by an update: the terms are checked before the row is written, and settled after.

create function private.set_cancelled_at() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  new.cancelled_at := now();
  return new;
end
$$;

-- Definer: the terms depend on rows that whoever cancels may not read.
create function private.authorize_cancellation() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.refuse_uncancellable(old);
  new.grace_cancellation_used := (private.compute_cancellation_terms(old,
    new.notes is distinct from old.notes and new.notes like '%(Grace cancellation used)')).cancellation_type = 'grace';
  return new;
end
$$;

-- Definer: whoever cancels may write neither credits nor cancellations.
create function private.settle_cancelled_session() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.settle_cancellation(old, new.grace_cancellation_used,
    substring(new.notes from '^Cancelled(?: by practitioner)?: (.*?)(?: ?\(Grace cancellation used\))?$'));
  return null;
end
$$;

-- Cancelled by being deleted.

-- Deleting a class in which somebody has or had a seat, or for which somebody waits, cancels it: the row stays as
-- evidence, and they are told. Without its note, the admin page, which lists classes by their notes, shows it no more.
-- Definer: whoever deletes may write neither credits nor cancellations.
create function private.cancel_class_instead_of_deleting() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  if not exists (select from public.session_schedules seat where seat.group_class_id = old.id)
     and not exists (select from public.waiting_list_entries e
                      where e.class_id = old.id and e.status in ('waiting', 'kept')) then
    return old;
  elsif old.status = 'completed' then
    perform private.refuse(409, 'class_is_kept', 'People had a seat in this class, so it is kept.');
  end if;
  update public.session_schedules class set status = 'cancelled', notes = null where class.id = old.id;
  return null;
end
$$;

-- Definer: as above.
create function private.settle_deleted_session() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  -- Where the account was erased, nobody is left to return a credit to.
  if exists (select from auth.users u where u.id = old.client_id) then
    perform private.settle_cancellation(old, false, 'The session was deleted');
  end if;
  return old;
end
$$;

-- Cancelled by name.

create function public.cancel_session(session_id uuid, reason text default null, use_grace boolean default false)
  returns setof public.session_cancellations
  language plpgsql volatile security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  c_grace   constant text := '(Grace cancellation used)';
  v_session public.session_schedules;
begin
  select * into v_session from public.session_schedules s where s.id = cancel_session.session_id;
  if v_session.id is null or private.get_caller_role(v_session) is null then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  end if;
  -- In the words in which the pages write the note, so that there is one form to read.
  update public.session_schedules s
     set status = 'cancelled',
         notes = 'Cancelled' || case when private.get_caller_role(v_session) = 'practitioner' then ' by practitioner' else '' end
              || coalesce(': ' || nullif(btrim(replace(cancel_session.reason, c_grace, '')), ''), '')
              || case when use_grace then ' ' || c_grace else '' end
   where s.id = v_session.id and s.status <> 'cancelled';

  -- Cancelling again returns the first cancellation.
  return query select * from public.session_cancellations c where c.session_id = v_session.id order by c.cancelled_at limit 1;
  if not found then
    perform private.refuse(409, 'session_not_cancellable', 'Only a scheduled session can be cancelled.');
  end if;
end
$$;
comment on function public.cancel_session is
  'Cancels a session, a seat or a class, as the pages do by updating the row.';

revoke execute on function private.lock_own_sessions, private.set_cancelled_at, private.return_credit,
  private.settle_cancellation, private.authorize_cancellation, private.settle_cancelled_session,
  private.cancel_class_instead_of_deleting, private.settle_deleted_session, public.cancel_session from public, anon,
  authenticated, service_role;
grant execute on function public.cancel_session to authenticated;
