-- Action templates: what a practitioner can recommend with one click. The platform's, which admins maintain, have no
-- practitioner; the others are each practitioner's own.
--
--   in use -> retired -> in use
--
-- Nobody deletes one: recommendations made from it are counted under its title.

create table public.action_templates (
  id              uuid        primary key default gen_random_uuid(),
  practitioner_id uuid        references public.practitioners on delete cascade,
  title           text        not null,
  description     text,
  action_type     text        not null,
  frequency       text,
  created_at      timestamptz not null default now(),
  is_active       boolean     not null default true,
  updated_at      timestamptz not null default now(),

  -- The same limits as in a recommendation.
  constraint action_templates_title_is_short check (btrim(title) <> '' and char_length(title) <= 200),
  constraint action_templates_description_is_short check (char_length(description) <= 4000),
  constraint action_templates_frequency_is_short check (char_length(frequency) <= 100),
  constraint action_templates_type_is_known
    check (action_type in ('daily_practice', 'mindfulness', 'physical', 'emotional', 'other'))
);
comment on table public.action_templates is 'What a practitioner can recommend with one click.';
comment on column public.action_templates.practitioner_id is 'Null for the platform''s own templates.';
comment on column public.action_templates.is_active is 'False once retired: kept for the recommendations made from it.';
comment on column public.action_templates.id is 'Of the row; made here.';
comment on column public.action_templates.title is 'As people read it.';
comment on column public.action_templates.description is 'In words, as people read it.';
comment on column public.action_templates.action_type is 'daily_practice, mindfulness, physical, emotional or other.';
comment on column public.action_templates.frequency is 'How often, in words.';
comment on column public.action_templates.created_at is 'When the row was made.';
comment on column public.action_templates.updated_at is 'When the row was last changed.';

create index action_templates_practitioner_id_idx on public.action_templates (practitioner_id);

alter table public.action_templates enable row level security;

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

revoke all on public.action_templates from anon, authenticated;
grant select,
      insert (practitioner_id, title, description, action_type, frequency, is_active),
      update (title, description, action_type, frequency, is_active)
  on public.action_templates to authenticated;
-- No update of practitioner_id: a template does not change hands. No delete: it is retired.
grant select, insert, update, delete on public.action_templates to service_role;

create trigger update_action_templates_updated_at before update on public.action_templates
  for each row execute function public.update_updated_at_column();

insert into public.action_templates (title, description, action_type, frequency) values
  ('Morning breathing', 'Ten slow breaths before getting up, hands on the belly.', 'mindfulness', 'daily'),
  ('Five minutes on the board', 'Stand with soft knees and let the breath find its pace.', 'daily_practice', 'daily'),
  ('Walk without a goal', 'Twenty minutes outdoors, the phone left at home.', 'physical', '3 times a week'),
  ('Name the feeling', 'In the evening write down one feeling of the day and where it was felt.', 'emotional', 'daily'),
  ('Rest day', 'No practice today; notice what is missing and what is not.', 'other', 'weekly');
