-- The page on which somebody signs the current waiver, by the link in a mail about their session: whoever paid singly,
-- or was booked by their practitioner, came past the page that asks for it.
--
-- The service writes the signature, as for create_liability_waiver; who signs, the link decides. The placeholder
-- [Date of signing] is the signer's day.

create type private.waiver_to_sign as (
  version integer, body text, signed_at timestamptz, signature_name text, signer_name text, time_zone text,
  is_required_to_enter boolean);

-- The text for a person, or their signature under it. Null if there is no waiver.
create function private.write_waiver(user_id uuid) returns private.waiver_to_sign
  language sql stable set search_path = ''
as $$
  select p.version,
         coalesce(w.waiver_text,
                  replace(p.policy_text, '[Date of signing]', to_char(now() at time zone zone.name, 'FMMonth FMDD, YYYY'))),
         w.signed_at, w.signature_name, f.full_name, zone.name, r.waiver_required_to_enter
    from public.waiver_policy p
    cross join public.session_rules r
    cross join (select coalesce(private.find_user_time_zone(write_waiver.user_id), 'America/Toronto') as name) zone
    left join public.profiles f on f.id = write_waiver.user_id
    left join public.liability_waivers w
      on w.user_id = write_waiver.user_id and w.session_id is null and w.waiver_policy_version = p.version
     and w.double_of is null
   where p.is_active;
$$;

-- Definer: its callers are not signed in.
create function private.read_waiver_to_sign(token text) returns private.waiver_to_sign
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_link   private.page_links := private.open_page_link(read_waiver_to_sign.token, 'sign_waiver');
  v_waiver private.waiver_to_sign := private.write_waiver(v_link.user_id);
begin
  if v_waiver.version is null then
    perform private.refuse(409, 'waiver_policy_missing', 'There is no waiver to sign at the moment.');
  end if;
  return v_waiver;
end
$$;

-- Of the person whom a link has named. Signing again finds the first signature.
create function private.write_signature_by_link(
  user_id uuid, version integer, signature_name text, ip_address text, user_agent text) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_waiver private.waiver_to_sign := private.write_waiver(write_signature_by_link.user_id);
begin
  -- Letters of any script; blanks of any kind are no name.
  if coalesce(write_signature_by_link.signature_name, '')
     !~ '[^\s\u0000-\u0040\u00a0-\u00bf\u2000-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff]' then
    perform private.refuse(422, 'signature_missing', 'Please type your name.');
  end if;
  perform public.create_liability_waiver(
    write_signature_by_link.user_id, v_waiver.body, null, null, write_signature_by_link.version,
    write_signature_by_link.signature_name, null, write_signature_by_link.ip_address, write_signature_by_link.user_agent);
end
$$;

-- Definer: as above.
create function private.sign_waiver(token text, version integer, signature_name text, ip_address text, user_agent text)
  returns void
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_link private.page_links := private.open_page_link(sign_waiver.token, 'sign_waiver');
begin
  perform private.write_signature_by_link(
    v_link.user_id, sign_waiver.version, sign_waiver.signature_name, sign_waiver.ip_address, sign_waiver.user_agent);
  perform private.mark_page_link_used(v_link);
end
$$;

-- The same, exposed: the API calls functions of schema public.

create function public.read_waiver_to_sign(token text)
  returns table (version integer, body text, signed_at timestamptz, signature_name text, signer_name text,
                 time_zone text, is_required_to_enter boolean)
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_waiver_to_sign(read_waiver_to_sign.token);
$$;
comment on function public.read_waiver_to_sign is 'By a link in a mail: the waiver that is to be signed.';

create function public.sign_waiver(
  token text, version integer, signature_name text, ip_address text default null, user_agent text default null)
  returns table (version integer, body text, signed_at timestamptz, signature_name text, signer_name text,
                 time_zone text, is_required_to_enter boolean)
  language sql volatile security invoker set search_path = ''
as $$
  select private.sign_waiver($1, $2, $3, $4, $5);
  select * from private.read_waiver_to_sign($1);
$$;

revoke execute on function private.write_waiver, private.write_signature_by_link, private.read_waiver_to_sign,
  private.sign_waiver,
  public.read_waiver_to_sign, public.sign_waiver from public, anon, authenticated, service_role;
grant execute on function private.read_waiver_to_sign, public.read_waiver_to_sign to anon;
-- Not signing: evidence is what the server saw, so only the server may write it.
grant execute on function private.read_waiver_to_sign, private.sign_waiver, public.sign_waiver to service_role;
