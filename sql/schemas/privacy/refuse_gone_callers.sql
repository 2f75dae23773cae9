-- Whoever is gone does nothing more, and whoever signed in anonymously nothing yet. A token is good for an hour,
-- whatever becomes of its account in that hour.
--
-- Foreign keys and private.refuse_unknown_account keep a row from naming an account that is not there. This keeps its
-- token from writing any row, also one that names nobody or that stands already, in every table and through every
-- function. Only erasing again is left to it, which first forgets who asks.

-- A booking is a dozen statements: asked once a transaction, with the lock of a foreign key, so that the account can go
-- only afterwards. Two settings of the transaction keep for whom: the very claims, after which these triggers are not
-- called any more, and the account, for which private.refuse_unknown_account is not.
-- Definer: whoever writes may not ask that themself.
create function private.refuse_gone_caller() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  c_caller constant uuid := auth.uid();
begin
  if c_caller is not null then
    perform from auth.users u where u.id = c_caller for key share;
    if not found then
      perform private.require_account(c_caller);
    end if;
    perform private.refuse_anonymous_caller(),
            set_config('private.known_claims', current_setting('request.jwt.claims', true), true),
            set_config('private.known_caller', c_caller::text, true);
  end if;
  return null;
end
$$;
revoke execute on function private.refuse_gone_caller from public, anon, authenticated, service_role;

do $$
declare
  v_table regclass;
begin
  for v_table in
    select c.oid::regclass from pg_catalog.pg_class c
     where c.relkind in ('r', 'p') and c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
     order by c.oid::regclass::text
  loop
    execute format('create trigger refuse_gone_caller before insert or update or delete on %s'
                   ' for each statement when ((current_setting(''request.jwt.claims'', true)'
                   '                           = current_setting(''private.known_claims'', true)) is not true)'
                   ' execute function private.refuse_gone_caller()', v_table);
  end loop;
end
$$;
