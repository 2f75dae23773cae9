-- Waivers home: all of them are evidence. One that names no version of a policy, or another one than its policy has, is
-- from before versions; of several general ones of one version the first counts, and the others are its doubles.

-- What becomes of a signature: its version, if it named one that there is.
create function legacy.read_waiver_version(policy_id uuid, version integer) returns integer
  language sql stable set search_path = ''
as $$
  select p.version from public.waiver_policy p
   where p.id = policy_id and coalesce(read_waiver_version.version, p.version) = p.version;
$$;

call legacy.bring_home('liability_waivers',
  columns => 'id, user_id, session_id, waiver_text, signed_at, ip_address, user_agent, created_at, waiver_policy_id,
              waiver_policy_version, signer_name, signer_email, evidence_sha256, is_observed, double_of',
  home => $$w.id, w.user_id, w.session_id, w.waiver_text, w.signed_at, w.ip_address, w.user_agent, w.created_at,
            w.waiver_policy_id, w.waiver_policy_version, w.signer_name, w.signer_email,
            private.sha256_hex(private.serialize_waiver_evidence(w)), false,
            case when r.session_id is null and w.waiver_policy_version is not null then (
              select nullif(f.id, r.id) from legacy.liability_waivers f
               where f.user_id = r.user_id and f.session_id is null
                 and f.waiver_policy_id = r.waiver_policy_id
                 and legacy.read_waiver_version(f.waiver_policy_id, f.waiver_policy_version) is not null
                 and btrim(f.waiver_text) <> '' and char_length(f.waiver_text) <= 100000
               order by f.created_at, f.id limit 1) end$$,
  tables => $$cross join lateral (
    select jsonb_populate_record(null::public.liability_waivers, jsonb_build_object(
      'id', r.id, 'user_id', r.user_id, 'session_id', r.session_id, 'waiver_text', r.waiver_text, 'signed_at', r.signed_at,
      'ip_address', left(r.ip_address, 100), 'user_agent', left(r.user_agent, 1000), 'created_at', r.created_at,
      'waiver_policy_id', case when v.version is not null then r.waiver_policy_id end, 'waiver_policy_version', v.version,
      'signer_name', left(f.full_name, 320), 'signer_email', left(u.email, 320), 'is_observed', false)) as made
      from (select legacy.read_waiver_version(r.waiver_policy_id, r.waiver_policy_version) as version) v
      left join auth.users u on u.id = r.user_id left join public.profiles f on f.id = r.user_id) m
    cross join lateral (select (m.made).*) w$$,
  account => 'r.user_id',
  unfit => $$case when btrim(r.waiver_text) = '' then 'a signature under no text' end$$);

-- Until the closing files the platform's own function goes on writing signatures as it does: straight into the table, where
-- our own calls the function that signs.
create function legacy.receive_waiver() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  if current_setting('request.path', true) like '/rpc/%' then
    return new;
  end if;
  new.is_observed := false;
  new.waiver_policy_version := legacy.read_waiver_version(new.waiver_policy_id, new.waiver_policy_version);
  if new.waiver_policy_version is null then
    new.waiver_policy_id := null;
  elsif new.session_id is null then
    select w.id into new.double_of from public.liability_waivers w
     where w.user_id = new.user_id and w.session_id is null and w.double_of is null
       and w.waiver_policy_version = new.waiver_policy_version;
  end if;
  return new;
end
$$;

do $$
begin
  if legacy.came_home('liability_waivers') then
    create trigger legacy_receive before insert on public.liability_waivers
      for each row execute function legacy.receive_waiver();
    -- People may sign by a direct insert, as they could; the columns that are computed are computed as them.
    grant execute on function private.sha256_hex, private.is_drawing to authenticated;
  end if;
end
$$;
