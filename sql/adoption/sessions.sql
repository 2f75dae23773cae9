-- Sessions home: the values of the twelve columns, and the local time of each session, in one pass before there are indexes
-- on them. A participant's own row keeps the seats of its class until the closing files: the pages find it by them. Nobody
-- changed these sessions, so no trigger fires.

create procedure legacy.bring_sessions_home()
  language plpgsql set search_path = ''
as $procedure$
begin
  if not legacy.has_columns('session_schedules') then
    alter table public.session_schedules disable trigger user;
    update public.session_schedules s
       set time_zone = c.time_zone, local_start = s.scheduled_at at time zone c.time_zone
      from public.practitioner_calendars c where c.practitioner_id = s.practitioner_id;
    alter table public.session_schedules enable trigger user;
    return;
  end if;

  insert into private.legacy_rows (table_name, row_id, reason, row_data, account_id)
  select 'session_schedules', s.id, w.reason, w.row_data, u.id
    from public.session_schedules s left join auth.users u on u.id = s.client_id
   cross join lateral (values
     ('a number of seats that no session has', jsonb_build_object(
        'max_participants', s.legacy_max_participants, 'current_participants', s.legacy_current_participants),
      s.legacy_max_participants not between 1 and 1000 or s.legacy_current_participants not between 0 and 1000),
     ('a place that is longer than a place can be', legacy.shorten(jsonb_build_object('physical_location', s.legacy_physical_location)),
      char_length(s.legacy_physical_location) > 500),
     ('a name that is longer than a class''s can be', legacy.shorten(jsonb_build_object('class_name', s.legacy_class_name)),
      char_length(s.legacy_class_name) > 200),
     ('coordinates that are not on earth', jsonb_build_object('location_coordinates', s.legacy_location_coordinates::text),
      not s.legacy_location_coordinates <@ '((-180, -90), (180, 90))'::pg_catalog.box),
     ('a cancellation policy that could not be taken',
      jsonb_build_object('cancellation_policy_version', s.legacy_cancellation_policy_version),
      s.legacy_cancellation_policy_version is not null and not exists (
        select from public.cancellation_policy p where p.id = s.legacy_cancellation_policy_version)))
     w (reason, row_data, applies)
   where w.applies;

  alter table public.session_schedules disable trigger user;
  update public.session_schedules s
     set time_zone = c.time_zone, local_start = s.scheduled_at at time zone c.time_zone,
         session_location = coalesce(s.legacy_session_location, 'online'),
         studio_id = place.studio_id,
         physical_location = left(coalesce(place.words, s.legacy_physical_location), 500),
         -- Somebody chose it on a page, so nobody is asked again.
         place_said_at = case when s.scheduled_at > now() and (place.studio_id is not null or s.legacy_session_location = 'in_person')
                              then s.created_at end,
         location_coordinates = case when s.legacy_location_coordinates <@ '((-180, -90), (180, 90))'::pg_catalog.box
                                     then s.legacy_location_coordinates end,
         max_participants = least(greatest(coalesce(s.legacy_max_participants, 1), 1), 1000),
         current_participants = least(greatest(coalesce(s.legacy_current_participants, 1), 0), 1000),
         correlated_session_id = s.legacy_correlated_session_id,
         cancellation_policy_agreed_at = s.legacy_cancellation_policy_agreed_at,
         cancellation_policy_version = (
           select p.id from public.cancellation_policy p where p.id = s.legacy_cancellation_policy_version),
         grace_cancellation_used = coalesce(s.legacy_grace_cancellation_used, false),
         cancelled_at = case when s.legacy_cancelled_at between '2000-01-01' and '2100-01-01' then s.legacy_cancelled_at end,
         class_name = left(s.legacy_class_name, 200),
         reminder_sent = s.legacy_reminder_sent
    from public.session_schedules old
    left join public.practitioner_calendars c on c.practitioner_id = old.practitioner_id
    -- Each place is looked up once, however many sessions are there.
    left join (select p.said, f.id as studio_id, private.describe_studio(f) as words
                 from (select distinct o.legacy_physical_location as said from public.session_schedules o
                        where o.legacy_physical_location is not null) p
                cross join lateral private.find_studio(p.said) f where f.id is not null) place
      on place.said = old.legacy_physical_location
   where s.id = old.id;
  alter table public.session_schedules enable trigger user;
  call legacy.drop_columns('session_schedules');
end
$procedure$;

call legacy.bring_sessions_home();
drop procedure legacy.bring_sessions_home();
