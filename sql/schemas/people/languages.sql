-- Languages: in which one a person reads pages, mails and notifications.
--
-- A language is known by its tag, such as fr-CA. Which ones there are is the catalogue's to say (shared/languages): a
-- new one is a file there and nothing here. Whoever never chose reads pages as their browser asks, and all else in
-- English. Not a column of user_preferences: that one says `en` of everybody who never chose.

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

-- Tells our pages, in the answer's header, how the reader of a link wants them. `und`: they never chose (BCP 47).
create function private.tell_language(user_id uuid) returns void
  language plpgsql stable set search_path = ''
as $$
begin
  perform private.add_response_header('content-language', coalesce(private.find_language(tell_language.user_id), 'und'));
end
$$;

-- Definer: nobody writes the table themselves.
create function private.choose_language(user_id uuid, language text) returns text
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  if choose_language.language is null or choose_language.language !~ '^[a-z]{2}(-[A-Z]{2})?$' then
    perform private.refuse(422, 'language_not_possible', 'Please name a language by its tag, such as fr-CA.');
  end if;
  perform private.limit_use('languages chosen', choose_language.user_id);
  insert into private.chosen_languages as c (user_id, language)
  values (choose_language.user_id, choose_language.language)
  on conflict on constraint chosen_languages_pkey do update set language = excluded.language, chosen_at = now()
   where c.language <> excluded.language;
  return choose_language.language;
end
$$;

-- Definer: as above.
create function private.set_language(language text) returns text
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  return private.choose_language(auth.uid(), set_language.language);
end
$$;

-- By any link of theirs, whichever page it opens: each of them shows the choice at its foot.
-- Definer: its callers are not signed in.
create function private.set_language_by_link(token text, language text) returns text
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user uuid := (private.open_any_page_link(set_language_by_link.token)).user_id;
begin
  return private.choose_language(v_user, set_language_by_link.language);
end
$$;

create function public.set_language(language text) returns table (language text)
  language sql volatile security invoker set search_path = ''
as $$
  select private.set_language(set_language.language);
$$;
comment on function public.set_language is 'In which language the caller reads mails, notifications and pages by mail.';

create function public.set_language_by_link(token text, language text) returns table (language text)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.set_language_by_link(set_language_by_link.token, set_language_by_link.language);
$$;
comment on function public.set_language_by_link is 'By any link in a mail: in which language its person reads.';

revoke execute on function private.find_language, private.tell_language, private.choose_language, private.set_language,
  private.set_language_by_link, public.set_language, public.set_language_by_link
  from public, anon, authenticated, service_role;
grant execute on function private.set_language, public.set_language to authenticated;
grant execute on function private.set_language_by_link, public.set_language_by_link to anon;
