-- Refused picks: what somebody wanted to book and had no credit for, so that they can still pay for it.
--
-- The pages take a lot without a type for good for anything and offer no payment; the refusal names the page to pay at
-- (credits/credit_lots.sql), and that page finds here what was picked, the last for each person. A refusal leaves
-- nothing behind, so it is kept beside it: by book-session-with-credit after the refusal, and of a class by
-- `increment_group_class_participants`, which the pages call just before they insert the seat.

create table public.refused_picks (
  user_id           uuid primary key references auth.users (id) on delete cascade,
  practitioner_id   uuid        not null references public.practitioners (id) on delete cascade,
  scheduled_at      timestamptz not null,
  session_type_id   uuid        not null references public.session_types (id) on delete cascade,
  session_location  text        not null,
  physical_location text,
  group_class_id    uuid references public.session_schedules (id) on delete cascade,
  notes             text,
  picked_at         timestamptz not null default now(),

  constraint refused_picks_location_is_known check (session_location in ('online', 'in_person')),
  constraint refused_picks_texts_are_short check (char_length(physical_location) <= 500 and char_length(notes) <= 2000),
  constraint refused_picks_times_are_in_range check (
    scheduled_at between '2000-01-01' and '2100-01-01' and picked_at between '2000-01-01' and '2100-01-01')
);
comment on table public.refused_picks is 'What somebody last wanted to book without a credit that was good for it.';
comment on column public.refused_picks.user_id is 'Who picked it.';
comment on column public.refused_picks.practitioner_id is 'The practitioner it belongs to.';
comment on column public.refused_picks.scheduled_at is 'When the session begins.';
comment on column public.refused_picks.session_type_id is 'The kind of session: session_types.id.';
comment on column public.refused_picks.session_location is 'Where it is held: online or in_person.';
comment on column public.refused_picks.physical_location is
  'The studio''s name and address, where it is held in person.';
comment on column public.refused_picks.group_class_id is 'The class, where this is a seat in one.';
comment on column public.refused_picks.notes is 'What they wrote for the practitioner.';
comment on column public.refused_picks.picked_at is 'When it was picked.';

create index refused_picks_practitioner_id_idx on public.refused_picks (practitioner_id);
create index refused_picks_session_type_id_idx on public.refused_picks (session_type_id);
create index refused_picks_group_class_id_idx on public.refused_picks (group_class_id);

alter table public.refused_picks enable row level security;

create policy "people read their own pick, admins all"
  on public.refused_picks for select to authenticated
  using (user_id = (select auth.uid()) or (select private.is_admin()));

revoke all on public.refused_picks from anon, authenticated, service_role;
grant select on public.refused_picks to authenticated, service_role;
-- No insert, update or delete for people: the functions below keep one.

-- Definer: people may not write picks. It keeps nothing that cannot be sold.
create function private.keep_refused_pick(
  practitioner_id uuid, scheduled_at timestamptz, session_type_id uuid, duration_minutes integer, session_type text,
  session_location text, physical_location text, group_class_id uuid, notes text) returns void
  language sql volatile security definer set search_path = ''
as $$
  insert into public.refused_picks as k (
    user_id, practitioner_id, scheduled_at, session_type_id, session_location, physical_location, group_class_id, notes)
  select auth.uid(), p.id, keep_refused_pick.scheduled_at, t.id, keep_refused_pick.session_location,
         keep_refused_pick.physical_location, keep_refused_pick.group_class_id, left(keep_refused_pick.notes, 2000)
    from public.practitioners p
    join public.session_types t
      on t.is_active and t.is_group = (keep_refused_pick.group_class_id is not null)
     and t.duration_minutes = keep_refused_pick.duration_minutes
     and case when keep_refused_pick.session_type_id is not null then t.id = keep_refused_pick.session_type_id
              else t.session_type = coalesce(keep_refused_pick.session_type, t.session_type) end
   where p.id = keep_refused_pick.practitioner_id and auth.uid() is not null
   order by t.session_type = 'standing' desc, t.id limit 1
  on conflict (user_id) do update
    set practitioner_id = excluded.practitioner_id, scheduled_at = excluded.scheduled_at,
        session_type_id = excluded.session_type_id, session_location = excluded.session_location,
        physical_location = excluded.physical_location, group_class_id = excluded.group_class_id, notes = excluded.notes,
        picked_at = now();
$$;

create function public.keep_refused_pick(
  practitioner_id uuid, scheduled_at timestamptz, duration_minutes integer, session_type_id uuid default null,
  session_type text default 'standing', session_location text default 'online', physical_location text default null,
  notes text default null) returns table (pay_at text)
  language plpgsql volatile security invoker set search_path = ''
as $$
begin
  perform private.limit_use('picks kept', (select auth.uid()));
  perform private.keep_refused_pick(
    keep_refused_pick.practitioner_id, keep_refused_pick.scheduled_at, keep_refused_pick.session_type_id,
    keep_refused_pick.duration_minutes, keep_refused_pick.session_type, keep_refused_pick.session_location,
    keep_refused_pick.physical_location, null, keep_refused_pick.notes);
  pay_at := private.pages_origin() || '/pay-session';
  return next;
end
$$;
comment on function public.keep_refused_pick is
  'Keeps what was picked, for the page to pay at: the last pick of each person. Gives that page''s address, if it has one.';

-- A class that the caller has credits for, though none that is good for it; or that is full: by the mail they can wait
-- for a seat, since the pages have no button for it.
-- Definer: it reads credits and others' seats, and writes the pick.
create function private.keep_refused_class(group_class_id uuid) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_class public.session_schedules;
begin
  select * into v_class from public.session_schedules s
   where s.id = keep_refused_class.group_class_id and private.is_class(s) and s.status = 'scheduled' and s.scheduled_at > now();
  if found and auth.uid() is not null and private.count_taken_seats(v_class.id)
     + private.count_held_seats(v_class.id, auth.uid()) >= v_class.max_participants then
    perform private.publish_full_class(v_class);
  elsif found and exists (select from public.user_session_credits c where c.user_id = auth.uid() and c.credits_remaining > 0)
     and not exists (select from private.list_good_lots(
                       auth.uid(), private.list_class_session_type_ids(v_class), v_class.duration_minutes, true)) then
    perform private.limit_use('picks kept', auth.uid());
    perform private.keep_refused_pick(
      v_class.practitioner_id, v_class.scheduled_at, v_class.session_type_id, v_class.duration_minutes, null,
      v_class.session_location, v_class.physical_location, v_class.id, null);
  end if;
end
$$;

create function public.increment_group_class_participants(group_class_id uuid, increment_by integer default 1)
  returns table (id uuid, current_participants integer, max_participants integer)
  language plpgsql volatile security invoker set search_path = ''
as $$
#variable_conflict use_column
begin
  perform private.keep_refused_class(increment_group_class_participants.group_class_id);
  return query
    select s.id, s.current_participants, s.max_participants from public.session_schedules s
     where s.id = increment_group_class_participants.group_class_id and s.max_participants > 1 and s.group_class_id is null;
end
$$;
comment on function public.increment_group_class_participants is
  'Returns how full a class is: the pages call it before they insert a seat, and the seat is counted.';

revoke execute on function private.keep_refused_pick, public.keep_refused_pick, private.keep_refused_class,
  public.increment_group_class_participants from public, anon, authenticated, service_role;
-- The two public ones run as the person who calls them.
grant execute on function private.keep_refused_pick, public.keep_refused_pick, private.keep_refused_class,
  public.increment_group_class_participants to authenticated;
