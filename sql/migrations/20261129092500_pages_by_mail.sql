-- From sql/schemas: pages/manage_session, pages/answer_recording_consent, pages/choose_place, pages/sign_waiver, pages/move_session, pages/lead_session, pages/answer_change, pages/answer_offer, pages/find_substitute, pages/find_my_sessions, pages/pay_session, pages/pay_fee, pages/review_fees_and_ratings, pages/show_payout, pages/manage_calendars, waiting_lists/find_classes_page, series/book_series_page, series/manage_series_page, ratings/rating_sessions, ratings/reading_ratings.

-- Functions name what later chapters make.
set check_function_bodies = off;

set lock_timeout = '5s';
set statement_timeout = 0;


-- pages/manage_session.sql

-- The page on which somebody manages a session of theirs, by the link in its mails: what cancelling returns right now,
-- and cancelling. Each function sees the link's person as its caller, and goes through the function that the API has.
-- Moving is in move_session.sql; what only whoever leads the session does, in lead_session.sql.

create type private.session_participant as (user_id uuid, name text, attended boolean);

-- What the page shows. From participants on, for whoever leads the session, and empty for everybody else.
create type private.managed_session as (
  session                private.session_summary,
  time_zone              text,
  caller_role            text,
  quote                  private.cancellation_terms,
  no_show_fee            numeric,
  can_move               boolean,
  is_seat                boolean,
  proposed_scheduled_at  timestamptz,
  answer_until           timestamptz,
  participants           private.session_participant[],
  seats                  integer,
  delays                 integer[],
  no_shows_from          timestamptz,
  no_show_pays           boolean,
  can_ask_for_substitute boolean,
  substitute_wanted_at   timestamptz,
  away_because           text
);

-- The link, and its session. Definer: its callers are not signed in.
create function private.open_session_link(token text, page text) returns public.session_schedules
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_link    private.page_links := private.open_page_link(open_session_link.token, open_session_link.page);
  v_session public.session_schedules;
begin
  select * into v_session from public.session_schedules s where s.id::text = v_link.subject;
  if v_session.id is null or private.get_caller_role(v_session) is null then
    perform private.refuse(410, 'link_ended', 'This link has ended.', 'Its session is not yours any more.');
  end if;
  return v_session;
end
$$;

-- Whose session the page shows. Unlike get_caller_role: an admin who books or leads a session is shown it as such.
create function private.get_part_in_session(session public.session_schedules) returns text
  language sql stable set search_path = ''
as $$
  select case when private.get_session_host(session) = auth.uid() then 'practitioner'
              when (session).client_id = auth.uid() and not private.is_class(session) then 'client'
              else 'admin' end;
$$;

create function private.compose_managed_session(session_id uuid) returns private.managed_session
  language plpgsql stable set search_path = ''
as $$
declare
  v_session public.session_schedules;
  v_shown   private.managed_session;
  v_rules   public.session_rules;
begin
  select * into strict v_session from public.session_schedules s where s.id = compose_managed_session.session_id;
  v_shown.session := private.summarize_session(v_session);
  v_shown.time_zone := coalesce(private.find_user_time_zone(auth.uid()), (v_shown.session).time_zone);
  v_shown.caller_role := private.get_part_in_session(v_session);
  v_shown.is_seat := v_session.group_class_id is not null;
  v_shown.can_move := false;
  if v_session.status = 'scheduled' and v_session.scheduled_at > now()
     or v_session.status in ('scheduled', 'in_progress') and v_shown.caller_role <> 'client' then
    v_shown.quote := private.compute_cancellation_terms(v_session, false);
    v_shown.can_move := private.can_move_session(v_session, v_shown.quote);
    if v_shown.caller_role = 'client' then
      v_shown.no_show_fee := case when private.is_fee_settled(v_session) then 0 else private.get_no_show_fee(v_session) end;
    end if;
    select p.scheduled_at, p.answer_until into v_shown.proposed_scheduled_at, v_shown.answer_until
      from private.session_proposals p
     where p.session_id = v_session.id and p.status = 'open' and p.answer_until > now();
  end if;

  if v_shown.caller_role = 'practitioner' then
    select * into strict v_rules from public.session_rules;
    select coalesce(array_agg(row(c.user_id, f.full_name, private.has_attended(v_session, c.user_id))
                              ::private.session_participant order by f.full_name, c.user_id), '{}')
      into v_shown.participants
      from private.list_session_clients(v_session) c left join public.profiles f on f.id = c.user_id;
    v_shown.seats := coalesce(v_session.max_participants, 1);
    v_shown.delays := private.list_possible_delays(v_session, v_rules);
    if v_session.status in ('scheduled', 'in_progress') then
      v_shown.no_shows_from := v_session.scheduled_at + make_interval(mins => v_rules.client_grace_minutes);
    end if;
    v_shown.no_show_pays := v_rules.client_no_show_forfeits;
    v_shown.can_ask_for_substitute := v_session.status = 'scheduled' and v_session.scheduled_at > now() and not v_shown.is_seat;
    v_shown.substitute_wanted_at := private.get_substitute_wanted_at(v_session);
    select min(c.because) into v_shown.away_because
      from private.session_collisions c where c.session_id = v_session.id and private.is_colliding(c);
  end if;
  return v_shown;
end
$$;

-- Definer: as above.
create function private.read_managed_session(token text) returns private.managed_session
  language plpgsql stable security definer set search_path = ''
as $$
begin
  return private.compose_managed_session((private.open_session_link(read_managed_session.token, 'manage_session')).id);
end
$$;

-- Whoever pressed had read what it costs. Where it costs something else by now, nothing is cancelled.
create function private.refuse_other_terms(session_id uuid, shown_credit integer, shown_fee numeric) returns void
  language plpgsql stable set search_path = ''
as $$
declare
  v_session public.session_schedules;
  v_terms   private.cancellation_terms;
begin
  select * into v_session from public.session_schedules s where s.id = refuse_other_terms.session_id;
  if num_nonnulls(shown_credit, shown_fee) < 2 or v_session.status <> 'scheduled' or v_session.scheduled_at <= now() then
    return;  -- nothing was shown, or there is nothing to cancel any more
  end if;
  v_terms := private.compute_cancellation_terms(v_session, false);
  if (v_terms.credit_returned, v_terms.fee_charged) is distinct from (shown_credit, shown_fee) then
    perform private.refuse(409, 'terms_have_changed', 'What cancelling costs has changed since you opened this page.',
                           'Nothing was cancelled. Please read what it costs now.');
  end if;
end
$$;

-- Gives what came of it beside the session: one request, one call. Definer: as above.
create function private.cancel_managed_session(
  token text, reason text, use_grace boolean, shown_credit integer, shown_fee numeric,
  out cancellation_type text, out credit_returned integer, out fee_charged numeric, out currency text,
  out shown private.managed_session)
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_session public.session_schedules := private.open_session_link(cancel_managed_session.token, 'manage_session');
begin
  perform private.refuse_other_terms(v_session.id, cancel_managed_session.shown_credit, cancel_managed_session.shown_fee);
  select c.cancellation_type, c.credit_returned, c.fee_charged, c.fee_currency
    into cancellation_type, credit_returned, fee_charged, currency
    from public.cancel_session(v_session.id, cancel_managed_session.reason, cancel_managed_session.use_grace) c;
  shown := private.compose_managed_session(v_session.id);
end
$$;

-- A link to this page for whoever asks with their own token, as for their calendar file.
-- Definer: nobody makes links by themselves.
create function private.make_own_session_link(session_id uuid) returns text
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_session public.session_schedules := private.get_session_of_caller(make_own_session_link.session_id);
begin
  perform private.limit_use('calendar files', auth.uid());
  perform private.tell_language(auth.uid());
  return private.make_session_link(v_session, auth.uid());
end
$$;

-- The same, exposed: the API calls functions of schema public.

create function public.read_managed_session(token text) returns setof private.managed_session
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_managed_session(read_managed_session.token);
$$;

comment on function public.read_managed_session is 'By a link in a mail: a session, and what may be done with it.';

create function public.cancel_managed_session(
  token text, reason text default null, use_grace boolean default false, shown_credit integer default null,
  shown_fee numeric default null)
  returns table (cancellation_type text, credit_returned integer, fee_charged numeric, currency text,
                 shown private.managed_session)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.cancel_managed_session(cancel_managed_session.token, cancel_managed_session.reason,
                                               cancel_managed_session.use_grace, cancel_managed_session.shown_credit,
                                               cancel_managed_session.shown_fee);
$$;

comment on function public.cancel_managed_session is 'By a link in a mail: cancels a session, or a seat.';

revoke execute on function private.open_session_link, private.refuse_other_terms, private.get_part_in_session, private.compose_managed_session,
  private.read_managed_session, private.cancel_managed_session, private.make_own_session_link,
  public.read_managed_session, public.cancel_managed_session from public, anon, authenticated, service_role;

grant execute on function private.read_managed_session, private.cancel_managed_session, public.read_managed_session,
  public.cancel_managed_session to anon;

-- get_session_calendar calls it as the caller.
grant execute on function private.make_own_session_link to authenticated;


-- pages/answer_recording_consent.sql

-- The page on which somebody says whether they may be recorded, by the link in their mails, and says otherwise later.
--
-- Shown is the text of recording_consent_texts.sql, in the reader's language if there is a translation. Agreeing needs
-- a text that is current, a no does not: it is never harder to say than a yes. The service writes the answer, because
-- address and agent are what a server saw; whose answer it is, the link decides.

-- Definer: its callers are not signed in.
create function private.read_recording_consent(token text)
  returns table (body text, text_sha256 text, answer text, answered_at timestamptz, time_zone text, texts jsonb)
  language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_link private.page_links := private.open_page_link(read_recording_consent.token, 'answer_recording_consent');
begin
  return query
    select shown.texts -> 0 ->> 'body', shown.texts -> 0 ->> 'sha256',
           private.get_consent_answer(v_link.user_id, 'session_recording'), coalesce(c.revoked_at, c.consent_date),
           coalesce(private.find_user_time_zone(v_link.user_id), 'America/Toronto'), shown.texts
      from (select jsonb_agg(jsonb_build_object('language', t.language, 'body', t.body, 'sha256', t.sha256)
                             order by t.language <> 'en', t.language) as texts
              from private.write_recording_consent_texts() t) shown
      left join public.user_consents c on (c.user_id, c.consent_type) = (v_link.user_id, 'session_recording');
end
$$;

-- Definer: as above. The same answer again adds no line.
create function private.answer_recording_consent(
  token text, consented boolean, text_sha256 text, ip_address text, user_agent text) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_link  private.page_links := private.open_page_link(answer_recording_consent.token, 'answer_recording_consent');
  v_shown record;
begin
  -- A no that names no text that is current is said to the original.
  select t.*, t.sha256 = answer_recording_consent.text_sha256 as is_current into v_shown
    from private.write_recording_consent_texts() t
   order by t.sha256 = answer_recording_consent.text_sha256 desc nulls last, t.language = 'en' desc limit 1;
  if consented and v_shown.is_current is not true then
    perform private.refuse(409, 'consent_text_not_current', 'The text has changed since this page was opened.',
                           'Please open your link again, read it and answer.');
  elsif private.get_consent_answer(v_link.user_id, 'session_recording')
        is distinct from (case when consented then 'given' else 'declined' end) then
    perform public.record_consent(
      v_link.user_id, 'session_recording', consented, v_shown.version::text,
      jsonb_build_object('page', v_link.page, 'text_id', v_shown.text_id, 'text', v_shown.body,
                         'language', v_shown.language),
      answer_recording_consent.ip_address, answer_recording_consent.user_agent);
    perform private.mark_page_link_used(v_link);
  end if;
end
$$;

-- The same, exposed: the API calls functions of schema public.

create function public.read_recording_consent(token text)
  returns table (body text, text_sha256 text, answer text, answered_at timestamptz, time_zone text, texts jsonb)
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_recording_consent(read_recording_consent.token);
$$;

comment on function public.read_recording_consent is
  'By a link in a mail: the text that asks whether one may be recorded.';

create function public.answer_recording_consent(
  token text, consented boolean, text_sha256 text default null, ip_address text default null,
  user_agent text default null)
  returns table (body text, text_sha256 text, answer text, answered_at timestamptz, time_zone text, texts jsonb)
  language sql volatile security invoker set search_path = ''
as $$
  select private.answer_recording_consent($1, $2, $3, $4, $5);
  select * from private.read_recording_consent($1);
$$;

revoke execute on function private.read_recording_consent, private.answer_recording_consent,
  public.read_recording_consent, public.answer_recording_consent from public, anon, authenticated, service_role;

grant execute on function private.read_recording_consent, public.read_recording_consent to anon;

-- Not answering: the address is what the server saw, so only the server may pass one.
grant execute on function private.read_recording_consent, private.answer_recording_consent,
  public.answer_recording_consent to service_role;


-- pages/choose_place.sql

-- The page on which a client says where their one-to-one session is: the checkout page of the frontend does not ask,
-- and what nobody said is online.
--
-- Offered are the studios that the booking page offers. Choosing one asks what booking there asks, without the time
-- that the session has already. It is the client's to choose until the practitioner's notice for bookings; to choose
-- anew, until free cancelling ends, since from then on the practitioner may be on their way.

create type private.place_offer as (
  id uuid, name text, address text, city text, is_chosen boolean);

create function private.get_place_deadline(session public.session_schedules) returns timestamptz
  language sql stable set search_path = ''
as $$
  select (session).scheduled_at - case
    when (session).place_said_at is null and (session).session_location = 'online'
    then make_interval(mins => coalesce((select c.minimum_notice_minutes from public.practitioner_calendars c
                                          where c.practitioner_id = (session).practitioner_id), 0))
    else make_interval(hours => (private.get_cancellation_policy(session)).standard_cancellation_hours) end;
$$;

-- Where this practitioner may be met: at any studio (calendars/studios.sql).
create function private.list_studios_to_choose(session public.session_schedules) returns setof public.studio_locations
  language sql stable set search_path = ''
as $$
  select l.* from public.studio_locations l where l.is_active order by l.city, l.name, l.id limit 200;
$$;

-- Whether the client can choose now, and has something to choose from.
create function private.can_choose_place(session public.session_schedules) returns boolean
  language sql stable set search_path = ''
as $$
  select (session).status = 'scheduled' and (session).max_participants = 1 and (session).group_class_id is null
     and now() < private.get_place_deadline(session)
     and exists (select from private.list_studios_to_choose(session));
$$;

-- Definer: its callers are not signed in.
create function private.read_place(token text)
  returns table (session private.session_summary, time_zone text, can_choose boolean, choose_until timestamptz,
                 studios private.place_offer[])
  language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_session public.session_schedules := private.open_session_link(read_place.token, 'choose_place');
begin
  return query
    select private.summarize_session(v_session),
           coalesce(private.find_user_time_zone(auth.uid()), v_session.time_zone),
           private.can_choose_place(v_session), private.get_place_deadline(v_session),
           array(select row (l.id, l.name, l.address, l.city, l.id is not distinct from v_session.studio_id)::private.place_offer
                   from private.list_studios_to_choose(v_session) l);
end
$$;

-- Definer: as above. What follows from the change follows by trigger, as from any other.
create function private.choose_place(token text, studio_id uuid)
  returns table (session private.session_summary, time_zone text, can_choose boolean, choose_until timestamptz,
                 studios private.place_offer[])
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_session public.session_schedules := private.open_session_link(choose_place.token, 'choose_place');
  v_studio  public.studio_locations;
begin
  select l.* into v_studio from private.list_studios_to_choose(v_session) l where l.id = choose_place.studio_id;
  if v_session.place_said_at is not null
     and (choose_place.studio_id is null and v_session.session_location = 'online'
          or v_session.studio_id = v_studio.id) then
    return query select * from private.read_place(choose_place.token);  -- a second press
    return;
  end if;
  perform private.limit_use('places chosen', auth.uid());
  if private.get_caller_role(v_session) <> 'client' or not private.can_choose_place(v_session) then
    perform private.refuse(409, 'too_late_to_choose', 'The place of this session can no longer be chosen here.',
                           'Please write to your practitioner, or cancel it.');
  elsif choose_place.studio_id is not null then
    if v_studio.id is null then
      perform private.refuse(404, 'studio_not_found', 'There is no such studio.', 'Please choose another one.');
    end if;
    perform private.lock_calendars(v_session.practitioner_id, v_session.client_id);
    perform private.refuse_unbookable(v_session.practitioner_id, v_session.scheduled_at, v_session.duration_minutes,
                                      v_session.client_id, v_session.id);
  end if;
  update public.session_schedules s
     set session_location = case when v_studio.id is null then 'online' else 'in_person' end,
         physical_location = v_studio.id::text,
         location_coordinates = point(v_studio.longitude, v_studio.latitude),
         place_said_at = now()
   where s.id = v_session.id and s.status = 'scheduled';
  return query select * from private.read_place(choose_place.token);
end
$$;

-- The same, exposed: the API calls functions of schema public.

create function public.read_place(token text)
  returns table (session private.session_summary, time_zone text, can_choose boolean, choose_until timestamptz,
                 studios private.place_offer[])
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_place(read_place.token);
$$;

comment on function public.read_place is 'By a link in a mail: where a session may be held.';

create function public.choose_place(token text, studio_id uuid default null)
  returns table (session private.session_summary, time_zone text, can_choose boolean, choose_until timestamptz,
                 studios private.place_offer[])
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.choose_place(choose_place.token, choose_place.studio_id);
$$;

comment on function public.choose_place is 'By a link in a mail: says where a paid session is held.';

revoke execute on function private.get_place_deadline, private.list_studios_to_choose, private.can_choose_place,
  private.read_place, private.choose_place, public.read_place, public.choose_place
  from public, anon, authenticated, service_role;

grant execute on function private.read_place, private.choose_place, public.read_place, public.choose_place to anon;


-- pages/sign_waiver.sql

-- The page on which somebody signs the current waiver, by the link in a mail about their session: whoever paid singly,
-- or was booked by their practitioner, came past the page that asks for it.
--
-- The service writes the signature, as for create_liability_waiver; who signs, the link decides. The placeholder
-- [Date of signing] is the signer's day.

create type private.waiver_to_sign as (
  version integer, body text, signed_at timestamptz, signature_name text, signer_name text, time_zone text,
  is_required_to_enter boolean, language text, texts jsonb);

-- The text for a person in its languages, or what they have signed. Null if there is no waiver.
create function private.write_waiver(user_id uuid) returns private.waiver_to_sign
  language sql stable set search_path = ''
as $$
  select p.version,
         coalesce(w.waiver_text, shown.texts -> 0 ->> 'body'), w.signed_at, w.signature_name, f.full_name, zone.name,
         r.waiver_required_to_enter, coalesce(w.language, 'en'), shown.texts
    from public.waiver_policy p
    cross join public.session_rules r
    cross join (select coalesce(private.find_user_time_zone(write_waiver.user_id), 'America/Toronto') as name) zone
    left join public.profiles f on f.id = write_waiver.user_id
    left join public.liability_waivers w
      on w.user_id = write_waiver.user_id and w.session_id is null and w.waiver_policy_version = p.version
     and w.double_of is null
    -- Each with the fingerprint of its text without the day, which may be another one when it is signed.
    left join lateral (
      select jsonb_agg(
               jsonb_build_object('language', t.language, 'sha256', t.sha256, 'body', replace(
                 t.body, '[Date of signing]',
                 private.write_legal_day((now() at time zone zone.name)::date, t.language, 'FMMonth FMDD, YYYY')))
               order by t.language <> 'en', t.language) as texts
        from private.list_legal_texts(p.id, p.policy_text) t) shown on w.id is null
   where p.is_active;
$$;

-- Definer: its callers are not signed in.
create function private.read_waiver_to_sign(token text) returns private.waiver_to_sign
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_link   private.page_links := private.open_page_link(read_waiver_to_sign.token, 'sign_waiver');
  v_waiver private.waiver_to_sign := private.write_waiver(v_link.user_id);
begin
  if v_waiver.version is null then
    perform private.refuse(409, 'waiver_policy_missing', 'There is no waiver to sign at the moment.');
  end if;
  return v_waiver;
end
$$;

-- Of the person whom a link has named: the text with this fingerprint, by default the original. Signing again finds the
-- first signature.
create function private.write_signature_by_link(
  user_id uuid, version integer, signature_name text, ip_address text, user_agent text, text_sha256 text) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_waiver private.waiver_to_sign := private.write_waiver(write_signature_by_link.user_id);
  v_body   text;
begin
  -- Letters of any script; blanks of any kind are no name.
  if coalesce(write_signature_by_link.signature_name, '')
     !~ '[^\s\u0000-\u0040\u00a0-\u00bf\u2000-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff]' then
    perform private.refuse(422, 'signature_missing', 'Please type your name.');
  end if;
  if v_waiver.signed_at is not null and v_waiver.version = write_signature_by_link.version then
    return;
  end if;
  -- A translation that was corrected meanwhile is none of them, and refused as a text that has changed.
  v_body := case when write_signature_by_link.text_sha256 is null then v_waiver.body
                 else (select t ->> 'body' from jsonb_array_elements(v_waiver.texts) t
                        where t ->> 'sha256' = write_signature_by_link.text_sha256 limit 1) end;
  perform public.create_liability_waiver(
    write_signature_by_link.user_id, v_body, null, null, write_signature_by_link.version,
    write_signature_by_link.signature_name, null, write_signature_by_link.ip_address, write_signature_by_link.user_agent);
end
$$;

-- Definer: as above.
create function private.sign_waiver(
  token text, version integer, signature_name text, ip_address text, user_agent text, text_sha256 text) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_link private.page_links := private.open_page_link(sign_waiver.token, 'sign_waiver');
begin
  perform private.write_signature_by_link(
    v_link.user_id, sign_waiver.version, sign_waiver.signature_name, sign_waiver.ip_address, sign_waiver.user_agent,
    sign_waiver.text_sha256);
  perform private.mark_page_link_used(v_link);
end
$$;

-- The same, exposed: the API calls functions of schema public.

create function public.read_waiver_to_sign(token text)
  returns table (version integer, body text, signed_at timestamptz, signature_name text, signer_name text,
                 time_zone text, is_required_to_enter boolean, language text, texts jsonb)
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_waiver_to_sign(read_waiver_to_sign.token);
$$;

comment on function public.read_waiver_to_sign is 'By a link in a mail: the waiver that is to be signed.';

create function public.sign_waiver(
  token text, version integer, signature_name text, ip_address text default null, user_agent text default null,
  text_sha256 text default null)
  returns table (version integer, body text, signed_at timestamptz, signature_name text, signer_name text,
                 time_zone text, is_required_to_enter boolean, language text, texts jsonb)
  language sql volatile security invoker set search_path = ''
as $$
  select private.sign_waiver($1, $2, $3, $4, $5, $6);
  select * from private.read_waiver_to_sign($1);
$$;

revoke execute on function private.write_waiver, private.write_signature_by_link, private.read_waiver_to_sign,
  private.sign_waiver,
  public.read_waiver_to_sign, public.sign_waiver from public, anon, authenticated, service_role;

grant execute on function private.read_waiver_to_sign, public.read_waiver_to_sign to anon;

-- Not signing: evidence is what the server saw, so only the server may write it.
grant execute on function private.read_waiver_to_sign, private.sign_waiver, public.sign_waiver to service_role;


-- pages/move_session.sql

-- Moving a session by its link: to a time that the booking page offers for the same practitioner and length; from a
-- seat in a class, to another class of the kind. Whoever booked it, as long as leaving costs nothing; and whoever leads
-- it: at once where the rules allow it (sessions/rescheduling.sql), else by asking the client (sessions/proposals.sql).
--
-- Offered are a few days at a time, first those with the first free time.

create type private.offered_time as (
  starts_at timestamptz, ends_at timestamptz, class_id uuid, class_name text, practitioner_name text,
  seats_left integer, needs_yes boolean);

-- A session is moved until the hour until which it is cancelled free of charge; who runs the platform, at any time. A
-- seat is left for another one while its credit comes back. Who leads it can ask for another time until it begins; but
-- not a class, which nobody can be asked about, nor one form of a class without the other.
create function private.can_move_session(session public.session_schedules, quote private.cancellation_terms)
  returns boolean
  language sql stable set search_path = ''
as $$
  select (session).status = 'scheduled' and (session).scheduled_at > now()
    and case private.get_part_in_session(session)
      when 'practitioner' then not private.is_class(session)
        or (session).correlated_session_id is null and not private.move_needs_yes(session, (session).scheduled_at)
      when 'client' then case when (session).group_class_id is not null
                         then (quote).credit_returned > 0 and (quote).fee_charged = 0
                         else now() <= (quote).free_until or private.is_admin() end
      else false end;
$$;

-- The starts are those of the booking page. They are asked about again without this session itself, whose own hour does
-- not stand in the way of moving it by half an hour. Whoever leads it needs no notice from themself.
create function private.list_offered_starts(
  session public.session_schedules, from_time timestamptz, until_time timestamptz, time_zone text)
  returns setof private.offered_time
  language plpgsql stable set search_path = ''
as $$
#variable_conflict use_column
declare
  v_type   public.session_types;
  v_starts timestamptz[];
  v_leads  boolean := private.get_part_in_session(session) = 'practitioner';
  v_notice interval;
begin
  select * into v_type from public.session_types t where t.id = session.session_type_id;
  v_type.duration_minutes := session.duration_minutes;
  select array_agg(s.starts_at) into v_starts
    from private.list_start_slots(v_type, list_offered_starts.from_time, list_offered_starts.until_time,
                                  list_offered_starts.time_zone, array[session.practitioner_id]) s;
  -- As move_needs_yes, of times that are within hours and horizon.
  v_notice := make_interval(hours => (private.get_cancellation_policy(session)).standard_cancellation_hours);
  return query
    select c.starts_at, c.starts_at + make_interval(mins => session.duration_minutes), null::uuid, null::text,
           null::text, null::integer, asks.needs_yes
      from private.check_starts(session.practitioner_id, v_starts, session.duration_minutes, session.client_id,
                                session.id, ignore_notice => v_leads) c
     cross join lateral (
       select v_leads and least(session.scheduled_at, c.starts_at) - v_notice < now() as needs_yes) asks
     where c.reason is null and c.starts_at <> session.scheduled_at and not (asks.needs_yes and private.is_class(session))
     order by c.starts_at;
end
$$;

-- Classes with a free seat that the same kind of credit pays for, whoever leads them.
create function private.list_offered_classes(
  session public.session_schedules, from_time timestamptz, until_time timestamptz, time_zone text)
  returns setof private.offered_time
  language sql stable set search_path = ''
as $$
  select distinct s.starts_at, s.ends_at, s.group_class_id, class.class_name, p.name, s.seats_left, false
    from public.session_schedules own
   cross join unnest(private.list_class_session_type_ids(own)) type_id
    join public.session_types t on t.id = type_id
   cross join private.list_class_slots(t, from_time, until_time, list_offered_classes.time_zone, null,
                                       own.session_location) s
    join public.session_schedules class on class.id = s.group_class_id
    join public.practitioners p on p.id = class.practitioner_id
   where own.id = (session).group_class_id and s.reason is null
     and not exists (select from public.session_schedules seat
                      where seat.group_class_id = s.group_class_id and seat.client_id = (session).client_id
                        and seat.status <> 'cancelled')
   order by s.starts_at, s.group_class_id;
$$;

-- Days are those of the reader's clock. Without a day, from the first one on which there is something.
-- Definer: its callers are not signed in.
create function private.read_session_offers(
  token text, day date, out shown private.managed_session, out offers private.offered_time[], out from_day date,
  out until_day date, out earlier_day date, out later_day date)
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_session public.session_schedules := private.open_session_link(read_session_offers.token, 'manage_session');
  v_is_seat boolean := v_session.group_class_id is not null;
  v_days    integer := case when v_is_seat then 14 else 7 end;
  v_zone    text;
  v_today   date;
  v_last    date;
begin
  shown := private.compose_managed_session(v_session.id);
  if not shown.can_move then
    return;
  end if;
  v_zone := (shown).time_zone;
  v_today := (now() at time zone v_zone)::date;
  v_last := v_today + coalesce((select c.booking_horizon_days from public.practitioner_calendars c
                                 where c.practitioner_id = v_session.practitioner_id and not v_is_seat), 90);
  from_day := coalesce(read_session_offers.day, (
    select (min(o.starts_at) at time zone v_zone)::date
      from private.list_times_to_move_to(v_session, v_today, least(v_last, v_today + 61), v_zone) o), v_today);
  from_day := greatest(v_today, least(from_day, v_last));
  until_day := least(from_day + v_days - 1, v_last);
  select coalesce(array_agg(o::private.offered_time), '{}') into offers
    from private.list_times_to_move_to(v_session, from_day, until_day, v_zone) o;
  earlier_day := case when from_day > v_today then greatest(v_today, from_day - v_days) end;
  later_day := case when until_day < v_last then until_day + 1 end;
end
$$;

create function private.list_times_to_move_to(
  session public.session_schedules, from_day date, until_day date, time_zone text)
  returns setof private.offered_time
  language plpgsql stable set search_path = ''
as $$
declare
  v_from  timestamptz := from_day::timestamp at time zone list_times_to_move_to.time_zone;
  v_until timestamptz := (until_day + 1)::timestamp at time zone list_times_to_move_to.time_zone;
begin
  if session.group_class_id is not null then
    return query select * from private.list_offered_classes(session, v_from, v_until, list_times_to_move_to.time_zone);
  else
    return query select * from private.list_offered_starts(session, v_from, v_until, list_times_to_move_to.time_zone);
  end if;
end
$$;

-- From a seat, `class_id` is the class to join: the old seat is left and the new one taken, or neither. What is then
-- shown is the new seat, which has a link of its own in its mail.
-- Definer: as above.
create function private.move_managed_session(token text, starts_at timestamptz, class_id uuid)
  returns private.managed_session
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_session public.session_schedules := private.open_session_link(move_managed_session.token, 'manage_session');
  v_seat    uuid;
begin
  if private.get_part_in_session(v_session) not in ('client', 'practitioner') then
    perform private.refuse(403, 'not_your_booking', 'Here only whoever has booked or leads a session moves it.');
  elsif v_session.group_class_id is null then
    if move_managed_session.starts_at is null then
      perform private.refuse(422, 'time_missing', 'Please choose a time.');
    end if;
    perform public.reschedule_session(v_session.id, move_managed_session.starts_at);
    return private.compose_managed_session(v_session.id);
  elsif move_managed_session.class_id is null then
    perform private.refuse(422, 'class_missing', 'Please choose a class.');
  end if;

  perform private.lock_client(v_session.client_id);
  -- Both in one order, for whoever changes the other way round at the same moment.
  perform from public.session_schedules class
    where class.id in (v_session.group_class_id, move_managed_session.class_id) order by class.id for update;
  select * into v_session from public.session_schedules s where s.id = v_session.id;
  if not private.can_move_session(v_session, private.compute_cancellation_terms(v_session, false)) then
    perform private.refuse(409, 'too_late_to_move', 'It is too late to move this session.', 'You can still cancel it.');
  end if;
  perform public.cancel_session(v_session.id, 'Joined another class');
  select j.session_id into v_seat from public.join_group_class(move_managed_session.class_id) j;
  return private.compose_managed_session(v_seat);
end
$$;

-- For whoever leads it: asks the client for another time. Definer: as above.
create function private.propose_managed_time(token text, starts_at timestamptz) returns private.managed_session
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_session public.session_schedules := private.open_session_link(propose_managed_time.token, 'manage_session');
begin
  perform private.refuse_unless_led(v_session);
  if propose_managed_time.starts_at is null then
    perform private.refuse(422, 'time_missing', 'Please choose a time.');
  end if;
  perform private.propose_session_time(v_session.id, propose_managed_time.starts_at);
  return private.compose_managed_session(v_session.id);
end
$$;

create function public.read_session_offers(token text, day date default null)
  returns table (shown private.managed_session, offers private.offered_time[], from_day date, until_day date,
                 earlier_day date, later_day date)
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_session_offers(read_session_offers.token, read_session_offers.day);
$$;

comment on function public.read_session_offers is 'By a link in a mail: times that a session could be moved to.';

create function public.move_managed_session(token text, starts_at timestamptz default null, class_id uuid default null)
  returns setof private.managed_session
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.move_managed_session(move_managed_session.token, move_managed_session.starts_at,
                                             move_managed_session.class_id);
$$;

comment on function public.move_managed_session is 'By a link in a mail: moves a session, or takes another class.';

create function public.propose_managed_time(token text, starts_at timestamptz default null)
  returns setof private.managed_session
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.propose_managed_time(propose_managed_time.token, propose_managed_time.starts_at);
$$;

comment on function public.propose_managed_time is 'By a link in a mail: proposes another time to the client.';

revoke execute on function private.can_move_session, private.list_offered_starts, private.list_offered_classes,
  private.list_times_to_move_to, private.read_session_offers, private.move_managed_session, private.propose_managed_time,
  public.read_session_offers, public.move_managed_session, public.propose_managed_time from public, anon, authenticated, service_role;

grant execute on function private.read_session_offers, private.move_managed_session, private.propose_managed_time,
  public.read_session_offers, public.move_managed_session, public.propose_managed_time to anon;


-- pages/lead_session.sql

-- What whoever leads a session or class does by its link around the start: say that they are late, and that somebody
-- did not come; and before it, that they lead it though they are away then.
--
-- A delay is told while the start is near, and only as long as it may be: after the practitioner's grace a session
-- online is cancelled by itself, so more than that is no delay.

create function private.list_possible_delays(session public.session_schedules, rules public.session_rules)
  returns integer[]
  language sql stable set search_path = ''
as $$
  select coalesce(array_agg(m), '{}') from generate_series(5, (rules).practitioner_grace_minutes, 5) m
   where (session).status in ('scheduled', 'in_progress')
     and now() >= (session).scheduled_at - make_interval(mins => (rules).delay_notice_minutes)
     and now() < (session).scheduled_at + make_interval(mins => m);
$$;

create function private.refuse_unless_led(session public.session_schedules) returns void
  language plpgsql stable set search_path = ''
as $$
begin
  if private.get_part_in_session(session) <> 'practitioner' then
    perform private.refuse(403, 'practitioners_only', 'Only the practitioner of this session can do that.');
  elsif session.status not in ('scheduled', 'in_progress') then
    perform private.refuse(409, 'session_over', 'This session is over.');
  end if;
end
$$;

-- Tells everybody who booked. Definer: its callers are not signed in.
create function private.announce_delay(token text, minutes integer) returns private.managed_session
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_session public.session_schedules := private.open_session_link(announce_delay.token, 'manage_session');
  v_rules   public.session_rules;
begin
  perform private.refuse_unless_led(v_session);
  select * into strict v_rules from public.session_rules;
  if announce_delay.minutes is null then
    perform private.refuse(422, 'minutes_missing', 'Please say how many minutes.');
  elsif not announce_delay.minutes = any (private.list_possible_delays(v_session, v_rules)) then
    perform private.refuse(409, 'delay_not_possible', format(
      'A delay is told from %s minutes before the start on, and is %s minutes at most.',
      v_rules.delay_notice_minutes, v_rules.practitioner_grace_minutes), 'If you cannot come, please cancel.');
  end if;
  perform private.limit_use('delays of a session', v_session.id);
  perform private.publish_event('practitioner_late', c.user_id, c.session_id, jsonb_build_object(
            'practitioner_id', v_session.practitioner_id, 'scheduled_at', v_session.scheduled_at,
            'group_class_id', nullif(v_session.id, c.session_id), 'minutes', announce_delay.minutes,
            'expected_at', v_session.scheduled_at + make_interval(mins => announce_delay.minutes)))
     from private.list_session_clients(v_session) c where c.user_id <> auth.uid();
  return private.compose_managed_session(v_session.id);
end
$$;

-- Somebody who booked did not come. What follows, the session rules say. Definer: as above.
create function private.report_absence(token text, person uuid) returns private.managed_session
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_session public.session_schedules := private.open_session_link(report_absence.token, 'manage_session');
begin
  perform private.refuse_unless_led(v_session);
  if not exists (select from private.list_session_clients(v_session) c where c.user_id = report_absence.person) then
    perform private.refuse(404, 'person_not_in_session', 'This person has no part in this session.');
  end if;
  perform public.set_attendance(v_session.id, report_absence.person, false,
                                'The practitioner says that they did not come');
  return private.compose_managed_session(v_session.id);
end
$$;

-- Whoever leads it says that they do, though they are away then (series/collisions.sql): what they wished is over.
-- Definer: as above.
create function private.lead_anyway(token text) returns private.managed_session
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_session public.session_schedules := private.open_session_link(lead_anyway.token, 'manage_session');
begin
  perform private.refuse_unless_led(v_session);
  update private.session_collisions c set led_anyway_at = coalesce(c.led_anyway_at, now()) where c.session_id = v_session.id;
  if private.is_class(v_session) then
    delete from private.time_off_questions q where q.session_id = v_session.id;
  end if;
  return private.compose_managed_session(v_session.id);
end
$$;

create function public.announce_delay(token text, minutes integer default null) returns setof private.managed_session
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.announce_delay(announce_delay.token, announce_delay.minutes);
$$;

comment on function public.announce_delay is
  'By a link in a mail: tells the other side that one is late, by so many minutes.';

create function public.report_absence(token text, person uuid default null) returns setof private.managed_session
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.report_absence(report_absence.token, report_absence.person);
$$;

comment on function public.report_absence is 'By a link in a mail: the practitioner says that somebody did not come.';

create function public.lead_anyway(token text) returns setof private.managed_session
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.lead_anyway(lead_anyway.token);
$$;

comment on function public.lead_anyway is
  'By a link in a mail: whoever leads a session says that they do, though they are away then.';

revoke execute on function private.list_possible_delays, private.refuse_unless_led, private.announce_delay,
  private.report_absence, private.lead_anyway, public.announce_delay, public.report_absence, public.lead_anyway
  from public, anon, authenticated, service_role;

grant execute on function private.announce_delay, private.report_absence, private.lead_anyway, public.announce_delay,
  public.report_absence, public.lead_anyway to anon;


-- pages/answer_change.sql

-- The page on which a client answers what somebody else did, or asks: another time that their practitioner proposes, or
-- a change that was made already (sessions/proposals.sql, sessions/agreements.sql).
--
-- The link is to the session and not to one question, so that an old mail leads to what is asked now. A form names what
-- it was about, and an answer to anything else is refused.

-- States: proposed, changed (both wait for an answer); accepted, declined, expired, withdrawn, agreed (that has ended);
-- cancelled, over; as_agreed (nothing was ever asked).
create type private.answerable_change as (
  session               private.session_summary,
  time_zone             text,
  state                 text,
  proposal_id           bigint,
  proposed_scheduled_at timestamptz,
  proposed_is_free      boolean,
  answer_until          timestamptz,
  agreed                jsonb,
  changed_by            text,
  comes_back            text,
  usual_free_until      timestamptz
);

create function private.get_change_state(session public.session_schedules, proposal private.session_proposals)
  returns text
  language sql stable set search_path = ''
as $$
  select case
    when (session).status = 'cancelled' then 'cancelled'
    when (session).status <> 'scheduled' or (session).scheduled_at <= now() then 'over'
    when (proposal).status = 'open' and (proposal).answer_until > now() then 'proposed'
    when private.has_unagreed_change(session) then 'changed'
    -- A yes is noted as agreed in the same moment.
    when (proposal).id is not null and coalesce((proposal).ended_at, (proposal).answer_until) >= coalesce(a.agreed_at, '-infinity')
      then case (proposal).status when 'open' then 'expired' else (proposal).status end
    when a.session_id is not null then 'agreed'
    else 'as_agreed' end
    from (select 1) single_row left join private.session_agreements a on a.session_id = (session).id;
$$;

-- Whether the client of a session is asked something about it.
create function private.waits_for_answer(session public.session_schedules) returns boolean
  language sql stable set search_path = ''
as $$
  select private.get_change_state(session, (
    select p from private.session_proposals p where p.session_id = (session).id order by p.id desc limit 1))
    in ('proposed', 'changed');
$$;

create function private.compose_answerable_change(session_id uuid) returns private.answerable_change
  language plpgsql stable set search_path = ''
as $$
declare
  v_session  public.session_schedules;
  v_proposal private.session_proposals;
  v_shown    private.answerable_change;
begin
  select * into strict v_session from public.session_schedules s where s.id = compose_answerable_change.session_id;
  select * into v_proposal from private.session_proposals p where p.session_id = v_session.id order by p.id desc limit 1;
  v_shown.session := private.summarize_session(v_session);
  v_shown.time_zone := coalesce(private.find_user_time_zone(auth.uid()), (v_shown.session).time_zone);
  v_shown.state := private.get_change_state(v_session, v_proposal);
  if v_shown.state in ('proposed', 'accepted', 'declined', 'expired', 'withdrawn') then
    v_shown.proposed_scheduled_at := v_proposal.scheduled_at;
    v_shown.answer_until := v_proposal.answer_until;
  end if;
  if v_shown.state = 'proposed' then
    v_shown.proposal_id := v_proposal.id;
    v_shown.proposed_is_free := v_proposal.scheduled_at > now() and private.is_free_time(
      v_session.practitioner_id, v_proposal.scheduled_at, v_session.duration_minutes, v_session.id);
  elsif v_shown.state = 'changed' then
    select private.describe_previous(to_jsonb(a), v_session), a.changed_by into v_shown.agreed, v_shown.changed_by
      from private.session_agreements a where a.session_id = v_session.id;
    v_shown.comes_back := case
      when (private.compute_cancellation_terms(v_session, false)).credit_returned = 0 then 'nothing'
      when v_session.credit_lot_id is null then 'payment' else 'credit' end;
    v_shown.usual_free_until := v_session.scheduled_at - make_interval(
      hours => (private.get_cancellation_policy(v_session)).standard_cancellation_hours);
  end if;
  return v_shown;
end
$$;

-- A link of whoever is not its client any more, or of an admin, is none to answer by.
create function private.refuse_unless_booked(session public.session_schedules) returns void
  language plpgsql stable set search_path = ''
as $$
begin
  if session.client_id <> auth.uid() or private.is_class(session) then
    perform private.refuse(410, 'link_ended', 'This link has ended.', 'Its session is not yours any more.');
  end if;
end
$$;

-- Definer: its callers are not signed in.
create function private.read_change(token text) returns private.answerable_change
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_session public.session_schedules := private.open_session_link(read_change.token, 'answer_change');
begin
  perform private.refuse_unless_booked(v_session);
  return private.compose_answerable_change(v_session.id);
end
$$;

-- Definer: as above.
create function private.answer_change(
  token text, accepts boolean, proposal_id bigint, sequence integer, out outcome text, out shown private.answerable_change)
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_session public.session_schedules := private.open_session_link(answer_change.token, 'answer_change');
begin
  perform private.refuse_unless_booked(v_session);
  if answer_change.accepts is null or answer_change.sequence is null then
    perform private.refuse(422, 'answer_missing', 'Please say yes or no.');
  end if;
  select a.outcome into outcome from private.answer_session_change(
    v_session.id, answer_change.accepts, answer_change.proposal_id, answer_change.sequence) a;
  shown := private.compose_answerable_change(v_session.id);
end
$$;

create function public.read_change(token text) returns setof private.answerable_change
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_change(read_change.token);
$$;

comment on function public.read_change is 'By a link in a mail: the time that is proposed.';

create function public.answer_change(
  token text, accepts boolean default null, proposal_id bigint default null, sequence integer default null)
  returns table (outcome text, shown private.answerable_change)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.answer_change(answer_change.token, answer_change.accepts, answer_change.proposal_id,
                                      answer_change.sequence);
$$;

comment on function public.answer_change is 'By a link in a mail: says yes or no to another time.';

revoke execute on function private.get_change_state, private.waits_for_answer, private.compose_answerable_change, private.refuse_unless_booked,
  private.read_change, private.answer_change, public.read_change, public.answer_change
  from public, anon, authenticated, service_role;

grant execute on function private.read_change, private.answer_change, public.read_change, public.answer_change to anon;


-- pages/answer_offer.sql

-- The page on which a practitioner says whether they take a session over that they were offered
-- (sessions/substitutes.sql).
--
-- Until then it is somebody else's session: what, when and where is shown, and not who its client is. What they would
-- earn is said as their part of what was paid, not as a sum: the price is its payer's business.

-- States: those of the offer. `reason`: why they could not take it now, of an open one.
create type private.offered_session as (
  session      private.session_summary,
  time_zone    text,
  state        text,
  reason       text,
  offer_id     bigint,
  answer_until timestamptz,
  seats_taken  integer,
  pay_percent  numeric
);

-- The practitioner's part of what was paid for it, as far as one version of the share decides; null where nobody paid.
create function private.get_pay_percent(session public.session_schedules) returns numeric
  language sql stable set search_path = ''
as $$
  select case when private.is_class(session) then (private.get_revenue_share(now())).practitioner_percent
    else (select r.practitioner_percent from public.revenue_shares r where r.id = coalesce(
            ((private.get_payment_funds(private.get_session_payment((session).id)))).revenue_share_id,
            (select (private.get_credit_lot_funds(l)).revenue_share_id from public.user_session_credits l
              where l.id = (session).credit_lot_id))) end;
$$;

-- The newest offer of this session to whom the link is. Definer: its callers are not signed in.
create function private.open_offer_link(token text, page text) returns private.session_offers
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_link  private.page_links := private.open_page_link(open_offer_link.token, open_offer_link.page);
  v_offer private.session_offers;
begin
  select * into v_offer from private.session_offers o
   where o.session_id::text = v_link.subject and o.practitioner_id = any (array(select private.my_practitioner_ids()))
   order by o.id desc limit 1;
  if not found then
    perform private.refuse(410, 'link_ended', 'This link has ended.', 'Its session is gone, or was not offered to you.');
  end if;
  return v_offer;
end
$$;

create function private.compose_offered_session(offer private.session_offers) returns private.offered_session
  language plpgsql stable set search_path = ''
as $$
declare
  v_session public.session_schedules;
  v_shown   private.offered_session;
begin
  select * into strict v_session from public.session_schedules s where s.id = offer.session_id;
  v_shown.session := private.summarize_session(v_session);
  v_shown.session.client_name := null;
  v_shown.time_zone := coalesce(private.find_user_time_zone(auth.uid()), (v_shown.session).time_zone);
  v_shown.offer_id := offer.id;
  v_shown.answer_until := offer.answer_until;
  v_shown.state := case
    when offer.status = 'open' and offer.answer_until <= now() then 'expired'
    when offer.status = 'accepted' and v_session.practitioner_id <> offer.practitioner_id then 'taken'
    else offer.status end;
  if v_shown.state = 'open' then
    v_shown.reason := private.find_reason_not_to_lead(v_session, offer.practitioner_id);
    v_shown.pay_percent := private.get_pay_percent(v_session);
    if private.is_class(v_session) then
      v_shown.seats_taken := (select count(*) from private.list_session_clients(v_session));
    end if;
  end if;
  return v_shown;
end
$$;

-- Definer: as above.
create function private.read_offer(token text) returns private.offered_session
  language plpgsql stable security definer set search_path = ''
as $$
begin
  return private.compose_offered_session(private.open_offer_link(read_offer.token, 'answer_offer'));
end
$$;

-- `offer_id` and `sequence` say what they were looking at: a yes to what has changed since is none.
-- Definer: as above.
create function private.answer_offer(token text, accepts boolean, offer_id bigint, sequence integer)
  returns private.offered_session
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_offer   private.session_offers := private.open_offer_link(answer_offer.token, 'answer_offer');
  v_session public.session_schedules;
begin
  if answer_offer.accepts is null or answer_offer.sequence is null then
    perform private.refuse(422, 'answer_missing', 'Please say yes or no.');
  end if;
  if v_offer.status = 'open' then
    v_session := private.lock_session_to_give(v_offer.session_id);
    v_offer := private.open_offer_link(answer_offer.token, 'answer_offer');
    if v_offer.status = 'open' and (v_offer.id, v_session.calendar_sequence) is distinct from (
        answer_offer.offer_id, answer_offer.sequence) then
      perform private.refuse(409, 'question_changed', 'Something has changed since you opened this page.',
                             'Please look again, and then answer.');
    end if;
  end if;
  perform private.answer_session_offer(v_offer.session_id, answer_offer.accepts);
  return private.compose_offered_session(private.open_offer_link(answer_offer.token, 'answer_offer'));
end
$$;

create function public.read_offer(token text) returns setof private.offered_session
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_offer(read_offer.token);
$$;

comment on function public.read_offer is 'By a link in a mail: a session that wants somebody to lead it.';

create function public.answer_offer(
  token text, accepts boolean default null, offer_id bigint default null, sequence integer default null)
  returns setof private.offered_session
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.answer_offer(answer_offer.token, answer_offer.accepts, answer_offer.offer_id,
                                     answer_offer.sequence);
$$;

comment on function public.answer_offer is 'By a link in a mail: says yes or no to leading a session.';

revoke execute on function private.get_pay_percent, private.open_offer_link, private.compose_offered_session,
  private.read_offer, private.answer_offer, public.read_offer, public.answer_offer
  from public, anon, authenticated, service_role;

grant execute on function private.read_offer, private.answer_offer, public.read_offer, public.answer_offer to anon;


-- pages/find_substitute.sql

-- The page on which an admin finds somebody else to lead a session or class: who is free then, giving it to one of them
-- at once, or asking several (sessions/substitutes.sql); what was asked and answered. And what leads there: a
-- practitioner who says, by the link to their session, that they cannot lead it.
--
-- Whoever is not an admin any more opens nothing with an old link.

create type private.substitute_candidate as (practitioner_id uuid, name text, is_in_hours boolean, is_asked boolean);

create type private.asked_practitioner as (name text, status text, answer_until timestamptz, ended_at timestamptz);

create type private.substitution as (
  session      private.session_summary,
  time_zone    text,
  is_open      boolean,
  is_seat      boolean,
  seats_taken  integer,
  candidates   private.substitute_candidate[],
  unable       integer,
  asked        private.asked_practitioner[],
  answer_until timestamptz
);

create function private.compose_substitution(session_id uuid) returns private.substitution
  language plpgsql stable set search_path = ''
as $$
declare
  v_session public.session_schedules;
  v_shown   private.substitution;
begin
  select * into strict v_session from public.session_schedules s where s.id = compose_substitution.session_id;
  v_shown.session := private.summarize_session(v_session);
  v_shown.time_zone := coalesce(private.find_user_time_zone(auth.uid()), (v_shown.session).time_zone);
  v_shown.is_seat := v_session.group_class_id is not null;
  v_shown.is_open := v_session.status = 'scheduled' and v_session.scheduled_at > now() and not v_shown.is_seat;
  if private.is_class(v_session) then
    v_shown.seats_taken := (select count(*) from private.list_session_clients(v_session));
  end if;
  select coalesce(array_agg(row (p.name, o.status, o.answer_until, o.ended_at)::private.asked_practitioner order by o.id), '{}')
    into v_shown.asked
    from (select * from private.session_offers newest where newest.session_id = v_session.id
           order by newest.id desc limit 100) o
    join public.practitioners p on p.id = o.practitioner_id;
  if v_shown.is_open then
    v_shown.answer_until := private.get_answer_deadline(v_session);
    with checked as (
      select p.id, p.name, private.find_reason_not_to_lead(v_session, p.id) as reason
        from public.practitioners p where p.id <> v_session.practitioner_id
    ), able as (
      select c.id, c.name, c.reason is null as is_in_hours,
             exists (select from private.session_offers o
                      where o.session_id = v_session.id and o.practitioner_id = c.id and o.status = 'open') as is_asked
        from checked c where coalesce(c.reason, 'outside_availability') = 'outside_availability'
       order by c.reason is not null, c.name, c.id limit 200
    )
    select (select coalesce(array_agg(row (a.id, a.name, a.is_in_hours, a.is_asked)::private.substitute_candidate
                                      order by not a.is_in_hours, a.name, a.id), '{}') from able a),
           (select count(*) from checked c where c.reason <> 'outside_availability')
      into v_shown.candidates, v_shown.unable;
  end if;
  return v_shown;
end
$$;

create function private.refuse_unless_admin() returns void
  language plpgsql stable set search_path = ''
as $$
begin
  if not private.is_admin() then
    perform private.refuse(410, 'link_ended', 'This link has ended.', 'It was for administrators.');
  end if;
end
$$;

-- Definer: its callers are not signed in.
create function private.read_substitution(token text) returns private.substitution
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_session public.session_schedules := private.open_session_link(read_substitution.token, 'find_substitute');
begin
  perform private.refuse_unless_admin();
  return private.compose_substitution(v_session.id);
end
$$;

-- Definer: as above.
create function private.give_to_substitute(token text, practitioner_id uuid, outside_hours boolean)
  returns private.substitution
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_session public.session_schedules := private.open_session_link(give_to_substitute.token, 'find_substitute');
begin
  perform private.refuse_unless_admin();
  if give_to_substitute.practitioner_id is null then
    perform private.refuse(422, 'practitioners_missing', 'Please choose a practitioner.');
  -- A second click finds the first.
  elsif v_session.practitioner_id <> give_to_substitute.practitioner_id then
    perform private.give_session_to(v_session.id, give_to_substitute.practitioner_id, give_to_substitute.outside_hours);
  end if;
  return private.compose_substitution(v_session.id);
end
$$;

-- They have so many hours to answer; without a number, as long as the session rules say. Definer: as above.
create function private.ask_substitutes(token text, practitioner_ids uuid[], hours integer) returns private.substitution
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_session public.session_schedules := private.open_session_link(ask_substitutes.token, 'find_substitute');
begin
  perform private.refuse_unless_admin();
  perform private.offer_session_to(v_session.id, ask_substitutes.practitioner_ids,
                                   now() + make_interval(hours => ask_substitutes.hours));
  return private.compose_substitution(v_session.id);
end
$$;

-- When whoever leads it asked for a substitute; null: they have not.
create function private.get_substitute_wanted_at(session public.session_schedules) returns timestamptz
  language sql stable set search_path = ''
as $$
  select max(o.created_at) from private.outbox o
   where o.session_id = (session).id and o.kind = 'substitute_wanted'
     and o.payload ->> 'practitioner_id' = (session).practitioner_id::text;
$$;

-- Tells the admins, at most once a day: a second click finds the first. Definer: as above.
create function private.ask_for_substitute(token text) returns private.managed_session
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_session public.session_schedules := private.open_session_link(ask_for_substitute.token, 'manage_session');
begin
  perform private.refuse_unless_led(v_session);
  if v_session.status <> 'scheduled' or v_session.scheduled_at <= now() then
    perform private.refuse(409, 'session_started', 'This session has begun.');
  elsif v_session.group_class_id is not null then
    perform private.refuse(409, 'seat_follows_its_class', 'A seat has the practitioner of its class.',
                           'Ask for a substitute for the class.');
  end if;
  perform from public.session_schedules s where s.id = v_session.id for update;
  if coalesce(private.get_substitute_wanted_at(v_session) < now() - interval '1 day', true) then
    perform private.limit_use('substitutes wanted', auth.uid());
    perform private.publish_event('substitute_wanted', a.user_id, v_session.id, jsonb_build_object(
              'practitioner_id', v_session.practitioner_id, 'scheduled_at', v_session.scheduled_at))
       from private.list_told_admins() a;
  end if;
  return private.compose_managed_session(v_session.id);
end
$$;

create function public.read_substitution(token text) returns setof private.substitution
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_substitution(read_substitution.token);
$$;

comment on function public.read_substitution is 'By a link in a mail: who could lead a session.';

create function public.give_to_substitute(
  token text, practitioner_id uuid default null, outside_hours boolean default false) returns setof private.substitution
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.give_to_substitute(give_to_substitute.token, give_to_substitute.practitioner_id,
                                           give_to_substitute.outside_hours);
$$;

comment on function public.give_to_substitute is 'By a link in a mail: gives a session to another practitioner.';

create function public.ask_substitutes(token text, practitioner_ids uuid[] default '{}', hours integer default null)
  returns setof private.substitution
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.ask_substitutes(ask_substitutes.token, ask_substitutes.practitioner_ids, ask_substitutes.hours);
$$;

comment on function public.ask_substitutes is 'By a link in a mail: asks practitioners whether they lead it.';

create function public.ask_for_substitute(token text) returns setof private.managed_session
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.ask_for_substitute(ask_for_substitute.token);
$$;

comment on function public.ask_for_substitute is 'By a link in a mail: asks the admins for somebody else to lead it.';

revoke execute on function private.compose_substitution, private.refuse_unless_admin, private.read_substitution,
  private.give_to_substitute, private.ask_substitutes, private.get_substitute_wanted_at, private.ask_for_substitute,
  public.read_substitution, public.give_to_substitute, public.ask_substitutes, public.ask_for_substitute
  from public, anon, authenticated, service_role;

grant execute on function private.read_substitution, private.give_to_substitute, private.ask_substitutes,
  private.ask_for_substitute, public.read_substitution, public.give_to_substitute, public.ask_substitutes,
  public.ask_for_substitute to anon;


-- pages/find_my_sessions.sql

-- Somebody's links, sent again to whoever types an address: all sessions and series to come, in one mail, to that
-- address alone.
--
-- Typing an address writes it down, and nothing else: whether there is such an account, send-notifications finds out
-- a moment later. So the answer and its time are the same for every address. How often is bounded for each address that
-- is typed, for each caller's address, and in all.

create table private.session_link_requests (
  address    text        not null,
  mail_kind  text        not null default 'my_sessions',
  created_at timestamptz not null default now(),

  primary key (address, mail_kind),
  constraint session_link_requests_kind_is_known check (mail_kind in ('my_sessions', 'class_links')),
  constraint session_link_requests_address_is_short check (char_length(address) <= 320)
);

comment on table private.session_link_requests is
  'Addresses that were typed and not yet looked up, in lower case. Deleted when they are.';

alter table private.session_link_requests enable row level security;

-- No policy and no grant: the functions below are the only way.
comment on column private.session_link_requests.mail_kind is
  'my_sessions: a link to each of their sessions. class_links: one to the classes and their waiting lists.';

-- False: asked too often. Definer: nobody may write down addresses directly.
create function private.request_session_links(address text, ip_address text, mail_kind text default 'my_sessions')
  returns boolean
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_address text := lower(btrim(request_session_links.address));
begin
  if v_address is null or char_length(v_address) > 320 or v_address !~ '^[^\s@]+@[^\s@]+$' then
    perform private.refuse(422, 'address_not_possible', 'Please type your mail address.');
  end if;
  -- In this order: who asks too often uses up nothing of others.
  if not private.limit_attempt('session link requests', private.mask_address(request_session_links.ip_address)) then
    return false;
  elsif not private.limit_attempt('session links to an address', private.sha256_hex(v_address)) then
    return false;
  elsif not private.limit_attempt('session links in all', 'all') then
    return false;
  end if;
  insert into private.session_link_requests (address, mail_kind) values (v_address, request_session_links.mail_kind)
  on conflict do nothing;
  return true;
end
$$;

-- Sessions that somebody books or leads, and has not been to yet. A class that they lead is one of them.
create function private.list_sessions_to_come(user_id uuid) returns setof public.session_schedules
  language sql stable set search_path = ''
as $$
  select s.* from public.session_schedules s
   where s.id in (
       select booked.id from public.session_schedules booked
        where booked.client_id = list_sessions_to_come.user_id and not private.is_class(booked)
          and booked.scheduled_at > now() - interval '1 day'
       union
       select led.id from public.session_schedules led join public.practitioners p on p.id = led.practitioner_id
        where p.user_id = list_sessions_to_come.user_id and led.group_class_id is null
          and led.scheduled_at > now() - interval '1 day')
     and s.status in ('scheduled', 'in_progress')
     and s.scheduled_at + make_interval(mins => s.duration_minutes) > now()
   order by s.scheduled_at limit 50;
$$;

-- Each with a new link to its page, and to what is asked about it, for the mail that is being written.
create function private.link_sessions_to_come(user_id uuid) returns jsonb
  language sql volatile set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
           'session', private.summarize_session(s),
           'is_led', private.get_session_host(s) is not distinct from link_sessions_to_come.user_id,
           'token', private.make_session_link(s, link_sessions_to_come.user_id),
           'answer_token', case when s.client_id = link_sessions_to_come.user_id and private.waits_for_answer(s)
             then private.make_page_link('answer_change', link_sessions_to_come.user_id, s.id::text,
                                         private.get_session_link_end(s)) end)), '[]')
    from private.list_sessions_to_come(link_sessions_to_come.user_id) s;
$$;

-- Each series of which something is to come, with a new link to its page. Sessions that somebody else leads by now are
-- none of its practitioner's.
create function private.link_series_to_come(user_id uuid) returns jsonb
  language sql volatile set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
           'session', private.summarize_session(c.session), 'is_led', c.is_led, 'to_come', c.number,
           'token', private.make_page_link('manage_series', link_series_to_come.user_id, c.id::text,
                                           now() + interval '400 days'))
           order by (c.session).scheduled_at, c.id), '[]')
    from (
      select own.id, own.is_led, next.number, next.session
        from (select r.id, false as is_led from public.session_series r where r.client_id = link_series_to_come.user_id
               union all
              select r.id, true from public.session_series r join public.practitioners p on p.id = r.practitioner_id
               where p.user_id = link_series_to_come.user_id and r.client_id is distinct from p.user_id) own
       cross join lateral (
         select count(*) over () as number, s as session
           from public.session_series_sessions l join public.session_schedules s on s.id = l.session_id
          where l.series_id = own.id and s.status = 'scheduled' and s.scheduled_at > now()
            and case when own.is_led then private.get_session_host(s) else s.client_id end = link_series_to_come.user_id
          order by s.scheduled_at limit 1) next
       order by (next.session).scheduled_at, own.id limit 50) c;
$$;

-- A mail for each address that has an account. What waited too long is not answered: by then, nobody waits for it.
-- Definer: the service runs it, and may neither read nor write any of this by itself.
create function private.answer_session_link_requests() returns void
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_request private.session_link_requests;
begin
  for v_request in
    delete from private.session_link_requests r
     where r.ctid = any (array(select oldest.ctid from private.session_link_requests oldest
                                order by oldest.created_at limit 500 for update skip locked))
    returning r.*
  loop
    begin
      perform private.publish_event(v_request.mail_kind, u.id) from auth.users u
        where lower(u.email) = v_request.address and v_request.created_at > now() - interval '2 hours';
    exception when others then
      raise warning 'links to sessions not sent: %', sqlerrm;  -- the others are
    end;
  end loop;
end
$$;

create function public.request_session_links(address text, ip_address text default null) returns table (success boolean)
  language sql volatile security invoker set search_path = ''
as $$
  select private.request_session_links(request_session_links.address, request_session_links.ip_address);
$$;

comment on function public.request_session_links is
  'Writes an address down, to which its links are sent if it has any. The same for every address.';

create function public.request_class_links(address text, ip_address text default null) returns table (success boolean)
  language sql volatile security invoker set search_path = ''
as $$
  select private.request_session_links(request_class_links.address, request_class_links.ip_address, 'class_links');
$$;

comment on function public.request_class_links is
  'Writes an address down, to which a link to the classes and their waiting lists is sent. The same for every address.';

revoke execute on function private.request_session_links, private.list_sessions_to_come, private.link_sessions_to_come,
  private.link_series_to_come,
  private.answer_session_link_requests, public.request_session_links,
  public.request_class_links from public, anon, authenticated, service_role;

-- Not to people: who calls says what address the call came from.
grant execute on function private.request_session_links, public.request_session_links, public.request_class_links,
  private.answer_session_link_requests to service_role;


-- pages/pay_session.sql

-- The page at which somebody pays for what they picked and had no fitting credit for, by the link that they are mailed.
--
-- The refusal names the page's short address; whoever opens it without a link is told to look into their mail. The link
-- leads to their last pick, so that one mail is enough for all that they try in a while. The page shows what it is and
-- leads on to the website's own checkout, where price and cancellation policy stand: it sells nothing itself.
--
-- The mail about a bank that did not pay leads here too, by a link to that one checkout, so that it can be paid again.

-- Definer: people may not publish events.
create function private.publish_session_to_pay() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  if not exists (select from private.outbox o
                  where o.user_id = new.user_id and o.kind = 'session_to_pay' and o.created_at > now() - interval '15 minutes') then
    perform private.publish_event('session_to_pay', new.user_id);
  end if;
  return null;
end
$$;

create trigger refused_picks_70_publish after insert or update on public.refused_picks
  for each row execute function private.publish_session_to_pay();

-- What was picked, or not paid for by a bank (`has_failed`); and why it cannot be had any more, if there is a reason.
-- Definer: its callers are not signed in.
create function private.read_session_to_pay(token text)
  returns table (practitioner_id uuid, practitioner_name text, scheduled_at timestamptz, ends_at timestamptz,
                 time_zone text, session_type_id uuid, name text, session_type text, duration_minutes integer,
                 is_group boolean, session_location text, physical_location text, group_class_id uuid, has_failed boolean,
                 reason text)
  language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_link private.page_links := private.open_page_link(read_session_to_pay.token, 'pay_session');
begin
  return query
    select k.practitioner_id, p.name, k.scheduled_at, k.scheduled_at + make_interval(mins => t.duration_minutes),
           coalesce(private.find_user_time_zone(k.user_id), c.time_zone, 'UTC'), t.id, coalesce(class.class_name, t.name),
           t.session_type, t.duration_minutes, t.is_group, k.session_location, k.physical_location, k.group_class_id,
           k.has_failed,
           case when k.group_class_id is null
                then (select s.reason from private.check_starts(k.practitioner_id, array[k.scheduled_at], t.duration_minutes,
                                                                k.user_id) s)
                when class.status is distinct from 'scheduled' then 'class_not_open'
                when class.scheduled_at <= now() then 'class_over'
                when private.count_taken_seats(class.id) + private.count_held_seats(class.id, k.user_id)
                     >= class.max_participants then 'class_full' end
      from (select r.user_id, r.practitioner_id, r.scheduled_at, r.session_type_id, r.session_location, r.physical_location,
                   r.group_class_id, false as has_failed
              from public.refused_picks r where v_link.subject is null and r.user_id = v_link.user_id
            union all
            select c.user_id, c.practitioner_id, c.scheduled_at, c.session_type_id, coalesce(c.session_location, 'online'),
                   c.physical_location, c.group_class_id, true
              from public.checkout_sessions c
             where c.id = v_link.subject::uuid and c.user_id = v_link.user_id and c.payment_type = 'single') k
      join public.practitioners p on p.id = k.practitioner_id
      join public.session_types t on t.id = k.session_type_id and t.is_active
      left join public.practitioner_calendars c on c.practitioner_id = k.practitioner_id
      left join public.session_schedules class on class.id = k.group_class_id;
  if not found then
    perform private.refuse(404, 'nothing_picked', 'There is nothing to pay for.', 'Choose a time on the website first.');
  end if;
end
$$;

create function public.read_session_to_pay(token text)
  returns table (practitioner_id uuid, practitioner_name text, scheduled_at timestamptz, ends_at timestamptz,
                 time_zone text, session_type_id uuid, name text, session_type text, duration_minutes integer,
                 is_group boolean, session_location text, physical_location text, group_class_id uuid, has_failed boolean,
                 reason text)
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_session_to_pay(read_session_to_pay.token);
$$;

comment on function public.read_session_to_pay is 'By a link in a mail: what is to be paid, and until when.';

revoke execute on function private.publish_session_to_pay, private.read_session_to_pay, public.read_session_to_pay
  from public, anon, authenticated, service_role;

grant execute on function private.read_session_to_pay, public.read_session_to_pay to anon;


-- pages/pay_fee.sql

-- The page on which somebody sees the fees that they owe and pays one, by the link in the mails about them.
--
-- The link is a person's, and leads to all that they owe: one page, whatever mail it is opened from. Without anything
-- owed it says so, and what became of those of the last year.

create type private.shown_fee as (
  id uuid, because text, amount_minor integer, currency text, status text, scheduled_at timestamptz, session_name text,
  practitioner_name text, is_being_paid boolean
);

create function private.list_fees_to_show(user_id uuid) returns private.shown_fee[]
  language plpgsql stable set search_path = ''
as $$
begin
  return array(
    select row(f.id, f.because, f.amount_minor, f.currency, f.status, f.scheduled_at, coalesce(s.class_name, t.name), p.name,
               exists (select from public.checkout_sessions c where c.fee_id = f.id and c.status = 'processing')
           )::private.shown_fee
      from public.owed_fees f
      left join public.session_schedules s on s.id = f.session_id
      left join public.session_types t on t.id = s.session_type_id
      left join public.practitioners p on p.id = s.practitioner_id
     where f.user_id = list_fees_to_show.user_id and (f.status = 'owed' or f.created_at > now() - interval '1 year')
     order by f.status <> 'owed', f.created_at desc limit 50);
end
$$;

-- Definer: its callers are not signed in.
create function private.read_fees_to_pay(token text, out fees private.shown_fee[], out time_zone text)
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_link private.page_links := private.open_page_link(read_fees_to_pay.token, 'pay_fee');
begin
  fees := private.list_fees_to_show(v_link.user_id);
  time_zone := coalesce(private.find_user_time_zone(v_link.user_id), 'America/Toronto');
end
$$;

-- Definer: as above.
create function private.pay_fee(
  token text, fee_id uuid, out checkout_id uuid, out description text, out amount_minor integer, out currency text,
  out expires_at timestamptz, out url text, out supersedes text[], out email text)
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_link private.page_links := private.open_page_link(pay_fee.token, 'pay_fee');
begin
  select b.* into checkout_id, description, amount_minor, currency, expires_at, url, supersedes
    from private.begin_fee_checkout(v_link.user_id, pay_fee.fee_id) b;
  email := (select u.email from auth.users u where u.id = v_link.user_id);
end
$$;

create function public.read_fees_to_pay(token text) returns table (fees private.shown_fee[], time_zone text)
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_fees_to_pay(read_fees_to_pay.token);
$$;

comment on function public.read_fees_to_pay is
  'By a link in a mail: the fees that its reader owes, and what became of others.';

create function public.pay_fee(token text, fee_id uuid)
  returns table (checkout_id uuid, description text, amount_minor integer, currency text, expires_at timestamptz,
                 url text, supersedes text[], email text)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.pay_fee(pay_fee.token, pay_fee.fee_id);
$$;

comment on function public.pay_fee is
  'By a link in a mail: decides and records what is to be paid for a fee; the page then opens it at Stripe.';

revoke execute on function private.list_fees_to_show, private.read_fees_to_pay, private.pay_fee,
  public.read_fees_to_pay, public.pay_fee from public, anon, authenticated, service_role;

grant execute on function private.read_fees_to_pay, private.pay_fee, public.read_fees_to_pay, public.pay_fee to anon;


-- pages/review_fees_and_ratings.sql

-- The page on which admins let people off fees, and hide ratings or show them again, by a link in a mail.
--
-- The link is good for as long as its person is an admin, and is no second factor: whoever has one decides signed in,
-- by forgive_fee and hide_session_rating. This page calls the same, so what they refuse is refused here.
--
-- Fees stand oldest first, ratings newest first, so many of each. What is typed narrows both: a name, or a word of a
-- rating. Whose rating it is decides nothing, and is not said.

create type private.fee_to_review as (
  id uuid, full_name text, is_own boolean, because text, amount_minor integer, currency text, owed_since timestamptz,
  session_name text, practitioner_name text, scheduled_at timestamptz, is_being_paid boolean
);

create type private.rating_to_review as (
  id uuid, stars integer, words text, given_at timestamptz, practitioner_name text, is_own boolean, session_name text,
  scheduled_at timestamptz, is_hidden boolean, decision_reason text
);

create type private.fees_and_ratings as (
  fees private.fee_to_review[], has_more_fees boolean, ratings private.rating_to_review[], has_more_ratings boolean,
  time_zone text
);

create function private.refuse_unless_deciding_by_link() returns void
  language plpgsql stable set search_path = ''
as $$
begin
  perform private.refuse_unless_admin();
  if private.lacks_second_factor(auth.uid(), null) then
    perform private.refuse(403, 'second_factor_needed', 'A link in a mail is no second factor, and you have one.',
      'Please decide where you are signed in with your authenticator code.');
  end if;
end
$$;

create function private.find_fees_to_review(words text, at_most integer) returns private.fee_to_review[]
  language plpgsql stable set search_path = ''
as $$
begin
  return array(
    select row(f.id, n.full_name, f.user_id = auth.uid(), f.because, f.amount_minor, f.currency, f.created_at,
               coalesce(s.class_name, t.name), p.name, f.scheduled_at,
               exists (select from public.checkout_sessions c where c.fee_id = f.id and c.status = 'processing')
           )::private.fee_to_review
      from public.owed_fees f
      left join public.profiles n on n.id = f.user_id
      left join public.session_schedules s on s.id = f.session_id
      left join public.session_types t on t.id = s.session_type_id
      left join public.practitioners p on p.id = s.practitioner_id
     where f.status = 'owed'
       and (find_fees_to_review.words is null
            or strpos(lower(concat_ws(' ', n.full_name, p.name)), find_fees_to_review.words) > 0)
     order by f.created_at, f.id limit find_fees_to_review.at_most);
end
$$;

-- Looked for among the newest ten thousand: there is no end to how many there are.
create function private.find_ratings_to_review(words text, at_most integer) returns private.rating_to_review[]
  language plpgsql stable set search_path = ''
as $$
begin
  return array(
    select row(r.id, r.stars, r.words, r.created_at, p.name, coalesce(p.user_id = auth.uid(), false),
               coalesce(s.class_name, t.name), s.scheduled_at, r.hidden_at is not null, r.decision_reason
           )::private.rating_to_review
      from (select * from public.session_ratings given order by given.created_at desc, given.id limit 10000) r
      join public.session_schedules s on s.id = r.session_id
      left join public.session_types t on t.id = s.session_type_id
      left join public.practitioners p on p.id = r.practitioner_id
     where find_ratings_to_review.words is null
        or strpos(lower(concat_ws(' ', p.name, r.words)), find_ratings_to_review.words) > 0
     order by r.created_at desc, r.id limit find_ratings_to_review.at_most);
end
$$;

-- For the caller whom the link has named.
create function private.show_fees_and_ratings(find text) returns private.fees_and_ratings
  language plpgsql stable set search_path = ''
as $$
declare
  c_at_most constant integer := 50;
  c_words   constant text := lower(nullif(btrim(show_fees_and_ratings.find), ''));
  v_shown   private.fees_and_ratings;
begin
  perform private.refuse_long_text('find', c_words, 100);
  v_shown.fees := private.find_fees_to_review(c_words, c_at_most + 1);
  v_shown.ratings := private.find_ratings_to_review(c_words, c_at_most + 1);
  v_shown.has_more_fees := cardinality(v_shown.fees) > c_at_most;
  v_shown.has_more_ratings := cardinality(v_shown.ratings) > c_at_most;
  v_shown.fees := v_shown.fees[:c_at_most];
  v_shown.ratings := v_shown.ratings[:c_at_most];
  v_shown.time_zone := coalesce(private.find_user_time_zone(auth.uid()), 'America/Toronto');
  return v_shown;
end
$$;

-- Definer: its callers are not signed in.
create function private.read_fees_and_ratings(token text, find text) returns private.fees_and_ratings
  language plpgsql stable security definer set search_path = ''
as $$
begin
  perform private.open_page_link(read_fees_and_ratings.token, 'review_fees_and_ratings');
  perform private.refuse_unless_deciding_by_link();
  return private.show_fees_and_ratings(read_fees_and_ratings.find);
end
$$;

-- Definer: as above.
create function private.forgive_fee_by_link(token text, fee_id uuid, reason text, find text)
  returns private.fees_and_ratings
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.open_page_link(forgive_fee_by_link.token, 'review_fees_and_ratings');
  perform private.refuse_unless_deciding_by_link();
  perform private.forgive_fee(forgive_fee_by_link.fee_id, forgive_fee_by_link.reason);
  return private.show_fees_and_ratings(forgive_fee_by_link.find);
end
$$;

-- Definer: as above.
create function private.hide_rating_by_link(token text, rating_id uuid, reason text, is_hidden boolean, find text)
  returns private.fees_and_ratings
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.open_page_link(hide_rating_by_link.token, 'review_fees_and_ratings');
  perform private.refuse_unless_deciding_by_link();
  perform private.hide_session_rating(hide_rating_by_link.rating_id, hide_rating_by_link.reason,
                                      hide_rating_by_link.is_hidden);
  return private.show_fees_and_ratings(hide_rating_by_link.find);
end
$$;

-- The same, exposed: the API calls functions of schema public.

create function public.read_fees_and_ratings(token text, find text default null) returns private.fees_and_ratings
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_fees_and_ratings(read_fees_and_ratings.token, read_fees_and_ratings.find);
$$;

comment on function public.read_fees_and_ratings is
  'By the link in an admin''s mail: the fees that are owed, and the newest ratings; or those in which a word is found.';

create function public.forgive_fee_by_link(token text, fee_id uuid, reason text, find text default null)
  returns private.fees_and_ratings
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.forgive_fee_by_link(forgive_fee_by_link.token, forgive_fee_by_link.fee_id,
                                            forgive_fee_by_link.reason, forgive_fee_by_link.find);
$$;

comment on function public.forgive_fee_by_link is
  'By the link in an admin''s mail: lets somebody off a fee, with a reason, as forgive_fee does.';

create function public.hide_rating_by_link(
  token text, rating_id uuid, reason text, is_hidden boolean default true, find text default null)
  returns private.fees_and_ratings
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.hide_rating_by_link(hide_rating_by_link.token, hide_rating_by_link.rating_id,
                                            hide_rating_by_link.reason, hide_rating_by_link.is_hidden,
                                            hide_rating_by_link.find);
$$;

comment on function public.hide_rating_by_link is
  'By the link in an admin''s mail: hides a rating or shows it again, with a reason, as hide_session_rating does.';

revoke execute on function private.refuse_unless_deciding_by_link, private.find_fees_to_review,
  private.find_ratings_to_review, private.show_fees_and_ratings, private.read_fees_and_ratings,
  private.forgive_fee_by_link, private.hide_rating_by_link, public.read_fees_and_ratings, public.forgive_fee_by_link,
  public.hide_rating_by_link from public, anon, authenticated, service_role;

grant execute on function private.read_fees_and_ratings, private.forgive_fee_by_link, private.hide_rating_by_link,
  public.read_fees_and_ratings, public.forgive_fee_by_link, public.hide_rating_by_link to anon;


-- pages/show_payout.sql

-- The page about a payout, by the link in its mail: what it comes to, and statements to keep, of it and of each year.

-- Years in which something was earned or paid, by currency, the newest first. Definer: as read_payout_page.
create function private.list_statement_years(practitioner_id uuid) returns jsonb
  language sql stable security definer set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object('year', y.year, 'currency', y.currency) order by y.year desc, y.currency), '[]')
    from (select distinct extract(year from l.occurred_at at time zone private.get_earnings_time_zone(array[list_statement_years.practitioner_id]))::integer as year,
                 l.currency
            from private.list_earnings_lines(list_statement_years.practitioner_id) l) y;
$$;

create type private.payout_page as (statement private.payout_statement, years jsonb);

-- Definer: its callers are not signed in. From where the link is opened its person is the caller.
create function private.read_payout_page(token text) returns private.payout_page
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_link private.page_links := private.open_page_link(read_payout_page.token, 'show_payout');
  v_page private.payout_page;
begin
  v_page.statement := private.get_payout_statement(v_link.subject::uuid);
  v_page.years := private.list_statement_years((v_page.statement).practitioner_id);
  return v_page;
end
$$;

-- Definer: as above.
create function private.read_linked_year_statement(token text, year integer, currency text)
  returns private.year_statement
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_link   private.page_links := private.open_page_link(read_linked_year_statement.token, 'show_payout');
  v_payout private.payout_statement := private.get_payout_statement(v_link.subject::uuid);
begin
  return private.get_year_statement(read_linked_year_statement.year, read_linked_year_statement.currency,
                                    v_payout.practitioner_id);
end
$$;

create function public.read_payout_page(token text) returns setof private.payout_page
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_payout_page(read_payout_page.token);
$$;

comment on function public.read_payout_page is 'By a link in a mail: one payout, and the years there are.';

create function public.read_linked_year_statement(token text, year integer, currency text)
  returns setof private.year_statement
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_linked_year_statement(read_linked_year_statement.token, read_linked_year_statement.year,
                                                   read_linked_year_statement.currency);
$$;

comment on function public.read_linked_year_statement is
  'By a link in a mail: a practitioner''s year, of one currency.';

revoke execute on function private.list_statement_years, private.read_payout_page,
  private.read_linked_year_statement, public.read_payout_page, public.read_linked_year_statement
  from public, anon, authenticated, service_role;

grant execute on function private.read_payout_page, private.read_linked_year_statement, public.read_payout_page,
  public.read_linked_year_statement to anon;


-- pages/manage_calendars.sql

-- The page on which somebody keeps their calendars: addresses from which a program fetches their sessions and, of a
-- practitioner, up to three of other calendars whose times are kept free (calendars/busy_times.sql).
--
-- By the link in their mails; a signed-in caller needs none. The address of a feed is a random token, kept as a hash:
-- it is shown once, to be given to one program. So there may be five, and each is ended by itself.

create table private.calendar_feeds (
  id           uuid        primary key default gen_random_uuid(),
  token_sha256 text        not null unique,
  user_id      uuid        not null references auth.users on delete cascade,
  fetched_at   timestamptz,
  created_at   timestamptz not null default now(),

  constraint calendar_feeds_token_is_a_hash check (char_length(token_sha256) = 64)
);

comment on table  private.calendar_feeds            is 'Addresses of somebody''s sessions for calendar programs, by the hash of their token.';

comment on column private.calendar_feeds.fetched_at is 'When a program last asked, to the hour; null: never.';

create index calendar_feeds_user_id_idx on private.calendar_feeds (user_id);

alter table private.calendar_feeds enable row level security;

-- No grant and no policy: the functions below are the only way.

create type private.calendars_page as (
  feeds           jsonb,
  busy_calendars  jsonb,
  is_practitioner boolean,
  time_zone       text,
  made_token      text
);

-- Whose calendars: a link's, or the caller's own.
create function private.open_calendars_link(token text, page text) returns uuid
  language plpgsql stable set search_path = ''
as $$
begin
  if open_calendars_link.token is not null then
    return (private.open_page_link(open_calendars_link.token, open_calendars_link.page)).user_id;
  elsif auth.uid() is null then
    perform private.refuse(404, 'link_not_found', 'This link is not known.', 'Please use the link in your newest mail.');
  end if;
  return auth.uid();
end
$$;

create function private.show_calendars(user_id uuid, made_token text default null) returns private.calendars_page
  language sql stable set search_path = ''
as $$
  select (select coalesce(jsonb_agg(jsonb_build_object('id', f.id, 'created_at', f.created_at, 'fetched_at', f.fetched_at)
                                    order by f.created_at), '[]')
            from private.calendar_feeds f where f.user_id = show_calendars.user_id),
         (select coalesce(jsonb_agg(jsonb_build_object(
                   'id', b.id, 'host', private.get_host(b.address), 'read_at', b.read_at, 'entries', b.entries,
                   'failing_since', b.failing_since, 'failure', b.failure) order by b.position), '[]')
            from private.busy_calendars b join public.practitioners p on p.id = b.practitioner_id
           where p.user_id = show_calendars.user_id),
         exists (select from public.practitioners p where p.user_id = show_calendars.user_id),
         coalesce(private.find_user_time_zone(show_calendars.user_id), 'America/Toronto'),
         show_calendars.made_token;
$$;

-- Definer: its callers by link are not signed in.
create function private.read_calendars(token text) returns private.calendars_page
  language sql stable security definer set search_path = ''
as $$
  select private.show_calendars(private.open_calendars_link(read_calendars.token, 'manage_calendars'));
$$;

-- Definer: as above.
create function private.make_calendar_feed(token text) returns private.calendars_page
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user  uuid := private.open_calendars_link(make_calendar_feed.token, 'manage_calendars');
  v_token text := replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');
begin
  perform private.limit_use('calendars changed', v_user);
  perform private.lock_client(v_user);
  if 5 <= (select count(*) from private.calendar_feeds f where f.user_id = v_user) then
    perform private.refuse(409, 'too_many_feeds', 'You have five calendar addresses.', 'Please end one that you do not use.');
  end if;
  insert into private.calendar_feeds (token_sha256, user_id) values (private.sha256_hex(v_token), v_user);
  return private.show_calendars(v_user, v_token);
end
$$;

-- Definer: as above.
create function private.end_calendar_feed(token text, feed_id uuid) returns private.calendars_page
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user uuid := private.open_calendars_link(end_calendar_feed.token, 'manage_calendars');
begin
  delete from private.calendar_feeds f where f.id = end_calendar_feed.feed_id and f.user_id = v_user;
  return private.show_calendars(v_user);
end
$$;

-- Definer: as above.
create function private.add_busy_calendar(token text, address text) returns private.calendars_page
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user         uuid := private.open_calendars_link(add_busy_calendar.token, 'manage_calendars');
  v_practitioner uuid := (select p.id from public.practitioners p where p.user_id = v_user order by p.id limit 1);
  -- Programs write webcal:// for https://.
  v_address      text := regexp_replace(btrim(add_busy_calendar.address), '^(webcals?|https)://', 'https://', 'i');
  v_position     integer;
begin
  if v_practitioner is null then
    perform private.refuse(403, 'practitioners_only', 'Only practitioners keep times free.');
  elsif v_address is null or v_address !~ '^https?://[^\s/?#@]+([/?#]\S*)?$' or char_length(v_address) > 2000 then
    perform private.refuse(422, 'address_not_possible', 'Please give the calendar''s whole address, from https:// on.');
  end if;
  perform private.limit_use('calendars changed', v_user);
  perform private.lock_calendar(v_practitioner);
  select free into v_position from generate_series(1, 3) free
   where not exists (select from private.busy_calendars b where (b.practitioner_id, b.position) = (v_practitioner, free))
   order by free limit 1;
  if exists (select from private.busy_calendars b where (b.practitioner_id, b.address) = (v_practitioner, v_address)) then
    return private.show_calendars(v_user);
  elsif v_position is null then
    perform private.refuse(409, 'too_many_calendars', 'Three calendars are read in.', 'Please remove one of them first.');
  end if;
  insert into private.busy_calendars (practitioner_id, position, address) values (v_practitioner, v_position, v_address);
  return private.show_calendars(v_user);
end
$$;

-- Its times are free with it. Definer: as above.
create function private.remove_busy_calendar(token text, calendar_id uuid) returns private.calendars_page
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user uuid := private.open_calendars_link(remove_busy_calendar.token, 'manage_calendars');
begin
  delete from private.busy_calendars b using public.practitioners p
   where b.id = remove_busy_calendar.calendar_id and p.id = b.practitioner_id and p.user_id = v_user;
  return private.show_calendars(v_user);
end
$$;

create function private.open_feed_link(token text) returns private.calendar_feeds
  language plpgsql stable set search_path = ''
as $$
declare
  v_feed private.calendar_feeds;
begin
  select * into v_feed from private.calendar_feeds f where f.token_sha256 = private.sha256_hex(open_feed_link.token);
  if not found then
    perform private.refuse(404, 'link_not_found', 'This calendar address is not known, or was ended.');
  end if;
  perform private.tell_language(v_feed.user_id);
  return v_feed;
end
$$;

-- What a calendar program fetches: sessions of the last ninety days and all to come, each as its mails state it. Null
-- instead of them: nothing has changed since the version that the program has.
-- Definer: programs are not signed in; the token is whose sessions they are.
create function private.read_calendar_feed(token text, known_version text)
  returns table (version text, sessions jsonb)
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_feed     private.calendar_feeds := private.open_feed_link(read_calendar_feed.token);
  v_sessions jsonb;
  v_version  text;
begin
  perform private.limit_use('calendar fetches', v_feed.id);
  update private.calendar_feeds f set fetched_at = now()
   where f.id = v_feed.id and coalesce(f.fetched_at, '-infinity') < now() - interval '1 hour';

  select coalesce(jsonb_agg(jsonb_build_object(
           'session', private.summarize_session(s), 'is_led', p.user_id is not distinct from v_feed.user_id)
           order by s.scheduled_at, s.id), '[]')
    into v_sessions
    from (select mine.* from (
            select booked.* from public.session_schedules booked
             where booked.client_id = v_feed.user_id and not private.is_class(booked)
            union all
            select led.* from public.session_schedules led join public.practitioners mine on mine.id = led.practitioner_id
             where mine.user_id = v_feed.user_id and led.group_class_id is null
               and (led.client_id is distinct from v_feed.user_id or private.is_class(led))) mine
           where mine.status in ('scheduled', 'in_progress', 'completed') and mine.scheduled_at > now() - interval '90 days'
           order by mine.scheduled_at desc limit 1000) s
    left join public.practitioners p on p.id = s.practitioner_id;
  -- In another language it is another file.
  v_version := private.sha256_hex(concat(v_sessions, private.find_language(v_feed.user_id)));
  return query select v_version, case when v_version is distinct from read_calendar_feed.known_version then v_sessions end;
end
$$;

-- The same, exposed: the API calls functions of schema public.

create function public.read_calendars(token text default null) returns setof private.calendars_page
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_calendars(read_calendars.token);
$$;

comment on function public.read_calendars is 'One''s calendar addresses, and those whose times are kept free.';

create function public.make_calendar_feed(token text default null) returns setof private.calendars_page
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.make_calendar_feed(make_calendar_feed.token);
$$;

comment on function public.make_calendar_feed is
  'A new address of one''s sessions for a calendar program; its token is told this once.';

create function public.end_calendar_feed(token text default null, feed_id uuid default null) returns setof private.calendars_page
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.end_calendar_feed(end_calendar_feed.token, end_calendar_feed.feed_id);
$$;

comment on function public.end_calendar_feed is 'Ends one of them: the program that has it gets nothing more.';

create function public.add_busy_calendar(token text default null, address text default null) returns setof private.calendars_page
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.add_busy_calendar(add_busy_calendar.token, add_busy_calendar.address);
$$;

comment on function public.add_busy_calendar is 'For practitioners: another calendar, whose times are then kept free.';

create function public.remove_busy_calendar(token text default null, calendar_id uuid default null) returns setof private.calendars_page
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.remove_busy_calendar(remove_busy_calendar.token, remove_busy_calendar.calendar_id);
$$;

comment on function public.remove_busy_calendar is 'For practitioners: it is not read any more, and its times are free.';

create function public.read_calendar_feed(token text, known_version text default null)
  returns table (version text, sessions jsonb)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.read_calendar_feed(read_calendar_feed.token, read_calendar_feed.known_version);
$$;

comment on function public.read_calendar_feed is 'For calendar programs, by their token: somebody''s sessions.';

revoke execute on function private.open_calendars_link, private.open_feed_link, private.show_calendars, private.read_calendars,
  private.make_calendar_feed, private.end_calendar_feed, private.add_busy_calendar, private.remove_busy_calendar,
  private.read_calendar_feed, public.read_calendars, public.make_calendar_feed, public.end_calendar_feed,
  public.add_busy_calendar, public.remove_busy_calendar, public.read_calendar_feed
  from public, anon, authenticated, service_role;

grant execute on function private.read_calendars, private.make_calendar_feed, private.end_calendar_feed,
  private.add_busy_calendar, private.remove_busy_calendar, public.read_calendars, public.make_calendar_feed,
  public.end_calendar_feed, public.add_busy_calendar, public.remove_busy_calendar to anon, authenticated;

grant execute on function private.read_calendar_feed, public.read_calendar_feed to anon;


-- waiting_lists/find_classes_page.sql

-- The page of the classes to come: their seats, their waiting lists, and a seat that is kept.
--
-- Its short address stands in the refusal of a full class, and shows everybody what comes and how full it is. By the
-- link that is mailed, somebody waits, leaves a list, and takes a seat: with a credit here, or by the website's own
-- checkout, where price and cancellation policy stand. Whoever takes a seat signs the current waiver first, if they
-- have not; the service writes the signature, as for sign_waiver. Admins also see who waits, and move somebody up.

create type private.found_class as (
  shown public.coming_class, time_zone text, has_credit boolean, practitioner_id uuid, session_type_id uuid,
  session_type text, duration_minutes integer, waiver_version integer, waiver_body text, signer_name text,
  waiting_people jsonb,
  waiver_texts jsonb
);

-- For the caller whom the link has named. Without a fitting kind of session it cannot be paid for by itself.
create function private.compose_found_class(class_id uuid) returns private.found_class
  language plpgsql stable set search_path = ''
as $$
declare
  v_found  private.found_class;
  v_class  public.session_schedules;
  v_waiver private.waiver_to_sign;
begin
  select s.* into v_class from public.session_schedules s
   where s.id = compose_found_class.class_id and private.is_class(s) and s.status = 'scheduled' and s.scheduled_at > now();
  if not found then
    perform private.refuse(404, 'class_not_found', 'There is no such class.');
  end if;
  v_found.shown := (select c from private.list_coming_classes(1, v_class.id) c);
  v_found.time_zone := coalesce(private.find_user_time_zone(auth.uid()), (v_found.shown).time_zone);
  v_found.has_credit := exists (select from private.list_good_lots(
    auth.uid(), private.list_class_session_type_ids(v_class), v_class.duration_minutes, true));
  v_found.practitioner_id := v_class.practitioner_id;
  v_found.duration_minutes := v_class.duration_minutes;
  select t.id, t.session_type into v_found.session_type_id, v_found.session_type
    from public.session_types t
   where t.id = any (private.list_class_session_type_ids(v_class)) and t.is_active
   order by t.session_type = 'standing' desc, t.id limit 1;
  if private.is_admin() then
    v_found.waiting_people := coalesce(
      (select jsonb_agg(p) from private.find_waiting_people(compose_found_class.class_id) p), '[]');
  end if;
  if not private.has_signed_waiver(auth.uid()) then
    v_waiver := private.write_waiver(auth.uid());
    v_found.waiver_version := v_waiver.version;
    v_found.waiver_body := v_waiver.body;
    v_found.signer_name := v_waiver.signer_name;
    v_found.waiver_texts := v_waiver.texts;
  end if;
  return v_found;
end
$$;

-- Definer: its callers are not signed in.
create function private.read_coming_classes(token text, out classes public.coming_class[], out time_zone text)
  language plpgsql stable security definer set search_path = ''
as $$
begin
  if read_coming_classes.token is not null then
    time_zone := private.find_user_time_zone((private.open_page_link(read_coming_classes.token, 'find_classes')).user_id);
  end if;
  classes := array(select c from private.list_coming_classes(100) c);
end
$$;

-- Definer: as above.
create function private.read_coming_class(token text, class_id uuid) returns private.found_class
  language plpgsql stable security definer set search_path = ''
as $$
begin
  perform private.open_page_link(read_coming_class.token, 'find_classes');
  return private.compose_found_class(read_coming_class.class_id);
end
$$;

-- Definer: as above.
create function private.wait_for_class(token text, class_id uuid, waits boolean) returns private.found_class
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.open_page_link(wait_for_class.token, 'find_classes');
  if wait_for_class.waits then
    perform private.join_waiting_list(wait_for_class.class_id);
  else
    perform private.leave_waiting_list(wait_for_class.class_id);
  end if;
  return private.compose_found_class(wait_for_class.class_id);
end
$$;

-- Definer: as above. The link is an admin's, or is refused within.
create function private.move_up_by_link(token text, class_id uuid, entry_id uuid, reason text) returns private.found_class
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.open_page_link(move_up_by_link.token, 'find_classes');
  perform private.move_up_waiting_person(move_up_by_link.entry_id, move_up_by_link.reason);
  return private.compose_found_class(move_up_by_link.class_id);
end
$$;

-- Without a credit it only signs: the payment takes the seat.
-- Definer: as above.
create function private.take_class_seat(
  token text, class_id uuid, with_credit boolean, version integer, signature_name text, ip_address text, user_agent text,
  text_sha256 text)
  returns private.found_class
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_link private.page_links := private.open_page_link(take_class_seat.token, 'find_classes');
begin
  perform private.limit_use('seats by link', v_link.user_id);
  if not private.has_signed_waiver(v_link.user_id) then
    perform private.write_signature_by_link(
      v_link.user_id, take_class_seat.version, take_class_seat.signature_name, take_class_seat.ip_address,
      take_class_seat.user_agent, take_class_seat.text_sha256);
  end if;
  -- A second press finds what the first one took.
  if take_class_seat.with_credit and not exists (
      select from public.session_schedules seat
       where seat.group_class_id = take_class_seat.class_id and seat.client_id = v_link.user_id
         and seat.status <> 'cancelled') then
    perform public.join_group_class(take_class_seat.class_id);
  end if;
  return private.compose_found_class(take_class_seat.class_id);
end
$$;

-- The same, exposed: the API calls functions of schema public.

create function public.read_coming_classes(token text default null)
  returns table (classes public.coming_class[], time_zone text)
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_coming_classes(read_coming_classes.token);
$$;

comment on function public.read_coming_classes is
  'The classes to come with their seats and waiting lists; by a link in a mail also where its person stands.';

create function public.read_coming_class(token text, class_id uuid)
  returns table (shown public.coming_class, time_zone text, has_credit boolean, practitioner_id uuid, session_type_id uuid,
                 session_type text, duration_minutes integer, waiver_version integer, waiver_body text, signer_name text,
                 waiting_people jsonb, waiver_texts jsonb)
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_coming_class(read_coming_class.token, read_coming_class.class_id);
$$;

comment on function public.read_coming_class is 'By a link in a mail: one class, and what taking a seat in it needs.';

create function public.wait_for_class(token text, class_id uuid, waits boolean default true)
  returns table (shown public.coming_class, time_zone text, has_credit boolean, practitioner_id uuid, session_type_id uuid,
                 session_type text, duration_minutes integer, waiver_version integer, waiver_body text, signer_name text,
                 waiting_people jsonb, waiver_texts jsonb)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.wait_for_class(wait_for_class.token, wait_for_class.class_id, wait_for_class.waits);
$$;

comment on function public.wait_for_class is 'By a link in a mail: joins a waiting list, or leaves it.';

create function public.take_class_seat(
  token text, class_id uuid, with_credit boolean, version integer default null, signature_name text default null,
  ip_address text default null, user_agent text default null, text_sha256 text default null)
  returns table (shown public.coming_class, time_zone text, has_credit boolean, practitioner_id uuid, session_type_id uuid,
                 session_type text, duration_minutes integer, waiver_version integer, waiver_body text, signer_name text,
                 waiting_people jsonb, waiver_texts jsonb)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.take_class_seat($1, $2, $3, $4, $5, $6, $7, $8);
$$;

create function public.move_up_by_link(token text, class_id uuid, entry_id uuid, reason text)
  returns table (shown public.coming_class, time_zone text, has_credit boolean, practitioner_id uuid, session_type_id uuid,
                 session_type text, duration_minutes integer, waiver_version integer, waiver_body text, signer_name text,
                 waiting_people jsonb, waiver_texts jsonb)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.move_up_by_link(move_up_by_link.token, move_up_by_link.class_id, move_up_by_link.entry_id,
                                        move_up_by_link.reason);
$$;

comment on function public.move_up_by_link is
  'By the link in an admin''s mail: puts somebody first on a waiting list, with a reason that the audit log keeps.';

revoke execute on function private.compose_found_class, private.read_coming_classes, private.read_coming_class,
  private.wait_for_class, private.move_up_by_link, private.take_class_seat, public.read_coming_classes,
  public.read_coming_class, public.wait_for_class, public.move_up_by_link, public.take_class_seat from public, anon, authenticated, service_role;

grant execute on function private.read_coming_classes, private.read_coming_class, private.wait_for_class,
  private.move_up_by_link, public.read_coming_classes, public.read_coming_class, public.wait_for_class,
  public.move_up_by_link to anon;

-- Evidence is what the server saw, so only the server may sign.
grant execute on function private.take_class_seat, public.take_class_seat to service_role;


-- series/book_series_page.sql

-- The page on which somebody books a session every week, by the link in the mail about their package.
--
-- Offered are the times of the week at which the practitioner starts sessions, each with how many of the coming weeks
-- it is free in; what is then asked for is quoted date by date, and booked. Each function sees the link's person as its
-- caller, and goes through the functions that the API has.

create type private.series_choice as (id uuid, name text);

create type private.series_kind as (id uuid, name text, duration_minutes integer, credits integer);

create type private.weekly_start as (weekday integer, at_time time, first_date date, free integer, weeks integer);

-- What somebody's credits are good for, one to one.
create function private.list_series_kinds(user_id uuid) returns setof private.series_kind
  language sql stable set search_path = ''
as $$
  select t.id, concat_ws(', ', t.name, t.session_type), t.duration_minutes, good.credits
    from public.session_types t
   cross join lateral (select private.count_good_credits(list_series_kinds.user_id, t) as credits) good
   where t.is_active and not t.is_group and good.credits > 0
   order by good.credits desc, t.duration_minutes, t.name, t.id limit 50;
$$;

-- A name as it is searched: in lower case and without accents, so that "zoe" finds "Zoë".
create function private.fold_name(name text) returns text
  language sql immutable set search_path = ''
as $$
  select regexp_replace(normalize(lower(fold_name.name), NFKD), '[\u0300-\u036f]', '', 'g');
$$;

-- Those who can be booked, fifty to a page and one more, which says that there is another page; first whom the person
-- was with last. Of a search, those whose name has each of its words in it.
create function private.list_series_practitioners(user_id uuid, search text, page integer)
  returns setof private.series_choice
  language sql stable set search_path = ''
as $$
  select p.id, p.name
    from public.practitioners p
    left join lateral (select max(s.scheduled_at) as at from public.session_schedules s
                        where s.practitioner_id = p.id and s.client_id = list_series_practitioners.user_id
                          and not private.is_class(s)) last on true
   where p.available
     and not exists (select from regexp_split_to_table(private.fold_name(coalesce(search, '')), '\s+') word
                      where strpos(private.fold_name(p.name), word) = 0)
   order by last.at desc nulls last, p.name, p.id limit 51 offset 50 * (page - 1);
$$;

-- The times of the week that are free in at least one of so many weeks, by the practitioner's clock. Calendars with
-- more starts than four an hour are shown those.
-- Definer: they depend on other people's bookings; only free times are returned.
create function private.list_weekly_starts(
  practitioner_id uuid, duration_minutes integer, for_user uuid, from_time timestamptz, weeks integer)
  returns setof private.weekly_start
  language sql stable security definer set search_path = ''
as $$
  select extract(isodow from at.wall)::integer, at.wall::time, min(at.wall::date) filter (where c.reason is null),
         (count(*) filter (where c.reason is null))::integer, list_weekly_starts.weeks
    from public.practitioner_calendars k
   cross join lateral private.check_starts(
           k.practitioner_id,
           array(select s from unnest((private.read_hours(
                                k.practitioner_id, list_weekly_starts.from_time,
                                list_weekly_starts.from_time + make_interval(weeks => list_weekly_starts.weeks))).starts) s
                  where k.slot_interval_minutes >= 15 or extract(minute from s at time zone k.time_zone)::integer % 15 = 0),
           list_weekly_starts.duration_minutes, list_weekly_starts.for_user) c
   cross join lateral (select c.starts_at at time zone k.time_zone as wall) at
   where k.practitioner_id = list_weekly_starts.practitioner_id
   group by 1, 2
  having count(*) filter (where c.reason is null) > 0
   order by 1, 2;
$$;

-- Without a practitioner or kind, the first of each. Whoever is chosen is among those that are listed, whatever is
-- searched. Definer: its callers are not signed in.
create function private.read_series_choices(
  token text, wanted_practitioner uuid, wanted_kind uuid, search text, page integer,
  out practitioners private.series_choice[], out kinds private.series_kind[], out studios private.place_offer[],
  out practitioner_id uuid, out session_type_id uuid, out time_zone text, out starts private.weekly_start[],
  out is_more boolean)
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_link private.page_links := private.open_page_link(read_series_choices.token, 'book_series');
  v_kind private.series_kind;
begin
  perform private.refuse_long_text('search', read_series_choices.search, 100);
  practitioners := array(select p from private.list_series_practitioners(
    v_link.user_id, read_series_choices.search, least(greatest(coalesce(read_series_choices.page, 1), 1), 1000)) p);
  is_more := cardinality(practitioners) > 50;
  practitioners := array(select row(p.id, p.name)::private.series_choice from public.practitioners p
                          where p.id = wanted_practitioner and p.available
                            and p.id not in (select listed.id from unnest(practitioners[1:50]) listed))
                   || practitioners[1:50];
  kinds := array(select k from private.list_series_kinds(v_link.user_id) k);
  studios := array(select row(l.id, l.name, l.address, l.city, false)::private.place_offer
                     from public.studio_locations l where l.is_active order by l.city, l.name, l.id limit 200);
  select p.id into practitioner_id from unnest(practitioners) with ordinality p
   order by p.id = wanted_practitioner desc nulls last, p.ordinality limit 1;
  select k.id, k.name, k.duration_minutes, k.credits into v_kind from unnest(kinds) with ordinality k
   order by k.id = wanted_kind desc nulls last, k.ordinality limit 1;
  session_type_id := v_kind.id;
  select c.time_zone into time_zone from public.practitioner_calendars c
   where c.practitioner_id = read_series_choices.practitioner_id;
  starts := array(select s from private.list_weekly_starts(
    practitioner_id, v_kind.duration_minutes, v_link.user_id, now(), least(8, greatest(2, v_kind.credits))) s);
end
$$;

-- Definer: as above. A missing waiver is signed on its own page.
create function private.quote_series_by_link(
  token text, wanted private.wanted_series, out plan private.series_plan, out waiver_token text)
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_link private.page_links := private.open_page_link(quote_series_by_link.token, 'book_series');
begin
  plan := private.book_session_series(wanted, 'nothing', null);
  if plan.needs_waiver then
    waiver_token := private.make_page_link('sign_waiver', v_link.user_id, null, now() + interval '1 day');
  end if;
end
$$;

-- Definer: as above.
create function private.book_series_by_link(token text, wanted private.wanted_series, idempotency_key text)
  returns private.series_plan
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.open_page_link(book_series_by_link.token, 'book_series');
  return private.book_session_series(wanted, 'all', idempotency_key);
end
$$;

-- The same, exposed: the API calls functions of schema public.

create function public.read_series_choices(
  token text, practitioner_id uuid default null, session_type_id uuid default null, search text default null,
  page integer default 1)
  returns table (practitioners private.series_choice[], kinds private.series_kind[], studios private.place_offer[],
                 practitioner_id uuid, session_type_id uuid, time_zone text, starts private.weekly_start[],
                 is_more boolean)
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_series_choices(read_series_choices.token, $2, $3, $4, $5);
$$;

comment on function public.read_series_choices is
  'By a link in a mail: with whom, for what and when in the week a session every week could be. Fifty practitioners to a page, all or those whose names are searched.';

create function public.quote_series_by_link(
  token text, practitioner_id uuid, session_type_id uuid, first_date date, at_time time, sessions integer,
  session_location text default 'online', physical_location text default null, replacements jsonb default '{}')
  returns table (plan private.series_plan, waiver_token text)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.quote_series_by_link(quote_series_by_link.token, row($2, $3, $4, $5, $6, $7, $8, $9)::private.wanted_series);
$$;

comment on function public.quote_series_by_link is 'By a link in a mail: quote_session_series.';

create function public.book_series_by_link(
  token text, practitioner_id uuid, session_type_id uuid, first_date date, at_time time, sessions integer,
  session_location text default 'online', physical_location text default null, replacements jsonb default '{}',
  idempotency_key text default null)
  returns setof private.series_plan
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.book_series_by_link(book_series_by_link.token, row($2, $3, $4, $5, $6, $7, $8, $9)::private.wanted_series, $10);
$$;

comment on function public.book_series_by_link is 'By a link in a mail: book_session_series, all of it or nothing.';

revoke execute on function private.list_series_kinds, private.fold_name, private.list_series_practitioners,
  private.list_weekly_starts, private.read_series_choices, private.quote_series_by_link, private.book_series_by_link,
  public.read_series_choices, public.quote_series_by_link, public.book_series_by_link
  from public, anon, authenticated, service_role;

grant execute on function private.read_series_choices, private.quote_series_by_link, private.book_series_by_link,
  public.read_series_choices, public.quote_series_by_link, public.book_series_by_link to anon;


-- series/manage_series_page.sql

-- The page on which a series is managed, by the link in its mails: what is to come, and moving or cancelling one of
-- them and all that follow. For whoever booked it, and for whoever leads it. One alone has its own page
-- (manage_session).

create type private.managed_series_session as (
  session private.session_summary, quote private.cancellation_terms, on_date date);

create type private.managed_series as (
  series_id         uuid,
  practitioner_name text,
  session_type_name text,
  caller_role       text,
  time_zone         text,
  reader_time_zone  text,
  sessions          private.managed_series_session[],
  past              integer
);

-- The link, and its series. Definer: its callers are not signed in.
create function private.open_series_link(token text, page text) returns public.session_series
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_link   private.page_links := private.open_page_link(open_series_link.token, open_series_link.page);
  v_series public.session_series;
begin
  select * into v_series from public.session_series r where r.id::text = v_link.subject;
  if v_series.id is null or v_series.id not in (select private.my_series_ids()) then
    perform private.refuse(410, 'link_ended', 'This link has ended.', 'Its sessions are not yours any more.');
  end if;
  return v_series;
end
$$;

create function private.compose_managed_series(series public.session_series) returns private.managed_series
  language plpgsql stable set search_path = ''
as $$
declare
  v_shown private.managed_series;
begin
  v_shown.series_id := series.id;
  select p.name into v_shown.practitioner_name from public.practitioners p where p.id = series.practitioner_id;
  select t.name into v_shown.session_type_name from public.session_types t where t.id = series.session_type_id;
  v_shown.caller_role := case when series.client_id = auth.uid() then 'client' else 'practitioner' end;
  v_shown.time_zone := series.time_zone;
  v_shown.reader_time_zone := coalesce(private.find_user_time_zone(auth.uid()), series.time_zone);
  select coalesce(array_agg(row(private.summarize_session(s), private.compute_cancellation_terms(s, false), l.on_date)
                            ::private.managed_series_session order by l.on_date)
                    filter (where s.status = 'scheduled' and s.scheduled_at > now() and private.get_caller_role(s) is not null), '{}'),
         count(*) filter (where s.status <> 'scheduled' or s.scheduled_at <= now())
    into v_shown.sessions, v_shown.past
    from public.session_series_sessions l join public.session_schedules s on s.id = l.session_id
   where l.series_id = series.id;
  return v_shown;
end
$$;

-- A session of the link's series; another one is none of this link's business.
create function private.get_session_in_series(series public.session_series, session_id uuid) returns uuid
  language plpgsql stable set search_path = ''
as $$
begin
  if not exists (select from public.session_series_sessions l
                  where l.series_id = series.id and l.session_id = get_session_in_series.session_id) then
    perform private.refuse(404, 'session_not_found', 'There is no such session.', 'Choose one of this series.');
  end if;
  return session_id;
end
$$;

-- Definer: as above.
create function private.read_managed_series(token text) returns private.managed_series
  language plpgsql stable security definer set search_path = ''
as $$
begin
  return private.compose_managed_series(private.open_series_link(read_managed_series.token, 'manage_series'));
end
$$;

-- The times of the week to which a session and all that follow it could move. Definer: as above.
create function private.read_series_times(
  token text, session_id uuid, out shown private.managed_series, out starts private.weekly_start[])
  language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_variable
declare
  v_series  public.session_series := private.open_series_link(read_series_times.token, 'manage_series');
  v_session public.session_schedules;
begin
  perform private.get_session_in_series(v_series, read_series_times.session_id);
  select * into v_session from public.session_schedules s where s.id = read_series_times.session_id;
  shown := private.compose_managed_series(v_series);
  starts := array(
    select row(w.weekday, w.at_time, date_trunc('week', l.on_date::timestamp)::date + w.weekday - 1, w.free, w.weeks)::private.weekly_start
      from public.session_series_sessions l
     cross join lateral private.list_weekly_starts(
             v_session.practitioner_id, v_session.duration_minutes, v_session.client_id,
             greatest(now(), date_trunc('week', l.on_date::timestamp) at time zone v_session.time_zone),
             least(8, greatest(1, cardinality(shown.sessions)))) w
     where l.session_id = v_session.id
       and (date_trunc('week', l.on_date::timestamp)::date + w.weekday - 1 + w.at_time) at time zone v_session.time_zone > now()
     order by w.weekday, w.at_time);
end
$$;

-- Definer: as above.
create function private.quote_series_move_by_link(
  token text, session_id uuid, starts_at timestamptz, replacements jsonb, out plan private.series_plan,
  out shown private.managed_series)
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_series public.session_series := private.open_series_link(quote_series_move_by_link.token, 'manage_series');
begin
  plan := private.move_session_series(
    private.get_session_in_series(v_series, quote_series_move_by_link.session_id), quote_series_move_by_link.starts_at,
    quote_series_move_by_link.replacements, 'nothing');
  shown := private.compose_managed_series(v_series);
end
$$;

-- Definer: as above.
create function private.move_series_by_link(
  token text, session_id uuid, starts_at timestamptz, replacements jsonb, out plan private.series_plan,
  out shown private.managed_series)
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_series public.session_series := private.open_series_link(move_series_by_link.token, 'manage_series');
begin
  plan := private.move_session_series(
    private.get_session_in_series(v_series, move_series_by_link.session_id), move_series_by_link.starts_at,
    move_series_by_link.replacements, 'all');
  shown := private.compose_managed_series(v_series);
end
$$;

-- By session: [credits, fee] as the page said them (refuse_other_terms).
create function private.refuse_other_series_terms(session_id uuid, shown_terms jsonb) returns void
  language plpgsql stable set search_path = ''
as $$
declare
  v_session uuid;
begin
  if jsonb_typeof(shown_terms) <> 'object' or char_length(shown_terms::text) > 20000 then
    perform private.refuse(422, 'terms_not_readable', 'shown_terms: what the page said is not readable.');
  end if;
  for v_session in select f.id from private.list_following_sessions(refuse_other_series_terms.session_id) f loop
    perform private.refuse_other_terms(v_session, (shown_terms -> v_session::text ->> 0)::integer,
                                       (shown_terms -> v_session::text ->> 1)::numeric);
  end loop;
exception when invalid_text_representation or numeric_value_out_of_range then
  perform private.refuse(422, 'terms_not_readable', 'shown_terms: what the page said is not readable.');
end
$$;

-- Gives how many were cancelled and what came back. Definer: as above.
create function private.cancel_series_by_link(
  token text, session_id uuid, reason text, shown_terms jsonb, out cancelled integer, out credits_returned integer, out fee_charged numeric,
  out currency text, out fees jsonb, out shown private.managed_series)
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_series public.session_series := private.open_series_link(cancel_series_by_link.token, 'manage_series');
begin
  perform private.refuse_other_series_terms(
    private.get_session_in_series(v_series, cancel_series_by_link.session_id), cancel_series_by_link.shown_terms);
  with made as materialized (
    select c.* from private.cancel_session_series(cancel_series_by_link.session_id, cancel_series_by_link.reason) c
  )
  select count(*), coalesce(sum(c.credit_returned), 0), coalesce(sum(c.fee_charged), 0), min(c.fee_currency),
         (select coalesce(jsonb_agg(jsonb_build_object('amount_minor', f.amount_minor, 'currency', f.currency)
                                    order by f.currency), '[]')
            from (select due.fee_currency as currency, round(100 * sum(due.fee_charged))::integer as amount_minor
                    from made due where due.fee_charged > 0 group by due.fee_currency) f)
    into cancelled, credits_returned, fee_charged, currency, fees
    from made c;
  shown := private.compose_managed_series(v_series);
end
$$;

-- The same, exposed: the API calls functions of schema public.

create function public.read_managed_series(token text) returns setof private.managed_series
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_managed_series(read_managed_series.token);
$$;

comment on function public.read_managed_series is 'By a link in a mail: what is to come of a series, with what leaving returns.';

create function public.read_series_times(token text, session_id uuid)
  returns table (shown private.managed_series, starts private.weekly_start[])
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_series_times(read_series_times.token, read_series_times.session_id);
$$;

comment on function public.read_series_times is 'By a link in a mail: times of the week to which a series could move.';

create function public.quote_series_move_by_link(
  token text, session_id uuid, starts_at timestamptz, replacements jsonb default '{}')
  returns table (plan private.series_plan, shown private.managed_series)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.quote_series_move_by_link(quote_series_move_by_link.token, $2, $3, $4);
$$;

comment on function public.quote_series_move_by_link is 'By a link in a mail: quote_series_move.';

create function public.move_series_by_link(
  token text, session_id uuid, starts_at timestamptz, replacements jsonb default '{}')
  returns table (plan private.series_plan, shown private.managed_series)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.move_series_by_link(move_series_by_link.token, $2, $3, $4);
$$;

comment on function public.move_series_by_link is 'By a link in a mail: move_session_series, all of it or nothing.';

create function public.cancel_series_by_link(
  token text, session_id uuid, reason text default null, shown_terms jsonb default '{}')
  returns table (cancelled integer, credits_returned integer, fee_charged numeric, currency text, fees jsonb,
                 shown private.managed_series)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.cancel_series_by_link(cancel_series_by_link.token, $2, $3, $4);
$$;

comment on function public.cancel_series_by_link is 'By a link in a mail: cancel_session_series.';

revoke execute on function private.open_series_link, private.refuse_other_series_terms, private.compose_managed_series, private.get_session_in_series,
  private.read_managed_series, private.read_series_times, private.quote_series_move_by_link, private.move_series_by_link, private.cancel_series_by_link,
  public.read_managed_series, public.read_series_times, public.quote_series_move_by_link, public.move_series_by_link,
  public.cancel_series_by_link from public, anon, authenticated, service_role;

grant execute on function private.read_managed_series, private.read_series_times, private.quote_series_move_by_link, private.move_series_by_link,
  private.cancel_series_by_link, public.read_managed_series, public.read_series_times, public.quote_series_move_by_link,
  public.move_series_by_link, public.cancel_series_by_link to anon;


-- ratings/rating_sessions.sql

-- The page on which a client rates a session they had, by the link in the mail after it. A signed-in caller names the
-- session and needs no link.
--
-- It can be given and changed for as long as the rule says (session_ratings.sql); a second press changes nothing.
-- Whoever is rated hears of it a day later, together with what else came meanwhile, and is never told by whom.

create type private.shown_rating as (
  session    private.session_summary,
  time_zone  text,
  state      text,
  open_until timestamptz,
  stars      integer,
  words      text,
  is_hidden  boolean
);

-- A link's session, or the caller's own. Only its client rates it, and not an admin who reads it.
create function private.open_rating_link(token text, page text, session_id uuid) returns public.session_schedules
  language plpgsql stable set search_path = ''
as $$
declare
  v_session public.session_schedules;
begin
  if open_rating_link.token is not null then
    v_session := private.open_session_link(open_rating_link.token, open_rating_link.page);
  else
    select * into v_session from public.session_schedules s where s.id = open_rating_link.session_id;
  end if;
  if v_session.client_id is distinct from auth.uid() or v_session.id is null or private.is_class(v_session) then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  end if;
  return v_session;
end
$$;

create function private.show_rating(session public.session_schedules) returns private.shown_rating
  language plpgsql stable set search_path = ''
as $$
declare
  v_shown  private.shown_rating;
  v_rating public.session_ratings;
begin
  select * into v_rating from public.session_ratings r where r.session_id = session.id;
  v_shown.session := private.summarize_session(session);
  v_shown.time_zone := coalesce(private.find_user_time_zone(auth.uid()), (v_shown.session).time_zone);
  v_shown.open_until := private.get_rating_end(session);
  v_shown.state := case when not private.is_held(session) then 'not_held'
                        when v_shown.open_until < now() then 'closed' else 'open' end;
  v_shown.stars := v_rating.stars;
  v_shown.words := v_rating.words;
  v_shown.is_hidden := coalesce(v_rating.hidden_at is not null, false);
  return v_shown;
end
$$;

-- Definer: its callers by link are not signed in.
create function private.read_rating(token text, session_id uuid) returns private.shown_rating
  language sql stable security definer set search_path = ''
as $$
  select private.show_rating(private.open_rating_link(read_rating.token, 'rate_session', read_rating.session_id));
$$;

-- One mail a day to whoever is rated, however many seats a class had. Until it is sent, it covers what else comes.
create function private.announce_ratings(practitioner_id uuid) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_host uuid := (select p.user_id from public.practitioners p where p.id = announce_ratings.practitioner_id);
begin
  perform pg_advisory_xact_lock(hashtextextended('ratings of ' || announce_ratings.practitioner_id, 0));
  if exists (select from auth.users u where u.id = v_host)
     and not exists (select from private.mails m
                      where m.user_id = v_host and m.kind = 'ratings_received' and m.status = 'queued' and m.attempts = 0)
     and not exists (select from private.outbox o
                      where o.kind = 'ratings_received' and o.user_id = v_host and o.addressed_at is null) then
    -- A little before: whoever rates at the same time may have begun earlier, and leaves it to this event.
    perform private.publish_event('ratings_received', v_host, null,
                                  jsonb_build_object('since', now() - interval '1 minute'));
  end if;
end
$$;

-- Definer: as above, and nobody writes ratings.
create function private.rate_session(token text, stars integer, words text, session_id uuid) returns private.shown_rating
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_session public.session_schedules := private.open_rating_link(rate_session.token, 'rate_session', rate_session.session_id);
  c_words   constant text := nullif(btrim(rate_session.words, E' \t\r\n'), '');
  v_counts  boolean;
begin
  perform private.limit_use('sessions rated', auth.uid());
  perform private.refuse_long_text('words', c_words, 500);
  if coalesce(rate_session.stars, 0) not between 1 and 5 then
    perform private.refuse(422, 'stars_missing', 'Please choose one to five stars.');
  end if;
  -- Order matters: as where attendance is set and a session changes, so that it is held when the rating is written.
  perform private.lock_attendance(coalesce(v_session.group_class_id, v_session.id));
  select * into strict v_session from public.session_schedules s where s.id = v_session.id for share;
  if not private.is_held(v_session) then
    perform private.refuse(409, 'session_not_held', 'Only a session that took place can be rated.');
  elsif private.get_rating_end(v_session) < now() then
    perform private.refuse(409, 'rating_closed', 'This session can no longer be rated.', 'What you gave before stays.');
  end if;
  insert into public.session_ratings as r (session_id, practitioner_id, stars, words, is_held)
  values (v_session.id, v_session.practitioner_id, rate_session.stars, c_words, true)
  on conflict on constraint session_ratings_session_id_key do update
    set stars = excluded.stars, words = excluded.words
   where (r.stars, r.words) is distinct from (excluded.stars, excluded.words)
  returning r.is_counted into v_counts;
  if v_counts then  -- not of a hidden one that is written anew
    perform private.announce_ratings(v_session.practitioner_id);
  end if;
  return private.show_rating(v_session);
end
$$;

-- The same, exposed: the API calls functions of schema public.

create function public.read_rating(token text default null, session_id uuid default null) returns private.shown_rating
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_rating(read_rating.token, read_rating.session_id);
$$;

comment on function public.read_rating is 'Of a session of one''s own, or by a link in a mail: its rating, and whether it can be rated.';

create function public.rate_session(
  token text default null, stars integer default null, words text default null, session_id uuid default null)
  returns private.shown_rating
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.rate_session(rate_session.token, rate_session.stars, rate_session.words, rate_session.session_id);
$$;

comment on function public.rate_session is
  'For its client, or by a link in a mail: gives a session that was held one to five stars, and words; or changes them.';

revoke execute on function private.open_rating_link, private.show_rating, private.read_rating, private.announce_ratings,
  private.rate_session, public.read_rating, public.rate_session from public, anon, authenticated, service_role;

grant execute on function private.read_rating, private.rate_session, public.read_rating, public.rate_session
  to anon, authenticated;


-- ratings/reading_ratings.sql

-- Ratings for whoever is rated, and for admins, who may hide one.
--
-- Whoever is rated reads stars, words and the month, in no order within it: neither the session nor its client. What an
-- admin hides is not among them and not in the average; its client reads on the page that it is hidden, and nobody is
-- sent a mail. It can be shown again, with a reason as well.

create type private.received_rating as (id uuid, stars integer, words text, month date);

-- What counts, by month. Definer: as its caller may read no rating of others.
create function private.list_received_ratings(user_id uuid, since timestamptz, at_most integer)
  returns setof private.received_rating
  language sql stable security definer set search_path = ''
as $$
  select r.id, r.stars, r.words, date_trunc('month', r.created_at)::date
    from public.practitioners p join public.session_ratings r on r.practitioner_id = p.id
   where p.user_id = list_received_ratings.user_id and r.is_counted and r.updated_at >= list_received_ratings.since
   order by date_trunc('month', r.created_at) desc, r.id
   limit least(greatest(list_received_ratings.at_most, 1), 500);
$$;

-- For the mail about those since its event: at most twenty in full, and how many there are.
create function private.describe_received_ratings(mail private.mails) returns jsonb
  language sql stable set search_path = ''
as $$
  select jsonb_build_object('count', count(*),
           'ratings', coalesce(jsonb_agg(jsonb_build_object('stars', r.stars, 'words', r.words)) filter (where r.number <= 20), '[]'),
           'average', (select (private.get_rating_average(p.id)) from public.practitioners p where p.user_id = mail.user_id limit 1))
    from (select l.*, row_number() over (order by l.words is null, l.id) as number
            from private.list_received_ratings(mail.user_id, (mail.payload ->> 'since')::timestamptz, 500) l) r;
$$;

-- Definer: as above; it lists the caller's alone.
create function private.list_my_ratings(at_most integer) returns setof private.received_rating
  language sql stable security definer set search_path = ''
as $$
  select * from private.list_received_ratings(auth.uid(), '-infinity', coalesce(list_my_ratings.at_most, 100));
$$;

create function public.list_my_ratings(at_most integer default 100)
  returns table (id uuid, stars integer, words text, month date)
  language sql stable security invoker set search_path = ''
as $$
  select * from private.list_my_ratings(list_my_ratings.at_most);
$$;

comment on function public.list_my_ratings is
  'For practitioners: what was said of sessions with them, by month, and not by whom. Hidden ones are left out.';

-- Definer: nobody writes ratings.
create function private.hide_session_rating(rating_id uuid, reason text, is_hidden boolean) returns public.session_ratings
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_rating public.session_ratings;
begin
  if not private.is_confirmed_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins hide ratings.');
  end if;
  perform private.refuse_long_text('reason', hide_session_rating.reason, 500);
  if btrim(coalesce(hide_session_rating.reason, '')) = '' then
    perform private.refuse(422, 'reason_missing', 'Please say why.');
  end if;
  select * into v_rating from public.session_ratings r where r.id = hide_session_rating.rating_id for update;
  if v_rating.id is null then
    perform private.refuse(404, 'rating_not_found', 'There is no such rating.');
  elsif exists (select from public.practitioners p where p.id = v_rating.practitioner_id and p.user_id = auth.uid()) then
    perform private.refuse(403, 'not_about_oneself', 'Another admin decides about what is said of you.');
  elsif (v_rating.hidden_at is not null) = coalesce(hide_session_rating.is_hidden, true) then
    return v_rating;  -- the first decision stands, with its reason
  end if;
  update public.session_ratings r
     set hidden_at = case when coalesce(hide_session_rating.is_hidden, true) then now() end,
         decided_by = auth.uid(), decision_reason = btrim(hide_session_rating.reason)
   where r.id = v_rating.id returning r.* into v_rating;
  return v_rating;
end
$$;

create function public.hide_session_rating(rating_id uuid, reason text, is_hidden boolean default true)
  returns table (id uuid, hidden_at timestamptz, decision_reason text)
  language sql volatile security invoker set search_path = ''
as $$
  select r.id, r.hidden_at, r.decision_reason from private.hide_session_rating($1, $2, $3) r;
$$;

comment on function public.hide_session_rating is
  'For admins: takes a rating out of the average and out of what practitioners read, or puts it back; with a reason.';

revoke execute on function private.list_received_ratings, private.describe_received_ratings, private.list_my_ratings,
  private.hide_session_rating, public.list_my_ratings, public.hide_session_rating from public, anon, authenticated, service_role;

grant execute on function private.list_my_ratings, private.hide_session_rating, public.list_my_ratings,
  public.hide_session_rating to authenticated;
