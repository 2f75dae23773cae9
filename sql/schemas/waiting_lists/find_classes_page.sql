-- The page of the classes to come: their seats, their waiting lists, and a seat that is kept.
--
-- Its short address stands in the refusal of a full class, and shows everybody what comes and how full it is. By the
-- link that is mailed, somebody waits, leaves a list, and takes a seat: with a credit here, or by the website's own
-- checkout, where price and cancellation policy stand. Whoever takes a seat signs the current waiver first, if they
-- have not; the service writes the signature, as for sign_waiver. Admins also see who waits, and move somebody up.

create type private.found_class as (
  shown public.coming_class, time_zone text, has_credit boolean, practitioner_id uuid, session_type_id uuid,
  session_type text, duration_minutes integer, waiver_version integer, waiver_body text, signer_name text,
  waiting_people jsonb,
  waiver_texts jsonb
);

-- For the caller whom the link has named. Without a fitting kind of session it cannot be paid for by itself.
create function private.compose_found_class(class_id uuid) returns private.found_class
  language plpgsql stable set search_path = ''
as $$
declare
  v_found  private.found_class;
  v_class  public.session_schedules;
  v_waiver private.waiver_to_sign;
begin
  select s.* into v_class from public.session_schedules s
   where s.id = compose_found_class.class_id and private.is_class(s) and s.status = 'scheduled' and s.scheduled_at > now();
  if not found then
    perform private.refuse(404, 'class_not_found', 'There is no such class.');
  end if;
  v_found.shown := (select c from private.list_coming_classes(1, v_class.id) c);
  v_found.time_zone := coalesce(private.find_user_time_zone(auth.uid()), (v_found.shown).time_zone);
  v_found.has_credit := exists (select from private.list_good_lots(
    auth.uid(), private.list_class_session_type_ids(v_class), v_class.duration_minutes, true));
  v_found.practitioner_id := v_class.practitioner_id;
  v_found.duration_minutes := v_class.duration_minutes;
  select t.id, t.session_type into v_found.session_type_id, v_found.session_type
    from public.session_types t
   where t.id = any (private.list_class_session_type_ids(v_class)) and t.is_active
   order by t.session_type = 'standing' desc, t.id limit 1;
  if private.is_admin() then
    v_found.waiting_people := coalesce(
      (select jsonb_agg(p) from private.find_waiting_people(compose_found_class.class_id) p), '[]');
  end if;
  if not private.has_signed_waiver(auth.uid()) then
    v_waiver := private.write_waiver(auth.uid());
    v_found.waiver_version := v_waiver.version;
    v_found.waiver_body := v_waiver.body;
    v_found.signer_name := v_waiver.signer_name;
    v_found.waiver_texts := v_waiver.texts;
  end if;
  return v_found;
end
$$;

-- Definer: its callers are not signed in.
create function private.read_coming_classes(token text, out classes public.coming_class[], out time_zone text)
  language plpgsql stable security definer set search_path = ''
as $$
begin
  if read_coming_classes.token is not null then
    time_zone := private.find_user_time_zone((private.open_page_link(read_coming_classes.token, 'find_classes')).user_id);
  end if;
  classes := array(select c from private.list_coming_classes(100) c);
end
$$;

-- Definer: as above.
create function private.read_coming_class(token text, class_id uuid) returns private.found_class
  language plpgsql stable security definer set search_path = ''
as $$
begin
  perform private.open_page_link(read_coming_class.token, 'find_classes');
  return private.compose_found_class(read_coming_class.class_id);
end
$$;

-- Definer: as above.
create function private.wait_for_class(token text, class_id uuid, waits boolean) returns private.found_class
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.open_page_link(wait_for_class.token, 'find_classes');
  if wait_for_class.waits then
    perform private.join_waiting_list(wait_for_class.class_id);
  else
    perform private.leave_waiting_list(wait_for_class.class_id);
  end if;
  return private.compose_found_class(wait_for_class.class_id);
end
$$;

-- Definer: as above. The link is an admin's, or is refused within.
create function private.move_up_by_link(token text, class_id uuid, entry_id uuid, reason text) returns private.found_class
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.open_page_link(move_up_by_link.token, 'find_classes');
  perform private.move_up_waiting_person(move_up_by_link.entry_id, move_up_by_link.reason);
  return private.compose_found_class(move_up_by_link.class_id);
end
$$;

-- Without a credit it only signs: the payment takes the seat.
-- Definer: as above.
create function private.take_class_seat(
  token text, class_id uuid, with_credit boolean, version integer, signature_name text, ip_address text, user_agent text,
  text_sha256 text)
  returns private.found_class
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_link private.page_links := private.open_page_link(take_class_seat.token, 'find_classes');
begin
  perform private.limit_use('seats by link', v_link.user_id);
  if not private.has_signed_waiver(v_link.user_id) then
    perform private.write_signature_by_link(
      v_link.user_id, take_class_seat.version, take_class_seat.signature_name, take_class_seat.ip_address,
      take_class_seat.user_agent, take_class_seat.text_sha256);
  end if;
  -- A second press finds what the first one took.
  if take_class_seat.with_credit and not exists (
      select from public.session_schedules seat
       where seat.group_class_id = take_class_seat.class_id and seat.client_id = v_link.user_id
         and seat.status <> 'cancelled') then
    perform public.join_group_class(take_class_seat.class_id);
  end if;
  return private.compose_found_class(take_class_seat.class_id);
end
$$;

-- The same, exposed: the API calls functions of schema public.

create function public.read_coming_classes(token text default null)
  returns table (classes public.coming_class[], time_zone text)
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_coming_classes(read_coming_classes.token);
$$;
comment on function public.read_coming_classes is
  'The classes to come with their seats and waiting lists; by a link in a mail also where its person stands.';

create function public.read_coming_class(token text, class_id uuid)
  returns table (shown public.coming_class, time_zone text, has_credit boolean, practitioner_id uuid, session_type_id uuid,
                 session_type text, duration_minutes integer, waiver_version integer, waiver_body text, signer_name text,
                 waiting_people jsonb, waiver_texts jsonb)
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_coming_class(read_coming_class.token, read_coming_class.class_id);
$$;
comment on function public.read_coming_class is 'By a link in a mail: one class, and what taking a seat in it needs.';

create function public.wait_for_class(token text, class_id uuid, waits boolean default true)
  returns table (shown public.coming_class, time_zone text, has_credit boolean, practitioner_id uuid, session_type_id uuid,
                 session_type text, duration_minutes integer, waiver_version integer, waiver_body text, signer_name text,
                 waiting_people jsonb, waiver_texts jsonb)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.wait_for_class(wait_for_class.token, wait_for_class.class_id, wait_for_class.waits);
$$;
comment on function public.wait_for_class is 'By a link in a mail: joins a waiting list, or leaves it.';

create function public.take_class_seat(
  token text, class_id uuid, with_credit boolean, version integer default null, signature_name text default null,
  ip_address text default null, user_agent text default null, text_sha256 text default null)
  returns table (shown public.coming_class, time_zone text, has_credit boolean, practitioner_id uuid, session_type_id uuid,
                 session_type text, duration_minutes integer, waiver_version integer, waiver_body text, signer_name text,
                 waiting_people jsonb, waiver_texts jsonb)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.take_class_seat($1, $2, $3, $4, $5, $6, $7, $8);
$$;

create function public.move_up_by_link(token text, class_id uuid, entry_id uuid, reason text)
  returns table (shown public.coming_class, time_zone text, has_credit boolean, practitioner_id uuid, session_type_id uuid,
                 session_type text, duration_minutes integer, waiver_version integer, waiver_body text, signer_name text,
                 waiting_people jsonb, waiver_texts jsonb)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.move_up_by_link(move_up_by_link.token, move_up_by_link.class_id, move_up_by_link.entry_id,
                                        move_up_by_link.reason);
$$;
comment on function public.move_up_by_link is
  'By the link in an admin''s mail: puts somebody first on a waiting list, with a reason that the audit log keeps.';

revoke execute on function private.compose_found_class, private.read_coming_classes, private.read_coming_class,
  private.wait_for_class, private.move_up_by_link, private.take_class_seat, public.read_coming_classes,
  public.read_coming_class, public.wait_for_class, public.move_up_by_link, public.take_class_seat from public, anon, authenticated, service_role;
grant execute on function private.read_coming_classes, private.read_coming_class, private.wait_for_class,
  private.move_up_by_link, public.read_coming_classes, public.read_coming_class, public.wait_for_class,
  public.move_up_by_link to anon;
-- Evidence is what the server saw, so only the server may sign.
grant execute on function private.take_class_seat, public.take_class_seat to service_role;
