-- Stale mails: what an event said may not hold any more when its mail is about to be sent, and then nobody is told it.
--
-- Asked when the mail is claimed, and not when the event happened: a reminder of a session that was cancelled
-- meanwhile, a seat that was taken, a payment that came after all.

-- Why a mail is dropped instead of sent; null: it is sent. Definer: as claim_mail.
create function private.find_reason_to_drop_mail(mail private.mails) returns text
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_session public.session_schedules;
begin
  if mail.audience = 'support' then
    return case when not exists (select from private.matters m
                                  where m.told_at = (mail.payload ->> 'told_at')::timestamptz and m.settled_at is null)
                then 'settled' end;
  elsif not exists (select from auth.users u where u.id = mail.user_id and u.email <> '') then
    return 'no_address';
  elsif private.find_unreachable_since(mail.user_id) is not null then
    return 'address_inactive';
  elsif private.is_opted_out(mail.user_id, (select k.category from private.mail_kinds k
                                             where (k.kind, k.audience) = (mail.kind, mail.audience))) then
    return 'opted_out';
  end if;

  if mail.kind in ('session_booked', 'class_scheduled', 'session_rescheduled', 'session_changed', 'session_reminder',
                   'change_proposed', 'session_offered', 'session_not_taken', 'substitute_wanted') then
    select * into v_session from public.session_schedules s where s.id = mail.session_id;
    if v_session.id is null or v_session.status = 'cancelled' then
      return 'session_cancelled';
    elsif v_session.status <> 'scheduled' or v_session.scheduled_at <= now() then
      return 'session_started';
    elsif mail.kind = 'session_reminder'
          and v_session.scheduled_at is distinct from (mail.payload ->> 'scheduled_at')::timestamptz then
      return 'session_moved';  -- the new time has a reminder of its own
    elsif mail.kind = 'change_proposed' and not exists (
        select from private.session_proposals p
         where p.id = (mail.payload ->> 'proposal_id')::bigint and p.status = 'open' and p.answer_until > now()) then
      return 'answered';
    elsif mail.kind = 'session_offered' and not exists (
        select from private.session_offers o
         where o.id = (mail.payload ->> 'offer_id')::bigint and o.status = 'open' and o.answer_until > now()) then
      return 'offer_closed';
    elsif mail.kind = 'substitute_wanted'
          and v_session.practitioner_id <> (mail.payload ->> 'practitioner_id')::uuid then
      return 'given_away';
    elsif mail.kind in ('session_booked', 'class_scheduled', 'session_rescheduled', 'session_changed') and exists (
        select from private.mails earlier
         where earlier.session_id = mail.session_id and earlier.user_id = mail.user_id and earlier.id <> mail.id
           and earlier.kind in ('session_booked', 'class_scheduled', 'session_rescheduled', 'session_changed')
           and earlier.status = 'sent'
           and earlier.session_sequence >= v_session.calendar_sequence) then
      return 'already_stated';  -- an earlier mail already stated this time
    end if;
  elsif mail.kind in ('waiting_list_joined', 'seat_kept', 'waiting_class_changed') and not exists (
      select from public.waiting_list_entries e
       where e.class_id = mail.session_id and e.user_id = mail.user_id
         and case mail.kind when 'waiting_list_joined' then e.status = 'waiting'
                            when 'seat_kept' then e.status = 'kept' and e.kept_until > now()
                            else e.status in ('waiting', 'kept') end) then
    return 'waits_no_more';
  elsif mail.kind = 'practitioner_late' and not exists (
      select from public.session_schedules s
       where s.id = mail.session_id and s.status in ('scheduled', 'in_progress')
         and s.scheduled_at = (mail.payload ->> 'scheduled_at')::timestamptz
         and now() < (mail.payload ->> 'expected_at')::timestamptz + interval '10 minutes') then
    return 'session_changed';  -- or they are there by now
  elsif mail.kind in ('series_booked', 'time_off_wanted') and not exists (
      select from private.list_told_sessions(mail) s where s.status = 'scheduled' and s.scheduled_at > now()) then
    return 'no_sessions';
  elsif mail.kind = 'sessions_collide' and not exists (select from private.list_told_collisions(mail)) then
    return 'settled';
  elsif mail.kind in ('fee_owed', 'fee_forgiven') and not exists (
      select from public.owed_fees f
       where f.id = (mail.payload ->> 'fee_id')::uuid
         and case mail.kind when 'fee_owed' then f.status = 'owed' else f.forgiven_at is not null end) then
    return 'fee_changed';  -- of which there is a mail of its own
  elsif mail.kind = 'my_sessions' and not exists (select from private.list_sessions_to_come(mail.user_id))
        and not exists (select from public.owed_fees f where f.user_id = mail.user_id and f.status = 'owed')
        and not public.has_role(mail.user_id, 'admin') then
    return 'no_sessions';
  elsif mail.kind = 'session_completed' and (mail.payload ->> 'is_no_show')::boolean then
    return 'no_show';
  elsif mail.kind = 'ratings_received' and not exists (
      select from private.list_received_ratings(mail.user_id, (mail.payload ->> 'since')::timestamptz, 1)) then
    return 'no_ratings';  -- hidden meanwhile, or of a session that was reopened
  elsif mail.kind in ('recording_ready', 'recording_ending') and not exists (
      select from public.session_recordings r where r.session_id = mail.session_id and r.completed_at is not null) then
    return 'recording_gone';
  elsif mail.kind = 'credit_expiring' and not exists (
      select from public.user_session_credits lot
       where lot.id = (mail.payload ->> 'lot_id')::uuid and lot.credits_remaining > 0
         and lot.expires_at > now() and lot.expires_at = (mail.payload ->> 'expires_at')::timestamptz) then
    return 'credits_used';  -- or they end at another time, of which there is a mail of its own
  elsif mail.kind = 'second_admin_wanted' and not exists (
      select from public.approval_requests r
       where r.id = (mail.payload ->> 'request_id')::uuid and r.status = 'waiting' and r.expires_at > now()
         and r.requested_by is distinct from mail.user_id) then
    return 'answered';
  elsif mail.kind = 'payment_failed' and not exists (
      select from public.checkout_sessions c where c.id = (mail.payload ->> 'checkout_id')::uuid and c.status = 'failed') then
    return 'paid';
  end if;
  return null;
end
$$;

revoke execute on function private.find_reason_to_drop_mail from public, anon, authenticated, service_role;
