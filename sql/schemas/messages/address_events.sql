-- Addressing: who is told of an event, and how. Mails, notifications on the pages and deliveries to other systems are
-- made of each row of the outbox by whichever worker runs next, and not by the booking that it is about.
--
--   waiting -> addressed    all of it is written, in one piece
--   waiting -> waiting      something of it cannot be written: tried again, at growing intervals, then set aside
--                           (foundation/queues.sql)
--
-- Every claim of a mail or of a delivery begins with this, so that neither function waits for the other. Events of one
-- session are addressed in their order: none overtakes an earlier one that is still tried. Killed at any point, a run
-- has addressed an event whole or not at all.

-- Addresses those events, if nobody has, as many as there is time for. Returns how many it tried.
-- Definer: whoever asks has no right to write to other people.
create function private.address_events(event_ids bigint[], until timestamptz default 'infinity') returns integer
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_event   private.outbox;
  v_failure text;
  v_count   integer := 0;
begin
  for v_event in
    select * from private.outbox o
     where o.id = any (address_events.event_ids) and o.addressed_at is null order by o.id for update
  loop
    exit when clock_timestamp() > address_events.until;
    continue when v_event.session_id is not null and exists (
      select from private.outbox earlier
       where earlier.session_id = v_event.session_id and earlier.id < v_event.id and earlier.addressed_at is null
         and earlier.attempts < private.max_attempts());
    begin
      perform private.notify_recipients(v_event);
      perform private.enqueue_webhook_deliveries(v_event);
      v_failure := null;
    exception when query_canceled or others then
      v_failure := left(sqlstate || ' ' || sqlerrm, 2000);  -- the others are told
    end;
    if v_failure is null then
      update private.outbox o
         set addressed_at = now(), caused_by = null, failure = null, payload = o.payload - 'session'  -- the mails have it
       where o.id = v_event.id;
    else
      update private.outbox o
         set attempts = o.attempts + 1, failure = v_failure, next_attempt_at = now() + private.retry_delay(o.attempts + 1)
       where o.id = v_event.id;
    end if;
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$$;

-- Addresses the oldest that are due. Returns how many it tried; 0: nothing is left for now.
-- Whoever finds another worker at it waits, so as to find all of it done; but not for long, if that one is stuck.
create function private.address_waiting_events(at_most integer default 20) returns integer
  language plpgsql volatile set search_path = '' set lock_timeout = '2s'
as $$
declare
  v_ids bigint[];
begin
  begin
    v_ids := array(
      select o.id from private.outbox o
       where o.addressed_at is null and o.attempts < private.max_attempts() and o.next_attempt_at <= now()
         and not exists (select from private.outbox earlier
                          where earlier.session_id = o.session_id and earlier.id < o.id and earlier.addressed_at is null
                            and earlier.attempts between 1 and private.max_attempts() - 1)
       order by o.id limit at_most for update of o);
  exception when lock_not_available then
    return 0;
  end;
  return private.address_events(v_ids, clock_timestamp() + interval '2 seconds');
end
$$;

-- All that waits and concerns a person, before they are erased: what is about them is told now, or not at all.
create function private.address_events_about(user_id uuid) returns void
  language plpgsql volatile set search_path = ''
as $$
begin
  perform private.address_events(array(
    select o.id from private.outbox o
     where o.addressed_at is null
       and (o.user_id = address_events_about.user_id or exists (
              select from public.session_schedules s left join public.practitioners p on p.id = s.practitioner_id
               where s.id = o.session_id and address_events_about.user_id in (s.client_id, p.user_id)))));
  update private.outbox o set addressed_at = now(), caused_by = null
   where o.addressed_at is null and o.user_id = address_events_about.user_id;
  update private.outbox o set caused_by = null
   where o.addressed_at is null and o.caused_by = address_events_about.user_id;
end
$$;

-- What the events that still wait need of a session that is being deleted. Definer: nobody writes the outbox.
create function private.keep_session_for_events() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  update private.outbox o set payload = o.payload || private.snapshot_session(old)
   where o.session_id = old.id and o.addressed_at is null;
  return old;
end
$$;

revoke execute on function private.address_events, private.address_waiting_events, private.address_events_about,
  private.keep_session_for_events from public, anon, authenticated, service_role;
