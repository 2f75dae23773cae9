-- Action recommendations: what a practitioner gives a client to do until they meet again.
--
--   open -> completed -> open        by the client only; the server's clock says when
--
-- Against the milestone's table: row-level security, and
-- * `session_id` may be null, since the frontend also recommends outside a session, and deleting a session leaves the
--   client's list alone.
-- * nobody rewrites what the other wrote: the words are the practitioner's, the tick is the client's.

create table public.action_recommendations (
  id              uuid primary key default gen_random_uuid(),
  session_id      uuid references public.session_schedules (id) on delete set null,
  practitioner_id uuid not null references public.practitioners (id) on delete cascade,
  client_id       uuid not null references auth.users (id) on delete cascade,
  title           text not null,
  description     text,
  action_type     text not null check (action_type in ('daily_practice', 'mindfulness', 'physical', 'emotional', 'other')),
  frequency       text,
  due_date        date,
  completed       boolean not null default false,
  completed_at    timestamptz,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now(),

  constraint action_recommendations_title_is_short check (char_length(btrim(title)) between 1 and 200),
  constraint action_recommendations_description_is_short check (char_length(description) <= 4000),
  constraint action_recommendations_are_dated_when_completed check (completed = (completed_at is not null))
);
comment on column public.action_recommendations.frequency is 'Free text, such as "daily" or "as needed".';

create index idx_action_recommendations_client_id on public.action_recommendations (client_id);
create index idx_action_recommendations_session_id on public.action_recommendations (session_id);
create index idx_action_recommendations_practitioner_id on public.action_recommendations (practitioner_id);
create index idx_action_recommendations_completed on public.action_recommendations (client_id, due_date)
  where completed = false;

create trigger update_action_recommendations_updated_at before update on public.action_recommendations
  for each row execute function public.update_updated_at_column();

alter table public.action_recommendations enable row level security;

create policy "client, practitioner and admins read recommendations"
  on public.action_recommendations for select to authenticated
  using (
    client_id = (select auth.uid())
    or practitioner_id = any (array(select private.my_practitioner_ids()))
    or (select private.is_admin()));
create policy "practitioners recommend to their clients"
  on public.action_recommendations for insert to authenticated
  with check (
    practitioner_id = any (array(select private.my_practitioner_ids()))
    and client_id in (select private.my_client_ids())
    and (session_id is null or exists (
      select from public.session_schedules s
       where s.id = session_id and s.client_id = action_recommendations.client_id
         and s.practitioner_id = action_recommendations.practitioner_id)));
create policy "client and practitioner change recommendations"
  on public.action_recommendations for update to authenticated
  using (
    client_id = (select auth.uid())
    or practitioner_id = any (array(select private.my_practitioner_ids())));
create policy "practitioners and admins withdraw recommendations"
  on public.action_recommendations for delete to authenticated
  using (practitioner_id = any (array(select private.my_practitioner_ids())) or (select private.is_admin()));

create function private.guard_action_recommendations() returns trigger
  language plpgsql set search_path = ''
as $$
declare
  v_is_client constant boolean := old.client_id = (select auth.uid());
begin
  if private.is_person() then
    if (new.completed, new.completed_at) is distinct from (old.completed, old.completed_at) and not v_is_client then
      perform private.refuse(403, 'completion_is_the_clients', 'Only the client can complete this.');
    end if;
    if (new.title, new.description, new.action_type, new.frequency, new.due_date)
         is distinct from (old.title, old.description, old.action_type, old.frequency, old.due_date)
       and old.practitioner_id not in (select private.my_practitioner_ids()) then
      perform private.refuse(403, 'words_are_the_practitioners', 'Only the practitioner who wrote this can change it.');
    end if;
  end if;

  if new.completed and not old.completed then
    new.completed_at := now();
  elsif new.completed then
    new.completed_at := old.completed_at;
  else
    new.completed_at := null;
  end if;
  return new;
end
$$;
revoke execute on function private.guard_action_recommendations from public, anon, authenticated, service_role;

create trigger action_recommendations_guard before update on public.action_recommendations
  for each row execute function private.guard_action_recommendations();

revoke all on public.action_recommendations from anon, authenticated, service_role;
grant select, delete on public.action_recommendations to authenticated;
-- completed_at as well: the frontend sends its own, and the trigger above replaces it.
grant insert (practitioner_id, client_id, session_id, title, description, action_type, frequency, due_date),
      update (title, description, action_type, frequency, due_date, completed, completed_at)
  on public.action_recommendations to authenticated;
grant select, insert, update, delete on public.action_recommendations to service_role;
