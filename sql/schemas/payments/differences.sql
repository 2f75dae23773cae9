-- What Stripe charged otherwise than we asked, which waits for a person.
--
-- We ask for one line at our price, with no tax, discount or shipping. What Stripe added or took off all the same is
-- kept (`stripe_amounts`) and named (`difference`), and nothing is given for such a payment until an admin accepts it.

create function private.write_minor(amount_minor integer) returns text
  language sql stable set search_path = ''
as $$
  select to_char(write_minor.amount_minor / 100.0, 'FM99999999990.00');
$$;

create function private.list_amounts(facts private.payment_facts) returns jsonb
  language sql stable set search_path = ''
as $$
  select jsonb_strip_nulls(jsonb_build_object(
    'currency', lower(facts.currency), 'subtotal_minor', facts.subtotal_minor, 'discount_minor', facts.discount_minor,
    'tax_minor', facts.tax_minor, 'shipping_minor', facts.shipping_minor, 'total_minor', facts.amount_minor,
    'lines', facts.lines));
$$;

-- What is charged otherwise than we asked: one line, our price, nothing added or taken off. In words; null: nothing.
-- The total alone would not do: what is taken off here may be added there.
create function private.describe_difference(checkout public.checkout_sessions, facts private.payment_facts) returns text
  language sql stable set search_path = ''
as $$
  select left(string_agg(format('%s: %s instead of %s', d.what, coalesce(d.told, 'none'), d.asked), '; ' order by d.number), 2000)
    from (
      select * from (values
        (1, 'currency', lower(facts.currency), checkout.currency),
        (2, 'lines',    private.write_minor(facts.subtotal_minor), private.write_minor(checkout.amount_minor)),
        (3, 'discount', private.write_minor(facts.discount_minor), '0.00'),
        (4, 'tax',      private.write_minor(facts.tax_minor), '0.00'),
        (5, 'shipping', private.write_minor(facts.shipping_minor), '0.00'),
        (6, 'total',    private.write_minor(facts.amount_minor), private.write_minor(checkout.amount_minor))
      ) amount (number, what, told, asked)
       where amount.told is not null
      union all
      select 10 + coalesce(l.number, 1), format('line %s', coalesce(l.number, 1)),
             case when l.line is not null then
               format('%s × %s %s', l.line ->> 'quantity', private.write_minor((l.line ->> 'amount_minor')::integer),
                      lower(l.line ->> 'currency')) end,
             case when coalesce(l.number, 1) = 1
                  then format('1 × %s %s', private.write_minor(checkout.amount_minor), checkout.currency) else 'none' end
        from (select 1) single_row
        left join jsonb_array_elements(facts.lines) with ordinality l (line, number) on true
       where facts.lines is not null
    ) d
   where d.told is distinct from d.asked;
$$;

-- Lets a payment that differs count as the price: what was bought is given, as if it had been what we asked for.
-- Definer: nobody writes checkouts. So it checks its caller itself.
create function private.accept_payment(checkout_id uuid, reason text) returns public.checkout_sessions
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_checkout public.checkout_sessions;
begin
  if not private.is_confirmed_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins accept payments.');
  end if;
  perform private.refuse_long_text('reason', accept_payment.reason, 1000);
  if btrim(coalesce(accept_payment.reason, '')) = '' then
    perform private.refuse(422, 'reason_missing', 'Please say why it is accepted.');
  end if;
  perform private.lock_client((select c.user_id from public.checkout_sessions c where c.id = accept_payment.checkout_id));
  select * into v_checkout from public.checkout_sessions c where c.id = accept_payment.checkout_id for update;
  if not found then
    perform private.refuse(404, 'checkout_not_found', 'There is no such checkout.');
  elsif v_checkout.difference is null then
    perform private.refuse(409, 'payment_does_not_differ', 'This payment is not different from what we asked for.');
  elsif v_checkout.accepted_at is not null then
    perform private.refuse(409, 'payment_accepted', 'This payment was accepted already.');
  end if;
  perform private.refuse_own_money(v_checkout.user_id);
  update public.checkout_sessions c set accepted_at = now(), paid_at = coalesce(c.paid_at, now())
   where c.id = v_checkout.id returning c.* into v_checkout;
  insert into private.matters (kind, subject, detail, since)
  values ('payment_differs', v_checkout.id, left(v_checkout.difference, 500), v_checkout.created_at)
  on conflict (kind, subject) where settled_at is null do nothing;  -- it may not have been noted yet
  perform private.settle_matter(m.id, 'Accepted: ' || left(btrim(accept_payment.reason), 980)) from private.matters m
    where m.kind = 'payment_differs' and m.subject = v_checkout.id::text and m.settled_at is null;
  return private.settle_checkout(v_checkout);
end
$$;

create function public.accept_payment(checkout_id uuid, reason text) returns table (id uuid, outcome text)
  language sql volatile security invoker set search_path = ''
as $$
  select c.id, c.outcome from private.accept_payment(accept_payment.checkout_id, accept_payment.reason) c;
$$;
comment on function public.accept_payment is
  'For admins: gives what was bought with a payment that is not what we asked for.';

revoke execute on function private.write_minor, private.list_amounts, private.describe_difference, private.accept_payment,
  public.accept_payment from public, anon, authenticated, service_role;
grant execute on function private.accept_payment, public.accept_payment to authenticated;
