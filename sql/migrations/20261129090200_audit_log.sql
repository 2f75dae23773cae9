-- From sql/schemas: privacy/audit_log, privacy/audit_chain, privacy/audit_heads.

-- Functions name what later chapters make.
set check_function_bodies = off;

set lock_timeout = '5s';
set statement_timeout = 0;
do $$ begin lock table public.audit_logs in access exclusive mode; end $$;


-- privacy/audit_log.sql

comment on column public.audit_logs.user_id is 'Who did it. No foreign key: the account may have been erased since.';

comment on column public.audit_logs.metadata is
  'Of a row that was changed: the names of the changed columns, and those values that say nothing about a person.';

-- With LIKE: a regular expression of all alternatives takes five times as long, and every change pays for it.
create function private.build_audit_change(old_row jsonb, new_row jsonb) returns jsonb
  language plpgsql immutable set search_path = ''
as $$
#variable_conflict use_column
begin
  return (
    with selected as (
      -- A list of what may be kept. The value of a column that is added later is left out until it is listed here.
      select c.key, old_row -> c.key as old_value, new_row -> c.key as new_value,
             c.key in ('id', 'total_seconds', 'role', 'status', 'source', 'visibility', 'memory_type', 'currency', 'verified',
                       'session_location', 'live_contract_needed')
             or c.key like any (array['is\_%', '%\_id', '%\_at', '%\_minor', '%\_share', '%\_amount', '%\_minutes',
                                      '%\_participants']) as may_be_kept
        from jsonb_each(coalesce(new_row, old_row)) c
       where old_row is null or new_row is null or c.value is distinct from old_row -> c.key
    ), kept as (
      select coalesce(jsonb_agg(key order by key), '[]') as columns,
             jsonb_object_agg(key, old_value) filter (where old_row is not null and may_be_kept) as old_values,
             jsonb_object_agg(key, new_value) filter (where new_row is not null and may_be_kept) as new_values
        from selected
    )
    select jsonb_build_object('columns', columns)
        || case when old_row is null then jsonb_build_object('data', coalesce(new_values, '{}'))
                when new_row is null then jsonb_build_object('deleted_data', coalesce(old_values, '{}'))
                else jsonb_build_object('old_data', coalesce(old_values, '{}'), 'new_data', coalesce(new_values, '{}')) end
      from kept);
end
$$;

-- Definer: whoever changes a row may neither write nor suppress the line that says so.
create function private.write_audit_log() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  v_old constant jsonb := to_jsonb(old);
  v_new constant jsonb := to_jsonb(new);
begin
  insert into public.audit_logs (user_id, action, table_name, record_id, metadata)
  values (
    auth.uid(), tg_op, tg_table_name, (coalesce(v_new, v_old) ->> 'id')::uuid,
    jsonb_build_object('operation', tg_op, 'table', tg_table_name) || private.build_audit_change(v_old, v_new));
  return null;
end
$$;

-- For what no trigger can see: that somebody looked at something, exported it, signed in or out. A person records these
-- four actions only, and only their own; the service may name whose action it was. Who, from where and with what agent
-- comes from the server, never from the body.
create function public.record_audit_log(
  recorder   uuid,
  action     text,
  table_name text,
  user_id    uuid  default null,
  record_id  uuid  default null,
  ip_address text  default null,
  user_agent text  default null,
  metadata   jsonb default null
) returns table (success boolean, message text)
  language plpgsql volatile security invoker set search_path = ''
as $$
#variable_conflict use_column
begin
  if recorder is not null and coalesce(record_audit_log.user_id, recorder) <> recorder then
    perform private.refuse(403, 'audit_of_another_person', 'You can only record what you did yourself.');
  elsif recorder is not null and record_audit_log.action not in ('VIEW', 'EXPORT', 'LOGIN', 'LOGOUT') then
    perform private.refuse(403, 'audit_action_reserved', 'Changes are recorded by the database itself.',
                           'Record VIEW, EXPORT, LOGIN or LOGOUT.');
  end if;
  perform private.limit_use('audit lines', recorder);
  insert into public.audit_logs (user_id, action, table_name, record_id, ip_address, user_agent, metadata)
  values (coalesce(recorder, record_audit_log.user_id), record_audit_log.action, record_audit_log.table_name,
          record_audit_log.record_id, record_audit_log.ip_address, record_audit_log.user_agent,
          coalesce(record_audit_log.metadata, '{}'));
  return query select true, 'Audit log recorded';
end
$$;

comment on function public.record_audit_log is
  'Adds a line to the audit log. `recorder` is the verified caller; null is the service.';

revoke execute on function private.build_audit_change, private.write_audit_log, public.record_audit_log
  from public, anon, authenticated, service_role;

-- Not granted to authenticated: address and agent are what the server saw.
grant execute on function public.record_audit_log to service_role;


-- privacy/audit_chain.sql

-- The audit log is append-only, and a chain of hashes shows whether it was.
--
--   line: written -> sealed (in the chain) -> redacted (its personal parts are blanked, its place in the chain stays)
--
-- Nobody changes or removes a line, not the service and not by hand; the one change is that an erasure or a retention
-- policy blanks the address, the agent and the metadata. Whoever owns the database can switch a trigger off: against
-- them stands the chain, each entry the hash of the one before it and of its line. A line's personal parts go into its
-- hash as a hash of their own, with a salt that is erased with them, so they can be blanked and not be guessed, and the
-- chain still holds.
--
-- To seal a line is to add its hash to the chain. A transaction seals its lines when it commits, if it gets the one
-- lock without waiting; otherwise the next transaction that gets it seals them as well. Waiting for the lock would make
-- every booking wait for every other one, and a scheduled job would leave the lines of a minute open to change. The
-- order of the chain is that of sealing.

alter table public.audit_logs
  add column personal_salt bytea,
  add column personal_sha256 bytea;

comment on column public.audit_logs.personal_salt is 'Random; null once the personal parts are redacted.';

comment on column public.audit_logs.personal_sha256 is
  'SHA-256 of the salt and the address, agent and metadata; stays when they are blanked.';

create table private.audit_chain (
  position    bigint      primary key,
  line_id     uuid        not null,
  line_sha256 bytea       not null,
  sha256      bytea       not null,
  sealed_at   timestamptz not null default clock_timestamp(),

  constraint audit_chain_has_each_line_once unique (line_id),
  constraint audit_chain_hashes_are_whole check (octet_length(line_sha256) = 32 and octet_length(sha256) = 32)
);

comment on table  private.audit_chain         is 'The lines of the audit log in the order in which they were sealed.';

comment on column private.audit_chain.line_id is
  'No foreign key: an entry whose line is gone shows that it was removed.';

comment on column private.audit_chain.sha256 is
  'SHA-256 of the previous entry''s hash (32 zero bytes for the first) and line_sha256.';

create table private.audit_seal_queue (
  line_id uuid primary key
);

comment on table private.audit_seal_queue is
  'Lines that are written and not yet in the chain, usually for no longer than a commit takes.';

create table private.audit_redactions (
  line_id     uuid        primary key,
  cause       text        not null check (cause in ('erasure', 'retention')),
  redacted_at timestamptz not null default now()
);

comment on table private.audit_redactions is
  'Which lines have lost their personal parts, and why: a line that lost them otherwise was tampered with.';

alter table private.audit_chain enable row level security;

alter table private.audit_seal_queue enable row level security;

alter table private.audit_redactions enable row level security;

-- No grant and no policy: the functions below write them.

create function private.hash_audit_personal_part(line public.audit_logs) returns bytea
  language plpgsql immutable set search_path = ''
as $$
begin
  return sha256((line).personal_salt || convert_to(jsonb_build_object(
    'ip_address', (line).ip_address, 'user_agent', (line).user_agent, 'metadata', (line).metadata)::text, 'UTF8'));
end
$$;

create function private.hash_audit_line(line public.audit_logs) returns bytea
  language plpgsql immutable set search_path = ''
as $$
begin
  -- jsonb writes its keys in one order; the time is written out, because a cast depends on the session's time zone.
  return sha256(convert_to(jsonb_build_object(
    'id', (line).id, 'user_id', (line).user_id, 'action', (line).action, 'table_name', (line).table_name,
    'record_id', (line).record_id,
    'created_at', to_char((line).created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'personal_sha256', encode((line).personal_sha256, 'hex'))::text, 'UTF8'));
end
$$;

-- Definer: whoever causes a line may neither execute the functions that hash it nor write the queue.
create function private.prepare_audit_line() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  new.created_at := now();
  new.personal_salt := uuid_send(gen_random_uuid());
  new.personal_sha256 := private.hash_audit_personal_part(new);
  insert into private.audit_seal_queue (line_id) values (new.id);
  return new;
end
$$;

-- Returns how many lines it has sealed. With a generic plan: planning took longer than executing.
-- Definer: whoever writes a line may neither read nor write the chain.
create function private.seal_audit_lines() returns integer
  language plpgsql security definer set search_path = '' set plan_cache_mode = force_generic_plan
as $$
declare
  v_last   private.audit_chain;
  v_line   public.audit_logs;
  v_sealed integer := 0;
begin
  if not pg_try_advisory_xact_lock(hashtextextended('audit_chain', 0)) then
    return 0;  -- somebody else is sealing; lines that they do not see yet are left to the next
  end if;
  -- Order matters: the lock first, then statements that see everything its last holder has committed.
  select * into v_last from private.audit_chain c order by c.position desc limit 1;
  v_last.position := coalesce(v_last.position, 0);
  v_last.sha256 := coalesce(v_last.sha256, decode(repeat('00', 32), 'hex'));
  for v_line in
    with dequeued as (delete from private.audit_seal_queue q returning q.line_id)
    select l.* from dequeued d
      -- Each by its id (offset 0): the planner expects two thousand, and would read the whole log for them.
     cross join lateral (select * from public.audit_logs line where line.id = d.line_id offset 0) l
     order by l.created_at, l.id
  loop
    v_last.position := v_last.position + 1;
    v_last.line_sha256 := private.hash_audit_line(v_line);
    v_last.sha256 := sha256(v_last.sha256 || v_last.line_sha256);
    insert into private.audit_chain (position, line_id, line_sha256, sha256)
    values (v_last.position, v_line.id, v_last.line_sha256, v_last.sha256);
    v_sealed := v_sealed + 1;
  end loop;
  return v_sealed;
end
$$;

-- Definer: it runs at commit, as whoever began the request.
create function private.seal_audit_lines_at_commit() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  -- Once for all lines of the transaction: each time it would pass all that it has taken out of the queue before.
  if exists (select from private.audit_seal_queue q where q.line_id = new.id) then
    perform private.seal_audit_lines();
  end if;
  return null;
end
$$;

create function private.refuse_audit_log_change() returns trigger
  language plpgsql set search_path = ''
as $$
declare
  c_personal constant text[] := array['ip_address', 'user_agent', 'metadata', 'personal_salt'];
begin
  if tg_op = 'UPDATE' and tg_table_name = 'audit_logs'
     and to_jsonb(new) - c_personal = to_jsonb(old) - c_personal
     and num_nonnulls(to_jsonb(new) ->> 'ip_address', to_jsonb(new) ->> 'user_agent', to_jsonb(new) ->> 'metadata',
                      to_jsonb(new) ->> 'personal_salt') = 0 then
    return new;
  end if;
  perform private.refuse(403, 'audit_log_is_kept', 'A line of the audit log can be neither changed nor deleted.');
end
$$;

-- Returns how many lines it was given; the caller names those that still have personal parts.
-- Definer: nobody may change a line.
create function private.redact_audit_lines(line_ids uuid[], cause text) returns integer
  language plpgsql security definer set search_path = ''
as $$
begin
  insert into private.audit_redactions (line_id, cause)
  select l.id, redact_audit_lines.cause from public.audit_logs l
   where l.id = any (line_ids) and l.personal_salt is not null
  on conflict do nothing;
  update public.audit_logs l set ip_address = null, user_agent = null, metadata = null, personal_salt = null
   where l.id = any (line_ids) and l.personal_salt is not null;
  return (select count(*)::integer from unnest(line_ids));
end
$$;

-- After a position that is known to be right, or all of it.
create function private.check_audit_chain(after bigint default 0)
  returns table (finding text, "position" bigint, line_id uuid)
  language sql stable set search_path = ''
as $$
  with entries as (
    select c.*, lag(c.position, 1, 0::bigint) over chain as last_position,
           lag(c.sha256, 1, decode(repeat('00', 32), 'hex')) over chain as last_sha256
      from private.audit_chain c
     where c.position >= check_audit_chain.after
    window chain as (order by c.position)
  ), checked as (
    select case
             when e.position <> e.last_position + 1 then 'entries of the chain are missing before this one'
             when e.sha256 <> sha256(e.last_sha256 || e.line_sha256) then 'this entry does not follow from the one before it'
             when l.id is null then 'a line was removed'
             when e.line_sha256 <> private.hash_audit_line(l)
               or l.personal_sha256 <> private.hash_audit_personal_part(l)
               or (l.personal_salt is null and (
                     num_nonnulls(l.ip_address, l.user_agent, l.metadata) > 0
                     or not exists (select from private.audit_redactions r where r.line_id = l.id)))
             then 'a line was changed' end as finding,
           e.position, e.line_id
      from entries e left join public.audit_logs l on l.id = e.line_id
     where e.position > check_audit_chain.after
  )
  select c.finding, c.position, c.line_id from checked c where c.finding is not null
  union all
  select 'a line was added past the chain', null, l.id
    from public.audit_logs l
   where check_audit_chain.after = 0
     and not exists (select from private.audit_chain c where c.line_id = l.id)
     and not exists (select from private.audit_seal_queue q where q.line_id = l.id);
$$;

comment on function private.check_audit_chain is
  'What is wrong with the audit log; no row means that it is intact. Lines still to be sealed are not reported.';

revoke execute on function private.hash_audit_personal_part, private.hash_audit_line, private.prepare_audit_line,
  private.seal_audit_lines, private.seal_audit_lines_at_commit, private.refuse_audit_log_change,
  private.redact_audit_lines, private.check_audit_chain
  from public, anon, authenticated, service_role;

create trigger audit_chain_refuse_change before update or delete on private.audit_chain
  for each row execute function private.refuse_audit_log_change();

create trigger audit_chain_refuse_truncate before truncate on private.audit_chain
  for each statement execute function private.refuse_audit_log_change();


-- privacy/audit_heads.sql

-- Heads of the audit chain, each mailed once a day to somebody who keeps them.
--
--   (a day without one) -> claimed by a sender -> mailed     else claimed again: twice does no harm
--
-- A chain shows what was changed inside of it, and not that its end was cut off or that all of it was written anew.
-- What lies in somebody's mailbox shows that: line, hash and time, which `python -m deploy verify-audit-log` proves.
-- Before a head is mailed it is proven that the chain still leads through the one mailed before, and the mail says so.

create table private.audit_heads (
  day           date        primary key,
  mail_id       uuid        not null default gen_random_uuid(),
  position      bigint      not null,
  line_id       uuid        not null,
  sha256        bytea       not null,
  sealed_at     timestamptz not null,
  before        date        references private.audit_heads (day),
  finding       text,
  claimed_until timestamptz not null,
  mailed_at     timestamptz,

  constraint audit_heads_hashes_are_whole check (octet_length(sha256) = 32),
  constraint audit_heads_finding_is_short check (char_length(finding) <= 1000)
);

comment on table  private.audit_heads         is 'One a day, by UTC, of the days on which somebody was to be told.';

comment on column private.audit_heads.mail_id is 'By which the mail service knows the mail.';

comment on column private.audit_heads.before  is 'The head mailed before, through which the chain has to lead.';

comment on column private.audit_heads.finding is 'What was wrong on the way from there; null: it leads through it.';

create index audit_heads_before_idx on private.audit_heads (before);

alter table private.audit_heads enable row level security;

-- No grant and no policy: the functions below write them.

-- What keeps the chain from leading through an earlier head to where it is now; null: nothing.
create function private.find_break_since(head private.audit_heads) returns text
  language sql stable set search_path = ''
as $$
  select case
    when not exists (select from private.audit_chain c
                      where (c.position, c.line_id, c.sha256) = ((head).position, (head).line_id, (head).sha256))
      then 'the chain does not lead through the head mailed before'
    else (select format('%s, at %s', f.finding, f.position) from private.check_audit_chain((head).position) f
           order by f.position limit 1) end;
$$;

create type private.claimed_audit_head as (
  day date, mail_id uuid, "position" bigint, line_id uuid, sha256 text, sealed_at timestamptz, before_day date,
  before_position bigint, before_sha256 text, finding text
);

-- A row of nulls: today's is mailed, or somebody is about to; or there is no line yet.
-- Definer: nobody reads the chain or writes heads.
create function private.claim_audit_head() returns private.claimed_audit_head
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  c_day    constant date := (now() at time zone 'UTC')::date;
  v_before private.audit_heads;
  v_head   private.audit_heads;
begin
  if exists (select from private.audit_heads h
              where h.day = c_day and (h.mailed_at is not null or h.claimed_until > now())) then
    return null;
  end if;
  perform private.seal_audit_lines();
  select * into v_before from private.audit_heads h
   where h.mailed_at is not null and h.day < c_day order by h.day desc limit 1;
  insert into private.audit_heads as h (day, position, line_id, sha256, sealed_at, before, finding, claimed_until)
  select c_day, c.position, c.line_id, c.sha256, c.sealed_at, v_before.day,
         case when v_before.day is not null then private.find_break_since(v_before) end, now() + interval '10 minutes'
    from private.audit_chain c order by c.position desc limit 1
  on conflict (day) do update set claimed_until = excluded.claimed_until
   where h.mailed_at is null and h.claimed_until <= now()
  returning h.* into v_head;
  if v_head.day is null then
    return null;
  end if;
  return (v_head.day, v_head.mail_id, v_head.position, v_head.line_id, encode(v_head.sha256, 'hex'), v_head.sealed_at,
          v_before.day, v_before.position, encode(v_before.sha256, 'hex'), v_head.finding);
end
$$;

create function public.claim_audit_head()
  returns table (day date, mail_id uuid, "position" bigint, line_id uuid, sha256 text, sealed_at timestamptz,
                 before_day date, before_position bigint, before_sha256 text, finding text)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.claim_audit_head();
$$;

comment on function public.claim_audit_head is 'For send-notifications: the head to be mailed today, once.';

-- Definer: as above.
create function private.mark_audit_head_mailed(day date) returns timestamptz
  language sql volatile security definer set search_path = ''
as $$
  update private.audit_heads h set mailed_at = coalesce(h.mailed_at, now()) where h.day = mark_audit_head_mailed.day
  returning h.mailed_at;
$$;

create function public.mark_audit_head_mailed(day date) returns table (mailed_at timestamptz)
  language sql volatile security invoker set search_path = ''
as $$
  select private.mark_audit_head_mailed(mark_audit_head_mailed.day);
$$;

comment on function public.mark_audit_head_mailed is 'For send-notifications: the mail service has taken it.';

revoke execute on function private.find_break_since, private.claim_audit_head, public.claim_audit_head,
  private.mark_audit_head_mailed, public.mark_audit_head_mailed from public, anon, authenticated, service_role;

grant execute on function private.claim_audit_head, public.claim_audit_head, private.mark_audit_head_mailed,
  public.mark_audit_head_mailed to service_role;
