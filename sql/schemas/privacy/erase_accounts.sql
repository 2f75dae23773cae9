-- Erasing an account: what is theirs goes, what is evidence stays without them, and a receipt says that it was done.
--
--   asked -> rows erased (one transaction) -> account deleted (by the auth service) -> and a second asking finds the receipt
--
--   goes       account, profile, preferences, roles, journal, memories, notes, recommendations, consents, notifications, mails
--              and their log, holds, links, room numbers, banking, remembered requests; recordings through the erasure queue
--   stays      sessions, seats, attendance, credits and both ledgers, payments, refunds, cancellations, waivers, contracts and
--              their signatures, consent history, audit log: ids, times, amounts, states, hashes. Names, addresses, agents,
--              images and what people wrote are blanked. The id is the pseudonym: no table leads from it to a person.
--   is refused while a session runs, while a practitioner is owed money, under a legal hold, and to the last admin
--
-- Which rows go is read from the foreign keys on auth.users: a table of a later migration that cascades is covered. It runs
-- again when the account row goes, whoever deletes it, so nothing written in between is left.

create table public.erasure_receipts (
  id                 uuid        primary key default gen_random_uuid(),
  pseudonym          uuid        not null,
  asked_by           text        not null check (asked_by in ('self', 'admin', 'service')),
  asked_at           timestamptz not null default now(),
  counts             jsonb       not null default '{}',
  rows_erased_at     timestamptz,
  account_deleted_at timestamptz,

  constraint erasure_receipts_are_one_per_account unique (pseudonym)
);
comment on table  public.erasure_receipts           is 'That an account was erased, when, and how many rows. Names nobody.';
comment on column public.erasure_receipts.pseudonym is 'The id under which the evidence that stays can be found.';

alter table public.erasure_receipts enable row level security;

create policy "admins read erasure receipts"
  on public.erasure_receipts for select to authenticated using ((select private.is_admin()));

revoke all on public.erasure_receipts from anon, authenticated, service_role;
grant select on public.erasure_receipts to authenticated, service_role;
-- No insert, update or delete for anybody: erasing writes it.

create index outbox_user_id_idx on private.outbox (user_id);  -- erasing asks by person

-- May they go? ---------------------------------------------------------------------------------------------------------

create function private.refuse_erasure(user_id uuid) returns void
  language plpgsql stable set search_path = ''
as $$
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

create function private.cancel_coming_sessions(user_id uuid) returns integer
  language plpgsql volatile set search_path = ''
as $$
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

-- What goes, what is blanked -------------------------------------------------------------------------------------------

create function private.without_names(written text, names text[]) returns text
  language plpgsql immutable set search_path = ''
as $$
declare
  v_name text;
begin
  foreach v_name in array names loop
    written := replace(written, v_name, 'somebody');
  end loop;
  return written;
end
$$;

create function private.queue_recordings_of(user_id uuid) returns void
  language sql volatile set search_path = ''
as $$
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

create function private.blank_evidence_of(user_id uuid) returns void
  language plpgsql volatile set search_path = ''
as $$
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

create function private.delete_rows_of(user_id uuid) returns integer
  language plpgsql volatile set search_path = ''
as $$
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
$$;

create function private.expire_credits_of(user_id uuid) returns integer
  language sql volatile set search_path = ''
as $$
  with expired as (
    insert into public.credit_ledger (lot_id, user_id, change, kind)
    select lot.id, lot.user_id, -lot.credits_remaining, 'expiry' from public.user_session_credits lot
     where lot.user_id = expire_credits_of.user_id and lot.credits_remaining > 0
    returning -change as credits)
  select coalesce(sum(credits), 0)::integer from expired;
$$;

-- Definer: it touches everything of a person, which nobody else may. Safe to repeat: what is gone is gone.
create function private.erase_account(user_id uuid) returns public.erasure_receipts
  language plpgsql volatile security definer set search_path = ''
as $$
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

create function public.erase_account(user_id uuid default null) returns setof public.erasure_receipts
  language sql volatile security invoker set search_path = '' set statement_timeout = '60s'
as $$
  select * from private.erase_account(erase_account.user_id);
$$;
comment on function public.erase_account is
  'Erases what is known of oneself, or, for admins and the service, of somebody. The account itself is deleted by erase-my-account.';

-- Definer: that log is the auth service's; it keeps the e-mail of each sign-in where the project has it write into the database.
create function private.forget_auth_log(user_id uuid) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  if to_regclass('auth.audit_log_entries') is not null and has_table_privilege('auth.audit_log_entries', 'delete') then
    execute 'delete from auth.audit_log_entries e where $1 in (e.payload ->> ''actor_id'', e.payload #>> ''{traits,user_id}'')'
      using forget_auth_log.user_id::text;
  end if;
end
$$;

-- Definer: the auth service deletes the account and has no right on anything of ours.
create function private.erase_deleted_account() returns trigger
  language plpgsql security definer set search_path = ''
as $$
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

create trigger users_are_erased before delete on auth.users
  for each row execute function private.erase_deleted_account();
create trigger users_were_erased after delete on auth.users
  for each row execute function private.erase_deleted_account();

revoke execute on function private.refuse_erasure, private.cancel_coming_sessions, private.without_names,
  private.queue_recordings_of, private.blank_evidence_of, private.delete_rows_of, private.expire_credits_of,
  private.erase_account, public.erase_account, private.forget_auth_log, private.erase_deleted_account
  from public, anon, authenticated, service_role;
grant execute on function private.erase_account, public.erase_account to authenticated, service_role;
