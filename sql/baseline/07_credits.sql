-- Credits: what a client has paid for and not used yet. Without a session type a credit is good for any.

create table public.user_session_credits (
  id                       uuid primary key default gen_random_uuid(),
  user_id                  uuid not null references auth.users (id) on delete cascade,
  package_id               uuid references public.session_packages (id) on delete set null,
  session_type_id          uuid references public.session_types (id) on delete set null,
  credits_remaining        integer not null default 1 check (credits_remaining >= 0),
  purchased_at             timestamptz not null default now(),
  expires_at               timestamptz,
  stripe_payment_intent_id text,
  order_id                 text,
  metadata                 jsonb default '{}',
  created_at               timestamptz not null default now(),
  updated_at               timestamptz not null default now()
);

create index idx_user_session_credits_user_id on public.user_session_credits (user_id);
create index idx_user_session_credits_active on public.user_session_credits (user_id, credits_remaining)
  where credits_remaining > 0;
create index idx_user_session_credits_expires on public.user_session_credits (expires_at)
  where expires_at is not null;

create trigger update_user_session_credits_updated_at before update on public.user_session_credits
  for each row execute function public.update_updated_at_column();

alter table public.user_session_credits enable row level security;

create policy "Users can view their own credits" on public.user_session_credits
  for select using (auth.uid() = user_id);
create policy "Admins can view all credits" on public.user_session_credits
  for select to authenticated using (public.has_role(auth.uid(), 'admin'));

create function public.get_user_credits(p_user_id uuid)
  returns table (total_credits integer, package_credits integer, single_credits integer)
  language sql stable security definer set search_path = public
as $$
  select
    coalesce(sum(credits_remaining), 0)::integer,
    coalesce(sum(credits_remaining) filter (where package_id is not null), 0)::integer,
    coalesce(sum(credits_remaining) filter (where package_id is null), 0)::integer
  from user_session_credits
  where user_id = p_user_id and credits_remaining > 0 and (expires_at is null or expires_at > now());
$$;
