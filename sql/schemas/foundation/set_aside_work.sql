-- Work that is set aside: what was tried as often as its queue allows, or cannot be read, and waits for an operator.
-- Each queue's own columns say so (foundation/queues.sql); here they are in one list. The runbook says what to do.

create view private.set_aside_work with (security_invoker = true) as
  select 'private.mails' as queue, m.id::text as id, m.status || ' ' || coalesce(m.status_reason, '') as reason,
         m.attempts, coalesce(m.ended_at, m.started_at, m.created_at) as since
    from private.mails m
   -- An address that takes none is no work: unreachable_people shows whose it is. Ours is.
   where (m.status = 'failed' and (m.status_reason is distinct from 'inactive_recipient' or m.user_id is null))
      or (m.status = 'unknown' and m.next_attempt_at is null)
  union all
  select 'private.outbox', o.id::text, o.kind || ' ' || coalesce(o.failure, ''), o.attempts, o.created_at
    from private.outbox o where o.addressed_at is null and o.attempts >= private.max_attempts()
  union all
  select 'public.webhook_deliveries', d.id::text, coalesce(d.last_error, 'status ' || d.last_status), d.attempts, d.ended_at
    from public.webhook_deliveries d where d.status = 'failed'
  union all
  select 'private.recording_takes', t.id::text, t.failure_reason, t.claim_count, t.ended_at
    from private.recording_takes t where t.failure_code = 'set_aside'
  union all
  select 'private.recording_erasure_queue', q.recording_id::text, 'begun and never finished', q.attempt_count, q.queued_at
    from private.recording_erasure_queue q where q.attempt_count >= private.max_attempts()
  union all
  -- Not those whose parts are of different kinds: they stay several files.
  select 'private.joined_files', j.recording_id::text, j.failure_code || ' ' || coalesce(j.failure_reason, ''), j.attempts,
         j.created_at
    from private.joined_files j where j.status = 'given_up' and j.failure_code <> 'not_joinable'
  union all
  select 'public.checkout_sessions', c.id::text, 'claimed and never reported on', c.claim_count, c.created_at
    from public.checkout_sessions c where c.next_check_at is null and c.claim_count > 0
  union all
  select 'private.session_checks', s.session_id::text, s.failure, s.attempts, s.checked_at
    from private.session_checks s where s.attempts >= private.max_attempts()
  union all
  select 'private.stripe_events', e.event_id, e.failure, e.attempts, e.received_at
    from private.stripe_events e
   where e.applied_at is null and e.failure is not null and e.attempts >= private.max_attempts()
  union all
  select 'private.agora_notifications', n.notice_id, n.failure, n.attempts, n.received_at
    from private.agora_notifications n
   where n.applied_at is null and n.failure is not null and n.attempts >= private.max_attempts();
comment on view private.set_aside_work is 'What no worker tries again by itself: an operator decides.';

-- For the owner, in a console.
revoke all on private.set_aside_work from public, anon, authenticated, service_role;
