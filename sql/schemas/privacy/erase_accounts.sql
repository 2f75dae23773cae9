-- Erasing an account: personal rows are deleted, evidence stays without the person, and a receipt says when.
--
--   requested -> sessions cancelled (some at a time) -> rows erased (one transaction) -> account deleted (by the auth
--                service)
--   requested again -> all of it again, and the same receipt, which also says what was found this time
--
-- It is refused while a session runs, while a practitioner is owed money, under a legal hold, and to the last admin.
--
-- It runs again when the account row is deleted, by whomever, so that nothing written in between is left. What is
-- deleted and what stays is decided in privacy/erased_rows.sql.

create table public.erasure_receipts (
  id                 uuid        primary key default gen_random_uuid(),
  pseudonym          uuid        not null,
  asked_by           text        not null check (asked_by in ('self', 'admin', 'service')),
  asked_at           timestamptz not null default now(),
  counts             jsonb       not null default '{}',
  rows_erased_at     timestamptz,
  account_deleted_at timestamptz,
  last_erased_at     timestamptz,
  last_counts        jsonb       not null default '{}',

  constraint erasure_receipts_one_per_account unique (pseudonym),
  constraint erasure_receipts_counts_is_short check (char_length(counts::text) <= 10000),
  constraint erasure_receipts_last_counts_is_short check (char_length(last_counts::text) <= 10000)
);
comment on table public.erasure_receipts is
  'That an account was erased, when, and how many rows. Names nobody.';
comment on column public.erasure_receipts.counts is 'How many of what, over all times it was asked.';
comment on column public.erasure_receipts.last_counts is 'How many of what was found the last time.';
comment on column public.erasure_receipts.pseudonym is 'The id under which the evidence that stays can be found.';
comment on column public.erasure_receipts.id is 'Of the row; made here.';
comment on column public.erasure_receipts.asked_by is 'self, admin or service.';
comment on column public.erasure_receipts.asked_at is 'When it was asked.';
comment on column public.erasure_receipts.rows_erased_at is 'When the rows were gone.';
comment on column public.erasure_receipts.account_deleted_at is 'When the account was.';
comment on column public.erasure_receipts.last_erased_at is 'When what came late was erased again.';

alter table public.erasure_receipts enable row level security;

create policy "admins read erasure receipts"
  on public.erasure_receipts for select to authenticated using ((select private.is_admin()));

revoke all on public.erasure_receipts from anon, authenticated, service_role;
grant select on public.erasure_receipts to authenticated, service_role;
-- No insert, update or delete for anybody: erasing writes it.

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
                 cross join lateral (select x.amount_minor from public.ledger_postings x
                                      where x.transaction_id = t.id and x.account = 'practitioner_payable' limit 1) p
                 where t.practitioner_id = v_practitioner group by t.currency having sum(p.amount_minor) <> 0)
     or exists (select from public.payouts p where p.practitioner_id = v_practitioner and p.status = 'pending') then
    perform private.refuse(409, 'payouts_open', 'There is money that was earned and not yet paid out.',
                           'Ask again when the last payout has been made.');
  end if;
end
$$;

-- As many as there is time for. Returns how many.
create function private.cancel_upcoming_sessions(user_id uuid, until timestamptz) returns integer
  language plpgsql volatile set search_path = ''
as $$
declare
  v_session_id uuid;
  v_cancelled  integer := 0;
begin
  -- By the same update as the pages', so that the same rules decide what is returned and who is notified.
  for v_session_id in
    select s.id from public.session_schedules s
     where s.status = 'scheduled' and s.scheduled_at > now() and s.id = any (array(
             select led.id from public.practitioners p join public.session_schedules led on led.practitioner_id = p.id
              where p.user_id = cancel_upcoming_sessions.user_id
             union
             select own.id from public.session_schedules own
              where own.client_id = cancel_upcoming_sessions.user_id and not private.is_class(own)))
     order by s.group_class_id is not null, s.id  -- a class first: its seats are cancelled with it
  loop
    update public.session_schedules s set status = 'cancelled', notes = 'Cancelled'
     where s.id = v_session_id and s.status = 'scheduled';
    v_cancelled := v_cancelled + 1;
    exit when clock_timestamp() > cancel_upcoming_sessions.until;
  end loop;
  return v_cancelled;
end
$$;

-- How many rows this transaction has changed and deleted, by the server's own count.
create function private.count_changed_rows() returns bigint
  language sql volatile set search_path = ''
as $$
  -- Not the audit log: lines that the erasure itself writes are blanked by the next.
  select coalesce(sum(t.n_tup_upd + t.n_tup_del), 0) from pg_catalog.pg_stat_xact_user_tables t
   where t.schemaname in ('public', 'private') and t.relname not in ('audit_logs', 'audit_redactions');
$$;

create function private.add_counts(a jsonb, b jsonb) returns jsonb
  language sql immutable set search_path = ''
as $$
  select coalesce(jsonb_object_agg(key, coalesce((a ->> key)::integer, 0) + coalesce((b ->> key)::integer, 0)), '{}')
    from jsonb_object_keys(a || b) key;
$$;

create function private.authorize_erasure(user_id uuid) returns void
  language plpgsql volatile set search_path = ''
as $$
begin
  if authorize_erasure.user_id <> (select auth.uid()) and not private.is_confirmed_admin() then
    perform private.refuse(403, 'not_your_account', 'You can only erase your own account.');
  end if;
  perform private.lock_client(authorize_erasure.user_id);
  if not exists (select from auth.users u where u.id = authorize_erasure.user_id)
     and not exists (select from public.erasure_receipts r where r.pseudonym = authorize_erasure.user_id) then
    perform private.refuse(404, 'account_not_found', 'There is no such account.');
  end if;
end
$$;

create function private.name_erasure_asker(user_id uuid) returns text
  language sql stable set search_path = ''
as $$
  -- Nobody is signed in for the service, and when the auth service deletes the account.
  select case when (select auth.uid()) is null then 'service' when (select auth.uid()) = user_id then 'self' else 'admin' end;
$$;

-- The first step, again until nothing was cancelled: a practitioner may have thousands of sessions to come, and the
-- clients of each are notified. Nothing is cancelled where the erasure would be refused.
-- Definer: as erase_account.
create function private.cancel_sessions_before_erasure(user_id uuid) returns integer
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_cancelled integer;
begin
  if not exists (select from auth.users u where u.id = cancel_sessions_before_erasure.user_id) then
    return 0;  -- of an account that is gone, little is left: it is done with the rows
  end if;
  begin
    perform private.authorize_erasure(cancel_sessions_before_erasure.user_id);
    if not exists (select from public.erasure_receipts r
                    where r.pseudonym = cancel_sessions_before_erasure.user_id and r.rows_erased_at is not null) then
      perform private.refuse_erasure(cancel_sessions_before_erasure.user_id);
    end if;
  exception when others then
    if sqlstate not like 'PT4%' then
      raise;
    end if;
    return 0;  -- erase_my_account refuses it, and counts the attempt
  end;
  v_cancelled := private.cancel_upcoming_sessions(
    cancel_sessions_before_erasure.user_id, clock_timestamp() + interval '3 seconds');
  -- Until rows are erased, the receipt has no time of this run, so that what each step finds adds up.
  insert into public.erasure_receipts as r (pseudonym, asked_by, counts, last_counts)
  select cancel_sessions_before_erasure.user_id, private.name_erasure_asker(cancel_sessions_before_erasure.user_id),
         found.counts, found.counts
    from (select jsonb_build_object('sessions_cancelled', v_cancelled) as counts) found
   where v_cancelled > 0
  on conflict on constraint erasure_receipts_one_per_account do update
     set counts = private.add_counts(r.counts, excluded.counts),
         last_counts = case when r.last_erased_at is null then private.add_counts(r.last_counts, excluded.last_counts)
                            else excluded.last_counts end,
         last_erased_at = null;
  return v_cancelled;
end
$$;

create function public.cancel_sessions_before_erasure(user_id uuid) returns table (sessions_cancelled integer)
  language sql volatile security invoker set search_path = ''
as $$
  select private.cancel_sessions_before_erasure(cancel_sessions_before_erasure.user_id);
$$;
comment on function public.cancel_sessions_before_erasure is
  'Cancels what is to come of an account that is about to be erased.';

-- Definer: it deletes and changes everything of a person, which nobody else may. Safe to repeat, and all of it is done
-- each time: until the account is gone its owner may still book and write, and a restored backup brings rows back.
create function private.erase_account(user_id uuid) returns public.erasure_receipts
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  c_caller   constant uuid    := (select auth.uid());  -- null for the service, and when the auth service deletes the account
  c_user     constant uuid    := coalesce(erase_account.user_id, c_caller);
  c_asker    constant text    := private.name_erasure_asker(c_user);
  c_is_there constant boolean := exists (select from auth.users u where u.id = c_user);
  v_receipt  public.erasure_receipts;
  v_counts   jsonb := '{}';
  v_before   bigint;
begin
  perform private.authorize_erasure(c_user);
  select * into v_receipt from public.erasure_receipts r where r.pseudonym = c_user;
  if not c_is_there and c_user = c_caller then
    -- Asked with a token that has outlived its account: nobody acts, or the audit log would name them again.
    perform set_config('request.jwt.claims', '', true);
  end if;
  if not c_is_there then
    perform private.delete_auth_log_entries(c_user);
  end if;
  -- Once begun it is completed: the reasons to refuse were checked then.
  if v_receipt.rows_erased_at is null then
    perform private.refuse_erasure(c_user);
  end if;
  v_counts := jsonb_build_object('sessions_cancelled', private.cancel_upcoming_sessions(c_user, 'infinity'));
  perform private.address_events_about(c_user);
  v_before := (select count(*) from private.recording_erasure_queue q where q.user_id = c_user);
  perform private.queue_account_recordings(c_user);
  v_counts := v_counts || jsonb_build_object(
    'credits_expired', private.expire_user_credits(c_user),
    'recordings_queued', (select count(*) - v_before from private.recording_erasure_queue q where q.user_id = c_user));
  v_before := private.count_changed_rows();
  perform private.redact_evidence(c_user);
  v_counts := v_counts || jsonb_build_object('rows_redacted', private.count_changed_rows() - v_before);
  v_counts := v_counts || jsonb_build_object('rows_deleted', private.delete_personal_rows(c_user));

  insert into public.erasure_receipts as r (pseudonym, asked_by, counts, rows_erased_at, last_counts, last_erased_at)
  values (c_user, c_asker, v_counts, now(), v_counts, now())
  on conflict on constraint erasure_receipts_one_per_account do update
     set counts = private.add_counts(r.counts, excluded.counts),
         rows_erased_at = coalesce(r.rows_erased_at, excluded.rows_erased_at),
         last_counts = case when r.last_erased_at is null then private.add_counts(r.last_counts, excluded.last_counts)
                            else excluded.last_counts end,
         last_erased_at = excluded.last_erased_at,
         account_deleted_at = case when not c_is_there then r.account_deleted_at end
  returning r.* into v_receipt;
  return v_receipt;
end
$$;

-- A refused attempt is undone, answered and counted: it has locked and read everything of a person by then.
create function public.erase_my_account(user_id uuid default null) returns setof public.erasure_receipts
  language plpgsql volatile security invoker set search_path = '' set statement_timeout = '60s'
as $$
declare
  c_claims    constant text := current_setting('request.jwt.claims', true);
  c_caller    constant text := (select auth.uid())::text;
  v_is_within boolean;
  v_sentence  text;
  v_code      text;
  v_hint      text;
begin
  -- Counted without saying who asks: a caller who is gone may write nothing else.
  perform set_config('request.jwt.claims', '', true);
  v_is_within := private.limit_attempt('erasures', c_caller);
  perform set_config('request.jwt.claims', c_claims, true);
  if not v_is_within then
    return next null::public.erasure_receipts;
    return;
  end if;
  begin
    return query select * from private.erase_account(erase_my_account.user_id);
  exception when others then
    if sqlstate not like 'PT4%' then
      raise;
    end if;
    get stacked diagnostics v_sentence = message_text, v_code = pg_exception_detail, v_hint = pg_exception_hint;
    perform private.answer_refusal(substr(sqlstate, 3)::integer, v_code, v_sentence, nullif(v_hint, ''));
    return next null::public.erasure_receipts;
  end;
end
$$;
comment on function public.erase_my_account is
  'Erases one''s own data or, for admins and the service, somebody''s. The account itself is deleted by erase-my-account.';

-- Definer: that log is the auth service's. Where the project has it write into the database, it keeps the e-mail of
-- each sign-in.
create function private.delete_auth_log_entries(user_id uuid) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  if to_regclass('auth.audit_log_entries') is not null and has_table_privilege('auth.audit_log_entries', 'delete') then
    execute 'delete from auth.audit_log_entries e where $1 in (e.payload ->> ''actor_id'', e.payload #>> ''{traits,user_id}'')'
      using delete_auth_log_entries.user_id::text;
  end if;
end
$$;

-- Definer: the auth service deletes the account and has no right on anything of ours.
create function private.erase_deleted_account() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  if tg_when = 'BEFORE' then
    -- Whoever was there may be gone (refuse_gone_callers.sql).
    perform set_config('private.known_claims', '', true), set_config('private.known_caller', '', true);
    perform private.erase_account(old.id);
    return old;
  end if;
  perform private.delete_auth_log_entries(old.id);
  update public.erasure_receipts r set account_deleted_at = now() where r.pseudonym = old.id;
  return null;
end
$$;

create trigger users_erase_account before delete on auth.users
  for each row execute function private.erase_deleted_account();
create trigger users_record_erasure after delete on auth.users
  for each row execute function private.erase_deleted_account();

revoke execute on function private.refuse_erasure, private.cancel_upcoming_sessions, private.count_changed_rows,
  private.add_counts, private.authorize_erasure, private.name_erasure_asker, private.cancel_sessions_before_erasure,
  public.cancel_sessions_before_erasure, private.erase_account, public.erase_my_account,
  private.delete_auth_log_entries, private.erase_deleted_account
  from public, anon, authenticated, service_role;
grant execute on function private.cancel_sessions_before_erasure, public.cancel_sessions_before_erasure,
  private.erase_account, public.erase_my_account to authenticated, service_role;
