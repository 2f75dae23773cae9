-- Erased rows: what is deleted with an account, what stays without the person, and how evidence loses what they wrote.
--
--   deleted   account, profile, preferences, roles, journal, memories, notes, recommendations, consents, notifications,
--             mails and their log, holds, links, room numbers, banking, answers under idempotency keys; recordings
--             through the erasure queue
--   kept      sessions, seats, attendance, credits and both ledgers, payments, refunds, cancellations, fees, waivers,
--             contracts and their signatures, consent history, audit log, ratings: ids, times, amounts, states, hashes,
--             stars. Names, addresses, agents, images and what people wrote are blanked. The id is the pseudonym: no
--             table leads from it to a person. Of who had a session or gave some, a profile without a name: pages join
--             it.
--
-- Which rows are deleted is read from the foreign keys on auth.users: a table that is added later and cascades is
-- covered.

-- Sessions, credits, cancellations and attendance are about money and about other people, so an account can be deleted
-- without them. They keep the id; it then leads to nobody. In the baseline these ids were foreign keys to
-- auth.users that cascaded: deleting an account deleted the practitioner's earnings with it. Payments, checkouts,
-- waivers and the ledgers have none either. That an account is there when the row is written is checked by trigger:
-- each column that names a person has a foreign key to auth.users or that trigger. tests/sql/test_people_columns.py
-- lists the few with neither, where the person follows from another row.
alter table public.practitioners        drop constraint practitioners_user_id_fkey;
alter table public.user_session_credits drop constraint user_session_credits_user_id_fkey;

comment on column public.practitioners.user_id is 'No foreign key: the account may have been erased since.';

-- Definer: nobody but the auth service reads auth.users.
create function private.require_account(user_id uuid) returns void
  language plpgsql stable security definer set search_path = ''
as $$
begin
  if not exists (select from auth.users u where u.id = require_account.user_id) then
    perform private.refuse(401, 'account_gone', 'This account does not exist any more.');
  end if;
end
$$;

-- Definer: as above.
create function private.refuse_unknown_account() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  v_user constant uuid := (to_jsonb(new) ->> tg_argv[0])::uuid;
begin
  -- With the lock of a foreign key: the account can go only after this row is there for the erasure to find.
  perform from auth.users u where u.id = v_user for key share;
  if not found and v_user is not null then
    raise foreign_key_violation using
      message = format('There is no account %s, so it cannot be in %I.%I.', v_user, tg_table_name, tg_argv[0]),
      detail = format('Key (%s)=(%s) is not present in table "users".', tg_argv[0], v_user);  -- as a foreign key says it
  end if;
  return new;
end
$$;
revoke execute on function private.require_account, private.refuse_unknown_account
  from public, anon, authenticated, service_role;
grant execute on function private.require_account to service_role;

-- Those of tables that each booking writes are not called for whoever calls, whose account this transaction has locked
-- already (refuse_gone_callers.sql).

-- By name after the triggers that fill columns in. That of session_schedules stands with its others.
create trigger practitioners_99_refuse_unknown_account before insert or update of user_id on public.practitioners
  for each row execute function private.refuse_unknown_account('user_id');
create trigger user_session_credits_99_refuse_unknown_account
  before insert or update of user_id on public.user_session_credits
  for each row execute function private.refuse_unknown_account('user_id');
-- After the row, as a foreign key: before it, whoever may not write the row would learn which accounts there are.
create trigger profiles_99_refuse_unknown_account
  after insert or update of id on public.profiles
  for each row execute function private.refuse_unknown_account('id');
create trigger session_notes_99_refuse_unknown_account
  after insert or update of author_id on public.session_notes
  for each row execute function private.refuse_unknown_account('author_id');
create trigger meditation_memories_99_refuse_unknown_account
  after insert or update of user_id on public.meditation_memories
  for each row execute function private.refuse_unknown_account('user_id');
create trigger liability_waivers_99_refuse_unknown_account
  after insert or update of user_id on public.liability_waivers
  for each row execute function private.refuse_unknown_account('user_id');
create trigger contract_signatures_99_refuse_unknown_account
  after insert or update of user_id on public.contract_signatures
  for each row execute function private.refuse_unknown_account('user_id');
create trigger consent_history_99_refuse_unknown_account
  after insert or update of user_id on public.consent_history
  for each row execute function private.refuse_unknown_account('user_id');
create trigger checkout_sessions_99_refuse_unknown_account
  after insert or update of user_id on public.checkout_sessions
  for each row execute function private.refuse_unknown_account('user_id');
create trigger owed_fees_99_refuse_unknown_account
  after insert or update of user_id on public.owed_fees
  for each row execute function private.refuse_unknown_account('user_id');
create trigger owed_fees_99_refuse_unknown_forgiver
  after insert or update of forgiven_by on public.owed_fees
  for each row execute function private.refuse_unknown_account('forgiven_by');
create trigger audit_logs_99_refuse_unknown_account
  after insert or update of user_id on public.audit_logs
  for each row when (new.user_id::text is distinct from current_setting('private.known_caller', true))
  execute function private.refuse_unknown_account('user_id');
create trigger legal_holds_99_refuse_unknown_account
  after insert or update of user_id on public.legal_holds
  for each row execute function private.refuse_unknown_account('user_id');
-- Who did it.
create trigger legal_holds_99_refuse_unknown_placer
  after insert or update of placed_by on public.legal_holds
  for each row execute function private.refuse_unknown_account('placed_by');
create trigger payment_refunds_99_refuse_unknown_account
  after insert or update of requested_by on private.payment_refunds
  for each row execute function private.refuse_unknown_account('requested_by');
create trigger banking_accesses_99_refuse_unknown_account
  after insert or update of requested_by on public.banking_accesses
  for each row execute function private.refuse_unknown_account('requested_by');
create trigger payout_files_99_refuse_unknown_account
  after insert or update of created_by on public.payout_files
  for each row execute function private.refuse_unknown_account('created_by');
create trigger contract_events_99_refuse_unknown_account
  after insert or update of caused_by on public.contract_events
  for each row execute function private.refuse_unknown_account('caused_by');
create trigger contract_templates_99_refuse_unknown_account
  after insert or update of created_by on public.contract_templates
  for each row execute function private.refuse_unknown_account('created_by');
create trigger legal_translations_99_refuse_unknown_account
  after insert or update of created_by on public.legal_translations
  for each row execute function private.refuse_unknown_account('created_by');
create trigger credit_ledger_99_refuse_unknown_account
  after insert or update of actor on public.credit_ledger
  for each row when (new.actor::text is distinct from current_setting('private.known_caller', true))
  execute function private.refuse_unknown_account('actor');
create trigger ledger_transactions_99_refuse_unknown_account
  after insert or update of created_by on public.ledger_transactions
  for each row execute function private.refuse_unknown_account('created_by');
create trigger payout_terms_99_refuse_unknown_account
  after insert or update of created_by on public.payout_terms
  for each row execute function private.refuse_unknown_account('created_by');
create trigger approval_requests_99_refuse_unknown_requester
  after insert or update of requested_by on public.approval_requests
  for each row execute function private.refuse_unknown_account('requested_by');
create trigger approval_requests_99_refuse_unknown_decider
  after insert or update of decided_by on public.approval_requests
  for each row execute function private.refuse_unknown_account('decided_by');
create trigger payouts_99_refuse_unknown_account
  after insert or update of settled_by on public.payouts
  for each row execute function private.refuse_unknown_account('settled_by');
create trigger revenue_shares_99_refuse_unknown_account
  after insert or update of created_by on public.revenue_shares
  for each row execute function private.refuse_unknown_account('created_by');
create trigger webhook_endpoints_99_refuse_unknown_account
  after insert or update of created_by on public.webhook_endpoints
  for each row execute function private.refuse_unknown_account('created_by');

-- Of evidence only what a person wrote may be blanked. The triggers that refuse changes of ledgers and contract events
-- ask this.
create function private.is_reason_erasure(old_row jsonb, new_row jsonb) returns boolean
  language sql immutable set search_path = ''
as $$
  select new_row - 'reason' = old_row - 'reason' and old_row ->> 'reason' is not null and new_row ->> 'reason' = '(erased)';
$$;
revoke execute on function private.is_reason_erasure from public, anon, authenticated, service_role;
-- Those triggers run as whoever writes.
grant execute on function private.is_reason_erasure to authenticated, service_role;

create index outbox_user_id_idx on private.outbox (user_id, created_at);  -- erasing asks by person

create function private.replace_names(text_value text, names text[]) returns text
  language plpgsql immutable set search_path = ''
as $$
declare
  v_name text;
begin
  foreach v_name in array names loop
    text_value := replace(text_value, v_name, 'somebody');
  end loop;
  return text_value;
end
$$;

create function private.queue_account_recordings(user_id uuid) returns void
  language sql volatile set search_path = ''
as $$
  -- Recordings of their own sessions, at once; of classes, those that the deletion of their consent queues.
  insert into private.recording_erasure_queue (recording_id, reason, user_id)
  select r.id, 'account_erased', queue_account_recordings.user_id
    from public.session_schedules s
   -- Looked up session by session: joined, everybody's recordings are read.
   cross join lateral (select x.id, x.class_recording_id from public.session_recordings x where x.session_id = s.id offset 0) r
   where r.class_recording_id is null and not private.is_class(s)
     and (s.client_id = queue_account_recordings.user_id
          or s.practitioner_id = any (array(select p.id from public.practitioners p
                                             where p.user_id = queue_account_recordings.user_id)))
  on conflict do nothing;
  delete from public.user_consents c where c.user_id = queue_account_recordings.user_id;
  update private.recording_erasure_queue q set due_at = now()
   where q.user_id = queue_account_recordings.user_id and q.due_at > now();
$$;

create function private.redact_evidence(user_id uuid) returns void
  language plpgsql volatile set search_path = ''
as $$
#variable_conflict use_column
declare
  c_user         constant uuid   := redact_evidence.user_id;
  c_session_ids  constant uuid[] := array(select s.id from public.session_schedules s
                                           where s.client_id = c_user and not private.is_class(s));
  c_former       constant text   := case when cardinality(c_session_ids) > 0 then 'Former client' else 'Former practitioner' end;
  c_is_listed    constant boolean := exists (select from public.session_schedules s where s.client_id = c_user)
                                     or exists (select from public.practitioners p where p.user_id = c_user);
  c_checkout_ids constant uuid[] := array(select c.id from public.checkout_sessions c where c.user_id = c_user);
  c_names        constant text[] := array(
    select distinct btrim(written) from (
      select p.full_name from public.profiles p where p.id = c_user
      union select p.name from public.practitioners p where p.user_id = c_user
      union select u.email from auth.users u where u.id = c_user) known (name),
      unnest(array[name, private.plain_name(name)]) written  -- as it is, and as it stands in a notification
     where char_length(btrim(name)) > 2 and name not in ('Former client', 'Former practitioner'));
begin
  -- Sessions: the note, and a place that is not one of our studios.
  update public.session_schedules s
     set notes = null, host_room_url = null, location_coordinates = null,
         physical_location = case when s.studio_id is not null then s.physical_location end
   where s.id = any (c_session_ids)
     and (num_nonnulls(s.notes, s.host_room_url, s.location_coordinates) > 0
          or (s.physical_location is not null and s.studio_id is null));
  update private.session_agreements a set physical_location = null
   where a.session_id = any (c_session_ids) and a.physical_location is not null
     and (private.find_studio(a.physical_location)).id is null;
  update public.session_cancellations c set reason = '(erased)'
   where (c.user_id = c_user or c.session_id = any (c_session_ids)) and c.reason <> '(erased)';
  update public.session_attendance a set reason = '(erased)'
   where (a.user_id = c_user or a.session_id = any (c_session_ids)) and a.reason <> '(erased)';
  -- The stars stay: an average does not change because somebody leaves.
  update public.session_ratings r
     set words = null, decision_reason = case when r.decision_reason is not null then '(erased)' end
   where r.session_id = any (c_session_ids) and num_nonnulls(r.words, nullif(r.decision_reason, '(erased)')) > 0;
  -- What a practitioner shared about a session is its client's too.
  delete from public.session_notes n
   where n.session_id = any (c_session_ids)
      or (n.author_id = c_user
          and (n.visibility = 'private'
               or not exists (select from public.session_schedules s
                                join public.practitioners p on p.id = s.practitioner_id
                               where s.id = n.session_id and p.user_id = c_user)));
  delete from public.meditation_memories m where m.user_id = c_user;

  -- Money
  update public.user_session_credits c set metadata = '{}', order_id = null
   where c.user_id = c_user and (c.metadata <> '{}' or c.order_id is not null);
  update public.credit_ledger l set reason = '(erased)' where l.user_id = c_user and l.reason <> '(erased)';
  update public.ledger_transactions t set reason = '(erased)'
   where t.reason <> '(erased)'
     and (t.session_id = any (c_session_ids)
          or t.practitioner_id in (select p.id from public.practitioners p where p.user_id = c_user));
  update public.checkout_sessions c set notes = null, url = null, receipt_url = null, physical_location = null
   where c.id = any (c_checkout_ids) and num_nonnulls(c.notes, c.url, c.receipt_url, c.physical_location) > 0;
  update public.owed_fees f set reason = '(erased)'
   where f.user_id = c_user and f.forgiven_by is not null and f.reason <> '(erased)';
  -- Nobody is left to pay it, nor to be told.
  perform private.look_at_fee_checkouts(f.id)
     from (select owed.id from public.owed_fees owed where owed.user_id = c_user and owed.status = 'owed' for update) f;
  update public.owed_fees f set forgiven_at = now(), reason = 'The account was erased'
   where f.user_id = c_user and f.status = 'owed';
  update private.payment_refunds r set reason = '(erased)'
   where r.checkout_id = any (c_checkout_ids) and r.reason <> '(erased)';
  update private.stripe_events e set payload = '{}'
   where e.payload <> '{}' and (
         e.checkout_id = any (c_checkout_ids)
      or e.payment_intent_id in (select c.stripe_payment_intent_id from public.checkout_sessions c where c.user_id = c_user)
      or exists (select from unnest(c_names) name where strpos(e.payload::text, name) > 0));

  -- Evidence: text, hashes, times and the id stay.
  update public.liability_waivers w
     set ip_address = null, user_agent = null, signer_name = null, signer_email = null, signature_name = null, signature_image = null
   where w.user_id = c_user
     and num_nonnulls(w.ip_address, w.user_agent, w.signer_name, w.signer_email, w.signature_name, w.signature_image) > 0;
  update public.contract_signatures s
     set ip_address = null, user_agent = null, signer_name = null, signer_email = null, signature_name = null, signature_image = null
   where s.user_id = c_user
     and num_nonnulls(s.ip_address, s.user_agent, s.signer_name, s.signer_email, s.signature_name, s.signature_image) > 0;
  update public.consent_history h set ip_address = null, user_agent = null, metadata = null
   where h.user_id = c_user and num_nonnulls(h.ip_address, h.user_agent, h.metadata) > 0;
  update public.recording_views v set ip_address = null, user_agent = null
   where num_nonnulls(v.ip_address, v.user_agent) > 0
     and v.recording_id in (select r.id from public.session_recordings r where r.session_id = any (c_session_ids));
  perform private.redact_audit_lines(
    array(select l.id from public.audit_logs l where l.user_id = c_user and l.personal_salt is not null
          union
          select l.id from public.audit_logs l, unnest(c_names) name
           where l.action in ('SELECT', 'VIEW', 'EXPORT', 'LOGIN', 'LOGOUT', 'ACCESS_DENIED')
             and strpos(l.metadata::text, name) > 0), 'erasure');

  -- Mails and notifications to them are deleted with the account; about them, they stay with whoever got them, without
  -- the name.
  update private.outbox o set payload = '{}' where o.user_id = c_user and o.payload <> '{}';
  update private.mails m set payload = m.payload - 'session'
   where m.session_id = any (c_session_ids) and m.status not in ('queued', 'sending') and m.payload ? 'session';
  update private.mails m set payload = jsonb_set(m.payload, '{session,physical_location}', 'null')
   where m.session_id = any (c_session_ids) and m.payload #>> '{session,physical_location}' is not null;
  update private.mails m set payload = jsonb_set(m.payload, '{previous,physical_location}', 'null')
   where m.session_id = any (c_session_ids) and m.payload #>> '{previous,physical_location}' is not null;
  update public.user_notifications n
     set title = private.replace_names(n.title, c_names), message = private.replace_names(n.message, c_names)
   where exists (select from unnest(c_names) name where strpos(n.title || n.message, name) > 0)
     and n.related_id in (select s.id from public.session_schedules s
                            left join public.practitioners p on p.id = s.practitioner_id
                           where c_user in (s.client_id, p.user_id));
  delete from private.idempotency_keys a
   where a.caller = c_user::text or strpos(a.arguments::text || a.answer::text, c_user::text) > 0
      or exists (select from unnest(c_names) name where strpos(a.arguments::text || a.answer::text, name) > 0);

  update private.matters m set settlement = private.replace_names(m.settlement, c_names)
   where exists (select from unnest(c_names) name where strpos(m.settlement, name) > 0);

  -- A practitioner
  update public.session_ratings r
     set words = private.replace_names(r.words, c_names), decision_reason = private.replace_names(r.decision_reason, c_names)
   where exists (select from unnest(c_names) name where strpos(concat(r.words, r.decision_reason), name) > 0)
     and r.practitioner_id in (select p.id from public.practitioners p where p.user_id = c_user);
  update public.checkout_sessions c set description = private.replace_names(c.description, c_names)
   where exists (select from unnest(c_names) name where strpos(c.description, name) > 0)
     and c.practitioner_id in (select p.id from public.practitioners p where p.user_id = c_user);
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
   where t.reason is not null and t.practitioner_id in (select p.id from public.practitioners p where p.user_id = c_user);
  delete from private.busy_calendars b
   where b.practitioner_id in (select p.id from public.practitioners p where p.user_id = c_user);
  update public.availability_exceptions e set reason = null
   where e.reason is not null and e.practitioner_id in (select p.id from public.practitioners p where p.user_id = c_user);
  delete from public.practitioner_availability a
   where a.practitioner_id in (select p.id from public.practitioners p where p.user_id = c_user);
  update public.practitioners p
     set name = 'Former practitioner', bio = null, specialization = null, avatar_url = null, available = false
   where p.user_id = c_user
     and (p.name <> 'Former practitioner' or p.available or num_nonnulls(p.bio, p.specialization, p.avatar_url) > 0);

  -- The profile, last: the name in it was looked for above. It stays where a session or a practitioner that stays
  -- names the account: lists of these look it up.
  update public.profiles p
     set full_name = c_former, email = null, avatar_url = null, phone_number = null, date_of_birth = null, address = null
   where p.id = c_user and c_is_listed
     and (p.full_name is distinct from c_former
          or num_nonnulls(p.email, p.avatar_url, p.phone_number, p.date_of_birth, p.address) > 0);
  delete from public.profiles p where p.id = c_user and not c_is_listed;
end
$$;

create function private.delete_personal_rows(user_id uuid) returns integer
  language plpgsql volatile set search_path = ''
as $$
declare
  v_foreign_key record;
  v_deleted     integer;
  v_total       integer := 0;
begin
  for v_foreign_key in
    select c.conrelid::regclass as "table", a.attname as "column"
      from pg_catalog.pg_constraint c
      join pg_catalog.pg_class t on t.oid = c.conrelid
      join pg_catalog.pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
     where c.contype = 'f' and c.confrelid = 'auth.users'::regclass and c.confdeltype = 'c' and cardinality(c.conkey) = 1
       and t.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
     order by c.conrelid::regclass::text
  loop
    execute format('delete from %s where %I = $1', v_foreign_key."table", v_foreign_key."column")
      using delete_personal_rows.user_id;
    get diagnostics v_deleted = row_count;
    v_total := v_total + v_deleted;
  end loop;
  return v_total;
end
$$;

create function private.expire_user_credits(user_id uuid) returns integer
  language sql volatile set search_path = ''
as $$
  with expired as (
    insert into public.credit_ledger (lot_id, user_id, change, kind)
    select lot.id, lot.user_id, -lot.credits_remaining, 'expiry' from public.user_session_credits lot
     where lot.user_id = expire_user_credits.user_id and lot.credits_remaining > 0
    returning -change as credits)
  select coalesce(sum(credits), 0)::integer from expired;
$$;

revoke execute on function private.replace_names, private.queue_account_recordings, private.redact_evidence,
  private.delete_personal_rows, private.expire_user_credits
  from public, anon, authenticated, service_role;
-- Not granted to anybody: private.erase_account calls them.
