-- Signing a waiver: the text shown must be the text of the current policy, and the server says who, when and from
-- where.
--
-- The frontend shows `policy_text` with the placeholder `[Date of signing]` replaced by the browser's date in its own
-- locale. So the signed text is compared part by part around the placeholder; line ends and outer space do not count.
-- It may be the version in any of its languages (legal_translations.sql); which one is kept beside it.

create function private.normalise_text(text_value text) returns text
  language sql immutable set search_path = ''
as $$
  select btrim(replace(replace(text_value, E'\r\n', E'\n'), E'\r', E'\n'), E' \t\n');
$$;

create function private.matches_policy_text(signed text, policy_text text) returns boolean
  language plpgsql immutable set search_path = ''
as $$
declare
  c_placeholder constant text := '[Date of signing]';
  v_signed text := private.normalise_text(signed);
  v_policy text := private.normalise_text(policy_text);
  v_count  int  := (char_length(v_policy) - char_length(replace(v_policy, c_placeholder, ''))) / char_length(c_placeholder);
  v_length int;
  v_date   text;
begin
  if v_count = 0 or v_signed = v_policy then
    return v_signed = v_policy;
  end if;
  -- Every placeholder was replaced by the same date, so its length follows from the difference in length.
  v_length := (char_length(v_signed) - char_length(replace(v_policy, c_placeholder, ''))) / v_count;
  if v_length not between 4 and 60 then
    return false;
  end if;
  v_date := substr(v_signed, strpos(v_policy, c_placeholder), v_length);
  return v_date !~ E'[\n\\[\\]]' and replace(v_policy, c_placeholder, v_date) = v_signed;
end;
$$;

create function public.create_liability_waiver(
  user_id               uuid,
  waiver_text           text,
  session_id            uuid    default null,
  waiver_policy_id      uuid    default null,
  waiver_policy_version integer default null,
  signature_name        text    default null,
  signature_image       bytea   default null,
  ip_address            text    default null,
  user_agent            text    default null
) returns table (waiver_id uuid, signed_at timestamptz)
  language plpgsql security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  v_policy   public.waiver_policy;
  v_language text;
begin
  -- A repeat writes nothing, so that no trigger would ask.
  perform private.require_account(create_liability_waiver.user_id);
  select * into v_policy from public.waiver_policy p where p.is_active;
  if not found then
    perform private.refuse(409, 'waiver_policy_missing', 'There is no waiver to sign at the moment.');
  end if;
  select t.language into v_language from private.list_legal_texts(v_policy.id, v_policy.policy_text) t
   where private.matches_policy_text(create_liability_waiver.waiver_text, t.body)
   order by t.language <> 'en', t.language limit 1;
  if coalesce(create_liability_waiver.waiver_policy_id, v_policy.id) <> v_policy.id
     or coalesce(create_liability_waiver.waiver_policy_version, v_policy.version) <> v_policy.version
     or v_language is null then
    perform private.refuse(409, 'waiver_text_not_current', 'The waiver has changed since this page was opened.',
                           'Reload the page, read the current waiver and sign it.');
  end if;
  if create_liability_waiver.session_id is not null and not exists (
       select from public.session_schedules s
        where s.id = create_liability_waiver.session_id and s.client_id = create_liability_waiver.user_id) then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  end if;

  -- Signing again finds the first signature: the unique indexes decide, also between two calls at once.
  insert into public.liability_waivers as w
    (user_id, session_id, waiver_text, waiver_policy_id, waiver_policy_version,
     signature_name, signature_image, ip_address, user_agent, language)
  values
    (create_liability_waiver.user_id, create_liability_waiver.session_id, create_liability_waiver.waiver_text,
     v_policy.id, v_policy.version, create_liability_waiver.signature_name, create_liability_waiver.signature_image,
     create_liability_waiver.ip_address, create_liability_waiver.user_agent, v_language)
  on conflict do nothing;

  return query
    select w.id, w.signed_at from public.liability_waivers w
     where w.user_id = create_liability_waiver.user_id
       and w.session_id is not distinct from create_liability_waiver.session_id
       and (w.session_id is not null or w.waiver_policy_version = v_policy.version)
     order by w.signed_at limit 1;
end;
$$;

-- Whether somebody has signed what holds now: the current version, or the waiver of that one session.
create function private.has_signed_waiver(user_id uuid, session_id uuid default null) returns boolean
  language plpgsql stable set search_path = ''
as $$
#variable_conflict use_column
begin
  return (
    select exists (select from public.liability_waivers w
                    where w.user_id = has_signed_waiver.user_id
                      and w.waiver_policy_id is not null
                      and (w.session_id = has_signed_waiver.session_id
                           or w.session_id is null and w.waiver_policy_version = (
                                select p.version from public.waiver_policy p where p.is_active))));
end
$$;

create function public.get_liability_waiver_status(session_id uuid default null)
  returns table (has_signed boolean, waiver jsonb, waiver_policy_version integer)
  language plpgsql stable security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  v_version integer;
  v_waiver  jsonb;
begin
  if get_liability_waiver_status.session_id is not null and not exists (
       select from public.session_schedules s
        where s.id = get_liability_waiver_status.session_id and s.client_id = (select auth.uid())) then
    perform private.refuse(404, 'session_not_found', 'There is no such session.');
  end if;
  select p.version into v_version from public.waiver_policy p where p.is_active;

  -- A session's own waiver counts for that session; a general one of the current version counts everywhere.
  select jsonb_build_object('id', w.id, 'signed_at', w.signed_at, 'session_id', w.session_id) into v_waiver
    from public.liability_waivers w
   where w.user_id = (select auth.uid())
     and case when w.session_id is null then w.waiver_policy_version = v_version
              else w.session_id = get_liability_waiver_status.session_id and w.waiver_policy_id is not null end
   order by w.session_id nulls last, w.signed_at desc
   limit 1;
  return query select v_waiver is not null, v_waiver, v_version;
end;
$$;
comment on function public.get_liability_waiver_status is 'Whether the caller has signed the current waiver.';

revoke execute on function private.normalise_text, private.matches_policy_text, private.has_signed_waiver,
  public.create_liability_waiver, public.get_liability_waiver_status from public, anon, authenticated, service_role;
-- Not granted to authenticated: evidence is what the server saw, so only the server may write it.
grant execute on function private.normalise_text, private.matches_policy_text, public.create_liability_waiver to service_role;
grant execute on function public.get_liability_waiver_status to authenticated, service_role;
-- Of what they may read: their own signatures, admins everybody's.
grant execute on function private.has_signed_waiver to authenticated;
