-- Where our own pages are: the origin of the gateway that serves them. Sentences and mails that send somebody there name
-- it; while an operator has not set it, they say the same without an address.

create table private.pages (
  only_row boolean primary key default true check (only_row),
  origin   text check (origin ~ '^https?://[^/\s]+$' and char_length(origin) <= 255)
);
comment on table private.pages is 'The origin of our own pages, without a slash at its end. An operator sets the one row.';
alter table private.pages enable row level security;
insert into private.pages default values;

-- Definer: nobody may read the table.
create function private.pages_origin() returns text
  language sql stable security definer set search_path = ''
as $$
  select p.origin from private.pages p;
$$;

create function private.page_address(page text) returns text
  language sql stable set search_path = ''
as $$
  select private.pages_origin() || '/' || page;
$$;
comment on function private.page_address is 'The address of one of our pages, or null while no origin is set.';

revoke execute on function private.pages_origin, private.page_address from public, anon, authenticated, service_role;
