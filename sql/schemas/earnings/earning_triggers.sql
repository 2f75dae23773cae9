-- What earns a seat: a session that is completed, a cancellation that forfeits the price, a payment that comes late.
--
--   scheduled -> completed                  the seat is earned; a completed class completes its seats
--   scheduled -> cancelled, last_minute     the client forfeits the price, so the seat is earned as if it had been held
--   scheduled -> cancelled, otherwise       nothing is earned; the money stays ours, for the credit that is returned
--
-- They are triggers, because the pages write sessions directly. The function on completion is called by a trigger of
-- session_schedules; those stand together in one chapter, in the order in which they fire.

-- Definer: whoever completes a session may write neither payments nor the ledger.
create function private.record_completed_sessions_earnings() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  v_session public.session_schedules;
begin
  -- Order matters: lots in one order, so that two who complete many sessions at once do not wait for each other.
  for v_session in
    select done.* from done join undone using (id)
     where done.status = 'completed' and undone.status <> 'completed'
     order by coalesce(done.credit_lot_id, done.id)
  loop
    if private.is_class(v_session) then
      update public.session_schedules seat set status = 'completed'
       where seat.group_class_id = v_session.id and seat.status in ('scheduled', 'in_progress');
    elsif not private.ended_before_adoption(v_session) then
      perform private.record_earned_seat(v_session.id);
    end if;
  end loop;
  return null;
end
$$;

-- Definer: whoever cancels may write neither payments nor the ledger.
create function private.record_forfeited_session_earnings() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  v_payment public.session_payments;
begin
  if new.cancellation_type = 'last_minute' then
    perform private.record_earned_seat(new.session_id);
    return null;
  end if;
  select * into v_payment from public.session_payments p
   where p.session_id = new.session_id and p.status in ('completed', 'disputed') and p.paid_out_at is null;
  if found then
    -- The price now belongs to the credit that was returned, and is earned by the session that is booked with it.
    perform private.lock_funds(coalesce(v_payment.checkout_id, v_payment.id));
    perform private.update_payment_amounts(v_payment.id, round(100 * (v_payment.total_amount - v_payment.refunded_amount))::bigint, 0,
                                  v_payment.status = 'disputed');
  end if;
  return null;
end
$$;

-- A payment without a checkout is written by the functions that sold sessions before there were checkouts. It may come
-- at any time, also when its session is over.
-- Definer: whoever writes payments may not write the ledger.
create function private.earn_late_paid_seat() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  v_seat private.earned_seats;
begin
  perform private.record_earned_seat(s.id) from public.session_schedules s where s.id = new.session_id and s.status = 'completed';
  if new.status = 'refunded' then
    perform private.lock_funds(new.id);
    select * into v_seat from private.earned_seats e where e.payment_id = new.id;
    perform private.post_seat_difference(v_seat, 0, false) where v_seat.session_id is not null;
  end if;
  return null;
end
$$;

revoke execute on function private.record_completed_sessions_earnings, private.record_forfeited_session_earnings, private.earn_late_paid_seat
  from public, anon, authenticated, service_role;

create trigger session_cancellations_earn after insert on public.session_cancellations
  for each row execute function private.record_forfeited_session_earnings();
create trigger session_payments_earn after insert or update of status on public.session_payments
  for each row when (new.checkout_id is null and new.credit_lot_id is null)
  execute function private.earn_late_paid_seat();
