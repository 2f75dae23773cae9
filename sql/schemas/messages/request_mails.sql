-- Mails on request: the functions that the platform's pages call after a booking, a cancellation or a payment.
--
-- By then the event is there, because the booking itself wrote it. The functions address it, if no worker has yet, and
-- find its mail; they write the event only where there is none because the booking is older than the outbox. However
-- often they are called, nobody gets a second mail. What nobody would be mailed is refused, and no event of it is
-- written.

-- A session of the caller's that somebody has booked. A class's own row names its practitioner as its client, who has
-- no seat in it.
create function private.get_booking_of_caller(session_id uuid) returns public.session_schedules
  language plpgsql stable set search_path = ''
as $$
declare
  v_session public.session_schedules := private.get_session_of_caller(get_booking_of_caller.session_id);
begin
  if private.is_class(v_session) then
    perform private.refuse(409, 'session_is_class', 'This is a class, which nobody has booked as a whole.',
                           'Name the session of somebody who has a seat in it.');
  end if;
  return v_session;
end
$$;

-- The client's newest mail of that kind about the session. Without a payload, a missing event is not written, and null
-- is the answer.
-- Definer: callers have no right to the outbox. The functions below check that the caller has a part in the session.
create function private.ensure_session_mail(kind text, session public.session_schedules, payload jsonb default null)
  returns uuid
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_mail uuid;
begin
  -- So that two callers at once do not both find no mail.
  perform from public.session_schedules s where s.id = (session).id for no key update;
  for attempt in 1..2 loop
    perform private.address_events(array(
      select o.id from private.outbox o where o.session_id = (session).id and o.addressed_at is null));
    select m.id into v_mail from private.mails m
     where m.session_id = (session).id and m.user_id = (session).client_id and m.kind = ensure_session_mail.kind
     order by m.position desc limit 1;
    -- An event that was mailed to others only, such as the practitioner, is not written again.
    exit when found or payload is null or exists (
      select from private.outbox o where o.session_id = (session).id and o.kind = ensure_session_mail.kind
         and exists (select from private.mails m where m.outbox_id = o.id));
    perform private.publish_event(ensure_session_mail.kind, (session).client_id, (session).id, payload || jsonb_build_object(
      'practitioner_id', (session).practitioner_id, 'scheduled_at', (session).scheduled_at,
      'group_class_id', (session).group_class_id));
  end loop;
  if v_mail is null and payload is not null then
    perform private.refuse(409, 'nobody_to_mail', 'There is nobody to mail this to: the account does not exist any more.');
  end if;
  return v_mail;
end
$$;

create function public.send_booking_confirmation(session_id uuid) returns table (mail_id uuid)
  language plpgsql volatile security invoker set search_path = ''
as $$
declare
  v_session public.session_schedules := private.get_booking_of_caller(send_booking_confirmation.session_id);
begin
  perform private.limit_use('mail requests', (select auth.uid()));
  if v_session.status <> 'scheduled' then
    perform private.refuse(409, 'session_not_scheduled', 'There is nothing to confirm: this session is not scheduled.');
  end if;
  return query select private.ensure_session_mail('session_booked', v_session, '{}');
end
$$;
comment on function public.send_booking_confirmation is 'Queues the confirmation of a booking again.';

create function public.send_cancellation_notice(session_id uuid, is_reschedule boolean default false)
  returns table (mail_id uuid)
  language plpgsql volatile security invoker set search_path = ''
as $$
declare
  v_session public.session_schedules := private.get_booking_of_caller(send_cancellation_notice.session_id);
begin
  perform private.limit_use('mail requests', (select auth.uid()));
  if is_reschedule then
    mail_id := private.ensure_session_mail('session_rescheduled', v_session);
    if mail_id is null then
      perform private.refuse(409, 'session_not_moved', 'This session has not been moved.');
    end if;
  elsif v_session.status <> 'cancelled' then
    perform private.refuse(409, 'session_not_cancelled', 'This session has not been cancelled.');
  else
    mail_id := private.ensure_session_mail('session_cancelled', v_session, coalesce((
      select jsonb_build_object(
               'by', case when c.approved_by is null then 'client' else 'platform' end,
               'cancellation_type', c.cancellation_type, 'credit_returned', c.credit_returned,
               'fee_charged', c.fee_charged, 'currency', c.fee_currency)
        from public.session_cancellations c where c.session_id = v_session.id order by c.cancelled_at limit 1), '{}'));
  end if;
  return next;
end
$$;
comment on function public.send_cancellation_notice is 'Queues the notice of a cancellation again.';

-- Of one session, for whoever has a part in it; of all that are due, for admins and the scheduler.
create function public.send_class_reminder(session_id uuid default null) returns table (reminders_sent integer)
  language plpgsql volatile security invoker set search_path = ''
as $$
begin
  perform private.limit_use('mail requests', (select auth.uid()));
  if send_class_reminder.session_id is not null then
    perform private.get_booking_of_caller(send_class_reminder.session_id);
  elsif private.is_api_caller() and not private.is_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins remind everybody.', 'Name a session of yours.');
  end if;
  return query select private.remind_sessions(send_class_reminder.session_id);
end
$$;
comment on function public.send_class_reminder is 'Queues reminders to the people of a class.';

-- The mail with the receipt of a checkout. Definer: as above; the function below checks whose payment it is.
create function private.ensure_payment_receipt(checkout_id uuid) returns uuid
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_checkout public.checkout_sessions;
  v_mail     uuid;
begin
  select * into v_checkout from public.checkout_sessions c
   where c.id = ensure_payment_receipt.checkout_id for no key update;
  for attempt in 1..2 loop
    perform private.address_events(array(
      select o.id from private.outbox o where o.user_id = v_checkout.user_id and o.addressed_at is null));
    select m.id into v_mail from private.mails m
     where m.user_id = v_checkout.user_id and m.kind = 'payment_received'
       and m.payload ->> 'checkout_id' = v_checkout.id::text limit 1;
    exit when found or attempt = 2;
    perform private.publish_event('payment_received', v_checkout.user_id, v_checkout.session_id, jsonb_build_object(
      'checkout_id', v_checkout.id, 'amount_minor', v_checkout.amount_minor, 'currency', v_checkout.currency));
  end loop;
  if v_mail is null then
    perform private.refuse(409, 'nobody_to_mail', 'There is nobody to mail this to: the account does not exist any more.');
  end if;
  return v_mail;
end
$$;

create function public.send_payment_receipt(payment_intent_id text default null, checkout_session_id text default null)
  returns table (mail_id uuid)
  language plpgsql volatile security invoker set search_path = ''
as $$
declare
  v_checkout uuid;
begin
  perform private.limit_use('mail requests', (select auth.uid()));
  select c.id into v_checkout from public.checkout_sessions c
   where c.paid_at is not null
     and (c.stripe_payment_intent_id = send_payment_receipt.payment_intent_id
          or c.stripe_session_id = send_payment_receipt.checkout_session_id
          or c.id::text = send_payment_receipt.checkout_session_id)
     -- The payer, the service and admins. The practitioner of the session is none of them.
     and (not private.is_api_caller() or c.user_id = (select auth.uid()) or private.is_admin());
  if v_checkout is null then
    perform private.refuse(404, 'payment_not_found', 'There is no such payment.');
  end if;
  return query select private.ensure_payment_receipt(v_checkout);
end
$$;
comment on function public.send_payment_receipt is 'Queues the receipt of a payment again.';

-- Only accounts younger than a day: a stranger's request must not send a welcome to somebody who joined years ago.
-- Definer: it reads accounts and writes to the outbox; it answers the same whether there is such an account or not.
create function private.send_welcome_email(user_id uuid) returns boolean
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_account auth.users;
begin
  select * into v_account from auth.users u
   where u.id = send_welcome_email.user_id and u.created_at > now() - interval '1 day';
  if found then
    perform private.publish_welcome(v_account);
  end if;
  return true;
end
$$;

create function public.send_welcome_email(user_id uuid, ip_address text default null) returns table (success boolean)
  language plpgsql volatile security invoker set search_path = ''
as $$
begin
  if private.limit_attempt('welcome requests', private.mask_address(send_welcome_email.ip_address)) then
    success := private.send_welcome_email(send_welcome_email.user_id);
  end if;
  return next;
end
$$;
comment on function public.send_welcome_email is 'Succeeds in any case, so that nobody learns from it who has an account.';

revoke execute on function private.get_booking_of_caller, private.ensure_session_mail,
  public.send_booking_confirmation, public.send_cancellation_notice, public.send_class_reminder, private.ensure_payment_receipt, public.send_payment_receipt,
  private.send_welcome_email, public.send_welcome_email from public, anon, authenticated, service_role;
grant execute on function public.send_booking_confirmation, public.send_cancellation_notice, public.send_class_reminder,
  public.send_payment_receipt to authenticated, service_role;
-- Not to authenticated: signing up needs no session yet, so the function that sends a welcome calls as the service.
grant execute on function private.send_welcome_email, public.send_welcome_email to service_role;
-- What these invoker functions call, partly from the chapters on sessions. Nobody can call it directly: schema private
-- is not exposed.
grant execute on function private.get_booking_of_caller, private.ensure_session_mail, private.ensure_payment_receipt,
  private.remind_sessions to authenticated, service_role;
grant execute on function private.get_caller_role to service_role;
