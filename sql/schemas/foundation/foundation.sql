-- Foundation: a schema the API cannot reach, nothing granted by itself, one way to refuse, and who is asking.
--
-- The role that applies these files owns what they make and, on a hosted project, bypasses row-level security
-- without being a superuser. So a definer function may read every row, and nothing here needs more than that role has.
--
-- Policies compare a column with the sets of ids that the my_… functions give. Each is computed once per query, where a
-- helper that takes the row's column would run for every row. Few ids are compared as `= any (array(…))`, which leads
-- into an index; many as `in (…)`, which hashes them. `rows` says how many to expect where one is joined: by itself the
-- planner takes a function for a thousand rows, and reads a table from end to end for them.

create schema private;
comment on schema private is 'What policies, triggers and public functions call. Not exposed by the API.';
-- Whoever is not signed in, too: the functions of our own pages are called so. What is not granted stays closed.
grant usage on schema private to anon, authenticated, service_role;

-- PostgreSQL lets everybody execute a new function, and older projects grant every new table to the API roles.
-- From here on a grant stands beside the thing it opens, or it does not exist.
alter default privileges revoke execute on routines from public;
alter default privileges in schema public revoke all on tables    from anon, authenticated, service_role;
alter default privileges in schema public revoke all on sequences from anon, authenticated, service_role;
alter default privileges in schema public revoke all on routines  from anon, authenticated, service_role;

create function private.refuse(
  status integer, code text, message text, hint text default null, retry_after integer default null) returns void
  language plpgsql set search_path = ''
as $$
begin
  -- PostgREST turns PTnnn into HTTP nnn and shows the message to people: one line, ASCII. Only in its form for custom
  -- errors does it send a header; what it then answers has the same keys and code.
  if retry_after is not null then
    raise exception using errcode = 'PGRST',
      message = json_build_object('code', 'PT' || status, 'message', refuse.message, 'details', code, 'hint', refuse.hint),
      detail = json_build_object('status', status, 'headers', json_build_object('Retry-After', retry_after::text));
  elsif refuse.hint is null then
    raise exception using errcode = 'PT' || status, message = refuse.message, detail = code;
  end if;
  raise exception using errcode = 'PT' || status, message = refuse.message, detail = code, hint = refuse.hint;
end
$$;

-- A header of PostgREST's answer, beside those that are said already. Setting the GUC as a whole would lose them.
create function private.add_response_header(name text, value text) returns void
  language plpgsql stable set search_path = ''
as $$
begin
  perform set_config('response.headers', (
    select jsonb_agg(h.header) from (
      select said.header
        from jsonb_array_elements(nullif(current_setting('response.headers', true), '')::jsonb) said (header)
       where not said.header ? add_response_header.name
      union all
      select jsonb_build_object(add_response_header.name, add_response_header.value)) h)::text, true);
end
$$;

-- Refuses, and keeps what was written: PostgREST answers with this status and commits. The function then returns a row
-- without values; what would be its body stands in the header `refusal`.
create function private.answer_refusal(
  status integer, code text, message text, hint text default null, retry_after integer default null) returns void
  language plpgsql set search_path = ''
as $$
declare
  v_refusal constant json := json_build_object('code', 'PT' || status, 'message', answer_refusal.message, 'details', code,
                                               'hint', answer_refusal.hint);
begin
  perform set_config('response.status', status::text, true), private.add_response_header('refusal', v_refusal::text);
  if retry_after is not null then
    perform private.add_response_header('retry-after', retry_after::text);
  end if;
end
$$;

-- For functions that pages call directly: what is too long is refused by its name, before anything is looked up. The
-- CHECKs of the tables hold against everybody, and speak of themselves.
create function private.refuse_long_text(name text, value text, at_most integer) returns void
  language plpgsql immutable set search_path = ''
as $$
begin
  if char_length(value) > at_most then
    perform private.refuse(422, 'text_too_long', format('%s: should have at most %s characters.', name, at_most));
  end if;
end
$$;

create function private.sha256_hex(text_value text) returns text
  language sql immutable set search_path = ''
as $$
  -- Immutable although convert_to is only stable: the target encoding is a constant.
  select encode(sha256(convert_to(text_value, 'UTF8')), 'hex');
$$;

create function private.make_token() returns text
  language sql volatile set search_path = ''
as $$
  -- Two random uuids: 244 bits from the server's strong source. Kept as a hash, and never chosen by a caller.
  select replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');
$$;

create function private.is_api_caller() returns boolean
  language plpgsql stable set search_path = ''
as $$
begin
  -- False for the service, for an operator, and inside a definer function: those are trusted with what they write.
  return current_user in ('anon', 'authenticated');
end
$$;

-- Definer: the policies on user_roles ask this very question.
create function private.is_admin() returns boolean
  language sql stable security definer set search_path = ''
as $$
  select exists (select from public.user_roles r where r.user_id = (select auth.uid()) and r.role = 'admin');
$$;

-- A token is good for an hour, also when its account is deleted in that hour: the row then leads nobody to clients.
-- Definer: a paused practitioner is still the practitioner, whoever else may see them.
create function private.my_practitioner_ids() returns setof uuid
  language sql stable security definer rows 1 set search_path = ''
as $$
  select p.id from public.practitioners p
   where p.user_id = (select auth.uid()) and exists (select from auth.users u where u.id = p.user_id);
$$;

-- Practitioners of my sessions, assignments and recommendations, paused or not: my pages show their names. An open
-- class needs no exception: it is shown while its practitioner is available, and afterwards to whoever has a seat.
-- Definer: the policies on practitioners ask this question.
create function private.related_practitioner_ids() returns setof uuid
  language sql stable security definer set search_path = ''
as $$
  select s.practitioner_id from public.session_schedules s where s.client_id = (select auth.uid())
  union
  select a.practitioner_id from public.practitioner_assignments a where a.client_id = (select auth.uid())
  union
  select r.practitioner_id from public.action_recommendations r where r.client_id = (select auth.uid());
$$;

-- Whoever is in my lists of sessions, assignments or recommendations: their names are shown there, also of those who
-- are gone. The client named in a class's own row is myself; its seats name the participants.
-- Definer: policies on other tables ask this question for every row they guard.
create function private.my_listed_client_ids() returns setof uuid
  language sql stable security definer set search_path = ''
as $$
  select a.client_id from private.my_practitioner_ids() me (id)
    join public.practitioner_assignments a on a.practitioner_id = me.id
  union
  select s.client_id from private.my_practitioner_ids() me (id)
    join public.session_schedules s on s.practitioner_id = me.id
   where (s.max_participants = 1 or s.group_class_id is not null)
  union
  select r.client_id from private.my_practitioner_ids() me (id)
    join public.action_recommendations r on r.practitioner_id = me.id;
$$;

-- Who is a client now: assigned, or with a session to come or not long over, and not erased. Who was one once is none.
-- Definer: policies on other tables ask this question for every row they guard.
create function private.my_client_ids() returns setof uuid
  language sql stable security definer set search_path = ''
as $$
  select a.client_id from private.my_practitioner_ids() me (id)
    join public.practitioner_assignments a on a.practitioner_id = me.id
  union
  select s.client_id from private.my_practitioner_ids() me (id)
    join public.session_schedules s on s.practitioner_id = me.id
   where (s.max_participants = 1 or s.group_class_id is not null) and s.status <> 'cancelled'
     and s.scheduled_at > now() - (select make_interval(days => r.client_days) from public.session_rules r)
     -- As a value, which is looked up; an exists is joined, and may read every account there is.
     and (select true from auth.users u where u.id = s.client_id);
$$;

-- Definer: policies on other tables ask this question for every row they guard.
create function private.my_led_session_ids() returns setof uuid
  language sql stable security definer set search_path = ''
as $$
  select s.id from private.my_practitioner_ids() me (id) join public.session_schedules s on s.practitioner_id = me.id;
$$;

-- Whoever has a seat in a class takes part in the class's own session, to which its notes and recordings belong.
-- Definer: policies on other tables ask this question for every row they guard.
create function private.my_session_ids() returns setof uuid
  language sql stable security definer set search_path = ''
as $$
  select s.id from public.session_schedules s where s.client_id = (select auth.uid())
  union
  select s.group_class_id from public.session_schedules s
   where s.client_id = (select auth.uid()) and s.group_class_id is not null and s.status <> 'cancelled'
  union
  select private.my_led_session_ids();
$$;

revoke execute on all routines in schema private from public, anon, authenticated, service_role;
-- Whoever is not signed in reads what is for sale, under policies that ask this.
grant execute on function private.is_admin to anon;
grant execute on function
  private.refuse, private.add_response_header, private.answer_refusal, private.refuse_long_text, private.sha256_hex, private.is_api_caller,
  private.is_admin, private.my_practitioner_ids, private.related_practitioner_ids, private.my_listed_client_ids,
  private.my_client_ids, private.my_session_ids, private.my_led_session_ids
  to authenticated, service_role;
grant execute on function private.make_token to service_role;
