-- Signed waivers of the platform in use.
call legacy.set_aside('liability_waivers');
