-- Recordings home: one for each session, the newest that plays, or else the newest. What was under way ended with the
-- functions that knew of it. A link that the platform stored plays for as long as it does there.
call legacy.bring_home('session_recordings',
  columns => 'id, session_id, agora_resource_id, agora_sid, recording_url, storage_path, duration_seconds,
              file_size_bytes, status, started_at, completed_at, created_at, updated_at, failure_code, failure_reason',
  home => $$r.id, r.session_id, r.agora_resource_id, r.agora_sid, r.recording_url,
            case when p.plays then coalesce(r.storage_path, '') else r.storage_path end,
            case when p.plays then coalesce(r.duration_seconds, 0) else r.duration_seconds end,
            case when p.plays then coalesce(r.file_size_bytes, 0) else r.file_size_bytes end,
            case when p.plays then 'completed' else 'failed' end, r.started_at,
            case when p.plays then coalesce(r.completed_at, r.updated_at) else r.completed_at end, r.created_at, r.updated_at,
            case when not p.plays then 'before_adoption' end,
            case when not p.plays then 'It was ' || r.status || ' when the platform was adopted, without a link.' end$$,
  tables => $$cross join lateral (select r.status = 'completed' and r.recording_url is not null as plays) p$$,
  account => '(select s.client_id from public.session_schedules s where s.id = r.session_id)',
  unfit => $$case when r.id <> (
                select o.id from legacy.session_recordings o where o.session_id = r.session_id
                 order by o.status = 'completed' and o.recording_url is not null desc, o.created_at desc, o.id limit 1)
              then 'another recording of the same session' end$$);

-- Until the closing files the platform's own functions go on writing recordings: more than one of a session, and without
-- what a state asks for.
create function legacy.receive_recording() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  if current_setting('request.path', true) like '/rpc/%' then
    return new;
  end if;
  if tg_op = 'INSERT' then
    with earlier as (
      delete from public.session_recordings r
       where r.session_id = new.session_id
         and not exists (select from private.recording_takes t where t.recording_id = r.id) returning r.*)
    insert into private.legacy_rows (table_name, row_id, reason, row_data, account_id)
    select 'session_recordings', e.id, 'another recording of the same session', to_jsonb(e), u.id
      from earlier e left join public.session_schedules s on s.id = e.session_id
      left join auth.users u on u.id = s.client_id;
  end if;
  if new.status = 'failed' then
    new.failure_code := coalesce(new.failure_code, 'before_adoption');
  else
    new.failure_code := null;
  end if;
  if new.status = 'completed' then
    new.recording_url := coalesce(new.recording_url, '');
    new.storage_path := coalesce(new.storage_path, '');
    new.completed_at := coalesce(new.completed_at, now());
    new.duration_seconds := coalesce(new.duration_seconds, 0);
    new.file_size_bytes := coalesce(new.file_size_bytes, 0);
  end if;
  return new;
end
$$;

do $$
begin
  if legacy.came_home('session_recordings') then
    create trigger legacy_receive before insert or update on public.session_recordings
      for each row execute function legacy.receive_recording();
  end if;
end
$$;
