-- Reading recordings: how one is doing, for those who belong to the session; and opening one by its link.

-- Definer: Agora's identifiers are for admins alone, and they too read as `authenticated`, who has no right to them.
create function private.get_recording_status(session_id uuid, recording_id uuid) returns public.session_recordings
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_recording public.session_recordings;
  v_standing  private.recording_standing;
begin
  if recording_id is not null then
    select * into v_recording from public.session_recordings r where r.id = get_recording_status.recording_id;
  end if;
  v_standing := private.my_recording_standing(coalesce(v_recording.session_id, get_recording_status.session_id));
  if recording_id is null and (v_standing.session).id is not null then
    -- A participant's own row, once there is one, before the class's.
    select * into v_recording from public.session_recordings r
     where r.session_id in (get_recording_status.session_id, (v_standing.session).id)
     order by r.status = 'failed', r.session_id <> get_recording_status.session_id, r.created_at desc limit 1;
  end if;
  -- What is to be erased is gone already, for everybody who could do no more than watch it.
  if v_recording.id is null or (v_standing.session).id is null
     or v_recording.id in (select private.closed_recording_ids())
        and not (coalesce((select auth.role()), '') = 'service_role' or private.is_admin())
     or not v_standing.is_staff and v_recording.class_recording_id is not null
        and v_recording.session_id not in (select s.id from public.session_schedules s where s.client_id = (select auth.uid())) then
    perform private.refuse(404, 'recording_not_found', 'There is no such recording.');
  end if;

  if not (coalesce((select auth.role()), '') = 'service_role' or private.is_admin()) then
    v_recording.agora_resource_id := null;
    v_recording.agora_sid := null;
    v_recording.storage_path := null;
    v_recording.failure_reason := null;
  end if;
  if not v_standing.is_staff and v_recording.class_recording_id is null
     and coalesce((v_standing.session).max_participants, 1) > 1 then
    v_recording.recording_url := null;  -- the practitioner's link: a participant has one of their own
  end if;
  return v_recording;
end;
$$;

create function public.get_recording_status(session_id uuid default null, recording_id uuid default null)
  returns table (
    id uuid, session_id uuid, status text, agora_resource_id text, agora_sid text, recording_url text, storage_path text,
    duration_seconds integer, file_size_bytes bigint, started_at timestamptz, completed_at timestamptz,
    created_at timestamptz, updated_at timestamptz, agora_status integer, agora_seen_at timestamptz,
    failure_code text, failure_reason text)
  language sql stable security invoker set search_path = ''
as $$
  select r.id, r.session_id, r.status, r.agora_resource_id, r.agora_sid, r.recording_url, r.storage_path,
         r.duration_seconds, r.file_size_bytes, r.started_at, r.completed_at, r.created_at, r.updated_at,
         r.agora_status, r.agora_seen_at, r.failure_code, r.failure_reason
    from private.get_recording_status(get_recording_status.session_id, get_recording_status.recording_id) r;
$$;

create function public.view_recording(
  token_sha256 text,
  part         integer default 1,
  file_name    text    default null,
  view_id      uuid    default null,
  ip_address   text    default null,
  user_agent   text    default null
) returns table (recording_id uuid, view uuid, part_kinds text[], kind text, storage_path text)
  language plpgsql security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  v_link      private.recording_links;
  v_recording public.session_recordings;
  v_part      record;
begin
  select * into v_link from private.recording_links l
   where l.token_sha256 = decode(view_recording.token_sha256, 'hex') and l.revoked_at is null;
  select * into v_recording from public.session_recordings r
   where r.id = v_link.recording_id and r.status = 'completed' and not private.is_closed(r);
  v_part := private.recording_part(v_recording, view_recording.part, view_recording.file_name);

  -- A player asks many times; all of it is one view, for a day.
  select v.id into view from public.recording_views v
   where v.id = view_recording.view_id and v.link_id = v_link.id and v.viewed_at > now() - interval '1 day';
  if not found then
    insert into public.recording_views as v (recording_id, link_id, ip_address, user_agent)
    values (v_recording.id, v_link.id, view_recording.ip_address, view_recording.user_agent)
    returning v.id into view;
  end if;
  return query select v_recording.id, view, v_part.part_kinds, v_part.kind, v_part.storage_path;
end;
$$;

revoke execute on function private.get_recording_status, public.get_recording_status, public.view_recording
  from public, anon, authenticated, service_role;
grant execute on function private.get_recording_status, public.get_recording_status to authenticated, service_role;
-- Not granted to anon: the server hashes the token, and says from where it was asked.
grant execute on function public.view_recording to service_role;
