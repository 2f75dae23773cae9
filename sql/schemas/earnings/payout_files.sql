-- Payout files: which payouts were put into which file, when and by whom. One that is put into a second file says so.
--
-- A file for people (csv, xlsx) may be made as often as somebody wants to look at it. One for the bank (cpa005) moves
-- money when it is handed in: a payout is in one of them, and in another only where an admin says that it is to be
-- there again. Each has the number after the last one's, up to 9999 and then from 1 again; no two have the same turn.

create table private.bank_file_originator (
  is_the_only_row    boolean primary key default true,
  originator_id      text    not null,
  short_name         text    not null,
  long_name          text    not null,
  data_centre        text    not null,
  direct_clearer     text,
  return_institution text    not null,
  return_transit     text    not null,
  return_account     text    not null,
  transaction_code   text    not null default '460',
  last_number_before integer not null default 0,

  constraint bank_file_originator_is_one_row check (is_the_only_row),
  constraint bank_file_originator_id_is_ten_characters check (originator_id ~ '^[A-Z0-9]{10}$'),
  constraint bank_file_originator_names_are_short check (
    short_name ~ '^[A-Z0-9][A-Z0-9 .&-]{0,14}$' and long_name ~ '^[A-Z0-9][A-Z0-9 .&-]{0,29}$'),
  constraint bank_file_originator_centres_are_five_digits check (
    data_centre ~ '^[0-9]{5}$' and direct_clearer ~ '^[0-9]{5}$' and direct_clearer <> '00000'),
  constraint bank_file_originator_return_account_is_possible check (
    return_institution ~ '^[0-9]{3}$' and return_transit ~ '^[0-9]{5}$' and return_account ~ '^[0-9]{1,12}$'),
  constraint bank_file_originator_code_is_three_digits check (transaction_code ~ '^[0-9]{3}$'),
  constraint bank_file_originator_last_number_is_possible check (last_number_before between 0 and 9999)
);
comment on table private.bank_file_originator is
  'Who pays, in the words of their bank (CPA 005). Its bank says each of these; none is guessed.';
comment on column private.bank_file_originator.data_centre    is 'Of the bank that receives the file.';
comment on column private.bank_file_originator.direct_clearer is
  'Its data centre, for item trace numbers. Null: these are zeros, as banks want that write their own.';
comment on column private.bank_file_originator.return_account is 'Ours, for what cannot be delivered. Not a person''s.';
comment on column private.bank_file_originator.transaction_code is 'What it is (Standard 007): 460 is accounts payable.';
comment on column private.bank_file_originator.last_number_before is
  'Of the last file that this bank had from somewhere else.';

create table public.payout_files (
  id                   uuid        primary key default gen_random_uuid(),
  name                 text        not null,
  format               text        not null,
  bank_file_sequence   bigint      unique,
  bank_file_number     integer     generated always as ((bank_file_sequence - 1) % 9999 + 1) stored,
  available_on         date,
  total_minor          bigint,
  created_by           uuid        not null,
  created_at           timestamptz not null default now(),

  constraint payout_files_name_is_short check (char_length(name) <= 100),
  constraint payout_files_format_is_known check (format in ('csv', 'xlsx', 'cpa005')),
  constraint payout_files_for_the_bank_have_a_number check (
    num_nonnulls(bank_file_sequence, available_on, total_minor) = case format when 'cpa005' then 3 else 0 end),
  constraint payout_files_bank_file_sequence_is_in_range check (bank_file_sequence between 1 and 1000000000),
  constraint payout_files_available_on_is_in_range check (available_on between '2000-01-01' and '2100-01-01'),
  -- Of one payment ten digits fit into the layout, of all of them fourteen.
  constraint payout_files_total_minor_is_in_range check (total_minor between 1 and 99999999999999)
);
comment on table public.payout_files is
  'Files with what was to be paid, and the account numbers: append-only.';
comment on column public.payout_files.bank_file_sequence is 'Which one it is for the bank, counted without end.';
comment on column public.payout_files.bank_file_number   is 'The same as the bank is told it: after 9999 comes 1.';
comment on column public.payout_files.available_on       is 'The day on which practitioners are to have it.';
comment on column public.payout_files.id is 'Of the row; made here.';
comment on column public.payout_files.name is 'As it was saved.';
comment on column public.payout_files.format is 'csv, xlsx or cpa005.';
comment on column public.payout_files.total_minor is 'What it adds up to, in cents.';
comment on column public.payout_files.created_by is 'The admin who exported it.';
comment on column public.payout_files.created_at is 'When the row was made.';

create table public.payout_file_entries (
  id             bigint  generated always as identity primary key,
  payout_file_id uuid    not null references public.payout_files (id),
  payout_id      uuid    not null references public.payouts (id),
  is_for_bank    boolean not null,
  is_repeat      boolean not null default false,

  constraint payout_file_entries_once_in_a_file unique (payout_file_id, payout_id)
);
comment on column public.payout_file_entries.is_repeat is
  'It was in an earlier file for the bank, and an admin wanted it here as well.';
comment on table public.payout_file_entries is 'Which payouts were in which file.';
comment on column public.payout_file_entries.id is 'Of the row; made here.';
comment on column public.payout_file_entries.payout_file_id is 'payout_files.id.';
comment on column public.payout_file_entries.payout_id is 'payouts.id.';
comment on column public.payout_file_entries.is_for_bank is 'Whether a bank carries that file out.';

create unique index payout_file_entries_one_bank_file
  on public.payout_file_entries (payout_id) where is_for_bank and not is_repeat;
create index payout_file_entries_payout_id_idx on public.payout_file_entries (payout_id);

alter table private.bank_file_originator enable row level security;
-- No grant and no policy: an operator sets it, functions of this schema read it.
alter table public.payout_files enable row level security;
alter table public.payout_file_entries enable row level security;

create policy "admins read payout files"
  on public.payout_files for select to authenticated using ((select private.is_confirmed_admin()));
create policy "admins read what was in payout files"
  on public.payout_file_entries for select to authenticated using ((select private.is_confirmed_admin()));

revoke all on public.payout_files, public.payout_file_entries from anon, authenticated, service_role;
grant select on public.payout_files, public.payout_file_entries to authenticated, service_role;
-- No insert, update or delete for anybody: the functions below write them, as the owner.

create function private.refuse_payout_file_changes() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  perform private.refuse(403, 'evidence_is_kept', 'The list of payout files can be neither changed nor deleted.');
  return null;
end
$$;

-- The newest file that a payout was in before: any, or one for the bank. Null: none.
create function private.find_earlier_payout_file(payout_id uuid, is_for_bank boolean default false) returns text
  language sql stable set search_path = ''
as $$
  select format('%s UTC in %s', to_char(f.created_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI'), f.name)
    from public.payout_file_entries e join public.payout_files f on f.id = e.payout_file_id
   where e.payout_id = find_earlier_payout_file.payout_id
     and (e.is_for_bank or not find_earlier_payout_file.is_for_bank)
   order by f.created_at desc, f.name desc limit 1;
$$;

create function private.record_payout_file(name text, format text, created_by uuid, payout_ids uuid[]) returns void
  language sql volatile set search_path = ''
as $$
  with file as (
    insert into public.payout_files (name, format, created_by)
    values (record_payout_file.name, record_payout_file.format, record_payout_file.created_by) returning id
  )
  insert into public.payout_file_entries (payout_file_id, payout_id, is_for_bank)
  select file.id, payout.id, false from file, unnest(record_payout_file.payout_ids) payout (id);
$$;

revoke execute on function private.refuse_payout_file_changes, private.find_earlier_payout_file, private.record_payout_file
  from public, anon, authenticated, service_role;

create trigger payout_files_refuse_changes before update or delete on public.payout_files
  for each row execute function private.refuse_payout_file_changes();
create trigger payout_files_refuse_truncate before truncate on public.payout_files
  for each statement execute function private.refuse_payout_file_changes();
create trigger payout_file_entries_refuse_changes before update or delete on public.payout_file_entries
  for each row execute function private.refuse_payout_file_changes();
create trigger payout_file_entries_refuse_truncate before truncate on public.payout_file_entries
  for each statement execute function private.refuse_payout_file_changes();
