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
