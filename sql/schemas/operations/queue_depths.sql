-- Queue depths: how much waits in each queue, since when it is due, and from when on that is too late.
--
-- A queue is what a worker claims from (foundation/queues.sql), and a branch here says what its claim takes. A test
-- puts a row into every queue there is and looks for it here.

create table private.queue_limits (
  queue      text     primary key,
  late_after interval not null,

  constraint queue_limits_queue_is_short check (char_length(queue) <= 63),
  constraint queue_limits_late_after_is_in_range check (late_after between interval '1 minute' and interval '40 days')
);
comment on table private.queue_limits is
  'How long something may be due before nobody seems to work. An operator changes a row; it holds at once.';

insert into private.queue_limits (queue, late_after) values
  ('events to address',             '10 minutes'),
  ('mails to send',                 '30 minutes'),
  ('mails to look for',             '30 minutes'),
  ('webhook deliveries',            '1 hour'),
  ('takes to check',                '30 minutes'),
  ('takes to copy',                 '6 hours'),     -- one after the other, and some are long
  ('recordings to join',            '1 day'),
  ('recordings to erase',           '30 hours'),    -- at night
  ('checkouts to ask Stripe about', '30 minutes'),
  ('sessions to advance',           '30 minutes'),
  ('Stripe''s events',              '30 minutes'),
  ('Agora''s notifications',        '30 minutes');

alter table private.queue_limits enable row level security;
-- No grant and no policy: the owner reads and changes it.

create view private.queue_depths with (security_invoker = true) as
  -- due_at: since when each waits for a worker; in the future, or null, it is not due.
  with waiting as (
    select 'events to address' as queue, o.next_attempt_at as due_at from private.outbox o
     where o.addressed_at is null and o.attempts < private.max_attempts()
    union all
    select 'mails to send' as queue, greatest(m.next_attempt_at, m.lease_until) from private.mails m
     where m.status = 'queued' and m.next_attempt_at is not null
    union all
    select 'mails to look for' as queue, greatest(m.next_attempt_at, m.lease_until) from private.mails m
     where m.status = 'unknown' and m.next_attempt_at is not null
    union all
    -- Whose sender died with them
    select 'mails to look for' as queue, m.lease_until from private.mails m where m.status = 'sending' and m.lease_until < now()
    union all
    select 'webhook deliveries' as queue, greatest(d.next_attempt_at, d.lease_until)
      from public.webhook_endpoints e join public.webhook_deliveries d on d.endpoint_id = e.id and d.status = 'pending'
     where e.is_active
    union all
    select 'takes to check' as queue, t.next_check_at from private.recording_takes t
     where t.status in ('pending', 'recording', 'processing') and not t.upload_complete and t.next_check_at is not null
    union all
    select 'takes to copy' as queue, greatest(t.next_check_at, t.lease_until) from private.recording_takes t
     where t.status = 'processing' and t.upload_complete and t.next_check_at is not null
       and not exists (select from private.recording_erasure_queue q where q.recording_id = t.recording_id)
    union all
    select 'recordings to join' as queue, greatest(j.next_attempt_at, j.lease_until)
      from private.joined_files j join public.session_recordings r on r.id = j.recording_id and r.status = 'completed'
     where j.status = 'waiting'
       and not exists (select from private.recording_erasure_queue q where q.recording_id = j.recording_id)
    union all
    select 'recordings to erase' as queue, greatest(q.next_attempt_at, q.due_at) from private.recording_erasure_queue q
     where q.attempt_count < private.max_attempts()
    union all
    select 'checkouts to ask Stripe about' as queue, c.next_check_at from public.checkout_sessions c
     where c.next_check_at is not null
    union all
    select 'sessions to advance' as queue, greatest(t.next_attempt_at, t.checked_at) from private.session_checks t
     where t.attempts < private.max_attempts()
    union all
    select 'Stripe''s events' as queue, e.next_attempt_at from private.stripe_events e
     where e.applied_at is null and e.received_at > now() - interval '3 days'
       and (e.failure is null or e.attempts < private.max_attempts())
    union all
    select 'Agora''s notifications' as queue, n.next_attempt_at from private.agora_notifications n
     where n.applied_at is null and n.received_at > now() - interval '24 hours'
       and (n.failure is null or n.attempts < private.max_attempts())
  )
  select l.queue, count(w.queue)::integer as depth, count(*) filter (where w.due_at <= now())::integer as due,
         min(w.due_at) filter (where w.due_at <= now()) as oldest_due, l.late_after
    from private.queue_limits l left join waiting w on w.queue = l.queue
   group by l.queue;
comment on view private.queue_depths is 'What waits for a worker, in each queue. What waits for a person: private.matters.';

revoke all on private.queue_depths from public, anon, authenticated, service_role;
