-- Studio locations: where in-person sessions take place.

create table public.studio_locations (
  id             uuid primary key default gen_random_uuid(),
  name           text not null,
  address        text not null,
  city           text,
  province_state text,
  country        text default 'CA',
  postal_code    text,
  is_active      boolean not null default true,
  created_at     timestamptz not null default now(),
  updated_at     timestamptz not null default now()
);

create index idx_studio_locations_active on public.studio_locations (is_active) where is_active = true;

create trigger update_studio_locations_updated_at before update on public.studio_locations
  for each row execute function public.update_updated_at_column();

alter table public.studio_locations enable row level security;

create policy "anyone reads active studios, admins all"
  on public.studio_locations for select to anon, authenticated using (is_active or (select private.is_admin()));
create policy "admins add studios"
  on public.studio_locations for insert to authenticated with check ((select private.is_admin()));
create policy "admins change studios"
  on public.studio_locations for update to authenticated using ((select private.is_admin()));
create policy "admins remove studios"
  on public.studio_locations for delete to authenticated using ((select private.is_admin()));

revoke all on public.studio_locations from anon, authenticated, service_role;
grant select on public.studio_locations to anon;
grant select, insert, update, delete on public.studio_locations to authenticated, service_role;
