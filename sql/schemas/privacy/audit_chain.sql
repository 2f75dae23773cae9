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
  add column personal_salt   bytea,
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

-- The lines that the baseline wrote begin the chain. First their copies of rows are reduced to what a line holds today.
-- It is done here, because once the triggers exist nobody can change a line, and because the first new line follows on
-- them in the chain.
with salted as (
  update public.audit_logs l
     set personal_salt = uuid_send(gen_random_uuid()),
         metadata = case when l.metadata ?| array['data', 'old_data', 'new_data', 'deleted_data']
                          and l.action in ('INSERT', 'UPDATE', 'DELETE')
                         then (l.metadata - array['data', 'old_data', 'new_data', 'deleted_data'])
                              || private.build_audit_change(
                                   coalesce(l.metadata -> 'old_data', l.metadata -> 'deleted_data'),
                                   coalesce(l.metadata -> 'new_data', l.metadata -> 'data'))
                         else l.metadata end
   where l.personal_salt is null and l.personal_sha256 is null
  returning l.id)
insert into private.audit_seal_queue (line_id) select s.id from salted s;
update public.audit_logs l set personal_sha256 = private.hash_audit_personal_part(l) where l.personal_sha256 is null;
alter table public.audit_logs alter column personal_sha256 set not null;
select private.seal_audit_lines();

create trigger audit_logs_prepare before insert on public.audit_logs
  for each row execute function private.prepare_audit_line();
create constraint trigger audit_logs_seal after insert on public.audit_logs
  deferrable initially deferred for each row execute function private.seal_audit_lines_at_commit();
create trigger audit_logs_refuse_change before update or delete on public.audit_logs
  for each row execute function private.refuse_audit_log_change();
create trigger audit_logs_refuse_truncate before truncate on public.audit_logs
  for each statement execute function private.refuse_audit_log_change();
create trigger audit_chain_refuse_change before update or delete on private.audit_chain
  for each row execute function private.refuse_audit_log_change();
create trigger audit_chain_refuse_truncate before truncate on private.audit_chain
  for each statement execute function private.refuse_audit_log_change();

-- At the end: an older line beyond them would have stopped the updates above.
alter table public.audit_logs
  add constraint audit_logs_texts_are_short check (
    char_length(table_name) <= 63 and char_length(ip_address) <= 100 and char_length(user_agent) <= 1000) not valid,
  add constraint audit_logs_metadata_is_short check (char_length(metadata::text) <= 10000) not valid,
  add constraint audit_logs_hashes_are_whole check (
    octet_length(personal_salt) <= 32 and octet_length(personal_sha256) = 32) not valid;
