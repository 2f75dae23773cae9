-- Languages: in which one a person reads pages, mails and notifications.
--
-- A language is known by its tag, such as fr-CA. Which ones there are is the catalogue's to say (shared/languages).

create table private.chosen_languages (
  user_id   uuid        primary key references auth.users on delete cascade,
  language  text        not null,
  chosen_at timestamptz not null default now(),

  constraint chosen_languages_language_is_a_tag check (language ~ '^[a-z]{2}(-[A-Z]{2})?$')
);
comment on table  private.chosen_languages           is 'In which language people read, of those who have said so.';
comment on column private.chosen_languages.language  is 'By its tag, as in fr-CA.';
comment on column private.chosen_languages.chosen_at is 'When they last said so.';

alter table private.chosen_languages enable row level security;
-- No policy and no grant: the functions below are the only way.

-- Null: they never chose.
create function private.find_language(user_id uuid) returns text
  language sql stable set search_path = ''
as $$
  select c.language from private.chosen_languages c where c.user_id = find_language.user_id;
$$;

revoke execute on function private.find_language from public, anon, authenticated, service_role;
