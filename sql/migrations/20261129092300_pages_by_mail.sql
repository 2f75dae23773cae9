-- From sql/schemas: pages/manage_session, pages/answer_recording_consent, pages/choose_place, pages/sign_waiver.

-- Functions name what later chapters make.
set check_function_bodies = off;


-- pages/manage_session.sql

-- The page on which somebody manages a session of theirs, by the link in its mails: what cancelling returns right now,
-- and cancelling. Each function sees the link's person as its caller, and goes through the function that the API has.

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

-- Definer: as above.
create function private.read_managed_session(token text)
  returns table (session private.session_summary, time_zone text, caller_role text, quote private.cancellation_terms)
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_session public.session_schedules := private.open_session_link(read_managed_session.token, 'manage_session');
begin
  session := private.summarize_session(v_session);
  time_zone := coalesce(private.find_user_time_zone(auth.uid()), (session).time_zone);
  caller_role := private.get_caller_role(v_session);
  if v_session.status = 'scheduled' and v_session.scheduled_at > now() then
    quote := private.compute_cancellation_terms(v_session, false);
  end if;
  return next;
end
$$;

-- Definer: as above.
create function private.cancel_managed_session(token text, reason text, use_grace boolean)
  returns table (cancellation_type text, credit_returned integer, fee_charged numeric, currency text)
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_session public.session_schedules := private.open_session_link(cancel_managed_session.token, 'manage_session');
begin
  return query
    select c.cancellation_type, c.credit_returned::integer, c.fee_charged, c.fee_currency
      from public.cancel_session(v_session.id, cancel_managed_session.reason, cancel_managed_session.use_grace) c;
end
$$;

-- The same, exposed: the API calls functions of schema public.

create function public.read_managed_session(token text)
  returns table (session private.session_summary, time_zone text, caller_role text, quote private.cancellation_terms)
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_managed_session(read_managed_session.token);
$$;

create function public.cancel_managed_session(token text, reason text default null, use_grace boolean default false)
  returns table (cancellation_type text, credit_returned integer, fee_charged numeric, currency text)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.cancel_managed_session(cancel_managed_session.token, cancel_managed_session.reason,
                                               cancel_managed_session.use_grace);
$$;

revoke execute on function private.open_session_link, private.read_managed_session, private.cancel_managed_session,
  public.read_managed_session, public.cancel_managed_session from public, anon, authenticated, service_role;
grant execute on function private.read_managed_session, private.cancel_managed_session, public.read_managed_session,
  public.cancel_managed_session to anon;


-- pages/answer_recording_consent.sql

-- The page on which somebody says whether they may be recorded, by the link in their mails, and says otherwise later.
--
-- Shown is the text of recording_consent_texts.sql. Agreeing needs the text that is current, a no does not: it is never
-- harder to say than a yes. The service writes the answer, because address and agent are what a server saw; whose
-- answer it is, the link decides.

-- Definer: its callers are not signed in.
create function private.read_recording_consent(token text)
  returns table (body text, text_sha256 text, answer text, answered_at timestamptz, time_zone text)
  language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_link private.page_links := private.open_page_link(read_recording_consent.token, 'answer_recording_consent');
begin
  return query
    select shown.body, private.sha256_hex(shown.body), private.get_consent_answer(v_link.user_id, 'session_recording'),
           coalesce(c.revoked_at, c.consent_date), coalesce(private.find_user_time_zone(v_link.user_id), 'America/Toronto')
      from private.write_recording_consent_text() shown
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
  select * into v_shown from private.write_recording_consent_text();
  if consented and answer_recording_consent.text_sha256 is distinct from private.sha256_hex(v_shown.body) then
    perform private.refuse(409, 'consent_text_not_current', 'The text has changed since this page was opened.',
                           'Please open your link again, read it and answer.');
  elsif private.get_consent_answer(v_link.user_id, 'session_recording')
        is distinct from (case when consented then 'given' else 'declined' end) then
    perform public.record_consent(
      v_link.user_id, 'session_recording', consented, v_shown.version::text,
      jsonb_build_object('page', v_link.page, 'text_id', v_shown.text_id, 'text', v_shown.body),
      answer_recording_consent.ip_address, answer_recording_consent.user_agent);
    perform private.mark_page_link_used(v_link);
  end if;
end
$$;

-- The same, exposed: the API calls functions of schema public.

create function public.read_recording_consent(token text)
  returns table (body text, text_sha256 text, answer text, answered_at timestamptz, time_zone text)
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_recording_consent(read_recording_consent.token);
$$;

create function public.answer_recording_consent(
  token text, consented boolean, text_sha256 text default null, ip_address text default null,
  user_agent text default null)
  returns table (body text, text_sha256 text, answer text, answered_at timestamptz, time_zone text)
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

create function public.choose_place(token text, studio_id uuid default null)
  returns table (session private.session_summary, time_zone text, can_choose boolean, choose_until timestamptz,
                 studios private.place_offer[])
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.choose_place(choose_place.token, choose_place.studio_id);
$$;

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
  is_required_to_enter boolean);

-- The text for a person, or their signature under it. Null if there is no waiver.
create function private.write_waiver(user_id uuid) returns private.waiver_to_sign
  language sql stable set search_path = ''
as $$
  select p.version,
         coalesce(w.waiver_text,
                  replace(p.policy_text, '[Date of signing]', to_char(now() at time zone zone.name, 'FMMonth FMDD, YYYY'))),
         w.signed_at, w.signature_name, f.full_name, zone.name, r.waiver_required_to_enter
    from public.waiver_policy p
    cross join public.session_rules r
    cross join (select coalesce(private.find_user_time_zone(write_waiver.user_id), 'America/Toronto') as name) zone
    left join public.profiles f on f.id = write_waiver.user_id
    left join public.liability_waivers w
      on w.user_id = write_waiver.user_id and w.session_id is null and w.waiver_policy_version = p.version
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

-- Definer: as above. Signing again finds the first signature.
create function private.sign_waiver(token text, version integer, signature_name text, ip_address text, user_agent text)
  returns void
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_link   private.page_links := private.open_page_link(sign_waiver.token, 'sign_waiver');
  v_waiver private.waiver_to_sign := private.write_waiver(v_link.user_id);
begin
  -- Letters of any script; blanks of any kind are no name.
  if sign_waiver.signature_name !~ '[^\s\u0000-\u0040\u00a0-\u00bf\u2000-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff]' then
    perform private.refuse(422, 'signature_missing', 'Please type your name.');
  end if;
  perform public.create_liability_waiver(
    v_link.user_id, v_waiver.body, null, null, sign_waiver.version, sign_waiver.signature_name, null,
    sign_waiver.ip_address, sign_waiver.user_agent);
  perform private.mark_page_link_used(v_link);
end
$$;

-- The same, exposed: the API calls functions of schema public.

create function public.read_waiver_to_sign(token text)
  returns table (version integer, body text, signed_at timestamptz, signature_name text, signer_name text,
                 time_zone text, is_required_to_enter boolean)
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_waiver_to_sign(read_waiver_to_sign.token);
$$;

create function public.sign_waiver(
  token text, version integer, signature_name text, ip_address text default null, user_agent text default null)
  returns table (version integer, body text, signed_at timestamptz, signature_name text, signer_name text,
                 time_zone text, is_required_to_enter boolean)
  language sql volatile security invoker set search_path = ''
as $$
  select private.sign_waiver($1, $2, $3, $4, $5);
  select * from private.read_waiver_to_sign($1);
$$;

revoke execute on function private.write_waiver, private.read_waiver_to_sign, private.sign_waiver,
  public.read_waiver_to_sign, public.sign_waiver from public, anon, authenticated, service_role;
grant execute on function private.read_waiver_to_sign, public.read_waiver_to_sign to anon;
-- Not signing: evidence is what the server saw, so only the server may write it.
grant execute on function private.read_waiver_to_sign, private.sign_waiver, public.sign_waiver to service_role;
