-- Scheduled runs: when each scheduled function last ran, how long it took, and how it ended.
--
-- A function writes one row when a run has ended, in one call. A run that was killed leaves none, and needs none: what
-- is asked is when a run last ended well, and a function that does not get there is late, whatever the reason.

create table private.scheduled_functions (
  function      text        primary key,
  late_after    interval    not null,
  watched_since timestamptz not null default now(),

  constraint scheduled_functions_function_is_short check (char_length(function) <= 63),
  constraint scheduled_functions_late_after_is_in_range check (
    late_after between interval '1 minute' and interval '40 days')
);
comment on table private.scheduled_functions is
  'What the scheduler is to call, as deploy.yaml says. An operator changes late_after; it holds at once.';
comment on column private.scheduled_functions.late_after is
  'How long no run may have ended well: more than the time between two, and the longest that one takes.';
comment on column private.scheduled_functions.watched_since is 'One that has never run is late from here on.';

insert into private.scheduled_functions (function, late_after) values
  ('send-notifications',   '10 minutes'),
  ('deliver-webhooks',     '10 minutes'),
  ('advance-sessions',     '10 minutes'),
  ('reconcile-recordings', '10 minutes'),
  ('process-recording',    '40 minutes'),
  ('reconcile-payments',   '20 minutes'),
  ('read-busy-calendars',  '20 minutes'),
  ('reconcile-bookings',   '150 minutes'),
  ('reconcile-contracts',  '150 minutes'),
  ('apply-retention',      '26 hours'),
  ('run-payouts',          '26 hours'),
  ('check-invariants',     '26 hours'),
  ('purge-recordings',     '26 hours');

create table private.scheduled_runs (
  id         bigint      primary key generated always as identity,
  function   text        not null references private.scheduled_functions on update cascade on delete cascade,
  ended_at   timestamptz not null default now(),
  ms         integer     not null,
  outcome    text        not null,
  code       text,
  facts      jsonb,
  request_id text,

  constraint scheduled_runs_outcome_is_known check (outcome in ('done', 'partly', 'failed')),
  constraint scheduled_runs_texts_are_short check (
    char_length(function) <= 63 and char_length(code) <= 100 and char_length(request_id) <= 100),
  constraint scheduled_runs_facts_are_short check (char_length(facts::text) <= 10000),
  constraint scheduled_runs_ms_is_in_range check (ms between 0 and 86400000)
);
comment on table  private.scheduled_runs         is 'The runs of the last week, a row each.';
comment on column private.scheduled_runs.outcome is 'partly: it ended, and some of what was due failed.';
comment on column private.scheduled_runs.code    is 'Why it failed, as its reply said.';
comment on column private.scheduled_runs.facts   is 'What it did, as in its log line.';

create index scheduled_runs_function_idx on private.scheduled_runs (function, ended_at desc);
create index scheduled_runs_good_idx on private.scheduled_runs (function, ended_at desc) where outcome <> 'failed';

alter table private.scheduled_functions enable row level security;
alter table private.scheduled_runs enable row level security;
-- No policy: the service alone writes what its runs did.
grant select on private.scheduled_functions to service_role;
grant select, insert, delete on private.scheduled_runs to service_role;

create function public.record_run(
  function text, ms integer, outcome text, code text default null, facts jsonb default null, request_id text default null)
  returns table (id bigint)
  language plpgsql volatile security invoker set search_path = ''
as $$
#variable_conflict use_column
begin
  delete from private.scheduled_runs r
   where r.id in (select old.id from private.scheduled_runs old
                   where old.function = record_run.function and old.ended_at < now() - interval '7 days'
                   order by old.ended_at limit 1000);
  return query
    insert into private.scheduled_runs as r (function, ms, outcome, code, facts, request_id)
    values (record_run.function, record_run.ms, record_run.outcome, left(record_run.code, 100),
            case when char_length(record_run.facts::text) <= 10000 then record_run.facts end, record_run.request_id)
    returning r.id;
end
$$;
comment on function public.record_run is 'For scheduled functions: how a run ended. Runs older than a week are deleted.';

revoke execute on function public.record_run from public, anon, authenticated, service_role;
grant execute on function public.record_run to service_role;
