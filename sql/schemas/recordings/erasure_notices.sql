-- Erasure notices: seven days before a recording is erased because its retention is over, its people are told, while
-- they can still download it.
--
--   kept -> told (ends_at) -> queued for erasure, not before ends_at
--
-- Once for each recording; again only if its end was moved to later than they were told. Nobody is told of a recording
-- that is closed already, as after a withdrawal, nor of one under a legal hold: it is not erased, and once the hold is
-- released they are told as of any other. What is kept for less than seven days, by a rule of its session, is erased
-- when that says.

create table private.recording_erasure_notices (
  recording_id uuid        primary key references public.session_recordings on delete cascade,
  ends_at      timestamptz not null,
  told_at      timestamptz not null default now(),

  constraint recording_erasure_notices_give_time check (ends_at >= told_at),
  constraint recording_erasure_notices_ends_at_is_in_range check (ends_at between '2000-01-01' and '2200-01-01')
);
comment on column private.recording_erasure_notices.ends_at is 'As they were told: it is not erased before.';

alter table private.recording_erasure_notices enable row level security;
-- No policy: only the service writes it, through the functions below.
grant select, insert, update on private.recording_erasure_notices to service_role;

create function private.recording_notice_period() returns interval
  language sql immutable set search_path = ''
as $$
  select interval '7 days';
$$;

-- When a recording's retention is over; null is never. Counted from the end of the recording.
create function private.recording_retention_ends_at(recording public.session_recordings) returns timestamptz
  language sql stable set search_path = ''
as $$
  select coalesce((recording).ended_at, (recording).completed_at, (recording).created_at)
         + make_interval(days => private.recording_retention_days(recording));
$$;

-- Those whose retention is over within the notice period, or by a rule of their own may be: few of all there are. By
-- index, because every run asks.
create index session_recordings_ended_at_idx on public.session_recordings ((coalesce(ended_at, completed_at, created_at)));

create function private.expiring_recording_ids() returns setof uuid
  language sql stable set search_path = ''
as $$
  select r.id from public.session_recordings r
   where coalesce(r.ended_at, r.completed_at, r.created_at) < now() + private.recording_notice_period() - (
           select make_interval(days => p.retention_days) from public.data_retention_policies p
            where p.table_name = 'session_recordings' and p.auto_delete)
  union
  select r.id from public.recording_rules rule join public.session_recordings r on r.session_id = rule.session_id
   where rule.retention_days is not null;
$$;

-- Whether its people are told before it is erased. A recording that failed has nothing to download.
create function private.is_erasure_told(recording public.session_recordings) returns boolean
  language sql stable set search_path = ''
as $$
  select (recording).status = 'completed'
     and make_interval(days => private.recording_retention_days(recording)) >= private.recording_notice_period();
$$;

create function private.may_erase_after_retention(recording public.session_recordings) returns boolean
  language sql stable set search_path = ''
as $$
  select private.recording_retention_ends_at(recording) < now()
     and (not private.is_erasure_told(recording)
          or exists (select from private.recording_erasure_notices n
                      where n.recording_id = (recording).id and n.ends_at <= now()
                        and n.ends_at > private.recording_retention_ends_at(recording) - private.recording_notice_period()));
$$;

-- Definer: nobody writes the outbox.
create function private.tell_of_erasure(recording_id uuid, ends_at timestamptz) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  -- Its people: client and practitioner, and of a class whoever has a row of their own.
  perform private.publish_event('recording_ending', s.client_id, s.id, jsonb_build_object(
           'recording_id', r.id, 'practitioner_id', s.practitioner_id, 'scheduled_at', s.scheduled_at,
           'group_class_id', s.group_class_id, 'expires_at', tell_of_erasure.ends_at))
    from public.session_recordings r join public.session_schedules s on s.id = r.session_id
   where tell_of_erasure.recording_id in (r.id, r.class_recording_id)
     and not exists (select from private.recording_erasure_queue q where q.recording_id = r.id);
end
$$;

create function private.tell_of_erasures(max_rows integer) returns integer
  language plpgsql volatile set search_path = ''
as $$
declare
  v_notice private.recording_erasure_notices;
  v_count  integer := 0;
begin
  for v_notice in
    insert into private.recording_erasure_notices as n (recording_id, ends_at)
    select r.id, greatest(private.recording_retention_ends_at(r), now() + private.recording_notice_period())
      from public.session_recordings r
     where r.id = any (array(select private.expiring_recording_ids()))
       and r.class_recording_id is null and private.is_erasure_told(r)
       and private.recording_retention_ends_at(r) < now() + private.recording_notice_period()
       and not exists (select from private.recording_erasure_queue q where q.recording_id = r.id)
       and not exists (select from private.recording_erasure_notices told
                        where told.recording_id = r.id
                          and told.ends_at > private.recording_retention_ends_at(r) - private.recording_notice_period())
       and r.id not in (select private.recording_ids_under_legal_hold())
     limit tell_of_erasures.max_rows
    on conflict on constraint recording_erasure_notices_pkey
      do update set ends_at = excluded.ends_at, told_at = excluded.told_at
    returning n.*
  loop
    perform private.tell_of_erasure(v_notice.recording_id, v_notice.ends_at);
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$$;

revoke execute on function private.recording_notice_period, private.recording_retention_ends_at,
  private.expiring_recording_ids,
  private.is_erasure_told, private.may_erase_after_retention, private.tell_of_erasure, private.tell_of_erasures
  from public, anon, authenticated, service_role;
grant execute on function private.recording_notice_period, private.recording_retention_ends_at,
  private.expiring_recording_ids,
  private.is_erasure_told, private.may_erase_after_retention, private.tell_of_erasure, private.tell_of_erasures
  to service_role;
