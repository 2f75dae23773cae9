-- Fees for not coming: owed once the session is completed and its client is a no-show, and as long as both hold.
--
-- Both are asked, whichever is written last: the session by advancing.sql, who came by channel events, by a token or by
-- hand. So a no-show that was a mistake ends the fee, and so does reopening. The amount is that of the policy that was
-- agreed to. Nothing is owed for a session that nobody paid for, nor for one that somebody else has changed since the
-- client agreed to it; nor where the rules let an absent client keep the credit, since that session is cancelled.

-- What not coming to it costs beside the credit, in the currency of its terms; 0: nothing.
create function private.get_no_show_fee(session public.session_schedules) returns numeric
  language plpgsql stable set search_path = ''
as $$
declare
  v_policy public.cancellation_policy := private.get_cancellation_policy(session);
begin
  return case
    when private.is_class(session) or private.may_leave_freely(session)
      or not (select r.client_no_show_forfeits from public.session_rules r)
      or session.credit_lot_id is null and (private.get_session_payment(session.id)).id is null then 0
    when private.get_session_currency(session) = 'cad' then v_policy.no_show_fee_cad
    else v_policy.no_show_fee_usd end;
end
$$;

create function private.settle_no_show_fee(session_id uuid, user_id uuid) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_session public.session_schedules;
begin
  select * into v_session from public.session_schedules s where s.id = settle_no_show_fee.session_id;
  if v_session.id is null or private.is_class(v_session)
     or v_session.client_id is distinct from settle_no_show_fee.user_id then
    return;  -- whoever leads it
  elsif v_session.status <> 'completed' or not exists (
      select from public.session_attendance a
       where a.session_id = v_session.id and a.user_id = v_session.client_id and a.is_no_show) then
    perform private.end_fee(v_session.id, v_session.client_id, 'It is not noted any more that they did not come.');
  elsif private.owe_fee(v_session, 'no_show', private.get_no_show_fee(v_session), private.get_session_currency(v_session)) then
    perform private.publish_fee('fee_owed', f) from public.owed_fees f
      where f.session_id = v_session.id and f.user_id = v_session.client_id;
  end if;
end
$$;

-- Definer: whoever completes or reopens a session may write no fees.
create function private.settle_no_show_fee_of_session() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.settle_no_show_fee(new.id, new.client_id);
  return null;
end
$$;

-- Definer: whoever says who came may write no fees.
create function private.settle_no_show_fee_of_attendance() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.settle_no_show_fee(new.session_id, new.user_id);
  return null;
end
$$;

revoke execute on function private.get_no_show_fee, private.settle_no_show_fee, private.settle_no_show_fee_of_session,
  private.settle_no_show_fee_of_attendance from public, anon, authenticated, service_role;

create trigger session_attendance_50_settle_fee after insert on public.session_attendance
  for each row when (new.is_no_show) execute function private.settle_no_show_fee_of_attendance();
create trigger session_attendance_50_settle_fee_again after update of is_no_show on public.session_attendance
  for each row when (new.is_no_show <> old.is_no_show) execute function private.settle_no_show_fee_of_attendance();
