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
