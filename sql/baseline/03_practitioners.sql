-- Practitioners, when they work, and which clients they look after.

create table public.practitioners (
  id             uuid primary key default gen_random_uuid(),
  user_id        uuid not null unique references auth.users (id) on delete cascade,
  name           text not null,
  bio            text,
  specialization text,
  avatar_url     text,
  half_hour_rate numeric(10, 2),
  available      boolean not null default true,
  created_at     timestamptz not null default now(),
  updated_at     timestamptz not null default now()
);

create trigger update_practitioners_updated_at before update on public.practitioners
  for each row execute function public.update_updated_at_column();

alter table public.practitioners enable row level security;

create policy "Authenticated users can view available practitioners" on public.practitioners
  for select using (auth.uid() is not null and available);
create policy "Practitioners can update own profile" on public.practitioners
  for update using (auth.uid() = user_id);
create policy "Admins can manage practitioners" on public.practitioners
  for all to authenticated using (public.has_role(auth.uid(), 'admin'));


create table public.practitioner_availability (
  id              uuid primary key default gen_random_uuid(),
  practitioner_id uuid not null references public.practitioners (id) on delete cascade,
  day_of_week     integer not null check (day_of_week >= 0 and day_of_week <= 6),
  start_time      time not null,
  end_time        time not null,
  created_at      timestamptz not null default now(),
  -- Named as production names it: the columns alone would make PostgreSQL cut the name elsewhere.
  constraint practitioner_availability_practitioner_id_day_of_week_start_key
    unique (practitioner_id, day_of_week, start_time)
);

alter table public.practitioner_availability enable row level security;

create policy "Authenticated users can view availability" on public.practitioner_availability
  for select to authenticated using (true);
create policy "Practitioners can manage own availability" on public.practitioner_availability
  for all to authenticated using (
    exists (select from public.practitioners p where p.id = practitioner_id and p.user_id = auth.uid()));


create table public.practitioner_assignments (
  id              uuid primary key default gen_random_uuid(),
  practitioner_id uuid not null references public.practitioners (id) on delete cascade,
  client_id       uuid not null references auth.users (id) on delete cascade,
  created_at      timestamptz not null default now(),
  unique (practitioner_id, client_id)
);

alter table public.practitioner_assignments enable row level security;

create policy "Users can view their own assignments" on public.practitioner_assignments
  for select to authenticated using (auth.uid() = client_id or auth.uid() = practitioner_id);
create policy "Admins and practitioners can manage assignments" on public.practitioner_assignments
  for all to authenticated
  using (
    public.has_role(auth.uid(), 'admin')
    or exists (select from public.practitioners p where p.id = practitioner_id and p.user_id = auth.uid()))
  with check (
    public.has_role(auth.uid(), 'admin')
    or exists (select from public.practitioners p where p.id = practitioner_id and p.user_id = auth.uid()));

-- Compares with practitioners.id, while every caller passes auth.uid(): it never matches.
create function public.is_practitioner_of(_practitioner_id uuid, _client_id uuid) returns boolean
  language sql stable security definer set search_path = public
as $$
  select exists (
    select from practitioner_assignments
    where practitioner_id = _practitioner_id and client_id = _client_id);
$$;
