-- What is to be erased, and why. A recording in the queue can be neither seen nor opened from that moment on.
--
--   queued -> begun -> gone, with a receipt (erase_recordings)          queued -> agreed again: not queued
--
--   a one-to-one recording        goes when either of the two withdraws
--   the recording of a class      goes when its practitioner withdraws, or anybody who was in it; unless the class has a rule
--                                 that it survives, then only that participant's own row and link go
--   anything                      goes when its time is over
--
-- Nothing under a legal hold goes. It stays in the queue, closed, until the hold is released.

create table public.recording_rules (
  id                  uuid        primary key default gen_random_uuid(),
  session_id          uuid        not null references public.session_schedules on delete cascade,
  retention_days      integer,
  survives_withdrawal boolean     not null default false,
  updated_at          timestamptz not null default now(),

  constraint recording_rules_are_one_for_each_session unique (session_id),
  constraint recording_rules_keep_for_a_while check (retention_days between 1 and 36500)
);
comment on table  public.recording_rules is 'For a class, or a session, whose recording is treated otherwise than the rest.';
comment on column public.recording_rules.retention_days is 'Null: as data_retention_policies says of session_recordings.';
comment on column public.recording_rules.survives_withdrawal is
  'Whether the recording of a class stays for the others when a participant withdraws. Their picture is in it: rarely lawful.';

alter table public.recording_rules enable row level security;

create policy "admins read recording rules"
  on public.recording_rules for select to authenticated using ((select private.is_admin()));
create policy "admins add recording rules"
  on public.recording_rules for insert to authenticated with check ((select private.is_admin()));
create policy "admins change recording rules"
  on public.recording_rules for update to authenticated using ((select private.is_admin()));
create policy "admins remove recording rules"
  on public.recording_rules for delete to authenticated using ((select private.is_admin()));

create trigger update_recording_rules_updated_at before update on public.recording_rules
  for each row execute function public.update_updated_at_column();
create trigger audit_recording_rules after insert or update or delete on public.recording_rules
  for each row execute function private.write_audit_log();

revoke all on public.recording_rules from anon, authenticated, service_role;
grant select, insert (session_id, retention_days, survives_withdrawal), update (retention_days, survives_withdrawal), delete
  on public.recording_rules to authenticated;
grant select on public.recording_rules to service_role;

insert into public.data_retention_policies (table_name, retention_days, auto_delete, description)
values ('session_recordings', 2555, true, 'Recordings, seven years from their end; purge-recordings erases them with their files');

create table private.erasure_queue (
  id           uuid        primary key default gen_random_uuid(),
  recording_id uuid        not null references public.session_recordings on delete cascade,
  reason       text        not null,
  user_id      uuid,
  queued_at    timestamptz not null default now(),
  due_at       timestamptz not null default now(),
  begun_at     timestamptz,
  attempts     integer     not null default 0,

  constraint erasure_queue_reason_is_known check (reason in ('consent_withdrawn', 'retention', 'account_erased', 'asked')),
  constraint erasure_queue_holds_a_reason_once unique nulls not distinct (recording_id, reason, user_id)
);
comment on column private.erasure_queue.user_id is 'Who withdrew.';
comment on column private.erasure_queue.begun_at is 'From here on there is no way back: the first files may be gone.';
comment on column private.erasure_queue.attempts is 'How often somebody set about it; more than a few, and storage or the bucket refuses.';

create index erasure_queue_due_at_idx on private.erasure_queue (due_at);  -- purging asks what is due

alter table private.erasure_queue enable row level security;
-- No policy: triggers fill it, and the service works it off.
grant select, insert, update, delete on private.erasure_queue to service_role;

-- Definer: the queue is nobody's to read, and everybody's policy on recordings asks it.
create function private.closed_recording_ids() returns setof uuid
  language sql stable security definer set search_path = ''
as $$
  select q.recording_id from private.erasure_queue q
  union
  select mine.id from private.erasure_queue q
    join public.session_recordings mine on mine.class_recording_id = q.recording_id;
$$;

alter policy "participants and admins read recordings" on public.session_recordings
  using (
    (session_id in (select s.id from public.session_schedules s where s.client_id = (select auth.uid()))
     or session_id in (select private.my_led_session_ids())
     or (select private.is_admin()))
    and ((select private.is_admin()) or id not in (select private.closed_recording_ids())));

-- Definer: whoever withdraws may neither write the queue nor read who else is in a recording.
create function private.queue_withdrawn_recordings() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  insert into private.erasure_queue (recording_id, reason, user_id, due_at)
  select case when k.stays_for_others then mine.id else r.id end, 'consent_withdrawn', old.user_id,
         now() + interval '1 day'  -- time to take back a slip of the finger; it is closed at once
    from (select s.id from public.session_schedules s
            join public.practitioners p on p.id = s.practitioner_id where p.user_id = old.user_id
          union
          select s.id from public.session_schedules s where s.client_id = old.user_id
          union
          select a.session_id from private.channel_admissions a where a.user_id = old.user_id) theirs
    join public.session_schedules s on s.id = theirs.id
    join public.session_recordings r on r.session_id = s.id and r.class_recording_id is null
    left join public.recording_rules rule on rule.session_id = s.id
   cross join lateral (select coalesce(rule.survives_withdrawal, false) and private.is_class(s)
                              and private.host_of(s) is distinct from old.user_id as stays_for_others) k
    left join public.session_schedules seat on k.stays_for_others and seat.group_class_id = s.id and seat.client_id = old.user_id
    left join public.session_recordings mine on mine.session_id = seat.id and mine.class_recording_id = r.id
   where old.user_id in (select private.people_recorded(s))
     and (not k.stays_for_others or mine.id is not null)
  on conflict do nothing;
  return null;
end
$$;

-- After those that stop what is being recorded.
create trigger withdrawing_consent_erases_recordings after update on public.user_consents for each row
  when (old.consent_type = 'session_recording' and old.consented and old.revoked_at is null
        and (not new.consented or new.revoked_at is not null))
  execute function private.queue_withdrawn_recordings();
create trigger withdrawn_consent_deleted_erases_recordings after delete on public.user_consents for each row
  when (old.consent_type = 'session_recording' and old.consented and old.revoked_at is null)
  execute function private.queue_withdrawn_recordings();

-- Definer: as above.
create function private.unqueue_recordings() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  delete from private.erasure_queue q
   where q.user_id = new.user_id and q.reason = 'consent_withdrawn' and q.begun_at is null;
  return null;
end
$$;

create trigger agreeing_again_keeps_recordings after insert or update on public.user_consents for each row
  when (new.consent_type = 'session_recording' and new.consented and new.revoked_at is null)
  execute function private.unqueue_recordings();

create function private.refuse_to_forget_files() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if exists (select from private.recording_files f where f.recording_id = old.id) then
    perform private.refuse(409, 'recording_has_files', 'The files of this recording would be left behind.',
                           'Put it into the erasure queue; purge-recordings erases both.');
  end if;
  return old;
end
$$;

-- The row is the only thing that knows of its files.
create trigger session_recordings_go_after_their_files before delete on public.session_recordings
  for each row execute function private.refuse_to_forget_files();

revoke execute on function private.closed_recording_ids, private.queue_withdrawn_recordings, private.unqueue_recordings,
  private.refuse_to_forget_files from public, anon, authenticated, service_role;
grant execute on function private.closed_recording_ids to authenticated, service_role;
