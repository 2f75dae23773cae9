-- Heads of the audit chain, each mailed once a day to somebody who keeps them.
--
--   (a day without one) -> claimed by a sender -> mailed     else claimed again: twice does no harm
--
-- A chain shows what was changed inside of it, and not that its end was cut off or that all of it was written anew.
-- What lies in somebody's mailbox shows that: line, hash and time, which `python -m deploy verify-audit-log` proves.
-- Before a head is mailed it is proven that the chain still leads through the one mailed before, and the mail says so.

create table private.audit_heads (
  day           date        primary key,
  mail_id       uuid        not null default gen_random_uuid(),
  position      bigint      not null,
  line_id       uuid        not null,
  sha256        bytea       not null,
  sealed_at     timestamptz not null,
  before        date        references private.audit_heads (day),
  finding       text,
  claimed_until timestamptz not null,
  mailed_at     timestamptz,

  constraint audit_heads_hashes_are_whole check (octet_length(sha256) = 32),
  constraint audit_heads_finding_is_short check (char_length(finding) <= 1000)
);
comment on table  private.audit_heads         is 'One a day, by UTC, of the days on which somebody was to be told.';
comment on column private.audit_heads.mail_id is 'By which the mail service knows the mail.';
comment on column private.audit_heads.before  is 'The head mailed before, through which the chain has to lead.';
comment on column private.audit_heads.finding is 'What was wrong on the way from there; null: it leads through it.';

create index audit_heads_before_idx on private.audit_heads (before);

alter table private.audit_heads enable row level security;
-- No grant and no policy: the functions below write them.

-- What keeps the chain from leading through an earlier head to where it is now; null: nothing.
create function private.find_break_since(head private.audit_heads) returns text
  language sql stable set search_path = ''
as $$
  select case
    when not exists (select from private.audit_chain c
                      where (c.position, c.line_id, c.sha256) = ((head).position, (head).line_id, (head).sha256))
      then 'the chain does not lead through the head mailed before'
    else (select format('%s, at %s', f.finding, f.position) from private.check_audit_chain((head).position) f
           order by f.position limit 1) end;
$$;

create type private.claimed_audit_head as (
  day date, mail_id uuid, "position" bigint, line_id uuid, sha256 text, sealed_at timestamptz, before_day date,
  before_position bigint, before_sha256 text, finding text
);

-- A row of nulls: today's is mailed, or somebody is about to; or there is no line yet.
-- Definer: nobody reads the chain or writes heads.
create function private.claim_audit_head() returns private.claimed_audit_head
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  c_day    constant date := (now() at time zone 'UTC')::date;
  v_before private.audit_heads;
  v_head   private.audit_heads;
begin
  if exists (select from private.audit_heads h
              where h.day = c_day and (h.mailed_at is not null or h.claimed_until > now())) then
    return null;
  end if;
  perform private.seal_audit_lines();
  select * into v_before from private.audit_heads h
   where h.mailed_at is not null and h.day < c_day order by h.day desc limit 1;
  insert into private.audit_heads as h (day, position, line_id, sha256, sealed_at, before, finding, claimed_until)
  select c_day, c.position, c.line_id, c.sha256, c.sealed_at, v_before.day,
         case when v_before.day is not null then private.find_break_since(v_before) end, now() + interval '10 minutes'
    from private.audit_chain c order by c.position desc limit 1
  on conflict (day) do update set claimed_until = excluded.claimed_until
   where h.mailed_at is null and h.claimed_until <= now()
  returning h.* into v_head;
  if v_head.day is null then
    return null;
  end if;
  return (v_head.day, v_head.mail_id, v_head.position, v_head.line_id, encode(v_head.sha256, 'hex'), v_head.sealed_at,
          v_before.day, v_before.position, encode(v_before.sha256, 'hex'), v_head.finding);
end
$$;

create function public.claim_audit_head()
  returns table (day date, mail_id uuid, "position" bigint, line_id uuid, sha256 text, sealed_at timestamptz,
                 before_day date, before_position bigint, before_sha256 text, finding text)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.claim_audit_head();
$$;
comment on function public.claim_audit_head is 'For send-notifications: the head to be mailed today, once.';

-- Definer: as above.
create function private.mark_audit_head_mailed(day date) returns timestamptz
  language sql volatile security definer set search_path = ''
as $$
  update private.audit_heads h set mailed_at = coalesce(h.mailed_at, now()) where h.day = mark_audit_head_mailed.day
  returning h.mailed_at;
$$;

create function public.mark_audit_head_mailed(day date) returns table (mailed_at timestamptz)
  language sql volatile security invoker set search_path = ''
as $$
  select private.mark_audit_head_mailed(mark_audit_head_mailed.day);
$$;
comment on function public.mark_audit_head_mailed is 'For send-notifications: the mail service has taken it.';

revoke execute on function private.find_break_since, private.claim_audit_head, public.claim_audit_head,
  private.mark_audit_head_mailed, public.mark_audit_head_mailed from public, anon, authenticated, service_role;
grant execute on function private.claim_audit_head, public.claim_audit_head, private.mark_audit_head_mailed,
  public.mark_audit_head_mailed to service_role;
