-- Revenue shares: which part of a payment is the practitioner's, by version.
--
-- A payment is shared by the version in force when it was paid, and remembers it; a new version changes no old payment.
-- Shares are whole cents: the practitioner's is rounded, the platform's is the rest, so that they always add up.

create table public.revenue_shares (
  id                   uuid          primary key default gen_random_uuid(),
  practitioner_percent numeric(5, 2) not null,
  valid_from           timestamptz   not null default now(),
  created_by           uuid          default auth.uid(),

  constraint revenue_shares_percent_is_0_to_100 check (practitioner_percent between 0 and 100),
  constraint revenue_shares_one_at_a_time unique (valid_from),
  constraint revenue_shares_valid_from_is_in_range check (valid_from between '2000-01-01' and '2100-01-01')
);
comment on table  public.revenue_shares            is
  'The practitioner''s part of what clients pay. Append-only: payments refer to it.';
comment on column public.revenue_shares.created_by is 'No foreign key: who decided it stays, also when they have left.';
comment on column public.revenue_shares.id is 'Of the row; made here.';
comment on column public.revenue_shares.practitioner_percent is 'Of what is paid, theirs.';
comment on column public.revenue_shares.valid_from is 'From when on it holds.';

-- From before the first payment.
insert into public.revenue_shares (practitioner_percent, valid_from) values (75, '2020-01-01T00:00Z');

alter table public.revenue_shares enable row level security;

create policy "practitioners and admins read revenue shares"
  on public.revenue_shares for select to authenticated
  using (exists (select from private.my_practitioner_ids()) or (select private.is_admin()));
create policy "admins add revenue shares valid from now or later"
  on public.revenue_shares for insert to authenticated
  with check ((select private.is_confirmed_admin()) and valid_from >= now());

revoke all on public.revenue_shares from anon, authenticated, service_role;
grant select, insert (practitioner_percent, valid_from) on public.revenue_shares to authenticated;
grant select, insert (practitioner_percent, valid_from) on public.revenue_shares to service_role;
-- No update and no delete for anybody: money was shared by it.

create function private.get_revenue_share(moment timestamptz) returns public.revenue_shares
  language sql stable set search_path = ''
as $$
  select s from public.revenue_shares s where s.valid_from <= moment order by s.valid_from desc limit 1;
$$;

create function private.compute_practitioner_share(amount numeric, share public.revenue_shares) returns numeric
  language sql immutable set search_path = ''
as $$
  select round(amount * (share).practitioner_percent / 100, 2);
$$;

revoke execute on function private.get_revenue_share, private.compute_practitioner_share
  from public, anon, authenticated, service_role;
