-- Recommendations of the platform in use.
call legacy.set_aside('action_recommendations');
