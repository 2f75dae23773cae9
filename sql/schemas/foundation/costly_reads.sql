-- Planned once per connection and not anew at each booking; it changes no answer, and was found by counting. The
-- setting belongs into the `create function` of sessions/book_sessions.sql.
alter function private.book_session_with_credit set plan_cache_mode = force_generic_plan;
