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
  v_session    public.session_schedules;
  v_is_to_come boolean;
  -- Of a booking of one's own that is to come.
  v_is_booked  boolean;
  v_series     uuid := (select l.series_id from public.session_series_sessions l where l.session_id = mail.session_id);
  v_unanswered boolean := private.get_consent_answer(mail.user_id, 'session_recording') = 'unanswered';
begin
  select * into v_session from public.session_schedules s where s.id = mail.session_id;
  v_is_to_come := v_session.status = 'scheduled' and v_session.scheduled_at > now();
  v_is_booked := v_is_to_come and mail.audience = 'user';
  return (
    select coalesce(jsonb_object_agg(l.page, private.make_page_link(l.page, mail.user_id, l.subject, l.expires_at)), '{}')
      from (values
        ('manage_session', v_session.id::text, private.get_session_link_end(v_session),
         v_is_to_come and mail.kind in ('session_booked', 'class_scheduled', 'session_rescheduled', 'session_changed',
                                        'session_reminder', 'practitioner_late', 'change_proposed', 'change_declined')),
        -- What somebody else did or asks: while there is something to answer.
        ('answer_change', v_session.id::text, private.get_session_link_end(v_session),
         v_is_booked and case when mail.kind = 'change_proposed' then true
           when mail.kind in ('session_booked', 'session_rescheduled', 'session_changed', 'session_reminder')
             then private.has_unagreed_change(v_session)
           else false end),
        ('answer_offer', v_session.id::text, private.get_session_link_end(v_session),
         v_is_to_come and mail.kind = 'session_offered'),
        ('find_substitute', v_session.id::text, private.get_session_link_end(v_session),
         v_is_to_come and mail.kind in ('substitute_wanted', 'session_not_taken')),
        -- Only what is online is recorded. To withdraw by, once it is answered; asked again only while it is not.
        ('answer_recording_consent', null, now() + interval '1 year', case mail.kind
           when 'session_booked'   then v_is_to_come and v_session.session_location = 'online'
                                        and (mail.audience = 'user' or v_unanswered)
           when 'series_booked'    then v_is_to_come and v_session.session_location = 'online'
                                        and (mail.audience = 'user' or v_unanswered)
           when 'class_scheduled'  then v_is_to_come and v_session.session_location = 'online' and v_unanswered
           when 'session_reminder' then v_is_booked and v_session.session_location = 'online' and v_unanswered
           when 'contract_issued'  then true
           else false end),
        ('choose_place', v_session.id::text, v_session.scheduled_at,
         v_is_booked and mail.kind in ('session_booked', 'session_rescheduled') and v_session.place_said_at is null
         and v_session.session_location = 'online' and private.can_choose_place(v_session)),
        ('sign_waiver', v_session.id::text, v_session.scheduled_at + interval '1 day',
         v_is_booked and mail.kind in ('session_booked', 'series_booked', 'session_rescheduled', 'session_reminder', 'payment_received')
         and not private.has_signed_waiver(mail.user_id, v_session.id)),
        ('manage_calendars', null, now() + interval '1 year',
         mail.kind = 'calendar_unreadable'
         or mail.kind = 'sessions_collide' and mail.payload ->> 'because' = 'other_calendar'
            and (mail.payload ->> 'is_leading')::boolean
         or v_is_to_come and mail.kind in ('session_booked', 'class_scheduled')),
        ('book_series', null, now() + interval '90 days',
         mail.kind in ('payment_received', 'credits_granted')
         and exists (select from private.list_series_kinds(mail.user_id) k where k.credits > 1)),
        ('manage_series', coalesce(mail.payload ->> 'series_id', v_series::text), now() + interval '400 days',
         mail.kind in ('series_booked', 'series_moved', 'series_cancelled') and mail.payload ? 'series_id'
         or v_is_to_come and v_series is not null
            and mail.kind in ('session_rescheduled', 'session_changed', 'session_reminder')),
        -- A month longer than it can be rated: until then the page says what was given.
        ('rate_session', v_session.id::text, private.get_rating_end(v_session) + interval '30 days',
         mail.kind = 'session_completed' and private.is_held(v_session) and now() < private.get_rating_end(v_session)),
        ('pay_session', null, now() + interval '2 days', mail.kind = 'session_to_pay'),
        -- To all the classes, their seats and their waiting lists.
        ('find_classes', null, now() + interval '60 days',
         mail.kind in ('waiting_list_joined', 'seat_kept', 'kept_seat_lapsed', 'waiting_class_changed',
                       'waiting_class_cancelled', 'class_full', 'class_links')),
        -- To all that they owe.
        ('pay_fee', null, now() + interval '1 year',
         mail.audience = 'user'
         and (mail.kind in ('session_cancelled', 'series_cancelled', 'fee_owed', 'my_sessions')
              or mail.kind = 'payment_failed' and mail.payload ->> 'payment_type' = 'fee')
         and exists (select from public.owed_fees f
                      where f.user_id = mail.user_id and f.status = 'owed'
                        and (mail.kind <> 'session_cancelled' or f.session_id = mail.session_id))),
        -- To admins who want it: their mail about matters goes to the support address, and has nobody's link.
        ('review_fees_and_ratings', null, now() + interval '2 days',
         mail.kind = 'my_sessions' and public.has_role(mail.user_id, 'admin')),
        ('show_payout', mail.payload ->> 'payout_id', now() + interval '1 year',
         mail.kind = 'payout_paid' and mail.payload ? 'payout_id'),
        -- What a bank did not pay for: by itself, whatever else they pick meanwhile. A package is bought in the wallet.
        ('pay_session', mail.payload ->> 'checkout_id', now() + interval '14 days',
         mail.kind = 'payment_failed' and mail.payload ->> 'payment_type' = 'single')
      ) l (page, subject, expires_at, is_wanted)
     where l.is_wanted);
end
$$;
revoke execute on function private.get_session_link_end, private.make_session_link, private.make_mail_links
  from public, anon, authenticated, service_role;
