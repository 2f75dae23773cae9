-- Changes: one event for each change that calendars show, whatever changed and however many columns at once.
--
--   session_rescheduled   the time, and whatever else was changed with it
--   session_changed       length, place, online or in person, name or practitioner, but not the time
--   session_given_away    for the practitioner who led it until then
--
-- An event keeps the values before it, by column. A mail states the session as it is when the mail leaves, and all that
-- is different from what its reader was told last (messages/change_summaries.sql): of two changes in a minute one mail
-- is sent, and neither is lost. A session that was to be by now is changed by nobody's notice any more.

-- The values before the change, by column; null if none of those that calendars show is another.
create function private.list_previous_values(before public.session_schedules, after public.session_schedules)
  returns jsonb
  language sql stable set search_path = ''
as $$
  select jsonb_object_agg(was.key, was.value)
    from jsonb_each(to_jsonb(before)) was
   where was.key in ('scheduled_at', 'duration_minutes', 'practitioner_id', 'session_location', 'physical_location', 'class_name')
     and was.value is distinct from to_jsonb(after) -> was.key;
$$;

create function private.publish_change(session public.session_schedules, previous jsonb, by text) returns void
  language sql volatile set search_path = ''
as $$
  select private.publish_event(
    case when previous ? 'scheduled_at' then 'session_rescheduled' else 'session_changed' end,
    (session).client_id, (session).id, jsonb_strip_nulls(jsonb_build_object(
      'by', by, 'practitioner_id', (session).practitioner_id, 'group_class_id', (session).group_class_id,
      'previous_scheduled_at', previous -> 'scheduled_at', 'scheduled_at', (session).scheduled_at,
      'accepted', private.is_accepted_time((session).id, (session).scheduled_at)))
    || jsonb_build_object('previous', previous));
$$;

-- Definer: nobody reads or writes the outbox.
create function private.publish_session_change() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  v_previous jsonb := private.list_previous_values(old, new);
  v_by       text := coalesce(private.get_caller_role(old), private.get_caller_role(new), 'platform');
begin
  perform private.publish_change(new, v_previous, v_by);
  -- Whoever leads a class hears of it once, not of each seat.
  if v_previous ? 'practitioner_id' and new.group_class_id is null then
    perform private.publish_event('session_given_away', null, new.id, jsonb_build_object(
      'by', v_by, 'practitioner_id', old.practitioner_id, 'scheduled_at', old.scheduled_at));
  end if;
  return null;
end
$$;

revoke execute on function private.list_previous_values, private.publish_change, private.publish_session_change
  from public, anon, authenticated, service_role;
