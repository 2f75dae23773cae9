-- The page on which somebody sees the fees that they owe and pays one, by the link in the mails about them.
--
-- The link is a person's, and leads to all that they owe: one page, whatever mail it is opened from. Without anything
-- owed it says so, and what became of those of the last year.

create type private.shown_fee as (
  id uuid, because text, amount_minor integer, currency text, status text, scheduled_at timestamptz, session_name text,
  practitioner_name text, is_being_paid boolean
);

create function private.list_fees_to_show(user_id uuid) returns private.shown_fee[]
  language plpgsql stable set search_path = ''
as $$
begin
  return array(
    select row(f.id, f.because, f.amount_minor, f.currency, f.status, f.scheduled_at, coalesce(s.class_name, t.name), p.name,
               exists (select from public.checkout_sessions c where c.fee_id = f.id and c.status = 'processing')
           )::private.shown_fee
      from public.owed_fees f
      left join public.session_schedules s on s.id = f.session_id
      left join public.session_types t on t.id = s.session_type_id
      left join public.practitioners p on p.id = s.practitioner_id
     where f.user_id = list_fees_to_show.user_id and (f.status = 'owed' or f.created_at > now() - interval '1 year')
     order by f.status <> 'owed', f.created_at desc limit 50);
end
$$;

-- Definer: its callers are not signed in.
create function private.read_fees_to_pay(token text, out fees private.shown_fee[], out time_zone text)
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_link private.page_links := private.open_page_link(read_fees_to_pay.token, 'pay_fee');
begin
  fees := private.list_fees_to_show(v_link.user_id);
  time_zone := coalesce(private.find_user_time_zone(v_link.user_id), 'America/Toronto');
end
$$;

-- Definer: as above.
create function private.pay_fee(
  token text, fee_id uuid, out checkout_id uuid, out description text, out amount_minor integer, out currency text,
  out expires_at timestamptz, out url text, out supersedes text[], out email text)
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_link private.page_links := private.open_page_link(pay_fee.token, 'pay_fee');
begin
  select b.* into checkout_id, description, amount_minor, currency, expires_at, url, supersedes
    from private.begin_fee_checkout(v_link.user_id, pay_fee.fee_id) b;
  email := (select u.email from auth.users u where u.id = v_link.user_id);
end
$$;

create function public.read_fees_to_pay(token text) returns table (fees private.shown_fee[], time_zone text)
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_fees_to_pay(read_fees_to_pay.token);
$$;
comment on function public.read_fees_to_pay is
  'By a link in a mail: the fees that its reader owes, and what became of others.';

create function public.pay_fee(token text, fee_id uuid)
  returns table (checkout_id uuid, description text, amount_minor integer, currency text, expires_at timestamptz,
                 url text, supersedes text[], email text)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.pay_fee(pay_fee.token, pay_fee.fee_id);
$$;
comment on function public.pay_fee is
  'By a link in a mail: decides and records what is to be paid for a fee; the page then opens it at Stripe.';

revoke execute on function private.list_fees_to_show, private.read_fees_to_pay, private.pay_fee,
  public.read_fees_to_pay, public.pay_fee from public, anon, authenticated, service_role;
grant execute on function private.read_fees_to_pay, private.pay_fee, public.read_fees_to_pay, public.pay_fee to anon;
