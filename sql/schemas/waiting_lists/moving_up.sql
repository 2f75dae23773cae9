-- For admins: who waits for a class, and moving somebody to the front of its list, with a reason. Both are rare, and
-- overtake others, so the audit log has who did it (waiting_list_entries.sql).

create function private.find_waiting_people(class_id uuid)
  returns table (entry_id uuid, user_id uuid, full_name text, status text, place integer, kept_until timestamptz,
                 place_reason text, created_at timestamptz)
  language sql stable set search_path = ''
as $$
  select e.id, e.user_id, f.full_name, e.status,
         case when e.status = 'waiting' then private.count_waiting_before(e.class_id, e.user_id) + 1 end,
         e.kept_until, e.place_reason, e.created_at
    from public.waiting_list_entries e left join public.profiles f on f.id = e.user_id
   where e.class_id = find_waiting_people.class_id and e.status in ('waiting', 'kept')
   order by e.status <> 'kept', e.place limit 1000;
$$;

-- Definer: it names people whom the caller may read elsewhere, one by one.
create function private.list_waiting_people(class_id uuid)
  returns table (entry_id uuid, user_id uuid, full_name text, status text, place integer, kept_until timestamptz,
                 place_reason text, created_at timestamptz)
  language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_column
begin
  if not private.is_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins see who waits for a class.');
  end if;
  return query select * from private.find_waiting_people(list_waiting_people.class_id);
end
$$;

create function public.list_waiting_people(class_id uuid)
  returns table (entry_id uuid, user_id uuid, full_name text, status text, place integer, kept_until timestamptz,
                 place_reason text, created_at timestamptz)
  language sql stable security invoker set search_path = ''
as $$
  select * from private.list_waiting_people(list_waiting_people.class_id);
$$;
comment on function public.list_waiting_people is 'For admins: who waits for a class, in their order.';

-- Definer: nobody writes entries.
create function private.move_up_waiting_person(entry_id uuid, reason text) returns public.waiting_list_entries
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_entry public.waiting_list_entries;
begin
  if not private.is_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins move somebody up.');
  end if;
  perform private.refuse_long_text('reason', move_up_waiting_person.reason, 500);
  if btrim(coalesce(move_up_waiting_person.reason, '')) = '' then
    perform private.refuse(422, 'reason_missing', 'Please say why they are moved up.');
  end if;
  select * into v_entry from public.waiting_list_entries e where e.id = move_up_waiting_person.entry_id;
  if found then
    -- The class's lock first, as everywhere.
    perform private.lock_class(v_entry.class_id);
    select * into v_entry from public.waiting_list_entries e where e.id = v_entry.id for update;
  end if;
  if v_entry.id is null then
    perform private.refuse(404, 'entry_not_found', 'Nobody waits under this id.');
  elsif v_entry.status <> 'waiting' then
    perform private.refuse(409, 'not_waiting', 'They do not wait any more.');
  end if;
  update public.waiting_list_entries e
     set place = (select min(first.place) - 1 from public.waiting_list_entries first
                   where first.class_id = v_entry.class_id and first.status in ('waiting', 'kept')),
         placed_by = (select auth.uid()), place_reason = btrim(move_up_waiting_person.reason)
   where e.id = v_entry.id
  returning e.* into v_entry;
  return v_entry;
end
$$;

create function public.move_up_waiting_person(entry_id uuid, reason text)
  returns table (id uuid, status text, place_reason text)
  language sql volatile security invoker set search_path = ''
as $$
  select e.id, e.status, e.place_reason from private.move_up_waiting_person($1, $2) e;
$$;
comment on function public.move_up_waiting_person is
  'For admins: puts somebody first on a waiting list, with a reason that the audit log keeps.';

revoke execute on function private.find_waiting_people, private.list_waiting_people, private.move_up_waiting_person, public.list_waiting_people,
  public.move_up_waiting_person from public, anon, authenticated, service_role;
grant execute on function private.list_waiting_people, private.move_up_waiting_person, public.list_waiting_people,
  public.move_up_waiting_person to authenticated;
