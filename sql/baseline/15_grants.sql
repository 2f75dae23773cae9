-- The grants a hosted project gave by default when these tables were made: everything, to everybody.
-- Row-level security was the only barrier.

grant usage on schema public to anon, authenticated, service_role;
grant all on all tables in schema public to anon, authenticated, service_role;
grant all on all routines in schema public to anon, authenticated, service_role;
