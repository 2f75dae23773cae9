-- Operations: how the platform is, in one answer, for whoever watches it: the function `status`, admins, the doctor.
--
-- A problem is what is late or broken: work that nobody does, a function that does not run, a rule that does not
-- hold, a sender whose webhooks do not arrive. What waits for a person is told beside it, and is none of the machine's.

-- The newest genuine delivery of each sender, and the newest thing of which it must have told us by a webhook. The
-- doctor's own deliveries are known by their names and do not count.
create view private.webhook_senders with (security_invoker = true) as
  select 'Stripe' as sender,
         (select max(e.received_at) from private.stripe_events e where e.event_id not like 'doctor\_%') as delivered_at,
         (select c.paid_at from public.checkout_sessions c where c.paid_at is not null and c.stripe_session_id is not null
           order by c.paid_at desc limit 1) as happened_at
  union all
  select 'Agora, recordings',
         (select max(n.received_at) from private.agora_notifications n where n.notice_id not like 'doctor\_%'),
         (select t.created_at from private.recording_takes t where t.agora_sid is not null
           order by t.created_at desc limit 1)
  union all
  select 'Agora, channels',
         (select max(e.received_at) from private.channel_events e where e.notice_id not like 'doctor\_%'),
         (select t.created_at from private.recording_takes t where t.agora_sid is not null
           order by t.created_at desc limit 1);
comment on column private.webhook_senders.happened_at is
  'A payment, or a recorder that entered a channel: of these a webhook comes within minutes.';

revoke all on private.webhook_senders from public, anon, authenticated, service_role;

create view private.run_states with (security_invoker = true) as
  select f.function, f.late_after, last.ended_at, last.ms, last.outcome, last.code, last.facts, last.request_id,
         good.ended_at as good_at,
         coalesce(good.ended_at, f.watched_since) + f.late_after < now() as is_late
    from private.scheduled_functions f
    left join lateral (select * from private.scheduled_runs r where r.function = f.function
                        order by r.ended_at desc limit 1) last on true
    left join lateral (select r.ended_at from private.scheduled_runs r
                        where r.function = f.function and r.outcome <> 'failed'
                        order by r.ended_at desc limit 1) good on true;
comment on column private.run_states.good_at is 'When a run last ended well, or partly.';

revoke all on private.run_states from public, anon, authenticated, service_role;

create view private.ops_problems with (security_invoker = true) as
  select 'function_late' as code, r.function as subject,
         r.function || case when r.good_at is null then ' has never run to its end'
           else ' last ran to its end at ' || to_char(r.good_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"') end
         || case when r.outcome = 'failed' then '; the last run failed: ' || coalesce(r.code, 'no code') else '' end as what
    from private.run_states r where r.is_late
  union all
  select 'queue_late', q.queue, q.due || ' ' || q.queue || ', the oldest due since '
         || to_char(q.oldest_due at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')
    from private.queue_depths q where q.oldest_due < now() - q.late_after
  union all
  select 'invariant_broken', broken ->> 'rule', (broken ->> 'rule') || ': ' || (broken ->> 'broken') || ' times'
    from private.run_states r cross join jsonb_array_elements(r.facts -> 'broken') broken
   where r.function = 'check-invariants'
  union all
  select 'webhooks_silent', s.sender, s.sender || ': something happened at '
         || to_char(s.happened_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"') || ' and no webhook came since'
    from private.webhook_senders s
   where s.happened_at between coalesce(s.delivered_at, '-infinity') + interval '10 minutes' and now() - interval '1 hour';
comment on view private.ops_problems is 'What is late or broken, a row each. There should be none.';

revoke all on private.ops_problems from public, anon, authenticated, service_role;

-- The newest migration of the ledger; null where no tool keeps one.
create function private.read_schema_version() returns text
  language plpgsql stable set search_path = ''
as $$
declare
  v_ledger  regclass := to_regclass('supabase_migrations.schema_migrations');
  v_version text;
begin
  if v_ledger is not null then
    execute format('select max(version) from %s', v_ledger) into v_version;
  end if;
  return v_version;
end
$$;

-- Definer: it reads all queues and the audit log's chain.
create function private.ops_status(admin_id uuid)
  returns table (at timestamptz, problems jsonb, functions jsonb, queues jsonb, invariants jsonb, webhooks jsonb,
                 waiting jsonb, audit_head text, schema_version text)
  language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_column
begin
  if admin_id is not null
     and not exists (select from public.user_roles r where r.user_id = ops_status.admin_id and r.role = 'admin') then
    perform private.refuse(403, 'admins_only', 'Only admins see how the platform is.');
  end if;
  return query select
    now(),
    (select coalesce(jsonb_agg(to_jsonb(p) order by p.code, p.subject), '[]') from private.ops_problems p),
    (select jsonb_agg(jsonb_build_object(
              'function', r.function, 'ended_at', r.ended_at, 'ms', r.ms, 'outcome', r.outcome, 'code', r.code,
              'request_id', r.request_id, 'good_at', r.good_at, 'is_late', r.is_late) order by r.function)
       from private.run_states r),
    (select jsonb_agg(jsonb_build_object('queue', q.queue, 'depth', q.depth, 'due', q.due, 'oldest_due', q.oldest_due,
                                         'is_late', q.oldest_due is not null and q.oldest_due < now() - q.late_after)
                      order by q.queue)
       from private.queue_depths q),
    (select jsonb_build_object('checked_at', r.ended_at, 'holds', r.facts -> 'holds', 'broken', r.facts -> 'broken')
       from private.run_states r where r.function = 'check-invariants'),
    (select jsonb_agg(jsonb_build_object('sender', s.sender, 'delivered_at', s.delivered_at) order by s.sender)
       from private.webhook_senders s),
    (select coalesce(jsonb_agg(to_jsonb(w) order by w.what), '[]')
       from (select k.what, count(*) as count, min(m.since) as since
               from private.matters m join private.matter_kinds k on k.kind = m.kind
              where m.settled_at is null group by k.what) w),
    (select c.position || ':' || encode(c.sha256, 'hex') from private.audit_chain c order by c.position desc limit 1),
    private.read_schema_version();
end
$$;

create function public.ops_status(admin_id uuid default null)
  returns table (at timestamptz, problems jsonb, functions jsonb, queues jsonb, invariants jsonb, webhooks jsonb,
                 waiting jsonb, audit_head text, schema_version text)
  language sql stable security invoker set search_path = ''
as $$
  select * from private.ops_status(ops_status.admin_id);
$$;
comment on function public.ops_status is
  'For the service: what is late or broken, and how everything is; on behalf of a person, if that is an admin.';

-- Whom a function tells what it was given: whoever may execute this.
create function public.is_operator() returns table (is_operator boolean)
  language sql stable security invoker set search_path = ''
as $$
  select true;
$$;
comment on function public.is_operator is 'Whether a key is the service''s: nobody else gets an answer.';

revoke execute on function private.read_schema_version, private.ops_status, public.ops_status, public.is_operator
  from public, anon, authenticated, service_role;
grant execute on function private.ops_status, public.ops_status, public.is_operator to service_role;
