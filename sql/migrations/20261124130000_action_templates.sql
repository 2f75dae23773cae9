-- Templates of recommendations, complete: the platform's, which admins keep, and each practitioner's own.
--
--   in use -> retired -> in use
--
-- Nobody deletes one: what was recommended from it is counted under its name for as long as anybody asks. A recommendation
-- remembers its template and not its words: those were copied, and are the practitioner's to change.

alter table public.action_templates
  add column is_active  boolean     not null default true,
  add column updated_at timestamptz not null default now(),
  drop constraint action_templates_title_is_short,
  -- What fits here fits into a recommendation.
  add constraint action_templates_title_is_short check (char_length(btrim(title)) between 1 and 200),
  add constraint action_templates_description_is_short check (char_length(description) <= 4000),
  add constraint action_templates_frequency_is_short check (char_length(frequency) <= 100);
comment on column public.action_templates.is_active is 'False once retired: kept for what was recommended from it.';

create trigger update_action_templates_updated_at before update on public.action_templates
  for each row execute function public.update_updated_at_column();

alter table public.action_recommendations
  add column template_id uuid references public.action_templates on delete set null;
comment on column public.action_recommendations.template_id is 'What it was made from; null for words of the practitioner''s own.';

create index action_recommendations_template_id_idx on public.action_recommendations (template_id);  -- foreign key

drop policy "practitioners read the platform's templates and their own" on public.action_templates;
create policy "people read the platform's templates and their own, admins all"
  on public.action_templates for select to authenticated
  using (
    practitioner_id is null
    or practitioner_id = any (array(select private.my_practitioner_ids()))
    or (select private.is_admin()));
create policy "practitioners add their own templates, admins the platform's"
  on public.action_templates for insert to authenticated
  with check (
    practitioner_id = any (array(select private.my_practitioner_ids()))
    or (practitioner_id is null and (select private.is_admin())));
create policy "practitioners change their own templates, admins the platform's"
  on public.action_templates for update to authenticated
  using (
    practitioner_id = any (array(select private.my_practitioner_ids()))
    or (practitioner_id is null and (select private.is_admin())));

grant insert (practitioner_id, title, description, action_type, frequency, is_active),
      update (title, description, action_type, frequency, is_active)
  on public.action_templates to authenticated;
-- Not practitioner_id: a template does not change hands. No delete: it is retired.

-- As before, and from a template only if it is in use and the practitioner's own or the platform's.
alter policy "practitioners recommend to their clients" on public.action_recommendations
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
         and coalesce(t.practitioner_id, action_recommendations.practitioner_id) = action_recommendations.practitioner_id)));
grant insert (template_id) on public.action_recommendations to authenticated;

create or replace function public.create_action_recommendation(
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
  v_practitioner uuid := (select p.id from public.practitioners p where p.user_id = (select auth.uid()));
  v_template     public.action_templates;
begin
  if v_practitioner is null then
    perform private.refuse(403, 'not_a_practitioner', 'Only practitioners recommend actions.');
  end if;
  if create_action_recommendation.template_id is not null then
    -- An admin who practises reads everybody's templates, and uses their own.
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
