-- Owed fees: what somebody owes for a late cancellation, or for not coming, and what became of it.
--
--   owed -> paid -> returned         its payment went back to them, all of it: nothing is asked again
--                   returned -> paid the refund failed, or the dispute was won
--   owed -> forgiven                 by an admin, with a reason; or by the rules: they had come after all
--   forgiven -> owed                 by the rules alone: they had not. What an admin forgave stays forgiven
--
-- A row is written in the transaction that causes it, once for each session and person, whoever causes it and in
-- whatever way. It charges nobody: it is told by mail, and paid by a checkout that its debtor opens (paying.sql). The
-- state is never set: it follows from facts. What a paid fee was forgiven for is money that goes back (paying.sql).
--
-- Fees that were stated before there were rows of them are nobody's debt: nobody had a way to pay them.

create table public.owed_fees (
  id           uuid        primary key default gen_random_uuid(),
  user_id      uuid        not null,
  session_id   uuid        references public.session_schedules (id) on delete set null,
  because      text        not null check (because in ('late_cancellation', 'no_show')),
  amount_minor integer     not null,
  currency     text        not null check (currency in ('cad', 'usd')),
  status       text        not null generated always as (case
    when returned_at is not null then 'returned'
    when paid_at     is not null then 'paid'
    when forgiven_at is not null then 'forgiven'
    else 'owed' end) stored,
  scheduled_at timestamptz not null,
  paid_at      timestamptz,
  returned_at  timestamptz,
  forgiven_at  timestamptz,
  forgiven_by  uuid,
  reason       text,
  created_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now(),

  constraint owed_fees_one_per_session_and_person unique (session_id, user_id),
  constraint owed_fees_amount_minor_is_in_range check (amount_minor between 1 and 1000000),
  constraint owed_fees_reason_is_short check (char_length(reason) <= 1000),
  constraint owed_fees_are_forgiven_with_a_reason check ((forgiven_at is null) = (reason is null)),
  constraint owed_fees_times_are_in_range check (
    scheduled_at between '2000-01-01' and '2100-01-01' and paid_at between '2000-01-01' and '2100-01-01'
    and returned_at between '2000-01-01' and '2100-01-01' and forgiven_at between '2000-01-01' and '2100-01-01')
);
comment on table public.owed_fees is
  'Fees for late cancellations and for not coming: evidence, so each outlives its session and its debtor''s account.';
comment on column public.owed_fees.id is 'Of the row; made here.';
comment on column public.owed_fees.user_id is 'Who owes it. No foreign key: their account may have been erased since.';
comment on column public.owed_fees.session_id is 'The session or seat it is about: session_schedules.id.';
comment on column public.owed_fees.because is 'late_cancellation or no_show.';
comment on column public.owed_fees.amount_minor is 'In cents, by the policy that was agreed to.';
comment on column public.owed_fees.currency is 'By its three letters, in lower case.';
comment on column public.owed_fees.status is 'Where it stands: owed, paid, returned or forgiven.';
comment on column public.owed_fees.scheduled_at is 'When that session was to begin.';
comment on column public.owed_fees.paid_at is 'When its payment came.';
comment on column public.owed_fees.returned_at is 'When all of that payment had gone back, or was on its way.';
comment on column public.owed_fees.forgiven_at is 'When it was forgiven. Its payment, if there is one, goes back.';
comment on column public.owed_fees.forgiven_by is 'The admin who forgave it; null: it followed from the rules.';
comment on column public.owed_fees.reason is 'Why it was forgiven.';
comment on column public.owed_fees.created_at is 'When it came to be owed.';
comment on column public.owed_fees.updated_at is 'When the row was last changed.';

create index owed_fees_user_id_idx on public.owed_fees (user_id, created_at);
create index owed_fees_list_idx on public.owed_fees (status, created_at, id);  -- what is still owed, oldest first

alter table public.owed_fees enable row level security;

create policy "people read the fees that they owe, admins all"
  on public.owed_fees for select to authenticated
  using (user_id = (select auth.uid()) or (select private.is_confirmed_admin()));

revoke all on public.owed_fees from anon, authenticated, service_role;
grant select on public.owed_fees to authenticated, service_role;
-- No insert, update or delete for anybody: a fee moves only through the functions of schema private.

create trigger update_owed_fees_updated_at before update on public.owed_fees
  for each row execute function public.update_updated_at_column();
create trigger audit_owed_fees after insert or update on public.owed_fees
  for each row execute function private.write_audit_log();

-- Writes what is owed from now on, and says whether that is new. One that the rules had ended is owed again, for what
-- it is about now: a session that was reopened may be another day's, and left late. What was paid for something else
-- goes back, and is not asked for again.
-- Nothing is owed by whoever is gone, nor for what was over before anybody was watching.
create function private.owe_fee(session public.session_schedules, because text, amount numeric, currency text)
  returns boolean
  language plpgsql volatile set search_path = ''
as $$
declare
  v_status text;
begin
  if amount <= 0 or private.ended_before_adoption(session)
     or not exists (select from auth.users u where u.id = session.client_id) then
    return false;
  end if;
  insert into public.owed_fees as f (user_id, session_id, because, amount_minor, currency, scheduled_at)
  values (session.client_id, session.id, owe_fee.because, round(100 * amount)::integer, owe_fee.currency,
          session.scheduled_at)
  on conflict on constraint owed_fees_one_per_session_and_person do update
    set forgiven_at = null, reason = null, because = excluded.because, amount_minor = excluded.amount_minor,
        currency = excluded.currency, scheduled_at = excluded.scheduled_at
   where f.forgiven_at is not null and f.forgiven_by is null
     and (f.paid_at is null or (f.because, f.amount_minor, f.currency, f.scheduled_at)
                             = (excluded.because, excluded.amount_minor, excluded.currency, excluded.scheduled_at))
  returning f.status into v_status;
  return coalesce(v_status = 'owed', false);
end
$$;

-- Whether nothing more can be owed for a session: an admin let its client off, or they paid. So nothing more is quoted.
create function private.is_fee_settled(session public.session_schedules) returns boolean
  language plpgsql stable set search_path = ''
as $$
begin
  return exists (select from public.owed_fees f
                  where f.session_id = session.id and f.user_id = session.client_id
                    and num_nonnulls(f.forgiven_by, f.paid_at) > 0);
end
$$;

-- Its open checkout is closed, and its payment goes back: both by the reconciler, which is told to look now. A checkout
-- that somebody else is at is left to them: whoever settles it looks at its fee again (paying.sql).
create function private.look_at_fee_checkouts(fee_id uuid) returns void
  language sql volatile set search_path = ''
as $$
  update public.checkout_sessions c set next_check_at = now()
   where c.id in (select open.id from public.checkout_sessions open
                   where open.fee_id = look_at_fee_checkouts.fee_id
                     and open.status in ('opening', 'open', 'processing', 'paid') for update skip locked);
$$;

create function private.publish_fee(kind text, fee public.owed_fees) returns void
  language plpgsql volatile set search_path = ''
as $$
begin
  perform private.publish_event(publish_fee.kind, fee.user_id, fee.session_id, jsonb_build_object(
    'fee_id', fee.id, 'amount_minor', fee.amount_minor, 'currency', fee.currency, 'because', fee.because,
    'scheduled_at', fee.scheduled_at, 'was_paid', fee.paid_at is not null,
    'is_decided', fee.forgiven_by is not null));
end
$$;

-- What the rules take back, if anything is owed or was paid.
create function private.end_fee(session_id uuid, user_id uuid, reason text) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_fee public.owed_fees;
begin
  update public.owed_fees f set forgiven_at = now(), reason = end_fee.reason
   where f.session_id = end_fee.session_id and f.user_id = end_fee.user_id
     and f.status in ('owed', 'paid') and f.forgiven_at is null
  returning f.* into v_fee;
  if found then
    perform private.look_at_fee_checkouts(v_fee.id);
    perform private.publish_fee('fee_forgiven', v_fee);
  end if;
end
$$;

revoke execute on function private.owe_fee, private.is_fee_settled, private.look_at_fee_checkouts, private.publish_fee, private.end_fee
  from public, anon, authenticated, service_role;
