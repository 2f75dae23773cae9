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

create function private.set_session_status(session_id uuid, status text, note text default null) returns void
  language sql set search_path = ''
as $$
  update public.session_schedules s set status = set_session_status.status, notes = coalesce(note, s.notes)
   where s.id = set_session_status.session_id and s.status in ('scheduled', 'in_progress')
     and s.status <> set_session_status.status;
$$;

revoke execute on function private.date_move, private.move_seats_along, private.set_session_status
  from public, anon, authenticated, service_role;
