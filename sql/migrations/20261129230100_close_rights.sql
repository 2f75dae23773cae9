-- Closing: who may read, write and call what was there.
--
-- To be pushed when the functions have been switched (docs/runbook.md). The way back: sql/adoption/back/close_rights.sql.

-- Functions name what later chapters make.
set check_function_bodies = off;

set lock_timeout = '5s';
set statement_timeout = 0;


-- adoption/closing/begin_rights.sql

-- All at one moment, as in the closing file before.
do $$
begin
  lock table public.session_schedules, public.practitioners, public.practitioner_availability, public.practitioner_assignments,
    public.user_session_credits, public.session_payments, public.session_notes,
    public.action_checklist, public.session_types, public.session_packages, public.products, public.user_roles,
    public.user_consents, public.user_preferences, public.access_grants, public.meditation_memories,
    public.data_retention_policies, public.audit_logs,
    public.action_recommendations, public.cancellation_policy, public.email_logs, public.liability_waivers,
    public.practitioner_banking, public.practitioner_contracts, public.profiles, public.session_cancellations,
    public.session_recordings, public.studio_locations, public.user_notifications, public.waiver_policy
    in access exclusive mode;
end
$$;

-- For the way back.
call legacy.keep_state('close_rights', false);

-- What went on until now ends: the policies of pages and functions that have been switched, and what received their rows.
do $$
declare
  v_thing record;
begin
  for v_thing in select p.* from legacy.policies p where p.until_closing and to_regclass(p.table_name) is not null loop
    execute format('drop policy if exists %I on %s', v_thing.name, v_thing.table_name);
  end loop;
  for v_thing in select t.tgrelid::regclass::text as table_name from pg_catalog.pg_trigger t where t.tgname = 'legacy_receive' loop
    execute format('drop trigger legacy_receive on %s', v_thing.table_name);
  end loop;
end
$$;
drop function if exists public.increment_group_class_participants(uuid, integer);
revoke execute on function private.is_drawing from authenticated;


-- foundation/close_what_is_open.sql

call legacy.close_routines();

-- Roles

create or replace function public.has_role(_user_id uuid, _role public.app_role) returns boolean
  language sql stable security invoker set search_path = ''
as $$
  select exists (select from public.user_roles r where r.user_id = _user_id and r.role = _role);
$$;

comment on function public.has_role is 'Whether somebody has a role.';

grant execute on function public.has_role to authenticated, service_role;

create or replace function public.get_user_id_by_email(email_input text) returns uuid
  language sql stable security invoker set search_path = ''
as $$
  select private.user_id_by_email(email_input);
$$;

comment on function public.get_user_id_by_email is 'For admins: whose account an address is.';

grant execute on function public.get_user_id_by_email to authenticated, service_role;

create or replace function public.assign_admin_role_by_id(p_user_id uuid) returns jsonb
  language plpgsql security invoker set search_path = ''
as $$
begin
  insert into public.user_roles (user_id, role) values (p_user_id, 'admin') on conflict do nothing;
  return jsonb_build_object('success', true, 'user_id', p_user_id, 'message', 'Admin role assigned');
exception when foreign_key_violation then
  return jsonb_build_object('success', false, 'error', 'User not found');
end
$$;

create or replace function public.assign_admin_role(p_user_email text) returns jsonb
  language plpgsql security invoker set search_path = ''
as $$
declare
  v_user_id uuid := private.user_id_by_email(p_user_email);
begin
  if v_user_id is null then
    return jsonb_build_object('success', false, 'error', 'User not found');
  end if;
  return public.assign_admin_role_by_id(v_user_id) || jsonb_build_object('email', p_user_email);
end
$$;

-- The operator's way to the first admin, with the secret key. Admins make further ones through user_roles.
grant execute on function public.assign_admin_role, public.assign_admin_role_by_id to service_role;

-- Questions about others, answered as far as the caller may see

-- Callers pass the practitioner's user id, the baseline compared it with practitioners.id: both are accepted.
create or replace function public.is_practitioner_of(_practitioner_id uuid, _client_id uuid) returns boolean
  language sql stable security invoker set search_path = ''
as $$
  select exists (
    select from public.practitioner_assignments a join public.practitioners p on p.id = a.practitioner_id
    where _practitioner_id in (p.id, p.user_id) and a.client_id = _client_id);
$$;

comment on function public.is_practitioner_of is 'Whether somebody leads sessions of a client.';

create or replace function public.get_user_credits(p_user_id uuid)
  returns table (total_credits integer, package_credits integer, single_credits integer)
  language sql stable security invoker set search_path = ''
as $$
  select
    coalesce(sum(c.credits_remaining), 0)::integer,
    coalesce(sum(c.credits_remaining) filter (where c.package_id is not null), 0)::integer,
    coalesce(sum(c.credits_remaining) filter (where c.package_id is null), 0)::integer
  from public.user_session_credits c
  where c.user_id = p_user_id and c.credits_remaining > 0 and (c.expires_at is null or c.expires_at > now());
$$;

comment on function public.get_user_credits is 'How many credits somebody has: their own, or for an admin anybody''s.';

create or replace function public.has_consent(p_user_id uuid, p_consent_type text) returns boolean
  language sql stable security invoker set search_path = ''
as $$
  select exists (
    select from public.user_consents c
    where c.user_id = p_user_id and c.consent_type = p_consent_type and c.consented and c.revoked_at is null);
$$;

comment on function public.has_consent is 'Whether somebody has agreed to something, and not taken it back.';

create or replace function public.has_access(
  p_user_id uuid, p_resource_type text, p_resource_id uuid, p_permission text) returns boolean
  language sql stable security invoker set search_path = ''
as $$
  select exists (
    select from public.access_grants g
    where g.grantee_id = p_user_id and g.resource_type = p_resource_type and g.resource_id = p_resource_id
      and g.permission = p_permission and g.revoked_at is null and (g.expires_at is null or g.expires_at > now()));
$$;

comment on function public.has_access is 'Whether somebody was granted something on a resource.';

create or replace function public.can_access_session(p_user_id uuid, p_session_id uuid) returns boolean
  language sql stable security invoker set search_path = ''
as $$
  select
    exists (
      select from public.session_schedules s left join public.practitioners p on p.id = s.practitioner_id
      where s.id = p_session_id and p_user_id in (s.client_id, p.user_id))
    or public.has_role(p_user_id, 'admin')
    or public.has_access(p_user_id, 'session', p_session_id, 'read');
$$;

comment on function public.can_access_session is 'Whether somebody takes part in a session or leads it.';

grant execute on function public.is_practitioner_of, public.get_user_credits, public.has_consent, public.has_access,
  public.can_access_session to authenticated, service_role;

-- Retention

create or replace function public.get_retention_policy(p_table_name text)
  returns table (retention_days integer, auto_delete boolean)
  language sql stable security invoker set search_path = ''
as $$
  select p.retention_days, p.auto_delete from public.data_retention_policies p where p.table_name = p_table_name;
$$;

-- Only tables with a policy can be named, so the name that reaches the query is one that an admin wrote down.
create or replace function public.get_expired_records(p_table_name text)
  returns table (record_id uuid, created_at timestamptz)
  language plpgsql stable security invoker set search_path = ''
as $$
declare
  v_policy public.data_retention_policies;
begin
  select * into v_policy from public.data_retention_policies p where p.table_name = p_table_name and p.auto_delete;
  if found then
    return query execute format('select id, created_at from public.%I where created_at < $1', v_policy.table_name)
      using now() - make_interval(days => v_policy.retention_days);
  end if;
end
$$;

grant execute on function public.get_retention_policy, public.get_expired_records to service_role;

-- The audit log

-- A line that cannot be written is an error: the baseline hid it and reported success.
create or replace function public.log_audit_event(
  p_user_id uuid, p_action text, p_table_name text, p_record_id uuid default null,
  p_ip_address text default null, p_user_agent text default null, p_metadata jsonb default '{}') returns void
  language sql security invoker set search_path = ''
as $$
  insert into public.audit_logs (user_id, action, table_name, record_id, ip_address, user_agent, metadata)
  values (p_user_id, p_action, p_table_name, p_record_id, p_ip_address, p_user_agent, p_metadata);
$$;

grant execute on function public.log_audit_event to service_role;

-- The trigger function behind every updated_at names nothing outside pg_catalog.
alter function public.update_updated_at_column() set search_path = '';


-- privacy/audit_log.sql

-- The baseline's asks who is calling again for every row.
drop policy if exists "Only admins can view audit logs" on public.audit_logs;

create policy "admins read the audit log"
  on public.audit_logs for select to authenticated using ((select private.is_admin()));

revoke all on public.audit_logs from anon, authenticated, service_role;

grant select on public.audit_logs to authenticated, service_role;

-- The service adds lines and changes none. Not id, created_at or the hashes: the database sets those.
grant insert (user_id, action, table_name, record_id, ip_address, user_agent, metadata)
  on public.audit_logs to service_role;

drop function if exists public.audit_insert_trigger();

drop function if exists public.audit_update_trigger();

drop function if exists public.audit_delete_trigger();

drop function if exists public.audit_select_trigger();

-- Only those four called them.
drop function if exists public.get_current_user_id();

drop function if exists public.get_client_ip();


-- people/roles.sql

-- Roles: who is an admin and who a practitioner. A client has the role "user", or no row at all.
--
-- Policies ask private.is_admin, which reads these rows as their owner, and for changes of roles, by which somebody
-- could make themself a second self, private.is_confirmed_admin; has_role and the operator's way to the first
-- admin are among the baseline's functions in foundation/close_what_is_open.sql. Each change of a role is in the audit
-- log.

-- The baseline's policies overlap, and ask who is calling again for every row. Here and in the chapters that follow
-- there is one policy per table, command and role. Grants are restated as well, so that the result does not depend on
-- what a project grants by default.
drop policy if exists "Users can view their own roles" on public.user_roles;

drop policy if exists "Admins can manage all roles" on public.user_roles;

create policy "people read their own roles, admins all"
  on public.user_roles for select to authenticated
  using (user_id = (select auth.uid()) or (select private.is_admin()));

create policy "admins grant roles"
  on public.user_roles for insert to authenticated with check ((select private.is_confirmed_admin()));

create policy "admins change roles"
  on public.user_roles for update to authenticated using ((select private.is_confirmed_admin()));

create policy "admins revoke roles"
  on public.user_roles for delete to authenticated using ((select private.is_confirmed_admin()));

revoke all on public.user_roles from anon, authenticated, service_role;

grant select, delete, insert (user_id, role), update (user_id, role) on public.user_roles to authenticated;

grant select, insert, update, delete on public.user_roles to service_role;


-- people/practitioners.sql

-- Practitioners, the hours they work, and the clients they are assigned.
--
--   available -> paused -> available        by the practitioner or an admin
--
-- Whoever is paused takes no new bookings, and loses nothing else: their own pages never ask whether they are
-- available, their clients still see the name, and their classes stay with whoever has a seat and are offered to nobody
-- else. Whoever has answered a contract or has earned cannot be removed: contracts and money are about somebody.
-- Removing is for whoever was added by mistake: an offer they never answered goes with them, and their clients get
-- their credits back.

-- The baseline's policies overlap, ask who is calling again for every row, and hide a paused practitioner from
-- themself.
drop policy if exists "Authenticated users can view available practitioners" on public.practitioners;

drop policy if exists "Practitioners can update own profile" on public.practitioners;

drop policy if exists "Admins can manage practitioners" on public.practitioners;

-- The row of a paused practitioner must stay visible to its owner, or the update that pauses would be refused, and to
-- their clients, whose pages read the name.
create policy "people read available practitioners, theirs and themselves"
  on public.practitioners for select to authenticated
  using (
    available
    or user_id = (select auth.uid())
    or id = any (array(select private.related_practitioner_ids()))
    or (select private.is_admin()));

create policy "admins add practitioners"
  on public.practitioners for insert to authenticated with check ((select private.is_admin()));

create policy "practitioners edit themselves, admins all"
  on public.practitioners for update to authenticated
  using (user_id = (select auth.uid()) or (select private.is_admin()));

create policy "admins remove practitioners"
  on public.practitioners for delete to authenticated using ((select private.is_admin()));

revoke all on public.practitioners from anon, authenticated, service_role;

grant select, delete on public.practitioners to authenticated;

grant insert (user_id, name, bio, specialization, avatar_url, half_hour_rate, available)
  on public.practitioners to authenticated;

-- Not user_id: whoever holds the row receives its earnings.
grant update (name, bio, specialization, avatar_url, half_hour_rate, available) on public.practitioners
  to authenticated;

grant select, insert, update, delete on public.practitioners to service_role;

-- Hours

drop policy if exists "Authenticated users can view availability" on public.practitioner_availability;

drop policy if exists "Practitioners can manage own availability" on public.practitioner_availability;

create policy "signed-in people read hours"
  on public.practitioner_availability for select to authenticated using (true);

create policy "practitioners add their own hours, admins any"
  on public.practitioner_availability for insert to authenticated
  with check (practitioner_id = any (array(select private.my_practitioner_ids())) or (select private.is_admin()));

create policy "practitioners change their own hours, admins any"
  on public.practitioner_availability for update to authenticated
  using (practitioner_id = any (array(select private.my_practitioner_ids())) or (select private.is_admin()));

create policy "practitioners remove their own hours, admins any"
  on public.practitioner_availability for delete to authenticated
  using (practitioner_id = any (array(select private.my_practitioner_ids())) or (select private.is_admin()));

revoke all on public.practitioner_availability from anon, authenticated, service_role;

grant select, delete on public.practitioner_availability to authenticated;

grant insert (practitioner_id, day_of_week, start_time, end_time), update (day_of_week, start_time, end_time)
  on public.practitioner_availability to authenticated;

grant select, insert, update, delete on public.practitioner_availability to service_role;

-- Assignments

drop policy if exists "Users can view their own assignments" on public.practitioner_assignments;

drop policy if exists "Admins and practitioners can manage assignments" on public.practitioner_assignments;

create policy "clients, their practitioner and admins read assignments"
  on public.practitioner_assignments for select to authenticated
  using (
    client_id = (select auth.uid())
    or practitioner_id = any (array(select private.my_practitioner_ids()))
    or (select private.is_admin()));

-- Admins only: an assignment opens the client's profile, so a practitioner must not give it to themself.
create policy "admins assign clients"
  on public.practitioner_assignments for insert to authenticated with check ((select private.is_admin()));

create policy "practitioners and admins end assignments"
  on public.practitioner_assignments for delete to authenticated
  using (practitioner_id = any (array(select private.my_practitioner_ids())) or (select private.is_admin()));

revoke all on public.practitioner_assignments from anon, authenticated, service_role;

grant select, delete, insert (practitioner_id, client_id) on public.practitioner_assignments to authenticated;

grant select, insert, update, delete on public.practitioner_assignments to service_role;


-- people/profiles.sql

revoke all on public.profiles from anon, authenticated, service_role;

-- Not date_of_birth and address: a practitioner sees the row, and needs neither. Their owner has them in the account.
grant select (id, full_name, email, avatar_url, phone_number, created_at, updated_at),
      insert (id, full_name, avatar_url, phone_number, date_of_birth, address),
      update (id, full_name, avatar_url, phone_number, date_of_birth, address)
  on public.profiles to authenticated;

grant select, insert, update, delete on public.profiles to service_role;

-- Preferences

-- Of the baseline's policies two are for the same command.
drop policy if exists "Users can view their own preferences" on public.user_preferences;

drop policy if exists "Users can insert their own preferences" on public.user_preferences;

drop policy if exists "Users can update their own preferences" on public.user_preferences;

drop policy if exists "Admins can view all preferences" on public.user_preferences;

create policy "people read their own preferences, admins all"
  on public.user_preferences for select to authenticated
  using (user_id = (select auth.uid()) or (select private.is_admin()));

create policy "people set their own preferences"
  on public.user_preferences for insert to authenticated with check (user_id = (select auth.uid()));

create policy "people change their own preferences"
  on public.user_preferences for update to authenticated using (user_id = (select auth.uid()));

revoke all on public.user_preferences from anon, authenticated, service_role;

grant select on public.user_preferences to authenticated;

-- user_id and updated_at as well: the frontend upserts them.
grant insert (user_id, currency, country, timezone, language, detected_at, updated_at),
      update (user_id, currency, country, timezone, language, detected_at, updated_at)
  on public.user_preferences to authenticated;

grant select, insert, update, delete on public.user_preferences to service_role;


-- payments/catalogue.sql

-- The catalogue: kinds of sessions, packages of five or ten credits for one kind, products. People read; admins write.

-- Replaced by one policy for each command: beside the baseline's `for all`, reading asked two policies for every row.
drop policy if exists "Anyone can view active session types" on public.session_types;

drop policy if exists "Admins can manage session types" on public.session_types;

drop policy if exists "Anyone can view active packages" on public.session_packages;

drop policy if exists "Admins can manage packages" on public.session_packages;

drop policy if exists "Anyone can view active products" on public.products;

drop policy if exists "Admins can manage products" on public.products;

revoke all on public.session_types, public.session_packages, public.products from anon, authenticated, service_role;

grant select on public.session_types, public.session_packages, public.products to anon;

grant select, insert, update, delete on public.session_types, public.session_packages, public.products
  to authenticated, service_role;

create policy "visitors read active session types"
  on public.session_types for select to anon using (is_active);

-- The wallet names the type of a credit and of its package, also a withdrawn one.
create policy "people read active session types and theirs, admins all"
  on public.session_types for select to authenticated
  using (is_active or id in (select private.my_session_type_ids()) or (select private.is_admin()));

create policy "admins add session types"
  on public.session_types for insert to authenticated with check ((select private.is_admin()));

create policy "admins change session types"
  on public.session_types for update to authenticated using ((select private.is_admin()));

create policy "admins remove session types"
  on public.session_types for delete to authenticated using ((select private.is_admin()));

create policy "anyone reads active products, admins all"
  on public.products for select to anon, authenticated using (is_active or (select private.is_admin()));

create policy "admins add products"
  on public.products for insert to authenticated with check ((select private.is_admin()));

create policy "admins change products"
  on public.products for update to authenticated using ((select private.is_admin()));

create policy "admins remove products"
  on public.products for delete to authenticated using ((select private.is_admin()));

-- Of a type that is withdrawn nothing is for sale, and the lists of packages name the type of each.
create policy "visitors read active packages"
  on public.session_packages for select to anon
  using (is_active and (session_type_id is null
                        or session_type_id in (select t.id from public.session_types t where t.is_active)));

-- The wallet shows the package a credit came from, also a withdrawn one.
create policy "people read active packages and those they bought, admins all"
  on public.session_packages for select to authenticated
  using (
    (is_active and (session_type_id is null
                    or session_type_id in (select t.id from public.session_types t where t.is_active)))
    or id in (select private.my_package_ids())
    or (select private.is_admin()));

create policy "admins add packages"
  on public.session_packages for insert to authenticated with check ((select private.is_admin()));

create policy "admins change packages"
  on public.session_packages for update to authenticated using ((select private.is_admin()));

create policy "admins remove packages"
  on public.session_packages for delete to authenticated using ((select private.is_admin()));


-- signatures/waiver_policy.sql

revoke all on public.waiver_policy from anon, authenticated, service_role;

grant select on public.waiver_policy to anon;

-- No delete for anybody: a version may have been signed.
grant select, insert (version, policy_text, is_active, updated_by), update (is_active, updated_at, updated_by)
  on public.waiver_policy to authenticated;

grant select, insert, update on public.waiver_policy to service_role;


-- sessions/cancellation_policy.sql

revoke all on public.cancellation_policy from anon, authenticated, service_role;

grant select on public.cancellation_policy to anon;

grant select, update (is_active, updated_at, updated_by) on public.cancellation_policy to authenticated;

grant insert (policy_text, standard_cancellation_hours, late_cancellation_hours, late_cancellation_fee_usd,
              late_cancellation_fee_cad, no_show_fee_usd, no_show_fee_cad, grace_cancellations_allowed, ended_credit_days,
              ended_credit_days_by_us, is_active, updated_by)
  on public.cancellation_policy to authenticated;

grant select, insert, update on public.cancellation_policy to service_role;

revoke all on public.session_cancellations from anon, authenticated, service_role;

grant select on public.session_cancellations to authenticated;

-- Written when a session is cancelled (cancelling.sql); changed by nobody.
grant select, insert on public.session_cancellations to service_role;


-- calendars/studios.sql

revoke all on public.studio_locations from anon, authenticated, service_role;

grant select on public.studio_locations to anon;

grant select, insert, update, delete on public.studio_locations to authenticated, service_role;


-- sessions/session_schedules.sql

-- The baseline's policies overlap, call auth.uid() again for every row, and let clients make free sessions and delete
-- what they booked. Here: one per command.
drop policy if exists "Admins can manage all sessions" on public.session_schedules;

drop policy if exists "Admins can delete any sessions" on public.session_schedules;

drop policy if exists "Clients can view their own sessions" on public.session_schedules;

drop policy if exists "Clients can book sessions" on public.session_schedules;

drop policy if exists "Clients can create their own sessions" on public.session_schedules;

drop policy if exists "Clients can update their sessions" on public.session_schedules;

drop policy if exists "Clients can cancel their sessions" on public.session_schedules;

drop policy if exists "Practitioners can view assigned sessions" on public.session_schedules;

drop policy if exists "Practitioners can view their assigned sessions" on public.session_schedules;

drop policy if exists "Practitioners can create sessions for assigned clients" on public.session_schedules;

drop policy if exists "Practitioners can update their sessions" on public.session_schedules;

drop policy if exists "Practitioners can update their assigned sessions" on public.session_schedules;

drop policy if exists "Practitioners can cancel their sessions" on public.session_schedules;

-- A person's own row for a class is theirs alone; the class itself is for everybody to see, or, once its practitioner
-- has paused, for whoever has a seat in it. What comes first is asked first: a list of classes asks for nobody's
-- practitioners.
create policy "clients, practitioners and admins read sessions"
  on public.session_schedules for select to authenticated
  using (
    client_id = (select auth.uid())
    or (max_participants > 1 and group_class_id is null and status <> 'cancelled'
        and (practitioner_id <> all (array(select private.paused_practitioner_ids()))
             or id = any (array(select private.my_class_ids()))))
    or practitioner_id = any (array(select private.my_practitioner_ids()))
    or (select private.is_admin()));

-- A client joins a class; a session of their own needs a credit, which only the booking function can take.
-- "Their clients" of today. Otherwise any id, given a session, would open a stranger's profile.
-- A class is made by admins: a practitioner's row for more than one would show their client's id to everybody. And a
-- seat in it is taken by whoever joins, or given by an admin.
create policy "clients book, practitioners book their clients, admins anyone"
  on public.session_schedules for insert to authenticated
  with check (
    (client_id = (select auth.uid()) and group_class_id is not null)
    or (practitioner_id = any (array(select private.my_practitioner_ids()))
        and client_id in (select private.my_client_ids())
        and max_participants = 1 and group_class_id is null)
    or (select private.is_admin()));

create policy "clients, practitioners and admins change sessions"
  on public.session_schedules for update to authenticated
  using (
    client_id = (select auth.uid())
    or practitioner_id = any (array(select private.my_practitioner_ids()))
    or (select private.is_admin()));

-- Clients and practitioners cancel instead: a deleted session takes its notes and payments with it.
create policy "admins delete sessions"
  on public.session_schedules for delete to authenticated using ((select private.is_admin()));

revoke all on public.session_schedules from anon, authenticated, service_role;

grant select, delete on public.session_schedules to authenticated;

-- Not group_class_id: it follows from the note; nor studio_id: it follows from the place. current_participants is
-- granted because the frontend sends it for a class while joining; no policy lets a client update a class, so it
-- changes nothing. A trigger sets cancelled_at.
grant insert (practitioner_id, client_id, scheduled_at, duration_minutes, room_name, host_room_url, status, notes,
              class_name, session_location, physical_location, max_participants, current_participants),
      update (scheduled_at, status, notes, cancelled_at,
              class_name, session_location, physical_location, max_participants, current_participants,
              correlated_session_id)
  on public.session_schedules to authenticated;

grant select, insert, update, delete on public.session_schedules to service_role;


-- sessions/notes_and_checklists.sql

-- Session notes, and the action checklists that practitioners write for clients.
--
-- A note belongs to its author; the author and admins edit it. Everybody in the session reads a shared one.

-- The baseline's policies overlap and call auth.uid() again for every row. Here, one per table and command.
drop policy if exists "Admins can manage all notes" on public.session_notes;

drop policy if exists "Authors can view their own notes" on public.session_notes;

drop policy if exists "Authors can update their own notes" on public.session_notes;

drop policy if exists "Authors can delete their own notes" on public.session_notes;

drop policy if exists "Participants can create notes" on public.session_notes;

drop policy if exists "Participants can view shared notes" on public.session_notes;

create policy "authors read their notes, participants shared ones, admins all"
  on public.session_notes for select to authenticated
  using (
    author_id = (select auth.uid())
    or (visibility = 'shared' and session_id in (select private.my_session_ids()))
    or (select private.is_admin()));

create policy "participants write notes under their own name"
  on public.session_notes for insert to authenticated
  with check (
    author_id = (select auth.uid())
    and (session_id in (select private.my_session_ids()) or (select private.is_admin())));

create policy "authors and admins edit notes"
  on public.session_notes for update to authenticated
  using (author_id = (select auth.uid()) or (select private.is_admin()));

create policy "authors and admins delete notes"
  on public.session_notes for delete to authenticated
  using (author_id = (select auth.uid()) or (select private.is_admin()));

revoke all on public.session_notes from anon, authenticated, service_role;

grant select, delete, insert (session_id, author_id, content, visibility), update (content, visibility)
  on public.session_notes to authenticated;

grant select, insert, update, delete on public.session_notes to service_role;

-- The checklist, likewise.
drop policy if exists "Clients can view their own checklist" on public.action_checklist;

drop policy if exists "Clients can update completion status only" on public.action_checklist;

drop policy if exists "Assigned practitioners can manage client checklists" on public.action_checklist;

create policy "clients, their practitioners and admins read checklists"
  on public.action_checklist for select to authenticated
  using (
    client_id = (select auth.uid())
    or client_id in (select private.my_client_ids())
    or (select private.is_admin()));

create policy "practitioners write checklists for their clients"
  on public.action_checklist for insert to authenticated
  with check (
    (practitioner_id = (select auth.uid()) and client_id in (select private.my_client_ids()))
    or (select private.is_admin()));

create policy "clients, their practitioners and admins change checklists"
  on public.action_checklist for update to authenticated
  using (
    client_id = (select auth.uid())
    or client_id in (select private.my_client_ids())
    or (select private.is_admin()));

create policy "practitioners and admins delete checklist lines"
  on public.action_checklist for delete to authenticated
  using (client_id in (select private.my_client_ids()) or (select private.is_admin()));

revoke all on public.action_checklist from anon, authenticated, service_role;

grant select, delete on public.action_checklist to authenticated;

grant insert (client_id, practitioner_id, title, description, due_date, priority),
      update (title, description, completed, due_date, priority)
  on public.action_checklist to authenticated;

grant select, insert, update, delete on public.action_checklist to service_role;


-- signatures/liability_waivers.sql

revoke all on public.liability_waivers from anon, authenticated, service_role;

-- Not e-mail, address, agent and image: the practitioner sees the row, and that it was signed is what they need to
-- know.
grant select (id, user_id, session_id, waiver_text, signed_at, created_at, waiver_policy_id, waiver_policy_version,
              text_sha256, signature_name, signer_name, evidence_sha256, is_observed, double_of,
              language)
  on public.liability_waivers to authenticated;

-- Not signed_at: the server's clock says when. Neither signer nor hashes: the trigger below sets those.
-- No update and no delete for anybody.
grant select, insert (user_id, session_id, waiver_text, ip_address, user_agent, waiver_policy_id,
                      waiver_policy_version, signature_name, signature_image, language)
  on public.liability_waivers to service_role;


-- credits/credit_lots.sql

-- The baseline's two become one: two permissive policies are both asked for every row.
drop policy if exists "Users can view their own credits" on public.user_session_credits;

drop policy if exists "Admins can view all credits" on public.user_session_credits;

create policy "people read their own credits, admins all"
  on public.user_session_credits for select to authenticated
  using (user_id = (select auth.uid()) or (select private.is_confirmed_admin()));

revoke all on public.user_session_credits from anon, authenticated, service_role;

grant select on public.user_session_credits to authenticated;

-- Update is granted and no policy allows it: the frontend sends updates while a client joins a class or cancels, and
-- must see them change nothing. Without the grant it would see an error and stop half-way.
grant update on public.user_session_credits to authenticated;

-- Insert, for whatever sells credits without the functions below: each lot opens with its purchase in the ledger. No
-- update and no delete: a lot's credits change by lines of the ledger.
grant select, insert on public.user_session_credits to service_role;


-- payments/refused_picks.sql

create function public.increment_group_class_participants(group_class_id uuid, increment_by integer default 1)
  returns table (id uuid, current_participants integer, max_participants integer)
  language plpgsql volatile security invoker set search_path = ''
as $$
#variable_conflict use_column
begin
  perform private.keep_refused_class(increment_group_class_participants.group_class_id);
  return query
    select s.id, s.current_participants, s.max_participants from public.session_schedules s
     where s.id = increment_group_class_participants.group_class_id and s.max_participants > 1 and s.group_class_id is null;
end
$$;

comment on function public.increment_group_class_participants is
  'Returns how full a class is: the pages call it before they insert a seat, and the seat is counted.';

revoke execute on function public.increment_group_class_participants from public, anon, authenticated, service_role;

grant execute on function public.increment_group_class_participants to authenticated;


-- payments/session_payments.sql

-- Replaced by one policy for each command: the baseline's let admins write amounts and delete money.
drop policy if exists "Admins can manage all payments" on public.session_payments;

drop policy if exists "Only admins can create payments" on public.session_payments;

drop policy if exists "Clients can view their own payments" on public.session_payments;

drop policy if exists "Practitioners can view their payments" on public.session_payments;

-- Older than earnings are the rows that were paid out without having been earned in our books.
create policy "payers read payments; practitioner and admins those earned"
  on public.session_payments for select to authenticated
  using (
    (client_id = (select auth.uid()) and credit_lot_id is null)
    or ((earned_at is not null or paid_out_at is not null)
        and (practitioner_id = any (array(select private.my_practitioner_ids())) or (select private.is_confirmed_admin()))));

create policy "admins mark payments as paid out"
  on public.session_payments for update to authenticated using ((select private.is_confirmed_admin()));

revoke all on public.session_payments from anon, authenticated, service_role;

-- No insert and no delete, not even for admins, and no amounts: money is written by the service, from what was paid.
grant select, update (status, paid_out_at) on public.session_payments to authenticated;

grant select, insert, update on public.session_payments to service_role;


-- recordings/session_recordings.sql

revoke all on public.session_recordings from anon, authenticated, service_role;

-- Not Agora's ids, with which a recording can be stopped, nor the storage path: people need the link and the status.
grant select (id, session_id, recording_url, duration_seconds, file_size_bytes, status, started_at, completed_at,
              created_at, updated_at)
  on public.session_recordings to authenticated;

-- No write for people: the functions that call Agora write the state.
grant select, insert, update, delete on public.session_recordings to service_role;


-- signatures/practitioner_contracts.sql

revoke all on public.practitioner_contracts from anon, authenticated, service_role;

-- signed_at as well: the frontend sends its own, and the trigger below replaces it. No delete for anybody.
grant select, insert (practitioner_id, contract_version, contract_text, expires_at, template_id, title,
                      language),
      update (status, signed_at, ip_address, user_agent, expires_at, revoked_reason)
  on public.practitioner_contracts to authenticated;

grant select, insert, update on public.practitioner_contracts to service_role;


-- earnings/practitioner_banking.sql

revoke all on public.practitioner_banking from anon, authenticated, service_role;

grant select on public.practitioner_banking to authenticated;

-- No insert and no update for the service: the row is written by functions that know who asks; the secret key alone is
-- no reason to.
grant select, delete on public.practitioner_banking to service_role;


-- actions/action_recommendations.sql

revoke all on public.action_recommendations from anon, authenticated, service_role;

grant select, delete on public.action_recommendations to authenticated;

-- completed_at as well: the frontend sends its own, and the trigger below replaces it.
grant insert (practitioner_id, client_id, session_id, title, description, action_type, frequency, due_date,
              template_id),
      update (title, description, action_type, frequency, due_date, completed, completed_at)
  on public.action_recommendations to authenticated;

grant select, insert, update, delete on public.action_recommendations to service_role;


-- messages/user_notifications.sql

revoke all on public.user_notifications from anon, authenticated, service_role;

grant select, update (read_at), insert (user_id, notification_type, title, message, related_id)
  on public.user_notifications to authenticated;

grant select, insert, update, delete on public.user_notifications to service_role;


-- messages/email_logs.sql

revoke all on public.email_logs from anon, authenticated, service_role;

grant select on public.email_logs to authenticated, service_role;


-- privacy/consents.sql

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
drop policy if exists "Users can view their own consents" on public.user_consents;

drop policy if exists "Users can manage their own consents" on public.user_consents;

drop policy if exists "Admins can view all consents" on public.user_consents;

create policy "people read their own consents, admins all"
  on public.user_consents for select to authenticated
  using (user_id = (select auth.uid()) or (select private.is_admin()));

create policy "people give their own consents"
  on public.user_consents for insert to authenticated with check (user_id = (select auth.uid()));

create policy "people change their own consents"
  on public.user_consents for update to authenticated using (user_id = (select auth.uid()));

revoke all on public.user_consents from anon, authenticated, service_role;

grant select on public.user_consents to authenticated;

-- Not address, agent or dates, which are what the server saw. Not delete: a consent is withdrawn, and its row stays.
grant insert (user_id, consent_type, consented, version, metadata),
      update (user_id, consent_type, consented, version, metadata)
  on public.user_consents to authenticated;

grant select, insert, update on public.user_consents to service_role;


-- privacy/memories_and_access_grants.sql

-- Memories and access grants: what the meditation assistant remembers of a person, and whom people let see their
-- sessions, memories, notes and profile.
--
--   access: granted -> revoked        granted -> (expired, by the clock)

-- Memories

-- The baseline's are for every role, and ask who is calling again for every row.
drop policy if exists "Users can view their own memories" on public.meditation_memories;

drop policy if exists "Users can create their own memories" on public.meditation_memories;

drop policy if exists "Users can delete their own memories" on public.meditation_memories;

create policy "people read their own memories"
  on public.meditation_memories for select to authenticated using (user_id = (select auth.uid()));

create policy "people keep their own memories"
  on public.meditation_memories for insert to authenticated with check (user_id = (select auth.uid()));

create policy "people delete their own memories"
  on public.meditation_memories for delete to authenticated using (user_id = (select auth.uid()));

revoke all on public.meditation_memories from anon, authenticated, service_role;

grant select, insert, delete on public.meditation_memories to authenticated;

grant select, insert, update, delete on public.meditation_memories to service_role;

-- The baseline's never worked, so nobody depends on what it returned: the operator was not on its search path.
drop function if exists public.match_memories;

create function public.match_memories(
  query_embedding extensions.vector, match_user_id uuid,
  match_count integer default 5, match_threshold double precision default 0.7)
  returns table (
    id uuid, content text, memory_type text, session_date timestamptz, metadata jsonb,
    similarity double precision)
  language plpgsql stable security invoker set search_path = ''
as $$
#variable_conflict use_column
begin
  return query
    select m.id, m.content, m.memory_type, m.session_date, m.metadata,
           1 - (m.embedding operator(extensions.<=>) query_embedding)
    from public.meditation_memories m
    where m.user_id = match_user_id and 1 - (m.embedding operator(extensions.<=>) query_embedding) > match_threshold
    order by m.embedding operator(extensions.<=>) query_embedding
    limit match_count;
end
$$;

comment on function public.match_memories is 'Memories of one person that mean something like this.';

revoke execute on function public.match_memories from public, anon, authenticated, service_role;

grant execute on function public.match_memories to authenticated, service_role;

-- Access grants

-- Three of the baseline's policies are for the same command, and none looks at what is granted.
drop policy if exists "Grantors can view their grants" on public.access_grants;

drop policy if exists "Grantees can view their grants" on public.access_grants;

drop policy if exists "Grantors can create grants" on public.access_grants;

drop policy if exists "Grantors can revoke their grants" on public.access_grants;

drop policy if exists "Admins can view all grants" on public.access_grants;

create policy "grantors, grantees and admins read grants"
  on public.access_grants for select to authenticated
  using (
    grantor_id = (select auth.uid()) or grantee_id = (select auth.uid()) or (select private.is_admin()));

-- In the baseline anybody could grant access to anything.
create policy "people grant access to what is theirs"
  on public.access_grants for insert to authenticated
  with check (
    grantor_id = (select auth.uid())
    and case resource_type
      when 'session' then resource_id in (select private.my_session_ids())
      when 'memory' then resource_id in (select m.id from public.meditation_memories m
                                          where m.user_id = (select auth.uid()))
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


-- privacy/retention.sql

-- Retention: what has been kept as long as its policy says is deleted or blanked by a scheduled function, where the
-- policy says so (`auto_delete`).
--
--   meditation_memories, journal_entries, session_notes, user_notifications, email_logs, webhook_deliveries,
--   legacy_rows         deleted
--   waiting_list_entries  deleted once over
--   mails, outbox       deleted once sent or dropped; once addressed, with no mail left; who was welcomed stays known
--   channel_events      deleted: attendance is what was made of them
--   user_consents       deleted once withdrawn; their history stays
--   session_schedules   notes, room and place of ended sessions are blanked; the row is about money and evidence, and
--                       stays
--   audit_logs          lines lose their personal parts; their place in the chain stays
--   session_recordings  not here: purge-recordings deletes them with their files
--
-- Nothing else is touched, whatever a policy names: payments, ledgers, waivers and contracts are kept by law. Nor is
-- anything of a person or a session under a legal hold. One batch is one transaction with its receipt, so a run can be
-- killed anywhere.

-- One policy for all commands, which asks who is calling again for every row; below, one for each.
drop policy if exists "Only admins can manage retention policies" on public.data_retention_policies;

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


-- adoption/closing/kept_tables.sql

-- What the platform has beside ours goes on working, and is no hole. From here on has_role reads as its caller, whom a
-- visitor is not: policies that ask it of everybody ask private.is_admin instead. A definer function finds what it names.
-- An account that reviewed or changed something can be erased.
do $$
declare
  v_thing   record;
  c_asks    constant text := '(public\.)?has_role\(\(? ?(SELECT )?auth\.uid\(\)( AS uid)?\)?, ''admin''::(public\.)?app_role\)';
  v_using   text;
  v_check   text;
begin
  for v_thing in
    select p.polname, p.polrelid, p.polrelid::regclass::text as table_name,
           pg_get_expr(p.polqual, p.polrelid) as qual, pg_get_expr(p.polwithcheck, p.polrelid) as with_check
      from pg_catalog.pg_policy p join pg_catalog.pg_class c on c.oid = p.polrelid
     where c.relnamespace = 'public'::regnamespace
       and concat(pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) ~ 'has_role\('
  loop
    v_using := regexp_replace(v_thing.qual, c_asks, '(select private.is_admin())', 'g');
    v_check := regexp_replace(v_thing.with_check, c_asks, '(select private.is_admin())', 'g');
    execute format('alter policy %I on %s', v_thing.polname, v_thing.table_name)
            || coalesce(' using (' || v_using || ')', '') || coalesce(' with check (' || v_check || ')', '');
  end loop;

  for v_thing in
    select p.oid::regprocedure::text as routine from legacy.routines r join pg_catalog.pg_proc p on p.oid = r.oid
     where p.pronamespace = 'public'::regnamespace and p.prosecdef
       and not exists (select from unnest(p.proconfig) s where s like 'search_path=%')
  loop
    execute format('alter routine %s set search_path = public, extensions', v_thing.routine);
  end loop;

  for v_thing in
    select c.conname, c.conrelid::regclass::text as table_name, a.attname
      from pg_catalog.pg_constraint c
      join pg_catalog.pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1] and not a.attnotnull
     where c.contype = 'f' and c.confrelid = 'auth.users'::regclass and c.confdeltype = 'a' and cardinality(c.conkey) = 1
       and c.connamespace = 'public'::regnamespace
  loop
    execute format('alter table %s drop constraint %I, add constraint %I foreign key (%I) references auth.users (id)'
                   ' on delete set null', v_thing.table_name, v_thing.conname, v_thing.conname, v_thing.attname);
  end loop;
end
$$;

-- For the way back.
call legacy.keep_state('close_rights', true);
