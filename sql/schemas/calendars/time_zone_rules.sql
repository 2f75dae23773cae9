-- Time zone rules: can this server tell the time in Canada?
--
-- British Columbia, Alberta, Manitoba and the Northwest Territories left the old clock rules in 2026. With rules older than
-- tzdata 2026b, ten in the morning of 2026-12-01 is an hour off there, and so would be every session. Nothing here can
-- mend that; what computes times refuses to do so in a zone that is misread, and the doctor says so before anybody books.

create function private.misread_time_zones() returns setof text
  language sql stable set search_path = ''
as $$
  -- The hour in UTC of ten in the morning. Toronto has not changed: it shows that the question itself is right.
  select expected.time_zone
    from (values ('America/Vancouver', 17), ('America/Edmonton', 16), ('America/Inuvik', 16),
                 ('America/Winnipeg', 15), ('America/Toronto', 15)) as expected (time_zone, utc_hour)
   where extract(hour from (timestamp '2026-12-01 10:00' at time zone expected.time_zone) at time zone 'UTC')
         <> expected.utc_hour;
$$;

create function private.time_zone_rules_are_current() returns boolean
  language sql stable set search_path = ''
as $$
  select not exists (select from private.misread_time_zones());
$$;

-- No policy and no grant: it is read by the function below.

-- Definer: a check on a table is asked as whoever writes the row, and they read no private table.
create function private.is_time_zone(name text) returns boolean
  language sql stable security definer set search_path = ''
as $$
  -- By its full name: PostgreSQL would also take 'EST', and 'Nowhere5' for five hours west of Greenwich.
  select name is not null
     and (exists (select from private.known_time_zones k where k.name = is_time_zone.name)
          or exists (select from pg_catalog.pg_timezone_names n where n.name = is_time_zone.name));
$$;

revoke execute on function private.misread_time_zones, private.time_zone_rules_are_current, private.is_time_zone
  from public, anon, authenticated, service_role;
-- A check on a table is asked as whoever writes the row.
grant execute on function private.is_time_zone, private.misread_time_zones to authenticated, service_role;
grant execute on function private.time_zone_rules_are_current to service_role;
