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
