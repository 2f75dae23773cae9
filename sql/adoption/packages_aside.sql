-- What kind a package is for: the platform in use says it in the same three columns.
call legacy.set_columns_aside('session_packages', array['session_type_id', 'is_group', 'session_type']);
