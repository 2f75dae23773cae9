-- Credits owed: spent, and then their price went back to the payer (payments/returns.sql).
--
--   owed -> settled    a session booked with them is cancelled; the money comes back after all; a package that its
--                      owner buys pays them first; an admin adds credits to a lot of theirs, with a reason
--
-- Who owes credits books nothing new until then. Only once the money has arrived with the payer: what a bank has not
-- decided, or Stripe not yet sent, keeps nobody from their sessions.

-- Definer: whoever asks for their own reads neither refunds nor disputes.
create function private.list_owing_lots(user_id uuid) returns table (lot_id uuid, owed integer)
  language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_column
begin
  return query
  select o.id, o.owed
    from (select l.id, l.purchased_at, case when c.id is null then l.credits_owed
                   else l.credits_owed - (c.credits_taken_back - private.count_settled_credits(
                          c, (private.sum_returns(c.id)).settled_minor)) end as owed
            from public.user_session_credits l
            left join public.checkout_sessions c
              on c.id = case when l.order_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then l.order_id::uuid end
           where l.user_id = list_owing_lots.user_id and l.credits_owed > 0) o
   where o.owed > 0 order by o.purchased_at, o.id;
end
$$;

create function private.count_credits_owed(user_id uuid) returns integer
  language plpgsql stable set search_path = ''
as $$
#variable_conflict use_column
begin
  return (
    select coalesce(sum(o.owed), 0)::integer from private.list_owing_lots(count_credits_owed.user_id) o);
end
$$;

create function private.refuse_owing(user_id uuid) returns void
  language plpgsql stable set search_path = ''
as $$
declare
  v_owed integer;
begin
  -- Of nearly everybody there is nothing to add up.
  if not exists (select from public.user_session_credits l
                  where l.user_id = refuse_owing.user_id and l.credits_owed > 0) then
    return;
  end if;
  v_owed := private.count_credits_owed(refuse_owing.user_id);
  if v_owed > 0 then
    perform private.refuse(402, 'credits_owed', case v_owed
        when 1 then 'You owe 1 credit for sessions whose payment went back. Buy a package, which settles it first, or write to us.'
        else format('You owe %s credits for sessions whose payment went back. Buy a package, which settles it first, or write to us.',
                    v_owed) end,
      'Buy a package, or write to us.');
  end if;
end
$$;

-- Pays what somebody owes, oldest first, from the credits of one lot of theirs. Returns how many that took. The caller
-- holds the client's lock, or the lot is new.
create function private.settle_credits_owed(lot_id uuid) returns integer
  language plpgsql volatile set search_path = ''
as $$
#variable_conflict use_column
declare
  v_lot  public.user_session_credits;
  v_owes record;
  v_pays integer;
  v_sum  integer := 0;
begin
  select * into v_lot from public.user_session_credits l where l.id = settle_credits_owed.lot_id for no key update;
  for v_owes in select * from private.list_owing_lots(v_lot.user_id) loop
    v_pays := least(v_owes.owed, v_lot.credits_remaining - v_sum);
    exit when v_pays <= 0;
    insert into public.credit_ledger (lot_id, user_id, change, kind, reason)
    values (v_lot.id, v_lot.user_id, -v_pays, 'refund', 'Settles credits owed of ' || v_owes.lot_id);
    update public.user_session_credits l set credits_owed = l.credits_owed - v_pays where l.id = v_owes.lot_id;
    v_sum := v_sum + v_pays;
  end loop;
  return v_sum;
end
$$;

revoke execute on function private.list_owing_lots, private.count_credits_owed, private.refuse_owing,
  private.settle_credits_owed from public, anon, authenticated, service_role;
-- check_session_credits calls both as its caller. Nobody can call them directly: schema private is not exposed.
grant execute on function private.count_credits_owed, private.list_owing_lots to authenticated;
