-- Change summaries: what about a session is different from what somebody was told last, in words.
--
-- An event keeps the values before it as columns of session_schedules (sessions/changes.sql). They become words when
-- the mail is written, because a studio may have a new name by then, and because of two changes only the older of two
-- values was ever told.

-- By what a mail names: scheduled_at, duration_minutes, place, practitioner, class_name. Only what is different now.
create function private.describe_previous(previous jsonb, session public.session_schedules) returns jsonb
  language sql stable set search_path = ''
as $$
  with now_and_then as (
    -- Where the event kept nothing, nothing was different.
    select to_jsonb(session) as now_row, to_jsonb(session) || coalesce(previous, '{}') as old_row
  ),
  old_session as (
    select n.now_row, n.old_row, n.old_row ->> 'session_location' = 'online' as was_online,
           -- In the words in which the mail says where it is now.
           jsonb_populate_record(session, n.old_row || jsonb_build_object(
             'studio_id', (private.find_studio(n.old_row ->> 'physical_location')).id)) as old_session
      from now_and_then n
  )
  select nullif(jsonb_strip_nulls(jsonb_build_object(
    'scheduled_at', case when (o.old_row ->> 'scheduled_at')::timestamptz <> (session).scheduled_at then o.old_row -> 'scheduled_at' end,
    'duration_minutes', case when o.old_row -> 'duration_minutes' <> o.now_row -> 'duration_minutes' then o.old_row -> 'duration_minutes' end,
    'place', case when o.old_row -> 'session_location' <> o.now_row -> 'session_location'
                    or (not o.was_online and o.old_row -> 'physical_location' is distinct from o.now_row -> 'physical_location')
      then case when o.was_online then 'Online'
                else coalesce(private.describe_location(o.old_session), 'In person') end end,
    'practitioner', case when o.old_row -> 'practitioner_id' <> o.now_row -> 'practitioner_id'
      then coalesce((select p.name from public.practitioners p where p.id = (o.old_row ->> 'practitioner_id')::uuid), 'another practitioner') end,
    'class_name', case when o.old_row -> 'class_name' is distinct from o.now_row -> 'class_name'
      then coalesce(o.old_row ->> 'class_name', 'Class') end)), '{}')
    from old_session o;
$$;

-- All that a mail about a session must say is different: what its own event changed, and every later event whose mail
-- this one takes the place of. And whether any of that was done by somebody but the client.
create function private.list_untold_changes(mail private.mails) returns jsonb
  language sql stable set search_path = ''
as $$
  with untold as (
    select m.position, m.payload from private.mails m
     where m.session_id = (mail).session_id and m.user_id = (mail).user_id and m.payload ? 'previous'
       and (m.id = (mail).id or (m.position > (mail).position and m.status = 'queued'))
  )
  select jsonb_build_object(
           'was', private.describe_previous(
             (select jsonb_object_agg(oldest.key, oldest.value)
                from (select distinct on (was.key) was.key, was.value
                        from untold u cross join jsonb_each(u.payload -> 'previous') was
                       order by was.key, u.position) oldest), s),
           'by_others', exists (select from untold u where u.payload ->> 'by' <> 'client'))
    from public.session_schedules s
   where s.id = (mail).session_id
     and (mail).kind in ('session_booked', 'class_scheduled', 'session_rescheduled', 'session_changed',
                       'waiting_class_changed');
$$;

-- What an event changed, as a notification says it: the time and the place have changed.
create function private.name_changes(previous jsonb, language text) returns text
  language sql stable set search_path = ''
as $$
  select format(case when count(*) = 1 then private.say('%s has changed', name_changes.language)
                     else private.say('%s have changed', name_changes.language) end,
                string_agg(words.name, format(private.say('%s and %s', name_changes.language), '', '') order by words.position))
    from (select n.name, min(n.position) as position
            from jsonb_object_keys(previous) was
            join (values (1, 'scheduled_at',      private.say('the time', name_changes.language)),
                         (2, 'duration_minutes',  private.say('the length', name_changes.language)),
                         (3, 'session_location',  private.say('the place', name_changes.language)),
                         (3, 'physical_location', private.say('the place', name_changes.language)),
                         (4, 'practitioner_id',   private.say('the practitioner', name_changes.language)),
                         (5, 'class_name',        private.say('the name', name_changes.language))) n (position, key, name)
              on n.key = was
           group by n.name) words
  having count(*) > 0;
$$;

-- What there is to answer about a session, for whoever has a part in it. Definer: it reads what nobody may.
create function private.get_session_change(session_id uuid)
  returns table (session private.session_summary, is_changed boolean, changed_by text, changed_at timestamptz,
                 agreed jsonb, proposed_scheduled_at timestamptz, answer_until timestamptz)
  language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_session public.session_schedules := private.get_session_of_caller(get_session_change.session_id);
begin
  return query
    select private.summarize_session(v_session), private.has_unagreed_change(v_session), a.changed_by, a.changed_at,
           private.describe_previous(to_jsonb(a), v_session), p.scheduled_at, p.answer_until
      from (select 1) single_row
      left join private.session_agreements a on a.session_id = v_session.id
      left join private.session_proposals p
        on p.session_id = v_session.id and p.status = 'open' and p.answer_until > now();
end
$$;

create function public.get_session_change(session_id uuid)
  returns table (session private.session_summary, is_changed boolean, changed_by text, changed_at timestamptz,
                 agreed jsonb, proposed_scheduled_at timestamptz, answer_until timestamptz)
  language sql stable security invoker set search_path = ''
as $$
  select c.session, c.is_changed, c.changed_by, c.changed_at, c.agreed, c.proposed_scheduled_at, c.answer_until
    from private.get_session_change(get_session_change.session_id) c;
$$;
comment on function public.get_session_change is
  'What the client of a session may answer: a change that was made, with what they had agreed to, or a proposed time.';

-- The sessions that the caller is asked to take over. Definer: they are somebody else's until then, and so is the name
-- of their client.
create function private.list_session_offers() returns table (session private.session_summary, answer_until timestamptz)
  language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_variable
declare
  v_offer record;
begin
  for v_offer in
    select s as row, o.answer_until from private.session_offers o join public.session_schedules s on s.id = o.session_id
     where o.status = 'open' and o.answer_until > now() and o.practitioner_id = any (array(select private.my_practitioner_ids()))
     order by s.scheduled_at, s.id limit 100
  loop
    session := private.summarize_session(v_offer.row);
    session.client_name := null;
    answer_until := v_offer.answer_until;
    return next;
  end loop;
end
$$;

create function public.list_session_offers() returns table (session private.session_summary, answer_until timestamptz)
  language sql stable security invoker set search_path = ''
as $$
  select o.session, o.answer_until from private.list_session_offers() o;
$$;
comment on function public.list_session_offers is
  'For practitioners: the sessions they are asked to lead, and until when they may answer. Without the client''s name.';

revoke execute on function private.describe_previous, private.list_untold_changes, private.name_changes,
  private.get_session_change, public.get_session_change, private.list_session_offers, public.list_session_offers
  from public, anon, authenticated, service_role;
grant execute on function private.get_session_change, public.get_session_change, private.list_session_offers,
  public.list_session_offers to authenticated;
