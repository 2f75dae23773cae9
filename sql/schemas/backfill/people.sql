-- Everybody who signed up before there were profiles has one, from what they said at sign-up. From then on the triggers
-- on auth.users keep it.

insert into public.profiles (id, email, full_name, avatar_url, phone_number, date_of_birth, address, created_at)
select p.id, p.email, p.full_name, p.avatar_url, p.phone_number, p.date_of_birth, p.address, p.created_at
  from auth.users u cross join private.read_profile(u) p
on conflict (id) do nothing;  -- who signed up since has one by now
