-- Time zones: which there are, whether this server knows their rules, and what follows when those change.
--
-- British Columbia, Alberta, Manitoba and the Northwest Territories left the old clock rules in 2026. With older rules,
-- ten in the morning of 2026-12-01 is an hour off there, and so would be every session. Nothing here can mend that:
-- what computes times refuses a zone whose rules are outdated, and `python -m deploy doctor` says so before anybody
-- books, with the tzdata that is needed. Once the server has the new rules, a job moves the sessions booked under the
-- old ones.

-- Names are looked up here instead of read from disk: pg_timezone_names reads every file of the server's rules, 10 ms
-- here and more on a busy disk, and each event looks up the time zone of its recipients, even of those who named none.
-- Read from disk, that would be most of the time of every booking and payment.
create table private.known_time_zones (
  name text primary key,

  constraint known_time_zones_name_is_short check (char_length(name) <= 100)
);
comment on table private.known_time_zones is
  'Names this server had rules for when the migration ran. A newer one is still found, slowly, in the rules themselves.';

insert into private.known_time_zones (name) select n.name from pg_catalog.pg_timezone_names n;

alter table private.known_time_zones enable row level security;
-- No policy and no grant: it is read by the function below.

-- Definer: a check constraint is evaluated as whoever writes the row, and they may read no private table.
create function private.is_time_zone(name text) returns boolean
  language sql stable security definer set search_path = ''
as $$
  -- By its full name: PostgreSQL would also take 'EST', and 'Nowhere5' for five hours west of Greenwich.
  select name is not null
     and (exists (select from private.known_time_zones k where k.name = is_time_zone.name)
          or exists (select from pg_catalog.pg_timezone_names n where n.name = is_time_zone.name));
$$;

-- Of one zone: a new connection reads the rules of each zone that it is asked for from a file.
create function private.has_outdated_rules(time_zone text) returns boolean
  language plpgsql stable set search_path = ''
as $$
begin
  -- The hour in UTC of ten in the morning. Toronto's rules have not changed: it shows that the test itself is right.
  return coalesce(
    extract(hour from (timestamp '2026-12-01 10:00' at time zone time_zone) at time zone 'UTC')
      <> case time_zone when 'America/Vancouver' then 17 when 'America/Edmonton' then 16 when 'America/Inuvik' then 16
                        when 'America/Winnipeg' then 15 when 'America/Toronto' then 15 end, false);
end
$$;

-- Moves sessions to come to the local time they were booked for, the nearest first: at most `max_rows` of those after
-- the given one. A job calls it; there is nothing to do until the server's rules change. A session whose time is taken
-- there stays where it is (`moved` is false), and one for which there was no time left too (`moved` is null);
-- `private.practitioner_time_conflicts` lists those that have no time reserved at all.
-- Definer: the service may neither lock calendars nor write practitioner time.
create function private.recompute_session_starts(
  after_start timestamptz default null, after_id uuid default null, max_rows integer default 200)
  returns table (session_id uuid, previous_start timestamptz, new_start timestamptz, moved boolean)
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  c_until constant timestamptz := clock_timestamp() + interval '3 seconds';
  v_session record;
  v_rows    integer := 0;
begin
  for v_session in
    select due.* from (
      select s.id, s.practitioner_id, s.scheduled_at, s.local_start at time zone s.time_zone as new_start
        from public.session_schedules s
       -- A seat moves with its class.
       where s.status = 'scheduled' and s.scheduled_at > now() and s.group_class_id is null
         and s.local_start at time zone s.time_zone <> s.scheduled_at
         -- The hour that comes twice has one wall time and two instants: there the instant decides.
         and s.scheduled_at at time zone s.time_zone <> s.local_start
         and (after_start is null or (s.scheduled_at, s.id) > (after_start, after_id))
       order by s.scheduled_at, s.id limit max_rows) due
     -- The last first where they move later, the first first where they move earlier: each makes room for the next.
     order by due.practitioner_id,
              case when due.new_start > due.scheduled_at then -extract(epoch from due.scheduled_at)
                   else extract(epoch from due.scheduled_at) end
  loop
    v_rows := v_rows + 1;
    session_id := v_session.id;
    previous_start := v_session.scheduled_at;
    new_start := v_session.new_start;
    moved := null;
    if clock_timestamp() < c_until then
      begin
        update public.session_schedules s set scheduled_at = v_session.new_start where s.id = v_session.id;
        moved := true;
      exception when others then  -- the time is taken, or whatever it is: its neighbours move
        moved := false;
      end;
    end if;
    return next;
  end loop;

  if v_rows < max_rows then
    -- A double-booked session gets its time reserved once the other one has moved away.
    insert into private.practitioner_time (practitioner_id, during, session_id, occasion, location_kind)
    select s.practitioner_id,
           private.add_buffers(s.scheduled_at, s.duration_minutes, private.lock_calendar(s.practitioner_id)),
           s.id, private.get_occasion(s), s.session_location
      from public.session_schedules s
     where s.id in (select c.session_id from private.practitioner_time_conflicts c)
     order by s.created_at, s.id limit 2000
    on conflict do nothing;
  end if;
end
$$;

revoke execute on function private.is_time_zone, private.has_outdated_rules, private.recompute_session_starts
  from public, anon, authenticated, service_role;
-- A check constraint is evaluated as whoever writes the row, and get_available_slots runs as its caller.
grant execute on function private.is_time_zone, private.has_outdated_rules to authenticated, service_role;
grant execute on function private.recompute_session_starts to service_role;
