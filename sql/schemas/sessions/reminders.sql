-- Reminders: one event for each session a day before it, written once, however often the function is called.
--
-- `reminder_sent` says that it was written, and is cleared when the session is rescheduled. A session booked or
-- rescheduled less than 26 hours before its start gets none: a mail with the time has just been sent. A class's own row
-- is nobody's booking.

-- Definer: it writes events and marks sessions, which its callers may not.
create function private.remind_sessions(session_id uuid default null) returns integer
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_session public.session_schedules;
  v_count   integer := 0;
begin
  for v_session in
    select due.* from public.session_schedules due
     where due.status = 'scheduled' and due.reminder_sent is null
       and due.scheduled_at > now() and due.scheduled_at <= now() + interval '24 hours'
       and (due.max_participants = 1 or due.group_class_id is not null)
       and due.id = coalesce(remind_sessions.session_id, due.id)
       and not exists (select from private.outbox o
                        where o.session_id = due.id and o.kind in ('session_booked', 'session_rescheduled', 'session_changed')
                          and o.created_at > due.scheduled_at - interval '26 hours')
     order by due.scheduled_at limit 200 for no key update skip locked
  loop
    begin
      update public.session_schedules s set reminder_sent = now() where s.id = v_session.id;
      perform private.publish_event('session_reminder', v_session.client_id, v_session.id, jsonb_build_object(
        'practitioner_id', v_session.practitioner_id, 'scheduled_at', v_session.scheduled_at,
        'group_class_id', v_session.group_class_id));
      v_count := v_count + 1;
    exception when others then
      raise warning 'reminder of session %: %', v_session.id, sqlerrm;  -- the others are reminded
    end;
  end loop;
  return v_count;
end
$$;

create function public.prepare_mails(pages_origin text, translations_version text default null)
  returns table (reminders integer, lost integer, unanswered integer, waiting integer, lacks_translations boolean)
  language sql volatile security invoker set search_path = ''
as $$
  select private.keep_pages_origin(prepare_mails.pages_origin);
  select private.answer_session_link_requests();
  select private.note_matters();
  select private.remind_sessions(), private.mark_lost_mails_unknown(), private.expire_questions(),
         private.settle_waiting_lists(), private.lacks_translations(prepare_mails.translations_version);
$$;
comment on function public.prepare_mails is
  'For the scheduler, again until all are nought: due reminders, mails whose sender died, what nobody answered in time,'
  ' waiting lists.'
  ' Keeps where the pages of our own are, answers who asked for their links, and notes what waits for a person. Says'
  ' whether it has the translations of another version.';

revoke execute on function private.remind_sessions, public.prepare_mails from public, anon, authenticated, service_role;
grant execute on function private.remind_sessions, public.prepare_mails to service_role;
