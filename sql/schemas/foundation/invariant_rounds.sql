-- Rounds of the invariants: every row is asked about once a round, in bounded pieces, however many rows there are.
--
--   (where the last call ended) -> next piece -> ... -> the round is complete -> the next one, from the first piece
--
-- A piece is so many rows of one table, in the order of their keys; what lies between them counts, too, whose row is
-- gone. What is broken is kept from the piece in which it was found, and told at once, until that piece is looked at
-- again and it is whole. Each call is a transaction: killed, it has not happened, and the next one begins where it did.

create table private.invariant_tables (
  place integer not null primary key,
  name  text    not null unique,
  rows  integer not null,

  constraint invariant_tables_name_is_short check (char_length(name) <= 63),
  constraint invariant_tables_rows_in_range check (rows between 1 and 100000)
);
comment on table private.invariant_tables is 'What `of` of broken_invariants may be, in what order, and the rows of a piece.';
comment on column private.invariant_tables.place is 'In this order.';
comment on column private.invariant_tables.name is 'In schema public; `once`: what has no keys, and is little.';
comment on column private.invariant_tables.rows is 'How many are asked about at once.';

insert into private.invariant_tables (place, name, rows) values
  (1, 'once', 1), (2, 'practitioners', 10), (3, 'ledger_transactions', 2000), (4, 'payouts', 250),
  (5, 'session_payments', 2000), (6, 'user_session_credits', 2000), (7, 'checkout_sessions', 2000),
  (8, 'session_schedules', 2000), (9, 'owed_fees', 2000);

create table private.invariant_round (
  is_the_one boolean     not null primary key default true,
  place      integer     not null default 1,
  after      uuid,
  begun_at   timestamptz not null default now(),

  constraint invariant_round_is_one check (is_the_one)
);
comment on table private.invariant_round is 'How far the round has come: one row.';
comment on column private.invariant_round.is_the_one is 'True.';
comment on column private.invariant_round.place is 'The table whose turn it is: invariant_tables.place.';
comment on column private.invariant_round.after is 'The last key that was asked about; null: none of that table.';
comment on column private.invariant_round.begun_at is 'When the round began.';

insert into private.invariant_round default values;

create table private.invariants_found (
  id       bigint      primary key generated always as identity,
  of       text        not null references private.invariant_tables (name),
  key      uuid,
  rule     text        not null,
  example  text        not null,
  found_at timestamptz not null default now(),

  constraint invariants_found_rule_is_short check (char_length(rule) <= 200),
  constraint invariants_found_example_is_short check (char_length(example) <= 200)
);
create index invariants_found_of_idx on private.invariants_found (of, key);
comment on table private.invariants_found is 'What was broken when its piece was last looked at.';
comment on column private.invariants_found.of is 'The table whose rows were asked about.';
comment on column private.invariants_found.key is 'Which of its rows.';
comment on column private.invariants_found.rule is 'Which rule.';
comment on column private.invariants_found.example is 'Where it is broken.';
comment on column private.invariants_found.found_at is 'When it was last seen.';

alter table private.invariant_tables enable row level security;
alter table private.invariant_round enable row level security;
alter table private.invariants_found enable row level security;
revoke all on private.invariant_tables, private.invariant_round, private.invariants_found
  from public, anon, authenticated, service_role;

-- The last key of the piece that begins after a key; null where the table ends before.
create function private.find_end_of_piece(of private.invariant_tables, after uuid) returns uuid
  language plpgsql stable set search_path = ''
as $$
declare
  v_end uuid;
begin
  if of.name <> 'once' then
    execute format('select t.id from public.%I t where t.id > $1 order by t.id offset $2 limit 1', of.name)
       into v_end using after, of.rows - 1;
  end if;
  return v_end;
end
$$;

-- Looks at the next pieces, to the end of the round at most. Definer: the service may not read all that is checked.
create function private.advance_invariant_round(pieces integer)
  returns table (begins boolean, is_complete boolean)
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  c_first constant uuid := '00000000-0000-0000-0000-000000000000';
  c_last  constant uuid := 'ffffffff-ffff-ffff-ffff-ffffffffffff';
  v_round private.invariant_round;
  v_of    private.invariant_tables;
  v_end   uuid;
begin
  select * into v_round from private.invariant_round for update;  -- whoever else calls goes on after us
  begins := v_round.place = 1 and v_round.after is null;
  for piece in 1 .. pieces loop
    select * into v_of from private.invariant_tables t where t.place >= v_round.place order by t.place limit 1;
    v_end := private.find_end_of_piece(v_of, coalesce(v_round.after, c_first));
    delete from private.invariants_found f
     where f.of = v_of.name and (f.key is null or (f.key > coalesce(v_round.after, c_first) and f.key <= coalesce(v_end, c_last)));
    -- Planned for these keys: for any keys, it would read everything through.
    execute format(
      'insert into private.invariants_found (of, key, rule, example)
       select b.of, b.key, b.rule, left(b.example, 200) from private.broken_invariants b where b.of = %L%s limit 10000',
      v_of.name, case when v_of.name <> 'once' then
        format(' and b.key > %L and b.key <= %L', coalesce(v_round.after, c_first), coalesce(v_end, c_last)) end);
    v_round.after := v_end;
    if v_end is null then
      select min(t.place) into v_round.place from private.invariant_tables t where t.place > v_of.place;
      exit when v_round.place is null;
    end if;
  end loop;
  update private.invariant_round r
     set place = coalesce(v_round.place, 1), after = v_round.after,
         begun_at = case when v_round.place is null then now() else r.begun_at end;
  is_complete := v_round.place is null;
  return next;
end
$$;

create function public.advance_invariant_round(pieces integer default 20) returns table (begins boolean, is_complete boolean)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.advance_invariant_round(least(greatest(1, advance_invariant_round.pieces), 1000));
$$;
comment on function public.advance_invariant_round is
  'For the scheduler and the doctor: looks at the next rows, again until is_complete; the call after that begins a new round.';

-- What nobody has settled yet (matters.sql) is told beside it: it waits for a person, and no rule is broken by it.
-- Definer: as above.
create function private.check_invariants() returns table (rule text, broken integer, examples text[], waits boolean)
  language sql stable security definer set search_path = ''
as $$
  select f.rule, count(*)::integer, (array_agg(f.example order by f.example))[1:5], false
    from private.invariants_found f group by f.rule
  union all
  select k.what, count(*), (array_agg(m.subject order by m.subject))[1:5], true
    from private.matters m join private.matter_kinds k on k.kind = m.kind where m.settled_at is null group by k.what
   order by 4, 1;
$$;

create function public.check_invariants() returns table (rule text, broken integer, examples text[], waits boolean)
  language sql stable security invoker set search_path = ''
as $$
  select * from private.check_invariants();
$$;
comment on function public.check_invariants is
  'For the scheduler and the doctor: each rule that did not hold when it was last looked at, how often, and where; and what waits for a person.';

revoke execute on function private.find_end_of_piece, private.advance_invariant_round, public.advance_invariant_round,
  private.check_invariants, public.check_invariants from public, anon, authenticated, service_role;
grant execute on function private.advance_invariant_round, public.advance_invariant_round, private.check_invariants,
  public.check_invariants to service_role;
