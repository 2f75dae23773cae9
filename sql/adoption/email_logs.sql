-- The log of mails home. A line that names nobody is nobody's to read.
call legacy.bring_home('email_logs',
  columns => 'id, user_id, email_type, recipient_email, session_id, template_id, message_id, status, error_message, metadata,
              created_at',
  home => $$r.id, r.user_id, r.email_type, r.recipient_email, r.session_id, r.template_id, r.message_id,
            case when r.status in ('sent', 'failed') then r.status else 'unknown' end, left(r.error_message, 2000),
            coalesce(r.metadata, '{}'), r.created_at$$,
  account => 'r.user_id',
  unfit => $$case when r.user_id is null then 'a line that names nobody' end$$);
