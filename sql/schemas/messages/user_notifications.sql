-- Notifications within the pages: one for each message that is also mailed, at once, and whether it was read.
--
-- Names and columns are those that the platform's later migrations use; `kind` says which message it is.

create table public.user_notifications (
  id                uuid        primary key default gen_random_uuid(),
  user_id           uuid        not null references auth.users on delete cascade,
  notification_type text        not null default 'general' check (notification_type in (
                                  'session_type_change', 'price_change', 'system_update', 'general')),
  kind              text,
  title             text        not null check (btrim(title) <> ''),
  message           text        not null,
  related_id        uuid,
  read_at           timestamptz,
  created_at        timestamptz not null default now()
);
comment on column public.user_notifications.kind       is 'The message it stands for, as in session_booked; null for what admins write.';
comment on column public.user_notifications.related_id is 'The session it is about. It may have been deleted since.';

create index user_notifications_user_id_idx on public.user_notifications (user_id, created_at desc);

alter table public.user_notifications enable row level security;

create policy "people read their own notifications"
  on public.user_notifications for select to authenticated using (user_id = (select auth.uid()));
create policy "people mark their own notifications as read"
  on public.user_notifications for update to authenticated using (user_id = (select auth.uid()));
create policy "admins notify people"
  on public.user_notifications for insert to authenticated with check ((select private.is_admin()));

revoke all on public.user_notifications from anon, authenticated, service_role;
grant select, update (read_at), insert (user_id, notification_type, title, message, related_id)
  on public.user_notifications to authenticated;
grant select, insert, update, delete on public.user_notifications to service_role;

-- A page that is open hears of it at once. Where realtime is not installed, there is no such publication.
do $$
begin
  if exists (select from pg_catalog.pg_publication where pubname = 'supabase_realtime') then
    alter publication supabase_realtime add table public.user_notifications;
  end if;
end
$$;
