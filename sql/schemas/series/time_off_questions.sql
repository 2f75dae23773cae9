-- Sessions whose practitioner wants to be away then, and has asked their client. Until it is answered the session
-- stands; whoever leaves because they were asked leaves freely (sessions/agreements.sql). About a class nobody is
-- asked: whoever can move it or give it away is told (collisions.sql). Written by time_off.sql.

create table private.time_off_questions (
  session_id      uuid        primary key references public.session_schedules (id) on delete cascade,
  practitioner_id uuid        not null references public.practitioners (id) on delete cascade,
  starts_at       timestamptz not null,
  ends_at         timestamptz not null,
  asked_at        timestamptz not null default now(),

  constraint time_off_questions_start_before_they_end check (starts_at < ends_at),
  constraint time_off_questions_times_are_in_range check (
    starts_at between '2000-01-01' and '2100-01-01' and ends_at between '2000-01-01' and '2100-01-01')
);
comment on table private.time_off_questions is
  'Which sessions stand in the way of time off, and what of it is taken once they are moved or cancelled.';

comment on column private.time_off_questions.practitioner_id is
  'Who wants to be away. Once somebody else leads the session, the question is over.';

create index time_off_questions_practitioner_id_idx on private.time_off_questions (practitioner_id);

alter table private.time_off_questions enable row level security;
-- No grant and no policy: the functions of time_off.sql are the only way.

-- Whether it was asked about the time and the practitioner that the session has now. Once they are others, it is over.
create function private.is_asked_about(session public.session_schedules) returns boolean
  language sql stable set search_path = ''
as $$
  select exists (
    select from private.time_off_questions q
     where q.session_id = (session).id and q.practitioner_id = (session).practitioner_id
       and tstzrange(q.starts_at, q.ends_at)
           && tstzrange((session).scheduled_at, (session).scheduled_at + make_interval(mins => (session).duration_minutes)));
$$;

revoke execute on function private.is_asked_about from public, anon, authenticated, service_role;
