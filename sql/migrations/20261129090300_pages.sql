-- From sql/schemas: pages/page_links.

-- Functions name what later chapters make.
set check_function_bodies = off;

set lock_timeout = '5s';
set statement_timeout = 0;


-- pages/page_links.sql

-- Pages by mail: the links that lead to them, and where they are.
--
-- A link lets whoever holds it do one thing for one person, without signing in. It is a random token, kept as a hash,
-- and has the rights of its page and no more: each page's function opens links of that page alone, and says what then
-- happens to the subject. What it calls sees that person as the caller, so that their own rules hold.
--
-- Looking changes nothing, because scanners open every link of a mail. Nor is a link spent by being used: what was done
-- once is not done again, and the page says so.

create table private.page_links (
  token_sha256   text        primary key,
  page           text        not null,
  user_id        uuid        not null references auth.users on delete cascade,
  subject        text,
  address_sha256 text,
  expires_at     timestamptz,
  used_at        timestamptz,
  created_at     timestamptz not null default now(),

  constraint page_links_texts_are_short check (
    char_length(token_sha256) <= 64 and char_length(page) <= 100 and char_length(subject) <= 100 and
    char_length(address_sha256) <= 64),
  constraint page_links_times_are_in_range check (
    expires_at between '2000-01-01' and '2200-01-01' and used_at between '2000-01-01' and '2200-01-01')
);

comment on table private.page_links is 'Links that were mailed, by the hash of their token.';

comment on column private.page_links.page           is 'The one page that it opens, by the name of its function.';

comment on column private.page_links.subject        is 'What the page is about: the id of a session, or a kind of mail.';

comment on column private.page_links.address_sha256 is
  'The address it was sent to. The link ends when the person has another one, since a stranger may read the old one.';

comment on column private.page_links.expires_at     is 'Null: never, as the law has it for links that end mails.';

comment on column private.page_links.used_at        is
  'When it was first answered, on pages that keep evidence; what else was done stands in what it was done to.';

create index page_links_user_id_idx on private.page_links (user_id);

create index page_links_expires_at_idx on private.page_links (expires_at);

alter table private.page_links enable row level security;

-- No policy and no grant: links are made and opened by the functions below.

-- Expired links are kept for a while, so that their page can say what became of them.
create function private.make_page_link(page text, user_id uuid, subject text default null,
                                       expires_at timestamptz default null) returns text
  language plpgsql volatile set search_path = ''
as $$
declare
  c_token constant text := private.make_token();
begin
  delete from private.page_links l
   where l.ctid = any (array(select past.ctid from private.page_links past
                             where past.expires_at < now() - interval '90 days' limit 20 for update skip locked));
  insert into private.page_links (token_sha256, page, user_id, subject, address_sha256, expires_at)
  select private.sha256_hex(c_token), make_page_link.page, u.id, make_page_link.subject,
         case when make_page_link.expires_at is not null then private.sha256_hex(lower(u.email)) end,
         make_page_link.expires_at
    from auth.users u where u.id = make_page_link.user_id;
  return c_token;
end
$$;

-- The link, if it is one of this page and still good. From here on, in this transaction, its person is the caller.
-- Not to be called by people: each page's own definer function does, and then does that page's one thing.
create function private.open_page_link(token text, page text) returns private.page_links
  language plpgsql stable set search_path = ''
as $$
declare
  v_link private.page_links;
begin
  select * into v_link from private.page_links l
   where l.token_sha256 = private.sha256_hex(open_page_link.token) and l.page = open_page_link.page;
  if not found then
    perform private.refuse(404, 'link_not_found', 'This link is not known.', 'Please use the link in your newest mail.');
  elsif v_link.expires_at < now() or v_link.address_sha256 <> (
      select private.sha256_hex(lower(u.email)) from auth.users u where u.id = v_link.user_id) then
    perform private.refuse(410, 'link_ended', 'This link has ended.', 'Please use the link in your newest mail.');
  end if;
  perform set_config('request.jwt.claims', json_build_object('sub', v_link.user_id, 'role', 'authenticated',
                                                             'page', v_link.page)::text, true);
  perform private.tell_language(v_link.user_id);
  return v_link;
end
$$;

-- The same of a link of whichever page, for what each page offers. Whatever happens then has its own page's rights.
create function private.open_any_page_link(token text) returns private.page_links
  language plpgsql stable set search_path = ''
as $$
begin
  return private.open_page_link(open_any_page_link.token, (
    select l.page from private.page_links l where l.token_sha256 = private.sha256_hex(open_any_page_link.token)));
end
$$;

create function private.mark_page_link_used(link private.page_links) returns void
  language sql volatile set search_path = ''
as $$
  update private.page_links l set used_at = now() where l.token_sha256 = (link).token_sha256 and l.used_at is null;
$$;

-- Where the pages are. Functions have it as PAGES_URL; here it is for sentences, as in a refusal that people read.

create table private.pages_origin (
  origin     text        primary key,
  updated_at timestamptz not null default now(),

  constraint pages_origin_is_an_origin check (origin ~ '^https?://[^/]+$' and char_length(origin) <= 255)
);

comment on table private.pages_origin is 'PAGES_URL, as send-notifications last said it.';

create unique index pages_origin_is_one_row on private.pages_origin ((true));

alter table private.pages_origin enable row level security;

-- No policy and no grant: as above.

-- Definer: nobody may write it. send-notifications says it each time it runs, so that there is one place to set it.
create function private.keep_pages_origin(origin text) returns void
  language sql volatile security definer set search_path = ''
as $$
  insert into private.pages_origin as o (origin) values (keep_pages_origin.origin)
  on conflict ((true)) do update set origin = excluded.origin, updated_at = now() where o.origin <> excluded.origin;
$$;

-- Null until send-notifications has run once. Definer: sentences name it to whoever reads them.
create function private.pages_origin() returns text
  language sql stable security definer set search_path = ''
as $$
  select o.origin from private.pages_origin o;
$$;

revoke execute on function private.make_page_link, private.open_page_link, private.open_any_page_link, private.mark_page_link_used,
  private.keep_pages_origin, private.pages_origin from public, anon, authenticated, service_role;

grant execute on function private.pages_origin to authenticated, service_role;

grant execute on function private.keep_pages_origin to service_role;
