-- Contracts end with reasons: where a contract came from, what it is called, and why it was revoked.
--
--   pending -> signed -> expired | revoked        pending -> expired | revoked
--
-- What the guard of the milestone's table leaves open is closed here: a contract is signed by its practitioner, or by the
-- service which has written the evidence of it first; and whoever revokes one says why.

alter table public.practitioner_contracts
  add column template_id    uuid references public.contract_templates (id),
  add column title          text not null default 'Practitioner agreement',
  add column revoked_reason text,
  add constraint practitioner_contracts_title_is_a_line check (title ~ '^\S[^\n]{0,119}$'),
  add constraint practitioner_contracts_reason_is_short check (revoked_reason ~ '\S' and char_length(revoked_reason) <= 500),
  add constraint practitioner_contracts_reason_is_of_revoking check (revoked_reason is null or status = 'revoked');
comment on column public.practitioner_contracts.template_id is 'Null for a text that was written for this practitioner alone.';
comment on column public.practitioner_contracts.revoked_reason is 'Why it was revoked; the practitioner reads it.';

create index practitioner_contracts_template_id_idx on public.practitioner_contracts (template_id);
-- A practitioner is offered each version once at a time, whoever issues it and however often.
create unique index practitioner_contracts_one_offer_per_version
  on public.practitioner_contracts (practitioner_id, contract_version) where status = 'pending';

grant insert (template_id, title), update (revoked_reason) on public.practitioner_contracts to authenticated;
