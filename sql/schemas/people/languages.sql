-- Languages: in which one somebody reads what the platform writes to them, once they have said; and days written out.

create table private.languages (
  user_id    uuid        primary key references auth.users (id) on delete cascade,
  language   text        not null,
  updated_at timestamptz not null default now(),

  constraint languages_language_is_a_tag check (language ~ '^[a-z]{2,3}(-[A-Z]{2})?$')
);
comment on table private.languages is 'The language that somebody chose, as a tag such as fr-CA.';

alter table private.languages enable row level security;

-- Null: they never said.
-- Definer: nobody reads the table.
create function private.language_of(user_id uuid) returns text
  language sql stable security definer set search_path = ''
as $$
  select l.language from private.languages l where l.user_id = language_of.user_id;
$$;

revoke execute on function private.language_of from public, anon, authenticated, service_role;
grant execute on function private.language_of to authenticated, service_role;
