-- Studios home.
call legacy.bring_home('studio_locations',
  columns => 'id, name, address, city, province_state, country, postal_code, is_active, created_at, updated_at',
  home => $$r.id, r.name, r.address, r.city, r.province_state, r.country, r.postal_code, r.is_active, r.created_at,
            r.updated_at$$,
  account => 'null::uuid');
