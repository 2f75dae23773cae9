-- A live contract as a condition for being bookable: a setting, off to begin with.
--
-- Live is what is signed, not revoked, and not past its end when the session ends. Clients are told what they are told of somebody
-- who is paused: why somebody takes no bookings is between them and the platform.
--
-- This stands after the migration on pausing, whose answer about classes it extends.

create table public.contract_rules (
  id                   uuid        primary key default gen_random_uuid(),
  live_contract_needed boolean     not null default false,
  updated_at           timestamptz not null default now()
);
create unique index contract_rules_are_one on public.contract_rules ((true));
comment on table  public.contract_rules                      is 'One row: what contracts decide.';
comment on column public.contract_rules.live_contract_needed is 'Whether a practitioner without a live contract takes no bookings.';

insert into public.contract_rules default values;

alter table public.contract_rules enable row level security;

create trigger update_contract_rules_updated_at before update on public.contract_rules
  for each row execute function public.update_updated_at_column();
create trigger audit_contract_rules after insert or update or delete on public.contract_rules
  for each row execute function private.write_audit_log();

create policy "practitioners and admins read contract rules"
  on public.contract_rules for select to authenticated
  using (exists (select from private.my_practitioner_ids()) or (select private.is_admin()));
create policy "admins set contract rules"
  on public.contract_rules for update to authenticated using ((select private.is_admin()));

revoke all on public.contract_rules from anon, authenticated, service_role;
-- One row, made above: no insert and no delete for anybody.
grant select, update (live_contract_needed) on public.contract_rules to authenticated;
grant select, update (live_contract_needed) on public.contract_rules to service_role;

-- Definer: contracts are their practitioner's; everybody may know until when somebody can be booked.
create function private.bookable_until(practitioner_id uuid) returns timestamptz
  language sql stable security definer set search_path = ''
as $$
  select case when r.live_contract_needed then (
           select coalesce(max(coalesce(c.expires_at, 'infinity')), '-infinity') from public.practitioner_contracts c
            where c.practitioner_id = bookable_until.practitioner_id and c.status = 'signed')
         else 'infinity' end
    from public.contract_rules r;
$$;

create or replace function private.judge_starts(
  practitioner_id uuid, starts timestamptz[], duration_minutes integer, for_user uuid, ignore_session uuid default null)
  returns table (starts_at timestamptz, reason text)
  language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_calendar public.practitioner_calendars;
  v_length   interval := make_interval(mins => judge_starts.duration_minutes);
  v_before   interval;
  v_after    interval;
  v_first    timestamptz := (select min(s) from unnest(starts) s);
  v_last     timestamptz := (select max(s) from unnest(starts) s) + v_length;
  v_open     tstzmultirange;
  v_busy     tstzmultirange;
  v_until    timestamptz := private.bookable_until(judge_starts.practitioner_id);
begin
  select c.* into v_calendar
    from public.practitioner_calendars c join public.practitioners p on p.id = c.practitioner_id
   where c.practitioner_id = judge_starts.practitioner_id and p.available
     and c.time_zone not in (select private.misread_time_zones());
  if not found then
    return query select s, 'practitioner_unavailable' from unnest(starts) s;
    return;
  end if;

  v_before := make_interval(mins => v_calendar.buffer_before_minutes);
  v_after  := make_interval(mins => v_calendar.buffer_after_minutes);
  v_open := private.open_hours(judge_starts.practitioner_id, (v_first at time zone v_calendar.time_zone)::date,
                               (v_last at time zone v_calendar.time_zone)::date);
  select coalesce(range_agg(t.during), '{}') into v_busy
    from private.practitioner_time t left join public.session_holds h on h.id = t.hold_id
   where t.practitioner_id = judge_starts.practitioner_id
     and t.during && tstzrange(v_first - v_before, v_last + v_after)
     and (t.hold_id is null or (t.lapses_at > now() and h.user_id is distinct from judge_starts.for_user))
     and (t.session_id is null or t.session_id is distinct from judge_starts.ignore_session);

  return query
    select s, case
        when s <= now() then 'slot_in_past'
        when s < now() + make_interval(mins => v_calendar.minimum_notice_minutes) then 'too_short_notice'
        when s > now() + make_interval(days => v_calendar.booking_horizon_days) then 'beyond_horizon'
        when s + v_length > v_until then 'practitioner_unavailable'
        when not v_open @> tstzrange(s, s + v_length) then 'outside_availability'
        when v_busy && tstzrange(s - v_before, s + v_length + v_after) then 'slot_taken'
      end
      from unnest(starts) s;
end
$$;

create or replace function private.refuse_full_class(class public.session_schedules, for_user uuid) returns void
  language plpgsql stable set search_path = ''
as $$
begin
  if class.status <> 'scheduled' then
    perform private.refuse(409, 'class_not_open', 'This class can no longer be joined.');
  elsif class.scheduled_at <= now() then
    perform private.refuse(409, 'class_over', 'This class has begun.');
  elsif exists (select from public.session_schedules s
                 where s.group_class_id = class.id and s.client_id = for_user and s.status <> 'cancelled') then
    perform private.refuse(409, 'already_joined', 'You have a seat in this class already.');
  elsif private.taken_seats(class.id) + private.held_seats(class.id, for_user) >= class.max_participants then
    perform private.refuse(409, 'class_full', 'This class is full.', 'Please choose another class.');
  elsif (class.practitioner_id in (select private.paused_practitioner_ids())
         or class.scheduled_at + make_interval(mins => class.duration_minutes) > private.bookable_until(class.practitioner_id))
        and not private.is_admin()
        -- What was open when it was held is theirs: it may be paid for already.
        and not exists (select from public.session_holds h
                         where h.group_class_id = class.id and h.user_id = for_user and h.status = 'held' and h.expires_at > now()) then
    perform private.refuse(409, 'practitioner_unavailable', 'This practitioner takes no bookings at the moment.',
                           'Please choose another practitioner.');
  end if;
end
$$;

create or replace function private.judged_classes(
  kind public.session_types, first timestamptz, until timestamptz, time_zone text, practitioner_id uuid,
  session_location text)
  returns setof public.available_slot
  language sql stable security definer set search_path = ''
as $$
  select s.scheduled_at, s.scheduled_at + make_interval(mins => s.duration_minutes),
         s.scheduled_at at time zone judged_classes.time_zone,
         array[s.practitioner_id], s.id, s.max_participants - seats.taken,
         case when s.scheduled_at <= now() then 'slot_in_past'
              when s.practitioner_id in (select private.paused_practitioner_ids())
                or s.scheduled_at + make_interval(mins => s.duration_minutes) > private.bookable_until(s.practitioner_id)
              then 'practitioner_unavailable'
              when s.max_participants <= seats.taken then 'class_full' end
    from public.session_schedules s
   cross join lateral (select private.taken_seats(s.id) + private.held_seats(s.id, auth.uid()) as taken) seats
   where s.max_participants > 1 and s.group_class_id is null and s.status = 'scheduled'
     and s.scheduled_at >= first and s.scheduled_at < until
     -- The admin page makes a class of so many minutes, and does not say whether people stand or lie.
     and s.duration_minutes = (kind).duration_minutes and coalesce(s.session_type_id, (kind).id) = (kind).id
     and s.session_location = judged_classes.session_location
     and (judged_classes.practitioner_id is null or s.practitioner_id = judged_classes.practitioner_id);
$$;

revoke execute on function private.bookable_until from public, anon, authenticated, service_role;
