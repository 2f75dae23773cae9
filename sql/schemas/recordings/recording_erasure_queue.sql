-- The erasure queue: which recordings are to be erased, and why. One in it can be neither listed nor opened any more.
--
--   queued -> begun -> erased, with a receipt (erasures.sql)        queued -> not queued (consent is given again)
--
-- Queued are
--   a one-to-one recording      when either of the two withdraws consent
--   the recording of a class    when its practitioner withdraws consent, or anybody who was in it; where the class has
--                               a rule that it survives a withdrawal, only that participant's own row and link
--   any recording               when its retention is over, a week after its people were told
--
-- Under a legal hold nothing is erased: it stays in the queue, closed, until the hold is released.

create table public.recording_rules (
  id                  uuid        primary key default gen_random_uuid(),
  session_id          uuid        not null references public.session_schedules on delete cascade,
  retention_days      integer,
  survives_withdrawal boolean     not null default false,
  updated_at          timestamptz not null default now(),

  constraint recording_rules_one_per_session unique (session_id),
  constraint recording_rules_retention_days_are_in_range check (retention_days between 1 and 36500)
);
comment on table public.recording_rules is
  'Exceptions for the recording of one session or class.';
comment on column public.recording_rules.retention_days is
  'Null: that of session_recordings in data_retention_policies.';
comment on column public.recording_rules.survives_withdrawal is
  'Whether the recording of a class is kept for the others when a participant withdraws. They are still in it: rarely lawful.';
comment on column public.recording_rules.id is 'Of the row; made here.';
comment on column public.recording_rules.session_id is 'The class it is for; null: all.';
comment on column public.recording_rules.updated_at is 'When the row was last changed.';

alter table public.recording_rules enable row level security;

create policy "admins read recording rules"
  on public.recording_rules for select to authenticated using ((select private.is_admin()));
create policy "admins add recording rules"
  on public.recording_rules for insert to authenticated with check ((select private.is_admin()));
create policy "admins change recording rules"
  on public.recording_rules for update to authenticated using ((select private.is_admin()));
create policy "admins remove recording rules"
  on public.recording_rules for delete to authenticated using ((select private.is_admin()));

revoke all on public.recording_rules from anon, authenticated, service_role;
grant select, insert (session_id, retention_days, survives_withdrawal),
      update (retention_days, survives_withdrawal), delete
  on public.recording_rules to authenticated;
grant select on public.recording_rules to service_role;

create trigger update_recording_rules_updated_at before update on public.recording_rules
  for each row execute function public.update_updated_at_column();
create trigger audit_recording_rules after insert or update or delete on public.recording_rules
  for each row execute function private.write_audit_log();

insert into public.data_retention_policies (table_name, retention_days, auto_delete, description)
values ('session_recordings', 2555, true,
        'Recordings, seven years from their end; purge-recordings erases them with their files')
on conflict (table_name) do nothing;

create table private.recording_erasure_queue (
  id              uuid        primary key default gen_random_uuid(),
  recording_id    uuid        not null references public.session_recordings on delete cascade,
  reason          text        not null,
  user_id         uuid,
  queued_at       timestamptz not null default now(),
  due_at          timestamptz not null default now(),
  begun_at        timestamptz,
  attempt_count   integer     not null default 0,
  next_attempt_at timestamptz not null default now(),

  constraint recording_erasure_queue_reason_is_known
    check (reason in ('consent_withdrawn', 'retention', 'account_erased', 'asked')),
  constraint recording_erasure_queue_holds_a_reason_once unique nulls not distinct (recording_id, reason, user_id)
);
comment on column private.recording_erasure_queue.user_id is 'Who withdrew consent.';
comment on column private.recording_erasure_queue.begun_at is 'From then on it stays queued: the first files may be deleted.';
comment on column private.recording_erasure_queue.attempt_count is
  'How often it was claimed; if more than a few times, storage or the bucket refuses to delete.';

comment on column private.recording_erasure_queue.next_attempt_at is
  'Not before then: an attempt failed, or it was under a legal hold when it was last looked at.';

create index recording_erasure_queue_next_attempt_at_idx on private.recording_erasure_queue (next_attempt_at);

alter table private.recording_erasure_queue enable row level security;
-- No policy: triggers fill it, and the service erases what is in it.
grant select, insert, update, delete on private.recording_erasure_queue to service_role;

-- Whether its erasure has begun: nothing is added to it any more.
-- Definer: nobody may read the queue.
create function private.is_being_erased(recording_id uuid) returns boolean
  language sql stable security definer set search_path = ''
as $$
  select exists (select from private.recording_erasure_queue q
                  where q.recording_id = is_being_erased.recording_id and q.begun_at is not null);
$$;

-- How long a recording is kept: by the rule of its session, else by the policy for all; null is for ever.
create function private.recording_retention_days(recording public.session_recordings) returns integer
  language sql stable set search_path = ''
as $$
  select coalesce(
    (select rule.retention_days from public.recording_rules rule where rule.session_id = (recording).session_id),
    (select p.retention_days from public.data_retention_policies p where p.table_name = 'session_recordings' and p.auto_delete));
$$;

create function private.queue_expired_recordings(max_rows integer) returns integer
  language plpgsql volatile set search_path = ''
as $$
declare
  v_count integer;
begin
  -- Not before its people have been told (erasure_notices.sql). A participant's row is erased with its class's.
  insert into private.recording_erasure_queue (recording_id, reason)
  select r.id, 'retention' from public.session_recordings r
   where r.id = any (array(select private.expiring_recording_ids()))
     and r.class_recording_id is null and r.status in ('completed', 'failed')
     and private.may_erase_after_retention(r)
     and not exists (select from private.recording_erasure_queue q where q.recording_id = r.id and q.reason = 'retention')
   limit queue_expired_recordings.max_rows
  on conflict do nothing;
  get diagnostics v_count = row_count;
  return v_count;
end
$$;

-- Definer: whoever withdraws consent may neither write the queue nor read who else is in a recording.
create function private.queue_recordings_without_consent() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  insert into private.recording_erasure_queue (recording_id, reason, user_id, due_at)
  select case when kept.for_others then participants.id else r.id end, 'consent_withdrawn', old.user_id,
         now() + interval '1 day'  -- time to undo a mistake; it is closed at once
    from (select s.id from public.session_schedules s
            join public.practitioners p on p.id = s.practitioner_id where p.user_id = old.user_id
          union
          select s.id from public.session_schedules s where s.client_id = old.user_id
          union
          select a.session_id from private.channel_admissions a where a.user_id = old.user_id) theirs
    join public.session_schedules s on s.id = theirs.id
    -- Looked up session by session: joined, everybody's recordings are read.
   cross join lateral (select x.id from public.session_recordings x
                        where x.session_id = s.id and x.class_recording_id is null limit 1) r
    left join public.recording_rules rule on rule.session_id = s.id
   cross join lateral (select coalesce(rule.survives_withdrawal, false) and private.is_class(s)
                              and private.get_session_host(s) is distinct from old.user_id as for_others) kept
    left join lateral (select x.id from public.session_recordings x
                        where kept.for_others and x.class_recording_id = r.id
                          and x.session_id in (select seat.id from public.session_schedules seat
                                                where seat.group_class_id = s.id and seat.client_id = old.user_id)
                        limit 1) participants on true
   where old.user_id in (select private.list_possibly_recorded_users(s))
     and (not kept.for_others or participants.id is not null)
  on conflict do nothing;
  return null;
end
$$;

-- Other triggers stop a recording that is still on (consent.sql); it is erased once it has ended.
create trigger user_consents_30_queue_recordings after update on public.user_consents for each row
  when (old.consent_type = 'session_recording' and old.consented and old.revoked_at is null
        and (not new.consented or new.revoked_at is not null))
  execute function private.queue_recordings_without_consent();
create trigger user_consents_30_queue_recordings_on_delete after delete on public.user_consents for each row
  when (old.consent_type = 'session_recording' and old.consented and old.revoked_at is null)
  execute function private.queue_recordings_without_consent();

-- Definer: whoever gives consent again may not write the queue.
create function private.unqueue_recordings() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  delete from private.recording_erasure_queue q
   where q.user_id = new.user_id and q.reason = 'consent_withdrawn' and q.begun_at is null;
  return null;
end
$$;

create trigger user_consents_10_unqueue_recordings after insert or update on public.user_consents for each row
  when (new.consent_type = 'session_recording' and new.consented and new.revoked_at is null)
  execute function private.unqueue_recordings();

revoke execute on function private.is_being_erased, private.recording_retention_days, private.queue_expired_recordings,
  private.queue_recordings_without_consent, private.unqueue_recordings from public, anon, authenticated, service_role;
grant execute on function private.recording_retention_days, private.queue_expired_recordings to service_role;
