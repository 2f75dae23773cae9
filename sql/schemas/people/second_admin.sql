-- A second admin: above an amount, money moves when two admins say so.
--
--   (asked) -> waiting -> approved     by another admin than who asked; in that moment the adjustment is made, and the
--                                      next run pays the period
--              waiting -> declined     by any admin: whoever asked takes it back so
--              waiting -> (expired)    unanswered for as long as the rules say; asked again, it is another request
--
-- The amounts are one row, all of them null at first: then one admin is enough. Whoever could set it could do without
-- the second one, so an operator sets it. Small sums add up: what somebody was given by adjustments in the last day
-- counts with the next one.
--
-- A payout run is asked for by the clock, which is nobody: the first admin who approves it has asked for it, and the
-- second one decides. There is no page for it by mail: a link that moves money would be a way past the second factor.

create table private.second_admin_rules (
  is_the_only_row         boolean  primary key default true,
  earnings_above_minor    bigint,
  credits_above           integer,
  payout_run_above_minor  bigint,
  answer_within           interval not null default '7 days',
  waiting_at_most         integer  not null default 100,

  constraint second_admin_rules_is_one_row check (is_the_only_row),
  constraint second_admin_rules_amounts_are_in_range check (
    earnings_above_minor between 0 and 100000000000 and credits_above between 0 and 10000
    and payout_run_above_minor between 0 and 100000000000),
  constraint second_admin_rules_answers_come_in_time check (
    answer_within between interval '1 hour' and interval '60 days'),
  constraint second_admin_rules_waiting_is_bounded check (waiting_at_most between 1 and 1000)
);
comment on table private.second_admin_rules is
  'Above which amounts a second admin is asked: cents, in each currency alike, or credits. Null: never.';

insert into private.second_admin_rules default values;

create table public.approval_requests (
  id           uuid        primary key default gen_random_uuid(),
  kind         text        not null,
  details      jsonb       not null,
  user_id      uuid        references auth.users (id) on delete cascade,
  amount       bigint      not null,
  currency     text,
  requested_by uuid,
  requested_at timestamptz not null default now(),
  expires_at   timestamptz not null,
  status       text        not null default 'waiting',
  decided_by   uuid,
  decided_at   timestamptz,

  constraint approval_requests_kind_is_known check (kind in ('earnings', 'credits', 'payout_run')),
  constraint approval_requests_status_is_known check (status in ('waiting', 'approved', 'declined')),
  constraint approval_requests_are_dated_when_decided check (
    (status = 'waiting') = (decided_at is null) and (decided_by is null or decided_at is not null)),
  constraint approval_requests_are_decided_by_another check (status <> 'approved' or decided_by <> requested_by),
  constraint approval_requests_currency_is_known check (currency in ('cad', 'usd')),
  constraint approval_requests_amount_is_in_range check (amount between -100000000000 and 100000000000),
  constraint approval_requests_details_is_short check (char_length(details::text) <= 10000)
);
comment on table public.approval_requests is
  'What one admin wants and another has to approve, with decide_approval: adjustments and payout runs.';
comment on column public.approval_requests.details is 'The arguments of the adjustment; of a run its period.';
comment on column public.approval_requests.user_id is
  'Whose earnings or credits. The request goes with their account; what was posted stays in its ledger.';
comment on column public.approval_requests.amount is
  'Cents, or credits where there is no currency. Of a run, the most that it may pay in this currency.';
comment on column public.approval_requests.requested_by is
  'No foreign key, like decided_by: who decided stays. Null: the clock, until a first admin has approved.';
comment on column public.approval_requests.id is 'Of the row; made here.';
comment on column public.approval_requests.kind is 'earnings, credits or payout_run.';
comment on column public.approval_requests.currency is 'By its three letters, in lower case.';
comment on column public.approval_requests.requested_at is 'When it was asked.';
comment on column public.approval_requests.expires_at is 'Until when it can be decided.';
comment on column public.approval_requests.status is 'waiting, approved or declined.';
comment on column public.approval_requests.decided_by is 'The admin who decided.';
comment on column public.approval_requests.decided_at is 'When they did.';

create index approval_requests_waiting_idx on public.approval_requests (expires_at) where status = 'waiting';
create index approval_requests_user_id_idx on public.approval_requests (user_id);
create index approval_requests_requested_at_idx on public.approval_requests (requested_at);  -- newest first

alter table public.approval_requests enable row level security;

create policy "admins read approval requests"
  on public.approval_requests for select to authenticated using ((select private.is_confirmed_admin()));

revoke all on public.approval_requests from anon, authenticated, service_role;
grant select on public.approval_requests to authenticated, service_role;
-- No insert, update or delete for anybody: the functions below write them.
alter table private.second_admin_rules enable row level security;
-- No grant and no policy: an operator sets it, functions of this schema read it.

create trigger audit_approval_requests after insert or update or delete on public.approval_requests
  for each row execute function private.write_audit_log();

-- Nobody gives themself money, alone or as the second one.
create function private.refuse_own_money(user_id uuid) returns void
  language plpgsql stable set search_path = ''
as $$
begin
  if refuse_own_money.user_id = (select auth.uid()) then
    perform private.refuse(403, 'own_money', 'Nobody decides about their own earnings, credits or payments.',
                           'Ask another admin.');
  end if;
end
$$;

-- By mail to all admins who may decide: not who asked, nor whose money it is.
create function private.tell_second_admins(request public.approval_requests) returns void
  language sql volatile set search_path = ''
as $$
  select private.publish_event('second_admin_wanted', a.user_id, payload => jsonb_build_object(
           'request_id', (request).id, 'amount', (request).amount,
           'what', case (request).kind when 'earnings' then 'an adjustment of earnings'
                                       when 'credits' then 'an adjustment of credits' else 'a payout run' end,
           'amount_minor', case when (request).currency is not null then (request).amount end,
           'currency', (request).currency, 'expires_at', (request).expires_at))
    -- Enough to be read by somebody.
    from (select r.user_id from public.user_roles r join auth.users u on u.id = r.user_id
           where r.role = 'admin' and r.user_id is distinct from (request).requested_by
             and r.user_id is distinct from (request).user_id
           order by u.created_at, u.id limit 20) a;
$$;

-- The same again while it waits is the same request.
create function private.request_approval(
  kind text, details jsonb, user_id uuid, amount bigint, currency text default null)
  returns public.approval_requests
  language plpgsql volatile set search_path = ''
as $$
#variable_conflict use_column
declare
  v_rules   private.second_admin_rules;
  v_request public.approval_requests;
begin
  select * into v_rules from private.second_admin_rules;
  -- Order matters: locked before it is looked for, so that two clicks do not ask twice.
  perform pg_advisory_xact_lock(hashtextextended('approval_requests', 0));
  select * into v_request from public.approval_requests r
   where r.status = 'waiting' and r.expires_at > now() and r.kind = request_approval.kind
     and r.details = request_approval.details and r.currency is not distinct from request_approval.currency
     and case r.kind when 'payout_run' then r.amount >= request_approval.amount
                     else r.amount = request_approval.amount and r.requested_by = (select auth.uid()) end
   limit 1;
  if found then
    return v_request;
  elsif v_rules.waiting_at_most <= (select count(*) from public.approval_requests r
                                     where r.status = 'waiting' and r.expires_at > now()) then
    perform private.refuse(409, 'too_many_requests_wait', 'Too many requests wait for a second admin.',
                           'Decide about those first.');
  end if;
  insert into public.approval_requests as r (kind, details, user_id, amount, currency, requested_by, expires_at)
  values (request_approval.kind, request_approval.details, request_approval.user_id, request_approval.amount,
          request_approval.currency, (select auth.uid()), now() + v_rules.answer_within)
  returning r.* into v_request;
  perform private.tell_second_admins(v_request);
  return v_request;
end
$$;

-- For an adjustment: asks, and answers its caller that nothing has moved yet. Kept, and so not raised.
create function private.leave_to_second_admin(
  kind text, details jsonb, user_id uuid, amount bigint, currency text default null) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_request public.approval_requests := private.request_approval(
    leave_to_second_admin.kind, leave_to_second_admin.details, leave_to_second_admin.user_id,
    leave_to_second_admin.amount, leave_to_second_admin.currency);
begin
  perform private.answer_refusal(202, 'second_admin_needed', 'Another admin has to approve this. They have been told.',
                                 format('It is request %s.', v_request.id));
end
$$;

-- Definer: nobody writes requests. So it checks its caller itself.
create function private.decide_approval(request_id uuid, approve boolean) returns public.approval_requests
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  c_admin   constant uuid := (select auth.uid());
  v_request public.approval_requests;
begin
  if not private.is_confirmed_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins decide about requests.');
  elsif decide_approval.approve is null then
    perform private.refuse(422, 'answer_missing', 'approve: should be true or false.');
  end if;
  select * into v_request from public.approval_requests r where r.id = decide_approval.request_id for update;
  if not found then
    perform private.refuse(404, 'request_not_found', 'There is no such request.');
  elsif v_request.status <> 'waiting' then
    perform private.refuse(
      409, 'request_decided',
      case v_request.status when 'approved' then 'This request is approved already.'
                            else 'This request is declined already.' end);
  elsif v_request.expires_at <= now() then
    perform private.refuse(409, 'request_expired', 'This request was not answered in time.', 'Ask for it again.');
  elsif decide_approval.approve and v_request.requested_by = c_admin then
    perform private.refuse(403, 'own_request', 'A second admin has to approve this, and you are the first.');
  elsif decide_approval.approve then
    perform private.refuse_own_money(v_request.user_id);
  end if;

  if decide_approval.approve and v_request.requested_by is null then
    update public.approval_requests r set requested_by = c_admin where r.id = v_request.id returning r.* into v_request;
    perform private.tell_second_admins(v_request);
    return v_request;
  end if;
  update public.approval_requests r
     set status = case when decide_approval.approve then 'approved' else 'declined' end, decided_by = c_admin,
         decided_at = now()
   where r.id = v_request.id returning r.* into v_request;
  -- A run finds its approval itself.
  case when v_request.status <> 'approved' then null;
       when v_request.kind = 'earnings' then
         perform private.post_adjustment(
           (v_request.details ->> 'practitioner_id')::uuid, v_request.currency, v_request.amount,
           v_request.details ->> 'reason', (v_request.details ->> 'session_id')::uuid, v_request.id);
       when v_request.kind = 'credits' then
         perform private.post_credit_adjustment(
           (v_request.details ->> 'lot_id')::uuid, v_request.user_id, v_request.amount::integer,
           v_request.details ->> 'reason', (v_request.details ->> 'session_type_id')::uuid,
          (v_request.details ->> 'duration_minutes')::integer, (v_request.details ->> 'is_group')::boolean);
       else null;
  end case;
  return v_request;
end
$$;

create function public.decide_approval(request_id uuid, approve boolean) returns setof public.approval_requests
  language sql volatile security invoker rows 1 set search_path = ''
as $$
  select * from private.decide_approval(decide_approval.request_id, decide_approval.approve);
$$;
comment on function public.decide_approval is
  'For admins: approves what another admin asked for, which is then done, or declines it.';

revoke execute on function private.refuse_own_money, private.tell_second_admins, private.request_approval,
  private.leave_to_second_admin, private.decide_approval, public.decide_approval from public, anon, authenticated, service_role;
grant execute on function private.decide_approval, public.decide_approval to authenticated;
