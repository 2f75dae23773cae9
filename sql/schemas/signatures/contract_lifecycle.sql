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

create trigger practitioners_withdraw_offers before delete on public.practitioners
  for each row execute function private.withdraw_unanswered_offers();

create trigger practitioners_offer_contract after insert on public.practitioners
  for each row execute function private.offer_newest_contract();
create trigger user_roles_offer_contract after insert or update of role, user_id on public.user_roles
  for each row when (new.role = 'practitioner') execute function private.offer_newest_contract();

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
