-- Credits that a cancelled session gave back name the checkout that paid for it, as a trigger does for later ones.

update public.user_session_credits l set order_id = c.id::text
  from public.checkout_sessions c
  join public.credit_ledger line on line.session_id = c.session_id and line.kind = 'return'
 where l.id = line.lot_id and l.order_id is null;
