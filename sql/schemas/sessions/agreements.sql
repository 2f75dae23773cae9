-- Agreements: what the client agreed to, kept once somebody changes it, and who changed the session last.
--
--   no row                          nobody has changed it: what stands is what was agreed
--   a row that says what stands     the client made the change, said yes to it, or it was changed back
--   a row that says something else  somebody but the client changed it: until the start they may leave freely
--
-- So they may of what their practitioner has asked about (series/time_off_questions.sql).
--
-- Terms, mails and calendar files ask `get_free_until`, so none of them knows who may change what. A session's name is
-- no part of what is agreed. Time, length, place, form and practitioner are.

create table private.session_agreements (
  session_id        uuid        primary key references public.session_schedules on delete cascade,
  scheduled_at      timestamptz not null,
  duration_minutes  integer     not null,
  practitioner_id   uuid        not null,
  session_location  text        not null,
  physical_location text,
  agreed_at         timestamptz not null default now(),
  changed_by        text        not null check (changed_by in ('client', 'practitioner', 'admin', 'platform')),
  changed_at        timestamptz not null default now(),

  constraint session_agreements_scheduled_at_is_in_range check (scheduled_at between '2000-01-01' and '2100-01-01'),
  constraint session_agreements_duration_minutes_is_in_range check (duration_minutes between 1 and 1440),
  constraint session_agreements_texts_are_short check (
    char_length(session_location) <= 50 and char_length(physical_location) <= 500)
);
comment on table private.session_agreements is 'Sessions that were changed: what their client agreed to, and who changed them.';
comment on column private.session_agreements.practitioner_id is
  'No foreign key: what was agreed stays agreed when that practitioner is gone.';
comment on column private.session_agreements.changed_by is 'Whose change was the last. The audit log has the person.';

alter table private.session_agreements enable row level security;
-- No grant and no policy: a page could otherwise write itself better terms.

-- Whether somebody but the client changed the session since they agreed to it.
create function private.has_unagreed_change(session public.session_schedules) returns boolean
  language sql stable set search_path = ''
as $$
  select exists (
    select from private.session_agreements a
     where a.session_id = (session).id
       and (a.scheduled_at, a.duration_minutes, a.practitioner_id, a.session_location, a.physical_location)
           is distinct from ((session).scheduled_at, (session).duration_minutes, (session).practitioner_id,
                             (session).session_location, (session).physical_location));
$$;

-- Or wishes to change it, and has asked.
create function private.may_leave_freely(session public.session_schedules) returns boolean
  language sql stable set search_path = ''
as $$
  select private.has_unagreed_change(session) or private.is_asked_about(session);
$$;

-- Until when the client leaves or moves the session without losing anything.
create function private.get_free_until(session public.session_schedules) returns timestamptz
  language sql stable set search_path = ''
as $$
  select case when private.may_leave_freely(session) then (session).scheduled_at
    else (session).scheduled_at
         - make_interval(hours => (private.get_cancellation_policy(session)).standard_cancellation_hours) end;
$$;

-- The session as it stands is what the client agreed to.
create function private.agree_to_session(session public.session_schedules) returns void
  language sql volatile set search_path = ''
as $$
  update private.session_agreements a
     set scheduled_at = (session).scheduled_at, duration_minutes = (session).duration_minutes,
         practitioner_id = (session).practitioner_id, session_location = (session).session_location,
         physical_location = (session).physical_location, agreed_at = now()
   where a.session_id = (session).id;
$$;

-- Definer: nobody may write what was agreed.
create function private.record_session_change() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  -- Whoever takes a session over had no part in it before.
  v_by text := coalesce(private.get_caller_role(old), private.get_caller_role(new), 'platform');
begin
  insert into private.session_agreements as a (
    session_id, scheduled_at, duration_minutes, practitioner_id, session_location, physical_location, agreed_at, changed_by)
  values (old.id, old.scheduled_at, old.duration_minutes, old.practitioner_id, old.session_location,
          old.physical_location, coalesce(old.cancellation_policy_agreed_at, old.created_at, now()), v_by)
  on conflict (session_id) do update set changed_by = excluded.changed_by, changed_at = now();
  if v_by = 'client' then
    perform private.agree_to_session(new);
  end if;
  return null;
end
$$;

revoke execute on function private.has_unagreed_change, private.may_leave_freely, private.get_free_until,
  private.agree_to_session, private.record_session_change from public, anon, authenticated, service_role;
