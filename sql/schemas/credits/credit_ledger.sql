-- The credit ledger: why everybody has as many credits as they have. Append-only.
--
--   purchase    +   a lot is bought               spend   -1  a session takes a credit
--   return      +1  a cancelled session gives it  expiry  -   what is left when a lot ends
--   adjustment  +-  an admin, with a reason       refund  -   the price was refunded
--   extension   +   an admin moves the end of a lot, with a reason: what had ended with it is there again, or 0
--
-- A lot is a row of user_session_credits (credit_lots.sql). Its `credits_remaining`, which the pages read, is the sum
-- of its lines: a line sets it, and whoever else writes another number is refused. A session spends one credit once and
-- returns it once.

create table public.credit_ledger (
  id         uuid        primary key default gen_random_uuid(),
  lot_id     uuid        not null,
  user_id    uuid        not null,
  change     integer     not null,
  kind       text        not null,
  session_id uuid,
  reason     text,
  actor      uuid        default auth.uid(),
  expires_at timestamptz,
  created_at timestamptz not null default now(),

  constraint credit_ledger_change_fits_kind check (case kind
    when 'purchase'   then change > 0
    when 'spend'      then change = -1 and session_id is not null
    when 'return'     then change = 1 and session_id is not null
    when 'expiry'     then change < 0
    when 'refund'     then change < 0
    when 'adjustment' then change <> 0 and reason is not null
    when 'extension'  then change >= 0 and reason is not null and expires_at is not null
    else false end),
  constraint credit_ledger_kind_is_known check (
    kind in ('purchase', 'spend', 'return', 'expiry', 'refund', 'adjustment', 'extension')),
  constraint credit_ledger_expires_at_is_in_range check (expires_at between '2000-01-01' and '2100-01-01'),
  constraint credit_ledger_change_is_in_range check (change between -10000 and 10000),
  constraint credit_ledger_reason_is_short check (char_length(reason) <= 1000)
);
comment on table  public.credit_ledger        is 'Every change of every credit lot: evidence.';
comment on column public.credit_ledger.lot_id is
  'The row of user_session_credits. No foreign key, like user_id and session_id: the line outlives what it is about.';
comment on column public.credit_ledger.expires_at is 'Of an extension: the end that the lot has from then on.';
comment on column public.credit_ledger.actor  is 'Who did it; null: the platform.';
comment on column public.credit_ledger.id is 'Of the row; made here.';
comment on column public.credit_ledger.user_id is 'Whose it is.';
comment on column public.credit_ledger.change is 'Credits that came (above zero) or went.';
comment on column public.credit_ledger.kind is 'purchase, spend, return, expiry, refund or adjustment.';
comment on column public.credit_ledger.session_id is 'The session it is about: session_schedules.id.';
comment on column public.credit_ledger.reason is 'In words, for whoever reads it later.';
comment on column public.credit_ledger.created_at is 'When the row was made.';

create index credit_ledger_lot_id_idx on public.credit_ledger (lot_id);
create index credit_ledger_user_id_idx on public.credit_ledger (user_id, created_at);
create index credit_ledger_created_at_idx on public.credit_ledger (created_at);  -- the newest of all, as admins ask
create unique index credit_ledger_one_spend_per_session on public.credit_ledger (session_id) where kind = 'spend';
create unique index credit_ledger_one_return_per_session on public.credit_ledger (session_id) where kind = 'return';

alter table public.credit_ledger enable row level security;

create policy "people read their own ledger, admins all"
  on public.credit_ledger for select to authenticated
  using (user_id = (select auth.uid()) or (select private.is_confirmed_admin()));

revoke all on public.credit_ledger from anon, authenticated, service_role;
grant select on public.credit_ledger to authenticated, service_role;
-- No insert, update or delete for anybody: the functions of schema private write lines.

-- Evidence: of this ledger and of the earnings', whose triggers call it too. An erasure takes the reason out, which may
-- speak of a person; nothing else of a line ever changes.
create function private.refuse_ledger_change() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if tg_op = 'UPDATE' and private.is_reason_erasure(to_jsonb(old), to_jsonb(new)) then
    return new;
  end if;
  perform private.refuse(403, 'ledger_is_kept', 'A line of the ledger can be neither changed nor deleted.',
                         'Add a line that corrects it.');
end
$$;

create trigger credit_ledger_refuse_change before update or delete on public.credit_ledger
  for each row execute function private.refuse_ledger_change();
create trigger credit_ledger_refuse_truncate before truncate on public.credit_ledger
  for each statement execute function private.refuse_ledger_change();

create function private.sum_credit_ledger(lot_id uuid) returns integer
  language plpgsql stable set search_path = ''
as $$
#variable_conflict use_column
begin
  return (
    select coalesce(sum(l.change), 0)::integer from public.credit_ledger l where l.lot_id = sum_credit_ledger.lot_id);
end
$$;

create function private.apply_credit_ledger_line() returns trigger
  language plpgsql set search_path = ''
as $$
declare
  v_sum integer;
begin
  -- Lock the lot first, add up afterwards: a line that somebody committed while we waited must be in the sum.
  perform from public.user_session_credits c where c.id = new.lot_id and c.user_id = new.user_id for no key update;
  if not found then
    perform private.refuse(404, 'credits_not_found', 'There are no such credits.');
  end if;
  v_sum := private.sum_credit_ledger(new.lot_id);
  if v_sum < 0 then
    perform private.refuse(402, 'no_usable_credit', 'There is no credit left.');
  end if;
  update public.user_session_credits c set credits_remaining = v_sum where c.id = new.lot_id;
  return null;
end
$$;

create trigger credit_ledger_post after insert on public.credit_ledger
  for each row execute function private.apply_credit_ledger_line();

-- Definer: whoever may insert a lot may not write the ledger.
create function private.record_opening_credits() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  insert into public.credit_ledger (lot_id, user_id, change, kind)
  values (new.id, new.user_id, new.credits_remaining, 'purchase');
  return null;
end
$$;

-- Definer: as above.
create function private.check_credits_against_ledger() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  if new.credits_remaining <> private.sum_credit_ledger(new.id) then
    perform private.refuse(403, 'credits_follow_the_ledger', 'Credits change by lines of the ledger only.');
  end if;
  return new;
end
$$;

create trigger user_session_credits_open after insert on public.user_session_credits for each row
  when (new.credits_remaining > 0) execute function private.record_opening_credits();
create trigger user_session_credits_check_against_ledger before update on public.user_session_credits for each row
  when (new.credits_remaining <> old.credits_remaining or new.id <> old.id or new.user_id <> old.user_id)
  execute function private.check_credits_against_ledger();

revoke execute on function private.refuse_ledger_change, private.sum_credit_ledger, private.apply_credit_ledger_line,
  private.record_opening_credits, private.check_credits_against_ledger from public, anon, authenticated, service_role;
