-- The cancellation policies that people have agreed to, what they have bought under them, and the cancellations there were.
call legacy.set_columns_aside('user_session_credits',
  array['cancellation_policy_agreed_at', 'cancellation_policy_version', 'grace_cancellation_used']);
call legacy.set_aside('session_cancellations');
call legacy.set_aside('cancellation_policy');
