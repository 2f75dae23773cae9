-- Summaries of a session, a payment, credits or a document: all that mails and calendar files may state.
--
-- Each is read when the mail is written, not when its event happened, so that a mail states what is true as it
-- leaves. Names and times only: a mail passes through other people's machines, so nothing in it comes from notes,
-- journals or recordings, and no price but the reader's own.

create type private.session_summary as (
  id                      uuid,
  status                  text,
  scheduled_at            timestamptz,
  duration_minutes        integer,
  time_zone               text,
  sequence                integer,
  session_type            text,
  is_group                boolean,
  class_name              text,
  is_online               boolean,
  place                   text,
  practitioner_name       text,
  client_name             text,
  free_cancellation_until timestamptz
);

create type private.payment_summary as (
  id                uuid,
  description       text,
  amount_minor      integer,
  returned_minor    integer,
  currency          text,
  paid_at           timestamptz,
  receipt_url       text,
  payment_intent_id text,
  outcome           text,
  credits           integer,
  credits_expire_at timestamptz
);

create type private.credit_summary as (remaining integer, expires_at timestamptz, session_type_name text);

create type private.document_summary as (
  version text, signed_at timestamptz, signature_name text, body text, sha256 text);

-- Where a session takes place; of a studio the whole address.
create function private.describe_location(session public.session_schedules) returns text
  language sql stable set search_path = ''
as $$
  select coalesce(
    (select concat_ws(', ', l.name, l.address, l.city, l.province_state, l.postal_code)
       from public.studio_locations l where l.id = (session).studio_id),
    (session).physical_location);
$$;

-- Definer: a mail names client and practitioner to each other, whoever causes it and whatever they may read.
create function private.summarize_session(session public.session_schedules) returns private.session_summary
  language sql stable security definer set search_path = ''
as $$
  select (session).id, (session).status, (session).scheduled_at, coalesce((session).duration_minutes, 0),
         coalesce((session).time_zone, c.time_zone, 'America/Toronto'), (session).calendar_sequence, t.session_type,
         coalesce((session).max_participants, 1) > 1 or (session).group_class_id is not null, (session).class_name,
         (session).session_location is distinct from 'in_person',
         case when (session).session_location = 'in_person' then private.describe_location(session) end,
         p.name, f.full_name,
         private.get_free_until(session)
    from (select 1) single_row
    left join public.practitioners p on p.id = (session).practitioner_id
    left join public.practitioner_calendars c on c.practitioner_id = p.id
    left join public.session_types t on t.id = (session).session_type_id
    left join public.profiles f on f.id = (session).client_id and not private.is_class(session);
$$;

-- The session as it is; if its row was deleted, the event's snapshot of it (snapshot_session), as cancelled.
create function private.find_session_or_snapshot(session_id uuid, payload jsonb) returns public.session_schedules
  language plpgsql stable set search_path = ''
as $$
declare
  v_session public.session_schedules;
begin
  select * into v_session from public.session_schedules s where s.id = find_session_or_snapshot.session_id;
  if not found and payload ? 'scheduled_at' then
    v_session := jsonb_populate_record(v_session, payload || coalesce(payload -> 'session', '{}'));
    v_session.id := find_session_or_snapshot.session_id;
    v_session.status := 'cancelled';
    -- Above the last one sent, or calendars ignore the cancellation.
    v_session.calendar_sequence := coalesce(v_session.calendar_sequence, 0) + 1;
  end if;
  return v_session;
end
$$;

-- A copy of the session for the event, in case the row has been deleted when the mail is written.
create function private.snapshot_session(session public.session_schedules) returns jsonb
  language sql immutable set search_path = ''
as $$
  select jsonb_build_object('session', jsonb_build_object(
           'client_id', (session).client_id, 'duration_minutes', (session).duration_minutes,
           'time_zone', (session).time_zone, 'session_type_id', (session).session_type_id,
           'session_location', (session).session_location, 'physical_location', (session).physical_location,
           'studio_id', (session).studio_id, 'max_participants', (session).max_participants,
           'group_class_id', (session).group_class_id, 'class_name', (session).class_name,
           'calendar_sequence', (session).calendar_sequence));
$$;

create function private.summarize_payment(checkout_id uuid) returns private.payment_summary
  language sql stable set search_path = ''
as $$
  select c.id, c.description, c.amount_minor, c.returned_minor, c.currency, c.paid_at, c.receipt_url,
         c.stripe_payment_intent_id, c.outcome, c.credits, lot.expires_at
    from public.checkout_sessions c left join public.user_session_credits lot on lot.id = c.credit_lot_id
   where c.id = summarize_payment.checkout_id;
$$;

create function private.summarize_credits(lot_id uuid, language text) returns private.credit_summary
  language sql stable set search_path = ''
as $$
  select lot.credits_remaining, lot.expires_at,
         coalesce(t.name, private.describe_length_and_form(lot.duration_minutes, lot.is_group, summarize_credits.language))
    from public.user_session_credits lot left join public.session_types t on t.id = lot.session_type_id
   where lot.id = summarize_credits.lot_id;
$$;

-- The waiver or the contract with that id.
create function private.summarize_document(document_id uuid) returns private.document_summary
  language sql stable set search_path = ''
as $$
  select w.waiver_policy_version::text, w.signed_at, w.signature_name, w.waiver_text, w.text_sha256
    from public.liability_waivers w where w.id = summarize_document.document_id
  union all
  select k.contract_version, k.signed_at, p.name, k.contract_text, k.text_sha256
    from public.practitioner_contracts k join public.practitioners p on p.id = k.practitioner_id
   where k.id = summarize_document.document_id;
$$;

-- The zone in which somebody reads times: their own; else that of their calendar, as a practitioner; else null.
create function private.find_user_time_zone(user_id uuid) returns text
  language sql stable set search_path = ''
as $$
  select coalesce(
    (select p.timezone from public.user_preferences p
      where p.user_id = find_user_time_zone.user_id and private.is_time_zone(p.timezone)),
    (select c.time_zone from public.practitioner_calendars c join public.practitioners p on p.id = c.practitioner_id
      where p.user_id = find_user_time_zone.user_id));
$$;

-- A session for its client, its practitioner, an admin or the service; for everybody else it does not exist.
create function private.get_session_of_caller(session_id uuid) returns public.session_schedules
  language plpgsql stable set search_path = ''
as $$
declare
  v_session public.session_schedules;
begin
  select * into v_session from public.session_schedules s where s.id = get_session_of_caller.session_id;
  if v_session.id is null or private.get_caller_role(v_session) is null then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  end if;
  return v_session;
end
$$;

-- What a calendar file of the caller's session states, and the link by which its entry leads to the session's page.
create function public.get_session_calendar(session_id uuid)
  returns table (session private.session_summary, time_zone text, link text)
  language plpgsql volatile security invoker set search_path = ''
as $$
declare
  v_session public.session_schedules := private.get_session_of_caller(get_session_calendar.session_id);
begin
  session := private.summarize_session(v_session);
  time_zone := (session).time_zone;
  link := private.make_own_session_link(v_session.id);
  return next;
end
$$;
comment on function public.get_session_calendar is 'A session as a calendar entry.';

revoke execute on function private.describe_location, private.summarize_session, private.find_session_or_snapshot,
  private.snapshot_session, private.summarize_payment, private.summarize_credits, private.summarize_document,
  private.find_user_time_zone, private.get_session_of_caller, public.get_session_calendar from public, anon, authenticated, service_role;
grant execute on function public.get_session_calendar to authenticated;
-- Invoker functions call these two. Nobody can call them directly: schema private is not exposed.
grant execute on function private.summarize_session, private.get_session_of_caller to authenticated, service_role;
