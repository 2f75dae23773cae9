-- The platform as it stood before this milestone, restated in our own words, holes included: the migrations after this one close them.
--
-- On an empty database (`supabase start`, `db reset`, preview branches, the local stack) it runs like any other. A real project has
-- been there already: its ledger holds this version, under which the platform's own last file of that time was applied.

-- The ground: the vector type, the role names, the clock trigger.

create schema if not exists extensions;
grant usage on schema extensions to anon, authenticated, service_role;

-- Production has pgvector. Where it is not installed, a domain of the same name lets everything else apply.
do $$
begin
  if exists (select from pg_available_extensions where name = 'vector') then
    create extension if not exists vector with schema extensions;
  else
    create domain extensions.vector as text;
  end if;
end
$$;

create type public.app_role as enum ('admin', 'practitioner', 'user');

create function public.update_updated_at_column() returns trigger
  language plpgsql set search_path = public
as $$
begin
  new.updated_at = now();
  return new;
end
$$;


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


-- Practitioners, when they work, and which clients they look after.

create table public.practitioners (
  id             uuid primary key default gen_random_uuid(),
  user_id        uuid not null unique references auth.users (id) on delete cascade,
  name           text not null,
  bio            text,
  specialization text,
  avatar_url     text,
  half_hour_rate numeric(10, 2),
  available      boolean not null default true,
  created_at     timestamptz not null default now(),
  updated_at     timestamptz not null default now()
);

create trigger update_practitioners_updated_at before update on public.practitioners
  for each row execute function public.update_updated_at_column();

alter table public.practitioners enable row level security;

create policy "Authenticated users can view available practitioners" on public.practitioners
  for select using (auth.uid() is not null and available);
create policy "Practitioners can update own profile" on public.practitioners
  for update using (auth.uid() = user_id);
create policy "Admins can manage practitioners" on public.practitioners
  for all to authenticated using (public.has_role(auth.uid(), 'admin'));


create table public.practitioner_availability (
  id              uuid primary key default gen_random_uuid(),
  practitioner_id uuid not null references public.practitioners (id) on delete cascade,
  day_of_week     integer not null check (day_of_week >= 0 and day_of_week <= 6),
  start_time      time not null,
  end_time        time not null,
  created_at      timestamptz not null default now(),
  -- Named as production names it: the columns alone would make PostgreSQL cut the name elsewhere.
  constraint practitioner_availability_practitioner_id_day_of_week_start_key
    unique (practitioner_id, day_of_week, start_time)
);

alter table public.practitioner_availability enable row level security;

create policy "Authenticated users can view availability" on public.practitioner_availability
  for select to authenticated using (true);
create policy "Practitioners can manage own availability" on public.practitioner_availability
  for all to authenticated using (
    exists (select from public.practitioners p where p.id = practitioner_id and p.user_id = auth.uid()));


create table public.practitioner_assignments (
  id              uuid primary key default gen_random_uuid(),
  practitioner_id uuid not null references public.practitioners (id) on delete cascade,
  client_id       uuid not null references auth.users (id) on delete cascade,
  created_at      timestamptz not null default now(),
  unique (practitioner_id, client_id)
);

alter table public.practitioner_assignments enable row level security;

create policy "Users can view their own assignments" on public.practitioner_assignments
  for select to authenticated using (auth.uid() = client_id or auth.uid() = practitioner_id);
create policy "Admins and practitioners can manage assignments" on public.practitioner_assignments
  for all to authenticated
  using (
    public.has_role(auth.uid(), 'admin')
    or exists (select from public.practitioners p where p.id = practitioner_id and p.user_id = auth.uid()))
  with check (
    public.has_role(auth.uid(), 'admin')
    or exists (select from public.practitioners p where p.id = practitioner_id and p.user_id = auth.uid()));

-- Compares with practitioners.id, while every caller passes auth.uid(): it never matches.
create function public.is_practitioner_of(_practitioner_id uuid, _client_id uuid) returns boolean
  language sql stable security definer set search_path = public
as $$
  select exists (
    select from practitioner_assignments
    where practitioner_id = _practitioner_id and client_id = _client_id);
$$;


-- Sessions: one client, one practitioner, one time, one room.
--
--   scheduled -> in_progress -> completed        scheduled -> cancelled
--
-- Nothing here enforces the arrows, the price of a session, or that a practitioner is in one place at a time.

create table public.session_schedules (
  id               uuid primary key default gen_random_uuid(),
  practitioner_id  uuid not null references public.practitioners (id) on delete cascade,
  client_id        uuid not null references auth.users (id) on delete cascade,
  scheduled_at     timestamptz not null,
  duration_minutes integer not null default 60,
  room_name        text not null unique,
  status           text not null default 'scheduled'
                   check (status in ('scheduled', 'in_progress', 'completed', 'cancelled')),
  notes            text,
  created_at       timestamptz not null default now(),
  updated_at       timestamptz not null default now(),
  host_room_url    text
);
comment on column public.session_schedules.notes is 'Deprecated: use session_notes.';

create trigger update_session_schedules_updated_at before update on public.session_schedules
  for each row execute function public.update_updated_at_column();

alter table public.session_schedules enable row level security;

create policy "Admins can manage all sessions" on public.session_schedules
  for all to authenticated
  using (public.has_role(auth.uid(), 'admin')) with check (public.has_role(auth.uid(), 'admin'));
create policy "Admins can delete any sessions" on public.session_schedules
  for delete using (public.has_role(auth.uid(), 'admin'));

create policy "Clients can view their own sessions" on public.session_schedules
  for select to authenticated using (auth.uid() = client_id);
create policy "Clients can book sessions" on public.session_schedules
  for insert with check (auth.uid() = client_id);
create policy "Clients can create their own sessions" on public.session_schedules
  for insert to authenticated with check (auth.uid() = client_id);
create policy "Clients can update their sessions" on public.session_schedules
  for update using (auth.uid() = client_id);
create policy "Clients can cancel their sessions" on public.session_schedules
  for delete using (auth.uid() = client_id and status = 'scheduled');

create policy "Practitioners can view assigned sessions" on public.session_schedules
  for select using (
    exists (select from public.practitioners p where p.id = practitioner_id and p.user_id = auth.uid()));
create policy "Practitioners can view their assigned sessions" on public.session_schedules
  for select to authenticated using (
    exists (select from public.practitioners p where p.id = practitioner_id and p.user_id = auth.uid()));
create policy "Practitioners can create sessions for assigned clients" on public.session_schedules
  for insert to authenticated with check (
    exists (select from public.practitioners p where p.id = practitioner_id and p.user_id = auth.uid()));
create policy "Practitioners can update their sessions" on public.session_schedules
  for update using (
    exists (select from public.practitioners p where p.id = practitioner_id and p.user_id = auth.uid()));
create policy "Practitioners can update their assigned sessions" on public.session_schedules
  for update to authenticated
  using (exists (select from public.practitioners p where p.id = practitioner_id and p.user_id = auth.uid()))
  with check (exists (select from public.practitioners p where p.id = practitioner_id and p.user_id = auth.uid()));
create policy "Practitioners can cancel their sessions" on public.session_schedules
  for delete using (
    status = 'scheduled'
    and exists (select from public.practitioners p where p.id = practitioner_id and p.user_id = auth.uid()));


-- What people write down about a session, and what a practitioner gives a client to do.

create table public.session_notes (
  id         uuid primary key default gen_random_uuid(),
  session_id uuid not null references public.session_schedules (id) on delete cascade,
  author_id  uuid not null,
  content    text not null,
  visibility text not null default 'private' check (visibility in ('private', 'shared')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create trigger update_session_notes_updated_at before update on public.session_notes
  for each row execute function public.update_updated_at_column();

alter table public.session_notes enable row level security;

create policy "Admins can manage all notes" on public.session_notes
  for all using (public.has_role(auth.uid(), 'admin'));
create policy "Authors can view their own notes" on public.session_notes
  for select using (auth.uid() = author_id);
create policy "Authors can update their own notes" on public.session_notes
  for update using (auth.uid() = author_id) with check (auth.uid() = author_id);
create policy "Authors can delete their own notes" on public.session_notes
  for delete using (auth.uid() = author_id);
create policy "Participants can create notes" on public.session_notes
  for insert with check (
    auth.uid() = author_id
    and exists (
      select from public.session_schedules s join public.practitioners p on p.id = s.practitioner_id
      where s.id = session_id and auth.uid() in (s.client_id, p.user_id)));
create policy "Participants can view shared notes" on public.session_notes
  for select using (
    visibility = 'shared'
    and exists (
      select from public.session_schedules s join public.practitioners p on p.id = s.practitioner_id
      where s.id = session_id and auth.uid() in (s.client_id, p.user_id)));


create table public.action_checklist (
  id              uuid primary key default gen_random_uuid(),
  client_id       uuid not null references auth.users (id) on delete cascade,
  practitioner_id uuid not null references auth.users (id) on delete cascade,
  title           text not null,
  description     text,
  completed       boolean not null default false,
  due_date        date,
  priority        integer not null default 0,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now()
);

create trigger update_action_checklist_updated_at before update on public.action_checklist
  for each row execute function public.update_updated_at_column();

alter table public.action_checklist enable row level security;

create policy "Clients can view their own checklist" on public.action_checklist
  for select using (auth.uid() = client_id);
create policy "Clients can update completion status only" on public.action_checklist
  for update using (auth.uid() = client_id) with check (auth.uid() = client_id);
create policy "Assigned practitioners can manage client checklists" on public.action_checklist
  for all to authenticated using (
    public.is_practitioner_of(auth.uid(), client_id) or public.has_role(auth.uid(), 'admin'));


-- What is for sale: kinds of session, packages of sessions, the board. Prices in dollars; USD is CAD x 0.73.

create table public.session_types (
  id                  uuid primary key default gen_random_uuid(),
  name                text not null,
  duration_minutes    integer not null check (duration_minutes in (20, 45, 60)),
  session_type        text not null check (session_type in ('standing', 'laying')),
  is_group            boolean not null default false,
  price_cad           numeric(10, 2) not null,
  price_usd           numeric(10, 2) not null,
  stripe_price_id_cad text,
  stripe_price_id_usd text,
  is_active           boolean not null default true,
  created_at          timestamptz not null default now(),
  updated_at          timestamptz not null default now(),
  unique (duration_minutes, session_type, is_group)
);

create index idx_session_types_active on public.session_types (is_active) where is_active = true;
create index idx_session_types_duration on public.session_types (duration_minutes);
create index idx_session_types_type on public.session_types (session_type);

create trigger update_session_types_updated_at before update on public.session_types
  for each row execute function public.update_updated_at_column();

alter table public.session_types enable row level security;

create policy "Anyone can view active session types" on public.session_types
  for select using (is_active);
create policy "Admins can manage session types" on public.session_types
  for all to authenticated
  using (public.has_role(auth.uid(), 'admin')) with check (public.has_role(auth.uid(), 'admin'));

insert into public.session_types (name, duration_minutes, session_type, is_group, price_cad, price_usd) values
  ('20min Intro',    20, 'standing', false,  55.00, 40.15),
  ('45min Standard', 45, 'standing', false, 100.00, 73.00),
  ('60min Expert',   60, 'standing', false, 130.00, 94.90),
  ('45min Standard', 45, 'laying',   false, 100.00, 73.00),
  ('20min Intro',    20, 'standing', true,   48.00, 35.04),
  ('45min Standard', 45, 'standing', true,   90.00, 65.70),
  ('60min Expert',   60, 'standing', true,  120.00, 87.60),
  ('45min Standard', 45, 'laying',   true,   90.00, 65.70);


create table public.session_packages (
  id                  uuid primary key default gen_random_uuid(),
  name                text not null,
  session_count       integer not null unique check (session_count in (5, 10)),
  price_cad           numeric(10, 2) not null,
  price_usd           numeric(10, 2) not null,
  stripe_price_id_cad text,
  stripe_price_id_usd text,
  is_active           boolean not null default true,
  created_at          timestamptz not null default now(),
  updated_at          timestamptz not null default now()
);

create index idx_session_packages_active on public.session_packages (is_active) where is_active = true;
create index idx_session_packages_count on public.session_packages (session_count);

create trigger update_session_packages_updated_at before update on public.session_packages
  for each row execute function public.update_updated_at_column();

alter table public.session_packages enable row level security;

create policy "Anyone can view active packages" on public.session_packages
  for select using (is_active);
create policy "Admins can manage packages" on public.session_packages
  for all to authenticated
  using (public.has_role(auth.uid(), 'admin')) with check (public.has_role(auth.uid(), 'admin'));

insert into public.session_packages (name, session_count, price_cad, price_usd) values
  ('5 Session Package',   5, 450.00, 328.50),
  ('10 Session Package', 10, 850.00, 620.50);


create table public.products (
  id                  uuid primary key default gen_random_uuid(),
  name                text not null,
  slug                text not null unique,
  type                text not null check (type in ('physical', 'digital', 'service')),
  description         text,
  image_url           text,
  price_cad           numeric(10, 2) not null,
  price_usd           numeric(10, 2) not null,
  stripe_price_id_cad text,
  stripe_price_id_usd text,
  inventory_count     integer,
  is_active           boolean not null default true,
  metadata            jsonb default '{}',
  created_at          timestamptz not null default now(),
  updated_at          timestamptz not null default now()
);

create index idx_products_active on public.products (is_active) where is_active = true;
create index idx_products_slug on public.products (slug);
create index idx_products_type on public.products (type);

create trigger update_products_updated_at before update on public.products
  for each row execute function public.update_updated_at_column();

alter table public.products enable row level security;

create policy "Anyone can view active products" on public.products
  for select using (is_active);
create policy "Admins can manage products" on public.products
  for all to authenticated
  using (public.has_role(auth.uid(), 'admin')) with check (public.has_role(auth.uid(), 'admin'));

insert into public.products (name, slug, type, price_cad, price_usd) values
  ('Sadhu Board', 'sadhu-board', 'physical', 229.00, 167.17);


-- Credits: what a client has paid for and not used yet. Without a session type a credit is good for any.

create table public.user_session_credits (
  id                       uuid primary key default gen_random_uuid(),
  user_id                  uuid not null references auth.users (id) on delete cascade,
  package_id               uuid references public.session_packages (id) on delete set null,
  session_type_id          uuid references public.session_types (id) on delete set null,
  credits_remaining        integer not null default 1 check (credits_remaining >= 0),
  purchased_at             timestamptz not null default now(),
  expires_at               timestamptz,
  stripe_payment_intent_id text,
  order_id                 text,
  metadata                 jsonb default '{}',
  created_at               timestamptz not null default now(),
  updated_at               timestamptz not null default now()
);

create index idx_user_session_credits_user_id on public.user_session_credits (user_id);
create index idx_user_session_credits_active on public.user_session_credits (user_id, credits_remaining)
  where credits_remaining > 0;
create index idx_user_session_credits_expires on public.user_session_credits (expires_at)
  where expires_at is not null;

create trigger update_user_session_credits_updated_at before update on public.user_session_credits
  for each row execute function public.update_updated_at_column();

alter table public.user_session_credits enable row level security;

create policy "Users can view their own credits" on public.user_session_credits
  for select using (auth.uid() = user_id);
create policy "Admins can view all credits" on public.user_session_credits
  for select to authenticated using (public.has_role(auth.uid(), 'admin'));

create function public.get_user_credits(p_user_id uuid)
  returns table (total_credits integer, package_credits integer, single_credits integer)
  language sql stable security definer set search_path = public
as $$
  select
    coalesce(sum(credits_remaining), 0)::integer,
    coalesce(sum(credits_remaining) filter (where package_id is not null), 0)::integer,
    coalesce(sum(credits_remaining) filter (where package_id is null), 0)::integer
  from user_session_credits
  where user_id = p_user_id and credits_remaining > 0 and (expires_at is null or expires_at > now());
$$;


-- Payments for sessions, and how each is shared between practitioner and platform.
--
--   pending -> completed -> paid_out        pending -> failed        completed -> refunded

create table public.session_payments (
  id                       uuid primary key default gen_random_uuid(),
  session_id               uuid not null references public.session_schedules (id) on delete cascade,
  practitioner_id          uuid not null,
  client_id                uuid not null,
  total_amount             numeric not null,
  practitioner_share       numeric not null,
  platform_share           numeric not null,
  currency                 text not null default 'usd',
  stripe_payment_intent_id text,
  status                   text not null default 'pending',
  paid_out_at              timestamptz,
  created_at               timestamptz not null default now(),
  updated_at               timestamptz not null default now()
);

create trigger update_session_payments_updated_at before update on public.session_payments
  for each row execute function public.update_updated_at_column();

alter table public.session_payments enable row level security;

create policy "Admins can manage all payments" on public.session_payments
  for all using (public.has_role(auth.uid(), 'admin'));
create policy "Only admins can create payments" on public.session_payments
  for insert with check (public.has_role(auth.uid(), 'admin'));
create policy "Clients can view their own payments" on public.session_payments
  for select using (auth.uid() = client_id);
create policy "Practitioners can view their payments" on public.session_payments
  for select using (
    exists (select from public.practitioners p where p.id = practitioner_id and p.user_id = auth.uid()));


-- What the meditation assistant remembers about a person, findable by meaning.

create table public.meditation_memories (
  id           uuid primary key default gen_random_uuid(),
  user_id      uuid not null,
  content      text not null,
  session_date timestamptz default now(),
  memory_type  text default 'session' check (memory_type in ('session', 'insight', 'progress', 'preference')),
  metadata     jsonb default '{}',
  created_at   timestamptz not null default now()
);

-- Only the real type takes a dimension and an index; the stand-in domain (01_ground.sql) has neither.
do $$
begin
  if exists (select from pg_extension where extname = 'vector') then
    alter table public.meditation_memories add column embedding extensions.vector(1536);
    create index meditation_memories_embedding_idx on public.meditation_memories
      using ivfflat (embedding extensions.vector_cosine_ops) with (lists = 100);
  else
    alter table public.meditation_memories add column embedding extensions.vector;
  end if;
end
$$;

create index idx_meditation_memories_user_id on public.meditation_memories (user_id);

alter table public.meditation_memories enable row level security;

create policy "Users can view their own memories" on public.meditation_memories
  for select using (auth.uid() = user_id);
create policy "Users can create their own memories" on public.meditation_memories
  for insert with check (auth.uid() = user_id);
create policy "Users can delete their own memories" on public.meditation_memories
  for delete using (auth.uid() = user_id);

-- Fails when called: the operator lives in schema extensions, which is not on this search path.
create function public.match_memories(
  query_embedding extensions.vector, match_user_id uuid,
  match_count integer default 5, match_threshold double precision default 0.7)
  returns table (
    id uuid, content text, memory_type text, session_date timestamptz, metadata jsonb,
    similarity double precision)
  language plpgsql security definer set search_path = public
as $$
begin
  return query
    select m.id, m.content, m.memory_type, m.session_date, m.metadata, 1 - (m.embedding <=> query_embedding)
    from meditation_memories m
    where m.user_id = match_user_id and 1 - (m.embedding <=> query_embedding) > match_threshold
    order by m.embedding <=> query_embedding
    limit match_count;
end
$$;


-- Currency, country and language a person uses the site in.

create table public.user_preferences (
  id          uuid primary key default gen_random_uuid(),
  user_id     uuid not null unique references auth.users (id) on delete cascade,
  currency    text default 'usd' check (currency in ('cad', 'usd')),
  country     text,
  timezone    text,
  language    text default 'en',
  detected_at timestamptz,
  updated_at  timestamptz not null default now(),
  created_at  timestamptz not null default now()
);

create index idx_user_preferences_user_id on public.user_preferences (user_id);

create trigger update_user_preferences_updated_at before update on public.user_preferences
  for each row execute function public.update_updated_at_column();

alter table public.user_preferences enable row level security;

create policy "Users can view their own preferences" on public.user_preferences
  for select using (auth.uid() = user_id);
create policy "Users can insert their own preferences" on public.user_preferences
  for insert with check (auth.uid() = user_id);
create policy "Users can update their own preferences" on public.user_preferences
  for update using (auth.uid() = user_id) with check (auth.uid() = user_id);
create policy "Admins can view all preferences" on public.user_preferences
  for select to authenticated using (public.has_role(auth.uid(), 'admin'));


-- What a person has agreed to: one row per kind of consent, given or withdrawn.

create table public.user_consents (
  id                 uuid primary key default gen_random_uuid(),
  user_id            uuid not null references auth.users (id) on delete cascade,
  consent_type       text not null check (consent_type in (
                       'data_processing', 'marketing', 'session_recording',
                       'data_sharing', 'third_party_sharing', 'analytics')),
  consented          boolean not null default false,
  consent_date       timestamptz not null default now(),
  ip_address         text,
  user_agent         text,
  version            text,
  revoked_at         timestamptz,
  revoked_ip_address text,
  metadata           jsonb default '{}',
  created_at         timestamptz not null default now(),
  updated_at         timestamptz not null default now(),
  unique (user_id, consent_type)
);

create index idx_user_consents_user_id on public.user_consents (user_id);
create index idx_user_consents_consent_type on public.user_consents (consent_type);
create index idx_user_consents_consented on public.user_consents (consented) where consented = true;

create trigger update_user_consents_updated_at before update on public.user_consents
  for each row execute function public.update_updated_at_column();

alter table public.user_consents enable row level security;

create policy "Users can view their own consents" on public.user_consents
  for select using (auth.uid() = user_id);
create policy "Users can manage their own consents" on public.user_consents
  for all using (auth.uid() = user_id) with check (auth.uid() = user_id);
create policy "Admins can view all consents" on public.user_consents
  for select to authenticated using (public.has_role(auth.uid(), 'admin'));

create function public.has_consent(p_user_id uuid, p_consent_type text) returns boolean
  language sql stable security definer set search_path = public
as $$
  select coalesce(
    (select consented and revoked_at is null from user_consents
     where user_id = p_user_id and consent_type = p_consent_type),
    false);
$$;


-- Access that one person gives another to a session, memory, note or profile.

create table public.access_grants (
  id            uuid primary key default gen_random_uuid(),
  grantor_id    uuid not null references auth.users (id) on delete cascade,
  grantee_id    uuid not null references auth.users (id) on delete cascade,
  resource_type text not null check (resource_type in ('session', 'memory', 'note', 'profile')),
  resource_id   uuid not null,
  permission    text not null check (permission in ('read', 'write', 'delete')),
  expires_at    timestamptz,
  revoked_at    timestamptz,
  reason        text,
  metadata      jsonb default '{}',
  created_at    timestamptz not null default now(),
  updated_at    timestamptz not null default now(),
  unique (grantor_id, grantee_id, resource_type, resource_id, permission)
);

create index idx_access_grants_grantor on public.access_grants (grantor_id);
create index idx_access_grants_grantee on public.access_grants (grantee_id);
create index idx_access_grants_resource on public.access_grants (resource_type, resource_id);
create index idx_access_grants_active on public.access_grants (grantee_id, resource_type, resource_id)
  where revoked_at is null;

create trigger update_access_grants_updated_at before update on public.access_grants
  for each row execute function public.update_updated_at_column();

alter table public.access_grants enable row level security;

create policy "Grantors can view their grants" on public.access_grants
  for select using (auth.uid() = grantor_id);
create policy "Grantees can view their grants" on public.access_grants
  for select using (auth.uid() = grantee_id);
create policy "Grantors can create grants" on public.access_grants
  for insert with check (auth.uid() = grantor_id);
create policy "Grantors can revoke their grants" on public.access_grants
  for update using (auth.uid() = grantor_id) with check (auth.uid() = grantor_id);
create policy "Admins can view all grants" on public.access_grants
  for select to authenticated using (public.has_role(auth.uid(), 'admin'));

create function public.has_access(
  p_user_id uuid, p_resource_type text, p_resource_id uuid, p_permission text) returns boolean
  language sql stable security definer set search_path = public
as $$
  select exists (
    select from access_grants
    where grantee_id = p_user_id and resource_type = p_resource_type and resource_id = p_resource_id
      and permission = p_permission and revoked_at is null and (expires_at is null or expires_at > now()));
$$;

create function public.can_access_session(p_user_id uuid, p_session_id uuid) returns boolean
  language sql stable security definer set search_path = public
as $$
  select
    exists (
      select from session_schedules s left join practitioners p on p.id = s.practitioner_id
      where s.id = p_session_id and p_user_id in (s.client_id, p.user_id))
    or has_role(p_user_id, 'admin')
    or has_access(p_user_id, 'session', p_session_id, 'read');
$$;


-- Who did what to which row. Triggers copy whole rows; anyone may also write a line through log_audit_event.

create table public.audit_logs (
  id         uuid primary key default gen_random_uuid(),
  user_id    uuid references auth.users (id) on delete set null,
  action     text not null check (action in (
               'SELECT', 'INSERT', 'UPDATE', 'DELETE', 'VIEW', 'EXPORT', 'LOGIN', 'LOGOUT', 'ACCESS_DENIED')),
  table_name text not null,
  record_id  uuid,
  ip_address text,
  user_agent text,
  metadata   jsonb default '{}',
  created_at timestamptz not null default now()
);

create index idx_audit_logs_user_id on public.audit_logs (user_id);
create index idx_audit_logs_table_name on public.audit_logs (table_name);
create index idx_audit_logs_record_id on public.audit_logs (record_id) where record_id is not null;
create index idx_audit_logs_action on public.audit_logs (action);
create index idx_audit_logs_created_at on public.audit_logs (created_at desc);

alter table public.audit_logs enable row level security;

create policy "Only admins can view audit logs" on public.audit_logs
  for select to authenticated using (public.has_role(auth.uid(), 'admin'));

create function public.get_current_user_id() returns uuid
  language sql stable set search_path = public
as $$ select auth.uid(); $$;

create function public.get_client_ip() returns text
  language sql stable set search_path = public
as $$ select null::text; $$;

create function public.log_audit_event(
  p_user_id uuid, p_action text, p_table_name text, p_record_id uuid default null,
  p_ip_address text default null, p_user_agent text default null, p_metadata jsonb default '{}') returns void
  language plpgsql security definer set search_path = public
as $$
begin
  insert into audit_logs (user_id, action, table_name, record_id, ip_address, user_agent, metadata)
  values (p_user_id, p_action, p_table_name, p_record_id, p_ip_address, p_user_agent, p_metadata);
exception when others then
  raise warning 'audit line lost: %', sqlerrm;
end
$$;

create function public.audit_insert_trigger() returns trigger
  language plpgsql security definer set search_path = public
as $$
begin
  perform log_audit_event(
    get_current_user_id(), 'INSERT', tg_table_name, new.id, get_client_ip(), null,
    jsonb_build_object('operation', 'INSERT', 'table', tg_table_name, 'data', to_jsonb(new) - 'embedding'));
  return new;
end
$$;

create function public.audit_update_trigger() returns trigger
  language plpgsql security definer set search_path = public
as $$
begin
  perform log_audit_event(
    get_current_user_id(), 'UPDATE', tg_table_name, new.id, get_client_ip(), null,
    jsonb_build_object('operation', 'UPDATE', 'table', tg_table_name,
      'old_data', to_jsonb(old) - 'embedding', 'new_data', to_jsonb(new) - 'embedding'));
  return new;
end
$$;

create function public.audit_delete_trigger() returns trigger
  language plpgsql security definer set search_path = public
as $$
begin
  perform log_audit_event(
    get_current_user_id(), 'DELETE', tg_table_name, old.id, get_client_ip(), null,
    jsonb_build_object('operation', 'DELETE', 'table', tg_table_name, 'deleted_data', to_jsonb(old) - 'embedding'));
  return old;
end
$$;

-- Never fires: PostgreSQL has no select triggers.
create function public.audit_select_trigger() returns trigger
  language plpgsql security definer set search_path = public
as $$
begin
  return null;
end
$$;

create trigger audit_session_schedules_insert after insert on public.session_schedules
  for each row execute function public.audit_insert_trigger();
create trigger audit_session_schedules_update after update on public.session_schedules
  for each row execute function public.audit_update_trigger();
create trigger audit_session_schedules_delete after delete on public.session_schedules
  for each row execute function public.audit_delete_trigger();

create trigger audit_session_notes_insert after insert on public.session_notes
  for each row execute function public.audit_insert_trigger();
create trigger audit_session_notes_update after update on public.session_notes
  for each row execute function public.audit_update_trigger();
create trigger audit_session_notes_delete after delete on public.session_notes
  for each row execute function public.audit_delete_trigger();

create trigger audit_meditation_memories_insert after insert on public.meditation_memories
  for each row execute function public.audit_insert_trigger();
create trigger audit_meditation_memories_update after update on public.meditation_memories
  for each row execute function public.audit_update_trigger();
create trigger audit_meditation_memories_delete after delete on public.meditation_memories
  for each row execute function public.audit_delete_trigger();

create trigger audit_session_payments_insert after insert on public.session_payments
  for each row execute function public.audit_insert_trigger();
create trigger audit_session_payments_update after update on public.session_payments
  for each row execute function public.audit_update_trigger();


-- How long each kind of row is kept. Nothing acts on it yet.

create table public.data_retention_policies (
  id             uuid primary key default gen_random_uuid(),
  table_name     text not null unique,
  retention_days integer not null,
  auto_delete    boolean not null default false,
  description    text,
  created_at     timestamptz not null default now(),
  updated_at     timestamptz not null default now()
);

create index idx_data_retention_policies_table on public.data_retention_policies (table_name);

create trigger update_data_retention_policies_updated_at before update on public.data_retention_policies
  for each row execute function public.update_updated_at_column();

alter table public.data_retention_policies enable row level security;

create policy "Only admins can manage retention policies" on public.data_retention_policies
  for all to authenticated
  using (public.has_role(auth.uid(), 'admin')) with check (public.has_role(auth.uid(), 'admin'));

insert into public.data_retention_policies (table_name, retention_days, description) values
  ('session_schedules',   2555, 'Sessions, seven years'),
  ('meditation_memories', 2555, 'Memories, seven years'),
  ('session_payments',    2555, 'Payments, seven years'),
  ('session_notes',       2555, 'Notes, seven years'),
  ('audit_logs',          2555, 'Audit lines, seven years'),
  ('user_consents',       2555, 'Consents, seven years');

create function public.get_retention_policy(p_table_name text)
  returns table (retention_days integer, auto_delete boolean)
  language sql stable security definer set search_path = public
as $$
  select p.retention_days, p.auto_delete from data_retention_policies p where p.table_name = p_table_name;
$$;

-- Raises "created_at is ambiguous" as soon as a table has auto_delete: its own result column has that name.
create function public.get_expired_records(p_table_name text)
  returns table (record_id uuid, created_at timestamptz)
  language plpgsql security definer set search_path = public
as $$
declare
  v_days integer;
  v_auto boolean;
begin
  select p.retention_days, p.auto_delete into v_days, v_auto
  from data_retention_policies p where p.table_name = p_table_name;
  if not coalesce(v_auto, false) then
    return;
  end if;

  return query
    select e.id, created_at
    from (
      select id, created_at from session_schedules where p_table_name = 'session_schedules'
      union all
      select id, created_at from audit_logs where p_table_name = 'audit_logs'
    ) e
    where created_at < now() - make_interval(days => v_days);
end
$$;


-- The grants a hosted project gave by default when these tables were made: everything, to everybody.
-- Row-level security was the only barrier.

grant usage on schema public to anon, authenticated, service_role;
grant all on all tables in schema public to anon, authenticated, service_role;
grant all on all routines in schema public to anon, authenticated, service_role;
