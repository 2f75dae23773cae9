-- The platform in use today, as the fact sheet says it is: what its own forty migrations after the baseline made of it,
-- holes included. Rows are in rows_of_b.sql.

-- Sessions, credits, packages.

create table public.cancellation_policy (
  id uuid primary key default gen_random_uuid(),
  policy_text text not null,
  standard_cancellation_hours integer not null default 2,
  late_cancellation_hours integer not null default 2,
  late_cancellation_fee_usd numeric(10, 2) not null default 25.00,
  late_cancellation_fee_cad numeric(10, 2) not null default 34.25,
  grace_cancellations_allowed integer not null default 1,
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  updated_by uuid references auth.users (id)
);

alter table public.session_schedules
  add column session_location text default 'online' check (session_location in ('online', 'in_person')),
  add column physical_location text,
  add column location_coordinates point,
  add column max_participants integer default 1,
  add column current_participants integer default 1,
  add column correlated_session_id uuid references public.session_schedules (id),
  add column cancellation_policy_agreed_at timestamptz,
  add column cancellation_policy_version uuid references public.cancellation_policy (id),
  add column grace_cancellation_used boolean not null default false,
  add column cancelled_at timestamptz,
  add column class_name text,
  add column reminder_sent timestamptz;
create index idx_session_schedules_location on public.session_schedules (session_location);
create index idx_session_schedules_correlated on public.session_schedules (correlated_session_id)
  where correlated_session_id is not null;
create index idx_session_schedules_group on public.session_schedules (max_participants) where max_participants > 1;
create index idx_session_schedules_cancelled_at on public.session_schedules (cancelled_at) where cancelled_at is not null;
create index idx_session_schedules_class_name on public.session_schedules (class_name) where class_name is not null;
create index idx_session_schedules_reminder on public.session_schedules (status, scheduled_at, reminder_sent)
  where status = 'scheduled';
create policy "Anyone can view group classes" on public.session_schedules
  for select to authenticated using (max_participants > 1 and status <> 'cancelled');
create policy "Users can update group classes to join" on public.session_schedules
  for update to authenticated
  using (max_participants > 1 and status <> 'cancelled' and (notes is null or notes not like 'Joined group class:%'))
  with check (max_participants > 1 and status <> 'cancelled' and (notes is null or notes not like 'Joined group class:%'));

alter table public.user_session_credits
  add column cancellation_policy_agreed_at timestamptz,
  add column cancellation_policy_version uuid references public.cancellation_policy (id),
  add column grace_cancellation_used boolean not null default false;
create index idx_user_session_credits_grace on public.user_session_credits (user_id, grace_cancellation_used)
  where grace_cancellation_used;

alter table public.session_packages
  drop constraint session_packages_session_count_key,
  add column session_type_id uuid references public.session_types (id),
  add column is_group boolean default false,
  add column session_type text check (session_type in ('standing', 'laying'));
delete from public.session_packages;
insert into public.session_packages (name, session_count, price_cad, price_usd, session_type_id, is_group, session_type)
select p.count || ' Session Package - ' || t.name || case when t.is_group then ' Group' else ' 1:1' end
         || case when t.session_type = 'laying' then ' Laying' else '' end,
       p.count, p.cad, p.usd, t.id, t.is_group, t.session_type
  from (values (45, false, 5, 470.00, 343.10), (45, false, 10, 910.00, 664.30),
               (60, false, 5, 590.00, 430.70), (60, false, 10, 1150.00, 839.50),
               (45, true,  5, 420.00, 306.60), (45, true,  10, 810.00, 591.30),
               (60, true,  5, 550.00, 401.50), (60, true,  10, 1080.00, 788.40)) p (minutes, is_group, count, cad, usd)
  join public.session_types t on t.duration_minutes = p.minutes and t.is_group = p.is_group;


-- The twelve tables that we make as well; the cancellation policy stands above.

create table public.waiver_policy (
  id uuid primary key default gen_random_uuid(),
  version integer not null default 1 unique,
  policy_text text not null,
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  updated_by uuid references auth.users (id)
);

create table public.liability_waivers (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  session_id uuid references public.session_schedules (id) on delete cascade,
  waiver_text text not null,
  signed_at timestamptz not null default now(),
  ip_address text,
  user_agent text,
  created_at timestamptz not null default now(),
  waiver_policy_id uuid references public.waiver_policy (id),
  waiver_policy_version integer,
  unique (user_id, session_id)
);
create index idx_liability_waivers_session_id on public.liability_waivers (session_id);
create index idx_liability_waivers_user_id on public.liability_waivers (user_id);

create table public.session_recordings (
  id uuid primary key default gen_random_uuid(),
  session_id uuid not null references public.session_schedules (id) on delete cascade,
  agora_resource_id text,
  agora_sid text,
  recording_url text,
  storage_path text,
  duration_seconds integer,
  file_size_bytes bigint,
  status text not null default 'pending' check (status in ('pending', 'recording', 'processing', 'completed', 'failed')),
  started_at timestamptz,
  completed_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index idx_session_recordings_agora_sid on public.session_recordings (agora_sid) where agora_sid is not null;
create index idx_session_recordings_session_id on public.session_recordings (session_id);
create index idx_session_recordings_status on public.session_recordings (status);

create table public.action_recommendations (
  id uuid primary key default gen_random_uuid(),
  session_id uuid references public.session_schedules (id) on delete cascade,
  practitioner_id uuid not null references public.practitioners (id) on delete cascade,
  client_id uuid not null references auth.users (id) on delete cascade,
  title text not null,
  description text,
  action_type text not null check (action_type in ('daily_practice', 'mindfulness', 'physical', 'emotional', 'other')),
  frequency text,
  due_date date,
  completed boolean not null default false,
  completed_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index idx_action_recommendations_client_id on public.action_recommendations (client_id);
create index idx_action_recommendations_completed on public.action_recommendations (completed) where completed = false;
create index idx_action_recommendations_practitioner_id on public.action_recommendations (practitioner_id);
create index idx_action_recommendations_session_id on public.action_recommendations (session_id);

create table public.practitioner_banking (
  id uuid primary key default gen_random_uuid(),
  practitioner_id uuid not null unique references public.practitioners (id) on delete cascade,
  bank_name text not null,
  account_holder_name text not null,
  account_number_encrypted text not null,
  routing_number_encrypted text not null,
  account_type text not null check (account_type in ('checking', 'savings')),
  country text not null default 'CA',
  verified boolean not null default false,
  verified_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index idx_practitioner_banking_practitioner_id on public.practitioner_banking (practitioner_id);
create index idx_practitioner_banking_verified on public.practitioner_banking (verified) where verified = true;

create table public.practitioner_contracts (
  id uuid primary key default gen_random_uuid(),
  practitioner_id uuid not null references public.practitioners (id) on delete cascade,
  contract_version text not null,
  contract_text text not null,
  signed_at timestamptz,
  ip_address text,
  user_agent text,
  status text not null default 'pending' check (status in ('pending', 'signed', 'expired', 'revoked')),
  expires_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index idx_practitioner_contracts_active on public.practitioner_contracts (practitioner_id, status)
  where status in ('signed', 'pending');
create index idx_practitioner_contracts_practitioner_id on public.practitioner_contracts (practitioner_id);
create index idx_practitioner_contracts_status on public.practitioner_contracts (status);

create table public.profiles (
  id uuid primary key references auth.users (id) on delete cascade,
  full_name text,
  email text,
  avatar_url text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  phone_number text,
  date_of_birth date,
  address text
);

create table public.session_cancellations (
  id uuid primary key default gen_random_uuid(),
  session_id uuid references public.session_schedules (id) on delete cascade,
  user_id uuid not null references auth.users (id),
  cancelled_at timestamptz not null default now(),
  cancellation_type text not null
    check (cancellation_type in ('standard', 'late', 'last_minute', 'grace', 'emergency')),
  hours_before_session numeric(10, 2),
  fee_charged numeric(10, 2),
  fee_currency text not null default 'usd',
  credit_returned numeric(10, 2),
  credit_currency text not null default 'usd',
  reason text,
  approved_by uuid references auth.users (id),
  cancellation_policy_version uuid references public.cancellation_policy (id),
  created_at timestamptz not null default now()
);

create table public.studio_locations (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  address text not null,
  city text,
  province_state text,
  country text default 'CA',
  postal_code text,
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index idx_studio_locations_active on public.studio_locations (is_active) where is_active = true;

create table public.user_notifications (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  notification_type text not null
    check (notification_type in ('session_type_change', 'price_change', 'system_update', 'general')),
  title text not null,
  message text not null,
  related_id uuid,
  read_at timestamptz,
  created_at timestamptz not null default now()
);

create table public.email_logs (
  id uuid primary key default gen_random_uuid(),
  user_id uuid references auth.users (id) on delete set null,
  email_type text not null,
  recipient_email text not null,
  session_id uuid references public.session_schedules (id) on delete set null,
  template_id text,
  message_id text,
  status text not null default 'sent',
  error_message text,
  metadata jsonb default '{}',
  created_at timestamptz not null default now()
);

do $$
declare
  v_table text;
begin
  foreach v_table in array array[
    'cancellation_policy', 'waiver_policy', 'session_recordings', 'action_recommendations', 'practitioner_banking',
    'practitioner_contracts', 'profiles', 'studio_locations'] loop
    execute format('create trigger update_%1$s_updated_at before update on public.%1$I for each row
                    execute function public.update_updated_at_column()', v_table);
  end loop;
  foreach v_table in array array[
    'cancellation_policy', 'waiver_policy', 'liability_waivers', 'session_recordings', 'action_recommendations',
    'practitioner_banking', 'practitioner_contracts', 'profiles', 'session_cancellations', 'studio_locations',
    'user_notifications', 'email_logs'] loop
    execute format('alter table public.%I enable row level security', v_table);
  end loop;
end
$$;

create policy "Admins can manage cancellation policy" on public.cancellation_policy
  for all using (public.has_role(auth.uid(), 'admin'));
create policy "Everyone can view active cancellation policy" on public.cancellation_policy
  for select using (is_active = true);
create policy "Admins can manage waiver policy" on public.waiver_policy
  for all using (public.has_role(auth.uid(), 'admin'));
create policy "Everyone can view active waiver policy" on public.waiver_policy for select using (is_active = true);

create policy "Admins can view all waivers" on public.liability_waivers
  for select to authenticated using (public.has_role(auth.uid(), 'admin'));
create policy "Practitioners can view client waivers" on public.liability_waivers for select using (
  exists (select from public.session_schedules s join public.practitioners p on p.id = s.practitioner_id
           where s.id = session_id and p.user_id = auth.uid()));
create policy "Users can create their own waivers" on public.liability_waivers
  for insert with check (auth.uid() = user_id);
create policy "Users can view their own waivers" on public.liability_waivers for select using (auth.uid() = user_id);

create policy "Admins can manage all recordings" on public.session_recordings
  for all to authenticated using (public.has_role(auth.uid(), 'admin'));
create policy "Clients can view their session recordings" on public.session_recordings for select using (
  exists (select from public.session_schedules s where s.id = session_id and s.client_id = auth.uid()));
create policy "Practitioners can view their session recordings" on public.session_recordings for select using (
  exists (select from public.session_schedules s join public.practitioners p on p.id = s.practitioner_id
           where s.id = session_id and p.user_id = auth.uid()));

create policy "Admins can manage all recommendations" on public.action_recommendations
  for all to authenticated using (public.has_role(auth.uid(), 'admin'));
create policy "Clients can update completion status" on public.action_recommendations
  for update using (auth.uid() = client_id) with check (auth.uid() = client_id);
create policy "Clients can view their recommendations" on public.action_recommendations
  for select using (auth.uid() = client_id);
create policy "Practitioners can create recommendations" on public.action_recommendations for insert with check (
  exists (select from public.practitioners p where p.id = practitioner_id and p.user_id = auth.uid())
  and (session_id is null or exists (
    select from public.session_schedules s where s.id = session_id and s.client_id = action_recommendations.client_id)));
create policy "Practitioners can delete their recommendations" on public.action_recommendations for delete using (
  exists (select from public.practitioners p where p.id = practitioner_id and p.user_id = auth.uid()));
create policy "Practitioners can update their recommendations" on public.action_recommendations for update using (
  exists (select from public.practitioners p where p.id = practitioner_id and p.user_id = auth.uid()));
create policy "Practitioners can view their recommendations" on public.action_recommendations for select using (
  exists (select from public.practitioners p where p.id = practitioner_id and p.user_id = auth.uid()));

create policy "Admins can view all banking" on public.practitioner_banking
  for select to authenticated using (public.has_role(auth.uid(), 'admin'));
create policy "Practitioners can manage own banking" on public.practitioner_banking for all
  using (exists (select from public.practitioners p where p.id = practitioner_id and p.user_id = auth.uid()))
  with check (exists (select from public.practitioners p where p.id = practitioner_id and p.user_id = auth.uid()));

create policy "Admins can manage all contracts" on public.practitioner_contracts
  for all to authenticated using (public.has_role(auth.uid(), 'admin'));
create policy "Practitioners can sign contracts" on public.practitioner_contracts for update
  using (status = 'pending' and exists (
    select from public.practitioners p where p.id = practitioner_id and p.user_id = auth.uid()))
  with check (exists (select from public.practitioners p where p.id = practitioner_id and p.user_id = auth.uid()));
create policy "Practitioners can view own contracts" on public.practitioner_contracts for select using (
  exists (select from public.practitioners p where p.id = practitioner_id and p.user_id = auth.uid()));

create policy "Admins can view all profiles" on public.profiles
  for select using (public.has_role(auth.uid(), 'admin'));
create policy "Practitioners can view client profiles" on public.profiles for select using (
  exists (select from public.session_schedules s join public.practitioners p on p.id = s.practitioner_id
           where s.client_id = profiles.id and p.user_id = auth.uid()));
create policy "Users can insert own profile" on public.profiles for insert with check (auth.uid() = id);
create policy "Users can update own profile" on public.profiles for update using (auth.uid() = id);
create policy "Users can view own profile" on public.profiles for select using (auth.uid() = id);

create policy "Admins can view all cancellations" on public.session_cancellations
  for all using (public.has_role(auth.uid(), 'admin'));
create policy "Practitioners can view their session cancellations" on public.session_cancellations for select using (
  exists (select from public.session_schedules s join public.practitioners p on p.id = s.practitioner_id
           where s.id = session_id and p.user_id = auth.uid()));
create policy "Users can view their own cancellations" on public.session_cancellations
  for select using (auth.uid() = user_id);

create policy "Admins can manage studio locations" on public.studio_locations for all to authenticated
  using (public.has_role(auth.uid(), 'admin')) with check (public.has_role(auth.uid(), 'admin'));
create policy "Anyone can view active studio locations" on public.studio_locations for select using (is_active = true);

create policy "Admins can create notifications" on public.user_notifications
  for insert to authenticated with check (public.has_role(auth.uid(), 'admin'));
create policy "Users can update their own notifications" on public.user_notifications
  for update using (auth.uid() = user_id);
create policy "Users can view their own notifications" on public.user_notifications
  for select using (auth.uid() = user_id);

create policy "Admins can view email logs" on public.email_logs
  for select using (public.has_role(auth.uid(), 'admin'));
create policy "Service role can insert email logs" on public.email_logs for insert to service_role with check (true);


-- What we do not make, and what goes on working (§3.3).

create table public.settings (
  id uuid primary key default gen_random_uuid(),
  key text not null unique,
  value jsonb not null,
  description text,
  category text not null default 'general'
    check (category in ('general', 'payment', 'security', 'email', 'features')),
  updated_by uuid references auth.users (id),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create table public.session_type_changes (
  id uuid primary key default gen_random_uuid(),
  session_type_id uuid references public.session_types (id) on delete cascade,
  change_type text not null check (change_type in ('created', 'updated', 'deleted')),
  changed_by uuid not null references auth.users (id),
  old_data jsonb,
  new_data jsonb,
  change_summary text,
  notify_users boolean not null default true,
  notified_at timestamptz,
  created_at timestamptz not null default now()
);
create table public.videos (
  id uuid primary key default gen_random_uuid(),
  title text not null,
  description text,
  video_url text,
  thumbnail_url text,
  duration text,
  category text not null default 'general'
    check (category in ('essential', 'tutorials', 'guide', 'general', 'step-by-step')),
  display_location text not null default 'sidebar' check (display_location in ('sidebar', 'step-by-step', 'both')),
  icon_name text,
  icon_color text,
  display_order integer not null default 0,
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create table public.practitioner_applications (
  id uuid primary key default gen_random_uuid(),
  first_name text not null,
  last_name text not null,
  email text not null,
  phone text,
  city text,
  country text,
  years_experience text,
  specializations text[],
  certifications text,
  current_practice text,
  personal_story text,
  why_join text,
  availability text,
  status text not null default 'pending' check (status in ('pending', 'approved', 'rejected')),
  reviewed_by uuid references auth.users (id),
  reviewed_at timestamptz,
  review_notes text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create table public.newsletter_subscriptions (
  id uuid primary key default gen_random_uuid(),
  email text not null unique,
  name text,
  subscribed_at timestamptz not null default now(),
  unsubscribed_at timestamptz,
  is_active boolean not null default true,
  source text,
  metadata jsonb default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create table public.faq_sections (
  id uuid primary key default gen_random_uuid(),
  title text not null,
  display_order integer not null default 0,
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create table public.faq_questions (
  id uuid primary key default gen_random_uuid(),
  section_id uuid not null references public.faq_sections (id) on delete cascade,
  question text not null,
  answer text not null,
  display_order integer not null default 0,
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create table public.readiness_test_questions (
  id uuid primary key default gen_random_uuid(),
  question text not null,
  display_order integer not null default 0,
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create table public.readiness_test_options (
  id uuid primary key default gen_random_uuid(),
  question_id uuid not null references public.readiness_test_questions (id) on delete cascade,
  label text not null,
  option_text text not null,
  score integer not null check (score between 0 and 4),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create table public.readiness_test_results (
  id uuid primary key default gen_random_uuid(),
  min_score integer not null,
  max_score integer not null,
  title text not null,
  description text,
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

do $$
declare
  v_table text;
begin
  foreach v_table in array array[
    'settings', 'videos', 'practitioner_applications', 'newsletter_subscriptions', 'faq_sections', 'faq_questions',
    'readiness_test_questions', 'readiness_test_options', 'readiness_test_results'] loop
    execute format('create trigger update_%1$s_updated_at before update on public.%1$I for each row
                    execute function public.update_updated_at_column()', v_table);
    execute format('alter table public.%I enable row level security', v_table);
  end loop;
  foreach v_table in array array['videos', 'faq_sections', 'faq_questions', 'readiness_test_questions',
                                 'readiness_test_results'] loop
    execute format('create policy "Anyone can view active %1$s" on public.%1$I for select using (is_active = true)', v_table);
    execute format('create policy "Admins can manage %1$s" on public.%1$I for all
                    using (public.has_role(auth.uid(), ''admin''))', v_table);
  end loop;
end
$$;
alter table public.session_type_changes enable row level security;
create policy "Anyone can view options" on public.readiness_test_options for select using (true);
create policy "Admins can manage options" on public.readiness_test_options for all
  using (public.has_role(auth.uid(), 'admin'));
create policy "Anyone can view settings" on public.settings for select using (true);
create policy "Admins can manage settings" on public.settings for all to authenticated
  using (public.has_role(auth.uid(), 'admin')) with check (public.has_role(auth.uid(), 'admin'));
create policy "Anyone can view session type changes" on public.session_type_changes for select using (true);
create policy "Admins can log session type changes" on public.session_type_changes for insert to authenticated
  with check (public.has_role(auth.uid(), 'admin'));
create policy "Anyone can apply" on public.practitioner_applications for insert with check (true);
create policy "Admins can view applications" on public.practitioner_applications for select
  using (public.has_role(auth.uid(), 'admin'));
create policy "Admins can review applications" on public.practitioner_applications for update
  using (public.has_role(auth.uid(), 'admin'));
create policy "Anyone can subscribe" on public.newsletter_subscriptions for insert with check (true);
create policy "Admins can view subscriptions" on public.newsletter_subscriptions for select to authenticated
  using (public.has_role(auth.uid(), 'admin'));
create policy "Users can view own subscription" on public.newsletter_subscriptions for select to authenticated
  using (email = (select u.email from auth.users u where u.id = auth.uid()));


-- Functions (§3.4) and their triggers.

create function public.encrypt_banking_info(p_account_number text, p_routing_number text, p_encryption_key text)
  returns table (encrypted_account_number text, encrypted_routing_number text)
  language plpgsql security definer set search_path = public
as $$
begin
  return query select encode(pgp_sym_encrypt(p_account_number, p_encryption_key), 'base64'),
                      encode(pgp_sym_encrypt(p_routing_number, p_encryption_key), 'base64');
end
$$;

create function public.decrypt_banking_info(
  p_encrypted_account_number text, p_encrypted_routing_number text, p_encryption_key text)
  returns table (account_number text, routing_number text)
  language plpgsql security definer set search_path = public
as $$
begin
  return query select pgp_sym_decrypt(decode(p_encrypted_account_number, 'base64'), p_encryption_key),
                      pgp_sym_decrypt(decode(p_encrypted_routing_number, 'base64'), p_encryption_key);
end
$$;

create function public.increment_group_class_participants(group_class_id uuid, increment_by integer default 1)
  returns table (id uuid, current_participants integer, max_participants integer)
  language plpgsql security definer
as $$
begin
  return query
    update public.session_schedules
       set current_participants = least(current_participants + increment_by, max_participants)
     where id = group_class_id
    returning id, current_participants, max_participants;
end
$$;

create function public.create_practitioner_from_email(
  p_email text, p_name text, p_bio text default null, p_specialization text default null,
  p_half_hour_rate numeric default null, p_avatar_url text default null) returns uuid
  language plpgsql security definer set search_path = public
as $$
declare
  v_user_id uuid;
  v_id uuid;
begin
  select id into v_user_id from auth.users where email = p_email;
  insert into practitioners (user_id, name, bio, specialization, half_hour_rate, avatar_url)
  values (v_user_id, p_name, p_bio, p_specialization, p_half_hour_rate, p_avatar_url) returning id into v_id;
  insert into user_roles (user_id, role) values (v_user_id, 'practitioner') on conflict do nothing;
  return v_id;
end
$$;

create function public.notify_users_session_type_change() returns trigger
  language plpgsql security definer
as $$
declare
  v_user record;
begin
  if new.notify_users then
    for v_user in select id from auth.users loop
      insert into public.user_notifications (user_id, notification_type, title, message, related_id)
      values (v_user.id, 'session_type_change', 'Session types changed', coalesce(new.change_summary, 'Changed'),
              new.session_type_id);
    end loop;
  end if;
  return new;
end
$$;
create trigger on_session_type_change after insert on public.session_type_changes
  for each row execute function public.notify_users_session_type_change();

create function public.sync_user_profile() returns trigger
  language plpgsql security definer
as $$
begin
  insert into public.profiles (id, email, full_name, phone_number, date_of_birth, address)
  values (new.id, new.email, new.raw_user_meta_data ->> 'full_name', new.raw_user_meta_data ->> 'phone_number',
          (new.raw_user_meta_data ->> 'date_of_birth')::date, new.raw_user_meta_data ->> 'address')
  on conflict (id) do update set
    email = excluded.email,
    full_name = coalesce(excluded.full_name, profiles.full_name),
    phone_number = coalesce(excluded.phone_number, profiles.phone_number),
    date_of_birth = coalesce(excluded.date_of_birth, profiles.date_of_birth),
    address = coalesce(excluded.address, profiles.address),
    updated_at = now();
  return new;
end
$$;
create trigger on_auth_user_created_or_updated after insert or update on auth.users
  for each row execute function public.sync_user_profile();

create function public.send_welcome_email() returns trigger
  language plpgsql security definer
as $$
begin
  return new;  -- does nothing: the page calls the function of this name
end
$$;

-- Made by hand in the dashboard, as its documents say.
insert into storage.buckets (id, name, public) values ('session-recordings', 'session-recordings', false);

-- In B the clock trigger's search path is not pinned.
alter function public.update_updated_at_column() reset search_path;

grant all on all tables in schema public to anon, authenticated, service_role;
grant all on all routines in schema public to anon, authenticated, service_role;
