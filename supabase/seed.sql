-- The demo's three people, for `supabase db reset`; what lies between them is local/sql/demo.sql, which reads these ids.
--
-- They have no password, which would stand in this file: each signs in by the link that is mailed to them.

insert into auth.users (
  instance_id, id, aud, role, email, email_confirmed_at, raw_app_meta_data, raw_user_meta_data, created_at, updated_at,
  confirmation_token, recovery_token, email_change, email_change_token_new)
select '00000000-0000-0000-0000-000000000000', gen_random_uuid(), 'authenticated', 'authenticated',
       who || '@demo.test', now(), '{"provider": "email", "providers": ["email"]}',
       jsonb_build_object('full_name', 'Demo ' || who), now(), now(), '', '', '', ''
  from unnest(array['client', 'practitioner', 'admin']) who
 where not exists (select from auth.users u where u.email = who || '@demo.test');

insert into auth.identities (provider_id, user_id, identity_data, provider, created_at, updated_at)
select u.id::text, u.id, jsonb_build_object('sub', u.id, 'email', u.email, 'email_verified', true), 'email', now(), now()
  from auth.users u
 where u.email in ('client@demo.test', 'practitioner@demo.test', 'admin@demo.test')
   and not exists (select from auth.identities i where i.user_id = u.id);

select set_config('demo.' || split_part(u.email, '@', 1), u.id::text, false)
  from auth.users u where u.email in ('client@demo.test', 'practitioner@demo.test', 'admin@demo.test');
