-- Profiles home: of each person. What is longer than a profile holds is cut, and kept as it was in private.legacy_rows.
call legacy.bring_home('profiles',
  columns => 'id, full_name, email, avatar_url, created_at, updated_at, phone_number, date_of_birth, address',
  home => $$r.id, left(r.full_name, 200), case when char_length(r.email) <= 320 then r.email end,
            case when char_length(r.avatar_url) <= 2000 then r.avatar_url end, r.created_at, r.updated_at,
            left(r.phone_number, 50),
            case when r.date_of_birth between '1900-01-01' and current_date then r.date_of_birth end,
            left(r.address, 1000)$$,
  account => 'r.id',
  mended => $$case when char_length(r.full_name) > 200 or char_length(r.email) > 320 or char_length(r.avatar_url) > 2000
                     or char_length(r.phone_number) > 50 or char_length(r.address) > 1000
                     or r.date_of_birth not between '1900-01-01' and current_date
                   then 'came home without what a profile cannot hold' end$$);
