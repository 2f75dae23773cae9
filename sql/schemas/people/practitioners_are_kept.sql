-- A practitioner who has signed, was offered a contract or has earned is kept: contracts and money are about somebody.
--
-- Who is to work no more is paused. Removing is for whoever was added by mistake; their clients get their credits back.

-- Definer: contracts and money are looked up for whoever removes.
create function private.keep_practitioner() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  if exists (select from public.practitioner_contracts c where c.practitioner_id = old.id)
     or exists (select from public.ledger_transactions t where t.practitioner_id = old.id) then
    perform private.refuse(409, 'practitioner_is_kept', 'This practitioner has a contract or earnings, so they are kept.',
                           'Pause them instead.');
  end if;
  return old;
end
$$;
revoke execute on function private.keep_practitioner from public, anon, authenticated, service_role;

-- For people, who can be told what to do instead. The keys of both tables hold against everybody.
create trigger practitioners_keep before delete on public.practitioners
  for each row when (private.is_person()) execute function private.keep_practitioner();
