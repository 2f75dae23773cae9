-- Queues: what holds for every queue that a worker claims from, in `claim_…` and its like.
--
-- The attempt is counted by the claim, which also moves the row's next time ahead: past its lease, then ever further.
-- So a worker that dies with a row in its hands needs nobody to notice: the row comes again later, behind its
-- neighbours. After `private.max_attempts()` of them it is set aside, with a reason, in `private.set_aside_work`.
-- A row that no worker can read (a text of megabytes, a time beyond the year 9999) is set aside by the claim itself.

create function private.max_attempts() returns integer
  language sql immutable set search_path = ''
as $$
  select 12;  -- the last of them an hour apart: about five hours
$$;

-- How long after its n-th attempt a row comes again.
create function private.retry_delay(attempts integer) returns interval
  language sql immutable set search_path = ''
as $$
  select least(interval '1 hour', interval '15 seconds' * 2 ^ least(attempts, 10));
$$;

-- Why no worker can read what a claim would give it; null: it can. Times are known by their names.
create function private.find_reason_unreadable(claimed jsonb) returns text
  language sql immutable set search_path = ''
as $$
  select case
    when octet_length(claimed::text) > 1000000 then 'too_large'
    when exists (
      select from jsonb_path_query(claimed, 'strict $.** ? (@.type() == "object")') part,
                  jsonb_each_text(part) as field (name, value)
       where field.name ~ '(_at|_until|_since|_start)$' and field.value ~ '^-?infinity$|^[0-9]{5,}-| BC$') then 'bad_time' end;
$$;

revoke execute on function private.max_attempts, private.retry_delay, private.find_reason_unreadable
  from public, anon, authenticated, service_role;
grant execute on function private.max_attempts, private.retry_delay, private.find_reason_unreadable to service_role;
