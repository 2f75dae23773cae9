-- Currency, country and language a person uses the site in.

create table public.user_preferences (
  id          uuid primary key default gen_random_uuid(),
  user_id     uuid not null unique references auth.users (id) on delete cascade,
  currency    text default 'usd' check (currency in ('cad', 'usd')),
  country     text,
  timezone    text,
  language    text default 'en',
  detected_at timestamptz,
  updated_at  timestamptz not null default now(),
  created_at  timestamptz not null default now()
);

create index idx_user_preferences_user_id on public.user_preferences (user_id);

create trigger update_user_preferences_updated_at before update on public.user_preferences
  for each row execute function public.update_updated_at_column();

alter table public.user_preferences enable row level security;

create policy "Users can view their own preferences" on public.user_preferences
  for select using (auth.uid() = user_id);
create policy "Users can insert their own preferences" on public.user_preferences
  for insert with check (auth.uid() = user_id);
create policy "Users can update their own preferences" on public.user_preferences
  for update using (auth.uid() = user_id) with check (auth.uid() = user_id);
create policy "Admins can view all preferences" on public.user_preferences
  for select to authenticated using (public.has_role(auth.uid(), 'admin'));
