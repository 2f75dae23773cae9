-- The present: what sql/baseline and sql/migrations add up to. Written by `python -m sql.dump`.


-- Name: private; Type: SCHEMA; Schema: -

CREATE SCHEMA private;

-- Name: SCHEMA private; Type: COMMENT; Schema: -

COMMENT ON SCHEMA private IS 'What policies, triggers and public functions call. Not exposed by the API.';

-- Name: public; Type: SCHEMA; Schema: -

CREATE SCHEMA public;

-- Name: SCHEMA public; Type: COMMENT; Schema: -

COMMENT ON SCHEMA public IS 'standard public schema';

-- Name: begun_checkout; Type: TYPE; Schema: private

CREATE TYPE private.begun_checkout AS (
	checkout_id uuid,
	description text,
	amount_minor integer,
	currency text,
	expires_at timestamp with time zone,
	url text,
	supersedes text[]
);

-- Name: cancellation_terms; Type: TYPE; Schema: private

CREATE TYPE private.cancellation_terms AS (
	cancellation_type text,
	credit_returned integer,
	fee_charged numeric,
	currency text,
	hours_before_session numeric,
	free_until timestamp with time zone,
	grace_available boolean,
	cancellation_policy_version uuid
);

-- Name: money; Type: TYPE; Schema: private

CREATE TYPE private.money AS (
	id uuid,
	checkout_id uuid,
	amount_minor bigint,
	currency text,
	seats integer,
	revenue_share_id uuid,
	share_minor bigint
);

-- Name: owed_lines; Type: TYPE; Schema: private

CREATE TYPE private.owed_lines AS (
	practitioner_id uuid,
	currency text,
	transactions uuid[],
	amounts bigint[]
);

-- Name: payment_facts; Type: TYPE; Schema: private

CREATE TYPE private.payment_facts AS (
	checkout_id uuid,
	stripe_session_id text,
	payment_intent_id text,
	session_status text,
	payment_status text,
	payment_failed boolean,
	amount_minor integer,
	currency text,
	receipt_url text,
	refunded_minor integer,
	dispute_id text,
	dispute_status text,
	dispute_minor integer
);

-- Name: payouts_run; Type: TYPE; Schema: private

CREATE TYPE private.payouts_run AS (
	payouts_made integer,
	periods_closed integer,
	carried_forward integer,
	is_done boolean
);

-- Name: session_schedules; Type: TABLE; Schema: public

CREATE TABLE public.session_schedules (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    practitioner_id uuid NOT NULL,
    client_id uuid NOT NULL,
    scheduled_at timestamp with time zone NOT NULL,
    duration_minutes integer DEFAULT 60 NOT NULL,
    room_name text NOT NULL,
    status text DEFAULT 'scheduled'::text NOT NULL,
    notes text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    host_room_url text,
    cancellation_policy_agreed_at timestamp with time zone,
    cancellation_policy_version uuid,
    grace_cancellation_used boolean DEFAULT false NOT NULL,
    cancelled_at timestamp with time zone,
    class_name text,
    reminder_sent timestamp with time zone,
    session_location text DEFAULT 'online'::text NOT NULL,
    physical_location text,
    location_coordinates point,
    max_participants integer DEFAULT 1 NOT NULL,
    current_participants integer DEFAULT 1 NOT NULL,
    correlated_session_id uuid,
    group_class_id uuid,
    session_type_id uuid,
    time_zone text NOT NULL,
    local_start timestamp without time zone NOT NULL,
    credit_lot_id uuid,
    started_at timestamp with time zone,
    completed_at timestamp with time zone,
    calendar_sequence integer DEFAULT 0 NOT NULL,
    CONSTRAINT session_schedules_class_is_not_in_itself CHECK ((group_class_id <> id)),
    CONSTRAINT session_schedules_have_seats CHECK (((max_participants >= 1) AND (current_participants >= 0))),
    CONSTRAINT session_schedules_session_location_check CHECK ((session_location = ANY (ARRAY['online'::text, 'in_person'::text]))),
    CONSTRAINT session_schedules_status_check CHECK ((status = ANY (ARRAY['scheduled'::text, 'in_progress'::text, 'completed'::text, 'cancelled'::text])))
);

-- Name: COLUMN session_schedules.client_id; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.session_schedules.client_id IS 'No foreign key: the account may have been erased since.';

-- Name: COLUMN session_schedules.notes; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.session_schedules.notes IS 'Deprecated: use session_notes.';

-- Name: COLUMN session_schedules.cancelled_at; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.session_schedules.cancelled_at IS 'By the server''s clock.';

-- Name: COLUMN session_schedules.physical_location; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.session_schedules.physical_location IS 'A studio''s id, "Name - Address", or an address.';

-- Name: COLUMN session_schedules.location_coordinates; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.session_schedules.location_coordinates IS '(longitude, latitude)';

-- Name: COLUMN session_schedules.correlated_session_id; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.session_schedules.correlated_session_id IS 'The same class in the other form: online or in person.';

-- Name: COLUMN session_schedules.group_class_id; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.session_schedules.group_class_id IS 'On a participant''s row: the class they joined. A class somebody joined is cancelled, not deleted.';

-- Name: COLUMN session_schedules.time_zone; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.session_schedules.time_zone IS 'The practitioner''s, when the session was booked or moved.';

-- Name: COLUMN session_schedules.local_start; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.session_schedules.local_start IS 'scheduled_at on the clock in time_zone.';

-- Name: COLUMN session_schedules.credit_lot_id; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.session_schedules.credit_lot_id IS 'The credits this session was booked from, and to which a cancellation returns it. Null: paid singly, or not at all.';

-- Name: COLUMN session_schedules.started_at; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.session_schedules.started_at IS 'When it was seen to begin; null if nobody was heard of.';

-- Name: COLUMN session_schedules.completed_at; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.session_schedules.completed_at IS 'By the server''s clock.';

-- Name: COLUMN session_schedules.calendar_sequence; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.session_schedules.calendar_sequence IS 'How often it has changed in a way that calendars show.';

-- Name: recording_standing; Type: TYPE; Schema: private

CREATE TYPE private.recording_standing AS (
	session public.session_schedules,
	is_staff boolean
);

-- Name: requested_refund; Type: TYPE; Schema: private

CREATE TYPE private.requested_refund AS (
	refund_id uuid,
	checkout_id uuid,
	amount_minor integer,
	currency text,
	payment_intent_id text,
	stripe_session_id text
);

-- Name: seat; Type: TYPE; Schema: private

CREATE TYPE private.seat AS (
	session public.session_schedules,
	is_host boolean
);

-- Name: told_credits; Type: TYPE; Schema: private

CREATE TYPE private.told_credits AS (
	remaining integer,
	expires_at timestamp with time zone,
	session_type_name text
);

-- Name: told_document; Type: TYPE; Schema: private

CREATE TYPE private.told_document AS (
	version text,
	signed_at timestamp with time zone,
	signature_name text,
	body text,
	sha256 text
);

-- Name: told_payment; Type: TYPE; Schema: private

CREATE TYPE private.told_payment AS (
	id uuid,
	description text,
	amount_minor integer,
	returned_minor integer,
	currency text,
	paid_at timestamp with time zone,
	receipt_url text,
	payment_intent_id text,
	outcome text,
	credits integer,
	credits_expire_at timestamp with time zone
);

-- Name: told_session; Type: TYPE; Schema: private

CREATE TYPE private.told_session AS (
	id uuid,
	status text,
	scheduled_at timestamp with time zone,
	duration_minutes integer,
	time_zone text,
	sequence integer,
	practice text,
	is_group boolean,
	class_name text,
	is_online boolean,
	place text,
	practitioner_name text,
	client_name text,
	free_until timestamp with time zone
);

-- Name: app_role; Type: TYPE; Schema: public

CREATE TYPE public.app_role AS ENUM (
    'admin',
    'practitioner',
    'user'
);

-- Name: available_slot; Type: TYPE; Schema: public

CREATE TYPE public.available_slot AS (
	starts_at timestamp with time zone,
	ends_at timestamp with time zone,
	local_start timestamp without time zone,
	practitioner_ids uuid[],
	group_class_id uuid,
	seats_left integer,
	reason text
);

-- Name: TYPE available_slot; Type: COMMENT; Schema: public

COMMENT ON TYPE public.available_slot IS 'A start, with whom, and what speaks against it if something does.';

-- Name: COLUMN available_slot.local_start; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.available_slot.local_start IS 'On the caller''s clock.';

-- Name: signed_document; Type: TYPE; Schema: public

CREATE TYPE public.signed_document AS (
	kind text,
	document_id uuid,
	title text,
	version text,
	body text,
	text_sha256 text,
	status text,
	issued_at timestamp with time zone,
	expires_at timestamp with time zone,
	ended_at timestamp with time zone,
	ended_reason text,
	signed_at timestamp with time zone,
	signer_id uuid,
	signer_name text,
	signer_email text,
	is_observed boolean,
	ip_address text,
	user_agent text,
	signature_name text,
	signature_image text,
	signature_image_sha256 text,
	evidence_sha256 text
);

-- Name: TYPE signed_document; Type: COMMENT; Schema: public

COMMENT ON TYPE public.signed_document IS 'What stands on a copy.';

-- Name: COLUMN signed_document.status; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.signed_document.status IS 'Of a contract its own; of a waiver signed, or superseded by a newer version.';

-- Name: COLUMN signed_document.signature_image; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.signed_document.signature_image IS 'The drawn signature, PNG in base64.';

-- Name: add_up_payout(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.add_up_payout() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform private.add_up_payouts(array[new.id]);
  return null;
end
$$;

-- Name: add_up_payouts(uuid[]); Type: FUNCTION; Schema: private

CREATE FUNCTION private.add_up_payouts(payout_ids uuid[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  if exists (select from public.payouts p left join public.payout_lines l on l.payout_id = p.id
              where p.id = any (payout_ids)
              group by p.id
             having coalesce(sum(l.amount_minor), 0) <> p.amount_minor
                 or bool_or((l.released_at is not null) <> (p.status = 'failed'))) then
    perform private.refuse(409, 'payout_does_not_add_up', 'A payout must be the sum of its lines, and share their fate.');
  end if;
  if exists (select from public.payout_lines l
               join public.ledger_transactions t on t.id = l.ledger_transaction_id
               left join public.ledger_postings p on p.transaction_id = t.id and p.account = 'practitioner_payable'
              where l.payout_id = any (payout_ids)
                and (p.amount_minor is distinct from l.amount_minor or t.kind in ('payout', 'payout_failed'))) then
    perform private.refuse(409, 'payout_line_unfounded', 'A line must pay what its transaction says is owed.');
  end if;
end
$$;

-- Name: add_up_payouts_of_lines(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.add_up_payouts_of_lines() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform private.add_up_payouts(array(select distinct l.payout_id from new_lines l));
  return null;
end
$$;

-- Name: address_message(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.address_message() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_kind  private.mail_kinds;
  v_user  uuid;
  v_facts jsonb := new.payload;
  v_class boolean;
  v_seat  boolean;
  v_mail  private.mails;
begin
  if private.is_told_elsewhere(new.kind, new.payload) then
    return null;
  end if;
  select private.is_class(s), s.group_class_id is not null into v_class, v_seat
    from public.session_schedules s where s.id = new.session_id;
  if new.kind = 'session_cancelled' then
    v_facts := v_facts || coalesce(private.kept_of(new.session_id), '{}');
  end if;
  for v_kind in select * from private.mail_kinds k where k.kind = new.kind loop
    -- The client of a class's own row is an admin, whom nothing happened to; and whoever leads a class need not hear of
    -- each seat.
    continue when (v_kind.audience = 'user' and v_class and new.kind <> 'recording_failed') or (v_kind.audience = 'practitioner' and v_seat);
    if v_kind.audience = 'user' then
      v_user := new.user_id;
    else
      select p.user_id into v_user from public.practitioners p where p.id = (new.payload ->> 'practitioner_id')::uuid;
      continue when v_user = auth.uid() or v_user = new.user_id;
    end if;
    continue when not exists (select from auth.users u where u.id = v_user);
    -- Stripe names the receipt a moment after the payment, and a receipt without it would be half a receipt.
    insert into private.mails (outbox_id, kind, audience, user_id, session_id, facts, next_attempt_at)
    values (new.id, v_kind.kind, v_kind.audience, v_user, new.session_id, v_facts,
            now() + case new.kind when 'payment_received' then interval '2 minutes' else interval '0' end)
    returning * into v_mail;
    insert into public.user_notifications (user_id, kind, title, message, related_id)
    select v_user, new.kind, n.title, n.message, new.session_id from private.notice_of(v_mail) n;
  end loop;
  return null;
end
$$;

-- Name: adjust_credits(uuid, uuid, integer, text, uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.adjust_credits(lot_id uuid, user_id uuid, change integer, reason text, session_type_id uuid) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_owner uuid;
begin
  if not private.is_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins adjust credits.');
  end if;
  if btrim(coalesce(adjust_credits.reason, '')) = '' or coalesce(adjust_credits.change, 0) = 0 then
    perform private.refuse(422, 'reason_missing', 'An adjustment needs a number and a reason.');
  end if;
  if adjust_credits.lot_id is null then
    if adjust_credits.change < 0 then
      perform private.refuse(422, 'lot_missing', 'Say from which credits to take.');
    end if;
    return private.grant_credits(adjust_credits.user_id, adjust_credits.change, kind => 'adjustment',
      session_type_id => adjust_credits.session_type_id, reason => adjust_credits.reason);
  end if;

  select c.user_id into v_owner from public.user_session_credits c where c.id = adjust_credits.lot_id;
  if v_owner is null or v_owner <> coalesce(adjust_credits.user_id, v_owner) then
    perform private.refuse(404, 'credits_not_found', 'There are no such credits.');
  end if;
  insert into public.credit_ledger (lot_id, user_id, change, kind, reason)
  values (adjust_credits.lot_id, v_owner, adjust_credits.change, 'adjustment', adjust_credits.reason);
  return adjust_credits.lot_id;
end
$$;

-- Name: adjust_earnings(uuid, text, bigint, text, uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.adjust_earnings(practitioner_id uuid, currency text, amount_minor bigint, reason text, session_id uuid) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  if not private.is_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins adjust earnings.');
  elsif btrim(coalesce(adjust_earnings.reason, '')) = '' or coalesce(adjust_earnings.amount_minor, 0) = 0 then
    perform private.refuse(422, 'reason_missing', 'An adjustment needs an amount and a reason.');
  elsif not exists (select from public.practitioners p where p.id = adjust_earnings.practitioner_id) then
    perform private.refuse(404, 'practitioner_not_found', 'There is no such practitioner.');
  end if;
  return private.post('adjustment', adjust_earnings.practitioner_id, lower(adjust_earnings.currency), jsonb_build_object(
    'practitioner_payable', adjust_earnings.amount_minor, 'platform_revenue', -adjust_earnings.amount_minor),
    session_id => adjust_earnings.session_id, reason => adjust_earnings.reason, cause => gen_random_uuid()::text);
end
$$;

-- Name: admit(uuid, text, timestamp with time zone); Type: FUNCTION; Schema: private

CREATE FUNCTION private.admit(session_id uuid, channel_name text, expires_at timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_caller uuid := (select auth.uid());
  v_uid    bigint;
begin
  insert into private.agora_uids (user_id) values (v_caller) on conflict (user_id) do nothing;
  select a.uid into v_uid from private.agora_uids a where a.user_id = v_caller;
  insert into private.channel_admissions (session_id, user_id, channel_name, uid, expires_at)
  values (admit.session_id, v_caller, admit.channel_name, v_uid, admit.expires_at);
  return v_uid;
end;
$$;

-- Name: advance_session(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.advance_session(session_id uuid) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  r         public.session_rules;
  s         public.session_schedules;
  v_host    uuid;
  v_online  boolean;
  v_heard   boolean;  -- events of its channel
  v_ends_at timestamptz;
  v_empty   timestamptz;  -- since when; null if somebody is there, or nobody ever was
begin
  select * into r from public.session_rules;
  select * into s from public.session_schedules x where x.id = advance_session.session_id;
  if not private.is_class(s) then
    perform private.lock_client(s.client_id);
  end if;
  perform pg_advisory_xact_lock(private.recording_lock(s.id));
  perform private.note_attendance(s.id);
  select * into s from public.session_schedules x where x.id = s.id for update;
  if s.status not in ('scheduled', 'in_progress') then
    return null;
  end if;

  v_host := private.host_of(s);
  v_online := s.session_location = 'online';
  v_heard := v_online and private.channel_was_heard(s.id);
  v_ends_at := s.scheduled_at + make_interval(mins => s.duration_minutes);
  if v_heard then
    select max(h.last_sign_at) into v_empty from private.people_heard_of(s.id) h having not bool_or(h.is_there);
  end if;

  if v_heard and v_host is not null and private.came(s, v_host) is null
     and now() >= s.scheduled_at + make_interval(mins => r.practitioner_grace_minutes) then
    perform private.mark_no_show(s, v_host);
  end if;
  if not private.came(s, v_host) then
    perform private.set_session_status(s.id, 'cancelled', 'Cancelled by practitioner: the practitioner did not come');
  elsif now() >= v_ends_at + make_interval(mins => r.completion_grace_minutes)
     or (now() >= v_ends_at and v_empty is not null)
     or (now() >= s.scheduled_at + make_interval(mins => r.client_grace_minutes)
         and (v_empty <= now() - make_interval(mins => r.empty_minutes)
              -- Somebody said so; there is nothing to wait for.
              or (not private.is_class(s) and not private.came(s, s.client_id)))) then
    perform private.settle_no_shows(s);
    perform private.give_back_to_absent(s);
    perform private.set_session_status(s.id, 'completed');
    perform private.note_attendance(s.id);  -- whoever is still there was there until now
  elsif v_online then
    perform private.begin_session(s.id);
  elsif now() >= s.scheduled_at then
    perform private.set_session_status(s.id, 'in_progress');
  end if;
  return (select x.status from public.session_schedules x where x.id = s.id and x.status <> s.status);
end
$$;

-- Name: agree_to_cancel(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.agree_to_cancel() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform private.refuse_uncancellable(old);
  new.grace_cancellation_used := (private.cancellation_terms(old,
    new.notes is distinct from old.notes and new.notes like '%(Grace cancellation used)')).cancellation_type = 'grace';
  return new;
end
$$;

-- Name: agree_to_move(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.agree_to_move() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_part text := private.part_in(old);
begin
  if old.group_class_id is not null then
    if new.scheduled_at <> (select class.scheduled_at from public.session_schedules class where class.id = old.group_class_id) then
      perform private.refuse(409, 'seat_moves_with_its_class', 'A seat is when its class is.', 'Leave the class and join another.');
    end if;
  elsif v_part = 'platform' then
    null;
  elsif old.status <> 'scheduled' then
    perform private.refuse(409, 'session_not_movable', 'Only a scheduled session can be moved.');
  elsif v_part = 'client' then
    if now() > old.scheduled_at - make_interval(hours => (private.policy_of(old)).standard_cancellation_hours) then
      perform private.refuse(409, 'too_late_to_move', 'It is too late to move this session.', 'You can still cancel it.');
    end if;
    perform private.refuse_unbookable(old.practitioner_id, new.scheduled_at, old.duration_minutes, old.client_id, old.id);
  elsif new.scheduled_at <= now() then
    perform private.refuse(409, 'slot_in_past', 'This time has passed.', 'Please choose another time.');
  end if;
  new.reminder_sent := null;
  return new;
end
$$;

-- Name: channel_events; Type: TABLE; Schema: private

CREATE TABLE private.channel_events (
    notice_id text NOT NULL,
    event_type integer NOT NULL,
    channel text NOT NULL,
    change text,
    uid bigint,
    is_recorder boolean DEFAULT false NOT NULL,
    client_seq bigint,
    happened_at timestamp with time zone NOT NULL,
    stayed_seconds integer,
    session_id uuid,
    payload jsonb NOT NULL,
    deliveries integer DEFAULT 1 NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT channel_events_change_is_known CHECK ((change = ANY (ARRAY['opened'::text, 'closed'::text, 'joined'::text, 'left'::text])))
);

-- Name: TABLE channel_events; Type: COMMENT; Schema: private

COMMENT ON TABLE private.channel_events IS 'What Agora told us of channels, as it told it.';

-- Name: COLUMN channel_events.change; Type: COMMENT; Schema: private

COMMENT ON COLUMN private.channel_events.change IS 'What it says of the channel; null if nothing we know.';

-- Name: COLUMN channel_events.client_seq; Type: COMMENT; Schema: private

COMMENT ON COLUMN private.channel_events.client_seq IS 'The sender''s own count: the order of one person''s events.';

-- Name: COLUMN channel_events.stayed_seconds; Type: COMMENT; Schema: private

COMMENT ON COLUMN private.channel_events.stayed_seconds IS 'In a leave: how long they had been there.';

-- Name: COLUMN channel_events.session_id; Type: COMMENT; Schema: private

COMMENT ON COLUMN private.channel_events.session_id IS 'Whose channel it is. No foreign key: the inbox outlives the session.';

-- Name: apply_channel_event(private.channel_events); Type: FUNCTION; Schema: private

CREATE FUNCTION private.apply_channel_event(event private.channel_events) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform private.note_attendance((event).session_id);
  perform private.begin_session((event).session_id);
  -- Whoever withdrew, or came on a token from before the recording. A number that is nobody's is a machine of Agora's.
  if (event).change = 'joined' and exists (
       select from private.agora_uids u where u.uid = (event).uid
          and not exists (select from public.user_consents c
                           where c.user_id = u.user_id and c.consent_type = 'session_recording'
                             and c.consented and c.revoked_at is null)) then
    perform private.request_recording_stop((event).session_id, 'somebody_has_not_agreed');
  end if;
end
$$;

-- Name: agora_notifications; Type: TABLE; Schema: private

CREATE TABLE private.agora_notifications (
    notice_id text NOT NULL,
    product integer NOT NULL,
    event_type integer NOT NULL,
    channel text NOT NULL,
    recorder_uid bigint,
    sid text NOT NULL,
    observation text,
    happened_at timestamp with time zone,
    failover_uid bigint,
    payload jsonb NOT NULL,
    deliveries integer DEFAULT 1 NOT NULL,
    recording_id uuid,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    applied_at timestamp with time zone
);

-- Name: TABLE agora_notifications; Type: COMMENT; Schema: private

COMMENT ON TABLE private.agora_notifications IS 'What Agora told us, as it told it.';

-- Name: COLUMN agora_notifications.observation; Type: COMMENT; Schema: private

COMMENT ON COLUMN private.agora_notifications.observation IS 'What it means to a recording (see observe_recording); null if nothing.';

-- Name: COLUMN agora_notifications.recording_id; Type: COMMENT; Schema: private

COMMENT ON COLUMN private.agora_notifications.recording_id IS 'The recording it was applied to. No foreign key: the inbox outlives it.';

-- Name: apply_notification(private.agora_notifications); Type: FUNCTION; Schema: private

CREATE FUNCTION private.apply_notification(notice private.agora_notifications) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_recording public.session_recordings;
begin
  if (notice).observation is not null then
    select * into v_recording from public.session_recordings r where r.agora_sid = (notice).sid;
    if not found then
      -- The notification was quicker than the answer to the start, or the answer was lost: this one brings the sid.
      select * into v_recording from public.session_recordings r
       where r.recorder_uid = (notice).recorder_uid and r.cname = (notice).channel and r.agora_sid is null
         and r.status = 'pending';
    end if;
    if v_recording.id is null then
      return false;
    end if;
    perform private.observe_recording(
      v_recording.id, v_recording.attempt, (notice).observation, sid => (notice).sid,
      happened_at => (notice).happened_at, failover_uid => (notice).failover_uid);
  end if;

  update private.agora_notifications n set applied_at = now(), recording_id = v_recording.id
   where n.notice_id = (notice).notice_id;
  return true;
end;
$$;

-- Name: apply_retention(integer); Type: FUNCTION; Schema: private

CREATE FUNCTION private.apply_retention(at_most integer) RETURNS TABLE(table_name text, rows integer)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_policy public.data_retention_policies;
  v_before timestamptz;
  v_rows   integer;
begin
  for v_policy in select * from public.data_retention_policies p where p.auto_delete order by p.table_name loop
    v_before := now() - make_interval(days => v_policy.retention_days);
    v_rows := private.retire(v_policy.table_name, v_before, at_most);
    if v_rows > 0 then
      insert into public.retention_receipts as r (table_name, rows, before) values (v_policy.table_name, v_rows, v_before)
      on conflict on constraint retention_receipts_are_one_a_day
      do update set rows = r.rows + excluded.rows, before = excluded.before;
      return query select v_policy.table_name, v_rows;
      return;
    end if;
  end loop;

  -- At the end of a run: what the auth service wrote after it had deleted an account, and lines that nobody sealed.
  perform private.forget_auth_log(e.pseudonym) from public.erasure_receipts e
    where e.account_deleted_at > now() - interval '3 days';
  perform private.seal_audit_lines();
end
$$;

-- Name: stripe_events; Type: TABLE; Schema: private

CREATE TABLE private.stripe_events (
    event_id text NOT NULL,
    event_type text NOT NULL,
    happened_at timestamp with time zone,
    facts jsonb,
    payment_intent_id text GENERATED ALWAYS AS ((facts ->> 'payment_intent_id'::text)) STORED,
    payload jsonb NOT NULL,
    deliveries integer DEFAULT 1 NOT NULL,
    checkout_id uuid,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    applied_at timestamp with time zone
);

-- Name: TABLE stripe_events; Type: COMMENT; Schema: private

COMMENT ON TABLE private.stripe_events IS 'What Stripe told us, as it told it.';

-- Name: COLUMN stripe_events.facts; Type: COMMENT; Schema: private

COMMENT ON COLUMN private.stripe_events.facts IS 'What it means (payment_facts); null if nothing.';

-- Name: COLUMN stripe_events.checkout_id; Type: COMMENT; Schema: private

COMMENT ON COLUMN private.stripe_events.checkout_id IS 'The checkout it was applied to. No foreign key: events are forgotten.';

-- Name: apply_stripe_event(private.stripe_events); Type: FUNCTION; Schema: private

CREATE FUNCTION private.apply_stripe_event(event private.stripe_events) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  f          private.payment_facts := jsonb_populate_record(null::private.payment_facts, event.facts);
  v_checkout public.checkout_sessions;
begin
  if event.facts is not null then
    select * into v_checkout from public.checkout_sessions c
     where c.id = f.checkout_id or c.stripe_session_id = f.stripe_session_id or c.stripe_payment_intent_id = f.payment_intent_id;
    if not found then
      return false;
    end if;
    v_checkout := private.observe_payment(v_checkout.id, f);
  end if;
  update private.stripe_events e set applied_at = now(), checkout_id = v_checkout.id where e.event_id = event.event_id;
  return true;
end
$$;

-- Name: apply_waiting_events(text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.apply_waiting_events(payment_intent_id text) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_event private.stripe_events;
  v_count integer := 0;
begin
  for v_event in
    select * from private.stripe_events e
     where e.applied_at is null and e.payment_intent_id = apply_waiting_events.payment_intent_id
     order by e.received_at for update skip locked
  loop
    v_count := v_count + private.apply_stripe_event(v_event)::integer;
  end loop;
  return v_count;
end
$$;

-- Name: checkout_sessions; Type: TABLE; Schema: public

CREATE TABLE public.checkout_sessions (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    payment_type text NOT NULL,
    status text GENERATED ALWAYS AS (
CASE
    WHEN (paid_at IS NOT NULL) THEN 'paid'::text
    WHEN (failed_at IS NOT NULL) THEN 'failed'::text
    WHEN (processing_at IS NOT NULL) THEN 'processing'::text
    WHEN (expired_at IS NOT NULL) THEN 'expired'::text
    WHEN (stripe_session_id IS NOT NULL) THEN 'open'::text
    ELSE 'opening'::text
END) STORED NOT NULL,
    description text NOT NULL,
    amount_minor integer NOT NULL,
    currency text NOT NULL,
    credits integer NOT NULL,
    session_type_id uuid NOT NULL,
    package_id uuid,
    practitioner_id uuid,
    scheduled_at timestamp with time zone,
    session_location text,
    physical_location text,
    group_class_id uuid,
    hold_id uuid,
    notes text,
    cancellation_policy_version uuid,
    stripe_session_id text,
    stripe_payment_intent_id text,
    url text,
    expires_at timestamp with time zone NOT NULL,
    processing_at timestamp with time zone,
    paid_at timestamp with time zone,
    failed_at timestamp with time zone,
    expired_at timestamp with time zone,
    receipt_url text,
    refunded_minor integer DEFAULT 0 NOT NULL,
    outcome text,
    session_id uuid,
    credit_lot_id uuid,
    returned_minor integer DEFAULT 0 NOT NULL,
    credits_taken_back integer DEFAULT 0 NOT NULL,
    next_check_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT checkout_sessions_amount_minor_check CHECK ((amount_minor >= 0)),
    CONSTRAINT checkout_sessions_are_for_one_thing CHECK (
CASE payment_type
    WHEN 'single'::text THEN ((scheduled_at IS NOT NULL) AND (session_location IS NOT NULL))
    ELSE (scheduled_at IS NULL)
END),
    CONSTRAINT checkout_sessions_credits_check CHECK ((credits > 0)),
    CONSTRAINT checkout_sessions_currency_check CHECK ((currency = ANY (ARRAY['cad'::text, 'usd'::text]))),
    CONSTRAINT checkout_sessions_outcome_check CHECK ((outcome = ANY (ARRAY['session_booked'::text, 'credits_granted'::text, 'credit_instead'::text, 'nobody_there'::text]))),
    CONSTRAINT checkout_sessions_payment_type_check CHECK ((payment_type = ANY (ARRAY['single'::text, 'package_5'::text, 'package_10'::text]))),
    CONSTRAINT checkout_sessions_session_location_check CHECK ((session_location = ANY (ARRAY['online'::text, 'in_person'::text]))),
    CONSTRAINT checkout_sessions_texts_are_short CHECK (((char_length(notes) <= 2000) AND (char_length(physical_location) <= 500)))
);

-- Name: TABLE checkout_sessions; Type: COMMENT; Schema: public

COMMENT ON TABLE public.checkout_sessions IS 'Attempts to pay: evidence, so a paid one outlives all that it is about.';

-- Name: COLUMN checkout_sessions.user_id; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.checkout_sessions.user_id IS 'Who pays. No foreign key: their account may have been erased since.';

-- Name: COLUMN checkout_sessions.amount_minor; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.checkout_sessions.amount_minor IS 'In cents, by our own prices when it was begun.';

-- Name: COLUMN checkout_sessions.refunded_minor; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.checkout_sessions.refunded_minor IS 'All refunds together, as Stripe counts them.';

-- Name: COLUMN checkout_sessions.outcome; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.checkout_sessions.outcome IS 'credit_instead: the time was gone when the money came. nobody_there: the account was.';

-- Name: COLUMN checkout_sessions.returned_minor; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.checkout_sessions.returned_minor IS 'Refunds and lost disputes: what the payer has again.';

-- Name: ask_back_credits(public.checkout_sessions, integer); Type: FUNCTION; Schema: private

CREATE FUNCTION private.ask_back_credits(c public.checkout_sessions, credits integer) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_more integer := ask_back_credits.credits - c.credits_taken_back;
  v_owed integer;
  -- Those it bought, or the one that its cancelled session gave back.
  v_lot  uuid := coalesce(c.credit_lot_id, (select l.lot_id from public.credit_ledger l
                                             where l.session_id = c.session_id and l.kind = 'return'));
begin
  if v_lot is null or v_more = 0 then
    return c.credits_taken_back;
  elsif v_more > 0 then
    perform private.take_back_credits(v_lot, v_more, 'The payment was refunded or disputed');
  else
    -- First what was asked for and never there; the rest is given back.
    update public.user_session_credits l set credits_owed = greatest(0, l.credits_owed + v_more)
      from public.user_session_credits old
     where l.id = v_lot and old.id = l.id
    returning least(old.credits_owed, -v_more) into v_owed;
    insert into public.credit_ledger (lot_id, user_id, change, kind, reason)
    select v_lot, c.user_id, -v_more - v_owed, 'adjustment', 'The payment stands: its dispute was won'
     where -v_more > v_owed;
  end if;
  return ask_back_credits.credits;
end
$$;

-- Name: ask_for_session_mail(text, public.session_schedules, jsonb); Type: FUNCTION; Schema: private

CREATE FUNCTION private.ask_for_session_mail(kind text, session public.session_schedules, payload jsonb DEFAULT NULL::jsonb) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_mail uuid;
begin
  -- Two who ask at once must not both find nothing.
  perform from public.session_schedules s where s.id = (session).id for no key update;
  for attempt in 1..2 loop
    select m.id into v_mail from private.mails m
     where m.session_id = (session).id and m.user_id = (session).client_id and m.kind = ask_for_session_mail.kind
     order by m.position desc limit 1;
    exit when found or payload is null or exists (
      select from private.outbox o where o.session_id = (session).id and o.kind = ask_for_session_mail.kind
         and exists (select from private.mails m where m.outbox_id = o.id));
    perform private.put_in_outbox(ask_for_session_mail.kind, (session).client_id, (session).id, payload || jsonb_build_object(
      'practitioner_id', (session).practitioner_id, 'scheduled_at', (session).scheduled_at,
      'group_class_id', (session).group_class_id));
  end loop;
  return v_mail;
end
$$;

-- Name: attendance_lock(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.attendance_lock(session_id uuid) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  -- Two facts at once are worked out one after the other, so that the later one sees both. Before any row is locked.
  select pg_advisory_xact_lock(hashtextextended('attendance ' || session_id, 0));
$$;

-- Name: audit_findings(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.audit_findings() RETURNS TABLE(finding text, "position" bigint, line_id uuid)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  with entries as (
    select c.*, lag(c.position, 1, 0::bigint) over chain as last_position,
           lag(c.sha256, 1, decode(repeat('00', 32), 'hex')) over chain as last_sha256
      from private.audit_chain c
    window chain as (order by c.position)
  ), judged as (
    select case
             when e.position <> e.last_position + 1 then 'entries of the chain are missing before this one'
             when e.sha256 <> sha256(e.last_sha256 || e.line_sha256) then 'this entry does not follow from the one before it'
             when l.id is null then 'a line was removed'
             when e.line_sha256 <> private.audit_line_sha256(l)
               or l.personal_sha256 <> private.audit_personal_sha256(l)
               or (l.personal_salt is null and (
                     num_nonnulls(l.ip_address, l.user_agent, l.metadata) > 0
                     or not exists (select from private.audit_redactions r where r.line_id = l.id)))
             then 'a line was changed' end as finding,
           e.position, e.line_id
      from entries e left join public.audit_logs l on l.id = e.line_id
  )
  select j.finding, j.position, j.line_id from judged j where j.finding is not null
  union all
  select 'a line was added past the chain', null, l.id
    from public.audit_logs l
   where not exists (select from private.audit_chain c where c.line_id = l.id)
     and not exists (select from private.audit_lines_to_seal q where q.line_id = l.id);
$$;

-- Name: FUNCTION audit_findings(); Type: COMMENT; Schema: private

COMMENT ON FUNCTION private.audit_findings() IS 'What is wrong with the audit log; no row means that it is whole. Lines still to be sealed are none.';

-- Name: audit_logs; Type: TABLE; Schema: public

CREATE TABLE public.audit_logs (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid,
    action text NOT NULL,
    table_name text NOT NULL,
    record_id uuid,
    ip_address text,
    user_agent text,
    metadata jsonb DEFAULT '{}'::jsonb,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    personal_salt bytea,
    personal_sha256 bytea NOT NULL,
    CONSTRAINT audit_logs_action_check CHECK ((action = ANY (ARRAY['SELECT'::text, 'INSERT'::text, 'UPDATE'::text, 'DELETE'::text, 'VIEW'::text, 'EXPORT'::text, 'LOGIN'::text, 'LOGOUT'::text, 'ACCESS_DENIED'::text])))
);

-- Name: COLUMN audit_logs.user_id; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.audit_logs.user_id IS 'Who did it. No foreign key: the account may have been erased since.';

-- Name: COLUMN audit_logs.metadata; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.audit_logs.metadata IS 'Of a row that was changed: the names of the columns, and the values that say nothing about a person.';

-- Name: COLUMN audit_logs.personal_salt; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.audit_logs.personal_salt IS 'Random; null once the personal parts are redacted.';

-- Name: COLUMN audit_logs.personal_sha256; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.audit_logs.personal_sha256 IS 'SHA-256 of the salt and the address, agent and metadata; stays when they go.';

-- Name: audit_line_sha256(public.audit_logs); Type: FUNCTION; Schema: private

CREATE FUNCTION private.audit_line_sha256(line public.audit_logs) RETURNS bytea
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
  -- jsonb writes its keys in one order; the time is written out, because a cast depends on the session's time zone.
  select sha256(convert_to(jsonb_build_object(
    'id', (line).id, 'user_id', (line).user_id, 'action', (line).action, 'table_name', (line).table_name,
    'record_id', (line).record_id,
    'created_at', to_char((line).created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'personal_sha256', encode((line).personal_sha256, 'hex'))::text, 'UTF8'));
$$;

-- Name: audit_personal_sha256(public.audit_logs); Type: FUNCTION; Schema: private

CREATE FUNCTION private.audit_personal_sha256(line public.audit_logs) RETURNS bytea
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
  select sha256((line).personal_salt || convert_to(jsonb_build_object(
    'ip_address', (line).ip_address, 'user_agent', (line).user_agent, 'metadata', (line).metadata)::text, 'UTF8'));
$$;

-- Name: audited_change(jsonb, jsonb); Type: FUNCTION; Schema: private

CREATE FUNCTION private.audited_change(old_row jsonb, new_row jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
  with changed as (
    select coalesce(o.key, n.key) as key, o.value as old_value, n.value as new_value
      from jsonb_each(old_row) o full join jsonb_each(new_row) n on n.key = o.key
     where old_row is null or new_row is null or o.value is distinct from n.value
  ), judged as (
    -- Named by what may be kept. A column of a later migration is left out until somebody has thought about it.
    select c.*,
           c.key in ('id', 'total_seconds', 'role', 'status', 'source', 'visibility', 'memory_type', 'currency', 'verified',
                     'session_location', 'live_contract_needed')
           or left(c.key, 3) = 'is_'
           or right(c.key, 3) in ('_id', '_at')
           or right(c.key, 6) in ('_minor', '_share')
           or right(c.key, 7) = '_amount'
           or right(c.key, 8) = '_minutes'
           or right(c.key, 13) = '_participants' as may_be_kept
      from changed c
  ), kept as (
    select coalesce(jsonb_agg(key order by key), '[]') as columns,
           coalesce(jsonb_object_agg(key, old_value) filter (where may_be_kept), '{}') as old_values,
           coalesce(jsonb_object_agg(key, new_value) filter (where may_be_kept), '{}') as new_values
      from judged
  )
  select jsonb_build_object('columns', columns)
      || case when old_row is null then jsonb_build_object('data', new_values)
              when new_row is null then jsonb_build_object('deleted_data', old_values)
              else jsonb_build_object('old_data', old_values, 'new_data', new_values) end
    from kept;
$$;

-- Name: balance_transaction(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.balance_transaction() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_transaction uuid := case tg_table_name when 'ledger_transactions' then to_jsonb(new) ->> 'id'
                                           else to_jsonb(new) ->> 'transaction_id' end;
begin
  if (select count(*) < 2 or sum(p.amount_minor) <> 0 from public.ledger_postings p where p.transaction_id = v_transaction) then
    perform private.refuse(409, 'transaction_unbalanced', 'The lines of a transaction must add up to nought.');
  end if;
  return null;
end
$$;

-- Name: bank_numbers; Type: TABLE; Schema: private

CREATE TABLE private.bank_numbers (
    practitioner_id uuid NOT NULL,
    account_number text NOT NULL,
    routing_number text NOT NULL,
    fingerprint text,
    sealed_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT bank_numbers_are_sealed CHECK (((account_number ~ '^(v1\.[\w-]{1,32}\.[\w-]+|base64:[\w+/=]+)$'::text) AND (routing_number ~ '^(v1\.[\w-]{1,32}\.[\w-]+|base64:[\w+/=]+)$'::text)))
);

-- Name: TABLE bank_numbers; Type: COMMENT; Schema: private

COMMENT ON TABLE private.bank_numbers IS 'Account and routing numbers, sealed by shared/vault.py; the keys are not in this database.';

-- Name: COLUMN bank_numbers.fingerprint; Type: COMMENT; Schema: private

COMMENT ON COLUMN private.bank_numbers.fingerprint IS 'Keyed digest of both numbers: equal numbers can be told without opening them. Null: they never passed our checks.';

-- Name: bank_numbers_not_under(text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.bank_numbers_not_under(key_id text) RETURNS SETOF private.bank_numbers
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select * from private.bank_numbers n
   where not (starts_with(n.account_number, 'v1.' || key_id || '.') and starts_with(n.routing_number, 'v1.' || key_id || '.')
              and coalesce(starts_with(n.fingerprint, key_id || '.'), true));
$$;

-- Name: banking_obstacle(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.banking_obstacle(practitioner_id uuid) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select coalesce(
    (select case when n.fingerprint is null                  then 'not_checked'
                 when n.account_number  not like 'v1.%'
                   or n.routing_number  not like 'v1.%'      then 'not_sealed'
                 when not b.verified                         then 'not_verified'
                 when b.cooling_until > now()                then 'cooling'
                 else '' end
       from public.practitioner_banking b join private.bank_numbers n using (practitioner_id)
      where b.practitioner_id = banking_obstacle.practitioner_id),
    'no_account');
$$;

-- Name: begin_checkout(uuid, text, text, uuid, integer, text, boolean, uuid, timestamp with time zone, text, text, uuid, text, boolean, uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.begin_checkout(user_id uuid, payment_type text, currency text, session_type_id uuid, duration_minutes integer, session_type text, is_group boolean, practitioner_id uuid, scheduled_at timestamp with time zone, session_location text, physical_location text, group_class_id uuid, notes text, cancellation_policy_agreed boolean, cancellation_policy_version uuid) RETURNS private.begun_checkout
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_type       public.session_types;
  v_package    public.session_packages;
  v_new        public.checkout_sessions;  -- as it would be
  v_found      public.checkout_sessions;
  v_supersedes text[];
  v_holds      integer;
begin
  -- Two clicks at once queue here, and the second finds what the first made.
  perform private.lock_client(begin_checkout.user_id);
  v_type := private.type_to_pay(begin_checkout.session_type_id, begin_checkout.duration_minutes,
                                begin_checkout.session_type, begin_checkout.is_group);
  v_new.session_type_id := v_type.id;
  v_new.currency := coalesce(begin_checkout.currency,
                             (select p.currency from public.user_preferences p where p.user_id = begin_checkout.user_id), 'usd');

  if begin_checkout.payment_type = 'single' then
    v_new.credits := 1;
    v_new.description := v_type.name;
    v_new.amount_minor := round(100 * case v_new.currency when 'cad' then v_type.price_cad else v_type.price_usd end);
    v_new.cancellation_policy_version := private.policy_agreed(begin_checkout.cancellation_policy_agreed,
                                                               begin_checkout.cancellation_policy_version);
    if begin_checkout.group_class_id is not null or v_type.is_group then
      v_new.group_class_id := private.class_to_pay(
        begin_checkout.group_class_id, begin_checkout.practitioner_id, begin_checkout.scheduled_at,
        begin_checkout.session_location, v_type);
      select s.practitioner_id, s.scheduled_at, s.session_location, s.physical_location
        into v_new.practitioner_id, v_new.scheduled_at, v_new.session_location, v_new.physical_location
        from public.session_schedules s where s.id = v_new.group_class_id;
    else
      v_new.practitioner_id   := begin_checkout.practitioner_id;
      v_new.scheduled_at      := begin_checkout.scheduled_at;
      v_new.session_location  := coalesce(begin_checkout.session_location, 'online');
      v_new.physical_location := begin_checkout.physical_location;
      perform private.refuse_unknown_place(v_new.session_location, v_new.physical_location, null);
      -- That beginning is how the pages join a class.
      v_new.notes := nullif(btrim(regexp_replace(begin_checkout.notes, '^\s*Joined group class:', '', 'i')), '');
    end if;
  else
    select * into v_package from public.session_packages p
     where p.is_active and p.session_type_id = v_type.id
       and p.session_count = case begin_checkout.payment_type when 'package_5' then 5 else 10 end;
    if not found then
      perform private.refuse(404, 'package_not_found', 'There is no such package for this kind of session.',
                             'Choose another kind of session.');
    end if;
    v_new.package_id := v_package.id;
    v_new.credits := v_package.session_count;
    v_new.description := v_package.name;
    v_new.amount_minor := round(100 * case v_new.currency when 'cad' then v_package.price_cad else v_package.price_usd end);
    -- The wallet asks nobody to agree; who did on the checkout page has.
    if begin_checkout.cancellation_policy_agreed then
      v_new.cancellation_policy_version := private.policy_agreed(true, begin_checkout.cancellation_policy_version);
    end if;
  end if;

  select * into v_found from public.checkout_sessions c
   where c.user_id = begin_checkout.user_id
     -- One that is only being opened must still be valid for as long as Stripe wants.
     and c.expires_at > now() + case c.status when 'open' then interval '10 minutes' when 'opening' then interval '30.5 minutes' end
     and (c.payment_type, c.session_type_id, c.amount_minor, c.currency)
         = (begin_checkout.payment_type, v_new.session_type_id, v_new.amount_minor, v_new.currency)
     and (c.package_id, c.practitioner_id, c.scheduled_at, c.session_location, c.physical_location, c.group_class_id, c.notes)
         is not distinct from (v_new.package_id, v_new.practitioner_id, v_new.scheduled_at, v_new.session_location,
                               v_new.physical_location, v_new.group_class_id, v_new.notes)
     and (c.hold_id is null or exists (select from public.session_holds h where h.id = c.hold_id and h.status = 'held'))
   order by c.created_at desc limit 1;
  if v_found.status = 'opening' and v_found.created_at > now() - interval '20 seconds' then
    perform private.refuse(409, 'request_in_progress', 'The page to pay on is being opened.', 'Ask again in a moment.');
  elsif found then
    return (v_found.id, v_found.description, v_found.amount_minor, v_found.currency, v_found.expires_at, v_found.url, array[]::text[]);
  end if;

  if begin_checkout.payment_type = 'single' then
    -- Given up is what the new choice overlaps, and the oldest where no more may be held: pages have no button for that.
    select count(*) into v_holds from public.session_holds h
     where h.user_id = begin_checkout.user_id and h.status = 'held' and h.expires_at > now();
    with kept as (
      select c.stripe_session_id, h.id as hold_id, row_number() over (partition by h.status order by c.created_at, c.id) as age,
             h.practitioner_id = v_new.practitioner_id
               and tstzrange(h.scheduled_at, h.scheduled_at + make_interval(mins => h.duration_minutes))
                   && tstzrange(v_new.scheduled_at, v_new.scheduled_at + make_interval(mins => v_type.duration_minutes))
               as is_in_the_way
        from public.checkout_sessions c join public.session_holds h on h.id = c.hold_id
       where c.user_id = begin_checkout.user_id and c.status in ('opening', 'open')
         and h.status <> 'consumed' and h.checkout_session_id = c.id::text
    ),
    given_up as (
      update public.session_holds h set status = 'released'
        from kept where h.id = kept.hold_id and (kept.is_in_the_way or (h.status = 'held' and kept.age <= v_holds - 2))
      returning kept.stripe_session_id
    )
    select array_agg(g.stripe_session_id) filter (where g.stripe_session_id is not null) into v_supersedes from given_up g;
    select h.id into v_new.hold_id
      from private.hold_slot(begin_checkout.user_id, v_new.practitioner_id, v_new.scheduled_at, v_type.id,
                             v_new.session_location, v_new.physical_location, v_new.group_class_id) h;
  end if;

  insert into public.checkout_sessions as c
    (user_id, payment_type, description, amount_minor, currency, credits, session_type_id, package_id, practitioner_id,
     scheduled_at, session_location, physical_location, group_class_id, hold_id, notes, cancellation_policy_version,
     expires_at, next_check_at)
  values
    (begin_checkout.user_id, begin_checkout.payment_type, v_new.description, v_new.amount_minor, v_new.currency,
     v_new.credits, v_new.session_type_id, v_new.package_id, v_new.practitioner_id, v_new.scheduled_at,
     v_new.session_location, v_new.physical_location, v_new.group_class_id, v_new.hold_id, v_new.notes,
     v_new.cancellation_policy_version, date_trunc('second', now()) + interval '32 minutes', now() + interval '5 minutes')
  returning c.* into v_new;
  if v_new.hold_id is not null then
    perform private.keep_hold_until(v_new.hold_id, v_new.expires_at + interval '10 minutes', v_new.id::text);
  end if;
  return (v_new.id, v_new.description, v_new.amount_minor, v_new.currency, v_new.expires_at, v_new.url,
          coalesce(v_supersedes, array[]::text[]));
end
$$;

-- Name: begin_session(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.begin_session(session_id uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_session public.session_schedules;
begin
  select * into v_session from public.session_schedules s
   where s.id = begin_session.session_id and s.status = 'scheduled' and s.session_location = 'online'
     and now() between s.scheduled_at - interval '15 minutes'
                   and s.scheduled_at + make_interval(mins => s.duration_minutes + 60);  -- as long as its room is open
  if v_session.scheduled_at <= now()
     and (private.came(v_session, private.host_of(v_session))
          or exists (select from private.clients_of(v_session) c where private.came(v_session, c.user_id)))
     or (not private.is_class(v_session) and private.came(v_session, v_session.client_id)) then
    perform private.set_session_status(v_session.id, 'in_progress');
  end if;
end
$$;

-- Name: blank_evidence_of(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.blank_evidence_of(user_id uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  c_user     constant uuid   := blank_evidence_of.user_id;
  v_mine     constant uuid[] := array(select s.id from public.session_schedules s
                                       where s.client_id = c_user and not private.is_class(s));
  v_checkout constant uuid[] := array(select c.id from public.checkout_sessions c where c.user_id = c_user);
  v_names    constant text[] := array(
    select distinct btrim(name) from (
      select p.full_name from public.profiles p where p.id = c_user
      union select p.name from public.practitioners p where p.user_id = c_user
      union select u.email from auth.users u where u.id = c_user) known (name)
     where char_length(btrim(name)) > 2);
begin
  -- Sessions: the note, and a place that is none of ours.
  update public.session_schedules s
     set notes = null, host_room_url = null, location_coordinates = null,
         physical_location = (select s.physical_location from public.studio_locations l
                               where s.physical_location in (l.id::text, l.name, l.name || ' - ' || l.address) limit 1)
   where s.id = any (v_mine)
     and num_nonnulls(s.notes, s.host_room_url, s.location_coordinates, s.physical_location) > 0;
  update public.session_cancellations c set reason = '(erased)'
   where (c.user_id = c_user or c.session_id = any (v_mine)) and c.reason is not null;
  update public.session_attendance a set reason = '(erased)'
   where (a.user_id = c_user or a.session_id = any (v_mine)) and a.reason is not null;
  delete from public.session_notes n
   where n.session_id = any (v_mine) or (n.author_id = c_user and n.visibility = 'private');
  delete from public.meditation_memories m where m.user_id = c_user;

  -- Money
  update public.user_session_credits c set metadata = '{}', order_id = null where c.user_id = c_user;
  update public.credit_ledger l set reason = '(erased)' where l.user_id = c_user and l.reason <> '(erased)';
  update public.ledger_transactions t set reason = '(erased)'
   where t.reason <> '(erased)'
     and (t.session_id = any (v_mine)
          or t.practitioner_id in (select p.id from public.practitioners p where p.user_id = c_user));
  update public.checkout_sessions c set notes = null, url = null, receipt_url = null, physical_location = null
   where c.id = any (v_checkout);
  update private.payment_refunds r set reason = '(erased)' where r.checkout_id = any (v_checkout);
  update private.stripe_events e set payload = '{}'
   where e.checkout_id = any (v_checkout)
      or e.payment_intent_id in (select c.stripe_payment_intent_id from public.checkout_sessions c where c.user_id = c_user)
      or exists (select from unnest(v_names) name where strpos(e.payload::text, name) > 0);

  -- Evidence: text, hashes, times and the id stay.
  update public.liability_waivers w
     set ip_address = null, user_agent = null, signer_name = null, signer_email = null, signature_name = null, signature_image = null
   where w.user_id = c_user;
  update public.contract_signatures s
     set ip_address = null, user_agent = null, signer_name = null, signer_email = null, signature_name = null, signature_image = null
   where s.user_id = c_user;
  update public.consent_history h set ip_address = null, user_agent = null, metadata = null where h.user_id = c_user;
  update public.recording_views v set ip_address = null, user_agent = null
   where v.recording_id in (select r.id from public.session_recordings r where r.session_id = any (v_mine));
  perform private.redact_audit_lines(
    array(select l.id from public.audit_logs l where l.user_id = c_user and l.personal_salt is not null
          union
          select l.id from public.audit_logs l, unnest(v_names) name
           where l.action in ('SELECT', 'VIEW', 'EXPORT', 'LOGIN', 'LOGOUT', 'ACCESS_DENIED')
             and strpos(l.metadata::text, name) > 0), 'erasure');

  -- Messages: to them go with the account; of them stay with whoever got them, without the name.
  update private.outbox o set payload = '{}' where o.user_id = c_user and o.payload <> '{}';
  update private.mails m set facts = m.facts - 'session'
   where m.session_id = any (v_mine) and m.status not in ('queued', 'sending');
  update private.mails m set facts = jsonb_set(m.facts, '{session,physical_location}', 'null')
   where m.session_id = any (v_mine) and m.facts #>> '{session,physical_location}' is not null;
  update public.user_notifications n
     set title = private.without_names(n.title, v_names), message = private.without_names(n.message, v_names)
   where n.related_id in (select s.id from public.session_schedules s
                            left join public.practitioners p on p.id = s.practitioner_id
                           where c_user in (s.client_id, p.user_id));
  delete from private.remembered_answers a
   where a.caller = c_user::text or strpos(a.arguments::text || a.answer::text, c_user::text) > 0
      or exists (select from unnest(v_names) name where strpos(a.arguments::text || a.answer::text, name) > 0);

  -- A practitioner
  update public.checkout_sessions c set description = private.without_names(c.description, v_names)
   where c.practitioner_id in (select p.id from public.practitioners p where p.user_id = c_user);
  delete from public.practitioner_banking b
   where b.practitioner_id in (select p.id from public.practitioners p where p.user_id = c_user);
  delete from public.practitioner_contracts c
   where c.signed_at is null and c.status = 'pending'
     and c.practitioner_id in (select p.id from public.practitioners p where p.user_id = c_user)
     and not exists (select from public.contract_events e where e.contract_id = c.id);
  update public.practitioner_contracts c set ip_address = null, user_agent = null
   where num_nonnulls(c.ip_address, c.user_agent) > 0
     and c.practitioner_id in (select p.id from public.practitioners p where p.user_id = c_user);
  delete from public.action_templates t
   where t.practitioner_id in (select p.id from public.practitioners p where p.user_id = c_user);
  update public.practitioner_time_off t set reason = null
   where t.practitioner_id in (select p.id from public.practitioners p where p.user_id = c_user);
  update public.availability_exceptions e set reason = null
   where e.practitioner_id in (select p.id from public.practitioners p where p.user_id = c_user);
  delete from public.practitioner_availability a
   where a.practitioner_id in (select p.id from public.practitioners p where p.user_id = c_user);
  update public.practitioners p
     set name = 'Former practitioner', bio = null, specialization = null, avatar_url = null, available = false
   where p.user_id = c_user;
end
$$;

-- Name: book_session_with_credit(uuid, timestamp with time zone, integer, uuid, text, boolean, text, text, text, point); Type: FUNCTION; Schema: private

CREATE FUNCTION private.book_session_with_credit(practitioner_id uuid, scheduled_at timestamp with time zone, duration_minutes integer, session_type_id uuid, session_type text, is_group boolean, session_location text, physical_location text, notes text, location_coordinates point) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
#variable_conflict use_column
declare
  v_client  uuid := (select auth.uid());
  v_type    public.session_types;
  v_session uuid;
begin
  perform private.lock_client(v_client);
  select t.* into v_type from public.session_types t
   where t.is_active and case when book_session_with_credit.session_type_id is not null
     then t.id = book_session_with_credit.session_type_id
     else (t.duration_minutes, t.session_type, t.is_group)
          = (book_session_with_credit.duration_minutes, book_session_with_credit.session_type, book_session_with_credit.is_group) end;
  if not found then
    perform private.refuse(404, 'session_type_not_found', 'There is no such kind of session.');
  elsif v_type.is_group or book_session_with_credit.is_group then
    perform private.refuse(409, 'class_needed', 'A group session is joined, not booked.', 'Choose a class and join it.');
  elsif v_type.duration_minutes <> book_session_with_credit.duration_minutes then
    perform private.refuse(409, 'duration_not_offered', format('This kind of session lasts %s minutes.', v_type.duration_minutes));
  end if;

  -- A second click finds what the first one booked.
  select s.id into v_session from public.session_schedules s
   where s.client_id = v_client and s.practitioner_id = book_session_with_credit.practitioner_id
     and s.scheduled_at = book_session_with_credit.scheduled_at and s.session_type_id = v_type.id
     and s.status = 'scheduled' and s.group_class_id is null and s.credit_lot_id is not null;
  if found then
    return v_session;
  end if;

  perform private.refuse_without_waiver(v_client);
  perform private.refuse_unknown_place(session_location, physical_location, location_coordinates);
  return private.insert_session(
    v_client, book_session_with_credit.practitioner_id, book_session_with_credit.scheduled_at, v_type.id,
    session_location, physical_location, location_coordinates, notes, null, with_credit => true);
end
$$;

-- Name: bookable_until(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.bookable_until(practitioner_id uuid) RETURNS timestamp with time zone
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select case when r.live_contract_needed then (
           select coalesce(max(coalesce(c.expires_at, 'infinity')), '-infinity') from public.practitioner_contracts c
            where c.practitioner_id = bookable_until.practitioner_id and c.status = 'signed')
         else 'infinity' end
    from public.contract_rules r;
$$;

-- Name: is_time_zone(text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.is_time_zone(name text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  -- By its full name: PostgreSQL would also take 'EST', and 'Nowhere5' for five hours west of Greenwich.
  select name is not null
     and (exists (select from private.known_time_zones k where k.name = is_time_zone.name)
          or exists (select from pg_catalog.pg_timezone_names n where n.name = is_time_zone.name));
$$;

-- Name: practitioner_calendars; Type: TABLE; Schema: public

CREATE TABLE public.practitioner_calendars (
    practitioner_id uuid NOT NULL,
    time_zone text DEFAULT 'America/Toronto'::text NOT NULL,
    minimum_notice_minutes integer DEFAULT 0 NOT NULL,
    booking_horizon_days integer DEFAULT 365 NOT NULL,
    buffer_before_minutes integer DEFAULT 0 NOT NULL,
    buffer_after_minutes integer DEFAULT 0 NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT practitioner_calendars_buffers_are_at_most_4_hours CHECK ((((buffer_before_minutes >= 0) AND (buffer_before_minutes <= 240)) AND ((buffer_after_minutes >= 0) AND (buffer_after_minutes <= 240)))),
    CONSTRAINT practitioner_calendars_horizon_is_1_day_to_5_years CHECK (((booking_horizon_days >= 1) AND (booking_horizon_days <= 1830))),
    CONSTRAINT practitioner_calendars_notice_is_at_most_90_days CHECK (((minimum_notice_minutes >= 0) AND (minimum_notice_minutes <= 129600))),
    CONSTRAINT practitioner_calendars_time_zone_exists CHECK (private.is_time_zone(time_zone))
);

-- Name: TABLE practitioner_calendars; Type: COMMENT; Schema: public

COMMENT ON TABLE public.practitioner_calendars IS 'How a practitioner can be booked. Its row is also the lock on their time: see private.lock_calendar.';

-- Name: COLUMN practitioner_calendars.buffer_before_minutes; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.practitioner_calendars.buffer_before_minutes IS 'Kept free before each session booked from now on.';

-- Name: buffered(timestamp with time zone, integer, public.practitioner_calendars); Type: FUNCTION; Schema: private

CREATE FUNCTION private.buffered(scheduled_at timestamp with time zone, duration_minutes integer, calendar public.practitioner_calendars) RETURNS tstzrange
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
  select tstzrange(scheduled_at - make_interval(mins => (calendar).buffer_before_minutes),
                   scheduled_at + make_interval(mins => duration_minutes + (calendar).buffer_after_minutes));
$$;

-- Name: came(public.session_schedules, uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.came(session public.session_schedules, user_id uuid) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  -- True, false if they are known not to have come, null if nothing is known.
  select not a.is_no_show from public.session_attendance a
   where a.session_id = private.line_of(session, came.user_id) and a.user_id = came.user_id;
$$;

-- Name: cancel_class_instead(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.cancel_class_instead() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  if not exists (select from public.session_schedules seat where seat.group_class_id = old.id) then
    return old;
  elsif old.status not in ('scheduled', 'in_progress') then
    perform private.refuse(409, 'class_is_kept', 'People had a seat in this class, so it is kept.');
  end if;
  update public.session_schedules class set status = 'cancelled' where class.id = old.id;
  return null;
end
$$;

-- Name: cancel_coming_sessions(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.cancel_coming_sessions(user_id uuid) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_session   uuid;
  v_cancelled integer := 0;
begin
  -- By the same update as the pages', so the same rules decide what comes back and who is told.
  for v_session in
    select s.id from public.session_schedules s
     where s.status = 'scheduled' and s.scheduled_at > now()
       and (s.practitioner_id in (select p.id from public.practitioners p where p.user_id = cancel_coming_sessions.user_id)
            or (s.client_id = cancel_coming_sessions.user_id and not private.is_class(s)))
     order by s.group_class_id is not null, s.id  -- a class takes its seats along
  loop
    update public.session_schedules s set status = 'cancelled', notes = 'Cancelled'
     where s.id = v_session and s.status = 'scheduled';
    v_cancelled := v_cancelled + 1;
  end loop;
  return v_cancelled;
end
$$;

-- Name: cancellation_terms(public.session_schedules, boolean); Type: FUNCTION; Schema: private

CREATE FUNCTION private.cancellation_terms(session public.session_schedules, wants_grace boolean) RETURNS private.cancellation_terms
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  v_policy public.cancellation_policy := private.policy_of(session);
  v_terms  private.cancellation_terms;
  v_client boolean := private.part_in(session) = 'client';
begin
  v_terms.cancellation_policy_version := v_policy.id;
  v_terms.free_until := session.scheduled_at - make_interval(hours => v_policy.standard_cancellation_hours);
  v_terms.hours_before_session := round(extract(epoch from session.scheduled_at - now()) / 3600, 2);
  v_terms.currency := private.currency_of(session);
  v_terms.grace_available := v_client and now() > v_terms.free_until
    and private.graces_used(session.client_id) < v_policy.grace_cancellations_allowed;
  if wants_grace and v_client and now() > v_terms.free_until and not v_terms.grace_available then
    perform private.refuse(409, 'grace_used', 'You have used your grace cancellation already.',
                           'You can still cancel, and the credit is then used.');
  end if;

  v_terms.cancellation_type := case
    when now() <= v_terms.free_until then 'standard'
    when not v_client then 'emergency'
    when wants_grace then 'grace'
    when now() <= session.scheduled_at - make_interval(hours => v_policy.late_cancellation_hours) then 'late'
    else 'last_minute' end;
  v_terms.credit_returned := case
    when v_terms.cancellation_type = 'last_minute' then 0
    -- Its price went back already.
    when exists (select from public.user_session_credits c where c.id = session.credit_lot_id and c.credits_owed > 0) then 0
    when session.credit_lot_id is not null or (private.payment_of(session.id)).id is not null then 1
    else 0 end;
  v_terms.fee_charged := case
    when v_terms.cancellation_type <> 'late' or v_terms.credit_returned = 0 then 0
    when v_terms.currency = 'cad' then v_policy.late_cancellation_fee_cad
    else v_policy.late_cancellation_fee_usd end;

  if private.is_class(session) then
    -- Nobody has the class's own row; what comes back is what its seats were taken for.
    select coalesce(sum((private.cancellation_terms(seat, false)).credit_returned), 0) into v_terms.credit_returned
      from public.session_schedules seat where seat.group_class_id = session.id and seat.status in ('scheduled', 'in_progress');
  end if;
  return v_terms;
end
$$;

-- Name: channel_of(public.session_schedules); Type: FUNCTION; Schema: private

CREATE FUNCTION private.channel_of(session public.session_schedules) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $_$
  -- A room name that Agora would refuse (64 bytes or more, or a strange character) gives way to one made of the id.
  select case when octet_length((session).room_name) < 64 and (session).room_name ~ '^[A-Za-z0-9 !#$%&()+:;<=.>?@\[\]^_{}|~,-]+$'
              then (session).room_name
              else 'session-' || replace((session).id::text, '-', '') end;
$_$;

-- Name: channel_was_heard(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.channel_was_heard(session_id uuid) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  -- Whether Agora's events reach us at all. Without that, silence says nothing about anybody.
  select exists (select from private.channel_events e
                  where e.session_id = channel_was_heard.session_id and e.change is not null and not e.is_recorder
                    and e.happened_at >= private.facts_count_from(channel_was_heard.session_id));
$$;

-- Name: check_invariants(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.check_invariants() RETURNS TABLE(rule text, broken integer, examples text[])
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select b.rule, count(*)::integer, (array_agg(b.example order by b.example))[1:5] from private.broken_rules b group by b.rule order by 1;
$$;

-- Name: choose_credit(uuid, uuid[]); Type: FUNCTION; Schema: private

CREATE FUNCTION private.choose_credit(user_id uuid, session_type_ids uuid[]) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_lot uuid;
begin
  -- Under the client's lock, so two bookings of one client never choose at once; the row lock keeps refunds away.
  select c.id into v_lot from public.user_session_credits c
   where c.user_id = choose_credit.user_id and c.credits_remaining > 0
     and (c.expires_at is null or c.expires_at > now())
     and (c.session_type_id is null or c.session_type_id = any (choose_credit.session_type_ids))
   order by c.session_type_id is null, c.expires_at nulls last, c.purchased_at, c.id
   limit 1 for no key update;
  if v_lot is null then
    perform private.refuse(402, 'no_usable_credit', 'You have no credit for this kind of session.',
                           'Buy a package, or pay for this session alone.');
  end if;
  return v_lot;
end
$$;

-- Name: claim_checkout(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.claim_checkout() RETURNS public.checkout_sessions
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  update public.checkout_sessions c set next_check_at = now() + interval '4 minutes'
   where c.id = (select due.id from public.checkout_sessions due where due.next_check_at <= now()
                  order by due.next_check_at limit 1 for update skip locked)
  returning c.*;
$$;

-- Name: claim_mail(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.claim_mail() RETURNS TABLE(task text, mail_id uuid, lease_id uuid, kind text, audience text, recipient_email text, recipient_name text, time_zone text, unsubscribe_category text, unsubscribe_token text, started_at timestamp with time zone, facts jsonb, session private.told_session, payment private.told_payment, credits private.told_credits, document private.told_document)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_mail   private.mails;
  v_reason text;
begin
  loop
    select * into v_mail from private.mails m
     where m.status = 'queued' and m.next_attempt_at <= now() and coalesce(m.lease_until, '-infinity') < now()
       and not exists (select from private.mails earlier
                        where earlier.session_id = m.session_id and earlier.user_id = m.user_id
                          and earlier.position < m.position and earlier.status in ('queued', 'sending'))
     order by m.next_attempt_at limit 1 for update skip locked;
    exit when not found;
    v_reason := private.reason_to_drop(v_mail);
    exit when v_reason is null;
    update private.mails m set status = 'dropped', reason = v_reason, ended_at = now(), next_attempt_at = null
     where m.id = v_mail.id;
  end loop;
  task := 'send';
  if v_mail.id is null then
    task := 'find';
    select * into v_mail from private.mails m
     where m.status = 'unknown' and m.next_attempt_at <= now() and coalesce(m.lease_until, '-infinity') < now()
     order by m.next_attempt_at limit 1 for update skip locked;
  end if;
  if v_mail.id is null then
    task := null;
    return next;
    return;
  end if;

  update private.mails m set lease_id = gen_random_uuid(), lease_until = now() + interval '1 minute'
   where m.id = v_mail.id returning m.* into v_mail;
  mail_id := v_mail.id;
  lease_id := v_mail.lease_id;
  kind := v_mail.kind;
  audience := v_mail.audience;
  started_at := v_mail.started_at;
  facts := v_mail.facts - 'session';
  select u.email, f.full_name into recipient_email, recipient_name
    from auth.users u left join public.profiles f on f.id = u.id where u.id = v_mail.user_id;
  session := private.told_session(private.session_of(v_mail.session_id, v_mail.facts));
  time_zone := coalesce(private.time_zone_of(v_mail.user_id), session.time_zone);
  payment := private.told_payment((v_mail.facts ->> 'checkout_id')::uuid);
  credits := private.told_credits((v_mail.facts ->> 'lot_id')::uuid);
  document := private.told_document(coalesce(v_mail.facts ->> 'waiver_id', v_mail.facts ->> 'contract_id')::uuid);
  select k.category into unsubscribe_category from private.mail_kinds k
   where (k.kind, k.audience) = (v_mail.kind, v_mail.audience);
  if unsubscribe_category is not null and task = 'send' then
    unsubscribe_token := replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');
    insert into private.unsubscribe_links (token_sha256, user_id, category)
    values (private.sha256_hex(unsubscribe_token), v_mail.user_id, unsubscribe_category);
  end if;
  return next;
end
$$;

-- Name: claim_webhook_delivery(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.claim_webhook_delivery() RETURNS TABLE(delivery_id uuid, lease_id uuid, url text, body text, secrets text[])
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_delivery public.webhook_deliveries;
begin
  update public.webhook_deliveries d
     set lease_id = gen_random_uuid(), lease_until = now() + interval '1 minute', attempts = d.attempts + 1
   where d.id = (
     select due.id from public.webhook_deliveries due join public.webhook_endpoints e on e.id = due.endpoint_id and e.is_active
      where due.status = 'pending' and due.next_attempt_at <= now()
        and (due.lease_until is null or due.lease_until < now())
        -- One that is slow to answer must not take every worker.
        and 4 > (select count(*) from public.webhook_deliveries busy
                  where busy.endpoint_id = due.endpoint_id and busy.status = 'pending' and busy.lease_until > now())
      order by due.next_attempt_at, due.id
      limit 1 for update of due skip locked)
  returning d.* into v_delivery;
  return query
    select v_delivery.id, v_delivery.lease_id, e.url, v_delivery.body,
           array(select s.secret from private.webhook_secrets s
                  where s.endpoint_id = e.id and (s.retires_at is null or s.retires_at > now())
                  order by s.retires_at nulls first)
      from (select 1) one left join public.webhook_endpoints e on e.id = v_delivery.endpoint_id;
end
$$;

-- Name: session_types; Type: TABLE; Schema: public

CREATE TABLE public.session_types (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name text NOT NULL,
    duration_minutes integer NOT NULL,
    session_type text NOT NULL,
    is_group boolean DEFAULT false NOT NULL,
    price_cad numeric(10,2) NOT NULL,
    price_usd numeric(10,2) NOT NULL,
    stripe_price_id_cad text,
    stripe_price_id_usd text,
    is_active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT session_types_duration_minutes_check CHECK ((duration_minutes = ANY (ARRAY[20, 45, 60]))),
    CONSTRAINT session_types_session_type_check CHECK ((session_type = ANY (ARRAY['standing'::text, 'laying'::text])))
);

-- Name: class_to_pay(uuid, uuid, timestamp with time zone, text, public.session_types); Type: FUNCTION; Schema: private

CREATE FUNCTION private.class_to_pay(group_class_id uuid, practitioner_id uuid, scheduled_at timestamp with time zone, session_location text, type public.session_types) RETURNS uuid
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  v_class public.session_schedules;
begin
  -- The checkout page names a class by its time only; a practitioner gives one at a time.
  select * into v_class from public.session_schedules s
   where s.max_participants > 1 and s.group_class_id is null and s.status <> 'cancelled'
     and case when class_to_pay.group_class_id is not null then s.id = class_to_pay.group_class_id
              else (s.practitioner_id, s.scheduled_at) = (class_to_pay.practitioner_id, class_to_pay.scheduled_at) end
   order by s.session_location = coalesce(class_to_pay.session_location, 'online') desc limit 1;  -- it may have two forms
  if not found then
    perform private.refuse(404, 'class_not_found', 'There is no such class.');
  elsif not type.is_group or v_class.duration_minutes <> type.duration_minutes then
    perform private.refuse(409, 'type_not_of_class', 'This is not the price of that class.',
                           'Reload the page and choose again.');
  end if;
  return v_class.id;
end
$$;

-- Name: clients_of(public.session_schedules); Type: FUNCTION; Schema: private

CREATE FUNCTION private.clients_of(session public.session_schedules) RETURNS TABLE(session_id uuid, user_id uuid)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select (session).id, (session).client_id where not private.is_class(session)
  union all
  select seat.id, seat.client_id from public.session_schedules seat
   where seat.group_class_id = (session).id and seat.status <> 'cancelled';
$$;

-- Name: closed_after(uuid, timestamp with time zone); Type: FUNCTION; Schema: private

CREATE FUNCTION private.closed_after(session_id uuid, since timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select min(e.happened_at) from private.channel_events e
   where e.session_id = closed_after.session_id and e.change = 'closed' and e.happened_at > since;
$$;

-- Name: closed_recording_ids(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.closed_recording_ids() RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select q.recording_id from private.erasure_queue q
  union
  select mine.id from private.erasure_queue q
    join public.session_recordings mine on mine.class_recording_id = q.recording_id;
$$;

-- Name: count_participants(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.count_participants() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_taken integer := private.taken_seats(new.id);
begin
  if new.max_participants < v_taken or (new.max_participants = 1 and v_taken > 0) then
    perform private.refuse(409, 'seats_are_taken', format('%s people have a seat in this class.', v_taken),
                           'Cancel their seats first, or leave room for all of them.');
  end if;
  new.current_participants := v_taken;
  return new;
end
$$;

-- Name: count_without_consent(public.session_schedules); Type: FUNCTION; Schema: private

CREATE FUNCTION private.count_without_consent(session public.session_schedules) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  -- Held until the end of the transaction: a consent that is being relied on cannot be withdrawn meanwhile.
  perform from public.user_consents c
    where c.consent_type = 'session_recording' and c.user_id in (select private.people_present(session))
    order by c.user_id for share;
  return (select count(*) from private.people_present(session) person
           where not exists (select from public.user_consents c
                              where c.user_id = person and c.consent_type = 'session_recording'
                                and c.consented and c.revoked_at is null));
end;
$$;

-- Name: recording_share_links; Type: TABLE; Schema: public

CREATE TABLE public.recording_share_links (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    recording_id uuid NOT NULL,
    created_by uuid NOT NULL,
    token_sha256 bytea NOT NULL,
    password_scrypt bytea,
    has_password boolean GENERATED ALWAYS AS ((password_scrypt IS NOT NULL)) STORED NOT NULL,
    view_limit integer,
    view_count integer DEFAULT 0 NOT NULL,
    wrong_passwords integer DEFAULT 0 NOT NULL,
    locked_until timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    CONSTRAINT recording_share_links_end_within_90_days CHECK (((expires_at > created_at) AND (expires_at <= (created_at + '90 days'::interval)))),
    CONSTRAINT recording_share_links_keep_only_hashes CHECK (((octet_length(token_sha256) = 32) AND (octet_length(password_scrypt) = 32))),
    CONSTRAINT recording_share_links_views_are_counted CHECK (((view_limit > 0) AND ((view_count >= 0) AND (view_count <= COALESCE(view_limit, view_count)))))
);

-- Name: COLUMN recording_share_links.password_scrypt; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.recording_share_links.password_scrypt IS 'Salted with the token, which is random and of which we know only the hash.';

-- Name: COLUMN recording_share_links.locked_until; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.recording_share_links.locked_until IS 'After a few wrong passwords nobody may try until then.';

-- Name: create_recording_share_link(uuid, text, integer, text, integer); Type: FUNCTION; Schema: private

CREATE FUNCTION private.create_recording_share_link(recording_id uuid, token_sha256 text, expires_in_days integer, password_scrypt text, view_limit integer) RETURNS public.recording_share_links
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_recording public.session_recordings;
  v_session   public.session_schedules;
  v_link      public.recording_share_links;
  v_is_staff  boolean;
begin
  select * into v_recording from public.session_recordings r where r.id = create_recording_share_link.recording_id;
  select * into v_session from public.session_schedules s where s.id = v_recording.session_id;
  v_is_staff := private.is_admin() or coalesce(private.host_of(v_session) = (select auth.uid()), false);
  if v_session.id is null or v_recording.id in (select private.closed_recording_ids())
     or not (v_is_staff or coalesce(v_session.client_id = (select auth.uid()), false)) then
    perform private.refuse(404, 'recording_not_found', 'There is no such recording.');
  elsif v_recording.class_recording_id is not null and not v_is_staff then
    perform private.refuse(403, 'class_recording_not_shareable', 'The recording of a class shows others too, so only its practitioner can share it.');
  elsif v_recording.status <> 'completed' then
    perform private.refuse(409, 'recording_not_completed', 'This recording cannot be shared yet.');
  end if;

  insert into public.recording_share_links as l
    (recording_id, created_by, token_sha256, password_scrypt, view_limit, expires_at)
  values
    (v_recording.id, (select auth.uid()), decode(create_recording_share_link.token_sha256, 'hex'),
     decode(create_recording_share_link.password_scrypt, 'hex'), create_recording_share_link.view_limit,
     now() + make_interval(days => create_recording_share_link.expires_in_days))
  returning l.* into v_link;
  return v_link;
end
$$;

-- Name: create_webhook_endpoint(text, text[], text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.create_webhook_endpoint(url text, events text[], description text) RETURNS TABLE(id uuid, secret text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
begin
  if not private.is_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins keep webhooks.');
  end if;
  insert into public.webhook_endpoints (url, events, description)
  values (create_webhook_endpoint.url, create_webhook_endpoint.events, create_webhook_endpoint.description)
  returning id into create_webhook_endpoint.id;
  insert into private.webhook_secrets (endpoint_id, secret)
  values (create_webhook_endpoint.id, private.new_webhook_secret()) returning secret into create_webhook_endpoint.secret;
  return next;
end
$$;

-- Name: credits_by_ledger(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.credits_by_ledger(lot_id uuid) RETURNS integer
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select coalesce(sum(l.change), 0)::integer from public.credit_ledger l where l.lot_id = credits_by_ledger.lot_id;
$$;

-- Name: currency_of(public.session_schedules); Type: FUNCTION; Schema: private

CREATE FUNCTION private.currency_of(session public.session_schedules) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select lower(coalesce(
    (private.payment_of((session).id)).currency,
    (select c.metadata ->> 'currency' from public.user_session_credits c where c.id = (session).credit_lot_id),
    (select p.currency from public.user_preferences p where p.user_id = (session).client_id),
    'usd'));
$$;

-- Name: date_cancellation(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.date_cancellation() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  new.cancelled_at := now();
  return new;
end
$$;

-- Name: date_consent(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.date_consent() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  if tg_op = 'UPDATE' then
    if (new.user_id, new.consent_type) <> (old.user_id, old.consent_type) then
      perform private.refuse(409, 'consent_is_for_something_else', 'A consent cannot become another one.');
    end if;
    new.consent_date := old.consent_date;
    if new.consented
       and (not old.consented or old.revoked_at is not null or new.version is distinct from old.version) then
      new.consent_date := now();
      new.revoked_at := null;
      new.revoked_ip_address := null;
    elsif old.consented and not new.consented then
      new.revoked_at := now();
    end if;
  else
    new.consent_date := now();
    new.revoked_at := null;
  end if;
  -- What a server saw of an earlier change says nothing about this one; the history keeps it.
  if private.is_person() then
    new.ip_address := null;
    new.user_agent := null;
    new.revoked_ip_address := null;
  end if;
  return new;
end
$$;

-- Name: date_hold(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.date_hold() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  if old.released_at is not null then
    perform private.refuse(409, 'hold_released', 'This hold was released. Place a new one.');
  end if;
  new.released_at := now();
  return new;
end
$$;

-- Name: date_move(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.date_move() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  if new.status = 'in_progress' then
    new.started_at := now();
  else
    new.completed_at := now();
  end if;
  return new;
end
$$;

-- Name: date_or_null(text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.date_or_null(written text) RETURNS date
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  return written::date;
exception when data_exception then
  return null;
end
$$;

-- Name: delete_rows_of(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.delete_rows_of(user_id uuid) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $_$
declare
  v_key     record;
  v_deleted integer;
  v_all     integer := 0;
begin
  for v_key in
    select c.conrelid::regclass as "table", a.attname as "column"
      from pg_catalog.pg_constraint c
      join pg_catalog.pg_class t on t.oid = c.conrelid
      join pg_catalog.pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
     where c.contype = 'f' and c.confrelid = 'auth.users'::regclass and c.confdeltype = 'c' and cardinality(c.conkey) = 1
       and t.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
     order by c.conrelid::regclass::text
  loop
    execute format('delete from %s where %I = $1', v_key."table", v_key."column") using delete_rows_of.user_id;
    get diagnostics v_deleted = row_count;
    v_all := v_all + v_deleted;
  end loop;
  return v_all;
end
$_$;

-- Name: drop_lapsed_holds(uuid, tstzrange); Type: FUNCTION; Schema: private

CREATE FUNCTION private.drop_lapsed_holds(practitioner_id uuid, during tstzrange) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  update public.session_holds h set status = 'released'
   where h.id in (select t.hold_id from private.practitioner_time t
                   where t.practitioner_id = drop_lapsed_holds.practitioner_id
                     and t.during && drop_lapsed_holds.during and t.lapses_at <= now())
     -- Asked of the hold itself as well: its owner may take it up again at this very moment.
     and h.status = 'held' and h.expires_at <= now();
$$;

-- Name: earn_completed_sessions(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.earn_completed_sessions() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_session public.session_schedules;
begin
  -- Lots in one order, so that two who complete many sessions at once do not wait for each other.
  for v_session in
    select done.* from done join undone using (id)
     where done.status = 'completed' and undone.status <> 'completed'
     order by coalesce(done.credit_lot_id, done.id)
  loop
    if private.is_class(v_session) then
      update public.session_schedules seat set status = 'completed'
       where seat.group_class_id = v_session.id and seat.status in ('scheduled', 'in_progress');
    else
      perform private.earn_seat(v_session.id);
    end if;
  end loop;
  return null;
end
$$;

-- Name: earn_forfeited_session(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.earn_forfeited_session() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_payment public.session_payments;
begin
  if new.cancellation_type = 'last_minute' then
    perform private.earn_seat(new.session_id);
    return null;
  end if;
  select * into v_payment from public.session_payments p
   where p.session_id = new.session_id and p.status in ('completed', 'disputed') and p.paid_out_at is null;
  if found then
    -- The price is of the credit now that came back, and earned by the session that is booked with it.
    perform private.lock_money(coalesce(v_payment.checkout_id, v_payment.id));
    perform private.state_payment(v_payment.id, round(100 * (v_payment.total_amount - v_payment.refunded_amount))::bigint, 0,
                                  v_payment.status = 'disputed');
  end if;
  return null;
end
$$;

-- Name: earn_late_payment(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.earn_late_payment() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_seat private.earned_seats;
begin
  perform private.earn_seat(s.id) from public.session_schedules s where s.id = new.session_id and s.status = 'completed';
  if new.status = 'refunded' then
    perform private.lock_money(new.id);
    select * into v_seat from private.earned_seats e where e.payment_id = new.id;
    perform private.settle_seat(v_seat, 0, false) where v_seat.session_id is not null;
  end if;
  return null;
end
$$;

-- Name: earn_seat(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.earn_seat(session_id uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  s         public.session_schedules;
  v_payment public.session_payments;
  v_money   private.money;
  v_seat    private.earned_seats;
begin
  select * into s from public.session_schedules known where known.id = earn_seat.session_id;
  select * into v_payment from public.session_payments p
   where p.session_id = s.id and p.credit_lot_id is null and p.status not in ('pending', 'failed') order by p.created_at limit 1;
  v_money := case when v_payment.id is not null then private.money_of_payment(v_payment)
                  else (select private.money_of_lot(l) from public.user_session_credits l where l.id = s.credit_lot_id) end;
  if v_money.id is null then
    return;  -- nobody paid for it
  end if;
  perform private.lock_money(v_money.id);
  if exists (select from private.earned_seats e where e.session_id = s.id) then
    return;
  end if;

  v_seat.session_id := s.id;
  v_seat.practitioner_id := s.practitioner_id;
  v_seat.currency := coalesce(v_money.currency, private.currency_of(s));
  v_seat.money_id := v_money.id;
  v_seat.checkout_id := v_money.checkout_id;
  v_seat.revenue_share_id := v_money.revenue_share_id;
  v_seat.share_minor := v_money.share_minor;
  v_seat.place := 1 + (select count(*) from private.earned_seats e where e.money_id = v_money.id);
  v_seat.before_minor := v_money.amount_minor * least(v_seat.place - 1, v_money.seats) / v_money.seats;
  v_seat.price_minor := v_money.amount_minor * least(v_seat.place, v_money.seats) / v_money.seats - v_seat.before_minor;

  if v_payment.id is null then
    insert into public.session_payments as p
      (session_id, practitioner_id, client_id, total_amount, practitioner_share, platform_share, currency, status,
       credit_lot_id, revenue_share_id)
    values
      (s.id, s.practitioner_id, s.client_id, round(v_seat.price_minor / 100.0, 2), 0, round(v_seat.price_minor / 100.0, 2),
       v_seat.currency, 'completed', s.credit_lot_id, v_money.revenue_share_id)
    returning p.* into v_payment;
  elsif v_payment.practitioner_id <> s.practitioner_id then
    update public.session_payments p set practitioner_id = s.practitioner_id where p.id = v_payment.id;
  end if;
  v_seat.payment_id := v_payment.id;
  v_seat.created_at := now();
  insert into private.earned_seats select v_seat.*;

  perform private.settle_seat(v_seat, case
    when v_seat.checkout_id is not null
      then (select c.amount_minor - c.returned_minor from public.checkout_sessions c where c.id = v_seat.checkout_id)
    when v_payment.status = 'refunded' then 0
    else v_money.amount_minor end, private.is_disputed(v_seat.checkout_id));
end
$$;

-- Name: earners(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.earners(practitioner_id uuid) RETURNS uuid[]
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_own uuid[] := array(select private.my_practitioner_ids());
begin
  if earners.practitioner_id is null then
    if v_own = '{}' then
      perform private.refuse(403, 'practitioners_only', 'Only practitioners have earnings.', 'As an admin, say whose you want to see.');
    end if;
    return v_own;
  elsif earners.practitioner_id <> all (v_own) and not (private.is_admin()
        and exists (select from public.practitioners p where p.id = earners.practitioner_id)) then
    perform private.refuse(404, 'practitioner_not_found', 'There is no such practitioner.');
  end if;
  return array[earners.practitioner_id];
end
$$;

-- Name: earnings_lines(uuid, timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: private

CREATE FUNCTION private.earnings_lines(practitioner_id uuid, since timestamp with time zone DEFAULT '-infinity'::timestamp with time zone, until timestamp with time zone DEFAULT 'infinity'::timestamp with time zone) RETURNS TABLE(currency text, kind text, occurred_at timestamp with time zone, payment_id uuid, account text, amount_minor bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_earners uuid[] := private.earners(earnings_lines.practitioner_id);
begin
  -- What was sent is owed no more: both lines of a payout together are nought, so the sum of all is what was earned.
  return query
    select t.currency, t.kind, t.occurred_at, t.payment_id, p.account, p.amount_minor
      from public.ledger_transactions t join public.ledger_postings p on p.transaction_id = t.id
     where t.practitioner_id = any (v_earners)
       and p.account in ('practitioner_payable', 'payouts_sent')
       and t.occurred_at >= since and t.occurred_at < until;
end
$$;

-- Name: erasure_receipts; Type: TABLE; Schema: public

CREATE TABLE public.erasure_receipts (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    pseudonym uuid NOT NULL,
    asked_by text NOT NULL,
    asked_at timestamp with time zone DEFAULT now() NOT NULL,
    counts jsonb DEFAULT '{}'::jsonb NOT NULL,
    rows_erased_at timestamp with time zone,
    account_deleted_at timestamp with time zone,
    CONSTRAINT erasure_receipts_asked_by_check CHECK ((asked_by = ANY (ARRAY['self'::text, 'admin'::text, 'service'::text])))
);

-- Name: TABLE erasure_receipts; Type: COMMENT; Schema: public

COMMENT ON TABLE public.erasure_receipts IS 'That an account was erased, when, and how many rows. Names nobody.';

-- Name: COLUMN erasure_receipts.pseudonym; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.erasure_receipts.pseudonym IS 'The id under which the evidence that stays can be found.';

-- Name: erase_account(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.erase_account(user_id uuid) RETURNS public.erasure_receipts
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  c_caller  constant uuid := (select auth.uid());  -- null for the service, and when the auth service deletes the account
  c_user    constant uuid := coalesce(erase_account.user_id, c_caller);
  v_receipt public.erasure_receipts;
  v_counts  jsonb := '{}';
begin
  if c_user <> c_caller and not private.is_admin() then
    perform private.refuse(403, 'not_your_account', 'You can only erase your own account.');
  end if;
  perform private.lock_client(c_user);
  select * into v_receipt from public.erasure_receipts r where r.pseudonym = c_user;
  if v_receipt.account_deleted_at is not null then
    return v_receipt;
  end if;
  if not exists (select from auth.users u where u.id = c_user) then
    perform private.refuse(404, 'account_not_found', 'There is no such account.');
  end if;
  -- Once begun it is carried through: what would have refused it was asked then.
  if v_receipt.rows_erased_at is null then
    perform private.refuse_erasure(c_user);
  end if;
  -- Whoever is erased may still book and write while the account is there, so all of it is done each time.
  v_counts := jsonb_build_object('sessions_cancelled', private.cancel_coming_sessions(c_user));
  perform private.queue_recordings_of(c_user);
  v_counts := v_counts || jsonb_build_object(
    'credits_expired', private.expire_credits_of(c_user),
    'recordings_queued', (select count(*) from private.erasure_queue q where q.user_id = c_user));
  perform private.blank_evidence_of(c_user);
  v_counts := v_counts || jsonb_build_object('rows_deleted', private.delete_rows_of(c_user));

  insert into public.erasure_receipts as r (pseudonym, asked_by, counts, rows_erased_at)
  values (c_user, case when c_caller is null then 'service' when c_user = c_caller then 'self' else 'admin' end,
          v_counts, now())
  on conflict on constraint erasure_receipts_are_one_per_account do update set rows_erased_at = r.rows_erased_at
  returning r.* into v_receipt;
  return v_receipt;
end
$$;

-- Name: erase_deleted_account(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.erase_deleted_account() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  if tg_when = 'BEFORE' then
    perform private.erase_account(old.id);
    return old;
  end if;
  perform private.forget_auth_log(old.id);
  update public.erasure_receipts r set account_deleted_at = now() where r.pseudonym = old.id;
  return null;
end
$$;

-- Name: contract_signatures; Type: TABLE; Schema: public

CREATE TABLE public.contract_signatures (
    contract_id uuid NOT NULL,
    user_id uuid NOT NULL,
    signer_name text,
    signer_email text,
    signed_at timestamp with time zone NOT NULL,
    text_sha256 text NOT NULL,
    is_observed boolean DEFAULT true NOT NULL,
    ip_address text,
    user_agent text,
    signature_name text,
    signature_image bytea,
    signature_image_sha256 text,
    evidence_sha256 text NOT NULL,
    CONSTRAINT contract_signatures_image_is_png CHECK (((SUBSTRING(signature_image FROM 1 FOR 8) = '\x89504e470d0a1a0a'::bytea) AND (octet_length(signature_image) <= 262144))),
    CONSTRAINT contract_signatures_name_is_short CHECK ((char_length(signature_name) <= 200))
);

-- Name: TABLE contract_signatures; Type: COMMENT; Schema: public

COMMENT ON TABLE public.contract_signatures IS 'Signed contracts: append-only evidence.';

-- Name: COLUMN contract_signatures.user_id; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.contract_signatures.user_id IS 'Who signed. No foreign key: their account may have been erased since.';

-- Name: COLUMN contract_signatures.signer_name; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.contract_signatures.signer_name IS 'The practitioner''s name on the day; null once redacted.';

-- Name: COLUMN contract_signatures.signer_email; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.contract_signatures.signer_email IS 'The account''s address on the day; null once redacted.';

-- Name: COLUMN contract_signatures.is_observed; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.contract_signatures.is_observed IS 'Whether the server saw address and agent itself; otherwise the browser claimed them.';

-- Name: COLUMN contract_signatures.signature_name; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.contract_signatures.signature_name IS 'As typed by the signer.';

-- Name: COLUMN contract_signatures.signature_image; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.contract_signatures.signature_image IS 'The drawn signature, PNG, at most 256 KiB; null once redacted.';

-- Name: COLUMN contract_signatures.evidence_sha256; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.contract_signatures.evidence_sha256 IS 'SHA-256 of the facts above, hexadecimal; stays when some of them go.';

-- Name: evidence_of_contract(public.contract_signatures); Type: FUNCTION; Schema: private

CREATE FUNCTION private.evidence_of_contract(signature public.contract_signatures) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
  -- jsonb writes its keys in one order; times are written out, because a cast depends on the session's time zone.
  select jsonb_build_object(
    'kind', 'contract', 'document_id', (signature).contract_id, 'text_sha256', (signature).text_sha256,
    'signer_id', (signature).user_id, 'signer_name', (signature).signer_name, 'signer_email', (signature).signer_email,
    'signed_at', to_char((signature).signed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'is_observed', (signature).is_observed, 'ip_address', (signature).ip_address, 'user_agent', (signature).user_agent,
    'signature_name', (signature).signature_name, 'signature_image_sha256', (signature).signature_image_sha256)::text;
$$;

-- Name: sha256_hex(text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.sha256_hex(document text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
  -- Immutable although convert_to is only stable: the target encoding is a constant.
  select encode(sha256(convert_to(document, 'UTF8')), 'hex');
$$;

-- Name: liability_waivers; Type: TABLE; Schema: public

CREATE TABLE public.liability_waivers (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    session_id uuid,
    waiver_text text NOT NULL,
    signed_at timestamp with time zone DEFAULT now() NOT NULL,
    ip_address text,
    user_agent text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    waiver_policy_id uuid NOT NULL,
    waiver_policy_version integer NOT NULL,
    text_sha256 text GENERATED ALWAYS AS (private.sha256_hex(waiver_text)) STORED NOT NULL,
    signature_name text,
    signature_image bytea,
    signature_image_sha256 text,
    signer_name text,
    signer_email text,
    evidence_sha256 text NOT NULL,
    CONSTRAINT liability_waivers_image_is_png CHECK (((SUBSTRING(signature_image FROM 1 FOR 8) = '\x89504e470d0a1a0a'::bytea) AND (octet_length(signature_image) <= 262144))),
    CONSTRAINT liability_waivers_name_is_short CHECK ((char_length(signature_name) <= 200))
);

-- Name: TABLE liability_waivers; Type: COMMENT; Schema: public

COMMENT ON TABLE public.liability_waivers IS 'Signed waivers: append-only evidence.';

-- Name: COLUMN liability_waivers.user_id; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.liability_waivers.user_id IS 'Who signed. Their account may have been erased since.';

-- Name: COLUMN liability_waivers.session_id; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.liability_waivers.session_id IS 'Null for a general waiver. The session may have been deleted since.';

-- Name: COLUMN liability_waivers.waiver_text; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.liability_waivers.waiver_text IS 'The text as it was shown, with the date in it.';

-- Name: COLUMN liability_waivers.ip_address; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.liability_waivers.ip_address IS 'As the server saw it; null once redacted.';

-- Name: COLUMN liability_waivers.text_sha256; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.liability_waivers.text_sha256 IS 'SHA-256 of waiver_text, hexadecimal.';

-- Name: COLUMN liability_waivers.signature_image; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.liability_waivers.signature_image IS 'The drawn signature, PNG, at most 256 KiB; null once redacted.';

-- Name: COLUMN liability_waivers.signature_image_sha256; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.liability_waivers.signature_image_sha256 IS 'SHA-256 of the image, hexadecimal; stays when the image goes.';

-- Name: COLUMN liability_waivers.signer_name; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.liability_waivers.signer_name IS 'The account''s name on the day; null once redacted.';

-- Name: COLUMN liability_waivers.signer_email; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.liability_waivers.signer_email IS 'The account''s address on the day; null once redacted.';

-- Name: COLUMN liability_waivers.evidence_sha256; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.liability_waivers.evidence_sha256 IS 'SHA-256 of the facts, hexadecimal; stays when some of them go.';

-- Name: evidence_of_waiver(public.liability_waivers); Type: FUNCTION; Schema: private

CREATE FUNCTION private.evidence_of_waiver(waiver public.liability_waivers) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
  -- As private.evidence_of_contract does. The text is hashed here, because a generated column is not there before the row is.
  select jsonb_build_object(
    'kind', 'waiver', 'document_id', (waiver).id, 'text_sha256', private.sha256_hex((waiver).waiver_text),
    'signer_id', (waiver).user_id, 'signer_name', (waiver).signer_name, 'signer_email', (waiver).signer_email,
    'session_id', (waiver).session_id,
    'signed_at', to_char((waiver).signed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'is_observed', true, 'ip_address', (waiver).ip_address, 'user_agent', (waiver).user_agent,
    'signature_name', (waiver).signature_name, 'signature_image_sha256', (waiver).signature_image_sha256)::text;
$$;

-- Name: expire_credits(integer); Type: FUNCTION; Schema: private

CREATE FUNCTION private.expire_credits(at_most integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_count integer;
begin
  insert into public.credit_ledger (lot_id, user_id, change, kind)
  select c.id, c.user_id, -c.credits_remaining, 'expiry'
    from (select * from public.user_session_credits c
           where c.credits_remaining > 0 and c.expires_at <= now()
           order by c.expires_at limit at_most for no key update skip locked) c;
  get diagnostics v_count = row_count;
  return v_count;
end
$$;

-- Name: expire_credits_of(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.expire_credits_of(user_id uuid) RETURNS integer
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  with expired as (
    insert into public.credit_ledger (lot_id, user_id, change, kind)
    select lot.id, lot.user_id, -lot.credits_remaining, 'expiry' from public.user_session_credits lot
     where lot.user_id = expire_credits_of.user_id and lot.credits_remaining > 0
    returning -change as credits)
  select coalesce(sum(credits), 0)::integer from expired;
$$;

-- Name: facts_count_from(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.facts_count_from(session_id uuid) RETURNS timestamp with time zone
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  -- Its room opens 15 minutes before. What was heard earlier belongs to the time from which it was moved away.
  select s.scheduled_at - interval '16 minutes' from public.session_schedules s where s.id = facts_count_from.session_id;
$$;

-- Name: finish_mail(uuid, uuid, text, text, text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.finish_mail(mail_id uuid, lease_id uuid, outcome text, message_id text, reason text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  c_patience constant integer := 12;  -- attempts, the last of them an hour apart: a long outage is outlasted
  v_before   private.mails;
  v_mail     private.mails;
begin
  select * into v_before from private.mails m
   where m.id = finish_mail.mail_id and m.lease_id = finish_mail.lease_id for update;
  if not found or v_before.status not in ('queued', 'sending', 'unknown') then
    perform private.refuse(409, 'lease_lost', 'Somebody else sends this mail now.');
  end if;
  update private.mails m
     set status = case
           when outcome = 'later' and m.attempts < c_patience then 'queued'
           when outcome = 'later' then 'failed'
           when outcome = 'not_found' then 'unknown'
           else outcome end,
         reason = finish_mail.reason,
         message_id = coalesce(finish_mail.message_id, m.message_id),
         recipient_email = coalesce(m.recipient_email, (select u.email from auth.users u where u.id = m.user_id)),
         ended_at = case when outcome in ('sent', 'failed') then now() end,
         next_attempt_at = case outcome
           when 'later' then now() + least(interval '1 hour', interval '15 seconds' * 2 ^ least(m.attempts, 10))
           -- The service's own list of what it sent is minutes behind. After an hour it is for people to decide.
           when 'unknown' then now() + interval '2 minutes'
           when 'not_found' then case when m.started_at > now() - interval '1 hour' then now() + interval '10 minutes' end
           end,
         lease_until = null
   where m.id = v_before.id returning m.* into v_mail;
  if outcome <> 'not_found' and v_mail.status in ('sent', 'failed', 'unknown') then
    perform private.log_mail(v_mail);
  end if;
  return v_mail.status;
end
$$;

-- Name: recording_erasures; Type: TABLE; Schema: public

CREATE TABLE public.recording_erasures (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    recording_id uuid NOT NULL,
    reasons text[] NOT NULL,
    files integer NOT NULL,
    bytes bigint NOT NULL,
    queued_at timestamp with time zone NOT NULL,
    erased_at timestamp with time zone DEFAULT now() NOT NULL
);

-- Name: TABLE recording_erasures; Type: COMMENT; Schema: public

COMMENT ON TABLE public.recording_erasures IS 'Receipts: that a recording was erased, and why. They name nobody, and no session: only the number the recording had.';

-- Name: finish_recording_erasure(uuid, uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.finish_recording_erasure(recording_id uuid, lease_id uuid) RETURNS public.recording_erasures
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_receipt public.recording_erasures;
begin
  perform from public.session_recordings r
    where r.id = finish_recording_erasure.recording_id and r.lease_id = finish_recording_erasure.lease_id
      and r.lease_until > now()
    for update;
  if not found then
    perform private.refuse(409, 'lease_lost', 'Somebody else erases this recording now.');
  end if;

  insert into public.recording_erasures as e (recording_id, reasons, files, bytes, queued_at)
  select finish_recording_erasure.recording_id, array_agg(distinct q.reason),
         (select count(*) from private.recording_files f where f.recording_id = finish_recording_erasure.recording_id),
         (select coalesce(sum(f.size_bytes), 0) from private.recording_files f where f.recording_id = finish_recording_erasure.recording_id),
         min(q.queued_at)
    from private.erasure_queue q where q.recording_id = finish_recording_erasure.recording_id
  returning e.* into v_receipt;

  update public.recording_views v set ip_address = null, user_agent = null
   where v.recording_id in (select r.id from public.session_recordings r
                             where finish_recording_erasure.recording_id in (r.id, r.class_recording_id));
  delete from private.recording_files f where f.recording_id = finish_recording_erasure.recording_id;
  -- With its links, its place in the queue, and the rows of those who were in the class.
  delete from public.session_recordings r where r.id = finish_recording_erasure.recording_id;
  return v_receipt;
end
$$;

-- Name: finish_webhook_delivery(uuid, uuid, integer, text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.finish_webhook_delivery(delivery_id uuid, lease_id uuid, status integer, error text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  c_waits    constant interval[] := array['5 s', '5 min', '30 min', '2 h', '5 h', '10 h', '14 h', '20 h', '24 h']::interval[];
  v_delivery public.webhook_deliveries;
begin
  update public.webhook_deliveries d
     set status = case when finish_webhook_delivery.status between 200 and 299 then 'delivered'
                       when finish_webhook_delivery.status = 410 or d.attempts > cardinality(c_waits) then 'failed'
                       else 'pending' end,
         -- A tenth more or less, so that what failed together does not come back together.
         next_attempt_at = now() + coalesce(c_waits[d.attempts], '0 s') * (0.9 + 0.2 * random()),
         last_status = finish_webhook_delivery.status, last_error = finish_webhook_delivery.error,
         lease_id = null, lease_until = null
   where d.id = finish_webhook_delivery.delivery_id and d.lease_id = finish_webhook_delivery.lease_id
  returning d.* into v_delivery;
  if not found then
    perform private.refuse(409, 'lease_lost', 'Somebody else delivers this now.');
  end if;
  update public.webhook_deliveries d set ended_at = now() where d.id = v_delivery.id and d.status <> 'pending';
  update public.webhook_endpoints e set is_active = false
   where e.id = v_delivery.endpoint_id and finish_webhook_delivery.status = 410;
  return v_delivery.status;
end
$$;

-- Name: follow_payments_page(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.follow_payments_page() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  -- What a payout has paid is marked by that, and not by hand.
  v_marked uuid[] := array(
    select n.id from new_rows n join old_rows o on o.id = n.id
     where n.paid_out_at is not null and o.paid_out_at is null
       and not exists (select from public.ledger_transactions t join public.payout_lines l on l.ledger_transaction_id = t.id
                         join public.payouts p on p.id = l.payout_id where t.payment_id = n.id and p.status = 'paid'));
  v_payout public.payouts;
begin
  if v_marked = '{}' then
    return null;
  end if;
  for v_payout in
    select p.* from public.payouts p
     where p.status = 'pending' and exists (select from private.payments_in(p.id) payment where payment = any (v_marked))
     order by p.id
  loop
    if exists (select from private.payments_in(v_payout.id) payment where payment <> all (v_marked)) then
      perform private.settle_payout(v_payout, 'failed', failed_reason => 'A part of it was paid out by hand');
    else
      perform private.settle_payout(v_payout, 'paid', paid_at => (
        select max(n.paid_out_at) from new_rows n where n.id in (select private.payments_in(v_payout.id))));
    end if;
  end loop;
  perform private.pay_by_hand(v_marked);
  -- What is worth nothing is marked along with the rest, for there is no money in it.
  if exists (select from new_rows n join old_rows o on o.id = n.id
              where n.id = any (v_marked) and (n.practitioner_share > 0 or o.status <> 'completed')
                and not exists (select from public.payout_lines l join public.ledger_transactions t on t.id = l.ledger_transaction_id
                                 where t.payment_id = n.id and l.released_at is null)) then
    perform private.refuse(409, 'nothing_to_pay_out', 'Nothing is earned by one of these payments, or nothing any more.',
                           'A payment can be paid out once its session is completed.');
  end if;
  return null;
end
$$;

-- Name: forget_attendance(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.forget_attendance() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  delete from public.session_attendance a where a.session_id = new.id and a.source <> 'manual';
  return null;
end
$$;

-- Name: forget_auth_log(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.forget_auth_log(user_id uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
begin
  if to_regclass('auth.audit_log_entries') is not null and has_table_privilege('auth.audit_log_entries', 'delete') then
    execute 'delete from auth.audit_log_entries e where $1 in (e.payload ->> ''actor_id'', e.payload #>> ''{traits,user_id}'')'
      using forget_auth_log.user_id::text;
  end if;
end
$_$;

-- Name: fulfil_checkout(public.checkout_sessions); Type: FUNCTION; Schema: private

CREATE FUNCTION private.fulfil_checkout(c public.checkout_sessions) RETURNS public.checkout_sessions
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_problem text;
begin
  begin
    if c.payment_type = 'single' then
      begin
        c.session_id := private.insert_booked_session(
          c.user_id, c.practitioner_id, c.scheduled_at, c.session_type_id, c.session_location, c.physical_location,
          notes => c.notes, group_class_id => c.group_class_id, cancellation_policy_version => c.cancellation_policy_version);
        c.outcome := 'session_booked';
      exception when others then
        -- Whatever refuses it, the money is here.
        if sqlstate not like 'PT4%' then
          raise;
        end if;
        get stacked diagnostics v_problem = pg_exception_detail;
        c.outcome := 'credit_instead';
      end;
    else
      c.outcome := 'credits_granted';
    end if;
    if c.outcome = 'session_booked' then
      perform private.record_payment(c);
    else
      c.credit_lot_id := private.grant_paid_credits(c);
    end if;
  exception when foreign_key_violation then
    -- The account was erased between paying and now. Somebody has to give the money back.
    c.outcome := 'nobody_there';
    c.session_id := null;
  end;

  if c.outcome in ('credit_instead', 'nobody_there') then
    perform private.put_in_outbox('session_not_booked', c.user_id, null, jsonb_build_object(
      'checkout_id', c.id, 'outcome', c.outcome, 'because', v_problem, 'practitioner_id', c.practitioner_id,
      'scheduled_at', c.scheduled_at, 'group_class_id', c.group_class_id));
  end if;
  perform private.put_in_outbox('payment_received', c.user_id, c.session_id, jsonb_build_object(
    'checkout_id', c.id, 'amount_minor', c.amount_minor, 'currency', c.currency));
  return c;
end
$$;

-- Name: session_recordings; Type: TABLE; Schema: public

CREATE TABLE public.session_recordings (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    session_id uuid NOT NULL,
    agora_resource_id text,
    agora_sid text,
    recording_url text,
    storage_path text,
    duration_seconds integer,
    file_size_bytes bigint,
    status text DEFAULT 'pending'::text NOT NULL,
    started_at timestamp with time zone,
    completed_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    mode text DEFAULT 'mix'::text NOT NULL,
    requested_by uuid,
    cname text,
    recorder_uid bigint,
    failover_uid bigint,
    attempt integer DEFAULT 1 NOT NULL,
    prefix text,
    record_until timestamp with time zone,
    agora_status integer,
    agora_seen_at timestamp with time zone,
    missing_since timestamp with time zone,
    crashed_at timestamp with time zone,
    stop_requested_at timestamp with time zone,
    stop_reason text,
    media_started_at timestamp with time zone,
    ended_at timestamp with time zone,
    upload_complete boolean DEFAULT false NOT NULL,
    next_check_at timestamp with time zone,
    deadline_at timestamp with time zone,
    lease_id uuid,
    lease_until timestamp with time zone,
    copy_failures integer DEFAULT 0 NOT NULL,
    failure_code text,
    failure_reason text,
    class_recording_id uuid,
    CONSTRAINT session_recordings_complete_with_files CHECK (((status <> 'completed'::text) OR (num_nulls(recording_url, storage_path, completed_at, duration_seconds, file_size_bytes) = 0))),
    CONSTRAINT session_recordings_know_their_recorder CHECK (((class_recording_id IS NOT NULL) OR (num_nulls(cname, recorder_uid, prefix, record_until) = 0))),
    CONSTRAINT session_recordings_mode_is_agoras CHECK ((mode = ANY (ARRAY['mix'::text, 'individual'::text]))),
    CONSTRAINT session_recordings_recorder_uid_is_no_persons CHECK (((recorder_uid >= '4000000000'::bigint) AND (recorder_uid <= '4294967295'::bigint))),
    CONSTRAINT session_recordings_say_why_they_failed CHECK (((status = 'failed'::text) = (failure_code IS NOT NULL))),
    CONSTRAINT session_recordings_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'recording'::text, 'processing'::text, 'completed'::text, 'failed'::text])))
);

-- Name: COLUMN session_recordings.recording_url; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.session_recordings.recording_url IS 'Our own link, which asks who is there: never a signed one.';

-- Name: COLUMN session_recordings.storage_path; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.session_recordings.storage_path IS 'Inside the private bucket session-recordings.';

-- Name: COLUMN session_recordings.mode; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.session_recordings.mode IS 'Agora''s word: mix is one picture of everybody, individual one file per person.';

-- Name: COLUMN session_recordings.prefix; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.session_recordings.prefix IS 'The folder in Agora''s bucket; each attempt has its own.';

-- Name: COLUMN session_recordings.record_until; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.session_recordings.record_until IS 'Recorded no longer than this: the room closes.';

-- Name: COLUMN session_recordings.agora_status; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.session_recordings.agora_status IS 'What Agora last said of it: 4 and 5 are running, 20 is a crash.';

-- Name: COLUMN session_recordings.missing_since; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.session_recordings.missing_since IS 'Since when Agora finds no worker: ended, or failing over (up to 90 s).';

-- Name: COLUMN session_recordings.crashed_at; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.session_recordings.crashed_at IS 'Agora said it ended badly; what is in the bucket decides.';

-- Name: COLUMN session_recordings.media_started_at; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.session_recordings.media_started_at IS 'When the first picture or sound was recorded.';

-- Name: COLUMN session_recordings.upload_complete; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.session_recordings.upload_complete IS 'Everything Agora has is in its bucket: copying may begin.';

-- Name: COLUMN session_recordings.lease_id; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.session_recordings.lease_id IS 'Whoever copies holds this; a newer one shuts the older out.';

-- Name: COLUMN session_recordings.class_recording_id; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.session_recordings.class_recording_id IS 'A participant''s own row for the recording of their class: the pages look for it under the participant''s session.';

-- Name: get_recording_status(uuid, uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.get_recording_status(session_id uuid, recording_id uuid) RETURNS public.session_recordings
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_recording public.session_recordings;
  v_standing  private.recording_standing;
begin
  if recording_id is not null then
    select * into v_recording from public.session_recordings r where r.id = get_recording_status.recording_id;
  end if;
  v_standing := private.my_recording_standing(coalesce(v_recording.session_id, get_recording_status.session_id));
  if recording_id is null and (v_standing.session).id is not null then
    -- A participant's own row, once there is one, before the class's.
    select * into v_recording from public.session_recordings r
     where r.session_id in (get_recording_status.session_id, (v_standing.session).id)
     order by r.status = 'failed', r.session_id <> get_recording_status.session_id, r.created_at desc limit 1;
  end if;
  -- What is to be erased is gone already, for everybody who could do no more than watch it.
  if v_recording.id is null or (v_standing.session).id is null
     or v_recording.id in (select private.closed_recording_ids())
        and not (coalesce((select auth.role()), '') = 'service_role' or private.is_admin())
     or not v_standing.is_staff and v_recording.class_recording_id is not null
        and v_recording.session_id not in (select s.id from public.session_schedules s where s.client_id = (select auth.uid())) then
    perform private.refuse(404, 'recording_not_found', 'There is no such recording.');
  end if;

  if not (coalesce((select auth.role()), '') = 'service_role' or private.is_admin()) then
    v_recording.agora_resource_id := null;
    v_recording.agora_sid := null;
    v_recording.storage_path := null;
    v_recording.failure_reason := null;
  end if;
  if not v_standing.is_staff and v_recording.class_recording_id is null
     and coalesce((v_standing.session).max_participants, 1) > 1 then
    v_recording.recording_url := null;  -- the practitioner's link: a participant has one of their own
  end if;
  return v_recording;
end;
$$;

-- Name: give_back_payment(public.checkout_sessions); Type: FUNCTION; Schema: private

CREATE FUNCTION private.give_back_payment(c public.checkout_sessions) RETURNS public.checkout_sessions
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_open     integer;
  v_lost     integer;
  v_returned integer;
begin
  select coalesce(sum(d.amount_minor) filter (where d.state = 'open'), 0),
         coalesce(sum(d.amount_minor) filter (where d.state = 'lost'), 0)
    into v_open, v_lost from private.payment_disputes d where d.checkout_id = c.id;
  v_returned := least(c.amount_minor, c.refunded_minor + v_lost);

  perform private.share_what_is_left(c, v_returned, v_open > 0);
  -- Order matters: a session whose payment is refunded gives no credit when it is cancelled.
  if v_returned >= c.amount_minor then
    perform from public.session_schedules class where class.id = c.group_class_id for update;
    update public.session_schedules s set status = 'cancelled', notes = 'Cancelled: the payment was returned'
     where s.id = c.session_id and s.status = 'scheduled' and s.scheduled_at > now();
  end if;
  c.credits_taken_back := private.ask_back_credits(
    c, c.credits * least(c.amount_minor, v_returned + v_open) / greatest(c.amount_minor, 1));

  if v_returned > c.returned_minor then
    perform private.put_in_outbox('payment_returned', c.user_id, c.session_id, jsonb_build_object(
      'checkout_id', c.id, 'amount_minor', v_returned - c.returned_minor, 'currency', c.currency,
      'credits_taken_back', c.credits_taken_back));
    c.returned_minor := v_returned;
  end if;
  return c;
end
$$;

-- Name: give_back_to_absent(public.session_schedules); Type: FUNCTION; Schema: private

CREATE FUNCTION private.give_back_to_absent(session public.session_schedules) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_client record;
begin
  if (select r.client_no_show_forfeits from public.session_rules r) then
    return;
  end if;
  for v_client in select c.* from private.clients_of(session) c where not private.came(session, c.user_id) loop
    perform private.set_session_status(v_client.session_id, 'cancelled', 'Cancelled: the client did not come');
  end loop;
end
$$;

-- Name: give_calendar(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.give_calendar() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  insert into public.practitioner_calendars (practitioner_id) values (new.id);
  return null;
end
$$;

-- Name: give_up_lost_mails(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.give_up_lost_mails() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_mail  private.mails;
  v_count integer := 0;
begin
  for v_mail in
    update private.mails m set status = 'unknown', reason = 'sender_died', next_attempt_at = now()
     where m.id in (select lost.id from private.mails lost
                     where lost.status = 'sending' and lost.lease_until < now() limit 500 for update skip locked)
    returning m.*
  loop
    perform private.log_mail(v_mail);
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$$;

-- Name: graces_used(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.graces_used(user_id uuid) RETURNS integer
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select count(*)::integer from public.session_cancellations c
   where c.user_id = graces_used.user_id and c.cancellation_type = 'grace';
$$;

-- Name: grant_credits(uuid, integer, uuid, uuid, timestamp with time zone, text, text, jsonb, text, uuid, text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.grant_credits(user_id uuid, credits integer, package_id uuid DEFAULT NULL::uuid, session_type_id uuid DEFAULT NULL::uuid, expires_at timestamp with time zone DEFAULT NULL::timestamp with time zone, stripe_payment_intent_id text DEFAULT NULL::text, order_id text DEFAULT NULL::text, metadata jsonb DEFAULT '{}'::jsonb, kind text DEFAULT 'purchase'::text, session_id uuid DEFAULT NULL::uuid, reason text DEFAULT NULL::text) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_lot uuid;
begin
  insert into public.user_session_credits
    (user_id, package_id, session_type_id, credits_remaining, expires_at, stripe_payment_intent_id, order_id, metadata)
  values
    (grant_credits.user_id, grant_credits.package_id, grant_credits.session_type_id, 0, grant_credits.expires_at,
     grant_credits.stripe_payment_intent_id, grant_credits.order_id, grant_credits.metadata)
  returning id into v_lot;
  insert into public.credit_ledger (lot_id, user_id, change, kind, session_id, reason)
  values (v_lot, grant_credits.user_id, grant_credits.credits, grant_credits.kind, grant_credits.session_id,
          grant_credits.reason);
  perform private.put_in_outbox('credits_granted', grant_credits.user_id, grant_credits.session_id,
    jsonb_build_object('lot_id', v_lot, 'credits', grant_credits.credits, 'kind', grant_credits.kind));
  return v_lot;
end
$$;

-- Name: grant_paid_credits(public.checkout_sessions); Type: FUNCTION; Schema: private

CREATE FUNCTION private.grant_paid_credits(c public.checkout_sessions) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  -- The wallet reads price and currency from the metadata.
  v_lot uuid := private.grant_credits(c.user_id, c.credits, package_id => c.package_id, session_type_id => c.session_type_id,
    order_id => c.id::text,
    metadata => jsonb_build_object('purchased_via', 'stripe_checkout', 'currency', c.currency,
                                   'total_amount', round(c.amount_minor / 100.0, 2), 'payment_type', c.payment_type));
begin
  update public.user_session_credits l
     set cancellation_policy_version = c.cancellation_policy_version, cancellation_policy_agreed_at = c.created_at
   where l.id = v_lot and c.cancellation_policy_version is not null;
  return v_lot;
end
$$;

-- Name: guard_action_checklist(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.guard_action_checklist() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  if private.is_person() and old.client_id = (select auth.uid())
     and to_jsonb(new) - array['completed', 'updated_at'] <> to_jsonb(old) - array['completed', 'updated_at'] then
    perform private.refuse(403, 'only_completion_is_yours', 'You can tick this off, but not rewrite it.');
  end if;
  return new;
end
$$;

-- Name: guard_action_recommendations(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.guard_action_recommendations() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_is_client constant boolean := old.client_id = (select auth.uid());
begin
  if private.is_person() then
    if (new.completed, new.completed_at) is distinct from (old.completed, old.completed_at) and not v_is_client then
      perform private.refuse(403, 'completion_is_the_clients', 'Only the client can complete this.');
    end if;
    if (new.title, new.description, new.action_type, new.frequency, new.due_date)
         is distinct from (old.title, old.description, old.action_type, old.frequency, old.due_date)
       and old.practitioner_id not in (select private.my_practitioner_ids()) then
      perform private.refuse(403, 'words_are_the_practitioners', 'Only the practitioner who wrote this can change it.');
    end if;
  end if;

  if new.completed and not old.completed then
    new.completed_at := now();
  elsif new.completed then
    new.completed_at := old.completed_at;
  else
    new.completed_at := null;
  end if;
  return new;
end
$$;

-- Name: guard_payment_status(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.guard_payment_status() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  if old.paid_out_at is not null then
    if new.paid_out_at is null then
      perform private.refuse(409, 'paid_out_stays', 'What was paid out stays paid out.', 'Correct it with an adjustment.');
    end if;
    new.paid_out_at := old.paid_out_at;
    if private.is_person() then
      new.status := old.status;  -- marking it again changes nothing
    end if;
  elsif new.paid_out_at is not null and new.status = 'completed' then
    new.status := 'paid_out';
  elsif new.paid_out_at is null and new.status = 'paid_out' then
    perform private.refuse(422, 'payout_date_missing', 'Please say when it was paid out.');
  end if;
  if private.is_person() and new.status not in (old.status, 'paid_out') then
    perform private.refuse(403, 'payment_status_is_kept', 'Admins mark payments as paid out; the rest follows from the payment.');
  end if;
  return new;
end
$$;

-- Name: guard_practitioner_contracts(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.guard_practitioner_contracts() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_signs   boolean := tg_op = 'UPDATE' and old.status = 'pending' and new.status = 'signed';
  v_revokes boolean := tg_op = 'UPDATE' and old.status in ('pending', 'signed') and new.status = 'revoked';
  -- The hash is generated: before the row is written it is not there yet.
  v_open    text[] := array['status', 'signed_at', 'ip_address', 'user_agent', 'updated_at', 'text_sha256'];
begin
  if tg_op = 'DELETE' then
    if old.signed_at is null then
      return old;
    end if;
    perform private.refuse(403, 'evidence_is_kept', 'A signed contract cannot be deleted.', 'Revoke it instead.');
  end if;

  if tg_op = 'INSERT' then
    if new.status <> 'pending' then
      perform private.refuse(409, 'contract_not_pending', 'A contract is issued as pending.');
    end if;
    return new;
  end if;

  if old.status = 'pending' then
    v_open := v_open || 'expires_at'::text;
  end if;
  if v_revokes then
    v_open := v_open || 'revoked_reason'::text;
  end if;
  if to_jsonb(new) - v_open <> to_jsonb(old) - v_open then
    perform private.refuse(409, 'contract_is_fixed', 'An issued contract cannot be rewritten.', 'Issue a new version.');
  end if;

  if new.status <> old.status and not v_signs and not v_revokes
     and not (old.status in ('pending', 'signed') and new.status = 'expired') then
    perform private.refuse(409, 'contract_not_pending', 'This contract can no longer be signed.');
  end if;
  if v_signs and coalesce(new.expires_at <= now(), false) then
    perform private.refuse(409, 'contract_expired', 'This contract has expired.');
  end if;
  if private.is_person() then
    if v_signs and old.practitioner_id not in (select private.my_practitioner_ids()) then
      perform private.refuse(403, 'signature_is_the_practitioners', 'Only the practitioner can sign this contract.');
    end if;
    if not private.is_admin() and (not v_signs or new.expires_at is distinct from old.expires_at) then
      perform private.refuse(403, 'contract_is_fixed', 'An issued contract can be signed, and nothing else.');
    end if;
  elsif v_signs and not exists (select from public.contract_signatures s where s.contract_id = new.id) then
    perform private.refuse(403, 'signature_is_the_practitioners', 'Only the practitioner can sign this contract.',
                           'Sign it through sign_practitioner_contract.');
  end if;
  if v_revokes and new.revoked_reason is null then
    perform private.refuse(422, 'reason_missing', 'Please say why the contract is revoked.',
                           'Send revoked_reason with the status.');
  end if;

  if v_signs then
    new.signed_at := now();
  else
    -- The facts of signing stay. Only an erasure, which no API role can do, blanks what identifies a person.
    new.signed_at := old.signed_at;
    if current_user in ('authenticated', 'service_role') or new.ip_address is not null or new.user_agent is not null then
      new.ip_address := old.ip_address;
      new.user_agent := old.user_agent;
    end if;
  end if;
  return new;
end
$$;

-- Name: guard_session_schedules(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.guard_session_schedules() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  -- Everything else is closed, columns of later migrations included. What triggers fill in is not filled in yet.
  c_open constant text[] := array['status', 'notes', 'scheduled_at', 'cancelled_at', 'updated_at'];
begin
  if not private.is_person() or private.is_admin() then
    return new;
  end if;
  if tg_op = 'INSERT' then
    if new.status <> 'scheduled' then
      perform private.refuse(403, 'session_not_scheduled', 'A new session starts as scheduled.');
    end if;
    return new;
  end if;

  if to_jsonb(new) - c_open <> to_jsonb(old) - c_open
     or (new.scheduled_at <> old.scheduled_at and (new.status <> old.status or new.max_participants > 1)) then
    perform private.refuse(403, 'session_is_fixed', 'A booked session cannot be changed here.',
                           'Cancel it and book another one.');
  end if;
  if new.status <> old.status and (old.status, new.status) <> ('scheduled', 'cancelled') then
    perform private.refuse(409, 'session_not_cancellable', 'Only a scheduled session can be cancelled.');
  end if;
  return new;
end
$$;

-- Name: heed_admission(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.heed_admission() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform private.note_attendance(new.session_id);
  perform private.begin_session(new.session_id);
  return null;
end
$$;

-- Name: held_seats(uuid, uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.held_seats(group_class_id uuid, besides_user uuid) RETURNS integer
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select count(*)::integer from public.session_holds h
   where h.group_class_id = held_seats.group_class_id and h.status = 'held' and h.expires_at > now()
     and h.user_id is distinct from held_seats.besides_user;
$$;

-- Name: held_session_ids(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.held_session_ids() RETURNS SETOF uuid
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select s.id from public.session_schedules s
    join public.legal_holds h on h.released_at is null and h.session_id in (s.id, s.group_class_id)
  union
  select s.id from public.session_schedules s where s.client_id in (select private.held_user_ids())
  union
  select s.id from public.session_schedules s join public.practitioners p on p.id = s.practitioner_id
   where p.user_id in (select private.held_user_ids());
$$;

-- Name: held_user_ids(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.held_user_ids() RETURNS SETOF uuid
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select h.user_id from public.legal_holds h where h.user_id is not null and h.released_at is null;
$$;

-- Name: hold_credits_to_ledger(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.hold_credits_to_ledger() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  if new.credits_remaining <> private.credits_by_ledger(new.id) then
    perform private.refuse(403, 'credits_follow_the_ledger', 'Credits change by lines of the ledger only.');
  end if;
  return new;
end
$$;

-- Name: hold_lease(uuid, uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.hold_lease(recording_id uuid, lease_id uuid) RETURNS public.session_recordings
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_recording public.session_recordings;
begin
  update public.session_recordings r set lease_until = now() + interval '2 minutes'
   where r.id = hold_lease.recording_id and r.lease_id = hold_lease.lease_id and r.status = 'processing'
  returning r.* into v_recording;
  if not found then
    perform private.refuse(409, 'lease_lost', 'Somebody else copies this recording now.');
  end if;
  return v_recording;
end;
$$;

-- Name: session_holds; Type: TABLE; Schema: public

CREATE TABLE public.session_holds (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    practitioner_id uuid NOT NULL,
    scheduled_at timestamp with time zone NOT NULL,
    duration_minutes integer NOT NULL,
    session_type_id uuid NOT NULL,
    session_location text DEFAULT 'online'::text NOT NULL,
    physical_location text,
    group_class_id uuid,
    status text DEFAULT 'held'::text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    checkout_session_id text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT session_holds_last CHECK ((duration_minutes > 0)),
    CONSTRAINT session_holds_status_is_known CHECK ((status = ANY (ARRAY['held'::text, 'consumed'::text, 'released'::text]))),
    CONSTRAINT session_holds_take_place_somewhere CHECK ((session_location = ANY (ARRAY['online'::text, 'in_person'::text])))
);

-- Name: TABLE session_holds; Type: COMMENT; Schema: public

COMMENT ON TABLE public.session_holds IS 'A time, or a seat in a class, kept for one person for a while.';

-- Name: COLUMN session_holds.checkout_session_id; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.session_holds.checkout_session_id IS 'The checkout that pays for it, once there is one.';

-- Name: hold_slot(uuid, uuid, timestamp with time zone, uuid, text, text, uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.hold_slot(user_id uuid, practitioner_id uuid, scheduled_at timestamp with time zone, session_type_id uuid, session_location text, physical_location text, group_class_id uuid) RETURNS SETOF public.session_holds
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_type  public.session_types;
  v_class public.session_schedules;
  v_hold  public.session_holds;
begin
  perform private.lock_client(hold_slot.user_id);
  select t.* into v_type from public.session_types t where t.id = hold_slot.session_type_id and t.is_active;
  if not found then
    perform private.refuse(404, 'session_type_not_found', 'There is no such kind of session.');
  end if;
  if hold_slot.group_class_id is not null then
    -- What is held is the class as it is, whatever the request says.
    v_class := private.lock_class(hold_slot.group_class_id);
    hold_slot.practitioner_id   := v_class.practitioner_id;
    hold_slot.scheduled_at      := v_class.scheduled_at;
    hold_slot.session_location  := v_class.session_location;
    hold_slot.physical_location := v_class.physical_location;
    v_type.duration_minutes     := v_class.duration_minutes;
  elsif v_type.is_group then
    perform private.refuse(409, 'class_needed', 'A group session is joined, not booked.', 'Choose a class and join it.');
  elsif hold_slot.practitioner_id is null or hold_slot.scheduled_at is null then
    perform private.refuse(422, 'nothing_to_hold', 'Please say with whom and when, or which class.');
  end if;

  select h.* into v_hold from public.session_holds h
   where h.user_id = hold_slot.user_id and h.status = 'held' and h.expires_at > now()
     and h.practitioner_id = hold_slot.practitioner_id and h.scheduled_at = hold_slot.scheduled_at
     and h.session_type_id = hold_slot.session_type_id and h.session_location = hold_slot.session_location
     and h.physical_location is not distinct from hold_slot.physical_location
     and h.group_class_id is not distinct from hold_slot.group_class_id;
  if found then
    return next v_hold;
    return;
  end if;

  perform private.lock_calendar(hold_slot.practitioner_id);
  -- Another choice of the same person replaces the one it overlaps, unless that one is being paid for.
  update public.session_holds h set status = 'released'
   where h.user_id = hold_slot.user_id and h.status = 'held' and h.checkout_session_id is null
     and h.practitioner_id = hold_slot.practitioner_id
     and tstzrange(h.scheduled_at, h.scheduled_at + make_interval(mins => h.duration_minutes))
         && tstzrange(hold_slot.scheduled_at, hold_slot.scheduled_at + make_interval(mins => v_type.duration_minutes));
  if 3 <= (select count(*) from public.session_holds h
            where h.user_id = hold_slot.user_id and h.status = 'held' and h.expires_at > now()) then
    perform private.refuse(409, 'too_many_holds', 'You are keeping three times already.',
                           'Book or give back one of them first.');
  end if;

  if v_class.id is not null then
    perform private.refuse_full_class(v_class, hold_slot.user_id);
  else
    perform private.refuse_unbookable(hold_slot.practitioner_id, hold_slot.scheduled_at, v_type.duration_minutes,
                                      hold_slot.user_id);
  end if;
  return query
    insert into public.session_holds as h (
      user_id, practitioner_id, scheduled_at, duration_minutes, session_type_id, session_location, physical_location,
      group_class_id, expires_at)
    values (
      hold_slot.user_id, hold_slot.practitioner_id, hold_slot.scheduled_at, v_type.duration_minutes, v_type.id,
      hold_slot.session_location, hold_slot.physical_location, hold_slot.group_class_id, now() + interval '15 minutes')
    returning h.*;
end
$$;

-- Name: holds_time(uuid, uuid, timestamp with time zone, integer); Type: FUNCTION; Schema: private

CREATE FUNCTION private.holds_time(user_id uuid, practitioner_id uuid, scheduled_at timestamp with time zone, duration_minutes integer) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select exists (
    select from public.session_holds h
     where h.user_id = holds_time.user_id and h.practitioner_id = holds_time.practitioner_id
       and h.scheduled_at = holds_time.scheduled_at and h.duration_minutes >= holds_time.duration_minutes
       and h.group_class_id is null and h.status = 'held' and h.expires_at > now() and holds_time.scheduled_at > now());
$$;

-- Name: host_of(public.session_schedules); Type: FUNCTION; Schema: private

CREATE FUNCTION private.host_of(session public.session_schedules) RETURNS uuid
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select p.user_id from public.practitioners p where p.id = (session).practitioner_id;
$$;

-- Name: idempotency_caller(jsonb); Type: FUNCTION; Schema: private

CREATE FUNCTION private.idempotency_caller(arguments jsonb) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  -- The service speaks for a user when it passes one, so two users never share a key.
  select coalesce((select auth.uid())::text, arguments ->> 'user_id', 'service');
$$;

-- Name: insert_booked_session(uuid, uuid, timestamp with time zone, uuid, text, text, point, text, uuid, uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.insert_booked_session(client_id uuid, practitioner_id uuid, scheduled_at timestamp with time zone, session_type_id uuid, session_location text DEFAULT 'online'::text, physical_location text DEFAULT NULL::text, location_coordinates point DEFAULT NULL::point, notes text DEFAULT NULL::text, group_class_id uuid DEFAULT NULL::uuid, cancellation_policy_version uuid DEFAULT NULL::uuid) RETURNS uuid
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select case when insert_booked_session.group_class_id is not null
    then private.insert_paid_seat(client_id, group_class_id, session_type_id, cancellation_policy_version)
    else private.insert_session(client_id, practitioner_id, scheduled_at, session_type_id, session_location, physical_location,
                                location_coordinates, notes, cancellation_policy_version, with_credit => false) end;
$$;

-- Name: insert_paid_seat(uuid, uuid, uuid, uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.insert_paid_seat(client_id uuid, group_class_id uuid, session_type_id uuid, cancellation_policy_version uuid) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_class   public.session_schedules := private.lock_class(insert_paid_seat.group_class_id);
  v_session uuid;
begin
  perform private.refuse_full_class(v_class, insert_paid_seat.client_id);
  -- A trigger fills in what the class is.
  insert into public.session_schedules
    (practitioner_id, client_id, scheduled_at, room_name, session_type_id, notes,
     cancellation_policy_version, cancellation_policy_agreed_at)
  values
    (v_class.practitioner_id, insert_paid_seat.client_id, v_class.scheduled_at,
     private.room_name('group', v_class.id, insert_paid_seat.client_id), insert_paid_seat.session_type_id,
     'Joined group class: ' || v_class.id,
     coalesce(insert_paid_seat.cancellation_policy_version, (select p.id from public.cancellation_policy p where p.is_active)), now())
  returning id into v_session;
  return v_session;
end
$$;

-- Name: insert_session(uuid, uuid, timestamp with time zone, uuid, text, text, point, text, uuid, boolean); Type: FUNCTION; Schema: private

CREATE FUNCTION private.insert_session(client_id uuid, practitioner_id uuid, scheduled_at timestamp with time zone, session_type_id uuid, session_location text, physical_location text, location_coordinates point, notes text, cancellation_policy_version uuid, with_credit boolean) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_minutes integer := (select t.duration_minutes from public.session_types t where t.id = insert_session.session_type_id);
  v_place   boolean := insert_session.session_location = 'in_person';
  v_lot     uuid;
  v_session uuid;
begin
  perform private.lock_calendar(insert_session.practitioner_id);
  -- What was free when it was held is theirs, also when the notice has run out meanwhile.
  if not private.holds_time(insert_session.client_id, insert_session.practitioner_id, insert_session.scheduled_at, v_minutes) then
    perform private.refuse_unbookable(insert_session.practitioner_id, insert_session.scheduled_at, v_minutes,
                                      insert_session.client_id);
  end if;
  if with_credit then
    v_lot := private.choose_credit(insert_session.client_id, array[insert_session.session_type_id]);
  end if;
  insert into public.session_schedules
    (practitioner_id, client_id, scheduled_at, duration_minutes, room_name, session_type_id, notes, credit_lot_id,
     session_location, physical_location, location_coordinates, cancellation_policy_version, cancellation_policy_agreed_at)
  values
    (insert_session.practitioner_id, insert_session.client_id, insert_session.scheduled_at, v_minutes,
     private.room_name('session', insert_session.practitioner_id, insert_session.client_id),
     insert_session.session_type_id, insert_session.notes, v_lot, insert_session.session_location,
     case when v_place then insert_session.physical_location end,
     case when v_place then insert_session.location_coordinates end,
     coalesce(insert_session.cancellation_policy_version, (select p.id from public.cancellation_policy p where p.is_active)), now())
  returning id into v_session;
  return v_session;
end
$$;

-- Name: is_admin(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.is_admin() RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select exists (select from public.user_roles r where r.user_id = (select auth.uid()) and r.role = 'admin');
$$;

-- Name: studio_locations; Type: TABLE; Schema: public

CREATE TABLE public.studio_locations (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name text NOT NULL,
    address text NOT NULL,
    city text,
    province_state text,
    country text DEFAULT 'CA'::text,
    postal_code text,
    is_active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    latitude double precision,
    longitude double precision,
    CONSTRAINT studio_locations_are_on_the_map CHECK ((((latitude >= ('-90'::integer)::double precision) AND (latitude <= (90)::double precision)) AND ((longitude >= ('-180'::integer)::double precision) AND (longitude <= (180)::double precision)) AND ((latitude IS NULL) = (longitude IS NULL))))
);

-- Name: COLUMN studio_locations.latitude; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.studio_locations.latitude IS 'Degrees north, WGS 84; with the longitude or not at all.';

-- Name: is_at_studio(public.session_schedules, public.studio_locations); Type: FUNCTION; Schema: private

CREATE FUNCTION private.is_at_studio(session public.session_schedules, studio public.studio_locations) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
  select (session).session_location = 'in_person'
     and (session).physical_location in ((studio).id::text, (studio).name || ' - ' || (studio).address);
$$;

-- Name: is_class(public.session_schedules); Type: FUNCTION; Schema: private

CREATE FUNCTION private.is_class(session public.session_schedules) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
  select (session).max_participants > 1 and (session).group_class_id is null;
$$;

-- Name: is_closed(public.session_recordings); Type: FUNCTION; Schema: private

CREATE FUNCTION private.is_closed(recording public.session_recordings) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select exists (select from private.erasure_queue q
                  where q.recording_id in ((recording).id, (recording).class_recording_id));
$$;

-- Name: is_disputed(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.is_disputed(checkout_id uuid) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select exists (select from private.payment_disputes d where d.checkout_id = is_disputed.checkout_id and d.state = 'open');
$$;

-- Name: is_held(public.session_recordings); Type: FUNCTION; Schema: private

CREATE FUNCTION private.is_held(recording public.session_recordings) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select exists (
    select from public.session_recordings whole
      join public.session_schedules s on s.id = whole.session_id
      join public.legal_holds h on h.released_at is null
       and (h.user_id in (select private.people_recorded(s))
            or h.session_id in (select s.id union select seat.id from public.session_schedules seat where seat.group_class_id = s.id))
     where whole.id = coalesce((recording).class_recording_id, (recording).id));
$$;

-- Name: is_my_test_channel(text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.is_my_test_channel(channel_name text) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $_$
  -- The frontend's test page names its channel after the first eight characters of the user's id.
  select channel_name ~ ('^test-' || left((select auth.uid())::text, 8) || '-[0-9]{1,20}$');
$_$;

-- Name: is_opted_out(uuid, text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.is_opted_out(user_id uuid, category text) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select exists (select from public.notification_preferences p
                  where p.user_id = is_opted_out.user_id
                    and case is_opted_out.category when 'session_reminders' then not p.session_reminders
                                                   when 'follow_ups' then not p.follow_ups end);
$$;

-- Name: is_person(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.is_person() RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  -- False for the service, for an operator, and inside a definer function: those answer for what they write.
  select current_user in ('anon', 'authenticated');
$$;

-- Name: is_room_of_a_session(text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.is_room_of_a_session(channel_name text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select exists (select from public.session_schedules s where s.room_name = is_room_of_a_session.channel_name);
$$;

-- Name: is_text_of_policy(text, text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.is_text_of_policy(signed text, policy_text text) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $$
declare
  c_placeholder constant text := '[Date of signing]';
  v_signed text := private.normalised(signed);
  v_policy text := private.normalised(policy_text);
  v_count  int  := (char_length(v_policy) - char_length(replace(v_policy, c_placeholder, ''))) / char_length(c_placeholder);
  v_length int;
  v_date   text;
begin
  if v_count = 0 or v_signed = v_policy then
    return v_signed = v_policy;
  end if;
  -- Every placeholder was replaced by the same date, so its length follows from the difference in length.
  v_length := (char_length(v_signed) - char_length(replace(v_policy, c_placeholder, ''))) / v_count;
  if v_length not between 4 and 60 then
    return false;
  end if;
  v_date := substr(v_signed, strpos(v_policy, c_placeholder), v_length);
  return v_date !~ E'[\n\\[\\]]' and replace(v_policy, c_placeholder, v_date) = v_signed;
end;
$$;

-- Name: is_told_elsewhere(text, jsonb); Type: FUNCTION; Schema: private

CREATE FUNCTION private.is_told_elsewhere(kind text, payload jsonb) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select is_told_elsewhere.kind = 'credits_granted' and (
    payload ->> 'kind' = 'return'
    or exists (select from public.user_session_credits lot
                where lot.id = (payload ->> 'lot_id')::uuid and lot.order_id is not null));
$$;

-- Name: is_what_we_asked(public.checkout_sessions, private.payment_facts); Type: FUNCTION; Schema: private

CREATE FUNCTION private.is_what_we_asked(c public.checkout_sessions, facts private.payment_facts) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
  select coalesce(facts.amount_minor, c.amount_minor) = c.amount_minor and coalesce(lower(facts.currency), c.currency) = c.currency;
$$;

-- Name: journal_mood(text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.journal_mood(mood text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
  select case when mood in ('energized', 'calm', 'strong') then 'peaceful'
              when mood in ('peaceful', 'neutral', 'challenged') then mood end;
$$;

-- Name: judge_starts(uuid, timestamp with time zone[], integer, uuid, uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.judge_starts(practitioner_id uuid, starts timestamp with time zone[], duration_minutes integer, for_user uuid, ignore_session uuid DEFAULT NULL::uuid) RETURNS TABLE(starts_at timestamp with time zone, reason text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_calendar public.practitioner_calendars;
  v_length   interval := make_interval(mins => judge_starts.duration_minutes);
  v_before   interval;
  v_after    interval;
  v_first    timestamptz := (select min(s) from unnest(starts) s);
  v_last     timestamptz := (select max(s) from unnest(starts) s) + v_length;
  v_open     tstzmultirange;
  v_busy     tstzmultirange;
  v_until    timestamptz := private.bookable_until(judge_starts.practitioner_id);
begin
  select c.* into v_calendar
    from public.practitioner_calendars c join public.practitioners p on p.id = c.practitioner_id
   where c.practitioner_id = judge_starts.practitioner_id and p.available
     and c.time_zone not in (select private.misread_time_zones());
  if not found then
    return query select s, 'practitioner_unavailable' from unnest(starts) s;
    return;
  end if;

  v_before := make_interval(mins => v_calendar.buffer_before_minutes);
  v_after  := make_interval(mins => v_calendar.buffer_after_minutes);
  v_open := private.open_hours(judge_starts.practitioner_id, (v_first at time zone v_calendar.time_zone)::date,
                               (v_last at time zone v_calendar.time_zone)::date);
  select coalesce(range_agg(t.during), '{}') into v_busy
    from private.practitioner_time t left join public.session_holds h on h.id = t.hold_id
   where t.practitioner_id = judge_starts.practitioner_id
     and t.during && tstzrange(v_first - v_before, v_last + v_after)
     and (t.hold_id is null or (t.lapses_at > now() and h.user_id is distinct from judge_starts.for_user))
     and (t.session_id is null or t.session_id is distinct from judge_starts.ignore_session);

  return query
    select s, case
        when s <= now() then 'slot_in_past'
        when s < now() + make_interval(mins => v_calendar.minimum_notice_minutes) then 'too_short_notice'
        when s > now() + make_interval(days => v_calendar.booking_horizon_days) then 'beyond_horizon'
        when s + v_length > v_until then 'practitioner_unavailable'
        when not v_open @> tstzrange(s, s + v_length) then 'outside_availability'
        when v_busy && tstzrange(s - v_before, s + v_length + v_after) then 'slot_taken'
      end
      from unnest(starts) s;
end
$$;

-- Name: judged_classes(public.session_types, timestamp with time zone, timestamp with time zone, text, uuid, text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.judged_classes(kind public.session_types, first timestamp with time zone, until timestamp with time zone, time_zone text, practitioner_id uuid, session_location text) RETURNS SETOF public.available_slot
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select s.scheduled_at, s.scheduled_at + make_interval(mins => s.duration_minutes),
         s.scheduled_at at time zone judged_classes.time_zone,
         array[s.practitioner_id], s.id, s.max_participants - seats.taken,
         case when s.scheduled_at <= now() then 'slot_in_past'
              when s.practitioner_id in (select private.paused_practitioner_ids())
                or s.scheduled_at + make_interval(mins => s.duration_minutes) > private.bookable_until(s.practitioner_id)
              then 'practitioner_unavailable'
              when s.max_participants <= seats.taken then 'class_full' end
    from public.session_schedules s
   cross join lateral (select private.taken_seats(s.id) + private.held_seats(s.id, auth.uid()) as taken) seats
   where s.max_participants > 1 and s.group_class_id is null and s.status = 'scheduled'
     and s.scheduled_at >= first and s.scheduled_at < until
     -- The admin page makes a class of so many minutes, and does not say whether people stand or lie.
     and s.duration_minutes = (kind).duration_minutes and coalesce(s.session_type_id, (kind).id) = (kind).id
     and s.session_location = judged_classes.session_location
     and (judged_classes.practitioner_id is null or s.practitioner_id = judged_classes.practitioner_id);
$$;

-- Name: judged_starts(public.session_types, timestamp with time zone, timestamp with time zone, text, uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.judged_starts(kind public.session_types, first timestamp with time zone, until timestamp with time zone, time_zone text, practitioner_id uuid) RETURNS SETOF public.available_slot
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  with asked as (
    select c.practitioner_id, c.time_zone from public.practitioner_calendars c
     where judged_starts.practitioner_id is null or c.practitioner_id = judged_starts.practitioner_id
  ),
  grids as (
    select zone.time_zone, array_agg(start) as starts
      from (select distinct time_zone from asked) zone,
           generate_series((first at time zone zone.time_zone)::date::timestamp, until at time zone zone.time_zone,
                           '1 day') midnight,
           -- Half hours of real time: in the night of a change a day has two more or two fewer of them.
           generate_series(midnight at time zone zone.time_zone,
                           (midnight + interval '1 day') at time zone zone.time_zone - interval '1 second',
                           '30 minutes') start
     where start >= first and start < until
     group by zone.time_zone
  )
  select j.starts_at, j.starts_at + make_interval(mins => (kind).duration_minutes),
         j.starts_at at time zone judged_starts.time_zone,
         array_agg(a.practitioner_id order by a.practitioner_id), null::uuid, null::integer, j.reason
    from asked a
    join grids g on g.time_zone = a.time_zone
   cross join lateral private.judge_starts(a.practitioner_id, g.starts, (kind).duration_minutes, auth.uid()) j
   group by j.starts_at, j.reason;
$$;

-- Name: keep_active_policy(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.keep_active_policy() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  perform private.refuse(409, 'policy_version_is_active', 'The active version cannot be deleted.',
                         'Add its successor first.');
end
$$;

-- Name: keep_audit_log(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.keep_audit_log() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  c_personal constant text[] := array['ip_address', 'user_agent', 'metadata', 'personal_salt'];
begin
  if tg_op = 'UPDATE' and tg_table_name = 'audit_logs'
     and to_jsonb(new) - c_personal = to_jsonb(old) - c_personal
     and num_nonnulls(to_jsonb(new) ->> 'ip_address', to_jsonb(new) ->> 'user_agent', to_jsonb(new) ->> 'metadata',
                      to_jsonb(new) ->> 'personal_salt') = 0 then
    return new;
  end if;
  perform private.refuse(403, 'audit_log_is_kept', 'A line of the audit log can be neither changed nor deleted.');
end
$$;

-- Name: keep_banking_accesses(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.keep_banking_accesses() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  perform private.refuse(403, 'evidence_is_kept', 'The log of accesses can be neither changed nor deleted.');
  return null;
end
$$;

-- Name: keep_consent_history(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.keep_consent_history() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  c public.user_consents := case when tg_op = 'DELETE' then old else new end;
begin
  insert into public.consent_history (user_id, consent_type, consented, version, metadata, ip_address, user_agent)
  values (c.user_id, c.consent_type, tg_op <> 'DELETE' and c.consented and c.revoked_at is null, c.version, c.metadata,
          case when tg_op = 'DELETE' then null when c.consented then c.ip_address else c.revoked_ip_address end,
          case when tg_op <> 'DELETE' then c.user_agent end);
  return null;
end
$$;

-- Name: keep_contract_event(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.keep_contract_event() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  if tg_op = 'UPDATE' and private.only_reason_goes(to_jsonb(old), to_jsonb(new)) then
    return new;
  end if;
  perform private.refuse(403, 'evidence_is_kept', 'What happened to a contract can be neither changed nor deleted.');
end
$$;

-- Name: keep_contract_signature(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.keep_contract_signature() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  c_free constant text[] := array['signer_name', 'signer_email', 'ip_address', 'user_agent', 'signature_name', 'signature_image'];
begin
  if tg_op = 'UPDATE'
     and to_jsonb(new) - c_free = to_jsonb(old) - c_free
     and jsonb_strip_nulls(to_jsonb(new)) <@ to_jsonb(old) then
    return new;
  end if;
  perform private.refuse(403, 'evidence_is_kept', 'A signature can be neither changed nor deleted.');
end
$$;

-- Name: keep_credit_lot(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.keep_credit_lot() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  perform private.refuse(409, 'credit_is_spent', 'Which credit a session was booked with does not change.');
end
$$;

-- Name: keep_dispute(uuid, private.payment_facts); Type: FUNCTION; Schema: private

CREATE FUNCTION private.keep_dispute(checkout_id uuid, facts private.payment_facts) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  insert into private.payment_disputes as d (id, checkout_id, state, amount_minor)
  select facts.dispute_id, keep_dispute.checkout_id,
         case when facts.dispute_status in ('won', 'prevented') then 'won' when facts.dispute_status = 'lost' then 'lost'
              when facts.dispute_status like 'warning%' then 'asked' else 'open' end,
         coalesce(facts.dispute_minor, 0)
   where facts.dispute_id is not null
  on conflict (id) do update
     set state = excluded.state, amount_minor = greatest(d.amount_minor, excluded.amount_minor)
   where d.state = 'asked' or (d.state = 'open' and excluded.state in ('won', 'lost'));
$$;

-- Name: keep_hold_until(uuid, timestamp with time zone, text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.keep_hold_until(hold_id uuid, until timestamp with time zone, checkout_session_id text) RETURNS public.session_holds
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_hold public.session_holds;
begin
  -- A lapsed hold that nobody has taken is still its owner's; the row lock decides between them and whoever wants it.
  update public.session_holds h
     set expires_at = greatest(h.expires_at, keep_hold_until.until),
         checkout_session_id = keep_hold_until.checkout_session_id
   where h.id = keep_hold_until.hold_id and h.status = 'held'
  returning h.* into v_hold;
  if not found then
    perform private.refuse(409, 'hold_lapsed', 'This time is no longer kept for you.', 'Please choose a time again.');
  end if;
  return v_hold;
end
$$;

-- Name: keep_ledger(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.keep_ledger() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  if tg_op = 'UPDATE' and private.only_reason_goes(to_jsonb(old), to_jsonb(new)) then
    return new;
  end if;
  perform private.refuse(403, 'ledger_is_kept', 'A line of the ledger can be neither changed nor deleted.',
                         'Add a line that corrects it.');
end
$$;

-- Name: keep_one_active(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.keep_one_active() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $_$
declare
  -- The hash is generated: before the row is written it is not there yet.
  c_free constant text[] := array['is_active', 'updated_at', 'updated_by', 'policy_text_sha256'];
begin
  if tg_op = 'UPDATE' and to_jsonb(new) - c_free <> to_jsonb(old) - c_free then
    perform private.refuse(409, 'policy_version_is_fixed', 'A policy version cannot be rewritten.',
                           'Add a new version instead.');
  end if;

  if new.is_active and (tg_op = 'INSERT' or not old.is_active) then
    execute format('update %I.%I set is_active = false where is_active and id <> $1', tg_table_schema, tg_table_name)
      using new.id;
  elsif tg_op = 'UPDATE' and old.is_active and not new.is_active and pg_trigger_depth() = 1 then
    -- Depth 1: somebody asks for it directly. Depth 2 is the line above, on behalf of the successor.
    new.is_active := true;
  end if;
  return new;
end
$_$;

-- Name: keep_payout(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.keep_payout() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  -- What may change is the state, once, and with a line, that it was released.
  if tg_op <> 'UPDATE'
     or (tg_table_name = 'payouts' and (to_jsonb(old) ->> 'status' <> 'pending'
       or to_jsonb(old) - '{status,transaction_reference,paid_at,failed_reason,settled_by}'::text[]
          <> to_jsonb(new) - '{status,transaction_reference,paid_at,failed_reason,settled_by}'::text[]))
     or (tg_table_name = 'payout_lines' and (to_jsonb(old) ->> 'released_at' is not null
       or to_jsonb(old) - 'released_at' <> to_jsonb(new) - 'released_at')) then
    perform private.refuse(403, 'payout_is_kept', 'A payout that was settled can be neither changed nor deleted.');
  end if;
  return new;
end
$$;

-- Name: keep_practitioner(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.keep_practitioner() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  if exists (select from public.practitioner_contracts c where c.practitioner_id = old.id)
     or exists (select from public.ledger_transactions t where t.practitioner_id = old.id) then
    perform private.refuse(409, 'practitioner_is_kept', 'This practitioner has a contract or earnings, so they are kept.',
                           'Pause them instead.');
  end if;
  return old;
end
$$;

-- Name: keep_waiver(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.keep_waiver() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  -- The hash of the text is generated: before the row is written it is not there yet.
  c_free constant text[] := array[
    'ip_address', 'user_agent', 'signer_name', 'signer_email', 'signature_name', 'signature_image', 'text_sha256'];
begin
  if tg_op = 'UPDATE'
     and to_jsonb(new) - c_free = to_jsonb(old) - c_free
     and jsonb_strip_nulls(to_jsonb(new)) <@ to_jsonb(old) then
    return new;
  end if;
  perform private.refuse(403, 'evidence_is_kept', 'A signed waiver can be neither changed nor deleted.');
end
$$;

-- Name: keep_wall_time(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.keep_wall_time() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  select c.time_zone, new.scheduled_at at time zone c.time_zone into new.time_zone, new.local_start
    from public.practitioner_calendars c where c.practitioner_id = new.practitioner_id;
  return new;
end
$$;

-- Name: kept_of(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.kept_of(session_id uuid) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select jsonb_build_object('session', jsonb_build_object(
           'client_id', s.client_id, 'duration_minutes', s.duration_minutes, 'time_zone', s.time_zone,
           'session_type_id', s.session_type_id, 'session_location', s.session_location,
           'physical_location', s.physical_location, 'max_participants', s.max_participants, 'class_name', s.class_name,
           'calendar_sequence', s.calendar_sequence))
    from public.session_schedules s where s.id = kept_of.session_id;
$$;

-- Name: line_of(public.session_schedules, uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.line_of(session public.session_schedules, user_id uuid) RETURNS uuid
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  -- The session on which somebody's line hangs; null if they have no part in this one.
  select case when private.host_of(session) = line_of.user_id then (session).id
              else (select c.session_id from private.clients_of(session) c where c.user_id = line_of.user_id limit 1) end;
$$;

-- Name: link_group_class(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.link_group_class() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
declare
  v_class public.session_schedules;
begin
  perform private.lock_client(new.client_id);
  v_class := private.lock_class(
    substring(new.notes from '(?i)^Joined group class: ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$')::uuid);
  if auth.uid() is not null then
    perform private.refuse_full_class(v_class, new.client_id);
  elsif private.taken_seats(v_class.id) + private.held_seats(v_class.id, new.client_id) >= v_class.max_participants then
    perform private.refuse(409, 'class_full', 'This class is full.', 'Please choose another class.');
  end if;

  -- What the class is follows from the class, whatever the request says.
  new.group_class_id    := v_class.id;
  new.practitioner_id   := v_class.practitioner_id;
  new.scheduled_at      := v_class.scheduled_at;
  new.duration_minutes  := v_class.duration_minutes;
  new.session_location  := v_class.session_location;
  new.physical_location := v_class.physical_location;
  new.max_participants  := v_class.max_participants;
  new.current_participants := 1;
  new.class_name        := v_class.class_name;
  new.session_type_id   := coalesce(new.session_type_id, v_class.session_type_id);

  -- Somebody else's hand, an admin's or the payment's, gives a seat without a credit.
  if new.client_id = auth.uid() then
    perform private.refuse_without_waiver(new.client_id);
    new.credit_lot_id := private.choose_credit(new.client_id, private.session_types_of(v_class));
    new.cancellation_policy_version := (select p.id from public.cancellation_policy p where p.is_active);
    new.cancellation_policy_agreed_at := now();
  end if;
  return new;
end
$_$;

-- Name: list_users(integer, text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.list_users(page_size integer, cursor text) RETURNS TABLE(users jsonb, next_cursor text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  if not private.is_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins list users.');
  end if;
  return query
    with ahead as (
      select u.id, u.email::text as email, coalesce(u.created_at, '-infinity') as created_at, u.email_confirmed_at
        from auth.users u
       where list_users.cursor is null
          or (coalesce(u.created_at, '-infinity'), u.id)
             < (split_part(list_users.cursor, '/', 1)::timestamptz, split_part(list_users.cursor, '/', 2)::uuid)
       order by 3 desc, 1 desc limit list_users.page_size + 1
    ),
    page as (select a.* from ahead a order by a.created_at desc, a.id desc limit list_users.page_size)
    select coalesce(jsonb_agg(jsonb_build_object(
             'id', p.id, 'email', p.email, 'created_at', nullif(p.created_at, '-infinity'),
             'email_confirmed_at', p.email_confirmed_at,
             'roles', coalesce((select jsonb_agg(jsonb_build_object('role', r.role) order by r.role)
                                  from public.user_roles r where r.user_id = p.id), '[]'),
             'practitioner', (select jsonb_build_object('id', x.id, 'name', x.name, 'available', x.available)
                                from public.practitioners x where x.user_id = p.id))
             order by p.created_at desc, p.id desc), '[]'),
           case when (select count(*) from ahead) > count(*)
                then (array_agg(p.created_at || '/' || p.id order by p.created_at, p.id))[1] end
      from page p;
end
$$;

-- Name: lock_calendar(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.lock_calendar(practitioner_id uuid) RETURNS public.practitioner_calendars
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select c.* from public.practitioner_calendars c where c.practitioner_id = lock_calendar.practitioner_id for update;
$$;

-- Name: lock_class(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.lock_class(group_class_id uuid) RETURNS public.session_schedules
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_class public.session_schedules;
begin
  -- Two who want the last seat queue here.
  select s.* into v_class from public.session_schedules s
   where s.id = lock_class.group_class_id and s.max_participants > 1 and s.group_class_id is null for update;
  if not found then
    perform private.refuse(404, 'class_not_found', 'There is no such class.');
  end if;
  return v_class;
end
$$;

-- Name: lock_client(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.lock_client(user_id uuid) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select pg_advisory_xact_lock(hashtextextended('client ' || lock_client.user_id, 0));
$$;

-- Name: lock_money(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.lock_money(money_id uuid) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  -- Taken after sessions and before payments: who earns a seat and who gives money back meet here.
  select pg_advisory_xact_lock(hashtextextended('money ' || lock_money.money_id, 0));
$$;

-- Name: lock_own_sessions(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.lock_own_sessions() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform private.lock_client(auth.uid());
  perform from public.session_schedules class
    where class.id in (select seat.group_class_id from public.session_schedules seat
                        where seat.client_id = auth.uid() and seat.status = 'scheduled')
    order by class.id for update;
  return null;
end
$$;

-- Name: lock_payouts(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.lock_payouts() RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  -- Taken before any row of session_payments is locked, never after (see mark_payouts).
  select pg_advisory_xact_lock(hashtextextended('payouts', 0));
$$;

-- Name: lock_payouts_first(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.lock_payouts_first() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform private.lock_payouts();
  return null;
end
$$;

-- Name: mails; Type: TABLE; Schema: private

CREATE TABLE private.mails (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    "position" bigint NOT NULL,
    outbox_id bigint NOT NULL,
    kind text NOT NULL,
    audience text NOT NULL,
    user_id uuid NOT NULL,
    session_id uuid,
    facts jsonb NOT NULL,
    status text DEFAULT 'queued'::text NOT NULL,
    reason text,
    attempts integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone DEFAULT now(),
    lease_id uuid,
    lease_until timestamp with time zone,
    recipient_email text,
    told_sequence integer,
    template_id text,
    message_id text,
    started_at timestamp with time zone,
    ended_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT mails_status_check CHECK ((status = ANY (ARRAY['queued'::text, 'sending'::text, 'sent'::text, 'unknown'::text, 'failed'::text, 'dropped'::text])))
);

-- Name: COLUMN mails.facts; Type: COMMENT; Schema: private

COMMENT ON COLUMN private.mails.facts IS 'The message''s payload, and what it must keep of its session.';

-- Name: COLUMN mails.reason; Type: COMMENT; Schema: private

COMMENT ON COLUMN private.mails.reason IS 'Why it was dropped, failed, or is tried again.';

-- Name: COLUMN mails.next_attempt_at; Type: COMMENT; Schema: private

COMMENT ON COLUMN private.mails.next_attempt_at IS 'Null: nothing happens by itself any more.';

-- Name: COLUMN mails.told_sequence; Type: COMMENT; Schema: private

COMMENT ON COLUMN private.mails.told_sequence IS 'The version of the session that it tells of.';

-- Name: COLUMN mails.message_id; Type: COMMENT; Schema: private

COMMENT ON COLUMN private.mails.message_id IS 'The mail service''s name for it.';

-- Name: log_mail(private.mails); Type: FUNCTION; Schema: private

CREATE FUNCTION private.log_mail(mail private.mails) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  insert into public.email_logs
    (user_id, email_type, recipient_email, session_id, template_id, message_id, status, error_message, metadata)
  values (mail.user_id, mail.kind, mail.recipient_email, mail.session_id, mail.template_id, mail.message_id, mail.status,
          case when mail.status <> 'sent' then mail.reason end,
          jsonb_build_object('mail_id', mail.id, 'audience', mail.audience, 'attempts', mail.attempts));
$$;

-- Name: payout_periods; Type: TABLE; Schema: public

CREATE TABLE public.payout_periods (
    number integer NOT NULL,
    period_start date NOT NULL,
    period_end date NOT NULL,
    follows date GENERATED ALWAYS AS (
CASE
    WHEN (number > 1) THEN period_start
    ELSE NULL::date
END) STORED,
    closed_at timestamp with time zone,
    CONSTRAINT payout_periods_begin_with_one CHECK ((number >= 1)),
    CONSTRAINT payout_periods_pass CHECK ((period_end > period_start))
);

-- Name: COLUMN payout_periods.period_end; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.payout_periods.period_end IS 'The first day of the next period, which is not in this one any more.';

-- Name: COLUMN payout_periods.closed_at; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.payout_periods.closed_at IS 'When everybody who was owed something for it had a payout.';

-- Name: payouts; Type: TABLE; Schema: public

CREATE TABLE public.payouts (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    practitioner_id uuid NOT NULL,
    currency text NOT NULL,
    amount_minor bigint NOT NULL,
    period_start date NOT NULL,
    period_end date NOT NULL,
    status text DEFAULT 'pending'::text NOT NULL,
    transaction_reference text,
    paid_at timestamp with time zone,
    failed_reason text,
    settled_by uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT payouts_are_sent_one_way CHECK ((amount_minor > 0)),
    CONSTRAINT payouts_currency_check CHECK ((currency = ANY (ARRAY['cad'::text, 'usd'::text]))),
    CONSTRAINT payouts_facts_fit_the_status CHECK (
CASE status
    WHEN 'pending'::text THEN (num_nonnulls(paid_at, transaction_reference, failed_reason, settled_by) = 0)
    WHEN 'paid'::text THEN ((paid_at IS NOT NULL) AND (failed_reason IS NULL))
    WHEN 'failed'::text THEN ((paid_at IS NULL) AND (transaction_reference IS NULL) AND (failed_reason IS NOT NULL))
    ELSE false
END)
);

-- Name: TABLE payouts; Type: COMMENT; Schema: public

COMMENT ON TABLE public.payouts IS 'What each practitioner was sent, in each currency for itself.';

-- Name: COLUMN payouts.practitioner_id; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.payouts.practitioner_id IS 'No foreign key, as in the ledger: money outlives what it is about.';

-- Name: COLUMN payouts.period_start; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.payouts.period_start IS 'Of the period it was made for; its lines may be older.';

-- Name: COLUMN payouts.period_end; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.payouts.period_end IS 'The first day that is not in the period any more.';

-- Name: COLUMN payouts.transaction_reference; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.payouts.transaction_reference IS 'The bank''s or provider''s; null on what an admin marked on the payments page.';

-- Name: COLUMN payouts.settled_by; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.payouts.settled_by IS 'The admin who said that it was paid or failed; null: a provider.';

-- Name: make_payout(private.owed_lines, public.payout_periods); Type: FUNCTION; Schema: private

CREATE FUNCTION private.make_payout(owed private.owed_lines, period public.payout_periods) RETURNS public.payouts
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_payout public.payouts;
begin
  insert into public.payouts (practitioner_id, currency, amount_minor, period_start, period_end)
  select owed.practitioner_id, owed.currency, sum(amount), period.period_start, period.period_end from unnest(owed.amounts) amount
  returning * into v_payout;
  insert into public.payout_lines (payout_id, ledger_transaction_id, practitioner_id, currency, amount_minor)
  select v_payout.id, line.transaction_id, owed.practitioner_id, owed.currency, line.amount_minor
    from unnest(owed.transactions, owed.amounts) line (transaction_id, amount_minor);
  perform private.post('payout', v_payout.practitioner_id, v_payout.currency,
    jsonb_build_object('practitioner_payable', -v_payout.amount_minor, 'payouts_sent', v_payout.amount_minor),
    payout_id => v_payout.id);
  return v_payout;
end
$$;

-- Name: mark_no_show(public.session_schedules, uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.mark_no_show(session public.session_schedules, user_id uuid) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  insert into public.session_attendance (session_id, user_id, source, total_seconds, is_no_show)
  values (private.line_of(session, mark_no_show.user_id), mark_no_show.user_id, 'agora', 0, true)
  on conflict (session_id, user_id) do nothing;
$$;

-- Name: mark_payout(uuid, text, text, timestamp with time zone, text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.mark_payout(payout_id uuid, status text, transaction_reference text, paid_at timestamp with time zone, failed_reason text) RETURNS public.payouts
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_payout public.payouts;
begin
  if not (private.is_admin() or coalesce(auth.role(), '') = 'service_role') then
    perform private.refuse(403, 'admins_only', 'Only admins say what became of a payout.');
  elsif coalesce(btrim(coalesce(mark_payout.transaction_reference, mark_payout.failed_reason)), '') = '' then
    perform private.refuse(422, 'reference_missing', 'Please give the transaction reference, or the reason why it failed.');
  end if;
  perform private.lock_payouts();
  select * into v_payout from public.payouts p where p.id = mark_payout.payout_id;
  if not found then
    perform private.refuse(404, 'payout_not_found', 'There is no such payout.');
  end if;
  -- Saying the same again is no news: a provider repeats itself.
  if v_payout.status = mark_payout.status
     and coalesce(v_payout.transaction_reference, v_payout.failed_reason)
         = coalesce(mark_payout.transaction_reference, mark_payout.failed_reason) then
    return v_payout;
  elsif v_payout.status <> 'pending' then
    perform private.refuse(409, 'payout_is_settled', format('This payout is %s already.', v_payout.status));
  end if;
  return private.settle_payout(v_payout, mark_payout.status, mark_payout.transaction_reference,
                               mark_payout.paid_at, mark_payout.failed_reason);
end
$$;

-- Name: may_record(public.session_schedules); Type: FUNCTION; Schema: private

CREATE FUNCTION private.may_record(session public.session_schedules) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  v_failures    bigint;
  v_last_failed timestamptz;
begin
  if session.status <> 'in_progress' or session.session_location <> 'online'
     or now() >= session.scheduled_at + make_interval(mins => session.duration_minutes)
     -- One is there already, or somebody did not want one.
     or exists (select from public.session_recordings r
                 where r.session_id = session.id and (r.status <> 'failed' or r.stop_reason = 'asked')) then
    return false;
  end if;
  select count(*), max(r.ended_at) into v_failures, v_last_failed
    from public.session_recordings r where r.session_id = session.id;
  return v_failures = 0 or now() >= v_last_failed + private.recording_wait(v_failures);
end
$$;

-- Name: midnight(date); Type: FUNCTION; Schema: private

CREATE FUNCTION private.midnight(day date) RETURNS timestamp with time zone
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
  select day::timestamp at time zone 'UTC';
$$;

-- Name: minutes_of_day(time without time zone, time without time zone); Type: FUNCTION; Schema: private

CREATE FUNCTION private.minutes_of_day(start_time time without time zone, end_time time without time zone) RETURNS int4range
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
  select int4range(extract(epoch from start_time)::integer / 60, extract(epoch from end_time)::integer / 60);
$$;

-- Name: misread_time_zones(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.misread_time_zones() RETURNS SETOF text
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  -- The hour in UTC of ten in the morning. Toronto has not changed: it shows that the question itself is right.
  select expected.time_zone
    from (values ('America/Vancouver', 17), ('America/Edmonton', 16), ('America/Inuvik', 16),
                 ('America/Winnipeg', 15), ('America/Toronto', 15)) as expected (time_zone, utc_hour)
   where extract(hour from (timestamp '2026-12-01 10:00' at time zone expected.time_zone) at time zone 'UTC')
         <> expected.utc_hour;
$$;

-- Name: user_session_credits; Type: TABLE; Schema: public

CREATE TABLE public.user_session_credits (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    package_id uuid,
    session_type_id uuid,
    credits_remaining integer DEFAULT 1 NOT NULL,
    purchased_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone,
    stripe_payment_intent_id text,
    order_id text,
    metadata jsonb DEFAULT '{}'::jsonb,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    cancellation_policy_agreed_at timestamp with time zone,
    cancellation_policy_version uuid,
    grace_cancellation_used boolean DEFAULT false NOT NULL,
    credits_owed integer DEFAULT 0 NOT NULL,
    CONSTRAINT user_session_credits_credits_remaining_check CHECK ((credits_remaining >= 0)),
    CONSTRAINT user_session_credits_owe_nothing_negative CHECK ((credits_owed >= 0))
);

-- Name: COLUMN user_session_credits.credits_owed; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.user_session_credits.credits_owed IS 'Credits that were spent when their price was refunded: so many that come back are not given back.';

-- Name: money_of_lot(public.user_session_credits); Type: FUNCTION; Schema: private

CREATE FUNCTION private.money_of_lot(lot public.user_session_credits) RETURNS private.money
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $_$
  select (m.id, m.checkout_id, m.amount_minor, m.currency, m.seats, (private.revenue_share_at(m.paid_at)).id, null)::private.money
    from (select c.id, c.id as checkout_id, c.amount_minor, c.currency, c.credits as seats, c.paid_at
            from public.checkout_sessions c
           where lot.order_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' and c.id = lot.order_id::uuid
          union all
          -- Older than checkouts: the wallet's own note of the price. Without one, the credit has none.
          select lot.id, null,
                 case when lot.metadata ->> 'total_amount' ~ '^\d{1,6}(\.\d+)?$'
                      then round(100 * (lot.metadata ->> 'total_amount')::numeric)::integer else 0 end,
                 lower(lot.metadata ->> 'currency'),
                 coalesce((select p.session_count from public.session_packages p where p.id = lot.package_id), 1),
                 lot.purchased_at) m
   limit 1;
$_$;

-- Name: session_payments; Type: TABLE; Schema: public

CREATE TABLE public.session_payments (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    session_id uuid NOT NULL,
    practitioner_id uuid NOT NULL,
    client_id uuid NOT NULL,
    total_amount numeric NOT NULL,
    practitioner_share numeric NOT NULL,
    platform_share numeric NOT NULL,
    currency text DEFAULT 'usd'::text NOT NULL,
    stripe_payment_intent_id text,
    status text DEFAULT 'pending'::text NOT NULL,
    paid_out_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    checkout_id uuid,
    revenue_share_id uuid,
    refunded_amount numeric DEFAULT 0 NOT NULL,
    credit_lot_id uuid,
    CONSTRAINT session_payments_cents_add_up CHECK (((checkout_id IS NULL) OR (((practitioner_share + platform_share) + refunded_amount) = total_amount))),
    CONSTRAINT session_payments_credits_add_up CHECK (((credit_lot_id IS NULL) OR (((practitioner_share + platform_share) + refunded_amount) = total_amount)))
);

-- Name: COLUMN session_payments.refunded_amount; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.session_payments.refunded_amount IS 'What went back to the payer; the shares are of what did not.';

-- Name: COLUMN session_payments.credit_lot_id; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.session_payments.credit_lot_id IS 'The credits a seat was taken with. No foreign key: money outlives them. A total of 0: they were given, not bought.';

-- Name: money_of_payment(public.session_payments); Type: FUNCTION; Schema: private

CREATE FUNCTION private.money_of_payment(payment public.session_payments) RETURNS private.money
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select (coalesce(payment.checkout_id, payment.id), payment.checkout_id, round(100 * payment.total_amount)::bigint,
          lower(payment.currency), 1, payment.revenue_share_id,
          case when payment.revenue_share_id is null then round(100 * payment.practitioner_share)::bigint end)::private.money;
$$;

-- Name: move_seats(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.move_seats() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  update public.session_schedules seat
     set practitioner_id = new.practitioner_id, scheduled_at = new.scheduled_at, duration_minutes = new.duration_minutes,
         session_location = new.session_location, physical_location = new.physical_location,
         class_name = new.class_name, max_participants = new.max_participants
   where seat.group_class_id = new.id and seat.status in ('scheduled', 'in_progress');
  return null;
end
$$;

-- Name: move_seats_along(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.move_seats_along() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  update public.session_schedules seat set status = new.status
   where seat.group_class_id = new.id and seat.status in ('scheduled', 'in_progress') and seat.status <> new.status;
  return null;
end
$$;

-- Name: my_class_ids(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.my_class_ids() RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select s.group_class_id from public.session_schedules s
   where s.client_id = (select auth.uid()) and s.group_class_id is not null and s.status <> 'cancelled';
$$;

-- Name: my_client_ids(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.my_client_ids() RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select a.client_id from public.practitioner_assignments a
   where a.practitioner_id in (select private.my_practitioner_ids())
  union
  select s.client_id from public.session_schedules s
   where s.practitioner_id in (select private.my_practitioner_ids())
     and (s.max_participants = 1 or s.group_class_id is not null);
$$;

-- Name: my_led_session_ids(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.my_led_session_ids() RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select s.id from public.session_schedules s where s.practitioner_id in (select private.my_practitioner_ids());
$$;

-- Name: my_package_ids(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.my_package_ids() RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select c.package_id from public.user_session_credits c where c.user_id = (select auth.uid());
$$;

-- Name: my_practitioner_ids(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.my_practitioner_ids() RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select p.id from public.practitioners p where p.user_id = (select auth.uid());
$$;

-- Name: my_recording_standing(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.my_recording_standing(session_id uuid) RETURNS private.recording_standing
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_seat    private.seat := private.my_seat(null, session_id);
  v_session public.session_schedules := v_seat.session;
  v_staff   boolean := coalesce((select auth.role()), '') = 'service_role' or (select private.is_admin());
begin
  if v_session.id is null and v_staff then
    -- A participant's row stands for the class.
    select class.* into v_session from public.session_schedules named
      join public.session_schedules class on class.id = coalesce(named.group_class_id, named.id)
     where named.id = my_recording_standing.session_id;
  end if;
  return row (v_session, v_staff or coalesce(v_seat.is_host, false))::private.recording_standing;
end;
$$;

-- Name: my_seat(text, uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.my_seat(channel_name text, session_id uuid) RETURNS private.seat
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $_$
declare
  v_caller uuid := (select auth.uid());
  v_named  public.session_schedules;
  v_class  public.session_schedules;
  v_host   boolean;
begin
  if session_id is not null then
    select * into v_named from public.session_schedules s where s.id = my_seat.session_id;
  else
    select * into v_named from public.session_schedules s
     where s.room_name = my_seat.channel_name
        or s.id = case when my_seat.channel_name ~ '^session-[0-9a-f]{32}$' then right(my_seat.channel_name, 32)::uuid end;
  end if;
  if v_named.id is null then
    return null;
  end if;

  v_class := v_named;
  if v_named.group_class_id is not null then
    select * into v_class from public.session_schedules s where s.id = v_named.group_class_id;
  end if;
  v_host := exists (select from public.practitioners p where p.id = v_class.practitioner_id and p.user_id = v_caller);
  if v_host
     -- One to one: the client's own row. A class's own row names an administrator there, who has no seat by that.
     or (v_class.group_class_id is null and coalesce(v_class.max_participants, 1) <= 1 and v_class.client_id = v_caller)
     or exists (select from public.session_schedules mine
                 where mine.group_class_id = v_class.id and mine.client_id = v_caller and mine.status <> 'cancelled') then
    return row (v_class, v_host)::private.seat;
  end if;
  return null;
end;
$_$;

-- Name: my_session_ids(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.my_session_ids() RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select s.id from public.session_schedules s where s.client_id = (select auth.uid())
  union
  select s.group_class_id from public.session_schedules s
   where s.client_id = (select auth.uid()) and s.group_class_id is not null and s.status <> 'cancelled'
  union
  select private.my_led_session_ids();
$$;

-- Name: name_the_order(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.name_the_order() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  update public.user_session_credits l set order_id = c.id::text
    from public.checkout_sessions c
   where l.id = new.lot_id and l.order_id is null and c.session_id = new.session_id;
  return null;
end
$$;

-- Name: new_recording_link(uuid, text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.new_recording_link(recording_id uuid, opens_at text) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  -- Two random uuids: 244 bits from the server's strong source.
  v_token text := replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');
begin
  update private.recording_links l set revoked_at = now()
   where l.recording_id = new_recording_link.recording_id and l.revoked_at is null;
  insert into private.recording_links (recording_id, token_sha256)
  values (new_recording_link.recording_id, sha256(convert_to(v_token, 'UTF8')));
  return opens_at || '?token=' || v_token;
end;
$$;

-- Name: new_webhook_secret(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.new_webhook_secret() RETURNS text
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  -- Two random uuids, 244 bits by PostgreSQL's strong generator.
  select 'whsec_' || encode(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), 'base64');
$$;

-- Name: next_look(public.session_recordings, text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.next_look(r public.session_recordings, observation text) RETURNS timestamp with time zone
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select case
    when observation in ('found', 'troubled', 'crashed', 'uploaded', 'complete') then now()
    when observation in ('started', 'unclear', 'starting') then now() + interval '5 seconds'
    when observation in ('ended', 'exited') then now() + interval '10 seconds'
    when observation in ('already_running', 'busy', 'missing', 'unanswered') then now() + interval '15 seconds'
    when observation = 'running' then now() + interval '2 minutes'
    -- Files come within minutes or, from a backup, within days: ask ever more rarely.
    when observation in ('absent', 'partial', 'playable')
      then now() + least(interval '10 minutes', greatest(interval '15 seconds', (now() - r.ended_at) / 4))
    else r.next_check_at
  end;
$$;

-- Name: next_turn(timestamp with time zone); Type: FUNCTION; Schema: private

CREATE FUNCTION private.next_turn(since timestamp with time zone, OUT asked_at timestamp with time zone, OUT session_id uuid, OUT moved_to text, OUT task text, OUT recording public.session_recordings, OUT failure text) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_variable
declare
  v_due record;
begin
  asked_at := since;
  if asked_at is null then
    asked_at := clock_timestamp();
    insert into private.session_turns (session_id)
    select s.id from public.session_schedules s
     where s.status in ('scheduled', 'in_progress') and s.group_class_id is null
       and s.scheduled_at <= now() + interval '15 minutes'
       and not exists (select from private.session_turns t where t.session_id = s.id)
    on conflict do nothing;
  end if;

  -- The newest first: what has lain for months waits for what is happening now.
  select t.session_id into session_id
    from private.session_turns t join public.session_schedules s on s.id = t.session_id
   where t.looked_at < asked_at
   order by s.scheduled_at desc limit 1
     for no key update of t skip locked;
  if session_id is null then
    delete from private.channel_events e
     where e.notice_id in (select old.notice_id from private.channel_events old
                            where old.received_at < now() - interval '90 days' limit 1000 for update skip locked);
    return;
  end if;

  begin
    moved_to := private.advance_session(session_id);
    v_due := private.recording_due(session_id);
    task := v_due.task;
    recording := v_due.recording;
  exception when others then
    failure := sqlstate || ' ' || sqlerrm;
  end;
  update private.session_turns t set looked_at = clock_timestamp(), failure = next_turn.failure where t.session_id = session_id;
  delete from private.session_turns t using public.session_schedules s
   where t.session_id = session_id and s.id = t.session_id and s.status in ('completed', 'cancelled');
end
$$;

-- Name: normalised(text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.normalised(document text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
  select btrim(replace(replace(document, E'\r\n', E'\n'), E'\r', E'\n'), E' \t\n');
$$;

-- Name: note_attendance(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.note_attendance(session_id uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_session public.session_schedules;
  v_end     timestamptz;  -- nobody is there for longer: it was completed, or its room has closed
begin
  perform private.attendance_lock(note_attendance.session_id);
  select * into v_session from public.session_schedules s where s.id = note_attendance.session_id;
  v_end := least(v_session.completed_at, v_session.cancelled_at,
                 v_session.scheduled_at + make_interval(mins => v_session.duration_minutes + 60));
  insert into public.session_attendance as a (session_id, user_id, source, joined_at, left_at, intervals, total_seconds)
  select private.line_of(v_session, h.user_id), h.user_id, h.source, h.joined_at,
         coalesce(h.left_at, case when v_end <= now() then upper(during.seen) end), during.seen,
         case when h.source = 'agora'
              then (select coalesce(sum(extract(epoch from upper(one) - lower(one))), 0) from unnest(during.seen) one)::integer end
    from private.people_heard_of(v_session.id) h
   cross join lateral (select case when h.there_since < v_end and v_end <= now()
                                   then h.intervals + tstzmultirange(tstzrange(h.there_since, v_end))
                                   else h.intervals end as seen) during
   where private.line_of(v_session, h.user_id) is not null
  on conflict (session_id, user_id) do update
    set source = excluded.source, joined_at = excluded.joined_at, intervals = excluded.intervals,
        left_at = excluded.left_at, total_seconds = excluded.total_seconds, is_no_show = false
  where a.source <> 'manual'
    and (a.source, a.joined_at, a.intervals, a.left_at, a.total_seconds, a.is_no_show)
        is distinct from (excluded.source, excluded.joined_at, excluded.intervals, excluded.left_at, excluded.total_seconds, false);
end
$$;

-- Name: note_contract(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.note_contract() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform private.note_contract_event(new, case new.status when 'pending' then 'issued' else new.status end);
  return null;
end
$$;

-- Name: practitioner_contracts; Type: TABLE; Schema: public

CREATE TABLE public.practitioner_contracts (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    practitioner_id uuid NOT NULL,
    contract_version text NOT NULL,
    contract_text text NOT NULL,
    signed_at timestamp with time zone,
    ip_address text,
    user_agent text,
    status text DEFAULT 'pending'::text NOT NULL,
    expires_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    text_sha256 text GENERATED ALWAYS AS (private.sha256_hex(contract_text)) STORED NOT NULL,
    template_id uuid,
    title text DEFAULT 'Practitioner agreement'::text NOT NULL,
    revoked_reason text,
    CONSTRAINT practitioner_contracts_are_dated_when_signed CHECK (
CASE status
    WHEN 'pending'::text THEN (signed_at IS NULL)
    WHEN 'signed'::text THEN (signed_at IS NOT NULL)
    ELSE true
END),
    CONSTRAINT practitioner_contracts_reason_is_of_revoking CHECK (((revoked_reason IS NULL) OR (status = 'revoked'::text))),
    CONSTRAINT practitioner_contracts_reason_is_short CHECK (((revoked_reason ~ '\S'::text) AND (char_length(revoked_reason) <= 500))),
    CONSTRAINT practitioner_contracts_say_something CHECK ((btrim(contract_text) <> ''::text)),
    CONSTRAINT practitioner_contracts_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'signed'::text, 'expired'::text, 'revoked'::text]))),
    CONSTRAINT practitioner_contracts_title_is_a_line CHECK ((title ~ '^\S[^\n]{0,119}$'::text))
);

-- Name: COLUMN practitioner_contracts.ip_address; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.practitioner_contracts.ip_address IS 'As the browser says, when signed by a direct update.';

-- Name: COLUMN practitioner_contracts.text_sha256; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.practitioner_contracts.text_sha256 IS 'SHA-256 of contract_text, hexadecimal.';

-- Name: COLUMN practitioner_contracts.template_id; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.practitioner_contracts.template_id IS 'Null for a text that was written for this practitioner alone.';

-- Name: COLUMN practitioner_contracts.revoked_reason; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.practitioner_contracts.revoked_reason IS 'Why it was revoked; the practitioner reads it.';

-- Name: note_contract_event(public.practitioner_contracts, text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.note_contract_event(contract public.practitioner_contracts, event text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  insert into public.contract_events (contract_id, event, reason)
  values ((contract).id, note_contract_event.event,
          case note_contract_event.event when 'revoked' then (contract).revoked_reason end)
  on conflict on constraint contract_events_happen_once do nothing;
  if found then
    perform private.put_in_outbox(
      'contract_' || note_contract_event.event,
      (select p.user_id from public.practitioners p where p.id = (contract).practitioner_id),
      payload => jsonb_build_object(
        'contract_id', (contract).id, 'contract_version', (contract).contract_version, 'title', (contract).title,
        'expires_at', (contract).expires_at, 'reason', (contract).revoked_reason));
  end if;
end
$$;

-- Name: notice_of(private.mails); Type: FUNCTION; Schema: private

CREATE FUNCTION private.notice_of(mail private.mails) RETURNS TABLE(title text, message text)
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  s        private.told_session := private.told_session(private.session_of(mail.session_id, mail.facts));
  v_client boolean := mail.audience = 'user' and mail.kind <> 'recording_failed';
  v_name   text := coalesce(s.class_name, case when s.is_group then 'class' else 'session' end);
  v_with   text := case when v_client then s.practitioner_name
                        when s.is_group then null else coalesce(s.client_name, 'a client') end;
  v_when   text := to_char(s.scheduled_at at time zone coalesce(private.time_zone_of(mail.user_id), s.time_zone),
                           'FMDay, FMMonth FMDD at FMHH12:MI AM');
  v_what   text := concat_ws(' with ', 'Your ' || v_name, v_with);
  v_amount text := to_char((mail.facts ->> 'amount_minor')::numeric / 100, 'FM999999990.00') || ' '
                || upper(mail.facts ->> 'currency');
begin
  return query
    select n.title, n.message from (values
      ('session_booked',      'Session booked',    format('%s is on %s.', v_what, v_when)),
      ('session_cancelled',   'Session cancelled', format('%s on %s was cancelled.', v_what, v_when)),
      ('session_rescheduled', 'Session moved',     format('%s is now on %s.', v_what, v_when)),
      ('session_not_booked',  'Session not booked','The time was gone when your payment arrived. You have a credit instead.'),
      ('session_reminder',    'Session tomorrow',  format('%s is on %s.', v_what, v_when)),
      ('session_completed',   'Session completed', case when not coalesce((mail.facts ->> 'is_no_show')::boolean, false)
                                                      then 'How was it? Your journal is open.' end),
      ('recording_ready',     'Recording ready',   format('The recording of %s can be played.', lower(left(v_what, 1)) || substr(v_what, 2))),
      ('recording_failed',    'Not recorded',      format('%s could not be recorded.', v_what)),
      ('payment_received',    'Payment received',  format('We have received %s. Thank you.', v_amount)),
      ('payment_returned',    'Payment returned',  format('We have returned %s.', v_amount)),
      ('credits_granted',     'Credits added',     format('You have %s more.', case mail.facts ->> 'credits' when '1'
                                                      then '1 credit' else mail.facts ->> 'credits' || ' credits' end)),
      ('credit_expiring',     'Credits end soon',  'Some of your credits end soon.'),
      ('waiver_signed',       'Waiver signed',     'A copy of your waiver is in your mail.'),
      ('contract_issued',     'Contract to sign',  'A contract waits for your signature.'),
      ('contract_signed',     'Contract signed',   'A copy of your contract is in your mail.'),
      ('contract_expiring',   'Contract ends soon','Your contract ends soon.'),
      ('contract_expired',    'Contract ended',    'Your contract has ended.'),
      ('contract_revoked',    'Contract ended',    'Your contract was ended.'),
      ('banking_changed',     'Bank account changed', 'The bank account for your payouts was changed.'),
      ('payout_paid',         'Payout sent',       coalesce(format('%s are on their way to you.', v_amount), 'A payout is on its way to you.'))
    ) n (kind, title, message)
    where n.kind = mail.kind and n.message is not null;
end
$$;

-- Name: observe_payment(uuid, private.payment_facts); Type: FUNCTION; Schema: private

CREATE FUNCTION private.observe_payment(checkout_id uuid, facts private.payment_facts) RETURNS public.checkout_sessions
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  c public.checkout_sessions;
begin
  -- The client first, as everywhere; then everything else about this payment queues here too.
  perform private.lock_client((select user_id from public.checkout_sessions where id = observe_payment.checkout_id));
  select * into c from public.checkout_sessions where id = observe_payment.checkout_id for update;
  if not found then
    perform private.refuse(404, 'checkout_not_found', 'There is no such checkout.');
  end if;

  if facts.payment_status in ('paid', 'no_payment_required') and not private.is_what_we_asked(c, facts) then
    -- Never seen, since we say the price; if it happens, a person must look before anything is given out for it.
    perform private.put_in_outbox('payment_differs', c.user_id, null, to_jsonb(facts));
    facts.payment_status := null;
    facts.payment_failed := true;
  end if;
  perform private.keep_dispute(c.id, facts);
  update public.checkout_sessions old
     set stripe_session_id        = coalesce(old.stripe_session_id, facts.stripe_session_id),
         stripe_payment_intent_id = coalesce(old.stripe_payment_intent_id, facts.payment_intent_id),
         receipt_url              = coalesce(old.receipt_url, facts.receipt_url),
         refunded_minor           = greatest(old.refunded_minor, facts.refunded_minor),
         paid_at       = coalesce(old.paid_at, case when facts.payment_status in ('paid', 'no_payment_required') then now() end),
         processing_at = coalesce(old.processing_at, case when facts.session_status = 'complete'
                                                           and facts.payment_status = 'unpaid' then now() end),
         failed_at     = coalesce(old.failed_at, case when facts.payment_failed
           or (facts.session_status = 'unopened' and old.stripe_session_id is null) then now() end),
         expired_at    = coalesce(old.expired_at, case when facts.session_status = 'expired'
           or (facts.session_status = 'missing' and old.expires_at < now()) then now() end)
   where old.id = c.id
  returning old.* into c;
  return private.settle_checkout(c);
end
$$;

-- Name: observe_recording(uuid, integer, text, text, text, integer, timestamp with time zone, bigint, text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.observe_recording(recording_id uuid, attempt integer, observation text, resource_id text DEFAULT NULL::text, sid text DEFAULT NULL::text, agora_status integer DEFAULT NULL::integer, happened_at timestamp with time zone DEFAULT NULL::timestamp with time zone, failover_uid bigint DEFAULT NULL::bigint, reason text DEFAULT NULL::text) RETURNS public.session_recordings
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_at  timestamptz := least(coalesce(happened_at, now()), now());
  v_old public.session_recordings;
  r     public.session_recordings;  -- the next row
  v_new record;
begin
  -- The lock makes reading and writing one step: of two observations at once, one comes after the other.
  select * into v_old from public.session_recordings s where s.id = observe_recording.recording_id for update;
  if v_old.id is null then
    perform private.refuse(404, 'recording_not_found', 'There is no such recording.');
  elsif v_old.status in ('completed', 'failed') or v_old.upload_complete or v_old.attempt <> observe_recording.attempt then
    return v_old;
  end if;

  r := v_old;
  r.agora_resource_id := coalesce(r.agora_resource_id, observe_recording.resource_id);
  r.agora_sid := coalesce(r.agora_sid, observe_recording.sid);
  r.agora_status := coalesce(observe_recording.agora_status, r.agora_status);
  r.agora_seen_at := case when observe_recording.agora_status is null then r.agora_seen_at else now() end;
  r.failover_uid := coalesce(observe_recording.failover_uid, r.failover_uid);
  r.missing_since := case when observation = 'missing' then coalesce(r.missing_since, now())
                          when observation not in ('starting', 'running', 'failed_over') then r.missing_since end;
  r.crashed_at := case when observation = 'crashed' then coalesce(r.crashed_at, v_at) else r.crashed_at end;
  r.media_started_at := case when observation = 'media_started' then least(r.media_started_at, v_at) else r.media_started_at end;
  r.next_check_at := private.next_look(r, observation);

  v_new := private.state_after(r, observation);
  if v_new.status = 'next attempt' then
    r.attempt := r.attempt + 1;
    r.recorder_uid := nextval('private.recorder_uids');
    r.prefix := private.recording_prefix(r.id, r.attempt);
    r.agora_resource_id := null;
    r.agora_sid := null;
    r.missing_since := null;
    r.next_check_at := now();
    r.deadline_at := now() + private.patience_to_start();
  elsif v_new.status = 'recording' and r.status = 'pending' then
    r.status := 'recording';
    r.started_at := v_at;
  elsif v_new.status = 'processing' then
    if r.status <> 'processing' then
      r.status := 'processing';
      r.started_at := coalesce(r.started_at, r.media_started_at);
      r.ended_at := coalesce(r.ended_at, v_at);
      r.deadline_at := now() + interval '20 minutes';  -- as long as an upload usually takes
    end if;
    if observation = 'backed_up' then
      r.deadline_at := r.ended_at + interval '72 hours';  -- as long as Agora keeps a backup
    elsif observation in ('uploaded', 'complete') or (observation = 'playable' and now() > r.deadline_at) then
      r.upload_complete := true;
      r.next_check_at := now();
      r.deadline_at := now() + interval '72 hours';  -- for the copy
    end if;
  elsif v_new.status = 'failed' then
    r.status := 'failed';
    r.failure_code := v_new.failure_code;
    r.failure_reason := observe_recording.reason;
    r.ended_at := coalesce(r.ended_at, v_at);
    r.next_check_at := null;
  end if;

  update public.session_recordings s
     set status = r.status, attempt = r.attempt, recorder_uid = r.recorder_uid, failover_uid = r.failover_uid,
         prefix = r.prefix, agora_resource_id = r.agora_resource_id, agora_sid = r.agora_sid,
         agora_status = r.agora_status, agora_seen_at = r.agora_seen_at, started_at = r.started_at,
         media_started_at = r.media_started_at, ended_at = r.ended_at, missing_since = r.missing_since,
         crashed_at = r.crashed_at, upload_complete = r.upload_complete, next_check_at = r.next_check_at,
         deadline_at = r.deadline_at, failure_code = r.failure_code, failure_reason = r.failure_reason
   where s.id = r.id
  returning s.* into r;
  return r;
end;
$$;

-- Name: occasion_of(public.session_schedules); Type: FUNCTION; Schema: private

CREATE FUNCTION private.occasion_of(session public.session_schedules) RETURNS uuid
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  -- The admin page makes the two forms of a class one after the other and links them afterwards, so what tells that they are
  -- one is that they start together, by the clock on the wall.
  select case when private.is_class(session)
              then left(private.sha256_hex((session).practitioner_id || ' ' || (session).local_start), 32)::uuid
              else gen_random_uuid() end;
$$;

-- Name: only_reason_goes(jsonb, jsonb); Type: FUNCTION; Schema: private

CREATE FUNCTION private.only_reason_goes(old_row jsonb, new_row jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
  select new_row - 'reason' = old_row - 'reason' and old_row ->> 'reason' is not null and new_row ->> 'reason' = '(erased)';
$$;

-- Name: open_bank_accounts(uuid[], text, uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.open_bank_accounts(practitioner_ids uuid[], reference text, requested_by uuid) RETURNS TABLE(practitioner_id uuid, withheld text, bank_name text, account_holder_name text, account_type text, country text, account_number text, routing_number text)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_column
begin
  -- Order matters: locked first, so that an account that is just being changed is looked at as it is afterwards.
  perform from public.practitioner_banking b
    where b.practitioner_id = any (open_bank_accounts.practitioner_ids) order by b.practitioner_id for share;

  insert into public.banking_accesses (practitioner_id, purpose, reference, requested_by)
  select distinct asked.id, 'payout_file', open_bank_accounts.reference, open_bank_accounts.requested_by
    from unnest(open_bank_accounts.practitioner_ids) asked (id) where private.banking_obstacle(asked.id) = '';

  return query
    select asked.id, obstacle.name, b.bank_name, b.account_holder_name, b.account_type, b.country,
           n.account_number, n.routing_number
      from (select distinct unnest(open_bank_accounts.practitioner_ids)) asked (id)
      cross join lateral (select nullif(private.banking_obstacle(asked.id), '')) obstacle (name)
      left join public.practitioner_banking b on b.practitioner_id = asked.id and obstacle.name is null
      left join private.bank_numbers n on n.practitioner_id = b.practitioner_id
     order by asked.id;
end
$$;

-- Name: open_checkout(uuid, text, text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.open_checkout(checkout_id uuid, stripe_session_id text, url text) RETURNS public.checkout_sessions
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_checkout public.checkout_sessions;
begin
  update public.checkout_sessions c
     set stripe_session_id = open_checkout.stripe_session_id, url = open_checkout.url
   where c.id = open_checkout.checkout_id
  returning c.* into v_checkout;
  if not found then
    perform private.refuse(404, 'checkout_not_found', 'There is no such checkout.');
  elsif v_checkout.status <> 'open' then
    perform private.refuse(409, 'checkout_lapsed', 'This took too long.', 'Please try again.');
  end if;
  return v_checkout;
end
$$;

-- Name: open_credit_lot(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.open_credit_lot() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  insert into public.credit_ledger (lot_id, user_id, change, kind)
  values (new.id, new.user_id, new.credits_remaining, 'purchase');
  return null;
end
$$;

-- Name: open_hours(uuid, date, date); Type: FUNCTION; Schema: private

CREATE FUNCTION private.open_hours(practitioner_id uuid, from_date date, until_date date) RETURNS tstzmultirange
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
#variable_conflict use_column
begin
  return (
    with calendar as (
      select c.time_zone from public.practitioner_calendars c where c.practitioner_id = open_hours.practitioner_id
    ),
    exceptions as (
      select e.* from public.availability_exceptions e
       where e.practitioner_id = open_hours.practitioner_id
         and e.on_date between open_hours.from_date and open_hours.until_date
    ),
    weekly as (
      select a.* from public.practitioner_availability a where a.practitioner_id = open_hours.practitioner_id
    ),
    usual as (
      select open_hours.from_date + n as on_date
        from generate_series(0, open_hours.until_date - open_hours.from_date) n
       where not exists (select from exceptions e where e.on_date = open_hours.from_date + n and e.is_open)
    ),
    opened as (
      select e.on_date, e.start_time, e.end_time from exceptions e where e.is_open
      union all
      select u.on_date, w.start_time, w.end_time
        from usual u join weekly w on w.day_of_week = extract(dow from u.on_date) and w.start_time < w.end_time
      union all
      select u.on_date, time '00:00', time '24:00' from usual u where not exists (select from weekly)
    )
    select coalesce((select range_agg(private.wall_range(o.on_date, o.start_time, o.end_time, calendar.time_zone))
                       from opened o), '{}')
         - coalesce((select range_agg(private.wall_range(e.on_date, e.start_time, e.end_time, calendar.time_zone))
                       from exceptions e where not e.is_open), '{}')
      from calendar);
end
$$;

-- Name: own_files(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.own_files(user_id uuid) RETURNS TABLE(name text, content bytea, storage_path text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
begin
  return query
    select 'signatures/waiver-' || w.id || '.png', w.signature_image, null::text
      from public.liability_waivers w where w.user_id = own_files.user_id and w.signature_image is not null
    union all
    select 'signatures/contract-' || s.contract_id || '.png', s.signature_image, null
      from public.contract_signatures s where s.user_id = own_files.user_id and s.signature_image is not null
    union all
    -- Of sessions of two, as the client may watch them. In a class others are seen, and a practitioner sees clients.
    (select 'recordings/' || r.id || '/' || regexp_replace(f.storage_path, '^.*/', ''), null, f.storage_path
       from public.session_schedules s
       join public.session_recordings r on r.session_id = s.id and r.class_recording_id is null and r.status = 'completed'
       join private.recording_files f on f.recording_id = r.id
      where s.client_id = own_files.user_id and not private.is_class(s)
        and r.id not in (select private.closed_recording_ids())
      order by r.id, f.position);
end
$$;

-- Name: own_rows(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.own_rows(user_id uuid) RETURNS TABLE(name text, rows jsonb)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $_$
#variable_conflict use_column
declare
  c_user constant uuid := own_rows.user_id;
  v_own  record;
begin
  for v_own in
    select t.relname as name, c.conrelid::regclass as "table", a.attname as "column"
      from pg_catalog.pg_constraint c
      join pg_catalog.pg_class t on t.oid = c.conrelid
      join pg_catalog.pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
     where c.contype = 'f' and c.confrelid = 'auth.users'::regclass and c.confdeltype = 'c' and cardinality(c.conkey) = 1
       and t.relnamespace = 'public'::regnamespace
       -- The other end of a relation is somebody else's row.
       and a.attname in ('id', 'user_id', 'client_id', 'grantor_id', 'created_by')
       and t.relname <> 'user_notifications'
  loop
    return query execute format(
      'select %L::text, jsonb_agg(private.told_row(to_jsonb(t))) from %s t where t.%I = $1', v_own.name, v_own."table", v_own."column")
      using c_user;
  end loop;

  return query
    with mine as (
      select s.* from public.session_schedules s where s.client_id = c_user and not private.is_class(s)
    ), hosting as (
      select p.* from public.practitioners p where p.user_id = c_user
    ), led as (
      select s.* from public.session_schedules s where s.practitioner_id in (select h.id from hosting h)
    ), told (name, told_row) as (
      select 'account', jsonb_build_object('id', u.id, 'email', u.email, 'created_at', u.created_at,
                                           'last_sign_in_at', u.last_sign_in_at, 'metadata', u.raw_user_meta_data)
        from auth.users u where u.id = c_user
      union all select 'sessions', to_jsonb(s) - 'correlated_session_id' from mine s
      -- A private note is its author's; a shared one is for both.
      union all select 'session_notes', to_jsonb(n) - 'author_id' || jsonb_build_object('is_mine', n.author_id = c_user)
        from public.session_notes n
       where n.session_id in (select s.id from mine s) and (n.author_id = c_user or n.visibility = 'shared')
      union all select 'session_cancellations', to_jsonb(c) from public.session_cancellations c
       where c.user_id = c_user or c.session_id in (select s.id from mine s)
      union all select 'session_attendance', to_jsonb(a) from public.session_attendance a where a.user_id = c_user
      union all select 'session_recordings', jsonb_build_object(
               'id', r.id, 'session_id', r.session_id, 'status', r.status, 'started_at', r.started_at,
               'ended_at', r.ended_at, 'duration_seconds', r.duration_seconds)
        from public.session_recordings r where r.session_id in (select s.id from mine s)
      union all select 'recording_views', jsonb_build_object(
               'recording_id', v.recording_id, 'viewed_at', v.viewed_at, 'link_kind', v.link_kind, 'from', v.masked_address)
        from public.recording_views v
        join public.session_recordings r on r.id = v.recording_id where r.session_id in (select s.id from mine s)
      union all select 'memories', to_jsonb(m) from public.meditation_memories m where m.user_id = c_user
      union all select 'notifications', to_jsonb(n) - case when n.related_id in (select l.id from led l)
                                                           then array['title', 'message'] else '{}' end
        from public.user_notifications n where n.user_id = c_user
      union all select 'consent_history', to_jsonb(h) from public.consent_history h where h.user_id = c_user
      union all select 'waivers', to_jsonb(w) from public.liability_waivers w where w.user_id = c_user
      union all select 'credits', to_jsonb(c) from public.user_session_credits c where c.user_id = c_user
      union all select 'credit_ledger', to_jsonb(l) from public.credit_ledger l where l.user_id = c_user
      union all select 'checkouts', to_jsonb(c) from public.checkout_sessions c where c.user_id = c_user
      union all select 'payments', to_jsonb(p) from public.session_payments p where p.client_id = c_user
      union all select 'refunds', to_jsonb(r) from private.payment_refunds r
        join public.checkout_sessions c on c.id = r.checkout_id where c.user_id = c_user
      union all select 'audit_log', jsonb_build_object(
               'created_at', l.created_at, 'action', l.action, 'table_name', l.table_name, 'record_id', l.record_id,
               'ip_address', l.ip_address, 'user_agent', l.user_agent)
        from public.audit_logs l where l.user_id = c_user
      -- A practitioner
      union all select 'practitioner', to_jsonb(h) from hosting h
      union all select 'led_sessions', jsonb_build_object(
               'id', l.id, 'scheduled_at', l.scheduled_at, 'duration_minutes', l.duration_minutes, 'status', l.status,
               'session_location', l.session_location, 'class_name', l.class_name) from led l
      union all select 'availability', to_jsonb(a) from public.practitioner_availability a join hosting h on h.id = a.practitioner_id
      union all select 'time_off', to_jsonb(t) from public.practitioner_time_off t join hosting h on h.id = t.practitioner_id
      union all select 'banking', to_jsonb(b) from public.practitioner_banking b join hosting h on h.id = b.practitioner_id
      union all select 'contracts', to_jsonb(c) from public.practitioner_contracts c join hosting h on h.id = c.practitioner_id
      union all select 'contract_signatures', to_jsonb(s) from public.contract_signatures s where s.user_id = c_user
      union all select 'payouts', to_jsonb(p) from public.payouts p join hosting h on h.id = p.practitioner_id
      union all select 'earnings', to_jsonb(t) - 'reason' || jsonb_build_object('amount_minor', (
               select sum(p.amount_minor) from public.ledger_postings p
                where p.transaction_id = t.id and p.account = 'practitioner_payable'))
        from public.ledger_transactions t join hosting h on h.id = t.practitioner_id
    )
    select t.name, jsonb_agg(private.told_row(t.told_row)) from told t group by t.name;
end
$_$;

-- Name: part_in(public.session_schedules); Type: FUNCTION; Schema: private

CREATE FUNCTION private.part_in(session public.session_schedules) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select case
    when auth.uid() is null then 'platform'
    when private.is_admin() then 'admin'
    when exists (select from public.practitioners p
                  where p.id = (session).practitioner_id and p.user_id = auth.uid()) then 'practitioner'
    when (session).client_id = auth.uid() and not private.is_class(session) then 'client'
  end;
$$;

-- Name: patience_to_start(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.patience_to_start() RETURNS interval
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
  -- A resource is good for 5 minutes, and a recorder alone in its channel leaves after 5. Whoever shows no file and no
  -- sid after 6 is not recording, so a second attempt cannot become a second recording.
  select interval '6 minutes';
$$;

-- Name: paused_practitioner_ids(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.paused_practitioner_ids() RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select p.id from public.practitioners p where not p.available;
$$;

-- Name: pay_by_hand(uuid[]); Type: FUNCTION; Schema: private

CREATE FUNCTION private.pay_by_hand(payment_ids uuid[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_owed record;
begin
  for v_owed in
    select (u.practitioner_id, u.currency, array_agg(u.transaction_id), array_agg(u.amount_minor))::private.owed_lines as lines,
           max(payment.paid_out_at) as paid_at
      from private.unpaid_earnings u
      join public.session_payments payment on payment.id = u.payment_id
     where u.payment_id in (
       select t.payment_id from public.ledger_transactions t
         left join public.payout_lines l on l.ledger_transaction_id = t.id and l.released_at is null
         left join public.ledger_postings p on p.transaction_id = t.id and p.account = 'practitioner_payable'
        where t.payment_id = any (payment_ids)
        group by t.payment_id having count(l.id) = 0 and sum(p.amount_minor) > 0)
     group by u.practitioner_id, u.currency
  loop
    perform private.settle_payout(private.make_payout(v_owed.lines, private.payout_period_at(now())), 'paid',
                                  paid_at => v_owed.paid_at);
  end loop;
end
$$;

-- Name: payment_file(uuid, text, text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.payment_file(user_id uuid, reference text, in_currency text) RETURNS TABLE(payout_id uuid, practitioner_id uuid, practitioner_name text, withheld text, bank_name text, account_holder_name text, account_type text, country text, account_number text, routing_number text, amount_minor bigint, currency text, period_start date, period_end date)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_pending uuid[] := array(select p.id from public.payouts p
                             where p.status = 'pending' and p.currency = coalesce(payment_file.in_currency, p.currency));
begin
  if not exists (select from public.user_roles r where r.user_id = payment_file.user_id and r.role = 'admin') then
    perform private.refuse(403, 'admins_only', 'Only admins export payment files.');
  end if;
  return query
    select p.id, p.practitioner_id, who.name, a.withheld, a.bank_name, a.account_holder_name, a.account_type, a.country,
           a.account_number, a.routing_number, p.amount_minor, p.currency, p.period_start, p.period_end
      from public.payouts p
      join private.open_bank_accounts(array(select p.practitioner_id from public.payouts p where p.id = any (v_pending)),
                                      payment_file.reference, payment_file.user_id) a on a.practitioner_id = p.practitioner_id
      left join public.practitioners who on who.id = p.practitioner_id
     where p.id = any (v_pending)
     order by p.currency, who.name, p.id;
end
$$;

-- Name: payment_of(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.payment_of(session_id uuid) RETURNS public.session_payments
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  -- Paid out is what became of the practitioner's share; the client has paid all the same.
  select p from public.session_payments p
   where p.session_id = payment_of.session_id and p.status in ('completed', 'paid_out')
   order by p.created_at limit 1;
$$;

-- Name: payments_in(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.payments_in(payout_id uuid) RETURNS SETOF uuid
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  -- A payment that was given back entirely is in it twice, and is not paid out by it.
  select t.payment_id from public.payout_lines l join public.ledger_transactions t on t.id = l.ledger_transaction_id
   where l.payout_id = payments_in.payout_id and t.payment_id is not null
   group by t.payment_id having sum(l.amount_minor) > 0;
$$;

-- Name: payout_period_at(timestamp with time zone); Type: FUNCTION; Schema: private

CREATE FUNCTION private.payout_period_at(moment timestamp with time zone) RETURNS public.payout_periods
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_last public.payout_periods;
begin
  loop
    select * into v_last from public.payout_periods p order by p.number desc limit 1;
    exit when private.midnight(v_last.period_end) > moment;
    insert into public.payout_periods (number, period_start, period_end)
    select v_last.number + 1, v_last.period_end, v_last.period_end + (private.payout_terms_at(private.midnight(v_last.period_end))).period_days;
  end loop;
  select * into v_last from public.payout_periods p
   where private.midnight(p.period_start) <= moment order by p.number desc limit 1;
  return v_last;
end
$$;

-- Name: payout_terms; Type: TABLE; Schema: public

CREATE TABLE public.payout_terms (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    period_days integer NOT NULL,
    hold_days integer NOT NULL,
    valid_from timestamp with time zone DEFAULT now() NOT NULL,
    created_by uuid DEFAULT auth.uid(),
    CONSTRAINT payout_terms_holds_are_short CHECK (((hold_days >= 0) AND (hold_days <= 180))),
    CONSTRAINT payout_terms_periods_are_short CHECK (((period_days >= 1) AND (period_days <= 62)))
);

-- Name: TABLE payout_terms; Type: COMMENT; Schema: public

COMMENT ON TABLE public.payout_terms IS 'How often practitioners are paid, and how long after. Append-only.';

-- Name: COLUMN payout_terms.hold_days; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.payout_terms.hold_days IS 'From the end of a period, and so at least from its last session: refunds come in that time.';

-- Name: COLUMN payout_terms.created_by; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.payout_terms.created_by IS 'No foreign key: who decided it stays, also when they have left.';

-- Name: payout_terms_at(timestamp with time zone); Type: FUNCTION; Schema: private

CREATE FUNCTION private.payout_terms_at(moment timestamp with time zone) RETURNS public.payout_terms
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select t from public.payout_terms t where t.valid_from <= moment order by t.valid_from desc limit 1;
$$;

-- Name: people_heard_of(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.people_heard_of(session_id uuid) RETURNS TABLE(user_id uuid, source text, intervals tstzmultirange, there_since timestamp with time zone, joined_at timestamp with time zone, left_at timestamp with time zone, is_there boolean, last_sign_at timestamp with time zone)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select u.user_id, case when p.was_heard then 'agora' else 'token' end, p.intervals, p.there_since,
         -- Who came and went within a second was there at that second.
         coalesce(least(lower(p.intervals), p.there_since), p.last_heard_at, t.first_at),
         case when p.there_since is null then coalesce(upper(p.intervals), p.last_heard_at) end,
         p.there_since is not null
           -- A token that is a minute old, and not a word since: whatever they did was not heard, so they count as there.
           or coalesce(t.live_until > now() and t.last_at < now() - interval '1 minute'
                       and t.last_at > coalesce(p.last_heard_at, '-infinity'), false),
         greatest(p.last_heard_at, t.last_at)
    from private.agora_uids u
   cross join lateral private.presence(people_heard_of.session_id, u.uid) p
    left join lateral (select min(a.admitted_at) as first_at, max(a.admitted_at) as last_at, max(a.expires_at) as live_until
                         from private.channel_admissions a
                        where a.session_id = people_heard_of.session_id and a.user_id = u.user_id
                          and a.admitted_at >= private.facts_count_from(people_heard_of.session_id)) t on true
   where u.uid in (select e.uid from private.channel_events e where e.session_id = people_heard_of.session_id
                    union select a.uid from private.channel_admissions a where a.session_id = people_heard_of.session_id)
     and (p.was_heard or t.first_at is not null);
$$;

-- Name: people_present(public.session_schedules); Type: FUNCTION; Schema: private

CREATE FUNCTION private.people_present(session public.session_schedules) RETURNS SETOF uuid
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select p.user_id from public.practitioners p where p.id = (session).practitioner_id and p.user_id is not null
  union
  -- One to one. A class's own row names an administrator there, who is not in the room by that.
  select (session).client_id
   where (session).group_class_id is null and coalesce((session).max_participants, 1) <= 1
  union
  select a.user_id from private.channel_admissions a where a.session_id = (session).id and a.expires_at > now();
$$;

-- Name: people_recorded(public.session_schedules); Type: FUNCTION; Schema: private

CREATE FUNCTION private.people_recorded(session public.session_schedules) RETURNS SETOF uuid
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select p.user_id from public.practitioners p where p.id = (session).practitioner_id and p.user_id is not null
  union
  select (session).client_id where (session).group_class_id is null and coalesce((session).max_participants, 1) <= 1
  union
  -- Whoever was let into the room may be heard and seen.
  select a.user_id from private.channel_admissions a where a.session_id = (session).id;
$$;

-- Name: period_to_pay(timestamp with time zone); Type: FUNCTION; Schema: private

CREATE FUNCTION private.period_to_pay(moment timestamp with time zone) RETURNS public.payout_periods
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select p from public.payout_periods p
   where private.midnight(p.period_end)
         + make_interval(days => (private.payout_terms_at(private.midnight(p.period_end))).hold_days) <= moment
   order by p.closed_at is not null, case when p.closed_at is null then p.number else -p.number end
   limit 1;
$$;

-- Name: place_of(text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.place_of(physical_location text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select coalesce(
    (select concat_ws(', ', l.name, l.address, l.city, l.province_state, l.postal_code)
       from public.studio_locations l where l.id::text = lower(place_of.physical_location)),
    place_of.physical_location);
$$;

-- Name: policy_agreed(boolean, uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.policy_agreed(agreed boolean, version uuid) RETURNS uuid
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  v_policy uuid := (select p.id from public.cancellation_policy p where p.is_active);
begin
  if v_policy is not null and not coalesce(agreed, false) then
    perform private.refuse(409, 'cancellation_policy_not_agreed', 'Please agree to the cancellation policy first.');
  elsif v_policy <> version then
    perform private.refuse(409, 'cancellation_policy_not_current',
                           'The cancellation policy has changed since this page was opened.',
                           'Reload the page, read the current policy and agree to it.');
  end if;
  return v_policy;
end
$$;

-- Name: cancellation_policy; Type: TABLE; Schema: public

CREATE TABLE public.cancellation_policy (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    policy_text text NOT NULL,
    standard_cancellation_hours integer DEFAULT 2 NOT NULL,
    late_cancellation_hours integer DEFAULT 2 NOT NULL,
    late_cancellation_fee_usd numeric(10,2) DEFAULT 25.00 NOT NULL,
    late_cancellation_fee_cad numeric(10,2) DEFAULT 34.25 NOT NULL,
    grace_cancellations_allowed integer DEFAULT 1 NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_by uuid,
    CONSTRAINT cancellation_policy_fees_are_not_negative CHECK (((late_cancellation_fee_usd >= (0)::numeric) AND (late_cancellation_fee_cad >= (0)::numeric) AND (grace_cancellations_allowed >= 0))),
    CONSTRAINT cancellation_policy_hours_are_ordered CHECK (((late_cancellation_hours >= 0) AND (standard_cancellation_hours >= late_cancellation_hours)))
);

-- Name: COLUMN cancellation_policy.standard_cancellation_hours; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.cancellation_policy.standard_cancellation_hours IS 'At least so long before: the credit comes back.';

-- Name: COLUMN cancellation_policy.late_cancellation_hours; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.cancellation_policy.late_cancellation_hours IS 'At least so long before: the credit comes back, less the fee. Equal to the standard hours, this band is empty.';

-- Name: policy_of(public.session_schedules); Type: FUNCTION; Schema: private

CREATE FUNCTION private.policy_of(session public.session_schedules) RETURNS public.cancellation_policy
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  v_policy public.cancellation_policy;
begin
  if (session).cancellation_policy_version is null then
    select p.* into v_policy from public.cancellation_policy p where p.is_active;
  else
    select p.* into v_policy from public.cancellation_policy p where p.id = (session).cancellation_policy_version;
  end if;
  return v_policy;
end
$$;

-- Name: post(text, uuid, text, jsonb, uuid, uuid, uuid, text, text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.post(kind text, practitioner_id uuid, currency text, lines jsonb, session_id uuid DEFAULT NULL::uuid, payment_id uuid DEFAULT NULL::uuid, payout_id uuid DEFAULT NULL::uuid, reason text DEFAULT NULL::text, cause text DEFAULT NULL::text) RETURNS uuid
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_cause       text := coalesce(post.cause, post.payout_id::text, post.session_id::text);
  v_transaction uuid;
begin
  if not exists (select from jsonb_each_text(post.lines) line where line.value::bigint <> 0) then
    return null;
  end if;
  insert into public.ledger_transactions as t (kind, practitioner_id, currency, session_id, payment_id, payout_id, reason, cause)
  values (post.kind, post.practitioner_id, post.currency, post.session_id, post.payment_id, post.payout_id, post.reason, v_cause)
  on conflict on constraint ledger_transactions_one_per_fact do nothing
  returning t.id into v_transaction;
  if v_transaction is null then
    return (select t.id from public.ledger_transactions t where t.kind = post.kind and t.cause = v_cause);
  end if;

  insert into public.ledger_postings (transaction_id, account, amount_minor)
  select v_transaction, line.key, line.value::bigint from jsonb_each_text(post.lines) line where line.value::bigint <> 0;
  return v_transaction;
end
$$;

-- Name: post_ledger_line(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.post_ledger_line() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  -- Lock the lot first, add up afterwards: a line that somebody committed while we waited must be in the sum.
  perform from public.user_session_credits c where c.id = new.lot_id and c.user_id = new.user_id for no key update;
  if not found then
    perform private.refuse(404, 'credits_not_found', 'There are no such credits.');
  end if;
  if private.credits_by_ledger(new.lot_id) < 0 then
    perform private.refuse(402, 'no_usable_credit', 'There is no credit left.');
  end if;
  update public.user_session_credits c set credits_remaining = private.credits_by_ledger(new.lot_id)
   where c.id = new.lot_id;
  return null;
end
$$;

-- Name: revenue_shares; Type: TABLE; Schema: public

CREATE TABLE public.revenue_shares (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    practitioner_percent numeric(5,2) NOT NULL,
    valid_from timestamp with time zone DEFAULT now() NOT NULL,
    created_by uuid DEFAULT auth.uid(),
    CONSTRAINT revenue_shares_percent_is_one CHECK (((practitioner_percent >= (0)::numeric) AND (practitioner_percent <= (100)::numeric)))
);

-- Name: TABLE revenue_shares; Type: COMMENT; Schema: public

COMMENT ON TABLE public.revenue_shares IS 'The practitioner''s part of what clients pay. Append-only: payments refer to it.';

-- Name: COLUMN revenue_shares.created_by; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.revenue_shares.created_by IS 'No foreign key: who decided it stays, also when they have left.';

-- Name: practitioner_share(numeric, public.revenue_shares); Type: FUNCTION; Schema: private

CREATE FUNCTION private.practitioner_share(amount numeric, share public.revenue_shares) RETURNS numeric
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
  select round(amount * (share).practitioner_percent / 100, 2);
$$;

-- Name: presence(uuid, bigint); Type: FUNCTION; Schema: private

CREATE FUNCTION private.presence(session_id uuid, uid bigint, OUT was_heard boolean, OUT intervals tstzmultirange, OUT there_since timestamp with time zone, OUT last_heard_at timestamp with time zone) RETURNS record
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  v_from   timestamptz := private.facts_count_from(presence.session_id);
  v_event  private.channel_events;
  v_closed timestamptz;
begin
  was_heard := false;
  intervals := '{}';
  for v_event in
    select * from private.channel_events e
     where e.session_id = presence.session_id and e.uid = presence.uid and e.change in ('joined', 'left') and not e.is_recorder
       and e.happened_at >= v_from
     order by e.client_seq nulls last, e.happened_at, e.change
  loop
    was_heard := true;
    last_heard_at := greatest(last_heard_at, v_event.happened_at);
    v_closed := private.closed_after(presence.session_id, there_since);
    if v_closed <= v_event.happened_at then
      -- They left before, unheard, and the channel closed behind the last of them.
      intervals := intervals + tstzmultirange(tstzrange(there_since, v_closed));
      there_since := null;
    end if;
    if v_event.change = 'joined' then
      there_since := coalesce(there_since, v_event.happened_at);
    else
      there_since := coalesce(there_since, v_event.happened_at - make_interval(secs => v_event.stayed_seconds));
      if there_since < v_event.happened_at then
        intervals := intervals + tstzmultirange(tstzrange(there_since, v_event.happened_at));
      end if;
      there_since := null;
    end if;
  end loop;

  v_closed := private.closed_after(presence.session_id, there_since);
  if v_closed is not null then
    intervals := intervals + tstzmultirange(tstzrange(there_since, v_closed));
    there_since := null;
    last_heard_at := greatest(last_heard_at, v_closed);
  end if;
end
$$;

-- Name: put_in_outbox(text, uuid, uuid, jsonb); Type: FUNCTION; Schema: private

CREATE FUNCTION private.put_in_outbox(kind text, user_id uuid, session_id uuid DEFAULT NULL::uuid, payload jsonb DEFAULT '{}'::jsonb) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  insert into private.outbox (kind, user_id, session_id, payload)
  values (put_in_outbox.kind, put_in_outbox.user_id, put_in_outbox.session_id, put_in_outbox.payload);
$$;

-- Name: queue_audit_line(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.queue_audit_line() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  insert into private.audit_lines_to_seal (line_id) values (new.id);
  return null;
end
$$;

-- Name: queue_expired_recordings(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.queue_expired_recordings() RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  -- Counted from the end of what was recorded. A participant's row goes with its class's.
  insert into private.erasure_queue (recording_id, reason)
  select r.id, 'retention' from public.session_recordings r
   where r.class_recording_id is null and r.status in ('completed', 'failed')
     and coalesce(r.ended_at, r.completed_at, r.created_at) < now() - make_interval(days => private.retention_days(r))
     and not exists (select from private.erasure_queue q where q.recording_id = r.id and q.reason = 'retention')
  on conflict do nothing;
$$;

-- Name: queue_recordings_of(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.queue_recordings_of(user_id uuid) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  -- Those of their own sessions, at once. Of classes they were in, whatever withdrawing the consent decides.
  insert into private.erasure_queue (recording_id, reason, user_id)
  select r.id, 'account_erased', queue_recordings_of.user_id
    from public.session_recordings r
    join public.session_schedules s on s.id = r.session_id
    left join public.practitioners p on p.id = s.practitioner_id
   where r.class_recording_id is null and not private.is_class(s)
     and queue_recordings_of.user_id in (s.client_id, p.user_id)
  on conflict do nothing;
  delete from public.user_consents c where c.user_id = queue_recordings_of.user_id;
  update private.erasure_queue q set due_at = now()
   where q.user_id = queue_recordings_of.user_id and q.due_at > now();
$$;

-- Name: queue_withdrawn_recordings(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.queue_withdrawn_recordings() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  insert into private.erasure_queue (recording_id, reason, user_id, due_at)
  select case when k.stays_for_others then mine.id else r.id end, 'consent_withdrawn', old.user_id,
         now() + interval '1 day'  -- time to take back a slip of the finger; it is closed at once
    from (select s.id from public.session_schedules s
            join public.practitioners p on p.id = s.practitioner_id where p.user_id = old.user_id
          union
          select s.id from public.session_schedules s where s.client_id = old.user_id
          union
          select a.session_id from private.channel_admissions a where a.user_id = old.user_id) theirs
    join public.session_schedules s on s.id = theirs.id
    join public.session_recordings r on r.session_id = s.id and r.class_recording_id is null
    left join public.recording_rules rule on rule.session_id = s.id
   cross join lateral (select coalesce(rule.survives_withdrawal, false) and private.is_class(s)
                              and private.host_of(s) is distinct from old.user_id as stays_for_others) k
    left join public.session_schedules seat on k.stays_for_others and seat.group_class_id = s.id and seat.client_id = old.user_id
    left join public.session_recordings mine on mine.session_id = seat.id and mine.class_recording_id = r.id
   where old.user_id in (select private.people_recorded(s))
     and (not k.stays_for_others or mine.id is not null)
  on conflict do nothing;
  return null;
end
$$;

-- Name: quote_cancellation(uuid, boolean); Type: FUNCTION; Schema: private

CREATE FUNCTION private.quote_cancellation(session_id uuid, use_grace boolean) RETURNS private.cancellation_terms
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_session public.session_schedules;
begin
  select * into v_session from public.session_schedules s where s.id = quote_cancellation.session_id;
  if v_session.id is null or private.part_in(v_session) is null then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  end if;
  perform private.refuse_uncancellable(v_session);
  return private.cancellation_terms(v_session, use_grace);
end
$$;

-- Name: raise_calendar_sequence(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.raise_calendar_sequence() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  new.calendar_sequence := old.calendar_sequence + 1;
  return new;
end
$$;

-- Name: reason_to_drop(private.mails); Type: FUNCTION; Schema: private

CREATE FUNCTION private.reason_to_drop(mail private.mails) RETURNS text
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  s public.session_schedules;
begin
  if not exists (select from auth.users u where u.id = mail.user_id and u.email <> '') then
    return 'no_address';
  elsif exists (select from private.mails dead join auth.users u on u.id = dead.user_id
                 where dead.user_id = mail.user_id and dead.status = 'failed' and dead.reason = 'inactive_recipient'
                   and dead.recipient_email = u.email) then
    return 'address_is_dead';
  elsif private.is_opted_out(mail.user_id, (select k.category from private.mail_kinds k
                                             where (k.kind, k.audience) = (mail.kind, mail.audience))) then
    return 'opted_out';
  end if;

  if mail.kind in ('session_booked', 'session_rescheduled', 'session_reminder') then
    select * into s from public.session_schedules x where x.id = mail.session_id;
    if s.id is null or s.status = 'cancelled' then
      return 'session_cancelled';
    elsif s.status <> 'scheduled' or s.scheduled_at <= now() then
      return 'session_started';
    elsif mail.kind = 'session_reminder' and s.scheduled_at is distinct from (mail.facts ->> 'scheduled_at')::timestamptz then
      return 'session_moved';  -- it is reminded of anew
    elsif mail.kind <> 'session_reminder' and exists (
        select from private.mails told
         where told.session_id = mail.session_id and told.user_id = mail.user_id and told.id <> mail.id
           and told.kind in ('session_booked', 'session_rescheduled') and told.status = 'sent'
           and told.told_sequence >= s.calendar_sequence) then
      return 'told_already';  -- the mail before said the present time
    end if;
  elsif mail.kind = 'session_completed' and (mail.facts ->> 'is_no_show')::boolean then
    return 'was_not_there';
  elsif mail.kind = 'recording_ready' and not exists (
      select from public.session_recordings r where r.session_id = mail.session_id and r.status = 'completed') then
    return 'recording_gone';
  elsif mail.kind = 'credit_expiring' and not exists (
      select from public.user_session_credits lot
       where lot.id = (mail.facts ->> 'lot_id')::uuid and lot.credits_remaining > 0) then
    return 'credits_used';
  end if;
  return null;
end
$$;

-- Name: recall(text, text, jsonb); Type: FUNCTION; Schema: private

CREATE FUNCTION private.recall(rpc text, idempotency_key text, arguments jsonb) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_caller text := private.idempotency_caller(arguments);
  v_found  private.remembered_answers;
begin
  -- The lock lives as long as the transaction, that is, exactly as long as the first call runs.
  if not pg_try_advisory_xact_lock(hashtextextended(v_caller || ' ' || recall.rpc || ' ' || recall.idempotency_key, 0)) then
    perform private.refuse(409, 'request_in_progress', 'The same request is still running.', 'Ask again in a moment.');
  end if;

  select * into v_found from private.remembered_answers r
   where r.caller = v_caller and r.rpc = recall.rpc and r.idempotency_key = recall.idempotency_key
     and r.answered_at > now() - interval '24 hours';
  if found and v_found.arguments <> recall.arguments then
    perform private.refuse(409, 'idempotency_key_reused', 'This Idempotency-Key was used for another request.',
                           'Use a new key for a new request.');
  end if;
  return v_found.answer;
end;
$$;

-- Name: receipt_of(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.receipt_of(checkout_id uuid) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  c      public.checkout_sessions;
  v_mail uuid;
begin
  select * into c from public.checkout_sessions x where x.id = receipt_of.checkout_id for no key update;
  select m.id into v_mail from private.mails m
   where m.user_id = c.user_id and m.kind = 'payment_received' and m.facts ->> 'checkout_id' = c.id::text limit 1;
  if not found then
    perform private.put_in_outbox('payment_received', c.user_id, c.session_id, jsonb_build_object(
      'checkout_id', c.id, 'amount_minor', c.amount_minor, 'currency', c.currency));
    select m.id into v_mail from private.mails m
     where m.user_id = c.user_id and m.kind = 'payment_received' and m.facts ->> 'checkout_id' = c.id::text limit 1;
  end if;
  return v_mail;
end
$$;

-- Name: receive_channel_event(text, integer, text, text, bigint, boolean, bigint, timestamp with time zone, integer, jsonb); Type: FUNCTION; Schema: private

CREATE FUNCTION private.receive_channel_event(notice_id text, event_type integer, channel text, change text, uid bigint, is_recorder boolean, client_seq bigint, happened_at timestamp with time zone, stayed_seconds integer, payload jsonb) RETURNS private.channel_events
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_event private.channel_events;
begin
  insert into private.channel_events as e
    (notice_id, event_type, channel, change, uid, is_recorder, client_seq, happened_at, stayed_seconds, session_id, payload)
  values
    (receive_channel_event.notice_id, receive_channel_event.event_type, receive_channel_event.channel,
     receive_channel_event.change, receive_channel_event.uid, receive_channel_event.is_recorder,
     receive_channel_event.client_seq, least(receive_channel_event.happened_at, now()),
     receive_channel_event.stayed_seconds, (private.session_of_channel(receive_channel_event.channel)).id,
     receive_channel_event.payload)
  on conflict (notice_id) do update set deliveries = e.deliveries + 1
  returning e.* into v_event;
  if v_event.deliveries = 1 and v_event.session_id is not null and v_event.change is not null and not v_event.is_recorder then
    perform private.apply_channel_event(v_event);
  end if;
  return v_event;
end
$$;

-- Name: record_direct_signature(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.record_direct_signature() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  -- Not where the evidence is there first, and it is what signs the contract.
  insert into public.contract_signatures (contract_id, user_id, is_observed, ip_address, user_agent)
  select new.id, auth.uid(), false, left(new.ip_address, 200), left(new.user_agent, 500)
   where not exists (select from public.contract_signatures s where s.contract_id = new.id);
  return null;
end
$$;

-- Name: record_payment(public.checkout_sessions); Type: FUNCTION; Schema: private

CREATE FUNCTION private.record_payment(c public.checkout_sessions) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_share  public.revenue_shares := private.revenue_share_at(c.paid_at);
  v_amount numeric := round(c.amount_minor / 100.0, 2);
begin
  insert into public.session_payments
    (session_id, practitioner_id, client_id, total_amount, practitioner_share, platform_share, currency, status,
     stripe_payment_intent_id, checkout_id, revenue_share_id)
  select s.id, s.practitioner_id, s.client_id, v_amount, private.practitioner_share(v_amount, v_share),
         v_amount - private.practitioner_share(v_amount, v_share), c.currency, 'completed',
         c.stripe_payment_intent_id, c.id, v_share.id
    from public.session_schedules s where s.id = c.session_id;
end
$$;

-- Name: record_refund(uuid, text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.record_refund(refund_id uuid, stripe_refund_id text) RETURNS uuid
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  update private.payment_refunds r
     set status = case when record_refund.stripe_refund_id is null then 'failed' else 'sent' end,
         stripe_refund_id = record_refund.stripe_refund_id
   where r.id = record_refund.refund_id
  returning r.checkout_id;
$$;

-- Name: recording_blocks_admission(uuid, uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.recording_blocks_admission(session_id uuid, user_id uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pg_advisory_xact_lock_shared(private.recording_lock(recording_blocks_admission.session_id));
  if not exists (select from public.session_recordings r
                  where r.session_id = recording_blocks_admission.session_id and r.status in ('pending', 'recording')) then
    return false;
  end if;
  perform from public.user_consents c
    where c.user_id = recording_blocks_admission.user_id and c.consent_type = 'session_recording'
      and c.consented and c.revoked_at is null
    for share;
  if found then
    return false;
  end if;
  -- Their seat weighs more than the recording: it ends, and then the door is open.
  perform private.request_recording_stop(recording_blocks_admission.session_id, 'somebody_has_not_agreed');
  return true;
end;
$$;

-- Name: recording_due(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.recording_due(session_id uuid, OUT task text, OUT recording public.session_recordings) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_variable
declare
  r       public.session_rules;
  s       public.session_schedules;
  v_there uuid[];
  v_left  timestamptz;
  v_start record;
begin
  select * into r from public.session_rules;
  select * into s from public.session_schedules x where x.id = session_id;
  select coalesce(array_agg(h.user_id) filter (where h.is_there), '{}'), max(h.last_sign_at) into v_there, v_left
    from private.people_heard_of(s.id) h;

  if v_there = '{}' and private.channel_was_heard(s.id) and v_left <= now() - make_interval(mins => r.empty_minutes) then
    perform private.request_recording_stop(s.id, 'channel_empty');
  end if;
  update public.session_recordings x set next_check_at = now() + interval '1 minute'
   where x.session_id = s.id and x.status in ('pending', 'recording') and x.stop_requested_at is not null
     and x.agora_sid is not null and x.next_check_at <= now()
  returning x.* into recording;
  if found then
    task := 'stop';
  elsif private.host_of(s) = any (v_there) and private.may_record(s)
    and exists (select from private.clients_of(s) c where c.user_id = any (v_there)) then
    begin
      v_start := private.start_recording(s.id, 'mix');
      recording := v_start.recording;
      task := case when v_start.won then 'start' end;
    exception when sqlstate 'PT409' then
      null;  -- somebody has not agreed
    end;
  end if;
end
$$;

-- Name: recording_lock(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.recording_lock(session_id uuid) RETURNS bigint
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
  select hashtextextended('recording ' || session_id, 0);
$$;

-- Name: recording_part(public.session_recordings, integer, text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.recording_part(recording public.session_recordings, part integer, file_name text, OUT part_kinds text[], OUT kind text, OUT storage_path text) RETURNS record
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $_$
declare
  v_files uuid := coalesce((recording).class_recording_id, (recording).id);
  v_parts private.recording_files[];
  v_file  private.recording_files;
begin
  v_parts := array(select f from private.recording_files f
                    where f.recording_id = v_files and f.kind in ('mp4', 'playlist') order by f.position);
  if recording_part.file_name is null then
    v_file := v_parts[recording_part.part];
  else
    select * into v_file from private.recording_files f
     where f.recording_id = v_files
       and f.storage_path = regexp_replace((recording).storage_path, '[^/]*$', '') || recording_part.file_name;
  end if;
  if v_file.id is null then
    perform private.refuse(404, 'recording_not_found', 'This link leads to no recording, or not any more.');
  end if;
  part_kinds := array(select p.kind from unnest(v_parts) p);
  kind := v_file.kind;
  storage_path := v_file.storage_path;
end
$_$;

-- Name: recording_prefix(uuid, integer); Type: FUNCTION; Schema: private

CREATE FUNCTION private.recording_prefix(recording_id uuid, attempt integer) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
  select 'recordings/' || replace(recording_id::text, '-', '') || '/' || attempt;  -- Agora takes letters and digits only
$$;

-- Name: recording_task(public.session_recordings); Type: FUNCTION; Schema: private

CREATE FUNCTION private.recording_task(r public.session_recordings) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select case
    when r.status = 'processing' then 'look'
    when r.crashed_at is not null or r.missing_since < now() - interval '90 seconds' then 'look'
    -- Tokens end after a day: whatever Agora has or has not answered since, this is over.
    when r.created_at < now() - interval '26 hours' then 'look'
    when r.agora_sid is null then case when r.stop_requested_at is null then 'start' else 'find' end
    when r.stop_requested_at is not null then 'stop'
    else 'query'
  end;
$$;

-- Name: recording_wait(bigint); Type: FUNCTION; Schema: private

CREATE FUNCTION private.recording_wait(failures bigint) RETURNS interval
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
  select interval '1 minute' * (2 ^ (least(failures, 5) - 1));  -- 1, 2, 4, 8, 16 minutes
$$;

-- Name: recount_class(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.recount_class() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  update public.session_schedules class set current_participants = private.taken_seats(class.id)
   where class.id = coalesce(new.group_class_id, old.group_class_id);
  update public.session_holds h set status = 'consumed'
   where tg_op = 'INSERT' and h.user_id = new.client_id and h.group_class_id = new.group_class_id and h.status = 'held';
  return null;
end
$$;

-- Name: redact_audit_lines(uuid[], text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.redact_audit_lines(line_ids uuid[], cause text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  insert into private.audit_redactions (line_id, cause)
  select l.id, redact_audit_lines.cause from public.audit_logs l
   where l.id = any (line_ids) and l.personal_salt is not null
  on conflict do nothing;
  update public.audit_logs l set ip_address = null, user_agent = null, metadata = null, personal_salt = null
   where l.id = any (line_ids) and l.personal_salt is not null;
  return (select count(*)::integer from unnest(line_ids));
end
$$;

-- Name: redeliver_webhooks(uuid, timestamp with time zone, uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.redeliver_webhooks(endpoint_id uuid, since timestamp with time zone, delivery_id uuid) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_count integer;
begin
  if not private.is_admin() and coalesce((select auth.role()), '') <> 'service_role' then
    perform private.refuse(403, 'admins_only', 'Only admins keep webhooks.');
  elsif redeliver_webhooks.since is null and redeliver_webhooks.delivery_id is null then
    perform private.refuse(422, 'nothing_to_redeliver', 'Say which delivery, or since when.');
  end if;
  update public.webhook_deliveries d
     set status = 'pending', attempts = 0, next_attempt_at = now(), ended_at = null, lease_id = null, lease_until = null
   where (redeliver_webhooks.delivery_id is null or d.id = redeliver_webhooks.delivery_id)
     and (redeliver_webhooks.endpoint_id is null or d.endpoint_id = redeliver_webhooks.endpoint_id)
     and (redeliver_webhooks.since is null or d.created_at >= redeliver_webhooks.since)
     -- By name whatever became of it; by time only what did not arrive.
     and (redeliver_webhooks.delivery_id is not null or d.status = 'failed');
  get diagnostics v_count = row_count;
  return v_count;
end
$$;

-- Name: rederive_sessions(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.rederive_sessions() RETURNS TABLE(session_id uuid, was_at timestamp with time zone, is_at timestamp with time zone, moved boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_session record;
begin
  for v_session in
    select s.id, s.scheduled_at, s.local_start at time zone s.time_zone as meant_at
      from public.session_schedules s
     -- A seat moves with its class.
     where s.status = 'scheduled' and s.scheduled_at > now() and s.group_class_id is null
       and s.local_start at time zone s.time_zone <> s.scheduled_at
       -- The hour that comes twice has one wall time and two instants: there the instant decides.
       and s.scheduled_at at time zone s.time_zone <> s.local_start
     -- Whoever moves later makes room first from the far end, whoever moves earlier from the near one.
     order by s.practitioner_id,
              case when s.local_start at time zone s.time_zone > s.scheduled_at then -extract(epoch from s.scheduled_at)
                   else extract(epoch from s.scheduled_at) end
  loop
    session_id := v_session.id;
    was_at := v_session.scheduled_at;
    is_at := v_session.meant_at;
    begin
      update public.session_schedules s set scheduled_at = v_session.meant_at where s.id = v_session.id;
      moved := true;
    exception when sqlstate 'PT409' then
      moved := false;
    end;
    return next;
  end loop;

  -- Whoever was booked twice gets the time once the other has left it.
  insert into private.practitioner_time (practitioner_id, during, session_id, occasion, form)
  select s.practitioner_id,
         private.buffered(s.scheduled_at, s.duration_minutes, private.lock_calendar(s.practitioner_id)),
         s.id, private.occasion_of(s), s.session_location
    from public.session_schedules s
   where s.id in (select c.session_id from private.practitioner_time_conflicts c)
   order by s.created_at, s.id
  on conflict do nothing;
end
$$;

-- Name: refuse(integer, text, text, text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.refuse(status integer, code text, sentence text, way_forward text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  -- PostgREST turns PTnnn into HTTP nnn and shows the message to people: one line, ASCII.
  if way_forward is null then
    raise exception using errcode = 'PT' || status, message = sentence, detail = code;
  end if;
  raise exception using errcode = 'PT' || status, message = sentence, detail = code, hint = way_forward;
end
$$;

-- Name: refuse_backward_status(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.refuse_backward_status() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  perform private.refuse(409, 'status_moves_forward', format('A session that is %s cannot become %s.', old.status, new.status));
end
$$;

-- Name: refuse_closed_room(public.session_schedules); Type: FUNCTION; Schema: private

CREATE FUNCTION private.refuse_closed_room(session public.session_schedules) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  v_opens  timestamptz := (session).scheduled_at - interval '15 minutes';
  v_closes timestamptz := (session).scheduled_at + make_interval(mins => (session).duration_minutes + 60);
begin
  if (session).status = 'cancelled' then
    perform private.refuse(409, 'session_cancelled', 'This session was cancelled.');
  elsif (session).status = 'completed' or now() >= v_closes then
    perform private.refuse(409, 'session_over', 'This session is over.');
  elsif (session).session_location = 'in_person' then
    perform private.refuse(409, 'session_in_person', 'This session takes place in person, not online.');
  elsif now() < v_opens then
    perform private.refuse(409, 'too_early', 'The room opens 15 minutes before the session starts.',
                           'It opens at ' || to_char(v_opens at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z".'));
  end if;
end;
$$;

-- Name: refuse_erasure(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.refuse_erasure(user_id uuid) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  v_practitioner uuid := (select p.id from public.practitioners p where p.user_id = refuse_erasure.user_id);
begin
  if exists (select from public.user_roles r where r.user_id = refuse_erasure.user_id and r.role = 'admin')
     and not exists (select from public.user_roles r join auth.users u on u.id = r.user_id
                      where r.user_id <> refuse_erasure.user_id and r.role = 'admin') then
    perform private.refuse(409, 'last_admin', 'The last admin cannot be erased.', 'Make somebody else an admin first.');
  elsif exists (select from public.legal_holds h where h.user_id = refuse_erasure.user_id and h.released_at is null) then
    perform private.refuse(409, 'under_legal_hold', 'This account is kept for a legal claim and cannot be erased yet.',
                           'An admin can release the hold.');
  elsif exists (select from public.session_schedules s
                 where (s.practitioner_id = v_practitioner or (s.client_id = refuse_erasure.user_id and not private.is_class(s)))
                   and s.status in ('scheduled', 'in_progress') and s.scheduled_at <= now()) then
    perform private.refuse(409, 'session_running', 'A session of this account is running.', 'Ask again when it is over.');
  elsif exists (select from public.ledger_transactions t
                  join public.ledger_postings p on p.transaction_id = t.id and p.account = 'practitioner_payable'
                 where t.practitioner_id = v_practitioner group by t.currency having sum(p.amount_minor) <> 0)
     or exists (select from public.payouts p where p.practitioner_id = v_practitioner and p.status = 'pending') then
    perform private.refuse(409, 'payouts_open', 'There is money that was earned and not yet paid out.',
                           'Ask again when the last payout has been made.');
  end if;
end
$$;

-- Name: refuse_full_class(public.session_schedules, uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.refuse_full_class(class public.session_schedules, for_user uuid) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  if class.status <> 'scheduled' then
    perform private.refuse(409, 'class_not_open', 'This class can no longer be joined.');
  elsif class.scheduled_at <= now() then
    perform private.refuse(409, 'class_over', 'This class has begun.');
  elsif exists (select from public.session_schedules s
                 where s.group_class_id = class.id and s.client_id = for_user and s.status <> 'cancelled') then
    perform private.refuse(409, 'already_joined', 'You have a seat in this class already.');
  elsif private.taken_seats(class.id) + private.held_seats(class.id, for_user) >= class.max_participants then
    perform private.refuse(409, 'class_full', 'This class is full.', 'Please choose another class.');
  elsif (class.practitioner_id in (select private.paused_practitioner_ids())
         or class.scheduled_at + make_interval(mins => class.duration_minutes) > private.bookable_until(class.practitioner_id))
        and not private.is_admin()
        -- What was open when it was held is theirs: it may be paid for already.
        and not exists (select from public.session_holds h
                         where h.group_class_id = class.id and h.user_id = for_user and h.status = 'held' and h.expires_at > now()) then
    perform private.refuse(409, 'practitioner_unavailable', 'This practitioner takes no bookings at the moment.',
                           'Please choose another practitioner.');
  end if;
end
$$;

-- Name: refuse_to_forget_files(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.refuse_to_forget_files() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  if exists (select from private.recording_files f where f.recording_id = old.id) then
    perform private.refuse(409, 'recording_has_files', 'The files of this recording would be left behind.',
                           'Put it into the erasure queue; purge-recordings erases both.');
  end if;
  return old;
end
$$;

-- Name: refuse_unbookable(uuid, timestamp with time zone, integer, uuid, uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.refuse_unbookable(practitioner_id uuid, scheduled_at timestamp with time zone, duration_minutes integer, for_user uuid, ignore_session uuid DEFAULT NULL::uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  -- Asked under the lock: what is free now stays free until this transaction has taken it.
  perform private.lock_calendar(refuse_unbookable.practitioner_id);
  case private.why_not_bookable(
      refuse_unbookable.practitioner_id, refuse_unbookable.scheduled_at, refuse_unbookable.duration_minutes,
      refuse_unbookable.for_user, refuse_unbookable.ignore_session)
    when 'practitioner_unavailable' then
      perform private.refuse(409, 'practitioner_unavailable', 'This practitioner takes no bookings at the moment.',
                             'Please choose another practitioner.');
    when 'slot_in_past' then
      perform private.refuse(409, 'slot_in_past', 'This time has passed.', 'Please choose another time.');
    when 'too_short_notice' then
      perform private.refuse(409, 'too_short_notice', 'This practitioner needs more notice than that.',
                             'Please choose a later time.');
    when 'beyond_horizon' then
      perform private.refuse(409, 'beyond_horizon', 'This practitioner does not take bookings that far ahead.',
                             'Please choose an earlier time.');
    when 'outside_availability' then
      perform private.refuse(409, 'outside_availability', 'The practitioner does not work at this time.',
                             'Please choose another time.');
    when 'slot_taken' then
      perform private.refuse(409, 'slot_taken', 'This time is taken.', 'Please choose another time.');
    else null;
  end case;
end
$$;

-- Name: refuse_uncancellable(public.session_schedules); Type: FUNCTION; Schema: private

CREATE FUNCTION private.refuse_uncancellable(session public.session_schedules) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  if session.status <> 'scheduled' and (session.status <> 'in_progress' or private.part_in(session) = 'client') then
    perform private.refuse(409, 'session_not_cancellable', 'Only a scheduled session can be cancelled.');
  elsif private.part_in(session) = 'client' and session.scheduled_at <= now() then
    perform private.refuse(409, 'session_started', 'This session has started and can no longer be cancelled.');
  end if;
end
$$;

-- Name: refuse_unknown_account(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.refuse_unknown_account() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_user constant uuid := (to_jsonb(new) ->> tg_argv[0])::uuid;
begin
  -- Without a lock, for which a hosted project need not give us the right: a row that is written in the very instant in which
  -- the account goes has its id, and nothing else of the person.
  if not exists (select from auth.users u where u.id = v_user) then
    raise foreign_key_violation using
      message = format('There is no account %s, so it cannot be in %I.%I.', v_user, tg_table_name, tg_argv[0]);
  end if;
  return new;
end
$$;

-- Name: refuse_unknown_place(text, text, point); Type: FUNCTION; Schema: private

CREATE FUNCTION private.refuse_unknown_place(session_location text, physical_location text, location_coordinates point) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $_$
begin
  if session_location = 'online' then
    return;
  elsif btrim(coalesce(physical_location, '')) = '' then
    perform private.refuse(409, 'location_missing', 'Please say where the session takes place.',
                           'Choose a studio or give an address.');
  elsif physical_location ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' and not exists (
        select from public.studio_locations l where l.id = physical_location::uuid and l.is_active) then
    perform private.refuse(404, 'studio_not_found', 'There is no such studio.', 'Choose a studio or give an address.');
  elsif abs(location_coordinates[0]) > 180 or abs(location_coordinates[1]) > 90 then
    perform private.refuse(409, 'coordinates_off_the_map', 'These coordinates are not on the map.',
                           'Give longitude and latitude in degrees.');
  end if;
end
$_$;

-- Name: refuse_without_waiver(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.refuse_without_waiver(user_id uuid) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  if not exists (select from public.liability_waivers w join public.waiver_policy p on p.version = w.waiver_policy_version
                  where w.user_id = refuse_without_waiver.user_id and w.session_id is null and p.is_active) then
    perform private.refuse(409, 'waiver_required', 'Please sign the current liability waiver first.');
  end if;
end
$$;

-- Name: release_hold(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.release_hold(hold_id uuid) RETURNS SETOF public.session_holds
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_hold public.session_holds;
begin
  update public.session_holds h set status = 'released'
   where h.id = release_hold.hold_id and h.user_id = (select auth.uid()) and h.status = 'held';
  select * into v_hold from public.session_holds h where h.id = release_hold.hold_id and h.user_id = (select auth.uid());
  if not found then
    perform private.refuse(404, 'hold_not_found', 'There is no such hold.');
  elsif v_hold.status = 'consumed' then
    perform private.refuse(409, 'hold_consumed', 'This time is booked already.', 'Cancel the session instead.');
  end if;
  return next v_hold;
end
$$;

-- Name: remember(text, text, jsonb, jsonb); Type: FUNCTION; Schema: private

CREATE FUNCTION private.remember(rpc text, idempotency_key text, arguments jsonb, answer jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  insert into private.remembered_answers as r (caller, rpc, idempotency_key, arguments, answer)
  values (private.idempotency_caller(arguments), remember.rpc, remember.idempotency_key, remember.arguments, remember.answer)
  on conflict on constraint remembered_answers_pkey
  do update set arguments = excluded.arguments, answer = excluded.answer, answered_at = now();

  delete from private.remembered_answers r
   where r.ctid in (select old.ctid from private.remembered_answers old
                     where old.answered_at < now() - interval '24 hours' limit 20 for update skip locked);
end;
$$;

-- Name: remind_of_ending_contracts(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.remind_of_ending_contracts() RETURNS integer
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  with ending as (
    select c as contract from public.practitioner_contracts c
     where c.status = 'signed' and c.expires_at > now() and c.expires_at <= now() + interval '30 days'
       and not exists (select from public.contract_events e where e.contract_id = c.id and e.event = 'expiring')
  )
  select count(private.note_contract_event(contract, 'expiring'))::integer from ending;
$$;

-- Name: remind_sessions(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.remind_sessions(session_id uuid DEFAULT NULL::uuid) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_session public.session_schedules;
  v_count   integer := 0;
begin
  for v_session in
    update public.session_schedules s set reminder_sent = now()
     where s.id in (
       select due.id from public.session_schedules due
        where due.status = 'scheduled' and due.reminder_sent is null
          and due.scheduled_at > now() and due.scheduled_at <= now() + interval '24 hours'
          and (due.max_participants = 1 or due.group_class_id is not null)
          and due.id = coalesce(remind_sessions.session_id, due.id)
          and not exists (select from private.outbox o
                           where o.session_id = due.id and o.kind in ('session_booked', 'session_rescheduled')
                             and o.created_at > due.scheduled_at - interval '26 hours')
        order by due.scheduled_at limit 200 for no key update skip locked)
    returning s.*
  loop
    perform private.put_in_outbox('session_reminder', v_session.client_id, v_session.id, jsonb_build_object(
      'practitioner_id', v_session.practitioner_id, 'scheduled_at', v_session.scheduled_at,
      'group_class_id', v_session.group_class_id));
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$$;

-- Name: request_recording_stop(uuid, text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.request_recording_stop(session_id uuid, reason text) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  -- Agora is told by whoever looks next: the caller itself, or the reconciler within a minute.
  update public.session_recordings r
     set stop_requested_at = now(), stop_reason = request_recording_stop.reason, next_check_at = now()
   where r.session_id = request_recording_stop.session_id and r.status in ('pending', 'recording')
     and r.stop_requested_at is null;
$$;

-- Name: request_refund(uuid, uuid, integer, text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.request_refund(checkout_id uuid, session_id uuid, amount_minor integer, reason text) RETURNS private.requested_refund
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  c        public.checkout_sessions;
  v_refund private.payment_refunds;
  v_left   integer;
begin
  if not private.is_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins refund payments.');
  end if;
  select * into c from public.checkout_sessions known
   where known.outcome is not null and (known.id = request_refund.checkout_id or known.session_id = request_refund.session_id)
   order by known.paid_at desc limit 1;
  if not found then
    perform private.refuse(404, 'payment_not_found', 'There is no such payment.');
  elsif c.stripe_payment_intent_id is null then
    perform private.refuse(409, 'payment_not_refundable', 'This payment cannot be refunded here.', 'Refund it in Stripe.');
  end if;
  perform private.lock_client(c.user_id);
  select * into c from public.checkout_sessions known where known.id = c.id for update;

  select * into v_refund from private.payment_refunds r
   where r.checkout_id = c.id and r.status = 'requested' and r.created_at > now() - interval '23 hours'
   order by r.created_at desc limit 1;
  v_left := c.amount_minor - greatest(c.refunded_minor, c.returned_minor);
  if v_left = 0 then
    perform private.refuse(409, 'already_refunded', 'This payment was given back already.');
  elsif v_refund.amount_minor <> coalesce(request_refund.amount_minor, v_left) then
    perform private.refuse(409, 'request_in_progress', 'Another refund of this payment is on its way.', 'Ask again in a moment.');
  elsif coalesce(request_refund.amount_minor, v_left) > v_left then
    perform private.refuse(409, 'refund_too_large', format('At most %s %s can be given back.',
                                                           round(v_left / 100.0, 2), upper(c.currency)));
  end if;

  if v_refund.id is null then
    insert into private.payment_refunds as r (checkout_id, amount_minor, reason, requested_by)
    values (c.id, coalesce(request_refund.amount_minor, v_left), request_refund.reason, (select auth.uid()))
    returning r.* into v_refund;
  end if;
  return (v_refund.id, c.id, v_refund.amount_minor, c.currency, c.stripe_payment_intent_id, c.stripe_session_id);
end
$$;

-- Name: resolve_mail(uuid, text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.resolve_mail(mail_id uuid, outcome text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_mail private.mails;
begin
  update private.mails m
     set status = outcome, reason = 'by_operator', lease_id = null, lease_until = null,
         attempts = 0, next_attempt_at = case outcome when 'queued' then now() end,
         ended_at = case outcome when 'sent' then now() end
   where m.id = resolve_mail.mail_id and m.status in ('unknown', 'failed') and outcome in ('sent', 'queued')
  returning m.* into v_mail;
  if not found then
    perform private.refuse(409, 'mail_not_stuck', 'Only an unknown or failed mail can be called sent, or queued again.');
  end if;
  if outcome = 'sent' then
    perform private.log_mail(v_mail);
  end if;
  return v_mail.status;
end
$$;

-- Name: retention_days(public.session_recordings); Type: FUNCTION; Schema: private

CREATE FUNCTION private.retention_days(recording public.session_recordings) RETURNS integer
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select coalesce(
    (select rule.retention_days from public.recording_rules rule where rule.session_id = (recording).session_id),
    (select p.retention_days from public.data_retention_policies p where p.table_name = 'session_recordings' and p.auto_delete));
$$;

-- Name: retire(text, timestamp with time zone, integer); Type: FUNCTION; Schema: private

CREATE FUNCTION private.retire(table_name text, older_than timestamp with time zone, at_most integer) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $_$
#variable_conflict use_column
declare
  v_where text := case retire.table_name
    when 'meditation_memories' then 'created_at < $1 and user_id not in (select private.held_user_ids())'
    when 'journal_entries'     then 'created_at < $1 and user_id not in (select private.held_user_ids())'
    when 'user_notifications'  then 'created_at < $1 and user_id not in (select private.held_user_ids())'
    when 'email_logs'          then 'created_at < $1 and user_id not in (select private.held_user_ids())'
    when 'session_notes'       then 'created_at < $1 and author_id not in (select private.held_user_ids())'
                                    ' and session_id not in (select private.held_session_ids())'
    when 'user_consents'       then 'revoked_at < $1 and user_id not in (select private.held_user_ids())'
    when 'webhook_deliveries'  then 'created_at < $1 and status <> ''pending''' end;
  v_rows  integer := 0;
begin
  if v_where is not null then
    execute format('delete from public.%I t where t.ctid = any (array('
                   'select ctid from public.%I where %s limit $2 for update skip locked))',
                   retire.table_name, retire.table_name, v_where)
      using older_than, at_most;
    get diagnostics v_rows = row_count;
  elsif retire.table_name = 'session_schedules' then
    update public.session_schedules s
       set notes = null, host_room_url = null, location_coordinates = null
     where s.id in (
       select old.id from public.session_schedules old
        where old.scheduled_at < older_than and old.status in ('completed', 'cancelled')
          and num_nonnulls(old.notes, old.host_room_url, old.location_coordinates) > 0
          and old.id not in (select private.held_session_ids())
        limit at_most for update skip locked);
    get diagnostics v_rows = row_count;
  elsif retire.table_name = 'audit_logs' then
    v_rows := private.redact_audit_lines(array(
      select l.id from public.audit_logs l
       where l.created_at < older_than and l.personal_salt is not null
         and (l.user_id is null or l.user_id not in (select private.held_user_ids()))
       limit at_most), 'retention');
  end if;
  return v_rows;
end
$_$;

-- Name: return_credit(public.session_schedules); Type: FUNCTION; Schema: private

CREATE FUNCTION private.return_credit(session public.session_schedules) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_lot     public.user_session_credits;
  v_payment public.session_payments := private.payment_of(session.id);
begin
  if session.credit_lot_id is null then
    perform private.grant_credits(
      session.client_id, 1, session_type_id => session.session_type_id, kind => 'return', session_id => session.id,
      metadata => jsonb_build_object('source', 'cancellation_refund', 'currency', v_payment.currency,
                                     'total_amount', v_payment.total_amount));
    return;
  end if;

  select * into v_lot from public.user_session_credits c where c.id = session.credit_lot_id for no key update;
  if v_lot.expires_at <= now() and private.part_in(session) <> 'client' then
    -- Not the client's doing: a month to use it. What else was left in the lot has ended, and stays so.
    insert into public.credit_ledger (lot_id, user_id, change, kind)
    select v_lot.id, v_lot.user_id, -v_lot.credits_remaining, 'expiry' where v_lot.credits_remaining > 0;
    update public.user_session_credits c set expires_at = now() + interval '30 days' where c.id = v_lot.id;
  end if;
  insert into public.credit_ledger (lot_id, user_id, change, kind, session_id)
  values (v_lot.id, v_lot.user_id, 1, 'return', session.id);
end
$$;

-- Name: revenue_share_at(timestamp with time zone); Type: FUNCTION; Schema: private

CREATE FUNCTION private.revenue_share_at(moment timestamp with time zone) RETURNS public.revenue_shares
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select s from public.revenue_shares s where s.valid_from <= moment order by s.valid_from desc limit 1;
$$;

-- Name: revoke_recording_share_link(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.revoke_recording_share_link(share_link_id uuid) RETURNS timestamp with time zone
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_link    public.recording_share_links;
  v_session public.session_schedules;
begin
  -- Of two at once, the second finds what the first has done.
  select * into v_link from public.recording_share_links l where l.id = revoke_recording_share_link.share_link_id for update;
  select s.* into v_session from public.session_recordings r join public.session_schedules s on s.id = r.session_id
   where r.id = v_link.recording_id;
  if v_link.id is null
     or not (v_link.created_by = (select auth.uid()) or private.is_admin()
             or coalesce((select auth.uid()) in (private.host_of(v_session), v_session.client_id), false)) then
    perform private.refuse(404, 'share_link_not_found', 'There is no such link.');
  end if;
  update public.recording_share_links l set revoked_at = coalesce(l.revoked_at, now()) where l.id = v_link.id
  returning l.* into v_link;
  return v_link.revoked_at;
end
$$;

-- Name: room_name(text, uuid, uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.room_name(kind text, practitioner_id uuid, client_id uuid) RETURNS text
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  -- As the pages name rooms, only with microseconds: two bookings may share a millisecond, and names are unique.
  select format('%s-%s-%s-%s', kind, left(practitioner_id::text, 8), left(client_id::text, 8),
                floor(extract(epoch from clock_timestamp()) * 1000000)::bigint);
$$;

-- Name: rotate_recording_link(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.rotate_recording_link(recording_id uuid) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_recording public.session_recordings;
  v_standing  private.recording_standing;
begin
  select * into v_recording from public.session_recordings r where r.id = rotate_recording_link.recording_id for update;
  v_standing := private.my_recording_standing(v_recording.session_id);
  if (v_standing.session).id is null then
    perform private.refuse(404, 'recording_not_found', 'There is no such recording.');
  elsif not v_standing.is_staff then
    perform private.refuse(403, 'not_allowed', 'Only the practitioner can replace the link of a recording.');
  elsif v_recording.status <> 'completed' then
    perform private.refuse(409, 'recording_not_completed', 'This recording has no link yet.');
  end if;

  -- A class recording has a link for each participant: the old ones end together.
  update public.session_recordings r
     set recording_url = private.new_recording_link(r.id, split_part(r.recording_url, '?', 1))
   where r.status = 'completed' and v_recording.id in (r.id, r.class_recording_id);
  return (select r.recording_url from public.session_recordings r where r.id = v_recording.id);
end;
$$;

-- Name: rotate_webhook_secret(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.rotate_webhook_secret(endpoint_id uuid) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_secret text;
begin
  if not private.is_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins keep webhooks.');
  end if;
  perform from public.webhook_endpoints e where e.id = rotate_webhook_secret.endpoint_id for update;
  if not found then
    perform private.refuse(404, 'webhook_endpoint_not_found', 'There is no such endpoint.');
  end if;
  delete from private.webhook_secrets s where s.endpoint_id = rotate_webhook_secret.endpoint_id and s.retires_at < now();
  update private.webhook_secrets s set retires_at = now() + interval '1 day'
   where s.endpoint_id = rotate_webhook_secret.endpoint_id and s.retires_at is null;
  insert into private.webhook_secrets (endpoint_id, secret)
  values (rotate_webhook_secret.endpoint_id, private.new_webhook_secret()) returning secret into v_secret;
  return v_secret;
end
$$;

-- Name: run_payouts(integer, timestamp with time zone); Type: FUNCTION; Schema: private

CREATE FUNCTION private.run_payouts(batch integer, moment timestamp with time zone DEFAULT now()) RETURNS private.payouts_run
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_ran    private.payouts_run := (0, 0, 0, false);
  v_period public.payout_periods;
  v_owed   private.owed_lines;
begin
  perform private.lock_payouts();
  perform private.payout_period_at(moment);
  v_period := private.period_to_pay(moment);
  for v_owed in
    select u.practitioner_id, u.currency, array_agg(u.transaction_id), array_agg(u.amount_minor) from private.unpaid_earnings u
     where u.counts_from < private.midnight(v_period.period_end)
     group by u.practitioner_id, u.currency having sum(u.amount_minor) > 0
     order by u.practitioner_id, u.currency limit batch
  loop
    perform private.make_payout(v_owed, v_period);
    v_ran.payouts_made := v_ran.payouts_made + 1;
  end loop;

  if v_ran.payouts_made < batch then  -- otherwise there may be more
    update public.payout_periods p set closed_at = moment where p.number = v_period.number and p.closed_at is null;
    v_ran.periods_closed := case when found then 1 else 0 end;
    v_ran.is_done := (private.period_to_pay(moment)).closed_at is not null or v_period.number is null;
  end if;
  if v_ran.is_done then
    select count(*) into v_ran.carried_forward from (
      select from private.unpaid_earnings u where u.counts_from < private.midnight(v_period.period_end)
       group by u.practitioner_id, u.currency having sum(u.amount_minor) < 0) negative;
  end if;
  return v_ran;
end
$$;

-- Name: salt_audit_line(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.salt_audit_line() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  new.created_at := now();
  new.personal_salt := uuid_send(gen_random_uuid());
  new.personal_sha256 := private.audit_personal_sha256(new);
  return new;
end
$$;

-- Name: practitioner_banking; Type: TABLE; Schema: public

CREATE TABLE public.practitioner_banking (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    practitioner_id uuid NOT NULL,
    bank_name text NOT NULL,
    account_holder_name text NOT NULL,
    account_type text NOT NULL,
    country text DEFAULT 'CA'::text NOT NULL,
    verified boolean DEFAULT false NOT NULL,
    verified_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    account_last4 text,
    routing_last4 text,
    changed_at timestamp with time zone DEFAULT now() NOT NULL,
    cooling_until timestamp with time zone DEFAULT now() NOT NULL,
    verified_by uuid,
    account_number_encrypted text GENERATED ALWAYS AS (('****'::text || COALESCE(account_last4, ''::text))) STORED NOT NULL,
    routing_number_encrypted text GENERATED ALWAYS AS (('****'::text || COALESCE(routing_last4, ''::text))) STORED NOT NULL,
    CONSTRAINT practitioner_banking_account_type_check CHECK ((account_type = ANY (ARRAY['checking'::text, 'savings'::text]))),
    CONSTRAINT practitioner_banking_is_dated_when_verified CHECK ((verified = (verified_at IS NOT NULL))),
    CONSTRAINT practitioner_banking_shows_no_more_than_four CHECK (((account_last4 ~ '^[0-9A-Z]{4}$'::text) AND (routing_last4 ~ '^[0-9A-Z]{4}$'::text)))
);

-- Name: COLUMN practitioner_banking.changed_at; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.practitioner_banking.changed_at IS 'When this became another account. Whoever verifies it names it by this.';

-- Name: COLUMN practitioner_banking.cooling_until; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.practitioner_banking.cooling_until IS 'No payout before, verified or not.';

-- Name: COLUMN practitioner_banking.account_number_encrypted; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.practitioner_banking.account_number_encrypted IS 'A mask. The ciphertext is private.bank_numbers.account_number.';

-- Name: COLUMN practitioner_banking.routing_number_encrypted; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.practitioner_banking.routing_number_encrypted IS 'A mask, as above.';

-- Name: save_practitioner_banking(uuid, uuid, text, text, text, text, text, text, text, jsonb); Type: FUNCTION; Schema: private

CREATE FUNCTION private.save_practitioner_banking(user_id uuid, practitioner_id uuid, bank_name text, account_holder_name text, account_type text, country text, account_last4 text, routing_last4 text, fingerprint text, sealed jsonb) RETURNS public.practitioner_banking
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_saved       public.practitioner_banking;
  v_fingerprint text;
begin
  if not exists (select from public.practitioners p
                  where p.id = save_practitioner_banking.practitioner_id and p.user_id = save_practitioner_banking.user_id) then
    perform private.refuse(403, 'not_your_account', 'You can only save a bank account for yourself.');
  end if;

  -- Order matters: the row is locked before its numbers are looked at, so that two saves come one after the other.
  select b.* into v_saved from public.practitioner_banking b
   where b.practitioner_id = save_practitioner_banking.practitioner_id for update;
  select n.fingerprint into v_fingerprint from private.bank_numbers n
   where n.practitioner_id = save_practitioner_banking.practitioner_id;
  if v_fingerprint = save_practitioner_banking.fingerprint
     and (v_saved.bank_name, v_saved.account_holder_name, v_saved.account_type, v_saved.country)
       = (save_practitioner_banking.bank_name, save_practitioner_banking.account_holder_name,
          save_practitioner_banking.account_type, save_practitioner_banking.country) then
    return v_saved;
  end if;

  insert into public.practitioner_banking as b
    (practitioner_id, bank_name, account_holder_name, account_type, country, account_last4, routing_last4)
  values (
    save_practitioner_banking.practitioner_id, save_practitioner_banking.bank_name, save_practitioner_banking.account_holder_name,
    save_practitioner_banking.account_type, save_practitioner_banking.country,
    save_practitioner_banking.account_last4, save_practitioner_banking.routing_last4)
  on conflict (practitioner_id) do update
     set bank_name = excluded.bank_name, account_holder_name = excluded.account_holder_name,
         account_type = excluded.account_type, country = excluded.country, account_last4 = excluded.account_last4,
         routing_last4 = excluded.routing_last4, changed_at = clock_timestamp()
  returning b.* into v_saved;

  insert into private.bank_numbers as n (practitioner_id, account_number, routing_number, fingerprint)
  values (
    save_practitioner_banking.practitioner_id, sealed ->> 'account_number', sealed ->> 'routing_number',
    save_practitioner_banking.fingerprint)
  on conflict (practitioner_id) do update
     set account_number = excluded.account_number, routing_number = excluded.routing_number,
         fingerprint = excluded.fingerprint, sealed_at = now();

  perform private.put_in_outbox('banking_changed', save_practitioner_banking.user_id,
    payload => jsonb_build_object('account_last4', v_saved.account_last4));
  return v_saved;
end
$$;

-- Name: seal_at_commit(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.seal_at_commit() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform private.seal_audit_lines();
  return null;
end
$$;

-- Name: seal_audit_lines(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.seal_audit_lines() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_last   private.audit_chain;
  v_line   public.audit_logs;
  v_lines  uuid[];
  v_sealed integer := 0;
begin
  if not pg_try_advisory_xact_lock(hashtextextended('audit_chain', 0)) then
    return 0;  -- somebody else is sealing; what they do not see yet is the next one's
  end if;
  -- Order matters: the lock first, then statements that see everything its last holder has committed.
  with taken as (delete from private.audit_lines_to_seal q returning q.line_id)
  select array_agg(t.line_id) into v_lines from taken t;
  if v_lines is null then
    return 0;  -- an earlier line of the same transaction has taken them all along
  end if;
  select * into v_last from private.audit_chain c order by c.position desc limit 1;
  v_last.position := coalesce(v_last.position, 0);
  v_last.sha256 := coalesce(v_last.sha256, decode(repeat('00', 32), 'hex'));
  -- By their ids: joined to what was deleted, of which the planner expects two thousand, the whole log was read.
  for v_line in select l.* from public.audit_logs l where l.id = any (v_lines) order by l.created_at, l.id loop
    v_last.position := v_last.position + 1;
    v_last.line_sha256 := private.audit_line_sha256(v_line);
    v_last.sha256 := sha256(v_last.sha256 || v_last.line_sha256);
    insert into private.audit_chain (position, line_id, line_sha256, sha256)
    values (v_last.position, v_line.id, v_last.line_sha256, v_last.sha256);
    v_sealed := v_sealed + 1;
  end loop;
  return v_sealed;
end
$$;

-- Name: seal_contract_signature(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.seal_contract_signature() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_contract public.practitioner_contracts;
begin
  -- Signing and revoking at once: whoever comes second finds what the first has done.
  select c.* into v_contract from public.practitioner_contracts c where c.id = new.contract_id for update;
  if v_contract.status = 'pending' then
    new.signed_at := now();
  elsif v_contract.status = 'signed' then
    new.signed_at := v_contract.signed_at;
  elsif found then
    perform private.refuse(409, 'contract_not_pending', 'This contract can no longer be signed.');
  end if;
  select p.name, u.email into new.signer_name, new.signer_email
    from public.practitioners p left join auth.users u on u.id = p.user_id
   where p.id = v_contract.practitioner_id and p.user_id = new.user_id;
  if not found then
    perform private.refuse(403, 'signature_is_the_practitioners', 'Only the practitioner can sign this contract.');
  end if;
  new.text_sha256 := v_contract.text_sha256;
  new.signature_image_sha256 := encode(sha256(new.signature_image), 'hex');
  new.evidence_sha256 := private.sha256_hex(private.evidence_of_contract(new));
  return new;
end
$$;

-- Name: seal_waiver(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.seal_waiver() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  -- Not a generated column: it must stay when the image is redacted.
  new.signature_image_sha256 := encode(sha256(new.signature_image), 'hex');
  select p.full_name, u.email into new.signer_name, new.signer_email
    from auth.users u left join public.profiles p on p.id = u.id where u.id = new.user_id;
  new.evidence_sha256 := private.sha256_hex(private.evidence_of_waiver(new));
  return new;
end
$$;

-- Name: send_welcome_email(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.send_welcome_email(user_id uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_account auth.users;
begin
  select * into v_account from auth.users u
   where u.id = send_welcome_email.user_id and u.created_at > now() - interval '1 day';
  if found then
    perform private.welcome(v_account);
  end if;
  return true;
end
$$;

-- Name: session_consents(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.session_consents(session_id uuid) RETURNS TABLE(user_id uuid, has_consented boolean)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_session public.session_schedules;
begin
  -- A participant's row stands for the class.
  select class.* into v_session from public.session_schedules named
    join public.session_schedules class on class.id = coalesce(named.group_class_id, named.id)
   where named.id = session_consents.session_id;
  if v_session.id is null or not (coalesce(private.host_of(v_session) = (select auth.uid()), false) or private.is_admin()) then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  end if;
  return query
    select people.id, exists (select from public.user_consents c
                               where c.user_id = people.id and c.consent_type = 'session_recording'
                                 and c.consented and c.revoked_at is null)
      from (select private.host_of(v_session) union select c.user_id from private.clients_of(v_session) c) people (id)
     where people.id is not null;
end
$$;

-- Name: session_line(public.session_schedules, text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.session_line(session public.session_schedules, client_name text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
  select jsonb_build_object(
    'id', (session).id, 'scheduled_at', (session).scheduled_at, 'duration_minutes', (session).duration_minutes,
    'status', (session).status, 'is_group', (session).max_participants > 1, 'class_name', (session).class_name,
    'client_id', case when (session).max_participants = 1 then (session).client_id end,
    'client_name', case when (session).max_participants = 1 then client_name end,
    'current_participants', (session).current_participants, 'max_participants', (session).max_participants,
    'session_location', (session).session_location, 'physical_location', (session).physical_location,
    'room_name', (session).room_name);
$$;

-- Name: session_of(uuid, jsonb); Type: FUNCTION; Schema: private

CREATE FUNCTION private.session_of(session_id uuid, facts jsonb) RETURNS public.session_schedules
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  v_session public.session_schedules;
begin
  select * into v_session from public.session_schedules s where s.id = session_of.session_id;
  if not found and facts ? 'scheduled_at' then
    v_session := jsonb_populate_record(v_session, facts || coalesce(facts -> 'session', '{}'));
    v_session.id := session_of.session_id;
    v_session.status := 'cancelled';
    v_session.calendar_sequence := coalesce(v_session.calendar_sequence, 0) + 1;  -- deleted: one more than the row had
  end if;
  return v_session;
end
$$;

-- Name: session_of_channel(text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.session_of_channel(channel text) RETURNS public.session_schedules
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $_$
  select s from public.session_schedules s
   where s.group_class_id is null and private.channel_of(s) = session_of_channel.channel
     and (s.room_name = session_of_channel.channel
       or s.id = case when session_of_channel.channel ~ '^session-[0-9a-f]{32}$'
                      then right(session_of_channel.channel, 32)::uuid end);
$_$;

-- Name: session_to_tell_of(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.session_to_tell_of(session_id uuid) RETURNS public.session_schedules
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  v_session public.session_schedules;
begin
  select * into v_session from public.session_schedules s where s.id = session_to_tell_of.session_id;
  if v_session.id is null or private.part_in(v_session) is null then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  end if;
  return v_session;
end
$$;

-- Name: session_types_of(public.session_schedules); Type: FUNCTION; Schema: private

CREATE FUNCTION private.session_types_of(class public.session_schedules) RETURNS uuid[]
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  -- The admin page makes a class of so many minutes, and does not say whether people stand or lie.
  select coalesce(array[(class).session_type_id], '{}') || coalesce(array_agg(t.id), '{}')
    from public.session_types t
   where (class).session_type_id is null and t.is_group and t.duration_minutes = (class).duration_minutes;
$$;

-- Name: session_attendance; Type: TABLE; Schema: public

CREATE TABLE public.session_attendance (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    session_id uuid NOT NULL,
    user_id uuid NOT NULL,
    source text NOT NULL,
    joined_at timestamp with time zone,
    left_at timestamp with time zone,
    intervals tstzmultirange DEFAULT '{}'::tstzmultirange NOT NULL,
    total_seconds integer,
    is_no_show boolean DEFAULT false NOT NULL,
    reason text,
    decided_by uuid,
    decided_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT session_attendance_absent_never_joined CHECK (((NOT is_no_show) OR (joined_at IS NULL))),
    CONSTRAINT session_attendance_leaves_after_joining CHECK ((left_at >= joined_at)),
    CONSTRAINT session_attendance_says_why_by_hand CHECK (((source = 'manual'::text) = (reason IS NOT NULL))),
    CONSTRAINT session_attendance_source_is_known CHECK ((source = ANY (ARRAY['agora'::text, 'token'::text, 'manual'::text])))
);

-- Name: TABLE session_attendance; Type: COMMENT; Schema: public

COMMENT ON TABLE public.session_attendance IS 'One line for each person in each session.';

-- Name: COLUMN session_attendance.left_at; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.session_attendance.left_at IS 'Null while they are there, and where nobody saw them leave.';

-- Name: COLUMN session_attendance.intervals; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.session_attendance.intervals IS 'When they were there, as far as it was seen.';

-- Name: COLUMN session_attendance.total_seconds; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.session_attendance.total_seconds IS 'Of the intervals; null if nobody knows.';

-- Name: COLUMN session_attendance.is_no_show; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.session_attendance.is_no_show IS 'They did not come, and the session rules say what follows.';

-- Name: set_attendance(uuid, uuid, boolean, text, timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: private

CREATE FUNCTION private.set_attendance(session_id uuid, user_id uuid, attended boolean, reason text, joined_at timestamp with time zone, left_at timestamp with time zone) RETURNS SETOF public.session_attendance
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_session public.session_schedules;
  v_rules   public.session_rules;
  v_part    text;
  v_line    uuid;
  v_during  tstzmultirange := '{}';
begin
  select class.* into v_session from public.session_schedules named
    join public.session_schedules class on class.id = coalesce(named.group_class_id, named.id)
   where named.id = set_attendance.session_id;
  v_part := private.part_in(v_session);
  if v_session.id is null or v_part is null or v_part not in ('practitioner', 'admin') then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  end if;
  v_line := private.line_of(v_session, set_attendance.user_id);
  if v_line is null then
    perform private.refuse(404, 'person_not_in_session', 'This person has no part in this session.');
  elsif btrim(coalesce(set_attendance.reason, '')) = '' then
    perform private.refuse(422, 'reason_missing', 'Please say why.');
  elsif set_attendance.attended and v_part = 'practitioner' and set_attendance.user_id = auth.uid() then
    -- What they earn hangs on it.
    perform private.refuse(403, 'not_about_oneself', 'Only an admin can say that you were there.');
  elsif v_session.status = 'cancelled' then
    perform private.refuse(409, 'session_cancelled', 'This session was cancelled.');
  elsif now() < v_session.scheduled_at then
    perform private.refuse(409, 'session_not_begun', 'This session has not begun.');
  end if;
  select * into v_rules from public.session_rules;
  if not set_attendance.attended and now() < v_session.scheduled_at + make_interval(mins =>
       case when set_attendance.user_id = private.host_of(v_session) then v_rules.practitioner_grace_minutes
            else v_rules.client_grace_minutes end) then
    perform private.refuse(409, 'grace_not_over', 'It is too early to say that they did not come.', 'They may still come.');
  elsif set_attendance.left_at < set_attendance.joined_at or greatest(set_attendance.joined_at, set_attendance.left_at) > now()
     or (set_attendance.joined_at is null and set_attendance.left_at is not null) then
    perform private.refuse(422, 'times_not_possible', 'Nobody was there from then until then.');
  end if;

  perform private.attendance_lock(v_session.id);
  if set_attendance.attended and set_attendance.left_at is not null then
    v_during := tstzmultirange(tstzrange(set_attendance.joined_at, set_attendance.left_at));
  end if;
  return query
    insert into public.session_attendance as a
      (session_id, user_id, source, joined_at, left_at, intervals, total_seconds, is_no_show, reason, decided_by, decided_at)
    values
      (v_line, set_attendance.user_id, 'manual',
       case when set_attendance.attended then set_attendance.joined_at end,
       case when set_attendance.attended then set_attendance.left_at end, v_during,
       case when not set_attendance.attended then 0
            else extract(epoch from set_attendance.left_at - set_attendance.joined_at)::integer end,
       not set_attendance.attended, btrim(set_attendance.reason), auth.uid(), now())
    on conflict (session_id, user_id) do update
      set source = excluded.source, joined_at = excluded.joined_at, left_at = excluded.left_at,
          intervals = excluded.intervals, total_seconds = excluded.total_seconds, is_no_show = excluded.is_no_show,
          reason = excluded.reason, decided_by = excluded.decided_by, decided_at = excluded.decided_at
    returning a.*;
end
$$;

-- Name: set_session_status(uuid, text, text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.set_session_status(session_id uuid, status text, note text DEFAULT NULL::text) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  update public.session_schedules s set status = set_session_status.status, notes = coalesce(note, s.notes)
   where s.id = set_session_status.session_id and s.status in ('scheduled', 'in_progress')
     and s.status <> set_session_status.status;
$$;

-- Name: settle_cancellation(public.session_schedules, boolean, text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.settle_cancellation(session public.session_schedules, uses_grace boolean, reason text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_terms private.cancellation_terms := private.cancellation_terms(session, uses_grace);
  v_part  text := private.part_in(session);
begin
  if private.is_class(session) then
    update public.session_schedules seat set status = 'cancelled', notes = 'Cancelled: the class was cancelled'
     where seat.group_class_id = session.id and seat.status in ('scheduled', 'in_progress');
  elsif v_terms.credit_returned = 1 then
    perform private.return_credit(session);
  elsif v_terms.cancellation_type <> 'last_minute' then
    update public.user_session_credits c set credits_owed = c.credits_owed - 1
     where c.id = session.credit_lot_id and c.credits_owed > 0;
  end if;
  if uses_grace then
    -- Where the page looks whether the grace is used up.
    update public.user_session_credits c set grace_cancellation_used = true
     where c.id = coalesce(session.credit_lot_id, (
       select lot.id from public.user_session_credits lot where lot.user_id = session.client_id order by lot.created_at limit 1));
  end if;

  insert into public.session_cancellations
    (session_id, user_id, cancellation_type, hours_before_session, fee_charged, fee_currency, credit_returned,
     credit_currency, reason, approved_by, cancellation_policy_version)
  values
    (session.id, case when not private.is_class(session) then session.client_id end, v_terms.cancellation_type,
     v_terms.hours_before_session, v_terms.fee_charged, v_terms.currency, v_terms.credit_returned, v_terms.currency,
     settle_cancellation.reason, case when v_part <> 'client' then auth.uid() end, v_terms.cancellation_policy_version);
  perform private.put_in_outbox('session_cancelled', session.client_id, session.id, jsonb_build_object(
    'by', v_part, 'practitioner_id', session.practitioner_id, 'scheduled_at', session.scheduled_at,
    'group_class_id', session.group_class_id, 'cancellation_type', v_terms.cancellation_type,
    'credit_returned', v_terms.credit_returned, 'fee_charged', v_terms.fee_charged, 'currency', v_terms.currency));
end
$$;

-- Name: settle_cancelled_session(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.settle_cancelled_session() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
begin
  perform private.settle_cancellation(old, new.grace_cancellation_used,
    substring(new.notes from '^Cancelled(?: by practitioner)?: (.*?)(?: ?\(Grace cancellation used\))?$'));
  return null;
end
$_$;

-- Name: settle_checkout(public.checkout_sessions); Type: FUNCTION; Schema: private

CREATE FUNCTION private.settle_checkout(c public.checkout_sessions) RETURNS public.checkout_sessions
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  if c.status = 'paid' and c.outcome is null then
    c := private.fulfil_checkout(c);
  elsif c.status = 'processing' then
    -- The payer has done their part; the bank takes days.
    update public.session_holds h set expires_at = greatest(h.expires_at, c.scheduled_at)
     where h.id = c.hold_id and h.status = 'held' and h.checkout_session_id = c.id::text;
  elsif c.status in ('failed', 'expired') then
    update public.session_holds h set status = 'released'
     where h.id = c.hold_id and h.status = 'held' and h.checkout_session_id = c.id::text;
  end if;
  if c.outcome is not null then
    c := private.give_back_payment(c);
    update public.user_session_credits l set stripe_payment_intent_id = c.stripe_payment_intent_id
     where l.id = c.credit_lot_id and l.stripe_payment_intent_id is distinct from c.stripe_payment_intent_id;
  end if;

  update public.checkout_sessions old
     set outcome = c.outcome, session_id = c.session_id, credit_lot_id = c.credit_lot_id,
         returned_minor = c.returned_minor, credits_taken_back = c.credits_taken_back,
         next_check_at = case c.status
           when 'open' then now() + interval '4 minutes'
           when 'processing' then now() + interval '1 hour'
           -- Receipts come a moment later, refunds and disputes within months: ask ever more rarely.
           when 'paid' then case when c.paid_at > now() - interval '180 days'
             then now() + least(interval '7 days', greatest(interval '10 minutes', now() - c.paid_at)) end
         end
   where old.id = c.id
  returning old.* into c;
  return c;
end
$$;

-- Name: settle_deleted_session(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.settle_deleted_session() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  -- When a person is erased, their credits go with them.
  if exists (select from auth.users u where u.id = old.client_id) then
    perform private.settle_cancellation(old, false, 'The session was deleted');
  end if;
  return old;
end
$$;

-- Name: settle_no_shows(public.session_schedules); Type: FUNCTION; Schema: private

CREATE FUNCTION private.settle_no_shows(session public.session_schedules) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_client record;
begin
  if not private.channel_was_heard(session.id) then
    return;
  end if;
  for v_client in select c.* from private.clients_of(session) c where private.came(session, c.user_id) is null loop
    perform private.mark_no_show(session, v_client.user_id);
  end loop;
end
$$;

-- Name: settle_payout(public.payouts, text, text, timestamp with time zone, text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.settle_payout(payout public.payouts, status text, transaction_reference text DEFAULT NULL::text, paid_at timestamp with time zone DEFAULT NULL::timestamp with time zone, failed_reason text DEFAULT NULL::text) RETURNS public.payouts
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  update public.payouts p
     set status = settle_payout.status, transaction_reference = settle_payout.transaction_reference,
         paid_at = settle_payout.paid_at, failed_reason = settle_payout.failed_reason, settled_by = auth.uid()
   where p.id = payout.id
  returning p.* into payout;
  if payout.status = 'failed' then
    update public.payout_lines l set released_at = now() where l.payout_id = payout.id;
    perform private.post('payout_failed', payout.practitioner_id, payout.currency,
      jsonb_build_object('practitioner_payable', payout.amount_minor, 'payouts_sent', -payout.amount_minor),
      payout_id => payout.id, reason => payout.failed_reason);
  else
    -- A payment under dispute keeps saying so; that it was paid out can be seen by the date.
    update public.session_payments p
       set paid_out_at = payout.paid_at, status = case p.status when 'completed' then 'paid_out' else p.status end
     where p.paid_out_at is null and p.id in (select private.payments_in(payout.id));
  end if;
  return payout;
end
$$;

-- Name: earned_seats; Type: TABLE; Schema: private

CREATE TABLE private.earned_seats (
    session_id uuid NOT NULL,
    payment_id uuid NOT NULL,
    practitioner_id uuid NOT NULL,
    currency text NOT NULL,
    money_id uuid NOT NULL,
    checkout_id uuid,
    place integer NOT NULL,
    price_minor bigint NOT NULL,
    before_minor bigint NOT NULL,
    revenue_share_id uuid,
    share_minor bigint,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT earned_seats_are_shared_somehow CHECK ((num_nonnulls(revenue_share_id, share_minor) = 1)),
    CONSTRAINT earned_seats_before_minor_check CHECK ((before_minor >= 0)),
    CONSTRAINT earned_seats_currency_check CHECK ((currency = ANY (ARRAY['cad'::text, 'usd'::text]))),
    CONSTRAINT earned_seats_price_minor_check CHECK ((price_minor >= 0))
);

-- Name: TABLE earned_seats; Type: COMMENT; Schema: private

COMMENT ON TABLE private.earned_seats IS 'Seats that were earned, and the money they are paid from: evidence.';

-- Name: COLUMN earned_seats.session_id; Type: COMMENT; Schema: private

COMMENT ON COLUMN private.earned_seats.session_id IS 'No foreign key, like payment_id and practitioner_id: money outlives what it is about.';

-- Name: COLUMN earned_seats.money_id; Type: COMMENT; Schema: private

COMMENT ON COLUMN private.earned_seats.money_id IS 'The checkout; of what is older than checkouts, the payment or the lot.';

-- Name: COLUMN earned_seats.checkout_id; Type: COMMENT; Schema: private

COMMENT ON COLUMN private.earned_seats.checkout_id IS 'No foreign key: checking one waits for whoever gives back, and who waits for the lock on this very money.';

-- Name: COLUMN earned_seats.place; Type: COMMENT; Schema: private

COMMENT ON COLUMN private.earned_seats.place IS 'The how many-th seat it is that this money pays for.';

-- Name: COLUMN earned_seats.before_minor; Type: COMMENT; Schema: private

COMMENT ON COLUMN private.earned_seats.before_minor IS 'The prices of the places before.';

-- Name: COLUMN earned_seats.share_minor; Type: COMMENT; Schema: private

COMMENT ON COLUMN private.earned_seats.share_minor IS 'Of payments that are older than the versions of the share, and were split when they came.';

-- Name: settle_seat(private.earned_seats, bigint, boolean); Type: FUNCTION; Schema: private

CREATE FUNCTION private.settle_seat(seat private.earned_seats, kept_minor bigint, is_disputed boolean) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_price  bigint := greatest(0, least(seat.price_minor, kept_minor - seat.before_minor));
  v_share  bigint := case when seat.revenue_share_id is null then case when v_price > 0 then seat.share_minor else 0 end
    else (select round(v_price * s.practitioner_percent / 100) from public.revenue_shares s where s.id = seat.revenue_share_id) end;
  v_posted record;
begin
  select count(*) as lines,
         coalesce(-sum(p.amount_minor) filter (where p.account = 'client_funds'), 0) as price,
         coalesce(sum(p.amount_minor) filter (where p.account = 'practitioner_payable'), 0) as share
    into v_posted
    from public.ledger_transactions t join public.ledger_postings p on p.transaction_id = t.id
   where t.session_id = seat.session_id and t.kind in ('accrual', 'reversal');

  perform private.post(
    case v_posted.lines when 0 then 'accrual' else 'reversal' end, seat.practitioner_id, seat.currency,
    jsonb_build_object(
      'client_funds', v_posted.price - v_price, 'practitioner_payable', v_share - v_posted.share,
      'platform_revenue', (v_price - v_share) - (v_posted.price - v_posted.share)),
    session_id => seat.session_id, payment_id => seat.payment_id,
    -- What is kept only ever gets less, so it names the fact.
    cause => case when v_posted.lines > 0 then format('%s, %s kept', seat.session_id, kept_minor) end);
  if num_nonnulls(seat.checkout_id, seat.revenue_share_id) > 0 then
    perform private.state_payment(seat.payment_id, v_price, v_share, is_disputed);
  end if;
end
$$;

-- Name: share_class_recording(uuid, text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.share_class_recording(recording_id uuid, opens_at text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  -- Participants' pages look for a recording under their own session: each who came gets a row and a link of their own.
  insert into public.session_recordings
    (session_id, class_recording_id, status, mode, storage_path, duration_seconds, file_size_bytes, started_at,
     completed_at, recording_url)
  select mine.id, r.id, 'completed', r.mode, r.storage_path, r.duration_seconds, r.file_size_bytes, r.started_at,
         r.completed_at, share_class_recording.opens_at
    from public.session_recordings r
    join public.session_schedules mine on mine.group_class_id = r.session_id and mine.status <> 'cancelled'
   where r.id = share_class_recording.recording_id
     and private.was_admitted(r.session_id, mine.client_id)
     -- Whoever has withdrawn meanwhile gets none, where the recording stays for the others.
     and exists (select from public.user_consents c
                  where c.user_id = mine.client_id and c.consent_type = 'session_recording'
                    and c.consented and c.revoked_at is null);
  update public.session_recordings r
     set recording_url = private.new_recording_link(r.id, share_class_recording.opens_at)
   where r.class_recording_id = share_class_recording.recording_id;
end;
$$;

-- Name: share_what_is_left(public.checkout_sessions, integer, boolean); Type: FUNCTION; Schema: private

CREATE FUNCTION private.share_what_is_left(c public.checkout_sessions, returned_minor integer, is_disputed boolean) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_kept bigint := c.amount_minor - returned_minor;
  v_seat private.earned_seats;
begin
  -- Order matters: the class, the session, its money, as whoever cancels or completes the session goes.
  perform from public.session_schedules class where class.id = c.group_class_id for update;
  perform from public.session_schedules s where s.id = c.session_id for update;
  perform private.lock_money(c.id);
  for v_seat in select * from private.earned_seats e where e.money_id = c.id order by e.place loop
    perform private.settle_seat(v_seat, v_kept, is_disputed);
  end loop;

  -- What was paid for a seat that is not earned: not yet, or not at all.
  perform private.state_payment(p.id, v_kept, case when s.status = 'cancelled' then 0
                                                   else (100 * private.practitioner_share(v_kept / 100.0, share))::bigint end, is_disputed)
     from public.session_payments p
     join public.session_schedules s on s.id = p.session_id
     join public.revenue_shares share on share.id = p.revenue_share_id
    where p.checkout_id = c.id and not exists (select from private.earned_seats e where e.payment_id = p.id);
end
$$;

-- Name: sign_by_evidence(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.sign_by_evidence() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  update public.practitioner_contracts c
     set status = 'signed', ip_address = new.ip_address, user_agent = new.user_agent
   where c.id = new.contract_id and c.status = 'pending';
  return null;
end
$$;

-- Name: spend_credit(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.spend_credit() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  insert into public.credit_ledger (lot_id, user_id, change, kind, session_id)
  values (new.credit_lot_id, new.client_id, -1, 'spend', new.id);
  return null;
end
$$;

-- Name: start_mail(uuid, uuid, text, text, integer); Type: FUNCTION; Schema: private

CREATE FUNCTION private.start_mail(mail_id uuid, lease_id uuid, recipient_email text, template_id text, told_sequence integer) RETURNS timestamp with time zone
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_until timestamptz;
begin
  update private.mails m
     set status = 'sending', started_at = now(), lease_until = now() + interval '2 minutes', attempts = m.attempts + 1,
         recipient_email = start_mail.recipient_email, template_id = start_mail.template_id,
         told_sequence = start_mail.told_sequence
   where m.id = start_mail.mail_id and m.lease_id = start_mail.lease_id and m.status = 'queued' and m.lease_until > now()
  returning m.lease_until into v_until;
  if v_until is null then
    perform private.refuse(409, 'lease_lost', 'Somebody else sends this mail now.');
  end if;
  return v_until;
end
$$;

-- Name: start_recording(uuid, text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.start_recording(session_id uuid, mode text, OUT won boolean, OUT recording public.session_recordings) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_standing private.recording_standing := private.my_recording_standing(session_id);
  v_session  public.session_schedules := v_standing.session;
  v_missing  bigint;
  v_id       uuid := gen_random_uuid();
begin
  if v_session.id is null then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  elsif not v_standing.is_staff then
    perform private.refuse(403, 'not_allowed', 'Only the practitioner can record a session.');
  end if;

  -- From here on the people present are as they are: whoever is being admitted has been, or waits.
  perform pg_advisory_xact_lock(private.recording_lock(v_session.id));
  select * into recording from public.session_recordings r where r.session_id = v_session.id and r.status <> 'failed';
  if found then
    if recording.status not in ('pending', 'recording') then
      perform private.refuse(409, 'session_already_recorded', 'This session has been recorded already.');
    end if;
    won := false;
    return;
  end if;

  -- Held as well: a session that is being cancelled is cancelled first, or finds this recording and stops it.
  select * into v_session from public.session_schedules s where s.id = v_session.id for share;
  perform private.refuse_closed_room(v_session);
  v_missing := private.count_without_consent(v_session);
  if v_missing > 0 then
    perform private.refuse(409, 'recording_consent_missing', 'Not everybody in this session has agreed to be recorded.',
                           v_missing || ' of the people present have not agreed.');
  end if;

  insert into public.session_recordings as r
    (id, session_id, mode, requested_by, cname, recorder_uid, prefix, record_until, next_check_at, deadline_at)
  values
    (v_id, v_session.id, start_recording.mode, (select auth.uid()), private.channel_of(v_session),
     nextval('private.recorder_uids'), private.recording_prefix(v_id, 1),
     v_session.scheduled_at + make_interval(mins => v_session.duration_minutes + 60),
     now() + interval '45 seconds', now() + private.patience_to_start())
  returning r.* into recording;
  won := true;
end;
$$;

-- Name: state_after(public.session_recordings, text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.state_after(r public.session_recordings, observation text, OUT status text, OUT failure_code text) RETURNS record
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  status := case
    when observation in ('ended', 'exited', 'uploaded', 'backed_up', 'playable', 'complete') then 'processing'
    when observation = 'partial' and now() > greatest(r.deadline_at, r.ended_at + interval '72 hours') then 'failed'
    when observation = 'partial' then 'processing'
    when observation in ('running', 'media_started') and r.status = 'pending' then 'recording'
    when observation = 'rejected' and r.status = 'pending' then 'failed'
    when observation = 'no_data' and r.status <> 'processing' then 'failed'
    when observation = 'absent' and (r.crashed_at is not null or r.status = 'recording') then 'failed'
    when observation = 'absent' and r.status = 'processing' and now() > r.deadline_at then 'failed'
    when observation in ('absent', 'no_worker') and r.status = 'pending' then 'next attempt'
    when observation in ('unclear', 'already_running') and r.status = 'pending' and r.agora_sid is null
         and now() > r.deadline_at then 'next attempt'
    else r.status
  end;
  failure_code := case
    when status = 'next attempt' and r.stop_requested_at is not null then 'stopped_before_start'
    when status = 'next attempt' and (r.attempt >= 3 or now() > r.record_until) then 'not_started'
    when status <> 'failed' then null
    when observation = 'rejected' then 'agora_rejected'
    when observation = 'partial' then 'upload_incomplete'
    when observation = 'absent' and r.crashed_at is not null then 'agora_crashed'
    else 'no_media'
  end;
  if failure_code is not null then
    status := 'failed';
  end if;
end;
$$;

-- Name: state_payment(uuid, bigint, bigint, boolean); Type: FUNCTION; Schema: private

CREATE FUNCTION private.state_payment(payment_id uuid, net_minor bigint, share_minor bigint, is_disputed boolean) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  update public.session_payments p
     set refunded_amount = p.total_amount - n.net, practitioner_share = n.share, platform_share = n.net - n.share,
         status = n.status, stripe_payment_intent_id = n.intent
    from (select old.id, round(net_minor / 100.0, 2) as net,
                 case when old.paid_out_at is not null then old.practitioner_share else round(share_minor / 100.0, 2) end as share,
                 case when net_minor = 0 and old.total_amount > 0 then 'refunded' when is_disputed then 'disputed'
                      when old.paid_out_at is not null then 'paid_out' else 'completed' end as status,
                 coalesce(c.stripe_payment_intent_id, old.stripe_payment_intent_id) as intent
            from public.session_payments old left join public.checkout_sessions c on c.id = old.checkout_id
           where old.id = state_payment.payment_id) n
   where p.id = n.id
     and (p.refunded_amount, p.practitioner_share, p.status, p.stripe_payment_intent_id)
         is distinct from (p.total_amount - n.net, n.share, n.status, n.intent);
$$;

-- Name: stop_recording(uuid, uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.stop_recording(session_id uuid, recording_id uuid) RETURNS public.session_recordings
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_recording public.session_recordings;
  v_standing  private.recording_standing;
begin
  select * into v_recording from public.session_recordings r where r.id = stop_recording.recording_id;
  v_standing := private.my_recording_standing(coalesce(v_recording.session_id, stop_recording.session_id));
  if (v_standing.session).id is not null and not v_standing.is_staff then
    perform private.refuse(403, 'not_allowed', 'Only the practitioner can stop a recording.');
  elsif stop_recording.recording_id is null then
    select * into v_recording from public.session_recordings r
     where r.session_id = (v_standing.session).id
     order by r.status = 'failed', r.created_at desc limit 1;
  end if;
  if v_recording.id is null or (v_standing.session).id is null then
    perform private.refuse(404, 'recording_not_found', 'There is no such recording.');
  end if;

  perform private.request_recording_stop(v_recording.session_id, 'asked');
  select * into v_recording from public.session_recordings r where r.id = v_recording.id;
  return v_recording;
end;
$$;

-- Name: stop_recording_of_ended_session(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.stop_recording_of_ended_session() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform private.request_recording_stop(new.id, 'session_' || new.status);
  return null;
end;
$$;

-- Name: stop_recordings_without_consent(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.stop_recordings_without_consent() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform private.request_recording_stop(s.id, 'consent_withdrawn')
    from public.session_recordings r
    join public.session_schedules s on s.id = r.session_id
   where r.status in ('pending', 'recording') and old.user_id in (select private.people_present(s));
  return null;
end;
$$;

-- Name: sync_profile(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.sync_profile() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  insert into public.profiles as p (id, email, full_name, avatar_url, phone_number, date_of_birth, address)
  values (
    new.id, new.email,
    new.raw_user_meta_data ->> 'full_name',
    new.raw_user_meta_data ->> 'avatar_url',
    new.raw_user_meta_data ->> 'phone_number',
    private.date_or_null(new.raw_user_meta_data ->> 'date_of_birth'),
    new.raw_user_meta_data ->> 'address')
  on conflict (id) do update set
    email         = excluded.email,
    full_name     = coalesce(excluded.full_name, p.full_name),
    avatar_url    = coalesce(excluded.avatar_url, p.avatar_url),
    phone_number  = coalesce(excluded.phone_number, p.phone_number),
    date_of_birth = coalesce(excluded.date_of_birth, p.date_of_birth),
    address       = coalesce(excluded.address, p.address);
  return null;
exception when others then
  -- A missing profile is a nuisance; an account that cannot be made is a lost person.
  raise warning 'profile of % not synced: %', new.id, sqlerrm;
  return null;
end
$$;

-- Name: take_back_credits(uuid, integer, text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.take_back_credits(lot_id uuid, credits integer, reason text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_lot   public.user_session_credits;
  v_taken integer;
begin
  select * into v_lot from public.user_session_credits c where c.id = take_back_credits.lot_id for no key update;
  v_taken := coalesce(least(take_back_credits.credits, v_lot.credits_remaining), 0);
  if v_taken > 0 then
    insert into public.credit_ledger (lot_id, user_id, change, kind, reason)
    values (v_lot.id, v_lot.user_id, -v_taken, 'refund', take_back_credits.reason);
  end if;
  update public.user_session_credits c set credits_owed = c.credits_owed + take_back_credits.credits - v_taken
   where c.id = v_lot.id and take_back_credits.credits > v_taken;
  return v_taken;
end
$$;

-- Name: take_held_time(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.take_held_time() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_during tstzrange;
begin
  if new.status <> 'held' or new.group_class_id is not null then
    delete from private.practitioner_time t where t.hold_id = new.id;
    return null;
  elsif tg_op = 'UPDATE' then
    -- Without the calendar's lock: whoever has that may be waiting for this row.
    update private.practitioner_time t set lapses_at = new.expires_at where t.hold_id = new.id;
    return null;
  end if;

  v_during := private.buffered(new.scheduled_at, new.duration_minutes, private.lock_calendar(new.practitioner_id));
  perform private.drop_lapsed_holds(new.practitioner_id, v_during);
  insert into private.practitioner_time (practitioner_id, during, hold_id, form, lapses_at)
  values (new.practitioner_id, v_during, new.id, new.session_location, new.expires_at);
  return null;
exception when exclusion_violation then
  perform private.refuse(409, 'slot_taken', 'This time is taken.', 'Please choose another time.');
end
$$;

-- Name: take_session_time(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.take_session_time() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_during tstzrange;
begin
  if not private.takes_time(new) then
    delete from private.practitioner_time t where t.session_id = new.id;
    return null;
  end if;

  v_during := private.buffered(new.scheduled_at, new.duration_minutes, private.lock_calendar(new.practitioner_id));
  if tg_op = 'UPDATE' and private.is_class(new) and new.scheduled_at <> old.scheduled_at then
    -- The two forms of a class move as one, and neither is in the other's way.
    delete from private.practitioner_time t where t.session_id = new.id;
    update public.session_schedules other set scheduled_at = new.scheduled_at
     where other.id = new.correlated_session_id and other.practitioner_id = new.practitioner_id
       and other.scheduled_at = old.scheduled_at and other.status = 'scheduled';
  end if;
  perform private.drop_lapsed_holds(new.practitioner_id, v_during);
  -- What was held for the client is what they get now.
  update public.session_holds h set status = 'consumed'
   where h.id in (select t.hold_id from private.practitioner_time t
                   where t.practitioner_id = new.practitioner_id and t.during && v_during)
     and h.user_id = new.client_id and h.status = 'held';

  insert into private.practitioner_time as t (practitioner_id, during, session_id, occasion, form)
  values (new.practitioner_id, v_during, new.id, private.occasion_of(new), new.session_location)
  on conflict (session_id) do update
    set practitioner_id = excluded.practitioner_id, during = excluded.during,
        occasion = excluded.occasion, form = excluded.form;
  return null;
exception when exclusion_violation or unique_violation then
  perform private.refuse(409, 'slot_taken', 'This time is taken.', 'Please choose another time.');
end
$$;

-- Name: take_time_off(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.take_time_off() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_during tstzrange := tstzrange(new.starts_at, new.ends_at);
begin
  perform private.lock_calendar(new.practitioner_id);
  perform private.drop_lapsed_holds(new.practitioner_id, v_during);
  insert into private.practitioner_time as t (practitioner_id, during, time_off_id, form)
  values (new.practitioner_id, v_during, new.id, 'none')
  on conflict (time_off_id) do update set practitioner_id = excluded.practitioner_id, during = excluded.during;
  return null;
exception when exclusion_violation then
  perform private.refuse(409, 'slot_taken', 'There is a session or other time off in this time.',
                         'Move or cancel the sessions first.');
end
$$;

-- Name: taken_seats(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.taken_seats(group_class_id uuid) RETURNS integer
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select count(*)::integer from public.session_schedules s
   where s.group_class_id = taken_seats.group_class_id and s.status <> 'cancelled';
$$;

-- Name: takes_time(public.session_schedules); Type: FUNCTION; Schema: private

CREATE FUNCTION private.takes_time(session public.session_schedules) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
  -- A seat takes none: its class does.
  select (session).status in ('scheduled', 'in_progress') and (session).group_class_id is null;
$$;

-- Name: tell_of_booking(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.tell_of_booking() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform private.put_in_outbox('session_booked', new.client_id, new.id, jsonb_build_object(
    'practitioner_id', new.practitioner_id, 'scheduled_at', new.scheduled_at, 'group_class_id', new.group_class_id));
  return null;
end
$$;

-- Name: tell_of_completion(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.tell_of_completion() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform private.put_in_outbox('session_completed', new.client_id, new.id, jsonb_build_object(
    'practitioner_id', new.practitioner_id, 'scheduled_at', new.scheduled_at, 'group_class_id', new.group_class_id,
    'is_no_show', exists (select from public.session_attendance a
                           where a.session_id = new.id and a.user_id = new.client_id and a.is_no_show)));
  return null;
end
$$;

-- Name: tell_of_failed_recording(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.tell_of_failed_recording() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  -- Once for each session: the next attempt is already coming, and tells no more.
  insert into private.outbox (kind, user_id, session_id, payload)
  select 'recording_failed', p.user_id, s.id, jsonb_build_object(
           'recording_id', new.id, 'failure_code', new.failure_code, 'client_id', s.client_id, 'scheduled_at', s.scheduled_at)
    from public.session_schedules s join public.practitioners p on p.id = s.practitioner_id
   where s.id = new.session_id and p.user_id is not null
     and not exists (select from private.outbox o where o.session_id = s.id and o.kind = 'recording_failed');
  return null;
end
$$;

-- Name: tell_of_move(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.tell_of_move() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform private.put_in_outbox('session_rescheduled', new.client_id, new.id, jsonb_build_object(
    'by', private.part_in(old), 'practitioner_id', new.practitioner_id, 'group_class_id', new.group_class_id,
    'previous_scheduled_at', old.scheduled_at, 'scheduled_at', new.scheduled_at));
  return null;
end
$$;

-- Name: tell_of_payout(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.tell_of_payout() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform private.put_in_outbox('payout_paid', p.user_id, null, jsonb_build_object(
            'payout_id', new.id, 'practitioner_id', new.practitioner_id, 'amount_minor', new.amount_minor,
            'currency', new.currency))
     from public.practitioners p where p.id = new.practitioner_id;
  return null;
end
$$;

-- Name: tell_of_recording(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.tell_of_recording() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform private.put_in_outbox('recording_ready', s.client_id, s.id, jsonb_build_object(
            'recording_id', new.id, 'practitioner_id', s.practitioner_id, 'scheduled_at', s.scheduled_at,
            'group_class_id', s.group_class_id))
     from public.session_schedules s where s.id = new.session_id;
  return null;
end
$$;

-- Name: tell_of_waiver(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.tell_of_waiver() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform private.put_in_outbox('waiver_signed', new.user_id, new.session_id, jsonb_build_object('waiver_id', new.id));
  return null;
end
$$;

-- Name: time_zone_of(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.time_zone_of(user_id uuid) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select coalesce(
    (select p.timezone from public.user_preferences p
      where p.user_id = time_zone_of.user_id and private.is_time_zone(p.timezone)),
    (select c.time_zone from public.practitioner_calendars c join public.practitioners p on p.id = c.practitioner_id
      where p.user_id = time_zone_of.user_id));
$$;

-- Name: time_zone_rules_are_current(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.time_zone_rules_are_current() RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select not exists (select from private.misread_time_zones());
$$;

-- Name: told_credits(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.told_credits(lot_id uuid) RETURNS private.told_credits
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select lot.credits_remaining, lot.expires_at, t.name
    from public.user_session_credits lot left join public.session_types t on t.id = lot.session_type_id
   where lot.id = told_credits.lot_id;
$$;

-- Name: told_document(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.told_document(document_id uuid) RETURNS private.told_document
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select w.waiver_policy_version::text, w.signed_at, w.signature_name, w.waiver_text, w.text_sha256
    from public.liability_waivers w where w.id = told_document.document_id
  union all
  select k.contract_version, k.signed_at, p.name, k.contract_text, k.text_sha256
    from public.practitioner_contracts k join public.practitioners p on p.id = k.practitioner_id
   where k.id = told_document.document_id;
$$;

-- Name: told_payment(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.told_payment(checkout_id uuid) RETURNS private.told_payment
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select c.id, c.description, c.amount_minor, c.returned_minor, c.currency, c.paid_at, c.receipt_url,
         c.stripe_payment_intent_id, c.outcome, c.credits, lot.expires_at
    from public.checkout_sessions c left join public.user_session_credits lot on lot.id = c.credit_lot_id
   where c.id = told_payment.checkout_id;
$$;

-- Name: told_row(jsonb); Type: FUNCTION; Schema: private

CREATE FUNCTION private.told_row(whole_row jsonb) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select whole_row
       - array['token_sha256', 'password_scrypt', 'embedding', 'signature_image', 'lease_id', 'lease_until', 'host_room_url',
               'practitioner_share', 'platform_share', 'revenue_share_id', 'approved_by', 'decided_by', 'requested_by', 'placed_by',
               'verified_by', 'actor', 'grantee_id', 'account_number_encrypted', 'routing_number_encrypted']
      || coalesce((select jsonb_build_object('practitioner_name', p.name) from public.practitioners p
                    where whole_row ->> 'practitioner_id' in (p.id::text, p.user_id::text) limit 1), '{}');
$$;

-- Name: told_session(public.session_schedules); Type: FUNCTION; Schema: private

CREATE FUNCTION private.told_session(session public.session_schedules) RETURNS private.told_session
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select (session).id, (session).status, (session).scheduled_at, coalesce((session).duration_minutes, 0),
         coalesce((session).time_zone, c.time_zone, 'America/Toronto'), (session).calendar_sequence, t.session_type,
         coalesce((session).max_participants, 1) > 1, (session).class_name, (session).session_location is distinct from 'in_person',
         case when (session).session_location = 'in_person' then private.place_of((session).physical_location) end,
         p.name, f.full_name,
         (session).scheduled_at - make_interval(hours => (private.policy_of(session)).standard_cancellation_hours)
    from (select 1) one
    left join public.practitioners p on p.id = (session).practitioner_id
    left join public.practitioner_calendars c on c.practitioner_id = p.id
    left join public.session_types t on t.id = (session).session_type_id
    left join public.profiles f on f.id = (session).client_id and not private.is_class(session);
$$;

-- Name: type_to_pay(uuid, integer, text, boolean); Type: FUNCTION; Schema: private

CREATE FUNCTION private.type_to_pay(session_type_id uuid, duration_minutes integer, session_type text, is_group boolean) RETURNS public.session_types
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_type public.session_types;
begin
  select * into v_type from public.session_types t
   where t.is_active
     and case when type_to_pay.session_type_id is not null then t.id = type_to_pay.session_type_id
              else (t.duration_minutes, t.session_type, t.is_group)
                   = (type_to_pay.duration_minutes, coalesce(type_to_pay.session_type, 'standing'),
                      coalesce(type_to_pay.is_group, false)) end;
  if not found then
    perform private.refuse(404, 'session_type_not_found', 'There is no such kind of session.');
  elsif v_type.duration_minutes <> type_to_pay.duration_minutes then
    perform private.refuse(409, 'duration_not_offered', format('This kind of session lasts %s minutes.', v_type.duration_minutes));
  end if;
  return v_type;
end
$$;

-- Name: unqueue_recordings(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.unqueue_recordings() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  delete from private.erasure_queue q
   where q.user_id = new.user_id and q.reason = 'consent_withdrawn' and q.begun_at is null;
  return null;
end
$$;

-- Name: unsubscribe(text, boolean); Type: FUNCTION; Schema: private

CREATE FUNCTION private.unsubscribe(token_sha256 text, opts_out boolean) RETURNS TABLE(category text, is_opted_out boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_link private.unsubscribe_links;
begin
  select * into v_link from private.unsubscribe_links l where l.token_sha256 = unsubscribe.token_sha256;
  if not found then
    perform private.refuse(404, 'link_not_found', 'This link is not known.', 'You can also switch mails off in your settings.');
  end if;
  if opts_out then
    insert into public.notification_preferences as p (user_id, session_reminders, follow_ups)
    values (v_link.user_id, v_link.category <> 'session_reminders', v_link.category <> 'follow_ups')
    on conflict (user_id) do update set
      session_reminders = p.session_reminders and excluded.session_reminders,
      follow_ups        = p.follow_ups and excluded.follow_ups;
  end if;
  return query
    select v_link.category, private.is_opted_out(v_link.user_id, v_link.category);
end
$$;

-- Name: user_id_by_email(text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.user_id_by_email(email text) RETURNS uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  if not (private.is_admin() or coalesce(auth.role(), '') = 'service_role') then
    perform private.refuse(403, 'admins_only', 'Only admins look people up by e-mail.');
  end if;
  return (select u.id from auth.users u where lower(u.email) = lower(user_id_by_email.email) limit 1);
end
$$;

-- Name: verify_banking(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.verify_banking() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_changes boolean := tg_op = 'INSERT';
begin
  if tg_op = 'UPDATE' then
    v_changes := (new.bank_name, new.account_holder_name, new.account_last4, new.routing_last4, new.account_type, new.country, new.changed_at)
                 is distinct from
                 (old.bank_name, old.account_holder_name, old.account_last4, old.routing_last4, old.account_type, old.country, old.changed_at);
  end if;
  if v_changes then
    new.verified := false;  -- another account, which nobody has looked at
    new.changed_at := now();
    new.cooling_until := now() + (select s.cooling_period from private.banking_settings s);
  end if;

  if not new.verified then
    new.verified_at := null;
    new.verified_by := null;
  elsif not old.verified then
    new.verified_at := now();
  end if;
  return new;
end
$$;

-- Name: verify_practitioner_banking(uuid, timestamp with time zone, boolean); Type: FUNCTION; Schema: private

CREATE FUNCTION private.verify_practitioner_banking(practitioner_id uuid, changed_at timestamp with time zone, verified boolean) RETURNS public.practitioner_banking
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_account public.practitioner_banking;
begin
  if not private.is_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins verify bank accounts.');
  elsif verify_practitioner_banking.practitioner_id in (select private.my_practitioner_ids()) then
    perform private.refuse(403, 'own_account', 'Nobody verifies their own bank account.', 'Ask another admin.');
  end if;

  select b.* into v_account from public.practitioner_banking b
   where b.practitioner_id = verify_practitioner_banking.practitioner_id for update;
  if not found then
    perform private.refuse(404, 'banking_not_found', 'This practitioner has no bank account here.');
  elsif v_account.changed_at <> verify_practitioner_banking.changed_at then
    perform private.refuse(409, 'banking_changed', 'The bank account has changed since you looked at it.', 'Look again.');
  elsif verify_practitioner_banking.verified
        and private.banking_obstacle(verify_practitioner_banking.practitioner_id) in ('no_account', 'not_checked', 'not_sealed') then
    perform private.refuse(409, 'banking_not_checked', 'These bank details were never checked.',
                           'Ask the practitioner to save them again.');
  end if;

  update public.practitioner_banking b
     set verified = verify_practitioner_banking.verified,
         verified_by = case when b.verified then b.verified_by else (select auth.uid()) end
   where b.id = v_account.id
  returning b.* into v_account;
  return v_account;
end
$$;

-- Name: visible_practitioner_ids(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.visible_practitioner_ids() RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select s.practitioner_id from public.session_schedules s where s.client_id = (select auth.uid())
  union
  select a.practitioner_id from public.practitioner_assignments a where a.client_id = (select auth.uid())
  union
  select r.practitioner_id from public.action_recommendations r where r.client_id = (select auth.uid());
$$;

-- Name: waiver_documents(uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.waiver_documents(waiver_id uuid) RETURNS SETOF public.signed_document
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select 'waiver', w.id, 'Liability waiver', w.waiver_policy_version::text, w.waiver_text, w.text_sha256,
         case when p.is_active then 'signed' else 'superseded' end, null::timestamptz, null::timestamptz,
         null::timestamptz, null::text, w.signed_at, w.user_id, w.signer_name, w.signer_email, true, w.ip_address,
         w.user_agent, w.signature_name, translate(encode(w.signature_image, 'base64'), E'\n', ''),
         w.signature_image_sha256, w.evidence_sha256
    from public.liability_waivers w join public.waiver_policy p on p.id = w.waiver_policy_id
   where w.id = waiver_documents.waiver_id
     and (w.user_id = (select auth.uid()) or private.is_admin());
$$;

-- Name: wall_range(date, time without time zone, time without time zone, text); Type: FUNCTION; Schema: private

CREATE FUNCTION private.wall_range(on_date date, start_time time without time zone, end_time time without time zone, time_zone text) RETURNS tstzrange
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  -- Hours that begin in the hour the clocks skip can end before they begin: then there are none.
  select case when starts_at < ends_at then tstzrange(starts_at, ends_at) else 'empty' end
    from (values ((on_date + start_time) at time zone time_zone, (on_date + end_time) at time zone time_zone))
      as wall (starts_at, ends_at);
$$;

-- Name: was_admitted(uuid, uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.was_admitted(session_id uuid, user_id uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select exists (select from private.channel_admissions a
                  where a.session_id = was_admitted.session_id and a.user_id = was_admitted.user_id);
$$;

-- Name: outbox; Type: TABLE; Schema: private

CREATE TABLE private.outbox (
    id bigint NOT NULL,
    kind text NOT NULL,
    user_id uuid,
    session_id uuid,
    payload jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT outbox_kind_is_a_word CHECK ((kind ~ '^[a-z_]+$'::text))
);

-- Name: TABLE outbox; Type: COMMENT; Schema: private

COMMENT ON TABLE private.outbox IS 'Messages in the order in which they became true.';

-- Name: COLUMN outbox.user_id; Type: COMMENT; Schema: private

COMMENT ON COLUMN private.outbox.user_id IS 'Whom it concerns. No foreign key, like session_id: a message may outlive both.';

-- Name: COLUMN outbox.payload; Type: COMMENT; Schema: private

COMMENT ON COLUMN private.outbox.payload IS 'What the row it is about may not say any more once the message is read.';

-- Name: webhook_data(private.outbox); Type: FUNCTION; Schema: private

CREATE FUNCTION private.webhook_data(message private.outbox) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  -- Named one by one: what a later message carries leaves the house only when somebody has thought about it.
  select jsonb_strip_nulls(jsonb_build_object(
           'session_id', message.session_id, 'user_id', message.user_id,
           'practitioner_id', message.payload -> 'practitioner_id', 'group_class_id', message.payload -> 'group_class_id',
           'scheduled_at', message.payload -> 'scheduled_at', 'cancelled_by', message.payload -> 'by',
           'cancellation_type', message.payload -> 'cancellation_type', 'credit_returned', message.payload -> 'credit_returned',
           'is_no_show', message.payload -> 'is_no_show', 'recording_id', message.payload -> 'recording_id',
           'payout_id', message.payload -> 'payout_id', 'amount_minor', message.payload -> 'amount_minor',
           'currency', message.payload -> 'currency'));
$$;

-- Name: welcome(auth.users); Type: FUNCTION; Schema: private

CREATE FUNCTION private.welcome(account auth.users) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  insert into private.outbox (kind, user_id)
  select 'welcome', (account).id
   where (account).email <> ''
     and coalesce(to_jsonb(account) ->> 'email_confirmed_at', case when to_jsonb(account) ? 'email_confirmed_at' then null
                                                                   else 'no confirmation asked' end) is not null
  on conflict (user_id) where kind = 'welcome' do nothing;
$$;

-- Name: welcome_account(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.welcome_account() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform private.welcome(new);
  return null;
exception when others then
  -- A welcome that is not sent is a nuisance; an account that cannot be made is a lost person.
  raise warning 'account % not welcomed: %', new.id, sqlerrm;
  return null;
end
$$;

-- Name: why_not_bookable(uuid, timestamp with time zone, integer, uuid, uuid); Type: FUNCTION; Schema: private

CREATE FUNCTION private.why_not_bookable(practitioner_id uuid, scheduled_at timestamp with time zone, duration_minutes integer, for_user uuid, ignore_session uuid DEFAULT NULL::uuid) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select j.reason from private.judge_starts(why_not_bookable.practitioner_id, array[why_not_bookable.scheduled_at],
    why_not_bookable.duration_minutes, why_not_bookable.for_user, why_not_bookable.ignore_session) j;
$$;

-- Name: without_names(text, text[]); Type: FUNCTION; Schema: private

CREATE FUNCTION private.without_names(written text, names text[]) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $$
declare
  v_name text;
begin
  foreach v_name in array names loop
    written := replace(written, v_name, 'somebody');
  end loop;
  return written;
end
$$;

-- Name: write_audit_log(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.write_audit_log() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_old constant jsonb := to_jsonb(old);
  v_new constant jsonb := to_jsonb(new);
begin
  insert into public.audit_logs (user_id, action, table_name, record_id, metadata)
  values (
    (select auth.uid()), tg_op, tg_table_name, (coalesce(v_new, v_old) ->> 'id')::uuid,
    jsonb_build_object('operation', tg_op, 'table', tg_table_name) || private.audited_change(v_old, v_new));
  return null;
end
$$;

-- Name: write_webhook_deliveries(); Type: FUNCTION; Schema: private

CREATE FUNCTION private.write_webhook_deliveries() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  v_event constant text := replace(new.kind, '_', '.');
begin
  insert into public.webhook_deliveries (endpoint_id, outbox_id, event, body)
  select e.id, new.id, v_event,
         jsonb_build_object('type', v_event, 'timestamp', new.created_at, 'data', private.webhook_data(new))::text
    from public.webhook_endpoints e where e.is_active and v_event = any (e.events);
  return null;
end
$$;

-- Name: zone_of_earners(uuid[]); Type: FUNCTION; Schema: private

CREATE FUNCTION private.zone_of_earners(earners uuid[]) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select coalesce((select c.time_zone from public.practitioner_calendars c
                    where c.practitioner_id = any (zone_of_earners.earners) order by c.practitioner_id limit 1), 'UTC');
$$;

-- Name: adjust_credits(integer, text, uuid, uuid, uuid); Type: FUNCTION; Schema: public

CREATE FUNCTION public.adjust_credits(change integer, reason text, lot_id uuid DEFAULT NULL::uuid, user_id uuid DEFAULT NULL::uuid, session_type_id uuid DEFAULT NULL::uuid) RETURNS SETOF public.user_session_credits
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_lot uuid := private.adjust_credits(adjust_credits.lot_id, adjust_credits.user_id, adjust_credits.change,
                                       adjust_credits.reason, adjust_credits.session_type_id);
begin
  return query select * from public.user_session_credits c where c.id = v_lot;
end
$$;

-- Name: FUNCTION adjust_credits(change integer, reason text, lot_id uuid, user_id uuid, session_type_id uuid); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.adjust_credits(change integer, reason text, lot_id uuid, user_id uuid, session_type_id uuid) IS 'For admins: changes a lot, or gives a user a new one. The reason stays in the ledger.';

-- Name: ledger_transactions; Type: TABLE; Schema: public

CREATE TABLE public.ledger_transactions (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    kind text NOT NULL,
    currency text NOT NULL,
    practitioner_id uuid NOT NULL,
    session_id uuid,
    payment_id uuid,
    payout_id uuid,
    cause text NOT NULL,
    reason text,
    occurred_at timestamp with time zone DEFAULT now() NOT NULL,
    created_by uuid DEFAULT auth.uid(),
    CONSTRAINT ledger_transactions_currency_check CHECK ((currency = ANY (ARRAY['cad'::text, 'usd'::text]))),
    CONSTRAINT ledger_transactions_kind_check CHECK ((kind = ANY (ARRAY['accrual'::text, 'reversal'::text, 'payout'::text, 'payout_failed'::text, 'adjustment'::text]))),
    CONSTRAINT ledger_transactions_name_their_fact CHECK (
CASE kind
    WHEN 'accrual'::text THEN (session_id IS NOT NULL)
    WHEN 'reversal'::text THEN (session_id IS NOT NULL)
    WHEN 'adjustment'::text THEN ((btrim(reason) <> ''::text) AND (reason IS NOT NULL))
    ELSE (payout_id IS NOT NULL)
END)
);

-- Name: TABLE ledger_transactions; Type: COMMENT; Schema: public

COMMENT ON TABLE public.ledger_transactions IS 'Every movement of practitioners'' money: evidence.';

-- Name: COLUMN ledger_transactions.practitioner_id; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.ledger_transactions.practitioner_id IS 'No foreign key, like session_id, payment_id, payout_id and created_by: money outlives what it is about.';

-- Name: COLUMN ledger_transactions.session_id; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.ledger_transactions.session_id IS 'The seat: a session, or somebody''s own row of a class.';

-- Name: COLUMN ledger_transactions.payment_id; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.ledger_transactions.payment_id IS 'The row of session_payments that tells of the seat.';

-- Name: COLUMN ledger_transactions.cause; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.ledger_transactions.cause IS 'The fact it follows from, unique within its kind.';

-- Name: COLUMN ledger_transactions.created_by; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.ledger_transactions.created_by IS 'Who made it happen; null: the platform.';

-- Name: adjust_earnings(uuid, text, bigint, text, uuid); Type: FUNCTION; Schema: public

CREATE FUNCTION public.adjust_earnings(practitioner_id uuid, currency text, amount_minor bigint, reason text, session_id uuid DEFAULT NULL::uuid) RETURNS SETOF public.ledger_transactions
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_transaction uuid := private.adjust_earnings(adjust_earnings.practitioner_id, adjust_earnings.currency,
    adjust_earnings.amount_minor, adjust_earnings.reason, adjust_earnings.session_id);
begin
  return query select * from public.ledger_transactions t where t.id = v_transaction;
end
$$;

-- Name: FUNCTION adjust_earnings(practitioner_id uuid, currency text, amount_minor bigint, reason text, session_id uuid); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.adjust_earnings(practitioner_id uuid, currency text, amount_minor bigint, reason text, session_id uuid) IS 'For admins: gives a practitioner an amount from the platform''s part, or with a minus takes it back. Minor units.';

-- Name: admin_dashboard(text); Type: FUNCTION; Schema: public

CREATE FUNCTION public.admin_dashboard(time_zone text DEFAULT 'America/Toronto'::text) RETURNS TABLE(sessions_today integer, sessions_live integer, sessions_next_week integer, users integer, users_this_month integer, practitioners integer, practitioners_paused integer, sold jsonb, payouts jsonb, cancellations_this_month integer, recordings_this_month integer, attention jsonb)
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_today timestamptz := date_trunc('day', now() at time zone admin_dashboard.time_zone) at time zone admin_dashboard.time_zone;
  v_month timestamptz := now() - interval '30 days';
begin
  if not private.is_admin() then
    perform private.refuse(403, 'admins_only', 'This page is for admins.');
  end if;
  return query
    select s.today, s.live, s.next_week, u.all, u.new, p.all, p.paused,
           coalesce((select jsonb_agg(to_jsonb(m) order by m.currency)
                       from (select c.currency, count(*)::integer as payments, sum(c.amount_minor)::bigint as amount_minor,
                                    sum(c.returned_minor)::bigint as returned_minor
                               from public.checkout_sessions c where c.paid_at >= v_month group by c.currency) m), '[]'),
           coalesce((select jsonb_agg(to_jsonb(o) order by o.currency)
                       from (select o.currency, count(*)::integer as pending, sum(o.amount_minor)::bigint as amount_minor
                               from public.payouts o where o.status = 'pending' group by o.currency) o), '[]'),
           (select count(*)::integer from public.session_cancellations x where x.cancelled_at >= v_month),
           -- A class's recording once: the rows beneath its seats are the same film.
           (select count(*)::integer from public.session_recordings r join public.session_schedules x on x.id = r.session_id
             where r.completed_at >= v_month and x.group_class_id is null),
           jsonb_build_object(
             'recordings_failed', (select count(*) from public.session_recordings r
                                    where r.status = 'failed' and r.created_at >= now() - interval '7 days'),
             'admin_banking',     (select count(*) from public.admin_banking b where b.verification = 'unverified'),
             'admin_contracts',   (select count(*) from public.admin_contracts k where k.status = 'pending'),
             'group_session_correlations', (select count(*) from public.group_session_correlations g
                                    where g.status = 'scheduled' and g.correlation not in ('alone', 'linked')),
             'payouts_failed',    (select count(*) from public.payouts o where o.status = 'failed' and o.created_at >= v_month),
             'webhook_deliveries_failed', (select count(*) from public.webhook_deliveries d
                                    where d.status = 'failed' and d.created_at >= now() - interval '7 days'))
      from (select count(*) filter (where x.scheduled_at >= v_today and x.scheduled_at < v_today + interval '1 day')::integer as today,
                   count(*) filter (where x.status = 'in_progress')::integer as live,
                   count(*) filter (where x.scheduled_at >= now() and x.scheduled_at < now() + interval '7 days'
                                      and x.status = 'scheduled')::integer as next_week
              from public.session_schedules x
             where x.group_class_id is null and x.status <> 'cancelled'
               and (x.scheduled_at between v_today - interval '1 day' and now() + interval '8 days' or x.status = 'in_progress')) s,
           (select count(*)::integer as all, count(*) filter (where f.created_at >= v_month)::integer as new
              from public.profiles f) u,
           (select count(*)::integer as all, count(*) filter (where not q.available)::integer as paused
              from public.practitioners q) p;
end
$$;

-- Name: FUNCTION admin_dashboard(time_zone text); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.admin_dashboard(time_zone text) IS 'The admin''s page, in one row; amounts in cents, a row for each currency.';

-- Name: advance_next_session(timestamp with time zone); Type: FUNCTION; Schema: public

CREATE FUNCTION public.advance_next_session(since timestamp with time zone DEFAULT NULL::timestamp with time zone) RETURNS TABLE(asked_at timestamp with time zone, session_id uuid, moved_to text, task text, recording public.session_recordings, failure text)
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select t.asked_at, t.session_id, t.moved_to, t.task, t.recording, t.failure from private.next_turn(since) t;
$$;

-- Name: FUNCTION advance_next_session(since timestamp with time zone); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.advance_next_session(since timestamp with time zone) IS 'One session''s turn; none if it names no session. Ask again with the first answer''s asked_at until there is none.';

-- Name: apply_retention(integer); Type: FUNCTION; Schema: public

CREATE FUNCTION public.apply_retention(at_most integer DEFAULT 500) RETURNS TABLE(table_name text, rows integer)
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select * from private.apply_retention(at_most);
$$;

-- Name: FUNCTION apply_retention(at_most integer); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.apply_retention(at_most integer) IS 'One batch of what is due by a retention policy; no row: nothing is due.';

-- Name: apply_waiting_notifications(); Type: FUNCTION; Schema: public

CREATE FUNCTION public.apply_waiting_notifications() RETURNS TABLE(applied bigint, forgotten bigint)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_notice private.agora_notifications;
begin
  applied := 0;
  for v_notice in
    select * from private.agora_notifications n
     where n.applied_at is null and n.received_at > now() - interval '24 hours'
     order by n.received_at limit 500 for update skip locked
  loop
    applied := applied + private.apply_notification(v_notice)::integer;
  end loop;

  delete from private.agora_notifications n
   where n.notice_id in (select old.notice_id from private.agora_notifications old
                          where old.received_at < now() - interval '90 days' limit 1000 for update skip locked);
  get diagnostics forgotten = row_count;
  return next;
end;
$$;

-- Name: apply_waiting_stripe_events(); Type: FUNCTION; Schema: public

CREATE FUNCTION public.apply_waiting_stripe_events() RETURNS TABLE(applied bigint, forgotten bigint)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_event private.stripe_events;
begin
  applied := 0;
  for v_event in
    select * from private.stripe_events e
     where e.applied_at is null and e.received_at > now() - interval '3 days'
     order by e.received_at limit 500 for update skip locked
  loop
    applied := applied + private.apply_stripe_event(v_event)::integer;
  end loop;

  delete from private.stripe_events e
   where e.event_id in (select old.event_id from private.stripe_events old
                         where old.received_at < now() - interval '180 days' limit 1000 for update skip locked);
  get diagnostics forgotten = row_count;
  return next;
end
$$;

-- Name: assign_admin_role(text); Type: FUNCTION; Schema: public

CREATE FUNCTION public.assign_admin_role(p_user_email text) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_user_id uuid := private.user_id_by_email(p_user_email);
begin
  if v_user_id is null then
    return jsonb_build_object('success', false, 'error', 'User not found');
  end if;
  return public.assign_admin_role_by_id(v_user_id) || jsonb_build_object('email', p_user_email);
end
$$;

-- Name: assign_admin_role_by_id(uuid); Type: FUNCTION; Schema: public

CREATE FUNCTION public.assign_admin_role_by_id(p_user_id uuid) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  insert into public.user_roles (user_id, role) values (p_user_id, 'admin') on conflict do nothing;
  return jsonb_build_object('success', true, 'user_id', p_user_id, 'message', 'Admin role assigned');
exception when foreign_key_violation then
  return jsonb_build_object('success', false, 'error', 'User not found');
end
$$;

-- Name: begin_checkout(text, text, uuid, integer, text, boolean, uuid, timestamp with time zone, text, text, uuid, text, boolean, uuid); Type: FUNCTION; Schema: public

CREATE FUNCTION public.begin_checkout(payment_type text, currency text DEFAULT NULL::text, session_type_id uuid DEFAULT NULL::uuid, duration_minutes integer DEFAULT NULL::integer, session_type text DEFAULT NULL::text, is_group boolean DEFAULT NULL::boolean, practitioner_id uuid DEFAULT NULL::uuid, scheduled_at timestamp with time zone DEFAULT NULL::timestamp with time zone, session_location text DEFAULT NULL::text, physical_location text DEFAULT NULL::text, group_class_id uuid DEFAULT NULL::uuid, notes text DEFAULT NULL::text, cancellation_policy_agreed boolean DEFAULT NULL::boolean, cancellation_policy_version uuid DEFAULT NULL::uuid) RETURNS TABLE(checkout_id uuid, description text, amount_minor integer, currency text, expires_at timestamp with time zone, url text, supersedes text[])
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select * from private.begin_checkout((select auth.uid()), payment_type, begin_checkout.currency, session_type_id,
    duration_minutes, session_type, is_group, practitioner_id, scheduled_at, session_location, physical_location,
    group_class_id, notes, cancellation_policy_agreed, cancellation_policy_version);
$$;

-- Name: FUNCTION begin_checkout(payment_type text, currency text, session_type_id uuid, duration_minutes integer, session_type text, is_group boolean, practitioner_id uuid, scheduled_at timestamp with time zone, session_location text, physical_location text, group_class_id uuid, notes text, cancellation_policy_agreed boolean, cancellation_policy_version uuid); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.begin_checkout(payment_type text, currency text, session_type_id uuid, duration_minutes integer, session_type text, is_group boolean, practitioner_id uuid, scheduled_at timestamp with time zone, session_location text, physical_location text, group_class_id uuid, notes text, cancellation_policy_agreed boolean, cancellation_policy_version uuid) IS 'Decides and records what is to be paid; create-session-payment then opens it at Stripe.';

-- Name: book_session_with_credit(uuid, timestamp with time zone, integer, uuid, text, boolean, text, text, text, point); Type: FUNCTION; Schema: public

CREATE FUNCTION public.book_session_with_credit(practitioner_id uuid, scheduled_at timestamp with time zone, duration_minutes integer, session_type_id uuid DEFAULT NULL::uuid, session_type text DEFAULT 'standing'::text, is_group boolean DEFAULT false, session_location text DEFAULT 'online'::text, physical_location text DEFAULT NULL::text, notes text DEFAULT NULL::text, location_coordinates point DEFAULT NULL::point) RETURNS TABLE(session_id uuid, credits_remaining integer)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_variable
begin
  session_id := private.book_session_with_credit(practitioner_id, scheduled_at, duration_minutes, session_type_id, session_type,
    is_group, session_location, physical_location, notes, location_coordinates);
  credits_remaining := (select c.total_credits from public.check_session_credits() c);
  return next;
end
$$;

-- Name: FUNCTION book_session_with_credit(practitioner_id uuid, scheduled_at timestamp with time zone, duration_minutes integer, session_type_id uuid, session_type text, is_group boolean, session_location text, physical_location text, notes text, location_coordinates point); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.book_session_with_credit(practitioner_id uuid, scheduled_at timestamp with time zone, duration_minutes integer, session_type_id uuid, session_type text, is_group boolean, session_location text, physical_location text, notes text, location_coordinates point) IS 'Books a one-to-one session with a credit. The same booking again finds the first one. Gives the credits that are left.';

-- Name: can_access_session(uuid, uuid); Type: FUNCTION; Schema: public

CREATE FUNCTION public.can_access_session(p_user_id uuid, p_session_id uuid) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select
    exists (
      select from public.session_schedules s left join public.practitioners p on p.id = s.practitioner_id
      where s.id = p_session_id and p_user_id in (s.client_id, p.user_id))
    or public.has_role(p_user_id, 'admin')
    or public.has_access(p_user_id, 'session', p_session_id, 'read');
$$;

-- Name: session_cancellations; Type: TABLE; Schema: public

CREATE TABLE public.session_cancellations (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    session_id uuid,
    user_id uuid,
    cancelled_at timestamp with time zone DEFAULT now() NOT NULL,
    cancellation_type text NOT NULL,
    hours_before_session numeric(10,2),
    fee_charged numeric(10,2),
    fee_currency text DEFAULT 'usd'::text NOT NULL,
    credit_returned numeric(10,2),
    credit_currency text DEFAULT 'usd'::text NOT NULL,
    reason text,
    approved_by uuid,
    cancellation_policy_version uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT session_cancellations_cancellation_type_check CHECK ((cancellation_type = ANY (ARRAY['standard'::text, 'late'::text, 'last_minute'::text, 'grace'::text, 'emergency'::text])))
);

-- Name: TABLE session_cancellations; Type: COMMENT; Schema: public

COMMENT ON TABLE public.session_cancellations IS 'One line per cancellation: evidence, so it outlives the session and the people.';

-- Name: cancel_session(uuid, text, boolean); Type: FUNCTION; Schema: public

CREATE FUNCTION public.cancel_session(session_id uuid, reason text DEFAULT NULL::text, use_grace boolean DEFAULT false) RETURNS SETOF public.session_cancellations
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  c_grace   constant text := '(Grace cancellation used)';
  v_session public.session_schedules;
begin
  select * into v_session from public.session_schedules s where s.id = cancel_session.session_id;
  if v_session.id is null or private.part_in(v_session) is null then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  end if;
  -- The note is the pages' own way of saying all this, so there is one way to read it.
  update public.session_schedules s
     set status = 'cancelled',
         notes = 'Cancelled' || case when private.part_in(v_session) = 'practitioner' then ' by practitioner' else '' end
              || coalesce(': ' || nullif(btrim(replace(cancel_session.reason, c_grace, '')), ''), '')
              || case when use_grace then ' ' || c_grace else '' end
   where s.id = v_session.id and s.status <> 'cancelled';

  -- Cancelling twice finds what the first one came to.
  return query select * from public.session_cancellations c where c.session_id = v_session.id order by c.cancelled_at limit 1;
  if not found then
    perform private.refuse(409, 'session_not_cancellable', 'Only a scheduled session can be cancelled.');
  end if;
end
$$;

-- Name: FUNCTION cancel_session(session_id uuid, reason text, use_grace boolean); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.cancel_session(session_id uuid, reason text, use_grace boolean) IS 'Cancels a session, a seat or a class, as the pages do by updating the row.';

-- Name: check_invariants(); Type: FUNCTION; Schema: public

CREATE FUNCTION public.check_invariants() RETURNS TABLE(rule text, broken integer, examples text[])
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select * from private.check_invariants();
$$;

-- Name: FUNCTION check_invariants(); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.check_invariants() IS 'For the scheduler and the doctor: each rule that does not hold, how often, and where.';

-- Name: check_session_credits(); Type: FUNCTION; Schema: public

CREATE FUNCTION public.check_session_credits() RETURNS TABLE(user_id uuid, total_credits integer, package_credits integer, single_credits integer, credits jsonb, has_credits boolean)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select (select auth.uid()),
         coalesce(sum(c.credits_remaining), 0)::integer,
         coalesce(sum(c.credits_remaining) filter (where c.package_id is not null), 0)::integer,
         coalesce(sum(c.credits_remaining) filter (where c.package_id is null), 0)::integer,
         coalesce(jsonb_agg(to_jsonb(c) order by c.expires_at nulls last, c.purchased_at, c.id), '[]'),
         count(*) > 0
    from public.user_session_credits c
   where c.user_id = (select auth.uid()) and c.credits_remaining > 0 and (c.expires_at is null or c.expires_at > now());
$$;

-- Name: claim_checkout_check(); Type: FUNCTION; Schema: public

CREATE FUNCTION public.claim_checkout_check() RETURNS TABLE(task text, checkout_id uuid, stripe_session_id text)
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select case when c.id is null then null
              when c.stripe_session_id is null then 'give_up'
              when c.status = 'open' and c.expires_at < now() - interval '1 minute' then 'close'
              else 'look' end,
         c.id, c.stripe_session_id
    from private.claim_checkout() c;  -- one row always: nothing is due if it names no checkout
$$;

-- Name: claim_mail(); Type: FUNCTION; Schema: public

CREATE FUNCTION public.claim_mail() RETURNS TABLE(task text, mail_id uuid, lease_id uuid, kind text, audience text, recipient_email text, recipient_name text, time_zone text, unsubscribe_category text, unsubscribe_token text, started_at timestamp with time zone, facts jsonb, session private.told_session, payment private.told_payment, credits private.told_credits, document private.told_document)
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select * from private.claim_mail();
$$;

-- Name: claim_recording_check(); Type: FUNCTION; Schema: public

CREATE FUNCTION public.claim_recording_check() RETURNS TABLE(task text, recording public.session_recordings)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  select * into recording from public.session_recordings r
   where r.status in ('pending', 'recording', 'processing') and not r.upload_complete and r.next_check_at <= now()
   order by r.next_check_at limit 1
     for update skip locked;
  if recording.id is not null then
    update public.session_recordings r
       set next_check_at = now() + interval '1 minute',
           stop_requested_at = coalesce(r.stop_requested_at, case when now() >= r.record_until then now() end),
           stop_reason = coalesce(r.stop_reason, case when now() >= r.record_until then 'session_over' end)
     where r.id = recording.id
    returning r.* into recording;

    if recording.status = 'pending' and recording.agora_resource_id is null and recording.stop_requested_at is not null then
      -- Agora has never heard of it.
      update public.session_recordings r
         set status = 'failed', failure_code = 'stopped_before_start', ended_at = now(), next_check_at = null
       where r.id = recording.id
      returning r.* into recording;
    end if;
  end if;
  task := case when recording.status in ('pending', 'recording', 'processing') then private.recording_task(recording)
               when recording.id is not null then 'none' end;
  return next;  -- one row always: nothing is due if it names no task
end;
$$;

-- Name: claim_recording_copy(uuid); Type: FUNCTION; Schema: public

CREATE FUNCTION public.claim_recording_copy(recording_id uuid DEFAULT NULL::uuid) RETURNS TABLE(is_claimed boolean, is_planned boolean, recording public.session_recordings)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  -- What is to be erased is not copied any more.
  if claim_recording_copy.recording_id is null then
    select * into recording from public.session_recordings r
     where r.status = 'processing' and r.upload_complete and r.next_check_at <= now()
       and coalesce(r.lease_until, '-infinity') < now()
       and not exists (select from private.erasure_queue q where q.recording_id = r.id)
     order by r.next_check_at limit 1
       for update skip locked;
  else
    -- Named by an operator, it need not wait for its next turn; a notification that just holds the row is waited for.
    select * into recording from public.session_recordings r where r.id = claim_recording_copy.recording_id for update;
    if not found then
      perform private.refuse(404, 'recording_not_found', 'There is no such recording.');
    end if;
  end if;

  is_claimed := coalesce(recording.status = 'processing' and recording.upload_complete
                         and coalesce(recording.lease_until, '-infinity') < now()
                         and not exists (select from private.erasure_queue q where q.recording_id = recording.id), false);
  if is_claimed then
    update public.session_recordings r set lease_id = gen_random_uuid(), lease_until = now() + interval '2 minutes'
     where r.id = recording.id
    returning r.* into recording;
  end if;
  is_planned := exists (select from private.recording_files f where f.recording_id = recording.id);
  return next;
end;
$$;

-- Name: claim_recording_erasure(uuid); Type: FUNCTION; Schema: public

CREATE FUNCTION public.claim_recording_erasure(recording_id uuid DEFAULT NULL::uuid) RETURNS TABLE(recording public.session_recordings, storage_folder text, source_folder text)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $_$
#variable_conflict use_column
declare
  v_recording public.session_recordings;
begin
  perform private.queue_expired_recordings();
  select r.* into v_recording from public.session_recordings r
   where coalesce(claim_recording_erasure.recording_id, r.id) = r.id
     and exists (select from private.erasure_queue q where q.recording_id = r.id and q.due_at <= now())
     -- What Agora is still recording or bringing is waited for.
     and (r.status in ('completed', 'failed') or (r.status = 'processing' and r.upload_complete))
     and coalesce(r.lease_until, '-infinity') < now()
     and not private.is_held(r)
   order by r.created_at limit 1
     for update skip locked;
  if not found then
    return;
  end if;

  update public.session_recordings r set lease_id = gen_random_uuid(), lease_until = now() + interval '10 minutes'
   where r.id = v_recording.id
  returning r.* into v_recording;
  update private.erasure_queue q set begun_at = coalesce(q.begun_at, now()), attempts = q.attempts + 1
   where q.recording_id = v_recording.id;
  return query
    -- A participant's row has no files of its own.
    select v_recording,
           case when v_recording.class_recording_id is null then v_recording.session_id || '/' || v_recording.id end,
           case when v_recording.class_recording_id is null
                then regexp_replace(private.recording_prefix(v_recording.id, 0), '[^/]*$', '') end;  -- of every attempt
end
$_$;

-- Name: claim_webhook_delivery(); Type: FUNCTION; Schema: public

CREATE FUNCTION public.claim_webhook_delivery() RETURNS TABLE(delivery_id uuid, lease_id uuid, url text, body text, secrets text[])
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select * from private.claim_webhook_delivery();
$$;

-- Name: client_dashboard(integer); Type: FUNCTION; Schema: public

CREATE FUNCTION public.client_dashboard(at_most integer DEFAULT 5) RETURNS TABLE(online_sessions jsonb, in_person_sessions jsonb, getting_started jsonb, steps_done integer, steps_in_all integer, open_actions jsonb, total_credits integer, package_credits integer, single_credits integer, recent_recordings jsonb, sessions_completed integer, journal_entries integer)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  with me as (
    select (select auth.uid()) as id, least(greatest(at_most, 1), 50) as at_most
  ),
  own as (
    select s.* from public.session_schedules s, me
     where s.client_id = me.id and (s.max_participants = 1 or s.group_class_id is not null)
  ),
  next as (
    -- One that has begun is still next: its room is open.
    select o.*, p.name as practitioner_name, p.avatar_url, t.name as session_type_name,
           row_number() over (partition by o.session_location order by o.scheduled_at, o.id) as place
      from own o
      left join public.practitioners p on p.id = o.practitioner_id
      left join public.session_types t on t.id = o.session_type_id
     where o.status in ('scheduled', 'in_progress')
       and o.scheduled_at + make_interval(mins => o.duration_minutes) > now()
  ),
  shown as (
    select n.session_location, jsonb_agg(jsonb_build_object(
             'id', n.id, 'scheduled_at', n.scheduled_at, 'duration_minutes', n.duration_minutes, 'status', n.status,
             'practitioner_id', n.practitioner_id, 'practitioner_name', n.practitioner_name, 'avatar_url', n.avatar_url,
             'session_type_name', n.session_type_name, 'class_name', n.class_name, 'is_group', n.group_class_id is not null,
             'room_name', n.room_name, 'physical_location', n.physical_location) order by n.place) as sessions
      from next n, me where n.place <= me.at_most
     group by n.session_location
  )
  select coalesce((select s.sessions from shown s where s.session_location = 'online'), '[]'),
         coalesce((select s.sessions from shown s where s.session_location = 'in_person'), '[]'),
         steps.list, steps.done, steps.all,
         coalesce((select jsonb_agg(to_jsonb(a) order by a.due_date nulls last, a.created_at)
                     from (select r.id, r.title, r.description, r.action_type, r.frequency, r.due_date, r.created_at,
                                  r.due_date < current_date as is_overdue, p.name as practitioner_name
                             from public.action_recommendations r left join public.practitioners p on p.id = r.practitioner_id
                            where r.client_id = me.id and not r.completed
                            order by r.due_date nulls last, r.created_at limit me.at_most) a), '[]'),
         credits.total_credits, credits.package_credits, credits.single_credits,
         coalesce((select jsonb_agg(to_jsonb(r) order by r.scheduled_at desc)
                     from (select r.id, r.session_id, r.recording_url, r.duration_seconds, o.scheduled_at, o.class_name,
                                  p.name as practitioner_name
                             from own o join public.session_recordings r on r.session_id = o.id and r.status = 'completed'
                             left join public.practitioners p on p.id = o.practitioner_id
                            order by o.scheduled_at desc limit me.at_most) r), '[]'),
         (select count(*)::integer from own o where o.status = 'completed'),
         (select count(*)::integer from public.journal_entries j where j.user_id = me.id)
    from me
   cross join public.check_session_credits() credits
   cross join lateral (
     select jsonb_agg(jsonb_build_object('step', g.step, 'done', g.done) order by g.place) as list,
            count(*) filter (where g.done)::integer as done, count(*)::integer as all
       from public.getting_started() g) steps
   where me.id is not null;
$$;

-- Name: FUNCTION client_dashboard(at_most integer); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.client_dashboard(at_most integer) IS 'The client''s own page, in one row.';

-- Name: complete_recording(uuid, uuid, text); Type: FUNCTION; Schema: public

CREATE FUNCTION public.complete_recording(recording_id uuid, lease_id uuid, opens_at text) RETURNS SETOF public.session_recordings
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_recording public.session_recordings := private.hold_lease(complete_recording.recording_id, complete_recording.lease_id);
  v_first     text;
  v_bytes     bigint;
  v_open      bigint;
begin
  select min(f.storage_path) filter (where f.position = 1), sum(f.size_bytes), count(*) filter (where f.verified_at is null)
    into v_first, v_bytes, v_open
    from private.recording_files f where f.recording_id = v_recording.id;
  if v_first is null or v_open > 0 then
    perform private.refuse(409, 'recording_files_not_verified', 'Not every part of this recording has been verified.');
  end if;

  update public.session_recordings r
     set status = 'completed', completed_at = now(), storage_path = v_first, file_size_bytes = v_bytes,
         recording_url = private.new_recording_link(r.id, opens_at),
         lease_id = null, lease_until = null, next_check_at = null
   where r.id = v_recording.id;
  perform private.share_class_recording(v_recording.id, opens_at);
  return query select r.* from public.session_recordings r where r.id = v_recording.id;
end;
$$;

-- Name: action_recommendations; Type: TABLE; Schema: public

CREATE TABLE public.action_recommendations (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    session_id uuid,
    practitioner_id uuid NOT NULL,
    client_id uuid NOT NULL,
    title text NOT NULL,
    description text,
    action_type text NOT NULL,
    frequency text,
    due_date date,
    completed boolean DEFAULT false NOT NULL,
    completed_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    template_id uuid,
    CONSTRAINT action_recommendations_action_type_check CHECK ((action_type = ANY (ARRAY['daily_practice'::text, 'mindfulness'::text, 'physical'::text, 'emotional'::text, 'other'::text]))),
    CONSTRAINT action_recommendations_are_dated_when_completed CHECK ((completed = (completed_at IS NOT NULL))),
    CONSTRAINT action_recommendations_description_is_short CHECK ((char_length(description) <= 4000)),
    CONSTRAINT action_recommendations_title_is_short CHECK (((char_length(btrim(title)) >= 1) AND (char_length(btrim(title)) <= 200)))
);

-- Name: COLUMN action_recommendations.frequency; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.action_recommendations.frequency IS 'Free text, such as "daily" or "as needed".';

-- Name: COLUMN action_recommendations.template_id; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.action_recommendations.template_id IS 'What it was made from; null for words of the practitioner''s own.';

-- Name: create_action_recommendation(uuid, text, text, uuid, text, text, date, uuid); Type: FUNCTION; Schema: public

CREATE FUNCTION public.create_action_recommendation(client_id uuid, title text DEFAULT NULL::text, action_type text DEFAULT NULL::text, session_id uuid DEFAULT NULL::uuid, description text DEFAULT NULL::text, frequency text DEFAULT NULL::text, due_date date DEFAULT NULL::date, template_id uuid DEFAULT NULL::uuid) RETURNS SETOF public.action_recommendations
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_practitioner uuid := (select p.id from public.practitioners p where p.user_id = (select auth.uid()));
  v_template     public.action_templates;
begin
  if v_practitioner is null then
    perform private.refuse(403, 'not_a_practitioner', 'Only practitioners recommend actions.');
  end if;
  if create_action_recommendation.template_id is not null then
    -- An admin who practises reads everybody's templates, and uses their own.
    select * into v_template from public.action_templates t
     where t.id = create_action_recommendation.template_id and coalesce(t.practitioner_id, v_practitioner) = v_practitioner;
    if not found then
      perform private.refuse(404, 'template_not_found', 'There is no such template.');
    elsif not v_template.is_active then
      perform private.refuse(409, 'template_retired', 'This template is not in use any more.', 'Please choose another one.');
    end if;
  end if;
  if create_action_recommendation.client_id not in (select private.my_client_ids()) then
    perform private.refuse(404, 'client_not_found', 'There is no such client among yours.');
  end if;
  if create_action_recommendation.session_id is not null and not exists (
       select from public.session_schedules s
        where s.id = create_action_recommendation.session_id and s.practitioner_id = v_practitioner
          and s.client_id = create_action_recommendation.client_id) then
    perform private.refuse(404, 'session_not_found', 'There is no such session with this client.');
  end if;

  return query
    insert into public.action_recommendations as a
      (practitioner_id, client_id, session_id, title, description, action_type, frequency, due_date, template_id)
    values
      (v_practitioner, create_action_recommendation.client_id, create_action_recommendation.session_id,
       coalesce(create_action_recommendation.title, v_template.title),
       coalesce(create_action_recommendation.description, v_template.description),
       coalesce(create_action_recommendation.action_type, v_template.action_type),
       coalesce(create_action_recommendation.frequency, v_template.frequency),
       create_action_recommendation.due_date, create_action_recommendation.template_id)
    returning a.*;
end;
$$;

-- Name: create_agora_room(text, uuid); Type: FUNCTION; Schema: public

CREATE FUNCTION public.create_agora_room(channel_name text, session_id uuid DEFAULT NULL::uuid) RETURNS TABLE(channel text)
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  v_seat private.seat := private.my_seat(create_agora_room.channel_name, create_agora_room.session_id);
begin
  if (v_seat.session).id is not null then
    perform private.refuse_closed_room(v_seat.session);
    return query select private.channel_of(v_seat.session);
  elsif create_agora_room.session_id is not null or private.is_room_of_a_session(create_agora_room.channel_name) then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  else
    -- A name no session has yet: a practitioner about to create one, or the test page. A name opens nothing.
    return query select create_agora_room.channel_name;
  end if;
end;
$$;

-- Name: create_agora_token(text, uuid); Type: FUNCTION; Schema: public

CREATE FUNCTION public.create_agora_token(channel_name text, session_id uuid DEFAULT NULL::uuid) RETURNS TABLE(channel text, uid bigint, expires_at timestamp with time zone, recording_without_consent boolean)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_seat    private.seat := private.my_seat(create_agora_token.channel_name, create_agora_token.session_id);
  v_session public.session_schedules := v_seat.session;
  v_channel text;
  v_expires timestamptz;
begin
  if v_session.id is not null then
    perform private.refuse_closed_room(v_session);
    -- Asked only for the row's own room name, a seat in a class still gets the class's channel.
    v_channel := private.channel_of(v_session);
    v_expires := v_session.scheduled_at + make_interval(mins => v_session.duration_minutes + 60);
    if private.recording_blocks_admission(v_session.id, (select auth.uid())) then
      -- Returned, not raised: the request to stop the recording must be kept.
      return query select v_channel, null::bigint, v_expires, true;
      return;
    end if;
  elsif private.is_my_test_channel(create_agora_token.channel_name) then
    v_channel := create_agora_token.channel_name;
    v_expires := now() + interval '1 hour';
  else
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  end if;
  return query select v_channel, private.admit(v_session.id, v_channel, v_expires), v_expires, false;
end;
$$;

-- Name: create_liability_waiver(uuid, text, uuid, uuid, integer, text, bytea, text, text); Type: FUNCTION; Schema: public

CREATE FUNCTION public.create_liability_waiver(user_id uuid, waiver_text text, session_id uuid DEFAULT NULL::uuid, waiver_policy_id uuid DEFAULT NULL::uuid, waiver_policy_version integer DEFAULT NULL::integer, signature_name text DEFAULT NULL::text, signature_image bytea DEFAULT NULL::bytea, ip_address text DEFAULT NULL::text, user_agent text DEFAULT NULL::text) RETURNS TABLE(waiver_id uuid, signed_at timestamp with time zone)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_policy public.waiver_policy;
begin
  select * into v_policy from public.waiver_policy p where p.is_active;
  if not found then
    perform private.refuse(409, 'waiver_policy_missing', 'There is no waiver to sign at the moment.');
  end if;
  if coalesce(create_liability_waiver.waiver_policy_id, v_policy.id) <> v_policy.id
     or coalesce(create_liability_waiver.waiver_policy_version, v_policy.version) <> v_policy.version
     or not private.is_text_of_policy(create_liability_waiver.waiver_text, v_policy.policy_text) then
    perform private.refuse(409, 'waiver_text_not_current', 'The waiver has changed since this page was opened.',
                           'Reload the page, read the current waiver and sign it.');
  end if;
  if create_liability_waiver.session_id is not null and not exists (
       select from public.session_schedules s
        where s.id = create_liability_waiver.session_id and s.client_id = create_liability_waiver.user_id) then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  end if;

  -- Signing again finds the first signature: the unique indexes decide, also between two calls at once.
  insert into public.liability_waivers as w
    (user_id, session_id, waiver_text, waiver_policy_id, waiver_policy_version,
     signature_name, signature_image, ip_address, user_agent)
  values
    (create_liability_waiver.user_id, create_liability_waiver.session_id, create_liability_waiver.waiver_text,
     v_policy.id, v_policy.version, create_liability_waiver.signature_name, create_liability_waiver.signature_image,
     create_liability_waiver.ip_address, create_liability_waiver.user_agent)
  on conflict do nothing;

  return query
    select w.id, w.signed_at from public.liability_waivers w
     where w.user_id = create_liability_waiver.user_id
       and w.session_id is not distinct from create_liability_waiver.session_id
       and (w.session_id is not null or w.waiver_policy_version = v_policy.version)
     order by w.signed_at limit 1;
end;
$$;

-- Name: create_recording_share_link(uuid, text, integer, text, integer); Type: FUNCTION; Schema: public

CREATE FUNCTION public.create_recording_share_link(recording_id uuid, token_sha256 text, expires_in_days integer DEFAULT 7, password_scrypt text DEFAULT NULL::text, view_limit integer DEFAULT NULL::integer) RETURNS TABLE(share_link_id uuid, recording_id uuid, expires_at timestamp with time zone, has_password boolean, view_limit integer)
    LANGUAGE sql
    SET search_path TO ''
    AS $_$
  select l.id, l.recording_id, l.expires_at, l.has_password, l.view_limit
    from private.create_recording_share_link($1, $2, $3, $4, $5) l;
$_$;

-- Name: create_webhook_endpoint(text, text[], text); Type: FUNCTION; Schema: public

CREATE FUNCTION public.create_webhook_endpoint(url text, events text[], description text DEFAULT NULL::text) RETURNS TABLE(id uuid, secret text)
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select * from private.create_webhook_endpoint(create_webhook_endpoint.url, create_webhook_endpoint.events,
                                                create_webhook_endpoint.description);
$$;

-- Name: FUNCTION create_webhook_endpoint(url text, events text[], description text); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.create_webhook_endpoint(url text, events text[], description text) IS 'For admins. The secret is shown this once.';

-- Name: earnings_overview(uuid); Type: FUNCTION; Schema: public

CREATE FUNCTION public.earnings_overview(practitioner_id uuid DEFAULT NULL::uuid) RETURNS TABLE(currency text, period_start date, period_end date, period_earned_minor bigint, period_sessions integer, pending_payout_minor bigint, on_its_way_minor bigint, disputed_minor bigint, booked_minor bigint, paid_out_minor bigint, last_year_minor bigint)
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_earners uuid[] := private.earners(earnings_overview.practitioner_id);
  v_today   date := (now() at time zone 'UTC')::date;
begin
  -- The period of today, also before the first run has opened it.
  select case when v_today < p.period_end then p.period_start else p.period_end + (v_today - p.period_end) / t.period_days * t.period_days end,
         case when v_today < p.period_end then p.period_end
              else p.period_end + ((v_today - p.period_end) / t.period_days + 1) * t.period_days end
    into period_start, period_end
    from (select * from public.payout_periods known where known.period_start <= v_today order by known.number desc limit 1) p,
         (select * from public.payout_terms known where known.valid_from <= now() order by known.valid_from desc limit 1) t;

  return query
    with payments as (
      select p.id, lower(p.currency) as currency, p.practitioner_share, p.status, s.status as session_status
        from public.session_payments p join public.session_schedules s on s.id = p.session_id
       where p.practitioner_id = any (v_earners) and p.paid_out_at is null
         and (p.status = 'disputed' or (p.status = 'completed' and s.status in ('scheduled', 'in_progress')))
    ),
    sums as (
      select l.currency,
             sum(l.amount_minor) filter (where l.occurred_at >= earnings_overview.period_start::timestamp at time zone 'UTC') as period,
             count(*) filter (where l.kind = 'accrual' and l.account = 'practitioner_payable'
                                and l.occurred_at >= earnings_overview.period_start::timestamp at time zone 'UTC') as seats,
             sum(l.amount_minor) filter (where l.account = 'practitioner_payable') as owed,
             sum(l.amount_minor) filter (where l.account = 'payouts_sent') as sent,
             sum(l.amount_minor) filter (where l.occurred_at >= now() - interval '1 year') as year,
             sum(l.amount_minor) filter (where l.account = 'practitioner_payable' and d.id is not null) as disputed
        from private.earnings_lines(earnings_overview.practitioner_id) l
        left join payments d on d.id = l.payment_id and d.status = 'disputed'
       group by l.currency
    )
    select c.currency, earnings_overview.period_start, earnings_overview.period_end,
           coalesce(sums.period, 0)::bigint, coalesce(sums.seats, 0)::integer,
           (coalesce(sums.owed, 0) + way.amount)::bigint, way.amount::bigint, coalesce(sums.disputed, 0)::bigint,
           (select coalesce(sum(round(100 * b.practitioner_share)), 0)::bigint from payments b
             where b.currency = c.currency and b.status = 'completed'),
           (coalesce(sums.sent, 0) - way.amount)::bigint, coalesce(sums.year, 0)::bigint
      from (values ('cad'), ('usd')) c (currency)
      left join sums on sums.currency = c.currency
     cross join lateral (select coalesce(sum(p.amount_minor), 0) as amount from public.payouts p
                          where p.practitioner_id = any (v_earners) and p.currency = c.currency and p.status = 'pending') way
     order by c.currency;
end
$$;

-- Name: FUNCTION earnings_overview(practitioner_id uuid); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.earnings_overview(practitioner_id uuid) IS 'A row per currency. Pending is what is earned and has not arrived, with what is on its way and what is disputed.';

-- Name: earnings_series(date, date, text, uuid); Type: FUNCTION; Schema: public

CREATE FUNCTION public.earnings_series(from_date date DEFAULT NULL::date, until_date date DEFAULT NULL::date, step text DEFAULT 'day'::text, practitioner_id uuid DEFAULT NULL::uuid) RETURNS TABLE(starts_on date, currency text, earned_minor bigint, sessions integer)
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_earners uuid[] := private.earners(earnings_series.practitioner_id);
  v_zone    text := private.zone_of_earners(v_earners);
  v_until   date := coalesce(until_date, (now() at time zone v_zone)::date);
  v_from    date := coalesce(from_date, v_until - 365);
begin
  if step is null or step not in ('day', 'week', 'month') then
    perform private.refuse(422, 'step_unknown', 'Earnings are added up by day, week or month.');
  elsif v_from > v_until or v_until - v_from > 3660 or (step = 'day' and v_until - v_from > 366) then
    perform private.refuse(422, 'range_not_possible', 'Ask for at most a year of days, or ten years of weeks or months.');
  end if;
  return query
    with earned as (
      select date_trunc(step, l.occurred_at at time zone v_zone)::date as starts_on, l.currency,
             sum(l.amount_minor)::bigint as amount,
             count(*) filter (where l.kind = 'accrual' and l.account = 'practitioner_payable')::integer as seats
        from private.earnings_lines(earnings_series.practitioner_id, v_from::timestamp at time zone v_zone,
                                    (v_until + 1)::timestamp at time zone v_zone) l
       group by 1, 2
    )
    select bucket.starts_at::date, c.currency, coalesce(e.amount, 0), coalesce(e.seats, 0)
      from generate_series(date_trunc(step, v_from::timestamp), v_until::timestamp, ('1 ' || step)::interval) bucket (starts_at)
     cross join (values ('cad'), ('usd')) c (currency)
      left join earned e on e.starts_on = bucket.starts_at::date and e.currency = c.currency
     order by 1, 2;
end
$$;

-- Name: FUNCTION earnings_series(from_date date, until_date date, step text, practitioner_id uuid); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.earnings_series(from_date date, until_date date, step text, practitioner_id uuid) IS 'For a chart: every day, week (from Monday) or month with either currency, also where nothing was earned. On the practitioner''s clock.';

-- Name: earnings_sessions(date, date, integer, text, uuid); Type: FUNCTION; Schema: public

CREATE FUNCTION public.earnings_sessions(from_date date DEFAULT NULL::date, until_date date DEFAULT NULL::date, page_size integer DEFAULT 50, cursor text DEFAULT NULL::text, practitioner_id uuid DEFAULT NULL::uuid) RETURNS TABLE(session_id uuid, payment_id uuid, scheduled_at timestamp with time zone, local_start timestamp without time zone, time_zone text, duration_minutes integer, session_type_name text, class_name text, client_id uuid, client_name text, paid_with text, is_forfeited boolean, currency text, price_minor bigint, returned_minor bigint, share_minor bigint, status text, paid_out_at timestamp with time zone, next_cursor text)
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $_$
#variable_conflict use_column
declare
  v_earners uuid[] := private.earners(earnings_sessions.practitioner_id);
  v_zone    text := private.zone_of_earners(v_earners);
begin
  if earnings_sessions.cursor !~ '^[^/]+/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
    perform private.refuse(422, 'cursor_unknown', 'This is not where a page begins.', 'Give the next_cursor of the last row you have.');
  end if;
  -- Page first, sum later: a page is read from the end of an index, however many sessions there are.
  return query
    with page as (
      select held.* from unnest(v_earners) earner (id) cross join lateral (
        select s, p from public.session_schedules s join public.session_payments p on p.session_id = s.id
         where s.practitioner_id = earner.id and p.practitioner_id = earner.id
           and (s.status = 'completed' or (s.status = 'cancelled' and exists (
                 select from public.ledger_transactions t where t.session_id = s.id and t.kind = 'accrual')))
           and (from_date is null or s.scheduled_at >= from_date::timestamp at time zone v_zone)
           and (until_date is null or s.scheduled_at < (until_date + 1)::timestamp at time zone v_zone)
           and (earnings_sessions.cursor is null
                or (s.scheduled_at, p.id) < (split_part(earnings_sessions.cursor, '/', 1)::timestamptz,
                                             split_part(earnings_sessions.cursor, '/', 2)::uuid))
         order by s.scheduled_at desc, p.id desc limit least(greatest(page_size, 1), 1000)) held
       order by (held.s).scheduled_at desc, (held.p).id desc limit least(greatest(page_size, 1), 1000)
    )
    select (s).id, (p).id, (s).scheduled_at, (s).local_start, (s).time_zone, (s).duration_minutes, t.name, (s).class_name,
           (s).client_id, who.full_name,
           case when (p).credit_lot_id is null then 'payment' when (p).total_amount > 0 then 'credit' else 'given_credit' end,
           (s).status = 'cancelled', lower((p).currency), round(100 * (p).total_amount)::bigint,
           round(100 * (p).refunded_amount)::bigint,
           (select coalesce(sum(l.amount_minor), 0)::bigint
              from public.ledger_transactions x join public.ledger_postings l on l.transaction_id = x.id
             where x.session_id = (s).id and x.kind in ('accrual', 'reversal') and l.account = 'practitioner_payable'),
           case when (p).status in ('refunded', 'disputed') then (p).status
                when (p).paid_out_at is not null then 'paid_out' else 'pending' end,
           (p).paid_out_at, (s).scheduled_at || '/' || (p).id
      from page
      left join public.session_types t on t.id = (s).session_type_id
      left join public.profiles who on who.id = (s).client_id
     order by (s).scheduled_at desc, (p).id desc;
end
$_$;

-- Name: FUNCTION earnings_sessions(from_date date, until_date date, page_size integer, cursor text, practitioner_id uuid); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.earnings_sessions(from_date date, until_date date, page_size integer, cursor text, practitioner_id uuid) IS 'Seats that were earned, the latest first. The last row''s next_cursor leads to the next page. A given credit earns nothing.';

-- Name: erase_account(uuid); Type: FUNCTION; Schema: public

CREATE FUNCTION public.erase_account(user_id uuid DEFAULT NULL::uuid) RETURNS SETOF public.erasure_receipts
    LANGUAGE sql
    SET search_path TO ''
    SET statement_timeout TO '60s'
    AS $$
  select * from private.erase_account(erase_account.user_id);
$$;

-- Name: FUNCTION erase_account(user_id uuid); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.erase_account(user_id uuid) IS 'Erases what is known of oneself, or, for admins and the service, of somebody. The account itself is deleted by erase-my-account.';

-- Name: export_my_data(uuid, text, text); Type: FUNCTION; Schema: public

CREATE FUNCTION public.export_my_data(user_id uuid, ip_address text DEFAULT NULL::text, user_agent text DEFAULT NULL::text) RETURNS TABLE(name text, rows jsonb, content bytea, storage_path text)
    LANGUAGE plpgsql
    SET search_path TO ''
    SET statement_timeout TO '60s'
    AS $$
#variable_conflict use_column
declare
  c_here constant text := 'export_my_data';
begin
  perform private.lock_client(export_my_data.user_id);
  if exists (select from public.audit_logs l
              where l.user_id = export_my_data.user_id and l.action = 'EXPORT' and l.table_name = c_here
                and l.created_at > now() - interval '1 hour') then
    perform private.refuse(429, 'exported_just_now', 'You had your data less than an hour ago.', 'Ask again later.');
  end if;
  insert into public.audit_logs (user_id, action, table_name, record_id, ip_address, user_agent)
  values (export_my_data.user_id, 'EXPORT', c_here, export_my_data.user_id, export_my_data.ip_address, export_my_data.user_agent);
  return query
    select r.name, r.rows, null::bytea, null::text from private.own_rows(export_my_data.user_id) r where r.rows is not null
    union all
    select f.name, null, f.content, f.storage_path from private.own_files(export_my_data.user_id) f;
end
$$;

-- Name: FUNCTION export_my_data(user_id uuid, ip_address text, user_agent text); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.export_my_data(user_id uuid, ip_address text, user_agent text) IS 'All that is known of a person, and what they may have as files. Once an hour, and on the record.';

-- Name: finish_mail(uuid, uuid, text, text, text); Type: FUNCTION; Schema: public

CREATE FUNCTION public.finish_mail(mail_id uuid, lease_id uuid, outcome text, message_id text DEFAULT NULL::text, reason text DEFAULT NULL::text) RETURNS TABLE(status text)
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select private.finish_mail(finish_mail.mail_id, finish_mail.lease_id, finish_mail.outcome, finish_mail.message_id,
                             finish_mail.reason);
$$;

-- Name: finish_recording_erasure(uuid, uuid); Type: FUNCTION; Schema: public

CREATE FUNCTION public.finish_recording_erasure(recording_id uuid, lease_id uuid) RETURNS SETOF public.recording_erasures
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select * from private.finish_recording_erasure(recording_id, lease_id);
$$;

-- Name: finish_webhook_delivery(uuid, uuid, integer, text); Type: FUNCTION; Schema: public

CREATE FUNCTION public.finish_webhook_delivery(delivery_id uuid, lease_id uuid, status integer DEFAULT NULL::integer, error text DEFAULT NULL::text) RETURNS TABLE(outcome text)
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select private.finish_webhook_delivery(finish_webhook_delivery.delivery_id, finish_webhook_delivery.lease_id,
                                         finish_webhook_delivery.status, finish_webhook_delivery.error);
$$;

-- Name: get_available_slots(uuid, date, date, text, uuid, text, boolean); Type: FUNCTION; Schema: public

CREATE FUNCTION public.get_available_slots(session_type_id uuid, from_date date, until_date date, time_zone text, practitioner_id uuid DEFAULT NULL::uuid, session_location text DEFAULT 'online'::text, explain boolean DEFAULT false) RETURNS TABLE(on_date date, slots public.available_slot[], refused public.available_slot[])
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_kind  public.session_types;
  v_first timestamptz;
  v_until timestamptz;
begin
  select t.* into v_kind from public.session_types t where t.id = get_available_slots.session_type_id and t.is_active;
  if not found then
    perform private.refuse(404, 'session_type_not_found', 'There is no such kind of session.');
  elsif until_date < from_date or until_date - from_date > 61 then
    perform private.refuse(422, 'range_not_possible', 'Please ask for one day to two months.');
  elsif get_available_slots.time_zone in (select private.misread_time_zones()) then
    perform private.refuse(503, 'time_zone_rules_outdated', 'We cannot tell the time in your time zone at the moment.');
  end if;
  v_first := from_date::timestamp at time zone get_available_slots.time_zone;
  v_until := (until_date + 1)::timestamp at time zone get_available_slots.time_zone;

  return query
    with judged as (
      select s.* from private.judged_classes(v_kind, v_first, v_until, get_available_slots.time_zone,
                                             get_available_slots.practitioner_id, get_available_slots.session_location) s
       where v_kind.is_group
      union all
      select s.* from private.judged_starts(v_kind, v_first, v_until, get_available_slots.time_zone,
                                            get_available_slots.practitioner_id) s
       where not v_kind.is_group
    )
    select j.local_start::date,
           coalesce(array_agg(j::public.available_slot order by j.starts_at, j.group_class_id)
                    filter (where j.reason is null), '{}'),
           coalesce(array_agg(j::public.available_slot order by j.starts_at, j.reason)
                    filter (where j.reason is not null), '{}')
      from judged j
     where get_available_slots.explain or j.reason is null
     group by 1
     order by 1;
end
$$;

-- Name: FUNCTION get_available_slots(session_type_id uuid, from_date date, until_date date, time_zone text, practitioner_id uuid, session_location text, explain boolean); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.get_available_slots(session_type_id uuid, from_date date, until_date date, time_zone text, practitioner_id uuid, session_location text, explain boolean) IS 'Day by day, the starts at which a kind of session can be booked; with explain also the others, each with its reason.';

-- Name: user_consents; Type: TABLE; Schema: public

CREATE TABLE public.user_consents (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    consent_type text NOT NULL,
    consented boolean DEFAULT false NOT NULL,
    consent_date timestamp with time zone DEFAULT now() NOT NULL,
    ip_address text,
    user_agent text,
    version text,
    revoked_at timestamp with time zone,
    revoked_ip_address text,
    metadata jsonb DEFAULT '{}'::jsonb,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT user_consents_consent_type_check CHECK ((consent_type = ANY (ARRAY['data_processing'::text, 'marketing'::text, 'session_recording'::text, 'data_sharing'::text, 'third_party_sharing'::text, 'analytics'::text])))
);

-- Name: get_consent_status(text); Type: FUNCTION; Schema: public

CREATE FUNCTION public.get_consent_status(consent_type text DEFAULT NULL::text) RETURNS TABLE(user_id uuid, consents public.user_consents[], has_consent boolean, consent_status jsonb)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  with mine as (
    select c.consent_type, c.consented and c.revoked_at is null as stands, c
      from public.user_consents c where c.user_id = (select auth.uid())
  )
  select (select auth.uid()),
         array(select m.c from mine m
                where get_consent_status.consent_type is null or m.consent_type = get_consent_status.consent_type
                order by m.consent_type),
         case when get_consent_status.consent_type is not null
              then exists (select from mine m where m.consent_type = get_consent_status.consent_type and m.stands) end,
         (select jsonb_object_agg(kind, exists (select from mine m where m.consent_type = kind and m.stands))
            from unnest(array['data_processing', 'marketing', 'session_recording', 'data_sharing', 'third_party_sharing',
                              'analytics']) kind);
$$;

-- Name: get_contract_document(uuid); Type: FUNCTION; Schema: public

CREATE FUNCTION public.get_contract_document(contract_id uuid) RETURNS SETOF public.signed_document
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  return query
    select 'contract', c.id, c.title, c.contract_version, c.contract_text, c.text_sha256, c.status, c.created_at,
           c.expires_at, ended.happened_at, ended.reason, c.signed_at, s.user_id,
           -- Nobody has signed yet: whom it is for.
           case when s.contract_id is null then p.name else s.signer_name end,
           s.signer_email, s.is_observed, s.ip_address, s.user_agent, s.signature_name,
           translate(encode(s.signature_image, 'base64'), E'\n', ''), s.signature_image_sha256, s.evidence_sha256
      from public.practitioner_contracts c
      join public.practitioners p on p.id = c.practitioner_id
      left join public.contract_signatures s on s.contract_id = c.id
      left join public.contract_events ended on ended.contract_id = c.id and ended.event = c.status
                                            and c.status in ('expired', 'revoked')
     where c.id = get_contract_document.contract_id;
  if not found then
    perform private.refuse(404, 'contract_not_found', 'There is no such contract.');
  end if;
end
$$;

-- Name: get_expired_records(text); Type: FUNCTION; Schema: public

CREATE FUNCTION public.get_expired_records(p_table_name text) RETURNS TABLE(record_id uuid, created_at timestamp with time zone)
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $_$
declare
  v_rule public.data_retention_policies;
begin
  select * into v_rule from public.data_retention_policies p where p.table_name = p_table_name and p.auto_delete;
  if found then
    return query execute format('select id, created_at from public.%I where created_at < $1', v_rule.table_name)
      using now() - make_interval(days => v_rule.retention_days);
  end if;
end
$_$;

-- Name: get_liability_waiver_status(uuid); Type: FUNCTION; Schema: public

CREATE FUNCTION public.get_liability_waiver_status(session_id uuid DEFAULT NULL::uuid) RETURNS TABLE(has_signed boolean, waiver jsonb, waiver_policy_version integer)
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_version integer;
  v_waiver  jsonb;
begin
  if get_liability_waiver_status.session_id is not null and not exists (
       select from public.session_schedules s
        where s.id = get_liability_waiver_status.session_id and s.client_id = (select auth.uid())) then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  end if;
  select p.version into v_version from public.waiver_policy p where p.is_active;

  -- A session's own waiver counts for that session; a general one of the current version counts everywhere.
  select jsonb_build_object('id', w.id, 'signed_at', w.signed_at, 'session_id', w.session_id) into v_waiver
    from public.liability_waivers w
   where w.user_id = (select auth.uid())
     and case when w.session_id is null then w.waiver_policy_version = v_version
              else w.session_id = get_liability_waiver_status.session_id end
   order by w.session_id nulls last, w.signed_at desc
   limit 1;
  return query select v_waiver is not null, v_waiver, v_version;
end;
$$;

-- Name: get_recording_status(uuid, uuid); Type: FUNCTION; Schema: public

CREATE FUNCTION public.get_recording_status(session_id uuid DEFAULT NULL::uuid, recording_id uuid DEFAULT NULL::uuid) RETURNS TABLE(id uuid, session_id uuid, status text, agora_resource_id text, agora_sid text, recording_url text, storage_path text, duration_seconds integer, file_size_bytes bigint, started_at timestamp with time zone, completed_at timestamp with time zone, created_at timestamp with time zone, updated_at timestamp with time zone, agora_status integer, agora_seen_at timestamp with time zone, failure_code text, failure_reason text)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select r.id, r.session_id, r.status, r.agora_resource_id, r.agora_sid, r.recording_url, r.storage_path,
         r.duration_seconds, r.file_size_bytes, r.started_at, r.completed_at, r.created_at, r.updated_at,
         r.agora_status, r.agora_seen_at, r.failure_code, r.failure_reason
    from private.get_recording_status(get_recording_status.session_id, get_recording_status.recording_id) r;
$$;

-- Name: get_retention_policy(text); Type: FUNCTION; Schema: public

CREATE FUNCTION public.get_retention_policy(p_table_name text) RETURNS TABLE(retention_days integer, auto_delete boolean)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select p.retention_days, p.auto_delete from public.data_retention_policies p where p.table_name = p_table_name;
$$;

-- Name: get_session_calendar(uuid); Type: FUNCTION; Schema: public

CREATE FUNCTION public.get_session_calendar(session_id uuid) RETURNS TABLE(session private.told_session, time_zone text)
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  v_session public.session_schedules := private.session_to_tell_of(get_session_calendar.session_id);
begin
  session := private.told_session(v_session);
  time_zone := (session).time_zone;
  return next;
end
$$;

-- Name: get_user_credits(uuid); Type: FUNCTION; Schema: public

CREATE FUNCTION public.get_user_credits(p_user_id uuid) RETURNS TABLE(total_credits integer, package_credits integer, single_credits integer)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select
    coalesce(sum(c.credits_remaining), 0)::integer,
    coalesce(sum(c.credits_remaining) filter (where c.package_id is not null), 0)::integer,
    coalesce(sum(c.credits_remaining) filter (where c.package_id is null), 0)::integer
  from public.user_session_credits c
  where c.user_id = p_user_id and c.credits_remaining > 0 and (c.expires_at is null or c.expires_at > now());
$$;

-- Name: get_user_id_by_email(text); Type: FUNCTION; Schema: public

CREATE FUNCTION public.get_user_id_by_email(email_input text) RETURNS uuid
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select private.user_id_by_email(email_input);
$$;

-- Name: get_waiver_document(uuid); Type: FUNCTION; Schema: public

CREATE FUNCTION public.get_waiver_document(waiver_id uuid) RETURNS SETOF public.signed_document
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  return query select d.* from private.waiver_documents(get_waiver_document.waiver_id) d;
  if not found then
    perform private.refuse(404, 'waiver_not_found', 'There is no such waiver.');
  end if;
end
$$;

-- Name: getting_started(); Type: FUNCTION; Schema: public

CREATE FUNCTION public.getting_started() RETURNS TABLE(step text, done boolean, place integer)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select s.step, s.done, s.place
    from (select (select auth.uid()) as id) me,
         lateral (values
           (1, 'intro_video',    exists (select from public.getting_started_ticks t where t.user_id = me.id and t.step = 'intro_video')),
           (2, 'best_practices', exists (select from public.getting_started_ticks t where t.user_id = me.id and t.step = 'best_practices')),
           (3, 'profile',        exists (select from public.profiles p where p.id = me.id and btrim(p.full_name) <> '')),
           (4, 'waiver',         (select w.has_signed from public.get_liability_waiver_status() w)),
           (5, 'first_booking',  exists (select from public.session_schedules x where x.client_id = me.id
                                            and (x.max_participants = 1 or x.group_class_id is not null))),
           (6, 'first_session',  exists (select from public.session_schedules x where x.client_id = me.id and x.status = 'completed'
                                            and (x.max_participants = 1 or x.group_class_id is not null))),
           (7, 'first_journal_entry', exists (select from public.journal_entries j where j.user_id = me.id))
         ) s (place, step, done)
   where me.id is not null
   order by s.place;
$$;

-- Name: FUNCTION getting_started(); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.getting_started() IS 'The checklist of somebody new, in its order.';

-- Name: has_access(uuid, text, uuid, text); Type: FUNCTION; Schema: public

CREATE FUNCTION public.has_access(p_user_id uuid, p_resource_type text, p_resource_id uuid, p_permission text) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select exists (
    select from public.access_grants g
    where g.grantee_id = p_user_id and g.resource_type = p_resource_type and g.resource_id = p_resource_id
      and g.permission = p_permission and g.revoked_at is null and (g.expires_at is null or g.expires_at > now()));
$$;

-- Name: has_consent(uuid, text); Type: FUNCTION; Schema: public

CREATE FUNCTION public.has_consent(p_user_id uuid, p_consent_type text) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select exists (
    select from public.user_consents c
    where c.user_id = p_user_id and c.consent_type = p_consent_type and c.consented and c.revoked_at is null);
$$;

-- Name: has_role(uuid, public.app_role); Type: FUNCTION; Schema: public

CREATE FUNCTION public.has_role(_user_id uuid, _role public.app_role) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select exists (select from public.user_roles r where r.user_id = _user_id and r.role = _role);
$$;

-- Name: hold_slot(uuid, timestamp with time zone, uuid, text, text, uuid); Type: FUNCTION; Schema: public

CREATE FUNCTION public.hold_slot(practitioner_id uuid, scheduled_at timestamp with time zone, session_type_id uuid, session_location text DEFAULT 'online'::text, physical_location text DEFAULT NULL::text, group_class_id uuid DEFAULT NULL::uuid) RETURNS SETOF public.session_holds
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select * from private.hold_slot(
    (select auth.uid()), hold_slot.practitioner_id, hold_slot.scheduled_at, hold_slot.session_type_id,
    hold_slot.session_location, hold_slot.physical_location, hold_slot.group_class_id);
$$;

-- Name: FUNCTION hold_slot(practitioner_id uuid, scheduled_at timestamp with time zone, session_type_id uuid, session_location text, physical_location text, group_class_id uuid); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.hold_slot(practitioner_id uuid, scheduled_at timestamp with time zone, session_type_id uuid, session_location text, physical_location text, group_class_id uuid) IS 'Keep a time, or a seat in a class, for fifteen minutes. Asking again finds the same hold.';

-- Name: increment_group_class_participants(uuid, integer); Type: FUNCTION; Schema: public

CREATE FUNCTION public.increment_group_class_participants(group_class_id uuid, increment_by integer DEFAULT 1) RETURNS TABLE(id uuid, current_participants integer, max_participants integer)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select s.id, s.current_participants, s.max_participants from public.session_schedules s
   where s.id = increment_group_class_participants.group_class_id and s.max_participants > 1 and s.group_class_id is null;
$$;

-- Name: FUNCTION increment_group_class_participants(group_class_id uuid, increment_by integer); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.increment_group_class_participants(group_class_id uuid, increment_by integer) IS 'Says how full a class is, and counts nothing: the pages call it before they insert a seat, and the seat is what counts.';

-- Name: is_practitioner_of(uuid, uuid); Type: FUNCTION; Schema: public

CREATE FUNCTION public.is_practitioner_of(_practitioner_id uuid, _client_id uuid) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select exists (
    select from public.practitioner_assignments a join public.practitioners p on p.id = a.practitioner_id
    where _practitioner_id in (p.id, p.user_id) and a.client_id = _client_id);
$$;

-- Name: issue_practitioner_contract(uuid, integer, timestamp with time zone); Type: FUNCTION; Schema: public

CREATE FUNCTION public.issue_practitioner_contract(practitioner_id uuid DEFAULT NULL::uuid, template_version integer DEFAULT NULL::integer, expires_at timestamp with time zone DEFAULT NULL::timestamp with time zone) RETURNS TABLE(template_id uuid, contract_version text, issued uuid[], already_issued integer, replaced integer)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_template public.contract_templates;
  v_having   uuid[];
begin
  if not private.is_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins issue contracts.');
  end if;
  select t.* into v_template from public.contract_templates t
   where t.version = coalesce(issue_practitioner_contract.template_version, t.version) order by t.version desc limit 1;
  if not found then
    perform private.refuse(404, 'template_not_found', 'There is no such contract template.');
  elsif issue_practitioner_contract.expires_at <= now() then
    perform private.refuse(422, 'expires_in_past', 'A contract must end in the future.');
  elsif issue_practitioner_contract.practitioner_id is not null and not exists (
          select from public.practitioners p where p.id = issue_practitioner_contract.practitioner_id) then
    perform private.refuse(404, 'practitioner_not_found', 'There is no such practitioner.');
  end if;

  -- Two admins who issue at once queue here: the second finds that all of it is issued.
  perform pg_advisory_xact_lock(hashtextextended('issue_practitioner_contract', 0));
  v_having := array(
    select distinct c.practitioner_id from public.practitioner_contracts c
     where c.contract_version = v_template.version::text and c.status in ('pending', 'signed')
       and coalesce(c.expires_at > now(), true));

  template_id      := v_template.id;
  contract_version := v_template.version::text;
  -- An offer of another version that nobody signed is not left beside the new one. What is signed stays until it ends.
  update public.practitioner_contracts c
     set status = 'revoked', revoked_reason = format('Replaced by version %s.', v_template.version)
    from public.practitioners p
   where p.id = c.practitioner_id and c.status = 'pending' and p.id <> all (v_having)
     and (p.available or p.id = issue_practitioner_contract.practitioner_id)
     and p.id = coalesce(issue_practitioner_contract.practitioner_id, p.id);
  get diagnostics replaced = row_count;

  with offered as (
    insert into public.practitioner_contracts as c (
      practitioner_id, template_id, contract_version, title, contract_text, expires_at)
    select p.id, v_template.id, v_template.version::text, v_template.title,
           -- The name last, and as one line: people choose their own, and a name must not write clauses.
           replace(replace(v_template.body, '[Date of issue]', to_char(now() at time zone 'UTC', 'FMDD FMMonth YYYY')),
                   '[Name of practitioner]', left(btrim(regexp_replace(p.name, '\s+', ' ', 'g')), 120)),
           issue_practitioner_contract.expires_at
      from public.practitioners p
     where p.id <> all (v_having)
       -- To all means to those who work; somebody who is paused is asked for by name.
       and (p.available or p.id = issue_practitioner_contract.practitioner_id)
       and p.id = coalesce(issue_practitioner_contract.practitioner_id, p.id)
    returning c.id
  )
  select coalesce(array_agg(o.id order by o.id), '{}') into issued from offered o;
  already_issued := (select count(*) from public.practitioners p
                      where p.id = any (v_having) and p.id = coalesce(issue_practitioner_contract.practitioner_id, p.id));
  return next;
end
$$;

-- Name: FUNCTION issue_practitioner_contract(practitioner_id uuid, template_version integer, expires_at timestamp with time zone); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.issue_practitioner_contract(practitioner_id uuid, template_version integer, expires_at timestamp with time zone) IS 'Offers a version, by default the newest, to one practitioner or to all who are available. Whoever has it keeps what they have.';

-- Name: join_group_class(uuid); Type: FUNCTION; Schema: public

CREATE FUNCTION public.join_group_class(class_id uuid) RETURNS TABLE(session_id uuid, credits_remaining integer)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_variable
begin
  insert into public.session_schedules (practitioner_id, client_id, scheduled_at, room_name, status, notes)
  select s.practitioner_id, (select auth.uid()), s.scheduled_at,
         private.room_name('group', s.id, (select auth.uid())), 'scheduled', 'Joined group class: ' || s.id
    from public.session_schedules s where s.id = class_id
  returning id into session_id;
  if not found then
    perform private.refuse(404, 'class_not_found', 'There is no such class.');
  end if;
  credits_remaining := (select c.total_credits from public.check_session_credits() c);
  return next;
end
$$;

-- Name: FUNCTION join_group_class(class_id uuid); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.join_group_class(class_id uuid) IS 'Takes a seat and spends a credit, as the pages do by inserting the row.';

-- Name: journal_prefill(uuid, text); Type: FUNCTION; Schema: public

CREATE FUNCTION public.journal_prefill(session_id uuid, mood text DEFAULT NULL::text) RETURNS TABLE(entry_date date, practitioner_id uuid, practitioner_name text, session_type_name text, session_type text, is_group boolean, class_name text, duration_minutes integer, session_location text, suggested_mood text, journal_entry_id uuid)
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_session public.session_schedules;
begin
  select * into v_session from public.session_schedules s
   where s.id = journal_prefill.session_id and s.client_id = (select auth.uid());
  if not found then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  elsif v_session.status = 'cancelled' or v_session.scheduled_at > now() then
    perform private.refuse(409, 'session_not_held', 'This session has not taken place.');
  end if;

  return query
    select (v_session.scheduled_at at time zone coalesce(v_session.time_zone, 'UTC'))::date,
           p.id, p.name, t.name, t.session_type, v_session.max_participants > 1, v_session.class_name,
           v_session.duration_minutes, v_session.session_location,
           -- What they said on leaving, else what they felt when they last wrote.
           coalesce(private.journal_mood(journal_prefill.mood), private.journal_mood(written.mood),
                    private.journal_mood(last.mood), 'neutral'),
           written.id
      from (select) one
      left join public.practitioners p on p.id = v_session.practitioner_id
      left join public.session_types t on t.id = v_session.session_type_id
      left join lateral (select j.id, j.mood from public.journal_entries j
                          where j.session_id = v_session.id order by j.created_at desc limit 1) written on true
      left join lateral (select j.mood from public.journal_entries j
                          where j.user_id = (select auth.uid()) and j.mood is not null
                          order by j.entry_date desc, j.created_at desc limit 1) last on true;
end
$$;

-- Name: FUNCTION journal_prefill(session_id uuid, mood text); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.journal_prefill(session_id uuid, mood text) IS 'What an entry about a session starts with; journal_entry_id is the one that was written already.';

-- Name: keep_recording_lease(uuid, uuid); Type: FUNCTION; Schema: public

CREATE FUNCTION public.keep_recording_lease(recording_id uuid, lease_id uuid) RETURNS TABLE(lease_until timestamp with time zone)
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select (private.hold_lease(recording_id, lease_id)).lease_until;
$$;

-- Name: keep_recording_upload(uuid, uuid, uuid, text); Type: FUNCTION; Schema: public

CREATE FUNCTION public.keep_recording_upload(recording_id uuid, lease_id uuid, file_id uuid, upload_url text) RETURNS TABLE(lease_until timestamp with time zone)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  lease_until := (private.hold_lease(keep_recording_upload.recording_id, keep_recording_upload.lease_id)).lease_until;
  update private.recording_files f set upload_url = keep_recording_upload.upload_url
   where f.id = keep_recording_upload.file_id and f.recording_id = keep_recording_upload.recording_id;
  return next;
end;
$$;

-- Name: group_session_correlations; Type: VIEW; Schema: public

CREATE VIEW public.group_session_correlations WITH (security_invoker='true') AS
 SELECT s.id AS session_id,
    s.class_name,
    s.practitioner_id,
    s.scheduled_at,
    s.duration_minutes,
    s.session_location,
    s.status,
    s.max_participants,
    s.current_participants,
    s.correlated_session_id,
    other.class_name AS correlated_class_name,
    other.session_location AS correlated_location,
    other.scheduled_at AS correlated_scheduled_at,
    other.status AS correlated_status,
    other.max_participants AS correlated_max_participants,
    other.current_participants AS correlated_participants,
        CASE
            WHEN (other.id IS NULL) THEN 'alone'::text
            WHEN (other.correlated_session_id IS DISTINCT FROM s.id) THEN 'one_sided'::text
            WHEN ((other.scheduled_at <> s.scheduled_at) OR (other.duration_minutes <> s.duration_minutes)) THEN 'times_differ'::text
            WHEN (other.status <> s.status) THEN 'states_differ'::text
            ELSE 'linked'::text
        END AS correlation
   FROM (public.session_schedules s
     LEFT JOIN public.session_schedules other ON ((other.id = s.correlated_session_id)))
  WHERE ((s.max_participants > 1) AND (s.group_class_id IS NULL) AND ( SELECT private.is_admin() AS is_admin));

-- Name: VIEW group_session_correlations; Type: COMMENT; Schema: public

COMMENT ON VIEW public.group_session_correlations IS 'For admins: every class, what it is linked to, and what is wrong with that.';

-- Name: link_group_sessions(uuid, uuid); Type: FUNCTION; Schema: public

CREATE FUNCTION public.link_group_sessions(session_id uuid, correlated_session_id uuid) RETURNS SETOF public.group_session_correlations
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_one   public.session_schedules;
  v_other public.session_schedules;
begin
  if not private.is_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins link classes.');
  end if;
  -- In the order of their ids: two admins who link the same two the other way round wait, and not for each other.
  perform from public.session_schedules s
    where s.id in (link_group_sessions.session_id, link_group_sessions.correlated_session_id) order by s.id for update;
  select * into v_one from public.session_schedules s
   where s.id = link_group_sessions.session_id and private.is_class(s) and s.status <> 'cancelled';
  select * into v_other from public.session_schedules s
   where s.id = link_group_sessions.correlated_session_id and private.is_class(s) and s.status <> 'cancelled';
  if v_one.id is null or v_other.id is null then
    perform private.refuse(404, 'class_not_found', 'There is no such class.');
  elsif v_one.session_location = v_other.session_location then
    perform private.refuse(409, 'classes_are_alike', 'One of the two must be online and the other in person.');
  elsif v_one.correlated_session_id <> v_other.id or v_other.correlated_session_id <> v_one.id then
    perform private.refuse(409, 'class_is_linked', 'One of the two is linked to another class.', 'Unlink it first.');
  end if;

  update public.session_schedules s
     set correlated_session_id = case s.id when v_one.id then v_other.id else v_one.id end
   where s.id in (v_one.id, v_other.id);
  return query select * from public.group_session_correlations c where c.session_id = v_one.id;
end
$$;

-- Name: list_payments(text, text, integer, text); Type: FUNCTION; Schema: public

CREATE FUNCTION public.list_payments(status text DEFAULT 'all'::text, currency text DEFAULT 'all'::text, page_size integer DEFAULT NULL::integer, cursor text DEFAULT NULL::text) RETURNS TABLE(payments jsonb, next_cursor text)
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
#variable_conflict use_column
begin
  if not private.is_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins list payments.');
  end if;
  return query
    with ahead as (
      select p.* from public.session_payments p
       where list_payments.status in ('all', p.status) and lower(list_payments.currency) in ('all', lower(p.currency))
         and (list_payments.cursor is null
              or (p.created_at, p.id)
                 < (split_part(list_payments.cursor, '/', 1)::timestamptz, split_part(list_payments.cursor, '/', 2)::uuid))
       order by p.created_at desc, p.id desc limit list_payments.page_size + 1
    ),
    page as (select a.* from ahead a order by a.created_at desc, a.id desc limit list_payments.page_size)
    select coalesce(jsonb_agg(to_jsonb(p) || jsonb_build_object(
             'session', (select jsonb_build_object('id', s.id, 'scheduled_at', s.scheduled_at,
                                                   'duration_minutes', s.duration_minutes, 'status', s.status)
                           from public.session_schedules s where s.id = p.session_id),
             -- Neither is a foreign key: whom it names may be gone, and the page reads on.
             'practitioner', jsonb_build_object('name', (select x.name from public.practitioners x where x.id = p.practitioner_id)),
             'client', jsonb_build_object('email', (select c.email from public.profiles c where c.id = p.client_id)))
             order by p.created_at desc, p.id desc), '[]'),
           case when (select count(*) from ahead) > count(*)
                then (array_agg(p.created_at || '/' || p.id order by p.created_at, p.id))[1] end
      from page p;
end
$$;

-- Name: list_users(integer, text); Type: FUNCTION; Schema: public

CREATE FUNCTION public.list_users(page_size integer DEFAULT NULL::integer, cursor text DEFAULT NULL::text) RETURNS TABLE(users jsonb, next_cursor text)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select l.users, l.next_cursor from private.list_users(list_users.page_size, list_users.cursor) l;
$$;

-- Name: log_audit_event(uuid, text, text, uuid, text, text, jsonb); Type: FUNCTION; Schema: public

CREATE FUNCTION public.log_audit_event(p_user_id uuid, p_action text, p_table_name text, p_record_id uuid DEFAULT NULL::uuid, p_ip_address text DEFAULT NULL::text, p_user_agent text DEFAULT NULL::text, p_metadata jsonb DEFAULT '{}'::jsonb) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  insert into public.audit_logs (user_id, action, table_name, record_id, ip_address, user_agent, metadata)
  values (p_user_id, p_action, p_table_name, p_record_id, p_ip_address, p_user_agent, p_metadata);
$$;

-- Name: mark_payout_failed(uuid, text); Type: FUNCTION; Schema: public

CREATE FUNCTION public.mark_payout_failed(payout_id uuid, reason text) RETURNS SETOF public.payouts
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select * from private.mark_payout(mark_payout_failed.payout_id, 'failed', null, null, mark_payout_failed.reason);
$$;

-- Name: FUNCTION mark_payout_failed(payout_id uuid, reason text); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.mark_payout_failed(payout_id uuid, reason text) IS 'For admins and providers: the money did not leave. The next run pays it again.';

-- Name: mark_payout_paid(uuid, text, timestamp with time zone); Type: FUNCTION; Schema: public

CREATE FUNCTION public.mark_payout_paid(payout_id uuid, transaction_reference text, paid_at timestamp with time zone DEFAULT now()) RETURNS SETOF public.payouts
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select * from private.mark_payout(mark_payout_paid.payout_id, 'paid', mark_payout_paid.transaction_reference,
                                    coalesce(mark_payout_paid.paid_at, now()), null);
$$;

-- Name: FUNCTION mark_payout_paid(payout_id uuid, transaction_reference text, paid_at timestamp with time zone); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.mark_payout_paid(payout_id uuid, transaction_reference text, paid_at timestamp with time zone) IS 'For admins and providers: the money has left, under this reference.';

-- Name: match_memories(extensions.vector, uuid, integer, double precision); Type: FUNCTION; Schema: public

CREATE FUNCTION public.match_memories(query_embedding extensions.vector, match_user_id uuid, match_count integer DEFAULT 5, match_threshold double precision DEFAULT 0.7) RETURNS TABLE(id uuid, content text, memory_type text, session_date timestamp with time zone, metadata jsonb, similarity double precision)
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
#variable_conflict use_column
begin
  return query
    select m.id, m.content, m.memory_type, m.session_date, m.metadata,
           1 - (m.embedding operator(extensions.<=>) query_embedding)
    from public.meditation_memories m
    where m.user_id = match_user_id and 1 - (m.embedding operator(extensions.<=>) query_embedding) > match_threshold
    order by m.embedding operator(extensions.<=>) query_embedding
    limit match_count;
end
$$;

-- Name: recording_files; Type: TABLE; Schema: private

CREATE TABLE private.recording_files (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    recording_id uuid NOT NULL,
    "position" integer NOT NULL,
    kind text NOT NULL,
    source_key text NOT NULL,
    source_etag text NOT NULL,
    size_bytes bigint NOT NULL,
    storage_path text NOT NULL,
    upload_url text,
    sha256 bytea,
    verified_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT recording_files_kind_is_known CHECK ((kind = ANY (ARRAY['mp4'::text, 'playlist'::text, 'slice'::text]))),
    CONSTRAINT recording_files_size_is_a_size CHECK ((size_bytes >= 0)),
    CONSTRAINT recording_files_verified_by_hash CHECK ((((verified_at IS NULL) = (sha256 IS NULL)) AND (octet_length(sha256) = 32)))
);

-- Name: TABLE recording_files; Type: COMMENT; Schema: private

COMMENT ON TABLE private.recording_files IS 'The parts of a recording, in playing order.';

-- Name: COLUMN recording_files.source_etag; Type: COMMENT; Schema: private

COMMENT ON COLUMN private.recording_files.source_etag IS 'The version of the source: if it changes, copying begins anew.';

-- Name: COLUMN recording_files.upload_url; Type: COMMENT; Schema: private

COMMENT ON COLUMN private.recording_files.upload_url IS 'Where a broken-off upload goes on.';

-- Name: next_recording_file(uuid, uuid); Type: FUNCTION; Schema: public

CREATE FUNCTION public.next_recording_file(recording_id uuid, lease_id uuid) RETURNS TABLE(remaining bigint, file private.recording_files)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  perform private.hold_lease(next_recording_file.recording_id, next_recording_file.lease_id);
  select count(*) into remaining from private.recording_files f
   where f.recording_id = next_recording_file.recording_id and f.verified_at is null;
  select * into file from private.recording_files f
   where f.recording_id = next_recording_file.recording_id and f.verified_at is null
   order by f.position limit 1;
  return next;
end;
$$;

-- Name: observe_checkout(uuid, jsonb); Type: FUNCTION; Schema: public

CREATE FUNCTION public.observe_checkout(checkout_id uuid, facts jsonb) RETURNS TABLE(id uuid, status text)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_checkout public.checkout_sessions := private.observe_payment(
    observe_checkout.checkout_id, jsonb_populate_record(null::private.payment_facts, facts));
begin
  perform private.apply_waiting_events(v_checkout.stripe_payment_intent_id);
  return query select v_checkout.id, v_checkout.status;
end
$$;

-- Name: FUNCTION observe_checkout(checkout_id uuid, facts jsonb); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.observe_checkout(checkout_id uuid, facts jsonb) IS 'What Stripe said when it was asked, as facts: the same that events bring.';

-- Name: observe_recording(uuid, integer, text, text, text, integer, text); Type: FUNCTION; Schema: public

CREATE FUNCTION public.observe_recording(recording_id uuid, attempt integer, observation text, resource_id text DEFAULT NULL::text, sid text DEFAULT NULL::text, agora_status integer DEFAULT NULL::integer, reason text DEFAULT NULL::text) RETURNS SETOF public.session_recordings
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select * from private.observe_recording(recording_id, attempt, observation, resource_id, sid, agora_status,
                                          reason => reason);
$$;

-- Name: once(text, text, jsonb); Type: FUNCTION; Schema: public

CREATE FUNCTION public.once(rpc text, idempotency_key text, arguments jsonb) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $_$
declare
  v_remembered jsonb := arguments - 'sealed';
  v_answer     jsonb := private.recall(rpc, idempotency_key, v_remembered);
  v_columns    text;
  v_passed     text;
begin
  if v_answer is not null then
    return v_answer;
  end if;

  -- Types come from the function's own signature; an argument it does not have is an error of the caller's code.
  select string_agg(format('%I %s', a.name, format_type(a.type, null)), ', '),
         string_agg(format('%I => passed.%I', a.name, a.name), ', ')
    into v_columns, v_passed
    from pg_catalog.pg_proc p,
         unnest(p.proargnames[1:p.pronargs], p.proargtypes::oid[]) as a (name, type)
   where p.pronamespace = 'public'::regnamespace and p.proname = once.rpc and p.proname <> 'once'
     and arguments ? a.name;
  if v_columns is null then
    perform private.refuse(404, 'not_found', 'There is no such function.');
  end if;

  execute format('select to_jsonb(result) from jsonb_to_record($1) as passed(%s), lateral public.%I(%s) as result',
                 v_columns, once.rpc, v_passed)
    into v_answer using arguments;
  perform private.remember(rpc, idempotency_key, v_remembered, v_answer);
  return v_answer;
end;
$_$;

-- Name: FUNCTION once(rpc text, idempotency_key text, arguments jsonb); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.once(rpc text, idempotency_key text, arguments jsonb) IS 'Calls another function of the API with named arguments; a repeat under the same key gets the first answer.';

-- Name: open_checkout(uuid, text, text); Type: FUNCTION; Schema: public

CREATE FUNCTION public.open_checkout(checkout_id uuid, stripe_session_id text, url text) RETURNS TABLE(checkout_id uuid, url text, expires_at timestamp with time zone)
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select c.id, c.url, c.expires_at
    from private.open_checkout(open_checkout.checkout_id, open_checkout.stripe_session_id, open_checkout.url) c;
$$;

-- Name: open_share_link(text, boolean, text, integer, text, uuid, text, text); Type: FUNCTION; Schema: public

CREATE FUNCTION public.open_share_link(token_sha256 text, opens boolean DEFAULT false, password_scrypt text DEFAULT NULL::text, part integer DEFAULT 1, file_name text DEFAULT NULL::text, view_id uuid DEFAULT NULL::uuid, ip_address text DEFAULT NULL::text, user_agent text DEFAULT NULL::text) RETURNS TABLE(state text, has_password boolean, recording_id uuid, view uuid, part_kinds text[], kind text, storage_path text)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_hash      bytea := decode(open_share_link.token_sha256, 'hex');
  v_link      public.recording_share_links;
  v_recording public.session_recordings;
  v_part      record;
begin
  select * into v_link from public.recording_share_links l where l.token_sha256 = v_hash;
  select v.id into view from public.recording_views v
   where v.id = open_share_link.view_id and v.link_id = v_link.id and v.viewed_at > now() - interval '1 day';
  if not found and (open_share_link.opens or not (v_link.has_password or v_link.view_limit is not null)) then
    -- This may become a view. Those who open the same link queue here, and find what the one before has counted.
    select * into v_link from public.recording_share_links l where l.token_sha256 = v_hash for update;
  end if;

  select * into v_recording from public.session_recordings r
   where r.id = v_link.recording_id and v_link.revoked_at is null and r.status = 'completed' and not private.is_closed(r);
  v_part := private.recording_part(v_recording, open_share_link.part, open_share_link.file_name);
  if v_link.expires_at <= now() then
    perform private.refuse(410, 'share_link_expired', 'This link has expired.', 'Ask whoever sent it for a new one.');
  end if;
  has_password := v_link.has_password;

  if view is null then
    if v_link.view_count >= v_link.view_limit then
      perform private.refuse(410, 'share_link_used_up', 'This link has been opened as often as it could be.',
                             'Ask whoever sent it for a new one.');
    elsif not open_share_link.opens and (v_link.has_password or v_link.view_limit is not null) then
      state := 'closed';
      return next;
      return;
    elsif v_link.locked_until > now() then
      perform private.refuse(429, 'too_many_wrong_passwords', 'There were too many wrong passwords.', 'Try again in 15 minutes.');
    elsif v_link.password_scrypt <> coalesce(decode(open_share_link.password_scrypt, 'hex'), '') then
      -- Told by an answer, not a refusal: raising would roll the counter back that limits guessing.
      update public.recording_share_links l
         set wrong_passwords = (l.wrong_passwords + 1) % 5,
             locked_until = case when l.wrong_passwords + 1 >= 5 then now() + interval '15 minutes' end
       where l.id = v_link.id;
      state := 'wrong_password';
      return next;
      return;
    end if;
    update public.recording_share_links l set view_count = l.view_count + 1, wrong_passwords = 0, locked_until = null
     where l.id = v_link.id;
    insert into public.recording_views as v (recording_id, link_id, link_kind, ip_address, user_agent)
    values (v_recording.id, v_link.id, 'share', open_share_link.ip_address, open_share_link.user_agent)
    returning v.id into view;
  end if;

  return query
    select 'open', v_link.has_password, v_recording.id, view, v_part.part_kinds, v_part.kind, v_part.storage_path;
end
$$;

-- Name: payment_file(uuid, text, text); Type: FUNCTION; Schema: public

CREATE FUNCTION public.payment_file(user_id uuid, reference text, in_currency text DEFAULT NULL::text) RETURNS TABLE(payout_id uuid, practitioner_id uuid, practitioner_name text, withheld text, bank_name text, account_holder_name text, account_type text, country text, account_number text, routing_number text, amount_minor bigint, currency text, period_start date, period_end date)
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select * from private.payment_file(user_id, reference, in_currency);
$$;

-- Name: FUNCTION payment_file(user_id uuid, reference text, in_currency text); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.payment_file(user_id uuid, reference text, in_currency text) IS 'For export-payout-file, which has verified user_id and opens the sealed numbers.';

-- Name: plan_recording_files(uuid, uuid, jsonb, integer); Type: FUNCTION; Schema: public

CREATE FUNCTION public.plan_recording_files(recording_id uuid, lease_id uuid, files jsonb, duration_seconds integer) RETURNS TABLE(planned bigint)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  perform private.hold_lease(plan_recording_files.recording_id, plan_recording_files.lease_id);
  insert into private.recording_files (recording_id, position, kind, source_key, source_etag, size_bytes, storage_path)
  select plan_recording_files.recording_id, f.position, f.kind, f.source_key, f.source_etag, f.size_bytes, f.storage_path
    from jsonb_to_recordset(plan_recording_files.files)
      as f (position integer, kind text, source_key text, source_etag text, size_bytes bigint, storage_path text);
  get diagnostics planned = row_count;
  update public.session_recordings r set duration_seconds = plan_recording_files.duration_seconds
   where r.id = plan_recording_files.recording_id;
  return next;
end;
$$;

-- Name: postpone_recording_copy(uuid, uuid, text, text); Type: FUNCTION; Schema: public

CREATE FUNCTION public.postpone_recording_copy(recording_id uuid, lease_id uuid, code text, reason text) RETURNS SETOF public.session_recordings
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_recording public.session_recordings := private.hold_lease(postpone_recording_copy.recording_id, postpone_recording_copy.lease_id);
  v_is_over   boolean := now() > v_recording.deadline_at;
begin
  if postpone_recording_copy.code = 'source_changed' then
    delete from private.recording_files f where f.recording_id = v_recording.id;  -- what was copied is not the recording any more
  end if;
  return query
    update public.session_recordings r
       set status = case when v_is_over then 'failed' else 'processing' end,
           failure_code = case when v_is_over then postpone_recording_copy.code end,
           failure_reason = postpone_recording_copy.reason,
           copy_failures = r.copy_failures + 1,
           next_check_at = case when not v_is_over
                                then now() + least(interval '1 hour', interval '30 seconds' * 2 ^ least(r.copy_failures, 10)) end,
           lease_id = null, lease_until = null
     where r.id = v_recording.id
    returning r.*;
end;
$$;

-- Name: practitioner_dashboard(integer); Type: FUNCTION; Schema: public

CREATE FUNCTION public.practitioner_dashboard(at_most integer DEFAULT 5) RETURNS TABLE(practitioner_id uuid, name text, available boolean, time_zone text, today jsonb, upcoming jsonb, clients_in_all integer, recent_clients jsonb, sessions_completed integer, actions_open integer, actions_overdue integer, pending_actions jsonb, earnings jsonb, contract text, banking text)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  with me as (
    select p.id, p.user_id, p.name, p.available, coalesce(c.time_zone, 'UTC') as time_zone,
           (now() at time zone coalesce(c.time_zone, 'UTC'))::date as today, least(greatest(at_most, 1), 50) as at_most
      from public.practitioners p left join public.practitioner_calendars c on c.practitioner_id = p.id
     where p.user_id = (select auth.uid())
     order by p.created_at, p.id limit 1
  ),
  led as (
    select s as session, s.id, s.scheduled_at, s.status, f.full_name as client_name,
           (s.scheduled_at at time zone me.time_zone)::date as on_date
      from me join public.session_schedules s on s.practitioner_id = me.id and s.group_class_id is null
      left join public.profiles f on f.id = s.client_id
     where s.status <> 'cancelled' and s.scheduled_at > now() - interval '2 days'
  ),
  met as (
    -- A class's own row names an admin; its seats name who came.
    select s.client_id, count(*) filter (where s.status = 'completed')::integer as completed,
           max(s.scheduled_at) filter (where s.scheduled_at <= now()) as last_met_at,
           min(s.scheduled_at) filter (where s.scheduled_at > now()) as meets_at
      from me join public.session_schedules s on s.practitioner_id = me.id
     where s.status <> 'cancelled' and (s.max_participants = 1 or s.group_class_id is not null)
     group by s.client_id
  ),
  recommended as (
    select r.id, r.client_id, f.full_name as client_name, r.title, r.action_type, r.due_date, r.created_at,
           coalesce(r.due_date < me.today, false) as is_overdue
      from me join public.action_recommendations r on r.practitioner_id = me.id and not r.completed
      left join public.profiles f on f.id = r.client_id
  )
  select me.id, me.name, me.available, me.time_zone,
         coalesce((select jsonb_agg(private.session_line(l.session, l.client_name) order by l.scheduled_at, l.id)
                     from led l where l.on_date = me.today), '[]'),
         coalesce((select jsonb_agg(private.session_line(l.session, l.client_name) order by l.scheduled_at, l.id)
                     from (select * from led where on_date > me.today and status = 'scheduled'
                            order by scheduled_at, id limit me.at_most) l), '[]'),
         (select count(*)::integer from met),
         coalesce((select jsonb_agg(jsonb_build_object(
                            'client_id', m.client_id, 'name', f.full_name, 'sessions_completed', m.completed,
                            'last_met_at', m.last_met_at, 'meets_at', m.meets_at)
                          order by m.last_met_at desc nulls last, m.client_id)
                     from (select * from met order by last_met_at desc nulls last, client_id limit me.at_most) m
                     left join public.profiles f on f.id = m.client_id), '[]'),
         (select coalesce(sum(m.completed), 0)::integer from met m),
         (select count(*)::integer from recommended),
         (select count(*)::integer from recommended r where r.is_overdue),
         coalesce((select jsonb_agg(to_jsonb(r) order by r.due_date nulls last, r.created_at)
                     from (select * from recommended order by due_date nulls last, created_at limit me.at_most) r), '[]'),
         (select jsonb_agg(to_jsonb(e) order by e.currency) from public.earnings_overview(me.id) e),
         coalesce((select case when k.status = 'signed' and k.expires_at <= now() then 'expired' else k.status end
                     from public.practitioner_contracts k where k.practitioner_id = me.id
                    order by k.status = 'pending' desc, k.status = 'signed' desc, k.created_at desc limit 1), 'missing'),
         coalesce((select case when not b.verified then 'unverified' when b.cooling_until > now() then 'cooling' else 'verified' end
                     from public.practitioner_banking b where b.practitioner_id = me.id), 'missing')
    from me;
$$;

-- Name: FUNCTION practitioner_dashboard(at_most integer); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.practitioner_dashboard(at_most integer) IS 'The practitioner''s own page, in one row; none for whoever is not one. Earnings have a row for each currency.';

-- Name: prepare_mails(); Type: FUNCTION; Schema: public

CREATE FUNCTION public.prepare_mails() RETURNS TABLE(reminders integer, lost integer)
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select private.remind_sessions(), private.give_up_lost_mails();
$$;

-- Name: FUNCTION prepare_mails(); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.prepare_mails() IS 'For the scheduler: what the clock alone makes due, before mails are claimed.';

-- Name: quote_cancellation(uuid, boolean); Type: FUNCTION; Schema: public

CREATE FUNCTION public.quote_cancellation(session_id uuid, use_grace boolean DEFAULT false) RETURNS TABLE(session_id uuid, cancellation_type text, credit_returned integer, fee_charged numeric, currency text, hours_before_session numeric, free_until timestamp with time zone, grace_available boolean, cancellation_policy_version uuid)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select quote_cancellation.session_id, t.cancellation_type, t.credit_returned, t.fee_charged, t.currency,
         t.hours_before_session, t.free_until, t.grace_available, t.cancellation_policy_version
    from private.quote_cancellation(quote_cancellation.session_id, quote_cancellation.use_grace) t;
$$;

-- Name: FUNCTION quote_cancellation(session_id uuid, use_grace boolean); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.quote_cancellation(session_id uuid, use_grace boolean) IS 'What cancelling would give back and cost right now. It changes nothing.';

-- Name: receive_agora_notification(text, integer, integer, text, text, jsonb, text, bigint, timestamp with time zone, bigint); Type: FUNCTION; Schema: public

CREATE FUNCTION public.receive_agora_notification(notice_id text, product integer, event_type integer, channel text, sid text, payload jsonb, observation text DEFAULT NULL::text, recorder_uid bigint DEFAULT NULL::bigint, happened_at timestamp with time zone DEFAULT NULL::timestamp with time zone, failover_uid bigint DEFAULT NULL::bigint) RETURNS TABLE(is_repeated boolean, is_applied boolean)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_notice private.agora_notifications;
begin
  insert into private.agora_notifications as n
    (notice_id, product, event_type, channel, sid, payload, observation, recorder_uid, happened_at, failover_uid)
  values
    (receive_agora_notification.notice_id, receive_agora_notification.product, receive_agora_notification.event_type,
     receive_agora_notification.channel, receive_agora_notification.sid, receive_agora_notification.payload,
     receive_agora_notification.observation, receive_agora_notification.recorder_uid,
     receive_agora_notification.happened_at, receive_agora_notification.failover_uid)
  on conflict (notice_id) do update set deliveries = n.deliveries + 1
  returning n.* into v_notice;
  return query select v_notice.deliveries > 1,
                      v_notice.applied_at is not null or private.apply_notification(v_notice);
end;
$$;

-- Name: receive_channel_event(text, integer, text, jsonb, text, bigint, boolean, bigint, timestamp with time zone, integer); Type: FUNCTION; Schema: public

CREATE FUNCTION public.receive_channel_event(notice_id text, event_type integer, channel text, payload jsonb, change text DEFAULT NULL::text, uid bigint DEFAULT NULL::bigint, is_recorder boolean DEFAULT false, client_seq bigint DEFAULT NULL::bigint, happened_at timestamp with time zone DEFAULT NULL::timestamp with time zone, stayed_seconds integer DEFAULT NULL::integer) RETURNS TABLE(is_repeated boolean, session_id uuid)
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select e.deliveries > 1, e.session_id
    from private.receive_channel_event(notice_id, event_type, channel, change, uid, is_recorder, client_seq, happened_at,
                                       stayed_seconds, payload) e;
$$;

-- Name: receive_stripe_event(text, text, jsonb, jsonb, timestamp with time zone); Type: FUNCTION; Schema: public

CREATE FUNCTION public.receive_stripe_event(event_id text, event_type text, payload jsonb, facts jsonb DEFAULT NULL::jsonb, happened_at timestamp with time zone DEFAULT NULL::timestamp with time zone) RETURNS TABLE(is_repeated boolean, is_applied boolean)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_event private.stripe_events;
begin
  insert into private.stripe_events as e (event_id, event_type, payload, facts, happened_at)
  values (receive_stripe_event.event_id, receive_stripe_event.event_type, receive_stripe_event.payload,
          receive_stripe_event.facts, receive_stripe_event.happened_at)
  on conflict (event_id) do update set deliveries = e.deliveries + 1
  returning e.* into v_event;
  is_repeated := v_event.deliveries > 1;
  is_applied := v_event.applied_at is not null or private.apply_stripe_event(v_event);
  if is_applied and v_event.applied_at is null then
    -- Now the payment has a name, by which others may wait for it.
    perform private.apply_waiting_events(v_event.payment_intent_id);
  end if;
  return next;
end
$$;

-- Name: reconcile_bookings(); Type: FUNCTION; Schema: public

CREATE FUNCTION public.reconcile_bookings() RETURNS TABLE(lots_expired integer, sessions_moved integer, sessions_stuck integer)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  lots_expired := private.expire_credits(1000);
  select count(*) filter (where r.moved), count(*) filter (where not r.moved) into sessions_moved, sessions_stuck
    from private.rederive_sessions() r;
  return next;
end
$$;

-- Name: FUNCTION reconcile_bookings(); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.reconcile_bookings() IS 'For the scheduler. Stuck is a session whose new time is taken: somebody has to move it.';

-- Name: reconcile_contracts(); Type: FUNCTION; Schema: public

CREATE FUNCTION public.reconcile_contracts() RETURNS TABLE(contracts_expiring integer, contracts_expired integer)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  contracts_expiring := private.remind_of_ending_contracts();
  -- Whoever is signing or revoking one of them comes first; the next run finds what is left.
  update public.practitioner_contracts c set status = 'expired'
   where c.id in (select due.id from public.practitioner_contracts due
                   where due.status in ('pending', 'signed') and due.expires_at <= now()
                     for update skip locked);
  get diagnostics contracts_expired = row_count;
  return next;
end
$$;

-- Name: FUNCTION reconcile_contracts(); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.reconcile_contracts() IS 'For the scheduler. Late is harmless: a contract past its end is neither signed nor counted as live.';

-- Name: record_audit_log(uuid, text, text, uuid, uuid, text, text, jsonb); Type: FUNCTION; Schema: public

CREATE FUNCTION public.record_audit_log(recorder uuid, action text, table_name text, user_id uuid DEFAULT NULL::uuid, record_id uuid DEFAULT NULL::uuid, ip_address text DEFAULT NULL::text, user_agent text DEFAULT NULL::text, metadata jsonb DEFAULT NULL::jsonb) RETURNS TABLE(success boolean, message text)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_column
begin
  if recorder is not null and coalesce(record_audit_log.user_id, recorder) <> recorder then
    perform private.refuse(403, 'audit_of_another_person', 'You can only record what you did yourself.');
  elsif recorder is not null and record_audit_log.action not in ('VIEW', 'EXPORT', 'LOGIN', 'LOGOUT') then
    perform private.refuse(403, 'audit_action_reserved', 'Changes are recorded by the database itself.',
                           'Record VIEW, EXPORT, LOGIN or LOGOUT.');
  end if;
  insert into public.audit_logs (user_id, action, table_name, record_id, ip_address, user_agent, metadata)
  values (coalesce(recorder, record_audit_log.user_id), record_audit_log.action, record_audit_log.table_name,
          record_audit_log.record_id, record_audit_log.ip_address, record_audit_log.user_agent,
          coalesce(record_audit_log.metadata, '{}'));
  return query select true, 'Audit log recorded';
end
$$;

-- Name: FUNCTION record_audit_log(recorder uuid, action text, table_name text, user_id uuid, record_id uuid, ip_address text, user_agent text, metadata jsonb); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.record_audit_log(recorder uuid, action text, table_name text, user_id uuid, record_id uuid, ip_address text, user_agent text, metadata jsonb) IS 'Adds a line to the audit log. `recorder` is the verified caller; null is the service.';

-- Name: record_consent(uuid, text, boolean, text, jsonb, text, text); Type: FUNCTION; Schema: public

CREATE FUNCTION public.record_consent(user_id uuid, consent_type text, consented boolean, version text DEFAULT '1.0'::text, metadata jsonb DEFAULT '{}'::jsonb, ip_address text DEFAULT NULL::text, user_agent text DEFAULT NULL::text) RETURNS SETOF public.user_consents
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_column
begin
  return query
    insert into public.user_consents as c
      (user_id, consent_type, consented, version, metadata, ip_address, user_agent, revoked_ip_address)
    values
      (record_consent.user_id, record_consent.consent_type, record_consent.consented, record_consent.version,
       record_consent.metadata, case when record_consent.consented then record_consent.ip_address end,
       record_consent.user_agent, case when not record_consent.consented then record_consent.ip_address end)
    on conflict (user_id, consent_type) do update
       set consented = excluded.consented, version = excluded.version, metadata = excluded.metadata,
           -- From where it was given stays beside from where it was withdrawn.
           ip_address = coalesce(excluded.ip_address, c.ip_address), user_agent = excluded.user_agent,
           revoked_ip_address = excluded.revoked_ip_address
    returning c.*;
end
$$;

-- Name: record_refund(uuid, jsonb, text); Type: FUNCTION; Schema: public

CREATE FUNCTION public.record_refund(refund_id uuid, facts jsonb, stripe_refund_id text DEFAULT NULL::text) RETURNS TABLE(status text, refunded_minor integer)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_checkout public.checkout_sessions := private.observe_payment(
    private.record_refund(record_refund.refund_id, record_refund.stripe_refund_id),
    jsonb_populate_record(null::private.payment_facts, facts));
begin
  return query select case when stripe_refund_id is null then 'failed' else 'sent' end, v_checkout.returned_minor;
end
$$;

-- Name: redeliver_webhooks(uuid, timestamp with time zone, uuid); Type: FUNCTION; Schema: public

CREATE FUNCTION public.redeliver_webhooks(endpoint_id uuid DEFAULT NULL::uuid, since timestamp with time zone DEFAULT NULL::timestamp with time zone, delivery_id uuid DEFAULT NULL::uuid) RETURNS TABLE(redelivered integer)
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select private.redeliver_webhooks(redeliver_webhooks.endpoint_id, redeliver_webhooks.since, redeliver_webhooks.delivery_id);
$$;

-- Name: FUNCTION redeliver_webhooks(endpoint_id uuid, since timestamp with time zone, delivery_id uuid); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.redeliver_webhooks(endpoint_id uuid, since timestamp with time zone, delivery_id uuid) IS 'For admins and operators: one delivery again, or all that failed since a time.';

-- Name: release_hold(uuid); Type: FUNCTION; Schema: public

CREATE FUNCTION public.release_hold(hold_id uuid) RETURNS SETOF public.session_holds
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select * from private.release_hold(release_hold.hold_id);
$$;

-- Name: FUNCTION release_hold(hold_id uuid); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.release_hold(hold_id uuid) IS 'Give back what was held. Giving it back twice is fine.';

-- Name: request_refund(text, uuid, uuid, integer); Type: FUNCTION; Schema: public

CREATE FUNCTION public.request_refund(reason text, checkout_id uuid DEFAULT NULL::uuid, session_id uuid DEFAULT NULL::uuid, amount_minor integer DEFAULT NULL::integer) RETURNS TABLE(refund_id uuid, checkout_id uuid, amount_minor integer, currency text, payment_intent_id text, stripe_session_id text)
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select * from private.request_refund(request_refund.checkout_id, request_refund.session_id, request_refund.amount_minor, reason);
$$;

-- Name: FUNCTION request_refund(reason text, checkout_id uuid, session_id uuid, amount_minor integer); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.request_refund(reason text, checkout_id uuid, session_id uuid, amount_minor integer) IS 'For admins: decides and records a refund; refund-payment then makes it at Stripe.';

-- Name: reschedule_session(uuid, timestamp with time zone); Type: FUNCTION; Schema: public

CREATE FUNCTION public.reschedule_session(session_id uuid, scheduled_at timestamp with time zone) RETURNS SETOF public.session_schedules
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_session public.session_schedules;
begin
  select * into v_session from public.session_schedules s where s.id = reschedule_session.session_id;
  if v_session.id is null or private.part_in(v_session) is null then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  end if;
  -- Moving it where it is already changes nothing, so a second click is fine.
  return query
    update public.session_schedules s
       set scheduled_at = reschedule_session.scheduled_at,
           notes = case when s.scheduled_at = reschedule_session.scheduled_at then s.notes
                        else coalesce(s.notes || E'\n\n', '') || 'Rescheduled on ' || current_date end
     where s.id = v_session.id
    returning s.*;
end
$$;

-- Name: FUNCTION reschedule_session(session_id uuid, scheduled_at timestamp with time zone); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.reschedule_session(session_id uuid, scheduled_at timestamp with time zone) IS 'Moves a session or a class, as the pages do by updating the row.';

-- Name: resolve_mail(uuid, text); Type: FUNCTION; Schema: public

CREATE FUNCTION public.resolve_mail(mail_id uuid, outcome text) RETURNS TABLE(status text)
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select private.resolve_mail(resolve_mail.mail_id, resolve_mail.outcome);
$$;

-- Name: FUNCTION resolve_mail(mail_id uuid, outcome text); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.resolve_mail(mail_id uuid, outcome text) IS 'For operators: a mail whose fate is unknown was sent, or is queued again.';

-- Name: retry_recording(uuid); Type: FUNCTION; Schema: public

CREATE FUNCTION public.retry_recording(recording_id uuid) RETURNS SETOF public.session_recordings
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  -- The one way back, for an operator who removed the cause: the bucket is asked anew what there is.
  return query
    update public.session_recordings r
       set status = 'processing', failure_code = null, failure_reason = null, crashed_at = null, copy_failures = 0,
           upload_complete = false, next_check_at = now(), deadline_at = now() + interval '20 minutes'
     where r.id = retry_recording.recording_id and r.status = 'failed' and r.agora_sid is not null
    returning r.*;
  if not found then
    perform private.refuse(409, 'recording_not_failed', 'Only a failed recording that Agora knew can be tried again.');
  end if;
end;
$$;

-- Name: revoke_recording_share_link(uuid); Type: FUNCTION; Schema: public

CREATE FUNCTION public.revoke_recording_share_link(share_link_id uuid) RETURNS TABLE(share_link_id uuid, revoked_at timestamp with time zone)
    LANGUAGE sql
    SET search_path TO ''
    AS $_$
  select $1, private.revoke_recording_share_link($1);
$_$;

-- Name: rotate_recording_link(uuid); Type: FUNCTION; Schema: public

CREATE FUNCTION public.rotate_recording_link(recording_id uuid) RETURNS TABLE(recording_url text)
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select private.rotate_recording_link(recording_id);
$$;

-- Name: rotate_webhook_secret(uuid); Type: FUNCTION; Schema: public

CREATE FUNCTION public.rotate_webhook_secret(endpoint_id uuid) RETURNS TABLE(secret text)
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select private.rotate_webhook_secret(rotate_webhook_secret.endpoint_id);
$$;

-- Name: FUNCTION rotate_webhook_secret(endpoint_id uuid); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.rotate_webhook_secret(endpoint_id uuid) IS 'For admins. The old secret signs beside the new one for a day.';

-- Name: run_payouts(integer); Type: FUNCTION; Schema: public

CREATE FUNCTION public.run_payouts(batch integer DEFAULT 100) RETURNS TABLE(payouts_made integer, periods_closed integer, carried_forward integer, is_done boolean)
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select * from private.run_payouts(greatest(1, run_payouts.batch));
$$;

-- Name: FUNCTION run_payouts(batch integer); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.run_payouts(batch integer) IS 'For the scheduler, again until is_done. Carried forward are those who were paid more than they earned.';

-- Name: save_practitioner_banking(uuid, uuid, text, text, text, text, text, text, text, jsonb); Type: FUNCTION; Schema: public

CREATE FUNCTION public.save_practitioner_banking(user_id uuid, practitioner_id uuid, bank_name text, account_holder_name text, account_type text, country text, account_last4 text, routing_last4 text, fingerprint text, sealed jsonb) RETURNS TABLE(id uuid, verified boolean)
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select b.id, b.verified
    from private.save_practitioner_banking(
      user_id, practitioner_id, bank_name, account_holder_name, account_type, country,
      account_last4, routing_last4, fingerprint, sealed) b;
$$;

-- Name: FUNCTION save_practitioner_banking(user_id uuid, practitioner_id uuid, bank_name text, account_holder_name text, account_type text, country text, account_last4 text, routing_last4 text, fingerprint text, sealed jsonb); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.save_practitioner_banking(user_id uuid, practitioner_id uuid, bank_name text, account_holder_name text, account_type text, country text, account_last4 text, routing_last4 text, fingerprint text, sealed jsonb) IS 'Stores a bank account whose numbers are sealed: {account_number, routing_number}. The service has verified user_id.';

-- Name: send_booking_confirmation(uuid); Type: FUNCTION; Schema: public

CREATE FUNCTION public.send_booking_confirmation(session_id uuid) RETURNS TABLE(message_id uuid)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_session public.session_schedules := private.session_to_tell_of(send_booking_confirmation.session_id);
begin
  if v_session.status <> 'scheduled' then
    perform private.refuse(409, 'session_not_scheduled', 'There is nothing to confirm: this session is not scheduled.');
  end if;
  return query select private.ask_for_session_mail('session_booked', v_session, '{}');
end
$$;

-- Name: send_cancellation_notice(uuid, boolean); Type: FUNCTION; Schema: public

CREATE FUNCTION public.send_cancellation_notice(session_id uuid, is_reschedule boolean DEFAULT false) RETURNS TABLE(message_id uuid)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_session public.session_schedules := private.session_to_tell_of(send_cancellation_notice.session_id);
begin
  if is_reschedule then
    message_id := private.ask_for_session_mail('session_rescheduled', v_session);
    if message_id is null then
      perform private.refuse(409, 'session_not_moved', 'This session has not been moved.');
    end if;
  elsif v_session.status <> 'cancelled' then
    perform private.refuse(409, 'session_not_cancelled', 'This session has not been cancelled.');
  else
    message_id := private.ask_for_session_mail('session_cancelled', v_session, coalesce((
      select jsonb_build_object(
               'by', case when c.approved_by is null then 'client' else 'platform' end,
               'cancellation_type', c.cancellation_type, 'credit_returned', c.credit_returned,
               'fee_charged', c.fee_charged, 'currency', c.fee_currency)
        from public.session_cancellations c where c.session_id = v_session.id order by c.cancelled_at limit 1), '{}'));
  end if;
  return next;
end
$$;

-- Name: send_class_reminder(uuid); Type: FUNCTION; Schema: public

CREATE FUNCTION public.send_class_reminder(session_id uuid DEFAULT NULL::uuid) RETURNS TABLE(reminders_sent integer)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  if send_class_reminder.session_id is not null then
    perform private.session_to_tell_of(send_class_reminder.session_id);
  elsif private.is_person() and not private.is_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins remind everybody.', 'Name a session of yours.');
  end if;
  return query select private.remind_sessions(send_class_reminder.session_id);
end
$$;

-- Name: send_payment_receipt(text, text); Type: FUNCTION; Schema: public

CREATE FUNCTION public.send_payment_receipt(payment_intent_id text DEFAULT NULL::text, checkout_session_id text DEFAULT NULL::text) RETURNS TABLE(message_id uuid)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  v_checkout uuid;
begin
  select c.id into v_checkout from public.checkout_sessions c
   where c.paid_at is not null
     and (c.stripe_payment_intent_id = send_payment_receipt.payment_intent_id
          or c.stripe_session_id = send_payment_receipt.checkout_session_id
          or c.id::text = send_payment_receipt.checkout_session_id)
     -- A practitioner who is an admin too may; a practitioner may not.
     and (not private.is_person() or c.user_id = (select auth.uid()) or private.is_admin());
  if v_checkout is null then
    perform private.refuse(404, 'payment_not_found', 'There is no such payment.');
  end if;
  return query select private.receipt_of(v_checkout);
end
$$;

-- Name: send_welcome_email(uuid); Type: FUNCTION; Schema: public

CREATE FUNCTION public.send_welcome_email(user_id uuid) RETURNS TABLE(success boolean)
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select private.send_welcome_email(send_welcome_email.user_id);
$$;

-- Name: FUNCTION send_welcome_email(user_id uuid); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.send_welcome_email(user_id uuid) IS 'Says yes in any case: nobody learns from it who has an account.';

-- Name: session_consents(uuid); Type: FUNCTION; Schema: public

CREATE FUNCTION public.session_consents(session_id uuid) RETURNS TABLE(user_id uuid, has_consented boolean)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select * from private.session_consents(session_id);
$$;

-- Name: FUNCTION session_consents(session_id uuid); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.session_consents(session_id uuid) IS 'Who in a session has agreed to be recorded: for its practitioner, and for admins. Nothing else of anybody''s consents.';

-- Name: set_attendance(uuid, uuid, boolean, text, timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: public

CREATE FUNCTION public.set_attendance(session_id uuid, user_id uuid, attended boolean, reason text, joined_at timestamp with time zone DEFAULT NULL::timestamp with time zone, left_at timestamp with time zone DEFAULT NULL::timestamp with time zone) RETURNS SETOF public.session_attendance
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select * from private.set_attendance(session_id, user_id, attended, reason, joined_at, left_at);
$$;

-- Name: FUNCTION set_attendance(session_id uuid, user_id uuid, attended boolean, reason text, joined_at timestamp with time zone, left_at timestamp with time zone); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.set_attendance(session_id uuid, user_id uuid, attended boolean, reason text, joined_at timestamp with time zone, left_at timestamp with time zone) IS 'For the session''s practitioner and admins: somebody came, or did not, and why that is said. Facts change it no more. A no-show said before the session is completed has the consequences that the session rules name, within a minute.';

-- Name: sign_practitioner_contract(uuid, uuid, text, text, bytea, text, text); Type: FUNCTION; Schema: public

CREATE FUNCTION public.sign_practitioner_contract(user_id uuid, contract_id uuid DEFAULT NULL::uuid, shown_sha256 text DEFAULT NULL::text, signature_name text DEFAULT NULL::text, signature_image bytea DEFAULT NULL::bytea, ip_address text DEFAULT NULL::text, user_agent text DEFAULT NULL::text) RETURNS TABLE(id uuid, contract_version text, signed_at timestamp with time zone, text_sha256 text, evidence_sha256 text)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_contract public.practitioner_contracts;
begin
  -- Which one the pages show: the newest that is pending, else the newest that is signed. Twins queue at the lock.
  select c.* into v_contract
    from public.practitioner_contracts c join public.practitioners p on p.id = c.practitioner_id
   where p.user_id = sign_practitioner_contract.user_id
     and case when sign_practitioner_contract.contract_id is null then c.status in ('pending', 'signed')
              else c.id = sign_practitioner_contract.contract_id end
   order by c.status = 'pending' desc, c.created_at desc limit 1
     for update of c;
  if not found then
    perform private.refuse(404, 'contract_not_found', 'There is no contract to sign.');
  elsif sign_practitioner_contract.shown_sha256 <> v_contract.text_sha256 then
    perform private.refuse(409, 'contract_text_not_current', 'This is not the text of the contract.',
                           'Load the contract again, read it and sign it.');
  elsif v_contract.status not in ('pending', 'signed') then
    perform private.refuse(409, 'contract_not_pending', 'This contract can no longer be signed.');
  elsif v_contract.status = 'pending' and v_contract.expires_at <= now() then
    perform private.refuse(409, 'contract_expired', 'This contract has expired.');
  end if;

  if v_contract.status = 'pending' then
    insert into public.contract_signatures (contract_id, user_id, signature_name, signature_image, ip_address, user_agent)
    values (v_contract.id, sign_practitioner_contract.user_id, sign_practitioner_contract.signature_name,
            sign_practitioner_contract.signature_image, sign_practitioner_contract.ip_address,
            sign_practitioner_contract.user_agent);
  end if;
  return query
    select s.contract_id, v_contract.contract_version, s.signed_at, s.text_sha256, s.evidence_sha256
      from public.contract_signatures s where s.contract_id = v_contract.id;
end
$$;

-- Name: FUNCTION sign_practitioner_contract(user_id uuid, contract_id uuid, shown_sha256 text, signature_name text, signature_image bytea, ip_address text, user_agent text); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.sign_practitioner_contract(user_id uuid, contract_id uuid, shown_sha256 text, signature_name text, signature_image bytea, ip_address text, user_agent text) IS 'Writes the evidence, which signs the contract. Signing again gives the first signature.';

-- Name: start_mail(uuid, uuid, text, text, integer); Type: FUNCTION; Schema: public

CREATE FUNCTION public.start_mail(mail_id uuid, lease_id uuid, recipient_email text, template_id text, told_sequence integer) RETURNS TABLE(lease_until timestamp with time zone)
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select private.start_mail(start_mail.mail_id, start_mail.lease_id, start_mail.recipient_email, start_mail.template_id,
                            start_mail.told_sequence);
$$;

-- Name: start_recording(uuid, text); Type: FUNCTION; Schema: public

CREATE FUNCTION public.start_recording(session_id uuid, mode text DEFAULT 'mix'::text) RETURNS TABLE(won boolean, recording public.session_recordings)
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select s.won, s.recording from private.start_recording(session_id, mode) s;
$$;

-- Name: stop_recording(uuid, uuid); Type: FUNCTION; Schema: public

CREATE FUNCTION public.stop_recording(session_id uuid DEFAULT NULL::uuid, recording_id uuid DEFAULT NULL::uuid) RETURNS SETOF public.session_recordings
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select * from private.stop_recording(session_id, recording_id);
$$;

-- Name: studio_availability(uuid, date, date, text); Type: FUNCTION; Schema: public

CREATE FUNCTION public.studio_availability(session_type_id uuid DEFAULT NULL::uuid, from_date date DEFAULT NULL::date, until_date date DEFAULT NULL::date, time_zone text DEFAULT 'America/Toronto'::text) RETURNS TABLE(studio_location_id uuid, name text, address text, city text, province_state text, country text, postal_code text, latitude double precision, longitude double precision, classes jsonb, next_slot timestamp with time zone, days date[])
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_from  date := coalesce(from_date, (now() at time zone studio_availability.time_zone)::date);
  v_until date := coalesce(until_date, v_from + 13);
  v_next  timestamptz;
  v_days  date[];
begin
  if studio_availability.session_type_id is not null then
    -- One answer for all studios: a practitioner's time is free or not, wherever they would be.
    select min((s.slots[1]).starts_at), array_agg(s.on_date order by s.on_date) into v_next, v_days
      from public.get_available_slots(studio_availability.session_type_id, v_from, v_until,
                                      studio_availability.time_zone, null, 'in_person') s
      join public.session_types t on t.id = studio_availability.session_type_id and not t.is_group;
  elsif v_until < v_from or v_until - v_from > 61 then
    perform private.refuse(422, 'range_not_possible', 'Please ask for one day to two months.');
  end if;

  return query
    select l.id, l.name, l.address, l.city, l.province_state, l.country, l.postal_code, l.latitude, l.longitude,
           coalesce(held.classes, '[]'), v_next, coalesce(v_days, '{}')
      from public.studio_locations l
      left join lateral (
        select jsonb_agg(jsonb_build_object(
                 'id', s.id, 'class_name', s.class_name, 'scheduled_at', s.scheduled_at,
                 'duration_minutes', s.duration_minutes, 'practitioner_id', s.practitioner_id,
                 'practitioner_name', p.name, 'seats_left', s.max_participants - s.current_participants)
               order by s.scheduled_at) as classes
          from public.session_schedules s left join public.practitioners p on p.id = s.practitioner_id
         where s.max_participants > 1 and s.group_class_id is null and s.status = 'scheduled' and s.scheduled_at > now()
           and s.scheduled_at >= v_from::timestamp at time zone studio_availability.time_zone
           and s.scheduled_at < (v_until + 1)::timestamp at time zone studio_availability.time_zone
           and s.current_participants < s.max_participants
           and (studio_availability.session_type_id is null
                or s.session_type_id = studio_availability.session_type_id
                or s.session_type_id is null and s.duration_minutes = (
                     select t.duration_minutes from public.session_types t
                      where t.id = studio_availability.session_type_id and t.is_group))
           and private.is_at_studio(s, l)) held on true
     where l.is_active
     order by l.name, l.id;
end
$$;

-- Name: FUNCTION studio_availability(session_type_id uuid, from_date date, until_date date, time_zone text); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.studio_availability(session_type_id uuid, from_date date, until_date date, time_zone text) IS 'The studios for a map: where, which classes with free seats, and when somebody can be met there alone.';

-- Name: unlink_group_sessions(uuid); Type: FUNCTION; Schema: public

CREATE FUNCTION public.unlink_group_sessions(session_id uuid) RETURNS SETOF public.group_session_correlations
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_class public.session_schedules;
begin
  if not private.is_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins link classes.');
  end if;
  select * into v_class from public.session_schedules s where s.id = unlink_group_sessions.session_id and private.is_class(s);
  if not found then
    perform private.refuse(404, 'class_not_found', 'There is no such class.');
  end if;
  -- Both ends, also where only one was written.
  update public.session_schedules s set correlated_session_id = null
   where s.correlated_session_id is not null
     and (s.id in (v_class.id, v_class.correlated_session_id) or s.correlated_session_id = v_class.id);
  return query select * from public.group_session_correlations c where c.session_id = v_class.id;
end
$$;

-- Name: unsubscribe(text, boolean); Type: FUNCTION; Schema: public

CREATE FUNCTION public.unsubscribe(token_sha256 text, opts_out boolean) RETURNS TABLE(category text, is_opted_out boolean)
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select u.category, u.is_opted_out from private.unsubscribe(unsubscribe.token_sha256, unsubscribe.opts_out) u;
$$;

-- Name: FUNCTION unsubscribe(token_sha256 text, opts_out boolean); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.unsubscribe(token_sha256 text, opts_out boolean) IS 'What a mailed link is about; and, if opts_out, no more of that.';

-- Name: update_action_status(uuid, boolean); Type: FUNCTION; Schema: public

CREATE FUNCTION public.update_action_status(action_id uuid, completed boolean) RETURNS SETOF public.action_recommendations
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_column
begin
  return query
    update public.action_recommendations a set completed = update_action_status.completed
     where a.id = update_action_status.action_id and a.client_id = (select auth.uid())
    returning a.*;
  if not found then
    perform private.refuse(404, 'recommendation_not_found', 'There is no such recommendation for you.');
  end if;
end;
$$;

-- Name: update_updated_at_column(); Type: FUNCTION; Schema: public

CREATE FUNCTION public.update_updated_at_column() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  new.updated_at = now();
  return new;
end
$$;

-- Name: verify_practitioner_banking(uuid, timestamp with time zone, boolean); Type: FUNCTION; Schema: public

CREATE FUNCTION public.verify_practitioner_banking(practitioner_id uuid, changed_at timestamp with time zone, verified boolean DEFAULT true) RETURNS SETOF public.practitioner_banking
    LANGUAGE sql ROWS 1
    SET search_path TO ''
    AS $$
  select * from private.verify_practitioner_banking(practitioner_id, changed_at, verified);
$$;

-- Name: FUNCTION verify_practitioner_banking(practitioner_id uuid, changed_at timestamp with time zone, verified boolean); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.verify_practitioner_banking(practitioner_id uuid, changed_at timestamp with time zone, verified boolean) IS 'Verifies the account as it was at changed_at, or takes that back. For admins, and never for their own.';

-- Name: verify_recording_file(uuid, uuid, uuid, text); Type: FUNCTION; Schema: public

CREATE FUNCTION public.verify_recording_file(recording_id uuid, lease_id uuid, file_id uuid, sha256 text) RETURNS TABLE(lease_until timestamp with time zone)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  lease_until := (private.hold_lease(verify_recording_file.recording_id, verify_recording_file.lease_id)).lease_until;
  update private.recording_files f
     set sha256 = decode(verify_recording_file.sha256, 'hex'), verified_at = now(), upload_url = null
   where f.id = verify_recording_file.file_id and f.recording_id = verify_recording_file.recording_id;
  return next;
end;
$$;

-- Name: verify_signature(text); Type: FUNCTION; Schema: public

CREATE FUNCTION public.verify_signature(sha256 text) RETURNS TABLE(kind text, version text, signed_at timestamp with time zone, text_sha256 text, status text, expires_at timestamp with time zone, ended_at timestamp with time zone)
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
#variable_conflict use_column
begin
  return query
    select 'contract', c.contract_version, s.signed_at, s.text_sha256,
           -- The clock ends a contract, whether or not the reconciler has written it down.
           case when c.status = 'signed' and c.expires_at <= now() then 'expired'
                when c.status = 'signed' then 'valid' else c.status end,
           c.expires_at, ended.happened_at
      from public.contract_signatures s
      join public.practitioner_contracts c on c.id = s.contract_id
      left join public.contract_events ended on ended.contract_id = c.id and ended.event = c.status
                                            and c.status in ('expired', 'revoked')
     where s.evidence_sha256 = lower(verify_signature.sha256)
    union all
    select 'waiver', w.waiver_policy_version::text, w.signed_at, w.text_sha256,
           case when p.is_active then 'valid' else 'superseded' end, null::timestamptz, null::timestamptz
      from public.liability_waivers w join public.waiver_policy p on p.id = w.waiver_policy_id
     where w.evidence_sha256 = lower(verify_signature.sha256);
  if not found then
    perform private.refuse(404, 'signature_not_found', 'No signature has this fingerprint.',
                           'Compare it with the copy, digit by digit.');
  end if;
end
$$;

-- Name: FUNCTION verify_signature(sha256 text); Type: COMMENT; Schema: public

COMMENT ON FUNCTION public.verify_signature(sha256 text) IS 'Whether a copy is genuine, by the fingerprint of the signature that is printed on it, and whether it still holds.';

-- Name: view_recording(text, integer, text, uuid, text, text); Type: FUNCTION; Schema: public

CREATE FUNCTION public.view_recording(token_sha256 text, part integer DEFAULT 1, file_name text DEFAULT NULL::text, view_id uuid DEFAULT NULL::uuid, ip_address text DEFAULT NULL::text, user_agent text DEFAULT NULL::text) RETURNS TABLE(recording_id uuid, view uuid, part_kinds text[], kind text, storage_path text)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  v_link      private.recording_links;
  v_recording public.session_recordings;
  v_part      record;
begin
  select * into v_link from private.recording_links l
   where l.token_sha256 = decode(view_recording.token_sha256, 'hex') and l.revoked_at is null;
  select * into v_recording from public.session_recordings r
   where r.id = v_link.recording_id and r.status = 'completed' and not private.is_closed(r);
  v_part := private.recording_part(v_recording, view_recording.part, view_recording.file_name);

  -- A player asks many times; all of it is one view, for a day.
  select v.id into view from public.recording_views v
   where v.id = view_recording.view_id and v.link_id = v_link.id and v.viewed_at > now() - interval '1 day';
  if not found then
    insert into public.recording_views as v (recording_id, link_id, ip_address, user_agent)
    values (v_recording.id, v_link.id, view_recording.ip_address, view_recording.user_agent)
    returning v.id into view;
  end if;
  return query select v_recording.id, view, v_part.part_kinds, v_part.kind, v_part.storage_path;
end;
$$;

-- Name: agora_uids; Type: TABLE; Schema: private

CREATE TABLE private.agora_uids (
    user_id uuid NOT NULL,
    uid bigint NOT NULL
);

-- Name: TABLE agora_uids; Type: COMMENT; Schema: private

COMMENT ON TABLE private.agora_uids IS 'The number under which a person joins any channel.';

-- Name: agora_uids_uid_seq; Type: SEQUENCE; Schema: private

ALTER TABLE private.agora_uids ALTER COLUMN uid ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME private.agora_uids_uid_seq
    START WITH 1001
    INCREMENT BY 1
    NO MINVALUE
    MAXVALUE 3999999999
    CACHE 1
);

-- Name: audit_chain; Type: TABLE; Schema: private

CREATE TABLE private.audit_chain (
    "position" bigint NOT NULL,
    line_id uuid NOT NULL,
    line_sha256 bytea NOT NULL,
    sha256 bytea NOT NULL,
    sealed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

-- Name: TABLE audit_chain; Type: COMMENT; Schema: private

COMMENT ON TABLE private.audit_chain IS 'The lines of the audit log in the order in which they were sealed.';

-- Name: COLUMN audit_chain.line_id; Type: COMMENT; Schema: private

COMMENT ON COLUMN private.audit_chain.line_id IS 'No foreign key: an entry whose line is gone shows that it was removed.';

-- Name: COLUMN audit_chain.sha256; Type: COMMENT; Schema: private

COMMENT ON COLUMN private.audit_chain.sha256 IS 'SHA-256 of the previous entry''s hash (32 zero bytes for the first) and line_sha256.';

-- Name: audit_lines_to_seal; Type: TABLE; Schema: private

CREATE TABLE private.audit_lines_to_seal (
    line_id uuid NOT NULL
);

-- Name: TABLE audit_lines_to_seal; Type: COMMENT; Schema: private

COMMENT ON TABLE private.audit_lines_to_seal IS 'Written and not yet in the chain, usually for no longer than a commit takes.';

-- Name: audit_redactions; Type: TABLE; Schema: private

CREATE TABLE private.audit_redactions (
    line_id uuid NOT NULL,
    cause text NOT NULL,
    redacted_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT audit_redactions_cause_check CHECK ((cause = ANY (ARRAY['erasure'::text, 'retention'::text])))
);

-- Name: TABLE audit_redactions; Type: COMMENT; Schema: private

COMMENT ON TABLE private.audit_redactions IS 'Which lines have lost their personal parts, and why: a line that lost them otherwise was tampered with.';

-- Name: banking_settings; Type: TABLE; Schema: private

CREATE TABLE private.banking_settings (
    is_the_only_row boolean DEFAULT true NOT NULL,
    cooling_period interval DEFAULT '3 days'::interval NOT NULL,
    CONSTRAINT banking_settings_cooling_is_a_time CHECK ((cooling_period >= '00:00:00'::interval)),
    CONSTRAINT banking_settings_is_one_row CHECK (is_the_only_row)
);

-- Name: COLUMN banking_settings.cooling_period; Type: COMMENT; Schema: private

COMMENT ON COLUMN private.banking_settings.cooling_period IS 'For so long after a change no money goes to the account: time for its owner to notice a change that was not theirs.';

-- Name: broken_rules; Type: VIEW; Schema: private

CREATE VIEW private.broken_rules AS
SELECT
    NULL::text AS rule,
    NULL::text AS example;

-- Name: VIEW broken_rules; Type: COMMENT; Schema: private

COMMENT ON VIEW private.broken_rules IS 'One row for each thing that is not as it must be. There should be none.';

-- Name: channel_admissions; Type: TABLE; Schema: private

CREATE TABLE private.channel_admissions (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    session_id uuid,
    user_id uuid NOT NULL,
    channel_name text NOT NULL,
    uid bigint NOT NULL,
    admitted_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT channel_admissions_expire_later CHECK ((expires_at > admitted_at))
);

-- Name: TABLE channel_admissions; Type: COMMENT; Schema: private

COMMENT ON TABLE private.channel_admissions IS 'Every token issued. Who holds a live one counts as present.';

-- Name: COLUMN channel_admissions.session_id; Type: COMMENT; Schema: private

COMMENT ON COLUMN private.channel_admissions.session_id IS 'The class''s session for a group; null for a test channel.';

-- Name: erasure_queue; Type: TABLE; Schema: private

CREATE TABLE private.erasure_queue (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    recording_id uuid NOT NULL,
    reason text NOT NULL,
    user_id uuid,
    queued_at timestamp with time zone DEFAULT now() NOT NULL,
    due_at timestamp with time zone DEFAULT now() NOT NULL,
    begun_at timestamp with time zone,
    attempts integer DEFAULT 0 NOT NULL,
    CONSTRAINT erasure_queue_reason_is_known CHECK ((reason = ANY (ARRAY['consent_withdrawn'::text, 'retention'::text, 'account_erased'::text, 'asked'::text])))
);

-- Name: COLUMN erasure_queue.user_id; Type: COMMENT; Schema: private

COMMENT ON COLUMN private.erasure_queue.user_id IS 'Who withdrew.';

-- Name: COLUMN erasure_queue.begun_at; Type: COMMENT; Schema: private

COMMENT ON COLUMN private.erasure_queue.begun_at IS 'From here on there is no way back: the first files may be gone.';

-- Name: COLUMN erasure_queue.attempts; Type: COMMENT; Schema: private

COMMENT ON COLUMN private.erasure_queue.attempts IS 'How often somebody set about it; more than a few, and storage or the bucket refuses.';

-- Name: known_time_zones; Type: TABLE; Schema: private

CREATE TABLE private.known_time_zones (
    name text NOT NULL
);

-- Name: TABLE known_time_zones; Type: COMMENT; Schema: private

COMMENT ON TABLE private.known_time_zones IS 'Names this server had rules for when the migration ran. One that is newer is still found, slowly, in the rules themselves.';

-- Name: mail_kinds; Type: TABLE; Schema: private

CREATE TABLE private.mail_kinds (
    kind text NOT NULL,
    audience text NOT NULL,
    category text,
    CONSTRAINT mail_kinds_audience_check CHECK ((audience = ANY (ARRAY['user'::text, 'practitioner'::text]))),
    CONSTRAINT mail_kinds_category_check CHECK ((category = ANY (ARRAY['session_reminders'::text, 'follow_ups'::text])))
);

-- Name: TABLE mail_kinds; Type: COMMENT; Schema: private

COMMENT ON TABLE private.mail_kinds IS 'Which messages are mailed, and to whom. A new kind also needs a template in send_notifications.';

-- Name: COLUMN mail_kinds.audience; Type: COMMENT; Schema: private

COMMENT ON COLUMN private.mail_kinds.audience IS 'user: whom the message names. practitioner: whoever leads the session, unless it is their own doing.';

-- Name: COLUMN mail_kinds.category; Type: COMMENT; Schema: private

COMMENT ON COLUMN private.mail_kinds.category IS 'What switches it off (notification_preferences); null: nothing does.';

-- Name: mails_position_seq; Type: SEQUENCE; Schema: private

ALTER TABLE private.mails ALTER COLUMN "position" ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME private.mails_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: outbox_id_seq; Type: SEQUENCE; Schema: private

ALTER TABLE private.outbox ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME private.outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: payment_disputes; Type: TABLE; Schema: private

CREATE TABLE private.payment_disputes (
    id text NOT NULL,
    checkout_id uuid NOT NULL,
    state text NOT NULL,
    amount_minor integer NOT NULL,
    CONSTRAINT payment_disputes_state_check CHECK ((state = ANY (ARRAY['asked'::text, 'open'::text, 'won'::text, 'lost'::text])))
);

-- Name: TABLE payment_disputes; Type: COMMENT; Schema: private

COMMENT ON TABLE private.payment_disputes IS 'What payers claimed back through their bank, by Stripe''s id.';

-- Name: COLUMN payment_disputes.state; Type: COMMENT; Schema: private

COMMENT ON COLUMN private.payment_disputes.state IS 'asked: the bank wants to know, and no money has moved. It only moves to the right.';

-- Name: payment_refunds; Type: TABLE; Schema: private

CREATE TABLE private.payment_refunds (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    checkout_id uuid NOT NULL,
    amount_minor integer NOT NULL,
    reason text NOT NULL,
    requested_by uuid NOT NULL,
    status text DEFAULT 'requested'::text NOT NULL,
    stripe_refund_id text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT payment_refunds_amount_minor_check CHECK ((amount_minor > 0)),
    CONSTRAINT payment_refunds_reason_check CHECK (((btrim(reason) <> ''::text) AND (char_length(reason) <= 500))),
    CONSTRAINT payment_refunds_status_check CHECK ((status = ANY (ARRAY['requested'::text, 'sent'::text, 'failed'::text])))
);

-- Name: TABLE payment_refunds; Type: COMMENT; Schema: private

COMMENT ON TABLE private.payment_refunds IS 'Refunds that admins asked for, and why: evidence.';

-- Name: COLUMN payment_refunds.requested_by; Type: COMMENT; Schema: private

COMMENT ON COLUMN private.payment_refunds.requested_by IS 'No foreign key: who decided it stays, also when they have left.';

-- Name: practitioner_time; Type: TABLE; Schema: private

CREATE TABLE private.practitioner_time (
    id bigint NOT NULL,
    practitioner_id uuid NOT NULL,
    during tstzrange NOT NULL,
    kind text GENERATED ALWAYS AS (
CASE
    WHEN (session_id IS NOT NULL) THEN 'session'::text
    WHEN (hold_id IS NOT NULL) THEN 'hold'::text
    ELSE 'time_off'::text
END) STORED NOT NULL,
    session_id uuid,
    hold_id uuid,
    time_off_id uuid,
    occasion uuid DEFAULT gen_random_uuid() NOT NULL,
    form text NOT NULL,
    lapses_at timestamp with time zone,
    CONSTRAINT practitioner_time_is_some_time CHECK ((NOT isempty(during))),
    CONSTRAINT practitioner_time_is_taken_by_one_thing CHECK ((num_nonnulls(session_id, hold_id, time_off_id) = 1))
);

-- Name: TABLE practitioner_time; Type: COMMENT; Schema: private

COMMENT ON TABLE private.practitioner_time IS 'What takes a practitioner''s time. Two rows that overlap are one occasion.';

-- Name: COLUMN practitioner_time.occasion; Type: COMMENT; Schema: private

COMMENT ON COLUMN private.practitioner_time.occasion IS 'Its own, except that a class taught online and in person at once is one occasion in two forms.';

-- Name: COLUMN practitioner_time.lapses_at; Type: COMMENT; Schema: private

COMMENT ON COLUMN private.practitioner_time.lapses_at IS 'Of a hold: from then on the row counts for nothing.';

-- Name: practitioner_time_conflicts; Type: VIEW; Schema: private

CREATE VIEW private.practitioner_time_conflicts WITH (security_invoker='true') AS
 SELECT s.id AS session_id,
    s.practitioner_id,
    s.client_id,
    s.scheduled_at,
    s.duration_minutes,
    t.session_id AS taken_by_session_id
   FROM ((public.session_schedules s
     JOIN public.practitioner_calendars c ON ((c.practitioner_id = s.practitioner_id)))
     LEFT JOIN private.practitioner_time t ON (((t.practitioner_id = s.practitioner_id) AND (t.during && private.buffered(s.scheduled_at, s.duration_minutes, c.*)))))
  WHERE (private.takes_time(s.*) AND (s.scheduled_at > now()) AND (NOT (EXISTS ( SELECT
           FROM private.practitioner_time own
          WHERE (own.session_id = s.id)))));

-- Name: VIEW practitioner_time_conflicts; Type: COMMENT; Schema: private

COMMENT ON VIEW private.practitioner_time_conflicts IS 'Sessions to come that have no time of their own: booked twice before there was a rule. Somebody has to move them.';

-- Name: practitioner_time_id_seq; Type: SEQUENCE; Schema: private

ALTER TABLE private.practitioner_time ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME private.practitioner_time_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: recorder_uids; Type: SEQUENCE; Schema: private

CREATE SEQUENCE private.recorder_uids
    START WITH 4000000000
    INCREMENT BY 1
    MINVALUE 4000000000
    MAXVALUE 4294967295
    CACHE 1
    CYCLE;

-- Name: SEQUENCE recorder_uids; Type: COMMENT; Schema: private

COMMENT ON SEQUENCE private.recorder_uids IS 'Numbers of Agora recorders: above all people''s, and a fresh one for each attempt, or two recorders push each other out.';

-- Name: recording_links; Type: TABLE; Schema: private

CREATE TABLE private.recording_links (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    recording_id uuid NOT NULL,
    token_sha256 bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    revoked_at timestamp with time zone,
    CONSTRAINT recording_links_keep_only_a_hash CHECK ((octet_length(token_sha256) = 32))
);

-- Name: remembered_answers; Type: TABLE; Schema: private

CREATE TABLE private.remembered_answers (
    caller text NOT NULL,
    rpc text NOT NULL,
    idempotency_key text NOT NULL,
    arguments jsonb NOT NULL,
    answer jsonb NOT NULL,
    answered_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT remembered_answers_key_is_short CHECK ((char_length(idempotency_key) <= 255))
);

-- Name: TABLE remembered_answers; Type: COMMENT; Schema: private

COMMENT ON TABLE private.remembered_answers IS 'What each caller was answered under each Idempotency-Key, for 24 hours.';

-- Name: session_turns; Type: TABLE; Schema: private

CREATE TABLE private.session_turns (
    session_id uuid NOT NULL,
    looked_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    failure text
);

-- Name: TABLE session_turns; Type: COMMENT; Schema: private

COMMENT ON TABLE private.session_turns IS 'The sessions that are going on, and when somebody last looked at them.';

-- Name: COLUMN session_turns.failure; Type: COMMENT; Schema: private

COMMENT ON COLUMN private.session_turns.failure IS 'What kept the last turn from doing its work.';

-- Name: ledger_postings; Type: TABLE; Schema: public

CREATE TABLE public.ledger_postings (
    id bigint NOT NULL,
    transaction_id uuid NOT NULL,
    account text NOT NULL,
    amount_minor bigint NOT NULL,
    CONSTRAINT ledger_postings_account_check CHECK ((account = ANY (ARRAY['client_funds'::text, 'platform_revenue'::text, 'practitioner_payable'::text, 'payouts_sent'::text]))),
    CONSTRAINT ledger_postings_amount_minor_check CHECK ((amount_minor <> 0))
);

-- Name: COLUMN ledger_postings.amount_minor; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.ledger_postings.amount_minor IS 'In cents. Plus: we owe it to the account''s owner; minus: it was taken.';

-- Name: payout_lines; Type: TABLE; Schema: public

CREATE TABLE public.payout_lines (
    id bigint NOT NULL,
    payout_id uuid NOT NULL,
    ledger_transaction_id uuid NOT NULL,
    practitioner_id uuid NOT NULL,
    currency text NOT NULL,
    amount_minor bigint NOT NULL,
    released_at timestamp with time zone,
    CONSTRAINT payout_lines_amount_minor_check CHECK ((amount_minor <> 0))
);

-- Name: TABLE payout_lines; Type: COMMENT; Schema: public

COMMENT ON TABLE public.payout_lines IS 'What a payout pays: earnings, less what was given back to payers.';

-- Name: COLUMN payout_lines.amount_minor; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.payout_lines.amount_minor IS 'In cents, as the ledger has it: plus is owed to the practitioner.';

-- Name: COLUMN payout_lines.released_at; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.payout_lines.released_at IS 'When the payout failed, and the line could be paid again.';

-- Name: unpaid_earnings; Type: VIEW; Schema: private

CREATE VIEW private.unpaid_earnings WITH (security_invoker='true') AS
 SELECT t.id AS transaction_id,
    t.practitioner_id,
    t.currency,
    t.payment_id,
    p.amount_minor,
        CASE
            WHEN (p.amount_minor > 0) THEN t.occurred_at
            ELSE LEAST(t.occurred_at, ( SELECT min(a.occurred_at) AS min
               FROM public.ledger_transactions a
              WHERE ((a.kind = 'accrual'::text) AND (a.session_id = t.session_id))))
        END AS counts_from
   FROM (public.ledger_transactions t
     JOIN public.ledger_postings p ON (((p.transaction_id = t.id) AND (p.account = 'practitioner_payable'::text))))
  WHERE ((t.kind <> ALL (ARRAY['payout'::text, 'payout_failed'::text])) AND (NOT (EXISTS ( SELECT
           FROM public.payout_lines l
          WHERE ((l.ledger_transaction_id = t.id) AND (l.released_at IS NULL))))) AND (NOT (EXISTS ( SELECT
           FROM (private.earned_seats e
             JOIN private.payment_disputes d ON ((d.checkout_id = e.checkout_id)))
          WHERE ((e.session_id = t.session_id) AND (d.state = 'open'::text))))));

-- Name: VIEW unpaid_earnings; Type: COMMENT; Schema: private

COMMENT ON VIEW private.unpaid_earnings IS 'What the ledger owes and no payout pays, line by line.';

-- Name: unsubscribe_links; Type: TABLE; Schema: private

CREATE TABLE private.unsubscribe_links (
    token_sha256 text NOT NULL,
    user_id uuid NOT NULL,
    category text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT unsubscribe_links_category_check CHECK ((category = ANY (ARRAY['session_reminders'::text, 'follow_ups'::text])))
);

-- Name: TABLE unsubscribe_links; Type: COMMENT; Schema: private

COMMENT ON TABLE private.unsubscribe_links IS 'Links that were mailed, by the hash of what is in them. All stay good: the law asks for weeks, people for years.';

-- Name: webhook_secrets; Type: TABLE; Schema: private

CREATE TABLE private.webhook_secrets (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    endpoint_id uuid NOT NULL,
    secret text NOT NULL,
    retires_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

-- Name: COLUMN webhook_secrets.retires_at; Type: COMMENT; Schema: private

COMMENT ON COLUMN private.webhook_secrets.retires_at IS 'Until then it signs beside its successor.';

-- Name: access_grants; Type: TABLE; Schema: public

CREATE TABLE public.access_grants (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    grantor_id uuid NOT NULL,
    grantee_id uuid NOT NULL,
    resource_type text NOT NULL,
    resource_id uuid NOT NULL,
    permission text NOT NULL,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    reason text,
    metadata jsonb DEFAULT '{}'::jsonb,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT access_grants_permission_check CHECK ((permission = ANY (ARRAY['read'::text, 'write'::text, 'delete'::text]))),
    CONSTRAINT access_grants_resource_type_check CHECK ((resource_type = ANY (ARRAY['session'::text, 'memory'::text, 'note'::text, 'profile'::text])))
);

-- Name: action_checklist; Type: TABLE; Schema: public

CREATE TABLE public.action_checklist (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    client_id uuid NOT NULL,
    practitioner_id uuid NOT NULL,
    title text NOT NULL,
    description text,
    completed boolean DEFAULT false NOT NULL,
    due_date date,
    priority integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

-- Name: action_templates; Type: TABLE; Schema: public

CREATE TABLE public.action_templates (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    practitioner_id uuid,
    title text NOT NULL,
    description text,
    action_type text NOT NULL,
    frequency text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT action_templates_description_is_short CHECK ((char_length(description) <= 4000)),
    CONSTRAINT action_templates_frequency_is_short CHECK ((char_length(frequency) <= 100)),
    CONSTRAINT action_templates_title_is_short CHECK (((char_length(btrim(title)) >= 1) AND (char_length(btrim(title)) <= 200))),
    CONSTRAINT action_templates_type_is_known CHECK ((action_type = ANY (ARRAY['daily_practice'::text, 'mindfulness'::text, 'physical'::text, 'emotional'::text, 'other'::text])))
);

-- Name: TABLE action_templates; Type: COMMENT; Schema: public

COMMENT ON TABLE public.action_templates IS 'What a practitioner can recommend with one click.';

-- Name: COLUMN action_templates.practitioner_id; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.action_templates.practitioner_id IS 'Null for the platform''s own templates.';

-- Name: COLUMN action_templates.is_active; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.action_templates.is_active IS 'False once retired: kept for what was recommended from it.';

-- Name: practitioners; Type: TABLE; Schema: public

CREATE TABLE public.practitioners (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    name text NOT NULL,
    bio text,
    specialization text,
    avatar_url text,
    half_hour_rate numeric(10,2),
    available boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

-- Name: COLUMN practitioners.user_id; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.practitioners.user_id IS 'No foreign key: the account may have been erased since.';

-- Name: profiles; Type: TABLE; Schema: public

CREATE TABLE public.profiles (
    id uuid NOT NULL,
    full_name text,
    email text,
    avatar_url text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    phone_number text,
    date_of_birth date,
    address text
);

-- Name: COLUMN profiles.email; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.profiles.email IS 'A copy of auth.users.email, kept by trigger.';

-- Name: admin_banking; Type: VIEW; Schema: public

CREATE VIEW public.admin_banking WITH (security_invoker='true') AS
 SELECT p.id AS practitioner_id,
    p.name AS practitioner_name,
    account.email AS practitioner_email,
    p.available,
        CASE
            WHEN (b.id IS NULL) THEN 'missing'::text
            WHEN (NOT b.verified) THEN 'unverified'::text
            WHEN (b.cooling_until > now()) THEN 'cooling'::text
            ELSE 'verified'::text
        END AS verification,
    b.bank_name,
    b.account_holder_name,
    b.account_type,
    b.country,
    b.account_last4,
    b.changed_at,
    b.verified_at,
    b.verified_by,
    verifier.full_name AS verified_by_name,
    b.cooling_until
   FROM (((public.practitioners p
     LEFT JOIN public.practitioner_banking b ON ((b.practitioner_id = p.id)))
     LEFT JOIN public.profiles account ON ((account.id = p.user_id)))
     LEFT JOIN public.profiles verifier ON ((verifier.id = b.verified_by)))
  WHERE ( SELECT private.is_admin() AS is_admin);

-- Name: VIEW admin_banking; Type: COMMENT; Schema: public

COMMENT ON VIEW public.admin_banking IS 'For admins: every practitioner''s account, or that there is none. verify_practitioner_banking takes practitioner_id and changed_at.';

-- Name: admin_cancellations; Type: VIEW; Schema: public

CREATE VIEW public.admin_cancellations WITH (security_invoker='true') AS
 SELECT c.id,
    c.cancelled_at,
    c.cancellation_type,
    c.hours_before_session,
    c.fee_charged,
    c.fee_currency,
    c.credit_returned,
    c.reason,
    c.cancellation_policy_version,
    c.user_id,
    client.full_name AS client_name,
    client.email AS client_email,
    c.approved_by,
    approver.full_name AS approved_by_name,
    c.session_id,
    s.scheduled_at,
    s.class_name,
    s.practitioner_id,
    p.name AS practitioner_name
   FROM ((((public.session_cancellations c
     LEFT JOIN public.session_schedules s ON ((s.id = c.session_id)))
     LEFT JOIN public.practitioners p ON ((p.id = s.practitioner_id)))
     LEFT JOIN public.profiles client ON ((client.id = c.user_id)))
     LEFT JOIN public.profiles approver ON ((approver.id = c.approved_by)))
  WHERE ( SELECT private.is_admin() AS is_admin);

-- Name: VIEW admin_cancellations; Type: COMMENT; Schema: public

COMMENT ON VIEW public.admin_cancellations IS 'For admins: who cancelled what, how late, what it cost and what came back.';

-- Name: admin_contracts; Type: VIEW; Schema: public

CREATE VIEW public.admin_contracts WITH (security_invoker='true') AS
 SELECT c.id,
    c.created_at,
    c.practitioner_id,
    p.name AS practitioner_name,
    account.email AS practitioner_email,
    p.available,
    c.title,
    c.contract_version,
    c.template_id,
    c.status,
    ((c.status = 'signed'::text) AND COALESCE((c.expires_at > now()), true)) AS is_live,
    c.signed_at,
    c.expires_at,
    c.revoked_reason,
    c.text_sha256,
    x.is_observed,
    x.evidence_sha256
   FROM (((public.practitioner_contracts c
     JOIN public.practitioners p ON ((p.id = c.practitioner_id)))
     LEFT JOIN public.profiles account ON ((account.id = p.user_id)))
     LEFT JOIN public.contract_signatures x ON ((x.contract_id = c.id)))
  WHERE ( SELECT private.is_admin() AS is_admin);

-- Name: VIEW admin_contracts; Type: COMMENT; Schema: public

COMMENT ON VIEW public.admin_contracts IS 'For admins: every contract issued, and what became of it.';

-- Name: recording_views; Type: TABLE; Schema: public

CREATE TABLE public.recording_views (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    recording_id uuid NOT NULL,
    link_id uuid NOT NULL,
    viewed_at timestamp with time zone DEFAULT now() NOT NULL,
    ip_address text,
    user_agent text,
    link_kind text DEFAULT 'recording'::text NOT NULL,
    masked_address text GENERATED ALWAYS AS (
CASE
    WHEN (ip_address ~ '^[0-9.]+$'::text) THEN regexp_replace(ip_address, '[0-9]+$'::text, 'x'::text)
    WHEN (ip_address ~ '^([^:]*:){2}'::text) THEN regexp_replace(ip_address, '^(([^:]*:){2}).*$'::text, '\1x'::text)
    ELSE NULL::text
END) STORED,
    CONSTRAINT recording_views_link_kind_is_known CHECK ((link_kind = ANY (ARRAY['recording'::text, 'share'::text])))
);

-- Name: TABLE recording_views; Type: COMMENT; Schema: public

COMMENT ON TABLE public.recording_views IS 'Who opened which recording, by which link. Evidence: never changed, and without foreign keys, so it outlives both.';

-- Name: COLUMN recording_views.masked_address; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.recording_views.masked_address IS '192.0.2.x or 2001:db8:x: where from, not who.';

-- Name: admin_recordings; Type: VIEW; Schema: public

CREATE VIEW public.admin_recordings WITH (security_invoker='true') AS
 SELECT r.id,
    r.created_at,
    r.status,
    r.started_at,
    r.completed_at,
    r.duration_seconds,
    r.file_size_bytes,
    r.recording_url,
    r.session_id,
    s.scheduled_at,
    s.class_name,
    (s.max_participants > 1) AS is_group,
    s.client_id,
    client.full_name AS client_name,
    client.email AS client_email,
    s.practitioner_id,
    p.name AS practitioner_name,
    (seen.views)::integer AS views,
    seen.last_viewed_at
   FROM ((((public.session_recordings r
     JOIN public.session_schedules s ON ((s.id = r.session_id)))
     LEFT JOIN public.practitioners p ON ((p.id = s.practitioner_id)))
     LEFT JOIN public.profiles client ON (((client.id = s.client_id) AND (NOT ((s.max_participants > 1) AND (s.group_class_id IS NULL))))))
     CROSS JOIN LATERAL ( SELECT count(*) AS views,
            max(v.viewed_at) AS last_viewed_at
           FROM public.recording_views v
          WHERE (v.recording_id = r.id)) seen)
  WHERE ( SELECT private.is_admin() AS is_admin);

-- Name: VIEW admin_recordings; Type: COMMENT; Schema: public

COMMENT ON VIEW public.admin_recordings IS 'For admins: every recording, how far it is, and how often it was opened.';

-- Name: waiver_policy; Type: TABLE; Schema: public

CREATE TABLE public.waiver_policy (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    policy_text text NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_by uuid,
    policy_text_sha256 text GENERATED ALWAYS AS (private.sha256_hex(policy_text)) STORED NOT NULL,
    CONSTRAINT waiver_policy_says_something CHECK ((btrim(policy_text) <> ''::text))
);

-- Name: COLUMN waiver_policy.policy_text; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.waiver_policy.policy_text IS 'Shown with the placeholder [Date of signing] replaced by the day. Never changes: a correction is a new version.';

-- Name: COLUMN waiver_policy.policy_text_sha256; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.waiver_policy.policy_text_sha256 IS 'SHA-256 of policy_text, hexadecimal.';

-- Name: admin_waivers; Type: VIEW; Schema: public

CREATE VIEW public.admin_waivers WITH (security_invoker='true') AS
 SELECT w.id,
    w.signed_at,
    w.user_id,
    COALESCE(w.signer_name, client.full_name) AS client_name,
    client.email AS client_email,
    w.signature_name,
    w.waiver_policy_id,
    w.waiver_policy_version,
    policy.is_active AS is_current,
    w.text_sha256,
    w.evidence_sha256,
    w.session_id,
    s.scheduled_at,
    s.practitioner_id,
    p.name AS practitioner_name
   FROM ((((public.liability_waivers w
     JOIN public.waiver_policy policy ON ((policy.id = w.waiver_policy_id)))
     LEFT JOIN public.profiles client ON ((client.id = w.user_id)))
     LEFT JOIN public.session_schedules s ON ((s.id = w.session_id)))
     LEFT JOIN public.practitioners p ON ((p.id = s.practitioner_id)))
  WHERE ( SELECT private.is_admin() AS is_admin);

-- Name: VIEW admin_waivers; Type: COMMENT; Schema: public

COMMENT ON VIEW public.admin_waivers IS 'For admins: who signed which version of the waiver, when. Without a session: for all of them.';

-- Name: availability_exceptions; Type: TABLE; Schema: public

CREATE TABLE public.availability_exceptions (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    practitioner_id uuid NOT NULL,
    on_date date NOT NULL,
    start_time time without time zone DEFAULT '00:00:00'::time without time zone NOT NULL,
    end_time time without time zone DEFAULT '24:00:00'::time without time zone NOT NULL,
    is_open boolean DEFAULT false NOT NULL,
    reason text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT availability_exceptions_start_before_they_end CHECK ((start_time < end_time))
);

-- Name: TABLE availability_exceptions; Type: COMMENT; Schema: public

COMMENT ON TABLE public.availability_exceptions IS 'Dates that differ from the weekly hours, in wall time as those.';

-- Name: COLUMN availability_exceptions.is_open; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.availability_exceptions.is_open IS 'Open ones replace the weekly hours of the date; closed ones are taken away from whatever the date has.';

-- Name: banking_accesses; Type: TABLE; Schema: public

CREATE TABLE public.banking_accesses (
    id bigint NOT NULL,
    practitioner_id uuid NOT NULL,
    purpose text NOT NULL,
    reference text NOT NULL,
    requested_by uuid,
    accessed_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT banking_accesses_purpose_check CHECK ((purpose = ANY (ARRAY['payout_file'::text, 'key_rotation'::text])))
);

-- Name: TABLE banking_accesses; Type: COMMENT; Schema: public

COMMENT ON TABLE public.banking_accesses IS 'Every time that bank numbers were handed out to be opened: append-only.';

-- Name: COLUMN banking_accesses.practitioner_id; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.banking_accesses.practitioner_id IS 'Whose. No foreign key, like requested_by: the log outlives both.';

-- Name: COLUMN banking_accesses.reference; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.banking_accesses.reference IS 'The payment file, or the key that the numbers are sealed with from then on.';

-- Name: COLUMN banking_accesses.requested_by; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.banking_accesses.requested_by IS 'The admin who asked; null: the platform itself.';

-- Name: banking_accesses_id_seq; Type: SEQUENCE; Schema: public

ALTER TABLE public.banking_accesses ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.banking_accesses_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: consent_history; Type: TABLE; Schema: public

CREATE TABLE public.consent_history (
    id bigint NOT NULL,
    user_id uuid NOT NULL,
    consent_type text NOT NULL,
    consented boolean NOT NULL,
    version text,
    metadata jsonb,
    ip_address text,
    user_agent text,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL
);

-- Name: TABLE consent_history; Type: COMMENT; Schema: public

COMMENT ON TABLE public.consent_history IS 'Evidence: lines are only added.';

-- Name: COLUMN consent_history.user_id; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.consent_history.user_id IS 'No foreign key: what somebody agreed to can be shown after their account is gone.';

-- Name: COLUMN consent_history.consented; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.consent_history.consented IS 'Whether the consent stood after this.';

-- Name: COLUMN consent_history.ip_address; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.consent_history.ip_address IS 'As the server saw it; null if the table was written directly.';

-- Name: consent_history_id_seq; Type: SEQUENCE; Schema: public

ALTER TABLE public.consent_history ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.consent_history_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: contract_events; Type: TABLE; Schema: public

CREATE TABLE public.contract_events (
    id bigint NOT NULL,
    contract_id uuid NOT NULL,
    event text NOT NULL,
    reason text,
    happened_at timestamp with time zone DEFAULT now() NOT NULL,
    caused_by uuid DEFAULT auth.uid(),
    CONSTRAINT contract_events_are_known CHECK ((event = ANY (ARRAY['issued'::text, 'signed'::text, 'expiring'::text, 'expired'::text, 'revoked'::text])))
);

-- Name: TABLE contract_events; Type: COMMENT; Schema: public

COMMENT ON TABLE public.contract_events IS 'The history of each contract: append-only.';

-- Name: COLUMN contract_events.caused_by; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.contract_events.caused_by IS 'Null for the platform itself. No foreign key: who did it stays, also when they have left.';

-- Name: contract_events_id_seq; Type: SEQUENCE; Schema: public

ALTER TABLE public.contract_events ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.contract_events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: contract_rules; Type: TABLE; Schema: public

CREATE TABLE public.contract_rules (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    live_contract_needed boolean DEFAULT false NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

-- Name: TABLE contract_rules; Type: COMMENT; Schema: public

COMMENT ON TABLE public.contract_rules IS 'One row: what contracts decide.';

-- Name: COLUMN contract_rules.live_contract_needed; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.contract_rules.live_contract_needed IS 'Whether a practitioner without a live contract takes no bookings.';

-- Name: contract_templates; Type: TABLE; Schema: public

CREATE TABLE public.contract_templates (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    version integer NOT NULL,
    title text NOT NULL,
    body text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    created_by uuid DEFAULT auth.uid(),
    body_sha256 text GENERATED ALWAYS AS (private.sha256_hex(body)) STORED NOT NULL,
    CONSTRAINT contract_templates_say_something CHECK ((btrim(body) <> ''::text)),
    CONSTRAINT contract_templates_title_is_a_line CHECK ((title ~ '^\S[^\n]{0,119}$'::text))
);

-- Name: COLUMN contract_templates.body; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.contract_templates.body IS 'Issued with [Name of practitioner] and [Date of issue] replaced. Never changes: a correction is a new version.';

-- Name: COLUMN contract_templates.created_by; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.contract_templates.created_by IS 'No foreign key: who wrote it stays, also when they have left.';

-- Name: COLUMN contract_templates.body_sha256; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.contract_templates.body_sha256 IS 'SHA-256 of body, hexadecimal.';

-- Name: credit_ledger; Type: TABLE; Schema: public

CREATE TABLE public.credit_ledger (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    lot_id uuid NOT NULL,
    user_id uuid NOT NULL,
    change integer NOT NULL,
    kind text NOT NULL,
    session_id uuid,
    reason text,
    actor uuid DEFAULT auth.uid(),
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT credit_ledger_kinds_have_signs CHECK (
CASE kind
    WHEN 'purchase'::text THEN (change > 0)
    WHEN 'spend'::text THEN ((change = '-1'::integer) AND (session_id IS NOT NULL))
    WHEN 'return'::text THEN ((change = 1) AND (session_id IS NOT NULL))
    WHEN 'expiry'::text THEN (change < 0)
    WHEN 'refund'::text THEN (change < 0)
    WHEN 'adjustment'::text THEN ((change <> 0) AND (reason IS NOT NULL))
    ELSE false
END)
);

-- Name: TABLE credit_ledger; Type: COMMENT; Schema: public

COMMENT ON TABLE public.credit_ledger IS 'Every change of every credit lot: evidence.';

-- Name: COLUMN credit_ledger.lot_id; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.credit_ledger.lot_id IS 'The row of user_session_credits. No foreign key, like user_id and session_id: the line outlives what it is about.';

-- Name: COLUMN credit_ledger.actor; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.credit_ledger.actor IS 'Who did it; null: the platform.';

-- Name: session_packages; Type: TABLE; Schema: public

CREATE TABLE public.session_packages (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name text NOT NULL,
    session_count integer NOT NULL,
    price_cad numeric(10,2) NOT NULL,
    price_usd numeric(10,2) NOT NULL,
    stripe_price_id_cad text,
    stripe_price_id_usd text,
    is_active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    session_type_id uuid,
    is_group boolean DEFAULT false,
    session_type text,
    CONSTRAINT session_packages_session_count_check CHECK ((session_count = ANY (ARRAY[5, 10]))),
    CONSTRAINT session_packages_session_type_check CHECK ((session_type = ANY (ARRAY['standing'::text, 'laying'::text])))
);

-- Name: COLUMN session_packages.session_type_id; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.session_packages.session_type_id IS 'The one kind the credits are good for; null: any.';

-- Name: credit_history; Type: VIEW; Schema: public

CREATE VIEW public.credit_history WITH (security_invoker='true') AS
 SELECT l.id,
    l.user_id,
    l.created_at,
    l.kind,
    l.change,
    l.reason,
    l.session_id,
    s.scheduled_at AS session_scheduled_at,
    l.lot_id,
    c.purchased_at,
    c.expires_at,
    c.credits_remaining AS lot_credits_remaining,
    c.package_id,
    p.name AS package_name,
    c.session_type_id,
    t.name AS session_type_name,
    t.duration_minutes,
    t.session_type,
    t.is_group
   FROM ((((( SELECT m.id,
            m.lot_id,
            m.user_id,
            m.change,
            m.kind,
            m.session_id,
            m.reason,
            m.actor,
            m.created_at
           FROM public.credit_ledger m
          WHERE (m.user_id = ( SELECT auth.uid() AS uid))
        UNION ALL
         SELECT m.id,
            m.lot_id,
            m.user_id,
            m.change,
            m.kind,
            m.session_id,
            m.reason,
            m.actor,
            m.created_at
           FROM public.credit_ledger m
          WHERE (( SELECT (private.is_admin() OR (NOT private.is_person()))) AND (m.user_id IS DISTINCT FROM ( SELECT auth.uid() AS uid)))) l
     LEFT JOIN LATERAL ( SELECT x.purchased_at,
            x.expires_at,
            x.credits_remaining,
            x.package_id,
            x.session_type_id
           FROM public.user_session_credits x
          WHERE (x.id = l.lot_id)
         LIMIT 1) c ON (true))
     LEFT JOIN public.session_packages p ON ((p.id = c.package_id)))
     LEFT JOIN public.session_types t ON ((t.id = c.session_type_id)))
     LEFT JOIN LATERAL ( SELECT x.scheduled_at
           FROM public.session_schedules x
          WHERE (x.id = l.session_id)
         LIMIT 1) s ON (true));

-- Name: VIEW credit_history; Type: COMMENT; Schema: public

COMMENT ON VIEW public.credit_history IS 'The ledger as its owner reads it: what came, what went, for what, and until when.';

-- Name: data_retention_policies; Type: TABLE; Schema: public

CREATE TABLE public.data_retention_policies (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    table_name text NOT NULL,
    retention_days integer NOT NULL,
    auto_delete boolean DEFAULT false NOT NULL,
    description text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

-- Name: email_logs; Type: TABLE; Schema: public

CREATE TABLE public.email_logs (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    email_type text NOT NULL,
    recipient_email text NOT NULL,
    session_id uuid,
    template_id text,
    message_id text,
    status text NOT NULL,
    error_message text,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT email_logs_status_check CHECK ((status = ANY (ARRAY['sent'::text, 'failed'::text, 'unknown'::text])))
);

-- Name: COLUMN email_logs.message_id; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.email_logs.message_id IS 'The mail service''s name for it, under which it can be looked up there.';

-- Name: COLUMN email_logs.status; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.email_logs.status IS 'unknown: the service did not answer; it may have been sent.';

-- Name: getting_started_ticks; Type: TABLE; Schema: public

CREATE TABLE public.getting_started_ticks (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid DEFAULT auth.uid() NOT NULL,
    step text NOT NULL,
    ticked_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT getting_started_ticks_step_is_known CHECK ((step = ANY (ARRAY['intro_video'::text, 'best_practices'::text])))
);

-- Name: journal_entries; Type: TABLE; Schema: public

CREATE TABLE public.journal_entries (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid DEFAULT auth.uid() NOT NULL,
    session_id uuid,
    entry_date date DEFAULT CURRENT_DATE NOT NULL,
    mood text,
    title text,
    content text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT journal_entries_content_is_there CHECK (((char_length(content) >= 1) AND (char_length(content) <= 50000))),
    CONSTRAINT journal_entries_mood_is_known CHECK ((mood = ANY (ARRAY['peaceful'::text, 'neutral'::text, 'challenged'::text, 'energized'::text, 'calm'::text, 'strong'::text]))),
    CONSTRAINT journal_entries_title_is_short CHECK ((char_length(title) <= 200))
);

-- Name: COLUMN journal_entries.session_id; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.journal_entries.session_id IS 'The session it is about; the entry outlives it.';

-- Name: COLUMN journal_entries.entry_date; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.journal_entries.entry_date IS 'The writer''s own day.';

-- Name: ledger_postings_id_seq; Type: SEQUENCE; Schema: public

ALTER TABLE public.ledger_postings ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.ledger_postings_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: legal_holds; Type: TABLE; Schema: public

CREATE TABLE public.legal_holds (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid,
    session_id uuid,
    reason text NOT NULL,
    placed_by uuid DEFAULT auth.uid(),
    placed_at timestamp with time zone DEFAULT now() NOT NULL,
    released_at timestamp with time zone,
    CONSTRAINT legal_holds_are_on_one_thing CHECK ((num_nonnulls(user_id, session_id) = 1)),
    CONSTRAINT legal_holds_have_a_reason CHECK ((btrim(reason) <> ''::text))
);

-- Name: TABLE legal_holds; Type: COMMENT; Schema: public

COMMENT ON TABLE public.legal_holds IS 'No foreign keys: a hold outlives the account it is on, and who placed it.';

-- Name: meditation_memories; Type: TABLE; Schema: public

CREATE TABLE public.meditation_memories (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    content text NOT NULL,
    session_date timestamp with time zone DEFAULT now(),
    memory_type text DEFAULT 'session'::text,
    metadata jsonb DEFAULT '{}'::jsonb,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    embedding extensions.vector(1536),
    CONSTRAINT meditation_memories_memory_type_check CHECK ((memory_type = ANY (ARRAY['session'::text, 'insight'::text, 'progress'::text, 'preference'::text])))
);

-- Name: my_share_links; Type: VIEW; Schema: public

CREATE VIEW public.my_share_links WITH (security_invoker='true') AS
 SELECT l.id,
    l.recording_id,
    r.session_id,
    (l.created_by = ( SELECT auth.uid() AS uid)) AS is_mine,
    l.created_at,
    l.expires_at,
    l.revoked_at,
    l.has_password,
    l.view_limit,
    l.view_count,
    ( SELECT max(v.viewed_at) AS max
           FROM public.recording_views v
          WHERE (v.link_id = l.id)) AS last_viewed_at,
    ((l.revoked_at IS NULL) AND (l.expires_at > now()) AND (l.view_count < COALESCE(l.view_limit, (l.view_count + 1)))) AS is_open
   FROM (public.recording_share_links l
     LEFT JOIN public.session_recordings r ON ((r.id = l.recording_id)));

-- Name: VIEW my_share_links; Type: COMMENT; Schema: public

COMMENT ON VIEW public.my_share_links IS 'The links one has made, and those to recordings one is in.';

-- Name: notification_preferences; Type: TABLE; Schema: public

CREATE TABLE public.notification_preferences (
    user_id uuid NOT NULL,
    session_reminders boolean DEFAULT true NOT NULL,
    follow_ups boolean DEFAULT true NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);

-- Name: COLUMN notification_preferences.session_reminders; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.notification_preferences.session_reminders IS 'The mail on the day before a session.';

-- Name: COLUMN notification_preferences.follow_ups; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.notification_preferences.follow_ups IS 'What comes after a session, and before credits end.';

-- Name: past_purchases; Type: VIEW; Schema: public

CREATE VIEW public.past_purchases WITH (security_invoker='true') AS
 SELECT c.id,
    c.user_id,
    c.paid_at AS purchased_at,
    c.payment_type,
    c.description,
    c.amount_minor,
    c.currency,
        CASE
            WHEN (c.returned_minor = 0) THEN 'paid'::text
            WHEN (c.returned_minor < c.amount_minor) THEN 'partly_refunded'::text
            ELSE 'refunded'::text
        END AS status,
    c.returned_minor AS refunded_minor,
    c.receipt_url,
    c.session_id,
    s.scheduled_at AS session_scheduled_at,
    c.credit_lot_id,
        CASE
            WHEN (c.outcome <> 'session_booked'::text) THEN c.credits
            ELSE NULL::integer
        END AS credits,
    l.credits_remaining,
    l.expires_at
   FROM ((( SELECT m.id,
            m.user_id,
            m.payment_type,
            m.status,
            m.description,
            m.amount_minor,
            m.currency,
            m.credits,
            m.session_type_id,
            m.package_id,
            m.practitioner_id,
            m.scheduled_at,
            m.session_location,
            m.physical_location,
            m.group_class_id,
            m.hold_id,
            m.notes,
            m.cancellation_policy_version,
            m.stripe_session_id,
            m.stripe_payment_intent_id,
            m.url,
            m.expires_at,
            m.processing_at,
            m.paid_at,
            m.failed_at,
            m.expired_at,
            m.receipt_url,
            m.refunded_minor,
            m.outcome,
            m.session_id,
            m.credit_lot_id,
            m.returned_minor,
            m.credits_taken_back,
            m.next_check_at,
            m.created_at,
            m.updated_at
           FROM public.checkout_sessions m
          WHERE (m.user_id = ( SELECT auth.uid() AS uid))
        UNION ALL
         SELECT m.id,
            m.user_id,
            m.payment_type,
            m.status,
            m.description,
            m.amount_minor,
            m.currency,
            m.credits,
            m.session_type_id,
            m.package_id,
            m.practitioner_id,
            m.scheduled_at,
            m.session_location,
            m.physical_location,
            m.group_class_id,
            m.hold_id,
            m.notes,
            m.cancellation_policy_version,
            m.stripe_session_id,
            m.stripe_payment_intent_id,
            m.url,
            m.expires_at,
            m.processing_at,
            m.paid_at,
            m.failed_at,
            m.expired_at,
            m.receipt_url,
            m.refunded_minor,
            m.outcome,
            m.session_id,
            m.credit_lot_id,
            m.returned_minor,
            m.credits_taken_back,
            m.next_check_at,
            m.created_at,
            m.updated_at
           FROM public.checkout_sessions m
          WHERE (( SELECT (private.is_admin() OR (NOT private.is_person()))) AND (m.user_id IS DISTINCT FROM ( SELECT auth.uid() AS uid)))) c
     LEFT JOIN LATERAL ( SELECT x.scheduled_at
           FROM public.session_schedules x
          WHERE (x.id = c.session_id)
         LIMIT 1) s ON (true))
     LEFT JOIN LATERAL ( SELECT x.credits_remaining,
            x.expires_at
           FROM public.user_session_credits x
          WHERE (x.id = c.credit_lot_id)
         LIMIT 1) l ON (true))
  WHERE (c.outcome IS NOT NULL)
UNION ALL
 SELECT p.id,
    p.client_id AS user_id,
    p.created_at AS purchased_at,
    'single'::text AS payment_type,
    NULL::text AS description,
    (round(((100)::numeric * p.total_amount)))::integer AS amount_minor,
    lower(p.currency) AS currency,
        CASE
            WHEN (p.status = 'refunded'::text) THEN 'refunded'::text
            ELSE 'paid'::text
        END AS status,
        CASE
            WHEN (p.status = 'refunded'::text) THEN (round(((100)::numeric * p.total_amount)))::integer
            ELSE 0
        END AS refunded_minor,
    NULL::text AS receipt_url,
    p.session_id,
    s.scheduled_at AS session_scheduled_at,
    NULL::uuid AS credit_lot_id,
    NULL::integer AS credits,
    NULL::integer AS credits_remaining,
    NULL::timestamp with time zone AS expires_at
   FROM (( SELECT m.id,
            m.session_id,
            m.practitioner_id,
            m.client_id,
            m.total_amount,
            m.practitioner_share,
            m.platform_share,
            m.currency,
            m.stripe_payment_intent_id,
            m.status,
            m.paid_out_at,
            m.created_at,
            m.updated_at,
            m.checkout_id,
            m.revenue_share_id,
            m.refunded_amount,
            m.credit_lot_id
           FROM public.session_payments m
          WHERE (m.client_id = ( SELECT auth.uid() AS uid))
        UNION ALL
         SELECT m.id,
            m.session_id,
            m.practitioner_id,
            m.client_id,
            m.total_amount,
            m.practitioner_share,
            m.platform_share,
            m.currency,
            m.stripe_payment_intent_id,
            m.status,
            m.paid_out_at,
            m.created_at,
            m.updated_at,
            m.checkout_id,
            m.revenue_share_id,
            m.refunded_amount,
            m.credit_lot_id
           FROM public.session_payments m
          WHERE (( SELECT (private.is_admin() OR (NOT private.is_person()))) AND (m.client_id IS DISTINCT FROM ( SELECT auth.uid() AS uid)))) p
     LEFT JOIN LATERAL ( SELECT x.scheduled_at
           FROM public.session_schedules x
          WHERE (x.id = p.session_id)
         LIMIT 1) s ON (true))
  WHERE ((p.checkout_id IS NULL) AND (p.credit_lot_id IS NULL) AND (p.status = ANY (ARRAY['completed'::text, 'paid_out'::text, 'refunded'::text])))
UNION ALL
 SELECT l.id,
    l.user_id,
    l.purchased_at,
    ('package_'::text || p.session_count) AS payment_type,
    p.name AS description,
        CASE
            WHEN ((l.metadata ->> 'total_amount'::text) ~ '^\d{1,6}(\.\d+)?$'::text) THEN (round(((100)::numeric * ((l.metadata ->> 'total_amount'::text))::numeric)))::integer
            ELSE NULL::integer
        END AS amount_minor,
    lower((l.metadata ->> 'currency'::text)) AS currency,
    'paid'::text AS status,
    0 AS refunded_minor,
    NULL::text AS receipt_url,
    NULL::uuid AS session_id,
    NULL::timestamp with time zone AS session_scheduled_at,
    l.id AS credit_lot_id,
    p.session_count AS credits,
    l.credits_remaining,
    l.expires_at
   FROM (( SELECT m.id,
            m.user_id,
            m.package_id,
            m.session_type_id,
            m.credits_remaining,
            m.purchased_at,
            m.expires_at,
            m.stripe_payment_intent_id,
            m.order_id,
            m.metadata,
            m.created_at,
            m.updated_at,
            m.cancellation_policy_agreed_at,
            m.cancellation_policy_version,
            m.grace_cancellation_used,
            m.credits_owed
           FROM public.user_session_credits m
          WHERE (m.user_id = ( SELECT auth.uid() AS uid))
        UNION ALL
         SELECT m.id,
            m.user_id,
            m.package_id,
            m.session_type_id,
            m.credits_remaining,
            m.purchased_at,
            m.expires_at,
            m.stripe_payment_intent_id,
            m.order_id,
            m.metadata,
            m.created_at,
            m.updated_at,
            m.cancellation_policy_agreed_at,
            m.cancellation_policy_version,
            m.grace_cancellation_used,
            m.credits_owed
           FROM public.user_session_credits m
          WHERE (( SELECT (private.is_admin() OR (NOT private.is_person()))) AND (m.user_id IS DISTINCT FROM ( SELECT auth.uid() AS uid)))) l
     JOIN public.session_packages p ON ((p.id = l.package_id)))
  WHERE (NOT (EXISTS ( SELECT
           FROM public.checkout_sessions c
          WHERE (c.credit_lot_id = l.id))));

-- Name: VIEW past_purchases; Type: COMMENT; Schema: public

COMMENT ON VIEW public.past_purchases IS 'What somebody bought, what came back, what is left; amounts in cents.';

-- Name: payout_lines_id_seq; Type: SEQUENCE; Schema: public

ALTER TABLE public.payout_lines ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.payout_lines_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- Name: practitioner_assignments; Type: TABLE; Schema: public

CREATE TABLE public.practitioner_assignments (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    practitioner_id uuid NOT NULL,
    client_id uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

-- Name: practitioner_availability; Type: TABLE; Schema: public

CREATE TABLE public.practitioner_availability (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    practitioner_id uuid NOT NULL,
    day_of_week integer NOT NULL,
    start_time time without time zone NOT NULL,
    end_time time without time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT practitioner_availability_day_of_week_check CHECK (((day_of_week >= 0) AND (day_of_week <= 6)))
);

-- Name: practitioner_time_off; Type: TABLE; Schema: public

CREATE TABLE public.practitioner_time_off (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    practitioner_id uuid NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    reason text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT practitioner_time_off_starts_before_it_ends CHECK ((starts_at < ends_at))
);

-- Name: products; Type: TABLE; Schema: public

CREATE TABLE public.products (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name text NOT NULL,
    slug text NOT NULL,
    type text NOT NULL,
    description text,
    image_url text,
    price_cad numeric(10,2) NOT NULL,
    price_usd numeric(10,2) NOT NULL,
    stripe_price_id_cad text,
    stripe_price_id_usd text,
    inventory_count integer,
    is_active boolean DEFAULT true NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT products_type_check CHECK ((type = ANY (ARRAY['physical'::text, 'digital'::text, 'service'::text])))
);

-- Name: recommendation_progress; Type: VIEW; Schema: public

CREATE VIEW public.recommendation_progress WITH (security_invoker='true') AS
 SELECT counted.practitioner_id,
    counted.grouped_by,
    counted.client_id,
    client.full_name AS client_name,
    counted.template_id,
    t.title AS template_title,
    counted.open,
    counted.overdue,
    counted.done,
    counted.last_completed_at,
    counted.last_recommended_at
   FROM ((( SELECT r.practitioner_id,
            r.client_id,
            r.template_id,
            (ARRAY['client_and_template'::text, 'client'::text, 'template'::text])[(1 + GROUPING(r.client_id, r.template_id))] AS grouped_by,
            (count(*) FILTER (WHERE (NOT r.completed)))::integer AS open,
            (count(*) FILTER (WHERE ((NOT r.completed) AND (r.due_date < ((now() AT TIME ZONE COALESCE(c.time_zone, 'UTC'::text)))::date))))::integer AS overdue,
            (count(*) FILTER (WHERE r.completed))::integer AS done,
            max(r.completed_at) AS last_completed_at,
            max(r.created_at) AS last_recommended_at
           FROM (public.action_recommendations r
             LEFT JOIN public.practitioner_calendars c ON ((c.practitioner_id = r.practitioner_id)))
          WHERE ((r.practitioner_id = ANY (ARRAY( SELECT private.my_practitioner_ids() AS my_practitioner_ids))) OR ( SELECT private.is_admin() AS is_admin))
          GROUP BY GROUPING SETS ((r.practitioner_id, r.client_id), (r.practitioner_id, r.template_id), (r.practitioner_id, r.client_id, r.template_id))) counted
     LEFT JOIN public.profiles client ON ((client.id = counted.client_id)))
     LEFT JOIN public.action_templates t ON ((t.id = counted.template_id)));

-- Name: VIEW recommendation_progress; Type: COMMENT; Schema: public

COMMENT ON VIEW public.recommendation_progress IS 'One''s own recommendations, counted. Filter by grouped_by: client, template, client_and_template. No template: own words.';

-- Name: recording_rules; Type: TABLE; Schema: public

CREATE TABLE public.recording_rules (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    session_id uuid NOT NULL,
    retention_days integer,
    survives_withdrawal boolean DEFAULT false NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT recording_rules_keep_for_a_while CHECK (((retention_days >= 1) AND (retention_days <= 36500)))
);

-- Name: TABLE recording_rules; Type: COMMENT; Schema: public

COMMENT ON TABLE public.recording_rules IS 'For a class, or a session, whose recording is treated otherwise than the rest.';

-- Name: COLUMN recording_rules.retention_days; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.recording_rules.retention_days IS 'Null: as data_retention_policies says of session_recordings.';

-- Name: COLUMN recording_rules.survives_withdrawal; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.recording_rules.survives_withdrawal IS 'Whether the recording of a class stays for the others when a participant withdraws. Their picture is in it: rarely lawful.';

-- Name: retention_receipts; Type: TABLE; Schema: public

CREATE TABLE public.retention_receipts (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    table_name text NOT NULL,
    applied_on date DEFAULT CURRENT_DATE NOT NULL,
    rows bigint NOT NULL,
    before timestamp with time zone NOT NULL
);

-- Name: TABLE retention_receipts; Type: COMMENT; Schema: public

COMMENT ON TABLE public.retention_receipts IS 'How many rows of a table went, or were blanked, on a day. Names nobody.';

-- Name: COLUMN retention_receipts.before; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.retention_receipts.before IS 'What was older than this.';

-- Name: session_history; Type: VIEW; Schema: public

CREATE VIEW public.session_history WITH (security_invoker='true') AS
 SELECT s.id,
    s.scheduled_at,
    s.duration_minutes,
    s.time_zone,
    s.local_start,
    s.status,
    s.cancelled_at,
    s.client_id,
    s.practitioner_id,
    p.name AS practitioner_name,
    p.avatar_url AS practitioner_avatar_url,
    s.session_type_id,
    t.name AS session_type_name,
    t.session_type,
    (s.max_participants > 1) AS is_group,
    s.class_name,
    s.group_class_id,
    s.current_participants,
    s.max_participants,
    s.session_location,
    s.physical_location,
        CASE
            WHEN (s.credit_lot_id IS NOT NULL) THEN 'credit'::text
            WHEN (paid.id IS NOT NULL) THEN 'payment'::text
            ELSE NULL::text
        END AS paid_with,
    c.cancellation_type,
    c.credit_returned,
    r.id AS recording_id,
    r.status AS recording_status,
    r.recording_url,
        CASE
            WHEN (s.status = 'completed'::text) THEN ('/journal?session_id='::text || s.id)
            ELSE NULL::text
        END AS journal_path
   FROM (((((( SELECT m.id,
            m.practitioner_id,
            m.client_id,
            m.scheduled_at,
            m.duration_minutes,
            m.room_name,
            m.status,
            m.notes,
            m.created_at,
            m.updated_at,
            m.host_room_url,
            m.cancellation_policy_agreed_at,
            m.cancellation_policy_version,
            m.grace_cancellation_used,
            m.cancelled_at,
            m.class_name,
            m.reminder_sent,
            m.session_location,
            m.physical_location,
            m.location_coordinates,
            m.max_participants,
            m.current_participants,
            m.correlated_session_id,
            m.group_class_id,
            m.session_type_id,
            m.time_zone,
            m.local_start,
            m.credit_lot_id
           FROM public.session_schedules m
          WHERE (((m.client_id = ( SELECT auth.uid() AS uid)) AND ((m.max_participants = 1) OR (m.group_class_id IS NOT NULL))) OR ((m.practitioner_id = ANY (ARRAY( SELECT private.my_practitioner_ids() AS my_practitioner_ids))) AND (m.group_class_id IS NULL)))
        UNION ALL
         SELECT m.id,
            m.practitioner_id,
            m.client_id,
            m.scheduled_at,
            m.duration_minutes,
            m.room_name,
            m.status,
            m.notes,
            m.created_at,
            m.updated_at,
            m.host_room_url,
            m.cancellation_policy_agreed_at,
            m.cancellation_policy_version,
            m.grace_cancellation_used,
            m.cancelled_at,
            m.class_name,
            m.reminder_sent,
            m.session_location,
            m.physical_location,
            m.location_coordinates,
            m.max_participants,
            m.current_participants,
            m.correlated_session_id,
            m.group_class_id,
            m.session_type_id,
            m.time_zone,
            m.local_start,
            m.credit_lot_id
           FROM public.session_schedules m
          WHERE (( SELECT private.is_admin() AS is_admin) AND (NOT ((m.client_id = ( SELECT auth.uid() AS uid)) AND ((m.max_participants = 1) OR (m.group_class_id IS NOT NULL)))) AND (NOT ((m.practitioner_id = ANY (ARRAY( SELECT private.my_practitioner_ids() AS my_practitioner_ids))) AND (m.group_class_id IS NULL))))) s
     LEFT JOIN public.practitioners p ON ((p.id = s.practitioner_id)))
     LEFT JOIN public.session_types t ON ((t.id = s.session_type_id)))
     LEFT JOIN LATERAL ( SELECT x.id,
            x.status,
            x.recording_url
           FROM public.session_recordings x
          WHERE ((x.session_id = s.id) AND (x.status <> 'failed'::text))
         LIMIT 1) r ON (true))
     LEFT JOIN LATERAL ( SELECT x.id
           FROM public.session_payments x
          WHERE (x.session_id = s.id)
         LIMIT 1) paid ON (true))
     LEFT JOIN LATERAL ( SELECT x.cancellation_type,
            x.credit_returned
           FROM public.session_cancellations x
          WHERE (x.session_id = s.id)
          ORDER BY x.cancelled_at
         LIMIT 1) c ON (true));

-- Name: VIEW session_history; Type: COMMENT; Schema: public

COMMENT ON VIEW public.session_history IS 'One''s own sessions. Filter by session_type, is_group, scheduled_at, practitioner_id, status.';

-- Name: session_notes; Type: TABLE; Schema: public

CREATE TABLE public.session_notes (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    session_id uuid NOT NULL,
    author_id uuid NOT NULL,
    content text NOT NULL,
    visibility text DEFAULT 'private'::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT session_notes_visibility_check CHECK ((visibility = ANY (ARRAY['private'::text, 'shared'::text])))
);

-- Name: session_rules; Type: TABLE; Schema: public

CREATE TABLE public.session_rules (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    practitioner_grace_minutes integer DEFAULT 15 NOT NULL,
    client_grace_minutes integer DEFAULT 15 NOT NULL,
    client_no_show_forfeits boolean DEFAULT true NOT NULL,
    completion_grace_minutes integer DEFAULT 15 NOT NULL,
    empty_minutes integer DEFAULT 5 NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT session_rules_wait_a_while CHECK ((((practitioner_grace_minutes >= 1) AND (practitioner_grace_minutes <= 60)) AND ((client_grace_minutes >= 1) AND (client_grace_minutes <= 60)) AND ((completion_grace_minutes >= 0) AND (completion_grace_minutes <= 60)) AND ((empty_minutes >= 1) AND (empty_minutes <= 60))))
);

-- Name: COLUMN session_rules.practitioner_grace_minutes; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.session_rules.practitioner_grace_minutes IS 'So long after the start an absent practitioner is a no-show: the session is cancelled and everything comes back.';

-- Name: COLUMN session_rules.client_grace_minutes; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.session_rules.client_grace_minutes IS 'So long after the start an absent client may be called a no-show.';

-- Name: COLUMN session_rules.client_no_show_forfeits; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.session_rules.client_no_show_forfeits IS 'True: a client''s no-show counts as delivered and the credit is used. False: it is cancelled and the credit comes back.';

-- Name: COLUMN session_rules.completion_grace_minutes; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.session_rules.completion_grace_minutes IS 'So long after its scheduled end a session is over, whoever is still there.';

-- Name: COLUMN session_rules.empty_minutes; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.session_rules.empty_minutes IS 'A channel that has been empty for so long is left for good, even before the scheduled end. As long as a recorder waits alone.';

-- Name: user_notifications; Type: TABLE; Schema: public

CREATE TABLE public.user_notifications (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    notification_type text DEFAULT 'general'::text NOT NULL,
    kind text,
    title text NOT NULL,
    message text NOT NULL,
    related_id uuid,
    read_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT user_notifications_notification_type_check CHECK ((notification_type = ANY (ARRAY['session_type_change'::text, 'price_change'::text, 'system_update'::text, 'general'::text]))),
    CONSTRAINT user_notifications_title_check CHECK ((btrim(title) <> ''::text))
);

-- Name: COLUMN user_notifications.kind; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.user_notifications.kind IS 'The message it stands for, as in session_booked; null for what admins write.';

-- Name: COLUMN user_notifications.related_id; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.user_notifications.related_id IS 'The session it is about. It may have been deleted since.';

-- Name: user_preferences; Type: TABLE; Schema: public

CREATE TABLE public.user_preferences (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    currency text DEFAULT 'usd'::text,
    country text,
    timezone text,
    language text DEFAULT 'en'::text,
    detected_at timestamp with time zone,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT user_preferences_currency_check CHECK ((currency = ANY (ARRAY['cad'::text, 'usd'::text])))
);

-- Name: user_roles; Type: TABLE; Schema: public

CREATE TABLE public.user_roles (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    role public.app_role NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

-- Name: webhook_deliveries; Type: TABLE; Schema: public

CREATE TABLE public.webhook_deliveries (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    endpoint_id uuid NOT NULL,
    outbox_id bigint NOT NULL,
    event text NOT NULL,
    body text NOT NULL,
    status text DEFAULT 'pending'::text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone DEFAULT now() NOT NULL,
    lease_id uuid,
    lease_until timestamp with time zone,
    last_status integer,
    last_error text,
    ended_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT webhook_deliveries_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'delivered'::text, 'failed'::text])))
);

-- Name: COLUMN webhook_deliveries.outbox_id; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.webhook_deliveries.outbox_id IS 'No foreign key: the record stays when old messages are cleared away.';

-- Name: COLUMN webhook_deliveries.last_status; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.webhook_deliveries.last_status IS 'What the endpoint answered; null: it did not.';

-- Name: webhook_endpoints; Type: TABLE; Schema: public

CREATE TABLE public.webhook_endpoints (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    url text NOT NULL,
    events text[] NOT NULL,
    description text,
    is_active boolean DEFAULT true NOT NULL,
    created_by uuid DEFAULT auth.uid(),
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT webhook_endpoints_events_are_known CHECK (((events <@ ARRAY['session.booked'::text, 'session.cancelled'::text, 'session.completed'::text, 'recording.ready'::text, 'payout.paid'::text]) AND (cardinality(events) > 0))),
    CONSTRAINT webhook_endpoints_url_is_https CHECK (((url ~ '^https://[^/?#@[:space:]]+([/?#][^[:space:]]*)?$'::text) OR (url ~ '^http://(127\.0\.0\.1|localhost)(:[0-9]+)?([/?#][^[:space:]]*)?$'::text)))
);

-- Name: COLUMN webhook_endpoints.created_by; Type: COMMENT; Schema: public

COMMENT ON COLUMN public.webhook_endpoints.created_by IS 'No foreign key: the endpoint stays, also when they have left.';

-- Name: agora_notifications agora_notifications_pkey; Type: CONSTRAINT; Schema: private

ALTER TABLE ONLY private.agora_notifications
    ADD CONSTRAINT agora_notifications_pkey PRIMARY KEY (notice_id);

-- Name: agora_uids agora_uids_pkey; Type: CONSTRAINT; Schema: private

ALTER TABLE ONLY private.agora_uids
    ADD CONSTRAINT agora_uids_pkey PRIMARY KEY (user_id);

-- Name: agora_uids agora_uids_uid_is_unique; Type: CONSTRAINT; Schema: private

ALTER TABLE ONLY private.agora_uids
    ADD CONSTRAINT agora_uids_uid_is_unique UNIQUE (uid);

-- Name: audit_chain audit_chain_has_each_line_once; Type: CONSTRAINT; Schema: private

ALTER TABLE ONLY private.audit_chain
    ADD CONSTRAINT audit_chain_has_each_line_once UNIQUE (line_id);

-- Name: audit_chain audit_chain_pkey; Type: CONSTRAINT; Schema: private

ALTER TABLE ONLY private.audit_chain
    ADD CONSTRAINT audit_chain_pkey PRIMARY KEY ("position");

-- Name: audit_lines_to_seal audit_lines_to_seal_pkey; Type: CONSTRAINT; Schema: private

ALTER TABLE ONLY private.audit_lines_to_seal
    ADD CONSTRAINT audit_lines_to_seal_pkey PRIMARY KEY (line_id);

-- Name: audit_redactions audit_redactions_pkey; Type: CONSTRAINT; Schema: private

ALTER TABLE ONLY private.audit_redactions
    ADD CONSTRAINT audit_redactions_pkey PRIMARY KEY (line_id);

-- Name: bank_numbers bank_numbers_pkey; Type: CONSTRAINT; Schema: private

ALTER TABLE ONLY private.bank_numbers
    ADD CONSTRAINT bank_numbers_pkey PRIMARY KEY (practitioner_id);

-- Name: banking_settings banking_settings_pkey; Type: CONSTRAINT; Schema: private

ALTER TABLE ONLY private.banking_settings
    ADD CONSTRAINT banking_settings_pkey PRIMARY KEY (is_the_only_row);

-- Name: channel_admissions channel_admissions_pkey; Type: CONSTRAINT; Schema: private

ALTER TABLE ONLY private.channel_admissions
    ADD CONSTRAINT channel_admissions_pkey PRIMARY KEY (id);

-- Name: channel_events channel_events_pkey; Type: CONSTRAINT; Schema: private

ALTER TABLE ONLY private.channel_events
    ADD CONSTRAINT channel_events_pkey PRIMARY KEY (notice_id);

-- Name: earned_seats earned_seats_one_per_place; Type: CONSTRAINT; Schema: private

ALTER TABLE ONLY private.earned_seats
    ADD CONSTRAINT earned_seats_one_per_place UNIQUE (money_id, place);

-- Name: earned_seats earned_seats_payment_id_key; Type: CONSTRAINT; Schema: private

ALTER TABLE ONLY private.earned_seats
    ADD CONSTRAINT earned_seats_payment_id_key UNIQUE (payment_id);

-- Name: earned_seats earned_seats_pkey; Type: CONSTRAINT; Schema: private

ALTER TABLE ONLY private.earned_seats
    ADD CONSTRAINT earned_seats_pkey PRIMARY KEY (session_id);

-- Name: erasure_queue erasure_queue_holds_a_reason_once; Type: CONSTRAINT; Schema: private

ALTER TABLE ONLY private.erasure_queue
    ADD CONSTRAINT erasure_queue_holds_a_reason_once UNIQUE NULLS NOT DISTINCT (recording_id, reason, user_id);

-- Name: erasure_queue erasure_queue_pkey; Type: CONSTRAINT; Schema: private

ALTER TABLE ONLY private.erasure_queue
    ADD CONSTRAINT erasure_queue_pkey PRIMARY KEY (id);

-- Name: known_time_zones known_time_zones_pkey; Type: CONSTRAINT; Schema: private

ALTER TABLE ONLY private.known_time_zones
    ADD CONSTRAINT known_time_zones_pkey PRIMARY KEY (name);

-- Name: mail_kinds mail_kinds_pkey; Type: CONSTRAINT; Schema: private

ALTER TABLE ONLY private.mail_kinds
    ADD CONSTRAINT mail_kinds_pkey PRIMARY KEY (kind, audience);

-- Name: mails mails_are_one_per_message_and_person; Type: CONSTRAINT; Schema: private

ALTER TABLE ONLY private.mails
    ADD CONSTRAINT mails_are_one_per_message_and_person UNIQUE (outbox_id, user_id);

-- Name: mails mails_pkey; Type: CONSTRAINT; Schema: private

ALTER TABLE ONLY private.mails
    ADD CONSTRAINT mails_pkey PRIMARY KEY (id);

-- Name: mails mails_position_key; Type: CONSTRAINT; Schema: private

ALTER TABLE ONLY private.mails
    ADD CONSTRAINT mails_position_key UNIQUE ("position");

-- Name: outbox outbox_pkey; Type: CONSTRAINT; Schema: private

ALTER TABLE ONLY private.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);

-- Name: payment_disputes payment_disputes_pkey; Type: CONSTRAINT; Schema: private

ALTER TABLE ONLY private.payment_disputes
    ADD CONSTRAINT payment_disputes_pkey PRIMARY KEY (id);

-- Name: payment_refunds payment_refunds_pkey; Type: CONSTRAINT; Schema: private

ALTER TABLE ONLY private.payment_refunds
    ADD CONSTRAINT payment_refunds_pkey PRIMARY KEY (id);

-- Name: practitioner_time practitioner_time_has_one_row_for_each_form; Type: CONSTRAINT; Schema: private

ALTER TABLE ONLY private.practitioner_time
    ADD CONSTRAINT practitioner_time_has_one_row_for_each_form UNIQUE (occasion, form);

-- Name: practitioner_time practitioner_time_hold_id_is_unique; Type: CONSTRAINT; Schema: private

ALTER TABLE ONLY private.practitioner_time
    ADD CONSTRAINT practitioner_time_hold_id_is_unique UNIQUE (hold_id);

-- Name: practitioner_time practitioner_time_never_overlaps; Type: CONSTRAINT; Schema: private

ALTER TABLE ONLY private.practitioner_time
    ADD CONSTRAINT practitioner_time_never_overlaps EXCLUDE USING gist (practitioner_id WITH =, during WITH &&, occasion WITH <>);

-- Name: practitioner_time practitioner_time_pkey; Type: CONSTRAINT; Schema: private

ALTER TABLE ONLY private.practitioner_time
    ADD CONSTRAINT practitioner_time_pkey PRIMARY KEY (id);

-- Name: practitioner_time practitioner_time_session_id_is_unique; Type: CONSTRAINT; Schema: private

ALTER TABLE ONLY private.practitioner_time
    ADD CONSTRAINT practitioner_time_session_id_is_unique UNIQUE (session_id);

-- Name: practitioner_time practitioner_time_time_off_id_is_unique; Type: CONSTRAINT; Schema: private

ALTER TABLE ONLY private.practitioner_time
    ADD CONSTRAINT practitioner_time_time_off_id_is_unique UNIQUE (time_off_id);

-- Name: recording_files recording_files_are_ordered; Type: CONSTRAINT; Schema: private

ALTER TABLE ONLY private.recording_files
    ADD CONSTRAINT recording_files_are_ordered UNIQUE (recording_id, "position");

-- Name: recording_files recording_files_are_stored_once; Type: CONSTRAINT; Schema: private

ALTER TABLE ONLY private.recording_files
    ADD CONSTRAINT recording_files_are_stored_once UNIQUE (storage_path);

-- Name: recording_files recording_files_pkey; Type: CONSTRAINT; Schema: private

ALTER TABLE ONLY private.recording_files
    ADD CONSTRAINT recording_files_pkey PRIMARY KEY (id);

-- Name: recording_links recording_links_pkey; Type: CONSTRAINT; Schema: private

ALTER TABLE ONLY private.recording_links
    ADD CONSTRAINT recording_links_pkey PRIMARY KEY (id);

-- Name: recording_links recording_links_token_is_unique; Type: CONSTRAINT; Schema: private

ALTER TABLE ONLY private.recording_links
    ADD CONSTRAINT recording_links_token_is_unique UNIQUE (token_sha256);

-- Name: remembered_answers remembered_answers_pkey; Type: CONSTRAINT; Schema: private

ALTER TABLE ONLY private.remembered_answers
    ADD CONSTRAINT remembered_answers_pkey PRIMARY KEY (caller, rpc, idempotency_key);

-- Name: session_turns session_turns_pkey; Type: CONSTRAINT; Schema: private

ALTER TABLE ONLY private.session_turns
    ADD CONSTRAINT session_turns_pkey PRIMARY KEY (session_id);

-- Name: stripe_events stripe_events_pkey; Type: CONSTRAINT; Schema: private

ALTER TABLE ONLY private.stripe_events
    ADD CONSTRAINT stripe_events_pkey PRIMARY KEY (event_id);

-- Name: unsubscribe_links unsubscribe_links_pkey; Type: CONSTRAINT; Schema: private

ALTER TABLE ONLY private.unsubscribe_links
    ADD CONSTRAINT unsubscribe_links_pkey PRIMARY KEY (token_sha256);

-- Name: webhook_secrets webhook_secrets_pkey; Type: CONSTRAINT; Schema: private

ALTER TABLE ONLY private.webhook_secrets
    ADD CONSTRAINT webhook_secrets_pkey PRIMARY KEY (id);

-- Name: access_grants access_grants_grantor_id_grantee_id_resource_type_resource__key; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.access_grants
    ADD CONSTRAINT access_grants_grantor_id_grantee_id_resource_type_resource__key UNIQUE (grantor_id, grantee_id, resource_type, resource_id, permission);

-- Name: access_grants access_grants_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.access_grants
    ADD CONSTRAINT access_grants_pkey PRIMARY KEY (id);

-- Name: action_checklist action_checklist_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.action_checklist
    ADD CONSTRAINT action_checklist_pkey PRIMARY KEY (id);

-- Name: action_recommendations action_recommendations_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.action_recommendations
    ADD CONSTRAINT action_recommendations_pkey PRIMARY KEY (id);

-- Name: action_templates action_templates_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.action_templates
    ADD CONSTRAINT action_templates_pkey PRIMARY KEY (id);

-- Name: audit_logs audit_logs_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.audit_logs
    ADD CONSTRAINT audit_logs_pkey PRIMARY KEY (id);

-- Name: availability_exceptions availability_exceptions_never_overlap; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.availability_exceptions
    ADD CONSTRAINT availability_exceptions_never_overlap EXCLUDE USING gist (practitioner_id WITH =, on_date WITH =, ((is_open)::integer) WITH =, private.minutes_of_day(start_time, end_time) WITH &&);

-- Name: availability_exceptions availability_exceptions_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.availability_exceptions
    ADD CONSTRAINT availability_exceptions_pkey PRIMARY KEY (id);

-- Name: banking_accesses banking_accesses_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.banking_accesses
    ADD CONSTRAINT banking_accesses_pkey PRIMARY KEY (id);

-- Name: cancellation_policy cancellation_policy_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.cancellation_policy
    ADD CONSTRAINT cancellation_policy_pkey PRIMARY KEY (id);

-- Name: checkout_sessions checkout_sessions_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.checkout_sessions
    ADD CONSTRAINT checkout_sessions_pkey PRIMARY KEY (id);

-- Name: checkout_sessions checkout_sessions_stripe_payment_intent_id_key; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.checkout_sessions
    ADD CONSTRAINT checkout_sessions_stripe_payment_intent_id_key UNIQUE (stripe_payment_intent_id);

-- Name: checkout_sessions checkout_sessions_stripe_session_id_key; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.checkout_sessions
    ADD CONSTRAINT checkout_sessions_stripe_session_id_key UNIQUE (stripe_session_id);

-- Name: consent_history consent_history_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.consent_history
    ADD CONSTRAINT consent_history_pkey PRIMARY KEY (id);

-- Name: contract_events contract_events_happen_once; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.contract_events
    ADD CONSTRAINT contract_events_happen_once UNIQUE (contract_id, event);

-- Name: contract_events contract_events_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.contract_events
    ADD CONSTRAINT contract_events_pkey PRIMARY KEY (id);

-- Name: contract_rules contract_rules_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.contract_rules
    ADD CONSTRAINT contract_rules_pkey PRIMARY KEY (id);

-- Name: contract_signatures contract_signatures_evidence_sha256_key; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.contract_signatures
    ADD CONSTRAINT contract_signatures_evidence_sha256_key UNIQUE (evidence_sha256);

-- Name: contract_signatures contract_signatures_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.contract_signatures
    ADD CONSTRAINT contract_signatures_pkey PRIMARY KEY (contract_id);

-- Name: contract_templates contract_templates_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.contract_templates
    ADD CONSTRAINT contract_templates_pkey PRIMARY KEY (id);

-- Name: contract_templates contract_templates_version_key; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.contract_templates
    ADD CONSTRAINT contract_templates_version_key UNIQUE (version);

-- Name: credit_ledger credit_ledger_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.credit_ledger
    ADD CONSTRAINT credit_ledger_pkey PRIMARY KEY (id);

-- Name: data_retention_policies data_retention_policies_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.data_retention_policies
    ADD CONSTRAINT data_retention_policies_pkey PRIMARY KEY (id);

-- Name: data_retention_policies data_retention_policies_table_name_key; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.data_retention_policies
    ADD CONSTRAINT data_retention_policies_table_name_key UNIQUE (table_name);

-- Name: email_logs email_logs_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.email_logs
    ADD CONSTRAINT email_logs_pkey PRIMARY KEY (id);

-- Name: erasure_receipts erasure_receipts_are_one_per_account; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.erasure_receipts
    ADD CONSTRAINT erasure_receipts_are_one_per_account UNIQUE (pseudonym);

-- Name: erasure_receipts erasure_receipts_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.erasure_receipts
    ADD CONSTRAINT erasure_receipts_pkey PRIMARY KEY (id);

-- Name: getting_started_ticks getting_started_ticks_are_one_per_step; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.getting_started_ticks
    ADD CONSTRAINT getting_started_ticks_are_one_per_step UNIQUE (user_id, step);

-- Name: getting_started_ticks getting_started_ticks_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.getting_started_ticks
    ADD CONSTRAINT getting_started_ticks_pkey PRIMARY KEY (id);

-- Name: journal_entries journal_entries_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.journal_entries
    ADD CONSTRAINT journal_entries_pkey PRIMARY KEY (id);

-- Name: ledger_postings ledger_postings_one_line_per_account; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.ledger_postings
    ADD CONSTRAINT ledger_postings_one_line_per_account UNIQUE (transaction_id, account) INCLUDE (amount_minor);

-- Name: ledger_postings ledger_postings_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.ledger_postings
    ADD CONSTRAINT ledger_postings_pkey PRIMARY KEY (id);

-- Name: ledger_transactions ledger_transactions_one_per_fact; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.ledger_transactions
    ADD CONSTRAINT ledger_transactions_one_per_fact UNIQUE (kind, cause);

-- Name: ledger_transactions ledger_transactions_owner_and_currency; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.ledger_transactions
    ADD CONSTRAINT ledger_transactions_owner_and_currency UNIQUE (id, practitioner_id, currency);

-- Name: ledger_transactions ledger_transactions_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.ledger_transactions
    ADD CONSTRAINT ledger_transactions_pkey PRIMARY KEY (id);

-- Name: legal_holds legal_holds_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.legal_holds
    ADD CONSTRAINT legal_holds_pkey PRIMARY KEY (id);

-- Name: liability_waivers liability_waivers_evidence_sha256_key; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.liability_waivers
    ADD CONSTRAINT liability_waivers_evidence_sha256_key UNIQUE (evidence_sha256);

-- Name: liability_waivers liability_waivers_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.liability_waivers
    ADD CONSTRAINT liability_waivers_pkey PRIMARY KEY (id);

-- Name: meditation_memories meditation_memories_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.meditation_memories
    ADD CONSTRAINT meditation_memories_pkey PRIMARY KEY (id);

-- Name: notification_preferences notification_preferences_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.notification_preferences
    ADD CONSTRAINT notification_preferences_pkey PRIMARY KEY (user_id);

-- Name: payout_lines payout_lines_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.payout_lines
    ADD CONSTRAINT payout_lines_pkey PRIMARY KEY (id);

-- Name: payout_periods payout_periods_as_a_pair; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.payout_periods
    ADD CONSTRAINT payout_periods_as_a_pair UNIQUE (period_start, period_end);

-- Name: payout_periods payout_periods_period_end_key; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.payout_periods
    ADD CONSTRAINT payout_periods_period_end_key UNIQUE (period_end);

-- Name: payout_periods payout_periods_period_start_key; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.payout_periods
    ADD CONSTRAINT payout_periods_period_start_key UNIQUE (period_start);

-- Name: payout_periods payout_periods_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.payout_periods
    ADD CONSTRAINT payout_periods_pkey PRIMARY KEY (number);

-- Name: payout_terms payout_terms_one_at_a_time; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.payout_terms
    ADD CONSTRAINT payout_terms_one_at_a_time UNIQUE (valid_from);

-- Name: payout_terms payout_terms_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.payout_terms
    ADD CONSTRAINT payout_terms_pkey PRIMARY KEY (id);

-- Name: payouts payouts_owner_and_currency; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.payouts
    ADD CONSTRAINT payouts_owner_and_currency UNIQUE (id, practitioner_id, currency);

-- Name: payouts payouts_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.payouts
    ADD CONSTRAINT payouts_pkey PRIMARY KEY (id);

-- Name: practitioner_assignments practitioner_assignments_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.practitioner_assignments
    ADD CONSTRAINT practitioner_assignments_pkey PRIMARY KEY (id);

-- Name: practitioner_assignments practitioner_assignments_practitioner_id_client_id_key; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.practitioner_assignments
    ADD CONSTRAINT practitioner_assignments_practitioner_id_client_id_key UNIQUE (practitioner_id, client_id);

-- Name: practitioner_availability practitioner_availability_never_overlaps; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.practitioner_availability
    ADD CONSTRAINT practitioner_availability_never_overlaps EXCLUDE USING gist (practitioner_id WITH =, day_of_week WITH =, private.minutes_of_day(start_time, end_time) WITH &&) WHERE ((start_time < end_time));

-- Name: practitioner_availability practitioner_availability_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.practitioner_availability
    ADD CONSTRAINT practitioner_availability_pkey PRIMARY KEY (id);

-- Name: practitioner_availability practitioner_availability_practitioner_id_day_of_week_start_key; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.practitioner_availability
    ADD CONSTRAINT practitioner_availability_practitioner_id_day_of_week_start_key UNIQUE (practitioner_id, day_of_week, start_time);

-- Name: practitioner_availability practitioner_availability_starts_before_it_ends; Type: CHECK CONSTRAINT; Schema: public

ALTER TABLE public.practitioner_availability
    ADD CONSTRAINT practitioner_availability_starts_before_it_ends CHECK ((start_time < end_time)) NOT VALID;

-- Name: practitioner_banking practitioner_banking_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.practitioner_banking
    ADD CONSTRAINT practitioner_banking_pkey PRIMARY KEY (id);

-- Name: practitioner_banking practitioner_banking_practitioner_id_key; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.practitioner_banking
    ADD CONSTRAINT practitioner_banking_practitioner_id_key UNIQUE (practitioner_id);

-- Name: practitioner_calendars practitioner_calendars_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.practitioner_calendars
    ADD CONSTRAINT practitioner_calendars_pkey PRIMARY KEY (practitioner_id);

-- Name: practitioner_contracts practitioner_contracts_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.practitioner_contracts
    ADD CONSTRAINT practitioner_contracts_pkey PRIMARY KEY (id);

-- Name: practitioner_time_off practitioner_time_off_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.practitioner_time_off
    ADD CONSTRAINT practitioner_time_off_pkey PRIMARY KEY (id);

-- Name: practitioners practitioners_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.practitioners
    ADD CONSTRAINT practitioners_pkey PRIMARY KEY (id);

-- Name: practitioners practitioners_user_id_key; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.practitioners
    ADD CONSTRAINT practitioners_user_id_key UNIQUE (user_id);

-- Name: products products_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.products
    ADD CONSTRAINT products_pkey PRIMARY KEY (id);

-- Name: products products_slug_key; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.products
    ADD CONSTRAINT products_slug_key UNIQUE (slug);

-- Name: profiles profiles_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.profiles
    ADD CONSTRAINT profiles_pkey PRIMARY KEY (id);

-- Name: recording_erasures recording_erasures_happen_once; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.recording_erasures
    ADD CONSTRAINT recording_erasures_happen_once UNIQUE (recording_id);

-- Name: recording_erasures recording_erasures_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.recording_erasures
    ADD CONSTRAINT recording_erasures_pkey PRIMARY KEY (id);

-- Name: recording_rules recording_rules_are_one_for_each_session; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.recording_rules
    ADD CONSTRAINT recording_rules_are_one_for_each_session UNIQUE (session_id);

-- Name: recording_rules recording_rules_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.recording_rules
    ADD CONSTRAINT recording_rules_pkey PRIMARY KEY (id);

-- Name: recording_share_links recording_share_links_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.recording_share_links
    ADD CONSTRAINT recording_share_links_pkey PRIMARY KEY (id);

-- Name: recording_share_links recording_share_links_token_is_unique; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.recording_share_links
    ADD CONSTRAINT recording_share_links_token_is_unique UNIQUE (token_sha256);

-- Name: recording_views recording_views_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.recording_views
    ADD CONSTRAINT recording_views_pkey PRIMARY KEY (id);

-- Name: retention_receipts retention_receipts_are_one_a_day; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.retention_receipts
    ADD CONSTRAINT retention_receipts_are_one_a_day UNIQUE (table_name, applied_on);

-- Name: retention_receipts retention_receipts_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.retention_receipts
    ADD CONSTRAINT retention_receipts_pkey PRIMARY KEY (id);

-- Name: revenue_shares revenue_shares_one_at_a_time; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.revenue_shares
    ADD CONSTRAINT revenue_shares_one_at_a_time UNIQUE (valid_from);

-- Name: revenue_shares revenue_shares_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.revenue_shares
    ADD CONSTRAINT revenue_shares_pkey PRIMARY KEY (id);

-- Name: session_attendance session_attendance_one_line_per_person; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.session_attendance
    ADD CONSTRAINT session_attendance_one_line_per_person UNIQUE (session_id, user_id);

-- Name: session_attendance session_attendance_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.session_attendance
    ADD CONSTRAINT session_attendance_pkey PRIMARY KEY (id);

-- Name: session_cancellations session_cancellations_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.session_cancellations
    ADD CONSTRAINT session_cancellations_pkey PRIMARY KEY (id);

-- Name: session_holds session_holds_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.session_holds
    ADD CONSTRAINT session_holds_pkey PRIMARY KEY (id);

-- Name: session_notes session_notes_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.session_notes
    ADD CONSTRAINT session_notes_pkey PRIMARY KEY (id);

-- Name: session_packages session_packages_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.session_packages
    ADD CONSTRAINT session_packages_pkey PRIMARY KEY (id);

-- Name: session_payments session_payments_checkout_id_key; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.session_payments
    ADD CONSTRAINT session_payments_checkout_id_key UNIQUE (checkout_id);

-- Name: session_payments session_payments_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.session_payments
    ADD CONSTRAINT session_payments_pkey PRIMARY KEY (id);

-- Name: session_recordings session_recordings_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.session_recordings
    ADD CONSTRAINT session_recordings_pkey PRIMARY KEY (id);

-- Name: session_rules session_rules_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.session_rules
    ADD CONSTRAINT session_rules_pkey PRIMARY KEY (id);

-- Name: session_schedules session_schedules_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.session_schedules
    ADD CONSTRAINT session_schedules_pkey PRIMARY KEY (id);

-- Name: session_schedules session_schedules_room_name_key; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.session_schedules
    ADD CONSTRAINT session_schedules_room_name_key UNIQUE (room_name);

-- Name: session_types session_types_duration_minutes_session_type_is_group_key; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.session_types
    ADD CONSTRAINT session_types_duration_minutes_session_type_is_group_key UNIQUE (duration_minutes, session_type, is_group);

-- Name: session_types session_types_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.session_types
    ADD CONSTRAINT session_types_pkey PRIMARY KEY (id);

-- Name: studio_locations studio_locations_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.studio_locations
    ADD CONSTRAINT studio_locations_pkey PRIMARY KEY (id);

-- Name: user_consents user_consents_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.user_consents
    ADD CONSTRAINT user_consents_pkey PRIMARY KEY (id);

-- Name: user_consents user_consents_user_id_consent_type_key; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.user_consents
    ADD CONSTRAINT user_consents_user_id_consent_type_key UNIQUE (user_id, consent_type);

-- Name: user_notifications user_notifications_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.user_notifications
    ADD CONSTRAINT user_notifications_pkey PRIMARY KEY (id);

-- Name: user_preferences user_preferences_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.user_preferences
    ADD CONSTRAINT user_preferences_pkey PRIMARY KEY (id);

-- Name: user_preferences user_preferences_user_id_key; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.user_preferences
    ADD CONSTRAINT user_preferences_user_id_key UNIQUE (user_id);

-- Name: user_roles user_roles_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.user_roles
    ADD CONSTRAINT user_roles_pkey PRIMARY KEY (id);

-- Name: user_roles user_roles_user_id_role_key; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.user_roles
    ADD CONSTRAINT user_roles_user_id_role_key UNIQUE (user_id, role);

-- Name: user_session_credits user_session_credits_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.user_session_credits
    ADD CONSTRAINT user_session_credits_pkey PRIMARY KEY (id);

-- Name: waiver_policy waiver_policy_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.waiver_policy
    ADD CONSTRAINT waiver_policy_pkey PRIMARY KEY (id);

-- Name: waiver_policy waiver_policy_version_key; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.waiver_policy
    ADD CONSTRAINT waiver_policy_version_key UNIQUE (version);

-- Name: webhook_deliveries webhook_deliveries_are_one_per_message_and_endpoint; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.webhook_deliveries
    ADD CONSTRAINT webhook_deliveries_are_one_per_message_and_endpoint UNIQUE (endpoint_id, outbox_id);

-- Name: webhook_deliveries webhook_deliveries_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.webhook_deliveries
    ADD CONSTRAINT webhook_deliveries_pkey PRIMARY KEY (id);

-- Name: webhook_endpoints webhook_endpoints_pkey; Type: CONSTRAINT; Schema: public

ALTER TABLE ONLY public.webhook_endpoints
    ADD CONSTRAINT webhook_endpoints_pkey PRIMARY KEY (id);

-- Name: agora_notifications_received_at_idx; Type: INDEX; Schema: private

CREATE INDEX agora_notifications_received_at_idx ON private.agora_notifications USING btree (received_at);

-- Name: agora_notifications_waiting_idx; Type: INDEX; Schema: private

CREATE INDEX agora_notifications_waiting_idx ON private.agora_notifications USING btree (received_at) WHERE (applied_at IS NULL);

-- Name: channel_admissions_session_id_idx; Type: INDEX; Schema: private

CREATE INDEX channel_admissions_session_id_idx ON private.channel_admissions USING btree (session_id, expires_at);

-- Name: channel_admissions_user_id_idx; Type: INDEX; Schema: private

CREATE INDEX channel_admissions_user_id_idx ON private.channel_admissions USING btree (user_id);

-- Name: channel_events_received_at_idx; Type: INDEX; Schema: private

CREATE INDEX channel_events_received_at_idx ON private.channel_events USING btree (received_at);

-- Name: channel_events_session_id_idx; Type: INDEX; Schema: private

CREATE INDEX channel_events_session_id_idx ON private.channel_events USING btree (session_id, uid);

-- Name: earned_seats_checkout_id_idx; Type: INDEX; Schema: private

CREATE INDEX earned_seats_checkout_id_idx ON private.earned_seats USING btree (checkout_id);

-- Name: earned_seats_revenue_share_id_idx; Type: INDEX; Schema: private

CREATE INDEX earned_seats_revenue_share_id_idx ON private.earned_seats USING btree (revenue_share_id);

-- Name: erasure_queue_due_at_idx; Type: INDEX; Schema: private

CREATE INDEX erasure_queue_due_at_idx ON private.erasure_queue USING btree (due_at);

-- Name: mails_due_idx; Type: INDEX; Schema: private

CREATE INDEX mails_due_idx ON private.mails USING btree (next_attempt_at) WHERE (status = ANY (ARRAY['queued'::text, 'unknown'::text]));

-- Name: mails_kind_idx; Type: INDEX; Schema: private

CREATE INDEX mails_kind_idx ON private.mails USING btree (kind, audience);

-- Name: mails_sending_idx; Type: INDEX; Schema: private

CREATE INDEX mails_sending_idx ON private.mails USING btree (lease_until) WHERE (status = 'sending'::text);

-- Name: mails_session_id_idx; Type: INDEX; Schema: private

CREATE INDEX mails_session_id_idx ON private.mails USING btree (session_id, user_id);

-- Name: mails_user_id_idx; Type: INDEX; Schema: private

CREATE INDEX mails_user_id_idx ON private.mails USING btree (user_id);

-- Name: outbox_session_id_idx; Type: INDEX; Schema: private

CREATE INDEX outbox_session_id_idx ON private.outbox USING btree (session_id);

-- Name: outbox_user_id_idx; Type: INDEX; Schema: private

CREATE INDEX outbox_user_id_idx ON private.outbox USING btree (user_id);

-- Name: outbox_welcomes_once; Type: INDEX; Schema: private

CREATE UNIQUE INDEX outbox_welcomes_once ON private.outbox USING btree (user_id) WHERE (kind = 'welcome'::text);

-- Name: payment_disputes_checkout_id_idx; Type: INDEX; Schema: private

CREATE INDEX payment_disputes_checkout_id_idx ON private.payment_disputes USING btree (checkout_id);

-- Name: payment_refunds_checkout_id_idx; Type: INDEX; Schema: private

CREATE INDEX payment_refunds_checkout_id_idx ON private.payment_refunds USING btree (checkout_id);

-- Name: recording_links_recording_id_idx; Type: INDEX; Schema: private

CREATE INDEX recording_links_recording_id_idx ON private.recording_links USING btree (recording_id);

-- Name: remembered_answers_answered_at_idx; Type: INDEX; Schema: private

CREATE INDEX remembered_answers_answered_at_idx ON private.remembered_answers USING btree (answered_at);

-- Name: stripe_events_received_at_idx; Type: INDEX; Schema: private

CREATE INDEX stripe_events_received_at_idx ON private.stripe_events USING btree (received_at);

-- Name: stripe_events_waiting_idx; Type: INDEX; Schema: private

CREATE INDEX stripe_events_waiting_idx ON private.stripe_events USING btree (payment_intent_id, received_at) WHERE (applied_at IS NULL);

-- Name: unsubscribe_links_user_id_idx; Type: INDEX; Schema: private

CREATE INDEX unsubscribe_links_user_id_idx ON private.unsubscribe_links USING btree (user_id);

-- Name: webhook_secrets_endpoint_id_idx; Type: INDEX; Schema: private

CREATE INDEX webhook_secrets_endpoint_id_idx ON private.webhook_secrets USING btree (endpoint_id);

-- Name: action_checklist_client_id_idx; Type: INDEX; Schema: public

CREATE INDEX action_checklist_client_id_idx ON public.action_checklist USING btree (client_id);

-- Name: action_checklist_practitioner_id_idx; Type: INDEX; Schema: public

CREATE INDEX action_checklist_practitioner_id_idx ON public.action_checklist USING btree (practitioner_id);

-- Name: action_recommendations_template_id_idx; Type: INDEX; Schema: public

CREATE INDEX action_recommendations_template_id_idx ON public.action_recommendations USING btree (template_id);

-- Name: action_templates_practitioner_id_idx; Type: INDEX; Schema: public

CREATE INDEX action_templates_practitioner_id_idx ON public.action_templates USING btree (practitioner_id);

-- Name: availability_exceptions_practitioner_id_idx; Type: INDEX; Schema: public

CREATE INDEX availability_exceptions_practitioner_id_idx ON public.availability_exceptions USING btree (practitioner_id, on_date);

-- Name: banking_accesses_practitioner_id_idx; Type: INDEX; Schema: public

CREATE INDEX banking_accesses_practitioner_id_idx ON public.banking_accesses USING btree (practitioner_id, accessed_at);

-- Name: cancellation_policy_one_is_active; Type: INDEX; Schema: public

CREATE UNIQUE INDEX cancellation_policy_one_is_active ON public.cancellation_policy USING btree (is_active) WHERE is_active;

-- Name: cancellation_policy_updated_by_idx; Type: INDEX; Schema: public

CREATE INDEX cancellation_policy_updated_by_idx ON public.cancellation_policy USING btree (updated_by);

-- Name: checkout_sessions_credit_lot_id_idx; Type: INDEX; Schema: public

CREATE INDEX checkout_sessions_credit_lot_id_idx ON public.checkout_sessions USING btree (credit_lot_id);

-- Name: checkout_sessions_group_class_id_idx; Type: INDEX; Schema: public

CREATE INDEX checkout_sessions_group_class_id_idx ON public.checkout_sessions USING btree (group_class_id);

-- Name: checkout_sessions_hold_id_idx; Type: INDEX; Schema: public

CREATE INDEX checkout_sessions_hold_id_idx ON public.checkout_sessions USING btree (hold_id);

-- Name: checkout_sessions_next_check_at_idx; Type: INDEX; Schema: public

CREATE INDEX checkout_sessions_next_check_at_idx ON public.checkout_sessions USING btree (next_check_at) WHERE (next_check_at IS NOT NULL);

-- Name: checkout_sessions_package_id_idx; Type: INDEX; Schema: public

CREATE INDEX checkout_sessions_package_id_idx ON public.checkout_sessions USING btree (package_id);

-- Name: checkout_sessions_policy_version_idx; Type: INDEX; Schema: public

CREATE INDEX checkout_sessions_policy_version_idx ON public.checkout_sessions USING btree (cancellation_policy_version);

-- Name: checkout_sessions_practitioner_id_idx; Type: INDEX; Schema: public

CREATE INDEX checkout_sessions_practitioner_id_idx ON public.checkout_sessions USING btree (practitioner_id);

-- Name: checkout_sessions_session_id_idx; Type: INDEX; Schema: public

CREATE INDEX checkout_sessions_session_id_idx ON public.checkout_sessions USING btree (session_id);

-- Name: checkout_sessions_session_type_id_idx; Type: INDEX; Schema: public

CREATE INDEX checkout_sessions_session_type_id_idx ON public.checkout_sessions USING btree (session_type_id);

-- Name: checkout_sessions_user_id_idx; Type: INDEX; Schema: public

CREATE INDEX checkout_sessions_user_id_idx ON public.checkout_sessions USING btree (user_id, created_at);

-- Name: consent_history_user_id_idx; Type: INDEX; Schema: public

CREATE INDEX consent_history_user_id_idx ON public.consent_history USING btree (user_id, consent_type, id);

-- Name: contract_rules_are_one; Type: INDEX; Schema: public

CREATE UNIQUE INDEX contract_rules_are_one ON public.contract_rules USING btree ((true));

-- Name: credit_ledger_lot_id_idx; Type: INDEX; Schema: public

CREATE INDEX credit_ledger_lot_id_idx ON public.credit_ledger USING btree (lot_id);

-- Name: credit_ledger_one_return_per_session; Type: INDEX; Schema: public

CREATE UNIQUE INDEX credit_ledger_one_return_per_session ON public.credit_ledger USING btree (session_id) WHERE (kind = 'return'::text);

-- Name: credit_ledger_one_spend_per_session; Type: INDEX; Schema: public

CREATE UNIQUE INDEX credit_ledger_one_spend_per_session ON public.credit_ledger USING btree (session_id) WHERE (kind = 'spend'::text);

-- Name: credit_ledger_user_id_idx; Type: INDEX; Schema: public

CREATE INDEX credit_ledger_user_id_idx ON public.credit_ledger USING btree (user_id, created_at);

-- Name: email_logs_created_at_idx; Type: INDEX; Schema: public

CREATE INDEX email_logs_created_at_idx ON public.email_logs USING btree (created_at);

-- Name: email_logs_session_id_idx; Type: INDEX; Schema: public

CREATE INDEX email_logs_session_id_idx ON public.email_logs USING btree (session_id);

-- Name: email_logs_user_id_idx; Type: INDEX; Schema: public

CREATE INDEX email_logs_user_id_idx ON public.email_logs USING btree (user_id, created_at);

-- Name: idx_access_grants_active; Type: INDEX; Schema: public

CREATE INDEX idx_access_grants_active ON public.access_grants USING btree (grantee_id, resource_type, resource_id) WHERE (revoked_at IS NULL);

-- Name: idx_access_grants_grantee; Type: INDEX; Schema: public

CREATE INDEX idx_access_grants_grantee ON public.access_grants USING btree (grantee_id);

-- Name: idx_access_grants_grantor; Type: INDEX; Schema: public

CREATE INDEX idx_access_grants_grantor ON public.access_grants USING btree (grantor_id);

-- Name: idx_access_grants_resource; Type: INDEX; Schema: public

CREATE INDEX idx_access_grants_resource ON public.access_grants USING btree (resource_type, resource_id);

-- Name: idx_action_recommendations_client_id; Type: INDEX; Schema: public

CREATE INDEX idx_action_recommendations_client_id ON public.action_recommendations USING btree (client_id);

-- Name: idx_action_recommendations_completed; Type: INDEX; Schema: public

CREATE INDEX idx_action_recommendations_completed ON public.action_recommendations USING btree (client_id, due_date) WHERE (completed = false);

-- Name: idx_action_recommendations_practitioner_id; Type: INDEX; Schema: public

CREATE INDEX idx_action_recommendations_practitioner_id ON public.action_recommendations USING btree (practitioner_id);

-- Name: idx_action_recommendations_session_id; Type: INDEX; Schema: public

CREATE INDEX idx_action_recommendations_session_id ON public.action_recommendations USING btree (session_id);

-- Name: idx_audit_logs_action; Type: INDEX; Schema: public

CREATE INDEX idx_audit_logs_action ON public.audit_logs USING btree (action);

-- Name: idx_audit_logs_created_at; Type: INDEX; Schema: public

CREATE INDEX idx_audit_logs_created_at ON public.audit_logs USING btree (created_at DESC);

-- Name: idx_audit_logs_record_id; Type: INDEX; Schema: public

CREATE INDEX idx_audit_logs_record_id ON public.audit_logs USING btree (record_id) WHERE (record_id IS NOT NULL);

-- Name: idx_audit_logs_table_name; Type: INDEX; Schema: public

CREATE INDEX idx_audit_logs_table_name ON public.audit_logs USING btree (table_name);

-- Name: idx_audit_logs_user_id; Type: INDEX; Schema: public

CREATE INDEX idx_audit_logs_user_id ON public.audit_logs USING btree (user_id);

-- Name: idx_data_retention_policies_table; Type: INDEX; Schema: public

CREATE INDEX idx_data_retention_policies_table ON public.data_retention_policies USING btree (table_name);

-- Name: idx_liability_waivers_session_id; Type: INDEX; Schema: public

CREATE INDEX idx_liability_waivers_session_id ON public.liability_waivers USING btree (session_id);

-- Name: idx_liability_waivers_user_id; Type: INDEX; Schema: public

CREATE INDEX idx_liability_waivers_user_id ON public.liability_waivers USING btree (user_id);

-- Name: idx_meditation_memories_user_id; Type: INDEX; Schema: public

CREATE INDEX idx_meditation_memories_user_id ON public.meditation_memories USING btree (user_id);

-- Name: idx_practitioner_banking_verified; Type: INDEX; Schema: public

CREATE INDEX idx_practitioner_banking_verified ON public.practitioner_banking USING btree (verified) WHERE (verified = true);

-- Name: idx_practitioner_contracts_active; Type: INDEX; Schema: public

CREATE INDEX idx_practitioner_contracts_active ON public.practitioner_contracts USING btree (practitioner_id, status) WHERE (status = ANY (ARRAY['signed'::text, 'pending'::text]));

-- Name: idx_practitioner_contracts_practitioner_id; Type: INDEX; Schema: public

CREATE INDEX idx_practitioner_contracts_practitioner_id ON public.practitioner_contracts USING btree (practitioner_id);

-- Name: idx_practitioner_contracts_status; Type: INDEX; Schema: public

CREATE INDEX idx_practitioner_contracts_status ON public.practitioner_contracts USING btree (status);

-- Name: idx_products_active; Type: INDEX; Schema: public

CREATE INDEX idx_products_active ON public.products USING btree (is_active) WHERE (is_active = true);

-- Name: idx_products_slug; Type: INDEX; Schema: public

CREATE INDEX idx_products_slug ON public.products USING btree (slug);

-- Name: idx_products_type; Type: INDEX; Schema: public

CREATE INDEX idx_products_type ON public.products USING btree (type);

-- Name: idx_session_packages_active; Type: INDEX; Schema: public

CREATE INDEX idx_session_packages_active ON public.session_packages USING btree (is_active) WHERE (is_active = true);

-- Name: idx_session_packages_count; Type: INDEX; Schema: public

CREATE INDEX idx_session_packages_count ON public.session_packages USING btree (session_count);

-- Name: idx_session_recordings_agora_sid; Type: INDEX; Schema: public

CREATE INDEX idx_session_recordings_agora_sid ON public.session_recordings USING btree (agora_sid) WHERE (agora_sid IS NOT NULL);

-- Name: idx_session_recordings_session_id; Type: INDEX; Schema: public

CREATE INDEX idx_session_recordings_session_id ON public.session_recordings USING btree (session_id);

-- Name: idx_session_recordings_status; Type: INDEX; Schema: public

CREATE INDEX idx_session_recordings_status ON public.session_recordings USING btree (status);

-- Name: idx_session_schedules_cancelled_at; Type: INDEX; Schema: public

CREATE INDEX idx_session_schedules_cancelled_at ON public.session_schedules USING btree (cancelled_at) WHERE (cancelled_at IS NOT NULL);

-- Name: idx_session_schedules_class_name; Type: INDEX; Schema: public

CREATE INDEX idx_session_schedules_class_name ON public.session_schedules USING btree (class_name) WHERE (class_name IS NOT NULL);

-- Name: idx_session_schedules_correlated; Type: INDEX; Schema: public

CREATE INDEX idx_session_schedules_correlated ON public.session_schedules USING btree (correlated_session_id);

-- Name: idx_session_schedules_location; Type: INDEX; Schema: public

CREATE INDEX idx_session_schedules_location ON public.session_schedules USING btree (session_location);

-- Name: idx_session_schedules_reminder; Type: INDEX; Schema: public

CREATE INDEX idx_session_schedules_reminder ON public.session_schedules USING btree (status, scheduled_at, reminder_sent) WHERE (status = 'scheduled'::text);

-- Name: idx_session_types_active; Type: INDEX; Schema: public

CREATE INDEX idx_session_types_active ON public.session_types USING btree (is_active) WHERE (is_active = true);

-- Name: idx_session_types_duration; Type: INDEX; Schema: public

CREATE INDEX idx_session_types_duration ON public.session_types USING btree (duration_minutes);

-- Name: idx_session_types_type; Type: INDEX; Schema: public

CREATE INDEX idx_session_types_type ON public.session_types USING btree (session_type);

-- Name: idx_studio_locations_active; Type: INDEX; Schema: public

CREATE INDEX idx_studio_locations_active ON public.studio_locations USING btree (is_active) WHERE (is_active = true);

-- Name: idx_user_consents_consent_type; Type: INDEX; Schema: public

CREATE INDEX idx_user_consents_consent_type ON public.user_consents USING btree (consent_type);

-- Name: idx_user_consents_consented; Type: INDEX; Schema: public

CREATE INDEX idx_user_consents_consented ON public.user_consents USING btree (consented) WHERE (consented = true);

-- Name: idx_user_consents_user_id; Type: INDEX; Schema: public

CREATE INDEX idx_user_consents_user_id ON public.user_consents USING btree (user_id);

-- Name: idx_user_preferences_user_id; Type: INDEX; Schema: public

CREATE INDEX idx_user_preferences_user_id ON public.user_preferences USING btree (user_id);

-- Name: idx_user_session_credits_active; Type: INDEX; Schema: public

CREATE INDEX idx_user_session_credits_active ON public.user_session_credits USING btree (user_id, credits_remaining) WHERE (credits_remaining > 0);

-- Name: idx_user_session_credits_expires; Type: INDEX; Schema: public

CREATE INDEX idx_user_session_credits_expires ON public.user_session_credits USING btree (expires_at) WHERE (expires_at IS NOT NULL);

-- Name: idx_user_session_credits_user_id; Type: INDEX; Schema: public

CREATE INDEX idx_user_session_credits_user_id ON public.user_session_credits USING btree (user_id);

-- Name: journal_entries_created_at_idx; Type: INDEX; Schema: public

CREATE INDEX journal_entries_created_at_idx ON public.journal_entries USING btree (created_at);

-- Name: journal_entries_session_id_idx; Type: INDEX; Schema: public

CREATE INDEX journal_entries_session_id_idx ON public.journal_entries USING btree (session_id);

-- Name: journal_entries_user_id_idx; Type: INDEX; Schema: public

CREATE INDEX journal_entries_user_id_idx ON public.journal_entries USING btree (user_id, entry_date DESC);

-- Name: ledger_transactions_payment_id_idx; Type: INDEX; Schema: public

CREATE INDEX ledger_transactions_payment_id_idx ON public.ledger_transactions USING btree (payment_id) WHERE (payment_id IS NOT NULL);

-- Name: ledger_transactions_payout_id_idx; Type: INDEX; Schema: public

CREATE INDEX ledger_transactions_payout_id_idx ON public.ledger_transactions USING btree (payout_id) WHERE (payout_id IS NOT NULL);

-- Name: ledger_transactions_practitioner_id_idx; Type: INDEX; Schema: public

CREATE INDEX ledger_transactions_practitioner_id_idx ON public.ledger_transactions USING btree (practitioner_id, occurred_at);

-- Name: ledger_transactions_session_id_idx; Type: INDEX; Schema: public

CREATE INDEX ledger_transactions_session_id_idx ON public.ledger_transactions USING btree (session_id) WHERE (session_id IS NOT NULL);

-- Name: legal_holds_session_id_idx; Type: INDEX; Schema: public

CREATE INDEX legal_holds_session_id_idx ON public.legal_holds USING btree (session_id) WHERE (released_at IS NULL);

-- Name: legal_holds_user_id_idx; Type: INDEX; Schema: public

CREATE INDEX legal_holds_user_id_idx ON public.legal_holds USING btree (user_id) WHERE (released_at IS NULL);

-- Name: liability_waivers_one_general_per_version; Type: INDEX; Schema: public

CREATE UNIQUE INDEX liability_waivers_one_general_per_version ON public.liability_waivers USING btree (user_id, waiver_policy_version) WHERE (session_id IS NULL);

-- Name: liability_waivers_one_per_session; Type: INDEX; Schema: public

CREATE UNIQUE INDEX liability_waivers_one_per_session ON public.liability_waivers USING btree (user_id, session_id) WHERE (session_id IS NOT NULL);

-- Name: liability_waivers_signed_at_idx; Type: INDEX; Schema: public

CREATE INDEX liability_waivers_signed_at_idx ON public.liability_waivers USING btree (signed_at);

-- Name: liability_waivers_waiver_policy_id_idx; Type: INDEX; Schema: public

CREATE INDEX liability_waivers_waiver_policy_id_idx ON public.liability_waivers USING btree (waiver_policy_id);

-- Name: meditation_memories_created_at_idx; Type: INDEX; Schema: public

CREATE INDEX meditation_memories_created_at_idx ON public.meditation_memories USING btree (created_at);

-- Name: meditation_memories_embedding_idx; Type: INDEX; Schema: public

CREATE INDEX meditation_memories_embedding_idx ON public.meditation_memories USING ivfflat (embedding extensions.vector_cosine_ops) WITH (lists='100');

-- Name: payout_lines_ledger_transaction_id_idx; Type: INDEX; Schema: public

CREATE INDEX payout_lines_ledger_transaction_id_idx ON public.payout_lines USING btree (ledger_transaction_id, practitioner_id, currency);

-- Name: payout_lines_one_live_payout; Type: INDEX; Schema: public

CREATE UNIQUE INDEX payout_lines_one_live_payout ON public.payout_lines USING btree (ledger_transaction_id) WHERE (released_at IS NULL);

-- Name: payout_lines_payout_id_idx; Type: INDEX; Schema: public

CREATE INDEX payout_lines_payout_id_idx ON public.payout_lines USING btree (payout_id, practitioner_id, currency);

-- Name: payout_lines_practitioner_id_idx; Type: INDEX; Schema: public

CREATE INDEX payout_lines_practitioner_id_idx ON public.payout_lines USING btree (practitioner_id);

-- Name: payout_periods_follows_idx; Type: INDEX; Schema: public

CREATE INDEX payout_periods_follows_idx ON public.payout_periods USING btree (follows);

-- Name: payouts_pending_idx; Type: INDEX; Schema: public

CREATE INDEX payouts_pending_idx ON public.payouts USING btree (created_at) WHERE (status = 'pending'::text);

-- Name: payouts_period_idx; Type: INDEX; Schema: public

CREATE INDEX payouts_period_idx ON public.payouts USING btree (period_start, period_end);

-- Name: payouts_practitioner_id_idx; Type: INDEX; Schema: public

CREATE INDEX payouts_practitioner_id_idx ON public.payouts USING btree (practitioner_id, created_at);

-- Name: practitioner_assignments_client_id_idx; Type: INDEX; Schema: public

CREATE INDEX practitioner_assignments_client_id_idx ON public.practitioner_assignments USING btree (client_id);

-- Name: practitioner_banking_verified_by_idx; Type: INDEX; Schema: public

CREATE INDEX practitioner_banking_verified_by_idx ON public.practitioner_banking USING btree (verified_by);

-- Name: practitioner_contracts_created_at_idx; Type: INDEX; Schema: public

CREATE INDEX practitioner_contracts_created_at_idx ON public.practitioner_contracts USING btree (created_at);

-- Name: practitioner_contracts_expires_at_idx; Type: INDEX; Schema: public

CREATE INDEX practitioner_contracts_expires_at_idx ON public.practitioner_contracts USING btree (expires_at) WHERE (status = ANY (ARRAY['pending'::text, 'signed'::text]));

-- Name: practitioner_contracts_one_offer_per_version; Type: INDEX; Schema: public

CREATE UNIQUE INDEX practitioner_contracts_one_offer_per_version ON public.practitioner_contracts USING btree (practitioner_id, contract_version) WHERE (status = 'pending'::text);

-- Name: practitioner_contracts_template_id_idx; Type: INDEX; Schema: public

CREATE INDEX practitioner_contracts_template_id_idx ON public.practitioner_contracts USING btree (template_id);

-- Name: practitioner_time_off_practitioner_id_idx; Type: INDEX; Schema: public

CREATE INDEX practitioner_time_off_practitioner_id_idx ON public.practitioner_time_off USING btree (practitioner_id, starts_at);

-- Name: recording_share_links_created_by_idx; Type: INDEX; Schema: public

CREATE INDEX recording_share_links_created_by_idx ON public.recording_share_links USING btree (created_by);

-- Name: recording_share_links_recording_id_idx; Type: INDEX; Schema: public

CREATE INDEX recording_share_links_recording_id_idx ON public.recording_share_links USING btree (recording_id);

-- Name: recording_views_link_id_idx; Type: INDEX; Schema: public

CREATE INDEX recording_views_link_id_idx ON public.recording_views USING btree (link_id, viewed_at);

-- Name: recording_views_recording_id_idx; Type: INDEX; Schema: public

CREATE INDEX recording_views_recording_id_idx ON public.recording_views USING btree (recording_id, viewed_at);

-- Name: session_attendance_decided_by_idx; Type: INDEX; Schema: public

CREATE INDEX session_attendance_decided_by_idx ON public.session_attendance USING btree (decided_by);

-- Name: session_attendance_user_id_idx; Type: INDEX; Schema: public

CREATE INDEX session_attendance_user_id_idx ON public.session_attendance USING btree (user_id);

-- Name: session_cancellations_approved_by_idx; Type: INDEX; Schema: public

CREATE INDEX session_cancellations_approved_by_idx ON public.session_cancellations USING btree (approved_by);

-- Name: session_cancellations_cancelled_at_idx; Type: INDEX; Schema: public

CREATE INDEX session_cancellations_cancelled_at_idx ON public.session_cancellations USING btree (cancelled_at);

-- Name: session_cancellations_policy_version_idx; Type: INDEX; Schema: public

CREATE INDEX session_cancellations_policy_version_idx ON public.session_cancellations USING btree (cancellation_policy_version);

-- Name: session_cancellations_session_id_idx; Type: INDEX; Schema: public

CREATE INDEX session_cancellations_session_id_idx ON public.session_cancellations USING btree (session_id);

-- Name: session_cancellations_user_id_idx; Type: INDEX; Schema: public

CREATE INDEX session_cancellations_user_id_idx ON public.session_cancellations USING btree (user_id);

-- Name: session_holds_checkout_session_id_idx; Type: INDEX; Schema: public

CREATE INDEX session_holds_checkout_session_id_idx ON public.session_holds USING btree (checkout_session_id);

-- Name: session_holds_group_class_id_idx; Type: INDEX; Schema: public

CREATE INDEX session_holds_group_class_id_idx ON public.session_holds USING btree (group_class_id);

-- Name: session_holds_practitioner_id_idx; Type: INDEX; Schema: public

CREATE INDEX session_holds_practitioner_id_idx ON public.session_holds USING btree (practitioner_id);

-- Name: session_holds_session_type_id_idx; Type: INDEX; Schema: public

CREATE INDEX session_holds_session_type_id_idx ON public.session_holds USING btree (session_type_id);

-- Name: session_holds_user_id_idx; Type: INDEX; Schema: public

CREATE INDEX session_holds_user_id_idx ON public.session_holds USING btree (user_id) WHERE (status = 'held'::text);

-- Name: session_notes_author_id_idx; Type: INDEX; Schema: public

CREATE INDEX session_notes_author_id_idx ON public.session_notes USING btree (author_id);

-- Name: session_notes_created_at_idx; Type: INDEX; Schema: public

CREATE INDEX session_notes_created_at_idx ON public.session_notes USING btree (created_at);

-- Name: session_notes_session_id_idx; Type: INDEX; Schema: public

CREATE INDEX session_notes_session_id_idx ON public.session_notes USING btree (session_id);

-- Name: session_packages_one_per_type_and_size; Type: INDEX; Schema: public

CREATE UNIQUE INDEX session_packages_one_per_type_and_size ON public.session_packages USING btree (session_type_id, session_count) WHERE is_active;

-- Name: session_packages_session_type_id_idx; Type: INDEX; Schema: public

CREATE INDEX session_packages_session_type_id_idx ON public.session_packages USING btree (session_type_id);

-- Name: session_payments_client_id_idx; Type: INDEX; Schema: public

CREATE INDEX session_payments_client_id_idx ON public.session_payments USING btree (client_id, created_at);

-- Name: session_payments_created_at_idx; Type: INDEX; Schema: public

CREATE INDEX session_payments_created_at_idx ON public.session_payments USING btree (created_at, id);

-- Name: session_payments_one_per_credit_seat; Type: INDEX; Schema: public

CREATE UNIQUE INDEX session_payments_one_per_credit_seat ON public.session_payments USING btree (session_id) WHERE (credit_lot_id IS NOT NULL);

-- Name: session_payments_practitioner_id_idx; Type: INDEX; Schema: public

CREATE INDEX session_payments_practitioner_id_idx ON public.session_payments USING btree (practitioner_id, created_at);

-- Name: session_payments_revenue_share_id_idx; Type: INDEX; Schema: public

CREATE INDEX session_payments_revenue_share_id_idx ON public.session_payments USING btree (revenue_share_id);

-- Name: session_payments_session_id_idx; Type: INDEX; Schema: public

CREATE INDEX session_payments_session_id_idx ON public.session_payments USING btree (session_id);

-- Name: session_recordings_class_recording_id_idx; Type: INDEX; Schema: public

CREATE INDEX session_recordings_class_recording_id_idx ON public.session_recordings USING btree (class_recording_id);

-- Name: session_recordings_created_at_idx; Type: INDEX; Schema: public

CREATE INDEX session_recordings_created_at_idx ON public.session_recordings USING btree (created_at);

-- Name: session_recordings_next_check_at_idx; Type: INDEX; Schema: public

CREATE INDEX session_recordings_next_check_at_idx ON public.session_recordings USING btree (next_check_at) WHERE (status = ANY (ARRAY['pending'::text, 'recording'::text, 'processing'::text]));

-- Name: session_recordings_one_per_session; Type: INDEX; Schema: public

CREATE UNIQUE INDEX session_recordings_one_per_session ON public.session_recordings USING btree (session_id) WHERE (status <> 'failed'::text);

-- Name: session_recordings_recorder_uid_idx; Type: INDEX; Schema: public

CREATE INDEX session_recordings_recorder_uid_idx ON public.session_recordings USING btree (recorder_uid);

-- Name: session_recordings_requested_by_idx; Type: INDEX; Schema: public

CREATE INDEX session_recordings_requested_by_idx ON public.session_recordings USING btree (requested_by);

-- Name: session_rules_are_one_row; Type: INDEX; Schema: public

CREATE UNIQUE INDEX session_rules_are_one_row ON public.session_rules USING btree ((true));

-- Name: session_schedules_cancellation_policy_version_idx; Type: INDEX; Schema: public

CREATE INDEX session_schedules_cancellation_policy_version_idx ON public.session_schedules USING btree (cancellation_policy_version);

-- Name: session_schedules_classes_idx; Type: INDEX; Schema: public

CREATE INDEX session_schedules_classes_idx ON public.session_schedules USING btree (scheduled_at) WHERE (max_participants > 1);

-- Name: session_schedules_client_id_idx; Type: INDEX; Schema: public

CREATE INDEX session_schedules_client_id_idx ON public.session_schedules USING btree (client_id, scheduled_at);

-- Name: session_schedules_credit_lot_id_idx; Type: INDEX; Schema: public

CREATE INDEX session_schedules_credit_lot_id_idx ON public.session_schedules USING btree (credit_lot_id);

-- Name: session_schedules_group_class_id_idx; Type: INDEX; Schema: public

CREATE INDEX session_schedules_group_class_id_idx ON public.session_schedules USING btree (group_class_id);

-- Name: session_schedules_one_seat_per_person; Type: INDEX; Schema: public

CREATE UNIQUE INDEX session_schedules_one_seat_per_person ON public.session_schedules USING btree (group_class_id, client_id) WHERE ((group_class_id IS NOT NULL) AND (status <> 'cancelled'::text));

-- Name: session_schedules_practitioner_id_idx; Type: INDEX; Schema: public

CREATE INDEX session_schedules_practitioner_id_idx ON public.session_schedules USING btree (practitioner_id, scheduled_at);

-- Name: session_schedules_session_type_id_idx; Type: INDEX; Schema: public

CREATE INDEX session_schedules_session_type_id_idx ON public.session_schedules USING btree (session_type_id);

-- Name: session_schedules_unfinished_idx; Type: INDEX; Schema: public

CREATE INDEX session_schedules_unfinished_idx ON public.session_schedules USING btree (scheduled_at) WHERE ((status = ANY (ARRAY['scheduled'::text, 'in_progress'::text])) AND (group_class_id IS NULL));

-- Name: user_consents_revoked_at_idx; Type: INDEX; Schema: public

CREATE INDEX user_consents_revoked_at_idx ON public.user_consents USING btree (revoked_at) WHERE (revoked_at IS NOT NULL);

-- Name: user_notifications_created_at_idx; Type: INDEX; Schema: public

CREATE INDEX user_notifications_created_at_idx ON public.user_notifications USING btree (created_at);

-- Name: user_notifications_user_id_idx; Type: INDEX; Schema: public

CREATE INDEX user_notifications_user_id_idx ON public.user_notifications USING btree (user_id, created_at DESC);

-- Name: user_session_credits_cancellation_policy_version_idx; Type: INDEX; Schema: public

CREATE INDEX user_session_credits_cancellation_policy_version_idx ON public.user_session_credits USING btree (cancellation_policy_version);

-- Name: user_session_credits_grace_used_idx; Type: INDEX; Schema: public

CREATE INDEX user_session_credits_grace_used_idx ON public.user_session_credits USING btree (user_id) WHERE grace_cancellation_used;

-- Name: user_session_credits_package_id_idx; Type: INDEX; Schema: public

CREATE INDEX user_session_credits_package_id_idx ON public.user_session_credits USING btree (package_id);

-- Name: user_session_credits_session_type_id_idx; Type: INDEX; Schema: public

CREATE INDEX user_session_credits_session_type_id_idx ON public.user_session_credits USING btree (session_type_id);

-- Name: waiver_policy_one_is_active; Type: INDEX; Schema: public

CREATE UNIQUE INDEX waiver_policy_one_is_active ON public.waiver_policy USING btree (is_active) WHERE is_active;

-- Name: waiver_policy_updated_by_idx; Type: INDEX; Schema: public

CREATE INDEX waiver_policy_updated_by_idx ON public.waiver_policy USING btree (updated_by);

-- Name: webhook_deliveries_created_at_idx; Type: INDEX; Schema: public

CREATE INDEX webhook_deliveries_created_at_idx ON public.webhook_deliveries USING btree (created_at);

-- Name: webhook_deliveries_due_idx; Type: INDEX; Schema: public

CREATE INDEX webhook_deliveries_due_idx ON public.webhook_deliveries USING btree (next_attempt_at) WHERE (status = 'pending'::text);

-- Name: broken_rules _RETURN; Type: RULE; Schema: private

CREATE OR REPLACE VIEW private.broken_rules WITH (security_invoker='true') AS
 SELECT 'a transaction of the ledger does not balance'::text AS rule,
    (t.id)::text AS example
   FROM (public.ledger_transactions t
     LEFT JOIN public.ledger_postings p ON ((p.transaction_id = t.id)))
  GROUP BY t.id
 HAVING ((count(p.id) < 2) OR (sum(p.amount_minor) <> (0)::numeric))
UNION ALL
 SELECT 'a balance is not what is unpaid'::text AS rule,
    ((t.practitioner_id || ' '::text) || t.currency) AS example
   FROM ((public.ledger_transactions t
     JOIN public.ledger_postings p ON (((p.transaction_id = t.id) AND (p.account = 'practitioner_payable'::text))))
     LEFT JOIN public.payout_lines l ON (((l.ledger_transaction_id = t.id) AND (l.released_at IS NULL))))
  GROUP BY t.practitioner_id, t.currency
 HAVING (sum(p.amount_minor) <> COALESCE(sum(p.amount_minor) FILTER (WHERE ((t.kind <> ALL (ARRAY['payout'::text, 'payout_failed'::text])) AND (l.id IS NULL))), (0)::numeric))
UNION ALL
 SELECT 'a payout is not the sum of its lines'::text AS rule,
    (p.id)::text AS example
   FROM (public.payouts p
     LEFT JOIN public.payout_lines l ON ((l.payout_id = p.id)))
  GROUP BY p.id
 HAVING ((p.amount_minor)::numeric <> COALESCE(sum(l.amount_minor), (0)::numeric))
UNION ALL
 SELECT 'a payout does not share the fate of its lines'::text AS rule,
    (p.id)::text AS example
   FROM (public.payouts p
     JOIN public.payout_lines l ON ((l.payout_id = p.id)))
  WHERE ((p.status = 'failed'::text) <> (l.released_at IS NOT NULL))
UNION ALL
 SELECT 'a line pays another amount than its transaction owes'::text AS rule,
    (l.ledger_transaction_id)::text AS example
   FROM (public.payout_lines l
     LEFT JOIN public.ledger_postings p ON (((p.transaction_id = l.ledger_transaction_id) AND (p.account = 'practitioner_payable'::text))))
  WHERE (p.amount_minor IS DISTINCT FROM l.amount_minor)
UNION ALL
 SELECT 'a transaction is paid twice'::text AS rule,
    (l.ledger_transaction_id)::text AS example
   FROM public.payout_lines l
  WHERE (l.released_at IS NULL)
  GROUP BY l.ledger_transaction_id
 HAVING (count(*) > 1)
UNION ALL
 SELECT 'a line is of another person or currency than its payout'::text AS rule,
    (l.ledger_transaction_id)::text AS example
   FROM ((public.payout_lines l
     JOIN public.payouts p ON ((p.id = l.payout_id)))
     JOIN public.ledger_transactions t ON ((t.id = l.ledger_transaction_id)))
  WHERE ((t.practitioner_id <> p.practitioner_id) OR (t.currency <> p.currency))
UNION ALL
 SELECT 'a payout is not posted as it stands'::text AS rule,
    (p.id)::text AS example
   FROM ((public.payouts p
     LEFT JOIN public.ledger_transactions t ON ((t.payout_id = p.id)))
     LEFT JOIN public.ledger_postings sent ON (((sent.transaction_id = t.id) AND (sent.account = 'payouts_sent'::text))))
  GROUP BY p.id
 HAVING ((COALESCE(sum(sent.amount_minor), (0)::numeric) <> (
        CASE p.status
            WHEN 'failed'::text THEN (0)::bigint
            ELSE p.amount_minor
        END)::numeric) OR (count(t.id) <>
        CASE p.status
            WHEN 'failed'::text THEN 2
            ELSE 1
        END))
UNION ALL
 SELECT 'payout periods leave a gap or overlap'::text AS rule,
    (next.number)::text AS example
   FROM public.payout_periods next
  WHERE ((NOT (EXISTS ( SELECT
           FROM public.payout_periods before
          WHERE ((before.number = (next.number - 1)) AND (before.period_end = next.period_start))))) AND (next.number > 1))
UNION ALL
 SELECT 'a payment that was paid out is not marked'::text AS rule,
    (t.payment_id)::text AS example
   FROM (((public.payouts p
     JOIN public.payout_lines l ON ((l.payout_id = p.id)))
     JOIN public.ledger_transactions t ON ((t.id = l.ledger_transaction_id)))
     JOIN public.session_payments payment ON ((payment.id = t.payment_id)))
  WHERE ((p.status = 'paid'::text) AND (payment.paid_out_at IS NULL))
  GROUP BY p.id, t.payment_id
 HAVING (sum(l.amount_minor) > (0)::numeric)
UNION ALL
 SELECT 'a payment is marked and no payout paid it'::text AS rule,
    (payment.id)::text AS example
   FROM public.session_payments payment
  WHERE ((payment.paid_out_at IS NOT NULL) AND (payment.practitioner_share > (0)::numeric) AND (EXISTS ( SELECT
           FROM public.ledger_transactions t
          WHERE (t.payment_id = payment.id))) AND (NOT (EXISTS ( SELECT
           FROM ((public.ledger_transactions t
             LEFT JOIN public.payout_lines l ON ((l.ledger_transaction_id = t.id)))
             LEFT JOIN public.payouts p ON (((p.id = l.payout_id) AND (p.status = 'paid'::text))))
          WHERE ((t.payment_id = payment.id) AND ((p.id IS NOT NULL) OR (t.cause = ('paid out '::text || payment.id))))))))
UNION ALL
 SELECT 'a payment names another share than the ledger'::text AS rule,
    (payment.id)::text AS example
   FROM (public.session_payments payment
     JOIN private.earned_seats e ON (((e.payment_id = payment.id) AND (e.revenue_share_id IS NOT NULL))))
  WHERE ((payment.paid_out_at IS NULL) AND (round(((100)::numeric * payment.practitioner_share)) <> ( SELECT COALESCE(sum(p.amount_minor), (0)::numeric) AS "coalesce"
           FROM (public.ledger_transactions t
             JOIN public.ledger_postings p ON (((p.transaction_id = t.id) AND (p.account = 'practitioner_payable'::text))))
          WHERE ((t.session_id = e.session_id) AND (t.kind = ANY (ARRAY['accrual'::text, 'reversal'::text]))))))
UNION ALL
 SELECT 'a payment does not add up'::text AS rule,
    (payment.id)::text AS example
   FROM public.session_payments payment
  WHERE ((num_nonnulls(payment.checkout_id, payment.credit_lot_id) > 0) AND (((payment.practitioner_share + payment.platform_share) + payment.refunded_amount) <> payment.total_amount))
UNION ALL
 SELECT 'credits are not the sum of their ledger'::text AS rule,
    (c.id)::text AS example
   FROM (public.user_session_credits c
     LEFT JOIN public.credit_ledger l ON ((l.lot_id = c.id)))
  GROUP BY c.id
 HAVING ((c.credits_remaining <> COALESCE(sum(l.change), (0)::bigint)) OR (c.credits_remaining < 0))
UNION ALL
 SELECT 'a session did not spend its one credit'::text AS rule,
    (s.id)::text AS example
   FROM (public.session_schedules s
     LEFT JOIN public.credit_ledger l ON (((l.session_id = s.id) AND (l.lot_id = s.credit_lot_id) AND (l.kind = 'spend'::text))))
  WHERE (s.credit_lot_id IS NOT NULL)
  GROUP BY s.id
 HAVING (count(l.id) <> 1)
UNION ALL
 SELECT 'a class is oversold'::text AS rule,
    (class.id)::text AS example
   FROM (public.session_schedules class
     JOIN public.session_schedules seat ON (((seat.group_class_id = class.id) AND (seat.status <> 'cancelled'::text))))
  GROUP BY class.id
 HAVING (count(*) > class.max_participants)
UNION ALL
 SELECT 'two sessions overlap'::text AS rule,
    (one.id)::text AS example
   FROM (public.session_schedules one
     JOIN public.session_schedules other ON (((other.practitioner_id = one.practitioner_id) AND (other.id > one.id) AND (other.scheduled_at < (one.scheduled_at + make_interval(mins => one.duration_minutes))) AND (one.scheduled_at < (other.scheduled_at + make_interval(mins => other.duration_minutes))))))
  WHERE ((one.group_class_id IS NULL) AND (other.group_class_id IS NULL) AND (one.status = ANY (ARRAY['scheduled'::text, 'in_progress'::text])) AND (other.status = ANY (ARRAY['scheduled'::text, 'in_progress'::text])) AND (NOT ((one.max_participants > 1) AND (other.max_participants > 1) AND (one.scheduled_at = other.scheduled_at) AND (one.session_location <> other.session_location))));

-- Name: audit_chain audit_chain_keep; Type: TRIGGER; Schema: private

CREATE TRIGGER audit_chain_keep BEFORE DELETE OR UPDATE ON private.audit_chain FOR EACH ROW EXECUTE FUNCTION private.keep_audit_log();

-- Name: audit_chain audit_chain_keep_all; Type: TRIGGER; Schema: private

CREATE TRIGGER audit_chain_keep_all BEFORE TRUNCATE ON private.audit_chain FOR EACH STATEMENT EXECUTE FUNCTION private.keep_audit_log();

-- Name: channel_admissions channel_admissions_heed; Type: TRIGGER; Schema: private

CREATE TRIGGER channel_admissions_heed AFTER INSERT ON private.channel_admissions FOR EACH ROW WHEN ((new.session_id IS NOT NULL)) EXECUTE FUNCTION private.heed_admission();

-- Name: outbox outbox_60_webhooks; Type: TRIGGER; Schema: private

CREATE TRIGGER outbox_60_webhooks AFTER INSERT ON private.outbox FOR EACH ROW WHEN ((new.kind = ANY (ARRAY['session_booked'::text, 'session_cancelled'::text, 'session_completed'::text, 'recording_ready'::text, 'payout_paid'::text]))) EXECUTE FUNCTION private.write_webhook_deliveries();

-- Name: outbox outbox_are_addressed; Type: TRIGGER; Schema: private

CREATE TRIGGER outbox_are_addressed AFTER INSERT ON private.outbox FOR EACH ROW EXECUTE FUNCTION private.address_message();

-- Name: action_checklist action_checklist_guard; Type: TRIGGER; Schema: public

CREATE TRIGGER action_checklist_guard BEFORE UPDATE ON public.action_checklist FOR EACH ROW EXECUTE FUNCTION private.guard_action_checklist();

-- Name: action_recommendations action_recommendations_guard; Type: TRIGGER; Schema: public

CREATE TRIGGER action_recommendations_guard BEFORE UPDATE ON public.action_recommendations FOR EACH ROW EXECUTE FUNCTION private.guard_action_recommendations();

-- Name: user_consents agreeing_again_keeps_recordings; Type: TRIGGER; Schema: public

CREATE TRIGGER agreeing_again_keeps_recordings AFTER INSERT OR UPDATE ON public.user_consents FOR EACH ROW WHEN (((new.consent_type = 'session_recording'::text) AND new.consented AND (new.revoked_at IS NULL))) EXECUTE FUNCTION private.unqueue_recordings();

-- Name: contract_rules audit_contract_rules; Type: TRIGGER; Schema: public

CREATE TRIGGER audit_contract_rules AFTER INSERT OR DELETE OR UPDATE ON public.contract_rules FOR EACH ROW EXECUTE FUNCTION private.write_audit_log();

-- Name: legal_holds audit_legal_holds; Type: TRIGGER; Schema: public

CREATE TRIGGER audit_legal_holds AFTER INSERT OR UPDATE ON public.legal_holds FOR EACH ROW EXECUTE FUNCTION private.write_audit_log();

-- Name: audit_logs audit_logs_keep; Type: TRIGGER; Schema: public

CREATE TRIGGER audit_logs_keep BEFORE DELETE OR UPDATE ON public.audit_logs FOR EACH ROW EXECUTE FUNCTION private.keep_audit_log();

-- Name: audit_logs audit_logs_keep_all; Type: TRIGGER; Schema: public

CREATE TRIGGER audit_logs_keep_all BEFORE TRUNCATE ON public.audit_logs FOR EACH STATEMENT EXECUTE FUNCTION private.keep_audit_log();

-- Name: audit_logs audit_logs_queue; Type: TRIGGER; Schema: public

CREATE TRIGGER audit_logs_queue AFTER INSERT ON public.audit_logs FOR EACH ROW EXECUTE FUNCTION private.queue_audit_line();

-- Name: audit_logs audit_logs_salt; Type: TRIGGER; Schema: public

CREATE TRIGGER audit_logs_salt BEFORE INSERT ON public.audit_logs FOR EACH ROW EXECUTE FUNCTION private.salt_audit_line();

-- Name: audit_logs audit_logs_seal; Type: TRIGGER; Schema: public

CREATE CONSTRAINT TRIGGER audit_logs_seal AFTER INSERT ON public.audit_logs DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION private.seal_at_commit();

-- Name: meditation_memories audit_meditation_memories; Type: TRIGGER; Schema: public

CREATE TRIGGER audit_meditation_memories AFTER INSERT OR DELETE OR UPDATE ON public.meditation_memories FOR EACH ROW EXECUTE FUNCTION private.write_audit_log();

-- Name: practitioner_banking audit_practitioner_banking; Type: TRIGGER; Schema: public

CREATE TRIGGER audit_practitioner_banking AFTER INSERT OR DELETE OR UPDATE ON public.practitioner_banking FOR EACH ROW EXECUTE FUNCTION private.write_audit_log();

-- Name: practitioner_contracts audit_practitioner_contracts; Type: TRIGGER; Schema: public

CREATE TRIGGER audit_practitioner_contracts AFTER INSERT OR DELETE OR UPDATE ON public.practitioner_contracts FOR EACH ROW EXECUTE FUNCTION private.write_audit_log();

-- Name: recording_rules audit_recording_rules; Type: TRIGGER; Schema: public

CREATE TRIGGER audit_recording_rules AFTER INSERT OR DELETE OR UPDATE ON public.recording_rules FOR EACH ROW EXECUTE FUNCTION private.write_audit_log();

-- Name: session_attendance audit_session_attendance; Type: TRIGGER; Schema: public

CREATE TRIGGER audit_session_attendance AFTER INSERT OR UPDATE ON public.session_attendance FOR EACH ROW WHEN ((new.source = 'manual'::text)) EXECUTE FUNCTION private.write_audit_log();

-- Name: session_notes audit_session_notes; Type: TRIGGER; Schema: public

CREATE TRIGGER audit_session_notes AFTER INSERT OR DELETE OR UPDATE ON public.session_notes FOR EACH ROW EXECUTE FUNCTION private.write_audit_log();

-- Name: session_payments audit_session_payments; Type: TRIGGER; Schema: public

CREATE TRIGGER audit_session_payments AFTER INSERT OR DELETE OR UPDATE ON public.session_payments FOR EACH ROW EXECUTE FUNCTION private.write_audit_log();

-- Name: session_rules audit_session_rules; Type: TRIGGER; Schema: public

CREATE TRIGGER audit_session_rules AFTER UPDATE ON public.session_rules FOR EACH ROW EXECUTE FUNCTION private.write_audit_log();

-- Name: session_schedules audit_session_schedules; Type: TRIGGER; Schema: public

CREATE TRIGGER audit_session_schedules AFTER INSERT OR DELETE OR UPDATE ON public.session_schedules FOR EACH ROW EXECUTE FUNCTION private.write_audit_log();

-- Name: user_roles audit_user_roles; Type: TRIGGER; Schema: public

CREATE TRIGGER audit_user_roles AFTER INSERT OR DELETE OR UPDATE ON public.user_roles FOR EACH ROW EXECUTE FUNCTION private.write_audit_log();

-- Name: banking_accesses banking_accesses_keep; Type: TRIGGER; Schema: public

CREATE TRIGGER banking_accesses_keep BEFORE DELETE OR UPDATE ON public.banking_accesses FOR EACH ROW EXECUTE FUNCTION private.keep_banking_accesses();

-- Name: banking_accesses banking_accesses_keep_all; Type: TRIGGER; Schema: public

CREATE TRIGGER banking_accesses_keep_all BEFORE TRUNCATE ON public.banking_accesses FOR EACH STATEMENT EXECUTE FUNCTION private.keep_banking_accesses();

-- Name: contract_events contract_events_keep; Type: TRIGGER; Schema: public

CREATE TRIGGER contract_events_keep BEFORE DELETE OR UPDATE ON public.contract_events FOR EACH ROW EXECUTE FUNCTION private.keep_contract_event();

-- Name: contract_events contract_events_keep_all; Type: TRIGGER; Schema: public

CREATE TRIGGER contract_events_keep_all BEFORE TRUNCATE ON public.contract_events FOR EACH STATEMENT EXECUTE FUNCTION private.keep_contract_event();

-- Name: contract_signatures contract_signatures_keep; Type: TRIGGER; Schema: public

CREATE TRIGGER contract_signatures_keep BEFORE DELETE OR UPDATE ON public.contract_signatures FOR EACH ROW EXECUTE FUNCTION private.keep_contract_signature();

-- Name: contract_signatures contract_signatures_keep_all; Type: TRIGGER; Schema: public

CREATE TRIGGER contract_signatures_keep_all BEFORE TRUNCATE ON public.contract_signatures FOR EACH STATEMENT EXECUTE FUNCTION private.keep_contract_signature();

-- Name: contract_signatures contract_signatures_seal; Type: TRIGGER; Schema: public

CREATE TRIGGER contract_signatures_seal BEFORE INSERT ON public.contract_signatures FOR EACH ROW EXECUTE FUNCTION private.seal_contract_signature();

-- Name: contract_signatures contract_signatures_sign; Type: TRIGGER; Schema: public

CREATE TRIGGER contract_signatures_sign AFTER INSERT ON public.contract_signatures FOR EACH ROW EXECUTE FUNCTION private.sign_by_evidence();

-- Name: credit_ledger credit_ledger_keep; Type: TRIGGER; Schema: public

CREATE TRIGGER credit_ledger_keep BEFORE DELETE OR UPDATE ON public.credit_ledger FOR EACH ROW EXECUTE FUNCTION private.keep_ledger();

-- Name: credit_ledger credit_ledger_keep_all; Type: TRIGGER; Schema: public

CREATE TRIGGER credit_ledger_keep_all BEFORE TRUNCATE ON public.credit_ledger FOR EACH STATEMENT EXECUTE FUNCTION private.keep_ledger();

-- Name: credit_ledger credit_ledger_name_the_order; Type: TRIGGER; Schema: public

CREATE TRIGGER credit_ledger_name_the_order AFTER INSERT ON public.credit_ledger FOR EACH ROW WHEN ((new.kind = 'return'::text)) EXECUTE FUNCTION private.name_the_order();

-- Name: credit_ledger credit_ledger_post; Type: TRIGGER; Schema: public

CREATE TRIGGER credit_ledger_post AFTER INSERT ON public.credit_ledger FOR EACH ROW EXECUTE FUNCTION private.post_ledger_line();

-- Name: user_consents deleting_consent_stops_recordings; Type: TRIGGER; Schema: public

CREATE TRIGGER deleting_consent_stops_recordings AFTER DELETE ON public.user_consents FOR EACH ROW WHEN (((old.consent_type = 'session_recording'::text) AND old.consented AND (old.revoked_at IS NULL))) EXECUTE FUNCTION private.stop_recordings_without_consent();

-- Name: session_schedules ending_a_session_stops_its_recording; Type: TRIGGER; Schema: public

CREATE TRIGGER ending_a_session_stops_its_recording AFTER UPDATE OF status ON public.session_schedules FOR EACH ROW WHEN (((new.status = ANY (ARRAY['cancelled'::text, 'completed'::text])) AND (old.status IS DISTINCT FROM new.status))) EXECUTE FUNCTION private.stop_recording_of_ended_session();

-- Name: cancellation_policy keep_active; Type: TRIGGER; Schema: public

CREATE TRIGGER keep_active BEFORE DELETE ON public.cancellation_policy FOR EACH ROW WHEN (old.is_active) EXECUTE FUNCTION private.keep_active_policy();

-- Name: waiver_policy keep_active; Type: TRIGGER; Schema: public

CREATE TRIGGER keep_active BEFORE DELETE ON public.waiver_policy FOR EACH ROW WHEN (old.is_active) EXECUTE FUNCTION private.keep_active_policy();

-- Name: cancellation_policy keep_one_active; Type: TRIGGER; Schema: public

CREATE TRIGGER keep_one_active BEFORE INSERT OR UPDATE ON public.cancellation_policy FOR EACH ROW EXECUTE FUNCTION private.keep_one_active();

-- Name: waiver_policy keep_one_active; Type: TRIGGER; Schema: public

CREATE TRIGGER keep_one_active BEFORE INSERT OR UPDATE ON public.waiver_policy FOR EACH ROW EXECUTE FUNCTION private.keep_one_active();

-- Name: ledger_postings ledger_postings_balance; Type: TRIGGER; Schema: public

CREATE CONSTRAINT TRIGGER ledger_postings_balance AFTER INSERT ON public.ledger_postings DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION private.balance_transaction();

-- Name: ledger_postings ledger_postings_keep; Type: TRIGGER; Schema: public

CREATE TRIGGER ledger_postings_keep BEFORE DELETE OR UPDATE ON public.ledger_postings FOR EACH ROW EXECUTE FUNCTION private.keep_ledger();

-- Name: ledger_postings ledger_postings_keep_all; Type: TRIGGER; Schema: public

CREATE TRIGGER ledger_postings_keep_all BEFORE TRUNCATE ON public.ledger_postings FOR EACH STATEMENT EXECUTE FUNCTION private.keep_ledger();

-- Name: ledger_transactions ledger_transactions_balance; Type: TRIGGER; Schema: public

CREATE CONSTRAINT TRIGGER ledger_transactions_balance AFTER INSERT ON public.ledger_transactions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION private.balance_transaction();

-- Name: ledger_transactions ledger_transactions_keep; Type: TRIGGER; Schema: public

CREATE TRIGGER ledger_transactions_keep BEFORE DELETE OR UPDATE ON public.ledger_transactions FOR EACH ROW EXECUTE FUNCTION private.keep_ledger();

-- Name: ledger_transactions ledger_transactions_keep_all; Type: TRIGGER; Schema: public

CREATE TRIGGER ledger_transactions_keep_all BEFORE TRUNCATE ON public.ledger_transactions FOR EACH STATEMENT EXECUTE FUNCTION private.keep_ledger();

-- Name: legal_holds legal_holds_date; Type: TRIGGER; Schema: public

CREATE TRIGGER legal_holds_date BEFORE UPDATE ON public.legal_holds FOR EACH ROW WHEN ((new.released_at IS NOT NULL)) EXECUTE FUNCTION private.date_hold();

-- Name: liability_waivers liability_waivers_70_tell; Type: TRIGGER; Schema: public

CREATE TRIGGER liability_waivers_70_tell AFTER INSERT ON public.liability_waivers FOR EACH ROW EXECUTE FUNCTION private.tell_of_waiver();

-- Name: liability_waivers liability_waivers_keep; Type: TRIGGER; Schema: public

CREATE TRIGGER liability_waivers_keep BEFORE DELETE OR UPDATE ON public.liability_waivers FOR EACH ROW EXECUTE FUNCTION private.keep_waiver();

-- Name: liability_waivers liability_waivers_keep_all; Type: TRIGGER; Schema: public

CREATE TRIGGER liability_waivers_keep_all BEFORE TRUNCATE ON public.liability_waivers FOR EACH STATEMENT EXECUTE FUNCTION private.keep_waiver();

-- Name: liability_waivers liability_waivers_seal; Type: TRIGGER; Schema: public

CREATE TRIGGER liability_waivers_seal BEFORE INSERT ON public.liability_waivers FOR EACH ROW EXECUTE FUNCTION private.seal_waiver();

-- Name: payout_lines payout_lines_add_up; Type: TRIGGER; Schema: public

CREATE TRIGGER payout_lines_add_up AFTER INSERT ON public.payout_lines REFERENCING NEW TABLE AS new_lines FOR EACH STATEMENT EXECUTE FUNCTION private.add_up_payouts_of_lines();

-- Name: payout_lines payout_lines_add_up_released; Type: TRIGGER; Schema: public

CREATE TRIGGER payout_lines_add_up_released AFTER UPDATE ON public.payout_lines REFERENCING NEW TABLE AS new_lines FOR EACH STATEMENT EXECUTE FUNCTION private.add_up_payouts_of_lines();

-- Name: payout_lines payout_lines_keep; Type: TRIGGER; Schema: public

CREATE TRIGGER payout_lines_keep BEFORE DELETE OR UPDATE ON public.payout_lines FOR EACH ROW EXECUTE FUNCTION private.keep_payout();

-- Name: payout_lines payout_lines_keep_all; Type: TRIGGER; Schema: public

CREATE TRIGGER payout_lines_keep_all BEFORE TRUNCATE ON public.payout_lines FOR EACH STATEMENT EXECUTE FUNCTION private.keep_payout();

-- Name: payouts payouts_70_tell; Type: TRIGGER; Schema: public

CREATE TRIGGER payouts_70_tell AFTER UPDATE OF status ON public.payouts FOR EACH ROW WHEN (((new.status = 'paid'::text) AND (old.status <> 'paid'::text))) EXECUTE FUNCTION private.tell_of_payout();

-- Name: payouts payouts_add_up; Type: TRIGGER; Schema: public

CREATE CONSTRAINT TRIGGER payouts_add_up AFTER INSERT OR UPDATE ON public.payouts DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION private.add_up_payout();

-- Name: payouts payouts_keep; Type: TRIGGER; Schema: public

CREATE TRIGGER payouts_keep BEFORE DELETE OR UPDATE ON public.payouts FOR EACH ROW EXECUTE FUNCTION private.keep_payout();

-- Name: payouts payouts_keep_all; Type: TRIGGER; Schema: public

CREATE TRIGGER payouts_keep_all BEFORE TRUNCATE ON public.payouts FOR EACH STATEMENT EXECUTE FUNCTION private.keep_payout();

-- Name: practitioner_banking practitioner_banking_verify; Type: TRIGGER; Schema: public

CREATE TRIGGER practitioner_banking_verify BEFORE INSERT OR UPDATE ON public.practitioner_banking FOR EACH ROW EXECUTE FUNCTION private.verify_banking();

-- Name: practitioner_contracts practitioner_contracts_guard; Type: TRIGGER; Schema: public

CREATE TRIGGER practitioner_contracts_guard BEFORE INSERT OR DELETE OR UPDATE ON public.practitioner_contracts FOR EACH ROW EXECUTE FUNCTION private.guard_practitioner_contracts();

-- Name: practitioner_contracts practitioner_contracts_note_offer; Type: TRIGGER; Schema: public

CREATE TRIGGER practitioner_contracts_note_offer AFTER INSERT ON public.practitioner_contracts FOR EACH ROW EXECUTE FUNCTION private.note_contract();

-- Name: practitioner_contracts practitioner_contracts_note_state; Type: TRIGGER; Schema: public

CREATE TRIGGER practitioner_contracts_note_state AFTER UPDATE OF status ON public.practitioner_contracts FOR EACH ROW WHEN ((new.status <> old.status)) EXECUTE FUNCTION private.note_contract();

-- Name: practitioner_contracts practitioner_contracts_record_signature; Type: TRIGGER; Schema: public

CREATE TRIGGER practitioner_contracts_record_signature AFTER UPDATE OF status ON public.practitioner_contracts FOR EACH ROW WHEN (((new.status = 'signed'::text) AND (old.status = 'pending'::text))) EXECUTE FUNCTION private.record_direct_signature();

-- Name: practitioner_time_off practitioner_time_off_take_time; Type: TRIGGER; Schema: public

CREATE TRIGGER practitioner_time_off_take_time AFTER INSERT OR UPDATE OF practitioner_id, starts_at, ends_at ON public.practitioner_time_off FOR EACH ROW EXECUTE FUNCTION private.take_time_off();

-- Name: practitioners practitioners_99_account_is_there; Type: TRIGGER; Schema: public

CREATE TRIGGER practitioners_99_account_is_there BEFORE INSERT OR UPDATE OF user_id ON public.practitioners FOR EACH ROW EXECUTE FUNCTION private.refuse_unknown_account('user_id');

-- Name: practitioners practitioners_give_calendar; Type: TRIGGER; Schema: public

CREATE TRIGGER practitioners_give_calendar AFTER INSERT ON public.practitioners FOR EACH ROW EXECUTE FUNCTION private.give_calendar();

-- Name: practitioners practitioners_keep; Type: TRIGGER; Schema: public

CREATE TRIGGER practitioners_keep BEFORE DELETE ON public.practitioners FOR EACH ROW WHEN (private.is_person()) EXECUTE FUNCTION private.keep_practitioner();

-- Name: session_cancellations session_cancellations_earn; Type: TRIGGER; Schema: public

CREATE TRIGGER session_cancellations_earn AFTER INSERT ON public.session_cancellations FOR EACH ROW EXECUTE FUNCTION private.earn_forfeited_session();

-- Name: session_holds session_holds_take_time; Type: TRIGGER; Schema: public

CREATE TRIGGER session_holds_take_time AFTER INSERT OR UPDATE OF status, expires_at ON public.session_holds FOR EACH ROW EXECUTE FUNCTION private.take_held_time();

-- Name: session_payments session_payments_10_lock_payouts; Type: TRIGGER; Schema: public

CREATE TRIGGER session_payments_10_lock_payouts BEFORE UPDATE OF paid_out_at ON public.session_payments FOR EACH STATEMENT EXECUTE FUNCTION private.lock_payouts_first();

-- Name: session_payments session_payments_20_guard_status; Type: TRIGGER; Schema: public

CREATE TRIGGER session_payments_20_guard_status BEFORE UPDATE OF status, paid_out_at ON public.session_payments FOR EACH ROW EXECUTE FUNCTION private.guard_payment_status();

-- Name: session_payments session_payments_30_follow_page; Type: TRIGGER; Schema: public

CREATE TRIGGER session_payments_30_follow_page AFTER UPDATE ON public.session_payments REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.follow_payments_page();

-- Name: session_payments session_payments_earn; Type: TRIGGER; Schema: public

CREATE TRIGGER session_payments_earn AFTER INSERT OR UPDATE OF status ON public.session_payments FOR EACH ROW WHEN (((new.checkout_id IS NULL) AND (new.credit_lot_id IS NULL))) EXECUTE FUNCTION private.earn_late_payment();

-- Name: session_recordings session_recordings_70_tell; Type: TRIGGER; Schema: public

CREATE TRIGGER session_recordings_70_tell AFTER UPDATE OF status ON public.session_recordings FOR EACH ROW WHEN (((new.status = 'completed'::text) AND (old.status <> 'completed'::text))) EXECUTE FUNCTION private.tell_of_recording();

-- Name: session_recordings session_recordings_70_tell_when_inserted; Type: TRIGGER; Schema: public

CREATE TRIGGER session_recordings_70_tell_when_inserted AFTER INSERT ON public.session_recordings FOR EACH ROW WHEN ((new.status = 'completed'::text)) EXECUTE FUNCTION private.tell_of_recording();

-- Name: session_recordings session_recordings_go_after_their_files; Type: TRIGGER; Schema: public

CREATE TRIGGER session_recordings_go_after_their_files BEFORE DELETE ON public.session_recordings FOR EACH ROW EXECUTE FUNCTION private.refuse_to_forget_files();

-- Name: session_recordings session_recordings_tell_of_failure; Type: TRIGGER; Schema: public

CREATE TRIGGER session_recordings_tell_of_failure AFTER UPDATE OF status ON public.session_recordings FOR EACH ROW WHEN (((new.status = 'failed'::text) AND (old.status <> 'failed'::text) AND (new.class_recording_id IS NULL) AND (new.failure_code <> 'stopped_before_start'::text))) EXECUTE FUNCTION private.tell_of_failed_recording();

-- Name: session_schedules session_schedules_00_lock; Type: TRIGGER; Schema: public

CREATE TRIGGER session_schedules_00_lock BEFORE UPDATE ON public.session_schedules FOR EACH STATEMENT WHEN (private.is_person()) EXECUTE FUNCTION private.lock_own_sessions();

-- Name: session_schedules session_schedules_10_cancel_class_instead; Type: TRIGGER; Schema: public

CREATE TRIGGER session_schedules_10_cancel_class_instead BEFORE DELETE ON public.session_schedules FOR EACH ROW WHEN (((old.max_participants > 1) AND (old.group_class_id IS NULL) AND private.is_person())) EXECUTE FUNCTION private.cancel_class_instead();

-- Name: session_schedules session_schedules_10_link_group_class; Type: TRIGGER; Schema: public

CREATE TRIGGER session_schedules_10_link_group_class BEFORE INSERT ON public.session_schedules FOR EACH ROW WHEN ((new.notes ~~ 'Joined group class:%'::text)) EXECUTE FUNCTION private.link_group_class();

-- Name: session_schedules session_schedules_15_keep_credit_lot; Type: TRIGGER; Schema: public

CREATE TRIGGER session_schedules_15_keep_credit_lot BEFORE UPDATE ON public.session_schedules FOR EACH ROW WHEN (((new.credit_lot_id IS NOT NULL) AND (new.credit_lot_id IS DISTINCT FROM old.credit_lot_id))) EXECUTE FUNCTION private.keep_credit_lot();

-- Name: session_schedules session_schedules_20_guard; Type: TRIGGER; Schema: public

CREATE TRIGGER session_schedules_20_guard BEFORE INSERT OR UPDATE ON public.session_schedules FOR EACH ROW EXECUTE FUNCTION private.guard_session_schedules();

-- Name: session_schedules session_schedules_20_settle; Type: TRIGGER; Schema: public

CREATE TRIGGER session_schedules_20_settle BEFORE DELETE ON public.session_schedules FOR EACH ROW WHEN (((old.status = 'scheduled'::text) AND (old.scheduled_at > now()) AND ((old.max_participants = 1) OR (old.group_class_id IS NOT NULL)))) EXECUTE FUNCTION private.settle_deleted_session();

-- Name: session_schedules session_schedules_25_status_moves_forward; Type: TRIGGER; Schema: public

CREATE TRIGGER session_schedules_25_status_moves_forward BEFORE UPDATE OF status ON public.session_schedules FOR EACH ROW WHEN (((old.status <> new.status) AND ((((((old.status <> 'scheduled'::text) OR (new.status <> 'in_progress'::text)) AND ((old.status <> 'scheduled'::text) OR (new.status <> 'completed'::text))) AND ((old.status <> 'scheduled'::text) OR (new.status <> 'cancelled'::text))) AND ((old.status <> 'in_progress'::text) OR (new.status <> 'completed'::text))) AND ((old.status <> 'in_progress'::text) OR (new.status <> 'cancelled'::text))))) EXECUTE FUNCTION private.refuse_backward_status();

-- Name: session_schedules session_schedules_30_date_cancellation; Type: TRIGGER; Schema: public

CREATE TRIGGER session_schedules_30_date_cancellation BEFORE UPDATE ON public.session_schedules FOR EACH ROW WHEN (((new.status = 'cancelled'::text) AND (old.status <> 'cancelled'::text))) EXECUTE FUNCTION private.date_cancellation();

-- Name: session_schedules session_schedules_30_date_move; Type: TRIGGER; Schema: public

CREATE TRIGGER session_schedules_30_date_move BEFORE UPDATE OF status ON public.session_schedules FOR EACH ROW WHEN (((new.status = ANY (ARRAY['in_progress'::text, 'completed'::text])) AND (old.status <> new.status))) EXECUTE FUNCTION private.date_move();

-- Name: session_schedules session_schedules_35_agree_to_cancel; Type: TRIGGER; Schema: public

CREATE TRIGGER session_schedules_35_agree_to_cancel BEFORE UPDATE OF status ON public.session_schedules FOR EACH ROW WHEN (((new.status = 'cancelled'::text) AND (old.status <> 'cancelled'::text))) EXECUTE FUNCTION private.agree_to_cancel();

-- Name: session_schedules session_schedules_35_agree_to_move; Type: TRIGGER; Schema: public

CREATE TRIGGER session_schedules_35_agree_to_move BEFORE UPDATE OF scheduled_at ON public.session_schedules FOR EACH ROW WHEN ((new.scheduled_at <> old.scheduled_at)) EXECUTE FUNCTION private.agree_to_move();

-- Name: session_schedules session_schedules_40_keep_wall_time; Type: TRIGGER; Schema: public

CREATE TRIGGER session_schedules_40_keep_wall_time BEFORE INSERT OR UPDATE OF scheduled_at, practitioner_id, time_zone, local_start ON public.session_schedules FOR EACH ROW EXECUTE FUNCTION private.keep_wall_time();

-- Name: session_schedules session_schedules_44_raise_calendar_sequence; Type: TRIGGER; Schema: public

CREATE TRIGGER session_schedules_44_raise_calendar_sequence BEFORE UPDATE ON public.session_schedules FOR EACH ROW WHEN ((((((((new.scheduled_at IS DISTINCT FROM old.scheduled_at) OR (new.duration_minutes IS DISTINCT FROM old.duration_minutes)) OR (new.practitioner_id IS DISTINCT FROM old.practitioner_id)) OR (new.session_location IS DISTINCT FROM old.session_location)) OR (new.physical_location IS DISTINCT FROM old.physical_location)) OR (new.class_name IS DISTINCT FROM old.class_name)) OR ((new.status = 'cancelled'::text) IS DISTINCT FROM (old.status = 'cancelled'::text)))) EXECUTE FUNCTION private.raise_calendar_sequence();

-- Name: session_schedules session_schedules_45_count_participants; Type: TRIGGER; Schema: public

CREATE TRIGGER session_schedules_45_count_participants BEFORE INSERT OR UPDATE ON public.session_schedules FOR EACH ROW WHEN (((new.group_class_id IS NULL) AND (new.max_participants > 1))) EXECUTE FUNCTION private.count_participants();

-- Name: session_schedules session_schedules_45_keep_class; Type: TRIGGER; Schema: public

CREATE TRIGGER session_schedules_45_keep_class BEFORE UPDATE OF max_participants ON public.session_schedules FOR EACH ROW WHEN (((new.group_class_id IS NULL) AND (new.max_participants = 1) AND (old.max_participants > 1))) EXECUTE FUNCTION private.count_participants();

-- Name: session_schedules session_schedules_45_settle; Type: TRIGGER; Schema: public

CREATE TRIGGER session_schedules_45_settle AFTER UPDATE OF status ON public.session_schedules FOR EACH ROW WHEN (((new.status = 'cancelled'::text) AND (old.status <> 'cancelled'::text))) EXECUTE FUNCTION private.settle_cancelled_session();

-- Name: session_schedules session_schedules_47_earn; Type: TRIGGER; Schema: public

CREATE TRIGGER session_schedules_47_earn AFTER UPDATE ON public.session_schedules REFERENCING OLD TABLE AS undone NEW TABLE AS done FOR EACH STATEMENT EXECUTE FUNCTION private.earn_completed_sessions();

-- Name: session_schedules session_schedules_50_take_other_time; Type: TRIGGER; Schema: public

CREATE TRIGGER session_schedules_50_take_other_time AFTER UPDATE OF status, scheduled_at, duration_minutes, practitioner_id, session_location, max_participants, group_class_id ON public.session_schedules FOR EACH ROW WHEN (((private.takes_time(old.*) <> private.takes_time(new.*)) OR ((old.scheduled_at <> new.scheduled_at) OR (old.duration_minutes <> new.duration_minutes) OR (old.practitioner_id <> new.practitioner_id) OR (old.session_location <> new.session_location) OR ((old.max_participants > 1) <> (new.max_participants > 1))))) EXECUTE FUNCTION private.take_session_time();

-- Name: session_schedules session_schedules_50_take_time; Type: TRIGGER; Schema: public

CREATE TRIGGER session_schedules_50_take_time AFTER INSERT ON public.session_schedules FOR EACH ROW WHEN ((new.group_class_id IS NULL)) EXECUTE FUNCTION private.take_session_time();

-- Name: session_schedules session_schedules_55_move_seats; Type: TRIGGER; Schema: public

CREATE TRIGGER session_schedules_55_move_seats AFTER UPDATE ON public.session_schedules FOR EACH ROW WHEN (((new.max_participants > 1) AND (new.group_class_id IS NULL) AND (((((((new.practitioner_id IS DISTINCT FROM old.practitioner_id) OR (new.scheduled_at IS DISTINCT FROM old.scheduled_at)) OR (new.duration_minutes IS DISTINCT FROM old.duration_minutes)) OR (new.session_location IS DISTINCT FROM old.session_location)) OR (new.physical_location IS DISTINCT FROM old.physical_location)) OR (new.class_name IS DISTINCT FROM old.class_name)) OR (new.max_participants IS DISTINCT FROM old.max_participants)))) EXECUTE FUNCTION private.move_seats();

-- Name: session_schedules session_schedules_60_spend_credit; Type: TRIGGER; Schema: public

CREATE TRIGGER session_schedules_60_spend_credit AFTER INSERT ON public.session_schedules FOR EACH ROW WHEN ((new.credit_lot_id IS NOT NULL)) EXECUTE FUNCTION private.spend_credit();

-- Name: session_schedules session_schedules_65_count_left_seat; Type: TRIGGER; Schema: public

CREATE TRIGGER session_schedules_65_count_left_seat AFTER UPDATE OF status ON public.session_schedules FOR EACH ROW WHEN (((new.group_class_id IS NOT NULL) AND (new.status = 'cancelled'::text) AND (old.status <> 'cancelled'::text))) EXECUTE FUNCTION private.recount_class();

-- Name: session_schedules session_schedules_65_count_lost_seat; Type: TRIGGER; Schema: public

CREATE TRIGGER session_schedules_65_count_lost_seat AFTER DELETE ON public.session_schedules FOR EACH ROW WHEN ((old.group_class_id IS NOT NULL)) EXECUTE FUNCTION private.recount_class();

-- Name: session_schedules session_schedules_65_count_new_seat; Type: TRIGGER; Schema: public

CREATE TRIGGER session_schedules_65_count_new_seat AFTER INSERT ON public.session_schedules FOR EACH ROW WHEN ((new.group_class_id IS NOT NULL)) EXECUTE FUNCTION private.recount_class();

-- Name: session_schedules session_schedules_65_move_seats_along; Type: TRIGGER; Schema: public

CREATE TRIGGER session_schedules_65_move_seats_along AFTER UPDATE OF status ON public.session_schedules FOR EACH ROW WHEN (((new.max_participants > 1) AND (new.group_class_id IS NULL) AND (new.status = ANY (ARRAY['in_progress'::text, 'completed'::text])) AND (old.status <> new.status))) EXECUTE FUNCTION private.move_seats_along();

-- Name: session_schedules session_schedules_70_tell_of_booking; Type: TRIGGER; Schema: public

CREATE TRIGGER session_schedules_70_tell_of_booking AFTER INSERT ON public.session_schedules FOR EACH ROW WHEN (((new.max_participants = 1) OR (new.group_class_id IS NOT NULL))) EXECUTE FUNCTION private.tell_of_booking();

-- Name: session_schedules session_schedules_70_tell_of_completion; Type: TRIGGER; Schema: public

CREATE TRIGGER session_schedules_70_tell_of_completion AFTER UPDATE OF status ON public.session_schedules FOR EACH ROW WHEN (((new.status = 'completed'::text) AND (old.status <> 'completed'::text) AND ((new.max_participants = 1) OR (new.group_class_id IS NOT NULL)) AND (new.scheduled_at > (now() - '2 days'::interval)))) EXECUTE FUNCTION private.tell_of_completion();

-- Name: session_schedules session_schedules_70_tell_of_move; Type: TRIGGER; Schema: public

CREATE TRIGGER session_schedules_70_tell_of_move AFTER UPDATE OF scheduled_at ON public.session_schedules FOR EACH ROW WHEN ((new.scheduled_at <> old.scheduled_at)) EXECUTE FUNCTION private.tell_of_move();

-- Name: session_schedules session_schedules_75_forget_attendance; Type: TRIGGER; Schema: public

CREATE TRIGGER session_schedules_75_forget_attendance AFTER UPDATE OF scheduled_at ON public.session_schedules FOR EACH ROW WHEN (((new.scheduled_at <> old.scheduled_at) AND (new.status = 'scheduled'::text))) EXECUTE FUNCTION private.forget_attendance();

-- Name: session_schedules session_schedules_99_client_is_there; Type: TRIGGER; Schema: public

CREATE TRIGGER session_schedules_99_client_is_there BEFORE INSERT OR UPDATE OF client_id ON public.session_schedules FOR EACH ROW EXECUTE FUNCTION private.refuse_unknown_account('client_id');

-- Name: access_grants update_access_grants_updated_at; Type: TRIGGER; Schema: public

CREATE TRIGGER update_access_grants_updated_at BEFORE UPDATE ON public.access_grants FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

-- Name: action_checklist update_action_checklist_updated_at; Type: TRIGGER; Schema: public

CREATE TRIGGER update_action_checklist_updated_at BEFORE UPDATE ON public.action_checklist FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

-- Name: action_recommendations update_action_recommendations_updated_at; Type: TRIGGER; Schema: public

CREATE TRIGGER update_action_recommendations_updated_at BEFORE UPDATE ON public.action_recommendations FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

-- Name: action_templates update_action_templates_updated_at; Type: TRIGGER; Schema: public

CREATE TRIGGER update_action_templates_updated_at BEFORE UPDATE ON public.action_templates FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

-- Name: cancellation_policy update_cancellation_policy_updated_at; Type: TRIGGER; Schema: public

CREATE TRIGGER update_cancellation_policy_updated_at BEFORE UPDATE ON public.cancellation_policy FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

-- Name: checkout_sessions update_checkout_sessions_updated_at; Type: TRIGGER; Schema: public

CREATE TRIGGER update_checkout_sessions_updated_at BEFORE UPDATE ON public.checkout_sessions FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

-- Name: contract_rules update_contract_rules_updated_at; Type: TRIGGER; Schema: public

CREATE TRIGGER update_contract_rules_updated_at BEFORE UPDATE ON public.contract_rules FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

-- Name: data_retention_policies update_data_retention_policies_updated_at; Type: TRIGGER; Schema: public

CREATE TRIGGER update_data_retention_policies_updated_at BEFORE UPDATE ON public.data_retention_policies FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

-- Name: journal_entries update_journal_entries_updated_at; Type: TRIGGER; Schema: public

CREATE TRIGGER update_journal_entries_updated_at BEFORE UPDATE ON public.journal_entries FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

-- Name: notification_preferences update_notification_preferences_updated_at; Type: TRIGGER; Schema: public

CREATE TRIGGER update_notification_preferences_updated_at BEFORE UPDATE ON public.notification_preferences FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

-- Name: practitioner_banking update_practitioner_banking_updated_at; Type: TRIGGER; Schema: public

CREATE TRIGGER update_practitioner_banking_updated_at BEFORE UPDATE ON public.practitioner_banking FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

-- Name: practitioner_calendars update_practitioner_calendars_updated_at; Type: TRIGGER; Schema: public

CREATE TRIGGER update_practitioner_calendars_updated_at BEFORE UPDATE ON public.practitioner_calendars FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

-- Name: practitioner_contracts update_practitioner_contracts_updated_at; Type: TRIGGER; Schema: public

CREATE TRIGGER update_practitioner_contracts_updated_at BEFORE UPDATE ON public.practitioner_contracts FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

-- Name: practitioners update_practitioners_updated_at; Type: TRIGGER; Schema: public

CREATE TRIGGER update_practitioners_updated_at BEFORE UPDATE ON public.practitioners FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

-- Name: products update_products_updated_at; Type: TRIGGER; Schema: public

CREATE TRIGGER update_products_updated_at BEFORE UPDATE ON public.products FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

-- Name: profiles update_profiles_updated_at; Type: TRIGGER; Schema: public

CREATE TRIGGER update_profiles_updated_at BEFORE UPDATE ON public.profiles FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

-- Name: recording_rules update_recording_rules_updated_at; Type: TRIGGER; Schema: public

CREATE TRIGGER update_recording_rules_updated_at BEFORE UPDATE ON public.recording_rules FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

-- Name: session_attendance update_session_attendance_updated_at; Type: TRIGGER; Schema: public

CREATE TRIGGER update_session_attendance_updated_at BEFORE UPDATE ON public.session_attendance FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

-- Name: session_notes update_session_notes_updated_at; Type: TRIGGER; Schema: public

CREATE TRIGGER update_session_notes_updated_at BEFORE UPDATE ON public.session_notes FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

-- Name: session_packages update_session_packages_updated_at; Type: TRIGGER; Schema: public

CREATE TRIGGER update_session_packages_updated_at BEFORE UPDATE ON public.session_packages FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

-- Name: session_payments update_session_payments_updated_at; Type: TRIGGER; Schema: public

CREATE TRIGGER update_session_payments_updated_at BEFORE UPDATE ON public.session_payments FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

-- Name: session_recordings update_session_recordings_updated_at; Type: TRIGGER; Schema: public

CREATE TRIGGER update_session_recordings_updated_at BEFORE UPDATE ON public.session_recordings FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

-- Name: session_rules update_session_rules_updated_at; Type: TRIGGER; Schema: public

CREATE TRIGGER update_session_rules_updated_at BEFORE UPDATE ON public.session_rules FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

-- Name: session_schedules update_session_schedules_updated_at; Type: TRIGGER; Schema: public

CREATE TRIGGER update_session_schedules_updated_at BEFORE UPDATE ON public.session_schedules FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

-- Name: session_types update_session_types_updated_at; Type: TRIGGER; Schema: public

CREATE TRIGGER update_session_types_updated_at BEFORE UPDATE ON public.session_types FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

-- Name: studio_locations update_studio_locations_updated_at; Type: TRIGGER; Schema: public

CREATE TRIGGER update_studio_locations_updated_at BEFORE UPDATE ON public.studio_locations FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

-- Name: user_consents update_user_consents_updated_at; Type: TRIGGER; Schema: public

CREATE TRIGGER update_user_consents_updated_at BEFORE UPDATE ON public.user_consents FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

-- Name: user_preferences update_user_preferences_updated_at; Type: TRIGGER; Schema: public

CREATE TRIGGER update_user_preferences_updated_at BEFORE UPDATE ON public.user_preferences FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

-- Name: user_session_credits update_user_session_credits_updated_at; Type: TRIGGER; Schema: public

CREATE TRIGGER update_user_session_credits_updated_at BEFORE UPDATE ON public.user_session_credits FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

-- Name: waiver_policy update_waiver_policy_updated_at; Type: TRIGGER; Schema: public

CREATE TRIGGER update_waiver_policy_updated_at BEFORE UPDATE ON public.waiver_policy FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

-- Name: user_consents user_consents_date; Type: TRIGGER; Schema: public

CREATE TRIGGER user_consents_date BEFORE INSERT OR UPDATE ON public.user_consents FOR EACH ROW EXECUTE FUNCTION private.date_consent();

-- Name: user_consents user_consents_keep_history; Type: TRIGGER; Schema: public

CREATE TRIGGER user_consents_keep_history AFTER INSERT OR DELETE OR UPDATE ON public.user_consents FOR EACH ROW EXECUTE FUNCTION private.keep_consent_history();

-- Name: user_session_credits user_session_credits_99_account_is_there; Type: TRIGGER; Schema: public

CREATE TRIGGER user_session_credits_99_account_is_there BEFORE INSERT OR UPDATE OF user_id ON public.user_session_credits FOR EACH ROW EXECUTE FUNCTION private.refuse_unknown_account('user_id');

-- Name: user_session_credits user_session_credits_hold_to_ledger; Type: TRIGGER; Schema: public

CREATE TRIGGER user_session_credits_hold_to_ledger BEFORE UPDATE ON public.user_session_credits FOR EACH ROW WHEN (((new.credits_remaining <> old.credits_remaining) OR (new.id <> old.id) OR (new.user_id <> old.user_id))) EXECUTE FUNCTION private.hold_credits_to_ledger();

-- Name: user_session_credits user_session_credits_open; Type: TRIGGER; Schema: public

CREATE TRIGGER user_session_credits_open AFTER INSERT ON public.user_session_credits FOR EACH ROW WHEN ((new.credits_remaining > 0)) EXECUTE FUNCTION private.open_credit_lot();

-- Name: user_consents withdrawing_consent_erases_recordings; Type: TRIGGER; Schema: public

CREATE TRIGGER withdrawing_consent_erases_recordings AFTER UPDATE ON public.user_consents FOR EACH ROW WHEN (((old.consent_type = 'session_recording'::text) AND old.consented AND (old.revoked_at IS NULL) AND ((NOT new.consented) OR (new.revoked_at IS NOT NULL)))) EXECUTE FUNCTION private.queue_withdrawn_recordings();

-- Name: user_consents withdrawing_consent_stops_recordings; Type: TRIGGER; Schema: public

CREATE TRIGGER withdrawing_consent_stops_recordings AFTER UPDATE ON public.user_consents FOR EACH ROW WHEN (((old.consent_type = 'session_recording'::text) AND old.consented AND (old.revoked_at IS NULL) AND ((NOT new.consented) OR (new.revoked_at IS NOT NULL)))) EXECUTE FUNCTION private.stop_recordings_without_consent();

-- Name: user_consents withdrawn_consent_deleted_erases_recordings; Type: TRIGGER; Schema: public

CREATE TRIGGER withdrawn_consent_deleted_erases_recordings AFTER DELETE ON public.user_consents FOR EACH ROW WHEN (((old.consent_type = 'session_recording'::text) AND old.consented AND (old.revoked_at IS NULL))) EXECUTE FUNCTION private.queue_withdrawn_recordings();

-- Name: agora_uids agora_uids_user_id_fkey; Type: FK CONSTRAINT; Schema: private

ALTER TABLE ONLY private.agora_uids
    ADD CONSTRAINT agora_uids_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- Name: bank_numbers bank_numbers_practitioner_id_fkey; Type: FK CONSTRAINT; Schema: private

ALTER TABLE ONLY private.bank_numbers
    ADD CONSTRAINT bank_numbers_practitioner_id_fkey FOREIGN KEY (practitioner_id) REFERENCES public.practitioner_banking(practitioner_id) ON DELETE CASCADE;

-- Name: channel_admissions channel_admissions_session_id_fkey; Type: FK CONSTRAINT; Schema: private

ALTER TABLE ONLY private.channel_admissions
    ADD CONSTRAINT channel_admissions_session_id_fkey FOREIGN KEY (session_id) REFERENCES public.session_schedules(id) ON DELETE CASCADE;

-- Name: channel_admissions channel_admissions_user_id_fkey; Type: FK CONSTRAINT; Schema: private

ALTER TABLE ONLY private.channel_admissions
    ADD CONSTRAINT channel_admissions_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- Name: earned_seats earned_seats_revenue_share_id_fkey; Type: FK CONSTRAINT; Schema: private

ALTER TABLE ONLY private.earned_seats
    ADD CONSTRAINT earned_seats_revenue_share_id_fkey FOREIGN KEY (revenue_share_id) REFERENCES public.revenue_shares(id);

-- Name: erasure_queue erasure_queue_recording_id_fkey; Type: FK CONSTRAINT; Schema: private

ALTER TABLE ONLY private.erasure_queue
    ADD CONSTRAINT erasure_queue_recording_id_fkey FOREIGN KEY (recording_id) REFERENCES public.session_recordings(id) ON DELETE CASCADE;

-- Name: mails mails_of_kinds_that_are_mailed; Type: FK CONSTRAINT; Schema: private

ALTER TABLE ONLY private.mails
    ADD CONSTRAINT mails_of_kinds_that_are_mailed FOREIGN KEY (kind, audience) REFERENCES private.mail_kinds(kind, audience);

-- Name: mails mails_outbox_id_fkey; Type: FK CONSTRAINT; Schema: private

ALTER TABLE ONLY private.mails
    ADD CONSTRAINT mails_outbox_id_fkey FOREIGN KEY (outbox_id) REFERENCES private.outbox(id) ON DELETE CASCADE;

-- Name: mails mails_user_id_fkey; Type: FK CONSTRAINT; Schema: private

ALTER TABLE ONLY private.mails
    ADD CONSTRAINT mails_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- Name: payment_disputes payment_disputes_checkout_id_fkey; Type: FK CONSTRAINT; Schema: private

ALTER TABLE ONLY private.payment_disputes
    ADD CONSTRAINT payment_disputes_checkout_id_fkey FOREIGN KEY (checkout_id) REFERENCES public.checkout_sessions(id);

-- Name: payment_refunds payment_refunds_checkout_id_fkey; Type: FK CONSTRAINT; Schema: private

ALTER TABLE ONLY private.payment_refunds
    ADD CONSTRAINT payment_refunds_checkout_id_fkey FOREIGN KEY (checkout_id) REFERENCES public.checkout_sessions(id);

-- Name: practitioner_time practitioner_time_hold_id_fkey; Type: FK CONSTRAINT; Schema: private

ALTER TABLE ONLY private.practitioner_time
    ADD CONSTRAINT practitioner_time_hold_id_fkey FOREIGN KEY (hold_id) REFERENCES public.session_holds(id) ON DELETE CASCADE;

-- Name: practitioner_time practitioner_time_practitioner_id_fkey; Type: FK CONSTRAINT; Schema: private

ALTER TABLE ONLY private.practitioner_time
    ADD CONSTRAINT practitioner_time_practitioner_id_fkey FOREIGN KEY (practitioner_id) REFERENCES public.practitioners(id) ON DELETE CASCADE;

-- Name: practitioner_time practitioner_time_session_id_fkey; Type: FK CONSTRAINT; Schema: private

ALTER TABLE ONLY private.practitioner_time
    ADD CONSTRAINT practitioner_time_session_id_fkey FOREIGN KEY (session_id) REFERENCES public.session_schedules(id) ON DELETE CASCADE;

-- Name: practitioner_time practitioner_time_time_off_id_fkey; Type: FK CONSTRAINT; Schema: private

ALTER TABLE ONLY private.practitioner_time
    ADD CONSTRAINT practitioner_time_time_off_id_fkey FOREIGN KEY (time_off_id) REFERENCES public.practitioner_time_off(id) ON DELETE CASCADE;

-- Name: recording_files recording_files_recording_id_fkey; Type: FK CONSTRAINT; Schema: private

ALTER TABLE ONLY private.recording_files
    ADD CONSTRAINT recording_files_recording_id_fkey FOREIGN KEY (recording_id) REFERENCES public.session_recordings(id) ON DELETE CASCADE;

-- Name: recording_links recording_links_recording_id_fkey; Type: FK CONSTRAINT; Schema: private

ALTER TABLE ONLY private.recording_links
    ADD CONSTRAINT recording_links_recording_id_fkey FOREIGN KEY (recording_id) REFERENCES public.session_recordings(id) ON DELETE CASCADE;

-- Name: session_turns session_turns_session_id_fkey; Type: FK CONSTRAINT; Schema: private

ALTER TABLE ONLY private.session_turns
    ADD CONSTRAINT session_turns_session_id_fkey FOREIGN KEY (session_id) REFERENCES public.session_schedules(id) ON DELETE CASCADE;

-- Name: unsubscribe_links unsubscribe_links_user_id_fkey; Type: FK CONSTRAINT; Schema: private

ALTER TABLE ONLY private.unsubscribe_links
    ADD CONSTRAINT unsubscribe_links_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- Name: webhook_secrets webhook_secrets_endpoint_id_fkey; Type: FK CONSTRAINT; Schema: private

ALTER TABLE ONLY private.webhook_secrets
    ADD CONSTRAINT webhook_secrets_endpoint_id_fkey FOREIGN KEY (endpoint_id) REFERENCES public.webhook_endpoints(id) ON DELETE CASCADE;

-- Name: access_grants access_grants_grantee_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.access_grants
    ADD CONSTRAINT access_grants_grantee_id_fkey FOREIGN KEY (grantee_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- Name: access_grants access_grants_grantor_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.access_grants
    ADD CONSTRAINT access_grants_grantor_id_fkey FOREIGN KEY (grantor_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- Name: action_checklist action_checklist_client_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.action_checklist
    ADD CONSTRAINT action_checklist_client_id_fkey FOREIGN KEY (client_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- Name: action_checklist action_checklist_practitioner_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.action_checklist
    ADD CONSTRAINT action_checklist_practitioner_id_fkey FOREIGN KEY (practitioner_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- Name: action_recommendations action_recommendations_client_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.action_recommendations
    ADD CONSTRAINT action_recommendations_client_id_fkey FOREIGN KEY (client_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- Name: action_recommendations action_recommendations_practitioner_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.action_recommendations
    ADD CONSTRAINT action_recommendations_practitioner_id_fkey FOREIGN KEY (practitioner_id) REFERENCES public.practitioners(id) ON DELETE CASCADE;

-- Name: action_recommendations action_recommendations_session_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.action_recommendations
    ADD CONSTRAINT action_recommendations_session_id_fkey FOREIGN KEY (session_id) REFERENCES public.session_schedules(id) ON DELETE SET NULL;

-- Name: action_recommendations action_recommendations_template_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.action_recommendations
    ADD CONSTRAINT action_recommendations_template_id_fkey FOREIGN KEY (template_id) REFERENCES public.action_templates(id) ON DELETE SET NULL;

-- Name: action_templates action_templates_practitioner_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.action_templates
    ADD CONSTRAINT action_templates_practitioner_id_fkey FOREIGN KEY (practitioner_id) REFERENCES public.practitioners(id) ON DELETE CASCADE;

-- Name: availability_exceptions availability_exceptions_practitioner_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.availability_exceptions
    ADD CONSTRAINT availability_exceptions_practitioner_id_fkey FOREIGN KEY (practitioner_id) REFERENCES public.practitioners(id) ON DELETE CASCADE;

-- Name: cancellation_policy cancellation_policy_updated_by_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.cancellation_policy
    ADD CONSTRAINT cancellation_policy_updated_by_fkey FOREIGN KEY (updated_by) REFERENCES auth.users(id) ON DELETE SET NULL;

-- Name: checkout_sessions checkout_sessions_cancellation_policy_version_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.checkout_sessions
    ADD CONSTRAINT checkout_sessions_cancellation_policy_version_fkey FOREIGN KEY (cancellation_policy_version) REFERENCES public.cancellation_policy(id);

-- Name: checkout_sessions checkout_sessions_credit_lot_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.checkout_sessions
    ADD CONSTRAINT checkout_sessions_credit_lot_id_fkey FOREIGN KEY (credit_lot_id) REFERENCES public.user_session_credits(id) ON DELETE SET NULL;

-- Name: checkout_sessions checkout_sessions_group_class_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.checkout_sessions
    ADD CONSTRAINT checkout_sessions_group_class_id_fkey FOREIGN KEY (group_class_id) REFERENCES public.session_schedules(id) ON DELETE SET NULL;

-- Name: checkout_sessions checkout_sessions_hold_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.checkout_sessions
    ADD CONSTRAINT checkout_sessions_hold_id_fkey FOREIGN KEY (hold_id) REFERENCES public.session_holds(id) ON DELETE SET NULL;

-- Name: checkout_sessions checkout_sessions_package_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.checkout_sessions
    ADD CONSTRAINT checkout_sessions_package_id_fkey FOREIGN KEY (package_id) REFERENCES public.session_packages(id) ON DELETE SET NULL;

-- Name: checkout_sessions checkout_sessions_practitioner_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.checkout_sessions
    ADD CONSTRAINT checkout_sessions_practitioner_id_fkey FOREIGN KEY (practitioner_id) REFERENCES public.practitioners(id) ON DELETE SET NULL;

-- Name: checkout_sessions checkout_sessions_session_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.checkout_sessions
    ADD CONSTRAINT checkout_sessions_session_id_fkey FOREIGN KEY (session_id) REFERENCES public.session_schedules(id) ON DELETE SET NULL;

-- Name: checkout_sessions checkout_sessions_session_type_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.checkout_sessions
    ADD CONSTRAINT checkout_sessions_session_type_id_fkey FOREIGN KEY (session_type_id) REFERENCES public.session_types(id);

-- Name: contract_events contract_events_contract_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.contract_events
    ADD CONSTRAINT contract_events_contract_id_fkey FOREIGN KEY (contract_id) REFERENCES public.practitioner_contracts(id);

-- Name: contract_signatures contract_signatures_contract_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.contract_signatures
    ADD CONSTRAINT contract_signatures_contract_id_fkey FOREIGN KEY (contract_id) REFERENCES public.practitioner_contracts(id);

-- Name: email_logs email_logs_user_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.email_logs
    ADD CONSTRAINT email_logs_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- Name: getting_started_ticks getting_started_ticks_user_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.getting_started_ticks
    ADD CONSTRAINT getting_started_ticks_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- Name: journal_entries journal_entries_session_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.journal_entries
    ADD CONSTRAINT journal_entries_session_id_fkey FOREIGN KEY (session_id) REFERENCES public.session_schedules(id) ON DELETE SET NULL;

-- Name: journal_entries journal_entries_user_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.journal_entries
    ADD CONSTRAINT journal_entries_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- Name: ledger_postings ledger_postings_transaction_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.ledger_postings
    ADD CONSTRAINT ledger_postings_transaction_id_fkey FOREIGN KEY (transaction_id) REFERENCES public.ledger_transactions(id);

-- Name: liability_waivers liability_waivers_waiver_policy_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.liability_waivers
    ADD CONSTRAINT liability_waivers_waiver_policy_id_fkey FOREIGN KEY (waiver_policy_id) REFERENCES public.waiver_policy(id);

-- Name: notification_preferences notification_preferences_user_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.notification_preferences
    ADD CONSTRAINT notification_preferences_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- Name: payout_lines payout_lines_of_their_payout; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.payout_lines
    ADD CONSTRAINT payout_lines_of_their_payout FOREIGN KEY (payout_id, practitioner_id, currency) REFERENCES public.payouts(id, practitioner_id, currency);

-- Name: payout_lines payout_lines_of_their_transaction; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.payout_lines
    ADD CONSTRAINT payout_lines_of_their_transaction FOREIGN KEY (ledger_transaction_id, practitioner_id, currency) REFERENCES public.ledger_transactions(id, practitioner_id, currency);

-- Name: payout_periods payout_periods_follows_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.payout_periods
    ADD CONSTRAINT payout_periods_follows_fkey FOREIGN KEY (follows) REFERENCES public.payout_periods(period_end);

-- Name: payouts payouts_have_a_period; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.payouts
    ADD CONSTRAINT payouts_have_a_period FOREIGN KEY (period_start, period_end) REFERENCES public.payout_periods(period_start, period_end);

-- Name: practitioner_assignments practitioner_assignments_client_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.practitioner_assignments
    ADD CONSTRAINT practitioner_assignments_client_id_fkey FOREIGN KEY (client_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- Name: practitioner_assignments practitioner_assignments_practitioner_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.practitioner_assignments
    ADD CONSTRAINT practitioner_assignments_practitioner_id_fkey FOREIGN KEY (practitioner_id) REFERENCES public.practitioners(id) ON DELETE CASCADE;

-- Name: practitioner_availability practitioner_availability_practitioner_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.practitioner_availability
    ADD CONSTRAINT practitioner_availability_practitioner_id_fkey FOREIGN KEY (practitioner_id) REFERENCES public.practitioners(id) ON DELETE CASCADE;

-- Name: practitioner_banking practitioner_banking_practitioner_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.practitioner_banking
    ADD CONSTRAINT practitioner_banking_practitioner_id_fkey FOREIGN KEY (practitioner_id) REFERENCES public.practitioners(id) ON DELETE CASCADE;

-- Name: practitioner_banking practitioner_banking_verified_by_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.practitioner_banking
    ADD CONSTRAINT practitioner_banking_verified_by_fkey FOREIGN KEY (verified_by) REFERENCES auth.users(id) ON DELETE SET NULL;

-- Name: practitioner_calendars practitioner_calendars_practitioner_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.practitioner_calendars
    ADD CONSTRAINT practitioner_calendars_practitioner_id_fkey FOREIGN KEY (practitioner_id) REFERENCES public.practitioners(id) ON DELETE CASCADE;

-- Name: practitioner_contracts practitioner_contracts_practitioner_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.practitioner_contracts
    ADD CONSTRAINT practitioner_contracts_practitioner_id_fkey FOREIGN KEY (practitioner_id) REFERENCES public.practitioners(id);

-- Name: practitioner_contracts practitioner_contracts_template_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.practitioner_contracts
    ADD CONSTRAINT practitioner_contracts_template_id_fkey FOREIGN KEY (template_id) REFERENCES public.contract_templates(id);

-- Name: practitioner_time_off practitioner_time_off_practitioner_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.practitioner_time_off
    ADD CONSTRAINT practitioner_time_off_practitioner_id_fkey FOREIGN KEY (practitioner_id) REFERENCES public.practitioners(id) ON DELETE CASCADE;

-- Name: profiles profiles_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.profiles
    ADD CONSTRAINT profiles_id_fkey FOREIGN KEY (id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- Name: recording_rules recording_rules_session_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.recording_rules
    ADD CONSTRAINT recording_rules_session_id_fkey FOREIGN KEY (session_id) REFERENCES public.session_schedules(id) ON DELETE CASCADE;

-- Name: recording_share_links recording_share_links_created_by_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.recording_share_links
    ADD CONSTRAINT recording_share_links_created_by_fkey FOREIGN KEY (created_by) REFERENCES auth.users(id) ON DELETE CASCADE;

-- Name: recording_share_links recording_share_links_recording_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.recording_share_links
    ADD CONSTRAINT recording_share_links_recording_id_fkey FOREIGN KEY (recording_id) REFERENCES public.session_recordings(id) ON DELETE CASCADE;

-- Name: session_attendance session_attendance_decided_by_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.session_attendance
    ADD CONSTRAINT session_attendance_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES auth.users(id) ON DELETE SET NULL;

-- Name: session_attendance session_attendance_session_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.session_attendance
    ADD CONSTRAINT session_attendance_session_id_fkey FOREIGN KEY (session_id) REFERENCES public.session_schedules(id) ON DELETE CASCADE;

-- Name: session_cancellations session_cancellations_approved_by_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.session_cancellations
    ADD CONSTRAINT session_cancellations_approved_by_fkey FOREIGN KEY (approved_by) REFERENCES auth.users(id) ON DELETE SET NULL;

-- Name: session_cancellations session_cancellations_cancellation_policy_version_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.session_cancellations
    ADD CONSTRAINT session_cancellations_cancellation_policy_version_fkey FOREIGN KEY (cancellation_policy_version) REFERENCES public.cancellation_policy(id);

-- Name: session_cancellations session_cancellations_session_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.session_cancellations
    ADD CONSTRAINT session_cancellations_session_id_fkey FOREIGN KEY (session_id) REFERENCES public.session_schedules(id) ON DELETE SET NULL;

-- Name: session_holds session_holds_group_class_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.session_holds
    ADD CONSTRAINT session_holds_group_class_id_fkey FOREIGN KEY (group_class_id) REFERENCES public.session_schedules(id) ON DELETE CASCADE;

-- Name: session_holds session_holds_practitioner_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.session_holds
    ADD CONSTRAINT session_holds_practitioner_id_fkey FOREIGN KEY (practitioner_id) REFERENCES public.practitioners(id) ON DELETE CASCADE;

-- Name: session_holds session_holds_session_type_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.session_holds
    ADD CONSTRAINT session_holds_session_type_id_fkey FOREIGN KEY (session_type_id) REFERENCES public.session_types(id) ON DELETE CASCADE;

-- Name: session_holds session_holds_user_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.session_holds
    ADD CONSTRAINT session_holds_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- Name: session_notes session_notes_session_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.session_notes
    ADD CONSTRAINT session_notes_session_id_fkey FOREIGN KEY (session_id) REFERENCES public.session_schedules(id) ON DELETE CASCADE;

-- Name: session_packages session_packages_session_type_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.session_packages
    ADD CONSTRAINT session_packages_session_type_id_fkey FOREIGN KEY (session_type_id) REFERENCES public.session_types(id);

-- Name: session_payments session_payments_checkout_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.session_payments
    ADD CONSTRAINT session_payments_checkout_id_fkey FOREIGN KEY (checkout_id) REFERENCES public.checkout_sessions(id);

-- Name: session_payments session_payments_revenue_share_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.session_payments
    ADD CONSTRAINT session_payments_revenue_share_id_fkey FOREIGN KEY (revenue_share_id) REFERENCES public.revenue_shares(id);

-- Name: session_payments session_payments_session_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.session_payments
    ADD CONSTRAINT session_payments_session_id_fkey FOREIGN KEY (session_id) REFERENCES public.session_schedules(id) ON DELETE CASCADE;

-- Name: session_recordings session_recordings_class_recording_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.session_recordings
    ADD CONSTRAINT session_recordings_class_recording_id_fkey FOREIGN KEY (class_recording_id) REFERENCES public.session_recordings(id) ON DELETE CASCADE;

-- Name: session_recordings session_recordings_requested_by_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.session_recordings
    ADD CONSTRAINT session_recordings_requested_by_fkey FOREIGN KEY (requested_by) REFERENCES auth.users(id) ON DELETE SET NULL;

-- Name: session_recordings session_recordings_session_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.session_recordings
    ADD CONSTRAINT session_recordings_session_id_fkey FOREIGN KEY (session_id) REFERENCES public.session_schedules(id);

-- Name: session_schedules session_schedules_cancellation_policy_version_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.session_schedules
    ADD CONSTRAINT session_schedules_cancellation_policy_version_fkey FOREIGN KEY (cancellation_policy_version) REFERENCES public.cancellation_policy(id);

-- Name: session_schedules session_schedules_correlated_session_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.session_schedules
    ADD CONSTRAINT session_schedules_correlated_session_id_fkey FOREIGN KEY (correlated_session_id) REFERENCES public.session_schedules(id) ON DELETE SET NULL;

-- Name: session_schedules session_schedules_credit_lot_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.session_schedules
    ADD CONSTRAINT session_schedules_credit_lot_id_fkey FOREIGN KEY (credit_lot_id) REFERENCES public.user_session_credits(id) ON DELETE SET NULL;

-- Name: session_schedules session_schedules_group_class_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.session_schedules
    ADD CONSTRAINT session_schedules_group_class_id_fkey FOREIGN KEY (group_class_id) REFERENCES public.session_schedules(id);

-- Name: session_schedules session_schedules_practitioner_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.session_schedules
    ADD CONSTRAINT session_schedules_practitioner_id_fkey FOREIGN KEY (practitioner_id) REFERENCES public.practitioners(id) ON DELETE CASCADE;

-- Name: session_schedules session_schedules_session_type_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.session_schedules
    ADD CONSTRAINT session_schedules_session_type_id_fkey FOREIGN KEY (session_type_id) REFERENCES public.session_types(id);

-- Name: user_consents user_consents_user_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.user_consents
    ADD CONSTRAINT user_consents_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- Name: user_notifications user_notifications_user_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.user_notifications
    ADD CONSTRAINT user_notifications_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- Name: user_preferences user_preferences_user_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.user_preferences
    ADD CONSTRAINT user_preferences_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- Name: user_roles user_roles_user_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.user_roles
    ADD CONSTRAINT user_roles_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- Name: user_session_credits user_session_credits_cancellation_policy_version_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.user_session_credits
    ADD CONSTRAINT user_session_credits_cancellation_policy_version_fkey FOREIGN KEY (cancellation_policy_version) REFERENCES public.cancellation_policy(id);

-- Name: user_session_credits user_session_credits_package_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.user_session_credits
    ADD CONSTRAINT user_session_credits_package_id_fkey FOREIGN KEY (package_id) REFERENCES public.session_packages(id) ON DELETE SET NULL;

-- Name: user_session_credits user_session_credits_session_type_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.user_session_credits
    ADD CONSTRAINT user_session_credits_session_type_id_fkey FOREIGN KEY (session_type_id) REFERENCES public.session_types(id) ON DELETE SET NULL;

-- Name: waiver_policy waiver_policy_updated_by_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.waiver_policy
    ADD CONSTRAINT waiver_policy_updated_by_fkey FOREIGN KEY (updated_by) REFERENCES auth.users(id) ON DELETE SET NULL;

-- Name: webhook_deliveries webhook_deliveries_endpoint_id_fkey; Type: FK CONSTRAINT; Schema: public

ALTER TABLE ONLY public.webhook_deliveries
    ADD CONSTRAINT webhook_deliveries_endpoint_id_fkey FOREIGN KEY (endpoint_id) REFERENCES public.webhook_endpoints(id) ON DELETE CASCADE;

-- Name: agora_notifications; Type: ROW SECURITY; Schema: private

ALTER TABLE private.agora_notifications ENABLE ROW LEVEL SECURITY;

-- Name: agora_uids; Type: ROW SECURITY; Schema: private

ALTER TABLE private.agora_uids ENABLE ROW LEVEL SECURITY;

-- Name: audit_chain; Type: ROW SECURITY; Schema: private

ALTER TABLE private.audit_chain ENABLE ROW LEVEL SECURITY;

-- Name: audit_lines_to_seal; Type: ROW SECURITY; Schema: private

ALTER TABLE private.audit_lines_to_seal ENABLE ROW LEVEL SECURITY;

-- Name: audit_redactions; Type: ROW SECURITY; Schema: private

ALTER TABLE private.audit_redactions ENABLE ROW LEVEL SECURITY;

-- Name: bank_numbers; Type: ROW SECURITY; Schema: private

ALTER TABLE private.bank_numbers ENABLE ROW LEVEL SECURITY;

-- Name: banking_settings; Type: ROW SECURITY; Schema: private

ALTER TABLE private.banking_settings ENABLE ROW LEVEL SECURITY;

-- Name: channel_admissions; Type: ROW SECURITY; Schema: private

ALTER TABLE private.channel_admissions ENABLE ROW LEVEL SECURITY;

-- Name: channel_events; Type: ROW SECURITY; Schema: private

ALTER TABLE private.channel_events ENABLE ROW LEVEL SECURITY;

-- Name: earned_seats; Type: ROW SECURITY; Schema: private

ALTER TABLE private.earned_seats ENABLE ROW LEVEL SECURITY;

-- Name: erasure_queue; Type: ROW SECURITY; Schema: private

ALTER TABLE private.erasure_queue ENABLE ROW LEVEL SECURITY;

-- Name: known_time_zones; Type: ROW SECURITY; Schema: private

ALTER TABLE private.known_time_zones ENABLE ROW LEVEL SECURITY;

-- Name: mail_kinds; Type: ROW SECURITY; Schema: private

ALTER TABLE private.mail_kinds ENABLE ROW LEVEL SECURITY;

-- Name: mails; Type: ROW SECURITY; Schema: private

ALTER TABLE private.mails ENABLE ROW LEVEL SECURITY;

-- Name: outbox; Type: ROW SECURITY; Schema: private

ALTER TABLE private.outbox ENABLE ROW LEVEL SECURITY;

-- Name: payment_disputes; Type: ROW SECURITY; Schema: private

ALTER TABLE private.payment_disputes ENABLE ROW LEVEL SECURITY;

-- Name: payment_refunds; Type: ROW SECURITY; Schema: private

ALTER TABLE private.payment_refunds ENABLE ROW LEVEL SECURITY;

-- Name: practitioner_time; Type: ROW SECURITY; Schema: private

ALTER TABLE private.practitioner_time ENABLE ROW LEVEL SECURITY;

-- Name: recording_files; Type: ROW SECURITY; Schema: private

ALTER TABLE private.recording_files ENABLE ROW LEVEL SECURITY;

-- Name: recording_links; Type: ROW SECURITY; Schema: private

ALTER TABLE private.recording_links ENABLE ROW LEVEL SECURITY;

-- Name: remembered_answers; Type: ROW SECURITY; Schema: private

ALTER TABLE private.remembered_answers ENABLE ROW LEVEL SECURITY;

-- Name: session_turns; Type: ROW SECURITY; Schema: private

ALTER TABLE private.session_turns ENABLE ROW LEVEL SECURITY;

-- Name: stripe_events; Type: ROW SECURITY; Schema: private

ALTER TABLE private.stripe_events ENABLE ROW LEVEL SECURITY;

-- Name: unsubscribe_links; Type: ROW SECURITY; Schema: private

ALTER TABLE private.unsubscribe_links ENABLE ROW LEVEL SECURITY;

-- Name: webhook_secrets; Type: ROW SECURITY; Schema: private

ALTER TABLE private.webhook_secrets ENABLE ROW LEVEL SECURITY;

-- Name: access_grants; Type: ROW SECURITY; Schema: public

ALTER TABLE public.access_grants ENABLE ROW LEVEL SECURITY;

-- Name: action_checklist; Type: ROW SECURITY; Schema: public

ALTER TABLE public.action_checklist ENABLE ROW LEVEL SECURITY;

-- Name: action_recommendations; Type: ROW SECURITY; Schema: public

ALTER TABLE public.action_recommendations ENABLE ROW LEVEL SECURITY;

-- Name: action_templates; Type: ROW SECURITY; Schema: public

ALTER TABLE public.action_templates ENABLE ROW LEVEL SECURITY;

-- Name: cancellation_policy admins activate cancellation policies; Type: POLICY; Schema: public

CREATE POLICY "admins activate cancellation policies" ON public.cancellation_policy FOR UPDATE TO authenticated USING (( SELECT private.is_admin() AS is_admin));

-- Name: waiver_policy admins activate waiver policies; Type: POLICY; Schema: public

CREATE POLICY "admins activate waiver policies" ON public.waiver_policy FOR UPDATE TO authenticated USING (( SELECT private.is_admin() AS is_admin));

-- Name: cancellation_policy admins add cancellation policies; Type: POLICY; Schema: public

CREATE POLICY "admins add cancellation policies" ON public.cancellation_policy FOR INSERT TO authenticated WITH CHECK (( SELECT private.is_admin() AS is_admin));

-- Name: contract_templates admins add contract templates; Type: POLICY; Schema: public

CREATE POLICY "admins add contract templates" ON public.contract_templates FOR INSERT TO authenticated WITH CHECK (( SELECT private.is_admin() AS is_admin));

-- Name: session_packages admins add packages; Type: POLICY; Schema: public

CREATE POLICY "admins add packages" ON public.session_packages FOR INSERT TO authenticated WITH CHECK (( SELECT private.is_admin() AS is_admin));

-- Name: practitioners admins add practitioners; Type: POLICY; Schema: public

CREATE POLICY "admins add practitioners" ON public.practitioners FOR INSERT TO authenticated WITH CHECK (( SELECT private.is_admin() AS is_admin));

-- Name: products admins add products; Type: POLICY; Schema: public

CREATE POLICY "admins add products" ON public.products FOR INSERT TO authenticated WITH CHECK (( SELECT private.is_admin() AS is_admin));

-- Name: recording_rules admins add recording rules; Type: POLICY; Schema: public

CREATE POLICY "admins add recording rules" ON public.recording_rules FOR INSERT TO authenticated WITH CHECK (( SELECT private.is_admin() AS is_admin));

-- Name: data_retention_policies admins add retention rules; Type: POLICY; Schema: public

CREATE POLICY "admins add retention rules" ON public.data_retention_policies FOR INSERT TO authenticated WITH CHECK (( SELECT private.is_admin() AS is_admin));

-- Name: session_types admins add session types; Type: POLICY; Schema: public

CREATE POLICY "admins add session types" ON public.session_types FOR INSERT TO authenticated WITH CHECK (( SELECT private.is_admin() AS is_admin));

-- Name: studio_locations admins add studios; Type: POLICY; Schema: public

CREATE POLICY "admins add studios" ON public.studio_locations FOR INSERT TO authenticated WITH CHECK (( SELECT private.is_admin() AS is_admin));

-- Name: waiver_policy admins add waiver policies; Type: POLICY; Schema: public

CREATE POLICY "admins add waiver policies" ON public.waiver_policy FOR INSERT TO authenticated WITH CHECK (( SELECT private.is_admin() AS is_admin));

-- Name: practitioner_assignments admins assign clients; Type: POLICY; Schema: public

CREATE POLICY "admins assign clients" ON public.practitioner_assignments FOR INSERT TO authenticated WITH CHECK (( SELECT private.is_admin() AS is_admin));

-- Name: session_packages admins change packages; Type: POLICY; Schema: public

CREATE POLICY "admins change packages" ON public.session_packages FOR UPDATE TO authenticated USING (( SELECT private.is_admin() AS is_admin));

-- Name: products admins change products; Type: POLICY; Schema: public

CREATE POLICY "admins change products" ON public.products FOR UPDATE TO authenticated USING (( SELECT private.is_admin() AS is_admin));

-- Name: recording_rules admins change recording rules; Type: POLICY; Schema: public

CREATE POLICY "admins change recording rules" ON public.recording_rules FOR UPDATE TO authenticated USING (( SELECT private.is_admin() AS is_admin));

-- Name: data_retention_policies admins change retention rules; Type: POLICY; Schema: public

CREATE POLICY "admins change retention rules" ON public.data_retention_policies FOR UPDATE TO authenticated USING (( SELECT private.is_admin() AS is_admin));

-- Name: user_roles admins change roles; Type: POLICY; Schema: public

CREATE POLICY "admins change roles" ON public.user_roles FOR UPDATE TO authenticated USING (( SELECT private.is_admin() AS is_admin));

-- Name: session_types admins change session types; Type: POLICY; Schema: public

CREATE POLICY "admins change session types" ON public.session_types FOR UPDATE TO authenticated USING (( SELECT private.is_admin() AS is_admin));

-- Name: studio_locations admins change studios; Type: POLICY; Schema: public

CREATE POLICY "admins change studios" ON public.studio_locations FOR UPDATE TO authenticated USING (( SELECT private.is_admin() AS is_admin));

-- Name: session_rules admins change the session rules; Type: POLICY; Schema: public

CREATE POLICY "admins change the session rules" ON public.session_rules FOR UPDATE TO authenticated USING (( SELECT private.is_admin() AS is_admin));

-- Name: webhook_endpoints admins change webhook endpoints; Type: POLICY; Schema: public

CREATE POLICY "admins change webhook endpoints" ON public.webhook_endpoints FOR UPDATE TO authenticated USING (( SELECT private.is_admin() AS is_admin));

-- Name: session_schedules admins delete sessions; Type: POLICY; Schema: public

CREATE POLICY "admins delete sessions" ON public.session_schedules FOR DELETE TO authenticated USING (( SELECT private.is_admin() AS is_admin));

-- Name: user_roles admins give roles; Type: POLICY; Schema: public

CREATE POLICY "admins give roles" ON public.user_roles FOR INSERT TO authenticated WITH CHECK (( SELECT private.is_admin() AS is_admin));

-- Name: practitioner_contracts admins issue contracts; Type: POLICY; Schema: public

CREATE POLICY "admins issue contracts" ON public.practitioner_contracts FOR INSERT TO authenticated WITH CHECK (( SELECT private.is_admin() AS is_admin));

-- Name: session_payments admins mark payments as paid out; Type: POLICY; Schema: public

CREATE POLICY "admins mark payments as paid out" ON public.session_payments FOR UPDATE TO authenticated USING (( SELECT private.is_admin() AS is_admin));

-- Name: user_notifications admins notify people; Type: POLICY; Schema: public

CREATE POLICY "admins notify people" ON public.user_notifications FOR INSERT TO authenticated WITH CHECK (( SELECT private.is_admin() AS is_admin));

-- Name: legal_holds admins place legal holds; Type: POLICY; Schema: public

CREATE POLICY "admins place legal holds" ON public.legal_holds FOR INSERT TO authenticated WITH CHECK (( SELECT private.is_admin() AS is_admin));

-- Name: contract_templates admins read contract templates; Type: POLICY; Schema: public

CREATE POLICY "admins read contract templates" ON public.contract_templates FOR SELECT TO authenticated USING (( SELECT private.is_admin() AS is_admin));

-- Name: erasure_receipts admins read erasure receipts; Type: POLICY; Schema: public

CREATE POLICY "admins read erasure receipts" ON public.erasure_receipts FOR SELECT TO authenticated USING (( SELECT private.is_admin() AS is_admin));

-- Name: legal_holds admins read legal holds; Type: POLICY; Schema: public

CREATE POLICY "admins read legal holds" ON public.legal_holds FOR SELECT TO authenticated USING (( SELECT private.is_admin() AS is_admin));

-- Name: recording_erasures admins read receipts of erasures; Type: POLICY; Schema: public

CREATE POLICY "admins read receipts of erasures" ON public.recording_erasures FOR SELECT TO authenticated USING (( SELECT private.is_admin() AS is_admin));

-- Name: recording_rules admins read recording rules; Type: POLICY; Schema: public

CREATE POLICY "admins read recording rules" ON public.recording_rules FOR SELECT TO authenticated USING (( SELECT private.is_admin() AS is_admin));

-- Name: retention_receipts admins read retention receipts; Type: POLICY; Schema: public

CREATE POLICY "admins read retention receipts" ON public.retention_receipts FOR SELECT TO authenticated USING (( SELECT private.is_admin() AS is_admin));

-- Name: data_retention_policies admins read retention rules; Type: POLICY; Schema: public

CREATE POLICY "admins read retention rules" ON public.data_retention_policies FOR SELECT TO authenticated USING (( SELECT private.is_admin() AS is_admin));

-- Name: audit_logs admins read the audit log; Type: POLICY; Schema: public

CREATE POLICY "admins read the audit log" ON public.audit_logs FOR SELECT TO authenticated USING (( SELECT private.is_admin() AS is_admin));

-- Name: webhook_deliveries admins read webhook deliveries; Type: POLICY; Schema: public

CREATE POLICY "admins read webhook deliveries" ON public.webhook_deliveries FOR SELECT TO authenticated USING (( SELECT private.is_admin() AS is_admin));

-- Name: webhook_endpoints admins read webhook endpoints; Type: POLICY; Schema: public

CREATE POLICY "admins read webhook endpoints" ON public.webhook_endpoints FOR SELECT TO authenticated USING (( SELECT private.is_admin() AS is_admin));

-- Name: legal_holds admins release legal holds; Type: POLICY; Schema: public

CREATE POLICY "admins release legal holds" ON public.legal_holds FOR UPDATE TO authenticated USING (( SELECT private.is_admin() AS is_admin));

-- Name: session_packages admins remove packages; Type: POLICY; Schema: public

CREATE POLICY "admins remove packages" ON public.session_packages FOR DELETE TO authenticated USING (( SELECT private.is_admin() AS is_admin));

-- Name: practitioners admins remove practitioners; Type: POLICY; Schema: public

CREATE POLICY "admins remove practitioners" ON public.practitioners FOR DELETE TO authenticated USING (( SELECT private.is_admin() AS is_admin));

-- Name: products admins remove products; Type: POLICY; Schema: public

CREATE POLICY "admins remove products" ON public.products FOR DELETE TO authenticated USING (( SELECT private.is_admin() AS is_admin));

-- Name: recording_rules admins remove recording rules; Type: POLICY; Schema: public

CREATE POLICY "admins remove recording rules" ON public.recording_rules FOR DELETE TO authenticated USING (( SELECT private.is_admin() AS is_admin));

-- Name: data_retention_policies admins remove retention rules; Type: POLICY; Schema: public

CREATE POLICY "admins remove retention rules" ON public.data_retention_policies FOR DELETE TO authenticated USING (( SELECT private.is_admin() AS is_admin));

-- Name: session_types admins remove session types; Type: POLICY; Schema: public

CREATE POLICY "admins remove session types" ON public.session_types FOR DELETE TO authenticated USING (( SELECT private.is_admin() AS is_admin));

-- Name: studio_locations admins remove studios; Type: POLICY; Schema: public

CREATE POLICY "admins remove studios" ON public.studio_locations FOR DELETE TO authenticated USING (( SELECT private.is_admin() AS is_admin));

-- Name: webhook_endpoints admins remove webhook endpoints; Type: POLICY; Schema: public

CREATE POLICY "admins remove webhook endpoints" ON public.webhook_endpoints FOR DELETE TO authenticated USING (( SELECT private.is_admin() AS is_admin));

-- Name: contract_rules admins set contract rules; Type: POLICY; Schema: public

CREATE POLICY "admins set contract rules" ON public.contract_rules FOR UPDATE TO authenticated USING (( SELECT private.is_admin() AS is_admin));

-- Name: payout_terms admins set terms from now on or later; Type: POLICY; Schema: public

CREATE POLICY "admins set terms from now on or later" ON public.payout_terms FOR INSERT TO authenticated WITH CHECK ((( SELECT private.is_admin() AS is_admin) AND (valid_from >= now())));

-- Name: revenue_shares admins set the share from now on or later; Type: POLICY; Schema: public

CREATE POLICY "admins set the share from now on or later" ON public.revenue_shares FOR INSERT TO authenticated WITH CHECK ((( SELECT private.is_admin() AS is_admin) AND (valid_from >= now())));

-- Name: user_roles admins take roles; Type: POLICY; Schema: public

CREATE POLICY "admins take roles" ON public.user_roles FOR DELETE TO authenticated USING (( SELECT private.is_admin() AS is_admin));

-- Name: products anyone reads active products, admins all; Type: POLICY; Schema: public

CREATE POLICY "anyone reads active products, admins all" ON public.products FOR SELECT TO anon, authenticated USING ((is_active OR ( SELECT private.is_admin() AS is_admin)));

-- Name: session_types anyone reads active session types, admins all; Type: POLICY; Schema: public

CREATE POLICY "anyone reads active session types, admins all" ON public.session_types FOR SELECT TO anon, authenticated USING ((is_active OR ( SELECT private.is_admin() AS is_admin)));

-- Name: studio_locations anyone reads active studios, admins all; Type: POLICY; Schema: public

CREATE POLICY "anyone reads active studios, admins all" ON public.studio_locations FOR SELECT TO anon, authenticated USING ((is_active OR ( SELECT private.is_admin() AS is_admin)));

-- Name: cancellation_policy anyone reads the active cancellation policy, admins all; Type: POLICY; Schema: public

CREATE POLICY "anyone reads the active cancellation policy, admins all" ON public.cancellation_policy FOR SELECT TO anon, authenticated USING ((is_active OR ( SELECT private.is_admin() AS is_admin)));

-- Name: waiver_policy anyone reads the active waiver policy, admins all; Type: POLICY; Schema: public

CREATE POLICY "anyone reads the active waiver policy, admins all" ON public.waiver_policy FOR SELECT TO anon, authenticated USING ((is_active OR ( SELECT private.is_admin() AS is_admin)));

-- Name: audit_logs; Type: ROW SECURITY; Schema: public

ALTER TABLE public.audit_logs ENABLE ROW LEVEL SECURITY;

-- Name: session_notes authors and admins delete notes; Type: POLICY; Schema: public

CREATE POLICY "authors and admins delete notes" ON public.session_notes FOR DELETE TO authenticated USING (((author_id = ( SELECT auth.uid() AS uid)) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: session_notes authors and admins edit notes; Type: POLICY; Schema: public

CREATE POLICY "authors and admins edit notes" ON public.session_notes FOR UPDATE TO authenticated USING (((author_id = ( SELECT auth.uid() AS uid)) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: session_notes authors read their notes, participants shared ones, admins all; Type: POLICY; Schema: public

CREATE POLICY "authors read their notes, participants shared ones, admins all" ON public.session_notes FOR SELECT TO authenticated USING (((author_id = ( SELECT auth.uid() AS uid)) OR ((visibility = 'shared'::text) AND (session_id IN ( SELECT private.my_session_ids() AS my_session_ids))) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: availability_exceptions; Type: ROW SECURITY; Schema: public

ALTER TABLE public.availability_exceptions ENABLE ROW LEVEL SECURITY;

-- Name: banking_accesses; Type: ROW SECURITY; Schema: public

ALTER TABLE public.banking_accesses ENABLE ROW LEVEL SECURITY;

-- Name: cancellation_policy; Type: ROW SECURITY; Schema: public

ALTER TABLE public.cancellation_policy ENABLE ROW LEVEL SECURITY;

-- Name: checkout_sessions; Type: ROW SECURITY; Schema: public

ALTER TABLE public.checkout_sessions ENABLE ROW LEVEL SECURITY;

-- Name: action_recommendations client and practitioner change recommendations; Type: POLICY; Schema: public

CREATE POLICY "client and practitioner change recommendations" ON public.action_recommendations FOR UPDATE TO authenticated USING (((client_id = ( SELECT auth.uid() AS uid)) OR (practitioner_id = ANY (ARRAY( SELECT private.my_practitioner_ids() AS my_practitioner_ids)))));

-- Name: action_recommendations client, practitioner and admins read recommendations; Type: POLICY; Schema: public

CREATE POLICY "client, practitioner and admins read recommendations" ON public.action_recommendations FOR SELECT TO authenticated USING (((client_id = ( SELECT auth.uid() AS uid)) OR (practitioner_id = ANY (ARRAY( SELECT private.my_practitioner_ids() AS my_practitioner_ids))) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: session_schedules clients book, practitioners book their clients, admins anyone; Type: POLICY; Schema: public

CREATE POLICY "clients book, practitioners book their clients, admins anyone" ON public.session_schedules FOR INSERT TO authenticated WITH CHECK ((((client_id = ( SELECT auth.uid() AS uid)) AND (group_class_id IS NOT NULL)) OR ((practitioner_id = ANY (ARRAY( SELECT private.my_practitioner_ids() AS my_practitioner_ids))) AND (client_id IN ( SELECT private.my_client_ids() AS my_client_ids)) AND (max_participants = 1)) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: session_schedules clients, practitioners and admins change sessions; Type: POLICY; Schema: public

CREATE POLICY "clients, practitioners and admins change sessions" ON public.session_schedules FOR UPDATE TO authenticated USING (((client_id = ( SELECT auth.uid() AS uid)) OR (practitioner_id = ANY (ARRAY( SELECT private.my_practitioner_ids() AS my_practitioner_ids))) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: session_schedules clients, practitioners and admins read sessions; Type: POLICY; Schema: public

CREATE POLICY "clients, practitioners and admins read sessions" ON public.session_schedules FOR SELECT TO authenticated USING (((client_id = ( SELECT auth.uid() AS uid)) OR (practitioner_id = ANY (ARRAY( SELECT private.my_practitioner_ids() AS my_practitioner_ids))) OR ((max_participants > 1) AND (group_class_id IS NULL) AND (status <> 'cancelled'::text) AND ((practitioner_id <> ALL (ARRAY( SELECT private.paused_practitioner_ids() AS paused_practitioner_ids))) OR (id = ANY (ARRAY( SELECT private.my_class_ids() AS my_class_ids))))) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: practitioner_assignments clients, their practitioner and admins read assignments; Type: POLICY; Schema: public

CREATE POLICY "clients, their practitioner and admins read assignments" ON public.practitioner_assignments FOR SELECT TO authenticated USING (((client_id = ( SELECT auth.uid() AS uid)) OR (practitioner_id = ANY (ARRAY( SELECT private.my_practitioner_ids() AS my_practitioner_ids))) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: action_checklist clients, their practitioners and admins change checklists; Type: POLICY; Schema: public

CREATE POLICY "clients, their practitioners and admins change checklists" ON public.action_checklist FOR UPDATE TO authenticated USING (((client_id = ( SELECT auth.uid() AS uid)) OR (client_id IN ( SELECT private.my_client_ids() AS my_client_ids)) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: action_checklist clients, their practitioners and admins read checklists; Type: POLICY; Schema: public

CREATE POLICY "clients, their practitioners and admins read checklists" ON public.action_checklist FOR SELECT TO authenticated USING (((client_id = ( SELECT auth.uid() AS uid)) OR (client_id IN ( SELECT private.my_client_ids() AS my_client_ids)) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: consent_history; Type: ROW SECURITY; Schema: public

ALTER TABLE public.consent_history ENABLE ROW LEVEL SECURITY;

-- Name: contract_events; Type: ROW SECURITY; Schema: public

ALTER TABLE public.contract_events ENABLE ROW LEVEL SECURITY;

-- Name: contract_rules; Type: ROW SECURITY; Schema: public

ALTER TABLE public.contract_rules ENABLE ROW LEVEL SECURITY;

-- Name: contract_signatures; Type: ROW SECURITY; Schema: public

ALTER TABLE public.contract_signatures ENABLE ROW LEVEL SECURITY;

-- Name: contract_templates; Type: ROW SECURITY; Schema: public

ALTER TABLE public.contract_templates ENABLE ROW LEVEL SECURITY;

-- Name: credit_ledger; Type: ROW SECURITY; Schema: public

ALTER TABLE public.credit_ledger ENABLE ROW LEVEL SECURITY;

-- Name: data_retention_policies; Type: ROW SECURITY; Schema: public

ALTER TABLE public.data_retention_policies ENABLE ROW LEVEL SECURITY;

-- Name: email_logs; Type: ROW SECURITY; Schema: public

ALTER TABLE public.email_logs ENABLE ROW LEVEL SECURITY;

-- Name: erasure_receipts; Type: ROW SECURITY; Schema: public

ALTER TABLE public.erasure_receipts ENABLE ROW LEVEL SECURITY;

-- Name: getting_started_ticks; Type: ROW SECURITY; Schema: public

ALTER TABLE public.getting_started_ticks ENABLE ROW LEVEL SECURITY;

-- Name: access_grants grantors revoke their grants; Type: POLICY; Schema: public

CREATE POLICY "grantors revoke their grants" ON public.access_grants FOR UPDATE TO authenticated USING ((grantor_id = ( SELECT auth.uid() AS uid)));

-- Name: access_grants grantors, grantees and admins read grants; Type: POLICY; Schema: public

CREATE POLICY "grantors, grantees and admins read grants" ON public.access_grants FOR SELECT TO authenticated USING (((grantor_id = ( SELECT auth.uid() AS uid)) OR (grantee_id = ( SELECT auth.uid() AS uid)) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: journal_entries; Type: ROW SECURITY; Schema: public

ALTER TABLE public.journal_entries ENABLE ROW LEVEL SECURITY;

-- Name: ledger_postings; Type: ROW SECURITY; Schema: public

ALTER TABLE public.ledger_postings ENABLE ROW LEVEL SECURITY;

-- Name: ledger_transactions; Type: ROW SECURITY; Schema: public

ALTER TABLE public.ledger_transactions ENABLE ROW LEVEL SECURITY;

-- Name: legal_holds; Type: ROW SECURITY; Schema: public

ALTER TABLE public.legal_holds ENABLE ROW LEVEL SECURITY;

-- Name: liability_waivers; Type: ROW SECURITY; Schema: public

ALTER TABLE public.liability_waivers ENABLE ROW LEVEL SECURITY;

-- Name: meditation_memories; Type: ROW SECURITY; Schema: public

ALTER TABLE public.meditation_memories ENABLE ROW LEVEL SECURITY;

-- Name: notification_preferences; Type: ROW SECURITY; Schema: public

ALTER TABLE public.notification_preferences ENABLE ROW LEVEL SECURITY;

-- Name: session_recordings participants and admins read recordings; Type: POLICY; Schema: public

CREATE POLICY "participants and admins read recordings" ON public.session_recordings FOR SELECT TO authenticated USING ((((session_id IN ( SELECT s.id
   FROM public.session_schedules s
  WHERE (s.client_id = ( SELECT auth.uid() AS uid)))) OR (session_id IN ( SELECT private.my_led_session_ids() AS my_led_session_ids)) OR ( SELECT private.is_admin() AS is_admin)) AND (( SELECT private.is_admin() AS is_admin) OR (NOT (id IN ( SELECT private.closed_recording_ids() AS closed_recording_ids))))));

-- Name: session_notes participants write notes under their own name; Type: POLICY; Schema: public

CREATE POLICY "participants write notes under their own name" ON public.session_notes FOR INSERT TO authenticated WITH CHECK (((author_id = ( SELECT auth.uid() AS uid)) AND ((session_id IN ( SELECT private.my_session_ids() AS my_session_ids)) OR ( SELECT private.is_admin() AS is_admin))));

-- Name: session_payments payer, practitioner and admins read payments; Type: POLICY; Schema: public

CREATE POLICY "payer, practitioner and admins read payments" ON public.session_payments FOR SELECT TO authenticated USING ((((client_id = ( SELECT auth.uid() AS uid)) AND (credit_lot_id IS NULL)) OR (practitioner_id = ANY (ARRAY( SELECT private.my_practitioner_ids() AS my_practitioner_ids))) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: checkout_sessions payers read their checkouts, admins all; Type: POLICY; Schema: public

CREATE POLICY "payers read their checkouts, admins all" ON public.checkout_sessions FOR SELECT TO authenticated USING (((user_id = ( SELECT auth.uid() AS uid)) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: payout_lines; Type: ROW SECURITY; Schema: public

ALTER TABLE public.payout_lines ENABLE ROW LEVEL SECURITY;

-- Name: payout_periods; Type: ROW SECURITY; Schema: public

ALTER TABLE public.payout_periods ENABLE ROW LEVEL SECURITY;

-- Name: payout_terms; Type: ROW SECURITY; Schema: public

ALTER TABLE public.payout_terms ENABLE ROW LEVEL SECURITY;

-- Name: payouts; Type: ROW SECURITY; Schema: public

ALTER TABLE public.payouts ENABLE ROW LEVEL SECURITY;

-- Name: profiles people add their own profile; Type: POLICY; Schema: public

CREATE POLICY "people add their own profile" ON public.profiles FOR INSERT TO authenticated WITH CHECK ((id = ( SELECT auth.uid() AS uid)));

-- Name: user_consents people change their own consents; Type: POLICY; Schema: public

CREATE POLICY "people change their own consents" ON public.user_consents FOR UPDATE TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- Name: journal_entries people change their own journal; Type: POLICY; Schema: public

CREATE POLICY "people change their own journal" ON public.journal_entries FOR UPDATE TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid))) WITH CHECK (((user_id = ( SELECT auth.uid() AS uid)) AND ((session_id IS NULL) OR (session_id IN ( SELECT private.my_session_ids() AS my_session_ids)))));

-- Name: notification_preferences people change their own notification preferences; Type: POLICY; Schema: public

CREATE POLICY "people change their own notification preferences" ON public.notification_preferences FOR UPDATE TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- Name: user_preferences people change their own preferences; Type: POLICY; Schema: public

CREATE POLICY "people change their own preferences" ON public.user_preferences FOR UPDATE TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- Name: journal_entries people delete from their own journal; Type: POLICY; Schema: public

CREATE POLICY "people delete from their own journal" ON public.journal_entries FOR DELETE TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- Name: meditation_memories people delete their own memories; Type: POLICY; Schema: public

CREATE POLICY "people delete their own memories" ON public.meditation_memories FOR DELETE TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- Name: profiles people edit their own profile; Type: POLICY; Schema: public

CREATE POLICY "people edit their own profile" ON public.profiles FOR UPDATE TO authenticated USING ((id = ( SELECT auth.uid() AS uid)));

-- Name: user_consents people give their own consents; Type: POLICY; Schema: public

CREATE POLICY "people give their own consents" ON public.user_consents FOR INSERT TO authenticated WITH CHECK ((user_id = ( SELECT auth.uid() AS uid)));

-- Name: access_grants people grant access to what is theirs; Type: POLICY; Schema: public

CREATE POLICY "people grant access to what is theirs" ON public.access_grants FOR INSERT TO authenticated WITH CHECK (((grantor_id = ( SELECT auth.uid() AS uid)) AND
CASE resource_type
    WHEN 'session'::text THEN (resource_id IN ( SELECT private.my_session_ids() AS my_session_ids))
    WHEN 'memory'::text THEN (resource_id IN ( SELECT m.id
       FROM public.meditation_memories m
      WHERE (m.user_id = ( SELECT auth.uid() AS uid))))
    WHEN 'note'::text THEN (resource_id IN ( SELECT n.id
       FROM public.session_notes n
      WHERE (n.author_id = ( SELECT auth.uid() AS uid))))
    WHEN 'profile'::text THEN (resource_id = ( SELECT auth.uid() AS uid))
    ELSE NULL::boolean
END));

-- Name: meditation_memories people keep their own memories; Type: POLICY; Schema: public

CREATE POLICY "people keep their own memories" ON public.meditation_memories FOR INSERT TO authenticated WITH CHECK ((user_id = ( SELECT auth.uid() AS uid)));

-- Name: user_notifications people mark their own notifications as read; Type: POLICY; Schema: public

CREATE POLICY "people mark their own notifications as read" ON public.user_notifications FOR UPDATE TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- Name: session_packages people read active packages and those they bought, admins all; Type: POLICY; Schema: public

CREATE POLICY "people read active packages and those they bought, admins all" ON public.session_packages FOR SELECT TO authenticated USING ((is_active OR (id IN ( SELECT private.my_package_ids() AS my_package_ids)) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: practitioners people read available practitioners, theirs and themselves; Type: POLICY; Schema: public

CREATE POLICY "people read available practitioners, theirs and themselves" ON public.practitioners FOR SELECT TO authenticated USING ((available OR (user_id = ( SELECT auth.uid() AS uid)) OR (id = ANY (ARRAY( SELECT private.visible_practitioner_ids() AS visible_practitioner_ids))) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: action_templates people read the platform's templates and their own, admins all; Type: POLICY; Schema: public

CREATE POLICY "people read the platform's templates and their own, admins all" ON public.action_templates FOR SELECT TO authenticated USING (((practitioner_id IS NULL) OR (practitioner_id = ANY (ARRAY( SELECT private.my_practitioner_ids() AS my_practitioner_ids))) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: consent_history people read their own consent history, admins all; Type: POLICY; Schema: public

CREATE POLICY "people read their own consent history, admins all" ON public.consent_history FOR SELECT TO authenticated USING (((user_id = ( SELECT auth.uid() AS uid)) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: user_consents people read their own consents, admins all; Type: POLICY; Schema: public

CREATE POLICY "people read their own consents, admins all" ON public.user_consents FOR SELECT TO authenticated USING (((user_id = ( SELECT auth.uid() AS uid)) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: user_session_credits people read their own credits, admins all; Type: POLICY; Schema: public

CREATE POLICY "people read their own credits, admins all" ON public.user_session_credits FOR SELECT TO authenticated USING (((user_id = ( SELECT auth.uid() AS uid)) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: session_holds people read their own holds, admins all; Type: POLICY; Schema: public

CREATE POLICY "people read their own holds, admins all" ON public.session_holds FOR SELECT TO authenticated USING (((user_id = ( SELECT auth.uid() AS uid)) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: journal_entries people read their own journal; Type: POLICY; Schema: public

CREATE POLICY "people read their own journal" ON public.journal_entries FOR SELECT TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- Name: credit_ledger people read their own ledger, admins all; Type: POLICY; Schema: public

CREATE POLICY "people read their own ledger, admins all" ON public.credit_ledger FOR SELECT TO authenticated USING (((user_id = ( SELECT auth.uid() AS uid)) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: meditation_memories people read their own memories; Type: POLICY; Schema: public

CREATE POLICY "people read their own memories" ON public.meditation_memories FOR SELECT TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- Name: notification_preferences people read their own notification preferences; Type: POLICY; Schema: public

CREATE POLICY "people read their own notification preferences" ON public.notification_preferences FOR SELECT TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- Name: user_notifications people read their own notifications; Type: POLICY; Schema: public

CREATE POLICY "people read their own notifications" ON public.user_notifications FOR SELECT TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- Name: user_preferences people read their own preferences, admins all; Type: POLICY; Schema: public

CREATE POLICY "people read their own preferences, admins all" ON public.user_preferences FOR SELECT TO authenticated USING (((user_id = ( SELECT auth.uid() AS uid)) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: user_roles people read their own roles, admins all; Type: POLICY; Schema: public

CREATE POLICY "people read their own roles, admins all" ON public.user_roles FOR SELECT TO authenticated USING (((user_id = ( SELECT auth.uid() AS uid)) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: getting_started_ticks people read their own ticks; Type: POLICY; Schema: public

CREATE POLICY "people read their own ticks" ON public.getting_started_ticks FOR SELECT TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- Name: email_logs people read what was mailed to them, admins all; Type: POLICY; Schema: public

CREATE POLICY "people read what was mailed to them, admins all" ON public.email_logs FOR SELECT TO authenticated USING (((user_id = ( SELECT auth.uid() AS uid)) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: notification_preferences people set their own notification preferences; Type: POLICY; Schema: public

CREATE POLICY "people set their own notification preferences" ON public.notification_preferences FOR INSERT TO authenticated WITH CHECK ((user_id = ( SELECT auth.uid() AS uid)));

-- Name: user_preferences people set their own preferences; Type: POLICY; Schema: public

CREATE POLICY "people set their own preferences" ON public.user_preferences FOR INSERT TO authenticated WITH CHECK ((user_id = ( SELECT auth.uid() AS uid)));

-- Name: getting_started_ticks people tick for themselves; Type: POLICY; Schema: public

CREATE POLICY "people tick for themselves" ON public.getting_started_ticks FOR INSERT TO authenticated WITH CHECK ((user_id = ( SELECT auth.uid() AS uid)));

-- Name: getting_started_ticks people untick their own; Type: POLICY; Schema: public

CREATE POLICY "people untick their own" ON public.getting_started_ticks FOR DELETE TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- Name: session_rules people who are signed in read the session rules; Type: POLICY; Schema: public

CREATE POLICY "people who are signed in read the session rules" ON public.session_rules FOR SELECT TO authenticated USING (true);

-- Name: journal_entries people write their own journal, about sessions of theirs; Type: POLICY; Schema: public

CREATE POLICY "people write their own journal, about sessions of theirs" ON public.journal_entries FOR INSERT TO authenticated WITH CHECK (((user_id = ( SELECT auth.uid() AS uid)) AND ((session_id IS NULL) OR (session_id IN ( SELECT private.my_session_ids() AS my_session_ids)))));

-- Name: session_attendance people, their practitioner and admins read attendance; Type: POLICY; Schema: public

CREATE POLICY "people, their practitioner and admins read attendance" ON public.session_attendance FOR SELECT TO authenticated USING (((user_id = ( SELECT auth.uid() AS uid)) OR (session_id IN ( SELECT private.my_led_session_ids() AS my_led_session_ids)) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: session_cancellations people, their practitioner and admins read cancellations; Type: POLICY; Schema: public

CREATE POLICY "people, their practitioner and admins read cancellations" ON public.session_cancellations FOR SELECT TO authenticated USING (((user_id = ( SELECT auth.uid() AS uid)) OR (session_id IN ( SELECT private.my_led_session_ids() AS my_led_session_ids)) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: profiles people, their practitioners and admins read profiles; Type: POLICY; Schema: public

CREATE POLICY "people, their practitioners and admins read profiles" ON public.profiles FOR SELECT TO authenticated USING (((id = ( SELECT auth.uid() AS uid)) OR (id IN ( SELECT private.my_client_ids() AS my_client_ids)) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: practitioner_assignments; Type: ROW SECURITY; Schema: public

ALTER TABLE public.practitioner_assignments ENABLE ROW LEVEL SECURITY;

-- Name: practitioner_availability; Type: ROW SECURITY; Schema: public

ALTER TABLE public.practitioner_availability ENABLE ROW LEVEL SECURITY;

-- Name: practitioner_banking; Type: ROW SECURITY; Schema: public

ALTER TABLE public.practitioner_banking ENABLE ROW LEVEL SECURITY;

-- Name: practitioner_calendars; Type: ROW SECURITY; Schema: public

ALTER TABLE public.practitioner_calendars ENABLE ROW LEVEL SECURITY;

-- Name: practitioner_contracts; Type: ROW SECURITY; Schema: public

ALTER TABLE public.practitioner_contracts ENABLE ROW LEVEL SECURITY;

-- Name: practitioner_time_off; Type: ROW SECURITY; Schema: public

ALTER TABLE public.practitioner_time_off ENABLE ROW LEVEL SECURITY;

-- Name: practitioners; Type: ROW SECURITY; Schema: public

ALTER TABLE public.practitioners ENABLE ROW LEVEL SECURITY;

-- Name: availability_exceptions practitioners add their own exceptions, admins any; Type: POLICY; Schema: public

CREATE POLICY "practitioners add their own exceptions, admins any" ON public.availability_exceptions FOR INSERT TO authenticated WITH CHECK (((practitioner_id = ANY (ARRAY( SELECT private.my_practitioner_ids() AS my_practitioner_ids))) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: practitioner_availability practitioners add their own hours, admins any; Type: POLICY; Schema: public

CREATE POLICY "practitioners add their own hours, admins any" ON public.practitioner_availability FOR INSERT TO authenticated WITH CHECK (((practitioner_id = ANY (ARRAY( SELECT private.my_practitioner_ids() AS my_practitioner_ids))) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: action_templates practitioners add their own templates, admins the platform's; Type: POLICY; Schema: public

CREATE POLICY "practitioners add their own templates, admins the platform's" ON public.action_templates FOR INSERT TO authenticated WITH CHECK (((practitioner_id = ANY (ARRAY( SELECT private.my_practitioner_ids() AS my_practitioner_ids))) OR ((practitioner_id IS NULL) AND ( SELECT private.is_admin() AS is_admin))));

-- Name: action_checklist practitioners and admins delete checklist lines; Type: POLICY; Schema: public

CREATE POLICY "practitioners and admins delete checklist lines" ON public.action_checklist FOR DELETE TO authenticated USING (((client_id IN ( SELECT private.my_client_ids() AS my_client_ids)) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: practitioner_assignments practitioners and admins end assignments; Type: POLICY; Schema: public

CREATE POLICY "practitioners and admins end assignments" ON public.practitioner_assignments FOR DELETE TO authenticated USING (((practitioner_id = ANY (ARRAY( SELECT private.my_practitioner_ids() AS my_practitioner_ids))) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: contract_rules practitioners and admins read contract rules; Type: POLICY; Schema: public

CREATE POLICY "practitioners and admins read contract rules" ON public.contract_rules FOR SELECT TO authenticated USING (((EXISTS ( SELECT
   FROM private.my_practitioner_ids() my_practitioner_ids(my_practitioner_ids))) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: payout_periods practitioners and admins read payout periods; Type: POLICY; Schema: public

CREATE POLICY "practitioners and admins read payout periods" ON public.payout_periods FOR SELECT TO authenticated USING (((EXISTS ( SELECT
   FROM private.my_practitioner_ids() my_practitioner_ids(my_practitioner_ids))) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: payout_terms practitioners and admins read payout terms; Type: POLICY; Schema: public

CREATE POLICY "practitioners and admins read payout terms" ON public.payout_terms FOR SELECT TO authenticated USING (((EXISTS ( SELECT
   FROM private.my_practitioner_ids() my_practitioner_ids(my_practitioner_ids))) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: revenue_shares practitioners and admins read revenue shares; Type: POLICY; Schema: public

CREATE POLICY "practitioners and admins read revenue shares" ON public.revenue_shares FOR SELECT TO authenticated USING (((EXISTS ( SELECT
   FROM private.my_practitioner_ids() my_practitioner_ids(my_practitioner_ids))) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: action_recommendations practitioners and admins withdraw recommendations; Type: POLICY; Schema: public

CREATE POLICY "practitioners and admins withdraw recommendations" ON public.action_recommendations FOR DELETE TO authenticated USING (((practitioner_id = ANY (ARRAY( SELECT private.my_practitioner_ids() AS my_practitioner_ids))) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: availability_exceptions practitioners change their own exceptions, admins any; Type: POLICY; Schema: public

CREATE POLICY "practitioners change their own exceptions, admins any" ON public.availability_exceptions FOR UPDATE TO authenticated USING (((practitioner_id = ANY (ARRAY( SELECT private.my_practitioner_ids() AS my_practitioner_ids))) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: practitioner_availability practitioners change their own hours, admins any; Type: POLICY; Schema: public

CREATE POLICY "practitioners change their own hours, admins any" ON public.practitioner_availability FOR UPDATE TO authenticated USING (((practitioner_id = ANY (ARRAY( SELECT private.my_practitioner_ids() AS my_practitioner_ids))) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: action_templates practitioners change their own templates, admins the platform's; Type: POLICY; Schema: public

CREATE POLICY "practitioners change their own templates, admins the platform's" ON public.action_templates FOR UPDATE TO authenticated USING (((practitioner_id = ANY (ARRAY( SELECT private.my_practitioner_ids() AS my_practitioner_ids))) OR ((practitioner_id IS NULL) AND ( SELECT private.is_admin() AS is_admin))));

-- Name: practitioner_time_off practitioners change their own time off, admins any; Type: POLICY; Schema: public

CREATE POLICY "practitioners change their own time off, admins any" ON public.practitioner_time_off FOR UPDATE TO authenticated USING (((practitioner_id = ANY (ARRAY( SELECT private.my_practitioner_ids() AS my_practitioner_ids))) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: practitioners practitioners edit themselves, admins all; Type: POLICY; Schema: public

CREATE POLICY "practitioners edit themselves, admins all" ON public.practitioners FOR UPDATE TO authenticated USING (((user_id = ( SELECT auth.uid() AS uid)) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: practitioner_time_off practitioners give back their own time off, admins any; Type: POLICY; Schema: public

CREATE POLICY "practitioners give back their own time off, admins any" ON public.practitioner_time_off FOR DELETE TO authenticated USING (((practitioner_id = ANY (ARRAY( SELECT private.my_practitioner_ids() AS my_practitioner_ids))) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: ledger_transactions practitioners read their ledger, admins all; Type: POLICY; Schema: public

CREATE POLICY "practitioners read their ledger, admins all" ON public.ledger_transactions FOR SELECT TO authenticated USING (((practitioner_id = ANY (ARRAY( SELECT private.my_practitioner_ids() AS my_practitioner_ids))) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: practitioner_banking practitioners read their own banking, admins all; Type: POLICY; Schema: public

CREATE POLICY "practitioners read their own banking, admins all" ON public.practitioner_banking FOR SELECT TO authenticated USING (((practitioner_id = ANY (ARRAY( SELECT private.my_practitioner_ids() AS my_practitioner_ids))) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: contract_signatures practitioners read their own contract signatures, admins all; Type: POLICY; Schema: public

CREATE POLICY "practitioners read their own contract signatures, admins all" ON public.contract_signatures FOR SELECT TO authenticated USING (((EXISTS ( SELECT
   FROM public.practitioner_contracts c
  WHERE ((c.id = contract_signatures.contract_id) AND (c.practitioner_id = ANY (ARRAY( SELECT private.my_practitioner_ids() AS my_practitioner_ids)))))) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: practitioner_contracts practitioners read their own contracts, admins all; Type: POLICY; Schema: public

CREATE POLICY "practitioners read their own contracts, admins all" ON public.practitioner_contracts FOR SELECT TO authenticated USING (((practitioner_id = ANY (ARRAY( SELECT private.my_practitioner_ids() AS my_practitioner_ids))) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: availability_exceptions practitioners read their own exceptions, admins all; Type: POLICY; Schema: public

CREATE POLICY "practitioners read their own exceptions, admins all" ON public.availability_exceptions FOR SELECT TO authenticated USING (((practitioner_id = ANY (ARRAY( SELECT private.my_practitioner_ids() AS my_practitioner_ids))) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: practitioner_time_off practitioners read their own time off, admins all; Type: POLICY; Schema: public

CREATE POLICY "practitioners read their own time off, admins all" ON public.practitioner_time_off FOR SELECT TO authenticated USING (((practitioner_id = ANY (ARRAY( SELECT private.my_practitioner_ids() AS my_practitioner_ids))) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: payout_lines practitioners read their payout lines, admins all; Type: POLICY; Schema: public

CREATE POLICY "practitioners read their payout lines, admins all" ON public.payout_lines FOR SELECT TO authenticated USING (((practitioner_id = ANY (ARRAY( SELECT private.my_practitioner_ids() AS my_practitioner_ids))) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: payouts practitioners read their payouts, admins all; Type: POLICY; Schema: public

CREATE POLICY "practitioners read their payouts, admins all" ON public.payouts FOR SELECT TO authenticated USING (((practitioner_id = ANY (ARRAY( SELECT private.my_practitioner_ids() AS my_practitioner_ids))) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: contract_events practitioners read what happened to their contracts, admins all; Type: POLICY; Schema: public

CREATE POLICY "practitioners read what happened to their contracts, admins all" ON public.contract_events FOR SELECT TO authenticated USING (((EXISTS ( SELECT
   FROM public.practitioner_contracts c
  WHERE ((c.id = contract_events.contract_id) AND (c.practitioner_id = ANY (ARRAY( SELECT private.my_practitioner_ids() AS my_practitioner_ids)))))) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: banking_accesses practitioners read who got at their account, admins all; Type: POLICY; Schema: public

CREATE POLICY "practitioners read who got at their account, admins all" ON public.banking_accesses FOR SELECT TO authenticated USING (((practitioner_id = ANY (ARRAY( SELECT private.my_practitioner_ids() AS my_practitioner_ids))) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: action_recommendations practitioners recommend to their clients; Type: POLICY; Schema: public

CREATE POLICY "practitioners recommend to their clients" ON public.action_recommendations FOR INSERT TO authenticated WITH CHECK (((practitioner_id = ANY (ARRAY( SELECT private.my_practitioner_ids() AS my_practitioner_ids))) AND (client_id IN ( SELECT private.my_client_ids() AS my_client_ids)) AND ((session_id IS NULL) OR (EXISTS ( SELECT
   FROM public.session_schedules s
  WHERE ((s.id = action_recommendations.session_id) AND (s.client_id = action_recommendations.client_id) AND (s.practitioner_id = action_recommendations.practitioner_id))))) AND ((template_id IS NULL) OR (EXISTS ( SELECT
   FROM public.action_templates t
  WHERE ((t.id = action_recommendations.template_id) AND t.is_active AND (COALESCE(t.practitioner_id, action_recommendations.practitioner_id) = action_recommendations.practitioner_id)))))));

-- Name: availability_exceptions practitioners remove their own exceptions, admins any; Type: POLICY; Schema: public

CREATE POLICY "practitioners remove their own exceptions, admins any" ON public.availability_exceptions FOR DELETE TO authenticated USING (((practitioner_id = ANY (ARRAY( SELECT private.my_practitioner_ids() AS my_practitioner_ids))) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: practitioner_availability practitioners remove their own hours, admins any; Type: POLICY; Schema: public

CREATE POLICY "practitioners remove their own hours, admins any" ON public.practitioner_availability FOR DELETE TO authenticated USING (((practitioner_id = ANY (ARRAY( SELECT private.my_practitioner_ids() AS my_practitioner_ids))) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: practitioner_calendars practitioners set up their own calendar, admins any; Type: POLICY; Schema: public

CREATE POLICY "practitioners set up their own calendar, admins any" ON public.practitioner_calendars FOR UPDATE TO authenticated USING (((practitioner_id = ANY (ARRAY( SELECT private.my_practitioner_ids() AS my_practitioner_ids))) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: practitioner_contracts practitioners sign, admins end contracts; Type: POLICY; Schema: public

CREATE POLICY "practitioners sign, admins end contracts" ON public.practitioner_contracts FOR UPDATE TO authenticated USING ((((status = 'pending'::text) AND (practitioner_id = ANY (ARRAY( SELECT private.my_practitioner_ids() AS my_practitioner_ids)))) OR ( SELECT private.is_admin() AS is_admin))) WITH CHECK (((practitioner_id = ANY (ARRAY( SELECT private.my_practitioner_ids() AS my_practitioner_ids))) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: practitioner_time_off practitioners take their own time off, admins any; Type: POLICY; Schema: public

CREATE POLICY "practitioners take their own time off, admins any" ON public.practitioner_time_off FOR INSERT TO authenticated WITH CHECK (((practitioner_id = ANY (ARRAY( SELECT private.my_practitioner_ids() AS my_practitioner_ids))) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: action_checklist practitioners write checklists for their clients; Type: POLICY; Schema: public

CREATE POLICY "practitioners write checklists for their clients" ON public.action_checklist FOR INSERT TO authenticated WITH CHECK ((((practitioner_id = ( SELECT auth.uid() AS uid)) AND (client_id IN ( SELECT private.my_client_ids() AS my_client_ids))) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: products; Type: ROW SECURITY; Schema: public

ALTER TABLE public.products ENABLE ROW LEVEL SECURITY;

-- Name: profiles; Type: ROW SECURITY; Schema: public

ALTER TABLE public.profiles ENABLE ROW LEVEL SECURITY;

-- Name: recording_erasures; Type: ROW SECURITY; Schema: public

ALTER TABLE public.recording_erasures ENABLE ROW LEVEL SECURITY;

-- Name: recording_rules; Type: ROW SECURITY; Schema: public

ALTER TABLE public.recording_rules ENABLE ROW LEVEL SECURITY;

-- Name: recording_share_links; Type: ROW SECURITY; Schema: public

ALTER TABLE public.recording_share_links ENABLE ROW LEVEL SECURITY;

-- Name: recording_views; Type: ROW SECURITY; Schema: public

ALTER TABLE public.recording_views ENABLE ROW LEVEL SECURITY;

-- Name: retention_receipts; Type: ROW SECURITY; Schema: public

ALTER TABLE public.retention_receipts ENABLE ROW LEVEL SECURITY;

-- Name: revenue_shares; Type: ROW SECURITY; Schema: public

ALTER TABLE public.revenue_shares ENABLE ROW LEVEL SECURITY;

-- Name: session_attendance; Type: ROW SECURITY; Schema: public

ALTER TABLE public.session_attendance ENABLE ROW LEVEL SECURITY;

-- Name: session_cancellations; Type: ROW SECURITY; Schema: public

ALTER TABLE public.session_cancellations ENABLE ROW LEVEL SECURITY;

-- Name: session_holds; Type: ROW SECURITY; Schema: public

ALTER TABLE public.session_holds ENABLE ROW LEVEL SECURITY;

-- Name: session_notes; Type: ROW SECURITY; Schema: public

ALTER TABLE public.session_notes ENABLE ROW LEVEL SECURITY;

-- Name: session_packages; Type: ROW SECURITY; Schema: public

ALTER TABLE public.session_packages ENABLE ROW LEVEL SECURITY;

-- Name: session_payments; Type: ROW SECURITY; Schema: public

ALTER TABLE public.session_payments ENABLE ROW LEVEL SECURITY;

-- Name: session_recordings; Type: ROW SECURITY; Schema: public

ALTER TABLE public.session_recordings ENABLE ROW LEVEL SECURITY;

-- Name: session_rules; Type: ROW SECURITY; Schema: public

ALTER TABLE public.session_rules ENABLE ROW LEVEL SECURITY;

-- Name: session_schedules; Type: ROW SECURITY; Schema: public

ALTER TABLE public.session_schedules ENABLE ROW LEVEL SECURITY;

-- Name: session_types; Type: ROW SECURITY; Schema: public

ALTER TABLE public.session_types ENABLE ROW LEVEL SECURITY;

-- Name: practitioner_calendars signed-in people read calendars; Type: POLICY; Schema: public

CREATE POLICY "signed-in people read calendars" ON public.practitioner_calendars FOR SELECT TO authenticated USING (true);

-- Name: practitioner_availability signed-in people read hours; Type: POLICY; Schema: public

CREATE POLICY "signed-in people read hours" ON public.practitioner_availability FOR SELECT TO authenticated USING (true);

-- Name: liability_waivers signers, the session's practitioner and admins read waivers; Type: POLICY; Schema: public

CREATE POLICY "signers, the session's practitioner and admins read waivers" ON public.liability_waivers FOR SELECT TO authenticated USING (((user_id = ( SELECT auth.uid() AS uid)) OR (session_id IN ( SELECT private.my_led_session_ids() AS my_led_session_ids)) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: studio_locations; Type: ROW SECURITY; Schema: public

ALTER TABLE public.studio_locations ENABLE ROW LEVEL SECURITY;

-- Name: user_consents; Type: ROW SECURITY; Schema: public

ALTER TABLE public.user_consents ENABLE ROW LEVEL SECURITY;

-- Name: user_notifications; Type: ROW SECURITY; Schema: public

ALTER TABLE public.user_notifications ENABLE ROW LEVEL SECURITY;

-- Name: user_preferences; Type: ROW SECURITY; Schema: public

ALTER TABLE public.user_preferences ENABLE ROW LEVEL SECURITY;

-- Name: user_roles; Type: ROW SECURITY; Schema: public

ALTER TABLE public.user_roles ENABLE ROW LEVEL SECURITY;

-- Name: user_session_credits; Type: ROW SECURITY; Schema: public

ALTER TABLE public.user_session_credits ENABLE ROW LEVEL SECURITY;

-- Name: session_packages visitors read active packages; Type: POLICY; Schema: public

CREATE POLICY "visitors read active packages" ON public.session_packages FOR SELECT TO anon USING (is_active);

-- Name: waiver_policy; Type: ROW SECURITY; Schema: public

ALTER TABLE public.waiver_policy ENABLE ROW LEVEL SECURITY;

-- Name: webhook_deliveries; Type: ROW SECURITY; Schema: public

ALTER TABLE public.webhook_deliveries ENABLE ROW LEVEL SECURITY;

-- Name: webhook_endpoints; Type: ROW SECURITY; Schema: public

ALTER TABLE public.webhook_endpoints ENABLE ROW LEVEL SECURITY;

-- Name: recording_share_links who made a share link or sees its recording sees it; Type: POLICY; Schema: public

CREATE POLICY "who made a share link or sees its recording sees it" ON public.recording_share_links FOR SELECT TO authenticated USING (((created_by = ( SELECT auth.uid() AS uid)) OR (recording_id IN ( SELECT r.id
   FROM public.session_recordings r))));

-- Name: recording_views who sees a recording sees who watched it; Type: POLICY; Schema: public

CREATE POLICY "who sees a recording sees who watched it" ON public.recording_views FOR SELECT TO authenticated USING (((recording_id IN ( SELECT r.id
   FROM public.session_recordings r)) OR ( SELECT private.is_admin() AS is_admin)));

-- Name: ledger_postings whoever reads a transaction reads its postings; Type: POLICY; Schema: public

CREATE POLICY "whoever reads a transaction reads its postings" ON public.ledger_postings FOR SELECT TO authenticated USING ((( SELECT private.is_admin() AS is_admin) OR (transaction_id IN ( SELECT t.id
   FROM public.ledger_transactions t
  WHERE (t.practitioner_id = ANY (ARRAY( SELECT private.my_practitioner_ids() AS my_practitioner_ids)))))));

-- Name: SCHEMA private; Type: ACL; Schema: -

GRANT USAGE ON SCHEMA private TO authenticated;
GRANT USAGE ON SCHEMA private TO service_role;

-- Name: SCHEMA public; Type: ACL; Schema: -

GRANT USAGE ON SCHEMA public TO anon;
GRANT USAGE ON SCHEMA public TO authenticated;
GRANT USAGE ON SCHEMA public TO service_role;

-- Name: TABLE session_schedules; Type: ACL; Schema: public

GRANT SELECT,DELETE ON TABLE public.session_schedules TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.session_schedules TO service_role;

-- Name: COLUMN session_schedules.practitioner_id; Type: ACL; Schema: public

GRANT INSERT(practitioner_id) ON TABLE public.session_schedules TO authenticated;

-- Name: COLUMN session_schedules.client_id; Type: ACL; Schema: public

GRANT INSERT(client_id) ON TABLE public.session_schedules TO authenticated;

-- Name: COLUMN session_schedules.scheduled_at; Type: ACL; Schema: public

GRANT INSERT(scheduled_at),UPDATE(scheduled_at) ON TABLE public.session_schedules TO authenticated;

-- Name: COLUMN session_schedules.duration_minutes; Type: ACL; Schema: public

GRANT INSERT(duration_minutes) ON TABLE public.session_schedules TO authenticated;

-- Name: COLUMN session_schedules.room_name; Type: ACL; Schema: public

GRANT INSERT(room_name) ON TABLE public.session_schedules TO authenticated;

-- Name: COLUMN session_schedules.status; Type: ACL; Schema: public

GRANT INSERT(status),UPDATE(status) ON TABLE public.session_schedules TO authenticated;

-- Name: COLUMN session_schedules.notes; Type: ACL; Schema: public

GRANT INSERT(notes),UPDATE(notes) ON TABLE public.session_schedules TO authenticated;

-- Name: COLUMN session_schedules.host_room_url; Type: ACL; Schema: public

GRANT INSERT(host_room_url) ON TABLE public.session_schedules TO authenticated;

-- Name: COLUMN session_schedules.cancelled_at; Type: ACL; Schema: public

GRANT UPDATE(cancelled_at) ON TABLE public.session_schedules TO authenticated;

-- Name: COLUMN session_schedules.class_name; Type: ACL; Schema: public

GRANT INSERT(class_name),UPDATE(class_name) ON TABLE public.session_schedules TO authenticated;

-- Name: COLUMN session_schedules.session_location; Type: ACL; Schema: public

GRANT INSERT(session_location),UPDATE(session_location) ON TABLE public.session_schedules TO authenticated;

-- Name: COLUMN session_schedules.physical_location; Type: ACL; Schema: public

GRANT INSERT(physical_location),UPDATE(physical_location) ON TABLE public.session_schedules TO authenticated;

-- Name: COLUMN session_schedules.max_participants; Type: ACL; Schema: public

GRANT INSERT(max_participants),UPDATE(max_participants) ON TABLE public.session_schedules TO authenticated;

-- Name: COLUMN session_schedules.current_participants; Type: ACL; Schema: public

GRANT INSERT(current_participants),UPDATE(current_participants) ON TABLE public.session_schedules TO authenticated;

-- Name: COLUMN session_schedules.correlated_session_id; Type: ACL; Schema: public

GRANT UPDATE(correlated_session_id) ON TABLE public.session_schedules TO authenticated;

-- Name: FUNCTION add_up_payout(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.add_up_payout() FROM PUBLIC;

-- Name: FUNCTION add_up_payouts(payout_ids uuid[]); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.add_up_payouts(payout_ids uuid[]) FROM PUBLIC;

-- Name: FUNCTION add_up_payouts_of_lines(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.add_up_payouts_of_lines() FROM PUBLIC;

-- Name: FUNCTION address_message(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.address_message() FROM PUBLIC;

-- Name: FUNCTION adjust_credits(lot_id uuid, user_id uuid, change integer, reason text, session_type_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.adjust_credits(lot_id uuid, user_id uuid, change integer, reason text, session_type_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.adjust_credits(lot_id uuid, user_id uuid, change integer, reason text, session_type_id uuid) TO authenticated;

-- Name: FUNCTION adjust_earnings(practitioner_id uuid, currency text, amount_minor bigint, reason text, session_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.adjust_earnings(practitioner_id uuid, currency text, amount_minor bigint, reason text, session_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.adjust_earnings(practitioner_id uuid, currency text, amount_minor bigint, reason text, session_id uuid) TO authenticated;

-- Name: FUNCTION admit(session_id uuid, channel_name text, expires_at timestamp with time zone); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.admit(session_id uuid, channel_name text, expires_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION private.admit(session_id uuid, channel_name text, expires_at timestamp with time zone) TO authenticated;

-- Name: FUNCTION advance_session(session_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.advance_session(session_id uuid) FROM PUBLIC;

-- Name: FUNCTION agree_to_cancel(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.agree_to_cancel() FROM PUBLIC;

-- Name: FUNCTION agree_to_move(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.agree_to_move() FROM PUBLIC;

-- Name: FUNCTION apply_channel_event(event private.channel_events); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.apply_channel_event(event private.channel_events) FROM PUBLIC;

-- Name: TABLE agora_notifications; Type: ACL; Schema: private

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE private.agora_notifications TO service_role;

-- Name: FUNCTION apply_notification(notice private.agora_notifications); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.apply_notification(notice private.agora_notifications) FROM PUBLIC;
GRANT ALL ON FUNCTION private.apply_notification(notice private.agora_notifications) TO service_role;

-- Name: FUNCTION apply_retention(at_most integer); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.apply_retention(at_most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION private.apply_retention(at_most integer) TO service_role;

-- Name: TABLE stripe_events; Type: ACL; Schema: private

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE private.stripe_events TO service_role;

-- Name: FUNCTION apply_stripe_event(event private.stripe_events); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.apply_stripe_event(event private.stripe_events) FROM PUBLIC;
GRANT ALL ON FUNCTION private.apply_stripe_event(event private.stripe_events) TO service_role;

-- Name: FUNCTION apply_waiting_events(payment_intent_id text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.apply_waiting_events(payment_intent_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.apply_waiting_events(payment_intent_id text) TO service_role;

-- Name: TABLE checkout_sessions; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.checkout_sessions TO authenticated;
GRANT SELECT ON TABLE public.checkout_sessions TO service_role;

-- Name: FUNCTION ask_back_credits(c public.checkout_sessions, credits integer); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.ask_back_credits(c public.checkout_sessions, credits integer) FROM PUBLIC;

-- Name: FUNCTION ask_for_session_mail(kind text, session public.session_schedules, payload jsonb); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.ask_for_session_mail(kind text, session public.session_schedules, payload jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION private.ask_for_session_mail(kind text, session public.session_schedules, payload jsonb) TO authenticated;
GRANT ALL ON FUNCTION private.ask_for_session_mail(kind text, session public.session_schedules, payload jsonb) TO service_role;

-- Name: FUNCTION attendance_lock(session_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.attendance_lock(session_id uuid) FROM PUBLIC;

-- Name: FUNCTION audit_findings(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.audit_findings() FROM PUBLIC;

-- Name: TABLE audit_logs; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.audit_logs TO authenticated;
GRANT SELECT ON TABLE public.audit_logs TO service_role;

-- Name: COLUMN audit_logs.user_id; Type: ACL; Schema: public

GRANT INSERT(user_id) ON TABLE public.audit_logs TO service_role;

-- Name: COLUMN audit_logs.action; Type: ACL; Schema: public

GRANT INSERT(action) ON TABLE public.audit_logs TO service_role;

-- Name: COLUMN audit_logs.table_name; Type: ACL; Schema: public

GRANT INSERT(table_name) ON TABLE public.audit_logs TO service_role;

-- Name: COLUMN audit_logs.record_id; Type: ACL; Schema: public

GRANT INSERT(record_id) ON TABLE public.audit_logs TO service_role;

-- Name: COLUMN audit_logs.ip_address; Type: ACL; Schema: public

GRANT INSERT(ip_address) ON TABLE public.audit_logs TO service_role;

-- Name: COLUMN audit_logs.user_agent; Type: ACL; Schema: public

GRANT INSERT(user_agent) ON TABLE public.audit_logs TO service_role;

-- Name: COLUMN audit_logs.metadata; Type: ACL; Schema: public

GRANT INSERT(metadata) ON TABLE public.audit_logs TO service_role;

-- Name: FUNCTION audit_line_sha256(line public.audit_logs); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.audit_line_sha256(line public.audit_logs) FROM PUBLIC;

-- Name: FUNCTION audit_personal_sha256(line public.audit_logs); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.audit_personal_sha256(line public.audit_logs) FROM PUBLIC;

-- Name: FUNCTION audited_change(old_row jsonb, new_row jsonb); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.audited_change(old_row jsonb, new_row jsonb) FROM PUBLIC;

-- Name: FUNCTION balance_transaction(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.balance_transaction() FROM PUBLIC;

-- Name: FUNCTION bank_numbers_not_under(key_id text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.bank_numbers_not_under(key_id text) FROM PUBLIC;

-- Name: FUNCTION banking_obstacle(practitioner_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.banking_obstacle(practitioner_id uuid) FROM PUBLIC;

-- Name: FUNCTION begin_checkout(user_id uuid, payment_type text, currency text, session_type_id uuid, duration_minutes integer, session_type text, is_group boolean, practitioner_id uuid, scheduled_at timestamp with time zone, session_location text, physical_location text, group_class_id uuid, notes text, cancellation_policy_agreed boolean, cancellation_policy_version uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.begin_checkout(user_id uuid, payment_type text, currency text, session_type_id uuid, duration_minutes integer, session_type text, is_group boolean, practitioner_id uuid, scheduled_at timestamp with time zone, session_location text, physical_location text, group_class_id uuid, notes text, cancellation_policy_agreed boolean, cancellation_policy_version uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.begin_checkout(user_id uuid, payment_type text, currency text, session_type_id uuid, duration_minutes integer, session_type text, is_group boolean, practitioner_id uuid, scheduled_at timestamp with time zone, session_location text, physical_location text, group_class_id uuid, notes text, cancellation_policy_agreed boolean, cancellation_policy_version uuid) TO authenticated;

-- Name: FUNCTION begin_session(session_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.begin_session(session_id uuid) FROM PUBLIC;

-- Name: FUNCTION blank_evidence_of(user_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.blank_evidence_of(user_id uuid) FROM PUBLIC;

-- Name: FUNCTION book_session_with_credit(practitioner_id uuid, scheduled_at timestamp with time zone, duration_minutes integer, session_type_id uuid, session_type text, is_group boolean, session_location text, physical_location text, notes text, location_coordinates point); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.book_session_with_credit(practitioner_id uuid, scheduled_at timestamp with time zone, duration_minutes integer, session_type_id uuid, session_type text, is_group boolean, session_location text, physical_location text, notes text, location_coordinates point) FROM PUBLIC;
GRANT ALL ON FUNCTION private.book_session_with_credit(practitioner_id uuid, scheduled_at timestamp with time zone, duration_minutes integer, session_type_id uuid, session_type text, is_group boolean, session_location text, physical_location text, notes text, location_coordinates point) TO authenticated;

-- Name: FUNCTION bookable_until(practitioner_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.bookable_until(practitioner_id uuid) FROM PUBLIC;

-- Name: FUNCTION is_time_zone(name text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.is_time_zone(name text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.is_time_zone(name text) TO authenticated;
GRANT ALL ON FUNCTION private.is_time_zone(name text) TO service_role;

-- Name: TABLE practitioner_calendars; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.practitioner_calendars TO authenticated;
GRANT SELECT,UPDATE ON TABLE public.practitioner_calendars TO service_role;

-- Name: COLUMN practitioner_calendars.time_zone; Type: ACL; Schema: public

GRANT UPDATE(time_zone) ON TABLE public.practitioner_calendars TO authenticated;

-- Name: COLUMN practitioner_calendars.minimum_notice_minutes; Type: ACL; Schema: public

GRANT UPDATE(minimum_notice_minutes) ON TABLE public.practitioner_calendars TO authenticated;

-- Name: COLUMN practitioner_calendars.booking_horizon_days; Type: ACL; Schema: public

GRANT UPDATE(booking_horizon_days) ON TABLE public.practitioner_calendars TO authenticated;

-- Name: COLUMN practitioner_calendars.buffer_before_minutes; Type: ACL; Schema: public

GRANT UPDATE(buffer_before_minutes) ON TABLE public.practitioner_calendars TO authenticated;

-- Name: COLUMN practitioner_calendars.buffer_after_minutes; Type: ACL; Schema: public

GRANT UPDATE(buffer_after_minutes) ON TABLE public.practitioner_calendars TO authenticated;

-- Name: FUNCTION buffered(scheduled_at timestamp with time zone, duration_minutes integer, calendar public.practitioner_calendars); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.buffered(scheduled_at timestamp with time zone, duration_minutes integer, calendar public.practitioner_calendars) FROM PUBLIC;

-- Name: FUNCTION came(session public.session_schedules, user_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.came(session public.session_schedules, user_id uuid) FROM PUBLIC;

-- Name: FUNCTION cancel_class_instead(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.cancel_class_instead() FROM PUBLIC;

-- Name: FUNCTION cancel_coming_sessions(user_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.cancel_coming_sessions(user_id uuid) FROM PUBLIC;

-- Name: FUNCTION cancellation_terms(session public.session_schedules, wants_grace boolean); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.cancellation_terms(session public.session_schedules, wants_grace boolean) FROM PUBLIC;

-- Name: FUNCTION channel_of(session public.session_schedules); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.channel_of(session public.session_schedules) FROM PUBLIC;
GRANT ALL ON FUNCTION private.channel_of(session public.session_schedules) TO authenticated;

-- Name: FUNCTION channel_was_heard(session_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.channel_was_heard(session_id uuid) FROM PUBLIC;

-- Name: FUNCTION check_invariants(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.check_invariants() FROM PUBLIC;
GRANT ALL ON FUNCTION private.check_invariants() TO service_role;

-- Name: FUNCTION choose_credit(user_id uuid, session_type_ids uuid[]); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.choose_credit(user_id uuid, session_type_ids uuid[]) FROM PUBLIC;

-- Name: FUNCTION claim_checkout(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.claim_checkout() FROM PUBLIC;
GRANT ALL ON FUNCTION private.claim_checkout() TO service_role;

-- Name: FUNCTION claim_mail(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.claim_mail() FROM PUBLIC;
GRANT ALL ON FUNCTION private.claim_mail() TO service_role;

-- Name: FUNCTION claim_webhook_delivery(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.claim_webhook_delivery() FROM PUBLIC;
GRANT ALL ON FUNCTION private.claim_webhook_delivery() TO service_role;

-- Name: TABLE session_types; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.session_types TO anon;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.session_types TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.session_types TO service_role;

-- Name: FUNCTION class_to_pay(group_class_id uuid, practitioner_id uuid, scheduled_at timestamp with time zone, session_location text, type public.session_types); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.class_to_pay(group_class_id uuid, practitioner_id uuid, scheduled_at timestamp with time zone, session_location text, type public.session_types) FROM PUBLIC;

-- Name: FUNCTION clients_of(session public.session_schedules); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.clients_of(session public.session_schedules) FROM PUBLIC;

-- Name: FUNCTION closed_after(session_id uuid, since timestamp with time zone); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.closed_after(session_id uuid, since timestamp with time zone) FROM PUBLIC;

-- Name: FUNCTION closed_recording_ids(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.closed_recording_ids() FROM PUBLIC;
GRANT ALL ON FUNCTION private.closed_recording_ids() TO authenticated;
GRANT ALL ON FUNCTION private.closed_recording_ids() TO service_role;

-- Name: FUNCTION count_participants(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.count_participants() FROM PUBLIC;

-- Name: FUNCTION count_without_consent(session public.session_schedules); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.count_without_consent(session public.session_schedules) FROM PUBLIC;

-- Name: TABLE recording_share_links; Type: ACL; Schema: public

GRANT SELECT,INSERT,UPDATE ON TABLE public.recording_share_links TO service_role;

-- Name: COLUMN recording_share_links.id; Type: ACL; Schema: public

GRANT SELECT(id) ON TABLE public.recording_share_links TO authenticated;

-- Name: COLUMN recording_share_links.recording_id; Type: ACL; Schema: public

GRANT SELECT(recording_id) ON TABLE public.recording_share_links TO authenticated;

-- Name: COLUMN recording_share_links.created_by; Type: ACL; Schema: public

GRANT SELECT(created_by) ON TABLE public.recording_share_links TO authenticated;

-- Name: COLUMN recording_share_links.has_password; Type: ACL; Schema: public

GRANT SELECT(has_password) ON TABLE public.recording_share_links TO authenticated;

-- Name: COLUMN recording_share_links.view_limit; Type: ACL; Schema: public

GRANT SELECT(view_limit) ON TABLE public.recording_share_links TO authenticated;

-- Name: COLUMN recording_share_links.view_count; Type: ACL; Schema: public

GRANT SELECT(view_count) ON TABLE public.recording_share_links TO authenticated;

-- Name: COLUMN recording_share_links.created_at; Type: ACL; Schema: public

GRANT SELECT(created_at) ON TABLE public.recording_share_links TO authenticated;

-- Name: COLUMN recording_share_links.expires_at; Type: ACL; Schema: public

GRANT SELECT(expires_at) ON TABLE public.recording_share_links TO authenticated;

-- Name: COLUMN recording_share_links.revoked_at; Type: ACL; Schema: public

GRANT SELECT(revoked_at) ON TABLE public.recording_share_links TO authenticated;

-- Name: FUNCTION create_recording_share_link(recording_id uuid, token_sha256 text, expires_in_days integer, password_scrypt text, view_limit integer); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.create_recording_share_link(recording_id uuid, token_sha256 text, expires_in_days integer, password_scrypt text, view_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION private.create_recording_share_link(recording_id uuid, token_sha256 text, expires_in_days integer, password_scrypt text, view_limit integer) TO authenticated;

-- Name: FUNCTION create_webhook_endpoint(url text, events text[], description text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.create_webhook_endpoint(url text, events text[], description text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.create_webhook_endpoint(url text, events text[], description text) TO authenticated;

-- Name: FUNCTION credits_by_ledger(lot_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.credits_by_ledger(lot_id uuid) FROM PUBLIC;

-- Name: FUNCTION currency_of(session public.session_schedules); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.currency_of(session public.session_schedules) FROM PUBLIC;

-- Name: FUNCTION date_cancellation(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.date_cancellation() FROM PUBLIC;

-- Name: FUNCTION date_consent(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.date_consent() FROM PUBLIC;

-- Name: FUNCTION date_hold(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.date_hold() FROM PUBLIC;

-- Name: FUNCTION date_move(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.date_move() FROM PUBLIC;

-- Name: FUNCTION date_or_null(written text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.date_or_null(written text) FROM PUBLIC;

-- Name: FUNCTION delete_rows_of(user_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.delete_rows_of(user_id uuid) FROM PUBLIC;

-- Name: FUNCTION drop_lapsed_holds(practitioner_id uuid, during tstzrange); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.drop_lapsed_holds(practitioner_id uuid, during tstzrange) FROM PUBLIC;

-- Name: FUNCTION earn_completed_sessions(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.earn_completed_sessions() FROM PUBLIC;

-- Name: FUNCTION earn_forfeited_session(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.earn_forfeited_session() FROM PUBLIC;

-- Name: FUNCTION earn_late_payment(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.earn_late_payment() FROM PUBLIC;

-- Name: FUNCTION earn_seat(session_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.earn_seat(session_id uuid) FROM PUBLIC;

-- Name: FUNCTION earners(practitioner_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.earners(practitioner_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.earners(practitioner_id uuid) TO authenticated;

-- Name: FUNCTION earnings_lines(practitioner_id uuid, since timestamp with time zone, until timestamp with time zone); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.earnings_lines(practitioner_id uuid, since timestamp with time zone, until timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION private.earnings_lines(practitioner_id uuid, since timestamp with time zone, until timestamp with time zone) TO authenticated;

-- Name: TABLE erasure_receipts; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.erasure_receipts TO authenticated;
GRANT SELECT ON TABLE public.erasure_receipts TO service_role;

-- Name: FUNCTION erase_account(user_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.erase_account(user_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.erase_account(user_id uuid) TO authenticated;
GRANT ALL ON FUNCTION private.erase_account(user_id uuid) TO service_role;

-- Name: FUNCTION erase_deleted_account(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.erase_deleted_account() FROM PUBLIC;

-- Name: TABLE contract_signatures; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.contract_signatures TO authenticated;
GRANT SELECT ON TABLE public.contract_signatures TO service_role;

-- Name: COLUMN contract_signatures.contract_id; Type: ACL; Schema: public

GRANT INSERT(contract_id) ON TABLE public.contract_signatures TO service_role;

-- Name: COLUMN contract_signatures.user_id; Type: ACL; Schema: public

GRANT INSERT(user_id) ON TABLE public.contract_signatures TO service_role;

-- Name: COLUMN contract_signatures.ip_address; Type: ACL; Schema: public

GRANT INSERT(ip_address) ON TABLE public.contract_signatures TO service_role;

-- Name: COLUMN contract_signatures.user_agent; Type: ACL; Schema: public

GRANT INSERT(user_agent) ON TABLE public.contract_signatures TO service_role;

-- Name: COLUMN contract_signatures.signature_name; Type: ACL; Schema: public

GRANT INSERT(signature_name) ON TABLE public.contract_signatures TO service_role;

-- Name: COLUMN contract_signatures.signature_image; Type: ACL; Schema: public

GRANT INSERT(signature_image) ON TABLE public.contract_signatures TO service_role;

-- Name: FUNCTION evidence_of_contract(signature public.contract_signatures); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.evidence_of_contract(signature public.contract_signatures) FROM PUBLIC;

-- Name: FUNCTION sha256_hex(document text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.sha256_hex(document text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.sha256_hex(document text) TO authenticated;
GRANT ALL ON FUNCTION private.sha256_hex(document text) TO service_role;

-- Name: TABLE liability_waivers; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.liability_waivers TO service_role;

-- Name: COLUMN liability_waivers.id; Type: ACL; Schema: public

GRANT SELECT(id) ON TABLE public.liability_waivers TO authenticated;

-- Name: COLUMN liability_waivers.user_id; Type: ACL; Schema: public

GRANT SELECT(user_id) ON TABLE public.liability_waivers TO authenticated;
GRANT INSERT(user_id) ON TABLE public.liability_waivers TO service_role;

-- Name: COLUMN liability_waivers.session_id; Type: ACL; Schema: public

GRANT SELECT(session_id) ON TABLE public.liability_waivers TO authenticated;
GRANT INSERT(session_id) ON TABLE public.liability_waivers TO service_role;

-- Name: COLUMN liability_waivers.waiver_text; Type: ACL; Schema: public

GRANT SELECT(waiver_text) ON TABLE public.liability_waivers TO authenticated;
GRANT INSERT(waiver_text) ON TABLE public.liability_waivers TO service_role;

-- Name: COLUMN liability_waivers.signed_at; Type: ACL; Schema: public

GRANT SELECT(signed_at) ON TABLE public.liability_waivers TO authenticated;

-- Name: COLUMN liability_waivers.ip_address; Type: ACL; Schema: public

GRANT INSERT(ip_address) ON TABLE public.liability_waivers TO service_role;

-- Name: COLUMN liability_waivers.user_agent; Type: ACL; Schema: public

GRANT INSERT(user_agent) ON TABLE public.liability_waivers TO service_role;

-- Name: COLUMN liability_waivers.created_at; Type: ACL; Schema: public

GRANT SELECT(created_at) ON TABLE public.liability_waivers TO authenticated;

-- Name: COLUMN liability_waivers.waiver_policy_id; Type: ACL; Schema: public

GRANT SELECT(waiver_policy_id) ON TABLE public.liability_waivers TO authenticated;
GRANT INSERT(waiver_policy_id) ON TABLE public.liability_waivers TO service_role;

-- Name: COLUMN liability_waivers.waiver_policy_version; Type: ACL; Schema: public

GRANT SELECT(waiver_policy_version) ON TABLE public.liability_waivers TO authenticated;
GRANT INSERT(waiver_policy_version) ON TABLE public.liability_waivers TO service_role;

-- Name: COLUMN liability_waivers.text_sha256; Type: ACL; Schema: public

GRANT SELECT(text_sha256) ON TABLE public.liability_waivers TO authenticated;

-- Name: COLUMN liability_waivers.signature_name; Type: ACL; Schema: public

GRANT SELECT(signature_name) ON TABLE public.liability_waivers TO authenticated;
GRANT INSERT(signature_name) ON TABLE public.liability_waivers TO service_role;

-- Name: COLUMN liability_waivers.signature_image; Type: ACL; Schema: public

GRANT INSERT(signature_image) ON TABLE public.liability_waivers TO service_role;

-- Name: COLUMN liability_waivers.signer_name; Type: ACL; Schema: public

GRANT SELECT(signer_name) ON TABLE public.liability_waivers TO authenticated;

-- Name: COLUMN liability_waivers.evidence_sha256; Type: ACL; Schema: public

GRANT SELECT(evidence_sha256) ON TABLE public.liability_waivers TO authenticated;

-- Name: FUNCTION evidence_of_waiver(waiver public.liability_waivers); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.evidence_of_waiver(waiver public.liability_waivers) FROM PUBLIC;

-- Name: FUNCTION expire_credits(at_most integer); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.expire_credits(at_most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION private.expire_credits(at_most integer) TO service_role;

-- Name: FUNCTION expire_credits_of(user_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.expire_credits_of(user_id uuid) FROM PUBLIC;

-- Name: FUNCTION facts_count_from(session_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.facts_count_from(session_id uuid) FROM PUBLIC;

-- Name: FUNCTION finish_mail(mail_id uuid, lease_id uuid, outcome text, message_id text, reason text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.finish_mail(mail_id uuid, lease_id uuid, outcome text, message_id text, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.finish_mail(mail_id uuid, lease_id uuid, outcome text, message_id text, reason text) TO service_role;

-- Name: TABLE recording_erasures; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.recording_erasures TO authenticated;
GRANT SELECT,INSERT ON TABLE public.recording_erasures TO service_role;

-- Name: FUNCTION finish_recording_erasure(recording_id uuid, lease_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.finish_recording_erasure(recording_id uuid, lease_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.finish_recording_erasure(recording_id uuid, lease_id uuid) TO service_role;

-- Name: FUNCTION finish_webhook_delivery(delivery_id uuid, lease_id uuid, status integer, error text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.finish_webhook_delivery(delivery_id uuid, lease_id uuid, status integer, error text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.finish_webhook_delivery(delivery_id uuid, lease_id uuid, status integer, error text) TO service_role;

-- Name: FUNCTION follow_payments_page(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.follow_payments_page() FROM PUBLIC;

-- Name: FUNCTION forget_attendance(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.forget_attendance() FROM PUBLIC;

-- Name: FUNCTION forget_auth_log(user_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.forget_auth_log(user_id uuid) FROM PUBLIC;

-- Name: FUNCTION fulfil_checkout(c public.checkout_sessions); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.fulfil_checkout(c public.checkout_sessions) FROM PUBLIC;

-- Name: TABLE session_recordings; Type: ACL; Schema: public

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.session_recordings TO service_role;

-- Name: COLUMN session_recordings.id; Type: ACL; Schema: public

GRANT SELECT(id) ON TABLE public.session_recordings TO authenticated;

-- Name: COLUMN session_recordings.session_id; Type: ACL; Schema: public

GRANT SELECT(session_id) ON TABLE public.session_recordings TO authenticated;

-- Name: COLUMN session_recordings.recording_url; Type: ACL; Schema: public

GRANT SELECT(recording_url) ON TABLE public.session_recordings TO authenticated;

-- Name: COLUMN session_recordings.duration_seconds; Type: ACL; Schema: public

GRANT SELECT(duration_seconds) ON TABLE public.session_recordings TO authenticated;

-- Name: COLUMN session_recordings.file_size_bytes; Type: ACL; Schema: public

GRANT SELECT(file_size_bytes) ON TABLE public.session_recordings TO authenticated;

-- Name: COLUMN session_recordings.status; Type: ACL; Schema: public

GRANT SELECT(status) ON TABLE public.session_recordings TO authenticated;

-- Name: COLUMN session_recordings.started_at; Type: ACL; Schema: public

GRANT SELECT(started_at) ON TABLE public.session_recordings TO authenticated;

-- Name: COLUMN session_recordings.completed_at; Type: ACL; Schema: public

GRANT SELECT(completed_at) ON TABLE public.session_recordings TO authenticated;

-- Name: COLUMN session_recordings.created_at; Type: ACL; Schema: public

GRANT SELECT(created_at) ON TABLE public.session_recordings TO authenticated;

-- Name: COLUMN session_recordings.updated_at; Type: ACL; Schema: public

GRANT SELECT(updated_at) ON TABLE public.session_recordings TO authenticated;

-- Name: FUNCTION get_recording_status(session_id uuid, recording_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.get_recording_status(session_id uuid, recording_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.get_recording_status(session_id uuid, recording_id uuid) TO authenticated;
GRANT ALL ON FUNCTION private.get_recording_status(session_id uuid, recording_id uuid) TO service_role;

-- Name: FUNCTION give_back_payment(c public.checkout_sessions); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.give_back_payment(c public.checkout_sessions) FROM PUBLIC;

-- Name: FUNCTION give_back_to_absent(session public.session_schedules); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.give_back_to_absent(session public.session_schedules) FROM PUBLIC;

-- Name: FUNCTION give_calendar(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.give_calendar() FROM PUBLIC;

-- Name: FUNCTION give_up_lost_mails(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.give_up_lost_mails() FROM PUBLIC;
GRANT ALL ON FUNCTION private.give_up_lost_mails() TO service_role;

-- Name: FUNCTION graces_used(user_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.graces_used(user_id uuid) FROM PUBLIC;

-- Name: FUNCTION grant_credits(user_id uuid, credits integer, package_id uuid, session_type_id uuid, expires_at timestamp with time zone, stripe_payment_intent_id text, order_id text, metadata jsonb, kind text, session_id uuid, reason text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.grant_credits(user_id uuid, credits integer, package_id uuid, session_type_id uuid, expires_at timestamp with time zone, stripe_payment_intent_id text, order_id text, metadata jsonb, kind text, session_id uuid, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.grant_credits(user_id uuid, credits integer, package_id uuid, session_type_id uuid, expires_at timestamp with time zone, stripe_payment_intent_id text, order_id text, metadata jsonb, kind text, session_id uuid, reason text) TO service_role;

-- Name: FUNCTION grant_paid_credits(c public.checkout_sessions); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.grant_paid_credits(c public.checkout_sessions) FROM PUBLIC;

-- Name: FUNCTION guard_action_checklist(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.guard_action_checklist() FROM PUBLIC;

-- Name: FUNCTION guard_action_recommendations(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.guard_action_recommendations() FROM PUBLIC;

-- Name: FUNCTION guard_payment_status(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.guard_payment_status() FROM PUBLIC;

-- Name: FUNCTION guard_practitioner_contracts(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.guard_practitioner_contracts() FROM PUBLIC;

-- Name: FUNCTION guard_session_schedules(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.guard_session_schedules() FROM PUBLIC;

-- Name: FUNCTION heed_admission(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.heed_admission() FROM PUBLIC;

-- Name: FUNCTION held_seats(group_class_id uuid, besides_user uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.held_seats(group_class_id uuid, besides_user uuid) FROM PUBLIC;

-- Name: FUNCTION held_session_ids(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.held_session_ids() FROM PUBLIC;

-- Name: FUNCTION held_user_ids(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.held_user_ids() FROM PUBLIC;

-- Name: FUNCTION hold_credits_to_ledger(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.hold_credits_to_ledger() FROM PUBLIC;

-- Name: FUNCTION hold_lease(recording_id uuid, lease_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.hold_lease(recording_id uuid, lease_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.hold_lease(recording_id uuid, lease_id uuid) TO service_role;

-- Name: TABLE session_holds; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.session_holds TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.session_holds TO service_role;

-- Name: FUNCTION hold_slot(user_id uuid, practitioner_id uuid, scheduled_at timestamp with time zone, session_type_id uuid, session_location text, physical_location text, group_class_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.hold_slot(user_id uuid, practitioner_id uuid, scheduled_at timestamp with time zone, session_type_id uuid, session_location text, physical_location text, group_class_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.hold_slot(user_id uuid, practitioner_id uuid, scheduled_at timestamp with time zone, session_type_id uuid, session_location text, physical_location text, group_class_id uuid) TO authenticated;

-- Name: FUNCTION holds_time(user_id uuid, practitioner_id uuid, scheduled_at timestamp with time zone, duration_minutes integer); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.holds_time(user_id uuid, practitioner_id uuid, scheduled_at timestamp with time zone, duration_minutes integer) FROM PUBLIC;

-- Name: FUNCTION host_of(session public.session_schedules); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.host_of(session public.session_schedules) FROM PUBLIC;

-- Name: FUNCTION idempotency_caller(arguments jsonb); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.idempotency_caller(arguments jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION private.idempotency_caller(arguments jsonb) TO authenticated;
GRANT ALL ON FUNCTION private.idempotency_caller(arguments jsonb) TO service_role;

-- Name: FUNCTION insert_booked_session(client_id uuid, practitioner_id uuid, scheduled_at timestamp with time zone, session_type_id uuid, session_location text, physical_location text, location_coordinates point, notes text, group_class_id uuid, cancellation_policy_version uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.insert_booked_session(client_id uuid, practitioner_id uuid, scheduled_at timestamp with time zone, session_type_id uuid, session_location text, physical_location text, location_coordinates point, notes text, group_class_id uuid, cancellation_policy_version uuid) FROM PUBLIC;

-- Name: FUNCTION insert_paid_seat(client_id uuid, group_class_id uuid, session_type_id uuid, cancellation_policy_version uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.insert_paid_seat(client_id uuid, group_class_id uuid, session_type_id uuid, cancellation_policy_version uuid) FROM PUBLIC;

-- Name: FUNCTION insert_session(client_id uuid, practitioner_id uuid, scheduled_at timestamp with time zone, session_type_id uuid, session_location text, physical_location text, location_coordinates point, notes text, cancellation_policy_version uuid, with_credit boolean); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.insert_session(client_id uuid, practitioner_id uuid, scheduled_at timestamp with time zone, session_type_id uuid, session_location text, physical_location text, location_coordinates point, notes text, cancellation_policy_version uuid, with_credit boolean) FROM PUBLIC;

-- Name: FUNCTION is_admin(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.is_admin() FROM PUBLIC;
GRANT ALL ON FUNCTION private.is_admin() TO anon;
GRANT ALL ON FUNCTION private.is_admin() TO authenticated;
GRANT ALL ON FUNCTION private.is_admin() TO service_role;

-- Name: TABLE studio_locations; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.studio_locations TO anon;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.studio_locations TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.studio_locations TO service_role;

-- Name: FUNCTION is_at_studio(session public.session_schedules, studio public.studio_locations); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.is_at_studio(session public.session_schedules, studio public.studio_locations) FROM PUBLIC;
GRANT ALL ON FUNCTION private.is_at_studio(session public.session_schedules, studio public.studio_locations) TO authenticated;

-- Name: FUNCTION is_class(session public.session_schedules); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.is_class(session public.session_schedules) FROM PUBLIC;
GRANT ALL ON FUNCTION private.is_class(session public.session_schedules) TO authenticated;
GRANT ALL ON FUNCTION private.is_class(session public.session_schedules) TO service_role;

-- Name: FUNCTION is_closed(recording public.session_recordings); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.is_closed(recording public.session_recordings) FROM PUBLIC;
GRANT ALL ON FUNCTION private.is_closed(recording public.session_recordings) TO service_role;

-- Name: FUNCTION is_disputed(checkout_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.is_disputed(checkout_id uuid) FROM PUBLIC;

-- Name: FUNCTION is_held(recording public.session_recordings); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.is_held(recording public.session_recordings) FROM PUBLIC;
GRANT ALL ON FUNCTION private.is_held(recording public.session_recordings) TO service_role;

-- Name: FUNCTION is_my_test_channel(channel_name text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.is_my_test_channel(channel_name text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.is_my_test_channel(channel_name text) TO authenticated;

-- Name: FUNCTION is_opted_out(user_id uuid, category text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.is_opted_out(user_id uuid, category text) FROM PUBLIC;

-- Name: FUNCTION is_person(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.is_person() FROM PUBLIC;
GRANT ALL ON FUNCTION private.is_person() TO authenticated;
GRANT ALL ON FUNCTION private.is_person() TO service_role;

-- Name: FUNCTION is_room_of_a_session(channel_name text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.is_room_of_a_session(channel_name text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.is_room_of_a_session(channel_name text) TO authenticated;

-- Name: FUNCTION is_text_of_policy(signed text, policy_text text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.is_text_of_policy(signed text, policy_text text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.is_text_of_policy(signed text, policy_text text) TO service_role;

-- Name: FUNCTION is_told_elsewhere(kind text, payload jsonb); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.is_told_elsewhere(kind text, payload jsonb) FROM PUBLIC;

-- Name: FUNCTION is_what_we_asked(c public.checkout_sessions, facts private.payment_facts); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.is_what_we_asked(c public.checkout_sessions, facts private.payment_facts) FROM PUBLIC;

-- Name: FUNCTION journal_mood(mood text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.journal_mood(mood text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.journal_mood(mood text) TO authenticated;

-- Name: FUNCTION judge_starts(practitioner_id uuid, starts timestamp with time zone[], duration_minutes integer, for_user uuid, ignore_session uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.judge_starts(practitioner_id uuid, starts timestamp with time zone[], duration_minutes integer, for_user uuid, ignore_session uuid) FROM PUBLIC;

-- Name: FUNCTION judged_classes(kind public.session_types, first timestamp with time zone, until timestamp with time zone, time_zone text, practitioner_id uuid, session_location text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.judged_classes(kind public.session_types, first timestamp with time zone, until timestamp with time zone, time_zone text, practitioner_id uuid, session_location text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.judged_classes(kind public.session_types, first timestamp with time zone, until timestamp with time zone, time_zone text, practitioner_id uuid, session_location text) TO authenticated;
GRANT ALL ON FUNCTION private.judged_classes(kind public.session_types, first timestamp with time zone, until timestamp with time zone, time_zone text, practitioner_id uuid, session_location text) TO service_role;

-- Name: FUNCTION judged_starts(kind public.session_types, first timestamp with time zone, until timestamp with time zone, time_zone text, practitioner_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.judged_starts(kind public.session_types, first timestamp with time zone, until timestamp with time zone, time_zone text, practitioner_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.judged_starts(kind public.session_types, first timestamp with time zone, until timestamp with time zone, time_zone text, practitioner_id uuid) TO authenticated;
GRANT ALL ON FUNCTION private.judged_starts(kind public.session_types, first timestamp with time zone, until timestamp with time zone, time_zone text, practitioner_id uuid) TO service_role;

-- Name: FUNCTION keep_active_policy(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.keep_active_policy() FROM PUBLIC;

-- Name: FUNCTION keep_audit_log(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.keep_audit_log() FROM PUBLIC;

-- Name: FUNCTION keep_banking_accesses(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.keep_banking_accesses() FROM PUBLIC;

-- Name: FUNCTION keep_consent_history(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.keep_consent_history() FROM PUBLIC;

-- Name: FUNCTION keep_contract_event(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.keep_contract_event() FROM PUBLIC;

-- Name: FUNCTION keep_contract_signature(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.keep_contract_signature() FROM PUBLIC;

-- Name: FUNCTION keep_credit_lot(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.keep_credit_lot() FROM PUBLIC;

-- Name: FUNCTION keep_dispute(checkout_id uuid, facts private.payment_facts); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.keep_dispute(checkout_id uuid, facts private.payment_facts) FROM PUBLIC;

-- Name: FUNCTION keep_hold_until(hold_id uuid, until timestamp with time zone, checkout_session_id text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.keep_hold_until(hold_id uuid, until timestamp with time zone, checkout_session_id text) FROM PUBLIC;

-- Name: FUNCTION keep_ledger(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.keep_ledger() FROM PUBLIC;

-- Name: FUNCTION keep_one_active(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.keep_one_active() FROM PUBLIC;

-- Name: FUNCTION keep_payout(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.keep_payout() FROM PUBLIC;

-- Name: FUNCTION keep_practitioner(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.keep_practitioner() FROM PUBLIC;

-- Name: FUNCTION keep_waiver(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.keep_waiver() FROM PUBLIC;

-- Name: FUNCTION keep_wall_time(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.keep_wall_time() FROM PUBLIC;

-- Name: FUNCTION kept_of(session_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.kept_of(session_id uuid) FROM PUBLIC;

-- Name: FUNCTION line_of(session public.session_schedules, user_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.line_of(session public.session_schedules, user_id uuid) FROM PUBLIC;

-- Name: FUNCTION link_group_class(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.link_group_class() FROM PUBLIC;

-- Name: FUNCTION list_users(page_size integer, cursor text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.list_users(page_size integer, cursor text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.list_users(page_size integer, cursor text) TO authenticated;

-- Name: FUNCTION lock_calendar(practitioner_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.lock_calendar(practitioner_id uuid) FROM PUBLIC;

-- Name: FUNCTION lock_class(group_class_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.lock_class(group_class_id uuid) FROM PUBLIC;

-- Name: FUNCTION lock_client(user_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.lock_client(user_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.lock_client(user_id uuid) TO service_role;

-- Name: FUNCTION lock_money(money_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.lock_money(money_id uuid) FROM PUBLIC;

-- Name: FUNCTION lock_own_sessions(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.lock_own_sessions() FROM PUBLIC;

-- Name: FUNCTION lock_payouts(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.lock_payouts() FROM PUBLIC;

-- Name: FUNCTION lock_payouts_first(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.lock_payouts_first() FROM PUBLIC;

-- Name: TABLE mails; Type: ACL; Schema: private

GRANT SELECT ON TABLE private.mails TO service_role;

-- Name: FUNCTION log_mail(mail private.mails); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.log_mail(mail private.mails) FROM PUBLIC;

-- Name: TABLE payout_periods; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.payout_periods TO authenticated;
GRANT SELECT ON TABLE public.payout_periods TO service_role;

-- Name: TABLE payouts; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.payouts TO authenticated;
GRANT SELECT ON TABLE public.payouts TO service_role;

-- Name: FUNCTION make_payout(owed private.owed_lines, period public.payout_periods); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.make_payout(owed private.owed_lines, period public.payout_periods) FROM PUBLIC;

-- Name: FUNCTION mark_no_show(session public.session_schedules, user_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.mark_no_show(session public.session_schedules, user_id uuid) FROM PUBLIC;

-- Name: FUNCTION mark_payout(payout_id uuid, status text, transaction_reference text, paid_at timestamp with time zone, failed_reason text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.mark_payout(payout_id uuid, status text, transaction_reference text, paid_at timestamp with time zone, failed_reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.mark_payout(payout_id uuid, status text, transaction_reference text, paid_at timestamp with time zone, failed_reason text) TO authenticated;
GRANT ALL ON FUNCTION private.mark_payout(payout_id uuid, status text, transaction_reference text, paid_at timestamp with time zone, failed_reason text) TO service_role;

-- Name: FUNCTION may_record(session public.session_schedules); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.may_record(session public.session_schedules) FROM PUBLIC;

-- Name: FUNCTION midnight(day date); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.midnight(day date) FROM PUBLIC;

-- Name: FUNCTION minutes_of_day(start_time time without time zone, end_time time without time zone); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.minutes_of_day(start_time time without time zone, end_time time without time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION private.minutes_of_day(start_time time without time zone, end_time time without time zone) TO authenticated;
GRANT ALL ON FUNCTION private.minutes_of_day(start_time time without time zone, end_time time without time zone) TO service_role;

-- Name: FUNCTION misread_time_zones(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.misread_time_zones() FROM PUBLIC;
GRANT ALL ON FUNCTION private.misread_time_zones() TO authenticated;
GRANT ALL ON FUNCTION private.misread_time_zones() TO service_role;

-- Name: TABLE user_session_credits; Type: ACL; Schema: public

GRANT SELECT,UPDATE ON TABLE public.user_session_credits TO authenticated;
GRANT SELECT,INSERT ON TABLE public.user_session_credits TO service_role;

-- Name: FUNCTION money_of_lot(lot public.user_session_credits); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.money_of_lot(lot public.user_session_credits) FROM PUBLIC;

-- Name: TABLE session_payments; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.session_payments TO authenticated;
GRANT SELECT,INSERT,UPDATE ON TABLE public.session_payments TO service_role;

-- Name: COLUMN session_payments.status; Type: ACL; Schema: public

GRANT UPDATE(status) ON TABLE public.session_payments TO authenticated;

-- Name: COLUMN session_payments.paid_out_at; Type: ACL; Schema: public

GRANT UPDATE(paid_out_at) ON TABLE public.session_payments TO authenticated;

-- Name: FUNCTION money_of_payment(payment public.session_payments); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.money_of_payment(payment public.session_payments) FROM PUBLIC;

-- Name: FUNCTION move_seats(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.move_seats() FROM PUBLIC;

-- Name: FUNCTION move_seats_along(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.move_seats_along() FROM PUBLIC;

-- Name: FUNCTION my_class_ids(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.my_class_ids() FROM PUBLIC;
GRANT ALL ON FUNCTION private.my_class_ids() TO authenticated;

-- Name: FUNCTION my_client_ids(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.my_client_ids() FROM PUBLIC;
GRANT ALL ON FUNCTION private.my_client_ids() TO authenticated;
GRANT ALL ON FUNCTION private.my_client_ids() TO service_role;

-- Name: FUNCTION my_led_session_ids(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.my_led_session_ids() FROM PUBLIC;
GRANT ALL ON FUNCTION private.my_led_session_ids() TO authenticated;
GRANT ALL ON FUNCTION private.my_led_session_ids() TO service_role;

-- Name: FUNCTION my_package_ids(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.my_package_ids() FROM PUBLIC;
GRANT ALL ON FUNCTION private.my_package_ids() TO authenticated;

-- Name: FUNCTION my_practitioner_ids(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.my_practitioner_ids() FROM PUBLIC;
GRANT ALL ON FUNCTION private.my_practitioner_ids() TO authenticated;
GRANT ALL ON FUNCTION private.my_practitioner_ids() TO service_role;

-- Name: FUNCTION my_recording_standing(session_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.my_recording_standing(session_id uuid) FROM PUBLIC;

-- Name: FUNCTION my_seat(channel_name text, session_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.my_seat(channel_name text, session_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.my_seat(channel_name text, session_id uuid) TO authenticated;

-- Name: FUNCTION my_session_ids(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.my_session_ids() FROM PUBLIC;
GRANT ALL ON FUNCTION private.my_session_ids() TO authenticated;
GRANT ALL ON FUNCTION private.my_session_ids() TO service_role;

-- Name: FUNCTION name_the_order(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.name_the_order() FROM PUBLIC;

-- Name: FUNCTION new_recording_link(recording_id uuid, opens_at text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.new_recording_link(recording_id uuid, opens_at text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.new_recording_link(recording_id uuid, opens_at text) TO service_role;

-- Name: FUNCTION new_webhook_secret(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.new_webhook_secret() FROM PUBLIC;

-- Name: FUNCTION next_look(r public.session_recordings, observation text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.next_look(r public.session_recordings, observation text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.next_look(r public.session_recordings, observation text) TO service_role;

-- Name: FUNCTION next_turn(since timestamp with time zone, OUT asked_at timestamp with time zone, OUT session_id uuid, OUT moved_to text, OUT task text, OUT recording public.session_recordings, OUT failure text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.next_turn(since timestamp with time zone, OUT asked_at timestamp with time zone, OUT session_id uuid, OUT moved_to text, OUT task text, OUT recording public.session_recordings, OUT failure text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.next_turn(since timestamp with time zone, OUT asked_at timestamp with time zone, OUT session_id uuid, OUT moved_to text, OUT task text, OUT recording public.session_recordings, OUT failure text) TO service_role;

-- Name: FUNCTION normalised(document text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.normalised(document text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.normalised(document text) TO service_role;

-- Name: FUNCTION note_attendance(session_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.note_attendance(session_id uuid) FROM PUBLIC;

-- Name: FUNCTION note_contract(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.note_contract() FROM PUBLIC;

-- Name: TABLE practitioner_contracts; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.practitioner_contracts TO authenticated;
GRANT SELECT,INSERT,UPDATE ON TABLE public.practitioner_contracts TO service_role;

-- Name: COLUMN practitioner_contracts.practitioner_id; Type: ACL; Schema: public

GRANT INSERT(practitioner_id) ON TABLE public.practitioner_contracts TO authenticated;

-- Name: COLUMN practitioner_contracts.contract_version; Type: ACL; Schema: public

GRANT INSERT(contract_version) ON TABLE public.practitioner_contracts TO authenticated;

-- Name: COLUMN practitioner_contracts.contract_text; Type: ACL; Schema: public

GRANT INSERT(contract_text) ON TABLE public.practitioner_contracts TO authenticated;

-- Name: COLUMN practitioner_contracts.signed_at; Type: ACL; Schema: public

GRANT UPDATE(signed_at) ON TABLE public.practitioner_contracts TO authenticated;

-- Name: COLUMN practitioner_contracts.ip_address; Type: ACL; Schema: public

GRANT UPDATE(ip_address) ON TABLE public.practitioner_contracts TO authenticated;

-- Name: COLUMN practitioner_contracts.user_agent; Type: ACL; Schema: public

GRANT UPDATE(user_agent) ON TABLE public.practitioner_contracts TO authenticated;

-- Name: COLUMN practitioner_contracts.status; Type: ACL; Schema: public

GRANT UPDATE(status) ON TABLE public.practitioner_contracts TO authenticated;

-- Name: COLUMN practitioner_contracts.expires_at; Type: ACL; Schema: public

GRANT INSERT(expires_at),UPDATE(expires_at) ON TABLE public.practitioner_contracts TO authenticated;

-- Name: COLUMN practitioner_contracts.template_id; Type: ACL; Schema: public

GRANT INSERT(template_id) ON TABLE public.practitioner_contracts TO authenticated;

-- Name: COLUMN practitioner_contracts.title; Type: ACL; Schema: public

GRANT INSERT(title) ON TABLE public.practitioner_contracts TO authenticated;

-- Name: COLUMN practitioner_contracts.revoked_reason; Type: ACL; Schema: public

GRANT UPDATE(revoked_reason) ON TABLE public.practitioner_contracts TO authenticated;

-- Name: FUNCTION note_contract_event(contract public.practitioner_contracts, event text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.note_contract_event(contract public.practitioner_contracts, event text) FROM PUBLIC;

-- Name: FUNCTION notice_of(mail private.mails); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.notice_of(mail private.mails) FROM PUBLIC;

-- Name: FUNCTION observe_payment(checkout_id uuid, facts private.payment_facts); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.observe_payment(checkout_id uuid, facts private.payment_facts) FROM PUBLIC;
GRANT ALL ON FUNCTION private.observe_payment(checkout_id uuid, facts private.payment_facts) TO service_role;

-- Name: FUNCTION observe_recording(recording_id uuid, attempt integer, observation text, resource_id text, sid text, agora_status integer, happened_at timestamp with time zone, failover_uid bigint, reason text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.observe_recording(recording_id uuid, attempt integer, observation text, resource_id text, sid text, agora_status integer, happened_at timestamp with time zone, failover_uid bigint, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.observe_recording(recording_id uuid, attempt integer, observation text, resource_id text, sid text, agora_status integer, happened_at timestamp with time zone, failover_uid bigint, reason text) TO service_role;

-- Name: FUNCTION occasion_of(session public.session_schedules); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.occasion_of(session public.session_schedules) FROM PUBLIC;

-- Name: FUNCTION only_reason_goes(old_row jsonb, new_row jsonb); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.only_reason_goes(old_row jsonb, new_row jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION private.only_reason_goes(old_row jsonb, new_row jsonb) TO authenticated;
GRANT ALL ON FUNCTION private.only_reason_goes(old_row jsonb, new_row jsonb) TO service_role;

-- Name: FUNCTION open_bank_accounts(practitioner_ids uuid[], reference text, requested_by uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.open_bank_accounts(practitioner_ids uuid[], reference text, requested_by uuid) FROM PUBLIC;

-- Name: FUNCTION open_checkout(checkout_id uuid, stripe_session_id text, url text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.open_checkout(checkout_id uuid, stripe_session_id text, url text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.open_checkout(checkout_id uuid, stripe_session_id text, url text) TO service_role;

-- Name: FUNCTION open_credit_lot(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.open_credit_lot() FROM PUBLIC;

-- Name: FUNCTION open_hours(practitioner_id uuid, from_date date, until_date date); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.open_hours(practitioner_id uuid, from_date date, until_date date) FROM PUBLIC;

-- Name: FUNCTION own_files(user_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.own_files(user_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.own_files(user_id uuid) TO service_role;

-- Name: FUNCTION own_rows(user_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.own_rows(user_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.own_rows(user_id uuid) TO service_role;

-- Name: FUNCTION part_in(session public.session_schedules); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.part_in(session public.session_schedules) FROM PUBLIC;
GRANT ALL ON FUNCTION private.part_in(session public.session_schedules) TO authenticated;
GRANT ALL ON FUNCTION private.part_in(session public.session_schedules) TO service_role;

-- Name: FUNCTION patience_to_start(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.patience_to_start() FROM PUBLIC;
GRANT ALL ON FUNCTION private.patience_to_start() TO service_role;

-- Name: FUNCTION paused_practitioner_ids(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.paused_practitioner_ids() FROM PUBLIC;
GRANT ALL ON FUNCTION private.paused_practitioner_ids() TO authenticated;

-- Name: FUNCTION pay_by_hand(payment_ids uuid[]); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.pay_by_hand(payment_ids uuid[]) FROM PUBLIC;

-- Name: FUNCTION payment_file(user_id uuid, reference text, in_currency text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.payment_file(user_id uuid, reference text, in_currency text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.payment_file(user_id uuid, reference text, in_currency text) TO service_role;

-- Name: FUNCTION payment_of(session_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.payment_of(session_id uuid) FROM PUBLIC;

-- Name: FUNCTION payments_in(payout_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.payments_in(payout_id uuid) FROM PUBLIC;

-- Name: FUNCTION payout_period_at(moment timestamp with time zone); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.payout_period_at(moment timestamp with time zone) FROM PUBLIC;

-- Name: TABLE payout_terms; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.payout_terms TO authenticated;
GRANT SELECT ON TABLE public.payout_terms TO service_role;

-- Name: COLUMN payout_terms.period_days; Type: ACL; Schema: public

GRANT INSERT(period_days) ON TABLE public.payout_terms TO authenticated;
GRANT INSERT(period_days) ON TABLE public.payout_terms TO service_role;

-- Name: COLUMN payout_terms.hold_days; Type: ACL; Schema: public

GRANT INSERT(hold_days) ON TABLE public.payout_terms TO authenticated;
GRANT INSERT(hold_days) ON TABLE public.payout_terms TO service_role;

-- Name: COLUMN payout_terms.valid_from; Type: ACL; Schema: public

GRANT INSERT(valid_from) ON TABLE public.payout_terms TO authenticated;
GRANT INSERT(valid_from) ON TABLE public.payout_terms TO service_role;

-- Name: FUNCTION payout_terms_at(moment timestamp with time zone); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.payout_terms_at(moment timestamp with time zone) FROM PUBLIC;

-- Name: FUNCTION people_heard_of(session_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.people_heard_of(session_id uuid) FROM PUBLIC;

-- Name: FUNCTION people_present(session public.session_schedules); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.people_present(session public.session_schedules) FROM PUBLIC;

-- Name: FUNCTION people_recorded(session public.session_schedules); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.people_recorded(session public.session_schedules) FROM PUBLIC;

-- Name: FUNCTION period_to_pay(moment timestamp with time zone); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.period_to_pay(moment timestamp with time zone) FROM PUBLIC;

-- Name: FUNCTION place_of(physical_location text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.place_of(physical_location text) FROM PUBLIC;

-- Name: FUNCTION policy_agreed(agreed boolean, version uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.policy_agreed(agreed boolean, version uuid) FROM PUBLIC;

-- Name: TABLE cancellation_policy; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.cancellation_policy TO anon;
GRANT SELECT ON TABLE public.cancellation_policy TO authenticated;
GRANT SELECT,INSERT,UPDATE ON TABLE public.cancellation_policy TO service_role;

-- Name: COLUMN cancellation_policy.policy_text; Type: ACL; Schema: public

GRANT INSERT(policy_text) ON TABLE public.cancellation_policy TO authenticated;

-- Name: COLUMN cancellation_policy.standard_cancellation_hours; Type: ACL; Schema: public

GRANT INSERT(standard_cancellation_hours) ON TABLE public.cancellation_policy TO authenticated;

-- Name: COLUMN cancellation_policy.late_cancellation_hours; Type: ACL; Schema: public

GRANT INSERT(late_cancellation_hours) ON TABLE public.cancellation_policy TO authenticated;

-- Name: COLUMN cancellation_policy.late_cancellation_fee_usd; Type: ACL; Schema: public

GRANT INSERT(late_cancellation_fee_usd) ON TABLE public.cancellation_policy TO authenticated;

-- Name: COLUMN cancellation_policy.late_cancellation_fee_cad; Type: ACL; Schema: public

GRANT INSERT(late_cancellation_fee_cad) ON TABLE public.cancellation_policy TO authenticated;

-- Name: COLUMN cancellation_policy.grace_cancellations_allowed; Type: ACL; Schema: public

GRANT INSERT(grace_cancellations_allowed) ON TABLE public.cancellation_policy TO authenticated;

-- Name: COLUMN cancellation_policy.is_active; Type: ACL; Schema: public

GRANT INSERT(is_active),UPDATE(is_active) ON TABLE public.cancellation_policy TO authenticated;

-- Name: COLUMN cancellation_policy.updated_at; Type: ACL; Schema: public

GRANT UPDATE(updated_at) ON TABLE public.cancellation_policy TO authenticated;

-- Name: COLUMN cancellation_policy.updated_by; Type: ACL; Schema: public

GRANT INSERT(updated_by),UPDATE(updated_by) ON TABLE public.cancellation_policy TO authenticated;

-- Name: FUNCTION policy_of(session public.session_schedules); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.policy_of(session public.session_schedules) FROM PUBLIC;

-- Name: FUNCTION post(kind text, practitioner_id uuid, currency text, lines jsonb, session_id uuid, payment_id uuid, payout_id uuid, reason text, cause text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.post(kind text, practitioner_id uuid, currency text, lines jsonb, session_id uuid, payment_id uuid, payout_id uuid, reason text, cause text) FROM PUBLIC;

-- Name: FUNCTION post_ledger_line(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.post_ledger_line() FROM PUBLIC;

-- Name: TABLE revenue_shares; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.revenue_shares TO authenticated;
GRANT SELECT ON TABLE public.revenue_shares TO service_role;

-- Name: COLUMN revenue_shares.practitioner_percent; Type: ACL; Schema: public

GRANT INSERT(practitioner_percent) ON TABLE public.revenue_shares TO authenticated;
GRANT INSERT(practitioner_percent) ON TABLE public.revenue_shares TO service_role;

-- Name: COLUMN revenue_shares.valid_from; Type: ACL; Schema: public

GRANT INSERT(valid_from) ON TABLE public.revenue_shares TO authenticated;
GRANT INSERT(valid_from) ON TABLE public.revenue_shares TO service_role;

-- Name: FUNCTION practitioner_share(amount numeric, share public.revenue_shares); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.practitioner_share(amount numeric, share public.revenue_shares) FROM PUBLIC;

-- Name: FUNCTION presence(session_id uuid, uid bigint, OUT was_heard boolean, OUT intervals tstzmultirange, OUT there_since timestamp with time zone, OUT last_heard_at timestamp with time zone); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.presence(session_id uuid, uid bigint, OUT was_heard boolean, OUT intervals tstzmultirange, OUT there_since timestamp with time zone, OUT last_heard_at timestamp with time zone) FROM PUBLIC;

-- Name: FUNCTION put_in_outbox(kind text, user_id uuid, session_id uuid, payload jsonb); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.put_in_outbox(kind text, user_id uuid, session_id uuid, payload jsonb) FROM PUBLIC;

-- Name: FUNCTION queue_audit_line(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.queue_audit_line() FROM PUBLIC;

-- Name: FUNCTION queue_expired_recordings(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.queue_expired_recordings() FROM PUBLIC;
GRANT ALL ON FUNCTION private.queue_expired_recordings() TO service_role;

-- Name: FUNCTION queue_recordings_of(user_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.queue_recordings_of(user_id uuid) FROM PUBLIC;

-- Name: FUNCTION queue_withdrawn_recordings(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.queue_withdrawn_recordings() FROM PUBLIC;

-- Name: FUNCTION quote_cancellation(session_id uuid, use_grace boolean); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.quote_cancellation(session_id uuid, use_grace boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION private.quote_cancellation(session_id uuid, use_grace boolean) TO authenticated;

-- Name: FUNCTION raise_calendar_sequence(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.raise_calendar_sequence() FROM PUBLIC;

-- Name: FUNCTION reason_to_drop(mail private.mails); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.reason_to_drop(mail private.mails) FROM PUBLIC;

-- Name: FUNCTION recall(rpc text, idempotency_key text, arguments jsonb); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.recall(rpc text, idempotency_key text, arguments jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION private.recall(rpc text, idempotency_key text, arguments jsonb) TO authenticated;
GRANT ALL ON FUNCTION private.recall(rpc text, idempotency_key text, arguments jsonb) TO service_role;

-- Name: FUNCTION receipt_of(checkout_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.receipt_of(checkout_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.receipt_of(checkout_id uuid) TO authenticated;
GRANT ALL ON FUNCTION private.receipt_of(checkout_id uuid) TO service_role;

-- Name: FUNCTION receive_channel_event(notice_id text, event_type integer, channel text, change text, uid bigint, is_recorder boolean, client_seq bigint, happened_at timestamp with time zone, stayed_seconds integer, payload jsonb); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.receive_channel_event(notice_id text, event_type integer, channel text, change text, uid bigint, is_recorder boolean, client_seq bigint, happened_at timestamp with time zone, stayed_seconds integer, payload jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION private.receive_channel_event(notice_id text, event_type integer, channel text, change text, uid bigint, is_recorder boolean, client_seq bigint, happened_at timestamp with time zone, stayed_seconds integer, payload jsonb) TO service_role;

-- Name: FUNCTION record_direct_signature(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.record_direct_signature() FROM PUBLIC;

-- Name: FUNCTION record_payment(c public.checkout_sessions); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.record_payment(c public.checkout_sessions) FROM PUBLIC;

-- Name: FUNCTION record_refund(refund_id uuid, stripe_refund_id text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.record_refund(refund_id uuid, stripe_refund_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.record_refund(refund_id uuid, stripe_refund_id text) TO service_role;

-- Name: FUNCTION recording_blocks_admission(session_id uuid, user_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.recording_blocks_admission(session_id uuid, user_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.recording_blocks_admission(session_id uuid, user_id uuid) TO authenticated;

-- Name: FUNCTION recording_due(session_id uuid, OUT task text, OUT recording public.session_recordings); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.recording_due(session_id uuid, OUT task text, OUT recording public.session_recordings) FROM PUBLIC;

-- Name: FUNCTION recording_lock(session_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.recording_lock(session_id uuid) FROM PUBLIC;

-- Name: FUNCTION recording_part(recording public.session_recordings, part integer, file_name text, OUT part_kinds text[], OUT kind text, OUT storage_path text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.recording_part(recording public.session_recordings, part integer, file_name text, OUT part_kinds text[], OUT kind text, OUT storage_path text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.recording_part(recording public.session_recordings, part integer, file_name text, OUT part_kinds text[], OUT kind text, OUT storage_path text) TO service_role;

-- Name: FUNCTION recording_prefix(recording_id uuid, attempt integer); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.recording_prefix(recording_id uuid, attempt integer) FROM PUBLIC;
GRANT ALL ON FUNCTION private.recording_prefix(recording_id uuid, attempt integer) TO service_role;

-- Name: FUNCTION recording_task(r public.session_recordings); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.recording_task(r public.session_recordings) FROM PUBLIC;
GRANT ALL ON FUNCTION private.recording_task(r public.session_recordings) TO service_role;

-- Name: FUNCTION recording_wait(failures bigint); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.recording_wait(failures bigint) FROM PUBLIC;

-- Name: FUNCTION recount_class(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.recount_class() FROM PUBLIC;

-- Name: FUNCTION redact_audit_lines(line_ids uuid[], cause text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.redact_audit_lines(line_ids uuid[], cause text) FROM PUBLIC;

-- Name: FUNCTION redeliver_webhooks(endpoint_id uuid, since timestamp with time zone, delivery_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.redeliver_webhooks(endpoint_id uuid, since timestamp with time zone, delivery_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.redeliver_webhooks(endpoint_id uuid, since timestamp with time zone, delivery_id uuid) TO authenticated;
GRANT ALL ON FUNCTION private.redeliver_webhooks(endpoint_id uuid, since timestamp with time zone, delivery_id uuid) TO service_role;

-- Name: FUNCTION rederive_sessions(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.rederive_sessions() FROM PUBLIC;
GRANT ALL ON FUNCTION private.rederive_sessions() TO service_role;

-- Name: FUNCTION refuse(status integer, code text, sentence text, way_forward text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.refuse(status integer, code text, sentence text, way_forward text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.refuse(status integer, code text, sentence text, way_forward text) TO authenticated;
GRANT ALL ON FUNCTION private.refuse(status integer, code text, sentence text, way_forward text) TO service_role;

-- Name: FUNCTION refuse_backward_status(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.refuse_backward_status() FROM PUBLIC;

-- Name: FUNCTION refuse_closed_room(session public.session_schedules); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.refuse_closed_room(session public.session_schedules) FROM PUBLIC;
GRANT ALL ON FUNCTION private.refuse_closed_room(session public.session_schedules) TO authenticated;

-- Name: FUNCTION refuse_erasure(user_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.refuse_erasure(user_id uuid) FROM PUBLIC;

-- Name: FUNCTION refuse_full_class(class public.session_schedules, for_user uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.refuse_full_class(class public.session_schedules, for_user uuid) FROM PUBLIC;

-- Name: FUNCTION refuse_to_forget_files(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.refuse_to_forget_files() FROM PUBLIC;

-- Name: FUNCTION refuse_unbookable(practitioner_id uuid, scheduled_at timestamp with time zone, duration_minutes integer, for_user uuid, ignore_session uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.refuse_unbookable(practitioner_id uuid, scheduled_at timestamp with time zone, duration_minutes integer, for_user uuid, ignore_session uuid) FROM PUBLIC;

-- Name: FUNCTION refuse_uncancellable(session public.session_schedules); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.refuse_uncancellable(session public.session_schedules) FROM PUBLIC;

-- Name: FUNCTION refuse_unknown_account(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.refuse_unknown_account() FROM PUBLIC;

-- Name: FUNCTION refuse_unknown_place(session_location text, physical_location text, location_coordinates point); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.refuse_unknown_place(session_location text, physical_location text, location_coordinates point) FROM PUBLIC;

-- Name: FUNCTION refuse_without_waiver(user_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.refuse_without_waiver(user_id uuid) FROM PUBLIC;

-- Name: FUNCTION release_hold(hold_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.release_hold(hold_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.release_hold(hold_id uuid) TO authenticated;

-- Name: FUNCTION remember(rpc text, idempotency_key text, arguments jsonb, answer jsonb); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.remember(rpc text, idempotency_key text, arguments jsonb, answer jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION private.remember(rpc text, idempotency_key text, arguments jsonb, answer jsonb) TO authenticated;
GRANT ALL ON FUNCTION private.remember(rpc text, idempotency_key text, arguments jsonb, answer jsonb) TO service_role;

-- Name: FUNCTION remind_of_ending_contracts(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.remind_of_ending_contracts() FROM PUBLIC;
GRANT ALL ON FUNCTION private.remind_of_ending_contracts() TO service_role;

-- Name: FUNCTION remind_sessions(session_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.remind_sessions(session_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.remind_sessions(session_id uuid) TO service_role;
GRANT ALL ON FUNCTION private.remind_sessions(session_id uuid) TO authenticated;

-- Name: FUNCTION request_recording_stop(session_id uuid, reason text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.request_recording_stop(session_id uuid, reason text) FROM PUBLIC;

-- Name: FUNCTION request_refund(checkout_id uuid, session_id uuid, amount_minor integer, reason text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.request_refund(checkout_id uuid, session_id uuid, amount_minor integer, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.request_refund(checkout_id uuid, session_id uuid, amount_minor integer, reason text) TO authenticated;

-- Name: FUNCTION resolve_mail(mail_id uuid, outcome text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.resolve_mail(mail_id uuid, outcome text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.resolve_mail(mail_id uuid, outcome text) TO service_role;

-- Name: FUNCTION retention_days(recording public.session_recordings); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.retention_days(recording public.session_recordings) FROM PUBLIC;
GRANT ALL ON FUNCTION private.retention_days(recording public.session_recordings) TO service_role;

-- Name: FUNCTION retire(table_name text, older_than timestamp with time zone, at_most integer); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.retire(table_name text, older_than timestamp with time zone, at_most integer) FROM PUBLIC;

-- Name: FUNCTION return_credit(session public.session_schedules); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.return_credit(session public.session_schedules) FROM PUBLIC;

-- Name: FUNCTION revenue_share_at(moment timestamp with time zone); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.revenue_share_at(moment timestamp with time zone) FROM PUBLIC;

-- Name: FUNCTION revoke_recording_share_link(share_link_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.revoke_recording_share_link(share_link_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.revoke_recording_share_link(share_link_id uuid) TO authenticated;

-- Name: FUNCTION room_name(kind text, practitioner_id uuid, client_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.room_name(kind text, practitioner_id uuid, client_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.room_name(kind text, practitioner_id uuid, client_id uuid) TO authenticated;

-- Name: FUNCTION rotate_recording_link(recording_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.rotate_recording_link(recording_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.rotate_recording_link(recording_id uuid) TO authenticated;
GRANT ALL ON FUNCTION private.rotate_recording_link(recording_id uuid) TO service_role;

-- Name: FUNCTION rotate_webhook_secret(endpoint_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.rotate_webhook_secret(endpoint_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.rotate_webhook_secret(endpoint_id uuid) TO authenticated;

-- Name: FUNCTION run_payouts(batch integer, moment timestamp with time zone); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.run_payouts(batch integer, moment timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION private.run_payouts(batch integer, moment timestamp with time zone) TO service_role;

-- Name: FUNCTION salt_audit_line(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.salt_audit_line() FROM PUBLIC;

-- Name: TABLE practitioner_banking; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.practitioner_banking TO authenticated;
GRANT SELECT,DELETE ON TABLE public.practitioner_banking TO service_role;

-- Name: FUNCTION save_practitioner_banking(user_id uuid, practitioner_id uuid, bank_name text, account_holder_name text, account_type text, country text, account_last4 text, routing_last4 text, fingerprint text, sealed jsonb); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.save_practitioner_banking(user_id uuid, practitioner_id uuid, bank_name text, account_holder_name text, account_type text, country text, account_last4 text, routing_last4 text, fingerprint text, sealed jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION private.save_practitioner_banking(user_id uuid, practitioner_id uuid, bank_name text, account_holder_name text, account_type text, country text, account_last4 text, routing_last4 text, fingerprint text, sealed jsonb) TO service_role;

-- Name: FUNCTION seal_at_commit(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.seal_at_commit() FROM PUBLIC;

-- Name: FUNCTION seal_audit_lines(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.seal_audit_lines() FROM PUBLIC;

-- Name: FUNCTION seal_contract_signature(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.seal_contract_signature() FROM PUBLIC;

-- Name: FUNCTION seal_waiver(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.seal_waiver() FROM PUBLIC;

-- Name: FUNCTION send_welcome_email(user_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.send_welcome_email(user_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.send_welcome_email(user_id uuid) TO service_role;

-- Name: FUNCTION session_consents(session_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.session_consents(session_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.session_consents(session_id uuid) TO authenticated;

-- Name: FUNCTION session_line(session public.session_schedules, client_name text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.session_line(session public.session_schedules, client_name text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.session_line(session public.session_schedules, client_name text) TO authenticated;

-- Name: FUNCTION session_of(session_id uuid, facts jsonb); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.session_of(session_id uuid, facts jsonb) FROM PUBLIC;

-- Name: FUNCTION session_of_channel(channel text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.session_of_channel(channel text) FROM PUBLIC;

-- Name: FUNCTION session_to_tell_of(session_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.session_to_tell_of(session_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.session_to_tell_of(session_id uuid) TO authenticated;
GRANT ALL ON FUNCTION private.session_to_tell_of(session_id uuid) TO service_role;

-- Name: FUNCTION session_types_of(class public.session_schedules); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.session_types_of(class public.session_schedules) FROM PUBLIC;

-- Name: TABLE session_attendance; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.session_attendance TO authenticated;
GRANT SELECT ON TABLE public.session_attendance TO service_role;

-- Name: FUNCTION set_attendance(session_id uuid, user_id uuid, attended boolean, reason text, joined_at timestamp with time zone, left_at timestamp with time zone); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.set_attendance(session_id uuid, user_id uuid, attended boolean, reason text, joined_at timestamp with time zone, left_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION private.set_attendance(session_id uuid, user_id uuid, attended boolean, reason text, joined_at timestamp with time zone, left_at timestamp with time zone) TO authenticated;

-- Name: FUNCTION set_session_status(session_id uuid, status text, note text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.set_session_status(session_id uuid, status text, note text) FROM PUBLIC;

-- Name: FUNCTION settle_cancellation(session public.session_schedules, uses_grace boolean, reason text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.settle_cancellation(session public.session_schedules, uses_grace boolean, reason text) FROM PUBLIC;

-- Name: FUNCTION settle_cancelled_session(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.settle_cancelled_session() FROM PUBLIC;

-- Name: FUNCTION settle_checkout(c public.checkout_sessions); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.settle_checkout(c public.checkout_sessions) FROM PUBLIC;

-- Name: FUNCTION settle_deleted_session(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.settle_deleted_session() FROM PUBLIC;

-- Name: FUNCTION settle_no_shows(session public.session_schedules); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.settle_no_shows(session public.session_schedules) FROM PUBLIC;

-- Name: FUNCTION settle_payout(payout public.payouts, status text, transaction_reference text, paid_at timestamp with time zone, failed_reason text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.settle_payout(payout public.payouts, status text, transaction_reference text, paid_at timestamp with time zone, failed_reason text) FROM PUBLIC;

-- Name: FUNCTION settle_seat(seat private.earned_seats, kept_minor bigint, is_disputed boolean); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.settle_seat(seat private.earned_seats, kept_minor bigint, is_disputed boolean) FROM PUBLIC;

-- Name: FUNCTION share_class_recording(recording_id uuid, opens_at text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.share_class_recording(recording_id uuid, opens_at text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.share_class_recording(recording_id uuid, opens_at text) TO service_role;

-- Name: FUNCTION share_what_is_left(c public.checkout_sessions, returned_minor integer, is_disputed boolean); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.share_what_is_left(c public.checkout_sessions, returned_minor integer, is_disputed boolean) FROM PUBLIC;

-- Name: FUNCTION sign_by_evidence(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.sign_by_evidence() FROM PUBLIC;

-- Name: FUNCTION spend_credit(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.spend_credit() FROM PUBLIC;

-- Name: FUNCTION start_mail(mail_id uuid, lease_id uuid, recipient_email text, template_id text, told_sequence integer); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.start_mail(mail_id uuid, lease_id uuid, recipient_email text, template_id text, told_sequence integer) FROM PUBLIC;
GRANT ALL ON FUNCTION private.start_mail(mail_id uuid, lease_id uuid, recipient_email text, template_id text, told_sequence integer) TO service_role;

-- Name: FUNCTION start_recording(session_id uuid, mode text, OUT won boolean, OUT recording public.session_recordings); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.start_recording(session_id uuid, mode text, OUT won boolean, OUT recording public.session_recordings) FROM PUBLIC;
GRANT ALL ON FUNCTION private.start_recording(session_id uuid, mode text, OUT won boolean, OUT recording public.session_recordings) TO authenticated;
GRANT ALL ON FUNCTION private.start_recording(session_id uuid, mode text, OUT won boolean, OUT recording public.session_recordings) TO service_role;

-- Name: FUNCTION state_after(r public.session_recordings, observation text, OUT status text, OUT failure_code text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.state_after(r public.session_recordings, observation text, OUT status text, OUT failure_code text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.state_after(r public.session_recordings, observation text, OUT status text, OUT failure_code text) TO service_role;

-- Name: FUNCTION state_payment(payment_id uuid, net_minor bigint, share_minor bigint, is_disputed boolean); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.state_payment(payment_id uuid, net_minor bigint, share_minor bigint, is_disputed boolean) FROM PUBLIC;

-- Name: FUNCTION stop_recording(session_id uuid, recording_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.stop_recording(session_id uuid, recording_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.stop_recording(session_id uuid, recording_id uuid) TO authenticated;
GRANT ALL ON FUNCTION private.stop_recording(session_id uuid, recording_id uuid) TO service_role;

-- Name: FUNCTION stop_recording_of_ended_session(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.stop_recording_of_ended_session() FROM PUBLIC;

-- Name: FUNCTION stop_recordings_without_consent(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.stop_recordings_without_consent() FROM PUBLIC;

-- Name: FUNCTION sync_profile(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.sync_profile() FROM PUBLIC;

-- Name: FUNCTION take_back_credits(lot_id uuid, credits integer, reason text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.take_back_credits(lot_id uuid, credits integer, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.take_back_credits(lot_id uuid, credits integer, reason text) TO service_role;

-- Name: FUNCTION take_held_time(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.take_held_time() FROM PUBLIC;

-- Name: FUNCTION take_session_time(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.take_session_time() FROM PUBLIC;

-- Name: FUNCTION take_time_off(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.take_time_off() FROM PUBLIC;

-- Name: FUNCTION taken_seats(group_class_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.taken_seats(group_class_id uuid) FROM PUBLIC;

-- Name: FUNCTION takes_time(session public.session_schedules); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.takes_time(session public.session_schedules) FROM PUBLIC;
GRANT ALL ON FUNCTION private.takes_time(session public.session_schedules) TO authenticated;
GRANT ALL ON FUNCTION private.takes_time(session public.session_schedules) TO service_role;

-- Name: FUNCTION tell_of_booking(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.tell_of_booking() FROM PUBLIC;

-- Name: FUNCTION tell_of_completion(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.tell_of_completion() FROM PUBLIC;

-- Name: FUNCTION tell_of_failed_recording(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.tell_of_failed_recording() FROM PUBLIC;

-- Name: FUNCTION tell_of_move(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.tell_of_move() FROM PUBLIC;

-- Name: FUNCTION tell_of_payout(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.tell_of_payout() FROM PUBLIC;

-- Name: FUNCTION tell_of_recording(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.tell_of_recording() FROM PUBLIC;

-- Name: FUNCTION tell_of_waiver(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.tell_of_waiver() FROM PUBLIC;

-- Name: FUNCTION time_zone_of(user_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.time_zone_of(user_id uuid) FROM PUBLIC;

-- Name: FUNCTION time_zone_rules_are_current(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.time_zone_rules_are_current() FROM PUBLIC;
GRANT ALL ON FUNCTION private.time_zone_rules_are_current() TO service_role;

-- Name: FUNCTION told_credits(lot_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.told_credits(lot_id uuid) FROM PUBLIC;

-- Name: FUNCTION told_document(document_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.told_document(document_id uuid) FROM PUBLIC;

-- Name: FUNCTION told_payment(checkout_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.told_payment(checkout_id uuid) FROM PUBLIC;

-- Name: FUNCTION told_row(whole_row jsonb); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.told_row(whole_row jsonb) FROM PUBLIC;

-- Name: FUNCTION told_session(session public.session_schedules); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.told_session(session public.session_schedules) FROM PUBLIC;
GRANT ALL ON FUNCTION private.told_session(session public.session_schedules) TO authenticated;
GRANT ALL ON FUNCTION private.told_session(session public.session_schedules) TO service_role;

-- Name: FUNCTION type_to_pay(session_type_id uuid, duration_minutes integer, session_type text, is_group boolean); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.type_to_pay(session_type_id uuid, duration_minutes integer, session_type text, is_group boolean) FROM PUBLIC;

-- Name: FUNCTION unqueue_recordings(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.unqueue_recordings() FROM PUBLIC;

-- Name: FUNCTION unsubscribe(token_sha256 text, opts_out boolean); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.unsubscribe(token_sha256 text, opts_out boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION private.unsubscribe(token_sha256 text, opts_out boolean) TO service_role;

-- Name: FUNCTION user_id_by_email(email text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.user_id_by_email(email text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.user_id_by_email(email text) TO authenticated;
GRANT ALL ON FUNCTION private.user_id_by_email(email text) TO service_role;

-- Name: FUNCTION verify_banking(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.verify_banking() FROM PUBLIC;

-- Name: FUNCTION verify_practitioner_banking(practitioner_id uuid, changed_at timestamp with time zone, verified boolean); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.verify_practitioner_banking(practitioner_id uuid, changed_at timestamp with time zone, verified boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION private.verify_practitioner_banking(practitioner_id uuid, changed_at timestamp with time zone, verified boolean) TO authenticated;

-- Name: FUNCTION visible_practitioner_ids(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.visible_practitioner_ids() FROM PUBLIC;
GRANT ALL ON FUNCTION private.visible_practitioner_ids() TO authenticated;
GRANT ALL ON FUNCTION private.visible_practitioner_ids() TO service_role;

-- Name: FUNCTION waiver_documents(waiver_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.waiver_documents(waiver_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.waiver_documents(waiver_id uuid) TO authenticated;

-- Name: FUNCTION wall_range(on_date date, start_time time without time zone, end_time time without time zone, time_zone text); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.wall_range(on_date date, start_time time without time zone, end_time time without time zone, time_zone text) FROM PUBLIC;

-- Name: FUNCTION was_admitted(session_id uuid, user_id uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.was_admitted(session_id uuid, user_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.was_admitted(session_id uuid, user_id uuid) TO service_role;

-- Name: FUNCTION webhook_data(message private.outbox); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.webhook_data(message private.outbox) FROM PUBLIC;

-- Name: FUNCTION welcome(account auth.users); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.welcome(account auth.users) FROM PUBLIC;

-- Name: FUNCTION welcome_account(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.welcome_account() FROM PUBLIC;

-- Name: FUNCTION why_not_bookable(practitioner_id uuid, scheduled_at timestamp with time zone, duration_minutes integer, for_user uuid, ignore_session uuid); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.why_not_bookable(practitioner_id uuid, scheduled_at timestamp with time zone, duration_minutes integer, for_user uuid, ignore_session uuid) FROM PUBLIC;

-- Name: FUNCTION without_names(written text, names text[]); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.without_names(written text, names text[]) FROM PUBLIC;

-- Name: FUNCTION write_audit_log(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.write_audit_log() FROM PUBLIC;

-- Name: FUNCTION write_webhook_deliveries(); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.write_webhook_deliveries() FROM PUBLIC;

-- Name: FUNCTION zone_of_earners(earners uuid[]); Type: ACL; Schema: private

REVOKE ALL ON FUNCTION private.zone_of_earners(earners uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION private.zone_of_earners(earners uuid[]) TO authenticated;

-- Name: FUNCTION adjust_credits(change integer, reason text, lot_id uuid, user_id uuid, session_type_id uuid); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.adjust_credits(change integer, reason text, lot_id uuid, user_id uuid, session_type_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.adjust_credits(change integer, reason text, lot_id uuid, user_id uuid, session_type_id uuid) TO authenticated;

-- Name: TABLE ledger_transactions; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.ledger_transactions TO authenticated;
GRANT SELECT ON TABLE public.ledger_transactions TO service_role;

-- Name: FUNCTION adjust_earnings(practitioner_id uuid, currency text, amount_minor bigint, reason text, session_id uuid); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.adjust_earnings(practitioner_id uuid, currency text, amount_minor bigint, reason text, session_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.adjust_earnings(practitioner_id uuid, currency text, amount_minor bigint, reason text, session_id uuid) TO authenticated;

-- Name: FUNCTION admin_dashboard(time_zone text); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.admin_dashboard(time_zone text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.admin_dashboard(time_zone text) TO authenticated;

-- Name: FUNCTION advance_next_session(since timestamp with time zone); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.advance_next_session(since timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.advance_next_session(since timestamp with time zone) TO service_role;

-- Name: FUNCTION apply_retention(at_most integer); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.apply_retention(at_most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.apply_retention(at_most integer) TO service_role;

-- Name: FUNCTION apply_waiting_notifications(); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.apply_waiting_notifications() FROM PUBLIC;
GRANT ALL ON FUNCTION public.apply_waiting_notifications() TO service_role;

-- Name: FUNCTION apply_waiting_stripe_events(); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.apply_waiting_stripe_events() FROM PUBLIC;
GRANT ALL ON FUNCTION public.apply_waiting_stripe_events() TO service_role;

-- Name: FUNCTION assign_admin_role(p_user_email text); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.assign_admin_role(p_user_email text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.assign_admin_role(p_user_email text) TO service_role;

-- Name: FUNCTION assign_admin_role_by_id(p_user_id uuid); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.assign_admin_role_by_id(p_user_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.assign_admin_role_by_id(p_user_id uuid) TO service_role;

-- Name: FUNCTION begin_checkout(payment_type text, currency text, session_type_id uuid, duration_minutes integer, session_type text, is_group boolean, practitioner_id uuid, scheduled_at timestamp with time zone, session_location text, physical_location text, group_class_id uuid, notes text, cancellation_policy_agreed boolean, cancellation_policy_version uuid); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.begin_checkout(payment_type text, currency text, session_type_id uuid, duration_minutes integer, session_type text, is_group boolean, practitioner_id uuid, scheduled_at timestamp with time zone, session_location text, physical_location text, group_class_id uuid, notes text, cancellation_policy_agreed boolean, cancellation_policy_version uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.begin_checkout(payment_type text, currency text, session_type_id uuid, duration_minutes integer, session_type text, is_group boolean, practitioner_id uuid, scheduled_at timestamp with time zone, session_location text, physical_location text, group_class_id uuid, notes text, cancellation_policy_agreed boolean, cancellation_policy_version uuid) TO authenticated;

-- Name: FUNCTION book_session_with_credit(practitioner_id uuid, scheduled_at timestamp with time zone, duration_minutes integer, session_type_id uuid, session_type text, is_group boolean, session_location text, physical_location text, notes text, location_coordinates point); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.book_session_with_credit(practitioner_id uuid, scheduled_at timestamp with time zone, duration_minutes integer, session_type_id uuid, session_type text, is_group boolean, session_location text, physical_location text, notes text, location_coordinates point) FROM PUBLIC;
GRANT ALL ON FUNCTION public.book_session_with_credit(practitioner_id uuid, scheduled_at timestamp with time zone, duration_minutes integer, session_type_id uuid, session_type text, is_group boolean, session_location text, physical_location text, notes text, location_coordinates point) TO authenticated;

-- Name: FUNCTION can_access_session(p_user_id uuid, p_session_id uuid); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.can_access_session(p_user_id uuid, p_session_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.can_access_session(p_user_id uuid, p_session_id uuid) TO authenticated;
GRANT ALL ON FUNCTION public.can_access_session(p_user_id uuid, p_session_id uuid) TO service_role;

-- Name: TABLE session_cancellations; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.session_cancellations TO authenticated;
GRANT SELECT,INSERT ON TABLE public.session_cancellations TO service_role;

-- Name: FUNCTION cancel_session(session_id uuid, reason text, use_grace boolean); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.cancel_session(session_id uuid, reason text, use_grace boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION public.cancel_session(session_id uuid, reason text, use_grace boolean) TO authenticated;

-- Name: FUNCTION check_invariants(); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.check_invariants() FROM PUBLIC;
GRANT ALL ON FUNCTION public.check_invariants() TO service_role;

-- Name: FUNCTION check_session_credits(); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.check_session_credits() FROM PUBLIC;
GRANT ALL ON FUNCTION public.check_session_credits() TO authenticated;

-- Name: FUNCTION claim_checkout_check(); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.claim_checkout_check() FROM PUBLIC;
GRANT ALL ON FUNCTION public.claim_checkout_check() TO service_role;

-- Name: FUNCTION claim_mail(); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.claim_mail() FROM PUBLIC;
GRANT ALL ON FUNCTION public.claim_mail() TO service_role;

-- Name: FUNCTION claim_recording_check(); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.claim_recording_check() FROM PUBLIC;
GRANT ALL ON FUNCTION public.claim_recording_check() TO service_role;

-- Name: FUNCTION claim_recording_copy(recording_id uuid); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.claim_recording_copy(recording_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.claim_recording_copy(recording_id uuid) TO service_role;

-- Name: FUNCTION claim_recording_erasure(recording_id uuid); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.claim_recording_erasure(recording_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.claim_recording_erasure(recording_id uuid) TO service_role;

-- Name: FUNCTION claim_webhook_delivery(); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.claim_webhook_delivery() FROM PUBLIC;
GRANT ALL ON FUNCTION public.claim_webhook_delivery() TO service_role;

-- Name: FUNCTION client_dashboard(at_most integer); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.client_dashboard(at_most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.client_dashboard(at_most integer) TO authenticated;

-- Name: FUNCTION complete_recording(recording_id uuid, lease_id uuid, opens_at text); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.complete_recording(recording_id uuid, lease_id uuid, opens_at text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.complete_recording(recording_id uuid, lease_id uuid, opens_at text) TO service_role;

-- Name: TABLE action_recommendations; Type: ACL; Schema: public

GRANT SELECT,DELETE ON TABLE public.action_recommendations TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.action_recommendations TO service_role;

-- Name: COLUMN action_recommendations.session_id; Type: ACL; Schema: public

GRANT INSERT(session_id) ON TABLE public.action_recommendations TO authenticated;

-- Name: COLUMN action_recommendations.practitioner_id; Type: ACL; Schema: public

GRANT INSERT(practitioner_id) ON TABLE public.action_recommendations TO authenticated;

-- Name: COLUMN action_recommendations.client_id; Type: ACL; Schema: public

GRANT INSERT(client_id) ON TABLE public.action_recommendations TO authenticated;

-- Name: COLUMN action_recommendations.title; Type: ACL; Schema: public

GRANT INSERT(title),UPDATE(title) ON TABLE public.action_recommendations TO authenticated;

-- Name: COLUMN action_recommendations.description; Type: ACL; Schema: public

GRANT INSERT(description),UPDATE(description) ON TABLE public.action_recommendations TO authenticated;

-- Name: COLUMN action_recommendations.action_type; Type: ACL; Schema: public

GRANT INSERT(action_type),UPDATE(action_type) ON TABLE public.action_recommendations TO authenticated;

-- Name: COLUMN action_recommendations.frequency; Type: ACL; Schema: public

GRANT INSERT(frequency),UPDATE(frequency) ON TABLE public.action_recommendations TO authenticated;

-- Name: COLUMN action_recommendations.due_date; Type: ACL; Schema: public

GRANT INSERT(due_date),UPDATE(due_date) ON TABLE public.action_recommendations TO authenticated;

-- Name: COLUMN action_recommendations.completed; Type: ACL; Schema: public

GRANT UPDATE(completed) ON TABLE public.action_recommendations TO authenticated;

-- Name: COLUMN action_recommendations.completed_at; Type: ACL; Schema: public

GRANT UPDATE(completed_at) ON TABLE public.action_recommendations TO authenticated;

-- Name: COLUMN action_recommendations.template_id; Type: ACL; Schema: public

GRANT INSERT(template_id) ON TABLE public.action_recommendations TO authenticated;

-- Name: FUNCTION create_action_recommendation(client_id uuid, title text, action_type text, session_id uuid, description text, frequency text, due_date date, template_id uuid); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.create_action_recommendation(client_id uuid, title text, action_type text, session_id uuid, description text, frequency text, due_date date, template_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.create_action_recommendation(client_id uuid, title text, action_type text, session_id uuid, description text, frequency text, due_date date, template_id uuid) TO authenticated;

-- Name: FUNCTION create_agora_room(channel_name text, session_id uuid); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.create_agora_room(channel_name text, session_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.create_agora_room(channel_name text, session_id uuid) TO authenticated;

-- Name: FUNCTION create_agora_token(channel_name text, session_id uuid); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.create_agora_token(channel_name text, session_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.create_agora_token(channel_name text, session_id uuid) TO authenticated;

-- Name: FUNCTION create_liability_waiver(user_id uuid, waiver_text text, session_id uuid, waiver_policy_id uuid, waiver_policy_version integer, signature_name text, signature_image bytea, ip_address text, user_agent text); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.create_liability_waiver(user_id uuid, waiver_text text, session_id uuid, waiver_policy_id uuid, waiver_policy_version integer, signature_name text, signature_image bytea, ip_address text, user_agent text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.create_liability_waiver(user_id uuid, waiver_text text, session_id uuid, waiver_policy_id uuid, waiver_policy_version integer, signature_name text, signature_image bytea, ip_address text, user_agent text) TO service_role;

-- Name: FUNCTION create_recording_share_link(recording_id uuid, token_sha256 text, expires_in_days integer, password_scrypt text, view_limit integer); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.create_recording_share_link(recording_id uuid, token_sha256 text, expires_in_days integer, password_scrypt text, view_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.create_recording_share_link(recording_id uuid, token_sha256 text, expires_in_days integer, password_scrypt text, view_limit integer) TO authenticated;

-- Name: FUNCTION create_webhook_endpoint(url text, events text[], description text); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.create_webhook_endpoint(url text, events text[], description text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.create_webhook_endpoint(url text, events text[], description text) TO authenticated;

-- Name: FUNCTION earnings_overview(practitioner_id uuid); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.earnings_overview(practitioner_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.earnings_overview(practitioner_id uuid) TO authenticated;

-- Name: FUNCTION earnings_series(from_date date, until_date date, step text, practitioner_id uuid); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.earnings_series(from_date date, until_date date, step text, practitioner_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.earnings_series(from_date date, until_date date, step text, practitioner_id uuid) TO authenticated;

-- Name: FUNCTION earnings_sessions(from_date date, until_date date, page_size integer, cursor text, practitioner_id uuid); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.earnings_sessions(from_date date, until_date date, page_size integer, cursor text, practitioner_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.earnings_sessions(from_date date, until_date date, page_size integer, cursor text, practitioner_id uuid) TO authenticated;

-- Name: FUNCTION erase_account(user_id uuid); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.erase_account(user_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.erase_account(user_id uuid) TO authenticated;
GRANT ALL ON FUNCTION public.erase_account(user_id uuid) TO service_role;

-- Name: FUNCTION export_my_data(user_id uuid, ip_address text, user_agent text); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.export_my_data(user_id uuid, ip_address text, user_agent text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.export_my_data(user_id uuid, ip_address text, user_agent text) TO service_role;

-- Name: FUNCTION finish_mail(mail_id uuid, lease_id uuid, outcome text, message_id text, reason text); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.finish_mail(mail_id uuid, lease_id uuid, outcome text, message_id text, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.finish_mail(mail_id uuid, lease_id uuid, outcome text, message_id text, reason text) TO service_role;

-- Name: FUNCTION finish_recording_erasure(recording_id uuid, lease_id uuid); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.finish_recording_erasure(recording_id uuid, lease_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.finish_recording_erasure(recording_id uuid, lease_id uuid) TO service_role;

-- Name: FUNCTION finish_webhook_delivery(delivery_id uuid, lease_id uuid, status integer, error text); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.finish_webhook_delivery(delivery_id uuid, lease_id uuid, status integer, error text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.finish_webhook_delivery(delivery_id uuid, lease_id uuid, status integer, error text) TO service_role;

-- Name: FUNCTION get_available_slots(session_type_id uuid, from_date date, until_date date, time_zone text, practitioner_id uuid, session_location text, explain boolean); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.get_available_slots(session_type_id uuid, from_date date, until_date date, time_zone text, practitioner_id uuid, session_location text, explain boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION public.get_available_slots(session_type_id uuid, from_date date, until_date date, time_zone text, practitioner_id uuid, session_location text, explain boolean) TO authenticated;
GRANT ALL ON FUNCTION public.get_available_slots(session_type_id uuid, from_date date, until_date date, time_zone text, practitioner_id uuid, session_location text, explain boolean) TO service_role;

-- Name: TABLE user_consents; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.user_consents TO authenticated;
GRANT SELECT,INSERT,UPDATE ON TABLE public.user_consents TO service_role;

-- Name: COLUMN user_consents.user_id; Type: ACL; Schema: public

GRANT INSERT(user_id),UPDATE(user_id) ON TABLE public.user_consents TO authenticated;

-- Name: COLUMN user_consents.consent_type; Type: ACL; Schema: public

GRANT INSERT(consent_type),UPDATE(consent_type) ON TABLE public.user_consents TO authenticated;

-- Name: COLUMN user_consents.consented; Type: ACL; Schema: public

GRANT INSERT(consented),UPDATE(consented) ON TABLE public.user_consents TO authenticated;

-- Name: COLUMN user_consents.version; Type: ACL; Schema: public

GRANT INSERT(version),UPDATE(version) ON TABLE public.user_consents TO authenticated;

-- Name: COLUMN user_consents.metadata; Type: ACL; Schema: public

GRANT INSERT(metadata),UPDATE(metadata) ON TABLE public.user_consents TO authenticated;

-- Name: FUNCTION get_consent_status(consent_type text); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.get_consent_status(consent_type text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.get_consent_status(consent_type text) TO authenticated;

-- Name: FUNCTION get_contract_document(contract_id uuid); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.get_contract_document(contract_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.get_contract_document(contract_id uuid) TO authenticated;

-- Name: FUNCTION get_expired_records(p_table_name text); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.get_expired_records(p_table_name text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.get_expired_records(p_table_name text) TO service_role;

-- Name: FUNCTION get_liability_waiver_status(session_id uuid); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.get_liability_waiver_status(session_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.get_liability_waiver_status(session_id uuid) TO authenticated;
GRANT ALL ON FUNCTION public.get_liability_waiver_status(session_id uuid) TO service_role;

-- Name: FUNCTION get_recording_status(session_id uuid, recording_id uuid); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.get_recording_status(session_id uuid, recording_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.get_recording_status(session_id uuid, recording_id uuid) TO authenticated;
GRANT ALL ON FUNCTION public.get_recording_status(session_id uuid, recording_id uuid) TO service_role;

-- Name: FUNCTION get_retention_policy(p_table_name text); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.get_retention_policy(p_table_name text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.get_retention_policy(p_table_name text) TO service_role;

-- Name: FUNCTION get_session_calendar(session_id uuid); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.get_session_calendar(session_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.get_session_calendar(session_id uuid) TO authenticated;

-- Name: FUNCTION get_user_credits(p_user_id uuid); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.get_user_credits(p_user_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.get_user_credits(p_user_id uuid) TO authenticated;
GRANT ALL ON FUNCTION public.get_user_credits(p_user_id uuid) TO service_role;

-- Name: FUNCTION get_user_id_by_email(email_input text); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.get_user_id_by_email(email_input text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.get_user_id_by_email(email_input text) TO authenticated;
GRANT ALL ON FUNCTION public.get_user_id_by_email(email_input text) TO service_role;

-- Name: FUNCTION get_waiver_document(waiver_id uuid); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.get_waiver_document(waiver_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.get_waiver_document(waiver_id uuid) TO authenticated;

-- Name: FUNCTION getting_started(); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.getting_started() FROM PUBLIC;
GRANT ALL ON FUNCTION public.getting_started() TO authenticated;

-- Name: FUNCTION has_access(p_user_id uuid, p_resource_type text, p_resource_id uuid, p_permission text); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.has_access(p_user_id uuid, p_resource_type text, p_resource_id uuid, p_permission text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.has_access(p_user_id uuid, p_resource_type text, p_resource_id uuid, p_permission text) TO authenticated;
GRANT ALL ON FUNCTION public.has_access(p_user_id uuid, p_resource_type text, p_resource_id uuid, p_permission text) TO service_role;

-- Name: FUNCTION has_consent(p_user_id uuid, p_consent_type text); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.has_consent(p_user_id uuid, p_consent_type text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.has_consent(p_user_id uuid, p_consent_type text) TO authenticated;
GRANT ALL ON FUNCTION public.has_consent(p_user_id uuid, p_consent_type text) TO service_role;

-- Name: FUNCTION has_role(_user_id uuid, _role public.app_role); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.has_role(_user_id uuid, _role public.app_role) FROM PUBLIC;
GRANT ALL ON FUNCTION public.has_role(_user_id uuid, _role public.app_role) TO authenticated;
GRANT ALL ON FUNCTION public.has_role(_user_id uuid, _role public.app_role) TO service_role;

-- Name: FUNCTION hold_slot(practitioner_id uuid, scheduled_at timestamp with time zone, session_type_id uuid, session_location text, physical_location text, group_class_id uuid); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.hold_slot(practitioner_id uuid, scheduled_at timestamp with time zone, session_type_id uuid, session_location text, physical_location text, group_class_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.hold_slot(practitioner_id uuid, scheduled_at timestamp with time zone, session_type_id uuid, session_location text, physical_location text, group_class_id uuid) TO authenticated;

-- Name: FUNCTION increment_group_class_participants(group_class_id uuid, increment_by integer); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.increment_group_class_participants(group_class_id uuid, increment_by integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.increment_group_class_participants(group_class_id uuid, increment_by integer) TO authenticated;

-- Name: FUNCTION is_practitioner_of(_practitioner_id uuid, _client_id uuid); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.is_practitioner_of(_practitioner_id uuid, _client_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.is_practitioner_of(_practitioner_id uuid, _client_id uuid) TO authenticated;
GRANT ALL ON FUNCTION public.is_practitioner_of(_practitioner_id uuid, _client_id uuid) TO service_role;

-- Name: FUNCTION issue_practitioner_contract(practitioner_id uuid, template_version integer, expires_at timestamp with time zone); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.issue_practitioner_contract(practitioner_id uuid, template_version integer, expires_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.issue_practitioner_contract(practitioner_id uuid, template_version integer, expires_at timestamp with time zone) TO authenticated;

-- Name: FUNCTION join_group_class(class_id uuid); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.join_group_class(class_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.join_group_class(class_id uuid) TO authenticated;

-- Name: FUNCTION journal_prefill(session_id uuid, mood text); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.journal_prefill(session_id uuid, mood text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.journal_prefill(session_id uuid, mood text) TO authenticated;

-- Name: FUNCTION keep_recording_lease(recording_id uuid, lease_id uuid); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.keep_recording_lease(recording_id uuid, lease_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.keep_recording_lease(recording_id uuid, lease_id uuid) TO service_role;

-- Name: FUNCTION keep_recording_upload(recording_id uuid, lease_id uuid, file_id uuid, upload_url text); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.keep_recording_upload(recording_id uuid, lease_id uuid, file_id uuid, upload_url text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.keep_recording_upload(recording_id uuid, lease_id uuid, file_id uuid, upload_url text) TO service_role;

-- Name: TABLE group_session_correlations; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.group_session_correlations TO authenticated;

-- Name: FUNCTION link_group_sessions(session_id uuid, correlated_session_id uuid); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.link_group_sessions(session_id uuid, correlated_session_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.link_group_sessions(session_id uuid, correlated_session_id uuid) TO authenticated;

-- Name: FUNCTION list_payments(status text, currency text, page_size integer, cursor text); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.list_payments(status text, currency text, page_size integer, cursor text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.list_payments(status text, currency text, page_size integer, cursor text) TO authenticated;

-- Name: FUNCTION list_users(page_size integer, cursor text); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.list_users(page_size integer, cursor text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.list_users(page_size integer, cursor text) TO authenticated;

-- Name: FUNCTION log_audit_event(p_user_id uuid, p_action text, p_table_name text, p_record_id uuid, p_ip_address text, p_user_agent text, p_metadata jsonb); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.log_audit_event(p_user_id uuid, p_action text, p_table_name text, p_record_id uuid, p_ip_address text, p_user_agent text, p_metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.log_audit_event(p_user_id uuid, p_action text, p_table_name text, p_record_id uuid, p_ip_address text, p_user_agent text, p_metadata jsonb) TO service_role;

-- Name: FUNCTION mark_payout_failed(payout_id uuid, reason text); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.mark_payout_failed(payout_id uuid, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.mark_payout_failed(payout_id uuid, reason text) TO authenticated;
GRANT ALL ON FUNCTION public.mark_payout_failed(payout_id uuid, reason text) TO service_role;

-- Name: FUNCTION mark_payout_paid(payout_id uuid, transaction_reference text, paid_at timestamp with time zone); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.mark_payout_paid(payout_id uuid, transaction_reference text, paid_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.mark_payout_paid(payout_id uuid, transaction_reference text, paid_at timestamp with time zone) TO authenticated;
GRANT ALL ON FUNCTION public.mark_payout_paid(payout_id uuid, transaction_reference text, paid_at timestamp with time zone) TO service_role;

-- Name: FUNCTION match_memories(query_embedding extensions.vector, match_user_id uuid, match_count integer, match_threshold double precision); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.match_memories(query_embedding extensions.vector, match_user_id uuid, match_count integer, match_threshold double precision) FROM PUBLIC;
GRANT ALL ON FUNCTION public.match_memories(query_embedding extensions.vector, match_user_id uuid, match_count integer, match_threshold double precision) TO authenticated;
GRANT ALL ON FUNCTION public.match_memories(query_embedding extensions.vector, match_user_id uuid, match_count integer, match_threshold double precision) TO service_role;

-- Name: TABLE recording_files; Type: ACL; Schema: private

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE private.recording_files TO service_role;

-- Name: FUNCTION next_recording_file(recording_id uuid, lease_id uuid); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.next_recording_file(recording_id uuid, lease_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.next_recording_file(recording_id uuid, lease_id uuid) TO service_role;

-- Name: FUNCTION observe_checkout(checkout_id uuid, facts jsonb); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.observe_checkout(checkout_id uuid, facts jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.observe_checkout(checkout_id uuid, facts jsonb) TO service_role;

-- Name: FUNCTION observe_recording(recording_id uuid, attempt integer, observation text, resource_id text, sid text, agora_status integer, reason text); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.observe_recording(recording_id uuid, attempt integer, observation text, resource_id text, sid text, agora_status integer, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.observe_recording(recording_id uuid, attempt integer, observation text, resource_id text, sid text, agora_status integer, reason text) TO service_role;

-- Name: FUNCTION once(rpc text, idempotency_key text, arguments jsonb); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.once(rpc text, idempotency_key text, arguments jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.once(rpc text, idempotency_key text, arguments jsonb) TO authenticated;
GRANT ALL ON FUNCTION public.once(rpc text, idempotency_key text, arguments jsonb) TO service_role;

-- Name: FUNCTION open_checkout(checkout_id uuid, stripe_session_id text, url text); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.open_checkout(checkout_id uuid, stripe_session_id text, url text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.open_checkout(checkout_id uuid, stripe_session_id text, url text) TO service_role;

-- Name: FUNCTION open_share_link(token_sha256 text, opens boolean, password_scrypt text, part integer, file_name text, view_id uuid, ip_address text, user_agent text); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.open_share_link(token_sha256 text, opens boolean, password_scrypt text, part integer, file_name text, view_id uuid, ip_address text, user_agent text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.open_share_link(token_sha256 text, opens boolean, password_scrypt text, part integer, file_name text, view_id uuid, ip_address text, user_agent text) TO service_role;

-- Name: FUNCTION payment_file(user_id uuid, reference text, in_currency text); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.payment_file(user_id uuid, reference text, in_currency text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.payment_file(user_id uuid, reference text, in_currency text) TO service_role;

-- Name: FUNCTION plan_recording_files(recording_id uuid, lease_id uuid, files jsonb, duration_seconds integer); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.plan_recording_files(recording_id uuid, lease_id uuid, files jsonb, duration_seconds integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.plan_recording_files(recording_id uuid, lease_id uuid, files jsonb, duration_seconds integer) TO service_role;

-- Name: FUNCTION postpone_recording_copy(recording_id uuid, lease_id uuid, code text, reason text); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.postpone_recording_copy(recording_id uuid, lease_id uuid, code text, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.postpone_recording_copy(recording_id uuid, lease_id uuid, code text, reason text) TO service_role;

-- Name: FUNCTION practitioner_dashboard(at_most integer); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.practitioner_dashboard(at_most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.practitioner_dashboard(at_most integer) TO authenticated;

-- Name: FUNCTION prepare_mails(); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.prepare_mails() FROM PUBLIC;
GRANT ALL ON FUNCTION public.prepare_mails() TO service_role;

-- Name: FUNCTION quote_cancellation(session_id uuid, use_grace boolean); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.quote_cancellation(session_id uuid, use_grace boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION public.quote_cancellation(session_id uuid, use_grace boolean) TO authenticated;

-- Name: FUNCTION receive_agora_notification(notice_id text, product integer, event_type integer, channel text, sid text, payload jsonb, observation text, recorder_uid bigint, happened_at timestamp with time zone, failover_uid bigint); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.receive_agora_notification(notice_id text, product integer, event_type integer, channel text, sid text, payload jsonb, observation text, recorder_uid bigint, happened_at timestamp with time zone, failover_uid bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION public.receive_agora_notification(notice_id text, product integer, event_type integer, channel text, sid text, payload jsonb, observation text, recorder_uid bigint, happened_at timestamp with time zone, failover_uid bigint) TO service_role;

-- Name: FUNCTION receive_channel_event(notice_id text, event_type integer, channel text, payload jsonb, change text, uid bigint, is_recorder boolean, client_seq bigint, happened_at timestamp with time zone, stayed_seconds integer); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.receive_channel_event(notice_id text, event_type integer, channel text, payload jsonb, change text, uid bigint, is_recorder boolean, client_seq bigint, happened_at timestamp with time zone, stayed_seconds integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.receive_channel_event(notice_id text, event_type integer, channel text, payload jsonb, change text, uid bigint, is_recorder boolean, client_seq bigint, happened_at timestamp with time zone, stayed_seconds integer) TO service_role;

-- Name: FUNCTION receive_stripe_event(event_id text, event_type text, payload jsonb, facts jsonb, happened_at timestamp with time zone); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.receive_stripe_event(event_id text, event_type text, payload jsonb, facts jsonb, happened_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.receive_stripe_event(event_id text, event_type text, payload jsonb, facts jsonb, happened_at timestamp with time zone) TO service_role;

-- Name: FUNCTION reconcile_bookings(); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.reconcile_bookings() FROM PUBLIC;
GRANT ALL ON FUNCTION public.reconcile_bookings() TO service_role;

-- Name: FUNCTION reconcile_contracts(); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.reconcile_contracts() FROM PUBLIC;
GRANT ALL ON FUNCTION public.reconcile_contracts() TO service_role;

-- Name: FUNCTION record_audit_log(recorder uuid, action text, table_name text, user_id uuid, record_id uuid, ip_address text, user_agent text, metadata jsonb); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.record_audit_log(recorder uuid, action text, table_name text, user_id uuid, record_id uuid, ip_address text, user_agent text, metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.record_audit_log(recorder uuid, action text, table_name text, user_id uuid, record_id uuid, ip_address text, user_agent text, metadata jsonb) TO service_role;

-- Name: FUNCTION record_consent(user_id uuid, consent_type text, consented boolean, version text, metadata jsonb, ip_address text, user_agent text); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.record_consent(user_id uuid, consent_type text, consented boolean, version text, metadata jsonb, ip_address text, user_agent text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.record_consent(user_id uuid, consent_type text, consented boolean, version text, metadata jsonb, ip_address text, user_agent text) TO service_role;

-- Name: FUNCTION record_refund(refund_id uuid, facts jsonb, stripe_refund_id text); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.record_refund(refund_id uuid, facts jsonb, stripe_refund_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.record_refund(refund_id uuid, facts jsonb, stripe_refund_id text) TO service_role;

-- Name: FUNCTION redeliver_webhooks(endpoint_id uuid, since timestamp with time zone, delivery_id uuid); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.redeliver_webhooks(endpoint_id uuid, since timestamp with time zone, delivery_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.redeliver_webhooks(endpoint_id uuid, since timestamp with time zone, delivery_id uuid) TO authenticated;
GRANT ALL ON FUNCTION public.redeliver_webhooks(endpoint_id uuid, since timestamp with time zone, delivery_id uuid) TO service_role;

-- Name: FUNCTION release_hold(hold_id uuid); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.release_hold(hold_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.release_hold(hold_id uuid) TO authenticated;

-- Name: FUNCTION request_refund(reason text, checkout_id uuid, session_id uuid, amount_minor integer); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.request_refund(reason text, checkout_id uuid, session_id uuid, amount_minor integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.request_refund(reason text, checkout_id uuid, session_id uuid, amount_minor integer) TO authenticated;

-- Name: FUNCTION reschedule_session(session_id uuid, scheduled_at timestamp with time zone); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.reschedule_session(session_id uuid, scheduled_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.reschedule_session(session_id uuid, scheduled_at timestamp with time zone) TO authenticated;

-- Name: FUNCTION resolve_mail(mail_id uuid, outcome text); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.resolve_mail(mail_id uuid, outcome text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.resolve_mail(mail_id uuid, outcome text) TO service_role;

-- Name: FUNCTION retry_recording(recording_id uuid); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.retry_recording(recording_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.retry_recording(recording_id uuid) TO service_role;

-- Name: FUNCTION revoke_recording_share_link(share_link_id uuid); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.revoke_recording_share_link(share_link_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.revoke_recording_share_link(share_link_id uuid) TO authenticated;

-- Name: FUNCTION rotate_recording_link(recording_id uuid); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.rotate_recording_link(recording_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.rotate_recording_link(recording_id uuid) TO authenticated;
GRANT ALL ON FUNCTION public.rotate_recording_link(recording_id uuid) TO service_role;

-- Name: FUNCTION rotate_webhook_secret(endpoint_id uuid); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.rotate_webhook_secret(endpoint_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.rotate_webhook_secret(endpoint_id uuid) TO authenticated;

-- Name: FUNCTION run_payouts(batch integer); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.run_payouts(batch integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.run_payouts(batch integer) TO service_role;

-- Name: FUNCTION save_practitioner_banking(user_id uuid, practitioner_id uuid, bank_name text, account_holder_name text, account_type text, country text, account_last4 text, routing_last4 text, fingerprint text, sealed jsonb); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.save_practitioner_banking(user_id uuid, practitioner_id uuid, bank_name text, account_holder_name text, account_type text, country text, account_last4 text, routing_last4 text, fingerprint text, sealed jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.save_practitioner_banking(user_id uuid, practitioner_id uuid, bank_name text, account_holder_name text, account_type text, country text, account_last4 text, routing_last4 text, fingerprint text, sealed jsonb) TO service_role;

-- Name: FUNCTION send_booking_confirmation(session_id uuid); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.send_booking_confirmation(session_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.send_booking_confirmation(session_id uuid) TO authenticated;
GRANT ALL ON FUNCTION public.send_booking_confirmation(session_id uuid) TO service_role;

-- Name: FUNCTION send_cancellation_notice(session_id uuid, is_reschedule boolean); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.send_cancellation_notice(session_id uuid, is_reschedule boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION public.send_cancellation_notice(session_id uuid, is_reschedule boolean) TO authenticated;
GRANT ALL ON FUNCTION public.send_cancellation_notice(session_id uuid, is_reschedule boolean) TO service_role;

-- Name: FUNCTION send_class_reminder(session_id uuid); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.send_class_reminder(session_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.send_class_reminder(session_id uuid) TO authenticated;
GRANT ALL ON FUNCTION public.send_class_reminder(session_id uuid) TO service_role;

-- Name: FUNCTION send_payment_receipt(payment_intent_id text, checkout_session_id text); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.send_payment_receipt(payment_intent_id text, checkout_session_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.send_payment_receipt(payment_intent_id text, checkout_session_id text) TO authenticated;
GRANT ALL ON FUNCTION public.send_payment_receipt(payment_intent_id text, checkout_session_id text) TO service_role;

-- Name: FUNCTION send_welcome_email(user_id uuid); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.send_welcome_email(user_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.send_welcome_email(user_id uuid) TO service_role;

-- Name: FUNCTION session_consents(session_id uuid); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.session_consents(session_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.session_consents(session_id uuid) TO authenticated;

-- Name: FUNCTION set_attendance(session_id uuid, user_id uuid, attended boolean, reason text, joined_at timestamp with time zone, left_at timestamp with time zone); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.set_attendance(session_id uuid, user_id uuid, attended boolean, reason text, joined_at timestamp with time zone, left_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.set_attendance(session_id uuid, user_id uuid, attended boolean, reason text, joined_at timestamp with time zone, left_at timestamp with time zone) TO authenticated;

-- Name: FUNCTION sign_practitioner_contract(user_id uuid, contract_id uuid, shown_sha256 text, signature_name text, signature_image bytea, ip_address text, user_agent text); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.sign_practitioner_contract(user_id uuid, contract_id uuid, shown_sha256 text, signature_name text, signature_image bytea, ip_address text, user_agent text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.sign_practitioner_contract(user_id uuid, contract_id uuid, shown_sha256 text, signature_name text, signature_image bytea, ip_address text, user_agent text) TO service_role;

-- Name: FUNCTION start_mail(mail_id uuid, lease_id uuid, recipient_email text, template_id text, told_sequence integer); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.start_mail(mail_id uuid, lease_id uuid, recipient_email text, template_id text, told_sequence integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.start_mail(mail_id uuid, lease_id uuid, recipient_email text, template_id text, told_sequence integer) TO service_role;

-- Name: FUNCTION start_recording(session_id uuid, mode text); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.start_recording(session_id uuid, mode text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.start_recording(session_id uuid, mode text) TO authenticated;
GRANT ALL ON FUNCTION public.start_recording(session_id uuid, mode text) TO service_role;

-- Name: FUNCTION stop_recording(session_id uuid, recording_id uuid); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.stop_recording(session_id uuid, recording_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.stop_recording(session_id uuid, recording_id uuid) TO authenticated;
GRANT ALL ON FUNCTION public.stop_recording(session_id uuid, recording_id uuid) TO service_role;

-- Name: FUNCTION studio_availability(session_type_id uuid, from_date date, until_date date, time_zone text); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.studio_availability(session_type_id uuid, from_date date, until_date date, time_zone text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.studio_availability(session_type_id uuid, from_date date, until_date date, time_zone text) TO authenticated;

-- Name: FUNCTION unlink_group_sessions(session_id uuid); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.unlink_group_sessions(session_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.unlink_group_sessions(session_id uuid) TO authenticated;

-- Name: FUNCTION unsubscribe(token_sha256 text, opts_out boolean); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.unsubscribe(token_sha256 text, opts_out boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION public.unsubscribe(token_sha256 text, opts_out boolean) TO service_role;

-- Name: FUNCTION update_action_status(action_id uuid, completed boolean); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.update_action_status(action_id uuid, completed boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION public.update_action_status(action_id uuid, completed boolean) TO authenticated;

-- Name: FUNCTION update_updated_at_column(); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.update_updated_at_column() FROM PUBLIC;

-- Name: FUNCTION verify_practitioner_banking(practitioner_id uuid, changed_at timestamp with time zone, verified boolean); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.verify_practitioner_banking(practitioner_id uuid, changed_at timestamp with time zone, verified boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION public.verify_practitioner_banking(practitioner_id uuid, changed_at timestamp with time zone, verified boolean) TO authenticated;

-- Name: FUNCTION verify_recording_file(recording_id uuid, lease_id uuid, file_id uuid, sha256 text); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.verify_recording_file(recording_id uuid, lease_id uuid, file_id uuid, sha256 text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.verify_recording_file(recording_id uuid, lease_id uuid, file_id uuid, sha256 text) TO service_role;

-- Name: FUNCTION verify_signature(sha256 text); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.verify_signature(sha256 text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.verify_signature(sha256 text) TO service_role;

-- Name: FUNCTION view_recording(token_sha256 text, part integer, file_name text, view_id uuid, ip_address text, user_agent text); Type: ACL; Schema: public

REVOKE ALL ON FUNCTION public.view_recording(token_sha256 text, part integer, file_name text, view_id uuid, ip_address text, user_agent text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.view_recording(token_sha256 text, part integer, file_name text, view_id uuid, ip_address text, user_agent text) TO service_role;

-- Name: TABLE erasure_queue; Type: ACL; Schema: private

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE private.erasure_queue TO service_role;

-- Name: TABLE mail_kinds; Type: ACL; Schema: private

GRANT SELECT ON TABLE private.mail_kinds TO service_role;

-- Name: SEQUENCE recorder_uids; Type: ACL; Schema: private

GRANT USAGE ON SEQUENCE private.recorder_uids TO service_role;

-- Name: TABLE recording_links; Type: ACL; Schema: private

GRANT SELECT,INSERT,UPDATE ON TABLE private.recording_links TO service_role;

-- Name: TABLE ledger_postings; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.ledger_postings TO authenticated;
GRANT SELECT ON TABLE public.ledger_postings TO service_role;

-- Name: TABLE payout_lines; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.payout_lines TO authenticated;
GRANT SELECT ON TABLE public.payout_lines TO service_role;

-- Name: TABLE access_grants; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.access_grants TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.access_grants TO service_role;

-- Name: COLUMN access_grants.grantor_id; Type: ACL; Schema: public

GRANT INSERT(grantor_id) ON TABLE public.access_grants TO authenticated;

-- Name: COLUMN access_grants.grantee_id; Type: ACL; Schema: public

GRANT INSERT(grantee_id) ON TABLE public.access_grants TO authenticated;

-- Name: COLUMN access_grants.resource_type; Type: ACL; Schema: public

GRANT INSERT(resource_type) ON TABLE public.access_grants TO authenticated;

-- Name: COLUMN access_grants.resource_id; Type: ACL; Schema: public

GRANT INSERT(resource_id) ON TABLE public.access_grants TO authenticated;

-- Name: COLUMN access_grants.permission; Type: ACL; Schema: public

GRANT INSERT(permission) ON TABLE public.access_grants TO authenticated;

-- Name: COLUMN access_grants.expires_at; Type: ACL; Schema: public

GRANT INSERT(expires_at) ON TABLE public.access_grants TO authenticated;

-- Name: COLUMN access_grants.revoked_at; Type: ACL; Schema: public

GRANT UPDATE(revoked_at) ON TABLE public.access_grants TO authenticated;

-- Name: COLUMN access_grants.reason; Type: ACL; Schema: public

GRANT INSERT(reason),UPDATE(reason) ON TABLE public.access_grants TO authenticated;

-- Name: COLUMN access_grants.metadata; Type: ACL; Schema: public

GRANT INSERT(metadata) ON TABLE public.access_grants TO authenticated;

-- Name: TABLE action_checklist; Type: ACL; Schema: public

GRANT SELECT,DELETE ON TABLE public.action_checklist TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.action_checklist TO service_role;

-- Name: COLUMN action_checklist.client_id; Type: ACL; Schema: public

GRANT INSERT(client_id) ON TABLE public.action_checklist TO authenticated;

-- Name: COLUMN action_checklist.practitioner_id; Type: ACL; Schema: public

GRANT INSERT(practitioner_id) ON TABLE public.action_checklist TO authenticated;

-- Name: COLUMN action_checklist.title; Type: ACL; Schema: public

GRANT INSERT(title),UPDATE(title) ON TABLE public.action_checklist TO authenticated;

-- Name: COLUMN action_checklist.description; Type: ACL; Schema: public

GRANT INSERT(description),UPDATE(description) ON TABLE public.action_checklist TO authenticated;

-- Name: COLUMN action_checklist.completed; Type: ACL; Schema: public

GRANT UPDATE(completed) ON TABLE public.action_checklist TO authenticated;

-- Name: COLUMN action_checklist.due_date; Type: ACL; Schema: public

GRANT INSERT(due_date),UPDATE(due_date) ON TABLE public.action_checklist TO authenticated;

-- Name: COLUMN action_checklist.priority; Type: ACL; Schema: public

GRANT INSERT(priority),UPDATE(priority) ON TABLE public.action_checklist TO authenticated;

-- Name: TABLE action_templates; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.action_templates TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.action_templates TO service_role;

-- Name: COLUMN action_templates.practitioner_id; Type: ACL; Schema: public

GRANT INSERT(practitioner_id) ON TABLE public.action_templates TO authenticated;

-- Name: COLUMN action_templates.title; Type: ACL; Schema: public

GRANT INSERT(title),UPDATE(title) ON TABLE public.action_templates TO authenticated;

-- Name: COLUMN action_templates.description; Type: ACL; Schema: public

GRANT INSERT(description),UPDATE(description) ON TABLE public.action_templates TO authenticated;

-- Name: COLUMN action_templates.action_type; Type: ACL; Schema: public

GRANT INSERT(action_type),UPDATE(action_type) ON TABLE public.action_templates TO authenticated;

-- Name: COLUMN action_templates.frequency; Type: ACL; Schema: public

GRANT INSERT(frequency),UPDATE(frequency) ON TABLE public.action_templates TO authenticated;

-- Name: COLUMN action_templates.is_active; Type: ACL; Schema: public

GRANT INSERT(is_active),UPDATE(is_active) ON TABLE public.action_templates TO authenticated;

-- Name: TABLE practitioners; Type: ACL; Schema: public

GRANT SELECT,DELETE ON TABLE public.practitioners TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.practitioners TO service_role;

-- Name: COLUMN practitioners.user_id; Type: ACL; Schema: public

GRANT INSERT(user_id) ON TABLE public.practitioners TO authenticated;

-- Name: COLUMN practitioners.name; Type: ACL; Schema: public

GRANT INSERT(name),UPDATE(name) ON TABLE public.practitioners TO authenticated;

-- Name: COLUMN practitioners.bio; Type: ACL; Schema: public

GRANT INSERT(bio),UPDATE(bio) ON TABLE public.practitioners TO authenticated;

-- Name: COLUMN practitioners.specialization; Type: ACL; Schema: public

GRANT INSERT(specialization),UPDATE(specialization) ON TABLE public.practitioners TO authenticated;

-- Name: COLUMN practitioners.avatar_url; Type: ACL; Schema: public

GRANT INSERT(avatar_url),UPDATE(avatar_url) ON TABLE public.practitioners TO authenticated;

-- Name: COLUMN practitioners.half_hour_rate; Type: ACL; Schema: public

GRANT INSERT(half_hour_rate),UPDATE(half_hour_rate) ON TABLE public.practitioners TO authenticated;

-- Name: COLUMN practitioners.available; Type: ACL; Schema: public

GRANT INSERT(available),UPDATE(available) ON TABLE public.practitioners TO authenticated;

-- Name: TABLE profiles; Type: ACL; Schema: public

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.profiles TO service_role;

-- Name: COLUMN profiles.id; Type: ACL; Schema: public

GRANT SELECT(id),INSERT(id),UPDATE(id) ON TABLE public.profiles TO authenticated;

-- Name: COLUMN profiles.full_name; Type: ACL; Schema: public

GRANT SELECT(full_name),INSERT(full_name),UPDATE(full_name) ON TABLE public.profiles TO authenticated;

-- Name: COLUMN profiles.email; Type: ACL; Schema: public

GRANT SELECT(email) ON TABLE public.profiles TO authenticated;

-- Name: COLUMN profiles.avatar_url; Type: ACL; Schema: public

GRANT SELECT(avatar_url),INSERT(avatar_url),UPDATE(avatar_url) ON TABLE public.profiles TO authenticated;

-- Name: COLUMN profiles.created_at; Type: ACL; Schema: public

GRANT SELECT(created_at) ON TABLE public.profiles TO authenticated;

-- Name: COLUMN profiles.updated_at; Type: ACL; Schema: public

GRANT SELECT(updated_at) ON TABLE public.profiles TO authenticated;

-- Name: COLUMN profiles.phone_number; Type: ACL; Schema: public

GRANT SELECT(phone_number),INSERT(phone_number),UPDATE(phone_number) ON TABLE public.profiles TO authenticated;

-- Name: COLUMN profiles.date_of_birth; Type: ACL; Schema: public

GRANT INSERT(date_of_birth),UPDATE(date_of_birth) ON TABLE public.profiles TO authenticated;

-- Name: COLUMN profiles.address; Type: ACL; Schema: public

GRANT INSERT(address),UPDATE(address) ON TABLE public.profiles TO authenticated;

-- Name: TABLE admin_banking; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.admin_banking TO authenticated;

-- Name: TABLE admin_cancellations; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.admin_cancellations TO authenticated;

-- Name: TABLE admin_contracts; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.admin_contracts TO authenticated;

-- Name: TABLE recording_views; Type: ACL; Schema: public

GRANT SELECT,INSERT ON TABLE public.recording_views TO service_role;

-- Name: COLUMN recording_views.id; Type: ACL; Schema: public

GRANT SELECT(id) ON TABLE public.recording_views TO authenticated;

-- Name: COLUMN recording_views.recording_id; Type: ACL; Schema: public

GRANT SELECT(recording_id) ON TABLE public.recording_views TO authenticated;

-- Name: COLUMN recording_views.link_id; Type: ACL; Schema: public

GRANT SELECT(link_id) ON TABLE public.recording_views TO authenticated;

-- Name: COLUMN recording_views.viewed_at; Type: ACL; Schema: public

GRANT SELECT(viewed_at) ON TABLE public.recording_views TO authenticated;

-- Name: COLUMN recording_views.link_kind; Type: ACL; Schema: public

GRANT SELECT(link_kind) ON TABLE public.recording_views TO authenticated;

-- Name: COLUMN recording_views.masked_address; Type: ACL; Schema: public

GRANT SELECT(masked_address) ON TABLE public.recording_views TO authenticated;

-- Name: TABLE admin_recordings; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.admin_recordings TO authenticated;

-- Name: TABLE waiver_policy; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.waiver_policy TO anon;
GRANT SELECT ON TABLE public.waiver_policy TO authenticated;
GRANT SELECT,INSERT,UPDATE ON TABLE public.waiver_policy TO service_role;

-- Name: COLUMN waiver_policy.version; Type: ACL; Schema: public

GRANT INSERT(version) ON TABLE public.waiver_policy TO authenticated;

-- Name: COLUMN waiver_policy.policy_text; Type: ACL; Schema: public

GRANT INSERT(policy_text) ON TABLE public.waiver_policy TO authenticated;

-- Name: COLUMN waiver_policy.is_active; Type: ACL; Schema: public

GRANT INSERT(is_active),UPDATE(is_active) ON TABLE public.waiver_policy TO authenticated;

-- Name: COLUMN waiver_policy.updated_at; Type: ACL; Schema: public

GRANT UPDATE(updated_at) ON TABLE public.waiver_policy TO authenticated;

-- Name: COLUMN waiver_policy.updated_by; Type: ACL; Schema: public

GRANT INSERT(updated_by),UPDATE(updated_by) ON TABLE public.waiver_policy TO authenticated;

-- Name: TABLE admin_waivers; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.admin_waivers TO authenticated;

-- Name: TABLE availability_exceptions; Type: ACL; Schema: public

GRANT SELECT,DELETE ON TABLE public.availability_exceptions TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.availability_exceptions TO service_role;

-- Name: COLUMN availability_exceptions.practitioner_id; Type: ACL; Schema: public

GRANT INSERT(practitioner_id) ON TABLE public.availability_exceptions TO authenticated;

-- Name: COLUMN availability_exceptions.on_date; Type: ACL; Schema: public

GRANT INSERT(on_date),UPDATE(on_date) ON TABLE public.availability_exceptions TO authenticated;

-- Name: COLUMN availability_exceptions.start_time; Type: ACL; Schema: public

GRANT INSERT(start_time),UPDATE(start_time) ON TABLE public.availability_exceptions TO authenticated;

-- Name: COLUMN availability_exceptions.end_time; Type: ACL; Schema: public

GRANT INSERT(end_time),UPDATE(end_time) ON TABLE public.availability_exceptions TO authenticated;

-- Name: COLUMN availability_exceptions.is_open; Type: ACL; Schema: public

GRANT INSERT(is_open),UPDATE(is_open) ON TABLE public.availability_exceptions TO authenticated;

-- Name: COLUMN availability_exceptions.reason; Type: ACL; Schema: public

GRANT INSERT(reason),UPDATE(reason) ON TABLE public.availability_exceptions TO authenticated;

-- Name: TABLE banking_accesses; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.banking_accesses TO authenticated;
GRANT SELECT ON TABLE public.banking_accesses TO service_role;

-- Name: TABLE consent_history; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.consent_history TO authenticated;
GRANT SELECT ON TABLE public.consent_history TO service_role;

-- Name: TABLE contract_events; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.contract_events TO authenticated;
GRANT SELECT ON TABLE public.contract_events TO service_role;

-- Name: TABLE contract_rules; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.contract_rules TO authenticated;
GRANT SELECT ON TABLE public.contract_rules TO service_role;

-- Name: COLUMN contract_rules.live_contract_needed; Type: ACL; Schema: public

GRANT UPDATE(live_contract_needed) ON TABLE public.contract_rules TO authenticated;
GRANT UPDATE(live_contract_needed) ON TABLE public.contract_rules TO service_role;

-- Name: TABLE contract_templates; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.contract_templates TO authenticated;
GRANT SELECT ON TABLE public.contract_templates TO service_role;

-- Name: COLUMN contract_templates.version; Type: ACL; Schema: public

GRANT INSERT(version) ON TABLE public.contract_templates TO authenticated;
GRANT INSERT(version) ON TABLE public.contract_templates TO service_role;

-- Name: COLUMN contract_templates.title; Type: ACL; Schema: public

GRANT INSERT(title) ON TABLE public.contract_templates TO authenticated;
GRANT INSERT(title) ON TABLE public.contract_templates TO service_role;

-- Name: COLUMN contract_templates.body; Type: ACL; Schema: public

GRANT INSERT(body) ON TABLE public.contract_templates TO authenticated;
GRANT INSERT(body) ON TABLE public.contract_templates TO service_role;

-- Name: TABLE credit_ledger; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.credit_ledger TO authenticated;
GRANT SELECT ON TABLE public.credit_ledger TO service_role;

-- Name: TABLE session_packages; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.session_packages TO anon;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.session_packages TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.session_packages TO service_role;

-- Name: TABLE credit_history; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.credit_history TO authenticated;
GRANT SELECT ON TABLE public.credit_history TO service_role;

-- Name: TABLE data_retention_policies; Type: ACL; Schema: public

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.data_retention_policies TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.data_retention_policies TO service_role;

-- Name: TABLE email_logs; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.email_logs TO authenticated;
GRANT SELECT ON TABLE public.email_logs TO service_role;

-- Name: TABLE getting_started_ticks; Type: ACL; Schema: public

GRANT SELECT,DELETE ON TABLE public.getting_started_ticks TO authenticated;
GRANT SELECT,DELETE ON TABLE public.getting_started_ticks TO service_role;

-- Name: COLUMN getting_started_ticks.user_id; Type: ACL; Schema: public

GRANT INSERT(user_id) ON TABLE public.getting_started_ticks TO authenticated;

-- Name: COLUMN getting_started_ticks.step; Type: ACL; Schema: public

GRANT INSERT(step) ON TABLE public.getting_started_ticks TO authenticated;

-- Name: TABLE journal_entries; Type: ACL; Schema: public

GRANT SELECT,DELETE ON TABLE public.journal_entries TO authenticated;
GRANT SELECT,DELETE ON TABLE public.journal_entries TO service_role;

-- Name: COLUMN journal_entries.user_id; Type: ACL; Schema: public

GRANT INSERT(user_id) ON TABLE public.journal_entries TO authenticated;

-- Name: COLUMN journal_entries.session_id; Type: ACL; Schema: public

GRANT INSERT(session_id),UPDATE(session_id) ON TABLE public.journal_entries TO authenticated;

-- Name: COLUMN journal_entries.entry_date; Type: ACL; Schema: public

GRANT INSERT(entry_date),UPDATE(entry_date) ON TABLE public.journal_entries TO authenticated;

-- Name: COLUMN journal_entries.mood; Type: ACL; Schema: public

GRANT INSERT(mood),UPDATE(mood) ON TABLE public.journal_entries TO authenticated;

-- Name: COLUMN journal_entries.title; Type: ACL; Schema: public

GRANT INSERT(title),UPDATE(title) ON TABLE public.journal_entries TO authenticated;

-- Name: COLUMN journal_entries.content; Type: ACL; Schema: public

GRANT INSERT(content),UPDATE(content) ON TABLE public.journal_entries TO authenticated;

-- Name: TABLE legal_holds; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.legal_holds TO authenticated;
GRANT SELECT ON TABLE public.legal_holds TO service_role;

-- Name: COLUMN legal_holds.user_id; Type: ACL; Schema: public

GRANT INSERT(user_id) ON TABLE public.legal_holds TO authenticated;

-- Name: COLUMN legal_holds.session_id; Type: ACL; Schema: public

GRANT INSERT(session_id) ON TABLE public.legal_holds TO authenticated;

-- Name: COLUMN legal_holds.reason; Type: ACL; Schema: public

GRANT INSERT(reason) ON TABLE public.legal_holds TO authenticated;

-- Name: COLUMN legal_holds.released_at; Type: ACL; Schema: public

GRANT UPDATE(released_at) ON TABLE public.legal_holds TO authenticated;

-- Name: TABLE meditation_memories; Type: ACL; Schema: public

GRANT SELECT,INSERT,DELETE ON TABLE public.meditation_memories TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.meditation_memories TO service_role;

-- Name: TABLE my_share_links; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.my_share_links TO authenticated;

-- Name: TABLE notification_preferences; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.notification_preferences TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.notification_preferences TO service_role;

-- Name: COLUMN notification_preferences.user_id; Type: ACL; Schema: public

GRANT INSERT(user_id),UPDATE(user_id) ON TABLE public.notification_preferences TO authenticated;

-- Name: COLUMN notification_preferences.session_reminders; Type: ACL; Schema: public

GRANT INSERT(session_reminders),UPDATE(session_reminders) ON TABLE public.notification_preferences TO authenticated;

-- Name: COLUMN notification_preferences.follow_ups; Type: ACL; Schema: public

GRANT INSERT(follow_ups),UPDATE(follow_ups) ON TABLE public.notification_preferences TO authenticated;

-- Name: TABLE past_purchases; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.past_purchases TO authenticated;
GRANT SELECT ON TABLE public.past_purchases TO service_role;

-- Name: TABLE practitioner_assignments; Type: ACL; Schema: public

GRANT SELECT,DELETE ON TABLE public.practitioner_assignments TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.practitioner_assignments TO service_role;

-- Name: COLUMN practitioner_assignments.practitioner_id; Type: ACL; Schema: public

GRANT INSERT(practitioner_id) ON TABLE public.practitioner_assignments TO authenticated;

-- Name: COLUMN practitioner_assignments.client_id; Type: ACL; Schema: public

GRANT INSERT(client_id) ON TABLE public.practitioner_assignments TO authenticated;

-- Name: TABLE practitioner_availability; Type: ACL; Schema: public

GRANT SELECT,DELETE ON TABLE public.practitioner_availability TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.practitioner_availability TO service_role;

-- Name: COLUMN practitioner_availability.practitioner_id; Type: ACL; Schema: public

GRANT INSERT(practitioner_id) ON TABLE public.practitioner_availability TO authenticated;

-- Name: COLUMN practitioner_availability.day_of_week; Type: ACL; Schema: public

GRANT INSERT(day_of_week),UPDATE(day_of_week) ON TABLE public.practitioner_availability TO authenticated;

-- Name: COLUMN practitioner_availability.start_time; Type: ACL; Schema: public

GRANT INSERT(start_time),UPDATE(start_time) ON TABLE public.practitioner_availability TO authenticated;

-- Name: COLUMN practitioner_availability.end_time; Type: ACL; Schema: public

GRANT INSERT(end_time),UPDATE(end_time) ON TABLE public.practitioner_availability TO authenticated;

-- Name: TABLE practitioner_time_off; Type: ACL; Schema: public

GRANT SELECT,DELETE ON TABLE public.practitioner_time_off TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.practitioner_time_off TO service_role;

-- Name: COLUMN practitioner_time_off.practitioner_id; Type: ACL; Schema: public

GRANT INSERT(practitioner_id) ON TABLE public.practitioner_time_off TO authenticated;

-- Name: COLUMN practitioner_time_off.starts_at; Type: ACL; Schema: public

GRANT INSERT(starts_at),UPDATE(starts_at) ON TABLE public.practitioner_time_off TO authenticated;

-- Name: COLUMN practitioner_time_off.ends_at; Type: ACL; Schema: public

GRANT INSERT(ends_at),UPDATE(ends_at) ON TABLE public.practitioner_time_off TO authenticated;

-- Name: COLUMN practitioner_time_off.reason; Type: ACL; Schema: public

GRANT INSERT(reason),UPDATE(reason) ON TABLE public.practitioner_time_off TO authenticated;

-- Name: TABLE products; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.products TO anon;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.products TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.products TO service_role;

-- Name: TABLE recommendation_progress; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.recommendation_progress TO authenticated;

-- Name: TABLE recording_rules; Type: ACL; Schema: public

GRANT SELECT,DELETE ON TABLE public.recording_rules TO authenticated;
GRANT SELECT ON TABLE public.recording_rules TO service_role;

-- Name: COLUMN recording_rules.session_id; Type: ACL; Schema: public

GRANT INSERT(session_id) ON TABLE public.recording_rules TO authenticated;

-- Name: COLUMN recording_rules.retention_days; Type: ACL; Schema: public

GRANT INSERT(retention_days),UPDATE(retention_days) ON TABLE public.recording_rules TO authenticated;

-- Name: COLUMN recording_rules.survives_withdrawal; Type: ACL; Schema: public

GRANT INSERT(survives_withdrawal),UPDATE(survives_withdrawal) ON TABLE public.recording_rules TO authenticated;

-- Name: TABLE retention_receipts; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.retention_receipts TO authenticated;
GRANT SELECT ON TABLE public.retention_receipts TO service_role;

-- Name: TABLE session_history; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.session_history TO authenticated;

-- Name: TABLE session_notes; Type: ACL; Schema: public

GRANT SELECT,DELETE ON TABLE public.session_notes TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.session_notes TO service_role;

-- Name: COLUMN session_notes.session_id; Type: ACL; Schema: public

GRANT INSERT(session_id) ON TABLE public.session_notes TO authenticated;

-- Name: COLUMN session_notes.author_id; Type: ACL; Schema: public

GRANT INSERT(author_id) ON TABLE public.session_notes TO authenticated;

-- Name: COLUMN session_notes.content; Type: ACL; Schema: public

GRANT INSERT(content),UPDATE(content) ON TABLE public.session_notes TO authenticated;

-- Name: COLUMN session_notes.visibility; Type: ACL; Schema: public

GRANT INSERT(visibility),UPDATE(visibility) ON TABLE public.session_notes TO authenticated;

-- Name: TABLE session_rules; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.session_rules TO authenticated;
GRANT SELECT ON TABLE public.session_rules TO service_role;

-- Name: COLUMN session_rules.practitioner_grace_minutes; Type: ACL; Schema: public

GRANT UPDATE(practitioner_grace_minutes) ON TABLE public.session_rules TO authenticated;

-- Name: COLUMN session_rules.client_grace_minutes; Type: ACL; Schema: public

GRANT UPDATE(client_grace_minutes) ON TABLE public.session_rules TO authenticated;

-- Name: COLUMN session_rules.client_no_show_forfeits; Type: ACL; Schema: public

GRANT UPDATE(client_no_show_forfeits) ON TABLE public.session_rules TO authenticated;

-- Name: COLUMN session_rules.completion_grace_minutes; Type: ACL; Schema: public

GRANT UPDATE(completion_grace_minutes) ON TABLE public.session_rules TO authenticated;

-- Name: COLUMN session_rules.empty_minutes; Type: ACL; Schema: public

GRANT UPDATE(empty_minutes) ON TABLE public.session_rules TO authenticated;

-- Name: TABLE user_notifications; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.user_notifications TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.user_notifications TO service_role;

-- Name: COLUMN user_notifications.user_id; Type: ACL; Schema: public

GRANT INSERT(user_id) ON TABLE public.user_notifications TO authenticated;

-- Name: COLUMN user_notifications.notification_type; Type: ACL; Schema: public

GRANT INSERT(notification_type) ON TABLE public.user_notifications TO authenticated;

-- Name: COLUMN user_notifications.title; Type: ACL; Schema: public

GRANT INSERT(title) ON TABLE public.user_notifications TO authenticated;

-- Name: COLUMN user_notifications.message; Type: ACL; Schema: public

GRANT INSERT(message) ON TABLE public.user_notifications TO authenticated;

-- Name: COLUMN user_notifications.related_id; Type: ACL; Schema: public

GRANT INSERT(related_id) ON TABLE public.user_notifications TO authenticated;

-- Name: COLUMN user_notifications.read_at; Type: ACL; Schema: public

GRANT UPDATE(read_at) ON TABLE public.user_notifications TO authenticated;

-- Name: TABLE user_preferences; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.user_preferences TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.user_preferences TO service_role;

-- Name: COLUMN user_preferences.user_id; Type: ACL; Schema: public

GRANT INSERT(user_id),UPDATE(user_id) ON TABLE public.user_preferences TO authenticated;

-- Name: COLUMN user_preferences.currency; Type: ACL; Schema: public

GRANT INSERT(currency),UPDATE(currency) ON TABLE public.user_preferences TO authenticated;

-- Name: COLUMN user_preferences.country; Type: ACL; Schema: public

GRANT INSERT(country),UPDATE(country) ON TABLE public.user_preferences TO authenticated;

-- Name: COLUMN user_preferences.timezone; Type: ACL; Schema: public

GRANT INSERT(timezone),UPDATE(timezone) ON TABLE public.user_preferences TO authenticated;

-- Name: COLUMN user_preferences.language; Type: ACL; Schema: public

GRANT INSERT(language),UPDATE(language) ON TABLE public.user_preferences TO authenticated;

-- Name: COLUMN user_preferences.detected_at; Type: ACL; Schema: public

GRANT INSERT(detected_at),UPDATE(detected_at) ON TABLE public.user_preferences TO authenticated;

-- Name: COLUMN user_preferences.updated_at; Type: ACL; Schema: public

GRANT INSERT(updated_at),UPDATE(updated_at) ON TABLE public.user_preferences TO authenticated;

-- Name: TABLE user_roles; Type: ACL; Schema: public

GRANT SELECT,DELETE ON TABLE public.user_roles TO authenticated;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.user_roles TO service_role;

-- Name: COLUMN user_roles.user_id; Type: ACL; Schema: public

GRANT INSERT(user_id),UPDATE(user_id) ON TABLE public.user_roles TO authenticated;

-- Name: COLUMN user_roles.role; Type: ACL; Schema: public

GRANT INSERT(role),UPDATE(role) ON TABLE public.user_roles TO authenticated;

-- Name: TABLE webhook_deliveries; Type: ACL; Schema: public

GRANT SELECT ON TABLE public.webhook_deliveries TO authenticated;
GRANT SELECT ON TABLE public.webhook_deliveries TO service_role;

-- Name: TABLE webhook_endpoints; Type: ACL; Schema: public

GRANT SELECT,DELETE ON TABLE public.webhook_endpoints TO authenticated;
GRANT SELECT,DELETE ON TABLE public.webhook_endpoints TO service_role;

-- Name: COLUMN webhook_endpoints.url; Type: ACL; Schema: public

GRANT UPDATE(url) ON TABLE public.webhook_endpoints TO authenticated;
GRANT UPDATE(url) ON TABLE public.webhook_endpoints TO service_role;

-- Name: COLUMN webhook_endpoints.events; Type: ACL; Schema: public

GRANT UPDATE(events) ON TABLE public.webhook_endpoints TO authenticated;
GRANT UPDATE(events) ON TABLE public.webhook_endpoints TO service_role;

-- Name: COLUMN webhook_endpoints.description; Type: ACL; Schema: public

GRANT UPDATE(description) ON TABLE public.webhook_endpoints TO authenticated;
GRANT UPDATE(description) ON TABLE public.webhook_endpoints TO service_role;

-- Name: COLUMN webhook_endpoints.is_active; Type: ACL; Schema: public

GRANT UPDATE(is_active) ON TABLE public.webhook_endpoints TO authenticated;
GRANT UPDATE(is_active) ON TABLE public.webhook_endpoints TO service_role;
