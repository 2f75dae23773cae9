-- Who may move what: a second factor for money of others, and an account for whatever is written.
--
-- Whoever has a verified factor shows it in the session that touches other people's money, bank numbers, payouts,
-- accounts or roles, and before their own bank account changes: their token says `aal2` then. Whoever has none is asked
-- for none. A link of a mail is no second factor. Service keys are no person and have none.
--
-- One check for each call. What admins do by functions asks private.is_confirmed_admin in place of private.is_admin,
-- and so do policies on tables of money, after the row's own people: their own rows are read without. It refuses in
-- words and does not answer false, or a payments page would be empty and look paid.

-- Definer: nobody but the auth service reads factors.
create function private.lacks_second_factor(user_id uuid, aal text) returns boolean
  language plpgsql stable security definer set search_path = ''
as $$
begin
  if lacks_second_factor.aal = 'aal2' or to_regclass('auth.mfa_factors') is null then
    return false;
  end if;
  -- A statement of its own, planned when it is reached: an auth service without factors has no such table.
  return exists (select from auth.mfa_factors f where f.user_id = lacks_second_factor.user_id and f.status = 'verified');
end
$$;

-- Without arguments: whoever calls. A function that the service calls for somebody passes whose token it has verified,
-- and what that token says.
create function private.require_second_factor(
  user_id uuid default auth.uid(), aal text default auth.jwt() ->> 'aal') returns void
  language plpgsql stable set search_path = ''
as $$
begin
  if private.lacks_second_factor(require_second_factor.user_id, require_second_factor.aal) then
    perform private.refuse(403, 'second_factor_needed', 'Please confirm with your second factor first.',
                           'Sign in with your authenticator code, and try again.');
  end if;
end
$$;

-- Definer: the policies on user_roles ask this very question.
create function private.is_confirmed_admin() returns boolean
  language plpgsql stable security definer set search_path = ''
as $$
begin
  if not private.is_admin() then
    return false;
  end if;
  perform private.require_second_factor();
  return true;
end
$$;

-- An anonymous sign-in has no address: nobody could be told of a booking, paid back, or held to a signature. It reads
-- what everybody may, and writes nothing (privacy/refuse_gone_callers.sql).
create function private.refuse_anonymous_caller() returns void
  language plpgsql stable set search_path = ''
as $$
begin
  if auth.jwt() ->> 'is_anonymous' = 'true' then
    perform private.refuse(403, 'account_needed', 'Please create an account first.',
                           'Add your e-mail address to go on with what you have begun.');
  end if;
end
$$;

revoke execute on function private.lacks_second_factor, private.require_second_factor, private.is_confirmed_admin,
  private.refuse_anonymous_caller from public, anon, authenticated, service_role;
grant execute on function private.is_confirmed_admin, private.refuse_anonymous_caller to authenticated, service_role;
