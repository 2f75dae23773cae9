-- Time zones by name, looked up instead of read from disk.
--
-- pg_timezone_names reads every file of the server's rules, 10 ms here and more on a busy disk. Each message asks for the
-- zone of whoever it tells, even if they named none: that was most of the time of every booking and payment.

create table private.known_time_zones (
  name text primary key
);
comment on table private.known_time_zones is
  'Names this server had rules for when the migration ran. One that is newer is still found, slowly, in the rules themselves.';

insert into private.known_time_zones (name) select n.name from pg_catalog.pg_timezone_names n;

alter table private.known_time_zones enable row level security;
-- No policy and no grant: it is read by the function below.

-- Definer: a check on a table is asked as whoever writes the row, and they read no private table.
create or replace function private.is_time_zone(name text) returns boolean
  language sql stable security definer set search_path = ''
as $$
  -- By its full name: PostgreSQL would also take 'EST', and 'Nowhere5' for five hours west of Greenwich.
  select name is not null
     and (exists (select from private.known_time_zones k where k.name = is_time_zone.name)
          or exists (select from pg_catalog.pg_timezone_names n where n.name = is_time_zone.name));
$$;
