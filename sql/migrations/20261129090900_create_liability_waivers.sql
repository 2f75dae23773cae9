-- From sql/schemas: signatures/drawings, signatures/liability_waivers, signatures/waiver_signing.

-- Functions name what later chapters make.
set check_function_bodies = off;

set lock_timeout = '5s';
set statement_timeout = 0;
do $$ begin lock table public.session_schedules in access exclusive mode; end $$;


-- signatures/drawings.sql

-- Drawings: the picture of a signature, as it is stored. Evidence cannot be changed, so what could not be shown again
-- must not get in, whoever writes it.

create function private.is_drawing(picture bytea) returns boolean
  language sql immutable strict parallel safe set search_path = ''
as $$
  -- A PNG as `shared/pictures.py` encodes it, within its limits: a header, 8 bits a channel, not interlaced, then data
  -- and at last the end. Whether the data is a picture only a decoder can say, and copies are made without it.
  select case when octet_length(picture) between 57 and 262144
    then substring(picture from 1 for 16) = '\x89504e470d0a1a0a0000000d49484452'
     and substring(picture from 25 for 5) in ('\x0800000000', '\x0802000000', '\x0804000000', '\x0806000000')
     and substring(picture from 38 for 4) = 'IDAT'
     and substring(picture from octet_length(picture) - 11) = '\x0000000049454e44ae426082'
     and size.width between 1 and 8192 and size.height between 1 and 8192 and size.width * size.height <= 4000000
    else false end
  from (select ('x' || encode(substring(picture from 17 for 4), 'hex'))::bit(32)::bigint as width,
               ('x' || encode(substring(picture from 21 for 4), 'hex'))::bit(32)::bigint as height) size;
$$;

revoke execute on function private.is_drawing from public, anon, authenticated, service_role;

-- A constraint asks as whoever writes the row.
grant execute on function private.is_drawing to service_role;


-- adoption/waivers_aside.sql

-- Signed waivers of the platform in use.
call legacy.set_aside('liability_waivers');


-- signatures/liability_waivers.sql

-- Liability waivers: who signed which text, when and from where. Evidence.
--
--   (signed) -> redacted      and nothing else: not by its owner, not by an admin, not with the service key
--
-- Against the milestone's table:
-- * `user_id` and `session_id` do not cascade, and are not foreign keys at all: erasing an account or deleting a
--   session must leave the evidence, and setting either to null would take away who signed for what. They stay, as ids
--   whose row may be gone. The function that signs checks that the rows exist at that moment.
-- * UNIQUE (user_id, session_id) lets everybody sign without a session any number of times, since nulls are distinct.
--   So one signature per person and session, and one general signature per person and version.
-- * The version signed and its hash are kept, the signature itself if one was drawn, who the signer was on the day, and
--   one hash over all facts of the signature, as for contracts.
-- * Only the service writes: a client would choose their own date, address and text.
--
-- Signatures from before the adoption were not observed: date, address and text are what a browser said. One that names
-- no version of a policy is from before versions: evidence, and never the current signature. All of one version but the
-- first are doubles of it.

create table public.liability_waivers (
  id                     uuid primary key default gen_random_uuid(),
  user_id                uuid not null,
  session_id             uuid,
  waiver_text            text not null,
  signed_at              timestamptz not null default now(),
  ip_address             text,
  user_agent             text,
  created_at             timestamptz not null default now(),
  waiver_policy_id       uuid references public.waiver_policy (id),
  waiver_policy_version  integer,
  text_sha256            text not null generated always as (private.sha256_hex(waiver_text)) stored,
  signature_name         text,
  signature_image        bytea,
  signature_image_sha256 text,
  signer_name            text,
  signer_email           text,
  evidence_sha256        text not null,
  is_observed            boolean not null default true,
  double_of              uuid references public.liability_waivers (id),
  language               text not null default 'en',

  constraint liability_waivers_observed_names_its_version check (
    num_nulls(waiver_policy_id, waiver_policy_version) = 0
    or not is_observed and num_nulls(waiver_policy_id, waiver_policy_version) = 2),
  constraint liability_waivers_doubles_are_from_before check (double_of is null or not is_observed),
  constraint liability_waivers_evidence_sha256_key unique (evidence_sha256),
  constraint liability_waivers_language_is_a_tag check (language ~ '^[a-z]{2,3}(-[A-Z]{2})?$'),
  constraint liability_waivers_name_is_short check (char_length(signature_name) <= 200),
  constraint liability_waivers_image_is_png check (private.is_drawing(signature_image)),
  constraint liability_waivers_waiver_text_is_short check (char_length(waiver_text) <= 100000),
  constraint liability_waivers_texts_are_short check (
    char_length(signer_name) <= 320 and char_length(signer_email) <= 320 and char_length(ip_address) <= 100 and
    char_length(user_agent) <= 1000 and char_length(signature_image_sha256) <= 64 and
    char_length(evidence_sha256) <= 64)
);

comment on table  public.liability_waivers is 'Signed waivers: append-only evidence.';

comment on column public.liability_waivers.user_id is 'Who signed. Their account may have been erased since.';

comment on column public.liability_waivers.session_id is
  'Null for a general waiver. The session may have been deleted since.';

comment on column public.liability_waivers.waiver_text is 'The text as it was shown, with the date in it.';

comment on column public.liability_waivers.language is 'In which the text was shown.';

comment on column public.liability_waivers.ip_address is 'As the server saw it; null once redacted.';

comment on column public.liability_waivers.text_sha256 is 'SHA-256 of waiver_text, hexadecimal.';

comment on column public.liability_waivers.signature_image is
  'The drawn signature, a PNG that the service encoded anew, at most 256 KiB; null once redacted.';

comment on column public.liability_waivers.signature_image_sha256 is
  'SHA-256 of the image, hexadecimal; stays when the image goes.';

comment on column public.liability_waivers.signer_name is 'The account''s name on the day; null once redacted.';

comment on column public.liability_waivers.signer_email is 'The account''s address on the day; null once redacted.';

comment on column public.liability_waivers.evidence_sha256 is
  'SHA-256 of the facts, hexadecimal; stays when some of them go.';

comment on column public.liability_waivers.id is 'Of the row; made here.';

comment on column public.liability_waivers.signed_at is 'When it was signed.';

comment on column public.liability_waivers.created_at is 'When the row was made.';

comment on column public.liability_waivers.waiver_policy_id is 'The text that was signed.';

comment on column public.liability_waivers.waiver_policy_version is 'Its number.';

comment on column public.liability_waivers.signature_name is 'The name they typed as their signature.';

comment on column public.liability_waivers.is_observed is
  'Whether the server saw it signed. False: from before the adoption, as a browser told it.';

comment on column public.liability_waivers.double_of is 'The first general signature of the same person and version.';

create unique index liability_waivers_one_per_session on public.liability_waivers (user_id, session_id)
  where session_id is not null;

create unique index liability_waivers_one_general_per_version
  on public.liability_waivers (user_id, waiver_policy_version) where session_id is null and double_of is null;

create index liability_waivers_double_of_idx on public.liability_waivers (double_of);

create index idx_liability_waivers_user_id on public.liability_waivers (user_id);

create index idx_liability_waivers_session_id on public.liability_waivers (session_id);

create index liability_waivers_waiver_policy_id_idx on public.liability_waivers (waiver_policy_id);

alter table public.liability_waivers enable row level security;

create policy "signers, the session's practitioner and admins read waivers"
  on public.liability_waivers for select to authenticated
  using (
    user_id = (select auth.uid())
    or session_id in (select private.my_led_session_ids())
    or (select private.is_admin()));

revoke all on public.liability_waivers from anon, authenticated, service_role;

-- Not e-mail, address, agent and image: the practitioner sees the row, and that it was signed is what they need to
-- know.
grant select (id, user_id, session_id, waiver_text, signed_at, created_at, waiver_policy_id, waiver_policy_version,
              text_sha256, signature_name, signer_name, evidence_sha256, is_observed, double_of,
              language)
  on public.liability_waivers to authenticated;

-- Not signed_at: the server's clock says when. Neither signer nor hashes: the trigger below sets those.
-- No update and no delete for anybody.
grant select, insert (user_id, session_id, waiver_text, ip_address, user_agent, waiver_policy_id,
                      waiver_policy_version, signature_name, signature_image, language)
  on public.liability_waivers to service_role;

create function private.serialize_waiver_evidence(waiver public.liability_waivers) returns text
  language sql immutable set search_path = ''
as $$
  -- In the form of private.serialize_contract_evidence. The text is hashed here: this runs before the row is written,
  -- when the generated column has no value yet.
  select (jsonb_build_object(
    'kind', 'waiver', 'document_id', (waiver).id, 'text_sha256', private.sha256_hex((waiver).waiver_text),
    'signer_id', (waiver).user_id, 'signer_name', (waiver).signer_name, 'signer_email', (waiver).signer_email,
    'session_id', (waiver).session_id,
    'signed_at', to_char((waiver).signed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'is_observed', (waiver).is_observed, 'ip_address', (waiver).ip_address, 'user_agent', (waiver).user_agent,
    'signature_name', (waiver).signature_name, 'signature_image_sha256', (waiver).signature_image_sha256)
    -- Of what was signed before there were languages, the facts are as they were.
    || case when (waiver).language = 'en' then '{}' else jsonb_build_object('language', (waiver).language) end)::text;
$$;

-- Definer: it reads the account's address.
create function private.complete_waiver() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.refuse_blank('signature_name', new.signature_name);
  -- Not a generated column: it must stay when the image is redacted.
  new.signature_image_sha256 := encode(sha256(new.signature_image), 'hex');
  select p.full_name, u.email into new.signer_name, new.signer_email
    from auth.users u left join public.profiles p on p.id = u.id where u.id = new.user_id;
  new.evidence_sha256 := private.sha256_hex(private.serialize_waiver_evidence(new));
  return new;
end
$$;

-- Holds for the owner of the table, too. Erasing an account may blank what identifies a person, never what was signed.
create function private.refuse_waiver_changes() returns trigger
  language plpgsql set search_path = ''
as $$
declare
  -- The hash of the text is a generated column: before the row is written it has no value yet.
  c_erasable constant text[] := array[
    'ip_address', 'user_agent', 'signer_name', 'signer_email', 'signature_name', 'signature_image', 'text_sha256'];
begin
  if tg_op = 'UPDATE'
     and to_jsonb(new) - c_erasable = to_jsonb(old) - c_erasable
     and jsonb_strip_nulls(to_jsonb(new)) <@ to_jsonb(old) then
    return new;
  end if;
  perform private.refuse(403, 'evidence_is_kept', 'A signed waiver can be neither changed nor deleted.');
end
$$;

revoke execute on function private.serialize_waiver_evidence, private.complete_waiver, private.refuse_waiver_changes
  from public, anon, authenticated, service_role;

create trigger liability_waivers_complete before insert on public.liability_waivers
  for each row execute function private.complete_waiver();

create trigger liability_waivers_refuse_changes before update or delete on public.liability_waivers
  for each row execute function private.refuse_waiver_changes();

create trigger liability_waivers_refuse_truncate before truncate on public.liability_waivers
  for each statement execute function private.refuse_waiver_changes();


-- adoption/waivers.sql

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


-- signatures/waiver_signing.sql

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
