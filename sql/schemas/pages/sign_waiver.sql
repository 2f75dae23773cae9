-- The page on which somebody signs the current waiver, by the link in a mail about their session: whoever paid singly,
-- or was booked by their practitioner, came past the page that asks for it.
--
-- The service writes the signature, as for create_liability_waiver; who signs, the link decides. The placeholder
-- [Date of signing] is the signer's day.

create type private.waiver_to_sign as (
  version integer, body text, signed_at timestamptz, signature_name text, signer_name text, time_zone text,
  is_required_to_enter boolean, language text, texts jsonb);

-- The text for a person in its languages, or what they have signed. Null if there is no waiver.
create function private.write_waiver(user_id uuid) returns private.waiver_to_sign
  language sql stable set search_path = ''
as $$
  select p.version,
         coalesce(w.waiver_text, shown.texts -> 0 ->> 'body'), w.signed_at, w.signature_name, f.full_name, zone.name,
         r.waiver_required_to_enter, coalesce(w.language, 'en'), shown.texts
    from public.waiver_policy p
    cross join public.session_rules r
    cross join (select coalesce(private.find_user_time_zone(write_waiver.user_id), 'America/Toronto') as name) zone
    left join public.profiles f on f.id = write_waiver.user_id
    left join public.liability_waivers w
      on w.user_id = write_waiver.user_id and w.session_id is null and w.waiver_policy_version = p.version
     and w.double_of is null
    -- Each with the fingerprint of its text without the day, which may be another one when it is signed.
    left join lateral (
      select jsonb_agg(
               jsonb_build_object('language', t.language, 'sha256', t.sha256, 'body', replace(
                 t.body, '[Date of signing]',
                 private.write_legal_day((now() at time zone zone.name)::date, t.language, 'FMMonth FMDD, YYYY')))
               order by t.language <> 'en', t.language) as texts
        from private.list_legal_texts(p.id, p.policy_text) t) shown on w.id is null
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

-- Of the person whom a link has named: the text with this fingerprint, by default the original. Signing again finds the
-- first signature.
create function private.write_signature_by_link(
  user_id uuid, version integer, signature_name text, ip_address text, user_agent text, text_sha256 text) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_waiver private.waiver_to_sign := private.write_waiver(write_signature_by_link.user_id);
  v_body   text;
begin
  -- Letters of any script; blanks of any kind are no name.
  if coalesce(write_signature_by_link.signature_name, '')
     !~ '[^\s\u0000-\u0040\u00a0-\u00bf\u2000-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff]' then
    perform private.refuse(422, 'signature_missing', 'Please type your name.');
  end if;
  if v_waiver.signed_at is not null and v_waiver.version = write_signature_by_link.version then
    return;
  end if;
  -- A translation that was corrected meanwhile is none of them, and refused as a text that has changed.
  v_body := case when write_signature_by_link.text_sha256 is null then v_waiver.body
                 else (select t ->> 'body' from jsonb_array_elements(v_waiver.texts) t
                        where t ->> 'sha256' = write_signature_by_link.text_sha256 limit 1) end;
  perform public.create_liability_waiver(
    write_signature_by_link.user_id, v_body, null, null, write_signature_by_link.version,
    write_signature_by_link.signature_name, null, write_signature_by_link.ip_address, write_signature_by_link.user_agent);
end
$$;

-- Definer: as above.
create function private.sign_waiver(
  token text, version integer, signature_name text, ip_address text, user_agent text, text_sha256 text) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_link private.page_links := private.open_page_link(sign_waiver.token, 'sign_waiver');
begin
  perform private.write_signature_by_link(
    v_link.user_id, sign_waiver.version, sign_waiver.signature_name, sign_waiver.ip_address, sign_waiver.user_agent,
    sign_waiver.text_sha256);
  perform private.mark_page_link_used(v_link);
end
$$;

-- The same, exposed: the API calls functions of schema public.

create function public.read_waiver_to_sign(token text)
  returns table (version integer, body text, signed_at timestamptz, signature_name text, signer_name text,
                 time_zone text, is_required_to_enter boolean, language text, texts jsonb)
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_waiver_to_sign(read_waiver_to_sign.token);
$$;
comment on function public.read_waiver_to_sign is 'By a link in a mail: the waiver that is to be signed.';

create function public.sign_waiver(
  token text, version integer, signature_name text, ip_address text default null, user_agent text default null,
  text_sha256 text default null)
  returns table (version integer, body text, signed_at timestamptz, signature_name text, signer_name text,
                 time_zone text, is_required_to_enter boolean, language text, texts jsonb)
  language sql volatile security invoker set search_path = ''
as $$
  select private.sign_waiver($1, $2, $3, $4, $5, $6);
  select * from private.read_waiver_to_sign($1);
$$;

revoke execute on function private.write_waiver, private.write_signature_by_link, private.read_waiver_to_sign,
  private.sign_waiver,
  public.read_waiver_to_sign, public.sign_waiver from public, anon, authenticated, service_role;
grant execute on function private.read_waiver_to_sign, public.read_waiver_to_sign to anon;
-- Not signing: evidence is what the server saw, so only the server may write it.
grant execute on function private.read_waiver_to_sign, private.sign_waiver, public.sign_waiver to service_role;
