-- Bank accounts of the platform in use.
call legacy.set_aside('practitioner_banking');
