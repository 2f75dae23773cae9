-- Opening balances: a lot of an existing installation opens with the credits it has.
--
-- The lots have these numbers already, so nothing is posted to them and their rows are not touched. Order matters:
-- until a lot has its opening line, any other line of it gives a wrong sum.

alter table public.credit_ledger disable trigger credit_ledger_post;
insert into public.credit_ledger (lot_id, user_id, change, kind, reason, actor, created_at)
select c.id, c.user_id, c.credits_remaining, 'purchase', 'Opening balance', null, c.purchased_at
  from public.user_session_credits c where c.credits_remaining > 0;
alter table public.credit_ledger enable trigger credit_ledger_post;
