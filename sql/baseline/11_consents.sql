-- What a person has agreed to: one row per kind of consent, given or withdrawn.

create table public.user_consents (
  id                 uuid primary key default gen_random_uuid(),
  user_id            uuid not null references auth.users (id) on delete cascade,
  consent_type       text not null check (consent_type in (
                       'data_processing', 'marketing', 'session_recording',
                       'data_sharing', 'third_party_sharing', 'analytics')),
  consented          boolean not null default false,
  consent_date       timestamptz not null default now(),
  ip_address         text,
  user_agent         text,
  version            text,
  revoked_at         timestamptz,
  revoked_ip_address text,
  metadata           jsonb default '{}',
  created_at         timestamptz not null default now(),
  updated_at         timestamptz not null default now(),
  unique (user_id, consent_type)
);

create index idx_user_consents_user_id on public.user_consents (user_id);
create index idx_user_consents_consent_type on public.user_consents (consent_type);
create index idx_user_consents_consented on public.user_consents (consented) where consented = true;

create trigger update_user_consents_updated_at before update on public.user_consents
  for each row execute function public.update_updated_at_column();

alter table public.user_consents enable row level security;

create policy "Users can view their own consents" on public.user_consents
  for select using (auth.uid() = user_id);
create policy "Users can manage their own consents" on public.user_consents
  for all using (auth.uid() = user_id) with check (auth.uid() = user_id);
create policy "Admins can view all consents" on public.user_consents
  for select to authenticated using (public.has_role(auth.uid(), 'admin'));

create function public.has_consent(p_user_id uuid, p_consent_type text) returns boolean
  language sql stable security definer set search_path = public
as $$
  select coalesce(
    (select consented and revoked_at is null from user_consents
     where user_id = p_user_id and consent_type = p_consent_type),
    false);
$$;
