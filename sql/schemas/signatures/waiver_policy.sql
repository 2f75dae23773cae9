-- Waiver policy: the text people sign, by version. Exactly one version is active at any time.
--
--   (inserted) -> active -> replaced        replaced -> active (an older version is taken up again)
--
-- The admin screen switches versions in two requests: it makes the old one inactive, then inserts the new one. Between
-- the two nobody could book, and if the second failed, nobody could ever again. So the first request is accepted and
-- changes nothing; an active successor is what replaces a version. The screen needs no change and there is no gap.

create table public.waiver_policy (
  id                 uuid primary key default gen_random_uuid(),
  version            integer not null default 1,
  policy_text        text not null,
  is_active          boolean not null default true,
  created_at         timestamptz not null default now(),
  updated_at         timestamptz not null default now(),
  updated_by         uuid references auth.users (id) on delete set null,
  policy_text_sha256 text not null generated always as (private.sha256_hex(policy_text)) stored,

  constraint waiver_policy_version_key unique (version),
  constraint waiver_policy_text_is_not_empty check (btrim(policy_text) <> ''),
  constraint waiver_policy_version_is_in_range check (version between 1 and 2000000000),
  constraint waiver_policy_policy_text_is_short check (char_length(policy_text) <= 90000),
  constraint waiver_policy_updated_at_is_in_range check (updated_at between '2000-01-01' and '2100-01-01')
);
comment on column public.waiver_policy.policy_text is
  'Shown with the placeholder [Date of signing] replaced by the day. Never changes: a correction is a new version.';
comment on column public.waiver_policy.policy_text_sha256 is 'SHA-256 of policy_text, hexadecimal.';
comment on table public.waiver_policy is 'The texts of the liability waiver. One is active.';
comment on column public.waiver_policy.id is 'Of the row; made here.';
comment on column public.waiver_policy.version is 'Counted up.';
comment on column public.waiver_policy.is_active is 'Whether it is the one that is signed.';
comment on column public.waiver_policy.created_at is 'When the row was made.';
comment on column public.waiver_policy.updated_at is 'When the row was last changed.';
comment on column public.waiver_policy.updated_by is 'The admin who changed it last.';

create unique index waiver_policy_one_is_active on public.waiver_policy (is_active) where is_active;
create index waiver_policy_updated_by_idx on public.waiver_policy (updated_by);

alter table public.waiver_policy enable row level security;

create policy "anyone reads the active waiver policy, admins all"
  on public.waiver_policy for select to anon, authenticated using (is_active or (select private.is_admin()));
create policy "admins add waiver policies"
  on public.waiver_policy for insert to authenticated with check ((select private.is_admin()));
create policy "admins activate waiver policies"
  on public.waiver_policy for update to authenticated using ((select private.is_admin()));

revoke all on public.waiver_policy from anon, authenticated, service_role;
grant select on public.waiver_policy to anon;
-- No delete for anybody: a version may have been signed.
grant select, insert (version, policy_text, is_active, updated_by), update (is_active, updated_at, updated_by)
  on public.waiver_policy to authenticated;
grant select, insert, update on public.waiver_policy to service_role;

-- Shared with cancellation_policy: both tables hold versions of a text, one of which is active.
create function private.activate_policy_version() returns trigger
  language plpgsql set search_path = ''
as $$
declare
  -- The hash is a generated column: before the row is written it has no value yet.
  c_changeable constant text[] := array['is_active', 'updated_at', 'updated_by', 'policy_text_sha256'];
begin
  if tg_op = 'UPDATE' and to_jsonb(new) - c_changeable <> to_jsonb(old) - c_changeable then
    perform private.refuse(409, 'policy_version_is_fixed', 'A policy version cannot be rewritten.',
                           'Add a new version instead.');
  end if;

  if new.is_active and (tg_op = 'INSERT' or not old.is_active) then
    execute format('update %I.%I set is_active = false where is_active and id <> $1', tg_table_schema, tg_table_name)
      using new.id;
  elsif tg_op = 'UPDATE' and old.is_active and not new.is_active and pg_trigger_depth() = 1 then
    -- Depth 1: a direct update. Depth 2 is the update above, on behalf of the successor.
    new.is_active := true;
  end if;
  return new;
end
$$;

-- Without an active version nobody could book.
create function private.refuse_deleting_active_policy() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  perform private.refuse(409, 'policy_version_is_active', 'The active version cannot be deleted.',
                         'Add its successor first.');
end
$$;

revoke execute on function private.activate_policy_version, private.refuse_deleting_active_policy
  from public, anon, authenticated, service_role;

create trigger waiver_policy_activate_version before insert or update on public.waiver_policy
  for each row execute function private.activate_policy_version();
create trigger waiver_policy_refuse_active_deletion before delete on public.waiver_policy
  for each row when (old.is_active) execute function private.refuse_deleting_active_policy();
create trigger update_waiver_policy_updated_at before update on public.waiver_policy
  for each row execute function public.update_updated_at_column();

-- A text to begin with. Whoever runs the platform has their lawyer read it, and adds their own as version 2.
insert into public.waiver_policy (version, policy_text) values (1, $waiver$LIABILITY WAIVER AND ASSUMPTION OF RISK

Please read this page carefully. By signing it you give up certain legal rights.

1. The practice
A session is guided standing, sitting or laying on a board of nails ("the board"), alone or in a group, online or in person. The practitioner guides breath, posture and pace. The practice is not medical care, psychotherapy or a substitute for either, and nobody promises a particular result.

2. The risks
I understand that the practice carries risks. They include pain, skin marks, punctures, bruises, bleeding and infection; dizziness, fainting and falls; sore muscles and joints; strong emotions; and the making worse of a condition I have, known or unknown. In an online session nobody is beside me to help, and I am responsible for the room, the floor, the board and the help at hand where I am.

3. My health
I am at least 18 years old, or my parent or guardian signs for me. I have told, or will tell, my practitioner before the session about anything that matters, such as pregnancy, diabetes or other loss of feeling in the feet or skin, a bleeding disorder or blood-thinning medicine, open wounds or skin disease, heart trouble, very high or low blood pressure, epilepsy, recent surgery or injury, and mental illness. Where I am in doubt I will ask a physician first. I will not practise under the influence of alcohol or drugs.

4. My own pace
Taking part is my choice. I may pause, step off the board or end the session at any time, and I will do so at once if I feel sharp pain, numbness, faintness or fear. I will follow the safety instructions I am given.

5. Assumption of risk and release
I accept these risks as my own. As far as the law allows, I release the company, its practitioners, employees, studios and partners from every claim for injury, loss or damage that arises from my taking part, and I will not sue them for it. This release does not cover gross negligence, wilful harm, or anything the law does not allow to be released.

6. Emergency
If I cannot decide for myself, the practitioner may call emergency services to the place I gave. I bear the cost of care.

7. Recording
No session is recorded because of this page. Recording needs my separate consent, which I may withdraw.

8. General
This waiver holds for all my sessions until a newer version replaces it. It binds my heirs and representatives. If a part of it is not valid, the rest remains. It is governed by the law of the place where the session is given, and for online sessions by the law of the Province of Ontario, Canada.

I have read and understood this page, I had the chance to ask questions, and I sign it of my own free will.

Date: [Date of signing]$waiver$);
