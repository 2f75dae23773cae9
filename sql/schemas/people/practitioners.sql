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
drop policy "Authenticated users can view available practitioners" on public.practitioners;
drop policy "Practitioners can update own profile" on public.practitioners;
drop policy "Admins can manage practitioners" on public.practitioners;

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

alter table public.practitioners
  add constraint practitioners_name_is_short check (char_length(name) <= 200) not valid,
  add constraint practitioners_bio_is_short check (char_length(bio) <= 10000) not valid,
  add constraint practitioners_specialization_is_short check (char_length(specialization) <= 500) not valid,
  add constraint practitioners_avatar_url_is_short check (char_length(avatar_url) <= 2000) not valid,
  add constraint practitioners_half_hour_rate_is_in_range check (half_hour_rate between 0 and 10000) not valid;

revoke all on public.practitioners from anon, authenticated, service_role;
grant select, delete on public.practitioners to authenticated;
grant insert (user_id, name, bio, specialization, avatar_url, half_hour_rate, available)
  on public.practitioners to authenticated;
-- Not user_id: whoever holds the row receives its earnings.
grant update (name, bio, specialization, avatar_url, half_hour_rate, available) on public.practitioners
  to authenticated;
grant select, insert, update, delete on public.practitioners to service_role;

-- Few are, and all are asked for with each list of sessions.
create index practitioners_paused_idx on public.practitioners (id) where not available;

-- Definer: the policy on sessions asks this for every open class, whoever may see the practitioner.
create function private.paused_practitioner_ids() returns setof uuid
  language sql stable security definer rows 10 set search_path = ''
as $$
  select p.id from public.practitioners p where not p.available;
$$;

-- Definer: the policy on sessions asks this question.
create function private.my_class_ids() returns setof uuid
  language sql stable security definer rows 10 set search_path = ''
as $$
  select s.group_class_id from public.session_schedules s
   where s.client_id = (select auth.uid()) and s.group_class_id is not null and s.status <> 'cancelled';
$$;

revoke execute on function private.paused_practitioner_ids, private.my_class_ids
  from public, anon, authenticated, service_role;
grant execute on function private.paused_practitioner_ids, private.my_class_ids to authenticated;

create function private.refuse_nameless_practitioner() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  perform private.refuse_blank('name', new.name);
  return new;
end
$$;
revoke execute on function private.refuse_nameless_practitioner from public, anon, authenticated, service_role;

create trigger practitioners_refuse_nameless before insert or update of name on public.practitioners
  for each row execute function private.refuse_nameless_practitioner();

-- Definer: it reads contracts and the ledger, whoever removes.
create function private.refuse_practitioner_removal() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  if exists (select from public.practitioner_contracts c where c.practitioner_id = old.id and c.status <> 'pending')
     or exists (select from public.ledger_transactions t where t.practitioner_id = old.id) then
    perform private.refuse(409, 'practitioner_is_kept', 'This practitioner has a contract or earnings, so they are kept.',
                           'Pause them instead.');
  end if;
  return old;
end
$$;
revoke execute on function private.refuse_practitioner_removal from public, anon, authenticated, service_role;

-- For people, who get a hint what to do instead. The foreign keys of both tables hold against everybody.
create trigger practitioners_refuse_removal before delete on public.practitioners
  for each row when (private.is_api_caller()) execute function private.refuse_practitioner_removal();

-- Hours

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

-- Assignments

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
