-- The catalogue: kinds of sessions, packages of five or ten credits for one kind, products. People read; admins write.

-- Replaced by one policy for each command: beside the baseline's `for all`, reading asked two policies for every row.
drop policy "Anyone can view active session types" on public.session_types;
drop policy "Admins can manage session types" on public.session_types;
drop policy "Anyone can view active packages" on public.session_packages;
drop policy "Admins can manage packages" on public.session_packages;
drop policy "Anyone can view active products" on public.products;
drop policy "Admins can manage products" on public.products;

revoke all on public.session_types, public.session_packages, public.products from anon, authenticated, service_role;
grant select on public.session_types, public.session_packages, public.products to anon;
grant select, insert, update, delete on public.session_types, public.session_packages, public.products
  to authenticated, service_role;

-- The types of one's credits, and of the packages that they came from.
-- Definer: the policies on both of these ask for session types.
create function private.my_session_type_ids() returns setof uuid
  language sql stable security definer set search_path = ''
as $$
  select c.session_type_id from public.user_session_credits c where c.user_id = (select auth.uid())
  union
  select p.session_type_id from public.user_session_credits c join public.session_packages p on p.id = c.package_id
   where c.user_id = (select auth.uid());
$$;
revoke execute on function private.my_session_type_ids from public, anon, authenticated, service_role;
grant execute on function private.my_session_type_ids to authenticated;

create policy "visitors read active session types"
  on public.session_types for select to anon using (is_active);
-- The wallet names the type of a credit and of its package, also a withdrawn one.
create policy "people read active session types and theirs, admins all"
  on public.session_types for select to authenticated
  using (is_active or id in (select private.my_session_type_ids()) or (select private.is_admin()));
create policy "admins add session types"
  on public.session_types for insert to authenticated with check ((select private.is_admin()));
create policy "admins change session types"
  on public.session_types for update to authenticated using ((select private.is_admin()));
create policy "admins remove session types"
  on public.session_types for delete to authenticated using ((select private.is_admin()));

create policy "anyone reads active products, admins all"
  on public.products for select to anon, authenticated using (is_active or (select private.is_admin()));
create policy "admins add products"
  on public.products for insert to authenticated with check ((select private.is_admin()));
create policy "admins change products"
  on public.products for update to authenticated using ((select private.is_admin()));
create policy "admins remove products"
  on public.products for delete to authenticated using ((select private.is_admin()));

-- The two packages of the baseline were good for any kind, at one price for all: 5 credits for 450 dollars bought five
-- sessions of 130. So they are withdrawn, and each kind has its own. What was bought stays good for any kind.
alter table public.session_packages
  drop constraint session_packages_session_count_key,
  add column session_type_id uuid references public.session_types (id),
  add column is_group        boolean default false,
  add column session_type    text check (session_type in ('standing', 'laying'));
comment on column public.session_packages.session_type_id is 'The one kind the credits are good for; null: any.';

create index session_packages_session_type_id_idx on public.session_packages (session_type_id);
create unique index session_packages_one_per_type_and_size on public.session_packages (session_type_id, session_count)
  where is_active;  -- a checkout asks for the package of a type and size

-- Definer: the policy on packages asks for the caller's credits, whose embeds ask the policy on packages.
create function private.my_package_ids() returns setof uuid
  language sql stable security definer set search_path = ''
as $$
  select c.package_id from public.user_session_credits c where c.user_id = (select auth.uid());
$$;
revoke execute on function private.my_package_ids from public, anon, authenticated, service_role;
grant execute on function private.my_package_ids to authenticated;

-- Of a type that is withdrawn nothing is for sale, and the lists of packages name the type of each.
create policy "visitors read active packages"
  on public.session_packages for select to anon
  using (is_active and (session_type_id is null
                        or session_type_id in (select t.id from public.session_types t where t.is_active)));
-- The wallet shows the package a credit came from, also a withdrawn one.
create policy "people read active packages and those they bought, admins all"
  on public.session_packages for select to authenticated
  using (
    (is_active and (session_type_id is null
                    or session_type_id in (select t.id from public.session_types t where t.is_active)))
    or id in (select private.my_package_ids())
    or (select private.is_admin()));
create policy "admins add packages"
  on public.session_packages for insert to authenticated with check ((select private.is_admin()));
create policy "admins change packages"
  on public.session_packages for update to authenticated using ((select private.is_admin()));
create policy "admins remove packages"
  on public.session_packages for delete to authenticated using ((select private.is_admin()));

-- Those of the baseline.
update public.session_packages set is_active = false where session_type_id is null and is_active;

insert into public.session_packages (name, session_count, price_cad, price_usd, session_type_id, is_group, session_type)
select p.session_count || ' Session Package - ' || t.name || case when t.is_group then ' Group' else ' 1:1' end
         || case when t.session_type = 'laying' then ' Laying' else '' end,
       p.session_count, p.price_cad, p.price_usd, t.id, t.is_group, t.session_type
  from (values
    (45, 'standing', false,  5,  470.00, 343.10),
    (45, 'standing', false, 10,  910.00, 664.30),
    (45, 'laying',   false,  5,  470.00, 343.10),
    (45, 'laying',   false, 10,  910.00, 664.30),
    (60, 'standing', false,  5,  590.00, 430.70),
    (60, 'standing', false, 10, 1150.00, 839.50),
    (45, 'standing', true,   5,  420.00, 306.60),
    (45, 'standing', true,  10,  810.00, 591.30),
    (45, 'laying',   true,   5,  420.00, 306.60),
    (45, 'laying',   true,  10,  810.00, 591.30),
    (60, 'standing', true,   5,  550.00, 401.50),
    (60, 'standing', true,  10, 1080.00, 788.40)
  ) p (duration_minutes, session_type, is_group, session_count, price_cad, price_usd)
  join public.session_types t using (duration_minutes, session_type, is_group)
 -- A platform in use may have them already, at prices of its own.
 where not exists (select from public.session_packages e
                    where (e.session_type_id, e.session_count) = (t.id, p.session_count));

-- At the end: an older row beyond them would have stopped the update above.
alter table public.session_types
  add constraint session_types_name_is_short check (char_length(name) <= 200) not valid,
  add constraint session_types_prices_are_in_range check (
    price_cad between 0 and 100000 and price_usd between 0 and 100000) not valid,
  add constraint session_types_stripe_ids_are_short check (
    char_length(stripe_price_id_cad) <= 255 and char_length(stripe_price_id_usd) <= 255) not valid,
  add constraint session_types_times_are_in_range check (
    created_at between '2000-01-01' and '2100-01-01' and updated_at between '2000-01-01' and '2100-01-01') not valid;

alter table public.session_packages
  add constraint session_packages_name_is_short check (char_length(name) <= 200) not valid,
  add constraint session_packages_prices_are_in_range check (
    price_cad between 0 and 100000 and price_usd between 0 and 100000) not valid,
  add constraint session_packages_stripe_ids_are_short check (
    char_length(stripe_price_id_cad) <= 255 and char_length(stripe_price_id_usd) <= 255) not valid,
  add constraint session_packages_times_are_in_range check (
    created_at between '2000-01-01' and '2100-01-01' and updated_at between '2000-01-01' and '2100-01-01') not valid;

alter table public.products
  add constraint products_name_is_short check (char_length(name) <= 200) not valid,
  add constraint products_slug_is_short check (char_length(slug) <= 200) not valid,
  add constraint products_description_is_short check (char_length(description) <= 10000) not valid,
  add constraint products_image_url_is_short check (char_length(image_url) <= 2000) not valid,
  add constraint products_prices_are_in_range check (
    price_cad between 0 and 100000 and price_usd between 0 and 100000) not valid,
  add constraint products_stripe_ids_are_short check (
    char_length(stripe_price_id_cad) <= 255 and char_length(stripe_price_id_usd) <= 255) not valid,
  add constraint products_inventory_count_is_in_range check (inventory_count between 0 and 1000000) not valid,
  add constraint products_metadata_is_short check (char_length(metadata::text) <= 10000) not valid,
  add constraint products_times_are_in_range check (
    created_at between '2000-01-01' and '2100-01-01' and updated_at between '2000-01-01' and '2100-01-01') not valid;
