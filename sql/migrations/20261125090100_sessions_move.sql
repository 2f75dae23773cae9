-- Sessions move: forward, a class with all its seats, and what follows from a completion follows whoever completes.
--
--   scheduled ----> in_progress ----> completed
--       |               |
--       +---------------+---------> cancelled        scheduled -> completed: its time passed and nobody was heard of
--
-- Nothing in the pages moves a session. `advance-sessions` does, every minute, and a token or a channel event may be quicker.
-- `private.set_session_status` is the one place that does it; what an admin or the service writes by hand has the same
-- consequences, because those are triggers.

alter table public.session_schedules
  add column started_at   timestamptz,
  add column completed_at timestamptz;
comment on column public.session_schedules.started_at is 'When it was seen to begin; null if nobody was heard of.';
comment on column public.session_schedules.completed_at is 'By the server''s clock.';

create index session_schedules_unfinished_idx on public.session_schedules (scheduled_at)  -- the driver asks what is going on
  where status in ('scheduled', 'in_progress') and group_class_id is null;

create function private.date_move() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if new.status = 'in_progress' then
    new.started_at := now();
  else
    new.completed_at := now();
  end if;
  return new;
end
$$;

create trigger session_schedules_30_date_move before update of status on public.session_schedules
  for each row when (new.status in ('in_progress', 'completed') and old.status <> new.status)
  execute function private.date_move();

-- Definer: whoever moves a class need not see its seats. Cancelling has its own way to them.
create function private.move_seats_along() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  update public.session_schedules seat set status = new.status
   where seat.group_class_id = new.id and seat.status in ('scheduled', 'in_progress') and seat.status <> new.status;
  return null;
end
$$;

create trigger session_schedules_65_move_seats_along after update of status on public.session_schedules
  for each row when (new.max_participants > 1 and new.group_class_id is null
                     and new.status in ('in_progress', 'completed') and old.status <> new.status)
  execute function private.move_seats_along();

create function private.set_session_status(session_id uuid, status text, note text default null) returns void
  language sql set search_path = ''
as $$
  update public.session_schedules s set status = set_session_status.status, notes = coalesce(note, s.notes)
   where s.id = set_session_status.session_id and s.status in ('scheduled', 'in_progress')
     and s.status <> set_session_status.status;
$$;

revoke execute on function private.date_move, private.move_seats_along, private.set_session_status
  from public, anon, authenticated, service_role;

-- A class that has begun gives back what its seats were taken for, too: until now no class ever began.
create or replace function private.cancellation_terms(session public.session_schedules, wants_grace boolean)
  returns private.cancellation_terms
  language plpgsql stable set search_path = ''
as $$
declare
  v_policy public.cancellation_policy := private.policy_of(session);
  v_terms  private.cancellation_terms;
  v_client boolean := private.part_in(session) = 'client';
begin
  v_terms.cancellation_policy_version := v_policy.id;
  v_terms.free_until := session.scheduled_at - make_interval(hours => v_policy.standard_cancellation_hours);
  v_terms.hours_before_session := round(extract(epoch from session.scheduled_at - now()) / 3600, 2);
  v_terms.currency := private.currency_of(session);
  v_terms.grace_available := v_client and now() > v_terms.free_until
    and private.graces_used(session.client_id) < v_policy.grace_cancellations_allowed;
  if wants_grace and v_client and now() > v_terms.free_until and not v_terms.grace_available then
    perform private.refuse(409, 'grace_used', 'You have used your grace cancellation already.',
                           'You can still cancel, and the credit is then used.');
  end if;

  v_terms.cancellation_type := case
    when now() <= v_terms.free_until then 'standard'
    when not v_client then 'emergency'
    when wants_grace then 'grace'
    when now() <= session.scheduled_at - make_interval(hours => v_policy.late_cancellation_hours) then 'late'
    else 'last_minute' end;
  v_terms.credit_returned := case
    when v_terms.cancellation_type = 'last_minute' then 0
    -- Its price went back already.
    when exists (select from public.user_session_credits c where c.id = session.credit_lot_id and c.credits_owed > 0) then 0
    when session.credit_lot_id is not null or (private.payment_of(session.id)).id is not null then 1
    else 0 end;
  v_terms.fee_charged := case
    when v_terms.cancellation_type <> 'late' or v_terms.credit_returned = 0 then 0
    when v_terms.currency = 'cad' then v_policy.late_cancellation_fee_cad
    else v_policy.late_cancellation_fee_usd end;

  if private.is_class(session) then
    -- Nobody has the class's own row; what comes back is what its seats were taken for.
    select coalesce(sum((private.cancellation_terms(seat, false)).credit_returned), 0) into v_terms.credit_returned
      from public.session_schedules seat where seat.group_class_id = session.id and seat.status in ('scheduled', 'in_progress');
  end if;
  return v_terms;
end
$$;
