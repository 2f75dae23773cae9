-- Mails: each message of the outbox, once for each person it is for, and how its sending stands.
--
--   queued -> sending -> sent
--             sending -> queued    refused for now: later again, ever later
--             sending -> failed    refused for good: the address is dead, the mail is malformed
--             sending -> unknown   no answer, or the sender died: it may have been sent, so it is not sent again
--   queued -> dropped              not true any more, not wanted, or nobody to write to
--   unknown -> sent                found at the mail service; or by an operator, who may also queue it again
--
-- A mail is addressed in the transaction of its message, so it is neither forgotten nor sent for what was rolled back.
-- Other readers of the outbox keep their own account of it.

create table private.mail_kinds (
  kind     text not null,
  audience text not null check (audience in ('user', 'practitioner')),
  category text check (category in ('session_reminders', 'follow_ups')),
  primary key (kind, audience)
);
comment on table  private.mail_kinds          is 'Which messages are mailed, and to whom. A new kind also needs a template in send_notifications.';
comment on column private.mail_kinds.audience is 'user: whom the message names. practitioner: whoever leads the session, unless it is their own doing.';
comment on column private.mail_kinds.category is 'What switches it off (notification_preferences); null: nothing does.';

insert into private.mail_kinds (kind, audience, category) values
  ('welcome',             'user',         null),
  ('session_booked',      'user',         null),
  ('session_booked',      'practitioner', null),
  ('session_cancelled',   'user',         null),
  ('session_cancelled',   'practitioner', null),
  ('session_rescheduled', 'user',         null),
  ('session_rescheduled', 'practitioner', null),
  ('session_not_booked',  'user',         null),
  ('session_reminder',    'user',         'session_reminders'),
  ('session_completed',   'user',         'follow_ups'),
  ('recording_ready',     'user',         null),
  ('recording_failed',    'user',         null),
  ('payment_received',    'user',         null),
  ('payment_returned',    'user',         null),
  ('credits_granted',     'user',         null),
  ('credit_expiring',     'user',         'follow_ups'),
  ('waiver_signed',       'user',         null),
  ('contract_issued',     'user',         null),
  ('contract_signed',     'user',         null),
  ('contract_expiring',   'user',         null),
  ('contract_expired',    'user',         null),
  ('contract_revoked',    'user',         null),
  ('banking_changed',     'user',         null),
  ('payout_paid',         'user',         null);

create table private.mails (
  id              uuid        primary key default gen_random_uuid(),
  position        bigint      not null unique generated always as identity,
  outbox_id       bigint      not null references private.outbox on delete cascade,
  kind            text        not null,
  audience        text        not null,
  user_id         uuid        not null references auth.users on delete cascade,
  session_id      uuid,
  facts           jsonb       not null,
  status          text        not null default 'queued' check (status in (
                                'queued', 'sending', 'sent', 'unknown', 'failed', 'dropped')),
  reason          text,
  attempts        integer     not null default 0,
  next_attempt_at timestamptz default now(),
  lease_id        uuid,
  lease_until     timestamptz,
  recipient_email text,
  told_sequence   integer,
  template_id     text,
  message_id      text,
  started_at      timestamptz,
  ended_at        timestamptz,
  created_at      timestamptz not null default now(),

  constraint mails_are_one_per_message_and_person unique (outbox_id, user_id),
  constraint mails_of_kinds_that_are_mailed foreign key (kind, audience) references private.mail_kinds (kind, audience)
);
comment on column private.mails.facts           is 'The message''s payload, and what it must keep of its session.';
comment on column private.mails.reason          is 'Why it was dropped, failed, or is tried again.';
comment on column private.mails.told_sequence   is 'The version of the session that it tells of.';
comment on column private.mails.message_id      is 'The mail service''s name for it.';
comment on column private.mails.next_attempt_at is 'Null: nothing happens by itself any more.';

create index mails_due_idx on private.mails (next_attempt_at) where status in ('queued', 'unknown');
create index mails_sending_idx on private.mails (lease_until) where status = 'sending';
create index mails_session_id_idx on private.mails (session_id, user_id);
create index mails_user_id_idx on private.mails (user_id);
create index mails_kind_idx on private.mails (kind, audience);

alter table private.mail_kinds enable row level security;
alter table private.mails enable row level security;
-- No policy. The service reads them, for operators; functions of this schema write them.
grant select on private.mail_kinds, private.mails to service_role;

-- What the pages show of a message.
create function private.notice_of(mail private.mails) returns table (title text, message text)
  language plpgsql stable set search_path = ''
as $$
declare
  s        private.told_session := private.told_session(private.session_of(mail.session_id, mail.facts));
  v_client boolean := mail.audience = 'user' and mail.kind <> 'recording_failed';
  v_name   text := coalesce(s.class_name, case when s.is_group then 'class' else 'session' end);
  v_with   text := case when v_client then s.practitioner_name
                        when s.is_group then null else coalesce(s.client_name, 'a client') end;
  v_when   text := to_char(s.scheduled_at at time zone coalesce(private.time_zone_of(mail.user_id), s.time_zone),
                           'FMDay, FMMonth FMDD at FMHH12:MI AM');
  v_what   text := concat_ws(' with ', 'Your ' || v_name, v_with);
  v_amount text := to_char((mail.facts ->> 'amount_minor')::numeric / 100, 'FM999999990.00') || ' '
                || upper(mail.facts ->> 'currency');
begin
  return query
    select n.title, n.message from (values
      ('session_booked',      'Session booked',    format('%s is on %s.', v_what, v_when)),
      ('session_cancelled',   'Session cancelled', format('%s on %s was cancelled.', v_what, v_when)),
      ('session_rescheduled', 'Session moved',     format('%s is now on %s.', v_what, v_when)),
      ('session_not_booked',  'Session not booked','The time was gone when your payment arrived. You have a credit instead.'),
      ('session_reminder',    'Session tomorrow',  format('%s is on %s.', v_what, v_when)),
      ('session_completed',   'Session completed', case when not coalesce((mail.facts ->> 'is_no_show')::boolean, false)
                                                      then 'How was it? Your journal is open.' end),
      ('recording_ready',     'Recording ready',   format('The recording of %s can be played.', lower(left(v_what, 1)) || substr(v_what, 2))),
      ('recording_failed',    'Not recorded',      format('%s could not be recorded.', v_what)),
      ('payment_received',    'Payment received',  format('We have received %s. Thank you.', v_amount)),
      ('payment_returned',    'Payment returned',  format('We have returned %s.', v_amount)),
      ('credits_granted',     'Credits added',     format('You have %s more.', case mail.facts ->> 'credits' when '1'
                                                      then '1 credit' else mail.facts ->> 'credits' || ' credits' end)),
      ('credit_expiring',     'Credits end soon',  'Some of your credits end soon.'),
      ('waiver_signed',       'Waiver signed',     'A copy of your waiver is in your mail.'),
      ('contract_issued',     'Contract to sign',  'A contract waits for your signature.'),
      ('contract_signed',     'Contract signed',   'A copy of your contract is in your mail.'),
      ('contract_expiring',   'Contract ends soon','Your contract ends soon.'),
      ('contract_expired',    'Contract ended',    'Your contract has ended.'),
      ('contract_revoked',    'Contract ended',    'Your contract was ended.'),
      ('banking_changed',     'Bank account changed', 'The bank account for your payouts was changed.'),
      ('payout_paid',         'Payout sent',       coalesce(format('%s are on their way to you.', v_amount), 'A payout is on its way to you.'))
    ) n (kind, title, message)
    where n.kind = mail.kind and n.message is not null;
end
$$;

-- A message that another one brings along: the receipt tells of the credits it paid for, a cancellation of what came back.
create function private.is_told_elsewhere(kind text, payload jsonb) returns boolean
  language sql stable set search_path = ''
as $$
  select is_told_elsewhere.kind = 'credits_granted' and (
    payload ->> 'kind' = 'return'
    or exists (select from public.user_session_credits lot
                where lot.id = (payload ->> 'lot_id')::uuid and lot.order_id is not null));
$$;

-- Definer: whoever causes a message may write to nobody.
create function private.address_message() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  v_kind  private.mail_kinds;
  v_user  uuid;
  v_facts jsonb := new.payload;
  v_class boolean;
  v_seat  boolean;
  v_mail  private.mails;
begin
  if private.is_told_elsewhere(new.kind, new.payload) then
    return null;
  end if;
  select private.is_class(s), s.group_class_id is not null into v_class, v_seat
    from public.session_schedules s where s.id = new.session_id;
  if new.kind = 'session_cancelled' then
    v_facts := v_facts || coalesce(private.kept_of(new.session_id), '{}');
  end if;
  for v_kind in select * from private.mail_kinds k where k.kind = new.kind loop
    -- The client of a class's own row is an admin, whom nothing happened to; and whoever leads a class need not hear of
    -- each seat.
    continue when (v_kind.audience = 'user' and v_class and new.kind <> 'recording_failed') or (v_kind.audience = 'practitioner' and v_seat);
    if v_kind.audience = 'user' then
      v_user := new.user_id;
    else
      select p.user_id into v_user from public.practitioners p where p.id = (new.payload ->> 'practitioner_id')::uuid;
      continue when v_user = auth.uid() or v_user = new.user_id;
    end if;
    continue when not exists (select from auth.users u where u.id = v_user);
    -- Stripe names the receipt a moment after the payment, and a receipt without it would be half a receipt.
    insert into private.mails (outbox_id, kind, audience, user_id, session_id, facts, next_attempt_at)
    values (new.id, v_kind.kind, v_kind.audience, v_user, new.session_id, v_facts,
            now() + case new.kind when 'payment_received' then interval '2 minutes' else interval '0' end)
    returning * into v_mail;
    insert into public.user_notifications (user_id, kind, title, message, related_id)
    select v_user, new.kind, n.title, n.message, new.session_id from private.notice_of(v_mail) n;
  end loop;
  return null;
end
$$;

create trigger outbox_are_addressed after insert on private.outbox
  for each row execute function private.address_message();

revoke execute on function private.notice_of, private.is_told_elsewhere, private.address_message
  from public, anon, authenticated, service_role;
