-- Recommending an action: a practitioner writes it for their own client, only the client completes it.
--
--   open -> completed -> open (the client may change their mind)
--
-- Templates are either the platform's (no practitioner) or a practitioner's own.

create table public.action_templates (
  id              uuid        primary key default gen_random_uuid(),
  practitioner_id uuid        references public.practitioners on delete cascade,
  title           text        not null,
  description     text,
  action_type     text        not null,
  frequency       text,
  created_at      timestamptz not null default now(),

  constraint action_templates_title_is_short check (char_length(title) between 1 and 200),
  constraint action_templates_type_is_known
    check (action_type in ('daily_practice', 'mindfulness', 'physical', 'emotional', 'other'))
);
comment on table public.action_templates is 'What a practitioner can recommend with one click.';
comment on column public.action_templates.practitioner_id is 'Null for the platform''s own templates.';

create index action_templates_practitioner_id_idx on public.action_templates (practitioner_id);

alter table public.action_templates enable row level security;

revoke all on public.action_templates from anon, authenticated;
grant select on public.action_templates to authenticated;
grant select, insert, update, delete on public.action_templates to service_role;
-- No write for authenticated yet: templates are seeded here and managed by the service.

insert into public.action_templates (title, description, action_type, frequency) values
  ('Morning breathing', 'Ten slow breaths before getting up, hands on the belly.', 'mindfulness', 'daily'),
  ('Five minutes on the board', 'Stand with soft knees and let the breath find its pace.', 'daily_practice', 'daily'),
  ('Walk without a goal', 'Twenty minutes outdoors, the phone left at home.', 'physical', '3 times a week'),
  ('Name the feeling', 'In the evening write down one feeling of the day and where it was felt.', 'emotional', 'daily'),
  ('Rest day', 'No practice today; notice what is missing and what is not.', 'other', 'weekly');

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

revoke execute on function public.create_action_recommendation, public.update_action_status
  from public, anon, authenticated, service_role;
grant execute on function public.create_action_recommendation, public.update_action_status to authenticated;
