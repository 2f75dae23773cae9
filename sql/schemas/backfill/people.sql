-- Everybody who signed up before there were profiles has one, from what they said at sign-up. From then on the triggers
-- on auth.users keep it.

insert into public.profiles (id, email, full_name, avatar_url, phone_number, date_of_birth, address)
select
  u.id, u.email,
  u.raw_user_meta_data ->> 'full_name',
  u.raw_user_meta_data ->> 'avatar_url',
  u.raw_user_meta_data ->> 'phone_number',
  private.parse_date_or_null(u.raw_user_meta_data ->> 'date_of_birth'),
  u.raw_user_meta_data ->> 'address'
from auth.users u
on conflict (id) do nothing;  -- who signed up since has one by now
