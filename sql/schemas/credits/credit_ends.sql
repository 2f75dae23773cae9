-- The ends of credits: told before, written when they come, and moved by an admin.
--
-- A lot past its end is ignored by the clock; a job then writes the line that says so. The same job tells its owner
-- before, once of each end, so many days ahead as `session_rules` says. An admin may move an end, even a past one, and
-- what had ended with it is there again. A cancellation moves it too, by the policy's days (cancellation_terms.sql).

alter table public.user_session_credits
  add column end_told timestamptz,
  add constraint user_session_credits_end_told_is_in_range check (end_told between '2000-01-01' and '2100-01-01');
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
