-- Somebody's links, sent again to whoever types an address: all sessions and series to come, in one mail, to that
-- address alone.
--
-- Typing an address writes it down, and nothing else: whether there is such an account, send-notifications finds out
-- a moment later. So the answer and its time are the same for every address. How often is bounded for each address that
-- is typed, for each caller's address, and in all.

create table private.session_link_requests (
  address    text        not null,
  mail_kind  text        not null default 'my_sessions',
  created_at timestamptz not null default now(),

  primary key (address, mail_kind),
  constraint session_link_requests_kind_is_known check (mail_kind in ('my_sessions', 'class_links')),
  constraint session_link_requests_address_is_short check (char_length(address) <= 320)
);
comment on table private.session_link_requests is
  'Addresses that were typed and not yet looked up, in lower case. Deleted when they are.';

alter table private.session_link_requests enable row level security;
-- No policy and no grant: the functions below are the only way.
comment on column private.session_link_requests.mail_kind is
  'my_sessions: a link to each of their sessions. class_links: one to the classes and their waiting lists.';

-- False: asked too often. Definer: nobody may write down addresses directly.
create function private.request_session_links(address text, ip_address text, mail_kind text default 'my_sessions')
  returns boolean
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_address text := lower(btrim(request_session_links.address));
begin
  if v_address is null or char_length(v_address) > 320 or v_address !~ '^[^\s@]+@[^\s@]+$' then
    perform private.refuse(422, 'address_not_possible', 'Please type your mail address.');
  end if;
  -- In this order: who asks too often uses up nothing of others.
  if not private.limit_attempt('session link requests', private.mask_address(request_session_links.ip_address)) then
    return false;
  elsif not private.limit_attempt('session links to an address', private.sha256_hex(v_address)) then
    return false;
  elsif not private.limit_attempt('session links in all', 'all') then
    return false;
  end if;
  insert into private.session_link_requests (address, mail_kind) values (v_address, request_session_links.mail_kind)
  on conflict do nothing;
  return true;
end
$$;

-- Sessions that somebody books or leads, and has not been to yet. A class that they lead is one of them.
create function private.list_sessions_to_come(user_id uuid) returns setof public.session_schedules
  language sql stable set search_path = ''
as $$
  select s.* from public.session_schedules s
   where s.id in (
       select booked.id from public.session_schedules booked
        where booked.client_id = list_sessions_to_come.user_id and not private.is_class(booked)
          and booked.scheduled_at > now() - interval '1 day'
       union
       select led.id from public.session_schedules led join public.practitioners p on p.id = led.practitioner_id
        where p.user_id = list_sessions_to_come.user_id and led.group_class_id is null
          and led.scheduled_at > now() - interval '1 day')
     and s.status in ('scheduled', 'in_progress')
     and s.scheduled_at + make_interval(mins => s.duration_minutes) > now()
   order by s.scheduled_at limit 50;
$$;

-- Each with a new link to its page, and to what is asked about it, for the mail that is being written.
create function private.link_sessions_to_come(user_id uuid) returns jsonb
  language sql volatile set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
           'session', private.summarize_session(s),
           'is_led', private.get_session_host(s) is not distinct from link_sessions_to_come.user_id,
           'token', private.make_session_link(s, link_sessions_to_come.user_id),
           'answer_token', case when s.client_id = link_sessions_to_come.user_id and private.waits_for_answer(s)
             then private.make_page_link('answer_change', link_sessions_to_come.user_id, s.id::text,
                                         private.get_session_link_end(s)) end)), '[]')
    from private.list_sessions_to_come(link_sessions_to_come.user_id) s;
$$;

-- Each series of which something is to come, with a new link to its page. Sessions that somebody else leads by now are
-- none of its practitioner's.
create function private.link_series_to_come(user_id uuid) returns jsonb
  language sql volatile set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
           'session', private.summarize_session(c.session), 'is_led', c.is_led, 'to_come', c.number,
           'token', private.make_page_link('manage_series', link_series_to_come.user_id, c.id::text,
                                           now() + interval '400 days'))
           order by (c.session).scheduled_at, c.id), '[]')
    from (
      select own.id, own.is_led, next.number, next.session
        from (select r.id, false as is_led from public.session_series r where r.client_id = link_series_to_come.user_id
               union all
              select r.id, true from public.session_series r join public.practitioners p on p.id = r.practitioner_id
               where p.user_id = link_series_to_come.user_id and r.client_id is distinct from p.user_id) own
       cross join lateral (
         select count(*) over () as number, s as session
           from public.session_series_sessions l join public.session_schedules s on s.id = l.session_id
          where l.series_id = own.id and s.status = 'scheduled' and s.scheduled_at > now()
            and case when own.is_led then private.get_session_host(s) else s.client_id end = link_series_to_come.user_id
          order by s.scheduled_at limit 1) next
       order by (next.session).scheduled_at, own.id limit 50) c;
$$;

-- A mail for each address that has an account. What waited too long is not answered: by then, nobody waits for it.
-- Definer: the service runs it, and may neither read nor write any of this by itself.
create function private.answer_session_link_requests() returns void
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_request private.session_link_requests;
begin
  for v_request in
    delete from private.session_link_requests r
     where r.ctid = any (array(select oldest.ctid from private.session_link_requests oldest
                                order by oldest.created_at limit 500 for update skip locked))
    returning r.*
  loop
    begin
      perform private.publish_event(v_request.mail_kind, u.id) from auth.users u
        where lower(u.email) = v_request.address and v_request.created_at > now() - interval '2 hours';
    exception when others then
      raise warning 'links to sessions not sent: %', sqlerrm;  -- the others are
    end;
  end loop;
end
$$;

create function public.request_session_links(address text, ip_address text default null) returns table (success boolean)
  language sql volatile security invoker set search_path = ''
as $$
  select private.request_session_links(request_session_links.address, request_session_links.ip_address);
$$;
comment on function public.request_session_links is
  'Writes an address down, to which its links are sent if it has any. The same for every address.';

create function public.request_class_links(address text, ip_address text default null) returns table (success boolean)
  language sql volatile security invoker set search_path = ''
as $$
  select private.request_session_links(request_class_links.address, request_class_links.ip_address, 'class_links');
$$;
comment on function public.request_class_links is
  'Writes an address down, to which a link to the classes and their waiting lists is sent. The same for every address.';

revoke execute on function private.request_session_links, private.list_sessions_to_come, private.link_sessions_to_come,
  private.link_series_to_come,
  private.answer_session_link_requests, public.request_session_links,
  public.request_class_links from public, anon, authenticated, service_role;
-- Not to people: who calls says what address the call came from.
grant execute on function private.request_session_links, public.request_session_links, public.request_class_links,
  private.answer_session_link_requests to service_role;
