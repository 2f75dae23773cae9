-- Sending mails: claim one, start it, record how it ended. Any number of senders at once, each may die at any point.
--
--   claim_mail    addresses what has happened since (address_events.sql), checks again whether the event of the next
--                 mail still holds, and returns what the mail states; a lease keeps other senders off
--   start_mail    comes right before the call of the mail service: from here on the mail is never sent again by itself
--   finish_mail   records the outcome
--
-- The mail service has no idempotency key: when a sender dies between handing a mail over and getting the answer,
-- nobody here knows whether it was sent. A mail that may be missing does less harm than one that comes twice, because
-- the pages show the same.
--
-- Mails about one session go to one person in their order, so that a cancellation never overtakes its confirmation.

-- The next mail that is due, locked: one to send, or else one of unknown fate. By the queue's order, nearest first.
create function private.lock_due_mail() returns private.mails
  language plpgsql volatile set search_path = ''
as $$
declare
  v_mail private.mails;
begin
  select * into v_mail from private.mails m
   where m.status = 'queued' and m.next_attempt_at <= now() and coalesce(m.lease_until, '-infinity') < now()
     and not exists (select from private.mails earlier
                      where earlier.session_id = m.session_id and earlier.user_id = m.user_id
                        and earlier.position < m.position and earlier.status in ('queued', 'sending'))
   order by m.next_attempt_at limit 1 for update skip locked;
  if not found then
    select * into v_mail from private.mails m
     where m.status = 'unknown' and m.next_attempt_at <= now() and coalesce(m.lease_until, '-infinity') < now()
     order by m.next_attempt_at limit 1 for update skip locked;
  end if;
  return v_mail;
end
$$;

-- When a mail of unknown fate is looked for again: for an hour. Then an operator decides.
create function private.next_search_at(mail private.mails) returns timestamptz
  language sql stable set search_path = ''
as $$
  select case when (mail).started_at > now() - interval '1 hour' then now() + interval '10 minutes' end;
$$;

-- Ends a mail that is not to be sent, or to be looked for no longer: that one stays `unknown`, for an operator.
create function private.end_unsent_mail(mail private.mails, status text, reason text) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_mail private.mails;
begin
  update private.mails m
     set status = case mail.status when 'unknown' then 'unknown' else end_unsent_mail.status end,
         status_reason = left(end_unsent_mail.reason, 2000), next_attempt_at = null, lease_until = null,
         ended_at = case when mail.status <> 'unknown' then now() end,
         recipient_email = coalesce(m.recipient_email, (select u.email from auth.users u where u.id = m.user_id))
   where m.id = mail.id returning m.* into v_mail;
  if v_mail.status = 'failed' and v_mail.recipient_email is not null then
    perform private.log_mail(v_mail);
  end if;
end
$$;

create type private.claimed_mail as (
  task text, mail_id uuid, lease_id uuid, kind text, audience text, recipient_email text, recipient_name text,
  time_zone text, language text, unsubscribe_category text, unsubscribe_token text, links jsonb, started_at timestamptz, payload jsonb,
  session private.session_summary, payment private.payment_summary, credits private.credit_summary,
  document private.document_summary
);

-- What a mail states. Definer: as claim_mail.
create function private.compose_claimed_mail(mail private.mails) returns private.claimed_mail
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_claimed private.claimed_mail;
begin
  v_claimed.task := case mail.status when 'queued' then 'send' else 'find' end;
  v_claimed.mail_id := mail.id;
  v_claimed.lease_id := mail.lease_id;
  v_claimed.kind := mail.kind;
  v_claimed.audience := mail.audience;
  v_claimed.started_at := mail.started_at;
  if v_claimed.task = 'find' then
    return v_claimed;  -- It is looked for by its id.
  end if;
  v_claimed.language := private.find_language(mail.user_id);  -- support has none
  v_claimed.payload := (mail.payload - array['session', 'previous'])
    || coalesce(private.list_untold_changes(mail), '{}')
    || jsonb_build_object('recording_consent', private.get_consent_answer(mail.user_id, 'session_recording'),
    'recordings_are_kept', private.describe_recording_retention(v_claimed.language));
  if mail.kind = 'my_sessions' then
    v_claimed.payload := jsonb_build_object(
      'sessions', private.link_sessions_to_come(mail.user_id),
      'series', private.link_series_to_come(mail.user_id),
      'fees', (select coalesce(jsonb_agg(jsonb_build_object('amount_minor', f.amount_minor, 'currency', f.currency)
                                         order by f.created_at), '[]')
                 from public.owed_fees f where f.user_id = mail.user_id and f.status = 'owed'));
  elsif mail.kind in ('series_booked', 'series_moved', 'series_cancelled', 'time_off_wanted') then
    v_claimed.payload := v_claimed.payload || jsonb_build_object('sessions', private.link_told_sessions(mail));
  elsif mail.kind = 'sessions_collide' then
    v_claimed.payload := v_claimed.payload || private.link_told_collisions(mail);
  elsif mail.kind = 'ratings_received' then
    v_claimed.payload := private.describe_received_ratings(mail);
  elsif mail.kind = 'matters_waiting' then
    v_claimed.payload := private.describe_matters((mail.payload ->> 'told_at')::timestamptz);
  end if;
  select u.email, f.full_name into v_claimed.recipient_email, v_claimed.recipient_name
    from auth.users u left join public.profiles f on f.id = u.id where u.id = mail.user_id;
  v_claimed.session := private.summarize_session(private.find_session_or_snapshot(mail.session_id, mail.payload));
  v_claimed.time_zone := coalesce(private.find_user_time_zone(mail.user_id), (v_claimed.session).time_zone);
  v_claimed.payment := private.summarize_payment((mail.payload ->> 'checkout_id')::uuid);
  v_claimed.credits := private.summarize_credits((mail.payload ->> 'lot_id')::uuid, v_claimed.language);
  v_claimed.document :=
    private.summarize_document(coalesce(mail.payload ->> 'waiver_id', mail.payload ->> 'contract_id')::uuid);
  select k.category into v_claimed.unsubscribe_category from private.mail_kinds k
   where (k.kind, k.audience) = (mail.kind, mail.audience);
  if v_claimed.unsubscribe_category is not null then
    v_claimed.unsubscribe_token := private.make_page_link('unsubscribe', mail.user_id, v_claimed.unsubscribe_category);
  end if;
  v_claimed.links := private.make_mail_links(mail);
  return v_claimed;
end
$$;

-- Task send: the next mail that is due. If none is, task find: one of unknown fate, to be looked for at the mail
-- service. Task none: so many in a row were stale that the rest waits for the next call. If nothing is due, a row of
-- nulls.
-- Definer: nobody has the right to write mails, or to read everybody's addresses and what mails state.
create function private.claim_mail() returns private.claimed_mail
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_mail      private.mails;
  v_addressed integer;
  v_claimed   private.claimed_mail;
  v_dropped   text;
  v_failed    text;
begin
  -- Few in one statement: whoever looks for the next one passes every row that this transaction has changed already.
  for v_try in 1 .. 50 loop
    v_addressed := case when v_try <= 10 then private.address_waiting_events() else 0 end;
    v_mail := private.lock_due_mail();
    exit when v_mail.id is null and v_try > 10;
    if v_mail.id is null and v_addressed = 0 then
      return null;
    end if;
    continue when v_mail.id is null;
    update private.mails m
       set attempts = m.attempts + 1, lease_id = gen_random_uuid(), lease_until = now() + interval '1 minute',
           next_attempt_at = case m.status
             when 'queued' then now() + greatest(interval '1 minute', private.retry_delay(m.attempts + 1))
             else private.next_search_at(m) end
     where m.id = v_mail.id returning m.* into v_mail;
    v_dropped := null;
    v_failed := case when v_mail.status = 'queued' and v_mail.attempts > private.max_attempts() then 'sender_died' end;
    if v_failed is null then
      begin
        v_dropped := case v_mail.status when 'queued' then private.find_reason_to_drop_mail(v_mail) end;
        if v_dropped is null then
          v_claimed := private.compose_claimed_mail(v_mail);
          v_failed := private.find_reason_unreadable(to_jsonb(v_claimed));
        end if;
      exception when query_canceled or others then
        v_failed := 'not_readable ' || sqlstate;
      end;
    end if;
    if v_dropped is null and v_failed is null then
      return v_claimed;
    end if;
    perform private.end_unsent_mail(v_mail, case when v_failed is null then 'dropped' else 'failed' end,
                                    coalesce(v_failed, v_dropped));
  end loop;
  v_claimed := null;
  v_claimed.task := 'none';
  return v_claimed;
end
$$;

-- Marks a claimed mail as being sent, under the same lease. Definer: as above.
create function private.start_mail(
  mail_id uuid, lease_id uuid, recipient_email text, template_id text, session_sequence integer) returns timestamptz
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_until timestamptz;
begin
  update private.mails m
     set status = 'sending', started_at = now(), lease_until = now() + interval '2 minutes',
         recipient_email = start_mail.recipient_email, template_id = start_mail.template_id,
         session_sequence = start_mail.session_sequence
   where m.id = start_mail.mail_id and m.lease_id = start_mail.lease_id and m.status = 'queued' and m.lease_until > now()
  returning m.lease_until into v_until;
  if v_until is null then
    perform private.refuse(409, 'lease_lost', 'Somebody else sends this mail now.');
  end if;
  return v_until;
end
$$;

-- Records the outcome and returns the new status. Outcomes: sent, failed, unknown, later (refused for now), not_found
-- (of task find).
-- Definer: as above.
create function private.finish_mail(mail_id uuid, lease_id uuid, outcome text, provider_message_id text, reason text)
  returns text
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_before private.mails;
  v_mail   private.mails;
begin
  select * into v_before from private.mails m
   where m.id = finish_mail.mail_id and m.lease_id = finish_mail.lease_id for update;
  if not found or v_before.status not in ('queued', 'sending', 'unknown') then
    perform private.refuse(409, 'lease_lost', 'Somebody else sends this mail now.');
  end if;
  update private.mails m
     set status = case
           when outcome = 'later' and m.attempts < private.max_attempts() then 'queued'
           when outcome = 'later' then 'failed'
           when outcome = 'not_found' then 'unknown'
           else outcome end,
         status_reason = left(finish_mail.reason, 2000),
         provider_message_id = coalesce(left(finish_mail.provider_message_id, 255), m.provider_message_id),
         recipient_email = coalesce(m.recipient_email, (select u.email from auth.users u where u.id = m.user_id)),
         ended_at = case when outcome in ('sent', 'failed') then now() end,
         next_attempt_at = case outcome
           when 'later' then now() + private.retry_delay(m.attempts)
           when 'unknown' then now() + interval '2 minutes'  -- the mail service's list of what it sent is minutes behind
           when 'not_found' then private.next_search_at(m) end,
         lease_until = null
   where m.id = v_before.id returning m.* into v_mail;
  if outcome <> 'not_found' and v_mail.status in ('sent', 'failed', 'unknown') then
    perform private.log_mail(v_mail);
  end if;
  return v_mail.status;
end
$$;

-- Mails whose sender died after start_mail: nobody knows whether they went out. Definer: as above.
create function private.mark_lost_mails_unknown() returns integer
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_mail  private.mails;
  v_count integer := 0;
begin
  for v_mail in
    update private.mails m set status = 'unknown', status_reason = 'sender_died', next_attempt_at = now()
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

-- An operator's decision. A mail that is queued again has all its attempts again. Definer: as above.
create function private.resolve_mail(mail_id uuid, outcome text) returns text
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_mail private.mails;
begin
  update private.mails m
     set status = outcome, status_reason = 'by_operator', lease_id = null, lease_until = null,
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

-- The same, exposed: the API calls functions of schema public.

create function public.claim_mail()
  returns table (task text, mail_id uuid, lease_id uuid, kind text, audience text, recipient_email text,
                 recipient_name text, time_zone text, language text, unsubscribe_category text, unsubscribe_token text, links jsonb,
                 started_at timestamptz, payload jsonb, session private.session_summary, payment private.payment_summary,
                 credits private.credit_summary, document private.document_summary)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.claim_mail();
$$;

create function public.start_mail(
  mail_id uuid, lease_id uuid, recipient_email text, template_id text, session_sequence integer)
  returns table (lease_until timestamptz)
  language sql volatile security invoker set search_path = ''
as $$
  select private.start_mail(start_mail.mail_id, start_mail.lease_id, start_mail.recipient_email, start_mail.template_id,
                            start_mail.session_sequence);
$$;

create function public.finish_mail(
  mail_id uuid, lease_id uuid, outcome text, provider_message_id text default null, reason text default null)
  returns table (status text)
  language sql volatile security invoker set search_path = ''
as $$
  select private.finish_mail(finish_mail.mail_id, finish_mail.lease_id, finish_mail.outcome,
                             finish_mail.provider_message_id, finish_mail.reason);
$$;

create function public.resolve_mail(mail_id uuid, outcome text) returns table (status text)
  language sql volatile security invoker set search_path = ''
as $$
  select private.resolve_mail(resolve_mail.mail_id, resolve_mail.outcome);
$$;
comment on function public.resolve_mail is
  'For operators: records that a mail of unknown fate was sent, or queues it again, as it does a failed one.';

revoke execute on function private.lock_due_mail, private.next_search_at,
  private.end_unsent_mail, private.compose_claimed_mail, private.claim_mail, private.start_mail, private.finish_mail,
  private.mark_lost_mails_unknown, private.resolve_mail, public.claim_mail, public.start_mail, public.finish_mail,
  public.resolve_mail from public, anon, authenticated, service_role;
grant execute on function private.claim_mail, private.start_mail, private.finish_mail, private.mark_lost_mails_unknown,
  private.resolve_mail, public.claim_mail, public.start_mail, public.finish_mail, public.resolve_mail to service_role;
