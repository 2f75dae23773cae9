-- From sql/schemas: webhooks/endpoints, webhooks/deliveries, messages/address_events.

-- Functions name what later chapters make.
set check_function_bodies = off;

set lock_timeout = '5s';
set statement_timeout = 0;


-- webhooks/endpoints.sql

-- Webhook endpoints: the other systems to which events are sent, each with the secret that signs what it gets.
--
-- Admins manage them. A secret is shown once, when it is made. A replaced secret signs beside its successor for a day,
-- so that the other side can change over without losing a delivery.

create table public.webhook_endpoints (
  id          uuid        primary key default gen_random_uuid(),
  url         text        not null,
  events      text[]      not null,
  description text,
  is_active   boolean     not null default true,
  created_by  uuid        default auth.uid(),
  created_at  timestamptz not null default now(),

  -- A signature is no encryption: plain http only to this very machine, where the local stack listens.
  constraint webhook_endpoints_url_is_https
    check (url ~ '^https://[^/?#@[:space:]]+([/?#][^[:space:]]*)?$'
           or url ~ '^http://(127\.0\.0\.1|localhost)(:[0-9]+)?([/?#][^[:space:]]*)?$'),
  constraint webhook_endpoints_events_are_known
    check (events <@ array['session.booked', 'session.rescheduled', 'session.changed', 'session.cancelled',
                           'session.completed', 'recording.ready', 'recording.failed', 'payment.received',
                           'payment.returned', 'payment.restored', 'payout.paid']
           and cardinality(events) between 1 and 11),
  constraint webhook_endpoints_url_is_short check (char_length(url) <= 2000),
  constraint webhook_endpoints_description_is_short check (char_length(description) <= 500)
);

comment on column public.webhook_endpoints.created_by is
  'No foreign key: the endpoint stays when its creator''s account is deleted.';

comment on table public.webhook_endpoints is 'Addresses of other systems that are told of events.';

comment on column public.webhook_endpoints.id is 'Of the row; made here.';

comment on column public.webhook_endpoints.url is 'Where it is sent.';

comment on column public.webhook_endpoints.events is 'Which events.';

comment on column public.webhook_endpoints.description is 'In words, as people read it.';

comment on column public.webhook_endpoints.is_active is 'Whether it is told.';

comment on column public.webhook_endpoints.created_at is 'When the row was made.';

alter table public.webhook_endpoints enable row level security;

create policy "admins read webhook endpoints"
  on public.webhook_endpoints for select to authenticated using ((select private.is_admin()));

create policy "admins change webhook endpoints"
  on public.webhook_endpoints for update to authenticated using ((select private.is_admin()));

create policy "admins remove webhook endpoints"
  on public.webhook_endpoints for delete to authenticated using ((select private.is_admin()));

revoke all on public.webhook_endpoints from anon, authenticated, service_role;

grant select, delete on public.webhook_endpoints to authenticated, service_role;

-- No insert: an endpoint is created together with its secret.
grant update (url, events, description, is_active) on public.webhook_endpoints to authenticated, service_role;

create table private.webhook_secrets (
  id          uuid        primary key default gen_random_uuid(),
  endpoint_id uuid        not null references public.webhook_endpoints (id) on delete cascade,
  secret      text        not null,
  retires_at  timestamptz,
  created_at  timestamptz not null default now(),

  constraint webhook_secrets_secret_is_short check (char_length(secret) <= 255)
);

comment on column private.webhook_secrets.retires_at is 'Until then it signs beside its successor; null: it is the current one.';

create index webhook_secrets_endpoint_id_idx on private.webhook_secrets (endpoint_id);

alter table private.webhook_secrets enable row level security;

-- No grant and no policy: a secret is shown once, by the function that makes it.

create function private.generate_webhook_secret() returns text
  language sql volatile set search_path = ''
as $$
  -- Two random uuids: 244 random bits from PostgreSQL's cryptographic generator.
  select 'whsec_' || encode(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), 'base64');
$$;

-- Definer: an endpoint is not written without a secret, and a secret is not read later.
create function private.create_webhook_endpoint(url text, events text[], description text)
  returns table (id uuid, secret text)
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
begin
  if not private.is_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins keep webhooks.');
  end if;
  perform private.refuse_long_text('url', create_webhook_endpoint.url, 2000);
  perform private.refuse_long_text('description', create_webhook_endpoint.description, 500);
  insert into public.webhook_endpoints (url, events, description)
  values (create_webhook_endpoint.url, create_webhook_endpoint.events, create_webhook_endpoint.description)
  returning id into create_webhook_endpoint.id;
  insert into private.webhook_secrets (endpoint_id, secret)
  values (create_webhook_endpoint.id, private.generate_webhook_secret()) returning secret into create_webhook_endpoint.secret;
  return next;
end
$$;

create function public.create_webhook_endpoint(url text, events text[], description text default null)
  returns table (id uuid, secret text)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.create_webhook_endpoint(create_webhook_endpoint.url, create_webhook_endpoint.events,
                                                create_webhook_endpoint.description);
$$;

comment on function public.create_webhook_endpoint is 'For admins. The secret is shown this once.';

-- Definer: as above.
create function private.rotate_webhook_secret(endpoint_id uuid) returns text
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_secret text;
begin
  if not private.is_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins keep webhooks.');
  end if;
  perform from public.webhook_endpoints e where e.id = rotate_webhook_secret.endpoint_id for update;
  if not found then
    perform private.refuse(404, 'webhook_endpoint_not_found', 'There is no such endpoint.');
  end if;
  delete from private.webhook_secrets s where s.endpoint_id = rotate_webhook_secret.endpoint_id and s.retires_at < now();
  update private.webhook_secrets s set retires_at = now() + interval '1 day'
   where s.endpoint_id = rotate_webhook_secret.endpoint_id and s.retires_at is null;
  insert into private.webhook_secrets (endpoint_id, secret)
  values (rotate_webhook_secret.endpoint_id, private.generate_webhook_secret()) returning secret into v_secret;
  return v_secret;
end
$$;

create function public.rotate_webhook_secret(endpoint_id uuid) returns table (secret text)
  language sql volatile security invoker set search_path = ''
as $$
  select private.rotate_webhook_secret(rotate_webhook_secret.endpoint_id);
$$;

comment on function public.rotate_webhook_secret is 'For admins. The old secret signs beside the new one for a day.';

revoke execute on function private.generate_webhook_secret, private.create_webhook_endpoint, private.rotate_webhook_secret,
  public.create_webhook_endpoint, public.rotate_webhook_secret from public, anon, authenticated, service_role;

grant execute on function private.create_webhook_endpoint, private.rotate_webhook_secret,
  public.create_webhook_endpoint, public.rotate_webhook_secret to authenticated;


-- webhooks/deliveries.sql

-- Webhook deliveries: each event on its way to each endpoint that asked for it, as standardwebhooks.com specifies.
--
--   pending -> delivered            any 2xx
--   pending -> pending              anything else: tried again, at growing intervals, for about three days
--   pending -> failed               the last attempt failed, or the endpoint is gone (410), which also switches it off
--   delivered, failed -> pending    sent again, at an admin's request
--
-- A delivery is made of its event by the next run of a worker (messages/address_events.sql). At least once, in no
-- promised order. The body is kept as text, because its bytes are what is signed: ids, times and amounts, never a name
-- or an address. The id of a delivery stays the same however often it is sent, so that the other side can tell a
-- repeat.

create table public.webhook_deliveries (
  id              uuid        primary key default gen_random_uuid(),
  endpoint_id     uuid        not null references public.webhook_endpoints (id) on delete cascade,
  outbox_id       bigint      not null,
  event           text        not null,
  body            text        not null,
  status          text        not null default 'pending' check (status in ('pending', 'delivered', 'failed')),
  attempts        integer     not null default 0,
  next_attempt_at timestamptz not null default now(),
  lease_id        uuid,
  lease_until     timestamptz,
  last_status     integer,
  last_error      text,
  ended_at        timestamptz,
  created_at      timestamptz not null default now(),

  constraint webhook_deliveries_one_per_event_and_endpoint unique (endpoint_id, outbox_id),
  constraint webhook_deliveries_texts_are_short check (char_length(event) <= 100 and char_length(last_error) <= 2000),
  constraint webhook_deliveries_body_is_short check (char_length(body) <= 200000)
);

comment on column public.webhook_deliveries.outbox_id is
  'No foreign key: the record stays when old events are deleted.';

comment on column public.webhook_deliveries.last_status is 'The HTTP status that the endpoint answered; null: it did not answer.';

comment on table public.webhook_deliveries is 'Each message to each endpoint, and what became of it.';

comment on column public.webhook_deliveries.id is 'Of the row; made here.';

comment on column public.webhook_deliveries.endpoint_id is 'To which endpoint.';

comment on column public.webhook_deliveries.event is 'What happened.';

comment on column public.webhook_deliveries.body is 'As it is sent.';

comment on column public.webhook_deliveries.status is 'pending, delivered or failed.';

comment on column public.webhook_deliveries.attempts is 'How often it was tried.';

comment on column public.webhook_deliveries.next_attempt_at is 'When it is tried next.';

comment on column public.webhook_deliveries.lease_id is 'Of the process that works on it.';

comment on column public.webhook_deliveries.lease_until is 'Until when nobody else does.';

comment on column public.webhook_deliveries.last_error is 'Of the last try.';

comment on column public.webhook_deliveries.ended_at is 'When it was delivered or given up.';

comment on column public.webhook_deliveries.created_at is 'When the row was made.';

create index webhook_deliveries_due_idx on public.webhook_deliveries (endpoint_id, next_attempt_at) where status = 'pending';

create index webhook_deliveries_leased_idx on public.webhook_deliveries (endpoint_id, lease_until)
  where status = 'pending' and lease_until is not null;  -- how many of an endpoint are on their way

create index webhook_deliveries_created_at_idx on public.webhook_deliveries (created_at);  -- sending again asks by age

alter table public.webhook_deliveries enable row level security;

create policy "admins read webhook deliveries"
  on public.webhook_deliveries for select to authenticated using ((select private.is_admin()));

revoke all on public.webhook_deliveries from anon, authenticated, service_role;

grant select on public.webhook_deliveries to authenticated, service_role;

create function private.build_webhook_data(event private.outbox) returns jsonb
  language sql stable set search_path = ''
as $$
  -- Key by key: a key that is added to a payload later is not sent out before it is listed here.
  select jsonb_strip_nulls(jsonb_build_object(
           'session_id', event.session_id, 'user_id', event.user_id,
           'practitioner_id', event.payload -> 'practitioner_id', 'group_class_id', event.payload -> 'group_class_id',
           'scheduled_at', event.payload -> 'scheduled_at', 'previous_scheduled_at', event.payload -> 'previous_scheduled_at',
           'cancelled_by', case event.kind when 'session_cancelled' then event.payload -> 'by' end,
           'changed_by', case when event.payload ? 'previous' then event.payload -> 'by' end,
           -- Which columns: neither a place nor a name.
           'changed', (select jsonb_agg(name order by name) from jsonb_object_keys(event.payload -> 'previous') name),
           'cancellation_type', event.payload -> 'cancellation_type', 'credit_returned', event.payload -> 'credit_returned',
           'is_no_show', event.payload -> 'is_no_show', 'recording_id', event.payload -> 'recording_id',
           'failure_code', event.payload -> 'failure_code', 'checkout_id', event.payload -> 'checkout_id',
           'payout_id', event.payload -> 'payout_id', 'amount_minor', event.payload -> 'amount_minor',
           'currency', event.payload -> 'currency'));
$$;

create function private.enqueue_webhook_deliveries(event private.outbox) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_event constant text := replace(event.kind, '_', '.');
begin
  insert into public.webhook_deliveries (endpoint_id, outbox_id, event, body)
  select e.id, event.id, v_event,
         jsonb_build_object('type', v_event, 'timestamp', event.created_at, 'data', private.build_webhook_data(event))::text
    from public.webhook_endpoints e
   -- Whoever asked for it after it happened is not told.
   where e.is_active and v_event = any (e.events) and e.created_at <= event.created_at;
end
$$;

-- Sends again: one delivery, however it ended, or those that failed since a time.
-- Definer: nobody has the right to write deliveries; the function asks who calls.
create function private.redeliver_webhooks(endpoint_id uuid, since timestamptz, delivery_id uuid) returns integer
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_count integer;
begin
  if not private.is_admin() and coalesce((select auth.role()), '') <> 'service_role' then
    perform private.refuse(403, 'admins_only', 'Only admins keep webhooks.');
  elsif redeliver_webhooks.since is null and redeliver_webhooks.delivery_id is null then
    perform private.refuse(422, 'nothing_to_redeliver', 'Say which delivery, or since when.');
  end if;
  update public.webhook_deliveries d
     set status = 'pending', attempts = 0, next_attempt_at = now(), ended_at = null, lease_id = null, lease_until = null
   where (redeliver_webhooks.delivery_id is null or d.id = redeliver_webhooks.delivery_id)
     and (redeliver_webhooks.endpoint_id is null or d.endpoint_id = redeliver_webhooks.endpoint_id)
     and (redeliver_webhooks.since is null or d.created_at >= redeliver_webhooks.since)
     -- A named delivery is sent even if it was delivered before; by time, only failed ones are.
     and (redeliver_webhooks.delivery_id is not null or d.status = 'failed');
  get diagnostics v_count = row_count;
  return v_count;
end
$$;

create function public.redeliver_webhooks(
  endpoint_id uuid default null, since timestamptz default null, delivery_id uuid default null)
  returns table (redelivered integer)
  language sql volatile security invoker set search_path = ''
as $$
  select private.redeliver_webhooks(redeliver_webhooks.endpoint_id, redeliver_webhooks.since, redeliver_webhooks.delivery_id);
$$;

comment on function public.redeliver_webhooks is
  'For admins and operators: one delivery again, or all that failed since a time.';

-- How long after its n-th attempt a delivery comes again; null: that was the last.
create function private.webhook_retry_delay(attempts integer) returns interval
  language sql immutable set search_path = ''
as $$
  select (array['5 s', '5 min', '30 min', '2 h', '5 h', '10 h', '14 h', '20 h', '24 h']::interval[])[attempts];
$$;

-- The next delivery that is due, locked: of each endpoint its first, so that one endpoint's thousands are not passed
-- again and again to find another's.
create function private.lock_due_webhook_delivery() returns public.webhook_deliveries
  language sql volatile set search_path = ''
as $$
  select due.* from public.webhook_endpoints e
   cross join lateral (
     select d.* from public.webhook_deliveries d
      where d.endpoint_id = e.id and d.status = 'pending' and d.next_attempt_at <= now()
        and coalesce(d.lease_until, '-infinity') < now()
      order by d.next_attempt_at limit 1 for update skip locked) due
   where e.is_active
     -- An endpoint that answers slowly must not occupy every sender.
     and 4 > (select count(*) from public.webhook_deliveries busy
               where busy.endpoint_id = e.id and busy.status = 'pending' and busy.lease_until > now())
   order by due.next_attempt_at, due.id limit 1;
$$;

-- The next delivery that is due, with the secrets to sign it; a lease of a minute keeps other senders off. Without
-- one, a row of nulls.
-- Definer: nobody has the right to write deliveries or to read secrets.
create function private.claim_webhook_delivery()
  returns table (delivery_id uuid, lease_id uuid, url text, body text, secrets text[])
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_delivery  public.webhook_deliveries;
  v_addressed integer;
  v_failed    text;
begin
  for v_try in 1 .. 50 loop
    v_addressed := case when v_try <= 10 then private.address_waiting_events() else 0 end;
    v_delivery := private.lock_due_webhook_delivery();
    exit when v_delivery.id is null and v_addressed = 0;
    continue when v_delivery.id is null;
    v_failed := case when private.webhook_retry_delay(v_delivery.attempts) is null and v_delivery.attempts > 0
                     then 'sender_died' else private.find_reason_unreadable(to_jsonb(v_delivery)) end;
    exit when v_failed is null;
    update public.webhook_deliveries d set status = 'failed', last_error = v_failed, ended_at = now()
     where d.id = v_delivery.id;
    v_delivery := null;
  end loop;
  update public.webhook_deliveries d
     set lease_id = gen_random_uuid(), lease_until = now() + interval '1 minute', attempts = d.attempts + 1,
         next_attempt_at = now() + greatest(interval '1 minute', private.webhook_retry_delay(d.attempts + 1))
   where d.id = v_delivery.id
  returning d.* into v_delivery;
  return query
    select v_delivery.id, v_delivery.lease_id, e.url, v_delivery.body,
           array(select s.secret from private.webhook_secrets s
                  where s.endpoint_id = e.id and (s.retires_at is null or s.retires_at > now())
                  order by s.retires_at nulls first)
      from (select 1) single_row left join public.webhook_endpoints e on e.id = v_delivery.endpoint_id;
end
$$;

-- Records the HTTP status that the endpoint answered; null: it did not answer. Definer: as above.
create function private.finish_webhook_delivery(delivery_id uuid, lease_id uuid, status integer, error text)
  returns text
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_delivery public.webhook_deliveries;
begin
  update public.webhook_deliveries d
     set status = case when finish_webhook_delivery.status between 200 and 299 then 'delivered'
                       when finish_webhook_delivery.status = 410 or private.webhook_retry_delay(d.attempts) is null
                       then 'failed'
                       else 'pending' end,
         -- A tenth more or less, so that deliveries which failed together are not all tried again together.
         next_attempt_at = now() + coalesce(private.webhook_retry_delay(d.attempts), '0 s') * (0.9 + 0.2 * random()),
         last_status = finish_webhook_delivery.status, last_error = left(finish_webhook_delivery.error, 2000),
         lease_id = null, lease_until = null
   where d.id = finish_webhook_delivery.delivery_id and d.lease_id = finish_webhook_delivery.lease_id
  returning d.* into v_delivery;
  if not found then
    perform private.refuse(409, 'lease_lost', 'Somebody else delivers this now.');
  end if;
  update public.webhook_deliveries d set ended_at = now() where d.id = v_delivery.id and d.status <> 'pending';
  update public.webhook_endpoints e set is_active = false
   where e.id = v_delivery.endpoint_id and finish_webhook_delivery.status = 410;
  return v_delivery.status;
end
$$;

-- The same for the sender, exposed: the API calls functions of schema public.

create function public.claim_webhook_delivery()
  returns table (delivery_id uuid, lease_id uuid, url text, body text, secrets text[])
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.claim_webhook_delivery();
$$;

create function public.finish_webhook_delivery(
  delivery_id uuid, lease_id uuid, status integer default null, error text default null)
  returns table (outcome text)
  language sql volatile security invoker set search_path = ''
as $$
  select private.finish_webhook_delivery(finish_webhook_delivery.delivery_id, finish_webhook_delivery.lease_id,
                                         finish_webhook_delivery.status, finish_webhook_delivery.error);
$$;

revoke execute on function private.build_webhook_data, private.enqueue_webhook_deliveries, private.redeliver_webhooks,
  public.redeliver_webhooks, private.webhook_retry_delay, private.lock_due_webhook_delivery,
  private.claim_webhook_delivery, private.finish_webhook_delivery, public.claim_webhook_delivery,
  public.finish_webhook_delivery from public, anon, authenticated, service_role;

-- To authenticated too: admins are asked for inside.
grant execute on function private.redeliver_webhooks, public.redeliver_webhooks to authenticated, service_role;

grant execute on function private.claim_webhook_delivery, private.finish_webhook_delivery,
  public.claim_webhook_delivery, public.finish_webhook_delivery to service_role;


-- messages/address_events.sql

-- Addressing: who is told of an event, and how. Mails, notifications on the pages and deliveries to other systems are
-- made of each row of the outbox by whichever worker runs next, and not by the booking that it is about.
--
--   waiting -> addressed    all of it is written, in one piece
--   waiting -> waiting      something of it cannot be written: tried again, at growing intervals, then set aside
--                           (foundation/queues.sql)
--
-- Every claim of a mail or of a delivery begins with this, so that neither function waits for the other. Events of one
-- session are addressed in their order: none overtakes an earlier one that is still tried. Killed at any point, a run
-- has addressed an event whole or not at all.

-- Addresses those events, if nobody has, as many as there is time for. Returns how many it tried.
-- Definer: whoever asks has no right to write to other people.
create function private.address_events(event_ids bigint[], until timestamptz default 'infinity') returns integer
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_event   private.outbox;
  v_failure text;
  v_count   integer := 0;
begin
  for v_event in
    select * from private.outbox o
     where o.id = any (address_events.event_ids) and o.addressed_at is null order by o.id for update
  loop
    exit when clock_timestamp() > address_events.until;
    continue when v_event.session_id is not null and exists (
      select from private.outbox earlier
       where earlier.session_id = v_event.session_id and earlier.id < v_event.id and earlier.addressed_at is null
         and earlier.attempts < private.max_attempts());
    begin
      perform private.notify_recipients(v_event);
      perform private.enqueue_webhook_deliveries(v_event);
      v_failure := null;
    exception when query_canceled or others then
      v_failure := left(sqlstate || ' ' || sqlerrm, 2000);  -- the others are told
    end;
    if v_failure is null then
      update private.outbox o
         set addressed_at = now(), caused_by = null, failure = null, payload = o.payload - 'session'  -- the mails have it
       where o.id = v_event.id;
    else
      update private.outbox o
         set attempts = o.attempts + 1, failure = v_failure, next_attempt_at = now() + private.retry_delay(o.attempts + 1)
       where o.id = v_event.id;
    end if;
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$$;

-- Addresses the oldest that are due. Returns how many it tried; 0: nothing is left for now.
-- Whoever finds another worker at it waits, so as to find all of it done; but not for long, if that one is stuck.
create function private.address_waiting_events(at_most integer default 20) returns integer
  language plpgsql volatile set search_path = '' set lock_timeout = '2s'
as $$
declare
  v_ids bigint[];
begin
  begin
    v_ids := array(
      select o.id from private.outbox o
       where o.addressed_at is null and o.attempts < private.max_attempts() and o.next_attempt_at <= now()
         and not exists (select from private.outbox earlier
                          where earlier.session_id = o.session_id and earlier.id < o.id and earlier.addressed_at is null
                            and earlier.attempts between 1 and private.max_attempts() - 1)
       order by o.id limit at_most for update of o);
  exception when lock_not_available then
    return 0;
  end;
  return private.address_events(v_ids, clock_timestamp() + interval '2 seconds');
end
$$;

-- All that waits and concerns a person, before they are erased: what is about them is told now, or not at all.
create function private.address_events_about(user_id uuid) returns void
  language plpgsql volatile set search_path = ''
as $$
begin
  perform private.address_events(array(
    select o.id from private.outbox o
     where o.addressed_at is null
       and (o.user_id = address_events_about.user_id or exists (
              select from public.session_schedules s left join public.practitioners p on p.id = s.practitioner_id
               where s.id = o.session_id and address_events_about.user_id in (s.client_id, p.user_id)))));
  update private.outbox o set addressed_at = now(), caused_by = null
   where o.addressed_at is null and o.user_id = address_events_about.user_id;
  update private.outbox o set caused_by = null
   where o.addressed_at is null and o.caused_by = address_events_about.user_id;
end
$$;

-- What the events that still wait need of a session that is being deleted. Definer: nobody writes the outbox.
create function private.keep_session_for_events() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  update private.outbox o set payload = o.payload || private.snapshot_session(old)
   where o.session_id = old.id and o.addressed_at is null;
  return old;
end
$$;

revoke execute on function private.address_events, private.address_waiting_events, private.address_events_about,
  private.keep_session_for_events from public, anon, authenticated, service_role;
