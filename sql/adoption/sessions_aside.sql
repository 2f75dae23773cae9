-- What the platform in use says of sessions in person, of classes and of cancellations, in twelve columns of our names.
call legacy.set_columns_aside('session_schedules', array[
  'session_location', 'physical_location', 'location_coordinates', 'max_participants', 'current_participants',
  'correlated_session_id', 'cancellation_policy_agreed_at', 'cancellation_policy_version', 'grace_cancellation_used',
  'cancelled_at', 'class_name', 'reminder_sent']);
