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

create index action_recommendations_template_id_idx on public.action_recommendations (template_id);
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
