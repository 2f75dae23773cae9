-- Busy times: what a practitioner's other calendars say, read in on schedule, and kept free here.
--
--   added -> read -> read ...            every half hour; what is kept is what was last read whole
--             read -> failing -> read    tried again, at growing intervals, and never given up
--
-- A time off of its own kind, in a table of its own: other calendars overlap each other, and hold copies of what was
-- booked here, so none of it can stand in private.practitioner_time. Nobody books such a time; its practitioner and
-- admins may, since what they lead is theirs to say; of what is booked in it they are told (series/collisions.sql). An
-- address that fails keeps what was last read: failing opens no time. Whoever gave it is told once, after a day.
--
-- An address of such a calendar is a secret: whoever has it reads all of it. No reply, log line or export holds it.

create table private.busy_calendars (
  id              uuid        primary key default gen_random_uuid(),
  practitioner_id uuid        not null references public.practitioners (id) on delete cascade,
  position        integer     not null,
  address         text        not null,
  read_at         timestamptz,
  entries         integer     not null default 0,
  failing_since   timestamptz,
  failure         text,
  told_at         timestamptz,
  attempts        integer     not null default 0,
  next_attempt_at timestamptz not null default now(),
  lease_id        uuid,
  lease_until     timestamptz,
  created_at      timestamptz not null default now(),

  constraint busy_calendars_are_three_at_most check (position between 1 and 3),
  constraint busy_calendars_one_for_each_position unique (practitioner_id, position),
  constraint busy_calendars_one_for_each_address unique (practitioner_id, address),
  constraint busy_calendars_address_is_one check (address ~ '^https?://' and char_length(address) <= 2000),
  constraint busy_calendars_failure_is_short check (char_length(failure) <= 100),
  constraint busy_calendars_entries_are_in_range check (entries between 0 and 5000)
);
comment on table  private.busy_calendars         is 'Addresses of practitioners'' other calendars.';
comment on column private.busy_calendars.read_at is 'When it was last read whole; null: not yet.';
comment on column private.busy_calendars.failure is 'Why the last try did not succeed, as a code.';
comment on column private.busy_calendars.told_at is 'When its practitioner was told that it fails; null again once it is read.';

create index busy_calendars_due_idx on private.busy_calendars (next_attempt_at);

create table private.busy_times (
  id               bigint    primary key generated always as identity,
  busy_calendar_id uuid      not null references private.busy_calendars (id) on delete cascade,
  practitioner_id  uuid      not null references public.practitioners (id) on delete cascade,
  during           tstzrange not null,

  constraint busy_times_are_not_empty check (not isempty(during) and not lower_inf(during) and not upper_inf(during))
);
comment on table private.busy_times is 'What was last read from them, without words: only when.';

create index busy_times_during_idx on private.busy_times using gist (practitioner_id, during);
create index busy_times_calendar_idx on private.busy_times (busy_calendar_id);

alter table private.busy_calendars enable row level security;
alter table private.busy_times enable row level security;
-- No grant and no policy: the functions below are the only way.

-- Definer: only the time is returned.
create function private.get_busy_times(practitioner_id uuid, during tstzrange) returns tstzmultirange
  language plpgsql stable security definer set search_path = ''
as $$
begin
  return (
    select coalesce(range_agg(b.during), '{}') from private.busy_times b
     where b.practitioner_id = get_busy_times.practitioner_id and b.during && get_busy_times.during);
end
$$;

-- The next address that is due; a lease of two minutes keeps other readers off. Without one, a row of nulls.
-- Definer: nobody has the right to read addresses.
create function private.claim_busy_calendar()
  returns table (calendar_id uuid, lease_id uuid, address text, time_zone text, from_time timestamptz, until_time timestamptz)
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_calendar private.busy_calendars;
begin
  update private.busy_calendars b
     set lease_id = gen_random_uuid(), lease_until = now() + interval '2 minutes', attempts = least(b.attempts + 1, 100),
         next_attempt_at = now() + greatest(interval '2 minutes', private.retry_delay(b.attempts + 1))
   where b.id = (select due.id from private.busy_calendars due
                  where due.next_attempt_at <= now() and coalesce(due.lease_until, '-infinity') < now()
                  order by due.next_attempt_at limit 1 for update skip locked)
  returning b.* into v_calendar;
  return query
    select v_calendar.id, v_calendar.lease_id, v_calendar.address, c.time_zone, now() - interval '1 day',
           now() + make_interval(days => least(coalesce(c.booking_horizon_days, 0) + 2, 400))
      from (select 1) single_row
      left join public.practitioner_calendars c on c.practitioner_id = v_calendar.practitioner_id;
end
$$;

create function private.find_leased_busy_calendar(calendar_id uuid, lease_id uuid) returns private.busy_calendars
  language plpgsql volatile set search_path = ''
as $$
declare
  v_calendar private.busy_calendars;
begin
  select * into v_calendar from private.busy_calendars b
   where b.id = find_leased_busy_calendar.calendar_id and b.lease_id = find_leased_busy_calendar.lease_id for update;
  if not found then
    perform private.refuse(409, 'lease_lost', 'Somebody else reads this calendar now, or it was removed.');
  end if;
  return v_calendar;
end
$$;

-- What was read takes the place of what was read before. Entries are {uid, starts_at, ends_at}; those that are sessions
-- of ours, as invitations to them come back, take no time a second time.
-- Definer: nobody has the right to write them.
create function private.keep_busy_times(calendar_id uuid, lease_id uuid, entries jsonb) returns integer
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_calendar private.busy_calendars;
  v_kept     integer;
begin
  if jsonb_array_length(entries) > 5000 then
    perform private.refuse(422, 'too_many_entries', 'There are more than 5,000 times in this calendar.');
  end if;
  v_calendar := private.find_leased_busy_calendar(keep_busy_times.calendar_id, keep_busy_times.lease_id);
  delete from private.busy_times b where b.busy_calendar_id = v_calendar.id;
  insert into private.busy_times (busy_calendar_id, practitioner_id, during)
  select v_calendar.id, v_calendar.practitioner_id, unnest(range_agg(tstzrange(e.starts_at, e.ends_at)))
    from jsonb_to_recordset(entries) e (uid text, starts_at timestamptz, ends_at timestamptz)
   where e.starts_at < e.ends_at
     and not exists (select from public.session_schedules s
                      where s.id::text = e.uid and s.practitioner_id = v_calendar.practitioner_id);
  get diagnostics v_kept = row_count;
  update private.busy_calendars b
     set read_at = now(), entries = v_kept, failing_since = null, failure = null, told_at = null, attempts = 0,
         next_attempt_at = now() + interval '30 minutes', lease_id = null, lease_until = null
   where b.id = v_calendar.id;
  perform private.note_collisions(v_calendar.practitioner_id, 'other_calendar', private.get_busy_times(
            v_calendar.practitioner_id, tstzrange(now(), null)));
  return v_kept;
end
$$;

-- What was last read stays. Definer: as above.
create function private.note_busy_failure(calendar_id uuid, lease_id uuid, failure text) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_calendar private.busy_calendars;
begin
  v_calendar := private.find_leased_busy_calendar(note_busy_failure.calendar_id, note_busy_failure.lease_id);
  update private.busy_calendars b
     set failing_since = coalesce(b.failing_since, now()), failure = left(note_busy_failure.failure, 100),
         lease_id = null, lease_until = null,
         told_at = case when b.failing_since < now() - interval '1 day' then coalesce(b.told_at, now()) else b.told_at end
   where b.id = v_calendar.id
  returning b.* into v_calendar;
  if v_calendar.told_at = now() then
    perform private.publish_event('calendar_unreadable', p.user_id, null, jsonb_build_object(
              'calendar_id', v_calendar.id, 'host', private.get_host(v_calendar.address),
              'failing_since', v_calendar.failing_since, 'read_at', v_calendar.read_at))
       from public.practitioners p where p.id = v_calendar.practitioner_id and p.user_id is not null;
  end if;
end
$$;

-- All of an address that is shown.
create function private.get_host(address text) returns text
  language sql immutable set search_path = ''
as $$
  select left(substring(get_host.address from '^https?://([^/?#]+)'), 255);
$$;

-- The same for the reader, exposed: the API calls functions of schema public.

create function public.claim_busy_calendar()
  returns table (calendar_id uuid, lease_id uuid, address text, time_zone text, from_time timestamptz, until_time timestamptz)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.claim_busy_calendar();
$$;
comment on function public.claim_busy_calendar is 'For the reader: the next calendar that is due.';

create function public.keep_busy_times(calendar_id uuid, lease_id uuid, entries jsonb) returns table (kept integer)
  language sql volatile security invoker set search_path = ''
as $$
  select private.keep_busy_times(keep_busy_times.calendar_id, keep_busy_times.lease_id, keep_busy_times.entries);
$$;
comment on function public.keep_busy_times is 'For the reader: the times that a calendar holds now.';

create function public.note_busy_failure(calendar_id uuid, lease_id uuid, failure text) returns table (success boolean)
  language sql volatile security invoker set search_path = ''
as $$
  select private.note_busy_failure(note_busy_failure.calendar_id, note_busy_failure.lease_id, note_busy_failure.failure);
  select true;
$$;
comment on function public.note_busy_failure is 'For the reader: why a calendar could not be read.';

revoke execute on function private.get_busy_times, private.claim_busy_calendar, private.find_leased_busy_calendar,
  private.keep_busy_times, private.note_busy_failure, private.get_host, public.claim_busy_calendar,
  public.keep_busy_times, public.note_busy_failure from public, anon, authenticated, service_role;
grant execute on function private.claim_busy_calendar, private.keep_busy_times, private.note_busy_failure,
  public.claim_busy_calendar, public.keep_busy_times, public.note_busy_failure to service_role;
