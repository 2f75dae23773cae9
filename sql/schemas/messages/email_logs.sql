-- The log of mails: how each ended, for admins and its recipient.
--
-- One line for each outcome: a mail that failed and was sent again has two. The mail's text is not kept. Columns
-- are those of the platform's later migrations.

create table public.email_logs (
  id              uuid        primary key default gen_random_uuid(),
  user_id         uuid        not null references auth.users on delete cascade,
  email_type      text        not null,
  recipient_email text        not null,
  session_id      uuid,
  template_id     text,
  message_id      text,
  status          text        not null check (status in ('sent', 'failed', 'unknown')),
  error_message   text,
  metadata        jsonb       not null default '{}',
  created_at      timestamptz not null default now(),

  constraint email_logs_texts_are_short check (
    char_length(email_type) <= 100 and char_length(recipient_email) <= 320 and char_length(template_id) <= 255 and
    char_length(message_id) <= 255 and char_length(error_message) <= 2000),
  constraint email_logs_metadata_is_short check (char_length(metadata::text) <= 10000)
);
comment on column public.email_logs.message_id is
  'The mail service''s id of it, under which it can be looked up there.';
comment on column public.email_logs.status     is 'unknown: the service did not answer; it may have been sent.';
comment on table public.email_logs is 'One line for each mail that was sent, or not.';
comment on column public.email_logs.id is 'Of the row; made here.';
comment on column public.email_logs.user_id is 'Whose it is.';
comment on column public.email_logs.email_type is 'Which mail.';
comment on column public.email_logs.recipient_email is 'The address it went to.';
comment on column public.email_logs.session_id is 'The session it is about: session_schedules.id.';
comment on column public.email_logs.template_id is 'What it was made from.';
comment on column public.email_logs.error_message is 'Why it was not sent.';
comment on column public.email_logs.metadata is 'What whoever wrote it kept beside it.';
comment on column public.email_logs.created_at is 'When the row was made.';

create index email_logs_user_id_idx on public.email_logs (user_id, created_at);
create index email_logs_session_id_idx on public.email_logs (session_id);

alter table public.email_logs enable row level security;

create policy "recipients and admins read email logs"
  on public.email_logs for select to authenticated
  using (user_id = (select auth.uid()) or (select private.is_admin()));

revoke all on public.email_logs from anon, authenticated, service_role;
grant select on public.email_logs to authenticated, service_role;
-- No insert, update or delete for anybody: a line is written below, together with the outcome that it records.

create function private.log_mail(mail private.mails) returns void
  language sql volatile set search_path = ''
as $$
  insert into public.email_logs
    (user_id, email_type, recipient_email, session_id, template_id, message_id, status, error_message, metadata)
  select mail.user_id, mail.kind, mail.recipient_email, mail.session_id, mail.template_id,
         mail.provider_message_id, mail.status,
         case when mail.status <> 'sent' then mail.status_reason end,
         jsonb_build_object('mail_id', mail.id, 'audience', mail.audience, 'attempts', mail.attempts)
   where mail.user_id is not null;  -- of a mail to the support address, its own row is enough
$$;
revoke execute on function private.log_mail from public, anon, authenticated, service_role;
