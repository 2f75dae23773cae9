-- Notifications within the pages: one beside each mail, within a minute of what happened, and whether it was read.
--
-- Names and columns are those of the platform's later migrations; only `kind`, the event, is added. A notification
-- stays when its mail is dropped or fails, so whoever misses the mail still finds it here.

create table public.user_notifications (
  id                uuid        primary key default gen_random_uuid(),
  user_id           uuid        not null references auth.users on delete cascade,
  notification_type text        not null default 'general' check (notification_type in (
                                  'session_type_change', 'price_change', 'system_update', 'general')),
  kind              text,
  title             text        not null check (btrim(title) <> ''),
  message           text        not null,
  related_id        uuid,
  read_at           timestamptz,
  created_at        timestamptz not null default now(),

  constraint user_notifications_kind_is_short check (char_length(kind) <= 100),
  constraint user_notifications_title_is_short check (char_length(title) <= 500),
  constraint user_notifications_message_is_short check (char_length(message) <= 10000),
  constraint user_notifications_read_at_is_in_range check (read_at between '2000-01-01' and '2100-01-01')
);
comment on column public.user_notifications.kind is
  'The event it is about, as in session_booked; null for what admins write.';
comment on column public.user_notifications.related_id is 'The session it is about. It may have been deleted since.';
comment on table public.user_notifications is 'What a person is told on the pages.';
comment on column public.user_notifications.id is 'Of the row; made here.';
comment on column public.user_notifications.user_id is 'Whose it is.';
comment on column public.user_notifications.notification_type is 'As the pages name it.';
comment on column public.user_notifications.title is 'As people read it.';
comment on column public.user_notifications.message is 'As people read it.';
comment on column public.user_notifications.read_at is 'When they read it; null: not yet.';
comment on column public.user_notifications.created_at is 'When the row was made.';

create index user_notifications_user_id_idx on public.user_notifications (user_id, created_at desc);

alter table public.user_notifications enable row level security;

create policy "people read their own notifications"
  on public.user_notifications for select to authenticated using (user_id = (select auth.uid()));
create policy "people mark their own notifications as read"
  on public.user_notifications for update to authenticated using (user_id = (select auth.uid()));
create policy "admins notify people"
  on public.user_notifications for insert to authenticated with check ((select private.is_admin()));

revoke all on public.user_notifications from anon, authenticated, service_role;
grant select, update (read_at), insert (user_id, notification_type, title, message, related_id)
  on public.user_notifications to authenticated;
grant select, insert, update, delete on public.user_notifications to service_role;

-- An open page shows a new one at once, by realtime. Where that is not installed, there is no such publication.
do $$
begin
  if exists (select from pg_catalog.pg_publication where pubname = 'supabase_realtime') then
    alter publication supabase_realtime add table public.user_notifications;
  end if;
end
$$;

-- The reader's own session in a sentence: your session with somebody.
create function private.name_own_session(session private.session_summary, counterpart text, language text) returns text
  language plpgsql stable set search_path = ''
as $$
declare
  v_class_name text := private.isolate_name((session).class_name);
begin
  return case
    when v_class_name is not null and counterpart is null then format(private.say('your %s', language), v_class_name)
    when v_class_name is not null then format(private.say('your %s with %s', language), v_class_name, counterpart)
    when (session).is_group and counterpart is null then private.say('your class', language)
    when (session).is_group then format(private.say('your class with %s', language), counterpart)
    when counterpart is null then private.say('your session', language)
    else format(private.say('your session with %s', language), counterpart) end;
end
$$;

-- The wording of the notification beside a mail, in its reader's language. No row: no notification, as for a welcome.
create function private.compose_notification(mail private.mails) returns table (title text, message text)
  language plpgsql stable set search_path = ''
as $$
declare
  v_in            text := private.find_language(mail.user_id);
  v_session       private.session_summary :=
    private.summarize_session(private.find_session_or_snapshot(mail.session_id, mail.payload));
  v_is_client     boolean := mail.audience = 'user' and mail.kind not in (
    'recording_failed', 'session_not_taken', 'substitute_wanted', 'sessions_collide');
  v_class         text := coalesce(private.isolate_name(v_session.class_name), private.say('class', v_in));
  v_practitioner  text := private.isolate_name(v_session.practitioner_name);
  v_counterpart   text := case when v_is_client then v_practitioner
                               when v_session.is_group then null
                               else coalesce(private.isolate_name(v_session.client_name), private.say('a client', v_in)) end;
  v_time_zone     text := coalesce(private.find_user_time_zone(mail.user_id), v_session.time_zone);
  -- Of the event: the session may have been moved since, which has a notification of its own.
  v_start         text := private.write_local_start(coalesce(mail.payload ->> 'scheduled_at', v_session.scheduled_at::text),
                                                    v_time_zone, v_in);
  v_own           text := private.name_own_session(v_session, v_counterpart, v_in);
  v_label         text := private.begin_sentence(v_own);
  v_amount        text := private.write_amount((mail.payload ->> 'amount_minor')::numeric, mail.payload ->> 'currency', v_in);
  v_is_disputed   boolean := coalesce(mail.payload ->> 'because' = 'dispute', false);
  v_told          integer;
  v_pages         text := private.pages_origin();
begin
  if mail.kind in ('series_booked', 'series_moved', 'series_cancelled', 'time_off_wanted', 'sessions_collide') then
    v_told := private.count_told_sessions(mail);
  end if;
  case mail.kind
  when 'session_booked' then
    title := private.say('Session booked', v_in);
    message := format(private.say('%s is on %s.', v_in), v_label, v_start);
  when 'class_scheduled' then
    title := private.say('A class to lead', v_in);
    message := format(private.say('%s is on %s.', v_in), v_label, v_start);
  when 'series_booked' then
    title := private.say('Sessions booked', v_in);
    message := case v_told
      when 1 then format(private.say('1 session with %s is booked, on %s.', v_in), v_counterpart, v_start)
      else format(private.say('%s sessions with %s are booked, the first on %s.', v_in), v_told, v_counterpart, v_start) end;
  when 'series_moved' then
    title := private.say('Sessions moved', v_in);
    message := case v_told
      when 1 then format(private.say('1 session with %s has moved.', v_in), v_counterpart)
      else format(private.say('%s sessions with %s have moved.', v_in), v_told, v_counterpart) end;
  when 'series_cancelled' then
    title := private.say('Sessions cancelled', v_in);
    message := case v_told
      when 1 then format(private.say('1 session with %s was cancelled.', v_in), v_counterpart)
      else format(private.say('%s sessions with %s were cancelled.', v_in), v_told, v_counterpart) end;
  when 'time_off_wanted' then
    title := private.say('Can it be moved?', v_in);
    v_practitioner := coalesce(v_practitioner, private.say('Your practitioner', v_in));
    message := case v_told
      when 1 then format(private.say('%s would like to be away during 1 session of yours. The mail about it leads to each.', v_in),
                         v_practitioner)
      else format(private.say('%s would like to be away during %s sessions of yours. The mail about it leads to each.', v_in),
                  v_practitioner, v_told) end;
  when 'sessions_collide' then
    title := private.say('Who leads it?', v_in);
    message := case
      when (mail.payload ->> 'is_leading')::boolean then case v_told
        when 1 then private.say('You are away during 1 session or class that you are to lead. The mail about it leads to it.', v_in)
        else format(private.say('You are away during %s sessions or classes that you are to lead. The mail about it leads to each.', v_in),
                    v_told) end
      when v_told = 1 then format(private.say('%s is away during 1 class. The mail about it leads to who is free.', v_in),
                                  coalesce(v_practitioner, private.say('A practitioner', v_in)))
      else format(private.say('%s is away during %s classes. The mail about it leads to who is free.', v_in),
                  coalesce(v_practitioner, private.say('A practitioner', v_in)), v_told) end;
  when 'session_cancelled' then
    title := private.say('Session cancelled', v_in);
    message := format(private.say('%s on %s was cancelled.', v_in), v_label, v_start);
  when 'fee_owed' then
    title := private.say('A fee is due', v_in);
    message := format(private.say('For %s on %s, to which you did not come, a fee of %s is due. The mail about it leads to where you can pay it.',
                                  v_in), v_own, v_start, v_amount);
  when 'fee_forgiven' then
    title := private.say('A fee is off', v_in);
    message := format(private.say('You do not owe the fee of %s any more.', v_in), v_amount);
  when 'session_rescheduled' then
    title := private.say('Session moved', v_in);
    message := format(private.say('%s is now on %s.', v_in), v_label, v_start);
  when 'session_changed' then
    title := private.say('Session changed', v_in);
    message := format(private.say('%s on %s: %s.', v_in), v_label, v_start,
                      private.name_changes(mail.payload -> 'previous', v_in));
  when 'session_given_away' then
    title := private.say('Session given away', v_in);
    message := format(private.say('%s leads the session on %s instead of you.', v_in),
                      coalesce(v_practitioner, private.say('Somebody else', v_in)), v_start);
  when 'change_proposed' then
    title := private.say('Another time?', v_in);
    message := format(private.say('%s asks whether you can come on %s instead. Please answer by the mail about it.', v_in),
                      coalesce(v_practitioner, private.say('Your practitioner', v_in)),
                      private.write_local_start(mail.payload ->> 'proposed_scheduled_at', v_time_zone, v_in));
  when 'change_declined' then
    title := private.say('The time stays', v_in);
    message := format(case mail.payload ->> 'answer'
                        when 'declined' then private.say('%s stays on %s: your other time got a no.', v_in)
                        else private.say('%s stays on %s: your other time got no answer.', v_in) end, v_label, v_start);
  when 'session_offered' then
    title := private.say('Can you lead it?', v_in);
    message := format(private.say('A session on %s needs another practitioner. The first yes, by the mail about it, has it.', v_in),
                      v_start);
  when 'session_offer_closed' then
    title := private.say('No longer open', v_in);
    message := format(case mail.payload ->> 'because'
                        when 'taken' then private.say('The session on %s that you were asked to lead is taken.', v_in)
                        else private.say('The session on %s that you were asked to lead was withdrawn.', v_in) end, v_start);
  when 'session_not_taken' then
    title := private.say('Nobody took it', v_in);
    message := format(private.say('Nobody whom you asked took the session on %s.', v_in), v_start);
  when 'substitute_wanted' then
    title := private.say('Substitute wanted', v_in);
    message := format(private.say('%s cannot lead the session on %s. The mail about it leads to who is free.', v_in),
                      coalesce(v_practitioner, private.say('A practitioner', v_in)), v_start);
  when 'session_not_booked' then
    title := private.say('Session not booked', v_in);
    message := private.say('The time was gone when your payment arrived. You have a credit instead.', v_in);
  when 'session_to_pay' then
    title := private.say('Pay for your session', v_in);
    message := private.say('A link to pay for the session that you chose is in your mail.', v_in);
  when 'waiting_list_joined' then
    title := private.say('On the waiting list', v_in);
    message := format(private.say('You wait for a seat in %s on %s.', v_in), v_class, v_start);
  when 'seat_kept' then
    title := private.say('A seat is kept for you', v_in);
    message := format(private.say('In %s on %s. Please take it by %s, by the mail about it.', v_in), v_class, v_start,
                      private.write_local_start(mail.payload ->> 'answer_until', v_time_zone, v_in));
  when 'kept_seat_lapsed' then
    title := private.say('Your seat went on', v_in);
    message := format(private.say('The seat in %s on %s was kept until now, and goes to the next.', v_in), v_class, v_start);
  when 'waiting_class_changed' then
    title := private.say('A class has changed', v_in);
    message := format(private.say('You wait for %s, now on %s: %s.', v_in), v_class, v_start,
                      private.name_changes(mail.payload -> 'previous', v_in));
  when 'waiting_class_cancelled' then
    title := private.say('Class cancelled', v_in);
    message := format(private.say('You waited for %s on %s. It does not take place.', v_in), v_class, v_start);
  when 'class_full' then
    title := private.say('This class is full', v_in);
    message := format(private.say('A link to wait for a seat in %s on %s is in your mail.', v_in), v_class, v_start);
  when 'session_reminder' then
    title := private.say('Session tomorrow', v_in);
    message := format(private.say('%s is on %s.', v_in), v_label, v_start);
  when 'practitioner_late' then
    title := private.say('A little later', v_in);
    message := format(private.say('%s begins about %s minutes late.', v_in), v_label, mail.payload ->> 'minutes');
  when 'session_completed' then
    title := private.say('Session completed', v_in);
    if not coalesce((mail.payload ->> 'is_no_show')::boolean, false) then
      message := private.say('How was it? Your journal is open.', v_in);
    end if;
  when 'ratings_received' then
    title := private.say('New ratings', v_in);
    message := private.say('People rated sessions with you. A mail tomorrow says what they said.', v_in);
  when 'recording_ready' then
    title := private.say('Recording ready', v_in);
    message := format(private.say('The recording of %s can be played.', v_in), v_own);
  when 'recording_ending' then
    title := private.say('Recording ends soon', v_in);
    message := format(private.say('The recording of %s is deleted on %s. Download it before, if you would like to keep it.', v_in),
                      v_own, private.write_local_day((mail.payload ->> 'expires_at')::timestamptz, v_time_zone, v_in));
  when 'recording_failed' then
    title := private.say('Not recorded', v_in);
    message := format(private.say('%s could not be recorded, or not all of it.', v_in), v_label);
  when 'payment_received' then
    title := private.say('Payment received', v_in);
    message := format(private.say('We have received %s. Thank you.', v_in), v_amount);
  when 'payment_returned' then
    title := private.say('Payment returned', v_in);
    message := format(case when v_is_disputed then private.say('%s went back to you through your bank.', v_in)
                           else private.say('We have returned %s.', v_in) end, v_amount);
  when 'payment_restored' then
    title := private.say('Payment not returned', v_in);
    message := format(case when v_is_disputed
                        then private.say('%s came back to us from your bank: what you had paid for counts again.', v_in)
                        else private.say('Returning %s to you did not succeed. Please write to us.', v_in) end, v_amount);
  when 'payment_failed' then
    title := private.say('Payment failed', v_in);
    message := format(private.say('Your bank did not pay %s, so nothing is booked with it. The mail about it leads to where you can pay again.',
                                  v_in), v_amount);
  when 'credits_granted' then
    title := private.say('Credits added', v_in);
    message := case mail.payload ->> 'credits'
      when '1' then private.say('You have 1 credit more.', v_in)
      else format(private.say('You have %s credits more.', v_in), mail.payload ->> 'credits') end;
  when 'credit_expiring' then
    title := private.say('Credits end soon', v_in);
    message := private.say('Some of your credits end soon.', v_in);
  when 'credits_extended' then
    title := private.say('Credits last longer', v_in);
    message := format(private.say('Your credits can now be used until %s.', v_in),
                      private.write_local_day((mail.payload ->> 'expires_at')::timestamptz, coalesce(v_time_zone, 'UTC'), v_in));
  when 'waiver_signed' then
    title := private.say('Waiver signed', v_in);
    message := private.say('A copy of your waiver is in your mail.', v_in);
  when 'contract_issued' then
    title := private.say('Contract to sign', v_in);
    message := private.say('A contract waits for your signature.', v_in);
  when 'contract_signed' then
    title := private.say('Contract signed', v_in);
    message := private.say('A copy of your contract is in your mail.', v_in);
  when 'contract_expiring' then
    title := private.say('Contract ends soon', v_in);
    message := private.say('Your contract ends soon.', v_in);
  when 'contract_expired' then
    title := private.say('Contract ended', v_in);
    message := private.say('Your contract has ended.', v_in);
  when 'contract_revoked' then
    title := private.say('Contract ended', v_in);
    message := private.say('Your contract was ended.', v_in);
  when 'banking_changed' then
    title := private.say('Bank account changed', v_in);
    message := private.say('The bank account for your payouts was changed.', v_in);
  when 'calendar_unreadable' then
    title := private.say('Calendar not read', v_in);
    message := format(private.say('Your calendar at %s cannot be read. What was read before stays kept free.', v_in),
                      mail.payload ->> 'host');
  when 'payout_paid' then
    title := private.say('Payout sent', v_in);
    message := case when v_amount is null then private.say('A payout is on its way to you.', v_in)
                    else format(private.say('%s are on their way to you.', v_in), v_amount) end;
  when 'second_admin_wanted' then
    title := private.say('A second admin', v_in);
    message := private.say('Another admin''s request waits for your approval.', v_in);
  else
    return;
  end case;

  if mail.kind in ('session_booked', 'class_scheduled', 'session_rescheduled', 'session_reminder') then
    -- Without a token: what is stored here opens nothing.
    message := message || case when v_pages is null then ''
                               else ' ' || format(private.say('To manage it: %s', v_in), v_pages || '/find-my-sessions') end;
  end if;
  if message is not null then
    return next;
  end if;
end
$$;

revoke execute on function private.name_own_session, private.compose_notification from public, anon, authenticated, service_role;
