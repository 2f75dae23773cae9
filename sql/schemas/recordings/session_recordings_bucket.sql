-- The bucket of finished recordings: private, and closed to everybody but the service.
--
-- A recording is opened through its own link, which can be revoked and logs each view; a signed URL made straight from
-- storage could do neither. So nobody holds a right on these objects.

insert into storage.buckets (id, name, public, allowed_mime_types)
values ('session-recordings', 'session-recordings', false,
        array['video/mp4', 'video/mp2t', 'video/webm', 'application/vnd.apple.mpegurl', 'application/dash+xml']);

-- Restrictive and for every command: it takes away, so no generous policy made for another bucket opens this one.
create policy "recordings are opened only through their links"
  on storage.objects as restrictive for all to anon, authenticated
  using (bucket_id <> 'session-recordings')
  with check (bucket_id <> 'session-recordings');
