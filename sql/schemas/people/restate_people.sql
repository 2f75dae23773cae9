-- People: roles, practitioners, their hours and their clients, preferences. Each rule is said once.
--
-- The baseline's policies overlap, ask who is calling again for every row, and hide a paused practitioner from
-- themself. Here: one policy per table, command and role. Grants are restated as well, so that the result does not
-- depend on what a project grants by default.

-- Roles --------------------------------------------------------------------------------------------------------

drop policy "Users can view their own roles" on public.user_roles;
drop policy "Admins can manage all roles" on public.user_roles;

create policy "people read their own roles, admins all"
  on public.user_roles for select to authenticated
  using (user_id = (select auth.uid()) or (select private.is_admin()));
create policy "admins give roles"
  on public.user_roles for insert to authenticated with check ((select private.is_admin()));
create policy "admins change roles"
  on public.user_roles for update to authenticated using ((select private.is_admin()));
create policy "admins take roles"
  on public.user_roles for delete to authenticated using ((select private.is_admin()));

revoke all on public.user_roles from anon, authenticated, service_role;
grant select, delete, insert (user_id, role), update (user_id, role) on public.user_roles to authenticated;
grant select, insert, update, delete on public.user_roles to service_role;

-- Practitioners ------------------------------------------------------------------------------------------------

drop policy "Authenticated users can view available practitioners" on public.practitioners;
drop policy "Practitioners can update own profile" on public.practitioners;
drop policy "Admins can manage practitioners" on public.practitioners;

-- Pausing hides a practitioner from new clients only. The row must stay visible to its owner, or the update that
-- pauses would be refused, and to clients with a session, whose pages read the name.
create policy "people read available practitioners, theirs and themselves"
  on public.practitioners for select to authenticated
  using (
    available
    or user_id = (select auth.uid())
    or id = any (array(select private.visible_practitioner_ids()))
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
grant update (name, bio, specialization, avatar_url, half_hour_rate, available) on public.practitioners to authenticated;
grant select, insert, update, delete on public.practitioners to service_role;

-- Hours --------------------------------------------------------------------------------------------------------

drop policy "Authenticated users can view availability" on public.practitioner_availability;
drop policy "Practitioners can manage own availability" on public.practitioner_availability;

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

-- Clients of a practitioner ------------------------------------------------------------------------------------

drop policy "Users can view their own assignments" on public.practitioner_assignments;
drop policy "Admins and practitioners can manage assignments" on public.practitioner_assignments;

create index practitioner_assignments_client_id_idx on public.practitioner_assignments (client_id);

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

-- Preferences --------------------------------------------------------------------------------------------------

drop policy "Users can view their own preferences" on public.user_preferences;
drop policy "Users can insert their own preferences" on public.user_preferences;
drop policy "Users can update their own preferences" on public.user_preferences;
drop policy "Admins can view all preferences" on public.user_preferences;

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
