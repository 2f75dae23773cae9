-- Erased rows: what is deleted with an account, what stays without the person, and how evidence loses what they wrote.
--
--   deleted   account, profile, preferences, roles, journal, memories, notes, recommendations, consents, notifications,
--             mails and their log, holds, links, room numbers, banking, answers under idempotency keys; recordings
--             through the erasure queue
--   kept      sessions, seats, attendance, credits and both ledgers, payments, refunds, cancellations, waivers,
--             contracts and their signatures, consent history, audit log: ids, times, amounts, states, hashes. Names,
--             addresses, agents, images and what people wrote are blanked. The id is the pseudonym: no table leads from
--             it to a person.
--
-- Which rows are deleted is read from the foreign keys on auth.users: a table that is added later and cascades is
-- covered.

-- Sessions, credits, cancellations and attendance are about money and about other people, so an account can be deleted
-- without them. They keep the id; it then leads to nobody. In the baseline these ids were foreign keys to
-- auth.users that cascaded: deleting an account deleted the practitioner's earnings with it. Payments, checkouts,
-- waivers and the ledgers have none either. That an account is there when the row is written is checked by trigger.
alter table public.practitioners        drop constraint practitioners_user_id_fkey;
alter table public.user_session_credits drop constraint user_session_credits_user_id_fkey;

comment on column public.practitioners.user_id is 'No foreign key: the account may have been erased since.';

-- Definer: nobody but the auth service reads auth.users.
create function private.refuse_unknown_account() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  v_user constant uuid := (to_jsonb(new) ->> tg_argv[0])::uuid;
begin
  -- Without a lock, for which a hosted project need not give us the right: a row that is written in the very instant in
  -- which the account goes has its id, and nothing else of the person.
  if not exists (select from auth.users u where u.id = v_user) then
    raise foreign_key_violation using
      message = format('There is no account %s, so it cannot be in %I.%I.', v_user, tg_table_name, tg_argv[0]);
  end if;
  return new;
end
$$;
revoke execute on function private.refuse_unknown_account from public, anon, authenticated, service_role;

-- By name after the triggers that fill columns in. That of session_schedules stands with its others.
create trigger practitioners_99_refuse_unknown_account before insert or update of user_id on public.practitioners
  for each row execute function private.refuse_unknown_account('user_id');
create trigger user_session_credits_99_refuse_unknown_account
  before insert or update of user_id on public.user_session_credits
  for each row execute function private.refuse_unknown_account('user_id');

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

create index outbox_user_id_idx on private.outbox (user_id);  -- erasing asks by person

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
    from public.session_recordings r
    join public.session_schedules s on s.id = r.session_id
    left join public.practitioners p on p.id = s.practitioner_id
   where r.class_recording_id is null and not private.is_class(s)
     and queue_account_recordings.user_id in (s.client_id, p.user_id)
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
  c_checkout_ids constant uuid[] := array(select c.id from public.checkout_sessions c where c.user_id = c_user);
  c_names        constant text[] := array(
    select distinct btrim(name) from (
      select p.full_name from public.profiles p where p.id = c_user
      union select p.name from public.practitioners p where p.user_id = c_user
      union select u.email from auth.users u where u.id = c_user) known (name)
     where char_length(btrim(name)) > 2);
begin
  -- Sessions: the note, and a place that is not one of our studios.
  update public.session_schedules s
     set notes = null, host_room_url = null, location_coordinates = null,
         physical_location = (select s.physical_location from public.studio_locations l
                               where s.physical_location in (l.id::text, l.name, l.name || ' - ' || l.address) limit 1)
   where s.id = any (c_session_ids)
     and num_nonnulls(s.notes, s.host_room_url, s.location_coordinates, s.physical_location) > 0;
  update public.session_cancellations c set reason = '(erased)'
   where (c.user_id = c_user or c.session_id = any (c_session_ids)) and c.reason is not null;
  update public.session_attendance a set reason = '(erased)'
   where (a.user_id = c_user or a.session_id = any (c_session_ids)) and a.reason is not null;
  delete from public.session_notes n
   where n.session_id = any (c_session_ids) or (n.author_id = c_user and n.visibility = 'private');
  delete from public.meditation_memories m where m.user_id = c_user;

  -- Money
  update public.user_session_credits c set metadata = '{}', order_id = null where c.user_id = c_user;
  update public.credit_ledger l set reason = '(erased)' where l.user_id = c_user and l.reason <> '(erased)';
  update public.ledger_transactions t set reason = '(erased)'
   where t.reason <> '(erased)'
     and (t.session_id = any (c_session_ids)
          or t.practitioner_id in (select p.id from public.practitioners p where p.user_id = c_user));
  update public.checkout_sessions c set notes = null, url = null, receipt_url = null, physical_location = null
   where c.id = any (c_checkout_ids);
  update private.payment_refunds r set reason = '(erased)' where r.checkout_id = any (c_checkout_ids);
  update private.stripe_events e set payload = '{}'
   where e.checkout_id = any (c_checkout_ids)
      or e.payment_intent_id in (select c.stripe_payment_intent_id from public.checkout_sessions c where c.user_id = c_user)
      or exists (select from unnest(c_names) name where strpos(e.payload::text, name) > 0);

  -- Evidence: text, hashes, times and the id stay.
  update public.liability_waivers w
     set ip_address = null, user_agent = null, signer_name = null, signer_email = null, signature_name = null, signature_image = null
   where w.user_id = c_user;
  update public.contract_signatures s
     set ip_address = null, user_agent = null, signer_name = null, signer_email = null, signature_name = null, signature_image = null
   where s.user_id = c_user;
  update public.consent_history h set ip_address = null, user_agent = null, metadata = null where h.user_id = c_user;
  update public.recording_views v set ip_address = null, user_agent = null
   where v.recording_id in (select r.id from public.session_recordings r where r.session_id = any (c_session_ids));
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
   where m.session_id = any (c_session_ids) and m.status not in ('queued', 'sending');
  update private.mails m set payload = jsonb_set(m.payload, '{session,physical_location}', 'null')
   where m.session_id = any (c_session_ids) and m.payload #>> '{session,physical_location}' is not null;
  update public.user_notifications n
     set title = private.replace_names(n.title, c_names), message = private.replace_names(n.message, c_names)
   where n.related_id in (select s.id from public.session_schedules s
                            left join public.practitioners p on p.id = s.practitioner_id
                           where c_user in (s.client_id, p.user_id));
  delete from private.idempotency_keys a
   where a.caller = c_user::text or strpos(a.arguments::text || a.answer::text, c_user::text) > 0
      or exists (select from unnest(c_names) name where strpos(a.arguments::text || a.answer::text, name) > 0);

  -- A practitioner
  update public.checkout_sessions c set description = private.replace_names(c.description, c_names)
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
