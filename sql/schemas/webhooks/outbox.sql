-- The outbox: what people have to be told, written in the transaction in which it became true.
--
-- A message that is sent from anywhere else is sent for a booking that was rolled back, or not sent for one that stands.

create table private.outbox (
  id         bigint      primary key generated always as identity,
  kind       text        not null,
  user_id    uuid,
  session_id uuid,
  payload    jsonb       not null default '{}',
  created_at timestamptz not null default now(),

  constraint outbox_kind_is_a_word check (kind ~ '^[a-z_]+$')
);
comment on table  private.outbox            is 'Messages in the order in which they became true.';
comment on column private.outbox.user_id    is 'Whom it concerns. No foreign key, like session_id: a message may outlive both.';
comment on column private.outbox.payload    is 'What the row it is about may not say any more once the message is read.';

create index outbox_session_id_idx on private.outbox (session_id);

alter table private.outbox enable row level security;
-- No grant and no policy: functions of this schema write it.

create function private.put_in_outbox(
  kind text, user_id uuid, session_id uuid default null, payload jsonb default '{}') returns void
  language sql set search_path = ''
as $$
  insert into private.outbox (kind, user_id, session_id, payload)
  values (put_in_outbox.kind, put_in_outbox.user_id, put_in_outbox.session_id, put_in_outbox.payload);
$$;
revoke execute on function private.put_in_outbox from public, anon, authenticated, service_role;
