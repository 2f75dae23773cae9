-- Playback: opening a recording, by one's own link or by one that was shared. Both end with the next request once the
-- link is revoked or the recording is queued for erasure.
--
-- A shared link with a password or a view limit is opened by a POST only: link previews would use it up otherwise.
-- Later requests belong to that view, for a day, and need neither the password nor another view: its key is in a cookie
-- of the browser that opened it, and in no address.
--
-- A HEAD begins no view (`begins_view` is false): the function then shows the page, and no way to a file.
--
-- An unknown link is answered and counted, by address. A known one always works, but each has its limit: of views, and
-- of requests in one view.

-- The requested file, by its place in playing order, take after take, or, as in playlists, by its name. A participant's
-- own row leads to the files of its class. What was completed once is played while another take is made.
create function private.find_recording_part(
  recording public.session_recordings, part integer, file_name text,
  out kind text, out storage_path text)
  language plpgsql stable set search_path = ''
as $$
declare
  v_recording_id uuid := coalesce((recording).class_recording_id, (recording).id);
  v_file         private.recording_files;
begin
  if find_recording_part.file_name is null then
    select f.* into v_file from private.list_film_parts(v_recording_id) p join private.recording_files f on f.id = p.file_id
     where p.number = find_recording_part.part;
  else
    select f.* into v_file from private.recording_files f join private.recording_takes t on t.id = f.take_id
     where t.recording_id = v_recording_id and t.status = 'completed'
       and f.storage_path = regexp_replace((recording).storage_path, '[^/]*$', '') || find_recording_part.file_name;
  end if;
  if v_file.id is null and find_recording_part.file_name = 'joined' then
    select v_recording_id, j.kind, j.storage_path into v_file.id, v_file.kind, v_file.storage_path
      from private.find_joined_file(v_recording_id) j where j.storage_path is not null;  -- all in one, to download
  end if;
  if v_file.id is null then
    perform private.refuse(404, 'recording_not_found', 'This link leads to no recording, or not any more.',
                           'Please ask for a new one.');
  end if;
  kind := v_file.kind;
  storage_path := v_file.storage_path;
end
$$;

-- Whether it is queued for erasure: private.closed_recording_ids for one row.
create function private.is_recording_closed(recording public.session_recordings) returns boolean
  language sql stable set search_path = ''
as $$
  select exists (select from private.recording_erasure_queue q
                  where q.recording_id in ((recording).id, (recording).class_recording_id));
$$;

-- True if there is a recording; else the attempt is counted and answered.
create function private.find_or_answer(recording public.session_recordings, ip_address text) returns boolean
  language plpgsql volatile set search_path = ''
as $$
begin
  if (recording).id is null and private.limit_attempt('unknown links', private.mask_address(ip_address)) then
    perform private.answer_refusal(404, 'recording_not_found', 'This link leads to no recording, or not any more.',
                                   'Please ask for a new one.');
  end if;
  return (recording).id is not null;
end
$$;

create function public.view_recording(
  token_sha256 text,
  part         integer default 1,
  file_name    text    default null,
  view_sha256  text    default null,
  ip_address   text    default null,
  user_agent   text    default null,
  begins_view  boolean default true,
  describes    boolean default false
) returns table (recording_id uuid, new_view_key text, kind text, storage_path text, film jsonb)
  language plpgsql security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  v_link      private.recording_links;
  v_recording public.session_recordings;
  v_view      uuid;
  v_part      record;
begin
  select * into v_link from private.recording_links l
   where l.token_sha256 = decode(view_recording.token_sha256, 'hex') and l.revoked_at is null;
  select * into v_recording from public.session_recordings r
   where r.id = v_link.recording_id and r.completed_at is not null and not private.is_recording_closed(r);
  if not private.find_or_answer(v_recording, view_recording.ip_address) then
    return next;
    return;
  end if;
  v_part := private.find_recording_part(v_recording, view_recording.part, view_recording.file_name);

  -- A player makes many requests; all of them are one view, for a day.
  v_view := private.find_recording_view(view_recording.view_sha256, v_link.id);
  if v_view is not null then
    perform private.limit_use('requests of a view', v_view);
  elsif view_recording.begins_view then
    perform private.limit_use('views of a link', v_link.id);
    new_view_key := private.add_recording_view(
      v_recording.id, v_link.id, 'recording', view_recording.ip_address, view_recording.user_agent);
  end if;
  return query
    select v_recording.id, new_view_key, v_part.kind, v_part.storage_path,
           case when view_recording.describes then private.describe_film(v_recording, names_client => true) end;
end;
$$;

-- Before the password is hashed, which takes as long as many requests, and before it is compared: a guess is counted
-- however it ends. The right one gives its link's guesses back.
create function public.count_password_guess(token_sha256 text, ip_address text default null) returns table (counted boolean)
  language plpgsql volatile security invoker set search_path = ''
as $$
declare
  v_recording public.session_recordings;
  v_link      public.recording_share_links;
begin
  select * into v_link from public.recording_share_links l
   where l.token_sha256 = decode(count_password_guess.token_sha256, 'hex') and l.revoked_at is null;
  select * into v_recording from public.session_recordings r where r.id = v_link.recording_id;
  counted := private.find_or_answer(v_recording, count_password_guess.ip_address)
             and private.limit_attempt('password guesses', v_link.id::text);
  return next;
end
$$;

create function public.open_share_link(
  token_sha256    text,
  opens           boolean default false,
  password_scrypt text    default null,
  part            integer default 1,
  file_name       text    default null,
  view_sha256     text    default null,
  ip_address      text    default null,
  user_agent      text    default null,
  begins_view     boolean default true,
  describes       boolean default false
) returns table (
  state text, has_password boolean, recording_id uuid, new_view_key text, kind text, storage_path text, film jsonb)
  language plpgsql security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  v_hash      bytea := decode(open_share_link.token_sha256, 'hex');
  v_link      public.recording_share_links;
  v_view      uuid;
  v_recording public.session_recordings;
  v_part      record;
  v_film      jsonb;
begin
  select * into v_link from public.recording_share_links l where l.token_sha256 = v_hash;
  v_view := private.find_recording_view(open_share_link.view_sha256, v_link.id);
  if v_view is null and (open_share_link.opens or not (v_link.has_password or v_link.view_limit is not null)) then
    -- This may become a view: those who open the same link at once wait here, so that each finds the current count.
    select * into v_link from public.recording_share_links l where l.token_sha256 = v_hash for update;
  end if;

  select * into v_recording from public.session_recordings r
   where r.id = v_link.recording_id and v_link.revoked_at is null and r.completed_at is not null
     and not private.is_recording_closed(r);
  if not private.find_or_answer(v_recording, open_share_link.ip_address) then
    return next;
    return;
  end if;
  v_part := private.find_recording_part(v_recording, open_share_link.part, open_share_link.file_name);
  if v_link.expires_at <= now() then
    perform private.refuse(410, 'share_link_expired', 'This link has expired.', 'Ask whoever sent it for a new one.');
  end if;
  has_password := v_link.has_password;
  if open_share_link.describes then
    v_film := private.describe_film(v_recording, names_client => false);
  end if;

  if v_view is null then
    if v_link.view_count >= v_link.view_limit then
      perform private.refuse(410, 'share_link_used_up', 'This link has been opened as often as it could be.',
                             'Ask whoever sent it for a new one.');
    elsif not open_share_link.opens and (v_link.has_password or v_link.view_limit is not null) then
      state := 'closed';
      return next;
      return;
    elsif v_link.password_scrypt <> coalesce(decode(open_share_link.password_scrypt, 'hex'), '') then
      state := 'wrong_password';
      return next;
      return;
    elsif not open_share_link.begins_view then
      return query select 'open', false, v_recording.id, null::text, v_part.kind, v_part.storage_path, v_film;
      return;
    end if;
    perform private.limit_use('views of a link', v_link.id);
    if v_link.has_password then
      perform private.forget_uses('password guesses', v_link.id::text);
    end if;
    update public.recording_share_links l set view_count = l.view_count + 1 where l.id = v_link.id;
    new_view_key := private.add_recording_view(
      v_recording.id, v_link.id, 'share', open_share_link.ip_address, open_share_link.user_agent);
  else
    if open_share_link.opens and v_link.has_password then
      perform private.forget_uses('password guesses', v_link.id::text);  -- whoever has a view knew the password
    end if;
    perform private.limit_use('requests of a view', v_view);
  end if;

  return query
    select 'open', v_link.has_password, v_recording.id, new_view_key, v_part.kind, v_part.storage_path, v_film;
end
$$;

revoke execute on function private.find_recording_part, private.is_recording_closed, private.find_or_answer,
  public.view_recording, public.count_password_guess, public.open_share_link from public, anon, authenticated, service_role;
-- Not granted to anon: the server hashes token and password, and passes on the caller's address.
grant execute on function private.find_recording_part, private.is_recording_closed, private.find_or_answer,
  public.view_recording, public.count_password_guess, public.open_share_link to service_role;
