-- Who is an admin or a practitioner. A client has the role "user", or no row at all.

create table public.user_roles (
  id         uuid primary key default gen_random_uuid(),
  user_id    uuid not null references auth.users (id) on delete cascade,
  role       public.app_role not null,
  created_at timestamptz not null default now(),
  unique (user_id, role)
);

alter table public.user_roles enable row level security;

create function public.has_role(_user_id uuid, _role public.app_role) returns boolean
  language sql stable security definer set search_path = public
as $$
  select exists (select from user_roles where user_id = _user_id and role = _role);
$$;

create policy "Users can view their own roles" on public.user_roles
  for select using (auth.uid() = user_id);
create policy "Admins can manage all roles" on public.user_roles
  for all to authenticated using (public.has_role(auth.uid(), 'admin'));

create function public.get_user_id_by_email(email_input text) returns uuid
  language sql stable security definer set search_path = public
as $$
  select id from auth.users where lower(email) = lower(email_input) limit 1;
$$;

create function public.assign_admin_role(p_user_email text) returns jsonb
  language plpgsql security definer set search_path = public
as $$
declare
  v_user_id uuid;
begin
  select id into v_user_id from auth.users where lower(email) = lower(p_user_email);
  if v_user_id is null then
    return jsonb_build_object('success', false, 'error', 'User not found');
  end if;

  insert into user_roles (user_id, role) values (v_user_id, 'admin') on conflict do nothing;
  return jsonb_build_object(
    'success', true, 'user_id', v_user_id, 'email', p_user_email, 'message', 'Admin role assigned');
end
$$;

create function public.assign_admin_role_by_id(p_user_id uuid) returns jsonb
  language plpgsql security definer set search_path = public
as $$
declare
  v_email text;
begin
  select email into v_email from auth.users where id = p_user_id;
  if not found then
    return jsonb_build_object('success', false, 'error', 'User not found');
  end if;

  insert into user_roles (user_id, role) values (p_user_id, 'admin') on conflict do nothing;
  return jsonb_build_object(
    'success', true, 'user_id', p_user_id, 'email', v_email, 'message', 'Admin role assigned');
end
$$;
