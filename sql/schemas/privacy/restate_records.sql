-- Records: consents, access one person gives another, the audit log, retention rules, memories.
--
--   consent: absent -> given -> withdrawn -> given -> ...        access: granted -> revoked

-- Consents -----------------------------------------------------------------------------------------------------

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

create function private.date_consent() returns trigger
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
  if private.is_person() then
    new.ip_address := null;
    new.user_agent := null;
    new.revoked_ip_address := null;
  end if;
  return new;
end
$$;

-- When somebody agreed or withdrew is read off the server's clock, whoever writes.
create trigger user_consents_date before insert or update on public.user_consents
  for each row execute function private.date_consent();

revoke all on public.user_consents from anon, authenticated, service_role;
grant select on public.user_consents to authenticated;
-- Not address, agent or dates, which are what the server saw. Not delete: a consent is withdrawn, and stays as a fact.
grant insert (user_id, consent_type, consented, version, metadata),
      update (user_id, consent_type, consented, version, metadata)
  on public.user_consents to authenticated;
grant select, insert, update on public.user_consents to service_role;

-- Access grants ------------------------------------------------------------------------------------------------

drop policy "Grantors can view their grants" on public.access_grants;
drop policy "Grantees can view their grants" on public.access_grants;
drop policy "Grantors can create grants" on public.access_grants;
drop policy "Grantors can revoke their grants" on public.access_grants;
drop policy "Admins can view all grants" on public.access_grants;

create policy "grantors, grantees and admins read grants"
  on public.access_grants for select to authenticated
  using (
    grantor_id = (select auth.uid()) or grantee_id = (select auth.uid()) or (select private.is_admin()));
-- The baseline let anybody grant access to anything.
create policy "people grant access to what is theirs"
  on public.access_grants for insert to authenticated
  with check (
    grantor_id = (select auth.uid())
    and case resource_type
      when 'session' then resource_id in (select private.my_session_ids())
      when 'memory' then resource_id in (select m.id from public.meditation_memories m where m.user_id = (select auth.uid()))
      when 'note' then resource_id in (select n.id from public.session_notes n where n.author_id = (select auth.uid()))
      when 'profile' then resource_id = (select auth.uid())
    end);
create policy "grantors revoke their grants"
  on public.access_grants for update to authenticated using (grantor_id = (select auth.uid()));

revoke all on public.access_grants from anon, authenticated, service_role;
grant select on public.access_grants to authenticated;
grant insert (grantor_id, grantee_id, resource_type, resource_id, permission, expires_at, reason, metadata),
      update (revoked_at, reason)
  on public.access_grants to authenticated;
grant select, insert, update, delete on public.access_grants to service_role;

-- Audit log ----------------------------------------------------------------------------------------------------

drop policy "Only admins can view audit logs" on public.audit_logs;

create policy "admins read the audit log"
  on public.audit_logs for select to authenticated using ((select private.is_admin()));

revoke all on public.audit_logs from anon, authenticated, service_role;
grant select on public.audit_logs to authenticated;
-- The service adds lines and changes none.
grant select, insert on public.audit_logs to service_role;

-- Retention ----------------------------------------------------------------------------------------------------

drop policy "Only admins can manage retention policies" on public.data_retention_policies;

create policy "admins read retention rules"
  on public.data_retention_policies for select to authenticated using ((select private.is_admin()));
create policy "admins add retention rules"
  on public.data_retention_policies for insert to authenticated with check ((select private.is_admin()));
create policy "admins change retention rules"
  on public.data_retention_policies for update to authenticated using ((select private.is_admin()));
create policy "admins remove retention rules"
  on public.data_retention_policies for delete to authenticated using ((select private.is_admin()));

revoke all on public.data_retention_policies from anon, authenticated, service_role;
grant select, insert, update, delete on public.data_retention_policies to authenticated, service_role;

-- Memories -----------------------------------------------------------------------------------------------------

drop policy "Users can view their own memories" on public.meditation_memories;
drop policy "Users can create their own memories" on public.meditation_memories;
drop policy "Users can delete their own memories" on public.meditation_memories;

create policy "people read their own memories"
  on public.meditation_memories for select to authenticated using (user_id = (select auth.uid()));
create policy "people keep their own memories"
  on public.meditation_memories for insert to authenticated with check (user_id = (select auth.uid()));
create policy "people delete their own memories"
  on public.meditation_memories for delete to authenticated using (user_id = (select auth.uid()));

revoke all on public.meditation_memories from anon, authenticated, service_role;
grant select, insert, delete on public.meditation_memories to authenticated;
grant select, insert, update, delete on public.meditation_memories to service_role;
