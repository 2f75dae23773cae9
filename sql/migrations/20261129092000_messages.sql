-- From sql/schemas: messages/translations, messages/outbox, messages/notification_preferences, messages/summaries, messages/mails, messages/change_summaries, messages/user_notifications, messages/email_logs, messages/mail_links, messages/unreachable_people, messages/stale_mails, messages/send_mails, waiting_lists/joining, waiting_lists/settling, waiting_lists/moving_up, messages/request_mails.

-- Functions name what later chapters make.
set check_function_bodies = off;

set lock_timeout = '5s';
set statement_timeout = 0;
do $$ begin lock table public.session_schedules in access exclusive mode; end $$;


-- messages/translations.sql

-- Translations: what the database writes for people to read, in the language in which they read.
--
-- A sentence stands where it is said, in English, as what private.say is called with. Its translations are those of the
-- one catalogue (shared/languages), where it has the context "database"; send-notifications hands them over when those
-- here are of another version. What is not translated is English.
--
-- Refusals are English in here: whoever shows one translates it as a whole.

-- Whether both put in as much: format() fails on any other sign after a %, and on one that has nothing to put in.
create function private.has_same_gaps(message text, translation text) returns boolean
  language sql immutable set search_path = ''
as $$
  select regexp_count(message, '%') = regexp_count(message, '%s')
     and regexp_count(translation, '%') = regexp_count(translation, '%s')
     and regexp_count(translation, '%s') = regexp_count(message, '%s');
$$;

create table private.translations (
  language    text not null,
  message     text not null,
  translation text not null,

  constraint translations_pkey primary key (message, language),
  constraint translations_language_is_a_tag check (language ~ '^[a-z]{2}(-[A-Z]{2})?$'),
  constraint translations_texts_are_short check (
    char_length(message) between 1 and 1000 and char_length(translation) between 1 and 2000),
  constraint translations_gaps_are_those_of_the_message check (private.has_same_gaps(message, translation))
);

comment on table private.translations is 'What the database says, in other languages than English: a copy of the catalogue''s.';

create table private.translations_version (
  version text        primary key,
  kept_at timestamptz not null default now(),

  constraint translations_version_is_a_hash check (version ~ '^[0-9a-f]{64}$')
);

comment on table private.translations_version is 'Of the catalogue from which the translations are.';

create unique index translations_version_is_one_row on private.translations_version ((true));

alter table private.translations enable row level security;

alter table private.translations_version enable row level security;

-- No policy and no grant: the functions below are the only way.

-- Definer: whoever runs send-notifications reads only this of it.
create function private.lacks_translations(version text) returns boolean
  language sql stable security definer set search_path = ''
as $$
  select lacks_translations.version is not null
         and not exists (select from private.translations_version v where v.version = lacks_translations.version);
$$;

-- All of them at once: what is not among them any more is not said any more. One at a time keeps them. One that would
-- fail to be said is left out, and said in English, since mails do not wait for translators.
-- Definer: nobody writes the table themselves.
create function private.keep_translations(version text, translations jsonb) returns integer
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_kept integer;
begin
  if octet_length(keep_translations.translations::text) > 1000000 then
    perform private.refuse(422, 'text_too_long', 'translations: should have at most 1000000 bytes.');
  end if;
  lock table private.translations_version in exclusive mode;
  delete from private.translations;
  insert into private.translations (language, message, translation)
  select l.key, m.key, m.value
    from jsonb_each(keep_translations.translations) l cross join jsonb_each_text(l.value) m
   where private.has_same_gaps(m.key, m.value);
  get diagnostics v_kept = row_count;
  insert into private.translations_version as v (version) values (keep_translations.version)
  on conflict ((true)) do update set version = excluded.version, kept_at = now();
  return v_kept;
end
$$;

create function public.keep_translations(version text, translations jsonb) returns table (kept integer)
  language sql volatile security invoker set search_path = ''
as $$
  select private.keep_translations(keep_translations.version, keep_translations.translations);
$$;

comment on function public.keep_translations is
  'For send-notifications: what the database says, by language and English message, when prepare_mails lacks this version.';

-- The message in that language; as it is where nobody has translated it, and to whoever never chose. As on our pages,
-- who reads fr-FR reads fr-CA before English.
create function private.say(message text, language text) returns text
  language plpgsql stable set search_path = ''
as $$
begin
  if say.language is null or left(say.language, 2) = 'en' then
    return say.message;
  end if;
  return coalesce((select t.translation from private.translations t
                    where t.message = say.message and left(t.language, 2) = left(say.language, 2)
                    order by t.language = say.language desc, t.language limit 1), say.message);
end
$$;

-- A clause as the beginning of a sentence.
create function private.begin_sentence(clause text) returns text
  language sql immutable set search_path = ''
as $$
  select upper(left(clause, 1)) || substr(clause, 2);
$$;

-- A moment by a pattern of to_char, which is a message itself, since each language has its own order. The names of the
-- day and the month come with the catalogue, under the English ones that to_char writes.
create function private.write_moment(moment timestamptz, time_zone text, pattern text, language text) returns text
  language plpgsql stable set search_path = ''
as $$
declare
  v_local   timestamp := write_moment.moment at time zone write_moment.time_zone;
  v_day     text := to_char(v_local, 'FMDay');
  v_month   text := to_char(v_local, 'FMMonth');
  v_written text := to_char(v_local, write_moment.pattern);
begin
  return replace(replace(v_written, v_day, private.say(v_day, write_moment.language)),
                 v_month, private.say(v_month, write_moment.language));
end
$$;

-- Saturday, March 14 at 10:30 AM; samedi 14 mars à 10 h 30.
create function private.write_local_start(scheduled_at text, time_zone text, language text) returns text
  language sql stable set search_path = ''
as $$
  select private.write_moment(write_local_start.scheduled_at::timestamptz, write_local_start.time_zone,
                              private.say('FMDay, FMMonth FMDD at FMHH12:MI AM', write_local_start.language),
                              write_local_start.language);
$$;

-- Saturday, March 14; samedi 14 mars.
create function private.write_local_day(moment timestamptz, time_zone text, language text) returns text
  language sql stable set search_path = ''
as $$
  select private.write_moment(write_local_day.moment, write_local_day.time_zone,
                              private.say('FMDay, FMMonth FMDD', write_local_day.language), write_local_day.language);
$$;

-- 75.00 CAD; 75,00 $ CA.
create function private.write_amount(amount_minor numeric, currency text, language text) returns text
  language sql stable set search_path = ''
as $$
  select case when amount_minor is not null and currency is not null then
           format(case upper(currency) when 'CAD' then private.say('%s CAD', write_amount.language)
                                       when 'USD' then private.say('%s USD', write_amount.language)
                                       else '%s ' || upper(currency) end,
                  replace(to_char(amount_minor / 100, 'FM999999990.00'), '.', private.say('.', write_amount.language)))
         end;
$$;

revoke execute on function private.has_same_gaps, private.lacks_translations, private.keep_translations, private.say, private.begin_sentence,
  private.write_moment, private.write_local_start, private.write_local_day, private.write_amount,
  public.keep_translations from public, anon, authenticated, service_role;

grant execute on function private.lacks_translations, private.keep_translations, public.keep_translations to service_role;


-- adoption/notifications_aside.sql

-- Notifications of the platform in use, its log of mails, and the trigger that does nothing under the name of a function of
-- ours.
call legacy.set_aside('user_notifications');
call legacy.set_aside('email_logs');
do $$
declare
  v_clash text;
begin
  for v_clash in select p.oid::regprocedure::text from pg_catalog.pg_proc p
                  where p.pronamespace = 'public'::regnamespace and p.proname = 'send_welcome_email' loop
    execute format('alter function %s set schema legacy', v_clash);
  end loop;
end
$$;


-- messages/outbox.sql

-- The outbox: events for people and other systems, each written in the transaction that makes it true.
--
-- That row is all that a booking writes for it. Who is told, and how, is made of it by the next run of a worker
-- (address_events.sql). Sent in any other way, a mail could go out for a booking that is rolled back, or be missing
-- for one that stands.
--
-- Bookings, payments, contracts and so on write their events in their own chapters. Three are written here: a new
-- account, a signed waiver, and a recording that can be played.

create table private.outbox (
  id         bigint      primary key generated always as identity,
  kind       text        not null,
  user_id    uuid,
  session_id uuid,
  payload    jsonb       not null default '{}',
  created_at timestamptz not null default now(),
  -- Whose account caused it: known now, and to no worker.
  caused_by       uuid        default auth.uid(),
  -- Set by private.tell_together, within the transaction that wrote it.
  told_together   boolean     not null default coalesce(current_setting('app.told_together', true), '') = 'yes',
  addressed_at    timestamptz,
  attempts        integer     not null default 0,
  next_attempt_at timestamptz not null default now(),
  failure         text,

  constraint outbox_kind_is_snake_case check (kind ~ '^[a-z_]+$'),
  constraint outbox_kind_is_short check (char_length(kind) <= 100),
  constraint outbox_failure_is_short check (char_length(failure) <= 2000),
  constraint outbox_payload_is_short check (char_length(payload::text) <= 100000)
);

comment on table private.outbox is
  'Events, in the order of their ids; each was written in the transaction that made it true.';

comment on column private.outbox.user_id is
  'Whom it concerns. No foreign key, like session_id: an event may outlive both.';

comment on column private.outbox.payload is
  'What the row it is about may not state any more when the event is read.';

comment on column private.outbox.caused_by    is 'Until it is addressed: who caused it, and is not told of it.';

comment on column private.outbox.told_together is 'One of several that the mail of their series tells together.';

comment on column private.outbox.addressed_at is 'When mails, notifications and deliveries were made of it; null: not yet.';

comment on column private.outbox.failure      is 'The error of the last attempt to address it; null if it only waits.';

create index outbox_session_id_idx on private.outbox (session_id);

create index outbox_waiting_idx on private.outbox (id) where addressed_at is null;

-- One welcome for each account, for good: the mail's own row may have been deleted by then.
create unique index outbox_one_welcome_per_user_idx on private.outbox (user_id) where kind = 'welcome';

alter table private.outbox enable row level security;

-- No grant and no policy: functions of this schema write it.

create function private.publish_event(
  kind text, user_id uuid, session_id uuid default null, payload jsonb default '{}') returns void
  language plpgsql volatile set search_path = ''
as $$
begin
  -- What was cancelled may be deleted before anybody is told.
  if publish_event.kind = 'session_cancelled' then
    publish_event.payload := publish_event.payload || coalesce((
      select private.snapshot_session(s) from public.session_schedules s where s.id = publish_event.session_id), '{}');
  end if;
  insert into private.outbox (kind, user_id, session_id, payload)
  values (publish_event.kind, publish_event.user_id, publish_event.session_id, publish_event.payload);
end
$$;

-- Only a confirmed address gets mail: anybody can sign up with somebody else's, under whatever name.
create function private.publish_welcome(account auth.users) returns void
  language sql volatile set search_path = ''
as $$
  insert into private.outbox (kind, user_id)
  select 'welcome', (account).id
   where (account).email <> ''
     -- An installation of the auth service without that column asks for no confirmation.
     and coalesce(to_jsonb(account) ->> 'email_confirmed_at', case when to_jsonb(account) ? 'email_confirmed_at' then null
                                                                   else 'no confirmation asked' end) is not null
  on conflict (user_id) where kind = 'welcome' do nothing;
$$;

-- Definer: the auth service creates accounts and has no right to the outbox.
create function private.publish_welcome_of_account() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.publish_welcome(new);
  return null;
exception when others then
  -- A missing welcome is a nuisance; an account that cannot be created is a lost person.
  raise warning 'account % not welcomed: %', new.id, sqlerrm;
  return null;
end
$$;

-- Definer: whoever signs has no right to the outbox.
create function private.publish_waiver_signed() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.publish_event('waiver_signed', new.user_id, new.session_id, jsonb_build_object('waiver_id', new.id));
  return null;
end
$$;

-- A recorded class has a row for each participant, under their own session, so each gets an event of their own.
-- Definer: as above.
create function private.publish_recording_ready() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.publish_event('recording_ready', s.client_id, s.id, jsonb_build_object(
            'recording_id', new.id, 'practitioner_id', s.practitioner_id, 'scheduled_at', s.scheduled_at,
            'group_class_id', s.group_class_id))
     from public.session_schedules s where s.id = new.session_id;
  return null;
end
$$;

revoke execute on function private.publish_event, private.publish_welcome, private.publish_welcome_of_account,
  private.publish_waiver_signed, private.publish_recording_ready from public, anon, authenticated, service_role;


-- messages/notification_preferences.sql

-- Notification preferences: which optional mails somebody does not want. Without a row, they get all of them.
--
-- Optional are reminders and what follows a session. What somebody booked, paid or signed is confirmed in any case.
-- Each optional mail has a link that unsubscribes whoever holds it: one request, no sign-in (RFC 8058).

create table public.notification_preferences (
  user_id           uuid        primary key references auth.users on delete cascade,
  session_reminders boolean     not null default true,
  follow_ups        boolean     not null default true,
  updated_at        timestamptz not null default now()
);

comment on column public.notification_preferences.session_reminders is 'The mail on the day before a session.';

comment on column public.notification_preferences.follow_ups is 'Mails after a session, and before credits expire.';

comment on table public.notification_preferences is
  'Which mails and notifications a person wants; where there is no row, all.';

comment on column public.notification_preferences.user_id is 'Whose it is.';

comment on column public.notification_preferences.updated_at is 'When the row was last changed.';

alter table public.notification_preferences enable row level security;

create policy "people read their own notification preferences"
  on public.notification_preferences for select to authenticated using (user_id = (select auth.uid()));

create policy "people set their own notification preferences"
  on public.notification_preferences for insert to authenticated with check (user_id = (select auth.uid()));

create policy "people change their own notification preferences"
  on public.notification_preferences for update to authenticated using (user_id = (select auth.uid()));

revoke all on public.notification_preferences from anon, authenticated, service_role;

grant select,
      insert (user_id, session_reminders, follow_ups),
      update (user_id, session_reminders, follow_ups) on public.notification_preferences to authenticated;

grant select, insert, update, delete on public.notification_preferences to service_role;

create function private.is_opted_out(user_id uuid, category text) returns boolean
  language sql stable set search_path = ''
as $$
  select exists (select from public.notification_preferences p
                  where p.user_id = is_opted_out.user_id
                    and case is_opted_out.category when 'session_reminders' then not p.session_reminders
                                                   when 'follow_ups' then not p.follow_ups end);
$$;

-- Looks a link up and, if opts_out, unsubscribes. Looking it up changes nothing, because mail scanners open every link.
-- A known link works from everywhere and always: mail programs follow them from a few addresses, for all their users.
-- Definer: whoever has the link need not be signed in.
create function private.unsubscribe(token_sha256 text, opts_out boolean, ip_address text)
  returns table (category text, is_opted_out boolean)
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_link private.page_links;
begin
  select * into v_link from private.page_links l
   where l.token_sha256 = unsubscribe.token_sha256 and l.page = 'unsubscribe';
  if not found then
    if private.limit_attempt('unknown links', private.mask_address(unsubscribe.ip_address)) then
      perform private.answer_refusal(404, 'link_not_found', 'This link is not known.',
                                     'You can also switch mails off in your settings.');
    end if;
    return next;
    return;
  end if;
  perform private.tell_language(v_link.user_id);
  if opts_out then
    insert into public.notification_preferences as p (user_id, session_reminders, follow_ups)
    values (v_link.user_id, v_link.subject <> 'session_reminders', v_link.subject <> 'follow_ups')
    on conflict (user_id) do update set
      session_reminders = p.session_reminders and excluded.session_reminders,
      follow_ups        = p.follow_ups and excluded.follow_ups;
  end if;
  return query
    select v_link.subject, private.is_opted_out(v_link.user_id, v_link.subject);
end
$$;

create function public.unsubscribe(token_sha256 text, opts_out boolean, ip_address text default null)
  returns table (category text, is_opted_out boolean)
  language sql volatile security invoker set search_path = ''
as $$
  select u.category, u.is_opted_out from private.unsubscribe($1, $2, $3) u;
$$;

comment on function public.unsubscribe is 'Shows what a mailed link is about and, if opts_out, unsubscribes.';

revoke execute on function private.unsubscribe, private.is_opted_out, public.unsubscribe
  from public, anon, authenticated, service_role;

grant execute on function private.unsubscribe, public.unsubscribe to service_role;

create trigger update_notification_preferences_updated_at before update on public.notification_preferences
  for each row execute function public.update_updated_at_column();


-- messages/summaries.sql

-- Summaries of a session, a payment, credits or a document: all that mails and calendar files may state.
--
-- Each is read when the mail is written, not when its event happened, so that a mail states what is true as it
-- leaves. Names and times only: a mail passes through other people's machines, so nothing in it comes from notes,
-- journals or recordings, and no price but the reader's own.

create type private.session_summary as (
  id                      uuid,
  status                  text,
  scheduled_at            timestamptz,
  duration_minutes        integer,
  time_zone               text,
  sequence                integer,
  session_type            text,
  is_group                boolean,
  class_name              text,
  is_online               boolean,
  place                   text,
  practitioner_name       text,
  client_name             text,
  free_cancellation_until timestamptz
);

create type private.payment_summary as (
  id                uuid,
  description       text,
  amount_minor      integer,
  returned_minor    integer,
  currency          text,
  paid_at           timestamptz,
  receipt_url       text,
  payment_intent_id text,
  outcome           text,
  credits           integer,
  credits_expire_at timestamptz
);

create type private.credit_summary as (remaining integer, expires_at timestamptz, session_type_name text);

create type private.document_summary as (
  version text, signed_at timestamptz, signature_name text, body text, sha256 text);

-- Where a session takes place; of a studio the whole address.
create function private.describe_location(session public.session_schedules) returns text
  language sql stable set search_path = ''
as $$
  select coalesce(
    (select concat_ws(', ', l.name, l.address, l.city, l.province_state, l.postal_code)
       from public.studio_locations l where l.id = (session).studio_id),
    (session).physical_location);
$$;

-- Definer: a mail names client and practitioner to each other, whoever causes it and whatever they may read.
create function private.summarize_session(session public.session_schedules) returns private.session_summary
  language sql stable security definer set search_path = ''
as $$
  select (session).id, (session).status, (session).scheduled_at, coalesce((session).duration_minutes, 0),
         coalesce((session).time_zone, c.time_zone, 'America/Toronto'), (session).calendar_sequence, t.session_type,
         coalesce((session).max_participants, 1) > 1 or (session).group_class_id is not null, (session).class_name,
         (session).session_location is distinct from 'in_person',
         case when (session).session_location = 'in_person' then private.describe_location(session) end,
         p.name, f.full_name,
         private.get_free_until(session)
    from (select 1) single_row
    left join public.practitioners p on p.id = (session).practitioner_id
    left join public.practitioner_calendars c on c.practitioner_id = p.id
    left join public.session_types t on t.id = (session).session_type_id
    left join public.profiles f on f.id = (session).client_id and not private.is_class(session);
$$;

-- The session as it is; if its row was deleted, the event's snapshot of it (snapshot_session), as cancelled.
create function private.find_session_or_snapshot(session_id uuid, payload jsonb) returns public.session_schedules
  language plpgsql stable set search_path = ''
as $$
declare
  v_session public.session_schedules;
begin
  select * into v_session from public.session_schedules s where s.id = find_session_or_snapshot.session_id;
  if not found and payload ? 'scheduled_at' then
    v_session := jsonb_populate_record(v_session, payload || coalesce(payload -> 'session', '{}'));
    v_session.id := find_session_or_snapshot.session_id;
    v_session.status := 'cancelled';
    -- Above the last one sent, or calendars ignore the cancellation.
    v_session.calendar_sequence := coalesce(v_session.calendar_sequence, 0) + 1;
  end if;
  return v_session;
end
$$;

-- A copy of the session for the event, in case the row has been deleted when the mail is written.
create function private.snapshot_session(session public.session_schedules) returns jsonb
  language sql immutable set search_path = ''
as $$
  select jsonb_build_object('session', jsonb_build_object(
           'client_id', (session).client_id, 'duration_minutes', (session).duration_minutes,
           'time_zone', (session).time_zone, 'session_type_id', (session).session_type_id,
           'session_location', (session).session_location, 'physical_location', (session).physical_location,
           'studio_id', (session).studio_id, 'max_participants', (session).max_participants,
           'group_class_id', (session).group_class_id, 'class_name', (session).class_name,
           'calendar_sequence', (session).calendar_sequence));
$$;

create function private.summarize_payment(checkout_id uuid) returns private.payment_summary
  language sql stable set search_path = ''
as $$
  select c.id, c.description, c.amount_minor, c.returned_minor, c.currency, c.paid_at, c.receipt_url,
         c.stripe_payment_intent_id, c.outcome, c.credits, lot.expires_at
    from public.checkout_sessions c left join public.user_session_credits lot on lot.id = c.credit_lot_id
   where c.id = summarize_payment.checkout_id;
$$;

create function private.summarize_credits(lot_id uuid, language text) returns private.credit_summary
  language sql stable set search_path = ''
as $$
  select lot.credits_remaining, lot.expires_at,
         coalesce(t.name, private.describe_length_and_form(lot.duration_minutes, lot.is_group, summarize_credits.language))
    from public.user_session_credits lot left join public.session_types t on t.id = lot.session_type_id
   where lot.id = summarize_credits.lot_id;
$$;

-- The waiver or the contract with that id.
create function private.summarize_document(document_id uuid) returns private.document_summary
  language sql stable set search_path = ''
as $$
  select w.waiver_policy_version::text, w.signed_at, w.signature_name, w.waiver_text, w.text_sha256
    from public.liability_waivers w where w.id = summarize_document.document_id
  union all
  select k.contract_version, k.signed_at, p.name, k.contract_text, k.text_sha256
    from public.practitioner_contracts k join public.practitioners p on p.id = k.practitioner_id
   where k.id = summarize_document.document_id;
$$;

-- The zone in which somebody reads times: their own; else that of their calendar, as a practitioner; else null.
create function private.find_user_time_zone(user_id uuid) returns text
  language sql stable set search_path = ''
as $$
  select coalesce(
    (select p.timezone from public.user_preferences p
      where p.user_id = find_user_time_zone.user_id and private.is_time_zone(p.timezone)),
    (select c.time_zone from public.practitioner_calendars c join public.practitioners p on p.id = c.practitioner_id
      where p.user_id = find_user_time_zone.user_id));
$$;

-- A session for its client, its practitioner, an admin or the service; for everybody else it does not exist.
create function private.get_session_of_caller(session_id uuid) returns public.session_schedules
  language plpgsql stable set search_path = ''
as $$
declare
  v_session public.session_schedules;
begin
  select * into v_session from public.session_schedules s where s.id = get_session_of_caller.session_id;
  if v_session.id is null or private.get_caller_role(v_session) is null then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  end if;
  return v_session;
end
$$;

-- What a calendar file of the caller's session states, and the link by which its entry leads to the session's page.
create function public.get_session_calendar(session_id uuid)
  returns table (session private.session_summary, time_zone text, link text)
  language plpgsql volatile security invoker set search_path = ''
as $$
declare
  v_session public.session_schedules := private.get_session_of_caller(get_session_calendar.session_id);
begin
  session := private.summarize_session(v_session);
  time_zone := (session).time_zone;
  link := private.make_own_session_link(v_session.id);
  return next;
end
$$;

comment on function public.get_session_calendar is 'A session as a calendar entry.';

revoke execute on function private.describe_location, private.summarize_session, private.find_session_or_snapshot,
  private.snapshot_session, private.summarize_payment, private.summarize_credits, private.summarize_document,
  private.find_user_time_zone, private.get_session_of_caller, public.get_session_calendar from public, anon, authenticated, service_role;

grant execute on function public.get_session_calendar to authenticated;

-- Invoker functions call these two. Nobody can call them directly: schema private is not exposed.
grant execute on function private.summarize_session, private.get_session_of_caller to authenticated, service_role;


-- messages/mails.sql

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


-- messages/change_summaries.sql

-- Change summaries: what about a session is different from what somebody was told last, in words.
--
-- An event keeps the values before it as columns of session_schedules (sessions/changes.sql). They become words when
-- the mail is written, because a studio may have a new name by then, and because of two changes only the older of two
-- values was ever told.

-- By what a mail names: scheduled_at, duration_minutes, place, practitioner, class_name. Only what is different now.
create function private.describe_previous(previous jsonb, session public.session_schedules) returns jsonb
  language sql stable set search_path = ''
as $$
  with now_and_then as (
    -- Where the event kept nothing, nothing was different.
    select to_jsonb(session) as now_row, to_jsonb(session) || coalesce(previous, '{}') as old_row
  ),
  old_session as (
    select n.now_row, n.old_row, n.old_row ->> 'session_location' = 'online' as was_online,
           -- In the words in which the mail says where it is now.
           jsonb_populate_record(session, n.old_row || jsonb_build_object(
             'studio_id', (private.find_studio(n.old_row ->> 'physical_location')).id)) as old_session
      from now_and_then n
  )
  select nullif(jsonb_strip_nulls(jsonb_build_object(
    'scheduled_at', case when (o.old_row ->> 'scheduled_at')::timestamptz <> (session).scheduled_at then o.old_row -> 'scheduled_at' end,
    'duration_minutes', case when o.old_row -> 'duration_minutes' <> o.now_row -> 'duration_minutes' then o.old_row -> 'duration_minutes' end,
    'place', case when o.old_row -> 'session_location' <> o.now_row -> 'session_location'
                    or (not o.was_online and o.old_row -> 'physical_location' is distinct from o.now_row -> 'physical_location')
      then case when o.was_online then 'Online'
                else coalesce(private.describe_location(o.old_session), 'In person') end end,
    'practitioner', case when o.old_row -> 'practitioner_id' <> o.now_row -> 'practitioner_id'
      then coalesce((select p.name from public.practitioners p where p.id = (o.old_row ->> 'practitioner_id')::uuid), 'another practitioner') end,
    'class_name', case when o.old_row -> 'class_name' is distinct from o.now_row -> 'class_name'
      then coalesce(o.old_row ->> 'class_name', 'Class') end)), '{}')
    from old_session o;
$$;

-- All that a mail about a session must say is different: what its own event changed, and every later event whose mail
-- this one takes the place of. And whether any of that was done by somebody but the client.
create function private.list_untold_changes(mail private.mails) returns jsonb
  language sql stable set search_path = ''
as $$
  with untold as (
    select m.position, m.payload from private.mails m
     where m.session_id = (mail).session_id and m.user_id = (mail).user_id and m.payload ? 'previous'
       and (m.id = (mail).id or (m.position > (mail).position and m.status = 'queued'))
  )
  select jsonb_build_object(
           'was', private.describe_previous(
             (select jsonb_object_agg(oldest.key, oldest.value)
                from (select distinct on (was.key) was.key, was.value
                        from untold u cross join jsonb_each(u.payload -> 'previous') was
                       order by was.key, u.position) oldest), s),
           'by_others', exists (select from untold u where u.payload ->> 'by' <> 'client'))
    from public.session_schedules s
   where s.id = (mail).session_id
     and (mail).kind in ('session_booked', 'class_scheduled', 'session_rescheduled', 'session_changed',
                       'waiting_class_changed');
$$;

-- What an event changed, as a notification says it: the time and the place have changed.
create function private.name_changes(previous jsonb, language text) returns text
  language sql stable set search_path = ''
as $$
  select format(case when count(*) = 1 then private.say('%s has changed', name_changes.language)
                     else private.say('%s have changed', name_changes.language) end,
                string_agg(words.name, format(private.say('%s and %s', name_changes.language), '', '') order by words.position))
    from (select n.name, min(n.position) as position
            from jsonb_object_keys(previous) was
            join (values (1, 'scheduled_at',      private.say('the time', name_changes.language)),
                         (2, 'duration_minutes',  private.say('the length', name_changes.language)),
                         (3, 'session_location',  private.say('the place', name_changes.language)),
                         (3, 'physical_location', private.say('the place', name_changes.language)),
                         (4, 'practitioner_id',   private.say('the practitioner', name_changes.language)),
                         (5, 'class_name',        private.say('the name', name_changes.language))) n (position, key, name)
              on n.key = was
           group by n.name) words
  having count(*) > 0;
$$;

-- What there is to answer about a session, for whoever has a part in it. Definer: it reads what nobody may.
create function private.get_session_change(session_id uuid)
  returns table (session private.session_summary, is_changed boolean, changed_by text, changed_at timestamptz,
                 agreed jsonb, proposed_scheduled_at timestamptz, answer_until timestamptz)
  language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_session public.session_schedules := private.get_session_of_caller(get_session_change.session_id);
begin
  return query
    select private.summarize_session(v_session), private.has_unagreed_change(v_session), a.changed_by, a.changed_at,
           private.describe_previous(to_jsonb(a), v_session), p.scheduled_at, p.answer_until
      from (select 1) single_row
      left join private.session_agreements a on a.session_id = v_session.id
      left join private.session_proposals p
        on p.session_id = v_session.id and p.status = 'open' and p.answer_until > now();
end
$$;

create function public.get_session_change(session_id uuid)
  returns table (session private.session_summary, is_changed boolean, changed_by text, changed_at timestamptz,
                 agreed jsonb, proposed_scheduled_at timestamptz, answer_until timestamptz)
  language sql stable security invoker set search_path = ''
as $$
  select c.session, c.is_changed, c.changed_by, c.changed_at, c.agreed, c.proposed_scheduled_at, c.answer_until
    from private.get_session_change(get_session_change.session_id) c;
$$;

comment on function public.get_session_change is
  'What the client of a session may answer: a change that was made, with what they had agreed to, or a proposed time.';

-- The sessions that the caller is asked to take over. Definer: they are somebody else's until then, and so is the name
-- of their client.
create function private.list_session_offers() returns table (session private.session_summary, answer_until timestamptz)
  language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_variable
declare
  v_offer record;
begin
  for v_offer in
    select s as row, o.answer_until from private.session_offers o join public.session_schedules s on s.id = o.session_id
     where o.status = 'open' and o.answer_until > now() and o.practitioner_id = any (array(select private.my_practitioner_ids()))
     order by s.scheduled_at, s.id limit 100
  loop
    session := private.summarize_session(v_offer.row);
    session.client_name := null;
    answer_until := v_offer.answer_until;
    return next;
  end loop;
end
$$;

create function public.list_session_offers() returns table (session private.session_summary, answer_until timestamptz)
  language sql stable security invoker set search_path = ''
as $$
  select o.session, o.answer_until from private.list_session_offers() o;
$$;

comment on function public.list_session_offers is
  'For practitioners: the sessions they are asked to lead, and until when they may answer. Without the client''s name.';

revoke execute on function private.describe_previous, private.list_untold_changes, private.name_changes,
  private.get_session_change, public.get_session_change, private.list_session_offers, public.list_session_offers
  from public, anon, authenticated, service_role;

grant execute on function private.get_session_change, public.get_session_change, private.list_session_offers,
  public.list_session_offers to authenticated;


-- messages/user_notifications.sql

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


-- adoption/notifications.sql

-- Notifications home.
call legacy.bring_home('user_notifications',
  columns => 'id, user_id, notification_type, title, message, related_id, read_at, created_at',
  home => $$r.id, r.user_id, r.notification_type, coalesce(nullif(left(btrim(r.title), 500), ''), '-'), left(r.message, 10000),
            r.related_id, r.read_at, r.created_at$$,
  account => 'r.user_id');


-- messages/email_logs.sql

-- The log of mails: how each ended, for admins and its recipient.
--
-- One line for each outcome: a mail that failed and was sent again has two. The mail's text is not kept. Columns
-- are those of the platform's later migrations.

create table public.email_logs (
  id              uuid        primary key default gen_random_uuid(),
  user_id         uuid        not null references auth.users on delete cascade,
  email_type      text        not null,
  recipient_email text        not null,
  session_id      uuid,
  template_id     text,
  message_id      text,
  status          text        not null check (status in ('sent', 'failed', 'unknown')),
  error_message   text,
  metadata        jsonb       not null default '{}',
  created_at      timestamptz not null default now(),

  constraint email_logs_texts_are_short check (
    char_length(email_type) <= 100 and char_length(recipient_email) <= 320 and char_length(template_id) <= 255 and
    char_length(message_id) <= 255 and char_length(error_message) <= 2000),
  constraint email_logs_metadata_is_short check (char_length(metadata::text) <= 10000)
);

comment on column public.email_logs.message_id is
  'The mail service''s id of it, under which it can be looked up there.';

comment on column public.email_logs.status     is 'unknown: the service did not answer; it may have been sent.';

comment on table public.email_logs is 'One line for each mail that was sent, or not.';

comment on column public.email_logs.id is 'Of the row; made here.';

comment on column public.email_logs.user_id is 'Whose it is.';

comment on column public.email_logs.email_type is 'Which mail.';

comment on column public.email_logs.recipient_email is 'The address it went to.';

comment on column public.email_logs.session_id is 'The session it is about: session_schedules.id.';

comment on column public.email_logs.template_id is 'What it was made from.';

comment on column public.email_logs.error_message is 'Why it was not sent.';

comment on column public.email_logs.metadata is 'What whoever wrote it kept beside it.';

comment on column public.email_logs.created_at is 'When the row was made.';

create index email_logs_user_id_idx on public.email_logs (user_id, created_at);

create index email_logs_session_id_idx on public.email_logs (session_id);

alter table public.email_logs enable row level security;

create policy "recipients and admins read email logs"
  on public.email_logs for select to authenticated
  using (user_id = (select auth.uid()) or (select private.is_admin()));

revoke all on public.email_logs from anon, authenticated, service_role;

grant select on public.email_logs to authenticated, service_role;

-- No insert, update or delete for anybody: a line is written below, together with the outcome that it records.

create function private.log_mail(mail private.mails) returns void
  language sql volatile set search_path = ''
as $$
  insert into public.email_logs
    (user_id, email_type, recipient_email, session_id, template_id, message_id, status, error_message, metadata)
  select mail.user_id, mail.kind, mail.recipient_email, mail.session_id, mail.template_id,
         mail.provider_message_id, mail.status,
         case when mail.status <> 'sent' then mail.status_reason end,
         jsonb_build_object('mail_id', mail.id, 'audience', mail.audience, 'attempts', mail.attempts)
   where mail.user_id is not null;  -- of a mail to the support address, its own row is enough
$$;

revoke execute on function private.log_mail from public, anon, authenticated, service_role;


-- adoption/email_logs.sql

-- The log of mails home. A line that names nobody is nobody's to read.
call legacy.bring_home('email_logs',
  columns => 'id, user_id, email_type, recipient_email, session_id, template_id, message_id, status, error_message, metadata,
              created_at',
  home => $$r.id, r.user_id, r.email_type, r.recipient_email, r.session_id, r.template_id, r.message_id,
            case when r.status in ('sent', 'failed') then r.status else 'unknown' end, left(r.error_message, 2000),
            coalesce(r.metadata, '{}'), r.created_at$$,
  account => 'r.user_id',
  unfit => $$case when r.user_id is null then 'a line that names nobody' end$$);


-- messages/mail_links.sql

-- Which pages of our own a mail leads to, each by a link that is made when the mail is claimed.
--
-- Looked up then and not when the event happened: who has answered meanwhile is not asked again.

-- A link to the page about a session. It outlives the session: whoever opens it later is told what became of it.
create function private.get_session_link_end(session public.session_schedules) returns timestamptz
  language sql stable set search_path = ''
as $$
  select (session).scheduled_at + interval '30 days';
$$;

create function private.make_session_link(session public.session_schedules, user_id uuid) returns text
  language sql volatile set search_path = ''
as $$
  select private.make_page_link('manage_session', make_session_link.user_id, (session).id::text,
                                private.get_session_link_end(session));
$$;

-- By the page's name; a page that the mail does not lead to is not in it.
create function private.make_mail_links(mail private.mails) returns jsonb
  language plpgsql volatile set search_path = ''
as $$
declare
  v_session    public.session_schedules;
  v_is_to_come boolean;
  -- Of a booking of one's own that is to come.
  v_is_booked  boolean;
  v_series     uuid := (select l.series_id from public.session_series_sessions l where l.session_id = mail.session_id);
  v_unanswered boolean := private.get_consent_answer(mail.user_id, 'session_recording') = 'unanswered';
begin
  select * into v_session from public.session_schedules s where s.id = mail.session_id;
  v_is_to_come := v_session.status = 'scheduled' and v_session.scheduled_at > now();
  v_is_booked := v_is_to_come and mail.audience = 'user';
  return (
    select coalesce(jsonb_object_agg(l.page, private.make_page_link(l.page, mail.user_id, l.subject, l.expires_at)), '{}')
      from (values
        ('manage_session', v_session.id::text, private.get_session_link_end(v_session),
         v_is_to_come and mail.kind in ('session_booked', 'class_scheduled', 'session_rescheduled', 'session_changed',
                                        'session_reminder', 'practitioner_late', 'change_proposed', 'change_declined')),
        -- What somebody else did or asks: while there is something to answer.
        ('answer_change', v_session.id::text, private.get_session_link_end(v_session),
         v_is_booked and case when mail.kind = 'change_proposed' then true
           when mail.kind in ('session_booked', 'session_rescheduled', 'session_changed', 'session_reminder')
             then private.has_unagreed_change(v_session)
           else false end),
        ('answer_offer', v_session.id::text, private.get_session_link_end(v_session),
         v_is_to_come and mail.kind = 'session_offered'),
        ('find_substitute', v_session.id::text, private.get_session_link_end(v_session),
         v_is_to_come and mail.kind in ('substitute_wanted', 'session_not_taken')),
        -- Only what is online is recorded. To withdraw by, once it is answered; asked again only while it is not.
        ('answer_recording_consent', null, now() + interval '1 year', case mail.kind
           when 'session_booked'   then v_is_to_come and v_session.session_location = 'online'
                                        and (mail.audience = 'user' or v_unanswered)
           when 'series_booked'    then v_is_to_come and v_session.session_location = 'online'
                                        and (mail.audience = 'user' or v_unanswered)
           when 'class_scheduled'  then v_is_to_come and v_session.session_location = 'online' and v_unanswered
           when 'session_reminder' then v_is_booked and v_session.session_location = 'online' and v_unanswered
           when 'contract_issued'  then true
           else false end),
        ('choose_place', v_session.id::text, v_session.scheduled_at,
         v_is_booked and mail.kind in ('session_booked', 'session_rescheduled') and v_session.place_said_at is null
         and v_session.session_location = 'online' and private.can_choose_place(v_session)),
        ('sign_waiver', v_session.id::text, v_session.scheduled_at + interval '1 day',
         v_is_booked and mail.kind in ('session_booked', 'series_booked', 'session_rescheduled', 'session_reminder', 'payment_received')
         and not private.has_signed_waiver(mail.user_id, v_session.id)),
        ('manage_calendars', null, now() + interval '1 year',
         mail.kind = 'calendar_unreadable'
         or mail.kind = 'sessions_collide' and mail.payload ->> 'because' = 'other_calendar'
            and (mail.payload ->> 'is_leading')::boolean
         or v_is_to_come and mail.kind in ('session_booked', 'class_scheduled')),
        ('book_series', null, now() + interval '90 days',
         mail.kind in ('payment_received', 'credits_granted')
         and exists (select from private.list_series_kinds(mail.user_id) k where k.credits > 1)),
        ('manage_series', coalesce(mail.payload ->> 'series_id', v_series::text), now() + interval '400 days',
         mail.kind in ('series_booked', 'series_moved', 'series_cancelled') and mail.payload ? 'series_id'
         or v_is_to_come and v_series is not null
            and mail.kind in ('session_rescheduled', 'session_changed', 'session_reminder')),
        -- A month longer than it can be rated: until then the page says what was given.
        ('rate_session', v_session.id::text, private.get_rating_end(v_session) + interval '30 days',
         mail.kind = 'session_completed' and private.is_held(v_session) and now() < private.get_rating_end(v_session)),
        ('pay_session', null, now() + interval '2 days', mail.kind = 'session_to_pay'),
        -- To all the classes, their seats and their waiting lists.
        ('find_classes', null, now() + interval '60 days',
         mail.kind in ('waiting_list_joined', 'seat_kept', 'kept_seat_lapsed', 'waiting_class_changed',
                       'waiting_class_cancelled', 'class_full', 'class_links')),
        -- To all that they owe.
        ('pay_fee', null, now() + interval '1 year',
         mail.audience = 'user'
         and (mail.kind in ('session_cancelled', 'series_cancelled', 'fee_owed', 'my_sessions')
              or mail.kind = 'payment_failed' and mail.payload ->> 'payment_type' = 'fee')
         and exists (select from public.owed_fees f
                      where f.user_id = mail.user_id and f.status = 'owed'
                        and (mail.kind <> 'session_cancelled' or f.session_id = mail.session_id))),
        -- To admins who want it: their mail about matters goes to the support address, and has nobody's link.
        ('review_fees_and_ratings', null, now() + interval '2 days',
         mail.kind = 'my_sessions' and public.has_role(mail.user_id, 'admin')),
        ('show_payout', mail.payload ->> 'payout_id', now() + interval '1 year',
         mail.kind = 'payout_paid' and mail.payload ? 'payout_id'),
        -- What a bank did not pay for: by itself, whatever else they pick meanwhile. A package is bought in the wallet.
        ('pay_session', mail.payload ->> 'checkout_id', now() + interval '14 days',
         mail.kind = 'payment_failed' and mail.payload ->> 'payment_type' = 'single')
      ) l (page, subject, expires_at, is_wanted)
     where l.is_wanted);
end
$$;

revoke execute on function private.get_session_link_end, private.make_session_link, private.make_mail_links
  from public, anon, authenticated, service_role;


-- messages/unreachable_people.sql

-- People whom mails do not reach: their address has refused one for good, and no other is sent there.
--
-- It lasts until they have another address, or an operator queues the failed mail again (`resolve_mail`). Whoever leads
-- a session of theirs that is to come sees it, and can say so when they meet; admins see all of them. Not the address:
-- that is in `email_logs`, for admins and its owner.

create index mails_refused_user_id_idx on private.mails (user_id)
  where status = 'failed' and status_reason = 'inactive_recipient';

-- Since when; null: mails arrive, as far as is known.
create function private.find_unreachable_since(user_id uuid) returns timestamptz
  language sql stable set search_path = ''
as $$
  select min(m.ended_at) from private.mails m join auth.users u on u.id = m.user_id
   where m.user_id = find_unreachable_since.user_id and m.status = 'failed' and m.status_reason = 'inactive_recipient'
     and m.recipient_email = u.email;
$$;

-- Definer: nobody reads mails, or everybody's sessions. So it checks who is calling.
create function private.list_unreachable_people() returns table (user_id uuid, since timestamptz, meets_at timestamptz)
  language sql stable security definer set search_path = ''
as $$
  select refused.user_id, refused.since, next.meets_at
    from (select m.user_id, private.find_unreachable_since(m.user_id) as since
            from private.mails m where m.status = 'failed' and m.status_reason = 'inactive_recipient'
           group by m.user_id) refused
    cross join lateral (
      select min(s.scheduled_at) as meets_at from public.session_schedules s
       where s.client_id = refused.user_id and s.status = 'scheduled' and s.scheduled_at > now()
         -- A class's own row names an admin; its seats name the participants.
         and (s.max_participants = 1 or s.group_class_id is not null)
         and ((select private.is_admin()) or s.practitioner_id = any (array(select private.my_practitioner_ids())))) next
   where refused.since is not null
     and ((select private.is_admin()) or next.meets_at is not null or refused.user_id = (select auth.uid()));
$$;

create view public.unreachable_people with (security_invoker = true) as
  select l.user_id, f.full_name as name, l.since, l.meets_at
    from private.list_unreachable_people() l
    left join lateral (select x.full_name from public.profiles x where x.id = l.user_id limit 1) f on true;

comment on view public.unreachable_people is
  'Whom mails do not reach: for admins all, for a practitioner the clients of sessions to come, and oneself.';

comment on column public.unreachable_people.user_id is 'Whose it is.';

comment on column public.unreachable_people.name is 'Of whom.';

comment on column public.unreachable_people.since is 'When mail to them first came back.';

comment on column public.unreachable_people.meets_at is 'When their next session begins.';

revoke all on public.unreachable_people from anon, authenticated, service_role;

grant select on public.unreachable_people to authenticated;

revoke execute on function private.find_unreachable_since, private.list_unreachable_people
  from public, anon, authenticated, service_role;

grant execute on function private.list_unreachable_people to authenticated;


-- messages/stale_mails.sql

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


-- messages/send_mails.sql

-- Sending mails: claim one, start it, record how it ended. Any number of senders at once, each may die at any point.
--
--   claim_mail    addresses what has happened since (address_events.sql), checks again whether the event of the next
--                 mail still holds, and returns what the mail states; a lease keeps other senders off
--   start_mail    comes right before the call of the mail service: from here on the mail is never sent again by itself
--   finish_mail   records the outcome
--
-- The mail service has no idempotency key: when a sender dies between handing a mail over and getting the answer,
-- nobody here knows whether it was sent. A mail that may be missing does less harm than one that comes twice, because
-- the pages show the same.
--
-- Mails about one session go to one person in their order, so that a cancellation never overtakes its confirmation.

-- The next mail that is due, locked: one to send, or else one of unknown fate. By the queue's order, nearest first.
create function private.lock_due_mail() returns private.mails
  language plpgsql volatile set search_path = ''
as $$
declare
  v_mail private.mails;
begin
  select * into v_mail from private.mails m
   where m.status = 'queued' and m.next_attempt_at <= now() and coalesce(m.lease_until, '-infinity') < now()
     and not exists (select from private.mails earlier
                      where earlier.session_id = m.session_id and earlier.user_id = m.user_id
                        and earlier.position < m.position and earlier.status in ('queued', 'sending'))
   order by m.next_attempt_at limit 1 for update skip locked;
  if not found then
    select * into v_mail from private.mails m
     where m.status = 'unknown' and m.next_attempt_at <= now() and coalesce(m.lease_until, '-infinity') < now()
     order by m.next_attempt_at limit 1 for update skip locked;
  end if;
  return v_mail;
end
$$;

-- When a mail of unknown fate is looked for again: for an hour. Then an operator decides.
create function private.next_search_at(mail private.mails) returns timestamptz
  language sql stable set search_path = ''
as $$
  select case when (mail).started_at > now() - interval '1 hour' then now() + interval '10 minutes' end;
$$;

-- Ends a mail that is not to be sent, or to be looked for no longer: that one stays `unknown`, for an operator.
create function private.end_unsent_mail(mail private.mails, status text, reason text) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_mail private.mails;
begin
  update private.mails m
     set status = case mail.status when 'unknown' then 'unknown' else end_unsent_mail.status end,
         status_reason = left(end_unsent_mail.reason, 2000), next_attempt_at = null, lease_until = null,
         ended_at = case when mail.status <> 'unknown' then now() end,
         recipient_email = coalesce(m.recipient_email, (select u.email from auth.users u where u.id = m.user_id))
   where m.id = mail.id returning m.* into v_mail;
  if v_mail.status = 'failed' and v_mail.recipient_email is not null then
    perform private.log_mail(v_mail);
  end if;
end
$$;

create type private.claimed_mail as (
  task text, mail_id uuid, lease_id uuid, kind text, audience text, recipient_email text, recipient_name text,
  time_zone text, language text, unsubscribe_category text, unsubscribe_token text, links jsonb, started_at timestamptz, payload jsonb,
  session private.session_summary, payment private.payment_summary, credits private.credit_summary,
  document private.document_summary
);

-- What a mail states. Definer: as claim_mail.
create function private.compose_claimed_mail(mail private.mails) returns private.claimed_mail
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_claimed private.claimed_mail;
begin
  v_claimed.task := case mail.status when 'queued' then 'send' else 'find' end;
  v_claimed.mail_id := mail.id;
  v_claimed.lease_id := mail.lease_id;
  v_claimed.kind := mail.kind;
  v_claimed.audience := mail.audience;
  v_claimed.started_at := mail.started_at;
  if v_claimed.task = 'find' then
    return v_claimed;  -- It is looked for by its id.
  end if;
  v_claimed.language := private.find_language(mail.user_id);  -- support has none
  v_claimed.payload := (mail.payload - array['session', 'previous'])
    || coalesce(private.list_untold_changes(mail), '{}')
    || jsonb_build_object('recording_consent', private.get_consent_answer(mail.user_id, 'session_recording'),
    'recordings_are_kept', private.describe_recording_retention(v_claimed.language));
  if mail.kind = 'my_sessions' then
    v_claimed.payload := jsonb_build_object(
      'sessions', private.link_sessions_to_come(mail.user_id),
      'series', private.link_series_to_come(mail.user_id),
      'fees', (select coalesce(jsonb_agg(jsonb_build_object('amount_minor', f.amount_minor, 'currency', f.currency)
                                         order by f.created_at), '[]')
                 from public.owed_fees f where f.user_id = mail.user_id and f.status = 'owed'));
  elsif mail.kind in ('series_booked', 'series_moved', 'series_cancelled', 'time_off_wanted') then
    v_claimed.payload := v_claimed.payload || jsonb_build_object('sessions', private.link_told_sessions(mail));
  elsif mail.kind = 'sessions_collide' then
    v_claimed.payload := v_claimed.payload || private.link_told_collisions(mail);
  elsif mail.kind = 'ratings_received' then
    v_claimed.payload := private.describe_received_ratings(mail);
  elsif mail.kind = 'matters_waiting' then
    v_claimed.payload := private.describe_matters((mail.payload ->> 'told_at')::timestamptz);
  end if;
  select u.email, f.full_name into v_claimed.recipient_email, v_claimed.recipient_name
    from auth.users u left join public.profiles f on f.id = u.id where u.id = mail.user_id;
  v_claimed.session := private.summarize_session(private.find_session_or_snapshot(mail.session_id, mail.payload));
  v_claimed.time_zone := coalesce(private.find_user_time_zone(mail.user_id), (v_claimed.session).time_zone);
  v_claimed.payment := private.summarize_payment((mail.payload ->> 'checkout_id')::uuid);
  v_claimed.credits := private.summarize_credits((mail.payload ->> 'lot_id')::uuid, v_claimed.language);
  v_claimed.document :=
    private.summarize_document(coalesce(mail.payload ->> 'waiver_id', mail.payload ->> 'contract_id')::uuid);
  select k.category into v_claimed.unsubscribe_category from private.mail_kinds k
   where (k.kind, k.audience) = (mail.kind, mail.audience);
  if v_claimed.unsubscribe_category is not null then
    v_claimed.unsubscribe_token := private.make_page_link('unsubscribe', mail.user_id, v_claimed.unsubscribe_category);
  end if;
  v_claimed.links := private.make_mail_links(mail);
  return v_claimed;
end
$$;

-- Task send: the next mail that is due. If none is, task find: one of unknown fate, to be looked for at the mail
-- service. Task none: so many in a row were stale that the rest waits for the next call. If nothing is due, a row of
-- nulls.
-- Definer: nobody has the right to write mails, or to read everybody's addresses and what mails state.
create function private.claim_mail() returns private.claimed_mail
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_mail      private.mails;
  v_addressed integer;
  v_claimed   private.claimed_mail;
  v_dropped   text;
  v_failed    text;
begin
  -- Few in one statement: whoever looks for the next one passes every row that this transaction has changed already.
  for v_try in 1 .. 50 loop
    v_addressed := case when v_try <= 10 then private.address_waiting_events() else 0 end;
    v_mail := private.lock_due_mail();
    exit when v_mail.id is null and v_try > 10;
    if v_mail.id is null and v_addressed = 0 then
      return null;
    end if;
    continue when v_mail.id is null;
    update private.mails m
       set attempts = m.attempts + 1, lease_id = gen_random_uuid(), lease_until = now() + interval '1 minute',
           next_attempt_at = case m.status
             when 'queued' then now() + greatest(interval '1 minute', private.retry_delay(m.attempts + 1))
             else private.next_search_at(m) end
     where m.id = v_mail.id returning m.* into v_mail;
    v_dropped := null;
    v_failed := case when v_mail.status = 'queued' and v_mail.attempts > private.max_attempts() then 'sender_died' end;
    if v_failed is null then
      begin
        v_dropped := case v_mail.status when 'queued' then private.find_reason_to_drop_mail(v_mail) end;
        if v_dropped is null then
          v_claimed := private.compose_claimed_mail(v_mail);
          v_failed := private.find_reason_unreadable(to_jsonb(v_claimed));
        end if;
      exception when query_canceled or others then
        v_failed := 'not_readable ' || sqlstate;
      end;
    end if;
    if v_dropped is null and v_failed is null then
      return v_claimed;
    end if;
    perform private.end_unsent_mail(v_mail, case when v_failed is null then 'dropped' else 'failed' end,
                                    coalesce(v_failed, v_dropped));
  end loop;
  v_claimed := null;
  v_claimed.task := 'none';
  return v_claimed;
end
$$;

-- Marks a claimed mail as being sent, under the same lease. Definer: as above.
create function private.start_mail(
  mail_id uuid, lease_id uuid, recipient_email text, template_id text, session_sequence integer) returns timestamptz
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_until timestamptz;
begin
  update private.mails m
     set status = 'sending', started_at = now(), lease_until = now() + interval '2 minutes',
         recipient_email = start_mail.recipient_email, template_id = start_mail.template_id,
         session_sequence = start_mail.session_sequence
   where m.id = start_mail.mail_id and m.lease_id = start_mail.lease_id and m.status = 'queued' and m.lease_until > now()
  returning m.lease_until into v_until;
  if v_until is null then
    perform private.refuse(409, 'lease_lost', 'Somebody else sends this mail now.');
  end if;
  return v_until;
end
$$;

-- Records the outcome and returns the new status. Outcomes: sent, failed, unknown, later (refused for now), not_found
-- (of task find).
-- Definer: as above.
create function private.finish_mail(mail_id uuid, lease_id uuid, outcome text, provider_message_id text, reason text)
  returns text
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_before private.mails;
  v_mail   private.mails;
begin
  select * into v_before from private.mails m
   where m.id = finish_mail.mail_id and m.lease_id = finish_mail.lease_id for update;
  if not found or v_before.status not in ('queued', 'sending', 'unknown') then
    perform private.refuse(409, 'lease_lost', 'Somebody else sends this mail now.');
  end if;
  update private.mails m
     set status = case
           when outcome = 'later' and m.attempts < private.max_attempts() then 'queued'
           when outcome = 'later' then 'failed'
           when outcome = 'not_found' then 'unknown'
           else outcome end,
         status_reason = left(finish_mail.reason, 2000),
         provider_message_id = coalesce(left(finish_mail.provider_message_id, 255), m.provider_message_id),
         recipient_email = coalesce(m.recipient_email, (select u.email from auth.users u where u.id = m.user_id)),
         ended_at = case when outcome in ('sent', 'failed') then now() end,
         next_attempt_at = case outcome
           when 'later' then now() + private.retry_delay(m.attempts)
           when 'unknown' then now() + interval '2 minutes'  -- the mail service's list of what it sent is minutes behind
           when 'not_found' then private.next_search_at(m) end,
         lease_until = null
   where m.id = v_before.id returning m.* into v_mail;
  if outcome <> 'not_found' and v_mail.status in ('sent', 'failed', 'unknown') then
    perform private.log_mail(v_mail);
  end if;
  return v_mail.status;
end
$$;

-- Mails whose sender died after start_mail: nobody knows whether they went out. Definer: as above.
create function private.mark_lost_mails_unknown() returns integer
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_mail  private.mails;
  v_count integer := 0;
begin
  for v_mail in
    update private.mails m set status = 'unknown', status_reason = 'sender_died', next_attempt_at = now()
     where m.id in (select lost.id from private.mails lost
                     where lost.status = 'sending' and lost.lease_until < now() limit 500 for update skip locked)
    returning m.*
  loop
    perform private.log_mail(v_mail);
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$$;

-- An operator's decision. A mail that is queued again has all its attempts again. Definer: as above.
create function private.resolve_mail(mail_id uuid, outcome text) returns text
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_mail private.mails;
begin
  update private.mails m
     set status = outcome, status_reason = 'by_operator', lease_id = null, lease_until = null,
         attempts = 0, next_attempt_at = case outcome when 'queued' then now() end,
         ended_at = case outcome when 'sent' then now() end
   where m.id = resolve_mail.mail_id and m.status in ('unknown', 'failed') and outcome in ('sent', 'queued')
  returning m.* into v_mail;
  if not found then
    perform private.refuse(409, 'mail_not_stuck', 'Only an unknown or failed mail can be called sent, or queued again.');
  end if;
  if outcome = 'sent' then
    perform private.log_mail(v_mail);
  end if;
  return v_mail.status;
end
$$;

-- The same, exposed: the API calls functions of schema public.

create function public.claim_mail()
  returns table (task text, mail_id uuid, lease_id uuid, kind text, audience text, recipient_email text,
                 recipient_name text, time_zone text, language text, unsubscribe_category text, unsubscribe_token text, links jsonb,
                 started_at timestamptz, payload jsonb, session private.session_summary, payment private.payment_summary,
                 credits private.credit_summary, document private.document_summary)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.claim_mail();
$$;

create function public.start_mail(
  mail_id uuid, lease_id uuid, recipient_email text, template_id text, session_sequence integer)
  returns table (lease_until timestamptz)
  language sql volatile security invoker set search_path = ''
as $$
  select private.start_mail(start_mail.mail_id, start_mail.lease_id, start_mail.recipient_email, start_mail.template_id,
                            start_mail.session_sequence);
$$;

create function public.finish_mail(
  mail_id uuid, lease_id uuid, outcome text, provider_message_id text default null, reason text default null)
  returns table (status text)
  language sql volatile security invoker set search_path = ''
as $$
  select private.finish_mail(finish_mail.mail_id, finish_mail.lease_id, finish_mail.outcome,
                             finish_mail.provider_message_id, finish_mail.reason);
$$;

create function public.resolve_mail(mail_id uuid, outcome text) returns table (status text)
  language sql volatile security invoker set search_path = ''
as $$
  select private.resolve_mail(resolve_mail.mail_id, resolve_mail.outcome);
$$;

comment on function public.resolve_mail is
  'For operators: records that a mail of unknown fate was sent, or queues it again, as it does a failed one.';

revoke execute on function private.lock_due_mail, private.next_search_at,
  private.end_unsent_mail, private.compose_claimed_mail, private.claim_mail, private.start_mail, private.finish_mail,
  private.mark_lost_mails_unknown, private.resolve_mail, public.claim_mail, public.start_mail, public.finish_mail,
  public.resolve_mail from public, anon, authenticated, service_role;

grant execute on function private.claim_mail, private.start_mail, private.finish_mail, private.mark_lost_mails_unknown,
  private.resolve_mail, public.claim_mail, public.start_mail, public.finish_mail, public.resolve_mail to service_role;


-- waiting_lists/joining.sql

-- Joining and leaving a waiting list, and the classes to come with their seats and lists.

-- Definer: people may not write entries, nor read those of others.
create function private.join_waiting_list(class_id uuid) returns public.waiting_list_entries
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_user  constant uuid := (select auth.uid());
  v_class public.session_schedules;
  v_entry public.waiting_list_entries;
  v_rules private.waiting_list_rules;
begin
  perform private.refuse_anonymous_caller(), private.lock_client(v_user);
  perform private.limit_use('waiting lists', v_user);
  v_class := private.lock_class(join_waiting_list.class_id);
  -- A second click finds what the first one made.
  select * into v_entry from public.waiting_list_entries e
   where e.class_id = v_class.id and e.user_id = v_user and e.status in ('waiting', 'kept');
  if found then
    return v_entry;
  end if;
  perform private.refuse_unfit_class(v_class, v_user);
  select * into v_rules from private.waiting_list_rules r
   where r.is_newcomer = (private.get_hold_rules(v_user)).is_newcomer;
  if not private.takes_bookings(v_class) then
    perform private.refuse(409, 'practitioner_unavailable', 'This practitioner takes no bookings at the moment.',
                           'Please choose another practitioner.');
  elsif private.get_keeping_end(v_class.scheduled_at, v_rules.is_newcomer) is null then
    perform private.refuse(409, 'waiting_list_over', 'It is too late to wait for a seat: the class begins soon.',
                           'What comes free now can be booked by whoever comes first.');
  elsif private.count_taken_seats(v_class.id) + private.count_held_seats(v_class.id, v_user) < v_class.max_participants then
    perform private.refuse(409, 'seats_are_free', 'There is a free seat in this class.', 'Take it, before somebody else does.');
  elsif v_rules.per_class <= (select count(*) from public.waiting_list_entries e
                               where e.class_id = v_class.id and e.status in ('waiting', 'kept')) then
    perform private.refuse(409, 'waiting_list_full', 'So many wait for this class that its list is full.',
                           'Please choose another class.');
  elsif v_rules.at_once <= (select count(*) from public.waiting_list_entries e
                             where e.user_id = v_user and e.status in ('waiting', 'kept')) then
    perform private.refuse(409, 'too_many_waiting_lists', format('You wait for %s classes already.', v_rules.at_once),
                           'Leave one of their lists first.');
  end if;
  insert into public.waiting_list_entries as e (class_id, user_id, told)
  values (v_class.id, v_user, private.describe_told_class(v_class))
  returning e.* into v_entry;
  perform private.publish_event('waiting_list_joined', v_user, v_class.id, jsonb_build_object(
    'entry_id', v_entry.id, 'practitioner_id', v_class.practitioner_id, 'scheduled_at', v_class.scheduled_at));
  return v_entry;
end
$$;

-- Definer: as above. Leaving again, or where one is not on the list, changes nothing.
create function private.leave_waiting_list(class_id uuid) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user constant uuid := (select auth.uid());
begin
  perform private.lock_client(v_user);
  perform private.limit_use('waiting lists', v_user);
  perform private.lock_class(leave_waiting_list.class_id);
  update public.waiting_list_entries e set status = 'left', ended_at = now()
   where e.class_id = leave_waiting_list.class_id and e.user_id = v_user and e.status in ('waiting', 'kept');
end
$$;

-- The way to the list for whoever wants a seat in a full class: one mail, however often they try in a while.
create function private.publish_full_class(class public.session_schedules) returns void
  language plpgsql volatile set search_path = ''
as $$
begin
  if private.get_keeping_end(class.scheduled_at, false) is not null
     and not exists (select from public.waiting_list_entries e
                      where e.class_id = class.id and e.user_id = auth.uid() and e.status in ('waiting', 'kept'))
     and not exists (select from public.session_schedules seat
                      where seat.group_class_id = class.id and seat.client_id = auth.uid() and seat.status <> 'cancelled')
     -- Of the outbox: the mail is written later.
     and not exists (select from private.outbox o
                      where o.user_id = auth.uid() and o.kind = 'class_full' and o.session_id = class.id
                        and o.created_at > now() - interval '1 hour') then
    perform private.limit_use('picks kept', auth.uid());
    perform private.publish_event('class_full', auth.uid(), class.id, jsonb_build_object(
      'practitioner_id', class.practitioner_id, 'scheduled_at', class.scheduled_at));
  end if;
end
$$;

create type public.coming_class as (
  class_id uuid, class_name text, practitioner_name text, scheduled_at timestamptz, ends_at timestamptz, time_zone text,
  session_location text, physical_location text, max_participants integer, free_seats integer, waiting integer,
  takes_waiting boolean, is_joined boolean, my_status text, my_place integer, kept_until timestamptz
);

comment on type public.coming_class is 'A class to come, its seats and its list, and what of them is the reader''s.';

comment on column public.coming_class.free_seats is 'What the reader can still have: neither taken, held, nor waited for.';

comment on column public.coming_class.takes_waiting is 'Whether it is early enough to wait for a seat.';

comment on column public.coming_class.my_status is 'waiting or kept; null: not on the list.';

comment on column public.coming_class.my_place is 'Of those who wait: 1 is the next for whom a seat is kept.';

-- Those of the next ninety days. Where somebody waits, whoever leads it may have stopped taking bookings.
-- Definer: seats and lists are of many people, of whom it says only how many there are.
create function private.list_coming_classes(at_most integer, only_class uuid default null) returns setof public.coming_class
  language sql stable security definer set search_path = ''
as $$
  select c.id, c.class_name, p.name, c.scheduled_at, c.scheduled_at + make_interval(mins => c.duration_minutes),
         coalesce(c.time_zone, 'America/Toronto'), c.session_location,
         case when c.session_location = 'in_person' then private.describe_location(c) end, c.max_participants,
         greatest(0, c.max_participants - private.count_taken_seats(c.id) - private.count_held_seats(c.id, auth.uid())),
         (select count(*)::integer from public.waiting_list_entries e where e.class_id = c.id and e.status = 'waiting'),
         private.get_keeping_end(c.scheduled_at, false) is not null,
         exists (select from public.session_schedules seat
                  where seat.group_class_id = c.id and seat.client_id = auth.uid() and seat.status <> 'cancelled'),
         mine.status, case when mine.status = 'waiting' then private.count_waiting_before(c.id, auth.uid()) + 1 end,
         mine.kept_until
    from (select s.* from public.session_schedules s
           where s.max_participants > 1 and s.group_class_id is null and s.status = 'scheduled'
             and s.scheduled_at > now()
             and case when list_coming_classes.only_class is not null then s.id = list_coming_classes.only_class
                      -- Before they are counted: what is not shown takes nobody's place.
                      else s.scheduled_at < now() + interval '90 days' and (
                        private.takes_bookings(s) or exists (
                          select from public.waiting_list_entries e
                           where e.class_id = s.id and e.user_id = auth.uid()
                             and (e.status = 'waiting' or e.status = 'kept' and e.kept_until > now()))) end
           order by s.scheduled_at, s.id limit least(greatest(coalesce(list_coming_classes.at_most, 50), 1), 100)) c
    join public.practitioners p on p.id = c.practitioner_id
    left join public.waiting_list_entries mine
      on mine.class_id = c.id and mine.user_id = auth.uid() and mine.status in ('waiting', 'kept')
     and (mine.status = 'waiting' or mine.kept_until > now())
   order by c.scheduled_at, c.id;
$$;

create function public.list_coming_classes(at_most integer default 50) returns setof public.coming_class
  language sql stable security invoker set search_path = ''
as $$
  select * from private.list_coming_classes(list_coming_classes.at_most);
$$;

comment on function public.list_coming_classes is
  'The classes to come, with their seats and waiting lists, and where the caller stands on them.';

create function public.join_waiting_list(class_id uuid)
  returns table (entry_id uuid, status text, kept_until timestamptz)
  language sql volatile security invoker set search_path = ''
as $$
  select e.id, e.status, e.kept_until from private.join_waiting_list(join_waiting_list.class_id) e;
$$;

comment on function public.join_waiting_list is 'Waits for a seat in a full class. Joining again finds the first entry.';

create function public.leave_waiting_list(class_id uuid) returns table (success boolean)
  language sql volatile security invoker set search_path = ''
as $$
  select private.leave_waiting_list(leave_waiting_list.class_id);
  select true;
$$;

comment on function public.leave_waiting_list is 'Waits no longer, and gives back a seat that is kept.';

revoke execute on function private.join_waiting_list, private.leave_waiting_list, private.publish_full_class,
  private.list_coming_classes, public.list_coming_classes, public.join_waiting_list, public.leave_waiting_list
  from public, anon, authenticated, service_role;

grant execute on function private.join_waiting_list, private.leave_waiting_list, private.list_coming_classes,
  public.list_coming_classes, public.join_waiting_list, public.leave_waiting_list to authenticated;


-- waiting_lists/settling.sql

-- Settling: each minute, lists get what they are due. Seats that came free are kept for whoever has waited longest,
-- what was not taken in time goes to the next, and all are told, once, of what became of their class.
--
-- A seat may come free in many ways, some of them by the clock alone, so nothing here hangs on an event: what is, is
-- compared with what should be. Until then nobody else gets the seat (private.count_held_seats). What somebody was told
-- of the class is kept with their entry: of two moves in a minute they hear once, and not of one that was undone.

-- Whoever is paying at the deadline has until the payment ends, one way or the other.
create function private.has_lapsed(entry public.waiting_list_entries) returns boolean
  language sql stable set search_path = ''
as $$
  select (entry).status = 'kept' and (entry).kept_until <= now()
     and not exists (select from public.session_holds h
                      where h.group_class_id = (entry).class_id and h.user_id = (entry).user_id and h.status = 'held'
                        and h.expires_at > now());
$$;

create function private.count_seats_to_keep(class public.session_schedules) returns integer
  language sql stable set search_path = ''
as $$
  select case when private.get_keeping_end(class.scheduled_at, false) is null or not private.takes_bookings(class) then 0
              else class.max_participants - private.count_taken_seats(class.id)
                   - (select count(*)::integer from private.list_seat_keepers(class.id)) end;
$$;

-- The classes whose lists are due, the nearest first.
create function private.list_classes_to_settle(at_most integer) returns setof uuid
  language sql stable set search_path = ''
as $$
  select c.id
    from public.session_schedules c
   where c.id in (select e.class_id from public.waiting_list_entries e where e.status in ('waiting', 'kept'))
     and (c.status <> 'scheduled' or c.scheduled_at <= now() or not private.is_class(c)
          or exists (select from public.waiting_list_entries e
                      where e.class_id = c.id and e.status in ('waiting', 'kept')
                        and (e.told <> private.describe_told_class(c) or private.has_lapsed(e)))
          or (exists (select from public.waiting_list_entries e where e.class_id = c.id and e.status = 'waiting')
              and private.count_seats_to_keep(c) > 0))
   order by c.scheduled_at, c.id limit list_classes_to_settle.at_most;
$$;

-- Gives the number of entries that changed. The caller has locked the class.
create function private.settle_waiting_list(class public.session_schedules) returns integer
  language plpgsql volatile set search_path = ''
as $$
declare
  v_entry   public.waiting_list_entries;
  v_told    public.session_schedules;
  v_facts   constant jsonb := jsonb_build_object(
    'practitioner_id', class.practitioner_id, 'scheduled_at', class.scheduled_at);
  v_is_over constant boolean := class.status <> 'scheduled' or class.scheduled_at <= now() or not private.is_class(class);
  v_until   timestamptz;
  v_changed integer := 0;
begin
  for v_entry in
    select e.* from public.waiting_list_entries e
     where e.class_id = class.id and e.status in ('waiting', 'kept') order by e.place for update
  loop
    if v_is_over then
      update public.waiting_list_entries e set status = 'closed', ended_at = now() where e.id = v_entry.id;
      -- Of a class that has begun they need not hear: no seat came free, or they did not take it.
      if class.status = 'cancelled' or not private.is_class(class) then
        perform private.publish_event('waiting_class_cancelled', v_entry.user_id, class.id, v_facts
          || private.snapshot_session(class));
      end if;
    elsif private.has_lapsed(v_entry) then
      update public.waiting_list_entries e set status = 'lapsed', ended_at = now() where e.id = v_entry.id;
      perform private.publish_event('kept_seat_lapsed', v_entry.user_id, class.id, v_facts);
    elsif v_entry.told <> private.describe_told_class(class) then
      v_told := jsonb_populate_record(class, v_entry.told);
      update public.waiting_list_entries e
         set told = private.describe_told_class(class), kept_until = least(e.kept_until, class.scheduled_at)
       where e.id = v_entry.id;
      perform private.publish_event('waiting_class_changed', v_entry.user_id, class.id, v_facts || jsonb_build_object(
        'by', 'platform', 'previous', private.list_previous_values(v_told, class)));
    else
      continue;
    end if;
    v_changed := v_changed + 1;
  end loop;

  for v_entry in
    select e.* from public.waiting_list_entries e
     where e.class_id = class.id and e.status = 'waiting' and not v_is_over order by e.place
     limit greatest(0, private.count_seats_to_keep(class))
  loop
    v_until := date_trunc('second', coalesce(
      private.get_keeping_end(class.scheduled_at, (private.get_hold_rules(v_entry.user_id)).is_newcomer),
      private.get_keeping_end(class.scheduled_at, false)));
    update public.waiting_list_entries e set status = 'kept', kept_until = v_until where e.id = v_entry.id;
    perform private.publish_event('seat_kept', v_entry.user_id, class.id, v_facts || jsonb_build_object(
      'entry_id', v_entry.id, 'answer_until', v_until));
    v_changed := v_changed + 1;
  end loop;
  return v_changed;
end
$$;

-- Definer: the service runs it, and may write none of this by itself. A class that somebody is just booking has its
-- turn a minute later; one that fails does not hold up the others.
create function private.settle_waiting_lists() returns integer
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_class   public.session_schedules;
  v_id      uuid;
  v_changed integer := 0;
begin
  for v_id in select c from private.list_classes_to_settle(50) c loop
    begin
      select s.* into v_class from public.session_schedules s where s.id = v_id for update skip locked;
      if found then
        v_changed := v_changed + private.settle_waiting_list(v_class);
      end if;
    exception when others then
      raise warning 'waiting list of class %: %', v_id, sqlerrm;
    end;
  end loop;
  return v_changed;
end
$$;

revoke execute on function private.list_classes_to_settle, private.has_lapsed, private.count_seats_to_keep,
  private.settle_waiting_list, private.settle_waiting_lists from public, anon, authenticated, service_role;

grant execute on function private.settle_waiting_lists to service_role;


-- waiting_lists/moving_up.sql

-- For admins: who waits for a class, and moving somebody to the front of its list, with a reason. Both are rare, and
-- overtake others, so the audit log has who did it (waiting_list_entries.sql).

create function private.find_waiting_people(class_id uuid)
  returns table (entry_id uuid, user_id uuid, full_name text, status text, place integer, kept_until timestamptz,
                 place_reason text, created_at timestamptz)
  language sql stable set search_path = ''
as $$
  select e.id, e.user_id, f.full_name, e.status,
         case when e.status = 'waiting' then private.count_waiting_before(e.class_id, e.user_id) + 1 end,
         e.kept_until, e.place_reason, e.created_at
    from public.waiting_list_entries e left join public.profiles f on f.id = e.user_id
   where e.class_id = find_waiting_people.class_id and e.status in ('waiting', 'kept')
   order by e.status <> 'kept', e.place limit 1000;
$$;

-- Definer: it names people whom the caller may read elsewhere, one by one.
create function private.list_waiting_people(class_id uuid)
  returns table (entry_id uuid, user_id uuid, full_name text, status text, place integer, kept_until timestamptz,
                 place_reason text, created_at timestamptz)
  language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_column
begin
  if not private.is_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins see who waits for a class.');
  end if;
  return query select * from private.find_waiting_people(list_waiting_people.class_id);
end
$$;

create function public.list_waiting_people(class_id uuid)
  returns table (entry_id uuid, user_id uuid, full_name text, status text, place integer, kept_until timestamptz,
                 place_reason text, created_at timestamptz)
  language sql stable security invoker set search_path = ''
as $$
  select * from private.list_waiting_people(list_waiting_people.class_id);
$$;

comment on function public.list_waiting_people is 'For admins: who waits for a class, in their order.';

-- Definer: nobody writes entries.
create function private.move_up_waiting_person(entry_id uuid, reason text) returns public.waiting_list_entries
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_entry public.waiting_list_entries;
begin
  if not private.is_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins move somebody up.');
  end if;
  perform private.refuse_long_text('reason', move_up_waiting_person.reason, 500);
  if btrim(coalesce(move_up_waiting_person.reason, '')) = '' then
    perform private.refuse(422, 'reason_missing', 'Please say why they are moved up.');
  end if;
  select * into v_entry from public.waiting_list_entries e where e.id = move_up_waiting_person.entry_id;
  if found then
    -- The class's lock first, as everywhere.
    perform private.lock_class(v_entry.class_id);
    select * into v_entry from public.waiting_list_entries e where e.id = v_entry.id for update;
  end if;
  if v_entry.id is null then
    perform private.refuse(404, 'entry_not_found', 'Nobody waits under this id.');
  elsif v_entry.status <> 'waiting' then
    perform private.refuse(409, 'not_waiting', 'They do not wait any more.');
  end if;
  update public.waiting_list_entries e
     set place = (select min(first.place) - 1 from public.waiting_list_entries first
                   where first.class_id = v_entry.class_id and first.status in ('waiting', 'kept')),
         placed_by = (select auth.uid()), place_reason = btrim(move_up_waiting_person.reason)
   where e.id = v_entry.id
  returning e.* into v_entry;
  return v_entry;
end
$$;

create function public.move_up_waiting_person(entry_id uuid, reason text)
  returns table (id uuid, status text, place_reason text)
  language sql volatile security invoker set search_path = ''
as $$
  select e.id, e.status, e.place_reason from private.move_up_waiting_person($1, $2) e;
$$;

comment on function public.move_up_waiting_person is
  'For admins: puts somebody first on a waiting list, with a reason that the audit log keeps.';

revoke execute on function private.find_waiting_people, private.list_waiting_people, private.move_up_waiting_person, public.list_waiting_people,
  public.move_up_waiting_person from public, anon, authenticated, service_role;

grant execute on function private.list_waiting_people, private.move_up_waiting_person, public.list_waiting_people,
  public.move_up_waiting_person to authenticated;


-- messages/request_mails.sql

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
