-- Once, as before, but what is sealed is neither remembered nor compared.
--
-- Sealing the same number twice gives two different values, so a repeat under the same Idempotency-Key would look like another
-- request; and a copy of ciphertext in the memory of answers would escape the rotation of keys. An argument named `sealed` is
-- therefore left out; beside it stands a fingerprint, which is the same whenever the numbers are.

create or replace function public.once(rpc text, idempotency_key text, arguments jsonb) returns jsonb
  language plpgsql security invoker set search_path = ''
as $$
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
$$;
