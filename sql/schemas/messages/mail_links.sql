-- Which pages of our own a mail leads to, each by a link that is made when the mail is claimed.
--
-- Looked up then and not when the event happened: who has answered meanwhile is not asked again.

-- A link to the page about a session. It outlives the session: whoever opens it later is told what became of it.
create function private.get_session_link_end(session public.session_schedules) returns timestamptz
  language sql stable set search_path = ''
as $$
  select (session).scheduled_at + interval '30 days';
$$;

create function private.make_session_link(session public.session_schedules, user_id uuid) returns text
  language sql volatile set search_path = ''
as $$
  select private.make_page_link('manage_session', make_session_link.user_id, (session).id::text,
                                private.get_session_link_end(session));
$$;

-- By the page's name; a page that the mail does not lead to is not in it.
create function private.make_mail_links(mail private.mails) returns jsonb
  language plpgsql volatile set search_path = ''
as $$
declare
  v_session   public.session_schedules;
  v_is_to_come boolean;
begin
  select * into v_session from public.session_schedules s where s.id = mail.session_id;
  v_is_to_come := v_session.status = 'scheduled' and v_session.scheduled_at > now();
  return (
    select coalesce(jsonb_object_agg(l.page, private.make_page_link(l.page, mail.user_id, l.subject, l.expires_at)), '{}')
      from (values
        ('manage_session', v_session.id::text, private.get_session_link_end(v_session),
         v_is_to_come and mail.kind in ('session_booked', 'session_rescheduled', 'session_reminder', 'practitioner_late'))
      ) l (page, subject, expires_at, is_wanted)
     where l.is_wanted);
end
$$;
revoke execute on function private.get_session_link_end, private.make_session_link, private.make_mail_links
  from public, anon, authenticated, service_role;
