-- Who watched a recording and when is told to those it shows: its client and its practitioner. Addresses are masked.
--
-- A view is of one link: one's own (`recording`) or one that was shared (`share`).

-- Computing the masked address rewrites the table, once; it has a row for each time somebody watched.
alter table public.recording_views
  add column link_kind      text not null default 'recording',
  -- squawk-ignore adding-field-with-default
  add column masked_address text generated always as (
    case when ip_address ~ '^[0-9.]+$' then regexp_replace(ip_address, '[0-9]+$', 'x')
         when ip_address ~ '^([^:]*:){2}' then regexp_replace(ip_address, '^(([^:]*:){2}).*$', '\1x') end) stored,

  add constraint recording_views_link_kind_is_known check (link_kind in ('recording', 'share'));
comment on column public.recording_views.masked_address is '192.0.2.x or 2001:db8:x: where from, not who.';
-- Within the policy, recordings are under their own: whoever sees one sees who watched it.
create policy "who sees a recording sees who watched it"
  on public.recording_views for select to authenticated
  using (recording_id in (select r.id from public.session_recordings r) or (select private.is_admin()));

revoke select on public.recording_views from authenticated;
-- Not address and agent: what is known of a stranger is for the service, should it ever be needed.
grant select (id, recording_id, link_id, link_kind, viewed_at, masked_address) on public.recording_views to authenticated;
