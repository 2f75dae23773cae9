-- The waiver policies that people have signed.
call legacy.set_aside('waiver_policy');
