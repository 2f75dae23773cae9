-- Drawings: the picture of a signature, as it is stored. Evidence cannot be changed, so what could not be shown again
-- must not get in, whoever writes it.

create function private.is_drawing(picture bytea) returns boolean
  language sql immutable strict parallel safe set search_path = ''
as $$
  -- A PNG as `shared/pictures.py` encodes it, within its limits: a header, 8 bits a channel, not interlaced, then data
  -- and at last the end. Whether the data is a picture only a decoder can say, and copies are made without it.
  select case when octet_length(picture) between 57 and 262144
    then substring(picture from 1 for 16) = '\x89504e470d0a1a0a0000000d49484452'
     and substring(picture from 25 for 5) in ('\x0800000000', '\x0802000000', '\x0804000000', '\x0806000000')
     and substring(picture from 38 for 4) = 'IDAT'
     and substring(picture from octet_length(picture) - 11) = '\x0000000049454e44ae426082'
     and size.width between 1 and 8192 and size.height between 1 and 8192 and size.width * size.height <= 4000000
    else false end
  from (select ('x' || encode(substring(picture from 17 for 4), 'hex'))::bit(32)::bigint as width,
               ('x' || encode(substring(picture from 21 for 4), 'hex'))::bit(32)::bigint as height) size;
$$;
revoke execute on function private.is_drawing from public, anon, authenticated, service_role;
-- A constraint asks as whoever writes the row.
grant execute on function private.is_drawing to service_role;
