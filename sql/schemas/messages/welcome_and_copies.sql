-- Messages that no other part writes: a welcome, a copy of the waiver, and that a recording is ready.

-- One welcome for each account, for good: the mail's own row may be gone by then.
create unique index outbox_welcomes_once on private.outbox (user_id) where kind = 'welcome';

-- Only an address that is confirmed is written to: anybody can sign up with somebody else's, under whatever name.
create function private.welcome(account auth.users) returns void
  language sql volatile set search_path = ''
as $$
  insert into private.outbox (kind, user_id)
  select 'welcome', (account).id
   where (account).email <> ''
     and coalesce(to_jsonb(account) ->> 'email_confirmed_at', case when to_jsonb(account) ? 'email_confirmed_at' then null
                                                                   else 'no confirmation asked' end) is not null
  on conflict (user_id) where kind = 'welcome' do nothing;
$$;

-- Definer: the auth service makes accounts and writes no messages.
create function private.welcome_account() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.welcome(new);
  return null;
exception when others then
  -- A welcome that is not sent is a nuisance; an account that cannot be made is a lost person.
  raise warning 'account % not welcomed: %', new.id, sqlerrm;
  return null;
end
$$;

-- After users_have_profiles, by its name: a welcome names whom it welcomes.
create trigger users_z_are_welcome after insert on auth.users
  for each row execute function private.welcome_account();
create trigger users_z_are_welcome_once_confirmed after update on auth.users
  for each row
  when (to_jsonb(old) ->> 'email_confirmed_at' is null and to_jsonb(new) ->> 'email_confirmed_at' is not null)
  execute function private.welcome_account();

-- Definer: nobody reads or writes the outbox.
create function private.tell_of_waiver() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.put_in_outbox('waiver_signed', new.user_id, new.session_id, jsonb_build_object('waiver_id', new.id));
  return null;
end
$$;

create trigger liability_waivers_70_tell after insert on public.liability_waivers
  for each row execute function private.tell_of_waiver();

-- Definer: as above. A class's recording is told to each who has a seat, by the row that stands under their own session.
create function private.tell_of_recording() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.put_in_outbox('recording_ready', s.client_id, s.id, jsonb_build_object(
            'recording_id', new.id, 'practitioner_id', s.practitioner_id, 'scheduled_at', s.scheduled_at,
            'group_class_id', s.group_class_id))
     from public.session_schedules s where s.id = new.session_id;
  return null;
end
$$;

create trigger session_recordings_70_tell_when_inserted after insert on public.session_recordings
  for each row when (new.status = 'completed') execute function private.tell_of_recording();
create trigger session_recordings_70_tell after update of status on public.session_recordings
  for each row when (new.status = 'completed' and old.status <> 'completed') execute function private.tell_of_recording();

revoke execute on function private.welcome, private.welcome_account, private.tell_of_waiver,
  private.tell_of_recording from public, anon, authenticated, service_role;
