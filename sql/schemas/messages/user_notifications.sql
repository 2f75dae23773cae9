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

create function private.write_local_start(scheduled_at text, time_zone text) returns text
  language sql stable set search_path = ''
as $$
  select to_char(write_local_start.scheduled_at::timestamptz at time zone time_zone, 'FMDay, FMMonth FMDD at FMHH12:MI AM');
$$;

-- The wording of the notification beside a mail. No row means no notification, as for a welcome.
create function private.compose_notification(mail private.mails) returns table (title text, message text)
  language plpgsql stable set search_path = ''
as $$
declare
  v_session       private.session_summary :=
    private.summarize_session(private.find_session_or_snapshot(mail.session_id, mail.payload));
  v_is_client     boolean := mail.audience = 'user' and mail.kind not in ('recording_failed', 'session_not_taken', 'substitute_wanted');
  v_session_name  text := coalesce(private.isolate_name(v_session.class_name),
                                   case when v_session.is_group then 'class' else 'session' end);
  v_counterpart   text := case when v_is_client then private.isolate_name(v_session.practitioner_name)
                               when v_session.is_group then null
                               else coalesce(private.isolate_name(v_session.client_name), 'a client') end;
  v_time_zone     text := coalesce(private.find_user_time_zone(mail.user_id), v_session.time_zone);
  -- Of the event: the session may have been moved since, which has a notification of its own.
  v_local_start   text := private.write_local_start(coalesce(mail.payload ->> 'scheduled_at', v_session.scheduled_at::text),
                                                    v_time_zone);
  v_session_label text := concat_ws(' with ', 'Your ' || v_session_name, v_counterpart);
  v_amount        text := to_char((mail.payload ->> 'amount_minor')::numeric / 100, 'FM999999990.00') || ' '
                       || upper(mail.payload ->> 'currency');
  -- Without a token: what is stored here opens nothing.
  v_manage_hint   text := coalesce(' To manage it: ' || private.pages_origin() || '/find-my-sessions', '');
begin
  return query
    select n.title,
           n.message || case when n.kind in ('session_booked', 'class_scheduled', 'session_rescheduled', 'session_reminder')
                             then v_manage_hint else '' end
      from (values
      ('session_booked',      'Session booked',    format('%s is on %s.', v_session_label, v_local_start)),
      ('class_scheduled',     'A class to lead',   format('%s is on %s.', v_session_label, v_local_start)),
      ('series_booked',       'Sessions booked',   format('%s with %s are booked, the first on %s.', private.count_told_sessions(mail),
                                                          v_counterpart, v_local_start)),
      ('series_moved',        'Sessions moved',    format('%s with %s have moved.', private.count_told_sessions(mail), v_counterpart)),
      ('series_cancelled',    'Sessions cancelled',format('%s with %s were cancelled.', private.count_told_sessions(mail), v_counterpart)),
      ('time_off_wanted',     'Can it be moved?',  format('%s would like to be away during %s of yours. The mail about it leads to each.',
                                                          coalesce(private.isolate_name(v_session.practitioner_name), 'Your practitioner'),
                                                          private.count_told_sessions(mail))),
      ('session_cancelled',   'Session cancelled', format('%s on %s was cancelled.', v_session_label, v_local_start)),
      ('fee_owed',            'A fee is due',      format('For %s on %s, to which you did not come, a fee of %s is due. The mail about it leads to'
                                                          || ' where you can pay it.', lower(left(v_session_label, 1)) || substr(v_session_label, 2),
                                                          v_local_start, v_amount)),
      ('fee_forgiven',        'A fee is off',      format('You do not owe the fee of %s any more.', v_amount)),
      ('session_rescheduled', 'Session moved',     format('%s is now on %s.', v_session_label, v_local_start)),
      ('session_changed',     'Session changed',   format('%s on %s: %s.', v_session_label, v_local_start,
                                                          private.name_changes(mail.payload -> 'previous'))),
      ('session_given_away',  'Session given away',format('%s leads the session on %s instead of you.',
                                                          coalesce(private.isolate_name(v_session.practitioner_name), 'Somebody else'), v_local_start)),
      ('change_proposed',     'Another time?',     format('%s asks whether you can come on %s instead. Please answer by the mail about it.',
                                                          coalesce(private.isolate_name(v_session.practitioner_name), 'Your practitioner'),
                                                          private.write_local_start(mail.payload ->> 'proposed_scheduled_at', v_time_zone))),
      ('change_declined',     'The time stays',    format('%s stays on %s: your other time got %s.', v_session_label, v_local_start,
                                                          case mail.payload ->> 'answer' when 'declined' then 'a no' else 'no answer' end)),
      ('session_offered',     'Can you lead it?',  format('A session on %s needs another practitioner. The first yes, by the mail about it, has it.',
                                                          v_local_start)),
      ('session_offer_closed','No longer open',    format('The session on %s that you were asked to lead %s.', v_local_start,
                                                          case mail.payload ->> 'because' when 'taken' then 'is taken' else 'was withdrawn' end)),
      ('session_not_taken',   'Nobody took it',    format('Nobody whom you asked took the session on %s.', v_local_start)),
      ('substitute_wanted',   'Substitute wanted', format('%s cannot lead the session on %s. The mail about it leads to who is free.',
                                                          coalesce(private.isolate_name(v_session.practitioner_name), 'A practitioner'), v_local_start)),
      ('session_not_booked',  'Session not booked','The time was gone when your payment arrived. You have a credit instead.'),
      ('session_to_pay',      'Pay for your session', 'A link to pay for the session that you chose is in your mail.'),
      ('waiting_list_joined', 'On the waiting list', format('You wait for a seat in %s on %s.', v_session_name, v_local_start)),
      ('seat_kept',           'A seat is kept for you', format('In %s on %s. Please take it by %s, by the mail about it.', v_session_name,
                                                          v_local_start, private.write_local_start(mail.payload ->> 'answer_until', v_time_zone))),
      ('kept_seat_lapsed',    'Your seat went on', format('The seat in %s on %s was kept until now, and goes to the next.', v_session_name,
                                                          v_local_start)),
      ('waiting_class_changed', 'A class has changed', format('You wait for %s, now on %s: %s.', v_session_name, v_local_start,
                                                          private.name_changes(mail.payload -> 'previous'))),
      ('waiting_class_cancelled', 'Class cancelled', format('You waited for %s on %s. It does not take place.', v_session_name, v_local_start)),
      ('class_full',          'This class is full', format('A link to wait for a seat in %s on %s is in your mail.', v_session_name,
                                                          v_local_start)),
      ('session_reminder',    'Session tomorrow',  format('%s is on %s.', v_session_label, v_local_start)),
      ('practitioner_late',   'A little later',    format('%s begins about %s minutes late.', v_session_label,
                                                          mail.payload ->> 'minutes')),
      ('session_completed',   'Session completed', case when not coalesce((mail.payload ->> 'is_no_show')::boolean, false)
                                                      then 'How was it? Your journal is open.' end),
      ('recording_ready',     'Recording ready',   format('The recording of %s can be played.',
                                                          lower(left(v_session_label, 1)) || substr(v_session_label, 2))),
      ('recording_ending',    'Recording ends soon', format('The recording of %s is deleted on %s. Download it before, if you'
                                                            || ' would like to keep it.',
                                                            lower(left(v_session_label, 1)) || substr(v_session_label, 2),
                                                            to_char((mail.payload ->> 'expires_at')::timestamptz
                                                                    at time zone v_time_zone, 'FMDay, FMMonth FMDD'))),
      ('recording_failed',    'Not recorded',      format('%s could not be recorded, or not all of it.', v_session_label)),
      ('payment_received',    'Payment received',  format('We have received %s. Thank you.', v_amount)),
      ('payment_returned',    'Payment returned',  format(case mail.payload ->> 'because' when 'dispute'
                                                      then '%s went back to you through your bank.'
                                                      else 'We have returned %s.' end, v_amount)),
      ('payment_restored',    'Payment not returned', format(case mail.payload ->> 'because' when 'dispute'
                                                      then '%s came back to us from your bank: what you had paid for counts again.'
                                                      else 'Returning %s to you did not succeed. Please write to us.' end, v_amount)),
      ('payment_failed',      'Payment failed',    format('Your bank did not pay %s, so nothing is booked with it. The mail about it leads to where'
                                                          || ' you can pay again.', v_amount)),
      ('credits_granted',     'Credits added',     format('You have %s more.', case mail.payload ->> 'credits' when '1'
                                                      then '1 credit' else mail.payload ->> 'credits' || ' credits' end)),
      ('credit_expiring',     'Credits end soon',  'Some of your credits end soon.'),
      ('credits_extended',    'Credits last longer', format('Your credits can now be used until %s.',
                                                          to_char((mail.payload ->> 'expires_at')::timestamptz
                                                                  at time zone coalesce(v_time_zone, 'UTC'), 'FMDay, FMMonth FMDD'))),
      ('waiver_signed',       'Waiver signed',     'A copy of your waiver is in your mail.'),
      ('contract_issued',     'Contract to sign',  'A contract waits for your signature.'),
      ('contract_signed',     'Contract signed',   'A copy of your contract is in your mail.'),
      ('contract_expiring',   'Contract ends soon','Your contract ends soon.'),
      ('contract_expired',    'Contract ended',    'Your contract has ended.'),
      ('contract_revoked',    'Contract ended',    'Your contract was ended.'),
      ('banking_changed',     'Bank account changed', 'The bank account for your payouts was changed.'),
      ('calendar_unreadable', 'Calendar not read', format('Your calendar at %s cannot be read. What was read before stays kept free.',
                                                          mail.payload ->> 'host')),
      ('payout_paid',         'Payout sent',       coalesce(format('%s are on their way to you.', v_amount),
                                                            'A payout is on its way to you.')),
      ('second_admin_wanted', 'A second admin',    'Another admin''s request waits for your approval.')
    ) n (kind, title, message)
    where n.kind = mail.kind and n.message is not null;
end
$$;

revoke execute on function private.write_local_start, private.compose_notification from public, anon, authenticated, service_role;
