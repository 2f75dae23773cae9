-- From sql/schemas: nothing: what is there already.

-- Functions name what later chapters make.
set check_function_bodies = off;

set lock_timeout = '5s';
set statement_timeout = 0;
do $$ begin lock table public.session_schedules in access exclusive mode; end $$;


-- adoption/old_sessions.sql

-- Sessions there are by now: the local time of each, so that the closing files find little left to do. Nobody changed these
-- sessions, so no trigger fires; whoever books meanwhile waits a few seconds.
alter table public.session_schedules disable trigger user;
update public.session_schedules s
   set time_zone = c.time_zone, local_start = s.scheduled_at at time zone c.time_zone
  from public.practitioner_calendars c where c.practitioner_id = s.practitioner_id;
alter table public.session_schedules enable trigger user;
