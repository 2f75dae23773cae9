-- Links to recordings, and the views of each. The links are our own, because a signed URL of storage can be neither
-- revoked nor counted.
--
--   live -> revoked
--
-- A link has a random token; only its SHA-256 is stored here. `recording_url` is the full link, for those who may read
-- that row. Rotating revokes every older link of a recording and makes a new one.
--
-- A view is of one link: one's own (`recording`) or one that was shared (`share`). The client and the practitioner of a
-- recording may read when and by which link it was viewed. A view belongs to whoever has its key, a random token that
-- their browser keeps for a day: an address that is passed on brings none along, and begins another view.

create table private.recording_links (
  id           uuid        primary key default gen_random_uuid(),
  recording_id uuid        not null references public.session_recordings on delete cascade,
  token_sha256 bytea       not null,
  created_at   timestamptz not null default now(),
  revoked_at   timestamptz,

  constraint recording_links_token_is_unique unique (token_sha256),
  constraint recording_links_keep_only_a_hash check (octet_length(token_sha256) = 32)
);
create index recording_links_recording_id_idx on private.recording_links (recording_id);

alter table private.recording_links enable row level security;
-- No policy: only the service and the functions below touch it.
grant select, insert, update on private.recording_links to service_role;

create table public.recording_views (
  id             uuid        primary key default gen_random_uuid(),
  recording_id   uuid        not null,
  link_id        uuid        not null,
  viewed_at      timestamptz not null default now(),
  ip_address     text,
  user_agent     text,
  link_kind      text        not null default 'recording',
  key_sha256     bytea,
  masked_address text        generated always as (
    case when ip_address ~ '^[0-9.]+$' then regexp_replace(ip_address, '[0-9]+$', 'x')
         when ip_address ~ '^([^:]*:){2}' then regexp_replace(ip_address, '^(([^:]*:){2}).*$', '\1x') end) stored,

  constraint recording_views_link_kind_is_known check (link_kind in ('recording', 'share')),
  constraint recording_views_key_is_unique unique (key_sha256),
  constraint recording_views_keep_only_a_hash check (octet_length(key_sha256) = 32),
  constraint recording_views_texts_are_short check (char_length(ip_address) <= 100 and char_length(user_agent) <= 1000)
);
comment on table public.recording_views is
  'Views of recordings, by link. Evidence: never changed, and without foreign keys, so it outlives both.';
comment on column public.recording_views.masked_address is '192.0.2.x or 2001:db8:x: roughly from where, not who.';
comment on column public.recording_views.id is 'Of the row; made here.';
comment on column public.recording_views.recording_id is 'session_recordings.id.';
comment on column public.recording_views.link_id is 'Through which link.';
comment on column public.recording_views.viewed_at is 'When it was opened.';
comment on column public.recording_views.link_kind is 'recording: their own link; share: one that was shared.';

create index recording_views_recording_id_idx on public.recording_views (recording_id, viewed_at);
create index recording_views_link_id_idx on public.recording_views (link_id, viewed_at);  -- when a link was last opened

alter table public.recording_views enable row level security;

-- The policy on recordings applies within this one: whoever may read a recording may read its views.
create policy "viewers of a recording read its views"
  on public.recording_views for select to authenticated
  using (exists (select from public.session_recordings r where r.id = recording_views.recording_id) or (select private.is_admin()));

revoke all on public.recording_views from anon, authenticated, service_role;
-- Not ip_address and user_agent: what identifies a stranger is for the service alone, should it ever be needed. Nor the
-- key.
grant select (id, recording_id, link_id, link_kind, viewed_at, masked_address)
  on public.recording_views to authenticated;
grant select, insert on public.recording_views to service_role;
-- No update or delete for anybody: views are evidence.

create function private.find_recording_view(key_sha256 text, link_id uuid) returns uuid
  language sql stable set search_path = ''
as $$
  select v.id from public.recording_views v
   where v.key_sha256 = decode(find_recording_view.key_sha256, 'hex')
     and v.link_id = find_recording_view.link_id and v.viewed_at > now() - interval '1 day';
$$;

-- Gives the view's key, which nobody can read again.
create function private.add_recording_view(
  recording_id uuid, link_id uuid, link_kind text, ip_address text, user_agent text) returns text
  language plpgsql set search_path = ''
as $$
declare
  v_key text := private.make_token();
begin
  insert into public.recording_views (recording_id, link_id, link_kind, ip_address, user_agent, key_sha256)
  values (add_recording_view.recording_id, add_recording_view.link_id, add_recording_view.link_kind,
          add_recording_view.ip_address, add_recording_view.user_agent, sha256(convert_to(v_key, 'UTF8')));
  return v_key;
end
$$;

create function private.replace_recording_link(recording_id uuid, playback_url text) returns text
  language plpgsql set search_path = ''
as $$
declare
  v_token text := private.make_token();
begin
  update private.recording_links l set revoked_at = now()
   where l.recording_id = replace_recording_link.recording_id and l.revoked_at is null;
  insert into private.recording_links (recording_id, token_sha256)
  values (replace_recording_link.recording_id, sha256(convert_to(v_token, 'UTF8')));
  return playback_url || '?token=' || v_token;
end;
$$;

-- Definer: writes a recording's link for staff, who may not write recordings.
create function private.rotate_recording_link(recording_id uuid) returns text
  language plpgsql security definer set search_path = ''
as $$
declare
  v_recording public.session_recordings;
  v_access    private.recording_access;
begin
  select * into v_recording from public.session_recordings r where r.id = rotate_recording_link.recording_id for update;
  v_access := private.my_recording_access(v_recording.session_id);
  if (v_access.session).id is null then
    perform private.refuse(404, 'recording_not_found', 'There is no such recording.');
  elsif not v_access.is_staff then
    perform private.refuse(403, 'not_allowed', 'Only the practitioner can replace the link of a recording.');
  elsif v_recording.completed_at is null then
    perform private.refuse(409, 'recording_not_completed', 'This recording has no link yet.');
  end if;

  perform private.limit_use('share links', (select auth.uid()));
  -- A class recording has a link for each participant: all of them are replaced.
  update public.session_recordings r
     set recording_url = private.replace_recording_link(r.id, split_part(r.recording_url, '?', 1))
   where r.completed_at is not null and v_recording.id in (r.id, r.class_recording_id);
  return (select r.recording_url from public.session_recordings r where r.id = v_recording.id);
end;
$$;

create function public.rotate_recording_link(recording_id uuid) returns table (recording_url text)
  language sql security invoker set search_path = ''
as $$
  select private.rotate_recording_link(recording_id);
$$;
comment on function public.rotate_recording_link is 'Replaces a recording''s own link; the old one ends.';

revoke execute on function private.find_recording_view, private.add_recording_view, private.replace_recording_link,
  private.rotate_recording_link, public.rotate_recording_link
  from public, anon, authenticated, service_role;
grant execute on function private.rotate_recording_link, public.rotate_recording_link to authenticated, service_role;
grant execute on function private.find_recording_view, private.add_recording_view, private.replace_recording_link to service_role;
