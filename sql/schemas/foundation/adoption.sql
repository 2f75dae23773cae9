-- The adoption: when this took over a platform that was in use, and what of its rows could not be taken.
--
-- What ended before that moment was held under other rules and with nobody watching: it is completed in silence, and
-- earns nothing, mails nobody and makes nobody a no-show. Rows that fit no table of ours stay here under their reason,
-- are erased with the account they are of, and end with the retention policy `legacy_rows`.

create table private.adoption (
  is_the_only_row boolean     primary key default true,
  adopted_at      timestamptz not null default '-infinity',

  constraint adoption_is_one_row check (is_the_only_row),
  constraint adoption_adopted_at_is_in_range check (
    adopted_at = '-infinity' or adopted_at between '2000-01-01' and '2100-01-01')
);
comment on column private.adoption.adopted_at is
  'When the closing files were applied to a platform with sessions in it; -infinity where there were none.';

insert into private.adoption default values;

create table private.legacy_rows (
  id         uuid        primary key default gen_random_uuid(),
  table_name text        not null,
  row_id     uuid        not null,
  reason     text        not null,
  row_data   jsonb       not null,
  account_id uuid        references auth.users (id) on delete cascade,
  created_at timestamptz not null default now(),

  constraint legacy_rows_texts_are_short check (char_length(table_name) <= 63 and char_length(reason) <= 500),
  constraint legacy_rows_row_data_is_short check (char_length(row_data::text) <= 1000000)
);
comment on table  private.legacy_rows            is 'Rows from before the adoption that could not be taken, or not as they were.';
comment on column private.legacy_rows.account_id is 'Whose row it is; null where that account was gone already.';

create index legacy_rows_account_id_idx on private.legacy_rows (account_id);
create index legacy_rows_created_at_idx on private.legacy_rows (created_at);

create view private.legacy_row_counts with (security_invoker = true) as
  select r.table_name, r.reason, count(*) as rows, min(r.created_at) as since
    from private.legacy_rows r group by r.table_name, r.reason;
comment on view private.legacy_row_counts is 'How many rows from before the adoption were not taken, and why.';

alter table private.adoption enable row level security;
alter table private.legacy_rows enable row level security;
-- No grant and no policy: an operator reads them, and the functions of this schema.
revoke all on private.legacy_row_counts from public, anon, authenticated, service_role;

-- Definer: nobody reads the row, and triggers ask it for whoever writes.
create function private.ended_before_adoption(session public.session_schedules) returns boolean
  language sql stable security definer set search_path = ''
as $$
  select (session).scheduled_at + make_interval(mins => (session).duration_minutes) <= a.adopted_at
    from private.adoption a;
$$;
revoke execute on function private.ended_before_adoption from public, anon, authenticated, service_role;
