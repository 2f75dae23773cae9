-- Matters: what waits for a person. Each is mailed to the support address once, and stands in check-invariants until
-- somebody says that it is settled, and how.
--
-- States that only a person can end lie in many tables, where nobody looks. `waiting_states` is the one list of them;
-- `note_matters`, every few minutes, writes a line for each that is new and publishes one mail for all of those. Of
-- some kinds a matter is over as soon as its state is (a bank account that was verified); of those about money somebody
-- has to say so. What was settled is noted again only if the state came about anew since.
--
-- A new state that waits for a person is a row of `matter_kinds` and a branch of `waiting_states`; the tests know every
-- state there is, and fail for one that is in neither list.

create table private.matter_kinds (
  kind        text    primary key,
  what        text    not null,
  remedy      text    not null,
  ends_itself boolean not null,
  page        text,

  constraint matter_kinds_texts_are_short check (
    char_length(kind) <= 100 and char_length(what) <= 200 and char_length(remedy) <= 500 and char_length(page) <= 100)
);
comment on column private.matter_kinds.ends_itself is
  'True: a matter is over when its state is. False: when somebody has settled it.';
comment on column private.matter_kinds.page is 'Of our pages, the one on which an admin ends it; null: there is none.';

insert into private.matter_kinds (kind, what, ends_itself, remedy) values
  ('payment_differs',      'a payment is not what we asked for', false,
   'Look at it in Stripe. Call accept_payment to give what was bought, or refund it there; then settle this.'),
  ('nobody_there',         'somebody paid whose account is gone', false, 'Refund it in Stripe.'),
  ('checkout_stuck',       'a checkout has not come to its end', false, 'See "Something was set aside" in the runbook.'),
  ('refund_unanswered',    'nobody knows whether a refund was made', false, 'Look at the payment in Stripe.'),
  ('refund_failed',        'a refund did not arrive: the payer''s bank did not take it', false,
   'Find another way with them, then settle this.'),
  ('credits_owed',         'sessions were held, and their price went back', true,
   'Settle it with them: a package pays it first, or adjust_credits with a reason.'),
  ('dispute_open',         'a payment is disputed', true, 'Answer the bank in Stripe, before its time is over.'),
  ('late_fee_due',         'a fee has been owed for two weeks, and its link was not used', true,
   'Ask them, or call forgive_fee with a reason. list_owed_fees has all that are owed.'),
  ('refund_refused',       'Stripe does not take the refund of a fee that was not owed', false,
   'Look at the payment in Stripe, and give it back in another way.'),
  ('payout_failed',        'a payout was refused; the next run pays it again', false, 'Ask the practitioner for their account.'),
  ('payout_unsettled',     'nobody has said whether a payout arrived', true, 'Call mark_payout.'),
  ('payout_withheld',      'a payout waits for a bank account', true, 'See "A bank account is not paid" in the runbook.'),
  ('banking_unverified',   'a bank account is to be verified', true, 'Look at it, then verify-practitioner-banking.'),
  ('double_booked',        'a session to come has no time of its own', true, 'Move it, or the one that has its time.'),
  ('class_in_time_off',    'a class is to come while whoever leads it is away', true,
   'Give it away, move it or cancel it: the mail to the admins leads to who is free. Or its practitioner leads it anyway.'),
  ('session_set_aside',    'a session does not get on', true, 'See "Something was set aside" in the runbook.'),
  ('recording_failed',     'a recording, or a part of it, has failed', true, 'See "A recording does not get on" in the runbook.'),
  ('recording_set_aside',  'work on a recording was given up', true, 'See "Something was set aside" in the runbook.'),
  ('event_set_aside',      'an event of Stripe or Agora cannot be applied', true, 'See "Something was set aside" in the runbook.'),
  ('event_not_told',       'nobody could be told of something that happened', true, 'See "Something was set aside" in the runbook.'),
  ('mail_not_sent',        'a mail has failed, or nobody knows whether it was sent', true, 'See "Somebody got no mail" in the runbook.'),
  ('webhooks_not_received','a receiver of webhooks does not take them', true, 'See "A receiver of our webhooks hears nothing".'),
  ('account_not_deleted',  'an account is erased and not deleted', true, 'Ask erase-my-account for it again.');
update private.matter_kinds set page = 'review-fees-and-ratings' where kind = 'late_fee_due';

create table private.matter_settings (
  is_the_only_row boolean     primary key default true,
  note_every      interval    not null default '5 minutes',
  mail_every      interval    not null default '15 minutes',
  noted_at        timestamptz not null default '2000-01-01',

  constraint matter_settings_is_one_row check (is_the_only_row),
  constraint matter_settings_are_in_range check (
    note_every between interval '0' and interval '1 day' and mail_every between interval '0' and interval '7 days'
    and noted_at between '2000-01-01' and '2100-01-01')
);
insert into private.matter_settings default values;

create table private.matters (
  id         uuid        primary key default gen_random_uuid(),
  kind       text        not null references private.matter_kinds (kind),
  subject    text        not null,
  detail     text,
  since      timestamptz not null,
  noted_at   timestamptz not null default now(),
  told_at    timestamptz,
  settled_at timestamptz,
  settled_by uuid        references auth.users (id) on delete set null,
  settlement text,

  constraint matters_texts_are_short check (
    char_length(kind) <= 100 and char_length(subject) <= 300 and char_length(detail) <= 500
    and char_length(settlement) <= 1000),
  constraint matters_times_are_in_range check (since between '2000-01-01' and '2200-01-01'),
  constraint matters_are_settled_with_a_reason check (settled_at is not null or num_nonnulls(settled_by, settlement) = 0)
);
comment on table  private.matters            is 'What waits, or waited, for a person.';
comment on column private.matters.subject    is 'The id of what it is about, in the table that its kind says.';
comment on column private.matters.since      is 'Since when it is so.';
comment on column private.matters.told_at    is 'When it was put into a mail to the support address.';
comment on column private.matters.settlement is 'What somebody said about it; null: it was over by itself.';

create unique index matters_one_is_open on private.matters (kind, subject) where settled_at is null;
create index matters_subject_idx on private.matters (kind, subject, settled_at);
create index matters_told_at_idx on private.matters (told_at);
create index matters_settled_by_idx on private.matters (settled_by);

alter table private.matter_kinds enable row level security;
alter table private.matter_settings enable row level security;
alter table private.matters enable row level security;
-- No grant and no policy: the functions below read and write them.

-- They are asked every few minutes, and among rows that only grow.
create index mails_waiting_idx on private.mails (id) where status in ('failed', 'unknown');
create index webhook_deliveries_failed_idx on public.webhook_deliveries (endpoint_id) where status = 'failed';
create index checkout_sessions_waiting_idx on public.checkout_sessions (id)
  where difference is not null or outcome = 'nobody_there' or (next_check_at is null and claim_count > 0)
     or (paid_at is null and failed_at is null and expired_at is null);
create index user_session_credits_owed_idx on public.user_session_credits (id) where credits_owed > 0;
create index recording_takes_failed_idx on private.recording_takes (recording_id) where status = 'failed';
create index recording_takes_set_aside_idx on private.recording_takes (id) where failure_code = 'set_aside';
create index stripe_refunds_failed_idx on private.stripe_refunds (id) where status in ('failed', 'canceled');
create index payouts_failed_idx on public.payouts (created_at) where status = 'failed';

create view private.waiting_states with (security_invoker = true) as
  -- Payments
  select 'payment_differs' as kind, c.id::text as subject, c.difference as detail, c.created_at as since
    from public.checkout_sessions c where c.difference is not null and c.accepted_at is null
  union all
  select 'nobody_there', c.id::text, private.write_minor(c.amount_minor) || ' ' || c.currency, c.paid_at
    from public.checkout_sessions c where c.outcome = 'nobody_there'
  union all
  select 'checkout_stuck', c.id::text, c.status, c.created_at
    from public.checkout_sessions c
   where c.next_check_at is null and c.claim_count > 0
      or (c.paid_at is null and c.failed_at is null and c.expired_at is null
          and (c.expires_at < now() - interval '1 day' and c.processing_at is null
               or c.processing_at < now() - interval '30 days'))
  union all
  -- Stripe forgets the key under which it could be asked again after a day.
  select 'refund_unanswered', r.id::text, 'of checkout ' || r.checkout_id, r.created_at
    from private.payment_refunds r where r.status = 'requested' and r.created_at < now() - interval '1 day'
  union all
  select 'refund_failed', f.id, coalesce(f.failure_reason, f.status) || ', of checkout ' || f.checkout_id, f.changed_at
    from private.stripe_refunds f where f.status in ('failed', 'canceled')
  union all
  select 'credits_owed', l.id::text, l.credits_owed || ' of user ' || l.user_id, l.updated_at
    from public.user_session_credits l where l.credits_owed > 0
  union all
  select 'dispute_open', d.id, d.state || ', of checkout ' || d.checkout_id, c.created_at
    from private.payment_disputes d join public.checkout_sessions c on c.id = d.checkout_id
   where d.state in ('inquiry', 'open')
  union all
  select 'late_fee_due', f.id::text, private.write_minor(f.amount_minor) || ' ' || f.currency, f.created_at
    from public.owed_fees f where f.status = 'owed' and f.created_at < now() - interval '14 days'
  union all
  select 'refund_refused', r.id::text, 'of checkout ' || r.checkout_id, r.created_at
    from private.payment_refunds r where r.requested_by is null and r.status = 'refused'
  union all
  -- Earnings
  select 'payout_failed', p.id::text, null, 
         coalesce((select max(l.released_at) from public.payout_lines l where l.payout_id = p.id), p.created_at)
    from public.payouts p where p.status = 'failed'
  union all
  select 'payout_unsettled', p.id::text, null, p.created_at
    from public.payouts p where p.status = 'pending' and p.created_at < now() - interval '14 days'
  union all
  select 'payout_withheld', p.id::text, private.get_banking_obstacle(p.practitioner_id), p.created_at
    from public.payouts p
   where p.status = 'pending' and private.get_banking_obstacle(p.practitioner_id) not in ('', 'cooling')
  union all
  select 'banking_unverified', b.practitioner_id::text, nullif(private.get_banking_obstacle(b.practitioner_id), 'not_verified'),
         b.changed_at
    from public.practitioner_banking b where not b.verified
  union all
  -- Sessions and recordings
  select 'double_booked', t.session_id::text, null, s.created_at
    from private.practitioner_time_conflicts t join public.session_schedules s on s.id = t.session_id
  union all
  select 'class_in_time_off', c.session_id::text, string_agg(c.because, ', ' order by c.because), min(c.noticed_at)
    from private.session_collisions c join public.session_schedules s on s.id = c.session_id
   where private.is_class(s) and s.scheduled_at > now() and private.is_colliding(c)
   group by c.session_id
  union all
  -- Not where nobody sent anything, or it was stopped before it began: there is nothing to recover.
  select 'recording_failed', t.recording_id::text, string_agg(distinct t.failure_code, ', '), max(t.ended_at)
    from private.recording_takes t join public.session_recordings r on r.id = t.recording_id
   where t.status = 'failed' and t.failure_code not in ('no_media', 'stopped_before_start', 'set_aside')
     -- A recorder that did not start or crashed is followed by the next; what was recorded and is not here is missing.
     and (r.status = 'failed' or t.failure_code not in ('agora_crashed', 'agora_rejected', 'not_started'))
   group by t.recording_id
  union all
  -- What was set aside, whatever the queue.
  select case w.queue when 'private.mails' then 'mail_not_sent' when 'public.checkout_sessions' then 'checkout_stuck'
           when 'private.outbox' then 'event_not_told' when 'private.session_checks' then 'session_set_aside'
           when 'private.stripe_events' then 'event_set_aside' when 'private.agora_notifications' then 'event_set_aside'
           when 'private.recording_takes' then 'recording_set_aside' when 'private.joined_files' then 'recording_set_aside'
           when 'private.recording_erasure_queue' then 'recording_set_aside' end,
         w.id, w.reason, w.since
    from private.set_aside_work w
   where w.queue not in ('public.webhook_deliveries', 'public.checkout_sessions')  -- below, and above
  union all
  select 'webhooks_not_received', d.endpoint_id::text, count(*) || ' not delivered', max(d.ended_at)
    from public.webhook_deliveries d where d.status = 'failed' group by d.endpoint_id
  union all
  -- People
  select 'account_not_deleted', r.pseudonym::text, null, r.asked_at
    from public.erasure_receipts r
   where r.account_deleted_at is null and r.asked_at < now() - interval '1 day';
comment on view private.waiting_states is 'Every state that only a person ends, wherever it lies.';

revoke all on private.waiting_states from public, anon, authenticated, service_role;

create function private.is_about_support_mail(matter private.matters) returns boolean
  language sql stable set search_path = ''
as $$
  select matter.kind = 'mail_not_sent' and exists (
    select from private.mails m where m.id::text = matter.subject and m.user_id is null);
$$;

-- Definer: it reads states of all tables, for the scheduler.
create function private.note_matters() returns void
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_settings private.matter_settings;
begin
  select * into v_settings from private.matter_settings s where s.noted_at <= now() - s.note_every for update skip locked;
  if not found then
    return;
  end if;
  update private.matter_settings s set noted_at = now();
  perform private.keep_platform_figures();
  with waiting as materialized (select * from private.waiting_states),
  over as (
    update private.matters m set settled_at = now()
      from private.matter_kinds k
     where k.kind = m.kind and k.ends_itself and m.settled_at is null
       and not exists (select from waiting w where (w.kind, w.subject) = (m.kind, m.subject))
  )
  insert into private.matters (kind, subject, detail, since)
  select w.kind, w.subject, left(w.detail, 500), coalesce(w.since, now()) from waiting w
   where not exists (select from private.matters m
                      where m.kind = w.kind and m.subject = w.subject
                        and (m.settled_at is null or (m.settlement is not null and m.settled_at >= coalesce(w.since, m.settled_at))))
   order by w.since limit 500;

  -- A mail that says that such a mail was not sent would be the next one.
  if not exists (select from private.matters m where m.told_at > now() - v_settings.mail_every) then
    update private.matters m set told_at = now()
     where m.settled_at is null and m.told_at is null and not private.is_about_support_mail(m);
    if found then
      perform private.publish_event('matters_waiting', null, null, jsonb_build_object('told_at', now()));
    end if;
  end if;
  delete from private.matters m
   where m.ctid = any (array(select past.ctid from private.matters past
                   where past.settlement is null and past.settled_at < now() - interval '1 year' limit 100));
exception when others then
  raise warning 'matters: %', sqlerrm;  -- other mails go out all the same
end
$$;

-- Those of one mail that are not settled yet; the first of them in words, and how many there are.
create function private.describe_matters(told_at timestamptz) returns jsonb
  language sql stable set search_path = ''
as $$
  select jsonb_build_object('count', count(*), 'matters', coalesce(jsonb_agg(jsonb_build_object(
           'id', m.id, 'what', m.what, 'subject', m.subject, 'detail', m.detail, 'since', m.since, 'remedy', m.remedy,
           'page', private.pages_origin() || '/' || m.page)
           order by m.number) filter (where m.number <= 30), '[]'))
    from (select t.*, k.what, k.remedy, k.page, row_number() over (order by t.kind, t.since, t.id) as number
            from private.matters t join private.matter_kinds k on k.kind = t.kind
           where t.told_at = describe_matters.told_at and t.settled_at is null) m;
$$;

-- Definer: nobody reads or writes matters. So these check their caller themselves.
create function private.list_matters(is_settled boolean, at_most integer)
  returns table (id uuid, kind text, what text, subject text, detail text, since timestamptz, remedy text,
                 told_at timestamptz, settled_at timestamptz, settled_by uuid, settlement text)
  language plpgsql stable security definer set search_path = ''
as $$
begin
  if not private.is_confirmed_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins read what waits for them.');
  end if;
  return query
    select m.id, m.kind, k.what, m.subject, m.detail, m.since, k.remedy, m.told_at, m.settled_at, m.settled_by, m.settlement
      from private.matters m join private.matter_kinds k on k.kind = m.kind
     where (m.settled_at is not null) = coalesce(list_matters.is_settled, false)
     order by m.settled_at desc, m.since, m.id
     limit least(greatest(coalesce(list_matters.at_most, 200), 1), 1000);
end
$$;

create function public.list_matters(is_settled boolean default false, at_most integer default 200)
  returns table (id uuid, kind text, what text, subject text, detail text, since timestamptz, remedy text,
                 told_at timestamptz, settled_at timestamptz, settled_by uuid, settlement text)
  language sql stable security invoker set search_path = ''
as $$
  select * from private.list_matters(list_matters.is_settled, list_matters.at_most);
$$;
comment on function public.list_matters is 'For admins: what waits for a person, or what was settled and how.';

-- Definer: as above.
create function private.settle_matter(matter_id uuid, reason text) returns private.matters
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_matter private.matters;
begin
  if not private.is_confirmed_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins settle what waits for a person.');
  end if;
  perform private.refuse_long_text('reason', settle_matter.reason, 1000);
  if btrim(coalesce(settle_matter.reason, '')) = '' then
    perform private.refuse(422, 'reason_missing', 'Please say how it was settled.');
  end if;
  select * into v_matter from private.matters m where m.id = settle_matter.matter_id for update;
  if not found then
    perform private.refuse(404, 'matter_not_found', 'There is no such matter.');
  elsif v_matter.settled_at is not null then
    perform private.refuse(409, 'matter_settled', 'This was settled already.');
  end if;
  update private.matters m set settled_at = now(), settled_by = auth.uid(), settlement = btrim(settle_matter.reason)
   where m.id = v_matter.id returning m.* into v_matter;
  return v_matter;
end
$$;

create function public.settle_matter(matter_id uuid, reason text)
  returns table (id uuid, kind text, subject text, settled_at timestamptz, settlement text)
  language sql volatile security invoker set search_path = ''
as $$
  select m.id, m.kind, m.subject, m.settled_at, m.settlement
    from private.settle_matter(settle_matter.matter_id, settle_matter.reason) m;
$$;
comment on function public.settle_matter is
  'For admins: says that something needs nobody any more, and why. It changes nothing else.';

revoke execute on function private.is_about_support_mail, private.note_matters, private.describe_matters,
  private.list_matters, private.settle_matter, public.list_matters, public.settle_matter
  from public, anon, authenticated, service_role;
grant execute on function private.note_matters to service_role;
grant execute on function private.list_matters, private.settle_matter, public.list_matters, public.settle_matter
  to authenticated;
