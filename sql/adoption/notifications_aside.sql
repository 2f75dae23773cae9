-- Notifications of the platform in use, its log of mails, and the trigger that does nothing under the name of a function of
-- ours.
call legacy.set_aside('user_notifications');
call legacy.set_aside('email_logs');
do $$
declare
  v_clash text;
begin
  for v_clash in select p.oid::regprocedure::text from pg_catalog.pg_proc p
                  where p.pronamespace = 'public'::regnamespace and p.proname = 'send_welcome_email' loop
    execute format('alter function %s set schema legacy', v_clash);
  end loop;
end
$$;
