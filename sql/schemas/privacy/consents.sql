-- Consents, and their history: each time somebody agrees, declines or withdraws, a line is added that nobody changes.
--
--   absent -> given -> withdrawn -> given -> ...
--
--   user_consents     the present state, one row for each person and kind
--   consent_history   every change of it, in order
--
-- Lines are written by a trigger, whichever way the change is made. Address and agent are those a server saw: a consent
-- given through `record-consent` has them, one that a page wrote into the table has none, because no server saw it.

-- The baseline's policies overlap, and let people delete a consent and write when and from where they gave it.
drop policy "Users can view their own consents" on public.user_consents;
drop policy "Users can manage their own consents" on public.user_consents;
drop policy "Admins can view all consents" on public.user_consents;

create policy "people read their own consents, admins all"
  on public.user_consents for select to authenticated
  using (user_id = (select auth.uid()) or (select private.is_admin()));
create policy "people give their own consents"
  on public.user_consents for insert to authenticated with check (user_id = (select auth.uid()));
create policy "people change their own consents"
  on public.user_consents for update to authenticated using (user_id = (select auth.uid()));

alter table public.user_consents
  add constraint user_consents_version_is_short check (char_length(version) <= 100) not valid,
  add constraint user_consents_metadata_is_short check (char_length(metadata::text) <= 10000) not valid,
  add constraint user_consents_texts_are_short check (
    char_length(ip_address) <= 100 and char_length(user_agent) <= 1000 and char_length(revoked_ip_address) <= 100) not valid;

create function private.set_consent_times() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if tg_op = 'UPDATE' then
    if (new.user_id, new.consent_type) <> (old.user_id, old.consent_type) then
      perform private.refuse(409, 'consent_is_for_something_else', 'A consent cannot become another one.');
    end if;
    new.consent_date := old.consent_date;
    if new.consented
       and (not old.consented or old.revoked_at is not null or new.version is distinct from old.version) then
      new.consent_date := now();
      new.revoked_at := null;
      new.revoked_ip_address := null;
    elsif old.consented and not new.consented then
      new.revoked_at := now();
    end if;
  else
    new.consent_date := now();
    new.revoked_at := null;
  end if;
  -- What a server saw of an earlier change says nothing about this one; the history keeps it.
  if private.is_api_caller() then
    new.ip_address := null;
    new.user_agent := null;
    new.revoked_ip_address := null;
  end if;
  return new;
end
$$;

-- When somebody agreed or withdrew is the server's time, whoever writes.
create trigger user_consents_set_times before insert or update on public.user_consents
  for each row execute function private.set_consent_times();

revoke all on public.user_consents from anon, authenticated, service_role;
grant select on public.user_consents to authenticated;
-- Not address, agent or dates, which are what the server saw. Not delete: a consent is withdrawn, and its row stays.
grant insert (user_id, consent_type, consented, version, metadata),
      update (user_id, consent_type, consented, version, metadata)
  on public.user_consents to authenticated;
grant select, insert, update on public.user_consents to service_role;

-- History

create table public.consent_history (
  id           bigint      primary key generated always as identity,
  user_id      uuid        not null,
  consent_type text        not null,
  consented    boolean     not null,
  version      text,
  metadata     jsonb,
  ip_address   text,
  user_agent   text,
  recorded_at  timestamptz not null default now(),

  constraint consent_history_texts_are_short check (
    char_length(consent_type) <= 50 and char_length(version) <= 100 and char_length(ip_address) <= 100 and
    char_length(user_agent) <= 1000),
  constraint consent_history_metadata_is_short check (char_length(metadata::text) <= 10000)
);
comment on table  public.consent_history            is 'Evidence: lines are only added.';
comment on column public.consent_history.user_id is
  'No foreign key: what somebody agreed to can be shown after their account is gone.';
comment on column public.consent_history.consented  is 'Whether the consent was in force after this.';
comment on column public.consent_history.ip_address is 'As the server saw it; null if the table was written directly.';
comment on column public.consent_history.id is 'Of the row; made here.';
comment on column public.consent_history.consent_type is 'What it was about.';
comment on column public.consent_history.version is 'Of the text.';
comment on column public.consent_history.metadata is 'What whoever wrote it kept beside it.';
comment on column public.consent_history.user_agent is 'What their browser called itself.';
comment on column public.consent_history.recorded_at is 'When the answer changed.';

-- Somebody's own, in order.
create index consent_history_user_id_idx on public.consent_history (user_id, consent_type, id);

alter table public.consent_history enable row level security;

create policy "people read their own consent history, admins all"
  on public.consent_history for select to authenticated
  using (user_id = (select auth.uid()) or (select private.is_admin()));

revoke all on public.consent_history from anon, authenticated, service_role;
grant select on public.consent_history to authenticated, service_role;
-- No insert, update or delete for anybody: the trigger writes it.

-- Definer: whoever changes a consent may neither write nor suppress the line that says so.
create function private.record_consent_history() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  v_consent public.user_consents := case when tg_op = 'DELETE' then old else new end;
begin
  insert into public.consent_history (user_id, consent_type, consented, version, metadata, ip_address, user_agent)
  values (v_consent.user_id, v_consent.consent_type,
          tg_op <> 'DELETE' and v_consent.consented and v_consent.revoked_at is null,
          v_consent.version, v_consent.metadata,
          case when tg_op = 'DELETE' then null
               when v_consent.consented then v_consent.ip_address else v_consent.revoked_ip_address end,
          case when tg_op <> 'DELETE' then v_consent.user_agent end);
  return null;
end
$$;

create trigger user_consents_20_record_history after insert or update or delete on public.user_consents
  for each row execute function private.record_consent_history();

-- What somebody last said: given, declined (withdrawn as well), or unanswered.
create function private.get_consent_answer(user_id uuid, consent_type text) returns text
  language sql stable set search_path = ''
as $$
  select coalesce((select case when c.consented and c.revoked_at is null then 'given' else 'declined' end
                     from public.user_consents c
                    where (c.user_id, c.consent_type) = (get_consent_answer.user_id, get_consent_answer.consent_type)),
                  'unanswered');
$$;

create function public.record_consent(
  user_id      uuid,
  consent_type text,
  consented    boolean,
  version      text  default '1.0',
  metadata     jsonb default '{}',
  ip_address   text  default null,
  user_agent   text  default null
) returns setof public.user_consents
  language plpgsql security invoker set search_path = ''
as $$
#variable_conflict use_column
begin
  return query
    insert into public.user_consents as c
      (user_id, consent_type, consented, version, metadata, ip_address, user_agent, revoked_ip_address)
    values
      (record_consent.user_id, record_consent.consent_type, record_consent.consented, record_consent.version,
       record_consent.metadata, case when record_consent.consented then record_consent.ip_address end,
       record_consent.user_agent, case when not record_consent.consented then record_consent.ip_address end)
    on conflict (user_id, consent_type) do update
       set consented = excluded.consented, version = excluded.version, metadata = excluded.metadata,
           -- The address from which it was given stays beside the one from which it was withdrawn.
           ip_address = coalesce(excluded.ip_address, c.ip_address), user_agent = excluded.user_agent,
           revoked_ip_address = excluded.revoked_ip_address
    returning c.*;
  -- Each change stays in the history.
  perform private.limit_use('consents', record_consent.user_id);
end
$$;

create function public.get_consent_status(consent_type text default null)
  returns table (user_id uuid, consents public.user_consents[], has_consent boolean, consent_status jsonb)
  language sql stable security invoker set search_path = ''
as $$
  with mine as (
    select c.consent_type, c.consented and c.revoked_at is null as is_given, c
      from public.user_consents c where c.user_id = (select auth.uid())
  )
  select (select auth.uid()),
         array(select m.c from mine m
                where get_consent_status.consent_type is null or m.consent_type = get_consent_status.consent_type
                order by m.consent_type),
         case when get_consent_status.consent_type is not null
              then exists (select from mine m where m.consent_type = get_consent_status.consent_type and m.is_given) end,
         (select jsonb_object_agg(kind, exists (select from mine m where m.consent_type = kind and m.is_given))
            from unnest(array['data_processing', 'marketing', 'session_recording', 'data_sharing', 'third_party_sharing',
                              'analytics']) kind);
$$;
comment on function public.get_consent_status is 'What the caller has agreed to.';

-- Definer: a practitioner reads nobody's consents; this answers one question about their own sessions.
create function private.session_consents(session_id uuid) returns table (user_id uuid, has_consented boolean)
  language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_session public.session_schedules;
begin
  -- A participant's row names the class.
  select class.* into v_session from public.session_schedules named
    join public.session_schedules class on class.id = coalesce(named.group_class_id, named.id)
   where named.id = session_consents.session_id;
  if v_session.id is null
     or not (coalesce(private.get_session_host(v_session) = (select auth.uid()), false) or private.is_admin()) then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  end if;
  return query
    select people.id, private.get_consent_answer(people.id, 'session_recording') = 'given'
      from (select private.get_session_host(v_session)
            union select c.user_id from private.list_session_clients(v_session) c) people (id)
     where people.id is not null;
end
$$;

create function public.session_consents(session_id uuid) returns table (user_id uuid, has_consented boolean)
  language sql stable security invoker set search_path = ''
as $$
  select * from private.session_consents(session_id);
$$;
comment on function public.session_consents is
  'Who in a session has agreed to be recorded, for its practitioner and admins; no other consents.';

revoke execute on function private.record_consent_history, private.get_consent_answer, public.record_consent, public.get_consent_status,
  private.session_consents, public.session_consents from public, anon, authenticated, service_role;
-- Not granted to authenticated: the address is what the server saw, so only the server may pass one.
grant execute on function public.record_consent to service_role;
-- Of what they may read: their own answers.
grant execute on function private.get_consent_answer to authenticated;
grant execute on function public.get_consent_status, private.session_consents, public.session_consents to authenticated;
