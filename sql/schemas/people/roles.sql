-- Roles: who is an admin and who a practitioner. A client has the role "user", or no row at all.
--
-- Policies ask private.is_admin, which reads these rows as their owner, and for changes of roles, by which somebody
-- could make themself a second self, private.is_confirmed_admin; has_role and the operator's way to the first
-- admin are among the baseline's functions in foundation/close_what_is_open.sql. Each change of a role is in the audit
-- log.

-- The baseline's policies overlap, and ask who is calling again for every row. Here and in the chapters that follow
-- there is one policy per table, command and role. Grants are restated as well, so that the result does not depend on
-- what a project grants by default.
drop policy "Users can view their own roles" on public.user_roles;
drop policy "Admins can manage all roles" on public.user_roles;

create policy "people read their own roles, admins all"
  on public.user_roles for select to authenticated
  using (user_id = (select auth.uid()) or (select private.is_admin()));
create policy "admins grant roles"
  on public.user_roles for insert to authenticated with check ((select private.is_confirmed_admin()));
create policy "admins change roles"
  on public.user_roles for update to authenticated using ((select private.is_confirmed_admin()));
create policy "admins revoke roles"
  on public.user_roles for delete to authenticated using ((select private.is_confirmed_admin()));

-- Whether there is another admin is asked among everybody's roles.
create index user_roles_admins_idx on public.user_roles (user_id) where role = 'admin';

revoke all on public.user_roles from anon, authenticated, service_role;
grant select, delete, insert (user_id, role), update (user_id, role) on public.user_roles to authenticated;
grant select, insert, update, delete on public.user_roles to service_role;

-- The admins who are told of something that waits for them: enough to be read by somebody.
create function private.list_told_admins() returns table (user_id uuid)
  language sql stable set search_path = ''
as $$
  select r.user_id from public.user_roles r join auth.users u on u.id = r.user_id
   where r.role = 'admin' order by u.created_at, u.id limit 20;
$$;
revoke execute on function private.list_told_admins from public, anon, authenticated, service_role;
