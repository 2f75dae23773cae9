-- Studios of the platform in use.
call legacy.set_aside('studio_locations');
