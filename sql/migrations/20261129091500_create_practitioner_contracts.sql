-- From sql/schemas: signatures/contract_templates, signatures/practitioner_contracts, signatures/contract_events, signatures/contract_signatures, signatures/contract_lifecycle, signatures/contract_rules, signatures/documents.

-- Functions name what later chapters make.
set check_function_bodies = off;

set lock_timeout = '5s';
set statement_timeout = 0;
do $$ begin lock table public.session_schedules in access exclusive mode; end $$;
do $$ begin lock table public.practitioners in share row exclusive mode; end $$;


-- signatures/contract_templates.sql

-- Contract templates: the texts that are offered to practitioners, by version.
--
--   (inserted) -> issued, as often as needed        and nothing else: a correction is a new version
--
-- A contract keeps its own copy of the text, with the name and the day in it; the template says where that came from.

create table public.contract_templates (
  id          uuid        primary key default gen_random_uuid(),
  version     integer     not null,
  title       text        not null,
  body        text        not null,
  created_at  timestamptz not null default now(),
  created_by  uuid        default auth.uid(),
  body_sha256 text        not null generated always as (private.sha256_hex(body)) stored,

  constraint contract_templates_version_key unique (version),
  constraint contract_templates_title_is_one_line check (title ~ '^\S[^\n]{0,119}$'),
  constraint contract_templates_text_is_not_empty check (btrim(body) <> ''),
  constraint contract_templates_version_is_in_range check (version between 1 and 2000000000),
  constraint contract_templates_body_is_short check (char_length(body) <= 200000)
);

comment on column public.contract_templates.body is
  'Issued with [Name of practitioner] and [Date of issue] replaced. Never changes: a correction is a new version.';

comment on column public.contract_templates.created_by is
  'No foreign key: who wrote it stays, also when they have left.';

comment on column public.contract_templates.body_sha256 is 'SHA-256 of body, hexadecimal.';

comment on table public.contract_templates is 'The texts that contracts are made of, each version for good.';

comment on column public.contract_templates.id is 'Of the row; made here.';

comment on column public.contract_templates.version is 'Counted up by the database.';

comment on column public.contract_templates.title is 'As people read it.';

comment on column public.contract_templates.created_at is 'When the row was made.';

alter table public.contract_templates enable row level security;

create policy "admins read contract templates"
  on public.contract_templates for select to authenticated using ((select private.is_admin()));

create policy "admins add contract templates"
  on public.contract_templates for insert to authenticated with check ((select private.is_admin()));

revoke all on public.contract_templates from anon, authenticated, service_role;

-- No update and no delete for anybody: contracts were issued from it.
grant select, insert (version, title, body) on public.contract_templates to authenticated;

grant select, insert (version, title, body) on public.contract_templates to service_role;

-- A text to begin with. Whoever runs the platform has their lawyer read it, and adds their own as version 2.
insert into public.contract_templates (version, title, body)
values (1, 'Practitioner agreement', $contract$PRACTITIONER AGREEMENT

This agreement is between the company that runs this platform ("the company") and [Name of practitioner] ("the practitioner"). It was issued on [Date of issue] and takes effect when the practitioner signs it.

1. What the practitioner does
The practitioner guides sessions on a board of nails, one to one or in groups, online or in person, at times they offer themselves. They prepare each session, are present on time, and give every client the attention and care that the practice asks for.

2. Independent contractor
The practitioner is an independent contractor and no employee, partner or agent of the company. They choose when they work, may work for others, use their own means, and are responsible for their own taxes, contributions and insurance.

3. Qualification and safety
The practitioner has the training and experience they stated when they applied, and keeps both up to date. They follow the safety instructions of the company, make sure that each client has signed the current waiver, and end a session when somebody's safety asks for it. They give no medical advice and promise no medical result.

4. Payment
The practitioner receives the share of the price of each completed session that is shown in their account; at the issue of this agreement it is 75 percent. A change of the share holds for sessions that are paid for after it was announced. The company pays out every two weeks, to the account that the practitioner has entered and the company has verified. What is refunded to a client, or taken back by the client's bank, reduces the next payout.

5. Cancellation
A practitioner who cannot hold a session cancels it in the platform as early as possible. The client then gets back what they paid with. Sessions that are cancelled by clients follow the cancellation policy that the client agreed to.

6. Confidentiality and privacy
What clients tell and show is confidential, also after this agreement has ended. The practitioner keeps notes and recordings in the platform only, records nothing themselves, and passes no client's data on to anybody.

7. Conduct
The practitioner treats everybody with respect, has no sexual contact with clients, and takes no bookings or payments from the company's clients outside the platform while this agreement lasts and for six months afterwards.

8. Duration and end
This agreement lasts until the date it states, or else until one side ends it with fourteen days' notice in writing. Either side may end it at once for a serious reason. What was earned until then is paid.

9. Electronic signature
Both sides agree to sign electronically. The practitioner may ask for a copy on paper. The platform keeps the text as it was signed, its SHA-256 fingerprint, and when and from where it was signed, and gives the practitioner a copy at any time.

10. General
This document is the whole agreement; changes are made in writing. If a part of it is not valid, the rest remains. It is governed by the law of the Province of Ontario, Canada.$contract$);


-- adoption/contracts_aside.sql

-- Contracts of the platform in use.
call legacy.set_aside('practitioner_contracts');


-- signatures/practitioner_contracts.sql

-- Practitioner contracts: the text issued, that it was signed, and how it ended. Evidence.
--
--   pending -> signed -> expired | revoked        pending -> expired | revoked
--
-- Against the milestone's table: row-level security, and
-- * `practitioner_id` does not cascade: a practitioner with a contract is paused, not deleted.
-- * the text, its version and whom it is for are fixed once issued, and the server's clock says when it was signed.
-- * a contract is signed by its practitioner, or by the service which has written the evidence of it first.
-- * whoever revokes one says why.

create table public.practitioner_contracts (
  id               uuid primary key default gen_random_uuid(),
  practitioner_id  uuid not null references public.practitioners (id),
  contract_version text not null,
  contract_text    text not null,
  signed_at        timestamptz,
  ip_address       text,
  user_agent       text,
  status           text not null default 'pending' check (status in ('pending', 'signed', 'expired', 'revoked')),
  expires_at       timestamptz,
  created_at       timestamptz not null default now(),
  updated_at       timestamptz not null default now(),
  text_sha256      text not null generated always as (private.sha256_hex(contract_text)) stored,
  template_id      uuid references public.contract_templates (id),
  title            text not null default 'Practitioner agreement',
  revoked_reason   text,
  language         text not null default 'en',

  constraint practitioner_contracts_text_is_not_empty check (btrim(contract_text) <> ''),
  constraint practitioner_contracts_title_is_one_line check (title ~ '^\S[^\n]{0,119}$'),
  constraint practitioner_contracts_are_dated_when_signed check (
    case status when 'pending' then signed_at is null when 'signed' then signed_at is not null else true end),
  constraint practitioner_contracts_language_is_a_tag check (language ~ '^[a-z]{2,3}(-[A-Z]{2})?$'),
  constraint practitioner_contracts_reason_is_short check (
    revoked_reason ~ '\S' and char_length(revoked_reason) <= 500),
  constraint practitioner_contracts_reason_is_of_revoking check (revoked_reason is null or status = 'revoked'),
  constraint practitioner_contracts_contract_version_is_short check (char_length(contract_version) <= 100),
  constraint practitioner_contracts_contract_text_is_short check (char_length(contract_text) <= 200000),
  constraint practitioner_contracts_texts_are_short check (
    char_length(ip_address) <= 100 and char_length(user_agent) <= 1000),
  constraint practitioner_contracts_signed_at_is_in_range check (signed_at between '2000-01-01' and '2100-01-01'),
  constraint practitioner_contracts_expires_at_is_in_range check (expires_at between '2000-01-01' and '2100-01-01')
);

comment on column public.practitioner_contracts.ip_address is 'As the browser says, when signed by a direct update.';

comment on column public.practitioner_contracts.text_sha256 is 'SHA-256 of contract_text, hexadecimal.';

comment on column public.practitioner_contracts.template_id is
  'Null for a text that was written for this practitioner alone.';

comment on column public.practitioner_contracts.revoked_reason is 'Why it was revoked; the practitioner reads it.';

comment on table public.practitioner_contracts is 'A practitioner''s contracts: text, state and signature.';

comment on column public.practitioner_contracts.id is 'Of the row; made here.';

comment on column public.practitioner_contracts.practitioner_id is 'The practitioner it belongs to.';

comment on column public.practitioner_contracts.contract_version is 'The version of its text.';

comment on column public.practitioner_contracts.contract_text is 'As it is signed.';

comment on column public.practitioner_contracts.signed_at is 'When it was signed.';

comment on column public.practitioner_contracts.user_agent is 'What their browser called itself.';

comment on column public.practitioner_contracts.status is 'pending, signed, expired or revoked.';

comment on column public.practitioner_contracts.expires_at is 'From when on it is of no use; null: never.';

comment on column public.practitioner_contracts.created_at is 'When the row was made.';

comment on column public.practitioner_contracts.updated_at is 'When the row was last changed.';

comment on column public.practitioner_contracts.title is 'As people read it.';

comment on column public.practitioner_contracts.language is 'Of its text.';

create index idx_practitioner_contracts_practitioner_id on public.practitioner_contracts (practitioner_id);

create index idx_practitioner_contracts_status on public.practitioner_contracts (status);

create index idx_practitioner_contracts_active on public.practitioner_contracts (practitioner_id, status)
  where status in ('signed', 'pending');

create index practitioner_contracts_template_id_idx on public.practitioner_contracts (template_id);

create index practitioner_contracts_expires_at_idx on public.practitioner_contracts (expires_at)
  where status in ('pending', 'signed');  -- the reconciler asks for those that end

-- A practitioner is offered each version once at a time, whoever issues it and however often.
create unique index practitioner_contracts_one_offer_per_version
  on public.practitioner_contracts (practitioner_id, contract_version) where status = 'pending';

alter table public.practitioner_contracts enable row level security;

create policy "practitioners read their own contracts, admins all"
  on public.practitioner_contracts for select to authenticated
  using (practitioner_id = any (array(select private.my_practitioner_ids())) or (select private.is_admin()));

create policy "admins issue contracts"
  on public.practitioner_contracts for insert to authenticated with check ((select private.is_admin()));

create policy "practitioners sign, admins end contracts"
  on public.practitioner_contracts for update to authenticated
  using (
    (status = 'pending' and practitioner_id = any (array(select private.my_practitioner_ids())))
    or (select private.is_admin()))
  with check (practitioner_id = any (array(select private.my_practitioner_ids())) or (select private.is_admin()));

revoke all on public.practitioner_contracts from anon, authenticated, service_role;

-- signed_at as well: the frontend sends its own, and the trigger below replaces it. No delete for anybody.
grant select, insert (practitioner_id, contract_version, contract_text, expires_at, template_id, title,
                      language),
      update (status, signed_at, ip_address, user_agent, expires_at, revoked_reason)
  on public.practitioner_contracts to authenticated;

grant select, insert, update on public.practitioner_contracts to service_role;

-- What may change: the status, forward; the facts of signing, once; the end while nobody has signed; the reason when it
-- is revoked.
create function private.guard_practitioner_contracts() returns trigger
  language plpgsql set search_path = ''
as $$
declare
  v_signs      boolean := tg_op = 'UPDATE' and old.status = 'pending' and new.status = 'signed';
  v_revokes    boolean := tg_op = 'UPDATE' and old.status in ('pending', 'signed') and new.status = 'revoked';
  -- The hash is a generated column: before the row is written it has no value yet.
  v_changeable text[] := array['status', 'signed_at', 'ip_address', 'user_agent', 'updated_at', 'text_sha256'];
begin
  if tg_op = 'DELETE' then
    if old.signed_at is null then
      return old;
    end if;
    perform private.refuse(403, 'evidence_is_kept', 'A signed contract cannot be deleted.', 'Revoke it instead.');
  end if;

  if tg_op = 'INSERT' then
    if new.status <> 'pending' then
      perform private.refuse(409, 'contract_not_pending', 'A contract is issued as pending.');
    end if;
    return new;
  end if;

  if old.status = 'pending' then
    v_changeable := v_changeable || 'expires_at'::text;
  end if;
  if v_revokes then
    v_changeable := v_changeable || 'revoked_reason'::text;
  end if;
  if to_jsonb(new) - v_changeable <> to_jsonb(old) - v_changeable then
    perform private.refuse(409, 'contract_is_fixed', 'An issued contract cannot be rewritten.', 'Issue a new version.');
  end if;

  if new.status <> old.status and not v_signs and not v_revokes
     and not (old.status in ('pending', 'signed') and new.status = 'expired') then
    perform private.refuse(409, 'contract_not_pending', 'This contract can no longer be signed.');
  end if;
  if v_signs and coalesce(new.expires_at <= now(), false) then
    perform private.refuse(409, 'contract_expired', 'This contract has expired.');
  end if;
  if private.is_api_caller() then
    if v_signs and old.practitioner_id <> all (array(select private.my_practitioner_ids())) then
      perform private.refuse(403, 'signature_is_the_practitioners', 'Only the practitioner can sign this contract.');
    end if;
    if not private.is_admin() and (not v_signs or new.expires_at is distinct from old.expires_at) then
      perform private.refuse(403, 'contract_is_fixed', 'An issued contract can be signed, and nothing else.');
    end if;
  elsif v_signs and not exists (select from public.contract_signatures s where s.contract_id = new.id) then
    perform private.refuse(403, 'signature_is_the_practitioners', 'Only the practitioner can sign this contract.',
                           'Sign it through sign_practitioner_contract.');
  end if;
  if v_revokes and new.revoked_reason is null then
    perform private.refuse(422, 'reason_missing', 'Please say why the contract is revoked.',
                           'Send revoked_reason with the status.');
  end if;

  if v_signs then
    new.signed_at := now();
  else
    -- The facts of signing stay. Only an erasure, which no API role can do, blanks what identifies a person.
    new.signed_at := old.signed_at;
    if current_user in ('authenticated', 'service_role') or new.ip_address is not null or new.user_agent is not null then
      new.ip_address := old.ip_address;
      new.user_agent := old.user_agent;
    end if;
  end if;
  return new;
end
$$;

revoke execute on function private.guard_practitioner_contracts from public, anon, authenticated, service_role;

create trigger practitioner_contracts_guard before insert or update or delete on public.practitioner_contracts
  for each row execute function private.guard_practitioner_contracts();

create trigger update_practitioner_contracts_updated_at before update on public.practitioner_contracts
  for each row execute function public.update_updated_at_column();


-- adoption/contracts.sql

-- Contracts home, with the day on which they were signed. What had ended has ended, so that nobody is told of it now; of
-- several offers of one version the newest is open.
call legacy.bring_home('practitioner_contracts',
  columns => 'id, practitioner_id, contract_version, contract_text, signed_at, ip_address, user_agent, status, expires_at,
              created_at, updated_at',
  home => $$r.id, r.practitioner_id, r.contract_version, r.contract_text,
            case n.status when 'pending' then null when 'signed' then coalesce(r.signed_at, r.updated_at) else r.signed_at end,
            left(r.ip_address, 100), left(r.user_agent, 1000), n.status, r.expires_at, r.created_at, r.updated_at$$,
  tables => $$cross join lateral (select case
      when r.status in ('pending', 'signed') and r.expires_at <= now() then 'expired'
      when r.status = 'pending' and exists (
             select from legacy.practitioner_contracts o
              where (o.practitioner_id, o.contract_version, o.status) = (r.practitioner_id, r.contract_version, 'pending')
                and (o.created_at, o.id) > (r.created_at, r.id)) then 'expired'
      else r.status end as status) n$$,
  account => '(select p.user_id from public.practitioners p where p.id = r.practitioner_id)',
  mended => $$case when r.status = 'pending' and r.signed_at is not null then 'an offer with a day of signing'
                   when r.status = 'signed' and r.signed_at is null then 'signed on a day that nobody knows' end$$);


-- signatures/contract_events.sql

-- Contract events: what happened to a contract, each event once; and the practitioner is notified of each once.
--
--   issued -> signed -> expiring -> expired | revoked        issued -> expired | revoked
--
-- A trigger writes them: whether the pages, a function or the reconciler changes a contract, its event is recorded.

create table public.contract_events (
  id          bigint      primary key generated always as identity,
  contract_id uuid        not null references public.practitioner_contracts (id) on delete cascade,
  event       text        not null,
  reason      text,
  happened_at timestamptz not null default now(),
  caused_by   uuid        default auth.uid(),

  constraint contract_events_are_known check (event in ('issued', 'signed', 'expiring', 'expired', 'revoked')),
  constraint contract_events_happen_once unique (contract_id, event),
  constraint contract_events_reason_is_short check (char_length(reason) <= 1000)
);

comment on table  public.contract_events           is 'The history of each contract: append-only.';

comment on column public.contract_events.caused_by is
  'Null for the platform itself. No foreign key: who did it stays, also when they have left.';

comment on column public.contract_events.id is 'Of the row; made here.';

comment on column public.contract_events.contract_id is 'practitioner_contracts.id.';

comment on column public.contract_events.event is 'issued, signed, expiring, expired or revoked.';

comment on column public.contract_events.reason is 'In words, for whoever reads it later.';

comment on column public.contract_events.happened_at is 'When.';

alter table public.contract_events enable row level security;

create policy "practitioners read events of their contracts, admins all"
  on public.contract_events for select to authenticated
  using (
    exists (select from public.practitioner_contracts c
             where c.id = contract_id and c.practitioner_id = any (array(select private.my_practitioner_ids())))
    or (select private.is_admin()));

revoke all on public.contract_events from anon, authenticated, service_role;

-- No insert, update or delete for anybody: the functions below write it.
grant select on public.contract_events to authenticated, service_role;

-- Erasing an account may blank the reason, never what happened. An offer that nobody answered may be withdrawn with its
-- practitioner (contract_lifecycle.sql), and then its event goes with it.
-- Definer: whether the contract is gone must not depend on whether the caller may read it.
create function private.refuse_contract_event_changes() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  if tg_op = 'DELETE' and old.event = 'issued' and not exists (select from public.practitioner_contracts c where c.id = old.contract_id) then
    return old;
  end if;
  if tg_op = 'UPDATE' and private.is_reason_erasure(to_jsonb(old), to_jsonb(new)) then
    return new;
  end if;
  perform private.refuse(403, 'evidence_is_kept', 'What happened to a contract can be neither changed nor deleted.');
end
$$;

-- Definer: nobody writes the history or the outbox directly.
create function private.record_contract_event(contract public.practitioner_contracts, event text) returns void
  language plpgsql security definer set search_path = ''
as $$
begin
  insert into public.contract_events (contract_id, event, reason)
  values ((contract).id, record_contract_event.event,
          case record_contract_event.event when 'revoked' then (contract).revoked_reason end)
  on conflict on constraint contract_events_happen_once do nothing;
  if found then
    perform private.publish_event(
      'contract_' || record_contract_event.event,
      (select p.user_id from public.practitioners p where p.id = (contract).practitioner_id),
      payload => jsonb_build_object(
        'contract_id', (contract).id, 'contract_version', (contract).contract_version, 'title', (contract).title,
        'expires_at', (contract).expires_at, 'reason', (contract).revoked_reason));
  end if;
end
$$;

-- Definer: as above.
create function private.record_contract_status() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.record_contract_event(new, case new.status when 'pending' then 'issued' else new.status end);
  return null;
end
$$;

revoke execute on function private.refuse_contract_event_changes, private.record_contract_event, private.record_contract_status
  from public, anon, authenticated, service_role;

create trigger contract_events_refuse_changes before update or delete on public.contract_events
  for each row execute function private.refuse_contract_event_changes();

create trigger contract_events_refuse_truncate before truncate on public.contract_events
  for each statement execute function private.refuse_contract_event_changes();


-- signatures/contract_signatures.sql

-- Contract signatures: who signed which contract, when, from where, and over which text. Evidence.
--
--   (signed) -> redacted      and nothing else: not by its owner, not by an admin, not with the service key
--
-- Two ways lead here. `sign_practitioner_contract` writes the row with what the server saw, and the row signs the
-- contract. The pages update the contract themselves, and that writes the row: then address and agent are what a
-- browser claimed, and `is_observed` says so. Either way it is one signature, because the contract is its key.
--
-- `evidence_sha256` is the SHA-256 of the row's own facts, in the form that `private.serialize_contract_evidence`
-- writes. It is printed on the copy and confirmed by `verify_signature`; it stays when an erasure blanks what
-- identified a person.

create table public.contract_signatures (
  contract_id            uuid        primary key references public.practitioner_contracts (id),
  user_id                uuid        not null,
  signer_name            text,
  signer_email           text,
  signed_at              timestamptz not null,
  text_sha256            text        not null,
  is_observed            boolean     not null default true,
  ip_address             text,
  user_agent             text,
  signature_name         text,
  signature_image        bytea,
  signature_image_sha256 text,
  evidence_sha256        text        not null,

  constraint contract_signatures_evidence_sha256_key unique (evidence_sha256),
  constraint contract_signatures_name_is_short check (char_length(signature_name) <= 200),
  constraint contract_signatures_image_is_png check (private.is_drawing(signature_image)),
  constraint contract_signatures_texts_are_short check (
    char_length(signer_name) <= 320 and char_length(signer_email) <= 320 and char_length(ip_address) <= 100 and
    char_length(user_agent) <= 1000 and char_length(text_sha256) <= 64 and
    char_length(signature_image_sha256) <= 64 and char_length(evidence_sha256) <= 64)
);

comment on table  public.contract_signatures is 'Signed contracts: append-only evidence.';

comment on column public.contract_signatures.user_id is
  'Who signed. No foreign key: their account may have been erased since.';

comment on column public.contract_signatures.signer_name is 'The practitioner''s name on the day; null once redacted.';

comment on column public.contract_signatures.signer_email is 'The account''s address on the day; null once redacted.';

comment on column public.contract_signatures.is_observed is
  'Whether the server saw address and agent itself; otherwise the browser claimed them.';

comment on column public.contract_signatures.signature_name is 'As typed by the signer.';

comment on column public.contract_signatures.signature_image is
  'The drawn signature, a PNG that the service encoded anew, at most 256 KiB; null once redacted.';

comment on column public.contract_signatures.evidence_sha256 is
  'SHA-256 of the facts above, hexadecimal; stays when some of them go.';

comment on column public.contract_signatures.contract_id is 'practitioner_contracts.id.';

comment on column public.contract_signatures.signed_at is 'When it was signed.';

comment on column public.contract_signatures.text_sha256 is 'Of the text, as it was shown.';

comment on column public.contract_signatures.ip_address is 'The address they came from.';

comment on column public.contract_signatures.user_agent is 'What their browser called itself.';

comment on column public.contract_signatures.signature_image_sha256 is 'Of the drawn signature; null: it was typed.';

alter table public.contract_signatures enable row level security;

create policy "practitioners read their own contract signatures, admins all"
  on public.contract_signatures for select to authenticated
  using (
    exists (select from public.practitioner_contracts c
             where c.id = contract_id and c.practitioner_id = any (array(select private.my_practitioner_ids())))
    or (select private.is_admin()));

revoke all on public.contract_signatures from anon, authenticated, service_role;

grant select on public.contract_signatures to authenticated;

-- Neither the time nor the hashes nor is_observed: the triggers write those. No update and no delete for anybody.
grant select, insert (contract_id, user_id, ip_address, user_agent, signature_name, signature_image)
  on public.contract_signatures to service_role;

create function private.serialize_contract_evidence(signature public.contract_signatures) returns text
  language sql immutable set search_path = ''
as $$
  -- jsonb writes its keys in one order; times are written out, because a cast depends on the session's time zone.
  select jsonb_build_object(
    'kind', 'contract', 'document_id', (signature).contract_id, 'text_sha256', (signature).text_sha256,
    'signer_id', (signature).user_id, 'signer_name', (signature).signer_name, 'signer_email', (signature).signer_email,
    'signed_at', to_char((signature).signed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'is_observed', (signature).is_observed, 'ip_address', (signature).ip_address, 'user_agent', (signature).user_agent,
    'signature_name', (signature).signature_name, 'signature_image_sha256', (signature).signature_image_sha256)::text;
$$;

-- Definer: it reads the account's address.
create function private.complete_contract_signature() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  v_contract public.practitioner_contracts;
begin
  perform private.refuse_blank('signature_name', new.signature_name);
  -- Signing and revoking at once: whoever comes second sees what the first has done.
  select c.* into v_contract from public.practitioner_contracts c where c.id = new.contract_id for update;
  if v_contract.status = 'pending' then
    new.signed_at := now();
  elsif v_contract.status = 'signed' then
    new.signed_at := v_contract.signed_at;
  elsif found then
    perform private.refuse(409, 'contract_not_pending', 'This contract can no longer be signed.');
  end if;
  select p.name, u.email into new.signer_name, new.signer_email
    from public.practitioners p left join auth.users u on u.id = p.user_id
   where p.id = v_contract.practitioner_id and p.user_id = new.user_id;
  if not found then
    perform private.refuse(403, 'signature_is_the_practitioners', 'Only the practitioner can sign this contract.');
  end if;
  new.text_sha256 := v_contract.text_sha256;
  -- Not a generated column: it must stay when the image is redacted.
  new.signature_image_sha256 := encode(sha256(new.signature_image), 'hex');
  new.evidence_sha256 := private.sha256_hex(private.serialize_contract_evidence(new));
  return new;
end
$$;

-- Definer: whoever wrote the evidence need not be allowed to update the contract.
create function private.mark_contract_signed() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  update public.practitioner_contracts c
     set status = 'signed', ip_address = new.ip_address, user_agent = new.user_agent
   where c.id = new.contract_id and c.status = 'pending';
  return null;
end
$$;

-- Definer: the practitioner who updates the contract may not write evidence.
create function private.record_direct_signature() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  -- Not where the evidence was written first: then it is what signs the contract.
  insert into public.contract_signatures (contract_id, user_id, is_observed, ip_address, user_agent)
  select new.id, auth.uid(), false, left(new.ip_address, 200), left(new.user_agent, 500)
   where not exists (select from public.contract_signatures s where s.contract_id = new.id);
  return null;
end
$$;

-- Holds for the owner of the table, too. Erasing an account may blank what identifies a person, never what was signed.
create function private.refuse_contract_signature_changes() returns trigger
  language plpgsql set search_path = ''
as $$
declare
  c_erasable constant text[] := array[
    'signer_name', 'signer_email', 'ip_address', 'user_agent', 'signature_name', 'signature_image'];
begin
  if tg_op = 'UPDATE'
     and to_jsonb(new) - c_erasable = to_jsonb(old) - c_erasable
     and jsonb_strip_nulls(to_jsonb(new)) <@ to_jsonb(old) then
    return new;
  end if;
  perform private.refuse(403, 'evidence_is_kept', 'A signature can be neither changed nor deleted.');
end
$$;

revoke execute on function
  private.serialize_contract_evidence, private.complete_contract_signature, private.mark_contract_signed,
  private.record_direct_signature, private.refuse_contract_signature_changes
  from public, anon, authenticated, service_role;

create trigger contract_signatures_complete before insert on public.contract_signatures
  for each row execute function private.complete_contract_signature();

create trigger contract_signatures_mark_contract_signed after insert on public.contract_signatures
  for each row execute function private.mark_contract_signed();

create trigger contract_signatures_refuse_changes before update or delete on public.contract_signatures
  for each row execute function private.refuse_contract_signature_changes();

create trigger contract_signatures_refuse_truncate before truncate on public.contract_signatures
  for each statement execute function private.refuse_contract_signature_changes();


-- signatures/contract_lifecycle.sql

-- The life of a contract: one call offers a version to whoever does not have it yet, one call signs it, the clock ends
-- it.
--
--   (template) -> pending -> signed -> expired        a month before its end the practitioner is notified, once
--
-- A version is offered in the language that its practitioner reads, if it has been translated: what they are shown is
-- what they sign.
--
-- Whoever becomes a practitioner is offered the newest by that, whichever way: a row of practitioners or, for somebody
-- who has the row, the role.

-- The name last, and as one line: people choose their own, and a name must not write clauses.
-- Definer: an admin issues as themself, and reads nobody's choice of a language.
create function private.write_contract(
  template public.contract_templates, practitioner public.practitioners, out language text, out title text, out body text)
  language plpgsql stable security definer set search_path = ''
as $$
begin
  select t.language, t.title,
         replace(replace(t.body, '[Date of issue]', private.write_legal_day(
                   (now() at time zone 'UTC')::date, t.language, 'FMDD FMMonth YYYY')),
                 '[Name of practitioner]', left(btrim(regexp_replace((practitioner).name, '\s+', ' ', 'g')), 120))
    into write_contract.language, write_contract.title, write_contract.body
    from private.choose_legal_text((template).id, (template).body, (template).title,
                                   private.find_language((practitioner).user_id)) t;
end
$$;

-- Only to whoever has no contract that holds or waits for them: however many statements make somebody one, it is once.
-- Definer: whoever adds a practitioner or a role may be the platform, which issues no contracts.
create function private.offer_newest_contract() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('issue_practitioner_contract', 0));
  insert into public.practitioner_contracts (
    practitioner_id, template_id, contract_version, title, contract_text, language)
  select p.id, t.id, t.version::text, written.title, written.body, written.language
    from public.practitioners p
   cross join lateral (select * from public.contract_templates order by version desc limit 1) t
   cross join lateral private.write_contract(t, p) written
   where case tg_table_name when 'practitioners' then p.id = (to_jsonb(new) ->> 'id')::uuid
                            else p.user_id = (to_jsonb(new) ->> 'user_id')::uuid end
     and not exists (select from public.practitioner_contracts c
                      where c.practitioner_id = p.id and c.status in ('pending', 'signed')
                        and coalesce(c.expires_at > now(), true));
  return null;
end
$$;

-- Somebody who was added by mistake is removed together with an offer that they never answered.
-- Definer: nobody deletes contracts.
create function private.withdraw_unanswered_offers() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  delete from public.practitioner_contracts c where c.practitioner_id = old.id and c.status = 'pending';
  return old;
end
$$;

create function public.issue_practitioner_contract(
  practitioner_id uuid default null, template_version integer default null, expires_at timestamptz default null)
  returns table (template_id uuid, contract_version text, issued uuid[], already_issued integer, replaced integer)
  language plpgsql volatile security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  v_template public.contract_templates;
  v_holders  uuid[];  -- who has this version already
begin
  if not private.is_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins issue contracts.');
  end if;
  select t.* into v_template from public.contract_templates t
   where t.version = coalesce(issue_practitioner_contract.template_version, t.version) order by t.version desc limit 1;
  if not found then
    perform private.refuse(404, 'template_not_found', 'There is no such contract template.');
  elsif issue_practitioner_contract.expires_at <= now() then
    perform private.refuse(422, 'expires_in_past', 'A contract must end in the future.');
  elsif issue_practitioner_contract.practitioner_id is not null and not exists (
          select from public.practitioners p where p.id = issue_practitioner_contract.practitioner_id) then
    perform private.refuse(404, 'practitioner_not_found', 'There is no such practitioner.');
  end if;

  -- Two admins who issue at once queue here: the second finds that all of it is issued.
  perform pg_advisory_xact_lock(hashtextextended('issue_practitioner_contract', 0));
  v_holders := array(
    select distinct c.practitioner_id
      from public.practitioner_contracts c join public.practitioners p on p.id = c.practitioner_id
     where c.contract_version = v_template.version::text and coalesce(c.expires_at > now(), true)
       -- Signed, it is good in whatever language it was; an offer is of use in the one that they read.
       and (c.status = 'signed' or c.status = 'pending' and (
              c.template_id is distinct from v_template.id
              or c.language = (private.write_contract(v_template, p)).language)));

  template_id      := v_template.id;
  contract_version := v_template.version::text;
  -- An offer of another version that nobody signed is not left beside the new one. What is signed stays until it ends.
  update public.practitioner_contracts c
     set status = 'revoked', revoked_reason = format('Replaced by version %s.', v_template.version)
    from public.practitioners p
   where p.id = c.practitioner_id and c.status = 'pending' and p.id <> all (v_holders)
     and (p.available or p.id = issue_practitioner_contract.practitioner_id)
     and p.id = coalesce(issue_practitioner_contract.practitioner_id, p.id);
  get diagnostics replaced = row_count;

  with offered as (
    insert into public.practitioner_contracts as c (
      practitioner_id, template_id, contract_version, title, contract_text, language, expires_at)
    select p.id, v_template.id, v_template.version::text, written.title, written.body, written.language,
           issue_practitioner_contract.expires_at
      from public.practitioners p
     cross join lateral private.write_contract(v_template, p) written
     where p.id <> all (v_holders)
       -- To all means to those who work; somebody who is paused is named.
       and (p.available or p.id = issue_practitioner_contract.practitioner_id)
       and p.id = coalesce(issue_practitioner_contract.practitioner_id, p.id)
    returning c.id
  )
  select coalesce(array_agg(o.id order by o.id), '{}') into issued from offered o;
  already_issued := (select count(*) from public.practitioners p
                      where p.id = any (v_holders) and p.id = coalesce(issue_practitioner_contract.practitioner_id, p.id));
  return next;
end
$$;

comment on function public.issue_practitioner_contract is
  'Offers a version, by default the newest, to one practitioner or to all who are available. '
  'Whoever has it keeps what they have.';

create function public.sign_practitioner_contract(
  user_id         uuid,
  contract_id     uuid  default null,
  shown_sha256    text  default null,
  signature_name  text  default null,
  signature_image bytea default null,
  ip_address      text  default null,
  user_agent      text  default null
) returns table (id uuid, contract_version text, signed_at timestamptz, text_sha256 text, evidence_sha256 text)
  language plpgsql volatile security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  v_contract public.practitioner_contracts;
begin
  -- The one the pages show: the newest that is pending, else the newest that is signed. Two calls at once queue at the
  -- lock.
  select c.* into v_contract
    from public.practitioner_contracts c join public.practitioners p on p.id = c.practitioner_id
   where p.user_id = sign_practitioner_contract.user_id
     and case when sign_practitioner_contract.contract_id is null then c.status in ('pending', 'signed')
              else c.id = sign_practitioner_contract.contract_id end
   order by c.status = 'pending' desc, c.created_at desc limit 1
     for update of c;
  if not found then
    perform private.refuse(404, 'contract_not_found', 'There is no contract to sign.');
  elsif sign_practitioner_contract.shown_sha256 <> v_contract.text_sha256 then
    perform private.refuse(409, 'contract_text_not_current', 'This is not the text of the contract.',
                           'Load the contract again, read it and sign it.');
  elsif v_contract.status not in ('pending', 'signed') then
    perform private.refuse(409, 'contract_not_pending', 'This contract can no longer be signed.');
  elsif v_contract.status = 'pending' and v_contract.expires_at <= now() then
    perform private.refuse(409, 'contract_expired', 'This contract has expired.');
  end if;

  if v_contract.status = 'pending' then
    insert into public.contract_signatures (contract_id, user_id, signature_name, signature_image, ip_address, user_agent)
    values (v_contract.id, sign_practitioner_contract.user_id, sign_practitioner_contract.signature_name,
            sign_practitioner_contract.signature_image, sign_practitioner_contract.ip_address,
            sign_practitioner_contract.user_agent);
  end if;
  return query
    select s.contract_id, v_contract.contract_version, s.signed_at, s.text_sha256, s.evidence_sha256
      from public.contract_signatures s where s.contract_id = v_contract.id;
end
$$;

comment on function public.sign_practitioner_contract is
  'Writes the evidence, which signs the contract. Signing again gives the first signature.';

-- Definer: the service may neither write history nor change a contract but to sign it.
create function private.remind_of_expiring_contracts(max_rows integer) returns integer
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_contract public.practitioner_contracts;
  v_count    integer := 0;
begin
  for v_contract in
    select c.* from public.practitioner_contracts c
     where c.status = 'signed' and c.expires_at > now() and c.expires_at <= now() + interval '30 days'
       and not exists (select from public.contract_events e where e.contract_id = c.id and e.event = 'expiring')
     order by c.expires_at limit remind_of_expiring_contracts.max_rows for no key update skip locked
  loop
    begin
      perform private.record_contract_event(v_contract, 'expiring');
      v_count := v_count + 1;
    exception when others then
      raise warning 'contract %: %', v_contract.id, sqlerrm;  -- its neighbours go on
    end;
  end loop;
  return v_count;
end
$$;

create function public.reconcile_contracts(max_rows integer default 200)
  returns table (contracts_expiring integer, contracts_expired integer)
  language plpgsql volatile security invoker set search_path = ''
as $$
declare
  v_contract_id uuid;
begin
  contracts_expiring := private.remind_of_expiring_contracts(reconcile_contracts.max_rows);
  contracts_expired := 0;
  -- Whoever is signing or revoking one of them goes first; the next run finds what is left.
  for v_contract_id in
    select due.id from public.practitioner_contracts due
     where due.status in ('pending', 'signed') and due.expires_at <= now()
     order by due.expires_at limit reconcile_contracts.max_rows for update skip locked
  loop
    begin
      update public.practitioner_contracts c set status = 'expired' where c.id = v_contract_id;
      contracts_expired := contracts_expired + 1;
    exception when others then
      raise warning 'contract %: %', v_contract_id, sqlerrm;
    end;
  end loop;
  return next;
end
$$;

comment on function public.reconcile_contracts is
  'For the scheduler, again until it did nothing. Late is harmless: past its end a contract is not live anyway.';

revoke execute on function private.offer_newest_contract, private.withdraw_unanswered_offers from public, anon, authenticated, service_role;

-- An admin issues as themself.
revoke execute on function private.write_contract from public, anon, service_role;

grant execute on function private.write_contract to authenticated;

revoke execute on function public.issue_practitioner_contract, public.sign_practitioner_contract,
  private.remind_of_expiring_contracts, public.reconcile_contracts from public, anon, authenticated, service_role;

grant execute on function public.issue_practitioner_contract to authenticated;

-- Not granted to authenticated: evidence is what the server saw, so only the server may write it.
grant execute on function public.sign_practitioner_contract to service_role;

grant execute on function private.remind_of_expiring_contracts, public.reconcile_contracts to service_role;


-- signatures/contract_rules.sql

-- Contract rules: whether a practitioner needs a live contract to be bookable. A setting, off to begin with.
--
-- Live is a contract that is signed, not revoked, and not past its end when the session ends. Without one, clients get
-- the same refusal as for a practitioner who is paused: why somebody takes no bookings is between them and the
-- platform.

create table public.contract_rules (
  id                   uuid        primary key default gen_random_uuid(),
  live_contract_needed boolean     not null default false,
  updated_at           timestamptz not null default now()
);

comment on table  public.contract_rules                      is 'One row: what contracts decide.';

comment on column public.contract_rules.live_contract_needed is
  'Whether a practitioner without a live contract takes no bookings.';

comment on column public.contract_rules.id is 'Of the row; made here.';

comment on column public.contract_rules.updated_at is 'When the row was last changed.';

create unique index contract_rules_are_one on public.contract_rules ((true));

alter table public.contract_rules enable row level security;

create policy "practitioners and admins read contract rules"
  on public.contract_rules for select to authenticated
  using (exists (select from private.my_practitioner_ids()) or (select private.is_admin()));

create policy "admins set contract rules"
  on public.contract_rules for update to authenticated using ((select private.is_admin()));

revoke all on public.contract_rules from anon, authenticated, service_role;

-- One row, made below: no insert and no delete for anybody.
grant select, update (live_contract_needed) on public.contract_rules to authenticated;

grant select, update (live_contract_needed) on public.contract_rules to service_role;

-- Definer: contracts are read by their practitioner only; everybody may know until when somebody can be booked.
create function private.get_bookable_until(practitioner_id uuid) returns timestamptz
  language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_column
begin
  return (
    select case when r.live_contract_needed then (
             select coalesce(max(coalesce(c.expires_at, 'infinity')), '-infinity') from public.practitioner_contracts c
              where c.practitioner_id = get_bookable_until.practitioner_id and c.status = 'signed')
           else 'infinity' end
      from public.contract_rules r);
end
$$;

revoke execute on function private.get_bookable_until from public, anon, authenticated, service_role;

-- Order matters: before the audit trigger, because the row that the platform begins with is nobody's change.
insert into public.contract_rules default values;

create trigger update_contract_rules_updated_at before update on public.contract_rules
  for each row execute function public.update_updated_at_column();

create trigger audit_contract_rules after insert or update or delete on public.contract_rules
  for each row execute function private.write_audit_log();


-- signatures/documents.sql

-- Documents: everything that is printed on the copy of a contract or a waiver, and what a stranger may know of one.
--
-- A copy is for whoever signed it and for admins. A stranger who holds a copy holds its hash, and learns whether it is
-- genuine and still valid: nothing that the copy does not say, and nobody's name.

create type public.signed_document as (
  kind                   text,
  document_id            uuid,
  title                  text,
  version                text,
  body                   text,
  text_sha256            text,
  status                 text,
  issued_at              timestamptz,
  expires_at             timestamptz,
  ended_at               timestamptz,
  ended_reason           text,
  signed_at              timestamptz,
  signer_id              uuid,
  signer_name            text,
  signer_email           text,
  is_observed            boolean,
  ip_address             text,
  user_agent             text,
  signature_name         text,
  signature_image        text,
  signature_image_sha256 text,
  evidence_sha256        text,
  language               text
);

comment on type public.signed_document is 'What stands on a copy.';

comment on column public.signed_document.signature_image is 'The drawn signature, PNG in base64.';

comment on column public.signed_document.language is 'Of the text, as it was shown.';

comment on column public.signed_document.status is
  'Of a contract its own; of a waiver signed, or superseded by a newer version.';

create function public.get_contract_pdf(contract_id uuid) returns setof public.signed_document
  language plpgsql volatile security invoker set search_path = ''
as $$
begin
  perform private.limit_use('copies of documents', (select auth.uid()));
  return query
    select 'contract', c.id, c.title, c.contract_version, c.contract_text, c.text_sha256, c.status, c.created_at,
           c.expires_at, ended.happened_at, ended.reason, c.signed_at, s.user_id,
           -- While nobody has signed: whom it is for.
           case when s.contract_id is null then p.name else s.signer_name end,
           s.signer_email, s.is_observed, s.ip_address, s.user_agent, s.signature_name,
           translate(encode(s.signature_image, 'base64'), E'\n', ''), s.signature_image_sha256, s.evidence_sha256,
           c.language
      from public.practitioner_contracts c
      join public.practitioners p on p.id = c.practitioner_id
      left join public.contract_signatures s on s.contract_id = c.id
      left join public.contract_events ended on ended.contract_id = c.id and ended.event = c.status
                                            and c.status in ('expired', 'revoked')
     where c.id = get_contract_pdf.contract_id;
  if not found then
    perform private.refuse(404, 'contract_not_found', 'There is no such contract.');
  end if;
end
$$;

comment on function public.get_contract_pdf is 'A contract and its evidence, as it is printed.';

-- Definer: address, agent, e-mail and image can be read on the copy only, by whoever signed and by admins.
create function private.get_waiver_documents(waiver_id uuid) returns setof public.signed_document
  language sql stable security definer set search_path = ''
as $$
  select 'waiver', w.id, 'Liability waiver', w.waiver_policy_version::text, w.waiver_text, w.text_sha256,
         case when p.is_active then 'signed' else 'superseded' end, null::timestamptz, null::timestamptz,
         null::timestamptz, null::text, w.signed_at, w.user_id, w.signer_name, w.signer_email, w.is_observed, w.ip_address,
         w.user_agent, w.signature_name, translate(encode(w.signature_image, 'base64'), E'\n', ''),
         w.signature_image_sha256, w.evidence_sha256, w.language
    from public.liability_waivers w left join public.waiver_policy p on p.id = w.waiver_policy_id
   where w.id = get_waiver_documents.waiver_id
     and (w.user_id = (select auth.uid()) or private.is_admin());
$$;

create function public.get_waiver_pdf(waiver_id uuid) returns setof public.signed_document
  language plpgsql volatile security invoker set search_path = ''
as $$
begin
  perform private.limit_use('copies of documents', (select auth.uid()));
  return query select d.* from private.get_waiver_documents(get_waiver_pdf.waiver_id) d;
  if not found then
    perform private.refuse(404, 'waiver_not_found', 'There is no such waiver.');
  end if;
end
$$;

comment on function public.get_waiver_pdf is 'A signed waiver and its evidence, as it is printed.';

create function public.verify_signature(sha256 text, ip_address text default null)
  returns table (kind text, version text, signed_at timestamptz, text_sha256 text, status text, expires_at timestamptz,
                 ended_at timestamptz)
  language plpgsql volatile security invoker set search_path = ''
as $$
#variable_conflict use_column
begin
  if not private.limit_attempt('signature checks', private.mask_address(verify_signature.ip_address)) then
    return next;
    return;
  end if;
  return query
    select 'contract', c.contract_version, s.signed_at, s.text_sha256,
           -- The clock ends a contract, whether or not the reconciler has written it down.
           case when c.status = 'signed' and c.expires_at <= now() then 'expired'
                when c.status = 'signed' then 'valid' else c.status end,
           c.expires_at, ended.happened_at
      from public.contract_signatures s
      join public.practitioner_contracts c on c.id = s.contract_id
      left join public.contract_events ended on ended.contract_id = c.id and ended.event = c.status
                                            and c.status in ('expired', 'revoked')
     where s.evidence_sha256 = lower(verify_signature.sha256)
    union all
    select 'waiver', w.waiver_policy_version::text, w.signed_at, w.text_sha256,
           case when p.is_active then 'valid' else 'superseded' end, null::timestamptz, null::timestamptz
      from public.liability_waivers w left join public.waiver_policy p on p.id = w.waiver_policy_id
     where w.evidence_sha256 = lower(verify_signature.sha256);
  if not found then
    perform private.answer_refusal(404, 'signature_not_found', 'No signature has this fingerprint.',
                                   'Compare it with the copy, digit by digit.');
    return next;
  end if;
end
$$;

comment on function public.verify_signature is
  'Whether a copy is genuine, by the fingerprint of the signature that is printed on it, and whether it still holds.';

revoke execute on function public.get_contract_pdf, private.get_waiver_documents, public.get_waiver_pdf,
  public.verify_signature from public, anon, authenticated, service_role;

grant execute on function public.get_contract_pdf, private.get_waiver_documents, public.get_waiver_pdf
  to authenticated;

-- Not granted to anon: the function in front of it is what the internet may ask.
grant execute on function public.verify_signature to service_role;
