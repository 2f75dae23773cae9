-- Profiles of the platform in use: out of the way, with the trigger on auth.users that writes them and stops the sign-up
-- of whoever enters a birthday that is none. By its function, since a migration may not touch the triggers of that table.
call legacy.set_aside('profiles');
drop function if exists public.sync_user_profile() cascade;
