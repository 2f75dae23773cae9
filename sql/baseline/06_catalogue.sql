-- What is for sale: kinds of session, packages of sessions, the board. Prices in dollars; USD is CAD x 0.73.

create table public.session_types (
  id                  uuid primary key default gen_random_uuid(),
  name                text not null,
  duration_minutes    integer not null check (duration_minutes in (20, 45, 60)),
  session_type        text not null check (session_type in ('standing', 'laying')),
  is_group            boolean not null default false,
  price_cad           numeric(10, 2) not null,
  price_usd           numeric(10, 2) not null,
  stripe_price_id_cad text,
  stripe_price_id_usd text,
  is_active           boolean not null default true,
  created_at          timestamptz not null default now(),
  updated_at          timestamptz not null default now(),
  unique (duration_minutes, session_type, is_group)
);

create index idx_session_types_active on public.session_types (is_active) where is_active = true;
create index idx_session_types_duration on public.session_types (duration_minutes);
create index idx_session_types_type on public.session_types (session_type);

create trigger update_session_types_updated_at before update on public.session_types
  for each row execute function public.update_updated_at_column();

alter table public.session_types enable row level security;

create policy "Anyone can view active session types" on public.session_types
  for select using (is_active);
create policy "Admins can manage session types" on public.session_types
  for all to authenticated
  using (public.has_role(auth.uid(), 'admin')) with check (public.has_role(auth.uid(), 'admin'));

insert into public.session_types (name, duration_minutes, session_type, is_group, price_cad, price_usd) values
  ('20min Intro',    20, 'standing', false,  55.00, 40.15),
  ('45min Standard', 45, 'standing', false, 100.00, 73.00),
  ('60min Expert',   60, 'standing', false, 130.00, 94.90),
  ('45min Standard', 45, 'laying',   false, 100.00, 73.00),
  ('20min Intro',    20, 'standing', true,   48.00, 35.04),
  ('45min Standard', 45, 'standing', true,   90.00, 65.70),
  ('60min Expert',   60, 'standing', true,  120.00, 87.60),
  ('45min Standard', 45, 'laying',   true,   90.00, 65.70);


create table public.session_packages (
  id                  uuid primary key default gen_random_uuid(),
  name                text not null,
  session_count       integer not null unique check (session_count in (5, 10)),
  price_cad           numeric(10, 2) not null,
  price_usd           numeric(10, 2) not null,
  stripe_price_id_cad text,
  stripe_price_id_usd text,
  is_active           boolean not null default true,
  created_at          timestamptz not null default now(),
  updated_at          timestamptz not null default now()
);

create index idx_session_packages_active on public.session_packages (is_active) where is_active = true;
create index idx_session_packages_count on public.session_packages (session_count);

create trigger update_session_packages_updated_at before update on public.session_packages
  for each row execute function public.update_updated_at_column();

alter table public.session_packages enable row level security;

create policy "Anyone can view active packages" on public.session_packages
  for select using (is_active);
create policy "Admins can manage packages" on public.session_packages
  for all to authenticated
  using (public.has_role(auth.uid(), 'admin')) with check (public.has_role(auth.uid(), 'admin'));

insert into public.session_packages (name, session_count, price_cad, price_usd) values
  ('5 Session Package',   5, 450.00, 328.50),
  ('10 Session Package', 10, 850.00, 620.50);


create table public.products (
  id                  uuid primary key default gen_random_uuid(),
  name                text not null,
  slug                text not null unique,
  type                text not null check (type in ('physical', 'digital', 'service')),
  description         text,
  image_url           text,
  price_cad           numeric(10, 2) not null,
  price_usd           numeric(10, 2) not null,
  stripe_price_id_cad text,
  stripe_price_id_usd text,
  inventory_count     integer,
  is_active           boolean not null default true,
  metadata            jsonb default '{}',
  created_at          timestamptz not null default now(),
  updated_at          timestamptz not null default now()
);

create index idx_products_active on public.products (is_active) where is_active = true;
create index idx_products_slug on public.products (slug);
create index idx_products_type on public.products (type);

create trigger update_products_updated_at before update on public.products
  for each row execute function public.update_updated_at_column();

alter table public.products enable row level security;

create policy "Anyone can view active products" on public.products
  for select using (is_active);
create policy "Admins can manage products" on public.products
  for all to authenticated
  using (public.has_role(auth.uid(), 'admin')) with check (public.has_role(auth.uid(), 'admin'));

insert into public.products (name, slug, type, price_cad, price_usd) values
  ('Sadhu Board', 'sadhu-board', 'physical', 229.00, 167.17);
