-- Action recommendations: what a practitioner recommends to a client, with or without a session.
--
--   open -> completed -> open        by the client only, who may change their mind; dated by the server's clock
--
-- Against the milestone's table: row-level security, and
-- * `session_id` may be null, since the frontend also recommends outside a session, and deleting a session leaves the
--   client's list alone.
-- * the text can be changed by the practitioner only, the completion by the client only.
-- * `template_id` is the template it was made from. The text is copied from it, and the practitioner may change the
--   copy.

create table public.action_recommendations (
  id              uuid        primary key default gen_random_uuid(),
  session_id      uuid        references public.session_schedules (id) on delete set null,
  practitioner_id uuid        not null references public.practitioners (id) on delete cascade,
  client_id       uuid        not null references auth.users (id) on delete cascade,
  title           text        not null,
  description     text,
  action_type     text        not null
                  check (action_type in ('daily_practice', 'mindfulness', 'physical', 'emotional', 'other')),
  frequency       text,
  due_date        date,
  completed       boolean     not null default false,
  completed_at    timestamptz,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now(),
  template_id     uuid        references public.action_templates on delete set null,

  constraint action_recommendations_title_is_short check (btrim(title) <> '' and char_length(title) <= 200),
  constraint action_recommendations_description_is_short check (char_length(description) <= 4000),
  constraint action_recommendations_are_dated_when_completed check (completed = (completed_at is not null)),
  constraint action_recommendations_frequency_is_short check (char_length(frequency) <= 100),
  constraint action_recommendations_due_date_is_in_range check (due_date between '2000-01-01' and '2100-01-01'),
  constraint action_recommendations_completed_at_is_in_range check (completed_at between '2000-01-01' and '2100-01-01')
);
comment on column public.action_recommendations.frequency is 'Free text, such as "daily" or "as needed".';
comment on column public.action_recommendations.template_id is
  'The template it was made from; null for a text of the practitioner''s own.';
comment on table public.action_recommendations is 'What a practitioner recommends a client to do between sessions.';
comment on column public.action_recommendations.id is 'Of the row; made here.';
comment on column public.action_recommendations.session_id is 'The session it came from; null without one.';
comment on column public.action_recommendations.practitioner_id is 'Who recommends it.';
comment on column public.action_recommendations.client_id is 'To whom.';
comment on column public.action_recommendations.title is 'As people read it.';
comment on column public.action_recommendations.description is 'In words, as people read it.';
comment on column public.action_recommendations.action_type is
  'daily_practice, mindfulness, physical, emotional or other.';
comment on column public.action_recommendations.due_date is 'By which day.';
comment on column public.action_recommendations.completed is 'Whether it is done.';
comment on column public.action_recommendations.completed_at is 'When it was done; null: it is not.';
comment on column public.action_recommendations.created_at is 'When the row was made.';
comment on column public.action_recommendations.updated_at is 'When the row was last changed.';

create index idx_action_recommendations_client_id on public.action_recommendations (client_id);
create index idx_action_recommendations_session_id on public.action_recommendations (session_id);
create index idx_action_recommendations_practitioner_id on public.action_recommendations (practitioner_id);
create index idx_action_recommendations_completed on public.action_recommendations (client_id, due_date)
  where completed = false;
create index action_recommendations_template_id_idx on public.action_recommendations (template_id);

alter table public.action_recommendations enable row level security;

create policy "client, practitioner and admins read recommendations"
  on public.action_recommendations for select to authenticated
  using (
    client_id = (select auth.uid())
    or practitioner_id = any (array(select private.my_practitioner_ids()))
    or (select private.is_admin()));
-- About a session of these two, and from an active template of the practitioner's own or the platform's.
create policy "practitioners recommend to their clients"
  on public.action_recommendations for insert to authenticated
  with check (
    practitioner_id = any (array(select private.my_practitioner_ids()))
    and client_id in (select private.my_client_ids())
    and (session_id is null or exists (
      select from public.session_schedules s
       where s.id = session_id and s.client_id = action_recommendations.client_id
         and s.practitioner_id = action_recommendations.practitioner_id))
    and (template_id is null or exists (
      select from public.action_templates t
       where t.id = template_id and t.is_active
         and coalesce(t.practitioner_id, action_recommendations.practitioner_id)
           = action_recommendations.practitioner_id)));
create policy "client and practitioner change recommendations"
  on public.action_recommendations for update to authenticated
  using (
    client_id = (select auth.uid())
    or practitioner_id = any (array(select private.my_practitioner_ids())));
create policy "practitioners and admins withdraw recommendations"
  on public.action_recommendations for delete to authenticated
  using (practitioner_id = any (array(select private.my_practitioner_ids())) or (select private.is_admin()));

revoke all on public.action_recommendations from anon, authenticated, service_role;
grant select, delete on public.action_recommendations to authenticated;
-- completed_at as well: the frontend sends its own, and the trigger below replaces it.
grant insert (practitioner_id, client_id, session_id, title, description, action_type, frequency, due_date,
              template_id),
      update (title, description, action_type, frequency, due_date, completed, completed_at)
  on public.action_recommendations to authenticated;
grant select, insert, update, delete on public.action_recommendations to service_role;

create function private.guard_action_recommendations() returns trigger
  language plpgsql set search_path = ''
as $$
declare
  v_is_client constant boolean := old.client_id = (select auth.uid());
begin
  if private.is_api_caller() then
    if (new.completed, new.completed_at) is distinct from (old.completed, old.completed_at) and not v_is_client then
      perform private.refuse(403, 'completion_is_the_clients', 'Only the client can complete this.');
    end if;
    if (new.title, new.description, new.action_type, new.frequency, new.due_date)
         is distinct from (old.title, old.description, old.action_type, old.frequency, old.due_date)
       and old.practitioner_id <> all (array(select private.my_practitioner_ids())) then
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

create trigger update_action_recommendations_updated_at before update on public.action_recommendations
  for each row execute function public.update_updated_at_column();
create trigger action_recommendations_guard before update on public.action_recommendations
  for each row execute function private.guard_action_recommendations();

create function public.create_action_recommendation(
  client_id   uuid,
  title       text default null,
  action_type text default null,
  session_id  uuid default null,
  description text default null,
  frequency   text default null,
  due_date    date default null,
  template_id uuid default null
) returns setof public.action_recommendations
  language plpgsql security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  v_practitioner uuid := (select p.id from private.my_practitioner_ids() p (id));
  v_template     public.action_templates;
begin
  if v_practitioner is null then
    perform private.refuse(403, 'not_a_practitioner', 'Only practitioners recommend actions.');
  end if;
  if create_action_recommendation.template_id is not null then
    -- A practitioner who is an admin may read everybody's templates, but uses only their own and the platform's.
    select * into v_template from public.action_templates t
     where t.id = create_action_recommendation.template_id and coalesce(t.practitioner_id, v_practitioner) = v_practitioner;
    if not found then
      perform private.refuse(404, 'template_not_found', 'There is no such template.');
    elsif not v_template.is_active then
      perform private.refuse(409, 'template_retired', 'This template is not in use any more.', 'Please choose another one.');
    end if;
  end if;
  if create_action_recommendation.client_id not in (select private.my_client_ids()) then
    perform private.refuse(404, 'client_not_found', 'There is no such client among yours.');
  end if;
  if create_action_recommendation.session_id is not null and not exists (
       select from public.session_schedules s
        where s.id = create_action_recommendation.session_id and s.practitioner_id = v_practitioner
          and s.client_id = create_action_recommendation.client_id) then
    perform private.refuse(404, 'session_not_found', 'There is no such session with this client.');
  end if;

  return query
    insert into public.action_recommendations as a
      (practitioner_id, client_id, session_id, title, description, action_type, frequency, due_date, template_id)
    values
      (v_practitioner, create_action_recommendation.client_id, create_action_recommendation.session_id,
       coalesce(create_action_recommendation.title, v_template.title),
       coalesce(create_action_recommendation.description, v_template.description),
       coalesce(create_action_recommendation.action_type, v_template.action_type),
       coalesce(create_action_recommendation.frequency, v_template.frequency),
       create_action_recommendation.due_date, create_action_recommendation.template_id)
    returning a.*;
end;
$$;
comment on function public.create_action_recommendation is 'A practitioner recommends something to a client of theirs.';

create function public.update_action_status(action_id uuid, completed boolean)
  returns setof public.action_recommendations
  language plpgsql security invoker set search_path = ''
as $$
#variable_conflict use_column
begin
  return query
    update public.action_recommendations a set completed = update_action_status.completed
     where a.id = update_action_status.action_id and a.client_id = (select auth.uid())
    returning a.*;
  if not found then
    perform private.refuse(404, 'recommendation_not_found', 'There is no such recommendation for you.');
  end if;
end;
$$;
comment on function public.update_action_status is 'Ticks off a recommended action, or unticks it.';

revoke execute on function public.create_action_recommendation, public.update_action_status
  from public, anon, authenticated, service_role;
grant execute on function public.create_action_recommendation, public.update_action_status to authenticated;

-- The progress of recommendations, for whoever gave them: open, overdue and done, by client, by template, and by both.
-- Overdue are those still open after their due date, in the practitioner's time zone.
create view public.recommendation_progress with (security_invoker = true) as
  select counted.practitioner_id, counted.grouped_by,
         counted.client_id, client.full_name as client_name, counted.template_id, t.title as template_title,
         counted.open, counted.overdue, counted.done, counted.last_completed_at, counted.last_recommended_at
    from (
      select r.practitioner_id, r.client_id, r.template_id,
             (array['client_and_template', 'client', 'template'])[1 + grouping(r.client_id, r.template_id)]
               as grouped_by,
             (count(*) filter (where not r.completed))::integer as open,
             (count(*) filter (where not r.completed
                and r.due_date < (now() at time zone coalesce(c.time_zone, 'UTC'))::date))::integer as overdue,
             (count(*) filter (where r.completed))::integer as done,
             max(r.completed_at) as last_completed_at,
             max(r.created_at) as last_recommended_at
        -- Own rows and those only an admin sees are two halves, as in the histories (sessions/histories.sql).
        from (select true as is_own, m.* from public.action_recommendations m
              union all
              select false, m.* from public.action_recommendations m) r
        left join public.practitioner_calendars c on c.practitioner_id = r.practitioner_id
       where (r.is_own and r.practitioner_id = any (array(select private.my_practitioner_ids())))
          or (not r.is_own and (select private.is_admin())
              and r.practitioner_id <> all (array(select private.my_practitioner_ids())))
       group by grouping sets (
         (r.practitioner_id, r.client_id),
         (r.practitioner_id, r.template_id),
         (r.practitioner_id, r.client_id, r.template_id))
    ) counted
    left join lateral (select x.full_name from public.profiles x where x.id = counted.client_id limit 1) client on true
    left join public.action_templates t on t.id = counted.template_id;
comment on view public.recommendation_progress is
  'One''s own recommendations, counted. Filter by grouped_by: client, template, client_and_template. Template null: own texts.';
comment on column public.recommendation_progress.practitioner_id is 'Who recommended.';
comment on column public.recommendation_progress.grouped_by is
  'client_and_template, client or template: what a row sums up.';
comment on column public.recommendation_progress.client_id is 'The client it belongs to: their account.';
comment on column public.recommendation_progress.client_name is 'Their full name; null where they gave none.';
comment on column public.recommendation_progress.template_id is 'What it was made from.';
comment on column public.recommendation_progress.template_title is 'What that is called.';
comment on column public.recommendation_progress.open is 'Not done yet.';
comment on column public.recommendation_progress.overdue is 'Of those, past their day.';
comment on column public.recommendation_progress.done is 'Done.';
comment on column public.recommendation_progress.last_completed_at is 'When something was last done.';
comment on column public.recommendation_progress.last_recommended_at is 'When something was last recommended.';

revoke all on public.recommendation_progress from anon, authenticated, service_role;
grant select on public.recommendation_progress to authenticated;
