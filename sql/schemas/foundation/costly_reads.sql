alter function private.book_session_with_credit set plan_cache_mode = force_generic_plan;
