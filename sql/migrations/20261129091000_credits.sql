-- From sql/schemas: credits/credit_lots, credits/credit_ledger, credits/credit_ends, credits/credits_owed.

-- Functions name what later chapters make.
set check_function_bodies = off;

set lock_timeout = '5s';
set statement_timeout = 0;
do $$ begin lock table public.user_session_credits in access exclusive mode; end $$;


-- credits/credit_lots.sql

-- Credit lots: granting, choosing, taking back, expiring, correcting and reading credits.
--
-- A lot is a row of user_session_credits: so many credits, bought or given at once.
--
--   session_type_id                  good for that type
--   else duration_minutes, is_group  good for any type of that length and form: what the wallet sells as "45 min 1:1"
--   neither                          good for any session
--
-- Whoever spends takes the narrowest, and of those the one that ends first (credit_ends.sql). Every change is a line of
-- the ledger (credit_ledger.sql).

alter table public.user_session_credits
  add column credits_owed integer not null default 0,
  add column duration_minutes integer,
  add column is_group boolean;

comment on column public.user_session_credits.credits_owed is
  'Credits that had been spent when their price was refunded: of those that come back, so many are not given back. Some
may be on their way only: credits_owed.sql says which keep their owner from booking.';

comment on column public.user_session_credits.duration_minutes is
  'With is_group: the length and form the credits are good for. Also of a typed lot, which they hold when its type is gone.';

create index user_session_credits_package_id_idx on public.user_session_credits (package_id);

create index user_session_credits_session_type_id_idx on public.user_session_credits (session_type_id);

-- A type that is deleted leaves its lots without one: without length and form, a credit for 20 minutes would buy 60.
create function private.set_lot_form() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  select t.duration_minutes, t.is_group into new.duration_minutes, new.is_group
    from public.session_types t where t.id = new.session_type_id;
  return new;
end
$$;

revoke execute on function private.set_lot_form from public, anon, authenticated, service_role;

-- Definer: nobody may write credits.
create function private.grant_credits(
  user_id                  uuid,
  credits                  integer,
  package_id               uuid        default null,
  session_type_id          uuid        default null,
  expires_at               timestamptz default null,
  stripe_payment_intent_id text        default null,
  order_id                 text        default null,
  metadata                 jsonb       default '{}',
  kind                     text        default 'purchase',
  session_id               uuid        default null,
  reason                   text        default null,
  duration_minutes         integer     default null,
  is_group                 boolean     default null
) returns uuid
  language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_lot uuid;
begin
  insert into public.user_session_credits
    (user_id, package_id, session_type_id, duration_minutes, is_group, credits_remaining, expires_at,
     stripe_payment_intent_id, order_id, metadata)
  values
    (grant_credits.user_id, grant_credits.package_id, grant_credits.session_type_id, grant_credits.duration_minutes,
     grant_credits.is_group, 0, grant_credits.expires_at, grant_credits.stripe_payment_intent_id, grant_credits.order_id,
     grant_credits.metadata)
  returning id into v_lot;
  insert into public.credit_ledger (lot_id, user_id, change, kind, session_id, reason)
  values (v_lot, grant_credits.user_id, grant_credits.credits, grant_credits.kind, grant_credits.session_id,
          grant_credits.reason);
  perform private.publish_event('credits_granted', grant_credits.user_id, grant_credits.session_id,
    jsonb_build_object('lot_id', v_lot, 'credits', grant_credits.credits, 'kind', grant_credits.kind));
  return v_lot;
end
$$;

-- Takes back as many of the credits as are left and returns how many that was. The rest has been spent, and is owed.
-- Definer: as above.
create function private.revoke_credits(lot_id uuid, credits integer, reason text) returns integer
  language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_lot   public.user_session_credits;
  v_taken integer;
begin
  select * into v_lot from public.user_session_credits c where c.id = revoke_credits.lot_id for no key update;
  v_taken := coalesce(least(revoke_credits.credits, v_lot.credits_remaining), 0);
  if v_taken > 0 then
    insert into public.credit_ledger (lot_id, user_id, change, kind, reason)
    values (v_lot.id, v_lot.user_id, -v_taken, 'refund', revoke_credits.reason);
  end if;
  update public.user_session_credits c set credits_owed = c.credits_owed + revoke_credits.credits - v_taken
   where c.id = v_lot.id and revoke_credits.credits > v_taken;
  return v_taken;
end
$$;

create function private.describe_length_and_form(duration_minutes integer, is_group boolean, language text default null)
  returns text
  language plpgsql stable set search_path = ''
as $$
begin
  return case when duration_minutes is null then null
              when is_group then format(private.say('%s-minute classes', language), duration_minutes)
              else format(private.say('%s-minute one-to-one sessions', language), duration_minutes) end;
end
$$;

-- The usable lots of somebody that are good for a session, those to spend first at the top. Types: those it can be of.
create function private.list_good_lots(user_id uuid, session_type_ids uuid[], duration_minutes integer, is_group boolean)
  returns setof public.user_session_credits
  language plpgsql stable set search_path = ''
as $$
#variable_conflict use_column
begin
  return query
    select c.* from public.user_session_credits c
     where c.user_id = list_good_lots.user_id and c.credits_remaining > 0
       and (c.expires_at is null or c.expires_at > now())
       and case when c.session_type_id is not null then c.session_type_id = any (list_good_lots.session_type_ids)
                when c.duration_minutes is not null
                  then (c.duration_minutes, c.is_group) = (list_good_lots.duration_minutes, list_good_lots.is_group)
                else true end
     order by c.session_type_id is null, c.duration_minutes is null, c.expires_at nulls last, c.purchased_at, c.id;
end
$$;

-- The pages find a lot without a type, take it for good for anything, and offer no payment: so the sentence says what
-- the credits are good for, and where to pay. The pages show the sentence, and no hint.
create function private.refuse_without_credit(user_id uuid, duration_minutes integer, is_group boolean) returns void
  language plpgsql stable set search_path = ''
as $$
#variable_conflict use_column
declare
  v_good_for text := (
    select string_agg(distinct private.describe_length_and_form(c.duration_minutes, c.is_group), ' and ')
      from public.user_session_credits c
     where c.user_id = refuse_without_credit.user_id and c.credits_remaining > 0 and c.session_type_id is null
       and (c.expires_at is null or c.expires_at > now()));
  v_address  text := private.pages_origin() || '/pay-session';
begin
  if v_good_for is null then
    perform private.refuse(402, 'no_usable_credit', 'You have no credit for this kind of session.',
                           'Buy a package, or pay for this session alone.');
  end if;
  perform private.refuse(
    402, 'no_usable_credit',
    format(case
      when refuse_without_credit.is_group and v_address is null
        then 'Your credits are good for %s, and this is a class of %s minutes. Please choose one of that length, or ask us how to pay for this one.'
      when refuse_without_credit.is_group
        then 'Your credits are good for %s, and this is a class of %s minutes. You can pay for it at %s'
      when v_address is null
        then 'Your credits are good for %s, and this is a one-to-one session of %s minutes. Please choose one of that length, or ask us how to pay for this one.'
      else 'Your credits are good for %s, and this is a one-to-one session of %s minutes. You can pay for it at %s' end,
      v_good_for, refuse_without_credit.duration_minutes, v_address),
    'Buy a package, or pay for this session alone.');
end
$$;

create function private.choose_credit_lot(
  user_id uuid, session_type_ids uuid[], duration_minutes integer, is_group boolean) returns uuid
  language plpgsql set search_path = ''
as $$
#variable_conflict use_column
declare
  v_lot uuid;
begin
  perform private.refuse_owing(choose_credit_lot.user_id);
  -- Under the client's lock, so two bookings of one client never choose at once; the row lock keeps refunds away.
  select c.id into v_lot
    from private.list_good_lots(choose_credit_lot.user_id, choose_credit_lot.session_type_ids,
                                choose_credit_lot.duration_minutes, choose_credit_lot.is_group) with ordinality good
    join public.user_session_credits c on c.id = good.id
   where c.credits_remaining > 0
   order by good.ordinality limit 1 for no key update of c;
  if v_lot is null then
    perform private.refuse_without_credit(choose_credit_lot.user_id, choose_credit_lot.duration_minutes,
                                          choose_credit_lot.is_group);
  end if;
  return v_lot;
end
$$;

-- As its caller, who sees their own.
create function private.count_usable_credits(user_id uuid) returns integer
  language plpgsql stable set search_path = ''
as $$
begin
  return (select coalesce(sum(c.credits_remaining), 0) from public.user_session_credits c
           where c.user_id = count_usable_credits.user_id and c.credits_remaining > 0
             and (c.expires_at is null or c.expires_at > now()));
end
$$;

-- The caller's usable credits, in one row also for whoever has none.
create function public.check_session_credits()
  returns table (user_id uuid, total_credits integer, package_credits integer, single_credits integer,
                 credits jsonb, has_credits boolean, credits_owed integer)
  language sql stable security invoker set search_path = ''
as $$
  select (select auth.uid()),
         coalesce(sum(c.credits_remaining), 0)::integer,
         coalesce(sum(c.credits_remaining) filter (where c.package_id is not null), 0)::integer,
         coalesce(sum(c.credits_remaining) filter (where c.package_id is null), 0)::integer,
         coalesce(jsonb_agg(to_jsonb(c) order by c.expires_at nulls last, c.purchased_at, c.id), '[]'),
         count(*) > 0,
         private.count_credits_owed((select auth.uid()))
    from public.user_session_credits c
   where c.user_id = (select auth.uid()) and c.credits_remaining > 0 and (c.expires_at is null or c.expires_at > now());
$$;

comment on function public.check_session_credits is 'The caller''s credits, all together and by lot.';

-- Gives the lot: without one, a new one.
create function private.post_credit_adjustment(
  lot_id uuid, user_id uuid, change integer, reason text, session_type_id uuid, duration_minutes integer, is_group boolean)
  returns uuid
  language plpgsql volatile set search_path = ''
as $$
begin
  if post_credit_adjustment.lot_id is null then
    return private.grant_credits(
      post_credit_adjustment.user_id, post_credit_adjustment.change, kind => 'adjustment',
      session_type_id => post_credit_adjustment.session_type_id, reason => post_credit_adjustment.reason,
      duration_minutes => post_credit_adjustment.duration_minutes,
      is_group => case when post_credit_adjustment.duration_minutes is not null
                       then coalesce(post_credit_adjustment.is_group, false) end);
  end if;
  insert into public.credit_ledger (lot_id, user_id, change, kind, reason)
  values (post_credit_adjustment.lot_id, post_credit_adjustment.user_id, post_credit_adjustment.change, 'adjustment',
          post_credit_adjustment.reason);
  if post_credit_adjustment.change > 0 then
    perform private.settle_credits_owed(post_credit_adjustment.lot_id);
  end if;
  return post_credit_adjustment.lot_id;
end
$$;

-- Null: it waits for a second admin.
-- Definer: nobody may write credits. So it checks its caller itself.
create function private.adjust_credits(
  lot_id uuid, user_id uuid, change integer, reason text, session_type_id uuid, duration_minutes integer, is_group boolean)
  returns uuid
  language plpgsql security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_owner uuid := adjust_credits.user_id;
begin
  if not private.is_confirmed_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins adjust credits.');
  end if;
  perform private.refuse_long_text('reason', adjust_credits.reason, 1000);
  if btrim(coalesce(adjust_credits.reason, '')) = '' or coalesce(adjust_credits.change, 0) = 0 then
    perform private.refuse(422, 'reason_missing', 'An adjustment needs a number and a reason.');
  elsif adjust_credits.change not between -10000 and 10000 then
    perform private.refuse(422, 'change_too_large', 'change: should be at most 10000.');
  end if;
  if adjust_credits.lot_id is null then
    if adjust_credits.change < 0 then
      perform private.refuse(422, 'lot_missing', 'Say from which credits to take.');
    end if;
    if adjust_credits.duration_minutes is not null and not exists (
        select from public.session_types t
         where t.is_active and (t.duration_minutes, t.is_group)
               = (adjust_credits.duration_minutes, coalesce(adjust_credits.is_group, false))) then
      perform private.refuse(409, 'duration_not_offered', 'duration_minutes: no session of that length and form is offered.');
    elsif adjust_credits.session_type_id is not null and adjust_credits.duration_minutes is not null
          or adjust_credits.duration_minutes is null and adjust_credits.is_group is not null then
      perform private.refuse(422, 'credits_good_for_what', 'Say a kind of session, or a length and a form, or neither.');
    end if;
  elsif num_nonnulls(adjust_credits.session_type_id, adjust_credits.duration_minutes, adjust_credits.is_group) > 0 then
    perform private.refuse(422, 'credits_good_for_what', 'What credits are good for is said when they are given.');
  else
    select c.user_id into v_owner from public.user_session_credits c where c.id = adjust_credits.lot_id;
    if v_owner is null or v_owner <> coalesce(adjust_credits.user_id, v_owner) then
      perform private.refuse(404, 'credits_not_found', 'There are no such credits.');
    end if;
  end if;
  if v_owner is null then
    perform private.refuse(422, 'user_missing', 'user_id: say whose credits.');
  end if;
  perform private.refuse_own_money(v_owner);
  perform private.lock_client(v_owner);  -- so that two at once count each other
  if abs(adjust_credits.change)
     + (select coalesce(sum(abs(l.change)), 0) from public.credit_ledger l
         where l.user_id = v_owner and l.kind = 'adjustment' and l.created_at > now() - interval '1 day')
     > (select r.credits_above from private.second_admin_rules r) then
    perform private.leave_to_second_admin(
      'credits', jsonb_build_object('lot_id', adjust_credits.lot_id, 'reason', adjust_credits.reason,
                                    'session_type_id', adjust_credits.session_type_id,
                                    'duration_minutes', adjust_credits.duration_minutes,
                                    'is_group', adjust_credits.is_group),
      v_owner, adjust_credits.change);
    return null;
  end if;
  return private.post_credit_adjustment(adjust_credits.lot_id, v_owner, adjust_credits.change, adjust_credits.reason,
                                        adjust_credits.session_type_id, adjust_credits.duration_minutes,
                                        adjust_credits.is_group);
end
$$;

create function public.adjust_credits(
  change integer, reason text, lot_id uuid default null, user_id uuid default null, session_type_id uuid default null,
  duration_minutes integer default null, is_group boolean default null)
  returns setof public.user_session_credits
  language plpgsql security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  v_lot uuid := private.adjust_credits(adjust_credits.lot_id, adjust_credits.user_id, adjust_credits.change,
                                       adjust_credits.reason, adjust_credits.session_type_id,
                                       adjust_credits.duration_minutes, adjust_credits.is_group);
begin
  return query select * from public.user_session_credits c where c.id = v_lot;
end
$$;

comment on function public.adjust_credits is
  'For admins: changes a lot, or gives a user a new one, of a kind of session or of a length. The reason stays in the ledger. No row, and 202: a second admin was asked.';

revoke execute on function private.grant_credits, private.revoke_credits, private.describe_length_and_form,
  private.list_good_lots, private.refuse_without_credit, private.choose_credit_lot,
  private.count_usable_credits, private.post_credit_adjustment, private.adjust_credits, public.check_session_credits,
  public.adjust_credits
  from public, anon, authenticated, service_role;

grant execute on function private.grant_credits, private.revoke_credits to service_role;

grant execute on function private.adjust_credits, public.adjust_credits, public.check_session_credits,
  private.count_usable_credits to authenticated;


-- credits/credit_ledger.sql

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

revoke execute on function private.refuse_ledger_change, private.sum_credit_ledger, private.apply_credit_ledger_line,
  private.record_opening_credits, private.check_credits_against_ledger from public, anon, authenticated, service_role;


-- credits/credit_ends.sql

-- The ends of credits: told before, written when they come, and moved by an admin.
--
-- A lot past its end is ignored by the clock; a job then writes the line that says so. The same job tells its owner
-- before, once of each end, so many days ahead as `session_rules` says. An admin may move an end, even a past one, and
-- what had ended with it is there again. A cancellation moves it too, by the policy's days (cancellation_terms.sql).

alter table public.user_session_credits
  add column end_told timestamptz;

comment on column public.user_session_credits.end_told is 'The end of which its owner was told before it came.';

create index user_session_credits_ending_idx on public.user_session_credits (expires_at) where credits_remaining > 0;

-- Those that lapsed first go first. Definer: nobody may write credits.
create function private.expire_credits(max_rows integer) returns integer
  language plpgsql security definer set search_path = ''
as $$
declare
  v_lot   public.user_session_credits;
  v_count integer := 0;
begin
  for v_lot in
    select * from public.user_session_credits c where c.credits_remaining > 0 and c.expires_at <= now()
     order by c.expires_at limit max_rows for no key update skip locked
  loop
    begin
      insert into public.credit_ledger (lot_id, user_id, change, kind)
      values (v_lot.id, v_lot.user_id, -v_lot.credits_remaining, 'expiry');
      v_count := v_count + 1;
    exception when others then
      raise warning 'credits %: %', v_lot.id, sqlerrm;  -- their neighbours lapse
    end;
    exit when clock_timestamp() > now() + interval '2 seconds';
  end loop;
  return v_count;
end
$$;

-- Those that end first go first. Definer: it writes events, and marks lots.
create function private.tell_ending_credits(max_rows integer) returns integer
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  c_days  constant integer := (select r.credit_notice_days from public.session_rules r);
  v_lot   public.user_session_credits;
  v_count integer := 0;
begin
  for v_lot in
    select * from public.user_session_credits c
     where c.credits_remaining > 0 and c.expires_at > now() and c.expires_at <= now() + make_interval(days => c_days)
       and c.end_told is distinct from c.expires_at
     order by c.expires_at limit max_rows for no key update skip locked
  loop
    begin
      update public.user_session_credits c set end_told = c.expires_at where c.id = v_lot.id;
      perform private.publish_event('credit_expiring', v_lot.user_id, null, jsonb_build_object(
        'lot_id', v_lot.id, 'credits', v_lot.credits_remaining, 'expires_at', v_lot.expires_at));
      v_count := v_count + 1;
    exception when others then
      raise warning 'credits %: %', v_lot.id, sqlerrm;  -- the others are told
    end;
    exit when clock_timestamp() > now() + interval '2 seconds';
  end loop;
  return v_count;
end
$$;

-- Definer: nobody may write credits. So it checks its caller itself.
create function private.extend_credits(lot_id uuid, expires_at timestamptz, reason text) returns uuid
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_lot      public.user_session_credits;
  v_restored integer;
begin
  if not private.is_confirmed_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins extend credits.');
  end if;
  perform private.refuse_long_text('reason', extend_credits.reason, 1000);
  if btrim(coalesce(extend_credits.reason, '')) = '' then
    perform private.refuse(422, 'reason_missing', 'An extension needs a reason.');
  end if;
  select * into v_lot from public.user_session_credits c where c.id = extend_credits.lot_id for no key update;
  if not found then
    perform private.refuse(404, 'credits_not_found', 'There are no such credits.');
  end if;
  perform private.refuse_own_money(v_lot.user_id);
  if v_lot.expires_at is null then
    perform private.refuse(409, 'credits_do_not_end', 'These credits never end.');
  elsif extend_credits.expires_at is null or extend_credits.expires_at <= greatest(v_lot.expires_at, now())
        or extend_credits.expires_at > now() + interval '5 years' then
    perform private.refuse(422, 'expires_at_not_later', 
      'expires_at: should be later than now and than the end they have, and within five years.');
  elsif v_lot.credits_owed > 0 then
    perform private.refuse(409, 'price_returned', 'The price of these credits was returned.');
  end if;
  -- What had ended, less what was given back of it before.
  select greatest(0, -coalesce(sum(l.change), 0))::integer into v_restored from public.credit_ledger l
   where l.lot_id = v_lot.id and l.kind in ('expiry', 'extension');
  if v_lot.credits_remaining + v_restored = 0 then
    perform private.refuse(409, 'credits_used', 'All of these credits are used.', 'Give new ones.');
  end if;
  update public.user_session_credits c set expires_at = extend_credits.expires_at where c.id = v_lot.id;
  insert into public.credit_ledger (lot_id, user_id, change, kind, reason, expires_at)
  values (v_lot.id, v_lot.user_id, v_restored, 'extension', extend_credits.reason, extend_credits.expires_at);
  perform private.publish_event('credits_extended', v_lot.user_id, null, jsonb_build_object(
    'lot_id', v_lot.id, 'credits_restored', v_restored, 'expires_at', extend_credits.expires_at));
  return v_lot.id;
end
$$;

create function public.extend_credits(lot_id uuid, expires_at timestamptz, reason text)
  returns setof public.user_session_credits
  language plpgsql volatile security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  v_lot uuid := private.extend_credits(extend_credits.lot_id, extend_credits.expires_at, extend_credits.reason);
begin
  return query select * from public.user_session_credits c where c.id = v_lot;
end
$$;

comment on function public.extend_credits is
  'For admins: moves the end of a lot, also of one that has ended. Its owner is told; the reason stays in the ledger.';

revoke execute on function private.expire_credits, private.tell_ending_credits, private.extend_credits,
  public.extend_credits from public, anon, authenticated, service_role;

grant execute on function private.expire_credits, private.tell_ending_credits to service_role;

grant execute on function private.extend_credits, public.extend_credits to authenticated;


-- credits/credits_owed.sql

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
