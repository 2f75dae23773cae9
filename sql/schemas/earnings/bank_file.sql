-- The file for the bank (CPA 005, Payments Canada's Standard 005): pending payouts in Canadian dollars to accounts in
-- Canada, of whom each may be paid now.
--
--   read      the payouts with their sealed numbers, each access logged
--   number    those whose numbers could be opened and fit the layout: the file is recorded under its number
--
-- Two steps, because only the function can open numbers, and a payout must not count as handed to the bank that is not
-- in the file. What fails between the two has cost nothing but a line in the log of accesses.

-- Definer: neither an admin nor the service reads sealed numbers. So it checks for whom it is called.
create function private.read_bank_file_payouts(user_id uuid, reference text, user_aal text)
  returns table (
    payout_id uuid, practitioner_id uuid, practitioner_name text, withheld text, account_holder_name text,
    account_number text, routing_number text, amount_minor bigint, is_exported boolean)
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  -- An account elsewhere is not asked for its numbers: they would not fit.
  v_canadian uuid[] := array(
    select distinct p.practitioner_id from public.payouts p
      join public.practitioner_banking b on b.practitioner_id = p.practitioner_id and b.country = 'CA'
     where p.status = 'pending' and p.currency = 'cad');
begin
  perform private.begin_payout_export(read_bank_file_payouts.user_id, read_bank_file_payouts.user_aal);
  return query
    select p.id, p.practitioner_id, who.name,
           coalesce(a.withheld, case when a.practitioner_id is null then
             case when exists (select from public.practitioner_banking b where b.practitioner_id = p.practitioner_id)
                  then 'not_in_canada' else 'no_account' end end),
           a.account_holder_name, a.account_number, a.routing_number, p.amount_minor,
           exists (select from public.payout_file_entries e where e.payout_id = p.id and e.is_for_bank)
      from public.payouts p
      left join private.read_bank_accounts(v_canadian, read_bank_file_payouts.reference, read_bank_file_payouts.user_id) a
        on a.practitioner_id = p.practitioner_id
      left join public.practitioners who on who.id = p.practitioner_id
     where p.status = 'pending' and p.currency = 'cad'
     order by who.name, p.id;
end
$$;

create type private.numbered_bank_file as (
  name text, number integer, created_on date, available_on date, originator_id text, short_name text, long_name text,
  data_centre text, direct_clearer text, return_institution text, return_transit text, return_account text,
  transaction_code text
);

-- The next day on which banks work, as far as a calendar without their holidays knows.
create function private.get_next_weekday(day date) returns date
  language sql immutable set search_path = ''
as $$
  select day + case extract(isodow from day) when 5 then 3 when 6 then 2 else 1 end;
$$;

-- The caller says what it adds up to, and of how many that were pending these are chosen.
-- Definer: nobody writes the list of files directly. So it checks for whom it is called.
create function private.number_bank_file(
  user_id uuid, reference text, payout_ids uuid[], pending integer, total_minor bigint, available_on date,
  may_repeat boolean, user_aal text) returns private.numbered_bank_file
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- A bank goes by its own calendar, where most of Canada's are.
  c_today      constant date := (now() at time zone 'America/Toronto')::date;
  v_originator private.bank_file_originator;
  v_available  date := coalesce(number_bank_file.available_on, private.get_next_weekday(c_today));
  v_sequence   bigint;
  v_repeated   uuid[];
  v_file       public.payout_files;
begin
  perform private.require_paying_admin(number_bank_file.user_id, number_bank_file.user_aal);
  if v_available not between c_today and c_today + 173 then
    perform private.refuse(422, 'available_on_not_possible', 'available_on: should be today or one of the next 173 days.');
  elsif coalesce(cardinality(number_bank_file.payout_ids), 0) = 0 then
    perform private.refuse(409, 'nothing_to_export', 'There is no payout that can go into a file for the bank now.',
                           'The file for people (export-payout-file) says of each why.');
  end if;
  -- Order matters: no payout is settled, and no other file numbered, between here and the commit.
  perform private.lock_payouts();
  select * into v_originator from private.bank_file_originator;
  if not found then
    perform private.refuse(409, 'originator_missing', 'Nobody has said yet who pays, in the words of the bank.',
                           'An operator adds the row that the runbook describes.');
  end if;
  if (select count(*) <> cardinality(number_bank_file.payout_ids)
             or coalesce(sum(p.amount_minor), 0) <> number_bank_file.total_minor or max(p.amount_minor) > 9999999999
        from public.payouts p
       where p.id = any (number_bank_file.payout_ids) and p.status = 'pending' and p.currency = 'cad') then
    perform private.refuse(409, 'payouts_changed', 'What is to be paid has just changed, or does not add up.', 'Please export again.');
  end if;
  v_repeated := array(select distinct e.payout_id from public.payout_file_entries e
                       where e.payout_id = any (number_bank_file.payout_ids) and e.is_for_bank);
  if cardinality(v_repeated) > 0 and number_bank_file.may_repeat is not true then
    perform private.refuse(409, 'exported_already',
      format('%s of these %s payouts are in a file for the bank already: %s.', cardinality(v_repeated),
             cardinality(number_bank_file.payout_ids), private.find_earlier_payout_file(v_repeated[1], true)),
      'Handed in twice it is paid twice. Choose "leave_out", or "include" if that file was never handed in.');
  end if;

  select greatest(coalesce(max(f.bank_file_sequence), 0), v_originator.last_number_before) + 1
    into v_sequence from public.payout_files f;
  insert into public.payout_files as f (name, format, bank_file_sequence, available_on, total_minor, created_by)
  values (format('%s-%s-%s-of-%s.txt', number_bank_file.reference, lpad(((v_sequence - 1) % 9999 + 1)::text, 4, '0'),
                 cardinality(number_bank_file.payout_ids), number_bank_file.pending),
          'cpa005', v_sequence, v_available, number_bank_file.total_minor, number_bank_file.user_id)
  returning f.* into v_file;
  insert into public.payout_file_entries (payout_file_id, payout_id, is_for_bank, is_repeat)
  select v_file.id, payout.id, true, payout.id = any (v_repeated) from unnest(number_bank_file.payout_ids) payout (id);
  return (v_file.name, v_file.bank_file_number, c_today, v_available, v_originator.originator_id, v_originator.short_name,
          v_originator.long_name, v_originator.data_centre, v_originator.direct_clearer, v_originator.return_institution,
          v_originator.return_transit, v_originator.return_account, v_originator.transaction_code);
end
$$;

create function public.read_bank_file_payouts(user_id uuid, reference text, user_aal text default null)
  returns table (
    payout_id uuid, practitioner_id uuid, practitioner_name text, withheld text, account_holder_name text,
    account_number text, routing_number text, amount_minor bigint, is_exported boolean)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.read_bank_file_payouts(user_id, reference, user_aal);
$$;
comment on function public.read_bank_file_payouts is
  'For export-bank-file, which has verified user_id and user_aal, and opens the sealed numbers.';

create function public.number_bank_file(
  user_id uuid, reference text, payout_ids uuid[], pending integer, total_minor bigint, available_on date default null,
  may_repeat boolean default false, user_aal text default null) returns setof private.numbered_bank_file
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.number_bank_file(
    user_id, reference, payout_ids, pending, total_minor, available_on, may_repeat, user_aal);
$$;
comment on function public.number_bank_file is 'For export-bank-file. A number is given once, whatever becomes of the file.';

revoke execute on function private.get_next_weekday, private.read_bank_file_payouts, private.number_bank_file,
  public.read_bank_file_payouts, public.number_bank_file from public, anon, authenticated, service_role;
grant execute on function private.read_bank_file_payouts, private.number_bank_file, public.read_bank_file_payouts,
  public.number_bank_file to service_role;
