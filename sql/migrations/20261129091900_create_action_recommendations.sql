-- From sql/schemas: actions/action_templates, actions/action_recommendations, actions/journal_entries.

-- Functions name what later chapters make.
set check_function_bodies = off;

set lock_timeout = '5s';
set statement_timeout = 0;
do $$ begin lock table public.session_schedules in access exclusive mode; end $$;
do $$ begin lock table public.practitioners in share row exclusive mode; end $$;


-- actions/action_templates.sql

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


-- adoption/recommendations_aside.sql

-- Recommendations of the platform in use.
call legacy.set_aside('action_recommendations');


-- actions/action_recommendations.sql

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


-- adoption/recommendations.sql

-- Recommendations home. One that was done on a day that nobody wrote down was done when it was last changed.
call legacy.bring_home('action_recommendations',
  columns => 'id, session_id, practitioner_id, client_id, title, description, action_type, frequency, due_date, completed,
              completed_at, created_at, updated_at',
  home => $$r.id, r.session_id, r.practitioner_id, r.client_id, left(r.title, 200), left(r.description, 4000), r.action_type,
            left(r.frequency, 100), case when r.due_date between '2000-01-01' and '2100-01-01' then r.due_date end,
            r.completed, case when r.completed then coalesce(r.completed_at, r.updated_at) end, r.created_at, r.updated_at$$,
  account => 'r.client_id',
  mended => $$case when char_length(r.title) > 200 or char_length(r.description) > 4000 or char_length(r.frequency) > 100
                     or r.due_date not between '2000-01-01' and '2100-01-01'
                   then 'came home without what a recommendation cannot hold' end$$);


-- actions/journal_entries.sql

-- Journal entries: what somebody writes after a session, or on any day. Nobody else may read them, admins included.
--
-- Stored here and not in the browser, with which they would be lost. The pages write this table directly. Moods are
-- those of the journal page and the further ones that the window at the end of a session offers.

create table public.journal_entries (
  id         uuid        primary key default gen_random_uuid(),
  user_id    uuid        not null default auth.uid() references auth.users (id) on delete cascade,
  session_id uuid        references public.session_schedules (id) on delete set null,
  entry_date date        not null default current_date,
  mood       text,
  title      text,
  content    text        not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),

  constraint journal_entries_mood_is_known
    check (mood in ('peaceful', 'neutral', 'challenged', 'energized', 'calm', 'strong')),
  constraint journal_entries_title_is_short check (char_length(title) <= 200),
  constraint journal_entries_content_is_there check (char_length(content) between 1 and 50000),
  constraint journal_entries_entry_date_is_in_range check (entry_date between '2000-01-01' and '2100-01-01')
);

comment on column public.journal_entries.entry_date is 'The date in the writer''s own time zone.';

comment on column public.journal_entries.session_id is 'The session it is about; the entry outlives it.';

comment on table public.journal_entries is 'A person''s own journal: nobody else reads it.';

comment on column public.journal_entries.id is 'Of the row; made here.';

comment on column public.journal_entries.user_id is 'Whose it is.';

comment on column public.journal_entries.mood is 'As they named it.';

comment on column public.journal_entries.title is 'As people read it.';

comment on column public.journal_entries.content is 'What they wrote.';

comment on column public.journal_entries.created_at is 'When the row was made.';

comment on column public.journal_entries.updated_at is 'When the row was last changed.';

create index journal_entries_user_id_idx on public.journal_entries (user_id, entry_date desc);  -- the list

create index journal_entries_session_id_idx on public.journal_entries (session_id);

alter table public.journal_entries enable row level security;

create policy "people read their own journal"
  on public.journal_entries for select to authenticated using (user_id = (select auth.uid()));

create policy "people write their own journal, about sessions of theirs"
  on public.journal_entries for insert to authenticated
  with check (
    user_id = (select auth.uid()) and (session_id is null or session_id in (select private.my_session_ids())));

create policy "people change their own journal"
  on public.journal_entries for update to authenticated
  using (user_id = (select auth.uid()))
  with check (
    user_id = (select auth.uid()) and (session_id is null or session_id in (select private.my_session_ids())));

create policy "people delete from their own journal"
  on public.journal_entries for delete to authenticated using (user_id = (select auth.uid()));

revoke all on public.journal_entries from anon, authenticated, service_role;

grant select, delete on public.journal_entries to authenticated;

-- user_id too: the pages send it, and the policy accepts only the writer's own.
grant insert (user_id, session_id, entry_date, mood, title, content),
      update (session_id, entry_date, mood, title, content) on public.journal_entries to authenticated;

-- The service exports and erases entries; it writes none.
grant select, delete on public.journal_entries to service_role;

create trigger update_journal_entries_updated_at before update on public.journal_entries
  for each row execute function public.update_updated_at_column();

-- The journal page knows three moods; the window at the end of a session offers three more, all of them good ones.
create function private.normalize_mood(mood text) returns text
  language sql immutable set search_path = ''
as $$
  select case when mood in ('energized', 'calm', 'strong') then 'peaceful'
              when mood in ('peaceful', 'neutral', 'challenged') then mood end;
$$;

create function public.journal_prefill(session_id uuid, mood text default null)
  returns table (entry_date date, practitioner_id uuid, practitioner_name text, session_type_name text,
                 session_type text, is_group boolean, class_name text, duration_minutes integer, session_location text,
                 suggested_mood text, journal_entry_id uuid)
  language plpgsql stable security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  v_session public.session_schedules;
begin
  select * into v_session from public.session_schedules s
   where s.id = journal_prefill.session_id and s.client_id = (select auth.uid());
  if not found then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  elsif v_session.status = 'cancelled' or v_session.scheduled_at > now() then
    perform private.refuse(409, 'session_not_held', 'This session has not taken place.');
  end if;

  return query
    select (v_session.scheduled_at at time zone coalesce(v_session.time_zone, 'UTC'))::date,
           p.id, p.name, t.name, t.session_type, v_session.group_class_id is not null, v_session.class_name,
           v_session.duration_minutes, v_session.session_location,
           -- The mood given on leaving the session, else that of the entry about it, else that of the last entry.
           coalesce(private.normalize_mood(journal_prefill.mood), private.normalize_mood(existing.mood),
                    private.normalize_mood(last.mood), 'neutral'),
           existing.id
      from (select) one_row
      left join public.practitioners p on p.id = v_session.practitioner_id
      left join public.session_types t on t.id = v_session.session_type_id
      left join lateral (select j.id, j.mood from public.journal_entries j
                          where j.session_id = v_session.id order by j.created_at desc limit 1) existing on true
      left join lateral (select j.mood from public.journal_entries j
                          where j.user_id = (select auth.uid()) and j.mood is not null
                          order by j.entry_date desc, j.created_at desc limit 1) last on true;
end
$$;

comment on function public.journal_prefill is
  'What an entry about a session starts with; journal_entry_id is the entry that exists already.';

revoke execute on function private.normalize_mood, public.journal_prefill from public, anon, authenticated,
  service_role;

grant execute on function private.normalize_mood, public.journal_prefill to authenticated;
