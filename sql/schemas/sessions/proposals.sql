-- Proposals: another time for a session that the practitioner asks the client for, and the client's answer.
--
--   open -> accepted    the client's yes: the session moves, and the new time is the agreed one
--   open -> declined    their no: all stays as it was, and the practitioner is told
--   open -> expired     no answer until the deadline: the same
--   open -> withdrawn   another proposal took its place, or the session was moved or cancelled meanwhile
--
-- A time that is proposed is not kept: a yes to a time that was taken meanwhile is refused, and the session stays. The
-- client answers in the same way to a change that was made already (agreements.sql): yes is agreeing to it, no is
-- leaving, free of charge.

create table private.session_proposals (
  id           bigint      primary key generated always as identity,
  session_id   uuid        not null references public.session_schedules on delete cascade,
  scheduled_at timestamptz not null,
  answer_until timestamptz not null,
  status       text        not null default 'open' check (status in ('open', 'accepted', 'declined', 'expired', 'withdrawn')),
  created_at   timestamptz not null default now(),
  ended_at     timestamptz,

  constraint session_proposals_scheduled_at_is_in_range check (scheduled_at between '2000-01-01' and '2100-01-01')
);
comment on table private.session_proposals is 'Times that a practitioner asked their client for.';

create index session_proposals_session_id_idx on private.session_proposals (session_id);
create unique index session_proposals_one_is_open on private.session_proposals (session_id) where status = 'open';
create index session_proposals_due_idx on private.session_proposals (answer_until) where status = 'open';

alter table private.session_proposals enable row level security;
-- No grant and no policy: only the functions below touch it.

-- Whether the client said yes to this time in this very transaction: that is what lets the session move to it.
-- Definer: whoever moves a session may not read proposals.
create function private.is_accepted_time(session_id uuid, scheduled_at timestamptz) returns boolean
  language sql stable security definer set search_path = ''
as $$
  select exists (select from private.session_proposals p
                  where p.session_id = is_accepted_time.session_id and p.scheduled_at = is_accepted_time.scheduled_at
                    and p.status = 'accepted' and p.ended_at = now());
$$;

create function private.get_answer_deadline(session public.session_schedules, scheduled_at timestamptz default null)
  returns timestamptz
  language sql stable set search_path = ''
as $$
  select least(now() + make_interval(hours => r.answer_hours), (session).scheduled_at, get_answer_deadline.scheduled_at)
    from public.session_rules r;
$$;

-- Definer: it writes proposals, and reads others' bookings to know what is taken.
create function private.propose_session_time(session_id uuid, scheduled_at timestamptz)
  returns private.session_proposals
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_session  public.session_schedules;
  v_proposal private.session_proposals;
begin
  select * into v_session from public.session_schedules s where s.id = propose_session_time.session_id for update;
  if v_session.id is null or coalesce(private.get_caller_role(v_session), 'none') not in ('practitioner', 'admin') then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  elsif v_session.max_participants > 1 or v_session.group_class_id is not null then
    perform private.refuse(409, 'class_asks_nobody', 'A time is proposed to one client, not to a class.',
                           'An admin moves a class. Whoever has a seat in it may then leave freely.');
  elsif v_session.status <> 'scheduled' or v_session.scheduled_at <= now() then
    perform private.refuse(409, 'session_not_movable', 'Only a scheduled session can be moved.');
  elsif propose_session_time.scheduled_at is null or propose_session_time.scheduled_at = v_session.scheduled_at then
    perform private.refuse(409, 'nothing_to_change', 'The session is at this time already.', 'Propose another time.');
  elsif propose_session_time.scheduled_at <= now() then
    perform private.refuse(409, 'slot_in_past', 'This time has passed.', 'Please choose another time.');
  elsif propose_session_time.scheduled_at > now() + interval '2 years' then
    perform private.refuse(409, 'beyond_horizon', 'A session is moved by two years at most.', 'Please choose an earlier time.');
  elsif not private.is_free_time(v_session.practitioner_id, propose_session_time.scheduled_at, v_session.duration_minutes,
                                 v_session.id) then
    perform private.refuse(409, 'slot_taken', 'This time is taken.', 'Please choose another time.');
  end if;

  -- A second click finds the first proposal.
  select * into v_proposal from private.session_proposals p
   where p.session_id = v_session.id and p.status = 'open' and p.scheduled_at = propose_session_time.scheduled_at
     and p.answer_until > now();
  if found then
    return v_proposal;
  end if;
  perform private.limit_use('times moved', auth.uid());
  update private.session_proposals p set status = 'withdrawn', ended_at = now()
   where p.session_id = v_session.id and p.status = 'open';
  insert into private.session_proposals as p (session_id, scheduled_at, answer_until)
  values (v_session.id, propose_session_time.scheduled_at,
          private.get_answer_deadline(v_session, propose_session_time.scheduled_at))
  returning p.* into v_proposal;
  perform private.publish_event('change_proposed', v_session.client_id, v_session.id, jsonb_build_object(
    'proposal_id', v_proposal.id, 'practitioner_id', v_session.practitioner_id, 'scheduled_at', v_session.scheduled_at,
    'proposed_scheduled_at', v_proposal.scheduled_at, 'answer_until', v_proposal.answer_until));
  return v_proposal;
end
$$;

create function public.propose_session_time(session_id uuid, scheduled_at timestamptz)
  returns table (session_id uuid, proposed_scheduled_at timestamptz, answer_until timestamptz)
  language sql volatile security invoker set search_path = ''
as $$
  select p.session_id, p.scheduled_at, p.answer_until
    from private.propose_session_time(propose_session_time.session_id, propose_session_time.scheduled_at) p;
$$;
comment on function public.propose_session_time is
  'For practitioners: asks the client of a session for another time. Their yes moves it; else all stays as it is.';

-- Ends an open proposal that got no yes, and tells the practitioner.
create function private.end_proposal(proposal private.session_proposals, status text) returns void
  language plpgsql volatile set search_path = ''
as $$
begin
  update private.session_proposals p set status = end_proposal.status, ended_at = now() where p.id = (proposal).id;
  perform private.publish_event('change_declined', null, s.id, jsonb_build_object(
            'practitioner_id', s.practitioner_id, 'scheduled_at', s.scheduled_at, 'answer', end_proposal.status,
            'proposed_scheduled_at', (proposal).scheduled_at))
     from public.session_schedules s where s.id = (proposal).session_id;
end
$$;

-- The client's answer. `proposal_id` and `sequence` say what they were looking at: an answer to what has changed since
-- is none. Without them it is to whatever is asked now.
-- Definer: it writes proposals, agreements and, for a seat, locks its class.
create function private.answer_session_change(
  session_id uuid, accepts boolean, proposal_id bigint default null, sequence integer default null)
  returns table (outcome text, scheduled_at timestamptz)
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_session  public.session_schedules;
  v_proposal private.session_proposals;
  v_asks     text;
begin
  -- In the order of locks: the client, the class, the session.
  perform private.lock_client(auth.uid());
  perform from public.session_schedules class
    where class.id = (select s.group_class_id from public.session_schedules s where s.id = answer_session_change.session_id)
      for update;
  select * into v_session from public.session_schedules s
   where s.id = answer_session_change.session_id and s.client_id = auth.uid() and not private.is_class(s) for update;
  if not found then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  end if;
  select * into v_proposal from private.session_proposals p
   where p.session_id = v_session.id order by p.id desc limit 1 for update;
  v_asks := case
    when v_proposal.status = 'open' and v_proposal.answer_until > now() then 'proposal'
    when v_session.status = 'scheduled' and v_session.scheduled_at > now() and private.has_unagreed_change(v_session)
      then 'change' end;

  -- A second click gets the answer of the first, also where something else is asked by now.
  if not accepts and v_proposal.status = 'declined' and (v_asks is null or answer_session_change.proposal_id = v_proposal.id)
     and v_session.status = 'scheduled' then
    outcome := 'kept';
  elsif v_asks is not null and answer_session_change.sequence is not null
        and (answer_session_change.proposal_id, answer_session_change.sequence) is distinct from (
      case v_asks when 'proposal' then v_proposal.id end, v_session.calendar_sequence) then
    perform private.refuse(409, 'question_changed', 'Something has changed since you opened this page.',
                           'Please look again, and then answer.');
  elsif v_asks = 'proposal' then
    if accepts then
      update private.session_proposals p set status = 'accepted', ended_at = now() where p.id = v_proposal.id;
      update public.session_schedules s set scheduled_at = v_proposal.scheduled_at where s.id = v_session.id;
      outcome := 'moved';
    else
      perform private.end_proposal(v_proposal, 'declined');
      outcome := 'kept';
    end if;
  elsif v_asks = 'change' then
    if accepts then
      perform private.agree_to_session(v_session);
      outcome := 'agreed';
    else
      update public.session_schedules s set status = 'cancelled', notes = 'Cancelled: the change did not suit the client'
       where s.id = v_session.id;
      outcome := 'cancelled';
    end if;
  elsif v_session.status = 'scheduled' and accepts and v_proposal.status = 'accepted'
        and v_proposal.scheduled_at = v_session.scheduled_at then
    outcome := 'moved';
  elsif v_session.status = 'scheduled' and accepts and answer_session_change.proposal_id is null
        and exists (select from private.session_agreements a where a.session_id = v_session.id) then
    outcome := 'agreed';
  elsif v_session.status = 'cancelled' and not accepts then
    outcome := 'cancelled';
  elsif v_session.status = 'scheduled' and v_proposal.status in ('open', 'expired') then
    perform private.refuse(409, 'answer_too_late', 'The time to answer is over: your session stays as it is.');
  else
    perform private.refuse(409, 'nothing_to_answer', 'There is nothing to answer any more: this session is as it was agreed.');
  end if;
  select s.scheduled_at into scheduled_at from public.session_schedules s where s.id = v_session.id;
  return next;
end
$$;

create function public.answer_session_change(session_id uuid, accepts boolean)
  returns table (outcome text, scheduled_at timestamptz)
  language sql volatile security invoker set search_path = ''
as $$
  select a.outcome, a.scheduled_at from private.answer_session_change(answer_session_change.session_id, accepts) a;
$$;
comment on function public.answer_session_change is
  'For clients. To a proposed time: moved or kept. To a change that was made: agreed, or cancelled with full credit.';

revoke execute on function private.is_accepted_time, private.get_answer_deadline, private.propose_session_time,
  public.propose_session_time, private.end_proposal, private.answer_session_change, public.answer_session_change
  from public, anon, authenticated, service_role;
grant execute on function private.propose_session_time, public.propose_session_time, private.answer_session_change,
  public.answer_session_change to authenticated;
