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

-- Order matters: their names put them after users_create_profile, because a welcome names people by their profile.
create trigger users_welcome after insert on auth.users
  for each row execute function private.publish_welcome_of_account();
create trigger users_welcome_when_confirmed after update on auth.users
  for each row
  when (to_jsonb(old) ->> 'email_confirmed_at' is null and to_jsonb(new) ->> 'email_confirmed_at' is not null)
  execute function private.publish_welcome_of_account();

create trigger liability_waivers_70_publish_signed after insert on public.liability_waivers
  for each row execute function private.publish_waiver_signed();

-- Once: a recording that is completed again has a take more, and was announced.
create trigger session_recordings_70_publish_ready_on_insert after insert on public.session_recordings
  for each row when (new.status = 'completed') execute function private.publish_recording_ready();
create trigger session_recordings_70_publish_ready_on_update after update of status on public.session_recordings
  for each row when (new.status = 'completed' and old.completed_at is null)
  execute function private.publish_recording_ready();
