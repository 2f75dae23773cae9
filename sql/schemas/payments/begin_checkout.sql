-- Beginning a checkout: what is bought, at which price, and is it still available? Then it is held for the payer.
--
-- The time, or the seat, is held until Stripe's page closes (32 minutes: Stripe wants at least 30) and ten minutes
-- more, in which a late event can still arrive. Asking again for the same gets the same checkout. Asking for something
-- else at the same time, or for more times than may be held at once, gives up an earlier one, whose page must be closed
-- at Stripe (`supersedes`).

create function private.find_type_to_pay(
  session_type_id uuid, duration_minutes integer, session_type text, is_group boolean) returns public.session_types
  language plpgsql stable set search_path = ''
as $$
#variable_conflict use_column
declare
  v_type public.session_types;
begin
  select * into v_type from public.session_types t
   where t.is_active
     and case when find_type_to_pay.session_type_id is not null then t.id = find_type_to_pay.session_type_id
              else (t.duration_minutes, t.session_type, t.is_group)
                   = (find_type_to_pay.duration_minutes, coalesce(find_type_to_pay.session_type, 'standing'),
                      coalesce(find_type_to_pay.is_group, false)) end;
  if not found then
    perform private.refuse(404, 'session_type_not_found', 'There is no such kind of session.');
  elsif v_type.duration_minutes <> find_type_to_pay.duration_minutes then
    perform private.refuse(409, 'duration_not_offered', format('This kind of session lasts %s minutes.', v_type.duration_minutes));
  end if;
  return v_type;
end
$$;

create function private.find_class_to_pay(
  group_class_id uuid, practitioner_id uuid, scheduled_at timestamptz, session_location text, type public.session_types)
  returns uuid
  language plpgsql stable set search_path = ''
as $$
declare
  v_class public.session_schedules;
begin
  -- The checkout page names a class by its time only; a practitioner gives one at a time.
  select * into v_class from public.session_schedules s
   where s.max_participants > 1 and s.group_class_id is null and s.status <> 'cancelled'
     and case when find_class_to_pay.group_class_id is not null then s.id = find_class_to_pay.group_class_id
              else (s.practitioner_id, s.scheduled_at) = (find_class_to_pay.practitioner_id, find_class_to_pay.scheduled_at) end
   order by s.session_location = coalesce(find_class_to_pay.session_location, 'online') desc limit 1;  -- it may have two forms
  if not found then
    perform private.refuse(404, 'class_not_found', 'There is no such class.');
  elsif not type.is_group or v_class.duration_minutes <> type.duration_minutes then
    perform private.refuse(409, 'type_not_of_class', 'This is not the price of that class.',
                           'Reload the page and choose again.');
  end if;
  return v_class.id;
end
$$;

create function private.check_policy_agreement(agreed boolean, version uuid) returns uuid
  language plpgsql stable set search_path = ''
as $$
declare
  v_policy uuid := (select p.id from public.cancellation_policy p where p.is_active);
begin
  if v_policy is not null and not coalesce(agreed, false) then
    perform private.refuse(409, 'cancellation_policy_not_agreed', 'Please agree to the cancellation policy first.');
  elsif v_policy <> version then
    perform private.refuse(409, 'cancellation_policy_not_current',
                           'The cancellation policy has changed since this page was opened.',
                           'Reload the page, read the current policy and agree to it.');
  end if;
  return v_policy;
end
$$;

create type private.begun_checkout as (
  checkout_id uuid, description text, amount_minor integer, currency text, expires_at timestamptz, url text,
  supersedes text[]
);

-- Definer: people write neither checkouts nor holds.
create function private.begin_checkout(
  user_id uuid, payment_type text, currency text, session_type_id uuid, duration_minutes integer, session_type text,
  is_group boolean, practitioner_id uuid, scheduled_at timestamptz, session_location text, physical_location text,
  group_class_id uuid, notes text, cancellation_policy_agreed boolean, cancellation_policy_version uuid)
  returns private.begun_checkout
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_type       public.session_types;
  v_package    public.session_packages;
  v_new        public.checkout_sessions;  -- as it is about to be written
  v_existing   public.checkout_sessions;
  v_supersedes text[];
  v_holds      integer;
begin
  -- Two clicks at once queue here, and the second finds what the first made.
  perform private.refuse_anonymous_caller(), private.lock_client(begin_checkout.user_id);
  v_type := private.find_type_to_pay(begin_checkout.session_type_id, begin_checkout.duration_minutes,
                                begin_checkout.session_type, begin_checkout.is_group);
  v_new.session_type_id := v_type.id;
  v_new.is_for_any_type := false;
  v_new.currency := coalesce(begin_checkout.currency,
                             (select p.currency from public.user_preferences p where p.user_id = begin_checkout.user_id), 'usd');

  if begin_checkout.payment_type = 'single' then
    perform private.refuse_owing(begin_checkout.user_id);
    v_new.credits := 1;
    v_new.description := v_type.name;
    v_new.amount_minor := round(100 * case v_new.currency when 'cad' then v_type.price_cad else v_type.price_usd end);
    v_new.cancellation_policy_version := private.check_policy_agreement(begin_checkout.cancellation_policy_agreed,
                                                               begin_checkout.cancellation_policy_version);
    if begin_checkout.group_class_id is not null or v_type.is_group then
      v_new.group_class_id := private.find_class_to_pay(
        begin_checkout.group_class_id, begin_checkout.practitioner_id, begin_checkout.scheduled_at,
        begin_checkout.session_location, v_type);
      select s.practitioner_id, s.scheduled_at, s.session_location, s.physical_location
        into v_new.practitioner_id, v_new.scheduled_at, v_new.session_location, v_new.physical_location
        from public.session_schedules s where s.id = v_new.group_class_id;
    else
      v_new.practitioner_id   := begin_checkout.practitioner_id;
      v_new.scheduled_at      := begin_checkout.scheduled_at;
      v_new.session_location  := begin_checkout.session_location;
      v_new.physical_location := begin_checkout.physical_location;
      if v_new.session_location is not null then
        perform private.refuse_unknown_place(v_new.session_location, v_new.physical_location, null);
      end if;
      -- In words at once: by the time it is paid, the studio may be gone.
      v_new.physical_location := private.describe_place(v_new.physical_location);
      -- That beginning is how the pages join a class.
      v_new.notes := nullif(btrim(regexp_replace(begin_checkout.notes, '^\s*Joined group class:', '', 'i')), '');
    end if;
  else
    select * into v_package from public.session_packages p
     where p.is_active and p.session_type_id = v_type.id
       and p.session_count = case begin_checkout.payment_type when 'package_5' then 5 else 10 end;
    if not found then
      perform private.refuse(404, 'package_not_found', 'There is no such package for this kind of session.',
                             'Choose another kind of session.');
    end if;
    v_new.package_id := v_package.id;
    v_new.credits := v_package.session_count;
    -- The wallet sells a length, and sends the first type of it that it finds. Who picked a practice has chosen.
    v_new.is_for_any_type := begin_checkout.practitioner_id is null and begin_checkout.session_type is null;
    v_new.description := v_package.name;
    v_new.amount_minor := round(100 * case v_new.currency when 'cad' then v_package.price_cad else v_package.price_usd end);
    -- The wallet asks nobody to agree; who did on the checkout page has.
    if begin_checkout.cancellation_policy_agreed then
      v_new.cancellation_policy_version := private.check_policy_agreement(true, begin_checkout.cancellation_policy_version);
    end if;
  end if;

  select * into v_existing from public.checkout_sessions c
   where c.user_id = begin_checkout.user_id
     -- One that is still being opened must last for as long as Stripe demands of a new page.
     and c.expires_at > now() + case c.status when 'open' then interval '10 minutes' when 'opening' then interval '30.5 minutes' end
     and (c.payment_type, c.session_type_id, c.is_for_any_type, c.amount_minor, c.currency)
         = (begin_checkout.payment_type, v_new.session_type_id, v_new.is_for_any_type, v_new.amount_minor, v_new.currency)
     and (c.package_id, c.practitioner_id, c.scheduled_at, c.session_location, c.physical_location, c.group_class_id, c.notes)
         is not distinct from (v_new.package_id, v_new.practitioner_id, v_new.scheduled_at, v_new.session_location,
                               v_new.physical_location, v_new.group_class_id, v_new.notes)
     and (c.hold_id is null or exists (select from public.session_holds h where h.id = c.hold_id and h.status = 'held'))
   order by c.created_at desc limit 1;
  if v_existing.status = 'opening' and v_existing.created_at > now() - interval '20 seconds' then
    perform private.refuse(409, 'request_in_progress', 'The page to pay on is being opened.', 'Ask again in a moment.');
  elsif found then
    return (v_existing.id, v_existing.description, v_existing.amount_minor, v_existing.currency, v_existing.expires_at,
            v_existing.url, array[]::text[]);
  end if;
  perform private.limit_use('checkouts', begin_checkout.user_id);

  if begin_checkout.payment_type = 'single' then
    -- Released are holds that the new one overlaps, and the oldest if no more are allowed: pages have no button for it.
    select count(*) into v_holds from public.session_holds h
     where h.user_id = begin_checkout.user_id and h.status = 'held' and h.expires_at > now();
    with earlier as (
      select c.stripe_session_id, h.id as hold_id, row_number() over (partition by h.status order by c.created_at, c.id) as age,
             h.practitioner_id = v_new.practitioner_id
               and tstzrange(h.scheduled_at, h.scheduled_at + make_interval(mins => h.duration_minutes))
                   && tstzrange(v_new.scheduled_at, v_new.scheduled_at + make_interval(mins => v_type.duration_minutes))
               as is_overlapping
        from public.checkout_sessions c join public.session_holds h on h.id = c.hold_id
       where c.user_id = begin_checkout.user_id and c.status in ('opening', 'open')
         and h.status <> 'consumed' and h.checkout_session_id = c.id::text
    ),
    released as (
      update public.session_holds h set status = 'released'
        from earlier
       where h.id = earlier.hold_id
         and (earlier.is_overlapping or (h.status = 'held' and earlier.age <= v_holds + 1 - (private.get_hold_rules(begin_checkout.user_id)).at_once))
      returning earlier.stripe_session_id
    )
    select array_agg(r.stripe_session_id) filter (where r.stripe_session_id is not null) into v_supersedes from released r;
    select h.id into v_new.hold_id
      from private.hold_slot(begin_checkout.user_id, v_new.practitioner_id, v_new.scheduled_at, v_type.id,
                             coalesce(v_new.session_location, 'online'), v_new.physical_location,
                             v_new.group_class_id) h;
  end if;

  insert into public.checkout_sessions as c
    (user_id, payment_type, description, amount_minor, currency, credits, session_type_id, is_for_any_type, package_id,
     practitioner_id,
     scheduled_at, session_location, physical_location, group_class_id, hold_id, notes, cancellation_policy_version,
     expires_at, next_check_at)
  values
    (begin_checkout.user_id, begin_checkout.payment_type, v_new.description, v_new.amount_minor, v_new.currency,
     v_new.credits, v_new.session_type_id, v_new.is_for_any_type, v_new.package_id, v_new.practitioner_id, v_new.scheduled_at,
     v_new.session_location, v_new.physical_location, v_new.group_class_id, v_new.hold_id, v_new.notes,
     v_new.cancellation_policy_version, date_trunc('second', now()) + interval '32 minutes', now() + interval '5 minutes')
  returning c.* into v_new;
  if v_new.hold_id is not null then
    perform private.extend_hold(v_new.hold_id, v_new.expires_at + interval '10 minutes', v_new.id::text);
  end if;
  return (v_new.id, v_new.description, v_new.amount_minor, v_new.currency, v_new.expires_at, v_new.url,
          coalesce(v_supersedes, array[]::text[]));
end
$$;

create function public.begin_checkout(
  payment_type text, currency text default null, session_type_id uuid default null,
  duration_minutes integer default null, session_type text default null, is_group boolean default null,
  practitioner_id uuid default null, scheduled_at timestamptz default null, session_location text default null,
  physical_location text default null, group_class_id uuid default null, notes text default null,
  cancellation_policy_agreed boolean default null, cancellation_policy_version uuid default null)
  returns table (checkout_id uuid, description text, amount_minor integer, currency text, expires_at timestamptz,
                 url text, supersedes text[])
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.begin_checkout((select auth.uid()), payment_type, begin_checkout.currency, session_type_id,
    duration_minutes, session_type, is_group, practitioner_id, scheduled_at, session_location, physical_location,
    group_class_id, notes, cancellation_policy_agreed, cancellation_policy_version);
$$;
comment on function public.begin_checkout is
  'Decides and records what is to be paid; create-session-payment then opens it at Stripe.';

-- Definer: nobody writes checkouts.
create function private.open_checkout(checkout_id uuid, stripe_session_id text, url text)
  returns public.checkout_sessions
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_checkout public.checkout_sessions;
begin
  update public.checkout_sessions c
     set stripe_session_id = open_checkout.stripe_session_id, url = open_checkout.url
   where c.id = open_checkout.checkout_id
  returning c.* into v_checkout;
  if not found then
    perform private.refuse(404, 'checkout_not_found', 'There is no such checkout.');
  elsif v_checkout.status <> 'open' then
    perform private.refuse(409, 'checkout_lapsed', 'This took too long.', 'Please try again.');
  end if;
  return v_checkout;
end
$$;

create function public.open_checkout(checkout_id uuid, stripe_session_id text, url text)
  returns table (checkout_id uuid, url text, expires_at timestamptz)
  language sql volatile security invoker set search_path = ''
as $$
  select c.id, c.url, c.expires_at
    from private.open_checkout(open_checkout.checkout_id, open_checkout.stripe_session_id, open_checkout.url) c;
$$;

revoke execute on function private.find_type_to_pay, private.find_class_to_pay, private.check_policy_agreement, private.begin_checkout,
  private.open_checkout, public.begin_checkout, public.open_checkout from public, anon, authenticated, service_role;
grant execute on function private.begin_checkout, public.begin_checkout to authenticated;
-- Only the server knows what Stripe answered.
grant execute on function private.open_checkout, public.open_checkout to service_role;
