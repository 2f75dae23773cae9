-- Payments for credits: session_payments has a row for each seat that was held, also for one that a credit was spent on.
--
--   paid singly      the row is written when the money comes, and is what the client reads under their purchases
--   with a credit    the row is written when the seat is earned; the client paid for the package, and does not read it
--
-- So nobody reads a package as five more payments, and a practitioner reads one row per seat.

alter table public.session_payments
  add column credit_lot_id uuid,
  add constraint session_payments_credits_add_up check (
    credit_lot_id is null or practitioner_share + platform_share + refunded_amount = total_amount);
comment on column public.session_payments.credit_lot_id is
  'The credits a seat was taken with. No foreign key: money outlives them. A total of 0: they were given, not bought.';

create unique index session_payments_one_per_credit_seat on public.session_payments (session_id) where credit_lot_id is not null;

alter policy "payer, practitioner and admins read payments" on public.session_payments
  using (
    (client_id = (select auth.uid()) and credit_lot_id is null)
    or practitioner_id = any (array(select private.my_practitioner_ids()))
    or (select private.is_admin()));

-- Which payment a credit comes from -----------------------------------------------------------------------------------

-- A lot that a checkout paid for says so in its order_id. One that a cancelled session gave back comes from that session's
-- checkout, and says so as well: the session may be deleted later, and a refund must still find what became of its money.
create function private.name_the_order() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  update public.user_session_credits l set order_id = c.id::text
    from public.checkout_sessions c
   where l.id = new.lot_id and l.order_id is null and c.session_id = new.session_id;
  return null;
end
$$;
revoke execute on function private.name_the_order from public, anon, authenticated, service_role;

create trigger credit_ledger_name_the_order after insert on public.credit_ledger
  for each row when (new.kind = 'return') execute function private.name_the_order();

update public.user_session_credits l set order_id = c.id::text
  from public.checkout_sessions c join public.credit_ledger line on line.session_id = c.session_id and line.kind = 'return'
 where l.id = line.lot_id and l.order_id is null;
