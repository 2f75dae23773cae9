-- Share links: with one, somebody shows a recording to others. They expire by themselves, can be revoked, and may
-- require a password.
--
--   open -> expired (by the clock)      open -> used up (view_limit)      open -> revoked
--
-- Only the SHA-256 of the token and the scrypt hash of the password are stored. The token is made here and given out
-- once; the function hashes the password, with a salt that goes into the link, so that neither is here. Whoever may
-- read a recording may read who shares it, and revoke the link: they are in it.

create table public.recording_share_links (
  id              uuid        primary key default gen_random_uuid(),
  recording_id    uuid        not null references public.session_recordings on delete cascade,
  created_by      uuid        not null references auth.users on delete cascade,
  token_sha256    bytea       not null,
  password_scrypt bytea,
  has_password    boolean     not null generated always as (password_scrypt is not null) stored,
  view_limit      integer,
  view_count      integer     not null default 0,
  created_at      timestamptz not null default now(),
  expires_at      timestamptz not null,
  revoked_at      timestamptz,

  constraint recording_share_links_token_is_unique unique (token_sha256),
  constraint recording_share_links_keep_only_hashes
    check (octet_length(token_sha256) = 32 and octet_length(password_scrypt) = 32),
  constraint recording_share_links_end_within_90_days
    check (expires_at > created_at and expires_at <= created_at + interval '90 days'),
  constraint recording_share_links_views_are_counted
    check (view_limit > 0 and view_count between 0 and coalesce(view_limit, view_count)),
  constraint recording_share_links_view_limit_is_in_range check (view_limit between 1 and 1000000),
  constraint recording_share_links_expires_at_is_in_range check (expires_at between '2000-01-01' and '2100-01-01')
);
comment on column public.recording_share_links.password_scrypt is
  'Salted with what stands in the link behind the token, which is random and kept nowhere.';
comment on table public.recording_share_links is 'Links by which somebody without an account watches a recording.';
comment on column public.recording_share_links.id is 'Of the row; made here.';
comment on column public.recording_share_links.recording_id is 'session_recordings.id.';
comment on column public.recording_share_links.created_by is 'Who shared it.';
comment on column public.recording_share_links.has_password is 'Whether it asks for one.';
comment on column public.recording_share_links.view_limit is 'How many views it is good for; null: any.';
comment on column public.recording_share_links.view_count is 'How many it has had.';
comment on column public.recording_share_links.created_at is 'When the row was made.';
comment on column public.recording_share_links.expires_at is 'From when on it is of no use; null: never.';
comment on column public.recording_share_links.revoked_at is 'When it was taken back; null: it holds.';

create index recording_share_links_recording_id_idx on public.recording_share_links (recording_id);
create index recording_share_links_created_by_idx on public.recording_share_links (created_by);

alter table public.recording_share_links enable row level security;

-- The policy on recordings applies within this one.
create policy "who made a share link or sees its recording sees it"
  on public.recording_share_links for select to authenticated
  using (created_by = (select auth.uid())
         or exists (select from public.session_recordings r where r.id = recording_share_links.recording_id));

revoke all on public.recording_share_links from anon, authenticated, service_role;
grant select (id, recording_id, created_by, has_password, view_limit, view_count, created_at, expires_at, revoked_at)
  on public.recording_share_links to authenticated;
-- No write for people: the functions below make links and revoke them.
grant select, insert, update on public.recording_share_links to service_role;

create view public.my_share_links with (security_invoker = true) as
select l.id, l.recording_id, r.session_id, l.created_by = (select auth.uid()) as is_mine, l.created_at, l.expires_at,
       l.revoked_at, l.has_password, l.view_limit, l.view_count,
       (select max(v.viewed_at) from public.recording_views v where v.link_id = l.id) as last_viewed_at,
       l.revoked_at is null and l.expires_at > now()
         and l.view_count < coalesce(l.view_limit, l.view_count + 1) as is_open
  from public.recording_share_links l
  left join public.session_recordings r on r.id = l.recording_id;
comment on view public.my_share_links is 'The links that one has made, and those to recordings that one may read.';
comment on column public.my_share_links.id is 'Of the row; made here.';
comment on column public.my_share_links.recording_id is 'session_recordings.id.';
comment on column public.my_share_links.session_id is 'Of the recorded session.';
comment on column public.my_share_links.is_mine is 'Whether I made it.';
comment on column public.my_share_links.created_at is 'When the row was made.';
comment on column public.my_share_links.expires_at is 'From when on it is of no use; null: never.';
comment on column public.my_share_links.revoked_at is 'When it was taken back; null: it holds.';
comment on column public.my_share_links.has_password is 'Whether it asks for one.';
comment on column public.my_share_links.view_limit is 'How many views it is good for; null: any.';
comment on column public.my_share_links.view_count is 'How many it has had.';
comment on column public.my_share_links.last_viewed_at is 'When it was last watched.';
comment on column public.my_share_links.is_open is 'Whether it can be used now.';

revoke all on public.my_share_links from anon, authenticated, service_role;
grant select on public.my_share_links to authenticated;

-- Definer: the right to share must not depend on which rows they may read.
create function private.create_recording_share_link(
  recording_id uuid, expires_in_days integer, password_scrypt text, view_limit integer,
  out link public.recording_share_links, out token text)
  language plpgsql security definer set search_path = ''
as $$
declare
  v_recording public.session_recordings;
  v_session   public.session_schedules;
  v_is_staff  boolean;
begin
  select * into v_recording from public.session_recordings r where r.id = create_recording_share_link.recording_id;
  select * into v_session from public.session_schedules s where s.id = v_recording.session_id;
  v_is_staff := private.is_admin() or coalesce(private.get_session_host(v_session) = (select auth.uid()), false);
  if v_session.id is null or v_recording.id in (select private.closed_recording_ids())
     or not (v_is_staff or coalesce(v_session.client_id = (select auth.uid()), false)) then
    perform private.refuse(404, 'recording_not_found', 'There is no such recording.');
  elsif v_recording.class_recording_id is not null and not v_is_staff then
    perform private.refuse(403, 'class_recording_not_shareable',
                           'The recording of a class shows others too, so only its practitioner can share it.');
  elsif v_recording.completed_at is null then
    perform private.refuse(409, 'recording_not_completed', 'This recording cannot be shared yet.');
  end if;

  perform private.limit_use('share links', (select auth.uid()));
  perform private.limit_use('share links of a recording', v_recording.id);
  token := private.make_token();
  insert into public.recording_share_links as l
    (recording_id, created_by, token_sha256, password_scrypt, view_limit, expires_at)
  values
    (v_recording.id, (select auth.uid()), sha256(convert_to(token, 'UTF8')),
     decode(create_recording_share_link.password_scrypt, 'hex'), create_recording_share_link.view_limit,
     now() + make_interval(days => create_recording_share_link.expires_in_days))
  returning l.* into link;
end
$$;

-- By whoever made it, and by whoever is in the recording.
-- Definer: the right to revoke must not depend on which rows they may read.
create function private.revoke_recording_share_link(share_link_id uuid) returns timestamptz
  language plpgsql security definer set search_path = ''
as $$
declare
  v_link    public.recording_share_links;
  v_session public.session_schedules;
begin
  -- Of two calls at once, the second finds the link revoked by the first.
  select * into v_link from public.recording_share_links l where l.id = revoke_recording_share_link.share_link_id for update;
  select s.* into v_session from public.session_recordings r join public.session_schedules s on s.id = r.session_id
   where r.id = v_link.recording_id;
  if v_link.id is null
     or not (v_link.created_by = (select auth.uid()) or private.is_admin()
             or coalesce((select auth.uid()) in (private.get_session_host(v_session), v_session.client_id), false)) then
    perform private.refuse(404, 'share_link_not_found', 'There is no such link.');
  end if;
  update public.recording_share_links l set revoked_at = coalesce(l.revoked_at, now()) where l.id = v_link.id
  returning l.* into v_link;
  return v_link.revoked_at;
end
$$;

create function public.create_recording_share_link(
  recording_id uuid, expires_in_days integer default 7, password_scrypt text default null, view_limit integer default null
)
  returns table (
    share_link_id uuid, token text, recording_id uuid, expires_at timestamptz, has_password boolean, view_limit integer)
  language sql security invoker set search_path = ''
as $$
  select (made.link).id, made.token, (made.link).recording_id, (made.link).expires_at, (made.link).has_password,
         (made.link).view_limit
    from private.create_recording_share_link($1, $2, $3, $4) made;
$$;
comment on function public.create_recording_share_link is
  'Makes a link by which anybody watches a recording; the token is told once.';

create function public.revoke_recording_share_link(share_link_id uuid)
  returns table (share_link_id uuid, revoked_at timestamptz)
  language sql security invoker set search_path = ''
as $$
  select $1, private.revoke_recording_share_link($1);
$$;
comment on function public.revoke_recording_share_link is 'Ends a shared link at once.';

revoke execute on function private.create_recording_share_link, private.revoke_recording_share_link,
  public.create_recording_share_link, public.revoke_recording_share_link from public, anon, authenticated, service_role;
grant execute on function private.create_recording_share_link, private.revoke_recording_share_link,
  public.create_recording_share_link, public.revoke_recording_share_link to authenticated;
