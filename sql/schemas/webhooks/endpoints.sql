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
