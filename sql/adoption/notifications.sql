-- Notifications home.
call legacy.bring_home('user_notifications',
  columns => 'id, user_id, notification_type, title, message, related_id, read_at, created_at',
  home => $$r.id, r.user_id, r.notification_type, coalesce(nullif(left(btrim(r.title), 500), ''), '-'), left(r.message, 10000),
            r.related_id, r.read_at, r.created_at$$,
  account => 'r.user_id');
