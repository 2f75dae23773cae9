-- The page on which a client answers what somebody else did, or asks: another time that their practitioner proposes, or
-- a change that was made already (sessions/proposals.sql, sessions/agreements.sql).
--
-- The link is to the session and not to one question, so that an old mail leads to what is asked now. A form names what
-- it was about, and an answer to anything else is refused.

-- States: proposed, changed (both wait for an answer); accepted, declined, expired, withdrawn, agreed (that has ended);
-- cancelled, over; as_agreed (nothing was ever asked).
create type private.answerable_change as (
  session               private.session_summary,
  time_zone             text,
  state                 text,
  proposal_id           bigint,
  proposed_scheduled_at timestamptz,
  proposed_is_free      boolean,
  answer_until          timestamptz,
  agreed                jsonb,
  changed_by            text,
  comes_back            text,
  usual_free_until      timestamptz
);

create function private.get_change_state(session public.session_schedules, proposal private.session_proposals)
  returns text
  language sql stable set search_path = ''
as $$
  select case
    when (session).status = 'cancelled' then 'cancelled'
    when (session).status <> 'scheduled' or (session).scheduled_at <= now() then 'over'
    when (proposal).status = 'open' and (proposal).answer_until > now() then 'proposed'
    when private.has_unagreed_change(session) then 'changed'
    -- A yes is noted as agreed in the same moment.
    when (proposal).id is not null and coalesce((proposal).ended_at, (proposal).answer_until) >= coalesce(a.agreed_at, '-infinity')
      then case (proposal).status when 'open' then 'expired' else (proposal).status end
    when a.session_id is not null then 'agreed'
    else 'as_agreed' end
    from (select 1) single_row left join private.session_agreements a on a.session_id = (session).id;
$$;

-- Whether the client of a session is asked something about it.
create function private.waits_for_answer(session public.session_schedules) returns boolean
  language sql stable set search_path = ''
as $$
  select private.get_change_state(session, (
    select p from private.session_proposals p where p.session_id = (session).id order by p.id desc limit 1))
    in ('proposed', 'changed');
$$;

create function private.compose_answerable_change(session_id uuid) returns private.answerable_change
  language plpgsql stable set search_path = ''
as $$
declare
  v_session  public.session_schedules;
  v_proposal private.session_proposals;
  v_shown    private.answerable_change;
begin
  select * into strict v_session from public.session_schedules s where s.id = compose_answerable_change.session_id;
  select * into v_proposal from private.session_proposals p where p.session_id = v_session.id order by p.id desc limit 1;
  v_shown.session := private.summarize_session(v_session);
  v_shown.time_zone := coalesce(private.find_user_time_zone(auth.uid()), (v_shown.session).time_zone);
  v_shown.state := private.get_change_state(v_session, v_proposal);
  if v_shown.state in ('proposed', 'accepted', 'declined', 'expired', 'withdrawn') then
    v_shown.proposed_scheduled_at := v_proposal.scheduled_at;
    v_shown.answer_until := v_proposal.answer_until;
  end if;
  if v_shown.state = 'proposed' then
    v_shown.proposal_id := v_proposal.id;
    v_shown.proposed_is_free := v_proposal.scheduled_at > now() and private.is_free_time(
      v_session.practitioner_id, v_proposal.scheduled_at, v_session.duration_minutes, v_session.id);
  elsif v_shown.state = 'changed' then
    select private.describe_previous(to_jsonb(a), v_session), a.changed_by into v_shown.agreed, v_shown.changed_by
      from private.session_agreements a where a.session_id = v_session.id;
    v_shown.comes_back := case
      when (private.compute_cancellation_terms(v_session, false)).credit_returned = 0 then 'nothing'
      when v_session.credit_lot_id is null then 'payment' else 'credit' end;
    v_shown.usual_free_until := v_session.scheduled_at - make_interval(
      hours => (private.get_cancellation_policy(v_session)).standard_cancellation_hours);
  end if;
  return v_shown;
end
$$;

-- A link of whoever is not its client any more, or of an admin, is none to answer by.
create function private.refuse_unless_booked(session public.session_schedules) returns void
  language plpgsql stable set search_path = ''
as $$
begin
  if session.client_id <> auth.uid() or private.is_class(session) then
    perform private.refuse(410, 'link_ended', 'This link has ended.', 'Its session is not yours any more.');
  end if;
end
$$;

-- Definer: its callers are not signed in.
create function private.read_change(token text) returns private.answerable_change
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_session public.session_schedules := private.open_session_link(read_change.token, 'answer_change');
begin
  perform private.refuse_unless_booked(v_session);
  return private.compose_answerable_change(v_session.id);
end
$$;

-- Definer: as above.
create function private.answer_change(
  token text, accepts boolean, proposal_id bigint, sequence integer, out outcome text, out shown private.answerable_change)
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_session public.session_schedules := private.open_session_link(answer_change.token, 'answer_change');
begin
  perform private.refuse_unless_booked(v_session);
  if answer_change.accepts is null or answer_change.sequence is null then
    perform private.refuse(422, 'answer_missing', 'Please say yes or no.');
  end if;
  select a.outcome into outcome from private.answer_session_change(
    v_session.id, answer_change.accepts, answer_change.proposal_id, answer_change.sequence) a;
  shown := private.compose_answerable_change(v_session.id);
end
$$;

create function public.read_change(token text) returns setof private.answerable_change
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_change(read_change.token);
$$;
comment on function public.read_change is 'By a link in a mail: the time that is proposed.';

create function public.answer_change(
  token text, accepts boolean default null, proposal_id bigint default null, sequence integer default null)
  returns table (outcome text, shown private.answerable_change)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.answer_change(answer_change.token, answer_change.accepts, answer_change.proposal_id,
                                      answer_change.sequence);
$$;
comment on function public.answer_change is 'By a link in a mail: says yes or no to another time.';

revoke execute on function private.get_change_state, private.waits_for_answer, private.compose_answerable_change, private.refuse_unless_booked,
  private.read_change, private.answer_change, public.read_change, public.answer_change
  from public, anon, authenticated, service_role;
grant execute on function private.read_change, private.answer_change, public.read_change, public.answer_change to anon;
