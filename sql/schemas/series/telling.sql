-- Telling it in one mail: which sessions the mail of a series lists, and how each of them is now.
--
-- As in other mails, they are read when the mail is written: what was moved or cancelled meanwhile is stated as it is.
-- Its calendar file holds all of them.

-- The sessions that the event is about, by the payload of its mail.
create function private.list_told_sessions(mail private.mails) returns setof public.session_schedules
  language sql stable set search_path = ''
as $$
  select s.* from public.session_schedules s
   where s.id in (
     select l.session_id from public.session_series_sessions l
      where (mail).kind = 'series_booked' and not (mail).payload ? 'session_ids' and l.series_id = ((mail).payload ->> 'series_id')::uuid
     union all
     select moved.key::uuid from jsonb_object_keys((mail).payload -> 'previous_starts') moved (key)
     union all
     select told.id::uuid from jsonb_array_elements_text((mail).payload -> 'session_ids') told (id))
   order by s.scheduled_at, s.id;
$$;

create function private.count_told_sessions(mail private.mails) returns integer
  language sql stable set search_path = ''
as $$
  select count(*)::integer from private.list_told_sessions(mail);
$$;

-- As link_sessions_to_come: each with a link to its page, while it is to come; with what it was, and what came back.
create function private.link_told_sessions(mail private.mails) returns jsonb
  language sql volatile set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
           'session', private.summarize_session(s),
           'is_led', (mail).audience = 'practitioner',
           'token', private.make_session_link(s, (mail).user_id),
           'answer_token', null,
           'previous_scheduled_at', (mail).payload -> 'previous_starts' ->> s.id::text,
           'credit_returned', c.credit_returned, 'fee_charged', c.fee_charged, 'currency', c.fee_currency)
           order by s.scheduled_at, s.id), '[]')
    from private.list_told_sessions(mail) s
    left join lateral (select c.credit_returned, c.fee_charged, c.fee_currency from public.session_cancellations c
                        where c.session_id = s.id and s.status = 'cancelled' order by c.cancelled_at limit 1) c on true;
$$;

revoke execute on function private.list_told_sessions, private.count_told_sessions, private.link_told_sessions
  from public, anon, authenticated, service_role;
