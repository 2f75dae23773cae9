-- Mails: the queue. Each event of the outbox becomes one mail for each person it concerns.
--
--   queued -> sending -> sent
--             sending -> queued    refused for now: tried again, at growing intervals
--             sending -> failed    refused for good: the address is dead, the mail is malformed
--             sending -> unknown   no answer, or the sender died: it may have been sent, so it is not sent again
--   queued -> dropped              no longer true, not wanted, or nobody to write to
--   unknown -> sent                found at the mail service, or confirmed by an operator
--   unknown, failed -> queued      by an operator
--
-- Mails are queued by whichever worker addresses their event (address_events.sql), which is written in the transaction
-- that made it true: none is forgotten, and none is sent for what was rolled back.

create table private.mail_kinds (
  kind     text not null,
  audience text not null check (audience in ('user', 'practitioner', 'support')),
  category text check (category in ('session_reminders', 'follow_ups')),
  primary key (kind, audience),

  constraint mail_kinds_kind_is_short check (char_length(kind) <= 100)
);
comment on table private.mail_kinds is
  'Which events are mailed, and to whom. A new kind also needs a template in send_notifications.';
comment on column private.mail_kinds.audience is
  'user: the user of the event. practitioner: whoever leads the session, unless they caused it. support: SUPPORT_EMAIL.';
comment on column private.mail_kinds.category is
  'The column of notification_preferences that switches it off; null: it cannot be switched off.';

insert into private.mail_kinds (kind, audience, category) values
  ('welcome',             'user',         null),
  ('session_booked',      'user',         null),
  ('session_booked',      'practitioner', null),
  ('class_scheduled',     'practitioner', null),
  ('series_booked',       'user',         null),
  ('series_booked',       'practitioner', null),
  ('series_moved',        'user',         null),
  ('series_moved',        'practitioner', null),
  ('series_cancelled',    'user',         null),
  ('series_cancelled',    'practitioner', null),
  ('time_off_wanted',     'user',         null),
  ('sessions_collide',    'user',         null),
  ('session_cancelled',   'user',         null),
  ('session_cancelled',   'practitioner', null),
  ('fee_owed',            'user',         null),
  ('fee_forgiven',        'user',         null),
  ('session_rescheduled', 'user',         null),
  ('session_rescheduled', 'practitioner', null),
  ('session_changed',     'user',         null),
  ('session_changed',     'practitioner', null),
  ('session_given_away',  'practitioner', null),
  ('change_proposed',     'user',         null),
  ('change_declined',     'practitioner', null),
  ('session_offered',     'practitioner', null),
  ('session_offer_closed','practitioner', null),
  ('session_not_taken',   'user',         null),
  ('substitute_wanted',   'user',         null),
  ('session_not_booked',  'user',         null),
  ('session_to_pay',      'user',         null),
  ('session_reminder',    'user',         'session_reminders'),
  ('practitioner_late',   'user',         null),
  ('my_sessions',         'user',         null),
  ('waiting_list_joined', 'user',         null),
  ('seat_kept',           'user',         null),
  ('kept_seat_lapsed',    'user',         null),
  ('waiting_class_changed',   'user',     null),
  ('waiting_class_cancelled', 'user',     null),
  ('class_full',          'user',         null),
  ('class_links',         'user',         null),
  ('session_completed',   'user',         'follow_ups'),
  ('ratings_received',    'user',         null),
  ('recording_ready',     'user',         null),
  ('recording_failed',    'user',         null),
  ('recording_ending',    'user',         null),
  ('recording_ending',    'practitioner', null),
  ('payment_received',    'user',         null),
  ('payment_returned',    'user',         null),
  ('payment_failed',      'user',         null),
  ('payment_restored',    'user',         null),
  ('credits_granted',     'user',         null),
  ('credit_expiring',     'user',         'follow_ups'),
  ('credits_extended',    'user',         null),
  ('waiver_signed',       'user',         null),
  ('contract_issued',     'user',         null),
  ('contract_signed',     'user',         null),
  ('contract_expiring',   'user',         null),
  ('contract_expired',    'user',         null),
  ('contract_revoked',    'user',         null),
  ('banking_changed',     'user',         null),
  ('calendar_unreadable', 'user',         null),
  ('matters_waiting',     'support',      null),
  ('payout_paid',         'user',         null),
  ('second_admin_wanted', 'user',         null);

-- Kinds about a class as such, and not about a seat in it: for people who have none.
create function private.is_about_whole_class(kind text) returns boolean
  language sql immutable set search_path = ''
as $$
  select kind in ('recording_failed', 'session_not_taken', 'substitute_wanted', 'sessions_collide', 'waiting_list_joined',
                  'seat_kept', 'kept_seat_lapsed', 'waiting_class_changed', 'waiting_class_cancelled', 'class_full');
$$;

create table private.mails (
  id                  uuid        primary key default gen_random_uuid(),
  position            bigint      not null unique generated always as identity,
  outbox_id           bigint      not null references private.outbox on delete cascade,
  kind                text        not null,
  audience            text        not null,
  user_id             uuid        references auth.users on delete cascade,
  session_id          uuid,
  payload             jsonb       not null,
  status              text        not null default 'queued' check (status in (
                                    'queued', 'sending', 'sent', 'unknown', 'failed', 'dropped')),
  status_reason       text,
  attempts            integer     not null default 0,
  next_attempt_at     timestamptz default now(),
  lease_id            uuid,
  lease_until         timestamptz,
  recipient_email     text,
  session_sequence    integer,
  template_id         text,
  provider_message_id text,
  started_at          timestamptz,
  ended_at            timestamptz,
  created_at          timestamptz not null default now(),

  constraint mails_one_per_event_and_user unique (outbox_id, user_id),
  constraint mails_without_a_user_are_for_support check ((user_id is null) = (audience = 'support')),
  constraint mails_kind_is_known foreign key (kind, audience) references private.mail_kinds (kind, audience),
  constraint mails_texts_are_short check (
    char_length(kind) <= 100 and char_length(audience) <= 50 and char_length(status_reason) <= 2000 and
    char_length(recipient_email) <= 320 and char_length(template_id) <= 255 and
    char_length(provider_message_id) <= 255),
  constraint mails_payload_is_short check (char_length(payload::text) <= 100000)
);
comment on column private.mails.payload             is 'The event''s payload, with a snapshot of a cancelled session.';
comment on column private.mails.status_reason       is 'Why it was dropped, failed, or is tried again.';
comment on column private.mails.session_sequence    is 'The calendar sequence of the session that the mail stated.';
comment on column private.mails.provider_message_id is 'The mail service''s id of it.';
comment on column private.mails.next_attempt_at     is 'Null: it is not attempted again by itself.';

create index mails_due_idx on private.mails (next_attempt_at) where status in ('queued', 'unknown');
create index mails_sending_idx on private.mails (lease_until) where status = 'sending';
create index mails_session_id_idx on private.mails (session_id, user_id);
create index mails_user_id_idx on private.mails (user_id);
create index mails_kind_idx on private.mails (kind, audience);

alter table private.mail_kinds enable row level security;
alter table private.mails enable row level security;
-- No policy. The service reads them, for operators; functions of this schema write them.
grant select on private.mail_kinds, private.mails to service_role;

-- Whether another mail already states the event: the receipt names the credits that were paid for, the cancellation
-- those that it returned, and the mail of a series all its sessions.
create function private.is_covered_by_other_mail(event private.outbox) returns boolean
  language sql stable set search_path = ''
as $$
  select event.told_together and event.kind in ('session_booked', 'class_scheduled', 'session_rescheduled',
                                                'session_changed', 'session_cancelled', 'credits_granted')
      or event.kind = 'credits_granted' and (
           event.payload ->> 'kind' = 'return'
           or exists (select from public.user_session_credits lot
                       where lot.id = (event.payload ->> 'lot_id')::uuid and lot.order_id is not null));
$$;

-- Queues the mails of an event and writes the notifications beside them.
create function private.notify_recipients(event private.outbox) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_kind     private.mail_kinds;
  v_user     uuid;
  v_session  public.session_schedules;
  v_is_class boolean;
  v_is_seat  boolean;
  v_mail     private.mails;
begin
  if private.is_covered_by_other_mail(event) then
    return;
  end if;
  if event.session_id is not null then
    v_session := private.find_session_or_snapshot(event.session_id, event.payload);
    v_is_class := private.is_class(v_session);
    v_is_seat := v_session.group_class_id is not null;
  end if;
  for v_kind in select * from private.mail_kinds k where k.kind = event.kind order by k.audience desc loop
    -- A class's own row names its practitioner as its client, who has no seat in it. And whoever leads a class gets
    -- no mail about each seat.
    continue when (v_kind.audience = 'user' and v_is_class and not private.is_about_whole_class(event.kind))
               or (v_kind.audience = 'practitioner' and v_is_seat);
    if v_kind.audience = 'support' then
      insert into private.mails (outbox_id, kind, audience, payload)
      values (event.id, v_kind.kind, v_kind.audience, event.payload);
      continue;
    elsif v_kind.audience = 'user' then
      v_user := event.user_id;
    else
      select p.user_id into v_user from public.practitioners p where p.id = (event.payload ->> 'practitioner_id')::uuid;
      -- Whoever takes a session over said so themself, and still needs it in their calendar.
      continue when (v_user = event.user_id and v_is_class is not true)
                 or (v_user = event.caused_by and not coalesce(event.payload -> 'previous' ? 'practitioner_id', false));
    end if;
    continue when not exists (select from auth.users u where u.id = v_user);
    -- A payment's mail waits for the link to Stripe's receipt, which comes a moment after the payment; that of ratings
    -- for the rest of the class, so that no hour tells who wrote one.
    insert into private.mails (outbox_id, kind, audience, user_id, session_id, payload, next_attempt_at)
    values (event.id, v_kind.kind, v_kind.audience, v_user, event.session_id, event.payload,
            event.created_at + case event.kind when 'payment_received' then interval '2 minutes'
                                               when 'ratings_received' then interval '1 day' else interval '0' end)
    returning * into v_mail;
    -- Dated as the event: those that one run makes stand on the pages in their order.
    insert into public.user_notifications (user_id, kind, title, message, related_id, created_at)
    select v_user, event.kind, left(n.title, 500), left(n.message, 10000), event.session_id, event.created_at
      from private.compose_notification(v_mail) n;
  end loop;
end
$$;

revoke execute on function private.is_about_whole_class, private.is_covered_by_other_mail, private.notify_recipients
  from public, anon, authenticated, service_role;
