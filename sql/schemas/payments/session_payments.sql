-- Session payments: a row for each seat that was held, also for one that a credit was spent on, with both shares of it.
--
--   paid singly      the row is written when the money comes, and is what the client reads under their purchases
--   with a credit    the row is written when the seat is earned; the client paid for the package, and does not read it
--
-- So nobody reads a package as five more payments, and a practitioner reads one row per seat.
--
-- The pages of practitioner and admin add up or pay out what they read, without asking whether the session was held.
-- So both read a row once it is earned; the payer reads it from the start, and admins in `list_payments`.

alter table public.session_payments
  add column checkout_id      uuid unique references public.checkout_sessions (id),
  add column revenue_share_id uuid references public.revenue_shares (id),
  add column refunded_amount  numeric not null default 0,
  add column credit_lot_id    uuid,
  add column earned_at        timestamptz,
  -- Older rows were split in floating point, and need not add up.
  add constraint session_payments_cents_add_up check (
    checkout_id is null or practitioner_share + platform_share + refunded_amount = total_amount),
  add constraint session_payments_credits_add_up check (
    credit_lot_id is null or practitioner_share + platform_share + refunded_amount = total_amount);
comment on column public.session_payments.refunded_amount is
  'What was returned to the payer; the shares are of the rest.';
comment on column public.session_payments.credit_lot_id is
  'The credits a seat was taken with. No foreign key: money outlives them. A total of 0: they were given, not bought.';

comment on column public.session_payments.earned_at is
  'When its session was held or forfeited. Null: paid for, and not owed to the practitioner.';

create index session_payments_session_id_idx on public.session_payments (session_id);
create index session_payments_client_id_idx on public.session_payments (client_id, created_at);
create index session_payments_practitioner_id_idx on public.session_payments (practitioner_id, created_at);
create index session_payments_revenue_share_id_idx on public.session_payments (revenue_share_id);
create unique index session_payments_one_per_credit_seat on public.session_payments (session_id)
  where credit_lot_id is not null;

-- Replaced by one policy for each command: the baseline's let admins write amounts and delete money.
drop policy "Admins can manage all payments" on public.session_payments;
drop policy "Only admins can create payments" on public.session_payments;
drop policy "Clients can view their own payments" on public.session_payments;
drop policy "Practitioners can view their payments" on public.session_payments;

-- Older than earnings are the rows that were paid out without having been earned in our books.
create policy "payers read payments; practitioner and admins those earned"
  on public.session_payments for select to authenticated
  using (
    (client_id = (select auth.uid()) and credit_lot_id is null)
    or ((earned_at is not null or paid_out_at is not null)
        and (practitioner_id = any (array(select private.my_practitioner_ids())) or (select private.is_confirmed_admin()))));
create policy "admins mark payments as paid out"
  on public.session_payments for update to authenticated using ((select private.is_confirmed_admin()));

alter table public.session_payments
  add constraint session_payments_texts_are_short check (
    char_length(currency) <= 10 and char_length(status) <= 50 and char_length(stripe_payment_intent_id) <= 255) not valid,
  add constraint session_payments_paid_out_at_is_in_range check (
    paid_out_at between '2000-01-01' and '2100-01-01') not valid,
  add constraint session_payments_earned_at_is_in_range check (earned_at between '2000-01-01' and '2100-01-01');

revoke all on public.session_payments from anon, authenticated, service_role;
-- No insert and no delete, not even for admins, and no amounts: money is written by the service, from what was paid.
grant select, update (status, paid_out_at) on public.session_payments to authenticated;
grant select, insert, update on public.session_payments to service_role;

-- Whether somebody paid for this session by itself.
-- Definer: whoever reads a session reads how it was paid, before the payment is earned as well.
create function private.is_paid_singly(session_id uuid) returns boolean
  language sql stable security definer set search_path = ''
as $$
  select exists (select from public.session_payments p
                  where p.session_id = is_paid_singly.session_id and p.credit_lot_id is null);
$$;

revoke execute on function private.is_paid_singly from public, anon, authenticated, service_role;
grant execute on function private.is_paid_singly to authenticated;
-- A session that another practitioner leads from now on is theirs to earn. What is earned already stays.
-- Definer: whoever gives a session away may not write payments.
create function private.move_unearned_payments() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  update public.session_payments p set practitioner_id = new.practitioner_id
   where p.session_id = new.id and p.practitioner_id = old.practitioner_id
     and not exists (select from private.earned_seats e where e.payment_id = p.id);
  return null;
end
$$;
revoke execute on function private.move_unearned_payments from public, anon, authenticated, service_role;
