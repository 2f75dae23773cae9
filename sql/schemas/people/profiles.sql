-- Profiles and preferences: what a person entered at sign-up, in a table that others may read, and the currency,
-- language and time zone in which they want the pages.
--
-- A profile follows the row in auth.users, and never stops a sign-up. Of an erased account that is the client of a
-- session a row without a name stays: the pages join all of them, and die on the first missing one.

create table public.profiles (
  id            uuid primary key,
  full_name     text,
  email         text,
  avatar_url    text,
  created_at    timestamptz not null default now(),
  updated_at    timestamptz not null default now(),
  phone_number  text,
  date_of_birth date,
  address       text,

  constraint profiles_full_name_is_short check (char_length(full_name) <= 200),
  constraint profiles_email_is_short check (char_length(email) <= 320),
  constraint profiles_avatar_url_is_short check (char_length(avatar_url) <= 2000),
  constraint profiles_phone_number_is_short check (char_length(phone_number) <= 50),
  constraint profiles_date_of_birth_is_in_range check (date_of_birth between '1900-01-01' and current_date),
  constraint profiles_address_is_short check (char_length(address) <= 1000)
);
comment on column public.profiles.id is 'No foreign key: the account may have been erased since.';
comment on column public.profiles.email is 'A copy of auth.users.email, kept by trigger.';
comment on table public.profiles is 'A person''s own particulars.';
comment on column public.profiles.full_name is 'As they write it.';
comment on column public.profiles.avatar_url is 'Of their picture.';
comment on column public.profiles.created_at is 'When the row was made.';
comment on column public.profiles.updated_at is 'When the row was last changed.';
comment on column public.profiles.phone_number is 'As they write it.';
comment on column public.profiles.date_of_birth is 'As they gave it.';
comment on column public.profiles.address is 'As it is written on a letter.';

create trigger update_profiles_updated_at before update on public.profiles
  for each row execute function public.update_updated_at_column();

alter table public.profiles enable row level security;

-- Clients by assignment count as well as clients by session: a list with one hidden name breaks the page that asks.
create policy "people, their practitioners and admins read profiles"
  on public.profiles for select to authenticated
  using (
    id = (select auth.uid())
    or id in (select private.my_listed_client_ids())
    or (select private.is_admin()));
create policy "people add their own profile"
  on public.profiles for insert to authenticated with check (id = (select auth.uid()));
create policy "people edit their own profile"
  on public.profiles for update to authenticated using (id = (select auth.uid()));

revoke all on public.profiles from anon, authenticated, service_role;
-- Not date_of_birth and address: a practitioner sees the row, and needs neither. Their owner has them in the account.
grant select (id, full_name, email, avatar_url, phone_number, created_at, updated_at),
      insert (id, full_name, avatar_url, phone_number, date_of_birth, address),
      update (id, full_name, avatar_url, phone_number, date_of_birth, address)
  on public.profiles to authenticated;
grant select, insert, update, delete on public.profiles to service_role;

-- What somebody entered under a key: whatever a browser sent. Too long is cut; what is no text is null.
create function private.read_metadata(metadata jsonb, key text, at_most integer) returns text
  language sql immutable set search_path = ''
as $$
  select nullif(left(metadata ->> key, at_most), '') where jsonb_typeof(metadata -> key) in ('string', 'number');
$$;

create function private.parse_birthday_or_null(text_value text) returns date
  language plpgsql stable set search_path = ''
as $$
begin
  return case when text_value::date between '1900-01-01' and current_date then text_value::date end;
exception when data_exception then
  return null;
end
$$;

-- One row, as its columns can hold it. An address that is cut leads somewhere else: it is whole or null.
create function private.read_profile(account auth.users) returns public.profiles
  language sql stable set search_path = ''
as $$
  select jsonb_populate_record(null::public.profiles, jsonb_build_object(
    'id', (account).id,
    'email', case when char_length((account).email) <= 320 then (account).email end,
    'full_name', private.read_metadata(metadata, 'full_name', 200),
    'avatar_url', case when char_length(metadata ->> 'avatar_url') <= 2000
                       then private.read_metadata(metadata, 'avatar_url', 2000) end,
    'phone_number', private.read_metadata(metadata, 'phone_number', 50),
    'date_of_birth', private.parse_birthday_or_null(private.read_metadata(metadata, 'date_of_birth', 50)),
    'address', private.read_metadata(metadata, 'address', 1000),
    -- The list of people is in the order of their profiles.
    'created_at', coalesce((account).created_at, now())))
    from (values ((account).raw_user_meta_data)) as given (metadata);
$$;

-- Definer: the auth service makes users and has no right on profiles.
create function private.sync_profile() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  insert into public.profiles as p
    (id, email, full_name, avatar_url, phone_number, date_of_birth, address, created_at)
  select r.id, r.email, r.full_name, r.avatar_url, r.phone_number, r.date_of_birth, r.address, r.created_at
    from private.read_profile(new) r
  on conflict (id) do update set
    email         = excluded.email,
    full_name     = coalesce(excluded.full_name, p.full_name),
    avatar_url    = coalesce(excluded.avatar_url, p.avatar_url),
    phone_number  = coalesce(excluded.phone_number, p.phone_number),
    date_of_birth = coalesce(excluded.date_of_birth, p.date_of_birth),
    address       = coalesce(excluded.address, p.address);
  return null;
exception when others then
  -- A profile without a name is a nuisance; an account that cannot be created is a lost person, and one without a
  -- profile is in no list.
  raise warning 'profile of % not synced: %', new.id, sqlerrm;
  begin
    insert into public.profiles (id) values (new.id) on conflict do nothing;
  exception when others then
    raise warning 'profile of % not made: %', new.id, sqlerrm;
  end;
  return null;
end
$$;

revoke execute on function private.read_metadata, private.parse_birthday_or_null, private.read_profile, private.sync_profile
  from public, anon, authenticated, service_role;

create trigger users_create_profile after insert on auth.users
  for each row execute function private.sync_profile();
-- The auth service updates the row at every sign-in: only a change of what a profile copies counts.
create trigger users_update_profile after update of email, raw_user_meta_data on auth.users
  for each row
  when ((old.email, old.raw_user_meta_data) is distinct from (new.email, new.raw_user_meta_data))
  execute function private.sync_profile();

-- Preferences

-- Of the baseline's policies two are for the same command.
drop policy "Users can view their own preferences" on public.user_preferences;
drop policy "Users can insert their own preferences" on public.user_preferences;
drop policy "Users can update their own preferences" on public.user_preferences;
drop policy "Admins can view all preferences" on public.user_preferences;

create policy "people read their own preferences, admins all"
  on public.user_preferences for select to authenticated
  using (user_id = (select auth.uid()) or (select private.is_admin()));
create policy "people set their own preferences"
  on public.user_preferences for insert to authenticated with check (user_id = (select auth.uid()));
create policy "people change their own preferences"
  on public.user_preferences for update to authenticated using (user_id = (select auth.uid()));

alter table public.user_preferences
  add constraint user_preferences_country_is_short check (char_length(country) <= 100) not valid,
  add constraint user_preferences_timezone_is_short check (char_length(timezone) <= 100) not valid,
  add constraint user_preferences_language_is_short check (char_length(language) <= 35) not valid,
  add constraint user_preferences_detected_at_is_in_range check (
    detected_at between '2000-01-01' and '2100-01-01') not valid,
  add constraint user_preferences_updated_at_is_in_range check (
    updated_at between '2000-01-01' and '2100-01-01') not valid;

revoke all on public.user_preferences from anon, authenticated, service_role;
grant select on public.user_preferences to authenticated;
-- user_id and updated_at as well: the frontend upserts them.
grant insert (user_id, currency, country, timezone, language, detected_at, updated_at),
      update (user_id, currency, country, timezone, language, detected_at, updated_at)
  on public.user_preferences to authenticated;
grant select, insert, update, delete on public.user_preferences to service_role;
