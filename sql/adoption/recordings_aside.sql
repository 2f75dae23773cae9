-- Recordings of the platform in use.
call legacy.set_aside('session_recordings');
