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
