-- Which pages of our own a mail leads to, each by a link that is made when the mail is claimed.
--
-- Looked up then and not when the event happened: who has answered meanwhile is not asked again.

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
        ('manage_session', v_session.id::text, v_session.scheduled_at + interval '30 days',
         v_is_to_come and mail.kind in ('session_booked', 'session_rescheduled', 'session_reminder'))
      ) l (page, subject, expires_at, is_wanted)
     where l.is_wanted);
end
$$;
revoke execute on function private.make_mail_links from public, anon, authenticated, service_role;
