-- Legal holds: a recording that may be needed as evidence is not erased, whoever asks and however old it is.
--
--   held -> released
--
-- A hold is on a person, with every recording they may be in, or on a session or class. It is released, never deleted.

create table public.legal_holds (
  id          uuid        primary key default gen_random_uuid(),
  user_id     uuid,
  session_id  uuid,
  reason      text        not null,
  placed_by   uuid        default auth.uid(),
  placed_at   timestamptz not null default now(),
  released_at timestamptz,

  constraint legal_holds_have_one_subject check (num_nonnulls(user_id, session_id) = 1),
  constraint legal_holds_have_a_reason check (btrim(reason) <> ''),
  constraint legal_holds_reason_is_short check (char_length(reason) <= 2000),
  constraint legal_holds_released_at_is_in_range check (released_at between '2000-01-01' and '2100-01-01')
);
comment on table public.legal_holds is 'No foreign keys: a hold outlives the account it is on, and who placed it.';
comment on column public.legal_holds.id is 'Of the row; made here.';
comment on column public.legal_holds.user_id is 'Whose rows are kept.';
comment on column public.legal_holds.session_id is 'Or of which session.';
comment on column public.legal_holds.reason is 'In words, for whoever reads it later.';
comment on column public.legal_holds.placed_by is 'The admin who placed it.';
comment on column public.legal_holds.placed_at is 'When.';
comment on column public.legal_holds.released_at is 'When it ended; null: it holds.';

create index legal_holds_user_id_idx on public.legal_holds (user_id) where released_at is null;
create index legal_holds_session_id_idx on public.legal_holds (session_id) where released_at is null;

alter table public.legal_holds enable row level security;

create policy "admins read legal holds"
  on public.legal_holds for select to authenticated using ((select private.is_admin()));
create policy "admins place legal holds"
  on public.legal_holds for insert to authenticated with check ((select private.is_admin()));
create policy "admins release legal holds"
  on public.legal_holds for update to authenticated using ((select private.is_admin()));

revoke all on public.legal_holds from anon, authenticated, service_role;
grant select, insert (user_id, session_id, reason), update (released_at) on public.legal_holds to authenticated;
grant select on public.legal_holds to service_role;
-- No delete: that there was a hold is evidence too.

-- By the server's clock, and once: a released hold stays released.
create function private.set_legal_hold_released_at() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if old.released_at is not null then
    perform private.refuse(409, 'hold_released', 'This hold was released. Place a new one.');
  end if;
  new.released_at := now();
  return new;
end
$$;

create trigger legal_holds_set_released_at before update on public.legal_holds
  for each row when (new.released_at is not null) execute function private.set_legal_hold_released_at();
create trigger audit_legal_holds after insert or update on public.legal_holds
  for each row execute function private.write_audit_log();

-- Everybody who may be seen or heard in a recording of this session.
create function private.list_possibly_recorded_users(session public.session_schedules) returns setof uuid
  language sql stable set search_path = ''
as $$
  select p.user_id from public.practitioners p where p.id = (session).practitioner_id and p.user_id is not null
  union
  select (session).client_id where (session).group_class_id is null and coalesce((session).max_participants, 1) <= 1
  union
  -- Whoever was admitted to the channel.
  select a.user_id from private.channel_admissions a where a.session_id = (session).id;
$$;

-- Definer: only admins may read holds.
create function private.is_recording_under_legal_hold(recording public.session_recordings) returns boolean
  language sql stable security definer set search_path = ''
as $$
  select exists (
    select from public.session_recordings r
      join public.session_schedules s on s.id = r.session_id
      join public.legal_holds h on h.released_at is null
       and (h.user_id in (select private.list_possibly_recorded_users(s))
            or h.session_id in (select s.id union
                                select seat.id from public.session_schedules seat where seat.group_class_id = s.id))
     where r.id = coalesce((recording).class_recording_id, (recording).id));
$$;

-- The same of all recordings at once, from the holds to the recordings: to ask about each of thousands takes too long.
-- Definer: as above.
create function private.recording_ids_under_legal_hold() returns setof uuid
  language sql stable security definer set search_path = ''
as $$
  with holds as (select h.user_id, h.session_id from public.legal_holds h where h.released_at is null),
  held as (
    select s.id from holds h join public.practitioners p on p.user_id = h.user_id
      join public.session_schedules s on s.practitioner_id = p.id
    union
    select s.id from holds h join public.session_schedules s on s.client_id = h.user_id
     where s.group_class_id is null and coalesce(s.max_participants, 1) <= 1
    union
    select a.session_id from holds h join private.channel_admissions a on a.user_id = h.user_id
    union
    -- A class by its own hold, or by that of a seat.
    select unnest(array[s.id, s.group_class_id]) from holds h join public.session_schedules s on s.id = h.session_id
  ), recordings as (
    select r.id from held join public.session_recordings r on r.session_id = held.id and r.class_recording_id is null
  )
  select r.id from recordings r
  union all
  select participants.id from recordings r join public.session_recordings participants on participants.class_recording_id = r.id;
$$;

revoke execute on function private.set_legal_hold_released_at, private.list_possibly_recorded_users,
  private.recording_ids_under_legal_hold, private.is_recording_under_legal_hold from public, anon, authenticated, service_role;
grant execute on function private.recording_ids_under_legal_hold, private.is_recording_under_legal_hold to service_role;
