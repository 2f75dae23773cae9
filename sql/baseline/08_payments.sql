-- Payments for sessions, and how each is shared between practitioner and platform.
--
--   pending -> completed -> paid_out        pending -> failed        completed -> refunded

create table public.session_payments (
  id                       uuid primary key default gen_random_uuid(),
  session_id               uuid not null references public.session_schedules (id) on delete cascade,
  practitioner_id          uuid not null,
  client_id                uuid not null,
  total_amount             numeric not null,
  practitioner_share       numeric not null,
  platform_share           numeric not null,
  currency                 text not null default 'usd',
  stripe_payment_intent_id text,
  status                   text not null default 'pending',
  paid_out_at              timestamptz,
  created_at               timestamptz not null default now(),
  updated_at               timestamptz not null default now()
);

create trigger update_session_payments_updated_at before update on public.session_payments
  for each row execute function public.update_updated_at_column();

alter table public.session_payments enable row level security;

create policy "Admins can manage all payments" on public.session_payments
  for all using (public.has_role(auth.uid(), 'admin'));
create policy "Only admins can create payments" on public.session_payments
  for insert with check (public.has_role(auth.uid(), 'admin'));
create policy "Clients can view their own payments" on public.session_payments
  for select using (auth.uid() = client_id);
create policy "Practitioners can view their payments" on public.session_payments
  for select using (
    exists (select from public.practitioners p where p.id = practitioner_id and p.user_id = auth.uid()));
