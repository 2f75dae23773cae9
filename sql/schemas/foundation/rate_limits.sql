-- Rate limits: how often somebody may do what costs others. A rule's numbers are its row.
--
-- Who is counted is the subject: a person, a link or, on pages that need no sign-in, an address. Within a window there
-- are never more than `times` uses, however many ask at once; whoever asks beyond that is told when to ask again.
--
-- What is counted commits. A use that succeeds is counted in its own transaction (limit_use). An attempt that fails, as
-- by a wrong password, is counted and then answered, not raised (limit_attempt, private.answer_refusal): raising would
-- roll back the count that limits guessing.

create table private.rate_limits (
  rule  text     primary key,
  times integer  not null,
  per   interval not null,

  constraint rate_limits_rule_is_short check (char_length(rule) <= 100),
  constraint rate_limits_allow_something check (times > 0),
  constraint rate_limits_windows_are_short check (per between interval '1 second' and interval '1 day')
);
comment on table private.rate_limits is 'How often a subject may do something. An operator changes a row; it holds at once.';

create table private.rate_uses (
  rule    text        not null,
  subject text        not null,
  ends_at timestamptz not null,
  used    integer     not null,

  constraint rate_uses_pkey primary key (rule, subject, ends_at),
  constraint rate_uses_subject_is_short check (char_length(rule) <= 100 and char_length(subject) <= 100)
);
comment on table private.rate_uses is
  'What was used in each window. Rows of windows that are over are deleted, a few whenever another one begins.';

-- Deleting asks by it.
create index rate_uses_ends_at_idx on private.rate_uses (ends_at);

alter table private.rate_limits enable row level security;
alter table private.rate_uses enable row level security;
-- No grant and no policy: only the functions below touch them.

insert into private.rate_limits (rule, times, per) values
  -- By a person
  ('audit lines',              300, '1 hour'),
  ('rows written',           1000, '1 hour'),
  ('holds',                     60, '1 hour'),
  ('holds of newcomers',        10, '1 day'),
  ('checkouts',                 30, '1 hour'),
  ('bookings',                  60, '1 day'),
  ('picks kept',               120, '1 day'),
  ('waiting lists',             60, '1 day'),
  ('seats by link',             60, '1 day'),
  ('series',                    20, '1 day'),
  ('series quoted',            120, '1 hour'),
  ('series changed',            60, '1 day'),
  ('time off taken',            30, '1 day'),
  ('times moved',              100, '1 day'),
  ('substitutes wanted',        20, '1 day'),
  ('places chosen',             20, '1 day'),
  ('sessions rated',            60, '1 day'),
  ('consents',                 100, '1 hour'),
  ('bank account changes',      20, '1 day'),
  ('share links',               30, '1 hour'),
  ('data exports',               1, '1 hour'),
  ('earnings exports',          30, '1 hour'),
  ('payout files',              30, '1 hour'),
  ('copies of documents',       60, '1 hour'),
  ('erasures',                  10, '1 hour'),
  ('mail requests',            120, '1 hour'),
  ('recording commands',        60, '1 hour'),
  ('video tokens',             120, '1 hour'),
  ('attendance set',           300, '1 hour'),
  ('calendar files',           120, '1 hour'),
  ('calendars changed',         30, '1 hour'),
  ('languages chosen',          60, '1 hour'),
  -- Of a session, of a recording, of a link, in a view
  ('delays of a session',        3, '1 day'),
  ('share links of a recording', 100, '1 day'),
  ('password guesses',           5, '15 minutes'),
  ('views of a link',          200, '1 hour'),
  ('requests of a view',     5000, '1 hour'),
  ('calendar fetches',         120, '1 hour'),
  -- From an address, on pages that need no sign-in. Many people may share one.
  ('unknown links',             60, '10 minutes'),
  ('signature checks',         120, '10 minutes'),
  ('welcome requests',          60, '10 minutes'),
  ('session link requests',     10, '10 minutes'),
  -- To an address that somebody types, and to all of them together
  ('session links to an address', 3, '1 day'),
  ('session links in all',    1000, '1 hour');

-- Counts a use, or gives the seconds after which there will be one again. Windows lie side by side in time, so that the
-- rows of a past one are nobody's any more, and deleting them makes nobody wait.
-- Definer: nobody may read or write the counts directly.
create function private.count_use(rule text, subject text, uses integer default 1) returns integer
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_limit private.rate_limits;
  v_ends  timestamptz;
  v_used  integer;
begin
  select * into strict v_limit from private.rate_limits l where l.rule = count_use.rule;
  v_ends := date_bin(v_limit.per, now(), 'epoch') + v_limit.per;
  insert into private.rate_uses as u (rule, subject, ends_at, used)
  select v_limit.rule, count_use.subject, v_ends, count_use.uses where count_use.uses <= v_limit.times
  on conflict on constraint rate_uses_pkey do update set used = u.used + excluded.used
   where u.used + excluded.used <= v_limit.times
  returning u.used into v_used;
  if v_used is null then
    return greatest(1, ceil(extract(epoch from v_ends - now())));
  elsif v_used = count_use.uses then
    delete from private.rate_uses u
     where u.ctid = any (array(select past.ctid from private.rate_uses past
                       where past.ends_at < now() limit 20 for update skip locked));
  end if;
  return null;
end
$$;

-- Definer: as above.
create function private.forget_uses(rule text, subject text) returns void
  language sql volatile security definer set search_path = ''
as $$
  delete from private.rate_uses u where u.rule = forget_uses.rule and u.subject = forget_uses.subject;
$$;

create function private.describe_wait(seconds integer) returns text
  language sql immutable set search_path = ''
as $$
  select case
    when seconds <= 90 then format('This was asked too often. Please try again in %s seconds.', seconds)
    when seconds <= 5400 then format('This was asked too often. Please try again in %s minutes.', ceil(seconds / 60.0))
    else format('This was asked too often. Please try again in %s hours.', ceil(seconds / 3600.0)) end;
$$;

-- Counts a use or refuses. The service and operators, who have no id, are not limited.
create function private.limit_use(rule text, subject uuid, uses integer default 1) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  v_wait integer;
begin
  if limit_use.subject is null then
    return;
  end if;
  v_wait := private.count_use(limit_use.rule, limit_use.subject::text, limit_use.uses);
  if v_wait is not null then
    perform private.refuse(429, 'too_many_requests', private.describe_wait(v_wait), retry_after => v_wait);
  end if;
end
$$;

-- True: counted. False: answered with 429, and the caller returns a row without values.
create function private.limit_attempt(rule text, subject text) returns boolean
  language plpgsql volatile set search_path = ''
as $$
declare
  v_wait integer;
begin
  if limit_attempt.subject is null then
    return true;
  end if;
  v_wait := private.count_use(limit_attempt.rule, limit_attempt.subject);
  if v_wait is not null then
    perform private.answer_refusal(429, 'too_many_requests', private.describe_wait(v_wait), retry_after => v_wait);
  end if;
  return v_wait is null;
end
$$;

-- Whose attempts are counted together on pages that need no sign-in: an IPv4 address, or the 64 bits of IPv6 that a
-- household is given. Only a hash is kept, and that until the window is over.
create function private.mask_address(ip_address text) returns text
  language plpgsql immutable set search_path = ''
as $$
declare
  v_address inet;
begin
  v_address := mask_address.ip_address::inet;
  return private.sha256_hex(coalesce(case family(v_address) when 6 then network(set_masklen(v_address, 64))::text
                                                            else host(v_address) end, 'unknown'));
exception when invalid_text_representation then
  return private.sha256_hex('unknown');
end
$$;

revoke execute on function private.count_use, private.forget_uses, private.describe_wait, private.limit_use, private.limit_attempt,
  private.mask_address from public, anon, authenticated, service_role;
-- Functions that run as their caller count as well. Nobody calls these directly: schema private is not exposed.
grant execute on function private.count_use, private.forget_uses, private.describe_wait, private.limit_use,
  private.limit_attempt, private.mask_address to authenticated, service_role;
