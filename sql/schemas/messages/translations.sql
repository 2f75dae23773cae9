-- Translations: what the database writes for people to read, in the language in which they read.
--
-- A sentence stands where it is said, in English, as what private.say is called with. Its translations are those of the
-- one catalogue (shared/languages), where it has the context "database"; send-notifications hands them over when those
-- here are of another version. What is not translated is English.
--
-- Refusals are English in here: whoever shows one translates it as a whole.

-- Whether both put in as much: format() fails on any other sign after a %, and on one that has nothing to put in.
create function private.has_same_gaps(message text, translation text) returns boolean
  language sql immutable set search_path = ''
as $$
  select regexp_count(message, '%') = regexp_count(message, '%s')
     and regexp_count(translation, '%') = regexp_count(translation, '%s')
     and regexp_count(translation, '%s') = regexp_count(message, '%s');
$$;

create table private.translations (
  language    text not null,
  message     text not null,
  translation text not null,

  constraint translations_pkey primary key (message, language),
  constraint translations_language_is_a_tag check (language ~ '^[a-z]{2}(-[A-Z]{2})?$'),
  constraint translations_texts_are_short check (
    char_length(message) between 1 and 1000 and char_length(translation) between 1 and 2000),
  constraint translations_gaps_are_those_of_the_message check (private.has_same_gaps(message, translation))
);
comment on table private.translations is 'What the database says, in other languages than English: a copy of the catalogue''s.';

create table private.translations_version (
  version text        primary key,
  kept_at timestamptz not null default now(),

  constraint translations_version_is_a_hash check (version ~ '^[0-9a-f]{64}$')
);
comment on table private.translations_version is 'Of the catalogue from which the translations are.';
create unique index translations_version_is_one_row on private.translations_version ((true));

alter table private.translations enable row level security;
alter table private.translations_version enable row level security;
-- No policy and no grant: the functions below are the only way.

-- Definer: whoever runs send-notifications reads only this of it.
create function private.lacks_translations(version text) returns boolean
  language sql stable security definer set search_path = ''
as $$
  select lacks_translations.version is not null
         and not exists (select from private.translations_version v where v.version = lacks_translations.version);
$$;

-- All of them at once: what is not among them any more is not said any more. One at a time keeps them. One that would
-- fail to be said is left out, and said in English, since mails do not wait for translators.
-- Definer: nobody writes the table themselves.
create function private.keep_translations(version text, translations jsonb) returns integer
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_kept integer;
begin
  if octet_length(keep_translations.translations::text) > 1000000 then
    perform private.refuse(422, 'text_too_long', 'translations: should have at most 1000000 bytes.');
  end if;
  lock table private.translations_version in exclusive mode;
  delete from private.translations;
  insert into private.translations (language, message, translation)
  select l.key, m.key, m.value
    from jsonb_each(keep_translations.translations) l cross join jsonb_each_text(l.value) m
   where private.has_same_gaps(m.key, m.value);
  get diagnostics v_kept = row_count;
  insert into private.translations_version as v (version) values (keep_translations.version)
  on conflict ((true)) do update set version = excluded.version, kept_at = now();
  return v_kept;
end
$$;

create function public.keep_translations(version text, translations jsonb) returns table (kept integer)
  language sql volatile security invoker set search_path = ''
as $$
  select private.keep_translations(keep_translations.version, keep_translations.translations);
$$;
comment on function public.keep_translations is
  'For send-notifications: what the database says, by language and English message, when prepare_mails lacks this version.';

-- The message in that language; as it is where nobody has translated it, and to whoever never chose. As on our pages,
-- who reads fr-FR reads fr-CA before English.
create function private.say(message text, language text) returns text
  language plpgsql stable set search_path = ''
as $$
begin
  if say.language is null or left(say.language, 2) = 'en' then
    return say.message;
  end if;
  return coalesce((select t.translation from private.translations t
                    where t.message = say.message and left(t.language, 2) = left(say.language, 2)
                    order by t.language = say.language desc, t.language limit 1), say.message);
end
$$;

-- A clause as the beginning of a sentence.
create function private.begin_sentence(clause text) returns text
  language sql immutable set search_path = ''
as $$
  select upper(left(clause, 1)) || substr(clause, 2);
$$;

-- A moment by a pattern of to_char, which is a message itself, since each language has its own order. The names of the
-- day and the month come with the catalogue, under the English ones that to_char writes.
create function private.write_moment(moment timestamptz, time_zone text, pattern text, language text) returns text
  language plpgsql stable set search_path = ''
as $$
declare
  v_local   timestamp := write_moment.moment at time zone write_moment.time_zone;
  v_day     text := to_char(v_local, 'FMDay');
  v_month   text := to_char(v_local, 'FMMonth');
  v_written text := to_char(v_local, write_moment.pattern);
begin
  return replace(replace(v_written, v_day, private.say(v_day, write_moment.language)),
                 v_month, private.say(v_month, write_moment.language));
end
$$;

-- Saturday, March 14 at 10:30 AM; samedi 14 mars à 10 h 30.
create function private.write_local_start(scheduled_at text, time_zone text, language text) returns text
  language sql stable set search_path = ''
as $$
  select private.write_moment(write_local_start.scheduled_at::timestamptz, write_local_start.time_zone,
                              private.say('FMDay, FMMonth FMDD at FMHH12:MI AM', write_local_start.language),
                              write_local_start.language);
$$;

-- Saturday, March 14; samedi 14 mars.
create function private.write_local_day(moment timestamptz, time_zone text, language text) returns text
  language sql stable set search_path = ''
as $$
  select private.write_moment(write_local_day.moment, write_local_day.time_zone,
                              private.say('FMDay, FMMonth FMDD', write_local_day.language), write_local_day.language);
$$;

-- 75.00 CAD; 75,00 $ CA.
create function private.write_amount(amount_minor numeric, currency text, language text) returns text
  language sql stable set search_path = ''
as $$
  select case when amount_minor is not null and currency is not null then
           format(case upper(currency) when 'CAD' then private.say('%s CAD', write_amount.language)
                                       when 'USD' then private.say('%s USD', write_amount.language)
                                       else '%s ' || upper(currency) end,
                  replace(to_char(amount_minor / 100, 'FM999999990.00'), '.', private.say('.', write_amount.language)))
         end;
$$;

revoke execute on function private.has_same_gaps, private.lacks_translations, private.keep_translations, private.say, private.begin_sentence,
  private.write_moment, private.write_local_start, private.write_local_day, private.write_amount,
  public.keep_translations from public, anon, authenticated, service_role;
grant execute on function private.lacks_translations, private.keep_translations, public.keep_translations to service_role;
