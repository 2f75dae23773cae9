-- What is for sale, what was paid, what is left of it. People read; only admins and the service write.

-- Session types ------------------------------------------------------------------------------------------------

drop policy "Anyone can view active session types" on public.session_types;
drop policy "Admins can manage session types" on public.session_types;

create policy "anyone reads active session types, admins all"
  on public.session_types for select to anon, authenticated using (is_active or (select private.is_admin()));
create policy "admins add session types"
  on public.session_types for insert to authenticated with check ((select private.is_admin()));
create policy "admins change session types"
  on public.session_types for update to authenticated using ((select private.is_admin()));
create policy "admins remove session types"
  on public.session_types for delete to authenticated using ((select private.is_admin()));

-- Packages -----------------------------------------------------------------------------------------------------

drop policy "Anyone can view active packages" on public.session_packages;
drop policy "Admins can manage packages" on public.session_packages;

create policy "anyone reads active packages, admins all"
  on public.session_packages for select to anon, authenticated using (is_active or (select private.is_admin()));
create policy "admins add packages"
  on public.session_packages for insert to authenticated with check ((select private.is_admin()));
create policy "admins change packages"
  on public.session_packages for update to authenticated using ((select private.is_admin()));
create policy "admins remove packages"
  on public.session_packages for delete to authenticated using ((select private.is_admin()));

-- Products -----------------------------------------------------------------------------------------------------

drop policy "Anyone can view active products" on public.products;
drop policy "Admins can manage products" on public.products;

create policy "anyone reads active products, admins all"
  on public.products for select to anon, authenticated using (is_active or (select private.is_admin()));
create policy "admins add products"
  on public.products for insert to authenticated with check ((select private.is_admin()));
create policy "admins change products"
  on public.products for update to authenticated using ((select private.is_admin()));
create policy "admins remove products"
  on public.products for delete to authenticated using ((select private.is_admin()));

revoke all on public.session_types, public.session_packages, public.products from anon, authenticated, service_role;
grant select on public.session_types, public.session_packages, public.products to anon;
grant select, insert, update, delete on public.session_types, public.session_packages, public.products
  to authenticated, service_role;

-- Credits ------------------------------------------------------------------------------------------------------

drop policy "Users can view their own credits" on public.user_session_credits;
drop policy "Admins can view all credits" on public.user_session_credits;

create index user_session_credits_package_id_idx on public.user_session_credits (package_id);
create index user_session_credits_session_type_id_idx on public.user_session_credits (session_type_id);

create policy "people read their own credits, admins all"
  on public.user_session_credits for select to authenticated
  using (user_id = (select auth.uid()) or (select private.is_admin()));

revoke all on public.user_session_credits from anon, authenticated, service_role;
grant select on public.user_session_credits to authenticated;
-- Update is granted and no policy allows it: the frontend sends updates while a client joins a class or cancels, and
-- must see them change nothing. Without the grant it would see an error and stop half-way.
grant update on public.user_session_credits to authenticated;
grant select, insert, update, delete on public.user_session_credits to service_role;

-- Payments -----------------------------------------------------------------------------------------------------

drop policy "Admins can manage all payments" on public.session_payments;
drop policy "Only admins can create payments" on public.session_payments;
drop policy "Clients can view their own payments" on public.session_payments;
drop policy "Practitioners can view their payments" on public.session_payments;

create index session_payments_session_id_idx on public.session_payments (session_id);
create index session_payments_client_id_idx on public.session_payments (client_id, created_at);
create index session_payments_practitioner_id_idx on public.session_payments (practitioner_id, created_at);

create policy "payer, practitioner and admins read payments"
  on public.session_payments for select to authenticated
  using (
    client_id = (select auth.uid())
    or practitioner_id = any (array(select private.my_practitioner_ids()))
    or (select private.is_admin()));
create policy "admins mark payments as paid out"
  on public.session_payments for update to authenticated using ((select private.is_admin()));

revoke all on public.session_payments from anon, authenticated, service_role;
-- No insert and no delete, not even for admins, and no amounts: money is written by the service, from what was paid.
grant select, update (status, paid_out_at) on public.session_payments to authenticated;
grant select, insert, update on public.session_payments to service_role;
