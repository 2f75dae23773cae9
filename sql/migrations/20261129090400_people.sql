-- From sql/schemas: people/roles, people/practitioners, people/profiles, backfill/people.

-- Functions name what later chapters make.
set check_function_bodies = off;

set lock_timeout = '5s';
set statement_timeout = 0;
do $$ begin lock table public.session_schedules in access exclusive mode; end $$;
do $$ begin lock table public.practitioner_assignments in share row exclusive mode; end $$;


-- people/practitioners.sql

-- Definer: the policy on sessions asks this for every open class, whoever may see the practitioner.
create function private.paused_practitioner_ids() returns setof uuid
  language sql stable security definer set search_path = ''
as $$
  select p.id from public.practitioners p where not p.available;
$$;

-- Definer: the policy on sessions asks this question.
create function private.my_class_ids() returns setof uuid
  language sql stable security definer set search_path = ''
as $$
  select s.group_class_id from public.session_schedules s
   where s.client_id = (select auth.uid()) and s.group_class_id is not null and s.status <> 'cancelled';
$$;

revoke execute on function private.paused_practitioner_ids, private.my_class_ids
  from public, anon, authenticated, service_role;

grant execute on function private.paused_practitioner_ids, private.my_class_ids to authenticated;

create function private.refuse_nameless_practitioner() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  perform private.refuse_blank('name', new.name);
  return new;
end
$$;

revoke execute on function private.refuse_nameless_practitioner from public, anon, authenticated, service_role;

-- Definer: it reads contracts and the ledger, whoever removes.
create function private.refuse_practitioner_removal() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  if exists (select from public.practitioner_contracts c where c.practitioner_id = old.id and c.status <> 'pending')
     or exists (select from public.ledger_transactions t where t.practitioner_id = old.id) then
    perform private.refuse(409, 'practitioner_is_kept', 'This practitioner has a contract or earnings, so they are kept.',
                           'Pause them instead.');
  end if;
  return old;
end
$$;

revoke execute on function private.refuse_practitioner_removal from public, anon, authenticated, service_role;

create index practitioner_assignments_client_id_idx on public.practitioner_assignments (client_id);


-- adoption/profiles_aside.sql

-- Profiles of the platform in use: out of the way, with the trigger on auth.users that writes them and stops the sign-up
-- of whoever enters a birthday that is none. By its function, since a migration may not touch the triggers of that table.
call legacy.set_aside('profiles');
drop function if exists public.sync_user_profile() cascade;


-- people/profiles.sql

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
    'address', private.read_metadata(metadata, 'address', 1000)))
    from (values ((account).raw_user_meta_data)) as given (metadata);
$$;

-- Definer: the auth service makes users and has no right on profiles.
create function private.sync_profile() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  insert into public.profiles as p (id, email, full_name, avatar_url, phone_number, date_of_birth, address)
  select r.id, r.email, r.full_name, r.avatar_url, r.phone_number, r.date_of_birth, r.address
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
  -- A missing profile is a nuisance; an account that cannot be created is a lost person.
  raise warning 'profile of % not synced: %', new.id, sqlerrm;
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


-- adoption/profiles.sql

-- Profiles home: of each person. What is longer than a profile holds is cut, and kept as it was in private.legacy_rows.
call legacy.bring_home('profiles',
  columns => 'id, full_name, email, avatar_url, created_at, updated_at, phone_number, date_of_birth, address',
  home => $$r.id, left(r.full_name, 200), case when char_length(r.email) <= 320 then r.email end,
            case when char_length(r.avatar_url) <= 2000 then r.avatar_url end, r.created_at, r.updated_at,
            left(r.phone_number, 50),
            case when r.date_of_birth between '1900-01-01' and current_date then r.date_of_birth end,
            left(r.address, 1000)$$,
  account => 'r.id',
  mended => $$case when char_length(r.full_name) > 200 or char_length(r.email) > 320 or char_length(r.avatar_url) > 2000
                     or char_length(r.phone_number) > 50 or char_length(r.address) > 1000
                     or r.date_of_birth not between '1900-01-01' and current_date
                   then 'came home without what a profile cannot hold' end$$);


-- backfill/people.sql

-- Everybody who signed up before there were profiles has one, from what they said at sign-up. From then on the triggers
-- on auth.users keep it.

insert into public.profiles (id, email, full_name, avatar_url, phone_number, date_of_birth, address)
select p.id, p.email, p.full_name, p.avatar_url, p.phone_number, p.date_of_birth, p.address
  from auth.users u cross join private.read_profile(u) p
on conflict (id) do nothing;  -- who signed up since has one by now
