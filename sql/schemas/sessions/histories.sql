-- Histories: one's own sessions, credits and purchases, past and to come; each is a view, filtered as any table is.
--
-- One's own rows are found by index among everybody's, however many there are. So the caller's own rows and those only
-- an admin sees are parts of a union, and the rest is joined laterally: a condition "or is admin" can use no index, and
-- with joins planned for everybody's rows a history of fifty sessions read a million. The parts have no condition of
-- their own: only then does the planner take each in the order that is asked for, and an admin's newest fifty are fifty
-- rows of an index. Outside, what tells the parts apart is a constant of each. One's own rows are few, and found by
-- whose they are: `+ interval '0'` keeps the planner from looking for them through everybody's in the order of time.

-- Sessions. A client's are those they booked and their seats; a practitioner's those they lead, a class once; an
-- admin's all. Open classes, which everybody may read in the table, are left out unless one has a seat. What the caller
-- may not read (another's recording) is null, as the policies of the tables decide. Columns by name, because `*` would
-- be the columns that the table has when the view is made.
create view public.session_history with (security_invoker = true) as
  select s.id, s.scheduled_at, s.duration_minutes, s.time_zone, s.local_start, s.status, s.cancelled_at,
         s.client_id, s.practitioner_id, p.name as practitioner_name, p.avatar_url as practitioner_avatar_url,
         s.session_type_id, t.name as session_type_name, t.session_type,
         s.max_participants > 1 or s.group_class_id is not null as is_group, s.class_name, s.group_class_id,
         s.current_participants, s.max_participants,
         s.session_location, s.physical_location,
         case when s.credit_lot_id is not null then 'credit' when private.is_paid_singly(s.id) then 'payment' end as paid_with,
         c.cancellation_type, c.credit_returned,
         r.id as recording_id, r.status as recording_status, r.recording_url,
         case when s.status = 'completed' then '/journal?session_id=' || s.id end as journal_path
    from (select 'client' as seen_as, m.id, m.practitioner_id, m.client_id, m.scheduled_at + interval '0' as scheduled_at, m.duration_minutes,
                 m.status, m.cancelled_at, m.class_name, m.session_location, m.physical_location, m.max_participants,
                 m.current_participants, m.group_class_id, m.session_type_id, m.time_zone, m.local_start, m.credit_lot_id
            from public.session_schedules m
          union all
          select 'practitioner' as seen_as, m.id, m.practitioner_id, m.client_id, m.scheduled_at + interval '0', m.duration_minutes,
                 m.status, m.cancelled_at, m.class_name, m.session_location, m.physical_location, m.max_participants,
                 m.current_participants, m.group_class_id, m.session_type_id, m.time_zone, m.local_start, m.credit_lot_id
            from public.session_schedules m
          union all
          select 'admin' as seen_as, m.id, m.practitioner_id, m.client_id, m.scheduled_at, m.duration_minutes,
                 m.status, m.cancelled_at, m.class_name, m.session_location, m.physical_location, m.max_participants,
                 m.current_participants, m.group_class_id, m.session_type_id, m.time_zone, m.local_start, m.credit_lot_id
            from public.session_schedules m) s
    left join public.practitioners p on p.id = s.practitioner_id
    left join public.session_types t on t.id = s.session_type_id
    left join lateral (select x.id, x.status, x.recording_url from public.session_recordings x
                        where x.session_id = s.id and x.status <> 'failed' limit 1) r on true
    left join lateral (select x.cancellation_type, x.credit_returned from public.session_cancellations x
                        where x.session_id = s.id order by x.cancelled_at limit 1) c on true
   where (s.seen_as = 'client' and s.client_id = (select auth.uid()) and (s.max_participants = 1 or s.group_class_id is not null))
      or (s.seen_as = 'practitioner' and s.practitioner_id = any (array(select private.my_practitioner_ids())) and s.group_class_id is null
          and not (s.client_id = (select auth.uid()) and (s.max_participants = 1 or s.group_class_id is not null)))
      or (s.seen_as = 'admin' and (select private.is_admin())
          and not (s.client_id = (select auth.uid()) and (s.max_participants = 1 or s.group_class_id is not null))
          and not (s.practitioner_id = any (array(select private.my_practitioner_ids())) and s.group_class_id is null));
comment on view public.session_history is
  'One''s own sessions. Filter by session_type, is_group, scheduled_at, practitioner_id, status.';
comment on column public.session_history.id is 'Of the session.';
comment on column public.session_history.scheduled_at is 'When the session begins.';
comment on column public.session_history.duration_minutes is 'How long the session lasts.';
comment on column public.session_history.time_zone is 'By its IANA name, such as America/Toronto.';
comment on column public.session_history.local_start is 'When it begins, on the clocks of that zone.';
comment on column public.session_history.status is 'Of the session.';
comment on column public.session_history.cancelled_at is 'When it was cancelled.';
comment on column public.session_history.client_id is 'The client it belongs to: their account.';
comment on column public.session_history.practitioner_id is 'The practitioner it belongs to.';
comment on column public.session_history.practitioner_name is 'Their name, as their profile has it.';
comment on column public.session_history.practitioner_avatar_url is 'Of their picture.';
comment on column public.session_history.session_type_id is 'The kind of session: session_types.id.';
comment on column public.session_history.session_type_name is 'What that kind is called.';
comment on column public.session_history.session_type is 'standing or laying.';
comment on column public.session_history.is_group is 'Whether it is for several at once.';
comment on column public.session_history.class_name is 'What the class is called; null for one to one.';
comment on column public.session_history.group_class_id is 'The class, where this is a seat in one.';
comment on column public.session_history.current_participants is
  'How many seats are taken; counted here, never by a page.';
comment on column public.session_history.max_participants is 'How many seats it has.';
comment on column public.session_history.session_location is 'Where it is held: online or in_person.';
comment on column public.session_history.physical_location is
  'The studio''s name and address, where it is held in person.';
comment on column public.session_history.paid_with is 'credit, or payment; null: with neither.';
comment on column public.session_history.cancellation_type is
  'standard, late, last_minute, grace or emergency: what the policy made of it.';
comment on column public.session_history.credit_returned is 'Credits or money given back by a cancellation.';
comment on column public.session_history.recording_id is 'session_recordings.id.';
comment on column public.session_history.recording_status is 'Of session_recordings.status; null without one.';
comment on column public.session_history.recording_url is 'Of its page; only for those who may watch it.';
comment on column public.session_history.journal_path is 'Where the page leads to write about it.';
revoke all on public.session_history from anon, authenticated, service_role;
grant select on public.session_history to authenticated;

-- Credits: the ledger, line by line.
create view public.credit_history with (security_invoker = true) as
  select l.id, l.user_id, l.created_at, l.kind, l.change, l.reason, l.session_id, s.scheduled_at as session_scheduled_at,
         l.lot_id, c.purchased_at, c.expires_at, c.credits_remaining as lot_credits_remaining,
         c.package_id, p.name as package_name, c.session_type_id, t.name as session_type_name,
         coalesce(t.duration_minutes, c.duration_minutes) as duration_minutes, t.session_type,
         coalesce(t.is_group, c.is_group) as is_group
    from (select true as is_own, m.id, m.user_id, m.created_at + interval '0' as created_at, m.kind, m.change, m.reason,
                 m.session_id, m.lot_id
            from public.credit_ledger m
          union all
          select false, m.id, m.user_id, m.created_at, m.kind, m.change, m.reason, m.session_id, m.lot_id
            from public.credit_ledger m) l
    left join lateral (select x.purchased_at, x.expires_at, x.credits_remaining, x.package_id, x.session_type_id,
                              x.duration_minutes, x.is_group
                         from public.user_session_credits x where x.id = l.lot_id limit 1) c on true
    left join public.session_packages p on p.id = c.package_id
    left join public.session_types t on t.id = c.session_type_id
    left join lateral (select x.scheduled_at from public.session_schedules x where x.id = l.session_id limit 1) s on true
   where (l.is_own and l.user_id = (select auth.uid()))
      or (not l.is_own and (select private.is_admin() or not private.is_api_caller())
          and l.user_id is distinct from (select auth.uid()));
comment on view public.credit_history is
  'The ledger of one''s own credits: what was added, what was spent, for what, and until when.';
comment on column public.credit_history.id is 'Of the row; made here.';
comment on column public.credit_history.user_id is 'Whose it is.';
comment on column public.credit_history.created_at is 'When the row was made.';
comment on column public.credit_history.kind is 'purchase, spend, return, expiry, refund or adjustment.';
comment on column public.credit_history.change is 'Credits that came (above zero) or went.';
comment on column public.credit_history.reason is 'In words, for whoever reads it later.';
comment on column public.credit_history.session_id is 'The session it is about: session_schedules.id.';
comment on column public.credit_history.session_scheduled_at is 'When that session begins.';
comment on column public.credit_history.lot_id is 'Which credits: user_session_credits.id.';
comment on column public.credit_history.purchased_at is 'When it was bought or given.';
comment on column public.credit_history.expires_at is 'From when on it is of no use; null: never.';
comment on column public.credit_history.lot_credits_remaining is 'What is left of them now.';
comment on column public.credit_history.package_id is 'The package it came with: session_packages.id.';
comment on column public.credit_history.package_name is 'What that package is called.';
comment on column public.credit_history.session_type_id is 'The kind of session: session_types.id.';
comment on column public.credit_history.session_type_name is 'What that kind is called.';
comment on column public.credit_history.duration_minutes is 'How long the session lasts.';
comment on column public.credit_history.session_type is 'standing or laying.';
comment on column public.credit_history.is_group is 'Whether it is for several at once.';
revoke all on public.credit_history from anon, authenticated, service_role;
grant select on public.credit_history to authenticated, service_role;

-- Past purchases: what somebody paid, with the receipt, what was refunded, and what is left of it. Rows of checkouts,
-- and what was sold before there were checkouts: payments for sessions and packages of credits. Whether a row is one of
-- them is a column of its part, or the part would have a condition.
create index user_session_credits_packages_idx on public.user_session_credits (purchased_at) where package_id is not null;
create view public.past_purchases with (security_invoker = true) as
  select c.id, c.user_id, c.purchased_at,
         case c.source when 'credits' then 'package_' || k.session_count else c.payment_type end as payment_type,
         case c.source when 'credits' then k.name else c.description end as description,
         c.amount_minor, c.currency,
         case when c.returned_minor = 0 then 'paid' when c.returned_minor < c.amount_minor then 'partly_refunded'
              else 'refunded' end as status,
         c.returned_minor as refunded_minor, c.receipt_url, c.session_id, s.scheduled_at as session_scheduled_at,
         c.credit_lot_id, case c.source when 'credits' then k.session_count else c.credits end as credits,
         l.credits_remaining, l.expires_at
    from (select 'checkout' as source, true as is_own, m.outcome is not null and m.paid_at is not null as is_sold, m.id,
                 m.user_id, m.paid_at + interval '0' as purchased_at, m.payment_type, m.description, m.amount_minor,
                 m.currency, m.returned_minor, m.receipt_url, m.session_id, m.credit_lot_id,
                 case when m.outcome <> 'session_booked' then nullif(m.credits, 0) end as credits, null::uuid as package_id
            from public.checkout_sessions m
          union all
          select 'checkout' as source, false as is_own, m.outcome is not null and m.paid_at is not null as is_sold, m.id,
                 m.user_id, m.paid_at as purchased_at, m.payment_type, m.description, m.amount_minor,
                 m.currency, m.returned_minor, m.receipt_url, m.session_id, m.credit_lot_id,
                 case when m.outcome <> 'session_booked' then nullif(m.credits, 0) end as credits, null::uuid as package_id
            from public.checkout_sessions m
          union all
          select 'payment' as source, true as is_own,
                 m.checkout_id is null and m.credit_lot_id is null and m.status in ('completed', 'paid_out', 'refunded') as is_sold,
                 m.id, m.client_id, m.created_at + interval '0' as purchased_at, 'single' as payment_type, null as description,
                 round(100 * m.total_amount)::integer as amount_minor,
                 lower(m.currency) as currency,
                 case when m.status = 'refunded' then round(100 * m.total_amount)::integer else 0 end as returned_minor,
                 null as receipt_url, m.session_id, null::uuid as credit_lot_id, null::integer as credits, null::uuid as package_id
            from public.session_payments m
          union all
          select 'payment' as source, false as is_own,
                 m.checkout_id is null and m.credit_lot_id is null and m.status in ('completed', 'paid_out', 'refunded') as is_sold,
                 m.id, m.client_id, m.created_at as purchased_at, 'single' as payment_type, null as description,
                 round(100 * m.total_amount)::integer as amount_minor,
                 lower(m.currency) as currency,
                 case when m.status = 'refunded' then round(100 * m.total_amount)::integer else 0 end as returned_minor,
                 null as receipt_url, m.session_id, null::uuid as credit_lot_id, null::integer as credits, null::uuid as package_id
            from public.session_payments m
          union all
          select 'credits' as source, true as is_own, m.package_id is not null as is_sold, m.id, m.user_id, m.purchased_at + interval '0' as purchased_at, null as payment_type, null as description,
                 case when m.metadata ->> 'total_amount' ~ '^\d{1,6}(\.\d+)?$'
                      then round(100 * (m.metadata ->> 'total_amount')::numeric)::integer end as amount_minor,
                 lower(m.metadata ->> 'currency') as currency, 0 as returned_minor, null as receipt_url,
                 null::uuid as session_id, m.id as credit_lot_id, null::integer as credits, m.package_id
            from public.user_session_credits m
          union all
          select 'credits' as source, false as is_own, m.package_id is not null as is_sold, m.id, m.user_id, m.purchased_at, null as payment_type, null as description,
                 case when m.metadata ->> 'total_amount' ~ '^\d{1,6}(\.\d+)?$'
                      then round(100 * (m.metadata ->> 'total_amount')::numeric)::integer end as amount_minor,
                 lower(m.metadata ->> 'currency') as currency, 0 as returned_minor, null as receipt_url,
                 null::uuid as session_id, m.id as credit_lot_id, null::integer as credits, m.package_id
            from public.user_session_credits m) c
    left join lateral (select x.scheduled_at from public.session_schedules x where x.id = c.session_id limit 1) s on true
    left join lateral (select x.credits_remaining, x.expires_at from public.user_session_credits x
                        where x.id = c.credit_lot_id limit 1) l on true
    left join lateral (select x.session_count, x.name from public.session_packages x
                        where x.id = c.package_id limit 1) k on true
   where c.is_sold
     and ((c.is_own and c.user_id = (select auth.uid()))
       or (not c.is_own and (select private.is_admin() or not private.is_api_caller())
           and c.user_id is distinct from (select auth.uid())))
     and (c.source <> 'credits' or (k.session_count is not null
           and not exists (select from public.checkout_sessions x where x.credit_lot_id = c.id)));
comment on view public.past_purchases is 'What somebody bought, what was refunded, what is left; amounts in cents.';
comment on column public.past_purchases.id is 'Of the row; made here.';
comment on column public.past_purchases.user_id is 'Whose it is.';
comment on column public.past_purchases.purchased_at is 'When it was bought or given.';
comment on column public.past_purchases.payment_type is 'single, package_5, package_10 or fee.';
comment on column public.past_purchases.description is 'In words, as people read it.';
comment on column public.past_purchases.amount_minor is 'In cents.';
comment on column public.past_purchases.currency is 'By its three letters, in lower case.';
comment on column public.past_purchases.status is 'Where it stands.';
comment on column public.past_purchases.refunded_minor is 'Of it, what went back, in cents.';
comment on column public.past_purchases.receipt_url is 'Stripe''s receipt.';
comment on column public.past_purchases.session_id is 'The session it is about: session_schedules.id.';
comment on column public.past_purchases.session_scheduled_at is 'When that session begins.';
comment on column public.past_purchases.credit_lot_id is
  'The credits that paid or were bought: user_session_credits.id.';
comment on column public.past_purchases.credits is 'How many it is about.';
comment on column public.past_purchases.credits_remaining is 'What is left of the credits.';
comment on column public.past_purchases.expires_at is 'From when on it is of no use; null: never.';
revoke all on public.past_purchases from anon, authenticated, service_role;
grant select on public.past_purchases to authenticated, service_role;
