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
  add column credits_owed     integer not null default 0,
  add column duration_minutes integer,
  add column is_group         boolean,
  add constraint user_session_credits_owed_is_not_negative check (credits_owed >= 0),
  add constraint user_session_credits_have_length_and_form_or_neither check (
    (duration_minutes is null) = (is_group is null)),
  add constraint user_session_credits_duration_is_in_range check (duration_minutes between 1 and 1440);
comment on column public.user_session_credits.credits_owed is
  'Credits that had been spent when their price was refunded: of those that come back, so many are not given back. Some
may be on their way only: credits_owed.sql says which keep their owner from booking.';
comment on column public.user_session_credits.duration_minutes is
  'With is_group: the length and form the credits are good for. Also of a typed lot, which they hold when its type is gone.';

create index user_session_credits_package_id_idx on public.user_session_credits (package_id);
create index user_session_credits_session_type_id_idx on public.user_session_credits (session_type_id);

-- The baseline's two become one: two permissive policies are both asked for every row.
drop policy "Users can view their own credits" on public.user_session_credits;
drop policy "Admins can view all credits" on public.user_session_credits;

create policy "people read their own credits, admins all"
  on public.user_session_credits for select to authenticated
  using (user_id = (select auth.uid()) or (select private.is_confirmed_admin()));

alter table public.user_session_credits
  add constraint user_session_credits_credits_are_in_range check (
    credits_remaining <= 10000 and credits_owed <= 10000) not valid,
  add constraint user_session_credits_texts_are_short check (
    char_length(stripe_payment_intent_id) <= 255 and char_length(order_id) <= 255) not valid,
  add constraint user_session_credits_metadata_is_short check (char_length(metadata::text) <= 10000) not valid,
  add constraint user_session_credits_times_are_in_range check (
    purchased_at between '2000-01-01' and '2100-01-01' and expires_at between '2000-01-01' and '2100-01-01' and
    created_at between '2000-01-01' and '2100-01-01' and updated_at between '2000-01-01' and '2100-01-01' and
    cancellation_policy_agreed_at between '2000-01-01' and '2100-01-01') not valid;

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

create trigger user_session_credits_set_form before insert or update of session_type_id on public.user_session_credits
  for each row when (new.session_type_id is not null) execute function private.set_lot_form();

-- Here and not in the backfill: before the ledger's triggers, for lots sold earlier.
update public.user_session_credits c set duration_minutes = t.duration_minutes, is_group = t.is_group
  from public.session_types t where t.id = c.session_type_id;

revoke all on public.user_session_credits from anon, authenticated, service_role;
grant select on public.user_session_credits to authenticated;
-- Update is granted and no policy allows it: the frontend sends updates while a client joins a class or cancels, and
-- must see them change nothing. Without the grant it would see an error and stop half-way.
grant update on public.user_session_credits to authenticated;
-- Insert, for whatever sells credits without the functions below: each lot opens with its purchase in the ledger. No
-- update and no delete: a lot's credits change by lines of the ledger.
grant select, insert on public.user_session_credits to service_role;

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
