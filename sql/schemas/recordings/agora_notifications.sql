-- Agora notifications: the inbox of what Agora reports about recordings.
--
--   received -> applied
--
-- Each is stored under Agora's own id (noticeId) before anything else happens, so a repeat changes nothing. One that
-- matches no take yet (its sid is stored a moment later, or never: the console's health check) waits and is tried
-- again for a day. After 90 days they are deleted.

create table private.agora_notifications (
  notice_id      text        primary key,
  product        integer     not null,
  event_type     integer     not null,
  channel        text        not null,
  recorder_uid   bigint,
  sid            text        not null,
  observation    text,
  happened_at    timestamptz,
  failover_uid   bigint,
  payload        jsonb       not null,
  delivery_count integer     not null default 1,
  take_id        uuid,
  received_at    timestamptz not null default now(),
  applied_at     timestamptz,
  attempts       integer     not null default 0,
  next_attempt_at timestamptz not null default now(),
  failure        text,

  constraint agora_notifications_texts_are_short check (
    char_length(notice_id) <= 255 and char_length(channel) <= 255 and char_length(sid) <= 255 and
    char_length(observation) <= 50 and char_length(failure) <= 2000),
  constraint agora_notifications_payload_is_short check (char_length(payload::text) <= 2000000),
  constraint agora_notifications_happened_at_is_in_range check (happened_at between '2000-01-01' and '2100-01-01')
);
comment on table  private.agora_notifications is 'Agora''s notifications about recordings, unchanged.';
comment on column private.agora_notifications.observation  is
  'What it means to a take (see observe_take); null if nothing.';
comment on column private.agora_notifications.take_id is
  'The take it was applied to. No foreign key: the inbox outlives it.';
comment on column private.agora_notifications.failure is
  'The error of the last attempt to apply it; null if it only waits.';

create index agora_notifications_due_idx on private.agora_notifications (next_attempt_at) where applied_at is null;
create index agora_notifications_received_at_idx on private.agora_notifications (received_at);  -- deletion is by age

alter table private.agora_notifications enable row level security;
-- No policy: only the service reads and writes it.
grant select, insert, update, delete on private.agora_notifications to service_role;

create function private.apply_agora_notification(notification private.agora_notifications) returns boolean
  language plpgsql set search_path = ''
as $$
declare
  v_take private.recording_takes;
begin
  if (notification).observation is not null then
    select * into v_take from private.recording_takes t where t.agora_sid = (notification).sid;
    if not found then
      -- The notification came before Agora's answer to the start, or that answer was lost: the sid is known from here.
      select * into v_take from private.recording_takes t
       where t.recorder_uid = (notification).recorder_uid and t.cname = (notification).channel and t.agora_sid is null
         and t.status = 'pending';
    end if;
    if v_take.id is null then
      return false;
    end if;
    perform private.observe_take(
      v_take.id, v_take.attempt, (notification).observation, sid => (notification).sid,
      happened_at => (notification).happened_at, failover_uid => (notification).failover_uid);
  end if;

  update private.agora_notifications n set applied_at = now(), take_id = v_take.id
   where n.notice_id = (notification).notice_id;
  return true;
end;
$$;

create function public.receive_agora_notification(
  notice_id    text,
  product      integer,
  event_type   integer,
  channel      text,
  sid          text,
  payload      jsonb,
  observation  text        default null,
  recorder_uid bigint      default null,
  happened_at  timestamptz default null,
  failover_uid bigint      default null
) returns table (is_repeated boolean, is_applied boolean)
  language plpgsql security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  v_notification private.agora_notifications;
begin
  insert into private.agora_notifications as n
    (notice_id, product, event_type, channel, sid, payload, observation, recorder_uid, happened_at, failover_uid)
  values
    (receive_agora_notification.notice_id, receive_agora_notification.product, receive_agora_notification.event_type,
     receive_agora_notification.channel, receive_agora_notification.sid, receive_agora_notification.payload,
     receive_agora_notification.observation, receive_agora_notification.recorder_uid,
     receive_agora_notification.happened_at, receive_agora_notification.failover_uid)
  on conflict (notice_id) do update set delivery_count = n.delivery_count + 1
  returning n.* into v_notification;
  return query select v_notification.delivery_count > 1,
                      v_notification.applied_at is not null or private.apply_agora_notification(v_notification);
end;
$$;

-- Counts the attempt, and survives one that cannot be applied: its neighbours are. Returns whether it was.
create function private.try_agora_notification(notification private.agora_notifications) returns boolean
  language plpgsql set search_path = ''
as $$
declare
  v_failure text;
begin
  begin
    if private.apply_agora_notification(notification) then
      return true;
    end if;
  exception when query_canceled or others then
    v_failure := sqlstate || ' ' || sqlerrm;
  end;
  update private.agora_notifications n
     set attempts = n.attempts + 1, failure = v_failure, next_attempt_at = now() + private.retry_delay(n.attempts + 1)
   where n.notice_id = (notification).notice_id;
  return false;
end
$$;

-- For the reconciler, again until none was tried. One that fails again and again is set aside; one that only waits is
-- tried for a day.
create function public.apply_waiting_agora_notifications(max_rows integer default 100)
  returns table (tried bigint, applied bigint, forgotten bigint)
  language plpgsql security invoker set search_path = ''
as $$
declare
  v_notification private.agora_notifications;
begin
  tried := 0;
  applied := 0;
  for v_notification in
    select * from private.agora_notifications n
     where n.applied_at is null and n.next_attempt_at <= now() and n.received_at > now() - interval '24 hours'
       and (n.failure is null or n.attempts < private.max_attempts())
     order by n.next_attempt_at limit apply_waiting_agora_notifications.max_rows for update skip locked
  loop
    tried := tried + 1;
    applied := applied + private.try_agora_notification(v_notification)::integer;
    exit when clock_timestamp() > now() + interval '3 seconds';
  end loop;

  delete from private.agora_notifications n
   where n.ctid = any (array(select old.ctid from private.agora_notifications old
                          where old.received_at < now() - interval '90 days'
                          order by old.received_at limit 1000 for update skip locked));
  get diagnostics forgotten = row_count;
  return next;
end;
$$;

revoke execute on function private.apply_agora_notification, private.try_agora_notification,
  public.receive_agora_notification, public.apply_waiting_agora_notifications
  from public, anon, authenticated, service_role;
grant execute on function private.apply_agora_notification, private.try_agora_notification,
  public.receive_agora_notification, public.apply_waiting_agora_notifications to service_role;
