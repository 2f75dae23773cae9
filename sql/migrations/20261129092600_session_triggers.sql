-- From sql/schemas: foundation/written_rows, sessions/session_schedules_triggers, foundation/set_aside_work, foundation/matters, foundation/invariants, foundation/invariant_rounds, operations/scheduled_runs, operations/queue_depths, operations/ops_status, privacy/refuse_gone_callers.

-- Functions name what later chapters make.
set check_function_bodies = off;

set lock_timeout = '5s';
set statement_timeout = 0;
do $$ begin lock table public.user_session_credits in share row exclusive mode; end $$;


-- foundation/written_rows.sql

-- Rows that people write through the API itself: each counts as one, however many come in one request.
--
-- Every table that others than admins insert into is limited, unless its key says how many rows a person can have; of
-- those that people update, the ones that keep a line of every change. Inside a definer function the limit is that
-- function's own. The triggers of session_schedules stand with its others. Admins are not limited: a change of theirs
-- may be about everybody.

create function private.limit_written_rows() returns trigger
  language plpgsql set search_path = ''
as $$
declare
  v_rows integer;
begin
  select count(*) into v_rows from new_rows;
  if v_rows > 0 and not private.is_admin() then
    perform private.limit_use('rows written', (select auth.uid()), v_rows);
  end if;
  return null;
end
$$;

revoke execute on function private.limit_written_rows from public, anon, authenticated, service_role;

create trigger limit_inserted_rows after insert on public.action_templates
  referencing new table as new_rows
  for each statement when (private.is_api_caller()) execute function private.limit_written_rows();

create trigger limit_inserted_rows after insert on public.availability_exceptions
  referencing new table as new_rows
  for each statement when (private.is_api_caller()) execute function private.limit_written_rows();

create trigger limit_inserted_rows after insert on public.journal_entries
  referencing new table as new_rows
  for each statement when (private.is_api_caller()) execute function private.limit_written_rows();

create trigger limit_inserted_rows after insert on public.practitioner_time_off
  referencing new table as new_rows
  for each statement when (private.is_api_caller()) execute function private.limit_written_rows();


-- foundation/set_aside_work.sql

-- Work that is set aside: what was tried as often as its queue allows, or cannot be read, and waits for an operator.
-- Each queue's own columns say so (foundation/queues.sql); here they are in one list. The runbook says what to do.

create view private.set_aside_work with (security_invoker = true) as
  select 'private.mails' as queue, m.id::text as id, m.status || ' ' || coalesce(m.status_reason, '') as reason,
         m.attempts, coalesce(m.ended_at, m.started_at, m.created_at) as since
    from private.mails m
   -- An address that takes none is no work: unreachable_people shows whose it is. Ours is.
   where (m.status = 'failed' and (m.status_reason is distinct from 'inactive_recipient' or m.user_id is null))
      or (m.status = 'unknown' and m.next_attempt_at is null)
  union all
  select 'private.outbox', o.id::text, o.kind || ' ' || coalesce(o.failure, ''), o.attempts, o.created_at
    from private.outbox o where o.addressed_at is null and o.attempts >= private.max_attempts()
  union all
  select 'public.webhook_deliveries', d.id::text, coalesce(d.last_error, 'status ' || d.last_status), d.attempts, d.ended_at
    from public.webhook_deliveries d where d.status = 'failed'
  union all
  select 'private.recording_takes', t.id::text, t.failure_reason, t.claim_count, t.ended_at
    from private.recording_takes t where t.failure_code = 'set_aside'
  union all
  select 'private.recording_erasure_queue', q.recording_id::text, 'begun and never finished', q.attempt_count, q.queued_at
    from private.recording_erasure_queue q where q.attempt_count >= private.max_attempts()
  union all
  -- Not those whose parts are of different kinds: they stay several files.
  select 'private.joined_files', j.recording_id::text, j.failure_code || ' ' || coalesce(j.failure_reason, ''), j.attempts,
         j.created_at
    from private.joined_files j where j.status = 'given_up' and j.failure_code <> 'not_joinable'
  union all
  select 'public.checkout_sessions', c.id::text, 'claimed and never reported on', c.claim_count, c.created_at
    from public.checkout_sessions c where c.next_check_at is null and c.claim_count > 0
  union all
  select 'private.session_checks', s.session_id::text, s.failure, s.attempts, s.checked_at
    from private.session_checks s where s.attempts >= private.max_attempts()
  union all
  select 'private.stripe_events', e.event_id, e.failure, e.attempts, e.received_at
    from private.stripe_events e
   where e.applied_at is null and e.failure is not null and e.attempts >= private.max_attempts()
  union all
  select 'private.agora_notifications', n.notice_id, n.failure, n.attempts, n.received_at
    from private.agora_notifications n
   where n.applied_at is null and n.failure is not null and n.attempts >= private.max_attempts();

comment on view private.set_aside_work is 'What no worker tries again by itself: an operator decides.';

-- For the owner, in a console.
revoke all on private.set_aside_work from public, anon, authenticated, service_role;


-- foundation/matters.sql

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


-- foundation/invariants.sql

-- Invariants: what must be true of money, credits, seats and time, whatever happened. Checked daily and by the doctor.
--
-- Constraints and triggers enforce nearly all of it. This checks the result, without trusting them: a rule that a later
-- change loosens, or that somebody breaks by hand, is found within the day and not at the end of the year.
--
-- A question is asked of the rows of one table, piece by piece (invariant_rounds.sql): `of` says which, and `key` is
-- that row's. So each has its key in what it groups by, and is read by index for a few of them.

-- What is booked with each practitioner. A class online and in person at once is one occasion.
create view private.booked_occasions with (security_invoker = true) as
  select min(s.id::text) as id, s.practitioner_id, s.scheduled_at as starts_at,
         max(s.scheduled_at + make_interval(mins => s.duration_minutes)) as ends_at
    from (select session.*, case when session.max_participants = 1 then session.id::text
                   -- Of two in one place, only the first is one with that in the other.
                   else row_number() over (partition by session.practitioner_id, session.scheduled_at,
                                             session.session_location, session.max_participants > 1 order by session.id)::text
                   end as occasion
            from public.session_schedules session
           where session.group_class_id is null and session.status in ('scheduled', 'in_progress')) s
   group by s.practitioner_id, s.scheduled_at, s.occasion;

comment on view private.booked_occasions is 'What is booked with each practitioner; a class in two places is one.';

revoke all on private.booked_occasions from public, anon, authenticated, service_role;

create view private.broken_invariants with (security_invoker = true) as
  -- The ledger
  select 'ledger_transactions' as of, t.id as key, 'a transaction of the ledger does not balance' as rule,
         t.id::text as example
    from public.ledger_transactions t left join public.ledger_postings p on p.transaction_id = t.id
   group by t.id having count(p.id) < 2 or sum(p.amount_minor) <> 0
  union all
  select 'practitioners', t.practitioner_id, 'a balance is not what is unpaid', t.practitioner_id || ' ' || t.currency
    from public.ledger_transactions t
    join public.ledger_postings p on p.transaction_id = t.id and p.account = 'practitioner_payable'
    left join public.payout_lines l on l.ledger_transaction_id = t.id and l.released_at is null
   group by t.practitioner_id, t.currency
  having sum(p.amount_minor)
         <> coalesce(sum(p.amount_minor) filter (where t.kind not in ('payout', 'payout_failed') and l.id is null), 0)
  union all
  -- It would never be paid: a run looks at nothing else.
  select 'ledger_transactions', t.id, 'a transaction is unpaid and no run sees it', t.id::text
    from public.ledger_transactions t
   where t.kind not in ('payout', 'payout_failed')
     and not exists (select from private.unpaid_transactions u where u.transaction_id = t.id)
     and not exists (select from public.payout_lines l where l.ledger_transaction_id = t.id and l.released_at is null)
  union all
  -- Ratings
  select 'practitioners', p.id, 'ratings are not what the average is made of', p.id::text
    from public.practitioners p
    left join private.rating_sums t on t.practitioner_id = p.id
    left join public.session_ratings r on r.practitioner_id = p.id and r.is_counted
   group by p.id, t.ratings, t.stars
  having (count(r.id), coalesce(sum(r.stars), 0)) <> (coalesce(t.ratings, 0), coalesce(t.stars, 0))
  union all
  -- Payouts
  select 'payouts', p.id, 'a payout is not the sum of its lines', p.id::text
    from public.payouts p left join public.payout_lines l on l.payout_id = p.id
   group by p.id having p.amount_minor <> coalesce(sum(l.amount_minor), 0)
  union all
  select 'payouts', p.id, 'a payout does not share the fate of its lines', p.id::text
    from public.payouts p join public.payout_lines l on l.payout_id = p.id
   where (p.status = 'failed') <> (l.released_at is not null)
  union all
  select 'payouts', l.payout_id, 'a line pays another amount than its transaction owes', l.ledger_transaction_id::text
    from public.payout_lines l
    left join public.ledger_postings p on p.transaction_id = l.ledger_transaction_id
                                      and p.account = 'practitioner_payable'
   where p.amount_minor is distinct from l.amount_minor
  union all
  select 'ledger_transactions', l.ledger_transaction_id, 'a transaction is paid twice', l.ledger_transaction_id::text
    from public.payout_lines l where l.released_at is null group by l.ledger_transaction_id having count(*) > 1
  union all
  select 'payouts', l.payout_id, 'a line is of another person or currency than its payout', l.ledger_transaction_id::text
    from public.payout_lines l
    join public.payouts p on p.id = l.payout_id
    join public.ledger_transactions t on t.id = l.ledger_transaction_id
   where (t.practitioner_id, t.currency) <> (p.practitioner_id, p.currency)
  union all
  select 'payouts', p.id, 'a payout is not posted as it stands', p.id::text
    from public.payouts p
    left join public.ledger_transactions t on t.payout_id = p.id
    left join public.ledger_postings sent on sent.transaction_id = t.id and sent.account = 'payouts_sent'
   group by p.id
  having coalesce(sum(sent.amount_minor), 0) <> case p.status when 'failed' then 0 else p.amount_minor end
      or count(t.id) <> case p.status when 'failed' then 2 else 1 end
  union all
  select 'once', null::uuid, 'payout periods leave a gap or overlap', next.number::text
    from public.payout_periods next
   where not exists (select from public.payout_periods before
                      where before.number = next.number - 1 and before.period_end = next.period_start)
     and next.number > 1
  union all
  -- Payments, as the pages read them
  select 'payouts', p.id, 'a payment that was paid out is not marked', t.payment_id::text
    from public.payouts p
    join public.payout_lines l on l.payout_id = p.id
    join public.ledger_transactions t on t.id = l.ledger_transaction_id
    join public.session_payments payment on payment.id = t.payment_id
   where p.status = 'paid' and payment.paid_out_at is null
   group by p.id, t.payment_id having sum(l.amount_minor) > 0
  union all
  select 'session_payments', payment.id, 'a payment is marked and no payout paid it', payment.id::text
    from public.session_payments payment
   where payment.paid_out_at is not null and payment.practitioner_share > 0
     and exists (select from public.ledger_transactions t where t.payment_id = payment.id)
     and not exists (select from public.ledger_transactions t
                       left join public.payout_lines l on l.ledger_transaction_id = t.id
                       left join public.payouts p on p.id = l.payout_id and p.status = 'paid'
                      where t.payment_id = payment.id
                        -- What was paid out before there was a ledger was adjusted when it began.
                        and (p.id is not null or t.cause = 'paid out ' || payment.id))
  union all
  select 'session_payments', payment.id, 'a payment names another share than the ledger', payment.id::text
    from public.session_payments payment
    join private.earned_seats e on e.payment_id = payment.id and e.revenue_share_id is not null
   where payment.paid_out_at is null
     and round(100 * payment.practitioner_share) <> (
       select coalesce(sum(p.amount_minor), 0) from public.ledger_transactions t
         join public.ledger_postings p on p.transaction_id = t.id and p.account = 'practitioner_payable'
        where t.session_id = e.session_id and t.kind in ('accrual', 'reversal'))
  union all
  select 'session_payments', e.payment_id, 'a payment is earned and not dated', e.payment_id::text
    from private.earned_seats e join public.session_payments payment on payment.id = e.payment_id
   where payment.earned_at is null
  union all
  select 'session_payments', payment.id, 'a payment does not add up', payment.id::text
    from public.session_payments payment
   where num_nonnulls(payment.checkout_id, payment.credit_lot_id) > 0
     and payment.practitioner_share + payment.platform_share + payment.refunded_amount <> payment.total_amount
  union all
  -- Credits
  select 'user_session_credits', c.id, 'credits are not the sum of their ledger', c.id::text
    from public.user_session_credits c left join public.credit_ledger l on l.lot_id = c.id
   group by c.id having c.credits_remaining <> coalesce(sum(l.change), 0) or c.credits_remaining < 0
  union all
  select 'session_schedules', s.id, 'a session did not spend its one credit', s.id::text
    from public.session_schedules s
    left join public.credit_ledger l on l.session_id = s.id and l.lot_id = s.credit_lot_id and l.kind = 'spend'
   where s.credit_lot_id is not null group by s.id having count(l.id) <> 1
  union all
  -- The audit log
  select 'once', null::uuid, 'the audit log does not lead through a head that was mailed', h.day::text
    from private.audit_heads h
   where h.finding is not null
      or not exists (select from private.audit_chain c where (c.position, c.sha256) = (h.position, h.sha256))
  union all
  select 'once', null::uuid, 'the head of the audit log was not mailed', h.day::text
    from private.audit_heads h
   where h.mailed_at is null and h.day < (now() at time zone 'UTC')::date
     and not exists (select from private.audit_heads later where later.day > h.day and later.mailed_at is not null)
  union all
  -- Money that went back
  select 'checkout_sessions', c.id, 'what is returned is not the sum of refunds and lost disputes', c.id::text
    from public.checkout_sessions c, private.sum_returns(c.id) r
   where c.outcome is not null and exists (select from private.stripe_refunds f where f.checkout_id = c.id
                                           union all select from private.payment_disputes d where d.checkout_id = c.id)
     and (c.refunded_minor, c.returned_minor) is distinct from (
           least(c.amount_minor, r.refunded_minor), least(c.amount_minor, r.refunded_minor + r.lost_minor))
  union all
  select 'checkout_sessions', c.id, 'something is returned that no refund or dispute names', c.id::text
    from public.checkout_sessions c
   where c.returned_minor > 0
     and not exists (select from private.stripe_refunds f where f.checkout_id = c.id)
     and not exists (select from private.payment_disputes d where d.checkout_id = c.id)
  union all
  select 'checkout_sessions', c.id, 'a session to come stands on money that went back', s.id::text
    from public.checkout_sessions c
    join public.session_schedules s on s.id = c.session_id and s.status = 'scheduled' and s.scheduled_at > now(),
         private.sum_returns(c.id) r
   where c.returned_minor > 0 and r.settled_minor - r.forgone_minor >= c.amount_minor
  union all
  select 'checkout_sessions', c.id, 'a session to come stands on credits that went back', s.id::text
    from public.checkout_sessions c
    join public.user_session_credits l on l.id = private.find_paid_lot(c) and l.credits_owed > 0
    join public.session_schedules s on s.credit_lot_id = l.id and s.status = 'scheduled' and s.scheduled_at > now(),
         private.sum_returns(c.id) r
   where c.credits_taken_back > 0 and private.count_credits_unpaid(c, l.credits_owed, r) > 0
  union all
  select 'owed_fees', f.id, 'a fee is marked as paid, and its payments say otherwise', f.id::text
    from public.owed_fees f
   where (select count(*) from public.checkout_sessions c where c.fee_id = f.id and c.outcome = 'fee_paid')
         <> (f.paid_at is not null)::integer
  union all
  select 'checkout_sessions', c.id, 'a payment of what was not owed stays with us', c.id::text
    from public.checkout_sessions c
   where c.outcome = 'fee_not_owed' and c.returned_minor < c.amount_minor
     and not exists (select from private.payment_refunds r where r.checkout_id = c.id)
     and not exists (select from private.payment_disputes d where d.checkout_id = c.id)
  union all
  -- Seats and time
  select 'session_schedules', class.id, 'a class is oversold', class.id::text
    from public.session_schedules class
    join public.session_schedules seat on seat.group_class_id = class.id and seat.status <> 'cancelled'
   group by class.id having count(*) > class.max_participants
  union all
  select 'session_schedules', class.id, 'more seats are kept for people than are free', class.id::text
    from public.session_schedules class
   where class.id in (select e.class_id from public.waiting_list_entries e where e.status = 'kept')
     and class.status = 'scheduled'
     and private.count_taken_seats(class.id) + private.count_kept_seats(class.id) > class.max_participants
  union all
  -- One pass in the order of their starts: a join compares each with all the others of its practitioner.
  select 'practitioners', later.practitioner_id, 'two sessions overlap', later.id
    from (select o.id, o.practitioner_id, o.starts_at, max(o.ends_at) over (partition by o.practitioner_id order by o.starts_at, o.id
                                    rows between unbounded preceding and 1 preceding) as taken_until
            from private.booked_occasions o) later
   where later.starts_at < later.taken_until;

comment on view private.broken_invariants is 'One row for each thing that is not as it must be. There should be none.';

revoke all on private.broken_invariants from public, anon, authenticated, service_role;


-- foundation/invariant_rounds.sql

-- Rounds of the invariants: every row is asked about once a round, in bounded pieces, however many rows there are.
--
--   (where the last call ended) -> next piece -> ... -> the round is complete -> the next one, from the first piece
--
-- A piece is so many rows of one table, in the order of their keys; what lies between them counts, too, whose row is
-- gone. What is broken is kept from the piece in which it was found, and told at once, until that piece is looked at
-- again and it is whole. Each call is a transaction: killed, it has not happened, and the next one begins where it did.

create table private.invariant_tables (
  place integer not null primary key,
  name  text    not null unique,
  rows  integer not null,

  constraint invariant_tables_name_is_short check (char_length(name) <= 63),
  constraint invariant_tables_rows_in_range check (rows between 1 and 100000)
);

comment on table private.invariant_tables is 'What `of` of broken_invariants may be, in what order, and the rows of a piece.';

comment on column private.invariant_tables.place is 'In this order.';

comment on column private.invariant_tables.name is 'In schema public; `once`: what has no keys, and is little.';

comment on column private.invariant_tables.rows is 'How many are asked about at once.';

insert into private.invariant_tables (place, name, rows) values
  (1, 'once', 1), (2, 'practitioners', 10), (3, 'ledger_transactions', 2000), (4, 'payouts', 250),
  (5, 'session_payments', 2000), (6, 'user_session_credits', 2000), (7, 'checkout_sessions', 2000),
  (8, 'session_schedules', 2000), (9, 'owed_fees', 2000);

create table private.invariant_round (
  is_the_one boolean     not null primary key default true,
  place      integer     not null default 1,
  after      uuid,
  begun_at   timestamptz not null default now(),

  constraint invariant_round_is_one check (is_the_one)
);

comment on table private.invariant_round is 'How far the round has come: one row.';

comment on column private.invariant_round.is_the_one is 'True.';

comment on column private.invariant_round.place is 'The table whose turn it is: invariant_tables.place.';

comment on column private.invariant_round.after is 'The last key that was asked about; null: none of that table.';

comment on column private.invariant_round.begun_at is 'When the round began.';

insert into private.invariant_round default values;

create table private.invariants_found (
  id       bigint      primary key generated always as identity,
  of       text        not null references private.invariant_tables (name),
  key      uuid,
  rule     text        not null,
  example  text        not null,
  found_at timestamptz not null default now(),

  constraint invariants_found_rule_is_short check (char_length(rule) <= 200),
  constraint invariants_found_example_is_short check (char_length(example) <= 200)
);

create index invariants_found_of_idx on private.invariants_found (of, key);

comment on table private.invariants_found is 'What was broken when its piece was last looked at.';

comment on column private.invariants_found.of is 'The table whose rows were asked about.';

comment on column private.invariants_found.key is 'Which of its rows.';

comment on column private.invariants_found.rule is 'Which rule.';

comment on column private.invariants_found.example is 'Where it is broken.';

comment on column private.invariants_found.found_at is 'When it was last seen.';

alter table private.invariant_tables enable row level security;

alter table private.invariant_round enable row level security;

alter table private.invariants_found enable row level security;

revoke all on private.invariant_tables, private.invariant_round, private.invariants_found
  from public, anon, authenticated, service_role;

-- The last key of the piece that begins after a key; null where the table ends before.
create function private.find_end_of_piece(of private.invariant_tables, after uuid) returns uuid
  language plpgsql stable set search_path = ''
as $$
declare
  v_end uuid;
begin
  if of.name <> 'once' then
    execute format('select t.id from public.%I t where t.id > $1 order by t.id offset $2 limit 1', of.name)
       into v_end using after, of.rows - 1;
  end if;
  return v_end;
end
$$;

-- Looks at the next pieces, to the end of the round at most. Definer: the service may not read all that is checked.
create function private.advance_invariant_round(pieces integer)
  returns table (begins boolean, is_complete boolean)
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  c_first constant uuid := '00000000-0000-0000-0000-000000000000';
  c_last  constant uuid := 'ffffffff-ffff-ffff-ffff-ffffffffffff';
  v_round private.invariant_round;
  v_of    private.invariant_tables;
  v_end   uuid;
begin
  select * into v_round from private.invariant_round for update;  -- whoever else calls goes on after us
  begins := v_round.place = 1 and v_round.after is null;
  for piece in 1 .. pieces loop
    select * into v_of from private.invariant_tables t where t.place >= v_round.place order by t.place limit 1;
    v_end := private.find_end_of_piece(v_of, coalesce(v_round.after, c_first));
    delete from private.invariants_found f
     where f.of = v_of.name and (f.key is null or (f.key > coalesce(v_round.after, c_first) and f.key <= coalesce(v_end, c_last)));
    -- Planned for these keys: for any keys, it would read everything through.
    execute format(
      'insert into private.invariants_found (of, key, rule, example)
       select b.of, b.key, b.rule, left(b.example, 200) from private.broken_invariants b where b.of = %L%s limit 10000',
      v_of.name, case when v_of.name <> 'once' then
        format(' and b.key > %L and b.key <= %L', coalesce(v_round.after, c_first), coalesce(v_end, c_last)) end);
    v_round.after := v_end;
    if v_end is null then
      select min(t.place) into v_round.place from private.invariant_tables t where t.place > v_of.place;
      exit when v_round.place is null;
    end if;
  end loop;
  update private.invariant_round r
     set place = coalesce(v_round.place, 1), after = v_round.after,
         begun_at = case when v_round.place is null then now() else r.begun_at end;
  is_complete := v_round.place is null;
  return next;
end
$$;

create function public.advance_invariant_round(pieces integer default 20) returns table (begins boolean, is_complete boolean)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.advance_invariant_round(least(greatest(1, advance_invariant_round.pieces), 1000));
$$;

comment on function public.advance_invariant_round is
  'For the scheduler and the doctor: looks at the next rows, again until is_complete; the call after that begins a new round.';

-- What nobody has settled yet (matters.sql) is told beside it: it waits for a person, and no rule is broken by it.
-- Definer: as above.
create function private.check_invariants() returns table (rule text, broken integer, examples text[], waits boolean)
  language sql stable security definer set search_path = ''
as $$
  select f.rule, count(*)::integer, (array_agg(f.example order by f.example))[1:5], false
    from private.invariants_found f group by f.rule
  union all
  select k.what, count(*), (array_agg(m.subject order by m.subject))[1:5], true
    from private.matters m join private.matter_kinds k on k.kind = m.kind where m.settled_at is null group by k.what
   order by 4, 1;
$$;

create function public.check_invariants() returns table (rule text, broken integer, examples text[], waits boolean)
  language sql stable security invoker set search_path = ''
as $$
  select * from private.check_invariants();
$$;

comment on function public.check_invariants is
  'For the scheduler and the doctor: each rule that did not hold when it was last looked at, how often, and where; and what waits for a person.';

revoke execute on function private.find_end_of_piece, private.advance_invariant_round, public.advance_invariant_round,
  private.check_invariants, public.check_invariants from public, anon, authenticated, service_role;

grant execute on function private.advance_invariant_round, public.advance_invariant_round, private.check_invariants,
  public.check_invariants to service_role;


-- operations/scheduled_runs.sql

-- Scheduled runs: when each scheduled function last ran, how long it took, and how it ended.
--
-- A function writes one row when a run has ended, in one call. A run that was killed leaves none, and needs none: what
-- is asked is when a run last ended well, and a function that does not get there is late, whatever the reason.

create table private.scheduled_functions (
  function      text        primary key,
  late_after    interval    not null,
  watched_since timestamptz not null default now(),

  constraint scheduled_functions_function_is_short check (char_length(function) <= 63),
  constraint scheduled_functions_late_after_is_in_range check (
    late_after between interval '1 minute' and interval '40 days')
);

comment on table private.scheduled_functions is
  'What the scheduler is to call, as deploy.yaml says. An operator changes late_after; it holds at once.';

comment on column private.scheduled_functions.late_after is
  'How long no run may have ended well: more than the time between two, and the longest that one takes.';

comment on column private.scheduled_functions.watched_since is 'One that has never run is late from here on.';

insert into private.scheduled_functions (function, late_after) values
  ('send-notifications',   '10 minutes'),
  ('deliver-webhooks',     '10 minutes'),
  ('advance-sessions',     '10 minutes'),
  ('reconcile-recordings', '10 minutes'),
  ('process-recording',    '40 minutes'),
  ('reconcile-payments',   '20 minutes'),
  ('read-busy-calendars',  '20 minutes'),
  ('reconcile-bookings',   '150 minutes'),
  ('reconcile-contracts',  '150 minutes'),
  ('apply-retention',      '26 hours'),
  ('run-payouts',          '26 hours'),
  ('check-invariants',     '26 hours'),
  ('purge-recordings',     '26 hours');

create table private.scheduled_runs (
  id         bigint      primary key generated always as identity,
  function   text        not null references private.scheduled_functions on update cascade on delete cascade,
  ended_at   timestamptz not null default now(),
  ms         integer     not null,
  outcome    text        not null,
  code       text,
  facts      jsonb,
  request_id text,

  constraint scheduled_runs_outcome_is_known check (outcome in ('done', 'partly', 'failed')),
  constraint scheduled_runs_texts_are_short check (
    char_length(function) <= 63 and char_length(code) <= 100 and char_length(request_id) <= 100),
  constraint scheduled_runs_facts_are_short check (char_length(facts::text) <= 10000),
  constraint scheduled_runs_ms_is_in_range check (ms between 0 and 86400000)
);

comment on table  private.scheduled_runs         is 'The runs of the last week, a row each.';

comment on column private.scheduled_runs.outcome is 'partly: it ended, and some of what was due failed.';

comment on column private.scheduled_runs.code    is 'Why it failed, as its reply said.';

comment on column private.scheduled_runs.facts   is 'What it did, as in its log line.';

create index scheduled_runs_function_idx on private.scheduled_runs (function, ended_at desc);

create index scheduled_runs_good_idx on private.scheduled_runs (function, ended_at desc) where outcome <> 'failed';

alter table private.scheduled_functions enable row level security;

alter table private.scheduled_runs enable row level security;

-- No policy: the service alone writes what its runs did.
grant select on private.scheduled_functions to service_role;

grant select, insert, delete on private.scheduled_runs to service_role;

create function public.record_run(
  function text, ms integer, outcome text, code text default null, facts jsonb default null, request_id text default null)
  returns table (id bigint)
  language plpgsql volatile security invoker set search_path = ''
as $$
#variable_conflict use_column
begin
  delete from private.scheduled_runs r
   where r.id in (select old.id from private.scheduled_runs old
                   where old.function = record_run.function and old.ended_at < now() - interval '7 days'
                   order by old.ended_at limit 1000);
  return query
    insert into private.scheduled_runs as r (function, ms, outcome, code, facts, request_id)
    values (record_run.function, record_run.ms, record_run.outcome, left(record_run.code, 100),
            case when char_length(record_run.facts::text) <= 10000 then record_run.facts end, record_run.request_id)
    returning r.id;
end
$$;

comment on function public.record_run is 'For scheduled functions: how a run ended. Runs older than a week are deleted.';

revoke execute on function public.record_run from public, anon, authenticated, service_role;

grant execute on function public.record_run to service_role;


-- operations/queue_depths.sql

-- Queue depths: how much waits in each queue, since when it is due, and from when on that is too late.
--
-- A queue is what a worker claims from (foundation/queues.sql), and a branch here says what its claim takes. A test
-- puts a row into every queue there is and looks for it here.

create table private.queue_limits (
  queue      text     primary key,
  late_after interval not null,

  constraint queue_limits_queue_is_short check (char_length(queue) <= 63),
  constraint queue_limits_late_after_is_in_range check (late_after between interval '1 minute' and interval '40 days')
);

comment on table private.queue_limits is
  'How long something may be due before nobody seems to work. An operator changes a row; it holds at once.';

insert into private.queue_limits (queue, late_after) values
  ('events to address',             '10 minutes'),
  ('mails to send',                 '30 minutes'),
  ('mails to look for',             '30 minutes'),
  ('webhook deliveries',            '1 hour'),
  ('takes to check',                '30 minutes'),
  ('takes to copy',                 '6 hours'),     -- one after the other, and some are long
  ('recordings to join',            '1 day'),
  ('recordings to erase',           '30 hours'),    -- at night
  ('checkouts to ask Stripe about', '30 minutes'),
  ('sessions to advance',           '30 minutes'),
  ('Stripe''s events',              '30 minutes'),
  ('Agora''s notifications',        '30 minutes');

alter table private.queue_limits enable row level security;

-- No grant and no policy: the owner reads and changes it.

create view private.queue_depths with (security_invoker = true) as
  -- due_at: since when each waits for a worker; in the future, or null, it is not due.
  with waiting as (
    select 'events to address' as queue, o.next_attempt_at as due_at from private.outbox o
     where o.addressed_at is null and o.attempts < private.max_attempts()
    union all
    select 'mails to send' as queue, greatest(m.next_attempt_at, m.lease_until) from private.mails m
     where m.status = 'queued' and m.next_attempt_at is not null
    union all
    select 'mails to look for' as queue, greatest(m.next_attempt_at, m.lease_until) from private.mails m
     where m.status = 'unknown' and m.next_attempt_at is not null
    union all
    -- Whose sender died with them
    select 'mails to look for' as queue, m.lease_until from private.mails m where m.status = 'sending' and m.lease_until < now()
    union all
    select 'webhook deliveries' as queue, greatest(d.next_attempt_at, d.lease_until)
      from public.webhook_endpoints e join public.webhook_deliveries d on d.endpoint_id = e.id and d.status = 'pending'
     where e.is_active
    union all
    select 'takes to check' as queue, t.next_check_at from private.recording_takes t
     where t.status in ('pending', 'recording', 'processing') and not t.upload_complete and t.next_check_at is not null
    union all
    select 'takes to copy' as queue, greatest(t.next_check_at, t.lease_until) from private.recording_takes t
     where t.status = 'processing' and t.upload_complete and t.next_check_at is not null
       and not exists (select from private.recording_erasure_queue q where q.recording_id = t.recording_id)
    union all
    select 'recordings to join' as queue, greatest(j.next_attempt_at, j.lease_until)
      from private.joined_files j join public.session_recordings r on r.id = j.recording_id and r.status = 'completed'
     where j.status = 'waiting'
       and not exists (select from private.recording_erasure_queue q where q.recording_id = j.recording_id)
    union all
    select 'recordings to erase' as queue, greatest(q.next_attempt_at, q.due_at) from private.recording_erasure_queue q
     where q.attempt_count < private.max_attempts()
    union all
    select 'checkouts to ask Stripe about' as queue, c.next_check_at from public.checkout_sessions c
     where c.next_check_at is not null
    union all
    select 'sessions to advance' as queue, greatest(t.next_attempt_at, t.checked_at) from private.session_checks t
     where t.attempts < private.max_attempts()
    union all
    select 'Stripe''s events' as queue, e.next_attempt_at from private.stripe_events e
     where e.applied_at is null and e.received_at > now() - interval '3 days'
       and (e.failure is null or e.attempts < private.max_attempts())
    union all
    select 'Agora''s notifications' as queue, n.next_attempt_at from private.agora_notifications n
     where n.applied_at is null and n.received_at > now() - interval '24 hours'
       and (n.failure is null or n.attempts < private.max_attempts())
  )
  select l.queue, count(w.queue)::integer as depth, count(*) filter (where w.due_at <= now())::integer as due,
         min(w.due_at) filter (where w.due_at <= now()) as oldest_due, l.late_after
    from private.queue_limits l left join waiting w on w.queue = l.queue
   group by l.queue;

comment on view private.queue_depths is 'What waits for a worker, in each queue. What waits for a person: private.matters.';

revoke all on private.queue_depths from public, anon, authenticated, service_role;


-- operations/ops_status.sql

-- Operations: how the platform is, in one answer, for whoever watches it: the function `status`, admins, the doctor.
--
-- A problem is what is late or broken: work that nobody does, a function that does not run, a rule that does not
-- hold, a sender whose webhooks do not arrive. What waits for a person is told beside it, and is none of the machine's.

-- The newest genuine delivery of each sender, and the newest thing of which it must have told us by a webhook. The
-- doctor's own deliveries are known by their names and do not count.
create view private.webhook_senders with (security_invoker = true) as
  select 'Stripe' as sender,
         (select max(e.received_at) from private.stripe_events e where e.event_id not like 'doctor\_%') as delivered_at,
         (select c.paid_at from public.checkout_sessions c where c.paid_at is not null and c.stripe_session_id is not null
           order by c.paid_at desc limit 1) as happened_at
  union all
  select 'Agora, recordings',
         (select max(n.received_at) from private.agora_notifications n where n.notice_id not like 'doctor\_%'),
         (select t.created_at from private.recording_takes t where t.agora_sid is not null
           order by t.created_at desc limit 1)
  union all
  select 'Agora, channels',
         (select max(e.received_at) from private.channel_events e where e.notice_id not like 'doctor\_%'),
         (select t.created_at from private.recording_takes t where t.agora_sid is not null
           order by t.created_at desc limit 1);

comment on column private.webhook_senders.happened_at is
  'A payment, or a recorder that entered a channel: of these a webhook comes within minutes.';

revoke all on private.webhook_senders from public, anon, authenticated, service_role;

create view private.run_states with (security_invoker = true) as
  select f.function, f.late_after, last.ended_at, last.ms, last.outcome, last.code, last.facts, last.request_id,
         good.ended_at as good_at,
         coalesce(good.ended_at, f.watched_since) + f.late_after < now() as is_late
    from private.scheduled_functions f
    left join lateral (select * from private.scheduled_runs r where r.function = f.function
                        order by r.ended_at desc limit 1) last on true
    left join lateral (select r.ended_at from private.scheduled_runs r
                        where r.function = f.function and r.outcome <> 'failed'
                        order by r.ended_at desc limit 1) good on true;

comment on column private.run_states.good_at is 'When a run last ended well, or partly.';

revoke all on private.run_states from public, anon, authenticated, service_role;

create view private.ops_problems with (security_invoker = true) as
  select 'function_late' as code, r.function as subject,
         r.function || case when r.good_at is null then ' has never run to its end'
           else ' last ran to its end at ' || to_char(r.good_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"') end
         || case when r.outcome = 'failed' then '; the last run failed: ' || coalesce(r.code, 'no code') else '' end as what
    from private.run_states r where r.is_late
  union all
  select 'queue_late', q.queue, q.due || ' ' || q.queue || ', the oldest due since '
         || to_char(q.oldest_due at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')
    from private.queue_depths q where q.oldest_due < now() - q.late_after
  union all
  select 'invariant_broken', broken ->> 'rule', (broken ->> 'rule') || ': ' || (broken ->> 'broken') || ' times'
    from private.run_states r cross join jsonb_array_elements(r.facts -> 'broken') broken
   where r.function = 'check-invariants'
  union all
  select 'webhooks_silent', s.sender, s.sender || ': something happened at '
         || to_char(s.happened_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"') || ' and no webhook came since'
    from private.webhook_senders s
   where s.happened_at between coalesce(s.delivered_at, '-infinity') + interval '10 minutes' and now() - interval '1 hour';

comment on view private.ops_problems is 'What is late or broken, a row each. There should be none.';

revoke all on private.ops_problems from public, anon, authenticated, service_role;

-- The newest migration of the ledger; null where no tool keeps one.
create function private.read_schema_version() returns text
  language plpgsql stable set search_path = ''
as $$
declare
  v_ledger  regclass := to_regclass('supabase_migrations.schema_migrations');
  v_version text;
begin
  if v_ledger is not null then
    execute format('select max(version) from %s', v_ledger) into v_version;
  end if;
  return v_version;
end
$$;

-- Definer: it reads all queues and the audit log's chain.
create function private.ops_status(admin_id uuid)
  returns table (at timestamptz, problems jsonb, functions jsonb, queues jsonb, invariants jsonb, webhooks jsonb,
                 waiting jsonb, audit_head text, schema_version text)
  language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_column
begin
  if admin_id is not null
     and not exists (select from public.user_roles r where r.user_id = ops_status.admin_id and r.role = 'admin') then
    perform private.refuse(403, 'admins_only', 'Only admins see how the platform is.');
  end if;
  return query select
    now(),
    (select coalesce(jsonb_agg(to_jsonb(p) order by p.code, p.subject), '[]') from private.ops_problems p),
    (select jsonb_agg(jsonb_build_object(
              'function', r.function, 'ended_at', r.ended_at, 'ms', r.ms, 'outcome', r.outcome, 'code', r.code,
              'request_id', r.request_id, 'good_at', r.good_at, 'is_late', r.is_late) order by r.function)
       from private.run_states r),
    (select jsonb_agg(jsonb_build_object('queue', q.queue, 'depth', q.depth, 'due', q.due, 'oldest_due', q.oldest_due,
                                         'is_late', q.oldest_due is not null and q.oldest_due < now() - q.late_after)
                      order by q.queue)
       from private.queue_depths q),
    (select jsonb_build_object('checked_at', r.ended_at, 'holds', r.facts -> 'holds', 'broken', r.facts -> 'broken')
       from private.run_states r where r.function = 'check-invariants'),
    (select jsonb_agg(jsonb_build_object('sender', s.sender, 'delivered_at', s.delivered_at) order by s.sender)
       from private.webhook_senders s),
    (select coalesce(jsonb_agg(to_jsonb(w) order by w.what), '[]')
       from (select k.what, count(*) as count, min(m.since) as since
               from private.matters m join private.matter_kinds k on k.kind = m.kind
              where m.settled_at is null group by k.what) w),
    (select c.position || ':' || encode(c.sha256, 'hex') from private.audit_chain c order by c.position desc limit 1),
    private.read_schema_version();
end
$$;

create function public.ops_status(admin_id uuid default null)
  returns table (at timestamptz, problems jsonb, functions jsonb, queues jsonb, invariants jsonb, webhooks jsonb,
                 waiting jsonb, audit_head text, schema_version text)
  language sql stable security invoker set search_path = ''
as $$
  select * from private.ops_status(ops_status.admin_id);
$$;

comment on function public.ops_status is
  'For the service: what is late or broken, and how everything is; on behalf of a person, if that is an admin.';

-- Whom a function tells what it was given: whoever may execute this.
create function public.is_operator() returns table (is_operator boolean)
  language sql stable security invoker set search_path = ''
as $$
  select true;
$$;

comment on function public.is_operator is 'Whether a key is the service''s: nobody else gets an answer.';

revoke execute on function private.read_schema_version, private.ops_status, public.ops_status, public.is_operator
  from public, anon, authenticated, service_role;

grant execute on function private.ops_status, public.ops_status, public.is_operator to service_role;


-- privacy/refuse_gone_callers.sql

-- Whoever is gone does nothing more, and whoever signed in anonymously nothing yet. A token is good for an hour,
-- whatever becomes of its account in that hour.
--
-- Foreign keys and private.refuse_unknown_account keep a row from naming an account that is not there. This keeps its
-- token from writing any row, also one that names nobody or that stands already, in every table and through every
-- function. Only erasing again is left to it, which first forgets who asks.

-- A booking is a dozen statements: asked once a transaction, with the lock of a foreign key, so that the account can go
-- only afterwards. Two settings of the transaction keep for whom: the very claims, after which these triggers are not
-- called any more, and the account, for which private.refuse_unknown_account is not.
-- Definer: whoever writes may not ask that themself.
create function private.refuse_gone_caller() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  c_caller constant uuid := auth.uid();
begin
  if c_caller is not null then
    perform from auth.users u where u.id = c_caller for key share;
    if not found then
      perform private.require_account(c_caller);
    end if;
    perform private.refuse_anonymous_caller(),
            set_config('private.known_claims', current_setting('request.jwt.claims', true), true),
            set_config('private.known_caller', c_caller::text, true);
  end if;
  return null;
end
$$;

revoke execute on function private.refuse_gone_caller from public, anon, authenticated, service_role;
