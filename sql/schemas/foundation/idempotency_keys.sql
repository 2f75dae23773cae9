-- Idempotency keys: the same Idempotency-Key gets the same answer, saved in the transaction that does the work.
--
--   new key                          -> call the function, save its answer
--   known key, same arguments        -> the saved answer
--   known key, other arguments       -> 409 idempotency_key_reused
--   key whose first call still runs  -> 409 request_in_progress
--
-- A refusal rolls everything back, the saved answer included: a repeat calls the function again.

create table private.idempotency_keys (
  caller          text        not null,
  rpc             text        not null,
  idempotency_key text        not null,
  arguments       jsonb       not null,
  answer          jsonb       not null,
  answered_at     timestamptz not null default now(),

  constraint idempotency_keys_pkey primary key (caller, rpc, idempotency_key),
  constraint idempotency_keys_key_is_short check (char_length(idempotency_key) <= 255),
  constraint idempotency_keys_texts_are_short check (char_length(caller) <= 255 and char_length(rpc) <= 63),
  constraint idempotency_keys_calls_are_short check (
    char_length(arguments::text) <= 1000000 and char_length(answer::text) <= 1000000)
);
comment on table private.idempotency_keys is
  'What each caller was answered under each Idempotency-Key, for 24 hours.';

-- Deleting old ones asks by age.
create index idempotency_keys_answered_at_idx on private.idempotency_keys (answered_at);

alter table private.idempotency_keys enable row level security;
-- No grant and no policy: only find_idempotent_answer and save_idempotent_answer touch it.

create function private.get_idempotency_caller(arguments jsonb) returns text
  language sql stable set search_path = ''
as $$
  -- The service speaks for a user when it passes one, so two users never share a key.
  select coalesce((select auth.uid())::text, arguments ->> 'user_id', 'service');
$$;

-- Definer: callers must not read or write each other's answers directly.
create function private.find_idempotent_answer(rpc text, idempotency_key text, arguments jsonb) returns jsonb
  language plpgsql security definer set search_path = ''
as $$
declare
  v_caller text := private.get_idempotency_caller(arguments);
  v_known  private.idempotency_keys;
begin
  -- The lock lives as long as the transaction, that is, exactly as long as the first call runs.
  if not pg_try_advisory_xact_lock(hashtextextended(
           v_caller || ' ' || find_idempotent_answer.rpc || ' ' || find_idempotent_answer.idempotency_key, 0)) then
    perform private.refuse(409, 'request_in_progress', 'The same request is still running.', 'Ask again in a moment.');
  end if;

  select * into v_known from private.idempotency_keys k
   where k.caller = v_caller and k.rpc = find_idempotent_answer.rpc
     and k.idempotency_key = find_idempotent_answer.idempotency_key and k.answered_at > now() - interval '24 hours';
  if found and v_known.arguments <> find_idempotent_answer.arguments then
    perform private.refuse(409, 'idempotency_key_reused', 'This Idempotency-Key was used for another request.',
                           'Use a new key for a new request.');
  end if;
  return v_known.answer;
end;
$$;

-- Also deletes a few answers that are older than 24 hours, so that no job is needed.
-- Definer: callers must not read or write each other's answers directly.
create function private.save_idempotent_answer(rpc text, idempotency_key text, arguments jsonb, answer jsonb) returns void
  language plpgsql security definer set search_path = ''
as $$
begin
  insert into private.idempotency_keys (caller, rpc, idempotency_key, arguments, answer)
  values (private.get_idempotency_caller(arguments), save_idempotent_answer.rpc, save_idempotent_answer.idempotency_key,
          save_idempotent_answer.arguments, save_idempotent_answer.answer)
  on conflict on constraint idempotency_keys_pkey
  do update set arguments = excluded.arguments, answer = excluded.answer, answered_at = now();

  delete from private.idempotency_keys k
   where k.ctid = any (array(select old.ctid from private.idempotency_keys old
                     where old.answered_at < now() - interval '24 hours' limit 20 for update skip locked));
end;
$$;

-- An argument named `sealed` (encrypted bank numbers) is neither saved nor compared. Encrypting the same number twice
-- gives two different values, so a repeat under the same Idempotency-Key would look like another request; and a copy of
-- ciphertext here would escape the rotation of keys. Callers pass a fingerprint beside it, which is the same whenever
-- the numbers are.
create function public.call_once(rpc text, idempotency_key text, arguments jsonb) returns jsonb
  language plpgsql security invoker set search_path = ''
as $$
declare
  v_compared jsonb := arguments - 'sealed';
  v_answer   jsonb := private.find_idempotent_answer(rpc, idempotency_key, v_compared);
  v_columns  text;
  v_passed   text;
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
   where p.pronamespace = 'public'::regnamespace and p.proname = call_once.rpc and p.proname <> 'call_once'
     and arguments ? a.name
     -- Its answer is a token of which only the hash is kept.
     and p.proname <> 'create_recording_share_link';
  if v_columns is null then
    perform private.refuse(404, 'not_found', 'There is no such function.');
  end if;

  execute format('select to_jsonb(result) from jsonb_to_record($1) as passed(%s), lateral public.%I(%s) as result',
                 v_columns, call_once.rpc, v_passed)
    into v_answer using arguments;
  -- Refused by an answer (private.answer_refusal): a repeat calls the function again.
  if coalesce(current_setting('response.status', true), '') = '' then
    perform private.save_idempotent_answer(rpc, idempotency_key, v_compared, v_answer);
  end if;
  return v_answer;
end;
$$;
comment on function public.call_once is
  'Calls another function of the API with named arguments; a repeat under the same key gets the first answer.';

revoke execute on function private.get_idempotency_caller, private.find_idempotent_answer,
  private.save_idempotent_answer, public.call_once from public, anon, authenticated, service_role;
grant execute on function private.get_idempotency_caller, private.find_idempotent_answer,
  private.save_idempotent_answer, public.call_once to authenticated, service_role;
