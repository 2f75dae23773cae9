-- The ground of the existing platform: the vector type, the role names, the clock trigger.
--
-- sql/baseline/ restates, in our own words, what production held before the migrations begin, holes included:
-- sql/migrations/ closes them. It is applied to local and test databases only, never to production.

create schema if not exists extensions;
grant usage on schema extensions to anon, authenticated, service_role;

-- Production has pgvector. Where it is not installed, a domain of the same name lets everything else apply.
do $$
begin
  if exists (select from pg_available_extensions where name = 'vector') then
    create extension if not exists vector with schema extensions;
  else
    create domain extensions.vector as text;
  end if;
end
$$;

create type public.app_role as enum ('admin', 'practitioner', 'user');

create function public.update_updated_at_column() returns trigger
  language plpgsql set search_path = public
as $$
begin
  new.updated_at = now();
  return new;
end
$$;
