-- The moment: what ended before it earns nothing, mails nobody and makes nobody a no-show. Where nothing had happened yet
-- there is no such moment.
update private.adoption a set adopted_at = now()
 where exists (select from public.session_schedules);
call legacy.keep_state('close_rules', true);
