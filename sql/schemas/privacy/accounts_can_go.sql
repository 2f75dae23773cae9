-- An account can go without taking along what must stay: sessions, credits, cancellations and attendance are about money and
-- about other people. They keep the id; it leads to nobody any more, and is the person's pseudonym.
--
-- In the baseline these ids were foreign keys to auth.users that cascaded: deleting an account deleted the practitioner's
-- earnings with it. Payments, checkouts, waivers and the ledgers never had one. That an account is there when the row is
-- written is checked as before.

alter table public.practitioners         drop constraint practitioners_user_id_fkey;
alter table public.user_session_credits  drop constraint user_session_credits_user_id_fkey;

comment on column public.practitioners.user_id is 'No foreign key: the account may have been erased since.';

-- Definer: nobody but the auth service reads auth.users.
create function private.refuse_unknown_account() returns trigger
  language plpgsql security definer set search_path = ''
as $$
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
revoke execute on function private.refuse_unknown_account from public, anon, authenticated, service_role;
create trigger practitioners_99_account_is_there before insert or update of user_id on public.practitioners
  for each row execute function private.refuse_unknown_account('user_id');
create trigger user_session_credits_99_account_is_there before insert or update of user_id on public.user_session_credits
  for each row execute function private.refuse_unknown_account('user_id');

-- Evidence may lose the words of a person, and nothing else ------------------------------------------------------------

create function private.only_reason_goes(old_row jsonb, new_row jsonb) returns boolean
  language sql immutable set search_path = ''
as $$
  select new_row - 'reason' = old_row - 'reason' and old_row ->> 'reason' is not null and new_row ->> 'reason' = '(erased)';
$$;

revoke execute on function private.only_reason_goes from public, anon, authenticated, service_role;
-- The triggers run as whoever writes.
grant execute on function private.only_reason_goes to authenticated, service_role;
