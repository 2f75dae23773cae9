-- Which checkout Stripe must be asked about now, and how. The reconciler asks until none is due.
--
--   look     how is it doing?
--   close    it should be over: let nobody pay any more, and say how it ended
--   give_up  Stripe was never heard; nobody was told where to pay, so nobody can have paid
--
-- A claim moves `next_check_at` ahead, so two reconcilers never hold the same row, and a crashed one's row comes back.

-- Definer: nobody writes checkouts.
create function private.claim_checkout() returns public.checkout_sessions
  language sql volatile security definer set search_path = ''
as $$
  update public.checkout_sessions c set next_check_at = now() + interval '4 minutes'
   where c.id = (select due.id from public.checkout_sessions due where due.next_check_at <= now()
                  order by due.next_check_at limit 1 for update skip locked)
  returning c.*;
$$;

create function public.claim_checkout_check() returns table (task text, checkout_id uuid, stripe_session_id text)
  language sql volatile security invoker set search_path = ''
as $$
  select case when c.id is null then null
              when c.stripe_session_id is null then 'give_up'
              when c.status = 'open' and c.expires_at < now() - interval '1 minute' then 'close'
              else 'look' end,
         c.id, c.stripe_session_id
    from private.claim_checkout() c;  -- one row always: nothing is due if it names no checkout
$$;

create function public.apply_waiting_stripe_events() returns table (applied bigint, forgotten bigint)
  language plpgsql volatile security invoker set search_path = ''
as $$
declare
  v_event private.stripe_events;
begin
  applied := 0;
  for v_event in
    select * from private.stripe_events e
     where e.applied_at is null and e.received_at > now() - interval '3 days'
     order by e.received_at limit 500 for update skip locked
  loop
    applied := applied + private.apply_stripe_event(v_event)::integer;
  end loop;

  delete from private.stripe_events e
   where e.event_id in (select old.event_id from private.stripe_events old
                         where old.received_at < now() - interval '180 days' limit 1000 for update skip locked);
  get diagnostics forgotten = row_count;
  return next;
end
$$;

revoke execute on function public.claim_checkout_check, private.claim_checkout, public.apply_waiting_stripe_events
  from public, anon, authenticated, service_role;
grant execute on function public.claim_checkout_check, private.claim_checkout, public.apply_waiting_stripe_events
  to service_role;
